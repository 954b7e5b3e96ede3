//! The queries on members, and the one place that says which roles they have.

use std::sync::LazyLock;

use sea_orm::Value;
use serde_json::Map;

use super::derived::{GIVEN, GIVING};
use super::{Member, NewMember, Source, Status};
use crate::db::{self, Change, Row, Scope, Tx};
use crate::fault::{Error, Result};
use crate::fields;
use crate::ids::{GrantId, MemberId, OrgId, UserId};
use crate::orgs::{Organization, OrgsFault, listing};
use crate::roles;
use crate::users::stored_object;

/// The roles of a member `m` that are in force: all that ask what roles somebody has read from here. Those of rows, a
/// directory's default marked by a tilde, and those that groups give by rules.
pub(super) static GRANTS_IN_FORCE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "(SELECT s.role, CASE WHEN s.source = 'default' THEN '~' || s.role ELSE s.role END AS marked
          FROM member_grants s WHERE s.member_id = m.id
          UNION ALL SELECT d.role, d.role AS marked FROM {GIVING} WHERE {GIVEN})"
    )
});

/// The columns of a member `m`, in the order that [`member`] reads.
pub(super) fn columns() -> String {
    format!(
        "m.id, m.organization_id, m.user_id, m.status, m.suspended_by, m.access_epoch, m.public_metadata,
         m.private_metadata, m.created_at, m.updated_at,
         (SELECT string_agg(r.marked, ',') FROM (SELECT DISTINCT g.marked FROM {} g) r), m.additional_fields",
        *GRANTS_IN_FORCE
    )
}

/// How many columns [`columns`] has.
pub(super) const COLUMNS: usize = 12;

/// Reads a member from the first columns of a row.
pub(super) fn member(row: &Row) -> Result<Member> {
    let status: String = row.get(3)?;
    let marked: Option<String> = row.get(10)?;
    let public_metadata: String = row.get(6)?;
    let private_metadata: String = row.get(7)?;
    Ok(Member {
        id: row.get(0)?,
        organization_id: row.get(1)?,
        user_id: row.get(2)?,
        status: Status::from_stored(&status),
        suspended_by: row.get(4)?,
        access_epoch: row.get(5)?,
        public_metadata: serde_json::from_str(&public_metadata)?,
        private_metadata: serde_json::from_str(&private_metadata)?,
        additional_fields: stored_object(&row.get::<String>(11)?)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
        roles: in_force(marked.as_deref().unwrap_or_default()),
    })
}

/// The roles of an aggregate such as `admin,~member`: the default is left out where another role
/// permits all that it does; who has none is a `member`.
pub(super) fn in_force(marked: &str) -> Vec<String> {
    let all = || marked.split(',').filter(|role| !role.is_empty());
    let given: Vec<&str> = all().filter(|role| !role.starts_with('~')).collect();
    // What a role permits that was made is not known here: it includes itself alone.
    let includes = |role: &str, other: &&str| {
        let permitted = roles::permissions_of(other);
        let all = |role: &roles::Role| role.permissions.iter().all(|permission| permitted.contains(permission));
        role == *other || roles::find(role).is_some_and(all)
    };
    let defaults = all().filter_map(|role| role.strip_prefix('~'));
    let mut roles: Vec<String> = defaults
        .filter(|role| !given.iter().any(|other| includes(role, other)))
        .chain(given.iter().copied())
        .map(str::to_owned)
        .collect();
    if roles.is_empty() {
        roles.push(roles::MEMBER.to_owned());
    }
    roles::sort(&mut roles);
    roles
}

pub(super) async fn find(db: &impl Scope, organization: &OrgId, user: &UserId) -> Result<Option<Member>> {
    let sql = format!("SELECT {} FROM members m WHERE m.organization_id = $1 AND m.user_id = $2", columns());
    db::one(db, sql, [organization.clone().into(), user.clone().into()]).await?.as_ref().map(member).transpose()
}

pub(super) async fn find_by_id(db: &impl Scope, organization: &OrgId, id: &MemberId) -> Result<Option<Member>> {
    let sql = format!("SELECT {} FROM members m WHERE m.organization_id = $1 AND m.id = $2", columns());
    db::one(db, sql, [organization.clone().into(), id.clone().into()]).await?.as_ref().map(member).transpose()
}

/// The membership, whose row nobody else changes until the transaction ends.
///
/// Locked first and read then, because what is read along with the lock is what was there before others
/// let go of it. Where nothing needs locking it is one statement.
pub(super) async fn lock(tx: &Tx, organization: &OrgId, user: &UserId) -> Result<Option<Member>> {
    if !tx.lock().is_empty() {
        let sql = format!("SELECT id FROM members WHERE organization_id = $1 AND user_id = $2{}", tx.lock());
        if db::one(tx, sql, [organization.clone().into(), user.clone().into()]).await?.is_none() {
            return Ok(None);
        }
    }
    find(tx, organization, user).await
}

/// How many members the organization itself allows, if it says so.
pub(super) async fn own_limit(tx: &Tx, organization: &OrgId) -> Result<Option<i64>> {
    let sql = "SELECT max_allowed_memberships FROM organizations WHERE id = $1";
    db::one(tx, sql, [organization.clone().into()]).await?.ok_or(OrgsFault::NotFound)?.get(0)
}

pub(super) async fn of_user(db: &impl Scope, user: &UserId) -> Result<Vec<Member>> {
    let sql = format!("SELECT {} FROM members m WHERE m.user_id = $1 ORDER BY m.organization_id", columns());
    db::all(db, sql, [user.clone().into()]).await?.iter().map(member).collect()
}

/// Memberships of a person with their organizations, by the organization's name; and how many there are.
pub(super) async fn page_of_user(
    db: &impl Scope,
    user: &UserId,
    limit: u64,
) -> Result<(Vec<(Member, Organization)>, i64)> {
    let sql = "SELECT COUNT(*) FROM members WHERE user_id = $1";
    let total = db::one(db, sql, [user.clone().into()]).await?.map_or(Ok(0), |row| row.get(0))?;
    let sql = format!(
        "SELECT {}, {} FROM members m JOIN organizations o ON o.id = m.organization_id
         WHERE m.user_id = $1 ORDER BY o.name, o.id LIMIT (0 + $2)",
        columns(),
        listing::COLUMNS
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = db::all(db, sql, [user.clone().into(), limit.into()]).await?;
    let read = |row: &Row| Ok((member(row)?, listing::organization_at(row, COLUMNS)?));
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

/// Writes a new row. An organization or a person that vanished meanwhile is not found.
pub(super) async fn insert(tx: &Tx, member: &Member) -> Result<()> {
    let done = db::carry_out(tx, insertion(tx, member)?).await;
    done.map(drop).map_err(|error| if is_dangling(&error) { OrgsFault::NotFound.into() } else { error })
}

/// A new row, for [`db::later`].
pub(super) fn insertion(tx: &Tx, member: &Member) -> Result<Change> {
    Ok(Change::new(
        "INSERT INTO members (id, organization_id, user_id, status, suspended_by, suspended_at, access_epoch,
             public_metadata, private_metadata, created_at, updated_at, additional_fields)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)",
        [
            member.id.clone().into(),
            member.organization_id.clone().into(),
            member.user_id.clone().into(),
            member.status.as_str().into(),
            member.suspended_by.clone().into(),
            (member.status == Status::Suspended).then(|| tx.now().millis()).into(),
            member.access_epoch.into(),
            serde_json::to_string(&member.public_metadata)?.into(),
            serde_json::to_string(&member.private_metadata)?.into(),
            member.created_at.into(),
            serde_json::to_string(&member.additional_fields)?.into(),
        ],
    ))
}

/// Locks the organizations of a person, in the order of their ids.
pub(super) async fn lock_organizations_of(tx: &Tx, user: &UserId) -> Result<()> {
    let lock = tx.lock();
    if lock.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT o.id FROM organizations o WHERE o.id IN (SELECT organization_id FROM members WHERE user_id = $1)
         ORDER BY o.id{lock}"
    );
    db::all(tx, sql, [user.clone().into()]).await.map(drop)
}

/// Whether a foreign key refused the row.
fn is_dangling(error: &Error) -> bool {
    std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<sea_orm::DbErr>())
        .is_some_and(db::is_dangling)
}

/// Sets the standing. `cut` raises the access epoch: what was issued under the old one is void.
pub(super) fn set_status(tx: &Tx, id: &MemberId, status: Status, by: Option<&str>, cut: bool) {
    let suspended_at: Option<i64> = (status == Status::Suspended).then(|| tx.now().millis());
    let change = Change::new(
        "UPDATE members SET status = $2, suspended_by = $3, suspended_at = $4, access_epoch = access_epoch + $5,
             updated_at = $6
         WHERE id = $1",
        [
            id.clone().into(),
            status.as_str().into(),
            by.map(str::to_owned).into(),
            suspended_at.into(),
            i64::from(cut).into(),
            tx.now().into(),
        ],
    );
    db::later(tx, change);
}

/// Writes what is noted about a member.
pub(super) fn set_notes(tx: &Tx, member: &Member) -> Result<()> {
    let change = Change::new(
        "UPDATE members SET public_metadata = $2, private_metadata = $3, additional_fields = $4, updated_at = $5
         WHERE id = $1",
        [
            member.id.clone().into(),
            serde_json::to_string(&member.public_metadata)?.into(),
            serde_json::to_string(&member.private_metadata)?.into(),
            serde_json::to_string(&member.additional_fields)?.into(),
            tx.now().into(),
        ],
    );
    db::later(tx, change);
    Ok(())
}

pub(super) async fn delete(tx: &Tx, id: &MemberId) -> Result<u64> {
    db::run(tx, "DELETE FROM members WHERE id = $1", [id.clone().into()]).await
}

pub(super) fn touch(tx: &Tx, id: &MemberId) {
    let sql = "UPDATE members SET updated_at = $2 WHERE id = $1";
    db::later(tx, Change::new(sql, [id.clone().into(), tx.now().into()]));
}

/// How many active members there are besides one.
pub(super) async fn count_active(db: &impl Scope, organization: &OrgId, but: Option<&MemberId>) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM members WHERE organization_id = $1 AND status = 'active' AND id <> $2";
    let but = but.map_or(String::new(), ToString::to_string);
    db::one(db, sql, [organization.clone().into(), but.into()]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Whether there is an active owner besides one. No rule makes owners, so only rows are looked at.
pub(super) async fn has_owner(db: &impl Scope, organization: &OrgId, but: Option<&MemberId>) -> Result<bool> {
    let sql = "SELECT 1 FROM members m JOIN member_grants g ON g.member_id = m.id
         WHERE g.organization_id = $1 AND m.organization_id = $1 AND g.role = $2 AND m.status = 'active' AND m.id <> $3 LIMIT 1";
    let but = but.map_or(String::new(), ToString::to_string);
    Ok(db::one(db, sql, [organization.clone().into(), roles::OWNER.into(), but.into()]).await?.is_some())
}

/// The addresses of an organization's active admins and of the platform's, each once.
pub(super) async fn addresses_of_admins(db: &impl Scope, organization: &OrgId, most: i64) -> Result<Vec<String>> {
    let sql = "SELECT u.email FROM users u WHERE u.banned = FALSE AND u.role = 'admin'
         UNION
         SELECT u.email FROM member_grants g JOIN members m ON m.id = g.member_id JOIN users u ON u.id = m.user_id
         WHERE g.organization_id = $1 AND g.role = $2 AND m.status = 'active' AND u.banned = FALSE
         UNION
         SELECT u.email FROM directory_rule_groups d JOIN directory_group_members y ON y.group_id = d.group_id
             JOIN directory_users x ON x.id = y.member_id AND x.directory_id = d.directory_id
             JOIN members m ON m.user_id = x.user_id JOIN users u ON u.id = m.user_id
         WHERE d.organization_id = $1 AND d.role = $2 AND x.active AND m.organization_id = $1 AND m.status = 'active'
           AND u.banned = FALSE
         ORDER BY 1 LIMIT (0 + $3)";
    let values: [Value; 3] = [organization.clone().into(), roles::ADMIN.into(), most.into()];
    db::all(db, sql, values).await?.iter().map(|row| row.get(0)).collect()
}

/// Writes a grant of a role that there is. `false` if it is there already.
pub(super) async fn insert_grant(
    tx: &Tx,
    organization: &OrgId,
    id: &MemberId,
    role: &str,
    source: &Source,
) -> Result<bool> {
    roles::keep(tx, Some(organization), role).await?;
    Ok(db::carry_out(tx, grant_insertion(tx, organization, id, role, source)).await? > 0)
}

/// A grant, for [`db::later`].
pub(super) fn grant_insertion(tx: &Tx, organization: &OrgId, id: &MemberId, role: &str, source: &Source) -> Change {
    Change::new(
        "INSERT INTO member_grants (id, organization_id, member_id, role, source, source_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (member_id, role, source, source_id) DO NOTHING",
        [
            tx.new_id::<GrantId>().into(),
            organization.clone().into(),
            id.clone().into(),
            role.into(),
            source.kind().into(),
            source.id().into(),
            tx.now().into(),
        ],
    )
}

/// A member as a new row has it.
pub(super) fn fresh(tx: &Tx, new: &NewMember) -> Result<Member> {
    Ok(Member {
        id: tx.new_id(),
        organization_id: new.organization_id.clone(),
        user_id: new.user_id.clone(),
        status: new.status,
        suspended_by: (new.status == Status::Suspended).then(|| tx.ctx().actor.label()),
        access_epoch: 0,
        public_metadata: Map::new(),
        private_metadata: Map::new(),
        additional_fields: fields::made(&tx.settings().fields.member, &new.additional_fields)?,
        roles: vec![new.role.clone()],
        created_at: tx.now(),
        updated_at: tx.now(),
    })
}

#[cfg(test)]
mod tests {
    use super::in_force;

    #[test]
    fn roles_are_the_union_of_the_grants() {
        assert_eq!(in_force("member,admin"), ["admin", "member"]);
        assert_eq!(in_force("~admin,member"), ["admin", "member"]);
        assert_eq!(in_force("owner"), ["owner"]);
    }

    #[test]
    fn a_default_that_another_grant_includes_is_left_out() {
        assert_eq!(in_force("admin,~member"), ["admin"]);
        assert_eq!(in_force("~member"), ["member"]);
        assert_eq!(in_force("member,~member"), ["member"]);
        assert_eq!(in_force("~member,~admin"), ["admin", "member"]);
    }

    #[test]
    fn nobody_is_without_a_role() {
        assert_eq!(in_force(""), ["member"]);
    }
}
