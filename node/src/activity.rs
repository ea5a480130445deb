//! What an exchange has done, counted from its log by a reader that nobody waits for.

use forecastle_proto_spec::{
    Frame, MassActionType, MassQuote, Message, NewOrderSingle, OrderCancelReplaceRequest,
    OrderCancelRequest, OrderMassActionRequest, QuoteCancel, RecordHeader, Trade,
    padded_command_length,
};
use forecastle_runtime::log_buffer::{Overrun, Reader};
use zerocopy::FromBytes;

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Records in the log.
    pub records: u64,
    /// New orders, replaces and mass quotes, refused ones included.
    pub orders: u64,
    /// Cancels, mass actions that cancel and quote cancels, refused ones included.
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
            NewOrderSingle::TEMPLATE_ID
            | OrderCancelReplaceRequest::TEMPLATE_ID
            | MassQuote::TEMPLATE_ID => self.orders += 1,
            OrderCancelRequest::TEMPLATE_ID | QuoteCancel::TEMPLATE_ID => self.cancels += 1,
            OrderMassActionRequest::TEMPLATE_ID => self.cancels += u64::from(cancels_many(rest)),
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

/// Whether the mass action that `command` begins with cancels anything.
fn cancels_many(command: &[u8]) -> bool {
    let action = Frame::parse(command).ok().and_then(|(frame, _)| frame.body());
    action.is_some_and(|action: &OrderMassActionRequest| {
        MassActionType::try_from(action.action) != Ok(MassActionType::Release)
    })
}

/// Batches of one update.
const POLLS_MAX: usize = 1024;
/// Records of one batch.
const BATCH_LENGTH: usize = 256;

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{
        GroupedMessage, MassQuoteAck, MassQuoteEntry, encode, encode_with_group,
    };
    use zerocopy::{FromZeros, IntoBytes};

    use super::*;

    #[test]
    fn every_request_that_orders_or_cancels_is_counted_once() {
        let mut activity = Activity::default();
        let mut trade = Trade::new_zeroed();
        trade.quantity.set(40);
        let trades = [encoded(&trade), encoded(&trade)].concat();
        count::<NewOrderSingle>(&mut activity, &encoded(&NewOrderSingle::new_zeroed()), &trades);
        let replace = encoded(&OrderCancelReplaceRequest::new_zeroed());
        count::<OrderCancelReplaceRequest>(&mut activity, &replace, &[]);
        let mut mass_quote = vec![0; MassQuote::encoded_length(2)];
        let entries = [MassQuoteEntry::new_zeroed(); 2];
        encode_with_group(&MassQuote::new_zeroed(), &entries, &mut mass_quote).unwrap();
        count::<MassQuote>(&mut activity, &mass_quote, &encoded(&MassQuoteAck::new_zeroed()));
        let cancel = encoded(&OrderCancelRequest::new_zeroed());
        count::<OrderCancelRequest>(&mut activity, &cancel, &[]);
        count::<QuoteCancel>(&mut activity, &encoded(&QuoteCancel::new_zeroed()), &[]);
        for action in MassActionType::ALL {
            let mut request = OrderMassActionRequest::new_zeroed();
            request.action = action.into();
            count::<OrderMassActionRequest>(&mut activity, &encoded(&request), &[]);
        }
        let Activity { records, orders, cancels, trades, traded_lots, .. } = activity;
        assert_eq!((records, orders, trades, traded_lots), (8, 3, 2, 80));
        assert_eq!(cancels, 4, "a release cancels nothing");
    }

    /// Counts the record of a command of this kind.
    fn count<M: Message>(activity: &mut Activity, command: &[u8], effects: &[u8]) {
        let mut header = RecordHeader::new_zeroed();
        header.template_id.set(M::TEMPLATE_ID);
        header.command_length.set(command.len() as u16);
        let mut record = header.as_bytes().to_vec();
        record.extend_from_slice(command);
        record.resize(size_of::<RecordHeader>() + padded_command_length(command.len()), 0);
        record.extend_from_slice(effects);
        activity.count(0, &record);
    }

    fn encoded<M: Message>(message: &M) -> Vec<u8> {
        let mut bytes = vec![0; M::ENCODED_LENGTH];
        encode(message, &mut bytes).unwrap();
        bytes
    }
}
