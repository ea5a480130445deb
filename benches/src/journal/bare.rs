//! The bare loops: whatever has come is written and synced, again and again.

use std::io;
use std::path::Path;
use std::time::Instant;

use forecastle_persister_disk::RawDisk;

use super::arrivals::{Arrivals, write_record};
use super::{file, latencies};
use crate::measurement::{Run, per_second};
use crate::stopwatch::as_ns;

/// What has come and is not written, in one of the two buffers.
struct Batch {
    next: usize,
    length: usize,
    first: usize,
}

impl Batch {
    /// Takes what has come by now into the buffer.
    fn fill(&mut self, arrivals: &Arrivals, now_ns: u64, buffer: &mut [u8]) {
        while let Some(arrival) = arrivals.list().get(self.next) {
            let end = self.length + arrival.length;
            if arrival.at_ns > now_ns || end > buffer.len() {
                break;
            }
            write_record(&mut buffer[self.length..end], self.next as u64);
            self.length = end;
            self.next += 1;
        }
    }

    /// Bytes to write, whole sectors; the batch is empty afterwards.
    fn seal(&mut self) -> usize {
        let length = self.length.next_multiple_of(SECTOR);
        self.length = 0;
        length
    }
}

/// `pwrite` and `fdatasync` in turn; spins while nothing has come.
pub(super) fn spinning_sync(folder: &Path, arrivals: &Arrivals) -> io::Result<Run> {
    let mut disk = RawDisk::create(&file(folder), FILE_LENGTH, BUFFER_LENGTH)?;
    let mut batch = Batch { next: 0, length: 0, first: 0 };
    let mut times = Vec::with_capacity(arrivals.list().len());
    let (mut offset, mut commits) = (0, 0);
    let start = Instant::now();
    while times.len() < arrivals.list().len() {
        batch.fill(arrivals, as_ns(start.elapsed()), disk.buffer_mut(0));
        if batch.length == 0 {
            continue;
        }
        let length = batch.seal();
        disk.write_and_sync(0, length, offset)?;
        offset = next_offset(&disk, offset, length);
        commits += 1;
        take_times(&mut times, arrivals, &mut batch.first, batch.next, as_ns(start.elapsed()));
    }
    Ok(latencies(times, commits))
}

/// Linked io_uring, one commit in flight; the other buffer is filled meanwhile.
pub(super) fn linked_uring(folder: &Path, arrivals: &Arrivals) -> io::Result<Run> {
    let mut disk = RawDisk::create(&file(folder), FILE_LENGTH, BUFFER_LENGTH)?;
    let mut batch = Batch { next: 0, length: 0, first: 0 };
    let mut times = Vec::with_capacity(arrivals.list().len());
    let (mut offset, mut commits, mut open) = (0, 0, 0);
    let mut in_flight = None;
    let start = Instant::now();
    while times.len() < arrivals.list().len() {
        batch.fill(arrivals, as_ns(start.elapsed()), disk.buffer_mut(open));
        if let Some(end) = in_flight
            && disk.is_synced()?
        {
            take_times(&mut times, arrivals, &mut batch.first, end, as_ns(start.elapsed()));
            in_flight = None;
        }
        if in_flight.is_none() && batch.length > 0 {
            let length = batch.seal();
            disk.submit(open, length, offset)?;
            offset = next_offset(&disk, offset, length);
            commits += 1;
            in_flight = Some(batch.next);
            open = 1 - open;
        }
    }
    Ok(latencies(times, commits))
}

/// 1 MiB after 1 MiB with `pwrite` and `fdatasync`.
pub(super) fn sequential_sync(folder: &Path, bytes: u64) -> io::Result<Run> {
    let disk = RawDisk::create(&file(folder), bytes, BUFFER_LENGTH)?;
    let start = Instant::now();
    for offset in (0..bytes).step_by(BUFFER_LENGTH) {
        disk.write_and_sync(0, BUFFER_LENGTH, offset)?;
    }
    Ok(bandwidth(bytes, as_ns(start.elapsed())))
}

/// 1 MiB after 1 MiB with linked io_uring.
pub(super) fn sequential_uring(folder: &Path, bytes: u64) -> io::Result<Run> {
    let mut disk = RawDisk::create(&file(folder), bytes, BUFFER_LENGTH)?;
    let start = Instant::now();
    for offset in (0..bytes).step_by(BUFFER_LENGTH) {
        disk.submit(0, BUFFER_LENGTH, offset)?;
        while !disk.is_synced()? {}
    }
    Ok(bandwidth(bytes, as_ns(start.elapsed())))
}

pub(super) fn bandwidth(bytes: u64, elapsed_ns: u64) -> Run {
    let figures = vec![("bytes_per_second", per_second(bytes, elapsed_ns))];
    Run { figures, preemption_count: 0 }
}

fn take_times(
    times: &mut Vec<u64>,
    arrivals: &Arrivals,
    first: &mut usize,
    end: usize,
    now_ns: u64,
) {
    times.extend(arrivals.list()[*first..end].iter().map(|arrival| now_ns - arrival.at_ns));
    *first = end;
}

fn next_offset(disk: &RawDisk, offset: u64, length: usize) -> u64 {
    let next = offset + length as u64;
    if next + BUFFER_LENGTH as u64 > disk.length() { 0 } else { next }
}

const SECTOR: usize = 4096;
const BUFFER_LENGTH: usize = 1 << 20;
const FILE_LENGTH: u64 = 128 << 20;
