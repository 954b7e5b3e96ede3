//! Sessions of the caller: showing, listing, ending.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::Scope as _;
use auth_core::ids::Id as _;
use auth_core::sessions::{self, Session};
use auth_core::{two_factor, users};
use serde::Serialize;
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, Edge, FreshCaller};
use crate::input::{Input, JsonBody, Query, additional, expected};
use crate::methods::jwt;
use crate::reply::{self, StatusOut};
use crate::wire::{SessionOut, UserOut};

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(
    get_session,
    post_session,
    list_sessions,
    revoke_session,
    revoke_sessions,
    revoke_other_sessions,
    update_session
))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/get-session", web::get().to(get_session))
        .route("/get-session", web::post().to(post_session))
        .route("/list-sessions", web::get().to(list_sessions))
        .route("/revoke-session", web::post().to(revoke_session))
        .route("/revoke-sessions", web::post().to(revoke_sessions))
        .route("/revoke-other-sessions", web::post().to(revoke_other_sessions))
        .route("/update-session", web::post().to(update_session));
}

/// A session and whose it is.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionAndUser)]
pub(crate) struct SessionAndUserOut<'a> {
    pub session: SessionOut<'a>,
    pub user: UserOut<'a>,
}

/// Show the session
///
/// The session of the cookie or of the bearer token, and its user; `null` without a session that counts.
/// A token that opens nothing makes the answer expire the session's cookies. Use prolongs a session
/// once a day.
#[utoipa::path(
    get, path = "/api/auth/get-session", tag = "Sessions", operation_id = "getSession",
    params(
        ("disableCookieCache" = Option<bool>, Query, description = "Accepted and without effect: nothing is cached"),
        ("disableRefresh" = Option<bool>, Query, description = "Do not prolong the session"),
    ),
    responses((status = 200, description = "The session, or null", body = Option<SessionAndUserOut>,
        headers(
            ("cache-control" = String, description = "`no-store`"),
            ("set-auth-jwt" = String, description = "A session token, where `methods.jwt` is switched on"),
        ))),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get_session(req: HttpRequest) -> Result<HttpResponse> {
    let edge = Edge::of(&req)?;
    let refresh = req.query_string().is_empty() || {
        let mut query = Query::of(&req)?.input();
        let _ = query.boolean("disableCookieCache");
        let disabled = query.boolean("disableRefresh");
        query.finish()?;
        disabled != Some(true)
    };
    if edge.api_key()?.is_some() {
        return by_key(edge).await;
    }
    let Some(token) = edge.presented() else { return Ok(uncached(Cow::Borrowed(b"null"))) };
    let ctx = edge.anonymous();
    let Some(mut found) = edge.core.read(&ctx, async |rx| sessions::resolve(rx, &token).await).await? else {
        let mut reply = uncached(Cow::Borrowed(b"null"));
        reply::take_session(&mut reply, &edge);
        return Ok(reply);
    };
    let renewed = if refresh { sessions::renew_if_due(&edge.core, &ctx, &found).await? } else { None };
    let set_cookie = renewed.is_some();
    if let Some(session) = renewed {
        found.session = session;
    }
    let public_metadata = edge.core.settings().session.public_metadata.then_some(&found.user.public_metadata);
    let user = UserOut { public_metadata, ..UserOut::of(&found.user, edge.settings()) };
    let body = SessionAndUserOut { session: SessionOut::own(&found.session, &token, edge.settings()), user };
    let mut text = Vec::with_capacity(896);
    serde_json::to_writer(&mut text, &body).map_err(auth_core::Error::from)?;
    let mut reply = uncached(Cow::Owned(text));
    if set_cookie {
        reply::give_session(&mut reply, &edge, &token, found.session.remember);
    }
    jwt::give(&mut reply, &edge, &found).await;
    Ok(reply)
}

/// The session that a key stands for.
async fn by_key(edge: Edge) -> Result<HttpResponse> {
    let Some(caller) = edge.caller().await? else { return Ok(uncached(Cow::Borrowed(b"null"))) };
    let session = SessionOut::own(&caller.session, &caller.token, caller.edge.settings());
    let body = SessionAndUserOut { session, user: UserOut::of(&caller.user, caller.edge.settings()) };
    Ok(uncached(Cow::Owned(serde_json::to_vec(&body).map_err(auth_core::Error::from)?)))
}

fn uncached(body: Cow<'static, [u8]>) -> HttpResponse {
    let mut reply = HttpResponse::Ok();
    reply
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"));
    match body {
        Cow::Borrowed(bytes) => reply.body(bytes),
        Cow::Owned(bytes) => reply.body(bytes),
    }
}

/// Prolong the session
///
/// Always refused: here `GET /get-session` prolongs sessions. Clients of servers that defer it call
/// this.
#[utoipa::path(
    post, path = "/api/auth/get-session", tag = "Sessions", operation_id = "postSession",
    responses((status = 405, description = "`METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED`", body = ErrorOut,
        example = json!({"message": "POST method requires deferSessionRefresh to be enabled in session config",
            "code": "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED"}))),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn post_session() -> Result<HttpResponse> {
    Err(ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED",
        "POST method requires deferSessionRefresh to be enabled in session config",
    ))
}

/// List my sessions
///
/// Those that have not expired. `token` is the token only of the session that asks; of the others it is
/// a handle, by which `/revoke-session` ends them and which opens nothing.
#[utoipa::path(
    get, path = "/api/auth/list-sessions", tag = "Sessions", operation_id = "listSessions",
    responses(
        (status = 200, description = "The caller's sessions", body = Vec<SessionOut>),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`SESSION_NOT_FRESH`", body = ErrorOut,
            example = json!({"message": "Session is not fresh", "code": "SESSION_NOT_FRESH"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_sessions(FreshCaller(caller): FreshCaller) -> Result<HttpResponse> {
    let all = caller.core().read(&caller.ctx(), async |rx| sessions::list(rx, caller.user_id()).await).await?;
    let settings = caller.edge.settings();
    let shown: Vec<SessionOut<'_>> = all
        .iter()
        .map(|session| {
            if session.id == caller.session.id {
                SessionOut::own(session, &caller.token, settings)
            } else {
                SessionOut::other(session, settings)
            }
        })
        .collect();
    Ok(reply::ok(&shown))
}

/// Which session to end.
#[derive(ToSchema)]
#[schema(as = RevokeSession)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct RevokeSessionIn {
    /// A token, or a handle of `/list-sessions`.
    token: String,
}

/// End one of my sessions
///
/// By its token or its handle. The answer is the same if there is no such session of the caller's.
#[utoipa::path(
    post, path = "/api/auth/revoke-session", tag = "Sessions", operation_id = "revokeSession",
    request_body(content = RevokeSessionIn, example = json!({"token": "sess_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "It is ended, if it was the caller's", body = StatusOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn revoke_session(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let token = input.string("token");
    input.finish()?;
    let own = token == caller.token || token == caller.session.id.as_str();
    caller
        .core()
        .write(&caller.ctx(), async |tx| sessions::revoke_by_token(tx, caller.user_id(), &token).await)
        .await?;
    let mut reply = reply::done();
    if own {
        reply::take_session(&mut reply, &caller.edge);
    }
    Ok(reply)
}

/// End all my sessions
///
/// The one that asks too.
#[utoipa::path(
    post, path = "/api/auth/revoke-sessions", tag = "Sessions", operation_id = "revokeSessions",
    responses(
        (status = 200, description = "All are ended", body = StatusOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn revoke_sessions(caller: Caller, _: JsonBody) -> Result<HttpResponse> {
    caller.core().write(&caller.ctx(), async |tx| users::end_access(tx, caller.user_id()).await).await?;
    let mut reply = reply::done();
    reply::take_session(&mut reply, &caller.edge);
    Ok(reply)
}

/// End my other sessions
///
/// All but the one that asks.
#[utoipa::path(
    post, path = "/api/auth/revoke-other-sessions", tag = "Sessions", operation_id = "revokeOtherSessions",
    responses(
        (status = 200, description = "All others are ended", body = StatusOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn revoke_other_sessions(caller: Caller, _: JsonBody) -> Result<HttpResponse> {
    caller
        .core()
        .write(&caller.ctx(), async |tx| {
            two_factor::forget_devices(tx, caller.user_id()).await?;
            sessions::revoke_all(tx, caller.user_id(), Some(&caller.session.id)).await
        })
        .await?;
    Ok(reply::done())
}

/// Fields of a session that have rules of their own.
const FIXED: [&str; 3] = ["activeOrganizationId", "activeTeamId", "impersonatedBy"];

/// A session that was changed.
#[derive(Serialize, ToSchema)]
#[schema(as = UpdatedSession)]
struct UpdatedSessionOut<'a> {
    session: SessionOut<'a>,
}

/// Change fields of the session
///
/// Those that the operator added (`additional_fields.session`), in the session that asks. Everything else of a session has rules
/// of its own, and unknown names are passed over.
#[utoipa::path(
    post, path = "/api/auth/update-session", tag = "Sessions", operation_id = "updateSession",
    request_body(content = serde_json::Value, example = json!({"theme": "dark"})),
    responses(
        (status = 200, description = "The session as it is now", body = UpdatedSessionOut,
            headers(("set-cookie" = String, description = "The session")),
            example = json!({"session": {
                "expiresAt": "2026-03-08T09:30:00.000Z", "token": "Qe6XnN8sT0vLr2yDk4ZbW7hJc1MfUa9G", "createdAt": "2026-03-01T09:30:00.000Z",
                "updatedAt": "2026-03-01T10:00:00.000Z", "ipAddress": "203.0.113.7", "userAgent": "Mozilla/5.0",
                "userId": "user_01h455vb4pex5vsknk084sn02q", "activeOrganizationId": null, "activeTeamId": null,
                "impersonatedBy": null, "id": "sess_01h455vb4pex5vsknk084sn02q", "theme": "dark" }})),
        (status = 400, description = "No fields to update, `FIELD_NOT_ALLOWED`, `MISSING_FIELD`, `VALIDATION_ERROR`, `ADDITIONAL_FIELDS_TOO_LARGE`",
            body = ErrorOut, example = json!({"message": "No fields to update"})),
        (status = 401, description = "`UNAUTHORIZED`; `FAILED_TO_GET_SESSION`: it has ended meanwhile",
            body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn update_session(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = match body.value() {
        Some(Value::Object(fields)) => Input::new("body", fields),
        other => return Err(ApiError::validation(format!("[body] {}", expected("record", other.as_ref())))),
    };
    let given = additional::of_person(&caller.edge.settings().fields.session, &mut input, false)?;
    // As with the operator's own: what says nothing asks for nothing.
    let asked = |field: &&str| input.rest().get(*field).is_some_and(|value| !value.is_null() && value != "");
    if let Some(field) = FIXED.into_iter().find(asked) {
        return Err(ApiError::bad_request("FIELD_NOT_ALLOWED", format!("{field} is not allowed to be set")));
    }
    input.finish()?;
    if given.is_empty() {
        return Err(ApiError::without_code(StatusCode::BAD_REQUEST, "No fields to update"));
    }
    let ctx = caller.ctx();
    let changed = caller.core().write(&ctx, async |tx| {
        let fields = sessions::change_fields(tx, caller.user_id(), &caller.session.id, &given).await?;
        Ok::<_, auth_core::Error>(fields.map(|fields| (fields, tx.now())))
    });
    let Some((additional_fields, updated_at)) = changed.await? else {
        let gone = ApiError::new(StatusCode::UNAUTHORIZED, "FAILED_TO_GET_SESSION", "Failed to get session");
        return Err(gone);
    };
    let session = Session { additional_fields, updated_at, ..caller.session.clone() };
    let shown = SessionOut::own(&session, &caller.token, caller.edge.settings());
    let mut reply = reply::ok(&UpdatedSessionOut { session: shown });
    reply::renew_session(&mut reply, &caller);
    Ok(reply)
}
