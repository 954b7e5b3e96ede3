//! Import mode: an identity provider is answered as ever, nothing is done, and this is what would be.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::features::directory::import::{self, Counts, Entry, Kind, Outcome, Report, Wanted};
use auth_core::ids::DirectoryId;
use auth_core::outbox::EventKind;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::jobs::JobOut;
use super::wire::{DirectoryOut, ImportOut};
use super::{Owner, one};
use crate::error::ApiError;
use crate::events::names::name;
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated};
use crate::page::PagingParams;
use crate::params::{DirectoryPath, Idempotent, OrganizationPath};
use crate::resource;

/// Registers the operations below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/import"), [(Method::GET, web::to(report)), (Method::POST, web::to(start))]))
        .service(resource(&format!("{base}/import/apply"), [(Method::POST, web::to(apply))]))
        .service(resource(&format!("{base}/import/discard"), [(Method::POST, web::to(discard))]));
}

/// Which entries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Which {
    /// People or groups only.
    #[param(pattern = "^(user|group)$", example = "user")]
    kind: Option<String>,
    /// Those of this outcome only.
    #[param(
        pattern = "^(created|linked|invited|unlinked|changed|deactivated|reactivated|deleted|refused|unchanged|unseen)$",
        example = "deactivated"
    )]
    outcome: Option<String>,
}

/// What to apply.
#[derive(ToSchema)]
#[schema(as = ApplyDirectoryImport)]
#[expect(dead_code, reason = "documentation: the fields are read by name")]
struct ApplyIn {
    /// `import.revision` of the report that was read. Without it whatever was said by then is applied.
    #[schema(minimum = 0, example = 42)]
    revision: Option<i64>,
}

/// What an import would come to: a page of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryImportPage)]
pub struct ImportPage {
    /// Always `directory_import`.
    object: &'static str,
    /// Null if import mode is off: then the entries are what the last import could not do.
    import: Option<ImportOut>,
    /// People, whatever was asked for.
    users: OutcomesOut,
    /// Groups.
    groups: OutcomesOut,
    data: Vec<EntryOut>,
    /// How many entries there are of what was asked for, whatever the limit.
    #[schema(minimum = 0, example = 3)]
    total_count: i64,
}

/// How many there are of each outcome.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryImportOutcomes)]
pub struct OutcomesOut {
    /// Made: a new account, or a new group.
    created: i64,
    /// Made, and linked with an account that exists.
    linked: i64,
    /// Of domains that the organization does not hold: made, or asked first if they have an account. Which is told when it is done.
    invited: i64,
    /// Made, and linked to nobody for want of an address.
    unlinked: i64,
    /// Other than it is.
    changed: i64,
    /// The person's access ends.
    deactivated: i64,
    /// The person's access returns.
    reactivated: i64,
    /// Deleted, and the person's access ends.
    deleted: i64,
    /// Refused by the directory.
    refused: i64,
    /// As it is.
    unchanged: i64,
    /// Never spoken of by the identity provider.
    unseen: i64,
}

impl From<Counts> for OutcomesOut {
    fn from(counts: Counts) -> Self {
        let of = |wanted| Outcome::ALL.into_iter().zip(counts).find(|(one, _)| *one == wanted).map_or(0, |(_, n)| n);
        Self {
            created: of(Outcome::Created),
            linked: of(Outcome::Linked),
            invited: of(Outcome::Invited),
            unlinked: of(Outcome::Unlinked),
            changed: of(Outcome::Changed),
            deactivated: of(Outcome::Deactivated),
            reactivated: of(Outcome::Reactivated),
            deleted: of(Outcome::Deleted),
            refused: of(Outcome::Refused),
            unchanged: of(Outcome::Unchanged),
            unseen: of(Outcome::Unseen),
        }
    }
}

/// What would become of a person or a group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryImportEntry, example = json!({
    "id": "scimu_01h455vb4pex5vsknk084sn02q", "object": "directory_import_entry", "kind": "user", "name": "ann@acme.example",
    "outcome": "linked", "user_id": "user_01h455vb4pex5vsknk084sn02q", "detail": {"decisions": [{"code": "linked.domain",
        "message": "Somebody has the address, and the directory's owner has authority over its domain",
        "details": {"user_id": "user_01h455vb4pex5vsknk084sn02q"}}], "events": ["scimUser.provisioned"]},
    "members": null, "seen_at": 1_714_723_000_000_i64
}))]
pub struct EntryOut {
    /// The id of the user or group resource, as the identity provider was answered.
    id: String,
    /// Always `directory_import_entry`.
    object: &'static str,
    /// `user` or `group`.
    kind: &'static str,
    /// Its `userName` or `displayName`.
    name: String,
    /// `created`, `linked`, `invited`, `unlinked`, `changed`, `deactivated`, `reactivated`, `deleted`, `refused`, `unchanged`
    /// or `unseen`.
    outcome: &'static str,
    /// The account that it is or would be linked with, if there is one.
    user_id: Option<String>,
    /// Of people `decisions` and `events` of the rehearsal; `refused` with a code and a message, if it would be.
    #[schema(value_type = Object)]
    detail: Value,
    /// Of groups: how many members they would gain and lose.
    members: Option<MembersOut>,
    /// When the identity provider spoke of it last; null if it never did.
    seen_at: Option<i64>,
}

/// How the members of a group would change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryImportMembers)]
pub struct MembersOut {
    added: i64,
    removed: i64,
}

impl From<Entry> for EntryOut {
    fn from(mut entry: Entry) -> Self {
        for event in entry.detail.get_mut("events").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(kind) = event.as_str().and_then(EventKind::from_stored) {
                *event = name(kind).into();
            }
        }
        Self {
            id: entry.id,
            object: "directory_import_entry",
            kind: entry.kind.as_str(),
            name: entry.name,
            outcome: entry.outcome.as_str(),
            user_id: entry.user_id.map(String::from),
            detail: entry.detail,
            members: entry.members.map(|(added, removed)| MembersOut { added, removed }),
            seen_at: entry.seen_at.map(auth_core::clock::Timestamp::millis),
        }
    }
}

impl ImportPage {
    fn new(report: Report, wanted: Wanted) -> Self {
        let of = |kind: Kind, counts: Counts| -> i64 {
            let asked = wanted.kind.is_none_or(|only| only == kind);
            let counts = Outcome::ALL.into_iter().zip(counts).filter(|_| asked);
            counts.filter(|(one, _)| wanted.outcome.is_none_or(|only| only == *one)).map(|(_, n)| n).sum()
        };
        Self {
            object: "directory_import",
            import: report.import.map(ImportOut::from),
            total_count: of(Kind::User, report.users) + of(Kind::Group, report.groups),
            users: report.users.into(),
            groups: report.groups.into(),
            data: report.entries.into_iter().map(EntryOut::from).collect(),
        }
    }
}

/// Read what an import would come to
///
/// What the directory would do about each person and group of whom the identity provider has spoken since import mode began, and
/// those of whom it never spoke, with counts. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/import", tag = "Directories",
    operation_id = "getDirectoryImport", params(OrganizationPath, DirectoryPath, Which, PagingParams),
    responses(
        (status = 200, description = "A page of what would become of people and groups", body = ImportPage),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn report(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let mut query = call.query()?;
    let paging = query.paging();
    let kind = query.choice("kind", &Kind::ALL.map(Kind::as_str));
    let outcome = query.choice("outcome", &Outcome::ALL.map(Outcome::as_str)).and_then(Outcome::parse);
    query.finish()?;
    let kind = kind.and_then(|name| Kind::ALL.into_iter().find(|kind| kind.as_str() == name));
    let wanted = Wanted { kind, outcome, limit: paging.limit, offset: paging.offset };
    let report = call
        .read(&owner.gate, async |rx| {
            let id = call.id("directory_id")?;
            Ok(import::report(rx, owner.id(), &id, wanted).await?)
        })
        .await?;
    Ok(ok(&ImportPage::new(report, wanted)))
}

/// Begin import mode
///
/// From the next request on the identity provider is answered as ever, and nothing is done: nobody is made, invited, changed or
/// suspended. Ids that are answered stay valid in import mode, and after it if it is applied. A directory whose circuit breaker
/// has tripped is decided about first: 409. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/import", tag = "Directories",
    operation_id = "startDirectoryImport", params(OrganizationPath, DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn start(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    call.once(&owner.gate, &bytes, StatusCode::OK, async |tx| {
        let id: DirectoryId = call.id("directory_id")?;
        import::start(tx, owner.id(), &id).await?;
        one(tx, &owner, &id).await
    })
    .await
}

/// Apply an import
///
/// A job does what was said in import mode: one person or group after the other, under the ids that the identity provider was
/// answered. Its requests are answered with 503 and `Retry-After` until then; afterwards the directory acts again. Those of whom
/// the identity provider never spoke are left as they are. The circuit breaker does not count it: an admin has seen the numbers.
/// With the `revision` of the report that was read it is applied if the report is still that one, and else refused with 409
/// `import_report_changed`: nobody applies what came after they looked. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/import/apply", tag = "Directories",
    operation_id = "applyDirectoryImport", params(OrganizationPath, DirectoryPath, Idempotent),
    request_body(content = Option<ApplyIn>, example = json!({"revision": 42})),
    responses(
        (status = 200, description = "The job", body = JobOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn apply(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    call.once(&owner.gate, &bytes, StatusCode::OK, async |tx| {
        let mut fields = call.optional_fields(&bytes)?;
        let revision = fields.patch_number("revision", 0, i64::MAX).flatten();
        fields.finish()?;
        let id: DirectoryId = call.id("directory_id")?;
        let (_, job) = import::apply(tx, owner.id(), &id, revision).await?;
        Ok(JobOut::from(job))
    })
    .await
}

/// Discard an import
///
/// What was said in import mode is forgotten, and the directory acts again. Ids that were answered for creations name nothing any
/// more: the identity provider has to look people up anew. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/import/discard", tag = "Directories",
    operation_id = "discardDirectoryImport", params(OrganizationPath, DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn discard(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    call.once(&owner.gate, &bytes, StatusCode::OK, async |tx| {
        let id: DirectoryId = call.id("directory_id")?;
        import::discard(tx, owner.id(), &id).await?;
        one(tx, &owner, &id).await
    })
    .await
}

/// Read what an import would come to of a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/import", tag = "Directories", operation_id = "getInstanceDirectoryImport",
    params(DirectoryPath, Which, PagingParams),
    responses(
        (status = 200, description = "A page of what would become of people and groups", body = ImportPage),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn report_of_instance() {}

/// Begin import mode of a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/import", tag = "Directories", operation_id = "startInstanceDirectoryImport",
    params(DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn start_of_instance() {}

/// Apply an import of a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/import/apply", tag = "Directories", operation_id = "applyInstanceDirectoryImport",
    params(DirectoryPath, Idempotent),
    request_body(content = Option<ApplyIn>, example = json!({"revision": 42})),
    responses(
        (status = 200, description = "The job", body = JobOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn apply_of_instance() {}

/// Discard an import of a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/import/discard", tag = "Directories", operation_id = "discardInstanceDirectoryImport",
    params(DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn discard_of_instance() {}
