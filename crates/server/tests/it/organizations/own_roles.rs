//! Roles of an organization's own: who makes them of what, to whom they mean something, and when they change.

use super::*;

const CREATE: &str = "/api/auth/organization/create-role";
const UPDATE: &str = "/api/auth/organization/update-role";
const DELETE: &str = "/api/auth/organization/delete-role";

async fn make(client: &Client, role: &str, permission: Json) -> Answer {
    client.post(CREATE, json!({ "role": role, "permission": permission })).await
}

async fn change(client: &Client, role: &str, data: Json) -> Answer {
    client.post(UPDATE, json!({ "roleName": role, "data": data })).await
}

async fn may(client: &Client, organization: &str, permission: Json) -> bool {
    let body = json!({ "permissions": permission, "organizationId": organization });
    client.post("/api/auth/organization/has-permission", body).await.ok()["success"] == true
}

async fn give(client: &Client, organization: &str, member: &str, role: &str) -> Answer {
    let body = json!({ "memberId": member, "role": role, "organizationId": organization });
    client.post("/api/auth/organization/update-member-role", body).await
}

db_test!(a_role_is_made_read_given_renamed_and_deleted, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let made = make(&ann, "Billing", json!({ "organization": ["update"], "ac": ["read"] })).await.ok();
    let role = &made["roleData"];
    assert_eq!((&made["success"], &role["role"]), (&json!(true), &json!("billing")));
    assert_eq!(role["permission"], json!({ "organization": ["update"], "ac": ["read"] }));
    assert_eq!(
        (&role["organizationId"], &role["updatedAt"], &made["statements"]),
        (&json!(id), &Json::Null, &role["permission"])
    );
    let listed = ann.get("/api/auth/organization/list-roles").await.ok();
    assert_eq!(listed, json!([role]));
    let role_id = role["id"].as_str().expect("an id");
    for query in ["roleName=billing".to_owned(), format!("roleId={role_id}")] {
        assert_eq!(ann.get(&format!("/api/auth/organization/get-role?{query}")).await.ok(), *role);
    }

    // Somebody is invited to it and has it.
    let ben = joined(&app, &ann, &id, "ben", "billing").await;
    assert_eq!(membership(&ann, &id, "ben@example.com").await["role"], "billing");
    assert!(may(&ben, &id, json!({ "organization": ["update"] })).await);
    assert!(!may(&ben, &id, json!({ "member": ["create"] })).await);
    ann.post(DELETE, json!({ "roleName": "billing" })).await.refused(400, "ROLE_IS_ASSIGNED_TO_MEMBERS");
    let invited = invite(&ann, &id, "cat@example.com", "billing").await;

    // Whoever has it has it under its new name, invited or not.
    let renamed = change(&ann, "billing", json!({ "roleName": "Money" })).await.ok();
    assert_eq!((&renamed["roleData"]["role"], &renamed["roleData"]["id"]), (&json!("money"), &role["id"]));
    assert!(renamed["roleData"]["updatedAt"].is_string());
    assert_eq!(membership(&ann, &id, "ben@example.com").await["role"], "money");
    assert!(may(&ben, &id, json!({ "organization": ["update"] })).await);
    let cat = app.signed_up("cat").await;
    cat.post("/api/auth/organization/accept-invitation", json!({ "invitationId": invited })).await.expect(200);
    assert_eq!(membership(&ann, &id, "cat@example.com").await["role"], "money");

    for email in ["ben@example.com", "cat@example.com"] {
        give(&ann, &id, &member_id(&ann, &id, email).await, "member").await.expect(200);
    }
    assert_eq!(ann.post(DELETE, json!({ "roleId": role_id })).await.ok(), json!({ "success": true }));
    ann.get("/api/auth/organization/get-role?roleName=money").await.refused(400, "ROLE_NOT_FOUND");
    for (kind, count) in [("role.created", 1), ("role.updated", 1), ("role.deleted", 1)] {
        assert_eq!(events(&app, kind).await, count, "{kind}");
    }
});

db_test!(what_is_no_role_is_refused_in_the_words_of_the_model, async |app| {
    let ann = app.signed_up("ann").await;
    let nowhere = make(&ann, "billing", json!({})).await;
    nowhere.refused(400, "YOU_MUST_BE_IN_AN_ORGANIZATION_TO_CREATE_A_ROLE");
    let id = organization(&ann, "acme").await;
    make(&ann, "billing", json!({ "ac": ["read"] })).await.expect(200);
    for taken in ["billing", "owner", "ADMIN", "member"] {
        make(&ann, taken, json!({})).await.refused(400, "ROLE_NAME_IS_ALREADY_TAKEN");
    }
    for odd in ["", "two words", "a,b", "~x", "org:x", &"x".repeat(64)] {
        make(&ann, odd, json!({})).await.refused(400, "INVALID_ROLE_NAME");
    }
    for unknown in [json!({ "world": ["rule"] }), json!({ "world": [] })] {
        make(&ann, "x", unknown).await.refused(400, "INVALID_RESOURCE");
    }
    // Nobody holds what there is not, and nobody passes on what is the owners' alone.
    let refused = make(&ann, "x", json!({ "member": ["create", "fly"] })).await;
    let refused = refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_ROLE");
    assert_eq!(refused["missingPermissions"], json!(["member:fly"]));
    let refused = make(&ann, "x", json!({ "organization": ["delete"] })).await;
    assert_eq!(refused["missingPermissions"], json!(["organization:delete"]));
    for odd in [json!([]), json!("ac:read"), json!({ "ac": "read" }), json!({ "ac": [1] }), json!(null)] {
        make(&ann, "x", odd).await.refused(400, "VALIDATION_ERROR");
    }
    ann.post(CREATE, json!({ "role": "x" })).await.refused(400, "VALIDATION_ERROR");
    ann.post(UPDATE, json!({ "data": {} })).await.refused(400, "VALIDATION_ERROR");
    ann.post(DELETE, json!({})).await.refused(400, "VALIDATION_ERROR");
    ann.post(DELETE, json!({ "roleName": "admin" })).await.refused(400, "CANNOT_DELETE_A_PRE_DEFINED_ROLE");
    change(&ann, "admin", json!({ "permission": {} })).await.refused(400, "ROLE_NOT_FOUND");
    change(&ann, "billing", json!({ "roleName": "owner" })).await.refused(400, "ROLE_NAME_IS_ALREADY_TAKEN");
    ann.post(DELETE, json!({ "roleId": "no id" })).await.refused(400, "ROLE_NOT_FOUND");
    let eve = app.signed_up("eve").await;
    for organization in [id.as_str(), "org_none", "no id"] {
        let body = json!({ "role": "x", "permission": {}, "organizationId": organization });
        eve.post(CREATE, body).await.refused(403, "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION");
        let path = format!("/api/auth/organization/list-roles?organizationId={}", organization.replace(' ', "%20"));
        eve.get(&path).await.refused(403, "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION");
    }
});

db_test!(nobody_climbs_by_a_role, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let keeper = json!({ "ac": ["create", "read", "update", "delete"], "member": ["update"] });
    make(&ann, "keeper", keeper.clone()).await.expect(200);
    make(&ann, "strong", json!({ "member": ["delete"], "invitation": ["create"] })).await.expect(200);
    let ben = joined(&app, &ann, &id, "ben", "keeper").await;
    let cat = joined(&app, &ann, &id, "cat", "member").await;

    make(&cat, "x", json!({})).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_ROLE");
    change(&cat, "keeper", json!({})).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_A_ROLE");
    cat.post(DELETE, json!({ "roleName": "keeper" })).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_DELETE_A_ROLE");

    // One makes roles of what one holds, and changes none into more, one's own least of all.
    make(&ben, "half", json!({ "ac": ["read"], "member": ["update"] })).await.expect(200);
    let refused = make(&ben, "more", json!({ "member": ["update", "delete"] })).await;
    let refused = refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_ROLE");
    assert_eq!(refused["missingPermissions"], json!(["member:delete"]));
    for role in ["keeper", "half"] {
        let refused = change(&ben, role, json!({ "permission": { "member": ["delete"] } })).await;
        let refused = refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_A_ROLE");
        assert_eq!(refused["missingPermissions"], json!(["member:delete"]), "{role}");
    }
    // Nor does one touch what permits more than one's own, nor take it.
    change(&ben, "strong", json!({ "permission": {} })).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_A_ROLE");
    ben.post(DELETE, json!({ "roleName": "strong" })).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_DELETE_A_ROLE");
    let own = member_id(&ann, &id, "ben@example.com").await;
    give(&ben, &id, &own, "strong").await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER");
    let listed = ben.get("/api/auth/organization/get-role?roleName=strong").await.ok();
    assert_eq!(listed["permission"], json!({ "member": ["delete"], "invitation": ["create"] }));
});

db_test!(a_role_of_one_organization_means_nothing_in_another, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    make(&ann, "boss", json!({ "member": ["create", "update", "delete"] })).await.expect(200);
    let theirs = app.signed_up("eve").await;
    let other = organization(&theirs, "other").await;
    let ben = joined(&app, &ann, &id, "ben", "boss").await;
    let invited = invite(&theirs, &other, "ben@example.com", "member").await;
    ben.post("/api/auth/organization/accept-invitation", json!({ "invitationId": invited })).await.expect(200);

    // It can be neither given nor offered there, nor reached by its id.
    let there = member_id(&theirs, &other, "ben@example.com").await;
    give(&theirs, &other, &there, "boss").await.refused(400, "ROLE_NOT_FOUND");
    let body = json!({ "email": "x@example.com", "role": "boss", "organizationId": other });
    assert_eq!(theirs.post("/api/auth/organization/invite-member", body).await.status, 400);
    let foreign = ann.get("/api/auth/organization/get-role?roleName=boss").await.ok()["id"].clone();
    for path in [UPDATE, DELETE] {
        let body = json!({ "roleId": foreign, "data": { "permission": {} }, "organizationId": other });
        theirs.post(path, body).await.refused(400, "ROLE_NOT_FOUND");
    }
    assert_eq!(theirs.get("/api/auth/organization/list-roles").await.ok(), json!([]));

    // A grant of that name that came into the tables by another road permits nothing.
    let sql = "UPDATE member_grants SET role = 'boss'";
    app.core
        .write(&Ctx::system("test"), async |tx| auth_core::db::run(tx, sql, []).await)
        .await
        .expect("the statement");
    assert!(may(&ben, &id, json!({ "member": ["delete"] })).await);
    assert!(!may(&ben, &other, json!({ "member": ["delete"] })).await);

    // And a role of the same name there is another role.
    let sql = "UPDATE member_grants SET role = 'owner' WHERE member_id <> $1";
    app.core
        .write(&Ctx::system("test"), async |tx| auth_core::db::run(tx, sql, [there.as_str().into()]).await)
        .await
        .expect("the statement");
    make(&theirs, "boss", json!({ "team": ["create"] })).await.expect(200);
    assert!(may(&ben, &other, json!({ "team": ["create"] })).await);
    assert!(!may(&ben, &other, json!({ "member": ["delete"] })).await);
    let mine = ben.get("/v1/me").await.ok();
    let permissions = |slug: &str| {
        let all = mine["memberships"].as_array().expect("memberships");
        all.iter().find(|one| one["organization"]["slug"] == slug).expect("a membership")["permissions"].clone()
    };
    assert_eq!(permissions("other"), json!(["team:create"]));
});

db_test!(what_a_role_permits_no_more_is_refused_to_the_next_request, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    make(&ann, "host", json!({ "invitation": ["create"], "ac": ["read"] })).await.expect(200);
    let ben = joined(&app, &ann, &id, "ben", "host").await;
    invite(&ben, &id, "dan@example.com", "member").await;
    change(&ann, "host", json!({ "permission": { "ac": ["read"] } })).await.expect(200);
    let body = json!({ "email": "eve@example.com", "role": "member", "organizationId": id });
    let refused = ben.post("/api/auth/organization/invite-member", body).await;
    refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION");
    ben.get("/api/auth/get-session").await.expect(200);
});

db_test!(
    there_are_as_many_roles_as_the_operator_says,
    Options::default().settings(|s| s.organization.dynamic_roles.limit = Some(2)),
    async |app| {
        let ann = app.signed_up("ann").await;
        organization(&ann, "acme").await;
        make(&ann, "one", json!({})).await.expect(200);
        make(&ann, "two", json!({})).await.expect(200);
        make(&ann, "three", json!({})).await.refused(400, "TOO_MANY_ROLES");
        organization(&ann, "other").await;
        make(&ann, "three", json!({})).await.expect(200);
    }
);

db_test!(
    where_there_are_none_their_paths_are_unknown,
    Options::default().settings(|s| s.organization.dynamic_roles.enabled = false),
    async |app| {
        let boot = app.boot("Acme", None).await;
        for path in [CREATE, UPDATE, DELETE] {
            boot.admin.post(path, json!({ "role": "x", "permission": {} })).await.expect(404);
        }
        boot.admin.get("/api/auth/organization/list-roles").await.expect(404);
        let path = format!("/v1/organizations/{}/roles", boot.organization_id);
        boot.key.post(&path, json!({ "key": "org:x", "name": "X" })).await.refused(404, "organization_roles_disabled");
    }
);
