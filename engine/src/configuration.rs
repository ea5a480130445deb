//! The configuration as a record of the log: limits and settings that decide effects.

use forecastle_proto_spec::{AcknowledgementLevel, EngineConfiguration, RejectCode};
use zerocopy::FromZeros as _;

use crate::apply::Context;
use crate::config::EngineConfig;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::state_digest::{DigestSum, Domain, pair};

impl EngineConfig {
    /// The command that puts this configuration into the log.
    #[must_use]
    pub fn to_message(&self) -> EngineConfiguration {
        let mut message = EngineConfiguration::new_zeroed();
        message.accounts_max.set(self.accounts_max);
        message.events_max.set(self.events_max);
        message.markets_max.set(self.markets_max);
        message.orders_max.set(self.orders_max);
        message.sessions_max.set(self.sessions_max);
        message.access_keys_max.set(self.access_keys_max);
        message.cl_ord_id_window.set(self.cl_ord_id_window);
        message.exposures_max.set(self.exposures_max);
        message.sweep_trades_max.set(self.sweep_trades_max);
        message.work_max.set(self.work_max);
        message.rules_version.set(RULES_VERSION);
        message.shard = self.shard;
        message.acknowledgement_level = self.acknowledgement_level.into();
        message
    }

    /// The configuration in a record of the log.
    ///
    /// # Errors
    /// The rules version is another one, a limit is out of its range, or the level is none.
    pub fn from_message(message: &EngineConfiguration) -> Result<Self, ConfigurationError> {
        let found = message.rules_version.get();
        if found != RULES_VERSION {
            return Err(ConfigurationError::Rules { found });
        }
        Self::from_message_of_any_rules(message)
    }

    /// The limits and settings in a message, whatever its rules version.
    ///
    /// # Errors
    /// A limit is out of its range, or the level is none.
    pub(crate) fn from_message_of_any_rules(
        message: &EngineConfiguration,
    ) -> Result<Self, ConfigurationError> {
        let level = AcknowledgementLevel::try_from(message.acknowledgement_level);
        let config = Self {
            accounts_max: message.accounts_max.get(),
            events_max: message.events_max.get(),
            markets_max: message.markets_max.get(),
            orders_max: message.orders_max.get(),
            sessions_max: message.sessions_max.get(),
            access_keys_max: message.access_keys_max.get(),
            cl_ord_id_window: message.cl_ord_id_window.get(),
            exposures_max: message.exposures_max.get(),
            sweep_trades_max: message.sweep_trades_max.get(),
            work_max: message.work_max.get(),
            shard: message.shard,
            acknowledgement_level: level
                .map_err(|_| ConfigurationError::Level { found: message.acknowledgement_level })?,
        };
        config.validate().map_err(ConfigurationError::Limit)?;
        Ok(config)
    }

    /// Whether an engine made with this configuration can take `other` over by a command: all but
    /// the acknowledgement level is the same.
    #[must_use]
    pub fn has_limits_of(&self, other: &Self) -> bool {
        Self { acknowledgement_level: other.acknowledgement_level, ..*self } == *other
    }
}

impl Engine {
    /// `EngineConfiguration`: takes the acknowledgement level over.
    pub(crate) fn configure(
        &mut self,
        context: &Context,
        message: &EngineConfiguration,
        effects: &mut EffectBuffer<'_>,
    ) {
        let config = EngineConfig::from_message(message).ok();
        let Some(config) = config.filter(|config| self.config.has_limits_of(config)) else {
            return context.refuse(RejectCode::ConfigurationMismatch, effects);
        };
        self.config = config;
        self.configuration_digest = configuration_digest(&config, RULES_VERSION);
    }
}

/// The digest of the configuration as a piece of state under rules of some version.
pub(crate) fn configuration_digest(config: &EngineConfig, rules_version: u32) -> DigestSum {
    let level = u32::from(u8::from(config.acknowledgement_level));
    let piece = Domain::Configuration
        .digest()
        .absorb(pair(config.accounts_max, config.events_max))
        .absorb(pair(config.markets_max, config.orders_max))
        .absorb(pair(config.sessions_max, config.access_keys_max))
        .absorb(pair(config.cl_ord_id_window, config.exposures_max))
        .absorb(pair(config.sweep_trades_max, config.work_max))
        .absorb(pair(rules_version, u32::from(config.shard) << 8 | level));
    std::iter::once(piece).collect()
}

/// Why a configuration of the log is not one of this build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigurationError {
    /// It asks for other rules.
    Rules {
        /// Their version.
        found: u32,
    },
    /// A limit is out of its range.
    Limit(crate::config::ConfigError),
    /// The acknowledgement level is none of the schema.
    Level {
        /// What it is.
        found: u8,
    },
}

impl std::fmt::Display for ConfigurationError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rules { found } => write!(
                formatter,
                "rules version {found}, and this build has rules version {RULES_VERSION}"
            ),
            Self::Limit(error) => error.fmt(formatter),
            Self::Level { found } => write!(formatter, "acknowledgement level {found} is none"),
        }
    }
}

impl std::error::Error for ConfigurationError {}

/// Version of the engine rules that this build executes. Every change of effects raises it.
pub const RULES_VERSION: u32 = 2;
