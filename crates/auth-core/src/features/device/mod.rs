//! Device authorization (RFC 8628): something without a keyboard asks for a code, shows it, and waits; whoever types it in
//! elsewhere, signed in, lets it in.
//!
//! Both codes are stored hashed: the device's as it is, the short one that people type under the instance's key. Whoever looks
//! at a request first has claimed it, and nobody else decides about it (GHSA-cq3f-vc6p-68fh). What they decided with is what
//! the device's session stands on: their session, so that an approval that waits ends with their signing out; their epoch then,
//! so that whatever ends their access ends it; and when they had proven themselves, so that no session gets fresher by a detour. The device takes it by one conditional
//! statement. Impatience is counted by another: each poll too early makes the interval five seconds longer (3.5).

mod store;

use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::{Actor, Ctx};
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{SessionId, UserId};
use crate::secret::{self, Secret};
use crate::sign_in::{self, Entry, Opened, Opening, impersonation};
use crate::throttles::{self, Act};
use crate::two_factor::TwoFactorFault;
use crate::{sessions, users};

/// How a session is said to have been obtained.
pub const METHOD: &str = "device";
/// How many characters of `[0-9A-Za-z]` the device's code has: 238 random bits.
const DEVICE_CODE: usize = 40;
/// What the code is made of that people type: nothing that looks like something else.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// How many characters it has: 40 random bits, good for a few minutes, asked for by who is signed in.
const USER_CODE: usize = 8;
/// How many seconds each poll too early adds (RFC 8628, 3.5).
const IMPATIENCE: i64 = 5;
/// Longest scope.
const SCOPE: usize = 1024;

faults! {
    /// What a device is told, in the words of RFC 8628, 3.5, and RFC 6749, 5.2; and who decides about one.
    pub enum DeviceFault {
        /// The client is not configured.
        InvalidClient => Invalid, "invalid_client", "Invalid client ID";
        /// The scope is too long or holds what no scope does.
        InvalidScope => Invalid, "invalid_scope", "Invalid scope";
        /// Another grant than that of RFC 8628.
        UnsupportedGrant => Invalid, "unsupported_grant_type", "The grant type is not supported";
        /// No such code, used, or another client's.
        InvalidGrant => Invalid, "invalid_grant", "Invalid device code";
        /// Nobody has decided yet.
        Pending => Invalid, "authorization_pending", "Authorization pending";
        /// Too soon.
        SlowDown => Invalid, "slow_down", "Polling too frequently";
        /// It was good once.
        Expired => Invalid, "expired_token", "Device code has expired";
        /// Whoever decided said no, or their access has ended since.
        Denied => Invalid, "access_denied", "Access denied";
        /// No such code to type in.
        InvalidUserCode => Invalid, "invalid_request", "Invalid user code";
        /// It was good once.
        UserCodeExpired => Invalid, "expired_token", "User code has expired";
        /// Somebody has decided.
        AlreadyProcessed => Invalid, "invalid_request", "Device code already processed";
        /// Nobody has looked at the request.
        NotClaimed => Invalid, "invalid_request", "Device code has not been claimed by a verifying session; call `GET /device` with the `user_code` while signed in before approving or denying";
        /// Somebody else has.
        NotYours => Forbidden, "access_denied", "You are not authorized to decide about this device authorization request";
        /// Without a session nobody decides.
        Unauthenticated => Unauthenticated, "unauthorized", "Authentication required";
    }
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody has decided.
    Pending,
    /// The device may come in.
    Approved,
    /// It may not.
    Denied,
}

impl Status {
    /// The word for it, in the table and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
        }
    }

    fn from_stored(text: &str) -> Self {
        match text {
            "approved" => Self::Approved,
            "pending" => Self::Pending,
            _ => Self::Denied,
        }
    }
}

/// What a device is given.
#[derive(Clone, Debug)]
pub struct Issued {
    /// What it polls with.
    pub device_code: Secret,
    /// What it shows.
    pub user_code: Secret,
    /// For how many seconds both are good.
    pub expires_in: i64,
    /// How many seconds it waits between two polls.
    pub interval: i64,
}

/// A request, for who is to decide about it.
#[derive(Clone, Debug)]
pub struct Request {
    /// How it stands.
    pub status: Status,
    /// Which client asks, and for what: only for who has claimed it.
    pub asked: Option<Asked>,
}

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The client.
    pub client_id: String,
    /// What for, in its own words.
    pub scope: Option<String>,
}

/// What a device got.
#[derive(Clone, Debug)]
pub struct Granted {
    /// Its session.
    pub opened: Opened,
    /// What it had asked for.
    pub scope: Option<String>,
}

/// Gives a device its codes. Records no event: the session does, if one comes of it.
///
/// # Errors
/// [`DeviceFault::InvalidClient`], [`DeviceFault::InvalidScope`].
pub async fn issue(tx: &mut Tx, client_id: &str, scope: Option<&str>) -> Result<Issued> {
    check_client(tx, client_id)?;
    // RFC 6749, 3.3.
    let is_scope =
        |text: &str| text.len() <= SCOPE && text.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\');
    if scope.is_some_and(|scope| !is_scope(scope)) {
        return Err(DeviceFault::InvalidScope.into());
    }
    let settings = tx.settings().methods.device.clone();
    let device_code = secret::random_text(tx.chance(), DEVICE_CODE);
    let mut bytes = [0; USER_CODE];
    tx.chance().fill(&mut bytes);
    let user_code: String = bytes.iter().map(|b| char::from(ALPHABET[usize::from(*b) % ALPHABET.len()])).collect();
    let new = store::New {
        device_code_hash: secret::hash(&device_code),
        user_code_hash: typed(tx, &user_code),
        client_id,
        scope,
        interval: settings.interval,
        expires_at: tx.now().plus_seconds(settings.expires_in),
    };
    store::insert(tx, &new).await?;
    Ok(Issued {
        device_code: Secret::new(device_code),
        user_code: Secret::new(user_code),
        expires_in: settings.expires_in,
        interval: settings.interval,
    })
}

fn check_client(tx: &Tx, client_id: &str) -> Result<()> {
    let known = &tx.settings().methods.device.client_ids;
    if known.iter().any(|known| known == client_id) { Ok(()) } else { Err(DeviceFault::InvalidClient.into()) }
}

/// What is stored of a code that people type, however they type it.
fn typed(tx: &Tx, user_code: &str) -> String {
    let plain: String =
        user_code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).take(64).collect();
    hex::encode(tx.settings().secret.sign(&format!("device\n{plain}")))
}

/// The person who decides, with the session in which they do. Nobody decides for somebody else: a device's session would
/// outlive the hour.
fn decider(tx: &mut Tx) -> Result<Option<(UserId, SessionId)>> {
    impersonation::refuse_making(tx, None, "device_session")?;
    Ok(match &tx.ctx().actor {
        Actor::User { user_id, session_id, .. } => Some((user_id.clone(), session_id.clone())),
        _ => None,
    })
}

/// Looks at a request by the code that the device shows. Who is signed in claims it, unless somebody has. Guesses are
/// counted.
///
/// # Errors
/// [`DeviceFault::InvalidUserCode`], [`DeviceFault::UserCodeExpired`]; those of [`impersonation::refuse`].
pub async fn look(core: &AuthCore, ctx: &Ctx, user_code: &str) -> Result<Request> {
    guess(core, ctx, async |tx| claim(tx, user_code).await).await
}

/// Does what takes the code that people type, and counts it as a guess unless it succeeds.
async fn guess<T>(core: &AuthCore, ctx: &Ctx, f: impl AsyncFn(&mut Tx) -> Result<T>) -> Result<T> {
    throttles::count_first(core, ctx, Act::DeviceCode, None).await?;
    core.write(ctx, async |tx| {
        let done = f(tx).await?;
        throttles::take_back(tx, Act::DeviceCode, None)?;
        Ok(done)
    })
    .await
}

async fn claim(tx: &mut Tx, user_code: &str) -> Result<Request> {
    let who = decider(tx)?;
    let hash = typed(tx, user_code);
    if let Some((user_id, _)) = &who {
        users::lock(tx, user_id).await?;
        store::claim(tx, &hash, user_id).await?;
    }
    let row = standing(tx, &hash).await?;
    let is_theirs = who.is_some_and(|(user_id, _)| row.user_id.as_ref() == Some(&user_id));
    let asked = is_theirs.then_some(Asked { client_id: row.client_id, scope: row.scope });
    Ok(Request { status: row.status, asked })
}

async fn standing(tx: &Tx, user_code_hash: &str) -> Result<store::Stored> {
    let row = store::by_user_code(tx, user_code_hash).await?.ok_or(DeviceFault::InvalidUserCode)?;
    if row.expires_at <= tx.now() { Err(DeviceFault::UserCodeExpired.into()) } else { Ok(row) }
}

/// Lets a device in, or not: whoever has claimed its request decides, once. Guesses of the code are counted.
///
/// # Errors
/// [`DeviceFault`]; those of [`impersonation::refuse`].
pub async fn decide(core: &AuthCore, ctx: &Ctx, user_code: &str, approve: bool) -> Result<()> {
    guess(core, ctx, async |tx| settle(tx, user_code, approve).await).await
}

async fn settle(tx: &mut Tx, user_code: &str, approve: bool) -> Result<()> {
    let (user_id, session_id) = decider(tx)?.ok_or(DeviceFault::Unauthenticated)?;
    let user = users::lock(tx, &user_id).await?;
    let source = sessions::source(tx, &user_id, &session_id).await?;
    let source = source.filter(|source| source.user_epoch == user.access_epoch).ok_or(DeviceFault::Unauthenticated)?;
    let hash = typed(tx, user_code);
    let status = if approve { Status::Approved } else { Status::Denied };
    let second_factor = source.second_factor.as_deref();
    if approve && user.two_factor_enabled && second_factor.is_none() {
        // The device cannot show one, so it is the approval that does.
        return Err(TwoFactorFault::NotShownHere.into());
    }
    let (epoch, proven_at) = (user.access_epoch, source.proven_at);
    let session_id = Some(&session_id);
    let decision = store::Decision { user_id: &user_id, session_id, status, epoch, proven_at, second_factor };
    if store::decide(tx, &hash, &decision).await? {
        return Ok(());
    }
    let row = standing(tx, &hash).await?;
    Err(match (row.status, row.user_id) {
        (Status::Pending, None) => DeviceFault::NotClaimed.into(),
        (Status::Pending, Some(_)) => DeviceFault::NotYours.into(),
        _ => DeviceFault::AlreadyProcessed.into(),
    })
}

/// What a poll finds, before anything is changed.
struct Found {
    user_id: UserId,
    /// In which session somebody decided.
    session_id: Option<SessionId>,
    epoch: i64,
    proven_at: Timestamp,
    second_factor: Option<String>,
    scope: Option<String>,
}

/// A poll of a device: opens its session if somebody has let it in. The device's code is spent then.
///
/// # Errors
/// [`DeviceFault`].
pub async fn redeem(core: &AuthCore, ctx: &Ctx, client_id: &str, device_code: &str) -> Result<Granted> {
    let hash = secret::hash(device_code);
    let granted = core.write(ctx, async |tx| {
        check_client(tx, client_id)?;
        let Some(before) = store::by_device_code(tx, &hash, client_id).await? else {
            return Err(DeviceFault::InvalidGrant.into());
        };
        // The row of the person is always locked before those that belong to it.
        if let Some(user_id) = &before.user_id {
            users::find_locked(tx, user_id).await?;
        }
        let Some(found) = poll(tx, &hash, client_id).await? else { return Ok(None) };
        let by = match &found.session_id {
            Some(session_id) => sessions::source(tx, &found.user_id, session_id).await?,
            None => None,
        };
        let Some(by) = by else {
            // Whoever let it in has signed out since. The approval is spent all the same.
            tx.conclude_with(DeviceFault::Denied);
            return Ok(None);
        };
        let now = Opening::now(&found.user_id, found.epoch, METHOD, true);
        let opening = Opening { provider: by.provider.as_deref(), proven_at: Some(found.proven_at), ..now };
        let opened = match &found.second_factor {
            Some(shown) => sign_in::open_proven(tx, opening, shown).await,
            // Set up since the approval: nobody can show it here.
            None => sign_in::open_session(tx, opening).await.and_then(Entry::opened),
        };
        match opened {
            Ok(opened) => Ok(Some(Granted { opened, scope: found.scope })),
            Err(error) if error.is_ours() => Err(error),
            Err(_) => {
                // The approval is spent all the same.
                tx.conclude_with(DeviceFault::Denied);
                Ok(None)
            }
        }
    });
    granted.await?.ok_or_else(|| DeviceFault::Denied.into())
}

/// Counts a poll and spends an approval. What is refused concludes the transaction, which keeps the count.
async fn poll(tx: &mut Tx, hash: &str, client_id: &str) -> Result<Option<Found>> {
    let Some(row) = store::poll(tx, hash, client_id).await? else {
        store::slow_down(tx, hash, client_id, IMPATIENCE).await?;
        tx.conclude_with(DeviceFault::SlowDown);
        return Ok(None);
    };
    if row.expires_at <= tx.now() {
        store::forget(tx, hash, client_id).await?;
        tx.conclude_with(DeviceFault::Expired);
        return Ok(None);
    }
    match row.status {
        Status::Pending => tx.conclude_with(DeviceFault::Pending),
        Status::Denied => {
            store::forget(tx, hash, client_id).await?;
            tx.conclude_with(DeviceFault::Denied);
        }
        Status::Approved => {
            if let Some(spent) = store::spend(tx, hash, client_id).await? {
                return Ok(Some(spent));
            }
            tx.conclude_with(DeviceFault::InvalidGrant);
        }
    }
    Ok(None)
}

/// How long an expired request is kept, so that it can be told from one that never was: a day.
const REMEMBERED: i64 = 86_400;

/// Removes requests that expired a day ago and more. Records no event: they were good for nothing.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    core.forget_expired("device_codes", "id", "expires_at", REMEMBERED).await
}
