//! In which of their organizations a session works at present, and as whom somebody acts there.

use super::{Member, store};
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::ids::{OrgId, SessionId, UserId};
use crate::orgs::requirements;
use crate::sessions;

/// Lets a session work in an organization, if its person is an active member; else the session works
/// in none from now on, and the answer is `false`.
///
/// The membership is locked: whoever ends it at the same time comes before or after, and takes the
/// session out again.
///
/// # Errors
/// Those of [`requirements::demand`].
pub async fn enter(tx: &Tx, session: &SessionId, user: &UserId, organization: &OrgId) -> Result<bool> {
    let active = store::lock(tx, organization, user).await?.is_some_and(|member| member.is_active());
    if active {
        requirements::demand(tx, organization).await?;
    }
    sessions::set_active_organization(tx, user, session, active.then_some(organization)).await?;
    Ok(active)
}

/// The caller's own membership, if it is active: what endpoints ask that show a member something of the organization. There
/// is no other way for a dialect to it, so that none forgets what the organization requires.
///
/// # Errors
/// Those of [`requirements::demand`].
pub async fn present(db: &impl Scope, organization: &OrgId) -> Result<Option<Member>> {
    let Some(user) = db.ctx().actor.user_id() else { return Ok(None) };
    let own = store::find(db, organization, user).await?.filter(Member::is_active);
    if own.is_some() {
        requirements::demand(db, organization).await?;
    }
    Ok(own)
}

/// The active membership of somebody else in the organization of somebody who is [`present`] there.
///
/// # Errors
/// Those of the database.
pub async fn fellow(db: &impl Scope, own: &Member, user: &UserId) -> Result<Option<Member>> {
    Ok(store::find(db, &own.organization_id, user).await?.filter(Member::is_active))
}
