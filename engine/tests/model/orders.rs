//! New orders and cancels (`docs/engine-rules.md` §3).

use forecastle_proto_spec::{
    CancelReason, ExecutionReportRejected, MarketStatus, NewOrderSingle, OrderAccepted,
    OrderCancelRequest, PRICE_MAX, PRICE_MIN, RejectCode, Side, TimeInForce,
};
use zerocopy::FromZeros;

use super::Model;
use super::book::{CANCEL_RESTING, Order};
use super::effects::Effects;
use super::guards::Incoming;
use super::ledger::OpenOrder;
use super::sessions::Request;

impl Model {
    pub fn new_order(
        &mut self,
        request: &Request,
        message: &NewOrderSingle,
        effects: &mut Effects,
    ) {
        let outcome = match self.check_new_order_form(request, message, effects.now) {
            Err(code) => Err(code),
            Ok(()) => {
                self.record_cl_ord_id(request.session_id, request.id);
                let (limit_ms, sent_ns) =
                    (message.max_staleness_ms.get(), message.sending_time_ns.get());
                match is_stale(limit_ms, sent_ns, effects.now) {
                    true => Err(RejectCode::StaleOnArrival),
                    false => self.check_new_order(request, message),
                }
            }
        };
        if let Err(code) = outcome {
            let mut reject = ExecutionReportRejected::new_zeroed();
            reject.cl_ord_id = message.cl_ord_id;
            reject.exec_id.set(effects.position());
            reject.transact_time_ns.set(effects.now);
            reject.seq_num = message.seq_num;
            reject.security_id = message.security_id;
            reject.reject_code.set(code.into());
            reject.ref_template_id.set(request.template_id);
            effects.push(&reject);
            return;
        }
        let order_id = self.accept(request, message, effects);
        self.name_order(request.session_id, order_id);
        self.trade_within(order_id, self.limits.sweep_trades_max, effects);
    }

    pub fn cancel(
        &mut self,
        request: &Request,
        message: &OrderCancelRequest,
        effects: &mut Effects,
    ) {
        let security_id = message.security_id.get();
        let found = self.find_order(
            request,
            message.order_id.get(),
            message.orig_cl_ord_id.get(),
            security_id,
        );
        let outcome = if request.id == 0 {
            Err(RejectCode::ClOrdIdZero)
        } else {
            found.and_then(|order| match self.market(security_id).status {
                MarketStatus::Open | MarketStatus::Paused => Ok(order.order_id),
                _ => Err(RejectCode::MarketNotOpen),
            })
        };
        match outcome {
            Ok(order_id) => {
                let account = self.order(order_id).expect("it was found").account;
                self.cancel_order(order_id, CancelReason::UserRequest, effects);
                self.give_up_exposure(account, self.market(security_id).event_id);
            }
            Err(code) => {
                let orig = message.orig_cl_ord_id.get();
                let is_by_client_id = message.order_id.get() == 0 && orig != 0;
                if code == RejectCode::UnknownOrder
                    && is_by_client_id
                    && !self.cl_ord_id_is_known(request.session_id, orig)
                {
                    self.record_cl_ord_id(request.session_id, orig);
                    self.name_order(request.session_id, TOMBSTONE);
                }
                effects.cancel_reject(request, message.order_id.get(), security_id, code);
            }
        }
    }

    /// The live order that a replace or cancel names: of the session's firm, in that market.
    pub fn find_order(
        &self,
        request: &Request,
        order_id: u64,
        orig_cl_ord_id: u64,
        security_id: u32,
    ) -> Result<Order, RejectCode> {
        let order_id = match order_id {
            0 => self.order_named(request.session_id, orig_cl_ord_id),
            order_id => order_id,
        };
        let firm_id = self.entitlement_of(request.session_id).firm_id;
        self.order(order_id)
            .filter(|order| order.security_id == security_id)
            .filter(|order| self.accounts[&order.account].firm_id == firm_id)
            .cloned()
            .ok_or(RejectCode::UnknownOrder)
    }

    fn check_new_order_form(
        &self,
        request: &Request,
        message: &NewOrderSingle,
        now_ns: u64,
    ) -> Result<(), RejectCode> {
        let expire_time_ns = message.expire_time_ns.get();
        let instructions = message.exec_inst;
        let is_immediate = [3, 4].contains(&message.time_in_force);
        let is_till_date = message.time_in_force == u8::from(TimeInForce::GoodTillDate);
        if message.cl_ord_id.get() == 0 {
            Err(RejectCode::ClOrdIdZero)
        } else if Side::try_from(message.side).is_err() {
            Err(RejectCode::InvalidSide)
        } else if TimeInForce::try_from(message.time_in_force).is_err() {
            Err(RejectCode::InvalidTimeInForce)
        } else if !(PRICE_MIN..=PRICE_MAX).contains(&message.price.get()) {
            Err(RejectCode::PriceOffGrid)
        } else if message.order_qty.get() == 0 {
            Err(RejectCode::QuantityZero)
        } else if instructions & !INSTRUCTIONS != 0
            || instructions & POST_ONLY != 0 && is_immediate
            || instructions & REDUCE_ONLY != 0 && !is_immediate
        {
            Err(RejectCode::InvalidExecInst)
        } else if is_till_date && expire_time_ns <= now_ns || !is_till_date && expire_time_ns != 0 {
            Err(RejectCode::InvalidExpireTime)
        } else {
            let id = message.self_match_prevention_id.get();
            match (id, message.self_match_prevention_instruction) {
                (0, 0) | (1.., 1..=3) => self.check_cl_ord_id(request),
                _ => Err(RejectCode::InvalidSelfMatchPrevention),
            }
        }
    }

    fn check_new_order(
        &self,
        request: &Request,
        message: &NewOrderSingle,
    ) -> Result<(), RejectCode> {
        let security_id = message.security_id.get();
        let account = message.account.get();
        if !self.market_exists(security_id) {
            return Err(RejectCode::UnknownMarket);
        }
        let firm_id = self.entitlement_of(request.session_id).firm_id;
        if self.accounts.get(&account).is_none_or(|account| account.firm_id != firm_id) {
            return Err(RejectCode::UnknownAccount);
        }
        if !self.price_is_on_grid(security_id, message.price.get()) {
            return Err(RejectCode::PriceOffGrid);
        }
        if self.market(security_id).status != MarketStatus::Open {
            return Err(RejectCode::MarketNotOpen);
        }
        let side = Side::try_from(message.side).expect("checked before");
        self.check_blocks(Incoming {
            security_id,
            account,
            side,
            link_id: message.cl_ord_link_id.get(),
            owner_session_id: request.session_id,
            sender_session_id: request.session_id,
        })?;
        let order = OpenOrder {
            security_id,
            side,
            price: message.price.get(),
            leaves: message.order_qty.get(),
            fee_rate: self.incoming_fee_rate(security_id),
        };
        self.check_open_orders(request, (security_id, message.time_in_force))?;
        self.check_order_cost(account, &order)?;
        self.check_collar(security_id, order.price)?;
        if self.freelist.free.is_empty() {
            return Err(RejectCode::OrderTableFull);
        }
        let event_id = self.market(security_id).event_id;
        if !self.has_exposure_room(account, event_id) {
            return Err(RejectCode::ExposureTableFull);
        }
        if message.exec_inst & REDUCE_ONLY != 0 {
            let held = self.positions.get(&(account, security_id)).copied().unwrap_or(0);
            let could_take = if side == Side::Buy { -held } else { held };
            if could_take < i64::from(message.order_qty.get()) {
                return Err(RejectCode::ReduceOnlyViolated);
            }
        }
        let mut open = self.open_orders(account);
        open.push(order);
        self.check_buying_power(account, (security_id, side), &open)?;
        let probe = Order::probe(security_id, side, message.price.get());
        if message.exec_inst & POST_ONLY != 0 && self.meeting(&probe).is_some() {
            return Err(RejectCode::PostOnlyWouldTrade);
        }
        Ok(())
    }

    /// A client id is used once, and not at all after a cancel that came before it.
    pub fn check_cl_ord_id(&self, request: &Request) -> Result<(), RejectCode> {
        if !self.cl_ord_id_is_known(request.session_id, request.id) {
            Ok(())
        } else if self.order_named(request.session_id, request.id) == TOMBSTONE {
            Err(RejectCode::CancelledBeforeArrival)
        } else {
            Err(RejectCode::DuplicateClOrdId)
        }
    }

    /// Whether an account has its rows in an event, or can still get them.
    pub fn has_exposure_room(&self, account: u32, event_id: u32) -> bool {
        let taken: u32 = self.exposures.iter().map(|&(_, event)| self.rows_of(event)).sum();
        self.exposures.contains(&(account, event_id))
            || taken + self.rows_of(event_id) <= self.limits.exposures_max
    }

    /// Gives the place of an account in an event up when it has neither orders nor positions there,
    /// and no limit counts what it paid.
    fn give_up_exposure(&mut self, account: u32, event_id: u32) {
        let is_of_event = |security_id: u32| self.market(security_id).event_id == event_id;
        let has_order =
            self.orders.iter().any(|it| it.account == account && is_of_event(it.security_id));
        let has_position =
            self.positions.keys().any(|&(owner, market)| owner == account && is_of_event(market));
        let has_paid = self.paid.get(&(account, event_id)).is_some_and(|paid| *paid != 0);
        if !has_order && !has_position && !has_paid {
            self.exposures.remove(&(account, event_id));
        }
    }

    /// Rows of the exposure table that an account takes in an event.
    fn rows_of(&self, event_id: u32) -> u32 {
        let market_count = self.event(event_id).expect("its market exists").market_count;
        u32::from(market_count).div_ceil(4)
    }

    fn accept(
        &mut self,
        request: &Request,
        message: &NewOrderSingle,
        effects: &mut Effects,
    ) -> u64 {
        let security_id = message.security_id.get();
        let account = message.account.get();
        let side = Side::try_from(message.side).expect("checked before");
        let order_id = self.freelist.take();
        self.accepted_count += 1;
        self.exposures.insert((account, self.market(security_id).event_id));
        let mut effect = OrderAccepted::new_zeroed();
        effect.order_id.set(order_id);
        effect.cl_ord_id = message.cl_ord_id;
        effect.security_id = message.security_id;
        effect.account = message.account;
        effect.session_id.set(request.session_id);
        effect.order_qty = message.order_qty;
        let ahead = self.quantity_at(security_id, side, message.price.get());
        effect.quantity_ahead.set(ahead);
        effect.cl_ord_link_id = message.cl_ord_link_id;
        effect.price = message.price;
        effect.side = message.side;
        effect.time_in_force = message.time_in_force;
        effect.exec_inst = message.exec_inst;
        effects.push(&effect);
        self.orders.push(Order {
            order_id,
            cl_ord_id: message.cl_ord_id.get(),
            session_id: request.session_id,
            account,
            security_id,
            side,
            price: message.price.get(),
            leaves: message.order_qty.get(),
            traded: 0,
            link_id: message.cl_ord_link_id.get(),
            time_in_force: TimeInForce::try_from(message.time_in_force).expect("checked before"),
            accept_number: self.accepted_count,
            priority: None,
            quote_set: None,
            expire_time_ns: message.expire_time_ns.get(),
            expiry: None,
            exec_inst: message.exec_inst,
            self_match_prevention: (
                message.self_match_prevention_id.get(),
                message.self_match_prevention_instruction,
            ),
            wait: None,
            has_waited: false,
        });
        order_id
    }

    /// Cancels a fill-or-kill order that cannot trade in full at once.
    pub fn fill_or_kill_fails(
        &mut self,
        order_id: u64,
        trades_max: u32,
        effects: &mut Effects,
    ) -> bool {
        let order = self.order(order_id).expect("just accepted");
        if order.time_in_force != TimeInForce::FillOrKill {
            return false;
        }
        if self.matches_across(order.security_id) {
            let failure = self.fill_across_fails(order, trades_max);
            if let Some(reason) = failure {
                self.cancel_order(order_id, reason, effects);
            }
            return failure.is_some();
        }
        let crossed = self.crossed(order.security_id, order.side, order.price);
        let sum_of = |orders: &[&Order]| -> u64 {
            orders.iter().map(|resting| u64::from(resting.leaves)).sum()
        };
        let wanted = u64::from(order.leaves);
        let reason = if sum_of(&crossed) < wanted {
            Some(CancelReason::FillOrKill)
        } else {
            let mut reached = 0;
            let mut met = crossed.iter().enumerate();
            loop {
                match met.next() {
                    None => break Some(CancelReason::FillOrKill),
                    Some((index, _)) if index == trades_max as usize => {
                        break Some(CancelReason::SweepLimit);
                    }
                    Some((_, resting)) if self.is_self_match(order_id, resting.order_id) => {
                        if order.self_match_prevention.1 != CANCEL_RESTING {
                            break Some(CancelReason::FillOrKill);
                        }
                    }
                    Some((_, resting)) => reached += u64::from(resting.leaves),
                }
                if reached >= wanted {
                    break None;
                }
            }
        };
        let Some(reason) = reason else { return false };
        self.cancel_order(order_id, reason, effects);
        true
    }
}

/// Whether a message is sequenced later after its sending time than it allows; 0 allows all.
pub fn is_stale(max_staleness_ms: u16, sending_time_ns: u64, now_ns: u64) -> bool {
    let age_ns = now_ns.saturating_sub(sending_time_ns);
    max_staleness_ms != 0 && age_ns > u64::from(max_staleness_ms) * 1_000_000
}

/// What a client id names whose cancel came before it.
const TOMBSTONE: u64 = u64::MAX - 1;
/// Instructions that the exchange acts on as an order comes.
pub const POST_ONLY: u8 = 1;
const REDUCE_ONLY: u8 = 2;
pub const CANCEL_ON_HALT: u8 = 4;
pub const CANCEL_ON_DISCONNECT: u8 = 8;
pub const ECHO_NO: u8 = 16;
const INSTRUCTIONS: u8 = POST_ONLY | REDUCE_ONLY | CANCEL_ON_HALT | CANCEL_ON_DISCONNECT | ECHO_NO;
