//! A small exchange for tests: three accounts of two firms, their sessions and an administrator.
//!
//! Every command goes through [`World::apply`], which checks the form and the positions of its
//! effects and then every invariant of the engine.

use std::collections::BTreeMap;

use forecastle_engine::{CommandInput, EffectBuffer, Engine, EngineConfig};
use forecastle_proto_spec::*;
use zerocopy::{FromBytes, FromZeros, IntoBytes};

/// Account 1 of firm 10.
pub const ALICE: u32 = 1;
/// Account 2 of firm 20.
pub const BOB: u32 = 2;
/// Account 3 of firm 10.
pub const CAROL: u32 = 3;
/// Trader of firm 10.
pub const ALICE_SESSION: u32 = 16;
/// Trader of firm 20.
pub const BOB_SESSION: u32 = 32;
/// Market and cash administrator.
pub const ADMIN_SESSION: u32 = 48;
/// The exchange itself.
pub const EXCHANGE: u32 = 0;
/// What each account has at the start, millionths.
pub const STAKE: i64 = 1_000_000_000;

pub struct World {
    pub engine: Engine,
    pub position: u64,
    pub time_ns: u64,
    /// Whether every invariant is checked after every command.
    pub is_checked: bool,
    seq_nums: BTreeMap<u32, u32>,
    buffer: Vec<u8>,
    /// Every byte of every effect so far.
    pub written: Vec<u8>,
}

impl World {
    /// Two logged-in traders and an administrator, three funded accounts, no market.
    pub fn new(config: EngineConfig) -> Self {
        let mut world = Self::empty(config);
        for (key, firm_id, roles) in [
            (1, 10, ROLES_TRADER),
            (2, 20, ROLES_TRADER),
            (3, 1, ROLES_MARKET_ADMIN | ROLES_CASH_ADMIN),
        ] {
            world.entitle(key, firm_id, roles);
            world.login(key * SESSIONS_PER_KEY, 1);
        }
        for (account, firm_id) in [(ALICE, 10), (BOB, 20), (CAROL, 10)] {
            world.open_account(account, firm_id, STAKE);
        }
        world
    }

    /// An exchange of [`EngineConfig::small`] with an open exhaustive event of three markets, 1 to
    /// 3, and an open lone market, 4.
    pub fn open() -> Self {
        let mut world = Self::new(EngineConfig::small());
        world.define_open_event(3, true);
        world.define_open_event(1, false);
        world
    }

    /// An exchange where nobody has come yet.
    pub fn empty(config: EngineConfig) -> Self {
        Self {
            engine: Engine::new(config).unwrap(),
            position: 1 << 20,
            time_ns: 1_700_000_000_000_000_000,
            is_checked: true,
            seq_nums: BTreeMap::new(),
            buffer: vec![0xEE; RECORD_LENGTH_MAX],
            written: Vec::new(),
        }
    }

    /// Sends a message; one with a number gets the session's next.
    pub fn send<M: Message>(&mut self, session_id: u32, message: &M) -> Effects {
        let mut bytes = encoded(message);
        if (20..=49).contains(&M::TEMPLATE_ID) || M::TEMPLATE_ID == 130 {
            let seq_num = self.seq_nums.entry(session_id).or_insert(0);
            *seq_num += 1;
            bytes[24..28].copy_from_slice(&seq_num.to_le_bytes());
        }
        self.apply(session_id, &bytes)
    }

    /// As [`Self::send`], for a message with a group.
    pub fn send_grouped<M: GroupedMessage>(
        &mut self,
        session_id: u32,
        message: &M,
        entries: &[M::Entry],
    ) -> Effects {
        let mut bytes = vec![0; M::encoded_length(entries.len())];
        encode_with_group(message, entries, &mut bytes).unwrap();
        let seq_num = self.seq_nums.entry(session_id).or_insert(0);
        *seq_num += 1;
        bytes[24..28].copy_from_slice(&seq_num.to_le_bytes());
        self.apply(session_id, &bytes)
    }

    /// Applies bytes as they are.
    pub fn apply(&mut self, session_id: u32, command: &[u8]) -> Effects {
        self.time_ns += 1000;
        let input =
            CommandInput { session_id, sequencing_time_ns: self.time_ns, position: self.position };
        let mut effects = EffectBuffer::new(&mut self.buffer);
        self.engine.apply(input, command, &mut effects);
        let (count, bytes) = (effects.count(), effects.bytes().to_vec());
        assert_eq!(effects.length(), bytes.len());
        let first = self.position + 32 + command.len().next_multiple_of(8) as u64;
        self.position = first + bytes.len() as u64;
        assert!(self.position.is_multiple_of(8));
        self.written.extend_from_slice(&bytes);
        let effects = Effects::parse(&bytes, first, self.time_ns);
        assert_eq!(effects.frames.len(), count as usize);
        if self.is_checked {
            self.engine.check_invariants();
        }
        effects
    }

    pub fn entitle(&mut self, access_key_id: u32, firm_id: u32, roles: u16) -> Effects {
        let mut request = EntitlementRequest::new_zeroed();
        request.access_key_id.set(access_key_id);
        request.firm_id.set(firm_id);
        request.roles.set(roles);
        self.send(EXCHANGE, &request)
    }

    /// Logs a session in, with `version` also as its time.
    pub fn login(&mut self, session_id: u32, version: u64) {
        self.send(session_id, &negotiate(session_id, version)).only::<NegotiationResponse>();
        self.login_asking(session_id, version, |_| {});
    }

    /// Establishes a session whose version was just negotiated, after a change to the message.
    pub fn login_asking(
        &mut self,
        session_id: u32,
        version: u64,
        change: impl FnOnce(&mut Establish),
    ) {
        let mut message = establish(session_id, version);
        change(&mut message);
        self.send(session_id, &message).only::<EstablishmentAck>();
        self.seq_nums.insert(session_id, 0);
    }

    pub fn open_account(&mut self, account: u32, firm_id: u32, amount: i64) {
        let mut request = AccountDefinitionRequest::new_zeroed();
        request.account.set(account);
        request.firm_id.set(firm_id);
        self.send(ADMIN_SESSION, &request).only::<AccountReport>();
        if amount > 0 {
            self.send(ADMIN_SESSION, &deposit(account, amount)).only::<AccountReport>();
        }
    }

    pub fn define_event(&mut self, market_count: u8, is_exhaustive: bool) -> EventDefinitionReport {
        let request = event(market_count, u8::from(is_exhaustive));
        self.send(ADMIN_SESSION, &request).only()
    }

    /// Defines an event and opens its markets; gives the event and its first market.
    pub fn define_open_event(&mut self, market_count: u8, is_exhaustive: bool) -> (u32, u32) {
        let report = self.define_event(market_count, is_exhaustive);
        let event_id = report.event_id.get();
        self.set_status(event_id, 0, MarketStatus::Open);
        (event_id, report.first_security_id.get())
    }

    pub fn set_status(&mut self, event_id: u32, security_id: u32, status: MarketStatus) -> Effects {
        self.send(ADMIN_SESSION, &status_request(event_id, security_id, status as u8, 0))
    }

    pub fn continue_work(&mut self) -> Effects {
        self.send(EXCHANGE, &Continue::new_zeroed())
    }

    /// Does all work that is left; gives the number of steps.
    pub fn finish_work(&mut self) -> u32 {
        let mut steps = 0;
        while self.engine.continuation_is_pending() {
            self.continue_work();
            steps += 1;
        }
        steps
    }

    pub fn settle(&mut self, event_id: u32, values: &[u16]) -> Effects {
        self.send(ADMIN_SESSION, &settlement(event_id, values))
    }

    pub fn cash(&self, account: u32) -> i64 {
        self.engine.account(account).unwrap().cash
    }

    pub fn buying_power(&self, account: u32) -> i64 {
        self.engine.account(account).unwrap().buying_power
    }

    pub fn position_of(&self, account: u32, security_id: u32) -> i64 {
        self.engine.position(account, security_id).unwrap()
    }

    /// Price and lots of each bid, in priority order.
    pub fn bids(&self, security_id: u32) -> Vec<(u16, u32)> {
        let book = self.engine.book(security_id).unwrap();
        book.bids().map(|order| (order.price, order.leaves_qty)).collect()
    }

    /// Price and lots of each ask, in priority order.
    pub fn asks(&self, security_id: u32) -> Vec<(u16, u32)> {
        let book = self.engine.book(security_id).unwrap();
        book.asks().map(|order| (order.price, order.leaves_qty)).collect()
    }

    /// Order ids of bids and asks, in priority order.
    pub fn order_ids(&self, security_id: u32) -> Vec<u64> {
        let book = self.engine.book(security_id).unwrap();
        book.bids().chain(book.asks()).map(|order| order.order_id.value()).collect()
    }
}

/// The effects of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects {
    /// Position, template and body of each.
    pub frames: Vec<(u64, u16, Vec<u8>)>,
}

impl Effects {
    /// The only effect, of type `M`.
    #[track_caller]
    pub fn only<M: Message>(&self) -> M {
        assert_eq!(self.templates(), [M::TEMPLATE_ID], "the only effect is {}", M::NAME);
        self.all::<M>()[0]
    }

    /// The one effect of type `M` among others.
    #[track_caller]
    pub fn only_one<M: Message>(&self) -> M {
        let all = self.all::<M>();
        assert_eq!(all.len(), 1, "one {} in {self:?}", M::NAME);
        all[0]
    }

    /// The first effect of type `M`.
    #[track_caller]
    pub fn first<M: Message>(&self) -> M {
        *self.all::<M>().first().unwrap_or_else(|| panic!("no {} in {self:?}", M::NAME))
    }

    pub fn all<M: Message>(&self) -> Vec<M> {
        let is_it = |frame: &&(u64, u16, Vec<u8>)| frame.1 == M::TEMPLATE_ID;
        self.frames
            .iter()
            .filter(is_it)
            .map(|(.., body)| M::read_from_bytes(body).unwrap())
            .collect()
    }

    pub fn templates(&self) -> Vec<u16> {
        self.frames.iter().map(|(_, template_id, _)| *template_id).collect()
    }

    /// The code of the refusal that is the last effect.
    #[track_caller]
    pub fn reject_code(&self) -> RejectCode {
        let (_, template_id, body) = self.frames.last().expect("a refusal");
        let code = match *template_id {
            NegotiationReject::TEMPLATE_ID => {
                NegotiationReject::read_from_bytes(body).unwrap().reject_code
            }
            EstablishmentReject::TEMPLATE_ID => {
                EstablishmentReject::read_from_bytes(body).unwrap().reject_code
            }
            ExecutionReportRejected::TEMPLATE_ID => {
                ExecutionReportRejected::read_from_bytes(body).unwrap().reject_code
            }
            OrderCancelReject::TEMPLATE_ID => {
                OrderCancelReject::read_from_bytes(body).unwrap().reject_code
            }
            BusinessMessageReject::TEMPLATE_ID => {
                BusinessMessageReject::read_from_bytes(body).unwrap().reject_code
            }
            _ => panic!("no refusal: {self:?}"),
        };
        RejectCode::try_from(code.get()).unwrap()
    }

    /// Splits effects and checks that each one that has them carries its position and the time.
    fn parse(mut bytes: &[u8], first_position: u64, time_ns: u64) -> Self {
        let mut frames = Vec::new();
        let mut position = first_position;
        while !bytes.is_empty() {
            let (frame, rest) = Frame::parse(bytes).unwrap();
            let body = frame.bytes[MESSAGE_HEADER_LENGTH..].to_vec();
            for (name, offset) in fields(frame.template_id) {
                let word = || u64::from_le_bytes(body[offset..offset + 8].try_into().unwrap());
                match name {
                    "exec_id" | "log_position" => assert_eq!(word(), position, "{name}"),
                    "transact_time_ns" => assert_eq!(word(), time_ns),
                    _ => {}
                }
            }
            frames.push((position, frame.template_id, body));
            position += frame.bytes.len() as u64;
            bytes = rest;
        }
        Self { frames }
    }
}

fn fields(template_id: u16) -> Vec<(&'static str, usize)> {
    let mut layouts = LAYOUTS.iter().copied().flatten();
    layouts.find(|layout| layout.template_id == template_id).unwrap().fields.to_vec()
}

pub fn encoded<M: Message>(message: &M) -> Vec<u8> {
    let header = MessageHeader::of::<M>();
    [header.as_bytes(), message.as_bytes()].concat()
}

pub fn negotiate(session_id: u32, version: u64) -> Negotiate {
    let mut message = Negotiate::new_zeroed();
    message.session_id.set(session_id);
    message.access_key_id.set(access_key_of(session_id));
    message.session_version_id.set(version);
    message.timestamp_ns.set(version * 10);
    message
}

pub fn establish(session_id: u32, version: u64) -> Establish {
    let mut message = Establish::new_zeroed();
    message.session_id.set(session_id);
    message.next_seq_num.set(1);
    message.session_version_id.set(version);
    message.timestamp_ns.set(version * 10 + 1);
    message.keep_alive_interval_ms.set(1000);
    message
}

pub fn deposit(account: u32, amount: i64) -> DepositRequest {
    let mut request = DepositRequest::new_zeroed();
    request.request_id.set(77);
    request.account.set(account);
    request.amount.set(amount);
    request
}

pub fn withdrawal(account: u32, amount: i64) -> WithdrawalRequest {
    WithdrawalRequest::read_from_bytes(deposit(account, amount).as_bytes()).unwrap()
}

pub fn event(market_count: u8, exhaustive: u8) -> EventDefinitionRequest {
    let mut request = EventDefinitionRequest::new_zeroed();
    request.request_id.set(5);
    request.market_count = market_count;
    request.exhaustive = exhaustive;
    request.external_id.set(555);
    request
}

pub fn status_request(
    event_id: u32,
    security_id: u32,
    status: u8,
    in_play: u8,
) -> SecurityStatusRequest {
    let mut request = SecurityStatusRequest::new_zeroed();
    request.request_id.set(6);
    request.event_id.set(event_id);
    request.security_id.set(security_id);
    request.status = status;
    request.in_play = in_play;
    request
}

pub fn settlement(event_id: u32, values: &[u16]) -> SettlementRequest {
    let mut request = SettlementRequest::new_zeroed();
    request.request_id.set(7);
    request.event_id.set(event_id);
    request.value_count = u8::try_from(values.len()).unwrap();
    for (target, value) in request.values.iter_mut().zip(values) {
        target.set(*value);
    }
    request
}

/// A good-till-cancel order in market 1.
pub fn order(
    cl_ord_id: u64,
    account: u32,
    side: Side,
    quantity: u32,
    price: u16,
) -> NewOrderSingle {
    let mut order = NewOrderSingle::new_zeroed();
    order.cl_ord_id.set(cl_ord_id);
    order.security_id.set(1);
    order.order_qty.set(quantity);
    order.account.set(account);
    order.price.set(price);
    order.side = side.into();
    order.time_in_force = TimeInForce::GoodTillCancel.into();
    order
}

pub fn bid(cl_ord_id: u64, account: u32, quantity: u32, price: u16) -> NewOrderSingle {
    order(cl_ord_id, account, Side::Buy, quantity, price)
}

pub fn ask(cl_ord_id: u64, account: u32, quantity: u32, price: u16) -> NewOrderSingle {
    order(cl_ord_id, account, Side::Sell, quantity, price)
}

pub fn cancel(cl_ord_id: u64, order_id: u64) -> OrderCancelRequest {
    let mut cancel = OrderCancelRequest::new_zeroed();
    cancel.cl_ord_id.set(cl_ord_id);
    cancel.security_id.set(1);
    cancel.order_id.set(order_id);
    cancel
}

pub fn replace(
    cl_ord_id: u64,
    order_id: u64,
    quantity: u32,
    price: u16,
) -> OrderCancelReplaceRequest {
    let mut replace = OrderCancelReplaceRequest::new_zeroed();
    replace.cl_ord_id.set(cl_ord_id);
    replace.security_id.set(1);
    replace.order_id.set(order_id);
    replace.order_qty.set(quantity);
    replace.price.set(price);
    replace
}

pub fn mass_cancel(cl_ord_id: u64, scope: MassActionScope) -> OrderMassActionRequest {
    let mut request = OrderMassActionRequest::new_zeroed();
    request.cl_ord_id.set(cl_ord_id);
    request.scope = scope.into();
    request.action = MassActionType::Cancel.into();
    request
}

pub fn state_request(scope: u8, account: u32, event_id: u32) -> StateReportRequest {
    let mut request = StateReportRequest::new_zeroed();
    request.scope = scope;
    request.account.set(account);
    request.event_id.set(event_id);
    request
}
