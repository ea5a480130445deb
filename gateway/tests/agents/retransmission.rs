//! Retransmission through the agent: the test is the history thread.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use forecastle_gateway::{HistoryJob, RETRANSMISSION_PATIENCE_NS, RetransmissionJob};
use forecastle_proto_spec::{
    ExecutionReportNew, Frame, Message, RejectCode, Retransmission, RetransmissionComplete,
    RetransmitReject, RetransmitRequest, Sequence,
};
use zerocopy::FromZeros;

use crate::exchange::{Exchange, encoded};
use crate::peer::Peer;
use crate::{TRADER, log_in, run, run_for, templates};

fn request(session_id: u32, request_id: u64, from_position: u64) -> Vec<u8> {
    let mut request = RetransmitRequest::new_zeroed();
    request.session_id.set(session_id);
    request.request_id.set(request_id);
    request.from_position.set(from_position);
    encoded(&request)
}

fn job(exchange: &mut Exchange, peer: &mut Peer) -> RetransmissionJob {
    let mut job = None;
    run(exchange, &mut [peer], |exchange, _| {
        if let Some(HistoryJob::Retransmission(found)) = HistoryJob::pop(&mut exchange.history_jobs)
        {
            job = Some(found);
        }
        job.is_some()
    });
    job.unwrap()
}

/// Puts a message of the job into the ring; false when it is full.
fn say<M: Message>(exchange: &mut Exchange, job: &RetransmissionJob, message: &M) -> bool {
    let bytes = encoded(message);
    let Some(mut claim) = exchange.history_messages.try_claim(bytes.len()) else { return false };
    claim.copy_from_slice(&bytes);
    claim.commit(job.header(M::TEMPLATE_ID));
    true
}

/// What the peer has but for heartbeats.
fn received(peer: &mut Peer) -> Vec<Vec<u8>> {
    let mut messages = std::mem::take(&mut peer.received);
    messages.retain(|message| templates(std::slice::from_ref(message))[0] != Sequence::TEMPLATE_ID);
    messages
}

fn refusal(peer: &mut Peer, exchange: &mut Exchange) -> (u64, RejectCode, bool) {
    let mut messages = Vec::new();
    run(exchange, &mut [peer], |_, peers| {
        messages.extend(received(peers[0]));
        !messages.is_empty()
    });
    let (frame, _) = Frame::parse(&messages[0]).unwrap();
    let reject = frame.body::<RetransmitReject>().expect("a refusal comes first");
    let code = RejectCode::try_from(reject.reject_code.get()).unwrap();
    (reject.request_id.get(), code, reject.retry_delay_ns.get() > 0)
}

#[test]
fn a_job_goes_to_the_history_thread_and_its_messages_to_the_client() {
    let mut exchange = Exchange::unicast();
    let mut peer = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut peer);
    exchange.accept(peer.session_id, 1);
    run(&mut exchange, &mut [&mut peer], |_, peers| !peers[0].received.is_empty());
    received(&mut peer);
    let end_position = exchange.log.position();
    peer.offer(&request(peer.session_id, 9, 40));
    let job = job(&mut exchange, &mut peer);
    let expected = RetransmissionJob {
        ticket: 1,
        request_id: 9,
        from_position: 40,
        end_position,
        session_id: peer.session_id,
        firm_id: 7,
        roles: 1,
    };
    assert_eq!(job, expected);
    // A second one at a time is refused, and the first goes on.
    peer.offer(&request(peer.session_id, 10, 40));
    let refused = refusal(&mut peer, &mut exchange);
    assert_eq!(refused, (10, RejectCode::RetransmitInProgress, true));
    assert!(say(&mut exchange, &job, &Retransmission::new_zeroed()));
    for _ in 0..500 {
        assert!(say(&mut exchange, &job, &ExecutionReportNew::new_zeroed()));
    }
    assert!(say(&mut exchange, &job, &RetransmissionComplete::new_zeroed()));
    // Behind its end nothing more of a job is passed on.
    assert!(say(&mut exchange, &job, &ExecutionReportNew::new_zeroed()));
    run_for(&mut exchange, &mut [&mut peer], 100_000_000);
    let messages = templates(&received(&mut peer));
    assert_eq!((messages.len(), messages[0], messages[1], messages[501]), (502, 11, 50, 12));
    assert_eq!(exchange.counter("session.retransmitted"), 502);
    peer.offer(&request(peer.session_id, 11, end_position));
    assert_eq!(self::job(&mut exchange, &mut peer).ticket, 2);
}

#[test]
fn a_position_behind_the_log_s_end_is_refused() {
    let mut exchange = Exchange::unicast();
    let mut peer = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut peer);
    peer.offer(&request(peer.session_id, 9, exchange.log.position() + 8));
    let refused = refusal(&mut peer, &mut exchange);
    assert_eq!(refused, (9, RejectCode::RetransmitOutOfRange, false));
    assert_eq!(HistoryJob::pop(&mut exchange.history_jobs), None);
}

#[test]
fn the_jobs_of_clients_that_come_and_go_are_dropped() {
    let mut exchange = Exchange::unicast();
    let mut first = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut first);
    first.offer(&request(first.session_id, 9, 0));
    let old = job(&mut exchange, &mut first);
    let mut second = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut second);
    second.offer(&request(second.session_id, 9, 0));
    let new = job(&mut exchange, &mut second);
    assert!(say(&mut exchange, &old, &ExecutionReportNew::new_zeroed()));
    assert!(say(&mut exchange, &new, &RetransmissionComplete::new_zeroed()));
    run_for(&mut exchange, &mut [&mut first, &mut second], 100_000_000);
    assert_eq!(templates(&received(&mut second)), [RetransmissionComplete::TEMPLATE_ID]);
}

#[test]
fn a_client_that_takes_nothing_loses_its_retransmission_and_keeps_its_session() {
    let mut exchange = Exchange::unicast();
    let mut peer = Peer::new(&exchange, TRADER);
    log_in(&mut exchange, &mut peer);
    peer.offer(&request(peer.session_id, 9, 0));
    let job = job(&mut exchange, &mut peer);
    let start_ns = exchange.now.monotonic_ns;
    let mut count = 0;
    while exchange.counter("session.retransmissions_refused") == 0 {
        while say(&mut exchange, &job, &ExecutionReportNew::new_zeroed()) {
            count += 1;
        }
        exchange.turn();
        let now = exchange.now;
        peer.turn_requests(now);
        let waited_ns = now.monotonic_ns - start_ns;
        assert!(waited_ns < 2 * RETRANSMISSION_PATIENCE_NS, "{count} reports");
        if (waited_ns / 100_000).is_multiple_of(1000) {
            let mut sequence = Sequence::new_zeroed();
            sequence.session_id.set(peer.session_id);
            peer.offer(&encoded(&sequence));
        }
    }
    assert_eq!(exchange.counter("session.slow_consumer"), 0);
    assert_eq!(exchange.counter("session.established_now"), 1);
    // The ring is free again for others, and the live flow still has its room.
    exchange.accept(peer.session_id, 1);
    run(&mut exchange, &mut [&mut peer], |_, peers| {
        let last = peers[0].received.last();
        last.is_some_and(|message| {
            let (frame, _) = Frame::parse(message).unwrap();
            frame.body::<ExecutionReportNew>().is_some_and(|report| report.exec_id.get() > 0)
        })
    });
    assert!(say(&mut exchange, &job, &ExecutionReportNew::new_zeroed()));
}
