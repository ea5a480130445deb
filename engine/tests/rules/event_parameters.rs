//! Parameters of events: their ranges, when they may change, and that they are state.

use forecastle_engine::{Engine, EngineConfig};
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::snapshots::encoded_state;
use crate::world::*;

/// A request that asks for nothing but the velocity of a new event.
pub fn parameters(event_id: u32) -> EventParametersRequest {
    let mut request = EventParametersRequest::new_zeroed();
    request.request_id.set(8);
    request.event_id.set(event_id);
    request.velocity = EventVelocity::Medium.into();
    request
}

/// An exhaustive event of two markets that was never open.
fn listed() -> World {
    let mut world = World::new(EngineConfig::small());
    world.define_event(2, true);
    world
}

#[test]
fn every_field_has_its_range() {
    type Set = fn(&mut EventParametersRequest, u32);
    let fields: [(&str, Set, &[u32], &[u32]); 9] = [
        ("delay", |it, v| it.in_play_delay_ms.set(v), &[0, 60_000, u32::MAX], &[60_001]),
        (
            "window",
            |it, v| it.dispute_window_ms.set(v),
            &[0, 2_592_000_000],
            &[2_592_000_001, u32::MAX],
        ),
        ("staleness", |it, v| it.stale_after_ms.set(v), &[0, 86_400_000], &[86_400_001]),
        ("collar", |it, v| it.collar_width.set(v as u16), &[0, 9_999], &[10_000, 65_535]),
        ("jump", |it, v| it.jump_limit.set(v as u16), &[0, 9_999], &[10_000, 65_535]),
        ("low", |it, v| it.static_low.set(v as u16), &[0, 9_999], &[10_000, 65_535]),
        ("high", |it, v| it.static_high.set(v as u16), &[0, 1, 9_999], &[10_000, 65_535]),
        ("outcomes", |it, v| it.cross_outcome = v as u8, &[0, 1], &[2, 255]),
        ("velocity", |it, v| it.velocity = v as u8, &[1, 2, 3], &[0, 4, 255]),
    ];
    for (name, set, good, bad) in fields {
        for (values, is_good) in [(good, true), (bad, false)] {
            for value in values {
                let mut request = parameters(1);
                set(&mut request, *value);
                assert_eq!(is_valid(&request), is_good, "{name} {value}");
            }
        }
    }
}

#[test]
fn fields_that_contradict_each_other_are_refused() {
    for (collar, stale, is_good) in [(0, 1, false), (5, 4, false), (5, 5, true), (5, 0, true)] {
        let mut request = parameters(1);
        request.collar_width.set(collar);
        request.stale_collar_width.set(stale);
        assert_eq!(is_valid(&request), is_good, "collar {collar}, stale {stale}");
    }
    for (low, high, is_good) in [(7, 6, false), (7, 7, true), (7, 0, true), (0, 1, true)] {
        let mut request = parameters(1);
        request.static_low.set(low);
        request.static_high.set(high);
        assert_eq!(is_valid(&request), is_good, "from {low} to {high}");
    }
    let mut world = World::new(EngineConfig::small());
    world.define_event(2, false);
    let mut request = parameters(1);
    request.cross_outcome = 1;
    let refused = world.send(ADMIN_SESSION, &request);
    assert_eq!(refused.reject_code(), RejectCode::InvalidEventParameters, "not exhaustive");
}

/// Whether a new exhaustive event could have these parameters.
fn is_valid(request: &EventParametersRequest) -> bool {
    let effects = listed().send(ADMIN_SESSION, request);
    effects.templates().first() == Some(&EventParametersReport::TEMPLATE_ID)
        || effects.reject_code() != RejectCode::InvalidEventParameters
}

#[test]
fn parameters_change_only_between_openings() {
    use MarketStatus::{Closed, Listed, Open, Paused};
    let paths: [(&[MarketStatus], bool); 5] = [
        (&[], true),
        (&[Open], false),
        (&[Open, Paused], true),
        (&[Open, Paused, Open], false),
        (&[Open, Closed], true),
    ];
    for (path, is_allowed) in paths {
        let mut world = listed();
        for status in path {
            world.set_status(1, 1, *status);
        }
        let mut request = parameters(1);
        request.velocity = EventVelocity::High.into();
        let effects = world.send(ADMIN_SESSION, &request);
        if is_allowed {
            let report: EventParametersReport = effects.only();
            assert_eq!((report.event_id.get(), report.velocity), (1, 3));
            assert_eq!((report.request_id.get(), report.in_play_delay_ms.get()), (8, 0));
        } else {
            assert_eq!(effects.reject_code(), RejectCode::NotWhileOpen, "{path:?}");
        }
        // One market open or over is enough, whatever the other is.
        let other = world.engine.book(2).unwrap().status();
        assert_eq!(other, Listed);
    }
    let mut world = listed();
    world.set_status(1, 0, Closed);
    world.settle(1, &[10_000, 0]).first::<SettlementComplete>();
    let refused = world.send(ADMIN_SESSION, &parameters(1));
    assert_eq!(refused.reject_code(), RejectCode::NotWhileOpen);
    let refused = world.send(ADMIN_SESSION, &parameters(2));
    assert_eq!(refused.reject_code(), RejectCode::UnknownEvent);
}

#[test]
fn parameters_are_state_and_come_out_of_a_snapshot() {
    let mut world = listed();
    let empty = world.engine.state_digest();
    let mut digests = vec![empty];
    for velocity in [EventVelocity::Low, EventVelocity::High] {
        let mut request = parameters(1);
        request.velocity = velocity.into();
        world.send(ADMIN_SESSION, &request).only::<EventParametersReport>();
        let digest = world.engine.state_digest();
        let bytes = encoded_state(&world.engine);
        let decoded = Engine::decode_snapshot(&bytes, digest).unwrap();
        decoded.check_invariants();
        assert!(encoded_state(&decoded) == bytes);
        digests.push(digest);
    }
    digests.dedup();
    assert_eq!(digests.len(), 3);
}
