//! How long a mass cancel of one account's orders takes among everybody's: from when the request is
//! the next command until the last of its steps.

use forecastle_engine::SessionView;
use forecastle_proto_spec::{
    MassActionScope, MassActionType, Message, OrderMassActionRequest, SESSIONS_PER_KEY, encode,
};
use forecastle_runtime::agent::PinError;
use zerocopy::FromZeros;

use super::flow::Flow;
use super::rig::{RING_LENGTH, Rig, push};
use super::{Arrival, QUANTILES};
use crate::measurement::Run;
use crate::pair;
use crate::stopwatch::ServiceTimes;

/// One run: mass cancels of accounts of the first firm, one after the other. While others wait,
/// the commands of the flow's measured part come behind each, but for those of the firm itself.
///
/// # Errors
/// When the thread cannot be pinned.
///
/// # Panics
/// When a mass cancel is refused, or leaves an order of its account.
pub fn run(cpu: usize, flow: &Flow, arrival: Arrival) -> Result<Run, PinError> {
    let alone = pair::run_alone(cpu, || {
        let mut rig = Rig::new(flow, RING_LENGTH);
        rig.sequencer.take_one_by_one();
        let firm_count = flow.config.access_keys_max;
        let mut seq_num = last_seq_num(&rig);
        let mut times = ServiceTimes::new(REQUEST_COUNT);
        let mut next = 0;
        for index in 0..REQUEST_COUNT {
            let account = 1 + (index as u32 * firm_count) % flow.config.accounts_max;
            seq_num += 1;
            send(&mut rig, account, seq_num);
            if arrival == Arrival::Waiting {
                next = send_others(&mut rig, flow, next);
            }
            times.time(|| {
                rig.sequencer.do_work();
                while rig.sequencer.engine().continuation_is_pending() {
                    rig.sequencer.do_work();
                }
            });
            let holder = rig.sequencer.engine().account(account);
            let open_order_count = holder.expect("the flow defines its accounts").open_order_count;
            assert_eq!(open_order_count, 0, "a mass cancel leaves no order");
            rig.sequencer.drain();
        }
        assert_eq!(last_seq_num(&rig), seq_num, "every request was taken");
        QUANTILES.into_iter().zip(times.quantiles()).collect()
    })?;
    Ok(Run { figures: alone.result, preemption_count: alone.preemption_count })
}

/// The number of the last command of the first firm's session.
fn last_seq_num(rig: &Rig) -> u32 {
    let mut sessions = rig.sequencer.engine().sessions();
    let session = sessions.find(|session: &SessionView| session.session_id == SESSION_ID);
    session.expect("the first firm is logged in").last_seq_num
}

/// Puts the mass cancel of an account's orders into the ring.
fn send(rig: &mut Rig, account: u32, seq_num: u32) {
    let mut request = OrderMassActionRequest::new_zeroed();
    request.cl_ord_id.set(u64::MAX - u64::from(seq_num));
    request.seq_num.set(seq_num);
    request.scope = MassActionScope::Account.into();
    request.action = MassActionType::Cancel.into();
    request.account.set(account);
    let mut command = [0; OrderMassActionRequest::ENCODED_LENGTH];
    encode(&request, &mut command).expect("the buffer is of the message's length");
    assert!(push(&mut rig.commands, SESSION_ID, &command), "the ring is empty");
}

/// Puts the next commands of others into the ring, from an index of the flow's measured part on;
/// gives the index behind them. At its end it begins anew: what is refused then waits as well.
fn send_others(rig: &mut Rig, flow: &Flow, first: usize) -> usize {
    let mut next = first;
    for _ in 0..WAITING_COUNT {
        let (session_id, command) = flow.main.command(next);
        next = (next + 1) % flow.main.length();
        if session_id != SESSION_ID && !push(&mut rig.commands, session_id, command) {
            break;
        }
    }
    next
}

/// Session of the first firm.
const SESSION_ID: u32 = SESSIONS_PER_KEY;
/// Requests of one run.
const REQUEST_COUNT: usize = 100;
/// Commands that wait behind each, at most: more than pass before its last step.
const WAITING_COUNT: usize = 8_192;
