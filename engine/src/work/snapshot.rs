//! Unfinished work in a snapshot.

use forecastle_proto_spec::{CancelReason, EXEC_INST_CANCEL_ON_DISCONNECT, MassActionScope};

use super::queue::{Numbered, WorkQueue};
use super::{DISCONNECTED, Origin, Owner, PayOut, Sweep, Work};
use crate::snapshot::{COUNTER_LIMIT, Decoder, Encoder, SnapshotError};

impl WorkQueue {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        let (queued_count, turn) = self.counters();
        encoder.u64(queued_count);
        encoder.u64(turn);
        encoder.u64(self.works().len() as u64);
        for Numbered { number, work } in self.works() {
            let origin = work.origin();
            encoder.u64(*number);
            encoder.u32(origin.session_id);
            encoder.u64(origin.request_id);
            encoder.u32(origin.seq_num);
            match work {
                Work::Sweep(sweep) => encode_sweep(sweep, encoder),
                Work::PayOut(pay_out) => encode_pay_out(pay_out, encoder),
            }
        }
    }

    pub(crate) fn decode(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        if decoder.version() == 1 {
            return self.decode_first(decoder);
        }
        let (queued_count, turn, count) = (decoder.u64()?, decoder.u64()?, decoder.u64()?);
        decoder.require(queued_count < COUNTER_LIMIT, "count of works")?;
        decoder.require(count <= queued_count, "count of works")?;
        let is_place = turn <= Owner::Firm(u32::MAX).place();
        decoder.require(is_place && (turn == 0 || count > 0), "turn of works")?;
        self.begin_at((queued_count, turn));
        for _ in 0..count {
            let number = decoder.u64()?;
            decoder.require(number < queued_count, "number of work")?;
            let restored = Numbered { number, work: decode_work(decoder)? };
            let is_behind = self.works().last().is_none_or(|it| it.place() < restored.place());
            decoder.require(is_behind, "order of works")?;
            self.restore(restored, decoder)?;
        }
        Ok(())
    }

    /// The queue of states of version 1: one for all, without gaps.
    fn decode_first(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        let (queued_count, finished_count) = (decoder.u64()?, decoder.u64()?);
        decoder.require(queued_count < COUNTER_LIMIT, "count of works")?;
        decoder.require(finished_count <= queued_count, "count of works")?;
        self.begin_at((queued_count, 0));
        for number in finished_count..queued_count {
            let work = decode_work(decoder)?;
            self.restore(Numbered { number, work }, decoder)?;
        }
        Ok(())
    }

    /// Adds work when there is room for it.
    fn restore(&mut self, it: Numbered, decoder: &Decoder<'_>) -> Result<(), SnapshotError> {
        if let Work::Sweep(sweep) = it.work {
            let is_second = |other: &Numbered| match other.work {
                Work::Sweep(other) => other.is_same_disconnect(&sweep),
                Work::PayOut(_) => false,
            };
            let is_single = !self.works().iter().any(is_second);
            decoder.require(is_single, "sweep of a lost session")?;
        }
        let owner = it.work.owner();
        if self.is_full(owner) {
            return Err(match owner {
                Owner::KillSwitches | Owner::LostSessions => decoder.invalid("count of works"),
                Owner::Exchange | Owner::Firm(_) => self.too_small(),
            });
        }
        self.insert(it);
        Ok(())
    }
}

fn decode_work(decoder: &mut Decoder<'_>) -> Result<Work, SnapshotError> {
    let origin =
        Origin { session_id: decoder.u32()?, request_id: decoder.u64()?, seq_num: decoder.u32()? };
    match decoder.u8()? {
        SWEEP => decode_sweep(origin, decoder).map(Work::Sweep),
        PAY_OUT => decode_pay_out(origin, decoder).map(Work::PayOut),
        _ => Err(decoder.invalid("kind of work")),
    }
}

fn encode_sweep(sweep: &Sweep, encoder: &mut Encoder<'_>) {
    encoder.u8(SWEEP);
    encoder.u16(sweep.reason.map_or(0, u16::from));
    encoder.u8(sweep.scope.into());
    encoder.u8(sweep.side);
    encoder.u32(sweep.key);
    encoder.u32(sweep.firm_id);
    encoder.u64(sweep.accepted_count);
    encoder.u32(sweep.next_slot);
    encoder.u32(sweep.order_count);
    encoder.u8(sweep.exec_inst);
}

fn decode_sweep(origin: Origin, decoder: &mut Decoder<'_>) -> Result<Sweep, SnapshotError> {
    let reason = match decoder.u16()? {
        0 => None,
        reason => match CancelReason::try_from(reason) {
            Ok(reason) => Some(reason),
            Err(_) => return Err(decoder.invalid("reason")),
        },
    };
    let scope = MassActionScope::try_from(decoder.u8()?);
    let scope = scope.map_err(|_| decoder.invalid("scope"))?;
    let side = decoder.u8()?;
    decoder.require(side <= 2, "side")?;
    let sweep = Sweep {
        origin,
        reason,
        scope,
        side,
        key: decoder.u32()?,
        firm_id: decoder.u32()?,
        accepted_count: decoder.u64()?,
        next_slot: decoder.u32()?,
        order_count: decoder.u32()?,
        exec_inst: if decoder.version() > 1 { decoder.u8()? } else { 0 },
    };
    let is_disconnect = sweep.reason == DISCONNECTED;
    let covers_one_session = sweep.scope == MassActionScope::Session
        && (sweep.firm_id, sweep.side) == (0, 0)
        && [0, EXEC_INST_CANCEL_ON_DISCONNECT].contains(&sweep.exec_inst);
    decoder.require(!is_disconnect || covers_one_session, "sweep of a lost session")?;
    // That of a lost session may have begun anew.
    let is_progress = is_disconnect || sweep.order_count <= sweep.next_slot;
    decoder.require(is_progress, "progress of a sweep")?;
    Ok(sweep)
}

fn encode_pay_out(pay_out: &PayOut, encoder: &mut Encoder<'_>) {
    encoder.u8(PAY_OUT);
    encoder.u32(pay_out.event_id);
    encoder.u32(pay_out.next_account);
    encoder.u32(pay_out.position_count);
    encoder.i128(pay_out.paid);
    encoder.i128(pay_out.balance);
}

fn decode_pay_out(origin: Origin, decoder: &mut Decoder<'_>) -> Result<PayOut, SnapshotError> {
    Ok(PayOut {
        origin,
        event_id: decoder.u32()?,
        next_account: decoder.u32()?,
        position_count: decoder.u32()?,
        paid: decoder.i128()?,
        balance: decoder.i128()?,
    })
}

const SWEEP: u8 = 1;
const PAY_OUT: u8 = 2;
