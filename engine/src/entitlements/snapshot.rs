//! Entitlements in a snapshot.

use super::{Entitlement, EntitlementTable, ROLES_ALL};
use crate::snapshot::{Decoder, Encoder, SnapshotError};

impl EntitlementTable {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        for (access_key_id, entitlement) in (0..).zip(&self.keys) {
            if *entitlement != Entitlement::default() {
                encoder.u32(access_key_id);
                encoder.u32(entitlement.firm_id);
                encoder.u16(entitlement.roles);
                count += 1;
            }
        }
        encoder.close_count(place, count);
    }

    pub(crate) fn decode(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        for _ in 0..decoder.u32()? {
            let access_key_id = decoder.u32()?;
            decoder.require(access_key_id > 0, "access key")?;
            if !self.contains(access_key_id) {
                let needed = u64::from(access_key_id);
                return Err(SnapshotError::Limit { limit: "access_keys_max", needed });
            }
            let is_new = self.entitlement(access_key_id) == Entitlement::default();
            decoder.require(is_new, "access key")?;
            let (firm_id, roles) = (decoder.u32()?, decoder.u16()?);
            decoder.require(roles & !ROLES_ALL == 0, "roles")?;
            self.set(access_key_id, Entitlement { firm_id, roles });
        }
        Ok(())
    }
}
