//! How far one step of a sweep goes, and that it takes nobody else's orders, however alike they
//! are.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::guards::kill_switch;
use crate::world::*;

/// Room for orders by the ten thousand.
fn wide_world() -> World {
    let config = EngineConfig { orders_max: 1 << 17, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.is_checked = false;
    world.define_open_event(1, false);
    world
}

const CANCELLED_AND_CLOSED: [u16; 2] =
    [OrderCancelled::TEMPLATE_ID, OrderMassActionReport::TEMPLATE_ID];

#[test]
fn a_step_looks_at_1024_orders_of_the_firm() {
    for (others, steps) in [(1_023, 1), (1_024, 2), (2_047, 2), (2_048, 3)] {
        let mut world = wide_world();
        for cl_ord_id in 1..=others {
            world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, 1));
        }
        let mut linked = bid(others + 1, ALICE, 1, 1);
        linked.cl_ord_link_id.set(7);
        world.send(ALICE_SESSION, &linked);
        let mut request = mass_cancel(1, MassActionScope::Link);
        request.cl_ord_link_id.set(7);
        let mut effects = world.send(ALICE_SESSION, &request);
        for _ in 1..steps {
            assert_eq!(effects.templates(), []);
            effects = world.continue_work();
        }
        assert_eq!(effects.templates(), CANCELLED_AND_CLOSED);
        assert!(!world.engine.continuation_is_pending());
    }
}

#[test]
fn a_step_goes_through_65536_slots_whoevers_they_are() {
    let mut world = wide_world();
    for cl_ord_id in 1..=65_535 {
        world.send(BOB_SESSION, &bid(cl_ord_id, BOB, 1, 1));
    }
    for (own, steps) in [(1, 1), (2, 2)] {
        for cl_ord_id in 1..=own {
            world.send(ALICE_SESSION, &bid(10 * own + cl_ord_id, ALICE, 1, 1));
        }
        let mut effects = world.send(ALICE_SESSION, &mass_cancel(own, MassActionScope::Firm));
        for _ in 1..steps {
            assert_eq!(effects.templates(), [OrderCancelled::TEMPLATE_ID], "the last slot of it");
            effects = world.continue_work();
        }
        assert_eq!(effects.templates(), CANCELLED_AND_CLOSED);
    }
    assert_eq!(world.bids(1), [(1, 1); 65_535]);
    world.engine.check_invariants();
}

/// The first of two who agree in all that the index of slots keeps of them.
const FIRST: Twin = Twin { access_key_id: 5, firm_id: 10, account: 30 };
/// The second.
const SECOND: Twin = Twin { access_key_id: 5 + 256, firm_id: 10 + 128, account: 30 + 256 };
/// Markets, each of an event of the same number, that agree likewise.
const MARKETS: [u32; 2] = [1, 1 + 256];

struct Twin {
    access_key_id: u32,
    firm_id: u32,
    account: u32,
}

impl Twin {
    fn session_id(&self) -> u32 {
        self.access_key_id * SESSIONS_PER_KEY
    }
}

/// Both have a bid in both markets, the first at 10 and the second at 20.
fn world_of_twins() -> World {
    let config = EngineConfig {
        accounts_max: 300,
        events_max: 300,
        markets_max: 300,
        access_keys_max: 300,
        ..EngineConfig::small()
    };
    let mut world = World::new(config);
    world.is_checked = false;
    for _ in 0..MARKETS[1] {
        world.define_open_event(1, false);
    }
    for (twin, price) in [(FIRST, 10), (SECOND, 20)] {
        world.entitle(twin.access_key_id, twin.firm_id, ROLES_TRADER);
        world.send(twin.session_id(), &negotiate(twin.session_id(), 1));
        world.login_asking(twin.session_id(), 1, |message| {
            message.cancel_on_disconnect = CancelOnDisconnect::Both.into();
        });
        world.open_account(twin.account, twin.firm_id, STAKE);
        for (cl_ord_id, market) in (1..).zip(MARKETS) {
            let mut message = bid(cl_ord_id, twin.account, 1, price);
            message.security_id.set(market);
            world.send(twin.session_id(), &message).first::<OrderRested>();
        }
    }
    world.is_checked = true;
    world
}

/// What is left after a command of a session and the work that it began.
fn left_after<M: Message>(session_id: u32, message: &M) -> [Vec<(u16, u32)>; 2] {
    let mut world = world_of_twins();
    world.send(session_id, message);
    world.finish_work();
    MARKETS.map(|market| world.bids(market))
}

#[test]
fn who_is_like_another_keeps_its_orders() {
    let (first, second, both) = (vec![(10, 1)], vec![(20, 1)], vec![(20, 1), (10, 1)]);
    let by_first = |scope, change: fn(&mut OrderMassActionRequest)| {
        let mut message = mass_cancel(9, scope);
        message.account.set(FIRST.account);
        change(&mut message);
        left_after(FIRST.session_id(), &message)
    };
    let nothing = |_: &mut OrderMassActionRequest| {};
    assert_eq!(by_first(MassActionScope::Firm, nothing), [second.clone(), second.clone()]);
    assert_eq!(by_first(MassActionScope::Account, nothing), [second.clone(), second.clone()]);
    let in_event = by_first(MassActionScope::Event, |message| message.event_id.set(MARKETS[0]));
    assert_eq!(in_event, [second.clone(), both.clone()]);
    let in_market =
        by_first(MassActionScope::Security, |message| message.security_id.set(MARKETS[1]));
    assert_eq!(in_market, [both.clone(), second.clone()]);

    let mut lost = SessionDisconnected::new_zeroed();
    lost.session_id.set(SECOND.session_id());
    assert_eq!(left_after(EXCHANGE, &lost), [first.clone(), first.clone()]);

    let closing = status_request(MARKETS[0], MARKETS[0], MarketStatus::Closed.into(), 0);
    assert_eq!(left_after(ADMIN_SESSION, &closing), [vec![], both]);

    for (scope, key) in [
        (MassActionScope::Session, FIRST.session_id()),
        (MassActionScope::Account, FIRST.account),
        (MassActionScope::Firm, FIRST.firm_id),
    ] {
        let switch = kill_switch(scope, key, MassActionType::Suspend);
        assert_eq!(left_after(EXCHANGE, &switch), [second.clone(), second.clone()], "{scope:?}");
    }
    let all = kill_switch(MassActionScope::Exchange, 0, MassActionType::Suspend);
    assert_eq!(left_after(EXCHANGE, &all), [vec![], vec![]]);
}
