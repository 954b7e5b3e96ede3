//! The same operations for directories of the instance, described once more.

use super::preview::{PreviewOut, TryMapping};
use super::wire::{MappingOut, PutMapping, VersionOut};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{Page, PagingParams};
use crate::params::{DirectoryPath, Idempotent, MappingVersionPath};

/// Read the attribute mapping of a directory of the instance
///
/// Empty where it has none of its own. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/attribute-mappings", tag = "Directory attribute mappings",
    operation_id = "getInstanceDirectoryAttributeMappings", params(DirectoryPath),
    responses((status = 200, description = "The mapping", body = MappingOut), Unauthenticated, Forbidden, NotFound)
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn get_of_instance() {}

/// Replace the attribute mapping of a directory of the instance
///
/// As for directories of organizations, but it gives no roles. Platform only.
#[utoipa::path(
    put, path = "/v1/directories/{directory_id}/attribute-mappings", tag = "Directory attribute mappings",
    operation_id = "putInstanceDirectoryAttributeMappings", params(DirectoryPath), request_body = PutMapping,
    responses(
        (status = 200, description = "The stored mapping", body = MappingOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn put_of_instance() {}

/// List the versions of an attribute mapping of a directory of the instance
///
/// The newest first, with who saved them and when. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/attribute-mappings/versions", tag = "Directory attribute mappings",
    operation_id = "listInstanceDirectoryAttributeMappingVersions", params(DirectoryPath, PagingParams),
    responses(
        (status = 200, description = "A page of versions", body = Page<VersionOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn versions_of_instance() {}

/// Restore a version of an attribute mapping of a directory of the instance
///
/// It is saved again, as a new version. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/attribute-mappings/versions/{version}/restore",
    tag = "Directory attribute mappings", operation_id = "restoreInstanceDirectoryAttributeMapping",
    params(DirectoryPath, MappingVersionPath, Idempotent),
    responses(
        (status = 200, description = "The stored mapping", body = MappingOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn restore_of_instance() {}

/// Try an attribute mapping of a directory of the instance
///
/// What each person would become by it. Nothing is written. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/attribute-mappings/preview", tag = "Directory attribute mappings",
    operation_id = "previewInstanceDirectoryAttributeMapping", params(DirectoryPath), request_body = TryMapping,
    responses(
        (status = 200, description = "What it would do", body = PreviewOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn preview_of_instance() {}
