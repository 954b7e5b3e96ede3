//! Rules that give the members of a directory's groups roles and put them into teams: read, replaced as a whole, tried out.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::features::directory::rules::{
    self, MAX_RULES, Named, NewRule, Outcome, Refused, Rule, RulesFault, Simulation,
};
use auth_core::ids::{DirectoryGroupId, DirectoryId, Id as _, TeamId};
use serde::Serialize;
use utoipa::ToSchema;

use super::Owner;
use crate::body::Fields;
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::params::{DirectoryPath, OrganizationPath};
use crate::{resource, role};

/// How many roles and how many teams a rule has at most.
const MAX_ROLES: usize = 50;
const MAX_TEAMS: usize = 50;
/// Longest id, in characters.
const ID: usize = 64;
/// Longest name of a group, in characters.
const GROUP_NAME: usize = 1024;

/// Registers the operations below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    let path = format!("{base}/role-rules");
    cfg.service(resource(&format!("{path}/simulate"), [(Method::POST, web::to(simulate))]))
        .service(resource(&path, [(Method::GET, web::to(get)), (Method::PUT, web::to(put))]));
}

/// The role rules of a directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryRoleRules, example = json!({
    "object": "directory_role_rules", "directory_id": "dir_01h455vb4pex5vsknk084sn02q", "rules": [{
        "id": "rule_01h455vb4pex5vsknk084sn02q", "object": "directory_role_rule",
        "group_id": "scimg_01h455vb4pex5vsknk084sn02q", "group_name": "Platform admins", "bound": true, "group_exists": true,
        "roles": ["org:admin"], "teams": [], "created_by": "user:user_01h455vb4pex5vsknk084sn02q",
        "created_at": 1_714_723_000_000_i64
    }]
}))]
pub struct RoleRulesOut {
    /// Always `directory_role_rules`.
    object: &'static str,
    directory_id: String,
    /// In their order.
    rules: Vec<RoleRuleOut>,
}

/// A rule: the members of the group have the roles and are in the teams, and so are those of the groups inside it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryRoleRule)]
pub struct RoleRuleOut {
    id: String,
    /// Always `directory_role_rule`.
    object: &'static str,
    /// The group that the rule is bound to; null as long as no group has the name.
    group_id: Option<String>,
    /// What the group is called now; where there is none, the name that is waited for, or that the group had.
    group_name: String,
    /// Whether the rule has its group, for good: another group of the same name changes nothing.
    bound: bool,
    /// Whether the group is there. The rule of a group that was deleted gives nothing.
    group_exists: bool,
    /// Highest first.
    roles: Vec<String>,
    /// The ids of the teams. One that is deleted goes from here too.
    teams: Vec<String>,
    /// Who made the rule: `user:…`, `key:…`, `system`.
    created_by: String,
    created_at: i64,
}

impl RoleRulesOut {
    fn new(directory: &DirectoryId, rules: Vec<Rule>) -> Self {
        let rules = rules.into_iter().map(RoleRuleOut::from).collect();
        Self { object: "directory_role_rules", directory_id: directory.to_string(), rules }
    }
}

impl From<Rule> for RoleRuleOut {
    fn from(rule: Rule) -> Self {
        Self {
            id: rule.id.into(),
            object: "directory_role_rule",
            bound: rule.group_id.is_some(),
            group_exists: rule.present,
            group_id: rule.group_id.map(String::from),
            group_name: rule.group_name,
            roles: rule.roles.iter().map(|role| role::show(role)).collect(),
            teams: rule.teams.into_iter().map(String::from).collect(),
            created_by: rule.created_by,
            created_at: rule.created_at.millis(),
        }
    }
}

/// What rules would mean for people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryRoleRulesSimulation, example = json!({
    "object": "directory_role_rules_simulation", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
    "counts": {"gaining": 1, "losing": 1, "examined": 12}, "complete": true, "people": [{
        "directory_user_id": "scimu_01h455vb4pex5vsknk084sn02q", "user_id": "user_01h455vb4pex5vsknk084sn02q",
        "user_name": "ann@acme.example", "before": ["org:member"], "after": ["org:admin"],
        "teams_before": [], "teams_after": ["team_01h455vb4pex5vsknk084sn02q"]
    }]
}))]
pub struct SimulationOut {
    /// Always `directory_role_rules_simulation`.
    object: &'static str,
    directory_id: String,
    counts: SimulationCountsOut,
    /// Whether everybody was looked at: at most 100,000 people are.
    complete: bool,
    /// The first 500 of those whose roles or teams would be others.
    people: Vec<OutcomeOut>,
}

/// How many people rules would concern.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryRoleRulesSimulationCounts)]
pub struct SimulationCountsOut {
    /// Who would have a role that they do not have, or be in a team that they are not in.
    gaining: i64,
    /// Who would not have a role that they have, or not be in a team that they are in.
    losing: i64,
    /// Who is in a group that would give otherwise.
    examined: i64,
}

/// What rules would mean for one person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryRoleRulesOutcome)]
pub struct OutcomeOut {
    directory_user_id: String,
    user_id: String,
    /// The `userName` of the directory.
    user_name: String,
    /// The roles that the person has, from wherever they come.
    before: Vec<String>,
    /// The roles that the person would have.
    after: Vec<String>,
    /// The teams that the person is in, by hand or by groups.
    teams_before: Vec<String>,
    /// The teams that the person would be in.
    teams_after: Vec<String>,
}

impl SimulationOut {
    fn new(directory: &DirectoryId, simulation: Simulation) -> Self {
        let Simulation { gaining, losing, examined, complete, people } = simulation;
        Self {
            object: "directory_role_rules_simulation",
            directory_id: directory.to_string(),
            counts: SimulationCountsOut { gaining, losing, examined },
            complete,
            people: people.into_iter().map(OutcomeOut::from).collect(),
        }
    }
}

impl From<Outcome> for OutcomeOut {
    fn from(outcome: Outcome) -> Self {
        let shown = |roles: &[String]| roles.iter().map(|role| role::show(role)).collect();
        let ids = |teams: BTreeSet<TeamId>| teams.into_iter().map(String::from).collect();
        Self {
            directory_user_id: outcome.resource.into(),
            user_id: outcome.user_id.into(),
            user_name: outcome.user_name,
            before: shown(&outcome.before),
            after: shown(&outcome.after),
            teams_before: ids(outcome.teams_before),
            teams_after: ids(outcome.teams_after),
        }
    }
}

/// Rules as they shall be.
#[derive(Debug, ToSchema)]
#[schema(as = DirectoryRoleRulesPut, example = json!({"rules": [{"group_name": "Platform admins", "roles": ["org:admin"]}]}))]
#[expect(dead_code, reason = "documentation: the body is read field by field")]
pub struct PutRoleRules {
    /// All of them, in their order.
    #[schema(max_items = 500)]
    rules: Vec<PutRoleRule>,
}

/// A rule as it shall be.
#[derive(Debug, ToSchema)]
#[schema(as = DirectoryRoleRulePut)]
#[expect(dead_code, reason = "documentation: the body is read field by field")]
pub struct PutRoleRule {
    /// The group. One of both, this or the name, is needed; where both are given the id counts.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    group_id: Option<String>,
    /// What the group is called, whatever the case. If there is none yet, the first that gets the name is meant.
    #[schema(max_length = 1024, pattern = r"\S")]
    group_name: Option<String>,
    /// Not above the caller's own, and never `org:owner`. May be left out or empty where there are teams.
    #[schema(max_items = 50)]
    roles: Option<Vec<String>>,
    /// The ids of teams of the organization.
    #[schema(max_items = 50)]
    teams: Option<Vec<String>>,
}

fn read(fields: &mut Fields) -> Vec<NewRule> {
    fields.objects_or_none("rules", MAX_RULES, |rule| {
        let id: Option<DirectoryGroupId> = rule.optional_id("group_id");
        let name = rule.optional_text("group_name", GROUP_NAME);
        if id.is_none() && name.as_ref().is_none_or(|name| name.trim().is_empty()) {
            rule.fault("group_id", "required", "The group is named by its id or by its name");
        }
        let teams = rule.optional_texts("teams", MAX_TEAMS, ID).unwrap_or_default();
        let known: Vec<TeamId> = teams.iter().filter_map(|team| TeamId::parse(team)).collect();
        if known.len() < teams.len() {
            rule.fault("teams", "not_an_id", "Must be a list of ids");
        }
        let teams = known;
        // One of both, roles or teams, is what a rule is for. Whether one may give nothing that did before, the core knows.
        let roles = if teams.is_empty() && !rule.is_empty_list("roles") {
            rule.roles("roles", MAX_ROLES)
        } else {
            rule.optional_roles("roles", MAX_ROLES).unwrap_or_default()
        };
        NewRule { group: id.map_or_else(|| Named::Name(name.unwrap_or_default()), Named::Id), roles, teams }
    })
}

fn refused(refused: Refused) -> ApiError {
    let nothing = refused.error.is(&RulesFault::GivesNothing);
    let error = if nothing {
        ApiError::field("roles", "required", "Give roles, or teams, or both")
    } else {
        refused.error.into()
    };
    match refused.place {
        Some(place) => error.within(&format!("rules[{place}]")),
        None => error,
    }
}

/// Read the role rules of a directory
///
/// In their order. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/role-rules", tag = "Directory role rules",
    operation_id = "getDirectoryRoleRules", params(OrganizationPath, DirectoryPath),
    responses((status = 200, description = "The rules", body = RoleRulesOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let found = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            Ok(RoleRulesOut::new(&id, rules::list(rx, owner.id(), &id).await?))
        })
        .await?;
    Ok(ok(&found))
}

/// Replace the role rules of a directory
///
/// They are in force with the answer: whoever is in the group, or in a group inside it, has the roles as long as that is so. A
/// group is named by its id, or by its name: then the rule is bound to the group of that name, at once or as soon as there is
/// one, and for good. Renaming a group changes nothing, and no other group inherits. A rule that is given again as it was
/// keeps its id and its group. Nobody gives a role above their own, and nobody that of owners. The same holds for the teams
/// of a rule, which must be of the organization. Needs
/// `org:sys_provisioning:manage`.
#[utoipa::path(
    put, path = "/v1/organizations/{organization_id}/directories/{directory_id}/role-rules", tag = "Directory role rules",
    operation_id = "putDirectoryRoleRules", params(OrganizationPath, DirectoryPath), request_body = PutRoleRules,
    responses(
        (status = 200, description = "The rules", body = RoleRulesOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
pub async fn put(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let wanted = read(&mut fields);
    fields.finish()?;
    call.change(&owner.gate, async |tx| {
        let id: DirectoryId = call.id("directory_id")?;
        let saved = rules::put(tx, owner.id(), &id, &wanted).await.map_err(refused)?;
        Ok(RoleRulesOut::new(&id, saved))
    })
    .await
}

/// Try out role rules of a directory
///
/// Who would gain and who would lose which roles if the rules were saved. Nothing is changed. Needs
/// `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/role-rules/simulate",
    tag = "Directory role rules", operation_id = "simulateDirectoryRoleRules", params(OrganizationPath, DirectoryPath),
    request_body = PutRoleRules,
    responses(
        (status = 200, description = "What they would mean", body = SimulationOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
pub async fn simulate(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let wanted = read(&mut fields);
    fields.finish()?;
    let simulation = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let simulation = rules::simulate(rx, owner.id(), &id, &wanted).await.map_err(refused)?;
            Ok(SimulationOut::new(&id, simulation))
        })
        .await?;
    Ok(ok(&simulation))
}

/// Read the role rules of a directory of the instance
///
/// There are none: it has no organization in which anybody could have a role. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/role-rules", tag = "Directory role rules",
    operation_id = "getInstanceDirectoryRoleRules", params(DirectoryPath),
    responses((status = 200, description = "The rules", body = RoleRulesOut), Unauthenticated, Forbidden, NotFound)
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn get_of_instance() {}

/// Replace the role rules of a directory of the instance
///
/// Only an empty list is taken: it has no organization in which anybody could have a role. Platform only.
#[utoipa::path(
    put, path = "/v1/directories/{directory_id}/role-rules", tag = "Directory role rules",
    operation_id = "putInstanceDirectoryRoleRules", params(DirectoryPath), request_body = PutRoleRules,
    responses(
        (status = 200, description = "The rules", body = RoleRulesOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn put_of_instance() {}

/// Try out role rules of a directory of the instance
///
/// As for saving them, only an empty list is taken. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/role-rules/simulate", tag = "Directory role rules",
    operation_id = "simulateInstanceDirectoryRoleRules", params(DirectoryPath), request_body = PutRoleRules,
    responses(
        (status = 200, description = "What they would mean", body = SimulationOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn simulate_of_instance() {}
