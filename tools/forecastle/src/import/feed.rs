//! The exchange's books as market data tells of them, to be compared with the source.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::num::NonZeroU64;
use std::time::Duration;

use anyhow::Context as _;
use forecastle_client::{Books, MarketData, Progress};
use forecastle_proto_spec::{
    Frame, Message as _, OrderDelete, OrderExecuted, OrderPut, OrderReduce, Side,
};

use crate::exit::Failure;
use crate::link::{CONNECT_TIMEOUT, Patience};

/// A subscription and the books that it adds up to.
pub struct Feed {
    market_data: MarketData,
    books: FeedBooks,
}

impl Feed {
    /// Joins the feed and waits until it is heard. Of the book updates every `drop_period`-th is
    /// dropped, if that is given.
    ///
    /// # Errors
    /// The group cannot be joined, or nothing is heard.
    pub fn join(
        group: SocketAddrV4,
        interface: Ipv4Addr,
        drop_period: Option<NonZeroU64>,
    ) -> anyhow::Result<Self> {
        let market_data = MarketData::join(group, interface)
            .with_context(|| format!("market data {group} cannot be joined"))?;
        let mut feed = Self { market_data, books: FeedBooks::new(drop_period) };
        let mut patience = Patience::new(CONNECT_TIMEOUT);
        while !feed.market_data.is_connected() {
            feed.poll();
            if patience.is_over() {
                let silent = anyhow::anyhow!("nothing is heard from market data {group}");
                return Err(silent.context(Failure::Unreachable));
            }
            patience.pause(|period| feed.market_data.wait(period));
        }
        Ok(feed)
    }

    /// Takes what came in; the number of packets.
    pub fn poll(&mut self) -> usize {
        let books = &mut self.books;
        self.market_data.poll(|frame| books.take(&frame))
    }

    /// Waits, at most `period`, until everything up to the record that holds the report of
    /// `log_position` has come in.
    pub fn wait_for(&mut self, log_position: u64, period: Duration) {
        let mut patience = Patience::new(period);
        while self.progress().log_position <= log_position && !patience.is_over() {
            if self.poll() == 0 {
                patience.pause(|period| self.market_data.wait(period));
            }
        }
    }

    /// How far the feed has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.market_data.progress()
    }

    /// Updates that did not fit the books.
    #[must_use]
    pub fn misfit_count(&self) -> u64 {
        self.books.misfit_count
    }

    /// The book shows exactly `target` on one side of a market: lots by price.
    #[must_use]
    pub fn shows(&self, security_id: u32, side: Side, target: &BTreeMap<u16, u64>) -> bool {
        let levels = self.books.books.levels(security_id, side);
        levels.len() == target.len()
            && levels.iter().all(|level| target.get(&level.price) == Some(&level.quantity))
    }
}

/// Books that can be fed badly on purpose.
struct FeedBooks {
    books: Books,
    drop_period: Option<NonZeroU64>,
    update_count: u64,
    misfit_count: u64,
}

impl FeedBooks {
    fn new(drop_period: Option<NonZeroU64>) -> Self {
        Self { books: Books::new(), drop_period, update_count: 0, misfit_count: 0 }
    }

    fn take(&mut self, frame: &Frame<'_>) {
        if BOOK_UPDATES.contains(&frame.template_id) {
            self.update_count += 1;
            if self.drop_period.is_some_and(|period| self.update_count % period == 0) {
                return;
            }
        }
        if self.books.apply(frame).is_err() {
            self.misfit_count += 1;
        }
    }
}

/// Messages that change a book.
const BOOK_UPDATES: [u16; 4] = [
    OrderPut::TEMPLATE_ID,
    OrderReduce::TEMPLATE_ID,
    OrderDelete::TEMPLATE_ID,
    OrderExecuted::TEMPLATE_ID,
];

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::encode;
    use zerocopy::FromZeros as _;

    use super::*;

    #[test]
    fn every_nth_update_is_dropped() {
        let mut books = FeedBooks::new(NonZeroU64::new(3));
        for number in 1..=7_u16 {
            let mut put = OrderPut::new_zeroed();
            put.order_id.set(number.into());
            put.priority.set(number.into());
            put.security_id.set(1);
            put.rpt_seq.set(number.into());
            put.price.set(number);
            put.quantity.set(5);
            put.side = Side::Buy.into();
            let mut buffer = [0; 64];
            let length = encode(&put, &mut buffer).unwrap();
            books.take(&Frame::parse(&buffer[..length]).unwrap().0);
        }
        let prices: Vec<_> =
            books.books.levels(1, Side::Buy).iter().map(|level| level.price).collect();
        // The update behind a dropped one is out of sequence and does not fit either.
        assert_eq!((prices, books.misfit_count), (vec![5, 2, 1], 2));
    }
}
