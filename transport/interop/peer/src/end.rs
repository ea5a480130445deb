//! An end of stock Aeron: a C media driver in its invoker mode and a client, both worked by the
//! thread that uses them, which is Aeron's fastest shape on two processors. Everything is at
//! Aeron's defaults but for the windows that are asked for.

use std::ffi::CString;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use forecastle_benches_rig::wire::{End, Message};
use rusteron_client::{
    Aeron, AeronContext, AeronExclusivePublication, AeronSubscription, Handlers,
};
use rusteron_media_driver::bindings::aeron_threading_mode_enum;
use rusteron_media_driver::{AeronDriver, AeronDriverContext};

/// What an end sends and hears, as Aeron's URIs.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    /// The stream it sends.
    pub publication: Option<String>,
    /// The streams it hears, each by a receiver of its own.
    pub subscriptions: Vec<String>,
}

/// One thread's driver and client.
pub struct AeronEnd {
    subscriptions: Vec<AeronSubscription>,
    publication: Option<AeronExclusivePublication>,
    // The client goes before the driver: it says good-bye to it.
    client: Aeron,
    driver: AeronDriver,
    has_offered: bool,
    turn: u32,
}

impl AeronEnd {
    /// Starts a driver with its directory in `folder` and opens the channels.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn open(folder: &Path, channels: &Channels) -> anyhow::Result<Self> {
        let directory = folder.to_str().context("the temporary folder is not UTF-8")?;
        let directory = CString::new(directory)?;
        let context = AeronDriverContext::new()?;
        context.set_dir(&directory)?;
        context.set_dir_delete_on_start(true)?;
        context.set_dir_delete_on_shutdown(true)?;
        context.set_threading_mode(aeron_threading_mode_enum::AERON_THREADING_MODE_INVOKER)?;
        let driver = AeronDriver::new(&context)?;
        driver.start(true)?;
        for _ in 0..FIRST_TURNS {
            driver.main_do_work()?;
        }
        let context = AeronContext::new()?;
        context.set_dir(&directory)?;
        context.set_use_conductor_agent_invoker(true)?;
        let client = Aeron::new(&context)?;
        client.start()?;
        let (subscriptions, publication) = (Vec::new(), None);
        let mut end =
            Self { subscriptions, publication, client, driver, has_offered: false, turn: 0 };
        for uri in &channels.subscriptions {
            let uri = CString::new(uri.as_str())?;
            let (none, client) = (Handlers::NONE, &end.client);
            let adding = client.async_add_subscription(&uri, STREAM_ID, none, Handlers::NONE)?;
            let subscription = end.wait(|| Ok(adding.poll()?))?;
            end.subscriptions.push(subscription);
        }
        if let Some(uri) = &channels.publication {
            let uri = CString::new(uri.as_str())?;
            let adding = end.client.async_add_exclusive_publication(&uri, STREAM_ID)?;
            let publication = end.wait(|| Ok(adding.poll()?))?;
            end.publication = Some(publication);
        }
        Ok(end)
    }

    fn wait<T>(&self, mut poll: impl FnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
        let deadline = Instant::now() + SET_UP_LIMIT;
        loop {
            self.driver.main_do_work()?;
            self.client.main_do_work()?;
            if let Some(found) = poll()? {
                return Ok(found);
            }
            ensure!(Instant::now() < deadline, "the driver did not answer");
        }
    }

    fn work_driver(&self) {
        self.driver.main_do_work().expect("the driver works");
    }
}

impl End for AeronEnd {
    fn is_connected(&self) -> bool {
        self.publication.as_ref().is_none_or(AeronExclusivePublication::is_connected)
            && self.subscriptions.iter().all(|subscription| subscription.is_connected())
    }

    #[inline]
    fn offer(&mut self, message: &Message) -> bool {
        self.has_offered = true;
        self.publication.as_ref().expect("this end sends").offer(message).is_ok()
    }

    /// A driver's turn sends and receives; one that has nothing to send is worked by the next
    /// [`Self::receive`] anyway.
    #[inline]
    fn send(&mut self) {
        if std::mem::take(&mut self.has_offered) {
            self.work_driver();
        }
    }

    #[inline]
    fn receive(&mut self, handler: &mut impl FnMut(usize, &[u8])) {
        self.work_driver();
        // The client's own work is keeping alive and hearing of images.
        self.turn = self.turn.wrapping_add(1);
        if self.turn.is_multiple_of(TURNS_PER_CLIENT_WORK) {
            self.client.main_do_work().expect("the client works");
        }
        for (number, subscription) in self.subscriptions.iter().enumerate() {
            let polled = subscription.poll_fn(|message, _| handler(number, message), FRAGMENTS);
            polled.expect("a subscription is polled");
        }
    }

    fn receiver_count(&self) -> usize {
        self.subscriptions.len()
    }
}

const STREAM_ID: i32 = 1001;
const FIRST_TURNS: usize = 10;
const SET_UP_LIMIT: Duration = Duration::from_secs(10);
const TURNS_PER_CLIENT_WORK: u32 = 64;
/// Fragments that one poll hands over at most.
const FRAGMENTS: usize = 1024;
