//! Parts of the forecastle command that other programs and tests can use.

#![forbid(unsafe_code)]

pub mod demo;
pub mod exit;
pub mod import;
pub mod journal;
pub mod link;
mod memory_screen;
pub mod pace;
pub mod persist;
pub mod replay;
pub mod serve;
pub mod status;
