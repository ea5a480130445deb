//! Mass quotes of a flow: each quote set stands in the markets of one event on both sides, and
//! moves all of its quotes a tick out and back again.
//!
//! A quote that moves gives way to a new one, in the naive books too: no quote keeps its place.

use super::*;

/// What the maker knows of a quote set.
#[derive(Clone, Debug)]
pub(super) struct FlowQuoteSet {
    account: u32,
    /// Its number with its key.
    quote_set_id: u16,
    /// Its first market; the others of the event follow.
    first_market: u32,
    /// From the middle to its bids and offers while it stands in, in used ticks.
    distance: u16,
    stands_out: bool,
    /// Its orders, bid and offer in each market, by number; dead ones too.
    orders: Vec<u32>,
}

impl Maker {
    /// Defines the quote sets, three or so to an event, and has each quote once.
    pub(super) fn open_quotes(&mut self) {
        let per_event = u32::from(self.settings.markets_per_event);
        let event_count = self.settings.market_count / per_event;
        for index in 0..self.settings.quote_set_count {
            let account = 1 + index;
            let (session_id, seq_num) = self.next_number(account);
            let round = (index / event_count) as u16;
            let set = FlowQuoteSet {
                account,
                quote_set_id: (1 + index / self.settings.firm_count) as u16,
                first_market: 1 + index % event_count * per_event,
                distance: 1 + round % SETS_ABREAST * 2,
                stands_out: false,
                orders: Vec::new(),
            };
            let mut definition = QuoteSetDefinition::new_zeroed();
            definition.request_id.set(self.cl_ord_id);
            definition.seq_num.set(seq_num);
            definition.account.set(account);
            definition.quote_set_id.set(set.quote_set_id);
            self.quote_sets.push(set);
            self.administer(session_id, &definition);
        }
        for index in 0..self.quote_sets.len() {
            self.mass_quote(index);
        }
    }

    /// A set quotes anew, at other prices than before.
    pub(super) fn mass_quote(&mut self, index: usize) {
        let set = &mut self.quote_sets[index];
        set.stands_out = !set.stands_out;
        let distance = set.distance + u16::from(set.stands_out);
        let (account, first_market) = (set.account, set.first_market);
        let (quote_set_id, old) = (set.quote_set_id, std::mem::take(&mut set.orders));
        let cancelled: Vec<u32> =
            old.into_iter().filter(|order| self.live.contains(*order)).collect();
        for order in &cancelled {
            self.push_operation(Action::Cancel, *order, 0, false);
            let SentOrder { market, price, is_bid, .. } = self.orders[*order as usize];
            self.books.cancel(market - 1, is_bid, u32::from(price), *order);
            self.live.remove(*order);
        }
        let (mut entries, mut entered) = (Vec::new(), Vec::new());
        let markets = first_market..first_market + u32::from(self.settings.markets_per_event);
        for market in markets.clone() {
            let middle = self.middles[market as usize - 1];
            let mut entry = MassQuoteEntry::new_zeroed();
            entry.security_id.set(market);
            entry.bid_px.set((middle - distance) * self.settings.tick_size);
            entry.offer_px.set((middle + distance) * self.settings.tick_size);
            entry.bid_size.set(1 + self.random.below(PASSIVE_QUANTITY_MAX));
            entry.offer_size.set(1 + self.random.below(PASSIVE_QUANTITY_MAX));
            for (is_bid, price, size) in [
                (true, entry.bid_px.get(), entry.bid_size.get()),
                (false, entry.offer_px.get(), entry.offer_size.get()),
            ] {
                let order = self.orders.len() as u32;
                entered.push(order);
                self.orders.push(SentOrder {
                    order_id: 0,
                    account,
                    market,
                    price,
                    is_bid,
                    order_qty: size,
                });
                let ends_command = market + 1 == markets.end && !is_bid;
                self.push_operation(Action::Rest, order, size, ends_command);
                self.books.rest(market - 1, is_bid, u32::from(price), order, size);
                self.live.insert(order);
            }
            entries.push(entry);
        }
        let (session_id, seq_num) = self.next_number(account);
        let mut message = MassQuote::new_zeroed();
        message.quote_id.set(self.cl_ord_id);
        message.seq_num.set(seq_num);
        message.quote_set_id.set(quote_set_id);
        let mut command = vec![0; MassQuote::encoded_length(entries.len())];
        encode_with_group(&message, &entries, &mut command).expect("a buffer of that length");
        let expected = Expected { entered: &entered, cancelled: &cancelled, fills: &[] };
        self.send_bytes(session_id, &command, &expected);
        self.quote_sets[index].orders = entered;
        self.outcome.mass_quote_count += 1;
    }
}

/// Sets of one event that stand at prices of their own.
const SETS_ABREAST: u16 = 10;
