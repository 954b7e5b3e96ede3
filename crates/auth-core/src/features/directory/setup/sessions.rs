//! Sessions: opened, recognized on every request, and where they may be used from.

use serde_json::{Value as Json, json};

use super::{
    Creator, EMBEDDED, KEPT, KIND, MAX_ORIGINS, NewSession, Present, SetupFault, SetupSession, is_origin,
    refuse_below_admins,
};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::{Actor, Ctx};
use crate::db::{self, Row, Scope, Tx};
use crate::fault::{Error, Result};
use crate::features::directory::connections::{self, authorize, bounded};
use crate::ids::{DirectoryId, Id, OrgId, SetupLinkId, SetupSessionId};
use crate::outbox::{Event, EventKind};
use crate::roles::RolesFault;
use crate::secret;
use crate::sign_in::impersonation;

/// Whose request it is, by a setup token.
#[derive(Clone, Debug)]
pub struct Recognized {
    /// Who.
    pub actor: Actor,
    /// From which origins' pages the token may be used alone; `None` if it is bound to none.
    pub allowed_origins: Option<Vec<String>>,
}

/// The directory of the organization, if both are there, and what is told of them.
pub(super) async fn place(
    db: &impl Scope,
    organization: &OrgId,
    directory: &DirectoryId,
    expires_at: Timestamp,
) -> Result<Option<Present>> {
    let sql = "SELECT d.provider, o.name, o.logo FROM directories d JOIN organizations o ON o.id = d.organization_id
        WHERE d.owner_key = $1 AND d.id = $2 AND d.deleted_at IS NULL";
    let row = db::one(db, sql, [organization.as_str().into(), directory.as_str().into()]).await?;
    let read = |row: Row| {
        Ok(Present {
            directory_id: directory.clone(),
            provider: row.get(0)?,
            organization_id: organization.clone(),
            organization_name: row.get(1)?,
            organization_logo: row.get(2)?,
            expires_at,
        })
    };
    row.map(read).transpose()
}

/// Opens a session for what is there, on that right.
pub(super) async fn open(
    tx: &mut Tx,
    present: Present,
    creator: &Creator,
    link: Option<&SetupLinkId>,
    allowed_origins: Vec<String>,
) -> Result<NewSession> {
    let (token, _) = secret::credential(tx.chance(), KIND);
    let id: SetupSessionId = tx.new_id();
    let sql = format!(
        "INSERT INTO setup_sessions
             (id, organization_id, directory_id, link_id, token_hash, embedded, created_at, expires_at, {})
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        Creator::COLUMNS
    );
    let values = [
        id.as_str().into(),
        present.organization_id.as_str().into(),
        present.directory_id.as_str().into(),
        link.map(|link| link.as_str().to_owned()).into(),
        secret::hash(token.expose()).into(),
        link.is_none().into(),
        tx.now().into(),
        present.expires_at.into(),
    ];
    db::run(tx, sql, values.into_iter().chain(creator.values())).await?;
    for origin in &allowed_origins {
        let sql = "INSERT INTO setup_session_origins (origin, session_id) VALUES ($1, $2)";
        db::run(tx, sql, [origin.as_str().into(), id.as_str().into()]).await?;
    }
    let payload = json!({
        "v": 1, "directory_id": present.directory_id.as_str(),
        "setup_session": {
            "id": id.as_str(), "directory_id": present.directory_id.as_str(),
            "setup_link_id": link.map(Id::as_str), "allowed_origins": allowed_origins,
            "created_at": tx.now().millis(), "expires_at": present.expires_at.millis(),
        },
    });
    let event = Event::new(EventKind::SetupSessionCreated, &id, payload);
    tx.record(event.within(Some(&present.organization_id)));
    Ok(NewSession { id, present, allowed_origins, token })
}

/// Opens a session of an hour for pages of the product, named by their origins.
///
/// # Errors
/// [`SetupFault::InvalidOrigins`], those of a directory that is not there, and those of the authorization: who sets up a
/// directory opens no further sessions, and for who acts as somebody [`impersonation::ImpersonationFault::NotYours`].
pub async fn embed(tx: &mut Tx, owner: &OrgId, directory: &DirectoryId, origins: &[String]) -> Result<NewSession> {
    authorize(tx, Some(owner)).await?;
    impersonation::refuse_making(tx, Some(owner), "setup_session")?;
    connections::get(tx, owner, directory).await?;
    let Some(creator) = Creator::of(tx, owner).await? else { return Err(RolesFault::Forbidden.into()) };
    refuse_below_admins(tx, owner).await?;
    let mut origins = origins.to_vec();
    origins.sort();
    origins.dedup();
    if !(1..=MAX_ORIGINS).contains(&origins.len()) || !origins.iter().all(|origin| is_origin(origin)) {
        return Err(SetupFault::InvalidOrigins.into());
    }
    let expires_at = tx.now().plus_seconds(EMBEDDED);
    let gone = || Error::internal("a directory without an organization");
    let present = place(tx, owner, directory, expires_at).await?.ok_or_else(gone)?;
    open(tx, present, &creator, None, origins).await
}

/// Whose request it is. A text that cannot be a token costs no query. The session counts while it has not expired, its
/// link was not revoked nor it itself, the directory and the organization are there, and whoever made it may still manage them.
///
/// # Errors
/// [`SetupFault::Refused`].
pub async fn authenticate(core: &AuthCore, ctx: &Ctx, token: &str) -> Result<Recognized> {
    if !secret::looks_like_credential(KIND, token) {
        return Err(SetupFault::Refused.into());
    }
    let hash = secret::hash(token);
    core.read(ctx, async |rx| {
        let sql = "SELECT s.id, s.organization_id, s.directory_id, s.embedded,
                s.creator_kind, s.creator_id, s.creator_epoch, s.creator_member_id, s.creator_member_epoch
            FROM setup_sessions s
            JOIN directories d ON d.id = s.directory_id AND d.owner_key = s.organization_id AND d.deleted_at IS NULL
            JOIN organizations o ON o.id = s.organization_id
            LEFT JOIN setup_links l ON l.id = s.link_id
            WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.revoked_at IS NULL AND l.revoked_at IS NULL";
        let row = db::one(rx, sql, [hash.as_str().into(), rx.now().into()]).await?.ok_or(SetupFault::Refused)?;
        let (session_id, organization_id, directory_id): (SetupSessionId, OrgId, DirectoryId) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let creator = Creator::stored(&row, 4)?.ok_or(SetupFault::Refused)?;
        if !creator.stands(rx, &organization_id).await? {
            return Err(SetupFault::Refused.into());
        }
        let allowed_origins = if row.get::<bool>(3)? {
            let sql = "SELECT origin FROM setup_session_origins WHERE session_id = $1";
            let rows = db::all(rx, sql, [session_id.as_str().into()]).await?;
            Some(rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?)
        } else {
            None
        };
        Ok(Recognized { actor: Actor::Setup { session_id, directory_id, organization_id }, allowed_origins })
    })
    .await
}

const COLUMNS: &str = "id, organization_id, directory_id, link_id, creator_id, created_at, expires_at, revoked_at";

/// The session of a row, without the origins.
fn read(row: &Row) -> Result<SetupSession> {
    Ok(SetupSession {
        id: row.get(0)?,
        organization_id: row.get(1)?,
        directory_id: row.get(2)?,
        link_id: row.get(3)?,
        created_by: row.get(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        revoked_at: row.get(7)?,
        allowed_origins: Vec::new(),
    })
}

/// Puts the origins to their sessions.
async fn complete(db: &impl Scope, sessions: &mut [SetupSession]) -> Result<()> {
    let ids: Json = sessions.iter().map(|session| session.id.as_str()).collect();
    let sql = format!(
        "SELECT session_id, origin FROM setup_session_origins WHERE session_id {} ORDER BY session_id, origin",
        db::among(db.backend(), 1)
    );
    for row in db::all(db, sql, [ids.to_string().into()]).await? {
        let (id, origin): (String, String) = (row.get(0)?, row.get(1)?);
        if let Some(session) = sessions.iter_mut().find(|session| session.id.as_str() == id) {
            session.allowed_origins.push(origin);
        }
    }
    Ok(())
}

/// A page of the sessions of a directory that were opened by a link or for pages of the product, newest first, and how many
/// there are; those that have ended are kept for a while.
///
/// # Errors
/// Those of a directory that is not there, and those of the authorization.
pub async fn sessions(
    db: &impl Scope,
    owner: &OrgId,
    directory: &DirectoryId,
    limit: u64,
    offset: u64,
) -> Result<(Vec<SetupSession>, i64)> {
    authorize(db, Some(owner)).await?;
    connections::get(db, owner, directory).await?;
    let whose = || [owner.as_str().into(), directory.as_str().into()];
    let sql = "SELECT COUNT(*) FROM setup_sessions WHERE organization_id = $1 AND directory_id = $2";
    let total = db::one(db, sql, whose()).await?.map_or(Ok(0), |row| row.get(0))?;
    let sql = format!(
        "SELECT {COLUMNS} FROM setup_sessions WHERE organization_id = $1 AND directory_id = $2
         ORDER BY created_at DESC, id DESC LIMIT (0 + $3) OFFSET (0 + $4)"
    );
    let part = [bounded(limit).into(), bounded(offset).into()];
    let rows = db::all(db, sql, whose().into_iter().chain(part)).await?;
    let mut found = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    complete(db, &mut found).await?;
    Ok((found, total))
}

/// Ends a session: the next request with its token is refused. Doing so again changes nothing.
///
/// # Errors
/// [`SetupFault::SessionNotFound`], those of a directory that is not there, and those of the authorization.
pub async fn revoke_session(
    tx: &mut Tx,
    owner: &OrgId,
    directory: &DirectoryId,
    id: &SetupSessionId,
) -> Result<SetupSession> {
    authorize(tx, Some(owner)).await?;
    connections::get(tx, owner, directory).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM setup_sessions WHERE organization_id = $1 AND directory_id = $2 AND id = $3{}",
        tx.lock()
    );
    let row = db::one(tx, sql, [owner.as_str().into(), directory.as_str().into(), id.as_str().into()]).await?;
    let mut found = [read(&row.ok_or(SetupFault::SessionNotFound)?)?];
    complete(tx, &mut found).await?;
    let [mut session] = found;
    if session.revoked_at.is_none() {
        session.revoked_at = Some(tx.now());
        let sql = "UPDATE setup_sessions SET revoked_at = $1 WHERE id = $2 AND organization_id = $3";
        db::run(tx, sql, [tx.now().into(), id.as_str().into(), owner.as_str().into()]).await?;
        let payload = json!({
            "v": 1, "directory_id": directory.as_str(),
            "setup_session": {
                "id": id.as_str(), "directory_id": directory.as_str(),
                "setup_link_id": session.link_id.as_ref().map(Id::as_str), "allowed_origins": session.allowed_origins,
                "created_at": session.created_at.millis(), "expires_at": session.expires_at.millis(),
                "revoked_at": tx.now().millis(),
            },
        });
        tx.record(Event::new(EventKind::SetupSessionRevoked, id, payload).within(Some(owner)));
    }
    Ok(session)
}

/// What whoever asks is told of where they are; `None` for everybody but those who set up a directory.
///
/// # Errors
/// Those of the database.
pub async fn present(db: &impl Scope) -> Result<Option<Present>> {
    let Actor::Setup { session_id, directory_id, organization_id } = &db.ctx().actor else { return Ok(None) };
    let sql = "SELECT expires_at FROM setup_sessions WHERE id = $1 AND directory_id = $2 AND organization_id = $3";
    let values = [session_id.as_str().into(), directory_id.as_str().into(), organization_id.as_str().into()];
    let Some(row) = db::one(db, sql, values).await? else { return Ok(None) };
    place(db, organization_id, directory_id, row.get(0)?).await
}

/// Which organization has that live directory; `None` if none has. Says nothing about whether the caller may know.
///
/// # Errors
/// Those of the database.
pub async fn organization_of(db: &impl Scope, directory: &DirectoryId) -> Result<Option<OrgId>> {
    let sql = "SELECT organization_id FROM directories WHERE id = $1 AND deleted_at IS NULL";
    let row = db::one(db, sql, [directory.as_str().into()]).await?;
    Ok(row.map_or(Ok(None), |row| row.get::<Option<String>>(0))?.map(OrgId::from_text))
}

/// Whether pages of that origin may use some session now: one of that directory, if one is named. A browser asks before
/// it sends a token, so nothing else is known then.
///
/// # Errors
/// Those of the database.
pub async fn allows(db: &impl Scope, origin: &str, directory: Option<&DirectoryId>) -> Result<bool> {
    if !is_origin(origin) {
        return Ok(false);
    }
    let sql = "SELECT 1 FROM setup_session_origins o JOIN setup_sessions s ON s.id = o.session_id
        WHERE o.origin = $1 AND s.expires_at > $2 AND s.revoked_at IS NULL AND ($3 = '' OR s.directory_id = $3) LIMIT 1";
    let directory = directory.map_or("", |id| id.as_str());
    Ok(db::one(db, sql, [origin.into(), db.now().into(), directory.into()]).await?.is_some())
}

/// Forgets what expired long ago: the audit keeps what is worth keeping. Records no event: it ended when it expired.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    let sessions = core.forget_expired("setup_sessions", "id", "expires_at", KEPT).await?;
    let links = core.forget_expired("setup_links", "id", "expires_at", KEPT).await?;
    Ok(sessions + links)
}
