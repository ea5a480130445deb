//! Requests for retransmission, where they are refused and whom their messages reach.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use forecastle_proto_spec::{Frame, RetransmitReject, RetransmitRequest, TerminateCode};

use super::*;

const SESSION: u32 = 16;

fn request(session_id: u32) -> Vec<u8> {
    let mut request = RetransmitRequest::new_zeroed();
    request.session_id.set(session_id);
    request.request_id.set(77);
    request.from_position.set(4000);
    encoded(&request)
}

/// The ticket of the one action that asks for a retransmission.
fn ticket(world: &mut World) -> u64 {
    let actions = world.actions();
    let [Action::Retransmit { binding: A, job }] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!((job.request_id, job.from_position, job.session_id), (77, 4000, SESSION));
    assert_eq!((job.firm_id, job.roles), (7, 1));
    job.ticket
}

#[test]
fn only_an_established_session_is_sent_its_own_reports() {
    let mut world = World::new();
    world.negotiated(A, SESSION, 1);
    assert_eq!(world.message(A, &request(SESSION)), Intake::Handled);
    assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::SessionNotEstablished));
    let mut world = World::new();
    world.established(A, SESSION, 1);
    assert_eq!(world.message(A, &request(SESSION + 1)), Intake::Handled);
    assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::SessionNotEstablished));
    assert_eq!(world.message(A, &request(SESSION)), Intake::Handled);
    let ticket = ticket(&mut world);
    assert_eq!(world.core.binding_of_ticket(SESSION, ticket), Some(A));
    assert_eq!(world.core.binding_of_ticket(SESSION, ticket + 1), None);
    assert_eq!(world.core.binding_of_ticket(SESSION + 1, ticket), None);
    world.core.on_reply_lost(world.now, A);
    assert_eq!(world.core.binding_of_ticket(SESSION, ticket), None);
    let disconnects = world.disconnects();
    assert_eq!(disconnects, [(SESSION, TerminateCode::TransportLost as u16)]);
}

#[test]
fn each_refusal_names_the_request_and_says_whether_to_ask_again() {
    for (code, is_worth_another) in [
        (RejectCode::RetransmitOutOfRange, false),
        (RejectCode::RetransmitInProgress, true),
        (RejectCode::RetransmitUnavailable, true),
    ] {
        let mut world = World::new();
        world.established(A, SESSION, 1);
        assert_eq!(world.message(A, &request(SESSION)), Intake::Handled);
        let ticket = ticket(&mut world);
        if code == RejectCode::RetransmitInProgress {
            assert_eq!(world.message(A, &request(SESSION)), Intake::Handled);
        } else {
            world.core.refuse_retransmission(world.now, A, code);
        }
        let actions = world.actions();
        let [Action::Send { binding: A, message }] = &actions[..] else { panic!("{actions:?}") };
        let (frame, _) = Frame::parse(message.bytes()).unwrap();
        let reject = frame.body::<RetransmitReject>().unwrap();
        assert_eq!((reject.session_id.get(), reject.request_id.get()), (SESSION, 77));
        assert_eq!(reject.reject_code.get(), code as u16);
        assert_eq!(reject.retry_delay_ns.get() > 0, is_worth_another);
        let goes_on = code == RejectCode::RetransmitInProgress;
        assert_eq!(world.core.binding_of_ticket(SESSION, ticket).is_some(), goes_on);
        assert_eq!(world.count(SessionCount::RetransmissionsRefused), 1);
    }
}

#[test]
fn a_client_that_makes_no_room_loses_its_retransmission_after_its_patience() {
    let mut world = World::new();
    world.established(A, SESSION, 1);
    assert_eq!(world.message(A, &request(SESSION)), Intake::Handled);
    let ticket = ticket(&mut world);
    for _ in 0..3 {
        world.core.on_retransmission_blocked(world.now, A, ticket);
        world.pass(RETRANSMISSION_PATIENCE_NS / 2);
    }
    assert_eq!(world.core.binding_of_ticket(SESSION, ticket), Some(A));
    // A message that goes through begins the patience anew.
    world.core.on_retransmitted(world.now, A, 50, |_| true);
    for _ in 0..3 {
        world.core.on_retransmission_blocked(world.now, A, ticket);
        world.pass(RETRANSMISSION_PATIENCE_NS / 2);
        assert_eq!(world.actions(), []);
    }
    world.pass(1);
    world.core.on_retransmission_blocked(world.now, A, ticket);
    assert_eq!(world.core.binding_of_ticket(SESSION, ticket), None);
    assert!(matches!(world.actions()[..], [Action::Send { binding: A, .. }]));
}
