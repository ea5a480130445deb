//! What a record of the journal is to a live exchange: a request to send again, the end of work
//! that a request began, or something that cannot be sent. Pure.

use forecastle_persister::Record;
use forecastle_proto_spec::{
    AccountDefinitionRequest, AccountLimitsRequest, BusinessMessageReject, CancelReason,
    CategoryDefinitionRequest, Continue, DepositRequest, DisputeRequest, EndOfDayRequest,
    EntitlementRequest, EventDefinitionReport, EventDefinitionRequest, EventParametersRequest,
    ExecutionReportRejected, Frame, GroupedMessage as _, KillSwitchRequest,
    MarketMakerProtectionLimits, MarketMakerProtectionReset, MarketStatus, MassActionScope,
    MassActionType, MassQuote, MassQuoteAck, MassQuoteEntry, Message as _, NewOrderSingle,
    OrderAccepted, OrderCancelReject, OrderCancelReplaceRequest, OrderCancelRequest,
    OrderCancelled, OrderMassActionReport, OrderMassActionRequest, OrderMassStatusReport,
    OrderMassStatusRequest, OrderStatusRequest, QuoteCancel, QuoteSetDefinition,
    ReferenceOddsRequest, RejectCode, SecurityStatusRequest, SeriesDefinitionRequest,
    SettlementComplete, SettlementRequest, StateReportRequest, TickTableRequest,
    UserDefinitionRequest, WithdrawalRequest, describe,
};

use crate::journal::record_view::effects;

/// A record, seen as something to send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<'a> {
    /// A request of a client.
    Request(Request<'a>),
    /// A record of the exchange itself, with which a client's sweep or pay-out was complete.
    WorkDone {
        /// Session that had asked for the work.
        session_id: u32,
        /// Number of that request in the journal.
        seq_num: u32,
    },
    /// Nothing that a client sends.
    Skipped {
        /// Name of the message.
        kind: &'static str,
        /// Why.
        reason: &'static str,
    },
}

/// A request as a client sent it, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request<'a> {
    /// Session that sent it.
    pub session_id: u32,
    /// Its number in the journal.
    pub seq_num: u32,
    /// Name of the message.
    pub kind: &'static str,
    /// The message.
    pub frame: Frame<'a>,
    /// How it was answered.
    pub answer: Answer,
    /// What it brought into the world.
    pub makes: Makes,
    /// How it was done.
    pub work: Work,
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Accepted,
    /// Refused with this code.
    Refused(u16),
}

/// How a request was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// At once, like most.
    None,
    /// At once, though it is of a kind that may take several records: a sweep or a pay-out.
    Short,
    /// In several records, between which other requests came.
    Long,
}

/// What other requests can name once this one is done, by the numbers that the exchange gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Makes {
    /// Nothing.
    Nothing,
    /// An order.
    Order(u64),
    /// An event and its markets.
    Event(EventIds),
}

/// Numbers of an event and its markets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventIds {
    /// Event.
    pub event_id: u32,
    /// First market; the others follow without gap.
    pub first_security_id: u32,
    /// Markets.
    pub market_count: u8,
}

impl<'a> Part<'a> {
    /// What a record is.
    #[must_use]
    pub fn of(record: &Record<'a>) -> Self {
        let header = record.header();
        let session_id = header.session_id.get();
        let Ok((frame, [])) = Frame::parse(record.command()) else {
            return Self::Skipped { kind: "malformed", reason: "is no message of this schema" };
        };
        let kind = describe(&frame, &mut |_, _| {}).unwrap_or("unknown");
        if session_id == EXCHANGE_SESSION_ID {
            return match work_done(record, &frame) {
                Some((session_id, seq_num)) => Self::WorkDone { session_id, seq_num },
                None => Self::Skipped { kind, reason: "was made by the exchange itself" },
            };
        }
        let is_request =
            [&TRADERS[..], &OTHERS].iter().any(|templates| templates.contains(&frame.template_id));
        if !is_request {
            return Self::Skipped { kind, reason: "belongs to a login, and this has its own" };
        }
        let answer = answer(record);
        if NUMBER_REFUSED.map(|code| Answer::Refused(code.into())).contains(&answer) {
            return Self::Skipped {
                kind,
                reason: "was refused for its number, and this counts anew",
            };
        }
        let seq_num = number_at(&frame, "seq_num").unwrap_or_default();
        let (makes, work) = (makes(record), work(record, &frame));
        Self::Request(Request { session_id, seq_num, kind, frame, answer, makes, work })
    }
}

impl Request<'_> {
    /// Whether it is of a trader; the others are of administrators, and what they change decides
    /// what happens to everybody else's.
    #[must_use]
    pub fn is_of_trader(&self) -> bool {
        TRADERS.contains(&self.frame.template_id)
    }
}

/// The code of a refusal, when a message is one.
#[must_use]
pub fn refusal(frame: &Frame<'_>) -> Option<u16> {
    if let Some(reject) = frame.body::<ExecutionReportRejected>() {
        Some(reject.reject_code.get())
    } else if let Some(reject) = frame.body::<OrderCancelReject>() {
        Some(reject.reject_code.get())
    } else if let Some(ack) = frame.body::<MassQuoteAck>() {
        Some(ack.reject_code.get()).filter(|code| *code != 0)
    } else {
        frame.body::<BusinessMessageReject>().map(|reject| reject.reject_code.get())
    }
}

/// Whether a message says that a sweep or a pay-out is complete.
#[must_use]
pub fn is_end_of_work(frame: &Frame<'_>) -> bool {
    [
        OrderMassActionReport::TEMPLATE_ID,
        OrderMassStatusReport::TEMPLATE_ID,
        SettlementComplete::TEMPLATE_ID,
    ]
    .contains(&frame.template_id)
}

/// The place of a field in a message's bytes, header included.
#[must_use]
pub fn place_of(template_id: u16, field: &str) -> Option<usize> {
    let mut layouts = forecastle_proto_spec::LAYOUTS.iter().copied().flatten();
    let layout = layouts.find(|layout| layout.template_id == template_id)?;
    let (_, offset) = layout.fields.iter().find(|(name, _)| *name == field)?;
    Some(forecastle_proto_spec::MESSAGE_HEADER_LENGTH + offset)
}

/// Every place of a market's or an event's number in a message's bytes: that of the field, in each
/// entry of its group too, and the key of a kill switch over one.
#[must_use]
pub fn places_of(frame: &Frame<'_>, field: &str) -> Vec<usize> {
    let in_block = place_of(frame.template_id, field);
    let is_key_of = |switch: &&KillSwitchRequest| match MassActionScope::try_from(switch.scope) {
        Ok(MassActionScope::Security) => field == "security_id",
        Ok(MassActionScope::Event) => field == "event_id",
        _ => false,
    };
    let key = frame.body().filter(is_key_of).and_then(|_| place_of(frame.template_id, "key"));
    let entries = frame.entries::<MassQuote>().unwrap_or_default();
    let first = frame.bytes.len() - size_of_val(entries);
    let offset = MassQuote::ENTRIES.fields.iter().find(|(name, _)| *name == field);
    let in_entries = offset.into_iter().flat_map(|(_, offset)| {
        (0..entries.len()).map(move |index| first + index * size_of::<MassQuoteEntry>() + offset)
    });
    in_block.into_iter().chain(key).chain(in_entries).collect()
}

/// The value of a field of 32 bits, when the message has it.
#[must_use]
pub fn number_at(frame: &Frame<'_>, field: &str) -> Option<u32> {
    let place = place_of(frame.template_id, field)?;
    let bytes = frame.bytes.get(place..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

fn answer(record: &Record<'_>) -> Answer {
    let refused = effects(record).find_map(|effect| refusal(&effect.frame));
    refused.map_or(Answer::Accepted, Answer::Refused)
}

fn makes(record: &Record<'_>) -> Makes {
    let made = effects(record).find_map(|effect| {
        if let Some(order) = effect.frame.body::<OrderAccepted>() {
            return Some(Makes::Order(order.order_id.get()));
        }
        effect.frame.body::<EventDefinitionReport>().map(|event| Makes::Event(event.into()))
    });
    made.unwrap_or(Makes::Nothing)
}

fn work(record: &Record<'_>, frame: &Frame<'_>) -> Work {
    let closes = |request: &SecurityStatusRequest| request.status == u8::from(MarketStatus::Closed);
    let suspends =
        |request: &KillSwitchRequest| request.action == u8::from(MassActionType::Suspend);
    let halts =
        |order: &OrderCancelled| order.reason.get() == u16::from(CancelReason::MarketHalted);
    let is_work = match frame.template_id {
        OrderMassActionRequest::TEMPLATE_ID
        | OrderMassStatusRequest::TEMPLATE_ID
        | EndOfDayRequest::TEMPLATE_ID
        | SettlementRequest::TEMPLATE_ID => true,
        KillSwitchRequest::TEMPLATE_ID => frame.body().is_some_and(suspends),
        // A halt ends orders, if any ask for it.
        _ => {
            frame.body().is_some_and(closes)
                || effects(record).any(|effect| effect.frame.body().is_some_and(halts))
        }
    };
    let is_at_end = effects(record)
        .any(|effect| is_end_of_work(&effect.frame) || refusal(&effect.frame).is_some());
    match (is_work, is_at_end) {
        (false, _) => Work::None,
        (true, true) => Work::Short,
        (true, false) => Work::Long,
    }
}

/// Session and number of the request whose work a `Continue` record ends.
fn work_done(record: &Record<'_>, frame: &Frame<'_>) -> Option<(u32, u32)> {
    let step = frame.body::<Continue>()?;
    let is_done = effects(record).any(|effect| is_end_of_work(&effect.frame));
    is_done.then(|| (step.session_id.get(), step.seq_num.get()))
}

impl From<&EventDefinitionReport> for EventIds {
    fn from(report: &EventDefinitionReport) -> Self {
        Self {
            event_id: report.event_id.get(),
            first_security_id: report.first_security_id.get(),
            market_count: report.market_count,
        }
    }
}

/// What a trader sends under a number.
const TRADERS: [u16; 12] = [
    NewOrderSingle::TEMPLATE_ID,
    OrderCancelReplaceRequest::TEMPLATE_ID,
    OrderCancelRequest::TEMPLATE_ID,
    OrderMassActionRequest::TEMPLATE_ID,
    MassQuote::TEMPLATE_ID,
    QuoteCancel::TEMPLATE_ID,
    QuoteSetDefinition::TEMPLATE_ID,
    OrderStatusRequest::TEMPLATE_ID,
    OrderMassStatusRequest::TEMPLATE_ID,
    MarketMakerProtectionLimits::TEMPLATE_ID,
    MarketMakerProtectionReset::TEMPLATE_ID,
    StateReportRequest::TEMPLATE_ID,
];
/// What others alone send under a number.
const OTHERS: [u16; 17] = [
    EventDefinitionRequest::TEMPLATE_ID,
    SecurityStatusRequest::TEMPLATE_ID,
    SettlementRequest::TEMPLATE_ID,
    AccountDefinitionRequest::TEMPLATE_ID,
    DepositRequest::TEMPLATE_ID,
    WithdrawalRequest::TEMPLATE_ID,
    EntitlementRequest::TEMPLATE_ID,
    EndOfDayRequest::TEMPLATE_ID,
    KillSwitchRequest::TEMPLATE_ID,
    AccountLimitsRequest::TEMPLATE_ID,
    EventParametersRequest::TEMPLATE_ID,
    DisputeRequest::TEMPLATE_ID,
    TickTableRequest::TEMPLATE_ID,
    ReferenceOddsRequest::TEMPLATE_ID,
    CategoryDefinitionRequest::TEMPLATE_ID,
    SeriesDefinitionRequest::TEMPLATE_ID,
    UserDefinitionRequest::TEMPLATE_ID,
];
const NUMBER_REFUSED: [RejectCode; 2] =
    [RejectCode::SessionNotEstablished, RejectCode::DuplicateSeqNum];
const EXCHANGE_SESSION_ID: u32 = 0;

#[cfg(test)]
pub(super) mod tests {
    use forecastle_persister::records_of;
    use forecastle_proto_spec::{
        Establish, Message, MessageLayout, OrderCancelled, RecordHeader, encode, encode_with_group,
        padded_command_length,
    };
    use zerocopy::{FromZeros as _, IntoBytes as _};

    use super::*;

    pub fn encoded<M: Message>(message: &M) -> Vec<u8> {
        let mut bytes = vec![0; M::ENCODED_LENGTH];
        encode(message, &mut bytes).unwrap();
        bytes
    }

    /// A record of a session: the command's bytes, then its effects.
    pub fn record(session_id: u32, command: &[u8], effects: &[Vec<u8>]) -> Vec<u8> {
        let mut body = command.to_vec();
        body.resize(padded_command_length(command.len()), 0);
        body.extend(effects.iter().flatten());
        let mut header = RecordHeader::new_zeroed();
        header.record_length.set(u32::try_from(32 + body.len()).unwrap());
        header.command_length.set(u16::try_from(command.len()).unwrap());
        header.session_id.set(session_id);
        header.effect_count.set(u32::try_from(effects.len()).unwrap());
        [header.as_bytes(), &body].concat()
    }

    fn with_part<T>(bytes: &[u8], look: impl FnOnce(Part<'_>) -> T) -> T {
        look(Part::of(&records_of(bytes, 0).next().unwrap().unwrap()))
    }

    fn rejected(code: RejectCode) -> Vec<u8> {
        let mut reject = BusinessMessageReject::new_zeroed();
        reject.reject_code.set(code.into());
        encoded(&reject)
    }

    #[test]
    fn a_request_comes_with_its_answer_and_what_it_made() {
        let mut order = NewOrderSingle::new_zeroed();
        order.seq_num.set(9);
        let mut accepted = OrderAccepted::new_zeroed();
        accepted.order_id.set(500);
        let bytes = record(17, &encoded(&order), &[encoded(&accepted)]);
        with_part(&bytes, |part| {
            let Part::Request(request) = part else { panic!("{part:?}") };
            assert_eq!((request.session_id, request.seq_num), (17, 9));
            assert_eq!((request.kind, request.answer), ("NewOrderSingle", Answer::Accepted));
            assert_eq!((request.makes, request.work), (Makes::Order(500), Work::None));
            assert!(request.is_of_trader());
        });
        let refused = record(17, &encoded(&order), &[rejected(RejectCode::UnknownMarket)]);
        with_part(&refused, |part| {
            let Part::Request(request) = part else { panic!("{part:?}") };
            let code = RejectCode::UnknownMarket.into();
            assert_eq!((request.answer, request.makes), (Answer::Refused(code), Makes::Nothing));
        });
    }

    #[test]
    fn work_is_long_when_its_record_does_not_end_it() {
        let sweep = encoded(&OrderMassActionRequest::new_zeroed());
        let cancelled = encoded(&OrderCancelled::new_zeroed());
        let complete = encoded(&OrderMassActionReport::new_zeroed());
        let work = |effects: &[Vec<u8>]| {
            with_part(&record(17, &sweep, effects), |part| match part {
                Part::Request(request) => request.work,
                part => panic!("{part:?}"),
            })
        };
        assert_eq!(work(&[cancelled.clone(), complete.clone()]), Work::Short);
        assert_eq!(work(std::slice::from_ref(&cancelled)), Work::Long);
        assert_eq!(work(&[rejected(RejectCode::WorkQueueFull)]), Work::Short);
        let mut step = Continue::new_zeroed();
        step.session_id.set(17);
        step.seq_num.set(3);
        let step = encoded(&step);
        let done = Part::WorkDone { session_id: 17, seq_num: 3 };
        with_part(&record(0, &step, &[complete]), |part| assert_eq!(part, done));
        with_part(&record(0, &step, &[cancelled]), |part| {
            assert!(matches!(part, Part::Skipped { kind: "Continue", .. }), "{part:?}");
        });
    }

    #[test]
    fn what_no_client_sends_again_is_skipped_by_name() {
        let login = record(17, &encoded(&Establish::new_zeroed()), &[]);
        let order = encoded(&NewOrderSingle::new_zeroed());
        let late = record(17, &order, &[rejected(RejectCode::DuplicateSeqNum)]);
        let own = record(0, &encoded(&EntitlementRequest::new_zeroed()), &[]);
        let malformed = record(17, &order[..20], &[rejected(RejectCode::MalformedLength)]);
        for (bytes, expected) in [
            (login, "Establish"),
            (late, "NewOrderSingle"),
            (own, "EntitlementRequest"),
            (malformed, "malformed"),
        ] {
            with_part(&bytes, |part| {
                let Part::Skipped { kind, .. } = part else { panic!("{part:?}") };
                assert_eq!(kind, expected);
            });
        }
    }
    #[test]
    fn nothing_that_a_client_sends_under_a_number_is_left_out() {
        let layouts = forecastle_proto_spec::LAYOUTS.iter().copied().flatten();
        let is_numbered = |layout: &&MessageLayout| {
            // The gateway answers what is asked about counters and the log by itself.
            let is_client_s = matches!(layout.template_id, 20..=40 | 43..=49 | 130);
            is_client_s && layout.fields.iter().any(|(name, _)| *name == "seq_num")
        };
        let mut numbered: Vec<u16> =
            layouts.filter(is_numbered).map(|layout| layout.template_id).collect();
        let mut sent = [&TRADERS[..], &OTHERS].concat();
        numbered.sort_unstable();
        sent.sort_unstable();
        assert_eq!(sent, numbered);
    }

    #[test]
    fn a_mass_quote_is_refused_by_its_acknowledgement() {
        let mut bytes = vec![0; MassQuote::encoded_length(1)];
        let entries = [MassQuoteEntry::new_zeroed()];
        encode_with_group(&MassQuote::new_zeroed(), &entries, &mut bytes).unwrap();
        for (code, expected) in [(0, Answer::Accepted), (430, Answer::Refused(430))] {
            let mut ack = MassQuoteAck::new_zeroed();
            ack.reject_code.set(code);
            with_part(&record(17, &bytes, &[encoded(&ack)]), |part| {
                let Part::Request(request) = part else { panic!("{part:?}") };
                assert_eq!((request.answer, request.work), (expected, Work::None));
            });
        }
    }

    #[test]
    fn what_ends_orders_on_its_way_is_work() {
        let mut switch = KillSwitchRequest::new_zeroed();
        switch.action = MassActionType::Suspend.into();
        let mut halted = OrderCancelled::new_zeroed();
        halted.reason.set(CancelReason::MarketHalted.into());
        let status = encoded(&OrderMassStatusReport::new_zeroed());
        let work = |command: &[u8], effects: &[Vec<u8>]| {
            with_part(&record(17, command, effects), |part| match part {
                Part::Request(request) => request.work,
                part => panic!("{part:?}"),
            })
        };
        let (halt, halted) = (encoded(&SecurityStatusRequest::new_zeroed()), encoded(&halted));
        assert_eq!(work(&encoded(&switch), &[]), Work::Long);
        assert_eq!(work(&encoded(&OrderMassStatusRequest::new_zeroed()), &[status]), Work::Short);
        assert_eq!(work(&halt, &[halted]), Work::Long);
        assert_eq!(work(&halt, &[]), Work::None);
        switch.action = MassActionType::Release.into();
        assert_eq!(work(&encoded(&switch), &[]), Work::None);
    }
}
