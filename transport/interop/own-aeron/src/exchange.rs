//! Where an exchange is and with which keys: its ready file, and the keys file that this names.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;

/// What `forecastle serve --ready-file` writes, as far as it is needed here.
#[derive(Debug, Deserialize)]
pub struct Exchange {
    /// Where requests go.
    pub order_entry: String,
    /// Where private reports are asked for.
    pub reports: String,
    /// Multicast group of market data.
    pub market_data: String,
    keys: PathBuf,
}

/// One access key.
#[derive(Debug, Deserialize)]
pub struct Key {
    /// What people call it.
    pub name: String,
    /// Number on the wire.
    pub id: u32,
    /// Its firm.
    pub firm: u32,
    secret: String,
}

impl Exchange {
    /// Reads the ready file.
    ///
    /// # Errors
    /// It is not there or not of this form.
    pub fn read(ready_file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(ready_file);
        let text = text.with_context(|| ready_file.display().to_string())?;
        serde_json::from_str(&text).with_context(|| ready_file.display().to_string())
    }

    /// The key of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn key(&self, name: &str) -> anyhow::Result<Key> {
        #[derive(Deserialize)]
        struct Keys {
            key: Vec<Key>,
        }
        let place = || self.keys.display().to_string();
        let text = std::fs::read_to_string(&self.keys).with_context(place)?;
        let Keys { key: keys } = toml::from_str(&text).with_context(place)?;
        let found = keys.into_iter().find(|key| key.name == name);
        found.with_context(|| format!("{} has no key \"{name}\"", place()))
    }
}

impl Key {
    /// The bytes that sign a login.
    ///
    /// # Errors
    /// They are not 64 hex digits.
    pub fn secret(&self) -> anyhow::Result<[u8; 32]> {
        let digits = self.secret.as_bytes();
        ensure!(digits.len() == 64, "the secret of {} is not 64 hex digits", self.name);
        let mut secret = [0; 32];
        for (byte, pair) in secret.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair)?, 16)?;
        }
        Ok(secret)
    }
}
