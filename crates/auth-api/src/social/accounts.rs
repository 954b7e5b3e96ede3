//! Taking away one of the caller's accounts.

use actix_web::{HttpResponse, web};
use auth_core::features::social::accounts;
use utoipa::{OpenApi, ToSchema};

use super::tokens::chosen;
use crate::error::{ErrorOut, Result};
use crate::extract::FreshCaller;
use crate::input::JsonBody;
use crate::reply::{self, StatusOut};

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(unlink_account))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/unlink-account", web::post().to(unlink_account));
}

/// Which account.
#[derive(ToSchema)]
#[schema(as = UnlinkAccount, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct UnlinkIn {
    /// Its id. Version 1.6 names the provider instead, as `providerId`, and here what that calls the person.
    account_id: String,
}

/// Take away one of my ways in
///
/// Not the last one. Asks for a recent sign-in. What the provider gave is forgotten; sessions go on.
#[utoipa::path(
    post, path = "/api/auth/unlink-account", tag = "Social sign-in", operation_id = "unlinkAccount",
    request_body(content = UnlinkIn, example = json!({"accountId": "acct_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "Taken away", body = StatusOut),
        (status = 400, description = "`FAILED_TO_UNLINK_LAST_ACCOUNT`, `ACCOUNT_NOT_FOUND`, `AMBIGUOUS_ACCOUNT`, `VALIDATION_ERROR`", body = ErrorOut,
            example = json!({"message": "You can't unlink your last account", "code": "FAILED_TO_UNLINK_LAST_ACCOUNT"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`SESSION_NOT_FRESH`, `INVALID_ORIGIN`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn unlink_account(caller: FreshCaller, body: JsonBody) -> Result<HttpResponse> {
    let caller = caller.0;
    let (selection, _) = chosen(body.object()?)?;
    caller.core().write(&caller.ctx(), async |tx| accounts::unlink(tx, &selection).await).await?;
    Ok(reply::done())
}
