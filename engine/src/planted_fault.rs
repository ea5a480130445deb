//! Faults put into the engine on purpose, to see them caught: what compares the engine with its
//! model must be able to fail.
//!
//! Only with the feature `planted-faults`, which nothing but a test of the gate turns on, can a
//! fault be chosen; without it [`is_planted`] is constantly false and costs nothing.

/// A fault, each of a kind that matching engines have been found with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlantedFault {
    /// A new order's hold leaves its fee out.
    HoldWithoutFee,
    /// A reduced order goes to the back of its level.
    PriorityLostOnReduce,
    /// The best price stays when its last order is cancelled.
    StaleBestAfterCancel,
    /// A sale is netted against a position one lot short.
    NettingOffByOne,
    /// A trade takes the aggressor's limit for its price.
    FillAtAggressorPrice,
    /// A resting order that fills in part loses one lot more.
    PartFillLosesLot,
    /// A slot is used again under the same generation.
    GenerationKept,
    /// What is left of an immediate-or-cancel order rests.
    ImmediateOrCancelRests,
    /// A sweep takes orders that came after it.
    SweepTakesLaterOrders,
    /// A pay-out stops one account early.
    PayOutStopsEarly,
    /// A maker pays the taker's rate.
    MakerPaysTakerRate,
    /// An incoming order of a set pays its limit.
    SetAtLimitPrice,
    /// A cancel that comes before its order leaves nothing behind.
    TombstoneForgotten,
    /// Orders of one self-match id trade with each other.
    SelfMatchIgnored,
    /// A post-only order trades.
    PostOnlyTrades,
    /// A timer that fires ends nothing.
    ExpiryForgotten,
    /// The orders of a lost session stay when its time to come back has run out.
    GraceForgotten,
    /// The collar around new odds is told, and the one of before stands.
    CollarOfOldOdds,
    /// A provider's request that comes again is applied again.
    OddsAppliedTwice,
    /// An order that goes the short way costs nothing.
    PlainOrderHoldsNothing,
}

#[cfg(feature = "planted-faults")]
mod chosen {
    use std::cell::Cell;

    use super::PlantedFault;

    thread_local! {
        static CHOSEN: Cell<Option<PlantedFault>> = const { Cell::new(None) };
        static IS_KEPT: Cell<bool> = const { Cell::new(false) };
    }

    /// Whether every engine of this thread goes the long way from here on, which is no fault: short
    /// and long ways do the same.
    pub fn keep_to_long_way(is_kept: bool) {
        IS_KEPT.set(is_kept);
    }

    /// Chooses the fault that every engine of this thread has from here on.
    pub fn plant(fault: Option<PlantedFault>) {
        CHOSEN.set(fault);
    }

    #[inline]
    pub(crate) fn is_planted(fault: PlantedFault) -> bool {
        CHOSEN.get() == Some(fault)
    }

    /// Whether no order may go a short way, because that was asked for or because a fault is chosen
    /// that lies on the long way of a new order or behind it.
    #[inline]
    pub(crate) fn keeps_to_long_way() -> bool {
        let goes_round = |fault| fault != PlantedFault::PlainOrderHoldsNothing;
        IS_KEPT.get() || CHOSEN.get().is_some_and(goes_round)
    }
}

#[cfg(feature = "planted-faults")]
pub(crate) use chosen::{is_planted, keeps_to_long_way};
#[cfg(feature = "planted-faults")]
pub use chosen::{keep_to_long_way, plant};

/// Whether the engine has this fault; never without the feature.
#[cfg(not(feature = "planted-faults"))]
#[inline(always)]
pub(crate) const fn is_planted(_: PlantedFault) -> bool {
    false
}

/// Whether every order goes the long way; none has to without the feature.
#[cfg(not(feature = "planted-faults"))]
#[inline(always)]
pub(crate) const fn keeps_to_long_way() -> bool {
    false
}
