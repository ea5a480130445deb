//! Random reference odds, mostly near the prices that orders have, and parameters that act on them.

use forecastle_proto_spec::{EventParametersRequest, ROLES_ODDS_PROVIDER, ReferenceOddsRequest};
use zerocopy::FromZeros;

use super::messages::bytes_of;
use super::world::World;

impl World {
    /// Odds of an event that may have some, nearly always.
    pub fn reference_odds(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.provider_session();
        let event_id = self.event_with_odds();
        let mut message = ReferenceOddsRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.event_id.set(event_id);
        let model = &self.pair.model;
        let is_live = model.odds.get(&event_id).is_some_and(|odds| !odds.is_deleted);
        let market_count = model.event(event_id).map_or(2, |event| event.market_count);
        message.action = match (self.random.below(16), is_live) {
            (0, _) => self.random.pick(&[0, 4, 255]),
            (1, true) | (3.., false) => 1,
            (2..4, true) => 3,
            (2, false) => self.random.pick(&[2, 3]),
            _ => 2,
        };
        let odds = self.odds_of_price();
        let mut fields =
            [&mut message.first_odds, &mut message.second_odds, &mut message.third_odds];
        for (field, odds) in fields.iter_mut().zip(odds).take(market_count.into()) {
            field.set(odds);
        }
        if market_count < 3 {
            // The second has the other's share as well.
            let [_, second, third] = odds.map(u64::from);
            let both = second * third / (second + third);
            message.second_odds.set(u32::try_from(both).expect("below either").max(1_001));
        }
        if self.random.once_in(12) {
            let odds = self.random.pick(&[0, 1_000, 1_001, 10_000_000, 10_000_001, u32::MAX]);
            match self.random.below(3) {
                0 => message.first_odds.set(odds),
                1 => message.second_odds.set(odds),
                _ => message.third_odds.set(odds),
            }
        }
        if self.random.once_in(10) {
            self.repeat_request(session_id, &mut message);
        }
        (session_id, bytes_of(&message))
    }

    /// What acts on reference odds, in a request about an event's parameters.
    pub fn collar(&mut self, message: &mut EventParametersRequest) {
        let width = self.random.pick(&[0, 50, 500, 3_000, 9_999]);
        message.collar_width.set(width);
        if width > 0 && self.random.once_in(2) {
            message.stale_collar_width.set((2 * width).min(9_999));
        }
        message.jump_limit.set(self.random.pick(&[0, 10, 120, 300, 9_999]));
        message.stale_after_ms.set(self.random.pick(&[0, 1, 5, 30]));
    }

    /// Odds of three outcomes, the first near a price of the world, with some margin.
    fn odds_of_price(&mut self) -> [u32; 3] {
        let price = u32::from(self.price()).clamp(10, 9_900);
        let second = self.random.between(1, 10_000 - price - 1);
        let third = 10_000 - price - second;
        [price, second, third].map(|price| {
            let fair = 10_000_000 / price;
            let margin = fair / 50;
            (fair - self.random.below(margin + 1)).max(1_001)
        })
    }

    /// Gives a request the id of one that its key sent before, or now and then another.
    fn repeat_request(&mut self, session_id: u32, message: &mut ReferenceOddsRequest) {
        let is_any = self.random.once_in(4);
        let mut requests = self.pair.model.odds_requests.clone();
        requests.retain(|(key, ..)| is_any || *key == session_id / 16);
        if let Some((_, request_id, _)) = self.random.pick_any(&requests) {
            message.request_id.set(request_id);
        }
    }

    fn event_with_odds(&mut self) -> u32 {
        let events = (1..).zip(&self.pair.model.events);
        let offered: Vec<u32> = events
            .filter(|(_, event)| event.is_exhaustive && event.market_count <= 3)
            .map(|(event_id, _)| event_id)
            .collect();
        match self.random.pick_any(&offered) {
            Some(event_id) if !self.random.once_in(20) => event_id,
            _ => self.any_event(),
        }
    }

    /// A session that may send odds, nearly always; or the exchange, or an administrator.
    fn provider_session(&mut self) -> u32 {
        match self.random.below(16) {
            0..2 => 0,
            2 => self.admin_session(),
            _ => self.session_for(ROLES_ODDS_PROVIDER),
        }
    }
}
