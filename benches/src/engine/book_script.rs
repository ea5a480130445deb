//! A flow as bare books see it: orders that come to rest, cancels, and orders that take, with the
//! fills that they must come to.
//!
//! Shared with the contenders that are built apart, hence nothing but the standard library, and a
//! form in a file: words of 32 bits, little-endian.

use std::io::{self, BufReader, BufWriter, Read, Write};

/// What a flow does to books, in order. Orders are numbered from 0 in the order they are sent, and
/// no number is used twice; books are numbered from 0 too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookScript {
    /// Books.
    pub book_count: u32,
    /// Brings the orders in that rest before anything is measured.
    pub opening: Vec<Operation>,
    /// What is measured.
    pub main: Vec<Operation>,
    /// Commands that the measured part stands for.
    pub command_count: u32,
    /// What the measured part must fill.
    pub fills: Fills,
}

/// One thing done to a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What is done.
    pub action: Action,
    /// Whether it buys; of a cancel, whether the order does.
    pub is_bid: bool,
    /// Whether it is the last of its command.
    pub ends_command: bool,
    /// The order.
    pub order: u32,
    /// Its book.
    pub book: u32,
    /// Its price, in ten-thousandths of the payout.
    pub price: u32,
    /// Its lots; 0 of a cancel.
    pub quantity: u32,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A limit order that meets nothing and comes to rest.
    Rest,
    /// A resting order is cancelled.
    Cancel,
    /// A limit order trades what it can at once; the rest of it is cancelled.
    Take,
}

/// Fills in their order, boiled down: equal when the same resting orders traded the same lots at
/// the same prices in the same order, save for a collision of the hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fills {
    /// How many.
    pub count: u32,
    /// Lots of all.
    pub quantity: u64,
    /// FNV-1a over the words of each.
    pub hash: u64,
}

impl Fills {
    /// Adds a fill of a resting order.
    #[inline]
    pub fn add(&mut self, resting_order: u32, price: u32, quantity: u32) {
        self.count += 1;
        self.quantity += u64::from(quantity);
        for word in [resting_order, price, quantity] {
            self.hash = (self.hash ^ u64::from(word)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
}

impl BookScript {
    /// Writes the script.
    ///
    /// # Errors
    /// When the writer does.
    pub fn write(&self, writer: impl Write) -> io::Result<()> {
        let mut words = Words { stream: BufWriter::new(writer) };
        let Fills { count, quantity, hash } = self.fills;
        for length in [self.opening.len(), self.main.len()] {
            words.put(u32::try_from(length).map_err(io::Error::other)?)?;
        }
        for word in [self.book_count, self.command_count, count] {
            words.put(word)?;
        }
        for word in [quantity as u32, (quantity >> 32) as u32, hash as u32, (hash >> 32) as u32] {
            words.put(word)?;
        }
        for operation in self.opening.iter().chain(&self.main) {
            let flags = operation.action as u32
                | u32::from(operation.is_bid) << 2
                | u32::from(operation.ends_command) << 3;
            let Operation { order, book, price, quantity, .. } = *operation;
            for word in [flags, order, book, price, quantity] {
                words.put(word)?;
            }
        }
        words.stream.flush()
    }

    /// Reads a script.
    ///
    /// # Errors
    /// When the reader does, or these are not the bytes of a script.
    pub fn read(reader: impl Read) -> io::Result<Self> {
        let mut words = Words { stream: BufReader::new(reader) };
        let [opening_length, main_length] = [words.take()?, words.take()?];
        let [book_count, command_count, count] = [words.take()?, words.take()?, words.take()?];
        let quantity = u64::from(words.take()?) | u64::from(words.take()?) << 32;
        let hash = u64::from(words.take()?) | u64::from(words.take()?) << 32;
        let mut list = |length| (0..length).map(|_| words.operation()).collect();
        let opening: io::Result<_> = list(opening_length);
        let main: io::Result<_> = list(main_length);
        let fills = Fills { count, quantity, hash };
        Ok(Self { book_count, opening: opening?, main: main?, command_count, fills })
    }
}

struct Words<S> {
    stream: S,
}

impl<W: Write> Words<W> {
    fn put(&mut self, word: u32) -> io::Result<()> {
        self.stream.write_all(&word.to_le_bytes())
    }
}

impl<R: Read> Words<R> {
    fn take(&mut self) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.stream.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn operation(&mut self) -> io::Result<Operation> {
        let flags = self.take()?;
        let action = match flags & 3 {
            0 => Action::Rest,
            1 => Action::Cancel,
            2 => Action::Take,
            _ => return Err(io::Error::other("no such action")),
        };
        Ok(Operation {
            action,
            is_bid: flags & 4 != 0,
            ends_command: flags & 8 != 0,
            order: self.take()?,
            book: self.take()?,
            price: self.take()?,
            quantity: self.take()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_reads_back_as_it_was_written() {
        let rest = Operation {
            action: Action::Rest,
            is_bid: true,
            ends_command: false,
            order: 0,
            book: 7,
            price: 9_900,
            quantity: 12,
        };
        let cancel = Operation { action: Action::Cancel, ends_command: true, ..rest };
        let take = Operation { action: Action::Take, is_bid: false, order: 1, ..rest };
        let mut fills = Fills::default();
        fills.add(0, 9_900, 12);
        let (opening, main) = (vec![rest], vec![take, cancel]);
        let script = BookScript { book_count: 8, opening, main, command_count: 1, fills };
        let mut bytes = Vec::new();
        script.write(&mut bytes).unwrap();
        assert_eq!(bytes.len(), 4 * (9 + 3 * 5));
        assert_eq!(BookScript::read(&bytes[..]).unwrap(), script);
        assert!(BookScript::read(&bytes[..bytes.len() - 1]).is_err());
        bytes[36] |= 3;
        assert!(BookScript::read(&bytes[..]).is_err());
    }

    #[test]
    fn fills_in_another_order_are_other_fills() {
        let (mut first, mut second) = (Fills::default(), Fills::default());
        for order in [1, 2] {
            first.add(order, 5_000, 3);
            second.add(3 - order, 5_000, 3);
        }
        assert_eq!((first.count, first.quantity), (second.count, second.quantity));
        assert_ne!(first, second);
    }
}
