//! Several people in one browser: Better Auth's plugin `multi-session`.
//!
//! Each session is kept in a signed cookie of its own beside the one that is at work. The token of a session is shown to
//! scripts only of the one that is; of the others they get a handle, by which it is chosen or ended, and which opens nothing.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::ids::Id as _;
use auth_core::sessions::{self, Resolved};
use utoipa::{OpenApi, ToSchema};

use super::where_on;
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::input::JsonBody;
use crate::reply::{self, StatusOut};
use crate::session::SessionAndUserOut;
use crate::wire::{SessionOut, UserOut};

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(list_device_sessions, set_active_session, revoke_device_session))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    let is_on = || where_on(|methods| methods.multi_session.enabled);
    cfg.route("/multi-session/list-device-sessions", web::get().guard(is_on()).to(list_device_sessions))
        .route("/multi-session/set-active", web::post().guard(is_on()).to(set_active_session))
        .route("/multi-session/revoke", web::post().guard(is_on()).to(revoke_device_session));
}

/// A session that a browser keeps, and the token that opens it.
pub(super) struct Kept {
    pub token: String,
    pub found: Resolved,
}

/// The sessions that a browser keeps and that count.
pub(super) async fn kept(edge: &Edge) -> Result<Vec<Kept>> {
    let mut all = Vec::new();
    for token in edge.settings.cookies.kept(edge.request().headers(), edge.secret()) {
        let found = edge.core.read(&edge.anonymous(), async |rx| sessions::resolve(rx, &token).await).await?;
        if let Some(found) = found {
            all.push(Kept { token, found });
        }
    }
    Ok(all)
}

/// Ends a session in the name of its person.
pub(super) async fn end(edge: &Edge, found: &Resolved) -> Result<()> {
    let ctx = edge.meta.ctx(found.actor());
    let end = async |tx: &mut auth_core::Tx| sessions::revoke(tx, &found.user.id, &found.session.id).await;
    edge.core.write(&ctx, end).await?;
    Ok(())
}

/// Ends all sessions that a browser keeps, and takes their cookies back.
pub(crate) async fn end_all(edge: &Edge, reply: &mut HttpResponse) -> Result<()> {
    if !edge.methods().multi_session.enabled {
        return Ok(());
    }
    for one in kept(edge).await? {
        end(edge, &one.found).await?;
    }
    for token in edge.settings.cookies.kept(edge.request().headers(), edge.secret()) {
        edge.settings.cookies.forget(reply.headers_mut(), &token);
    }
    Ok(())
}

/// The one of them that is meant: by its handle, or by its token.
async fn meant(edge: &Edge, named: &str) -> Result<Kept> {
    let mut all = kept(edge).await?.into_iter();
    all.find(|one| one.found.session.id.as_str() == named || one.token == named)
        .ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_TOKEN", "Invalid session token"))
}

/// List the sessions of this browser
///
/// One of each person. `token` is the token only of the session that asks; of the others it is a handle, which
/// `/multi-session/set-active` and `/multi-session/revoke` take and which opens nothing. Not found unless
/// `methods.multi_session` is switched on.
#[utoipa::path(
    get, path = "/api/auth/multi-session/list-device-sessions", tag = "Sessions", operation_id = "listDeviceSessions",
    responses(
        (status = 200, description = "The sessions that the request's cookies hold", body = Vec<SessionAndUserOut>),
        (status = 404, description = "Switched off (no body)"),
    ),
    security((), ("cookieAuth" = []))
)]
async fn list_device_sessions(edge: Edge) -> Result<HttpResponse> {
    let own = edge.presented();
    let mut all = kept(&edge).await?;
    let mut seen = Vec::new();
    all.retain(|one| {
        let new = !seen.contains(&one.found.user.id);
        seen.push(one.found.user.id.clone());
        new
    });
    let shown: Vec<_> = all
        .iter()
        .map(|one| SessionAndUserOut {
            session: if own.as_deref() == Some(one.token.as_str()) {
                SessionOut::own(&one.found.session, &one.token, edge.settings())
            } else {
                SessionOut::other(&one.found.session, edge.settings())
            },
            user: UserOut::of(&one.found.user, edge.settings()),
        })
        .collect();
    Ok(reply::ok(&shown))
}

/// Which session.
#[derive(ToSchema)]
#[schema(as = DeviceSession, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct WhichIn {
    /// The `token` of one of `/multi-session/list-device-sessions`.
    session_token: String,
}

/// Go on with another session of this browser
///
/// One that the request's cookies hold. Not found unless `methods.multi_session` is switched on.
#[utoipa::path(
    post, path = "/api/auth/multi-session/set-active", tag = "Sessions", operation_id = "setActiveSession",
    request_body(content = WhichIn, example = json!({"sessionToken": "sess_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "It is at work", body = SessionAndUserOut,
            headers(("set-cookie" = String, description = "The session"))),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`INVALID_SESSION_TOKEN`", body = ErrorOut,
            example = json!({"message": "Invalid session token", "code": "INVALID_SESSION_TOKEN"})),
        (status = 404, description = "Switched off (no body)"),
    ),
    security((), ("cookieAuth" = []))
)]
async fn set_active_session(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let named = input.string("sessionToken");
    input.finish()?;
    let one = meant(&edge, &named).await?;
    let mut reply = reply::ok(&SessionAndUserOut {
        session: SessionOut::own(&one.found.session, &one.token, edge.settings()),
        user: UserOut::of(&one.found.user, edge.settings()),
    });
    reply::give_session(&mut reply, &edge, &one.token, one.found.session.remember);
    Ok(reply)
}

/// End a session of this browser
///
/// One that the request's cookies hold. If it is the one that asks, another one goes on. Not found unless
/// `methods.multi_session` is switched on.
#[utoipa::path(
    post, path = "/api/auth/multi-session/revoke", tag = "Sessions", operation_id = "revokeDeviceSession",
    request_body(content = WhichIn, example = json!({"sessionToken": "sess_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "It is ended", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`, `INVALID_SESSION_TOKEN`", body = ErrorOut,
            example = json!({"message": "Invalid session token", "code": "INVALID_SESSION_TOKEN"})),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []))
)]
async fn revoke_device_session(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let named = input.string("sessionToken");
    input.finish()?;
    let edge = &caller.edge;
    let one = meant(edge, &named).await?;
    end(edge, &one.found).await?;
    let mut reply = reply::done();
    edge.settings.cookies.forget(reply.headers_mut(), &one.token);
    if one.token == caller.token {
        match kept(edge).await?.first() {
            Some(next) => reply::give_session(&mut reply, edge, &next.token, next.found.session.remember),
            None => reply::take_session(&mut reply, edge),
        }
    }
    Ok(reply)
}
