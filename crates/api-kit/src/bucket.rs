//! Token buckets: so many operations a second for each name, and some more at once. Whose name it is and what an
//! operation costs is the business of the dialects.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use auth_core::clock::Timestamp;

/// Tokens are counted in thousandths: a rate in tokens a second is then one in thousandths a millisecond.
const WHOLE: i64 = 1000;
/// How many buckets there may be before those that are full again are looked for.
const FEW: usize = 1024;

/// How fast buckets fill, and how much they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Tokens a second.
    pub rate: u32,
    /// The most tokens in a bucket.
    pub burst: u32,
}

/// What a bucket is like after it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Whether it gave what was asked for.
    pub given: bool,
    /// Whole tokens that are left.
    pub remaining: u32,
    /// Seconds until it is full, rounded up.
    pub full_in: i64,
    /// Seconds until it gives something again, rounded up; 0 if it would now.
    pub next_in: i64,
}

impl Level {
    /// That of a bucket with so many thousandths of tokens in it, wherever it is kept.
    #[must_use]
    pub fn of(flow: Flow, given: bool, thousandths: i64) -> Self {
        let (rate, most) = (i64::from(flow.rate.max(1)), i64::from(flow.burst.max(1)) * WHOLE);
        let seconds = |missing: i64| (missing.max(0) + rate * WHOLE - 1) / (rate * WHOLE);
        Self {
            given,
            remaining: u32::try_from(thousandths.max(0) / WHOLE).unwrap_or(u32::MAX),
            full_in: seconds(most.saturating_sub(thousandths)),
            next_in: seconds(WHOLE.saturating_sub(thousandths)),
        }
    }
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: i64,
    at: Timestamp,
}

/// The buckets of one process. One that is full again is the same as none, and is forgotten in time, so that
/// memory follows the names in use.
#[derive(Default)]
pub struct Buckets(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    buckets: HashMap<String, Bucket>,
    sweep_at: usize,
}

impl Buckets {
    /// Takes `cost` tokens, if at least `floor` are there. More than there are may be taken: the bucket then owes
    /// them, and gives nothing until it has been filled up.
    pub fn take(&self, name: &str, flow: Flow, floor: u32, cost: u32, now: Timestamp) -> Level {
        self.spend(name, flow, Some(floor), cost, now)
    }

    /// Takes `cost` tokens for what was done already, however much the bucket owes.
    pub fn owe(&self, name: &str, flow: Flow, cost: u32, now: Timestamp) -> Level {
        self.spend(name, flow, None, cost, now)
    }

    fn spend(&self, name: &str, flow: Flow, floor: Option<u32>, cost: u32, now: Timestamp) -> Level {
        let (rate, most) = (i64::from(flow.rate.max(1)), i64::from(flow.burst.max(1)) * WHOLE);
        let filled = |bucket: &Bucket| {
            let passed = now.millis().saturating_sub(bucket.at.millis()).max(0);
            bucket.tokens.saturating_add(passed.saturating_mul(rate)).min(most)
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.buckets.get(name).map_or(most, filled);
        let given = floor.is_none_or(|floor| before >= i64::from(floor) * WHOLE);
        let tokens = if given { before.saturating_sub(i64::from(cost) * WHOLE) } else { before };
        // A clock that steps back gives nothing twice.
        let at = kept.buckets.get(name).map_or(now, |known| known.at.max(now));
        let bucket = Bucket { tokens, at };
        if let Some(known) = kept.buckets.get_mut(name) {
            *known = bucket;
        } else {
            if kept.buckets.len() >= kept.sweep_at.max(FEW) {
                kept.buckets.retain(|_, bucket| filled(bucket) < most);
                kept.sweep_at = kept.buckets.len() * 2;
            }
            kept.buckets.insert(name.to_owned(), bucket);
        }
        drop(kept);
        Level::of(flow, given, tokens)
    }

    /// How many buckets are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).buckets.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: Flow = Flow { rate: 10, burst: 20 };

    fn one(buckets: &Buckets, name: &str, at: i64) -> Level {
        buckets.take(name, FLOW, 1, 1, Timestamp(at))
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let buckets = Buckets::default();
        let first = one(&buckets, "a", 0);
        assert_eq!(first, Level { given: true, remaining: 19, full_in: 1, next_in: 0 });
        assert_eq!((1..100).filter(|_| one(&buckets, "a", 0).given).count(), 19);
        let empty = one(&buckets, "a", 0);
        assert_eq!(empty, Level { given: false, remaining: 0, full_in: 2, next_in: 1 });
        // Another name has its own.
        assert!(one(&buckets, "b", 0).given);
        assert_eq!((0..100).filter(|_| one(&buckets, "a", 1000).given).count(), 10);
        // Refused attempts cost nothing, and a clock that goes back gives nothing.
        assert!(!one(&buckets, "a", 500).given);
        assert_eq!((0..100).filter(|_| one(&buckets, "a", 60_000).given).count(), 20);
    }

    #[test]
    fn what_costs_more_than_there_is_is_owed() {
        let buckets = Buckets::default();
        let bulk = buckets.take("a", FLOW, 0, 100, Timestamp(0));
        assert_eq!(bulk, Level { given: true, remaining: 0, full_in: 10, next_in: 9 });
        assert!(!buckets.take("a", FLOW, 0, 1, Timestamp(1000)).given);
        assert!(!one(&buckets, "a", 8000).given);
        assert!(one(&buckets, "a", 8100).given);
    }

    #[test]
    fn buckets_that_are_full_again_are_forgotten() {
        let buckets = Buckets::default();
        for n in 0..10 * FEW {
            one(&buckets, &n.to_string(), i64::try_from(n).unwrap() * 10);
        }
        assert!(buckets.len() <= 2 * FEW, "{}", buckets.len());
        assert!(!buckets.is_empty());
    }
}
