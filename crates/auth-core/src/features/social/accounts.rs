//! The accounts that a person has elsewhere: taking one away, and what their providers let us do in their name.
//!
//! All of it is for the person alone: an admin who acts as somebody else gets nothing of it.

use std::time::Duration;

use serde_json::json;

use super::exchange::{self, Grant};
use super::id_token::{self, Origin};
use super::{Profile, Social, SocialFault, Tokens, profile, stored};
use crate::credentials::{self, Account, CREDENTIAL};
use crate::ctx::{Actor, Ctx};
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::ids::{AccountId, Id as _, UserId};
use crate::outbox::{Event, EventKind};
use crate::roles::RolesFault;
use crate::secret::Secret;
use crate::settings::SocialProvider;
use crate::sign_in::impersonation;
use crate::users;

/// How many seconds before its end an access token is replaced.
const EARLY: i64 = 5;
/// For how many seconds somebody has the turn to refresh: longer than the three questions to a provider may
/// take.
const TURN: i64 = 90;
/// How long somebody else's turn is waited for, and how often it is looked.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(100);

crate::faults! {
    /// What can go wrong with accounts.
    pub enum AccountsFault {
        /// There must be a way in left.
        LastAccount => Invalid, "failed_to_unlink_last_account", "You can't unlink your last account";
        /// The caller has none such.
        NotFound => Invalid, "account_not_found", "Account not found", field "accountId";
        /// The caller has several at that provider.
        Ambiguous => Invalid, "ambiguous_account", "There are several accounts of this provider: name one of them", field "accountId";
        /// Its provider is not configured, or never was one.
        NotSupported(String) => Invalid, "provider_not_supported", "Provider {0} is not supported.";
        /// The provider gave nothing by which tokens could be replaced.
        NoRefreshToken => Invalid, "refresh_token_not_found", "Refresh token not found";
        /// The provider gave no access token.
        NoAccessToken => Invalid, "access_token_not_found", "Access token not found";
        /// The provider did not replace it.
        NotRefreshed => Invalid, "failed_to_refresh_access_token", "Failed to refresh access token";
        /// There is no access token that is good.
        NotGot => Invalid, "failed_to_get_access_token", "Failed to get a valid access token";
    }
}

/// Which account of the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The one of that id; or, as the older generation has it, the one that a provider calls so.
    Named(String),
    /// That of a provider; if the caller has several, the one of that name or id.
    At {
        /// The provider.
        provider_id: String,
        /// What the provider calls it, or its id.
        account_id: Option<String>,
    },
}

impl Selection {
    fn fits(&self, account: &Account) -> bool {
        let named = |name: &str| account.id.as_str() == name || account.account_id == name;
        match self {
            Self::Named(name) => named(name),
            Self::At { provider_id, account_id } => {
                account.provider_id == *provider_id && account_id.as_deref().is_none_or(named)
            }
        }
    }

    /// The one among a person's accounts that is meant. An id comes before what a provider calls somebody.
    fn among(&self, accounts: Vec<Account>) -> Result<Account> {
        let mut fitting: Vec<Account> = accounts.into_iter().filter(|account| self.fits(account)).collect();
        if let Self::Named(name) | Self::At { account_id: Some(name), .. } = self
            && let Some(place) = fitting.iter().position(|account| account.id.as_str() == name)
        {
            return Ok(fitting.swap_remove(place));
        }
        match fitting.len() {
            0 => Err(AccountsFault::NotFound.into()),
            1 => Ok(fitting.swap_remove(0)),
            _ => Err(AccountsFault::Ambiguous.into()),
        }
    }
}

/// An account of the caller's with what its provider gave.
#[derive(Debug)]
pub struct Held {
    /// The account.
    pub account: Account,
    /// The tokens.
    pub tokens: Tokens,
}

fn caller(ctx: &Ctx) -> Result<&UserId> {
    impersonation::refuse(&ctx.actor)?;
    match &ctx.actor {
        Actor::User { user_id, .. } => Ok(user_id),
        _ => Err(RolesFault::Unauthenticated.into()),
    }
}

/// Takes one of the caller's accounts away, unless it is the last. What the provider gave is forgotten with it; sessions
/// go on.
///
/// # Errors
/// [`AccountsFault::LastAccount`], which is looked at first; [`AccountsFault::NotFound`], [`AccountsFault::Ambiguous`].
pub async fn unlink(tx: &mut Tx, selection: &Selection) -> Result<()> {
    let ctx = tx.ctx().clone();
    let user_id = caller(&ctx)?;
    // Of two who take away the last two at once, the second sees what the first has left.
    users::lock(tx, user_id).await?;
    let accounts = credentials::list_accounts(tx, user_id).await?;
    if accounts.len() <= 1 {
        return Err(AccountsFault::LastAccount.into());
    }
    // A password opens nothing where passwords are off.
    let by_password = tx.settings().password.enabled;
    let opens = |account: &Account| by_password || account.provider_id != CREDENTIAL;
    let ways: Vec<AccountId> = accounts.iter().filter(|one| opens(one)).map(|one| one.id.clone()).collect();
    let account = selection.among(accounts)?;
    if ways.iter().all(|way| *way == account.id) {
        return Err(AccountsFault::LastAccount.into());
    }
    if !credentials::remove_account(tx, user_id, &account.id).await? {
        return Err(AccountsFault::NotFound.into());
    }
    let payload = json!({
        "v": 1, "account_id": account.id.as_str(), "user_id": user_id.as_str(), "provider_id": account.provider_id,
    });
    tx.record(Event::new(EventKind::AccountUnlinked, user_id, payload));
    Ok(())
}

async fn held(db: &impl Scope, user_id: &UserId, selection: &Selection) -> Result<Held> {
    let account = selection.among(credentials::list_accounts(db, user_id).await?)?;
    let tokens = stored::find(db, &account.id).await?.unwrap_or_default();
    Ok(Held { account, tokens })
}

impl Social {
    /// The provider of an account, if it is configured.
    fn provider_of(&self, account: &Account) -> Result<&SocialProvider> {
        self.supported(&account.provider_id)
    }

    fn supported(&self, id: &str) -> Result<&SocialProvider> {
        let known = self.provider(id).ok().filter(|_| id != CREDENTIAL);
        Ok(known.ok_or_else(|| AccountsFault::NotSupported(id.to_owned()))?)
    }

    async fn held(&self, ctx: &Ctx, selection: &Selection) -> Result<Held> {
        let user_id = caller(ctx)?;
        if let Selection::At { provider_id, .. } = selection {
            self.supported(provider_id)?;
        }
        self.core.read(ctx, async |rx| held(rx, user_id, selection).await).await
    }

    fn is_ending(&self, tokens: &Tokens) -> bool {
        let soon = self.core.clock().now().plus_seconds(EARLY);
        tokens.access_token_expires_at.is_some_and(|end| end < soon)
    }

    /// An account of the caller's with an access token that is good, which is replaced if it is about to end and can be.
    ///
    /// # Errors
    /// [`AccountsFault`].
    pub async fn access(&self, ctx: &Ctx, selection: &Selection) -> Result<Held> {
        let held = self.held(ctx, selection).await?;
        let provider = self.provider_of(&held.account)?;
        let held = if self.is_ending(&held.tokens) && held.tokens.refresh_token.is_some() {
            let renewed = self.renew(ctx, provider, held).await?;
            renewed.ok_or(AccountsFault::NotGot)?
        } else {
            held
        };
        if held.tokens.access_token.is_none() {
            return Err(AccountsFault::NoAccessToken.into());
        }
        Ok(held)
    }

    /// Replaces the access token of an account of the caller's.
    ///
    /// # Errors
    /// [`AccountsFault`].
    pub async fn refresh(&self, ctx: &Ctx, selection: &Selection) -> Result<Held> {
        let held = self.held(ctx, selection).await?;
        let provider = self.provider_of(&held.account)?;
        if held.tokens.refresh_token.is_none() {
            return Err(AccountsFault::NoRefreshToken.into());
        }
        Ok(self.renew(ctx, provider, held).await?.ok_or(AccountsFault::NotRefreshed)?)
    }

    /// What the provider says at present of an account of the caller's.
    ///
    /// # Errors
    /// [`AccountsFault`]; [`SocialFault::NoUserInfo`] if the provider does not say it.
    pub async fn info(&self, ctx: &Ctx, selection: &Selection) -> Result<(Held, Profile)> {
        let held = self.access(ctx, selection).await?;
        let provider = self.provider_of(&held.account)?;
        let place = self.place(provider).await?;
        // The token was verified when it came; that it has ended since does not make it say something else.
        let kept = held.tokens.id_token.as_ref().and_then(|token| id_token::said(token.expose()));
        let access_token = held.tokens.access_token.as_ref().map(Secret::expose);
        let known = profile::Known { claims: kept.as_ref(), access_token, beside: None };
        let profile = profile::read(&*self.fetch, provider, &place, known).await;
        let profile = profile.filter(|profile| profile.subject == held.account.account_id);
        Ok((held, profile.ok_or(SocialFault::NoUserInfo)?))
    }

    /// Replaces an account's tokens; one at a time, since most providers take a refresh token once and take a second use
    /// for theft. `None` if the provider refuses.
    async fn renew(&self, ctx: &Ctx, provider: &SocialProvider, held: Held) -> Result<Option<Held>> {
        let begun = tokio::time::Instant::now();
        let id = held.account.id.clone();
        let selection = Selection::Named(id.as_str().to_owned());
        let seen = held.tokens.access_token.clone();
        loop {
            if self.core.write(ctx, async |tx| stored::take_turn(tx, &id, TURN).await).await? {
                break;
            }
            // There is no turn to wait for where there are no tokens any more, and no account at all is an answer of its own.
            let gone = self.held(ctx, &selection).await?.tokens.refresh_token.is_none();
            if gone || begun.elapsed() > PATIENCE {
                return Ok(None);
            }
            tokio::time::sleep(LOOK).await;
        }
        // Whoever had the turn before may have done it.
        let held = self.held(ctx, &selection).await?;
        if held.tokens.access_token != seen && !self.is_ending(&held.tokens) {
            self.core.write(ctx, async |tx| stored::end_turn(tx, &id).await).await?;
            return Ok(Some(held));
        }
        let renewed = self.exchange_refresh(provider, &held).await;
        let Some(tokens) = renewed.unwrap_or_else(|error| {
            tracing::warn!(provider = provider.id, %error, "tokens could not be replaced");
            None
        }) else {
            self.core.write(ctx, async |tx| stored::end_turn(tx, &id).await).await?;
            return Ok(None);
        };
        self.core.write(ctx, async |tx| self.keep(tx, &held.account, &tokens).await).await?;
        self.held(ctx, &selection).await.map(Some)
    }

    async fn keep(&self, tx: &Tx, account: &Account, tokens: &Tokens) -> Result<()> {
        // It may have been taken away meanwhile; what the provider gave goes with it.
        if !credentials::touch_account(tx, account, None).await? {
            return Err(AccountsFault::NotFound.into());
        }
        stored::put(tx, &account.id, tokens).await
    }

    async fn exchange_refresh(&self, provider: &SocialProvider, held: &Held) -> Result<Option<Tokens>> {
        let Some(token) = &held.tokens.refresh_token else { return Ok(None) };
        let place = self.place(provider).await?;
        let now = self.core.clock().now();
        let grant = Grant::Refresh(token.expose());
        let Some(mut tokens) = exchange::exchange(&*self.fetch, provider, &place, grant, now).await? else {
            return Ok(None);
        };
        // An ID token that comes along is of the same person (OpenID Connect Core 1.0, 12.2), or is not kept.
        if let Some(jwt) = tokens.id_token.take().filter(|_| provider.has_id_tokens()) {
            let verified = id_token::verify(&self.metadata, provider, &place, jwt.expose(), Origin::Refresh, now).await;
            let before = held.tokens.id_token.as_ref().and_then(|token| id_token::said(token.expose()));
            let same = |claims: &serde_json::Map<String, serde_json::Value>| {
                before.as_ref().is_none_or(|before| before.get("sub") == claims.get("sub"))
            };
            tokens.id_token = verified.ok().filter(same).map(|_| jwt);
        }
        Ok(Some(tokens))
    }
}
