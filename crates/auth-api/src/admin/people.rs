//! Making and changing people.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::clock::Timestamp;
use auth_core::credentials;
use auth_core::fields::By;
use auth_core::users::administration::{self, AdministrationFault, Ban, Edit};
use auth_core::users::{Changes, NewUser, UsersFault, email};
use serde_json::{Map, Value};
use utoipa::{OpenApi, ToSchema};

use super::{UserAnswerOut, id_of};
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::input::{Input, JsonBody, additional};
use crate::methods::username;
use crate::reply;
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(create_user, update_user))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/admin/create-user", web::post().to(create_user))
        .route("/admin/update-user", web::post().to(update_user));
}

/// Whom to make.
#[derive(ToSchema)]
#[schema(as = AdminCreateUser)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct CreateUserIn {
    /// The address.
    email: String,
    /// The name that is shown.
    name: String,
    /// Without it they get in through their mailbox.
    password: Option<String>,
    /// `admin` or `user`; of a list the highest.
    #[schema(value_type = Option<String>)]
    role: Option<Value>,
    /// What else there is: the fields of `update-user`.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
}

/// The answer where somebody has the address: here it is 400.
fn bad_request(error: auth_core::Error) -> ApiError {
    let taken = error.is(&UsersFault::AlreadyExists);
    let error = ApiError::from(error);
    if taken { error.with_status(StatusCode::BAD_REQUEST) } else { error }
}

/// Make a person
///
/// With a password they can sign in at once; without one they get in through their mailbox. For administrators of the instance.
#[utoipa::path(
    post, path = "/api/auth/admin/create-user", tag = "Administration", operation_id = "adminCreateUser",
    request_body(content = CreateUserIn,
        example = json!({"email": "ann@example.com", "name": "Ann", "password": "correct horse battery", "role": "user"})),
    responses(
        (status = 200, description = "The person", body = UserAnswerOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, `USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`, `PASSWORD_TOO_SHORT`, \
            `PASSWORD_TOO_LONG`, `INVALID_NAME`, `INVALID_IMAGE`, `INVALID_ROLE_TYPE`, \
            `YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE`", body = ErrorOut,
            example = json!({"message": "User already exists. Use another email.", "code": "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_CREATE_USERS`", body = ErrorOut,
            example = json!({"message": "You are not allowed to create users", "code": "YOU_ARE_NOT_ALLOWED_TO_CREATE_USERS"})),
        (status = 503, description = "`BUSY`: too many passwords are being hashed at once", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn create_user(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let (address, name) = (input.string("email"), input.string("name"));
    let password = input.optional("password").filter(|password| !password.is_empty());
    let role = input.has("role").then(|| input.strings("role"));
    let data = input.object("data").unwrap_or_default();
    input.finish()?;
    let (core, ctx) = (caller.core(), caller.ctx());
    // Who may not is told so, and costs no hash.
    core.read(&ctx, async |rx| administration::demand(rx, AdministrationFault::Create).await).await?;
    let mut more = Data::read(&caller.edge, data)?;
    if let Some(given) = role {
        more.role = Some(administration::role_of(&given)?);
    }
    if !email::is_valid(&address) {
        return Err(auth_core::Error::from(UsersFault::InvalidEmail).into());
    }
    let hash = match &password {
        Some(password) => {
            credentials::check_new(core.settings(), password, &[&address, &name])?;
            Some(credentials::hash_password(core, password).await?)
        }
        None => None,
    };
    let new = NewUser {
        name,
        email: address,
        email_verified: more.email_verified.unwrap_or(false),
        image: more.profile.image.clone().flatten(),
        role: more.role.clone().unwrap_or_default(),
        additional_fields: more.profile.additional_fields.clone(),
        ..NewUser::default()
    };
    // What a new person cannot have from the start is set in the same transaction.
    let later = Edit { naming: more.naming.clone(), ban: more.ban.clone(), ..Edit::default() };
    let fresh = caller.is_fresh();
    let user = core
        .write(&ctx, async |tx| {
            let user = administration::create(tx, new.clone(), hash.as_deref(), fresh).await?;
            if later.naming.is_empty() && later.ban.is_none() {
                return Ok(user);
            }
            administration::edit(tx, &user.id, &later, true).await
        })
        .await
        .map_err(bad_request)?;
    Ok(reply::ok(&UserAnswerOut::of(&user, caller.edge.settings())))
}

/// What to change of whom.
#[derive(ToSchema)]
#[schema(as = AdminUpdateUser, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct UpdateUserIn {
    /// The id of the person.
    user_id: String,
    /// `name`, `image`, `email`, `emailVerified`, `role`, `banned`, `banReason`, `banExpires`, and `username` and
    /// `displayUsername` where there are such names, and the fields that the operator added. Other fields are passed over.
    #[schema(value_type = Object)]
    data: Value,
}

/// Change a person
///
/// Another address ends their sessions, voids mailed links, and is mailed to both addresses. Vouching for an address
/// (`emailVerified`) wipes what was set on the account without proof, as any first proof of a mailbox does. For
/// administrators of the instance; the address of an administrator takes a fresh session.
#[utoipa::path(
    post, path = "/api/auth/admin/update-user", tag = "Administration", operation_id = "updateUserAsAdministrator",
    request_body(content = UpdateUserIn,
        example = json!({"userId": "user_01h455vb4pex5vsknk084sn02q", "data": {"name": "Anna"}})),
    responses(
        (status = 200, description = "The person", body = UserOut),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_DATA_TO_UPDATE`, `PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER`, \
            `USER_ID_CANNOT_BE_UPDATED`, `INVALID_EMAIL`, `USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`, `INVALID_NAME`, `INVALID_IMAGE`, \
            `INVALID_ROLE_TYPE`, `YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE`, `YOU_CANNOT_BAN_YOURSELF`, `INVALID_BAN_REASON`, \
            `LAST_ADMINISTRATOR`",
            body = ErrorOut, example = json!({"message": "No data to update", "code": "NO_DATA_TO_UPDATE"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_UPDATE_USERS`, `SESSION_NOT_FRESH`", body = ErrorOut,
            example = json!({"message": "You are not allowed to update users", "code": "YOU_ARE_NOT_ALLOWED_TO_UPDATE_USERS"})),
        (status = 404, description = "`USER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "User not found", "code": "USER_NOT_FOUND"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn update_user(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.string("userId");
    let data = match input.take("data") {
        Some(Value::Object(data)) => data,
        other => {
            let received = if other.is_none() { "undefined" } else { "another type" };
            input.issue("data", &format!("Invalid input: expected record, received {received}"));
            Map::new()
        }
    };
    input.finish()?;
    let (core, ctx) = (caller.core(), caller.ctx());
    core.read(&ctx, async |rx| administration::demand(rx, AdministrationFault::Update).await).await?;
    if data.is_empty() {
        return Err(ApiError::bad_request("NO_DATA_TO_UPDATE", "No data to update"));
    }
    if data.contains_key("password") {
        return Err(ApiError::bad_request(
            "PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER",
            "Password cannot be updated through update-user. Use the set-user-password endpoint instead",
        ));
    }
    if data.contains_key("id") {
        return Err(ApiError::bad_request("USER_ID_CANNOT_BE_UPDATED", "User id cannot be updated"));
    }
    let edit = Data::read(&caller.edge, data)?.edit();
    let fresh = caller.is_fresh();
    let user = core
        .write(&ctx, async |tx| Box::pin(administration::edit(tx, &id_of(&id), &edit, fresh)).await)
        .await
        .map_err(bad_request)?;
    Ok(reply::ok(&UserOut::of(&user, caller.edge.settings())))
}

/// The fields of a person that administrators set by name.
#[derive(Default)]
struct Data {
    profile: Changes,
    email: Option<String>,
    email_verified: Option<bool>,
    role: Option<String>,
    ban: Option<Ban>,
    naming: auth_core::users::username::Naming,
}

impl Data {
    fn read(edge: &Edge, fields: Map<String, Value>) -> Result<Self> {
        let role = fields.get("role").map(role_of).transpose()?;
        let mut input = Input::new("body.data", fields);
        let (name, image) = (input.optional("name"), input.nullable("image"));
        let (email, email_verified) = (input.optional("email"), input.boolean("emailVerified"));
        let (banned, reason) = (input.boolean("banned"), input.nullable("banReason"));
        let until = input.take("banExpires").map(|sent| instant(&mut input, &sent));
        let naming = username::changed(edge, &mut input);
        let fields = &edge.settings().fields.user;
        let additional_fields = additional::of_other(fields, &mut input, false, By::BackEnd);
        input.finish()?;
        if email.as_deref().is_some_and(|address| !email::is_valid(address)) {
            return Err(auth_core::Error::from(UsersFault::InvalidEmail).into());
        }
        // Why and until when says nothing about somebody who is not shut out.
        let ban = banned.map(|banned| if banned { Ban::Set(reason, until) } else { Ban::Lift });
        let profile = Changes { name, image, additional_fields, ..Changes::default() };
        Ok(Self { profile, email, email_verified, role, ban, naming })
    }

    fn edit(self) -> Edit {
        Edit {
            profile: Changes { role: self.role, ..self.profile },
            naming: self.naming,
            email: self.email,
            email_verified: self.email_verified,
            ban: self.ban,
        }
    }
}

/// A role, or a list of them.
fn role_of(sent: &Value) -> Result<String> {
    let odd = || ApiError::bad_request("INVALID_ROLE_TYPE", "Invalid role type");
    let given = match sent {
        Value::Array(all) => all.iter().map(|role| role.as_str().map(str::to_owned)).collect(),
        one => one.as_str().map(|role| vec![role.to_owned()]),
    };
    Ok(administration::role_of(&given.ok_or_else(odd)?)?)
}

/// An instant as ISO text or in milliseconds; null is for ever.
fn instant(input: &mut Input, sent: &Value) -> Option<Timestamp> {
    let read = match sent {
        Value::Null => return None,
        Value::String(text) => Timestamp::parse(text),
        // Up to the year 9999, as far as dates are written.
        other => other.as_i64().filter(|at| (0..=253_402_300_799_999).contains(at)).map(Timestamp),
    };
    if read.is_none() {
        input.issue("banExpires", "Invalid input: expected date");
    }
    read
}
