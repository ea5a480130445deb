//! What carries out the writer's frames: io_uring, or a thread that blocks.

mod blocking;
pub(crate) mod uring;

use std::fmt;
use std::fs::File;
use std::io;
use std::str::FromStr;

use forecastle_persister::JournalWriter;

use blocking::BlockingDevice;
use uring::UringDevice;

/// Which device is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// io_uring, or blocking where the system denies it.
    #[default]
    Auto,
    /// io_uring or nothing.
    Uring,
    /// A parking thread with `pwrite` and `fdatasync`.
    Blocking,
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "auto" => Ok(Self::Auto),
            "io_uring" => Ok(Self::Uring),
            "blocking" => Ok(Self::Blocking),
            _ => Err(UnknownBackend),
        }
    }
}

/// The name of a back end is none of `auto`, `io_uring` and `blocking`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownBackend;

impl fmt::Display for UnknownBackend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a back end is auto, io_uring or blocking")
    }
}

impl std::error::Error for UnknownBackend {}

/// How the journal is written, for the start screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendInUse {
    /// `io_uring` or `blocking`.
    pub name: &'static str,
    /// Why it is not io_uring although that was tried.
    pub denied: Option<String>,
}

/// One of the two.
#[derive(Debug)]
pub(crate) enum Device {
    Uring(Box<UringDevice>),
    Blocking(BlockingDevice),
}

/// What a device has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceEvent {
    /// The write completed, all its bytes.
    Written,
    /// The sync behind it completed.
    Synced,
}

impl Device {
    /// The device that `backend` asks for, over the buffers of `writer`.
    pub(crate) fn open(
        backend: Backend,
        writer: &JournalWriter,
    ) -> io::Result<(Self, BackendInUse)> {
        let mut denied = None;
        if backend != Backend::Blocking {
            match UringDevice::open([writer.buffer(0), writer.buffer(1)]) {
                Ok(device) => {
                    let in_use = BackendInUse { name: "io_uring", denied: None };
                    return Ok((Self::Uring(Box::new(device)), in_use));
                }
                Err(error) if backend == Backend::Uring => return Err(error),
                Err(error) => denied = Some(error.to_string()),
            }
        }
        let device = BlockingDevice::start(writer.buffer(0).len())?;
        Ok((Self::Blocking(device), BackendInUse { name: "blocking", denied }))
    }

    /// Makes `file` the one that is written from now on. No write is in flight.
    pub(crate) fn take_file(&mut self, file: File) -> io::Result<()> {
        match self {
            Self::Uring(device) => device.take_file(file),
            Self::Blocking(device) => {
                device.take_file(file);
                Ok(())
            }
        }
    }

    /// Starts to write the first `length` bytes of `buffer` of the writer at `offset`, and to sync
    /// them. The writer leaves that buffer alone until [`DeviceEvent::Synced`].
    #[inline]
    pub(crate) fn write(
        &mut self,
        writer: &JournalWriter,
        (buffer, length): (usize, usize),
        offset: u64,
    ) -> io::Result<()> {
        match self {
            Self::Uring(device) => device.write(&writer.buffer(buffer)[..length], buffer, offset),
            Self::Blocking(device) => {
                device.write(&writer.buffer(buffer)[..length], offset);
                Ok(())
            }
        }
    }

    /// What has been done since, one event a call; never blocks.
    #[inline]
    pub(crate) fn poll(&mut self) -> Option<io::Result<DeviceEvent>> {
        match self {
            Self::Uring(device) => device.poll(),
            Self::Blocking(device) => device.poll(),
        }
    }
}

/// The error of a write that took fewer bytes than it was given.
fn short_write(written: usize, length: usize) -> io::Error {
    let text = format!("the device took {written} of {length} bytes");
    io::Error::new(io::ErrorKind::WriteZero, text)
}
