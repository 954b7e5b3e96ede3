//! What providers let us do in the caller's name.

use actix_web::{HttpResponse, web};
use auth_core::features::social::Social;
use auth_core::features::social::accounts::{Held, Selection};
use auth_core::ids::Id as _;
use auth_core::secret::Secret;
use serde::Serialize;
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Caller;
use crate::input::{Input, JsonBody, Query};
use crate::reply;
use crate::wire::Iso;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(get_access_token, refresh_token, account_info))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/get-access-token", web::post().to(get_access_token))
        .route("/refresh-token", web::post().to(refresh_token))
        .route("/account-info", web::get().to(account_info));
}

/// Which account: by its id, or in the words of version 1.6 by its provider.
#[derive(ToSchema)]
#[schema(as = AccountSelection, rename_all = "camelCase")]
#[expect(dead_code, clippy::struct_field_names, reason = "read field by field, for the messages of the wire")]
struct SelectionIn {
    /// Its id. Beside `providerId` (version 1.6): what the provider calls the person.
    account_id: Option<String>,
    /// The provider (version 1.6).
    provider_id: Option<String>,
    /// Taken and not used: it is always the caller's.
    user_id: Option<String>,
}

/// An access token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccessToken)]
struct AccessOut<'a> {
    /// By which the provider is asked in the person's name.
    access_token: &'a str,
    /// Until when it is good, if the provider said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_expires_at: Option<Iso>,
    /// What the provider lets us do.
    scopes: Vec<&'a str>,
    /// The ID token that came last.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
}

/// Tokens that were replaced.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RefreshedTokens)]
struct RefreshedOut<'a> {
    /// By which the provider is asked in the person's name.
    access_token: Option<&'a str>,
    /// By which the next one is got.
    refresh_token: Option<&'a str>,
    /// Until when the first is good, if the provider said so.
    access_token_expires_at: Option<Iso>,
    /// Until when the other is good, if the provider said so.
    refresh_token_expires_at: Option<Iso>,
    /// What the provider lets us do, separated by commas.
    scope: Option<&'a str>,
    /// The ID token that came last.
    id_token: Option<&'a str>,
    /// The provider.
    provider_id: &'a str,
    /// The account: its id; for version 1.6 what the provider calls the person.
    account_id: &'a str,
}

/// Somebody at a provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountInfo)]
struct InfoOut<'a> {
    /// The person, in the words that all providers share.
    user: InfoUserOut<'a>,
    /// All that the provider says.
    data: &'a Value,
    /// Which account.
    account: InfoAccountOut<'a>,
}

/// A person at a provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountInfoUser)]
struct InfoUserOut<'a> {
    /// What the provider calls them.
    id: &'a str,
    /// Their name.
    name: &'a str,
    /// Their address.
    email: Option<&'a str>,
    /// An image.
    image: Option<&'a str>,
    /// Whether the provider says that they read that mailbox.
    email_verified: bool,
}

/// The account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountInfoAccount)]
struct InfoAccountOut<'a> {
    /// Its id.
    id: &'a str,
    /// The provider.
    provider_id: &'a str,
    /// What the provider calls the person.
    account_id: &'a str,
}

/// Which account is meant, and whether the older generation says so: it names the provider. The newer one names nothing
/// but the account, and is held to that.
pub(super) fn chosen(mut input: Input) -> Result<(Selection, bool)> {
    let provider_id = input.optional("providerId");
    let account_id = input.optional("accountId");
    input.optional("userId");
    let by_cookie = input.boolean("useAccountCookie");
    let odd = !input.rest().is_empty();
    input.finish()?;
    match (provider_id, account_id, by_cookie) {
        (Some(provider_id), account_id, None) => Ok((Selection::At { provider_id, account_id }, true)),
        (None, Some(account_id), None) if !odd => Ok((Selection::Named(account_id), false)),
        // No account is kept in a cookie here.
        (None, None, Some(true)) if !odd => Err(ApiError::bad_request("ACCOUNT_NOT_FOUND", "Account not found")),
        _ => Err(ApiError::validation("[body] Invalid input")),
    }
}

fn expose(token: Option<&Secret>) -> Option<&str> {
    token.map(Secret::expose)
}

/// Get an access token of one of my accounts
///
/// Replaced first if it is about to end.
#[utoipa::path(
    post, path = "/api/auth/get-access-token", tag = "Social sign-in", operation_id = "getAccessToken",
    request_body(content = SelectionIn, example = json!({"accountId": "acct_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The token", body = AccessOut),
        (status = 400, description = "`ACCOUNT_NOT_FOUND`, `AMBIGUOUS_ACCOUNT`, `PROVIDER_NOT_SUPPORTED`, `ACCESS_TOKEN_NOT_FOUND`, `FAILED_TO_GET_ACCESS_TOKEN`, `VALIDATION_ERROR`", body = ErrorOut,
            example = json!({"message": "Account not found", "code": "ACCOUNT_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get_access_token(caller: Caller, social: web::Data<Social>, body: JsonBody) -> Result<HttpResponse> {
    let (selection, _) = chosen(body.object()?)?;
    let Held { account, tokens } = Box::pin(social.access(&caller.ctx(), &selection)).await?;
    Ok(reply::unkept(reply::ok(&AccessOut {
        access_token: expose(tokens.access_token.as_ref()).unwrap_or_default(),
        access_token_expires_at: tokens.access_token_expires_at.map(Iso),
        scopes: account.scope.as_deref().unwrap_or_default().split([',', ' ']).filter(|s| !s.is_empty()).collect(),
        id_token: expose(tokens.id_token.as_ref()),
    })))
}

/// Replace the tokens of one of my accounts
#[utoipa::path(
    post, path = "/api/auth/refresh-token", tag = "Social sign-in", operation_id = "refreshToken",
    request_body(content = SelectionIn, example = json!({"accountId": "acct_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The new ones", body = RefreshedOut),
        (status = 400, description = "`ACCOUNT_NOT_FOUND`, `AMBIGUOUS_ACCOUNT`, `PROVIDER_NOT_SUPPORTED`, `REFRESH_TOKEN_NOT_FOUND`, `FAILED_TO_REFRESH_ACCESS_TOKEN`, `VALIDATION_ERROR`", body = ErrorOut,
            example = json!({"message": "Account not found", "code": "ACCOUNT_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn refresh_token(caller: Caller, social: web::Data<Social>, body: JsonBody) -> Result<HttpResponse> {
    let (selection, older) = chosen(body.object()?)?;
    let Held { account, tokens } = Box::pin(social.refresh(&caller.ctx(), &selection)).await?;
    Ok(reply::unkept(reply::ok(&RefreshedOut {
        access_token: expose(tokens.access_token.as_ref()),
        refresh_token: expose(tokens.refresh_token.as_ref()),
        access_token_expires_at: tokens.access_token_expires_at.map(Iso),
        refresh_token_expires_at: tokens.refresh_token_expires_at.map(Iso),
        scope: account.scope.as_deref(),
        id_token: expose(tokens.id_token.as_ref()),
        provider_id: &account.provider_id,
        account_id: if older { &account.account_id } else { account.id.as_str() },
    })))
}

/// Read what a provider says of one of my accounts
#[utoipa::path(
    get, path = "/api/auth/account-info", tag = "Social sign-in", operation_id = "accountInfo",
    params(
        ("accountId" = Option<String>, Query, description = "The account's id; for version 1.6 what the provider calls the person"),
        ("providerId" = Option<String>, Query, description = "The provider (version 1.6)"),
    ),
    responses(
        (status = 200, description = "What it says", body = InfoOut),
        (status = 400, description = "`ACCOUNT_NOT_FOUND`, `AMBIGUOUS_ACCOUNT`, `PROVIDER_NOT_SUPPORTED`, `ACCESS_TOKEN_NOT_FOUND`, `FAILED_TO_GET_ACCESS_TOKEN`, `UNABLE_TO_GET_USER_INFO`, `VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn account_info(caller: Caller, social: web::Data<Social>, query: Query) -> Result<HttpResponse> {
    let (selection, _) = chosen(query.input())?;
    let (Held { account, .. }, profile) = Box::pin(social.info(&caller.ctx(), &selection)).await?;
    Ok(reply::unkept(reply::ok(&InfoOut {
        user: InfoUserOut {
            id: &profile.subject,
            name: &profile.name,
            email: profile.email.as_deref(),
            image: profile.image.as_deref(),
            email_verified: profile.email_verified,
        },
        data: &profile.data,
        account: InfoAccountOut {
            id: account.id.as_str(),
            provider_id: &account.provider_id,
            account_id: &account.account_id,
        },
    })))
}
