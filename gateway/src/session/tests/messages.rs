//! Messages in every state: form, number, fill of the ring, rights.

use forecastle_proto_spec::{
    BusinessMessageReject, Continue, CounterReportRequest, EntitlementReport, EntitlementRequest,
    ExecutionReportNew, LAYOUTS, OrderCancelReplaceRequest, OrderCancelRequest,
    OrderMassActionRequest, Sequence, SessionDisconnected, Terminate,
};

use super::*;
use crate::record::Record;
use crate::record_builder::RecordBuilder;

/// Bytes with one defect each.
fn malformed() -> Vec<(&'static str, Vec<u8>, RejectCode)> {
    let good = order(1);
    let with = |offset: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[offset] = value;
        bytes
    };
    let longer = [&good[..], &[0]].concat();
    let twice = [&good[..], &good[..]].concat();
    vec![
        ("nothing", Vec::new(), RejectCode::MalformedLength),
        ("a cut header", good[..7].to_vec(), RejectCode::MalformedLength),
        ("a cut body", good[..63].to_vec(), RejectCode::MalformedLength),
        ("one byte more", longer, RejectCode::MalformedLength),
        ("two messages", twice, RejectCode::MalformedLength),
        ("another block length", with(0, 55), RejectCode::MalformedLength),
        ("another schema", with(4, 1), RejectCode::UnknownSchema),
        ("another version", with(6, 1), RejectCode::UnsupportedVersion),
        ("no such template", with(2, 99), RejectCode::UnknownTemplate),
        ("an effect", encoded(&ExecutionReportNew::new_zeroed()), RejectCode::NotAClientMessage),
        ("a step", encoded(&Continue::new_zeroed()), RejectCode::NotAClientMessage),
        (
            "a disconnect",
            encoded(&SessionDisconnected::new_zeroed()),
            RejectCode::NotAClientMessage,
        ),
    ]
}

#[test]
fn a_proven_binding_hears_what_was_wrong_with_its_bytes() {
    for (name, bytes, code) in malformed() {
        let mut world = World::new();
        world.established(A, 17, 5);
        assert_eq!(world.message(A, &bytes), Intake::Handled, "{name}");
        let actions = world.actions();
        assert_eq!(actions.len(), 1, "{name}");
        assert_eq!(refusal(&actions[0]), (A, 56, code), "{name}");
        assert_eq!(world.count(SessionCount::of(code)), 1, "{name}");
        assert_eq!(world.message(A, &order(1)), Intake::Forward { session_id: 17 }, "{name}");
    }
}

#[test]
fn an_unproven_binding_hears_nothing_and_is_rejected_at_the_eighth() {
    for (name, bytes, code) in malformed() {
        let mut world = World::new();
        world.connect(A);
        for _ in 1..BAD_MESSAGES_MAX {
            assert_eq!(world.message(A, &bytes), Intake::Handled, "{name}");
            assert_eq!(world.actions(), [], "{name}");
        }
        assert_eq!(world.message(A, &bytes), Intake::Handled, "{name}");
        assert_eq!(world.actions(), [rejected(A, texts::reject_text(code))], "{name}");
        assert_eq!(world.count(SessionCount::of(code)), 8, "{name}");
    }
}

#[test]
fn a_good_login_after_seven_bad_messages_is_taken() {
    let mut world = World::new();
    world.connect(A);
    for _ in 1..BAD_MESSAGES_MAX {
        assert_eq!(world.message(A, b"garbage"), Intake::Handled);
    }
    let login = signed(&negotiate(17, 5), 1);
    assert_eq!(world.message(A, &login), Intake::Forward { session_id: 17 });
}

#[test]
fn nothing_but_a_login_passes_before_the_session_is_established() {
    let mut terminate = Terminate::new_zeroed();
    terminate.session_id.set(17);
    let early = [
        order(1),
        encoded(&OrderCancelRequest::new_zeroed()),
        encoded(&CounterReportRequest::new_zeroed()),
    ];
    for bytes in &early {
        let mut world = World::new();
        world.connect(A);
        assert_eq!(world.message(A, bytes), Intake::Handled);
        assert_eq!(world.actions(), [], "unproven: dropped");
        let mut world = World::new();
        world.negotiated(A, 17, 5);
        assert_eq!(world.message(A, bytes), Intake::Handled);
        assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::SessionNotEstablished));
        assert_eq!(world.count(SessionCount::SessionNotEstablished), 1);
    }
    let mut world = World::new();
    world.connect(A);
    for bytes in [encoded(&Sequence::new_zeroed()), encoded(&terminate)] {
        assert_eq!(world.message(A, &bytes), Intake::Handled);
    }
    assert_eq!(world.actions(), []);
    assert_eq!(world.count(SessionCount::SessionNotEstablished), 2);
}

#[test]
fn a_refusal_names_what_it_refuses() {
    let mut world = World::new();
    world.established(A, 17, 5);
    assert_eq!(world.message(A, &order(1)), Intake::Forward { session_id: 17 });
    assert_eq!(world.message(A, &order(1)), Intake::Handled);
    let actions = world.actions();
    let Action::Send { message, .. } = &actions[0] else { panic!("{actions:?}") };
    let (frame, _) = Frame::parse(message.bytes()).unwrap();
    let reject = frame.body::<BusinessMessageReject>().unwrap();
    assert_eq!((reject.request_id.get(), reject.ref_seq_num.get()), (501, 1));
    assert_eq!((reject.ref_template_id.get(), reject.reject_code.get()), (20, 207));
    assert_eq!((reject.exec_id.get(), reject.transact_time_ns.get()), (0, WALL_NS));
}

#[test]
fn numbers_go_up_and_a_gap_is_the_engine_s_business() {
    let mut world = World::new();
    world.established(A, 17, 5);
    let cases = [(0, false), (1, true), (1, false), (5, true), (4, false), (6, true)];
    for (seq_num, passes) in cases {
        let intake = world.message(A, &order(seq_num));
        assert_eq!(intake == Intake::Forward { session_id: 17 }, passes, "{seq_num}");
    }
    assert_eq!(world.count(SessionCount::DuplicateSeqNum), 3);
    assert_eq!(world.count(SessionCount::Forwarded), 3 + 2, "two logins as well");
    for action in world.actions() {
        assert_eq!(refusal(&action), (A, 56, RejectCode::DuplicateSeqNum));
    }
}

#[test]
fn a_reestablished_session_goes_on_after_the_engine_s_last_number() {
    let mut world = World::new();
    world.negotiated(A, 17, 5);
    let login = signed(&establish(17, 5, 6), 1);
    assert_eq!(world.message(A, &login), Intake::Forward { session_id: 17 });
    let mut later = ack(17, 5);
    later.last_seq_num.set(9);
    world.report_to(17, &later);
    assert_eq!(world.message(A, &order(9)), Intake::Handled);
    assert_eq!(world.message(A, &order(10)), Intake::Forward { session_id: 17 });
}

#[test]
fn a_full_ring_refuses_new_orders_and_their_numbers_stay_free() {
    let mut world = World::new();
    world.established(A, 17, 5);
    let mut replace = OrderCancelReplaceRequest::new_zeroed();
    replace.seq_num.set(1);
    for bytes in [order(1), encoded(&replace)] {
        let intake = world.core.on_message(world.now, A, &bytes, true);
        assert_eq!(intake, Intake::Handled);
        assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::Busy));
    }
    let mut cancel = OrderCancelRequest::new_zeroed();
    cancel.seq_num.set(1);
    let mut mass = OrderMassActionRequest::new_zeroed();
    mass.seq_num.set(2);
    for bytes in [encoded(&cancel), encoded(&mass)] {
        let intake = world.core.on_message(world.now, A, &bytes, true);
        assert_eq!(intake, Intake::Forward { session_id: 17 });
    }
    assert_eq!(world.count(SessionCount::Busy), 2);
}

#[test]
fn messages_for_another_session_are_refused() {
    let mut world = World::new();
    world.established(A, 17, 5);
    let mut sequence = Sequence::new_zeroed();
    sequence.session_id.set(18);
    let mut terminate = Terminate::new_zeroed();
    terminate.session_id.set(18);
    for bytes in [encoded(&sequence), encoded(&terminate)] {
        assert_eq!(world.message(A, &bytes), Intake::Handled);
        assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::SessionNotEstablished));
    }
    sequence.session_id.set(17);
    assert_eq!(world.message(A, &encoded(&sequence)), Intake::Handled);
    assert_eq!(world.actions(), []);
}

#[test]
fn counters_are_for_administrators_as_the_log_says_now() {
    let mut request = CounterReportRequest::new_zeroed();
    request.request_id.set(42);
    let request = encoded(&request);
    let mut world = World::new();
    world.established(A, 17, 5);
    world.established(B, 32, 5);
    assert_eq!(world.message(A, &request), Intake::Handled);
    assert_eq!(refusal(&world.actions()[0]), (A, 56, RejectCode::NotEntitled));
    assert_eq!(world.message(B, &request), Intake::Handled);
    assert_eq!(world.actions(), [Action::SendCounters { binding: B, request_id: 42 }]);

    let mut grant = EntitlementReport::new_zeroed();
    grant.access_key_id.set(1);
    grant.roles.set(0b11);
    let mut revoke = grant;
    revoke.access_key_id.set(2);
    revoke.roles.set(0);
    let record = RecordBuilder::of(0, &EntitlementRequest::new_zeroed())
        .effect(&grant)
        .effect(&revoke)
        .build();
    world.core.observe(&Record::new(0, &record));
    assert_eq!(world.message(A, &request), Intake::Handled);
    assert_eq!(world.actions(), [Action::SendCounters { binding: A, request_id: 42 }]);
    assert_eq!(world.message(B, &request), Intake::Handled);
    assert_eq!(refusal(&world.actions()[0]), (B, 56, RejectCode::NotEntitled));
}

#[test]
fn any_bytes_are_taken_without_a_panic() {
    let seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = forecastle_transport::Random::new(seed);
    let mut world = World::new();
    world.established(A, 17, 5);
    world.connect(B);
    let templates: Vec<_> = LAYOUTS.iter().flat_map(|section| section.iter()).collect();
    for round in 0..50_000 {
        let layout = templates[random.below(templates.len() as u64) as usize];
        let mut bytes: Vec<u8> =
            (0..8 + layout.block_length).map(|_| random.next_u64() as u8).collect();
        bytes[..2].copy_from_slice(&(layout.block_length as u16).to_le_bytes());
        bytes[2..4].copy_from_slice(&layout.template_id.to_le_bytes());
        bytes[4..8].copy_from_slice(&[0x43, 0x46, 0, 0]);
        if let Some(group) = layout.group {
            let count = random.below(u64::from(group.count_max) + 2) as u16;
            bytes.extend([group.block_length as u8, 0, count as u8, 0]);
            bytes.resize(bytes.len() + usize::from(count) * group.block_length, 0xA5);
        }
        if random.below(4) == 0 {
            bytes.truncate(random.below(bytes.len() as u64) as usize);
        }
        let binding = if round % 2 == 0 { A } else { B };
        let _ = world.message(binding, &bytes);
        if round % 16 == 15 {
            assert!(world.actions().len() <= 32, "seed {seed}, round {round}");
            world.connect(B);
        }
    }
    assert_eq!(world.core.established_count(), 1, "seed {seed}");
}
