//! Collars: limits of the prices of new orders.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;

use crate::event_parameters::parameters;
use crate::world::*;

fn bounded(event_id: u32, low: u16, high: u16) -> EventParametersRequest {
    EventParametersRequest {
        static_low: low.into(),
        static_high: high.into(),
        ..parameters(event_id)
    }
}

fn limits_told(effects: &Effects) -> Vec<(u32, u16, u16)> {
    let told = effects.all::<PriceLimitsChanged>().into_iter();
    told.map(|it| (it.security_id.get(), it.low_limit_price.get(), it.high_limit_price.get()))
        .collect()
}

#[test]
fn new_prices_stay_inside_the_limits_and_resting_orders_stand() {
    let mut world = World::open();
    let outside = world.send(ALICE_SESSION, &bid(1, ALICE, 5, 1_000)).first::<OrderRested>();
    world.set_status(1, 0, MarketStatus::Paused);
    let effects = world.send(ADMIN_SESSION, &bounded(1, 2_000, 3_000));
    assert_eq!(limits_told(&effects), [(1, 2_000, 3_000), (2, 2_000, 3_000), (3, 2_000, 3_000)]);
    let again = world.send(ADMIN_SESSION, &bounded(1, 2_000, 3_000));
    again.only::<EventParametersReport>();
    world.set_status(1, 0, MarketStatus::Open);
    for (cl_ord_id, price, is_inside) in
        [(2, 1_999, false), (3, 2_000, true), (4, 3_000, true), (5, 3_001, false)]
    {
        for (order, offset) in
            [(bid(cl_ord_id, CAROL, 1, price), 0), (ask(cl_ord_id, CAROL, 1, price), 10)]
        {
            let order = NewOrderSingle {
                cl_ord_id: (cl_ord_id + offset).into(),
                security_id: (2 + u32::from(offset == 10)).into(),
                ..order
            };
            let effects = world.send(ALICE_SESSION, &order);
            if is_inside {
                effects.first::<OrderRested>();
            } else {
                assert_eq!(effects.reject_code(), RejectCode::PriceOutsideCollar);
            }
        }
    }
    // The order from before may shrink, trade and go; it comes again inside only.
    let order_id = outside.order_id.get();
    world.send(ALICE_SESSION, &replace(30, order_id, 4, 1_000)).only::<OrderReplaced>();
    let refused = world.send(ALICE_SESSION, &replace(31, order_id, 6, 1_000));
    assert_eq!(refused.reject_code(), RejectCode::PriceOutsideCollar);
    world.send(ALICE_SESSION, &replace(32, order_id, 6, 2_500)).first::<OrderReplaced>();
    // Another event is not touched.
    let lone = NewOrderSingle { security_id: 4.into(), ..bid(33, ALICE, 1, 1) };
    world.send(ALICE_SESSION, &lone).first::<OrderRested>();
}

#[test]
fn one_limit_alone_leaves_the_other_end_open() {
    let mut world = World::open();
    world.set_status(2, 0, MarketStatus::Paused);
    let told = limits_told(&world.send(ADMIN_SESSION, &bounded(2, 0, 400)));
    assert_eq!(told, [(4, 1, 400)]);
    let told = limits_told(&world.send(ADMIN_SESSION, &bounded(2, 300, 0)));
    assert_eq!(told, [(4, 300, 9_999)]);
    let told = limits_told(&world.send(ADMIN_SESSION, &parameters(2)));
    assert_eq!(told, [(4, 1, 9_999)]);
}

#[test]
fn limits_come_out_of_a_snapshot() {
    let mut world = World::open();
    world.set_status(2, 0, MarketStatus::Paused);
    world.send(ADMIN_SESSION, &bounded(2, 300, 400));
    world.set_status(2, 0, MarketStatus::Open);
    let larger = EngineConfig { orders_max: 8_192, ..*world.engine.config() };
    world.engine = world.engine.reconfigured(larger).unwrap();
    let lone = NewOrderSingle { security_id: 4.into(), ..bid(1, ALICE, 1, 401) };
    let refused = world.send(ALICE_SESSION, &lone);
    assert_eq!(refused.reject_code(), RejectCode::PriceOutsideCollar);
}
