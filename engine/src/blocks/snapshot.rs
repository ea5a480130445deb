//! Blocks in a snapshot.

use forecastle_proto_spec::MassActionScope;

use super::{Block, BlockTable};
use crate::snapshot::{Decoder, Encoder, SnapshotError};

impl BlockTable {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u32(self.count());
        for block in &self.blocks {
            encoder.u32(block.firm_id);
            encoder.u8(block.scope);
            encoder.u8(block.side);
            encoder.u32(block.key);
        }
    }

    pub(crate) fn decode(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        let count = decoder.u32()?;
        for _ in 0..count {
            let block = Block {
                firm_id: decoder.u32()?,
                scope: decoder.u8()?,
                side: decoder.u8()?,
                key: decoder.u32()?,
            };
            let scope = MassActionScope::try_from(block.scope);
            let is_scope = scope.is_ok_and(|scope| scope != MassActionScope::Day);
            decoder.require(is_scope && block.side <= 2, "block")?;
            decoder.require(self.blocks.last() < Some(&block), "order of blocks")?;
            decoder.require(!self.is_full(block.firm_id), "count of blocks")?;
            self.set(block);
        }
        Ok(())
    }
}
