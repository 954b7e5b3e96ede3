//! Visitors who have not said who they are: an account without a way in but its one session.
//!
//! Its address is one that cannot exist, and is never written to. When the visitor signs in for real in the same browser,
//! the account goes, and the event of the person says which one it was, so that an application can hand over what the
//! visitor did. They have no second factor: there is no first one.

use serde_json::json;

use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{Id as _, UserId};
use crate::mail::NOWHERE;
use crate::outbox::{Event, EventKind};
use crate::secret;
use crate::sign_in::{self, Opened, Opening, impersonation};
use crate::users::{self, NewUser};

/// How a session is said to have been obtained.
pub const METHOD: &str = "anonymous";
/// The name that is shown.
const NAME: &str = "Anonymous";

faults! {
    /// What can go wrong with visitors.
    pub enum AnonymousFault {
        /// They have such an account already.
        Already => Invalid, "anonymous_users_cannot_sign_in_again_anonymously", "Anonymous users cannot sign in again anonymously";
        /// The operator wants no new accounts, and a visitor's is one.
        SignUpDisabled => Invalid, "new_user_signup_disabled", "New user sign up is not enabled";
        /// Somebody who said who they are.
        NotAnonymous => Forbidden, "user_is_not_anonymous", "User is not anonymous";
    }
}

/// Makes an account for a visitor and opens its session.
///
/// # Errors
/// [`AnonymousFault::SignUpDisabled`]; those of opening a session.
pub async fn sign_in(tx: &mut Tx) -> Result<Opened> {
    if !tx.settings().sign_up.enabled {
        return Err(AnonymousFault::SignUpDisabled.into());
    }
    let id = secret::random_text(tx.chance(), 32).to_ascii_lowercase();
    let person = NewUser {
        name: NAME.to_owned(),
        email: format!("{id}@anonymous{NOWHERE}"),
        is_anonymous: true,
        ..NewUser::default()
    };
    let user = users::create(tx, person).await?;
    // Made this moment: there is no second factor to ask for.
    sign_in::open_session(tx, Opening::of(&user, METHOD)).await?.opened()
}

/// Deletes the account of a visitor, at their own wish.
///
/// # Errors
/// [`AnonymousFault::NotAnonymous`]; those of [`impersonation::refuse`] and [`users::delete`].
pub async fn delete(core: &AuthCore, ctx: &Ctx, user_id: &UserId) -> Result<()> {
    impersonation::refuse(&ctx.actor)?;
    core.write(ctx, async |tx| {
        if !users::lock(tx, user_id).await?.is_anonymous {
            return Err(AnonymousFault::NotAnonymous.into());
        }
        users::delete(tx, user_id).await
    })
    .await
}

/// A visitor has signed in for real: their account goes, and the person's event names it. Nothing happens if the one is
/// no visitor or the other is one.
///
/// # Errors
/// Those of [`users::delete`].
pub async fn succeed(core: &AuthCore, ctx: &Ctx, visitor: &UserId, person: &UserId) -> Result<()> {
    core.write(ctx, async |tx| {
        let Some(gone) = users::find_locked(tx, visitor).await?.filter(|user| user.is_anonymous) else { return Ok(()) };
        let Some(user) = users::find(tx, person).await?.filter(|user| !user.is_anonymous) else { return Ok(()) };
        users::delete(tx, &gone.id).await?;
        let payload = json!({ "v": 1, "changed": ["anonymous_user"], "anonymous_user_id": gone.id.as_str() });
        tx.record(Event::new(EventKind::UserUpdated, &user.id, payload));
        Ok(())
    })
    .await
}
