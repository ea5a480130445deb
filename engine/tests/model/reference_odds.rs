//! Reference odds and the limits of prices around them (`docs/engine-rules.md` §8 and §11).

use forecastle_proto_spec::{
    MarketStatus, MassActionScope, PriceLimitsChanged, ROLES_MARKET_ADMIN, ROLES_ODDS_PROVIDER,
    ReferenceOddsReport, ReferenceOddsRequest, RejectCode,
};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::sessions::Request;
use super::sweeps::Owner;
use super::timers::Due;

/// What was last said about an event.
#[derive(Clone, Debug)]
pub struct Odds {
    /// 0 for the exchange itself.
    pub provider: u32,
    /// Thousandths, one for each market.
    pub odds: Vec<u32>,
    pub is_deleted: bool,
    pub is_stale: bool,
    pub change_count: u32,
    pub updated_ns: u64,
    /// When they become stale.
    pub due: Option<Due>,
}

/// A low and a high limit and the reference price, 0 for none.
pub type Limits = (u16, u16, u16);

impl Model {
    /// The limits of new orders in each market of an event.
    pub fn price_limits(&self, event_id: u32) -> Vec<Limits> {
        let event = self.event(event_id).expect("it is defined");
        let parameters = event.parameters;
        let odds = self.odds.get(&event_id).filter(|odds| !odds.is_deleted);
        let references = odds.map(|it| prices_of(&it.odds).expect("they were taken"));
        let mut limits = Vec::new();
        for state in 0..usize::from(event.market_count) {
            let mut low = i64::from(parameters.static_low).max(1);
            let mut high = match parameters.static_high {
                0 => 9_999,
                high => i64::from(high),
            };
            let reference = references.as_ref().map_or(0, |prices| prices[state]);
            let is_stale = odds.is_some_and(|it| it.is_stale);
            let width = match parameters.stale_collar_width {
                wide if is_stale && wide != 0 => i64::from(wide),
                _ => i64::from(parameters.collar_width),
            };
            if reference != 0 && width != 0 {
                low = low.max(i64::from(reference) - width);
                high = high.min(i64::from(reference) + width);
            }
            let price = |value: i64| u16::try_from(value).expect("limits are prices");
            limits.push((price(low), price(high), reference));
        }
        limits
    }

    pub fn check_collar(&self, security_id: u32, price: u16) -> Result<(), RejectCode> {
        let event_id = self.market(security_id).event_id;
        let first = self.event(event_id).expect("its market exists").first_security_id;
        let (low, high, _) = self.price_limits(event_id)[(security_id - first) as usize];
        if price < low || price > high {
            return Err(RejectCode::PriceOutsideCollar);
        }
        Ok(())
    }

    /// Tells the limits that are not as they were.
    pub fn tell_price_limits(&self, event_id: u32, before: &[Limits], effects: &mut Effects) {
        let markets = self.event(event_id).expect("it is defined").security_ids();
        let limits = self.price_limits(event_id);
        for ((security_id, now), before) in markets.zip(limits).zip(before) {
            if now == *before {
                continue;
            }
            let mut effect = PriceLimitsChanged::new_zeroed();
            effect.security_id.set(security_id);
            effect.event_id.set(event_id);
            effect.low_limit_price.set(now.0);
            effect.high_limit_price.set(now.1);
            effect.reference_price.set(now.2);
            effects.push(&effect);
        }
    }

    pub fn change_odds(
        &mut self,
        request: &Request,
        message: &ReferenceOddsRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let sender = request.session_id / 16;
        let known = self.odds_requests.iter().rev().take(4_096);
        let known = known.clone().find(|it| (it.0, it.1) == (sender, request.id));
        if let Some(&(_, _, event_id)) = known {
            self.tell_odds(request, event_id, true, effects);
            return Ok(());
        }
        let odds = self.check_odds(request, sender, message)?;
        let event_id = message.event_id.get();
        let limits_before = self.price_limits(event_id);
        let has_jumped = message.action == UPDATE && self.jumps(event_id, &odds, &limits_before);
        let mut markets = self.event(event_id).expect("it was checked").security_ids();
        let halts_orders =
            has_jumped && markets.any(|it| self.halts_orders(it, MarketStatus::Paused, 0));
        if halts_orders {
            self.check_work_queue(Owner::Exchange)?;
        }
        let before = self.odds.get(&event_id).cloned();
        let change_count = before.as_ref().map_or(0, |it| it.change_count) + 1;
        let after = if message.action == DELETE {
            let before = before.expect("only what is there is deleted");
            Odds { is_deleted: true, is_stale: false, change_count, due: None, ..before }
        } else {
            Odds {
                provider: sender,
                odds,
                is_deleted: false,
                is_stale: false,
                change_count,
                updated_ns: effects.now,
                due: None,
            }
        };
        self.odds_requests.push((sender, request.id, event_id));
        self.odds.insert(event_id, after);
        if message.action != DELETE {
            self.arm_staleness(event_id);
        }
        self.tell_odds(request, event_id, false, effects);
        if has_jumped {
            self.pause_open_markets(request, event_id, effects);
        }
        if halts_orders {
            let covered = self.event(event_id).expect("it was checked").security_ids().collect();
            self.sweep_halted(request, MassActionScope::Event, covered, effects);
        }
        self.tell_price_limits(event_id, &limits_before, effects);
        Ok(())
    }

    /// The odds of each market, of a request that is in order.
    fn check_odds(
        &self,
        request: &Request,
        sender: u32,
        message: &ReferenceOddsRequest,
    ) -> Result<Vec<u32>, RejectCode> {
        let action = message.action;
        if !(CREATE..=DELETE).contains(&action) {
            return Err(RejectCode::InvalidAction);
        }
        let roles = self.entitlement_of(request.session_id).roles;
        if action != DELETE && roles & ROLES_ODDS_PROVIDER == 0 {
            return Err(RejectCode::NotEntitled);
        }
        let event_id = message.event_id.get();
        let event = self.event(event_id).ok_or(RejectCode::UnknownEvent)?;
        if !event.is_exhaustive || event.market_count > 3 {
            return Err(RejectCode::OddsNotOffered);
        }
        let mut odds = vec![message.first_odds.get(), message.second_odds.get()];
        if action != DELETE {
            let statuses = event.security_ids().map(|it| self.market(it).status);
            let is_final =
                |it: &MarketStatus| matches!(it, MarketStatus::Settled | MarketStatus::Delisted);
            if statuses.clone().any(|it| is_final(&it)) {
                return Err(RejectCode::EventEnded);
            }
            if event.market_count == 3 {
                odds.push(message.third_odds.get());
            } else if message.third_odds.get() != 0 {
                return Err(RejectCode::InvalidOdds);
            }
            prices_of(&odds).ok_or(RejectCode::InvalidOdds)?;
        }
        let held = self.odds.get(&event_id).filter(|it| !it.is_deleted);
        match (action, held) {
            (CREATE, Some(_)) => Err(RejectCode::OddsExist),
            (CREATE, None) => Ok(odds),
            (_, None) => Err(RejectCode::UnknownOdds),
            (_, Some(held)) if held.provider == sender => Ok(odds),
            (DELETE, _) if roles & ROLES_MARKET_ADMIN != 0 => Ok(odds),
            _ => Err(RejectCode::OddsOfAnotherProvider),
        }
    }

    /// Whether new odds move a reference price further than is let pass.
    fn jumps(&self, event_id: u32, odds: &[u32], before: &[Limits]) -> bool {
        let most = self.event(event_id).expect("it was checked").parameters.jump_limit;
        let prices = prices_of(odds).expect("they were checked");
        let mut moves = prices.iter().zip(before).map(|(new, old)| new.abs_diff(old.2));
        most != 0 && moves.any(|moved| moved > most)
    }

    fn pause_open_markets(&mut self, request: &Request, event_id: u32, effects: &mut Effects) {
        let event = self.event(event_id).expect("it was checked").clone();
        for security_id in event.security_ids() {
            let market = self.market(security_id);
            if market.status == MarketStatus::Open {
                let change = (MarketStatus::Paused, market.in_play, u16::MAX);
                self.set_status(request, security_id, change, effects);
            }
        }
    }

    /// The age at which odds are stale is another from here on.
    pub fn change_staleness(&mut self, request: &Request, event_id: u32, effects: &mut Effects) {
        let Some(odds) = self.odds.get_mut(&event_id).filter(|odds| !odds.is_deleted) else {
            return;
        };
        let was_stale = odds.is_stale;
        odds.is_stale = false;
        odds.due = None;
        let age_ns =
            u64::from(self.events[event_id as usize - 1].parameters.stale_after_ms) * 1_000_000;
        let is_over = (odds.updated_ns + age_ns).div_ceil(1_000_000) <= effects.now / 1_000_000;
        if age_ns > 0 && is_over {
            odds.is_stale = true;
        } else {
            self.arm_staleness(event_id);
        }
        if self.odds[&event_id].is_stale != was_stale {
            self.tell_odds(request, event_id, false, effects);
        }
    }

    /// The timer of an event's odds fired.
    pub fn end_freshness(&mut self, event_id: u32, effects: &mut Effects) {
        let before = self.price_limits(event_id);
        let odds = self.odds.get_mut(&event_id).expect("its timer fired");
        odds.due = None;
        odds.is_stale = true;
        self.tell_odds(&Request::unreadable(115), event_id, false, effects);
        self.tell_price_limits(event_id, &before, effects);
    }

    fn arm_staleness(&mut self, event_id: u32) {
        let age_ms = self.event(event_id).expect("it has odds").parameters.stale_after_ms;
        if age_ms > 0 {
            let time_ns = self.odds[&event_id].updated_ns + u64::from(age_ms) * 1_000_000;
            let due = self.arm(time_ns);
            self.odds.get_mut(&event_id).expect("they were just found").due = Some(due);
        }
    }

    fn tell_odds(
        &self,
        request: &Request,
        event_id: u32,
        is_repeated: bool,
        effects: &mut Effects,
    ) {
        let odds = &self.odds[&event_id];
        let prices = prices_of(&odds.odds).expect("they were taken");
        let of = |place: usize| odds.odds.get(place).copied().unwrap_or(0);
        let price = |place: usize| prices.get(place).copied().unwrap_or(0);
        let mut report = ReferenceOddsReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.event_id.set(event_id);
        report.overround_ppm.set(overround_of(&odds.odds));
        report.access_key_id.set(odds.provider);
        report.change_count.set(odds.change_count);
        report.first_odds.set(of(0));
        report.second_odds.set(of(1));
        report.third_odds.set(of(2));
        report.first_price.set(price(0));
        report.second_price.set(price(1));
        report.third_price.set(price(2));
        report.status = match (odds.is_deleted, odds.is_stale) {
            (true, _) => 3,
            (false, true) => 2,
            (false, false) => 1,
        };
        report.already_applied = is_repeated.into();
        effects.push(&report);
    }
}

/// Prices that add up to 10000, or nothing where the odds are none.
fn prices_of(odds: &[u32]) -> Option<Vec<u16>> {
    if odds.iter().any(|&odd| !(1_001..=10_000_000).contains(&odd)) {
        return None;
    }
    // The inverse of each, in units of the inverse of their product.
    let product: u128 = odds.iter().map(|&odd| u128::from(odd)).product();
    let inverses: Vec<u128> = odds.iter().map(|&odd| product / u128::from(odd)).collect();
    let sum: u128 = inverses.iter().sum();
    let mut prices: Vec<u128> = inverses.iter().map(|inverse| inverse * 10_000 / sum).collect();
    let mut order: Vec<usize> = (0..odds.len()).collect();
    order.sort_by_key(|&place| (std::cmp::Reverse(inverses[place] * 10_000 % sum), place));
    let rest = 10_000 - prices.iter().sum::<u128>();
    for &place in order.iter().take(usize::try_from(rest).expect("less than one each")) {
        prices[place] += 1;
    }
    let prices: Vec<u16> =
        prices.into_iter().map(|price| u16::try_from(price).expect("below 10000")).collect();
    prices.iter().all(|&price| price >= 1).then_some(prices)
}

/// Millionths that the probabilities of the odds exceed one by.
fn overround_of(odds: &[u32]) -> i64 {
    let product: i128 = odds.iter().map(|&odd| i128::from(odd)).product();
    let sum: i128 = odds.iter().map(|&odd| product / i128::from(odd)).sum();
    let excess = (sum * 1_000 - product) * 1_000_000;
    i64::try_from(excess.div_euclid(product)).expect("a few millions")
}

const CREATE: u8 = 1;
const UPDATE: u8 = 2;
const DELETE: u8 = 3;
