//! Roles: the seeded ones, those that are made, and that nobody climbs by them.

use auth_core::outbox::EventKind;

use super::{faults, problem, within};
use crate::support::*;

/// Makes a role; its id.
async fn role(boot: &Boot, key: &str, permissions: &[&str]) -> String {
    let body = json!({"key": key, "name": "A role", "permissions": permissions});
    boot.key.post("/v1/roles", body).await.created()["id"].as_str().unwrap().to_owned()
}

/// Somebody with a role; their id and browser.
async fn with_role(app: &App, boot: &Boot, name: &str, role: &str) -> (String, Client) {
    let client = app.signed_up(name).await;
    let id = client.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    boot.key.post(&within(boot, "/memberships"), json!({"user_id": id, "role": role})).await.created();
    (id, client)
}

db_test!(the_seeded_roles_are_listed_and_stay_as_they_are, async |app| {
    let boot = app.boot("Acme", None).await;
    let page = boot.key.get("/v1/roles").await.ok();
    let keys: Vec<&str> = page["data"].as_array().unwrap().iter().map(|role| role["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["org:owner", "org:admin", "org:member"]);
    let admin = boot.key.get("/v1/roles/role_admin").await.ok();
    assert_eq!((&admin["is_system"], &admin["is_default"]), (&json!(true), &json!(false)));
    assert!(admin["permissions"].as_array().unwrap().contains(&json!("org:sys_provisioning:manage")));
    problem(boot.key.patch("/v1/roles/role_admin", json!({"name": "Boss"})).await, 409, "system_role");
    problem(boot.key.put("/v1/roles/role_member/permissions", json!({"permissions": []})).await, 409, "system_role");
    problem(boot.key.delete("/v1/roles/role_owner").await, 409, "system_role");
    let permissions = boot.key.get("/v1/permissions?limit=100").await.ok();
    assert_eq!(permissions["total_count"], 19);
    let (_, ann) = with_role(&app, &boot, "ann", "org:admin").await;
    assert_eq!(ann.get("/v1/roles").await.ok()["total_count"], 3);
    problem(app.signed_up("eve").await.get("/v1/roles").await, 403, "forbidden");
    problem(ann.post("/v1/roles", json!({"key": "org:mine", "name": "Mine"})).await, 403, "forbidden");
});

db_test!(a_role_is_made_given_changed_and_deleted, async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({"key": "org:support", "name": "Support", "description": "Helps", "permissions": ["member:update", "organization:update"]});
    let made = boot.key.post("/v1/roles", body).await.created();
    assert_eq!(made["permissions"], json!(["organization:update", "member:update"]), "in the order of the list");
    let path = format!("/v1/roles/{}", made["id"].as_str().unwrap());
    let (id, ann) = with_role(&app, &boot, "ann", "org:support").await;
    let shown = &boot.key.get(&within(&boot, &format!("/memberships?user_id={id}"))).await.ok()["data"][0];
    assert_eq!((&shown["role"], &shown["role_name"]), (&json!("org:support"), &json!("Support")));
    assert_eq!(shown["permissions"], made["permissions"]);
    assert_eq!(boot.key.get(&within(&boot, "/memberships?role=org:support")).await.ok()["total_count"], 1);
    ann.get(&within(&boot, "/memberships")).await.ok();
    let may = async |permission: Json| {
        let body = json!({"permissions": permission, "organizationId": boot.organization_id});
        ann.post("/api/auth/organization/has-permission", body).await.ok()["success"].as_bool().unwrap()
    };
    assert!(may(json!({"member": ["update"]})).await && !may(json!({"member": ["delete"]})).await);

    // What the role permits changes for who has it, with the very next request.
    boot.key.put(&format!("{path}/permissions"), json!({"permissions": ["ac:read"]})).await.ok();
    problem(ann.get(&within(&boot, "/memberships")).await, 403, "forbidden");
    let renamed = boot.key.patch(&path, json!({"name": "Helpdesk"})).await.ok();
    assert_eq!((&renamed["name"], &renamed["permissions"]), (&json!("Helpdesk"), &json!(["ac:read"])));

    let invited = json!({"email_address": "bob@x.example", "role": "org:support"});
    assert_eq!(boot.key.post(&within(&boot, "/invitations"), invited).await.created()["role_name"], "Helpdesk");
    problem(boot.key.delete(&path).await, 409, "role_in_use");
    problem(boot.key.delete(&format!("{path}?reassign_to=org:owner")).await, 403, "owner_by_hand_only");
    problem(boot.key.delete(&format!("{path}?reassign_to=org:nobodys")).await, 400, "role_not_found");
    boot.key.delete(&format!("{path}?reassign_to=org:member")).await.expect(204);
    problem(boot.key.get(&path).await, 404, "no_such_role");
    let shown = &boot.key.get(&within(&boot, &format!("/memberships?user_id={id}"))).await.ok()["data"][0];
    assert_eq!(shown["roles"], json!(["org:member"]));
    assert_eq!(boot.key.get(&within(&boot, "/invitations")).await.ok()["data"][0]["role"], "org:member");
    for (kind, count) in [(EventKind::RoleCreated, 1), (EventKind::RoleUpdated, 2), (EventKind::RoleDeleted, 1)] {
        assert_eq!(app.events_of(kind).await.len(), count, "{kind:?}");
    }
});

db_test!(what_is_no_role_is_refused, async |app| {
    let boot = app.boot("Acme", None).await;
    role(&boot, "org:billing", &[]).await;
    let make = async |key: &str, permissions: Json| {
        boot.key.post("/v1/roles", json!({"key": key, "name": "X", "permissions": permissions})).await
    };
    problem(make("org:billing", json!([])).await, 409, "role_already_exists");
    problem(make("org:admin", json!([])).await, 409, "role_already_exists");
    for key in ["billing", "org:", "org:Big", "org:a,b", "org:2"] {
        let answer = problem(make(key, json!([])).await, 400, "validation_failed");
        assert_eq!(faults(&answer), [("key".to_owned(), "unknown_value".to_owned())], "{key}");
    }
    problem(make("org:x", json!(["world:rule"])).await, 400, "unknown_permission");
    problem(make("org:x", json!(["organization:delete"])).await, 400, "permission_of_owners");
    problem(make("org:x", json!(["org:sys_provisioning:manage"])).await, 400, "permission_of_admins");
    let body = json!({"user_id": boot.user_id, "role": "org:nobodys"});
    assert_eq!(boot.key.post(&within(&boot, "/memberships"), body).await.status, 400);
    let none =
        boot.key.patch(&within(&boot, &format!("/memberships/{}", boot.user_id)), json!({"role": "org:nobodys"})).await;
    problem(none, 400, "role_not_found");
    assert_eq!(boot.key.get("/v1/roles").await.ok()["total_count"], 4);
});

db_test!(nobody_climbs_by_a_role_that_was_made, async |app| {
    let boot = app.boot("Acme", None).await;
    role(&boot, "org:people", &["member:update", "member:delete", "invitation:create"]).await;
    role(&boot, "org:keys", &["organization:update"]).await;
    let (own, ann) = with_role(&app, &boot, "ann", "org:people").await;
    let (bob, _) = with_role(&app, &boot, "bob", "org:member").await;
    let (carl, admin) = with_role(&app, &boot, "carl", "org:admin").await;
    let of = |id: &str| within(&boot, &format!("/memberships/{id}"));
    // Neither a role above one's own nor one that permits more, for oneself or for others.
    for id in [&own, &bob] {
        for role in ["org:owner", "org:admin", "org:keys"] {
            let answer = ann.patch(&of(id), json!({ "role": role })).await;
            assert_eq!(answer.status, 403, "{role}: {answer:?}");
        }
    }
    ann.patch(&of(&bob), json!({"role": "org:people"})).await.ok();
    ann.patch(&of(&bob), json!({"role": "org:member"})).await.ok();
    // Nobody above them is taken down.
    assert_eq!(ann.patch(&of(&carl), json!({"role": "org:member"})).await.status, 403);
    assert_eq!(ann.delete(&of(&carl)).await.status, 403);
    assert_eq!(ann.delete(&of(&boot.user_id)).await.status, 403);
    let invite = |role: &str| json!({"email_address": "eve@x.example", "role": role});
    for role in ["org:admin", "org:keys"] {
        let answer = ann.post(&within(&boot, "/invitations"), invite(role)).await;
        problem(answer, 403, "you_are_not_allowed_to_invite_user_with_this_role");
    }
    ann.post(&within(&boot, "/invitations"), invite("org:member")).await.created();
    // An admin holds all of it, and so may give it.
    admin.patch(&of(&bob), json!({"role": "org:keys"})).await.ok();
    ann.delete(&of(&bob)).await.expect(403);
});

db_test!(an_invitation_holds_while_its_inviter_could_give_the_role, async |app| {
    let boot = app.boot("Acme", None).await;
    let id = role(&boot, "org:people", &["invitation:create", "member:update"]).await;
    let (_, ann) = with_role(&app, &boot, "ann", "org:people").await;
    let bob = app.proven("bob@x.example").await;
    let body = json!({"email_address": "bob@x.example", "role": "org:people"});
    let made = ann.post(&within(&boot, "/invitations"), body).await.created();
    boot.key.put(&format!("/v1/roles/{id}/permissions"), json!({"permissions": ["member:update"]})).await.ok();
    let body = json!({"invitationId": made["id"]});
    let refused = bob.post("/api/auth/organization/accept-invitation", body.clone()).await;
    assert!((400..500).contains(&refused.status), "{refused:?}");
    let permissions = json!({"permissions": ["member:update", "invitation:create"]});
    boot.key.put(&format!("/v1/roles/{id}/permissions"), permissions).await.ok();
    bob.post("/api/auth/organization/accept-invitation", body).await.expect(200);
    assert_eq!(boot.key.get(&within(&boot, "/memberships?role=org:people")).await.ok()["total_count"], 2);
});

db_test!(a_directory_gives_a_role_that_was_made_and_keeps_it, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let id = role(&boot, "org:staff", &["ac:read", "organization:update"]).await;
    let directory = within(&boot, &format!("/directories/{}", boot.directory_id));
    let body = json!({"settings": {"default_role": "org:staff"}});
    boot.admin.patch(&directory, body).await.ok();
    let person = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example",
        "emails": [{"value": "ann@acme.example", "primary": true}]
    });
    boot.scim.post("/scim/v2/Users", person).await.created();
    let page = boot.key.get(&within(&boot, "/memberships?role=org:staff")).await.ok();
    assert_eq!((&page["total_count"], &page["data"][0]["role"]), (&json!(1), &json!("org:staff")));
    problem(boot.key.delete(&format!("/v1/roles/{id}")).await, 409, "role_in_use_by_directory");
    problem(boot.key.delete(&format!("/v1/roles/{id}?reassign_to=org:member")).await, 409, "role_in_use_by_directory");
});
