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
            self.set(access_key_id, Entitlement { firm_id, roles, open_orders_max: 0 });
        }
        Ok(())
    }

    /// The limits on open orders, which version 1 lacks.
    pub(crate) fn encode_open_orders_max(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        for (access_key_id, entitlement) in (0..).zip(&self.keys) {
            if entitlement.open_orders_max != 0 {
                encoder.u32(access_key_id);
                encoder.u16(entitlement.open_orders_max);
                count += 1;
            }
        }
        encoder.close_count(place, count);
    }

    pub(crate) fn decode_open_orders_max(
        &mut self,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        let mut last = 0;
        for _ in 0..decoder.u32()? {
            let (access_key_id, open_orders_max) = (decoder.u32()?, decoder.u16()?);
            let is_key = access_key_id > last && self.contains(access_key_id);
            decoder.require(is_key && open_orders_max != 0, "limit on open orders")?;
            let entitlement = self.entitlement(access_key_id);
            self.set(access_key_id, Entitlement { open_orders_max, ..entitlement });
            last = access_key_id;
        }
        Ok(())
    }
}
