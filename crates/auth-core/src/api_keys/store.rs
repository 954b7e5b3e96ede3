//! The queries of API keys.

use serde_json::{Map, Value as Json};

use super::{ApiKey, Held, Owner, Permissions, RateLimit, Refill, Wanted};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{ApiKeyId, Id, MemberId, OrgId, UserId};
use crate::orgs::OrgsFault;
use crate::users::UsersFault;

/// Whether a key is nobody's that may not come in: not revoked, and under the present epochs of the person, and of the
/// membership if a member made it for their organization; and what an administrator of the instance made for others, while they
/// are one. `{now}` is the present instant.
const LIVE: &str = "(api_keys.revoked_at IS NULL
    AND (api_keys.user_id IS NULL OR EXISTS (SELECT 1 FROM users u WHERE u.id = api_keys.user_id AND u.access_epoch = api_keys.user_epoch
         AND u.locked_at IS NULL AND (u.banned = FALSE OR u.ban_expires_at <= {now})))
    AND (api_keys.member_id IS NULL OR EXISTS (SELECT 1 FROM members m JOIN users u ON u.id = m.user_id
         WHERE m.id = api_keys.member_id AND m.status = 'active' AND m.access_epoch = api_keys.member_epoch
         AND u.access_epoch = api_keys.user_epoch AND u.locked_at IS NULL AND (u.banned = FALSE OR u.ban_expires_at <= {now})))
    AND (api_keys.created_by IS NULL OR api_keys.member_id IS NOT NULL OR api_keys.created_by = COALESCE(api_keys.user_id, '')
         OR EXISTS (SELECT 1 FROM users u WHERE u.id = api_keys.created_by AND u.role = 'admin' AND u.locked_at IS NULL
         AND (u.banned = FALSE OR u.ban_expires_at <= {now}))))";

const COLUMNS: &str = "id, user_id, organization_id, name, start, prefix, created_by, enabled, remaining, refill_amount,
    refill_interval, last_refill_at, rate_limit_enabled, rate_limit_window, rate_limit_max, request_count, last_request_at,
    permissions, metadata, expires_at, revoked_at, created_at, updated_at, window_started_at, CASE WHEN {live} THEN 1 ELSE 0 END,
    disabled_by_platform, expiry_by_platform, member_id";

fn live(now: &str) -> String {
    LIVE.replace("{now}", now)
}

fn columns(now: &str) -> String {
    COLUMNS.replace("{live}", &live(now))
}

fn read(row: &Row) -> Result<ApiKey> {
    let owner = match (row.get::<Option<String>>(1)?, row.get::<Option<String>>(2)?) {
        (Some(user), None) => Owner::User(UserId::from_text(user)),
        (None, Some(organization)) => Owner::Organization(OrgId::from_text(organization)),
        _ => return Err(Error::internal("an API key without one owner")),
    };
    let refill = row.get::<Option<i64>>(9)?.zip(row.get::<Option<i64>>(10)?);
    Ok(ApiKey {
        id: row.get(0)?,
        owner,
        name: row.get(3)?,
        start: row.get(4)?,
        prefix: row.get(5)?,
        created_by: row.get::<Option<String>>(6)?.map(UserId::from_text),
        enabled: row.get(7)?,
        live: row.get::<i32>(24)? != 0,
        remaining: row.get(8)?,
        refill: refill.map(|(amount, interval)| Refill { amount, interval }),
        last_refill_at: row.get(11)?,
        rate_limit: RateLimit { enabled: row.get(12)?, window: row.get(13)?, max: row.get(14)? },
        request_count: row.get(15)?,
        last_request_at: row.get(16)?,
        permissions: row.get::<Option<String>>(17)?.map(|text| serde_json::from_str(&text)).transpose()?,
        metadata: row.get::<Option<String>>(18)?.map(|text| serde_json::from_str(&text)).transpose()?,
        expires_at: row.get(19)?,
        revoked_at: row.get(20)?,
        created_at: row.get(21)?,
        updated_at: row.get(22)?,
        window_started_at: row.get(23)?,
        held: Held { disabled: row.get(25)?, expiry: row.get(26)? },
        member_id: row.get::<Option<String>>(27)?.map(MemberId::from_text),
    })
}

fn json(object: Option<&Map<String, Json>>) -> Result<Option<String>> {
    Ok(object.map(serde_json::to_string).transpose()?)
}

fn granted(permissions: Option<&Permissions>) -> Result<Option<String>> {
    Ok(permissions.map(serde_json::to_string).transpose()?)
}

/// What a key remembers of who made it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Issued {
    pub user_epoch: i64,
    pub member_epoch: i64,
}

/// Writes the key with the next statement. Its owner may vanish at this very moment.
pub(super) fn insert(tx: &Tx, key: &ApiKey, hash: &str, issued: &Issued) -> Result<()> {
    let (user, organization) = match &key.owner {
        Owner::User(id) => (Some(id.as_str().to_owned()), None),
        Owner::Organization(id) => (None, Some(id.as_str().to_owned())),
    };
    let gone: Error = match &key.owner {
        Owner::User(_) => UsersFault::NotFound.into(),
        Owner::Organization(_) => OrgsFault::NotFound.into(),
    };
    let change = db::Change::new(
        "INSERT INTO api_keys (id, key_hash, start, prefix, name, user_id, user_epoch, organization_id, member_id, member_epoch,
             created_by, enabled, remaining, refill_amount, refill_interval, last_refill_at, rate_limit_enabled,
             rate_limit_window, rate_limit_max, request_count, permissions, metadata, expires_at, created_at, updated_at, expiry_by_platform)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 0, $20, $21, $22, $23, $23, $24)",
        [
            key.id.as_str().into(),
            hash.into(),
            key.start.as_str().into(),
            key.prefix.clone().into(),
            key.name.clone().into(),
            user.into(),
            issued.user_epoch.into(),
            organization.into(),
            key.member_id.as_ref().map(ToString::to_string).into(),
            issued.member_epoch.into(),
            key.created_by.as_ref().map(|id| id.as_str().to_owned()).into(),
            key.enabled.into(),
            key.remaining.into(),
            key.refill.map(|refill| refill.amount).into(),
            key.refill.map(|refill| refill.interval).into(),
            key.last_refill_at.map(Timestamp::millis).into(),
            key.rate_limit.enabled.into(),
            key.rate_limit.window.into(),
            key.rate_limit.max.into(),
            granted(key.permissions.as_ref())?.into(),
            json(key.metadata.as_ref())?.into(),
            key.expires_at.map(Timestamp::millis).into(),
            key.created_at.into(),
            key.held.expiry.into(),
        ],
    );
    db::later(tx, change.or_dangling(gone));
    Ok(())
}

pub(super) async fn find(db: &impl Scope, id: &ApiKeyId) -> Result<Option<ApiKey>> {
    let sql = format!("SELECT {} FROM api_keys WHERE api_keys.id = $1", columns("$2"));
    db::one(db, sql, [id.as_str().into(), db.now().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn find_by_hash(db: &impl Scope, hash: &str) -> Result<Option<ApiKey>> {
    let sql = format!("SELECT {} FROM api_keys WHERE api_keys.key_hash = $1", columns("$2"));
    db::one(db, sql, [hash.into(), db.now().into()]).await?.as_ref().map(read).transpose()
}

/// A key of the person's own, or of an organization that they belong to.
pub(super) async fn find_reachable(db: &impl Scope, id: &ApiKeyId, user: &UserId) -> Result<Option<ApiKey>> {
    let sql = format!(
        "SELECT {} FROM api_keys WHERE api_keys.id = $1 AND (api_keys.user_id = $3 OR api_keys.organization_id IN
             (SELECT organization_id FROM members WHERE user_id = $3 AND status = 'active'))",
        columns("$2")
    );
    let values = [id.as_str().into(), db.now().into(), user.as_str().into()];
    db::one(db, sql, values).await?.as_ref().map(read).transpose()
}

/// The key of that owner, which nobody else changes until the transaction ends.
pub(super) async fn lock(tx: &Tx, id: &ApiKeyId, owner: &Owner) -> Result<Option<ApiKey>> {
    let sql = format!("SELECT id FROM api_keys WHERE id = $1 AND {}{}", of(owner), tx.lock());
    if db::one(tx, sql, [id.as_str().into(), owner.id().into()]).await?.is_none() {
        return Ok(None);
    }
    find(tx, id).await
}

/// The owner in a WHERE, as `$2`.
fn of(owner: &Owner) -> &'static str {
    match owner {
        Owner::User(_) => "user_id = $2",
        Owner::Organization(_) => "organization_id = $2",
    }
}

/// Writes what can be changed by hand. What uses up with use is written only if it was set, so that no use is lost.
pub(super) async fn update(tx: &Tx, key: &ApiKey, remaining: bool, starts_anew: bool) -> Result<()> {
    let sql = format!(
        "UPDATE api_keys SET name = $3, enabled = $4, expires_at = $5, metadata = $6, permissions = $7, refill_amount = $8,
             refill_interval = $9, rate_limit_enabled = $10, rate_limit_window = $11, rate_limit_max = $12,
             remaining = CASE WHEN $13 = 1 THEN $14 ELSE remaining END,
             request_count = CASE WHEN $15 = 1 THEN 0 ELSE request_count END,
             window_started_at = CASE WHEN $15 = 1 THEN NULL ELSE window_started_at END, updated_at = $16,
             disabled_by_platform = $17, expiry_by_platform = $18
         WHERE id = $1 AND {}",
        of(&key.owner)
    );
    let values = [
        key.id.as_str().into(),
        key.owner.id().into(),
        key.name.clone().into(),
        key.enabled.into(),
        key.expires_at.map(Timestamp::millis).into(),
        json(key.metadata.as_ref())?.into(),
        granted(key.permissions.as_ref())?.into(),
        key.refill.map(|refill| refill.amount).into(),
        key.refill.map(|refill| refill.interval).into(),
        key.rate_limit.enabled.into(),
        key.rate_limit.window.into(),
        key.rate_limit.max.into(),
        i32::from(remaining).into(),
        key.remaining.into(),
        i32::from(starts_anew).into(),
        tx.now().into(),
        key.held.disabled.into(),
        key.held.expiry.into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(())
}

/// Uses a key once, if it is good, something remains of it, and it was not used too often of late: one statement, so
/// that no two uses count as one. `$2` is the present instant.
pub(super) async fn spend(tx: &Tx, id: &ApiKeyId) -> Result<Option<ApiKey>> {
    const REFILL: &str = "(api_keys.refill_amount IS NOT NULL AND api_keys.refill_interval IS NOT NULL
        AND COALESCE(api_keys.last_refill_at, api_keys.created_at) + api_keys.refill_interval <= $2)";
    const ANEW: &str =
        "(api_keys.window_started_at IS NULL OR api_keys.window_started_at + api_keys.rate_limit_window <= $2)";
    let sql = format!(
        "UPDATE api_keys SET
             remaining = CASE WHEN api_keys.remaining IS NULL THEN NULL WHEN {REFILL} THEN api_keys.refill_amount - 1 ELSE api_keys.remaining - 1 END,
             last_refill_at = CASE WHEN api_keys.remaining IS NOT NULL AND {REFILL} THEN $2 ELSE api_keys.last_refill_at END,
             window_started_at = CASE WHEN {ANEW} THEN $2 ELSE api_keys.window_started_at END,
             request_count = CASE WHEN {ANEW} THEN 1 ELSE api_keys.request_count + 1 END,
             last_request_at = $2
         WHERE api_keys.id = $1 AND api_keys.enabled = TRUE AND (api_keys.expires_at IS NULL OR api_keys.expires_at > $2) AND {}
           AND (api_keys.remaining IS NULL OR api_keys.remaining > 0 OR {REFILL})
           AND (api_keys.rate_limit_enabled = FALSE OR {ANEW} OR api_keys.request_count < api_keys.rate_limit_max)
         RETURNING {}",
        live("$2"),
        columns("$2")
    );
    db::one(tx, sql, [id.as_str().into(), tx.now().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn revoke(tx: &Tx, id: &ApiKeyId) -> Result<()> {
    let sql = "UPDATE api_keys SET revoked_at = $2, updated_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    db::run(tx, sql, [id.as_str().into(), tx.now().into()]).await?;
    Ok(())
}

/// `of_others`: those that they made as an administrator too.
pub(super) async fn revoke_of(tx: &Tx, user: &UserId, of_others: bool) -> Result<Vec<ApiKey>> {
    let sql = format!(
        "UPDATE api_keys SET revoked_at = $2, updated_at = $2
         WHERE (api_keys.user_id = $1 OR api_keys.created_by = $1 AND (api_keys.member_id IS NOT NULL OR $3 = 1))
           AND api_keys.revoked_at IS NULL RETURNING {}",
        columns("$2")
    );
    db::all(tx, sql, [user.as_str().into(), tx.now().into(), i32::from(of_others).into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

pub(super) async fn revoke_within(tx: &Tx, user: &UserId, organization: &OrgId) -> Result<Vec<ApiKey>> {
    let sql = format!(
        "UPDATE api_keys SET revoked_at = $2, updated_at = $2
         WHERE api_keys.created_by = $1 AND api_keys.organization_id = $3 AND api_keys.member_id IS NOT NULL AND api_keys.revoked_at IS NULL RETURNING {}",
        columns("$2")
    );
    let values = [user.as_str().into(), tx.now().into(), organization.as_str().into()];
    db::all(tx, sql, values).await?.iter().map(read).collect()
}

pub(super) async fn carry_over(tx: &Tx, user: &UserId, from: i64, to: i64) -> Result<()> {
    let sql = "UPDATE api_keys SET user_epoch = $3
         WHERE (user_id = $1 OR created_by = $1 AND member_id IS NOT NULL) AND user_epoch = $2";
    db::run(tx, sql, [user.as_str().into(), from.into(), to.into()]).await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tx, id: &ApiKeyId, owner: &Owner) -> Result<bool> {
    let sql = format!("DELETE FROM api_keys WHERE id = $1 AND {}", of(owner));
    Ok(db::run(tx, sql, [id.as_str().into(), owner.id().into()]).await? > 0)
}

/// Removes keys whose time is over, the first so many; those that were removed.
pub(super) async fn delete_expired(tx: &Tx, most: i64) -> Result<Vec<ApiKey>> {
    let sql = format!(
        "DELETE FROM api_keys WHERE api_keys.id IN (SELECT id FROM api_keys WHERE expires_at <= $1 ORDER BY expires_at, id
         LIMIT (0 + $2)) RETURNING {}",
        columns("$1")
    );
    db::all(tx, sql, [tx.now().into(), most.into()]).await?.iter().map(read).collect()
}

/// What keys can be ordered and searched by.
pub const LISTED: db::Columns = db::Columns {
    orders: &[
        ("created_at", "api_keys.created_at"),
        ("updated_at", "api_keys.updated_at"),
        ("name", "COALESCE(api_keys.name, '')"),
        ("expires_at", "COALESCE(api_keys.expires_at, 0)"),
        ("last_used_at", "COALESCE(api_keys.last_request_at, 0)"),
    ],
    unless_said: ("created_at", false),
    searched: &["COALESCE(api_keys.name, '')", "api_keys.start", "api_keys.id"],
    id: "api_keys.id",
};

pub(super) async fn list(db: &impl Scope, wanted: &Wanted) -> Result<(Vec<ApiKey>, i64)> {
    let mut list = db::List::new("api_keys", "$1 > 0", [db.now().into()]);
    list.and_if("api_keys.user_id = {}", wanted.user_id.as_ref().map(Id::as_str));
    list.and_if("api_keys.organization_id = {}", wanted.organization_id.as_ref().map(Id::as_str));
    let listed = list.part(db, &columns("$1"), &LISTED, &wanted.part, read).await?;
    Ok((listed.entries, listed.total))
}
