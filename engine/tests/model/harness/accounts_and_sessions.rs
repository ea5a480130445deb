//! Random cash, entitlements, state reports and logins.

use forecastle_proto_spec::{
    AccountDefinitionRequest, DEPOSITS_MAX, DepositRequest, EntitlementRequest, Establish,
    Negotiate, SessionDisconnected, StateReportRequest, Terminate, WithdrawalRequest,
};
use zerocopy::FromZeros;

use super::messages::bytes_of;
use super::world::{ACCOUNT_COUNT, Kind, World};

impl World {
    pub fn define_account(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let mut message = AccountDefinitionRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        let number = self.random.pick(&[0, 1, 3, ACCOUNT_COUNT + 1, ACCOUNT_COUNT + 2, u32::MAX]);
        message.account.set(number);
        message.firm_id.set(self.random.below(4));
        (session_id, bytes_of(&message))
    }

    pub fn deposit(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let mut message = DepositRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.account.set(self.random.below(ACCOUNT_COUNT + 4));
        let amount = i64::from(self.random.below(self.deposit_max / 4)) + 1;
        message.amount.set(amount);
        if self.random.once_in(12) {
            let odd = [0, -1, i64::MIN, i64::MAX, DEPOSITS_MAX, DEPOSITS_MAX + 1];
            message.amount.set(self.random.pick(&odd));
        }
        (session_id, bytes_of(&message))
    }

    pub fn withdraw(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let account = self.random.below(ACCOUNT_COUNT + 3);
        let power = match self.pair.model.accounts.contains_key(&account) {
            true => self.pair.model.buying_power(account),
            false => 1,
        };
        let mut message = WithdrawalRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.account.set(account);
        let half = power / 2;
        let amounts = [power, power, power + 1, half, half, half, 1, 0, -5, DEPOSITS_MAX + 1];
        message.amount.set(self.random.pick(&amounts));
        (session_id, bytes_of(&message))
    }

    pub fn entitle(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let mut message = EntitlementRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.access_key_id.set(self.random.pick(&[0, 1, 2, 3, 4, 5, 6, 7, u32::MAX]));
        message.firm_id.set(self.random.pick(&[0, 1, 2, 3, 9]));
        message.roles.set(self.random.pick(&[0, 1, 1, 1, 2, 4, 7, 8, 40, 63, 64, u16::MAX]));
        message.open_orders_max.set(self.random.pick(&[0, 0, 0, 1, 3]));
        (session_id, bytes_of(&message))
    }

    pub fn report_state(&mut self) -> (u32, Vec<u8>) {
        let session_id = match self.random.below(3) {
            0 => self.admin_session(),
            _ => self.session_for(u16::MAX),
        };
        let mut message = StateReportRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.account.set(self.account_of(session_id));
        message.event_id.set(self.any_event());
        message.scope = self.random.pick(&[1, 2, 2, 3, 3, 3, 0, 4]);
        (session_id, bytes_of(&message))
    }

    /// Brings one of the usual sessions back.
    pub fn log_in_command(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.random.pick(&[16, 17, 32, 48, 80, 96]);
        if self.sessions_with(u16::MAX).contains(&session_id) {
            return self.new_order();
        }
        if self.pair.model.sessions.get(&session_id).is_some_and(|it| !it.is_established)
            && self.random.once_in(2)
        {
            let message = self.good_establish(session_id);
            return (session_id, bytes_of(&message));
        }
        let entitlement = self.pair.model.entitlement_of(session_id);
        let usual_role = match session_id {
            80 => 6,
            96 => 40,
            _ => 1,
        };
        if entitlement.roles & usual_role == 0 {
            let mut message = EntitlementRequest::new_zeroed();
            message.access_key_id.set(session_id / 16);
            message.firm_id.set(session_id / 16);
            message.roles.set(usual_role);
            return (0, bytes_of(&message));
        }
        let message = self.good_negotiate(session_id);
        (session_id, bytes_of(&message))
    }

    pub fn negotiate(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.any_session();
        let mut message = self.good_negotiate(session_id);
        match self.random.below(12) {
            0 => message.access_key_id.set(self.random.below(8)),
            1 => message.session_version_id.set(message.session_version_id.get() - 1),
            2 => message.timestamp_ns.set(message.timestamp_ns.get() - 1),
            3 => message.session_id.set(self.any_session()),
            4 => message.session_version_id.set(0),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    pub fn establish(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.any_session();
        let mut message = self.good_establish(session_id);
        match self.random.below(12) {
            0 => message.session_version_id.set(self.random.word()),
            1 => message.timestamp_ns.set(message.timestamp_ns.get() - 1),
            2 => message.keep_alive_interval_ms.set(self.random.pick(&[0, 99, 60_001, u32::MAX])),
            3 => message.cancel_on_disconnect = self.random.pick(&[4, 255]),
            4 => {
                message.cancel_on_disconnect = 0;
                message.cod_timeout_ms.set(1);
            }
            5 => message.session_id.set(self.any_session()),
            6 => message.next_seq_num.set(message.next_seq_num.get() - 1),
            7 => message.next_seq_num.set(0),
            8 => message.keep_alive_interval_ms.set(self.random.pick(&[100, 60_000])),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    pub fn terminate(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.any_session();
        let mut message = Terminate::new_zeroed();
        message.session_id.set(if self.random.once_in(4) { 16 } else { session_id });
        message.code.set(self.random.pick(&[1, 2, 77]));
        (session_id, bytes_of(&message))
    }

    pub fn disconnect(&mut self) -> (u32, Vec<u8>) {
        let mut message = SessionDisconnected::new_zeroed();
        message.session_id.set(self.any_session());
        message.code.set(self.random.pick(&[3, 6, 7]));
        let sender = if self.random.once_in(4) { self.any_session() } else { 0 };
        (sender, bytes_of(&message))
    }

    fn good_negotiate(&mut self, session_id: u32) -> Negotiate {
        let (version, timestamp_ns) = self.stored(session_id);
        let mut message = Negotiate::new_zeroed();
        message.session_id.set(session_id);
        message.access_key_id.set(session_id / 16);
        message.session_version_id.set(version + 1 + u64::from(self.random.below(2)));
        message.timestamp_ns.set(timestamp_ns + 1 + u64::from(self.random.below(2)));
        message.hmac = [0x5A; 32];
        message
    }

    fn good_establish(&mut self, session_id: u32) -> Establish {
        let (version, timestamp_ns) = self.stored(session_id);
        let last = self.pair.model.sessions.get(&session_id).map_or(0, |it| it.last_seq_num);
        let mut message = Establish::new_zeroed();
        message.session_id.set(session_id);
        message.next_seq_num.set(last.saturating_add(1));
        message.session_version_id.set(version);
        message.timestamp_ns.set(timestamp_ns + 1);
        message.keep_alive_interval_ms.set(500);
        // Books that are to grow keep the orders of those who go.
        if self.kind != Kind::Wide || self.random.once_in(10) {
            message.cancel_on_disconnect = self.random.pick(&[0, 0, 1, 2, 3, 3]);
        }
        if message.cancel_on_disconnect != 0 {
            message.cod_timeout_ms.set(self.random.pick(&[0, 0, 1, 10, 40, u16::MAX]));
        }
        message
    }

    fn stored(&self, session_id: u32) -> (u64, u64) {
        let session = self.pair.model.sessions.get(&session_id);
        session.map_or((0, 0), |session| (session.version, session.timestamp_ns))
    }
}
