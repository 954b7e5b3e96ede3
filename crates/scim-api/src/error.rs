//! The one place where a failure becomes an answer of SCIM (RFC 7644 section 3.12).

use std::borrow::Cow;
use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use api_kit::RequestMeta;
use auth_core::{Failure, Kind};
use scim_protocol::{ScimError, ScimType};
use serde_json::Value;

use crate::{json, log};

/// How long a client should wait when we cannot serve it now, in seconds. Whole seconds, because Okta
/// reads nothing else.
const RETRY_AFTER_SECONDS: &str = "30";
/// The same where somebody must decide first.
const RETRY_AFTER_DECISION_SECONDS: &str = "300";
/// The same where others of the same directory have to be done first.
const RETRY_AFTER_SCANS_SECONDS: &str = "5";
/// How clients may authenticate (RFC 9110, 11.6.1).
const CHALLENGE: &str = "Bearer realm=\"SCIM\", Basic realm=\"SCIM\", charset=\"UTF-8\"";

/// A failure on its way out.
pub struct ApiError(Box<Inner>);

struct Inner {
    scim: ScimError,
    header: Option<(HeaderName, String)>,
    core: Option<auth_core::Error>,
}

impl ApiError {
    fn new(status: u16, detail: &'static str) -> Self {
        ScimError::new(status, detail).into()
    }

    fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.0.header = Some((name, value.into()));
        self
    }

    /// No such path.
    pub fn no_such_path() -> Self {
        Self::new(404, "There is no such endpoint")
    }

    /// No such resource, or none that the caller may know of.
    pub fn not_found() -> Self {
        Self::new(404, "Resource not found")
    }

    /// A method that the path does not have; `allow` are those that it has.
    pub fn method_not_allowed(allow: String) -> Self {
        Self::new(405, "This endpoint does not have this method").with_header(ALLOW, allow)
    }

    /// A media type that nobody can read here.
    pub fn unsupported_media() -> Self {
        Self::new(415, "The body must be application/scim+json or application/json, not compressed")
    }

    /// A body beyond the limit.
    pub fn too_large() -> Self {
        Self::new(413, "The body is larger than 16 MB")
    }

    /// A resource that would be too large to be listed with others.
    pub fn resource_too_large() -> Self {
        Self::new(413, "The resource holds more than 128 kB")
    }

    /// A part of the protocol that is announced as not supported.
    pub fn not_implemented(detail: &'static str) -> Self {
        Self::new(501, detail)
    }

    /// A good credential without the right.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        ScimError::new(403, detail.into()).into()
    }

    /// More operations than the credential may ask for: `rate` a second. Answered again in `seconds`.
    pub fn too_many_requests(rate: u32, seconds: i64) -> Self {
        let detail = format!("rate_limited: more than {rate} operations a second; try again in {seconds} s");
        let this: Self = ScimError::new(429, detail).into();
        this.with_header(RETRY_AFTER, seconds.to_string())
    }

    /// No credentials, or none that are good.
    pub fn unauthenticated(detail: &'static str) -> Self {
        Self::new(401, detail).with_header(WWW_AUTHENTICATE, CHALLENGE)
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.0.scim.status
    }

    /// What is said of it.
    pub fn detail(&self) -> &str {
        &self.0.scim.detail
    }

    /// Why a request was refused, in a word: the core's code, else SCIM's keyword, else the status. `None` for failures of
    /// ours.
    pub fn code(&self) -> Option<Cow<'static, str>> {
        let scim = &self.0.scim;
        if scim.status == 500 {
            return None;
        }
        if let Some(core) = self.core() {
            return Some(core.code().into());
        }
        if let Some(kind) = scim.scim_type {
            return Some(snake(kind.as_str()).into());
        }
        Some(Cow::Borrowed(match scim.status {
            401 => "invalid_scim_token",
            403 => "insufficient_scope",
            404 => "resource_not_found",
            405 => "method_not_allowed",
            409 => "conflict",
            412 => "version_mismatch",
            413 => "too_large",
            415 => "unsupported_media_type",
            429 => "rate_limited",
            501 => "not_implemented",
            503 => "unavailable",
            _ => "bad_request",
        }))
    }

    /// The body of the answer. One of ours carries the request's id, by which the log knows more.
    pub fn body(&self, request_id: Option<&str>) -> Value {
        let scim = &self.0.scim;
        let mut body = scim.to_json();
        if let (true, Some(id)) = (scim.status == 500, request_id) {
            body["detail"] = format!("{} (request {id})", scim.detail).into();
        }
        body
    }

    /// Tells the log about a failure of ours.
    pub fn log(&self, request_id: &str) {
        if let Some(core) = self.core().filter(|_| self.status() == 500) {
            tracing::error!(request_id, error = ?core, "a SCIM request failed");
        }
    }

    /// The answer.
    fn answer(&self, request_id: Option<&str>) -> HttpResponse {
        let mut answer = HttpResponseBuilder::new(self.status_code());
        answer.content_type(json::MEDIA_TYPE).insert_header((CACHE_CONTROL, "no-store"));
        if let Some((name, value)) = &self.0.header {
            answer.insert_header((name, value.as_str()));
        }
        answer.body(self.body(request_id).to_string())
    }
}

impl From<ScimError> for ApiError {
    fn from(scim: ScimError) -> Self {
        Self(Box::new(Inner { scim, header: None, core: None }))
    }
}

/// A keyword of SCIM (`invalidPath`) as codes are written (`invalid_path`).
fn snake(keyword: &str) -> String {
    let mut code = String::with_capacity(keyword.len() + 4);
    for letter in keyword.chars() {
        if letter.is_ascii_uppercase() {
            code.push('_');
        }
        code.push(letter.to_ascii_lowercase());
    }
    code
}

/// The keyword of what was sent and cannot be accepted.
fn keyword(code: &str) -> ScimType {
    match code {
        "invalid_cursor" => ScimType::InvalidCursor,
        "expired_cursor" => ScimType::ExpiredCursor,
        "invalid_count" => ScimType::InvalidCount,
        _ => ScimType::InvalidValue,
    }
}

/// Whether a conflict is that another resource, or another account, has a value that only one may have. What else cannot be
/// done in the present state has no keyword (RFC 7644, table 9): a client that reads `uniqueness` looks for the other one.
fn is_uniqueness(code: &str) -> bool {
    matches!(
        code,
        "user_name_taken"
            | "user_already_exists_use_another_email"
            | "username_is_already_taken"
            | "phone_number_exist"
            | "user_is_already_a_member_of_this_organization"
    )
}

impl From<auth_core::Error> for ApiError {
    fn from(error: auth_core::Error) -> Self {
        let detail = error.public_message().to_owned();
        let mut this: Self = match error.kind() {
            Kind::Invalid => ScimError::typed(keyword(error.code()), detail).into(),
            Kind::Conflict if is_uniqueness(error.code()) => ScimError::uniqueness(detail).into(),
            Kind::TooLarge if error.code() == "too_many" => ScimError::typed(ScimType::TooMany, detail).into(),
            Kind::Unauthenticated => Self::unauthenticated("The credentials are not valid"),
            Kind::Unavailable | Kind::RateLimited => {
                let this: Self = ScimError::new(api_kit::status_of(error.kind()).as_u16(), detail).into();
                let decided_by_people = matches!(error.code(), "directory_paused" | "directory_tripped");
                let wait = match error.code() {
                    "too_many_scans" => RETRY_AFTER_SCANS_SECONDS,
                    _ if decided_by_people => RETRY_AFTER_DECISION_SECONDS,
                    _ => RETRY_AFTER_SECONDS,
                };
                this.with_header(RETRY_AFTER, wait)
            }
            kind => ScimError::new(api_kit::status_of(kind).as_u16(), detail).into(),
        };
        this.0.core = Some(error);
        this
    }
}

impl Failure for ApiError {
    fn core(&self) -> Option<&auth_core::Error> {
        self.0.core.as_ref()
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError").field("scim", &self.0.scim).field("core", &self.0.core).finish_non_exhaustive()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.scim.fmt(f)
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.scim.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.answer(None)
    }
}

/// Gives every failure below SCIM its shape, also those that actix makes by itself, and logs ours.
pub async fn render(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // Invariant: nothing here holds the request while it is routed, which needs it for itself.
    let response = next.call(request).await?.map_into_boxed_body();
    let Some(error) = response.response().error() else { return Ok(response) };
    let meta = RequestMeta::of(response.request());
    let answer = if let Some(error) = error.as_error::<ApiError>() {
        error.log(meta.id());
        log::refusal(response.request(), error);
        error.answer(Some(meta.id()))
    } else {
        let error = foreign(error.as_response_error().status_code());
        log::refusal(response.request(), &error);
        error.answer(Some(meta.id()))
    };
    Ok(response.into_response(answer))
}

/// A failure that actix made: only its status is worth telling.
fn foreign(status: StatusCode) -> ApiError {
    let detail = status.canonical_reason().unwrap_or("The request failed");
    ScimError::new(status.as_u16(), detail).into()
}

#[cfg(test)]
mod tests {
    use auth_core::features::directory::DirectoryFault;

    use super::*;

    #[test]
    fn only_a_value_that_another_one_has_is_a_question_of_uniqueness() {
        for (fault, keyword) in
            [(DirectoryFault::UserNameTaken, Some(ScimType::Uniqueness)), (DirectoryFault::SchemaInUse, None)]
        {
            let error = ApiError::from(auth_core::Error::from(fault));
            assert_eq!((error.status(), error.0.scim.scim_type), (409, keyword), "{error:?}");
        }
    }
}
