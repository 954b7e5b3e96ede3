//! A group resource on the wire, and what a client says about members.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use auth_core::features::directory::groups::{DirectoryGroup, Member, MemberKind, MemberOp, Members};
use auth_core::features::directory::users::{Changed, Warning};
use scim_protocol::filter::matches_element;
use scim_protocol::patch::{self, MemberRef, member_refs};
use scim_protocol::project::Projection;
use scim_protocol::{AttrPath, Resource, ResourceType, ScimError};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::json as body;
use crate::precondition::etag;

/// The address of a resource.
pub fn location(base: &str, group: &DirectoryGroup) -> String {
    format!("{base}/Groups/{}", group.id)
}

/// Whether members have to be read for what the client wants to see.
pub fn members_for(kind: &ResourceType, projection: &Projection) -> Members {
    if projection.wants(kind, "members") { Members::Include } else { Members::Omit }
}

/// Takes the members out of a body, before the rest is looked at. `None` if it does not name them.
pub fn take_members(kind: &ResourceType, body: &mut Value) -> Result<Option<Vec<String>>, ApiError> {
    let Value::Object(object) = body else { return Ok(None) };
    let is_members = |key: &str| {
        AttrPath::parse(key)
            .ok()
            .and_then(|path| kind.canonical(&path))
            .is_some_and(|path| path.attr == "members" && path.sub.is_none())
    };
    let Some(key) = object.keys().find(|key| is_members(key)).cloned() else { return Ok(None) };
    let members = object.shift_remove(&key).unwrap_or_default();
    Ok(Some(ids(member_refs(&members)?)))
}

fn ids(members: Vec<MemberRef>) -> Vec<String> {
    members.into_iter().map(|member| member.value).collect()
}

/// The member operations of a PATCH as the core does them.
pub fn member_ops(kind: &ResourceType, ops: Vec<patch::MemberOp>) -> Result<Vec<MemberOp>, ApiError> {
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
                    MemberOp::RemoveWhere(Arc::new(move |member| matches_element(&filter, &members, &plain(member))))
                }
            })
        })
        .collect()
}

/// A member as a filter sees it.
fn plain(member: &Member) -> Value {
    json!({ "value": member.id, "type": kind_of(member), "display": member.display })
}

fn kind_of(member: &Member) -> &'static str {
    match member.kind {
        MemberKind::User => "User",
        MemberKind::Group => "Group",
    }
}

fn show_member(member: &Member, base: &str, named: bool) -> Value {
    let kind = kind_of(member);
    let mut shown = json!({ "value": member.id, "$ref": format!("{base}/{kind}s/{}", member.id), "type": kind });
    if named {
        shown["display"] = member.display.as_str().into();
    }
    shown
}

/// The resource as the client wants to see it.
pub fn show(kind: &ResourceType, group: DirectoryGroup, base: &str, projection: &Projection) -> Value {
    let location = location(base, &group);
    let mut resource = Resource::new();
    resource.insert("schemas".to_owned(), json!(kind.schemas_of(&group.attributes)));
    resource.insert("id".to_owned(), group.id.to_string().into());
    resource.extend(group.attributes.into_iter().filter(|(name, _)| name != "schemas"));
    if let Some(members) = group.members {
        // The name of a member is returned on request only.
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
            "version": etag(group.version),
        }),
    );
    Value::Object(if projection.is_default() { resource } else { projection.apply(kind, resource) })
}

/// An answer with one resource.
pub fn answer(status: StatusCode, group: DirectoryGroup, base: &str, projection: &Projection) -> HttpResponse {
    let mut answer = body::answer(status);
    answer.insert_header((ETAG, etag(group.version)));
    if status == StatusCode::CREATED {
        answer.insert_header((LOCATION, location(base, &group)));
    }
    answer.body(show(ResourceType::group(), group, base, projection).to_string())
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
