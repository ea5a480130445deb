//! Where the orders of a session ended with it in the journal, and which. Pure.
//!
//! What a session asked for at its login counts when it goes; its orders end by a sweep, which
//! begins then or when its grace has run out. Where the sweep begins the live exchange's session
//! goes: so who was back in time keeps its orders there too, whatever the pace.

use std::collections::BTreeMap;

use forecastle_persister::Record;
use forecastle_proto_spec::{
    CancelOnDisconnect, CancelReason, Continue, Establish, EstablishmentAck, Frame, Negotiate,
    NegotiationResponse, OrderCancelled, OrderMassActionReport, Terminate,
};

use crate::journal::record_view::effects;

/// What is known of the sessions that come and go.
#[derive(Debug, Default)]
pub struct Disconnects {
    sessions: BTreeMap<u32, Session>,
}

/// The orders of a session begin to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnect {
    /// Session that owns them.
    pub session_id: u32,
    /// Which of them.
    pub covered: Covered,
}

/// Which orders of a session end with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// All.
    All,
    /// Those that have the instruction CancelOnDisconnect.
    Marked,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    asked: CancelOnDisconnect,
    is_established: bool,
    /// What ends when its orders do.
    covered: Covered,
    /// They are being ended.
    is_swept: bool,
}

impl Disconnects {
    /// Takes note of a record; gives the sweep that begins with it.
    pub fn follow(&mut self, record: &Record<'_>) -> Option<Disconnect> {
        let (frame, _) = Frame::parse(record.command()).ok()?;
        let sender = record.header().session_id.get();
        if let Some(step) = frame.body::<Continue>() {
            return self.step(step.session_id.get(), record);
        }
        if let Some(login) = frame.body::<Establish>() {
            if has_effect(record, |_: &EstablishmentAck| true) {
                let session = self.session(sender);
                session.is_established = true;
                session.asked = CancelOnDisconnect::try_from(login.cancel_on_disconnect)
                    .unwrap_or(CancelOnDisconnect::None);
            }
        } else if frame.body::<Negotiate>().is_some() {
            if has_effect(record, |_: &NegotiationResponse| true) {
                self.go(sender, false);
            }
        } else {
            let gone = effects(record).find_map(|effect| effect.frame.body::<Terminate>());
            if let Some(gone) = gone {
                self.go(gone.session_id.get(), frame.body::<Terminate>().is_some());
            }
        }
        None
    }

    /// A session goes, politely or lost.
    fn go(&mut self, session_id: u32, is_polite: bool) {
        use CancelOnDisconnect::{Both, OnLoss, OnTerminate};
        let session = self.session(session_id);
        if std::mem::take(&mut session.is_established) {
            let asked = if is_polite { OnTerminate } else { OnLoss };
            let is_covered = [asked, Both].contains(&session.asked);
            session.covered = if is_covered { Covered::All } else { Covered::Marked };
        }
    }

    fn step(&mut self, session_id: u32, record: &Record<'_>) -> Option<Disconnect> {
        let reason: u16 = CancelReason::Disconnected.into();
        let ends = has_effect(record, |order: &OrderCancelled| order.reason.get() == reason);
        let session = self.session(session_id);
        let begins = ends && !session.is_swept;
        session.is_swept = (ends || session.is_swept)
            && !has_effect(record, |report: &OrderMassActionReport| report.seq_num.get() == 0);
        begins.then_some(Disconnect { session_id, covered: session.covered })
    }

    fn session(&mut self, session_id: u32) -> &mut Session {
        self.sessions.entry(session_id).or_insert(Session {
            asked: CancelOnDisconnect::None,
            is_established: false,
            covered: Covered::Marked,
            is_swept: false,
        })
    }
}

fn has_effect<M: forecastle_proto_spec::Message>(
    record: &Record<'_>,
    is_it: impl Fn(&M) -> bool,
) -> bool {
    effects(record).any(|effect| effect.frame.body().is_some_and(&is_it))
}

#[cfg(test)]
mod tests {
    use forecastle_persister::records_of;
    use forecastle_proto_spec::{Message, SessionDisconnected};
    use zerocopy::FromZeros as _;

    use super::*;
    use crate::replay::live::request::tests::{encoded, record};

    const SESSION: u32 = 17;

    fn follow(
        disconnects: &mut Disconnects,
        sender: u32,
        command: &[u8],
        effects: &[Vec<u8>],
    ) -> Option<Disconnect> {
        let bytes = record(sender, command, effects);
        disconnects.follow(&records_of(&bytes, 0).next().unwrap().unwrap())
    }

    /// Logs the session in, asking for this.
    fn login(disconnects: &mut Disconnects, asked: CancelOnDisconnect) {
        let negotiated = [encoded(&NegotiationResponse::new_zeroed())];
        follow(disconnects, SESSION, &encoded(&Negotiate::new_zeroed()), &negotiated);
        let mut establish = Establish::new_zeroed();
        establish.cancel_on_disconnect = asked as u8;
        let established = [encoded(&EstablishmentAck::new_zeroed())];
        follow(disconnects, SESSION, &encoded(&establish), &established);
    }

    /// A step of a sweep over the session's orders, the last one or not.
    fn step(disconnects: &mut Disconnects, is_last: bool) -> Option<Covered> {
        let mut ended = OrderCancelled::new_zeroed();
        ended.reason.set(CancelReason::Disconnected.into());
        let mut effects = vec![encoded(&ended)];
        effects.extend(is_last.then(|| encoded(&OrderMassActionReport::new_zeroed())));
        let step = Continue { session_id: SESSION.into(), ..Continue::new_zeroed() };
        let found = follow(disconnects, 0, &encoded(&step), &effects)?;
        assert_eq!(found.session_id, SESSION);
        Some(found.covered)
    }

    fn gone<M: Message>(disconnects: &mut Disconnects, sender: u32, command: &M) {
        let effect = Terminate { session_id: SESSION.into(), ..Terminate::new_zeroed() };
        assert_eq!(follow(disconnects, sender, &encoded(command), &[encoded(&effect)]), None);
    }

    #[test]
    fn what_a_session_asked_for_ends_where_its_sweep_begins() {
        use CancelOnDisconnect::{Both, None, OnLoss, OnTerminate};
        use Covered::{All, Marked};
        for (asked, lost, ended) in [
            (None, Marked, Marked),
            (OnLoss, All, Marked),
            (OnTerminate, Marked, All),
            (Both, All, All),
        ] {
            let mut disconnects = Disconnects::default();
            login(&mut disconnects, asked);
            gone(&mut disconnects, 0, &SessionDisconnected::new_zeroed());
            // It is back, asking for something else, before the sweep begins.
            let establish = encoded(&Establish::new_zeroed());
            let established = [encoded(&EstablishmentAck::new_zeroed())];
            follow(&mut disconnects, SESSION, &establish, &established);
            assert_eq!(step(&mut disconnects, false), Some(lost), "{asked:?}");
            assert_eq!(step(&mut disconnects, true), Option::None, "it has begun before");
            login(&mut disconnects, asked);
            gone(&mut disconnects, SESSION, &Terminate::new_zeroed());
            assert_eq!(step(&mut disconnects, true), Some(ended), "{asked:?}");
            // A login over a session is a loss, one over nothing is none.
            login(&mut disconnects, asked);
            login(&mut disconnects, None);
            assert_eq!(step(&mut disconnects, true), Some(lost), "{asked:?}");
        }
    }

    #[test]
    fn who_is_back_in_time_keeps_its_orders() {
        let mut disconnects = Disconnects::default();
        login(&mut disconnects, CancelOnDisconnect::Both);
        gone(&mut disconnects, 0, &SessionDisconnected::new_zeroed());
        login(&mut disconnects, CancelOnDisconnect::Both);
        let step = Continue { session_id: SESSION.into(), ..Continue::new_zeroed() };
        let ended = [encoded(&OrderCancelled::new_zeroed())];
        assert_eq!(follow(&mut disconnects, 0, &encoded(&step), &ended), None, "another sweep");
    }
}
