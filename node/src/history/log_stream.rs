//! The records of one log stream, in order and without a seam: from the journal up to where the
//! log buffer was joined, from the buffer from there on, and from the journal again over whatever
//! the writer overran.

use forecastle_persister_disk::{JournalError, JournalReader};
use forecastle_proto_spec::RecordHeader;
use forecastle_runtime::layout::LayoutError;
use forecastle_runtime::log_buffer::{Reader, Visibility};
use forecastle_runtime::memory::Region;
use zerocopy::FromBytes as _;

use super::journal_source::JournalSource;

/// Where a stream stands, and the records at hand.
#[derive(Debug)]
pub(super) struct LogStream {
    live: Reader,
    /// While what is wanted next lies before the live reader.
    behind: Option<JournalReader>,
    /// Whole records, one after another.
    records: Vec<u8>,
    /// Bytes of them that were taken.
    taken_length: usize,
    /// Position of the first record that was not taken.
    position: u64,
}

impl LogStream {
    /// A stream whose first record holds `from_position`, which is released.
    pub(super) fn open(log: Region, from_position: u64) -> Result<Self, LayoutError> {
        let live = Reader::attach(log, Visibility::Released)?;
        let records = Vec::with_capacity(RECORDS_LENGTH);
        Ok(Self { live, behind: None, records, taken_length: 0, position: from_position })
    }

    /// A stream of what is committed from now on, as it is released.
    pub(super) fn open_live(log: Region) -> Result<Self, LayoutError> {
        let mut stream = Self::open(log, 0)?;
        stream.position = stream.live.position();
        Ok(stream)
    }

    /// Position of the first record of the next packet.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Whole records for one packet: as many as fit `length_max`, but one at least. Empty when
    /// there is none at this moment.
    pub(super) fn peek(
        &mut self,
        source: &mut JournalSource,
        length_max: usize,
    ) -> Result<&[u8], JournalError> {
        if self.taken_length == self.records.len() {
            self.records.clear();
            self.taken_length = 0;
            self.fill(source, length_max)?;
        }
        let rest = &self.records[self.taken_length..];
        Ok(&rest[..packet_length(rest, length_max)])
    }

    /// Takes what was peeked.
    pub(super) fn take(&mut self, length: usize) {
        self.taken_length += length;
        self.position += length as u64;
    }

    fn fill(&mut self, source: &mut JournalSource, length_max: usize) -> Result<(), JournalError> {
        if self.position < self.live.position() {
            return self.fill_from_journal(source);
        }
        self.behind = None;
        let records = &mut self.records;
        while records.len() < length_max {
            let polled = self.live.poll(1, |_, record| records.extend_from_slice(record));
            // Overrun: the live reader is ahead now, and the journal has what lies between.
            if polled != Ok(1) {
                break;
            }
        }
        Ok(())
    }

    fn fill_from_journal(&mut self, source: &mut JournalSource) -> Result<(), JournalError> {
        if self.behind.is_none() {
            self.behind = Some(source.open(self.position)?);
        }
        let reader = self.behind.as_mut().expect("it was opened");
        let Some(frame) = source.next_frame(reader)? else { return Ok(()) };
        let (from, end) = (self.position, self.live.position());
        for record in frame.records().filter(|record| record.end() > from && record.position < end)
        {
            if self.records.is_empty() {
                // Only the very first may begin before what was asked for.
                self.position = record.position;
            }
            self.records.extend_from_slice(record.bytes);
        }
        Ok(())
    }
}

/// Length of the whole records at the front that fit a packet; of the first in any case.
fn packet_length(records: &[u8], length_max: usize) -> usize {
    let mut length = 0;
    while let Ok((header, _)) = RecordHeader::ref_from_prefix(&records[length..]) {
        let end = length + header.record_length.get() as usize;
        if length > 0 && end > length_max {
            break;
        }
        length = end;
    }
    length
}

/// Room for the records of the longest frame.
const RECORDS_LENGTH: usize = 1 << 20;
