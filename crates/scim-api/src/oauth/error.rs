//! Failures as RFC 6749 section 5.2 writes them.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderName, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use auth_core::{Error, Failure, Kind};
use serde_json::json;
use utoipa::ToSchema;

/// When to come back if we cannot serve a client now, in seconds.
const LATER: i64 = 30;
/// The words that RFC 6749, 7009 and ours know.
const WORDS: &[&str] = &[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "access_denied",
];

/// A failure (RFC 6749, 5.2).
#[derive(ToSchema)]
#[schema(as = OAuthError, example = json!({"error": "invalid_grant", "error_description": "The code has expired"}))]
#[expect(dead_code, reason = "documentation: written where the failure is rendered")]
pub struct ErrorOut {
    /// For programs.
    error: String,
    /// For people.
    error_description: String,
}

/// A failure on its way out.
pub struct OAuthError(Box<Inner>);

struct Inner {
    status: StatusCode,
    error: &'static str,
    description: String,
    header: Option<(HeaderName, String)>,
    core: Option<Error>,
}

impl OAuthError {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self(Box::new(Inner { status, error, description: described(&description.into()), header: None, core: None }))
    }

    fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.0.header = Some((name, value.into()));
        self
    }

    /// A request that cannot be read as one.
    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// A way to a token that there is not.
    pub fn unsupported_grant_type() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", "The grant type is not supported")
    }

    /// A client that did not prove itself.
    pub fn invalid_client(description: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description)
            .with_header(WWW_AUTHENTICATE, "Basic realm=\"SCIM\", charset=\"UTF-8\"")
    }

    /// A body beyond the limit.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "The body is too large")
    }

    /// Too often.
    pub fn too_many(seconds: i64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", "Too many requests; try again later")
            .with_header(RETRY_AFTER, seconds.to_string())
    }

    /// No such path.
    pub fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "invalid_request", "There is no such endpoint")
    }

    /// A method that the path does not have; `allow` are those that it has.
    pub fn method_not_allowed(allow: String) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "This endpoint does not have this method")
            .with_header(ALLOW, allow)
    }

    /// What it is called.
    pub fn word(&self) -> &'static str {
        self.0.error
    }

    /// What went wrong, for people.
    pub fn description(&self) -> &str {
        &self.0.description
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }
}

/// A text with the characters that RFC 6749 allows in a description.
fn described(text: &str) -> String {
    let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    text.chars().map(|c| if allowed(c) { c } else { '?' }).collect()
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        let word = WORDS.iter().find(|word| **word == error.code()).copied();
        let message = error.public_message();
        let mut this = match error.kind() {
            Kind::Internal => {
                // Inside of the request's span, by which the log knows which one it was.
                tracing::error!(?error, "a request for tokens failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", message)
            }
            Kind::Unavailable | Kind::RateLimited => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", message)
                    .with_header(RETRY_AFTER, LATER.to_string())
            }
            Kind::Unauthenticated => Self::invalid_client(message),
            Kind::Forbidden => Self::new(StatusCode::FORBIDDEN, word.unwrap_or("access_denied"), message),
            _ => Self::new(StatusCode::BAD_REQUEST, word.unwrap_or("invalid_request"), message),
        };
        this.0.core = Some(error);
        this
    }
}

impl Failure for OAuthError {
    fn core(&self) -> Option<&Error> {
        self.0.core.as_ref()
    }
}

impl fmt::Debug for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthError").field("error", &self.0.error).field("core", &self.0.core).finish_non_exhaustive()
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.error, self.0.description)
    }
}

impl std::error::Error for OAuthError {}

impl ResponseError for OAuthError {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut answer = HttpResponse::build(self.0.status);
        answer.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"));
        if let Some((name, value)) = &self.0.header {
            answer.insert_header((name, value.as_str()));
        }
        answer.json(json!({ "error": self.0.error, "error_description": self.0.description }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_hold_what_the_rfc_allows() {
        let odd = OAuthError::invalid_request("the \"grant\" is\\ nöthing\n");
        assert_eq!(odd.description(), "the ?grant? is? n?thing?");
        assert_eq!((odd.word(), odd.status().as_u16()), ("invalid_request", 400));
    }
}
