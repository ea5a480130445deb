//! Which records a dump shows.

use clap::Args;
use forecastle_persister::Record;
use forecastle_proto_spec::{Frame, describe};

use super::record_view::{effects, number};

/// Conditions that a record meets all of; one that names a field is met by the command or by an
/// effect.
#[derive(Clone, Debug, Default, Args)]
pub struct Filter {
    /// First position.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub from: u64,
    /// Position behind the last.
    #[arg(long, value_name = "POSITION", default_value_t = u64::MAX)]
    pub to: u64,
    /// Earliest sequencing time, nanoseconds since 1970.
    #[arg(long, value_name = "NS", default_value_t = 0)]
    pub since: u64,
    /// Latest sequencing time, nanoseconds since 1970.
    #[arg(long, value_name = "NS", default_value_t = u64::MAX)]
    pub until: u64,
    /// Event id.
    #[arg(long)]
    pub event: Option<u64>,
    /// Security id.
    #[arg(long)]
    pub market: Option<u64>,
    /// Account number.
    #[arg(long)]
    pub account: Option<u64>,
    /// Session id of the sender.
    #[arg(long)]
    pub session: Option<u32>,
    /// Name of a message, as the schema has it: of the command or an effect.
    #[arg(long = "type", value_name = "NAME")]
    pub message: Option<String>,
}

impl Filter {
    /// Whether the record meets every condition.
    #[must_use]
    pub fn admits(&self, record: &Record<'_>) -> bool {
        let header = record.header();
        let time_ns = header.sequencing_time_ns.get();
        if record.position < self.from || record.end() > self.to {
            return false;
        }
        if time_ns < self.since || time_ns > self.until {
            return false;
        }
        if self.session.is_some_and(|session| session != header.session_id.get()) {
            return false;
        }
        self.has_field("event_id", self.event, record)
            && self.has_field("security_id", self.market, record)
            && self.has_account(record)
            && self.has_message(record)
    }

    fn has_field(&self, name: &str, wanted: Option<u64>, record: &Record<'_>) -> bool {
        let Some(wanted) = wanted else { return true };
        frames(record).any(|frame| number(&frame, name) == Some(wanted))
    }

    fn has_account(&self, record: &Record<'_>) -> bool {
        let Some(wanted) = self.account else { return true };
        let names = ["account", "resting_account", "aggressor_account"];
        frames(record).any(|frame| names.iter().any(|name| number(&frame, name) == Some(wanted)))
    }

    fn has_message(&self, record: &Record<'_>) -> bool {
        let Some(wanted) = &self.message else { return true };
        frames(record).any(|frame| describe(&frame, &mut |_, _| {}) == Some(wanted.as_str()))
    }
}

/// The command, when it is a message, and the effects.
fn frames<'a>(record: &Record<'a>) -> impl Iterator<Item = Frame<'a>> + use<'a> {
    let command = Frame::parse(record.command()).ok().map(|(frame, _)| frame);
    command.into_iter().chain(effects(record).map(|effect| effect.frame))
}
