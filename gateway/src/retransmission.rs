//! Retransmission: the reports of a session once more, projected from the records of the journal
//! as they were projected from the log the first time.
//!
//! The order-entry agent passes a [`RetransmissionJob`] to the history thread, which hands back
//! whole messages to be sent.

use forecastle_proto_spec::{
    Message, NotApplied, ROLES_TRADER, RejectCode, Retransmission, RetransmissionComplete,
    RetransmitReject, encode,
};
use forecastle_runtime::ring::RecordHeader;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

use crate::record::Record;
use crate::reports::{Recipient, project_reports};

/// What is to be sent again, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct RetransmissionJob {
    /// Names the job; never used again while the agent lives.
    pub ticket: u64,
    /// The client's number of its request.
    pub request_id: u64,
    /// Reports below this position are not sent.
    pub from_position: u64,
    /// Reports at or above this position are not sent: the live flow has them.
    pub end_position: u64,
    /// Whose reports.
    pub session_id: u32,
    /// Firm of the session's key.
    pub firm_id: u32,
    /// Roles of the session's key.
    pub roles: u64,
}

impl RetransmissionJob {
    /// The header of a message of this job on its way to the agent.
    #[must_use]
    pub fn header(&self, template_id: u16) -> RecordHeader {
        RecordHeader {
            kind: u32::from(template_id),
            session: u64::from(self.session_id),
            time_ns: self.ticket,
        }
    }

    /// Hands those reports of a record to `deliver` that the job asks for, in order, each with the
    /// bytes that were sent before. Logins and their ends are not among them: they concerned a
    /// binding that is over. O(effects).
    ///
    /// # Panics
    /// As [`project_reports`].
    pub fn project(&self, record: &Record<'_>, mut deliver: impl FnMut(&[u8])) {
        project_reports(record, |position, recipient, message| {
            let is_concerned = match recipient {
                Recipient::Session(session_id) => session_id == self.session_id,
                Recipient::Firm(firm_id) => {
                    firm_id == self.firm_id && self.roles & u64::from(ROLES_TRADER) != 0
                }
            };
            let is_wanted = (self.from_position..self.end_position).contains(&position);
            if is_concerned && is_wanted && is_application_report(message) {
                deliver(message);
            }
        });
    }

    /// What is said before the first report.
    #[must_use]
    pub fn beginning(&self) -> [u8; Retransmission::ENCODED_LENGTH] {
        let mut message = Retransmission::new_zeroed();
        message.session_id.set(self.session_id);
        message.request_id.set(self.request_id);
        message.from_position.set(self.from_position);
        message.end_position.set(self.end_position);
        encoded(&message)
    }

    /// What is said behind the last of `report_count` reports.
    #[must_use]
    pub fn completion(&self, report_count: u32) -> [u8; RetransmissionComplete::ENCODED_LENGTH] {
        let mut message = RetransmissionComplete::new_zeroed();
        message.session_id.set(self.session_id);
        message.request_id.set(self.request_id);
        message.end_position.set(self.end_position);
        message.report_count.set(report_count);
        encoded(&message)
    }

    /// What is said when nothing, or nothing more, can be sent.
    #[must_use]
    pub fn refusal(&self, code: RejectCode) -> [u8; RetransmitReject::ENCODED_LENGTH] {
        encoded(&refusal(self.session_id, self.request_id, code))
    }
}

/// The refusal of a request: with a time to wait unless no further request can succeed.
pub(crate) fn refusal(session_id: u32, request_id: u64, code: RejectCode) -> RetransmitReject {
    let mut reject = RetransmitReject::new_zeroed();
    reject.session_id.set(session_id);
    reject.request_id.set(request_id);
    reject.reject_code.set(code as u16);
    if code != RejectCode::RetransmitOutOfRange {
        reject.retry_delay_ns.set(RETRY_DELAY_NS);
    }
    reject
}

/// Whether a message ends its job.
pub(crate) fn is_last(template_id: u16) -> bool {
    matches!(template_id, RetransmissionComplete::TEMPLATE_ID | RetransmitReject::TEMPLATE_ID)
}

fn is_application_report(message: &[u8]) -> bool {
    let template_id = u16::from_le_bytes([message[2], message[3]]);
    template_id >= FIRST_APPLICATION_TEMPLATE_ID || template_id == NotApplied::TEMPLATE_ID
}

fn encoded<M: Message, const LENGTH: usize>(message: &M) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    encode(message, &mut bytes).expect("the array is as long as the message");
    bytes
}

/// Lowest template of an application report; those below are of the session.
pub(crate) const FIRST_APPLICATION_TEMPLATE_ID: u16 = 20;
/// What a client that was refused is told to wait.
const RETRY_DELAY_NS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{
        EstablishmentAck, Frame, OrderAccepted, SettlementReport, StateReportRequest, Trade,
    };

    use super::*;
    use crate::record_builder::RecordBuilder;

    fn job() -> RetransmissionJob {
        RetransmissionJob {
            ticket: 5,
            request_id: 77,
            from_position: 0,
            end_position: 10_000,
            session_id: 16,
            firm_id: 7,
            roles: 1,
        }
    }

    /// A trade of resting session 17 with aggressor 16, a pay-out of firm 7 and a login's answer.
    fn record() -> Vec<u8> {
        let mut trade = Trade::new_zeroed();
        trade.resting_session_id.set(17);
        trade.aggressor_session_id.set(16);
        let mut paid = SettlementReport::new_zeroed();
        paid.firm_id.set(7);
        RecordBuilder::of(16, &StateReportRequest::new_zeroed())
            .effect(&OrderAccepted::new_zeroed())
            .effect(&trade)
            .effect(&paid)
            .effect(&EstablishmentAck::new_zeroed())
            .build()
    }

    fn projected(job: &RetransmissionJob, bytes: &[u8]) -> Vec<u16> {
        let mut templates = Vec::new();
        job.project(&Record::new(1000, bytes), |message| {
            templates.push(Frame::parse(message).unwrap().0.template_id);
        });
        templates
    }

    #[test]
    fn a_job_gets_its_session_s_and_its_firm_s_reports_and_no_login() {
        let bytes = record();
        assert_eq!(projected(&job(), &bytes), [50, 51, 57]);
        let resting = RetransmissionJob { session_id: 17, ..job() };
        assert_eq!(projected(&resting, &bytes), [51, 57]);
        let other_firm = RetransmissionJob { firm_id: 8, ..job() };
        assert_eq!(projected(&other_firm, &bytes), [50, 51]);
        let administrator = RetransmissionJob { roles: 2, ..job() };
        assert_eq!(projected(&administrator, &bytes), [50, 51]);
        let stranger = RetransmissionJob { session_id: 18, firm_id: 9, ..job() };
        assert_eq!(projected(&stranger, &bytes), [0; 0]);
    }

    #[test]
    fn a_job_begins_and_ends_at_positions_inside_a_record() {
        let bytes = record();
        let record = Record::new(1000, &bytes);
        let positions: Vec<u64> = record.effects().map(|(position, _)| position).collect();
        let later = RetransmissionJob { from_position: positions[1], ..job() };
        assert_eq!(projected(&later, &bytes), [51, 57]);
        let earlier = RetransmissionJob { end_position: positions[1], ..job() };
        assert_eq!(projected(&earlier, &bytes), [50]);
    }
}
