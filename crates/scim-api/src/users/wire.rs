//! A user resource on the wire.

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{HttpResponse, http::StatusCode};
use auth_core::features::directory::users::DirectoryUser;
use scim_protocol::project::Projection;
use scim_protocol::{Resource, ResourceType};
use serde_json::{Value, json};

use crate::json as body;
use crate::precondition::etag;

/// The address of a resource.
pub fn location(base: &str, user: &DirectoryUser) -> String {
    format!("{base}/Users/{}", user.id)
}

/// The resource as the client wants to see it.
pub fn show(kind: &ResourceType, user: DirectoryUser, base: &str, projection: &Projection) -> Value {
    let location = location(base, &user);
    let mut resource = Resource::new();
    resource.insert("schemas".to_owned(), json!(kind.schemas_of(&user.attributes)));
    resource.insert("id".to_owned(), user.id.to_string().into());
    resource.extend(user.attributes.into_iter().filter(|(name, _)| name != "schemas"));
    if !user.groups.is_empty() {
        let groups: Vec<Value> = user
            .groups
            .iter()
            .map(|group| {
                json!({
                    "value": group.id.to_string(),
                    "$ref": format!("{base}/Groups/{}", group.id),
                    "display": group.display_name,
                    "type": "direct",
                })
            })
            .collect();
        resource.insert("groups".to_owned(), groups.into());
    }
    resource.insert(
        "meta".to_owned(),
        json!({
            "resourceType": "User",
            "created": user.created_at.rfc3339(),
            "lastModified": user.updated_at.rfc3339(),
            "location": location,
            "version": etag(user.version),
        }),
    );
    // Nothing that is stored is hidden unless it was asked for, so there is nothing to do by default.
    Value::Object(if projection.is_default() { resource } else { projection.apply(kind, resource) })
}

/// An answer with one resource.
pub fn answer(status: StatusCode, user: DirectoryUser, base: &str, projection: &Projection) -> HttpResponse {
    let mut answer: HttpResponseBuilder = body::answer(status);
    answer.insert_header((ETAG, etag(user.version)));
    if status == StatusCode::CREATED {
        answer.insert_header((LOCATION, location(base, &user)));
    }
    answer.body(show(ResourceType::user(), user, base, projection).to_string())
}
