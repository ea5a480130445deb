//! The configuration as a command of the exchange itself.

use forecastle_engine::{EngineConfig, RULES_VERSION, Requester};
use forecastle_proto_spec::*;
use zerocopy::FromZeros as _;

use crate::world::*;

#[test]
fn a_configuration_survives_its_message() {
    let config = EngineConfig { shard: 7, ..EngineConfig::small() };
    let message = config.to_message();
    assert_eq!(message.rules_version.get(), RULES_VERSION);
    assert_eq!(EngineConfig::from_message(&message), Ok(config));
}

#[test]
fn the_level_is_taken_over_without_an_effect_and_told_at_the_next_login() {
    let mut world = World::open();
    let before = world.engine.state_digest();
    let config = EngineConfig {
        acknowledgement_level: AcknowledgementLevel::Durable,
        ..*world.engine.config()
    };
    let effects = world.apply(EXCHANGE, &encoded(&config.to_message()));
    assert!(effects.templates().is_empty());
    assert_ne!(world.engine.state_digest(), before, "what effects depend on is in the digest");
    let mut lost = SessionDisconnected::new_zeroed();
    lost.session_id.set(ALICE_SESSION);
    world.apply(EXCHANGE, &encoded(&lost));
    world.send(ALICE_SESSION, &negotiate(ALICE_SESSION, 2));
    let ack: EstablishmentAck = world.send(ALICE_SESSION, &establish(ALICE_SESSION, 2)).only();
    assert_eq!(ack.acknowledgement_level, u8::from(AcknowledgementLevel::Durable));
}

#[test]
fn a_sweep_names_the_request_that_began_it() {
    let mut world = World::open();
    for id in 1..=300 {
        world.send(ALICE_SESSION, &bid(id, ALICE, 1, 1));
    }
    assert_eq!(world.engine.continuation(), None);
    let request = mass_cancel(777, MassActionScope::Firm);
    world.send(ALICE_SESSION, &request);
    let by = world.engine.continuation().expect("300 orders take two steps");
    let Requester { session_id, request_id, seq_num } = by;
    assert_eq!((session_id, request_id), (ALICE_SESSION, 777));
    assert!(seq_num > 300);
    world.finish_work();
    assert_eq!(world.engine.continuation(), None);
}

#[test]
fn windows_that_do_not_fit_one_table_are_refused() {
    let config =
        EngineConfig { sessions_max: 10_000, cl_ord_id_window: 1 << 18, ..EngineConfig::default() };
    let error = config.validate().unwrap_err();
    assert_eq!((error.field, error.maximum), ("sessions_max", u32::MAX >> 19));
}
