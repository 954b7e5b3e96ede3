//! Acts that are counted in the database: a row for each bucket.

use async_trait::async_trait;

use super::buckets::{Bucket, Buckets};
use super::store::Store;
use super::{refused, seconds_until};
use crate::db::{self, Change, Rx, Scope as _, Tx};
use crate::fault::Result;

/// The table `throttles`.
pub(crate) struct Table;

#[async_trait(?Send)]
impl Store for Table {
    async fn count(&self, tx: &Tx, buckets: &Buckets) -> Result<()> {
        let mut counted = Vec::new();
        if let Some(near) = &buckets.near {
            take_room(tx, near).await?;
            counted.push(near);
        }
        for wide in buckets.wide() {
            match take_room(tx, wide).await {
                Ok(()) => counted.push(wide),
                // Whoever has filled these, from elsewhere or from beside the owner, does not keep the owner out.
                Err(error) if error.retry_after().is_some() && buckets.is_familiar(tx).await? => {}
                Err(error) => {
                    // Whatever else failed took the counts with it.
                    for bucket in counted.into_iter().filter(|_| error.retry_after().is_some()) {
                        db::carry_out(tx, one_less(bucket)).await?;
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn look(&self, rx: &Rx, buckets: &Buckets) -> Result<()> {
        for bucket in buckets.near.iter().chain(&buckets.network) {
            let sql = "SELECT expires_at FROM throttles WHERE bucket = $1 AND expires_at > $2 AND hits >= $3";
            let values = [bucket.name.as_str().into(), rx.now().into(), bucket.limit.max.into()];
            if let Some(row) = db::one(rx, sql, values).await? {
                return Err(refused(seconds_until(rx, row.get(0)?)));
            }
        }
        Ok(())
    }

    fn take_back(&self, tx: &Tx, buckets: &Buckets, succeeded: bool) {
        match &buckets.near {
            Some(near) if succeeded => {
                let sql = "DELETE FROM throttles WHERE bucket = $1";
                db::later(tx, Change::new(sql, [near.name.as_str().into()]));
            }
            Some(near) => db::later(tx, one_less(near)),
            None => {}
        }
        // Into a full one a familiar subject has put nothing, and so takes nothing out: others would guess in its place.
        for wide in buckets.wide() {
            let sql = "UPDATE throttles SET hits = hits - 1 WHERE bucket = $1 AND hits > 0 AND hits < $2";
            db::later(tx, Change::new(sql, [wide.name.as_str().into(), wide.limit.max.into()]));
        }
    }
}

/// Takes one act out of a bucket.
fn one_less(bucket: &Bucket) -> Change {
    let sql = "UPDATE throttles SET hits = hits - 1 WHERE bucket = $1 AND hits > 0";
    Change::new(sql, [bucket.name.as_str().into()])
}

/// Counts in one bucket if there is room, by one statement. A window that has ended begins anew.
async fn take_room(tx: &Tx, bucket: &Bucket) -> Result<()> {
    let sql = "INSERT INTO throttles (bucket, hits, expires_at) VALUES ($1, 1, $2)
         ON CONFLICT (bucket) DO UPDATE SET
             hits = CASE WHEN throttles.expires_at <= $3 THEN 1 ELSE throttles.hits + 1 END,
             expires_at = CASE WHEN throttles.expires_at <= $3 THEN $2 ELSE throttles.expires_at END
         WHERE throttles.expires_at <= $3 OR throttles.hits < $4";
    let end = tx.now().plus_seconds(bucket.limit.window);
    let values = [bucket.name.as_str().into(), end.into(), tx.now().into(), bucket.limit.max.into()];
    if db::run(tx, sql, values).await? > 0 {
        return Ok(());
    }
    let sql = "SELECT expires_at FROM throttles WHERE bucket = $1";
    let row = db::one(tx, sql, [bucket.name.as_str().into()]).await?;
    let end = row.map_or(Ok(end), |row| row.get(0))?;
    Err(refused(seconds_until(tx, end)))
}
