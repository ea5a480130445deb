//! Little-endian fields at fixed offsets of a header.

/// The bytes from `offset` on as an array.
///
/// # Panics
/// When the header is shorter: offsets are constants within it.
#[inline]
pub(crate) fn bytes_at<const LENGTH: usize>(header: &[u8], offset: usize) -> [u8; LENGTH] {
    header[offset..offset + LENGTH].try_into().expect("the range has that length")
}

/// The 16-bit number at `offset`.
#[inline]
pub(crate) fn u16_at(header: &[u8], offset: usize) -> u16 {
    u16::from_le_bytes(bytes_at(header, offset))
}

/// The 32-bit number at `offset`.
#[inline]
pub(crate) fn u32_at(header: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes_at(header, offset))
}

/// The 64-bit number at `offset`.
#[inline]
pub(crate) fn u64_at(header: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(bytes_at(header, offset))
}

/// Puts the bytes of a field at `offset`.
#[inline]
pub(crate) fn put(header: &mut [u8], offset: usize, field: &[u8]) {
    header[offset..offset + field.len()].copy_from_slice(field);
}

/// Offset of the first byte of `bytes` from `offset` on that is not zero.
#[inline]
pub(crate) fn first_non_zero(bytes: &[u8], offset: usize) -> Option<usize> {
    let rest = &bytes[offset..];
    if is_zero(rest) {
        return None;
    }
    rest.iter().position(|&byte| byte != 0).map(|index| offset + index)
}

/// Whether all bytes are zero; runs at memory speed, also in builds without optimisation, because
/// comparing arrays is the platform's `memcmp`.
#[inline]
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<ZERO_BLOCK_LENGTH>();
    blocks.iter().all(|block| *block == [0; ZERO_BLOCK_LENGTH])
        && rest.iter().all(|&byte| byte == 0)
}

const ZERO_BLOCK_LENGTH: usize = 256;
