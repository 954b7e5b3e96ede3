//! A group resource on the wire, and what a client says about members.

use auth_core::features::directory::groups::{Beyond, Condition, DirectoryGroup, Member, MemberOp, Members};
use auth_core::features::directory::users::{Changed, Warning};
use auth_core::ids::DirectoryGroupId;
use scim_protocol::filter::matches_element;
use scim_protocol::patch::{self, MemberRef};
use scim_protocol::project::Projection;
use scim_protocol::{Resource, ResourceType, ScimError};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::precondition::etag;
use crate::resource::hides;

/// The address of a resource.
pub fn location(base: &str, id: &DirectoryGroupId) -> String {
    format!("{base}/Groups/{id}")
}

/// Whether members have to be read for what the client wants to see.
pub fn members_for(kind: &ResourceType, projection: &Projection) -> Members {
    if !projection.wants(kind, "members") {
        Members::Omit
    } else if projection.names_sub("members", "display") {
        // What a member is called is returned on request only.
        Members::Include
    } else {
        Members::Unnamed
    }
}

/// What becomes of a page whose groups have too many members: who asked for them by name is told, everybody else
/// gets the groups without.
pub fn beyond(projection: &Projection) -> Beyond {
    if projection.names_attributes() { Beyond::Refuse } else { Beyond::Omit }
}

/// Takes the members out of a body, before the rest is looked at. `None` if it does not name them.
pub fn take_members(kind: &ResourceType, body: &mut Value) -> Result<Option<Vec<String>>, ApiError> {
    Ok(patch::take_members(kind, body)?.map(ids))
}

fn ids(members: Vec<MemberRef>) -> Vec<String> {
    members.into_iter().map(|member| member.value).collect()
}

/// The member operations of a PATCH as the core does them.
pub fn member_ops(kind: &ResourceType, base: &str, ops: Vec<patch::MemberOp>) -> Result<Vec<MemberOp>, ApiError> {
    ops.into_iter()
        .map(|op| {
            Ok(match op {
                patch::MemberOp::Add(members) => MemberOp::Add(ids(members)),
                patch::MemberOp::Remove(values) => MemberOp::Remove(values),
                patch::MemberOp::RemoveAll => MemberOp::Replace(Vec::new()),
                patch::MemberOp::Replace(members) => MemberOp::Replace(ids(members)),
                patch::MemberOp::RemoveWhere(filter) => {
                    let members = kind.attribute("members").cloned();
                    let members = members.ok_or_else(|| ScimError::invalid_path("groups have no members"))?;
                    let base = base.to_owned();
                    MemberOp::RemoveWhere(Condition::new(filter.size(), move |member| {
                        matches_element(&filter, &members, &show_member(member, &base, true))
                    }))
                }
            })
        })
        .collect()
}

fn show_member(member: &Member, base: &str, named: bool) -> Value {
    let kind = member.kind.as_str();
    let mut shown = json!({ "value": member.id, "$ref": format!("{base}/{kind}s/{}", member.id), "type": kind });
    if named {
        shown["display"] = member.display.as_str().into();
    }
    shown
}

/// The resource as the client wants to see it.
pub fn show(kind: &ResourceType, group: DirectoryGroup, base: &str, projection: &Projection) -> Value {
    let location = location(base, &group.id);
    let version = etag(&group.tag());
    let mut resource = Resource::new();
    resource.insert("schemas".to_owned(), json!(kind.schemas_of(&group.attributes)));
    resource.insert("id".to_owned(), group.id.to_string().into());
    resource.extend(group.attributes.into_iter().filter(|(name, _)| name != "schemas"));
    if let Some(members) = group.members {
        let named = projection.names_sub("members", "display");
        let shown: Vec<Value> = members.iter().map(|member| show_member(member, base, named)).collect();
        resource.insert("members".to_owned(), shown.into());
    }
    resource.insert(
        "meta".to_owned(),
        json!({
            "resourceType": "Group",
            "created": group.created_at.rfc3339(),
            "lastModified": group.updated_at.rfc3339(),
            "location": location,
            "version": version,
        }),
    );
    Value::Object(if projection.is_default() && !hides(kind) { resource } else { projection.apply(kind, resource) })
}

/// The group after a change. Members that the directory does not know fail nobody's push; how many they
/// were is in the log.
pub fn settled(changed: Changed<DirectoryGroup>) -> DirectoryGroup {
    let unknown = changed.warnings.iter().filter(|warning| matches!(warning, Warning::UnknownMember(_))).count();
    if unknown > 0 {
        tracing::info!(group = %changed.resource.id, unknown, "members were passed over that the directory does not know");
    }
    changed.resource
}
