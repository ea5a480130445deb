//! The demo: an exchange with market makers and traders that come in over UDP like anybody else.
//!
//! The traders run on one thread of their own. Every decision comes from the seed; what they meet
//! in the market depends on timing, so two runs with one seed are alike, not equal.

mod maker;
mod random;
mod stage;
mod trader;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use forecastle_client::{
    AccessKey, KeyFile, OnDisconnect, OrderEntry, OrderEntryOptions, ReadyFile,
};
use forecastle_node::Config;

use self::maker::Maker;
use self::random::Random;
use self::stage::Stage;
use self::trader::Trader;
use crate::exit::Outcome;
use crate::serve::{Options, Running};

/// Runs exchange and traders until SIGINT or SIGTERM.
///
/// # Errors
/// The exchange cannot be started or stops by itself, or the traders cannot come in.
pub fn run(options: &Options) -> anyhow::Result<Outcome> {
    let mut running = Running::start(options, "demo")?;
    let players = Players {
        ready: running.ready(),
        config: running.config.clone(),
        keys: running.folder.keys().clone(),
    };
    running.announce(options.ready_file.as_deref())?;
    let stop = running.stop_flag();
    let thread = std::thread::Builder::new()
        .name("demo".to_string())
        .spawn(move || players.play(&stop))
        .context("the demo's thread cannot be started")?;
    while running.waits_for_signal() {
        running.show_status();
        if thread.is_finished() {
            break;
        }
    }
    let stop = running.stop_flag();
    stop.store(true, Ordering::Release);
    let played = thread.join();
    running.stop()?;
    match played {
        Ok(result) => result.context("the demo's traders stopped")?,
        Err(_) => anyhow::bail!("the demo's traders stopped by a defect"),
    }
    Ok(Outcome::Done)
}

/// Everything the demo thread needs to come in over UDP.
struct Players {
    ready: ReadyFile,
    config: Config,
    keys: KeyFile,
}

impl Players {
    fn play(&self, stop: &AtomicBool) -> anyhow::Result<()> {
        let demo = &self.config.demo;
        let mut random = Random::new(demo.seed);
        let admin = self.keys.named("admin").context("the keys file has no key named admin")?;
        let traders: Vec<_> = self.keys.keys.iter().filter(|key| key.id != admin.id).collect();
        let wanted = (demo.market_makers + demo.traders) as usize;
        anyhow::ensure!(
            traders.len() >= wanted,
            "the keys file has {} trader keys, the demo needs {wanted}",
            traders.len()
        );
        let mut stage = Stage::new(self.connect(admin)?, demo.events);
        stage.clear()?;
        let (makers, takers) = traders[..wanted].split_at(demo.market_makers as usize);
        let mut market_makers = Vec::new();
        let mut market_takers = Vec::new();
        for key in makers {
            let account = stage.open_account(key.firm_id)?;
            market_makers.push(Maker::new(self.connect(key)?, account, random.next()));
        }
        for key in takers {
            let account = stage.open_account(key.firm_id)?;
            market_takers.push(Trader::new(self.connect(key)?, account, random.next()));
        }
        for _ in 0..demo.events {
            stage.open_event(&mut random)?;
        }
        let period = Duration::from_secs(1) / demo.requests_per_second;
        let mut next = Instant::now();
        while !stop.load(Ordering::Acquire) {
            stage.tick(&mut random)?;
            for maker in &mut market_makers {
                maker.tick(&mut stage)?;
            }
            for trader in &mut market_takers {
                trader.tick(&mut stage)?;
            }
            next = (next + period).max(Instant::now());
            while Instant::now() < next && !stop.load(Ordering::Acquire) {
                std::thread::sleep(PAUSE.min(next.saturating_duration_since(Instant::now())));
                stage.listen()?;
                for maker in &mut market_makers {
                    maker.listen(&mut stage)?;
                }
                for trader in &mut market_takers {
                    trader.listen(&mut stage)?;
                }
            }
        }
        Ok(())
    }

    fn connect(&self, key: &AccessKey) -> anyhow::Result<OrderEntry> {
        let options = OrderEntryOptions {
            order_entry: self.ready.order_entry,
            reports: self.ready.reports,
            interface: self.config.network.interface,
            key: key.clone(),
            session_number: 0,
            keep_alive_interval_ms: KEEP_ALIVE_INTERVAL_MS,
            on_disconnect: OnDisconnect::KEEP,
        };
        OrderEntry::connect(&options, CONNECT_TIMEOUT)
            .with_context(|| format!("{} cannot log in", key.name))
    }
}

/// The first ClOrdID of a run: the exchange remembers those of earlier runs, and time lies above.
fn first_cl_ord_id() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(1)
}

const PAUSE: Duration = Duration::from_millis(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const KEEP_ALIVE_INTERVAL_MS: u32 = 10_000;
