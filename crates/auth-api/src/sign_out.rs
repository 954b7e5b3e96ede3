//! Signing out.

use actix_web::{HttpResponse, web};
use auth_core::{sessions, two_factor};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::Result;
use crate::extract::Edge;
use crate::input::JsonBody;
use crate::methods;
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(sign_out))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/sign-out", web::post().to(sign_out));
}

/// Done.
#[derive(Serialize, ToSchema)]
#[schema(as = Success)]
struct SuccessOut {
    /// Always true.
    success: bool,
}

/// Sign out
///
/// Ends the session that asks and expires its cookies. Also says so if there was none. If an administrator acts as somebody,
/// their own session, which waits in a cookie, ends with it, and so does a sign-in that waits for a second factor: whoever has
/// the browser next finds nobody signed in.
#[utoipa::path(
    post, path = "/api/auth/sign-out", tag = "Sign-in", operation_id = "signOut",
    request_body(content = Option<serde_json::Value>, example = json!({})),
    responses((status = 200, description = "Signed out", body = SuccessOut,
        headers(("set-cookie" = String, description = "Expires the session's cookies")),
        example = json!({"success": true}))),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn sign_out(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    body.object_if_any()?.finish()?;
    if let Some(caller) = edge.clone().caller().await? {
        caller
            .core()
            .write(&caller.ctx(), async |tx| sessions::revoke(tx, caller.user_id(), &caller.session.id).await)
            .await?;
    }
    let mut reply = reply::ok(&SuccessOut { success: true });
    let cookies = &edge.settings.cookies;
    if let Some(token) = cookies.two_factor(edge.request().headers(), edge.secret()) {
        edge.core.write(&edge.anonymous(), async |tx| two_factor::abandon(tx, &token).await).await?;
        cookies.expire_two_factor(reply.headers_mut());
    }
    if let Some(token) = cookies.admin_session(edge.request().headers(), edge.secret()) {
        let found = edge.core.read(&edge.anonymous(), async |rx| sessions::resolve(rx, &token).await).await?;
        if let Some(found) = found {
            let ctx = edge.meta.ctx(found.actor());
            let end = async |tx: &mut auth_core::Tx| sessions::revoke(tx, &found.user.id, &found.session.id).await;
            edge.core.write(&ctx, end).await?;
        }
        cookies.expire_admin_session(reply.headers_mut());
    }
    reply::take_session(&mut reply, &edge);
    methods::multi_session::end_all(&edge, &mut reply).await?;
    Ok(reply)
}
