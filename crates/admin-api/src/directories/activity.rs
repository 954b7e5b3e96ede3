//! What goes on in a directory, from its request log: how busy it was when, which attributes it sends, and what happened to
//! one person.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::clock::Timestamp;
use auth_core::features::directory::overview::{self, Happening, Moment};
use auth_core::features::directory::request_log::{self, Busy, SeenPath, Span};
use auth_core::ids::{DirectoryId, DirectoryUserId};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Owner;
use super::requests::looking;
use crate::error::ApiError;
use crate::events::names;
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Forbidden, NotFound, Unauthenticated};
use crate::page::{Page, PagingParams};
use crate::params::{DirectoryPath, DirectoryUserPath, OrganizationPath};
use crate::resource;

/// Registers the operations below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/activity"), [(Method::GET, web::to(read))]))
        .service(resource(&format!("{base}/attribute-paths"), [(Method::GET, web::to(paths))]))
        .service(resource(&format!("{base}/users/{{directory_user_id}}/timeline"), [(Method::GET, web::to(timeline))]));
}

/// An hour or a day of a directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryActivity, example = json!({"at": 1_714_723_200_000_i64, "requests": 120, "failures": 2, "changes": 14}))]
pub struct BusyOut {
    /// When it begins, in Unix milliseconds.
    at: i64,
    /// How many requests there were.
    #[schema(minimum = 0)]
    requests: i64,
    /// How many of them were refused or failed.
    #[schema(minimum = 0)]
    failures: i64,
    /// How many of them changed something and were not refused.
    #[schema(minimum = 0)]
    changes: i64,
}

impl From<Busy> for BusyOut {
    fn from(busy: Busy) -> Self {
        Self { at: busy.at.millis(), requests: busy.requests, failures: busy.failures, changes: busy.changes }
    }
}

/// How busy a directory was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryActivityList)]
pub struct ActivityOut {
    /// One for each hour or day, oldest first, those without any request included; the last is the present one.
    data: Vec<BusyOut>,
    /// How many rows there are.
    #[schema(minimum = 0)]
    total_count: usize,
    /// From when on all requests were counted, if there were more than the newest 100,000, which are; else null.
    counted_since: Option<i64>,
}

/// For how long.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct For {
    /// A row for each of the last so many hours; 24 if neither is given.
    #[param(minimum = 1, maximum = 168, example = 24)]
    hours: Option<i64>,
    /// A row for each of the last so many days of UTC instead.
    #[param(minimum = 1, maximum = 90)]
    days: Option<i64>,
}

/// Read how busy a directory was
///
/// By hour or by day, from its request log, as far back as that is kept. At most the newest 100,000 requests are counted.
/// Needs `organization:update`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/activity", tag = "Directory requests",
    operation_id = "getDirectoryActivity", params(OrganizationPath, DirectoryPath, For),
    responses(
        (status = 200, description = "A row for each hour or day", body = ActivityOut),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn read(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?.with_log(&call).await?;
    let mut query = call.query()?;
    let (hours, days) = (query.number("hours", 1, 168), query.number("days", 1, 90));
    if hours.is_some() && days.is_some() {
        query.fault("days", "conflict", "Give hours or days, not both");
    }
    query.finish()?;
    let (span, count) = days.map_or((Span::Hour, hours.unwrap_or(24)), |days| (Span::Day, days));
    let count = i64::try_from(count).unwrap_or(1);
    let found = call
        .read(&looking(&call, &owner), async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            Ok(request_log::activity(rx, owner.id(), &id, span, count).await?)
        })
        .await?;
    let data: Vec<BusyOut> = found.spans.into_iter().map(BusyOut::from).collect();
    let counted_since = found.counted_since.map(Timestamp::millis);
    Ok(ok(&ActivityOut { total_count: data.len(), data, counted_since }))
}

/// An attribute that a directory sends.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryAttributePath, example = json!({
    "path": "emails[type eq \"work\"].value", "count": 12, "sample": "ann@acme.example", "last_seen_at": 1_714_723_000_000_i64
}))]
pub struct PathOut {
    /// The path, as an attribute mapping reads it.
    path: String,
    /// In how many of the requests that were looked at it was.
    #[schema(minimum = 0)]
    count: i64,
    /// The newest value, cut to 100 characters; `***` for who may not see personal data.
    sample: String,
    last_seen_at: i64,
}

impl From<SeenPath> for PathOut {
    fn from(seen: SeenPath) -> Self {
        Self { path: seen.path, count: seen.count, sample: seen.sample, last_seen_at: seen.last_seen_at.millis() }
    }
}

/// List the attributes that a directory sends
///
/// The paths in the newest 200 bodies about people among its newest 5,000 recorded requests, the most frequent first: what
/// an attribute mapping can read. At most 500. Needs `organization:update`; without `org:sys_provisioning:manage` samples are
/// hidden.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/attribute-paths",
    tag = "Directory attribute mappings", operation_id = "listDirectoryAttributePaths",
    params(OrganizationPath, DirectoryPath, PagingParams),
    responses(
        (status = 200, description = "A page of paths", body = Page<PathOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn paths(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?.with_log(&call).await?;
    let mut query = call.query()?;
    let paging = query.paging();
    query.finish()?;
    let found = call
        .read(&looking(&call, &owner), async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            Ok(request_log::paths(rx, owner.id(), &id).await?)
        })
        .await?;
    let total_count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let data = found.into_iter().skip(place(paging.offset)).take(place(paging.limit)).map(PathOut::from).collect();
    Ok(ok(&Page::<PathOut> { data, total_count }))
}

/// Something in the life of a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryUserMoment, example = json!({
    "at": 1_714_723_000_000_i64, "kind": "request", "title": "The directory created the person",
    "request_id": "scimr_01h455vb4pex5vsknk084sn02q", "event_id": null, "type": "user.create", "status": 201,
    "actor": "directory:dir_01h455vb4pex5vsknk084sn02q",
    "decisions": [{"code": "linked.created", "message": "Nobody has the address: a new account was made", "details": null}]
}))]
pub struct MomentOut {
    at: i64,
    /// `request`: the directory asked for something. `event`: something became otherwise.
    kind: &'static str,
    /// What it was, for people.
    title: &'static str,
    /// The recorded request.
    request_id: Option<String>,
    /// The event.
    event_id: Option<String>,
    /// The operation of the request (`user.patch`), or the type of the event (`scimUser.deprovisioned`).
    #[serde(rename = "type")]
    name: String,
    /// What the request was answered with.
    status: Option<u16>,
    /// Who did it: `directory:…`, `user:…`, `key:…`, `system`.
    actor: String,
    /// What was decided on the way: `code`, `message`, `details`. Without `org:sys_provisioning:manage` personal data is hidden.
    #[schema(value_type = Vec<Object>)]
    decisions: Value,
}

impl MomentOut {
    fn new(moment: Moment) -> Self {
        let at = moment.at.millis();
        match moment.what {
            Happening::Request(logged) => Self {
                at,
                kind: "request",
                title: asked(&logged.operation, logged.status),
                actor: logged.actor.unwrap_or_else(|| format!("directory:{}", logged.directory_id)),
                request_id: Some(logged.id.into()),
                event_id: None,
                name: logged.operation,
                status: Some(logged.status),
                decisions: logged.notes,
            },
            Happening::Event(event) => {
                let name = event.kind.map_or("unknown", names::name);
                Self {
                    at,
                    kind: "event",
                    title: became(name),
                    request_id: None,
                    event_id: Some(event.id),
                    name: name.to_owned(),
                    status: None,
                    actor: event.actor,
                    decisions: Value::Array(Vec::new()),
                }
            }
        }
    }
}

/// What a request was, for people.
fn asked(operation: &str, status: u16) -> &'static str {
    if status >= 400 {
        return "A request of the directory was refused";
    }
    match operation {
        "user.create" => "The directory created the person",
        "user.replace" => "The directory sent the whole person",
        "user.patch" => "The directory changed the person",
        "user.delete" => "The directory deleted the person",
        "user.get" => "The directory looked the person up",
        "group.create" => "The directory created a group with the person in it",
        "group.replace" | "group.patch" => "The directory changed who is in a group of the person",
        "group.delete" => "The directory deleted a group of the person",
        "bulk" => "The directory sent many changes, some of the person",
        _ => "The directory asked for something",
    }
}

/// What an event was, for people.
fn became(name: &str) -> &'static str {
    match name {
        "scimUser.provisioned" => "The person was provisioned",
        "scimUser.updated" => "The person was updated",
        "scimUser.deprovisioned" => "The person was deprovisioned",
        "organizationMembership.created" => "The membership began",
        "organizationMembership.updated" => "The membership changed",
        "organizationMembership.deleted" => "The membership ended",
        _ => "Something changed",
    }
}

/// Read what happened to a person of a directory
///
/// What the directory asked for and what came of it, newest first: requests about the resource; those about a group by which the
/// person came to it or left it, and those of many changes of which one was of the person (of each request the first 1,000
/// people are noted); and events about the resource and the membership. People whom the directory has deleted have a past too,
/// as long as the log and the events are kept. Needs `organization:update`; without `org:sys_provisioning:manage` personal data
/// is hidden.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/users/{directory_user_id}/timeline",
    tag = "Directory users and groups", operation_id = "listDirectoryUserTimeline",
    params(OrganizationPath, DirectoryPath, DirectoryUserPath, PagingParams),
    responses(
        (status = 200, description = "A page of moments", body = Page<MomentOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn timeline(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?.with_log(&call).await?;
    let mut query = call.query()?;
    let paging = query.paging();
    query.finish()?;
    call.core.publish_events().await?;
    let page = call
        .read(&looking(&call, &owner), async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let user: DirectoryUserId = call.id("directory_user_id")?;
            let bounds = (paging.limit, paging.offset);
            let (found, total_count) = overview::timeline(rx, owner.id(), &id, &user, bounds).await?;
            Ok(Page::<MomentOut> { data: found.into_iter().map(MomentOut::new).collect(), total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Read how busy a directory of the instance was
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/activity", tag = "Directory requests",
    operation_id = "getInstanceDirectoryActivity", params(DirectoryPath, For),
    responses(
        (status = 200, description = "A row for each hour or day", body = ActivityOut),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn read_of_instance() {}

/// List the attributes that a directory of the instance sends
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/attribute-paths", tag = "Directory attribute mappings",
    operation_id = "listInstanceDirectoryAttributePaths", params(DirectoryPath, PagingParams),
    responses(
        (status = 200, description = "A page of paths", body = Page<PathOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn paths_of_instance() {}

/// Read what happened to a person of a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/users/{directory_user_id}/timeline", tag = "Directory users and groups",
    operation_id = "listInstanceDirectoryUserTimeline", params(DirectoryPath, DirectoryUserPath, PagingParams),
    responses(
        (status = 200, description = "A page of moments", body = Page<MomentOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn timeline_of_instance() {}
