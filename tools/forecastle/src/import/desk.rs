//! What one trading session has sent and what the exchange has answered.

use std::collections::BTreeMap;

use forecastle_proto_spec::{
    BusinessMessageReject, ExecType, ExecutionReportCancelled, ExecutionReportNew,
    ExecutionReportRejected, ExecutionReportTrade, Frame, NotApplied, OrderCancelReject,
};

use super::resting::{PriceKey, RestingOrders};
use crate::link::ReportHandler;

/// Requests without an answer, orders, and counts, all from reports.
#[derive(Debug, Default)]
pub struct Desk {
    /// Orders that rest.
    pub resting: RestingOrders,
    /// Counts since the start.
    pub tally: Tally,
    /// Position in the log of the last report.
    pub log_position: u64,
    requests: BTreeMap<u32, Sent>,
    takers: BTreeMap<u64, usize>,
    unanswered: BTreeMap<usize, usize>,
    last_prices: BTreeMap<u32, u16>,
}

/// Counts of a session's reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Orders accepted, a replace that adds quantity included.
    pub orders: u64,
    /// Resting orders cancelled or made smaller.
    pub cancels: u64,
    /// Trades in which this session's order came in.
    pub incoming_fills: u64,
    /// Trades in which this session's order rested.
    pub resting_fills: u64,
    /// Requests that were never applied because their number was lost.
    pub not_applied: u64,
    /// Refusals by code.
    pub rejects: BTreeMap<u16, u64>,
}

/// What a request was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A new order that is to rest.
    New(PriceKey),
    /// A larger quantity for a resting order.
    Growth(PriceKey),
    /// A smaller quantity for a resting order, or its end.
    Reduction(PriceKey),
    /// An immediate-or-cancel order against the orders there.
    Taker(PriceKey),
}

impl Desk {
    /// Remembers a request until it is answered.
    pub fn sent(&mut self, seq_num: u32, sent: Sent) {
        self.requests.insert(seq_num, sent);
        *self.unanswered.entry(sent.runner()).or_insert(0) += 1;
    }

    /// Every request for `runner` is answered in full.
    #[must_use]
    pub fn is_done_with(&self, runner: usize) -> bool {
        !self.unanswered.contains_key(&runner)
    }

    /// Every request is answered in full.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.unanswered.is_empty()
    }

    /// Price of the last trade of a market that this session took part in.
    #[must_use]
    pub fn last_price(&self, security_id: u32) -> Option<u16> {
        self.last_prices.get(&security_id).copied()
    }

    fn is_answered(&mut self, runner: usize) {
        if let Some(count) = self.unanswered.get_mut(&runner) {
            *count -= 1;
            if *count == 0 {
                self.unanswered.remove(&runner);
            }
        }
    }

    fn on_new(&mut self, report: &ExecutionReportNew) {
        let (order_id, leaves) = (report.order_id.get(), report.leaves_qty.get());
        let Some(sent) = self.requests.remove(&report.seq_num.get()) else { return };
        let is_replaced = report.exec_type == u8::from(ExecType::Replaced);
        match sent {
            Sent::Reduction(_) => self.tally.cancels += 1,
            _ => self.tally.orders += 1,
        }
        match sent {
            Sent::Taker(key) => {
                // Its trades follow; it is answered by the last of them or by its cancellation.
                self.takers.insert(order_id, key.runner);
                return;
            }
            _ if is_replaced => self.resting.replaced(order_id, leaves),
            Sent::New(key) | Sent::Growth(key) | Sent::Reduction(key) => {
                self.resting.accepted(key, order_id, leaves);
            }
        }
        self.is_answered(sent.runner());
    }

    fn on_trade(&mut self, report: &ExecutionReportTrade) {
        let (order_id, leaves) = (report.order_id.get(), report.leaves_qty.get());
        self.last_prices.insert(report.security_id.get(), report.last_px.get());
        if report.aggressor_indicator == 1 {
            self.tally.incoming_fills += 1;
        } else {
            self.tally.resting_fills += 1;
        }
        if leaves == 0
            && let Some(runner) = self.takers.remove(&order_id)
        {
            self.is_answered(runner);
        } else {
            self.resting.filled(order_id, report.last_qty.get(), leaves);
        }
    }

    fn on_cancelled(&mut self, report: &ExecutionReportCancelled) {
        let order_id = report.order_id.get();
        if let Some(runner) = self.takers.remove(&order_id) {
            self.is_answered(runner);
            return;
        }
        self.tally.cancels += u64::from(self.resting.ended(order_id));
        if let Some(sent) = self.requests.remove(&report.seq_num.get()) {
            self.is_answered(sent.runner());
        }
    }

    fn on_refused(&mut self, seq_num: u32, code: u16) {
        *self.tally.rejects.entry(code).or_insert(0) += 1;
        if let Some(sent) = self.requests.remove(&seq_num) {
            self.is_answered(sent.runner());
        }
    }
}

impl ReportHandler for Desk {
    fn on_report(&mut self, frame: Frame<'_>) {
        let exec_id = if let Some(report) = frame.body::<ExecutionReportNew>() {
            self.on_new(report);
            report.exec_id.get()
        } else if let Some(report) = frame.body::<ExecutionReportTrade>() {
            self.on_trade(report);
            report.exec_id.get()
        } else if let Some(report) = frame.body::<ExecutionReportCancelled>() {
            self.on_cancelled(report);
            report.exec_id.get()
        } else if let Some(reject) = frame.body::<ExecutionReportRejected>() {
            self.on_refused(reject.seq_num.get(), reject.reject_code.get());
            reject.exec_id.get()
        } else if let Some(reject) = frame.body::<OrderCancelReject>() {
            self.on_refused(reject.seq_num.get(), reject.reject_code.get());
            reject.exec_id.get()
        } else if let Some(reject) = frame.body::<BusinessMessageReject>() {
            self.on_refused(reject.ref_seq_num.get(), reject.reject_code.get());
            reject.exec_id.get()
        } else if let Some(lost) = frame.body::<NotApplied>() {
            self.tally.not_applied += u64::from(lost.count.get());
            lost.exec_id.get()
        } else {
            return;
        };
        self.log_position = self.log_position.max(exec_id);
    }
}

impl Sent {
    fn runner(self) -> usize {
        let (Self::New(key) | Self::Growth(key) | Self::Reduction(key) | Self::Taker(key)) = self;
        key.runner
    }
}

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{CancelReason, Message, Side, encode};
    use zerocopy::FromZeros as _;

    use super::*;

    const KEY: PriceKey = PriceKey { runner: 3, side: Side::Sell, price: 4000 };

    fn tell<M: Message>(desk: &mut Desk, message: &M) {
        let mut buffer = [0; 128];
        let length = encode(message, &mut buffer).unwrap();
        desk.on_report(Frame::parse(&buffer[..length]).unwrap().0);
    }

    fn accept(desk: &mut Desk, seq_num: u32, order_id: u64, leaves: u32, exec_type: ExecType) {
        let mut report = ExecutionReportNew::new_zeroed();
        report.seq_num.set(seq_num);
        report.order_id.set(order_id);
        report.leaves_qty.set(leaves);
        report.exec_id.set(order_id * 100 + u64::from(seq_num));
        report.exec_type = exec_type.into();
        tell(desk, &report);
    }

    fn trade(desk: &mut Desk, order_id: u64, quantity: u32, leaves: u32, aggressor: u8) {
        let mut report = ExecutionReportTrade::new_zeroed();
        report.order_id.set(order_id);
        report.security_id.set(9);
        report.last_qty.set(quantity);
        report.leaves_qty.set(leaves);
        report.last_px.set(4000);
        report.aggressor_indicator = aggressor;
        tell(desk, &report);
    }

    #[test]
    fn a_resting_order_is_followed_from_report_to_report() {
        let mut desk = Desk::default();
        desk.sent(1, Sent::New(KEY));
        assert!(!desk.is_done_with(3) && desk.is_done_with(2) && !desk.is_done());
        accept(&mut desk, 1, 7, 50, ExecType::New);
        assert!(desk.is_done());
        trade(&mut desk, 7, 20, 30, 0);
        assert_eq!((desk.resting.quantity(KEY), desk.last_price(9)), (30, Some(4000)));
        desk.sent(2, Sent::Growth(KEY));
        accept(&mut desk, 2, 7, 60, ExecType::Replaced);
        desk.sent(3, Sent::Reduction(KEY));
        accept(&mut desk, 3, 7, 10, ExecType::Replaced);
        assert_eq!((desk.resting.quantity(KEY), desk.log_position), (10, 703));
        desk.sent(4, Sent::Reduction(KEY));
        let mut cancelled = ExecutionReportCancelled::new_zeroed();
        cancelled.order_id.set(7);
        cancelled.seq_num.set(4);
        tell(&mut desk, &cancelled);
        assert!(desk.is_done() && desk.resting.order_count(3) == 0);
        let expected = Tally { orders: 2, cancels: 2, resting_fills: 1, ..Tally::default() };
        assert_eq!(desk.tally, expected);
    }

    #[test]
    fn a_taker_is_answered_by_its_last_trade_or_its_cancellation() {
        let mut desk = Desk::default();
        desk.sent(1, Sent::Taker(KEY));
        accept(&mut desk, 1, 7, 50, ExecType::New);
        trade(&mut desk, 7, 20, 30, 1);
        assert!(!desk.is_done());
        trade(&mut desk, 7, 30, 0, 1);
        assert!(desk.is_done());
        desk.sent(2, Sent::Taker(KEY));
        accept(&mut desk, 2, 8, 50, ExecType::New);
        let mut cancelled = ExecutionReportCancelled::new_zeroed();
        cancelled.order_id.set(8);
        cancelled.seq_num.set(2);
        cancelled.reason.set(CancelReason::ImmediateOrCancel.into());
        tell(&mut desk, &cancelled);
        assert!(desk.is_done());
        let expected = Tally { orders: 2, incoming_fills: 2, ..Tally::default() };
        assert_eq!(desk.tally, expected, "a remainder is no cancel");
    }

    #[test]
    fn refusals_answer_and_are_counted_by_code() {
        let mut desk = Desk::default();
        for seq_num in 1..=3 {
            desk.sent(seq_num, Sent::New(KEY));
        }
        let mut first = ExecutionReportRejected::new_zeroed();
        first.seq_num.set(1);
        first.reject_code.set(401);
        tell(&mut desk, &first);
        let mut second = OrderCancelReject::new_zeroed();
        second.seq_num.set(2);
        second.reject_code.set(401);
        tell(&mut desk, &second);
        let mut third = BusinessMessageReject::new_zeroed();
        third.ref_seq_num.set(3);
        third.reject_code.set(301);
        tell(&mut desk, &third);
        assert!(desk.is_done());
        assert_eq!(desk.tally.rejects, BTreeMap::from([(301, 1), (401, 2)]));
    }
}
