//! The HTTP status of each kind of failure, where a dialect has no reason for another one, and when to come back after it.

use actix_web::http::StatusCode;
use auth_core::{Error, Kind};

/// The status of a kind.
#[must_use]
pub const fn status_of(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// After how many seconds it is worth asking again where something is short of time, and nobody knows for how long.
const SOON: i64 = 5;

/// After how many seconds to come back (`Retry-After`, RFC 9110, section 10.2.3), after a failure that passes.
#[must_use]
pub fn wait_after(error: &Error) -> Option<i64> {
    error.retry_after().or_else(|| (error.kind() == Kind::Unavailable).then_some(SOON))
}
