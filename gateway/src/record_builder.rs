//! Log records put together by hand, for tests of what is read out of them.

use forecastle_proto_spec::{Message, RecordHeader, encode, padded_command_length};
use zerocopy::{FromZeros, IntoBytes};

/// A record being built.
pub(crate) struct RecordBuilder {
    header: RecordHeader,
    bytes: Vec<u8>,
}

/// Sequencing time of every record built.
pub(crate) const SEQUENCING_TIME_NS: u64 = 1_800_000_000_000_000_000;

impl RecordBuilder {
    pub(crate) fn new(session_id: u32, command: &[u8]) -> Self {
        let mut header = RecordHeader::new_zeroed();
        header.session_id.set(session_id);
        header.command_length.set(command.len() as u16);
        header.sequencing_time_ns.set(SEQUENCING_TIME_NS);
        let mut bytes = vec![0; size_of::<RecordHeader>()];
        bytes.extend_from_slice(command);
        bytes.resize(size_of::<RecordHeader>() + padded_command_length(command.len()), 0);
        Self { header, bytes }
    }

    pub(crate) fn of<M: Message>(session_id: u32, command: &M) -> Self {
        let mut builder = Self::new(session_id, &encoded(command));
        builder.header.template_id.set(M::TEMPLATE_ID);
        builder
    }

    pub(crate) fn effect<M: Message>(mut self, effect: &M) -> Self {
        self.bytes.extend_from_slice(&encoded(effect));
        self.header.effect_count += 1;
        self
    }

    pub(crate) fn build(mut self) -> Vec<u8> {
        self.header.record_length.set(self.bytes.len() as u32);
        let header = self.header.as_bytes();
        self.bytes[..header.len()].copy_from_slice(header);
        self.bytes
    }
}

/// A message with its header.
pub(crate) fn encoded<M: Message>(message: &M) -> Vec<u8> {
    let mut bytes = vec![0; M::ENCODED_LENGTH];
    encode(message, &mut bytes).expect("the buffer is as long as the message");
    bytes
}
