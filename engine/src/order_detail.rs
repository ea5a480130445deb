//! The cold part of an order: what few orders have and what matching seldom reads. An order that
//! has nothing of it says so in its hot part, and its detail is neither read nor written.

use forecastle_proto_spec::Digest;

use crate::snapshot::{Decoder, Encoder, SnapshotError};
use crate::state_digest::{Domain, pair};

/// What an order has besides its place, price and quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderDetail {
    /// When it ends, nanoseconds since 1970; 0 for never.
    pub(crate) expire_time_ns: u64,
}

impl OrderDetail {
    /// Nothing.
    pub(crate) const NONE: Self = Self { expire_time_ns: 0 };

    /// Whether there is anything in it.
    #[inline]
    pub(crate) fn is_some(&self) -> bool {
        *self != Self::NONE
    }

    /// Its piece of the digest, as the detail of the order in a slot.
    pub(crate) fn piece(&self, slot: u32, generation: u32) -> Digest {
        Domain::OrderDetail.digest().absorb(pair(slot, generation)).absorb(self.expire_time_ns)
    }

    /// One byte says whether there is anything, which then follows.
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u8(u8::from(self.is_some()));
        if self.is_some() {
            encoder.u64(self.expire_time_ns);
        }
    }

    /// Nothing in an encoding of version 1.
    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, SnapshotError> {
        if decoder.version() == 1 {
            return Ok(Self::NONE);
        }
        match decoder.u8()? {
            0 => Ok(Self::NONE),
            1 => {
                let detail = Self { expire_time_ns: decoder.u64()? };
                decoder.require(detail.is_some(), "detail of an order")?;
                Ok(detail)
            }
            _ => Err(decoder.invalid("detail of an order")),
        }
    }
}
