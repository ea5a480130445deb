//! Quote sets and mass quotes (`docs/engine-rules.md` §10).

use forecastle_proto_spec::{
    CancelReason, MarketStatus, MassQuote, MassQuoteAck, MassQuoteEntry, QuoteCancel, QuoteEntered,
    QuoteSetDefinition, QuoteSetReport, RejectCode, Side, TimeInForce,
};
use zerocopy::FromZeros;

use super::Model;
use super::book::{CANCEL_RESTING, Order};
use super::effects::Effects;
use super::guards::Incoming;
use super::ledger::OpenOrder;
use super::orders::{CANCEL_ON_DISCONNECT, CANCEL_ON_HALT, ECHO_NO, POST_ONLY, is_stale};
use super::sessions::Request;

/// A quote set: its key and its number there.
pub type SetName = (u32, u16);

/// A quote set as it was defined.
#[derive(Clone, Debug)]
pub struct QuoteSet {
    pub name: SetName,
    pub account: u32,
    pub bid_price_sum_max: u32,
    pub offer_price_sum_min: u32,
    /// Firm and number of its protection group.
    pub group: Option<(u32, u16)>,
    pub is_blocked: bool,
    /// Id, 0 for that of the firm's quotes without one, and instruction.
    pub self_match_prevention: (u16, u8),
    pub exec_inst: u8,
}

/// One side of an entry.
#[derive(Clone, Copy, Debug)]
struct Wish {
    security_id: u32,
    side: Side,
    price: u16,
    size: u32,
}

/// What becomes of a side.
enum Change {
    Nothing,
    Keep,
    Shrink(Order),
    Cancel(Order),
    Enter(Option<Order>),
}

/// What a mass quote would come to.
struct Outlook {
    open: Vec<OpenOrder>,
    entered: usize,
    freed: usize,
    /// Orders of the sender's session among those that go.
    own_freed: usize,
    /// Markets that the set would quote.
    market_count: usize,
}

impl Model {
    pub fn define_quote_set(
        &mut self,
        request: &Request,
        message: &QuoteSetDefinition,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let name = (request.session_id / 16, message.quote_set_id.get());
        let firm_id = self.entitlement_of(request.session_id).firm_id;
        let account = message.account.get();
        let group = (firm_id, message.protection_group.get());
        if name.1 == 0 {
            return Err(RejectCode::UnknownQuoteSet);
        }
        if self.accounts.get(&account).is_none_or(|it| it.firm_id != firm_id) {
            return Err(RejectCode::UnknownAccount);
        }
        if group.1 != 0 && !self.protection_groups.iter().any(|it| it.name == group) {
            return Err(RejectCode::UnknownProtectionGroup);
        }
        let prevention =
            (message.self_match_prevention_id.get(), message.self_match_prevention_instruction);
        let self_match_prevention = match prevention {
            (0, 0) => (0, CANCEL_RESTING),
            (1.., 1..=3) => prevention,
            _ => return Err(RejectCode::InvalidSelfMatchPrevention),
        };
        if message.exec_inst & !(POST_ONLY | CANCEL_ON_HALT | CANCEL_ON_DISCONNECT | ECHO_NO) != 0 {
            return Err(RejectCode::InvalidExecInst);
        }
        let index = self.quote_sets.iter().position(|set| set.name == name);
        if !self.quotes_of(name).is_empty() {
            return Err(RejectCode::QuoteSetInUse);
        }
        if index.is_none() && self.quote_sets.len() >= (4 * self.limits.sessions_max) as usize {
            return Err(RejectCode::QuoteSetTableFull);
        }
        let set = QuoteSet {
            name,
            account,
            bid_price_sum_max: message.bid_price_sum_max.get(),
            offer_price_sum_min: message.offer_price_sum_min.get(),
            group: (group.1 != 0).then_some(group),
            is_blocked: false,
            self_match_prevention,
            exec_inst: message.exec_inst,
        };
        match index {
            // A set without quotes may still be blocked.
            Some(index) => {
                let is_blocked = self.quote_sets[index].is_blocked;
                self.quote_sets[index] = QuoteSet { is_blocked, ..set };
            }
            None => self.quote_sets.push(set),
        }
        let mut report = QuoteSetReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.account = message.account;
        report.bid_price_sum_max = message.bid_price_sum_max;
        report.offer_price_sum_min = message.offer_price_sum_min;
        report.quote_set_id = message.quote_set_id;
        report.protection_group = message.protection_group;
        report.self_match_prevention_id = message.self_match_prevention_id;
        report.self_match_prevention_instruction = message.self_match_prevention_instruction;
        report.exec_inst = message.exec_inst;
        effects.push(&report);
        Ok(())
    }

    pub fn mass_quote(
        &mut self,
        request: &Request,
        message: &MassQuote,
        entries: &[MassQuoteEntry],
        effects: &mut Effects,
    ) {
        let mut ack = MassQuoteAck::new_zeroed();
        match self.check_mass_quote(request, message, entries, effects.now) {
            Err((code, entry)) => {
                ack.reject_code.set(code.into());
                ack.entry.set(entry as u16);
                if entry > 0 {
                    ack.security_id = entries[entry - 1].security_id;
                }
            }
            Ok(set) => self.change_quotes(request, &set, entries, (&mut ack, effects)),
        }
        self.push_ack(request, message.quote_set_id.get(), ack, effects);
    }

    pub fn cancel_quote_set(
        &mut self,
        request: &Request,
        message: &QuoteCancel,
        effects: &mut Effects,
    ) {
        let security_id = message.security_id.get();
        let mut ack = MassQuoteAck::new_zeroed();
        match self.usable_set(request, message.quote_set_id.get()) {
            Err(code) => ack.reject_code.set(code.into()),
            Ok(_) if security_id != 0 && !self.market_exists(security_id) => {
                ack.reject_code.set(RejectCode::UnknownMarket.into());
            }
            Ok(set) => {
                let count = self.cancel_quotes(
                    set.name,
                    security_id,
                    CancelReason::QuoteCancelled,
                    effects,
                );
                ack.cancelled_count.set(count as u16);
            }
        }
        if ack.reject_code.get() != 0 {
            ack.security_id.set(security_id);
        }
        self.push_ack(request, message.quote_set_id.get(), ack, effects);
    }

    /// The live quotes of a set, by ascending market, the bid first.
    pub fn quotes_of(&self, name: SetName) -> Vec<Order> {
        let mut quotes: Vec<Order> =
            self.orders.iter().filter(|order| order.quote_set == Some(name)).cloned().collect();
        quotes.sort_by_key(|order| (order.security_id, u8::from(order.side)));
        quotes
    }

    /// Cancels a set's quotes in one market, or in all for 0; gives how many.
    pub fn cancel_quotes(
        &mut self,
        name: SetName,
        security_id: u32,
        reason: CancelReason,
        effects: &mut Effects,
    ) -> usize {
        let mut quotes = self.quotes_of(name);
        quotes.retain(|order| security_id == 0 || order.security_id == security_id);
        for order in &quotes {
            self.cancel_order(order.order_id, reason, effects);
        }
        quotes.len()
    }

    /// The set of the sender's key, when its account is the sender's firm's.
    fn usable_set(&self, request: &Request, quote_set_id: u16) -> Result<QuoteSet, RejectCode> {
        let name = (request.session_id / 16, quote_set_id);
        let set = self.quote_sets.iter().find(|set| set.name == name);
        let set = set.ok_or(RejectCode::UnknownQuoteSet)?.clone();
        let firm_id = self.entitlement_of(request.session_id).firm_id;
        if self.accounts[&set.account].firm_id != firm_id {
            return Err(RejectCode::UnknownAccount);
        }
        Ok(set)
    }

    /// The code and the number of the entry, 0 for none.
    fn check_mass_quote(
        &self,
        request: &Request,
        message: &MassQuote,
        entries: &[MassQuoteEntry],
        now_ns: u64,
    ) -> Result<QuoteSet, (RejectCode, usize)> {
        let set = self.usable_set(request, message.quote_set_id.get());
        if set.as_ref().err() != Some(&RejectCode::UnknownQuoteSet)
            && is_stale(message.max_staleness_ms.get(), message.sending_time_ns.get(), now_ns)
        {
            return Err((RejectCode::StaleOnArrival, 0));
        }
        let set = set.map_err(|code| (code, 0))?;
        if set.is_blocked || set.group.is_some_and(|name| self.group(name).is_triggered) {
            return Err((RejectCode::ProtectionTriggered, 0));
        }
        for index in 0..entries.len() {
            self.check_entry(request, &set, entries, index).map_err(|code| (code, index + 1))?;
        }
        self.check_together(request, &set, entries).map_err(|code| (code, 0))?;
        Ok(set)
    }

    fn check_entry(
        &self,
        request: &Request,
        set: &QuoteSet,
        entries: &[MassQuoteEntry],
        index: usize,
    ) -> Result<(), RejectCode> {
        let entry = &entries[index];
        let security_id = entry.security_id.get();
        if !self.market_exists(security_id) {
            return Err(RejectCode::UnknownMarket);
        }
        let event_of = |entry: &MassQuoteEntry| self.market(entry.security_id.get()).event_id;
        if event_of(entry) != event_of(&entries[0])
            || entries[..index].iter().any(|it| it.security_id == entry.security_id)
        {
            return Err(RejectCode::InvalidQuoteEntry);
        }
        if self.market(security_id).status != MarketStatus::Open {
            return Err(RejectCode::MarketNotOpen);
        }
        let [bid, offer] = wishes(entry);
        for wish in [bid, offer] {
            if wish.size > 0 && !(1..=9_999).contains(&wish.price) {
                return Err(RejectCode::PriceOffGrid);
            }
        }
        if bid.size > 0 && offer.size > 0 && bid.price >= offer.price {
            return Err(RejectCode::QuoteCrossed);
        }
        for wish in [bid, offer] {
            if matches!(self.change_of(set, wish), Change::Enter(_)) {
                if !self.price_is_on_grid(security_id, wish.price) {
                    return Err(RejectCode::PriceOffGrid);
                }
                self.check_blocks(Incoming {
                    security_id,
                    account: set.account,
                    side: wish.side,
                    link_id: 0,
                    owner_session_id: request.session_id,
                    sender_session_id: request.session_id,
                })?;
                let order = OpenOrder {
                    security_id,
                    side: wish.side,
                    price: wish.price,
                    leaves: wish.size,
                    fee_rate: self.incoming_fee_rate(security_id),
                };
                self.check_order_cost(set.account, &order)?;
                self.check_collar(security_id, wish.price)?;
            }
        }
        Ok(())
    }

    fn check_together(
        &self,
        request: &Request,
        set: &QuoteSet,
        entries: &[MassQuoteEntry],
    ) -> Result<(), RejectCode> {
        let event_id = self.market(entries[0].security_id.get()).event_id;
        let markets: Vec<u32> =
            self.event(event_id).expect("its market exists").security_ids().collect();
        let sum = |side: Side, missing: u32| -> u32 {
            let price_in = |market: &u32| {
                let all = entries.iter().flat_map(wishes);
                let mut here = all.filter(|it| it.security_id == *market && it.side == side);
                here.find(|it| it.size > 0).map_or(missing, |it| u32::from(it.price))
            };
            markets.iter().map(price_in).sum()
        };
        let is_above = set.bid_price_sum_max != 0 && sum(Side::Buy, 0) > set.bid_price_sum_max;
        let is_below =
            set.offer_price_sum_min != 0 && sum(Side::Sell, 10_000) < set.offer_price_sum_min;
        if is_above || is_below {
            return Err(RejectCode::QuotePriceSum);
        }
        let Outlook { open, entered, freed, own_freed, market_count } =
            self.outlook(request, set, entries);
        if market_count > 128 {
            return Err(RejectCode::QuoteSetFull);
        }
        let most = usize::from(self.entitlement_of(request.session_id).open_orders_max);
        let own = self.orders.iter().filter(|order| order.session_id == request.session_id);
        if most != 0 && entered > 0 && own.count() - own_freed + entered > most {
            return Err(RejectCode::OpenOrderLimit);
        }
        if self.freelist.free.len() + freed < entered {
            return Err(RejectCode::OrderTableFull);
        }
        if entered > 0 && !self.has_exposure_room(set.account, event_id) {
            return Err(RejectCode::ExposureTableFull);
        }
        let checks: Vec<_> = entries
            .iter()
            .flat_map(wishes)
            .map(|it| self.check_buying_power(set.account, (it.security_id, it.side), &open))
            .collect();
        let precedence = [
            RejectCode::HoldOverflow,
            RejectCode::PositionLimit,
            RejectCode::WorstLossLimit,
            RejectCode::InsufficientBuyingPower,
        ];
        match precedence.into_iter().find(|code| checks.contains(&Err(*code))) {
            Some(code) => Err(code),
            None => Ok(()),
        }
    }

    /// The open orders of the account as they would be.
    fn outlook(&self, request: &Request, set: &QuoteSet, entries: &[MassQuoteEntry]) -> Outlook {
        let mut open = self.open_orders(set.account);
        let mut entered = 0;
        let mut freed = 0;
        let mut own_freed = 0;
        let mut then: std::collections::BTreeSet<u32> =
            self.quotes_of(set.name).iter().map(|order| order.security_id).collect();
        for entry in entries {
            let has_quote = entry.bid_size.get() > 0 || entry.offer_size.get() > 0;
            then.remove(&entry.security_id.get());
            if has_quote {
                then.insert(entry.security_id.get());
            }
        }
        for wish in entries.iter().flat_map(wishes) {
            let change = self.change_of(set, wish);
            let old = match &change {
                Change::Nothing | Change::Keep | Change::Enter(None) => None,
                Change::Shrink(old) | Change::Cancel(old) | Change::Enter(Some(old)) => Some(old),
            };
            if let Some(old) = old {
                let is_it = |it: &OpenOrder| {
                    (it.security_id, it.side, it.price, it.leaves)
                        == (old.security_id, old.side, old.price, old.leaves)
                };
                let index = open.iter().position(is_it).expect("a quote is an open order");
                let it = open.remove(index);
                if matches!(change, Change::Shrink(_)) {
                    open.push(OpenOrder { leaves: wish.size, ..it });
                } else {
                    freed += 1;
                    own_freed += usize::from(old.session_id == request.session_id);
                }
            }
            if matches!(change, Change::Enter(_)) {
                entered += 1;
                open.push(OpenOrder {
                    security_id: wish.security_id,
                    side: wish.side,
                    price: wish.price,
                    leaves: wish.size,
                    fee_rate: self.incoming_fee_rate(wish.security_id),
                });
            }
        }
        Outlook { open, entered, freed, own_freed, market_count: then.len() }
    }

    fn change_of(&self, set: &QuoteSet, wish: Wish) -> Change {
        let quotes = self.quotes_of(set.name);
        let old = quotes
            .into_iter()
            .find(|order| order.security_id == wish.security_id && order.side == wish.side);
        match old {
            None if wish.size == 0 => Change::Nothing,
            None => Change::Enter(None),
            Some(old) if wish.size == 0 => Change::Cancel(old),
            Some(old) if old.price != wish.price || wish.size > old.leaves => {
                Change::Enter(Some(old))
            }
            Some(old) if wish.size < old.leaves => Change::Shrink(old),
            Some(_) => Change::Keep,
        }
    }

    fn change_quotes(
        &mut self,
        request: &Request,
        set: &QuoteSet,
        entries: &[MassQuoteEntry],
        (ack, effects): (&mut MassQuoteAck, &mut Effects),
    ) {
        let mut new = Vec::new();
        for wish in entries.iter().flat_map(wishes) {
            match self.change_of(set, wish) {
                Change::Nothing => {}
                Change::Keep => ack.kept_count += 1,
                Change::Shrink(old) => {
                    let live = self.order_mut(old.order_id);
                    live.leaves = wish.size;
                    live.cl_ord_id = request.id;
                    self.push_replaced(old.order_id, 0, true, effects);
                    ack.kept_count += 1;
                }
                Change::Cancel(old) => {
                    self.cancel_order(old.order_id, CancelReason::QuoteCancelled, effects);
                    ack.cancelled_count += 1;
                }
                Change::Enter(old) => {
                    if let Some(old) = old {
                        self.cancel_order(old.order_id, CancelReason::QuoteReplaced, effects);
                        ack.cancelled_count += 1;
                    }
                    new.push(wish);
                    ack.entered_count += 1;
                }
            }
        }
        let mut trades_left = self.limits.sweep_trades_max;
        for wish in new {
            let order_id = self.enter(request, set, wish, effects);
            let order = self.order(order_id).expect("it was just entered");
            if set.exec_inst & POST_ONLY != 0 && self.meeting(order).is_some() {
                self.cancel_order(order_id, CancelReason::PostOnly, effects);
                continue;
            }
            trades_left -= self.trade_within(order_id, trades_left, effects);
        }
        self.protect(effects);
    }

    fn enter(
        &mut self,
        request: &Request,
        set: &QuoteSet,
        wish: Wish,
        effects: &mut Effects,
    ) -> u64 {
        let Wish { security_id, side, price, size } = wish;
        let order_id = self.freelist.take();
        self.accepted_count += 1;
        self.exposures.insert((set.account, self.market(security_id).event_id));
        let mut effect = QuoteEntered::new_zeroed();
        effect.order_id.set(order_id);
        effect.quote_id.set(request.id);
        effect.security_id.set(security_id);
        effect.account.set(set.account);
        effect.session_id.set(request.session_id);
        effect.order_qty.set(size);
        effect.quantity_ahead.set(self.quantity_at(security_id, side, price));
        effect.quote_set_id.set(set.name.1);
        effect.price.set(price);
        effect.side = side.into();
        effect.exec_inst = set.exec_inst;
        effects.push(&effect);
        self.orders.push(Order {
            order_id,
            cl_ord_id: request.id,
            session_id: request.session_id,
            account: set.account,
            security_id,
            side,
            price,
            leaves: size,
            traded: 0,
            link_id: 0,
            time_in_force: TimeInForce::GoodTillCancel,
            accept_number: self.accepted_count,
            priority: None,
            expire_time_ns: 0,
            expiry: None,
            exec_inst: set.exec_inst,
            self_match_prevention: set.self_match_prevention,
            quote_set: Some(set.name),
            wait: None,
            has_waited: false,
        });
        order_id
    }

    fn push_ack(
        &self,
        request: &Request,
        quote_set_id: u16,
        mut ack: MassQuoteAck,
        effects: &mut Effects,
    ) {
        ack.quote_id.set(request.id);
        ack.exec_id.set(effects.position());
        ack.transact_time_ns.set(effects.now);
        ack.seq_num.set(request.seq_num);
        ack.quote_set_id.set(quote_set_id);
        ack.ref_template_id.set(request.template_id);
        effects.push(&ack);
    }
}

fn wishes(entry: &MassQuoteEntry) -> [Wish; 2] {
    let security_id = entry.security_id.get();
    let wish = |side, price, size| Wish { security_id, side, price, size };
    [
        wish(Side::Buy, entry.bid_px.get(), entry.bid_size.get()),
        wish(Side::Sell, entry.offer_px.get(), entry.offer_size.get()),
    ]
}
