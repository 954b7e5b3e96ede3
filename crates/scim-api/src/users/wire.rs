//! A user resource on the wire.

use actix_web::http::StatusCode;
use auth_core::features::directory::users::DirectoryUser;
use auth_core::ids::DirectoryUserId;
use scim_protocol::project::Projection;
use scim_protocol::{Resource, ResourceType};
use serde_json::{Value, json};

use crate::change::Outcome;
use crate::precondition::etag;
use crate::resource::hides;

/// The address of a resource.
pub fn location(base: &str, id: &DirectoryUserId) -> String {
    format!("{base}/Users/{id}")
}

/// The resource as the client wants to see it.
pub fn show(kind: &ResourceType, mut user: DirectoryUser, base: &str, projection: &Projection) -> Value {
    let location = location(base, &user.id);
    let version = etag(&user.tag());
    let mut resource = Resource::new();
    resource.insert("schemas".to_owned(), json!(kind.schemas_of(&user.attributes)));
    resource.insert("id".to_owned(), user.id.to_string().into());
    let (groups, created, updated) = (std::mem::take(&mut user.groups), user.created_at, user.updated_at);
    resource.extend(user.shown().into_iter().filter(|(name, _)| name != "schemas"));
    if !groups.is_empty() {
        let groups: Vec<Value> = groups
            .iter()
            .map(|group| {
                json!({
                    "value": group.id.to_string(),
                    "$ref": format!("{base}/Groups/{}", group.id),
                    "display": group.display_name,
                    "type": if group.direct { "direct" } else { "indirect" },
                })
            })
            .collect();
        resource.insert("groups".to_owned(), groups.into());
    }
    resource.insert(
        "meta".to_owned(),
        json!({
            "resourceType": "User",
            "created": created.rfc3339(),
            "lastModified": updated.rfc3339(),
            "location": location,
            "version": version,
        }),
    );
    // What is stored is shown, but for some attributes that a directory has of its own.
    Value::Object(if projection.is_default() && !hides(kind) { resource } else { projection.apply(kind, resource) })
}

/// What a change or a look came to.
pub fn outcome(
    status: StatusCode,
    kind: &ResourceType,
    user: DirectoryUser,
    base: &str,
    projection: &Projection,
) -> Outcome {
    Outcome {
        status,
        location: location(base, &user.id),
        tag: Some(user.tag()),
        body: Some(show(kind, user, base, projection)),
    }
}
