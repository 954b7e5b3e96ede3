//! Where the memberships of an organization are not what a directory last said.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::features::directory::drift::{self, Difference, Drift, Report};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::Owner;
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::memberships::wire::GrantOut;
use crate::openapi::{BadRequest, Forbidden, NotFound, Unauthenticated};
use crate::page::PagingParams;
use crate::params::{DirectoryPath, OrganizationPath};
use crate::resource;

/// Registers the operation below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/drift"), [(Method::GET, web::to(list))]));
}

/// Which differences.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Which {
    /// Those of this kind only.
    #[param(pattern = "^(by_hand|gone|suspended|roles|teams)$", example = "by_hand")]
    kind: Option<String>,
}

/// A page of differences.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryDriftPage)]
pub struct DriftPage {
    data: Vec<DifferenceOut>,
    /// How many there are, whatever the limit.
    #[schema(minimum = 0, example = 3)]
    total_count: i64,
    counts: CountsOut,
}

/// How many differences there are of each kind, whatever was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryDriftCounts)]
pub struct CountsOut {
    by_hand: i64,
    gone: i64,
    suspended: i64,
    roles: i64,
    teams: i64,
}

/// A membership that is not what the directory last said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryDifference, example = json!({
    "object": "directory_difference", "kind": "roles", "user_id": "user_01h455vb4pex5vsknk084sn02q",
    "email_address": "ann@acme.example", "directory_user_id": "scimu_01h455vb4pex5vsknk084sn02q", "status": "active",
    "grants": [{"role": "org:admin", "source": "manual", "source_id": null, "directory_id": null, "group_id": null,
        "group_name": null, "created_at": 1_714_723_000_000_i64}]
}))]
pub struct DifferenceOut {
    /// Always `directory_difference`.
    object: &'static str,
    /// `by_hand`: an active member whom no directory of the organization carries. `gone`: an active member whom this
    /// directory deactivated or deleted. `suspended`: somebody whom it carries as active, and who is no active member.
    /// `roles`: a member with a role given by hand that the directory does not give. `teams`: a member whom somebody put into a
    /// team that the directory's rules fill, and whom no group of it puts there.
    kind: &'static str,
    user_id: String,
    email_address: String,
    /// The user resource of the directory; null if there is none.
    directory_user_id: Option<String>,
    /// `active`, `awaiting` or `suspended`; null without a membership.
    status: Option<String>,
    /// Their roles, with where each came from.
    grants: Vec<GrantOut>,
}

impl From<Difference> for DifferenceOut {
    fn from(difference: Difference) -> Self {
        Self {
            object: "directory_difference",
            kind: difference.drift.as_str(),
            user_id: difference.user_id.into(),
            email_address: difference.email,
            directory_user_id: difference.resource.map(String::from),
            status: difference.status,
            grants: difference.grants.into_iter().map(GrantOut::from).collect(),
        }
    }
}

impl DriftPage {
    fn new(report: Report, only: Option<Drift>) -> Self {
        let [by_hand, gone, suspended, roles, teams] = report.counts;
        let total = Drift::ALL.into_iter().zip(report.counts).filter(|(drift, _)| only.is_none_or(|o| o == *drift));
        Self {
            total_count: total.map(|(_, count)| count).sum(),
            counts: CountsOut { by_hand, gone, suspended, roles, teams },
            data: report.differences.into_iter().map(DifferenceOut::from).collect(),
        }
    }
}

/// Compare memberships with a directory
///
/// Where the organization's memberships are not what the directory last said: members by hand, people gone from the directory
/// but active, suspended though active there, and roles that differ. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/drift", tag = "Directories",
    operation_id = "listDirectoryDrift", params(OrganizationPath, DirectoryPath, Which, PagingParams),
    responses(
        (status = 200, description = "A page of differences", body = DriftPage),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let mut query = call.query()?;
    let paging = query.paging();
    let only = query.choice("kind", &Drift::ALL.map(Drift::as_str)).and_then(Drift::parse);
    query.finish()?;
    let report = call
        .read(&owner.gate, async |rx| {
            let id = call.id("directory_id")?;
            Ok(drift::report(rx, owner.id(), &id, only, (paging.limit, paging.offset)).await?)
        })
        .await?;
    Ok(ok(&DriftPage::new(report, only)))
}

/// Compare with a directory of the instance
///
/// It has no memberships, and so no differences. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/drift", tag = "Directories", operation_id = "listInstanceDirectoryDrift",
    params(DirectoryPath, Which, PagingParams),
    responses(
        (status = 200, description = "A page of differences", body = DriftPage),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn list_of_instance() {}
