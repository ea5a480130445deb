//! Frames through io_uring: registered buffers, direct I/O, each write linked with a data-sync.
//!
//! No kernel polling thread: on two processors it competes with the exchange for one of them and
//! a commit then takes milliseconds. Nothing here blocks: submission hands two linked operations
//! to the kernel, completions are read from shared memory.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;

use io_uring::{IoUring, opcode, squeue, types};

use super::{DeviceEvent, short_write};

/// One ring with the writer's two buffers registered.
pub(crate) struct UringDevice {
    ring: IoUring,
    file: Option<File>,
    /// False where the locked-memory limit is too low to register them.
    has_fixed_buffers: bool,
    length: usize,
    /// Operations of a frame that the kernel has taken and not completed.
    open_count: usize,
    is_settled: bool,
}

impl UringDevice {
    /// A device over two buffers that outlive it: `Persister` and `RawDisk` keep them on the heap
    /// and drop their device first.
    pub(crate) fn open(buffers: [&[u8]; 2]) -> io::Result<Self> {
        let ring = IoUring::new(ENTRIES)?;
        let vectors = buffers.map(|buffer| libc::iovec {
            iov_base: buffer.as_ptr().cast_mut().cast(),
            iov_len: buffer.len(),
        });
        // SAFETY: both ranges are whole heap allocations of the owner, which never moves or frees
        // them while this device lives. The kernel only reads from them, for writes.
        let registered = unsafe { ring.submitter().register_buffers(&vectors) };
        let has_fixed_buffers = match registered {
            Ok(()) => true,
            Err(error) if error.raw_os_error() == Some(libc::ENOMEM) => false,
            Err(error) => return Err(error),
        };
        Ok(Self {
            ring,
            file: None,
            has_fixed_buffers,
            length: 0,
            open_count: 0,
            is_settled: false,
        })
    }

    /// A sync goes to a worker of the kernel's, which must not wait for a spinning thread: when the
    /// thread that drives this device is pinned to one processor, the workers are sent to the
    /// others. The kernel knows the thread by its first submission, so that is one of nothing, and
    /// makes no worker before its first sync. Best effort.
    #[cold]
    fn keep_workers_away(&mut self) -> io::Result<()> {
        self.is_settled = true;
        let nothing = opcode::Nop::new().build().user_data(NOTHING);
        // SAFETY: the operation names no memory and no file.
        let pushed = unsafe { self.ring.submission().push(&nothing) };
        pushed.map_err(io::Error::other)?;
        self.ring.submit()?;
        let mine = thread_processors();
        let processors = 0..processor_count();
        if processors.clone().filter(|cpu| contains(&mine, *cpu)).count() != 1 {
            return Ok(());
        }
        let mut others = no_processors();
        for cpu in processors.filter(|cpu| !contains(&mine, *cpu)) {
            // SAFETY: `cpu` is below the number of processors that a set has room for.
            unsafe { libc::CPU_SET(cpu, &mut others) };
        }
        // On a machine of one processor the set is empty and the kernel refuses it: so be it.
        let _ = self.ring.submitter().register_iowq_aff(&others);
        Ok(())
    }

    pub(crate) fn take_file(&mut self, file: File) -> io::Result<()> {
        let submitter = self.ring.submitter();
        if self.file.is_some() {
            submitter.unregister_files()?;
        }
        submitter.register_files(&[file.as_raw_fd()])?;
        self.file = Some(file);
        Ok(())
    }

    /// Starts to write `frame`, the beginning of that registered buffer. The owner leaves it alone
    /// until [`DeviceEvent::Synced`].
    #[inline]
    pub(crate) fn write(&mut self, frame: &[u8], buffer: usize, offset: u64) -> io::Result<()> {
        assert!(self.file.is_some(), "a segment is open before a frame is written");
        if !self.is_settled {
            self.keep_workers_away()?;
        }
        let length = frame.len();
        let frame_length = u32::try_from(length).expect("a frame is at most 1 MiB");
        let index = u16::try_from(buffer).expect("there are two buffers");
        let write = if self.has_fixed_buffers {
            opcode::WriteFixed::new(FILE, frame.as_ptr(), frame_length, index)
                .offset(offset)
                .build()
        } else {
            opcode::Write::new(FILE, frame.as_ptr(), frame_length).offset(offset).build()
        };
        // Handing a long write to the device costs as much as hashing it: a worker does that, on
        // another processor, while this thread prepares the next frame.
        let flags = if length >= LONG_LENGTH {
            squeue::Flags::IO_LINK | squeue::Flags::ASYNC
        } else {
            squeue::Flags::IO_LINK
        };
        let write = write.flags(flags).user_data(WRITE);
        let sync = opcode::Fsync::new(FILE).flags(types::FsyncFlags::DATASYNC);
        let sync = sync.build().user_data(SYNC);
        self.length = length;
        let mut submission = self.ring.submission();
        // SAFETY: the write reads `length` bytes from the owner's buffer, which lives and does not
        // change before the completion of the sync (a frame is sealed before it is handed out, and
        // the other buffer is filled meanwhile); the file is registered at index 0 and is
        // not exchanged while a write is in flight. The sync names no memory.
        let pushed = unsafe { submission.push_multiple(&[write, sync]) };
        drop(submission);
        pushed.map_err(io::Error::other)?;
        let submitted = self.ring.submit()?;
        self.open_count += submitted;
        if submitted == LINKED { Ok(()) } else { Err(short_submission(submitted)) }
    }

    #[inline]
    pub(crate) fn poll(&mut self) -> Option<io::Result<DeviceEvent>> {
        let mut completions = self.ring.completion();
        let completion = completions.find(|completion| completion.user_data() != NOTHING)?;
        self.open_count = self.open_count.saturating_sub(1);
        let result = completion.result();
        if result < 0 {
            return Some(Err(io::Error::from_raw_os_error(-result)));
        }
        if completion.user_data() == SYNC {
            return Some(Ok(DeviceEvent::Synced));
        }
        let written = usize::try_from(result).unwrap_or(0);
        if written != self.length {
            return Some(Err(short_write(written, self.length)));
        }
        Some(Ok(DeviceEvent::Written))
    }
}

impl Drop for UringDevice {
    /// Waits for the frame in flight: closing the ring does not, and the kernel would go on reading
    /// buffers that are given back, and write behind the back of whoever opens the journal next.
    fn drop(&mut self) {
        while self.open_count > 0 {
            match self.ring.submit_and_wait(1) {
                Ok(_) => while self.poll().is_some() {},
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
}

impl std::fmt::Debug for UringDevice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("UringDevice")
            .field("file", &self.file)
            .field("has_fixed_buffers", &self.has_fixed_buffers)
            .finish_non_exhaustive()
    }
}

fn no_processors() -> libc::cpu_set_t {
    // SAFETY: a set of processors is plain bits, and all of them zero is the empty set.
    unsafe { std::mem::zeroed() }
}

fn contains(set: &libc::cpu_set_t, cpu: usize) -> bool {
    // SAFETY: `cpu` is below the number of processors that a set has room for.
    unsafe { libc::CPU_ISSET(cpu, set) }
}

/// The processors that the calling thread may use; none when the system does not say.
fn thread_processors() -> libc::cpu_set_t {
    let mut set = no_processors();
    // SAFETY: 0 is the calling thread; the set lives and has the size given.
    let result = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) };
    if result == 0 { set } else { no_processors() }
}

/// Processors of the machine, at most what a set holds.
fn processor_count() -> usize {
    // SAFETY: sysconf reads a number of the system and touches no memory of ours.
    let count = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) };
    usize::try_from(count).unwrap_or(1).min(libc::CPU_SETSIZE as usize)
}

fn short_submission(submitted: usize) -> io::Error {
    io::Error::other(format!("the kernel took {submitted} of {LINKED} operations"))
}

const FILE: types::Fixed = types::Fixed(0);
const ENTRIES: u32 = 8;
/// Bytes from which a write is handed over by a worker.
const LONG_LENGTH: usize = 256 << 10;
/// A write and its sync.
const LINKED: usize = 2;
const WRITE: u64 = 1;
const SYNC: u64 = 2;
const NOTHING: u64 = 3;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::UringDevice;
    use crate::aligned::AlignedBuffer;
    use crate::spares::open_direct;

    #[test]
    fn a_device_that_is_dropped_leaves_no_write_under_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("segment");
        for round in 0..60_u8 {
            std::fs::write(&path, vec![0; LENGTH]).unwrap();
            let file = open_direct(&path, std::fs::File::options().read(true).write(true)).unwrap();
            file.sync_all().unwrap();
            let mut buffers = [AlignedBuffer::new(LENGTH), AlignedBuffer::new(LENGTH)];
            buffers[0].bytes_mut().fill(round + 1);
            let Ok(mut device) = UringDevice::open([buffers[0].bytes(), buffers[1].bytes()]) else {
                println!("io_uring is denied here: nothing to test");
                return;
            };
            device.take_file(file.try_clone().unwrap()).unwrap();
            // Short ones are submitted at once, long ones by a worker of the kernel.
            let length = if round % 2 == 0 { LENGTH } else { 4096 };
            device.write(&buffers[0].bytes()[..length], 0, 0).unwrap();
            drop(device);
            let mut found = AlignedBuffer::new(length);
            file.read_exact_at(found.bytes_mut(), 0).unwrap();
            assert!(found.bytes() == &buffers[0].bytes()[..length], "round {round}");
        }
    }

    const LENGTH: usize = 1 << 20;
}
