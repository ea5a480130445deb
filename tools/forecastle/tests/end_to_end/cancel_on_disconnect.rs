//! Cancel on disconnect through the whole exchange: a client that vanishes has its orders cancelled
//! after the grace, and reads so when it comes again; one that is back in time keeps them.

use forecastle_client::{OnDisconnect, OrderEntry, OrderEntryOptions};
use forecastle_proto_spec::{
    BusinessMessageReject, CancelOnDisconnect, CancelReason, EXEC_INST_CANCEL_ON_DISCONNECT,
    ExecutionReportCancelled, ExecutionReportNew, MassActionScope, Message, OrderMassActionReport,
    OrderStatusReport, OrderStatusRequest, RejectCode, Side,
};
use zerocopy::FromZeros as _;

use crate::desk::options;
use crate::floor::{Floor, MAKER_ACCOUNT};
use crate::inbox::{Deadline, Inbox, PATIENCE};

/// A second session of the maker's key, which is going to be lost.
struct Frail {
    session: OrderEntry,
    inbox: Inbox,
    options: OrderEntryOptions,
    next_cl_ord_id: u64,
}

impl Frail {
    fn open(floor: &Floor, cancel: CancelOnDisconnect, grace_ms: u16) -> Self {
        let options = OrderEntryOptions {
            session_number: 1,
            keep_alive_interval_ms: KEEP_ALIVE_MS,
            on_disconnect: OnDisconnect { cancel, grace_ms },
            ..options(&floor.exchange, "trader-1")
        };
        let session = OrderEntry::connect(&options, PATIENCE).expect("the exchange lets it in");
        Self { session, inbox: Inbox::default(), options, next_cl_ord_id: 1 }
    }

    /// Rests a bid with these instructions.
    fn place(&mut self, floor: &mut Floor, exec_inst: u8) -> ExecutionReportNew {
        let mut order = floor.order(Side::Buy, 7, 1_234);
        order.cl_ord_id.set(self.next_cl_ord_id);
        self.next_cl_ord_id += 1;
        order.account.set(MAKER_ACCOUNT);
        order.exec_inst = exec_inst;
        self.session.send(&order).expect("the session takes it");
        let report = self.await_report::<ExecutionReportNew>(floor);
        assert_eq!(report.exec_inst, exec_inst);
        report
    }

    /// The next report of a kind; meanwhile the sessions of the floor are kept up.
    fn await_report<M: Message>(&mut self, floor: &mut Floor) -> M {
        let deadline = Deadline::patient();
        loop {
            floor.drive();
            let inbox = &mut self.inbox;
            self.session.poll(|frame| inbox.push(frame.bytes)).expect("the session stays up");
            if let Some(report) = self.inbox.take(|_: &M| true) {
                return report;
            }
            assert!(!deadline.is_over(), "no {}", M::NAME);
            self.session.wait(std::time::Duration::from_millis(1));
        }
    }

    /// Goes without a word, its sockets open; comes again later with what this gives.
    fn vanish(self) -> Vanished {
        let Self { session, options, .. } = self;
        let resumption = session.resumption();
        std::mem::forget(session);
        Vanished { options, resumption }
    }
}

struct Vanished {
    options: OrderEntryOptions,
    resumption: forecastle_client::Resumption,
}

impl Vanished {
    fn come_back(self) -> Frail {
        let session = OrderEntry::resume(&self.options, &self.resumption, PATIENCE);
        let session = session.expect("the exchange knows it");
        assert!(session.is_resumed());
        Frail { session, inbox: Inbox::default(), options: self.options, next_cl_ord_id: 100 }
    }
}

/// Exchange time at which another session of the firm was told that the order lives; `None` once it
/// lives no more.
fn alive_at(floor: &mut Floor, order_id: u64) -> Option<u64> {
    let request_id = floor.maker.new_id();
    let mut request = OrderStatusRequest::new_zeroed();
    request.request_id.set(request_id);
    request.security_id.set(floor.security_id);
    request.order_id.set(order_id);
    floor.maker.send(&request);
    let deadline = Deadline::patient();
    loop {
        floor.drive();
        let found =
            floor.maker.find_report(|it: &OrderStatusReport| it.request_id.get() == request_id);
        if let Some(report) = found {
            return Some(report.transact_time_ns.get());
        }
        let refused =
            floor.maker.find_report(|it: &BusinessMessageReject| it.request_id.get() == request_id);
        if let Some(refused) = refused {
            assert_eq!(refused.reject_code.get(), u16::from(RejectCode::UnknownOrder));
            return None;
        }
        assert!(!deadline.is_over(), "no answer to {request_id}");
    }
}

/// When the order was last told to live, once it lives no more.
fn last_alive_at(floor: &mut Floor, order_id: u64) -> u64 {
    let deadline = Deadline::patient();
    let mut last = 0;
    while let Some(time_ns) = alive_at(floor, order_id) {
        last = time_ns;
        assert!(!deadline.is_over(), "the order outlives its session");
    }
    last
}

#[test]
fn who_vanishes_has_its_orders_cancelled_after_the_grace_and_hears_of_it_later() {
    let mut floor = Floor::open();
    let mut frail = Frail::open(&floor, CancelOnDisconnect::OnLoss, GRACE_MS);
    let placed = frail.place(&mut floor, 0);
    let gone = frail.vanish();
    let last = last_alive_at(&mut floor, placed.order_id.get());
    let lived_ms = (last - placed.transact_time_ns.get()) / 1_000_000;
    assert!(lived_ms + u64::from(TURN_MS) >= u64::from(GRACE_MS), "it lived {lived_ms} ms");

    let mut back = gone.come_back();
    back.session.request_retransmission(1, placed.exec_id.get()).expect("the session takes it");
    let cancelled = back.await_report::<ExecutionReportCancelled>(&mut floor);
    assert_eq!(cancelled.order_id, placed.order_id);
    assert_eq!(cancelled.reason.get(), u16::from(CancelReason::Disconnected));
    assert_eq!(cancelled.cancelled_qty.get(), 7);
    let total = back.await_report::<OrderMassActionReport>(&mut floor);
    assert_eq!(total.scope, u8::from(MassActionScope::Session));
    assert_eq!(total.total_affected_orders.get(), 1);
    floor.trade_one_order();
}

#[test]
fn who_is_back_in_time_keeps_its_orders() {
    let mut floor = Floor::open();
    let mut frail = Frail::open(&floor, CancelOnDisconnect::Both, LONG_GRACE_MS);
    let placed = frail.place(&mut floor, 0);
    // The exchange learns of the loss from the return, or has waited for a part of the grace.
    let mut gone = frail.vanish();
    // It is polled between questions of others, which may take their time.
    gone.options.keep_alive_interval_ms = CALM_KEEP_ALIVE_MS;
    let mut back = gone.come_back();
    let established = back.session.established().expect("it is established");
    let longest_ms = u64::from(LONG_GRACE_MS) + u64::from(TURN_MS);
    let safe_ns = established.transact_time_ns.get() + longest_ms * 1_000_000;
    while alive_at(&mut floor, placed.order_id.get()).expect("it stands") < safe_ns {
        back.session.poll(|_| {}).expect("the session stays up");
    }
    floor.trade_one_order();
}

#[test]
fn who_ends_its_session_loses_what_it_asked_for_and_marked_orders_go_with_a_loss_alone() {
    let mut floor = Floor::open();
    let mut frail = Frail::open(&floor, CancelOnDisconnect::OnTerminate, 0);
    let order_id = frail.place(&mut floor, 0).order_id.get();
    drop(frail);
    last_alive_at(&mut floor, order_id);

    let mut frail = Frail::open(&floor, CancelOnDisconnect::None, 0);
    frail.next_cl_ord_id = 2;
    let plain = frail.place(&mut floor, 0).order_id.get();
    let marked = frail.place(&mut floor, EXEC_INST_CANCEL_ON_DISCONNECT).order_id.get();
    let _gone = frail.vanish();
    last_alive_at(&mut floor, marked);
    assert!(alive_at(&mut floor, plain).is_some());
}

/// The exchange holds a client that is silent this long for lost.
const KEEP_ALIVE_MS: u32 = 250;
const CALM_KEEP_ALIVE_MS: u32 = 5_000;
const GRACE_MS: u16 = 500;
/// Long enough to be back in time beside other tests.
const LONG_GRACE_MS: u16 = 5_000;
/// The order may end so long before the answer that first says so.
const TURN_MS: u16 = 250;
