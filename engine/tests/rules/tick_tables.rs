//! Tick tables: which prices come in, what stays, and when a grid may change.

use forecastle_engine::{Engine, EngineConfig};
use forecastle_proto_spec::*;
use zerocopy::FromZeros;
use zerocopy::little_endian::U16;

use crate::snapshots::encoded_state;
use crate::world::*;

/// A request for these bands in one market, or in all of the event by 0.
pub fn tick_table(event_id: u32, security_id: u32, bands: &[(u16, u16)]) -> TickTableRequest {
    let mut request = TickTableRequest::new_zeroed();
    request.request_id.set(9);
    request.event_id.set(event_id);
    request.security_id.set(security_id);
    request.band_count = u8::try_from(bands.len()).unwrap();
    for (band, (from, tick)) in bands.iter().enumerate() {
        request.band_from[band].set(*from);
        request.band_tick[band].set(*tick);
    }
    request
}

/// An exchange whose market 1 has ticks of 1 below 100 and of 50 from there on.
fn banded() -> World {
    let mut world = World::open();
    world.set_status(1, 1, MarketStatus::Paused);
    let report: TickTableReport =
        world.send(ADMIN_SESSION, &tick_table(1, 1, &[(1, 1), (100, 50)])).only();
    assert_eq!((report.security_id.get(), report.tick_size.get(), report.state_index), (1, 1, 0));
    assert_eq!(report.band_from.map(U16::get), [1, 100, 0, 0]);
    assert_eq!(report.band_tick.map(U16::get), [1, 50, 0, 0]);
    world.set_status(1, 1, MarketStatus::Open);
    world
}

#[test]
fn only_prices_of_the_grid_come_in() {
    let mut world = banded();
    for (price, is_on_grid) in [
        (1, true),
        (99, true),
        (100, true),
        (101, false),
        (149, false),
        (150, true),
        (9_999, false),
    ] {
        let effects = world.send(ALICE_SESSION, &bid(u64::from(price), ALICE, 1, price));
        if is_on_grid {
            effects.first::<OrderRested>();
        } else {
            assert_eq!(effects.reject_code(), RejectCode::PriceOffGrid, "{price}");
        }
    }
    // The other markets have every price.
    let mut order = bid(1_000, ALICE, 1, 101);
    order.security_id.set(2);
    world.send(ALICE_SESSION, &order).first::<OrderRested>();
}

#[test]
fn what_rests_off_the_new_grid_may_shrink_and_end_but_not_come_again() {
    let mut world = World::open();
    let rested = world.send(ALICE_SESSION, &bid(1, ALICE, 10, 4_321)).first::<OrderRested>();
    let order_id = rested.order_id.get();
    world.set_status(1, 0, MarketStatus::Paused);
    world.send(ADMIN_SESSION, &tick_table(1, 0, &[(1, 100)]));
    let fewer = world.send(ALICE_SESSION, &replace(2, order_id, 9, 4_321));
    assert_eq!(fewer.only::<OrderReplaced>().priority_kept, 1);
    // The grid is looked at before the status.
    let more = world.send(ALICE_SESSION, &replace(3, order_id, 11, 4_321));
    assert_eq!(more.reject_code(), RejectCode::PriceOffGrid);
    world.set_status(1, 0, MarketStatus::Open);
    let moved = world.send(ALICE_SESSION, &replace(4, order_id, 9, 4_350));
    assert_eq!(moved.reject_code(), RejectCode::PriceOffGrid);
    // It trades where it stands.
    let trade = world.send(BOB_SESSION, &ask(1, BOB, 1, 4_300)).first::<Trade>();
    assert_eq!(trade.price.get(), 4_321);
    world.send(ALICE_SESSION, &replace(5, order_id, 9, 4_400)).first::<OrderRested>();
    world.send(ALICE_SESSION, &cancel(6, order_id)).only::<OrderCancelled>();
}

#[test]
fn a_grid_changes_only_while_its_markets_are_not_open() {
    use MarketStatus::{Closed, Listed, Open, Paused};
    for (path, is_allowed) in [
        (&[][..], true),
        (&[Listed], true),
        (&[Listed, Open], false),
        (&[Listed, Open, Paused], true),
        (&[Listed, Closed], false),
    ] {
        let mut world = World::new(EngineConfig::small());
        world.send(ADMIN_SESSION, &EventDefinitionRequest { draft: 1, ..event(2, 1) });
        for status in path {
            world.set_status(1, 1, *status);
        }
        for security_id in [1, 0] {
            let request = tick_table(1, security_id, &[(1, 5)]);
            let effects = world.send(ADMIN_SESSION, &request);
            if is_allowed {
                let count = if security_id == 0 { 2 } else { 1 };
                assert_eq!(effects.all::<TickTableReport>().len(), count);
            } else {
                assert_eq!(effects.reject_code(), RejectCode::NotWhileOpen, "{path:?}");
            }
        }
        world.send(ADMIN_SESSION, &tick_table(1, 2, &[(1, 5)])).only::<TickTableReport>();
    }
}

#[test]
fn requests_that_name_nothing_or_no_table_are_refused() {
    let mut world = World::new(EngineConfig::small());
    world.define_event(2, true);
    world.define_event(1, false);
    for (request, code) in [
        (tick_table(3, 0, &[(1, 1)]), RejectCode::UnknownEvent),
        (tick_table(1, 3, &[(1, 1)]), RejectCode::UnknownMarket),
        (tick_table(1, 1, &[]), RejectCode::InvalidTickTable),
        (tick_table(1, 1, &[(2, 1)]), RejectCode::InvalidTickTable),
        (tick_table(1, 1, &[(1, 0)]), RejectCode::InvalidTickTable),
        (tick_table(1, 1, &[(1, 1), (1, 1)]), RejectCode::InvalidTickTable),
        (tick_table(1, 1, &[(1, 1), (9_991, 10)]), RejectCode::InvalidTickTable),
        (
            TickTableRequest { band_count: 5, ..tick_table(1, 1, &[(1, 1)]) },
            RejectCode::InvalidTickTable,
        ),
    ] {
        let before = world.engine.state_digest();
        assert_eq!(world.send(ADMIN_SESSION, &request).reject_code(), code);
        assert_ne!(world.engine.state_digest(), before, "the number is used");
    }
}

#[test]
fn grids_are_state_and_come_out_of_a_snapshot() {
    let mut world = World::new(EngineConfig::small());
    world.define_event(2, true);
    let mut digests = vec![world.engine.state_digest()];
    for bands in [&[(1, 2)][..], &[(1, 5)], &[(1, 5), (50, 10)]] {
        world.send(ADMIN_SESSION, &tick_table(1, 2, bands)).only::<TickTableReport>();
        let bytes = encoded_state(&world.engine);
        world.engine = Engine::decode_snapshot(&bytes, world.engine.state_digest()).unwrap();
        assert!(encoded_state(&world.engine) == bytes);
        digests.push(world.engine.state_digest());
    }
    world.set_status(1, 0, MarketStatus::Open);
    let mut order = bid(1, ALICE, 1, 55);
    order.security_id.set(2);
    let refused = world.send(ALICE_SESSION, &order);
    assert_eq!(refused.reject_code(), RejectCode::PriceOffGrid);
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 4);
}
