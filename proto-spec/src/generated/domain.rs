//! Bit sets of the schema, and its enumerations, each in a file of its own.
//!
//! Generated from the schema by `cargo xtask codegen`.

mod acknowledgement_level;
mod cancel_on_disconnect;
mod cancel_reason;
mod catalogue_action;
mod event_velocity;
mod exec_type;
mod log_stream_delivery;
mod market_status;
mod mass_action_scope;
mod mass_action_type;
mod odds_action;
mod ord_status;
mod protection_cause;
mod reference_odds_status;
mod reject_code;
mod self_match_prevention;
mod side;
mod state_scope;
mod terminate_code;
mod time_in_force;

pub use acknowledgement_level::AcknowledgementLevel;
pub use cancel_on_disconnect::CancelOnDisconnect;
pub use cancel_reason::CancelReason;
pub use catalogue_action::CatalogueAction;
pub use event_velocity::EventVelocity;
pub use exec_type::ExecType;
pub use log_stream_delivery::LogStreamDelivery;
pub use market_status::MarketStatus;
pub use mass_action_scope::MassActionScope;
pub use mass_action_type::MassActionType;
pub use odds_action::OddsAction;
pub use ord_status::OrdStatus;
pub use protection_cause::ProtectionCause;
pub use reference_odds_status::ReferenceOddsStatus;
pub use reject_code::RejectCode;
pub use self_match_prevention::SelfMatchPrevention;
pub use side::Side;
pub use state_scope::StateScope;
pub use terminate_code::TerminateCode;
pub use time_in_force::TimeInForce;

/// What a key may do. Orders, cancels, mass actions and state reports of its firm's accounts.
pub const ROLES_TRADER: u16 = 1 << 0;

/// What a key may do. Events, market status, settlement, end of day.
pub const ROLES_MARKET_ADMIN: u16 = 1 << 1;

/// What a key may do. Accounts, deposits, withdrawals, entitlements.
pub const ROLES_CASH_ADMIN: u16 = 1 << 2;

/// What a key may do. Kill switches over every firm, limits of accounts.
pub const ROLES_RISK: u16 = 1 << 3;

/// What a key may do. Reads the log stream.
pub const ROLES_REPLICA: u16 = 1 << 4;

/// What a key may do. Reference odds.
pub const ROLES_ODDS_PROVIDER: u16 = 1 << 5;

/// Instructions of an order (FIX 18). It may only rest: refused when it would trade as it comes.
pub const EXEC_INST_POST_ONLY: u8 = 1 << 0;

/// Instructions of an order (FIX 18). It may only bring its account's position in the market nearer to zero.
pub const EXEC_INST_REDUCE_ONLY: u8 = 1 << 1;

/// Instructions of an order (FIX 18). It ends when its market is paused or goes in play.
pub const EXEC_INST_CANCEL_ON_HALT: u8 = 1 << 2;

/// Instructions of an order (FIX 18). It ends when its session is lost, also when the session did not ask for that.
pub const EXEC_INST_CANCEL_ON_DISCONNECT: u8 = 1 << 3;

/// Instructions of an order (FIX 18). The client calls it by its NO side; echoed, else without effect.
pub const EXEC_INST_ECHO_NO: u8 = 1 << 4;

/// Marks on market-data messages (FIX 5799). Last message of one atomic command; only now is the book whole.
pub const EVENT_FLAGS_END_OF_EVENT: u8 = 1 << 0;
