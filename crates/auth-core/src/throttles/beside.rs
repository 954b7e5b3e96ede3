//! Acts that are counted in a server beside the database, and in the database while that is away.
//!
//! The server is no part of the transaction. So it counts at once, and when the transaction has ended it is told what to
//! take out again: what was counted, if nothing came of the transaction, or what was taken back in it. Who goes away in
//! between has counted, and so has who cannot be told about: it errs on the side of counting too much, until the window ends.
//!
//! While the server is away acts are counted in the table, which begins at nothing: of what is allowed in a window somebody
//! may get twice as much when the server goes or comes back, and no more.

use std::sync::Arc;

use async_trait::async_trait;

use super::buckets::{Bucket, Buckets};
use super::store::Store;
use super::table::Table;
use super::{refused, seconds_until};
use crate::counters::{Away, Counted, Counters, Taken, Window};
use crate::db::{Rx, Scope as _, Tx};
use crate::fault::Result;

/// The server, and what stands in for it.
pub(crate) struct Beside {
    counters: Arc<dyn Counters>,
    table: Table,
}

impl Beside {
    pub fn new(counters: Arc<dyn Counters>) -> Self {
        Self { counters, table: Table }
    }
}

#[async_trait(?Send)]
impl Store for Beside {
    async fn count(&self, tx: &Tx, buckets: &Buckets) -> Result<()> {
        let wanted = |familiar: bool| -> Vec<Window<'_>> {
            let near = buckets.near.iter().map(|bucket| window(bucket, false));
            near.chain(buckets.wide().map(|bucket| window(bucket, familiar))).collect()
        };
        let mut counted = self.counters.count(&wanted(false), tx.now()).await;
        // Whoever has filled a wide one, from elsewhere or from beside the owner, does not keep the owner out.
        if let Ok(Counted::Full { place, .. }) = counted
            && place >= usize::from(buckets.near.is_some())
            && buckets.is_familiar(tx).await?
        {
            counted = self.counters.count(&wanted(true), tx.now()).await;
        }
        match counted {
            Ok(Counted::In(places)) => {
                for window in wanted(false).iter().enumerate().filter(|(at, _)| places.contains(at)).map(|(_, it)| it) {
                    tx.take_out_if_undone(window.name, Taken::One);
                }
                Ok(())
            }
            Ok(Counted::Full { until, .. }) => Err(refused(seconds_until(tx, until))),
            Err(Away) => self.table.count(tx, buckets).await,
        }
    }

    async fn look(&self, rx: &Rx, buckets: &Buckets) -> Result<()> {
        let windows: Vec<_> = buckets.near.iter().chain(&buckets.network).map(|bucket| window(bucket, false)).collect();
        match self.counters.full(&windows, rx.now()).await {
            Ok(Some(until)) => Err(refused(seconds_until(rx, until))),
            Ok(None) => Ok(()),
            Err(Away) => self.table.look(rx, buckets).await,
        }
    }

    fn take_back(&self, tx: &Tx, buckets: &Buckets, succeeded: bool) {
        // Then it was most likely counted there, too.
        if self.counters.is_away() {
            return self.table.take_back(tx, buckets, succeeded);
        }
        if let Some(near) = &buckets.near {
            tx.take_out_if_kept(&near.name, if succeeded { Taken::All } else { Taken::One });
        }
        // Into a full one a familiar subject has put nothing, and so takes nothing out: others would guess in its place.
        for wide in buckets.wide() {
            tx.take_out_if_kept(&wide.name, Taken::OneUnlessFull(wide.limit.max));
        }
    }
}

fn window(bucket: &Bucket, passable: bool) -> Window<'_> {
    Window { name: &bucket.name, limit: bucket.limit, passable }
}
