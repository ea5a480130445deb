//! The cold part of an order: what few orders have and what matching seldom reads. An order that
//! has nothing of it says so in its hot part, and its detail is neither read nor written.

use forecastle_proto_spec::{
    EXEC_INST_CANCEL_ON_DISCONNECT, EXEC_INST_CANCEL_ON_HALT, EXEC_INST_ECHO_NO,
    EXEC_INST_POST_ONLY, EXEC_INST_REDUCE_ONLY, NewOrderSingle, RejectCode, SelfMatchPrevention,
    TimeInForce,
};

use crate::snapshot::{Decoder, Encoder, SnapshotError};
use crate::state_digest::{Addend, Domain, pair};

/// What an order has besides its place, price and quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderDetail {
    /// When it ends, nanoseconds since 1970; 0 for never.
    pub(crate) expire_time_ns: u64,
    /// Orders of its firm with the same id never trade with it.
    pub(crate) self_match_prevention_id: u16,
    /// What happens when it comes and meets one; there when the id is not 0.
    pub(crate) self_match_prevention: Option<SelfMatchPrevention>,
    /// Its instructions, bits `EXEC_INST_*`.
    pub(crate) exec_inst: u8,
    /// Place of the quote set that it is a quote of; 0 for none.
    pub(crate) quote_set: u16,
    /// When it comes in, of an order that waits for the in-play delay; 0 for one that does not.
    pub(crate) release_time_ns: u64,
}

impl OrderDetail {
    /// Nothing.
    pub(crate) const NONE: Self = Self {
        expire_time_ns: 0,
        self_match_prevention_id: 0,
        self_match_prevention: None,
        exec_inst: 0,
        quote_set: 0,
        release_time_ns: 0,
    };

    /// What a new order asks for, when it is allowed with its time in force at a time.
    #[inline]
    pub(crate) fn of(
        message: &NewOrderSingle,
        time_in_force: TimeInForce,
        time_ns: u64,
    ) -> Result<Self, RejectCode> {
        let self_match_prevention_id = message.self_match_prevention_id.get();
        let instructions = message.exec_inst | message.self_match_prevention_instruction;
        let is_plain = message.expire_time_ns.get() | u64::from(self_match_prevention_id) == 0
            && instructions == 0
            && time_in_force != TimeInForce::GoodTillDate;
        if is_plain { Ok(Self::NONE) } else { Self::of_particular(message, time_in_force, time_ns) }
    }

    /// As [`Self::of`] for an order that asks for something.
    #[cold]
    fn of_particular(
        message: &NewOrderSingle,
        time_in_force: TimeInForce,
        time_ns: u64,
    ) -> Result<Self, RejectCode> {
        let exec_inst = message.exec_inst;
        if !is_allowed(exec_inst, time_in_force) {
            return Err(RejectCode::InvalidExecInst);
        }
        let expire_time_ns = message.expire_time_ns.get();
        let is_timely = match time_in_force {
            TimeInForce::GoodTillDate => expire_time_ns > time_ns,
            _ => expire_time_ns == 0,
        };
        if !is_timely {
            return Err(RejectCode::InvalidExpireTime);
        }
        let (self_match_prevention_id, self_match_prevention) = prevention(
            message.self_match_prevention_id.get(),
            message.self_match_prevention_instruction,
        )
        .ok_or(RejectCode::InvalidSelfMatchPrevention)?;
        Ok(Self {
            expire_time_ns,
            self_match_prevention_id,
            self_match_prevention,
            exec_inst,
            quote_set: 0,
            release_time_ns: 0,
        })
    }

    /// Whether there is anything in it.
    #[inline]
    pub(crate) fn is_some(&self) -> bool {
        // An instruction of self-match prevention comes with an id.
        let times = self.expire_time_ns | self.release_time_ns;
        let words = times | u64::from(self.self_match_prevention_id);
        words != 0 || self.exec_inst != 0 || self.quote_set != 0
    }

    /// Whether it has an instruction.
    #[inline]
    pub(crate) fn has(&self, instruction: u8) -> bool {
        self.exec_inst & instruction != 0
    }

    /// Its piece of the digest, as the detail of the order in a slot.
    #[inline]
    pub(crate) fn piece(&self, slot: u32, generation: u32) -> Addend {
        let [low, high] = self.self_match_prevention_id.to_le_bytes();
        let terms = [low, high, instruction_of(self.self_match_prevention), self.exec_inst];
        Domain::OrderDetail.addend([
            pair(slot, generation),
            self.expire_time_ns,
            pair(u32::from(self.quote_set), u32::from_le_bytes(terms)),
            self.release_time_ns,
        ])
    }

    /// One byte says whether there is anything, which then follows.
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u8(u8::from(self.is_some()));
        if self.is_some() {
            encoder.u64(self.expire_time_ns);
            encoder.u16(self.self_match_prevention_id);
            encoder.u8(instruction_of(self.self_match_prevention));
            encoder.u8(self.exec_inst);
            encoder.u16(self.quote_set);
            encoder.u64(self.release_time_ns);
        }
    }

    /// Nothing in an encoding of version 1.
    pub(crate) fn decode(
        time_in_force: TimeInForce,
        decoder: &mut Decoder<'_>,
    ) -> Result<Self, SnapshotError> {
        let has_detail = decoder.version() > 1 && decoder.bool("mark of a detail")?;
        if !has_detail {
            return Ok(Self::NONE);
        }
        let expire_time_ns = decoder.u64()?;
        let (self_match_prevention_id, instruction) = (decoder.u16()?, decoder.u8()?);
        let exec_inst = decoder.u8()?;
        decoder.require(is_allowed(exec_inst, time_in_force), "instructions")?;
        let quote_set = decoder.u16()?;
        let prevention = match (self_match_prevention_id, quote_set) {
            // That of quotes, which is compared with their set's when all is decoded.
            (0, 1..) => SelfMatchPrevention::try_from(instruction).ok().map(|it| (0, Some(it))),
            (id, _) => prevention(id, instruction),
        };
        let (self_match_prevention_id, self_match_prevention) =
            prevention.ok_or(decoder.invalid("self-match prevention"))?;
        let detail = Self {
            expire_time_ns,
            self_match_prevention_id,
            self_match_prevention,
            exec_inst,
            quote_set,
            release_time_ns: decoder.u64()?,
        };
        decoder.require(detail.is_some(), "detail of an order")?;
        Ok(detail)
    }
}

/// Whether every instruction has a meaning and goes with a time in force.
#[inline]
fn is_allowed(exec_inst: u8, time_in_force: TimeInForce) -> bool {
    let may_rest =
        !matches!(time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill);
    let wrong = if may_rest { EXEC_INST_REDUCE_ONLY } else { EXEC_INST_POST_ONLY };
    exec_inst & (wrong | !INSTRUCTIONS) == 0
}

/// Whether every instruction has a meaning for quotes.
pub(crate) fn are_for_quotes(exec_inst: u8) -> bool {
    exec_inst & !(INSTRUCTIONS & !EXEC_INST_REDUCE_ONLY) == 0
}

/// An id with its instruction, or neither; `None` when one lacks the other or has no meaning.
#[inline]
pub(crate) fn prevention(id: u16, instruction: u8) -> Option<(u16, Option<SelfMatchPrevention>)> {
    if id == 0 && instruction == 0 {
        return Some((0, None));
    }
    let instruction = SelfMatchPrevention::try_from(instruction).ok();
    (id != 0 && instruction.is_some()).then_some((id, instruction))
}

/// The wire value of an instruction, 0 for none.
pub(crate) fn instruction_of(prevention: Option<SelfMatchPrevention>) -> u8 {
    prevention.map_or(0, u8::from)
}

/// Every instruction.
const INSTRUCTIONS: u8 = EXEC_INST_POST_ONLY
    | EXEC_INST_REDUCE_ONLY
    | EXEC_INST_CANCEL_ON_HALT
    | EXEC_INST_CANCEL_ON_DISCONNECT
    | EXEC_INST_ECHO_NO;
