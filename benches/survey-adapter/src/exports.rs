//! The nine functions of the survey's interface, and the one by which it is given our ring.
//!
//! The interface passes no context, so the engine lies in a static. The survey's harness promises
//! one thread: the one that calls `engine_init` makes every later call but `drain`, which reads the
//! ring alone.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::ffi::c_void;

use crate::matcher::{Matcher, Reports};
use crate::messages::{Cancel, Modify, NewOrder, Report};
use crate::report_ring::{ReportRing, WriteCursor};

/// Table `me_transport_t`: how reports are carried.
#[derive(Debug)]
#[repr(C)]
pub struct Transport {
    /// Makes a queue for at least so many reports.
    pub create: unsafe extern "C" fn(u32) -> *mut c_void,
    /// Enqueues a report; 0 when there is no room.
    pub push: PushReport,
    /// Dequeues up to so many reports and gives how many.
    pub drain: unsafe extern "C" fn(*mut c_void, *mut Report, u32) -> u32,
    /// Makes visible what was pushed.
    pub flush: unsafe extern "C" fn(*mut c_void),
    /// Ends a queue.
    pub destroy: unsafe extern "C" fn(*mut c_void),
}

/// Enqueues a report in a queue; 0 when there is no room.
pub type PushReport = unsafe extern "C" fn(*mut c_void, *const Report) -> i32;

/// Sets the engine up.
///
/// # Safety
/// `transport` is null or points to a table that lives as long as the engine, and `report_sink` is
/// what its `create` gave. No other function of the engine runs meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_init(
    _seed: u64,
    transport: *const Transport,
    report_sink: *mut c_void,
) {
    // SAFETY: null or a table that lives, by this function's contract.
    let transport = unsafe { transport.as_ref() };
    let sink = if transport.is_some_and(|table| std::ptr::eq(table, &raw const TRANSPORT)) {
        // SAFETY: our `create` gave it, so it is a ring that lives until our `destroy`.
        let ring: &'static Queue = unsafe { &*report_sink.cast::<Queue>() };
        Sink::Ours { ring: &ring.ring, cursor: WriteCursor::default() }
    } else {
        transport.map_or(Sink::None, |table| Sink::Foreign { push: table.push, report_sink })
    };
    let engine = Engine { matcher: Matcher::new(), sink };
    // SAFETY: nothing else of the engine runs, by this function's contract, so no reference into
    // the cell is alive.
    unsafe { *ENGINE.cell.get() = Some(engine) };
}

/// Ends the engine.
///
/// # Safety
/// No other function of the engine runs meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_shutdown() {
    // SAFETY: as in `engine_init`.
    unsafe { *ENGINE.cell.get() = None };
}

/// A new order.
///
/// # Safety
/// `order` points to an order, and no other function of the engine runs meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_new_order(order: *const NewOrder) {
    // SAFETY: it points to an order, by this function's contract.
    let order = unsafe { &*order };
    // SAFETY: nothing else of the engine runs, by this function's contract.
    let Engine { matcher, sink } = unsafe { ENGINE.running() };
    matcher.new_order(order, sink);
}

/// A cancel.
///
/// # Safety
/// `cancel` points to a cancel, and no other function of the engine runs meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_cancel(cancel: *const Cancel) {
    // SAFETY: it points to a cancel, by this function's contract.
    let cancel = unsafe { &*cancel };
    // SAFETY: nothing else of the engine runs, by this function's contract.
    let Engine { matcher, sink } = unsafe { ENGINE.running() };
    matcher.cancel(cancel, sink);
}

/// A modification.
///
/// # Safety
/// `modify` points to a modification, and no other function of the engine runs meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_modify(modify: *const Modify) {
    // SAFETY: it points to a modification, by this function's contract.
    let modify = unsafe { &*modify };
    // SAFETY: nothing else of the engine runs, by this function's contract.
    let Engine { matcher, sink } = unsafe { ENGINE.running() };
    matcher.modify(modify, sink);
}

/// Returns when all messages are matched and reported, which they always are.
#[unsafe(no_mangle)]
pub extern "C" fn engine_flush() {}

/// Best bid, or the lowest number when there is none.
///
/// # Safety
/// No other function of the engine runs meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_query_best_bid() -> i64 {
    // SAFETY: nothing else of the engine runs, by this function's contract.
    unsafe { ENGINE.running() }.matcher.best_bid().unwrap_or(i64::MIN)
}

/// Best ask, or the highest number when there is none.
///
/// # Safety
/// No other function of the engine runs meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_query_best_ask() -> i64 {
    // SAFETY: nothing else of the engine runs, by this function's contract.
    unsafe { ENGINE.running() }.matcher.best_ask().unwrap_or(i64::MAX)
}

/// Lots that rest on a side at a price.
///
/// # Safety
/// No other function of the engine runs meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_query_depth_at(price_ticks: i64, side: u8) -> u64 {
    // SAFETY: nothing else of the engine runs, by this function's contract.
    unsafe { ENGINE.running() }.matcher.depth_at(price_ticks, side)
}

/// Our ring, for the harness to carry reports over.
#[unsafe(no_mangle)]
pub extern "C" fn engine_get_transport() -> *const Transport {
    &raw const TRANSPORT
}

struct Engine {
    matcher: Matcher,
    sink: Sink,
}

/// Where reports go.
enum Sink {
    /// Into our own ring, without a call.
    Ours { ring: &'static ReportRing, cursor: WriteCursor },
    /// Through the harness's table.
    Foreign { push: PushReport, report_sink: *mut c_void },
    /// Nowhere: there is no table.
    None,
}

impl Reports for Sink {
    #[inline(always)]
    fn push(&mut self, report: &Report) {
        match self {
            Self::Ours { ring, cursor } => {
                while !ring.push(cursor, report) {
                    std::hint::spin_loop();
                }
            }
            Self::Foreign { push, report_sink } => push_over(*push, *report_sink, report),
            Self::None => {}
        }
    }
}

/// Enqueues a report by the harness's function.
#[cold]
fn push_over(push: PushReport, report_sink: *mut c_void, report: &Report) {
    // SAFETY: the table's own sink, and a report that lives during the call.
    while unsafe { push(report_sink, report) } == 0 {
        std::hint::spin_loop();
    }
}

/// A ring, and the cursor of whoever pushes through the table.
struct Queue {
    ring: ReportRing,
    cursor: UnsafeCell<WriteCursor>,
}

unsafe extern "C" fn create(capacity: u32) -> *mut c_void {
    let (ring, cursor) = (ReportRing::new(capacity), UnsafeCell::default());
    Box::into_raw(Box::new(Queue { ring, cursor })).cast()
}

unsafe extern "C" fn push(queue: *mut c_void, report: *const Report) -> i32 {
    // SAFETY: `create` gave it, and it lives until `destroy`.
    let Queue { ring, cursor } = unsafe { &*queue.cast::<Queue>() };
    // SAFETY: one thread pushes, so nobody else has the cursor.
    let cursor = unsafe { &mut *cursor.get() };
    // SAFETY: it points to a report, by the table's contract.
    let report = unsafe { &*report };
    i32::from(ring.push(cursor, report))
}

unsafe extern "C" fn drain(queue: *mut c_void, out: *mut Report, max: u32) -> u32 {
    // SAFETY: as in `push`; a reader needs no more than a shared reference.
    let Queue { ring, .. } = unsafe { &*queue.cast::<Queue>() };
    // SAFETY: there is room for `max` reports behind it, by the table's contract; a report is
    // plain numbers, so whatever bytes lie there are reports.
    let out = unsafe { std::slice::from_raw_parts_mut(out, max as usize) };
    ring.drain(out) as u32
}

unsafe extern "C" fn flush(_queue: *mut c_void) {}

unsafe extern "C" fn destroy(queue: *mut c_void) {
    // SAFETY: `create` gave it and nobody uses it any more, by the table's contract.
    drop(unsafe { Box::from_raw(queue.cast::<Queue>()) });
}

/// The engine of the process.
struct Global {
    cell: UnsafeCell<Option<Engine>>,
}

impl Global {
    /// # Safety
    /// No other reference into the cell is alive.
    #[inline]
    #[allow(clippy::mut_from_ref, reason = "the interface promises one caller at a time")]
    unsafe fn running(&self) -> &mut Engine {
        // SAFETY: this function's contract.
        let engine = unsafe { &mut *self.cell.get() };
        engine.as_mut().expect("engine_init was called")
    }
}

// SAFETY: every function that reaches the cell demands that no other runs meanwhile.
unsafe impl Sync for Global {}

static ENGINE: Global = Global { cell: UnsafeCell::new(None) };
static TRANSPORT: Transport = Transport { create, push, drain, flush, destroy };
