//! The windows beside queues of ids.

use std::collections::VecDeque;

use super::*;
use crate::snapshot::{Decoder, Encoder};

/// The ids of one session and the orders they name, the oldest first.
type Queue = VecDeque<(u64, u64)>;

/// Windows of one length beside queues, for two sessions.
struct Windows {
    ids: ClientOrderIds,
    queues: [Queue; 2],
    order_id: u64,
}

impl Windows {
    fn new(window: u32) -> Self {
        let ids = ClientOrderIds::new(2, window);
        Self { ids, queues: [const { Queue::new() }; 2], order_id: 0 }
    }

    /// Windows whose next id is in the lap before the numbers of ids begin anew at 0, full of ids
    /// above `first`.
    fn before_the_numbers_wrap(window: u32, first: u64) -> Self {
        let lap = u64::from(u32::MAX / window) - 1;
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes);
        let next = window / 2;
        let mut windows = Self::new(window);
        for queue in &mut windows.queues {
            encoder.u32(window);
            encoder.u32(next);
            encoder.u64(lap);
            let mut ring: Queue = (1..=u64::from(window)).map(|id| (first + id, id)).collect();
            for (cl_ord_id, order_id) in &ring {
                encoder.u64(*cl_ord_id);
                encoder.u64(*order_id);
            }
            ring.rotate_left(next as usize);
            *queue = ring;
        }
        windows.ids.decode(2, &mut Decoder::new(&bytes)).unwrap();
        windows
    }

    /// Looks an id up, and records it when it is new; it names an order then, none, or the id is
    /// buried.
    fn use_id(&mut self, session: u16, cl_ord_id: u64) {
        let window = self.ids.window as usize;
        let queue = &mut self.queues[usize::from(session)];
        let named = queue.iter().find(|(id, _)| *id == cl_ord_id).map(|(_, order_id)| *order_id);
        assert_eq!(self.ids.find(session, cl_ord_id), named, "{cl_ord_id}");
        let Ok(vacancy) = self.ids.look_up(session, cl_ord_id) else { return };
        self.order_id += 1;
        let order_id = match self.order_id % 4 {
            0 => {
                self.ids.bury(session, cl_ord_id, vacancy);
                TOMBSTONE
            }
            1 => {
                self.ids.record(session, cl_ord_id, vacancy);
                0
            }
            2 => {
                let recorded = self.ids.record(session, cl_ord_id, vacancy);
                self.ids.name(recorded, self.order_id);
                self.order_id
            }
            _ => {
                self.ids.record_named(session, cl_ord_id, vacancy, self.order_id);
                self.order_id
            }
        };
        queue.push_back((cl_ord_id, order_id));
        if queue.len() > window {
            queue.pop_front();
        }
    }

    /// All that the queues hold is found, the digest is that of a walk, and a snapshot brings the
    /// same windows back.
    fn check(&self) {
        let mut bytes = Vec::new();
        self.ids.encode(2, &mut Encoder::new(&mut bytes));
        let mut decoded = ClientOrderIds::new(2, self.ids.window);
        decoded.decode(2, &mut Decoder::new(&bytes)).unwrap();
        for ids in [&self.ids, &decoded] {
            assert_eq!(ids.walked_digest(), self.ids.digest());
            assert_eq!(ids.digest(), self.ids.digest());
            for (session, queue) in (0..).zip(&self.queues) {
                for (cl_ord_id, order_id) in queue {
                    assert_eq!(ids.find(session, *cl_ord_id), Some(*order_id));
                }
            }
        }
    }
}

/// Ids whose chains begin at the same head.
fn colliding_ids(ids: &ClientOrderIds, count: usize) -> Vec<u64> {
    let head_place = ids.head_place(0, 1);
    let colliding = (1..).filter(|cl_ord_id| ids.head_place(0, *cl_ord_id) == head_place);
    colliding.take(count).collect()
}

fn random_numbers(mut word: u64) -> impl FnMut(u64) -> u64 {
    println!("seed {word:#x}");
    move |limit| {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        word % limit
    }
}

/// Ids that go up, ids of a small range, and ids of one chain, which come back before and after
/// they are forgotten.
fn use_ids(windows: &mut Windows, seed: u64) {
    let mut random = random_numbers(seed);
    let range = 2 * u64::from(windows.ids.window) + 2;
    let colliding = colliding_ids(&windows.ids, usize::try_from(range).unwrap());
    let mut rising = 1_000_000;
    let mut style = 0;
    for count in 0..4_000 {
        if count % 100 == 0 {
            style = random(4);
        }
        if count % 400 == 350 {
            windows.ids.key_hash(random(u64::MAX));
        }
        let cl_ord_id = match style {
            0 => {
                rising += 1 + random(2);
                rising - random(2)
            }
            1 => 1 + random(range),
            2 => colliding[usize::try_from(random(range)).unwrap()],
            _ => rising - random(range),
        };
        windows.use_id(u16::try_from(random(2)).unwrap(), cl_ord_id);
        if count % 250 == 0 {
            windows.check();
        }
    }
    windows.check();
}

#[test]
fn a_window_holds_the_last_ids_whatever_they_are() {
    for window in [1, 2, 3, 5, 8, 13, 64, 300] {
        use_ids(&mut Windows::new(window), SEED ^ u64::from(window));
    }
}

#[test]
fn a_window_holds_the_last_ids_when_their_numbers_begin_anew() {
    for window in [1, 2, 3, 5, 8, 13, 64] {
        let mut windows = Windows::before_the_numbers_wrap(window, 10);
        let cursor = windows.ids.cursors[0];
        assert!(cursor.number(window) > u32::MAX - 3 * window, "{cursor:?}");
        use_ids(&mut windows, SEED ^ u64::from(window) << 8);
        let cursor = windows.ids.cursors[0];
        assert!(cursor.number(window) < 1 << 20, "{cursor:?}");
    }
}

/// Words left by ids that came 2^32 and more ids before look like those of young ones: they lead
/// nowhere, and no walk is without end.
#[test]
fn stale_words_are_harmless() {
    for difference in [0, 1, 2, 7] {
        let mut windows = Windows::new(8);
        for cl_ord_id in 1..=20 {
            windows.use_id(0, 100 * cl_ord_id);
        }
        for stale in 0..40 {
            let number = windows.ids.cursors[0].number(8);
            let held: Vec<_> = windows.queues[0].iter().map(|(id, _)| *id).collect();
            let is_free =
                |place: &u32| held.iter().all(|id| windows.ids.head_place(0, *id) != *place);
            let free: Vec<_> = (0..windows.ids.heads_length).filter(is_free).collect();
            free.iter().for_each(|place| windows.ids.heads[*place] = number - difference);
            windows.use_id(0, 1 + stale);
            windows.check();
        }
    }
}

/// Whatever the words of heads and chains are, ages grow, so that a walk ends.
#[test]
fn every_walk_ends() {
    let mut windows = Windows::new(8);
    (1..=20).rev().for_each(|cl_ord_id| windows.use_id(0, 100 * cl_ord_id));
    let number = windows.ids.cursors[0].number(8);
    for difference in 0..10 {
        for (even, odd) in [(1, u32::MAX), (u32::MAX, 1), (2, u32::MAX - 1), (0, 1), (0, 0)] {
            for place in 0..8 {
                windows.ids.strays[place].step = if place % 2 == 0 { even } else { odd };
            }
            windows.ids.heads.as_mut_slice().fill(number - difference);
            assert!(windows.ids.look_up(0, 1).is_ok(), "{difference} {even} {odd}");
        }
    }
}

/// Strays of the first session that are met from a head on.
fn chain_length(ids: &ClientOrderIds, head_place: u32) -> u32 {
    let cursor = ids.cursors[0];
    let (mut age, mut length) = (0, 0);
    let mut step = cursor.number(ids.window).wrapping_sub(ids.heads[head_place]);
    while step <= cursor.held(ids.window) - age {
        (age, length) = (age + step, length + 1);
        step = ids.strays[ids.place_of_age(0, age)].step;
    }
    length
}

fn longest_chain(ids: &ClientOrderIds) -> u32 {
    (0..ids.heads_length).map(|head_place| chain_length(ids, head_place)).max().unwrap()
}

/// Ids that were chosen to meet in one chain meet in few of a key that was not known. A full chain
/// without the key shows that they were chosen well.
#[test]
fn ids_chosen_without_the_key_make_no_long_chain() {
    const COUNT: u32 = 1000;
    let mut windows = Windows::new(COUNT);
    let chosen = colliding_ids(&windows.ids, COUNT as usize);
    chosen.iter().rev().for_each(|cl_ord_id| windows.use_id(0, *cl_ord_id));
    // The first one is above all before it.
    assert_eq!(longest_chain(&windows.ids), COUNT - 1);
    let mut random = random_numbers(SEED);
    for _ in 0..20 {
        windows.ids.key_hash(random(u64::MAX));
        let longest = longest_chain(&windows.ids);
        assert!(longest > 0 && longest < COUNT / 20, "{longest}");
        windows.check();
    }
}

/// Whoever counts up and then goes back once has that one id chained, and no other is touched.
#[test]
fn an_id_that_does_not_go_up_costs_no_work_for_those_that_do() {
    let mut windows = Windows::new(1000);
    (1..=1500).for_each(|cl_ord_id| windows.use_id(0, 10 * cl_ord_id));
    let chained =
        |ids: &ClientOrderIds| ids.heads.as_slice().iter().filter(|head| **head != 0).count();
    assert_eq!(chained(&windows.ids), 0);
    windows.use_id(0, 14_995);
    assert_eq!(chained(&windows.ids), 1);
    assert_eq!(longest_chain(&windows.ids), 1);
    windows.check();
}

#[test]
fn an_id_above_all_of_the_window_needs_no_walk() {
    let mut windows = Windows::new(4);
    for cl_ord_id in [5, 9, 7, 10, 8, 6, 4, 3, 2] {
        windows.use_id(0, cl_ord_id);
        let highest = windows.ids.cursors[0].highest;
        assert!(windows.queues[0].iter().all(|(id, _)| *id <= highest));
        assert!(windows.ids.look_up(0, highest + 1).is_ok());
    }
}

const SEED: u64 = 0x0C1D_5EED_0000_0001;
