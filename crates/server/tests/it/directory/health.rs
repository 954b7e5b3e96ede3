//! How a directory is doing, as its admin reads it.

use super::*;
use crate::support::*;

db_test!(health_says_what_an_admin_would_look_for, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let path = format!("/v1/organizations/{}/directories/{}", boot.organization_id, boot.directory_id);
    let fresh = boot.key.get(&format!("{path}/health")).await.ok();
    assert_eq!(fresh["state"], "setting_up");
    assert_eq!(
        (&fresh["last_request_at"], &fresh["last_success_at"], &fresh["tripped"]),
        (&Json::Null, &Json::Null, &Json::Null)
    );
    assert_eq!(fresh["credentials"], json!({"valid": 1, "next_expiry": null}));

    boot.scim.get("/scim/v2/Users/nobody").await.expect(404);
    let failed = boot.key.get(&format!("{path}/health")).await.ok();
    assert!(failed["last_request_at"].is_i64() && failed["last_success_at"].is_null(), "{failed:?}");
    app.signed_up_as("carol@elsewhere.example").await;
    for resource in [
        person("ann@acme.example"),
        person("bob@acme.example"),
        person("carol@elsewhere.example"),
        json!({"userName": "nobody"}),
        json!({"userName": "gone@acme.example", "active": false}),
    ] {
        boot.scim.post("/scim/v2/Users", resource).await.created();
    }
    boot.scim.post("/scim/v2/Groups", json!({"displayName": "Staff"})).await.created();
    owner_gets_in(&app, "ann@acme.example").await;
    let now = boot.key.get(&path).await.ok()["created_at"].as_i64().unwrap();
    for (name, hours) in [("Later", 9), ("Sooner", 5)] {
        let body = json!({"name": name, "expires_at": now + hours * 3_600_000});
        boot.key.post(&format!("{path}/credentials"), body).await.created();
    }

    let health = boot.key.get(&format!("{path}/health")).await.ok();
    assert_eq!(
        health["counts"],
        json!({"users": 5, "active": 4, "pending": 1, "no_address": 1, "never_seen": 1, "groups": 1})
    );
    assert_eq!((&health["state"], &health["credentials"]["valid"]), (&json!("active"), &json!(3)));
    assert_eq!(health["credentials"]["next_expiry"]["name"], "Sooner");
    // What was answered is in the log of whoever looks: six were good, one was not.
    let health = boot.key.get(&format!("{path}/health")).await.ok();
    assert_eq!(health["requests"]["last_hour"]["total"], 7, "{health:?}");
    assert_eq!(health["requests"]["last_day"], health["requests"]["last_hour"]);
    assert_eq!(health["requests"]["last_hour"]["failed"], 1);
    assert_eq!(health["requests"]["last_hour"]["error_rate"], 1.0 / 7.0);
    // The success is written beside the request.
    for _ in 0..200 {
        if boot.key.get(&format!("{path}/health")).await.ok()["last_success_at"].is_i64() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("a success is never written");
});

db_test!(drift_tells_what_was_done_behind_the_directory, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let path = format!("/v1/organizations/{}/directories/{}", boot.organization_id, boot.directory_id);
    let report = async |query: &str| boot.key.get(&format!("{path}/drift{query}")).await.ok();
    let none = report("").await;
    assert_eq!(
        none["counts"],
        json!({"by_hand": 1, "gone": 0, "suspended": 0, "roles": 0, "teams": 0}),
        "the owner is no directory's"
    );

    let acme = OrgId::from_text(boot.organization_id.clone());
    let mut people = Vec::new();
    for name in ["ann", "bob", "cyd", "dan"] {
        let made = boot.scim.post("/scim/v2/Users", person(&format!("{name}@acme.example"))).await.created();
        people.push((
            user(&app, &format!("{name}@acme.example")).await.unwrap().id,
            made["id"].as_str().unwrap().to_owned(),
        ));
    }
    // Ann was given a role, Bob was suspended by hand, Cyd was deleted by the directory and brought back by hand.
    let id = member(&app, &acme, &people[0].0).await.unwrap().id;
    let give = async |tx: &mut auth_core::Tx| members::grant(tx, &acme, &id, "admin", Source::Manual).await;
    app.core.write(&system(), give).await.unwrap();
    let suspend = async |tx: &mut auth_core::Tx| members::suspend(tx, &acme, &people[1].0, "test").await;
    app.core.write(&system(), suspend).await.unwrap();
    boot.scim.delete(&format!("/scim/v2/Users/{}", people[2].1)).await.expect(204);
    let restore = async |tx: &mut auth_core::Tx| members::restore(tx, &acme, &people[2].0).await;
    app.core.write(&system(), restore).await.unwrap();

    let all = report("?limit=500").await;
    assert_eq!(all["counts"], json!({"by_hand": 1, "gone": 1, "suspended": 1, "roles": 1, "teams": 0}));
    assert_eq!(all["total_count"], 4);
    for (kind, email, status) in [
        ("by_hand", boot.email.as_str(), "active"),
        ("gone", "cyd@acme.example", "active"),
        ("suspended", "bob@acme.example", "suspended"),
        ("roles", "ann@acme.example", "active"),
    ] {
        let one = report(&format!("?kind={kind}")).await;
        assert_eq!((&one["total_count"], &one["counts"]), (&json!(1), &all["counts"]));
        let found = &one["data"][0];
        assert_eq!(
            (&found["kind"], &found["email_address"], &found["status"]),
            (&json!(kind), &json!(email), &json!(status))
        );
    }
    // Whom the directory has carried as inactive all along, and who became a member by hand, is one that it does not want.
    let eve = app.signed_up_as("eve@elsewhere.example").await;
    let eve = eve.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned();
    let mut inactive = person("eve@elsewhere.example");
    inactive["active"] = json!(false);
    boot.scim.post("/scim/v2/Users", inactive).await.created();
    add_member(&app, &acme, &UserId::from_text(eve.clone()), "member").await;
    let gone = report("?kind=gone").await;
    assert_eq!((&gone["total_count"], &gone["counts"]["by_hand"]), (&json!(2), &json!(1)));
    assert!(gone["data"].as_array().unwrap().iter().any(|one| one["user_id"] == eve), "{gone:?}");
    boot.key.delete(&format!("/v1/organizations/{}/memberships/{eve}", boot.organization_id)).await;

    let page = report("?limit=2&offset=3").await;
    assert_eq!((page["data"].as_array().unwrap().len(), &page["total_count"]), (1, &json!(4)));
    assert_eq!(page["data"][0]["kind"], "suspended");
    let roles = report("?kind=roles").await;
    let sources: Vec<&Json> = roles["data"][0]["grants"].as_array().unwrap().iter().map(|one| &one["source"]).collect();
    assert_eq!(sources, ["default", "manual"]);
    boot.key.get(&format!("{path}/drift?kind=other")).await.refused(400, "validation_failed");
});
