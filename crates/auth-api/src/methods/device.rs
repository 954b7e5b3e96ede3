//! Device authorization (RFC 8628): Better Auth's plugin `device-authorization`. Failures are OAuth's.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, PRAGMA};
use actix_web::{HttpResponse, ResponseError, web};
use auth_core::features::device::{self, DeviceFault};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{SuccessOut, done, where_on};
use crate::error::{ApiError, ErrorOut};
use crate::extract::Edge;
use crate::input::{JsonOrForm, Query};
use crate::origin::with_query;
use crate::reply;

/// The grant of RFC 8628, 3.4.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Where people type the code in, unless the configuration says another place.
const PAGE: &str = "/device";

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(device_code, device_token, show_device, approve_device, deny_device))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    let is_on = || where_on(|methods| methods.device.enabled);
    cfg.route("/device/code", web::post().guard(is_on()).to(device_code))
        .route("/device/token", web::post().guard(is_on()).to(device_token))
        .route("/device", web::get().guard(is_on()).to(show_device))
        .route("/device/approve", web::post().guard(is_on()).to(approve_device))
        .route("/device/deny", web::post().guard(is_on()).to(deny_device));
}

/// A failure as OAuth writes it (RFC 6749, 5.2).
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceError, example = json!({"error": "authorization_pending", "error_description": "Authorization pending"}))]
struct FailureOut<'a> {
    /// For programs.
    error: &'a str,
    /// For people.
    error_description: &'a str,
}

/// What is refused: as OAuth writes it, or a body or query that cannot be read, as everywhere.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceRefusal)]
#[serde(untagged)]
#[expect(dead_code, reason = "documentation: failures are written where they arise")]
enum RefusalOut<'a> {
    OAuth(FailureOut<'a>),
    Unreadable(ErrorOut<'a>),
}

/// A failure on its way out.
#[derive(Debug)]
pub struct DeviceError {
    error: String,
    failure: ApiError,
}

impl From<auth_core::Error> for DeviceError {
    fn from(error: auth_core::Error) -> Self {
        let code = error.code();
        Self { error: code.to_owned(), failure: error.into() }
    }
}

impl From<ApiError> for DeviceError {
    fn from(failure: ApiError) -> Self {
        Self { error: "invalid_request".to_owned(), failure }
    }
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl ResponseError for DeviceError {
    fn status_code(&self) -> StatusCode {
        self.failure.status()
    }

    fn error_response(&self) -> HttpResponse {
        if self.failure.status().is_server_error() {
            // Ours are told, and logged, as everywhere.
            return self.failure.error_response();
        }
        let out = FailureOut { error: &self.error, error_description: self.failure.message() };
        let mut answer = HttpResponse::build(self.failure.status());
        self.failure.wait(&mut answer);
        unkept(answer.json(out))
    }
}

type Result<T> = std::result::Result<T, DeviceError>;

/// The answer, which no cache keeps (RFC 6749, 5.1).
fn unkept(mut answer: HttpResponse) -> HttpResponse {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}

/// What a device asks for.
#[derive(ToSchema)]
#[schema(as = RequestDeviceCode)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct CodeIn {
    /// A client of `methods.device.client_ids`.
    client_id: String,
    /// What for, in the client's own words.
    scope: Option<String>,
}

/// What a device gets.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceCode)]
struct CodeOut<'a> {
    /// What it polls with.
    device_code: &'a str,
    /// What it shows.
    user_code: &'a str,
    /// Where people type that in.
    verification_uri: &'a str,
    /// The same with the code, for a picture to be scanned.
    verification_uri_complete: &'a str,
    /// For how many seconds the codes are good.
    expires_in: i64,
    /// How many seconds to wait between two polls.
    interval: i64,
}

/// Ask for a device's codes
///
/// By a device that somebody is to let in elsewhere (RFC 8628, 3.1). JSON or a form. Not found unless `methods.device` is
/// switched on.
#[utoipa::path(
    post, path = "/api/auth/device/code", tag = "Devices", operation_id = "requestDeviceCode",
    request_body(content = CodeIn, example = json!({"client_id": "my-cli"})),
    responses(
        (status = 200, description = "The codes", body = CodeOut, example = json!({
            "device_code": "y6Jm1XcNkq0TzB3vRw8sLdAe5Gh7Jk9Lm2Np4Qr6", "user_code": "WDJB4MJH",
            "verification_uri": "https://id.example/device",
            "verification_uri_complete": "https://id.example/device?user_code=WDJB4MJH", "expires_in": 1800, "interval": 5
        })),
        (status = 400, description = "`invalid_request`, `invalid_client`, `invalid_scope`", body = RefusalOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn device_code(edge: Edge, body: JsonOrForm) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let client = input.non_empty("client_id");
    let scope = input.optional("scope").filter(|scope| !scope.is_empty());
    input.finish()?;
    let issue = async |tx: &mut auth_core::Tx| device::issue(tx, &client, scope.as_deref()).await;
    let issued = edge.core.write(&edge.anonymous(), issue).await?;
    let page = edge.methods().device.verification_uri.clone();
    let page = page.unwrap_or_else(|| format!("{}{PAGE}", edge.core.settings().public_url));
    let user_code = issued.user_code.expose();
    Ok(unkept(reply::ok(&CodeOut {
        device_code: issued.device_code.expose(),
        user_code,
        verification_uri: &page,
        verification_uri_complete: &with_query(&page, "user_code", user_code),
        expires_in: issued.expires_in,
        interval: issued.interval,
    })))
}

/// A poll.
#[derive(ToSchema)]
#[schema(as = RedeemDeviceCode)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct TokenIn {
    /// `urn:ietf:params:oauth:grant-type:device_code`.
    grant_type: String,
    /// The device's code.
    device_code: String,
    /// The client that asked for it.
    client_id: String,
}

/// A session.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceToken)]
struct TokenOut<'a> {
    /// The session's token, for `Authorization: Bearer`.
    access_token: &'a str,
    /// Always `Bearer`.
    token_type: &'static str,
    /// For how many seconds it lives without being used.
    expires_in: i64,
    /// What was asked for.
    scope: &'a str,
}

/// Exchange a device's code for a session
///
/// Polled by the device until somebody has decided (RFC 8628, 3.4 and 3.5). Each poll before `interval` has passed is told
/// `slow_down` and makes it five seconds longer. JSON or a form. Not found unless `methods.device` is switched on.
#[utoipa::path(
    post, path = "/api/auth/device/token", tag = "Devices", operation_id = "redeemDeviceCode",
    request_body(content = TokenIn, example = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "y6Jm1XcNkq0TzB3vRw8sLdAe5Gh7Jk9Lm2Np4Qr6", "client_id": "my-cli"
    })),
    responses(
        (status = 200, description = "A session", body = TokenOut),
        (status = 400, description = "`authorization_pending`, `slow_down`, `expired_token`, `access_denied`, `invalid_grant`, `invalid_client`, `invalid_request`, `unsupported_grant_type`", body = RefusalOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn device_token(edge: Edge, body: JsonOrForm) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let grant = input.string("grant_type");
    let code = input.string("device_code");
    let client = input.string("client_id");
    input.finish()?;
    if grant != GRANT {
        return Err(auth_core::Error::from(DeviceFault::UnsupportedGrant).into());
    }
    let granted = Box::pin(device::redeem(&edge.core, &edge.anonymous(), &client, &code)).await?;
    Ok(unkept(reply::ok(&TokenOut {
        access_token: granted.opened.token.expose(),
        token_type: "Bearer",
        expires_in: (granted.opened.session.expires_at.millis() - edge.core.clock().now().millis()) / 1000,
        scope: granted.scope.as_deref().unwrap_or_default(),
    })))
}

/// A device's request.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceRequest)]
struct RequestOut<'a> {
    /// The code, as it was sent.
    user_code: &'a str,
    /// `pending`, `approved` or `denied`.
    status: &'static str,
    /// Which client asks; only for who has claimed the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_id: Option<&'a str>,
    /// What for; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scope: Option<&'a str>,
}

/// Look at a device's request
///
/// Who is signed in claims it: nobody else can decide about it then. Not found unless `methods.device` is switched on.
#[utoipa::path(
    get, path = "/api/auth/device", tag = "Devices", operation_id = "showDeviceRequest",
    params(("user_code" = String, Query, description = "The code that the device shows")),
    responses(
        (status = 200, description = "The request", body = RequestOut),
        (status = 400, description = "`invalid_request`: no such code; `expired_token`", body = RefusalOut),
        (status = 403, description = "`not_while_impersonating`", body = FailureOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn show_device(edge: Edge, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let code = input.string("user_code");
    input.finish()?;
    let ctx = edge.clone().caller().await?.map_or_else(|| edge.anonymous(), |caller| caller.ctx());
    let request = device::look(&edge.core, &ctx, &code).await?;
    let asked = request.asked.as_ref();
    Ok(unkept(reply::ok(&RequestOut {
        user_code: &code,
        status: request.status.as_str(),
        client_id: asked.map(|asked| asked.client_id.as_str()),
        scope: asked.and_then(|asked| asked.scope.as_deref()),
    })))
}

/// Which request.
#[derive(ToSchema)]
#[schema(as = DecideDevice, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct DecideIn {
    /// The code that the device shows.
    user_code: String,
}

async fn decide(edge: &Edge, body: JsonOrForm, approve: bool) -> Result<HttpResponse> {
    // Who asks is looked at before what they ask.
    let caller = edge.clone().caller().await?;
    let ctx = caller.ok_or_else(|| auth_core::Error::from(DeviceFault::Unauthenticated))?.ctx();
    let mut input = body.object()?;
    let code = input.string("userCode");
    input.finish()?;
    device::decide(&edge.core, &ctx, &code, approve).await?;
    Ok(done())
}

/// Let a device in
///
/// By whoever has claimed its request. Its session is no fresher than the caller's. Not found unless `methods.device` is
/// switched on.
#[utoipa::path(
    post, path = "/api/auth/device/approve", tag = "Devices", operation_id = "approveDevice",
    request_body(content = DecideIn, example = json!({"userCode": "WDJB4MJH"})),
    responses(
        (status = 200, description = "Let in", body = SuccessOut),
        (status = 400, description = "`invalid_request`: no such code, decided, or not claimed; `expired_token`", body = RefusalOut),
        (status = 401, description = "`unauthorized`", body = FailureOut),
        (status = 403, description = "`access_denied`: somebody else has claimed it; `not_while_impersonating`", body = FailureOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn approve_device(edge: Edge, body: JsonOrForm) -> Result<HttpResponse> {
    decide(&edge, body, true).await
}

/// Do not let a device in
///
/// By whoever has claimed its request. Not found unless `methods.device` is switched on.
#[utoipa::path(
    post, path = "/api/auth/device/deny", tag = "Devices", operation_id = "denyDevice",
    request_body(content = DecideIn, example = json!({"userCode": "WDJB4MJH"})),
    responses(
        (status = 200, description = "Not let in", body = SuccessOut),
        (status = 400, description = "`invalid_request`: no such code, decided, or not claimed; `expired_token`", body = RefusalOut),
        (status = 401, description = "`unauthorized`", body = FailureOut),
        (status = 403, description = "`access_denied`: somebody else has claimed it; `not_while_impersonating`", body = FailureOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn deny_device(edge: Edge, body: JsonOrForm) -> Result<HttpResponse> {
    decide(&edge, body, false).await
}
