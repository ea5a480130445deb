//! Seeded randomness: xorshift64*, so that a failure is run again by its printed seed.

/// A generator of numbers.
pub struct Random(u64);

impl Random {
    /// Of one seed, not zero.
    pub fn new(seed: u64) -> Self {
        assert_ne!(seed, 0, "xorshift needs a seed that is not zero");
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Whether something happens that happens `percent` times in a hundred.
    pub fn happens(&mut self, percent: u64) -> bool {
        (self.next() >> 32) % 100 < percent
    }

    /// So many bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[7]).collect()
    }
}
