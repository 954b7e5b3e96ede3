//! Receipts: what proves that access ended, of an organization and of one directory.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::features::directory::connections::Of;
use auth_core::features::directory::receipts::{self, Receipt, Wanted};
use auth_core::ids::{DirectoryId, OrgId, ReceiptId};
use auth_core::roles::MANAGE_DIRECTORIES;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Forbidden, NotFound, Unauthenticated};
use crate::page::{CreatedOrder, Page, PagingParams, Query, Search};
use crate::params::{DirectoryPath, OrganizationPath, ReceiptPath};
use crate::resource;

/// Registers the operations of everybody's, and below the path of an organization.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/receipts", [(Method::GET, web::to(list_of_all))]));
    cfg.service(resource("/receipts/{receipt_id}", [(Method::GET, web::to(get_of_all))]));
    below(cfg, "/organizations/{organization_id}");
}

/// Registers the operations below a path: that of an organization, or of a directory.
pub fn below(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/receipts"), [(Method::GET, web::to(list))]));
    cfg.service(resource(&format!("{base}/receipts/{{receipt_id}}"), [(Method::GET, web::to(get))]));
}

/// The proof that access ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt, example = json!({
    "id": "rcpt_01h455vb4pex5vsknk084sn02q", "object": "receipt", "organization_id": "org_01h455vb4pex5vsknk084sn02q",
    "directory_id": "dir_01h455vb4pex5vsknk084sn02q", "directory_user_id": "scimu_01h455vb4pex5vsknk084sn02q",
    "user_id": "user_01h455vb4pex5vsknk084sn02q", "request_id": "req_4fZq0Xv8ZkT2mN6pLr1S", "cause": "deactivated",
    "scope": "account", "payload": {
        "v": 1, "jti": "rcpt_01h455vb4pex5vsknk084sn02q", "iss": "https://id.example", "iat": 1_714_723_000,
        "sub": "user_01h455vb4pex5vsknk084sn02q", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
        "organization_id": "org_01h455vb4pex5vsknk084sn02q", "directory_user_id": "scimu_01h455vb4pex5vsknk084sn02q",
        "request_id": "req_4fZq0Xv8ZkT2mN6pLr1S", "cause": "deactivated", "scope": "account", "membership_suspended": true,
        "revoked": {"sessions": 2, "grants": 0, "invitations": 1, "keys": 0}, "at": 1_714_723_000_000_i64},
    "signature": "eyJhbGciOiJFZERTQSIsImtpZCI6InNpZ18wMWg0NTV2YjRwZXg1dnNrbmswODRzbjAycSJ9.eyJ2IjoxfQ.c2lnbmF0dXJl",
    "created_at": 1_714_723_000_000_i64
}))]
pub struct ReceiptOut {
    id: String,
    /// Always `receipt`.
    object: &'static str,
    /// Null for a directory of the instance.
    organization_id: Option<String>,
    directory_id: String,
    /// The user resource that was deactivated or deleted.
    directory_user_id: String,
    /// The person; null if the resource was linked to nobody who had accepted it.
    user_id: Option<String>,
    /// The request that ended the access, answered after all of it was done.
    request_id: String,
    /// `deactivated`, `deleted`, `disconnected` or `moved`.
    cause: String,
    /// What ended: `account` (all access), `organization` (that to the organization) or `none` (there was none).
    #[schema(value_type = String)]
    scope: Value,
    /// What is signed: what was revoked, how many, when, by which request.
    #[schema(value_type = Object)]
    payload: Value,
    /// The payload as a compact JWS (`EdDSA`). The key is in `/.well-known/jwks.json`, also after it was retired.
    signature: String,
    created_at: i64,
}

impl From<Receipt> for ReceiptOut {
    fn from(receipt: Receipt) -> Self {
        Self {
            id: receipt.id.into(),
            object: "receipt",
            organization_id: receipt.organization_id.map(String::from),
            directory_id: receipt.directory_id.into(),
            directory_user_id: receipt.directory_user_id.into(),
            user_id: receipt.user_id.map(String::from),
            request_id: receipt.request_id,
            cause: receipt.cause,
            scope: receipt.payload["scope"].clone(),
            payload: receipt.payload,
            signature: receipt.signature,
            created_at: receipt.created_at.millis(),
        }
    }
}

/// Which receipts.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
pub struct Filter {
    /// Those about this person.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "user_01h455vb4pex5vsknk084sn02q")]
    user_id: Option<String>,
    /// Those about this user resource.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "scimu_01h455vb4pex5vsknk084sn02q")]
    directory_user_id: Option<String>,
    /// Those from this instant on, in Unix milliseconds.
    #[param(minimum = 0)]
    since: Option<i64>,
}

/// Who asks about whose receipts.
fn owner(call: &Call) -> Result<(Gate, Option<OrgId>), ApiError> {
    if !call.names("organization_id") {
        return Ok((Gate::Platform, None));
    }
    let id: OrgId = call.id("organization_id")?;
    Ok((Gate::Organization(id.clone(), MANAGE_DIRECTORIES), Some(id)))
}

/// The directory that the path names, if it does.
fn directory(call: &Call) -> Result<Option<DirectoryId>, ApiError> {
    if call.names("directory_id") { call.id("directory_id").map(Some) } else { Ok(None) }
}

/// List receipts
///
/// What directories of the organization ended, newest first; those of disconnected ones too. Needs
/// `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/receipts", tag = "Receipts", operation_id = "listReceipts",
    params(OrganizationPath, Filter, Search, CreatedOrder, PagingParams),
    responses(
        (status = 200, description = "A page of receipts", body = Page<ReceiptOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, owner) = owner(&call)?;
    let mut query = call.query()?;
    let wanted = Wanted { directory_id: directory(&call)?, ..wanted(&mut query) };
    query.finish()?;
    page(&call, &gate, Of::Owner(owner.as_ref()), &wanted).await
}

fn wanted(query: &mut Query) -> Wanted {
    Wanted {
        directory_id: None,
        user_id: query.id("user_id"),
        directory_user_id: query.id("directory_user_id"),
        since: query.instant("since"),
        part: query.part(&receipts::LISTED),
    }
}

async fn page(call: &Call, gate: &Gate, of: Of<'_>, wanted: &Wanted) -> Result<HttpResponse, ApiError> {
    let page = call
        .read(gate, async |rx| {
            let (found, total_count) = receipts::page(rx, of, wanted).await?;
            Ok(Page::<ReceiptOut> { data: found.into_iter().map(ReceiptOut::from).collect(), total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Whose receipts.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Whose {
    /// Those of this organization.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: Option<String>,
    /// Those of this directory.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "dir_01h455vb4pex5vsknk084sn02q")]
    directory_id: Option<String>,
}

/// List all receipts
///
/// What directories of all organizations and of the instance ended, newest first unless `order_by` says otherwise. Platform
/// only.
#[utoipa::path(
    get, path = "/v1/receipts", tag = "Receipts", operation_id = "listAllReceipts",
    params(Whose, Filter, Search, CreatedOrder, PagingParams),
    responses(
        (status = 200, description = "A page of receipts", body = Page<ReceiptOut>), BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list_of_all(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let organization: Option<OrgId> = query.id("organization_id");
    let wanted = Wanted { directory_id: query.id("directory_id"), ..wanted(&mut query) };
    query.finish()?;
    let of = organization.as_ref().map_or(Of::Everybody, |id| Of::Owner(Some(id)));
    page(&call, &Gate::Platform, of, &wanted).await
}

/// Read any receipt
///
/// Of whichever organization, or of the instance. Platform only.
#[utoipa::path(
    get, path = "/v1/receipts/{receipt_id}", tag = "Receipts", operation_id = "getAnyReceipt", params(ReceiptPath),
    responses((status = 200, description = "The receipt", body = ReceiptOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get_of_all(call: Call) -> Result<HttpResponse, ApiError> {
    let found = call
        .read(&Gate::Platform, async |rx| {
            let id: ReceiptId = call.id("receipt_id")?;
            Ok(receipts::get(rx, Of::Everybody, None, &id).await?)
        })
        .await?;
    Ok(ok(&ReceiptOut::from(found)))
}

/// Read a receipt
///
/// `portico receipt verify` proves it without asking anybody. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/receipts/{receipt_id}", tag = "Receipts", operation_id = "getReceipt",
    params(OrganizationPath, ReceiptPath),
    responses((status = 200, description = "The receipt", body = ReceiptOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, owner) = owner(&call)?;
    let found = call
        .read(&gate, async |rx| {
            let id: ReceiptId = call.id("receipt_id")?;
            Ok(receipts::get(rx, Of::Owner(owner.as_ref()), directory(&call)?.as_ref(), &id).await?)
        })
        .await?;
    Ok(ok(&ReceiptOut::from(found)))
}

/// Describes operations that are served by those of organizations.
macro_rules! described {
    ($(#[$meta:meta] $name:ident;)*) => {$(
        #[$meta]
        #[expect(dead_code, reason = "documentation: the operation is that of organizations")]
        pub fn $name() {}
    )*};
}

described! {
    #[utoipa::path(
        get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/receipts", tag = "Receipts",
        operation_id = "listDirectoryReceipts", summary = "List receipts of a directory",
        description = "What the directory ended, newest first. Needs `org:sys_provisioning:manage`.",
        params(OrganizationPath, DirectoryPath, Filter, Search, CreatedOrder, PagingParams),
        responses(
            (status = 200, description = "A page of receipts", body = Page<ReceiptOut>),
            BadRequest, Unauthenticated, Forbidden, NotFound
        )
    )]
    list_of_directory;
    #[utoipa::path(
        get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/receipts/{receipt_id}", tag = "Receipts",
        operation_id = "getDirectoryReceipt", summary = "Read a receipt of a directory",
        description = "The same as below the organization. Needs `org:sys_provisioning:manage`.",
        params(OrganizationPath, DirectoryPath, ReceiptPath),
        responses((status = 200, description = "The receipt", body = ReceiptOut), Unauthenticated, Forbidden, NotFound)
    )]
    get_of_directory;
    #[utoipa::path(
        get, path = "/v1/directories/{directory_id}/receipts", tag = "Receipts", operation_id = "listInstanceDirectoryReceipts",
        summary = "List receipts of a directory of the instance", description = "What the directory ended, newest first. Platform only.",
        params(DirectoryPath, Filter, Search, CreatedOrder, PagingParams),
        responses(
            (status = 200, description = "A page of receipts", body = Page<ReceiptOut>),
            BadRequest, Unauthenticated, Forbidden, NotFound
        )
    )]
    list_of_instance;
    #[utoipa::path(
        get, path = "/v1/directories/{directory_id}/receipts/{receipt_id}", tag = "Receipts",
        operation_id = "getInstanceDirectoryReceipt", summary = "Read a receipt of a directory of the instance",
        description = "Signed, as all receipts are. Platform only.", params(DirectoryPath, ReceiptPath),
        responses((status = 200, description = "The receipt", body = ReceiptOut), Unauthenticated, Forbidden, NotFound)
    )]
    get_of_instance;
}
