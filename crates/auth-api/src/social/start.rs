//! Where it begins: leading a browser to a provider, or taking the ID token that an app brings.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpResponse, web};
use auth_core::features::social::{Beginning, Begun, BroughtToken, Extras, LIFETIME, Social, Tokens};
use auth_core::secret::Secret;
use auth_core::sign_in::Opened;
use auth_core::{Ctx, Error};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{OpenApi, ToSchema};

use super::callback::Way;
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::input::{Input, JsonBody};
use crate::reply;
use crate::wire::UserOut;

/// Longest token that is looked at.
const LONGEST: usize = 16 * 1024;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(sign_in_social, link_social, sign_in_oauth2, link_oauth2))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/sign-in/social", web::post().to(sign_in_social))
        .route("/link-social", web::post().to(link_social))
        .route("/sign-in/oauth2", web::post().to(sign_in_oauth2))
        .route("/oauth2/link", web::post().to(link_oauth2));
}

/// An ID token that an app brings.
#[derive(ToSchema)]
#[schema(as = BroughtIdToken, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct IdTokenIn {
    /// The token.
    token: String,
    /// The nonce that the app had asked for, if any.
    nonce: Option<String>,
    /// The access token that came with it. Kept; nobody is believed for it.
    access_token: Option<String>,
    /// The refresh token that came with it. Kept.
    refresh_token: Option<String>,
    /// Until when the access token is good, in Unix milliseconds.
    expires_at: Option<i64>,
    /// What Apple gives once: `{"name": {"firstName", "lastName"}}`.
    user: Option<Value>,
}

/// Through whom, and where to afterwards.
#[derive(ToSchema)]
#[schema(as = SignInSocial, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SocialIn {
    /// The provider's id.
    provider: String,
    /// Where the browser goes in the end: a path of ours or an address at a trusted origin.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
    /// Where it goes if it is somebody new; likewise.
    #[schema(rename = "newUserCallbackURL")]
    new_user_callback_url: Option<String>,
    /// Where it goes if something fails, with `?error=`; likewise.
    #[schema(rename = "errorCallbackURL")]
    error_callback_url: Option<String>,
    /// Whether the client is to stay: then `redirect` is false.
    disable_redirect: Option<bool>,
    /// An ID token, instead of a way through the browser.
    id_token: Option<IdTokenIn>,
    /// What is asked for besides.
    scopes: Option<Vec<String>>,
    /// Whether somebody new may sign up, where that must be asked for.
    request_sign_up: Option<bool>,
    /// Who is expected.
    login_hint: Option<String>,
    /// More parameters of the authorization request.
    additional_params: Option<Map<String, Value>>,
    /// Taken and not used.
    additional_data: Option<Map<String, Value>>,
}

/// The same in the words of the older generation.
#[derive(ToSchema)]
#[schema(as = SignInOAuth2, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct OAuth2In {
    /// The provider's id.
    provider_id: String,
    /// Where the browser goes in the end: a path of ours or an address at a trusted origin.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
    /// Where it goes if it is somebody new; likewise.
    #[schema(rename = "newUserCallbackURL")]
    new_user_callback_url: Option<String>,
    /// Where it goes if something fails, with `?error=`; likewise.
    #[schema(rename = "errorCallbackURL")]
    error_callback_url: Option<String>,
    /// Whether the client is to stay: then `redirect` is false.
    disable_redirect: Option<bool>,
    /// What is asked for besides.
    scopes: Option<Vec<String>>,
    /// Whether somebody new may sign up, where that must be asked for.
    request_sign_up: Option<bool>,
    /// Taken and not used.
    additional_data: Option<Map<String, Value>>,
}

/// Where the browser goes; or, for an ID token, who is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = SocialStarted)]
struct StartedOut<'a> {
    /// The authorization request. The answer sets the cookie that the browser must bring back.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    /// Whether the client should go there.
    redirect: bool,
    /// The session's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserOut<'a>>,
    /// That the account was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<bool>,
}

/// What was sent.
struct Sent {
    provider: String,
    beginning: Beginning,
    stays: bool,
    id_token: Option<BroughtToken>,
}

impl Sent {
    fn read(body: JsonBody, edge: &Edge, way: Way) -> Result<Self> {
        let mut input = body.object()?;
        let provider = match way {
            Way::OAuth2 => input.string("providerId"),
            Way::Social if input.rest().get("provider").is_some_and(Value::is_string) => input.string("provider"),
            // There it is one of several words, or any text: of two reasons for a refusal none is told.
            Way::Social => {
                input.take("provider");
                input.issue("provider", "Invalid input");
                String::new()
            }
        };
        let callback_url = input.optional("callbackURL").filter(|url| !url.is_empty());
        let new_user_url = input.optional("newUserCallbackURL").filter(|url| !url.is_empty());
        let error_url = input.optional("errorCallbackURL").filter(|url| !url.is_empty());
        let stays = input.boolean("disableRedirect").unwrap_or(false);
        let request_sign_up = input.boolean("requestSignUp").unwrap_or(false);
        let scopes = if input.has("scopes") { input.strings("scopes") } else { Vec::new() };
        let login_hint = input.optional("loginHint");
        let parameters = parameters(&mut input);
        input.object("additionalData");
        let id_token = input.object("idToken").map(|fields| id_token(&fields, &mut input));
        input.finish()?;
        let beginning = Beginning {
            redirect_uri: way.redirect_uri(edge, &provider),
            callback_url: callback_url.unwrap_or_else(|| "/".to_owned()),
            error_url,
            new_user_url,
            request_sign_up,
            extras: Extras { scopes, login_hint, parameters },
        };
        Ok(Self { provider, beginning, stays, id_token: id_token.filter(|_| matches!(way, Way::Social)) })
    }
}

fn parameters(input: &mut Input) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, value) in input.object("additionalParams").unwrap_or_default() {
        match value {
            Value::String(text) => all.push((name, text)),
            _ => input.issue("additionalParams", "Invalid input: expected a record of strings"),
        }
    }
    all
}

fn id_token(fields: &Map<String, Value>, outer: &mut Input) -> BroughtToken {
    let mut text = |name: &str, needed: bool| match fields.get(name) {
        Some(Value::String(text)) if text.len() <= LONGEST => Some(text.clone()),
        None if !needed => None,
        _ => {
            outer.issue(&format!("idToken.{name}"), "Invalid input: expected string");
            None
        }
    };
    let token = text("token", true).unwrap_or_default();
    let nonce = text("nonce", false);
    let secret = |text: Option<String>| text.filter(|text| !text.is_empty()).map(Secret::new);
    let (access_token, refresh_token) = (secret(text("accessToken", false)), secret(text("refreshToken", false)));
    let ends = fields.get("expiresAt").and_then(Value::as_i64).filter(|_| access_token.is_some());
    BroughtToken {
        token,
        nonce,
        tokens: Tokens {
            access_token,
            refresh_token,
            access_token_expires_at: ends.map(auth_core::clock::Timestamp),
            ..Tokens::default()
        },
        user: fields.get("user").filter(|user| user.is_object()).map(Value::to_string),
    }
}

/// The answer that leads the browser on, with the cookie by which it is known again.
fn started(edge: &Edge, begun: &Begun, stays: bool) -> HttpResponse {
    let mut answer =
        reply::ok(&StartedOut { url: Some(&begun.url), redirect: !stays, token: None, user: None, status: None });
    if !stays && let Ok(to) = HeaderValue::from_str(&begun.url) {
        answer.headers_mut().insert(LOCATION, to);
    }
    edge.settings.cookies.set_state(answer.headers_mut(), edge.secret(), begun.state.expose(), LIFETIME);
    answer
}

async fn lead(edge: &Edge, ctx: &Ctx, social: &Social, sent: &Sent) -> Result<HttpResponse> {
    let begun = social.start(ctx, &sent.provider, &sent.beginning).await?;
    Ok(started(edge, &begun, sent.stays))
}

/// What a failed sign-in by an ID token is called here.
fn of_sign_in(error: Error) -> ApiError {
    let refused = |code: &'static str, message: &'static str| ApiError::new(StatusCode::UNAUTHORIZED, code, message);
    match error.code() {
        "unable_to_get_user_info" => refused("FAILED_TO_GET_USER_INFO", "Failed to get user info"),
        "email_not_found" => refused("USER_EMAIL_NOT_FOUND", "User email not found"),
        "account_not_linked" => refused("OAUTH_LINK_ERROR", "account not linked"),
        "signup_disabled" => refused("OAUTH_LINK_ERROR", "signup disabled"),
        _ => error.into(),
    }
}

/// What a failed addition by an ID token is called here.
fn of_linking(error: Error) -> ApiError {
    let refused = |code: &'static str, message: &'static str| ApiError::new(StatusCode::UNAUTHORIZED, code, message);
    match error.code() {
        "unable_to_link_account" => refused("LINKING_NOT_ALLOWED", "Account not linked - linking not allowed"),
        "email_does_not_match" => {
            refused("LINKING_DIFFERENT_EMAILS_NOT_ALLOWED", "Account not linked - different emails not allowed")
        }
        "account_already_linked_to_different_user" => {
            ApiError::new(StatusCode::CONFLICT, "SOCIAL_ACCOUNT_ALREADY_LINKED", "Social account already linked")
        }
        _ => of_sign_in(error),
    }
}

/// Sign in through another service
///
/// Answers where the browser goes, and sets the cookie that it must bring back; or, with `idToken`, signs in at once
/// whoever the token is about. An account is linked to an existing person by address only where both sides have proven
/// it and the provider is a trusted one.
#[utoipa::path(
    post, path = "/api/auth/sign-in/social", tag = "Social sign-in", operation_id = "signInSocial",
    request_body(content = SocialIn, example = json!({"provider": "google", "callbackURL": "/dashboard"})),
    responses(
        (status = 200, description = "Where to go, or who is signed in; or `twoFactorRedirect`, where a second factor is wanted", body = StartedOut,
            headers(("set-cookie" = String, description = "What binds the browser to the flow, or the session"))),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_AUTHORIZATION_PARAMETER`", body = ErrorOut),
        (status = 401, description = "With `idToken`: `INVALID_TOKEN`, `FAILED_TO_GET_USER_INFO`, `USER_EMAIL_NOT_FOUND`, `OAUTH_LINK_ERROR`", body = ErrorOut),
        (status = 403, description = "`INVALID_CALLBACK_URL`, `INVALID_ERROR_CALLBACK_URL`, `INVALID_NEW_USER_CALLBACK_URL`, `INVALID_ORIGIN`; with `idToken` `BANNED_USER`, `USER_LOCKED`, `ACCESS_SUSPENDED`", body = ErrorOut),
        (status = 404, description = "`PROVIDER_NOT_FOUND`, `ID_TOKEN_NOT_SUPPORTED`", body = ErrorOut,
            example = json!({"message": "Provider not found", "code": "PROVIDER_NOT_FOUND"})),
        (status = 503, description = "`PROVIDER_UNAVAILABLE`", body = ErrorOut),
    ),
    security(())
)]
async fn sign_in_social(edge: Edge, social: web::Data<Social>, body: JsonBody) -> Result<HttpResponse> {
    let sent = Sent::read(body, &edge, Way::Social)?;
    let ctx = edge.anonymous();
    let Some(brought) = &sent.id_token else { return lead(&edge, &ctx, &social, &sent).await };
    let signed_in = Box::pin(social.by_id_token(&ctx, &sent.provider, brought, sent.beginning.request_sign_up));
    let entry = signed_in.await.map_err(of_sign_in)?;
    let answer = |opened: &Opened| {
        let (token, user) = (Some(opened.token.expose()), Some(UserOut::of(&opened.user, edge.settings())));
        reply::ok(&StartedOut { url: None, redirect: false, token, user, status: None })
    };
    Ok(reply::entered(&edge, &entry, answer).await)
}

/// Add an account of another service to mine
///
/// As signing in through it; the account must have the caller's address unless the instance allows others.
#[utoipa::path(
    post, path = "/api/auth/link-social", tag = "Social sign-in", operation_id = "linkSocial",
    request_body(content = SocialIn, example = json!({"provider": "github", "callbackURL": "/account"})),
    responses(
        (status = 200, description = "Where to go, or that it was added", body = StartedOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_AUTHORIZATION_PARAMETER`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`; with `idToken` also `INVALID_TOKEN`, `LINKING_NOT_ALLOWED`, `LINKING_DIFFERENT_EMAILS_NOT_ALLOWED`, `FAILED_TO_GET_USER_INFO`, `USER_EMAIL_NOT_FOUND`", body = ErrorOut),
        (status = 403, description = "`INVALID_CALLBACK_URL`, `INVALID_ERROR_CALLBACK_URL`, `INVALID_ORIGIN`; an admin who acts as somebody else adds nothing", body = ErrorOut),
        (status = 404, description = "`PROVIDER_NOT_FOUND`, `ID_TOKEN_NOT_SUPPORTED`", body = ErrorOut),
        (status = 409, description = "`SOCIAL_ACCOUNT_ALREADY_LINKED`", body = ErrorOut),
        (status = 503, description = "`PROVIDER_UNAVAILABLE`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn link_social(caller: Caller, social: web::Data<Social>, body: JsonBody) -> Result<HttpResponse> {
    let sent = Sent::read(body, &caller.edge, Way::Social)?;
    let ctx = caller.ctx();
    let Some(brought) = &sent.id_token else { return lead(&caller.edge, &ctx, &social, &sent).await };
    Box::pin(social.link_id_token(&ctx, &sent.provider, brought)).await.map_err(of_linking)?;
    Ok(reply::ok(&StartedOut { url: Some(""), redirect: false, token: None, user: None, status: Some(true) }))
}

/// A provider that is not there, in the words of the older generation.
fn unknown(error: Error, id: &str) -> ApiError {
    if error.code() == "provider_not_found" {
        let id: String = id.chars().take(64).collect();
        return ApiError::without_code(StatusCode::BAD_REQUEST, format!("No config found for provider {id}"));
    }
    error.into()
}

/// Sign in through another service, in the words of version 1.6
///
/// The provider sends the browser to `/api/auth/oauth2/callback/{provider}`.
#[utoipa::path(
    post, path = "/api/auth/sign-in/oauth2", tag = "Social sign-in", operation_id = "signInOAuth2",
    request_body(content = OAuth2In, example = json!({"providerId": "acme", "callbackURL": "/dashboard"})),
    responses(
        (status = 200, description = "Where to go", body = StartedOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_AUTHORIZATION_PARAMETER`; told by its message alone: there is no such provider", body = ErrorOut),
        (status = 403, description = "`INVALID_CALLBACK_URL`, `INVALID_ERROR_CALLBACK_URL`, `INVALID_NEW_USER_CALLBACK_URL`, `INVALID_ORIGIN`", body = ErrorOut),
        (status = 503, description = "`PROVIDER_UNAVAILABLE`", body = ErrorOut),
    ),
    security(())
)]
async fn sign_in_oauth2(edge: Edge, social: web::Data<Social>, body: JsonBody) -> Result<HttpResponse> {
    let sent = Sent::read(body, &edge, Way::OAuth2)?;
    social.provider(&sent.provider).map_err(|error| unknown(error, &sent.provider))?;
    lead(&edge, &edge.anonymous(), &social, &sent).await
}

/// Add an account of another service to mine, in the words of version 1.6
#[utoipa::path(
    post, path = "/api/auth/oauth2/link", tag = "Social sign-in", operation_id = "linkOAuth2",
    request_body(content = OAuth2In, example = json!({"providerId": "acme", "callbackURL": "/account"})),
    responses(
        (status = 200, description = "Where to go", body = StartedOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_AUTHORIZATION_PARAMETER`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`INVALID_CALLBACK_URL`, `INVALID_ERROR_CALLBACK_URL`, `INVALID_ORIGIN`; an admin who acts as somebody else adds nothing", body = ErrorOut),
        (status = 404, description = "`PROVIDER_NOT_FOUND`", body = ErrorOut),
        (status = 503, description = "`PROVIDER_UNAVAILABLE`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn link_oauth2(caller: Caller, social: web::Data<Social>, body: JsonBody) -> Result<HttpResponse> {
    let sent = Sent::read(body, &caller.edge, Way::OAuth2)?;
    lead(&caller.edge, &caller.ctx(), &social, &sent).await
}
