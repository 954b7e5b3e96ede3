//! Single-use tokens that were mailed.
//!
//! A token belongs to one purpose and is stored hashed. It is spent by one conditional `DELETE`, so
//! that of two who bring it at the same time one gets it. What a token is good for is the business of
//! the flow that issued it.

pub mod codes;

use serde_json::Value as Json;

use crate::AuthCore;
use crate::clock::Timestamp;
use crate::db::{self, Change, Row, Scope, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{Id, UserId, VerificationId};
use crate::secret::{self, Secret};

/// What a token is for. A token of one purpose is nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Setting a new password.
    ResetPassword,
    /// Proving a mailbox: one's own, or the one that one wants to change to.
    VerifyEmail,
    /// What is left of a spent [`VerifyEmail`](Self::VerifyEmail), so that a second click on the same
    /// link is told that all is well. Opens nothing.
    VerifiedEmail,
    /// Deleting one's account.
    DeleteAccount,
    /// Signing in.
    MagicLink,
    /// Going on elsewhere with what a session has.
    OneTimeToken,
    /// Registering a passkey: the challenge that it answers.
    PasskeyRegistration,
    /// Showing a passkey.
    PasskeyAuthentication,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset-password",
            Self::VerifyEmail => "verify-email",
            Self::VerifiedEmail => "verified-email",
            Self::DeleteAccount => "delete-account",
            Self::MagicLink => "magic-link",
            Self::OneTimeToken => "one-time-token",
            Self::PasskeyRegistration => "passkey-registration",
            Self::PasskeyAuthentication => "passkey-authentication",
        }
    }
}

/// How many characters of `[0-9A-Za-z]` a token has: 142 random bits.
const LENGTH: usize = 24;

/// A token to be issued.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// For what.
    pub purpose: Purpose,
    /// Whose. `None` for nobody's: a token that will be mailed to nobody, made so that an unknown
    /// address costs what a known one does.
    pub user_id: Option<&'a UserId>,
    /// What the flow wants to find again.
    pub value: Json,
    /// For how many seconds it is good.
    pub expires_in: i64,
}

/// A token that was found.
#[derive(Clone, Debug)]
pub struct Token {
    /// Whose.
    pub user_id: Option<UserId>,
    /// What the flow kept with it.
    pub value: Json,
}

/// What is known of a token that could not be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be spent.
    Good,
    /// It was good once.
    Expired,
    /// Never heard of, or spent.
    Unknown,
}

faults! {
    /// What can go wrong with a token that somebody brings.
    pub enum VerificationFault {
        /// Used, expired, or never issued.
        InvalidToken => Invalid, "invalid_token", "Invalid token", field "token";
        /// The same, in a link that would have proven a mailbox.
        InvalidLink => Unauthenticated, "invalid_token", "Invalid token", field "token";
        /// A link that was good once.
        ExpiredLink => Unauthenticated, "token_expired", "Token expired", field "token";
        /// The same, in a link that only its owner may know of.
        NoSuchLink => NotFound, "invalid_token", "Invalid token", field "token";
    }
}

/// Issues a token.
pub async fn issue(tx: &Tx, new: NewToken<'_>) -> Result<Secret> {
    let token = secret::random_text(tx.chance(), LENGTH);
    insert(tx, &new, &secret::hash(&token)).await?;
    Ok(Secret::new(token))
}

async fn insert(tx: &Tx, new: &NewToken<'_>, token_hash: &str) -> Result<()> {
    let id: VerificationId = tx.new_id();
    let sql = "INSERT INTO verifications (id, purpose, token_hash, user_id, value, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (purpose, token_hash) DO NOTHING";
    let values = [
        id.as_str().into(),
        new.purpose.as_str().into(),
        token_hash.into(),
        new.user_id.map(|id| id.as_str().to_owned()).into(),
        new.value.to_string().into(),
        tx.now().plus_seconds(new.expires_in).into(),
        tx.now().into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(())
}

/// Spends a token. `None` if there is no such token, or no longer.
pub async fn consume(tx: &Tx, purpose: Purpose, token: &str) -> Result<Option<Token>> {
    let sql =
        "DELETE FROM verifications WHERE purpose = $1 AND token_hash = $2 AND expires_at > $3 RETURNING user_id, value";
    let values = [purpose.as_str().into(), secret::hash(token).into(), tx.now().into()];
    db::one(tx, sql, values).await?.map(|row| read(&row)).transpose()
}

/// Looks at a token without spending it.
pub async fn peek(db: &impl Scope, purpose: Purpose, token: &str) -> Result<Option<Token>> {
    let sql = "SELECT user_id, value FROM verifications WHERE purpose = $1 AND token_hash = $2 AND expires_at > $3";
    let values = [purpose.as_str().into(), secret::hash(token).into(), db.now().into()];
    db::one(db, sql, values).await?.map(|row| read(&row)).transpose()
}

/// How a token stands.
pub async fn standing(db: &impl Scope, purpose: Purpose, token: &str) -> Result<Standing> {
    let sql = "SELECT expires_at FROM verifications WHERE purpose = $1 AND token_hash = $2";
    let values = [purpose.as_str().into(), secret::hash(token).into()];
    Ok(match db::one(db, sql, values).await?.map(|row| row.get::<Timestamp>(0)).transpose()? {
        Some(end) if end > db.now() => Standing::Good,
        Some(_) => Standing::Expired,
        None => Standing::Unknown,
    })
}

/// Keeps the same token for another purpose, after it was spent for its own.
pub(crate) async fn keep_as(tx: &Tx, new: &NewToken<'_>, token: &str) -> Result<()> {
    insert(tx, new, &secret::hash(token)).await
}

fn read(row: &Row) -> Result<Token> {
    Ok(Token { user_id: row.get(0)?, value: serde_json::from_str(&row.get::<String>(1)?)? })
}

/// Voids all tokens and codes of a person, with the next statement. Records nothing: whoever calls it says
/// why.
pub fn void(tx: &Tx, user_id: &UserId) {
    let sql = "DELETE FROM verifications WHERE user_id = $1";
    db::later(tx, Change::new(sql, [user_id.as_str().into()]));
    codes::void(tx, user_id);
}

/// Voids a person's tokens of one purpose.
pub async fn void_purpose(tx: &Tx, user_id: &UserId, purpose: Purpose) -> Result<u64> {
    let sql = "DELETE FROM verifications WHERE user_id = $1 AND purpose = $2";
    db::run(tx, sql, [user_id.as_str().into(), purpose.as_str().into()]).await
}

/// How long an expired token is kept, so that it can be told from one that never was: a day.
const REMEMBERED: i64 = 86_400;

/// Removes tokens and codes that expired a day ago and more. Records no event: they were good for nothing.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    let tokens = core.forget_expired("verifications", "id", "expires_at", REMEMBERED).await?;
    Ok(tokens + codes::sweep(core).await?)
}
