//! The one HTTP client by which this instance calls addresses that somebody named.
//!
//! It resolves names itself and connects only to an address that it has checked, so that a name which means another
//! address the next time gains nothing. It follows no redirect, uses no proxy of the environment, and takes a bounded
//! time and a bounded answer. Everything that calls out goes through here.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api_kit::{Reach, Refused};
use auth_core::features::social::{Fetch, Fetching, LONGEST, Question, Reply};
use auth_core::features::webhooks::{Outcome, Parcel, Sender, Sending};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT as AGENT};
use reqwest::redirect::Policy;
use reqwest::{Body, Client, Method};

/// How long connecting may take, and how long everything together.
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);
/// How long a connection is kept for the next message.
const IDLE: Duration = Duration::from_secs(30);
/// How many bytes of an answer are read.
const ANSWER: usize = 4096;
/// Who calls.
const USER_AGENT: &str = concat!("Portico-Webhooks/", env!("CARGO_PKG_VERSION"));

/// What a name means at present, later.
pub type Found = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// How names are looked up.
pub type Lookup = Arc<dyn Fn(String) -> Found + Send + Sync>;

/// The client. A clone shares its connections.
#[derive(Clone)]
pub struct Outbound {
    client: Client,
    reach: Arc<Reach>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its `Retry-After`.
    pub retry_after: Option<String>,
    /// The beginning of its body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failed {
    /// The address may not be called.
    Refused(Refused),
    /// It did not answer in time.
    TimedOut,
    /// It could not be reached, or broke off.
    Unreachable(&'static str),
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refused) => write!(f, "the address is not called: it {refused}"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Unreachable(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Failed {}

impl Outbound {
    /// A client that reaches what it may.
    ///
    /// # Errors
    /// If the client of the library cannot be made.
    pub fn new(reach: Reach) -> Result<Self, reqwest::Error> {
        Self::with_lookup(reach, Arc::new(|name| Box::pin(look_up(name))))
    }

    /// The same that waits no longer than so long for everything together, a quarter of a minute at the most.
    ///
    /// # Errors
    /// If the client of the library cannot be made.
    pub fn with_patience(reach: Reach, whole: Duration) -> Result<Self, reqwest::Error> {
        Self::build(reach, Arc::new(|name| Box::pin(look_up(name))), whole.min(WHOLE))
    }

    /// The same with another way of looking names up.
    ///
    /// # Errors
    /// If the client of the library cannot be made.
    pub fn with_lookup(reach: Reach, lookup: Lookup) -> Result<Self, reqwest::Error> {
        Self::build(reach, lookup, WHOLE)
    }

    fn build(reach: Reach, lookup: Lookup, whole: Duration) -> Result<Self, reqwest::Error> {
        let reach = Arc::new(reach);
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .dns_resolver(Guarded { reach: Arc::clone(&reach), lookup })
            .connect_timeout(CONNECT)
            .timeout(whole)
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(Self { client, reach })
    }

    /// Sends a request and reads the beginning of the answer.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn call(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: impl Into<Body>,
    ) -> Result<Answer, Failed> {
        self.call_for(method, url, headers, body, ANSWER).await
    }

    /// The same, where more of the answer is read.
    async fn call_for(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: impl Into<Body>,
        most: usize,
    ) -> Result<Answer, Failed> {
        // An address in the URL itself is never resolved, so it is judged here; a name is by `Guarded`.
        let url = self.reach.read(url).map_err(Failed::Refused)?;
        let request = self.client.request(method, url).headers(headers).body(body);
        let mut response = request.send().await.map_err(|error| failed(&error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while body.len() < most {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk[..chunk.len().min(most - body.len())]),
                // What was said counts, even if it breaks off.
                Ok(None) | Err(_) => break,
            }
        }
        Ok(Answer { status, retry_after, body })
    }
}

/// The failure in our words: the library's repeat the address, which may hold a secret.
fn failed(error: &reqwest::Error) -> Failed {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if let Some(refused) = one.downcast_ref::<Refused>() {
            return Failed::Refused(*refused);
        }
        cause = one.source();
    }
    if error.is_timeout() {
        Failed::TimedOut
    } else if error.is_connect() {
        Failed::Unreachable("the address could not be connected to")
    } else {
        Failed::Unreachable("the connection broke off")
    }
}

async fn look_up(name: String) -> std::io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
}

/// Resolves names to what may be called. The connection is made to one of these addresses and no other.
struct Guarded {
    reach: Arc<Reach>,
    lookup: Lookup,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, found) = (Arc::clone(&self.reach), (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = found.await?;
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| reach.allows(*address)).map(|address| (address, 0).into()).collect();
            if allowed.is_empty() {
                return Err(Refused::Private.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

impl Sender for Outbound {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            let begun = Instant::now();
            let answered = self.call(Method::POST, &parcel.url, headers(parcel), parcel.body.clone()).await;
            let duration = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
            match answered {
                Ok(Answer { status, retry_after, body }) => {
                    let body = String::from_utf8_lossy(&body).into_owned();
                    Outcome { status: Some(status), body, retry_after, error: None, duration }
                }
                Err(error) => Outcome { error: Some(error.to_string()), duration, ..Outcome::default() },
            }
        })
    }
}

impl Fetch for Outbound {
    fn fetch<'a>(&'a self, question: &'a Question) -> Fetching<'a> {
        Box::pin(async move {
            let mut headers = HeaderMap::new();
            headers.insert(AGENT, HeaderValue::from_static(concat!("Portico/", env!("CARGO_PKG_VERSION"))));
            for (name, value) in &question.headers {
                let mut value = HeaderValue::from_str(value).map_err(|_| format!("{name} is no header"))?;
                value.set_sensitive(true);
                headers.insert(HeaderName::from_static(name), value);
            }
            let method = if question.form.is_some() { Method::POST } else { Method::GET };
            if question.form.is_some() {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            }
            let body = question.form.clone().unwrap_or_default();
            // One byte more than may be, so that what is too long is seen to be.
            let answered = self.call_for(method, &question.url, headers, body, LONGEST + 1).await;
            let Answer { status, body, .. } = answered.map_err(|failed| failed.to_string())?;
            if body.len() > LONGEST { Err("the answer is too long".to_owned()) } else { Ok(Reply { status, body }) }
        })
    }
}

/// The headers of Standard Webhooks.
fn headers(parcel: &Parcel) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("webhook-id", parcel.id.as_str()),
        ("webhook-timestamp", parcel.timestamp.to_string().as_str()),
        ("webhook-signature", parcel.signature.as_str()),
    ] {
        // Invariant: ids, numbers and base 64 are fit for a header.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}
