//! Acting as somebody else.
//!
//! While an administrator does, their own session waits in a cookie of its own, signed, out of reach of scripts.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError as _, web};
use auth_core::ids::{Id as _, UserId};
use auth_core::sign_in::impersonation;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;
use crate::reply;
use crate::session::SessionAndUserOut;
use crate::wire::{SessionOut, UserOut};

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(impersonate_user, stop_impersonating))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/admin/impersonate-user", web::post().to(impersonate_user))
        .route("/admin/stop-impersonating", web::post().to(stop_impersonating));
}

/// As whom to act.
#[derive(ToSchema)]
#[schema(as = ImpersonateUser, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct ImpersonateUserIn {
    /// The id of the person.
    user_id: String,
}

/// Act as somebody
///
/// Opens a session of the person for an administrator of the instance: for one hour, not prolonged by use, with
/// `impersonatedBy`, and over as soon as the administrator's own access is. Nobody acts as another administrator. Password,
/// address and account cannot be changed meanwhile. It is an entry of the audit, and so is its end.
#[utoipa::path(
    post, path = "/api/auth/admin/impersonate-user", tag = "Sessions", operation_id = "impersonateUser",
    request_body(content = ImpersonateUserIn, example = json!({"userId": "user_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The session of the person", body = SessionAndUserOut,
            headers(("set-cookie" = String, description = "The session of the person, and the administrator's own"))),
        (status = 400, description = "`YOU_CANNOT_IMPERSONATE_YOURSELF`", body = ErrorOut,
            example = json!({"message": "You cannot impersonate yourself", "code": "YOU_CANNOT_IMPERSONATE_YOURSELF"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS`, `YOU_CANNOT_IMPERSONATE_ADMINS`, `BANNED_USER`, `USER_LOCKED`",
            body = ErrorOut, example = json!({"message": "You cannot impersonate admins", "code": "YOU_CANNOT_IMPERSONATE_ADMINS"})),
        (status = 404, description = "`USER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "User not found", "code": "USER_NOT_FOUND"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn impersonate_user(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let user_id = input.string("userId");
    input.finish()?;
    let opened = caller
        .core()
        .write(&caller.ctx(), async |tx| {
            // Who may not, is not told who is there.
            let user = UserId::parse(&user_id);
            let user = user.unwrap_or_else(|| UserId::from_text(String::new()));
            impersonation::impersonate(tx, &user).await
        })
        .await?;
    let token = opened.token.expose();
    let mut reply = reply::ok(&SessionAndUserOut {
        session: SessionOut::own(&opened.session, token, caller.edge.settings()),
        user: UserOut::of(&opened.user, caller.edge.settings()),
    });
    reply::take_session(&mut reply, &caller.edge);
    let lifetime = caller.core().settings().session.expires_in;
    let cookies = &caller.edge.settings.cookies;
    let remembered = caller.session.remember;
    cookies.set_admin_session(reply.headers_mut(), caller.edge.secret(), &caller.token, remembered, lifetime);
    reply::give_session(&mut reply, &caller.edge, token, false);
    Ok(reply)
}

/// Stop acting as somebody
///
/// Ends the session, and gives the administrator's own back that waited in a cookie. If that has ended meanwhile, or there is
/// no such cookie, the session ends all the same, and the administrator signs in again.
#[utoipa::path(
    post, path = "/api/auth/admin/stop-impersonating", tag = "Sessions", operation_id = "stopImpersonating",
    request_body(content = Option<serde_json::Value>, example = json!({})),
    responses(
        (status = 200, description = "The administrator's own session", body = SessionAndUserOut,
            headers(("set-cookie" = String, description = "The administrator's own session"))),
        (status = 400, description = "`YOU_ARE_NOT_IMPERSONATING_ANYONE`; `FAILED_TO_FIND_ADMIN_SESSION`: it is over, and there is none to go back to",
            body = ErrorOut, example = json!({"message": "You are not impersonating anyone", "code": "YOU_ARE_NOT_IMPERSONATING_ANYONE"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn stop_impersonating(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    body.object_if_any()?.finish()?;
    let edge = &caller.edge;
    let kept = edge.settings.cookies.admin_session(edge.request().headers(), edge.secret());
    let token = kept.as_deref();
    let own = caller.core().write(&caller.ctx(), async |tx| impersonation::stop(tx, token).await).await?;
    let mut reply = match (&own, token) {
        (Some(own), Some(token)) => reply::ok(&SessionAndUserOut {
            session: SessionOut::own(&own.session, token, edge.settings()),
            user: UserOut::of(&own.user, edge.settings()),
        }),
        _ => ApiError::new(
            StatusCode::BAD_REQUEST,
            "FAILED_TO_FIND_ADMIN_SESSION",
            "You act as nobody any more, but your own session has ended: sign in again",
        )
        .error_response(),
    };
    edge.settings.cookies.expire_admin_session(reply.headers_mut());
    match (&own, token) {
        (Some(own), Some(token)) => reply::give_session(&mut reply, edge, token, own.session.remember),
        _ => reply::take_session(&mut reply, edge),
    }
    Ok(reply)
}
