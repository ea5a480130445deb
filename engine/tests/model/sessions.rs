//! Sessions, client numbers, ClOrdID windows and roles (`docs/engine-rules.md` §2).

use forecastle_proto_spec::{
    Establish, EstablishmentAck, EstablishmentReject, Frame, MESSAGE_HEADER_LENGTH, Negotiate,
    NegotiationReject, NegotiationResponse, NotApplied, ROLES_CASH_ADMIN, ROLES_MARKET_ADMIN,
    ROLES_ODDS_PROVIDER, ROLES_RISK, ROLES_TRADER, RejectCode, SESSIONS_PER_KEY,
    SessionDisconnected, Terminate,
};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::timers::Due;

/// Firm and roles of an access key.
#[derive(Clone, Copy, Debug)]
pub struct Entitlement {
    pub firm_id: u32,
    pub roles: u16,
    pub open_orders_max: u16,
}

/// One session; it exists from its first accepted Negotiate.
#[derive(Clone, Debug)]
pub struct Session {
    pub version: u64,
    pub timestamp_ns: u64,
    pub last_seq_num: u32,
    pub is_established: bool,
    pub on_end: OnEnd,
    /// The last client ids, oldest first, and the order that each names (0 for none).
    pub window: Vec<(u64, u64)>,
}

/// What becomes of a session's orders when it is lost or ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnEnd {
    /// 0 none, 1 on loss, 2 on Terminate, 3 both.
    pub kind: u8,
    pub grace_ms: u16,
    /// The timer of the grace that runs.
    pub grace: Option<Due>,
}

/// Who asks, and what every answer echoes.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub session_id: u32,
    pub template_id: u16,
    /// ClOrdID or request id.
    pub id: u64,
    pub seq_num: u32,
}

impl Request {
    /// Reads what answers echo. Every numbered client message starts with an id of eight bytes,
    /// a time of eight and a number of four; the others have neither.
    pub fn of(session_id: u32, frame: Frame<'_>) -> Self {
        let mut request = Self::unreadable(frame.template_id);
        request.session_id = session_id;
        if matches!(frame.template_id, 20..=40 | 43..=49 | 130) {
            let body = &frame.bytes[MESSAGE_HEADER_LENGTH..];
            request.id = u64::from_le_bytes(body[..8].try_into().expect("eight bytes"));
            request.seq_num = u32::from_le_bytes(body[16..20].try_into().expect("four bytes"));
        }
        request
    }

    /// What is echoed of bytes that are no message.
    pub fn unreadable(template_id: u16) -> Self {
        Self { session_id: 0, template_id, id: 0, seq_num: 0 }
    }
}

impl Model {
    /// Firm and roles of a session, now.
    pub fn entitlement_of(&self, session_id: u32) -> Entitlement {
        if session_id == 0 {
            return Entitlement { firm_id: 0, roles: u16::MAX, open_orders_max: 0 };
        }
        let key = session_id / SESSIONS_PER_KEY;
        self.entitlements.get(&key).copied().unwrap_or(Entitlement {
            firm_id: 0,
            roles: 0,
            open_orders_max: 0,
        })
    }

    pub fn negotiate(&mut self, message: &Negotiate, effects: &mut Effects) {
        let session_id = message.session_id.get();
        let key = message.access_key_id.get();
        let version = message.session_version_id.get();
        let timestamp = message.timestamp_ns.get();
        let entitlement = self.entitlements.get(&key).copied();
        let is_new = !self.sessions.contains_key(&session_id);
        let stored = self.sessions.get(&session_id).cloned().unwrap_or(Session {
            version: 0,
            timestamp_ns: 0,
            last_seq_num: 0,
            is_established: false,
            on_end: OnEnd::default(),
            window: Vec::new(),
        });
        let code = if entitlement.is_none_or(|entitlement| entitlement.roles == 0) {
            Some(RejectCode::Credentials)
        } else if session_id / SESSIONS_PER_KEY != key {
            Some(RejectCode::SessionNotOfKey)
        } else if version <= stored.version {
            Some(RejectCode::VersionNotAbove)
        } else if timestamp <= stored.timestamp_ns {
            Some(RejectCode::TimestampNotAbove)
        } else if is_new && self.sessions.len() >= self.limits.sessions_max as usize {
            Some(RejectCode::SessionTableFull)
        } else {
            None
        };
        if let Some(code) = code {
            let mut reject = NegotiationReject::new_zeroed();
            reject.session_id = message.session_id;
            reject.access_key_id = message.access_key_id;
            reject.session_version_id = message.session_version_id;
            reject.timestamp_ns = message.timestamp_ns;
            reject.reject_code.set(code.into());
            effects.push(&reject);
            return;
        }
        let entitlement = entitlement.expect("checked above");
        let mut response = NegotiationResponse::new_zeroed();
        response.session_id = message.session_id;
        response.access_key_id = message.access_key_id;
        response.session_version_id = message.session_version_id;
        response.previous_session_version_id.set(stored.version);
        response.previous_seq_num.set(stored.last_seq_num);
        response.firm_id.set(entitlement.firm_id);
        response.transact_time_ns.set(effects.now);
        response.roles.set(entitlement.roles);
        effects.push(&response);
        self.sessions.insert(
            session_id,
            Session {
                version,
                timestamp_ns: timestamp,
                last_seq_num: 0,
                is_established: false,
                on_end: stored.on_end,
                window: stored.window,
            },
        );
        if stored.is_established {
            self.lose_session(session_id, true, effects);
        }
    }

    pub fn establish(&mut self, message: &Establish, effects: &mut Effects) {
        let session_id = message.session_id.get();
        let last_seq_num = self.sessions.get(&session_id).map_or(0, |session| session.last_seq_num);
        match self.establish_refusal(message) {
            Some(code) => {
                let mut reject = EstablishmentReject::new_zeroed();
                reject.session_id = message.session_id;
                reject.last_seq_num.set(last_seq_num);
                reject.session_version_id = message.session_version_id;
                reject.timestamp_ns = message.timestamp_ns;
                reject.reject_code.set(code.into());
                effects.push(&reject);
            }
            None => {
                let session = self.sessions.get_mut(&session_id).expect("it is negotiated");
                session.is_established = true;
                session.timestamp_ns = message.timestamp_ns.get();
                session.on_end = OnEnd {
                    kind: message.cancel_on_disconnect,
                    grace_ms: message.cod_timeout_ms.get(),
                    grace: None,
                };
                let mut ack = EstablishmentAck::new_zeroed();
                ack.session_id = message.session_id;
                ack.last_seq_num.set(last_seq_num);
                ack.session_version_id = message.session_version_id;
                ack.keep_alive_interval_ms = message.keep_alive_interval_ms;
                ack.next_seq_num.set(last_seq_num + 1);
                ack.transact_time_ns.set(effects.now);
                ack.log_position.set(effects.position());
                ack.acknowledgement_level = self.limits.acknowledgement_level;
                effects.push(&ack);
            }
        }
    }

    fn establish_refusal(&self, message: &Establish) -> Option<RejectCode> {
        let Some(session) = self.sessions.get(&message.session_id.get()) else {
            return Some(RejectCode::NotNegotiated);
        };
        if message.session_version_id.get() != session.version {
            Some(RejectCode::VersionMismatch)
        } else if message.timestamp_ns.get() <= session.timestamp_ns {
            Some(RejectCode::TimestampNotAbove)
        } else if !(100..=60_000).contains(&message.keep_alive_interval_ms.get()) {
            Some(RejectCode::KeepAliveOutOfRange)
        } else if message.cancel_on_disconnect > 3
            || message.cancel_on_disconnect == 0 && message.cod_timeout_ms.get() != 0
        {
            Some(RejectCode::CancelOnDisconnectUnsupported)
        } else if session.is_established {
            Some(RejectCode::AlreadyEstablished)
        } else if message.next_seq_num.get() <= session.last_seq_num {
            Some(RejectCode::NextSeqNumTooLow)
        } else {
            None
        }
    }

    pub fn terminate(&mut self, message: &Terminate, effects: &mut Effects) {
        self.unbind(message.session_id.get(), (message.code.get(), false), effects);
    }

    pub fn session_disconnected(&mut self, message: &SessionDisconnected, effects: &mut Effects) {
        self.unbind(message.session_id.get(), (message.code.get(), true), effects);
    }

    fn unbind(&mut self, session_id: u32, (code, is_lost): (u16, bool), effects: &mut Effects) {
        let Some(session) = self.sessions.get_mut(&session_id) else { return };
        if !session.is_established {
            return;
        }
        session.is_established = false;
        let mut effect = Terminate::new_zeroed();
        effect.session_id.set(session_id);
        effect.last_seq_num.set(session.last_seq_num);
        effect.code.set(code);
        effects.push(&effect);
        self.lose_session(session_id, is_lost, effects);
    }

    /// Checks and uses the number of a client message; false when it ends here.
    pub fn number_is_usable(&mut self, request: &Request, effects: &mut Effects) -> bool {
        if request.session_id == 0 {
            return true;
        }
        let session = self.sessions.get_mut(&request.session_id);
        let Some(session) = session.filter(|session| session.is_established) else {
            effects.business_reject(request, RejectCode::SessionNotEstablished);
            return false;
        };
        let last = session.last_seq_num;
        if request.seq_num <= last {
            effects.business_reject(request, RejectCode::DuplicateSeqNum);
            return false;
        }
        if request.seq_num > last + 1 {
            let mut gap = NotApplied::new_zeroed();
            gap.session_id.set(request.session_id);
            gap.from_seq_num.set(last + 1);
            gap.count.set(request.seq_num - last - 1);
            gap.exec_id.set(effects.position());
            effects.push(&gap);
        }
        session.last_seq_num = request.seq_num;
        true
    }

    /// Checks the role that the template needs; false, with its reject, when it is not held.
    pub fn role_is_held(&self, request: &Request, effects: &mut Effects) -> bool {
        let needed = match request.template_id {
            20..=29 | 43 => ROLES_TRADER,
            30..=32 | 37 | 45..=49 => ROLES_MARKET_ADMIN,
            33..=36 | 130 => ROLES_CASH_ADMIN,
            38 | 39 => ROLES_RISK,
            44 => ROLES_ODDS_PROVIDER | ROLES_MARKET_ADMIN,
            _ => ROLES_TRADER | ADMINISTRATOR,
        };
        let is_held = self.entitlement_of(request.session_id).roles & needed != 0;
        if !is_held {
            effects.business_reject(request, RejectCode::NotEntitled);
        }
        is_held
    }

    pub fn is_administrator(&self, session_id: u32) -> bool {
        self.entitlement_of(session_id).roles & ADMINISTRATOR != 0
    }

    /// True when the id is among the last ones of the session.
    pub fn cl_ord_id_is_known(&self, session_id: u32, cl_ord_id: u64) -> bool {
        self.sessions
            .get(&session_id)
            .is_some_and(|session| session.window.iter().any(|&(id, _)| id == cl_ord_id))
    }

    /// The order that a client id names in the session's window, 0 for none.
    pub fn order_named(&self, session_id: u32, cl_ord_id: u64) -> u64 {
        let Some(session) = self.sessions.get(&session_id) else { return 0 };
        session.window.iter().find(|&&(id, _)| id == cl_ord_id).map_or(0, |&(_, order)| order)
    }

    /// Records an id that passed the duplicate check, naming no order yet; the oldest falls out.
    pub fn record_cl_ord_id(&mut self, session_id: u32, cl_ord_id: u64) {
        let window_length = self.limits.cl_ord_id_window as usize;
        let session = self.sessions.get_mut(&session_id).expect("whoever sends orders is known");
        session.window.push((cl_ord_id, 0));
        if session.window.len() > window_length {
            session.window.remove(0);
        }
    }

    /// Lets the id recorded last name an order.
    pub fn name_order(&mut self, session_id: u32, order_id: u64) {
        let session = self.sessions.get_mut(&session_id).expect("whoever sends orders is known");
        session.window.last_mut().expect("the id was just recorded").1 = order_id;
    }
}

/// Roles that may ask for the state of every account.
const ADMINISTRATOR: u16 = ROLES_MARKET_ADMIN | ROLES_CASH_ADMIN;
