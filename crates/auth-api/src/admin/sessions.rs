//! Other people's sessions.

use actix_web::{HttpResponse, web};
use auth_core::users::administration;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{SuccessOut, WhichUserIn, id_of};
use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;
use crate::organization::MOST;
use crate::reply;
use crate::wire::SessionOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(list_user_sessions, revoke_user_session, revoke_user_sessions))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/admin/list-user-sessions", web::post().to(list_user_sessions))
        .route("/admin/revoke-user-session", web::post().to(revoke_user_session))
        .route("/admin/revoke-user-sessions", web::post().to(revoke_user_sessions));
}

/// Sessions of a person.
#[derive(Serialize, ToSchema)]
#[schema(as = UserSessions)]
struct UserSessionsOut<'a> {
    /// Newest first, at most 1000. `token` is a handle, which ends a session and opens nothing.
    sessions: Vec<SessionOut<'a>>,
}

/// List somebody's sessions
///
/// Those that count, newest first. Where the token would stand there is a handle, for `revoke-user-session`. For
/// administrators of the instance.
#[utoipa::path(
    post, path = "/api/auth/admin/list-user-sessions", tag = "Administration", operation_id = "adminListUserSessions",
    request_body(content = WhichUserIn, example = json!({"userId": "user_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The sessions", body = UserSessionsOut),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_LIST_USERS_SESSIONS`", body = ErrorOut,
            example = json!({"message": "You are not allowed to list users sessions", "code": "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS_SESSIONS"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_user_sessions(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.string("userId");
    input.finish()?;
    let read = async |rx: &_| administration::sessions_of(rx, &id_of(&id), MOST).await;
    let found = caller.core().read(&caller.ctx(), read).await?;
    let settings = caller.edge.settings();
    Ok(reply::ok(&UserSessionsOut { sessions: found.iter().map(|one| SessionOut::other(one, settings)).collect() }))
}

/// Which session.
#[derive(ToSchema)]
#[schema(as = RevokeUserSession, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct RevokeUserSessionIn {
    /// A handle of `list-user-sessions`, or a token.
    session_token: String,
}

/// End somebody's session
///
/// By its handle or its token. The answer is the same if there is none. For administrators of the instance.
#[utoipa::path(
    post, path = "/api/auth/admin/revoke-user-session", tag = "Administration", operation_id = "adminRevokeUserSession",
    request_body(content = RevokeUserSessionIn, example = json!({"sessionToken": "sess_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "It is ended", body = SuccessOut, example = json!({"success": true})),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS`", body = ErrorOut,
            example = json!({"message": "You are not allowed to revoke users sessions", "code": "YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn revoke_user_session(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let named = input.string("sessionToken");
    input.finish()?;
    caller.core().write(&caller.ctx(), async |tx| administration::revoke_session(tx, &named).await).await?;
    Ok(reply::ok(&SuccessOut { success: true }))
}

/// End all of somebody's sessions
///
/// And the sign-ins that are under way. For administrators of the instance.
#[utoipa::path(
    post, path = "/api/auth/admin/revoke-user-sessions", tag = "Administration", operation_id = "adminRevokeUserSessions",
    request_body(content = WhichUserIn, example = json!({"userId": "user_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "All are ended", body = SuccessOut, example = json!({"success": true})),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS`", body = ErrorOut,
            example = json!({"message": "You are not allowed to revoke users sessions", "code": "YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn revoke_user_sessions(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.string("userId");
    input.finish()?;
    caller.core().write(&caller.ctx(), async |tx| administration::revoke_sessions(tx, &id_of(&id)).await).await?;
    Ok(reply::ok(&SuccessOut { success: true }))
}
