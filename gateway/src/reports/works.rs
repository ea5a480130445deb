//! Whose work the exchange is going on with.
//!
//! A sweep or pay-out that does not end in its request's own record goes on in `Continue` records
//! of session 0, whose effects do not name the session that asked. The engine takes works strictly
//! in the order in which they began, so a queue of the requests gives each step its requester.

use std::collections::VecDeque;

use forecastle_proto_spec::{
    BusinessMessageReject, EndOfDayRequest, Frame, MarketStatus, Message, OrderCancelReject,
    OrderMassActionReport, OrderMassActionRequest, SecurityStatusRequest, SettlementComplete,
    SettlementRequest,
};

use crate::record::Record;
use crate::request::RequestIds;

/// Works that have begun and not ended, oldest first.
#[derive(Debug)]
pub(crate) struct Works {
    queue: VecDeque<Requester>,
    works_max: usize,
    untracked: u64,
}

/// Who asked, and under which numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requester {
    pub(crate) session_id: u32,
    pub(crate) ids: RequestIds,
    /// New total quantity when the request replaces an order.
    pub(crate) order_qty: u32,
}

impl Works {
    pub(crate) fn new(works_max: usize) -> Self {
        Self { queue: VecDeque::with_capacity(works_max), works_max, untracked: 0 }
    }

    /// The request behind the step that a `Continue` record does.
    pub(crate) fn oldest(&self) -> Option<Requester> {
        self.queue.front().copied()
    }

    /// Works that began while the queue was full: their later steps find no requester.
    pub(crate) fn untracked(&self) -> u64 {
        self.untracked
    }

    /// Notes what a client's record did to the queue. Cost: looks at the effects of the four
    /// templates that begin works, and at no others.
    pub(crate) fn on_request(&mut self, record: &Record<'_>, frame: &Frame<'_>, by: Requester) {
        if !begins_work(frame) || record.effects().any(|(_, effect)| ends_at_once(&effect)) {
            return;
        }
        if self.queue.len() == self.works_max {
            self.untracked += 1;
            return;
        }
        self.queue.push_back(by);
    }

    /// Notes a closing effect in a `Continue` record: the oldest work is over. A queue that missed
    /// a work's end finds its place again by the request's numbers.
    pub(crate) fn on_step(&mut self, effect: &Frame<'_>) {
        let Some(ids) = closing_ids(effect) else { return };
        if let Some(index) = self.queue.iter().position(|work| work.ids == ids) {
            self.queue.drain(..=index);
        }
    }
}

/// Whether a command of this form starts a sweep or a pay-out when it is not refused.
fn begins_work(command: &Frame<'_>) -> bool {
    match command.template_id {
        OrderMassActionRequest::TEMPLATE_ID
        | EndOfDayRequest::TEMPLATE_ID
        | SettlementRequest::TEMPLATE_ID => true,
        SecurityStatusRequest::TEMPLATE_ID => command
            .body::<SecurityStatusRequest>()
            .is_some_and(|request| request.status == MarketStatus::Closed as u8),
        _ => false,
    }
}

/// Whether the effect says that the command's work was refused, or ended in its own record.
fn ends_at_once(effect: &Frame<'_>) -> bool {
    matches!(
        effect.template_id,
        OrderCancelReject::TEMPLATE_ID | BusinessMessageReject::TEMPLATE_ID
    ) || closing_ids(effect).is_some()
}

/// The numbers of the request whose work the effect closes.
fn closing_ids(effect: &Frame<'_>) -> Option<RequestIds> {
    if let Some(report) = effect.body::<OrderMassActionReport>() {
        return Some(RequestIds {
            request_id: report.cl_ord_id.get(),
            seq_num: report.seq_num.get(),
        });
    }
    effect.body::<SettlementComplete>().map(|complete| RequestIds {
        request_id: complete.request_id.get(),
        seq_num: complete.seq_num.get(),
    })
}
