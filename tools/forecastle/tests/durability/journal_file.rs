//! A journal read back while its exchange runs or lies dead.

use std::collections::BTreeMap;
use std::path::Path;

use forecastle_persister_disk::{JournalFolder, JournalReader, inspect};
use forecastle_proto_spec::{Frame, OrderAccepted};

/// Every effect of a journal from a position on, by its own position.
#[derive(Default)]
pub struct Effects {
    /// Template and bytes of the message.
    pub by_position: BTreeMap<u64, Vec<u8>>,
    /// Position behind the last record read.
    pub end: u64,
    /// How often each ClOrdID of each session was accepted.
    pub accepted: BTreeMap<(u32, u64), u32>,
}

impl Effects {
    /// Reads what the journal of a data folder has gained since.
    pub fn read_on(&mut self, data: &Path) {
        let folder = JournalFolder::open_to_read(data, None).expect("there is a journal");
        let limit = inspect(&folder, 0).expect("it can be read").point.position;
        let start = self.end;
        let mut reader = JournalReader::open(&folder, start).expect("it is kept from there");
        while let Some(frame) = reader.next_frame(limit).expect("what is promised verifies") {
            for record in frame.records().filter(|record| record.position >= start) {
                let mut rest = record.effects();
                let mut position = record.end() - rest.len() as u64;
                while let Ok((effect, behind)) = Frame::parse(rest) {
                    self.note(position, &effect);
                    position += effect.bytes.len() as u64;
                    rest = behind;
                }
            }
        }
        self.end = limit;
    }

    fn note(&mut self, position: u64, effect: &Frame<'_>) {
        if let Some(accepted) = effect.body::<OrderAccepted>() {
            let id = (accepted.session_id.get(), accepted.cl_ord_id.get());
            *self.accepted.entry(id).or_default() += 1;
        }
        let known = self.by_position.insert(position, effect.bytes.to_vec());
        assert!(known.is_none(), "two effects at position {position}");
    }
}
