//! Prefetch that is safe to call with any index.
//!
//! A prefetch moves no data into the program and never faults: it may only pull a line into the
//! cache. So the index is not checked; one out of bounds costs a line that nobody asked for.

#![allow(unsafe_code)]

/// Asks the processor to bring the first cache line of `elements[index]` close, for reading and
/// writing soon.
///
/// An `index` out of bounds changes nothing either. A no-op on targets other than x86-64 and
/// AArch64. Cost: one instruction, never a stall or a fault. No allocation.
#[inline]
pub fn prefetch_element<T>(elements: &[T], index: usize) {
    prefetch_line(elements.as_ptr().wrapping_add(index).cast());
}

/// As [`prefetch_element`], every cache line of 64 bytes that begins inside the element.
#[inline]
pub(super) fn prefetch_lines<T>(elements: &[T], index: usize) {
    if let Some(element) = elements.get(index) {
        let first = core::ptr::from_ref(element).cast::<i8>();
        for offset in (0..size_of::<T>()).step_by(64) {
            prefetch_line(first.wrapping_add(offset));
        }
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
#[allow(unused_unsafe)]
pub(super) fn prefetch_line(address: *const i8) {
    use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: PREFETCHT0 exists on every x86-64 (SSE is part of the base set) and never faults,
    // whatever the address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
}

#[cfg(all(target_arch = "aarch64", not(miri)))]
#[inline]
pub(super) fn prefetch_line(address: *const i8) {
    // SAFETY: PRFM is a hint of the base instruction set, never faults, and changes no register,
    // flag or memory that the program can see, as the options say.
    unsafe {
        core::arch::asm!(
            "prfm pldl1keep, [{address}]",
            address = in(reg) address,
            options(nostack, preserves_flags, readonly)
        );
    }
}

#[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[inline]
pub(super) fn prefetch_line(_address: *const i8) {}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::prefetch_element;

    #[test]
    fn any_index_is_accepted_and_changes_nothing() {
        let elements = [7_u64; 4];
        for index in [0, 3, 4, 5, usize::MAX / 8, usize::MAX] {
            prefetch_element(&elements, index);
        }
        prefetch_element::<u64>(&[], 0);
        assert_eq!(elements, [7; 4]);
    }
}
