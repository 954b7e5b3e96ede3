//! A run against a server: requests within limits, what was said, what was made and is to be deleted.

use std::time::{Duration, Instant};

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::announced::Announced;
use crate::answer::{Answer, Stop, Verdict};
use crate::options::Options;
use crate::report::Exchange;
use crate::script::Cast;
use crate::target::Target;

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(crate) const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
pub(crate) const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// The domain of all addresses: one that nobody can have (RFC 2606).
pub(crate) const DOMAIN: &str = "scim-conformance.example";
/// How much of a body is kept for the report, in bytes.
const SHOWN: usize = 4_000;
/// How many exchanges of a check are kept.
const KEPT: usize = 40;
/// How often a request is tried while the server asks for patience.
const TRIES: u32 = 6;

/// A request, not yet sent. The path is below the base URL and already encoded.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub method: Method,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

impl Call {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: None }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::POST, path).text(body.to_string())
    }

    pub(crate) fn patch(path: impl Into<String>, operations: &Value) -> Self {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        Self::new(Method::PATCH, path).text(body.to_string())
    }

    pub(crate) fn text(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// With a header. An empty `Authorization` or `Content-Type` means: without.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A run: see the module.
#[derive(Debug)]
pub(crate) struct Run {
    http: Client,
    target: Target,
    options: Options,
    begun: Instant,
    requests: u32,
    names: u32,
    exchanges: Vec<Exchange>,
    made: Vec<String>,
    pub(crate) announced: Announced,
    pub(crate) cast: Option<Cast>,
}

impl Run {
    pub(crate) fn begin(target: Target, options: Options) -> Result<Self, String> {
        let http = Client::builder()
            .timeout(options.limits.answer)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("portico-conformance/2.0")
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            http,
            target,
            options,
            begun: Instant::now(),
            requests: 0,
            names: 0,
            exchanges: Vec::new(),
            made: Vec::new(),
            announced: Announced::default(),
            cast: None,
        })
    }

    /// What all names of the run begin with.
    pub(crate) fn prefix(&self) -> String {
        format!("conf{}-", self.options.run)
    }

    /// A name that nobody else has in this run: the user name of a check, and what its others are derived from.
    pub(crate) fn name(&mut self) -> String {
        self.names += 1;
        format!("{}{}", self.prefix(), self.names)
    }

    pub(crate) fn base_url(&self) -> &str {
        self.target.base_url()
    }

    /// Whether there is nothing left to spend on another check.
    pub(crate) fn spent(&self) -> Option<&'static str> {
        if self.begun.elapsed() >= self.options.limits.time {
            return Some("the time of the run was over");
        }
        (self.requests >= self.options.limits.requests).then_some("the requests of the run were used up")
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(crate) const fn requests(&self) -> u32 {
        self.requests
    }

    /// What was said since the last time.
    pub(crate) fn exchanges(&mut self) -> Vec<Exchange> {
        std::mem::take(&mut self.exchanges)
    }

    pub(crate) async fn get(&mut self, path: &str) -> Verdict<Answer> {
        self.send(Call::get(path)).await
    }

    /// Makes a person with a new name and these attributes; the answer.
    pub(crate) async fn user(&mut self, attributes: Value) -> Verdict<Answer> {
        let name = self.name();
        let mut body = json!({ "schemas": [USER], "userName": format!("{name}@{DOMAIN}") });
        if let (Some(body), Value::Object(attributes)) = (body.as_object_mut(), attributes) {
            body.extend(attributes);
        }
        let made = self.send(Call::post("/Users", &body)).await?;
        made.is("201")?.id()?;
        Ok(made)
    }

    /// Makes a group with a new name and these members; the answer.
    pub(crate) async fn group(&mut self, members: &[&str]) -> Verdict<Answer> {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": self.name(), "members": members });
        let made = self.send(Call::post("/Groups", &body)).await?;
        made.is("201")?.id()?;
        Ok(made)
    }

    /// Sends a request, as often as the server asks to wait; remembers what it made.
    pub(crate) async fn send(&mut self, call: Call) -> Verdict<Answer> {
        for attempt in 1.. {
            if let Some(why) = self.spent() {
                return Stop::skipped(why);
            }
            let answer = self.once(&call).await?;
            if answer.status != 429 || attempt == TRIES {
                self.remember(&call, &answer);
                return Ok(answer);
            }
            let asked = answer.header("retry-after").trim().parse().map_or(Duration::from_secs(1), Duration::from_secs);
            tokio::time::sleep(asked.min(self.options.limits.wait)).await;
        }
        Stop::skipped("the server was asked too often")
    }

    /// Sends the same request several times at once.
    pub(crate) async fn send_at_once(&mut self, calls: &[Call]) -> Verdict<Vec<Answer>> {
        if let Some(why) = self.spent() {
            return Stop::skipped(why);
        }
        let mut sent = Vec::new();
        for call in calls {
            let request = self.request(call)?;
            sent.push(tokio::spawn(async move { request.send().await }));
        }
        let mut answers = Vec::new();
        for (call, sent) in calls.iter().zip(sent) {
            let response = sent.await.map_err(|error| Stop::Failed(error.to_string()))?;
            let answer = self.read(call, response).await?;
            self.remember(call, &answer);
            answers.push(answer);
        }
        Ok(answers)
    }

    fn request(&mut self, call: &Call) -> Verdict<reqwest::RequestBuilder> {
        self.requests += 1;
        let mut request = self.http.request(call.method.clone(), format!("{}{}", self.base_url(), call.path));
        if call.header("authorization").is_none() {
            request = self.target.credential.sign(request);
        }
        if call.header("accept").is_none() {
            request = request.header("accept", "application/scim+json");
        }
        if call.body.is_some() && call.header("content-type").is_none() {
            request = request.header("content-type", "application/scim+json");
        }
        for (name, value) in call.headers.iter().filter(|(_, value)| !value.is_empty()) {
            let name = HeaderName::from_bytes(name.as_bytes());
            let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) else {
                return Stop::failed(format!("{value} is no header"));
            };
            request = request.header(name, value);
        }
        Ok(match &call.body {
            Some(body) => request.body(body.clone()),
            None => request,
        })
    }

    async fn once(&mut self, call: &Call) -> Verdict<Answer> {
        let response = self.request(call)?.send().await;
        self.read(call, response).await
    }

    async fn read(&mut self, call: &Call, response: reqwest::Result<reqwest::Response>) -> Verdict<Answer> {
        let request = format!("{} {}", call.method, call.path);
        let shown = |body: &str| self.shown(body);
        let mut exchange = Exchange {
            request: shown(&request),
            body: call.body.as_deref().map(shown),
            status: None,
            answer: String::new(),
        };
        let answer = match response {
            Ok(response) => {
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                response.text().await.map(|text| (status, headers, text))
            }
            Err(error) => Err(error),
        };
        let result = match answer {
            Ok((status, headers, text)) => {
                exchange.status = Some(status);
                exchange.answer = self.shown(&text);
                let json = serde_json::from_str(&text).unwrap_or_default();
                Ok(Answer { request: exchange.request.clone(), status, headers, text, json })
            }
            Err(error) => {
                // The address may hold a query; what matters is what went wrong with it.
                let why = error.without_url();
                let cause = std::error::Error::source(&why).map(|cause| format!(": {cause}")).unwrap_or_default();
                exchange.answer = format!("no answer: {why}{cause}");
                Stop::failed(format!("{} got no answer: {why}{cause}", exchange.request))
            }
        };
        self.exchanges.push(exchange);
        if self.exchanges.len() > KEPT {
            self.exchanges.remove(0);
        }
        result
    }

    /// A text for the report: not too long, and without the credential.
    fn shown(&self, text: &str) -> String {
        let secret = self.target.credential.secret();
        let text = if secret.is_empty() { text.to_owned() } else { text.replace(secret, "(secret)") };
        if text.len() <= SHOWN {
            return text;
        }
        let mut end = SHOWN;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}… ({} bytes)", &text[..end], text.len())
    }

    fn remember(&mut self, call: &Call, answer: &Answer) {
        let plain = call.path.split('?').next().unwrap_or_default().trim_end_matches('/');
        match (call.method.as_str(), answer.status) {
            ("POST", 200..=299) if plain.starts_with("/Bulk") => {
                for done in answer.json["Operations"].as_array().into_iter().flatten() {
                    let mut parts = done["location"].as_str().unwrap_or_default().rsplit('/');
                    let (id, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                    if done["method"] == "POST" && is_segment(id) && matches!(kind, "Users" | "Groups") {
                        self.made.push(format!("/{kind}/{id}"));
                    }
                }
            }
            ("POST", 200..=299) if matches!(plain, "/Users" | "/Groups") => {
                if let Some(id) = answer.json["id"].as_str().filter(|id| is_segment(id)) {
                    self.made.push(format!("{plain}/{id}"));
                }
            }
            ("DELETE", 200..=299 | 404) => self.made.retain(|made| made != plain),
            _ => {}
        }
    }

    /// How much was made and not deleted yet.
    pub(crate) fn mark(&self) -> usize {
        self.made.len()
    }

    /// Forgets that those who act in many checks are to be deleted after this one: they are at the end.
    pub(crate) fn keep(&mut self, since: usize) -> Vec<String> {
        self.made.split_off(since)
    }

    /// Takes them back among what is to be deleted.
    pub(crate) fn release(&mut self, kept: Vec<String>) {
        self.made.extend(kept);
    }

    /// Deletes what was made, the last first; what could not be deleted, it tries again at the next call.
    pub(crate) async fn clean(&mut self) {
        let made = std::mem::take(&mut self.made);
        for path in made.into_iter().rev() {
            if self.elapsed() > self.options.limits.time + self.options.limits.cleanup {
                self.made.push(path);
                continue;
            }
            let mut gone = false;
            for _ in 0..TRIES {
                let Ok(answer) = self.once(&Call::new(Method::DELETE, path.clone())).await else { break };
                gone = matches!(answer.status, 200..=299 | 404);
                if answer.status != 429 {
                    break;
                }
                let asked = answer.header("retry-after").parse().map_or(Duration::from_secs(1), Duration::from_secs);
                tokio::time::sleep(asked.min(self.options.limits.wait)).await;
            }
            if !gone {
                self.made.push(path);
            }
        }
        self.exchanges.clear();
    }

    /// What is still there.
    pub(crate) fn leftovers(&self) -> &[String] {
        &self.made
    }
}

/// Whether a server's id can stand in a path as it is.
fn is_segment(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~:@!$'()*,;=".contains(&byte))
}
