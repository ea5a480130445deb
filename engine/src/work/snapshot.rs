//! Unfinished work in a snapshot.

use forecastle_proto_spec::{CancelReason, EXEC_INST_CANCEL_ON_DISCONNECT, MassActionScope};

use super::{DISCONNECTED, Origin, PayOut, Sweep, Work, WorkQueue};
use crate::snapshot::{COUNTER_LIMIT, Decoder, Encoder, SnapshotError};

impl WorkQueue {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u64(self.queued_count);
        encoder.u64(self.finished_count);
        for number in self.finished_count..self.queued_count {
            let work = self.ring[self.place(number)].expect("numbers between are queued");
            let origin = work.origin();
            encoder.u32(origin.session_id);
            encoder.u64(origin.request_id);
            encoder.u32(origin.seq_num);
            match work {
                Work::Sweep(sweep) => encode_sweep(&sweep, encoder),
                Work::PayOut(pay_out) => encode_pay_out(&pay_out, encoder),
            }
        }
    }

    pub(crate) fn decode(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        let (queued_count, finished_count) = (decoder.u64()?, decoder.u64()?);
        decoder.require(queued_count < COUNTER_LIMIT, "count of works")?;
        let count = queued_count.checked_sub(finished_count);
        let count = count.ok_or(decoder.invalid("count of works"))?;
        self.begin_at(finished_count);
        for _ in 0..count {
            let origin = Origin {
                session_id: decoder.u32()?,
                request_id: decoder.u64()?,
                seq_num: decoder.u32()?,
            };
            let work = match decoder.u8()? {
                SWEEP => Work::Sweep(decode_sweep(origin, decoder)?),
                PAY_OUT => Work::PayOut(decode_pay_out(origin, decoder)?),
                _ => return Err(decoder.invalid("kind of work")),
            };
            self.restore(work, decoder)?;
        }
        Ok(())
    }

    /// Adds work when there is room for it.
    fn restore(&mut self, work: Work, decoder: &Decoder<'_>) -> Result<(), SnapshotError> {
        match work {
            Work::Sweep(sweep) if work.is_disconnect() => {
                let is_second =
                    self.ring.iter().flatten().any(
                        |other| matches!(other, Work::Sweep(it) if it.is_same_disconnect(&sweep)),
                    );
                let room = self.ring.len() as u64 - self.work_max;
                let has_room = self.disconnect_count < room && !is_second;
                decoder.require(has_room, "sweep of a lost session")?;
            }
            _ if self.is_full() => {
                let needed = self.work_max + 1;
                return Err(SnapshotError::Limit { limit: "work_max", needed });
            }
            _ => {}
        }
        self.add(work);
        Ok(())
    }

    /// An empty queue that `finished_count` works have passed.
    fn begin_at(&mut self, finished_count: u64) {
        self.digest.remove(self.counters_piece());
        self.queued_count = finished_count;
        self.finished_count = finished_count;
        self.digest.add(self.counters_piece());
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
