//! Mappings as `/v1` writes them.

use auth_core::clock::Timestamp;
use auth_core::features::directory::mapping::saving::Version;
use auth_core::ids::{DirectoryId, JobId, OrgId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The attribute mapping of a directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttributeMapping, example = json!({
    "object": "attribute_mapping", "organization_id": "org_01h455vb4pex5vsknk084sn02q",
    "directory_id": "dir_01h455vb4pex5vsknk084sn02q", "mapping": {
        "groups[0].value": "{{ value | downcase | replace: \"admins\", \"org:admin\" | default: \"org:member\" }}.organization_role",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department": "public_metadata.department"
    },
    "version": 3, "created_by": "user:user_01h455vb4pex5vsknk084sn02q", "created_at": 1_714_723_000_000_i64,
    "job_id": "job_01h455vb4pex5vsknk084sn02q"
}))]
pub struct MappingOut {
    /// Always `attribute_mapping`.
    object: &'static str,
    organization_id: Option<String>,
    /// Null if the organization has no directory yet.
    directory_id: Option<String>,
    /// Paths and targets, as they were given.
    #[schema(value_type = Object)]
    mapping: Value,
    /// 0 if there never was one.
    version: i64,
    /// Who saved it: `user:…`, `key:…`, `system`.
    created_by: Option<String>,
    created_at: Option<i64>,
    /// The job that maps the people again who are there already; null unless this very request began one.
    job_id: Option<String>,
}

impl MappingOut {
    /// That of a directory.
    pub fn new(owner: Option<&OrgId>, directory: &DirectoryId, version: Version, job: Option<JobId>) -> Self {
        Self {
            directory_id: Some(directory.to_string()),
            mapping: version.mapping.into(),
            version: version.version,
            created_by: version.created_by,
            created_at: version.created_at.map(Timestamp::millis),
            job_id: job.map(String::from),
            ..Self::none(owner)
        }
    }

    /// That of an organization without directories.
    pub fn none(owner: Option<&OrgId>) -> Self {
        Self {
            object: "attribute_mapping",
            organization_id: owner.map(ToString::to_string),
            directory_id: None,
            mapping: Value::Object(serde_json::Map::new()),
            version: 0,
            created_by: None,
            created_at: None,
            job_id: None,
        }
    }
}

/// A version of a mapping.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttributeMappingVersion, example = json!({
    "object": "attribute_mapping_version", "directory_id": "dir_01h455vb4pex5vsknk084sn02q", "version": 3,
    "mapping": {"nickName": "name"}, "created_by": "user:user_01h455vb4pex5vsknk084sn02q", "created_at": 1_714_723_000_000_i64
}))]
pub struct VersionOut {
    /// Always `attribute_mapping_version`.
    object: &'static str,
    directory_id: String,
    version: i64,
    /// Paths and targets, as they were given.
    #[schema(value_type = Object)]
    mapping: Value,
    /// Who saved it: `user:…`, `key:…`, `system`.
    created_by: Option<String>,
    created_at: Option<i64>,
}

impl VersionOut {
    /// One of a directory's.
    pub fn new(directory: &DirectoryId, version: Version) -> Self {
        Self {
            object: "attribute_mapping_version",
            directory_id: directory.to_string(),
            version: version.version,
            mapping: version.mapping.into(),
            created_by: version.created_by,
            created_at: version.created_at.map(Timestamp::millis),
        }
    }
}

/// A mapping as it shall be.
#[derive(Debug, ToSchema)]
#[schema(as = AttributeMappingPut, example = json!({"mapping": {"nickName": "name"}}))]
#[expect(dead_code, reason = "documentation: the body is read field by field")]
pub struct PutMapping {
    /// Paths and targets: up to 100.
    #[schema(value_type = Object)]
    mapping: Value,
}
