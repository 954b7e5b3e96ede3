//! The people of a directory.

use actix_web::HttpResponse;
use auth_core::features::directory::overview::{self, Address, SeenPerson, WantedPeople};
use auth_core::features::directory::users::Link;
use auth_core::ids::{DirectoryId, DirectoryUserId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::directories::Owner;
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::memberships::GrantOut;
use crate::openapi::{BadRequest, Forbidden, NotFound, Unauthenticated};
use crate::page::{CreatedOrder, Page, PagingParams};
use crate::params::{DirectoryPath, DirectoryUserPath, OrganizationPath};
use crate::role;

/// How `/v1` calls the states of a link.
const LINKS: &[(&str, Link)] =
    &[("linked", Link::Linked), ("awaiting_acceptance", Link::Pending), ("no_address", Link::NoAddress)];

fn link_name(link: Link) -> &'static str {
    LINKS.iter().find(|(_, one)| *one == link).map_or("no_address", |(name, _)| name)
}

/// A person as a directory pushed them, and who they are here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryUser, example = json!({
    "id": "scimu_01h455vb4pex5vsknk084sn02q", "object": "directory_user", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
    "user_name": "ann@acme.example", "external_id": "00u1", "display_name": "Ann Ex", "active": true, "link": "linked",
    "user_id": "user_01h455vb4pex5vsknk084sn02q",
    "emails": [{"value": "ann@acme.example", "type": "work", "primary": true}], "groups_count": 1,
    "membership_status": "active", "roles": ["org:admin"], "grants": [{
        "role": "org:admin", "source": "group", "source_id": "scimg_01h455vb4pex5vsknk084sn02q",
        "directory_id": "dir_01h455vb4pex5vsknk084sn02q", "group_id": "scimg_01h455vb4pex5vsknk084sn02q",
        "group_name": "Platform admins", "created_at": 1_714_723_000_000_i64
    }], "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct DirectoryUserOut {
    id: String,
    /// Always `directory_user`.
    object: &'static str,
    directory_id: String,
    /// `userName`, as the directory sent it.
    user_name: String,
    /// `externalId`, as the directory sent it.
    external_id: Option<String>,
    /// `displayName`, as the directory sent it.
    display_name: Option<String>,
    /// Whether the directory carries the person as active.
    active: bool,
    /// `linked` to a person, `awaiting_acceptance` by one, or `no_address` by which anybody could be found.
    link: &'static str,
    /// The person.
    user_id: Option<String>,
    emails: Vec<EmailOut>,
    /// How many groups it is a direct member of.
    groups_count: i64,
    /// The standing of the person's membership: `active`, `awaiting` or `suspended`; null without one.
    membership_status: Option<&'static str>,
    /// The roles of the membership, highest first, from wherever they come.
    roles: Vec<String>,
    /// Where they come from.
    grants: Vec<GrantOut>,
    created_at: i64,
    updated_at: i64,
}

/// An address, as the directory sent it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryUserEmail)]
pub struct EmailOut {
    value: String,
    /// `work`, `home`, ….
    #[serde(rename = "type")]
    kind: Option<String>,
    primary: bool,
}

impl From<Address> for EmailOut {
    fn from(address: Address) -> Self {
        Self { value: address.value, kind: address.kind, primary: address.primary }
    }
}

impl DirectoryUserOut {
    fn new(directory: &DirectoryId, person: SeenPerson) -> Self {
        let member = person.member.as_ref();
        Self {
            id: person.id.into(),
            object: "directory_user",
            directory_id: directory.to_string(),
            user_name: person.user_name,
            external_id: person.external_id,
            display_name: person.display_name,
            active: person.active,
            link: link_name(person.link),
            user_id: person.user_id.map(String::from),
            emails: person.emails.into_iter().map(EmailOut::from).collect(),
            groups_count: person.groups,
            membership_status: member.map(|member| member.status.as_str()),
            roles: member.into_iter().flat_map(|member| &member.roles).map(|role| role::show(role)).collect(),
            grants: person.grants.into_iter().map(GrantOut::from).collect(),
            created_at: person.created_at.millis(),
            updated_at: person.updated_at.millis(),
        }
    }
}

/// Which people.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Wanted {
    /// Somewhere in the `userName`, the `displayName`, the `externalId` or an address, whatever the case.
    #[param(max_length = 320, example = "ann")]
    query: Option<String>,
    /// Those whom the directory carries as active (`true`), or not (`false`).
    #[param(pattern = "^(true|false)$", example = "true")]
    active: Option<String>,
    /// Those whose link is so.
    #[param(pattern = "^(linked|awaiting_acceptance|no_address)$", example = "linked")]
    link: Option<String>,
}

/// List the people of a directory
///
/// What it has pushed, newest first unless `order_by` says otherwise, with the roles of each person and where they come from.
/// Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/users", tag = "Directory users and groups",
    operation_id = "listDirectoryUsers", params(OrganizationPath, DirectoryPath, Wanted, CreatedOrder, PagingParams),
    responses(
        (status = 200, description = "A page of people", body = Page<DirectoryUserOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let mut query = call.query()?;
    let paging = query.paging();
    let (_, ascending) = query.order(&["created_at"]);
    let names: Vec<&str> = LINKS.iter().map(|(name, _)| *name).collect();
    let wanted = WantedPeople {
        query: query.text("query"),
        active: query.choice("active", &["true", "false"]).map(|word| word == "true"),
        link: query
            .choice("link", &names)
            .and_then(|word| LINKS.iter().find(|(name, _)| *name == word))
            .map(|(_, l)| *l),
        ascending,
        limit: paging.limit,
        offset: paging.offset,
    };
    query.finish()?;
    let page = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let (found, total_count) = overview::people(rx, owner.id(), &id, &wanted).await?;
            let data = found.into_iter().map(|person| DirectoryUserOut::new(&id, person)).collect();
            Ok(Page::<DirectoryUserOut> { data, total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Read one of the people of a directory
///
/// With their roles and where they come from. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/users/{directory_user_id}",
    tag = "Directory users and groups", operation_id = "getDirectoryUser",
    params(OrganizationPath, DirectoryPath, DirectoryUserPath),
    responses((status = 200, description = "The person", body = DirectoryUserOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let found = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let user: DirectoryUserId = call.id("directory_user_id")?;
            Ok(DirectoryUserOut::new(&id, overview::person(rx, owner.id(), &id, &user).await?))
        })
        .await?;
    Ok(ok(&found))
}

/// List the people of a directory of the instance
///
/// As for directories of organizations; nobody has roles by it. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/users", tag = "Directory users and groups",
    operation_id = "listInstanceDirectoryUsers", params(DirectoryPath, Wanted, CreatedOrder, PagingParams),
    responses(
        (status = 200, description = "A page of people", body = Page<DirectoryUserOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn list_of_instance() {}

/// Read one of the people of a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/users/{directory_user_id}", tag = "Directory users and groups",
    operation_id = "getInstanceDirectoryUser", params(DirectoryPath, DirectoryUserPath),
    responses((status = 200, description = "The person", body = DirectoryUserOut), Unauthenticated, Forbidden, NotFound)
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn get_of_instance() {}
