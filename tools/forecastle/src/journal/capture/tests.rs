//! Captures byte by byte, and read back as a receiver would.

use forecastle_persister::records_of;
use forecastle_transport::frame::{DATA_BEGIN, DATA_END, DataFrame, Frame};

use super::*;

/// A record at position 4096: session 17 says Terminate, and nothing comes of it.
const RECORD: &str = "\
    38000000 0800 1800 11000000 00000000 07002a36fe9c9717 efcdab8967452301 \
    1000 0800 4346 0000 11000000 00000000 0300 000000000000";

/// Headers and checksums were computed from the pages of their formats, by another program.
const GOLDEN: &str = "\
    4d3cb2a1 0200 0400 00000000 00000000 ffff0000 65000000 \
    \
    00f15365 07000000 44000000 44000000 \
    45000044 00004000 40113ca6 7f000002 7f000001 4ea4 4ea3 0030 523e \
    28000000 00 00 0500 00000000 11000000 f3030000 00000000 00000000 00000001 e0ff0000 00000000 \
    \
    00f15365 07000000 5c000000 5c000000 \
    4500005c 00004000 40113c8e 7f000002 7f000001 4ea4 4ea3 0048 96f8 \
    38000000 00 c0 0100 00000000 11000000 f3030000 00000000 2010000000000000 \
    1000 0800 4346 0000 11000000 00000000 0300 000000000000 0000000000000000 \
    \
    00f15365 07000000 44000000 44000000 \
    45000044 00004000 40113ca5 7f000001 7f000003 4ea3 4ea5 0030 513c \
    28000000 00 00 0500 00000000 11000000 f4030000 00000000 00000000 00000001 e0ff0000 00000000 \
    \
    00f15365 07000000 7c000000 7c000000 \
    4500007c 00004000 40113c6d 7f000001 7f000003 4ea3 4ea5 0068 ee2c \
    48000000 00 c0 0100 00000000 11000000 f4030000 00000000 0010000000000000 \
    2000 6e00 4346 0000 \
    38000000 0800 1800 11000000 00000000 07002a36fe9c9717 efcdab8967452301 \
    000000000000000000000000000000000000000000000000";

#[test]
fn a_record_is_these_packets() {
    let record = bytes(RECORD);
    let record = records_of(&record, 4096).next().unwrap().unwrap();
    let mut output = Vec::new();
    let mut capture = Capture::new(&mut output, MTU_LENGTH).unwrap();
    capture.record(&record).unwrap();
    let written = capture.finish().unwrap();
    assert_eq!(written, Written { records: 1, messages: 2, streams: 2, datagrams: 4 });
    assert_eq!(hex(&output), hex(&bytes(GOLDEN)));
}

#[test]
fn messages_of_every_length_come_back_through_fragments_and_terms() {
    let mut flow = Flow::new(7, 1011, 96);
    // The end of the term falls on another of them each time.
    for left in (32..40_000).step_by(32) {
        flow.position = (flow.position + TERM_LENGTH).next_multiple_of(TERM_LENGTH) - left;
        let messages: Vec<Vec<u8>> =
            (0..=200_u8).map(|length| vec![length; length.into()]).collect();
        let logged =
            messages.iter().zip(0..).map(|(bytes, index)| Logged { position: index * 8, bytes });
        let mut read = Reader { position: flow.position, ..Reader::default() };
        let mut scratch = Vec::new();
        let count = flow.send(logged, &mut scratch, &mut |datagram| read.datagram(datagram));
        assert_eq!(count.unwrap(), 201);
        assert_eq!(read.position, flow.position);
        assert_eq!(read.messages, messages, "{left} bytes left in the term");
        assert_eq!(read.log_positions, (0..201).map(|index| index * 8).collect::<Vec<_>>());
    }
}

/// What a receiver of the stream makes of it.
#[derive(Default)]
struct Reader {
    /// Stream position of the next frame.
    position: u64,
    messages: Vec<Vec<u8>>,
    log_positions: Vec<i64>,
}

impl Reader {
    fn datagram(&mut self, datagram: &[u8]) -> io::Result<()> {
        assert!(datagram.len() <= 96);
        let Frame::Data(frames) = Frame::parse(datagram).expect("it is valid") else {
            panic!("neither DATA nor PAD: {datagram:?}")
        };
        for frame in frames {
            self.frame(&frame);
        }
        Ok(())
    }

    fn frame(&mut self, frame: &DataFrame<'_>) {
        let header = frame.header;
        assert_eq!((header.session_id.get(), header.stream_id.get()), (7, 1011));
        let offset = u64::try_from(header.term_offset.get()).unwrap();
        let term = u64::try_from(header.term_id.get()).unwrap();
        assert_eq!(term * TERM_LENGTH + offset, self.position);
        let length = u64::try_from(header.header.frame_length.get()).unwrap();
        self.position += length.next_multiple_of(32);
        assert!(offset + length.next_multiple_of(32) <= TERM_LENGTH, "it leaves its term");
        if header.is_pad() {
            assert_eq!(self.position % TERM_LENGTH, 0, "padding ends the term");
            return;
        }
        if header.header.has(DATA_BEGIN) {
            self.messages.push(Vec::new());
            self.log_positions.push(header.reserved_value.get());
        }
        let message = self.messages.last_mut().expect("the first fragment came first");
        message.extend_from_slice(frame.payload());
        let is_last = message.len() == self.messages.len() - 1;
        assert_eq!(header.header.has(DATA_END), is_last, "message {}", self.messages.len() - 1);
    }
}

fn bytes(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    assert!(digits.len().is_multiple_of(2));
    (0..digits.len())
        .step_by(2)
        .map(|index| u8::from_str_radix(&digits[index..index + 2], 16).unwrap())
        .collect()
}

/// In lines of 16 bytes, so that a difference is found.
fn hex(bytes: &[u8]) -> Vec<String> {
    let line = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.chunks(16).map(line).collect()
}

const TERM_LENGTH: u64 = 16 << 20;
