//! Mirror: when every order is replaced by its complement (side flipped, price p to 10000 − p) and
//! every settlement value v by 10000 − v, lone markets give mirrored books and reports, the same
//! fees, the same buying power at every moment and the same cash once a position is closed.

mod model;

use forecastle_engine::{BookOrder, Engine};
use forecastle_proto_spec::{
    EventParametersReport, EventParametersRequest, Frame, KillSwitchReport, KillSwitchRequest,
    Message, NewOrderSingle, OrderAccepted, OrderCancelReplaceRequest, OrderCancelled,
    OrderMassActionReport, OrderMassActionRequest, OrderMassStatusReport, OrderMassStatusRequest,
    OrderReplaced, OrderRested, OrderStatusReport, PAYOUT, PriceLimitsChanged, RECORD_LENGTH_MAX,
    SettlementRequest, Trade,
};

use zerocopy::little_endian::U16;

use model::harness::messages::{bytes_of, frames_of};
use model::harness::random::{Random, seed_of_environment};
use model::harness::side_by_side::{Applied, config_of, run};
use model::harness::world::{Kind, World};

#[test]
fn complements_of_all_orders_mirror_books_and_keep_cash() {
    let mut seeds = Random::new(FIRST_SEED);
    let mut trade_count = 0;
    for _ in 0..WORLDS {
        let seed = seed_of_environment().unwrap_or_else(|| seeds.word());
        trade_count += mirror_world(seed);
    }
    println!("{} commands mirrored, {trade_count} trades", WORLDS as u64 * COMMANDS);
    assert!(trade_count > 1_000, "the worlds must trade");
}

/// Runs one world and its mirror; gives the trades.
fn mirror_world(seed: u64) -> u64 {
    let mut world = World::new_with_journal(Kind::Lone, seed);
    let mut mirror =
        Engine::new(config_of(world.pair.model.limits)).expect("the limits are in range");
    let mut buffer = vec![0; RECORD_LENGTH_MAX];
    let mut effects_count = 0;
    for _ in 0..COMMANDS {
        let (session_id, bytes) = world.next_command();
        world.apply(session_id, &bytes);
        let journal = world.pair.journal.as_ref().expect("it was asked for");
        for (applied, effects) in &journal[effects_count..] {
            let complement = Applied { bytes: mirrored_command(&applied.bytes), ..applied.clone() };
            let got = run(&mut mirror, &complement, &mut buffer);
            compare_effects(effects, &got);
        }
        effects_count = journal.len();
        compare_state(&world, &mirror);
    }
    world.pair.coverage.effects.get(&Trade::TEMPLATE_ID).copied().unwrap_or(0)
}

fn compare_effects(original: &[u8], mirror: &[u8]) {
    let (original, mirror) = (frames_of(original), frames_of(mirror));
    assert_eq!(original.len(), mirror.len(), "as many effects");
    for (original, mirror) in original.iter().zip(&mirror) {
        assert_eq!(original.template_id, mirror.template_id, "the same kinds of effect");
        if let Some(expected) = mirrored_effect(*original) {
            assert_eq!(expected, mirror.bytes, "template {}", original.template_id);
        }
    }
}

fn compare_state(world: &World, mirror: &Engine) {
    let original = &world.pair.engine;
    let payout = i64::from(PAYOUT);
    for &account in world.pair.model.accounts.keys() {
        let mut position_sum = 0;
        for security_id in (1..).take(world.pair.model.markets.len()) {
            let position = original.position(account, security_id).expect("it exists");
            let reflected = mirror.position(account, security_id).expect("it exists");
            assert_eq!(position, -reflected, "position of {account} in {security_id}");
            position_sum += position;
        }
        let original = original.account(account).expect("it exists");
        let mirror = mirror.account(account).expect("it exists");
        assert_eq!(original.cash + payout * position_sum, mirror.cash, "cash of {account}");
        assert_eq!(original.buying_power, mirror.buying_power, "buying power of {account}");
        assert_eq!(original.open_order_count, mirror.open_order_count, "orders of {account}");
    }
    for security_id in (1..).take(world.pair.model.markets.len()) {
        let book = original.book(security_id).expect("it exists");
        let reflected = mirror.book(security_id).expect("it exists");
        let complement = |order: BookOrder| BookOrder { price: PAYOUT - order.price, ..order };
        assert!(book.bids().map(complement).eq(reflected.asks()), "bids of {security_id}");
        assert!(book.asks().map(complement).eq(reflected.bids()), "asks of {security_id}");
    }
}

fn mirrored_command(bytes: &[u8]) -> Vec<u8> {
    let Ok((frame, [])) = Frame::parse(bytes) else { return bytes.to_vec() };
    None.or_else(|| {
        changed(frame, |it: &mut NewOrderSingle| {
            it.side = flipped(it.side);
            it.price.set(complement_of(it.price.get()));
        })
    })
    .or_else(|| {
        changed(frame, |it: &mut OrderCancelReplaceRequest| {
            it.price.set(complement_of(it.price.get()));
        })
    })
    .or_else(|| changed(frame, |it: &mut OrderMassActionRequest| it.side = flipped(it.side)))
    .or_else(|| changed(frame, |it: &mut OrderMassStatusRequest| it.side = flipped(it.side)))
    .or_else(|| changed(frame, |it: &mut KillSwitchRequest| it.side = flipped(it.side)))
    .or_else(|| {
        changed(frame, |it: &mut EventParametersRequest| {
            (it.static_low, it.static_high) = swapped(it.static_low, it.static_high);
        })
    })
    .or_else(|| {
        changed(frame, |it: &mut SettlementRequest| {
            let value = it.values[0].get();
            it.values[0].set(if value <= PAYOUT { PAYOUT - value } else { value });
        })
    })
    .unwrap_or_else(|| bytes.to_vec())
}

/// The same effect in the mirror; nothing for effects that tell no side or price.
fn mirrored_effect(frame: Frame<'_>) -> Option<Vec<u8>> {
    None.or_else(|| {
        changed(frame, |it: &mut OrderAccepted| {
            it.side = flipped(it.side);
            it.price.set(complement_of(it.price.get()));
        })
    })
    .or_else(|| {
        changed(frame, |it: &mut OrderRested| {
            it.side = flipped(it.side);
            it.price.set(complement_of(it.price.get()));
        })
    })
    .or_else(|| {
        changed(frame, |it: &mut OrderReplaced| {
            it.side = flipped(it.side);
            it.price.set(complement_of(it.price.get()));
        })
    })
    .or_else(|| {
        changed(frame, |it: &mut Trade| {
            it.aggressor_side = flipped(it.aggressor_side);
            it.price.set(complement_of(it.price.get()));
        })
    })
    .or_else(|| changed(frame, |it: &mut OrderCancelled| it.side = flipped(it.side)))
    .or_else(|| changed(frame, |it: &mut OrderMassActionReport| it.side = flipped(it.side)))
    .or_else(|| changed(frame, |it: &mut OrderMassStatusReport| it.side = flipped(it.side)))
    .or_else(|| {
        changed(frame, |it: &mut OrderStatusReport| {
            it.side = flipped(it.side);
            it.price.set(complement_of(it.price.get()));
        })
    })
    .or_else(|| changed(frame, |it: &mut KillSwitchReport| it.side = flipped(it.side)))
    .or_else(|| {
        changed(frame, |it: &mut EventParametersReport| {
            (it.static_low, it.static_high) = swapped(it.static_low, it.static_high);
        })
    })
    .or_else(|| {
        changed(frame, |it: &mut PriceLimitsChanged| {
            (it.low_limit_price, it.high_limit_price) =
                swapped(it.low_limit_price, it.high_limit_price);
        })
    })
}

fn changed<M: Message>(frame: Frame<'_>, change: impl FnOnce(&mut M)) -> Option<Vec<u8>> {
    let mut message = *frame.body::<M>()?;
    change(&mut message);
    Some(bytes_of(&message))
}

fn flipped(side: u8) -> u8 {
    match side {
        1 => 2,
        2 => 1,
        side => side,
    }
}

/// Limits of prices in the mirror; no limit stays none.
fn swapped(low: U16, high: U16) -> (U16, U16) {
    (complement_of(high.get()).into(), complement_of(low.get()).into())
}

/// The other side's price; one off the grid stays off it.
fn complement_of(price: u16) -> u16 {
    if price < PAYOUT && price > 0 { PAYOUT - price } else { price }
}

const WORLDS: u32 = 30;
const COMMANDS: u64 = 1_000;
const FIRST_SEED: u64 = 0x0001_3144_0E57;
