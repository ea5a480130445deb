//! Blocks: scopes in which no new order is taken, set by firms over their own orders and by risk
//! officers over everybody's.
//!
//! Each firm has room of its own, and kill switches have theirs: nobody's blocks keep another's
//! out. An order is looked at for the kill switches and for the blocks of its own firm, and pays
//! one comparison while there are none at all.

mod snapshot;

use forecastle_proto_spec::{Digest, MassActionScope, Side};

use crate::memory_table::MemoryUse;
use crate::state_digest::{DigestSum, Domain, pair};

/// One block. Two that differ in any word are two blocks, each with a release of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Block {
    /// Whose it is, and whose orders alone it covers; 0 for a kill switch, which covers everybody.
    pub(crate) firm_id: u32,
    /// [`MassActionScope`].
    pub(crate) scope: u8,
    /// 1 or 2, or 0 for both.
    pub(crate) side: u8,
    /// What the scope names; 0 for the exchange.
    pub(crate) key: u32,
}

/// An order as blocks look at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    pub(crate) security_id: u32,
    pub(crate) event_id: u32,
    pub(crate) account: u32,
    pub(crate) firm_id: u32,
    pub(crate) link_id: u32,
    pub(crate) side: Side,
    /// The session that owns the order, and the one that sends what is looked at.
    pub(crate) session_ids: [u32; 2],
}

/// All blocks, ascending.
#[derive(Debug)]
pub(crate) struct BlockTable {
    blocks: Vec<Block>,
    digest: DigestSum,
}

impl BlockTable {
    pub(crate) fn new() -> Self {
        let blocks = Vec::with_capacity(KILL_SWITCHES_MAX + BLOCKS_OF_FIRMS_MAX);
        Self { blocks, digest: DigestSum::default() }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 1] {
        [MemoryUse::of_list("blocks", &self.blocks)]
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Whether there is no room for one more block of a firm, or for one more kill switch.
    pub(crate) fn is_full(&self, firm_id: u32) -> bool {
        let count = self.of(firm_id).len();
        let of_firms = self.blocks.len() - self.of(0).len();
        match firm_id {
            0 => count >= KILL_SWITCHES_MAX,
            _ => count >= BLOCKS_OF_FIRM_MAX || of_firms >= BLOCKS_OF_FIRMS_MAX,
        }
    }

    /// Blocks that stand.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.blocks.len()).expect("there are few blocks")
    }

    pub(crate) fn contains(&self, block: &Block) -> bool {
        self.blocks.binary_search(block).is_ok()
    }

    /// Whether any block covers an order. O(kill switches + blocks of its firm).
    pub(crate) fn covers(&self, subject: &Subject) -> bool {
        let mut looked_at = self.of(0).iter().chain(self.of(subject.firm_id));
        looked_at.any(|block| block.covers(subject))
    }

    /// The blocks of a firm; of 0, the kill switches.
    fn of(&self, firm_id: u32) -> &[Block] {
        let first = self.blocks.partition_point(|block| block.firm_id < firm_id);
        let rest = &self.blocks[first..];
        &rest[..rest.partition_point(|block| block.firm_id == firm_id)]
    }

    /// Sets a block; one that stands already stands.
    ///
    /// # Panics
    /// When it is new and there is no room for it.
    pub(crate) fn set(&mut self, block: Block) {
        let Err(place) = self.blocks.binary_search(&block) else {
            return;
        };
        assert!(!self.is_full(block.firm_id), "room is looked for before a block is set");
        self.blocks.insert(place, block);
        self.digest.add(piece(&block));
    }

    /// Takes exactly this block away, if it stands.
    pub(crate) fn release(&mut self, block: &Block) {
        if let Ok(place) = self.blocks.binary_search(block) {
            self.blocks.remove(place);
            self.digest.remove(piece(block));
        }
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all blocks.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        self.blocks.iter().map(piece).collect()
    }
}

impl Block {
    fn covers(&self, subject: &Subject) -> bool {
        let is_in_scope = match MassActionScope::try_from(self.scope) {
            Ok(MassActionScope::Security) => subject.security_id == self.key,
            Ok(MassActionScope::Event) => subject.event_id == self.key,
            Ok(MassActionScope::Account) => subject.account == self.key,
            Ok(MassActionScope::Link) => subject.link_id == self.key,
            Ok(MassActionScope::Firm) => subject.firm_id == self.key,
            Ok(MassActionScope::Session) => subject.session_ids.contains(&self.key),
            Ok(MassActionScope::Exchange) => true,
            Ok(MassActionScope::Day) | Err(_) => false,
        };
        is_in_scope
            && (self.firm_id == 0 || self.firm_id == subject.firm_id)
            && (self.side == 0 || self.side == u8::from(subject.side))
    }
}

fn piece(block: &Block) -> Digest {
    Domain::Block
        .digest()
        .absorb(pair(block.firm_id, block.key))
        .absorb(pair(block.scope.into(), block.side.into()))
}

/// Most kill switches that stand at once.
pub(crate) const KILL_SWITCHES_MAX: usize = 256;
/// Most blocks of one firm.
const BLOCKS_OF_FIRM_MAX: usize = 128;
/// Most blocks of all firms.
const BLOCKS_OF_FIRMS_MAX: usize = 64 * BLOCKS_OF_FIRM_MAX;
