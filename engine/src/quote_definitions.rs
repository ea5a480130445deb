//! What market makers define before they quote: quote sets, and the limits of protection groups.

use forecastle_proto_spec::{
    MarketMakerProtectionLimits, MarketMakerProtectionReport, MarketMakerProtectionReset,
    QuoteSetDefinition, QuoteSetReport, RejectCode, access_key_of,
};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::order_detail::{are_for_quotes, prevention};
use crate::protection::ProtectionLimits;
use crate::quote_sets::QuoteSet;

impl Engine {
    pub(crate) fn define_quote_set(
        &mut self,
        context: &Context,
        message: &QuoteSetDefinition,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let (set, defined) = self.check_quote_set(context, message)?;
        match defined {
            Some(place) => self.quote_sets.redefine(place, set),
            None => {
                self.quote_sets.add(set);
            }
        }
        effects.push(&QuoteSetReport {
            request_id: message.request_id,
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: message.seq_num,
            account: message.account,
            bid_price_sum_max: message.bid_price_sum_max,
            offer_price_sum_min: message.offer_price_sum_min,
            quote_set_id: message.quote_set_id,
            protection_group: message.protection_group,
            self_match_prevention_id: message.self_match_prevention_id,
            self_match_prevention_instruction: message.self_match_prevention_instruction,
            exec_inst: message.exec_inst,
            reserved_48: [0; 8],
        });
        Ok(())
    }

    pub(crate) fn limit_protection(
        &mut self,
        context: &Context,
        message: &MarketMakerProtectionLimits,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let limits = ProtectionLimits {
            window_ms: message.window_ms.get(),
            quantity_max: message.quantity_max.get(),
            trades_max: message.trades_max.get(),
            net_change_max: message.net_change_max.get(),
        };
        let protection_group = message.protection_group.get();
        if protection_group == 0 || !limits.has_window() {
            return Err(RejectCode::InvalidProtectionLimits);
        }
        let firm_id = context.entitlement.firm_id;
        let place = match self.protection.find(firm_id, protection_group) {
            Some(place) => place,
            None if self.protection.is_full(firm_id) => {
                return Err(RejectCode::ProtectionTableFull);
            }
            None => self.protection.add(firm_id, protection_group),
        };
        self.protection.set_limits(place, limits);
        self.report_protection(context, place, effects);
        Ok(())
    }

    pub(crate) fn reset_protection(
        &mut self,
        context: &Context,
        message: &MarketMakerProtectionReset,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let found =
            self.protection.find(context.entitlement.firm_id, message.protection_group.get());
        let place = found.ok_or(RejectCode::UnknownProtectionGroup)?;
        self.protection.set_triggered(place, false);
        self.report_protection(context, place, effects);
        Ok(())
    }

    /// The set of the sender's key that a request names.
    pub(crate) fn named_quote_set(
        &self,
        context: &Context,
        quote_set_id: u16,
    ) -> Result<u16, RejectCode> {
        let key = access_key_of(context.session_id);
        self.quote_sets.find(key, quote_set_id).ok_or(RejectCode::UnknownQuoteSet)
    }

    /// Whether an account is one of the sender's firm.
    pub(crate) fn check_own_account(
        &self,
        context: &Context,
        account: u32,
    ) -> Result<(), RejectCode> {
        let account = self.ledger.accounts.find(account);
        match account.filter(|account| account.firm_id == context.entitlement.firm_id) {
            Some(_) => Ok(()),
            None => Err(RejectCode::UnknownAccount),
        }
    }

    /// The set that a definition describes, and its place when it was defined before.
    fn check_quote_set(
        &self,
        context: &Context,
        message: &QuoteSetDefinition,
    ) -> Result<(QuoteSet, Option<u16>), RejectCode> {
        let quote_set_id = message.quote_set_id.get();
        if quote_set_id == 0 {
            return Err(RejectCode::UnknownQuoteSet);
        }
        self.check_own_account(context, message.account.get())?;
        let group = match message.protection_group.get() {
            0 => 0,
            group => self
                .protection
                .find(context.entitlement.firm_id, group)
                .ok_or(RejectCode::UnknownProtectionGroup)?,
        };
        let (self_match_prevention_id, self_match_prevention) = prevention(
            message.self_match_prevention_id.get(),
            message.self_match_prevention_instruction,
        )
        .ok_or(RejectCode::InvalidSelfMatchPrevention)?;
        if !are_for_quotes(message.exec_inst) {
            return Err(RejectCode::InvalidExecInst);
        }
        let access_key_id = access_key_of(context.session_id);
        let defined = self.quote_sets.find(access_key_id, quote_set_id);
        match defined {
            Some(place) if !self.quote_sets.markets(place).is_empty() => {
                return Err(RejectCode::QuoteSetInUse);
            }
            None if self.quote_sets.is_full(access_key_id) => {
                return Err(RejectCode::QuoteSetTableFull);
            }
            _ => {}
        }
        let set = QuoteSet {
            access_key_id,
            quote_set_id,
            group,
            account: message.account.get(),
            bid_price_sum_max: message.bid_price_sum_max.get(),
            offer_price_sum_min: message.offer_price_sum_min.get(),
            self_match_prevention_id,
            self_match_prevention,
            exec_inst: message.exec_inst,
        };
        Ok((set, defined))
    }

    fn report_protection(&mut self, context: &Context, place: u16, effects: &mut EffectBuffer<'_>) {
        let group = self.protection.group(place);
        effects.push(&MarketMakerProtectionReport {
            request_id: context.request_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: context.seq_num.into(),
            window_ms: group.limits.window_ms.into(),
            quantity_max: group.limits.quantity_max.into(),
            trades_max: group.limits.trades_max.into(),
            net_change_max: group.limits.net_change_max.into(),
            protection_group: group.protection_group.into(),
            triggered: u8::from(group.is_triggered),
            reserved_47: [0; 1],
        });
    }
}
