//! Random quote sets, mass quotes and protection limits.

use std::collections::BTreeMap;

use forecastle_proto_spec::{
    MarketMakerProtectionLimits, MarketMakerProtectionReset, MassQuote, MassQuoteEntry,
    QuoteCancel, QuoteSetDefinition, ROLES_TRADER, Side, encode_with_group,
};
use zerocopy::FromZeros;

use super::messages::bytes_of;
use super::world::{Kind, World};

impl World {
    /// Something that a market maker sends; mostly mass quotes, once there are sets. Worlds of lone
    /// markets have none: their orders are mirrored one by one.
    pub fn quoting(&mut self) -> (u32, Vec<u8>) {
        if self.kind == Kind::Lone {
            return self.new_order();
        }
        if self.pair.model.quote_sets.len() < 3 && self.random.once_in(2) {
            return if self.random.once_in(3) {
                self.limit_protection()
            } else {
                self.define_set()
            };
        }
        match self.random.below(40) {
            0..2 => self.define_set(),
            2..4 => self.limit_protection(),
            4..8 => self.reset_protection(),
            8..11 => self.cancel_quotes(),
            _ => self.mass_quote(),
        }
    }

    fn define_set(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.session_for(ROLES_TRADER);
        let mut message = QuoteSetDefinition::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.account.set(self.account_of(session_id));
        message.quote_set_id.set(self.random.pick(&[0, 1, 1, 1, 2, 2, 3]));
        message.protection_group.set(self.random.pick(&[0, 1, 1, 1, 2, 9]));
        if self.random.once_in(4) {
            message.bid_price_sum_max.set(self.random.pick(&[1, 9_900, 10_000, 20_000]));
        }
        if self.random.once_in(4) {
            message.offer_price_sum_min.set(self.random.pick(&[1, 10_000, 10_100, 25_000]));
        }
        if self.random.once_in(3) {
            message.self_match_prevention_id.set(self.random.pick(&[1, 1, 2]));
            message.self_match_prevention_instruction = self.random.pick(&[1, 2, 3]);
        }
        if self.random.once_in(3) {
            message.exec_inst = self.random.pick(&[1, 1, 4, 8, 16, 29]);
        }
        match self.random.below(60) {
            0 => message.self_match_prevention_id.set(0),
            1 => message.self_match_prevention_instruction = self.random.pick(&[0, 4, 255]),
            2 => message.exec_inst = self.random.pick(&[2, 3, 32, 255]),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    fn limit_protection(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.session_for(ROLES_TRADER);
        let mut message = MarketMakerProtectionLimits::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.protection_group.set(self.random.pick(&[1, 1, 1, 2, 2, 3]));
        message.window_ms.set(self.random.pick(&[16, 16, 17, 1_000, 60_000]));
        message.quantity_max.set(self.random.pick(&[0, 0, 3, 8, 30]));
        message.trades_max.set(self.random.pick(&[0, 0, 2, 3]));
        message.net_change_max.set(self.random.pick(&[0, 0, 2, 5]));
        match self.random.below(20) {
            0 => message.protection_group.set(0),
            1 => message.window_ms.set(self.random.pick(&[0, 15, 60_001, u32::MAX])),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    fn reset_protection(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.session_for(ROLES_TRADER);
        let mut message = MarketMakerProtectionReset::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.protection_group.set(self.random.pick(&[1, 1, 1, 2, 2, 3, 7]));
        (session_id, bytes_of(&message))
    }

    fn cancel_quotes(&mut self) -> (u32, Vec<u8>) {
        let (session_id, quote_set_id) = self.any_set();
        let mut message = QuoteCancel::new_zeroed();
        message.quote_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.quote_set_id.set(quote_set_id);
        if self.random.once_in(2) {
            message.security_id.set(self.any_market());
        }
        (session_id, bytes_of(&message))
    }

    fn mass_quote(&mut self) -> (u32, Vec<u8>) {
        let (session_id, quote_set_id) = self.any_set();
        let mut message = MassQuote::new_zeroed();
        message.quote_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.quote_set_id.set(quote_set_id);
        if self.random.once_in(20) {
            let (sending_time_ns, max_staleness_ms) = self.staleness();
            message.sending_time_ns.set(sending_time_ns);
            message.max_staleness_ms.set(max_staleness_ms);
        }
        let first = self.any_market();
        let mut markets = vec![first];
        if self.pair.model.market_exists(first) {
            let event = self.pair.model.event_of(first).clone();
            markets = event.security_ids().collect();
            // A part of the event, from any of its markets on.
            let start = self.random.below(u32::from(event.market_count)) as usize;
            markets.rotate_left(start);
            let most = self.random.pick(&[1, 2, 3, 64]);
            markets.truncate(most);
        }
        if self.random.once_in(60) {
            markets.push(self.random.pick_any(&markets).unwrap_or(1));
        }
        if self.random.once_in(60) {
            markets.push(self.any_market());
        }
        markets.truncate(64);
        let mut entries = Vec::new();
        if self.random.once_in(3) {
            entries = self.moved_entries(session_id, quote_set_id);
        }
        if entries.is_empty() {
            let entry = |market| self.entry(session_id, quote_set_id, market);
            entries = markets.into_iter().map(entry).collect();
        }
        let mut bytes = vec![0; 4_096];
        let length = encode_with_group(&message, &entries, &mut bytes).expect("1 to 64 entries");
        bytes.truncate(length);
        (session_id, bytes)
    }

    /// Entries that quote what is quoted in one event already, mostly at other prices, and nothing
    /// else; in any order.
    fn moved_entries(&mut self, session_id: u32, quote_set_id: u16) -> Vec<MassQuoteEntry> {
        let mut entries = BTreeMap::<u32, MassQuoteEntry>::new();
        let mut event = None;
        for order in self.pair.model.quotes_of((session_id / 16, quote_set_id)) {
            let of_order = self.pair.model.event_of(order.security_id).first_security_id;
            if *event.get_or_insert(of_order) != of_order {
                continue;
            }
            let entry = entries.entry(order.security_id).or_insert_with(MassQuoteEntry::new_zeroed);
            entry.security_id.set(order.security_id);
            let (step, size) = (self.random.below(3), self.random.below(self.quantity_max) + 1);
            let step = u16::try_from(step).expect("below 3");
            match order.side {
                Side::Buy => {
                    entry.bid_px.set(order.price.saturating_sub(step).max(1));
                    entry.bid_size.set(size);
                }
                Side::Sell => {
                    entry.offer_px.set((order.price + step).min(9_999));
                    entry.offer_size.set(size);
                }
            }
        }
        let mut entries: Vec<_> = entries.into_values().collect();
        if self.random.once_in(2) {
            entries.reverse();
        }
        entries
    }

    fn entry(&mut self, session_id: u32, quote_set_id: u16, market: u32) -> MassQuoteEntry {
        let mut entry = MassQuoteEntry::new_zeroed();
        entry.security_id.set(market);
        let (bid, offer) = (self.price(), self.price());
        let (bid, offer) = (bid.min(offer), bid.max(offer));
        let offer = if bid == offer && !self.random.once_in(30) { offer + 1 } else { offer };
        entry.bid_px.set(bid);
        entry.offer_px.set(offer.min(if self.random.once_in(40) { 10_000 } else { 9_999 }));
        let size_max = self.quantity_max;
        entry.bid_size.set(self.random.below(size_max + 1));
        entry.offer_size.set(self.random.below(size_max + 1));
        if self.random.once_in(200) {
            entry.bid_size.set(u32::MAX);
        }
        // Now and then what is quoted there already, with as many lots or fewer.
        for order in self.pair.model.quotes_of((session_id / 16, quote_set_id)) {
            if order.security_id == market && self.random.once_in(2) {
                let size = order.leaves - self.random.below(order.leaves.min(2));
                match order.side {
                    Side::Buy => {
                        entry.bid_px.set(order.price);
                        entry.bid_size.set(size);
                    }
                    Side::Sell => {
                        entry.offer_px.set(order.price);
                        entry.offer_size.set(size);
                    }
                }
            }
        }
        match self.random.below(150) {
            0 => entry.bid_px.set(0),
            1 => entry.offer_px.set(u16::MAX),
            _ => {}
        }
        entry
    }

    /// A session and a set of its key, nearly always one that is defined.
    fn any_set(&mut self) -> (u32, u16) {
        let sets: Vec<_> = self.pair.model.quote_sets.iter().map(|set| set.name).collect();
        let named = self.random.pick_any(&sets).filter(|_| !self.random.once_in(30));
        let Some((key, quote_set_id)) = named else {
            return (self.session_for(ROLES_TRADER), self.random.pick(&[0, 1, 7]));
        };
        let mut sessions = self.sessions_with(ROLES_TRADER);
        sessions.retain(|session_id| session_id / 16 == key);
        let session_id = self.random.pick_any(&sessions);
        (session_id.unwrap_or_else(|| self.session_for(ROLES_TRADER)), quote_set_id)
    }
}
