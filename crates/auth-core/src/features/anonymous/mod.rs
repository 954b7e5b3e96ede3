//! Visitors who have not said who they are: an account without a way in but its one session.
//!
//! Its address is one that cannot exist, and is never written to. When the visitor signs in for real in the same browser,
//! the account goes, and the event of the person says which one it was, so that an application can hand over what the
//! visitor did. They have no second factor: there is no first one.

use serde_json::json;

use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{Id as _, UserId};
use crate::mail::NOWHERE;
use crate::outbox::{Event, EventKind};
use crate::secret;
use crate::sign_in::{self, Opened, Opening, impersonation};
use crate::users::{self, NewUser, User, UsersFault};

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
    core.write(ctx, async |tx| users::delete_if(tx, user_id, async |_, user| is_visitor(user)).await).await
}

/// Refuses whoever has said who they are. Asked when the row is locked, which comes after the organizations' as everywhere.
fn is_visitor(user: &User) -> Result<()> {
    if user.is_anonymous { Ok(()) } else { Err(AnonymousFault::NotAnonymous.into()) }
}

/// A visitor has signed in for real: their account goes, and the person's event names it. Nothing happens if the one is
/// no visitor or the other is one.
///
/// # Errors
/// Those of [`users::delete`].
pub async fn succeed(core: &AuthCore, ctx: &Ctx, visitor: &UserId, person: &UserId) -> Result<()> {
    let done: Result<()> = core
        .write(ctx, async |tx| {
            if users::find(tx, visitor).await?.is_none() {
                return Ok(());
            }
            let Some(user) = users::find(tx, person).await?.filter(|user| !user.is_anonymous) else { return Ok(()) };
            users::delete_if(tx, visitor, async |_, user| is_visitor(user)).await?;
            let payload = json!({ "v": 1, "changed": ["anonymous_user"], "anonymous_user_id": visitor.as_str() });
            tx.record(Event::new(EventKind::UserUpdated, &user.id, payload));
            Ok(())
        })
        .await;
    match done {
        Err(error) if error.is(&AnonymousFault::NotAnonymous) || error.is(&UsersFault::NotFound) => Ok(()),
        done => done,
    }
}

/// How many visitors are looked after in one sweep.
const AT_ONCE: i64 = 200;

/// Erases visitors who cannot come back: their session has ended, and an account without a way in stays behind. (A link of
/// a mail that is followed in their browser takes the session's place without making their account anybody's: a stranger
/// may have sent it.) How many they were.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    let ctx = Ctx::system("sweep-visitors");
    let gone = core
        .read(&ctx, async |rx| {
            let sql = format!("SELECT u.id FROM users u WHERE {LEFT_BEHIND} ORDER BY u.created_at LIMIT (0 + $2)");
            let rows = db::all(rx, sql, [rx.now().into(), AT_ONCE.into()]).await?;
            rows.iter().map(|row| row.get(0)).collect::<Result<Vec<UserId>>>()
        })
        .await?;
    let mut swept = 0;
    for visitor in gone {
        match core.write(&ctx, async |tx| users::delete_if(tx, &visitor, async |_, user| is_visitor(user)).await).await
        {
            Ok(()) => swept += 1,
            // They have said who they are meanwhile, or another process was here.
            Err(error) if !error.is_ours() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(swept)
}

/// Whoever has no way in any more and belongs to nothing; `$1` is the present.
const LEFT_BEHIND: &str = "u.is_anonymous = TRUE
    AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id AND s.expires_at > $1)
    AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.user_id = u.id)
    AND NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = u.id)
    AND NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id)
    AND NOT EXISTS (SELECT 1 FROM api_keys k WHERE k.user_id = u.id AND k.revoked_at IS NULL)";
