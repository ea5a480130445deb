//! The ClOrdID window: what it holds, what it forgets, and what each id names.

use std::collections::VecDeque;

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;

use crate::world::*;

fn world(window: u32) -> World {
    let mut world = World::new(EngineConfig { cl_ord_id_window: window, ..EngineConfig::small() });
    world.define_open_event(1, false);
    world
}

#[test]
fn the_oldest_id_is_forgotten_first() {
    let mut world = world(3);
    for cl_ord_id in [1, 2, 3] {
        world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, 1)).first::<OrderRested>();
    }
    for (cl_ord_id, is_fresh) in [(1, false), (4, true), (1, true), (3, false), (2, true)] {
        let effects = world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, 1));
        assert_eq!(effects.all::<OrderRested>().len(), usize::from(is_fresh), "{cl_ord_id}");
    }
    // The window now holds 4, 1 and 2, and names their newest orders.
    for (orig_cl_ord_id, slot) in [(4, Some(3)), (1, Some(4)), (2, Some(5)), (3, None)] {
        let mut message = cancel(1, 0);
        message.orig_cl_ord_id.set(orig_cl_ord_id);
        let effects = world.send(ALICE_SESSION, &message);
        let cancelled = effects.all::<OrderCancelled>();
        let cancelled = cancelled.first().map(|effect| effect.order_id.get());
        assert_eq!(cancelled, slot.map(|slot| OrderId::new(0, slot, 1).value()));
    }
}

#[test]
fn an_id_is_used_up_by_a_refused_order_and_names_none() {
    let mut world = world(8);
    let mut refused = bid(1, ALICE, 1, 1);
    refused.security_id.set(99);
    assert_eq!(world.send(ALICE_SESSION, &refused).reject_code(), RejectCode::UnknownMarket);
    let again = world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1));
    assert_eq!(again.reject_code(), RejectCode::DuplicateClOrdId);
    let mut message = cancel(2, 0);
    message.orig_cl_ord_id.set(1);
    assert_eq!(world.send(ALICE_SESSION, &message).reject_code(), RejectCode::UnknownOrder);
    // A refusal before the duplicate check does not use the id, nor does a cancel.
    let off_grid = bid(5, ALICE, 1, 0);
    assert_eq!(world.send(ALICE_SESSION, &off_grid).reject_code(), RejectCode::PriceOffGrid);
    world.send(ALICE_SESSION, &cancel(5, 77));
    world.send(ALICE_SESSION, &bid(5, ALICE, 1, 1)).first::<OrderRested>();
}

#[test]
fn a_replace_finds_its_order_before_the_window_forgets_it() {
    let mut world = world(1);
    world.send(ALICE_SESSION, &bid(1, ALICE, 5, 1)).first::<OrderRested>();
    for cl_ord_id in 2..5 {
        let mut message = replace(cl_ord_id, 0, 5, 1);
        message.orig_cl_ord_id.set(cl_ord_id - 1);
        world.send(ALICE_SESSION, &message).only::<OrderReplaced>();
    }
}

#[test]
fn sessions_have_windows_of_their_own_that_outlive_logins() {
    let mut world = world(8);
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
    world.send(BOB_SESSION, &bid(1, BOB, 1, 1)).first::<OrderRested>();
    world.login(ALICE_SESSION, 5);
    let again = world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1));
    assert_eq!(again.reject_code(), RejectCode::DuplicateClOrdId);
}

/// Ids in a small range, so that they come again about when they are forgotten, against a queue.
#[test]
fn a_window_is_the_last_ids_that_passed() {
    const WINDOW: usize = 13;
    let mut world = world(13);
    world.is_checked = false;
    let mut window: VecDeque<u64> = VecDeque::new();
    let mut state = 0x5EED_u64;
    for _ in 0..5_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let cl_ord_id = 1 + (state >> 33) % 20;
        let mut message = bid(cl_ord_id, ALICE, 1, 1);
        message.time_in_force = TimeInForce::ImmediateOrCancel.into();
        let effects = world.send(ALICE_SESSION, &message);
        let is_fresh = !window.contains(&cl_ord_id);
        assert_eq!(effects.all::<OrderAccepted>().len(), usize::from(is_fresh));
        if is_fresh {
            window.push_back(cl_ord_id);
            window.truncate(WINDOW + 1);
            if window.len() > WINDOW {
                window.pop_front();
            }
        }
    }
    world.engine.check_invariants();
}
