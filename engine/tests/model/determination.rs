//! Outcomes that may be disputed and amended before they are paid out
//! (`docs/engine-rules.md` §5).

use forecastle_proto_spec::{
    DisputeRequest, MarketSettled, MarketStatus, OutcomeReport, RejectCode,
};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::sessions::Request;
use super::settlement::PayOut;
use super::sweeps::{Owner, Work, WorkKind};
use super::timers::Due;

/// An outcome that is not final.
#[derive(Clone, Debug)]
pub struct Determination {
    pub request: Request,
    pub values: Vec<u16>,
    pub amendment_count: u16,
    /// When the window ends; nothing once it is disputed.
    pub due: Option<Due>,
}

impl Model {
    pub fn determine(
        &mut self,
        request: &Request,
        event_id: u32,
        values: Vec<u16>,
        effects: &mut Effects,
    ) {
        let event = self.event(event_id).expect("it was checked").clone();
        let window_ns = u64::from(event.parameters.dispute_window_ms) * NS_PER_MS;
        let amendment_count = match &event.determination {
            None => 0,
            Some(before) => before.amendment_count.saturating_add(1),
        };
        let mut report = OutcomeReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.event_id.set(event_id);
        report.window_end_ns.set(effects.now + window_ns);
        report.amendment_count.set(amendment_count);
        report.value_count = event.market_count;
        effects.push(&report);
        let due = Some(self.arm(effects.now + window_ns));
        self.events[event_id as usize - 1].determination =
            Some(Determination { request: *request, values, amendment_count, due });
        for security_id in event.security_ids() {
            self.set_status(request, security_id, (MarketStatus::Determined, 0, 0), effects);
        }
    }

    pub fn dispute(
        &mut self,
        request: &Request,
        message: &DisputeRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let event_id = message.event_id.get();
        let event = self.event(event_id).ok_or(RejectCode::UnknownEvent)?.clone();
        let first = self.market(event.first_security_id);
        if first.status != MarketStatus::Determined {
            return Err(RejectCode::NotDetermined);
        }
        let determination = self.events[event_id as usize - 1].determination.as_mut();
        determination.expect("a determined market has an outcome").due = None;
        for security_id in event.security_ids() {
            let change = (MarketStatus::Disputed, 0, message.reason.get());
            self.set_status(request, security_id, change, effects);
        }
        Ok(())
    }

    /// The window is over: the event is settled, its pay-out waits for `Continue`.
    pub fn end_dispute_window(&mut self, event_id: u32, effects: &mut Effects) {
        if self.check_work_queue(Owner::Exchange).is_err() {
            let due = self.arm(effects.now + NS_PER_MS);
            let determination = self.events[event_id as usize - 1].determination.as_mut();
            determination.expect("its timer fired").due = Some(due);
            return;
        }
        let event = self.event(event_id).expect("its timer fired");
        let determination = event.determination.clone().expect("its timer fired");
        let request = determination.request;
        self.settle_markets(&request, event_id, determination.values, effects);
        self.work_count += 1;
        let pay_out = PayOut { event_id, next_account: 1, position_count: 0, amount: 0 };
        let kind = WorkKind::PayOut(pay_out);
        self.work.push(Work { owner: Owner::Exchange, request, kind });
    }

    /// Makes the values final.
    pub fn settle_markets(
        &mut self,
        request: &Request,
        event_id: u32,
        values: Vec<u16>,
        effects: &mut Effects,
    ) {
        let event = &mut self.events[event_id as usize - 1];
        event.determination = None;
        event.settled_values = Some(values.clone());
        for (security_id, value) in event.security_ids().zip(values) {
            let mut settled = MarketSettled::new_zeroed();
            settled.event_id.set(event_id);
            settled.security_id.set(security_id);
            settled.rpt_seq.set(self.next_rpt_seq(security_id));
            settled.settlement_price.set(value);
            effects.push(&settled);
            self.set_status(request, security_id, (MarketStatus::Settled, 0, 0), effects);
        }
    }

    /// The value of a market that has one, final or not, else 0.
    pub fn value_of(&self, security_id: u32) -> u16 {
        let event = self.event(self.market(security_id).event_id).expect("its market exists");
        let state = (security_id - event.first_security_id) as usize;
        let values = event.determination.as_ref().map(|it| &it.values);
        event.settled_values.as_ref().or(values).map_or(0, |values| values[state])
    }
}

const NS_PER_MS: u64 = 1_000_000;
