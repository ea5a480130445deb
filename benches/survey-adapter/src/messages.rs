//! What crosses the survey's interface, in the layout of its header.

/// Message `new_order_t`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct NewOrder {
    /// The sender's name of the order.
    pub order_id: u64,
    /// Number of the message.
    pub sequence_number: u64,
    /// Limit.
    pub price_ticks: i64,
    /// Lots.
    pub quantity: u32,
    /// 0 buys, 1 sells.
    pub side: u8,
    /// 1 when what does not trade at once is cancelled.
    pub ioc: u8,
    /// Not used.
    pub reserved: [u8; 2],
}

/// Message `cancel_t`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Cancel {
    /// The order.
    pub order_id: u64,
    /// Number of the message.
    pub sequence_number: u64,
}

/// Message `modify_t`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Modify {
    /// The order.
    pub order_id: u64,
    /// Number of the message.
    pub sequence_number: u64,
    /// Its new limit.
    pub new_price_ticks: i64,
    /// Its new lots.
    pub new_quantity: u32,
    /// Its side.
    pub side: u8,
    /// Not used.
    pub reserved: [u8; 3],
}

/// Report `me_report_t`: one cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Report {
    /// One of the kinds below.
    pub kind: u8,
    /// Side of the order that it is about: 0 bought, 1 sold.
    pub side: u8,
    /// Not used.
    pub reserved: [u8; 6],
    /// Number of the message that caused it.
    pub sequence_number: u64,
    /// The order that it is about; 0 in a trade.
    pub order_id: u64,
    /// Price; of a trade, the resting order's.
    pub price_ticks: i64,
    /// Lots.
    pub quantity: u32,
    /// Not used.
    pub reserved_after_quantity: u32,
    /// The resting order of a trade, else 0.
    pub maker_order_id: u64,
    /// The incoming order of a trade, else 0.
    pub taker_order_id: u64,
    /// Not used.
    pub reserved_at_end: u64,
}

/// A new order was taken.
pub const ORDER_ACK: u8 = 0;
/// A fill.
pub const TRADE: u8 = 1;
/// A resting order was cancelled, or the rest of an immediate-or-cancel order.
pub const CANCEL_ACK: u8 = 2;
/// An order was modified.
pub const MODIFY_ACK: u8 = 3;
/// A cancel of an order that does not rest.
pub const CANCEL_REJECT: u8 = 4;
/// A modification of an order that does not rest.
pub const MODIFY_REJECT: u8 = 5;

const _: () = assert!(size_of::<NewOrder>() == 32);
const _: () = assert!(size_of::<Cancel>() == 16);
const _: () = assert!(size_of::<Modify>() == 32);
const _: () = assert!(size_of::<Report>() == 64);
