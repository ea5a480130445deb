//! Levels in chunks and in pages, beside a map.

use std::collections::BTreeMap;

use forecastle_proto_spec::Side;

use super::{CHUNK_TICKS, Ladders, Place};

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(bound)).unwrap()
    }
}

/// Checks a book of bids against a map from its ticks to their orders, first and last; gives how
/// many levels lie in chunks, and how many pages are taken.
fn compare(ladders: &Ladders, book: u32, model: &BTreeMap<u32, Vec<u32>>) -> (usize, usize) {
    let mut ticks = Vec::new();
    let mut next = ladders.best_bid(book);
    while let Some(tick) = next {
        ticks.push(tick);
        next = ladders.next_behind(book, Side::Buy, tick);
    }
    assert!(ticks.iter().rev().eq(model.keys()), "{ticks:?} {model:?}");
    let up = std::iter::successors(model.keys().next().copied(), |tick| {
        ladders.next_behind(book, Side::Sell, *tick)
    });
    assert!(up.eq(model.keys().copied()));
    for (tick, queue) in model {
        let ends = (*queue.first().unwrap(), *queue.last().unwrap());
        assert_eq!(ladders.find_ends(book, *tick), Some(ends));
        assert_eq!(ladders.quantity_at(book, *tick), queue.len() as u64);
    }
    let first = book * ladders.chunks_per_book;
    let chunks = (0..).zip(&ladders.chunks.as_slice()[first as usize..]);
    let (mut here, mut pages) = (0, 0);
    for (number, chunk) in chunks.take(ladders.chunks_per_book as usize) {
        if chunk.is_empty() {
            continue;
        }
        let ticks = number * CHUNK_TICKS..(number + 1) * CHUNK_TICKS;
        let held: Vec<u32> = ticks.clone().filter(|tick| chunk.holds(*tick)).collect();
        assert!(held.iter().copied().eq(model.range(ticks.clone()).map(|(tick, _)| *tick)));
        let held_here = held.iter().filter(|tick| chunk.holds_here(**tick)).count();
        assert!(held_here <= 1);
        here += held_here;
        let page_ticks = |start: u32| start..start + super::PAGE_LEVELS;
        for start in ticks.step_by(super::PAGE_LEVELS as usize) {
            let is_paged =
                page_ticks(start).any(|tick| chunk.holds(tick) && !chunk.holds_here(tick));
            let page = page_ticks(start).map(|tick| chunk.page(tick)).min();
            assert_eq!(page != Some(super::NONE), is_paged, "a page is held for levels in it");
            pages += usize::from(is_paged);
        }
    }
    (here, pages)
}

/// Ticks around the borders of pages and chunks, and of the groups of chunks that headers tell.
fn border_ticks(tick_count: u32) -> Vec<u32> {
    let borders = [0, 8, 16, 56, 64, 72, 128, 4_096, 24_576, 28_672, tick_count];
    let around = borders.into_iter().flat_map(|border: u32| border.saturating_sub(3)..border + 3);
    let mut ticks: Vec<u32> = around.filter(|tick| *tick < tick_count).collect();
    ticks.sort_unstable();
    ticks.dedup();
    ticks
}

#[test]
fn levels_open_and_close_around_every_border() {
    for (tick_count, seed) in [(1, 1), (70, 2), (200, 3), (10_000, 4), (Ladders::TICKS_MAX, 5)] {
        println!("{tick_count} ticks, seed {seed}");
        let mut random = Random(seed);
        let (book_count, order_count) = (2, 40);
        let ticks = border_ticks(tick_count);
        let mut ladders = Ladders::new(book_count, tick_count, order_count);
        let pages_free = ladders.pages.free_count();
        let mut orders = vec![Place::EMPTY; order_count as usize];
        let mut books = vec![None; order_count as usize];
        let mut models = vec![BTreeMap::new(); book_count as usize];
        let (mut here_most, mut pages_most) = (0, 0);
        for step in 0..30_000 {
            let is_ending = step % 3_000 > 2_500;
            let order = random.below(order_count);
            if let Some(book) = books[order as usize].take() {
                let tick = orders[order as usize].tick();
                ladders.remove(&mut orders, book, order);
                let levels: &mut BTreeMap<u32, Vec<u32>> = &mut models[book as usize];
                let queue = levels.get_mut(&tick).unwrap();
                queue.retain(|queued| *queued != order);
                if queue.is_empty() {
                    levels.remove(&tick);
                }
            } else if !is_ending {
                let book = random.below(book_count);
                let tick = ticks[random.below(u32::try_from(ticks.len()).unwrap()) as usize];
                orders[order as usize] = Place::new(tick, 1);
                ladders.push_back(&mut orders, book, Side::Buy, order);
                books[order as usize] = Some(book);
                models[book as usize].entry(tick).or_default().push(order);
            }
            if step % 5 != 0 {
                continue;
            }
            let (mut here, mut pages) = (0, 0);
            for (book, model) in (0..).zip(&models) {
                let found = compare(&ladders, book, model);
                (here, pages) = (here + found.0, pages + found.1);
            }
            assert_eq!(ladders.pages.free_count() + pages, pages_free);
            (here_most, pages_most) = (here_most.max(here), pages_most.max(pages));
        }
        println!("most levels in chunks {here_most}, most pages {pages_most}");
        assert!(here_most > 0 && (pages_most > 0) == (tick_count > 1));
        assert!(models.iter().all(BTreeMap::is_empty), "the last steps only take orders away");
        assert_eq!(ladders.pages.free_count(), pages_free, "every page came back");
    }
}
