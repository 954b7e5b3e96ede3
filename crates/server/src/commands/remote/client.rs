//! Requests to a running instance, with a secret key that comes from the environment or a file and never from the command
//! line, where others see it.

use std::fmt::{self, Display, Write as _};
use std::time::Duration;

use auth_core::secret::Secret;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Method, Response};
use serde_json::Value;
use url::Url;

/// How long connecting may take, and how long the server may say nothing.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(90);
/// The longest problem document that is read, in bytes.
const PROBLEM: usize = 64 * 1024;
/// The longest key file, in bytes.
const KEY: u64 = 4096;
/// Where the key is, if no file is named.
const VARIABLE: &str = "PORTICO_SECRET_KEY";

/// Why a command came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was not asked, or there was no answer.
    Local(String),
    /// The instance refused.
    Refused {
        /// The status.
        status: u16,
        /// What it says.
        text: String,
        /// After how many seconds it may be asked again.
        retry_after: Option<u64>,
    },
}

impl Failure {
    /// The exit status: 4 for what the caller got wrong, 5 for what the instance did, 1 for everything else.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Refused { status: 400..=499, .. } => 4,
            Self::Refused { status: 500.., .. } => 5,
            Self::Local(_) | Self::Refused { .. } => 1,
        }
    }

    pub(super) fn local(problem: impl Display) -> Self {
        Self::Local(problem.to_string())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(text) | Self::Refused { text, .. } => f.write_str(text),
        }
    }
}

/// An instance, and what opens it.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    key: HeaderValue,
}

impl Client {
    /// For the instance at this address; the key comes from the file, or from the environment.
    pub(super) fn new(address: &str, key_file: Option<&str>) -> Result<Self, Failure> {
        let base = Url::parse(address)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| Failure::local(format!("{address:?} is no http(s) address")))?;
        let key = key(key_file)?;
        let mut key = HeaderValue::try_from(format!("Bearer {}", key.expose()))
            .map_err(|_| Failure::local("the secret key has characters that no key has"))?;
        key.set_sensitive(true);
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            // The key goes to the address that was given, and nowhere else.
            .redirect(Policy::none())
            .user_agent(concat!("portico-cli/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Failure::local)?;
        Ok(Self { http, base, key })
    }

    /// Asks, and gives the answer if it is one of success.
    pub(super) async fn send(
        &self,
        method: &Method,
        target: &Target,
        body: Option<&Value>,
    ) -> Result<Response, Failure> {
        let url = self.url(target)?;
        let mut request = self.http.request(method.clone(), url).header(AUTHORIZATION, self.key.clone());
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let answer = request.send().await.map_err(|error| unreached(&self.base, error))?;
        if answer.status().is_success() { Ok(answer) } else { Err(refused(answer).await) }
    }

    /// The same for JSON; `None` if the answer has no body.
    pub(super) async fn json(
        &self,
        method: &Method,
        target: &Target,
        body: Option<&Value>,
    ) -> Result<Option<Value>, Failure> {
        let bytes =
            self.send(method, target, body).await?.bytes().await.map_err(|error| unreached(&self.base, error))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| Failure::local("the answer is not JSON: is it Portico's address?"))
    }

    fn url(&self, target: &Target) -> Result<Url, Failure> {
        let path = format!("{}{}", self.base.path().trim_end_matches('/'), target.path);
        let mut url = self.base.clone();
        if target.path.contains(['?', '#']) || target.path.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(Failure::local(format!("{:?} is not a path; --query says what follows it", target.path)));
        }
        url.set_path(&path);
        url.set_query(None);
        if !target.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&target.query);
        }
        Ok(url)
    }
}

/// A path, and the parameters that follow it.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    pub path: String,
    pub query: Vec<(String, String)>,
}

impl Target {
    /// The same with another value for a parameter.
    pub(super) fn with(&self, name: &str, value: impl Display) -> Self {
        let mut target = self.clone();
        target.query.retain(|(known, _)| known != name);
        target.query.push((name.to_owned(), value.to_string()));
        target
    }

    /// The same without a parameter.
    pub(super) fn without(&self, name: &str) -> Self {
        let mut target = self.clone();
        target.query.retain(|(known, _)| known != name);
        target
    }
}

fn key(file: Option<&str>) -> Result<Secret, Failure> {
    let text = match file {
        Some(file) => {
            let failed = |problem: &dyn Display| Failure::local(format!("the key of {file}: {problem}"));
            let length = std::fs::metadata(file).map_err(|error| failed(&error))?.len();
            if length > KEY {
                return Err(failed(&"the file is too large"));
            }
            std::fs::read_to_string(file).map_err(|error| failed(&error))?
        }
        None => std::env::var(VARIABLE).unwrap_or_default(),
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::local(format!("{VARIABLE} or --key-file says which secret key opens the instance")));
    }
    Ok(Secret::new(text.to_owned()))
}

fn unreached(base: &Url, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut text = format!("{base}: {error}");
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        let _ = write!(text, ": {inner}");
        cause = inner.source();
    }
    Failure::Local(text)
}

/// A problem document (RFC 9457) in words.
async fn refused(answer: Response) -> Failure {
    let status = answer.status().as_u16();
    let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let bytes = answer.bytes().await.unwrap_or_default();
    let problem: Value = serde_json::from_slice(&bytes[..bytes.len().min(PROBLEM)]).unwrap_or_default();
    let said = |name: &str| problem[name].as_str().filter(|text| !text.is_empty());
    let mut text = said("detail").or_else(|| said("title")).unwrap_or("The instance refuses").to_owned();
    let _ = match said("code") {
        Some(code) => write!(text, " ({status} {code})"),
        None => write!(text, " ({status})"),
    };
    for error in problem["errors"].as_array().into_iter().flatten() {
        let part = |name: &str| error[name].as_str().unwrap_or_default();
        let _ = write!(text, "\n  {}: {} ({})", part("field"), part("message"), part("code"));
    }
    if let Some(trace) = said("trace_id") {
        let _ = write!(text, "\n  trace_id: {trace}");
    }
    Failure::Refused { status, text: crate::commands::terminal::plain(&text), retry_after }
}
