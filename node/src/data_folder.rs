//! The folder of an exchange's files: one exchange at a time, keys made at the first start.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use forecastle_client::{KeyFile, KeyFileError};

use crate::config::DEMO_KEYS;

/// An exchange's folder, locked for as long as this lives.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    keys: KeyFile,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder when missing, locks it, and reads its keys or makes them.
    ///
    /// # Errors
    /// The folder cannot be made or written, another exchange runs on it, or its keys are bad.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        let io = |source| DataFolderError::Io { path: path.to_path_buf(), source };
        std::fs::create_dir_all(path).map_err(io)?;
        let path = path.canonicalize().map_err(io)?;
        let lock_path = path.join("LOCK");
        let mut options = File::options();
        let lock = options.create(true).truncate(false).write(true).open(&lock_path).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DataFolderError::InUse { path }),
            Err(TryLockError::Error(source)) => return Err(DataFolderError::Io { path, source }),
        }
        let keys_path = path.join(KEYS_FILE);
        if !keys_path.exists() {
            KeyFile::generate(DEMO_KEYS)?.write_new(&keys_path)?;
        }
        let keys = KeyFile::read(&keys_path)?;
        Ok(Self { path, keys, _lock: lock })
    }

    /// The folder, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keys file, absolute.
    #[must_use]
    pub fn keys_path(&self) -> PathBuf {
        self.path.join(KEYS_FILE)
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &KeyFile {
        &self.keys
    }
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// It cannot be made or written.
    #[error("data folder {path}: {source}; choose another with --data")]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another exchange has it.
    #[error(
        "data folder {path}: another exchange runs on it; stop it or choose another with --data"
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// Its keys are bad.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
}

const KEYS_FILE: &str = "keys.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_keeps_its_keys_and_serves_one_exchange() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let folder = DataFolder::open(&path).unwrap();
        let keys = folder.keys().clone();
        assert_eq!(keys.keys.len(), 11);
        let second = DataFolder::open(&path).unwrap_err();
        assert!(second.to_string().contains("another exchange runs on it"), "{second}");
        drop(folder);
        assert_eq!(DataFolder::open(&path).unwrap().keys(), &keys);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = DataFolder::open(&file.path().join("x")).unwrap_err().to_string();
        assert!(error.contains("data folder") && error.contains("--data"), "{error}");
    }
}
