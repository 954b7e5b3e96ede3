//! Which organization a request means, and what strangers to it are told.
//!
//! Better Auth has another code and another status for a stranger at almost every endpoint. Each
//! endpoint names its own; it is given for organizations that do not exist and for those of others alike.

use actix_web::http::StatusCode;
use auth_core::Error;
use auth_core::ids::{Id as _, OrgId};
use auth_core::orgs::{self, OrgsFault};

use crate::error::{ApiError, Result};
use crate::extract::Caller;

/// What an endpoint tells strangers.
pub type Refusal = fn() -> ApiError;

/// 400: neither the request nor the session names an organization.
pub fn no_active() -> ApiError {
    ApiError::bad_request("NO_ACTIVE_ORGANIZATION", "No active organization")
}

/// 400: no such organization.
pub fn not_found() -> ApiError {
    ApiError::bad_request("ORGANIZATION_NOT_FOUND", "Organization not found")
}

/// 400: the caller is not among the members.
pub fn no_member() -> ApiError {
    ApiError::bad_request("MEMBER_NOT_FOUND", "Member not found")
}

/// 400: the caller is a stranger.
pub fn stranger() -> ApiError {
    ApiError::bad_request("USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", "User is not a member of the organization")
}

/// The same as 403.
pub fn stranger_forbidden() -> ApiError {
    stranger().with_status(StatusCode::FORBIDDEN)
}

/// The same as 401.
pub fn stranger_unauthorized() -> ApiError {
    stranger().with_status(StatusCode::UNAUTHORIZED)
}

/// 403: the same where a team is to be made.
pub fn stranger_to_teams() -> ApiError {
    ApiError::forbidden(
        "YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION",
        "You are not allowed to invite users to this organization",
    )
}

/// 403: the same where a team is to be deleted.
pub fn no_deleter_of_teams() -> ApiError {
    ApiError::forbidden("YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_TEAM", "You are not allowed to delete this team")
}

/// 403: the same where a team is to be changed.
pub fn no_updater_of_teams() -> ApiError {
    ApiError::forbidden("YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_TEAM", "You are not allowed to update this team")
}

/// 403: the same where teams are listed.
pub fn no_access() -> ApiError {
    ApiError::forbidden(
        "YOU_ARE_NOT_ALLOWED_TO_ACCESS_THIS_ORGANIZATION",
        "You are not allowed to access this organization as an owner",
    )
}

/// 403: the same in other words.
pub fn not_yours() -> ApiError {
    ApiError::forbidden("YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION", "You are not a member of this organization")
}

/// 403 without a code: the same once more.
pub fn not_yours_uncoded() -> ApiError {
    ApiError::without_code(StatusCode::FORBIDDEN, "You are not a member of this organization")
}

/// The organization that the request names, else the one in which the session works. What cannot be an
/// id is the id of nothing, as for any stranger.
pub fn meant(caller: &Caller, given: Option<&str>, none: Refusal, stranger: Refusal) -> Result<OrgId> {
    match given.filter(|id| !id.is_empty()) {
        Some(id) => OrgId::parse(id).ok_or_else(stranger),
        None => caller.session.active_organization_id.clone().ok_or_else(none),
    }
}

/// The same where a slug may stand for the id, and wins over it.
pub async fn meant_by_slug(
    caller: &Caller,
    id: Option<&str>,
    slug: Option<&str>,
    none: Refusal,
    stranger: Refusal,
) -> Result<OrgId> {
    let Some(slug) = slug.filter(|slug| !slug.is_empty()) else { return meant(caller, id, none, stranger) };
    let found = caller.core().read(&caller.ctx(), async |rx| orgs::find_by_slug(rx, slug).await).await?;
    found.map(|organization| organization.id).ok_or_else(stranger)
}

/// Tells strangers what the endpoint tells them; everything else as it is.
pub fn strangers(refusal: Refusal) -> impl Fn(Error) -> ApiError {
    move |error| if error.is(&OrgsFault::NotFound) { refusal() } else { error.into() }
}
