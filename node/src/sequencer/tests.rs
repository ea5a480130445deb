//! Whose turn it is: commands, timers and work share the log.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use forecastle_runtime::log_buffer::{self, LogConfig, Reader, Release, Visibility};
use forecastle_runtime::memory::Region;
use forecastle_runtime::ring::{self, Producer};
use zerocopy::{FromBytes as _, FromZeros as _};

use super::*;

/// A sequencer with the ends that others hold.
struct Stage {
    sequencer: Sequencer,
    commands: Producer,
    log: Reader,
    wall_ns: u64,
    seq_num: u32,
}

impl Stage {
    /// One trader with money, one open market.
    fn new() -> Self {
        let ring_region = Region::anonymous(ring::region_length(RING_LENGTH));
        let (commands, consumer) = ring::create(ring_region, RING_LENGTH).unwrap();
        let region = Region::anonymous(log_buffer::region_length(LOG_LENGTH));
        let config = LogConfig {
            capacity: LOG_LENGTH,
            start_position: 0,
            gate_count: 0,
            release: Release::OnCommit,
        };
        let writer = LogWriter::create(region.clone(), &config).unwrap();
        let engine = Engine::new(EngineConfig::small()).unwrap();
        let sequencer = Sequencer::new(engine, consumer, writer, 0, Arc::default());
        let log = Reader::attach(region, Visibility::Committed).unwrap();
        let mut stage = Self { sequencer, commands, log, wall_ns: START_NS, seq_num: 0 };
        stage.set_up();
        stage
    }

    fn set_up(&mut self) {
        let mut entitlement = EntitlementRequest::new_zeroed();
        entitlement.access_key_id.set(1);
        entitlement.firm_id.set(1);
        entitlement.roles.set(ROLES_TRADER);
        self.send(0, &entitlement);
        let mut negotiate = Negotiate::new_zeroed();
        negotiate.session_id.set(TRADER);
        negotiate.access_key_id.set(1);
        negotiate.session_version_id.set(1);
        negotiate.timestamp_ns.set(1);
        self.send(TRADER, &negotiate);
        let mut establish = Establish::new_zeroed();
        establish.session_id.set(TRADER);
        establish.next_seq_num.set(1);
        establish.session_version_id.set(1);
        establish.timestamp_ns.set(2);
        establish.keep_alive_interval_ms.set(1_000);
        self.send(TRADER, &establish);
        let mut account = AccountDefinitionRequest::new_zeroed();
        account.account.set(1);
        account.firm_id.set(1);
        self.send(0, &account);
        let mut deposit = DepositRequest::new_zeroed();
        deposit.account.set(1);
        deposit.amount.set(1_000_000);
        self.send(0, &deposit);
        let mut event = EventDefinitionRequest::new_zeroed();
        event.market_count = 1;
        self.send(0, &event);
        let mut open = SecurityStatusRequest::new_zeroed();
        open.event_id.set(1);
        open.status = MarketStatus::Open.into();
        self.send(0, &open);
        self.run();
    }

    fn send<M: Message>(&mut self, session_id: u32, message: &M) {
        let mut claim = self.commands.try_claim(M::ENCODED_LENGTH).unwrap();
        encode(message, &mut claim).unwrap();
        let session = u64::from(session_id);
        claim.commit(ring::RecordHeader { kind: 0, session, time_ns: 0 });
    }

    /// A bid until `expire_time_ns`, or one that the engine refuses when that is 0.
    fn order(&mut self, expire_time_ns: u64) {
        self.seq_num += 1;
        let mut order = NewOrderSingle::new_zeroed();
        order.cl_ord_id.set(self.seq_num.into());
        order.seq_num.set(self.seq_num);
        order.security_id.set(1);
        order.order_qty.set(1);
        order.account.set(1);
        order.price.set(1);
        order.side = Side::Buy.into();
        order.time_in_force = TimeInForce::GoodTillDate.into();
        order.expire_time_ns.set(expire_time_ns);
        self.send(TRADER, &order);
    }

    /// Cancels every order of the firm: 300 of them take two records.
    fn mass_cancel(&mut self) {
        self.seq_num += 1;
        let mut message = OrderMassActionRequest::new_zeroed();
        message.cl_ord_id.set(1);
        message.seq_num.set(self.seq_num);
        message.scope = MassActionScope::Firm.into();
        message.action = MassActionType::Cancel.into();
        self.send(TRADER, &message);
    }

    /// One duty cycle; gives template and effects of each record.
    fn run(&mut self) -> Vec<(u16, u32)> {
        let now = Now { wall_ns: self.wall_ns, monotonic_ns: 0 };
        let work_count = self.sequencer.do_work(now);
        let mut records = Vec::new();
        let read = |_: u64, record: &[u8]| {
            let (header, _) = RecordHeader::read_from_prefix(record).unwrap();
            records.push((header.template_id.get(), header.effect_count.get()));
        };
        self.log.poll(usize::MAX, read).unwrap();
        assert_eq!(records.len(), work_count);
        records
    }
}

#[test]
fn a_timer_that_is_due_comes_before_the_next_command() {
    let mut stage = Stage::new();
    let end = stage.wall_ns + 2_000_000;
    stage.order(end);
    assert_eq!(stage.run(), [(ORDER, 2)]);
    assert_eq!(stage.run(), [], "not yet");
    stage.wall_ns = end;
    stage.order(end + 1_000_000);
    assert_eq!(stage.run(), [(TICK, 1), (ORDER, 2)]);
    stage.wall_ns += 1_000_000;
    assert_eq!(stage.run(), [(TICK, 1)], "also when no command comes");
    assert_eq!(stage.run(), []);
}

#[test]
fn timers_and_work_take_turns_with_commands() {
    let mut stage = Stage::new();
    let end = stage.wall_ns + 2_000_000;
    for _ in 0..2 {
        for _ in 0..500 {
            stage.order(end);
        }
        while !stage.run().is_empty() {}
    }
    stage.wall_ns = end;
    for _ in 0..3 {
        stage.order(0);
    }
    // 1,000 orders expire 256 a record, with a command between.
    let refused = (ORDER, 1);
    let expected = [(TICK, 256), refused, (TICK, 256), refused, (TICK, 256), refused, (TICK, 232)];
    assert_eq!(stage.run(), expected);
    let end = end + 2_000_000;
    // 600 orders are cancelled 256 a record, with 64 commands between, or as many as wait.
    for (waiting_count, between_count) in [(0, 0), (2, 2), (64, 64), (70, 64)] {
        for _ in 0..600 {
            stage.order(end);
        }
        while !stage.run().is_empty() {}
        stage.mass_cancel();
        for _ in 0..waiting_count {
            stage.order(0);
        }
        let mut expected = vec![(MASS_ACTION, 256), (CONTINUE, 256)];
        expected.extend([refused; 64].iter().take(between_count));
        expected.push((CONTINUE, 89));
        expected.resize(expected.len() + waiting_count - between_count, refused);
        let mut records = stage.run();
        records.extend(stage.run());
        assert_eq!(records, expected, "{waiting_count}");
    }
}

const TRADER: u32 = 16;
const START_NS: u64 = 1_700_000_000_000_000_000;
const RING_LENGTH: usize = 1 << 18;
const LOG_LENGTH: usize = log_buffer::CAPACITY_MIN;
const ORDER: u16 = NewOrderSingle::TEMPLATE_ID;
const MASS_ACTION: u16 = OrderMassActionRequest::TEMPLATE_ID;
const TICK: u16 = TimerTick::TEMPLATE_ID;
const CONTINUE: u16 = Continue::TEMPLATE_ID;
