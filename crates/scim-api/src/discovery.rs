//! What the service says about itself (RFC 7644 section 4). Readable without credentials.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::query::CURSOR_LIFETIME;
use scim_protocol::ResourceType;
use scim_protocol::schema::{AuthenticationScheme, Bulk, Pagination, ServiceProviderConfig};

use crate::bulk::MAX_OPERATIONS;
use crate::error::ApiError;
use crate::extract::Visitor;
use crate::json::BODY_LIMIT;
use crate::list::{DEFAULT_COUNT, MAX_COUNT};
use crate::openapi::{Forbidden, NotFound, Unauthenticated};
use crate::{json, methods, openapi, reads};

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(methods("/ServiceProviderConfig", reads(|| web::to(config))))
        .service(methods("/ResourceTypes", reads(|| web::to(resource_types))))
        .service(methods("/ResourceTypes/{name}", reads(|| web::to(resource_type))))
        .service(methods("/Schemas", reads(|| web::to(schemas))))
        .service(methods("/Schemas/{urn}", reads(|| web::to(schema))));
}

/// What is served. Each word is true, also of the directory that asks.
fn announced(visitor: &Visitor) -> ServiceProviderConfig {
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    ServiceProviderConfig {
        documentation_uri: None,
        patch: true,
        bulk: Some(Bulk { max_operations: MAX_OPERATIONS, max_payload_size: BODY_LIMIT }),
        filter: Some(size(MAX_COUNT)),
        change_password: visitor.keeps_passwords,
        sort: true,
        etag: true,
        pagination: Some(Pagination {
            cursor: true,
            index: true,
            default_method: "index",
            default_page_size: size(DEFAULT_COUNT),
            max_page_size: size(MAX_COUNT),
            cursor_timeout: CURSOR_LIFETIME.unsigned_abs(),
        }),
        authentication_schemes: SCHEMES.to_vec(),
    }
}

/// How directories may authenticate.
const SCHEMES: &[AuthenticationScheme] = &[
    AuthenticationScheme {
        kind: "oauthbearertoken",
        name: "OAuth Bearer Token",
        description: "A token of the directory in the Authorization header",
        primary: true,
    },
    AuthenticationScheme {
        kind: "httpbasic",
        name: "HTTP Basic",
        description: "The client id and the secret of a credential of the directory",
        primary: false,
    },
    AuthenticationScheme {
        kind: "oauth2",
        name: "OAuth 2.0",
        description: "Access tokens by client credentials or authorization code, from /scim/oauth2",
        primary: false,
    },
];

/// A filter makes no sense here, and the RFC wants it refused.
fn refuse_filter(req: &HttpRequest) -> Result<(), ApiError> {
    let pairs = api_kit::percent::pairs(req.query_string()).unwrap_or_default();
    if pairs.iter().any(|(key, _)| key.eq_ignore_ascii_case("filter")) {
        return Err(ApiError::forbidden("Discovery cannot be filtered"));
    }
    Ok(())
}

/// The last segment of the path, decoded.
fn name(req: &HttpRequest, segment: &str) -> Result<String, ApiError> {
    let name = req.match_info().get(segment).and_then(api_kit::percent::decode);
    name.map(std::borrow::Cow::into_owned).ok_or_else(ApiError::not_found)
}

/// Service provider configuration
///
/// What this service supports, and with which limits. `changePassword` is said of the directory that asks.
#[utoipa::path(get, path = "/scim/v2/ServiceProviderConfig", tag = "Discovery", operation_id = "scimServiceProviderConfig",
    responses(
        (status = 200, description = "The configuration", body = openapi::Document, content_type = "application/scim+json"),
        Unauthenticated, Forbidden,
    ),
    security((), ("scim_bearer" = []))
)]
async fn config(req: HttpRequest, visitor: Visitor) -> Result<HttpResponse, ApiError> {
    refuse_filter(&req)?;
    Ok(json::ok(&announced(&visitor).to_json(&visitor.base)))
}

/// List resource types
///
/// Users and groups, with their schemas. A directory that says who it is sees its own extensions too.
#[utoipa::path(get, path = "/scim/v2/ResourceTypes", tag = "Discovery", operation_id = "scimListResourceTypes",
    responses(
        (status = 200, description = "The resource types", body = openapi::List, content_type = "application/scim+json"),
        Unauthenticated, Forbidden,
    ),
    security((), ("scim_bearer" = []))
)]
async fn resource_types(req: HttpRequest, visitor: Visitor) -> Result<HttpResponse, ApiError> {
    refuse_filter(&req)?;
    Ok(json::ok(&ResourceType::list_json(&visitor.types(), &visitor.base)))
}

/// Read a resource type
#[utoipa::path(get, path = "/scim/v2/ResourceTypes/{name}", tag = "Discovery", operation_id = "scimGetResourceType",
    params(("name" = String, Path, description = "`User` or `Group`", example = "User")),
    responses(
        (status = 200, description = "The resource type", body = openapi::Document, content_type = "application/scim+json"),
        Unauthenticated, Forbidden, NotFound,
    ),
    security((), ("scim_bearer" = []))
)]
async fn resource_type(req: HttpRequest, visitor: Visitor) -> Result<HttpResponse, ApiError> {
    refuse_filter(&req)?;
    let name = name(&req, "name")?;
    let kind = visitor.types().into_iter().find(|kind| kind.name == name).ok_or_else(ApiError::not_found)?;
    Ok(json::ok(&kind.to_json(&visitor.base)))
}

/// List schemas
///
/// Every attribute that is accepted and returned. A directory that says who it is sees its own schemas too.
#[utoipa::path(get, path = "/scim/v2/Schemas", tag = "Discovery", operation_id = "scimListSchemas",
    responses(
        (status = 200, description = "The schemas", body = openapi::List, content_type = "application/scim+json"),
        Unauthenticated, Forbidden,
    ),
    security((), ("scim_bearer" = []))
)]
async fn schemas(req: HttpRequest, visitor: Visitor) -> Result<HttpResponse, ApiError> {
    refuse_filter(&req)?;
    Ok(json::ok(&ResourceType::schemas_json(&visitor.types(), &visitor.base)))
}

/// Read a schema
#[utoipa::path(get, path = "/scim/v2/Schemas/{urn}", tag = "Discovery", operation_id = "scimGetSchema",
    params(("urn" = String, Path, description = "The URN of the schema", example = "urn:ietf:params:scim:schemas:core:2.0:User")),
    responses(
        (status = 200, description = "The schema", body = openapi::Document, content_type = "application/scim+json"),
        Unauthenticated, Forbidden, NotFound,
    ),
    security((), ("scim_bearer" = []))
)]
async fn schema(req: HttpRequest, visitor: Visitor) -> Result<HttpResponse, ApiError> {
    refuse_filter(&req)?;
    let urn = name(&req, "urn")?;
    let types = visitor.types();
    let found = types.iter().flat_map(|kind| kind.schemas()).find(|schema| schema.id.eq_ignore_ascii_case(&urn));
    Ok(json::ok(&found.ok_or_else(ApiError::not_found)?.to_json(&visitor.base)))
}
