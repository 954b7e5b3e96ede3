//! The port to a server beside the database in which replicas count together: Redis, where one is configured.
//!
//! It holds only what may be forgotten, and it may be away. Whoever asks it says what happens then. Instants are those of
//! whoever asks, as they are for what is counted in the database.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::settings::Limit;

/// It does not answer, or not in time. Whatever stands behind the port has told the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away;

/// A window in which acts are counted.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// Its name, which is of no meaning to the server.
    pub name: &'a str,
    /// How much goes in, and from the first act on for how long.
    pub limit: Limit,
    /// Whether one that is full is passed over. Otherwise it refuses the act.
    pub passable: bool,
}

/// What came of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It was counted in these windows, by their places in what was asked.
    In(Vec<usize>),
    /// It was counted nowhere, because of the window at this place, which ends then.
    Full {
        /// The place.
        place: usize,
        /// The end.
        until: Timestamp,
    },
}

/// What is taken out of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// One act, if there is one.
    One,
    /// The same, but nothing if the window is full: it holds so many.
    OneUnlessFull(i64),
    /// All.
    All,
}

/// A bucket that fills by itself: see `api_kit::bucket`, which says the same of those of one process.
#[derive(Clone, Copy, Debug)]
pub struct Pour<'a> {
    /// Its name.
    pub name: &'a str,
    /// Tokens a second.
    pub rate: u32,
    /// The most tokens in it.
    pub burst: u32,
    /// The fewest tokens that must be there; `None`: they are taken however much is owed.
    pub floor: Option<u32>,
    /// How many are taken. More than there are may be: the rest is owed.
    pub cost: u32,
}

/// What a bucket holds after it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poured {
    /// Whether it gave.
    pub given: bool,
    /// Thousandths of tokens; fewer than none if it owes.
    pub thousandths: i64,
}

/// Counts for all replicas. Each question is one step: nobody comes between its parts.
#[async_trait]
pub trait Counters: Send + Sync {
    /// Counts an act in all of these windows, or in none.
    ///
    /// # Errors
    /// [`Away`]. It may have been counted.
    async fn count(&self, windows: &[Window<'_>], now: Timestamp) -> Result<Counted, Away>;

    /// When the first of these windows ends that is full.
    ///
    /// # Errors
    /// [`Away`].
    async fn full(&self, windows: &[Window<'_>], now: Timestamp) -> Result<Option<Timestamp>, Away>;

    /// Takes out of windows.
    ///
    /// # Errors
    /// [`Away`]. It may have been done.
    async fn take_out(&self, what: &[(String, Taken)]) -> Result<(), Away>;

    /// Asks a bucket.
    ///
    /// # Errors
    /// [`Away`]. It may have given.
    async fn pour(&self, pour: Pour<'_>, now: Timestamp) -> Result<Poured, Away>;

    /// Whether it answers now.
    async fn ping(&self) -> bool;

    /// Whether it did not answer the last time.
    fn is_away(&self) -> bool;

    /// How many questions were not answered since the process began, those that were not even asked included.
    fn unanswered(&self) -> u64;
}
