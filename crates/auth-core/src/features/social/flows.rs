//! Flows under way: what must be known when somebody comes back from a provider.
//!
//! A flow is found by its state alone, which is stored hashed and is taken by one conditional DELETE; the verifier and the
//! nonce lie in it sealed. That the browser which comes back is the one that went is for the edge to see, by its cookie.

use serde_json::{Value as Json, json};

use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, SessionId, UserId};
use crate::secret::{self, Secret};

/// How many seconds a person may take at the provider.
pub const LIFETIME: i64 = 600;
/// How many characters of `[0-9A-Za-z]` a state has, and a verifier: 256 and 381 random bits.
const STATE: usize = 43;
const VERIFIER: usize = 64;

/// Who adds an account to their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Linking {
    pub user_id: UserId,
    pub session_id: SessionId,
}

/// A flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Through which provider.
    pub provider_id: String,
    /// Where the browser goes in the end.
    pub callback_url: String,
    /// Where it goes if something fails; the instance's own page if it is not said.
    pub error_url: Option<String>,
    /// Where somebody goes who is new.
    pub new_user_url: Option<String>,
    pub(super) redirect_uri: String,
    pub(super) verifier: Secret,
    pub(super) nonce: String,
    pub(super) request_sign_up: bool,
    pub(super) linking: Option<Linking>,
}

impl Flow {
    /// Whether somebody adds an account to their own.
    #[must_use]
    pub fn is_linking(&self) -> bool {
        self.linking.is_some()
    }

    /// Where the provider sends the browser.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// A verifier and a nonce that nobody knows yet.
    pub(super) fn chances(tx: &Tx) -> (Secret, String) {
        (Secret::new(secret::random_text(tx.chance(), VERIFIER)), secret::random_text(tx.chance(), STATE))
    }

    fn purpose(state_hash: &str) -> String {
        format!("social-flow:{state_hash}")
    }

    /// Keeps the flow. Its state.
    pub(super) async fn keep(&self, tx: &Tx) -> Result<Secret> {
        let state = secret::random_text(tx.chance(), STATE);
        let hash = secret::hash(&state);
        let linking = self.linking.as_ref();
        let value = json!({
            "callback": self.callback_url, "error": self.error_url, "new": self.new_user_url,
            "redirect": self.redirect_uri, "verifier": self.verifier.expose(), "nonce": self.nonce,
            "sign_up": self.request_sign_up, "session": linking.map(|one| one.session_id.as_str()),
        });
        let sealed = tx.settings().secret.seal(&Self::purpose(&hash), value.to_string().as_bytes())?;
        let sql = "INSERT INTO social_flows (state_hash, provider_id, user_id, sealed, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)";
        let values = [
            hash.into(),
            self.provider_id.as_str().into(),
            linking.map(|one| one.user_id.as_str().to_owned()).into(),
            sealed.into(),
            tx.now().into(),
            tx.now().plus_seconds(LIFETIME).into(),
        ];
        db::run(tx, sql, values).await?;
        Ok(Secret::new(state))
    }

    /// Takes the flow of a state: of two who come with it one gets it. `None` if there is none, or none any more.
    pub(super) async fn take(tx: &Tx, state: &str) -> Result<Option<Self>> {
        let hash = secret::hash(state);
        let sql = "DELETE FROM social_flows WHERE state_hash = $1 AND expires_at > $2
            RETURNING provider_id, user_id, sealed";
        let Some(row) = db::one(tx, sql, [hash.as_str().into(), tx.now().into()]).await? else { return Ok(None) };
        let opened = tx.settings().secret.open(&Self::purpose(&hash), &row.get::<String>(2)?)?;
        let value: Json = serde_json::from_slice(&opened)?;
        let optional = |name: &str| value[name].as_str().map(str::to_owned);
        let text = |name: &str| optional(name).unwrap_or_default();
        let user: Option<UserId> = row.get(1)?;
        let linking = user
            .zip(optional("session"))
            .map(|(user_id, session)| Linking { user_id, session_id: SessionId::from_text(session) });
        Ok(Some(Self {
            provider_id: row.get(0)?,
            callback_url: text("callback"),
            error_url: optional("error"),
            new_user_url: optional("new"),
            redirect_uri: text("redirect"),
            verifier: Secret::new(text("verifier")),
            nonce: text("nonce"),
            request_sign_up: value["sign_up"] == true,
            linking,
        }))
    }
}
