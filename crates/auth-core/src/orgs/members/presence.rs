//! In which of their organizations a session works at present.

use super::store;
use crate::db::Tx;
use crate::fault::Result;
use crate::ids::{OrgId, SessionId, UserId};
use crate::{sessions, two_factor};

/// Lets a session work in an organization, if its person is an active member; else the session works
/// in none from now on, and the answer is `false`.
///
/// The membership is locked: whoever ends it at the same time comes before or after, and takes the
/// session out again.
///
/// # Errors
/// Those of [`two_factor::demand`].
pub async fn enter(tx: &Tx, session: &SessionId, user: &UserId, organization: &OrgId) -> Result<bool> {
    let active = store::lock(tx, organization, user).await?.is_some_and(|member| member.is_active());
    if active {
        two_factor::demand(tx, organization).await?;
    }
    sessions::set_active_organization(tx, session, active.then_some(organization)).await?;
    Ok(active)
}
