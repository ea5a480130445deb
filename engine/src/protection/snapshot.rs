//! Protection groups in a snapshot, with what their windows hold.

use super::{
    BUCKET_COUNT, Bucket, Fills, ProtectionLimits, ProtectionTable, add_bucket, bucket_index,
};
use crate::snapshot::{COUNTER_LIMIT, Decoder, Encoder, SnapshotError};

impl ProtectionTable {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u16(self.count);
        for place in self.places() {
            let group = self.group(place);
            encoder.u32(group.firm_id);
            encoder.u16(group.protection_group);
            encoder.u32(group.limits.window_ms);
            encoder.u32(group.limits.quantity_max);
            encoder.u32(group.limits.trades_max);
            encoder.u32(group.limits.net_change_max);
            encoder.u8(u8::from(group.is_triggered));
            for bucket in &group.buckets {
                encoder.u64(bucket.number);
                encoder.u64(bucket.fills.quantity);
                encoder.u64(bucket.fills.trade_count);
                encoder.i64(bucket.fills.net_change);
            }
        }
    }

    pub(crate) fn decode(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        let count = decoder.u16()?;
        if usize::from(count) >= self.groups.len() {
            return Err(SnapshotError::Limit { limit: "sessions_max", needed: u64::from(count) });
        }
        for _ in 0..count {
            let (firm_id, protection_group) = (decoder.u32()?, decoder.u16()?);
            let is_named = firm_id > 0 && protection_group > 0;
            let is_new = self.find(firm_id, protection_group).is_none();
            decoder.require(is_named && is_new, "protection group")?;
            let limits = ProtectionLimits {
                window_ms: decoder.u32()?,
                quantity_max: decoder.u32()?,
                trades_max: decoder.u32()?,
                net_change_max: decoder.u32()?,
            };
            decoder.require(limits.has_window(), "protection window")?;
            let triggered = decoder.u8()?;
            decoder.require(triggered <= 1, "mark of a protection group")?;
            let place = self.add(firm_id, protection_group);
            self.set_limits(place, limits);
            self.set_triggered(place, triggered == 1);
            for index in 0..BUCKET_COUNT {
                let bucket = decode_bucket(index, decoder)?;
                self.groups[usize::from(place)].buckets[index] = bucket;
                add_bucket(&mut self.digest, place, index, &bucket);
            }
        }
        Ok(())
    }
}

fn decode_bucket(index: usize, decoder: &mut Decoder<'_>) -> Result<Bucket, SnapshotError> {
    let number = decoder.u64()?;
    let fills =
        Fills { quantity: decoder.u64()?, trade_count: decoder.u64()?, net_change: decoder.i64()? };
    let bucket = Bucket { number, fills };
    let is_counted = fills.trade_count > 0
        && bucket_index(number) == index
        && number.max(fills.quantity).max(fills.trade_count) < COUNTER_LIMIT >> 8
        && fills.trade_count <= fills.quantity
        && fills.net_change.unsigned_abs() <= fills.quantity;
    decoder.require(is_counted || bucket == Bucket::default(), "fills of a window")?;
    Ok(bucket)
}
