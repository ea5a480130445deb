//! Limits of an engine, fixed at construction: every table is allocated to them once.

use std::fmt;

use forecastle_proto_spec::{AcknowledgementLevel, Message, OrderId, RECORD_LENGTH_MAX, Trade};

/// Limits and settings of one engine; they are part of the rules, so every replica has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// Highest account number, 1 to 2^24.
    pub accounts_max: u32,
    /// Most events ever defined, 1 to 2^20.
    pub events_max: u32,
    /// Most markets ever defined, 1 to 2^20.
    pub markets_max: u32,
    /// Order slots, 1 to 2^24.
    pub orders_max: u32,
    /// Most sessions ever negotiated, 1 to 65535.
    pub sessions_max: u32,
    /// Highest access key id, 1 to 2^20.
    pub access_keys_max: u32,
    /// ClOrdIDs that each session remembers, 1 to 2^20.
    pub cl_ord_id_window: u32,
    /// Rows of pairs of account and event, one for every four markets of the event, 1 to 2^26.
    pub exposures_max: u32,
    /// Most trades of one command, 1 to 8192: their records fit one log record.
    pub sweep_trades_max: u32,
    /// Most sweeps and pay-outs in progress of one firm, and of the exchange, 1 to 4096.
    pub work_max: u32,
    /// Shard, the top 8 bits of every order id.
    pub shard: u8,
    /// What an acknowledgement survives, as told to every session.
    pub acknowledgement_level: AcknowledgementLevel,
}

impl EngineConfig {
    /// Limits small enough to be reached in a test.
    #[must_use]
    pub fn small() -> Self {
        Self {
            accounts_max: 64,
            events_max: 32,
            markets_max: 256,
            orders_max: 4096,
            sessions_max: 16,
            access_keys_max: 16,
            cl_ord_id_window: 1024,
            exposures_max: 512,
            ..Self::default()
        }
    }

    /// Checks every field against its range.
    ///
    /// # Errors
    /// The first field, in the order of the struct, that is outside.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let checks = [
            ("accounts_max", self.accounts_max, 1 << 24),
            ("events_max", self.events_max, 1 << 20),
            ("markets_max", self.markets_max, 1 << 20),
            ("orders_max", self.orders_max, OrderId::SLOT_COUNT),
            ("sessions_max", self.sessions_max, u32::from(u16::MAX)),
            ("access_keys_max", self.access_keys_max, 1 << 20),
            ("cl_ord_id_window", self.cl_ord_id_window, 1 << 20),
            ("exposures_max", self.exposures_max, 1 << 26),
            ("sweep_trades_max", self.sweep_trades_max, SWEEP_TRADES_LIMIT),
            ("work_max", self.work_max, 4096),
        ];
        for (field, value, maximum) in checks {
            if value == 0 || value > maximum {
                return Err(ConfigError { field, value, maximum });
            }
        }
        // The heads of the chains of all sessions' ids lie in one table, two or more for each id.
        let heads_length = (self.cl_ord_id_window * 2).next_power_of_two();
        let maximum = u32::MAX / heads_length;
        if self.sessions_max > maximum {
            let (field, value) = ("sessions_max", self.sessions_max);
            return Err(ConfigError { field, value, maximum });
        }
        Ok(())
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            accounts_max: 65_536,
            events_max: 4_096,
            markets_max: 16_384,
            orders_max: 1 << 20,
            sessions_max: 256,
            access_keys_max: 256,
            cl_ord_id_window: 8_192,
            exposures_max: 1 << 18,
            sweep_trades_max: 4_096,
            work_max: 64,
            shard: 0,
            acknowledgement_level: AcknowledgementLevel::Memory,
        }
    }
}

/// A field of [`EngineConfig`] is outside its range, which starts at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Name of the field.
    pub field: &'static str,
    /// What it is.
    pub value: u32,
    /// The most it may be.
    pub maximum: u32,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is {}, not in 1 to {}", self.field, self.value, self.maximum)
    }
}

impl std::error::Error for ConfigError {}

const SWEEP_TRADES_LIMIT: u32 = 8192;

/// Trades are the bulk of the longest record; the rest of it is the command and four effects.
const _: () =
    assert!(SWEEP_TRADES_LIMIT as usize * Trade::ENCODED_LENGTH + 1024 <= RECORD_LENGTH_MAX);
