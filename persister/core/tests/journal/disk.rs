//! A disk that keeps no promise it did not make: files as the kernel shows them, the platter
//! behind them, and at a loss of power any subset of what was not synced kept, lost or torn.

use std::collections::{BTreeMap, BTreeSet};

use forecastle_persister::SECTOR_LENGTH;

use crate::random::Random;

/// Files under names, and spare ones without.
pub struct Disk {
    files: Vec<File>,
    names: BTreeMap<u64, usize>,
    /// The folder on the platter.
    platter_names: BTreeMap<u64, usize>,
    spares: Vec<usize>,
    random: Random,
    /// Operations begun so far.
    pub operation_count: u64,
    /// Number of the operation that fails.
    pub fails_at: Option<u64>,
}

/// What the kernel answers when the device does not do as told.
#[derive(Clone, Copy, Debug)]
pub struct InputOutputError;

type Done = Result<(), InputOutputError>;

impl Disk {
    pub fn new(random: Random) -> Self {
        Self {
            files: Vec::new(),
            names: BTreeMap::new(),
            platter_names: BTreeMap::new(),
            spares: Vec::new(),
            random,
            operation_count: 0,
            fails_at: None,
        }
    }

    /// A spare file of that length, recycled if there is one, else zeros on the platter.
    pub fn spare(&mut self, length: usize) -> usize {
        self.spares.pop().unwrap_or_else(|| {
            self.files.push(File::zeros(length));
            self.files.len() - 1
        })
    }

    /// Takes the segment of that name out of the journal, for good, and keeps its file.
    pub fn recycle(&mut self, name: u64) {
        let file = self.names.remove(&name).unwrap();
        self.platter_names.remove(&name);
        self.files[file].sync();
        self.spares.push(file);
    }

    pub fn write(&mut self, file: usize, offset: u64, bytes: &[u8]) -> Done {
        let is_failing = self.begins_failing();
        let sectors = offset as usize / SECTOR_LENGTH..;
        for (sector, bytes) in sectors.zip(bytes.chunks(SECTOR_LENGTH)) {
            if !is_failing || self.random.below(2) == 0 {
                self.files[file].write_sector(sector, bytes);
            }
        }
        if is_failing { Err(InputOutputError) } else { Ok(()) }
    }

    /// A failed sync leaves sectors that look clean and are not on the platter.
    pub fn sync(&mut self, file: usize) -> Done {
        if self.begins_failing() {
            let dirty = std::mem::take(&mut self.files[file].dirty);
            for sector in dirty {
                if self.random.below(2) == 0 {
                    self.files[file].lost.insert(sector);
                } else {
                    self.files[file].sync_sector(sector);
                }
            }
            return Err(InputOutputError);
        }
        self.files[file].sync();
        Ok(())
    }

    pub fn rename(&mut self, file: usize, name: u64) -> Done {
        if self.begins_failing() {
            return Err(InputOutputError);
        }
        self.names.insert(name, file);
        Ok(())
    }

    pub fn sync_folder(&mut self) -> Done {
        if self.begins_failing() {
            return Err(InputOutputError);
        }
        self.platter_names.clone_from(&self.names);
        Ok(())
    }

    pub fn file(&self, name: u64) -> usize {
        self.names[&name]
    }

    pub fn segments(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.names.iter().map(|(name, file)| (*name, &self.files[*file].cache[..]))
    }

    /// The power goes: of what was not synced, sectors and names alike, any subset survives.
    pub fn lose_power(&mut self) {
        for file in &mut self.files {
            file.lose_power(&mut self.random);
        }
        for (name, file) in std::mem::take(&mut self.names) {
            if self.random.below(2) == 0 {
                self.platter_names.insert(name, file);
            }
        }
        self.names = self.platter_names.clone();
    }

    /// What a start does before it reads: sync once, then read past the cache.
    pub fn settle(&mut self) {
        for file in &mut self.files {
            file.sync();
            for sector in std::mem::take(&mut file.lost) {
                file.revert_sector(sector);
            }
        }
        self.platter_names.clone_from(&self.names);
    }

    fn begins_failing(&mut self) -> bool {
        self.operation_count += 1;
        self.fails_at == Some(self.operation_count - 1)
    }
}

struct File {
    cache: Vec<u8>,
    platter: Vec<u8>,
    dirty: BTreeSet<usize>,
    lost: BTreeSet<usize>,
}

impl File {
    fn zeros(length: usize) -> Self {
        let (cache, platter) = (vec![0; length], vec![0; length]);
        Self { cache, platter, dirty: BTreeSet::new(), lost: BTreeSet::new() }
    }

    fn write_sector(&mut self, sector: usize, bytes: &[u8]) {
        self.cache[range(sector)].copy_from_slice(bytes);
        self.dirty.insert(sector);
        self.lost.remove(&sector);
    }

    fn sync(&mut self) {
        for sector in std::mem::take(&mut self.dirty) {
            self.sync_sector(sector);
        }
    }

    fn sync_sector(&mut self, sector: usize) {
        self.platter[range(sector)].copy_from_slice(&self.cache[range(sector)]);
    }

    fn revert_sector(&mut self, sector: usize) {
        self.cache[range(sector)].copy_from_slice(&self.platter[range(sector)]);
    }

    /// Each sector is kept, lost, or torn between its eight parts.
    fn lose_power(&mut self, random: &mut Random) {
        for sector in std::mem::take(&mut self.dirty) {
            let mask = match random.below(3) {
                0 => 0,
                1 => 0xFF,
                _ => random.next() as u8,
            };
            for part in (0..8).filter(|part| mask >> part & 1 == 1) {
                let from = sector * SECTOR_LENGTH + part * 512;
                self.platter[from..from + 512].copy_from_slice(&self.cache[from..from + 512]);
            }
            self.revert_sector(sector);
        }
        for sector in std::mem::take(&mut self.lost) {
            self.revert_sector(sector);
        }
    }
}

fn range(sector: usize) -> std::ops::Range<usize> {
    sector * SECTOR_LENGTH..(sector + 1) * SECTOR_LENGTH
}
