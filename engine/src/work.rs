//! Work that goes on over several records: sweeps that cancel or report orders, and pay-outs of
//! settled events. Everybody's has room of its own and its turn, so that nobody's keeps another's
//! out, or waiting for more than a step of each.

mod queue;
mod snapshot;

use forecastle_proto_spec::{CancelReason, Digest, MassActionScope};

use crate::state_digest::{Domain, pair};

pub(crate) use queue::WorkQueue;

/// The request that work answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Session that sent it.
    pub(crate) session_id: u32,
    pub(crate) request_id: u64,
    pub(crate) seq_num: u32,
}

/// A sweep over the orders accepted before it: it cancels or reports those in its scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep {
    pub(crate) origin: Origin,
    /// Why it cancels them; `None` when it reports them.
    pub(crate) reason: Option<CancelReason>,
    pub(crate) scope: MassActionScope,
    /// What the scope names: a market, event, account or link.
    pub(crate) key: u32,
    /// Whose orders; 0 for everybody's.
    pub(crate) firm_id: u32,
    /// 1 or 2, or 0 for both.
    pub(crate) side: u8,
    /// Instruction that the orders have; 0 for any orders.
    pub(crate) exec_inst: u8,
    /// Orders ever accepted when it began.
    pub(crate) accepted_count: u64,
    /// Where it goes on.
    pub(crate) next_slot: u32,
    /// Orders cancelled or reported so far.
    pub(crate) order_count: u32,
}

/// A pay-out of a settled event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PayOut {
    pub(crate) origin: Origin,
    pub(crate) event_id: u32,
    /// Where it goes on; accounts below are paid.
    pub(crate) next_account: u32,
    pub(crate) position_count: u32,
    /// Sum of the amounts paid to accounts, millionths.
    pub(crate) paid: i128,
    /// Sum of all amounts: what the pool has paid less what it took.
    pub(crate) balance: i128,
}

/// One piece of work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Cancels or reports orders.
    Sweep(Sweep),
    /// Pays positions.
    PayOut(PayOut),
}

impl Work {
    /// The request that it answers.
    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::Sweep(sweep) => sweep.origin,
            Self::PayOut(pay_out) => pay_out.origin,
        }
    }

    /// Whose it is.
    pub(crate) fn owner(&self) -> Owner {
        match self {
            Self::PayOut(_) => Owner::Exchange,
            Self::Sweep(sweep) => match sweep.reason {
                DISCONNECTED => Owner::LostSessions,
                _ if sweep.firm_id != 0 => Owner::Firm(sweep.firm_id),
                Some(CancelReason::Suspended) => Owner::KillSwitches,
                _ => Owner::Exchange,
            },
        }
    }
}

/// Whose work is: each has room of its own, and its own is done in the order that it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The sweeps of kill switches, before all other work.
    KillSwitches,
    /// The sweeps of sessions that were lost.
    LostSessions,
    /// What officers ask for and timers begin: closings, ends of day, halts, pay-outs.
    Exchange,
    /// The mass actions and mass status requests of a firm.
    Firm(u32),
}

impl Owner {
    /// Its place among the owners when they take turns; those of firms are by number.
    fn place(self) -> u64 {
        match self {
            Self::KillSwitches => 0,
            Self::LostSessions => 1,
            Self::Exchange => 2,
            Self::Firm(firm_id) => FIRST_FIRM + u64::from(firm_id),
        }
    }
}

impl Sweep {
    /// Whether both are of one lost session and cover the same of its orders.
    fn is_same_disconnect(&self, other: &Self) -> bool {
        let words = |sweep: &Self| (sweep.reason, sweep.key, sweep.exec_inst);
        self.reason == DISCONNECTED && words(self) == words(other)
    }
}

fn piece(number: u64, work: &Work) -> Digest {
    let digest = Domain::Work.digest().absorb(number);
    match work {
        Work::Sweep(sweep) => digest
            .absorb(pair(1, sweep.origin.seq_num))
            .absorb(sweep.origin.request_id)
            .absorb(u64::from(sweep.origin.session_id))
            .absorb(pair(sweep.key, sweep.firm_id))
            .absorb(pair(
                u32::from(sweep.scope as u8) << 8 | u32::from(sweep.side),
                sweep.exec_inst.into(),
            ))
            .absorb(u64::from(sweep.reason.map_or(0, u16::from)))
            .absorb(sweep.accepted_count)
            .absorb(pair(sweep.next_slot, sweep.order_count)),
        Work::PayOut(pay_out) => {
            let [paid_low, paid_high] = words(pay_out.paid);
            let [balance_low, balance_high] = words(pay_out.balance);
            digest
                .absorb(pair(2, pay_out.origin.seq_num))
                .absorb(pay_out.origin.request_id)
                .absorb(u64::from(pay_out.origin.session_id))
                .absorb(pair(pay_out.event_id, pay_out.next_account))
                .absorb(u64::from(pay_out.position_count))
                .absorb(paid_low)
                .absorb(paid_high)
                .absorb(balance_low)
                .absorb(balance_high)
        }
    }
}

/// Place of the firm 0, which there is not, among the owners.
const FIRST_FIRM: u64 = 3;
/// Why sweeps of lost sessions cancel.
const DISCONNECTED: Option<CancelReason> = Some(CancelReason::Disconnected);

/// Low and high word of a wide sum.
fn words(sum: i128) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = sum.to_le_bytes();
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes([i, j, k, l, m, n, o, p])]
}
