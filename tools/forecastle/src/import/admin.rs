//! The import's administrator: accounts, the event and its markets, settlement, state reports.

use std::collections::VecDeque;

use anyhow::{Context as _, bail};
use forecastle_proto_spec::{
    AccountDefinitionRequest, AccountReport, BusinessMessageReject, DepositRequest,
    EventDefinitionReport, EventDefinitionRequest, ExchangeReport, Frame, MarketStatus, Message,
    OrderMassActionReport, RejectCode, SecurityStatusReport, SecurityStatusRequest,
    SettlementComplete, SettlementRequest, StateReportRequest, StateScope,
};
use zerocopy::FromZeros as _;

use crate::exit::Failure;
use crate::link::{ANSWER_TIMEOUT, Link, Patience, ReportHandler};

/// Requests of the administrator, each waited for.
pub struct Admin {
    link: Link<Answers>,
    last_request_id: u64,
}

impl Admin {
    /// An administrator on this session.
    #[must_use]
    pub fn new(link: Link<Answers>) -> Self {
        Self { link, last_request_id: 0 }
    }

    /// Keeps the session alive.
    ///
    /// # Errors
    /// The session has ended.
    pub fn poll(&mut self) -> anyhow::Result<()> {
        self.link.poll().map(|_| ())
    }

    /// Position in the log of the last answer.
    #[must_use]
    pub fn log_position(&self) -> u64 {
        self.link.handler.log_position
    }

    /// Opens an account of `firm_id` with `deposit` in it, the first free number from `account`
    /// on; gives the number.
    ///
    /// # Errors
    /// The exchange refuses or does not answer.
    pub fn open_account(
        &mut self,
        account: u32,
        firm_id: u32,
        deposit: i64,
    ) -> anyhow::Result<u32> {
        for account in account..account.saturating_add(ACCOUNT_TRIES) {
            let mut request = AccountDefinitionRequest::new_zeroed();
            request.request_id.set(self.next_request_id());
            request.account.set(account);
            request.firm_id.set(firm_id);
            match self.ask(&request, |answer| matches!(answer, Answer::Account))? {
                Answer::Refused(code) if code == u16::from(RejectCode::AccountExists) => continue,
                Answer::Refused(code) => bail!(refusal::<AccountDefinitionRequest>(code)),
                _ => {}
            }
            let mut request = DepositRequest::new_zeroed();
            request.request_id.set(self.next_request_id());
            request.account.set(account);
            request.amount.set(deposit);
            self.demand(&request, |answer| matches!(answer, Answer::Account))?;
            return Ok(account);
        }
        bail!("no free account number from {account} on");
    }

    /// Defines an event of `market_count` markets whose makers and takers pay `fee_rate`
    /// ten-thousandths; gives its id and its first market's.
    ///
    /// # Errors
    /// The exchange refuses or does not answer.
    pub fn define_event(
        &mut self,
        market_count: u8,
        is_exhaustive: bool,
        external_id: u64,
        fee_rate: u16,
    ) -> anyhow::Result<(u32, u32)> {
        let mut request = EventDefinitionRequest::new_zeroed();
        request.request_id.set(self.next_request_id());
        request.market_count = market_count;
        request.exhaustive = u8::from(is_exhaustive);
        request.external_id.set(external_id);
        request.maker_fee_rate.set(fee_rate);
        request.taker_fee_rate.set(fee_rate);
        let answer = self.demand(&request, |answer| matches!(answer, Answer::Event { .. }))?;
        match answer {
            Answer::Event { event_id, first_security_id } => Ok((event_id, first_security_id)),
            other => bail!("an event definition was answered by {other:?}"),
        }
    }

    /// Moves a market, or with `security_id` 0 all of the event, along the life cycle; closing
    /// is waited for until no order is left.
    ///
    /// # Errors
    /// The exchange refuses or does not answer.
    pub fn set_status(
        &mut self,
        event_id: u32,
        security_id: u32,
        status: MarketStatus,
        is_in_play: bool,
    ) -> anyhow::Result<()> {
        let mut request = SecurityStatusRequest::new_zeroed();
        request.request_id.set(self.next_request_id());
        request.event_id.set(event_id);
        request.security_id.set(security_id);
        request.status = status.into();
        request.in_play = u8::from(is_in_play);
        let is_last: fn(&Answer) -> bool = match status {
            MarketStatus::Closed => |answer| matches!(answer, Answer::Swept),
            _ => |answer| matches!(answer, Answer::Status),
        };
        self.demand(&request, is_last).map(|_| ())
    }

    /// Settles an event by the values of its markets, ten-thousandths of the payout, and waits
    /// until all positions are paid.
    ///
    /// # Errors
    /// The exchange refuses or does not answer.
    pub fn settle(&mut self, event_id: u32, values: &[u16]) -> anyhow::Result<()> {
        let mut request = SettlementRequest::new_zeroed();
        request.request_id.set(self.next_request_id());
        request.event_id.set(event_id);
        request.value_count = u8::try_from(values.len()).context("at most 64 markets")?;
        for (field, value) in request.values.iter_mut().zip(values) {
            field.set(*value);
        }
        self.demand(&request, |answer| matches!(answer, Answer::Settled)).map(|_| ())
    }

    /// Totals and digests of the exchange at this point of its log.
    ///
    /// # Errors
    /// The exchange refuses or does not answer.
    pub fn exchange_report(&mut self) -> anyhow::Result<ExchangeReport> {
        let mut request = StateReportRequest::new_zeroed();
        request.request_id.set(self.next_request_id());
        request.scope = StateScope::Exchange.into();
        match self.demand(&request, |answer| matches!(answer, Answer::Exchange(_)))? {
            Answer::Exchange(report) => Ok(*report),
            other => bail!("a state report request was answered by {other:?}"),
        }
    }

    fn next_request_id(&mut self) -> u64 {
        self.last_request_id += 1;
        self.last_request_id
    }

    /// Sends a request and waits for its last answer; a refusal is an error.
    fn demand<M: Message>(
        &mut self,
        message: &M,
        is_last: impl Fn(&Answer) -> bool,
    ) -> anyhow::Result<Answer> {
        match self.ask(message, is_last)? {
            Answer::Refused(code) => bail!(refusal::<M>(code)),
            answer => Ok(answer),
        }
    }

    /// Sends the request just numbered and waits for the answer that `is_last`, or a refusal.
    fn ask<M: Message>(
        &mut self,
        message: &M,
        is_last: impl Fn(&Answer) -> bool,
    ) -> anyhow::Result<Answer> {
        self.link.handler.queue.clear();
        self.link.send(message)?;
        let mut patience = Patience::new(ANSWER_TIMEOUT);
        loop {
            let count = self.link.poll()?;
            while let Some((request_id, answer)) = self.link.handler.queue.pop_front() {
                let is_end = is_last(&answer) || matches!(answer, Answer::Refused(_));
                if request_id == self.last_request_id && is_end {
                    return Ok(answer);
                }
            }
            if patience.is_over() {
                let silent = anyhow::anyhow!("{} was not answered in time", M::NAME);
                return Err(silent.context(Failure::Unreachable));
            }
            if count == 0 {
                patience.pause(|period| self.link.wait(period));
            }
        }
    }
}

/// Answers that have come in, with the number of the request that each answers.
#[derive(Default)]
pub struct Answers {
    queue: VecDeque<(u64, Answer)>,
    log_position: u64,
}

#[derive(Debug)]
enum Answer {
    Account,
    Event { event_id: u32, first_security_id: u32 },
    Status,
    Swept,
    Settled,
    Exchange(Box<ExchangeReport>),
    Refused(u16),
}

impl ReportHandler for Answers {
    fn on_report(&mut self, frame: Frame<'_>) {
        let (request_id, exec_id, answer) = if let Some(report) = frame.body::<AccountReport>() {
            (report.request_id, report.exec_id, Answer::Account)
        } else if let Some(report) = frame.body::<EventDefinitionReport>() {
            let event_id = report.event_id.get();
            let first_security_id = report.first_security_id.get();
            (report.request_id, report.exec_id, Answer::Event { event_id, first_security_id })
        } else if let Some(report) = frame.body::<SecurityStatusReport>() {
            (report.request_id, report.exec_id, Answer::Status)
        } else if let Some(report) = frame.body::<OrderMassActionReport>() {
            (report.cl_ord_id, report.exec_id, Answer::Swept)
        } else if let Some(report) = frame.body::<SettlementComplete>() {
            (report.request_id, report.exec_id, Answer::Settled)
        } else if let Some(report) = frame.body::<ExchangeReport>() {
            (report.request_id, report.exec_id, Answer::Exchange(Box::new(*report)))
        } else if let Some(reject) = frame.body::<BusinessMessageReject>() {
            (reject.request_id, reject.exec_id, Answer::Refused(reject.reject_code.get()))
        } else {
            return;
        };
        self.log_position = self.log_position.max(exec_id.get());
        self.queue.push_back((request_id.get(), answer));
    }
}

fn refusal<M: Message>(code: u16) -> String {
    let name =
        RejectCode::try_from(code).map_or_else(|_| String::new(), |name| format!("{name:?}"));
    format!("the exchange refused {}: {code} {name}", M::NAME)
}

const ACCOUNT_TRIES: u32 = 1024;
