//! The status of one order.

use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::world::*;

fn status_of(order_id: u64, orig_cl_ord_id: u64) -> OrderStatusRequest {
    let mut request = OrderStatusRequest::new_zeroed();
    request.request_id.set(77);
    request.security_id.set(1);
    request.order_id.set(order_id);
    request.orig_cl_ord_id.set(orig_cl_ord_id);
    request
}

#[test]
fn an_order_is_told_as_it_stands_with_the_lots_before_it() {
    let mut world = World::open();
    world.send(BOB_SESSION, &bid(1, BOB, 5, 30)).first::<OrderRested>();
    world.send(BOB_SESSION, &bid(2, BOB, 7, 31)).first::<OrderRested>();
    let mut order = bid(1, ALICE, 10, 30);
    order.exec_inst = EXEC_INST_POST_ONLY;
    let order_id = world.send(ALICE_SESSION, &order).first::<OrderRested>().order_id.get();
    world.send(ALICE_SESSION, &bid(2, ALICE, 1, 30)).first::<OrderRested>();
    let before = world.engine.state_digest();
    for request in [status_of(order_id, 0), status_of(0, 1)] {
        let report: OrderStatusReport = world.send(ALICE_SESSION, &request).only();
        assert_eq!((report.request_id.get(), report.order_id.get()), (77, order_id));
        assert_eq!((report.leaves_qty.get(), report.cum_qty.get()), (10, 0));
        assert_eq!(report.quantity_ahead.get(), 5, "Bob's better price is another queue");
        assert_eq!((report.exec_inst, report.ord_status), (1, OrdStatus::New.into()));
        assert_eq!((report.account.get(), report.session_id.get()), (ALICE, ALICE_SESSION));
    }
    assert_ne!(world.engine.state_digest(), before, "the numbers were used");
    // It comes forward as others trade, and trades itself.
    world.send(BOB_SESSION, &ask(3, BOB, 15, 30)).first::<Trade>();
    let report: OrderStatusReport = world.send(ALICE_SESSION, &status_of(order_id, 0)).only();
    assert_eq!((report.leaves_qty.get(), report.cum_qty.get()), (7, 3));
    assert_eq!(report.quantity_ahead.get(), 0);
    assert_eq!(report.ord_status, OrdStatus::PartiallyFilled.into());
}

#[test]
fn another_firm_s_order_and_an_ended_one_are_unknown() {
    let mut world = World::open();
    let order_id = world.send(ALICE_SESSION, &bid(1, ALICE, 1, 30)).first::<OrderRested>().order_id;
    let unknown = RejectCode::UnknownOrder;
    let by_bob = world.send(BOB_SESSION, &status_of(order_id.get(), 0));
    assert_eq!(by_bob.reject_code(), unknown);
    assert_eq!(world.send(ALICE_SESSION, &status_of(0, 9)).reject_code(), unknown);
    world.send(ALICE_SESSION, &bid(9, ALICE, 1, 30)).first::<OrderRested>();
    world.send(ALICE_SESSION, &cancel(2, order_id.get())).only::<OrderCancelled>();
    assert_eq!(world.send(ALICE_SESSION, &status_of(order_id.get(), 0)).reject_code(), unknown);
    let refused = world.send(ADMIN_SESSION, &status_of(order_id.get(), 0));
    assert_eq!(refused.reject_code(), RejectCode::NotEntitled);
}

/// Exact where the nearer end of the queue is at most 256 orders away.
#[test]
fn lots_with_more_than_256_orders_on_either_side_are_not_counted() {
    let mut world = World::open();
    world.is_checked = false;
    let mut order_ids = Vec::new();
    for id in 1..=514 {
        let lots = u32::try_from(id % 7 + 1).unwrap();
        let rested: OrderRested = world.send(ALICE_SESSION, &bid(id, ALICE, lots, 30)).first();
        order_ids.push((rested.order_id.get(), lots));
    }
    let ahead = |world: &mut World, index: usize| {
        let request = status_of(order_ids[index].0, 0);
        world.send(ALICE_SESSION, &request).only::<OrderStatusReport>().quantity_ahead.get()
    };
    let lots_before = |index: usize| order_ids[..index].iter().map(|(_, lots)| lots).sum::<u32>();
    // As many orders lie before one as its index, and 513 less its index behind it.
    for index in [0, 1, 255, 256, 257, 258, 512, 513] {
        assert_eq!(ahead(&mut world, index), lots_before(index), "{index}");
    }
    world.send(ALICE_SESSION, &bid(600, ALICE, 1, 30)).first::<OrderRested>();
    assert_eq!(ahead(&mut world, 256), lots_before(256));
    assert_eq!(ahead(&mut world, 257), u32::MAX, "257 before it, 257 behind it");
    assert_eq!(ahead(&mut world, 258), lots_before(258));
}
