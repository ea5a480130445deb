//! The journal written by `forecastle persist`: the same promises with two processes, whichever of
//! them dies.

use std::fs;
use std::io::Read as _;
use std::process::{Child, Stdio};

use crate::exchange_process::{
    ExchangeProcess, Setup, command, data_folder, spawn_persister, wait,
};
use crate::floor::Floor;
use crate::journal_file::Effects;
use crate::kill_rounds::{Told, check_digests, trade};
use crate::random::Random;

fn setup() -> Setup {
    let journal = "persister = \"process\"\nspare_segments = 3\nsnapshot_bytes = 1048576\n";
    Setup { journal, ..Setup::default() }
}

/// What a persister said until it ended by itself, which must be well.
fn said(mut persister: Child) -> String {
    let status = wait(&mut persister);
    let mut output = String::new();
    persister.stdout.take().expect("it is piped").read_to_string(&mut output).expect("text");
    assert!(status.success(), "{output}");
    output
}

#[test]
fn exchange_and_persister_end_together_in_order() {
    let mut floor = Floor::open_in(ExchangeProcess::start_with(&setup()));
    floor.trade_one_order();
    let mut exchange = floor.exchange;
    drop((floor.admin, floor.maker, floor.taker));
    // A second one finds nothing to do, and a signal ends it.
    let mut second = spawn_persister(&exchange.folder);
    let persister = exchange.persister.take().expect("it has one");
    let ending = exchange.end_by("TERM");
    assert!(ending.status.success(), "{}", ending.output);
    assert!(ending.output.contains(", by a process of its own, "), "{}", ending.output);
    let output = said(persister);
    assert!(output.contains("persisting    ") && output.contains("ended         at position "));
    assert!(second.try_wait().expect("a child can be waited for").is_none());
    second.kill().expect("it waits");
    second.wait().expect("it was killed");
}

#[test]
fn nothing_acknowledged_is_lost_whichever_process_is_killed() {
    println!("seed {SEED:#x}");
    let mut random = Random::new(SEED);
    let floor = Floor::open_in(ExchangeProcess::start_with(&setup()));
    let security_id = floor.security_id;
    drop((floor.admin, floor.maker, floor.taker));
    let mut exchange = floor.exchange;
    let (mut told, mut journal) = (Told::default(), Effects::default());
    let mut next_cl_ord_id = 1_000;
    for round in 0..ROUNDS {
        let notes = (&mut random, &mut told);
        let sent = trade(&mut exchange, security_id, &mut next_cl_ord_id, notes, |exchange| {
            if round % 2 == 0 {
                exchange.kill();
                return;
            }
            let persister = exchange.persister.as_mut().expect("it has one");
            persister.kill().expect("it writes");
            persister.wait().expect("it was killed");
            assert!(!exchange.wait_for_end().success(), "an exchange stops with its persister");
        });
        assert!(sent > 0, "round {round} had no load");
        if round % 2 == 0 {
            // It takes what is left in the log to disk and ends the journal.
            let output = said(exchange.persister.take().expect("it has one"));
            assert!(output.contains("orphaned      ") && output.contains("ended "), "{output}");
        }
        journal.read_on(&data_folder(&exchange.folder));
        told.check(&journal);
        let ready = exchange.folder.path().join("ready.json");
        if !ready.exists() {
            fs::write(&ready, "").expect("the folder is writable");
        }
        exchange = exchange.restart();
    }
    println!("{} acknowledgements over {ROUNDS} kills", told.checked);
    assert!(told.checked > ROUNDS * 20, "too little was acknowledged: {}", told.checked);
    assert!(journal.accepted.values().all(|count| *count == 1), "an order was accepted twice");
    check_digests(exchange);
}

#[test]
fn an_exchange_without_its_persister_says_what_to_start() {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    let configuration = folder.path().join("exchange.toml");
    fs::write(&configuration, setup().configuration()).expect("the folder is writable");
    let mut command = command(&folder);
    command.arg("--config").arg(&configuration).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the binary was built by cargo");
    let output = child.wait_with_output().expect("it printed little");
    let line = String::from_utf8(output.stderr).expect("it prints text");
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert!(line.contains("start `forecastle persist --data "), "{line}");
}

const ROUNDS: usize = 40;
const SEED: u64 = 0x9E3_5157;
