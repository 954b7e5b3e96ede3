//! The buckets of an act, and their rows.

use super::{Act, refused};
use crate::clock::Timestamp;
use crate::ctx::Actor;
use crate::db::{self, Change, Scope, Tx};
use crate::fault::Result;
use crate::settings::Limit;

/// How long a network stays familiar to a subject, in seconds: 30 days after the last success there.
const FAMILIAR: i64 = 30 * 86_400;

/// One bucket: what names its row, and how much goes in.
struct Bucket {
    name: String,
    limit: Limit,
}

/// Where an act is counted. Rows are always written in this order, so that nobody waits in a circle; a request that counts several
/// acts may, and is run again.
pub(super) struct Buckets {
    /// The subject from this network.
    near: Option<Bucket>,
    /// The subject from everywhere.
    far: Option<Bucket>,
    /// Everybody from this network. Not what a back end does to one subject: it speaks for many from its one address.
    network: Option<Bucket>,
    /// What says that the network is familiar to the subject.
    familiar: Option<String>,
}

impl Buckets {
    /// Those of an act of this request. `None`: nothing is counted.
    pub fn of(db: &impl Scope, act: Act, subject: Option<&str>) -> Result<Option<Self>> {
        let settings = &db.settings().throttle;
        if !settings.enabled {
            return Ok(None);
        }
        // The address is canonical. Where none is known, there is one network: nobody gets more by hiding it.
        let address = db.ctx().ip.as_deref().and_then(|text| text.parse().ok());
        let network = address.map_or_else(|| "unknown".to_owned(), |address| super::network(address).to_string());
        // The subject comes last: it is the only part that may hold anything.
        let name = |scope: &str, network: &str, subject: &str| {
            db.settings().secret.mac("throttle", &format!("{scope}\n{network}\n{subject}"))
        };
        let (near, far, of_network) = match act {
            Act::Message => (settings.messages, settings.recipient_messages, settings.network_messages),
            Act::SignUp => (settings.sign_ups, settings.sign_ups, settings.sign_ups),
            _ => (settings.guesses, settings.account_guesses, settings.network_guesses),
        };
        let word = act.as_str();
        let of_network = Bucket { name: name(&format!("{word}/network"), &network, "")?, limit: of_network };
        let Some(subject) = subject else {
            return Ok(Some(Self { near: None, far: None, network: Some(of_network), familiar: None }));
        };
        Ok(Some(Self {
            near: Some(Bucket { name: name(&format!("{word}/near"), &network, subject)?, limit: near }),
            far: Some(Bucket { name: name(&format!("{word}/far"), "", subject)?, limit: far }),
            network: (!matches!(db.ctx().actor, Actor::SecretKey { .. })).then_some(of_network),
            familiar: Some(name("familiar", &network, subject)?),
        }))
    }

    /// Counts the act in each, or in none.
    pub async fn count(&self, tx: &Tx) -> Result<()> {
        let mut counted = Vec::new();
        if let Some(near) = &self.near {
            take_room(tx, near).await?;
            counted.push(near);
        }
        for wide in self.far.iter().chain(&self.network) {
            match take_room(tx, wide).await {
                Ok(()) => counted.push(wide),
                // Whoever has filled these, from elsewhere or from beside the owner, does not keep the owner out.
                Err(error) if error.retry_after().is_some() && self.is_familiar(tx).await? => {}
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

    /// Looks whether there is room in each.
    pub async fn look(&self, db: &impl Scope) -> Result<()> {
        for bucket in [self.near.as_ref(), self.network.as_ref()].into_iter().flatten() {
            let sql = "SELECT expires_at FROM throttles WHERE bucket = $1 AND expires_at > $2 AND hits >= $3";
            let values = [bucket.name.as_str().into(), db.now().into(), bucket.limit.max.into()];
            if let Some(row) = db::one(db, sql, values).await? {
                return Err(refused(seconds_until(db, row.get(0)?)));
            }
        }
        Ok(())
    }

    async fn is_familiar(&self, tx: &Tx) -> Result<bool> {
        let Some(name) = &self.familiar else { return Ok(false) };
        let sql = "SELECT hits FROM throttles WHERE bucket = $1 AND expires_at > $2";
        Ok(db::one(tx, sql, [name.as_str().into(), tx.now().into()]).await?.is_some())
    }

    /// Takes one act back; one that succeeded takes what its subject counted from this network with it.
    pub fn take_back(&self, tx: &Tx, succeeded: bool) {
        match &self.near {
            Some(near) if succeeded => {
                let sql = "DELETE FROM throttles WHERE bucket = $1";
                db::later(tx, Change::new(sql, [near.name.as_str().into()]));
            }
            Some(near) => db::later(tx, one_less(near)),
            None => {}
        }
        // Into a full one a familiar subject has put nothing, and so takes nothing out: others would guess in its place.
        for wide in self.far.iter().chain(&self.network) {
            let sql = "UPDATE throttles SET hits = hits - 1 WHERE bucket = $1 AND hits > 0 AND hits < $2";
            db::later(tx, Change::new(sql, [wide.name.as_str().into(), wide.limit.max.into()]));
        }
        if succeeded {
            self.make_familiar(tx);
        }
    }

    /// Notes with the commit that the subject has succeeded in this network.
    pub fn make_familiar(&self, tx: &Tx) {
        let Some(name) = &self.familiar else { return };
        let sql = "INSERT INTO throttles (bucket, hits, expires_at) VALUES ($1, 1, $2)
             ON CONFLICT (bucket) DO UPDATE SET expires_at = $2";
        db::later(tx, Change::new(sql, [name.as_str().into(), tx.now().plus_seconds(FAMILIAR).into()]));
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

/// How long to wait, in whole seconds.
fn seconds_until(db: &impl Scope, end: Timestamp) -> i64 {
    (end.millis() - db.now().millis() + 999).div_euclid(1000).max(1)
}
