//! Numbers in and out of bytes.

use super::SnapshotError;

/// Appends numbers.
pub(crate) struct Encoder<'a> {
    bytes: &'a mut Vec<u8>,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn i128(&mut self, value: i128) {
        self.bytes(&value.to_le_bytes());
    }

    /// A place for a count that is known later.
    pub(crate) fn open_count(&mut self) -> usize {
        self.u32(0);
        self.bytes.len() - size_of::<u32>()
    }

    pub(crate) fn close_count(&mut self, place: usize, count: u32) {
        self.bytes[place..place + size_of::<u32>()].copy_from_slice(&count.to_le_bytes());
    }
}

/// Takes numbers.
pub(crate) struct Decoder<'a> {
    bytes: &'a [u8],
    offset: usize,
    version: u16,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0, version: 0 }
    }

    /// Version of the encoding, once its beginning was read.
    pub(crate) fn version(&self) -> u16 {
        self.version
    }

    pub(crate) fn set_version(&mut self, version: u16) {
        self.version = version;
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], SnapshotError> {
        let taken = self.bytes.get(self.offset..).and_then(|rest| rest.get(..length));
        let taken = taken.ok_or(SnapshotError::Length { offset: self.offset })?;
        self.offset += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, SnapshotError> {
        let [value] = self.array()?;
        Ok(value)
    }

    /// A byte that is 0 or 1.
    pub(crate) fn bool(&mut self, what: &'static str) -> Result<bool, SnapshotError> {
        let value = self.u8()?;
        self.require(value <= 1, what)?;
        Ok(value == 1)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, SnapshotError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, SnapshotError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, SnapshotError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, SnapshotError> {
        self.array().map(i64::from_le_bytes)
    }

    pub(crate) fn i128(&mut self) -> Result<i128, SnapshotError> {
        self.array().map(i128::from_le_bytes)
    }

    /// The error that the value just taken is no valid `what`.
    pub(crate) fn invalid(&self, what: &'static str) -> SnapshotError {
        SnapshotError::Invalid { what, offset: self.offset }
    }

    /// `condition`, or the error that `what` is not valid.
    pub(crate) fn require(&self, condition: bool, what: &'static str) -> Result<(), SnapshotError> {
        if condition { Ok(()) } else { Err(self.invalid(what)) }
    }

    /// Nothing is left.
    pub(crate) fn end(&self) -> Result<(), SnapshotError> {
        if self.offset == self.bytes.len() {
            return Ok(());
        }
        Err(SnapshotError::Length { offset: self.offset })
    }
}

/// No counter of commands comes near it: above, one more could leave the range of its type.
pub(crate) const COUNTER_LIMIT: u64 = 1 << 63;
