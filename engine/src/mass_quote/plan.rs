//! What a mass quote does to each quote of its set, found once: the checks go by it, and so does
//! what is done when they hold.

use forecastle_proto_spec::{EVENT_MARKETS_MAX, MassQuoteEntry, Side};

use crate::exposure::EventShape;
use crate::order_detail::OrderDetail;
use crate::order_table::Order;

/// What a mass quote does to one side of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuoteAction {
    /// No quote, now or then.
    Nothing,
    /// The quote stays as it is.
    Keep,
    /// The quote in the slot stays with fewer lots.
    Reduce(u32),
    /// The quote in the slot goes.
    Cancel(u32),
    /// A new quote; the one in the slot goes before.
    Enter(Option<u32>),
}

impl QuoteAction {
    /// What a price and lots asked for do to the quote that there is, in its slot.
    #[inline(always)]
    pub(super) fn of(quote: Option<(u32, &Order)>, (price, size): (u16, u32)) -> Self {
        let Some((slot, order)) = quote else {
            return if size == 0 { Self::Nothing } else { Self::Enter(None) };
        };
        if size == 0 {
            Self::Cancel(slot)
        } else if price != order.price() || size > order.leaves_qty() {
            Self::Enter(Some(slot))
        } else if size < order.leaves_qty() {
            Self::Reduce(slot)
        } else {
            Self::Keep
        }
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
    /// By entry and then by side, the bid first.
    pub(super) actions: [QuoteAction; 2 * EVENT_MARKETS_MAX],
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
            actions: [QuoteAction::Nothing; 2 * EVENT_MARKETS_MAX],
        }
    }

    /// Each entry with each side, the bid first, and what is done to it.
    #[inline]
    pub(super) fn steps<'a>(
        &'a self,
        entries: &'a [MassQuoteEntry],
    ) -> impl DoubleEndedIterator<Item = (&'a MassQuoteEntry, Side, QuoteAction)> {
        (0..2 * entries.len()).map(|step| {
            let side = if step % 2 == 0 { Side::Buy } else { Side::Sell };
            (&entries[step / 2], side, self.actions[step])
        })
    }
}
