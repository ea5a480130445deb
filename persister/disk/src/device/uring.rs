//! Frames through io_uring: registered buffers, direct I/O, each write linked with a data-sync.
//!
//! No kernel polling thread: on two processors it competes with the exchange for one of them and
//! a commit then takes milliseconds. Nothing here blocks: submission hands two linked operations
//! to the kernel, completions are read from shared memory.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;

use forecastle_persister::JournalWriter;
use io_uring::{IoUring, opcode, squeue, types};

use super::{DeviceEvent, short_write};

/// One ring with the writer's two buffers registered.
pub(crate) struct UringDevice {
    ring: IoUring,
    file: Option<File>,
    /// False where the locked-memory limit is too low to register them.
    has_fixed_buffers: bool,
    length: usize,
}

impl UringDevice {
    pub(crate) fn open(writer: &JournalWriter) -> io::Result<Self> {
        let ring = IoUring::new(ENTRIES)?;
        let vectors = [0, 1].map(|index| {
            let buffer = writer.buffer(index);
            libc::iovec { iov_base: buffer.as_ptr().cast_mut().cast(), iov_len: buffer.len() }
        });
        // SAFETY: both ranges are whole heap allocations of the writer, which never moves or frees
        // them while it lives; `Persister` drops this device before its writer. The kernel only
        // reads from them, for writes.
        let registered = unsafe { ring.submitter().register_buffers(&vectors) };
        let has_fixed_buffers = match registered {
            Ok(()) => true,
            Err(error) if error.raw_os_error() == Some(libc::ENOMEM) => false,
            Err(error) => return Err(error),
        };
        Ok(Self { ring, file: None, has_fixed_buffers, length: 0 })
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

    #[inline]
    pub(crate) fn write(
        &mut self,
        writer: &JournalWriter,
        (buffer, length): (usize, usize),
        offset: u64,
    ) -> io::Result<()> {
        assert!(self.file.is_some(), "a segment is open before a frame is written");
        let frame = &writer.buffer(buffer)[..length];
        let frame_length = u32::try_from(length).expect("a frame is at most 1 MiB");
        let index = u16::try_from(buffer).expect("there are two buffers");
        let write = if self.has_fixed_buffers {
            opcode::WriteFixed::new(FILE, frame.as_ptr(), frame_length, index)
                .offset(offset)
                .build()
        } else {
            opcode::Write::new(FILE, frame.as_ptr(), frame_length).offset(offset).build()
        };
        let write = write.flags(squeue::Flags::IO_LINK).user_data(WRITE);
        let sync = opcode::Fsync::new(FILE).flags(types::FsyncFlags::DATASYNC);
        let sync = sync.build().user_data(SYNC);
        self.length = length;
        let mut submission = self.ring.submission();
        // SAFETY: the write reads `length` bytes from the writer's buffer, which lives and does
        // not change before the completion of the sync (the writer seals a frame before it hands
        // it out and fills the other buffer meanwhile); the file is registered at index 0 and is
        // not exchanged while a write is in flight. The sync names no memory.
        let pushed = unsafe { submission.push_multiple(&[write, sync]) };
        drop(submission);
        pushed.map_err(io::Error::other)?;
        let submitted = self.ring.submit()?;
        if submitted == LINKED { Ok(()) } else { Err(short_submission(submitted)) }
    }

    #[inline]
    pub(crate) fn poll(&mut self) -> Option<io::Result<DeviceEvent>> {
        let completion = self.ring.completion().next()?;
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

impl std::fmt::Debug for UringDevice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("UringDevice")
            .field("file", &self.file)
            .field("has_fixed_buffers", &self.has_fixed_buffers)
            .finish_non_exhaustive()
    }
}

fn short_submission(submitted: usize) -> io::Error {
    io::Error::other(format!("the kernel took {submitted} of {LINKED} operations"))
}

const FILE: types::Fixed = types::Fixed(0);
const ENTRIES: u32 = 8;
/// A write and its sync.
const LINKED: usize = 2;
const WRITE: u64 = 1;
const SYNC: u64 = 2;
