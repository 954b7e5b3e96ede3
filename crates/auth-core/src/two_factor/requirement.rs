//! Organizations that require a second factor.
//!
//! A member acts in such an organization only in a session in which a second factor was shown: at the sign-in, when it was
//! set up, or since. A passkey is two factors at once. Asked by [`authority`](crate::roles::authority) and by
//! [`present`](crate::orgs::members::present), so by everything that a member does or sees there; no dialect asks by itself.
//! Who belongs to it, leaving it and one's own list of organizations stay as they are; and so do those who stand above all
//! organizations, directories, and setup links, which are no members.

use super::TwoFactorFault;
use crate::ctx::Actor;
use crate::db::{self, Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{Id as _, OrgId};

/// Refuses a member of the organization whose session has not shown what it requires. Strangers are not refused here, and
/// so learn nothing.
///
/// # Errors
/// [`TwoFactorFault::Required`], [`TwoFactorFault::NotShown`].
pub(crate) async fn demand(db: &impl Scope, organization: &OrgId) -> Result<()> {
    let Actor::User { user_id, session_id, platform_admin: false, .. } = &db.ctx().actor else { return Ok(()) };
    let sql = "SELECT u.two_factor_enabled FROM organizations o
         JOIN members m ON m.organization_id = o.id AND m.user_id = $2 AND m.status = 'active'
         JOIN users u ON u.id = m.user_id
         WHERE o.id = $1 AND o.require_two_factor = TRUE
           AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = $3 AND s.user_id = $2 AND s.second_factor IS NOT NULL
                             AND (u.two_factor_enabled = TRUE OR s.second_factor = 'passkey'
                                  OR s.impersonated_by IS NOT NULL))";
    let values = [organization.as_str().into(), user_id.as_str().into(), session_id.as_str().into()];
    match db::one(db, sql, values).await?.map(|row| row.get(0)).transpose()? {
        None => Ok(()),
        Some(true) => Err(TwoFactorFault::NotShown.into()),
        Some(false) => Err(TwoFactorFault::Required.into()),
    }
}

/// Whether this is [`demand`] that was refused.
#[must_use]
pub fn is_demand(error: &Error) -> bool {
    error.is(&TwoFactorFault::Required) || error.is(&TwoFactorFault::NotShown)
}

/// Lets the sessions that have shown nothing go on without the organization, which requires it from now on.
pub(crate) async fn begin(tx: &Tx, organization: &OrgId) -> Result<u64> {
    let sql = "UPDATE sessions SET active_organization_id = NULL
         WHERE active_organization_id = $1 AND second_factor IS NULL
           AND user_id IN (SELECT user_id FROM members WHERE organization_id = $1)";
    db::run(tx, sql, [organization.as_str().into()]).await
}
