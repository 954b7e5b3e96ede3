//! Signing up with email and password.

use actix_web::{HttpResponse, web};
use auth_core::sign_in::{self, Opened, SignUp};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ErrorOut, Result};
use crate::extract::Edge;
use crate::input::{JsonOrForm, additional};
use crate::methods::{phone_number, username};
use crate::reply;
use crate::user::refuse_fixed_fields;
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(sign_up_email))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/sign-up/email", web::post().to(sign_up_email));
}

/// Who signs up.
#[derive(ToSchema)]
#[schema(as = SignUpEmail, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SignUpEmailIn {
    /// The name that is shown.
    name: String,
    /// The address.
    email: String,
    /// The password.
    password: String,
    /// An http(s) address or a data image.
    image: Option<String>,
    /// Whether the session outlives the browser; true unless said otherwise.
    remember_me: Option<bool>,
    /// Where a verification link leads in the end: a path of ours or an address at a trusted origin.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
    /// The name to sign in with, where `methods.username` is switched on: letters, digits, underscores and dots.
    username: Option<String>,
    /// The same as its owner writes it.
    display_username: Option<String>,
}

/// Somebody signed up.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedUp)]
struct SignedUpOut<'a> {
    /// The session's token; null where signing up does not sign in.
    token: Option<&'a str>,
    /// Who.
    user: UserOut<'a>,
}

/// Sign up with email and password
///
/// Makes a person and opens a session, unless the instance wants the mailbox proven first. Then `token` is
/// null, and the answer for an address that somebody has is the same as for a new one. The fields that the operator added
/// (`additional_fields.user`) are given beside the others.
#[utoipa::path(
    post, path = "/api/auth/sign-up/email", tag = "Sign-in", operation_id = "signUpEmail",
    request_body(
        content((SignUpEmailIn = "application/json",
            example = json!({"name": "Ann", "email": "ann@example.com", "password": "correct horse battery"})),
            (SignUpEmailIn = "application/x-www-form-urlencoded"))
    ),
    responses(
        (status = 200, description = "Signed up", body = SignedUpOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG`, `FIELD_NOT_ALLOWED`, `MISSING_FIELD`, `EMAIL_PASSWORD_SIGN_UP_DISABLED`, `USERNAME_TOO_SHORT`, `USERNAME_TOO_LONG`, `INVALID_USERNAME`, `INVALID_DISPLAY_USERNAME`, `USERNAME_IS_ALREADY_TAKEN`, `PHONE_NUMBER_CANNOT_BE_SET`",
            body = ErrorOut, example = json!({"message": "Password too short", "code": "PASSWORD_TOO_SHORT"})),
        (status = 403, description = "`INVALID_ORIGIN`, `INVALID_CALLBACK_URL`, `CROSS_SITE_NAVIGATION_LOGIN_BLOCKED`", body = ErrorOut,
            example = json!({"message": "Invalid origin", "code": "INVALID_ORIGIN"})),
        (status = 422, description = "`USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`", body = ErrorOut,
            example = json!({"message": "User already exists. Use another email.", "code": "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"})),
        (status = 503, description = "`BUSY`: too many passwords are being hashed at once", body = ErrorOut),
    ),
    security(())
)]
async fn sign_up_email(edge: Edge, body: JsonOrForm) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let name = input.string("name");
    let email = input.email("email");
    let password = input.non_empty("password");
    let image = input.nullable("image").flatten();
    let callback_url = input.optional("callbackURL");
    let remember = input.boolean("rememberMe").unwrap_or(true);
    let naming = username::chosen(&edge, &mut input);
    let additional_fields = additional::of_person(&edge.settings().fields.user, &mut input, true)?;
    phone_number::refuse_unproven(&edge, &input)?;
    refuse_fixed_fields(&input)?;
    input.finish()?;
    let new = SignUp { name, email, password, image, remember, callback_url, naming, additional_fields };
    let signed_up = sign_in::sign_up(&edge.core, &edge.anonymous(), new).await?;
    let user = UserOut::of(&signed_up.user, edge.settings());
    Ok(match &signed_up.entry {
        Some(entry) => {
            let answer = |opened: &Opened| reply::ok(&SignedUpOut { token: Some(opened.token.expose()), user });
            reply::entered(&edge, entry, answer).await
        }
        None => reply::ok(&SignedUpOut { token: None, user }),
    })
}
