//! Every reject code that the engine gives, earned by one command.

use std::collections::BTreeSet;

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::catalogue::{category, name, series, user};
use crate::event_parameters::parameters;
use crate::guards::{kill_switch, mass_switch};
use crate::limits::limits;
use crate::reference_odds::{PROVIDER_SESSION, odds, with_providers};
use crate::tick_tables::tick_table;
use crate::turns::{like_alice_s, suspend_firm, with_blocks, with_kill_switches};
use crate::world::*;

#[test]
fn every_code_is_earned() {
    for (code, earn) in CASES {
        assert_eq!(earn().reject_code(), *code);
    }
    let earned: BTreeSet<RejectCode> = CASES.iter().map(|(code, _)| *code).collect();
    // A MassQuoteAck carries the code of a quote; `quotes` and `protection` earn each of these.
    let of_quotes = (334..=337).chain(426..=433);
    let of_quotes: BTreeSet<u16> = of_quotes.collect();
    let is_missing =
        |code: &&RejectCode| !earned.contains(code) && !of_quotes.contains(&u16::from(**code));
    let missing: Vec<_> = RejectCode::ALL.iter().filter(is_missing).collect();
    // Those that only a gateway gives: it has the clock, the queue and the reports of before.
    let of_the_gateway = [
        &RejectCode::TimestampOutOfWindow,
        &RejectCode::Busy,
        &RejectCode::UnsupportedField,
        &RejectCode::RetransmitOutOfRange,
        &RejectCode::RetransmitInProgress,
        &RejectCode::RetransmitUnavailable,
    ];
    assert_eq!(missing, of_the_gateway);
}

/// A code, and a command in an exchange of its own that earns it.
type Case = (RejectCode, fn() -> Effects);

const CASES: &[Case] = &[
    (RejectCode::Credentials, || World::open().send(64, &negotiate(64, 1))),
    (RejectCode::SessionNotOfKey, || {
        let mut message = negotiate(ALICE_SESSION, 9);
        message.access_key_id.set(2);
        World::open().send(ALICE_SESSION, &message)
    }),
    (RejectCode::VersionNotAbove, || {
        World::open().send(ALICE_SESSION, &negotiate(ALICE_SESSION, 1))
    }),
    (RejectCode::TimestampNotAbove, || {
        let mut message = negotiate(ALICE_SESSION, 9);
        message.timestamp_ns.set(11);
        World::open().send(ALICE_SESSION, &message)
    }),
    (RejectCode::NotNegotiated, || World::open().send(17, &establish(17, 1))),
    (RejectCode::VersionMismatch, || after_negotiate(|message| message.session_version_id.set(3))),
    (RejectCode::TimestampNotAbove, || after_negotiate(|message| message.timestamp_ns.set(20))),
    (RejectCode::KeepAliveOutOfRange, || {
        after_negotiate(|message| message.keep_alive_interval_ms.set(99))
    }),
    (RejectCode::KeepAliveOutOfRange, || {
        after_negotiate(|message| message.keep_alive_interval_ms.set(60_001))
    }),
    (RejectCode::CancelOnDisconnectUnsupported, || {
        after_negotiate(|message| message.cancel_on_disconnect = 4)
    }),
    (RejectCode::CancelOnDisconnectUnsupported, || {
        after_negotiate(|message| message.cod_timeout_ms.set(1))
    }),
    (RejectCode::SessionTableFull, || {
        let mut world = World::new(EngineConfig { sessions_max: 3, ..EngineConfig::small() });
        world.send(17, &negotiate(17, 1))
    }),
    (RejectCode::AlreadyEstablished, || {
        let mut message = establish(ALICE_SESSION, 1);
        message.timestamp_ns.set(50);
        World::open().send(ALICE_SESSION, &message)
    }),
    (RejectCode::NextSeqNumTooLow, || after_negotiate(|message| message.next_seq_num.set(0))),
    (RejectCode::MalformedLength, || World::open().apply(ALICE_SESSION, &[1, 2, 3])),
    (RejectCode::MalformedLength, || {
        let mut bytes = encoded(&bid(1, ALICE, 1, 1));
        bytes.push(0);
        World::open().apply(ALICE_SESSION, &bytes)
    }),
    (RejectCode::UnknownSchema, || with_header_byte(4, 0)),
    (RejectCode::UnsupportedVersion, || with_header_byte(6, 1)),
    (RejectCode::UnknownTemplate, || with_header_byte(3, 9)),
    (RejectCode::NotAClientMessage, || {
        World::open().apply(ALICE_SESSION, &encoded(&Trade::new_zeroed()))
    }),
    (RejectCode::NotAClientMessage, || {
        World::open().apply(EXCHANGE, &encoded(&CounterReportRequest::new_zeroed()))
    }),
    (RejectCode::NotAClientMessage, || {
        World::open().apply(ALICE_SESSION, &encoded(&Continue::new_zeroed()))
    }),
    (RejectCode::NotAClientMessage, || {
        let same = World::open().engine.config().to_message();
        World::open().apply(ALICE_SESSION, &encoded(&same))
    }),
    (RejectCode::ConfigurationMismatch, || with_configuration(|it| it.orders_max.set(1))),
    (RejectCode::ConfigurationMismatch, || with_configuration(|it| it.rules_version.set(99))),
    (RejectCode::ConfigurationMismatch, || with_configuration(|it| it.shard ^= 1)),
    (RejectCode::ConfigurationMismatch, || with_configuration(|it| it.acknowledgement_level = 9)),
    (RejectCode::SessionNotEstablished, || World::open().send(17, &bid(1, ALICE, 1, 1))),
    (RejectCode::DuplicateSeqNum, || {
        World::open().apply(ALICE_SESSION, &encoded(&bid(1, ALICE, 1, 1)))
    }),
    (RejectCode::NotEntitled, || World::open().send(ADMIN_SESSION, &bid(1, ALICE, 1, 1))),
    (RejectCode::NotEntitled, || World::open().send(EXCHANGE, &bid(1, ALICE, 1, 1))),
    (RejectCode::NotEntitled, || World::open().send(ALICE_SESSION, &event(1, 0))),
    (RejectCode::NotEntitled, || World::open().send(ALICE_SESSION, &deposit(ALICE, 1))),
    (RejectCode::NotEntitled, || World::open().send(ALICE_SESSION, &state_request(1, 0, 0))),
    (RejectCode::NotEntitled, || World::open().send(BOB_SESSION, &negotiate(ALICE_SESSION, 9))),
    (RejectCode::NotEntitled, || World::open().send(EXCHANGE, &negotiate(EXCHANGE, 9))),
    (RejectCode::InvalidExpireTime, || new_order(|order| order.expire_time_ns.set(u64::MAX))),
    (RejectCode::InvalidExpireTime, || {
        new_order(|order| order.time_in_force = TimeInForce::GoodTillDate.into())
    }),
    (RejectCode::InvalidExpireTime, || {
        let mut world = World::open();
        let mut order = bid(1, ALICE, 1, 1);
        order.time_in_force = TimeInForce::GoodTillDate.into();
        // The time of the command itself.
        order.expire_time_ns.set(world.time_ns + 1_000);
        world.send(ALICE_SESSION, &order)
    }),
    (RejectCode::NotAClientMessage, || {
        World::open().apply(ALICE_SESSION, &encoded(&TimerTick::new_zeroed()))
    }),
    (RejectCode::InvalidExecInst, || new_order(|order| order.exec_inst = 32)),
    (RejectCode::InvalidExecInst, || new_order(|order| order.exec_inst = EXEC_INST_REDUCE_ONLY)),
    (RejectCode::InvalidExecInst, || {
        new_order(|order| {
            order.exec_inst = EXEC_INST_POST_ONLY;
            order.time_in_force = TimeInForce::FillOrKill.into();
        })
    }),
    (RejectCode::InvalidSelfMatchPrevention, || {
        new_order(|order| order.self_match_prevention_id.set(1))
    }),
    (RejectCode::InvalidSelfMatchPrevention, || {
        new_order(|order| order.self_match_prevention_instruction = 1)
    }),
    (RejectCode::InvalidSelfMatchPrevention, || {
        new_order(|order| {
            order.self_match_prevention_id.set(1);
            order.self_match_prevention_instruction = 4;
        })
    }),
    (RejectCode::CancelledBeforeArrival, || {
        let mut world = World::open();
        let cancel = OrderCancelRequest { orig_cl_ord_id: 1.into(), ..cancel(9, 0) };
        world.send(ALICE_SESSION, &cancel);
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1))
    }),
    (RejectCode::StaleOnArrival, || new_order(|order| order.max_staleness_ms.set(1))),
    (RejectCode::ReduceOnlyViolated, || {
        new_order(|order| {
            order.exec_inst = EXEC_INST_REDUCE_ONLY;
            order.time_in_force = TimeInForce::ImmediateOrCancel.into();
        })
    }),
    (RejectCode::PostOnlyWouldTrade, || {
        let mut world = World::open();
        world.send(BOB_SESSION, &ask(1, BOB, 1, 1));
        let order = NewOrderSingle { exec_inst: EXEC_INST_POST_ONLY, ..bid(1, ALICE, 1, 1) };
        world.send(ALICE_SESSION, &order)
    }),
    (RejectCode::WorkQueueFull, || {
        full_work_queue().send(ALICE_SESSION, &mass_cancel(1, MassActionScope::Firm))
    }),
    (RejectCode::WorkQueueFull, || {
        full_work_queue().send(ADMIN_SESSION, &EndOfDayRequest::new_zeroed())
    }),
    (RejectCode::WorkQueueFull, || full_work_queue().set_status(2, 0, MarketStatus::Closed)),
    (RejectCode::ClOrdIdZero, || new_order(|order| order.cl_ord_id.set(0))),
    (RejectCode::ClOrdIdZero, || World::open().send(ALICE_SESSION, &cancel(0, 1))),
    (RejectCode::ClOrdIdZero, || World::open().send(ALICE_SESSION, &replace(0, 1, 1, 1))),
    (RejectCode::InvalidSide, || new_order(|order| order.side = 0)),
    (RejectCode::InvalidSide, || new_order(|order| order.side = 3)),
    (RejectCode::InvalidSide, || mass(|request| request.side = 3)),
    (RejectCode::InvalidTimeInForce, || new_order(|order| order.time_in_force = 2)),
    (RejectCode::PriceOffGrid, || new_order(|order| order.price.set(0))),
    (RejectCode::PriceOffGrid, || new_order(|order| order.price.set(10_000))),
    (RejectCode::QuantityZero, || new_order(|order| order.order_qty.set(0))),
    (RejectCode::DuplicateClOrdId, || {
        let mut world = World::open();
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1));
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1))
    }),
    (RejectCode::UnknownMarket, || new_order(|order| order.security_id.set(0))),
    (RejectCode::UnknownMarket, || new_order(|order| order.security_id.set(5))),
    (RejectCode::UnknownMarket, || new_order(|order| order.security_id.set(u32::MAX))),
    (RejectCode::UnknownMarket, || World::open().set_status(1, 4, MarketStatus::Paused)),
    (RejectCode::UnknownAccount, || new_order(|order| order.account.set(0))),
    (RejectCode::UnknownAccount, || new_order(|order| order.account.set(60))),
    (RejectCode::UnknownAccount, || new_order(|order| order.account.set(BOB))),
    (RejectCode::UnknownAccount, || World::open().send(ALICE_SESSION, &state_request(2, BOB, 0))),
    (RejectCode::MarketNotOpen, || {
        let mut world = World::open();
        world.set_status(1, 1, MarketStatus::Paused);
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1))
    }),
    (RejectCode::HoldOverflow, account_with_too_many_lots),
    (RejectCode::InsufficientBuyingPower, || {
        new_order(|order| {
            order.order_qty.set(100_011);
            order.price.set(9_999);
            order.side = Side::Buy.into();
        })
    }),
    (RejectCode::InsufficientBuyingPower, || {
        World::open().send(ADMIN_SESSION, &withdrawal(ALICE, STAKE + 1))
    }),
    (RejectCode::OrderTableFull, || {
        let mut world = open_with(EngineConfig { orders_max: 1, ..EngineConfig::small() });
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
        world.send(ALICE_SESSION, &bid(2, ALICE, 1, 1))
    }),
    (RejectCode::ExposureTableFull, || {
        let mut world = open_with(EngineConfig { exposures_max: 1, ..EngineConfig::small() });
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
        world.send(BOB_SESSION, &bid(1, BOB, 1, 1))
    }),
    (RejectCode::UnknownOrder, || World::open().send(ALICE_SESSION, &cancel(1, 99))),
    (RejectCode::UnknownOrder, || World::open().send(ALICE_SESSION, &replace(1, 0, 1, 1))),
    (RejectCode::InvalidMassActionScope, || mass(|request| request.scope = 0)),
    (RejectCode::InvalidMassActionScope, || mass(|request| request.scope = 6)),
    (RejectCode::InvalidMassActionScope, || mass(|request| request.scope = 4)),
    (RejectCode::InvalidMassActionType, || mass(|request| request.action = 4)),
    (RejectCode::InvalidMassActionType, || switched(|request| request.action = 3)),
    (RejectCode::InvalidMassActionScope, || switched(|request| request.scope = 4)),
    (RejectCode::InvalidMassActionScope, || switched(|request| request.scope = 6)),
    (RejectCode::InvalidMassActionScope, || switched(|request| request.key.set(0))),
    (RejectCode::InvalidMassActionScope, || switched(|request| request.scope = 8)),
    (RejectCode::InvalidSide, || switched(|request| request.side = 3)),
    (RejectCode::UnknownAccount, || switched(|request| request.key.set(60))),
    (RejectCode::UnknownMarket, || {
        switched(|request| (request.scope, request.key) = (1, 5.into()))
    }),
    (RejectCode::UnknownEvent, || switched(|request| (request.scope, request.key) = (2, 3.into()))),
    (RejectCode::UnknownSession, || {
        switched(|request| (request.scope, request.key) = (7, 17.into()))
    }),
    (RejectCode::UnknownBlock, || switched(|request| request.action = 2)),
    (RejectCode::BlockTableFull, || {
        let mut world = with_blocks();
        let request = mass_switch(1, MassActionScope::Firm, MassActionType::Suspend);
        world.send(ALICE_SESSION, &request)
    }),
    (RejectCode::BlockTableFull, || {
        with_kill_switches().send(EXCHANGE, &suspend_firm(like_alice_s(257)))
    }),
    (RejectCode::LimitOutOfRange, || World::open().send(EXCHANGE, &limits(ALICE, [-1, 0, 0]))),
    (RejectCode::LimitOutOfRange, || World::open().send(EXCHANGE, &limits(ALICE, [0, -1, 0]))),
    (RejectCode::LimitOutOfRange, || World::open().send(EXCHANGE, &limits(ALICE, [0, 0, -1]))),
    (RejectCode::UnknownAccount, || World::open().send(EXCHANGE, &limits(60, [0; 3]))),
    (RejectCode::NotEntitled, || World::open().send(ADMIN_SESSION, &limits(ALICE, [0; 3]))),
    (RejectCode::OpenOrdersStand, || {
        let mut world = World::open();
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1));
        world.send(EXCHANGE, &limits(ALICE, [1, 0, 0]))
    }),
    (RejectCode::PositionLimit, || within([1, 0, 0], &bid(1, ALICE, 2, 1))),
    (RejectCode::WorstLossLimit, || within([0, 1, 0], &bid(1, ALICE, 2, 1))),
    (RejectCode::OrderCostLimit, || within([0, 0, 1], &bid(1, ALICE, 2, 1))),
    (RejectCode::OpenOrderLimit, || {
        let mut world = World::open();
        let mut request = EntitlementRequest::new_zeroed();
        request.access_key_id.set(1);
        request.firm_id.set(10);
        request.roles.set(ROLES_TRADER);
        request.open_orders_max.set(1);
        world.send(EXCHANGE, &request).only::<EntitlementReport>();
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
        world.send(ALICE_SESSION, &bid(2, ALICE, 1, 1))
    }),
    (RejectCode::PriceOutsideCollar, || {
        let mut world = World::open();
        world.set_status(1, 0, MarketStatus::Paused);
        let request = EventParametersRequest { static_high: 9.into(), ..parameters(1) };
        world.send(ADMIN_SESSION, &request).first::<PriceLimitsChanged>();
        world.set_status(1, 0, MarketStatus::Open);
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 10))
    }),
    (RejectCode::TradingSuspended, || {
        let mut world = World::open();
        let request = kill_switch(MassActionScope::Exchange, 0, MassActionType::Suspend);
        world.send(EXCHANGE, &request).first::<KillSwitchReport>();
        world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1))
    }),
    (RejectCode::WorkQueueFull, || {
        with_kill_switches().send(EXCHANGE, &suspend_firm(like_alice_s(1)))
    }),
    (RejectCode::UnknownEvent, || {
        mass(|request| {
            request.scope = MassActionScope::Event.into();
            request.event_id.set(99);
        })
    }),
    (RejectCode::UnknownEvent, || World::open().set_status(99, 0, MarketStatus::Open)),
    (RejectCode::UnknownEvent, || World::open().settle(0, &[1])),
    (RejectCode::AccountOutOfRange, || define_account(0, 1)),
    (RejectCode::AccountOutOfRange, || define_account(65, 1)),
    (RejectCode::AccountExists, || define_account(ALICE, 1)),
    (RejectCode::FirmZero, || define_account(64, 0)),
    (RejectCode::FirmZero, || World::open().entitle(5, 0, ROLES_TRADER)),
    (RejectCode::AmountOutOfRange, || World::open().send(ADMIN_SESSION, &deposit(ALICE, 0))),
    (RejectCode::AmountOutOfRange, || {
        World::open().send(ADMIN_SESSION, &deposit(ALICE, DEPOSITS_MAX + 1))
    }),
    (RejectCode::AmountOutOfRange, || World::open().send(ADMIN_SESSION, &withdrawal(ALICE, -1))),
    (RejectCode::DepositLimit, || {
        World::open().send(ADMIN_SESSION, &deposit(ALICE, DEPOSITS_MAX - 3 * STAKE + 1))
    }),
    (RejectCode::DepositLimit, || {
        let mut world = World::open();
        let most = DEPOSITS_MAX - 3 * STAKE;
        for _ in 0..15 {
            world.send(ADMIN_SESSION, &deposit(ALICE, most)).only::<AccountReport>();
            world.send(ADMIN_SESSION, &withdrawal(ALICE, most)).only::<AccountReport>();
        }
        world.send(ADMIN_SESSION, &deposit(ALICE, most)).only::<AccountReport>();
        world.send(ADMIN_SESSION, &withdrawal(ALICE, most)).only::<AccountReport>();
        world.send(ADMIN_SESSION, &deposit(ALICE, most))
    }),
    (RejectCode::InvalidMarketCount, || World::open().send(ADMIN_SESSION, &event(0, 0))),
    (RejectCode::InvalidMarketCount, || World::open().send(ADMIN_SESSION, &event(65, 0))),
    (RejectCode::InvalidMarketCount, || World::open().send(ADMIN_SESSION, &event(1, 1))),
    (RejectCode::InvalidMarketCount, || World::open().send(ADMIN_SESSION, &event(3, 2))),
    (RejectCode::EventTableFull, || {
        let mut world = World::new(EngineConfig { events_max: 1, ..EngineConfig::small() });
        world.define_event(1, false);
        world.send(ADMIN_SESSION, &event(1, 0))
    }),
    (RejectCode::EventTableFull, || {
        let mut world = World::new(EngineConfig { markets_max: 3, ..EngineConfig::small() });
        world.define_event(2, true);
        world.send(ADMIN_SESSION, &event(2, 0))
    }),
    (RejectCode::FeeRateUnsupported, || {
        let mut request = event(1, 0);
        request.taker_fee_rate.set(10_000);
        World::open().send(ADMIN_SESSION, &request)
    }),
    (RejectCode::InvalidStatusTransition, || World::open().set_status(1, 1, MarketStatus::Listed)),
    (RejectCode::InvalidStatusTransition, || World::open().set_status(1, 1, MarketStatus::Settled)),
    (RejectCode::SettlementVectorInvalid, || settle_closed(&[10_000, 0])),
    (RejectCode::SettlementVectorInvalid, || settle_closed(&[9_999, 0, 0])),
    (RejectCode::SettlementVectorInvalid, || settle_closed(&[10_000, 1, 0])),
    (RejectCode::MarketsNotClosed, || World::open().settle(1, &[10_000, 0, 0])),
    (RejectCode::AccessKeyOutOfRange, || World::open().entitle(0, 1, 1)),
    (RejectCode::AccessKeyOutOfRange, || World::open().entitle(17, 1, 1)),
    (RejectCode::InvalidRoles, || World::open().entitle(5, 1, 1 << 6)),
    (RejectCode::InvalidEventParameters, || {
        let mut request = parameters(1);
        request.velocity = 0;
        World::open().send(ADMIN_SESSION, &request)
    }),
    (RejectCode::NotWhileOpen, || World::open().send(ADMIN_SESSION, &parameters(1))),
    (RejectCode::NotDetermined, || {
        let mut request = DisputeRequest::new_zeroed();
        request.event_id.set(1);
        World::open().send(ADMIN_SESSION, &request)
    }),
    (RejectCode::OrderIsPending, || {
        let mut world = World::new(EngineConfig::small());
        world.define_event(1, false);
        let mut request = parameters(1);
        request.in_play_delay_ms.set(1);
        world.send(ADMIN_SESSION, &request);
        world.send(ADMIN_SESSION, &status_request(1, 1, 2, 1));
        world.send(BOB_SESSION, &ask(1, BOB, 1, 5_000));
        let pending = world.send(ALICE_SESSION, &bid(1, ALICE, 1, 5_000)).first::<OrderPending>();
        world.send(ALICE_SESSION, &replace(2, pending.order_id.get(), 2, 5_000))
    }),
    (RejectCode::InvalidTickTable, || World::open().send(ADMIN_SESSION, &tick_table(1, 0, &[]))),
    (RejectCode::InvalidAction, || {
        let request = ReferenceOddsRequest { action: 0, ..odds(1, OddsAction::Create, 3, [0; 3]) };
        with_providers().send(PROVIDER_SESSION, &request)
    }),
    (RejectCode::UnknownCategory, || {
        World::open().send(ADMIN_SESSION, &category(1, CatalogueAction::Update))
    }),
    (RejectCode::UnknownSeries, || {
        let request = EventDefinitionRequest { series_id: 1.into(), ..event(1, 0) };
        World::open().send(ADMIN_SESSION, &request)
    }),
    (RejectCode::UnknownUser, || {
        World::open().send(ADMIN_SESSION, &user(1, 10, CatalogueAction::Update))
    }),
    (RejectCode::AlreadyDefined, || {
        let mut world = World::open();
        world.send(ADMIN_SESSION, &user(1, 10, CatalogueAction::Define));
        world.send(ADMIN_SESSION, &user(1, 10, CatalogueAction::Define))
    }),
    (RejectCode::InvalidName, || {
        let request =
            CategoryDefinitionRequest { name: name(b"\t"), ..category(1, CatalogueAction::Define) };
        World::open().send(ADMIN_SESSION, &request)
    }),
    (RejectCode::NumberOutOfRange, || {
        World::open().send(ADMIN_SESSION, &category(1_025, CatalogueAction::Define))
    }),
    (RejectCode::NotEntitled, || {
        World::open().send(ALICE_SESSION, &series(1, 1, CatalogueAction::Define))
    }),
    (RejectCode::OddsNotOffered, || about_odds(OddsAction::Create, 2, [2_000, 2_000, 0])),
    (RejectCode::InvalidOdds, || about_odds(OddsAction::Create, 1, [2_000, 2_000, 0])),
    (RejectCode::InvalidOdds, || about_odds(OddsAction::Create, 1, [1_001, 1_001, 10_000_000])),
    (RejectCode::UnknownOdds, || about_odds(OddsAction::Update, 3, [2_000, 2_000, 0])),
    (RejectCode::UnknownOdds, || about_odds(OddsAction::Delete, 3, [0; 3])),
    (RejectCode::OddsExist, || {
        let mut world = with_providers();
        let request = odds(1, OddsAction::Create, 3, [2_000, 2_000, 0]);
        world.send(PROVIDER_SESSION, &request).first::<ReferenceOddsReport>();
        world.send(EXCHANGE, &request)
    }),
    (RejectCode::OddsOfAnotherProvider, || {
        let mut world = with_providers();
        let request = odds(1, OddsAction::Create, 3, [2_000, 2_000, 0]);
        world.send(EXCHANGE, &request).first::<ReferenceOddsReport>();
        let request = odds(1, OddsAction::Update, 3, [2_000, 2_000, 0]);
        world.send(PROVIDER_SESSION, &request)
    }),
    (RejectCode::EventEnded, || {
        let mut world = with_providers();
        world.set_status(3, 0, MarketStatus::Closed);
        world.settle(3, &[10_000, 0]).first::<SettlementComplete>();
        let request = odds(1, OddsAction::Create, 3, [2_000, 2_000, 0]);
        world.send(PROVIDER_SESSION, &request)
    }),
    (RejectCode::InvalidStateScope, || {
        World::open().send(ALICE_SESSION, &state_request(0, ALICE, 0))
    }),
];

fn about_odds(action: OddsAction, event_id: u32, of: [u32; 3]) -> Effects {
    with_providers().send(PROVIDER_SESSION, &odds(1, action, event_id, of))
}

fn after_negotiate(change: fn(&mut Establish)) -> Effects {
    let mut world = World::open();
    world.send(ALICE_SESSION, &negotiate(ALICE_SESSION, 2)).only::<NegotiationResponse>();
    let mut message = establish(ALICE_SESSION, 2);
    change(&mut message);
    world.send(ALICE_SESSION, &message)
}

fn with_configuration(change: impl FnOnce(&mut EngineConfiguration)) -> Effects {
    let mut world = World::open();
    let mut message = world.engine.config().to_message();
    change(&mut message);
    world.apply(EXCHANGE, &encoded(&message))
}

fn with_header_byte(index: usize, value: u8) -> Effects {
    let mut bytes = encoded(&bid(1, ALICE, 1, 1));
    bytes[index] = value;
    let effects = World::open().apply(ALICE_SESSION, &bytes);
    let reject: BusinessMessageReject = effects.only();
    let template_id = u16::from_le_bytes([bytes[2], bytes[3]]);
    assert_eq!((reject.request_id.get(), reject.ref_seq_num.get()), (0, 0));
    assert_eq!(reject.ref_template_id.get(), template_id);
    effects
}

fn new_order(change: fn(&mut NewOrderSingle)) -> Effects {
    let mut order = bid(1, ALICE, 1, 5_000);
    change(&mut order);
    World::open().send(ALICE_SESSION, &order)
}

fn mass(change: fn(&mut OrderMassActionRequest)) -> Effects {
    let mut request = mass_cancel(1, MassActionScope::Firm);
    change(&mut request);
    World::open().send(ALICE_SESSION, &request)
}

fn within(of_alice: [i64; 3], order: &NewOrderSingle) -> Effects {
    let mut world = World::open();
    world.send(EXCHANGE, &limits(ALICE, of_alice)).only::<AccountLimitsReport>();
    world.send(ALICE_SESSION, order)
}

fn switched(change: fn(&mut KillSwitchRequest)) -> Effects {
    let mut request = kill_switch(MassActionScope::Account, ALICE, MassActionType::Suspend);
    change(&mut request);
    World::open().send(EXCHANGE, &request)
}

fn define_account(account: u32, firm_id: u32) -> Effects {
    let mut request = AccountDefinitionRequest::new_zeroed();
    request.account.set(account);
    request.firm_id.set(firm_id);
    World::open().send(ADMIN_SESSION, &request)
}

fn settle_closed(values: &[u16]) -> Effects {
    let mut world = World::open();
    world.set_status(1, 0, MarketStatus::Closed);
    world.settle(1, values)
}

fn open_with(config: EngineConfig) -> World {
    let mut world = World::new(config);
    world.define_open_event(1, false);
    world
}

/// One place for work of each owner, those of Alice's firm and of the exchange taken; events 1 and
/// 2 with one market each.
pub fn full_work_queue() -> World {
    let mut world = World::new(EngineConfig { work_max: 1, ..EngineConfig::small() });
    world.define_open_event(1, false);
    world.define_open_event(1, false);
    fill_work_queue(&mut world);
    world
}

/// Takes the place for work of Alice's firm by a mass cancel, and that of the exchange by an end of
/// the day, each of more orders than one step cancels.
pub fn fill_work_queue(world: &mut World) {
    world.is_checked = false;
    let terms = [(1..=300, TimeInForce::GoodTillCancel), (301..=600, TimeInForce::Day)];
    for (cl_ord_ids, time_in_force) in terms {
        for cl_ord_id in cl_ord_ids {
            let order = bid(cl_ord_id, ALICE, 1, 1);
            let order = NewOrderSingle { time_in_force: time_in_force.into(), ..order };
            world.send(ALICE_SESSION, &order).first::<OrderRested>();
        }
    }
    let ended = world.send(EXCHANGE, &EndOfDayRequest::new_zeroed());
    assert_eq!(ended.templates(), [OrderCancelled::TEMPLATE_ID; 256]);
    let cancelled = world.send(ALICE_SESSION, &mass_cancel(1, MassActionScope::Firm));
    assert_eq!(cancelled.templates(), [OrderCancelled::TEMPLATE_ID; 256]);
}

/// Alice has 2^48 lots, all that an account may have, in 65,536 orders of 2^32 − 1 lots and one of
/// 65,536; she has limits, far off.
pub fn with_too_many_lots() -> World {
    let config =
        EngineConfig { orders_max: 1 << 17, cl_ord_id_window: 1 << 17, ..EngineConfig::small() };
    let mut world = open_with(config);
    world.is_checked = false;
    world.send(ADMIN_SESSION, &deposit(ALICE, 1 << 48)).only::<AccountReport>();
    world.send(EXCHANGE, &limits(ALICE, [i64::MAX; 3])).only::<AccountLimitsReport>();
    for cl_ord_id in 1..=65_536 {
        world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, u32::MAX, 1)).first::<OrderRested>();
    }
    world.send(ALICE_SESSION, &bid(70_000, ALICE, 65_536, 1)).first::<OrderRested>();
    world
}

fn account_with_too_many_lots() -> Effects {
    let mut world = with_too_many_lots();
    let order_id = world.order_ids(1)[65_536];
    let effects = world.send(ALICE_SESSION, &replace(70_001, order_id, 65_537, 1));
    assert_eq!(effects.reject_code(), RejectCode::HoldOverflow);
    // Nor without limits, where few questions are asked.
    world.send(EXCHANGE, &limits(ALICE, [0; 3])).only::<AccountLimitsReport>();
    let effects = world.send(ALICE_SESSION, &replace(70_003, order_id, 65_537, 1));
    assert_eq!(effects.reject_code(), RejectCode::HoldOverflow);
    // It cannot pay for this one either: the lots are looked at first.
    world.send(ALICE_SESSION, &bid(70_002, ALICE, u32::MAX, 9_999))
}
