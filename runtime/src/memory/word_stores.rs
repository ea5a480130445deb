//! Stores of several words that others may load at the same time, each word on its own.
//!
//! The compiler joins no atomic stores, so that a copy of a record would take two instructions a
//! word. On x86-64 the words go by two.

#![allow(unsafe_code)]

use crate::sync::{AtomicU64, Ordering};

/// Stores words as relaxed stores of each in any order do.
///
/// # Panics
/// When there are not as many on both sides.
#[inline(always)]
pub(super) fn store_words(shared: &[AtomicU64], words: &[u64]) {
    assert!(shared.len() == words.len(), "a place for each word");
    let (Some(shared_end), Some(end)) = (shared.last_chunk(), words.last_chunk()) else {
        for (shared, word) in shared.iter().zip(words) {
            shared.store(*word, Ordering::Relaxed);
        }
        return;
    };
    let shared_lines = shared.as_chunks().0;
    let lines = words.as_chunks().0;
    store_lines(shared_lines, lines);
    // What is left is shorter than a line: some words are stored twice, with the same value.
    store_line(shared_end, end);
}

/// As [`store_line`] of each line, of which there is at least one, and as many on both sides.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
fn store_lines(shared: &[[AtomicU64; 8]], lines: &[[u64; 8]]) {
    let length = size_of_val(lines);
    assert!(length > 0 && size_of_val(shared) == length, "as many lines on both sides");
    // SAFETY: the loop reads and writes the `length` bytes that end where both slices end, 64 at a
    // time, and `length` is a positive multiple of 64, so it ends with the slices. For the rest as
    // in `store_line`, save that it changes the flags.
    unsafe {
        core::arch::asm!(
            "2:",
            "movdqu {first}, [{from} + {offset}]",
            "movdqu {second}, [{from} + {offset} + 16]",
            "movdqu {third}, [{from} + {offset} + 32]",
            "movdqu {fourth}, [{from} + {offset} + 48]",
            "movdqu [{to} + {offset}], {first}",
            "movdqu [{to} + {offset} + 16], {second}",
            "movdqu [{to} + {offset} + 32], {third}",
            "movdqu [{to} + {offset} + 48], {fourth}",
            "add {offset}, 64",
            "jnz 2b",
            from = in(reg) lines.as_ptr_range().end,
            to = in(reg) shared.as_ptr_range().end,
            offset = inout(reg) length.wrapping_neg() => _,
            first = out(xmm_reg) _,
            second = out(xmm_reg) _,
            third = out(xmm_reg) _,
            fourth = out(xmm_reg) _,
            options(nostack)
        );
    }
}

/// As [`store_line`] of each line, of which there is at least one, and as many on both sides.
#[cfg(any(miri, not(target_arch = "x86_64")))]
#[inline(always)]
fn store_lines(shared: &[[AtomicU64; 8]], lines: &[[u64; 8]]) {
    for (shared, line) in shared.iter().zip(lines) {
        store_line(shared, line);
    }
}

/// Stores the words of a cache line's length, as relaxed stores of each in any order do.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
fn store_line(shared: &[AtomicU64; 8], words: &[u64; 8]) {
    // SAFETY: both arrays have the 64 bytes that are read and written, the atomic ones may be
    // written through a shared reference, and MOVDQU is of the base instruction set and needs no
    // alignment. It is written in assembly since others may load the words meanwhile, which no
    // plain store allows; the processor stores each aligned word whole (AMD64 Architecture
    // Programmer's Manual, volume 2, 7.3.2; Intel's manual, volume 3, 9.1.1), as relaxed stores
    // would. The options hold: it changes no flags and no stack.
    unsafe {
        core::arch::asm!(
            "movdqu {first}, [{from}]",
            "movdqu {second}, [{from} + 16]",
            "movdqu {third}, [{from} + 32]",
            "movdqu {fourth}, [{from} + 48]",
            "movdqu [{to}], {first}",
            "movdqu [{to} + 16], {second}",
            "movdqu [{to} + 32], {third}",
            "movdqu [{to} + 48], {fourth}",
            from = in(reg) words.as_ptr(),
            to = in(reg) shared.as_ptr(),
            first = out(xmm_reg) _,
            second = out(xmm_reg) _,
            third = out(xmm_reg) _,
            fourth = out(xmm_reg) _,
            options(nostack, preserves_flags)
        );
    }
}

/// Stores the words of a cache line's length, as relaxed stores of each in any order do.
#[cfg(any(miri, not(target_arch = "x86_64")))]
#[inline(always)]
fn store_line(shared: &[AtomicU64; 8], words: &[u64; 8]) {
    for (shared, word) in shared.iter().zip(words) {
        shared.store(*word, Ordering::Relaxed);
    }
}
