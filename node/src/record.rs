//! How a command becomes a record: the one function that sequencer and replayer share.

use forecastle_engine::{CommandInput, EffectBuffer, Engine};
use forecastle_proto_spec::{RECORD_LENGTH_MAX, RecordHeader, padded_command_length};
use zerocopy::transmute;

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
    let command_length = u16::try_from(command.len()).expect("a command fits a datagram");
    let padded_length = padded_command_length(usize::from(command_length));
    let buffer: &mut [u8; RECORD_LENGTH_MAX] =
        buffer.first_chunk_mut().expect("the buffer holds the longest record");
    let (header, rest) = buffer.split_at_mut(size_of::<RecordHeader>());
    let (header, _) = header.as_chunks_mut();
    let (command_bytes, effect_bytes) = rest.split_at_mut(padded_length);
    let (command_bytes, padding) = command_bytes.split_at_mut(command.len());
    command_bytes.copy_from_slice(command);
    if !padding.is_empty() {
        padding.fill(0);
    }
    let mut effects = EffectBuffer::new(effect_bytes);
    let template_id = engine.apply(input, command, &mut effects);
    // None of the three comes near the end of the number range.
    let before_effects = size_of::<RecordHeader>().wrapping_add(padded_length);
    let length = before_effects.wrapping_add(effects.length());
    assert!(length <= RECORD_LENGTH_MAX, "effects are written into the buffer");
    let head: [u64; HEAD_WORDS] = transmute!(RecordHeader {
        record_length: (length as u32).into(),
        template_id: template_id.into(),
        command_length: command_length.into(),
        session_id: input.session_id.into(),
        effect_count: effects.count().into(),
        sequencing_time_ns: input.sequencing_time_ns.into(),
        state_digest: engine.state_digest().into(),
    });
    // By words, as the log loads them at once.
    for (bytes, word) in header.iter_mut().zip(head) {
        *bytes = word.to_ne_bytes();
    }
    length
}

const HEAD_WORDS: usize = size_of::<RecordHeader>() / size_of::<u64>();
