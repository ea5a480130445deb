//! The sequencer: takes commands from the ring, gives each a time, lets the engine apply it, and
//! commits it with its effects as one record of the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use forecastle_engine::{CommandInput, Engine, LookAhead};
use forecastle_proto_spec::{
    Continue, EngineConfiguration, EntitlementRequest, Message, RECORD_LENGTH_MAX,
    SessionDisconnected, TimerTick, encode,
};
use forecastle_runtime::agent::Agent;
use forecastle_runtime::clock::Now;
use forecastle_runtime::log_buffer::{LogClaim, LogWriter};
use forecastle_runtime::ring::Consumer;
use zerocopy::FromZeros;

use crate::record::write_record;

/// The agent that owns engine and log.
pub struct Sequencer {
    engine: Engine,
    commands: Consumer,
    look_ahead: LookAhead,
    log: LogWriter,
    last_time_ns: u64,
    /// Whose turn it is since the last command: timers that are due, then work that is pending.
    turns: Turns,
    /// Commands of one duty cycle, at most.
    commands_max: usize,
    closing: Arc<ClosingState>,
}

/// What the exchange may do between two commands, so that neither many timers nor long work keep
/// commands waiting, nor commands them.
#[derive(Clone, Copy, Debug, Default)]
struct Turns {
    /// Timers: once between two commands.
    has_timers: bool,
    /// Commands that have come since the last step of work; it has its turn again behind
    /// [`COMMANDS_FOR_STEP`], or when none waits.
    commands_since_step: usize,
}

impl Turns {
    /// Behind a command while no work was pending.
    const ALL: Self = Self { has_timers: true, commands_since_step: COMMANDS_FOR_STEP };

    fn has_work(self) -> bool {
        self.commands_since_step >= COMMANDS_FOR_STEP
    }
}

/// Where the sequencer leaves its last word when it is closed.
#[derive(Debug, Default)]
pub(crate) struct ClosingState {
    must_stop: AtomicBool,
    has_stopped: AtomicBool,
    log_position: AtomicU64,
    market_digest: AtomicU64,
    state_digest: AtomicU64,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// End of the log.
    pub log_position: u64,
    /// Full walk over accounts, positions and books.
    pub market_digest: u64,
    /// Incremental digest of all engine state.
    pub state_digest: u64,
}

impl Sequencer {
    /// A sequencer whose first record comes behind `last_time_ns`.
    pub(crate) fn new(
        engine: Engine,
        commands: Consumer,
        log: LogWriter,
        last_time_ns: u64,
        closing: Arc<ClosingState>,
    ) -> Self {
        Self {
            engine,
            commands,
            look_ahead: LookAhead::new(),
            log,
            last_time_ns,
            turns: Turns::default(),
            commands_max: COMMANDS_MAX,
            closing,
        }
    }

    /// A sequencer of a log that begins, for whoever drives it without an exchange around it.
    #[must_use]
    pub fn alone(engine: Engine, commands: Consumer, log: LogWriter) -> Self {
        Self::new(engine, commands, log, 0, Arc::default())
    }

    /// Lets a duty cycle sequence no more than `commands_max` commands, for whoever times them one
    /// by one; without it, 256.
    pub fn limit_duty_cycle(&mut self, commands_max: usize) {
        self.commands_max = commands_max;
    }

    /// The engine, to read.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Sequences a command of the exchange itself, before any client's.
    ///
    /// # Panics
    /// The log has no room; at the start it has.
    pub(crate) fn begin_with<M: Message>(&mut self, message: &M, now: Now) {
        let mut command = [0; OWN_COMMAND_LENGTH_MAX];
        let length = encode(message, &mut command).expect("own commands are short");
        let is_sequenced = self.sequence_own(&command[..length], now);
        assert!(is_sequenced, "a log that begins has room for the exchange's own commands");
    }

    /// Announces commands that wait and were not announced, as far ahead as the engine looks.
    #[inline(always)]
    fn announce(&mut self) {
        loop {
            let is_next = self.commands.waiting_count() == 0;
            let found = self.commands.peek_further(1 + LookAhead::DISTANCE);
            let Some((session, command)) = found else { break };
            // A session of more bits is none, as will be said when its command is taken.
            let session_id = session as u32;
            if is_next {
                self.look_ahead.announce_next(&self.engine, session_id, command);
            } else {
                self.look_ahead.announce(&self.engine, session_id, command);
            }
        }
    }

    #[inline(always)]
    fn take_command(&mut self, time_ns: u64) -> bool {
        self.announce();
        let Some(oldest) = self.commands.oldest() else { return false };
        // A command leaves the ring only when its record has room.
        let Some(claim) = self.log.try_claim(RECORD_LENGTH_MAX) else { return false };
        let session_id =
            u32::try_from(oldest.session()).expect("the gateway passes on session ids of 32 bits");
        self.last_time_ns = time_ns;
        append(&mut self.engine, claim, (session_id, time_ns), oldest.payload());
        oldest.consume();
        true
    }

    /// As [`Self::take_command`], out of the way of those that come one behind the other.
    #[inline(never)]
    fn take_command_between(&mut self, time_ns: u64) -> bool {
        self.take_command(time_ns)
    }

    #[inline(never)]
    fn sequence_own(&mut self, command: &[u8], now: Now) -> bool {
        let Some(claim) = self.log.try_claim(RECORD_LENGTH_MAX) else { return false };
        self.last_time_ns = now.wall_ns.max(self.last_time_ns);
        append(&mut self.engine, claim, (EXCHANGE_SESSION_ID, self.last_time_ns), command);
        true
    }

    fn go_on_with_work(&mut self, now: Now) -> bool {
        let mut message = Continue::new_zeroed();
        if let Some(requester) = self.engine.continuation() {
            message.session_id.set(requester.session_id);
            message.request_id.set(requester.request_id);
            message.seq_num.set(requester.seq_num);
        }
        let mut command = [0; Continue::ENCODED_LENGTH];
        encode(&message, &mut command).expect("the buffer is of the message's length");
        let is_sequenced = self.sequence_own(&command, now);
        if is_sequenced {
            self.turns.commands_since_step = 0;
        }
        is_sequenced
    }

    fn fire_timers(&mut self, now: Now) -> bool {
        let mut message = TimerTick::new_zeroed();
        message.due_ms.set(self.engine.first_timer_due_ms().unwrap_or(0));
        let mut command = [0; TimerTick::ENCODED_LENGTH];
        encode(&message, &mut command).expect("the buffer is of the message's length");
        let is_sequenced = self.sequence_own(&command, now);
        // What one record did not fire waits for the next command; what comes due later does not.
        self.turns.has_timers = !is_sequenced || !self.engine.timer_is_due(self.last_time_ns);
        is_sequenced
    }

    /// Sequences the next record at a time that is not before the last one's, if there is a record
    /// and room for it.
    #[inline(always)]
    fn sequence_next(&mut self, now: Now, time_ns: u64) -> bool {
        if self.engine.timer_is_due(time_ns) || self.engine.continuation_is_pending() {
            return self.sequence_by_turns(now, time_ns);
        }
        let is_taken = self.take_command(time_ns);
        if is_taken {
            self.turns = Turns::ALL;
        }
        is_taken
    }

    /// As [`Self::sequence_next`], when a timer is due or work is pending.
    #[inline(never)]
    fn sequence_by_turns(&mut self, now: Now, time_ns: u64) -> bool {
        let timer_is_due = self.engine.timer_is_due(time_ns);
        let work_is_pending = self.engine.continuation_is_pending();
        if timer_is_due && self.turns.has_timers {
            self.fire_timers(now)
        } else if work_is_pending && self.turns.has_work() {
            self.go_on_with_work(now)
        } else if self.take_command_between(time_ns) {
            let commands_since_step = self.turns.commands_since_step.saturating_add(1);
            self.turns = if work_is_pending {
                Turns { has_timers: true, commands_since_step }
            } else {
                Turns::ALL
            };
            true
        } else {
            timer_is_due && self.fire_timers(now) || work_is_pending && self.go_on_with_work(now)
        }
    }
}

impl Agent for Sequencer {
    fn name(&self) -> &'static str {
        "sequencer"
    }

    fn do_work(&mut self, now: Now) -> usize {
        if self.closing.must_stop.load(Ordering::Acquire) {
            // Release: whoever sees it also sees the last record in the log.
            self.closing.has_stopped.store(true, Ordering::Release);
            return 0;
        }
        let time_ns = now.wall_ns.max(self.last_time_ns);
        let mut count = 0;
        while count < self.commands_max && self.sequence_next(now, time_ns) {
            count += 1;
        }
        count
    }

    fn on_close(&mut self) {
        let closing = &self.closing;
        closing.log_position.store(self.log.position(), Ordering::Relaxed);
        closing.market_digest.store(self.engine.market_digest(), Ordering::Relaxed);
        // Release pairs with the Acquire in `totals`: the other two are seen with it.
        closing.state_digest.store(self.engine.state_digest(), Ordering::Release);
    }
}

impl ClosingState {
    /// Asks the sequencer to take no further command.
    pub(crate) fn request_stop(&self) {
        self.must_stop.store(true, Ordering::Release);
    }

    /// Whether it has taken its last.
    pub(crate) fn has_stopped(&self) -> bool {
        self.has_stopped.load(Ordering::Acquire)
    }

    /// What the sequencer left; read it after its thread was joined.
    pub(crate) fn totals(&self) -> Totals {
        // Acquire pairs with the Release in `on_close`.
        let state_digest = self.state_digest.load(Ordering::Acquire);
        Totals {
            log_position: self.log_position.load(Ordering::Relaxed),
            market_digest: self.market_digest.load(Ordering::Relaxed),
            state_digest,
        }
    }
}

#[cfg(test)]
mod tests;

/// Applies `command` and commits its record.
#[inline(always)]
fn append(
    engine: &mut Engine,
    mut claim: LogClaim<'_>,
    (session_id, sequencing_time_ns): (u32, u64),
    command: &[u8],
) {
    let input = CommandInput { session_id, sequencing_time_ns, position: claim.position() };
    let length = write_record(engine, input, command, &mut claim);
    claim.commit(length);
}

/// Commands of one duty cycle, unless told otherwise.
const COMMANDS_MAX: usize = 256;
/// Commands between two steps of work while so many wait: they take about as long as a step.
const COMMANDS_FOR_STEP: usize = 64;
/// Longest command of the exchange itself.
const OWN_COMMAND_LENGTH_MAX: usize = 64;

const _: () = assert!(EngineConfiguration::ENCODED_LENGTH <= OWN_COMMAND_LENGTH_MAX);
const _: () = assert!(EntitlementRequest::ENCODED_LENGTH <= OWN_COMMAND_LENGTH_MAX);
const _: () = assert!(SessionDisconnected::ENCODED_LENGTH <= OWN_COMMAND_LENGTH_MAX);

/// Session of the exchange's own commands.
const EXCHANGE_SESSION_ID: u32 = 0;
