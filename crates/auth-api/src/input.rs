//! What callers send: bodies and queries, read strictly, with the messages that Better Auth's schemas
//! give (zod 4).
//!
//! [`JsonBody`] and [`JsonOrForm`] are the only ways to a body: they look at media type, length,
//! syntax, NUL characters and the trust of callback URLs before an endpoint sees anything.

use std::fmt::Write as _;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use api_kit::body::{self, Unreadable};
use api_kit::{Settings, percent};
use auth_core::users::email;
use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use crate::error::{ApiError, Result};
use crate::origin;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// The most UTF-16 code units of a text that has no limit of its own.
const LONGEST: usize = 4096;

/// A JSON body.
pub type JsonBody = Body<false>;

/// A JSON body or a form's, for the endpoints that a plain HTML form may call.
pub type JsonOrForm = Body<true>;

/// A body as it was sent. `None`: nothing was.
pub struct Body<const FORMS: bool>(Option<Value>);

impl<const FORMS: bool> Body<FORMS> {
    /// The object that must be there.
    pub fn object(self) -> Result<Input> {
        match self.0 {
            Some(Value::Object(fields)) => Ok(Input::new("body", fields)),
            other => Err(ApiError::validation(format!("[body] {}", expected("object", other.as_ref())))),
        }
    }

    /// The object, or an empty one if there is no body.
    pub fn object_if_any(self) -> Result<Input> {
        if self.0.is_none() { Ok(Input::new("body", Map::new())) } else { self.object() }
    }

    /// Whatever was sent.
    pub fn value(self) -> Option<Value> {
        self.0
    }
}

impl<const FORMS: bool> FromRequest for Body<FORMS> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let settings = req
                .app_data::<web::Data<Settings>>()
                .ok_or_else(|| auth_core::Error::internal("the edge has no settings"))?;
            let bytes = body::read(&req, &mut payload, settings.body_limit).await.map_err(unreadable)?;
            if bytes.is_empty() {
                return Ok(Self(None));
            }
            let value = if is_form::<FORMS>(&req)? { form(&bytes)? } else { json(&bytes)? };
            if let Value::Object(fields) = &value {
                origin::check_urls(settings, |key| fields.get(key).and_then(Value::as_str))?;
            }
            Ok(Self(Some(value)))
        })
    }
}

fn unreadable(why: Unreadable) -> ApiError {
    match why {
        Unreadable::TooLarge => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "Request body is too large")
        }
        Unreadable::Broken => ApiError::bad_request("BAD_REQUEST", "The request body broke off"),
    }
}

/// Whether the body is a form's. Anything that is neither form nor JSON is refused.
fn is_form<const FORMS: bool>(req: &HttpRequest) -> Result<bool> {
    let sent = req.headers().get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let media = sent.as_deref().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.as_str() {
        JSON => Ok(false),
        FORM if FORMS => Ok(true),
        _ => {
            let allowed = if FORMS { format!("{JSON}, {FORM}") } else { JSON.to_owned() };
            let said = match sent {
                Some(sent) if !sent.is_empty() => {
                    format!("Content-Type \"{sent}\" is not allowed. Allowed types: {allowed}")
                }
                _ => format!("Content-Type is required. Allowed types: {allowed}"),
            };
            Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", said))
        }
    }
}

fn json(bytes: &[u8]) -> Result<Value> {
    // The parser's own limit of depth holds; what is not UTF-8 is not JSON.
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|_| ApiError::bad_request("BAD_REQUEST", "Invalid JSON in request body"))?;
    if holds_nul(&value) {
        return Err(ApiError::validation("[body] Invalid input: texts must not contain NUL characters"));
    }
    Ok(value)
}

/// Neither database nor any reader expects a NUL in a text, and one of the databases refuses it.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// A form's fields. A checkbox has no JSON type: the one that exists becomes a boolean.
fn form(bytes: &[u8]) -> Result<Value> {
    let pairs = std::str::from_utf8(bytes)
        .ok()
        .and_then(percent::pairs)
        .ok_or_else(|| ApiError::bad_request("BAD_REQUEST", "Invalid form in request body"))?;
    let mut fields = object(pairs);
    if let Some(remember) = fields.get_mut("rememberMe") {
        match remember.as_str() {
            Some("true" | "on" | "1") => *remember = Value::Bool(true),
            Some("false" | "off" | "0") => *remember = Value::Bool(false),
            _ => {}
        }
    }
    Ok(Value::Object(fields))
}

/// Pairs as an object: repeated keys become arrays.
fn object(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (key, value) in pairs {
        let value = Value::String(value);
        match fields.get_mut(&key) {
            None => {
                fields.insert(key, value);
            }
            Some(Value::Array(all)) => all.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    fields
}

/// The query of a request.
pub struct Query(Map<String, Value>);

impl Query {
    /// Reads the query. Broken escapes, broken UTF-8 and NUL are refused.
    pub fn of(req: &HttpRequest) -> Result<Self> {
        let pairs = percent::pairs(req.query_string())
            .ok_or_else(|| ApiError::validation("[query] Invalid input: expected percent-encoded UTF-8 text"))?;
        Ok(Self(object(pairs)))
    }

    /// Its fields, to be read.
    #[must_use]
    pub fn input(self) -> Input {
        Input::new("query", self.0)
    }
}

impl FromRequest for Query {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(req))
    }
}

/// The fields of an object, read one by one. Problems are gathered and told together by
/// [`finish`](Self::finish), which must be called before any value is used: until then a missing text
/// is an empty one.
pub struct Input {
    place: &'static str,
    fields: Map<String, Value>,
    issues: String,
}

impl Input {
    /// Over an object. `place` is `body` or `query`.
    #[must_use]
    pub fn new(place: &'static str, fields: Map<String, Value>) -> Self {
        Self { place, fields, issues: String::new() }
    }

    /// Tells all problems at once.
    pub fn finish(self) -> Result<()> {
        if self.issues.is_empty() { Ok(()) } else { Err(ApiError::validation(self.issues)) }
    }

    /// Notes a problem with a field.
    pub fn issue(&mut self, key: &str, problem: &str) {
        let between = if self.issues.is_empty() { "" } else { "; " };
        let _ = write!(self.issues, "{between}[{}.{key}] {problem}", self.place);
    }

    /// Whether the field was sent, even as null.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// Takes a field as it is.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        self.fields.shift_remove(key)
    }

    /// All fields that were not taken.
    #[must_use]
    pub fn rest(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// A text that must be there.
    pub fn string(&mut self, key: &str) -> String {
        match self.take(key) {
            Some(Value::String(text)) => self.bounded(key, text),
            other => {
                self.issue(key, &expected("string", other.as_ref()));
                String::new()
            }
        }
    }

    /// A text that must be there and not be empty.
    pub fn non_empty(&mut self, key: &str) -> String {
        let given = self.fields.get(key).is_some_and(Value::is_string);
        let text = self.string(key);
        if given && text.is_empty() {
            self.issue(key, "Too small: expected string to have >=1 characters");
        }
        text
    }

    /// An email address that must be there.
    pub fn email(&mut self, key: &str) -> String {
        let given = self.fields.get(key).is_some_and(Value::is_string);
        let text = self.string(key);
        if given && !email::is_valid(&text) {
            self.issue(key, "Invalid email address");
        }
        text
    }

    /// A text that may be missing.
    pub fn optional(&mut self, key: &str) -> Option<String> {
        self.has(key).then(|| self.string(key))
    }

    /// A text that may be missing (`None`) or null (`Some(None)`).
    pub fn nullable(&mut self, key: &str) -> Option<Option<String>> {
        if self.fields.get(key).is_some_and(Value::is_null) {
            self.take(key);
            return Some(None);
        }
        self.optional(key).map(Some)
    }

    /// A boolean that may be missing. In a query it is a text.
    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            Value::Bool(flag) => Some(flag),
            Value::String(text) if self.place == "query" => Some(!matches!(text.as_str(), "" | "0" | "false")),
            other => {
                self.issue(key, &expected("boolean", Some(&other)));
                None
            }
        }
    }

    /// A whole number of at least 0 that may be missing. In a query it is a text.
    pub fn count(&mut self, key: &str) -> Option<u64> {
        let value = self.take(key)?;
        let number = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) if self.place == "query" => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.issue(key, &expected("number", Some(&value)));
        }
        number
    }

    /// An object that may be missing.
    pub fn object(&mut self, key: &str) -> Option<Map<String, Value>> {
        match self.take(key)? {
            Value::Object(fields) => Some(fields),
            other => {
                self.issue(key, &expected("object", Some(&other)));
                None
            }
        }
    }

    /// A text or a list of texts, which must be there: always a list.
    pub fn strings(&mut self, key: &str) -> Vec<String> {
        match self.fields.get(key) {
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                let Some(Value::Array(items)) = self.take(key) else { return Vec::new() };
                let texts =
                    items.into_iter().filter_map(|item| if let Value::String(text) = item { Some(text) } else { None });
                texts.map(|text| self.bounded(key, text)).collect()
            }
            Some(Value::Array(_)) => {
                self.take(key);
                self.issue(key, "Invalid input");
                Vec::new()
            }
            _ => vec![self.string(key)],
        }
    }

    fn bounded(&mut self, key: &str, text: String) -> String {
        // Images may hold themselves; their own limit is the core's.
        let longest = if key == "image" || key == "logo" { LONGEST * 32 } else { LONGEST };
        if text.len() > longest && text.encode_utf16().count() > longest {
            self.issue(key, &format!("Too big: expected string to have <={longest} characters"));
        }
        text
    }
}

/// `Invalid input: expected string, received undefined`.
fn expected(wanted: &str, received: Option<&Value>) -> String {
    let received = match received {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    };
    format!("Invalid input: expected {wanted}, received {received}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(value: Value) -> Input {
        let Value::Object(fields) = value else { panic!("an object") };
        Input::new("body", fields)
    }

    #[test]
    fn problems_are_told_together_in_zods_words() {
        let mut empty = input(json!({}));
        let _ = (empty.string("name"), empty.email("email"), empty.non_empty("password"));
        assert_eq!(
            empty.finish().unwrap_err().message(),
            "[body.name] Invalid input: expected string, received undefined; \
             [body.email] Invalid input: expected string, received undefined; \
             [body.password] Invalid input: expected string, received undefined"
        );
        let mut odd = input(json!({"email": "notanemail", "password": "", "image": 1, "rememberMe": "yes"}));
        let _ = (odd.email("email"), odd.non_empty("password"), odd.nullable("image"), odd.boolean("rememberMe"));
        assert_eq!(
            odd.finish().unwrap_err().message(),
            "[body.email] Invalid email address; [body.password] Too small: expected string to have >=1 characters; \
             [body.image] Invalid input: expected string, received number; \
             [body.rememberMe] Invalid input: expected boolean, received string"
        );
    }

    #[test]
    fn missing_null_and_given_are_three_things() {
        let mut read = input(json!({"a": null, "b": "x", "c": ["x", "y"]}));
        assert_eq!(
            (read.nullable("a"), read.nullable("b"), read.nullable("z")),
            (Some(None), Some(Some("x".into())), None)
        );
        assert_eq!(read.strings("c"), ["x", "y"]);
        read.finish().unwrap();
    }

    #[test]
    fn json_is_refused_when_it_is_deep_broken_or_holds_nul() {
        let deep = "[".repeat(100_000);
        for odd in
            [deep.as_bytes(), b"{bad", b"\xff\xfe", b"{\"a\":\"\xff\"}", b"{\"a\":\"\\u0000\"}", b"{\"\\u0000\":1}"]
        {
            assert_eq!(json(odd).unwrap_err().status().as_u16(), 400);
        }
    }

    #[test]
    fn a_form_is_an_object_of_texts() {
        let read = form(b"email=a%40b.example&rememberMe=false&x=1&x=2").unwrap();
        assert_eq!(read, json!({"email": "a@b.example", "rememberMe": false, "x": ["1", "2"]}));
        assert!(form(b"a=%ff").is_err());
    }
}
