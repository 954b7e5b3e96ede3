//! Requests as Okta makes them: its headers, its patience.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_CHARSET, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;

/// How long Okta waits for an answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a request is made again that the server put off.
const TRIES: u32 = 3;
/// The most seconds that are waited in between, whatever the server says: somebody is watching.
const LONGEST: u64 = 10;

/// Why a request came to nothing.
#[derive(Debug)]
pub enum Failure {
    /// The token is not good. Nothing else will be.
    Unauthorized(String),
    /// There is no answer.
    Unreachable(String),
    /// The server answered, and refused.
    Refused(u16, String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized(detail) => write!(
                f,
                "401: the server does not accept the token ({detail}). Make a credential of the directory and give its token \
                 with --token, --token-file or PORTICO_SCIM_TOKEN"
            ),
            Self::Unreachable(why) => write!(f, "the server cannot be reached: {why}"),
            Self::Refused(status, detail) => write!(f, "{status}: {detail}"),
        }
    }
}

/// The client.
pub struct Okta {
    http: Client,
    base: String,
    authorization: HeaderValue,
    /// How many requests were made.
    pub requests: u64,
}

impl Okta {
    /// For the base URL of a SCIM server and a token of it.
    ///
    /// # Errors
    /// If the URL is none, or the token cannot stand in a header.
    pub fn new(url: &str, token: &str) -> Result<Self, String> {
        let parsed = Url::parse(url).map_err(|error| format!("--url {url:?} is no URL: {error}"))?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.query().is_some() || parsed.fragment().is_some() {
            return Err("--url is the base URL of the directory, as in https://id.example/scim/v2".to_owned());
        }
        let odd = || "the token holds characters that no token has".to_owned();
        let mut authorization = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| odd())?;
        authorization.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/scim+json"));
        headers.insert(ACCEPT_CHARSET, HeaderValue::from_static("utf-8"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/scim+json; charset=utf-8"));
        let http = Client::builder()
            .default_headers(headers)
            .user_agent("Okta SCIM Client 1.0.0")
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { http, base: url.trim_end_matches('/').to_owned(), authorization, requests: 0 })
    }

    /// One request, made again a few times if the server puts it off. The body of the answer; null if it has none.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn send(&mut self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let mut tries = 1;
        loop {
            self.requests += 1;
            let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
            request = request.header(AUTHORIZATION, self.authorization.clone());
            if let Some(body) = body {
                request = request.body(body.to_string());
            }
            let unreachable = |error: reqwest::Error| Failure::Unreachable(told(&error));
            let answer = request.send().await.map_err(unreachable)?;
            let (status, wait) = (answer.status(), answer.headers().get(RETRY_AFTER).and_then(seconds));
            let text = answer.text().await.map_err(unreachable)?;
            let json: Value = serde_json::from_str(&text).unwrap_or_default();
            let detail = || json["detail"].as_str().map_or_else(|| short(&text), str::to_owned);
            let put_off = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
            match status {
                StatusCode::UNAUTHORIZED => return Err(Failure::Unauthorized(detail())),
                status if status.is_success() => return Ok(json),
                _ if put_off && tries < TRIES && wait.is_none_or(|wait| wait <= LONGEST) => {
                    tokio::time::sleep(Duration::from_secs(wait.unwrap_or(1))).await;
                    tries += 1;
                }
                status => return Err(Failure::Refused(status.as_u16(), detail())),
            }
        }
    }

    /// The resource of which an attribute is that text, if there is one: the only filter that Okta uses.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn find(&mut self, endpoint: &str, attribute: &str, text: &str) -> Result<Option<Value>, Failure> {
        let filter = format!("{attribute} eq {}", Value::from(text));
        let path = format!("{endpoint}?filter={}&startIndex=1&count=100", api_kit::percent::encode(&filter));
        let mut list = self.send(Method::GET, &path, None).await?;
        Ok(list["Resources"].get_mut(0).map(Value::take))
    }
}

/// Whole seconds; Okta reads nothing else there.
fn seconds(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.trim().parse().ok()
}

/// The beginning of an answer that is no error of SCIM.
fn short(text: &str) -> String {
    let line: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    if line.is_empty() { "the answer says nothing".to_owned() } else { line }
}

/// What went wrong on the way, without the address, which is known.
fn told(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
