//! `/v1/users/{user_id}/passkeys`: what somebody can sign in with beside a password, for who helps them.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::clock::Timestamp;
use auth_core::ids::{PasskeyId, UserId};
use auth_core::passkeys::{self, Passkey};
use auth_core::users;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Forbidden, NotFound, Unauthenticated};
use crate::page::{KeyOrder, Page, PagingParams, Search, cut};
use crate::params::{PasskeyPath, UserPath};
use crate::resource;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/users/{user_id}/passkeys", [(Method::GET, web::to(list))]))
        .service(resource("/users/{user_id}/passkeys/{passkey_id}", [(Method::DELETE, web::to(delete))]));
}

/// A passkey, without anything that verifies it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserPasskey, example = json!({
    "id": "pk_01h455vb4pex5vsknk084sn02q", "object": "passkey", "user_id": "user_01h455vb4pex5vsknk084sn02q",
    "name": "Work laptop", "aaguid": "00000000-0000-0000-0000-000000000000", "backup_eligible": true, "backed_up": true,
    "created_at": 1_714_723_000_000_i64, "last_used_at": null
}))]
pub struct PasskeyOut {
    id: String,
    /// Always `passkey`.
    object: &'static str,
    user_id: String,
    /// What its owner calls it.
    name: Option<String>,
    /// The kind of authenticator; zeros if it does not say.
    aaguid: String,
    /// Whether it may be on several devices.
    backup_eligible: bool,
    /// Whether it is.
    backed_up: bool,
    created_at: i64,
    /// When it was shown last.
    last_used_at: Option<i64>,
}

impl PasskeyOut {
    /// What it is ordered and searched by.
    fn words(&self) -> [&str; 3] {
        [&self.id, self.name.as_deref().unwrap_or_default(), &self.aaguid]
    }
}

impl From<Passkey> for PasskeyOut {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id.into(),
            object: "passkey",
            user_id: passkey.user_id.into(),
            name: passkey.name,
            aaguid: passkey.aaguid,
            backup_eligible: passkey.backup_eligible,
            backed_up: passkey.backed_up,
            created_at: passkey.created_at.millis(),
            last_used_at: passkey.last_used_at.map(Timestamp::millis),
        }
    }
}

/// List somebody's passkeys
///
/// Oldest first. Platform only.
#[utoipa::path(
    get, path = "/v1/users/{user_id}/passkeys", tag = "Users", operation_id = "listUserPasskeys",
    params(UserPath, Search, KeyOrder, PagingParams),
    responses(
        (status = 200, description = "A page of passkeys", body = Page<PasskeyOut>), BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let id: UserId = call.id("user_id")?;
    let mut query = call.query()?;
    let wanted = query.cut();
    query.finish()?;
    let found = call
        .read(&Gate::Platform, async |rx| {
            users::get(rx, &id).await?;
            Ok(passkeys::of_user(rx, &id).await?)
        })
        .await?;
    Ok(ok(&cut(found.into_iter().map(PasskeyOut::from).collect(), &wanted, PasskeyOut::words)))
}

/// Take a passkey away
///
/// For somebody whose device is gone. Their sessions, sign-ins under way and API keys end too: somebody else may have it.
/// Platform only.
#[utoipa::path(
    delete, path = "/v1/users/{user_id}/passkeys/{passkey_id}", tag = "Users", operation_id = "deleteUserPasskey",
    params(PasskeyPath),
    responses((status = 204, description = "Gone"), Unauthenticated, Forbidden, NotFound)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    let user: UserId = call.id("user_id")?;
    let passkey: PasskeyId = call.id("passkey_id")?;
    call.remove(&Gate::Platform, async |tx| Ok(passkeys::take_away(tx, &user, &passkey).await?)).await
}
