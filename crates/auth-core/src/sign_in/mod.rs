//! Opening sessions. [`open_session`] is where every way of signing in ends, so that nobody gets past a ban, a gate, a raised
//! epoch or a second factor by taking another way. Who acts as somebody else does not sign in: see [`impersonation`].
//!
//! What a sign-in comes to is an [`Entry`]: a session, or the wish for a second factor. Where one was just shown, or a
//! session takes the place of another, `open_proven` and `replace_session` ask for none; all else is the same to them.

pub mod by_mailbox;
pub mod impersonation;
mod password;
mod sign_up;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;

use serde_json::json;

use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{Id, SessionId, UserId};
use crate::orgs::domains::enrollment;
use crate::outbox::{Event, EventKind};
use crate::secret::{self, Secret};
use crate::sessions::{self, Session};
use crate::throttles;
use crate::two_factor::{self, Challenge};
use crate::users::{self, User, email};

pub use password::{by_password, by_phone_number, by_username};
pub use sign_up::{SignUp, SignedUp, sign_up};

/// Signing in with a password.
pub const PASSWORD: &str = "password";

/// What the method begins with of who came in through a service, whose id follows.
pub(crate) const BY_SERVICE: &str = "social:";

/// How many characters of `[0-9A-Za-z]` a session's token has: 190 random bits.
const TOKEN: usize = 32;

faults! {
    /// Why a session is not opened.
    pub enum SignInFault {
        /// Unknown address, no password, or another one: which, is not told.
        InvalidEmailOrPassword => Unauthenticated, "invalid_email_or_password", "Invalid email or password";
        /// The same with a user name.
        InvalidUsernameOrPassword => Unauthenticated, "invalid_username_or_password", "Invalid username or password";
        /// The same with a telephone number.
        InvalidPhoneNumberOrPassword => Unauthenticated, "invalid_phone_number_or_password", "Invalid phone number or password";
        /// Access was ended while the sign-in was under way.
        AccessEnded => Unauthenticated, "access_ended", "Access was changed while you signed in. Please try again.";
        /// The mailbox must be proven first.
        EmailNotVerified => Forbidden, "email_not_verified", "Email not verified";
        /// Shut out by an admin.
        Banned => Forbidden, "banned_user", "You have been banned from this application. Please contact support if you believe this is an error.";
        /// Locked by an admin.
        Locked => Forbidden, "user_locked", "Your account is locked. Please contact support.";
        /// A second factor is asked for, and this way of signing in cannot ask.
        SecondFactorWanted => Forbidden, "second_factor_wanted", "This account asks for a second factor, which cannot be shown here";
        /// Strangers may not sign up here.
        SignUpDisabled => Invalid, "email_password_sign_up_disabled", "Email and password sign up is not enabled";
        /// Nor by reading a mailbox.
        NewUserSignUpDisabled => Invalid, "new_user_signup_disabled", "New user sign up is not enabled";
    }
}

/// What a gate answers, later.
pub type Passing<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Something that may refuse a session, whatever the method. Asked inside the transaction that would
/// open it, with the person's row locked.
pub trait SignInGate: Send + Sync {
    /// `Ok` lets the person pass.
    fn check<'a>(&'a self, tx: &'a Tx, user: &'a User) -> Passing<'a>;
}

/// A session to be opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// For whom.
    pub user_id: &'a UserId,
    /// The person's epoch when what proves them was read. If it has moved since, nothing is opened.
    pub observed_epoch: i64,
    /// How they proved themselves.
    pub method: &'a str,
    /// Whether the session outlives the browser.
    pub remember: bool,
    /// Through which service, by its id, if it was one; or who opened the session from which this one comes did.
    pub provider: Option<&'a str>,
    /// When they did, if it was for another session from which this one comes: it is no fresher than that one.
    pub proven_at: Option<Timestamp>,
}

impl<'a> Opening<'a> {
    /// For somebody who proves themselves at this moment.
    #[must_use]
    pub fn now(user_id: &'a UserId, observed_epoch: i64, method: &'a str, remember: bool) -> Self {
        Self { user_id, observed_epoch, method, remember, provider: method.strip_prefix(BY_SERVICE), proven_at: None }
    }

    /// The same for a person who was read in this transaction, with their row locked, in a session that outlives the browser.
    #[must_use]
    pub fn of(user: &'a User, method: &'a str) -> Self {
        Self::now(&user.id, user.access_epoch, method, true)
    }
}

/// A session that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The session.
    pub session: Session,
    /// Whose.
    pub user: User,
    /// What opens it, for its owner alone.
    pub token: Secret,
    /// What the caller's device presents the next time, if it was trusted or is from now on: what it presented is void.
    pub trusted_device: Option<Secret>,
}

/// What a sign-in comes to. Whoever signs somebody in has to say what happens in either case.
#[derive(Clone, Debug)]
#[must_use = "a second factor may be wanted: then there is no session"]
pub enum Entry {
    /// A session.
    Opened(Box<Opened>),
    /// No session yet: the person shows a second factor first. See [`two_factor`].
    SecondFactor(Box<Challenge>),
}

impl Entry {
    /// The session, where nothing but a session will do.
    ///
    /// # Errors
    /// [`SignInFault::SecondFactorWanted`].
    pub fn opened(self) -> Result<Opened> {
        match self {
            Self::Opened(opened) => Ok(*opened),
            Self::SecondFactor(_) => Err(SignInFault::SecondFactorWanted.into()),
        }
    }
}

/// Opens a session for whoever has proven themselves in one way, or asks for a second factor if the person has one and the
/// device is not trusted. Nothing is opened if access was ended meanwhile, the person is banned, their mailbox must be
/// proven first, or a gate refuses.
///
/// # Errors
/// [`SignInFault`]; those of the gates.
pub async fn open_session(tx: &mut Tx, opening: Opening<'_>) -> Result<Entry> {
    let user = enter(tx, &opening).await?;
    if !user.two_factor_enabled {
        return Ok(Entry::Opened(Box::new(issue(tx, user, opening, None).await?)));
    }
    if let Some(renewed) = two_factor::recognize_device(tx, &user).await? {
        let opened = issue(tx, user, opening, Some(two_factor::TRUSTED_DEVICE)).await?;
        return Ok(Entry::Opened(Box::new(Opened { trusted_device: Some(renewed), ..opened })));
    }
    Ok(Entry::SecondFactor(Box::new(two_factor::challenge(tx, &user, &opening).await?)))
}

/// Opens a session that takes the place of one that the caller ends in the same transaction: nobody signs in, so no second
/// factor is asked for. What was shown before is as good as it was.
///
/// # Errors
/// As [`open_session`].
pub(crate) async fn replace_session(tx: &mut Tx, opening: Opening<'_>, shown: Option<&str>) -> Result<Opened> {
    let user = enter(tx, &opening).await?;
    issue(tx, user, opening, shown).await
}

/// Opens a session for whoever has just shown a second factor, by that way.
///
/// # Errors
/// As [`open_session`].
pub(crate) async fn open_proven(tx: &mut Tx, opening: Opening<'_>, shown: &str) -> Result<Opened> {
    let user = enter(tx, &opening).await?;
    issue(tx, user, opening, Some(shown)).await
}

/// The person, locked, if they may come in.
async fn enter(tx: &mut Tx, opening: &Opening<'_>) -> Result<User> {
    let Some(user) = users::find_locked(tx, opening.user_id).await? else {
        return Err(SignInFault::AccessEnded.into());
    };
    if user.access_epoch != opening.observed_epoch {
        return Err(SignInFault::AccessEnded.into());
    }
    // Whichever way they come: methods that prove a mailbox have marked it by now. Visitors have none.
    let must_be_proven = tx.settings().sign_up.require_email_verification && !user.is_anonymous;
    let unproven = must_be_proven && !user.email_verified;
    admit(tx, &user, unproven).await?;
    Ok(user)
}

/// Makes the session. Whether the person may have one was decided before. Who comes with a proven address may be invited for
/// that.
async fn issue(tx: &mut Tx, user: User, opening: Opening<'_>, second_factor: Option<&str>) -> Result<Opened> {
    let now = tx.now();
    let proven_at = opening.proven_at.unwrap_or(now);
    let token = secret::random_text(tx.chance(), TOKEN);
    let row = sessions::entity::Model {
        id: tx.new_id(),
        token_hash: secret::hash(&token),
        user_id: user.id.clone(),
        user_epoch: user.access_epoch,
        expires_at: sessions::end(&tx.settings().session, opening.remember, proven_at, now),
        remember: opening.remember,
        ip_address: tx.ctx().ip.clone(),
        user_agent: tx.ctx().user_agent.as_deref().map(printable),
        active_organization_id: None,
        impersonated_by: None,
        impersonator_epoch: None,
        impersonator_session_id: None,
        method: opening.method.to_owned(),
        provider: opening.provider.map(str::to_owned),
        second_factor: second_factor.map(str::to_owned),
        created_at: proven_at,
        updated_at: now,
        additional_fields: sessions::default_fields(tx)?,
    };
    let session = sessions::insert(tx, row).await?;
    let number = user.phone_number.clone().filter(|_| user.phone_number_verified);
    let names = [Some(email::key(&user.email)), user.username.clone(), number, Some(user.id.as_str().to_owned())];
    throttles::welcome(tx, names.iter().flatten().map(String::as_str))?;
    let seen = "UPDATE users SET last_sign_in_at = $2 WHERE id = $1";
    db::run(tx, seen, [user.id.as_str().into(), now.into()]).await?;
    let payload = json!({
        "v": 1, "session_id": session.id.as_str(), "user_id": user.id.as_str(), "method": opening.method,
        "second_factor": second_factor, "ip_address": session.ip_address, "user_agent": session.user_agent, "expires_at": session.expires_at.millis(),
    });
    tx.record(Event::new(EventKind::SessionCreated, &session.id, payload));
    Box::pin(enrollment::on_entry(tx, &user)).await?;
    let user = User { last_sign_in_at: Some(now), ..user };
    Ok(Opened { session, user, token: Secret::new(token), trusted_device: None })
}

/// Opens a session for who has another, elsewhere. It is as fresh as that one, and what second factor was shown there counts:
/// nobody has proven themselves anew. `None` if that one has ended.
///
/// # Errors
/// As [`open_session`].
pub(crate) async fn open_from(
    tx: &mut Tx,
    user_id: &UserId,
    session: &SessionId,
    method: &str,
) -> Result<Option<Entry>> {
    let Some(source) = sessions::source(tx, user_id, session).await? else { return Ok(None) };
    let sessions::Source { user_epoch, remember, proven_at, second_factor, provider } = source;
    let opening = Opening {
        user_id,
        observed_epoch: user_epoch,
        method,
        remember,
        provider: provider.as_deref(),
        proven_at: Some(proven_at),
    };
    match second_factor {
        Some(shown) => Ok(Some(Entry::Opened(Box::new(open_proven(tx, opening, &shown).await?)))),
        // Set up since then: to show it is to prove oneself anew.
        None => open_session(tx, opening).await.map(Some),
    }
}

/// Refuses a session to who is banned, locked, has a mailbox to prove first, or is stopped by a gate. Their row is locked.
pub(crate) async fn admit(tx: &Tx, user: &User, unproven: bool) -> Result<()> {
    if user.is_banned(tx.now()) {
        return Err(SignInFault::Banned.into());
    }
    if user.is_locked() {
        return Err(SignInFault::Locked.into());
    }
    if unproven {
        return Err(SignInFault::EmailNotVerified.into());
    }
    for gate in &tx.shared.gates {
        gate.check(tx, user).await?;
    }
    Ok(())
}

/// A header's text without what PostgreSQL does not store.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(512).collect()
}
