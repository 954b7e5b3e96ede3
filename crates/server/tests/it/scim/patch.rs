//! PATCH over HTTP: atomic, ordered, without effect where nothing changes. The forms themselves are tested in
//! `scim-protocol`.

use super::*;
use crate::support::*;

db_test!(operations_are_done_in_order_all_or_none, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let path = format!("/scim/v2/Users/{}", make(scim, "ann").await);
    let body = operations(json!([
        {"op": "add", "path": "emails", "value": [{"value": "two@acme.example", "type": "home"}]},
        {"op": "replace", "path": "emails[type eq \"home\"].value", "value": "three@acme.example"},
        {"op": "remove", "path": "name.familyName"},
    ]));
    let after = scim.patch(&path, body).await.ok();
    assert_eq!(after["emails"][1], json!({"value": "three@acme.example", "type": "home"}));
    assert_eq!(after["name"], json!({"givenName": "ann"}));
    let broken = operations(json!([
        {"op": "replace", "path": "displayName", "value": "Never"},
        {"op": "replace", "path": "nothing", "value": 1},
    ]));
    refused(&scim.patch(&path, broken).await, 400, "invalidPath");
    assert_eq!(scim.get(&path).await.ok(), after);
});

db_test!(what_changes_nothing_keeps_the_version, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let path = format!("/scim/v2/Users/{ann}");
    let before = scim.get(&path).await.ok();
    app.clock.advance(5000);
    for body in [
        op("replace", "active", json!("True")),
        op("add", "emails", json!([{"value": "ANN@acme.example", "type": "work"}, {"value": "ann@acme.example"}])),
        operations(json!([{"op": "replace", "value": {"displayName": "ann Example", "id": ann}}])),
        operations(json!([{"op": "remove", "path": "title"}])),
    ] {
        let meta = &scim.patch(&path, body.clone()).await.ok()["meta"];
        if body.to_string().contains("ANN") {
            continue;
        }
        assert_eq!(meta["version"], before["meta"]["version"], "{body}");
    }
    let group = make_group(scim, "Staff", &[&ann]).await;
    let path = format!("/scim/v2/Groups/{group}");
    let before = scim.get(&path).await.ok();
    app.clock.advance(5000);
    for body in [
        op("add", "members", json!([{"value": ann}])),
        op("remove", "members", json!([{"value": "scimu_other"}])),
        op("replace", "members", json!([{"value": ann}])),
        op("replace", "displayName", json!("Staff")),
    ] {
        assert_eq!(scim.patch(&path, body.clone()).await.ok(), before, "{body}");
    }
});

db_test!(errors_have_their_keywords, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let path = format!("/scim/v2/Users/{}", make(scim, "ann").await);
    for (body, keyword) in [
        (json!({}), "invalidSyntax"),
        (json!({"Operations": {}}), "invalidSyntax"),
        (op("move", "title", json!(1)), "invalidSyntax"),
        (operations(json!([{"op": "remove"}])), "noTarget"),
        (op("replace", "emails[value eq \"nobody\"].type", json!("x")), "noTarget"),
        (op("replace", "a b", json!(1)), "invalidPath"),
        (op("replace", "id", json!("x")), "mutability"),
        (op("replace", "meta.created", json!("x")), "mutability"),
        (op("add", "groups", json!([{"value": "x"}])), "mutability"),
        (operations(json!([{"op": "remove", "path": "userName"}])), "mutability"),
        (op("replace", "userName", json!(null)), "invalidValue"),
        (op("replace", "active", json!("yes")), "invalidValue"),
    ] {
        refused(&scim.patch(&path, body).await, 400, keyword);
    }
    refused(&scim.patch("/scim/v2/Users/scimu_nobody", op("add", "title", json!("x"))).await, 404, "");
});

db_test!(one_email_is_the_primary_one, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let path = format!("/scim/v2/Users/{}", make(scim, "ann").await);
    let after =
        scim.patch(&path, op("add", "emails", json!([{"value": "b@acme.example", "primary": true}]))).await.ok();
    assert_eq!((&after["emails"][0]["primary"], &after["emails"][1]["primary"]), (&json!(false), &json!(true)));
    let after = scim.patch(&path, op("replace", "emails[type eq \"work\"].primary", json!("True"))).await.ok();
    assert_eq!((&after["emails"][0]["primary"], &after["emails"][1]["primary"]), (&json!(true), &json!(false)));
});

db_test!(members_are_removed_in_every_form, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let (ann, bob) = (make(scim, "ann").await, make(scim, "bob").await);
    let group = make_group(scim, "Staff", &[&ann, &bob]).await;
    let path = format!("/scim/v2/Groups/{group}");
    let both = || op("replace", "members", json!([{"value": ann}, {"value": bob}]));
    for (body, left) in [
        (op("remove", "members", json!([{"value": ann}])), vec![bob.clone()]),
        (op("Remove", "members", json!([{"$ref": null, "value": ann}])), vec![bob.clone()]),
        (operations(json!([{"op": "remove", "path": format!("members[value eq \"{ann}\"]")}])), vec![bob.clone()]),
        (
            operations(json!([{"op": "remove", "path": format!("members[value eq \"{ann}\" or value eq \"{bob}\"]")}])),
            vec![],
        ),
        (
            operations(json!([{"op": "remove", "path": "members[type eq \"User\" and display sw \"ann\"]"}])),
            vec![bob.clone()],
        ),
        (op("remove", "members", json!([])), {
            let mut all = vec![ann.clone(), bob.clone()];
            all.sort();
            all
        }),
        (operations(json!([{"op": "remove", "path": "members"}])), vec![]),
        (op("replace", "members", json!([])), vec![]),
        (op("add", "members", json!({"value": ann})), {
            let mut all = vec![ann.clone(), bob.clone()];
            all.sort();
            all
        }),
        (operations(json!([{"op": "replace", "value": {"displayName": "Crew"}}])), {
            let mut all = vec![ann.clone(), bob.clone()];
            all.sort();
            all
        }),
    ] {
        scim.patch(&path, both()).await.expect(200);
        scim.patch(&path, body.clone()).await.expect(200);
        assert_eq!(members(scim, &group).await, left, "{body}");
    }
});

db_test!(taking_active_away_changes_nobodys_access, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let path = format!("/scim/v2/Users/{}", make(scim, "ann").await);
    let of = |status: bool| format!("/scim/v2/Users?count=0&filter=active%20eq%20{status}");
    let without = scim.patch(&path, operations(json!([{"op": "remove", "path": "active"}]))).await.ok();
    assert_eq!(without.get("active"), None, "unassigned is not shown");
    assert_eq!(scim.get(&of(true)).await.ok()["totalResults"], 1, "who was active goes on");
    scim.patch(&path, op("replace", "active", json!(false))).await.ok();
    scim.patch(&path, operations(json!([{"op": "remove", "path": "active"}]))).await.ok();
    scim.patch(&path, op("replace", "title", json!("Engineer"))).await.ok();
    assert_eq!(scim.get(&of(false)).await.ok()["totalResults"], 1, "who was not active is not brought back");
    assert_eq!(app.count("SELECT COUNT(*) FROM members WHERE status = 'suspended'").await, 1);
    scim.patch(&path, op("replace", "active", json!(true))).await.ok();
    assert_eq!(scim.get(&of(true)).await.ok()["totalResults"], 1, "only being told so brings back");
});
