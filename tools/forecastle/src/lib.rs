//! Parts of the forecastle command that other programs and tests can use.

#![forbid(unsafe_code)]

pub mod import;
