//! Time and chance in a test: still and seeded.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use auth_core::clock::{Chance, Clock, Timestamp};

/// 2026-01-01T00:00:00Z, when every test begins.
const START: i64 = 1_767_225_600_000;

/// A clock that a test moves. It goes on by a millisecond whenever it is looked at.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    pub(super) fn new() -> Self {
        Self(AtomicI64::new(START))
    }

    /// Lets seconds pass.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Random bytes that are the same in each run of a test (`SplitMix64`).
pub(super) struct SeededChance(AtomicU64);

impl SeededChance {
    pub(super) fn of(name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Self(AtomicU64::new(hasher.finish()))
    }
}

impl Chance for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}
