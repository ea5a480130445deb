//! Public market data as a projection of the log, order by order (L3). Pure; the same records give
//! the same messages in the same order.
//!
//! | effect | messages |
//! |---|---|
//! | OrderRested | OrderPut |
//! | OrderReplaced, priority kept | OrderReduce |
//! | OrderReplaced, priority lost | OrderDelete |
//! | Trade | OrderExecuted |
//! | CrossOutcomeFill of an order in the book | OrderExecuted |
//! | CrossOutcomeFill of the incoming order | OutcomeTrade |
//! | OrderCancelled of an order in the book | OrderDelete |
//! | SecurityStatusReport | SecurityStatus |
//! | MarketSettled | MarketSettlement |
//! | PriceLimitsChanged | LimitsBanding |
//! | TickTableReport | SecurityDefinition |
//! | EventDefinitionReport | EventDefinition, then one SecurityDefinition for each market |
//!
//! `rpt_seq` is the engine's. [`MarketDataPacker`] puts the messages into packets.

mod packer;
#[cfg(test)]
mod tests;

pub use packer::MarketDataPacker;

use forecastle_proto_spec::{
    CrossOutcomeFill, EventDefinition, EventDefinitionReport, Frame, LimitsBanding, MarketSettled,
    MarketSettlement, OrderCancelled, OrderDelete, OrderExecuted, OrderPut, OrderReduce,
    OrderReplaced, OrderRested, OutcomeTrade, PriceLimitsChanged, SecurityDefinition,
    SecurityStatus, SecurityStatusReport, Side, TickTableReport, Trade,
};
use zerocopy::FromZeros;
use zerocopy::little_endian::{U16, U32, U64};

/// One market-data message, its flags still clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarketDataMessage {
    OrderPut(OrderPut),
    OrderReduce(OrderReduce),
    OrderDelete(OrderDelete),
    OrderExecuted(OrderExecuted),
    EventDefinition(EventDefinition),
    SecurityDefinition(SecurityDefinition),
    SecurityStatus(SecurityStatus),
    MarketSettlement(MarketSettlement),
    LimitsBanding(LimitsBanding),
    OutcomeTrade(OutcomeTrade),
}

/// Hands the messages of the effect at `position` to `emit`, in order. O(1), O(markets) for a
/// definition.
#[inline]
pub(crate) fn project_effect(
    position: u64,
    effect: &Frame<'_>,
    mut emit: impl FnMut(&MarketDataMessage),
) {
    if let Some(rested) = effect.body::<OrderRested>() {
        emit(&MarketDataMessage::OrderPut(order_put(rested)));
    } else if let Some(trade) = effect.body::<Trade>() {
        emit(&MarketDataMessage::OrderExecuted(order_executed(position, trade)));
    } else if let Some(fill) = effect.body::<CrossOutcomeFill>() {
        emit(&cross_outcome(position, fill));
    } else if let Some(order) = effect.body::<OrderCancelled>() {
        if order.was_resting != 0 {
            let delete = order_delete(order.order_id, order.security_id, order.rpt_seq);
            emit(&MarketDataMessage::OrderDelete(delete));
        }
    } else if let Some(order) = effect.body::<OrderReplaced>() {
        if order.is_pending == 0 {
            emit(&order_changed(order));
        }
    } else if let Some(report) = effect.body::<SecurityStatusReport>() {
        emit(&MarketDataMessage::SecurityStatus(security_status(report)));
    } else if let Some(settled) = effect.body::<MarketSettled>() {
        emit(&MarketDataMessage::MarketSettlement(market_settlement(settled)));
    } else if let Some(limits) = effect.body::<PriceLimitsChanged>() {
        emit(&MarketDataMessage::LimitsBanding(limits_banding(limits)));
    } else if let Some(table) = effect.body::<TickTableReport>() {
        emit(&MarketDataMessage::SecurityDefinition(redefinition(table)));
    } else if let Some(event) = effect.body::<EventDefinitionReport>() {
        emit(&MarketDataMessage::EventDefinition(event_definition(event)));
        for state_index in 0..event.market_count {
            let market = security_definition(event, state_index);
            emit(&MarketDataMessage::SecurityDefinition(market));
        }
    }
}

fn order_put(order: &OrderRested) -> OrderPut {
    OrderPut {
        order_id: order.order_id,
        priority: order.priority,
        security_id: order.security_id,
        rpt_seq: order.rpt_seq,
        quantity: order.leaves_qty,
        price: order.price,
        side: order.side,
        flags: 0,
    }
}

fn order_executed(position: u64, trade: &Trade) -> OrderExecuted {
    OrderExecuted {
        order_id: trade.resting_order_id,
        trd_match_id: U64::new(position),
        security_id: trade.security_id,
        rpt_seq: trade.rpt_seq,
        quantity: trade.quantity,
        price: trade.price,
        aggressor_side: trade.aggressor_side,
        flags: 0,
    }
}

/// The resting order's market knows the other side only as the house.
fn cross_outcome(position: u64, fill: &CrossOutcomeFill) -> MarketDataMessage {
    if fill.is_aggressor != 0 {
        return MarketDataMessage::OutcomeTrade(OutcomeTrade {
            trd_match_id: U64::new(position),
            security_id: fill.security_id,
            rpt_seq: fill.rpt_seq,
            quantity: fill.quantity,
            price: fill.price,
            aggressor_side: fill.side,
            flags: 0,
        });
    }
    MarketDataMessage::OrderExecuted(OrderExecuted {
        order_id: fill.order_id,
        trd_match_id: U64::new(position),
        security_id: fill.security_id,
        rpt_seq: fill.rpt_seq,
        quantity: fill.quantity,
        price: fill.price,
        aggressor_side: if fill.side == Side::Buy as u8 { Side::Sell } else { Side::Buy } as u8,
        flags: 0,
    })
}

fn order_delete(order_id: U64, security_id: U32, rpt_seq: U32) -> OrderDelete {
    OrderDelete { order_id, security_id, rpt_seq, ..FromZeros::new_zeroed() }
}

fn order_changed(order: &OrderReplaced) -> MarketDataMessage {
    if order.priority_kept == 0 {
        let delete = order_delete(order.order_id, order.security_id, order.rpt_seq);
        return MarketDataMessage::OrderDelete(delete);
    }
    MarketDataMessage::OrderReduce(OrderReduce {
        order_id: order.order_id,
        security_id: order.security_id,
        rpt_seq: order.rpt_seq,
        quantity: order.leaves_qty,
        ..FromZeros::new_zeroed()
    })
}

fn security_status(report: &SecurityStatusReport) -> SecurityStatus {
    SecurityStatus {
        security_id: report.security_id,
        event_id: report.event_id,
        rpt_seq: report.rpt_seq,
        reason: report.reason,
        status: report.status,
        in_play: report.in_play,
        settlement_price: report.settlement_price,
        in_play_delay_ms: report.in_play_delay_ms,
        ..FromZeros::new_zeroed()
    }
}

fn market_settlement(settled: &MarketSettled) -> MarketSettlement {
    MarketSettlement {
        security_id: settled.security_id,
        event_id: settled.event_id,
        rpt_seq: settled.rpt_seq,
        settlement_price: settled.settlement_price,
        ..FromZeros::new_zeroed()
    }
}

fn limits_banding(limits: &PriceLimitsChanged) -> LimitsBanding {
    LimitsBanding {
        security_id: limits.security_id,
        event_id: limits.event_id,
        low_limit_price: limits.low_limit_price,
        high_limit_price: limits.high_limit_price,
        reference_price: limits.reference_price,
        ..FromZeros::new_zeroed()
    }
}

fn event_definition(event: &EventDefinitionReport) -> EventDefinition {
    EventDefinition {
        event_id: event.event_id,
        first_security_id: event.first_security_id,
        external_id: event.external_id,
        market_count: event.market_count,
        exhaustive: event.exhaustive,
        ..FromZeros::new_zeroed()
    }
}

fn security_definition(event: &EventDefinitionReport, state_index: u8) -> SecurityDefinition {
    SecurityDefinition {
        security_id: U32::new(event.first_security_id.get() + u32::from(state_index)),
        event_id: event.event_id,
        tick_size: U16::new(TICK_SIZE),
        state_index,
        ..FromZeros::new_zeroed()
    }
}

/// The definition of a market again, with the step of its new grid.
fn redefinition(table: &TickTableReport) -> SecurityDefinition {
    SecurityDefinition {
        security_id: table.security_id,
        event_id: table.event_id,
        tick_size: table.tick_size,
        state_index: table.state_index,
        ..FromZeros::new_zeroed()
    }
}

/// Grid step of every new market, ten-thousandths of the payout.
const TICK_SIZE: u16 = 1;
