//! Reading bodies. [`JsonBody`] and [`JsonOrForm`] are the only ways to one: they look at media type,
//! length, syntax, NUL characters and the trust of callback URLs before an endpoint sees anything.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use api_kit::body::{self, Arrived, Unreadable};
use api_kit::{Settings, percent};
use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::{Input, expected, object_of};
use crate::error::{ApiError, Result};
use crate::{extract, origin};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

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
            let Arrived { bytes, late } =
                body::read(&req, &mut payload, settings.body_limit).await.map_err(unreadable)?;
            if late {
                extract::still(&req).await?;
            }
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
            let allowed = if FORMS { format!("{FORM}, {JSON}") } else { JSON.to_owned() };
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
    let mut fields = object_of(pairs);
    if let Some(remember) = fields.get_mut("rememberMe") {
        match remember.as_str() {
            Some("true" | "on" | "1") => *remember = Value::Bool(true),
            Some("false" | "off" | "0") => *remember = Value::Bool(false),
            _ => {}
        }
    }
    Ok(Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
