//! Where a provider is, and by which keys it signs: read when they are needed, kept within bounds.
//!
//! There is one entry for each configured provider and no more. A document is read anew after an hour, by one who asks, while
//! the one before serves the others; if that fails, it serves for a day. Whoever waited for another to read what was never
//! known, and failed, fails with them. A key that is not known makes the keys be read anew, once a minute at most, so that
//! nobody can make us ask without end by inventing names of keys.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value as Json;
use tokio::sync::Mutex as Turn;
use url::Url;

use super::fetch::{Fetch, Question};
use super::{SocialFault, id_token};
use crate::clock::Timestamp;
use crate::fault::Result;
use crate::settings::{Issuer, SocialProvider};

/// For how many seconds what was read is good, and for how many it serves if it cannot be read anew.
const FRESH: i64 = 3600;
const STALE: i64 = 86_400;
/// How many seconds lie between two attempts to read keys or a document.
const INTERVAL: i64 = 60;
/// How many keys of a set are looked at.
const MOST_KEYS: usize = 100;

/// Where a provider is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub authorization: String,
    pub token: String,
    pub userinfo: Option<String>,
    jwks: Option<String>,
    /// Whether each authorization answer names the issuer (RFC 9207).
    pub names_issuer: bool,
    /// Whether the token endpoint takes our secret in the form only.
    pub posts_secret: bool,
}

/// Something that was read.
struct Kept<T> {
    value: Option<(T, Timestamp)>,
    tried: Option<Timestamp>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { value: None, tried: None }
    }
}

impl<T: Clone> Kept<T> {
    fn younger_than(&self, seconds: i64, now: Timestamp) -> Option<T> {
        self.value.as_ref().filter(|(_, since)| now < since.plus_seconds(seconds)).map(|(value, _)| value.clone())
    }

    /// Whether it may be tried again. If so, it is noted as tried.
    fn may_try(&mut self, now: Timestamp) -> bool {
        let may = self.tried.is_none_or(|at| now >= at.plus_seconds(INTERVAL));
        if may {
            self.tried = Some(now);
        }
        may
    }
}

/// What is kept of one provider.
#[derive(Default)]
struct Entry {
    place: Mutex<Kept<Arc<Place>>>,
    keys: Mutex<Kept<Arc<Vec<Json>>>>,
    /// Who reads something anew; the others wait for what they find.
    turn: Turn<()>,
    /// How often the place was looked for in vain.
    failures: AtomicU64,
}

/// What is kept of all providers.
pub(super) struct Metadata {
    fetch: Arc<dyn Fetch>,
    entries: HashMap<String, Entry>,
}

impl Metadata {
    pub fn new(fetch: Arc<dyn Fetch>, providers: &[SocialProvider]) -> Self {
        Self { fetch, entries: providers.iter().map(|one| (one.id.clone(), Entry::default())).collect() }
    }

    fn entry(&self, provider: &SocialProvider) -> Result<&Entry> {
        Ok(self.entries.get(&provider.id).ok_or(SocialFault::ProviderNotFound)?)
    }

    /// Where the provider is.
    ///
    /// # Errors
    /// [`SocialFault::ProviderUnavailable`] if its document cannot be read or is not its own.
    pub async fn place(&self, provider: &SocialProvider, now: Timestamp) -> Result<Arc<Place>> {
        let Some(url) = &provider.discovery_url else {
            return Ok(Arc::new(place_of(provider, &Json::Null).ok_or(SocialFault::ProviderUnavailable)?));
        };
        let entry = self.entry(provider)?;
        let kept = |seconds| lock(&entry.place).younger_than(seconds, now);
        if let Some(place) = kept(FRESH) {
            return Ok(place);
        }
        let failures = entry.failures.load(Ordering::Acquire);
        let turn = match kept(STALE) {
            // Nobody waits for what is only to be made fresh.
            Some(place) => match entry.turn.try_lock() {
                Ok(turn) => turn,
                Err(_) => return Ok(place),
            },
            None => entry.turn.lock().await,
        };
        if let Some(place) = kept(FRESH) {
            return Ok(place);
        }
        // A place that was never known is looked for at each sign-in: there is no other way on. But who has waited for
        // another to fail does not ask once more: of those who come while a provider is down each would wait for all before.
        let waited = entry.failures.load(Ordering::Acquire) != failures;
        if lock(&entry.place).may_try(now) || (kept(STALE).is_none() && !waited) {
            let read = self.read(provider, url).await;
            let place = read.filter(|document| is_its_own(provider, document));
            if let Some(place) = place.and_then(|document| place_of(provider, &document)) {
                lock(&entry.place).value = Some((Arc::new(place), now));
            } else {
                entry.failures.fetch_add(1, Ordering::AcqRel);
                tracing::warn!(provider = provider.id, "the discovery document is not usable");
            }
        }
        drop(turn);
        Ok(kept(STALE).ok_or(SocialFault::ProviderUnavailable)?)
    }

    /// The keys by which the provider may have made a signature of that algorithm and that name.
    ///
    /// # Errors
    /// [`SocialFault::ProviderUnavailable`] if there are none to be had at all.
    pub async fn keys(
        &self,
        provider: &SocialProvider,
        place: &Place,
        (algorithm, kid): (Algorithm, Option<&str>),
        now: Timestamp,
    ) -> Result<Vec<DecodingKey>> {
        let Some(url) = &place.jwks else { return Ok(Vec::new()) };
        let entry = self.entry(provider)?;
        let fitting = |seconds| {
            let kept = lock(&entry.keys).younger_than(seconds, now);
            kept.map(|keys| id_token::fitting(&keys, algorithm, kid))
        };
        if let Some(found) = fitting(FRESH).filter(|found| !found.is_empty()) {
            return Ok(found);
        }
        let _turn = entry.turn.lock().await;
        if let Some(found) = fitting(FRESH).filter(|found| !found.is_empty()) {
            return Ok(found);
        }
        if lock(&entry.keys).may_try(now) {
            let set = self.read(provider, url).await;
            if let Some(keys) = set.as_ref().and_then(|set| set.get("keys")).and_then(Json::as_array) {
                let keys = keys.iter().take(MOST_KEYS).cloned().collect();
                lock(&entry.keys).value = Some((Arc::new(keys), now));
            } else {
                tracing::warn!(provider = provider.id, "the keys are not usable");
            }
        }
        Ok(fitting(STALE).ok_or(SocialFault::ProviderUnavailable)?)
    }

    async fn read(&self, provider: &SocialProvider, url: &str) -> Option<Json> {
        match self.fetch.fetch(&Question::get(url)).await {
            Ok(reply) => reply.json(),
            Err(why) => {
                tracing::warn!(provider = provider.id, why, "a document of the provider could not be read");
                None
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a document speaks of the very issuer that was configured (OpenID Connect Discovery 1.0, 4.3).
fn is_its_own(provider: &SocialProvider, document: &Json) -> bool {
    match &provider.issuer {
        Issuer::Exactly(issuers) => {
            document.get("issuer").and_then(Json::as_str).is_some_and(|said| issuers.iter().any(|one| one == said))
        }
        Issuer::None | Issuer::Tenants { .. } => true,
    }
}

/// The endpoints: those that were configured, else those of the document. `None` if one is missing that is needed, or is
/// no address of the web.
fn place_of(provider: &SocialProvider, document: &Json) -> Option<Place> {
    let endpoint = |own: &Option<String>, name: &str| {
        let url = own.clone().or_else(|| document.get(name).and_then(Json::as_str).map(str::to_owned))?;
        let web = Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
        web.then_some(url)
    };
    let methods = document.get("token_endpoint_auth_methods_supported").and_then(Json::as_array);
    let takes = |name: &str| methods.is_some_and(|all| all.iter().any(|one| one == name));
    let place = Place {
        authorization: endpoint(&provider.authorization_url, "authorization_endpoint")?,
        token: endpoint(&provider.token_url, "token_endpoint")?,
        userinfo: endpoint(&provider.userinfo_url, "userinfo_endpoint"),
        jwks: endpoint(&provider.jwks_url, "jwks_uri"),
        names_issuer: document.get("authorization_response_iss_parameter_supported") == Some(&Json::Bool(true)),
        posts_secret: takes("client_secret_post") && !takes("client_secret_basic"),
    };
    (!provider.has_id_tokens() || place.jwks.is_some()).then_some(place)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::{join, join_all};
    use serde_json::json;
    use tokio::sync::Notify;

    use super::super::fetch::{Fetching, Reply};
    use super::*;
    use crate::settings::ClientProof;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    /// A provider that keeps whoever asks waiting until it is told to answer, which it does if it has anything to say.
    #[derive(Default)]
    struct Slow {
        asked: AtomicUsize,
        told: Notify,
        document: Mutex<Option<Json>>,
    }

    impl Fetch for Slow {
        fn fetch<'a>(&'a self, _: &'a Question) -> Fetching<'a> {
            Box::pin(async move {
                self.asked.fetch_add(1, Ordering::Relaxed);
                self.told.notified().await;
                let document = lock(&self.document).clone().ok_or("it is down")?;
                Ok(Reply { status: 200, body: document.to_string().into_bytes() })
            })
        }
    }

    fn house() -> (Arc<Slow>, Metadata, SocialProvider) {
        let provider = SocialProvider::openid("a", "A", "https://a.example", "us", ClientProof::Public);
        let slow = Arc::new(Slow::default());
        let fetch: Arc<dyn Fetch> = Arc::<Slow>::clone(&slow);
        (Arc::clone(&slow), Metadata::new(fetch, std::slice::from_ref(&provider)), provider)
    }

    #[tokio::test]
    async fn who_waited_for_another_to_fail_does_not_ask_once_more() {
        let (slow, metadata, provider) = house();
        let all = join_all((0..20).map(|_| metadata.place(&provider, NOW)));
        let (all, ()) = join(all, async { slow.told.notify_one() }).await;
        assert!(all.iter().all(Result::is_err));
        assert_eq!(slow.asked.load(Ordering::Relaxed), 1);
        // Who comes afterwards does: it may be there again.
        slow.told.notify_one();
        assert!(metadata.place(&provider, NOW).await.is_err());
        assert_eq!(slow.asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn nobody_waits_for_what_is_known() {
        let (slow, metadata, provider) = house();
        *lock(&slow.document) = Some(json!({
            "issuer": "https://a.example", "authorization_endpoint": "https://a.example/authorize",
            "token_endpoint": "https://a.example/token", "jwks_uri": "https://a.example/keys",
        }));
        slow.told.notify_one();
        assert!(metadata.place(&provider, NOW).await.is_ok());
        let later = NOW.plus_seconds(FRESH + 1);
        // The provider answers the one who asks when the others have gone on.
        let others = async {
            let places = join_all((0..5).map(|_| metadata.place(&provider, later))).await;
            slow.told.notify_one();
            places
        };
        let (one, others) = join(metadata.place(&provider, later), others).await;
        assert!(one.is_ok() && others.iter().all(Result::is_ok));
        assert_eq!(slow.asked.load(Ordering::Relaxed), 2);
    }
}
