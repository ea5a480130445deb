//! The ready file: where a running exchange is found.

use std::io::Write as _;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What an exchange writes, last and atomically, once it takes orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyFile {
    /// Process id.
    pub pid: u32,
    /// Where requests go: a unicast address or a multicast group.
    pub order_entry: SocketAddrV4,
    /// Where a client asks for its private reports (control address of the response channel).
    pub reports: SocketAddrV4,
    /// Multicast group of market data.
    pub market_data: SocketAddrV4,
    /// Where log streams come from.
    pub log_stream: SocketAddrV4,
    /// Where the shared log stream comes from, or the multicast group that it goes to.
    pub shared_log_stream: SocketAddrV4,
    /// Absolute path of the keys file.
    pub keys: PathBuf,
    /// Version of the exchange.
    pub version: String,
}

impl ReadyFile {
    /// Reads `path`.
    ///
    /// # Errors
    /// It is not there or not of this form.
    pub fn read(path: &Path) -> Result<Self, ReadyFileError> {
        let wrong = |cause: String| ReadyFileError { path: path.to_path_buf(), cause };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
    }

    /// Writes the file beside `path` and renames it into place, so that nobody reads half of it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ReadyFileError> {
        let wrong = |error: std::io::Error| ReadyFileError {
            path: path.to_path_buf(),
            cause: error.to_string(),
        };
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}", self.pid));
        let beside = path.with_file_name(name);
        let text = serde_json::to_string(self).expect("a ready file is plain values");
        let mut file = std::fs::File::create(&beside).map_err(wrong)?;
        file.write_all(text.as_bytes()).map_err(wrong)?;
        file.write_all(b"\n").map_err(wrong)?;
        file.sync_all().map_err(wrong)?;
        std::fs::rename(&beside, path).map_err(wrong)
    }
}

/// Why the ready file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("ready file {path}: {cause}")]
pub struct ReadyFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub cause: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_the_eight_fields_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        let ready = ReadyFile {
            pid: 7,
            order_entry: "127.0.0.1:9100".parse().unwrap(),
            reports: "127.0.0.1:9101".parse().unwrap(),
            market_data: "239.1.1.1:9102".parse().unwrap(),
            log_stream: "127.0.0.1:9103".parse().unwrap(),
            shared_log_stream: "127.0.0.1:9104".parse().unwrap(),
            keys: "/data/keys.toml".into(),
            version: "0.1.0".to_string(),
        };
        ready.write(&path).unwrap();
        assert_eq!(ReadyFile::read(&path).unwrap(), ready);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text.trim_end(),
            "{\"pid\":7,\"order_entry\":\"127.0.0.1:9100\",\"reports\":\"127.0.0.1:9101\",\
             \"market_data\":\"239.1.1.1:9102\",\"log_stream\":\"127.0.0.1:9103\",\
             \"shared_log_stream\":\"127.0.0.1:9104\",\"keys\":\"/data/keys.toml\",\"version\":\"0.1.0\"}"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
