//! The sessions at the live exchange, one for each of the journal's.
//!
//! A session of the journal goes on with the same session number of the same key: the id of a
//! session is the key's id and that number. Secrets are the live exchange's own.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use forecastle_client::{AccessKey, KeyFile, OnDisconnect, OrderEntryOptions, ReadyFile};
use forecastle_proto_spec::{
    CancelOnDisconnect, ROLES_CASH_ADMIN, ROLES_MARKET_ADMIN, SESSIONS_PER_KEY, access_key_of,
};

use super::desk::{Desk, Sent};
use super::disconnects::{Covered, Disconnect};
use crate::exit::Failure;
use crate::link::Link;

/// Every session at the live exchange.
pub struct Sessions {
    ready: ReadyFile,
    keys: KeyFile,
    interface: Ipv4Addr,
    links: BTreeMap<u32, Link<Desk>>,
    next_look: Instant,
}

impl Sessions {
    /// None yet, at the exchange that the ready file names.
    ///
    /// # Errors
    /// There is no exchange, or its keys cannot be read.
    pub fn at(ready: &Path, interface: Ipv4Addr) -> anyhow::Result<Self> {
        let ready = ReadyFile::read(ready).context(Failure::Unreachable)?;
        let keys = KeyFile::read(&ready.keys)?;
        let (links, next_look) = (BTreeMap::new(), Instant::now());
        Ok(Self { ready, keys, interface, links, next_look })
    }

    /// Logs the session in unless it is; `None` when the exchange has no such key.
    ///
    /// # Errors
    /// The exchange does not answer or refuses the login.
    pub fn open(&mut self, session_id: u32) -> anyhow::Result<Option<&mut Link<Desk>>> {
        if !self.links.contains_key(&session_id) {
            let key_id = access_key_of(session_id);
            let Some(key) = self.keys.keys.iter().find(|key| key.id == key_id) else {
                return Ok(None);
            };
            let link = self.connect(key, session_id % SESSIONS_PER_KEY, OnDisconnect::KEEP)?;
            self.links.insert(session_id, link);
        }
        Ok(self.links.get_mut(&session_id))
    }

    /// Has an open session go, so that its orders end, and come again.
    ///
    /// A login over a session is a loss: marked orders end by it, and all of them end when the
    /// session that has asked for that then ends politely.
    ///
    /// # Errors
    /// The exchange does not answer or refuses a login.
    ///
    /// # Panics
    /// The session waits for an answer.
    pub fn disconnect(
        &mut self,
        Disconnect { session_id, covered }: Disconnect,
    ) -> anyhow::Result<()> {
        let key_id = access_key_of(session_id);
        let key = self.keys.keys.iter().find(|key| key.id == key_id).cloned();
        let (Some(key), Some(old)) = (key, self.links.remove(&session_id)) else { return Ok(()) };
        assert!(old.handler.is_idle(), "answers would be lost");
        let connect =
            |on_disconnect| self.connect(&key, session_id % SESSIONS_PER_KEY, on_disconnect);
        let mut link = match covered {
            Covered::Marked => connect(OnDisconnect::KEEP)?,
            Covered::All => {
                let cancel = CancelOnDisconnect::OnTerminate;
                connect(OnDisconnect { cancel, grace_ms: 0 })?.terminate()?;
                connect(OnDisconnect::KEEP)?
            }
        };
        link.handler = old.outlast()?;
        self.links.insert(session_id, link);
        Ok(())
    }

    /// The session from which the state of the exchange can be asked for, if there is a key for it.
    #[must_use]
    pub fn observer(&self) -> Option<u32> {
        let is_admin = |key: &&AccessKey| key.roles & ADMIN_ROLES != 0;
        let key = self.keys.keys.iter().find(is_admin)?;
        Some(key.session_id(OBSERVER_NUMBER))
    }

    /// A session that is open.
    ///
    /// # Panics
    /// It is not.
    pub fn link(&mut self, session_id: u32) -> &mut Link<Desk> {
        self.links.get_mut(&session_id).expect("only open sessions are asked for")
    }

    /// What an open session has sent and was answered.
    #[must_use]
    pub fn desk(&self, session_id: u32) -> Option<&Desk> {
        self.links.get(&session_id).map(|link| &link.handler)
    }

    /// What every open session has sent and was answered.
    pub fn desks(&mut self) -> impl Iterator<Item = &mut Desk> {
        self.links.values_mut().map(|link| &mut link.handler)
    }

    /// Ids of the open sessions.
    #[must_use]
    pub fn ids(&self) -> Vec<u32> {
        self.links.keys().copied().collect()
    }

    /// Takes in what came for one session, and now and then for all; the number of messages. When
    /// nothing came, sends what has to be sent again.
    ///
    /// # Errors
    /// A session has ended.
    pub fn drive(&mut self, session_id: u32) -> anyhow::Result<usize> {
        let count = match self.links.get_mut(&session_id) {
            Some(link) => drive(link)?,
            None => 0,
        };
        Ok(count + self.look()?)
    }

    /// Takes in what came for any session, unless that was done just before.
    ///
    /// # Errors
    /// A session has ended.
    pub fn look(&mut self) -> anyhow::Result<usize> {
        let now = Instant::now();
        if now < self.next_look {
            return Ok(0);
        }
        self.next_look = now + LOOK_PERIOD;
        self.links.values_mut().try_fold(0, |count, link| Ok(count + drive(link)?))
    }

    /// Waits until something comes in for this session, at most `period`.
    pub fn wait(&self, session_id: Option<u32>, period: Duration) {
        match session_id.and_then(|session_id| self.links.get(&session_id)) {
            Some(link) => link.wait(period),
            None => std::thread::sleep(period),
        }
    }

    fn connect(
        &self,
        key: &AccessKey,
        session_number: u32,
        on_disconnect: OnDisconnect,
    ) -> anyhow::Result<Link<Desk>> {
        let options = OrderEntryOptions {
            order_entry: self.ready.order_entry,
            reports: self.ready.reports,
            interface: self.interface,
            key: key.clone(),
            session_number,
            keep_alive_interval_ms: KEEP_ALIVE_INTERVAL_MS,
            on_disconnect,
        };
        Link::connect(&options, Desk::default())
    }
}

fn drive(link: &mut Link<Desk>) -> anyhow::Result<usize> {
    let count = link.poll()?;
    if count == 0 {
        while let Some(sent) = link.handler.next_again() {
            send(link, sent, Desk::sent_again)?;
        }
    }
    Ok(count)
}

/// Sends a request and remembers it by `remember`.
///
/// # Errors
/// The session has ended.
pub fn send(
    link: &mut Link<Desk>,
    sent: Sent,
    remember: impl FnOnce(&mut Desk, u32, Sent),
) -> anyhow::Result<()> {
    let seq_num = link.send_encoded(&sent.message)?;
    remember(&mut link.handler, seq_num, sent);
    Ok(())
}

/// Roles that may ask for the state of the whole exchange.
const ADMIN_ROLES: u16 = ROLES_MARKET_ADMIN | ROLES_CASH_ADMIN;
/// The last of a key's sessions: whoever works by hand begins with the first.
const OBSERVER_NUMBER: u32 = SESSIONS_PER_KEY - 1;
const KEEP_ALIVE_INTERVAL_MS: u32 = 10_000;
/// Every session is looked at this often, so that none falls silent or takes its reports late.
const LOOK_PERIOD: Duration = Duration::from_millis(1);
