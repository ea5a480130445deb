//! Which bytes of a login message its HMAC covers: one rule for whoever signs and whoever checks.
//!
//! HMAC-SHA256 under the key's secret runs over every byte before the `hmac` field, message header
//! included. The computation itself is left to both sides; this crate knows no cryptography.

use std::mem::offset_of;
use std::ops::Range;

use crate::generated::{Establish, Negotiate};
use crate::{MESSAGE_HEADER_LENGTH, Message};

/// Bytes of an encoded login message, header included, that its HMAC covers; the HMAC itself are
/// the [`HMAC_LENGTH`] bytes behind them. `None` for a template that carries none. O(1).
#[inline]
#[must_use]
pub const fn signed_range(template_id: u16) -> Option<Range<usize>> {
    let offset = match template_id {
        Negotiate::TEMPLATE_ID => offset_of!(Negotiate, hmac),
        Establish::TEMPLATE_ID => offset_of!(Establish, hmac),
        _ => return None,
    };
    Some(0..MESSAGE_HEADER_LENGTH + offset)
}

/// Bytes of an HMAC-SHA256.
pub const HMAC_LENGTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LAYOUTS, Terminate};

    #[test]
    fn the_hmac_ends_its_message_and_everything_before_it_is_signed() {
        assert_eq!(signed_range(1), Some(0..32));
        assert_eq!(signed_range(4), Some(0..40));
        assert_eq!(signed_range(Terminate::TEMPLATE_ID), None);
        for message in LAYOUTS.iter().flat_map(|section| section.iter()) {
            let hmac = message.fields.iter().find(|(name, _)| *name == "hmac");
            let range = signed_range(message.template_id);
            assert_eq!(range.is_some(), hmac.is_some(), "{}", message.name);
            if let Some(range) = range {
                let whole = MESSAGE_HEADER_LENGTH + message.block_length;
                assert_eq!(range.end + HMAC_LENGTH, whole, "{}", message.name);
            }
        }
    }
}
