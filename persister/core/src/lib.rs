//! The journal as a pure core: format, group commit, and where a journal ends.

#![forbid(unsafe_code)]
