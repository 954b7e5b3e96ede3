//! The queries on teams.

use std::sync::LazyLock;

use sea_orm::Value;

use super::{Team, TeamMember, TeamSource};
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, InvitationId, MemberId, OrgId, SessionId, TeamId, TeamMemberId, UserId};
use crate::orgs::members::derived::{GIVEN, PLACING};
use crate::users::stored_object;

const COLUMNS: &str = "t.id, t.organization_id, t.name, t.created_at, t.updated_at, t.additional_fields";

fn read(row: &Row) -> Result<Team> {
    Ok(Team {
        id: row.get(0)?,
        organization_id: row.get(1)?,
        name: row.get(2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
        additional_fields: stored_object(&row.get::<String>(5)?)?,
    })
}

/// The places of active members: those that are rows, and those that groups of directories give by rules, which are none
/// ([`PLACING`]) and have no id. Who has one of both kinds is there once. `by_hand` and `by_group` say whose are meant: the same
/// twice, of the place `tm` and of what groups give `d`; of members `m` both.
fn places(by_hand: &str, by_group: &str) -> String {
    format!(
        "(SELECT tm.id AS id, tm.team_id AS team_id, m.user_id AS user_id, tm.created_at AS created_at
          FROM team_members tm JOIN members m ON m.id = tm.member_id AND m.status = 'active' WHERE {by_hand}
          UNION ALL
          SELECT DISTINCT '' AS id, d.team_id, m.user_id, m.created_at FROM {by_group}
            AND m.status = 'active'
            AND NOT EXISTS (SELECT 1 FROM team_members o WHERE o.team_id = d.team_id AND o.member_id = m.id)) tm"
    )
}

const PLACE: &str = "tm.id, tm.team_id, tm.user_id, tm.created_at";

/// The places in the team `$1`: from the groups that give them to who is in these.
static IN_TEAM: LazyLock<String> = LazyLock::new(|| {
    let by_group = "directory_rule_teams d JOIN directory_group_members y ON y.group_id = d.group_id
         JOIN directory_users x ON x.id = y.member_id AND x.directory_id = d.directory_id AND x.active
         JOIN members m ON m.user_id = x.user_id AND m.organization_id = d.organization_id WHERE d.team_id = $1";
    places("tm.team_id = $1", by_group)
});

/// The places of the person `$1`: from their resources to the few groups that give something.
static OF_USER: LazyLock<String> = LazyLock::new(|| {
    places("m.user_id = $1", &format!("members m CROSS JOIN {PLACING} WHERE {GIVEN} AND m.user_id = $1"))
});

/// The place of the person `$2` in the team `$1` of the organization `$3`.
static ONE: LazyLock<String> = LazyLock::new(|| {
    let who = "m.user_id = $2 AND m.organization_id = $3";
    let by_group = format!("members m CROSS JOIN {PLACING} WHERE {GIVEN} AND {who} AND d.team_id = $1");
    places(&format!("tm.team_id = $1 AND {who}"), &by_group)
});

fn read_place(row: &Row) -> Result<TeamMember> {
    let (id, team_id, user_id): (String, TeamId, UserId) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let by_group = id.is_empty();
    let id = if by_group { TeamMember::id_by_group(&team_id, &user_id) } else { TeamMemberId::from_text(id) };
    Ok(TeamMember { id, team_id, user_id, by_group, created_at: row.get(3)? })
}

fn bounds(limit: u64, offset: u64) -> [Value; 2] {
    [limit, offset].map(|n| Value::from(i64::try_from(n).unwrap_or(i64::MAX)))
}

pub(super) async fn insert(tx: &Tx, team: &Team) -> Result<()> {
    let sql = "INSERT INTO teams (id, organization_id, name, created_at, updated_at, additional_fields)
         VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        team.id.as_str().into(),
        team.organization_id.as_str().into(),
        team.name.as_str().into(),
        team.created_at.into(),
        team.updated_at.into(),
        serde_json::to_string(&team.additional_fields)?.into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(())
}

pub(super) async fn find(db: &impl Scope, id: &TeamId) -> Result<Option<Team>> {
    let sql = format!("SELECT {COLUMNS} FROM teams t WHERE t.id = $1");
    db::one(db, sql, [id.as_str().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn lock(tx: &Tx, organization: &OrgId, id: &TeamId) -> Result<Option<Team>> {
    let sql = format!("SELECT {COLUMNS} FROM teams t WHERE t.organization_id = $1 AND t.id = $2{}", tx.lock());
    db::one(tx, sql, [organization.as_str().into(), id.as_str().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn count(db: &impl Scope, organization: &OrgId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM teams WHERE organization_id = $1";
    db::one(db, sql, [organization.as_str().into()]).await?.map_or(Ok(0), |row| row.get(0))
}

pub(super) async fn update(tx: &Tx, team: &Team) -> Result<()> {
    let sql =
        "UPDATE teams SET name = $3, updated_at = $4, additional_fields = $5 WHERE id = $1 AND organization_id = $2";
    let values = [
        team.id.as_str().into(),
        team.organization_id.as_str().into(),
        team.name.as_str().into(),
        team.updated_at.into(),
        serde_json::to_string(&team.additional_fields)?.into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tx, organization: &OrgId, id: &TeamId) -> Result<()> {
    let sql = "DELETE FROM teams WHERE id = $1 AND organization_id = $2";
    db::run(tx, sql, [id.as_str().into(), organization.as_str().into()]).await?;
    Ok(())
}

pub(super) async fn list(db: &impl Scope, organization: &OrgId, limit: u64, offset: u64) -> Result<Vec<Team>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM teams t WHERE t.organization_id = $1
         ORDER BY t.created_at, t.id LIMIT (0 + $2) OFFSET (0 + $3)"
    );
    let values = [organization.as_str().into()].into_iter().chain(bounds(limit, offset));
    db::all(db, sql, values).await?.iter().map(read).collect()
}

pub(super) async fn of_user(
    db: &impl Scope,
    user: &UserId,
    organization: Option<&OrgId>,
    limit: u64,
) -> Result<Vec<Team>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {} JOIN teams t ON t.id = tm.team_id WHERE $2 = '' OR t.organization_id = $2
         ORDER BY t.created_at, t.id LIMIT (0 + $3) OFFSET (0 + $4)",
        *OF_USER
    );
    let organization = organization.map_or("", |id| id.as_str());
    let values = [user.as_str().into(), organization.into()].into_iter().chain(bounds(limit, 0));
    db::all(db, sql, values).await?.iter().map(read).collect()
}

pub(super) async fn members(db: &impl Scope, id: &TeamId, limit: u64, offset: u64) -> Result<Vec<TeamMember>> {
    let sql = format!(
        "SELECT {PLACE} FROM {} ORDER BY tm.created_at, tm.id, tm.user_id LIMIT (0 + $2) OFFSET (0 + $3)",
        *IN_TEAM
    );
    let values = [id.as_str().into()].into_iter().chain(bounds(limit, offset));
    db::all(db, sql, values).await?.iter().map(read_place).collect()
}

/// How many active members are in a team, by hand or by a group.
pub(super) async fn count_members(db: &impl Scope, id: &TeamId) -> Result<i64> {
    let sql = format!("SELECT COUNT(*) FROM {}", *IN_TEAM);
    db::one(db, sql, [id.as_str().into()]).await?.map_or(Ok(0), |row| row.get(0))
}

/// The place of an active member in a team of the organization.
pub(super) async fn place(
    db: &impl Scope,
    organization: &OrgId,
    id: &TeamId,
    user: &UserId,
) -> Result<Option<TeamMember>> {
    let sql = format!("SELECT {PLACE} FROM {}", *ONE);
    let values = [id.as_str().into(), user.as_str().into(), organization.as_str().into()];
    db::one(db, sql, values).await?.as_ref().map(read_place).transpose()
}

pub(super) async fn put(tx: &Tx, place: &TeamMember, member: &MemberId, source: TeamSource) -> Result<()> {
    let sql = "INSERT INTO team_members (id, team_id, member_id, source, created_at) VALUES ($1, $2, $3, $4, $5)";
    let values = [
        place.id.as_str().into(),
        place.team_id.as_str().into(),
        member.as_str().into(),
        source.as_str().into(),
        place.created_at.into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(())
}

pub(super) async fn take(tx: &Tx, place: &TeamMember) -> Result<bool> {
    let sql = "DELETE FROM team_members WHERE id = $1 AND team_id = $2";
    Ok(db::run(tx, sql, [place.id.as_str().into(), place.team_id.as_str().into()]).await? > 0)
}

/// Lets a session work in a team, or in none; nothing if it has ended meanwhile.
pub(super) async fn choose(tx: &Tx, session: &SessionId, place: Option<&TeamMember>) -> Result<()> {
    for table in ["active_teams", "active_group_teams"] {
        db::run(tx, format!("DELETE FROM {table} WHERE session_id = $1"), [session.as_str().into()]).await?;
    }
    let Some(place) = place else { return Ok(()) };
    // A place by a group is no row that a session could hang on: it is looked at each time.
    let (table, column, what) = if place.by_group {
        ("active_group_teams", "team_id", place.team_id.as_str())
    } else {
        ("active_teams", "team_member_id", place.id.as_str())
    };
    let sql = format!("INSERT INTO {table} (session_id, {column}) SELECT s.id, $2 FROM sessions s WHERE s.id = $1");
    db::run(tx, sql, [session.as_str().into(), what.into()]).await?;
    Ok(())
}

/// Those of some teams that there are in the organization, in the order of their ids; `keep` is what keeps them, or nothing.
pub(super) async fn existing(db: &impl Scope, organization: &OrgId, ids: &[&str], keep: &str) -> Result<Vec<Team>> {
    let among = db::among(db.backend(), 2);
    let sql =
        format!("SELECT {COLUMNS} FROM teams t WHERE t.organization_id = $1 AND t.id {among} ORDER BY t.id{keep}");
    let ids = ids.iter().copied().collect::<serde_json::Value>().to_string();
    db::all(db, sql, [organization.as_str().into(), ids.into()]).await?.iter().map(read).collect()
}

pub(super) async fn invite_into(tx: &Tx, invitation: &InvitationId, teams: &[TeamId]) -> Result<()> {
    db::run(tx, "DELETE FROM invitation_teams WHERE invitation_id = $1", [invitation.as_str().into()]).await?;
    for team in teams {
        let sql = "INSERT INTO invitation_teams (invitation_id, team_id) VALUES ($1, $2)";
        db::run(tx, sql, [invitation.as_str().into(), team.as_str().into()]).await?;
    }
    Ok(())
}

/// The teams of some invitations, in the order of their ids.
pub(super) async fn of_invitations(db: &impl Scope, ids: &[&str]) -> Result<Vec<(InvitationId, TeamId)>> {
    let sql = format!(
        "SELECT i.invitation_id, i.team_id FROM invitation_teams i WHERE i.invitation_id {} ORDER BY i.team_id",
        db::among(db.backend(), 1)
    );
    let ids = ids.iter().copied().collect::<serde_json::Value>().to_string();
    db::all(db, sql, [ids.into()]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
