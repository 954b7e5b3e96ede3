//! Tokens by which whoever is signed in goes on elsewhere: on another domain, in an application.
//!
//! A token is good once, for a few minutes, and stored hashed. It opens a session of its own under the one from which it
//! comes: whatever ended that, ends the token; and it has shown what that has shown. Did that show no second factor, and the
//! person has one by now, it is asked for. (Better Auth hands over the session itself. Here its token is not kept.)
//! Where a page of another site is to be sure that it gets what it asked for, `handover` is better: a one-time token is
//! bound to nothing.

use serde_json::json;

use crate::AuthCore;
use crate::ctx::{Actor, Ctx};
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{Id as _, SessionId};
use crate::roles::RolesFault;
use crate::secret::Secret;
use crate::sign_in::{self, Entry, impersonation};
use crate::users;
use crate::verification::{self, NewToken, Purpose};

/// How a session is said to have been obtained.
pub const METHOD: &str = "one-time-token";

faults! {
    /// What can go wrong with such tokens.
    pub enum OneTimeTokenFault {
        /// Unknown, used or expired.
        Invalid => Invalid, "invalid_one_time_token", "Invalid token", field "token";
        /// The session from which it comes has ended.
        SessionEnded => Invalid, "one_time_token_session_ended", "Session not found", field "token";
    }
}

/// Makes a token in the name of whoever asks. Records no event: the session that it opens does.
///
/// # Errors
/// [`RolesFault::Unauthenticated`] without a session; those of [`impersonation::refuse`].
pub async fn generate(tx: &Tx) -> Result<Secret> {
    impersonation::refuse(&tx.ctx().actor)?;
    let Actor::User { user_id, session_id, .. } = &tx.ctx().actor else {
        return Err(RolesFault::Unauthenticated.into());
    };
    users::keep_caller(tx, user_id).await?;
    let new = NewToken {
        purpose: Purpose::OneTimeToken,
        user_id: Some(user_id),
        value: json!({ "session_id": session_id.as_str() }),
        expires_in: tx.settings().methods.one_time_token.expires_in,
    };
    verification::issue(tx, new).await
}

/// Spends a token and goes on with a session.
///
/// # Errors
/// [`OneTimeTokenFault`], and those of opening a session.
pub async fn verify(core: &AuthCore, ctx: &Ctx, token: &str) -> Result<Entry> {
    core.write(ctx, async |tx| {
        let found = verification::peek(tx, Purpose::OneTimeToken, token).await?;
        let Some(user_id) = found.and_then(|found| found.user_id) else {
            return Err(OneTimeTokenFault::Invalid.into());
        };
        // The row of the person is always locked before those that belong to it.
        users::find_locked(tx, &user_id).await?.ok_or(OneTimeTokenFault::Invalid)?;
        let Some(spent) = verification::consume(tx, Purpose::OneTimeToken, token).await? else {
            return Err(OneTimeTokenFault::Invalid.into());
        };
        let session = spent.value.get("session_id").and_then(serde_json::Value::as_str).unwrap_or_default();
        let session = SessionId::from_text(session.to_owned());
        let opened = sign_in::open_from(tx, &user_id, &session, METHOD).await?;
        opened.ok_or_else(|| OneTimeTokenFault::SessionEnded.into())
    })
    .await
}
