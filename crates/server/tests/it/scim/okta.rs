//! What Okta sends: its own test list R1 to R12, the lifecycle of a catalog app (PATCH) and of an app made with the
//! wizard (PUT).

use super::groups_large::fill;
use super::oauth::OAuthClient;
use super::oauth_consent::{BACK, VERIFIER, code, exchange};
use super::*;
use crate::support::*;

/// Okta's headers.
fn okta(app: &App, boot: &Boot) -> Client {
    okta_with(app, &boot.scim_token)
}

fn okta_with(app: &App, token: &str) -> Client {
    app.scim(token)
        .with("content-type", "application/scim+json; charset=utf-8")
        .with("accept-charset", "utf-8")
        .with("user-agent", "Okta SCIM Client 1.0.0")
}

fn user(local: &str) -> Json {
    json!({
        "schemas": [USER], "userName": format!("{local}@acme.example"), "name": {"givenName": "Ann", "familyName": "Ex"},
        "emails": [{"primary": true, "value": format!("{local}@acme.example"), "type": "work"}], "displayName": "Ann Ex", "locale": "en-US",
        "externalId": format!("00u{local}"), "groups": [], "password": "1mz050nq", "active": true,
    })
}

db_test!(the_specification_test, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let okta = okta(&app, &boot);
    let base = "/api/auth/scim/v2";
    // R6: a realistic user; the suite speaks plain JSON.
    let made = okta
        .send(
            "POST",
            &format!("{base}/Users"),
            Some(user("ann").to_string().into_bytes()),
            &[("content-type", "application/json")],
        )
        .await;
    let made = made.created();
    assert!(made["active"] == true && made["id"].is_string() && !made["emails"][0]["value"].is_null());
    // R1: users are listed, with numbers.
    let list = okta.get(&format!("{base}/Users?startIndex=1&count=2")).await.ok();
    assert!(list["totalResults"].is_u64() && list["startIndex"].is_u64() && list["itemsPerPage"].is_u64());
    let first = &list["Resources"][0];
    assert!(
        first["name"]["familyName"].is_string()
            && first["emails"][0]["value"].is_string()
            && first["active"].is_boolean()
    );
    // R2, R7: read back.
    assert_eq!(okta.get(&format!("{base}/Users/{}", id(&made))).await.ok(), made);
    // R3, R5: nobody of that name.
    let none = okta
        .get(&format!(
            "{}&startIndex=1&count=100",
            filtered(&format!("{base}/Users"), "userName eq \"nobody@acme.example\"")
        ))
        .await
        .ok();
    assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(0), &json!([])));
    // R4, R12: unknown id.
    refused(&okta.get(&format!("{base}/Users/00919288221112222")).await, 404, "");
    // R8: duplicate.
    refused(&okta.post(&format!("{base}/Users"), user("ann")).await, 409, "uniqueness");
    // R9: letter case.
    let upper = okta.get(&filtered(&format!("{base}/Users"), "userName eq \"ANN@ACME.EXAMPLE\"")).await.ok();
    assert_eq!(upper["totalResults"], 1);
    // R10: groups are there.
    okta.get(&format!("{base}/Groups?startIndex=1&count=100")).await.expect(200);
    // R11: without credentials, and with those of another scheme.
    for authorization in ["", "Basic dXNlcjpwYXNz"] {
        refused(&okta.send("GET", &format!("{base}/Users"), None, &[("authorization", authorization)]).await, 401, "");
    }
    // The field's text as it stands.
    okta.send("GET", &format!("{base}/Users"), None, &[("authorization", &boot.scim_token)]).await.expect(200);
});

db_test!(a_catalog_app_patches, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let okta = okta(&app, &boot);
    let path = format!("/scim/v2/Users/{}", id(&okta.post("/scim/v2/Users", user("ann")).await.created()));
    // Profile updates are read, changed, and put back whole.
    let mut profile = okta.get(&path).await.ok();
    profile["name"]["familyName"] = json!("Married");
    let after = okta.put(&path, profile).await.ok();
    assert_eq!((&after["name"]["familyName"], &after["active"]), (&json!("Married"), &json!(true)));
    // Unassigned, assigned again, and unassigned: no path, a real boolean.
    for active in [false, true, false] {
        let after = okta.patch(&path, operations(json!([{"op": "replace", "value": {"active": active}}]))).await.ok();
        assert_eq!(after["active"], json!(active));
        let found = okta.get(&filtered("/scim/v2/Users", "userName eq \"ann@acme.example\"")).await.ok();
        assert_eq!(found["Resources"][0]["active"], json!(active));
    }
    let after = okta
        .patch(&path, operations(json!([{"op": "replace", "value": {"password": "t1meMa$heen"}}])))
        .await
        .expect(200);
    assert!(!after.text.contains("t1meMa$heen"));
});

db_test!(an_app_of_the_wizard_puts, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let okta = okta(&app, &boot);
    let path = format!("/scim/v2/Users/{}", id(&okta.post("/scim/v2/Users", user("ann")).await.created()));
    for active in [false, true] {
        let mut whole = okta.get(&path).await.ok();
        whole["active"] = json!(active);
        assert_eq!(okta.put(&path, whole).await.ok()["active"], json!(active));
    }
    let group = make_group(&okta, "Staff", &[]).await;
    let ann = path.rsplit('/').next().unwrap();
    let body = json!({"schemas": [GROUP], "id": group, "displayName": "Staff", "members": [{"value": ann, "display": "ann@acme.example"}]});
    okta.put(&format!("/scim/v2/Groups/{group}"), body).await.expect(200);
    assert_eq!(members(&okta, &group).await, [ann]);
});

db_test!(groups_are_pushed, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let okta = okta(&app, &boot);
    let (ann, bob) = (make(&okta, "ann").await, make(&okta, "bob").await);
    let none = okta
        .get(&format!("{}&startIndex=1&count=100", filtered("/scim/v2/Groups", "displayName eq \"Staff\"")))
        .await
        .ok();
    assert_eq!(none["totalResults"], 0);
    let group = make_group(&okta, "Staff", &[]).await;
    let path = format!("/scim/v2/Groups/{group}");
    // Before every change of members the name, with the same id along.
    let name = |name: &str| operations(json!([{"op": "replace", "value": {"id": group, "displayName": name}}]));
    okta.patch(&path, name("Staff")).await.expect(200);
    let swap = operations(json!([
        {"op": "remove", "path": format!("members[value eq \"{bob}\"]")},
        {"op": "add", "path": "members", "value": [{"value": ann, "display": "ann@acme.example"}]},
    ]));
    okta.patch(&path, swap).await.expect(200);
    assert_eq!(members(&okta, &group).await, [ann.as_str()]);
    // "Push now": all of them, and none.
    okta.patch(&path, op("replace", "members", json!([{"value": bob, "display": "bob@acme.example"}])))
        .await
        .expect(200);
    assert_eq!(members(&okta, &group).await, [bob.as_str()]);
    okta.patch(&path, operations(json!([{"op": "replace", "value": {"members": [{"value": ann}, {"value": bob}]}}])))
        .await
        .expect(200);
    assert_eq!(members(&okta, &group).await.len(), 2);
    okta.patch(&path, name("Crew")).await.expect(200);
    assert_eq!(members(&okta, &group).await.len(), 2);
    okta.patch(&path, op("replace", "members", json!([]))).await.expect(200);
    assert!(members(&okta, &group).await.is_empty());
    refused(
        &okta.patch(&path, operations(json!([{"op": "replace", "value": {"id": "other"}}]))).await,
        400,
        "mutability",
    );
    okta.delete(&path).await.expect(204);
});

db_test!(an_import_reads_until_the_end, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let okta = okta(&app, &boot);
    for number in 0..5 {
        make(&okta, &format!("imp{number}")).await;
    }
    let (mut start, mut found) = (1, Vec::new());
    loop {
        let page = okta.get(&format!("/scim/v2/Users?startIndex={start}&count=2")).await.ok();
        found.extend(names(&page));
        start += 2;
        if start > page["totalResults"].as_u64().unwrap() {
            break;
        }
    }
    assert_eq!(found, (0..5).map(|number| format!("imp{number}@acme.example")).collect::<Vec<_>>());
});

db_test!(an_import_reads_groups_whatever_their_size, Options::default().broken(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let okta = okta(&app, &boot);
    let ann = make(&okta, "ann").await;
    let large = make_group(&okta, "Everybody", &[]).await;
    fill(&app, &boot, &large, 10_001).await;
    for number in 0..3 {
        make_group(&okta, &format!("G{number}"), &[&ann]).await;
    }
    let import = async |count: u64| {
        let (mut start, mut found) = (1, Vec::new());
        loop {
            let page = okta.get(&format!("/scim/v2/Groups?startIndex={start}&count={count}")).await.ok();
            let groups = page["Resources"].as_array().unwrap();
            found.extend(
                groups.iter().map(|group| (group["displayName"].clone(), group["members"].as_array().map(Vec::len))),
            );
            start += count;
            if start > page["totalResults"].as_u64().unwrap() {
                return found;
            }
        }
    };
    let names = |found: &[(Json, Option<usize>)]| found.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let (large_pages, small_pages) = (import(100).await, import(2).await);
    assert_eq!(names(&large_pages), names(&small_pages));
    assert_eq!(names(&large_pages), [json!("Everybody"), json!("G0"), json!("G1"), json!("G2")]);
    // All members of a group or none, page by page.
    assert!(large_pages.iter().all(|(_, members)| members.is_none()), "{large_pages:?}");
    let of: Vec<_> = small_pages.iter().map(|(_, members)| *members).collect();
    assert_eq!(of, [None, None, Some(1), Some(1)]);
});

db_test!(an_app_of_the_wizard_connects_by_authorization_code, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let client = OAuthClient::make(&boot, &[BACK]).await;
    let code = code(&boot.admin, &client, &[]).await;
    let tokens = exchange(&app, &client, &code, VERIFIER).await.ok();
    let okta = |tokens: &Json| okta_with(&app, tokens["access_token"].as_str().expect("a token"));
    // The credentials are tested, then the life of a person goes on with PUT.
    okta(&tokens).get("/scim/v2/Users?startIndex=1&count=2").await.expect(200);
    let made = okta(&tokens).post("/scim/v2/Users", user("ann")).await.created();
    let path = format!("/scim/v2/Users/{}", id(&made));
    // Its hour is over, and Okta refreshes.
    app.clock.advance(3700);
    refused(&okta(&tokens).get(&path).await, 401, "");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let fresh = client.fetch(&app, &refresh).await.ok();
    let mut whole = okta(&fresh).get(&path).await.ok();
    whole["active"] = json!(false);
    assert_eq!(okta(&fresh).put(&path, whole).await.ok()["active"], false);
});

db_test!(an_app_connects_by_oauth, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let of = format!("/v1/organizations/{}/directories/{}/credentials", boot.organization_id, boot.directory_id);
    let made = boot.key.post(&of, json!({"name": "Okta", "type": "oauth2"})).await.created();
    let text = |name: &str| made[name].as_str().expect("text").to_owned();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        text("client_id"),
        text("client_secret")
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let token = app.http().send("POST", &text("token_url"), Some(form.into_bytes()), &headers).await.ok();
    assert_eq!(token["token_type"], "Bearer");
    let okta = app.scim(token["access_token"].as_str().expect("a token"));
    okta.post("/scim/v2/Users", user("ann")).await.expect(201);
    boot.key.post(&format!("{of}/{}/revoke", text("id")), json!({})).await.expect(200);
    refused(&okta.get("/scim/v2/Users?count=1").await, 401, "");
});
