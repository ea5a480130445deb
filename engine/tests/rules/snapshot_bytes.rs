//! Snapshots whose bytes somebody made up, and one that is kept: refused or right, whatever they
//! say, without a panic and without asking for memory first.

use forecastle_engine::{Engine, EngineConfig, SnapshotError};
use forecastle_proto_spec::*;

use crate::snapshots::{busy_world, encoded_state};
use crate::world::*;

/// An exchange of few rows: positions, a queue, freed slots, a window gone round, and a pay-out
/// that has not reached everybody, since there are more accounts than one step looks at.
fn paying_world() -> World {
    let config = EngineConfig { accounts_max: 9_000, cl_ord_id_window: 4, ..EngineConfig::small() };
    let mut world = World::new(config);
    let (event_id, _) = world.define_open_event(3, true);
    let (_, lone) = world.define_open_event(1, false);
    world.is_checked = false;
    world.open_account(LAST_ACCOUNT, 20, STAKE);
    for id in 1..=5 {
        world.send(ALICE_SESSION, &bid(id, ALICE, 3, 4_000));
    }
    world.send(BOB_SESSION, &ask(1, LAST_ACCOUNT, 5, 4_000));
    for (account, session_id) in [(ALICE, ALICE_SESSION), (BOB, BOB_SESSION)] {
        let mut order = bid(20, account, 7, 30 + u16::try_from(account).unwrap());
        order.security_id.set(lone);
        world.send(session_id, &order);
    }
    world.set_status(event_id, 0, MarketStatus::Closed);
    world.finish_work();
    world.settle(event_id, &[10_000, 0, 0]);
    // As far as the first step looked when the state was kept.
    for _ in 0..3 {
        world.continue_work();
    }
    assert!(world.engine.continuation_is_pending());
    world.is_checked = true;
    world
}

/// A state that is kept, and what made it.
struct Kept {
    bytes: &'static [u8],
    state_digest: u64,
    market_digest: u64,
    story: fn() -> World,
}

/// Never made anew: a new version of the encoding adds its own beside them.
const KEPT: [Kept; 2] = [
    Kept {
        bytes: include_bytes!("../golden/v1-pay-out.state"),
        state_digest: 0x7084_283a_1e96_08fd,
        market_digest: 0xa09b_4d6e_4f75_0284,
        story: paying_world,
    },
    Kept {
        bytes: include_bytes!("../golden/v1-sweep.state"),
        state_digest: 0xdd94_66fa_3565_15f0,
        market_digest: 0x7e93_c031_d814_eef4,
        story: busy_world,
    },
];

#[test]
fn kept_states_decode_to_their_digests_for_ever() {
    for kept in KEPT {
        let engine = Engine::decode_snapshot(kept.bytes, kept.state_digest).unwrap();
        engine.check_invariants();
        assert_eq!(engine.market_digest(), kept.market_digest);
        assert!(engine.continuation_is_pending());
        let encoded = encoded_state(&engine);
        let told_again = encoded_state(&(kept.story)().engine);
        assert!(told_again == encoded, "the story ends alike");
        let again = Engine::decode_snapshot(&encoded, engine.state_digest()).unwrap();
        assert!(encoded_state(&again) == encoded, "it is encoded to the same bytes");
    }
    let engine = Engine::decode_snapshot(KEPT[0].bytes, KEPT[0].state_digest).unwrap();
    assert_eq!((engine.position(ALICE, 1), engine.position(LAST_ACCOUNT, 1)), (Some(0), Some(-5)));
    let order = engine.book(4).unwrap().bids().next().unwrap();
    assert_eq!((order.price, order.leaves_qty, order.account), (32, 7, BOB));
}

#[test]
fn limits_that_were_damaged_ask_for_no_memory() {
    let engine = paying_world().engine;
    let mut bytes = encoded_state(&engine);
    // Every limit at its highest: hundreds of gigabytes of tables.
    let config = EngineConfig {
        accounts_max: 1 << 24,
        events_max: 1 << 20,
        markets_max: 1 << 20,
        orders_max: 1 << 24,
        exposures_max: 1 << 26,
        ..*engine.config()
    };
    bytes[2..50].copy_from_slice(zerocopy::IntoBytes::as_bytes(&config.to_message()));
    let refused = Engine::decode_snapshot(&bytes, engine.state_digest()).err();
    assert!(matches!(refused, Some(SnapshotError::Digest { .. })), "{refused:?}");
}

#[test]
fn random_bytes_are_refused() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let engine = paying_world().engine;
    let good = encoded_state(&engine);
    for round in 0..20_000 {
        let mut bytes: Vec<u8> = (0..random.below(600)).map(|_| random.next() as u8).collect();
        if round % 2 == 0 {
            // Behind a beginning that holds, so that the tables are reached.
            bytes.splice(0..0, good[..HEAD_LENGTH + random.below(80)].iter().copied());
        }
        let refused = Engine::decode_snapshot(&bytes, engine.state_digest());
        assert!(refused.is_err(), "round {round}: {bytes:02x?}");
    }
}

/// Bytes that lie, with digests that hold: whatever is let in keeps every law of the engine, now
/// and while its work is finished and the next commands come.
#[test]
fn a_lie_whose_digest_is_right_is_refused_or_keeps_every_law() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let mut stage = World::empty(EngineConfig::small());
    for (world, rounds) in [(busy_world(), 600), (paying_world(), 1_500)] {
        let good = encoded_state(&world.engine);
        let rest = world.engine.state_digest().wrapping_sub(content_digest(&good));
        let mut admitted = 0;
        for _ in 0..rounds {
            let mut bytes = good.clone();
            for _ in 0..=random.below(2) {
                random.spoil(&mut bytes[HEAD_LENGTH..]);
            }
            if let Ok(engine) = decode_with_its_digest(&mut bytes, rest) {
                admitted += 1;
                engine.check_invariants();
                (stage.position, stage.time_ns) = (world.position, world.time_ns);
                stage.engine = engine;
                go_on(&mut stage);
            }
        }
        assert!(admitted > rounds / 50, "{admitted} of {rounds} got through to the laws");
    }
}

#[test]
fn lies_about_money_are_named() {
    let mut world = World::new(EngineConfig::small());
    world.define_open_event(1, false);
    // All that Alice has, to the last millionth.
    world.send(ALICE_SESSION, &bid(NEW_ID, ALICE, 200_000, 5_000));
    assert_eq!(world.buying_power(ALICE), 0);
    let good = encoded_state(&world.engine);
    let rest = world.engine.state_digest().wrapping_sub(content_digest(&good));
    let refusal = |change: &dyn Fn(&mut [u8])| {
        let mut bytes = good.clone();
        change(&mut bytes);
        decode_with_its_digest(&mut bytes, rest).unwrap_err().to_string()
    };
    // The order lies behind the window that names its id as well: quantities, link and account
    // are between the id and the price.
    let id = good.windows(8).rposition(|bytes| bytes == NEW_ID.to_le_bytes()).unwrap();
    let price = id + 24;
    assert_eq!(good[price..price + 2], 5_000_u16.to_le_bytes());
    let dearer = refusal(&|bytes| bytes[price..price + 2].copy_from_slice(&[0x89, 0x13]));
    assert!(dearer.contains("no valid account"), "{dearer}");
    let deposits = (3 * STAKE).to_le_bytes();
    let totals = good.windows(8).position(|bytes| bytes == deposits).unwrap();
    // Fees and the settlement pool: what one has more the other has less.
    let moved = refusal(&|bytes| {
        bytes[totals + 16..totals + 24].copy_from_slice(&5_i64.to_le_bytes());
        bytes[totals + 24..totals + 40].copy_from_slice(&(-5_i128).to_le_bytes());
    });
    assert!(moved.contains("no valid settlement pool"), "{moved}");
    let made = refusal(&|bytes| bytes[totals] += 1);
    assert!(made.contains("no valid total of money"), "{made}");
    let negative = refusal(&|bytes| bytes[totals + 23] = 0xFF);
    assert!(negative.contains("no valid totals"), "{negative}");
}

/// Decodes it, with the digest in it made that of what it says.
fn decode_with_its_digest(bytes: &mut [u8], rest: u64) -> Result<Engine, SnapshotError> {
    let decode =
        |bytes: &[u8]| Engine::decode_snapshot(bytes, content_digest(bytes).wrapping_add(rest));
    let refused = match decode(bytes) {
        Err(SnapshotError::Digest { found, .. }) => found,
        result => return result,
    };
    bytes[HEAD_LENGTH - 8..HEAD_LENGTH].copy_from_slice(&refused.to_le_bytes());
    decode(bytes)
}

/// Work is finished, orders come and go; every command checks every invariant.
fn go_on(world: &mut World) {
    for _ in 0..4 {
        world.continue_work();
    }
    for (account, session_id, order) in [
        (ALICE, ALICE_SESSION, bid(NEW_ID, ALICE, 50, 9_000)),
        (BOB, BOB_SESSION, ask(NEW_ID, BOB, 50, 1)),
    ] {
        world.send(session_id, &negotiate(session_id, LATE_VERSION));
        world.send(session_id, &establish(session_id, LATE_VERSION));
        let other = NewOrderSingle { security_id: 4.into(), ..bid(NEW_ID + 1, account, 9, 31) };
        for (seq_num, order) in [1, 2].map(Into::into).into_iter().zip([order, other]) {
            world.apply(session_id, &encoded(&NewOrderSingle { seq_num, ..order }));
        }
        let sweep = mass_cancel(NEW_ID + 2, MassActionScope::Firm);
        let seq_num = 3.into();
        world.apply(session_id, &encoded(&OrderMassActionRequest { seq_num, ..sweep }));
    }
}

fn content_digest(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[HEAD_LENGTH - 8..HEAD_LENGTH].try_into().unwrap())
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    /// Another value at some place: one off, an edge, or anything.
    fn spoil(&mut self, bytes: &mut [u8]) {
        let index = self.below(bytes.len());
        match self.below(6) {
            0 => bytes[index] = bytes[index].wrapping_add(1),
            1 => bytes[index] = bytes[index].wrapping_sub(1),
            2 => bytes[index] ^= 1 << self.below(8),
            3 => {
                let length = 8.min(bytes.len() - index);
                bytes[index..index + length].fill(if self.below(2) == 0 { 0 } else { 0xFF });
            }
            4 => bytes[index] = self.next() as u8,
            _ => {
                let other = self.below(bytes.len());
                let length = 8.min(bytes.len() - index.max(other));
                bytes.copy_within(other..other + length, index);
            }
        }
    }
}

const SEED: u64 = 0x005A_A95E;
/// Version, configuration and content digest.
const HEAD_LENGTH: usize = 58;
/// Above every session's.
const LATE_VERSION: u64 = 1_000_000;
/// Above every ClOrdID.
const NEW_ID: u64 = 0x7766_5544_3322_1101;
const LAST_ACCOUNT: u32 = 8_999;
