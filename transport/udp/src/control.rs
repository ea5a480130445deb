//! What the kernel says beside the bytes of a reception: where to cut a buffer (UDP_GRO) and when
//! it arrived (SO_TIMESTAMPNS). Laid out as cmsg(3) has it.

use std::mem;

/// Room for both kinds of control data.
#[repr(C, align(8))]
pub(crate) struct Control {
    bytes: [u8; Self::LENGTH],
}

impl Control {
    pub(crate) const LENGTH: usize = 64;

    pub(crate) const EMPTY: Self = Self { bytes: [0; Self::LENGTH] };

    /// What stands in the first `length` bytes.
    #[inline]
    pub(crate) fn read(&self, length: usize) -> Notes {
        let mut notes = Notes::default();
        let mut rest = &self.bytes[..length.min(Self::LENGTH)];
        while let Some((entry_length, level, kind)) = header(rest) {
            if entry_length < HEADER_LENGTH || entry_length > rest.len() {
                break;
            }
            let data = &rest[HEADER_LENGTH..entry_length];
            match (level, kind) {
                (libc::SOL_UDP, libc::UDP_GRO) => notes.segment_length = segment_length(data),
                (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => notes.arrived_ns = time_ns(data),
                _ => {}
            }
            rest = rest.get(entry_length.next_multiple_of(ALIGNMENT)..).unwrap_or_default();
        }
        notes
    }
}

/// What was said of one buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// Length of each datagram in it but the last.
    pub(crate) segment_length: Option<usize>,
    /// When the kernel got it, ns of the wall clock since 1970.
    pub(crate) arrived_ns: Option<u64>,
}

fn header(bytes: &[u8]) -> Option<(usize, libc::c_int, libc::c_int)> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (level, rest) = rest.split_first_chunk()?;
    let (kind, _) = rest.split_first_chunk()?;
    let level = libc::c_int::from_ne_bytes(*level);
    Some((usize::from_ne_bytes(*length), level, libc::c_int::from_ne_bytes(*kind)))
}

fn segment_length(data: &[u8]) -> Option<usize> {
    let length = libc::c_int::from_ne_bytes(*data.first_chunk()?);
    usize::try_from(length).ok().filter(|length| *length > 0)
}

fn time_ns(data: &[u8]) -> Option<u64> {
    let (seconds, rest) = data.split_first_chunk()?;
    let nanoseconds = i64::from_ne_bytes(*rest.first_chunk()?);
    let seconds = u64::try_from(i64::from_ne_bytes(*seconds)).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(u64::try_from(nanoseconds).ok()?)
}

const HEADER_LENGTH: usize = mem::size_of::<libc::cmsghdr>();
const ALIGNMENT: usize = mem::size_of::<usize>();

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
        let length = (HEADER_LENGTH + data.len()).to_ne_bytes();
        let mut entry = [&length[..], &level.to_ne_bytes(), &kind.to_ne_bytes(), data].concat();
        entry.resize(entry.len().next_multiple_of(ALIGNMENT), 0);
        entry
    }

    fn read(entries: &[Vec<u8>]) -> Notes {
        let bytes = entries.concat();
        let mut control = Control::EMPTY;
        control.bytes[..bytes.len()].copy_from_slice(&bytes);
        control.read(bytes.len())
    }

    #[test]
    fn both_notes_are_read_in_either_order_and_others_are_passed_over() {
        let time = [7_i64.to_ne_bytes(), 5_i64.to_ne_bytes()].concat();
        let arrived = entry(libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS, &time);
        let cut = entry(libc::SOL_UDP, libc::UDP_GRO, &1408_i32.to_ne_bytes());
        let both = Notes { segment_length: Some(1408), arrived_ns: Some(7_000_000_005) };
        assert_eq!(read(&[arrived.clone(), cut.clone()]), both);
        assert_eq!(read(&[cut.clone(), arrived]), both);
        let other = entry(libc::SOL_SOCKET, 999, &[1; 3]);
        assert_eq!(read(&[other, cut]), Notes { arrived_ns: None, ..both });
        assert_eq!(read(&[]), Notes::default());
    }

    #[test]
    fn entries_that_cannot_be_end_the_reading() {
        let cut = entry(libc::SOL_UDP, libc::UDP_GRO, &1408_i32.to_ne_bytes());
        for wrong_length in [0, 8, 15, 65, usize::MAX] {
            let mut wrong = cut.clone();
            wrong[..8].copy_from_slice(&wrong_length.to_ne_bytes());
            assert_eq!(read(&[wrong]), Notes::default(), "{wrong_length}");
        }
        let negative = entry(libc::SOL_UDP, libc::UDP_GRO, &(-1_i32).to_ne_bytes());
        assert_eq!(read(&[negative]), Notes::default());
        assert_eq!(read(&[entry(libc::SOL_UDP, libc::UDP_GRO, &[1])]), Notes::default());
    }
}
