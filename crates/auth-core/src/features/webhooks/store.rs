//! The queries of endpoints.

use super::{Endpoint, Kinds, Reason, owner_key};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, OrgId, WebhookId};

const COLUMNS: &str =
    "id, organization_id, url, secret_prefix, rotation_window_expires_at, enabled_event_types, enabled,
    disabled_at, disabled_reason, failures, failing_since, created_at, updated_at";

fn read(row: &Row) -> Result<Endpoint> {
    let kinds: String = row.get(5)?;
    Ok(Endpoint {
        id: row.get(0)?,
        organization_id: row.get::<Option<String>>(1)?.map(OrgId::from_text),
        url: row.get(2)?,
        secret_prefix: row.get(3)?,
        rotation_window_expires_at: row.get(4)?,
        kinds: Kinds::from_stored(&serde_json::from_str(&kinds)?),
        enabled: row.get(6)?,
        disabled_at: row.get(7)?,
        disabled_reason: row.get::<Option<String>>(8)?.as_deref().map(Reason::from_stored),
        failures: row.get(9)?,
        failing_since: row.get(10)?,
        created_at: row.get(11)?,
        updated_at: row.get(12)?,
    })
}

/// Writes a new endpoint. It begins with what is published after now.
pub(super) async fn insert(tx: &Tx, endpoint: &Endpoint, sealed: &str) -> Result<()> {
    let order = db::event_order(tx.backend());
    let sql = format!(
        "INSERT INTO webhook_endpoints (id, organization_id, owner_key, url, sealed_secret, secret_prefix, enabled_event_types,
            enabled, disabled_at, disabled_reason, last_position, created_at, updated_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, COALESCE(MAX({order}), 0), $11, $11 FROM events"
    );
    let owner = endpoint.organization_id.as_ref();
    let values = [
        endpoint.id.as_str().into(),
        owner.map(|id| id.as_str().to_owned()).into(),
        owner_key(owner).into(),
        endpoint.url.as_str().into(),
        sealed.into(),
        endpoint.secret_prefix.as_str().into(),
        endpoint.kinds.stored().to_string().into(),
        endpoint.enabled.into(),
        endpoint.disabled_at.into(),
        endpoint.disabled_reason.map(Reason::as_str).into(),
        endpoint.created_at.into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(())
}

pub(super) async fn count_of(db: &impl Scope, owner: Option<&OrgId>) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM webhook_endpoints WHERE owner_key = $1";
    db::one(db, sql, [owner_key(owner).into()]).await?.map_or(Ok(0), |row| row.get(0))
}

pub(super) async fn find(db: &impl Scope, owner: Option<&OrgId>, id: &WebhookId) -> Result<Option<Endpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM webhook_endpoints WHERE owner_key = $1 AND id = $2");
    db::one(db, sql, [owner_key(owner).into(), id.as_str().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn lock(tx: &Tx, owner: Option<&OrgId>, id: &WebhookId) -> Result<Option<Endpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM webhook_endpoints WHERE owner_key = $1 AND id = $2{}", tx.lock());
    db::one(tx, sql, [owner_key(owner).into(), id.as_str().into()]).await?.as_ref().map(read).transpose()
}

/// Whose an endpoint is, which is asked before it is known who may see it.
pub(super) async fn owner_of(db: &impl Scope, id: &WebhookId) -> Result<Option<Option<OrgId>>> {
    let sql = "SELECT organization_id FROM webhook_endpoints WHERE id = $1";
    let row = db::one(db, sql, [id.as_str().into()]).await?;
    row.map(|row| Ok(row.get::<Option<String>>(0)?.map(OrgId::from_text))).transpose()
}

/// What endpoints can be ordered and searched by.
pub const LISTED: db::Columns = db::Columns {
    orders: &[("created_at", "w.created_at"), ("url", "w.url")],
    unless_said: ("created_at", false),
    searched: &["w.url", "w.id"],
    id: "w.id",
};

/// Those of an organization, or all.
pub(super) async fn list(
    db: &impl Scope,
    organization: Option<&OrgId>,
    part: &db::Part,
) -> Result<(Vec<Endpoint>, i64)> {
    // An owner's key is never empty, so that the empty text can stand for everybody.
    let key = organization.map_or("", |id| id.as_str());
    let list = db::List::new("webhook_endpoints w", "($1 = '' OR w.owner_key = $1)", [key.into()]);
    let listed = list.part(db, COLUMNS, &LISTED, part, read).await?;
    Ok((listed.entries, listed.total))
}

/// Writes what may change. Whoever was failing begins anew: the address or the switch is another one.
pub(super) async fn update(tx: &Tx, endpoint: &Endpoint) -> Result<()> {
    let sql = "UPDATE webhook_endpoints SET url = $3, enabled_event_types = $4, enabled = $5, disabled_at = $6,
            disabled_reason = $7, updated_at = $8, failures = 0, failing_since = NULL, rests_until = 0
         WHERE owner_key = $1 AND id = $2";
    let values = [
        owner_key(endpoint.organization_id.as_ref()).into(),
        endpoint.id.as_str().into(),
        endpoint.url.as_str().into(),
        endpoint.kinds.stored().to_string().into(),
        endpoint.enabled.into(),
        endpoint.disabled_at.into(),
        endpoint.disabled_reason.map(Reason::as_str).into(),
        endpoint.updated_at.into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(())
}

/// Puts a new secret in the place of the present one, which signs too until `until`.
pub(super) async fn rotate(
    tx: &Tx,
    owner: Option<&OrgId>,
    id: &WebhookId,
    (sealed, prefix): (&str, &str),
    until: Timestamp,
) -> Result<()> {
    let sql =
        "UPDATE webhook_endpoints SET previous_sealed_secret = sealed_secret, sealed_secret = $3, secret_prefix = $4,
            rotation_window_expires_at = $5, updated_at = $6
         WHERE owner_key = $1 AND id = $2";
    let values =
        [owner_key(owner).into(), id.as_str().into(), sealed.into(), prefix.into(), until.into(), tx.now().into()];
    db::run(tx, sql, values).await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tx, owner: Option<&OrgId>, id: &WebhookId) -> Result<()> {
    let sql = "DELETE FROM webhook_endpoints WHERE owner_key = $1 AND id = $2";
    db::run(tx, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    Ok(())
}
