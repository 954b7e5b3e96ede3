//! Everything that is no success, as `{message, code}`.
//!
//! The one place where the core's codes become Better Auth's: the same words in capitals, and the
//! status of the kind unless the table below says otherwise.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use api_kit::{status_of, wait_after};
use auth_core::two_factor::{self, TwoFactorFault};
use auth_core::{Error, Failure, Kind};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The result of an endpoint.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// What differs from the status of the kind. Statuses that depend on the endpoint are given there,
/// with [`ApiError::with_status`].
const STATUSES: &[(&str, u16)] = &[
    ("email_already_verified", 400),
    ("failed_to_create_user", 422),
    ("inviter_is_no_longer_a_member_of_the_organization", 400),
    ("invitation_limit_reached", 403),
    ("invitation_not_found", 400),
    ("member_not_found", 400),
    ("membership_suspended", 400),
    ("no_active_organization", 400),
    ("organization_already_exists", 400),
    ("organization_membership_limit_reached", 403),
    ("organization_not_found", 400),
    ("organization_slug_already_taken", 400),
    ("phone_number_exist", 400),
    ("role_not_found", 400),
    ("team_not_found", 400),
    ("user_already_exists", 422),
    ("user_already_exists_use_another_email", 422),
    ("user_is_already_a_member_of_this_organization", 400),
    ("user_is_already_invited_to_this_organization", 400),
    ("username_is_already_taken", 400),
    ("you_are_not_allowed_to_delete_this_member", 401),
    ("you_cannot_leave_the_organization_as_the_only_owner", 400),
    ("you_cannot_leave_the_organization_without_an_owner", 400),
    ("you_have_reached_the_maximum_number_of_organizations", 403),
];

/// Failures that Better Auth tells by their message alone.
const WITHOUT_CODE: &[&str] = &[
    "change_email_with_otp_disabled",
    "email_is_the_same",
    "invalid_one_time_token",
    "one_time_token_session_ended",
    "present_email_code_required",
    "too_many_requests",
];

/// Failures behind which there is no endpoint at all: it is switched off.
const NOTHING_HERE: &[&str] = &["delete_user_disabled", "two_factor_disabled"];

/// A failure on its way to the caller.
pub struct ApiError(Box<Inner>);

struct Inner {
    status: StatusCode,
    code: Option<Cow<'static, str>>,
    message: Cow<'static, str>,
    /// Seconds to wait.
    retry_after: Option<i64>,
    /// 404 without a body, as the router gives it.
    empty: bool,
    /// What is told besides message and code.
    extra: Option<(&'static str, Value)>,
    source: Option<Error>,
}

/// The body of an error.
#[derive(Serialize, ToSchema)]
#[schema(as = Error, example = json!({"message": "Unauthorized", "code": "UNAUTHORIZED"}))]
pub struct ErrorOut<'a> {
    /// A sentence for people.
    message: &'a str,
    /// A stable code. A few errors are told by their message alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    /// The sentence in English, where `message` is in another language.
    #[serde(rename = "originalMessage", skip_serializing_if = "Option::is_none")]
    original_message: Option<&'a str>,
    /// What some failures tell besides.
    #[serde(flatten)]
    #[schema(ignore)]
    extra: Map<String, Value>,
}

impl ApiError {
    /// A failure with a code.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::build(status, Some(Cow::Borrowed(code)), message.into())
    }

    /// A failure that is told by its message alone.
    pub fn without_code(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::build(status, None, message.into())
    }

    /// 400 with a code.
    pub fn bad_request(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 403 with a code.
    pub fn forbidden(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 400 `VALIDATION_ERROR`: what was sent has the wrong shape.
    pub fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("VALIDATION_ERROR", message)
    }

    /// 401: no session, or none that is good.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Unauthorized")
    }

    /// 404 without a body: there is no such endpoint.
    #[must_use]
    pub fn nothing_here() -> Self {
        let mut this = Self::without_code(StatusCode::NOT_FOUND, "");
        this.0.empty = true;
        this
    }

    /// 429.
    #[must_use]
    pub fn too_many_requests(retry_after: i64) -> Self {
        let mut this = Self::without_code(StatusCode::TOO_MANY_REQUESTS, "Too many requests. Please try again later.");
        this.0.retry_after = Some(retry_after);
        this
    }

    /// The same failure with another status, where the endpoint decides it.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// The same failure with how many seconds to wait.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: i64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The same failure with something told besides message and code.
    #[must_use]
    pub fn with_extra(mut self, key: &'static str, value: Value) -> Self {
        self.0.extra = Some((key, value));
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Better Auth's code, if the failure has one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What the caller is told.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The body with the sentence in another language.
    pub(crate) fn told_as(&self, sentence: &str) -> Option<Vec<u8>> {
        serde_json::to_vec(&self.body(sentence, Some(&self.0.message))).ok()
    }

    fn body<'a>(&'a self, message: &'a str, original_message: Option<&'a str>) -> ErrorOut<'a> {
        let extra = self.0.extra.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        ErrorOut { message, code: self.0.code.as_deref(), original_message, extra }
    }

    /// Gives an answer the seconds to wait, if the failure has some.
    pub fn wait(&self, answer: &mut HttpResponseBuilder) {
        if let Some(seconds) = self.0.retry_after {
            let seconds = HeaderValue::from(seconds);
            answer.insert_header((HeaderName::from_static("x-retry-after"), seconds.clone()));
            answer.insert_header((RETRY_AFTER, seconds));
        }
    }

    fn build(status: StatusCode, code: Option<Cow<'static, str>>, message: Cow<'static, str>) -> Self {
        Self(Box::new(Inner { status, code, message, retry_after: None, empty: false, extra: None, source: None }))
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = error.code();
        let locked = error.is(&TwoFactorFault::Locked);
        let mut this = match error.kind() {
            Kind::Internal => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", error.public_message().to_owned())
            }
            _ if code == "unauthenticated" => Self::unauthorized(),
            _ if NOTHING_HERE.contains(&code) => Self::nothing_here(),
            kind => {
                let status = STATUSES
                    .iter()
                    .find(|(known, _)| *known == code)
                    .and_then(|(_, status)| StatusCode::from_u16(*status).ok())
                    .unwrap_or_else(|| status_of(kind));
                let shown = (!WITHOUT_CODE.contains(&code)).then(|| Cow::Owned(code.to_ascii_uppercase()));
                Self::build(status, shown, Cow::Owned(error.public_message().to_owned()))
            }
        };
        // At the least: a lock grows.
        this.0.retry_after = wait_after(&error).or_else(|| locked.then_some(two_factor::LOCKED_FOR));
        this.0.source = Some(error);
        this
    }
}

impl Failure for ApiError {
    fn core(&self) -> Option<&Error> {
        self.0.source.as_ref()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.message)
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.0.status.as_u16())
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        if let Some(source) = self.0.source.as_ref().filter(|_| self.0.status.is_server_error()) {
            tracing::error!(error = ?source, "a request failed");
        }
        let mut reply = HttpResponse::build(self.0.status);
        if self.0.empty {
            return reply.finish();
        }
        self.wait(&mut reply);
        reply.json(self.body(&self.0.message, None))
    }
}

#[cfg(test)]
mod tests {
    use auth_core::credentials::CredentialsFault;
    use auth_core::users::UsersFault;

    use super::*;

    #[test]
    fn core_codes_become_those_of_the_wire() {
        let taken = ApiError::from(Error::from(UsersFault::AlreadyExists));
        assert_eq!((taken.status().as_u16(), taken.code()), (422, Some("USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")));
        let same = ApiError::from(Error::from(UsersFault::EmailIsTheSame));
        assert_eq!((same.status().as_u16(), same.code(), same.message()), (400, None, "Email is the same"));
    }

    #[test]
    fn who_is_put_off_is_told_for_how_long() {
        let waits = |error: Error| {
            let answer = ApiError::from(error).error_response();
            ["retry-after", "x-retry-after"]
                .map(|name| answer.headers().get(name).and_then(|v| v.to_str().ok()?.parse().ok()))
        };
        assert_eq!(waits(CredentialsFault::Busy.into()), [Some(5); 2]);
        assert_eq!(waits(Error::from(CredentialsFault::Busy).retry_in(17)), [Some(17); 2]);
        assert_eq!(waits(UsersFault::AlreadyExists.into()), [None::<u32>; 2]);
    }

    #[test]
    fn an_internal_failure_says_nothing() {
        let error = ApiError::from(Error::internal("the password of the database is x"));
        assert_eq!(error.status().as_u16(), 500);
        assert!(!error.message().contains('x') || !error.message().contains("password"));
    }

    #[test]
    fn the_table_is_sorted_and_names_each_code_once() {
        let mut sorted: Vec<_> = STATUSES.iter().map(|(code, _)| *code).collect();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), STATUSES.len());
    }
}
