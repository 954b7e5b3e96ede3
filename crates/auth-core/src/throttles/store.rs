//! Where acts are counted: one of two places, chosen when the core is built.

use std::sync::Arc;

use async_trait::async_trait;

use super::beside::Beside;
use super::buckets::Buckets;
use super::table::Table;
use crate::counters::Counters;
use crate::db::{Rx, Tx};
use crate::fault::Result;

/// A place where acts are counted. What it counts in a transaction counts only if that commits.
#[async_trait(?Send)]
pub(crate) trait Store: Send + Sync {
    /// Counts the act in each bucket, or in none; wide ones that are full are passed over where the network is familiar.
    async fn count(&self, tx: &Tx, buckets: &Buckets) -> Result<()>;

    /// Looks whether there is room in the buckets of the network.
    async fn look(&self, rx: &Rx, buckets: &Buckets) -> Result<()>;

    /// Takes one act back with the commit; one that succeeded takes what its subject counted from this network with it.
    fn take_back(&self, tx: &Tx, buckets: &Buckets, succeeded: bool);
}

/// The database, or the server beside it.
pub(crate) fn store(counters: Option<Arc<dyn Counters>>) -> Box<dyn Store> {
    match counters {
        Some(counters) => Box::new(Beside::new(counters)),
        None => Box::new(Table),
    }
}
