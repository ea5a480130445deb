//! Layouts of the section `market_data`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use std::mem::offset_of;

use super::super::*;
use crate::message::{Message, MessageLayout};

pub(super) const LAYOUTS: &[MessageLayout] = &[
    MessageLayout {
        name: MarketDataPacket::NAME,
        template_id: MarketDataPacket::TEMPLATE_ID,
        block_length: size_of::<MarketDataPacket>(),
        fields: &[
            ("sending_time_ns", offset_of!(MarketDataPacket, sending_time_ns)),
            ("log_position", offset_of!(MarketDataPacket, log_position)),
            ("packet_seq_num", offset_of!(MarketDataPacket, packet_seq_num)),
            ("message_count", offset_of!(MarketDataPacket, message_count)),
            ("channel", offset_of!(MarketDataPacket, channel)),
        ],
        group: MarketDataPacket::GROUP,
    },
    MessageLayout {
        name: OrderPut::NAME,
        template_id: OrderPut::TEMPLATE_ID,
        block_length: size_of::<OrderPut>(),
        fields: &[
            ("order_id", offset_of!(OrderPut, order_id)),
            ("priority", offset_of!(OrderPut, priority)),
            ("security_id", offset_of!(OrderPut, security_id)),
            ("rpt_seq", offset_of!(OrderPut, rpt_seq)),
            ("quantity", offset_of!(OrderPut, quantity)),
            ("price", offset_of!(OrderPut, price)),
            ("side", offset_of!(OrderPut, side)),
            ("flags", offset_of!(OrderPut, flags)),
        ],
        group: OrderPut::GROUP,
    },
    MessageLayout {
        name: OrderReduce::NAME,
        template_id: OrderReduce::TEMPLATE_ID,
        block_length: size_of::<OrderReduce>(),
        fields: &[
            ("order_id", offset_of!(OrderReduce, order_id)),
            ("security_id", offset_of!(OrderReduce, security_id)),
            ("rpt_seq", offset_of!(OrderReduce, rpt_seq)),
            ("quantity", offset_of!(OrderReduce, quantity)),
            ("flags", offset_of!(OrderReduce, flags)),
        ],
        group: OrderReduce::GROUP,
    },
    MessageLayout {
        name: OrderDelete::NAME,
        template_id: OrderDelete::TEMPLATE_ID,
        block_length: size_of::<OrderDelete>(),
        fields: &[
            ("order_id", offset_of!(OrderDelete, order_id)),
            ("security_id", offset_of!(OrderDelete, security_id)),
            ("rpt_seq", offset_of!(OrderDelete, rpt_seq)),
            ("flags", offset_of!(OrderDelete, flags)),
        ],
        group: OrderDelete::GROUP,
    },
    MessageLayout {
        name: OrderExecuted::NAME,
        template_id: OrderExecuted::TEMPLATE_ID,
        block_length: size_of::<OrderExecuted>(),
        fields: &[
            ("order_id", offset_of!(OrderExecuted, order_id)),
            ("trd_match_id", offset_of!(OrderExecuted, trd_match_id)),
            ("security_id", offset_of!(OrderExecuted, security_id)),
            ("rpt_seq", offset_of!(OrderExecuted, rpt_seq)),
            ("quantity", offset_of!(OrderExecuted, quantity)),
            ("price", offset_of!(OrderExecuted, price)),
            ("aggressor_side", offset_of!(OrderExecuted, aggressor_side)),
            ("flags", offset_of!(OrderExecuted, flags)),
        ],
        group: OrderExecuted::GROUP,
    },
    MessageLayout {
        name: EventDefinition::NAME,
        template_id: EventDefinition::TEMPLATE_ID,
        block_length: size_of::<EventDefinition>(),
        fields: &[
            ("event_id", offset_of!(EventDefinition, event_id)),
            ("first_security_id", offset_of!(EventDefinition, first_security_id)),
            ("external_id", offset_of!(EventDefinition, external_id)),
            ("market_count", offset_of!(EventDefinition, market_count)),
            ("exhaustive", offset_of!(EventDefinition, exhaustive)),
            ("flags", offset_of!(EventDefinition, flags)),
        ],
        group: EventDefinition::GROUP,
    },
    MessageLayout {
        name: SecurityDefinition::NAME,
        template_id: SecurityDefinition::TEMPLATE_ID,
        block_length: size_of::<SecurityDefinition>(),
        fields: &[
            ("security_id", offset_of!(SecurityDefinition, security_id)),
            ("event_id", offset_of!(SecurityDefinition, event_id)),
            ("tick_size", offset_of!(SecurityDefinition, tick_size)),
            ("state_index", offset_of!(SecurityDefinition, state_index)),
            ("flags", offset_of!(SecurityDefinition, flags)),
        ],
        group: SecurityDefinition::GROUP,
    },
    MessageLayout {
        name: SecurityStatus::NAME,
        template_id: SecurityStatus::TEMPLATE_ID,
        block_length: size_of::<SecurityStatus>(),
        fields: &[
            ("security_id", offset_of!(SecurityStatus, security_id)),
            ("event_id", offset_of!(SecurityStatus, event_id)),
            ("rpt_seq", offset_of!(SecurityStatus, rpt_seq)),
            ("reason", offset_of!(SecurityStatus, reason)),
            ("status", offset_of!(SecurityStatus, status)),
            ("in_play", offset_of!(SecurityStatus, in_play)),
            ("flags", offset_of!(SecurityStatus, flags)),
            ("settlement_price", offset_of!(SecurityStatus, settlement_price)),
            ("in_play_delay_ms", offset_of!(SecurityStatus, in_play_delay_ms)),
        ],
        group: SecurityStatus::GROUP,
    },
    MessageLayout {
        name: MarketSettlement::NAME,
        template_id: MarketSettlement::TEMPLATE_ID,
        block_length: size_of::<MarketSettlement>(),
        fields: &[
            ("security_id", offset_of!(MarketSettlement, security_id)),
            ("event_id", offset_of!(MarketSettlement, event_id)),
            ("rpt_seq", offset_of!(MarketSettlement, rpt_seq)),
            ("settlement_price", offset_of!(MarketSettlement, settlement_price)),
            ("flags", offset_of!(MarketSettlement, flags)),
        ],
        group: MarketSettlement::GROUP,
    },
    MessageLayout {
        name: LimitsBanding::NAME,
        template_id: LimitsBanding::TEMPLATE_ID,
        block_length: size_of::<LimitsBanding>(),
        fields: &[
            ("security_id", offset_of!(LimitsBanding, security_id)),
            ("event_id", offset_of!(LimitsBanding, event_id)),
            ("low_limit_price", offset_of!(LimitsBanding, low_limit_price)),
            ("high_limit_price", offset_of!(LimitsBanding, high_limit_price)),
            ("reference_price", offset_of!(LimitsBanding, reference_price)),
            ("flags", offset_of!(LimitsBanding, flags)),
        ],
        group: LimitsBanding::GROUP,
    },
    MessageLayout {
        name: OutcomeTrade::NAME,
        template_id: OutcomeTrade::TEMPLATE_ID,
        block_length: size_of::<OutcomeTrade>(),
        fields: &[
            ("trd_match_id", offset_of!(OutcomeTrade, trd_match_id)),
            ("security_id", offset_of!(OutcomeTrade, security_id)),
            ("rpt_seq", offset_of!(OutcomeTrade, rpt_seq)),
            ("quantity", offset_of!(OutcomeTrade, quantity)),
            ("price", offset_of!(OutcomeTrade, price)),
            ("aggressor_side", offset_of!(OutcomeTrade, aggressor_side)),
            ("flags", offset_of!(OutcomeTrade, flags)),
        ],
        group: OutcomeTrade::GROUP,
    },
];
