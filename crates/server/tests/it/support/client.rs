//! A caller: its own cookies, its own headers, and answers that explain themselves when they are not as expected.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value as Json;

/// Somebody who sends requests. A clone shares the cookies.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    headers: HeaderMap,
    media: &'static str,
    cookies: Option<Arc<Mutex<BTreeMap<String, String>>>>,
}

impl Client {
    /// A program: no cookies, no `Origin`.
    pub(crate) fn program(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            .no_proxy()
            .build()
            .expect("a client");
        Self { http, base: base.to_owned(), headers: HeaderMap::new(), media: "application/json", cookies: None }
    }

    /// A browser: keeps cookies, and its requests come from a page of this instance.
    pub(crate) fn browser(base: &str) -> Self {
        let mut this = Self::program(base).with("origin", base);
        this.cookies = Some(Arc::default());
        this
    }

    /// The same caller with another header on every request. An empty value takes the header away.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if value.is_empty() {
            self.headers.remove(name);
        } else {
            self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header value"));
        }
        self
    }

    /// The same caller with a bearer token.
    pub fn bearer(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// The same caller speaking another media type.
    pub fn media(mut self, media: &'static str) -> Self {
        self.media = media;
        self
    }

    /// A cookie's value, as it came.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.as_ref()?.lock().expect("cookies").get(name).cloned()
    }

    /// Puts a cookie into the jar, or another value into an existing one.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.as_ref().expect("a browser").lock().expect("cookies").insert(name.to_owned(), value.to_owned());
    }

    /// The `Cookie` header that would be sent, for another client to steal.
    pub fn cookie_header(&self) -> String {
        let Some(jar) = &self.cookies else { return String::new() };
        let jar = jar.lock().expect("cookies");
        jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, &[]).await
    }

    /// POST with a JSON body.
    #[allow(clippy::needless_pass_by_value, reason = "reads as `client.post(path, json!({…}))`")]
    pub async fn post(&self, path: &str, body: Json) -> Answer {
        self.send("POST", path, Some(body.to_string().into_bytes()), &[]).await
    }

    /// PUT with a JSON body.
    #[allow(clippy::needless_pass_by_value, reason = "reads as `client.put(path, json!({…}))`")]
    pub async fn put(&self, path: &str, body: Json) -> Answer {
        self.send("PUT", path, Some(body.to_string().into_bytes()), &[]).await
    }

    /// PATCH with a JSON body.
    #[allow(clippy::needless_pass_by_value, reason = "reads as `client.patch(path, json!({…}))`")]
    pub async fn patch(&self, path: &str, body: Json) -> Answer {
        self.send("PATCH", path, Some(body.to_string().into_bytes()), &[]).await
    }

    /// DELETE without a body.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None, &[]).await
    }

    /// Anything: method, path with query, raw body, headers of this request alone (which win).
    pub async fn send(&self, method: &str, path: &str, body: Option<Vec<u8>>, headers: &[(&str, &str)]) -> Answer {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut all = self.headers.clone();
        all.entry("accept").or_insert(HeaderValue::from_static(self.media));
        let cookies = self.cookie_header();
        if !cookies.is_empty() {
            all.insert("cookie", HeaderValue::from_str(&cookies).expect("cookies"));
        }
        if body.is_some() {
            all.insert("content-type", HeaderValue::from_static(self.media));
        }
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            if value.is_empty() {
                all.remove(name);
            } else {
                all.insert(name, HeaderValue::from_str(value).expect("a header value"));
            }
        }
        let said = format!("{method} {path}");
        let mut request = self.http.request(method, url).headers(all);
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{said}: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap_or_else(|error| panic!("{said}: {error:?}"));
        self.keep_cookies(&headers);
        let text = String::from_utf8_lossy(&body).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Json::Null);
        Answer { said, status, headers, text, json }
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let Some(jar) = &self.cookies else { return };
        let mut jar = jar.lock().expect("cookies");
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().expect("a readable cookie");
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|first| first.split_once('=')) else { continue };
            if value.is_empty() || parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    said: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON; `null` if it is none.
    pub json: Json,
}

impl Answer {
    /// This answer, if it has the expected status; else the test ends here and says what came instead.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} answered {}: {}", self.said, self.status, self.text);
        self
    }

    /// The JSON of a 200.
    #[track_caller]
    pub fn ok(self) -> Json {
        self.expect(200).json
    }

    /// The JSON of a 201.
    #[track_caller]
    pub fn created(self) -> Json {
        self.expect(201).json
    }

    /// Checks the status and the field `code` of the body (Better Auth's and `/v1`'s errors have one).
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let this = self.expect(status);
        assert_eq!(this.json["code"], code, "{} answered {}", this.said, this.text);
        this
    }

    /// A header, if it came and is readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// All `Set-Cookie` lines.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect()
    }
}

impl std::ops::Index<&str> for Answer {
    type Output = Json;
    fn index(&self, key: &str) -> &Json {
        &self.json[key]
    }
}
