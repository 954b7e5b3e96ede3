//! Links: made, listed, revoked, and exchanged once.

use serde_json::{Value as Json, json};

use super::{Creator, DEFAULT_HOURS, KIND, MAX_HOURS, MAX_OPEN, NewLink, NewSession, SESSION, SetupFault, SetupLink};
use super::{Present, refuse_below_admins, sessions};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::connections::{self, authorize, bounded};
use crate::ids::{DirectoryId, Id as _, OrgId, SetupLinkId};
use crate::outbox::{Event, EventKind};
use crate::roles::RolesFault;
use crate::secret;
use crate::sign_in::impersonation;

const COLUMNS: &str = "id, organization_id, directory_id, creator_id, created_at, expires_at, used_at, revoked_at";

fn read(row: &Row) -> Result<SetupLink> {
    Ok(SetupLink {
        id: row.get(0)?,
        organization_id: row.get(1)?,
        directory_id: row.get(2)?,
        created_by: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        used_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}

fn facts(link: &SetupLink) -> Json {
    json!({
        "id": link.id.as_str(), "directory_id": link.directory_id.as_str(), "created_by": link.created_by,
        "created_at": link.created_at.millis(), "expires_at": link.expires_at.millis(),
        "used_at": link.used_at.map(Timestamp::millis), "revoked_at": link.revoked_at.map(Timestamp::millis),
    })
}

fn event(kind: EventKind, link: &SetupLink) -> Event {
    let payload = json!({ "v": 1, "directory_id": link.directory_id.as_str(), "setup_link": facts(link) });
    Event::new(kind, &link.id, payload).within(Some(&link.organization_id))
}

/// Makes a link of a directory, good for so many hours.
///
/// # Errors
/// [`SetupFault::InvalidExpiry`], [`SetupFault::TooMany`], those of a directory that is not there, and those of the
/// authorization: who sets up a directory makes no links. For who acts as somebody
/// [`impersonation::ImpersonationFault::NotYours`]: the link would stand on that person's right for weeks.
pub async fn create(tx: &mut Tx, owner: &OrgId, directory: &DirectoryId, hours: Option<i64>) -> Result<NewLink> {
    authorize(tx, Some(owner)).await?;
    impersonation::refuse_making(tx, Some(owner), "setup_link")?;
    let directory = connections::get(tx, owner, directory).await?;
    let Some(creator) = Creator::of(tx, owner).await? else { return Err(RolesFault::Forbidden.into()) };
    refuse_below_admins(tx, owner).await?;
    let hours = hours.unwrap_or(DEFAULT_HOURS);
    if !(1..=MAX_HOURS).contains(&hours) {
        return Err(SetupFault::InvalidExpiry.into());
    }
    let open = "SELECT COUNT(*) FROM setup_links
        WHERE directory_id = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2";
    let open: Option<Row> = db::one(tx, open, [directory.id.as_str().into(), tx.now().into()]).await?;
    if open.map_or(Ok(0), |row| row.get::<i64>(0))? >= MAX_OPEN {
        return Err(SetupFault::TooMany.into());
    }
    let (token, _) = secret::credential(tx.chance(), KIND);
    let link = SetupLink {
        id: tx.new_id(),
        directory_id: directory.id,
        organization_id: owner.clone(),
        created_by: creator.id(),
        created_at: tx.now(),
        expires_at: tx.now().plus_seconds(hours * 3600),
        used_at: None,
        revoked_at: None,
    };
    let sql = format!(
        "INSERT INTO setup_links (id, organization_id, directory_id, token_hash, created_at, expires_at, {})
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        Creator::COLUMNS
    );
    let values = [
        link.id.as_str().into(),
        owner.as_str().into(),
        link.directory_id.as_str().into(),
        secret::hash(token.expose()).into(),
        link.created_at.into(),
        link.expires_at.into(),
    ];
    db::run(tx, sql, values.into_iter().chain(creator.values())).await?;
    tx.record(event(EventKind::SetupLinkCreated, &link));
    Ok(NewLink { link, token })
}

/// A page of the links of a directory, newest first, and how many there are.
///
/// # Errors
/// Those of a directory that is not there, and those of the authorization.
pub async fn list(
    db: &impl Scope,
    owner: &OrgId,
    directory: &DirectoryId,
    limit: u64,
    offset: u64,
) -> Result<(Vec<SetupLink>, i64)> {
    authorize(db, Some(owner)).await?;
    connections::get(db, owner, directory).await?;
    let whose = || [owner.as_str().into(), directory.as_str().into()];
    let sql = "SELECT COUNT(*) FROM setup_links WHERE organization_id = $1 AND directory_id = $2";
    let total = db::one(db, sql, whose()).await?.map_or(Ok(0), |row| row.get(0))?;
    let sql = format!(
        "SELECT {COLUMNS} FROM setup_links WHERE organization_id = $1 AND directory_id = $2
         ORDER BY created_at DESC, id DESC LIMIT (0 + $3) OFFSET (0 + $4)"
    );
    let rows = db::all(db, sql, whose().into_iter().chain([bounded(limit).into(), bounded(offset).into()])).await?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

/// Ends a link and the session that was made of it. Doing so again changes nothing.
///
/// # Errors
/// [`SetupFault::LinkNotFound`], those of a directory that is not there, and those of the authorization.
pub async fn revoke(tx: &mut Tx, owner: &OrgId, directory: &DirectoryId, id: &SetupLinkId) -> Result<SetupLink> {
    authorize(tx, Some(owner)).await?;
    connections::get(tx, owner, directory).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM setup_links WHERE organization_id = $1 AND directory_id = $2 AND id = $3{}",
        tx.lock()
    );
    let row = db::one(tx, sql, [owner.as_str().into(), directory.as_str().into(), id.as_str().into()]).await?;
    let mut link = read(&row.ok_or(SetupFault::LinkNotFound)?)?;
    if link.revoked_at.is_none() {
        link.revoked_at = Some(tx.now());
        let sql = "UPDATE setup_links SET revoked_at = $1 WHERE id = $2 AND organization_id = $3";
        db::run(tx, sql, [tx.now().into(), id.as_str().into(), owner.as_str().into()]).await?;
        tx.record(event(EventKind::SetupLinkRevoked, &link));
    }
    Ok(link)
}

/// Exchanges the token of a link for a session, once: of many at the same time one succeeds.
///
/// # Errors
/// [`SetupFault::LinkEnded`] for every link that is no good, whatever the reason.
pub async fn exchange(tx: &mut Tx, token: &str) -> Result<NewSession> {
    if !secret::looks_like_credential(KIND, token) {
        return Err(SetupFault::LinkEnded.into());
    }
    let sql = format!(
        "UPDATE setup_links SET used_at = $2
         WHERE token_hash = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2 RETURNING {COLUMNS}, {}",
        Creator::COLUMNS
    );
    let row = db::one(tx, sql, [secret::hash(token).into(), tx.now().into()]).await?;
    let row = row.ok_or(SetupFault::LinkEnded)?;
    let link = read(&row)?;
    // The session is on the right that the link was made on, not on what they may now.
    let creator = Creator::stored(&row, 8)?.ok_or(SetupFault::LinkEnded)?;
    if !creator.stands(tx, &link.organization_id).await? {
        return Err(SetupFault::LinkEnded.into());
    }
    let expires_at = tx.now().plus_seconds(SESSION);
    let present: Option<Present> = sessions::place(tx, &link.organization_id, &link.directory_id, expires_at).await?;
    sessions::open(tx, present.ok_or(SetupFault::LinkEnded)?, &creator, Some(&link.id), Vec::new()).await
}
