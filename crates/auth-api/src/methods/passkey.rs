//! Passkeys: Better Auth's plugin `passkey`. The options and the answers of authenticators are the JSON of the W3C's
//! specification (Web Authentication, 5.1.8 to 5.1.10); the core reads them.

use actix_web::{HttpResponse, web};
use auth_core::ids::{Id as _, PasskeyId};
use auth_core::passkeys::{self, Begun, CHALLENGE, Passkey, PasskeyFault, Registration};
use serde::Serialize;
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use super::where_on;
use crate::error::{ErrorOut, Result};
use crate::extract::{Caller, Edge, FreshCaller};
use crate::input::choice::one_of;
use crate::input::{Input, JsonBody, Query};
use crate::reply::{self, StatusOut};
use crate::session::SessionAndUserOut;
use crate::wire::{Iso, SessionOut, UserOut};

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(
    generate_register_options,
    verify_registration,
    generate_authenticate_options,
    verify_authentication,
    list_user_passkeys,
    delete_passkey,
    update_passkey
))]
pub struct Docs;

/// Which authenticators may be asked for alone.
const ATTACHMENTS: [(&str, &str); 2] = [("platform", "platform"), ("cross-platform", "cross-platform")];

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    let is_on = || where_on(|methods| methods.passkey.enabled);
    cfg.route("/passkey/generate-register-options", web::get().guard(is_on()).to(generate_register_options))
        .route("/passkey/verify-registration", web::post().guard(is_on()).to(verify_registration))
        .route("/passkey/generate-authenticate-options", web::get().guard(is_on()).to(generate_authenticate_options))
        .route("/passkey/verify-authentication", web::post().guard(is_on()).to(verify_authentication))
        .route("/passkey/list-user-passkeys", web::get().guard(is_on()).to(list_user_passkeys))
        .route("/passkey/delete-passkey", web::post().guard(is_on()).to(delete_passkey))
        .route("/passkey/update-passkey", web::post().guard(is_on()).to(update_passkey));
}

/// A passkey.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Passkey)]
struct PasskeyOut<'a> {
    /// The id.
    id: &'a str,
    /// What its owner calls it.
    name: Option<&'a str>,
    /// The public key (COSE), in base64.
    public_key: &'a str,
    /// Whose it is.
    user_id: &'a str,
    /// The authenticator's id of it, in base64url.
    #[serde(rename = "credentialID")]
    credential_id: &'a str,
    /// How often it has signed; 0 if it does not count.
    counter: i64,
    /// `multiDevice` if it may be on several devices, else `singleDevice`.
    device_type: &'static str,
    /// Whether it is on several devices.
    backed_up: bool,
    /// How the authenticator is reached, separated by commas.
    transports: Option<&'a str>,
    /// Since when.
    created_at: Iso,
    /// The kind of authenticator; zeros if it does not say.
    aaguid: &'a str,
}

impl<'a> From<&'a Passkey> for PasskeyOut<'a> {
    fn from(passkey: &'a Passkey) -> Self {
        Self {
            id: passkey.id.as_str(),
            name: passkey.name.as_deref(),
            public_key: &passkey.public_key,
            user_id: passkey.user_id.as_str(),
            credential_id: &passkey.credential_id,
            counter: passkey.sign_count,
            device_type: if passkey.backup_eligible { "multiDevice" } else { "singleDevice" },
            backed_up: passkey.backed_up,
            transports: passkey.transports.as_deref(),
            created_at: Iso(passkey.created_at),
            aaguid: &passkey.aaguid,
        }
    }
}

/// The options of a ceremony, with the cookie that says which one it is.
fn begun(edge: &Edge, begun: &Begun) -> HttpResponse {
    let mut reply = reply::ok(&begun.options);
    edge.settings.cookies.set_passkey(reply.headers_mut(), edge.secret(), begun.reference.expose(), CHALLENGE);
    reply
}

/// What the browser was given when it began.
fn reference(edge: &Edge) -> Option<String> {
    edge.settings.cookies.passkey(edge.request().headers(), edge.secret())
}

/// What the authenticator says, which must be there.
fn response(input: &mut Input) -> Value {
    if !input.has("response") {
        input.issue("response", "Invalid input: expected object, received undefined");
    }
    input.object("response").map(Value::Object).unwrap_or_default()
}

fn id_of(input: &mut Input) -> Option<PasskeyId> {
    PasskeyId::parse(&input.string("id"))
}

/// Begin to register a passkey
///
/// The options for `navigator.credentials.create`, and a cookie that binds the browser to them for five minutes. Takes a fresh
/// session. Not found unless `methods.passkey` is switched on.
#[utoipa::path(
    get, path = "/api/auth/passkey/generate-register-options", tag = "Passkeys", operation_id = "passkeyGenerateRegisterOptions",
    params(
        ("authenticatorAttachment" = Option<String>, Query, description = "`platform` or `cross-platform`: where it is to be kept"),
        ("name" = Option<String>, Query, description = "What the device calls the account, in the place of the address"),
        ("context" = Option<String>, Query, description = "Accepted and without effect: whoever registers has a session"),
    ),
    responses(
        (status = 200, description = "`PublicKeyCredentialCreationOptionsJSON` of the W3C's Web Authentication", body = Object,
            headers(("set-cookie" = String, description = "The challenge's reference, signed"))),
        (status = 400, description = "`VALIDATION_ERROR`, `TOO_MANY_PASSKEYS`, `INVALID_PASSKEY_NAME`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`SESSION_NOT_FRESH`, `NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn generate_register_options(caller: FreshCaller, query: Query) -> Result<HttpResponse> {
    let FreshCaller(caller) = caller;
    let mut input = query.input();
    let attachment = one_of(&mut input, "authenticatorAttachment", &ATTACHMENTS);
    let name = input.optional("name").filter(|text| !text.is_empty());
    input.finish()?;
    let begin = async |tx: &mut auth_core::Tx| passkeys::begin_registration(tx, name.as_deref(), attachment).await;
    let options = caller.core().write(&caller.ctx(), begin).await?;
    Ok(begun(&caller.edge, &options))
}

/// What the authenticator made.
#[derive(ToSchema)]
#[schema(as = VerifyPasskeyRegistration)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct RegistrationIn {
    /// `RegistrationResponseJSON`.
    #[schema(value_type = Object)]
    response: Value,
    /// What its owner calls it.
    name: Option<String>,
}

/// Register a passkey
///
/// Verifies what the authenticator made and keeps its public key. Takes a fresh session and the cookie of the options, which
/// is good once. Not found unless `methods.passkey` is switched on.
#[utoipa::path(
    post, path = "/api/auth/passkey/verify-registration", tag = "Passkeys", operation_id = "passkeyVerifyRegistration",
    request_body(content = RegistrationIn, example = json!({"name": "Phone", "response": {
        "id": "AaFdkcD4SuPjF-jwUoRwH8-ZHuY5RW46fsZmEvBX6RNKHaGtVzpATs06KQVheIOj", "type": "public-key",
        "rawId": "AaFdkcD4SuPjF-jwUoRwH8-ZHuY5RW46fsZmEvBX6RNKHaGtVzpATs06KQVheIOj", "clientExtensionResults": {},
        "response": {"clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0", "attestationObject": "o2NmbXRkbm9uZWdhdHRTdG10oA", "transports": ["internal"]}
    }})),
    responses(
        (status = 200, description = "The passkey", body = PasskeyOut),
        (status = 400, description = "`VALIDATION_ERROR`, `CHALLENGE_NOT_FOUND`, `FAILED_TO_VERIFY_REGISTRATION`, `PREVIOUSLY_REGISTERED`, `TOO_MANY_PASSKEYS`, `INVALID_PASSKEY_NAME`", body = ErrorOut,
            example = json!({"message": "Challenge not found", "code": "CHALLENGE_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`, `YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY`", body = ErrorOut),
        (status = 403, description = "`SESSION_NOT_FRESH`, `NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn verify_registration(caller: FreshCaller, body: JsonBody) -> Result<HttpResponse> {
    let FreshCaller(caller) = caller;
    let mut input = body.object()?;
    let response = response(&mut input);
    let name = input.nullable("name").flatten().filter(|name| !name.is_empty());
    input.finish()?;
    let reference = reference(&caller.edge);
    let registration = Registration { reference: reference.as_deref(), response, name: name.as_deref() };
    let passkey = Box::pin(passkeys::register(caller.core(), &caller.ctx(), registration)).await?;
    let mut reply = reply::ok(&PasskeyOut::from(&passkey));
    caller.edge.settings.cookies.expire_passkey(reply.headers_mut());
    Ok(reply)
}

/// Begin to sign in with a passkey
///
/// The options for `navigator.credentials.get`, and a cookie that binds the browser to them for five minutes. With a session
/// they name its person's passkeys; without, the device finds one. Not found unless `methods.passkey` is switched on.
#[utoipa::path(
    get, path = "/api/auth/passkey/generate-authenticate-options", tag = "Passkeys", operation_id = "passkeyGenerateAuthenticateOptions",
    responses(
        (status = 200, description = "`PublicKeyCredentialRequestOptionsJSON` of the W3C's Web Authentication", body = Object,
            headers(("set-cookie" = String, description = "The challenge's reference, signed"))),
        (status = 404, description = "Switched off (no body)"),
    ),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn generate_authenticate_options(edge: Edge) -> Result<HttpResponse> {
    let caller = edge.clone().caller().await?;
    // Who acts as somebody else does not learn which passkeys they have.
    let user_id = caller.filter(|caller| caller.session.impersonated_by.is_none()).map(|caller| caller.user.id);
    let begin = async |tx: &mut auth_core::Tx| passkeys::begin_assertion(tx, user_id.as_ref()).await;
    let options = edge.core.write(&edge.anonymous(), begin).await?;
    Ok(begun(&edge, &options))
}

/// What the authenticator says.
#[derive(ToSchema)]
#[schema(as = VerifyPasskeyAuthentication)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct AuthenticationIn {
    /// `AuthenticationResponseJSON`.
    #[schema(value_type = Object)]
    response: Value,
}

/// Sign in with a passkey
///
/// Takes the cookie of the options, which is good once. Not found unless `methods.passkey` is switched on.
#[utoipa::path(
    post, path = "/api/auth/passkey/verify-authentication", tag = "Passkeys", operation_id = "passkeyVerifyAuthentication",
    request_body(content = AuthenticationIn, example = json!({"response": {
        "id": "AaFdkcD4SuPjF-jwUoRwH8-ZHuY5RW46fsZmEvBX6RNKHaGtVzpATs06KQVheIOj", "type": "public-key",
        "rawId": "AaFdkcD4SuPjF-jwUoRwH8-ZHuY5RW46fsZmEvBX6RNKHaGtVzpATs06KQVheIOj", "clientExtensionResults": {},
        "response": {"clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0", "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4", "signature": "MEUCIQC5"}
    }})),
    responses(
        (status = 200, description = "Signed in", body = SessionAndUserOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `CHALLENGE_NOT_FOUND`", body = ErrorOut),
        (status = 401, description = "`PASSKEY_NOT_FOUND`, `AUTHENTICATION_FAILED`, `ACCESS_ENDED`", body = ErrorOut,
            example = json!({"message": "Authentication failed", "code": "AUTHENTICATION_FAILED"})),
        (status = 403, description = "`BANNED_USER`, `USER_LOCKED`, `EMAIL_NOT_VERIFIED`, `INVALID_ORIGIN`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn verify_authentication(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let response = response(&mut input);
    input.finish()?;
    let reference = reference(&edge);
    let opened = Box::pin(passkeys::sign_in(&edge.core, &edge.anonymous(), reference.as_deref(), response)).await?;
    let mut reply = reply::ok(&SessionAndUserOut {
        session: SessionOut::own(&opened.session, opened.token.expose(), edge.settings()),
        user: UserOut::of(&opened.user, edge.settings()),
    });
    edge.settings.cookies.expire_passkey(reply.headers_mut());
    reply::give_session(&mut reply, &edge, opened.token.expose(), opened.session.remember);
    Ok(reply)
}

/// List one's passkeys
///
/// Oldest first; there are at most a hundred. Not found unless `methods.passkey` is switched on.
#[utoipa::path(
    get, path = "/api/auth/passkey/list-user-passkeys", tag = "Passkeys", operation_id = "listPasskeys",
    responses(
        (status = 200, description = "The caller's passkeys", body = Vec<PasskeyOut>),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_user_passkeys(caller: Caller) -> Result<HttpResponse> {
    let all = caller.core().read(&caller.ctx(), async |rx| passkeys::list(rx).await).await?;
    Ok(reply::ok(&all.iter().map(PasskeyOut::from).collect::<Vec<_>>()))
}

/// Which passkey.
#[derive(ToSchema)]
#[schema(as = DeletePasskey)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct DeleteIn {
    /// Its id.
    id: String,
}

/// Delete a passkey
///
/// One of the caller's; sessions go on. Not found unless `methods.passkey` is switched on.
#[utoipa::path(
    post, path = "/api/auth/passkey/delete-passkey", tag = "Passkeys", operation_id = "deletePasskey",
    request_body(content = DeleteIn, example = json!({"id": "pk_01kb6s9m3qf5x8w0y2z4a6c8e0"})),
    responses(
        (status = 200, description = "Deleted", body = StatusOut),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "`PASSKEY_NOT_FOUND`; switched off (no body)", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn delete_passkey(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = id_of(&mut input);
    input.finish()?;
    let id = id.ok_or_else(|| auth_core::Error::from(PasskeyFault::NotFound))?;
    caller.core().write(&caller.ctx(), async |tx| passkeys::delete(tx, &id).await).await?;
    Ok(reply::done())
}

/// A passkey's new name.
#[derive(ToSchema)]
#[schema(as = UpdatePasskey)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct UpdateIn {
    /// Its id.
    id: String,
    /// 1 to 256 characters.
    name: String,
}

/// A passkey that was changed.
#[derive(Serialize, ToSchema)]
#[schema(as = UpdatedPasskey)]
struct UpdatedOut<'a> {
    passkey: PasskeyOut<'a>,
}

/// Rename a passkey
///
/// One of the caller's. Not found unless `methods.passkey` is switched on.
#[utoipa::path(
    post, path = "/api/auth/passkey/update-passkey", tag = "Passkeys", operation_id = "updatePasskey",
    request_body(content = UpdateIn, example = json!({"id": "pk_01kb6s9m3qf5x8w0y2z4a6c8e0", "name": "Phone"})),
    responses(
        (status = 200, description = "The passkey", body = UpdatedOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PASSKEY_NAME`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "`PASSKEY_NOT_FOUND`; switched off (no body)", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn update_passkey(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = id_of(&mut input);
    let name = input.non_empty("name");
    input.finish()?;
    let id = id.ok_or_else(|| auth_core::Error::from(PasskeyFault::NotFound))?;
    let passkey = caller.core().write(&caller.ctx(), async |tx| passkeys::rename(tx, &id, &name).await).await?;
    Ok(reply::ok(&UpdatedOut { passkey: PasskeyOut::from(&passkey) }))
}
