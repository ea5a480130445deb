//! Which slot and generation an order gets.

use forecastle_proto_spec::*;

use crate::world::*;

fn accepted_id(world: &mut World, message: &NewOrderSingle) -> (u32, u32) {
    let order_id = world.send(ALICE_SESSION, message).first::<OrderAccepted>().order_id.get();
    let order_id = OrderId::from_wire(order_id);
    assert_eq!(order_id.shard(), 0);
    (order_id.slot(), order_id.generation())
}

#[test]
fn slots_come_from_the_bottom_and_then_last_freed_first() {
    let mut world = World::open();
    for slot in 0..4 {
        let message = bid(u64::from(slot) + 1, ALICE, 1, 1);
        assert_eq!(accepted_id(&mut world, &message), (slot, 1));
    }
    for (cl_ord_id, slot) in [(10, 1), (11, 3), (12, 0)] {
        let order_id = OrderId::new(0, slot, 1).value();
        world.send(ALICE_SESSION, &cancel(cl_ord_id, order_id)).only::<OrderCancelled>();
    }
    for (cl_ord_id, expected) in [(20, (0, 2)), (21, (3, 2)), (22, (1, 2)), (23, (4, 1))] {
        assert_eq!(accepted_id(&mut world, &bid(cl_ord_id, ALICE, 1, 1)), expected);
    }
}

#[test]
fn filled_orders_free_their_slots_in_the_order_they_fill_and_the_aggressor_last() {
    let mut world = World::open();
    for cl_ord_id in 1..=3 {
        accepted_id(
            &mut world,
            &bid(cl_ord_id, ALICE, 1, 1_000 * u16::try_from(cl_ord_id).unwrap()),
        );
    }
    // Fills slots 2, 1, 0 from slot 3, which it frees at the end.
    assert_eq!(accepted_id(&mut world, &ask(4, CAROL, 3, 1)), (3, 1));
    for (cl_ord_id, expected) in [(20, (3, 2)), (21, (0, 2)), (22, (1, 2)), (23, (2, 2))] {
        assert_eq!(accepted_id(&mut world, &bid(cl_ord_id, ALICE, 1, 1)), expected);
    }
}

#[test]
fn a_stale_id_does_not_name_the_new_occupant() {
    let mut world = World::open();
    accepted_id(&mut world, &bid(1, ALICE, 1, 1));
    let stale = OrderId::new(0, 0, 1).value();
    world.send(ALICE_SESSION, &cancel(2, stale)).only::<OrderCancelled>();
    assert_eq!(accepted_id(&mut world, &bid(3, ALICE, 1, 1)), (0, 2));
    let reject = world.send(ALICE_SESSION, &cancel(4, stale));
    assert_eq!(reject.reject_code(), RejectCode::UnknownOrder);
    // Nor does the id that the window still holds for the first occupant.
    let mut by_client_id = cancel(5, 0);
    by_client_id.orig_cl_ord_id.set(1);
    let reject = world.send(ALICE_SESSION, &by_client_id);
    assert_eq!(reject.reject_code(), RejectCode::UnknownOrder);
}
