//! Where a journal lies: the folders of `proto-spec/journal.md`, and the key of its chain.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use forecastle_persister::{ChainKey, SegmentId};

use crate::error::FolderError;

/// The folders of one journal.
#[derive(Clone, Debug)]
pub struct JournalFolder {
    data: PathBuf,
    journal: PathBuf,
    key: Option<ChainKey>,
}

/// A file of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFile {
    /// Position of its first record, as its name says.
    pub position: u64,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it is an archived segment, packed and compressed.
    pub is_archived: bool,
}

impl JournalFolder {
    /// The journal inside the data folder `data`, to write: makes what is missing. The key too,
    /// but never beside segments: a new one would verify none of them.
    ///
    /// # Errors
    /// A folder or the key cannot be made or read, or there are segments and no key.
    pub fn open(data: &Path, key_file: Option<&Path>) -> Result<Self, FolderError> {
        let folder = Self { data: data.to_path_buf(), journal: data.join("journal"), key: None };
        folder.make_folders()?;
        let key_path = key_file.map_or_else(|| data.join(KEY_FILE), Path::to_path_buf);
        if !key_path.exists() {
            if !folder.all_segments()?.is_empty() {
                return Err(FolderError::KeyMissing { path: key_path });
            }
            make_key(&key_path)?;
        }
        let key = Some(read_key(&key_path)?);
        Ok(Self { key, ..folder })
    }

    /// Makes the folders of a journal in the new data folder `data`, without a key: what it is to
    /// hold is copied there.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn open_to_write_copy(data: &Path) -> Result<Self, FolderError> {
        let folder = Self { data: data.to_path_buf(), journal: data.join("journal"), key: None };
        folder.make_folders()?;
        Ok(folder)
    }

    /// The journal at `path`, a data folder or a folder of segments, to read: makes nothing.
    /// Without `key_file` it takes the key beside the journal, if there is one.
    ///
    /// # Errors
    /// There is no such folder, or the key cannot be read.
    pub fn open_to_read(path: &Path, key_file: Option<&Path>) -> Result<Self, FolderError> {
        let inside = path.join("journal");
        let (data, journal) = if inside.is_dir() {
            (path.to_path_buf(), inside)
        } else {
            let parent = path.parent().unwrap_or(path);
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            (parent.to_path_buf(), path.to_path_buf())
        };
        fs::read_dir(&journal).map_err(FolderError::io("read", &journal))?;
        let beside = data.join(KEY_FILE);
        let key_path =
            key_file.map(Path::to_path_buf).or_else(|| beside.exists().then_some(beside));
        let key = key_path.map(|path| read_key(&path)).transpose()?;
        Ok(Self { data, journal, key })
    }

    fn make_folders(&self) -> Result<(), FolderError> {
        let (archive, spare, snapshots) = (self.archive(), self.spare(), self.snapshots());
        for path in [&self.data, &self.journal, &archive, &spare, &snapshots] {
            fs::create_dir_all(path).map_err(FolderError::io("make", path))?;
        }
        Ok(())
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The folder of segments.
    #[must_use]
    pub fn journal(&self) -> &Path {
        &self.journal
    }

    /// The folder of archived segments.
    #[must_use]
    pub fn archive(&self) -> PathBuf {
        self.data.join("archive")
    }

    /// The folder of snapshots.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.data.join("snapshots")
    }

    /// The folder of spare files.
    #[must_use]
    pub fn spare(&self) -> PathBuf {
        self.data.join("spare")
    }

    /// The key of the chain, where there is one.
    #[must_use]
    pub fn key(&self) -> Option<&ChainKey> {
        self.key.as_ref()
    }

    /// The segments that are not archived, in order of position.
    ///
    /// # Errors
    /// The folder cannot be read, or holds a file whose name is no position.
    pub fn segments(&self) -> Result<Vec<SegmentFile>, FolderError> {
        list(&self.journal, "", false)
    }

    /// Every segment, archived or not, in order of position. One that is both (its archiving was
    /// cut short) is named once, as the plain file.
    ///
    /// # Errors
    /// As [`Self::segments`].
    pub fn all_segments(&self) -> Result<Vec<SegmentFile>, FolderError> {
        let plain = self.segments()?;
        let archive = self.archive();
        let archived = if archive.is_dir() { list(&archive, ".zst", true)? } else { Vec::new() };
        let is_plain = |file: &SegmentFile| plain.iter().any(|each| each.position == file.position);
        let mut files: Vec<_> = archived.into_iter().filter(|file| !is_plain(file)).collect();
        files.extend(plain);
        files.sort_by_key(|file| file.position);
        Ok(files)
    }

    /// Takes the lock of whoever writes the journal; held as long as the file lives.
    ///
    /// # Errors
    /// Another process has it, or the file cannot be made.
    pub fn lock(&self) -> Result<File, FolderError> {
        let path = self.data.join("PERSIST.LOCK");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(FolderError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(FolderError::Locked { path }),
            Err(fs::TryLockError::Error(source)) => {
                Err(FolderError::Io { action: "lock", path, source })
            }
        }
    }

    /// The path of the segment that begins at `position`.
    #[must_use]
    pub fn segment_path(&self, position: u64) -> PathBuf {
        self.journal.join(segment_name(position))
    }
}

/// The name of what begins at `position`: 20 digits.
#[must_use]
pub fn segment_name(position: u64) -> String {
    format!("{position:020}")
}

/// A random segment id.
///
/// # Errors
/// The system gives no random numbers.
pub fn random_segment_id() -> io::Result<SegmentId> {
    let mut id = SegmentId::default();
    getrandom::fill(&mut id).map_err(io::Error::other)?;
    Ok(id)
}

/// Makes what a rename or a new file in `folder` did last over a loss of power.
///
/// # Errors
/// What the system says.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn list(folder: &Path, ending: &str, is_archived: bool) -> Result<Vec<SegmentFile>, FolderError> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).map_err(FolderError::io("read", folder))?;
    for entry in entries {
        let path = entry.map_err(FolderError::io("read", folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if is_archived && name.ends_with(PARTIAL) {
            continue;
        }
        let digits = name.strip_suffix(ending).filter(|digits| digits.len() == 20);
        let position = digits.and_then(|digits| digits.parse().ok());
        let Some(position) = position else { return Err(FolderError::Foreign { path }) };
        files.push(SegmentFile { position, path, is_archived });
    }
    files.sort_by_key(|file| file.position);
    Ok(files)
}

fn make_key(path: &Path) -> Result<(), FolderError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| FolderError::Io {
        action: "draw",
        path: path.to_path_buf(),
        source: io::Error::other(error),
    })?;
    let text = format!("{}\n", ChainKey::new(secret).to_hex());
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        path.parent().map_or(Ok(()), sync_folder)
    };
    write().map_err(FolderError::io("make", path))
}

fn read_key(path: &Path) -> Result<ChainKey, FolderError> {
    let text = fs::read_to_string(path).map_err(FolderError::io("read", path))?;
    ChainKey::from_hex(&text).map_err(|_| FolderError::Key { path: path.to_path_buf() })
}

/// Ending of a file that is not finished.
pub(crate) const PARTIAL: &str = ".partial";
const KEY_FILE: &str = "journal.key";
