//! Snapshots: exact, whole or refused, and good for larger limits.

use forecastle_engine::{Engine, EngineConfig, SNAPSHOT_VERSION, SnapshotError};
use forecastle_proto_spec::*;

use crate::world::*;

/// An exchange with something in every table: trades, queues, freed slots, a sweep under way.
pub fn busy_world() -> World {
    let mut world = World::open();
    for id in 1..=270 {
        world.send(ALICE_SESSION, &bid(id, ALICE, 3, 40 + u16::try_from(id % 7).unwrap()));
    }
    for id in 1..=9 {
        world.send(BOB_SESSION, &ask(id, BOB, 2, 44));
        world.send(BOB_SESSION, &ask(100 + id, BOB, 2, 60 + u16::try_from(id % 3).unwrap()));
    }
    let freed = world.order_ids(1)[3];
    world.send(ALICE_SESSION, &cancel(1_000, freed));
    world.send(ALICE_SESSION, &mass_cancel(1_001, MassActionScope::Firm));
    assert!(world.engine.continuation_is_pending());
    world
}

pub fn encoded_state(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.encode_snapshot(&mut bytes);
    bytes
}

#[test]
fn every_truncation_is_refused() {
    let engine = busy_world().engine;
    let (bytes, digest) = (encoded_state(&engine), engine.state_digest());
    for length in 0..bytes.len() {
        assert!(Engine::decode_snapshot(&bytes[..length], digest).is_err(), "{length} bytes");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    let offset = bytes.len();
    let refused = Engine::decode_snapshot(&longer, digest).err();
    assert_eq!(refused, Some(SnapshotError::Length { offset }));
}

/// Limits included: a high bit of one of them asks for more memory than there is.
#[test]
fn every_flipped_bit_is_refused() {
    let engine = busy_world().engine;
    let (bytes, digest) = (encoded_state(&engine), engine.state_digest());
    for index in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[index] ^= 1 << bit;
            let refused = Engine::decode_snapshot(&flipped, digest);
            assert!(refused.is_err(), "bit {bit} of byte {index}");
        }
    }
}

#[test]
fn the_state_of_another_digest_is_refused() {
    let engine = busy_world().engine;
    let found = engine.state_digest();
    let expected = found ^ 1;
    let refused = Engine::decode_snapshot(&encoded_state(&engine), expected).err();
    assert_eq!(refused, Some(SnapshotError::Digest { found, expected }));
}

#[test]
fn another_version_is_named() {
    let engine = World::open().engine;
    let mut bytes = encoded_state(&engine);
    bytes[0] = 9;
    let refused = Engine::decode_snapshot(&bytes, engine.state_digest()).err();
    assert_eq!(refused, Some(SnapshotError::Version { found: 9 }));
    assert_eq!(SNAPSHOT_VERSION, 2);
}

#[test]
fn an_engine_with_larger_limits_goes_on_alike() {
    let world = busy_world();
    let config = *world.engine.config();
    let larger = EngineConfig {
        accounts_max: config.accounts_max * 2,
        events_max: config.events_max + 1,
        markets_max: config.markets_max + 9,
        orders_max: config.orders_max * 4,
        sessions_max: config.sessions_max + 3,
        access_keys_max: config.access_keys_max + 1,
        cl_ord_id_window: config.cl_ord_id_window * 3,
        exposures_max: config.exposures_max + 100,
        work_max: config.work_max + 1,
        ..config
    };
    let mut grown = world;
    let market_digest = grown.engine.market_digest();
    grown.engine = grown.engine.reconfigured(larger).unwrap();
    grown.engine.check_invariants();
    assert_eq!(grown.engine.market_digest(), market_digest);
    assert_eq!(grown.engine.config(), &larger);
    let mut plain = busy_world();
    // Slots, generations and priorities are the same afterwards; the windows remember the same.
    for world in [&mut plain, &mut grown] {
        world.finish_work();
        world.send(ALICE_SESSION, &bid(2_000, ALICE, 5, 30));
        let again = world.send(ALICE_SESSION, &bid(2_000, ALICE, 5, 30));
        assert_eq!(again.reject_code(), RejectCode::DuplicateClOrdId);
    }
    assert_eq!(plain.order_ids(1), grown.order_ids(1));
    assert_eq!(plain.engine.market_digest(), grown.engine.market_digest());
}

#[test]
fn limits_that_do_not_fit_are_named() {
    let world = busy_world();
    let config = *world.engine.config();
    let refused = |config| world.engine.reconfigured(config).unwrap_err();
    for (config, limit) in [
        (EngineConfig { accounts_max: 2, ..config }, "accounts_max"),
        (EngineConfig { events_max: 1, ..config }, "events_max"),
        (EngineConfig { markets_max: 2, ..config }, "markets_max"),
        (EngineConfig { orders_max: 5, ..config }, "orders_max"),
        (EngineConfig { sessions_max: 1, ..config }, "sessions_max"),
        (EngineConfig { access_keys_max: 2, ..config }, "access_keys_max"),
        (EngineConfig { exposures_max: 1, ..config }, "exposures_max"),
    ] {
        let error = refused(config);
        assert!(matches!(error, SnapshotError::Limit { limit: is, .. } if is == limit), "{error}");
    }
}

#[test]
fn a_shorter_window_forgets_the_oldest() {
    let mut world = World::open();
    for id in 1..=10 {
        world.send(ALICE_SESSION, &bid(id, ALICE, 1, 30));
    }
    let config = EngineConfig { cl_ord_id_window: 4, ..*world.engine.config() };
    world.engine = world.engine.reconfigured(config).unwrap();
    let kept = world.send(ALICE_SESSION, &bid(7, ALICE, 1, 30));
    assert_eq!(kept.reject_code(), RejectCode::DuplicateClOrdId);
    let forgotten = world.send(ALICE_SESSION, &bid(6, ALICE, 1, 30));
    assert!(forgotten.templates().contains(&OrderAccepted::TEMPLATE_ID));
}
