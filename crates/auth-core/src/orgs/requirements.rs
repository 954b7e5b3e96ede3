//! What organizations require of the sessions of their members: a second factor, or that they came in through certain services.
//!
//! A member acts in such an organization only in a session in which that was shown. A second factor is shown at the sign-in,
//! when it was set up, or since; a passkey is two factors at once. Through which service somebody came in is decided at the
//! sign-in alone, and kept with the session and those that come from it: who came in through the service of one
//! organization has shown nothing to another. Asked by [`authority`](crate::roles::authority) and by
//! [`present`](crate::orgs::members::present), so by everything that a member does or sees there; no dialect asks by itself.
//! Who belongs to it, leaving it and one's own list of organizations stay as they are; and so do those who stand above all
//! organizations, directories, and setup links, which are no members. An API key has shown nothing.

use std::collections::BTreeSet;

use super::Organization;
use crate::ctx::Actor;
use crate::db::{self, Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{Id as _, OrgId};
use crate::settings::Settings;
use crate::two_factor::TwoFactorFault;

crate::faults! {
    /// What can go wrong with requirements. That a second factor is wanted is told by
    /// [`TwoFactorFault`](crate::two_factor::TwoFactorFault).
    pub enum RequirementsFault {
        /// The organization wants its members to come in through one of these services, and the session was opened otherwise.
        SsoRequired(String) => Forbidden, "sso_required", "This organization requires you to sign in through {0}";
        /// A service that this instance does not have.
        UnknownProvider(String) => Invalid, "unknown_sso_provider", "There is no service to sign in through by the id {0}", field "require_sso";
    }
}

/// Refuses a member of the organization whose session has not shown what it requires. Strangers are not refused here, and
/// so learn nothing.
///
/// # Errors
/// [`RequirementsFault::SsoRequired`], [`TwoFactorFault::Required`], [`TwoFactorFault::NotShown`].
pub(crate) async fn demand(db: &impl Scope, organization: &OrgId) -> Result<()> {
    let Actor::User { user_id, session_id, platform_admin: false, .. } = &db.ctx().actor else { return Ok(()) };
    let sql = "SELECT o.require_two_factor, o.require_sso, u.two_factor_enabled, s.second_factor, s.provider, s.impersonated_by
         FROM organizations o
         JOIN members m ON m.organization_id = o.id AND m.user_id = $2 AND m.status = 'active'
         JOIN users u ON u.id = m.user_id
         LEFT JOIN sessions s ON s.id = $3 AND s.user_id = $2
         WHERE o.id = $1 AND (o.require_two_factor = TRUE OR o.require_sso IS NOT NULL)";
    let values = [organization.as_str().into(), user_id.as_str().into(), session_id.as_str().into()];
    let Some(row) = db::one(db, sql, values).await? else { return Ok(()) };
    // The hand is that of an administrator of the instance.
    let impersonated = row.get::<Option<String>>(5)?.is_some();
    if let Some(named) = row.get::<Option<String>>(1)? {
        let (named, came_by) = (read(Some(&named))?, row.get::<Option<String>>(4)?);
        if !impersonated && came_by.is_none_or(|provider| !named.contains(&provider)) {
            return Err(RequirementsFault::SsoRequired(names(db.settings(), &named)).into());
        }
    }
    let (wanted, has_one, shown): (bool, bool, Option<String>) = (row.get(0)?, row.get(2)?, row.get(3)?);
    let suffices = shown.is_some_and(|shown| has_one || shown == "passkey" || impersonated);
    if suffices || !wanted {
        return Ok(());
    }
    Err(if has_one { TwoFactorFault::NotShown } else { TwoFactorFault::Required }.into())
}

/// Whether this is [`demand`] that was refused.
#[must_use]
pub fn is_demand(error: &Error) -> bool {
    error.is(&TwoFactorFault::Required)
        || error.is(&TwoFactorFault::NotShown)
        || error.is(&RequirementsFault::SsoRequired(String::new()))
}

/// Services to sign in through that an organization may name: those of this instance, each once.
///
/// # Errors
/// [`RequirementsFault::UnknownProvider`].
pub(super) fn check_providers(settings: &Settings, named: Vec<String>) -> Result<Vec<String>> {
    let known = |id: &String| settings.social.providers.iter().any(|provider| provider.id == *id);
    if let Some(unknown) = named.iter().find(|id| !known(id)) {
        return Err(RequirementsFault::UnknownProvider(unknown.clone()).into());
    }
    Ok(named.into_iter().collect::<BTreeSet<String>>().into_iter().collect())
}

/// Begins to require what an organization has not required before, in the transaction that has changed it. Nobody shuts
/// themselves out: who turns it on has shown it, or stands above the organization. The sessions that have not go on without it.
///
/// # Errors
/// Those of [`demand`].
pub(super) async fn begin(tx: &Tx, before: &Organization, after: &Organization) -> Result<()> {
    let two_factor = after.require_two_factor && !before.require_two_factor;
    let sso = !after.require_sso.is_empty() && after.require_sso != before.require_sso;
    if two_factor || sso {
        demand(tx, &after.id).await?;
    }
    if two_factor {
        let shown_nothing = "second_factor IS NULL";
        send_out(tx, &after.id, shown_nothing, &[]).await?;
    }
    if sso {
        let places: Vec<String> = (2..after.require_sso.len() + 2).map(|place| format!("${place}")).collect();
        let otherwise =
            format!("impersonated_by IS NULL AND (provider IS NULL OR provider NOT IN ({}))", places.join(", "));
        send_out(tx, &after.id, &otherwise, &after.require_sso).await?;
    }
    Ok(())
}

/// Lets the sessions of which that is true go on without the organization.
async fn send_out(tx: &Tx, organization: &OrgId, which: &str, values: &[String]) -> Result<u64> {
    // By way of the members, so that an index leads to the sessions.
    let sql = format!(
        "UPDATE sessions SET active_organization_id = NULL WHERE active_organization_id = $1
             AND user_id IN (SELECT user_id FROM members WHERE organization_id = $1) AND {which}"
    );
    let values = std::iter::once(organization.as_str()).chain(values.iter().map(String::as_str));
    db::run(tx, sql, values.map(Into::into)).await
}

/// The services as they are stored: nothing where none is required.
pub(super) fn stored(named: &[String]) -> Result<Option<String>> {
    if named.is_empty() { Ok(None) } else { Ok(Some(serde_json::to_string(named)?)) }
}

/// The services of a stored text.
pub(super) fn read(stored: Option<&str>) -> Result<Vec<String>> {
    stored.map_or(Ok(Vec::new()), |text| Ok(serde_json::from_str(text)?))
}

/// What people call these services. One that is configured no longer is called by its id.
fn names(settings: &Settings, ids: &[String]) -> String {
    let name = |id: &String| {
        let known = settings.social.providers.iter().find(|provider| provider.id == *id);
        known.map_or_else(|| id.clone(), |provider| provider.name.clone())
    };
    ids.iter().map(name).collect::<Vec<_>>().join(" or ")
}
