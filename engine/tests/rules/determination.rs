//! Outcomes with a dispute window: told, disputed, amended, and paid out when the window ends.

use forecastle_engine::{Engine, EngineConfig};
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::event_parameters::parameters;
use crate::snapshots::encoded_state;
use crate::world::*;

const WINDOW_MS: u32 = 5_000;
const NS_PER_MS: u64 = 1_000_000;

/// Alice is long 10 of market 1 of an exhaustive event of two, bought from Bob at 3000; its markets
/// are closed, and outcomes may be disputed for a while.
fn closed_with_window(config: EngineConfig) -> World {
    let mut world = World::new(config);
    world.define_event(2, true);
    let mut request = parameters(1);
    request.dispute_window_ms.set(WINDOW_MS);
    let report: EventParametersReport = world.send(ADMIN_SESSION, &request).only();
    assert_eq!(report.dispute_window_ms.get(), WINDOW_MS);
    world.set_status(1, 0, MarketStatus::Open);
    world.send(ALICE_SESSION, &bid(1, ALICE, 10, 3_000)).first::<OrderRested>();
    world.send(BOB_SESSION, &ask(1, BOB, 10, 3_000)).first::<Trade>();
    world.set_status(1, 0, MarketStatus::Closed);
    world
}

fn dispute(event_id: u32) -> DisputeRequest {
    let mut request = DisputeRequest::new_zeroed();
    request.request_id.set(11);
    request.event_id.set(event_id);
    request.reason.set(3);
    request
}

/// Fires what is due a duration after the last command.
fn tick_after(world: &mut World, duration_ns: u64) -> Effects {
    world.time_ns += duration_ns;
    world.send(EXCHANGE, &TimerTick::new_zeroed())
}

/// Status and value of each market that effects report on.
fn told(effects: &Effects) -> Vec<(u32, u8, u16)> {
    let reports = effects.all::<SecurityStatusReport>();
    let told = reports.iter();
    told.map(|it| (it.security_id.get(), it.status, it.settlement_price.get())).collect()
}

#[test]
fn an_outcome_is_told_at_once_and_paid_when_its_window_ends() {
    let mut world = closed_with_window(EngineConfig::small());
    let effects = world.settle(1, &[10_000, 0]);
    let outcome: OutcomeReport = effects.first();
    assert_eq!(outcome.window_end_ns.get(), world.time_ns + u64::from(WINDOW_MS) * NS_PER_MS);
    assert_eq!((outcome.amendment_count.get(), outcome.value_count), (0, 2));
    assert_eq!((outcome.request_id.get(), outcome.event_id.get()), (7, 1));
    assert_eq!(told(&effects), [(1, 7, 10_000), (2, 7, 0)]);
    assert_eq!(effects.templates().len(), 3, "nobody is paid");
    assert_eq!(world.cash(ALICE), STAKE - 30_000);
    // Not a moment earlier.
    let end_ns = outcome.window_end_ns.get();
    let early = end_ns - world.time_ns - NS_PER_MS - 1_000;
    assert_eq!(tick_after(&mut world, early).templates(), []);
    let effects = tick_after(&mut world, 2 * NS_PER_MS);
    assert_eq!(told(&effects), [(1, 5, 10_000), (2, 5, 0)]);
    let settled = effects.all::<MarketSettled>();
    assert_eq!(settled.len(), 2);
    assert_eq!(settled[0].settlement_price.get(), 10_000);
    assert_eq!(effects.first::<SecurityStatusReport>().request_id.get(), 7);
    let requester = world.engine.continuation().unwrap();
    assert_eq!((requester.session_id, requester.request_id), (ADMIN_SESSION, 7));
    let complete: SettlementComplete = world.continue_work().first();
    assert_eq!((complete.position_count.get(), complete.amount.get()), (2, 100_000));
    assert_eq!((world.cash(ALICE), world.cash(BOB)), (STAKE + 70_000, STAKE - 70_000));
    assert!(!world.engine.timer_is_due(u64::MAX));
}

#[test]
fn a_dispute_stops_the_window_and_an_amendment_opens_a_new_one() {
    let mut world = closed_with_window(EngineConfig::small());
    assert_eq!(world.send(ADMIN_SESSION, &dispute(2)).reject_code(), RejectCode::UnknownEvent);
    assert_eq!(world.send(ADMIN_SESSION, &dispute(1)).reject_code(), RejectCode::NotDetermined);
    world.settle(1, &[10_000, 0]).first::<OutcomeReport>();
    let effects = world.send(ADMIN_SESSION, &dispute(1));
    assert_eq!(told(&effects), [(1, 8, 10_000), (2, 8, 0)]);
    assert_eq!(effects.first::<SecurityStatusReport>().reason.get(), 3);
    assert_eq!(world.send(ADMIN_SESSION, &dispute(1)).reject_code(), RejectCode::NotDetermined);
    assert!(!world.engine.timer_is_due(u64::MAX), "nothing ends by itself");
    // Amended out of a dispute, and again while it is determined.
    let amended = world.settle(1, &[0, 10_000]);
    assert_eq!(amended.first::<OutcomeReport>().amendment_count.get(), 1);
    assert_eq!(told(&amended), [(1, 7, 0), (2, 7, 10_000)]);
    world.time_ns += u64::from(WINDOW_MS) * NS_PER_MS - 10_000;
    let amended = world.settle(1, &[4_000, 6_000]);
    let outcome: OutcomeReport = amended.first();
    assert_eq!(outcome.amendment_count.get(), 2);
    assert_eq!(told(&amended), [(1, 7, 4_000), (2, 7, 6_000)]);
    assert_eq!(tick_after(&mut world, NS_PER_MS).templates(), [], "the old window is gone");
    tick_after(&mut world, u64::from(WINDOW_MS) * NS_PER_MS).first::<MarketSettled>();
    world.finish_work();
    assert_eq!((world.cash(ALICE), world.cash(BOB)), (STAKE + 10_000, STAKE - 10_000));
    assert_eq!(world.settle(1, &[0, 10_000]).reject_code(), RejectCode::MarketsNotClosed);
}

#[test]
fn nothing_but_a_dispute_or_an_amendment_touches_an_outcome() {
    let mut world = closed_with_window(EngineConfig::small());
    for is_disputed in [false, true] {
        world.settle(1, &[10_000, 0]).first::<OutcomeReport>();
        if is_disputed {
            world.send(ADMIN_SESSION, &dispute(1));
        }
        for status in MarketStatus::ALL {
            let refused = world.set_status(1, 0, status);
            assert_eq!(refused.reject_code(), RejectCode::InvalidStatusTransition, "{status:?}");
        }
        let refused = world.send(ADMIN_SESSION, &parameters(1));
        assert_eq!(refused.reject_code(), RejectCode::NotWhileOpen);
        let refused = world.settle(1, &[10_000, 1]);
        assert_eq!(refused.reject_code(), RejectCode::SettlementVectorInvalid);
        let refused = world.send(ALICE_SESSION, &bid(2 + u64::from(is_disputed), ALICE, 1, 1));
        assert_eq!(refused.reject_code(), RejectCode::MarketNotOpen);
    }
}

/// A full queue of work keeps the window open; nothing is lost.
#[test]
fn a_window_that_ends_without_room_for_work_waits_for_it() {
    let mut world = closed_with_window(EngineConfig { work_max: 1, ..EngineConfig::small() });
    world.is_checked = false;
    let (_, lone) = world.define_open_event(1, false);
    for cl_ord_id in 100..500 {
        let mut order = bid(cl_ord_id, ALICE, 1, 1);
        order.security_id.set(lone);
        order.time_in_force = TimeInForce::Day.into();
        world.send(ALICE_SESSION, &order);
    }
    world.is_checked = true;
    world.settle(1, &[10_000, 0]).first::<OutcomeReport>();
    world.send(EXCHANGE, &EndOfDayRequest::new_zeroed());
    assert!(world.engine.continuation_is_pending());
    let after = u64::from(WINDOW_MS) * NS_PER_MS;
    for wait_ns in [after, NS_PER_MS, NS_PER_MS] {
        assert_eq!(tick_after(&mut world, wait_ns).templates(), []);
    }
    world.finish_work();
    tick_after(&mut world, NS_PER_MS).first::<MarketSettled>();
    world.finish_work();
    assert_eq!(world.cash(ALICE), STAKE + 70_000);
}

#[test]
fn outcomes_and_their_windows_come_out_of_a_snapshot() {
    for is_disputed in [false, true] {
        let mut world = closed_with_window(EngineConfig::small());
        world.settle(1, &[7_000, 3_000]).first::<OutcomeReport>();
        world.settle(1, &[6_000, 4_000]).first::<OutcomeReport>();
        if is_disputed {
            world.send(ADMIN_SESSION, &dispute(1));
        }
        let bytes = encoded_state(&world.engine);
        world.engine = Engine::decode_snapshot(&bytes, world.engine.state_digest()).unwrap();
        assert!(encoded_state(&world.engine) == bytes);
        if is_disputed {
            let amended = world.settle(1, &[6_000, 4_000]);
            assert_eq!(amended.first::<OutcomeReport>().amendment_count.get(), 2);
        }
        tick_after(&mut world, (u64::from(WINDOW_MS) + 1) * NS_PER_MS).first::<MarketSettled>();
        world.finish_work();
        assert_eq!(world.cash(ALICE), STAKE + 30_000, "disputed {is_disputed}");
    }
}
