//! Notices about credentials: those that expire soon, and those that nobody uses.
//!
//! Each is given once, to whoever administers the directory's organization (or the platform, for a directory of the
//! instance), as mail and as an event. What was told is noted by the statement that finds whom to tell of, so that
//! several replicas may look at once.

use serde_json::json;

use super::{COLUMNS, Credential, facts, read};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::Id as _;
use crate::mail::{self, Letter, LetterKind};
use crate::orgs::{self, members};
use crate::outbox::{Event, EventKind};

/// How many days before the expiry the admins are told, the last first.
pub const DAYS: [i64; 3] = [3, 14, 30];
/// How many credentials one transaction tells of.
const BATCH: i64 = 20;
const DAY: i64 = 86_400;

/// Tells of what is due. How many notices there were.
///
/// # Errors
/// Those of the database.
pub async fn notify(core: &AuthCore) -> Result<u64> {
    let (ctx, mut told) = (Ctx::system("credential-notices"), 0);
    for days in DAYS {
        loop {
            let some = core.write(&ctx, async |tx| expiring(tx, days).await).await?;
            told += some;
            if some < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    while core.settings().directory.unused_credential_days > 0 {
        let some = core.write(&ctx, async |tx| unused(tx).await).await?;
        told += some;
        if some < BATCH.unsigned_abs() {
            break;
        }
    }
    Ok(told)
}

/// Credentials that expire within so many days, and of which nobody was told so late. Who made a credential for fewer
/// days than that knows it without being told.
async fn expiring(tx: &mut Tx, days: i64) -> Result<u64> {
    let due = "c.revoked_at IS NULL AND c.expires_at > $1 AND c.expires_at <= $2
         AND (c.expiry_notice IS NULL OR c.expiry_notice > $3) AND c.expires_at - c.created_at > $4";
    let values = [tx.now().into(), tx.now().plus_seconds(days * DAY).into(), days.into(), (days * DAY * 1000).into()];
    let found = take(tx, "expiry_notice = $3", due, values.into()).await?;
    let count = u64::try_from(found.len()).unwrap_or_default();
    for (credential, directory) in found {
        let left = days_left(tx.now(), credential.expires_at);
        let mut payload = facts(&credential);
        payload["days_left"] = left.into();
        let event = Event::new(EventKind::CredentialExpiring, &credential.id, payload);
        tx.record(event.within(credential.organization_id.as_ref()));
        write(tx, &credential, &directory, |place| LetterKind::CredentialExpiring {
            directory: directory.clone(),
            organization: place,
            credential: credential.name.clone(),
            prefix: credential.prefix.clone(),
            days: left,
        })
        .await?;
    }
    Ok(count)
}

/// How many days are left, the last begun one counted.
fn days_left(now: Timestamp, end: Option<Timestamp>) -> i64 {
    let left = end.map_or(0, |end| end.millis() - now.millis());
    (left + DAY * 1000 - 1) / (DAY * 1000)
}

/// Credentials that were not used for long, and of which nobody was told since.
async fn unused(tx: &mut Tx) -> Result<u64> {
    let days = tx.settings().directory.unused_credential_days;
    let due = "c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > $1)
         AND COALESCE(c.last_used_at, c.created_at) <= $2
         AND (c.unused_notice_at IS NULL OR c.unused_notice_at < c.last_used_at)";
    let values = [tx.now().into(), tx.now().plus_seconds(-days * DAY).into()];
    let found = take(tx, "unused_notice_at = $1", due, values.into()).await?;
    let count = u64::try_from(found.len()).unwrap_or_default();
    for (credential, directory) in found {
        let mut payload = facts(&credential);
        payload["last_used_at"] = json!(credential.last_used_at.map(Timestamp::millis));
        let event = Event::new(EventKind::CredentialUnused, &credential.id, payload);
        tx.record(event.within(credential.organization_id.as_ref()));
        write(tx, &credential, &directory, |place| LetterKind::CredentialUnused {
            directory: directory.clone(),
            organization: place,
            credential: credential.name.clone(),
            prefix: credential.prefix.clone(),
            days,
        })
        .await?;
    }
    Ok(count)
}

/// Notes the notice on the credentials of live directories that are due, and gives them with what their directories are
/// called. The condition is looked at again once a row that somebody else held can be had.
async fn take(tx: &Tx, note: &str, due: &str, mut values: Vec<sea_orm::Value>) -> Result<Vec<(Credential, String)>> {
    values.push(BATCH.into());
    let sql = format!(
        "UPDATE directory_credentials AS c SET {note}
         WHERE c.id IN (SELECT c.id FROM directory_credentials c JOIN directories d ON d.id = c.directory_id
                        WHERE d.deleted_at IS NULL AND {due} ORDER BY c.id LIMIT (0 + ${}))
           AND {due}
         RETURNING id",
        values.len()
    );
    let due: Vec<String> = db::all(tx, sql, values).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT {COLUMNS}, d.name FROM directory_credentials c JOIN directories d ON d.id = c.directory_id
         WHERE c.id {} ORDER BY c.id",
        db::among(tx.backend(), 1)
    );
    let rows = db::all(tx, sql, [json!(due).to_string().into()]).await?;
    rows.iter().map(|row| Ok((read(row)?, row.get(17)?))).collect()
}

/// Writes to everybody who administers the credential's directory.
async fn write(
    tx: &mut Tx,
    credential: &Credential,
    directory: &str,
    kind: impl Fn(String) -> LetterKind,
) -> Result<()> {
    let owner = credential.organization_id.as_ref();
    let place = match owner {
        Some(id) => orgs::get(tx, id).await?.name,
        None => tx.settings().application_name.clone(),
    };
    let recipients = members::addresses_of_admins(tx, owner).await?;
    if recipients.is_empty() {
        tracing::warn!(credential = credential.id.as_str(), directory, "there is nobody to be told of a credential");
    }
    for to in recipients {
        mail::queue(tx, &Letter { to, kind: kind(place.clone()) }).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_has_begun_counts() {
        let day = |n: i64| Some(Timestamp(n));
        assert_eq!(days_left(Timestamp(0), day(30 * DAY * 1000)), 30);
        assert_eq!(days_left(Timestamp(1), day(30 * DAY * 1000)), 30);
        assert_eq!(days_left(Timestamp(0), day(1)), 1);
    }
}
