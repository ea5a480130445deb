//! One session of the client with what listens to its reports.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use forecastle_client::{OrderEntry, OrderEntryOptions, SessionError};
use forecastle_proto_spec::{Frame, Message};

use crate::exit::Failure;

/// Takes the reports of one session, in their order.
pub trait ReportHandler {
    /// Takes one message of the exchange.
    fn on_report(&mut self, frame: Frame<'_>);
}

/// A session and the handler of its reports.
pub struct Link<H> {
    session: OrderEntry,
    /// What listens.
    pub handler: H,
}

impl<H: ReportHandler> Link<H> {
    /// Logs in.
    ///
    /// # Errors
    /// The exchange does not answer or refuses the login.
    pub fn connect(options: &OrderEntryOptions, handler: H) -> anyhow::Result<Self> {
        let name = &options.key.name;
        let session = OrderEntry::connect(options, CONNECT_TIMEOUT)
            .map_err(failed)
            .with_context(|| format!("{name} cannot log in at {}", options.order_entry))?;
        Ok(Self { session, handler })
    }

    /// Sends a request, waiting while the exchange takes no more; gives its number.
    ///
    /// # Errors
    /// The session has ended, or the exchange takes nothing for [`ANSWER_TIMEOUT`].
    pub fn send<M: Message>(&mut self, message: &M) -> anyhow::Result<u32> {
        self.send_with(|session| session.send(message))
    }

    fn send_with(
        &mut self,
        mut send: impl FnMut(&mut OrderEntry) -> Result<u32, SessionError>,
    ) -> anyhow::Result<u32> {
        let mut patience = Patience::new(ANSWER_TIMEOUT);
        loop {
            match send(&mut self.session) {
                Ok(seq_num) => return Ok(seq_num),
                Err(SessionError::BackPressured | SessionError::NotConnected)
                    if !patience.is_over() =>
                {
                    self.poll()?;
                    patience.pause(|period| self.session.wait(period));
                }
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// As [`Self::send`], for a request that is encoded already.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn send_encoded(&mut self, message: &[u8]) -> anyhow::Result<u32> {
        self.send_with(|session| session.send_encoded(message))
    }

    /// Does what is due and hands all reports to the handler; how many there were.
    ///
    /// # Errors
    /// The session has ended.
    pub fn poll(&mut self) -> anyhow::Result<usize> {
        let handler = &mut self.handler;
        self.session.poll(|frame| handler.on_report(frame)).map_err(failed)
    }

    /// Ends the session politely and waits until the exchange has said so.
    ///
    /// # Errors
    /// The exchange does not say so for [`ANSWER_TIMEOUT`].
    pub fn terminate(mut self) -> anyhow::Result<()> {
        self.session.terminate().map_err(failed)?;
        self.outlast().map(|_| ())
    }

    /// Waits for the end of a session that was ended, or over which another login has come; gives
    /// what listened.
    ///
    /// # Errors
    /// It does not end for [`ANSWER_TIMEOUT`].
    pub fn outlast(mut self) -> anyhow::Result<H> {
        let mut patience = Patience::new(ANSWER_TIMEOUT);
        while self.poll().is_ok() {
            anyhow::ensure!(!patience.is_over(), "a session does not end");
            patience.pause(|period| self.session.wait(period));
        }
        Ok(self.handler)
    }

    /// Waits until something comes in on this session, at most `period`.
    pub fn wait(&self, period: Duration) {
        self.session.wait(period);
    }
}

/// Waiting with an end: short turns first, then sleeps, until the time is over.
pub struct Patience {
    deadline: Instant,
    turn_count: u32,
}

impl Patience {
    /// Waiting of at most `period` from now.
    #[must_use]
    pub fn new(period: Duration) -> Self {
        Self { deadline: Instant::now() + period, turn_count: 0 }
    }

    /// The time is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        Instant::now() > self.deadline
    }

    /// One turn in which nothing came: gives the processor away, and after a while waits.
    pub fn pause(&mut self, wait: impl FnOnce(Duration)) {
        self.turn_count = self.turn_count.saturating_add(1);
        if self.turn_count < SHORT_TURNS {
            std::thread::yield_now();
        } else {
            wait(WAIT_PERIOD);
        }
    }
}

/// A session's end as a failure; the exchange being gone has an exit code of its own.
fn failed(error: SessionError) -> anyhow::Error {
    match error {
        SessionError::TimedOut { .. }
        | SessionError::NotConnected
        | SessionError::BackPressured
        | SessionError::Ended
        | SessionError::Lost => anyhow::Error::new(error).context(Failure::Unreachable),
        error => anyhow::Error::new(error),
    }
}

/// Longest wait for the answer to a request.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest wait for the exchange to be heard, and to take a login.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const SHORT_TURNS: u32 = 2_000;
const WAIT_PERIOD: Duration = Duration::from_millis(1);
