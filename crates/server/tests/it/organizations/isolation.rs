//! Strangers: what is foreign and what does not exist are the same to them, everywhere.

use super::*;

/// The same request for something foreign and for something that is not there.
async fn alike(client: &Client, path: &str, foreign: &Json, unknown: &Json) {
    let path = format!("/api/auth/{path}");
    let (first, second) = (client.post(&path, foreign.clone()).await, client.post(&path, unknown.clone()).await);
    assert!(first.status >= 400, "{path} {foreign} answered {}", first.text);
    assert_eq!((first.status, &first.json), (second.status, &second.json), "{path} {foreign}");
}

async fn alike_to_read(client: &Client, foreign: &str, unknown: &str) {
    let (foreign, unknown) = (format!("/api/auth/{foreign}"), format!("/api/auth/{unknown}"));
    let (first, second) = (client.get(&foreign).await, client.get(&unknown).await);
    assert!(first.status >= 400, "{foreign} answered {}", first.text);
    assert_eq!((first.status, &first.json), (second.status, &second.json), "{foreign}");
}

db_test!(foreign_and_unknown_are_the_same, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let member = member_id(&ann, &id, "ann@example.com").await;
    let ann_id = user_id(&ann).await;
    let invitation = invite(&ann, &id, "ben@example.com", "member").await;
    let eve = app.signed_up("eve").await;
    organization(&eve, "evil").await;
    let none = "org_01h455vb4pex5vsknk084sn02q";

    for (path, body) in [
        ("organization/update", json!({"organizationId": "", "data": {"name": "x"}})),
        ("organization/delete", json!({"organizationId": ""})),
        ("organization/set-active", json!({"organizationId": ""})),
        ("organization/invite-member", json!({"organizationId": "", "email": "x@example.com", "role": "member"})),
        ("organization/remove-member", json!({"organizationId": "", "memberIdOrEmail": "ann@example.com"})),
        ("organization/remove-member", json!({"organizationId": "", "memberIdOrEmail": member})),
        ("organization/update-member-role", json!({"organizationId": "", "memberId": member, "role": "member"})),
        ("organization/leave", json!({"organizationId": ""})),
        ("organization/has-permission", json!({"organizationId": "", "permissions": {"ac": ["read"]}})),
        ("scim/generate-token", json!({"organizationId": "", "providerId": "okta"})),
        ("scim/delete-provider-connection", json!({"organizationId": "", "providerId": "okta"})),
    ] {
        let with = |organization: &str| {
            let mut body = body.clone();
            body["organizationId"] = json!(organization);
            body
        };
        alike(&eve, path, &with(&id), &with(none)).await;
        alike(&eve, path, &with(&id), &with("no id at all")).await;
    }
    for (path, key) in [
        ("organization/get-organization", "organizationId"),
        ("organization/get-full-organization", "organizationId"),
        ("organization/list-members", "organizationId"),
        ("organization/list-invitations", "organizationId"),
        ("organization/get-active-member-role", "organizationId"),
        ("scim/get-provider-connection?providerId=okta", "organizationId"),
    ] {
        let and = if path.contains('?') { '&' } else { '?' };
        alike_to_read(&eve, &format!("{path}{and}{key}={id}"), &format!("{path}{and}{key}={none}")).await;
        if path.starts_with("organization/get") || path.ends_with("members") {
            alike_to_read(&eve, &format!("{path}?organizationSlug=acme"), &format!("{path}?organizationSlug=nothing"))
                .await;
        }
    }
    // A foreign membership and a foreign person, named from inside one's own organization.
    eve.post("/api/auth/organization/set-active", json!({"organizationSlug": "evil"})).await.expect(200);
    let unknown = "mem_01h455vb4pex5vsknk084sn02q";
    alike(
        &eve,
        "organization/remove-member",
        &json!({"memberIdOrEmail": member}),
        &json!({"memberIdOrEmail": unknown}),
    )
    .await;
    alike(
        &eve,
        "organization/remove-member",
        &json!({"memberIdOrEmail": "ann@example.com"}),
        &json!({"memberIdOrEmail": "no@example.com"}),
    )
    .await;
    alike(
        &eve,
        "organization/update-member-role",
        &json!({"memberId": member, "role": "admin"}),
        &json!({"memberId": unknown, "role": "admin"}),
    )
    .await;
    let path = "organization/get-active-member-role?userId=";
    alike_to_read(&eve, &format!("{path}{ann_id}"), &format!("{path}user_none")).await;
    for verb in ["accept", "reject", "cancel"] {
        let path = format!("organization/{verb}-invitation");
        alike(&eve, &path, &json!({"invitationId": invitation}), &json!({"invitationId": "inv_none"})).await;
    }
    let path = "organization/get-invitation?id=";
    alike_to_read(&eve, &format!("{path}{invitation}"), &format!("{path}inv_none")).await;

    assert_eq!(members_of(&ann, &id).await.len(), 1, "and nothing happened");
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM directories").await, 0);
});
