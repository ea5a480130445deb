//! Journals written anew with something in their records changed: every checksum, hash and chain
//! value is right again, so that only execution can tell.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use forecastle_persister::{
    DiskCompletion, DiskOperation, JournalPoint, JournalWriter, SegmentHeader, WriterConfig,
    WriterStart,
};
use forecastle_persister_disk::{JournalFolder, JournalReader, inspect, segment_name};
use forecastle_proto_spec::{Frame, Message, RecordHeader, padded_command_length};
use zerocopy::FromBytes as _;

/// One record: its position and its bytes, whose length stays.
pub struct JournaledRecord {
    /// Position of its first byte.
    pub position: u64,
    /// Header, command and effects.
    pub bytes: Vec<u8>,
}

impl JournaledRecord {
    /// Its header.
    pub fn header(&mut self) -> &mut RecordHeader {
        let header = RecordHeader::mut_from_prefix(&mut self.bytes);
        header.expect("a record begins with its header").0
    }

    /// Its command, if it is of this kind.
    pub fn command<M: Message>(&mut self) -> Option<&mut M> {
        let start = size_of::<RecordHeader>();
        let (frame, _) = Frame::parse(&self.bytes[start..]).ok()?;
        let start = start + frame.bytes.len() - size_of::<M>();
        frame.body::<M>()?;
        M::mut_from_prefix(&mut self.bytes[start..]).ok().map(|(message, _)| message)
    }

    /// The first effect of this kind, with its index among the record's effects.
    pub fn effect<M: Message>(&mut self) -> Option<(usize, &mut M)> {
        let command_length = padded_command_length(self.header().command_length.get().into());
        let mut start = size_of::<RecordHeader>() + command_length;
        for index in 0.. {
            let (frame, _) = Frame::parse(&self.bytes[start..]).ok()?;
            let length = frame.bytes.len();
            if frame.body::<M>().is_some() {
                start += length - size_of::<M>();
                let message = M::mut_from_prefix(&mut self.bytes[start..]).ok();
                return message.map(|(message, _)| (index, message));
            }
            start += length;
        }
        None
    }
}

/// Writes the journal of a stopped exchange anew, through the writer of every exchange and with
/// its key, each record as `change` leaves it.
pub fn rewrite(data: &Path, change: impl FnOnce(&mut [JournaledRecord])) {
    let folder = JournalFolder::open_to_read(data, None).expect("there is a journal");
    let (header, mut records) = read(&folder);
    change(&mut records);
    for segment in folder.segments().expect("the folder is readable") {
        fs::remove_file(segment.path).expect("the folder is writable");
    }
    let mut scribe = Scribe::new(&folder, &header);
    for record in &records {
        scribe.append(record);
    }
    scribe.close();
}

fn read(folder: &JournalFolder) -> (SegmentHeader, Vec<JournaledRecord>) {
    let limit = inspect(folder, 0).expect("it can be read").point.position;
    let mut reader = JournalReader::open(folder, 0).expect("it is kept from the beginning");
    let header = *reader.segment().expect("there is a segment");
    let mut records = Vec::new();
    while let Some(frame) = reader.next_frame(limit).expect("it verifies") {
        let of_frame = frame.records();
        records.extend(of_frame.map(|record| JournaledRecord {
            position: record.position,
            bytes: record.bytes.to_vec(),
        }));
    }
    (header, records)
}

/// A writer with plain files under it.
struct Scribe {
    writer: JournalWriter,
    journal: PathBuf,
    file: Option<File>,
    segment_bytes: u64,
    segment_count: u8,
}

impl Scribe {
    fn new(folder: &JournalFolder, header: &SegmentHeader) -> Self {
        let config = WriterConfig {
            shard: header.shard,
            key: folder.key().expect("the key lies beside the journal").clone(),
            segment_bytes: header.segment_bytes,
            schema_version: header.schema_version,
            schema_hash: header.schema_hash,
            build: header.build,
        };
        let point = JournalPoint::birth(header.shard);
        let start = WriterStart { point, segment: None, next_segment_id: [1; 16] };
        Self {
            writer: JournalWriter::new(config, start),
            journal: folder.journal().to_path_buf(),
            file: None,
            segment_bytes: header.segment_bytes,
            segment_count: 1,
        }
    }

    fn append(&mut self, record: &JournaledRecord) {
        while !self.writer.append(record.position, &record.bytes) {
            self.carry_out();
        }
    }

    fn close(mut self) {
        self.writer.close();
        while !self.writer.is_closed() {
            self.carry_out();
        }
    }

    fn carry_out(&mut self) {
        let operation = self.writer.next_operation(0, 0).expect("there is something to write");
        let completion = match operation {
            DiskOperation::Roll { position, .. } => {
                let path = self.journal.join(segment_name(position));
                let file = File::create(path).expect("the folder is writable");
                file.set_len(self.segment_bytes).expect("there is room");
                file.write_all_at(self.writer.roll_bytes(), 0).expect("there is room");
                self.file = Some(file);
                self.segment_count += 1;
                DiskCompletion::Rolled { next_segment_id: [self.segment_count; 16] }
            }
            DiskOperation::Write { buffer, length, offset } => {
                let file = self.file.as_ref().expect("a segment comes first");
                let frame = &self.writer.buffer(buffer)[..length];
                file.write_all_at(frame, offset).expect("there is room");
                DiskCompletion::Synced
            }
        };
        self.writer.on_completion(completion);
    }
}
