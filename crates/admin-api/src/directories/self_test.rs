//! The self-test: this instance is checked as an identity provider sees it, in a sandbox that provisions nobody.

use actix_web::http::Method;
use actix_web::{HttpResponse, rt, web};
use api_kit::Settings;
use api_kit::self_test::SelfTests;
use auth_core::features::directory::sandbox;
use auth_core::ids::DirectoryId;
use serde::Serialize;
use utoipa::ToSchema;

use super::Owner;
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::{Conflict, Forbidden, NotFound, TooManyAtOnce, Unauthenticated};
use crate::params::{DirectoryPath, OrganizationPath};
use crate::resource;

/// Registers the operation below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/self-test"), [(Method::POST, web::to(run))]));
}

/// How many self-tests run at once in one process, whoever asks: each makes hundreds of requests.
const AT_ONCE: usize = 2;

/// What a self-test came to. The answer is written as the checks gave it.
#[derive(Serialize, ToSchema)]
#[schema(as = SelfTestReport)]
pub struct ReportOut {
    /// Always `self_test_report`.
    object: String,
    /// Where identity providers send their requests.
    base_url: String,
    /// Whether nothing failed that the standards demand.
    conforms: bool,
    /// How many checks passed.
    passed: u32,
    /// How many failed.
    failed: u32,
    /// How many were skipped.
    skipped: u32,
    /// How many requests were made.
    requests: u32,
    /// How long it took, in milliseconds.
    duration_ms: u64,
    /// What the checks could not delete themselves; it goes with the sandbox.
    leftovers: Vec<String>,
    /// The checks.
    checks: Vec<CheckOut>,
}

/// A check and what it came to.
#[derive(Serialize, ToSchema)]
#[schema(as = SelfTestCheck)]
pub struct CheckOut {
    /// Its id.
    id: String,
    /// What is wanted.
    title: String,
    /// Who wants it.
    source: String,
    /// `must`, `should` or `vendor`.
    severity: String,
    /// `passed`, `failed` or `skipped`.
    result: String,
    /// Why it failed or was skipped.
    detail: Option<String>,
    /// How long it took, in milliseconds.
    duration_ms: u64,
    /// What was sent and what came, of checks that failed.
    exchanges: Vec<ExchangeOut>,
}

/// A request and its answer.
#[derive(Serialize, ToSchema)]
#[schema(as = SelfTestExchange)]
pub struct ExchangeOut {
    /// Method and path.
    request: String,
    /// What was sent.
    body: Option<String>,
    /// The status of the answer, if there was one.
    status: Option<u16>,
    /// What came.
    answer: String,
}

/// Test this instance
///
/// Runs the checks of `portico conformance` against this instance in a sandbox beside the directory, which provisions nobody
/// and of which nothing remains. It takes up to a minute; what was not begun by then is skipped. One at a time for each
/// organization: 409; a few at a time in all: 429. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/self-test", tag = "Directories",
    operation_id = "selfTestDirectory", params(OrganizationPath, DirectoryPath),
    responses((status = 200, description = "The report", body = ReportOut), Unauthenticated, Forbidden, NotFound, Conflict, TooManyAtOnce)
)]
pub async fn run(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let id: DirectoryId = call.id("directory_id")?;
    let tests = call.shared::<SelfTests>()?;
    let (core, ctx) = (call.core.clone(), call.ctx.clone());
    call.read(&owner.gate, async |_| Ok(())).await?;
    let pass = call.shared::<Settings>()?.at_once.enter("self-test", AT_ONCE);
    let pass = pass.ok_or_else(|| ApiError::too_many_at_once("Too many self-tests are running", 60))?;
    let opened: Result<_, ApiError> = core
        .write(&ctx, async |tx| {
            owner.gate.check(tx).await?;
            Ok(sandbox::open(tx, owner.id(), &id).await?)
        })
        .await;
    let opened = opened?;
    // On its own: who hangs up does not leave the sandbox behind.
    let tested = rt::spawn(async move {
        let outcome = tests.0.run(opened.token.expose()).await;
        let closed = core.write(&ctx, async |tx| sandbox::close(tx, &opened.id).await).await;
        drop(pass);
        closed.map(|()| outcome)
    });
    let internal = |why: String| ApiError::from(auth_core::Error::internal(why));
    let outcome = tested.await.map_err(|error| internal(error.to_string()))??;
    let mut report = outcome.map_err(internal)?;
    report["object"] = "self_test_report".into();
    Ok(ok(&report))
}

/// Test this instance by a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/self-test", tag = "Directories",
    operation_id = "selfTestInstanceDirectory", params(DirectoryPath),
    responses((status = 200, description = "The report", body = ReportOut), Unauthenticated, Forbidden, NotFound, Conflict, TooManyAtOnce)
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn run_of_instance() {}
