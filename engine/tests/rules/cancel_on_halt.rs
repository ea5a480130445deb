//! Cancel on halt: a pause or a turn in play ends what is marked, and nothing else.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;

use crate::in_play_delay::in_play;
use crate::quotes::{quote, quote_set};
use crate::world::*;

fn marked(order: NewOrderSingle) -> NewOrderSingle {
    NewOrderSingle { exec_inst: EXEC_INST_CANCEL_ON_HALT, ..order }
}

fn in_market(order: NewOrderSingle, security_id: u32) -> NewOrderSingle {
    NewOrderSingle { security_id: security_id.into(), ..order }
}

#[track_caller]
fn halted(effects: &Effects) -> usize {
    let cancelled = effects.all::<OrderCancelled>();
    let reason = u16::from(CancelReason::MarketHalted);
    assert!(cancelled.iter().all(|order| order.reason.get() == reason));
    cancelled.len()
}

#[test]
fn a_pause_and_a_turn_in_play_end_what_is_marked() {
    let (paused, open) = (MarketStatus::Paused as u8, MarketStatus::Open as u8);
    for (status, in_play) in [(paused, 0), (open, 1), (paused, 1)] {
        let mut world = World::open();
        world.send(ALICE_SESSION, &marked(bid(1, ALICE, 5, 100))).first::<OrderRested>();
        world.send(ALICE_SESSION, &bid(2, ALICE, 5, 100)).first::<OrderRested>();
        let other = in_market(marked(bid(3, ALICE, 5, 100)), 2);
        world.send(ALICE_SESSION, &other).first::<OrderRested>();
        // One market.
        let effects = world.send(ADMIN_SESSION, &status_request(1, 1, status, in_play));
        assert_eq!(halted(&effects), 1);
        let done: OrderMassActionReport = effects.first();
        assert_eq!(done.scope, u8::from(MassActionScope::Security));
        assert_eq!(effects.templates(), [64, 104, 55], "{status} {in_play}");
        assert_eq!((world.bids(1), world.bids(2).len()), (vec![(100, 5)], 1));
    }
}

#[test]
fn an_event_that_goes_in_play_ends_what_is_marked_in_each_market() {
    let mut world = World::open();
    for security_id in 1..=3 {
        let order = in_market(marked(bid(security_id.into(), ALICE, 1, 100)), security_id);
        world.send(ALICE_SESSION, &order).first::<OrderRested>();
    }
    let open = MarketStatus::Open as u8;
    let effects = world.send(ADMIN_SESSION, &status_request(1, 0, open, 1));
    assert_eq!(halted(&effects), 3);
    assert_eq!(effects.first::<OrderMassActionReport>().scope, u8::from(MassActionScope::Event));
    // What comes while in play stays until the next halt; leaving play is none.
    world.send(ALICE_SESSION, &marked(bid(9, ALICE, 1, 100))).first::<OrderRested>();
    world.send(ADMIN_SESSION, &status_request(1, 1, open, 0)).only::<SecurityStatusReport>();
    assert_eq!(halted(&world.set_status(1, 1, MarketStatus::Paused)), 1);
}

#[test]
fn where_nothing_is_marked_nothing_is_swept() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &bid(1, ALICE, 5, 100)).first::<OrderRested>();
    let order_id = world.send(ALICE_SESSION, &marked(bid(2, ALICE, 5, 100))).first::<OrderRested>();
    world.send(ALICE_SESSION, &cancel(3, order_id.order_id.get())).only::<OrderCancelled>();
    world.set_status(1, 1, MarketStatus::Paused).only::<SecurityStatusReport>();
    assert_eq!(world.bids(1), [(100, 5)]);
}

#[test]
fn a_full_queue_of_work_refuses_the_halt() {
    let config = EngineConfig { work_max: 1, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.define_open_event(1, false);
    world.define_open_event(1, false);
    world.is_checked = false;
    for number in 1..=300 {
        world.send(ALICE_SESSION, &marked(bid(number, ALICE, 1, 100))).first::<OrderRested>();
    }
    world.is_checked = true;
    let order = in_market(marked(bid(301, ALICE, 1, 100)), 2);
    world.send(ALICE_SESSION, &order).first::<OrderRested>();
    assert_eq!(halted(&world.set_status(1, 1, MarketStatus::Paused)), 256);
    let refused = world.set_status(2, 2, MarketStatus::Paused);
    assert_eq!(refused.reject_code(), RejectCode::WorkQueueFull);
    world.finish_work();
    assert_eq!(world.bids(1), []);
    assert_eq!(halted(&world.set_status(2, 2, MarketStatus::Paused)), 1);
}

#[test]
fn marked_quotes_and_waiting_orders_end_too() {
    let mut world = in_play();
    let set = QuoteSetDefinition { exec_inst: EXEC_INST_CANCEL_ON_HALT, ..quote_set(1, ALICE, 0) };
    world.send(ALICE_SESSION, &set).only::<QuoteSetReport>();
    quote(&mut world, 1, &[(1, (3, 100), (3, 9_000))]).first::<QuoteEntered>();
    world.send(ALICE_SESSION, &marked(bid(5, CAROL, 2, 5_000))).first::<OrderPending>();
    world.send(ALICE_SESSION, &bid(6, CAROL, 2, 5_000)).first::<OrderPending>();
    let effects = world.set_status(1, 1, MarketStatus::Paused);
    assert_eq!(halted(&effects), 3);
    let resting = effects.all::<OrderCancelled>();
    let resting: Vec<_> = resting.iter().map(|order| order.was_resting).collect();
    assert_eq!(resting, [1, 1, 0], "both quotes, and the marked one that waits");
}
