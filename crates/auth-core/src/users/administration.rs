//! What the administrators of the instance do with people, each act with the refusal of who may not.
//!
//! Only somebody who is an administrator in their own session may: nobody who acts as somebody else, whoever that is. That
//! is asked in the transaction of the act. The acts themselves are those of their modules, with their events; the last
//! administrator who can come in stays one (`UsersFault::LastAdministrator`).

use super::{Changes, NewUser, User, get, prove_mailbox, set_email, update, username};
use crate::api_keys;
use crate::clock::Timestamp;
use crate::credentials::password;
use crate::ctx::Actor;
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::UserId;
use crate::sessions::{self, Session};

faults! {
    /// What can go wrong with administering people.
    pub enum AdministrationFault {
        /// Not an administrator, or not in a session of their own.
        Create => Forbidden, "you_are_not_allowed_to_create_users", "You are not allowed to create users";
        /// Likewise.
        List => Forbidden, "you_are_not_allowed_to_list_users", "You are not allowed to list users";
        /// Likewise.
        Get => Forbidden, "you_are_not_allowed_to_get_user", "You are not allowed to get user";
        /// Likewise.
        Update => Forbidden, "you_are_not_allowed_to_update_users", "You are not allowed to update users";
        /// Likewise.
        SetRole => Forbidden, "you_are_not_allowed_to_change_users_role", "You are not allowed to change users role";
        /// Likewise.
        Ban => Forbidden, "you_are_not_allowed_to_ban_users", "You are not allowed to ban users";
        /// Likewise.
        Delete => Forbidden, "you_are_not_allowed_to_delete_users", "You are not allowed to delete users";
        /// Likewise.
        SetPassword => Forbidden, "you_are_not_allowed_to_set_users_password", "You are not allowed to set users password";
        /// Likewise.
        ListSessions => Forbidden, "you_are_not_allowed_to_list_users_sessions", "You are not allowed to list users sessions";
        /// Likewise.
        RevokeSessions => Forbidden, "you_are_not_allowed_to_revoke_users_sessions", "You are not allowed to revoke users sessions";
        /// Nobody bans themselves.
        BanYourself => Invalid, "you_cannot_ban_yourself", "You cannot ban yourself";
        /// Nobody removes themselves here.
        RemoveYourself => Invalid, "you_cannot_remove_yourself", "You cannot remove yourself";
        /// There is no such role.
        NoSuchRole => Invalid, "you_are_not_allowed_to_set_non_existent_value", "You are not allowed to set a non-existent role value";
        /// What opens an administrator's account asks for a recent sign-in.
        NotFresh => Forbidden, "session_not_fresh", "Session is not fresh";
    }
}

/// A resource, and what may be done with it.
type Permitted = (&'static str, &'static [&'static str]);

/// What each role of the instance may do with people, as resources and actions. Those that are not named may nothing.
const PERMITTED: &[(&str, &[Permitted])] = &[
    (
        "admin",
        &[
            (
                "user",
                &[
                    "create",
                    "list",
                    "set-role",
                    "ban",
                    "impersonate",
                    "delete",
                    "set-password",
                    "set-email",
                    "get",
                    "update",
                ],
            ),
            ("session", &["list", "revoke", "delete"]),
        ],
    ),
    ("user", &[("user", &[]), ("session", &[])]),
];

/// Whether a role of the instance permits an action on a resource.
#[must_use]
pub fn permits(role: &str, resource: &str, action: &str) -> bool {
    let of_role = PERMITTED.iter().filter(|(known, _)| *known == role).flat_map(|(_, resources)| *resources);
    of_role.filter(|(known, _)| *known == resource).any(|(_, actions)| actions.contains(&action))
}

/// The role that somebody has to whom these are given: the highest. They are those of the instance, `admin` and `user`.
///
/// # Errors
/// [`AdministrationFault::NoSuchRole`] for others, and for none.
pub fn role_of(given: &[String]) -> Result<String> {
    if given.is_empty() || given.iter().any(|role| !PERMITTED.iter().any(|(known, _)| known == role)) {
        return Err(AdministrationFault::NoSuchRole.into());
    }
    Ok(if given.iter().any(|role| role == "admin") { "admin" } else { "user" }.to_owned())
}

/// The administrator who asks, as they are now.
///
/// # Errors
/// The refusal for anybody else.
pub async fn demand(db: &impl Scope, refusal: AdministrationFault) -> Result<User> {
    let asked = match &db.ctx().actor {
        Actor::User { user_id, platform_admin: true, impersonated_by: None, .. } => Some(user_id.clone()),
        _ => None,
    };
    let admin = match asked {
        Some(id) => super::find(db, &id).await?,
        None => None,
    };
    let admin = admin.filter(|user| user.is_platform_admin() && !user.is_banned(db.now()) && !user.is_locked());
    admin.ok_or_else(|| refusal.into())
}

/// Makes a person. A password that was hashed is theirs.
///
/// # Errors
/// [`AdministrationFault::Create`], [`AdministrationFault::NotFresh`] for another administrator; `UsersFault`.
pub async fn create(tx: &mut Tx, new: NewUser, hash: Option<&str>, fresh: bool) -> Result<User> {
    demand(tx, AdministrationFault::Create).await?;
    if new.role == "admin" && !fresh {
        return Err(AdministrationFault::NotFresh.into());
    }
    let user = super::create(tx, new).await?;
    if let Some(hash) = hash {
        crate::credentials::set_password(tx, &user.id, hash).await?;
    }
    Ok(user)
}

/// Why and until when somebody is shut out, or that they are no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ban {
    /// Shut out. What is `None` stays as it is, if they are already; otherwise it is for no reason, and for ever.
    Set(Option<Option<String>>, Option<Option<Timestamp>>),
    /// Let in.
    Lift,
}

/// What an administrator changes of a person at once: all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Name, image, role, what else is in a profile.
    pub profile: Changes,
    /// The name to sign in with.
    pub naming: username::Naming,
    /// Another address.
    pub email: Option<String>,
    /// Whether the mailbox counts as proven.
    pub email_verified: Option<bool>,
    /// Whether they may come in.
    pub ban: Option<Ban>,
}

/// Changes a person. Somebody for whose address an administrator vouches loses what was set on the account without proof,
/// as with any first proof of a mailbox.
///
/// # Errors
/// [`AdministrationFault`]: nobody bans themselves, and another address for an administrator asks for a fresh session;
/// `UsersFault`.
pub async fn edit(tx: &mut Tx, id: &UserId, edit: &Edit, fresh: bool) -> Result<User> {
    let admin = demand(tx, AdministrationFault::Update).await?;
    if edit.ban.as_ref().is_some_and(|ban| *ban != Ban::Lift) && admin.id == *id {
        return Err(AdministrationFault::BanYourself.into());
    }
    let before = super::lock(tx, id).await?;
    if edit.email.is_some() || edit.email_verified.is_some() {
        spare_administrators(&before, fresh)?;
    }
    if let Some(role) = &edit.profile.role {
        spare_roles(&before, role, fresh)?;
    }
    if !edit.naming.is_empty() {
        username::set(tx, id, &edit.naming).await?;
    }
    update(tx, id, edit.profile.clone()).await?;
    let moves = edit.email.as_ref().filter(|to| super::email::key(to) != before.email);
    match (moves, edit.email_verified) {
        (Some(to), proven) => drop(set_email(tx, id, to, proven.unwrap_or(false)).await?),
        (None, Some(true)) => drop(prove_mailbox(tx, id).await?),
        (None, Some(false)) => drop(set_email(tx, id, &before.email, false).await?),
        (None, None) => {}
    }
    match &edit.ban {
        Some(Ban::Set(reason, until)) => {
            let old = before.is_banned(tx.now()).then_some(before);
            let (why, end) = old.map_or((None, None), |user| (user.ban_reason, user.ban_expires_at));
            super::ban(tx, id, reason.clone().unwrap_or(why), until.unwrap_or(end)).await?;
        }
        Some(Ban::Lift) => drop(super::unban(tx, id).await?),
        None => {}
    }
    get(tx, id).await
}

/// What opens an administrator's account is not done from a session that was left open long ago, one's own included.
/// Who becomes an administrator, or is one no longer, takes a fresh session: otherwise the rule for those would be walked
/// around by way of the role.
fn spare_roles(user: &User, role: &str, fresh: bool) -> Result<()> {
    if user.is_platform_admin() != (role == "admin") && !fresh {
        Err(AdministrationFault::NotFresh.into())
    } else {
        Ok(())
    }
}

fn spare_administrators(user: &User, fresh: bool) -> Result<()> {
    if user.is_platform_admin() && !fresh { Err(AdministrationFault::NotFresh.into()) } else { Ok(()) }
}

/// Gives a person a role of the instance.
///
/// # Errors
/// [`AdministrationFault::SetRole`], [`AdministrationFault::NoSuchRole`], `UsersFault`.
pub async fn set_role(tx: &mut Tx, id: &UserId, given: &[String], fresh: bool) -> Result<User> {
    demand(tx, AdministrationFault::SetRole).await?;
    let role = role_of(given)?;
    let before = super::lock(tx, id).await?;
    spare_roles(&before, &role, fresh)?;
    update(tx, id, Changes { role: Some(role), ..Changes::default() }).await
}

/// Shuts a person out: ends all access before it is answered.
///
/// # Errors
/// [`AdministrationFault::Ban`], [`AdministrationFault::BanYourself`], `UsersFault`.
pub async fn ban(tx: &mut Tx, id: &UserId, reason: String, until: Option<Timestamp>) -> Result<User> {
    let admin = demand(tx, AdministrationFault::Ban).await?;
    if admin.id == *id {
        return Err(AdministrationFault::BanYourself.into());
    }
    super::ban(tx, id, Some(reason), until).await
}

/// Lets a person in again.
///
/// # Errors
/// [`AdministrationFault::Ban`], `UsersFault::NotFound`.
pub async fn unban(tx: &mut Tx, id: &UserId) -> Result<User> {
    demand(tx, AdministrationFault::Ban).await?;
    super::unban(tx, id).await
}

/// Erases a person with all that is theirs.
///
/// # Errors
/// [`AdministrationFault::Delete`], [`AdministrationFault::RemoveYourself`], `UsersFault`, and why an organization
/// cannot do without them.
pub async fn remove(tx: &mut Tx, id: &UserId) -> Result<()> {
    let admin = demand(tx, AdministrationFault::Delete).await?;
    if admin.id == *id {
        return Err(AdministrationFault::RemoveYourself.into());
    }
    get(tx, id).await?;
    super::delete(tx, id).await
}

/// Gives a person a password that was hashed, whether they had one or not, and ends their sessions and links.
///
/// # Errors
/// [`AdministrationFault::SetPassword`]; [`AdministrationFault::NotFresh`] where it is an administrator's and the session
/// is not fresh; `UsersFault::NotFound`.
pub async fn set_password(tx: &mut Tx, id: &UserId, hash: &str, fresh: bool) -> Result<()> {
    demand(tx, AdministrationFault::SetPassword).await?;
    let user = super::lock(tx, id).await?;
    spare_administrators(&user, fresh)?;
    password::give(tx, id, hash).await
}

/// A person's sessions that count, newest first, as many as are wanted at most.
///
/// # Errors
/// [`AdministrationFault::ListSessions`].
pub async fn sessions_of(db: &impl Scope, id: &UserId, limit: u64) -> Result<Vec<Session>> {
    demand(db, AdministrationFault::ListSessions).await?;
    let (order, ascending) = sessions::LISTED.unless_said;
    let part = db::Part { order, ascending, limit, ..db::Part::default() };
    Ok(sessions::page(db, Some(id), None, &part).await?.0)
}

/// Ends a session by its handle, or by its token. `false` if there is none.
///
/// # Errors
/// [`AdministrationFault::RevokeSessions`].
pub async fn revoke_session(tx: &mut Tx, handle_or_token: &str) -> Result<bool> {
    demand(tx, AdministrationFault::RevokeSessions).await?;
    let Some(session) = sessions::find_named(tx, handle_or_token).await? else { return Ok(false) };
    sessions::revoke(tx, &session.user_id, &session.id).await
}

/// Ends all sessions of a person, and the sign-ins that are under way. Returns how many sessions there were.
///
/// # Errors
/// [`AdministrationFault::RevokeSessions`].
pub async fn revoke_sessions(tx: &mut Tx, id: &UserId) -> Result<u64> {
    demand(tx, AdministrationFault::RevokeSessions).await?;
    if super::find_locked(tx, id).await?.is_none() {
        return Ok(0);
    }
    super::raise_epoch(tx, id).await?;
    api_keys::end_with_epoch(tx, id).await?;
    sessions::revoke_all(tx, id, None).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_roles_that_exist_are_given_and_the_highest_of_several() {
        let of = |roles: &[&str]| role_of(&roles.iter().map(|&role| role.to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["user"]).unwrap(), "user");
        assert_eq!(of(&["user", "admin"]).unwrap(), "admin");
        for wrong in [&["owner"][..], &["admin,user"], &["admin", "king"], &["Admin"], &[""], &[]] {
            assert!(of(wrong).unwrap_err().is(&AdministrationFault::NoSuchRole), "{wrong:?}");
        }
    }

    #[test]
    fn administrators_may_what_users_may_not_and_nobody_acts_as_administrators() {
        assert!(permits("admin", "user", "ban") && permits("admin", "session", "revoke"));
        assert!(!permits("user", "user", "list") && !permits("admin", "user", "impersonate-admins"));
        assert!(!permits("admin", "project", "create") && !permits("king", "user", "ban"));
    }
}
