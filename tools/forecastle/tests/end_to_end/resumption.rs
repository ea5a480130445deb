//! A session outlives its sockets and the exchange's process.

use forecastle_client::{OrderEntry, Resumption, SessionError};
use forecastle_proto_spec::{ExecutionReportRejected, NewOrderSingle};
use zerocopy::FromZeros as _;

use crate::desk::options;
use crate::exchange_process::ExchangeProcess;
use crate::inbox::{Deadline, PATIENCE};

/// Sends an order that the engine refuses, which uses its number all the same, and waits for the
/// answer.
fn use_number(session: &mut OrderEntry) -> u32 {
    let seq_num = session.send(&NewOrderSingle::new_zeroed()).expect("the session takes it");
    let deadline = Deadline::patient();
    let mut is_answered = false;
    while !is_answered {
        assert!(!deadline.is_over(), "no answer to {seq_num}");
        let polled = session.poll(|frame| {
            let reject = frame.body::<ExecutionReportRejected>();
            is_answered |= reject.is_some_and(|reject| reject.seq_num.get() == seq_num);
        });
        polled.expect("the session stays up");
    }
    seq_num
}

fn applied(session: &OrderEntry) -> u32 {
    session.established().expect("it is established").last_seq_num.get()
}

#[test]
fn numbers_go_on_over_a_kill_and_over_a_live_binding() {
    let mut exchange = ExchangeProcess::start();
    let mut first = OrderEntry::connect(&options(&exchange, "trader-1"), PATIENCE).unwrap();
    for seq_num in 1..=3 {
        assert_eq!(use_number(&mut first), seq_num);
    }
    let kept = first.resumption();
    exchange.kill();
    drop(first);
    let exchange = exchange.restart();
    let options = options(&exchange, "trader-1");
    let mut second = OrderEntry::resume(&options, &kept, PATIENCE).unwrap();
    assert!(second.is_resumed());
    assert_eq!(applied(&second), 3);
    assert_eq!(use_number(&mut second), 4);

    let mut third = OrderEntry::resume(&options, &second.resumption(), PATIENCE).unwrap();
    assert!(third.is_resumed());
    assert_eq!(applied(&third), 4);
    assert_eq!(use_number(&mut third), 5);
    let deadline = Deadline::patient();
    let ended = loop {
        assert!(!deadline.is_over(), "the earlier binding goes on");
        if let Err(error) = second.poll(|_| {}) {
            break error;
        }
    };
    let is_told = matches!(ended, SessionError::Terminated { code: 2 })
        || matches!(&ended, SessionError::Rejected { reason, .. } if reason.contains("Unspecified"))
        || matches!(ended, SessionError::Ended);
    assert!(is_told, "{ended}");
    assert_eq!(use_number(&mut third), 6, "the earlier binding's end does not touch it");
}

#[test]
fn an_unknown_version_is_negotiated_anew() {
    let exchange = ExchangeProcess::start();
    let options = options(&exchange, "trader-1");
    let stranger = Resumption { session_version_id: 7, last_timestamp_ns: 7, next_seq_num: 9 };
    let mut session = OrderEntry::resume(&options, &stranger, PATIENCE).unwrap();
    assert!(!session.is_resumed(), "it was never negotiated");
    assert_eq!(use_number(&mut session), 1);
    let mut other = OrderEntry::resume(&options, &stranger, PATIENCE).unwrap();
    assert!(!other.is_resumed(), "another version was");
    assert_eq!(use_number(&mut other), 1);
}
