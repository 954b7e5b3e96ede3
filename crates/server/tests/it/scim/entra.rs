//! What Microsoft Entra ID sends, in its default dialect and with `aadOptscim062020`; both reach one server.

use super::*;
use crate::support::*;

const ADSCIM_GROUP: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

fn entra(app: &App, boot: &Boot) -> Client {
    app.scim(&boot.scim_token).with("adscimversion", "6.0")
}

fn user(local: &str) -> Json {
    json!({
        "schemas": [USER, ENTERPRISE], "externalId": local, "userName": format!("{local}@acme.example"), "active": "True",
        "addresses": null, "displayName": null, "emails": [{"primary": "True", "type": "work", "value": format!("{local}@acme.example")}],
        "meta": {"resourceType": "User"}, "name": {"formatted": "Ann Ex", "familyName": "Ex", "givenName": "Ann"},
        "phoneNumbers": null, "preferredLanguage": null, "roles": [], "title": null,
    })
}

db_test!(the_connection_test_and_matching, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let entra = entra(&app, &boot);
    for (kind, filter) in [
        ("Users", "userName eq \"6c8a5e0c-9a9b-4b0e-8f9f-7f3a4b2c1d0e\""),
        ("Users", "externalId eq \"6c8a5e0c\""),
        ("Users", "emails[type eq \"work\"].value eq \"6c8a5e0c\""),
        ("Groups", "displayName eq \"6c8a5e0c\""),
    ] {
        let list = entra.get(&filtered(&format!("/scim/v2/{kind}"), filter)).await.ok();
        assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(0), &json!([])), "{filter}");
    }
    let made = entra.post("/scim/v2/Users", user("ann")).await.created();
    assert_eq!((&made["active"], &made["schemas"]), (&json!(true), &json!([USER])));
    assert_eq!(made["emails"], json!([{"primary": true, "type": "work", "value": "ann@acme.example"}]));
    assert!(made["displayName"].is_null() && made["roles"].is_null());
    let found =
        entra.get(&filtered("/scim/v2/Users", "emails[type eq \"work\"].value eq \"ann@acme.example\"")).await.ok();
    assert_eq!(found["Resources"][0]["id"], made["id"]);
});

db_test!(the_default_dialect, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let entra = entra(&app, &boot);
    let manager = make(&entra, "boss").await;
    let path = format!("/scim/v2/Users/{}", id(&entra.post("/scim/v2/Users", user("ann")).await.created()));
    let update = operations(json!([
        {"op": "Replace", "path": "displayName", "value": "Ann Ex"},
        {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "ann.ex@acme.example"},
        {"op": "Add", "path": "addresses[type eq \"work\"].formatted", "value": "1 Road, Vienna"},
        {"op": "Add", "path": "addresses[type eq \"work\"].streetAddress", "value": "1 Road"},
        {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].Value", "value": "+1 555"},
        {"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "auditor"},
        {"op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "R&D"},
        {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": manager},
        {"op": "Replace", "path": "name.familyName", "value": "Example"},
    ]));
    let after = entra.patch(&path, update).await.ok();
    assert_eq!(after["emails"], json!([{"primary": true, "type": "work", "value": "ann.ex@acme.example"}]));
    assert_eq!(after["addresses"], json!([{"type": "work", "formatted": "1 Road, Vienna", "streetAddress": "1 Road"}]));
    assert_eq!(after["phoneNumbers"], json!([{"type": "mobile", "value": "+1 555"}]));
    assert_eq!(after["roles"], json!([{"primary": true, "value": "auditor"}]));
    assert_eq!(
        after[ENTERPRISE],
        json!({"department": "R&D", "manager": {"value": manager, "displayName": "boss Example"}})
    );
    assert_eq!(after["schemas"], json!([USER, ENTERPRISE]));
    let other = make(&entra, "other").await;
    for value in [json!([{"$ref": format!("../Users/{other}"), "value": other}]), json!({"value": other})] {
        let after = entra.patch(&path, op("Replace", &format!("{ENTERPRISE}:manager"), value)).await.ok();
        assert_eq!(after[ENTERPRISE]["manager"]["value"], json!(other));
    }
    let after =
        entra.patch(&path, operations(json!([{"op": "Remove", "path": format!("{ENTERPRISE}:manager")}]))).await.ok();
    assert_eq!(after[ENTERPRISE], json!({"department": "R&D"}));

    for (word, active) in [("False", false), ("True", true), ("false", false)] {
        let after = entra.patch(&path, op("Replace", "active", json!(word))).await.ok();
        assert_eq!(after["active"], json!(active));
        assert_eq!(entra.get(&path).await.ok()["active"], json!(active));
    }
    refused(&entra.patch(&path, op("Replace", "active", json!("0"))).await, 400, "invalidValue");
    entra.delete(&path).await.expect(204);
    entra.post("/scim/v2/Users", user("ann")).await.expect(201);
});

db_test!(the_flagged_dialect, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let entra = entra(&app, &boot);
    let made = entra.post("/scim/v2/Users?aadOptscim062020", user("ann")).await.created();
    let path = format!("/scim/v2/Users/{}?aadOptscim062020", id(&made));
    let fold = operations(json!([{
        "op": "replace",
        "value": {
            "displayName": "Ann Ex", "name.givenName": "Anne", "active": false, (format!("{ENTERPRISE}:employeeNumber")): "7",
            (format!("{ENTERPRISE}:manager")): "scimu_boss",
        },
    }]));
    let after = entra.patch(&path, fold).await.ok();
    assert_eq!((&after["displayName"], &after["active"]), (&json!("Ann Ex"), &json!(false)));
    assert_eq!(after["name"], json!({"formatted": "Ann Ex", "familyName": "Ex", "givenName": "Anne"}));
    assert_eq!(after[ENTERPRISE], json!({"employeeNumber": "7", "manager": {"value": "scimu_boss"}}));
    assert!(!after.as_object().unwrap().keys().any(|key| key.contains('.') && key != ENTERPRISE), "{after}");
});

db_test!(the_flagged_dialect_day_by_day, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let entra = entra(&app, &boot);
    let flagged = |path: &str| format!("{path}?aadOptscim062020");
    let mut body = user("ann");
    body["active"] = json!(true);
    body["emails"][0]["primary"] = json!(true);
    let made = entra.post(&flagged("/scim/v2/Users"), body).await.created();
    assert_eq!((&made["active"], &made["emails"][0]["primary"]), (&json!(true), &json!(true)));
    let path = format!("/scim/v2/Users/{}", id(&made));
    // Several operations of one request work on one element, which the first of them makes.
    let address = |sub: &str, value: &str| json!({"op": "add", "path": format!("addresses[type eq \"work\"].{sub}"), "value": value});
    let several = operations(json!([
        address("streetAddress", "1 Road"), address("locality", "Oslo"), address("country", "NO"),
        {"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+47 1"},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ann.ex@acme.example"},
        {"op": "replace", "value": {"displayName": "Ann Ex", "name.familyName": "Married", (format!("{ENTERPRISE}:department")): "R&D"}},
    ]));
    let after = entra.patch(&flagged(&path), several).await.ok();
    assert_eq!(
        after["addresses"],
        json!([{"type": "work", "streetAddress": "1 Road", "locality": "Oslo", "country": "NO"}])
    );
    assert_eq!((&after["name"]["familyName"], &after[ENTERPRISE]["department"]), (&json!("Married"), &json!("R&D")));
    assert_eq!(after["emails"], json!([{"primary": true, "type": "work", "value": "ann.ex@acme.example"}]));
    // The next cycle says the same again, and nothing happens.
    let again = operations(json!([
        {"op": "replace", "value": {"displayName": "Ann Ex", (format!("{ENTERPRISE}:department")): "R&D"}},
        {"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+47 1"},
    ]));
    assert_eq!(entra.patch(&flagged(&path), again).await.ok()["meta"], after["meta"]);
    let less = operations(json!([
        {"op": "remove", "path": "phoneNumbers[type eq \"mobile\"].value"}, {"op": "remove", "path": format!("{ENTERPRISE}:department")},
    ]));
    let after = entra.patch(&flagged(&path), less).await.ok();
    assert!(after.get("phoneNumbers").is_none() && after.get(ENTERPRISE).is_none(), "{after}");
    for active in [false, true, false] {
        let switch = operations(json!([{"op": "replace", "path": "active", "value": active}]));
        assert_eq!(entra.patch(&flagged(&path), switch).await.ok()["active"], active);
    }

    // Groups: members one by one and many at once, and what is taken away by filters.
    let mut people = Vec::new();
    for name in ["bob", "cat", "dan"] {
        people.push(make(&entra, name).await);
    }
    let body =
        json!({"schemas": [GROUP], "externalId": "8aa1", "displayName": "Staff", "meta": {"resourceType": "Group"}});
    let group = id(&entra.post(&flagged("/scim/v2/Groups"), body).await.created());
    let path = format!("/scim/v2/Groups/{group}");
    let add = |ids: &[String]| {
        let value: Vec<Json> = ids.iter().map(|id| json!({ "value": id })).collect();
        json!({"op": "add", "path": "members", "value": value})
    };
    let change = async |words: Json| {
        let answer = entra.patch(&flagged(&path), operations(words)).await;
        assert!([200, 204].contains(&answer.status), "{answer:?}");
    };
    change(json!([add(&people[..1]), add(&people[1..])])).await;
    assert_eq!(members(&entra, &group).await.len(), 3);
    let out = |id: &str| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")});
    change(json!([out(&people[0]), out(&people[1]), out("scimu_unknown")])).await;
    assert_eq!(members(&entra, &group).await, people[2..]);
    change(json!([{"op": "replace", "value": {"displayName": "Crew", "externalId": "8aa2"}}, add(&people[..1])])).await;
    let now = entra.get(&path).await.ok();
    assert_eq!((&now["displayName"], &now["externalId"]), (&json!("Crew"), &json!("8aa2")));
    assert_eq!(members(&entra, &group).await.len(), 2);
    entra.delete(&flagged(&path)).await.expect(204);
});

db_test!(app_roles_come_as_json_in_text, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let entra = entra(&app, &boot);
    let path = format!("/scim/v2/Users/{}", id(&entra.post("/scim/v2/Users", user("ann")).await.created()));
    let role = json!([{"value": "{\"id\":\"06b0\",\"value\":\"Admin\",\"displayName\":\"Admin\"}"}]);
    let meant = json!([{"value": "Admin", "display": "Admin"}]);
    assert_eq!(entra.patch(&path, op("Add", "roles", role.clone())).await.ok()["roles"], meant);
    assert_eq!(entra.patch(&path, op("Add", "roles", role)).await.ok()["roles"], meant);
});

db_test!(groups_keep_their_members, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let entra = entra(&app, &boot);
    let (ann, bob) = (make(&entra, "ann").await, make(&entra, "bob").await);
    let body = json!({"schemas": [GROUP, ADSCIM_GROUP], "externalId": "8aa1a0c0", "displayName": "Staff", "meta": {"resourceType": "Group"}});
    let made = entra.post("/scim/v2/Groups", body).await.created();
    assert_eq!(made["schemas"], json!([GROUP]));
    let group = id(&made);
    let path = format!("/scim/v2/Groups/{group}?excludedAttributes=members");
    let value = |id: &str| json!([{"$ref": null, "value": id}]);
    let both = operations(json!([
        {"op": "Add", "path": "members", "value": value(&ann)},
        {"op": "Add", "path": "members", "value": value(&bob)},
    ]));
    let answer = entra.patch(&path, both).await.ok();
    assert!(answer["members"].is_null());
    let read = entra.get(&path).await.ok();
    assert!(read["members"].is_null() && read["displayName"] == "Staff");
    let found = entra
        .get(&format!("{}&excludedAttributes=members", filtered("/scim/v2/Groups", "externalId eq \"8aa1a0c0\"")))
        .await
        .ok();
    assert!(found["totalResults"] == 1 && found["Resources"][0]["members"].is_null());
    entra.patch(&path, op("Replace", "displayName", json!("Crew"))).await.expect(200);
    assert_eq!(members(&entra, &group).await.len(), 2);
    entra.patch(&path, op("Remove", "members", value(&ann))).await.expect(200);
    assert_eq!(members(&entra, &group).await, [bob.as_str()]);
    entra
        .patch(&path, operations(json!([{"op": "remove", "path": format!("members[value eq \"{bob}\"]")}])))
        .await
        .expect(200);
    assert!(members(&entra, &group).await.is_empty());
    entra.delete(&path).await.expect(204);
});

/// What Microsoft's SCIM Validator generates for a user: every attribute that its template knows.
fn generated(local: &str) -> Json {
    json!({
        "schemas": [USER, ENTERPRISE], "userName": format!("{local}@acme.example"), "active": true, "displayName": "QWER",
        "title": "TY", "preferredLanguage": "pt-BR", "nickName": "NK", "userType": "Kind", "locale": "fr-CA", "timezone": "Africa/Cairo",
        "profileUrl": "https://acme.example/p", "externalId": format!("x-{local}"),
        "name": {"givenName": "G", "familyName": "F", "formatted": "G F", "middleName": "M", "honorificPrefix": "P", "honorificSuffix": "S"},
        "emails": [{"type": "work", "value": format!("{local}@acme.example"), "primary": true}],
        "phoneNumbers": [
            {"type": "work", "value": "1-400-1", "primary": true}, {"type": "mobile", "value": "1-400-2"}, {"type": "fax", "value": "1-400-3"},
        ],
        "addresses": [{
            "type": "work", "formatted": "A", "streetAddress": "B", "locality": "C", "region": "D", "postalCode": "E", "primary": true, "country": "AT",
        }],
        "roles": [{"primary": "True", "display": "R", "value": "r", "type": "t"}],
        ENTERPRISE: {"employeeNumber": "7", "department": "IT", "costCenter": "CC", "organization": "O", "division": "V", "manager": {"value": "m"}},
    })
}

db_test!(the_validator_for_users, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let entra = entra(&app, &boot);
    let made = entra.post("/scim/v2/Users", generated("val")).await.created();
    let sent = generated("val");
    for attribute in [
        "displayName",
        "title",
        "nickName",
        "userType",
        "timezone",
        "locale",
        "profileUrl",
        "name",
        "phoneNumbers",
        "addresses",
    ] {
        assert_eq!(made[attribute], sent[attribute], "{attribute}");
    }
    assert_eq!(made[ENTERPRISE]["manager"]["value"], "m");
    assert_eq!(made["roles"], json!([{"primary": true, "display": "R", "value": "r", "type": "t"}]));
    refused(&entra.post("/scim/v2/Users", generated("val")).await, 409, "uniqueness");
    // Filter for what is there, for what is not, and in another case.
    for (name, count) in [("val@acme.example", 1), ("non@acme.example", 0), ("VAL@ACME.EXAMPLE", 1)] {
        let list = entra.get(&filtered("/scim/v2/Users", &format!("userName eq \"{name}\""))).await.ok();
        assert_eq!(list["totalResults"], count, "{name}");
    }
    let path = format!("/scim/v2/Users/{}", id(&made));
    let addressed = |sub: &str, value: &str| json!({"op": "replace", "path": format!("addresses[type eq \"work\"].{sub}"), "value": value});
    let update = operations(json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@acme.example"},
        {"op": "replace", "path": "emails[type eq \"work\"].primary", "value": true},
        addressed("formatted", "a"), addressed("streetAddress", "b"), addressed("locality", "c"), addressed("region", "d"),
        addressed("postalCode", "e"), addressed("country", "DE"),
        {"op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "2-1"},
        {"op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "2-2"},
        {"op": "replace", "path": "phoneNumbers[type eq \"fax\"].value", "value": "2-3"},
        {"op": "replace", "path": "roles[primary eq \"True\"].display", "value": "R2"},
        {"op": "replace", "path": "roles[primary eq \"True\"].value", "value": "r2"},
        {"op": "replace", "value": {
            "displayName": "DN", "title": "T2", "preferredLanguage": "de", "name.givenName": "G2", "name.familyName": "F2",
            "name.honorificSuffix": "S2", "nickName": "N2", "userType": "K2", "profileUrl": "https://acme.example/q",
            (format!("{ENTERPRISE}:employeeNumber")): "8", (format!("{ENTERPRISE}:department")): "HR",
        }},
    ]));
    let after = entra.patch(&path, update).await.ok();
    assert_eq!(after["emails"], json!([{"type": "work", "value": "new@acme.example", "primary": true}]));
    assert_eq!((&after["addresses"][0]["country"], &after["addresses"][0]["postalCode"]), (&json!("DE"), &json!("e")));
    assert_eq!((&after["phoneNumbers"][2]["value"], &after["roles"][0]["value"]), (&json!("2-3"), &json!("r2")));
    assert_eq!((&after["name"]["honorificSuffix"], &after["name"]["middleName"]), (&json!("S2"), &json!("M")));
    assert_eq!((&after[ENTERPRISE]["department"], &after[ENTERPRISE]["costCenter"]), (&json!("HR"), &json!("CC")));
    let renamed = entra.patch(&path, op("replace", "userName", json!("other@acme.example"))).await.ok();
    assert_eq!(renamed["userName"], "other@acme.example");
    let off = entra.patch(&path, op("replace", "active", json!(false))).await.ok();
    assert_eq!(off["active"], false);
    // A manager is looked for with both ids at once.
    let both = format!("id eq \"{}\" and manager eq \"m\"", id(&made));
    let list = entra.get(&format!("{}&attributes=id", filtered("/scim/v2/Users", &both))).await.ok();
    assert_eq!(list["Resources"].as_array().map(Vec::len), Some(1));
    entra.delete(&path).await.expect(204);
    refused(&entra.delete(&path).await, 404, "");
});

db_test!(the_validator_for_groups, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let entra = entra(&app, &boot);
    let (ann, bob) = (make(&entra, "ann").await, make(&entra, "bob").await);
    let made = entra
        .post("/scim/v2/Groups", json!({"schemas": [GROUP], "displayName": "G1", "externalId": "g-1"}))
        .await
        .created();
    let path = format!("/scim/v2/Groups/{}", id(&made));
    let found = entra
        .get(&format!("{}&excludedAttributes=members", filtered("/scim/v2/Groups", "displayName eq \"g1\"")))
        .await
        .ok();
    assert_eq!(found["Resources"][0]["id"], made["id"]);
    for (op, value) in
        [("Add", json!([{"value": ann}])), ("Add", json!([{"value": bob}])), ("Remove", json!([{"value": ann}]))]
    {
        let answer = entra.patch(&path, operations(json!([{"op": op, "path": "members", "value": value}]))).await;
        assert!([200, 204].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(members(&entra, &id(&made)).await, [bob]);
    entra.patch(&path, op("Replace", "displayName", json!("G2"))).await.expect(200);
    // What is named once more is as it was; what is taken away from nobody is no error.
    entra.patch(&path, op("Remove", "members", json!([{"value": ann}]))).await.expect(200);
    assert_eq!(members(&entra, &id(&made)).await.len(), 1);
    entra.delete(&path).await.expect(204);
});
