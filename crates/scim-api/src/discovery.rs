//! What the service says about itself (RFC 7644 section 4). Readable without credentials.

use actix_web::{HttpRequest, HttpResponse, web};
use scim_protocol::ResourceType;
use scim_protocol::schema::{AuthenticationScheme, ServiceProviderConfig};

use crate::error::ApiError;
use crate::extract::Visitor;
use crate::list::MAX_COUNT;
use crate::openapi::{Forbidden, NotFound, Unauthenticated};
use crate::{json, methods, openapi, reads};

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(methods("/ServiceProviderConfig", reads(|| web::to(config))))
        .service(methods("/ResourceTypes", reads(|| web::to(resource_types))))
        .service(methods("/ResourceTypes/{name}", reads(|| web::to(resource_type))))
        .service(methods("/Schemas", reads(|| web::to(schemas))))
        .service(methods("/Schemas/{urn}", reads(|| web::to(schema))));
}

/// What is served. Each word is true: `bulk` and `sort` come when they come.
fn announced() -> ServiceProviderConfig {
    ServiceProviderConfig {
        documentation_uri: None,
        patch: true,
        bulk: None,
        filter: usize::try_from(MAX_COUNT).ok(),
        change_password: false,
        sort: false,
        etag: true,
        authentication_schemes: vec![AuthenticationScheme {
            kind: "oauthbearertoken",
            name: "OAuth Bearer Token",
            description: "A token of the directory in the Authorization header",
            primary: true,
        }],
    }
}

fn types() -> [&'static ResourceType; 2] {
    [ResourceType::user(), ResourceType::group()]
}

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
/// What this service supports, and with which limits.
#[utoipa::path(get, path = "/scim/v2/ServiceProviderConfig", tag = "Discovery", operation_id = "scimServiceProviderConfig",
    responses(
        (status = 200, description = "The configuration", body = openapi::Document, content_type = "application/scim+json"),
        Unauthenticated, Forbidden,
    ),
    security((), ("scim_bearer" = []))
)]
async fn config(req: HttpRequest, visitor: Visitor) -> Result<HttpResponse, ApiError> {
    refuse_filter(&req)?;
    Ok(json::ok(&announced().to_json(&visitor.base)))
}

/// List resource types
///
/// Users and groups, with their schemas.
#[utoipa::path(get, path = "/scim/v2/ResourceTypes", tag = "Discovery", operation_id = "scimListResourceTypes",
    responses(
        (status = 200, description = "The resource types", body = openapi::List, content_type = "application/scim+json"),
        Unauthenticated, Forbidden,
    ),
    security((), ("scim_bearer" = []))
)]
async fn resource_types(req: HttpRequest, visitor: Visitor) -> Result<HttpResponse, ApiError> {
    refuse_filter(&req)?;
    Ok(json::ok(&ResourceType::list_json(&types(), &visitor.base)))
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
    let kind = types().into_iter().find(|kind| kind.name == name).ok_or_else(ApiError::not_found)?;
    Ok(json::ok(&kind.to_json(&visitor.base)))
}

/// List schemas
///
/// Every attribute that is accepted and returned.
#[utoipa::path(get, path = "/scim/v2/Schemas", tag = "Discovery", operation_id = "scimListSchemas",
    responses(
        (status = 200, description = "The schemas", body = openapi::List, content_type = "application/scim+json"),
        Unauthenticated, Forbidden,
    ),
    security((), ("scim_bearer" = []))
)]
async fn schemas(req: HttpRequest, visitor: Visitor) -> Result<HttpResponse, ApiError> {
    refuse_filter(&req)?;
    Ok(json::ok(&ResourceType::schemas_json(&types(), &visitor.base)))
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
    let types = types();
    let found = types.iter().flat_map(|kind| kind.schemas()).find(|schema| schema.id.eq_ignore_ascii_case(&urn));
    Ok(json::ok(&found.ok_or_else(ApiError::not_found)?.to_json(&visitor.base)))
}
