//! The encoding of all engine state, for snapshots and for engines with other limits.
//!
//! Compact: what is derived is left out and made again, tables hold only what is in use, orders
//! come book by book in priority order. Little-endian, no padding; the sections follow one another
//! in the order of [`Engine::encode_snapshot`], each with its count. What decodes has the digest
//! that was encoded, or it is refused: no input gives a wrong state, and none a panic.

mod consistency;
mod cursor;
mod orders;
mod pairs;

use std::fmt;

use forecastle_proto_spec::EngineConfiguration;
use zerocopy::{FromBytes as _, IntoBytes as _};

use crate::config::{ConfigError, EngineConfig};
use crate::configuration::{ConfigurationError, RULES_VERSION, configuration_digest};
use crate::engine::Engine;
pub(crate) use cursor::{COUNTER_LIMIT, Decoder, Encoder};

impl Engine {
    /// Appends the encoding of all state to `bytes`. O(state in use).
    pub fn encode_snapshot(&self, bytes: &mut Vec<u8>) {
        let mut encoder = Encoder::new(bytes);
        encoder.u16(SNAPSHOT_VERSION);
        encoder.bytes(self.config.to_message().as_bytes());
        encoder.u64(self.content_digest());
        self.entitlements.encode(&mut encoder);
        self.sessions.encode(&mut encoder);
        self.client_order_ids.encode(self.sessions.count(), &mut encoder);
        self.ledger.accounts.encode(&mut encoder);
        self.ledger.encode_totals(&mut encoder);
        self.encode_limits(&mut encoder);
        self.events.encode(&mut encoder);
        self.encode_pairs(&mut encoder);
        self.encode_paid(&mut encoder);
        self.orders.encode_counters(&mut encoder);
        self.encode_orders(&mut encoder);
        self.work.encode(&mut encoder);
        self.events.encode_parameters(&mut encoder);
        self.events.encode_sets(&mut encoder);
        self.blocks.encode(&mut encoder);
        self.entitlements.encode_open_orders_max(&mut encoder);
        self.timers.encode(&mut encoder);
        self.events.encode_tick_tables(&mut encoder);
        self.events.encode_determinations(&mut encoder);
        self.protection.encode(&mut encoder);
        self.quote_sets.encode(&mut encoder);
        self.sessions.encode_cancel_on_disconnect(&mut encoder);
        self.reference_odds.encode(&mut encoder);
        self.odds_requests.encode(&mut encoder);
        self.catalogue.encode(&mut encoder);
    }

    /// The engine whose state `bytes` encode, with the configuration they name; the one of digest
    /// `state_digest`, as [`Self::state_digest`] was when they were encoded. What is to be
    /// allocated is checked against it first, so that damaged limits ask for no memory. A state of
    /// an earlier version goes on under the rules of this build, so its digest then is another.
    ///
    /// # Errors
    /// [`SnapshotError`]: the version or rules are others, the bytes are no state, or another one.
    pub fn decode_snapshot(bytes: &[u8], state_digest: u64) -> Result<Self, SnapshotError> {
        let Beginning { config, content_digest, rules_version } = Decoder::new(bytes).begin()?;
        let configuration = configuration_digest(&config, rules_version);
        let found = content_digest.wrapping_add(configuration.value());
        if found != state_digest {
            return Err(SnapshotError::Digest { found, expected: state_digest });
        }
        Self::decode_into(config, bytes)
    }

    /// An engine with the same state and other limits. Where the ClOrdID window is shorter, the
    /// oldest ids are forgotten.
    ///
    /// # Errors
    /// [`SnapshotError::Limit`] when the state does not fit, [`SnapshotError::Config`] when a
    /// limit is outside its range.
    pub fn reconfigured(&self, config: EngineConfig) -> Result<Self, SnapshotError> {
        let mut bytes = Vec::new();
        self.encode_snapshot(&mut bytes);
        Self::decode_into(config, &bytes)
    }

    fn decode_into(config: EngineConfig, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut decoder = Decoder::new(bytes);
        let beginning = decoder.begin()?;
        let mut engine = Self::new(config).map_err(SnapshotError::Config)?;
        if config.shard != beginning.config.shard {
            return Err(decoder.invalid("shard"));
        }
        // No client chose his ids by the digest of a state that has them in it.
        engine.key_hashes(beginning.content_digest);
        engine.entitlements.decode(&mut decoder)?;
        engine.sessions.decode(config.access_keys_max, &mut decoder)?;
        engine.client_order_ids.decode(engine.sessions.count(), &mut decoder)?;
        engine.ledger.accounts.decode(&mut decoder)?;
        engine.ledger.decode_totals(&mut decoder)?;
        let is_limiting = decoder.version() >= 2;
        if is_limiting {
            engine.decode_limits(&mut decoder)?;
        }
        engine.events.decode(&mut decoder)?;
        engine.decode_pairs(&mut decoder)?;
        if is_limiting {
            engine.decode_paid(&mut decoder)?;
        }
        let free_slots = engine.orders.decode_counters(&mut decoder)?;
        engine.decode_orders(&mut decoder)?;
        engine.orders.retire_others(&free_slots);
        engine.work.decode(&mut decoder)?;
        if decoder.version() >= 2 {
            engine.events.decode_parameters(&mut decoder)?;
            engine.events.decode_sets(&mut decoder)?;
            engine.blocks.decode(&mut decoder)?;
            engine.entitlements.decode_open_orders_max(&mut decoder)?;
            engine.timers.decode(&mut decoder)?;
            engine.events.decode_tick_tables(&mut decoder)?;
            engine.events.decode_determinations(&mut decoder)?;
            engine.protection.decode(&mut decoder)?;
            engine.quote_sets.decode(&mut decoder)?;
            engine.sessions.decode_cancel_on_disconnect(&mut decoder)?;
            engine.reference_odds.decode(&engine.events, &mut decoder)?;
            engine.odds_requests.decode(&engine.events, &mut decoder)?;
            engine.catalogue.decode(&mut decoder)?;
            engine.restore_price_limits();
        }
        decoder.end()?;
        engine.gather_seldom_digest();
        engine.link_quotes(&decoder)?;
        engine.check_consistent(&decoder)?;
        // Of all limits only the window's length moves pieces of the state.
        let is_same = config.cl_ord_id_window == beginning.config.cl_ord_id_window;
        let found = match decoder.version() {
            FIRST_VERSION => engine.first_content_digest(),
            _ => engine.content_digest(),
        };
        if is_same && found != beginning.content_digest {
            return Err(SnapshotError::Digest { found, expected: beginning.content_digest });
        }
        Ok(engine)
    }

    /// The state digest without the configuration's piece.
    fn content_digest(&self) -> u64 {
        self.state_digest().wrapping_sub(self.configuration_digest.value())
    }

    /// As [`Self::content_digest`], of the pieces as states of version 1 define them.
    fn first_content_digest(&self) -> u64 {
        self.entitlements
            .digest()
            .join(self.sessions.first_digest())
            .join(self.client_order_ids.first_digest())
            .join(self.ledger.first_digest())
            .join(self.events.first_digest())
            .join(self.orders.first_digest(|order| self.account_of(order)))
            .join(self.work.digest())
            .value()
    }
}

/// How every encoding begins.
struct Beginning {
    config: EngineConfig,
    content_digest: u64,
    rules_version: u32,
}

impl Decoder<'_> {
    fn begin(&mut self) -> Result<Beginning, SnapshotError> {
        let version = self.u16()?;
        if !(FIRST_VERSION..=SNAPSHOT_VERSION).contains(&version) {
            return Err(SnapshotError::Version { found: version });
        }
        self.set_version(version);
        let message = self.take(size_of::<EngineConfiguration>())?;
        let message = EngineConfiguration::read_from_bytes(message)
            .map_err(|_| self.invalid("configuration"))?;
        // The first rules ended with the first version of the encoding.
        let rules_version = if version == 1 { 1 } else { RULES_VERSION };
        let found = message.rules_version.get();
        if found != rules_version {
            return Err(SnapshotError::Configuration(ConfigurationError::Rules { found }));
        }
        let config = EngineConfig::from_message_of_any_rules(&message);
        let config = config.map_err(SnapshotError::Configuration)?;
        let mut expected = config.to_message();
        expected.rules_version.set(rules_version);
        self.require(expected.as_bytes() == message.as_bytes(), "configuration")?;
        Ok(Beginning { config, content_digest: self.u64()?, rules_version })
    }
}

/// Why bytes are not the state of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// The encoding has another version.
    Version {
        /// Which.
        found: u16,
    },
    /// The configuration in it is not one of this build.
    Configuration(ConfigurationError),
    /// A limit of the engine that was asked for is outside its range.
    Config(ConfigError),
    /// They end too early, or go on behind the end.
    Length {
        /// Offset where that shows.
        offset: usize,
    },
    /// A value that no engine has.
    Invalid {
        /// What it was to be.
        what: &'static str,
        /// Offset behind it.
        offset: usize,
    },
    /// The state does not fit the limits of the engine that was asked for.
    Limit {
        /// The limit, by its name in [`EngineConfig`].
        limit: &'static str,
        /// What the state needs at least.
        needed: u64,
    },
    /// Every value may be, but all together they are another state than was encoded.
    Digest {
        /// Digest of what was decoded.
        found: u64,
        /// Digest that was encoded.
        expected: u64,
    },
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { found } => write!(
                formatter,
                "the state's encoding has version {found}, this build reads {FIRST_VERSION} to \
                 {SNAPSHOT_VERSION}"
            ),
            Self::Configuration(error) => error.fmt(formatter),
            Self::Config(error) => error.fmt(formatter),
            Self::Length { offset } => {
                write!(formatter, "the state's length is wrong at byte {offset}")
            }
            Self::Invalid { what, offset } => {
                write!(formatter, "before byte {offset} of the state: no valid {what}")
            }
            Self::Limit { limit, needed } => {
                write!(formatter, "{limit} is too low: what stands needs {needed}")
            }
            Self::Digest { found, expected } => {
                write!(formatter, "the state has digest {found:016x}, {expected:016x} was encoded")
            }
        }
    }
}

impl std::error::Error for SnapshotError {}

/// Version of the encoding that is written. What a state of an earlier version lacks has the value
/// that it has in an empty exchange.
pub const SNAPSHOT_VERSION: u16 = 2;
/// The first version, which is read for ever.
const FIRST_VERSION: u16 = 1;
