//! The OpenAPI document of `/scim/v2`.
//!
//! Resources are described from the schemas that `/Schemas` shows, so that the two cannot disagree. The
//! same operations are served under `/api/auth/scim/v2`, which is not described twice.

mod messages;
mod params;
mod resources;
mod responses;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

pub use messages::{BulkRequest, BulkResponse, PatchOp, SearchRequest};
pub use params::{IdParam, IfMatchParam, ListParams, ProjectionParams};
pub use resources::{Document, Group, GroupList, List, User, UserList};
pub use responses::{
    BadRequest, Conflict, Forbidden, NotFound, NotImplemented, Stale, TooLarge, Unauthenticated, Unavailable,
    UnsupportedMedia,
};

use crate::{bulk, discovery, groups, me, oauth, search, users};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portico SCIM API",
        description = "SCIM 2.0 (RFC 7643, RFC 7644): identity providers push people and groups into an organization. One base address \
                       for the instance; whose directory it is comes from the credential. Bodies are `application/scim+json` or \
                       `application/json`, up to 16 MB; every answer is `application/scim+json`, errors too. The same service answers \
                       under `/api/auth/scim/v2`.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    paths(
        discovery::config, discovery::resource_types, discovery::resource_type, discovery::schemas, discovery::schema,
        users::list, users::create, users::get, users::replace, users::patch, users::delete,
        groups::list, groups::create, groups::get, groups::replace, groups::patch, groups::delete,
        search::search_users, search::search_groups, search::search_all, bulk::bulk, me::me,
    ),
    components(schemas(resources::Error)),
    modifiers(&Credentials),
    security(("scim_bearer" = []), ("scim_basic" = [])),
    tags(
        (name = "Discovery", description = "What the service supports"),
        (name = "Users", description = "The people of a directory"),
        (name = "Groups", description = "The groups of a directory"),
        (name = "Messages", description = "Requests about several resources at once"),
    )
)]
struct Api;

/// The OpenAPI document of this dialect.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Api::openapi();
    document.merge(oauth::Docs::openapi());
    document
}

/// How callers say who they are.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "The token of a directory, `scim_…`. The bare token without the word `Bearer` is understood too.",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("scim_bearer", SecurityScheme::Http(scheme));
        let basic = HttpBuilder::new()
            .scheme(HttpAuthScheme::Basic)
            .description(Some("The client id and the secret of a credential of the directory."))
            .build();
        components.add_security_scheme("scim_basic", SecurityScheme::Http(basic));
        components.add_security_scheme(
            "oauth_session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                "better-auth.session_token",
                "The session of an administrator's browser. Named `__Secure-better-auth.session_token` under https.",
            ))),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn every_operation_names_its_errors_and_an_example() {
        let document = serde_json::to_value(super::openapi()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let mut count = 0;
        let paths = document["paths"].as_object().unwrap();
        for (path, item) in paths.iter().filter(|(path, _)| !path.contains("oauth")) {
            assert!(path.starts_with("/scim/v2/"), "{path}");
            for (method, operation) in item.as_object().unwrap().iter().filter(|(_, op)| op.is_object()) {
                count += 1;
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.contains_key("401") && operation["operationId"].is_string(), "{method} {path}");
                for (status, response) in responses {
                    let content = &response["content"]["application/scim+json"];
                    let documented =
                        response["content"].is_null() || !content["example"].is_null() || !content["schema"].is_null();
                    assert!(documented, "{method} {path} {status}: {response}");
                }
            }
        }
        assert_eq!(count, 22);
        let user = &document["components"]["schemas"]["User"];
        assert_eq!(user["properties"]["emails"]["items"]["properties"]["primary"]["type"], "boolean");
        assert!(!user["example"].is_null() || user["examples"].is_array(), "{user}");
        assert_eq!(user["properties"]["password"]["writeOnly"], Value::Bool(true));
    }
}
