//! The administrator of one organization sees that one, and nothing of another.

use super::{problem, published, within};
use crate::support::*;

/// An organization with an administrator who is nobody on the platform.
async fn tenant(app: &App, key: &Client, name: &str) -> (String, Client) {
    let admin = app.signed_up(name).await;
    let id = admin.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let made = key.post("/v1/organizations", json!({"name": name, "created_by": id})).await.created();
    (made["id"].as_str().unwrap().to_owned(), admin)
}

db_test!(every_path_of_a_foreign_organization_is_not_there, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let (_, eve) = tenant(&app, &boot.key, "eve").await;
    let token = boot.key.get(&within(&boot, "/scim/tokens")).await.ok()["data"][0]["id"].as_str().unwrap().to_owned();
    let invited =
        boot.key.post(&within(&boot, "/invitations"), json!({"email_address": "bob@x.example"})).await.created();
    let invitation = invited["id"].as_str().unwrap().to_owned();
    let requests = [
        ("GET", String::new(), Json::Null),
        ("PATCH", String::new(), json!({"name": "Evil"})),
        ("DELETE", String::new(), Json::Null),
        ("GET", "/domains".into(), Json::Null),
        ("GET", "/memberships".into(), Json::Null),
        ("POST", "/memberships".into(), json!({"user_id": boot.user_id, "role": "org:member"})),
        ("PATCH", format!("/memberships/{}", boot.user_id), json!({"role": "org:member"})),
        ("DELETE", format!("/memberships/{}", boot.user_id), Json::Null),
        ("GET", "/invitations".into(), Json::Null),
        ("POST", "/invitations".into(), json!({"email_address": "eve2@x.example"})),
        ("POST", "/invitations/bulk".into(), json!({"invitations": [{"email_address": "eve2@x.example"}]})),
        ("POST", format!("/invitations/{invitation}/revoke"), json!({})),
        ("GET", "/scim/endpoint".into(), Json::Null),
        ("GET", "/scim/tokens".into(), Json::Null),
        ("POST", "/scim/tokens".into(), json!({"name": "Evil"})),
        ("POST", format!("/scim/tokens/{token}/revoke"), json!({})),
    ];
    for (method, rest, body) in requests {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        for client in [&eve, &app.http()] {
            let answer = client.send(method, &within(&boot, &rest), body.clone(), &[]).await;
            if client.cookie_header().is_empty() {
                problem(answer, 401, "unauthenticated");
            } else {
                problem(answer, 404, "organization_not_found");
            }
        }
        // The same answer as for one that does not exist.
        let none = eve.send(method, &format!("/v1/organizations/org_none{rest}"), body, &[]).await;
        problem(none, 404, "organization_not_found");
    }
    problem(
        eve.get(&format!("/v1/events?organization_id={}", boot.organization_id)).await,
        404,
        "organization_not_found",
    );
    assert_eq!(boot.key.get(&within(&boot, "")).await.ok()["name"], "Acme");
    boot.scim.get("/scim/v2/Users").await.expect(200);
});

db_test!(what_belongs_to_another_organization_is_not_found_through_ones_own, async |app| {
    let boot = app.boot("Acme", None).await;
    let (own, eve) = tenant(&app, &boot.key, "eve").await;
    let token = boot.key.get(&within(&boot, "/scim/tokens")).await.ok()["data"][0]["id"].as_str().unwrap().to_owned();
    let invited =
        boot.key.post(&within(&boot, "/invitations"), json!({"email_address": "bob@x.example"})).await.created();
    let base = format!("/v1/organizations/{own}");
    let through = async |path: &str| eve.post(&format!("{base}{path}"), json!({})).await;
    problem(through(&format!("/scim/tokens/{token}/revoke")).await, 404, "scim_token_not_found");
    let id = invited["id"].as_str().unwrap();
    problem(through(&format!("/invitations/{id}/revoke")).await, 404, "invitation_not_found");
    problem(
        eve.patch(&format!("{base}/memberships/{}", boot.user_id), json!({"role": "org:member"})).await,
        404,
        "member_not_found",
    );
    assert_eq!(boot.key.get(&within(&boot, "/invitations")).await.ok()["data"][0]["status"], "pending");
    boot.scim.get("/scim/v2/Users").await.expect(200);
});

db_test!(an_administrator_sees_their_own_organization_without_what_is_private, async |app| {
    let boot = app.boot("Acme", None).await;
    let (own, eve) = tenant(&app, &boot.key, "eve").await;
    let path = format!("/v1/organizations/{own}");
    boot.key.patch(&path, json!({"private_metadata": {"crm": 7}, "max_allowed_memberships": 3})).await.ok();
    let page = eve.get("/v1/organizations").await.ok();
    assert_eq!((&page["total_count"], &page["data"][0]["id"]), (&json!(1), &json!(own)));
    let seen = eve.get(&path).await.ok();
    assert_eq!((&seen["private_metadata"], &seen["max_allowed_memberships"]), (&Json::Null, &json!(3)));
    eve.patch(&path, json!({"name": "Renamed"})).await.ok();
    problem(eve.patch(&path, json!({"max_allowed_memberships": 999})).await, 403, "forbidden");
    problem(eve.patch(&path, json!({"private_metadata": {}})).await, 403, "forbidden");
    let membership = eve.get(&format!("{path}/memberships")).await.ok()["data"][0].clone();
    assert_eq!((&membership["role"], &membership["private_metadata"]), (&json!("org:owner"), &Json::Null));
    let token = eve.post(&format!("{path}/scim/tokens"), json!({"name": "Okta"})).await.created();
    assert_eq!(token["organization_id"], own);

    published(&app).await;
    let events = eve.get(&format!("/v1/events?organization_id={own}&limit=500")).await.ok();
    let all = events["data"].as_array().unwrap();
    assert!(!all.is_empty() && all.iter().all(|event| event["organization_id"] == own), "{events}");
    assert_eq!(boot.key.get(&path).await.ok()["private_metadata"], json!({"crm": 7}));
});

db_test!(a_member_without_rights_is_forbidden_what_an_administrator_may, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    boot.key.post(&within(&boot, "/memberships"), json!({"user_id": id, "role": "org:member"})).await.created();
    for rest in ["", "/memberships", "/invitations", "/scim/endpoint", "/scim/tokens", "/domains"] {
        problem(ann.get(&within(&boot, rest)).await, 403, "forbidden");
    }
    problem(ann.post(&within(&boot, "/scim/tokens"), json!({"name": "Mine"})).await, 403, "forbidden");
    problem(ann.delete(&within(&boot, "")).await, 403, "forbidden");
    problem(ann.get(&format!("/v1/events?organization_id={}", boot.organization_id)).await, 403, "forbidden");
});
