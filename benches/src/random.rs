//! Seeded random numbers for flows: the same seed gives the same flow on every machine.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A sequence that follows from `seed` alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is above 0. Uniform but for one part in 2^32.
    pub fn below(&mut self, bound: u32) -> u32 {
        let product = u128::from(self.next_u64()) * u128::from(bound);
        (product >> 64) as u32
    }
}

/// Ranks from 0 whose chances fall as 1 / (rank + 1): Zipf's law with exponent 1.
#[derive(Clone, Debug)]
pub struct Zipf {
    /// Sum of the weights up to and with each rank.
    cumulative: Vec<u64>,
}

impl Zipf {
    /// Ranks 0 to `count` − 1; `count` is above 0.
    #[must_use]
    pub fn new(count: u32) -> Self {
        let mut sum = 0;
        let weights = (1..=u64::from(count)).map(|rank| WEIGHT / rank);
        let cumulative = weights.map(|weight| {
            sum += weight;
            sum
        });
        Self { cumulative: cumulative.collect() }
    }

    /// A rank. O(log count).
    pub fn rank(&self, random: &mut Random) -> u32 {
        let total = self.cumulative[self.cumulative.len() - 1];
        let point = ((u128::from(random.next_u64()) * u128::from(total)) >> 64) as u64;
        self.cumulative.partition_point(|sum| *sum <= point) as u32
    }
}

const WEIGHT: u64 = 1 << 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_paper() {
        let mut random = Random::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973];
        assert_eq!([random.next_u64(), random.next_u64()], expected);
    }

    #[test]
    fn the_first_rank_comes_twice_as_often_as_the_second() {
        let (zipf, mut random) = (Zipf::new(4), Random::new(7));
        let mut counts = [0_u32; 4];
        for _ in 0..25_000 {
            counts[zipf.rank(&mut random) as usize] += 1;
        }
        // 12 : 6 : 4 : 3
        for (count, expected) in counts.into_iter().zip([12_000, 6_000, 4_000, 3_000]) {
            assert!(count.abs_diff(expected) < 400, "{counts:?}");
        }
    }
}
