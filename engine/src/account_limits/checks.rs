//! Whether an order keeps the limits of its account.

use forecastle_proto_spec::{RejectCode, Side};

use super::LimitTable;
use crate::exposure::ExposureTable;
use crate::ledger::signed;

/// What an order adds to the open orders of an account in a market, and to its worst case in the
/// event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addition {
    pub(crate) side: Side,
    pub(crate) lots: i64,
    /// The event's worst case before and after, millionths.
    pub(crate) minimum: (i64, i64),
}

impl LimitTable {
    /// Whether an order that costs `cost` at most keeps its account's limit on that.
    #[inline]
    pub(crate) fn check_order_cost(&self, account: u32, cost: i64) -> Result<(), RejectCode> {
        let most = self.limits(account).order_cost;
        if most != 0 && cost > most { Err(RejectCode::OrderCostLimit) } else { Ok(()) }
    }

    /// Whether an account keeps its limits on position and loss with an addition in the market of a
    /// state. What adds nothing to either side of a limit is let in whatever stands.
    #[inline]
    pub(crate) fn check(
        &self,
        (account, row): (u32, Option<u32>),
        state: u8,
        addition: &Addition,
        exposures: &ExposureTable,
    ) -> Result<(), RejectCode> {
        let limits = self.limits(account);
        if limits.position != 0
            && addition.lots > 0
            && self.lots_if_filled(row, state, addition, exposures) > limits.position
        {
            return Err(RejectCode::PositionLimit);
        }
        let (before, after) = addition.minimum;
        if limits.worst_loss != 0 && after < before {
            let paid = row.map_or(0, |row| self.paid(row));
            if i128::from(paid) - i128::from(after) > i128::from(limits.worst_loss) {
                return Err(RejectCode::WorstLossLimit);
            }
        }
        Ok(())
    }

    /// Lots that an account would have on a side of a market if all its orders of the side filled.
    fn lots_if_filled(
        &self,
        row: Option<u32>,
        state: u8,
        addition: &Addition,
        exposures: &ExposureTable,
    ) -> i64 {
        let Some(row) = row else {
            return addition.lots;
        };
        let lots = exposures.stake(row, state).lots;
        let open = self.open_lots(exposures.place(row, state)).of(addition.side);
        addition.lots + open + signed(addition.side, lots)
    }
}
