//! Whether somebody may come in, and as what: role, ban, password, the account itself.

use actix_web::{HttpResponse, web};
use auth_core::credentials;
use auth_core::db::Scope as _;
use auth_core::users::administration::{self, AdministrationFault};
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use super::{SuccessOut, UserAnswerOut, WhichUserIn, id_of};
use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;
use crate::reply::{self, StatusOut};

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(set_role, ban_user, unban_user, remove_user, set_user_password))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/admin/set-role", web::post().to(set_role))
        .route("/admin/ban-user", web::post().to(ban_user))
        .route("/admin/unban-user", web::post().to(unban_user))
        .route("/admin/remove-user", web::post().to(remove_user))
        .route("/admin/set-user-password", web::post().to(set_user_password));
}

/// Which role, and whose.
#[derive(ToSchema)]
#[schema(as = SetRole, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SetRoleIn {
    /// The id of the person.
    user_id: String,
    /// `admin` or `user`; of a list the highest.
    #[schema(value_type = String)]
    role: Value,
}

/// Give somebody a role in the instance
///
/// `admin` or `user`. The last administrator who can come in stays one. For administrators of the instance.
#[utoipa::path(
    post, path = "/api/auth/admin/set-role", tag = "Administration", operation_id = "adminSetRole",
    request_body(content = SetRoleIn, example = json!({"userId": "user_01h455vb4pex5vsknk084sn02q", "role": "admin"})),
    responses(
        (status = 200, description = "The person", body = UserAnswerOut),
        (status = 400, description = "`VALIDATION_ERROR`, `YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE`, `LAST_ADMINISTRATOR`",
            body = ErrorOut, example = json!({"message": "You are not allowed to set a non-existent role value",
                "code": "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE`", body = ErrorOut,
            example = json!({"message": "You are not allowed to change users role", "code": "YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE"})),
        (status = 404, description = "`USER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "User not found", "code": "USER_NOT_FOUND"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn set_role(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let (id, roles) = (input.string("userId"), input.strings("role"));
    input.finish()?;
    let fresh = caller.is_fresh();
    let set = async |tx: &mut _| administration::set_role(tx, &id_of(&id), &roles, fresh).await;
    let user = caller.core().write(&caller.ctx(), set).await?;
    Ok(reply::ok(&UserAnswerOut::of(&user, caller.edge.settings())))
}

/// Whom to shut out, why and how long.
#[derive(ToSchema)]
#[schema(as = BanUser, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct BanUserIn {
    /// The id of the person.
    user_id: String,
    /// Why; `No reason` if nothing is said.
    ban_reason: Option<String>,
    /// For how many seconds; for ever if nothing is said.
    ban_expires_in: Option<u64>,
}

/// Why, if nothing is said.
const NO_REASON: &str = "No reason";
/// A ban that is longer than this many seconds (a thousand years) is one for ever.
const FOR_EVER: u64 = 31_557_600_000;

/// Shut somebody out
///
/// Ends all their sessions and links before it is answered, and refuses sign-in until the ban expires or is lifted. Nobody
/// bans themselves, and the last administrator who can come in is not banned. For administrators of the instance.
#[utoipa::path(
    post, path = "/api/auth/admin/ban-user", tag = "Administration", operation_id = "adminBanUser",
    request_body(content = BanUserIn, example = json!({"userId": "user_01h455vb4pex5vsknk084sn02q", "banReason": "Spam", "banExpiresIn": 86400})),
    responses(
        (status = 200, description = "The person", body = UserAnswerOut),
        (status = 400, description = "`VALIDATION_ERROR`, `YOU_CANNOT_BAN_YOURSELF`, `INVALID_BAN_REASON`, `LAST_ADMINISTRATOR`", body = ErrorOut,
            example = json!({"message": "You cannot ban yourself", "code": "YOU_CANNOT_BAN_YOURSELF"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_BAN_USERS`", body = ErrorOut,
            example = json!({"message": "You are not allowed to ban users", "code": "YOU_ARE_NOT_ALLOWED_TO_BAN_USERS"})),
        (status = 404, description = "`USER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "User not found", "code": "USER_NOT_FOUND"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn ban_user(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.string("userId");
    let reason = input.optional("banReason").filter(|reason| !reason.is_empty());
    let seconds = input.count("banExpiresIn").filter(|seconds| (1..FOR_EVER).contains(seconds));
    input.finish()?;
    let reason = reason.unwrap_or_else(|| NO_REASON.to_owned());
    let user = caller
        .core()
        .write(&caller.ctx(), async |tx| {
            let until = seconds.map(|seconds| tx.now().plus_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)));
            administration::ban(tx, &id_of(&id), reason.clone(), until).await
        })
        .await?;
    Ok(reply::ok(&UserAnswerOut::of(&user, caller.edge.settings())))
}

/// Let somebody in again
///
/// What the ban ended stays ended. For administrators of the instance.
#[utoipa::path(
    post, path = "/api/auth/admin/unban-user", tag = "Administration", operation_id = "adminUnbanUser",
    request_body(content = WhichUserIn, example = json!({"userId": "user_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The person", body = UserAnswerOut),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_BAN_USERS`", body = ErrorOut,
            example = json!({"message": "You are not allowed to ban users", "code": "YOU_ARE_NOT_ALLOWED_TO_BAN_USERS"})),
        (status = 404, description = "`USER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "User not found", "code": "USER_NOT_FOUND"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn unban_user(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.string("userId");
    input.finish()?;
    let user = caller.core().write(&caller.ctx(), async |tx| administration::unban(tx, &id_of(&id)).await).await?;
    Ok(reply::ok(&UserAnswerOut::of(&user, caller.edge.settings())))
}

/// Erase somebody
///
/// With their sessions, accounts and memberships. Nobody erases themselves here; the last owner of an organization with other
/// members and the last administrator who can come in are not erased. For administrators of the instance.
#[utoipa::path(
    post, path = "/api/auth/admin/remove-user", tag = "Administration", operation_id = "adminRemoveUser",
    request_body(content = WhichUserIn, example = json!({"userId": "user_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "Erased", body = SuccessOut, example = json!({"success": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `YOU_CANNOT_REMOVE_YOURSELF`, `LAST_ADMINISTRATOR`, \
            `YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER`", body = ErrorOut,
            example = json!({"message": "You cannot remove yourself", "code": "YOU_CANNOT_REMOVE_YOURSELF"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_DELETE_USERS`", body = ErrorOut,
            example = json!({"message": "You are not allowed to delete users", "code": "YOU_ARE_NOT_ALLOWED_TO_DELETE_USERS"})),
        (status = 404, description = "`USER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "User not found", "code": "USER_NOT_FOUND"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn remove_user(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.string("userId");
    input.finish()?;
    caller.core().write(&caller.ctx(), async |tx| administration::remove(tx, &id_of(&id)).await).await?;
    Ok(reply::ok(&SuccessOut { success: true }))
}

/// A password for somebody.
#[derive(ToSchema)]
#[schema(as = SetUserPassword, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SetUserPasswordIn {
    /// The id of the person.
    user_id: String,
    /// The password.
    new_password: String,
}

/// Give somebody a password
///
/// Whether they had one or not. Ends all their sessions and links. An administrator's own or another's takes a fresh session.
/// For administrators of the instance.
#[utoipa::path(
    post, path = "/api/auth/admin/set-user-password", tag = "Administration", operation_id = "adminSetUserPassword",
    request_body(content = SetUserPasswordIn,
        example = json!({"userId": "user_01h455vb4pex5vsknk084sn02q", "newPassword": "correct horse battery"})),
    responses(
        (status = 200, description = "Set", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG`", body = ErrorOut,
            example = json!({"message": "Password too short", "code": "PASSWORD_TOO_SHORT"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_SET_USERS_PASSWORD`, `SESSION_NOT_FRESH`", body = ErrorOut,
            example = json!({"message": "You are not allowed to set users password", "code": "YOU_ARE_NOT_ALLOWED_TO_SET_USERS_PASSWORD"})),
        (status = 404, description = "`USER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "User not found", "code": "USER_NOT_FOUND"})),
        (status = 503, description = "`BUSY`: too many passwords are being hashed at once", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn set_user_password(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let (password, id) = (input.non_empty_or("newPassword", "newPassword cannot be empty"), input.string("userId"));
    input.finish()?;
    let (core, ctx) = (caller.core(), caller.ctx());
    let refusal = AdministrationFault::SetPassword;
    // Hashing costs: who may not set passwords does not get to ask for it.
    core.read(&ctx, async |rx| administration::demand(rx, refusal.clone()).await).await?;
    credentials::check_new(core.settings(), &password, &[])?;
    let hash = credentials::hash_password(core, &password).await?;
    let fresh = caller.is_fresh();
    core.write(&ctx, async |tx| administration::set_password(tx, &id_of(&id), &hash, fresh).await).await?;
    Ok(reply::done())
}
