//! The queries on invitations.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _, Value};

use super::{Invitation, InvitationQuery, InvitationStatus, Offer};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{DirectoryId, Id as _, InvitationId, OrgId, UserId};
use crate::orgs::entity::invitation::{Entity, Model};
use crate::users::stored_object;

const COLUMNS: &str = "i.id, i.organization_id, i.email, i.role, i.status, i.inviter_id, i.directory_id, i.expires_at,
    i.created_at, i.updated_at, i.additional_fields";
const RETURNED: &str = "id, organization_id, email, role, status, inviter_id, directory_id, expires_at, created_at,
    updated_at, additional_fields";

fn read(row: &Row) -> Result<Invitation> {
    let roles: String = row.get(3)?;
    let status: String = row.get(4)?;
    Ok(Invitation {
        id: row.get(0)?,
        organization_id: row.get(1)?,
        email: row.get(2)?,
        roles: roles.split(',').map(str::to_owned).collect(),
        status: InvitationStatus::from_stored(&status)
            .ok_or_else(|| Error::internal("an unknown invitation status"))?,
        inviter_id: row.get::<Option<String>>(5)?.map(UserId::from_text),
        directory_id: row.get::<Option<String>>(6)?.map(DirectoryId::from_text),
        expires_at: row.get(7)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
        additional_fields: stored_object(&row.get::<String>(10)?)?,
    })
}

fn model(invitation: &Invitation, email_key: &str, mailed_at: Option<Timestamp>) -> Result<Model> {
    Ok(Model {
        id: invitation.id.clone(),
        organization_id: invitation.organization_id.clone(),
        email: invitation.email.clone(),
        email_key: email_key.to_owned(),
        role: invitation.roles.join(","),
        status: invitation.status.as_str().to_owned(),
        inviter_id: invitation.inviter_id.clone().map(String::from),
        directory_id: invitation.directory_id.clone().map(String::from),
        expires_at: invitation.expires_at,
        last_mailed_at: mailed_at.map(Timestamp::millis),
        created_at: invitation.created_at,
        updated_at: invitation.updated_at,
        additional_fields: serde_json::to_string(&invitation.additional_fields)?,
    })
}

pub(super) async fn insert(
    tx: &Tx,
    invitation: &Invitation,
    email_key: &str,
    mailed_at: Option<Timestamp>,
) -> Result<()> {
    let row = model(invitation, email_key, mailed_at)?;
    db::execute(tx, Entity::insert(row.into_active_model().reset_all())).await?;
    Ok(())
}

/// The same for one that nobody is mailed of, unless one is pending for the address. Whether it was written.
pub(super) async fn insert_if_none(tx: &Tx, invitation: &Invitation, email_key: &str) -> Result<bool> {
    let pending = OnConflict::new().do_nothing().to_owned();
    let row = model(invitation, email_key, None)?.into_active_model().reset_all();
    Ok(db::execute(tx, Entity::insert(row).on_conflict(pending)).await? > 0)
}

/// Settles what is pending for an address and has run out: another may take its place.
pub(super) async fn settle_expired(tx: &Tx, organization: &OrgId, email_key: &str) -> Result<()> {
    let sql = "UPDATE invitations SET status = 'canceled', updated_at = $3
         WHERE organization_id = $1 AND email_key = $2 AND status = 'pending' AND expires_at <= $3";
    db::run(tx, sql, [organization.clone().into(), email_key.into(), tx.now().into()]).await.map(drop)
}

/// Leaves a mark that is not removed when its day is over.
pub(super) async fn mark_for_good(tx: &Tx, organization: &OrgId, mark: &str) -> Result<()> {
    let sql =
        "INSERT INTO invitation_marks (organization_id, mark, mailed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    db::run(tx, sql, [organization.clone().into(), mark.into(), i64::MAX.into()]).await.map(drop)
}

pub(super) async fn find(db: &impl Scope, id: &InvitationId) -> Result<Option<Invitation>> {
    let sql = format!("SELECT {COLUMNS} FROM invitations i WHERE i.id = $1");
    db::one(db, sql, [id.clone().into()]).await?.as_ref().map(read).transpose()
}

/// The pending invitation of an address, expired or not, locked.
pub(super) async fn lock_pending(tx: &Tx, organization: &OrgId, email_key: &str) -> Result<Option<Invitation>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM invitations i WHERE i.organization_id = $1 AND i.email_key = $2 AND i.status = 'pending'{}",
        tx.lock()
    );
    db::one(tx, sql, [organization.clone().into(), email_key.into()]).await?.as_ref().map(read).transpose()
}

/// When mail went out for an address last, by whatever invitation of the organization, also one that was forgotten.
pub(super) async fn last_mailed(db: &impl Scope, organization: &OrgId, email_key: &str) -> Result<Option<Timestamp>> {
    let sql = "SELECT MAX(mailed_at) FROM (
             SELECT last_mailed_at AS mailed_at FROM invitations WHERE organization_id = $1 AND email_key = $2
             UNION ALL SELECT mailed_at FROM invitation_marks WHERE organization_id = $1 AND mark = $3) m";
    let values = [organization.clone().into(), email_key.into(), mark_of(db, email_key)?.into()];
    let row = db::one(db, sql, values).await?;
    Ok(row.map(|row| row.get::<Option<i64>>(0)).transpose()?.flatten().map(Timestamp))
}

/// How many invitations by hand can still be accepted.
pub(super) async fn count_open(db: &impl Scope, organization: &OrgId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM invitations
         WHERE organization_id = $1 AND status = 'pending' AND expires_at > $2 AND directory_id IS NULL";
    db::one(db, sql, [organization.clone().into(), db.now().into()]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Takes a pending invitation into another status, if it still is pending: one statement, so that of
/// two answers at once one finds it.
pub(super) async fn settle(tx: &Tx, id: &InvitationId, status: InvitationStatus) -> Result<Option<Invitation>> {
    let sql = format!(
        "UPDATE invitations SET status = $2, updated_at = $3 WHERE id = $1 AND status = 'pending' RETURNING {RETURNED}"
    );
    db::one(tx, sql, [id.clone().into(), status.as_str().into(), tx.now().into()]).await?.as_ref().map(read).transpose()
}

/// The same for an answer of the invited: theirs, and not expired.
pub(super) async fn answer(
    tx: &Tx,
    id: &InvitationId,
    email_key: &str,
    status: InvitationStatus,
) -> Result<Option<Invitation>> {
    let sql = format!(
        "UPDATE invitations SET status = $2, updated_at = $3
         WHERE id = $1 AND email_key = $4 AND status = 'pending' AND expires_at > $3 RETURNING {RETURNED}"
    );
    let values = [id.clone().into(), status.as_str().into(), tx.now().into(), email_key.into()];
    db::one(tx, sql, values).await?.as_ref().map(read).transpose()
}

/// Prolongs a pending invitation. `mailed` notes that mail goes out for it now.
pub(super) async fn prolong(tx: &Tx, id: &InvitationId, until: Timestamp, mailed: bool) -> Result<()> {
    db::run(
        tx,
        "UPDATE invitations SET expires_at = $2, updated_at = $3,
             last_mailed_at = CASE WHEN $4 = 1 THEN $3 ELSE last_mailed_at END
         WHERE id = $1",
        [id.clone().into(), until.into(), tx.now().into(), i64::from(mailed).into()],
    )
    .await?;
    Ok(())
}

/// Withdraws what is pending for an address.
pub(super) async fn cancel_pending(tx: &Tx, organization: &OrgId, email_key: &str) -> Result<Vec<Invitation>> {
    let sql = format!(
        "UPDATE invitations SET status = 'canceled', updated_at = $3
         WHERE organization_id = $1 AND email_key = $2 AND status = 'pending' RETURNING {RETURNED}"
    );
    let values = [organization.clone().into(), email_key.into(), tx.now().into()];
    db::all(tx, sql, values).await?.iter().map(read).collect()
}

/// What stands for an address that is forgotten: a keyed hash.
fn mark_of(db: &impl Scope, email_key: &str) -> Result<String> {
    db.settings().secret.mac("invited-address", email_key)
}

/// Deletes all invitations to an address. When it was mailed last, if that was after `since`, stays with its mark.
pub(super) async fn forget(tx: &Tx, email_key: &str, since: Timestamp) -> Result<Vec<Invitation>> {
    let sql = "INSERT INTO invitation_marks (organization_id, mark, mailed_at)
         SELECT organization_id, $2, MAX(last_mailed_at) FROM invitations
         WHERE email_key = $1 AND last_mailed_at > $3 GROUP BY organization_id
         ON CONFLICT (organization_id, mark) DO UPDATE SET mailed_at = excluded.mailed_at";
    db::run(tx, sql, [email_key.into(), mark_of(tx, email_key)?.into(), since.into()]).await?;
    let sql = format!("DELETE FROM invitations WHERE email_key = $1 RETURNING {RETURNED}");
    db::all(tx, sql, [email_key.into()]).await?.iter().map(read).collect()
}

pub(super) async fn list(
    db: &impl Scope,
    organization: &OrgId,
    query: &InvitationQuery,
    with_owners: bool,
) -> Result<(Vec<Invitation>, i64)> {
    let search = query.search.as_ref().map_or(String::new(), |text| {
        format!("%{}%", text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
    });
    let status = query.status.map_or("", InvitationStatus::as_str);
    let filter = "i.organization_id = $1 AND ($2 = '' OR i.email_key LIKE $2 ESCAPE '\\')
        AND ($3 = '' OR (i.status = $3 AND ($3 <> 'pending' OR i.expires_at > $4)))
        AND ($5 = 1 OR (',' || i.role || ',') NOT LIKE '%,owner,%')";
    let values: Vec<Value> =
        vec![organization.clone().into(), search.into(), status.into(), db.now().into(), i64::from(with_owners).into()];
    let sql = format!("SELECT COUNT(*) FROM invitations i WHERE {filter}");
    let total = db::one(db, sql, values.clone()).await?.map_or(Ok(0), |row| row.get(0))?;
    let direction = if query.descending { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT {COLUMNS} FROM invitations i WHERE {filter}
         ORDER BY i.created_at {direction}, i.id {direction} LIMIT (0 + $6) OFFSET (0 + $7)"
    );
    let bounds = [query.limit, query.offset].map(|n| Value::from(i64::try_from(n).unwrap_or(i64::MAX)));
    let rows = db::all(db, sql, values.into_iter().chain(bounds)).await?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

const OFFER: &str = "o.name, o.slug, u.email FROM invitations i JOIN organizations o ON o.id = i.organization_id
    LEFT JOIN members m ON m.organization_id = i.organization_id AND m.user_id = i.inviter_id AND m.status = 'active'
    LEFT JOIN users u ON u.id = m.user_id";

fn read_offer(row: &Row) -> Result<Offer> {
    Ok(Offer {
        invitation: read(row)?,
        organization_name: row.get(11)?,
        organization_slug: row.get(12)?,
        inviter_email: row.get(13)?,
    })
}

pub(super) async fn offer(db: &impl Scope, id: &InvitationId) -> Result<Option<Offer>> {
    let sql = format!("SELECT {COLUMNS}, {OFFER} WHERE i.id = $1");
    db::one(db, sql, [id.clone().into()]).await?.as_ref().map(read_offer).transpose()
}

/// What an address can accept. Nobody has more to choose from than a page.
pub(super) async fn offers_to(db: &impl Scope, email_key: &str) -> Result<Vec<Offer>> {
    let sql = format!(
        "SELECT {COLUMNS}, {OFFER} WHERE i.email_key = $1 AND i.status = 'pending' AND i.expires_at > $2
         ORDER BY i.created_at DESC, i.id DESC LIMIT 500"
    );
    db::all(db, sql, [email_key.into(), db.now().into()]).await?.iter().map(read_offer).collect()
}

pub(super) async fn has_accepted(
    db: &impl Scope,
    organization: &OrgId,
    directory: &DirectoryId,
    email_key: &str,
) -> Result<bool> {
    let sql = "SELECT 1 FROM invitations WHERE organization_id = $1 AND email_key = $2 AND directory_id = $3
         AND status = 'accepted' LIMIT 1";
    let values = [organization.as_str().into(), email_key.into(), directory.as_str().into()];
    Ok(db::one(db, sql, values).await?.is_some())
}
