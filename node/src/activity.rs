//! What an exchange has done, counted from its log by a reader that nobody waits for.

use forecastle_proto_spec::{
    Frame, Message, NewOrderSingle, OrderCancelReplaceRequest, OrderCancelRequest, RecordHeader,
    Trade, padded_command_length,
};
use forecastle_runtime::log_buffer::{Overrun, Reader};
use zerocopy::FromBytes;

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Records in the log.
    pub records: u64,
    /// New orders and replaces, refused ones included.
    pub orders: u64,
    /// Cancels.
    pub cancels: u64,
    /// Trades.
    pub trades: u64,
    /// Lots traded.
    pub traded_lots: u64,
    /// Bytes of the log that were overwritten before they were counted.
    pub uncounted_bytes: u64,
    /// End of the last record counted.
    pub log_position: u64,
}

/// Follows the log and counts.
#[derive(Debug)]
pub struct ActivityReader {
    reader: Reader,
    activity: Activity,
}

impl ActivityReader {
    /// Counts from where `reader` stands.
    #[must_use]
    pub fn new(reader: Reader) -> Self {
        let activity = Activity { log_position: reader.position(), ..Activity::default() };
        Self { reader, activity }
    }

    /// Counts what has come since, at most [`POLLS_MAX`] batches, and gives the sums.
    pub fn update(&mut self) -> Activity {
        for _ in 0..POLLS_MAX {
            let activity = &mut self.activity;
            match self.reader.poll(BATCH_LENGTH, |position, record| {
                activity.count(position, record);
            }) {
                Ok(0) => break,
                Ok(_) => {}
                Err(Overrun { lost_from, resume_at }) => {
                    self.activity.uncounted_bytes += resume_at - lost_from;
                }
            }
        }
        self.activity
    }
}

impl Activity {
    fn count(&mut self, position: u64, record: &[u8]) {
        self.records += 1;
        self.log_position = position + record.len() as u64;
        let Ok((header, rest)) = RecordHeader::ref_from_prefix(record) else { return };
        match header.template_id.get() {
            NewOrderSingle::TEMPLATE_ID | OrderCancelReplaceRequest::TEMPLATE_ID => {
                self.orders += 1;
            }
            OrderCancelRequest::TEMPLATE_ID => self.cancels += 1,
            _ => {}
        }
        let command_length = padded_command_length(header.command_length.get().into());
        let mut effects = rest.get(command_length..).unwrap_or_default();
        while let Ok((frame, behind)) = Frame::parse(effects) {
            if let Some(trade) = frame.body::<Trade>() {
                self.trades += 1;
                self.traded_lots += u64::from(trade.quantity.get());
            }
            effects = behind;
        }
    }
}

/// Batches of one update.
const POLLS_MAX: usize = 1024;
/// Records of one batch.
const BATCH_LENGTH: usize = 256;
