//! A call: who asks, and everything that was sent.
//!
//! A handler that names [`Call`] is authenticated; it cannot be built otherwise. The body is read
//! only after that.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, ORIGIN, REFERER};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use api_kit::body::{self, Unreadable};
use api_kit::limit::Rule;
use api_kit::{RequestMeta, Settings, bearer, ip};
use auth_core::features::directory::setup;
use auth_core::ids::Id;
use auth_core::{Actor, AuthCore, Ctx, Rx, secret_keys, sessions};
use serde::Serialize;

use crate::body::Fields;
use crate::error::ApiError;
use crate::gate::Gate;
use crate::page::Query;
use crate::setup::open;

/// The most bytes of a body: the largest images and metadata with room to spare.
const BODY_LIMIT: usize = 1024 * 1024;

/// A request by somebody we know.
pub struct Call {
    /// The core.
    pub core: AuthCore,
    /// Who asks, from where.
    pub ctx: Ctx,
    request: HttpRequest,
    payload: RefCell<Payload>,
}

impl FromRequest for Call {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let call = Self::by_anybody(request, payload);
        Box::pin(async move {
            let mut call = call?;
            let actor = recognize(&call.core, &call.ctx, call.settings()?, &call.request).await?;
            call.ctx = call.ctx.with_actor(actor);
            Ok(call)
        })
    }
}

/// A request by whoever it may be: credentials, if there are any, are not looked at. For operations that need none.
pub struct Guest(pub Call);

impl FromRequest for Guest {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        std::future::ready(Call::by_anybody(request, payload).map(Self))
    }
}

impl Guest {
    /// Refuses a caller who asks for this more often than the rule allows.
    pub fn count(&self, route: &str, rule: Rule) -> Result<(), ApiError> {
        let settings = self.0.settings()?;
        if !settings.rate_limit_enabled {
            return Ok(());
        }
        let caller = ip::limiter_key(RequestMeta::of(&self.0.request).ip());
        let now = self.0.core.clock().now();
        settings.windows.count(caller, route, rule, now).map_err(ApiError::too_many_requests)
    }
}

/// Whose credentials a request has. A header that is no good is not made up for by a cookie.
async fn recognize(core: &AuthCore, ctx: &Ctx, settings: &Settings, request: &HttpRequest) -> Result<Actor, ApiError> {
    let headers = request.headers();
    let by_header = headers.contains_key(AUTHORIZATION);
    let refused = || ApiError::unauthenticated(by_header.then_some("invalid_token"));
    if let Some(text) = bearer(headers) {
        if text.strip_prefix(secret_keys::KIND).is_some_and(|rest| rest.starts_with('_')) {
            return Ok(secret_keys::authenticate(core, ctx, text).await?);
        }
        if text.strip_prefix(setup::KIND).is_some_and(|rest| rest.starts_with('_')) {
            return open::admit(request, setup::authenticate(core, ctx, text).await?);
        }
    } else if by_header {
        return Err(refused());
    }
    let token = settings.cookies.presented(headers, &core.settings().secret).ok_or_else(refused)?;
    let resolved = core.read(ctx, async |rx| sessions::resolve(rx, &token).await).await?.ok_or_else(refused)?;
    if !by_header && !is_safe(request.method()) && !is_same_site(settings, headers) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "invalid_origin",
            "A change made with a cookie must come from a trusted origin",
        ));
    }
    Ok(resolved.actor())
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether the page that sent this is ours or of an origin that is trusted by its full name. Browsers
/// send `Origin` with every change; without it, and without a referrer, nothing is believed.
fn is_same_site(settings: &Settings, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(&ORIGIN).or_else(|| text(&REFERER).map(origin_of)) else { return false };
    origin == settings.origin() || settings.trusted_origins.iter().any(|trusted| trusted == origin)
}

/// The scheme, host and port of a URL.
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

impl Call {
    fn by_anybody(request: &HttpRequest, payload: &mut Payload) -> Result<Self, ApiError> {
        let unready = || ApiError::from(auth_core::Error::internal("the dialect was set up without a core"));
        let core = request.app_data::<Data<AuthCore>>().ok_or_else(unready)?.get_ref().clone();
        let ctx = RequestMeta::of(request).ctx(Actor::Anonymous);
        Ok(Self { core, ctx, request: request.clone(), payload: RefCell::new(payload.take()) })
    }

    /// Asks anew who this is, for an answer that goes on: whether the credentials are still good, and still those of the
    /// same caller.
    pub async fn renew(&mut self) -> Result<bool, ApiError> {
        let before = self.ctx.actor.label();
        let asked = self.ctx.with_actor(Actor::Anonymous);
        match recognize(&self.core, &asked, self.settings()?, &self.request).await {
            Ok(actor) if actor.label() == before => {
                self.ctx = asked.with_actor(actor);
                Ok(true)
            }
            Ok(_) => Ok(false),
            Err(error) if error.is_refusal() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What the operator decided about the edge.
    pub fn settings(&self) -> Result<&Settings, ApiError> {
        let settings = self.request.app_data::<Data<Settings>>().map(Data::get_ref);
        settings.ok_or_else(|| auth_core::Error::internal("the dialect was set up without settings").into())
    }

    /// An id in the path. What cannot be one names nothing.
    pub fn id<T: Id>(&self, name: &str) -> Result<T, ApiError> {
        self.request.match_info().get(name).and_then(T::parse).ok_or_else(ApiError::not_found)
    }

    /// A part of the path that is no id, decoded. What is no text names nothing.
    pub fn text(&self, name: &str) -> Result<String, ApiError> {
        let text = self.request.match_info().get(name).and_then(api_kit::percent::decode);
        text.map(std::borrow::Cow::into_owned).filter(|text| !text.contains('\0')).ok_or_else(ApiError::not_found)
    }

    /// Whether the path has a part of that name.
    pub fn names(&self, name: &str) -> bool {
        self.request.match_info().get(name).is_some()
    }

    /// The query.
    pub fn query(&self) -> Result<Query, ApiError> {
        Query::parse(self.request.query_string())
    }

    /// Something that the whole instance shares.
    pub fn shared<T: 'static>(&self) -> Result<Arc<T>, ApiError> {
        let found = self.request.app_data::<Data<T>>().cloned().map(Data::into_inner);
        found.ok_or_else(|| auth_core::Error::internal("the dialect was set up without a part of the instance").into())
    }

    /// A header of the request.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.request.headers().get(name).map(actix_web::http::header::HeaderValue::as_bytes)
    }

    /// The request in a line: what, where, and the query.
    pub fn line(&self) -> String {
        format!("{} {}", self.request.method(), self.request.uri())
    }

    /// The body as it came. Reading it again gives nothing. If it took its time, the caller is recognized again.
    pub async fn bytes(&self) -> Result<Bytes, ApiError> {
        let mut payload = self.payload.replace(Payload::None);
        let arrived =
            body::read(&self.request, &mut payload, BODY_LIMIT).await.map_err(|unreadable| match unreadable {
                Unreadable::TooLarge => ApiError::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "payload_too_large",
                    format!("The body must have at most {BODY_LIMIT} bytes"),
                ),
                Unreadable::Broken => ApiError::new(StatusCode::BAD_REQUEST, "bad_request", "The body broke off"),
            })?;
        if arrived.late && self.ctx.actor != Actor::Anonymous {
            let asked = self.ctx.with_actor(Actor::Anonymous);
            if recognize(&self.core, &asked, self.settings()?, &self.request).await? != self.ctx.actor {
                return Err(ApiError::unauthenticated(Some("invalid_token")));
            }
        }
        Ok(arrived.bytes)
    }

    /// The fields of a body that came.
    pub fn fields(&self, bytes: &Bytes) -> Result<Fields, ApiError> {
        self.check_media_type()?;
        Fields::parse(bytes)
    }

    /// The fields of a body that may be left out.
    pub fn optional_fields(&self, bytes: &Bytes) -> Result<Fields, ApiError> {
        if bytes.is_empty() { Ok(Fields::none()) } else { self.fields(bytes) }
    }

    fn check_media_type(&self) -> Result<(), ApiError> {
        let headers = self.request.headers();
        let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media.split(';').next().unwrap_or_default().trim();
        let coded = headers.get(CONTENT_ENCODING).is_some_and(|value| value.as_bytes() != b"identity");
        if essence.eq_ignore_ascii_case("application/json") && !coded {
            return Ok(());
        }
        Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be application/json, not compressed",
        ))
    }

    /// Looks, if the caller may.
    pub async fn read<T>(&self, gate: &Gate, look: impl AsyncFn(&Rx) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.core
            .read(&self.ctx, async |rx| {
                gate.check(rx).await?;
                look(rx).await
            })
            .await
    }
}

/// An answer with a body.
pub fn ok(body: &impl Serialize) -> HttpResponse {
    json(StatusCode::OK, body)
}

/// A JSON answer. Nothing of `/v1` is for caches.
pub fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    HttpResponse::build(status).insert_header(("cache-control", "no-store")).json(body)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_change_by_cookie_comes_from_an_origin_that_is_trusted_by_its_full_name() {
        let mut settings = Settings::new("https://id.example/portal");
        settings.trusted_origins = vec!["https://app.example".into(), "https://*.example".into()];
        let from = |name: HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(value).unwrap());
            is_same_site(&settings, &headers)
        };
        assert!(from(ORIGIN, "https://id.example") && from(ORIGIN, "https://app.example"));
        assert!(from(REFERER, "https://id.example/users?x=1"));
        for stranger in ["https://evil.example", "null", "", "https://id.example.evil", "http://id.example"] {
            assert!(!from(ORIGIN, stranger), "{stranger}");
        }
        assert!(!from(REFERER, "https://evil.example/https://id.example/"));
        assert!(!is_same_site(&settings, &HeaderMap::new()));
    }
}
