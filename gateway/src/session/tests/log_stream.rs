//! Requests for a log stream: who may ask, and when a stream ends.

use forecastle_proto_spec::LogStreamRequest;

use super::*;

/// A session of key 4, which has the replica role.
const SESSION: u32 = 64;

fn request(port: u16) -> Vec<u8> {
    let mut request = LogStreamRequest::new_zeroed();
    request.request_id.set(77);
    request.from_position.set(4000);
    request.port.set(port);
    encoded(&request)
}

/// The ticket of the one action that asks for a stream.
fn ticket(world: &mut World) -> u64 {
    let actions = world.actions();
    let [Action::StreamLog { binding: A, job }] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!((job.request_id, job.from_position, job.session_id), (77, 4000, SESSION));
    assert_eq!((job.port, job.binding), (9000, 0));
    job.ticket
}

#[test]
fn only_an_established_session_with_the_replica_role_is_sent_the_log() {
    let mut world = World::new();
    world.negotiated(A, SESSION, 1);
    assert_eq!(world.message(A, &request(9000)), Intake::Handled);
    assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::SessionNotEstablished));
    let mut world = World::new();
    world.established(A, 16, 1);
    assert_eq!(world.message(A, &request(9000)), Intake::Handled);
    assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::NotEntitled));
    let mut world = World::new();
    world.established(A, SESSION, 1);
    assert_eq!(world.message(A, &request(9000)), Intake::Handled);
    let ticket = ticket(&mut world);
    assert_eq!(world.core.binding_of_ticket(SESSION, ticket), Some(A));
}

#[test]
fn a_stream_ends_with_its_binding_by_a_later_request_and_by_port_0() {
    let mut world = World::new();
    world.established(A, SESSION, 1);
    let ended = Action::EndLogStream { binding: A };
    assert_eq!(world.message(A, &request(0)), Intake::Handled);
    assert_eq!(world.actions(), []);
    assert_eq!(world.message(A, &request(9000)), Intake::Handled);
    let first = ticket(&mut world);
    assert_eq!(world.message(A, &request(9000)), Intake::Handled);
    assert_eq!(world.core.next_action(), Some(ended));
    let second = ticket(&mut world);
    assert!(second > first);
    assert_eq!(world.core.binding_of_ticket(SESSION, first), None);
    assert_eq!(world.message(A, &request(0)), Intake::Handled);
    assert_eq!(world.actions(), [ended]);
    assert_eq!(world.core.binding_of_ticket(SESSION, second), None);
    assert_eq!(world.message(A, &request(9000)), Intake::Handled);
    ticket(&mut world);
    world.core.on_image_unavailable(world.now, A);
    assert!(world.actions().contains(&ended));
}

#[test]
fn an_unknown_delivery_is_refused_and_ends_nothing() {
    let mut world = World::new();
    world.established(A, SESSION, 1);
    assert_eq!(world.message(A, &request(9000)), Intake::Handled);
    let ticket = ticket(&mut world);
    let mut unknown = request(9000);
    unknown[8 + 22] = 9;
    assert_eq!(world.message(A, &unknown), Intake::Handled);
    assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::UnsupportedField));
    assert_eq!(world.core.binding_of_ticket(SESSION, ticket), Some(A));
    let mut shared = request(9000);
    shared[8 + 22] = 1;
    assert_eq!(world.message(A, &shared), Intake::Handled);
    assert_eq!(world.core.next_action(), Some(Action::EndLogStream { binding: A }));
    let actions = world.actions();
    let [Action::StreamLog { job, .. }] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(job.is_shared, 1);
}

#[test]
fn a_refusal_names_the_request() {
    let mut world = World::new();
    world.established(A, SESSION, 1);
    assert_eq!(world.message(A, &request(9000)), Intake::Handled);
    let actions = world.actions();
    let [Action::StreamLog { job, .. }] = &actions[..] else { panic!("{actions:?}") };
    world.core.refuse_log_stream(world.now, A, job, RejectCode::RetransmitOutOfRange);
    assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::RetransmitOutOfRange));
    assert_eq!(world.core.binding_of_ticket(SESSION, job.ticket), None);
}
