//! Signing in through other services: OAuth 2.0 and OpenID Connect, with us as the client (RFC 6749, RFC 7636, RFC 9207,
//! RFC 9700; OpenID Connect Core 1.0).
//!
//! [`Social`] leads a browser to a provider ([`start`](Social::start)) and takes what it brings back
//! ([`take`](Social::take), [`finish`](Social::finish)); an app may bring an ID token by itself
//! ([`by_id_token`](Social::by_id_token)). Whose account it is, is decided in `joining`; sessions are opened by
//! [`sign_in`](crate::sign_in) like all others. What a provider lets us do is kept sealed, and given to its owner by
//! [`accounts`].
//!
//! Nothing is asked of a provider inside a transaction.

pub mod accounts;
mod exchange;
mod fetch;
mod flows;
mod id_token;
mod joining;
mod metadata;
mod profile;
mod request;
mod stored;

use std::sync::Arc;

use crate::AuthCore;
use crate::ctx::{Actor, Ctx};
use crate::fault::Result;
use crate::secret::Secret;
use crate::settings::SocialProvider;
use crate::sign_in::{Entry, SignInFault, impersonation};
use crate::users;

pub use exchange::Tokens;
pub use fetch::{Fetch, Fetching, LONGEST, Nobody, Question, Reply};
pub use flows::{Flow, LIFETIME};
pub use profile::Profile;
pub use request::Extras;
pub use stored::take_over_tokens;

use exchange::Grant;
use flows::Linking;
use id_token::Origin;
use joining::Come;
use metadata::{Metadata, Place};

crate::faults! {
    /// What can go wrong on the way through another service. Where a browser is on the way, the code is what its page
    /// is told.
    pub enum SocialFault {
        /// No such provider is configured.
        ProviderNotFound => NotFound, "provider_not_found", "Provider not found", field "provider";
        /// It takes no ID tokens from apps.
        IdTokenNotSupported => NotFound, "id_token_not_supported", "id_token not supported", field "idToken";
        /// The ID token proves nothing.
        InvalidIdToken => Unauthenticated, "invalid_token", "Invalid token", field "idToken";
        /// It cannot be asked at the moment.
        ProviderUnavailable => Unavailable, "provider_unavailable", "The provider cannot be reached at the moment. Please try again later.";
        /// What is sent along is not of the shape that it must have.
        InvalidParameter => Invalid, "invalid_authorization_parameter", "A scope or an additional parameter is not allowed", field "additionalParams";
        /// The answer names another issuer: it may be meant for another flow.
        IssuerMismatch => Invalid, "issuer_mismatch", "The answer is not of the issuer that was asked";
        /// The answer names no issuer although this provider always does.
        IssuerMissing => Invalid, "issuer_missing", "The answer does not name its issuer";
        /// The code is not good, or what came for it.
        InvalidCode => Invalid, "invalid_code", "The code is not valid", field "code";
        /// The provider did not say who it is.
        NoUserInfo => Invalid, "unable_to_get_user_info", "The provider did not say who signed in";
        /// The provider named no address.
        NoEmail => Invalid, "email_not_found", "The provider did not name an address", field "email";
        /// Somebody has the address, and not both sides have proven it.
        NotLinked => Unauthenticated, "account_not_linked", "account not linked";
        /// The provider makes no people, or only where it is asked for.
        SignUpDisabled => Forbidden, "signup_disabled", "signup disabled";
        /// It cannot be added: whoever asked is signed in no more, or nobody vouches for the address.
        UnableToLink => Invalid, "unable_to_link_account", "Unable to link account";
        /// Only an account with one's own address can be added.
        EmailDoesNotMatch => Invalid, "email_does_not_match", "The account has another address";
        /// It is somebody else's.
        LinkedToAnother => Conflict, "account_already_linked_to_different_user", "Account already linked to a different user";
    }
}

/// How a browser is led to a provider.
#[derive(Clone, Debug, Default)]
pub struct Beginning {
    /// Where the provider sends it back to: ours.
    pub redirect_uri: String,
    /// Where it goes in the end; seen to be trusted.
    pub callback_url: String,
    /// Where it goes if something fails; likewise.
    pub error_url: Option<String>,
    /// Where it goes if it is somebody new; likewise.
    pub new_user_url: Option<String>,
    /// Whether signing up is asked for.
    pub request_sign_up: bool,
    /// What the caller adds to the request.
    pub extras: Extras,
}

/// A flow that has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where the browser goes.
    pub url: String,
    /// What it must bring back, and must have been given before.
    pub state: Secret,
}

/// What a browser brings back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Brought<'a> {
    /// The code.
    pub code: &'a str,
    /// The issuer (RFC 9207).
    pub issuer: Option<&'a str>,
    /// Apple's `user`.
    pub user: Option<&'a str>,
}

/// An ID token that an app brings, with what it got along with it.
#[derive(Clone, Debug)]
pub struct BroughtToken {
    /// The token.
    pub token: String,
    /// The nonce that it had asked for.
    pub nonce: Option<String>,
    /// What came with it. Kept for its owner; nothing is believed for it.
    pub tokens: Tokens,
    /// Apple's `user`, as JSON.
    pub user: Option<String>,
}

/// How a flow ended well.
#[derive(Debug)]
pub enum Finished {
    /// Somebody is known.
    SignedIn {
        /// Their session, or that a second factor is wanted.
        entry: Entry,
        /// Whether they are new.
        new: bool,
    },
    /// An account was added.
    Linked,
}

/// The providers of an instance. A clone is the same one.
#[derive(Clone)]
pub struct Social {
    core: AuthCore,
    fetch: Arc<dyn Fetch>,
    metadata: Arc<Metadata>,
}

impl Social {
    /// Those that the core's settings name, asked by that way.
    #[must_use]
    pub fn new(core: AuthCore, fetch: Arc<dyn Fetch>) -> Self {
        let metadata = Metadata::new(Arc::clone(&fetch), &core.settings().social.providers);
        Self { core, fetch, metadata: Arc::new(metadata) }
    }

    /// The provider of that id.
    ///
    /// # Errors
    /// [`SocialFault::ProviderNotFound`].
    pub fn provider(&self, id: &str) -> Result<&SocialProvider> {
        Ok(self.core.settings().social.find(id).ok_or(SocialFault::ProviderNotFound)?)
    }

    async fn place(&self, provider: &SocialProvider) -> Result<Arc<Place>> {
        self.metadata.place(provider, self.core.clock().now()).await
    }

    /// Begins to lead a browser to a provider: to sign in, or, for whoever is signed in, to add an account to theirs.
    ///
    /// # Errors
    /// [`SocialFault::ProviderNotFound`], [`SocialFault::ProviderUnavailable`], [`SocialFault::InvalidParameter`];
    /// an admin who acts as somebody else adds nothing.
    pub async fn start(&self, ctx: &Ctx, provider_id: &str, wanted: &Beginning) -> Result<Begun> {
        impersonation::refuse(&ctx.actor)?;
        let provider = self.provider(provider_id)?;
        wanted.extras.check()?;
        let place = self.place(provider).await?;
        let linking = match &ctx.actor {
            Actor::User { user_id, session_id, .. } => {
                Some(Linking { user_id: user_id.clone(), session_id: session_id.clone() })
            }
            _ => None,
        };
        self.core
            .write(ctx, async |tx| {
                if let Some(linking) = &linking {
                    users::keep_caller(tx, &linking.user_id).await?;
                }
                let (verifier, nonce) = Flow::chances(tx);
                let flow = Flow {
                    provider_id: provider.id.clone(),
                    callback_url: wanted.callback_url.clone(),
                    error_url: wanted.error_url.clone(),
                    new_user_url: wanted.new_user_url.clone(),
                    redirect_uri: wanted.redirect_uri.clone(),
                    verifier,
                    nonce,
                    request_sign_up: wanted.request_sign_up,
                    linking: linking.clone(),
                };
                let state = flow.keep(tx).await?;
                let url = request::url(provider, &place, &flow, &state, &wanted.extras)?;
                Ok(Begun { url, state })
            })
            .await
    }

    /// Takes the flow of a state that a browser brings back, once.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn take(&self, ctx: &Ctx, state: &str) -> Result<Option<Flow>> {
        self.core.write(ctx, async |tx| Flow::take(tx, state).await).await
    }

    /// Ends a flow with what the browser brings.
    ///
    /// # Errors
    /// [`SocialFault`]; those of [`open_session`](crate::sign_in::open_session).
    pub async fn finish(&self, ctx: &Ctx, flow: &Flow, brought: Brought<'_>) -> Result<Finished> {
        let provider = self.provider(&flow.provider_id)?;
        let place = self.place(provider).await?;
        request::check_issuer(provider, &place, brought.issuer)?;
        let grant = Grant::Code {
            code: brought.code,
            redirect_uri: &flow.redirect_uri,
            verifier: provider.pkce.then(|| flow.verifier.expose()),
        };
        let now = self.core.clock().now();
        let tokens = exchange::exchange(&*self.fetch, provider, &place, grant, now).await?;
        let tokens = tokens.ok_or(SocialFault::InvalidCode)?;
        let claims = match (&tokens.id_token, provider.has_id_tokens()) {
            (Some(jwt), true) => {
                let origin = Origin::Endpoint { nonce: &flow.nonce };
                let verified = id_token::verify(&self.metadata, provider, &place, jwt.expose(), origin, now).await;
                // What is wrong with it is not the browser's business.
                Some(verified.map_err(|error| {
                    if error.is(&SocialFault::InvalidIdToken) { SocialFault::InvalidCode.into() } else { error }
                })?)
            }
            (None, true) => return Err(SocialFault::InvalidCode.into()),
            (_, false) => None,
        };
        let access_token = tokens.access_token.as_ref().map(Secret::expose);
        let known = profile::Known { claims: claims.as_ref(), access_token, beside: brought.user };
        let profile = profile::read(&*self.fetch, provider, &place, known).await.ok_or(SocialFault::NoUserInfo)?;
        let come = Come { provider, profile: &profile, tokens: &tokens };
        if let Some(linking) = &flow.linking {
            let actor = Actor::User {
                user_id: linking.user_id.clone(),
                session_id: linking.session_id.clone(),
                platform_admin: false,
                impersonated_by: None,
            };
            let ctx = ctx.with_actor(actor);
            self.core.write(&ctx, async |tx| joining::link(tx, come, linking).await).await?;
            return Ok(Finished::Linked);
        }
        let signed_in = self.core.write(ctx, async |tx| joining::sign_in(tx, come, flow.request_sign_up).await).await?;
        let (entry, new) = signed_in.ok_or(SignInFault::EmailNotVerified)?;
        Ok(Finished::SignedIn { entry, new })
    }

    /// Whom an ID token is about that an app brings.
    async fn of_token(&self, provider_id: &str, brought: &BroughtToken) -> Result<(&SocialProvider, Profile, Tokens)> {
        let provider = self.provider(provider_id)?;
        if !provider.has_id_tokens() {
            return Err(SocialFault::IdTokenNotSupported.into());
        }
        let place = self.place(provider).await?;
        let origin = Origin::App { nonce: brought.nonce.as_deref() };
        let now = self.core.clock().now();
        let claims = id_token::verify(&self.metadata, provider, &place, &brought.token, origin, now).await?;
        // The access token is the app's word: nobody is asked with it.
        let known = profile::Known { claims: Some(&claims), access_token: None, beside: brought.user.as_deref() };
        let profile = profile::read(&*self.fetch, provider, &place, known).await.ok_or(SocialFault::NoUserInfo)?;
        let tokens = Tokens { id_token: Some(Secret::new(brought.token.as_str())), ..brought.tokens.clone() };
        Ok((provider, profile, tokens))
    }

    /// Signs in whoever an ID token is about. Whether they are new is not told.
    ///
    /// # Errors
    /// [`SocialFault`]; those of [`open_session`](crate::sign_in::open_session).
    pub async fn by_id_token(
        &self,
        ctx: &Ctx,
        provider_id: &str,
        brought: &BroughtToken,
        request_sign_up: bool,
    ) -> Result<Entry> {
        let (provider, profile, tokens) = self.of_token(provider_id, brought).await?;
        let come = Come { provider, profile: &profile, tokens: &tokens };
        let signed_in = self.core.write(ctx, async |tx| joining::sign_in(tx, come, request_sign_up).await).await?;
        let (entry, _) = signed_in.ok_or(SignInFault::EmailNotVerified)?;
        Ok(entry)
    }

    /// Adds the account that an ID token is about to those of whoever asks.
    ///
    /// # Errors
    /// [`SocialFault`]; an admin who acts as somebody else adds nothing.
    pub async fn link_id_token(&self, ctx: &Ctx, provider_id: &str, brought: &BroughtToken) -> Result<()> {
        impersonation::refuse(&ctx.actor)?;
        let Actor::User { user_id, session_id, .. } = &ctx.actor else {
            return Err(crate::roles::RolesFault::Unauthenticated.into());
        };
        let linking = Linking { user_id: user_id.clone(), session_id: session_id.clone() };
        let (provider, profile, tokens) = self.of_token(provider_id, brought).await?;
        if profile.email.is_none() {
            return Err(SocialFault::NoEmail.into());
        }
        let come = Come { provider, profile: &profile, tokens: &tokens };
        self.core.write(ctx, async |tx| joining::link(tx, come, &linking).await).await
    }
}

/// Forgets flows that nobody came back to. Records no event: nothing came of them.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    core.forget_expired("social_flows", "state_hash", "expires_at", 0).await
}
