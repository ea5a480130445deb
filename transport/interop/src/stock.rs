//! The real thing: an Aeron media driver and client from the C sources, driven in this thread, so
//! that a case is one loop. The driver's directory is the case's temporary folder.

use std::cell::RefCell;
use std::ffi::CString;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rusteron_client::{
    Aeron, AeronContext, AeronErrorHandlerCallback, AeronExclusivePublication,
    AeronFragmentClosureAssembler, AeronHeader, AeronImage, AeronOfferError, AeronSubscription,
    Handlers,
};
use rusteron_media_driver::bindings::aeron_threading_mode_enum;
use rusteron_media_driver::{AeronDriver, AeronDriverContext};

use crate::waiting::until;

/// A media driver with one client.
pub struct Stock {
    // The client goes first: it says good-bye to the driver.
    client: Aeron,
    driver: AeronDriver,
    /// What the client says when it gives up; its own way is to end the process.
    client_error: Rc<RefCell<Option<String>>>,
}

impl Stock {
    /// Starts a driver in `folder`, with terms of 64 KiB so that they roll over soon.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn launch(folder: &Path) -> anyhow::Result<Self> {
        Self::launch_with(folder, |_| Ok(()))
    }

    /// As [`Self::launch`], with more settings.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn launch_with(
        folder: &Path,
        configure: impl FnOnce(&AeronDriverContext) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let directory = folder.join("aeron");
        let directory = text(directory.to_str().context("the temporary folder is not UTF-8")?)?;
        let context = AeronDriverContext::new()?;
        context.set_dir(&directory)?;
        context.set_dir_delete_on_start(true)?;
        context.set_dir_delete_on_shutdown(true)?;
        context.set_threading_mode(aeron_threading_mode_enum::AERON_THREADING_MODE_INVOKER)?;
        context.set_term_buffer_length(TERM_LENGTH)?;
        context.set_term_buffer_sparse_file(true)?;
        // While one member of a group starts, nobody works the others' clients.
        context.set_client_liveness_timeout_ns(CLIENT_LIVENESS_NS)?;
        // Aeron wants this to be the longer of the two.
        context.set_publication_unblock_timeout_ns(2 * CLIENT_LIVENESS_NS)?;
        configure(&context)?;
        let driver = AeronDriver::new(&context)?;
        driver.start(true)?;
        for _ in 0..FIRST_TURNS {
            driver.main_do_work()?;
        }
        let context = AeronContext::new()?;
        context.set_dir(&directory)?;
        context.set_use_conductor_agent_invoker(true)?;
        let client_error = Rc::default();
        context.set_error_handler(Some(Recorder { error: Rc::clone(&client_error) }))?;
        let client = Aeron::new(&context)?;
        client.start()?;
        Ok(Self { client, driver, client_error })
    }

    /// Lets driver and client work until they have nothing to do, at most [`TURNS_MAX`] turns: a
    /// turn reads a few datagrams only, and a driver with a thread of its own takes many in the
    /// time that our side takes for one burst.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn work(&self) -> anyhow::Result<()> {
        for _ in 0..TURNS_MAX {
            if self.driver.main_do_work()? + self.client.main_do_work()? == 0 {
                break;
            }
        }
        match self.client_error.borrow_mut().take() {
            Some(error) => bail!("the Aeron client: {error}"),
            None => Ok(()),
        }
    }

    /// Opens a publication.
    ///
    /// # Errors
    /// Those of Aeron, with the URI.
    pub fn publication(&self, uri: &str, stream_id: i32) -> anyhow::Result<StockPublication> {
        let adding = self.client.async_add_exclusive_publication(&text(uri)?, stream_id)?;
        let publication = self.wait_for(uri, || Ok(adding.poll()?))?;
        Ok(StockPublication { publication })
    }

    /// Opens a subscription.
    ///
    /// # Errors
    /// Those of Aeron, with the URI.
    pub fn subscription(&self, uri: &str, stream_id: i32) -> anyhow::Result<StockSubscription> {
        let adding = self.client.async_add_subscription(
            &text(uri)?,
            stream_id,
            Handlers::NONE,
            Handlers::NONE,
        )?;
        let subscription = self.wait_for(uri, || Ok(adding.poll()?))?;
        Ok(StockSubscription { subscription, assembler: AeronFragmentClosureAssembler::new()? })
    }

    fn wait_for<T>(
        &self,
        uri: &str,
        mut poll: impl FnMut() -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let mut found = None;
        until(SET_UP_LIMIT, "the driver's answer", || {
            self.work()?;
            found = poll().with_context(|| uri.to_owned())?;
            Ok(found.is_some())
        })?;
        found.with_context(|| format!("{uri}: no answer"))
    }

    /// The value of the system counter whose label begins so.
    ///
    /// # Errors
    /// When there is none.
    pub fn counter(&self, label: &str) -> anyhow::Result<i64> {
        let mut found = None;
        self.client.counters_reader().foreach_counter_fn(|value, _, type_id, _, name| {
            if type_id == SYSTEM_COUNTER_TYPE && name.starts_with(label) {
                found = Some(value);
            }
        });
        found.with_context(|| format!("the driver has no counter \"{label}\""))
    }

    /// Adds a destination to a publication whose control mode is manual.
    ///
    /// # Errors
    /// Those of Aeron, with the URI.
    pub fn add_destination(&self, to: &StockPublication, uri: &str) -> anyhow::Result<()> {
        let adding = to.publication.async_add_destination(&self.client, &text(uri)?)?;
        let added =
            || Ok((adding.aeron_exclusive_publication_async_destination_poll()? > 0).then_some(()));
        self.wait_for(uri, added)
    }

    /// Publications that the driver still serves, those that linger included.
    pub fn publisher_count(&self) -> usize {
        let mut count = 0;
        self.client.counters_reader().foreach_counter_fn(|_, _, type_id, _, _| {
            count += usize::from(type_id == SENDER_POSITION_TYPE);
        });
        count
    }

    /// Checks Aeron's own verdict on what we sent: nothing invalid, nothing past its windows, no
    /// error.
    ///
    /// # Errors
    /// The counters that say otherwise.
    pub fn check_clean(&self) -> anyhow::Result<()> {
        self.check_clean_but("no counter")
    }

    /// As [`Self::check_clean`] where the case itself moves the counter of that label.
    ///
    /// # Errors
    /// The counters that say otherwise.
    pub fn check_clean_but(&self, moved: &str) -> anyhow::Result<()> {
        for label in CLEAN_AT_ZERO {
            let value = self.counter(label)?;
            ensure!(value == 0 || label == moved, "Aeron counts \"{label}\": {value}");
        }
        Ok(())
    }
}

/// A publication of the stock client.
pub struct StockPublication {
    publication: AeronExclusivePublication,
}

impl StockPublication {
    /// Whether the message was taken; not when back-pressured or not connected.
    ///
    /// # Errors
    /// When it never will be.
    pub fn offer(&self, message: &[u8]) -> anyhow::Result<bool> {
        match self.publication.offer(message) {
            Ok(_) => Ok(true),
            Err(
                AeronOfferError::BackPressured
                | AeronOfferError::NotConnected
                | AeronOfferError::AdminAction,
            ) => Ok(false),
            Err(error) => bail!("Aeron refuses a message: {error:?}"),
        }
    }

    /// Whether a subscriber was heard.
    pub fn is_connected(&self) -> bool {
        self.publication.is_connected()
    }

    /// Position after the last message taken.
    pub fn position(&self) -> i64 {
        self.publication.position()
    }

    /// Its session.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn session_id(&self) -> anyhow::Result<i32> {
        Ok(self.publication.get_constants()?.session_id())
    }

    /// Ends the stream after what was taken.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn close(self) -> anyhow::Result<()> {
        Ok(self.publication.close()?)
    }

    /// Ends the stream at once, whatever was taken.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn revoke(self) -> anyhow::Result<()> {
        self.publication.revoke_on_close();
        Ok(self.publication.close()?)
    }
}

/// A subscription of the stock client.
pub struct StockSubscription {
    subscription: AeronSubscription,
    assembler: AeronFragmentClosureAssembler,
}

impl StockSubscription {
    /// Hands over whole messages with their session, of at most `limit` fragments; their number.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn poll(
        &mut self,
        limit: usize,
        mut handler: impl FnMut(i32, &[u8]),
    ) -> anyhow::Result<i32> {
        let mut sink = Sink { handler: &mut handler };
        Ok(self.assembler.poll(&self.subscription, &mut sink, Sink::take, limit)?)
    }

    /// Images joined now.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn image_count(&self) -> anyhow::Result<i32> {
        Ok(self.subscription.image_count()?)
    }

    /// The image of that place.
    pub fn image(&self, index: usize) -> Option<AeronImage> {
        self.subscription.image_at_index(index)
    }

    /// The address bound, with the port that the kernel chose; none before it is.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn endpoint(&self) -> anyhow::Result<Option<SocketAddr>> {
        let address = self.subscription.resolved_endpoint_as_string(ADDRESS_LENGTH_MAX)?;
        if address.is_empty() { Ok(None) } else { Ok(Some(address.parse()?)) }
    }

    /// What other channels name it by.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn registration_id(&self) -> anyhow::Result<i64> {
        Ok(self.subscription.registration_id()?)
    }
}

struct Recorder {
    error: Rc<RefCell<Option<String>>>,
}

impl AeronErrorHandlerCallback for Recorder {
    fn handle_aeron_error_handler(&mut self, code: i32, message: &str) {
        *self.error.borrow_mut() = Some(format!("{message} ({code})"));
    }
}

struct Sink<'a> {
    handler: &'a mut dyn FnMut(i32, &[u8]),
}

impl Sink<'_> {
    fn take(&mut self, message: &[u8], header: AeronHeader) {
        (self.handler)(header.session_id().unwrap_or(0), message);
    }
}

fn text(text: &str) -> anyhow::Result<CString> {
    CString::new(text).context("a text for C holds a zero")
}

/// Term length of every stock publication that does not ask for another.
pub const TERM_LENGTH: usize = 64 * 1024;
/// Until a driver has answered a command, or a peer is found.
pub const SET_UP_LIMIT: Duration = Duration::from_secs(10);

const TURNS_MAX: usize = 64;
const CLIENT_LIVENESS_NS: u64 = 60_000_000_000;
const FIRST_TURNS: usize = 10;
const ADDRESS_LENGTH_MAX: usize = 64;
const SYSTEM_COUNTER_TYPE: i32 = 0;
/// The counter of errors logged by the driver, rejections among them.
pub const ERRORS: &str = "Errors:";
/// The counter of datagrams that did not go out whole, or had no address to go to.
pub const SHORT_SENDS: &str = "Short sends";

const SENDER_POSITION_TYPE: i32 = 2;
const CLEAN_AT_ZERO: [&str; 6] = [
    "Invalid packets",
    "Flow control over runs",
    ERRORS,
    SHORT_SENDS,
    "Possible TTL Asymmetry",
    "Status Messages rejected",
];
