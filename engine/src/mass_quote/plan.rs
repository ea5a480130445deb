//! What a mass quote does to each quote of its set, found once: the checks go by it, and so does
//! what is done when they hold.

use forecastle_proto_spec::{EVENT_MARKETS_MAX, MassQuoteEntry, Side};

use crate::exposure::EventShape;
use crate::fees::FeeRates;
use crate::order_detail::OrderDetail;
use crate::order_table::Order;

/// What a mass quote does to one side of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuoteAction {
    /// No quote, now or then.
    Nothing,
    /// The quote stays as it is.
    Keep,
    /// The quote stays with fewer lots.
    Reduce,
    /// The quote goes.
    Cancel,
    /// A new quote, where there was none.
    Enter,
    /// A new quote; the one there goes before.
    Replace,
}

impl QuoteAction {
    /// What a price and lots asked for do to the quote that stands.
    #[inline(always)]
    pub(super) fn of(standing: Option<&Standing<'_>>, (price, size): (u16, u32)) -> Self {
        let Some(Standing { order, .. }) = standing else {
            return if size == 0 { Self::Nothing } else { Self::Enter };
        };
        if size == 0 {
            Self::Cancel
        } else if price != order.price() || size > order.leaves_qty() {
            Self::Replace
        } else if size < order.leaves_qty() {
            Self::Reduce
        } else {
            Self::Keep
        }
    }

    /// Whether a new quote comes.
    #[inline(always)]
    pub(super) fn enters(self) -> bool {
        matches!(self, Self::Enter | Self::Replace)
    }
}

/// A quote of the set, as it stands before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing<'a> {
    pub(super) order: &'a Order,
    /// Whether it waits for the in-play delay.
    pub(super) is_pending: bool,
}

impl Standing<'_> {
    /// The rate at which its fee is held: that of an incoming order while it waits for the in-play
    /// delay.
    #[inline(always)]
    pub(super) fn held_rate(&self, fees: FeeRates) -> u16 {
        if self.is_pending { fees.incoming() } else { fees.maker }
    }
}

/// A mass quote as far as it is checked.
#[derive(Debug)]
pub(super) struct Plan {
    /// Place of the quote set.
    pub(super) set: u16,
    /// What its quotes have.
    pub(super) detail: OrderDetail,
    pub(super) account: u32,
    pub(super) event_id: u32,
    pub(super) shape: EventShape,
    /// Row of the account and the event, if they have one.
    pub(super) row: Option<u32>,
    /// Whether all it does is to keep and reduce quotes, and to move some that rest then without
    /// trading, each in a slot that another one leaves.
    pub(super) only_moves: bool,
    /// By entry: which of the set's markets it is, if it is one.
    pub(super) places: [u8; EVENT_MARKETS_MAX],
    /// By entry, the bid first.
    pub(super) actions: [[QuoteAction; 2]; EVENT_MARKETS_MAX],
}

impl Plan {
    pub(super) fn new() -> Self {
        Self {
            set: 0,
            detail: OrderDetail::NONE,
            account: 0,
            event_id: 0,
            shape: EventShape::new(0, false),
            row: None,
            only_moves: true,
            places: [0; EVENT_MARKETS_MAX],
            actions: [[QuoteAction::Nothing; 2]; EVENT_MARKETS_MAX],
        }
    }

    /// Each entry with its number from 0, and what is done to its bid and its offer.
    #[inline(always)]
    pub(super) fn steps<'a>(
        &'a self,
        entries: &'a [MassQuoteEntry],
    ) -> impl Iterator<Item = (usize, &'a MassQuoteEntry, [QuoteAction; 2])> {
        let steps = entries.iter().zip(&self.actions).enumerate();
        steps.map(|(index, (entry, actions))| (index, entry, *actions))
    }

    /// Each entry with each side, the bid first, and what is done to it.
    pub(super) fn sides<'a>(
        &'a self,
        entries: &'a [MassQuoteEntry],
    ) -> impl Iterator<Item = (&'a MassQuoteEntry, Side, QuoteAction)> {
        self.steps(entries).flat_map(|(_, entry, [bid, offer])| {
            [(entry, Side::Buy, bid), (entry, Side::Sell, offer)]
        })
    }
}
