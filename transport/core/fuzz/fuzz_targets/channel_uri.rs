//! See `roles.rs`.
#![no_main]

#[path = "../roles.rs"]
mod roles;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| roles::channel_uri(input));
