//! A market maker: one bid and one ask in every market it has come across, around the fair value.

use std::collections::BTreeMap;

use forecastle_client::OrderEntry;
use forecastle_proto_spec::{
    ExecutionReportCancelled, ExecutionReportNew, ExecutionReportRejected, ExecutionReportTrade,
    NewOrderSingle, OrderCancelReject, OrderCancelReplaceRequest, OrderCancelRequest, RejectCode,
    Side, TimeInForce,
};
use zerocopy::FromZeros as _;

use super::first_cl_ord_id;
use super::random::Random;
use super::stage::{Market, Stage};

/// One market maker with its session.
pub struct Maker {
    session: OrderEntry,
    account: u32,
    random: Random,
    next_cl_ord_id: u64,
    /// By market and side: the quote there.
    quotes: BTreeMap<(u32, u8), Quote>,
    is_short_of_cash: bool,
}

#[derive(Clone, Copy, Debug)]
struct Quote {
    cl_ord_id: u64,
    order_id: u64,
    price: u16,
    /// Traded so far: a replace names the total quantity.
    traded: u32,
    is_answered: bool,
}

impl Maker {
    /// A maker that trades for `account`.
    pub fn new(session: OrderEntry, account: u32, seed: u64) -> Self {
        Self {
            session,
            account,
            random: Random::new(seed),
            next_cl_ord_id: first_cl_ord_id(),
            quotes: BTreeMap::new(),
            is_short_of_cash: false,
        }
    }

    /// Makes or moves one quote; now and then takes one away, to make it anew later.
    pub fn tick(&mut self, stage: &mut Stage) -> anyhow::Result<()> {
        self.listen(stage)?;
        let Some(market) = stage.market(&mut self.random) else { return Ok(()) };
        let side = if self.random.below(2) == 0 { Side::Buy } else { Side::Sell };
        let half_spread = 30 + self.random.below(120).cast_signed();
        let signed = if side == Side::Buy { -half_spread } else { half_spread };
        let price = (i32::from(market.fair) + signed).clamp(1, 9999);
        let price = u16::try_from(price).unwrap_or(1);
        let quantity = 100 * (1 + self.random.below(50));
        match self.quotes.get(&(market.security_id, side.into())).copied() {
            None => self.quote(market, side, price, quantity),
            Some(quote) if quote.is_answered && quote.price != price => {
                match self.random.below(MOVES_PER_WITHDRAWAL) {
                    0 => self.withdraw(market, side, quote),
                    _ => self.requote(market, side, quote, (price, quantity)),
                }
            }
            Some(_) => Ok(()),
        }
    }

    /// Takes the exchange's reports.
    pub fn listen(&mut self, stage: &mut Stage) -> anyhow::Result<()> {
        let quotes = &mut self.quotes;
        let is_short_of_cash = &mut self.is_short_of_cash;
        let mut is_refused = |code: u16| {
            *is_short_of_cash |= code == u16::from(RejectCode::InsufficientBuyingPower);
        };
        self.session.poll(|frame| {
            if let Some(report) = frame.body::<ExecutionReportNew>() {
                if let Some(quote) = quotes.get_mut(&(report.security_id.get(), report.side)) {
                    quote.order_id = report.order_id.get();
                    quote.is_answered = true;
                }
            } else if let Some(report) = frame.body::<ExecutionReportTrade>() {
                let key = (report.security_id.get(), report.side);
                if report.leaves_qty.get() == 0 {
                    quotes.remove(&key);
                } else if let Some(quote) = quotes.get_mut(&key) {
                    quote.traded += report.last_qty.get();
                }
            } else if let Some(report) = frame.body::<ExecutionReportCancelled>() {
                quotes.remove(&(report.security_id.get(), report.side));
            } else if let Some(reject) = frame.body::<ExecutionReportRejected>() {
                is_refused(reject.reject_code.get());
                quotes.retain(|_, quote| quote.cl_ord_id != reject.cl_ord_id.get());
            } else if let Some(reject) = frame.body::<OrderCancelReject>() {
                is_refused(reject.reject_code.get());
                let is_gone = reject.reject_code == u16::from(RejectCode::UnknownOrder);
                let is_it = |quote: &Quote| quote.cl_ord_id == reject.cl_ord_id.get();
                if is_gone {
                    quotes.retain(|_, quote| !is_it(quote));
                } else if let Some(quote) = quotes.values_mut().find(|quote| is_it(quote)) {
                    quote.is_answered = true;
                }
            }
        })?;
        if std::mem::take(&mut self.is_short_of_cash) {
            stage.deposit(self.account)?;
        }
        Ok(())
    }

    fn quote(
        &mut self,
        market: Market,
        side: Side,
        price: u16,
        quantity: u32,
    ) -> anyhow::Result<()> {
        let cl_ord_id = self.cl_ord_id();
        let mut order = NewOrderSingle::new_zeroed();
        order.cl_ord_id.set(cl_ord_id);
        order.security_id.set(market.security_id);
        order.order_qty.set(quantity);
        order.account.set(self.account);
        order.price.set(price);
        order.side = side.into();
        order.time_in_force = TimeInForce::GoodTillCancel.into();
        self.session.send(&order)?;
        let quote = Quote { cl_ord_id, order_id: 0, price, traded: 0, is_answered: false };
        self.quotes.insert((market.security_id, side.into()), quote);
        Ok(())
    }

    fn requote(
        &mut self,
        market: Market,
        side: Side,
        quote: Quote,
        (price, quantity): (u16, u32),
    ) -> anyhow::Result<()> {
        let cl_ord_id = self.cl_ord_id();
        let mut replace = OrderCancelReplaceRequest::new_zeroed();
        replace.cl_ord_id.set(cl_ord_id);
        replace.security_id.set(market.security_id);
        replace.order_id.set(quote.order_id);
        replace.order_qty.set(quote.traded + quantity);
        replace.price.set(price);
        self.session.send(&replace)?;
        let quote = Quote { cl_ord_id, price, is_answered: false, ..quote };
        self.quotes.insert((market.security_id, side.into()), quote);
        Ok(())
    }

    fn withdraw(&mut self, market: Market, side: Side, quote: Quote) -> anyhow::Result<()> {
        let cl_ord_id = self.cl_ord_id();
        let mut cancel = OrderCancelRequest::new_zeroed();
        cancel.cl_ord_id.set(cl_ord_id);
        cancel.security_id.set(market.security_id);
        cancel.order_id.set(quote.order_id);
        self.session.send(&cancel)?;
        let quote = Quote { cl_ord_id, is_answered: false, ..quote };
        self.quotes.insert((market.security_id, side.into()), quote);
        Ok(())
    }

    fn cl_ord_id(&mut self) -> u64 {
        let id = self.next_cl_ord_id;
        self.next_cl_ord_id += 1;
        id
    }
}

/// How many quotes whose price is to change are there for each that is taken away instead.
const MOVES_PER_WITHDRAWAL: u32 = 8;
