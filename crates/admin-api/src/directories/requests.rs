//! The log of a directory's SCIM requests: searched, read, and made again.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::Actor;
use auth_core::clock::Timestamp;
use auth_core::db::Place;
use auth_core::features::directory::request_log::{self, Logged, RequestLog, Status, Wanted};
use auth_core::ids::{DirectoryId, RequestLogId};

use super::Owner;
use super::request::{ReplayOut, ReplayRequest, RequestOut};
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::{Gate, READ};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{CreatedOrder, CursorPage, CursorParam, PagingParams, Search};
use crate::params::{DirectoryPath, OrganizationPath, RequestPath};
use crate::resource;

/// Registers the operations below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    let base = format!("{base}/requests");
    cfg.service(resource(&base, [(Method::GET, web::to(list))]));
    let base = format!("{base}/{{request_id}}");
    cfg.service(resource(&base, [(Method::GET, web::to(get))]));
    cfg.service(resource(&format!("{base}/replay"), [(Method::POST, web::to(replay))]));
}

/// Which requests.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
pub struct Filter {
    /// Those about a person: the id of the user resource, of the user, or a `userName`.
    #[param(max_length = 320, example = "ann@acme.example")]
    person: Option<String>,
    /// Those with this status, or `error` for all from 400 on.
    #[param(pattern = "^(error|[1-5][0-9][0-9])$", example = "error")]
    status: Option<String>,
    /// Those that do this: `user.create`, `user.list`, `user.search`, `user.get`, `user.replace`, `user.patch`,
    /// `user.delete`, the same of `group`, `bulk`, `search`, `discovery`, `me`, `other`.
    #[param(example = "user.create")]
    operation: Option<String>,
    /// Those by this credential.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    credential_id: Option<String>,
    /// Those from this instant on, in Unix milliseconds.
    #[param(minimum = 0)]
    since: Option<i64>,
    /// Those before this instant, in Unix milliseconds.
    #[param(minimum = 0)]
    until: Option<i64>,
}

/// The greatest instant that there can be in an id: 48 bits.
const LATEST: u64 = (1 << 48) - 1;

fn wanted(call: &Call) -> Result<Wanted, ApiError> {
    let mut query = call.query()?;
    let part = query.part_with_cursor(&request_log::LISTED);
    let mut instant =
        |name: &str| query.number(name, 0, LATEST).and_then(|millis| i64::try_from(millis).ok()).map(Timestamp);
    let (since, until) = (instant("since"), instant("until"));
    let status = query.text("status").and_then(|text| match text.parse::<u16>() {
        _ if text == "error" => Some(Status::Error),
        Ok(status) if (100..600).contains(&status) => Some(Status::Is(status)),
        _ => {
            query.fault("status", "unknown_value", "Must be a status, or error");
            None
        }
    });
    let wanted = Wanted {
        person: query.text("person"),
        status,
        operation: query.text("operation"),
        credential: query.id("credential_id"),
        since,
        until,
        part,
    };
    query.finish()?;
    Ok(wanted)
}

/// Who may look: whoever sees what the organization is like, or sets the directory up. How much they see is the core's to say.
pub(super) fn looking(call: &Call, owner: &Owner) -> Gate {
    if matches!(call.ctx.actor, Actor::Setup { .. }) {
        return owner.gate.clone();
    }
    owner.organization.clone().map_or(Gate::Platform, |id| Gate::Organization(id, READ))
}

/// List requests
///
/// What the identity provider asked for, newest first, with the decisions that were taken; bodies and answers are read one
/// by one. Needs `organization:update`; without `org:sys_provisioning:manage` personal data is hidden (`masked`), and
/// `person` finds ids only.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/requests", tag = "Directory requests",
    operation_id = "listDirectoryRequests", params(OrganizationPath, DirectoryPath, Filter, Search, CreatedOrder, CursorParam, PagingParams),
    responses(
        (status = 200, description = "A page of requests", body = CursorPage<RequestOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?.with_log(&call).await?;
    let wanted = wanted(&call)?;
    let page = call
        .read(&looking(&call, &owner), async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let found = request_log::list(rx, owner.id(), &id, &wanted).await?;
            let place = |logged: &Logged| Place { at: logged.at, id: logged.id.to_string() };
            Ok(CursorPage::new(found, wanted.part.order, place, |logged| RequestOut::new(logged, false)))
        })
        .await?;
    Ok(ok(&page))
}

/// Read a request
///
/// With its body and its answer, as far as they were kept, without secrets. Needs `organization:update`; without
/// `org:sys_provisioning:manage` personal data is hidden.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/requests/{request_id}",
    tag = "Directory requests", operation_id = "getDirectoryRequest",
    params(OrganizationPath, DirectoryPath, RequestPath),
    responses((status = 200, description = "The request", body = RequestOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?.with_log(&call).await?;
    let found = call
        .read(&looking(&call, &owner), async |rx| {
            let (directory, id): (DirectoryId, RequestLogId) = (call.id("directory_id")?, call.id("request_id")?);
            Ok(request_log::get(rx, owner.id(), &directory, &id).await?)
        })
        .await?;
    Ok(ok(&RequestOut::new(found, true)))
}

/// Replay a request
///
/// Makes a recorded change again with the code that served it. A dry run, which it is unless `dry_run` is false, changes
/// nothing: it tells what would be answered, decided, recorded, and different. For real it is done in the directory's
/// name and recorded in the log and in the events as what it is. Passwords were not recorded and stay as they are. Only
/// changes that were recorded as a whole: `not_replayable` otherwise. It takes no `Idempotency-Key`: a directory's requests
/// repeat themselves without harm. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/requests/{request_id}/replay",
    tag = "Directory requests", operation_id = "replayDirectoryRequest",
    params(OrganizationPath, DirectoryPath, RequestPath), request_body = ReplayRequest,
    responses(
        (status = 200, description = "What it came to, or would", body = ReplayOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn replay(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?.with_log(&call).await?;
    let bytes = call.bytes().await?;
    let mut fields = call.optional_fields(&bytes)?;
    let dry_run = fields.optional_bool("dry_run").unwrap_or(true);
    fields.finish()?;
    // What is done is done in transactions of its own; whether the caller may is asked before, here and by the core.
    call.read(&owner.gate, async |_| Ok(())).await?;
    let log: Arc<RequestLog> = call.shared()?;
    let (directory, id): (DirectoryId, RequestLogId) = (call.id("directory_id")?, call.id("request_id")?);
    let replayed = log.replay(&call.ctx, owner.id(), &directory, &id, dry_run).await?;
    Ok(ok(&ReplayOut::new(replayed, dry_run)))
}

/// List requests of a directory of the instance
///
/// What the identity provider asked for, newest first, with the decisions that were taken. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/requests", tag = "Directory requests",
    operation_id = "listInstanceDirectoryRequests", params(DirectoryPath, Filter, Search, CreatedOrder, CursorParam, PagingParams),
    responses(
        (status = 200, description = "A page of requests", body = CursorPage<RequestOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn list_of_instance() {}

/// Read a request of a directory of the instance
///
/// With its body and its answer, as far as they were kept, without secrets. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/requests/{request_id}", tag = "Directory requests",
    operation_id = "getInstanceDirectoryRequest", params(DirectoryPath, RequestPath),
    responses((status = 200, description = "The request", body = RequestOut), Unauthenticated, Forbidden, NotFound)
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn get_of_instance() {}

/// Replay a request of a directory of the instance
///
/// As for directories of organizations: a dry run unless `dry_run` is false. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/requests/{request_id}/replay", tag = "Directory requests",
    operation_id = "replayInstanceDirectoryRequest", params(DirectoryPath, RequestPath), request_body = ReplayRequest,
    responses(
        (status = 200, description = "What it came to, or would", body = ReplayOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn replay_of_instance() {}
