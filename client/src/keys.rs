//! The keys file: who may log in, and with which secret.
//!
//! The exchange makes it at its first start with mode 0600; clients read their key from it or are
//! given one by the operator. One TOML table `[[key]]` for each key.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use forecastle_proto_spec::{
    ROLES_CASH_ADMIN, ROLES_MARKET_ADMIN, ROLES_ODDS_PROVIDER, ROLES_REPLICA, ROLES_RISK,
    ROLES_TRADER, SESSIONS_PER_KEY,
};
use serde::{Deserialize, Serialize};

/// One access key with its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// What people call it.
    pub name: String,
    /// Number on the wire, from 1.
    pub id: u32,
    /// Firm whose accounts and orders it acts on, from 1.
    pub firm_id: u32,
    /// Roles, bits of the schema's `Roles` set.
    pub roles: u16,
    /// Secret of the login HMAC.
    pub secret: [u8; 32],
}

impl AccessKey {
    /// Session id of this key's session `number`.
    ///
    /// # Panics
    /// `number` is not below [`SESSIONS_PER_KEY`].
    #[must_use]
    pub fn session_id(&self, number: u32) -> u32 {
        assert!(number < SESSIONS_PER_KEY, "a key has {SESSIONS_PER_KEY} sessions");
        self.id * SESSIONS_PER_KEY + number
    }
}

impl std::fmt::Debug for AccessKey {
    /// Everything but the secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "AccessKey {} id {} firm {}", self.name, self.id, self.firm_id)
    }
}

/// All keys of one exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    /// Keys in file order.
    pub keys: Vec<AccessKey>,
}

impl KeyFile {
    /// New random keys: one of an administrator with every role but trading, firm 1, and
    /// `trader_count` of traders, each of a firm of its own.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn generate(trader_count: u32) -> Result<Self, KeyFileError> {
        let admin = ROLES_MARKET_ADMIN
            | ROLES_CASH_ADMIN
            | ROLES_RISK
            | ROLES_REPLICA
            | ROLES_ODDS_PROVIDER;
        let mut keys = vec![random_key("admin".to_string(), 1, admin)?];
        for trader in 1..=trader_count {
            keys.push(random_key(format!("trader-{trader}"), trader + 1, ROLES_TRADER)?);
        }
        Ok(Self { keys })
    }

    /// Reads `path`.
    ///
    /// # Errors
    /// It cannot be read, is not of this form, or has a bad or double key.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| KeyFileError::Io { path: path.to_path_buf(), source })?;
        let document: Document = toml::from_str(&text)
            .map_err(|source| KeyFileError::Form { path: path.to_path_buf(), source })?;
        let mut keys: Vec<AccessKey> = Vec::with_capacity(document.key.len());
        for entry in document.key {
            let key = entry.into_key(path)?;
            if keys.iter().any(|other| other.id == key.id || other.name == key.name) {
                let path = path.to_path_buf();
                return Err(KeyFileError::Entry { path, name: key.name, cause: "is there twice" });
            }
            keys.push(key);
        }
        Ok(Self { keys })
    }

    /// Writes a new file at `path` that only its owner can read.
    ///
    /// # Errors
    /// The file exists, or cannot be written.
    pub fn write_new(&self, path: &Path) -> Result<(), KeyFileError> {
        let key = self.keys.iter().map(Entry::of).collect();
        let text = toml::to_string(&Document { key }).expect("keys are plain values");
        let io = |source| KeyFileError::Io { path: path.to_path_buf(), source };
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create_new(true).mode(FILE_MODE).open(path).map_err(io)?;
        file.write_all(HEADING.as_bytes()).map_err(io)?;
        file.write_all(text.as_bytes()).map_err(io)?;
        file.sync_all().map_err(io)
    }

    /// The key named `name`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&AccessKey> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// Why the keys file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be opened, read or written.
    #[error("keys file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML of the right form.
    #[error("keys file {path}: {source}")]
    Form {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: toml::de::Error,
    },
    /// One key is wrong.
    #[error("keys file {path}: key {name:?} {cause}")]
    Entry {
        /// The file.
        path: PathBuf,
        /// Name of the key.
        name: String,
        /// What is wrong with it.
        cause: &'static str,
    },
    /// No random bytes for new secrets.
    #[error("no random bytes for new keys: {0}")]
    Random(getrandom::Error),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    key: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    id: u32,
    firm: u32,
    roles: Vec<String>,
    secret: String,
}

impl Entry {
    fn of(key: &AccessKey) -> Self {
        let roles = ROLE_NAMES.iter().filter(|(_, bit)| key.roles & bit != 0);
        Self {
            name: key.name.clone(),
            id: key.id,
            firm: key.firm_id,
            roles: roles.map(|(name, _)| (*name).to_string()).collect(),
            secret: key.secret.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    fn into_key(self, path: &Path) -> Result<AccessKey, KeyFileError> {
        let wrong = |cause| KeyFileError::Entry {
            path: path.to_path_buf(),
            name: self.name.clone(),
            cause,
        };
        if self.id == 0 || self.firm == 0 {
            return Err(wrong("has id or firm 0"));
        }
        let mut roles = 0;
        for role in &self.roles {
            let known = ROLE_NAMES.iter().find(|(name, _)| name == role);
            roles |= known.ok_or_else(|| wrong("has an unknown role"))?.1;
        }
        let secret =
            parse_secret(&self.secret).ok_or_else(|| wrong("has no secret of 64 hex digits"))?;
        Ok(AccessKey { id: self.id, firm_id: self.firm, roles, secret, name: self.name })
    }
}

fn parse_secret(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut secret = [0; 32];
    for (index, byte) in secret.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(secret)
}

fn random_key(name: String, id: u32, roles: u16) -> Result<AccessKey, KeyFileError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(KeyFileError::Random)?;
    Ok(AccessKey { name, id, firm_id: id, roles, secret })
}

const FILE_MODE: u32 = 0o600;

const HEADING: &str =
    "# Access keys of this exchange. Whoever reads a secret can trade as its firm.\n\n";

const ROLE_NAMES: [(&str, u16); 6] = [
    ("trader", ROLES_TRADER),
    ("market_admin", ROLES_MARKET_ADMIN),
    ("cash_admin", ROLES_CASH_ADMIN),
    ("risk", ROLES_RISK),
    ("replica", ROLES_REPLICA),
    ("odds_provider", ROLES_ODDS_PROVIDER),
];

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn generated_keys_come_back_from_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let keys = KeyFile::generate(10).unwrap();
        keys.write_new(&path).unwrap();
        assert_eq!(KeyFile::read(&path).unwrap(), keys);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(keys.write_new(&path), Err(KeyFileError::Io { .. })));
        assert_eq!(keys.named("trader-10").unwrap().session_id(3), 11 * 16 + 3);
        let secrets: std::collections::BTreeSet<_> = keys.keys.iter().map(|k| k.secret).collect();
        assert_eq!(secrets.len(), 11);
    }

    #[test]
    fn a_wrong_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let good =
            format!("id = 1\nfirm = 1\nroles = [\"trader\"]\nsecret = \"{}\"", "ab".repeat(32));
        let cases = [
            (good.replace("trader", "king"), "unknown role"),
            (good.replace("id = 1", "id = 0"), "id or firm 0"),
            (good.replace("abab", "xxab"), "64 hex digits"),
            (good.replace("firm", "farm"), "unknown field `farm`"),
            (format!("{good}\n[[key]]\nname = \"a\"\n{good}"), "is there twice"),
        ];
        for (body, expected) in cases {
            std::fs::write(&path, format!("[[key]]\nname = \"a\"\n{body}\n")).unwrap();
            let error = KeyFile::read(&path).unwrap_err().to_string();
            assert!(error.contains(expected), "{error} should say {expected}");
        }
    }
}
