//! The two ceremonies: registering a passkey and showing it (W3C Web Authentication, 7.1 and 7.2).
//!
//! Each is one transaction: the person is locked, the challenge is spent, what came is verified, what follows is written.
//! What fails after the challenge was spent is committed nevertheless, so that a challenge is answered once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use uuid::Uuid;
use webauthn_rs::prelude as webauthn;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential, WebauthnError};

use super::store::Stored;
use super::{
    CHALLENGE, METHOD, MOST, NAME, Passkey, PasskeyFault, caller, check_name, facts, parts, relying_party, store,
};
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::{Error, Kind, Result};
use crate::ids::UserId;
use crate::outbox::{Event, EventKind};
use crate::roles::RolesFault;
use crate::secret::Secret;
use crate::sessions;
use crate::sign_in::{self, Opened, Opening, impersonation};
use crate::two_factor;
use crate::users::{self, User};
use crate::verification::{self, NewToken, Purpose, Token};

/// Longest id that an authenticator may give (W3C Web Authentication, 4, Credential ID).
const CREDENTIAL_ID: usize = 1023;
/// How many ways to reach an authenticator are noted, and how long each may be.
const TRANSPORTS: (usize, usize) = (8, 32);
/// Where an authenticator may be.
const ATTACHMENTS: [&str; 2] = ["platform", "cross-platform"];

/// A ceremony that has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What the page hands to the authenticator: the options of the W3C's specification, in its JSON.
    pub options: Json,
    /// What the browser brings back, and no script sees.
    pub reference: Secret,
}

/// What comes back when a passkey is registered.
#[derive(Clone, Debug)]
pub struct Registration<'a> {
    /// What the browser was given when it began.
    pub reference: Option<&'a str>,
    /// What the authenticator says: a `RegistrationResponseJSON` of the specification.
    pub response: Json,
    /// What its owner calls the passkey.
    pub name: Option<&'a str>,
}

/// Begins to register a passkey of the person who asks. `label` is what the authenticator calls the account, in the place of
/// the address. Records no event: the passkey has one.
///
/// # Errors
/// [`RolesFault::Unauthenticated`]; those of [`impersonation::refuse`]; [`PasskeyFault::TooMany`],
/// [`PasskeyFault::InvalidAttachment`], [`PasskeyFault::InvalidName`].
pub async fn begin_registration(tx: &mut Tx, label: Option<&str>, attachment: Option<&str>) -> Result<Begun> {
    impersonation::refuse_making(tx, None, "passkey")?;
    let actor = tx.ctx().actor.clone();
    let (user_id, session_id) = caller(&actor)?;
    if attachment.is_some_and(|attachment| !ATTACHMENTS.contains(&attachment)) {
        return Err(PasskeyFault::InvalidAttachment.into());
    }
    label.map_or(Ok(()), check_name)?;
    let user = users::keep_caller(tx, user_id).await?;
    two_factor::demand_shown(tx, &user, session_id).await?;
    let own = store::list(tx, user_id).await?;
    if own.len() >= MOST {
        return Err(PasskeyFault::TooMany.into());
    }
    // An authenticator keeps one passkey of a handle. It says nothing about the person.
    let handle = if let Some(handle) = store::handle(tx, user_id).await? {
        Uuid::parse_str(&handle).map_err(Error::internal)?
    } else {
        let mut bytes = [0; 16];
        tx.chance().fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    };
    let known = own.iter().filter_map(|passkey| URL_SAFE_NO_PAD.decode(&passkey.credential_id).ok());
    let known: Vec<webauthn::CredentialID> = known.collect();
    let called = if user.name.is_empty() { &user.email } else { &user.name };
    let shown: String = called.chars().filter(|c| !c.is_control()).take(NAME).collect();
    let party = relying_party::of(tx.settings())?;
    let (challenge, state) = party
        .start_passkey_registration(handle, label.unwrap_or(&user.email), &shown, Some(known))
        .map_err(Error::internal)?;
    let mut options = serde_json::to_value(challenge.public_key)?;
    // Authenticators are asked to keep it where people are found by it, so that one signs in without saying who one is.
    options["authenticatorSelection"] =
        json!({ "residentKey": "preferred", "requireResidentKey": false, "userVerification": "required" });
    if let Some(attachment) = attachment {
        options["authenticatorSelection"]["authenticatorAttachment"] = attachment.into();
    }
    options["extensions"] = json!({
        "credProps": true,
        "credentialProtectionPolicy": "userVerificationRequired", "enforceCredentialProtectionPolicy": false,
    });
    let value = json!({ "state": serde_json::to_value(&state)?, "handle": handle.to_string() });
    let new = NewToken { purpose: Purpose::PasskeyRegistration, user_id: Some(user_id), value, expires_in: CHALLENGE };
    Ok(Begun { options, reference: verification::issue(tx, new).await? })
}

/// Registers a passkey of the person who asks.
///
/// # Errors
/// [`RolesFault::Unauthenticated`] if the session has ended meanwhile; those of [`impersonation::refuse`];
/// [`PasskeyFault`].
pub async fn register(core: &AuthCore, ctx: &Ctx, registration: Registration<'_>) -> Result<Passkey> {
    let Registration { reference, mut response, name } = registration;
    name.map_or(Ok(()), check_name)?;
    // They are hints, and new ones are invented now and then.
    let transports = take_transports(&mut response);
    let answer: RegisterPublicKeyCredential = parsed(response).ok_or(PasskeyFault::RegistrationFailed)?;
    let registered = core.write(ctx, async |tx| {
        impersonation::refuse_making(tx, None, "passkey")?;
        let (user_id, session_id) = caller(&ctx.actor)?;
        let user = users::lock(tx, user_id).await?;
        // Whoever ended this access meanwhile, or proved the mailbox, is not to find a new way in afterwards.
        let source = sessions::source(tx, user_id, session_id).await?;
        if source.is_none_or(|source| source.user_epoch != user.access_epoch) {
            return Err(RolesFault::Unauthenticated.into());
        }
        // It would be a way in that asks for no second factor.
        two_factor::demand_shown(tx, &user, session_id).await?;
        let reference = reference.ok_or(PasskeyFault::ChallengeNotFound)?;
        let spent = verification::consume(tx, Purpose::PasskeyRegistration, reference).await?;
        let spent = spent.ok_or(PasskeyFault::ChallengeNotFound)?;
        settled(keep(tx, &user, &spent, &answer, name, transports.clone()).await)
    });
    registered.await?
}

async fn keep(
    tx: &mut Tx,
    user: &User,
    spent: &Token,
    answer: &RegisterPublicKeyCredential,
    name: Option<&str>,
    transports: Option<String>,
) -> Result<Passkey> {
    if spent.user_id.as_ref() != Some(&user.id) {
        return Err(PasskeyFault::NotYours.into());
    }
    let state: webauthn::PasskeyRegistration = state_of(spent)?;
    let party = relying_party::of(tx.settings())?;
    let credential = party
        .finish_passkey_registration(answer, &state)
        .map_err(|error| failed(&error, PasskeyFault::RegistrationFailed))?;
    let made = parts::read(&answer.response.attestation_object).ok_or(PasskeyFault::RegistrationFailed)?;
    if credential.cred_id().len() > CREDENTIAL_ID {
        return Err(PasskeyFault::RegistrationFailed.into());
    }
    if store::list(tx, &user.id).await?.len() >= MOST {
        return Err(PasskeyFault::TooMany.into());
    }
    let handle = spent.value["handle"].as_str().unwrap_or_default();
    let passkey = Passkey {
        id: tx.new_id(),
        user_id: user.id.clone(),
        name: name.map(str::to_owned),
        credential_id: URL_SAFE_NO_PAD.encode(credential.cred_id()),
        public_key: made.public_key,
        aaguid: made.aaguid,
        transports,
        sign_count: made.sign_count,
        backup_eligible: made.backup_eligible,
        backed_up: made.backed_up,
        created_at: tx.now(),
        last_used_at: None,
    };
    let new = Stored { passkey, user_handle: handle.to_owned(), credential: serde_json::to_string(&credential)? };
    if !store::insert(tx, &new).await? {
        return Err(PasskeyFault::PreviouslyRegistered.into());
    }
    tx.record(Event::new(EventKind::PasskeyCreated, &user.id, facts(&new.passkey)));
    Ok(new.passkey)
}

/// Begins to show a passkey: one of the person who asks, or whichever the authenticator finds. Records no event.
///
/// # Errors
/// [`RolesFault::Unauthenticated`] if the person is gone.
pub async fn begin_assertion(tx: &mut Tx, user_id: Option<&UserId>) -> Result<Begun> {
    let own = match user_id {
        Some(user_id) => {
            users::keep_caller(tx, user_id).await?;
            store::list(tx, user_id).await?
        }
        None => Vec::new(),
    };
    let party = relying_party::of(tx.settings())?;
    let (challenge, state) = party.start_discoverable_authentication().map_err(Error::internal)?;
    let mut options = serde_json::to_value(challenge.public_key)?;
    if let Json::Object(fields) = &mut options {
        fields.remove("extensions");
        fields.remove("allowCredentials");
    }
    if !own.is_empty() {
        options["allowCredentials"] = own.iter().map(described).collect();
    }
    let value = json!({ "state": serde_json::to_value(&state)? });
    // Who has none may be somebody else in a moment.
    let user_id = user_id.filter(|_| !own.is_empty());
    let new = NewToken { purpose: Purpose::PasskeyAuthentication, user_id, value, expires_in: CHALLENGE };
    Ok(Begun { options, reference: verification::issue(tx, new).await? })
}

/// How an authenticator is told of a passkey.
fn described(passkey: &Passkey) -> Json {
    let mut this = json!({ "type": "public-key", "id": passkey.credential_id });
    if let Some(transports) = &passkey.transports {
        this["transports"] = transports.split(',').collect();
    }
    this
}

/// Signs somebody in who shows a passkey: an `AuthenticationResponseJSON` of the specification.
///
/// # Errors
/// [`PasskeyFault`], and those of opening a session.
pub async fn sign_in(core: &AuthCore, ctx: &Ctx, reference: Option<&str>, response: Json) -> Result<Opened> {
    let shown = presented(response)?;
    let reference = reference.ok_or(PasskeyFault::ChallengeNotFound)?;
    let entered = core.write(ctx, async |tx| {
        // The row of the person is always locked before those that belong to it.
        let user = match store::owner(tx, &id_of(&shown)).await? {
            Some(owner) => users::find_locked(tx, &owner).await?,
            None => None,
        };
        let spent = verification::consume(tx, Purpose::PasskeyAuthentication, reference).await?;
        let spent = spent.ok_or(PasskeyFault::ChallengeNotFound)?;
        settled(enter(tx, user, &spent, &shown).await)
    });
    entered.await?
}

async fn enter(tx: &mut Tx, user: Option<User>, spent: &Token, shown: &PublicKeyCredential) -> Result<Opened> {
    let user = user.ok_or(PasskeyFault::Unknown)?;
    verify(tx, &user, spent, shown).await?;
    // Two factors at once: the device that holds it, and what the person showed to the device.
    sign_in::open_proven(tx, Opening::of(&user, METHOD), METHOD).await
}

/// Verifies what an authenticator says in the name of a person, whose row is locked, and notes the use.
async fn verify(tx: &mut Tx, user: &User, spent: &Token, shown: &PublicKeyCredential) -> Result<()> {
    if spent.user_id.as_ref().is_some_and(|meant| *meant != user.id) {
        return Err(PasskeyFault::AuthenticationFailed.into());
    }
    let known = store::find(tx, &user.id, &id_of(shown)).await?.ok_or(PasskeyFault::Unknown)?;
    // Who was not known when it began is named by the authenticator (7.2, step 6); if it names somebody, it is them.
    let named = shown.get_user_unique_id().filter(|handle| !handle.is_empty());
    let is_theirs = if known.user_handle.is_empty() {
        // It came from a system that does not keep what authenticators call people (`arriving`): whose it is, is known by its
        // id alone.
        named.is_some() || spent.user_id.is_some()
    } else {
        let handle = Uuid::parse_str(&known.user_handle).map_err(Error::internal)?;
        named.map_or(spent.user_id.is_some(), |named| named == handle.as_bytes())
    };
    if !is_theirs {
        return Err(PasskeyFault::AuthenticationFailed.into());
    }
    let state: webauthn::DiscoverableAuthentication = state_of(spent)?;
    let mut credential: webauthn::Passkey = serde_json::from_str(&known.credential)?;
    let party = relying_party::of(tx.settings())?;
    let result = match party.finish_discoverable_authentication_v2(shown, state, &credential) {
        Ok(result) => result,
        Err(WebauthnError::CredentialPossibleCompromise) => return Err(refused(tx, &known.passkey)),
        Err(error) => return Err(failed(&error, PasskeyFault::AuthenticationFailed)),
    };
    if !result.user_verified() {
        return Err(PasskeyFault::AuthenticationFailed.into());
    }
    credential.update_credential(&result);
    let after = Passkey {
        sign_count: i64::from(result.counter()),
        backup_eligible: known.passkey.backup_eligible || result.backup_eligible(),
        backed_up: result.backup_state(),
        ..known.passkey
    };
    if !store::note_use(tx, &after, &serde_json::to_string(&credential)?).await? {
        return Err(refused(tx, &after));
    }
    Ok(())
}

/// A passkey that counts backwards: somebody may have a copy of it. The event says so.
fn refused(tx: &mut Tx, passkey: &Passkey) -> Error {
    tx.record(Event::new(EventKind::PasskeyRefused, &passkey.user_id, facts(passkey)));
    PasskeyFault::AuthenticationFailed.into()
}

/// What a refusal is that must be committed, because the challenge is spent; anything else undoes the transaction.
fn settled<T>(done: Result<T>) -> Result<Result<T>> {
    match done {
        Err(error) if error.is_transient() || matches!(error.kind(), Kind::Internal | Kind::Unavailable) => Err(error),
        done => Ok(done),
    }
}

/// Why something does not hold is for whoever looks for a mistake, not for the caller.
fn failed(error: &WebauthnError, fault: PasskeyFault) -> Error {
    tracing::debug!(%error, "an authenticator's answer was refused");
    fault.into()
}

fn state_of<T: DeserializeOwned>(spent: &Token) -> Result<T> {
    Ok(T::deserialize(&spent.value["state"])?)
}

fn parsed<T: DeserializeOwned>(response: Json) -> Option<T> {
    T::deserialize(response).ok()
}

fn presented(mut response: Json) -> Result<PublicKeyCredential> {
    if let Some(Json::Object(inner)) = response.get_mut("response") {
        // Authenticators that know nobody by name leave it out.
        inner.entry("userHandle").or_insert(Json::Null);
    }
    Ok(parsed(response).ok_or(PasskeyFault::AuthenticationFailed)?)
}

fn id_of(shown: &PublicKeyCredential) -> String {
    URL_SAFE_NO_PAD.encode(shown.get_credential_id())
}

/// Takes the ways to reach an authenticator out of what it says: short words, a few of them.
fn take_transports(response: &mut Json) -> Option<String> {
    let found = response.get_mut("response")?.as_object_mut()?.remove("transports")?;
    let words = found.as_array()?.iter().filter_map(Json::as_str);
    let is_word = |word: &&str| {
        (1..=TRANSPORTS.1).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
    };
    let words: Vec<&str> = words.filter(is_word).take(TRANSPORTS.0).collect();
    (!words.is_empty()).then(|| words.join(","))
}
