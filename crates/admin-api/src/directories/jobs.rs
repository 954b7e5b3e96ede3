//! Work on many people of a directory that goes on beside the requests: how far it has come, and stopping it.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::clock::Timestamp;
use auth_core::features::directory::jobs::{self, Job};
use auth_core::ids::DirectoryId;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Owner;
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated};
use crate::page::{Page, PagingParams, Search};
use crate::params::{DirectoryPath, Idempotent, JobPath, OrganizationPath};
use crate::resource;

/// Registers the operations below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/jobs/{{job_id}}/cancel"), [(Method::POST, web::to(cancel))]))
        .service(resource(&format!("{base}/jobs/{{job_id}}"), [(Method::GET, web::to(get))]))
        .service(resource(&format!("{base}/jobs"), [(Method::GET, web::to(list))]));
}

/// Work on many people of a directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryJob, example = json!({
    "id": "job_01h455vb4pex5vsknk084sn02q", "object": "directory_job", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
    "kind": "mapping_applied", "state": "running", "detail": {"version": 3, "reason": "mapping"}, "done": 300, "total": 1200,
    "failed": 0, "created_by": "user:user_01h455vb4pex5vsknk084sn02q", "created_at": 1_714_723_000_000_i64,
    "updated_at": 1_714_723_000_000_i64, "ended_at": null
}))]
pub struct JobOut {
    id: String,
    /// Always `directory_job`.
    object: &'static str,
    directory_id: String,
    /// `mapping_applied`: people are mapped again; `role_events`: the events of those whose roles changed by their groups;
    /// `import_applied`: what was said in import mode is done.
    kind: &'static str,
    /// `queued`, `running`, `done`, `failed` or `canceled`.
    state: String,
    /// What it is about.
    #[schema(value_type = Object)]
    detail: Value,
    /// How many people were dealt with, those that failed included.
    done: i64,
    /// How many there were when it began. People come and go meanwhile.
    total: i64,
    /// How many could not be dealt with.
    failed: i64,
    /// Who began it: `user:…`, `key:…`, `directory:…`, `system`.
    created_by: String,
    created_at: i64,
    /// When there was progress last.
    updated_at: i64,
    ended_at: Option<i64>,
}

impl From<Job> for JobOut {
    fn from(job: Job) -> Self {
        Self {
            id: job.id.into(),
            object: "directory_job",
            directory_id: job.directory_id.into(),
            kind: job.kind.as_str(),
            state: job.state,
            detail: job.detail,
            done: job.done,
            total: job.total,
            failed: job.failed,
            created_by: job.created_by,
            created_at: job.created_at.millis(),
            updated_at: job.updated_at.millis(),
            ended_at: job.ended_at.map(Timestamp::millis),
        }
    }
}

/// The order of the list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Order {
    /// `created_at` or `updated_at`, with `-` in front for descending. `-created_at` if it is left out.
    #[param(pattern = "^[-+]?(created_at|updated_at)$", example = "-created_at")]
    order_by: Option<String>,
}

/// List jobs
///
/// Of a directory, the newest first. Those that ended are remembered for 90 days. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/jobs", tag = "Directory jobs",
    operation_id = "listDirectoryJobs", params(OrganizationPath, DirectoryPath, Search, Order, PagingParams),
    responses(
        (status = 200, description = "A page of jobs", body = Page<JobOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let mut query = call.query()?;
    let part = query.part(&jobs::LISTED);
    query.finish()?;
    let page = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let (found, total_count) = jobs::list(rx, owner.id(), &id, &part).await?;
            Ok(Page::<JobOut> { data: found.into_iter().map(JobOut::from).collect(), total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Read a job
///
/// With how far it has come. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/jobs/{job_id}", tag = "Directory jobs",
    operation_id = "getDirectoryJob", params(OrganizationPath, DirectoryPath, JobPath),
    responses((status = 200, description = "The job", body = JobOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let found = call
        .read(&owner.gate, async |rx| {
            let found = jobs::get(rx, owner.id(), &call.id("directory_id")?, &call.id("job_id")?).await?;
            Ok(JobOut::from(found))
        })
        .await?;
    Ok(ok(&found))
}

/// Cancel a job
///
/// What it has done stays. One that has ended stays as it is. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/jobs/{job_id}/cancel", tag = "Directory jobs",
    operation_id = "cancelDirectoryJob", params(OrganizationPath, DirectoryPath, JobPath, Idempotent),
    responses(
        (status = 200, description = "The job", body = JobOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn cancel(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    call.once(&owner.gate, &bytes, StatusCode::OK, async |tx| {
        let done = jobs::cancel(tx, owner.id(), &call.id("directory_id")?, &call.id("job_id")?).await?;
        Ok(JobOut::from(done))
    })
    .await
}

/// List jobs of a directory of the instance
///
/// The newest first. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/jobs", tag = "Directory jobs", operation_id = "listInstanceDirectoryJobs",
    params(DirectoryPath, Search, Order, PagingParams),
    responses(
        (status = 200, description = "A page of jobs", body = Page<JobOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn list_of_instance() {}

/// Read a job of a directory of the instance
///
/// With how far it has come. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/jobs/{job_id}", tag = "Directory jobs",
    operation_id = "getInstanceDirectoryJob", params(DirectoryPath, JobPath),
    responses((status = 200, description = "The job", body = JobOut), Unauthenticated, Forbidden, NotFound)
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn get_of_instance() {}

/// Cancel a job of a directory of the instance
///
/// What it has done stays. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/jobs/{job_id}/cancel", tag = "Directory jobs",
    operation_id = "cancelInstanceDirectoryJob", params(DirectoryPath, JobPath, Idempotent),
    responses(
        (status = 200, description = "The job", body = JobOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn cancel_of_instance() {}
