//! The groups of a directory.

use actix_web::HttpResponse;
use auth_core::features::directory::overview::{self, GivenRoles, SeenGroup, WantedGroups};
use auth_core::ids::{DirectoryGroupId, DirectoryId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::directories::Owner;
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Forbidden, NotFound, Unauthenticated};
use crate::page::{CreatedOrder, Page, PagingParams};
use crate::params::{DirectoryGroupPath, DirectoryPath, OrganizationPath};
use crate::role;

/// A group as a directory pushed it, and what it gives here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryGroup, example = json!({
    "id": "scimg_01h455vb4pex5vsknk084sn02q", "object": "directory_group", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
    "display_name": "Platform admins", "external_id": null, "members_count": 12, "role_rules": [{
        "rule_id": "rule_01h455vb4pex5vsknk084sn02q", "group_id": "scimg_01h455vb4pex5vsknk084sn02q",
        "group_name": "Platform admins", "inherited": false, "roles": ["org:admin"], "teams": []
    }], "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct DirectoryGroupOut {
    id: String,
    /// Always `directory_group`.
    object: &'static str,
    directory_id: String,
    /// `displayName`, as the directory sent it.
    display_name: String,
    /// `externalId`, as the directory sent it.
    external_id: Option<String>,
    /// How many direct members it has, people and groups.
    members_count: i64,
    /// What its members have by it, rule by rule.
    role_rules: Vec<GroupRuleOut>,
    created_at: i64,
    updated_at: i64,
}

/// What the members of a group have by a rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryGroupRule)]
pub struct GroupRuleOut {
    rule_id: String,
    /// The group of the rule.
    group_id: String,
    group_name: String,
    /// Whether that is another group, which this one is inside.
    inherited: bool,
    /// Highest first.
    roles: Vec<String>,
    /// The ids of the teams.
    teams: Vec<String>,
}

impl GroupRuleOut {
    fn new(group: &DirectoryGroupId, given: GivenRoles) -> Self {
        Self {
            rule_id: given.rule_id.into(),
            inherited: given.group_id != *group,
            group_id: given.group_id.into(),
            group_name: given.group_name,
            roles: given.roles.iter().map(|role| role::show(role)).collect(),
            teams: given.teams.into_iter().map(String::from).collect(),
        }
    }
}

impl DirectoryGroupOut {
    fn new(directory: &DirectoryId, group: SeenGroup) -> Self {
        Self {
            role_rules: group.rules.into_iter().map(|given| GroupRuleOut::new(&group.id, given)).collect(),
            id: group.id.into(),
            object: "directory_group",
            directory_id: directory.to_string(),
            display_name: group.display_name,
            external_id: group.external_id,
            members_count: group.members,
            created_at: group.created_at.millis(),
            updated_at: group.updated_at.millis(),
        }
    }
}

/// Which groups.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Wanted {
    /// Somewhere in the `displayName` or the `externalId`, whatever the case.
    #[param(max_length = 320, example = "admins")]
    query: Option<String>,
}

/// List the groups of a directory
///
/// What it has pushed, newest first unless `order_by` says otherwise, with what rules give to the members of each. Needs
/// `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/groups", tag = "Directory users and groups",
    operation_id = "listDirectoryGroups", params(OrganizationPath, DirectoryPath, Wanted, CreatedOrder, PagingParams),
    responses(
        (status = 200, description = "A page of groups", body = Page<DirectoryGroupOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let mut query = call.query()?;
    let paging = query.paging();
    let (_, ascending) = query.order(&["created_at"]);
    let text = query.text("query");
    query.finish()?;
    let wanted = WantedGroups { query: text, ascending, limit: paging.limit, offset: paging.offset };
    let page = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let (found, total_count) = overview::groups(rx, owner.id(), &id, &wanted).await?;
            let data = found.into_iter().map(|group| DirectoryGroupOut::new(&id, group)).collect();
            Ok(Page::<DirectoryGroupOut> { data, total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Read a group of a directory
///
/// With what rules give to its members. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/groups/{directory_group_id}",
    tag = "Directory users and groups", operation_id = "getDirectoryGroup",
    params(OrganizationPath, DirectoryPath, DirectoryGroupPath),
    responses((status = 200, description = "The group", body = DirectoryGroupOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let found = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let group: DirectoryGroupId = call.id("directory_group_id")?;
            Ok(DirectoryGroupOut::new(&id, overview::group(rx, owner.id(), &id, &group).await?))
        })
        .await?;
    Ok(ok(&found))
}

/// List the groups of a directory of the instance
///
/// As for directories of organizations; they give no roles. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/groups", tag = "Directory users and groups",
    operation_id = "listInstanceDirectoryGroups", params(DirectoryPath, Wanted, CreatedOrder, PagingParams),
    responses(
        (status = 200, description = "A page of groups", body = Page<DirectoryGroupOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn list_of_instance() {}

/// Read a group of a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/groups/{directory_group_id}", tag = "Directory users and groups",
    operation_id = "getInstanceDirectoryGroup", params(DirectoryPath, DirectoryGroupPath),
    responses((status = 200, description = "The group", body = DirectoryGroupOut), Unauthenticated, Forbidden, NotFound)
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn get_of_instance() {}
