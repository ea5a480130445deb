//! What market makers and risk officers add to a recorded day: quotes under protection, questions
//! about all orders, suspensions, limits and halts.

use forecastle_proto_spec::{
    AccountLimitsReport, AccountLimitsRequest, KillSwitchReport, KillSwitchRequest,
    MarketMakerProtectionLimits, MarketMakerProtectionReport, MarketMakerProtectionReset,
    MarketStatus, MassActionScope, MassActionType, MassQuote, MassQuoteEntry,
    OrderMassStatusRequest, OrderStatusRequest, QuoteCancel, QuoteSetDefinition, QuoteSetReport,
    SecurityStatusReport, SecurityStatusRequest,
};
use zerocopy::FromZeros as _;

use crate::desk::Desk;

/// A market with lots and price of the bid and of the offer.
pub type Quote = (u32, (u32, u16), (u32, u16));

/// Defines the trader's quote set under a protection group that a day's trades reach: its window is
/// far longer than the day, so that the pace of a replay makes no difference.
pub fn define_set(desk: &mut Desk, account: u32) {
    let mut limits = MarketMakerProtectionLimits::new_zeroed();
    limits.protection_group.set(GROUP);
    limits.window_ms.set(60_000);
    limits.trades_max.set(8);
    desk.send(&limits);
    desk.await_report(|_: &MarketMakerProtectionReport| true);
    let mut set = QuoteSetDefinition::new_zeroed();
    set.quote_set_id.set(SET);
    set.protection_group.set(GROUP);
    set.account.set(account);
    desk.send(&set);
    desk.await_report(|_: &QuoteSetReport| true);
}

/// Quotes of the trader's set, whatever comes of them.
pub fn quote(desk: &mut Desk, quotes: &[Quote]) {
    let entries: Vec<_> = quotes
        .iter()
        .map(|&(security_id, bid, offer)| MassQuoteEntry {
            security_id: security_id.into(),
            bid_size: bid.0.into(),
            bid_px: bid.1.into(),
            offer_size: offer.0.into(),
            offer_px: offer.1.into(),
        })
        .collect();
    let mut message = MassQuote::new_zeroed();
    message.quote_id.set(desk.new_id());
    message.quote_set_id.set(SET);
    desk.send_with_group(&message, &entries);
}

/// Takes the trader's quotes away in a market.
pub fn cancel_quotes(desk: &mut Desk, security_id: u32) {
    let mut message = QuoteCancel::new_zeroed();
    message.quote_id.set(desk.new_id());
    message.quote_set_id.set(SET);
    message.security_id.set(security_id);
    desk.send(&message);
}

/// Lets the trader quote again, triggered or not.
pub fn reset_protection(desk: &mut Desk) {
    let mut message = MarketMakerProtectionReset::new_zeroed();
    message.request_id.set(desk.new_id());
    message.protection_group.set(GROUP);
    desk.send(&message);
}

/// Asks for one order, and for all of the firm in its market.
pub fn ask_for_orders(desk: &mut Desk, order_id: u64, security_id: u32) {
    let mut one = OrderStatusRequest::new_zeroed();
    one.request_id.set(desk.new_id());
    one.security_id.set(security_id);
    one.order_id.set(order_id);
    desk.send(&one);
    let mut all = OrderMassStatusRequest::new_zeroed();
    all.request_id.set(desk.new_id());
    all.security_id.set(security_id);
    all.scope = MassActionScope::Security.into();
    desk.send(&all);
}

/// Suspends everybody's trading in a market, or releases it.
pub fn switch_market(admin: &mut Desk, security_id: u32, action: MassActionType) {
    let mut request = KillSwitchRequest::new_zeroed();
    request.request_id.set(admin.new_id());
    request.key.set(security_id);
    request.scope = MassActionScope::Security.into();
    request.action = action.into();
    let seq_num = admin.send(&request);
    admin.await_report(|report: &KillSwitchReport| report.seq_num.get() == seq_num);
}

/// Limits what one order of the account may cost; 0 for no limit.
pub fn limit_order_cost(admin: &mut Desk, account: u32, order_cost_max: i64) {
    let mut request = AccountLimitsRequest::new_zeroed();
    request.request_id.set(admin.new_id());
    request.account.set(account);
    request.order_cost_max.set(order_cost_max);
    let seq_num = admin.send(&request);
    admin.await_report(|report: &AccountLimitsReport| report.seq_num.get() == seq_num);
}

/// Pauses a market, which ends the orders that ask for it, and opens it again.
pub fn halt(admin: &mut Desk, event_id: u32, security_id: u32) {
    for status in [MarketStatus::Paused, MarketStatus::Open] {
        let mut request = SecurityStatusRequest::new_zeroed();
        request.request_id.set(admin.new_id());
        request.event_id.set(event_id);
        request.security_id.set(security_id);
        request.status = status.into();
        let seq_num = admin.send(&request);
        admin.await_report(|report: &SecurityStatusReport| report.seq_num.get() == seq_num);
    }
}

const GROUP: u16 = 1;
const SET: u16 = 1;
