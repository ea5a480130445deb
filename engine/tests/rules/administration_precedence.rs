//! Of several causes to refuse a message of an administrator, a risk officer or a login, the first
//! in the order of the rules is told: each message has every fault at once, and loses one at a
//! time.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::event_parameters::parameters;
use crate::guards::kill_switch;
use crate::limits::limits;
use crate::rejects::full_work_queue;
use crate::tick_tables::tick_table;
use crate::turns::{like_alice_s, suspend_firm, with_kill_switches};
use crate::world::*;

#[track_caller]
fn expect<M: Message>(world: &mut World, message: &M, code: RejectCode) {
    assert_eq!(world.send(ADMIN_SESSION, message).reject_code(), code);
}

#[test]
fn definitions_of_events_are_checked_in_order() {
    let mut world = World::new(EngineConfig { events_max: 1, ..EngineConfig::small() });
    let mut message = event(0, 1);
    message.series_id.set(9);
    message.maker_fee_rate.set(10_000);
    message.draft = 2;
    expect(&mut world, &message, RejectCode::InvalidMarketCount);
    message.market_count = 1;
    expect(&mut world, &message, RejectCode::InvalidMarketCount);
    message.market_count = 2;
    expect(&mut world, &message, RejectCode::UnknownSeries);
    message.series_id.set(0);
    expect(&mut world, &message, RejectCode::FeeRateUnsupported);
    message.maker_fee_rate.set(9_999);
    expect(&mut world, &message, RejectCode::InvalidStatusTransition);
    message.draft = 0;
    world.send(ADMIN_SESSION, &message).only::<EventDefinitionReport>();
    expect(&mut world, &message, RejectCode::EventTableFull);
}

#[test]
fn changes_of_events_are_checked_in_order() {
    let mut world = World::open();
    let mut message = EventParametersRequest { event_id: 99.into(), ..parameters(1) };
    message.velocity = 0;
    expect(&mut world, &message, RejectCode::UnknownEvent);
    message.event_id.set(1);
    expect(&mut world, &message, RejectCode::InvalidEventParameters);
    message.velocity = 1;
    expect(&mut world, &message, RejectCode::NotWhileOpen);

    let mut message = tick_table(99, 4, &[(2, 1)]);
    expect(&mut world, &message, RejectCode::UnknownEvent);
    message.event_id.set(1);
    expect(&mut world, &message, RejectCode::UnknownMarket);
    message.security_id.set(1);
    expect(&mut world, &message, RejectCode::InvalidTickTable);
    message.band_from[0].set(1);
    expect(&mut world, &message, RejectCode::NotWhileOpen);

    let mut message = status_request(99, 4, MarketStatus::Listed.into(), 0);
    expect(&mut world, &message, RejectCode::UnknownEvent);
    message.event_id.set(1);
    expect(&mut world, &message, RejectCode::UnknownMarket);
    message.security_id.set(1);
    expect(&mut world, &message, RejectCode::InvalidStatusTransition);

    let mut message = DisputeRequest::new_zeroed();
    expect(&mut world, &message, RejectCode::UnknownEvent);
    message.event_id.set(1);
    expect(&mut world, &message, RejectCode::NotDetermined);
}

#[test]
fn what_needs_room_for_work_looks_for_it_last() {
    let mut world = full_work_queue();
    let closing = |status| status_request(2, 0, status, 0);
    expect(&mut world, &closing(MarketStatus::Draft.into()), RejectCode::InvalidStatusTransition);
    expect(&mut world, &closing(MarketStatus::Closed.into()), RejectCode::WorkQueueFull);
    expect(&mut world, &EndOfDayRequest::new_zeroed(), RejectCode::WorkQueueFull);
    let mut switch = kill_switch(MassActionScope::Event, 2, MassActionType::Release);
    assert_eq!(world.send(EXCHANGE, &switch).reject_code(), RejectCode::UnknownBlock);
    switch.action = MassActionType::Suspend.into();
    world.send(EXCHANGE, &switch).first::<KillSwitchReport>();
    let mut world = with_kill_switches();
    let other = suspend_firm(like_alice_s(257));
    assert_eq!(world.send(EXCHANGE, &other).reject_code(), RejectCode::BlockTableFull);
    let again = suspend_firm(like_alice_s(1));
    assert_eq!(world.send(EXCHANGE, &again).reject_code(), RejectCode::WorkQueueFull);
}

#[test]
fn settlements_are_checked_in_order() {
    let mut world = World::open();
    let mut message = settlement(99, &[10_001, 0, 0]);
    expect(&mut world, &message, RejectCode::UnknownEvent);
    message.event_id.set(1);
    expect(&mut world, &message, RejectCode::MarketsNotClosed);
    world.set_status(1, 0, MarketStatus::Closed);
    expect(&mut world, &message, RejectCode::SettlementVectorInvalid);
    message.values[0].set(10_000);
    world.send(ADMIN_SESSION, &message).first::<SettlementComplete>();
}

#[test]
fn accounts_and_cash_are_checked_in_order() {
    let mut world = World::open();
    let mut message = AccountDefinitionRequest::new_zeroed();
    expect(&mut world, &message, RejectCode::AccountOutOfRange);
    message.account.set(ALICE);
    expect(&mut world, &message, RejectCode::AccountExists);
    message.account.set(9);
    expect(&mut world, &message, RejectCode::FirmZero);

    expect(&mut world, &deposit(9, 0), RejectCode::UnknownAccount);
    expect(&mut world, &deposit(ALICE, DEPOSITS_MAX + 1), RejectCode::AmountOutOfRange);
    expect(&mut world, &deposit(ALICE, DEPOSITS_MAX), RejectCode::DepositLimit);
    expect(&mut world, &withdrawal(9, 0), RejectCode::UnknownAccount);
    expect(&mut world, &withdrawal(ALICE, 0), RejectCode::AmountOutOfRange);
    expect(&mut world, &withdrawal(ALICE, STAKE + 1), RejectCode::InsufficientBuyingPower);

    let mut message = EntitlementRequest::new_zeroed();
    message.roles.set(1 << 6);
    expect(&mut world, &message, RejectCode::AccessKeyOutOfRange);
    message.access_key_id.set(9);
    expect(&mut world, &message, RejectCode::InvalidRoles);
    message.roles.set(ROLES_TRADER);
    expect(&mut world, &message, RejectCode::FirmZero);
    message.roles.set(0);
    world.send(ADMIN_SESSION, &message).only::<EntitlementReport>();

    let mut message = state_request(0, 9, 99);
    let mut asked = |message: &StateReportRequest| world.send(ALICE_SESSION, message).reject_code();
    assert_eq!(asked(&message), RejectCode::InvalidStateScope);
    message.scope = StateScope::Exchange.into();
    assert_eq!(asked(&message), RejectCode::NotEntitled);
    message.scope = StateScope::Position.into();
    assert_eq!(asked(&message), RejectCode::UnknownAccount);
    message.account.set(ALICE);
    assert_eq!(asked(&message), RejectCode::UnknownEvent);
}

#[test]
fn risk_officers_are_checked_in_order() {
    let mut world = World::open();
    let mut expect = |message: &KillSwitchRequest, code| {
        assert_eq!(world.send(EXCHANGE, message).reject_code(), code);
    };
    let mut message = KillSwitchRequest { side: 3, ..KillSwitchRequest::new_zeroed() };
    message.key.set(9);
    expect(&message, RejectCode::InvalidSide);
    message.side = 2;
    expect(&message, RejectCode::InvalidMassActionType);
    message.action = MassActionType::Release.into();
    expect(&message, RejectCode::InvalidMassActionScope);
    for (scope, code) in [
        (MassActionScope::Exchange, RejectCode::InvalidMassActionScope),
        (MassActionScope::Security, RejectCode::UnknownMarket),
        (MassActionScope::Event, RejectCode::UnknownEvent),
        (MassActionScope::Account, RejectCode::UnknownAccount),
        (MassActionScope::Session, RejectCode::UnknownSession),
        (MassActionScope::Firm, RejectCode::UnknownBlock),
    ] {
        message.scope = scope.into();
        expect(&message, code);
    }

    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
    for (message, code) in [
        (limits(9, [-1, 0, 0]), RejectCode::UnknownAccount),
        (limits(ALICE, [1, 0, -1]), RejectCode::LimitOutOfRange),
        (limits(ALICE, [1, 0, 0]), RejectCode::OpenOrdersStand),
    ] {
        assert_eq!(world.send(EXCHANGE, &message).reject_code(), code);
    }
}

#[test]
fn logins_are_checked_in_order() {
    let mut world = World::new(EngineConfig { sessions_max: 3, ..EngineConfig::small() });
    let mut message = Negotiate::new_zeroed();
    message.session_id.set(ALICE_SESSION);
    message.access_key_id.set(9);
    let refused = |world: &mut World, message: &Negotiate| {
        world.send(message.session_id.get(), message).reject_code()
    };
    assert_eq!(refused(&mut world, &message), RejectCode::Credentials);
    message.access_key_id.set(2);
    assert_eq!(refused(&mut world, &message), RejectCode::SessionNotOfKey);
    message.access_key_id.set(1);
    assert_eq!(refused(&mut world, &message), RejectCode::VersionNotAbove);
    message.session_version_id.set(9);
    assert_eq!(refused(&mut world, &message), RejectCode::TimestampNotAbove);
    message.session_id.set(ALICE_SESSION + 1);
    message.timestamp_ns.set(9);
    assert_eq!(refused(&mut world, &message), RejectCode::SessionTableFull);

    let mut message = Establish::new_zeroed();
    message.session_id.set(ALICE_SESSION + 1);
    message.cancel_on_disconnect = 9;
    let refused = |world: &mut World, message: &Establish| {
        world.send(message.session_id.get(), message).reject_code()
    };
    assert_eq!(refused(&mut world, &message), RejectCode::NotNegotiated);
    message.session_id.set(ALICE_SESSION);
    assert_eq!(refused(&mut world, &message), RejectCode::VersionMismatch);
    message.session_version_id.set(1);
    assert_eq!(refused(&mut world, &message), RejectCode::TimestampNotAbove);
    message.timestamp_ns.set(100);
    assert_eq!(refused(&mut world, &message), RejectCode::KeepAliveOutOfRange);
    message.keep_alive_interval_ms.set(1_000);
    assert_eq!(refused(&mut world, &message), RejectCode::CancelOnDisconnectUnsupported);
    message.cancel_on_disconnect = 0;
    assert_eq!(refused(&mut world, &message), RejectCode::AlreadyEstablished);
    world.send(
        EXCHANGE,
        &SessionDisconnected {
            session_id: ALICE_SESSION.into(),
            ..SessionDisconnected::new_zeroed()
        },
    );
    assert_eq!(refused(&mut world, &message), RejectCode::NextSeqNumTooLow);
    message.next_seq_num.set(1);
    world.send(ALICE_SESSION, &message).only::<EstablishmentAck>();
}

#[test]
fn cancels_are_checked_in_order() {
    let mut world = World::open();
    let rested = world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
    world.set_status(1, 0, MarketStatus::Closed);
    let mut message = cancel(0, rested.order_id.get() + 1);
    let mut code = |message: &OrderCancelRequest| world.send(ALICE_SESSION, message).reject_code();
    assert_eq!(code(&message), RejectCode::ClOrdIdZero);
    message.cl_ord_id.set(2);
    assert_eq!(code(&message), RejectCode::UnknownOrder);
}
