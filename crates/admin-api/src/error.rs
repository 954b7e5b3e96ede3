//! Problems (RFC 9457): the one place where a failure becomes an answer of `/v1`.
//!
//! What went wrong is decided where it went wrong; here it gets a status and a shape. The request id
//! is put in by the middleware at the end of this file, because a failure does not know its request.

use std::borrow::Cow;
use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use api_kit::RequestMeta;
use auth_core::Failure;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProblemField)]
pub struct FieldFault {
    /// The field of the body, the query parameter or the header, with dots and brackets for what lies deeper.
    #[schema(example = "limit")]
    pub field: String,
    /// What is wrong, for programs.
    #[schema(example = "out_of_range")]
    pub code: Cow<'static, str>,
    /// What is wrong, for people.
    #[schema(example = "Must be between 1 and 500")]
    pub message: String,
}

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "about:blank", "title": "Bad Request", "status": 400, "detail": "The request is not valid", "code": "validation_failed",
    "errors": [{"field": "limit", "code": "out_of_range", "message": "Must be between 1 and 500"}], "trace_id": "01HKX9SY3V"
}))]
pub struct Problem {
    /// Always `about:blank`: the title is that of the status, and `code` says what it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The name of the status.
    pub title: &'static str,
    /// The status.
    pub status: u16,
    /// What went wrong, for people.
    pub detail: String,
    /// What went wrong, for programs: snake case, stable.
    pub code: Cow<'static, str>,
    /// Which fields are at fault; empty if none is.
    pub errors: Vec<FieldFault>,
    /// The id of the request, which the log of the instance keeps too.
    pub trace_id: String,
}

/// A failure on its way out.
pub struct ApiError(Box<Inner>);

struct Inner {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    errors: Vec<FieldFault>,
    header: Option<(actix_web::http::header::HeaderName, String)>,
    core: Option<auth_core::Error>,
}

impl ApiError {
    /// A failure of the dialect's own.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let (code, detail) = (Cow::Borrowed(code), detail.into());
        Self(Box::new(Inner { status, code, detail, errors: Vec::new(), header: None, core: None }))
    }

    /// A request that cannot be accepted as it is, with the fields at fault.
    pub fn fields(errors: Vec<FieldFault>) -> Self {
        let mut this = Self::new(StatusCode::BAD_REQUEST, "validation_failed", "The request is not valid");
        this.0.errors = errors;
        this
    }

    /// One field at fault.
    pub fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldFault { field: field.into(), code: code.into(), message: message.into() }])
    }

    /// Nothing there, or nothing that the caller may know of.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here")
    }

    /// No credentials (`None`), or none that are good (`Some`, with the reason of RFC 6750).
    pub fn unauthenticated(reason: Option<&'static str>) -> Self {
        let mut this = Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            if reason.is_some() { "The credentials are not valid" } else { "A secret key or a session is needed" },
        );
        let reason = reason.map_or_else(String::new, |reason| format!(r#", error="{reason}""#));
        this.0.header = Some((WWW_AUTHENTICATE, format!(r#"Bearer realm="portico"{reason}"#)));
        this
    }

    /// Good credentials without the right.
    pub fn forbidden(detail: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// Too often; in so many seconds again.
    pub fn too_many_requests(seconds: i64) -> Self {
        let detail = format!("Too many requests; try again in {seconds} seconds");
        let mut this = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
        this.0.header = Some((RETRY_AFTER, seconds.to_string()));
        this
    }

    /// A method that the path does not have; `allow` are those that it has.
    pub fn method_not_allowed(allow: String) -> Self {
        let mut this = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This path does not have this method; the Allow header names those that it has",
        );
        this.0.header = Some((ALLOW, allow));
        this
    }

    /// More at once than is allowed. Answered again in `seconds`.
    pub fn too_many_at_once(detail: &'static str, seconds: u32) -> Self {
        let mut this = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_at_once", detail);
        this.0.header = Some((RETRY_AFTER, seconds.to_string()));
        this
    }

    /// Whether the caller is refused, as one whom nobody knows or who may not see this; not a failure of ours.
    pub fn is_refusal(&self) -> bool {
        matches!(self.0.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND)
    }

    /// The same failure as one of an entry of a list.
    pub fn within(mut self, place: &str) -> Self {
        let inner = &mut self.0;
        if inner.errors.is_empty() {
            let (code, message) = (inner.code.clone(), inner.detail.clone());
            inner.errors.push(FieldFault { field: place.to_owned(), code, message });
        } else {
            for fault in &mut inner.errors {
                fault.field = format!("{place}.{}", fault.field);
            }
        }
        self
    }

    fn problem(&self, trace_id: String) -> HttpResponse {
        let inner = &self.0;
        let problem = Problem {
            kind: "about:blank",
            title: inner.status.canonical_reason().unwrap_or("Error"),
            status: inner.status.as_u16(),
            detail: inner.detail.clone(),
            code: inner.code.clone(),
            errors: inner.errors.clone(),
            trace_id,
        };
        let mut answer = HttpResponseBuilder::new(inner.status);
        answer.content_type("application/problem+json").insert_header((CACHE_CONTROL, "no-store"));
        if let Some((name, value)) = &inner.header {
            answer.insert_header((name, value.as_str()));
        }
        answer.body(serde_json::to_string(&problem).unwrap_or_else(|_| json!({"status": 500}).to_string()))
    }
}

impl From<auth_core::Error> for ApiError {
    fn from(error: auth_core::Error) -> Self {
        let mut this = Self::new(api_kit::status_of(error.kind()), error.code(), error.public_message());
        if this.0.status == StatusCode::UNAUTHORIZED {
            this = Self::unauthenticated(Some("invalid_token"));
        }
        if let Some(seconds) = api_kit::wait_after(&error) {
            this.0.header = Some((RETRY_AFTER, seconds.to_string()));
        }
        this.0.errors = error
            .field()
            .map(|field| FieldFault {
                field: wire_field(field).to_owned(),
                code: error.code().into(),
                message: error.public_message().to_owned(),
            })
            .into_iter()
            .collect();
        this.0.core = Some(error);
        this
    }
}

/// What `/v1` calls a field of the core.
fn wire_field(field: &str) -> &str {
    match field {
        "email" => "email_address",
        "image" | "logo" => "image_url",
        other => other,
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        auth_core::Error::from(error).into()
    }
}

impl Failure for ApiError {
    fn core(&self) -> Option<&auth_core::Error> {
        self.0.core.as_ref()
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.0.status)
            .field("code", &self.0.code)
            .field("core", &self.0.core)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail)
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.problem(String::new())
    }
}

/// Gives every failure below `/v1` its shape and its request id, also those of actix itself.
pub async fn render(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // Invariant: nothing here holds the request while it is routed, which needs it for itself.
    let response = next.call(request).await?.map_into_boxed_body();
    let Some(error) = response.response().error() else { return Ok(response) };
    let trace_id = RequestMeta::of(response.request()).id().to_owned();
    let answer = if let Some(error) = error.as_error::<ApiError>() {
        if let Some(core) = error.core().filter(|_| error.0.status.is_server_error()) {
            tracing::error!(request_id = %trace_id, error = ?core, "a request of /v1 failed");
        }
        error.problem(trace_id)
    } else {
        foreign(error.as_response_error().status_code()).problem(trace_id)
    };
    Ok(response.into_response(answer))
}

/// A failure that actix made: only its status is worth telling.
fn foreign(status: StatusCode) -> ApiError {
    match status {
        StatusCode::NOT_FOUND => ApiError::not_found(),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(status, "payload_too_large", "The body is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::new(status, "unsupported_media_type", "A JSON body is needed"),
        status if status.is_client_error() => ApiError::new(status, "bad_request", "The request cannot be read"),
        _ => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side"),
    }
}

#[cfg(test)]
mod tests {
    use auth_core::Error;
    use auth_core::credentials::CredentialsFault;
    use auth_core::users::UsersFault;

    use super::*;

    #[test]
    fn who_is_put_off_is_told_for_how_long() {
        let wait = |error: Error| {
            let answer = ApiError::from(error).error_response();
            answer.headers().get(RETRY_AFTER).map(|seconds| seconds.to_str().expect("a number").to_owned())
        };
        assert_eq!(wait(CredentialsFault::Busy.into()).as_deref(), Some("5"));
        assert_eq!(wait(Error::from(CredentialsFault::Busy).retry_in(17)).as_deref(), Some("17"));
        assert_eq!(wait(UsersFault::NotFound.into()), None);
    }
}
