//! From a session here to one of a page on another site, where our cookies are those of a third party.
//!
//! A page of ours asks for a code in the name of whoever is signed in; the page of the other site exchanges it for a
//! session of its own. It is the authorization code of OAuth 2.0 with proof of possession (RFC 7636, S256 only): the code
//! is bound to the origin and the address that it was made for, lives for a minute, is stored hashed, and opens nothing
//! without the verifier, which never left the page. It is good once; one that comes again has leaked, and the session
//! that it opened ends (RFC 6749, 4.1.2).
//!
//! Which origins may ask is the edge's business. The session is opened by [`sign_in`](crate::sign_in) like every other,
//! under the epoch of the session from which it comes: whatever ended that, ends the code. It has the second factor that
//! was shown in that session; where none was and the person has one by now, there is no session for the code.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Timestamp;
use crate::ctx::{Actor, Ctx};
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, SessionId, UserId};
use crate::roles::RolesFault;
use crate::secret::{self, Secret};
use crate::sign_in::{self, Opened};
use crate::{AuthCore, sessions, users};

/// How a session is said to have been obtained.
pub const METHOD: &str = "handover";
/// How many seconds a code lives.
const LIFETIME: i64 = 60;
/// How many characters of `[0-9A-Za-z]` a code has: 256 random bits.
const CODE: usize = 43;
/// How many seconds a code is remembered after its end, so that one that comes again is known.
const REMEMBERED: i64 = 24 * 3600;

crate::faults! {
    /// What can go wrong with codes.
    pub enum HandoverFault {
        /// Unknown, used, expired, for another page, or without its verifier: one answer for all.
        InvalidCode => Invalid, "invalid_code", "The code is not valid", field "code";
        /// What a code is bound to must be the SHA-256 of a verifier.
        InvalidChallenge => Invalid, "invalid_code_challenge", "code_challenge must be the SHA-256 of the verifier in base64url (RFC 7636, S256)", field "code_challenge";
        /// Who acts as somebody else does so in their own browser, where it is seen.
        Impersonated => Forbidden, "impersonated_session", "A session in which an admin acts as somebody else is not handed over";
    }
}

/// What a code is made for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The origin of the page that will exchange it.
    pub client_origin: &'a str,
    /// Where the browser is sent with it; empty if it is handed over by a message.
    pub redirect_uri: &'a str,
    /// The S256 challenge.
    pub code_challenge: &'a str,
}

/// A code that was made.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The code.
    pub code: Secret,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// What comes with a code.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The code.
    pub code: &'a str,
    /// What proves that it comes from where it was asked for.
    pub code_verifier: &'a str,
    /// The origin of the page that sends it.
    pub client_origin: &'a str,
    /// Where the browser was sent with it, if the page says so.
    pub redirect_uri: Option<&'a str>,
}

/// Makes a code in the name of whoever asks. Records no event: the session that it opens does.
///
/// # Errors
/// [`HandoverFault::InvalidChallenge`], [`HandoverFault::Impersonated`], [`RolesFault::Unauthenticated`] for everybody
/// who has no session.
pub async fn grant(tx: &mut Tx, wanted: Wanted<'_>) -> Result<Granted> {
    let Actor::User { user_id, session_id, .. } = tx.ctx().actor.clone() else {
        return Err(RolesFault::Unauthenticated.into());
    };
    if wanted.code_challenge.len() != 43
        || URL_SAFE_NO_PAD.decode(wanted.code_challenge).map_or(0, |bytes| bytes.len()) != 32
    {
        return Err(HandoverFault::InvalidChallenge.into());
    }
    // Before what belongs to them, as everywhere.
    users::keep_caller(tx, &user_id).await?;
    let sql = "SELECT impersonated_by FROM sessions WHERE id = $1 AND user_id = $2";
    let row = db::one(tx, sql, [session_id.as_str().into(), user_id.as_str().into()]).await?;
    let Some(row) = row else { return Err(RolesFault::Unauthenticated.into()) };
    if row.get::<Option<String>>(0)?.is_some() {
        return Err(HandoverFault::Impersonated.into());
    }
    let code = secret::random_text(tx.chance(), CODE);
    let expires_at = tx.now().plus_seconds(LIFETIME);
    db::run(
        tx,
        "INSERT INTO handover_codes
             (code_hash, user_id, session_id, client_origin, redirect_uri, code_challenge, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            secret::hash(&code).into(),
            user_id.as_str().into(),
            session_id.as_str().into(),
            wanted.client_origin.into(),
            wanted.redirect_uri.into(),
            wanted.code_challenge.into(),
            tx.now().into(),
            expires_at.into(),
        ],
    )
    .await?;
    Ok(Granted { code: Secret::new(code), expires_at })
}

/// Opens a session for a code, once. One that was used before ends the session that it opened then.
///
/// # Errors
/// [`HandoverFault::InvalidCode`] for every code that is no good, and those of
/// [`open_session`](sign_in::open_session).
pub async fn redeem(core: &AuthCore, ctx: &Ctx, presented: Presented<'_>) -> Result<Opened> {
    if !is_verifier(presented.code_verifier) || presented.code.len() != CODE {
        return Err(HandoverFault::InvalidCode.into());
    }
    let hash = secret::hash(presented.code);
    let opened = core
        .write(ctx, async |tx| {
            if let Some((user_id, session_id)) = claim(tx, &hash, presented).await? {
                return open(tx, &hash, &user_id, &session_id).await.map(Some);
            }
            end_of_reused(tx, &hash).await?;
            Ok(None)
        })
        .await?;
    opened.ok_or_else(|| HandoverFault::InvalidCode.into())
}

/// Takes the code, if it is good and all that it is bound to is right: whose it is, and from which session. What is
/// not right uses nothing up, so that a thief without the verifier does not spoil it.
async fn claim(tx: &Tx, hash: &str, presented: Presented<'_>) -> Result<Option<(UserId, SessionId)>> {
    let sql = "UPDATE handover_codes SET used_at = $2
        WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2 AND code_challenge = $3 AND client_origin = $4
          AND ($5 = FALSE OR redirect_uri = $6)
        RETURNING user_id, session_id";
    let row = db::one(
        tx,
        sql,
        [
            hash.into(),
            tx.now().into(),
            challenge(presented.code_verifier).into(),
            presented.client_origin.into(),
            presented.redirect_uri.is_some().into(),
            presented.redirect_uri.unwrap_or_default().into(),
        ],
    )
    .await?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Opens the session, if the one from which the code comes is still good.
async fn open(tx: &mut Tx, hash: &str, user_id: &UserId, session_id: &SessionId) -> Result<Opened> {
    let opened =
        sign_in::open_from(tx, user_id, session_id, METHOD).await?.ok_or(HandoverFault::InvalidCode)?.opened()?;
    let sql = "UPDATE handover_codes SET opened_session_id = $2 WHERE code_hash = $1";
    db::run(tx, sql, [hash.into(), opened.session.id.as_str().into()]).await?;
    Ok(opened)
}

/// Ends the session that a code opened which comes a second time.
async fn end_of_reused(tx: &mut Tx, hash: &str) -> Result<()> {
    let sql = "SELECT user_id, opened_session_id FROM handover_codes WHERE code_hash = $1 AND used_at IS NOT NULL";
    let Some(row) = db::one(tx, sql, [hash.into()]).await? else { return Ok(()) };
    let (user_id, session): (UserId, Option<String>) = (row.get(0)?, row.get(1)?);
    if let Some(session) = session {
        sessions::revoke(tx, &user_id, &SessionId::from_text(session)).await?;
    }
    Ok(())
}

/// What a verifier is bound by (RFC 7636, 4.2).
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// Whether a text can be a verifier (RFC 7636, 4.1).
fn is_verifier(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(plain)
}

/// Forgets codes that ended long ago. Records no event: they ended when they expired.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    core.forget_expired("handover_codes", "code_hash", "expires_at", REMEMBERED).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_verifier(verifier));
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn verifiers_are_long_and_plain() {
        for bad in ["", &"a".repeat(42), &"a".repeat(129), &"ä".repeat(43), &format!("{} ", "a".repeat(43))] {
            assert!(!is_verifier(bad), "{bad:?}");
        }
    }
}
