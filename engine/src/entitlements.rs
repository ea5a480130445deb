//! What each access key may do, and for which firm.

mod snapshot;

use forecastle_proto_spec::{
    Digest, ROLES_CASH_ADMIN, ROLES_MARKET_ADMIN, ROLES_ODDS_PROVIDER, ROLES_REPLICA, ROLES_RISK,
    ROLES_TRADER,
};

use crate::memory_table::MemoryUse;
use crate::state_digest::{DigestSum, Domain, pair};

/// Firm and roles of a key, or of a sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entitlement {
    pub(crate) firm_id: u32,
    pub(crate) roles: u16,
    /// Most open orders of each session, 0 for no limit.
    pub(crate) open_orders_max: u16,
}

impl Entitlement {
    /// The exchange itself: every role, no firm.
    pub(crate) const EXCHANGE: Self = Self { firm_id: 0, roles: ROLES_ALL, open_orders_max: 0 };

    /// Whether any of `roles` is granted.
    #[inline]
    pub(crate) fn includes_any(&self, roles: u16) -> bool {
        self.roles & roles != 0
    }
}

/// Entitlements of all keys.
#[derive(Debug)]
pub(crate) struct EntitlementTable {
    keys: Box<[Entitlement]>,
    digest: DigestSum,
}

impl EntitlementTable {
    pub(crate) fn new(access_keys_max: u32) -> Self {
        let keys = vec![Entitlement::default(); access_keys_max as usize + 1].into_boxed_slice();
        Self { keys, digest: DigestSum::default() }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 1] {
        [MemoryUse::of_slice("entitlements", &self.keys)]
    }

    /// Whether a key id is in range.
    pub(crate) fn contains(&self, access_key_id: u32) -> bool {
        access_key_id > 0 && (access_key_id as usize) < self.keys.len()
    }

    /// The entitlement of a key; nothing for a key out of range.
    #[inline]
    pub(crate) fn entitlement(&self, access_key_id: u32) -> Entitlement {
        self.keys.get(access_key_id as usize).copied().unwrap_or_default()
    }

    /// Grants a key in range firm and roles, or takes all away with no role.
    pub(crate) fn set(&mut self, access_key_id: u32, entitlement: Entitlement) {
        self.digest.remove(piece(access_key_id, self.entitlement(access_key_id)));
        self.keys[access_key_id as usize] = entitlement;
        self.digest.add(piece(access_key_id, entitlement));
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }
}

fn piece(access_key_id: u32, entitlement: Entitlement) -> Digest {
    Domain::Entitlement
        .digest()
        .absorb(pair(access_key_id, entitlement.firm_id))
        .absorb(pair(entitlement.open_orders_max.into(), entitlement.roles.into()))
}

/// Roles of the schema.
pub(crate) const ROLES_ALL: u16 = ROLES_TRADER
    | ROLES_MARKET_ADMIN
    | ROLES_CASH_ADMIN
    | ROLES_RISK
    | ROLES_REPLICA
    | ROLES_ODDS_PROVIDER;
/// Roles that may see the whole exchange.
pub(crate) const ROLES_ADMIN: u16 = ROLES_MARKET_ADMIN | ROLES_CASH_ADMIN;
