//! The queries on domains.

use super::Domain;
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{DomainId, OrgId};

const COLUMNS: &str = "d.id, d.organization_id, d.name, d.verified_at, d.verified_how, d.enrollment_mode, d.challenge,
    d.checked_at, d.missing_since, d.misses, d.created_at, d.updated_at";

fn read(row: &Row) -> Result<Domain> {
    Ok(Domain {
        id: row.get(0)?,
        organization_id: row.get(1)?,
        name: row.get(2)?,
        verified_at: row.get::<Option<i64>>(3)?.map(Timestamp),
        verified_how: row.get(4)?,
        enrollment_mode: row.get(5)?,
        challenge: row.get(6)?,
        checked_at: row.get::<Option<i64>>(7)?.map(Timestamp),
        missing_since: row.get::<Option<i64>>(8)?.map(Timestamp),
        misses: row.get(9)?,
        created_at: row.get(10)?,
        updated_at: row.get(11)?,
    })
}

pub(super) async fn insert(tx: &Tx, domain: &Domain) -> Result<()> {
    db::run(
        tx,
        "INSERT INTO organization_domains (id, organization_id, name, verified_at, verified_how, enrollment_mode,
             challenge, checked_at, missing_since, misses, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        [
            domain.id.clone().into(),
            domain.organization_id.clone().into(),
            domain.name.as_str().into(),
            domain.verified_at.map(Timestamp::millis).into(),
            domain.verified_how.clone().into(),
            domain.enrollment_mode.as_str().into(),
            domain.challenge.clone().into(),
            domain.checked_at.map(Timestamp::millis).into(),
            domain.missing_since.map(Timestamp::millis).into(),
            domain.misses.into(),
            domain.created_at.into(),
            domain.updated_at.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Writes what can change about a domain.
pub(super) async fn update(tx: &Tx, domain: &Domain) -> Result<()> {
    db::run(
        tx,
        "UPDATE organization_domains SET verified_at = $3, verified_how = $4, enrollment_mode = $5, checked_at = $6,
             missing_since = $7, misses = $8, updated_at = $9
         WHERE organization_id = $1 AND id = $2",
        [
            domain.organization_id.clone().into(),
            domain.id.clone().into(),
            domain.verified_at.map(Timestamp::millis).into(),
            domain.verified_how.clone().into(),
            domain.enrollment_mode.as_str().into(),
            domain.checked_at.map(Timestamp::millis).into(),
            domain.missing_since.map(Timestamp::millis).into(),
            domain.misses.into(),
            domain.updated_at.into(),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tx, domain: &Domain) -> Result<()> {
    let sql = "DELETE FROM organization_domains WHERE organization_id = $1 AND id = $2";
    db::run(tx, sql, [domain.organization_id.clone().into(), domain.id.clone().into()]).await?;
    Ok(())
}

pub(super) async fn find(db: &impl Scope, organization: &OrgId, id: &DomainId) -> Result<Option<Domain>> {
    let sql = format!("SELECT {COLUMNS} FROM organization_domains d WHERE d.organization_id = $1 AND d.id = $2");
    db::one(db, sql, [organization.clone().into(), id.clone().into()]).await?.as_ref().map(read).transpose()
}

/// The same, locked. The caller has locked the organization.
pub(super) async fn lock(tx: &Tx, organization: &OrgId, id: &DomainId) -> Result<Option<Domain>> {
    let sql =
        format!("SELECT {COLUMNS} FROM organization_domains d WHERE d.organization_id = $1 AND d.id = $2{}", tx.lock());
    db::one(tx, sql, [organization.clone().into(), id.clone().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn find_by_name(db: &impl Scope, organization: &OrgId, name: &str) -> Result<Option<Domain>> {
    let sql = format!("SELECT {COLUMNS} FROM organization_domains d WHERE d.organization_id = $1 AND d.name = $2");
    db::one(db, sql, [organization.clone().into(), name.into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn list(db: &impl Scope, organization: &OrgId) -> Result<Vec<Domain>> {
    let sql = format!("SELECT {COLUMNS} FROM organization_domains d WHERE d.organization_id = $1 ORDER BY d.name");
    db::all(db, sql, [organization.clone().into()]).await?.iter().map(read).collect()
}

/// What domains can be ordered and searched by.
pub const LISTED: db::Columns = db::Columns {
    orders: &[("created_at", "d.created_at"), ("name", "d.name")],
    unless_said: ("name", true),
    searched: &["d.name"],
    id: "d.id",
};

pub(super) async fn page(db: &impl Scope, organization: &OrgId, part: &db::Part) -> Result<(Vec<Domain>, i64)> {
    let list = db::List::new("organization_domains d", "d.organization_id = $1", [organization.clone().into()]);
    let listed = list.part(db, COLUMNS, &LISTED, part, read).await?;
    Ok((listed.entries, listed.total))
}

/// A domain that a DNS record proved, and that nobody looked at since.
pub(super) async fn unchecked_since(db: &impl Scope, since: Timestamp) -> Result<Option<Domain>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM organization_domains d
         WHERE d.verified_how = 'dns_txt' AND d.verified_at IS NOT NULL AND d.checked_at <= $1
         ORDER BY d.checked_at, d.id LIMIT 1"
    );
    db::one(db, sql, [since.into()]).await?.as_ref().map(read).transpose()
}

/// Notes that a domain is looked at now, unless somebody else has noted that since it was read: so of several processes
/// one looks.
pub(super) async fn claim(tx: &Tx, domain: &Domain) -> Result<bool> {
    let sql = "UPDATE organization_domains SET checked_at = $3 WHERE id = $1 AND checked_at = $2";
    let seen = domain.checked_at.map(Timestamp::millis);
    Ok(db::run(tx, sql, [domain.id.clone().into(), seen.into(), tx.now().into()]).await? > 0)
}

/// How many invitations to addresses of each domain can still be accepted, in the order of the domains.
pub(super) async fn pending_invitations(db: &impl Scope, organization: &OrgId, names: &[&str]) -> Result<Vec<i64>> {
    let mut counts = Vec::with_capacity(names.len());
    for name in names {
        // The name of a domain holds no sign that a pattern would take for another.
        let sql = "SELECT COUNT(*) FROM invitations
             WHERE organization_id = $1 AND status = 'pending' AND expires_at > $2 AND email_key LIKE $3";
        let values = [organization.clone().into(), db.now().into(), format!("%@{name}").into()];
        counts.push(db::one(db, sql, values).await?.map_or(Ok(0), |row| row.get(0))?);
    }
    Ok(counts)
}
