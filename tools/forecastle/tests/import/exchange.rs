//! Whole imports into an exchange of this process, over real sockets.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use forecastle::exit::Failure;
use forecastle::import::summary::Summary;
use forecastle::import::survey::Survey;
use forecastle::import::{self, Arguments};
use forecastle::pace::Speed;
use forecastle_client::{Books, MarketData, ReadyFile};
use forecastle_node::{Config, DataFolder, Exchange, Journal, Limits, Network};

use crate::{file_of, recorded_file, synthetic};

/// A plain exchange with its files.
struct Venue {
    exchange: Exchange,
    folder: tempfile::TempDir,
    market_data: SocketAddrV4,
}

impl Venue {
    /// Starts on ports of the system's choice; `group` keeps tests that run together apart.
    fn start(group: u8) -> Self {
        Self::start_with(group, Journal::default(), tempfile::tempdir().unwrap())
    }

    fn start_with(group: u8, journal: Journal, folder: tempfile::TempDir) -> Self {
        let any_port = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0).into();
        let config = Config {
            network: Network {
                order_entry: any_port,
                reports: any_port,
                log_stream: any_port,
                shared_log_stream: any_port,
                market_data: SocketAddrV4::new(Ipv4Addr::new(239, 255, 78, group), 0).into(),
                ..Network::default()
            },
            limits: Limits {
                accounts_max: 64,
                events_max: 16,
                markets_max: 64,
                orders_max: 1 << 14,
                sessions_max: 16,
                exposures_max: 64,
                log_bytes: 16 << 20,
                ..Limits::default()
            },
            journal,
            ..Config::default()
        };
        let data = DataFolder::open(folder.path()).unwrap();
        let exchange = Exchange::start(&config, &data, None).unwrap();
        let addresses = exchange.addresses();
        let ready = ReadyFile {
            pid: std::process::id(),
            order_entry: addresses.order_entry,
            reports: addresses.reports,
            market_data: addresses.market_data,
            log_stream: addresses.log_stream,
            shared_log_stream: addresses.shared_log_stream,
            keys: data.keys_path(),
            version: String::new(),
        };
        ready.write(&folder.path().join(READY)).unwrap();
        Self { exchange, folder, market_data: addresses.market_data }
    }

    fn arguments(&self, file: &Path) -> Arguments {
        Arguments {
            file: file.to_path_buf(),
            exchange: self.folder.path().join(READY),
            speed: Speed::Max,
            json: true,
            corrupt_market_data: None,
            fee_rate: 0,
            interface: Ipv4Addr::LOCALHOST,
        }
    }

    fn import(&self, file: &Path) -> Summary {
        import_with(&self.arguments(file))
    }
}

fn import_with(arguments: &Arguments) -> Summary {
    import::import(arguments, &Survey::of(&arguments.file).unwrap()).unwrap()
}

#[test]
fn the_recorded_market_is_traded_whole_and_twice_to_the_same_digest() {
    let Some(file) = recorded_file() else { return };
    let [first, second] = [1, 3].map(|group| {
        let venue = Venue::start(group);
        let summary = venue.import(&file);
        venue.exchange.stop().unwrap();
        summary
    });
    let checks = (first.ladder_checks, first.ladder_mismatches, first.ladder_waiting);
    assert_eq!(checks, (18_519, 0, 10), "{first:?}");
    assert_eq!((first.messages, first.trades), (18_529, 8_263));
    assert_eq!((first.source_crossed, first.unplaced_volume), (0, 3_054));
    assert!(first.rejects.is_empty() && first.is_clean() && first.conserved);
    assert_eq!(first.digest, second.digest);
    let untimed = |summary: &Summary| Summary {
        elapsed_s: 0.0,
        state_digest: String::new(),
        ..summary.clone()
    };
    assert_eq!(untimed(&first), untimed(&second));
}

/// Nothing is acknowledged for longer than the exchange waits for who takes nothing from it: every
/// session of the import has to be kept alive meanwhile, the administrator's too.
#[test]
fn an_import_outlives_a_persister_that_stands_still() {
    let Some(file) = recorded_file() else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("exchange.toml");
    std::fs::write(&config, "[limits]\nlog_bytes = 16777216\n[journal]\npersister = \"process\"\n")
        .unwrap();
    let mut persister = Command::new(env!("CARGO_BIN_EXE_forecastle"))
        .args([OsStr::new("persist"), OsStr::new("--data"), folder.path().as_os_str()])
        .args([OsStr::new("--config"), config.as_os_str()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let journal = Journal { persister: "process".to_owned(), ..Journal::default() };
    let venue = Venue::start_with(13, journal, folder);
    let signal = |name: &str| {
        let status = Command::new("kill").args([name, &persister.id().to_string()]).status();
        assert!(status.unwrap().success());
    };
    let summary = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(500));
            signal("-STOP");
            std::thread::sleep(STANDSTILL);
            signal("-CONT");
        });
        venue.import(&file)
    });
    assert!(summary.elapsed_s > STANDSTILL.as_secs_f64(), "it stood still meanwhile: {summary:?}");
    assert!(summary.rejects.is_empty() && summary.is_clean() && summary.conserved, "{summary:?}");
    venue.exchange.stop().unwrap();
    assert!(persister.wait().unwrap().success());
}

#[test]
fn a_removed_runner_is_settled_at_zero_among_others_and_at_its_last_trade_alone() {
    let venue = Venue::start(5);
    // 1 winner: markets 1 to 3 of one event. 2 winners: lone markets 4 to 6.
    for (winner_count, first_market, removed_value) in [(1, 1, 0), (2, 4, 3334)] {
        let (_folder, file) = file_of(&synthetic::lines_with_a_removed_runner(winner_count));
        let mut observer = Observer::join(venue.market_data);
        let is_over = AtomicBool::new(false);
        let summary = std::thread::scope(|scope| {
            let watch = scope.spawn(|| observer.watch(first_market + 2, &is_over));
            let summary = venue.import(&file);
            is_over.store(true, Ordering::Release);
            watch.join().unwrap();
            summary
        });
        let checks = (summary.ladder_checks, summary.ladder_mismatches, summary.ladder_waiting);
        assert_eq!(checks, (8, 0, 4), "{summary:?}");
        assert_eq!((summary.removed, summary.trades, summary.malformed_lines), (1, 3, 1));
        assert!(summary.rejects.is_empty() && summary.is_clean(), "{summary:?}");
        let values = [0, 1, 2].map(|index| observer.settlement_price(first_market + index));
        assert_eq!(values, [Some(10_000), Some(removed_value), Some(0)]);
    }
    venue.exchange.stop().unwrap();
}

#[test]
fn the_recorded_market_pays_fees_to_the_millionth() {
    let Some(file) = recorded_file() else { return };
    let venue = Venue::start(9);
    let summary = import_with(&Arguments { fee_rate: 200, ..venue.arguments(&file) });
    venue.exchange.stop().unwrap();
    assert!(summary.rejects.is_empty() && summary.is_clean() && summary.conserved, "{summary:?}");
    assert_eq!((summary.trades, summary.ladder_mismatches), (8_263, 0));
    assert!(summary.fees > 0, "{summary:?}");
    assert_eq!(summary.cash_in, summary.cash_out + summary.fees);
}

#[test]
fn a_book_that_misses_updates_is_found_out() {
    let venue = Venue::start(7);
    let (_folder, file) = file_of(&synthetic::lines_with_a_removed_runner(1));
    let mut arguments = venue.arguments(&file);
    arguments.corrupt_market_data = NonZeroU64::new(3);
    let summary = import_with(&arguments);
    assert!(summary.ladder_mismatches > 0 && summary.conserved && !summary.is_clean());
    // The exchange itself was right all along.
    arguments.corrupt_market_data = None;
    assert!(import_with(&arguments).is_clean());
    venue.exchange.stop().unwrap();
}

#[test]
fn a_damaged_file_and_an_absent_exchange_have_failures_of_their_own() {
    let failure = |arguments: &Arguments| {
        let error = import::run(arguments).unwrap_err();
        error.downcast_ref::<Failure>().copied()
    };
    let venue = Venue::start(9);
    let (folder, empty) = file_of("");
    assert_eq!(failure(&venue.arguments(&empty)), Some(Failure::Damaged));
    let cut = folder.path().join("cut.bz2");
    std::fs::write(&cut, b"BZh9 and then nothing").unwrap();
    assert_eq!(failure(&venue.arguments(&cut)), Some(Failure::Damaged));

    let (_folder, file) = file_of(&synthetic::lines_with_a_removed_runner(1));
    let mut arguments = venue.arguments(&file);
    arguments.exchange = PathBuf::from("no such file");
    assert_eq!(failure(&arguments), Some(Failure::Unreachable));
    let Venue { exchange, folder, .. } = venue;
    exchange.stop().unwrap();
    arguments.exchange = folder.path().join(READY);
    assert_eq!(failure(&arguments), Some(Failure::Unreachable));
}

/// Somebody else who listens to the market data.
struct Observer {
    market_data: MarketData,
    books: Books,
}

impl Observer {
    fn join(group: SocketAddrV4) -> Self {
        let market_data = MarketData::join(group, Ipv4Addr::LOCALHOST).unwrap();
        let mut observer = Self { market_data, books: Books::new() };
        let deadline = Instant::now() + PATIENCE;
        while !observer.market_data.is_connected() {
            observer.poll();
            assert!(Instant::now() < deadline, "market data is not heard");
        }
        observer
    }

    /// Listens until the import is over and `last_market` is seen to be settled.
    fn watch(&mut self, last_market: u32, is_over: &AtomicBool) {
        let mut deadline = None;
        while self.settlement_price(last_market).is_none() {
            self.poll();
            if is_over.load(Ordering::Acquire) {
                let deadline = *deadline.get_or_insert_with(|| Instant::now() + PATIENCE);
                assert!(Instant::now() < deadline, "market {last_market} is not seen settled");
            }
        }
    }

    fn settlement_price(&self, security_id: u32) -> Option<u16> {
        self.books.market(security_id)?.settlement_price
    }

    fn poll(&mut self) {
        let books = &mut self.books;
        if self.market_data.poll(|frame| books.apply(&frame).unwrap()) == 0 {
            self.market_data.wait(Duration::from_millis(1));
        }
    }
}

const READY: &str = "ready.json";
/// Longer than the exchange waits for who takes nothing, shorter than an import for an answer.
const STANDSTILL: Duration = Duration::from_secs(7);
const PATIENCE: Duration = Duration::from_secs(10);
