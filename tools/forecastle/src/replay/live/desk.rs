//! What one session has sent to the live exchange and what it was answered. Pure.
//!
//! The first report that names a request's number answers it: the request is in the log then. A
//! sweep or a pay-out stays open until it is reported complete, and when the journal has it done at
//! once, that report is its answer.

use std::collections::{BTreeMap, VecDeque};

use forecastle_proto_spec::{
    BusinessMessageReject, EventDefinitionReport, ExchangeReport, ExecutionReportNew, Frame,
    NotApplied, RejectCode,
};

use super::request::{Answer, Makes, Request, Work, is_end_of_work, number_at, refusal};
use super::translation::Made;
use crate::link::ReportHandler;

/// One session's requests and answers.
#[derive(Debug, Default)]
pub struct Desk {
    /// Counts since the start.
    pub tally: Tally,
    open: BTreeMap<u32, Sent>,
    unanswered_count: usize,
    again: VecDeque<Sent>,
    made: Vec<(Makes, Option<Made>)>,
    question: Option<u32>,
    exchange_report: Option<Result<ExchangeReport, u16>>,
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Sent {
    /// As it was sent, but for its number and time.
    pub message: Vec<u8>,
    /// Its number in the journal.
    journal_seq_num: u32,
    /// How the journal has it answered.
    journal_answer: Answer,
    makes: Makes,
    work: Work,
    is_answered: bool,
}

/// Counts of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests sent, each once.
    pub sent: u64,
    /// Requests done.
    pub accepted: u64,
    /// Refusals by code.
    pub rejected: BTreeMap<u16, u64>,
    /// Answers that are not the journal's.
    pub unlike: u64,
    /// Requests sent again, because the exchange was busy or never got them.
    pub again: u64,
}

impl Sent {
    /// A request about to be sent with these bytes.
    #[must_use]
    pub fn new(request: &Request<'_>, message: Vec<u8>) -> Self {
        Self {
            message,
            journal_seq_num: request.seq_num,
            journal_answer: request.answer,
            makes: request.makes,
            work: request.work,
            is_answered: false,
        }
    }
}

impl Desk {
    /// Remembers a request that was sent under this number.
    pub fn sent(&mut self, seq_num: u32, sent: Sent) {
        self.tally.sent += 1;
        self.sent_again(seq_num, sent);
    }

    /// As [`Self::sent`], for one that is not sent for the first time.
    pub fn sent_again(&mut self, seq_num: u32, sent: Sent) {
        self.unanswered_count += 1;
        self.open.insert(seq_num, sent);
    }

    /// Remembers that the state of the exchange was asked for under this number.
    pub fn asked(&mut self, seq_num: u32) {
        self.question = Some(seq_num);
        self.exchange_report = None;
    }

    /// The answer to that, once it has come: the report, or the code of a refusal.
    #[must_use]
    pub fn exchange_report(&self) -> Option<Result<ExchangeReport, u16>> {
        self.exchange_report
    }

    /// Requests that are to be sent and not answered yet.
    #[must_use]
    pub fn unanswered_count(&self) -> usize {
        self.unanswered_count + self.again.len()
    }

    /// Nothing is unanswered and no work is in progress.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.open.is_empty() && self.again.is_empty()
    }

    /// The work that the request of this number in the journal began is complete, or never began.
    #[must_use]
    pub fn is_done_with(&self, journal_seq_num: u32) -> bool {
        let waits =
            |sent: &Sent| sent.work != Work::None && sent.journal_seq_num == journal_seq_num;
        !self.open.values().any(waits) && !self.again.iter().any(waits)
    }

    /// The oldest request that has to be sent again.
    pub fn next_again(&mut self) -> Option<Sent> {
        let sent = self.again.pop_front()?;
        self.tally.again += 1;
        Some(sent)
    }

    /// What the exchange has made, or refused to, since the last call.
    pub fn take_made(&mut self) -> impl Iterator<Item = (Makes, Option<Made>)> + '_ {
        self.made.drain(..)
    }

    fn on_answer(&mut self, seq_num: u32, frame: &Frame<'_>) {
        let Some(sent) = self.open.get_mut(&seq_num) else { return };
        let refused = refusal(frame);
        let is_over = sent.work == Work::None || refused.is_some() || is_end_of_work(frame);
        if !sent.is_answered && (is_over || sent.work == Work::Long) {
            sent.is_answered = true;
            self.unanswered_count -= 1;
            let answer = refused.map_or(Answer::Accepted, Answer::Refused);
            match answer {
                Answer::Accepted => self.tally.accepted += 1,
                Answer::Refused(code) => *self.tally.rejected.entry(code).or_insert(0) += 1,
            }
            self.tally.unlike += u64::from(answer != sent.journal_answer);
            if sent.makes != Makes::Nothing {
                self.made.push((sent.makes, made(frame)));
            }
        }
        if is_over {
            self.open.remove(&seq_num);
        }
    }

    /// Requests of these numbers are not in the log and never will be under them.
    fn on_lost(&mut self, numbers: std::ops::Range<u32>) {
        let lost = self.open.range(numbers).filter(|(_, sent)| !sent.is_answered);
        let lost: Vec<u32> = lost.map(|(seq_num, _)| *seq_num).collect();
        for seq_num in lost {
            if let Some(sent) = self.open.remove(&seq_num) {
                self.unanswered_count -= 1;
                self.again.push_back(sent);
            }
        }
    }

    fn on_question_answered(&mut self, frame: &Frame<'_>) {
        if let Some(report) = frame.body::<ExchangeReport>() {
            self.exchange_report = Some(Ok(*report));
        } else if let Some(code) = refusal(frame) {
            self.exchange_report = Some(Err(code));
        }
    }
}

impl ReportHandler for Desk {
    fn on_report(&mut self, frame: Frame<'_>) {
        if let Some(lost) = frame.body::<NotApplied>() {
            let from = lost.from_seq_num.get();
            return self.on_lost(from..from.saturating_add(lost.count.get()));
        }
        let reject = frame.body::<BusinessMessageReject>();
        let seq_num = match reject {
            Some(reject) => reject.ref_seq_num.get(),
            None if frame.template_id < FIRST_REPORT_TEMPLATE_ID => return,
            None => number_at(&frame, "seq_num").unwrap_or_default(),
        };
        let is_busy = |reject: &BusinessMessageReject| {
            reject.reject_code.get() == u16::from(RejectCode::Busy) && reject.exec_id.get() == 0
        };
        if reject.is_some_and(is_busy) {
            self.on_lost(seq_num..seq_num.saturating_add(1));
        } else if self.question == Some(seq_num) {
            self.on_question_answered(&frame);
        } else {
            self.on_answer(seq_num, &frame);
        }
    }
}

fn made(report: &Frame<'_>) -> Option<Made> {
    if let Some(order) = report.body::<ExecutionReportNew>() {
        return Some(Made::Order(order.order_id.get()));
    }
    report.body::<EventDefinitionReport>().map(|event| Made::Event(event.into()))
}

/// Messages of the session itself are below.
const FIRST_REPORT_TEMPLATE_ID: u16 = 50;

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{
        ExecutionReportCancelled, ExecutionReportRejected, Message, NewOrderSingle,
        OrderMassActionReport, OrderMassActionRequest, encode,
    };
    use zerocopy::FromZeros as _;

    use super::*;

    fn encoded<M: Message>(message: &M) -> Vec<u8> {
        let mut bytes = vec![0; M::ENCODED_LENGTH];
        encode(message, &mut bytes).unwrap();
        bytes
    }

    fn tell<M: Message>(desk: &mut Desk, message: &M) {
        desk.on_report(Frame::parse(&encoded(message)).unwrap().0);
    }

    /// Sends a request of this type under `seq_num`, number 100 more in the journal.
    fn send<M: Message>(desk: &mut Desk, seq_num: u32, makes: Makes, work: Work) {
        let message = encoded(&M::new_zeroed());
        let (frame, _) = Frame::parse(&message).unwrap();
        let request = Request {
            session_id: 17,
            seq_num: seq_num + 100,
            kind: M::NAME,
            frame,
            answer: Answer::Accepted,
            makes,
            work,
        };
        let sent = Sent::new(&request, message.clone());
        desk.sent(seq_num, sent);
    }

    fn accept(desk: &mut Desk, seq_num: u32, order_id: u64) {
        let mut report = ExecutionReportNew::new_zeroed();
        report.seq_num.set(seq_num);
        report.order_id.set(order_id);
        tell(desk, &report);
    }

    #[test]
    fn an_order_is_answered_once_and_its_number_learned() {
        let mut desk = Desk::default();
        send::<NewOrderSingle>(&mut desk, 1, Makes::Order(5), Work::None);
        send::<NewOrderSingle>(&mut desk, 2, Makes::Order(6), Work::None);
        assert_eq!(desk.unanswered_count(), 2);
        accept(&mut desk, 1, 70);
        let mut reject = ExecutionReportRejected::new_zeroed();
        reject.seq_num.set(2);
        reject.reject_code.set(311);
        tell(&mut desk, &reject);
        let made: Vec<_> = desk.take_made().collect();
        assert_eq!(made, [(Makes::Order(5), Some(Made::Order(70))), (Makes::Order(6), None)]);
        // Another report of the same request answers nothing more.
        accept(&mut desk, 1, 71);
        assert!(desk.is_idle() && desk.take_made().next().is_none());
        let expected = Tally {
            sent: 2,
            accepted: 1,
            rejected: BTreeMap::from([(311, 1)]),
            unlike: 1,
            again: 0,
        };
        assert_eq!(desk.tally, expected);
    }

    #[test]
    fn work_is_open_until_it_is_complete() {
        let mut desk = Desk::default();
        for (seq_num, work) in [(1, Work::Long), (2, Work::Short)] {
            send::<OrderMassActionRequest>(&mut desk, seq_num, Makes::Nothing, work);
            let mut cancelled = ExecutionReportCancelled::new_zeroed();
            cancelled.seq_num.set(seq_num);
            tell(&mut desk, &cancelled);
            // What the journal has done at once is answered only by its end.
            assert_eq!(desk.unanswered_count(), usize::from(work == Work::Short));
            assert!(!desk.is_done_with(100 + seq_num) && desk.is_done_with(1) && !desk.is_idle());
            let mut complete = OrderMassActionReport::new_zeroed();
            complete.seq_num.set(seq_num);
            tell(&mut desk, &complete);
            assert!(desk.is_done_with(100 + seq_num) && desk.is_idle());
        }
        assert_eq!((desk.tally.accepted, desk.tally.unlike), (2, 0));
    }

    #[test]
    fn what_was_busy_or_lost_is_sent_again_in_order() {
        let mut desk = Desk::default();
        for seq_num in 1..=4 {
            send::<NewOrderSingle>(&mut desk, seq_num, Makes::Nothing, Work::None);
        }
        let mut busy = BusinessMessageReject::new_zeroed();
        busy.ref_seq_num.set(2);
        busy.reject_code.set(RejectCode::Busy.into());
        tell(&mut desk, &busy);
        // Number 2 is told of again, as one that was skipped.
        let mut lost = NotApplied::new_zeroed();
        lost.from_seq_num.set(2);
        lost.count.set(2);
        tell(&mut desk, &lost);
        accept(&mut desk, 1, 70);
        accept(&mut desk, 4, 71);
        assert_eq!((desk.unanswered_count(), desk.is_idle()), (2, false));
        let again: Vec<_> = std::iter::from_fn(|| desk.next_again()).collect();
        let numbers: Vec<_> = again.iter().map(|sent| sent.journal_seq_num).collect();
        assert_eq!(numbers, [102, 103]);
        for (seq_num, sent) in (5..).zip(again) {
            desk.sent_again(seq_num, sent);
            accept(&mut desk, seq_num, 72);
        }
        assert!(desk.is_idle());
        assert_eq!((desk.tally.sent, desk.tally.accepted, desk.tally.again), (4, 4, 2));
    }
}
