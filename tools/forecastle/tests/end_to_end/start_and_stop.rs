//! How the server starts, refuses to start, and stops.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};
use std::time::Duration;

use forecastle_proto_spec::{ROLES_CASH_ADMIN, ROLES_MARKET_ADMIN, ROLES_TRADER};
use tempfile::TempDir;

use crate::exchange_process::{ExchangeProcess, Setup, command, data_folder, wait};
use crate::floor::Floor;

#[test]
fn the_ready_file_tells_where_everything_is() {
    let exchange = ExchangeProcess::start();
    let text = fs::read_to_string(exchange.folder.path().join("ready.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let fields: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "keys",
        "log_stream",
        "market_data",
        "order_entry",
        "pid",
        "reports",
        "shared_log_stream",
        "version",
    ];
    assert_eq!(fields, expected.into());
    assert_eq!(value["pid"], exchange.id());
    assert_eq!(value["version"], env!("CARGO_PKG_VERSION"));
    let keys_path = data_folder(&exchange.folder).canonicalize().unwrap().join("keys.toml");
    assert_eq!(value["keys"], keys_path.to_str().unwrap());
    let ready = &exchange.ready;
    assert!(ready.order_entry.ip().is_loopback() && ready.order_entry.port() != 0);
    assert!(ready.reports.ip().is_loopback() && ready.reports.port() != 0);
    assert!(ready.market_data.ip().is_multicast() && ready.market_data.port() != 0);
    let names = fs::read_dir(exchange.folder.path()).unwrap();
    let beside: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside.len(), 3, "nothing is left beside the ready file: {beside:?}");
}

#[test]
fn keys_are_private_one_administrator_and_ten_traders_of_different_firms() {
    let exchange = ExchangeProcess::start();
    let mode = fs::metadata(&exchange.ready.keys).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let keys = &exchange.keys.keys;
    assert_eq!(keys.len(), 11);
    let admin = exchange.keys.named("admin").unwrap();
    let needed = ROLES_MARKET_ADMIN | ROLES_CASH_ADMIN;
    assert_eq!(admin.roles & (needed | ROLES_TRADER), needed);
    let traders: Vec<_> = keys.iter().filter(|key| key.roles == ROLES_TRADER).collect();
    assert_eq!(traders.len(), 10);
    let firms: BTreeSet<u32> = keys.iter().map(|key| key.firm_id).collect();
    let secrets: BTreeSet<[u8; 32]> = keys.iter().map(|key| key.secret).collect();
    assert_eq!((firms.len(), secrets.len()), (11, 11));
}

#[test]
fn a_second_start_keeps_the_keys_but_not_while_the_first_runs() {
    let exchange = ExchangeProcess::start();
    let second = end_of(&exchange.folder, "");
    assert_ne!(second.status.code(), Some(0));
    let line = single_line(&second);
    assert!(line.contains("another exchange runs on it"), "{line}");
    let keys = exchange.keys.clone();
    let again = exchange.restart();
    assert_eq!(again.keys, keys);
}

#[test]
fn an_unknown_key_of_the_configuration_is_named_with_the_nearest_known_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = end_of(&folder, "[network]\n\nmarket_dat = \"239.255.43.1:0\"\n");
    assert_eq!(output.status.code(), Some(2));
    let line = single_line(&output);
    assert!(line.contains("exchange.toml:3"), "{line}");
    assert!(line.contains("`network.market_dat`"), "{line}");
    assert!(line.contains("`network.market_data`"), "{line}");
    assert!(!data_folder(&folder).exists(), "nothing was made before the configuration was read");
}

#[test]
fn a_value_out_of_range_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = end_of(&folder, "[limits]\nlog_bytes = 5\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(single_line(&output).contains("limits.log_bytes"));
}

#[test]
fn a_port_in_use_is_one_line_that_names_the_key_and_the_address() {
    for key in ["order_entry", "reports"] {
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let configuration = Setup::default().configuration();
        let free = format!("{key} = \"127.0.0.1:0\"");
        assert!(configuration.contains(&free));
        let folder = tempfile::tempdir().unwrap();
        let used = format!("{key} = \"{address}\"");
        let output = end_of(&folder, &configuration.replace(&free, &used));
        assert_eq!(output.status.code(), Some(1));
        let line = single_line(&output);
        assert!(line.contains(&format!("network.{key}")) && line.contains(&address), "{line}");
    }
}

#[test]
fn both_signals_end_it_in_time_with_totals_and_digests() {
    for signal in ["INT", "TERM"] {
        let mut floor = Floor::open();
        floor.trade_one_order();
        let ending = floor.exchange.end_by(signal);
        assert_eq!(ending.status.code(), Some(0), "{signal}: {}", ending.output);
        assert!(ending.duration < Duration::from_secs(5), "{signal}: {:?}", ending.duration);
        for expected in ["2 orders", "1 trades of 1 lots", "\ndigest  ", "\nstate digest  "] {
            assert!(ending.output.contains(expected), "no {expected:?} in {}", ending.output);
        }
        for expected in ["acknowledged  durable: ", "recovered     0 commands", "/journal"] {
            assert!(ending.output.contains(expected), "no {expected:?} in {}", ending.output);
        }
    }
}

#[test]
fn the_start_screen_tells_every_structure_in_memory_and_their_sum() {
    let screen = ExchangeProcess::start().end_by("INT").output;
    let mut rows = BTreeMap::new();
    let mut in_all = None;
    let table = screen.lines().skip_while(|line| !line.starts_with("memory  ")).skip(1);
    for line in table.take_while(|line| line.starts_with(' ')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [length, "in", "all"] = words[..] {
            in_all = length.parse::<u64>().ok();
            continue;
        }
        let [capacity, entry_length, length] =
            [0, 1, 2].map(|column| words[column].parse::<u64>().unwrap());
        assert!(capacity * entry_length <= length, "{line}");
        assert_eq!(rows.insert(words[3..].join(" "), (capacity, length)), None, "{line}");
    }
    for name in ["orders", "price levels", "exposures", "accounts", "ClOrdID window", "log buffer"]
    {
        assert!(rows.contains_key(name), "no {name} in {screen}");
    }
    assert_eq!(in_all, Some(rows.values().map(|(_, length)| length).sum()), "{screen}");
    for expected in ["\nresting order ", " hot, ", "\nhuge pages    "] {
        assert!(screen.contains(expected), "no {expected:?} in {screen}");
    }
}

/// Runs a server that is to refuse its start, with this configuration when there is one.
fn end_of(folder: &TempDir, configuration: &str) -> Output {
    let path = folder.path().join("exchange.toml");
    if !configuration.is_empty() {
        fs::write(&path, configuration).expect("the folder is writable");
    }
    let mut command = command(folder);
    command.arg("--config").arg(&path).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary was built by cargo");
    let status = wait(&mut child);
    let output = child.wait_with_output().expect("it printed little");
    assert_eq!(output.status, status);
    output
}

/// What a refused start says: one line on standard error, nothing on standard output.
fn single_line(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).expect("it prints text");
    assert_eq!(text.trim_end().lines().count(), 1, "more than one line: {text}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    text
}
