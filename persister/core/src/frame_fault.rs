//! Why bytes are not the frame that belongs at their place.

use std::fmt;

use crate::layout::FORMAT_VERSION;
use crate::records::RecordFault;

/// The first check of a frame that fails, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameFault {
    /// The file ends within the frame.
    Short {
        /// Bytes there are from the frame's first on.
        length: usize,
    },
    /// It does not begin with `FCFR`: no frame, or one whose first sector never arrived.
    Magic,
    /// The header's checksum does not hold.
    Checksum,
    /// It has another format version; one above [`FORMAT_VERSION`] is of a newer build.
    Version(u16),
    /// A byte of the header that must be zero is not.
    Gap {
        /// Offset of that byte in the header.
        offset: usize,
    },
    /// A field of the header, whose checksum holds, has a value that no writer gives it.
    Field(&'static str),
    /// It belongs to another life of the file.
    SegmentId,
    /// It does not continue the frame before: this field of it is not what must follow.
    Discontinuity(&'static str),
    /// It does not fit the rest of the segment.
    BeyondSegment,
    /// Its chain value is not the one that the key gives: it was forged, or the key is another.
    Chain,
    /// The body's hash does not hold: part of the body never arrived, or it is damaged.
    BodyHash,
    /// A byte behind the body is not zero.
    Padding {
        /// Offset of that byte in the frame.
        offset: usize,
    },
    /// The body is not made of whole records.
    Record(RecordFault),
}

impl FrameFault {
    /// Whether a write that was cut short can leave this behind: the header or part of the body
    /// and its padding never arrived. Everything else was written like that, or changed later.
    #[must_use]
    pub const fn is_torn_write(self) -> bool {
        matches!(self, Self::Magic | Self::Checksum | Self::BodyHash | Self::Padding { .. })
    }
}

impl fmt::Display for FrameFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { length } => {
                write!(formatter, "the file ends {length} bytes behind the frame's start")
            }
            Self::Magic => formatter.write_str("no frame begins here"),
            Self::Checksum => formatter.write_str("the frame header's checksum does not hold"),
            Self::Version(version) => write!(
                formatter,
                "frame of format version {version}; this build reads version {FORMAT_VERSION}"
            ),
            Self::Gap { offset } => {
                write!(formatter, "byte {offset} of the frame header is not zero")
            }
            Self::Field(name) => write!(formatter, "the frame header's {name} cannot be"),
            Self::SegmentId => formatter.write_str("a frame of another segment lies here"),
            Self::Discontinuity(name) => {
                write!(formatter, "the frame's {name} does not continue the frame before")
            }
            Self::BeyondSegment => formatter.write_str("the frame is longer than the segment"),
            Self::Chain => {
                formatter.write_str("the frame's chain value does not hold: forged, or another key")
            }
            Self::BodyHash => formatter.write_str("the hash of the frame's body does not hold"),
            Self::Padding { offset } => {
                write!(formatter, "byte {offset} of the frame, behind its body, is not zero")
            }
            Self::Record(fault) => write!(formatter, "in the frame's body {fault}"),
        }
    }
}

impl std::error::Error for FrameFault {}
