//! Private reports as a projection of the log: which session is told what about each effect of a
//! record. Pure; the same records give the same reports in the same order.
//!
//! An effect's ExecID is its own position; on the resting side of a trade bit 0 is set.
//!
//! | effect | report | goes to |
//! |---|---|---|
//! | OrderAccepted | ExecutionReportNew | the sender |
//! | OrderReplaced | ExecutionReportNew (Replaced) | the order's session, and the sender when another |
//! | OrderPending | ExecutionReportPendingNew | likewise |
//! | OrderReleased | ExecutionReportNew (Released) | the order's session |
//! | Trade | ExecutionReportTrade, twice | the resting order's session, then the aggressor's |
//! | CrossOutcomeFill | ExecutionReportTrade | the order's session |
//! | OrderCancelled | ExecutionReportCancelled | the order's session, and a sender of the same firm that did not suspend |
//! | SettlementReport | itself | every trader session of the firm |
//! | Terminate | itself | the session it names |
//! | OrderCancelled of a quote that its own mass quote or quote cancel takes away | the same | the order's session, when another than the sender |
//! | OrderReplaced by a mass quote, QuoteEntered | nothing: MassQuoteAck counts them | |
//! | MarketMakerProtectionTriggered | itself | every trader session of the firm |
//! | OrderRested, MarketSettled, PriceLimitsChanged | nothing | |
//! | any other | itself | the sender |
//!
//! The sender of a `Continue` record is the session that the command names: whose request began the
//! work. So a record is projected without knowing any other.

#[cfg(test)]
mod tests;

use forecastle_proto_spec::{
    CancelReason, Continue, CrossOutcomeFill, ExecType, ExecutionReportCancelled,
    ExecutionReportNew, ExecutionReportPendingNew, ExecutionReportTrade, Frame,
    MarketMakerProtectionTriggered, MarketSettled, MassQuote, Message, OrdStatus, OrderAccepted,
    OrderCancelReplaceRequest, OrderCancelled, OrderPending, OrderReleased, OrderReplaced,
    OrderRested, PriceLimitsChanged, QuoteEntered, SettlementReport, Side, Terminate, Trade,
    encode,
};
use zerocopy::FromZeros;
use zerocopy::little_endian::{U32, U64};

use crate::record::Record;
use crate::request::RequestIds;

/// Hands every report of a record to `deliver`, in order, each with the position of its effect.
/// O(effects); no allocation.
///
/// # Panics
/// When the record holds anything but whole messages.
#[inline]
pub fn project_reports(record: &Record<'_>, mut deliver: impl FnMut(u64, Recipient, &[u8])) {
    let sender = Requester::of(record);
    let time = record.header.sequencing_time_ns;
    for (position, effect) in record.effects() {
        let effect = Effect { position: U64::new(position), time, sender, frame: effect };
        effect.report(&mut |recipient, message: &[u8]| deliver(position, recipient, message));
    }
}

/// Who asked for what a record does, and under which numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Requester {
    session_id: u32,
    ids: RequestIds,
    /// New total quantity when the request replaces an order.
    order_qty: u32,
    is_mass_quote: bool,
}

impl Requester {
    #[inline]
    fn of(record: &Record<'_>) -> Self {
        let session_id = record.session_id();
        let Some(frame) = record.command_frame() else {
            return Self { session_id, ..Self::default() };
        };
        if let Some(step) = frame.body::<Continue>() {
            let (request_id, seq_num) = (step.request_id.get(), step.seq_num.get());
            let ids = RequestIds { request_id, seq_num };
            let session_id = step.session_id.get();
            return Self { session_id, ids, ..Self::default() };
        }
        let replace = frame.body::<OrderCancelReplaceRequest>();
        let order_qty = replace.map_or(0, |request| request.order_qty.get());
        let is_mass_quote = frame.template_id == MassQuote::TEMPLATE_ID;
        Self { session_id, ids: RequestIds::of(&frame), order_qty, is_mass_quote }
    }
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// One session.
    Session(u32),
    /// Every session of this firm whose key has the trader role.
    Firm(u32),
}

/// One effect, and whom its record answers.
struct Effect<'a> {
    position: U64,
    time: U64,
    sender: Requester,
    frame: Frame<'a>,
}

impl Effect<'_> {
    #[inline]
    fn report(&self, deliver: &mut impl FnMut(Recipient, &[u8])) {
        if let Some(trade) = self.frame.body::<Trade>() {
            self.report_trade(trade, deliver);
        } else if let Some(accepted) = self.frame.body::<OrderAccepted>() {
            self.report_accepted(accepted, deliver);
        } else if let Some(cancelled) = self.frame.body::<OrderCancelled>() {
            self.report_cancelled(cancelled, deliver);
        } else if let Some(replaced) = self.frame.body::<OrderReplaced>() {
            self.report_replaced(replaced, deliver);
        } else if let Some(pending) = self.frame.body::<OrderPending>() {
            self.report_pending(pending, deliver);
        } else if let Some(released) = self.frame.body::<OrderReleased>() {
            self.report_released(released, deliver);
        } else if let Some(fill) = self.frame.body::<CrossOutcomeFill>() {
            self.report_cross_outcome(fill, deliver);
        } else if let Some(paid) = self.frame.body::<SettlementReport>() {
            deliver(Recipient::Firm(paid.firm_id.get()), self.frame.bytes);
        } else if let Some(triggered) = self.frame.body::<MarketMakerProtectionTriggered>() {
            deliver(Recipient::Firm(triggered.firm_id.get()), self.frame.bytes);
        } else if let Some(terminate) = self.frame.body::<Terminate>() {
            tell(terminate.session_id.get(), self.frame.bytes, deliver);
        } else if !is_for_nobody(self.frame.template_id) {
            tell(self.sender.session_id, self.frame.bytes, deliver);
        }
    }

    fn report_accepted(&self, order: &OrderAccepted, deliver: &mut impl FnMut(Recipient, &[u8])) {
        let report = ExecutionReportNew {
            order_id: order.order_id,
            cl_ord_id: order.cl_ord_id,
            exec_id: self.position,
            transact_time_ns: self.time,
            seq_num: self.seq_num_for(self.sender.session_id),
            security_id: order.security_id,
            leaves_qty: order.order_qty,
            quantity_ahead: order.quantity_ahead,
            price: order.price,
            side: order.side,
            time_in_force: order.time_in_force,
            ord_status: OrdStatus::New as u8,
            exec_type: ExecType::New as u8,
            exec_inst: order.exec_inst,
            ..FromZeros::new_zeroed()
        };
        tell_encoded(self.sender.session_id, &report, deliver);
    }

    fn report_replaced(&self, order: &OrderReplaced, deliver: &mut impl FnMut(Recipient, &[u8])) {
        if self.sender.is_mass_quote {
            return;
        }
        // Nothing left of a replaced order is reported as a cancel, so the rest was traded.
        let has_traded = self.sender.order_qty > order.leaves_qty.get();
        let ord_status = match has_traded {
            _ if order.is_pending == 1 => OrdStatus::PendingNew,
            true => OrdStatus::PartiallyFilled,
            false => OrdStatus::New,
        };
        let report = ExecutionReportNew {
            order_id: order.order_id,
            cl_ord_id: order.cl_ord_id,
            exec_id: self.position,
            transact_time_ns: self.time,
            security_id: order.security_id,
            leaves_qty: order.leaves_qty,
            quantity_ahead: order.quantity_ahead,
            price: order.price,
            side: order.side,
            time_in_force: order.time_in_force,
            ord_status: ord_status as u8,
            exec_type: ExecType::Replaced as u8,
            exec_inst: order.exec_inst,
            ..FromZeros::new_zeroed()
        };
        for session_id in self.owner_and_sender(order.session_id.get()) {
            let seq_num = self.seq_num_for(session_id);
            tell_encoded(session_id, &ExecutionReportNew { seq_num, ..report }, deliver);
        }
    }

    #[inline]
    fn report_trade(&self, trade: &Trade, deliver: &mut impl FnMut(Recipient, &[u8])) {
        let resting_side =
            if trade.aggressor_side == Side::Buy as u8 { Side::Sell } else { Side::Buy };
        let resting = ExecutionReportTrade {
            order_id: trade.resting_order_id,
            cl_ord_id: trade.resting_cl_ord_id,
            exec_id: U64::new(self.position.get() | RESTING_SIDE),
            transact_time_ns: self.time,
            security_id: trade.security_id,
            last_qty: trade.quantity,
            leaves_qty: trade.resting_leaves_qty,
            last_px: trade.price,
            side: resting_side as u8,
            aggressor_indicator: 0,
            fee: trade.resting_fee,
        };
        tell_encoded(trade.resting_session_id.get(), &resting, deliver);
        let aggressor = ExecutionReportTrade {
            order_id: trade.aggressor_order_id,
            cl_ord_id: trade.aggressor_cl_ord_id,
            exec_id: self.position,
            leaves_qty: trade.aggressor_leaves_qty,
            side: trade.aggressor_side,
            aggressor_indicator: 1,
            fee: trade.aggressor_fee,
            ..resting
        };
        tell_encoded(trade.aggressor_session_id.get(), &aggressor, deliver);
    }

    fn report_cross_outcome(
        &self,
        fill: &CrossOutcomeFill,
        deliver: &mut impl FnMut(Recipient, &[u8]),
    ) {
        let mark = if fill.is_aggressor == 0 { RESTING_SIDE } else { 0 };
        let report = ExecutionReportTrade {
            order_id: fill.order_id,
            cl_ord_id: fill.cl_ord_id,
            exec_id: U64::new(self.position.get() | mark),
            transact_time_ns: self.time,
            security_id: fill.security_id,
            last_qty: fill.quantity,
            leaves_qty: fill.leaves_qty,
            last_px: fill.price,
            side: fill.side,
            aggressor_indicator: fill.is_aggressor,
            fee: fill.fee,
        };
        tell_encoded(fill.session_id.get(), &report, deliver);
    }

    fn report_pending(&self, order: &OrderPending, deliver: &mut impl FnMut(Recipient, &[u8])) {
        let report = ExecutionReportPendingNew {
            order_id: order.order_id,
            cl_ord_id: order.cl_ord_id,
            exec_id: self.position,
            transact_time_ns: self.time,
            release_time_ns: order.release_time_ns,
            seq_num: U32::ZERO,
            security_id: order.security_id,
            leaves_qty: order.leaves_qty,
            price: order.price,
            side: order.side,
            ord_status: OrdStatus::PendingNew as u8,
        };
        for session_id in self.owner_and_sender(order.session_id.get()) {
            let seq_num = self.seq_num_for(session_id);
            tell_encoded(session_id, &ExecutionReportPendingNew { seq_num, ..report }, deliver);
        }
    }

    fn report_released(&self, order: &OrderReleased, deliver: &mut impl FnMut(Recipient, &[u8])) {
        let has_traded = order.cum_qty.get() > 0;
        let ord_status = if has_traded { OrdStatus::PartiallyFilled } else { OrdStatus::New };
        let report = ExecutionReportNew {
            order_id: order.order_id,
            cl_ord_id: order.cl_ord_id,
            exec_id: self.position,
            transact_time_ns: self.time,
            security_id: order.security_id,
            leaves_qty: order.leaves_qty,
            quantity_ahead: order.quantity_ahead,
            price: order.price,
            side: order.side,
            time_in_force: order.time_in_force,
            ord_status: ord_status as u8,
            exec_type: ExecType::Released as u8,
            exec_inst: order.exec_inst,
            ..FromZeros::new_zeroed()
        };
        tell_encoded(order.session_id.get(), &report, deliver);
    }

    fn report_cancelled(&self, order: &OrderCancelled, deliver: &mut impl FnMut(Recipient, &[u8])) {
        let report = ExecutionReportCancelled {
            order_id: order.order_id,
            cl_ord_id: order.cl_ord_id,
            exec_id: self.position,
            transact_time_ns: self.time,
            security_id: order.security_id,
            cancelled_qty: order.cancelled_qty,
            cum_qty: order.cum_qty,
            reason: order.reason,
            side: order.side,
            ..FromZeros::new_zeroed()
        };
        // Who ends a day, closes a market, suspends or trades with quotes hears the total, or
        // nothing, not other sessions' orders one by one: they may be another firm's.
        let is_told_in_total = [
            CancelReason::DayEnded as u16,
            CancelReason::MarketClosed as u16,
            CancelReason::Suspended as u16,
            CancelReason::Protection as u16,
            CancelReason::MarketHalted as u16,
        ]
        .contains(&order.reason.get());
        // Whose own quotes gave way reads their number in the MassQuoteAck.
        let is_own_quote =
            [CancelReason::QuoteReplaced as u16, CancelReason::QuoteCancelled as u16]
                .contains(&order.reason.get());
        let owner = order.session_id.get();
        let sender = self.sender.session_id;
        let is_told = |session_id: &u32| {
            if is_own_quote {
                *session_id != sender
            } else {
                *session_id == owner || !is_told_in_total
            }
        };
        for session_id in self.owner_and_sender(owner).filter(is_told) {
            let seq_num = self.seq_num_for(session_id);
            tell_encoded(session_id, &ExecutionReportCancelled { seq_num, ..report }, deliver);
        }
    }

    #[inline]
    fn owner_and_sender(&self, owner: u32) -> impl Iterator<Item = u32> + use<> {
        let sender = self.sender.session_id;
        std::iter::once(owner).chain((sender != owner).then_some(sender))
    }

    /// A number means something only in the flow of the session that used it.
    #[inline]
    fn seq_num_for(&self, session_id: u32) -> U32 {
        let is_sender = session_id == self.sender.session_id;
        U32::new(if is_sender { self.sender.ids.seq_num } else { 0 })
    }
}

#[inline]
fn tell(session_id: u32, message: &[u8], deliver: &mut impl FnMut(Recipient, &[u8])) {
    if session_id != EXCHANGE_SESSION_ID {
        deliver(Recipient::Session(session_id), message);
    }
}

#[inline]
fn tell_encoded<M: Message>(
    session_id: u32,
    report: &M,
    deliver: &mut impl FnMut(Recipient, &[u8]),
) {
    let mut buffer = [0; EXECUTION_REPORT_LENGTH_MAX];
    let length = encode(report, &mut buffer).expect("the buffer holds any execution report");
    tell(session_id, &buffer[..length], deliver);
}

/// Effects that only the market data tells of.
#[inline]
const fn is_for_nobody(template_id: u16) -> bool {
    matches!(
        template_id,
        OrderRested::TEMPLATE_ID
            | MarketSettled::TEMPLATE_ID
            | PriceLimitsChanged::TEMPLATE_ID
            | QuoteEntered::TEMPLATE_ID
    )
}

/// Session of the exchange itself, which reads no reports.
pub(crate) const EXCHANGE_SESSION_ID: u32 = 0;
/// Bit of an ExecID that marks the resting side of a trade.
const RESTING_SIDE: u64 = 1;
const EXECUTION_REPORT_LENGTH_MAX: usize = 64;

const _: () = assert!(ExecutionReportNew::ENCODED_LENGTH <= EXECUTION_REPORT_LENGTH_MAX);
const _: () = assert!(ExecutionReportTrade::ENCODED_LENGTH <= EXECUTION_REPORT_LENGTH_MAX);
const _: () = assert!(ExecutionReportCancelled::ENCODED_LENGTH <= EXECUTION_REPORT_LENGTH_MAX);
const _: () = assert!(ExecutionReportPendingNew::ENCODED_LENGTH <= EXECUTION_REPORT_LENGTH_MAX);
