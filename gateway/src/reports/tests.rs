//! Records typed by hand and the reports they must give.

use forecastle_proto_spec::{
    Continue, EntitlementReport, ExchangeReport, ExecutionReportCancelled, ExecutionReportNew,
    ExecutionReportPendingNew, ExecutionReportTrade, Frame, GroupedMessage,
    MarketMakerProtectionTriggered, MarketSettled, MassQuote, MassQuoteAck, MassQuoteEntry,
    Message, NewOrderSingle, NotApplied, OrderAccepted, OrderCancelReplaceRequest,
    OrderCancelRequest, OrderCancelled, OrderMassActionReport, OrderMassStatusReport,
    OrderMassStatusRequest, OrderPending, OrderReleased, OrderReplaced, OrderRested,
    OrderStatusReport, QuoteEntered, SessionDisconnected, SettlementReport, StateReportRequest,
    Terminate, TimerTick, Trade, encode_with_group,
};
use zerocopy::FromZeros;

use super::*;
use crate::record_builder::{RecordBuilder, encoded};

type Report = (Recipient, Vec<u8>);

fn project(position: u64, record: &[u8]) -> Vec<Report> {
    let mut told = Vec::new();
    project_reports(&Record::new(position, record), |_, recipient, message| {
        told.push((recipient, message.to_vec()));
    });
    told
}

fn body<M: Message>(report: &Report) -> M {
    let (frame, rest) = Frame::parse(&report.1).expect("a report is a message");
    assert!(rest.is_empty());
    *frame.body::<M>().expect("the report has this template")
}

fn new_order(seq_num: u32) -> NewOrderSingle {
    let mut order = NewOrderSingle::new_zeroed();
    order.cl_ord_id.set(77);
    order.seq_num.set(seq_num);
    order
}

fn cancelled(owner: u32, reason: CancelReason) -> OrderCancelled {
    let mut order = OrderCancelled::new_zeroed();
    order.session_id.set(owner);
    order.reason.set(reason as u16);
    order
}

#[test]
fn a_sweep_is_told_to_both_sides_byte_by_byte() {
    let mut accepted = OrderAccepted::new_zeroed();
    accepted.order_id.set(0x11);
    accepted.cl_ord_id.set(0x22);
    accepted.security_id.set(3);
    accepted.session_id.set(16);
    accepted.order_qty.set(50);
    accepted.quantity_ahead.set(9);
    accepted.price.set(4000);
    accepted.side = 1;
    accepted.time_in_force = 3;
    let mut trade = Trade::new_zeroed();
    trade.resting_order_id.set(0xA1);
    trade.aggressor_order_id.set(0x11);
    trade.resting_cl_ord_id.set(0xA2);
    trade.aggressor_cl_ord_id.set(0x22);
    trade.resting_session_id.set(33);
    trade.aggressor_session_id.set(16);
    trade.resting_leaves_qty.set(5);
    trade.aggressor_leaves_qty.set(30);
    trade.security_id.set(3);
    trade.rpt_seq.set(8);
    trade.quantity.set(20);
    trade.price.set(3990);
    trade.aggressor_side = 1;
    trade.resting_fee.set(-7);
    trade.aggressor_fee.set(6);
    let record = RecordBuilder::of(16, &new_order(4)).effect(&accepted).effect(&trade).build();

    let told = project(4096, &record);

    // 4096 + 32 + 64 of the command; the trade lies 56 bytes further.
    let expected: [(u32, [u8; 64]); 3] =
        [(16, golden(&ACCEPTED)), (33, golden(&RESTING)), (16, golden(&AGGRESSOR))];
    assert_eq!(told.len(), 3);
    for (report, (session_id, bytes)) in told.iter().zip(expected) {
        assert_eq!(report.0, Recipient::Session(session_id));
        assert_eq!(report.1, bytes);
    }
}

/// Header, ids, ExecID 4192, time 1.8e18, numbers and flags of the acceptance above.
const ACCEPTED: [&[u8]; 8] = [
    &[56, 0, 50, 0, 0x43, 0x46, 0, 0],
    &[0x11, 0, 0, 0, 0, 0, 0, 0, 0x22, 0, 0, 0, 0, 0, 0, 0],
    &[0x60, 0x10, 0, 0, 0, 0, 0, 0],
    &[0x00, 0x00, 0xB4, 0x93, 0x76, 0xE2, 0xFA, 0x18],
    &[4, 0, 0, 0, 3, 0, 0, 0],
    &[50, 0, 0, 0, 9, 0, 0, 0],
    &[0xA0, 0x0F, 1, 3],
    &[0, 0, 0, 0],
];
/// ExecID 4248 with bit 0 set; sell side; fee -7.
const RESTING: [&[u8]; 8] = [
    &[56, 0, 51, 0, 0x43, 0x46, 0, 0],
    &[0xA1, 0, 0, 0, 0, 0, 0, 0, 0xA2, 0, 0, 0, 0, 0, 0, 0],
    &[0x99, 0x10, 0, 0, 0, 0, 0, 0],
    &[0x00, 0x00, 0xB4, 0x93, 0x76, 0xE2, 0xFA, 0x18],
    &[3, 0, 0, 0, 20, 0, 0, 0],
    &[5, 0, 0, 0, 0x96, 0x0F],
    &[2, 0],
    &[0xF9, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
];
const AGGRESSOR: [&[u8]; 8] = [
    &[56, 0, 51, 0, 0x43, 0x46, 0, 0],
    &[0x11, 0, 0, 0, 0, 0, 0, 0, 0x22, 0, 0, 0, 0, 0, 0, 0],
    &[0x98, 0x10, 0, 0, 0, 0, 0, 0],
    &[0x00, 0x00, 0xB4, 0x93, 0x76, 0xE2, 0xFA, 0x18],
    &[3, 0, 0, 0, 20, 0, 0, 0],
    &[30, 0, 0, 0, 0x96, 0x0F],
    &[1, 1],
    &[6, 0, 0, 0, 0, 0, 0, 0],
];

fn golden(parts: &[&[u8]; 8]) -> [u8; 64] {
    parts.concat().try_into().expect("an execution report has 64 bytes")
}

#[test]
fn each_fill_of_a_set_is_told_to_its_order_s_session() {
    let mut resting = CrossOutcomeFill::new_zeroed();
    resting.order_id.set(5);
    resting.session_id.set(33);
    resting.security_id.set(8);
    resting.leaves_qty.set(2);
    resting.quantity.set(3);
    resting.price.set(4_000);
    resting.side = 1;
    resting.fee.set(9);
    let mut incoming = resting;
    incoming.session_id.set(16);
    incoming.is_aggressor = 1;
    let record = RecordBuilder::of(16, &new_order(4)).effect(&resting).effect(&incoming).build();
    let told = project(4096, &record);
    let sessions: Vec<_> = told.iter().map(|report| report.0).collect();
    assert_eq!(sessions, [Recipient::Session(33), Recipient::Session(16)]);
    let [first, second] = [0, 1].map(|index| body::<ExecutionReportTrade>(&told[index]));
    assert_eq!((first.exec_id.get(), first.aggressor_indicator), (4_192 + 1, 0));
    assert_eq!((second.exec_id.get(), second.aggressor_indicator), (4_192 + 72, 1));
    assert_eq!((first.order_id.get(), first.security_id.get(), first.side), (5, 8, 1));
    assert_eq!((first.last_qty.get(), first.leaves_qty.get()), (3, 2));
    assert_eq!((first.last_px.get(), first.fee.get()), (4_000, 9));
}

#[test]
fn a_trade_against_the_other_side_turns_the_sides() {
    let mut trade = Trade::new_zeroed();
    trade.resting_session_id.set(16);
    trade.aggressor_session_id.set(16);
    trade.aggressor_side = 2;
    let record = RecordBuilder::of(16, &new_order(1)).effect(&trade).build();
    let told = project(0, &record);
    assert_eq!(told.len(), 2, "a session that trades with itself hears both sides");
    let resting = body::<ExecutionReportTrade>(&told[0]);
    let aggressor = body::<ExecutionReportTrade>(&told[1]);
    assert_eq!((resting.side, aggressor.side), (1, 2));
    assert_eq!(resting.exec_id.get(), aggressor.exec_id.get() | 1);
}

#[test]
fn a_replace_is_told_to_owner_and_asker_each_under_its_own_number() {
    let mut request = OrderCancelReplaceRequest::new_zeroed();
    request.seq_num.set(9);
    request.order_qty.set(100);
    let mut replaced = OrderReplaced::new_zeroed();
    replaced.session_id.set(16);
    replaced.leaves_qty.set(60);
    replaced.priority_kept = 1;
    for (asker, expected) in [(16, vec![(16, 9)]), (17, vec![(16, 0), (17, 9)])] {
        let record = RecordBuilder::of(asker, &request).effect(&replaced).build();
        let told = project(0, &record);
        let numbers: Vec<_> = told
            .iter()
            .map(|report| {
                let new = body::<ExecutionReportNew>(report);
                assert_eq!((new.exec_type, new.ord_status), (5, 1), "40 of 100 lots were traded");
                assert_eq!(new.leaves_qty.get(), 60);
                (report.0, new.seq_num.get())
            })
            .collect();
        let expected: Vec<_> =
            expected.into_iter().map(|(id, number)| (Recipient::Session(id), number)).collect();
        assert_eq!(numbers, expected);
    }
    replaced.leaves_qty.set(100);
    let record = RecordBuilder::of(16, &request).effect(&replaced).build();
    let told = project(0, &record);
    assert_eq!(body::<ExecutionReportNew>(&told[0]).ord_status, 0, "nothing was traded");
}

#[test]
fn cancels_reach_the_owner_and_an_asker_of_its_firm() {
    let mut request = OrderCancelRequest::new_zeroed();
    request.seq_num.set(5);
    let cases = [
        (16, CancelReason::UserRequest, vec![(16, 5)]),
        (17, CancelReason::UserRequest, vec![(16, 0), (17, 5)]),
        (17, CancelReason::MassAction, vec![(16, 0), (17, 5)]),
        (17, CancelReason::MarketClosed, vec![(16, 0)]),
        (17, CancelReason::DayEnded, vec![(16, 0)]),
        (17, CancelReason::Suspended, vec![(16, 0)]),
        (17, CancelReason::MarketHalted, vec![(16, 0)]),
        (16, CancelReason::MarketClosed, vec![(16, 5)]),
        (0, CancelReason::UserRequest, vec![(16, 0)]),
    ];
    for (asker, reason, expected) in cases {
        let record = RecordBuilder::of(asker, &request).effect(&cancelled(16, reason)).build();
        let told = project(0, &record);
        let told: Vec<_> = told
            .iter()
            .map(|report| {
                let report_body = body::<ExecutionReportCancelled>(report);
                assert_eq!(report_body.exec_id.get(), 32 + 48);
                (report.0, report_body.seq_num.get())
            })
            .collect();
        let expected: Vec<_> = if asker == 0 {
            // The exchange's own numbers mean nothing to a client.
            vec![(Recipient::Session(16), 0)]
        } else {
            expected.into_iter().map(|(id, number)| (Recipient::Session(id), number)).collect()
        };
        assert_eq!(told, expected, "{asker} {reason:?}");
    }
}

#[test]
fn a_step_answers_the_request_that_its_command_names() {
    let step = |session_id: u32, seq_num: u32| {
        let mut command = Continue::new_zeroed();
        command.session_id.set(session_id);
        command.request_id.set(1);
        command.seq_num.set(seq_num);
        RecordBuilder::of(0, &command)
    };
    let sweep = cancelled(16, CancelReason::MassAction);
    let done = OrderMassActionReport::new_zeroed();
    let told = project(0, &step(17, 9).effect(&sweep).effect(&done).build());
    let cancels: Vec<_> = told[..2]
        .iter()
        .map(|report| (report.0, body::<ExecutionReportCancelled>(report).seq_num.get()))
        .collect();
    assert_eq!(cancels, [(Recipient::Session(16), 0), (Recipient::Session(17), 9)]);
    assert_eq!(told[2], (Recipient::Session(17), encoded(&done)));
    let told = project(0, &step(40, 1).effect(&done).build());
    assert_eq!(told, [(Recipient::Session(40), encoded(&done))]);
    let own = project(0, &step(0, 0).effect(&done).build());
    assert!(own.is_empty(), "the exchange itself reads no reports");
}

#[test]
fn the_rest_goes_to_the_sender_as_it_is_and_book_changes_to_nobody() {
    let record = RecordBuilder::of(16, &StateReportRequest::new_zeroed())
        .effect(&NotApplied::new_zeroed())
        .effect(&ExchangeReport::new_zeroed())
        .effect(&OrderRested::new_zeroed())
        .effect(&MarketSettled::new_zeroed())
        .effect(&EntitlementReport::new_zeroed())
        .build();
    let told = project(0, &record);
    let expected = [
        encoded(&NotApplied::new_zeroed()),
        encoded(&ExchangeReport::new_zeroed()),
        encoded(&EntitlementReport::new_zeroed()),
    ];
    assert_eq!(told.len(), 3);
    for (report, expected) in told.iter().zip(expected) {
        assert_eq!(report, &(Recipient::Session(16), expected));
    }
    let by_exchange = RecordBuilder::of(0, &StateReportRequest::new_zeroed())
        .effect(&ExchangeReport::new_zeroed())
        .build();
    assert!(project(0, &by_exchange).is_empty());
}

#[test]
fn payments_go_to_the_firm_and_the_end_of_a_session_to_the_session() {
    let mut paid = SettlementReport::new_zeroed();
    paid.firm_id.set(12);
    let mut terminate = Terminate::new_zeroed();
    terminate.session_id.set(35);
    let record = RecordBuilder::of(0, &SessionDisconnected::new_zeroed())
        .effect(&paid)
        .effect(&terminate)
        .build();
    let told = project(0, &record);
    assert_eq!(told[0], (Recipient::Firm(12), encoded(&paid)));
    assert_eq!(told[1], (Recipient::Session(35), encoded(&terminate)));
}

#[test]
fn a_mass_quote_is_told_by_its_answer_its_trades_and_nothing_else() {
    let mut quote = MassQuote::new_zeroed();
    quote.seq_num.set(7);
    let mut command = vec![0; MassQuote::encoded_length(1)];
    encode_with_group(&quote, &[MassQuoteEntry::new_zeroed()], &mut command).unwrap();
    let mut entered = QuoteEntered::new_zeroed();
    entered.session_id.set(16);
    let mut reduced = OrderReplaced::new_zeroed();
    reduced.session_id.set(16);
    let mut trade = Trade::new_zeroed();
    trade.resting_session_id.set(33);
    trade.aggressor_session_id.set(16);
    let mut triggered = MarketMakerProtectionTriggered::new_zeroed();
    triggered.firm_id.set(10);
    let record = RecordBuilder::new(16, &command)
        .effect(&cancelled(16, CancelReason::QuoteReplaced))
        .effect(&cancelled(17, CancelReason::QuoteReplaced))
        .effect(&cancelled(16, CancelReason::QuoteCancelled))
        .effect(&reduced)
        .effect(&entered)
        .effect(&trade)
        .effect(&triggered)
        .effect(&cancelled(17, CancelReason::Protection))
        .effect(&MassQuoteAck::new_zeroed())
        .build();
    let told: Vec<_> = project(0, &record)
        .iter()
        .map(|report| (report.0, Frame::parse(&report.1).unwrap().0.template_id))
        .collect();
    let session = Recipient::Session;
    let expected = [
        (session(17), 52),
        (session(33), 51),
        (session(16), 51),
        (Recipient::Firm(10), 72),
        (session(17), 52),
        (session(16), 71),
    ];
    assert_eq!(told, expected);
}

#[test]
fn who_trades_with_a_protected_quote_hears_nothing_of_the_others() {
    let record = RecordBuilder::of(33, &new_order(4))
        .effect(&cancelled(16, CancelReason::Protection))
        .build();
    let told = project(0, &record);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, Recipient::Session(16));
    assert_eq!(body::<ExecutionReportCancelled>(&told[0]).reason.get(), 14);
}

#[test]
fn a_mass_status_is_told_to_who_asked_step_by_step() {
    let mut command = Continue::new_zeroed();
    command.session_id.set(16);
    let mut status = OrderStatusReport::new_zeroed();
    // Another session of the firm owns the order.
    status.session_id.set(17);
    let end = OrderMassStatusReport::new_zeroed();
    let first = RecordBuilder::of(16, &OrderMassStatusRequest::new_zeroed()).effect(&status);
    let last = RecordBuilder::of(0, &command).effect(&status).effect(&end);
    for (record, is_last) in [(first.build(), false), (last.build(), true)] {
        let told = project(0, &record);
        assert_eq!(told[0], (Recipient::Session(16), encoded(&status)));
        assert_eq!(told.len(), 1 + usize::from(is_last));
        assert!(!is_last || told[1] == (Recipient::Session(16), encoded(&end)));
    }
}

#[test]
fn an_order_that_waits_is_told_byte_by_byte_to_owner_and_asker() {
    let mut pending = OrderPending::new_zeroed();
    pending.order_id.set(0x11);
    pending.cl_ord_id.set(0x22);
    pending.release_time_ns.set(0x0102_0304_0506_0708);
    pending.security_id.set(3);
    pending.account.set(99);
    pending.session_id.set(16);
    pending.leaves_qty.set(50);
    pending.price.set(4000);
    pending.side = 2;
    pending.time_in_force = 3;
    let record = RecordBuilder::of(16, &new_order(6)).effect(&pending).build();
    let told = project(0, &record);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, Recipient::Session(16));
    let mut expected = vec![56, 0, 74, 0, 0x43, 0x46, 0, 0];
    expected.extend_from_slice(&[0x11, 0, 0, 0, 0, 0, 0, 0, 0x22, 0, 0, 0, 0, 0, 0, 0]);
    let exec_id: u64 = 32 + 64;
    expected.extend_from_slice(&exec_id.to_le_bytes());
    let told_time = body::<ExecutionReportPendingNew>(&told[0]).transact_time_ns;
    assert_eq!(told_time.get(), Record::new(0, &record).header.sequencing_time_ns.get());
    expected.extend_from_slice(&told_time.get().to_le_bytes());
    expected.extend_from_slice(&[8, 7, 6, 5, 4, 3, 2, 1, 6, 0, 0, 0, 3, 0, 0, 0, 50, 0, 0, 0]);
    expected.extend_from_slice(&[0xA0, 0x0F, 2, 10]);
    assert_eq!(told[0].1, expected);
    // A replace that another session of the firm sends is told to both, under their numbers.
    let mut request = OrderCancelReplaceRequest::new_zeroed();
    request.seq_num.set(9);
    let record = RecordBuilder::of(17, &request).effect(&pending).build();
    let numbers: Vec<_> = project(0, &record)
        .iter()
        .map(|report| (report.0, body::<ExecutionReportPendingNew>(report).seq_num.get()))
        .collect();
    assert_eq!(numbers, [(Recipient::Session(16), 0), (Recipient::Session(17), 9)]);
}

#[test]
fn an_order_that_shrinks_while_it_waits_is_still_pending() {
    let mut request = OrderCancelReplaceRequest::new_zeroed();
    request.order_qty.set(10);
    let mut shrunk = OrderReplaced::new_zeroed();
    shrunk.session_id.set(16);
    shrunk.leaves_qty.set(7);
    shrunk.is_pending = 1;
    let told = project(0, &RecordBuilder::of(16, &request).effect(&shrunk).build());
    assert_eq!(body::<ExecutionReportNew>(&told[0]).ord_status, 10);
}

#[test]
fn a_released_order_is_told_to_its_owner_with_what_follows() {
    let mut released = OrderReleased::new_zeroed();
    released.session_id.set(16);
    released.leaves_qty.set(5);
    released.quantity_ahead.set(8);
    released.exec_inst = 2;
    let mut trade = Trade::new_zeroed();
    trade.resting_session_id.set(33);
    trade.aggressor_session_id.set(16);
    let record = RecordBuilder::of(0, &TimerTick::new_zeroed())
        .effect(&released)
        .effect(&trade)
        .effect(&cancelled(16, CancelReason::ImmediateOrCancel))
        .effect(&cancelled(17, CancelReason::MarketHalted))
        .build();
    let told = project(0, &record);
    let sessions: Vec<_> = told
        .iter()
        .map(|report| (report.0, Frame::parse(&report.1).unwrap().0.template_id))
        .collect();
    let session = Recipient::Session;
    let expected = [
        (session(16), 50),
        (session(33), 51),
        (session(16), 51),
        (session(16), 52),
        (session(17), 52),
    ];
    assert_eq!(sessions, expected);
    let new = body::<ExecutionReportNew>(&told[0]);
    assert_eq!((new.exec_type, new.ord_status, new.seq_num.get()), (21, 0, 0));
    assert_eq!((new.leaves_qty.get(), new.quantity_ahead.get(), new.exec_inst), (5, 8, 2));
    released.cum_qty.set(1);
    let record = RecordBuilder::of(0, &TimerTick::new_zeroed()).effect(&released).build();
    let new = body::<ExecutionReportNew>(&project(0, &record)[0]);
    assert_eq!(new.ord_status, 1, "it traded before it waited");
}
