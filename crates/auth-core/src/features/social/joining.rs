//! Whose account it is: who comes from a provider is somebody we know, becomes somebody we know, or is refused.
//!
//! In this order:
//! 1. The account is known: its person signs in.
//! 2. Somebody has the address: the account becomes theirs only if both sides have proven the mailbox. Ours must be
//!    proven, else a stranger may have taken the address in advance; and the provider must say so *and* be one that the
//!    operator believes, else whoever runs it could come in as anybody.
//! 3. Nobody has it: a person is made, where the provider may make people. Their address counts as proven under the same
//!    conditions.
//!
//! Where the account is known and its provider proves the person's address for the first time, what was set on the
//! person without proof is wiped; the account itself stays, since it is what proves.

use serde_json::json;

use super::flows::Linking;
use super::{Profile, SocialFault, Tokens, stored};
use crate::credentials::{self, Account};
use crate::db::{Scope as _, Tx};
use crate::fault::{Error, Result};
use crate::ids::Id as _;
use crate::outbox::{Event, EventKind};
use crate::sessions;
use crate::settings::{SocialProvider, SocialSignUp};
use crate::sign_in::{self, Entry, Opening, SignInFault};
use crate::throttles::{self, Act};
use crate::users::{self, NewUser, User, UsersFault, mailbox};

/// What a provider said of somebody.
#[derive(Clone, Copy)]
pub(super) struct Come<'a> {
    pub provider: &'a SocialProvider,
    pub profile: &'a Profile,
    pub tokens: &'a Tokens,
}

impl Come<'_> {
    /// Whether the address is proven by somebody whom the operator believes.
    fn proves(&self) -> bool {
        self.provider.trusted && self.profile.email_verified
    }

    fn scope(&self) -> Option<String> {
        (!self.tokens.scopes.is_empty()).then(|| self.tokens.scopes.join(","))
    }

    fn account(&self, tx: &Tx, user: &User) -> Account {
        Account {
            id: tx.new_id(),
            provider_id: self.provider.id.clone(),
            account_id: self.profile.subject.clone(),
            user_id: user.id.clone(),
            scope: self.scope(),
            created_at: tx.now(),
            updated_at: tx.now(),
        }
    }
}

/// Signs somebody in. Whether they are new. `None` if the transaction concludes with a refusal: whoever is new and must prove
/// the mailbox first has their account and the letter nonetheless.
pub(super) async fn sign_in(tx: &mut Tx, come: Come<'_>, request_sign_up: bool) -> Result<Option<(Entry, bool)>> {
    let known = credentials::find_account(tx, &come.provider.id, &come.profile.subject).await?;
    let (user, new) = match known {
        Some(account) => (welcome_back(tx, come, &account).await?, false),
        None => join(tx, come, request_sign_up).await?,
    };
    let method = format!("{}{}", sign_in::BY_SERVICE, come.provider.id);
    match sign_in::open_session(tx, Opening::of(&user, &method)).await {
        Ok(entry) => Ok(Some((entry, new))),
        Err(refused) if new && refused.is(&SignInFault::EmailNotVerified) => {
            tx.conclude_with(refused);
            Ok(None)
        }
        Err(refused) => Err(refused),
    }
}

/// The person of an account that is known.
async fn welcome_back(tx: &mut Tx, come: Come<'_>, account: &Account) -> Result<User> {
    // The person's row before the account's, as everywhere; then it is seen whether the account is still theirs.
    let Some(user) = users::find_locked(tx, &account.user_id).await? else { return Err(gone()) };
    if !credentials::touch_account(tx, account, None).await? {
        return Err(gone());
    }
    stored::put(tx, &account.id, come.tokens).await?;
    let first_proof = !user.email_verified && come.proves() && come.profile.email.as_ref() == Some(&user.email);
    if !first_proof {
        return Ok(user);
    }
    // The wipe takes the tokens along, one of before that came only once included.
    let tokens = stored::find(tx, &account.id).await?.unwrap_or_default();
    users::prove_mailbox(tx, &user.id).await?;
    credentials::add_account(tx, account).await?;
    stored::put(tx, &account.id, &tokens).await?;
    users::find_locked(tx, &user.id).await?.ok_or_else(gone)
}

/// It was removed between the two looks: the next attempt sees what is there instead.
fn gone() -> Error {
    Error::internal("an account of a provider vanished").lost_race()
}

/// The person to whom a new account belongs, and whether they were made for it.
async fn join(tx: &mut Tx, come: Come<'_>, request_sign_up: bool) -> Result<(User, bool)> {
    let Some(address) = &come.profile.email else { return Err(SocialFault::NoEmail.into()) };
    let (user, new) = match users::find_by_email(tx, address).await? {
        Some(user) => {
            let Some(user) = users::find_locked(tx, &user.id).await? else { return Err(gone()) };
            if !come.proves() || !user.email_verified || user.email != *address {
                return Err(SocialFault::NotLinked.into());
            }
            (user, false)
        }
        None => (sign_up(tx, come, address, request_sign_up).await?, true),
    };
    add(tx, come, &user).await?;
    Ok((user, new))
}

async fn sign_up(tx: &mut Tx, come: Come<'_>, address: &str, requested: bool) -> Result<User> {
    match come.provider.sign_up {
        _ if !tx.settings().sign_up.enabled => return Err(SocialFault::SignUpDisabled.into()),
        SocialSignUp::Open => {}
        SocialSignUp::Requested if requested => {}
        SocialSignUp::Requested | SocialSignUp::Closed => return Err(SocialFault::SignUpDisabled.into()),
    }
    let name = Some(come.profile.name.clone()).filter(|name| !name.is_empty());
    let person = NewUser {
        name: name.unwrap_or_else(|| address.split('@').next().unwrap_or_default().to_owned()),
        email: address.to_owned(),
        email_verified: come.proves(),
        image: come.profile.image.clone(),
        ..NewUser::default()
    };
    let user = users::create(tx, person).await.map_err(|error| {
        // Somebody took the address at the same moment: the next attempt finds them.
        if error.is(&UsersFault::AlreadyExists) { error.lost_race() } else { error }
    })?;
    throttles::count(tx, Act::SignUp, None).await?;
    let settings = &tx.settings().sign_up;
    if !user.email_verified && settings.send_on_sign_up.unwrap_or(settings.require_email_verification) {
        mailbox::send_link(tx, &user, None).await?;
    }
    Ok(user)
}

async fn add(tx: &mut Tx, come: Come<'_>, user: &User) -> Result<()> {
    let account = come.account(tx, user);
    credentials::add_account(tx, &account).await?;
    stored::put(tx, &account.id, come.tokens).await?;
    let payload = json!({
        "v": 1, "account_id": account.id.as_str(), "user_id": user.id.as_str(), "provider_id": account.provider_id,
    });
    tx.record(Event::new(EventKind::AccountLinked, &user.id, payload));
    Ok(())
}

/// Adds an account to somebody's own, who is still signed in as they were when they asked for it.
pub(super) async fn link(tx: &mut Tx, come: Come<'_>, linking: &Linking) -> Result<()> {
    let Some(user) = users::find_locked(tx, &linking.user_id).await? else {
        return Err(SocialFault::UnableToLink.into());
    };
    let session = sessions::find(tx, &user.id, &linking.session_id).await?;
    if session.is_none_or(|session| session.impersonated_by.is_some() || session.expires_at <= tx.now()) {
        return Err(SocialFault::UnableToLink.into());
    }
    if !come.provider.trusted && !come.profile.email_verified {
        return Err(SocialFault::UnableToLink.into());
    }
    let same = come.profile.email.as_ref() == Some(&user.email);
    if !same && !tx.settings().social.link_different_emails {
        return Err(SocialFault::EmailDoesNotMatch.into());
    }
    match credentials::find_account(tx, &come.provider.id, &come.profile.subject).await? {
        Some(account) if account.user_id != user.id => Err(SocialFault::LinkedToAnother.into()),
        Some(account) => {
            let scope = merged(account.scope.as_deref(), come.scope().as_deref());
            if !credentials::touch_account(tx, &account, scope.as_deref()).await? {
                return Err(gone());
            }
            stored::put(tx, &account.id, come.tokens).await
        }
        // Who has not shown that the address is theirs would leave a way in for when its owner does.
        None if !(user.email_verified || same && come.proves()) => Err(SocialFault::UnableToLink.into()),
        None => add(tx, come, &user).await,
    }
}

/// What the provider let us do before and now.
fn merged(before: Option<&str>, now: Option<&str>) -> Option<String> {
    let mut all: Vec<&str> = Vec::new();
    for scope in [before, now].into_iter().flatten().flat_map(|list| list.split([',', ' '])) {
        if !scope.is_empty() && !all.contains(&scope) {
            all.push(scope);
        }
    }
    (!all.is_empty()).then(|| all.join(","))
}

#[cfg(test)]
mod tests {
    use super::merged;

    #[test]
    fn what_was_allowed_before_is_not_forgotten() {
        assert_eq!(merged(Some("a,b"), Some("b,c")).as_deref(), Some("a,b,c"));
        assert_eq!(merged(None, Some("a")).as_deref(), Some("a"));
        assert_eq!(merged(None, None), None);
    }
}
