//! What an event says, in the words of `/v1`.
//!
//! Payloads of the core are versioned objects of neutral facts. Of a change they hold `before` and
//! `after` (or `resource`); of anything else the facts under their noun.

use auth_core::outbox::{EventKind, Published};
use serde_json::{Map, Value, json};

use super::names::{self, is_about_directory_user};
use crate::role;

type Object = Map<String, Value>;

/// The facts of an event.
pub fn of(event: &Published) -> Object {
    let mut data = Object::new();
    let noun = event.kind.map_or("object", noun);
    if let Value::Object(payload) = &event.payload {
        for (key, value) in payload {
            match key.as_str() {
                "v" => {}
                "after" | "resource" => {
                    data.insert(noun.to_owned(), shown(noun, value));
                }
                "before" => {
                    data.insert("previous".to_owned(), shown(noun, value));
                }
                key => {
                    data.insert(key.to_owned(), shown(key, value));
                }
            }
        }
    }
    let organization = event.organization_id.as_ref().map(ToString::to_string);
    data.insert("organization_id".to_owned(), organization.into());
    if event.kind.is_some_and(is_about_directory_user) {
        data.entry("user").or_insert(Value::Null);
        data.insert("enterprise_connection_id".to_owned(), Value::Null);
    }
    data
}

/// What an event of a kind is about, as a field of its data.
const fn noun(kind: EventKind) -> &'static str {
    match kind {
        EventKind::UserCreated
        | EventKind::UserUpdated
        | EventKind::UserDeleted
        | EventKind::UserTwoFactorEnabled
        | EventKind::UserTwoFactorDisabled
        | EventKind::UserTwoFactorReset
        | EventKind::UserTwoFactorLocked => "user",
        EventKind::SessionCreated
        | EventKind::SessionEnded
        | EventKind::SessionRevoked
        | EventKind::SessionImpersonated
        | EventKind::SessionImpersonationEnded
        | EventKind::SessionImpersonationRefused => "session",
        EventKind::OrganizationCreated
        | EventKind::OrganizationUpdated
        | EventKind::OrganizationDeleted
        | EventKind::OrganizationOwnerless => "organization",
        EventKind::MembershipCreated | EventKind::MembershipUpdated | EventKind::MembershipDeleted => "membership",
        EventKind::InvitationCreated | EventKind::InvitationAccepted | EventKind::InvitationRevoked => "invitation",
        EventKind::TeamCreated
        | EventKind::TeamUpdated
        | EventKind::TeamDeleted
        | EventKind::TeamMemberAdded
        | EventKind::TeamMemberRemoved => "team",
        EventKind::DomainCreated | EventKind::DomainUpdated | EventKind::DomainDeleted => "domain",
        EventKind::RoleCreated | EventKind::RoleUpdated | EventKind::RoleDeleted => "role",
        EventKind::DirectoryCreated
        | EventKind::DirectoryUpdated
        | EventKind::DirectoryPaused
        | EventKind::DirectoryTripped
        | EventKind::DirectoryReleased => "directory",
        EventKind::DirectoryRequestReplayed => "scim_request",
        EventKind::CredentialIssued
        | EventKind::CredentialRevoked
        | EventKind::CredentialRotated
        | EventKind::CredentialExpiring
        | EventKind::CredentialUnused => "scim_token",
        EventKind::DirectoryUserProvisioned
        | EventKind::DirectoryUserUpdated
        | EventKind::DirectoryUserDeprovisioned => "scim_user",
        EventKind::DirectoryGroupCreated
        | EventKind::DirectoryGroupUpdated
        | EventKind::DirectoryGroupDeleted
        | EventKind::DirectoryGroupMemberAdded
        | EventKind::DirectoryGroupMemberRemoved => "group",
        EventKind::SetupLinkCreated | EventKind::SetupLinkRevoked => "setup_link",
        EventKind::SetupSessionCreated | EventKind::SetupSessionRevoked => "setup_session",
        EventKind::WebhookEndpointCreated
        | EventKind::WebhookEndpointUpdated
        | EventKind::WebhookEndpointDeleted
        | EventKind::WebhookEndpointDisabled
        | EventKind::WebhookEndpointRotated
        | EventKind::WebhookEndpointReplayed
        | EventKind::WebhookTest => "webhook_endpoint",
        EventKind::SecretKeyIssued | EventKind::SecretKeyRevoked => "secret_key",
        EventKind::ApiKeyIssued | EventKind::ApiKeyUpdated | EventKind::ApiKeyRevoked => "api_key",
        EventKind::AccountLinked | EventKind::AccountUnlinked => "account",
        EventKind::PasskeyCreated
        | EventKind::PasskeyUpdated
        | EventKind::PasskeyDeleted
        | EventKind::PasskeyRefused => "passkey",
        EventKind::ImportApplied => "import",
    }
}

/// The facts of a thing with the names of `/v1`.
fn shown(noun: &str, value: &Value) -> Value {
    let Value::Object(facts) = value else { return value.clone() };
    let object = match noun {
        "user" => "user",
        "organization" => "organization",
        "membership" => "organization_membership",
        "invitation" => "organization_invitation",
        "domain" => "organization_domain",
        "directory" => "directory",
        "role" => "role",
        "team" => "organization_team",
        "webhook_endpoint" => "webhook_endpoint",
        _ => return value.clone(),
    };
    let mut out = Object::new();
    for (key, value) in facts {
        match key.as_str() {
            "email" => out.insert("email_address".to_owned(), value.clone()),
            "image" | "logo" => {
                out.insert("has_image".to_owned(), (!value.is_null()).into());
                out.insert("image_url".to_owned(), value.clone())
            }
            "key" if object == "role" => out.insert("key".to_owned(), value.as_str().map(role::show).into()),
            "event_kinds" => {
                let kinds = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                let types: Vec<&str> = kinds.filter_map(EventKind::from_stored).map(names::name).collect();
                out.insert("enabled_event_types".to_owned(), types.into())
            }
            "roles" => {
                let roles: Vec<String> =
                    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(role::show).collect();
                out.insert("role".to_owned(), roles.first().cloned().into());
                out.insert("roles".to_owned(), roles.into())
            }
            _ => out.insert(key.clone(), value.clone()),
        };
        if key == "id" {
            out.insert("object".to_owned(), json!(object));
        }
    }
    if object == "user" && !facts.contains_key("deleted") {
        // The whole object: what nobody has yet is there and empty, as where people are read.
        out.insert("username".to_owned(), Value::Null);
        out.entry("locked").or_insert(json!(false));
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use auth_core::clock::Timestamp;
    use auth_core::ids::{Id as _, OrgId};

    use super::*;

    fn event(kind: EventKind, payload: Value) -> Published {
        Published {
            id: "evt_1".into(),
            sequence: 1,
            kind: Some(kind),
            organization_id: Some(OrgId::from_text("org_1".into())),
            subject: "x".into(),
            payload,
            actor: "system".into(),
            request_id: "r".into(),
            created_at: Timestamp(1),
        }
    }

    #[test]
    fn a_change_shows_what_became_and_what_was() {
        let payload =
            json!({"v": 1, "before": {"id": "org_1", "logo": null}, "after": {"id": "org_1", "logo": "https://x/y"}});
        assert_eq!(
            Value::Object(of(&event(EventKind::OrganizationUpdated, payload))),
            json!({
                "previous": {"id": "org_1", "object": "organization", "has_image": false, "image_url": null},
                "organization": {"id": "org_1", "object": "organization", "has_image": true, "image_url": "https://x/y"},
                "organization_id": "org_1"
            })
        );
    }

    #[test]
    fn a_directory_user_has_a_user_a_directory_and_no_enterprise_connection() {
        let payload =
            json!({"v": 1, "directory_id": "dir_1", "user": {"id": "user_1", "email": "a@b.c", "public_metadata": {}}});
        assert_eq!(
            Value::Object(of(&event(EventKind::DirectoryUserDeprovisioned, payload))),
            json!({
                "directory_id": "dir_1",
                "user": {
                    "id": "user_1", "object": "user", "email_address": "a@b.c", "public_metadata": {},
                    "username": null, "locked": false
                },
                "organization_id": "org_1", "enterprise_connection_id": null
            })
        );
    }

    #[test]
    fn roles_are_written_as_everywhere_in_this_api() {
        let payload = json!({"v": 1, "membership": {"id": "mem_1", "roles": ["owner", "member"]}});
        let data = of(&event(EventKind::MembershipCreated, payload));
        assert_eq!(data["membership"]["role"], "org:owner");
        assert_eq!(data["membership"]["roles"], json!(["org:owner", "org:member"]));
    }
}
