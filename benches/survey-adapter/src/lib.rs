//! Forecastle's ladder behind the C interface of the survey `flash1-dev/matching-engine-benchmark`:
//! nine functions that its harness calls with orders of one book and that answer with reports.
//!
//! [`matcher::Matcher`] matches on the very [`forecastle_engine::ladder::Ladders`] that the
//! exchange runs on, made with 2^18 ticks: prices are the survey's own ticks, 0 to 262,143. It
//! looks at one message at a time and does all of its work inside the call: there is no batch
//! function, no preparation of messages beforehand and no thread of its own. Reports travel in a
//! ring of our own, [`report_ring::ReportRing`], which the survey allows.
//!
//! Written from the published header; none of the survey's code is here. Unsafe code is allowed in
//! [`exports`] alone, where C's pointers come in: see `docs/decisions`.

pub mod exports;
pub mod matcher;
pub mod messages;
pub mod report_ring;
