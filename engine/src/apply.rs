//! The one way in: a command's bytes, checked for form, sender, number and role, then handed to
//! what it asks for.

use forecastle_proto_spec::{
    AccountDefinitionRequest, AccountLimitsRequest, BusinessMessageReject,
    CategoryDefinitionRequest, Continue, DepositRequest, DisputeRequest, EndOfDayRequest,
    EngineConfiguration, EntitlementRequest, Establish, EventDefinitionRequest,
    EventParametersRequest, Frame, FrameError, KillSwitchRequest, MESSAGE_HEADER_LENGTH,
    MarketMakerProtectionLimits, MarketMakerProtectionReset, MassQuote, Message, Negotiate,
    NewOrderSingle, NotApplied, OrderCancelReplaceRequest, OrderCancelRequest,
    OrderMassActionRequest, OrderMassStatusRequest, OrderStatusRequest, QuoteCancel,
    QuoteSetDefinition, ROLES_CASH_ADMIN, ROLES_MARKET_ADMIN, ROLES_ODDS_PROVIDER, ROLES_RISK,
    ROLES_TRADER, RecordHeader, ReferenceOddsRequest, RejectCode, SecurityStatusRequest,
    SeriesDefinitionRequest, SessionDisconnected, SettlementRequest, StateReportRequest, Terminate,
    TickTableRequest, TimerTick, UserDefinitionRequest, WithdrawalRequest, padded_command_length,
    whole_message,
};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::entitlements::{Entitlement, ROLES_ADMIN};
use crate::work::Origin;

/// Who sent a command, when it was sequenced, and where its record starts in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandInput {
    /// Session; 0 for the exchange itself.
    pub session_id: u32,
    /// Nanoseconds since 1970, never below the last command's.
    pub sequencing_time_ns: u64,
    /// Position of the record's first byte.
    pub position: u64,
}

impl Engine {
    /// Applies one command and appends its effects, after forgetting what `effects` held. Gives the
    /// command's template id, 0 for bytes that do not begin with a message.
    ///
    /// Whatever the bytes are, the answer is a bounded number of effects. Cost: O(1) for an order
    /// that rests, a cancel or a reduction, O(trades) for an order that trades; nothing allocates.
    ///
    /// # Panics
    /// When `effects` has less room than a record may need, or an invariant of the engine is
    /// broken.
    pub fn apply(
        &mut self,
        input: CommandInput,
        command: &[u8],
        effects: &mut EffectBuffer<'_>,
    ) -> u16 {
        let header = size_of::<RecordHeader>() + padded_command_length(command.len());
        // A shard's positions end below 2^56.
        effects.begin(input.position.wrapping_add(header as u64));
        self.sequencing_time_ns = input.sequencing_time_ns;
        let template_id = match OrderCommand::of(command) {
            Some(order) => self.apply_order(input, order, effects),
            None => self.apply_seldom(input, command, effects),
        };
        if self.protection.has_traded() {
            self.protect(effects);
        }
        self.ledger.assert_conserved();
        template_id
    }

    /// An order, a cancel or a replace.
    #[inline(always)]
    fn apply_order(
        &mut self,
        input: CommandInput,
        order: OrderCommand<'_>,
        effects: &mut EffectBuffer<'_>,
    ) -> u16 {
        let (template_id, request_id, seq_num) = order.heading();
        let sender = self.admit_next(input.session_id, seq_num);
        let is_done = match (&sender, order) {
            (Some(sender), OrderCommand::New(order)) => self.enter_plain(sender, order, effects),
            (Some(sender), OrderCommand::Cancel(cancel)) => {
                self.cancel_plain(sender, cancel, effects)
            }
            (Some(sender), OrderCommand::Replace(replace)) => {
                self.replace_plain(sender, replace, effects)
            }
            (None, _) => false,
        };
        if is_done {
            return template_id;
        }
        let mut context = Context { request_id, seq_num, ..Context::new(input, template_id) };
        let is_admitted = match sender {
            Some(sender) => {
                context.session = Some(sender.session);
                context.entitlement = sender.entitlement;
                true
            }
            None => self.admit(&mut context, ROLES_TRADER, effects),
        };
        if is_admitted {
            match order {
                OrderCommand::New(order) => self.new_order(&context, order, effects),
                OrderCommand::Cancel(cancel) => self.cancel(&context, cancel, effects),
                OrderCommand::Replace(replace) => self.replace(&context, replace, effects),
            }
        }
        template_id
    }

    /// Every command but an order, a cancel and a replace; kept out of their way.
    #[cold]
    #[inline(never)]
    fn apply_seldom(
        &mut self,
        input: CommandInput,
        command: &[u8],
        effects: &mut EffectBuffer<'_>,
    ) -> u16 {
        let template_id = match read_frame(command) {
            Ok((frame, roles)) => {
                self.dispatch(input, (frame, roles), effects);
                frame.template_id
            }
            Err(code) => {
                refuse_form(input, command, code, effects);
                Frame::parse(command).map_or(0, |(frame, _)| frame.template_id)
            }
        };
        self.gather_seldom_digest();
        template_id
    }

    fn dispatch(
        &mut self,
        input: CommandInput,
        (frame, roles_needed): (Frame<'_>, u16),
        effects: &mut EffectBuffer<'_>,
    ) {
        let context = Context {
            state_digest_before: self.state_digest(),
            ..Context::new(input, frame.template_id)
        };
        if roles_needed != 0 {
            self.numbered(context, (frame, roles_needed), effects);
        } else if let Some(negotiate) = frame.body::<Negotiate>() {
            self.negotiate(&context, negotiate, effects);
        } else if let Some(establish) = frame.body::<Establish>() {
            self.establish(&context, establish, effects);
        } else if let Some(terminate) = frame.body::<Terminate>() {
            self.terminate(&context, terminate, effects);
        } else if input.session_id != EXCHANGE_SESSION_ID {
            context.refuse(RejectCode::NotAClientMessage, effects);
        } else if frame.body::<Continue>().is_some() {
            self.continue_work(&context, effects);
        } else if frame.body::<TimerTick>().is_some() {
            self.tick(&context, effects);
        } else if let Some(disconnected) = frame.body::<SessionDisconnected>() {
            self.disconnect(disconnected, effects);
        } else if let Some(configuration) = frame.body::<EngineConfiguration>() {
            self.configure(&context, configuration, effects);
        }
    }

    /// Seldom commands that carry a number.
    fn numbered(
        &mut self,
        context: Context,
        (frame, roles_needed): (Frame<'_>, u16),
        effects: &mut EffectBuffer<'_>,
    ) {
        let heading = frame.bytes.get(MESSAGE_HEADER_LENGTH..).unwrap_or_default();
        let (heading, _) =
            Heading::ref_from_prefix(heading).expect("every numbered message has the heading");
        let mut context = Context {
            request_id: heading.request_id.get(),
            seq_num: heading.seq_num.get(),
            ..context
        };
        if self.admit(&mut context, roles_needed, effects) {
            self.seldom(&context, frame, effects);
        }
    }

    /// Takes the number of a command, fills in its sender, and checks the sender's role; gives
    /// whether the command was not refused.
    fn admit(
        &mut self,
        context: &mut Context,
        roles_needed: u16,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        let is_granted = if context.session_id == EXCHANGE_SESSION_ID {
            roles_needed != ROLES_TRADER
        } else {
            if let Err(code) = self.take_number(context, effects) {
                context.refuse(code, effects);
                return false;
            }
            context.entitlement.includes_any(roles_needed)
        };
        if !is_granted {
            context.refuse(RejectCode::NotEntitled, effects);
        }
        is_granted
    }

    fn seldom(&mut self, context: &Context, frame: Frame<'_>, effects: &mut EffectBuffer<'_>) {
        if let Some((quote, entries)) = frame.body::<MassQuote>().zip(frame.entries::<MassQuote>())
        {
            return self.mass_quote(context, quote, entries, effects);
        }
        let done = if let Some(request) = frame.body::<OrderMassActionRequest>() {
            self.mass_action(context, request, effects);
            Ok(())
        } else if let Some(request) = frame.body::<QuoteCancel>() {
            self.cancel_quote_set(context, request, effects);
            Ok(())
        } else if let Some(request) = frame.body::<QuoteSetDefinition>() {
            self.define_quote_set(context, request, effects)
        } else if let Some(request) = frame.body::<MarketMakerProtectionLimits>() {
            self.limit_protection(context, request, effects)
        } else if let Some(request) = frame.body::<MarketMakerProtectionReset>() {
            self.reset_protection(context, request, effects)
        } else if let Some(request) = frame.body::<EventDefinitionRequest>() {
            self.define_event(context, request, effects)
        } else if let Some(request) = frame.body::<SecurityStatusRequest>() {
            self.change_status(context, request, effects)
        } else if let Some(request) = frame.body::<DisputeRequest>() {
            self.dispute(context, request, effects)
        } else if let Some(request) = frame.body::<TickTableRequest>() {
            self.set_tick_table(context, request, effects)
        } else if let Some(request) = frame.body::<EventParametersRequest>() {
            self.set_event_parameters(context, request, effects)
        } else if let Some(request) = frame.body::<ReferenceOddsRequest>() {
            self.change_odds(context, request, effects)
        } else if let Some(request) = frame.body::<SettlementRequest>() {
            self.settle(context, request, effects)
        } else if let Some(request) = frame.body::<AccountDefinitionRequest>() {
            self.define_account(context, request, effects)
        } else if let Some(request) = frame.body::<CategoryDefinitionRequest>() {
            self.define_category(context, request, effects)
        } else if let Some(request) = frame.body::<SeriesDefinitionRequest>() {
            self.define_series(context, request, effects)
        } else if let Some(request) = frame.body::<UserDefinitionRequest>() {
            self.define_user(context, request, effects)
        } else if let Some(request) = frame.body::<DepositRequest>() {
            self.deposit(context, request, effects)
        } else if let Some(request) = frame.body::<WithdrawalRequest>() {
            self.withdraw(context, request, effects)
        } else if let Some(request) = frame.body::<EntitlementRequest>() {
            self.entitle(context, request, effects)
        } else if frame.body::<EndOfDayRequest>().is_some() {
            self.end_day(context, effects)
        } else if let Some(request) = frame.body::<KillSwitchRequest>() {
            self.switch(context, request, effects)
        } else if let Some(request) = frame.body::<AccountLimitsRequest>() {
            self.limit_account(context, request, effects)
        } else if let Some(request) = frame.body::<OrderStatusRequest>() {
            self.report_order_status(context, request, effects)
        } else if let Some(request) = frame.body::<OrderMassStatusRequest>() {
            self.mass_status(context, request, effects)
        } else if let Some(request) = frame.body::<StateReportRequest>() {
            self.report_state(context, request, effects)
        } else {
            Err(RejectCode::NotAClientMessage)
        };
        if let Err(code) = done {
            context.refuse(code, effects);
        }
    }

    /// Finds the session, takes the number of its message and says which were missed.
    #[inline]
    fn take_number(
        &mut self,
        context: &mut Context,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let slot =
            self.sessions.find(context.session_id).ok_or(RejectCode::SessionNotEstablished)?;
        let seq_num = context.seq_num;
        let missed = self.sessions.take_number(slot, seq_num)?;
        if missed > 0 {
            report_missed(context.session_id, seq_num - missed, missed, effects);
        }
        context.session = Some(slot);
        context.entitlement = self.entitlement_of(context.session_id);
        Ok(())
    }
}

/// The commands that are many.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OrderCommand<'a> {
    New(&'a NewOrderSingle),
    Cancel(&'a OrderCancelRequest),
    Replace(&'a OrderCancelReplaceRequest),
}

impl<'a> OrderCommand<'a> {
    /// The order, cancel or replace that the bytes are, if they are one and nothing more.
    #[inline]
    pub(crate) fn of(command: &'a [u8]) -> Option<Self> {
        if let Some(order) = whole_message(command) {
            Some(Self::New(order))
        } else if let Some(cancel) = whole_message(command) {
            Some(Self::Cancel(cancel))
        } else {
            whole_message(command).map(Self::Replace)
        }
    }

    /// Template, `cl_ord_id` and number.
    #[inline(always)]
    fn heading(self) -> (u16, u64, u32) {
        let (template_id, request_id, seq_num) = match self {
            Self::New(order) => (NewOrderSingle::TEMPLATE_ID, order.cl_ord_id, order.seq_num),
            Self::Cancel(cancel) => {
                (OrderCancelRequest::TEMPLATE_ID, cancel.cl_ord_id, cancel.seq_num)
            }
            Self::Replace(replace) => {
                (OrderCancelReplaceRequest::TEMPLATE_ID, replace.cl_ord_id, replace.seq_num)
            }
        };
        (template_id, request_id.get(), seq_num.get())
    }
}

/// A command's sender and heading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    pub(crate) session_id: u32,
    /// Slot of the session, once its number is taken.
    pub(crate) session: Option<u16>,
    pub(crate) entitlement: Entitlement,
    pub(crate) time_ns: u64,
    pub(crate) template_id: u16,
    /// `request_id`, `cl_ord_id` or `quote_id`.
    pub(crate) request_id: u64,
    pub(crate) seq_num: u32,
    /// Digest of all state before the command; 0 for orders, cancels and replaces, which tell
    /// nobody.
    pub(crate) state_digest_before: u64,
}

impl Context {
    /// The context of a command before its sender is known.
    #[inline]
    fn new(input: CommandInput, template_id: u16) -> Self {
        Self {
            session_id: input.session_id,
            session: None,
            entitlement: Entitlement::EXCHANGE,
            time_ns: input.sequencing_time_ns,
            template_id,
            request_id: 0,
            seq_num: 0,
            state_digest_before: 0,
        }
    }

    /// The sender's slot.
    ///
    /// # Panics
    /// For commands whose number is not taken: those of the exchange itself.
    #[inline]
    pub(crate) fn session(&self) -> u16 {
        self.session.expect("only sessions send orders")
    }

    /// The command as the request that work answers.
    pub(crate) fn origin(&self) -> Origin {
        Origin { session_id: self.session_id, request_id: self.request_id, seq_num: self.seq_num }
    }

    /// Whether the sender is the session, of a client, that a message names.
    pub(crate) fn is_sent_by(&self, session_id: u32) -> bool {
        self.session_id == session_id && session_id != EXCHANGE_SESSION_ID
    }

    /// Refuses the command as a whole.
    #[cold]
    pub(crate) fn refuse(&self, code: RejectCode, effects: &mut EffectBuffer<'_>) {
        effects.push(&BusinessMessageReject {
            request_id: self.request_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: self.time_ns.into(),
            ref_seq_num: self.seq_num.into(),
            ref_template_id: self.template_id.into(),
            reject_code: u16::from(code).into(),
        });
    }
}

/// How every numbered message begins.
#[derive(FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Heading {
    request_id: U64,
    sending_time_ns: U64,
    seq_num: U32,
}

/// The command, and the roles of which its sender needs one; 0 for one without a number.
#[inline]
fn read_frame(command: &[u8]) -> Result<(Frame<'_>, u16), RejectCode> {
    let (frame, rest) = Frame::parse(command).map_err(|error| match error {
        FrameError::Truncated | FrameError::BlockLength | FrameError::GroupCount => {
            RejectCode::MalformedLength
        }
        FrameError::UnknownSchema => RejectCode::UnknownSchema,
        FrameError::UnsupportedVersion => RejectCode::UnsupportedVersion,
        FrameError::UnknownTemplate => RejectCode::UnknownTemplate,
    })?;
    if !rest.is_empty() {
        return Err(RejectCode::MalformedLength);
    }
    let roles_needed = roles_needed(frame.template_id);
    let is_command = roles_needed != 0
        || [
            Negotiate::TEMPLATE_ID,
            Establish::TEMPLATE_ID,
            Terminate::TEMPLATE_ID,
            Continue::TEMPLATE_ID,
            TimerTick::TEMPLATE_ID,
            SessionDisconnected::TEMPLATE_ID,
            EngineConfiguration::TEMPLATE_ID,
        ]
        .contains(&frame.template_id);
    if is_command { Ok((frame, roles_needed)) } else { Err(RejectCode::NotAClientMessage) }
}

fn refuse_form(
    input: CommandInput,
    command: &[u8],
    code: RejectCode,
    effects: &mut EffectBuffer<'_>,
) {
    let template_id = match command {
        [_, _, low, high, _, _, _, _, ..] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    };
    Context::new(input, template_id).refuse(code, effects);
}

/// Says which numbers of a flow were missed.
#[cold]
fn report_missed(session_id: u32, first: u32, count: u32, effects: &mut EffectBuffer<'_>) {
    effects.push(&NotApplied {
        session_id: session_id.into(),
        from_seq_num: first.into(),
        count: count.into(),
        reserved_12: [0; 4],
        exec_id: effects.next_position().into(),
    });
}

/// The roles of which a sender of a numbered message needs one; 0 for every other template.
#[inline]
fn roles_needed(template_id: u16) -> u16 {
    match template_id {
        NewOrderSingle::TEMPLATE_ID
        | OrderCancelReplaceRequest::TEMPLATE_ID
        | OrderCancelRequest::TEMPLATE_ID
        | OrderMassActionRequest::TEMPLATE_ID
        | OrderStatusRequest::TEMPLATE_ID
        | OrderMassStatusRequest::TEMPLATE_ID
        | MassQuote::TEMPLATE_ID
        | QuoteCancel::TEMPLATE_ID
        | QuoteSetDefinition::TEMPLATE_ID
        | MarketMakerProtectionLimits::TEMPLATE_ID
        | MarketMakerProtectionReset::TEMPLATE_ID => ROLES_TRADER,
        EventDefinitionRequest::TEMPLATE_ID
        | EventParametersRequest::TEMPLATE_ID
        | DisputeRequest::TEMPLATE_ID
        | TickTableRequest::TEMPLATE_ID
        | SecurityStatusRequest::TEMPLATE_ID
        | SettlementRequest::TEMPLATE_ID
        | CategoryDefinitionRequest::TEMPLATE_ID
        | SeriesDefinitionRequest::TEMPLATE_ID
        | EndOfDayRequest::TEMPLATE_ID => ROLES_MARKET_ADMIN,
        AccountDefinitionRequest::TEMPLATE_ID
        | DepositRequest::TEMPLATE_ID
        | WithdrawalRequest::TEMPLATE_ID
        | UserDefinitionRequest::TEMPLATE_ID
        | EntitlementRequest::TEMPLATE_ID => ROLES_CASH_ADMIN,
        KillSwitchRequest::TEMPLATE_ID | AccountLimitsRequest::TEMPLATE_ID => ROLES_RISK,
        ReferenceOddsRequest::TEMPLATE_ID => ROLES_ODDS_PROVIDER | ROLES_MARKET_ADMIN,
        StateReportRequest::TEMPLATE_ID => ROLES_TRADER | ROLES_ADMIN,
        _ => 0,
    }
}

/// The exchange itself.
pub(crate) const EXCHANGE_SESSION_ID: u32 = 0;

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::LAYOUTS;

    use super::*;

    #[test]
    fn every_numbered_message_begins_with_the_heading() {
        let mut numbered = 0;
        for layout in
            LAYOUTS.iter().copied().flatten().filter(|layout| roles_needed(layout.template_id) != 0)
        {
            numbered += 1;
            let [first, second, third, ..] = layout.fields else {
                panic!("{} is too short", layout.name)
            };
            assert!(["request_id", "cl_ord_id", "quote_id"].contains(&first.0), "{}", layout.name);
            assert_eq!(first.1, 0);
            assert_eq!(*second, ("sending_time_ns", 8));
            assert_eq!(*third, ("seq_num", 16));
        }
        assert_eq!(numbered, 29);
    }
}
