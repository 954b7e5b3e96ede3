//! The OpenAPI document of `/v1`, and the problems that its operations name.

use std::collections::BTreeMap;

use actix_web::http::Method;
use serde_json::json;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::error::Problem;
use crate::{
    api_keys, audit, directories, domains, events, instance, invitations, me, memberships, organization_roles,
    organizations, passkeys, receipts, roles, scim, secret_keys, sessions, setup, users, webhooks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portico administration API",
        description = "People, organizations, directories and events of an instance. Lists take `limit` (1 to 500, default 10) and \
                       `offset`, and answer with `data` and `total_count`. Instants are Unix milliseconds. A POST with an \
                       `Idempotency-Key` header is done once in 24 hours. Failures are problems (RFC 9457) with a stable `code`.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    paths(
        me::read, instance::read,
        users::list, users::create, users::count, users::get, users::update, users::delete, users::ban, users::unban,
        users::lock, users::unlock, users::update_metadata, users::verify_password, users::remove_second_factors,
        users::second_factors,
        passkeys::list, passkeys::delete,
        sessions::list, sessions::get, sessions::revoke,
        organizations::list, organizations::create, organizations::get, organizations::update, organizations::delete,
        domains::list, domains::create, domains::get, domains::update, domains::delete, domains::verify,
        organization_roles::list, organization_roles::create, organization_roles::get, organization_roles::update,
        organization_roles::delete,
        roles::list, roles::create, roles::get, roles::update, roles::delete, roles::set_permissions, roles::permissions,
        memberships::list, memberships::create, memberships::update, memberships::delete,
        memberships::suspend, memberships::restore,
        invitations::list, invitations::create, invitations::create_bulk, invitations::revoke,
        scim::endpoint, scim::list, scim::create, scim::revoke,
        directories::list, directories::create, directories::get, directories::update, directories::delete,
        directories::credentials::list, directories::credentials::create, directories::credentials::get,
        directories::credentials::delete, directories::credentials::revoke, directories::credentials::rotate,
        directories::credentials::complete, directories::credentials::cancel,
        directories::instance::list, directories::instance::create, directories::instance::get,
        directories::instance::update, directories::instance::delete, directories::instance::list_credentials,
        directories::instance::create_credential, directories::instance::get_credential,
        directories::instance::delete_credential, directories::instance::revoke_credential,
        directories::instance::rotate_credential, directories::instance::complete_credential_rotation,
        directories::instance::cancel_credential_rotation,
        directories::requests::list, directories::requests::get, directories::requests::replay,
        directories::requests::list_of_instance, directories::requests::get_of_instance,
        directories::requests::replay_of_instance,
        directories::activity::read, directories::activity::paths, directories::activity::timeline,
        directories::activity::read_of_instance, directories::activity::paths_of_instance,
        directories::activity::timeline_of_instance,
        directories::schemas::list, directories::schemas::put, directories::schemas::delete,
        directories::schemas::list_of_instance, directories::schemas::put_of_instance,
        directories::schemas::delete_of_instance,
        directories::mapping::get_oldest, directories::mapping::put_oldest, directories::mapping::get,
        directories::mapping::put, directories::mapping::versions, directories::mapping::restore,
        directories::mapping::preview::preview, directories::mapping::get_of_instance,
        directories::mapping::put_of_instance, directories::mapping::versions_of_instance,
        directories::mapping::restore_of_instance, directories::mapping::preview_of_instance,
        directories::jobs::list, directories::jobs::get, directories::jobs::cancel,
        directories::jobs::list_of_instance, directories::jobs::get_of_instance, directories::jobs::cancel_of_instance,
        directories::role_rules::get, directories::role_rules::put, directories::role_rules::simulate,
        directories::role_rules::get_of_instance, directories::role_rules::put_of_instance,
        directories::role_rules::simulate_of_instance,
        directories::overview::people::list, directories::overview::people::get,
        directories::overview::people::list_of_instance, directories::overview::people::get_of_instance,
        directories::overview::groups::list, directories::overview::groups::get,
        directories::overview::groups::list_of_instance, directories::overview::groups::get_of_instance,
        directories::self_test::run, directories::self_test::run_of_instance,
        directories::states::pause, directories::states::resume, directories::states::release,
        directories::states::reject, directories::states::pause_of_instance,
        directories::states::resume_of_instance, directories::states::release_of_instance,
        directories::states::reject_of_instance,
        directories::health::read, directories::health::read_of_instance,
        directories::guide::read, directories::guide::read_of_instance,
        directories::drift::list, directories::drift::list_of_instance,
        setup::list, setup::create, setup::revoke, setup::embed, setup::exchange, setup::list_by_directory,
        setup::create_by_directory, setup::revoke_by_directory, setup::embed_by_directory, setup::sessions, setup::revoke_session,
        setup::sessions_by_directory, setup::revoke_session_by_directory,
        directories::import::report, directories::import::report_of_instance, directories::import::start,
        directories::import::start_of_instance, directories::import::apply, directories::import::apply_of_instance,
        directories::import::discard, directories::import::discard_of_instance,
        receipts::list_of_all, receipts::get_of_all, receipts::list, receipts::get, receipts::list_of_directory,
        receipts::get_of_directory,
        receipts::list_of_instance, receipts::get_of_instance,
        events::list, events::stream::stream,
        audit::list, audit::export,
        webhooks::endpoints::list, webhooks::endpoints::create, webhooks::endpoints::get, webhooks::endpoints::update,
        webhooks::endpoints::delete, webhooks::endpoints::rotate, webhooks::endpoints::test, webhooks::endpoints::replay,
        webhooks::deliveries::list, webhooks::deliveries::get, webhooks::deliveries::replay,
        secret_keys::list, secret_keys::create, secret_keys::get, secret_keys::revoke,
        api_keys::list, api_keys::create, api_keys::get, api_keys::update, api_keys::revoke, api_keys::verify,
        api_keys::delete_expired,
    ),
    components(schemas(Problem)),
    modifiers(&Credentials, &Setup),
    security(("secret_key" = []), ("session_bearer" = []), ("session_cookie" = [])),
    tags(
        (name = "Instance", description = "The instance itself, and who asks"),
        (name = "Users", description = "People of the instance"),
        (name = "Sessions", description = "Where people are signed in"),
        (name = "Organizations", description = "Organizations and their domains"),
        (name = "Roles", description = "What members may do"),
        (name = "Memberships", description = "Who belongs to an organization, with which roles"),
        (name = "Invitations", description = "Who was invited to an organization"),
        (name = "SCIM", description = "How directories push people into an organization"),
        (name = "Directories", description = "Outside systems that may push people and groups"),
        (name = "Directory credentials", description = "What a directory authenticates with"),
        (name = "Directory requests", description = "What a directory asked for, and making it again"),
        (name = "Directory role rules", description = "Roles that groups of a directory give"),
        (name = "Directory users and groups", description = "What a directory synchronized"),
        (name = "Directory attribute mappings", description = "What people become by their attributes"),
        (name = "Directory setup", description = "Setting up one directory without an account"),
        (name = "Directory jobs", description = "Work on many people of a directory"),
        (name = "Directory schemas", description = "Attributes that a directory has of its own"),
        (name = "Receipts", description = "What proves that access ended"),
        (name = "Events", description = "What happened, in order"),
        (name = "Audit", description = "Who did what, chained and signed"),
        (name = "Webhooks", description = "Addresses to which events are sent, and how that went"),
        (name = "Secret keys", description = "Keys of this API"),
        (name = "API keys", description = "Keys by which programs of people and of organizations show themselves to the application"),
    )
)]
struct Document;

/// The OpenAPI document of this dialect.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// How callers say who they are.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = |description: &str| {
            SecurityScheme::Http(
                HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build(),
            )
        };
        components.add_security_scheme("secret_key", bearer("A secret key, `sk_…`. It stands for the whole instance."));
        components.add_security_scheme(
            "session_bearer",
            bearer("The token of a session. Platform administrators see everything, administrators of an organization that organization."),
        );
        components.add_security_scheme(
            "setup_session",
            bearer("The token of a setup session, `setup_…`. It reaches one directory, and of that what setting it up takes."),
        );
        components.add_security_scheme(
            "session_cookie",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                "better-auth.session_token",
                "The session of a browser; changes must come from a trusted origin. Named `__Secure-better-auth.session_token` under https.",
            ))),
        );
    }
}

/// Which operations are open to who sets up a directory.
struct Setup;

impl Modify for Setup {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let everybody = document.security.clone().unwrap_or_default();
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in [
                (Method::GET, &mut item.get),
                (Method::POST, &mut item.post),
                (Method::PUT, &mut item.put),
                (Method::PATCH, &mut item.patch),
                (Method::DELETE, &mut item.delete),
            ] {
                if let Some(operation) = operation.as_mut().filter(|_| setup::open::is_open(&method, path)) {
                    let mut security = operation.security.clone().unwrap_or_else(|| everybody.clone());
                    security.push(SecurityRequirement::new::<_, [&str; 0], &str>("setup_session", []));
                    operation.security = Some(security);
                }
            }
        }
    }
}

fn problem(status: u16, code: &str, detail: &str, description: &str) -> Response {
    let title =
        actix_web::http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or_default();
    let errors = if code == "validation_failed" {
        json!([{"field": "limit", "code": "out_of_range", "message": "Must be between 1 and 500"}])
    } else {
        json!([])
    };
    let example = json!({
        "type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, "errors": errors,
        "trace_id": "req_4fZq0Xv8ZkT2mN6pLr1S"
    });
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).example(Some(example)).build();
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

macro_rules! problems {
    ($($(#[doc = $doc:literal])* $name:ident = $status:literal, $code:literal, $detail:literal;)*) => {$(
        $(#[doc = $doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let description = concat!($($doc),*).trim();
                [($status.to_string(), RefOr::T(problem($status, $code, $detail, description)))].into()
            }
        }
    )*};
}

problems! {
    /// The request cannot be accepted; `errors` names the fields at fault
    BadRequest = 400, "validation_failed", "The request is not valid";
    /// No credentials, or none that are good
    Unauthenticated = 401, "unauthenticated", "A secret key or a session is needed";
    /// The caller may not do this
    Forbidden = 403, "forbidden", "You are not allowed to do this";
    /// There is no such thing, or none that the caller may know of
    NotFound = 404, "not_found", "There is nothing here";
    /// It contradicts what is there, or the idempotency key was used for another request
    Conflict = 409, "idempotency_key_reused", "This idempotency key was used for another request";
    /// More of these at once than are allowed; `Retry-After` says when to come back
    TooManyAtOnce = 429, "too_many_at_once", "Too many requests of yours wait for events already";
    /// The body is too large
    TooLarge = 413, "payload_too_large", "The body must have at most 1048576 bytes";
    /// Too often; `Retry-After` says in how many seconds again
    TooMany = 429, "rate_limited", "Too many requests; try again in 42 seconds";
    /// Something that is needed does not answer, or has no time; `Retry-After` says in how many seconds again
    Unavailable = 503, "dns_unavailable", "The name servers of the domain could not be asked; try again later";
    /// There are too many of the caller's already
    TooManyStreams = 429, "too_many_streams", "Too many streams of this caller are open; close one of them";
    /// The body is not JSON
    UnsupportedMedia = 415, "unsupported_media_type", "The body must be application/json, not compressed";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// Every value under a key, wherever it is.
    fn under<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
        match value {
            Value::Object(map) => {
                for (name, inner) in map {
                    if name == key {
                        found.push(inner);
                    }
                    under(inner, key, found);
                }
            }
            Value::Array(values) => values.iter().for_each(|inner| under(inner, key, found)),
            _ => {}
        }
    }

    #[test]
    fn the_document_is_whole() {
        let document = serde_json::to_value(openapi()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let mut refs = Vec::new();
        under(&document, "$ref", &mut refs);
        for reference in refs {
            let pointer = reference.as_str().unwrap().trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{pointer} is not in the document");
        }
    }

    #[test]
    fn every_operation_says_what_it_is_and_how_it_fails() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            assert!(path.starts_with("/v1/"), "{path}");
            for (method, operation) in item.as_object().unwrap() {
                let text = |key: &str| operation[key].as_str().filter(|text| !text.is_empty());
                assert!(text("summary").is_some() && text("description").is_some(), "{method} {path}");
                assert!(ids.insert(text("operationId").map(str::to_owned)), "{method} {path}");
                assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{method} {path}");
                let responses = operation["responses"].as_object().unwrap();
                let public = operation["security"] == json!([{}]);
                // What is public says so by a requirement of nothing; and everybody may ask who they are.
                let for_all = public || path == "/v1/me";
                assert_eq!(responses.contains_key("401"), !public, "{method} {path}");
                assert_eq!(responses.contains_key("403"), !for_all, "{method} {path}");
                for (status, response) in responses {
                    let media = if status.starts_with('2') { "application/json" } else { "application/problem+json" };
                    let exported =
                        path.ends_with("/export") && response["content"].get("application/x-ndjson").is_some();
                    let streamed = path.ends_with("/stream") && response["content"].get("text/event-stream").is_some();
                    assert!(
                        status == "204" || exported || streamed || response["content"].get(media).is_some(),
                        "{method} {path} {status}"
                    );
                }
            }
        }
        assert!(ids.len() >= 30, "{ids:?}");
    }
}
