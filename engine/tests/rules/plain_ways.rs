//! Plain orders, cancels and replaces take a short way through the engine. Whatever they are, they
//! do what the long way does: the same commands are given to two exchanges, in one of them so
//! worded that no order or replace is plain, and each cancel names its order otherwise.

use std::collections::BTreeMap;

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;

use super::guards::kill_switch;
use super::limits::limits;
use super::turns::switch_link;
use super::world::*;

/// Which order is sent, by a number that stands for chance.
fn order_of(index: u64, draw: u64) -> (u32, NewOrderSingle) {
    let [a, b, c, d, e, f, ..] = draw.to_le_bytes();
    let (session, own) =
        if a % 2 == 0 { (ALICE_SESSION, [ALICE, CAROL]) } else { (BOB_SESSION, [BOB; 2]) };
    // One of sixteen is for an account of the other firm, or of nobody.
    let account = if b == 0 {
        9
    } else if b < 16 {
        BOB
    } else {
        own[usize::from(b % 2)]
    };
    let side = if c % 2 == 0 { Side::Buy } else { Side::Sell };
    let price = price_of(d, side);
    let quantity = match e {
        0..4 => 0,
        4..8 => u32::MAX,
        8..24 => 40_000 + u32::from(e),
        _ => u32::from(e),
    };
    let mut order = order(index, account, side, quantity, price);
    order.security_id.set(u32::from(f % 5) + u32::from(f == 0) * 90);
    order.cl_ord_link_id.set(u32::from(f));
    let times = [TimeInForce::Day, TimeInForce::GoodTillCancel, TimeInForce::ImmediateOrCancel];
    order.time_in_force = times[usize::from(f >> 4) % 3].into();
    // Now and then an id that was used before.
    if a < 8 {
        order.cl_ord_id.set(index / 2);
    }
    (session, order)
}

/// Prices that meet now and then; at the edges of the grid and beyond it.
fn price_of(draw: u8, side: Side) -> u16 {
    match draw {
        0..4 => 0,
        4..8 => 10_000,
        8..12 => 9_999,
        _ => 4_700 + u16::from(draw % 30) * 10 + if side == Side::Buy { 0 } else { 200 },
    }
}

fn world((maker_fee_rate, taker_fee_rate): (u16, u16), sweep_trades_max: u32) -> World {
    let mut world = World::new(EngineConfig { sweep_trades_max, ..EngineConfig::small() });
    for (market_count, exhaustive) in [(3, 1), (1, 0)] {
        let mut request = event(market_count, exhaustive);
        request.maker_fee_rate.set(maker_fee_rate);
        request.taker_fee_rate.set(taker_fee_rate);
        let report = world.send(ADMIN_SESSION, &request).only::<EventDefinitionReport>();
        world.set_status(report.event_id.get(), 0, MarketStatus::Open);
    }
    world.login(ALICE_SESSION + 1, 1);
    world
}

/// Both worlds, and the orders that came to rest in them.
struct Worlds {
    short: World,
    long: World,
    rested: Vec<RestedOrder>,
}

/// An order that came to rest.
#[derive(Clone, Copy)]
struct RestedOrder {
    session_id: u32,
    security_id: u32,
    side: Side,
    cl_ord_id: u64,
    order_id: u64,
}

impl Worlds {
    fn order(&mut self, index: u64, draw: u64) -> Effects {
        let (session_id, order) = order_of(index, draw);
        let effects = self.short.send(session_id, &order);
        let mut worded = order;
        // What never happens is asked for.
        worded.max_staleness_ms.set(u16::MAX);
        worded.sending_time_ns.set(u64::MAX);
        assert_eq!(self.long.send(session_id, &worded), effects, "order {index}");
        for rested in effects.all::<OrderRested>() {
            self.rested.push(RestedOrder {
                session_id,
                security_id: order.security_id.get(),
                side: Side::try_from(order.side).unwrap(),
                cl_ord_id: order.cl_ord_id.get(),
                order_id: rested.order_id.get(),
            });
        }
        effects
    }

    /// Replaces one of the latest orders, which may have ended: its session does, another one of
    /// its firm, or one of another firm.
    fn replace(&mut self, index: u64, draw: u64) -> Effects {
        let [a, b, _, d, e, ..] = draw.to_le_bytes();
        let place = self.rested.len().saturating_sub(1 + usize::from(b % 64));
        let RestedOrder { session_id, security_id, side, order_id, .. } = self.rested[place];
        let order_qty = match e {
            0..4 => 0,
            4..8 => u32::MAX,
            8..24 => 40_000 + u32::from(e),
            _ => u32::from(e),
        };
        let cl_ord_id = if a < 8 { index / 2 } else { index };
        let mut plain = replace(cl_ord_id, order_id, order_qty, price_of(d, side));
        plain.security_id.set(security_id + u32::from(a == 255));
        if index.is_multiple_of(2) {
            plain.order_id.set(0);
            plain.orig_cl_ord_id.set(self.rested[place].cl_ord_id);
        }
        let sender = match a {
            0..16 => BOB_SESSION,
            16..64 if session_id == ALICE_SESSION => ALICE_SESSION + 1,
            _ => session_id,
        };
        let effects = self.short.send(sender, &plain);
        let mut worded = plain;
        worded.max_staleness_ms.set(u16::MAX);
        worded.sending_time_ns.set(u64::MAX);
        assert_eq!(self.long.send(sender, &worded), effects, "replace {index}");
        if sender == session_id && effects.templates().contains(&OrderReplaced::TEMPLATE_ID) {
            self.rested[place].cl_ord_id = cl_ord_id;
        }
        effects
    }

    /// Cancels one of the orders, which may have ended, by its id and by that of its client, which
    /// both go the short way; the model holds what that does.
    fn cancel(&mut self, index: u64, draw: u64) -> Effects {
        let place = usize::try_from(draw).unwrap_or(usize::MAX) % self.rested.len();
        let RestedOrder { session_id, security_id, cl_ord_id, order_id, .. } =
            self.rested.swap_remove(place);
        let mut by_id = cancel(index, order_id);
        by_id.security_id.set(security_id);
        let mut by_client_id = by_id;
        by_client_id.order_id.set(0);
        by_client_id.orig_cl_ord_id.set(cl_ord_id);
        let effects = self.short.send(session_id, &by_id);
        if effects.templates() == [OrderCancelled::TEMPLATE_ID] {
            assert_eq!(self.long.send(session_id, &by_client_id), effects, "cancel {index}");
        } else {
            // The answer names the order as the request did, and an id of before may be forgotten.
            assert_eq!(self.long.send(session_id, &by_id), effects, "cancel {index}");
        }
        effects
    }
}

/// How many orders were cancelled, by reason, and refused, by code.
#[derive(Debug, Default)]
struct Ends {
    cancelled: BTreeMap<u16, u32>,
    refused: BTreeMap<u16, u32>,
}

fn compare(fees: (u16, u16), sweep_trades_max: u32) -> Ends {
    compare_in(|| world(fees, sweep_trades_max))
}

fn compare_in(world: impl Fn() -> World) -> Ends {
    let mut worlds = Worlds { short: world(), long: world(), rested: Vec::new() };
    let (mut met, mut ends) = (BTreeMap::<u16, u32>::new(), Ends::default());
    for index in 1..=3_000_u64 {
        let draw = index
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29)
            .wrapping_mul(0xD129_0682_9D2B_A4F5);
        let effects = match draw >> 61 {
            0..2 if !worlds.rested.is_empty() => worlds.cancel(index, draw),
            2 if !worlds.rested.is_empty() => worlds.replace(index, draw),
            _ => worlds.order(index, draw),
        };
        for template_id in effects.templates() {
            *met.entry(template_id).or_default() += 1;
        }
        for report in effects.all::<OrderCancelled>() {
            *ends.cancelled.entry(report.reason.get()).or_default() += 1;
        }
        for report in effects.all::<ExecutionReportRejected>() {
            *ends.refused.entry(report.reject_code.get()).or_default() += 1;
        }
        let digests = [&worlds.short, &worlds.long].map(|world| world.engine.state_digest());
        assert_eq!(digests[0], digests[1], "after command {index}");
    }
    for template_id in [
        OrderRested::TEMPLATE_ID,
        OrderCancelled::TEMPLATE_ID,
        OrderCancelReject::TEMPLATE_ID,
        OrderReplaced::TEMPLATE_ID,
        Trade::TEMPLATE_ID,
        ExecutionReportRejected::TEMPLATE_ID,
    ] {
        assert!(met.get(&template_id).is_some_and(|count| *count >= 100), "{met:?}");
    }
    ends
}

#[test]
fn the_short_way_does_what_the_long_way_does() {
    compare((0, 0), 4_096);
}

#[test]
fn the_short_way_holds_the_fee_that_the_long_way_holds() {
    compare((10, 70), 4_096);
    compare((50, 20), 4_096);
}

#[test]
fn the_short_way_meets_as_many_orders_as_the_long_way() {
    for sweep_trades_max in [1, 2] {
        let Ends { cancelled, .. } = compare((10, 70), sweep_trades_max);
        for reason in [CancelReason::SweepLimit, CancelReason::ImmediateOrCancel] {
            let count = cancelled.get(&u16::from(reason));
            assert!(count.is_some_and(|count| *count >= 5), "{sweep_trades_max}: {cancelled:?}");
        }
    }
}

/// One account has limits, and blocks of every owner stand: who they do not concern goes the short
/// way, also where he meets the orders of who they do.
#[test]
fn limits_and_blocks_of_some_leave_the_short_way_right_for_all() {
    let ends = compare_in(|| {
        let mut world = world((10, 70), 4_096);
        world.send(EXCHANGE, &limits(CAROL, [900, 3_000_000, 0])).only::<AccountLimitsReport>();
        let side = Side::Sell.into();
        let switch = kill_switch(MassActionScope::Security, 2, MassActionType::Suspend);
        world.send(EXCHANGE, &KillSwitchRequest { side, ..switch }).first::<KillSwitchReport>();
        for (session_id, link_id) in [(ALICE_SESSION, 60), (BOB_SESSION, 61), (BOB_SESSION, 62)] {
            let request = switch_link(link_id, MassActionType::Suspend);
            world.send(session_id, &request).only::<OrderMassActionReport>();
        }
        world
    });
    for code in
        [RejectCode::PositionLimit, RejectCode::WorstLossLimit, RejectCode::TradingSuspended]
    {
        let count = ends.refused.get(&u16::from(code));
        assert!(count.is_some_and(|count| *count >= 5), "{code:?}: {:?}", ends.refused);
    }
}
