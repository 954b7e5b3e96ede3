//! The document of this dialect: OpenAPI 3.1, with full paths.
//!
//! Each operation names the errors of its own. Those that any request may meet (origins, rate limits,
//! media types, lengths) are added here, once.

use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder, Tag};
use utoipa::{OpenApi as _, openapi};

use crate::error::ErrorOut;
use crate::{
    account, admin, email, handover, methods, misc, organization, password, scim, session, sign_in, sign_out, sign_up,
    social, two_factor, user,
};

/// The part that every document begins with.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Portico: sign-in for portals",
        description = "The wire format of Better Auth, for its official client: people, sessions, organizations.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")
    ),
    components(schemas(ErrorOut))
)]
struct Base;

/// Describes everything under `/api/auth`, SCIM's protocol excepted.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut document = Base::openapi();
    for part in vec![
        sign_up::Docs::openapi(),
        sign_in::Docs::openapi(),
        sign_out::Docs::openapi(),
        handover::Docs::openapi(),
        session::Docs::openapi(),
        user::Docs::openapi(),
        password::Docs::openapi(),
        email::Docs::openapi(),
        account::Docs::openapi(),
        admin::openapi(),
        organization::openapi(),
        scim::openapi(),
        misc::Docs::openapi(),
        methods::openapi(),
        social::openapi(),
        two_factor::Docs::openapi(),
    ] {
        document.merge(part);
    }
    let components = document.components.get_or_insert_default();
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        "better-auth.session_token",
        "The signed session token, as sign-in sets it. Over https the name begins with `__Secure-`. \
         Requests that change something also need a trusted `Origin`.",
    ));
    components.add_security_scheme("cookieAuth", SecurityScheme::ApiKey(cookie));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A session token: as `token` in an answer, or signed, as `set-auth-token`."))
        .build();
    components.add_security_scheme("bearerAuth", SecurityScheme::Http(bearer));
    document.tags = Some(
        [
            ("Sign-in", "Signing up, in and out"),
            ("Sessions", "The caller's sessions"),
            ("Users", "The caller's own account"),
            ("Passwords", "Changing, checking and resetting passwords"),
            ("Email", "Proving and changing addresses"),
            ("Administration", "What the administrators of the instance do with people"),
            ("Organizations", "Organizations, their members and invitations"),
            ("Directory connections", "Credentials by which directories provision people"),
            ("Passkeys", "Keys that never leave people's devices"),
            ("Devices", "Devices that wait for somebody to let them in elsewhere"),
            ("Service", "The API itself"),
            ("API keys", "Keys by which programs of people and of organizations show themselves to the application"),
            ("Social sign-in", "Signing in through other services, and accounts there"),
        ]
        .map(|(name, description)| {
            let mut tag = Tag::new(name);
            tag.description = Some(description.to_owned());
            tag
        })
        .into(),
    );
    for item in document.paths.paths.values_mut() {
        for (method, operation) in [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Patch, &mut item.patch),
            (HttpMethod::Delete, &mut item.delete),
        ] {
            if let Some(operation) = operation {
                complete(operation, &method);
            }
        }
    }
    document
}

/// Adds the errors that any request may meet, unless the operation says more about them.
fn complete(operation: &mut Operation, method: &HttpMethod) {
    let mut common = vec![
        ("429", "Too many requests: wait as long as `Retry-After` and `X-Retry-After` say"),
        ("500", "`INTERNAL_SERVER_ERROR`: ours; the log has it under the `x-request-id` of the answer"),
    ];
    if operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty()) {
        common.push(("400", "`VALIDATION_ERROR`: the query cannot be read or has the wrong shape"));
    }
    if !matches!(method, HttpMethod::Get) {
        common.extend([
            ("400", "`VALIDATION_ERROR`, `BAD_REQUEST`: the body cannot be read or has the wrong shape"),
            ("403", "`MISSING_OR_NULL_ORIGIN`, `INVALID_ORIGIN`: cookies were sent without a trusted origin"),
            ("413", "`PAYLOAD_TOO_LARGE`: the body is too large"),
            ("415", "`UNSUPPORTED_MEDIA_TYPE`: the body is not JSON"),
        ]);
    }
    for (status, description) in common {
        if !operation.responses.responses.contains_key(status) {
            let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
            let response = ResponseBuilder::new().description(description).content("application/json", body).build();
            operation.responses.responses.insert(status.to_owned(), RefOr::T(response));
        }
    }
}

/// The response of an error, for documents that are written by hand.
#[must_use]
pub fn error(description: &str) -> openapi::Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
    ResponseBuilder::new().description(description).content("application/json", body).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_summed_up_secured_and_named_once() {
        let document = serde_json::to_value(openapi()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let mut names = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            assert!(path.starts_with("/api/auth/"), "{path}");
            for (method, operation) in item.as_object().unwrap() {
                let place = format!("{method} {path}");
                assert!(operation["summary"].is_string(), "{place} has a summary");
                assert!(operation["security"].is_array(), "{place} says who may call it");
                assert!(operation["tags"][0].is_string(), "{place} has a tag");
                assert!(operation["responses"]["429"].is_object(), "{place} may be limited");
                names.push(operation["operationId"].as_str().unwrap_or_default().to_owned());
            }
        }
        assert!(names.len() > 20 && names.iter().all(|name| !name.is_empty()));
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = serde_json::to_value(openapi()).unwrap();
        let text = document.to_string();
        for name in text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
