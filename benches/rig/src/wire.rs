//! What goes over a wire between two threads, each on a processor of its own: round trips, a
//! stream, and messages offered at a fixed rate.
//!
//! Each thread owns one end and does everything there: its application, its protocol, its sockets.
//! Messages are [`MESSAGE_LENGTH`] bytes, every word of one the same number, which is checked.

mod open_loop;
mod round_trips;
mod stream;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use forecastle_runtime::agent::PinError;

pub use open_loop::{LATENCY_P50, LATENCY_P99, OpenLoop, open_loop};
pub use round_trips::{RTT_P50, RTT_P99, RTT_P999, round_trips};
pub use stream::{MESSAGE_RATE, Stream, stream};

use crate::Run;
use crate::pair::{self, Outcome};
use crate::processors::{Cpus, preemption_count};

/// One thread's end of a wire.
pub trait End {
    /// Whether the other end was heard and messages can go both ways that this wire has.
    fn is_connected(&self) -> bool;

    /// Takes a message to send, if there is room for it now.
    fn offer(&mut self, message: &Message) -> bool;

    /// Sends what was offered and whatever else is due.
    fn send(&mut self);

    /// Takes what came in and hands it over, with the number of the receiver here that got it.
    fn receive(&mut self, handler: &mut impl FnMut(usize, &[u8]));

    /// Receivers at this end: each gets every message.
    fn receiver_count(&self) -> usize {
        1
    }
}

/// What is sent.
pub type Message = [u8; MESSAGE_LENGTH];

/// Bytes of a message.
pub const MESSAGE_LENGTH: usize = 64;

/// The message whose words are all `number`.
#[inline]
#[must_use]
pub fn message_of(number: u64) -> Message {
    let mut message = [0; MESSAGE_LENGTH];
    for word in message.chunks_exact_mut(WORD_LENGTH) {
        word.copy_from_slice(&number.to_le_bytes());
    }
    message
}

/// The number of a message that came.
///
/// # Panics
/// When it is not whole.
#[inline]
#[must_use]
pub fn number_of(message: &[u8]) -> u64 {
    assert_eq!(message.len(), MESSAGE_LENGTH, "a message came whole");
    let word = |at: usize| {
        let bytes = message[at..at + WORD_LENGTH].try_into().expect("a word has its length");
        u64::from_le_bytes(bytes)
    };
    assert_eq!(word(0), word(MESSAGE_LENGTH - WORD_LENGTH), "a message came as it was sent");
    word(0)
}

/// Why a run gave no figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireError {
    /// A thread cannot be pinned.
    Pin(PinError),
    /// An end cannot be opened.
    Open(String),
    /// The ends did not find each other, or messages stopped coming.
    Silent(&'static str),
}

impl fmt::Display for WireError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pin(error) => error.fmt(formatter),
            Self::Open(reason) => formatter.write_str(reason),
            Self::Silent(what) => {
                write!(formatter, "{what} did not come within {} s", LIMIT.as_secs())
            }
        }
    }
}

impl std::error::Error for WireError {}

impl From<PinError> for WireError {
    fn from(error: PinError) -> Self {
        Self::Pin(error)
    }
}

/// Where two ends meet: both are connected before either offers, and both go on until it is over.
#[derive(Debug, Default)]
struct Meeting {
    connected_count: AtomicUsize,
    /// Ends that throw nothing away any more.
    ready_count: AtomicUsize,
    is_over: AtomicBool,
    /// Messages sent in all, once known; 0 before.
    total: AtomicU64,
}

impl Meeting {
    /// Works until both ends are connected.
    fn connect(&self, end: &mut impl End) -> Result<(), WireError> {
        let deadline = Instant::now() + LIMIT;
        let mut is_counted = false;
        while self.connected_count.load(Ordering::Acquire) < 2 {
            end.receive(&mut |_, _| {});
            end.send();
            if !is_counted && end.is_connected() {
                is_counted = true;
                self.connected_count.fetch_add(1, Ordering::Release);
            }
            if Instant::now() >= deadline || self.is_over() {
                return Err(WireError::Silent("the other end"));
            }
        }
        // Whoever is first would send to one that still drops what comes.
        self.ready_count.fetch_add(1, Ordering::Release);
        while self.ready_count.load(Ordering::Acquire) < 2 && !self.is_over() {
            std::thread::yield_now();
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

/// Ends a meeting when its thread ends, however it does.
struct Ending<'a>(&'a Meeting);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Release);
    }
}

/// Runs both ends, each opened in its own thread. The meeting is over when `first` is, unless
/// `second` ends it.
fn meet<A: End, B: End, T: Send, U: Send>(
    cpus: Cpus,
    (open_first, open_second): Opened<
        impl FnOnce() -> Result<A, WireError> + Send,
        impl FnOnce() -> Result<B, WireError> + Send,
    >,
    first: impl FnOnce(&mut A, &Meeting) -> Result<T, WireError> + Send,
    second: impl FnOnce(&mut B, &Meeting) -> Result<U, WireError> + Send,
) -> Result<(T, U, u64), WireError> {
    let meeting = &Meeting::default();
    let (first, second) = pair::run(
        cpus,
        move || {
            let _ending = Ending(meeting);
            let mut end = open_first()?;
            meeting.connect(&mut end)?;
            counted(|| first(&mut end, meeting))
        },
        move || {
            let mut end = open_second().inspect_err(|_| drop(Ending(meeting)))?;
            meeting.connect(&mut end)?;
            counted(|| second(&mut end, meeting))
        },
    )?;
    let (first, second) = (result(first), result(second));
    // Whoever could not open says more than who then heard nothing.
    match (first, second) {
        (Ok((first, count)), Ok((second, more))) => Ok((first, second, count + more)),
        (Err(WireError::Silent(_)), Err(error)) | (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// What opens the first end and the second.
type Opened<A, B> = (A, B);

fn counted<T>(work: impl FnOnce() -> Result<T, WireError>) -> Result<(T, u64), WireError> {
    let preempted = preemption_count();
    let result = work()?;
    Ok((result, preemption_count() - preempted))
}

fn result<T>(outcome: Outcome<T>) -> T {
    outcome.result
}

/// Goes on working until the meeting is over.
fn linger(end: &mut impl End, meeting: &Meeting) -> Result<(), WireError> {
    let deadline = Instant::now() + LIMIT;
    while !meeting.is_over() {
        end.receive(&mut |_, _| {});
        end.send();
        if Instant::now() >= deadline {
            return Err(WireError::Silent("the end of the run"));
        }
    }
    Ok(())
}

/// Sends back every message until the meeting is over.
fn echo(end: &mut impl End, meeting: &Meeting) -> Result<(), WireError> {
    let mut waiting: Vec<Message> = Vec::with_capacity(ECHOES_MAX);
    while !meeting.is_over() {
        end.receive(&mut |_, message| {
            waiting.push(message.try_into().expect("a message came whole"));
        });
        let mut taken = 0;
        while taken < waiting.len() && end.offer(&waiting[taken]) {
            taken += 1;
        }
        waiting.drain(..taken);
        end.send();
    }
    Ok(())
}

const WORD_LENGTH: usize = size_of::<u64>();
/// Until ends have found each other, and until what was sent has come.
const LIMIT: Duration = Duration::from_secs(10);
const ECHOES_MAX: usize = 64 * 1024;
