//! Enrollment by an address: whose proven address is of a domain that an organization holds is invited into it, if the
//! organization wants that ([`AUTOMATIC_INVITATION`]).
//!
//! Looked at when somebody proves an address and when they come in with a proven one. Nobody is made a member by it, and
//! nobody is brought back: who is in the organization's books in whatever standing, who left it or was removed, who declined
//! or whose invitation was withdrawn, and whom a gate refuses a session (a directory of the organization that has them as
//! inactive or deleted) is not invited again. Whoever may invite does that by hand.

use super::{AUTOMATIC_INVITATION, normalize};
use crate::ctx::Actor;
use crate::db::{self, Scope, Tx};
use crate::fault::{Kind, Result};
use crate::ids::{DomainId, OrgId, UserId};
use crate::orgs::invitations;
use crate::roles::{self, Definitions};
use crate::sign_in;
use crate::users::{User, email};

/// The role that is offered: that of who is invited without one. In an organization that has none of that key, the least.
///
/// # Errors
/// Those of the database.
pub(super) async fn role(db: &impl Scope, organization: &OrgId) -> Result<String> {
    let role = &db.settings().organization.member_role;
    let defined = Definitions::of(db, organization, [role.as_str()]).await?;
    Ok(if defined.contain(role) { role.clone() } else { roles::MEMBER.to_owned() })
}

/// Looks whether somebody who has just proven their address is to be invited. Their row is locked. Who may not sign in is not;
/// they are when they may again and do. A directory says itself who belongs where.
///
/// # Errors
/// Those of the database.
pub(crate) async fn on_proof(tx: &mut Tx, user: &User) -> Result<()> {
    if matches!(tx.ctx().actor, Actor::Directory { .. }) {
        return Ok(());
    }
    let Some(found) = open_to(tx, user).await? else { return Ok(()) };
    match sign_in::admit(tx, user, false).await {
        Ok(()) => enroll(tx, user, found).await,
        Err(refused) if matches!(refused.kind(), Kind::Forbidden | Kind::Unauthenticated) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The same for somebody who comes in, whom nothing refuses a session.
///
/// # Errors
/// Those of the database.
pub(crate) async fn on_entry(tx: &mut Tx, user: &User) -> Result<()> {
    match open_to(tx, user).await? {
        Some(found) => enroll(tx, user, found).await,
        None => Ok(()),
    }
}

/// The organization that invites a person, and by which domain. One query, which ends at the first index for most.
///
/// An invitation that ran out is none that was withdrawn, also where another took its place.
async fn open_to(tx: &Tx, user: &User) -> Result<Option<(DomainId, OrgId)>> {
    // Gates let those pass who stand above all organizations; they need no invitation either.
    if !user.email_verified || user.is_platform_admin() {
        return Ok(None);
    }
    let Some(name) = email::domain(&user.email).and_then(|domain| normalize(&domain)) else { return Ok(None) };
    let sql = "SELECT d.id, d.organization_id FROM organization_domains d
         WHERE d.name = $1 AND d.verified_at IS NOT NULL AND d.enrollment_mode = $2
           AND NOT EXISTS (SELECT 1 FROM members m WHERE m.organization_id = d.organization_id AND m.user_id = $3)
           AND NOT EXISTS (SELECT 1 FROM invitation_marks k WHERE k.organization_id = d.organization_id AND k.mark = $4)
           AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.organization_id = d.organization_id AND i.email_key = $5
               AND (i.status IN ('accepted', 'rejected')
                    OR (i.status = 'pending' AND i.expires_at > $6)
                    OR (i.status = 'canceled' AND i.updated_at < i.expires_at)))";
    let values = [
        name.into(),
        AUTOMATIC_INVITATION.into(),
        user.id.clone().into(),
        invitations::mark_of_departed(&user.id).into(),
        email::key(&user.email).into(),
        tx.now().into(),
    ];
    db::one(tx, sql, values).await?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

async fn enroll(tx: &mut Tx, user: &User, (domain, organization): (DomainId, OrgId)) -> Result<()> {
    let role = role(tx, &organization).await?;
    invitations::offer_by_domain(tx, &organization, &domain, &user.email, role).await
}

/// Notes that somebody left an organization or was removed from it: no domain invites them again.
///
/// # Errors
/// Those of the database.
pub(in crate::orgs) async fn note_departure(tx: &Tx, organization: &OrgId, user: &UserId) -> Result<()> {
    invitations::mark_departed(tx, organization, user).await
}
