//! What stands between the first proof and the session.

use super::TwoFactorFault;
use super::store::{self, Standing};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, UserId};
use crate::secret::{self, Secret};
use crate::sign_in::Opening;
use crate::users::{self, User};

/// How many seconds a challenge lives.
pub const LIFETIME: i64 = 600;
/// How many characters of `[0-9A-Za-z]` its token has: 190 random bits.
const TOKEN: usize = 32;
/// How many codes may be tried.
const TRIES: i64 = 5;

/// A way to show a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A code of an app.
    Totp,
    /// A code that is mailed.
    Otp,
}

impl Method {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Otp => "otp",
        }
    }
}

/// A sign-in that waits for a second factor.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// What stands for the first proof, for the browser alone.
    pub token: Secret,
    /// How the person may go on.
    pub methods: Vec<Method>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Asks the person, whose row is locked, for their second factor.
///
/// # Errors
/// Those of the database.
pub(crate) async fn challenge(tx: &Tx, user: &User, opening: &Opening<'_>) -> Result<Challenge> {
    let token = format!("2fa-{}", secret::random_text(tx.chance(), TOKEN));
    let expires_at = tx.now().plus_seconds(LIFETIME);
    let sql = "INSERT INTO two_factor_challenges
             (token_hash, user_id, user_epoch, method, remember, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        secret::hash(&token).into(),
        user.id.as_str().into(),
        user.access_epoch.into(),
        opening.method.into(),
        opening.remember.into(),
        tx.now().into(),
        expires_at.into(),
    ];
    db::run(tx, sql, values).await?;
    let standing = store::find(tx, &user.id).await?;
    Ok(Challenge { token: Secret::new(token), methods: methods(standing.as_ref(), opening.method), expires_at })
}

/// How a person may go on who came by this method. Who came by their mailbox and has an app shows the app: the mailbox a
/// second time would be the same factor twice. So does whose password or address was changed by the mailbox.
pub(super) fn methods(standing: Option<&Standing>, came_by: &str) -> Vec<Method> {
    let Some(standing) = standing.filter(|standing| standing.verified) else { return vec![Method::Otp] };
    if standing.app_only || may_prove_mailbox(came_by) { vec![Method::Totp] } else { vec![Method::Totp, Method::Otp] }
}

/// Where a session comes from another, nobody knows any more how that one was opened.
fn may_prove_mailbox(method: &str) -> bool {
    ["magic-link", "email-otp", "email-verification", "email-change", "one-time-token", "handover"].contains(&method)
}

/// A challenge that somebody brought, whose person's row is locked.
pub(super) struct Found {
    /// What names it in the database, and its codes.
    pub holder: String,
    /// The epoch under which the first proof was given.
    pub user_epoch: i64,
    /// How the first proof was given.
    pub method: String,
    /// Whether the session is to outlive the browser.
    pub remember: bool,
}

/// The challenge of a token, and its person, locked.
///
/// # Errors
/// [`TwoFactorFault::InvalidCookie`] if there is none, it has ended, or the person's access was changed since.
pub(super) async fn find_locked(tx: &Tx, token: &str) -> Result<(Found, User)> {
    let holder = secret::hash(token);
    let sql = "SELECT user_id, user_epoch, method, remember FROM two_factor_challenges
         WHERE token_hash = $1 AND expires_at > $2";
    let values = [holder.as_str().into(), tx.now().into()];
    let row = db::one(tx, sql, values.clone()).await?.ok_or(TwoFactorFault::InvalidCookie)?;
    let user_id: UserId = row.get(0)?;
    let user = users::find_locked(tx, &user_id).await?;
    // Once more: somebody else may have completed it until the person was ours.
    let row = db::one(tx, sql, values).await?.ok_or(TwoFactorFault::InvalidCookie)?;
    let found = Found { holder, user_epoch: row.get(1)?, method: row.get(2)?, remember: row.get(3)? };
    let same = |user: &User| user.access_epoch == found.user_epoch && user.two_factor_enabled;
    let user = user.filter(same).ok_or(TwoFactorFault::InvalidCookie)?;
    Ok((found, user))
}

/// Counts a try. `false` if there were enough.
pub(super) async fn count(tx: &Tx, found: &Found) -> Result<bool> {
    let sql = "UPDATE two_factor_challenges SET attempts = attempts + 1 WHERE token_hash = $1 AND attempts < $2";
    Ok(db::run(tx, sql, [found.holder.as_str().into(), TRIES.into()]).await? > 0)
}

/// Spends the challenge. `false` if somebody has.
pub(super) async fn consume(tx: &Tx, found: &Found) -> Result<bool> {
    let sql = "DELETE FROM two_factor_challenges WHERE token_hash = $1 AND expires_at > $2";
    Ok(db::run(tx, sql, [found.holder.as_str().into(), tx.now().into()]).await? > 0)
}
