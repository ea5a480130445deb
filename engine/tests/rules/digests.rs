//! Both digests: what changes them, and that equal commands give equal bytes.

use forecastle_engine::{EngineConfig, LookAhead};
use forecastle_proto_spec::*;

use crate::world::*;

/// Two exchanges that differ in nothing but what `build` does with the number 0 or 1.
fn digests(build: impl Fn(&mut World, u32)) -> [(u64, u64); 2] {
    [0, 1].map(|variant| {
        let mut world = World::open();
        build(&mut world, variant);
        (world.engine.market_digest(), world.engine.state_digest())
    })
}

#[test]
fn one_quantity_changes_both() {
    let [a, b] = digests(|world, variant| {
        world.send(ALICE_SESSION, &bid(1, ALICE, 10 + variant, 5_000));
    });
    assert_ne!(a.0, b.0);
    assert_ne!(a.1, b.1);
}

#[test]
fn swapping_the_priority_of_two_orders_changes_both() {
    let [a, b] = digests(|world, variant| {
        let first = world.send(ALICE_SESSION, &bid(1, ALICE, 10, 5_000)).first::<OrderRested>();
        let second = world.send(ALICE_SESSION, &bid(2, CAROL, 10, 5_000)).first::<OrderRested>();
        // Both end at 5000 after a round trip; who went first comes first.
        let (x, y) = (first.order_id.get(), second.order_id.get());
        for order_id in if variant == 0 { [x, y] } else { [y, x] } {
            world.send(ALICE_SESSION, &replace(100 + order_id, order_id, 10, 4_000));
        }
    });
    assert_ne!(a.0, b.0);
    assert_ne!(a.1, b.1);
}

#[test]
fn accounts_prices_sides_and_statuses_change_both() {
    type Build = fn(&mut World, u32);
    let builds: [Build; 5] = [
        |world, variant| {
            world.send(ADMIN_SESSION, &deposit(ALICE + variant, 1));
        },
        |world, variant| {
            let account = if variant == 0 { ALICE } else { CAROL };
            world.send(ALICE_SESSION, &bid(1, account, 10, 5_000));
        },
        |world, variant| {
            let price = 5_000 + u16::try_from(variant).unwrap();
            world.send(ALICE_SESSION, &bid(1, ALICE, 10, price));
        },
        |world, variant| {
            let side = Side::ALL[variant as usize];
            world.send(ALICE_SESSION, &order(1, ALICE, side, 10, 5_000));
        },
        |world, variant| {
            let status = [MarketStatus::Paused, MarketStatus::Closed][variant as usize];
            world.set_status(2, 4, status);
        },
    ];
    for build in builds {
        let [a, b] = digests(build);
        assert_ne!(a.0, b.0);
        assert_ne!(a.1, b.1);
    }
}

/// State that no market shows: only the state digest knows it.
#[test]
fn ids_numbers_and_rights_change_the_state_digest_alone() {
    type Build = fn(&mut World, u32);
    let builds: [Build; 7] = [
        |world, variant| {
            world.send(ALICE_SESSION, &bid(1 + u64::from(variant), ALICE, 10, 5_000));
        },
        |world, variant| {
            let mut message = bid(1, ALICE, 10, 5_000);
            message.cl_ord_link_id.set(variant);
            world.send(ALICE_SESSION, &message);
        },
        |world, variant| {
            let mut message = bid(1, ALICE, 10, 5_000);
            message.time_in_force = u8::try_from(variant).unwrap();
            world.send(ALICE_SESSION, &message);
        },
        |world, variant| {
            world.entitle(9, 9, u16::try_from(variant).unwrap());
        },
        |world, variant| {
            // A refused order uses its number and its ClOrdID.
            world.send(ALICE_SESSION, &bid(1 + u64::from(variant), BOB, 10, 5_000));
        },
        |world, variant| {
            // The order in which slots were freed.
            let ids: Vec<u64> = (1..=2)
                .map(|cl_ord_id| {
                    let effects = world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, 1));
                    effects.first::<OrderRested>().order_id.get()
                })
                .collect();
            world.send(ALICE_SESSION, &cancel(3, ids[variant as usize]));
            world.send(ALICE_SESSION, &cancel(3, ids[1 - variant as usize]));
        },
        |world, variant| {
            let in_play = u8::try_from(variant).unwrap();
            world.send(ADMIN_SESSION, &status_request(2, 4, 3, in_play));
        },
    ];
    for build in builds {
        let [a, b] = digests(build);
        assert_eq!(a.0, b.0);
        assert_ne!(a.1, b.1);
    }
}

#[test]
fn unfinished_work_is_state() {
    let [a, b] = digests(|world, variant| {
        world.is_checked = false;
        for cl_ord_id in 1..=300 {
            world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, 1));
        }
        let scope = [MassActionScope::Firm, MassActionScope::Account][variant as usize];
        let mut request = mass_cancel(1, scope);
        request.account.set(ALICE);
        world.send(ALICE_SESSION, &request);
    });
    assert_eq!(a.0, b.0);
    assert_ne!(a.1, b.1);
}

/// The market digest of a small exchange, recomputed here word by word from the rules.
#[test]
fn the_market_digest_is_what_the_rules_say() {
    let mut world = World::new(EngineConfig::small());
    world.define_open_event(2, true);
    world.send(ALICE_SESSION, &bid(1, ALICE, 10, 4_000));
    world.send(ALICE_SESSION, &bid(2, CAROL, 5, 4_100));
    world.send(BOB_SESSION, &ask(1, BOB, 7, 4_000));
    world.send(BOB_SESSION, &ask(2, BOB, 3, 9_000));
    let words = [
        3,
        1,
        1_000_000_000 - 2 * 4_000,
        1,
        2,
        2,
        1_000_000_000 + 2 * 4_000 + 5 * 4_100,
        1,
        -7,
        3,
        1_000_000_000 - 5 * 4_100,
        1,
        5,
        0,
        0,
        1,
        2,
        1,
        4_000,
        8,
        1,
        1,
        9_000,
        3,
        2,
        2,
        2,
        0,
        0,
    ];
    let expected = words.iter().fold(Digest::new(1), |digest, word| digest.absorb_signed(*word));
    assert_eq!(world.engine.market_digest(), expected.value());
}

#[test]
fn equal_commands_give_equal_bytes_and_digests() {
    let run = || {
        let mut world = World::open();
        world.is_checked = false;
        let mut state = 0xC0FFEE_u64;
        for cl_ord_id in 1..=2_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let side = Side::ALL[usize::from(state >> 63 == 1)];
            let price = 4_900 + u16::try_from((state >> 40) % 200).unwrap();
            let quantity = 1 + u32::try_from((state >> 20) % 50).unwrap();
            let (session_id, account) =
                if state >> 62 & 1 == 1 { (ALICE_SESSION, ALICE) } else { (BOB_SESSION, BOB) };
            world.send(session_id, &order(cl_ord_id, account, side, quantity, price));
        }
        world.engine.check_invariants();
        (world.engine.state_digest(), world.engine.market_digest(), world.written)
    };
    assert!(run() == run());
}

/// A look-ahead changes nothing, whatever it is given.
#[test]
fn looking_ahead_changes_nothing() {
    let mut world = World::open();
    let rested = world.send(ALICE_SESSION, &bid(1, ALICE, 10, 4_000)).first::<OrderRested>();
    let before = world.engine.state_digest();
    let mut wild = bid(2, u32::MAX, 1, u16::MAX);
    wild.security_id.set(u32::MAX);
    let mut look_ahead = LookAhead::new();
    for bytes in [
        encoded(&bid(2, ALICE, 1, 1)),
        // It would trade with the bid.
        encoded(&order(2, BOB, Side::Sell, 1, 4_000)),
        encoded(&cancel(3, rested.order_id.get())),
        encoded(&wild),
        encoded(&cancel(3, u64::MAX)),
        encoded(&replace(3, 0, 1, 1)),
        vec![0xFF; 70],
        Vec::new(),
    ] {
        for session_id in [ALICE_SESSION, EXCHANGE, u32::MAX] {
            look_ahead.announce(&world.engine, session_id, &bytes);
            look_ahead.announce_next(&world.engine, session_id, &bytes);
        }
    }
    // On to the last step.
    for _ in 0..LookAhead::DISTANCE {
        look_ahead.announce(&world.engine, EXCHANGE, &encoded(&wild));
        look_ahead.announce(&world.engine, EXCHANGE, &encoded(&cancel(3, u64::MAX)));
    }
    assert_eq!(world.engine.state_digest(), before);
    world.engine.check_invariants();
}
