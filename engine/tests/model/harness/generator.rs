//! Which command comes next, and how it is spoiled now and then.

use forecastle_proto_spec::{
    Continue, CounterReportRequest, EndOfDayRequest, ExchangeReport, Message, MessageHeader,
    Sequence, TimerTick,
};
use zerocopy::{FromZeros, IntoBytes};

use super::messages::bytes_of;
use super::world::{Kind, World};
use crate::model::markets::Event;

impl World {
    /// The next command and its sender.
    pub fn next_command(&mut self) -> (u32, Vec<u8>) {
        if let Some(message) = self.urgent_command() {
            return message;
        }
        let (session_id, bytes) = self.drawn_command();
        if bytes.len() >= size_of::<MessageHeader>() && self.random.once_in(150) {
            let spoiled = self.spoil(bytes);
            return (session_id, spoiled);
        }
        (session_id, bytes)
    }

    /// What keeps a world alive, or makes the most of where it is.
    fn urgent_command(&mut self) -> Option<(u32, Vec<u8>)> {
        let wide = self.kind == Kind::Wide;
        if self.pair.model.continuation_is_pending()
            && self.random.once_in(if wide { 12 } else { 4 })
        {
            return Some((0, bytes_of(&Continue::new_zeroed())));
        }
        if self.random.once_in(20) {
            let most = self.random.pick(&[1_000, 1_000_000, 1_000_000, 30_000_000]);
            let duration_ns = self.random.below(most);
            self.pair.let_time_pass(duration_ns.into());
        }
        if self.pair.model.timer_is_due(self.pair.now_ns()) && self.random.once_in(3) {
            return Some((0, bytes_of(&TimerTick::new_zeroed())));
        }
        if self.sessions_with(USUAL_ROLES).len() < 5 && self.random.once_in(2) {
            return Some(self.log_in_command());
        }
        if self.random.once_in(6)
            && let Some(message) = self.release_block()
        {
            return Some(message);
        }
        let is_determined = |event: &Event| event.determination.is_some();
        if self.pair.model.events.iter().any(is_determined) && self.random.once_in(12) {
            return Some(self.dispute());
        }
        if !wide
            && self.random.once_in(40)
            && let Some(message) = self.in_play_command()
        {
            return Some(message);
        }
        if self.random.once_in(8)
            && let Some(message) = self.revive_market()
        {
            return Some(message);
        }
        if wide && self.pair.model.orders.len() > 500 && self.random.once_in(40) {
            return Some(self.large_sweep());
        }
        // Of several owners, so that they take turns.
        if wide && self.pair.model.continuation_is_pending() && self.random.once_in(6) {
            return Some(if self.random.once_in(4) {
                self.kill_switch()
            } else {
                self.large_sweep()
            });
        }
        let is_full = self.pair.model.work.len() >= self.pair.model.limits.work_max as usize;
        if is_full && self.random.once_in(12) {
            return Some(self.cancel_firm());
        }
        if wide && self.random.once_in(2) {
            return Some(if self.random.once_in(6) { self.quoting() } else { self.new_order() });
        }
        if wide && self.pair.model.continuation_is_pending() && self.random.once_in(8) {
            return Some(self.mass_action());
        }
        if self.pair.model.freelist.free.is_empty() && self.random.once_in(2) {
            return Some(if self.random.once_in(2) { self.cancel() } else { self.replace() });
        }
        None
    }

    /// Any command, some more often than others.
    fn drawn_command(&mut self) -> (u32, Vec<u8>) {
        let wide = self.kind == Kind::Wide;
        match self.random.below(1_000) {
            0..420 => self.new_order(),
            420..520 => self.quoting(),
            520..680 => self.replace(),
            680..760 if !wide => self.cancel(),
            760..785 if !wide => self.mass_action(),
            785..810 => self.change_status(),
            810..822 => self.settle(),
            822..826 => self.event_parameters(),
            826 => self.dispute(),
            827..830 => self.tick_table(),
            830..834 => self.kill_switch(),
            870..876 => self.limit_account(),
            834..838 => self.define_event(),
            838..848 => self.reference_odds(),
            848..853 => self.catalogue(),
            853..870 => self.deposit(),
            876..895 => self.withdraw(),
            895..905 => self.define_account(),
            905..912 => self.entitle(),
            912..915 if !wide => self.end_day(),
            915..940 => self.report_state(),
            940..955 => self.negotiate(),
            955..972 => self.establish(),
            972..978 => self.terminate(),
            978..980 => self.disconnect(),
            980..982 => (self.any_session(), bytes_of(&Continue::new_zeroed())),
            982..994 => self.malformed(),
            994..996 => (0, self.configuration()),
            996 => (self.any_session(), bytes_of(&TimerTick::new_zeroed())),
            997 => self.order_status(),
            998 => self.mass_status(),
            _ => self.new_order(),
        }
    }

    /// Established sessions with numbers left whose key holds one of the roles.
    pub fn sessions_with(&self, roles: u16) -> Vec<u32> {
        let sessions = self.pair.model.sessions.iter();
        sessions
            .filter(|(_, session)| session.is_established && session.last_seq_num < u32::MAX)
            .map(|(&session_id, _)| session_id)
            .filter(|&it| self.pair.model.entitlement_of(it).roles & roles != 0)
            .collect()
    }

    /// A session with the role nearly always; any at all, known or not, now and then.
    pub fn session_for(&mut self, roles: u16) -> u32 {
        if self.random.once_in(60) {
            return self.any_session();
        }
        let sessions = self.sessions_with(roles);
        self.random.pick_any(&sessions).unwrap_or(16)
    }

    pub fn any_session(&mut self) -> u32 {
        self.random.pick(&[0, 1, 16, 17, 31, 32, 33, 48, 64, 65, 80, 81, 96, 112, 9_999])
    }

    /// The next number of a session; sometimes an old one, sometimes one too far.
    pub fn number(&mut self, session_id: u32) -> u32 {
        let last = self.pair.model.sessions.get(&session_id).map_or(0, |it| it.last_seq_num);
        match self.random.below(400) {
            0..5 => last,
            5..8 => self.random.below(last.saturating_add(1)),
            8..15 => last.saturating_add(self.random.between(2, 5)),
            15 if self.random.once_in(10) => u32::MAX,
            _ => last.saturating_add(1),
        }
    }

    fn end_day(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let mut message = EndOfDayRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        (session_id, bytes_of(&message))
    }

    /// Something that covers many orders, or reports them.
    fn large_sweep(&mut self) -> (u32, Vec<u8>) {
        match self.random.below(9) {
            0..3 => self.end_day(),
            3..6 => self.cancel_firm(),
            6..8 => self.mass_status(),
            _ => self.close_first_event(),
        }
    }

    /// The exchange itself or a session of an administrator.
    pub fn admin_session(&mut self) -> u32 {
        if self.random.once_in(3) { 0 } else { self.session_for(ADMINISTRATORS) }
    }

    /// The configuration in force with another acknowledgement level, and now and then a limit
    /// that the engine was not made with.
    fn configuration(&mut self) -> Vec<u8> {
        let mut message = self.pair.engine.config().to_message();
        message.acknowledgement_level = 1 + self.random.below(4) as u8;
        match self.random.below(6) {
            0 => message.orders_max.set(message.orders_max.get() + 1),
            1 => message.rules_version.set(1),
            2 => message.acknowledgement_level = 0,
            _ => {}
        }
        bytes_of(&message)
    }

    /// Bytes that the engine must refuse whatever its state.
    fn malformed(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.any_session();
        let mut bytes = match self.random.below(6) {
            0 => bytes_of(&Sequence::new_zeroed()),
            1 => bytes_of(&CounterReportRequest::new_zeroed()),
            2 => bytes_of(&ExchangeReport::new_zeroed()),
            3 => MessageHeader::of::<Sequence>().as_bytes().to_vec(),
            4 => {
                let length = self.random.below(80) as usize;
                (0..length).map(|_| self.random.word().to_le_bytes()[0]).collect()
            }
            _ => {
                let (_, bytes) = self.new_order();
                return (session_id, self.spoil(bytes));
            }
        };
        if bytes.len() >= Sequence::ENCODED_LENGTH && self.random.once_in(2) {
            let body = self.random.word().to_le_bytes();
            bytes[8..16].copy_from_slice(&body);
        }
        (session_id, bytes)
    }

    /// Cuts, lengthens or changes the header of a message.
    fn spoil(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self.random.below(4) {
            0 => bytes
                .truncate(self.random.below(u32::try_from(bytes.len()).expect("short")) as usize),
            1 => bytes.push(self.random.word().to_le_bytes()[0]),
            2 => {
                let other = bytes.clone();
                bytes.extend_from_slice(&other);
            }
            _ => {
                let at = self.random.below(8) as usize;
                bytes[at] = self.random.pick(&[0, 1, 5, 9, 50, 104, 111, 112, 115, 200, 255]);
            }
        }
        bytes
    }
}

/// Roles of the sessions that are kept alive.
const USUAL_ROLES: u16 = ADMINISTRATORS | forecastle_proto_spec::ROLES_TRADER;
/// Market and cash administrators.
const ADMINISTRATORS: u16 =
    forecastle_proto_spec::ROLES_MARKET_ADMIN | forecastle_proto_spec::ROLES_CASH_ADMIN;
