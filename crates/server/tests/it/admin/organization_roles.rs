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

db_test!(no_organization_keeps_a_name_from_the_instance_and_neither_role_becomes_the_other, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, "/roles");
    let own = json!({"key": "org:auditor", "name": "Ours", "permissions": ["ac:read"]});
    let own = boot.key.post(&path, own).await.created();
    let ann = with_role(&app, &boot, "ann", "org:auditor").await;
    let later =
        json!({"key": "org:auditor", "name": "Everybody's", "permissions": ["organization:update", "member:create"]});
    let later = boot.key.post("/v1/roles", later).await.created();
    let later = format!("/v1/roles/{}", later["id"].as_str().unwrap());

    // Where there was one of that name, it is what it was, and the only one.
    problem(ann.patch(&within(&boot, ""), json!({"name": "Hers"})).await, 403, "forbidden");
    let all = boot.key.get(&path).await.ok();
    assert_eq!(keys(&all), ["org:owner", "org:admin", "org:member", "org:auditor"]);
    assert_eq!((&all["data"][3]["name"], &all["data"][3]["id"]), (&json!("Ours"), &own["id"]));
    // Elsewhere it is the instance's.
    let other = boot.key.post("/v1/organizations", json!({"name": "Other"})).await.created()["id"].clone();
    let other = format!("/v1/organizations/{}", other.as_str().unwrap());
    let ben = app.signed_up("ben").await;
    let id = ben.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    boot.key.post(&format!("{other}/memberships"), json!({"user_id": id, "role": "org:auditor"})).await.created();
    ben.patch(&other, json!({"name": "Another"})).await.expect(200);

    // Who has the organization's own does not get what the instance's is replaced by, nor hold it up.
    problem(boot.key.delete(&later).await, 409, "role_in_use");
    boot.key.post("/v1/roles", json!({"key": "org:reader", "name": "Reader"})).await.created();
    // What another organization calls so is not given to its members by that.
    let shadow = json!({"key": "org:reader", "name": "X"});
    problem(boot.key.post(&format!("{other}/roles"), shadow).await, 409, "role_already_exists");
    let named = json!({"key": "org:writer", "name": "Theirs", "permissions": ["organization:update"]});
    boot.key.post(&format!("{other}/roles"), named).await.created();
    boot.key.post("/v1/roles", json!({"key": "org:writer", "name": "Writer"})).await.created();
    problem(boot.key.delete(&format!("{later}?reassign_to=org:writer")).await, 400, "role_not_found");
    boot.key.delete(&format!("{later}?reassign_to=org:reader")).await.expect(204);
    problem(ben.patch(&other, json!({"name": "Mine"})).await, 403, "forbidden");
    assert_eq!(boot.key.get(&within(&boot, "/memberships?role=org:auditor")).await.ok()["total_count"], 1);
    assert_eq!(boot.key.get(&format!("{other}/memberships?role=org:reader")).await.ok()["total_count"], 1);
});

db_test!(who_takes_a_role_away_gives_another_only_if_they_may, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, "/roles");
    let make = async |key: &str, permissions: Json| {
        let made = boot.key.post(&path, json!({"key": key, "name": key, "permissions": permissions})).await.created();
        format!("{path}/{}", made["id"].as_str().unwrap())
    };
    make("org:sweeper", json!(["ac:read", "ac:delete"])).await;
    make("org:changer", json!(["ac:read", "ac:delete", "member:update", "invitation:create"])).await;
    let plain = make("org:plain", json!([])).await;
    let strong = make("org:strong", json!(["member:delete"])).await;
    let sweeper = with_role(&app, &boot, "sue", "org:sweeper").await;
    let changer = with_role(&app, &boot, "cat", "org:changer").await;
    with_role(&app, &boot, "ann", "org:plain").await;
    let invited = json!({"email_address": "vic@elsewhere.example", "role": "org:plain"});
    let invited = boot.key.post(&within(&boot, "/invitations"), invited).await.created()["id"].clone();

    // Taking a role away is one thing; giving another takes the right to give it, and to change members at all.
    problem(sweeper.delete(&format!("{plain}?reassign_to=org:member")).await, 403, "forbidden");
    for above in ["org:strong", "org:admin"] {
        let refused = changer.delete(&format!("{plain}?reassign_to={above}")).await;
        problem(refused, 403, "role_above_own");
    }
    problem(changer.delete(&format!("{plain}?reassign_to=org:owner")).await, 403, "owner_by_hand_only");
    problem(changer.delete(&strong).await, 403, "role_beyond_own");

    // Whoever is invited to both is invited to one afterwards.
    let meddle = async |sql: &'static str| {
        let ctx = auth_core::Ctx::system("test");
        app.core.write(&ctx, async |tx: &mut auth_core::Tx| auth_core::db::run(tx, sql, []).await).await.unwrap();
    };
    meddle("UPDATE invitations SET role = 'sweeper,plain,member'").await;
    changer.delete(&format!("{plain}?reassign_to=org:member")).await.expect(204);
    let roles = app
        .look(async |rx| {
            auth_core::db::one(rx, "SELECT role FROM invitations", []).await?.expect("it").get::<String>(0)
        })
        .await;
    assert_eq!(roles, "sweeper,member", "{invited}");
    let one = make("org:one", json!([])).await;
    meddle("UPDATE invitations SET role = 'one,sweeper'").await;
    changer.delete(&format!("{one}?reassign_to=org:member")).await.expect(204);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE role = 'member,sweeper'").await, 1);

    // A word of a directory's settings is no role of the same name.
    let strict = make("org:strict", json!([])).await;
    let directory = within(&boot, &format!("/directories/{}", boot.directory_id));
    boot.key.patch(&directory, json!({"settings": {"link_policy": "strict"}})).await.expect(200);
    boot.key.delete(&strict).await.expect(204);
    let given = make("org:given", json!([])).await;
    boot.key.patch(&directory, json!({"settings": {"default_role": "org:given"}})).await.expect(200);
    problem(boot.key.delete(&given).await, 409, "role_in_use_by_directory");
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
