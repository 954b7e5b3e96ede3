//! `manager` of the enterprise schema: what it is called and where it is are read from the directory.

use super::*;
use crate::support::statements::cheapest;
use crate::support::*;

fn with_manager(local: &str, manager: &Json) -> Json {
    let mut body = person(local);
    body[ENTERPRISE]["manager"] = manager.clone();
    body
}

db_test!(a_manager_is_shown_as_the_directory_knows_them, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let boss = make(scim, "boss").await;
    let shown = |name: &str| {
        let at = format!("{}/scim/v2/Users/{boss}", app.base);
        json!({"value": boss, "$ref": at, "displayName": name})
    };
    let sent = json!({"value": boss, "displayName": "Somebody else"});
    let made = scim.post("/scim/v2/Users", with_manager("ann", &sent)).await.created();
    assert_eq!(made[ENTERPRISE]["manager"], shown("boss Example"));
    let path = format!("/scim/v2/Users/{}", id(&made));
    assert_eq!(scim.get(&path).await.ok(), made);
    let listed = scim.get("/scim/v2/Users?sortBy=userName").await.ok();
    assert_eq!(listed["Resources"][0], made);
    // Whoever sends it back has changed nothing.
    assert_eq!(scim.put(&path, made.clone()).await.ok(), made);
    let bare = format!("{path}?attributes={}", url_encode(&format!("{ENTERPRISE}:manager.displayName")));
    assert_eq!(scim.get(&bare).await.ok()[ENTERPRISE], json!({"manager": {"displayName": "boss Example"}}));
    // Found by it, and in its order.
    for filter in [
        format!("{ENTERPRISE}:manager.displayName eq \"BOSS example\""),
        format!("{ENTERPRISE}:manager.$ref ew \"/Users/{boss}\""),
        format!("manager eq \"{boss}\""),
        format!("{ENTERPRISE}:manager[displayName sw \"boss\"]"),
    ] {
        let found = scim.get(&filtered("/scim/v2/Users", &filter)).await.ok();
        assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &made["id"]), "{filter}");
    }
    let by_name = format!("/scim/v2/Users?sortBy={}", url_encode(&format!("{ENTERPRISE}:manager.displayName")));
    assert_eq!(names(&scim.get(&by_name).await.ok()), ["ann@acme.example", "boss@acme.example"]);
    // Another name of theirs is another version of the report, who was not changed.
    let boss_path = format!("/scim/v2/Users/{boss}");
    scim.patch(&boss_path, op("replace", "displayName", json!("The Boss"))).await.expect(200);
    let after = scim.get(&path).await.expect(200);
    assert_eq!(after[ENTERPRISE]["manager"], shown("The Boss"));
    assert_eq!(after["meta"]["lastModified"], made["meta"]["lastModified"]);
    assert_ne!(after["meta"]["version"], made["meta"]["version"]);
    assert_eq!(after.header("etag"), after["meta"]["version"].as_str());
    let by_version = filtered("/scim/v2/Users", &format!("meta.version eq {}", after["meta"]["version"]));
    assert_eq!(scim.get(&by_version).await.ok()["totalResults"], 1);
    // Who is their own manager is called what they are called now.
    let own = json!([
        {"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": boss},
        {"op": "replace", "path": "displayName", "value": "Chief"},
    ]);
    let chief = scim.patch(&boss_path, operations(own)).await.ok();
    assert_eq!(chief[ENTERPRISE]["manager"], shown("Chief"));
    let chief = scim.patch(&boss_path, op("replace", "displayName", json!("CEO"))).await.ok();
    assert_eq!((&chief[ENTERPRISE]["manager"], &scim.get(&boss_path).await.ok()), (&shown("CEO"), &chief));
    refused(
        &scim.patch(&path, op("replace", &format!("{ENTERPRISE}:manager.displayName"), json!("x"))).await,
        400,
        "mutability",
    );
    // Who is gone is a reference and no more.
    scim.delete(&boss_path).await.expect(204);
    assert_eq!(scim.get(&path).await.ok()[ENTERPRISE]["manager"], json!({ "value": boss }));
});

db_test!(a_manager_from_elsewhere_is_what_was_sent, async |app| {
    let (acme, beta) = (app.boot("Acme", None).await, app.boot("Beta", None).await);
    let stranger = make(&beta.scim, "boss").await;
    for manager in [
        json!({"value": stranger}),
        json!({"value": "4711"}),
        json!({"value": "4711", "$ref": "https://hr.example/people/4711"}),
    ] {
        let made = acme.scim.post("/scim/v2/Users", with_manager("ann", &manager)).await.created();
        assert_eq!(made[ENTERPRISE]["manager"], manager);
        let path = format!("/scim/v2/Users/{}", id(&made));
        assert_eq!(acme.scim.get(&path).await.ok(), made);
        let named = filtered("/scim/v2/Users", &format!("{ENTERPRISE}:manager.displayName pr"));
        assert_eq!(acme.scim.get(&named).await.ok()["totalResults"], 0);
        acme.scim.delete(&path).await.expect(204);
    }
});

db_test!(the_managers_of_a_page_are_one_statement, Options::default().alone().idle(), async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let bosses = [make(scim, "b1").await, make(scim, "b2").await];
    let list = async || cheapest(10, async |_| drop(scim.get("/scim/v2/Users").await.ok())).await.statements;
    let without = list().await;
    for number in 0..6 {
        let manager = json!({"value": bosses[number % 2]});
        scim.post("/scim/v2/Users", with_manager(&format!("p{number}"), &manager)).await.created();
    }
    assert_eq!(list().await, without + 1);
});
