//! The ways in of the caller.

use actix_web::{HttpResponse, web};
use auth_core::credentials;
use auth_core::ids::Id as _;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::reply;
use crate::wire::Iso;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(list_accounts))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/list-accounts", web::get().to(list_accounts));
}

/// One way in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
struct AccountOut<'a> {
    /// The id of this way in.
    id: &'a str,
    /// What the provider calls the person; for `credential` the user's own id.
    account_id: &'a str,
    /// `credential`, or who vouches for the person.
    provider_id: &'a str,
    /// Whose.
    user_id: &'a str,
    /// Since when.
    created_at: Iso,
    /// When it last changed.
    updated_at: Iso,
    /// What the provider lets us do.
    scopes: Vec<&'a str>,
}

/// List my ways in
#[utoipa::path(
    get, path = "/api/auth/list-accounts", tag = "Users", operation_id = "listAccounts",
    responses(
        (status = 200, description = "The caller's ways in", body = Vec<AccountOut>),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_accounts(caller: Caller) -> Result<HttpResponse> {
    let all =
        caller.core().read(&caller.ctx(), async |rx| credentials::list_accounts(rx, caller.user_id()).await).await?;
    let shown: Vec<AccountOut<'_>> = all
        .iter()
        .map(|account| AccountOut {
            id: account.id.as_str(),
            account_id: &account.account_id,
            provider_id: &account.provider_id,
            user_id: account.user_id.as_str(),
            created_at: Iso(account.created_at),
            updated_at: Iso(account.updated_at),
            scopes: account.scope.as_deref().unwrap_or_default().split([',', ' ']).filter(|s| !s.is_empty()).collect(),
        })
        .collect();
    Ok(reply::ok(&shown))
}
