//! `pwrite` and `fdatasync` on a thread of their own, for systems that deny io_uring.
//!
//! The frame is copied once into a buffer that goes to the thread and comes back with the answer.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::DeviceEvent;
use crate::aligned::AlignedBuffer;

/// A thread that writes and syncs, parked while there is nothing to do.
#[derive(Debug)]
pub(crate) struct BlockingDevice {
    file: Option<Arc<File>>,
    buffer: Option<AlignedBuffer>,
    orders: Option<SyncSender<Order>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

struct Order {
    file: Arc<File>,
    buffer: AlignedBuffer,
    length: usize,
    offset: u64,
}

enum Answer {
    Written,
    Synced(AlignedBuffer),
    Failed(io::Error),
}

impl BlockingDevice {
    pub(crate) fn start(buffer_length: usize) -> io::Result<Self> {
        let (orders, inbox) = sync_channel::<Order>(1);
        let (outbox, answers) = sync_channel(2);
        let run = move || {
            for order in inbox {
                carry_out(order, &outbox);
            }
        };
        let thread = std::thread::Builder::new().name("journal".to_string()).spawn(run)?;
        Ok(Self {
            file: None,
            buffer: Some(AlignedBuffer::new(buffer_length)),
            orders: Some(orders),
            answers,
            thread: Some(thread),
        })
    }

    pub(crate) fn take_file(&mut self, file: File) {
        self.file = Some(Arc::new(file));
    }

    pub(crate) fn write(&mut self, frame: &[u8], offset: u64) {
        let file = self.file.clone().expect("a segment is open before a frame is written");
        let mut buffer = self.buffer.take().expect("one write is in flight at a time");
        buffer.bytes_mut()[..frame.len()].copy_from_slice(frame);
        let order = Order { file, buffer, length: frame.len(), offset };
        let orders = self.orders.as_ref().expect("the thread runs");
        orders.try_send(order).expect("one write is in flight at a time");
    }

    pub(crate) fn poll(&mut self) -> Option<io::Result<DeviceEvent>> {
        match self.answers.try_recv().ok()? {
            Answer::Written => Some(Ok(DeviceEvent::Written)),
            Answer::Synced(buffer) => {
                self.buffer = Some(buffer);
                Some(Ok(DeviceEvent::Synced))
            }
            Answer::Failed(error) => Some(Err(error)),
        }
    }
}

impl Drop for BlockingDevice {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn carry_out(order: Order, outbox: &SyncSender<Answer>) {
    let frame = &order.buffer.bytes()[..order.length];
    let answer = match order.file.write_all_at(frame, order.offset) {
        Err(error) => Answer::Failed(error),
        Ok(()) => {
            // A closed channel means that the agent is gone and nobody waits.
            let _ = outbox.send(Answer::Written);
            match order.file.sync_data() {
                Err(error) => Answer::Failed(error),
                Ok(()) => Answer::Synced(order.buffer),
            }
        }
    };
    let _ = outbox.send(answer);
}
