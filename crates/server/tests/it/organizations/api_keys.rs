//! API keys of organizations: who may do what with them, and how long they are good.

use super::*;

const CREATE: &str = "/api/auth/api-key/create";
const UPDATE: &str = "/api/auth/api-key/update";
const DELETE: &str = "/api/auth/api-key/delete";

fn on() -> Options {
    Options::default().settings(|s| s.methods.api_key.enabled = true)
}

async fn is_good(boot: &Boot, key: &Json) -> bool {
    boot.key.post("/v1/api-keys/verify", json!({ "key": key })).await.ok()["valid"] == true
}

db_test!(keys_of_an_organization_take_the_permission_there, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let admin = joined(&app, &ann, &id, "ben", "admin").await;
    let member = joined(&app, &ann, &id, "cat", "member").await;
    let eve = app.signed_up("eve").await;
    organization(&eve, "evil").await;
    let made = admin.post(CREATE, json!({ "organizationId": id, "name": "deploy" })).await.ok();
    assert_eq!(made["referenceId"], json!(id));
    let (get, list) = (
        format!("/api/auth/api-key/get?id={}", made["id"].as_str().expect("an id")),
        format!("/api/auth/api-key/list?organizationId={id}"),
    );
    for (who, by_id, status, of_all) in [
        (&member, "INSUFFICIENT_API_KEY_PERMISSIONS", 403, "INSUFFICIENT_API_KEY_PERMISSIONS"),
        (&eve, "KEY_NOT_FOUND", 404, "USER_NOT_MEMBER_OF_ORGANIZATION"),
    ] {
        who.post(CREATE, json!({ "organizationId": id })).await.refused(403, of_all);
        who.get(&list).await.refused(403, of_all);
        who.get(&get).await.refused(status, by_id);
        who.post(UPDATE, json!({ "keyId": made["id"], "enabled": false })).await.refused(status, by_id);
        who.post(DELETE, json!({ "keyId": made["id"] })).await.refused(status, by_id);
    }
    eve.get("/api/auth/api-key/list?organizationId=org_none").await.refused(403, "USER_NOT_MEMBER_OF_ORGANIZATION");
    assert_eq!(ann.get(&list).await.ok()["apiKeys"][0]["id"], made["id"]);
    assert_eq!(ann.get("/api/auth/api-key/list").await.ok()["total"], 0, "one's own are others");
    assert_eq!(admin.get("/api/auth/api-key/list").await.ok()["total"], 0);
    ann.post(UPDATE, json!({ "keyId": made["id"], "name": "other" })).await.expect(200);
    ann.post(DELETE, json!({ "keyId": made["id"] })).await.expect(200);
    admin.get(&get).await.refused(404, "KEY_NOT_FOUND");
});

db_test!(what_a_member_made_ends_with_their_place_and_what_a_back_end_made_with_the_organization, on(), async |app| {
    let boot = app.boot("Other", None).await;
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "admin").await;
    let key = ben.post(CREATE, json!({ "organizationId": id })).await.ok();
    let durable = boot.key.post("/v1/api-keys", json!({ "organization_id": id })).await.created();
    assert!(is_good(&boot, &key["key"]).await && is_good(&boot, &durable["key"]).await);
    // It is as good as their right there: not while they may make none, and again when they may.
    let member = member_id(&ann, &id, "ben@example.com").await;
    let become_one = async |role: &str| {
        let body = json!({ "memberId": member, "role": role });
        ann.post("/api/auth/organization/update-member-role", body).await.expect(200);
    };
    become_one("member").await;
    assert!(!is_good(&boot, &key["key"]).await && is_good(&boot, &durable["key"]).await);
    become_one("admin").await;
    assert!(is_good(&boot, &key["key"]).await);
    let body = json!({ "memberIdOrEmail": member, "organizationId": id });
    ann.post("/api/auth/organization/remove-member", body).await.expect(200);
    assert!(!is_good(&boot, &key["key"]).await && is_good(&boot, &durable["key"]).await);
    assert_eq!(events(&app, "api_key.revoked").await, 1);
    joined_again(&app, &ann, &id, &ben).await;
    assert!(!is_good(&boot, &key["key"]).await, "who comes back has another place");
    ann.post("/api/auth/organization/delete", json!({ "organizationId": id })).await.expect(200);
    assert!(!is_good(&boot, &durable["key"]).await);
    assert_eq!(app.count("SELECT COUNT(*) FROM api_keys").await, 0);
});

async fn joined_again(_: &App, inviter: &Client, organization: &str, who: &Client) {
    let id = invite(inviter, organization, "ben@example.com", "admin").await;
    who.post("/api/auth/organization/accept-invitation", json!({ "invitationId": id })).await.expect(200);
}

db_test!(a_key_is_for_no_more_than_its_maker_may_in_the_organization, on(), async |app| {
    let boot = app.boot("Other", None).await;
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let permission = |also: &[&str]| json!({ "apiKey": ["create"], "member": also });
    let role = json!({ "role": "robots", "permission": permission(&["create", "update"]) });
    ann.post("/api/auth/organization/create-role", role).await.expect(200);
    let ben = joined(&app, &ann, &id, "ben", "robots").await;
    let key = ben.post(CREATE, json!({ "organizationId": id })).await.ok();
    let path = format!("/v1/api-keys/{}", key["id"].as_str().expect("an id"));
    let wide = json!({ "member": ["create", "update"], "files": ["read"] });
    boot.key.patch(&path, json!({ "permissions": wide })).await.ok();
    let good = async |wanted: Json| {
        let asked = json!({ "key": key["key"], "permissions": wanted });
        boot.key.post("/v1/api-keys/verify", asked).await.ok()["valid"] == true
    };
    assert!(good(json!({ "member": ["create", "update"] })).await && good(json!({ "files": ["read"] })).await);

    // The role shrinks: the very next use of the key is told so. What the application calls by its own words stays.
    let change = async |permission: Json| {
        let body = json!({ "roleName": "robots", "data": { "permission": permission } });
        ann.post("/api/auth/organization/update-role", body).await.expect(200);
    };
    change(permission(&["create"])).await;
    assert!(good(json!({ "member": ["create"] })).await && good(json!({ "files": ["read"] })).await);
    assert!(!good(json!({ "member": ["update"] })).await);
    change(json!({ "member": ["create", "update"] })).await;
    assert!(!good(json!({})).await, "who may make no keys has none");
});
