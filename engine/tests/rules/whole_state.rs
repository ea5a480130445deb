//! A state with something in every section of the encoding, to be kept and to be damaged.

use forecastle_engine::{Engine, EngineConfig};
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::catalogue::{category, series, user};
use crate::event_parameters::parameters;
use crate::guards::kill_switch;
use crate::limits::limits;
use crate::protection;
use crate::quotes::{quote, quote_set};
use crate::reference_odds::odds;
use crate::snapshots::encoded_state;
use crate::tick_tables::tick_table;
use crate::world::*;

/// What a state of the second version of the encoding holds beside orders and positions: limits,
/// parameters, sets, blocks, timers of every kind, grids, an outcome, quotes and what protects
/// them, what a session asked for at its end, odds, and the catalogue; and work under way.
pub fn whole_world() -> World {
    let mut world = World::new(EngineConfig { cl_ord_id_window: 512, ..EngineConfig::small() });
    world.is_checked = false;
    world.entitle(4, 30, ROLES_ODDS_PROVIDER | ROLES_RISK);
    world.login(64, 1);
    define_catalogue(&mut world);
    define_events(&mut world);
    let create = odds(7, OddsAction::Create, 1, [1_900, 4_000, 6_000]);
    world.send(64, &create).first::<ReferenceOddsReport>();
    let other = odds(8, OddsAction::Create, 2, [1_900, 2_100, 0]);
    world.send(64, &other).first::<ReferenceOddsReport>();
    world.send(64, &odds(9, OddsAction::Delete, 2, [0; 3])).first::<ReferenceOddsReport>();
    world.send(EXCHANGE, &limits(BOB, [500, 1 << 40, 1 << 30])).only::<AccountLimitsReport>();
    trade(&mut world);
    let mut suspend = kill_switch(MassActionScope::Account, CAROL, MassActionType::Suspend);
    suspend.side = Side::Sell.into();
    world.send(EXCHANGE, &suspend).first::<KillSwitchReport>();
    leave_with_grace(&mut world);
    let sweep = mass_cancel(900, MassActionScope::Security);
    world.send(ALICE_SESSION, &OrderMassActionRequest { security_id: 6.into(), ..sweep });
    assert!(world.engine.continuation_is_pending());
    world.is_checked = true;
    world.engine.check_invariants();
    world
}

fn define_catalogue(world: &mut World) {
    world.send(ADMIN_SESSION, &category(3, CatalogueAction::Define));
    world.send(ADMIN_SESSION, &series(9, 3, CatalogueAction::Define));
    world.send(ADMIN_SESSION, &user(5, 10, CatalogueAction::Define)).only::<UserDefinitionReport>();
}

/// Events of three markets, matched over all outcomes in a collar (1 to 3), of two (4 and 5), of
/// one (6), and one that is determined (7 and 8).
fn define_events(world: &mut World) {
    for (market_count, is_exhaustive) in [(3, true), (2, true), (1, false), (2, true)] {
        world.define_event(market_count, is_exhaustive);
    }
    let collar = EventParametersRequest {
        cross_outcome: 1,
        collar_width: 4_000.into(),
        stale_collar_width: 5_000.into(),
        stale_after_ms: 60_000.into(),
        jump_limit: 300.into(),
        ..parameters(1)
    };
    world.send(ADMIN_SESSION, &collar).only::<EventParametersReport>();
    let window = EventParametersRequest { dispute_window_ms: 5_000.into(), ..parameters(4) };
    world.send(ADMIN_SESSION, &window).only::<EventParametersReport>();
    world.send(ADMIN_SESSION, &tick_table(3, 6, &[(1, 1), (1_000, 10)])).only::<TickTableReport>();
    for event_id in 1..=4 {
        world.set_status(event_id, 0, MarketStatus::Open);
    }
    world.set_status(4, 0, MarketStatus::Closed);
    world.settle(4, &[2_500, 7_500]).first::<OutcomeReport>();
}

/// A set made, a quote that traded, resting orders with a link, an id and an expire time, and as
/// many of one market that sweeping them takes two steps.
fn trade(world: &mut World) {
    world.send(ALICE_SESSION, &protection::limits(100, 0, 0));
    let set = QuoteSetDefinition {
        self_match_prevention_id: 3.into(),
        self_match_prevention_instruction: SelfMatchPrevention::CancelBoth.into(),
        ..quote_set(1, ALICE, 1)
    };
    world.send(ALICE_SESSION, &set).only::<QuoteSetReport>();
    quote(world, 1, &[(4, (10, 3_000), (10, 4_000))]).first::<QuoteEntered>();
    let hit = NewOrderSingle { security_id: 4.into(), ..ask(1, BOB, 3, 3_000) };
    world.send(BOB_SESSION, &hit).first::<Trade>();
    for (security_id, price) in [(1, 5_000), (2, 3_000)] {
        let order = NewOrderSingle { security_id: security_id.into(), ..bid(0, BOB, 4, price) };
        let order = NewOrderSingle { cl_ord_id: (10 + u64::from(security_id)).into(), ..order };
        world.send(BOB_SESSION, &order).first::<OrderRested>();
    }
    let last = NewOrderSingle { security_id: 3.into(), ..bid(20, BOB, 2, 2_500) };
    world.send(BOB_SESSION, &last).first::<CrossOutcomeFill>();
    let expiring = NewOrderSingle {
        security_id: 2.into(),
        cl_ord_link_id: 77.into(),
        self_match_prevention_id: 5.into(),
        self_match_prevention_instruction: SelfMatchPrevention::CancelResting.into(),
        time_in_force: TimeInForce::GoodTillDate.into(),
        expire_time_ns: (world.time_ns + 3_600_000_000_000).into(),
        ..bid(21, BOB, 5, 2_000)
    };
    world.send(BOB_SESSION, &expiring).first::<OrderRested>();
    let early = OrderCancelRequest { orig_cl_ord_id: 60.into(), ..cancel(22, 0) };
    world.send(BOB_SESSION, &early).only::<OrderCancelReject>();
    for cl_ord_id in 100..400 {
        let price = 10 + u16::try_from(cl_ord_id % 7).unwrap();
        let order = NewOrderSingle { security_id: 6.into(), ..bid(cl_ord_id, CAROL, 1, price) };
        world.send(ALICE_SESSION, &order).first::<OrderRested>();
    }
}

/// Bob asks that his orders end a minute after he is lost, and is lost.
fn leave_with_grace(world: &mut World) {
    world.send(BOB_SESSION, &negotiate(BOB_SESSION, 2)).only::<NegotiationResponse>();
    world.login_asking(BOB_SESSION, 2, |message| {
        message.cancel_on_disconnect = CancelOnDisconnect::OnLoss.into();
        message.cod_timeout_ms.set(60_000);
    });
    let mut lost = SessionDisconnected::new_zeroed();
    lost.session_id.set(BOB_SESSION);
    lost.code.set(TerminateCode::TransportLost.into());
    world.send(EXCHANGE, &lost);
}

#[test]
fn every_section_comes_back_and_no_part_of_it_does() {
    let engine = whole_world().engine;
    let (bytes, digest) = (encoded_state(&engine), engine.state_digest());
    let decoded = Engine::decode_snapshot(&bytes, digest).unwrap();
    decoded.check_invariants();
    assert_eq!(decoded.state_digest(), digest);
    assert_eq!(decoded.market_digest(), engine.market_digest());
    assert!(encoded_state(&decoded) == bytes, "it is encoded to the same bytes");
    for length in (0..bytes.len()).step_by(7) {
        assert!(Engine::decode_snapshot(&bytes[..length], digest).is_err(), "{length} bytes");
    }
    for index in (0..bytes.len()).step_by(11) {
        let mut damaged = bytes.clone();
        damaged[index] ^= 1 << (index % 8);
        assert!(Engine::decode_snapshot(&damaged, digest).is_err(), "byte {index}");
    }
}

/// What was under way goes on: timers fire, the sweep ends, protection counts.
#[test]
fn a_whole_state_goes_on_as_it_would_have() {
    let mut first = whole_world();
    let bytes = encoded_state(&first.engine);
    let mut second = whole_world();
    second.engine = Engine::decode_snapshot(&bytes, first.engine.state_digest()).unwrap();
    let told = [&mut first, &mut second].map(|world| {
        let begin = world.written.len();
        world.finish_work();
        world.time_ns += 120_000_000_000;
        world.send(EXCHANGE, &TimerTick::new_zeroed());
        world.finish_work();
        world.written[begin..].to_vec()
    });
    assert!(told[0] == told[1]);
    assert!(first.engine.book(7).unwrap().status() == MarketStatus::Settled, "its window ended");
    assert_eq!(first.bids(2), [], "Bob was not back in time");
    assert_eq!(first.bids(6), []);
}

/// The whole state as it was kept: its digests, then its bytes. While no release has written
/// version 2, whoever appends to the encoding keeps it anew, by this test with
/// `FORECASTLE_KEEP_STATE=1` in its environment; afterwards nobody does.
#[test]
fn a_kept_state_of_version_2_decodes_to_its_digests() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/v2-whole.state");
    let told = whole_world().engine;
    if std::env::var_os("FORECASTLE_KEEP_STATE").is_some() {
        let digests = [told.state_digest(), told.market_digest()].map(u64::to_le_bytes);
        std::fs::write(path, [digests.concat(), encoded_state(&told)].concat()).unwrap();
    }
    let kept = std::fs::read(path).unwrap();
    let (digests, bytes) = kept.split_at(16);
    let [state_digest, market_digest] =
        [0, 8].map(|at| u64::from_le_bytes(digests[at..at + 8].try_into().unwrap()));
    assert_eq!(bytes[..2], [2, 0], "the version");
    let engine = Engine::decode_snapshot(bytes, state_digest)
        .expect("keep it anew if you appended to the encoding of version 2");
    engine.check_invariants();
    assert_eq!(engine.market_digest(), market_digest);
    assert!(engine.continuation_is_pending() && engine.timer_is_due(u64::MAX));
    assert!(encoded_state(&engine) == bytes, "it is encoded to the same bytes");
    assert!(encoded_state(&told) == bytes, "the story ends alike");
}
