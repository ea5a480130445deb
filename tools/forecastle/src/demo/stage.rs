//! What the demo's administrator does: accounts, events, fair values, settlement.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use forecastle_client::OrderEntry;
use forecastle_proto_spec::{
    AccountDefinitionRequest, AccountReport, BusinessMessageReject, DepositRequest,
    EventDefinitionReport, EventDefinitionRequest, Frame, MarketStatus, Message,
    OrderMassActionReport, PAYOUT, RejectCode, SecurityStatusReport, SecurityStatusRequest,
    SettlementComplete, SettlementRequest,
};
use zerocopy::FromZeros as _;

use super::random::Random;

/// The events on show and who may play in them.
pub struct Stage {
    admin: OrderEntry,
    events: Vec<Event>,
    events_wanted: u32,
    next_account: u32,
    next_request_id: u64,
    next_change: Instant,
    tables_are_full: bool,
}

/// One event on show.
struct Event {
    event_id: u32,
    markets: Vec<Market>,
    is_exhaustive: bool,
    ends: Instant,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Trading,
    Closing,
    Settling,
}

/// A market that can be traded.
#[derive(Clone, Copy, Debug)]
pub struct Market {
    /// Market.
    pub security_id: u32,
    /// What it is worth at this moment in the demo's world, ten-thousandths.
    pub fair: u16,
}

impl Stage {
    /// A stage without events or accounts.
    pub fn new(admin: OrderEntry, events_wanted: u32) -> Self {
        Self {
            admin,
            events: Vec::new(),
            events_wanted,
            next_account: 1,
            next_request_id: 1,
            next_change: Instant::now(),
            tables_are_full: false,
        }
    }

    /// Ends what an earlier run on this journal left: its events are closed and paid out. Events
    /// that have ended already refuse that, which is as well.
    pub fn clear(&mut self) -> anyhow::Result<()> {
        for event_id in 1.. {
            let mut close = SecurityStatusRequest::new_zeroed();
            close.request_id.set(self.request_id());
            close.event_id.set(event_id);
            close.status = MarketStatus::Closed.into();
            let swept = |frame: Frame<'_>| frame.body::<OrderMassActionReport>().map(|_| ());
            if self.try_request(&close, swept)? == Err(RejectCode::UnknownEvent.into()) {
                return Ok(());
            }
            // Three markets or a lone one: the vector must have as many values.
            for value_count in [3, 1] {
                let mut settle = SettlementRequest::new_zeroed();
                settle.request_id.set(self.request_id());
                settle.event_id.set(event_id);
                settle.value_count = value_count;
                settle.values[0].set(PAYOUT);
                let paid = |frame: Frame<'_>| frame.body::<SettlementComplete>().map(|_| ());
                if self.try_request(&settle, paid)?.is_ok() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Opens an account of `firm_id` with money in it; gives its number. One that an earlier run
    /// opened goes on with what it has.
    pub fn open_account(&mut self, firm_id: u32) -> anyhow::Result<u32> {
        let account = self.next_account;
        self.next_account += 1;
        let mut request = AccountDefinitionRequest::new_zeroed();
        request.request_id.set(self.request_id());
        request.account.set(account);
        request.firm_id.set(firm_id);
        let opened = |frame: Frame<'_>| frame.body::<AccountReport>().map(|_| ());
        match self.try_request(&request, opened)? {
            Ok(()) => self.deposit(account)?,
            Err(code) if code == u16::from(RejectCode::AccountExists) => {}
            Err(code) => bail!("the exchange refused an account: {}", name_of(code)),
        }
        Ok(account)
    }

    /// Pays the demo's stake into `account`; the answer is not waited for.
    pub fn deposit(&mut self, account: u32) -> anyhow::Result<()> {
        let mut request = DepositRequest::new_zeroed();
        request.request_id.set(self.request_id());
        request.account.set(account);
        request.amount.set(STAKE);
        self.admin.send(&request)?;
        Ok(())
    }

    /// Defines an event, every other one a lone market, and opens it.
    pub fn open_event(&mut self, random: &mut Random) -> anyhow::Result<()> {
        let is_exhaustive = self.events.len().is_multiple_of(2);
        let market_count: u8 = if is_exhaustive { 3 } else { 1 };
        let mut request = EventDefinitionRequest::new_zeroed();
        request.request_id.set(self.request_id());
        request.market_count = market_count;
        request.exhaustive = u8::from(is_exhaustive);
        let answer = self.request(&request, |frame| {
            let report = frame.body::<EventDefinitionReport>()?;
            Some((report.event_id.get(), report.first_security_id.get()))
        });
        let (event_id, first) = answer?;
        let markets = (0..u32::from(market_count))
            .map(|index| Market { security_id: first + index, fair: PAYOUT / 3 })
            .collect();
        let life = Duration::from_secs(u64::from(20 + random.below(40)));
        let ends = Instant::now() + life;
        let phase = Phase::Trading;
        self.events.push(Event { event_id, markets, is_exhaustive, ends, phase });
        self.set_status(event_id, MarketStatus::Open)
    }

    /// A market to trade, chosen at random; `None` when no event trades.
    pub fn market(&self, random: &mut Random) -> Option<Market> {
        let trading = || self.events.iter().filter(|event| event.phase == Phase::Trading);
        let count: usize = trading().map(|event| event.markets.len()).sum();
        let chosen = random.below(u32::try_from(count).ok().filter(|count| *count > 0)?);
        trading().flat_map(|event| event.markets.iter()).nth(chosen as usize).copied()
    }

    /// Moves fair values, ends events whose time has come, opens new ones.
    pub fn tick(&mut self, random: &mut Random) -> anyhow::Result<()> {
        self.listen()?;
        let now = Instant::now();
        if now < self.next_change {
            return Ok(());
        }
        self.next_change = now + CHANGE_PERIOD;
        for event in &mut self.events {
            event.drift(random);
        }
        let due =
            self.events.iter_mut().find(|event| event.phase == Phase::Trading && now >= event.ends);
        if let Some(event) = due {
            event.phase = Phase::Closing;
            let event_id = event.event_id;
            self.set_status(event_id, MarketStatus::Closed)?;
        }
        if self.events.len() < self.events_wanted as usize && !self.tables_are_full {
            self.open_event(random)?;
        }
        Ok(())
    }

    /// Takes what the exchange says to the administrator.
    pub fn listen(&mut self) -> anyhow::Result<()> {
        let mut closed = None;
        let mut settled = None;
        let mut refused = None;
        self.admin.poll(|frame| {
            if frame.body::<OrderMassActionReport>().is_some() {
                closed = Some(());
            } else if let Some(report) = frame.body::<SettlementComplete>() {
                settled = Some(report.event_id.get());
            } else if let Some(reject) = frame.body::<BusinessMessageReject>() {
                refused = Some(reject.reject_code.get());
            }
        })?;
        if let Some(code) = refused {
            bail!("the exchange refused the administrator: {}", name_of(code));
        }
        if closed.is_some() {
            self.settle()?;
        }
        if let Some(event_id) = settled {
            self.events.retain(|event| event.event_id != event_id);
        }
        Ok(())
    }

    fn settle(&mut self) -> anyhow::Result<()> {
        let request_id = self.request_id();
        let closing = self.events.iter_mut().find(|event| event.phase == Phase::Closing);
        let Some(event) = closing else { return Ok(()) };
        event.phase = Phase::Settling;
        let mut request = SettlementRequest::new_zeroed();
        request.request_id.set(request_id);
        request.event_id.set(event.event_id);
        request.value_count = u8::try_from(event.markets.len()).context("at most 64 markets")?;
        let likeliest = event.markets.iter().enumerate().max_by_key(|(_, market)| market.fair);
        if let Some((index, market)) = likeliest
            && (event.is_exhaustive || market.fair > PAYOUT / 2)
        {
            request.values[index].set(PAYOUT);
        }
        self.admin.send(&request)?;
        Ok(())
    }

    fn set_status(&mut self, event_id: u32, status: MarketStatus) -> anyhow::Result<()> {
        let mut request = SecurityStatusRequest::new_zeroed();
        request.request_id.set(self.request_id());
        request.event_id.set(event_id);
        request.status = status.into();
        if status == MarketStatus::Closed {
            // Its report comes when the sweep is over and starts the settlement.
            self.admin.send(&request)?;
            return Ok(());
        }
        self.request(&request, |frame| frame.body::<SecurityStatusReport>().map(|_| ()))
    }

    fn request<M: Message, T>(
        &mut self,
        message: &M,
        answer: impl FnMut(Frame<'_>) -> Option<T>,
    ) -> anyhow::Result<T> {
        let answered = self.try_request(message, answer)?;
        if matches!(&answered, Err(code) if *code == u16::from(RejectCode::EventTableFull)) {
            self.tables_are_full = true;
        }
        answered
            .map_err(|code| anyhow::anyhow!("the exchange refused {}: {}", M::NAME, name_of(code)))
    }

    /// Sends a request and waits for its answer, or for the code of its refusal.
    fn try_request<M: Message, T>(
        &mut self,
        message: &M,
        mut answer: impl FnMut(Frame<'_>) -> Option<T>,
    ) -> anyhow::Result<Result<T, u16>> {
        self.admin.send(message)?;
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        let mut found = None;
        let mut refused = None;
        loop {
            self.admin.poll(|frame| {
                if let Some(reject) = frame.body::<BusinessMessageReject>() {
                    refused = Some(reject.reject_code.get());
                } else if found.is_none() {
                    found = answer(frame);
                }
            })?;
            if let Some(found) = found {
                return Ok(Ok(found));
            }
            if let Some(code) = refused {
                return Ok(Err(code));
            }
            if Instant::now() > deadline {
                bail!("the exchange did not answer {} within {ANSWER_TIMEOUT:?}", M::NAME);
            }
            std::thread::yield_now();
        }
    }

    fn request_id(&mut self) -> u64 {
        let id = self.next_request_id;
        self.next_request_id += 1;
        id
    }
}

impl Event {
    /// A small step of every fair value; those of an exhaustive event keep adding up to one.
    fn drift(&mut self, random: &mut Random) {
        let step = random.between(-60, 60);
        let count = self.markets.len();
        let chosen = random.below(count as u32) as usize;
        let Ok(step) = i16::try_from(step) else { return };
        let moved = |fair: u16, step: i16| {
            fair.checked_add_signed(step).filter(|fair| (300..=9700).contains(fair))
        };
        let Some(first) = moved(self.markets[chosen].fair, step) else { return };
        if !self.is_exhaustive {
            self.markets[chosen].fair = first;
            return;
        }
        let other = (chosen + 1) % count;
        if let Some(second) = moved(self.markets[other].fair, -step) {
            self.markets[chosen].fair = first;
            self.markets[other].fair = second;
        }
    }
}

/// Name of a reject code, or the number when the schema has none.
pub fn name_of(code: u16) -> String {
    RejectCode::try_from(code).map_or_else(|_| format!("code {code}"), |code| format!("{code:?}"))
}

/// Millionths that an account starts with: 10,000 units.
const STAKE: i64 = 10_000_000_000;
const CHANGE_PERIOD: Duration = Duration::from_millis(50);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
