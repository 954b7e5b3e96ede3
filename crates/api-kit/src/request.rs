//! A request as the core sees it: its id, where it came from, with which program.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName, USER_AGENT};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use auth_core::clock::SystemChance;
use auth_core::features::directory::request_log;
use auth_core::{Actor, Ctx, Work, secret};

use crate::ip::client_ip;
use crate::settings::Settings;

/// The header that carries a request's id, in and out.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most bytes of a `User-Agent` that are kept.
const USER_AGENT_MAX: usize = 512;

/// What is known of a request before anybody looked at its credentials.
#[derive(Clone, Debug)]
pub struct RequestMeta(Rc<Known>);

#[derive(Debug)]
struct Known {
    id: String,
    ip: Option<IpAddr>,
    user_agent: Option<String>,
}

impl RequestMeta {
    /// Reads a request. [`trace`](crate::trace) does it once and keeps the result with the request.
    #[must_use]
    pub fn of(req: &HttpRequest) -> Self {
        if let Some(known) = req.extensions().get::<Self>() {
            return known.clone();
        }
        let trusted = req.app_data::<web::Data<Settings>>().map_or(&[][..], |settings| &settings.trusted_proxies);
        let meta = Self(Rc::new(Known {
            id: request_id(req.headers()),
            ip: client_ip(req.peer_addr(), req.headers(), trusted),
            user_agent: user_agent(req.headers()),
        }));
        req.extensions_mut().insert(meta.clone());
        meta
    }

    /// The request's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The caller's address.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.0.ip
    }

    /// The caller's `User-Agent`, cut.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// The context for the core, once it is known who asks.
    #[must_use]
    pub fn ctx(&self, actor: Actor) -> Ctx {
        Ctx {
            request_id: self.0.id.clone(),
            actor,
            ip: self.0.ip.map(|ip| ip.to_string()),
            user_agent: self.0.user_agent.clone(),
            notes: None,
            dry_run: false,
            rehearsal: None,
            untold: false,
            staged: false,
            work: Work::default(),
            trusted_device: None,
        }
    }
}

impl FromRequest for RequestMeta {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}

/// The caller's id for the request if it is a sane one and no credential, which would be kept with what is logged, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let sane = |text: &&str| {
        (8..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
            && !request_log::holds_credential(text)
    };
    headers
        .get(X_REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(sane)
        .map_or_else(|| format!("req_{}", secret::random_text(&SystemChance, 20)), str::to_owned)
}

/// Text of the header, cut at a character's boundary, without what databases refuse.
fn user_agent(headers: &HeaderMap) -> Option<String> {
    let bytes = headers.get(USER_AGENT)?.as_bytes();
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(USER_AGENT_MAX)]);
    let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_sane_id_is_kept_and_another_replaced() {
        let id = |text: &str| {
            let req = TestRequest::default().insert_header((X_REQUEST_ID, text)).to_http_request();
            RequestMeta::of(&req).id().to_owned()
        };
        assert_eq!(id("edge-0123_ABC"), "edge-0123_ABC");
        for odd in ["short", "with space in it", "a\tb_12345", &"x".repeat(65)] {
            assert!(id(odd).starts_with("req_"), "{odd}");
        }
        assert_ne!(id("-"), id("-"));
    }

    #[test]
    fn a_long_user_agent_is_cut_between_characters() {
        let long = format!("{}ä", "x".repeat(511));
        let req = TestRequest::default()
            .insert_header((USER_AGENT, actix_web::http::header::HeaderValue::from_bytes(long.as_bytes()).unwrap()))
            .to_http_request();
        assert_eq!(RequestMeta::of(&req).user_agent().map(str::len), Some(511));
    }
}
