//! The receiver of one reply stream: in order, asking again for what is missing.

use std::time::{Duration, Instant};

use forecastle_proto_spec::REPORTS_STREAM_ID;

use super::frames::{self, read, type_of};

/// Where a reply stream stands.
pub struct ReplyStream {
    session_id: i32,
    initial_term_id: i32,
    term_length: i64,
    /// Everything below was taken.
    position: i64,
    status_position: i64,
    last_nak: Option<Instant>,
}

impl ReplyStream {
    /// Joins at the position of a SETUP.
    pub fn new(setup: &[u8]) -> Self {
        let mut stream = Self {
            session_id: read(setup, 12),
            initial_term_id: read(setup, 20),
            term_length: i64::from(read(setup, 28)),
            position: 0,
            status_position: 0,
            last_nak: None,
        };
        stream.position = stream.position_of(read(setup, 24), read(setup, 8));
        stream.status_position = stream.position;
        stream
    }

    /// The status message of now.
    pub fn status(&mut self) -> Vec<u8> {
        self.status_position = self.position;
        let at = self.term_and_offset(self.position);
        frames::status(self.session_id, REPORTS_STREAM_ID, at, WINDOW_LENGTH as i32).bytes
    }

    /// Takes one datagram of frames; whole messages in order go to `handler`. Gives what is to be
    /// answered.
    pub fn on_data(&mut self, datagram: &[u8], mut handler: impl FnMut(&[u8])) -> Option<Vec<u8>> {
        let mut rest = datagram;
        while rest.len() >= 32 {
            let length = usize::try_from(read(rest, 0)).expect("no frame has a negative length");
            let position = self.position_of(read(rest, 20), read(rest, 8));
            if position > self.position {
                return self.nak(position);
            }
            let aligned = length.next_multiple_of(32);
            let is_pad = type_of(rest) == TYPE_PAD;
            if position == self.position && length > 0 {
                self.position += i64::try_from(aligned).expect("a frame is short");
                if !is_pad {
                    assert_eq!(rest[5] & 0xC0, 0xC0, "a report is one frame");
                    handler(&rest[32..length]);
                }
            }
            rest = if is_pad || length == 0 { &[] } else { &rest[aligned..] };
        }
        (self.position - self.status_position > WINDOW_LENGTH / 4).then(|| self.status())
    }

    fn nak(&mut self, until: i64) -> Option<Vec<u8>> {
        if self.last_nak.is_some_and(|time| time.elapsed() < NAK_PERIOD) {
            return None;
        }
        self.last_nak = Some(Instant::now());
        let (term_id, offset) = self.term_and_offset(self.position);
        let term_rest = self.term_length - i64::from(offset);
        let length = i32::try_from((until - self.position).min(term_rest)).expect("a short hole");
        Some(frames::nak(self.session_id, REPORTS_STREAM_ID, (term_id, offset), length).bytes)
    }

    fn position_of(&self, term_id: i32, offset: i32) -> i64 {
        let term_count = i64::from(term_id.wrapping_sub(self.initial_term_id));
        term_count * self.term_length + i64::from(offset)
    }

    fn term_and_offset(&self, position: i64) -> (i32, i32) {
        let term_count = i32::try_from(position / self.term_length).expect("few terms");
        let offset = i32::try_from(position % self.term_length).expect("a term is short");
        (self.initial_term_id.wrapping_add(term_count), offset)
    }
}

const TYPE_PAD: u16 = 0;
const WINDOW_LENGTH: i64 = 128 * 1024;
const NAK_PERIOD: Duration = Duration::from_millis(11);
