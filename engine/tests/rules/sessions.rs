//! Login, logout and the numbers of the client flow.

use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::world::*;

#[test]
fn a_login_in_full() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1));
    world.send(ALICE_SESSION, &bid(2, ALICE, 1, 1));
    let response: NegotiationResponse =
        world.send(ALICE_SESSION, &negotiate(ALICE_SESSION, 7)).only();
    assert_eq!(
        response,
        NegotiationResponse {
            session_id: ALICE_SESSION.into(),
            access_key_id: 1.into(),
            session_version_id: 7.into(),
            previous_session_version_id: 1.into(),
            previous_seq_num: 2.into(),
            firm_id: 10.into(),
            transact_time_ns: world.time_ns.into(),
            roles: ROLES_TRADER.into(),
            reserved_42: [0; 6],
        }
    );
    let mut message = establish(ALICE_SESSION, 7);
    message.next_seq_num.set(5);
    let ack: EstablishmentAck = world.send(ALICE_SESSION, &message).only();
    assert_eq!((ack.last_seq_num.get(), ack.next_seq_num.get()), (0, 1));
    assert_eq!((ack.keep_alive_interval_ms.get(), ack.acknowledgement_level), (1_000, 1));
    // The client skips what it announced to skip: the gap is told at its first message.
    let mut order = bid(3, ALICE, 1, 1);
    order.seq_num.set(5);
    let effects = world.apply(ALICE_SESSION, &encoded(&order));
    let missed: NotApplied = effects.first();
    assert_eq!((missed.from_seq_num.get(), missed.count.get()), (1, 4));
    effects.first::<OrderRested>();
}

#[test]
fn an_ended_session_can_establish_again_under_its_version() {
    let mut terminate = Terminate::new_zeroed();
    terminate.session_id.set(ALICE_SESSION);
    terminate.code.set(1);
    let mut lost = SessionDisconnected::new_zeroed();
    lost.session_id.set(ALICE_SESSION);
    lost.code.set(u16::from(TerminateCode::TransportLost));
    for (sender, bytes, code) in
        [(ALICE_SESSION, encoded(&terminate), 1), (EXCHANGE, encoded(&lost), 6)]
    {
        let mut world = World::open();
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1));
        let effect: Terminate = world.apply(sender, &bytes).only();
        assert_eq!((effect.session_id.get(), effect.last_seq_num.get()), (ALICE_SESSION, 1));
        assert_eq!(effect.code.get(), code);
        assert_eq!(world.apply(sender, &bytes).templates(), []);
        let reject = world.send(ALICE_SESSION, &bid(2, ALICE, 1, 1));
        assert_eq!(reject.reject_code(), RejectCode::SessionNotEstablished);
        let mut message = establish(ALICE_SESSION, 1);
        message.timestamp_ns.set(12);
        let reject: EstablishmentReject = world.send(ALICE_SESSION, &message).only();
        assert_eq!(reject.reject_code.get(), u16::from(RejectCode::NextSeqNumTooLow));
        assert_eq!(reject.last_seq_num.get(), 1);
        message.next_seq_num.set(2);
        let ack: EstablishmentAck = world.send(ALICE_SESSION, &message).only();
        assert_eq!((ack.last_seq_num.get(), ack.next_seq_num.get()), (1, 2));
        // The number that was refused outside of a session was not used.
        let mut order = bid(2, ALICE, 1, 1);
        order.seq_num.set(2);
        let effects = world.apply(ALICE_SESSION, &encoded(&order));
        assert_eq!(effects.all::<NotApplied>().len(), 0);
        effects.first::<OrderRested>();
    }
}

#[test]
fn unknown_sessions_end_silently() {
    let mut world = World::open();
    let mut lost = SessionDisconnected::new_zeroed();
    for session_id in [0, 17, 5_000, u32::MAX] {
        lost.session_id.set(session_id);
        assert_eq!(world.send(EXCHANGE, &lost).templates(), []);
    }
}

#[test]
fn a_number_is_applied_once_and_a_skipped_one_never() {
    let mut world = World::open();
    let numbered = |cl_ord_id, seq_num: u32| {
        let mut message = bid(cl_ord_id, ALICE, 1, 1);
        message.seq_num.set(seq_num);
        encoded(&message)
    };
    assert_eq!(world.apply(ALICE_SESSION, &numbered(1, 3)).all::<NotApplied>().len(), 1);
    for skipped_or_used in [0, 1, 2, 3] {
        let effects = world.apply(ALICE_SESSION, &numbered(9, skipped_or_used));
        let reject: BusinessMessageReject = effects.only();
        assert_eq!(reject.reject_code.get(), u16::from(RejectCode::DuplicateSeqNum));
        assert_eq!((reject.ref_seq_num.get(), reject.request_id.get()), (skipped_or_used, 9));
    }
    let effects = world.apply(ALICE_SESSION, &numbered(2, u32::MAX));
    assert_eq!(effects.first::<NotApplied>().count.get(), u32::MAX - 4);
    let effects = world.apply(ALICE_SESSION, &numbered(3, u32::MAX));
    assert_eq!(effects.reject_code(), RejectCode::DuplicateSeqNum);
    assert_eq!(world.bids(1).len(), 2);
    let mut again = establish(ALICE_SESSION, 1);
    again.timestamp_ns.set(99);
    again.next_seq_num.set(u32::MAX);
    assert_eq!(world.send(ALICE_SESSION, &again).reject_code(), RejectCode::AlreadyEstablished);
}

/// No bytes, however broken, do more than be refused.
#[test]
fn broken_bytes_are_refused_one_by_one() {
    let mut world = World::open();
    let before = world.engine.market_digest();
    let good = encoded(&bid(1, ALICE, 1, 1));
    for length in 0..good.len() {
        let effects = world.apply(ALICE_SESSION, &good[..length]);
        assert_eq!(effects.reject_code(), RejectCode::MalformedLength);
        let reject: BusinessMessageReject = effects.only();
        assert_eq!(reject.ref_template_id.get(), if length < 8 { 0 } else { 20 });
    }
    for template_id in 0..=200_u16 {
        let Some(length) = block_length(template_id) else { continue };
        let mut bytes = vec![0xFF; 8 + length];
        bytes[..8].copy_from_slice(&good[..8]);
        bytes[..2].copy_from_slice(&u16::try_from(length).unwrap().to_le_bytes());
        bytes[2..4].copy_from_slice(&template_id.to_le_bytes());
        if let Some(group) = group_layout(template_id) {
            bytes.extend([group.block_length as u8, 0, 2, 0]);
            bytes.resize(bytes.len() + 2 * group.block_length, 0xFF);
        }
        for session_id in [ALICE_SESSION, ADMIN_SESSION, EXCHANGE, 17, u32::MAX] {
            let effects = world.apply(session_id, &bytes);
            assert!(effects.frames.len() <= 2, "template {template_id} from {session_id}");
        }
    }
    assert_eq!(world.engine.market_digest(), before);
}
