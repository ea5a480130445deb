//! Stock Aeron: a client of a media driver, one's own or one that is started here.

use std::ffi::CString;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rusteron_client::{
    Aeron, AeronContext, AeronExclusivePublication, AeronFragmentClosureAssembler, AeronOfferError,
    AeronSubscription, Handlers,
};
use rusteron_media_driver::bindings::aeron_threading_mode_enum;
use rusteron_media_driver::{AeronDriver, AeronDriverContext};

/// A client, and the driver beside it if there is none to connect to.
pub struct Connection {
    // The client goes first: it says good-bye to the driver.
    client: Aeron,
    driver: Option<AeronDriver>,
}

impl Connection {
    /// Connects to the media driver whose directory is `directory`.
    ///
    /// # Errors
    /// Those of Aeron: no driver runs there.
    pub fn to_driver(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self { client: connect(directory)?, driver: None })
    }

    /// Starts a driver in `directory`, worked by the calling thread, and connects to it.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn with_driver(directory: &Path) -> anyhow::Result<Self> {
        let context = AeronDriverContext::new()?;
        context.set_dir(&text(directory)?)?;
        context.set_dir_delete_on_start(true)?;
        context.set_dir_delete_on_shutdown(true)?;
        context.set_threading_mode(aeron_threading_mode_enum::AERON_THREADING_MODE_INVOKER)?;
        let driver = AeronDriver::new(&context)?;
        driver.start(true)?;
        for _ in 0..FIRST_TURNS {
            driver.main_do_work()?;
        }
        Ok(Self { client: connect(directory)?, driver: Some(driver) })
    }

    /// Lets driver and client work.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn work(&self) -> anyhow::Result<()> {
        if let Some(driver) = &self.driver {
            driver.main_do_work()?;
        }
        self.client.main_do_work()?;
        Ok(())
    }

    /// Opens a publication.
    ///
    /// # Errors
    /// Those of Aeron, with the URI.
    pub fn publication(
        &self,
        uri: &str,
        stream_id: i32,
    ) -> anyhow::Result<AeronExclusivePublication> {
        let adding = self.client.async_add_exclusive_publication(&CString::new(uri)?, stream_id)?;
        self.wait(uri, || Ok(adding.poll()?))
    }

    /// Opens a subscription.
    ///
    /// # Errors
    /// Those of Aeron, with the URI.
    pub fn subscription(&self, uri: &str, stream_id: i32) -> anyhow::Result<Subscription> {
        let uri_text = CString::new(uri)?;
        let (none, client) = (Handlers::NONE, &self.client);
        let adding = client.async_add_subscription(&uri_text, stream_id, none, Handlers::NONE)?;
        let subscription = self.wait(uri, || Ok(adding.poll()?))?;
        Ok(Subscription { subscription, assembler: AeronFragmentClosureAssembler::new()? })
    }

    /// Works until `poll` finds something.
    ///
    /// # Errors
    /// When it does not within 10 s; `what` it is.
    pub fn wait<T>(
        &self,
        what: &str,
        mut poll: impl FnMut() -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + LIMIT;
        loop {
            self.work()?;
            if let Some(found) = poll().with_context(|| what.to_owned())? {
                return Ok(found);
            }
            ensure!(Instant::now() < deadline, "{what} did not come within {} s", LIMIT.as_secs());
            std::thread::yield_now();
        }
    }
}

/// A subscription that hands over whole messages.
pub struct Subscription {
    subscription: AeronSubscription,
    assembler: AeronFragmentClosureAssembler,
}

impl Subscription {
    /// Hands over what has come.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn poll(&mut self, mut handler: impl FnMut(&[u8])) -> anyhow::Result<()> {
        let mut sink = Sink { handler: &mut handler };
        self.assembler.poll(&self.subscription, &mut sink, Sink::take, FRAGMENTS)?;
        Ok(())
    }

    /// Whether a stream is heard.
    pub fn is_connected(&self) -> bool {
        self.subscription.is_connected()
    }

    /// What a publication names it by, to have its replies come here.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn registration_id(&self) -> anyhow::Result<i64> {
        Ok(self.subscription.registration_id()?)
    }
}

/// Whether the message was taken; not when the stream is not connected or its window is full.
///
/// # Errors
/// When it never will be.
pub fn offer(publication: &AeronExclusivePublication, message: &[u8]) -> anyhow::Result<bool> {
    match publication.offer(message) {
        Ok(_) => Ok(true),
        Err(
            AeronOfferError::BackPressured
            | AeronOfferError::NotConnected
            | AeronOfferError::AdminAction,
        ) => Ok(false),
        Err(error) => bail!("Aeron refuses a message: {error:?}"),
    }
}

struct Sink<'a> {
    handler: &'a mut dyn FnMut(&[u8]),
}

impl Sink<'_> {
    fn take(&mut self, message: &[u8], _: rusteron_client::AeronHeader) {
        (self.handler)(message);
    }
}

fn connect(directory: &Path) -> anyhow::Result<Aeron> {
    let context = AeronContext::new()?;
    context.set_dir(&text(directory)?)?;
    context.set_use_conductor_agent_invoker(true)?;
    let client = Aeron::new(&context)?;
    client.start()?;
    Ok(client)
}

fn text(path: &Path) -> anyhow::Result<CString> {
    Ok(CString::new(path.to_str().context("the directory's name is not UTF-8")?)?)
}

const FIRST_TURNS: usize = 10;
const FRAGMENTS: usize = 64;
const LIMIT: Duration = Duration::from_secs(10);
