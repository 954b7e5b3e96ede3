//! The queries of `sessions`. [`resolve`] is made by every request that carries a session: one
//! statement, and nothing is decided by the database that the row itself can tell.

use sea_orm::{ActiveModelTrait as _, ColumnTrait, EntityTrait, ExprTrait as _, IntoActiveModel as _, QueryFilter};

use serde_json::{Map, Value as Json};

use super::entity::{Column, Entity, Model};
use super::{Resolved, Session, Source};
use crate::clock::Timestamp;
use crate::db::{self, Change, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id, OrgId, SessionId, UserId};
use crate::users::{User, stored_object};

/// The team in which a session `s` works: of the organization in which it works, and as long as its person is in it.
macro_rules! active_team {
    () => {
        "COALESCE(
          (SELECT t.id FROM active_teams a JOIN team_members tm ON tm.id = a.team_member_id JOIN teams t ON t.id = tm.team_id
           WHERE a.session_id = s.id AND t.organization_id = s.active_organization_id),
          (SELECT a.team_id FROM active_group_teams a WHERE a.session_id = s.id AND EXISTS (
             SELECT 1 FROM members m CROSS JOIN directory_users x CROSS JOIN directory_rule_teams d CROSS JOIN directory_group_members y
             WHERE m.organization_id = s.active_organization_id AND m.user_id = s.user_id AND m.status = 'active'
               AND x.user_id = m.user_id AND x.active AND d.directory_id = x.directory_id
               AND d.organization_id = m.organization_id AND d.team_id = a.team_id
               AND y.group_id = d.group_id AND y.member_id = x.id)))"
    };
}

const RESOLVE: &str = concat!(
    "SELECT s.user_epoch, s.expires_at, u.access_epoch, u.banned, u.ban_expires_at,
    s.id, s.remember, s.ip_address, s.user_agent, s.active_organization_id, s.impersonated_by, s.method, s.created_at, s.updated_at,
    u.id, u.name, u.first_name, u.last_name, u.email, u.email_verified, u.image, u.external_id, u.role, u.ban_reason,
    u.public_metadata, u.private_metadata, u.created_by_directory_id, u.last_sign_in_at, u.created_at, u.updated_at,
    u.locked_at, u.username, u.display_username, u.is_anonymous, u.two_factor_enabled, s.second_factor,
    u.phone_number, u.phone_number_verified, u.additional_fields, s.additional_fields, ",
    active_team!(),
    " FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1"
);

pub(super) async fn resolve(db: &impl Scope, token_hash: &str) -> Result<Option<Resolved>> {
    let Some(row) = db::one(db, RESOLVE, [token_hash.into()]).await? else { return Ok(None) };
    let (issued_under, expires_at): (i64, Timestamp) = (row.get(0)?, row.get(1)?);
    let access_epoch: i64 = row.get(2)?;
    let banned: bool = row.get(3)?;
    let ban_expires_at: Option<Timestamp> = row.get(4)?;
    let shut_out = banned && ban_expires_at.is_none_or(|end| end > db.now());
    if issued_under != access_epoch || expires_at <= db.now() || shut_out {
        return Ok(None);
    }
    let user = User {
        id: row.get(14)?,
        name: row.get(15)?,
        first_name: row.get(16)?,
        last_name: row.get(17)?,
        email: row.get(18)?,
        email_verified: row.get(19)?,
        image: row.get(20)?,
        external_id: row.get(21)?,
        role: row.get(22)?,
        banned,
        ban_reason: row.get(23)?,
        ban_expires_at,
        locked_at: row.get(30)?,
        two_factor_enabled: row.get(34)?,
        public_metadata: stored_object(&row.get::<String>(24)?)?,
        private_metadata: stored_object(&row.get::<String>(25)?)?,
        access_epoch,
        created_by_directory_id: row.get(26)?,
        last_sign_in_at: row.get(27)?,
        created_at: row.get(28)?,
        updated_at: row.get(29)?,
        username: row.get(31)?,
        display_username: row.get(32)?,
        is_anonymous: row.get(33)?,
        phone_number: row.get(36)?,
        phone_number_verified: row.get(37)?,
        additional_fields: stored_object(&row.get::<String>(38)?)?,
    };
    let session = Session {
        id: row.get(5)?,
        user_id: user.id.clone(),
        expires_at,
        remember: row.get(6)?,
        ip_address: row.get(7)?,
        user_agent: row.get(8)?,
        active_organization_id: row.get(9)?,
        active_team_id: row.get(40)?,
        impersonated_by: row.get(10)?,
        method: row.get(11)?,
        second_factor: row.get(35)?,
        created_at: row.get(12)?,
        updated_at: row.get(13)?,
        additional_fields: fields(row.get(39)?)?,
    };
    if let Some(admin) = &session.impersonated_by
        && (user.is_platform_admin() || !is_upheld(db, &session.id, admin).await?)
    {
        return Ok(None);
    }
    Ok(Some(Resolved { session, user }))
}

/// Whether who acts as somebody in a session `s` is still the administrator `a` who opened it, not banned, not locked, of the
/// epoch of then, and with the session `o` of their own in which they did. `{now}` is the present instant.
const UPHELD: &str = "s.impersonated_by = a.id AND a.role = 'admin' AND a.access_epoch = s.impersonator_epoch
    AND a.locked_at IS NULL AND (a.banned = FALSE OR a.ban_expires_at <= {now})
    AND o.id = s.impersonator_session_id AND o.user_id = a.id AND o.user_epoch = a.access_epoch AND o.expires_at > {now}";

async fn is_upheld(db: &impl Scope, session: &SessionId, admin: &UserId) -> Result<bool> {
    let upheld = UPHELD.replace("{now}", "$3");
    let sql = format!("SELECT 1 FROM sessions s, users a, sessions o WHERE s.id = $1 AND a.id = $2 AND {upheld}");
    Ok(db::one(db, sql, [session.as_str().into(), admin.as_str().into(), db.now().into()]).await?.is_some())
}

pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<Session> {
    db::execute(tx, Entity::insert(row.clone().into_active_model().reset_all())).await?;
    row.try_into()
}

pub(super) async fn renew(tx: &Tx, user_id: &UserId, id: &SessionId, expires_at: Timestamp) -> Result<bool> {
    let sql = "UPDATE sessions SET expires_at = $3, updated_at = $4 WHERE id = $1 AND user_id = $2 AND expires_at > $4";
    let values = [id.as_str().into(), user_id.as_str().into(), expires_at.into(), tx.now().into()];
    Ok(db::run(tx, sql, values).await? > 0)
}

const COLUMNS: &str = concat!(
    "s.id, s.user_id, s.expires_at, s.remember, s.ip_address, s.user_agent, s.active_organization_id,
    s.impersonated_by, s.method, s.created_at, s.updated_at, s.second_factor, s.additional_fields, ",
    active_team!()
);

/// The operator's fields, as they are stored.
fn fields(stored: Option<String>) -> Result<Map<String, Json>> {
    stored.map_or_else(|| Ok(Map::new()), |text| stored_object(&text))
}

fn read(row: &Row) -> Result<Session> {
    Ok(Session {
        id: row.get(0)?,
        user_id: row.get(1)?,
        expires_at: row.get(2)?,
        remember: row.get(3)?,
        ip_address: row.get(4)?,
        user_agent: row.get(5)?,
        active_organization_id: row.get(6)?,
        active_team_id: row.get(13)?,
        impersonated_by: row.get(7)?,
        method: row.get(8)?,
        second_factor: row.get(11)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        additional_fields: fields(row.get(12)?)?,
    })
}

/// How many sessions of a person are listed at most: with the operator's fields each may be long.
const MOST: i64 = 500;

/// The newest sessions of a person.
pub(super) async fn list(db: &impl Scope, user_id: &UserId) -> Result<Vec<Session>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions s JOIN users u ON u.id = s.user_id WHERE {} AND s.user_id = $2
         ORDER BY s.created_at DESC, s.id DESC LIMIT (0 + $3)",
        counting()
    );
    db::all(db, sql, [db.now().into(), user_id.as_str().into(), MOST.into()]).await?.iter().map(read).collect()
}

pub(super) async fn find(db: &impl Scope, user_id: &UserId, id: &SessionId) -> Result<Option<Session>> {
    let own = Entity::find_by_id(id.clone()).filter(Column::UserId.eq(user_id.clone()));
    let row: Option<Model> = db::find(db, own.filter(Column::ExpiresAt.gt(db.now()))).await?;
    row.map(Session::try_from).transpose()
}

pub(super) async fn source(db: &impl Scope, user_id: &UserId, id: &SessionId) -> Result<Option<Source>> {
    let sql = "SELECT user_epoch, remember, created_at, second_factor, provider FROM sessions
        WHERE id = $1 AND user_id = $2 AND expires_at > $3 AND impersonated_by IS NULL";
    let row = db::one(db, sql, [id.as_str().into(), user_id.as_str().into(), db.now().into()]).await?;
    row.map(|row| {
        Ok(Source {
            user_epoch: row.get(0)?,
            remember: row.get(1)?,
            proven_at: row.get(2)?,
            second_factor: row.get(3)?,
            provider: row.get(4)?,
        })
    })
    .transpose()
}

pub(super) async fn find_any(db: &impl Scope, id: &SessionId) -> Result<Option<Session>> {
    let row: Option<Model> =
        db::find(db, Entity::find_by_id(id.clone()).filter(Column::ExpiresAt.gt(db.now()))).await?;
    row.map(Session::try_from).transpose()
}

pub(super) async fn find_named(db: &impl Scope, handle: &str, token_hash: &str) -> Result<Option<Session>> {
    let named = Column::Id.eq(handle).or(Column::TokenHash.eq(token_hash));
    let row: Option<Model> = db::find(db, Entity::find().filter(named).filter(Column::ExpiresAt.gt(db.now()))).await?;
    row.map(Session::try_from).transpose()
}

/// What sessions can be ordered and searched by.
pub const LISTED: db::Columns = db::Columns {
    orders: &[("created_at", "s.created_at"), ("updated_at", "s.updated_at"), ("expires_at", "s.expires_at")],
    unless_said: ("created_at", false),
    searched: &["u.email", "u.name", "s.ip_address", "s.user_agent", "s.id"],
    id: "s.id",
};

/// Those that count: unexpired, of their person's present epoch, and upheld if somebody acts as the person.
fn counting() -> String {
    format!(
        "s.user_epoch = u.access_epoch AND s.expires_at > $1 AND (s.impersonated_by IS NULL
             OR u.role <> 'admin' AND EXISTS (SELECT 1 FROM users a, sessions o WHERE {}))",
        UPHELD.replace("{now}", "$1")
    )
}

pub(super) async fn page(
    db: &impl Scope,
    user_id: Option<&UserId>,
    organization: Option<&OrgId>,
    part: &db::Part,
) -> Result<(Vec<Session>, i64)> {
    let mut list = db::List::new("sessions s JOIN users u ON u.id = s.user_id", &counting(), [db.now().into()]);
    list.and_if("s.user_id = {}", user_id.map(Id::as_str));
    list.and_if("s.active_organization_id = {}", organization.map(Id::as_str));
    let listed = list.part(db, COLUMNS, &LISTED, part, read).await?;
    Ok((listed.entries, listed.total))
}

pub(super) async fn delete(tx: &Tx, user_id: &UserId, id: &SessionId) -> Result<bool> {
    let sql = "DELETE FROM sessions WHERE id = $1 AND user_id = $2";
    Ok(db::run(tx, sql, [id.as_str().into(), user_id.as_str().into()]).await? > 0)
}

pub(super) async fn delete_by_token(tx: &Tx, user_id: &UserId, hash: &str, handle: &str) -> Result<Option<SessionId>> {
    let sql = "DELETE FROM sessions WHERE user_id = $1 AND (token_hash = $2 OR id = $3) RETURNING id";
    let row = db::one(tx, sql, [user_id.as_str().into(), hash.into(), handle.into()]).await?;
    row.map(|row| row.get(0)).transpose()
}

pub(super) async fn delete_all(tx: &Tx, user_id: &UserId, except: Option<&SessionId>) -> Result<u64> {
    let sql = "DELETE FROM sessions WHERE user_id = $1 AND id <> $2";
    db::run(tx, sql, [user_id.as_str().into(), except.map_or("", Id::as_str).into()]).await
}

pub(super) async fn carry_over(tx: &Tx, user_id: &UserId, from: i64, to: i64) -> Result<u64> {
    let sql = "UPDATE sessions SET user_epoch = $3 WHERE user_id = $1 AND user_epoch = $2";
    db::run(tx, sql, [user_id.as_str().into(), from.into(), to.into()]).await
}

pub(super) async fn set_active_organization(
    tx: &Tx,
    user_id: &UserId,
    id: &SessionId,
    organization: Option<&OrgId>,
) -> Result<()> {
    let sql = "UPDATE sessions SET active_organization_id = $3, updated_at = $4 WHERE id = $1 AND user_id = $2";
    let organization = organization.map(|id| id.as_str().to_owned());
    db::run(tx, sql, [id.as_str().into(), user_id.as_str().into(), organization.into(), tx.now().into()]).await?;
    Ok(())
}

/// The operator's fields of a session of the person that has not expired, which is locked.
pub(super) async fn fields_locked(tx: &Tx, user_id: &UserId, id: &SessionId) -> Result<Option<Map<String, Json>>> {
    let sql = format!(
        "SELECT additional_fields FROM sessions WHERE id = $1 AND user_id = $2 AND expires_at > $3{}",
        tx.lock()
    );
    let row = db::one(tx, sql, [id.as_str().into(), user_id.as_str().into(), tx.now().into()]).await?;
    row.map(|row| fields(row.get(0)?)).transpose()
}

pub(super) async fn set_fields(tx: &Tx, user_id: &UserId, id: &SessionId, values: Option<String>) -> Result<()> {
    let sql = "UPDATE sessions SET additional_fields = $3, updated_at = $4 WHERE id = $1 AND user_id = $2";
    db::run(tx, sql, [id.as_str().into(), user_id.as_str().into(), values.into(), tx.now().into()]).await?;
    Ok(())
}

pub(super) async fn leave_organization(tx: &Tx, user_id: &UserId, organization: &OrgId) -> Result<u64> {
    db::carry_out(tx, leaving(user_id, organization)).await
}

pub(super) fn leave_organization_later(tx: &Tx, user_id: &UserId, organization: &OrgId) {
    db::later(tx, leaving(user_id, organization));
}

fn leaving(user_id: &UserId, organization: &OrgId) -> Change {
    let sql = "UPDATE sessions SET active_organization_id = NULL WHERE user_id = $1 AND active_organization_id = $2";
    Change::new(sql, [user_id.as_str().into(), organization.as_str().into()])
}

pub(super) async fn abandon_organization(tx: &Tx, organization: &OrgId) -> Result<u64> {
    // By way of the members, so that an index leads to the sessions.
    let sql = "UPDATE sessions SET active_organization_id = NULL
         WHERE active_organization_id = $1 AND user_id IN (SELECT user_id FROM members WHERE organization_id = $1)";
    db::run(tx, sql, [organization.as_str().into()]).await
}
