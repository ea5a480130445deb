//! Whose work is done next, and that nobody's work or blocks keep another's out.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::guards::{kill_switch, mass_switch};
use crate::quotes::quote_set;
use crate::rejects::full_work_queue;
use crate::world::*;

#[test]
fn the_work_of_one_keeps_nobody_else_s_out() {
    let mut world = full_work_queue();
    let refused = world.send(ALICE_SESSION, &mass_cancel(2, MassActionScope::Firm));
    assert_eq!(refused.reject_code(), RejectCode::WorkQueueFull);
    let refused = world.send(EXCHANGE, &EndOfDayRequest::new_zeroed());
    assert_eq!(refused.reject_code(), RejectCode::WorkQueueFull);
    for id in 1..=300 {
        world.send(BOB_SESSION, &bid(id, BOB, 1, 1)).first::<OrderRested>();
    }
    world.send(BOB_SESSION, &mass_cancel(1, MassActionScope::Firm)).first::<OrderCancelled>();
    world.send(EXCHANGE, &suspend_firm(20)).first::<KillSwitchReport>();
    assert_eq!(world.send(BOB_SESSION, &bid(301, BOB, 1, 1)).reject_code(), SUSPENDED);
    world.finish_work();
    world
        .send(ALICE_SESSION, &mass_cancel(3, MassActionScope::Firm))
        .first::<OrderMassActionReport>();
    world.engine.check_invariants();
}

/// Two firms, the exchange and a kill switch with work of two steps or more: the kill switch's
/// comes first, and then a step of each in turn.
#[test]
fn owners_take_turns_behind_the_kill_switches() {
    let mut world = World::new(EngineConfig::small());
    world.define_open_event(1, false);
    world.is_checked = false;
    for id in 1..=1_400 {
        let order = bid(id, if id % 2 == 0 { ALICE } else { CAROL }, 1, 1);
        let is_of_day = id <= 600;
        let order = if is_of_day { day(order) } else { order };
        world.send(ALICE_SESSION, &order).first::<OrderRested>();
    }
    let names = |account: u32| OrderMassStatusRequest {
        request_id: u64::from(account).into(),
        account: account.into(),
        scope: MassActionScope::Account.into(),
        ..OrderMassStatusRequest::new_zeroed()
    };
    // Alice's firm has two requests, of three steps each.
    for account in [ALICE, CAROL] {
        world.send(ALICE_SESSION, &names(account)).first::<OrderStatusReport>();
    }
    // Bob's covers nothing, but looks at as many orders.
    world.entitle(2, like_alice_s(1), ROLES_TRADER);
    assert_eq!(world.send(BOB_SESSION, &mass_cancel(7, MassActionScope::Firm)).templates(), []);
    let end = EndOfDayRequest { request_id: 8.into(), ..EndOfDayRequest::new_zeroed() };
    world.send(EXCHANGE, &end).first::<OrderCancelled>();
    let mut switch = suspend_firm(like_alice_s(2));
    switch.request_id.set(9);
    world.send(EXCHANGE, &switch).only::<KillSwitchReport>();
    let mut turns = Vec::new();
    while let Some(next) = world.engine.continuation() {
        turns.push(next.request_id);
        world.continue_work();
    }
    let (alice, carol) = (u64::from(ALICE), u64::from(CAROL));
    // The end of the day goes first of the others, then the firms by number.
    assert_eq!(turns[..6], [9, 8, alice, 7, 8, alice]);
    let firsts: Vec<_> = turns.iter().filter(|id| [alice, carol].contains(id)).collect();
    assert!(firsts.is_sorted_by_key(|id| **id == carol), "a firm's own are in their order");
}

/// As many firms as may have work at once; then one more, while a kill switch and the exchange have
/// room all the same.
#[test]
fn the_work_of_sixty_four_firms_leaves_room_for_the_exchange() {
    const SMALL: EngineConfig = EngineConfig {
        accounts_max: 100,
        events_max: 2,
        markets_max: 2,
        orders_max: 2_048,
        sessions_max: 80,
        access_keys_max: 80,
        cl_ord_id_window: 2_048,
        exposures_max: 100,
        sweep_trades_max: 10,
        work_max: 1,
        shard: 0,
        acknowledgement_level: AcknowledgementLevel::Memory,
    };
    let mut world = World::new(SMALL);
    world.define_open_event(1, false);
    many_orders(&mut world);
    for key in 10..75 {
        world.entitle(key, like_alice_s(key), ROLES_TRADER);
        world.login(key * SESSIONS_PER_KEY, 1);
        let all = mass_cancel(1, MassActionScope::Firm);
        let effects = world.send(key * SESSIONS_PER_KEY, &all);
        if key < 74 {
            assert_eq!(effects.templates(), [], "it goes on");
        } else {
            assert_eq!(effects.reject_code(), RejectCode::WorkQueueFull);
        }
    }
    world.send(EXCHANGE, &suspend_firm(like_alice_s(77))).only::<KillSwitchReport>();
    assert_eq!(world.send(EXCHANGE, &EndOfDayRequest::new_zeroed()).templates(), []);
    let steps = world.finish_work();
    assert_eq!(steps, 66, "one more for each");
    world.engine.check_invariants();
}

#[test]
fn the_blocks_of_one_firm_keep_nobody_else_s_out() {
    let mut world = with_blocks();
    let own = mass_switch(1, MassActionScope::Firm, MassActionType::Suspend);
    assert_eq!(world.send(ALICE_SESSION, &own).reject_code(), RejectCode::BlockTableFull);
    // One that stands can be set again.
    let again = switch_link(FIRST_LINK, MassActionType::Suspend);
    world.send(ALICE_SESSION, &again).only::<OrderMassActionReport>();
    world.send(BOB_SESSION, &own).only::<OrderMassActionReport>();
    world.send(EXCHANGE, &suspend_firm(10)).first::<KillSwitchReport>();
    for (session_id, account) in [(ALICE_SESSION, ALICE), (BOB_SESSION, BOB)] {
        assert_eq!(world.send(session_id, &bid(2, account, 1, 1)).reject_code(), SUSPENDED);
    }
    let release = switch_link(FIRST_LINK, MassActionType::Release);
    world.send(ALICE_SESSION, &release).only::<OrderMassActionReport>();
    world.send(ALICE_SESSION, &own).only::<OrderMassActionReport>();
}

/// A firm of 64 that have set all blocks they may finds no room for its first; a kill switch does.
#[test]
fn the_blocks_of_sixty_four_firms_leave_room_for_kill_switches() {
    let mut world = World::open();
    world.is_checked = false;
    for firm_id in 100..=164 {
        world.entitle(4, firm_id, ROLES_TRADER);
        let session_id = 4 * SESSIONS_PER_KEY;
        world.login(session_id, firm_id.into());
        if firm_id == 164 {
            let refused = world.send(session_id, &switch_link(FIRST_LINK, MassActionType::Suspend));
            assert_eq!(refused.reject_code(), RejectCode::BlockTableFull);
        } else {
            suspend_links(&mut world, session_id);
        }
    }
    let report: KillSwitchReport = world.send(EXCHANGE, &suspend_firm(77)).first();
    assert_eq!(report.block_count.get(), 64 * 128 + 1);
    world.engine.check_invariants();
}

/// One key defines all quote sets that it may, and its firm all groups; others still find room.
#[test]
fn the_quote_sets_and_groups_of_one_keep_nobody_else_s_out() {
    let mut world = World::new(EngineConfig { sessions_max: 80, ..EngineConfig::small() });
    world.is_checked = false;
    let group = |number: u16| MarketMakerProtectionLimits {
        protection_group: number.into(),
        window_ms: 100.into(),
        ..MarketMakerProtectionLimits::new_zeroed()
    };
    for number in 1..=256 {
        world.send(ALICE_SESSION, &quote_set(number, ALICE, 0)).only::<QuoteSetReport>();
    }
    for number in 1..=128 {
        world.send(ALICE_SESSION, &group(number)).only::<MarketMakerProtectionReport>();
    }
    let refused = world.send(ALICE_SESSION, &quote_set(257, ALICE, 0));
    assert_eq!(refused.reject_code(), RejectCode::QuoteSetTableFull);
    let refused = world.send(ALICE_SESSION, &group(129));
    assert_eq!(refused.reject_code(), RejectCode::ProtectionTableFull);
    world.send(BOB_SESSION, &quote_set(1, BOB, 0)).only::<QuoteSetReport>();
    world.send(BOB_SESSION, &group(1)).only::<MarketMakerProtectionReport>();
    // What is defined can be defined anew.
    world.send(ALICE_SESSION, &quote_set(256, ALICE, 0)).only::<QuoteSetReport>();
    world.send(ALICE_SESSION, &group(128)).only::<MarketMakerProtectionReport>();
}

/// Alice's firm has set as many blocks as it may.
pub fn with_blocks() -> World {
    let mut world = World::open();
    set_blocks(&mut world);
    world
}

/// Alice's firm suspends as many links as it may.
pub fn set_blocks(world: &mut World) {
    world.is_checked = false;
    suspend_links(world, ALICE_SESSION);
}

fn suspend_links(world: &mut World, session_id: u32) {
    for link_id in FIRST_LINK..FIRST_LINK + 128 {
        let request = switch_link(link_id, MassActionType::Suspend);
        world.send(session_id, &request).only::<OrderMassActionReport>();
    }
}

/// Suspends or releases the orders of a link.
pub fn switch_link(link_id: u32, action: MassActionType) -> OrderMassActionRequest {
    let request = mass_switch(1, MassActionScope::Link, action);
    OrderMassActionRequest { cl_ord_link_id: link_id.into(), ..request }
}

/// All kill switches that may stand, of [`like_alice_s`] 1 to 256, which nobody is of, and the
/// sweep of each unfinished.
pub fn with_kill_switches() -> World {
    let mut world = World::open();
    many_orders(&mut world);
    for index in 1..=256 {
        let switch = suspend_firm(like_alice_s(index));
        world.send(EXCHANGE, &switch).only::<KillSwitchReport>();
    }
    world
}

/// A firm that agrees with Alice's in what sweeps look at orders by, so that its sweeps look at
/// hers and pass them over: of any index from 1 on another.
pub fn like_alice_s(index: u32) -> u32 {
    10 + 128 * index
}

/// The kill switch of a firm.
pub fn suspend_firm(firm_id: u32) -> KillSwitchRequest {
    kill_switch(MassActionScope::Firm, firm_id, MassActionType::Suspend)
}

/// More orders of Alice than are looked at in a step.
fn many_orders(world: &mut World) {
    world.is_checked = false;
    for id in 1..=1_100 {
        world.send(ALICE_SESSION, &bid(id, ALICE, 1, 1)).first::<OrderRested>();
    }
}

fn day(order: NewOrderSingle) -> NewOrderSingle {
    NewOrderSingle { time_in_force: TimeInForce::Day.into(), ..order }
}

/// First of the links of [`with_blocks`].
pub const FIRST_LINK: u32 = 1_000;
const SUSPENDED: RejectCode = RejectCode::TradingSuspended;
