//! Grants: one role each, with where it came from. A member's roles are their union.

use super::derived::{GIVEN, GIVING};
use super::joining::finish;
use super::{Member, MembersFault, Source, owners, store};
use crate::clock::Timestamp;
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryId, Id as _, MemberId, OrgId};
use crate::orgs;
use crate::outbox::EventKind;
use crate::roles::{self, RolesFault};

/// The source of grants that groups give by rules.
const GROUP: &str = "group";

/// One role and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whose.
    pub member_id: MemberId,
    /// Which role.
    pub role: String,
    /// `manual`, `invitation`, `default`, `mapping`, `sso`, or `group`: derived, and no row.
    pub source: String,
    /// Which directory, provider or group; empty where there is only one of the kind.
    pub source_id: String,
    /// The directory behind it: its default, its mapping, or its group.
    pub directory_id: Option<DirectoryId>,
    /// What the group is called.
    pub group_name: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
}

/// Which grants to take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// What this source gave.
    Source(Source),
    /// What this source gave but this role, which stays or is given by it next.
    AllBut(Source, String),
    /// What this directory gave, by default or by mapping.
    Directory(DirectoryId),
    /// What was given by hand: directly or by an invitation.
    ByHand,
}

/// Gives a role. `false` if the source had given it already.
///
/// By hand ([`Source::Manual`]) it needs `member:update` and a role not above one's own; no other source
/// makes an owner, but an invitation by an owner.
///
/// # Errors
/// [`MembersFault::NotFound`], [`MembersFault::MayNotUpdate`], those of [`RolesFault`].
pub async fn grant(tx: &mut Tx, organization: &OrgId, id: &MemberId, role: &str, source: Source) -> Result<bool> {
    if source == Source::Manual {
        let authority = roles::demand(tx, organization, "member:update", MembersFault::MayNotUpdate).await?;
        authority.may_give(tx, organization, role).await?;
    } else if role == roles::OWNER && source != Source::Invitation {
        return Err(RolesFault::OwnerByHandOnly.into());
    }
    let before = lock(tx, organization, id).await?;
    let given = store::insert_grant(tx, organization, id, role, &source).await?;
    if given {
        store::touch(tx, id);
        finish(tx, organization, id, EventKind::MembershipUpdated, Some(&before)).await?;
    }
    Ok(given)
}

/// Takes away what a source gave, and nothing else. Returns how many grants that were. The caller has
/// authorized it; an owner lost in this way leaves the organization marked ownerless.
///
/// # Errors
/// [`MembersFault::NotFound`].
pub async fn revoke_grants(tx: &mut Tx, organization: &OrgId, id: &MemberId, which: &Withdrawn) -> Result<u64> {
    let before = lock(tx, organization, id).await?;
    let revoked = delete(tx, organization, id, which).await?;
    if revoked > 0 {
        store::touch(tx, id);
        let after = finish(tx, organization, id, EventKind::MembershipUpdated, Some(&before)).await?;
        if before.is_active() && before.is_owner() && !after.is_owner() {
            owners::note(tx, organization).await?;
        }
    }
    Ok(revoked)
}

/// Replaces the roles that were given by hand. What other sources give remains.
///
/// Owners are the business of owners; the last one stays.
///
/// # Errors
/// [`MembersFault::NotFound`], [`MembersFault::MayNotUpdate`], [`MembersFault::WithoutOwner`], those of
/// [`RolesFault`].
pub async fn change_roles(tx: &mut Tx, organization: &OrgId, id: &MemberId, roles: &[String]) -> Result<Member> {
    let authority = roles::demand(tx, organization, "member:update", MembersFault::MayNotUpdate).await?;
    for role in roles {
        authority
            .may_give(tx, organization, role)
            .await
            .map_err(|error| if error.is(&RolesFault::AboveOwn) { MembersFault::MayNotUpdate.into() } else { error })?;
    }
    if roles.is_empty() {
        return Err(RolesFault::NotFound(String::new()).into());
    }
    orgs::lock(tx, organization).await?;
    let before = lock(tx, organization, id).await?;
    if (before.is_owner() && !authority.is_owner()) || !authority.reaches(tx, organization, &before.roles).await? {
        return Err(MembersFault::MayNotUpdate.into());
    }
    if !roles.iter().any(|role| role == roles::OWNER) {
        owners::keep_one(tx, &before, MembersFault::WithoutOwner).await?;
    }
    delete(tx, organization, id, &Withdrawn::ByHand).await?;
    for role in roles {
        store::insert_grant(tx, organization, id, role, &Source::Manual).await?;
    }
    let after = store::find_by_id(tx, organization, id).await?.ok_or(MembersFault::NotFound)?;
    if after.roles == before.roles {
        return Ok(after);
    }
    store::touch(tx, id);
    finish(tx, organization, id, EventKind::MembershipUpdated, Some(&before)).await
}

/// The grants of some members, in the order of the members' ids. Those that groups give by rules come last; the group of
/// such a grant is that of the rule, in which the person may be through other groups.
///
/// # Errors
/// Those of the database.
pub async fn grants_of(db: &impl Scope, organization: &OrgId, members: &[MemberId]) -> Result<Vec<Grant>> {
    let mut grants = Vec::new();
    for some in members.chunks(500) {
        let ids = some.iter().map(MemberId::as_str).collect::<serde_json::Value>().to_string();
        let among = db::among(db.backend(), 2);
        let sql = format!(
            "SELECT member_id, role, source, source_id, created_at FROM member_grants
             WHERE organization_id = $1 AND member_id {among} ORDER BY member_id, created_at, id"
        );
        for row in db::all(db, sql, [organization.clone().into(), ids.clone().into()]).await? {
            let (source, source_id): (String, String) = (row.get(2)?, row.get(3)?);
            let of_directory = matches!(source.as_str(), "default" | "mapping");
            grants.push(Grant {
                member_id: row.get(0)?,
                role: row.get(1)?,
                directory_id: of_directory.then(|| DirectoryId::from_text(source_id.clone())),
                source,
                source_id,
                group_name: None,
                created_at: row.get(4)?,
            });
        }
        let sql = format!(
            "SELECT m.id, d.role, r.group_id, r.directory_id, g.display_name,
                 MIN(CASE WHEN y.created_at > r.created_at THEN y.created_at ELSE r.created_at END)
             FROM members m CROSS JOIN {GIVING} CROSS JOIN directory_role_rules r CROSS JOIN directory_groups g
             WHERE {GIVEN} AND m.organization_id = $1 AND m.id {among} AND r.id = d.rule_id AND g.id = r.group_id
             GROUP BY m.id, d.role, r.group_id, r.directory_id, g.display_name ORDER BY m.id, r.group_id, d.role"
        );
        for row in db::all(db, sql, [organization.clone().into(), ids.into()]).await? {
            grants.push(Grant {
                member_id: row.get(0)?,
                role: row.get(1)?,
                source: GROUP.to_owned(),
                source_id: row.get(2)?,
                directory_id: Some(row.get(3)?),
                group_name: row.get(4)?,
                created_at: row.get(5)?,
            });
        }
    }
    grants.sort_by(|a, b| a.member_id.cmp(&b.member_id));
    Ok(grants)
}

async fn lock(tx: &Tx, organization: &OrgId, id: &MemberId) -> Result<Member> {
    let sql = format!("SELECT id FROM members WHERE organization_id = $1 AND id = $2{}", tx.lock());
    db::one(tx, sql, [organization.clone().into(), id.clone().into()]).await?;
    store::find_by_id(tx, organization, id).await?.ok_or_else(|| MembersFault::NotFound.into())
}

async fn delete(tx: &Tx, organization: &OrgId, id: &MemberId, which: &Withdrawn) -> Result<u64> {
    let (first, second, source_id, kept) = match which {
        Withdrawn::Source(source) => (source.kind(), source.kind(), source.id(), ""),
        Withdrawn::AllBut(source, role) => (source.kind(), source.kind(), source.id(), role.as_str()),
        Withdrawn::Directory(directory) => ("default", "mapping", directory.as_str(), ""),
        Withdrawn::ByHand => ("manual", "invitation", "", ""),
    };
    db::run(
        tx,
        "DELETE FROM member_grants
         WHERE organization_id = $1 AND member_id = $2 AND source IN ($3, $4) AND source_id = $5 AND role <> $6",
        [organization.clone().into(), id.clone().into(), first.into(), second.into(), source_id.into(), kept.into()],
    )
    .await
}
