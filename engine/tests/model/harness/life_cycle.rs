//! Random life cycles: definitions, status, settlement by legal and illegal vectors.

use forecastle_proto_spec::{
    DisputeRequest, EventDefinitionRequest, EventParametersRequest, MarketStatus,
    SecurityStatusRequest, SettlementRequest, TickTableRequest,
};
use zerocopy::FromZeros;

use super::messages::bytes_of;
use super::world::{Kind, World};

impl World {
    pub fn define_event(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let mut message = EventDefinitionRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        let shapes =
            [(1, 0), (2, 0), (2, 1), (3, 1), (0, 0), (65, 1), (255, 0), (1, 1), (2, 2), (64, 1)];
        (message.market_count, message.exhaustive) = self.random.pick(&shapes);
        if self.kind == Kind::Lone && (2..=64).contains(&message.market_count) {
            message.market_count = 1;
        }
        message.external_id.set(self.random.word());
        message.draft = self.random.pick(&[0, 0, 1]);
        if self.random.once_in(20) {
            message.draft = self.random.pick(&[2, 255]);
        }
        if self.random.once_in(2) {
            let rates = [0, 0, 1, 25, 200, 700, 5_000, 9_999, 9_999, 9_999, 10_000];
            message.maker_fee_rate.set(self.random.pick(&rates));
            message.taker_fee_rate.set(self.random.pick(&rates));
        }
        if self.random.once_in(2) {
            message.series_id.set(self.any_series());
            if self.random.once_in(2) {
                message.taker_fee_rate.set(u16::MAX);
            }
        }
        (session_id, bytes_of(&message))
    }

    /// Opens a market that is listed or paused, or defines a new event when hardly any is left.
    pub fn revive_market(&mut self) -> Option<(u32, Vec<u8>)> {
        let count_of = |statuses: &[MarketStatus]| {
            let markets = self.pair.model.markets.iter();
            markets.filter(|market| statuses.contains(&market.status)).count()
        };
        if count_of(&[MarketStatus::Open]) >= 3 {
            return None;
        }
        let idle: Vec<(u32, MarketStatus)> = (1..)
            .zip(&self.pair.model.markets)
            .filter(|(_, it)| {
                use MarketStatus::{Draft, Listed, Paused};
                matches!(it.status, Draft | Listed | Paused)
            })
            .map(|(security_id, it)| (security_id, it.status))
            .collect();
        if let Some((security_id, status)) = self.random.pick_any(&idle) {
            let mut message = SecurityStatusRequest::new_zeroed();
            message.event_id.set(self.pair.model.market(security_id).event_id);
            message.security_id.set(security_id);
            message.status = match status {
                MarketStatus::Draft => MarketStatus::Listed.into(),
                _ => MarketStatus::Open.into(),
            };
            return Some((0, bytes_of(&message)));
        }
        let mut message = EventDefinitionRequest::new_zeroed();
        let shapes = match self.kind {
            Kind::Lone => [(1, 0); 4],
            _ => [(1, 0), (2, 1), (3, 1), (3, 0)],
        };
        (message.market_count, message.exhaustive) = self.random.pick(&shapes);
        Some((0, bytes_of(&message)))
    }

    /// Closes all markets of the first event, the one with most markets in a wide world.
    pub fn close_first_event(&mut self) -> (u32, Vec<u8>) {
        let mut message = SecurityStatusRequest::new_zeroed();
        message.event_id.set(1);
        message.status = MarketStatus::Closed.into();
        (0, bytes_of(&message))
    }

    pub fn change_status(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let mut message = SecurityStatusRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.reason.set(self.random.pick(&[0, 7, u16::MAX - 1]));
        let event_id = self.any_event();
        message.event_id.set(event_id);
        if self.random.once_in(2)
            && let Some(event) = self.pair.model.event(event_id)
        {
            let beyond = u32::from(self.random.once_in(20));
            let count = u32::from(event.market_count) + beyond;
            message.security_id.set(event.first_security_id + self.random.below(count));
        }
        if self.random.once_in(30) {
            return self.delist(session_id, message);
        }
        message.status = match self.random.below(40) {
            0..22 => MarketStatus::Open.into(),
            22..33 => MarketStatus::Paused.into(),
            33..35 => MarketStatus::Closed.into(),
            35 => MarketStatus::Settled.into(),
            36 => MarketStatus::Draft.into(),
            37 => MarketStatus::Listed.into(),
            38 => MarketStatus::Delisted.into(),
            _ => self.random.pick(&[0, 7, 8, 10, 255]),
        };
        message.in_play = self.random.pick(&[0, 0, 0, 1, 1, 2]);
        (session_id, bytes_of(&message))
    }

    /// Delists an event that was never open, when there is one.
    fn delist(&mut self, session_id: u32, mut message: SecurityStatusRequest) -> (u32, Vec<u8>) {
        let model = &self.pair.model;
        let is_new = |security_id| {
            let status = model.market(security_id).status;
            matches!(status, MarketStatus::Draft | MarketStatus::Listed)
        };
        let new: Vec<u32> = (1..)
            .zip(&model.events)
            .filter(|(_, event)| event.security_ids().all(is_new))
            .map(|(event_id, _)| event_id)
            .collect();
        if let Some(event_id) = self.random.pick_any(&new) {
            message.event_id.set(event_id);
        }
        message.security_id.set(0);
        message.status = MarketStatus::Delisted.into();
        (session_id, bytes_of(&message))
    }

    /// Parameters of an event, mostly of one that is not open.
    pub fn event_parameters(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let mut message = EventParametersRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.event_id.set(self.halted_event());
        message.velocity = self.random.pick(&[1, 2, 2, 3]);
        match self.random.below(40) {
            0 => message.in_play_delay_ms.set(self.random.pick(&[60_001, u32::MAX - 1])),
            1 => message.dispute_window_ms.set(2_592_000_001),
            2 => message.stale_after_ms.set(86_400_001),
            3 => message.collar_width.set(10_000),
            4 => message.stale_collar_width.set(1),
            5 => message.jump_limit.set(10_000),
            6 => message.static_low.set(10_000),
            7 => {
                message.static_low.set(5);
                message.static_high.set(4);
            }
            8..12 => message.cross_outcome = self.random.pick(&[1, 1, 1, 1, 2]),
            12 => message.velocity = self.random.pick(&[0, 4, 255]),
            16..22 => {
                let (low, high) = (self.price(), self.price());
                message.static_low.set(self.random.pick(&[0, low.min(high)]));
                message.static_high.set(self.random.pick(&[0, low.max(high)]));
            }
            22..34 => self.collar(&mut message),
            _ => {}
        }
        if self.random.once_in(2) {
            message.dispute_window_ms.set(self.random.pick(&[1, 5, 30]));
        }
        if !self.random.once_in(3) {
            message.in_play_delay_ms.set(self.random.pick(&[1, 2, 10, u32::MAX]));
        }
        (session_id, bytes_of(&message))
    }

    /// A grid for a market, mostly of an event that is not open, and mostly one of few bands.
    pub fn tick_table(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let event_id = self.halted_event();
        let mut message = TickTableRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.event_id.set(event_id);
        if self.random.once_in(2)
            && let Some(event) = self.pair.model.event(event_id)
        {
            let beyond = u32::from(self.random.once_in(20));
            let count = u32::from(event.market_count) + beyond;
            message.security_id.set(event.first_security_id + self.random.below(count));
        }
        message.band_count = self.random.pick(&[1, 1, 2, 2, 3, 4]);
        let mut from = 1;
        for band in 0..4 {
            message.band_from[band].set(from);
            message.band_tick[band].set(self.random.pick(&[1, 1, 1, 2, 3, 7, 50]));
            from += self.random.pick(&[60, 500, 2_000, 3_000]);
        }
        if self.kind == Kind::Lone {
            // Its own mirror: a multiple's complement is a multiple.
            message.band_count = 1;
            message.band_tick[0].set(self.random.pick(&[1, 1, 2, 5, 50]));
        }
        match self.random.below(20) {
            0 => message.band_count = self.random.pick(&[0, 5, 255]),
            1 => message.band_from[0].set(self.random.pick(&[0, 2])),
            2 => message.band_tick[0].set(self.random.pick(&[0, 10_000])),
            3 => message.band_from[1].set(self.random.pick(&[0, 1, 9_999, 10_000])),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    /// An event of which no market is open, when there is one.
    fn halted_event(&mut self) -> u32 {
        let model = &self.pair.model;
        let halted: Vec<u32> = (1..)
            .zip(&model.events)
            .filter(|(_, event)| {
                event.security_ids().all(|it| model.market(it).status != MarketStatus::Open)
            })
            .map(|(event_id, _)| event_id)
            .collect();
        match self.random.pick_any(&halted) {
            Some(event_id) if !self.random.once_in(5) => event_id,
            _ => self.any_event(),
        }
    }

    pub fn settle(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let event_id = self.event_to_settle();
        let mut message = SettlementRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.event_id.set(event_id);
        let count = self.pair.model.event(event_id).map_or(2, |event| event.market_count);
        message.value_count = count;
        let values = &mut message.values[..usize::from(count)];
        if self.random.once_in(2) {
            values[self.random.below(u32::from(count)) as usize].set(10_000);
        } else {
            let mut rest = 10_000;
            for value in values.iter_mut() {
                let part = self.random.below(rest + 1);
                value.set(u16::try_from(part).expect("at most 10000"));
                rest -= part;
            }
            if self.random.once_in(2) {
                let last = &mut values[usize::from(count) - 1];
                last.set(last.get() + u16::try_from(rest).expect("at most 10000"));
            }
        }
        match self.random.below(16) {
            0 => message.value_count = self.random.pick(&[0, count + 1, count - 1, 64, 65, 255]),
            1 => message.values[0].set(10_001),
            2 => message.values[usize::from(count) - 1].set(1),
            3 => message.values[usize::from(count)..].iter_mut().for_each(|it| it.set(77)),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    /// A dispute, mostly of an outcome that there is.
    pub fn dispute(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.admin_session();
        let mut message = DisputeRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.reason.set(self.random.pick(&[0, 9]));
        let open = (1..)
            .zip(&self.pair.model.events)
            .filter(|(_, event)| event.determination.is_some())
            .map(|(event_id, _)| event_id)
            .collect::<Vec<u32>>();
        let event_id = match self.random.pick_any(&open) {
            Some(event_id) if !self.random.once_in(8) => event_id,
            _ => self.any_event(),
        };
        message.event_id.set(event_id);
        (session_id, bytes_of(&message))
    }

    /// An event whose markets are all closed or have an outcome, when there is one.
    fn event_to_settle(&mut self) -> u32 {
        let model = &self.pair.model;
        let closed: Vec<u32> = (1..)
            .zip(&model.events)
            .filter(|(_, event)| {
                use MarketStatus::{Closed, Determined, Disputed};
                let is_at_end =
                    |it| matches!(model.market(it).status, Closed | Determined | Disputed);
                event.security_ids().all(is_at_end)
            })
            .map(|(event_id, _)| event_id)
            .collect();
        match self.random.pick_any(&closed) {
            Some(event_id) if !self.random.once_in(8) => event_id,
            _ => self.any_event(),
        }
    }
}
