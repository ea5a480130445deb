//! Trades the source's messages, one after the other, and checks what the exchange shows.
//!
//! Within a message the runners go on independently: a runner's takers wait until the maker's
//! reductions in that market are answered, its growth until its takers are. A message is over when
//! every request is answered and both sides of every trade are known.

use std::time::{Duration, Instant};

use anyhow::bail;
use forecastle_proto_spec::{
    NewOrderSingle, OrderCancelReplaceRequest, OrderCancelRequest, Side, TimeInForce,
};
use zerocopy::FromZeros as _;

use super::admin::Admin;
use super::desk::{Desk, Sent};
use super::feed::Feed;
use super::listing::Listing;
use super::message::{Message, SourceStatus};
use super::plan::Plan;
use super::resting::{PriceChange, PriceKey, Request, orders_of};
use super::source::SourceMarket;
use super::summary::Summary;
use crate::exit::Failure;
use crate::link::{ANSWER_TIMEOUT, Link, Patience};

/// The sessions and what they work on.
pub struct Importer {
    /// Defines, moves and settles.
    pub admin: Admin,
    /// Rests orders.
    pub maker: Link<Desk>,
    /// Trades against them.
    pub taker: Link<Desk>,
    /// What the exchange shows.
    pub feed: Feed,
    /// What the source shows.
    pub market: SourceMarket,
    /// The runners' markets at the exchange.
    pub listing: Listing,
    /// Accounts the maker's orders go to in turn.
    pub maker_accounts: Vec<u32>,
    /// Account of the takers.
    pub taker_account: u32,
    /// Client order ids go on from here; the exchange remembers those of earlier sessions.
    pub last_cl_ord_id: u64,
    /// Orders given to accounts so far.
    pub order_count: usize,
}

impl Importer {
    /// Does what a message calls for, compares the ladders if it can be, and counts.
    ///
    /// # Errors
    /// The exchange refuses a change of status, or does not answer.
    pub fn message(&mut self, message: &Message, summary: &mut Summary) -> anyhow::Result<()> {
        let touched = self.market.apply(message);
        for &runner in &touched.removed {
            let security_id = self.listing.security_id(runner);
            let last_price = self.maker.handler.last_price(security_id);
            self.listing.remove(&mut self.admin, runner, last_price)?;
            summary.removed += 1;
        }
        let status = self.market.status();
        self.listing.follow(&mut self.admin, status, self.market.is_in_play())?;
        if status == SourceStatus::Closed || !touched.removed.is_empty() {
            self.wait_for_sweeps(status == SourceStatus::Closed, &touched.removed)?;
        }
        let plan = Plan::of(&self.market, &touched, &self.maker.handler.resting);
        self.perform(&plan)?;
        summary.source_crossed += plan.crossed_count;
        summary.unplaced_volume += plan.unplaced_count;
        if plan.is_checkable {
            summary.ladder_checks += 1;
            summary.ladder_mismatches += u64::from(!self.shows_the_source());
        } else {
            summary.ladder_waiting += 1;
        }
        Ok(())
    }

    /// Keeps everything alive until `due`.
    ///
    /// # Errors
    /// A session has ended.
    pub fn wait_until(&mut self, due: Instant) -> anyhow::Result<()> {
        loop {
            self.poll()?;
            let now = Instant::now();
            if now >= due {
                return Ok(());
            }
            self.maker.wait(IDLE_PERIOD.min(due - now));
        }
    }

    /// Takes in what came for any session and the feed; the number of reports.
    ///
    /// # Errors
    /// A session has ended, or lost a request.
    pub fn poll(&mut self) -> anyhow::Result<usize> {
        self.keep_others()?;
        self.poll_traders()
    }

    /// Whoever waits for the traders keeps the feed drained and the administrator's session alive:
    /// the exchange cuts off who takes nothing for some seconds.
    fn keep_others(&mut self) -> anyhow::Result<()> {
        self.admin.poll()?;
        self.feed.poll();
        Ok(())
    }

    fn poll_traders(&mut self) -> anyhow::Result<usize> {
        let count = self.maker.poll()? + self.taker.poll()?;
        let lost = |desk: &Desk| desk.tally.not_applied;
        if lost(&self.maker.handler) + lost(&self.taker.handler) > 0 {
            bail!("the exchange never got a request: its number was skipped");
        }
        Ok(count)
    }

    fn perform(&mut self, plan: &Plan) -> anyhow::Result<()> {
        let reductions: Vec<Request> = plan
            .reductions
            .iter()
            .flat_map(|change| self.maker.handler.resting.reduce(change))
            .collect();
        for request in reductions {
            self.send(request)?;
        }
        let mut takers = plan.takers.clone();
        let mut growths = plan.growths.clone();
        let mut patience = Patience::new(ANSWER_TIMEOUT);
        loop {
            self.send_due_takers(&mut takers)?;
            self.send_due_growths(&takers, &mut growths)?;
            if takers.is_empty() && growths.is_empty() && self.is_settled_between_sessions() {
                return Ok(());
            }
            if self.poll_traders()? > 0 {
                patience = Patience::new(ANSWER_TIMEOUT);
            } else if patience.is_over() {
                let silent = anyhow::anyhow!("a request was not answered in time");
                return Err(silent.context(Failure::Unreachable));
            } else {
                self.keep_others()?;
                patience.pause(|period| self.maker.wait(period));
            }
        }
    }

    /// Sends the takers of runners for which the maker has no open request.
    fn send_due_takers(&mut self, takers: &mut Vec<PriceChange>) -> anyhow::Result<()> {
        let maker = &self.maker.handler;
        let (due, waiting): (Vec<_>, Vec<_>) =
            takers.drain(..).partition(|change| maker.is_done_with(change.key.runner));
        *takers = waiting;
        for change in due {
            for quantity in orders_of(&change) {
                self.send_taker(change.key, quantity)?;
            }
        }
        Ok(())
    }

    /// Sends the growth of runners whose takers are sent and answered.
    fn send_due_growths(
        &mut self,
        takers: &[PriceChange],
        growths: &mut Vec<PriceChange>,
    ) -> anyhow::Result<()> {
        let taker = &self.taker.handler;
        let is_due = |change: &PriceChange| {
            let runner = change.key.runner;
            taker.is_done_with(runner) && !takers.iter().any(|other| other.key.runner == runner)
        };
        let (due, waiting): (Vec<_>, Vec<_>) = growths.drain(..).partition(is_due);
        *growths = waiting;
        for change in due {
            for request in self.maker.handler.resting.grow(&change) {
                self.send(request)?;
            }
        }
        Ok(())
    }

    /// Nothing is unanswered, and the maker knows of every fill that the taker knows of.
    fn is_settled_between_sessions(&self) -> bool {
        let (maker, taker) = (&self.maker.handler, &self.taker.handler);
        let incoming = maker.tally.incoming_fills + taker.tally.incoming_fills;
        let resting = maker.tally.resting_fills + taker.tally.resting_fills;
        maker.is_done() && taker.is_done() && incoming == resting
    }

    /// Waits until the maker knows that the orders of closed markets are gone.
    fn wait_for_sweeps(&mut self, is_whole_market: bool, removed: &[usize]) -> anyhow::Result<()> {
        let live: Vec<usize> =
            if is_whole_market { self.market.live_runners().collect() } else { Vec::new() };
        let mut patience = Patience::new(ANSWER_TIMEOUT);
        while live.iter().chain(removed).any(|r| self.maker.handler.resting.order_count(*r) > 0) {
            if self.poll_traders()? > 0 {
                continue;
            }
            if patience.is_over() {
                let silent = anyhow::anyhow!("the orders of a closed market were not cancelled");
                return Err(silent.context(Failure::Unreachable));
            }
            self.keep_others()?;
            patience.pause(|period| self.maker.wait(period));
        }
        Ok(())
    }

    /// Waits for the market data of the last report, then compares once.
    fn shows_the_source(&mut self) -> bool {
        let (maker, taker) = (&self.maker.handler, &self.taker.handler);
        let log_position =
            self.admin.log_position().max(maker.log_position).max(taker.log_position);
        self.feed.wait_for(log_position, CHECK_TIMEOUT);
        self.market.live_runners().all(|runner| {
            let security_id = self.listing.security_id(runner);
            let ladder = self.market.ladder(runner);
            Side::ALL
                .into_iter()
                .all(|side| self.feed.shows(security_id, side, ladder.target(side)))
        })
    }

    fn send(&mut self, request: Request) -> anyhow::Result<()> {
        let cl_ord_id = self.next_cl_ord_id();
        let (seq_num, sent) = match request {
            Request::New { key, quantity } => {
                let account = self.maker_accounts[self.order_count % self.maker_accounts.len()];
                self.order_count += 1;
                let mut order = self.order(key, key.side, quantity);
                order.cl_ord_id.set(cl_ord_id);
                order.account.set(account);
                order.time_in_force = TimeInForce::GoodTillCancel.into();
                (self.maker.send(&order)?, Sent::New(key))
            }
            Request::Replace { key, order_id, order_qty, adds } => {
                let mut replace = OrderCancelReplaceRequest::new_zeroed();
                replace.cl_ord_id.set(cl_ord_id);
                replace.order_id.set(order_id);
                replace.security_id.set(self.listing.security_id(key.runner));
                replace.order_qty.set(order_qty);
                replace.price.set(key.price);
                let sent = if adds { Sent::Growth(key) } else { Sent::Reduction(key) };
                (self.maker.send(&replace)?, sent)
            }
            Request::Cancel { key, order_id } => {
                let mut cancel = OrderCancelRequest::new_zeroed();
                cancel.cl_ord_id.set(cl_ord_id);
                cancel.order_id.set(order_id);
                cancel.security_id.set(self.listing.security_id(key.runner));
                (self.maker.send(&cancel)?, Sent::Reduction(key))
            }
        };
        self.maker.handler.sent(seq_num, sent);
        Ok(())
    }

    fn send_taker(&mut self, key: PriceKey, quantity: u32) -> anyhow::Result<()> {
        let side = match key.side {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        };
        let mut order = self.order(key, side, quantity);
        order.cl_ord_id.set(self.next_cl_ord_id());
        order.account.set(self.taker_account);
        order.time_in_force = TimeInForce::ImmediateOrCancel.into();
        let seq_num = self.taker.send(&order)?;
        self.taker.handler.sent(seq_num, Sent::Taker(key));
        Ok(())
    }

    fn order(&self, key: PriceKey, side: Side, quantity: u32) -> NewOrderSingle {
        let mut order = NewOrderSingle::new_zeroed();
        order.security_id.set(self.listing.security_id(key.runner));
        order.order_qty.set(quantity);
        order.price.set(key.price);
        order.side = side.into();
        order
    }

    fn next_cl_ord_id(&mut self) -> u64 {
        self.last_cl_ord_id += 1;
        self.last_cl_ord_id
    }
}

/// Longest wait for market data before ladders are compared.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
const IDLE_PERIOD: Duration = Duration::from_millis(50);
