//! Events, the life of their markets, accounts and entitlements.

use forecastle_proto_spec::*;

use crate::world::*;

#[test]
fn events_and_markets_are_numbered_without_gap() {
    let mut world = World::open();
    let report = world.define_event(64, false);
    assert_eq!((report.event_id.get(), report.first_security_id.get()), (3, 5));
    assert_eq!((report.market_count, report.exhaustive), (64, 0));
    assert_eq!((report.external_id.get(), report.request_id.get()), (555, 5));
    let report = world.define_event(2, true);
    assert_eq!((report.event_id.get(), report.first_security_id.get()), (4, 69));
}

#[test]
fn markets_go_only_the_ways_of_the_life_cycle() {
    use MarketStatus::{Closed, Draft, Listed, Open, Paused};
    let paths: [(&[MarketStatus], MarketStatus); 5] = [
        (&[], Draft),
        (&[Listed], Listed),
        (&[Listed, Open], Open),
        (&[Listed, Open, Paused], Paused),
        (&[Listed, Closed], Closed),
    ];
    for (path, from) in paths {
        for to in 0..=10 {
            for in_play in [0, 1, 2] {
                let mut world = World::new(forecastle_engine::EngineConfig::small());
                world.send(ADMIN_SESSION, &draft(1, 0));
                for status in path {
                    world.set_status(1, 1, *status);
                }
                let request = status_request(1, 1, to, in_play);
                let effects = world.send(ADMIN_SESSION, &request);
                let is_allowed = in_play <= 1
                    && match (from, to) {
                        (Listed | Paused, 2) | (Open, 3) | (Listed | Open | Paused, 4) => true,
                        (Draft, 1) => true,
                        (Open, 2) | (Paused, 3) => in_play == 1,
                        _ => false,
                    };
                let reports = effects.all::<SecurityStatusReport>();
                assert_eq!(reports.len() == 1, is_allowed, "{from:?} to {to} in play {in_play}");
                if let Some(report) = reports.first() {
                    assert_eq!((report.status, report.in_play), (to, in_play));
                    assert_eq!(report.rpt_seq.get() as usize, path.len() + 2);
                } else {
                    assert_eq!(effects.reject_code(), RejectCode::InvalidStatusTransition);
                }
            }
        }
    }
}

/// A request for an event whose markets begin as drafts.
fn draft(market_count: u8, exhaustive: u8) -> EventDefinitionRequest {
    EventDefinitionRequest { draft: 1, ..event(market_count, exhaustive) }
}

#[test]
fn drafts_say_so_and_are_listed_one_by_one_or_together() {
    let mut world = World::open();
    let effects = world.send(ADMIN_SESSION, &draft(2, 1));
    let defined: EventDefinitionReport = effects.first();
    assert_eq!((defined.event_id.get(), defined.first_security_id.get()), (3, 5));
    let told: Vec<_> = effects
        .all::<SecurityStatusReport>()
        .iter()
        .map(|it| (it.security_id.get(), it.status, it.rpt_seq.get(), it.request_id.get()))
        .collect();
    assert_eq!(told, [(5, 6, 1, 5), (6, 6, 1, 5)]);
    let mut order = bid(1, ALICE, 1, 5_000);
    order.security_id.set(5);
    let refused = world.send(ALICE_SESSION, &order);
    assert_eq!(refused.reject_code(), RejectCode::MarketNotOpen);
    let refused = world.set_status(3, 0, MarketStatus::Open);
    assert_eq!(refused.reject_code(), RejectCode::InvalidStatusTransition);
    world.set_status(3, 5, MarketStatus::Listed).only::<SecurityStatusReport>();
    world.set_status(3, 6, MarketStatus::Listed).only::<SecurityStatusReport>();
    assert_eq!(world.set_status(3, 0, MarketStatus::Open).templates().len(), 2);
    let odd = EventDefinitionRequest { draft: 2, ..event(1, 0) };
    let refused = world.send(ADMIN_SESSION, &odd);
    assert_eq!(refused.reject_code(), RejectCode::InvalidStatusTransition);
}

#[test]
fn an_event_that_was_never_open_is_delisted_as_a_whole_and_for_ever() {
    use MarketStatus::{Closed, Delisted, Listed, Open};
    let mut world = World::new(forecastle_engine::EngineConfig::small());
    world.send(ADMIN_SESSION, &draft(2, 1));
    world.set_status(1, 1, Listed);
    let refused = world.set_status(1, 1, Delisted);
    assert_eq!(refused.reject_code(), RejectCode::InvalidStatusTransition, "one market of two");
    let statuses: Vec<u8> = world
        .set_status(1, 0, Delisted)
        .all::<SecurityStatusReport>()
        .iter()
        .map(|report| report.status)
        .collect();
    assert_eq!(statuses, [9, 9]);
    for status in MarketStatus::ALL {
        let refused = world.set_status(1, 0, status);
        assert_eq!(refused.reject_code(), RejectCode::InvalidStatusTransition, "{status:?}");
    }
    assert_eq!(world.settle(1, &[10_000, 0]).reject_code(), RejectCode::MarketsNotClosed);
    let refused = world.send(ADMIN_SESSION, &crate::event_parameters::parameters(1));
    assert_eq!(refused.reject_code(), RejectCode::NotWhileOpen);
    // One market that was open or closed keeps the whole event listed.
    for status in [Open, Closed] {
        let event_id = world.define_event(2, true).event_id.get();
        let first = 2 * event_id - 1;
        world.set_status(event_id, first, status);
        let refused = world.set_status(event_id, 0, Delisted);
        assert_eq!(refused.reject_code(), RejectCode::InvalidStatusTransition, "{status:?}");
    }
}

#[test]
fn one_request_moves_a_whole_event_or_nothing() {
    let mut world = World::open();
    world.set_status(1, 2, MarketStatus::Closed);
    // Market 2 is passed over; the others go.
    let effects = world.set_status(1, 0, MarketStatus::Paused);
    let moved: Vec<u32> = effects
        .all::<SecurityStatusReport>()
        .iter()
        .map(|report| report.security_id.get())
        .collect();
    assert_eq!(moved, [1, 3]);
    // Market 1 is open again, so that market 3 alone could open: nothing moves.
    world.set_status(1, 1, MarketStatus::Open);
    let effects = world.set_status(1, 0, MarketStatus::Open);
    assert_eq!(effects.reject_code(), RejectCode::InvalidStatusTransition);
    assert_eq!(world.engine.book(3).unwrap().status(), MarketStatus::Paused);
    world.set_status(1, 0, MarketStatus::Closed);
    let effects = world.set_status(1, 0, MarketStatus::Closed);
    assert_eq!(effects.reject_code(), RejectCode::InvalidStatusTransition);
}

#[test]
fn closing_sweeps_the_orders_of_everybody() {
    for (security_id, scope, cancelled, left) in [
        (1, MassActionScope::Security, &[1_u64, 11][..], 1),
        (0, MassActionScope::Event, &[1, 2, 11], 0),
    ] {
        let mut world = World::open();
        let mut elsewhere = bid(2, ALICE, 1, 5_000);
        elsewhere.security_id.set(2);
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 5_000));
        world.send(ALICE_SESSION, &elsewhere);
        world.send(BOB_SESSION, &bid(11, BOB, 1, 5_000));
        let effects = world.set_status(1, security_id, MarketStatus::Closed);
        let ids: Vec<u64> =
            effects.all::<OrderCancelled>().iter().map(|effect| effect.cl_ord_id.get()).collect();
        assert_eq!(ids, cancelled);
        let reason = effects.first::<OrderCancelled>().reason.get();
        assert_eq!(reason, u16::from(CancelReason::MarketClosed));
        let report: OrderMassActionReport = effects.first();
        assert_eq!((report.scope, report.cl_ord_id.get()), (u8::from(scope), 6));
        assert_eq!(world.order_ids(2).len(), left);
    }
}

#[test]
fn accounts_are_opened_funded_and_drawn_from() {
    let mut world = World::open();
    world.open_account(64, 5, 0);
    let report: AccountReport = world.send(ADMIN_SESSION, &deposit(64, 1_000)).only();
    assert_eq!(
        (report.account.get(), report.firm_id.get(), report.cash.get(), report.request_id.get()),
        (64, 5, 1_000, 77)
    );
    let report: AccountReport = world.send(ADMIN_SESSION, &withdrawal(64, 400)).only();
    assert_eq!((report.cash.get(), report.buying_power.get()), (600, 600));
    let reject = world.send(ADMIN_SESSION, &withdrawal(64, 601));
    assert_eq!(reject.reject_code(), RejectCode::InsufficientBuyingPower);
    world.send(ADMIN_SESSION, &withdrawal(64, 600)).only::<AccountReport>();
}

#[test]
fn what_is_held_cannot_be_withdrawn() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &bid(1, ALICE, 1_000, 5_000));
    let free = STAKE - 1_000 * 5_000;
    let reject = world.send(ADMIN_SESSION, &withdrawal(ALICE, free + 1));
    assert_eq!(reject.reject_code(), RejectCode::InsufficientBuyingPower);
    let report: AccountReport = world.send(ADMIN_SESSION, &withdrawal(ALICE, free)).only();
    assert_eq!((report.buying_power.get(), report.open_order_count.get()), (0, 1));
}

#[test]
fn entitlements_act_at_once() {
    let mut world = World::open();
    let order = world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
    // Moved to firm 20: Alice's accounts and orders are another firm's now.
    world.entitle(1, 20, ROLES_TRADER).only::<EntitlementReport>();
    let reject = world.send(ALICE_SESSION, &bid(2, ALICE, 1, 1));
    assert_eq!(reject.reject_code(), RejectCode::UnknownAccount);
    let reject = world.send(ALICE_SESSION, &cancel(3, order.order_id.get()));
    assert_eq!(reject.reject_code(), RejectCode::UnknownOrder);
    world.send(ALICE_SESSION, &bid(4, BOB, 1, 1)).first::<OrderRested>();
    let report: EntitlementReport = world.entitle(1, 0, 0).only();
    assert_eq!((report.access_key_id.get(), report.roles.get()), (1, 0));
    let reject = world.send(ALICE_SESSION, &bid(5, BOB, 1, 1));
    assert_eq!(reject.reject_code(), RejectCode::NotEntitled);
}
