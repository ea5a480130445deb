//! The sizes of a flow, and the flows that have names.

use forecastle_engine::EngineConfig;
use serde::Serialize;

/// Sizes of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FlowSettings {
    /// Markets, a multiple of `markets_per_event`, at least 1.
    pub market_count: u32,
    /// Markets of one event, 1 to 64; more than one are exhaustive: exactly one comes true.
    pub markets_per_event: u8,
    /// Prices that orders use, at least 3.
    pub used_tick_count: u16,
    /// Ten-thousandths of the payout between two used prices; 100 is a cent of a dollar.
    pub tick_size: u16,
    /// Accounts, at least 1.
    pub account_count: u32,
    /// Firms, each with one session, at least 1; accounts are dealt to them in turn.
    pub firm_count: u32,
    /// Orders that rest before anything is measured.
    pub resting_order_count: u32,
    /// Quote sets, each of an account of its own that sends nothing else. With them the flow has
    /// mass quotes where others have passive orders and cancels.
    pub quote_set_count: u32,
    /// Of 100 commands those that move a resting order to another price; the others are as without
    /// them.
    pub replace_percent: u32,
    /// Whether every account has a limit on its position, its worst loss and the cost of an order,
    /// none of which is reached, and a kill switch stands that covers nobody.
    pub is_guarded: bool,
    /// Commands that are measured.
    pub command_count: u32,
    /// Seed of all choices.
    pub seed: u64,
}

impl FlowSettings {
    /// The flow `main`: 1,000 lone markets of 99 used prices a cent apart, 100,000 resting orders,
    /// 100,000 accounts of 100 firms, a million commands.
    #[must_use]
    pub const fn main(seed: u64) -> Self {
        Self {
            market_count: 1000,
            markets_per_event: 1,
            used_tick_count: 99,
            tick_size: 100,
            account_count: 100_000,
            firm_count: 100,
            resting_order_count: 100_000,
            quote_set_count: 0,
            replace_percent: 0,
            is_guarded: false,
            command_count: 1_000_000,
            seed,
        }
    }

    /// The flow called `name`, one of [`NAMES`].
    #[must_use]
    pub fn named(name: &str, seed: u64) -> Option<Self> {
        let main = Self::main(seed);
        Some(match name {
            "main" => main,
            "one_market" => Self { market_count: 1, ..main },
            "ticks_9999" => Self { used_tick_count: 9999, tick_size: 1, ..main },
            "million" => Self {
                market_count: 10_000,
                account_count: 1_000_000,
                resting_order_count: 1_000_000,
                ..main
            },
            "mass_quote" => Self {
                market_count: 999,
                markets_per_event: 3,
                firm_count: 333,
                resting_order_count: 6 * 999,
                quote_set_count: 999,
                ..main
            },
            "guarded" => Self { is_guarded: true, ..main },
            "makers" => Self { account_count: 1_000, ..main },
            "replaces" => Self { replace_percent: 50, ..main },
            "three_outcome" => Self { market_count: 999, markets_per_event: 3, ..main },
            _ => return None,
        })
    }

    /// Limits that the flow fits: every order may be the first of its account in its event.
    pub(super) fn config(&self) -> EngineConfig {
        let orders_max = self.resting_order_count + self.command_count;
        let event_count = self.market_count / u32::from(self.markets_per_event);
        EngineConfig {
            accounts_max: self.account_count,
            events_max: event_count,
            markets_max: self.market_count,
            orders_max: (2 * self.resting_order_count).max(4096),
            sessions_max: self.firm_count,
            access_keys_max: self.firm_count,
            exposures_max: orders_max.min(self.account_count.saturating_mul(event_count)),
            ..EngineConfig::default()
        }
    }
}

/// The flows that have names.
pub const NAMES: [&str; 9] = [
    "main",
    "one_market",
    "ticks_9999",
    "million",
    "three_outcome",
    "mass_quote",
    "guarded",
    "makers",
    "replaces",
];
