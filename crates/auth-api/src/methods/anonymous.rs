//! Visitors who have not said who they are: Better Auth's plugin `anonymous`.

use actix_web::{HttpResponse, web};
use auth_core::features::anonymous::{self, AnonymousFault};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{SuccessOut, done, where_on};
use crate::error::{ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::input::JsonBody;
use crate::reply;
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(sign_in_anonymous, delete_anonymous_user))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    let post = || web::post().guard(where_on(|methods| methods.anonymous.enabled));
    cfg.route("/sign-in/anonymous", post().to(sign_in_anonymous))
        .route("/delete-anonymous-user", post().to(delete_anonymous_user));
}

/// A visitor with a session.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedInAnonymously)]
struct SignedInOut<'a> {
    /// The session's token.
    token: &'a str,
    /// Who, as far as that is known.
    user: UserOut<'a>,
}

/// Come in without saying who one is
///
/// Makes an account with an address that cannot exist, and opens a session. The account goes when the visitor signs in for
/// real in the same browser. Not found unless `methods.anonymous` is switched on.
#[utoipa::path(
    post, path = "/api/auth/sign-in/anonymous", tag = "Sign-in", operation_id = "signInAnonymous",
    request_body(content = Option<serde_json::Value>, example = json!({})),
    responses(
        (status = 200, description = "Signed in", body = SignedInOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`ANONYMOUS_USERS_CANNOT_SIGN_IN_AGAIN_ANONYMOUSLY`, `NEW_USER_SIGNUP_DISABLED`", body = ErrorOut,
            example = json!({"message": "Anonymous users cannot sign in again anonymously", "code": "ANONYMOUS_USERS_CANNOT_SIGN_IN_AGAIN_ANONYMOUSLY"})),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn sign_in_anonymous(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    body.object_if_any()?.finish()?;
    if edge.clone().caller().await?.is_some_and(|caller| caller.user.is_anonymous) {
        return Err(auth_core::Error::from(AnonymousFault::Already).into());
    }
    let opened = edge.core.write(&edge.anonymous(), async |tx| anonymous::sign_in(tx).await).await?;
    let mut reply =
        reply::ok(&SignedInOut { token: opened.token.expose(), user: UserOut::of(&opened.user, edge.settings()) });
    reply::give_session(&mut reply, &edge, opened.token.expose(), opened.session.remember);
    Ok(reply)
}

/// Delete my account of a visitor
///
/// With all that is its. Not found unless `methods.anonymous` is switched on.
#[utoipa::path(
    post, path = "/api/auth/delete-anonymous-user", tag = "Users", operation_id = "deleteAnonymousUser",
    request_body(content = Option<serde_json::Value>, example = json!({})),
    responses(
        (status = 200, description = "Deleted", body = SuccessOut, example = json!({"success": true})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`USER_IS_NOT_ANONYMOUS`, `NOT_WHILE_IMPERSONATING`", body = ErrorOut,
            example = json!({"message": "User is not anonymous", "code": "USER_IS_NOT_ANONYMOUS"})),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn delete_anonymous_user(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    body.object_if_any()?.finish()?;
    anonymous::delete(caller.core(), &caller.ctx(), caller.user_id()).await?;
    let mut reply = done();
    reply::take_session(&mut reply, &caller.edge);
    Ok(reply)
}
