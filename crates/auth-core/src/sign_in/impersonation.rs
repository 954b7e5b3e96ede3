//! Acting as somebody else: an administrator of the instance sees what a person sees, for an hour at most.
//!
//! The session is the person's and says whose hand it is in. It ends with the administrator's own session, however that
//! ends (signed out elsewhere, revoked, expired), and with their access: once that was raised, taken away or banned, the
//! next request is refused. Every event of what is done says who did it
//! (`impersonated_by` in its facts). Nobody acts as another administrator, as themselves, or out of a session in which
//! they act as somebody already. What belongs to the person alone is not to be had: password, address, second factors,
//! the account itself, consents that outlive the hour ([`refuse`]). Nor is anything made that would open a door after it:
//! credentials, secret keys, links and sessions of setting up, addresses to which events are sent. Who tries is refused,
//! and the audit says so ([`refuse_making`]).
//!
//! The person's second factor is not asked for: the administrator does not have it. The session has what the
//! administrator's own had shown, so that an organization that requires a second factor is seen by administrators who
//! have shown theirs.

use serde_json::json;

use super::{Opened, TOKEN, admit, printable};
use crate::ctx::Actor;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{Id as _, OrgId, SessionId, UserId};
use crate::outbox::{Event, EventKind};
use crate::secret::{self, Secret};
use crate::sessions::{self, Resolved};
use crate::users;

/// How such a session was obtained.
const METHOD: &str = "impersonation";
/// How long it lives, in seconds. Use does not prolong it.
const LIFETIME: i64 = 3600;

faults! {
    /// What can go wrong with acting as somebody.
    pub enum ImpersonationFault {
        /// Only administrators of the instance may, in a session of their own.
        Forbidden => Forbidden, "you_are_not_allowed_to_impersonate_users", "You are not allowed to impersonate users";
        /// Nobody acts as another administrator.
        Admin => Forbidden, "you_cannot_impersonate_admins", "You cannot impersonate admins";
        /// Nobody acts as themselves.
        Yourself => Invalid, "you_cannot_impersonate_yourself", "You cannot impersonate yourself";
        /// The session is the person's own.
        NotImpersonating => Invalid, "you_are_not_impersonating_anyone", "You are not impersonating anyone";
        /// It belongs to the person alone.
        NotYours => Forbidden, "not_while_impersonating", "This cannot be done while you act as somebody else";
    }
}

/// Refuses what belongs to a person alone to who acts as them.
///
/// # Errors
/// [`ImpersonationFault::NotYours`].
pub fn refuse(actor: &Actor) -> Result<()> {
    if actor.impersonator().is_some() { Err(ImpersonationFault::NotYours.into()) } else { Ok(()) }
}

/// Refuses what would open a door after the hour to who acts as somebody, and has the audit tell of it, of the organization
/// if it is in one. Called before anything is changed. `what` is what they tried: `directory_credential`, ...
///
/// # Errors
/// [`ImpersonationFault::NotYours`].
pub(crate) fn refuse_making(tx: &mut Tx, organization: Option<&OrgId>, what: &'static str) -> Result<()> {
    if let Actor::User { user_id, session_id, impersonated_by: Some(_), .. } = tx.ctx().actor.clone() {
        let payload =
            json!({ "v": 1, "session_id": session_id.as_str(), "user_id": user_id.as_str(), "refused": what });
        let event = Event::new(EventKind::SessionImpersonationRefused, &session_id, payload);
        tx.record_refusal(event.within(organization));
    }
    refuse(&tx.ctx().actor)
}

/// Opens a session as another person, for the administrator who asks. What refuses the person a session refuses this one
/// too.
///
/// # Errors
/// [`ImpersonationFault`]; [`users::UsersFault::NotFound`]; those of opening a session.
pub async fn impersonate(tx: &mut Tx, as_whom: &UserId) -> Result<Opened> {
    let (admin, own_session) = match &tx.ctx().actor {
        Actor::User { user_id, session_id, platform_admin: true, impersonated_by: None } => {
            (user_id.clone(), session_id.clone())
        }
        _ => return Err(ImpersonationFault::Forbidden.into()),
    };
    if admin == *as_whom {
        return Err(ImpersonationFault::Yourself.into());
    }
    // In the order of their ids, so that two who act as each other do not wait for each other.
    let (first, second) = if admin < *as_whom { (&admin, as_whom) } else { (as_whom, &admin) };
    users::find_locked(tx, first).await?;
    users::find_locked(tx, second).await?;
    let own = users::get(tx, &admin).await?;
    if !own.is_platform_admin() || own.is_banned(tx.now()) || own.is_locked() {
        return Err(ImpersonationFault::Forbidden.into());
    }
    let user = users::get(tx, as_whom).await?;
    if user.is_platform_admin() {
        return Err(ImpersonationFault::Admin.into());
    }
    admit(tx, &user, false).await?;
    let own_factor = sessions::find(tx, &admin, &own_session).await?.and_then(|session| session.second_factor);
    let now = tx.now();
    let token = secret::random_text(tx.chance(), TOKEN);
    let row = sessions::entity::Model {
        id: tx.new_id(),
        token_hash: secret::hash(&token),
        user_id: user.id.clone(),
        user_epoch: user.access_epoch,
        expires_at: now.plus_seconds(LIFETIME),
        remember: false,
        ip_address: tx.ctx().ip.clone(),
        user_agent: tx.ctx().user_agent.as_deref().map(printable),
        active_organization_id: None,
        impersonated_by: Some(admin.clone()),
        impersonator_epoch: Some(own.access_epoch),
        impersonator_session_id: Some(own_session.clone()),
        method: METHOD.to_owned(),
        provider: None,
        // The hand is the administrator's: so is the second factor.
        second_factor: own_factor,
        created_at: now,
        updated_at: now,
        additional_fields: sessions::default_fields(tx)?,
    };
    let session = sessions::insert(tx, row).await?;
    let payload = json!({
        "v": 1, "session_id": session.id.as_str(), "user_id": user.id.as_str(), "impersonated_by": admin.as_str(),
        "method": METHOD, "ip_address": session.ip_address, "user_agent": session.user_agent,
        "expires_at": session.expires_at.millis(),
    });
    tx.record(Event::new(EventKind::SessionImpersonated, &session.id, payload));
    Ok(Opened { session, user, token: Secret::new(token), trusted_device: None })
}

/// Ends the session in which the caller acts as somebody, and gives back the administrator's own that the token opens.
/// `None` if it opens none of theirs: they sign in again.
///
/// # Errors
/// [`ImpersonationFault::NotImpersonating`].
pub async fn stop(tx: &mut Tx, own_token: Option<&str>) -> Result<Option<Resolved>> {
    let (session, user, admin): (SessionId, UserId, UserId) = match &tx.ctx().actor {
        Actor::User { user_id, session_id, impersonated_by: Some(admin), .. } => {
            (session_id.clone(), user_id.clone(), admin.clone())
        }
        _ => return Err(ImpersonationFault::NotImpersonating.into()),
    };
    sessions::revoke(tx, &user, &session).await?;
    let payload = json!({
        "v": 1, "session_id": session.as_str(), "user_id": user.as_str(), "impersonated_by": admin.as_str(),
    });
    tx.record(Event::new(EventKind::SessionImpersonationEnded, &session, payload));
    let Some(token) = own_token else { return Ok(None) };
    let own = sessions::resolve(tx, token).await?;
    Ok(own.filter(|own| own.user.id == admin && own.session.impersonated_by.is_none()))
}
