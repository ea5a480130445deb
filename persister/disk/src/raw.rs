//! The device without a journal: the bare loops that benchmarks set beside the persister.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::aligned::AlignedBuffer;
use crate::device::DeviceEvent;
use crate::device::uring::UringDevice;

/// A zero-filled file and two buffers, written directly.
#[derive(Debug)]
pub struct RawDisk {
    // Before the buffers, which it has registered: fields drop in order.
    uring: Option<UringDevice>,
    buffers: [AlignedBuffer; 2],
    file: File,
    length: u64,
}

impl RawDisk {
    /// Makes the file, `length` bytes of zeros, and two buffers of `buffer_length` bytes.
    ///
    /// # Errors
    /// The file cannot be made, or its file system has no direct I/O.
    pub fn create(path: &Path, length: u64, buffer_length: usize) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).read(true).write(true);
        let file = options.custom_flags(libc::O_DIRECT).open(path)?;
        let zeros = AlignedBuffer::new(1 << 20);
        let mut offset = 0;
        while offset < length {
            file.write_all_at(zeros.bytes(), offset)?;
            offset += zeros.bytes().len() as u64;
        }
        file.sync_all()?;
        let buffers = [AlignedBuffer::new(buffer_length), AlignedBuffer::new(buffer_length)];
        Ok(Self { uring: None, buffers, file, length })
    }

    /// A buffer to fill.
    pub fn buffer_mut(&mut self, index: usize) -> &mut [u8] {
        self.buffers[index].bytes_mut()
    }

    /// Bytes of the file.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Writes the first `length` bytes of a buffer and syncs them, blocking.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_and_sync(&self, index: usize, length: usize, offset: u64) -> io::Result<()> {
        self.file.write_all_at(&self.buffers[index].bytes()[..length], offset)?;
        self.file.sync_data()
    }

    /// Starts the same through io_uring, the write linked with the sync. Nothing else is under way.
    ///
    /// # Errors
    /// io_uring cannot be had, or what the system says.
    pub fn submit(&mut self, index: usize, length: usize, offset: u64) -> io::Result<()> {
        if self.uring.is_none() {
            let mut device = UringDevice::open([self.buffers[0].bytes(), self.buffers[1].bytes()])?;
            device.take_file(self.file.try_clone()?)?;
            self.uring = Some(device);
        }
        let frame = &self.buffers[index].bytes()[..length];
        let device = self.uring.as_mut().expect("it was opened");
        device.write(frame, index, offset)
    }

    /// Whether what was submitted is synced; never blocks.
    ///
    /// # Errors
    /// What the system says.
    pub fn is_synced(&mut self) -> io::Result<bool> {
        let Some(device) = &mut self.uring else { return Ok(false) };
        while let Some(event) = device.poll() {
            if event? == DeviceEvent::Synced {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
