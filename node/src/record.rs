//! How a command becomes a record: the one function that sequencer and replayer share.

use forecastle_engine::{CommandInput, EffectBuffer, Engine};
use forecastle_proto_spec::{RecordHeader, padded_command_length};
use zerocopy::{FromBytes as _, FromZeros as _};

/// Applies `command` and writes its record at the start of `buffer`: header, the bytes as received
/// and filled with zeros to 8, effects. Gives the record's length. No allocation.
///
/// # Panics
/// When `buffer` is shorter than the longest record, or an invariant of the engine is broken.
#[inline(always)]
pub fn write_record(
    engine: &mut Engine,
    input: CommandInput,
    command: &[u8],
    buffer: &mut [u8],
) -> usize {
    let padded_length = padded_command_length(command.len());
    let (header, rest) = RecordHeader::mut_from_prefix(buffer).expect("a record has a header");
    let (command_bytes, effect_bytes) = rest.split_at_mut(padded_length);
    let (command_bytes, padding) = command_bytes.split_at_mut(command.len());
    command_bytes.copy_from_slice(command);
    if !padding.is_empty() {
        padding.fill(0);
    }
    let mut effects = EffectBuffer::new(effect_bytes);
    let template_id = engine.apply(input, command, &mut effects);
    let length = size_of::<RecordHeader>() + padded_length + effects.length();
    *header = RecordHeader::new_zeroed();
    header.record_length.set(u32::try_from(length).expect("a record fits a frame"));
    header.template_id.set(template_id);
    header.command_length.set(u16::try_from(command.len()).expect("a command fits a datagram"));
    header.session_id.set(input.session_id);
    header.effect_count.set(effects.count());
    header.sequencing_time_ns.set(input.sequencing_time_ns);
    header.state_digest.set(engine.state_digest());
    length
}
