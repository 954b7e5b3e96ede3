//! The caller's own account: profile, address, deletion.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::users::erasure::{self, Erase, Erased};
use auth_core::users::{self, Changes, mailbox};
use serde::Serialize;
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::input::{Input, JsonBody, Query, additional};
use crate::methods;
use crate::reply::{self, StatusOut};

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(update_user, change_email, delete_user, delete_user_callback))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/update-user", web::post().to(update_user))
        .route("/change-email", web::post().to(change_email))
        .route("/delete-user", web::post().to(delete_user))
        .route("/delete-user/callback", web::get().to(delete_user_callback));
}

/// Fields of a person that nobody sets for themselves.
const FIXED: [&str; 4] = ["role", "banned", "banReason", "banExpires"];

/// Refuses what only an admin may set. An empty value asks for nothing.
pub fn refuse_fixed_fields(input: &Input) -> Result<()> {
    let asks = |value: &Value| !matches!(value, Value::Null | Value::Bool(false)) && value != "" && value != 0;
    match FIXED.into_iter().find(|field| input.rest().get(*field).is_some_and(asks)) {
        Some(field) => Err(ApiError::bad_request("FIELD_NOT_ALLOWED", format!("{field} is not allowed to be set"))),
        None => Ok(()),
    }
}

/// What to change.
#[derive(ToSchema)]
#[schema(as = UpdateUser, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct UpdateUserIn {
    /// The name that is shown.
    name: Option<String>,
    /// An http(s) address or a data image; null for none.
    image: Option<String>,
    /// The name to sign in with, where `methods.username` is switched on; null for none.
    username: Option<String>,
    /// The same as its owner writes it.
    display_username: Option<String>,
    /// Where `methods.phone_number` is switched on: null takes the number away. A number is set by `/phone-number/verify`.
    phone_number: Option<String>,
}

/// Change my profile
///
/// The address is changed by `/change-email`. The fields that the operator added (`additional_fields.user`) are given beside
/// the others.
#[utoipa::path(
    post, path = "/api/auth/update-user", tag = "Users", operation_id = "updateUser",
    request_body(content = UpdateUserIn, example = json!({"name": "Ann Example", "image": null})),
    responses(
        (status = 200, description = "Changed; the session's cookie is set anew", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `BODY_MUST_BE_AN_OBJECT`, `EMAIL_CAN_NOT_BE_UPDATED`, `FIELD_NOT_ALLOWED`, `MISSING_FIELD`, `ADDITIONAL_FIELDS_TOO_LARGE`, `INVALID_NAME`, `INVALID_IMAGE`, `USERNAME_TOO_SHORT`, `USERNAME_TOO_LONG`, `INVALID_USERNAME`, `INVALID_DISPLAY_USERNAME`, `USERNAME_IS_ALREADY_TAKEN`, `PHONE_NUMBER_CANNOT_BE_UPDATED`, or no fields to update",
            body = ErrorOut, example = json!({"message": "Email can not be updated", "code": "EMAIL_CAN_NOT_BE_UPDATED"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn update_user(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let Some(Value::Object(fields)) = body.value() else {
        return Err(ApiError::bad_request("BODY_MUST_BE_AN_OBJECT", "Body must be an object"));
    };
    let mut input = Input::new("body", fields);
    if input.rest().get("email").is_some_and(|email| !email.is_null() && email != "") {
        return Err(ApiError::bad_request("EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated"));
    }
    refuse_fixed_fields(&input)?;
    let fields = &caller.edge.settings().fields.user;
    let changes = Changes {
        name: input.optional("name"),
        image: input.nullable("image"),
        additional_fields: additional::of_person(fields, &mut input, false)?,
        ..Changes::default()
    };
    let naming = methods::username::changed(&caller.edge, &mut input);
    let drops_number = methods::phone_number::is_dropped(&caller.edge, &mut input)?;
    input.finish()?;
    let profile = changes.name.is_some() || changes.image.is_some() || !changes.additional_fields.is_empty();
    if !profile && naming.is_empty() && !drops_number {
        return Err(ApiError::without_code(StatusCode::BAD_REQUEST, "No fields to update"));
    }
    caller
        .core()
        .write(&caller.ctx(), async |tx| {
            if !naming.is_empty() {
                users::username::set(tx, caller.user_id(), &naming).await?;
            }
            if drops_number {
                users::phone::set(tx, caller.user_id(), None).await?;
            }
            users::update(tx, caller.user_id(), changes.clone()).await
        })
        .await?;
    let mut reply = reply::done();
    reply::renew_session(&mut reply, &caller);
    Ok(reply)
}

/// The new address.
#[derive(ToSchema)]
#[schema(as = ChangeEmail, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct ChangeEmailIn {
    /// The new address.
    new_email: String,
    /// Where the links lead in the end: a path of ours or an address at a trusted origin.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
}

/// Change my address
///
/// Mails a link. The address changes by a click in the new mailbox; where the present mailbox is proven,
/// its owner is asked first. The answer does not tell whether the new address has an owner.
#[utoipa::path(
    post, path = "/api/auth/change-email", tag = "Email", operation_id = "changeEmail",
    request_body(content = ChangeEmailIn, example = json!({"newEmail": "ann.example@example.com", "callbackURL": "/settings"})),
    responses(
        (status = 200, description = "A mail is on its way", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `CHANGE_EMAIL_DISABLED`, or the email is the same", body = ErrorOut,
            example = json!({"message": "Email is the same"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`INVALID_ORIGIN`, `INVALID_CALLBACK_URL`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn change_email(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let new = input.email("newEmail");
    let callback = input.optional("callbackURL");
    input.finish()?;
    mailbox::change_email(caller.core(), &caller.ctx(), caller.user_id(), &new, callback.as_deref()).await?;
    Ok(reply::done())
}

/// How the caller confirms it.
#[derive(ToSchema)]
#[schema(as = DeleteUser)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct DeleteUserIn {
    /// The password. Without it the session must be fresh.
    password: Option<String>,
    /// The token of a link that was mailed.
    token: Option<String>,
    /// Where the link leads in the end.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = Deletion)]
struct DeletionOut {
    /// Always true.
    success: bool,
    /// `User deleted`, or `Verification email sent`.
    message: &'static str,
}

impl DeletionOut {
    const DONE: Self = Self { success: true, message: "User deleted" };
    const MAILED: Self = Self { success: true, message: "Verification email sent" };
}

/// Delete my account
///
/// With everything that is the caller's. Confirmed by the password, by a mailed link, or by a fresh
/// session.
#[utoipa::path(
    post, path = "/api/auth/delete-user", tag = "Users", operation_id = "deleteUser",
    request_body(content = Option<DeleteUserIn>, example = json!({"password": "correct horse battery"})),
    responses(
        (status = 200, description = "The account is gone, or a link was mailed", body = DeletionOut,
            example = json!({"success": true, "message": "User deleted"})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PASSWORD`, `CREDENTIAL_ACCOUNT_NOT_FOUND`, `SESSION_EXPIRED`", body = ErrorOut,
            example = json!({"message": "Invalid password", "code": "INVALID_PASSWORD"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 404, description = "Switched off (no body), or `INVALID_TOKEN`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn delete_user(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object_if_any()?;
    let password = input.optional("password");
    let token = input.optional("token");
    let callback = input.optional("callbackURL");
    input.finish()?;
    let erase = Erase {
        session: &caller.session,
        password: password.as_deref(),
        token: token.as_deref(),
        callback_url: callback.as_deref(),
    };
    match erasure::request(caller.core(), &caller.ctx(), erase).await? {
        Erased::LinkMailed => Ok(reply::ok(&DeletionOut::MAILED)),
        Erased::Done => {
            let mut reply = reply::ok(&DeletionOut::DONE);
            reply::take_session(&mut reply, &caller.edge);
            Ok(reply)
        }
    }
}

/// Delete my account by a mailed link
///
/// Takes the link and a session of the same person.
#[utoipa::path(
    get, path = "/api/auth/delete-user/callback", tag = "Users", operation_id = "deleteUserCallback",
    params(
        ("token" = String, Query, description = "The link's token"),
        ("callbackURL" = Option<String>, Query, description = "Where to go then: a path of ours or an address at a trusted origin"),
    ),
    responses(
        (status = 200, description = "The account is gone", body = DeletionOut, example = json!({"success": true, "message": "User deleted"})),
        (status = 302, description = "The account is gone; to the `callbackURL`"),
        (status = 403, description = "`INVALID_CALLBACK_URL`", body = ErrorOut),
        (status = 404, description = "`FAILED_TO_GET_USER_INFO` without a session, `INVALID_TOKEN`, or switched off (no body)", body = ErrorOut,
            example = json!({"message": "Failed to get user info", "code": "FAILED_TO_GET_USER_INFO"})),
    ),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn delete_user_callback(edge: Edge, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let token = input.string("token");
    let callback = input.optional("callbackURL");
    input.finish()?;
    let caller = edge
        .caller()
        .await?
        .ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "FAILED_TO_GET_USER_INFO", "Failed to get user info"))?;
    erasure::confirm(caller.core(), &caller.ctx(), caller.user_id(), &token).await?;
    let mut reply = match callback.filter(|url| !url.is_empty()) {
        Some(url) => reply::redirect(&url),
        None => reply::ok(&DeletionOut::DONE),
    };
    reply::take_session(&mut reply, &caller.edge);
    Ok(reply)
}
