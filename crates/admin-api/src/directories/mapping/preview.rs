//! A mapping tried out before it is saved.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use auth_core::features::directory::mapping::preview::{self, MOST, Person, Preview, Who};
use auth_core::features::directory::mapping::{Skipped, Warning};
use auth_core::ids::{DirectoryId, DirectoryUserId, Id as _, RequestLogId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::Owner;
use super::{mapping, refused};
use crate::body::Fields;
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::params::{DirectoryPath, OrganizationPath};
use crate::role;

/// How many samples a mapping is tried on at once.
const SAMPLES: usize = 20;

/// What a mapping would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttributeMappingPreview, example = json!({
    "object": "attribute_mapping_preview", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
    "people_count": 1, "changed_count": 1, "warnings_count": 0, "changed_by_target": {"first_name": 1},
    "skipped_count": 0, "skipped": [],
    "people": [{
        "directory_user_id": "scimu_01h455vb4pex5vsknk084sn02q", "request_id": null, "user_id": "user_01h455vb4pex5vsknk084sn02q",
        "user_name": "dave@acme.com", "changed": ["first_name"],
        "before": {"email_address": "dave@acme.com", "first_name": "Dave", "last_name": null, "name": "Dave", "image": null,
            "external_id": null, "organization_role": null, "public_metadata": {}},
        "after": {"email_address": "dave@acme.com", "first_name": "dave", "last_name": null, "name": "Dave", "image": null,
            "external_id": null, "organization_role": null, "public_metadata": {}},
        "warnings": []
    }]
}))]
pub struct PreviewOut {
    /// Always `attribute_mapping_preview`.
    object: &'static str,
    directory_id: String,
    /// How many people it was tried on.
    people_count: usize,
    /// How many of them would be different.
    changed_count: usize,
    /// How many warnings there are.
    warnings_count: usize,
    /// For how many people a target would be different; each key of public metadata for itself.
    changed_by_target: BTreeMap<String, i64>,
    people: Vec<PersonOut>,
    /// How many of the recorded requests say of nobody what they would become.
    skipped_count: usize,
    skipped: Vec<SkippedOut>,
}

/// What somebody would become.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttributeMappingPreviewPerson)]
pub struct PersonOut {
    /// Null for a sample.
    directory_user_id: Option<String>,
    /// The recorded request that made them so; null unless `request_ids` were given.
    request_id: Option<String>,
    /// The account, if there is one.
    user_id: Option<String>,
    user_name: String,
    /// Which targets would be different.
    changed: Vec<String>,
    /// All targets by the mapping that is in force.
    #[schema(value_type = Object)]
    before: Value,
    /// All targets by the mapping that is tried.
    #[schema(value_type = Object)]
    after: Value,
    warnings: Vec<WarningOut>,
}

/// What of a mapping would have no effect on somebody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttributeMappingWarning)]
pub struct WarningOut {
    path: String,
    target: String,
    message: String,
}

/// A recorded request that says of nobody what they would become.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttributeMappingSkipped)]
pub struct SkippedOut {
    request_id: String,
    /// `not_a_person`, `not_kept`, `refused`, `unreadable` or `person_is_gone`.
    code: &'static str,
    message: String,
}

impl From<Skipped> for SkippedOut {
    fn from(Skipped { request_id, code, message }: Skipped) -> Self {
        Self { request_id: request_id.into(), code, message }
    }
}

impl PreviewOut {
    fn new(directory: &DirectoryId, preview: Preview) -> Self {
        Self {
            object: "attribute_mapping_preview",
            directory_id: directory.to_string(),
            people_count: preview.people.len(),
            changed_count: preview.changed(),
            warnings_count: preview.warnings(),
            changed_by_target: preview.changed_by_target,
            people: preview.people.into_iter().map(PersonOut::from).collect(),
            skipped_count: preview.skipped.len(),
            skipped: preview.skipped.into_iter().map(SkippedOut::from).collect(),
        }
    }
}

impl From<Person> for PersonOut {
    fn from(person: Person) -> Self {
        Self {
            directory_user_id: person.id.map(String::from),
            request_id: person.request_id.map(String::from),
            user_id: person.user_id.map(String::from),
            user_name: person.user_name,
            changed: person.changed,
            before: with_role(person.before),
            after: with_role(person.after),
            warnings: person.warnings.into_iter().map(WarningOut::from).collect(),
        }
    }
}

impl From<Warning> for WarningOut {
    fn from(Warning { path, target, message }: Warning) -> Self {
        Self { path, target, message }
    }
}

/// The role as everywhere in this API.
fn with_role(mut all: Value) -> Value {
    if let Some(key) = all["organization_role"].as_str() {
        all["organization_role"] = role::show(key).into();
    }
    all
}

/// A mapping to be tried.
#[derive(Debug, ToSchema)]
#[schema(as = AttributeMappingTry, example = json!({"mapping": {"name.givenName": "{{ value | downcase }}.first_name"}}))]
#[expect(dead_code, reason = "documentation: the body is read field by field")]
pub struct TryMapping {
    /// Paths and targets: up to 100.
    #[schema(value_type = Object)]
    mapping: Value,
    /// A user resource as the identity provider would send it, or a list of up to 20.
    #[schema(value_type = Option<Object>)]
    sample: Option<Value>,
    /// User resources of the directory, up to 100. Without them, `sample` or `request_ids` it is tried on the first 20.
    directory_user_ids: Option<Vec<String>>,
    /// Recorded requests of the directory's log, up to 100: what each that makes or changes one person (POST, PUT, PATCH)
    /// would make of them, oldest first. Requests about one person build on each other; the first PATCH of somebody builds
    /// on what the person is now. Secrets were never recorded: a path that reads one has a warning.
    request_ids: Option<Vec<String>>,
}

fn who(fields: &mut Fields) -> Who {
    let sample = fields.optional_value("sample");
    let people = fields.optional_texts("directory_user_ids", MOST, 64);
    let requests = fields.optional_texts("request_ids", MOST, 64);
    let given =
        [("sample", sample.is_some()), ("directory_user_ids", people.is_some()), ("request_ids", requests.is_some())];
    let mut given = given.into_iter().filter(|(_, is)| *is).map(|(name, _)| name);
    if let (Some(first), Some(other)) = (given.next(), given.next()) {
        fields.fault(first, "contradiction", format!("Cannot be given together with {other}"));
        return Who::First;
    }
    match (sample, people, requests) {
        (Some(Value::Array(samples)), ..) if (1..=SAMPLES).contains(&samples.len()) => Who::Samples(samples),
        (Some(sample @ Value::Object(_)), ..) => Who::Samples(vec![sample]),
        (Some(_), ..) => {
            fields.fault("sample", "wrong_type", format!("Must be an object, or a list of 1 to {SAMPLES}"));
            Who::First
        }
        // What cannot be an id is nobody's.
        (_, Some(ids), _) => Who::People(ids.iter().filter_map(|id| DirectoryUserId::parse(id)).collect()),
        (_, _, Some(ids)) => {
            let parsed: Option<Vec<RequestLogId>> = ids.iter().map(|id| RequestLogId::parse(id)).collect();
            if parsed.is_none() {
                fields.fault("request_ids", "not_an_id", "Every entry must be the id of a request".to_owned());
            }
            Who::Requests(parsed.unwrap_or_default())
        }
        (None, None, None) => Who::First,
    }
}

/// Try an attribute mapping
///
/// What each person would become by it, before and after, with counts and warnings: the first people, those who are named,
/// samples, or whom recorded requests made. Nothing is written. Needs what saving it needs.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/attribute-mappings/preview",
    tag = "Directory attribute mappings", operation_id = "previewDirectoryAttributeMapping",
    params(OrganizationPath, DirectoryPath), request_body = TryMapping,
    responses(
        (status = 200, description = "What it would do", body = PreviewOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
pub async fn preview(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?.with_log(&call).await?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let (wanted, who) = (mapping(&mut fields), who(&mut fields));
    fields.finish()?;
    let preview = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let preview = preview::preview(rx, owner.id(), &id, &wanted, &who).await?.map_err(refused)?;
            Ok(PreviewOut::new(&id, preview))
        })
        .await?;
    Ok(ok(&preview))
}
