//! Faults that this crate's unit tests plant, to see that the virtual-time matrix finds each of
//! them. Everywhere else [`is_planted`] is a constant false and costs nothing.

/// A fault and where it sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A sender goes one frame's alignment beyond the window.
    WindowOffByOne,
    /// A NAK asks for one frame's alignment less than is missing.
    NakOneFrameShort,
    /// A receiver takes bytes again that it has consumed.
    RetransmitAppliedTwice,
    /// A receiver goes on behind the header of padding, not behind the padding.
    PaddingMishandled,
}

#[cfg(not(test))]
#[inline(always)]
pub(crate) const fn is_planted(_: Fault) -> bool {
    false
}

#[cfg(test)]
pub(crate) fn is_planted(fault: Fault) -> bool {
    tests::PLANTED.get() == Some(fault)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::Fault;
    use crate::fleet::{Conditions, Load, carry};

    thread_local! {
        pub(super) static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    const SEED_COUNT: u64 = 10;

    fn carry_all(fault: Option<Fault>) -> Result<(), String> {
        let conditions = Conditions { loss: 5, duplicates: 5, late: 5, ..Conditions::default() };
        // A window that ends before what half a term allows anyway.
        let load = Load { window_length: 16 * 1024, ..Load::new(1, 600) };
        PLANTED.set(fault);
        let results: Result<Vec<_>, _> =
            (0..SEED_COUNT).map(|seed| carry(load, conditions, seed)).collect();
        PLANTED.set(None);
        results.map(|reports| assert!(reports.iter().all(|report| report.goodput() > 0)))
    }

    /// What the matrix complains of; the same runs without the fault are without a complaint.
    #[track_caller]
    fn caught(fault: Fault) -> String {
        let Err(complaint) = carry_all(Some(fault)) else { panic!("{fault:?} survives") };
        println!("{fault:?}: {complaint}");
        complaint
    }

    #[test]
    fn without_a_fault_there_is_nothing_to_complain_of() {
        assert_eq!(carry_all(None), Ok(()));
    }

    #[test]
    fn a_window_off_by_one_is_caught() {
        assert!(caught(Fault::WindowOffByOne).contains("allowed up to"));
    }

    #[test]
    fn a_nak_one_frame_short_is_caught() {
        assert!(caught(Fault::NakOneFrameShort).contains("not done"));
    }

    #[test]
    fn a_retransmit_applied_twice_is_caught() {
        caught(Fault::RetransmitAppliedTwice);
    }

    #[test]
    fn mishandled_padding_is_caught() {
        caught(Fault::PaddingMishandled);
    }
}
