//! `/v1/organizations/{id}/roles`: what an organization can give, and roles of its own, to directories too.

use super::{problem, within};
use crate::support::*;

fn keys(page: &Json) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|role| role["key"].as_str().unwrap()).collect()
}

/// Somebody with a role in the organization.
async fn with_role(app: &App, boot: &Boot, name: &str, role: &str) -> Client {
    let client = app.signed_up(name).await;
    let id = client.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    boot.key.post(&within(boot, "/memberships"), json!({"user_id": id, "role": role})).await.created();
    client
}

db_test!(an_organization_has_roles_of_its_own_beside_those_of_the_instance, async |app| {
    let boot = app.boot("Acme", None).await;
    boot.key.post("/v1/roles", json!({"key": "org:support", "name": "Support"})).await.created();
    let path = within(&boot, "/roles");
    let body = json!({"key": "org:billing", "name": "Billing", "permissions": ["organization:update", "ac:read"]});
    let made = boot.key.post(&path, body).await.created();
    assert_eq!((&made["organization_id"], &made["is_system"]), (&json!(boot.organization_id), &json!(false)));
    let all = boot.key.get(&path).await.ok();
    assert_eq!(keys(&all), ["org:owner", "org:admin", "org:member", "org:support", "org:billing"]);
    assert_eq!(keys(&boot.key.get("/v1/roles").await.ok()), ["org:owner", "org:admin", "org:member", "org:support"]);

    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(boot.key.get(&one).await.ok(), made);
    assert_eq!(boot.key.get(&format!("{path}/role_admin")).await.ok()["key"], "org:admin");
    problem(boot.key.get(&format!("/v1/roles/{}", made["id"].as_str().unwrap())).await, 404, "no_such_role");
    let elsewhere = boot.key.post("/v1/organizations", json!({"name": "Other"})).await.created()["id"].clone();
    let foreign = one.replace(&boot.organization_id, elsewhere.as_str().unwrap());
    problem(boot.key.get(&foreign).await, 404, "no_such_role");
    problem(boot.key.patch(&foreign, json!({"name": "X"})).await, 404, "no_such_role");
    problem(boot.key.delete(&foreign).await, 404, "no_such_role");

    // One name means one role to every member.
    let taken = json!({"key": "org:support", "name": "X"});
    problem(boot.key.post(&path, taken).await, 409, "role_already_exists");
    problem(boot.key.post("/v1/roles", json!({"key": "org:billing", "name": "X"})).await, 409, "role_already_exists");
    problem(boot.key.patch(&format!("{path}/role_admin"), json!({"name": "X"})).await, 409, "system_role");

    // A member sees it, holds it, and loses what it permits at once.
    let ann = with_role(&app, &boot, "ann", "org:billing").await;
    assert_eq!(ann.get(&path).await.ok()["total_count"], 5);
    ann.get(&within(&boot, "/memberships")).await.ok();
    problem(ann.post(&path, json!({"key": "org:x", "name": "X"})).await, 403, "forbidden");
    boot.key.patch(&one, json!({"name": "Money", "permissions": ["ac:read"]})).await.ok();
    problem(ann.get(&within(&boot, "/memberships")).await, 403, "forbidden");
    problem(boot.key.delete(&one).await, 409, "role_in_use");
    boot.key.delete(&format!("{one}?reassign_to=org:support")).await.expect(204);
    assert_eq!(boot.key.get(&within(&boot, "/memberships?role=org:support")).await.ok()["total_count"], 1);
    assert_eq!(boot.key.get(&path).await.ok()["total_count"], 4);
    let role = app.events_of(auth_core::outbox::EventKind::RoleDeleted).await;
    assert_eq!(role[0].organization_id.as_ref().map(ToString::to_string), Some(boot.organization_id.clone()));
});

db_test!(who_makes_a_role_permits_no_more_than_they_may, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, "/roles");
    let body = json!({"key": "org:keeper", "name": "Keeper", "permissions": ["ac:create", "ac:read", "ac:update", "ac:delete"]});
    boot.key.post(&path, body).await.created();
    let ann = with_role(&app, &boot, "ann", "org:keeper").await;
    ann.post(&path, json!({"key": "org:reader", "name": "Reader", "permissions": ["ac:read"]})).await.created();
    let more = json!({"key": "org:more", "name": "More", "permissions": ["member:delete"]});
    problem(ann.post(&path, more.clone()).await, 403, "role_beyond_own");
    let strong = boot.key.post(&path, more).await.created();
    let strong = format!("{path}/{}", strong["id"].as_str().unwrap());
    problem(ann.patch(&strong, json!({"permissions": []})).await, 403, "role_beyond_own");
    problem(ann.delete(&strong).await, 403, "role_beyond_own");
});

db_test!(a_directory_gives_a_role_of_its_own_organization, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let path = within(&boot, "/roles");
    let made = boot.key.post(&path, json!({"key": "org:crew", "name": "Crew", "permissions": ["member:update"]})).await;
    let one = format!("{path}/{}", made.created()["id"].as_str().unwrap());
    let rules = within(&boot, &format!("/directories/{}/role-rules", boot.directory_id));
    boot.admin.put(&rules, json!({"rules": [{"group_name": "Crew", "roles": ["org:crew"]}]})).await.ok();
    let person = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example"});
    let ann = boot.scim.post("/scim/v2/Users", person).await.created()["id"].clone();
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Crew", "members": [{"value": ann}]});
    boot.scim.post("/scim/v2/Groups", group).await.created();
    let listed = boot.key.get(&within(&boot, "/memberships?role=org:crew")).await.ok();
    assert_eq!(listed["total_count"], 1);
    assert!(listed["data"][0]["permissions"].as_array().unwrap().contains(&json!("member:update")));
    problem(boot.key.delete(&format!("{one}?reassign_to=org:member")).await, 409, "role_in_use_by_directory");

    // The directory of another organization does not know it.
    let other = app.boot("Other", None).await;
    let rules = within(&other, &format!("/directories/{}/role-rules", other.directory_id));
    let body = json!({"rules": [{"group_name": "Crew", "roles": ["org:crew"]}]});
    problem(other.admin.put(&rules, body).await, 400, "role_not_found");
});
