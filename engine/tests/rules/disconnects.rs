//! Cancel on disconnect: whose orders end when a session is lost or ends, and when.

use forecastle_engine::{Engine, EngineConfig};
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::quotes::{quote, quote_set};
use crate::snapshots::encoded_state;
use crate::world::*;

/// How a session goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Lost,
    Negotiated,
    Terminated,
}

/// Alice's session comes with this wish.
fn login(world: &mut World, version: u64, kind: u8, grace_ms: u16) {
    world.send(ALICE_SESSION, &negotiate(ALICE_SESSION, version)).only::<NegotiationResponse>();
    world.login_asking(ALICE_SESSION, version, |message| {
        message.cancel_on_disconnect = kind;
        message.cod_timeout_ms.set(grace_ms);
    });
}

fn end(world: &mut World, end: End) -> Effects {
    match end {
        End::Lost => {
            let mut message = SessionDisconnected::new_zeroed();
            message.session_id.set(ALICE_SESSION);
            message.code.set(TerminateCode::TransportLost.into());
            world.send(EXCHANGE, &message)
        }
        End::Negotiated => world.send(ALICE_SESSION, &negotiate(ALICE_SESSION, 1_000)),
        End::Terminated => {
            let mut message = Terminate::new_zeroed();
            message.session_id.set(ALICE_SESSION);
            message.code.set(1);
            world.send(ALICE_SESSION, &message)
        }
    }
}

/// Two orders and a quote of Alice's session, the second order with the instruction; one of another
/// session of hers, and one of Bob.
fn stand(world: &mut World) {
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 30)).first::<OrderRested>();
    let mut marked = bid(2, CAROL, 2, 30);
    marked.exec_inst = EXEC_INST_CANCEL_ON_DISCONNECT;
    world.send(ALICE_SESSION, &marked).first::<OrderRested>();
    world.send(ALICE_SESSION, &quote_set(1, ALICE, 0)).only::<QuoteSetReport>();
    quote(world, 9, &[(1, (3, 30), (0, 0))]);
    world.login(ALICE_SESSION + 1, 1);
    world.send(ALICE_SESSION + 1, &bid(1, ALICE, 4, 30)).first::<OrderRested>();
    world.send(BOB_SESSION, &bid(9_999, BOB, 5, 30)).first::<OrderRested>();
}

/// Lots of the bids that stand.
fn lots(world: &World) -> Vec<u32> {
    world.bids(1).into_iter().map(|(_, lots)| lots).collect()
}

#[test]
fn what_ends_is_what_the_session_asked_for() {
    let all: &[u32] = &[1, 2, 3, 4, 5];
    let unmarked: &[u32] = &[1, 3, 4, 5];
    let others: &[u32] = &[4, 5];
    for (kind, after_loss, after_terminate) in
        [(0, unmarked, all), (1, others, all), (2, unmarked, others), (3, others, others)]
    {
        for (how, left) in [
            (End::Lost, after_loss),
            (End::Negotiated, after_loss),
            (End::Terminated, after_terminate),
        ] {
            let mut world = World::open();
            login(&mut world, 2, kind, 0);
            stand(&mut world);
            let effects = end(&mut world, how);
            assert_eq!(effects.frames.len(), 1, "the end itself cancels nothing yet");
            let requester = world.engine.continuation();
            let is_owed = left.len() < 5;
            assert_eq!(requester.map(|it| it.session_id), is_owed.then_some(ALICE_SESSION));
            if is_owed {
                let effects = world.continue_work();
                let cancels = effects.all::<OrderCancelled>();
                assert!(cancels.iter().all(|it| it.session_id.get() == ALICE_SESSION));
                assert!(cancels.iter().all(|it| it.reason.get() == 12 && it.was_resting == 1));
                let report: OrderMassActionReport = effects.first();
                assert_eq!(report.scope, MassActionScope::Session.into());
                assert_eq!(report.action, MassActionType::Cancel.into());
                assert_eq!(report.total_affected_orders.get() as usize, 5 - left.len());
                assert_eq!((report.cl_ord_id.get(), report.seq_num.get()), (0, 0));
            }
            assert!(!world.engine.continuation_is_pending());
            assert_eq!(lots(&world), left, "type {kind}, {how:?}");
            // What was not established cannot be lost.
            end(&mut world, End::Lost);
            assert!(!world.engine.continuation_is_pending());
        }
    }
}

#[test]
fn who_is_back_within_the_grace_keeps_the_orders_and_who_is_not_loses_them() {
    for is_back in [true, false] {
        let mut world = World::open();
        login(&mut world, 2, 3, 20);
        stand(&mut world);
        world.time_ns = world.time_ns.next_multiple_of(MS);
        end(&mut world, End::Lost).only::<Terminate>();
        let due_ms = world.time_ns / MS + 21;
        assert_eq!(world.engine.first_timer_due_ms(), Some(due_ms), "a part of a millisecond");
        assert!(!world.engine.continuation_is_pending(), "marked orders have the grace too");
        // A new version alone is not the session's return.
        world.send(ALICE_SESSION, &negotiate(ALICE_SESSION, 3)).only::<NegotiationResponse>();
        let state = encoded_state(&world.engine);
        world.engine = Engine::decode_snapshot(&state, world.engine.state_digest()).unwrap();
        assert_eq!(world.engine.first_timer_due_ms(), Some(due_ms));
        if is_back {
            world.login_asking(ALICE_SESSION, 3, |_| {});
            assert_eq!(world.engine.first_timer_due_ms(), None);
        }
        world.time_ns = due_ms * MS;
        assert_eq!(world.engine.timer_is_due(world.time_ns), !is_back);
        assert_eq!(world.send(EXCHANGE, &TimerTick::new_zeroed()).templates(), []);
        world.finish_work();
        assert_eq!(lots(&world), if is_back { vec![1, 2, 3, 4, 5] } else { vec![4, 5] });
        assert_eq!(world.engine.first_timer_due_ms(), None);
    }
}

#[test]
fn what_the_last_establish_asked_for_counts() {
    let mut world = World::open();
    login(&mut world, 2, 3, 20);
    stand(&mut world);
    end(&mut world, End::Lost);
    world.send(ALICE_SESSION, &negotiate(ALICE_SESSION, 3)).only::<NegotiationResponse>();
    world.login_asking(ALICE_SESSION, 3, |_| {});
    end(&mut world, End::Terminated);
    assert!(!world.engine.continuation_is_pending());
    assert_eq!(world.engine.first_timer_due_ms(), None);
    assert_eq!(lots(&world), [1, 2, 3, 4, 5]);
}

/// Of a lost session there is one sweep of each kind, however often it is lost, that covers what
/// came meanwhile; they take turns with another firm's mass cancel, which has taken its one place.
#[test]
fn a_full_queue_of_work_loses_no_sweep() {
    let mut world = World::new(EngineConfig { work_max: 1, ..EngineConfig::small() });
    world.define_open_event(1, false);
    world.is_checked = false;
    for id in 1..=600 {
        world.send(BOB_SESSION, &bid(id, BOB, 1, 20)).first::<OrderRested>();
    }
    world.is_checked = true;
    login(&mut world, 2, 1, 0);
    stand(&mut world);
    world.send(BOB_SESSION, &mass_cancel(701, MassActionScope::Firm)).first::<OrderCancelled>();
    for version in 3..6 {
        end(&mut world, End::Lost).only::<Terminate>();
        login(&mut world, version, [1, 0, 1][version as usize - 3], 0);
        let mut later = bid(version, ALICE, 6, 30);
        later.exec_inst = if version == 4 { EXEC_INST_CANCEL_ON_DISCONNECT } else { 0 };
        world.send(ALICE_SESSION, &later).first::<OrderRested>();
    }
    let refused = world.send(BOB_SESSION, &mass_cancel(702, MassActionScope::Firm));
    assert_eq!(refused.reject_code(), RejectCode::WorkQueueFull, "the room is not for requests");
    let state = encoded_state(&world.engine);
    world.engine = Engine::decode_snapshot(&state, world.engine.state_digest()).unwrap();
    let mut totals = Vec::new();
    while world.engine.continuation_is_pending() {
        let effects = world.continue_work();
        let reports = effects.all::<OrderMassActionReport>();
        totals.extend(reports.iter().map(|it| (it.scope, it.total_affected_orders.get())));
    }
    // All that stood at the second loss, twice lost or not; what was marked at the third; Bob's.
    assert_eq!(totals, [(7, 4), (7, 1), (5, 601)]);
    assert_eq!(lots(&world), [4, 6], "what came after the last loss stands");
}

const MS: u64 = 1_000_000;
