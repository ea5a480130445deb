//! Commands of administrators: events and the life of their markets, accounts, cash and
//! entitlements.

use forecastle_proto_spec::{
    AccountDefinitionRequest, DEPOSITS_MAX, DepositRequest, EVENT_MARKETS_MAX, EntitlementReport,
    EntitlementRequest, EventDefinitionReport, EventDefinitionRequest, MarketStatus,
    MassActionScope, RejectCode, SecurityStatusReport, SecurityStatusRequest, WithdrawalRequest,
};

use crate::apply::Context;
use crate::catalogue::Series;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::entitlements::{Entitlement, ROLES_ALL};
use crate::event_parameters::EventParameters;
use crate::events::Market;
use crate::exposure::EventShape;
use crate::fees::FeeRates;
use crate::work::Owner;

impl Engine {
    pub(crate) fn define_event(
        &mut self,
        context: &Context,
        message: &EventDefinitionRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let market_count = message.market_count;
        let least = 1 + usize::from(message.exhaustive);
        if message.exhaustive > 1 || !(least..=EVENT_MARKETS_MAX).contains(&market_count.into()) {
            return Err(RejectCode::InvalidMarketCount);
        }
        let series = self.series_of(message)?;
        let fees = fees_of(message, series.as_ref());
        if !fees.are_in_range() {
            return Err(RejectCode::FeeRateUnsupported);
        }
        let status = match message.draft {
            0 => MarketStatus::Listed,
            1 => MarketStatus::Draft,
            _ => return Err(RejectCode::InvalidStatusTransition),
        };
        if !self.events.has_room(market_count) {
            return Err(RejectCode::EventTableFull);
        }
        let shape = EventShape::new(market_count, message.exhaustive == 1);
        let event_id = self.events.define(shape, fees, status, message.external_id.get());
        effects.push(&EventDefinitionReport {
            request_id: message.request_id,
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: message.seq_num,
            event_id: event_id.into(),
            first_security_id: self.events.event(event_id).first_security_id.into(),
            market_count,
            exhaustive: message.exhaustive,
            series_id: message.series_id,
            external_id: message.external_id,
        });
        if status == MarketStatus::Draft {
            for security_id in self.events.event(event_id).security_ids() {
                self.report_status(context, security_id, 0, effects);
            }
        }
        if let Some(series) = series {
            self.events.set_parameters(event_id, EventParameters::of_velocity(series.velocity));
            self.report_event_parameters(context, event_id, effects);
        }
        Ok(())
    }

    /// The series that a new event names, if it names one.
    fn series_of(&self, message: &EventDefinitionRequest) -> Result<Option<Series>, RejectCode> {
        match message.series_id.get() {
            0 => Ok(None),
            series_id => {
                let series = self.catalogue.find_series(series_id);
                series.copied().map(Some).ok_or(RejectCode::UnknownSeries)
            }
        }
    }

    /// Moves a market to a status and reports it.
    pub(crate) fn move_market(
        &mut self,
        context: &Context,
        security_id: u32,
        (status, in_play, reason): (MarketStatus, u8, u16),
        effects: &mut EffectBuffer<'_>,
    ) {
        self.events.set_status(security_id, status, in_play);
        self.report_status(context, security_id, reason, effects);
    }

    /// Reports the status that a market has come to.
    fn report_status(
        &mut self,
        context: &Context,
        security_id: u32,
        reason: u16,
        effects: &mut EffectBuffer<'_>,
    ) {
        let market = *self.events.market(security_id);
        let delay_ms = self.events.parameters(market.event_id).in_play_delay_ms;
        let delay_ms = u16::try_from(delay_ms).expect("a delay is a minute at most");
        effects.push(&SecurityStatusReport {
            request_id: context.request_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: context.seq_num.into(),
            event_id: market.event_id.into(),
            security_id: security_id.into(),
            rpt_seq: self.events.next_rpt_seq(security_id).into(),
            reason: reason.into(),
            status: market.status().into(),
            in_play: market.in_play(),
            settlement_price: market.settlement_price().into(),
            in_play_delay_ms: delay_ms.into(),
        });
    }

    pub(crate) fn change_status(
        &mut self,
        context: &Context,
        message: &SecurityStatusRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let (status, security_ids) = self.check_status(message)?;
        let is_for_all = message.security_id.get() == 0;
        let change = (status, message.in_play, message.reason.get());
        let halts_orders = self.halts_orders(security_ids.clone(), (status, message.in_play));
        for security_id in security_ids {
            if is_for_all && self.events.market(security_id).status() == MarketStatus::Closed {
                continue;
            }
            self.move_market(context, security_id, change, effects);
        }
        let covered = if is_for_all {
            (MassActionScope::Event, message.event_id.get())
        } else {
            (MassActionScope::Security, message.security_id.get())
        };
        if status == MarketStatus::Closed {
            self.sweep_closed(context, covered, effects);
        } else if halts_orders {
            self.sweep_halted(context, covered, effects);
        }
        Ok(())
    }

    pub(crate) fn define_account(
        &mut self,
        context: &Context,
        message: &AccountDefinitionRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let number = message.account.get();
        if !self.ledger.accounts.contains(number) {
            return Err(RejectCode::AccountOutOfRange);
        }
        if self.ledger.accounts.find(number).is_some() {
            return Err(RejectCode::AccountExists);
        }
        if message.firm_id.get() == 0 {
            return Err(RejectCode::FirmZero);
        }
        self.ledger.accounts.define(number, message.firm_id.get());
        self.report_account(context, number, effects);
        Ok(())
    }

    pub(crate) fn deposit(
        &mut self,
        context: &Context,
        message: &DepositRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let (number, amount) = (message.account.get(), message.amount.get());
        self.check_movement(number, amount)?;
        let totals = self.ledger.totals();
        let is_countable = totals.deposits.checked_add(amount).is_some();
        if !is_countable || totals.deposits - totals.withdrawals + amount > DEPOSITS_MAX {
            return Err(RejectCode::DepositLimit);
        }
        self.ledger.deposit(number, amount);
        self.report_account(context, number, effects);
        Ok(())
    }

    pub(crate) fn withdraw(
        &mut self,
        context: &Context,
        message: &WithdrawalRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let (number, amount) = (message.account.get(), message.amount.get());
        self.check_movement(number, amount)?;
        if amount > self.buying_power(number) {
            return Err(RejectCode::InsufficientBuyingPower);
        }
        self.ledger.withdraw(number, amount);
        self.assert_solvent(number);
        self.report_account(context, number, effects);
        Ok(())
    }

    pub(crate) fn entitle(
        &mut self,
        context: &Context,
        message: &EntitlementRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let (access_key_id, roles) = (message.access_key_id.get(), message.roles.get());
        let firm_id = message.firm_id.get();
        if !self.entitlements.contains(access_key_id) {
            return Err(RejectCode::AccessKeyOutOfRange);
        }
        if roles & !ROLES_ALL != 0 {
            return Err(RejectCode::InvalidRoles);
        }
        if roles != 0 && firm_id == 0 {
            return Err(RejectCode::FirmZero);
        }
        let open_orders_max = message.open_orders_max.get();
        self.entitlements.set(access_key_id, Entitlement { firm_id, roles, open_orders_max });
        effects.push(&EntitlementReport {
            request_id: message.request_id,
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: message.seq_num,
            access_key_id: message.access_key_id,
            firm_id: message.firm_id,
            roles: message.roles,
            open_orders_max: message.open_orders_max,
        });
        Ok(())
    }

    fn check_movement(&self, account: u32, amount: i64) -> Result<(), RejectCode> {
        if self.ledger.accounts.find(account).is_none() {
            return Err(RejectCode::UnknownAccount);
        }
        if amount <= 0 || amount > DEPOSITS_MAX {
            return Err(RejectCode::AmountOutOfRange);
        }
        Ok(())
    }

    /// The markets of an event that a request names: one, or all of them by 0.
    pub(crate) fn named_markets(
        &self,
        event_id: u32,
        security_id: u32,
    ) -> Result<std::ops::Range<u32>, RejectCode> {
        let event = self.events.find_event(event_id).ok_or(RejectCode::UnknownEvent)?;
        let security_ids = event.security_ids();
        match security_id {
            0 => Ok(security_ids),
            id if security_ids.contains(&id) => Ok(id..id + 1),
            _ => Err(RejectCode::UnknownMarket),
        }
    }

    /// The new status and the markets that the request is about.
    fn check_status(
        &self,
        message: &SecurityStatusRequest,
    ) -> Result<(MarketStatus, std::ops::Range<u32>), RejectCode> {
        let security_id = message.security_id.get();
        let is_for_all = security_id == 0;
        let security_ids = self.named_markets(message.event_id.get(), security_id)?;
        let status = MarketStatus::try_from(message.status)
            .map_err(|_| RejectCode::InvalidStatusTransition)?;
        let is_delisting = status == MarketStatus::Delisted;
        // An event is delisted as a whole: nothing could settle the rest of it.
        let mut changes_any = false;
        for market in security_ids.clone().map(|security_id| self.events.market(security_id)) {
            if is_for_all && !is_delisting && market.status() == MarketStatus::Closed {
                continue;
            }
            changes_any = true;
            if !may_go(market, status, message.in_play) {
                return Err(RejectCode::InvalidStatusTransition);
            }
        }
        if message.in_play > 1 || !changes_any || (is_delisting && !is_for_all) {
            return Err(RejectCode::InvalidStatusTransition);
        }
        let sweeps = status == MarketStatus::Closed
            || self.halts_orders(security_ids.clone(), (status, message.in_play));
        if sweeps && self.work.is_full(Owner::Exchange) {
            return Err(RejectCode::WorkQueueFull);
        }
        Ok((status, security_ids))
    }
}

/// The fee rates of a new event: as it says, or its series's where it says so.
fn fees_of(message: &EventDefinitionRequest, series: Option<&Series>) -> FeeRates {
    let rate = |asked: u16, of_series: fn(&Series) -> u16| match (asked, series) {
        (RATE_OF_SERIES, Some(series)) => of_series(series),
        _ => asked,
    };
    FeeRates {
        maker: rate(message.maker_fee_rate.get(), |series| series.fees.maker),
        taker: rate(message.taker_fee_rate.get(), |series| series.fees.taker),
    }
}

/// The life cycle of a market.
fn may_go(market: &Market, status: MarketStatus, in_play: u8) -> bool {
    use MarketStatus::{Closed, Delisted, Draft, Listed, Open, Paused};
    match (market.status(), status) {
        (Draft, Listed) | (Draft | Listed, Delisted) => true,
        (Listed | Paused, Open) | (Open, Paused) | (Listed | Open | Paused, Closed) => true,
        (Open, Open) | (Paused, Paused) => market.in_play() != in_play,
        _ => false,
    }
}

/// Stands for the series's rate in the definition of an event.
const RATE_OF_SERIES: u16 = u16::MAX;
