//! Events, markets and their life cycle (`docs/engine-rules.md` §5).

use forecastle_proto_spec::{
    CancelReason, EVENT_MARKETS_MAX, EventDefinitionReport, EventDefinitionRequest, MarketStatus,
    MassActionScope, RejectCode, SecurityStatusReport, SecurityStatusRequest,
};
use zerocopy::FromZeros;

use super::Model;
use super::determination::Determination;
use super::effects::Effects;
use super::event_parameters::EventParameters;
use super::orders::CANCEL_ON_HALT;
use super::sessions::Request;
use super::sweeps::{Covered, Owner, Sweep, Work, WorkKind};
use super::tick_tables::EVERY_PRICE;

/// An event and where its markets begin.
#[derive(Clone, Debug)]
pub struct Event {
    pub first_security_id: u32,
    pub market_count: u8,
    pub is_exhaustive: bool,
    /// Ten-thousandths.
    pub maker_fee_rate: u16,
    pub taker_fee_rate: u16,
    pub parameters: EventParameters,
    /// The outcome while it is not final.
    pub determination: Option<Determination>,
    /// Value of each market once the event is settled.
    pub settled_values: Option<Vec<u16>>,
    /// Cash of a settlement that is not complete.
    pub pool: i128,
}

impl Event {
    pub fn security_ids(&self) -> std::ops::Range<u32> {
        self.first_security_id..self.first_security_id + u32::from(self.market_count)
    }
}

#[derive(Clone, Debug)]
pub struct Market {
    pub event_id: u32,
    pub status: MarketStatus,
    pub in_play: u8,
    pub rpt_seq: u32,
    /// First price and tick of each band of its grid.
    pub bands: Vec<(u16, u16)>,
}

impl Model {
    pub fn event(&self, event_id: u32) -> Option<&Event> {
        self.events.get((event_id as usize).checked_sub(1)?)
    }

    /// The event of a market.
    pub fn event_of(&self, security_id: u32) -> &Event {
        self.event(self.market(security_id).event_id).expect("a market has its event")
    }

    pub fn market_exists(&self, security_id: u32) -> bool {
        (1..=self.markets.len()).contains(&(security_id as usize))
    }

    pub fn market(&self, security_id: u32) -> &Market {
        &self.markets[security_id as usize - 1]
    }

    pub fn market_mut(&mut self, security_id: u32) -> &mut Market {
        &mut self.markets[security_id as usize - 1]
    }

    pub fn next_rpt_seq(&mut self, security_id: u32) -> u32 {
        let market = self.market_mut(security_id);
        market.rpt_seq += 1;
        market.rpt_seq
    }

    pub fn define_event(
        &mut self,
        request: &Request,
        message: &EventDefinitionRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let market_count = usize::from(message.market_count);
        if market_count == 0
            || market_count > EVENT_MARKETS_MAX
            || message.exhaustive > 1
            || (market_count == 1 && message.exhaustive == 1)
        {
            return Err(RejectCode::InvalidMarketCount);
        }
        let (series, maker_fee_rate, taker_fee_rate) = self.series_and_fees(message)?;
        if message.draft > 1 {
            return Err(RejectCode::InvalidStatusTransition);
        }
        if self.events.len() >= self.limits.events_max as usize
            || self.markets.len() + market_count > self.limits.markets_max as usize
        {
            return Err(RejectCode::EventTableFull);
        }
        let first_security_id = u32::try_from(self.markets.len() + 1).expect("few markets");
        self.events.push(Event {
            first_security_id,
            market_count: message.market_count,
            is_exhaustive: message.exhaustive == 1,
            maker_fee_rate,
            taker_fee_rate,
            parameters: EventParameters::default(),
            determination: None,
            settled_values: None,
            pool: 0,
        });
        let event_id = u32::try_from(self.events.len()).expect("few events");
        let bands = EVERY_PRICE.to_vec();
        let listed =
            Market { event_id, status: MarketStatus::Listed, in_play: 0, rpt_seq: 0, bands };
        self.markets.extend(std::iter::repeat_n(listed, market_count));
        let mut report = EventDefinitionReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.event_id.set(event_id);
        report.first_security_id.set(first_security_id);
        report.market_count = message.market_count;
        report.exhaustive = message.exhaustive;
        report.external_id = message.external_id;
        report.series_id = message.series_id;
        effects.push(&report);
        if message.draft == 1 {
            for security_id in (first_security_id..).take(market_count) {
                self.set_status(request, security_id, (MarketStatus::Draft, 0, 0), effects);
            }
        }
        if let Some(series) = series {
            self.take_after(request, series, event_id, effects);
        }
        Ok(())
    }

    pub fn change_status(
        &mut self,
        request: &Request,
        message: &SecurityStatusRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let event_id = message.event_id.get();
        let security_id = message.security_id.get();
        let event = self.event(event_id).ok_or(RejectCode::UnknownEvent)?;
        let mut markets: Vec<u32> = event.security_ids().collect();
        if security_id != 0 {
            if !markets.contains(&security_id) {
                return Err(RejectCode::UnknownMarket);
            }
            markets = vec![security_id];
        }
        let all_of_event: Vec<u32> = event.security_ids().collect();
        let new = MarketStatus::try_from(message.status)
            .map_err(|_| RejectCode::InvalidStatusTransition)?;
        if new == MarketStatus::Delisted {
            if security_id != 0 {
                return Err(RejectCode::InvalidStatusTransition);
            }
        } else if security_id == 0 {
            markets.retain(|&market| self.market(market).status != MarketStatus::Closed);
        }
        let is_allowed = |&market: &u32| self.transition_is_allowed(market, new, message.in_play);
        if message.in_play > 1 || markets.is_empty() || !markets.iter().all(is_allowed) {
            return Err(RejectCode::InvalidStatusTransition);
        }
        let halts_orders = markets.iter().any(|&it| self.halts_orders(it, new, message.in_play));
        if new == MarketStatus::Closed || halts_orders {
            self.check_work_queue(Owner::Exchange)?;
        }
        for &market in &markets {
            self.set_status(request, market, (new, message.in_play, message.reason.get()), effects);
        }
        let (scope, covered) = match security_id {
            0 => (MassActionScope::Event, all_of_event),
            _ => (MassActionScope::Security, markets),
        };
        if halts_orders {
            self.sweep_halted(request, scope, covered, effects);
        } else if new == MarketStatus::Closed {
            let closing = (scope, 0, CancelReason::MarketClosed);
            let owner = (Owner::Exchange, request);
            self.start_sweep(owner, Covered::Markets(covered), closing, effects);
        }
        Ok(())
    }

    /// Whether a market has a marked order and is paused, or goes in play, by coming to a status.
    pub fn halts_orders(&self, security_id: u32, new: MarketStatus, in_play: u8) -> bool {
        let market = self.market(security_id);
        let is_live = |it| [MarketStatus::Open, MarketStatus::Paused].contains(&it);
        let is_pause = market.status == MarketStatus::Open && new == MarketStatus::Paused;
        let goes_in_play = in_play > market.in_play;
        let mut own = self.orders.iter().filter(|order| order.security_id == security_id);
        is_live(market.status)
            && is_live(new)
            && (is_pause || goes_in_play)
            && own.any(|order| order.exec_inst & CANCEL_ON_HALT != 0)
    }

    /// Ends the marked orders of markets that were halted.
    pub fn sweep_halted(
        &mut self,
        request: &Request,
        scope: MassActionScope,
        markets: Vec<u32>,
        effects: &mut Effects,
    ) {
        let sweep = Sweep {
            covered: Covered::Markets(markets),
            side: 0,
            instruction: CANCEL_ON_HALT,
            reason: Some(CancelReason::MarketHalted),
            scope,
            accepted_count: self.accepted_count,
            next_slot: 0,
            order_count: 0,
        };
        let kind = WorkKind::Sweep(sweep);
        self.start_work(Work { owner: Owner::Exchange, request: *request, kind }, effects);
    }

    /// Sets status, in-play mark and tells it.
    pub fn set_status(
        &mut self,
        request: &Request,
        security_id: u32,
        (status, in_play, reason): (MarketStatus, u8, u16),
        effects: &mut Effects,
    ) {
        let rpt_seq = self.next_rpt_seq(security_id);
        let market = self.market_mut(security_id);
        market.status = status;
        market.in_play = in_play;
        let mut report = SecurityStatusReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.event_id.set(market.event_id);
        report.security_id.set(security_id);
        report.rpt_seq.set(rpt_seq);
        report.reason.set(reason);
        report.status = status.into();
        report.in_play = in_play;
        let value = self.value_of(security_id);
        report.settlement_price.set(value);
        let delay_ms = self.event_of(security_id).parameters.in_play_delay_ms;
        report.in_play_delay_ms.set(u16::try_from(delay_ms).expect("a minute at most"));
        effects.push(&report);
    }

    fn transition_is_allowed(&self, security_id: u32, new: MarketStatus, in_play: u8) -> bool {
        let market = self.market(security_id);
        match (market.status, new) {
            (MarketStatus::Open, MarketStatus::Open)
            | (MarketStatus::Paused, MarketStatus::Paused) => market.in_play != in_play,
            (MarketStatus::Draft, MarketStatus::Listed | MarketStatus::Delisted)
            | (MarketStatus::Listed, MarketStatus::Delisted)
            | (MarketStatus::Listed | MarketStatus::Paused, MarketStatus::Open)
            | (MarketStatus::Open, MarketStatus::Paused)
            | (
                MarketStatus::Listed | MarketStatus::Open | MarketStatus::Paused,
                MarketStatus::Closed,
            ) => true,
            _ => false,
        }
    }
}
