//! The bounds that random worlds do not reach: steps of long work, the most lots of an account, the
//! most money ever paid in. Engine and model run side by side through each; and a log that starts
//! elsewhere, or is cut into records of other places, changes nothing but the positions in it.

mod model;

use forecastle_engine::Engine;
use forecastle_proto_spec::{
    BusinessMessageReject, DEPOSITS_MAX, ExecutionReportRejected, Frame, LAYOUTS, MarketStatus,
    OrderCancelReject, OrderCancelled, OrderId, OrderMassActionReport, OrderStatusReport,
    RECORD_LENGTH_MAX, RejectCode, SettlementComplete, SettlementReport, Trade,
};

use model::Limits;
use model::harness::desk::{Desk, TRADER, Wish};
use model::harness::messages::{effects_of, frames_of};
use model::harness::random::Random;
use model::harness::side_by_side::{Applied, config_of, run};
use model::harness::world::{Kind, World};

#[test]
fn a_sweep_cancels_256_orders_a_step_and_reports_at_its_last_slot() {
    for (order_count, steps) in [(255, 0), (256, 0), (257, 1), (512, 1), (513, 2)] {
        let mut desk = Desk::new("a sweep of 256", LIMITS, &[1, 2], 1_000_000);
        desk.open_event(3, 1);
        desk.pair.checks_state = false;
        for index in 0..order_count {
            desk.order(bid(index % 2 + 1, index % 3 + 1, 0));
        }
        desk.pair.checks_state = true;
        let first = desk.mass_cancel(0);
        assert_eq!(effects_of::<OrderCancelled>(&first).len() as u32, order_count.min(256));
        assert_eq!(effects_of::<OrderMassActionReport>(&first).is_empty(), steps > 0);
        assert_eq!(desk.finish_work(), steps, "{order_count} orders");
        assert!(desk.pair.model.orders.is_empty());
    }
}

#[test]
fn a_sweep_spares_an_order_accepted_after_it_began() {
    let mut desk = Desk::new("a sweep and a later order", LIMITS, &[1], 1_000_000);
    desk.open_event(1, 0);
    for _ in 0..300 {
        desk.order(bid(1, 1, 0));
    }
    let last = desk.pair.model.orders[299].order_id;
    desk.mass_cancel(0);
    desk.cancel(1, last);
    desk.order(bid(1, 1, 0));
    let later = desk.pair.model.orders.last().expect("it rests").order_id;
    let slot_of = |order_id| OrderId::from_wire(order_id).slot();
    assert_eq!(slot_of(later), slot_of(last), "it lies where the sweep has yet to look");
    let second = desk.step();
    assert_eq!(effects_of::<OrderCancelled>(&second).len(), 43);
    let report = effects_of::<OrderMassActionReport>(&second)[0];
    assert_eq!(report.total_affected_orders.get(), 299);
    assert_eq!(desk.pair.model.order(later).map(|it| it.leaves), Some(1));
}

#[test]
fn a_mass_status_tells_256_orders_a_step() {
    for (order_count, steps) in [(256, 0), (257, 1), (513, 2)] {
        let mut desk = Desk::new("a status of 256", LIMITS, &[1, 2], 1_000_000);
        desk.open_event(3, 1);
        desk.pair.checks_state = false;
        for index in 0..order_count {
            desk.order(bid(index % 2 + 1, index % 3 + 1, 0));
        }
        desk.pair.checks_state = true;
        let first = desk.mass_status();
        assert_eq!(effects_of::<OrderStatusReport>(&first).len() as u32, order_count.min(256));
        let last = desk.pair.model.orders.last().expect("it rests").clone();
        desk.cancel(last.security_id, last.order_id);
        desk.order(bid(1, 1, 0));
        assert_eq!(desk.finish_work(), steps, "{order_count} orders");
        assert_eq!(desk.pair.model.orders.len() as u32, order_count);
    }
}

/// The one work there may be is another's; what a session lost again and again is owed waits.
#[test]
fn sweeps_of_a_lost_session_have_room_of_their_own() {
    let limits = Limits { work_max: 1, ..LIMITS };
    let mut desk = Desk::new("lost again and again", limits, &[1, 2], 1_000_000);
    desk.open_event(1, 0);
    desk.pair.checks_state = false;
    for index in 0..900 {
        desk.order(bid(index % 2 + 1, 1, u32::from(index < 600)));
    }
    desk.mass_cancel(1);
    let refused = effects_of::<OrderCancelReject>(&desk.mass_cancel(1))[0];
    assert_eq!(refused.reject_code.get(), RejectCode::WorkQueueFull.into());
    for (kind, is_marked) in [(1, true), (0, false), (1, true), (0, true), (0, false)] {
        desk.lose();
        desk.come_back(kind);
        let wish = bid(1, 1, 0);
        desk.order_with(wish, if is_marked { CANCEL_ON_DISCONNECT } else { 0 });
    }
    desk.lose();
    assert_eq!(desk.pair.model.work.len(), 3, "one of each kind behind the mass cancel");
    desk.pair.checks_state = true;
    assert!(desk.finish_work() > 4, "it takes steps");
    assert_eq!(desk.pair.model.orders.len(), 1, "an unmarked order outlives a loss");
}

/// Work of three firms, the exchange, a lost session and kill switches, begun and gone on with in
/// any order: more orders than a step looks at, whose firm agrees with the others in the low bits,
/// so that most of it does not end in its first step.
#[test]
fn work_of_all_owners_takes_turns() {
    let mut desk = Desk::new("turns", LIMITS, &[1, 2], 1_000_000);
    desk.open_event(3, 1);
    desk.pair.checks_state = false;
    for index in 0..1_100 {
        desk.order(bid(index % 2 + 1, index % 3 + 1, 1));
    }
    let seed = 0x7455_524E;
    println!("seed {seed:#x}");
    let mut random = Random::new(seed);
    for round in 0..6_000 {
        desk.pair.checks_state = round % 100 == 0;
        let is_away = !desk.pair.model.sessions[&TRADER].is_established;
        match random.below(14) {
            _ if is_away => {
                desk.come_back(0);
            }
            0..3 => {
                desk.join_firm(1 + 128 * random.between(1, 3));
                match random.below(3) {
                    0 => desk.mass_status(),
                    1 => desk.mass_action(9, 1),
                    _ => desk.mass_cancel(0),
                };
            }
            3 => drop(desk.end_day()),
            4 => drop(desk.kill_switch(1 + 128 * random.between(50, 60), random.pick(&[1, 1, 2]))),
            5 => {
                desk.join_firm(1);
                desk.order_with(bid(1, 1, 0), CANCEL_ON_DISCONNECT);
                desk.lose();
            }
            _ => drop(desk.step()),
        }
    }
    desk.pair.checks_state = true;
    desk.finish_work();
    let turns = desk.pair.coverage.turns;
    assert!(turns > 1_000, "{turns} steps behind which it was another's turn");
}

#[test]
fn a_sweep_looks_at_1024_orders_a_step() {
    let limits = Limits { orders_max: 2_000, accounts_max: 40, exposures_max: 400, ..LIMITS };
    let accounts: Vec<u32> = (1..=40).collect();
    let mut desk = Desk::new("a sweep of 1024 orders", limits, &accounts, 10_000_000);
    desk.open_event(40, 0);
    desk.pair.checks_state = false;
    for index in 0..1_700 {
        let is_marked = [0, 1_023, 1_024, 1_699].contains(&index);
        desk.order(bid(index % 40 + 1, index / 40 % 40 + 1, u32::from(is_marked)));
    }
    let first = desk.mass_cancel(1);
    assert_eq!(effects_of::<OrderCancelled>(&first).len(), 2, "slots 0 and 1023");
    assert!(desk.pair.model.continuation_is_pending());
    desk.order(bid(1, 1, 1));
    let second = desk.step();
    assert_eq!(effects_of::<OrderCancelled>(&second).len(), 2, "slots 1024 and 1699");
    let report = effects_of::<OrderMassActionReport>(&second)[0];
    assert_eq!(report.total_affected_orders.get(), 4);
    desk.mass_cancel(0);
    assert_eq!(desk.finish_work(), 6, "1,697 orders, 256 a step");
    desk.pair.check_state();
}

#[test]
fn a_pay_out_never_splits_an_account_and_lets_others_work_between_its_steps() {
    let accounts: Vec<u32> = (1..=12).collect();
    let mut desk = Desk::new("a pay-out in steps", LIMITS, &accounts, 1_000_000);
    desk.open_event(64, 1);
    desk.open_event(1, 0);
    desk.pair.checks_state = false;
    for (market, pair) in (1..=64).flat_map(|market| (0..6).map(move |pair| (market, pair))) {
        let (seller, buyer) = if market % 3 == 0 { (1, 2) } else { (2, 1) };
        let wish = Wish { security_id: market, quantity: market % 5 + 1, ..ORDER };
        desk.order(Wish { account: 2 * pair + seller, side: 2, ..wish });
        desk.order(Wish { account: 2 * pair + buyer, side: 1, ..wish });
    }
    desk.pair.checks_state = true;
    desk.set_status(1, MarketStatus::Closed);
    desk.finish_work();
    let position_count = desk.pair.model.positions.len();
    assert!(position_count > 512, "{position_count} positions take three steps");
    let first = desk.settle(1);
    let paid = effects_of::<SettlementReport>(&first);
    assert!((256..256 + 64).contains(&paid.len()), "{} reports", paid.len());
    for account in 1..=12 {
        desk.withdraw(account, 1_000);
        desk.order(Wish { account, security_id: 65, side: account as u8 % 2 + 1, ..ORDER });
    }
    desk.mass_cancel(0);
    let mut reports = paid;
    let mut last = Vec::new();
    while desk.pair.model.continuation_is_pending() {
        last = desk.step();
        reports.extend(effects_of::<SettlementReport>(&last));
    }
    let complete = effects_of::<SettlementComplete>(&last)[0];
    assert_eq!(complete.position_count.get() as usize, position_count);
    assert_eq!(reports.len(), position_count);
    let gains: i64 = reports.iter().map(|report| report.amount.get().max(0)).sum();
    assert_eq!(complete.amount.get(), gains);
    assert_eq!(reports.iter().map(|report| report.amount.get()).sum::<i64>(), 0);
}

#[test]
fn a_pay_out_looks_at_1024_accounts_a_step() {
    let limits = Limits { accounts_max: 5_000, ..LIMITS };
    for (highest, steps) in [(1_024, 0), (1_025, 1), (2_048, 1), (2_250, 2)] {
        let mut desk = Desk::new("a pay-out to far accounts", limits, &[1, highest], 1_000_000);
        desk.open_event(1, 0);
        desk.order(Wish { account: 1, side: 1, ..ORDER });
        desk.order(Wish { account: highest, side: 2, ..ORDER });
        desk.set_status(1, MarketStatus::Closed);
        let first = desk.settle(1);
        assert_eq!(effects_of::<SettlementReport>(&first).len() as u32, 2 - u32::from(steps > 0));
        assert_eq!(desk.finish_work(), steps, "up to account {highest}");
        assert!(desk.pair.model.positions.is_empty());
    }
}

#[test]
fn an_account_holds_and_has_open_at_most_two_to_the_48_lots() {
    let mut desk = Desk::new("the most lots", LIMITS, &[1, 2], 1 << 50);
    desk.open_event(2, 1);
    desk.pair.checks_state = false;
    // Full sets cost no buying power, so only the bound on lots ends this.
    for index in 0..65_536 {
        let ask = Wish { security_id: index % 2 + 1, quantity: u32::MAX, side: 2, ..ORDER };
        desk.order(Wish { account: 2, ..ask });
        let effects = desk.order(Wish { account: 1, side: 1, ..ask });
        assert_eq!(effects_of::<Trade>(&effects).len(), 1, "full set {index}");
    }
    desk.pair.check_state();
    for (account, side, price) in [(1, 1, 4_000), (1, 2, 6_000), (2, 1, 4_000), (2, 2, 6_000)] {
        let wish = Wish { account, side, price, quantity: 65_537, ..ORDER };
        let effects = desk.order(wish);
        let reject = effects_of::<ExecutionReportRejected>(&effects)[0];
        assert_eq!(reject.reject_code.get(), RejectCode::HoldOverflow.into(), "{wish:?}");
    }
    let effects = desk.order(Wish { price: 4_000, quantity: 65_536, ..ORDER });
    assert!(effects_of::<ExecutionReportRejected>(&effects).is_empty(), "exactly 2^48 lots");
    desk.set_status(1, MarketStatus::Closed);
    desk.settle(1);
    desk.pair.check_state();
}

#[test]
fn all_deposits_ever_fit_the_range_of_money() {
    let mut desk = Desk::new("the most deposits", LIMITS, &[1], 1);
    desk.withdraw(1, 1);
    for _ in 0..15 {
        assert!(effects_of::<BusinessMessageReject>(&desk.deposit(1, DEPOSITS_MAX)).is_empty());
        assert!(effects_of::<BusinessMessageReject>(&desk.withdraw(1, DEPOSITS_MAX)).is_empty());
    }
    let refused = desk.deposit(1, DEPOSITS_MAX - 1);
    let code = effects_of::<BusinessMessageReject>(&refused)[0].reject_code.get();
    assert_eq!(code, RejectCode::DepositLimit.into(), "one more than i64 holds");
    assert!(effects_of::<BusinessMessageReject>(&desk.deposit(1, DEPOSITS_MAX - 2)).is_empty());
}

#[test]
fn the_129th_block_of_a_firm_is_refused() {
    let mut desk = Desk::new("the most blocks", LIMITS, &[1], 1_000_000);
    desk.open_event(1, 0);
    desk.order(bid(1, 1, 1));
    let mut switch = |link_id, action| {
        let effects = desk.mass_action(link_id, action);
        effects_of::<OrderCancelReject>(&effects).first().map(|it| it.reject_code.get())
    };
    for link_id in 1..=128 {
        assert_eq!(switch(link_id, 1), None);
    }
    assert_eq!(switch(129, 1), Some(RejectCode::BlockTableFull.into()));
    assert_eq!(switch(128, 1), None, "it stands already");
    assert_eq!(switch(1, 2), None);
    assert_eq!(switch(129, 1), None);
    assert!(desk.pair.model.orders.is_empty(), "the first block cancelled it");
}

#[test]
fn where_records_lie_in_the_log_shows_only_in_positions() {
    let mut world = World::new_with_journal(Kind::Ordinary, 0x0BA7_C4ED);
    // As they were at the start: the level may change on the way.
    let limits = world.pair.model.limits;
    world.run(3_000);
    let journal = world.pair.journal.as_ref().expect("it was asked for");
    let mut elsewhere = Engine::new(config_of(limits)).expect("the limits are in range");
    let mut buffer = vec![0; RECORD_LENGTH_MAX];
    for (index, (applied, effects)) in journal.iter().enumerate() {
        // As if other records and padding lay between: each one is moved by another distance.
        let shift = (1 << 40) + 64 * (index as u64 * 7 % 13);
        let moved = Applied { position: applied.position + shift, ..applied.clone() };
        let got = run(&mut elsewhere, &moved, &mut buffer);
        let expected: Vec<u8> = frames_of(effects)
            .into_iter()
            .flat_map(|frame| with_positions_moved(frame, shift))
            .collect();
        assert!(got == expected, "command {index}");
    }
    assert_eq!(elsewhere.state_digest(), world.pair.engine.state_digest());
}

/// The effect with every field that holds its position moved.
fn with_positions_moved(frame: Frame<'_>, shift: u64) -> Vec<u8> {
    let layout = LAYOUTS
        .iter()
        .flat_map(|section| section.iter())
        .find(|layout| layout.template_id == frame.template_id)
        .expect("every template has a layout");
    let mut bytes = frame.bytes.to_vec();
    for (name, offset) in layout.fields {
        if ["exec_id", "log_position"].contains(name) {
            let field: &mut [u8] = &mut bytes[8 + offset..8 + offset + 8];
            let position = u64::from_le_bytes((&*field).try_into().expect("eight bytes"));
            field.copy_from_slice(&(position + shift).to_le_bytes());
        }
    }
    bytes
}

/// A bid for one lot that nobody takes.
fn bid(account: u32, security_id: u32, link_id: u32) -> Wish {
    Wish { account, security_id, side: 1, price: 10, link_id, ..ORDER }
}

const CANCEL_ON_DISCONNECT: u8 = 8;
const ORDER: Wish =
    Wish { account: 1, security_id: 1, side: 1, price: 5_000, quantity: 1, link_id: 0 };
const LIMITS: Limits = Limits {
    accounts_max: 16,
    events_max: 4,
    markets_max: 70,
    orders_max: 2_000,
    sessions_max: 4,
    access_keys_max: 4,
    cl_ord_id_window: 16,
    exposures_max: 400,
    sweep_trades_max: 4_096,
    work_max: 8,
    shard: 1,
    acknowledgement_level: 1,
};
