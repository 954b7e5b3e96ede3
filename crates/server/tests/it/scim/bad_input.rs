//! Whatever is sent: an error of SCIM's, never a 500, and nothing has changed.

use super::*;
use crate::support::*;

db_test!(bodies_that_cannot_be_read, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = make(&boot.scim, "ann").await;
    let before = boot.scim.get("/scim/v2/Users").await.ok();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!("{{\"userName\":\"a\",\"name\":{}1{}}}", "{\"a\":".repeat(200), "}".repeat(200));
    for body in [
        &b""[..],
        b" ",
        b"{",
        b"{\"userName\":}",
        b"nonsense",
        b"{} {}",
        b"{\"userName\":\"\\ud800\"}",
        b"{\"userName\":\"\xff\"}",
        b"{\"userName\":1e999}",
        b"\xef\xbb\xbf{}x",
        b"{'userName':'a'}",
        b"{\"userName\":\"a\nb\"}",
        deep.as_bytes(),
        nested.as_bytes(),
    ] {
        for (method, path) in [
            ("POST", "/scim/v2/Users".to_owned()),
            ("PUT", format!("/scim/v2/Users/{ann}")),
            ("PATCH", format!("/scim/v2/Users/{ann}")),
            ("POST", "/scim/v2/Groups".to_owned()),
        ] {
            refused(&boot.scim.send(method, &path, Some(body.to_vec()), &[]).await, 400, "invalidSyntax");
        }
    }
    assert_eq!(boot.scim.get("/scim/v2/Users").await.ok(), before);
});

db_test!(values_that_cannot_be_stored, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let group = make_group(scim, "Staff", &[&ann]).await;
    let user = |key: &str, value: Json| {
        let mut body = person("bob");
        body[key] = value;
        body
    };
    for body in [json!([]), json!("x"), json!(null), json!({"schemas": "x", "userName": "b"})] {
        refused(&scim.post("/scim/v2/Users", body).await, 400, "invalidSyntax");
    }
    for body in [
        json!({}),
        user("userName", json!(null)),
        user("userName", json!("")),
        user("userName", json!("  ")),
        user("userName", json!(5)),
        user("userName", json!({"a": 1})),
        user("userName", json!("a\u{0}b")),
        user("userName", json!("x".repeat(5000))),
        user("externalId", json!("a\u{0}b")),
        user("externalId", json!("x".repeat(5000))),
        user("displayName", json!("a\u{0}b")),
        user("active", json!("maybe")),
        user("active", json!([true])),
        user("name", json!("Ann")),
        user("emails", json!([{"value": "a", "primary": true}, {"value": "b", "primary": true}])),
        user("emails", json!([[["x"]]])),
        user("emails", json!([{"value": {"a": 1}}])),
        user("password", json!({})),
        user(ENTERPRISE, json!("x")),
        user(ENTERPRISE, json!([{}])),
    ] {
        refused(&scim.post("/scim/v2/Users", body.clone()).await, 400, "invalidValue");
        refused(&scim.put(&format!("/scim/v2/Users/{ann}"), body).await, 400, "invalidValue");
    }
    for body in [
        json!({}),
        json!({"displayName": ""}),
        json!({"displayName": "a\u{0}"}),
        json!({"displayName": "x".repeat(5000)}),
        json!({"displayName": "G", "members": [5]}),
        json!({"displayName": "G", "members": [{"value": "a\u{0}"}]}),
        json!({"displayName": "G", "members": "\u{0}"}),
    ] {
        refused(&scim.post("/scim/v2/Groups", body.clone()).await, 400, "invalidValue");
        refused(&scim.put(&format!("/scim/v2/Groups/{group}"), body).await, 400, "invalidValue");
    }
    assert_eq!(names(&scim.get("/scim/v2/Users").await.ok()), ["ann@acme.example"]);
    assert_eq!(members(scim, &group).await, [ann]);
});

db_test!(patches_that_cannot_be_done, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let group = make_group(scim, "Staff", &[&ann]).await;
    let (user, group) = (format!("/scim/v2/Users/{ann}"), format!("/scim/v2/Groups/{group}"));
    let before = (scim.get(&user).await.ok(), scim.get(&group).await.ok());
    for body in [
        op("replace", "displayName", json!("a\u{0}")),
        op("replace", "displayName\u{0}", json!("a")),
        op("replace", &"(".repeat(5000), json!("a")),
        op("replace", &format!("members[{}value pr{}]", "(".repeat(100), ")".repeat(100)), json!("a")),
        op("add", "members", json!([{"value": "a\u{0}"}])),
        op("add", "members", json!([{"value": {"value": 1}}])),
        operations(json!([{"op": "add", "value": 5}])),
        operations(json!([null])),
        operations(json!([{"op": {"op": "add"}, "path": "displayName", "value": "x"}])),
        operations(json!([{"op": "add", "path": ["displayName"], "value": "x"}])),
    ] {
        for path in [&user, &group] {
            let answer = scim.patch(path, body.clone()).await;
            assert_eq!(answer.status, 400, "{answer:?}");
            refused(&answer, 400, answer["scimType"].as_str().unwrap_or("?"));
        }
    }
    assert_eq!((scim.get(&user).await.ok(), scim.get(&group).await.ok()), before);
});

db_test!(queries_that_cannot_be_read, async |app| {
    let boot = app.boot("Acme", None).await;
    for query in ["filter=%", "filter=%zz", "filter=%ff", "attributes=%00", "count=%C3", "%ff=1"] {
        let answer = boot.scim.get(&format!("/scim/v2/Users?{query}")).await;
        refused(&answer, 400, "invalidValue");
    }
    let long = format!("/scim/v2/Users?attributes={}", "a,".repeat(20_000));
    assert!(boot.scim.get(&long).await.status < 500);
    boot.scim.get("/scim/v2/Users?attributes=...,a.b.c,urn:x:,,%20&excludedAttributes=%22").await.expect(200);
});

db_test!(bodies_that_are_too_large, async |app| {
    let boot = app.boot("Acme", None).await;
    let huge = vec![b' '; 16 * 1024 * 1024 + 1];
    refused(&boot.scim.send("POST", "/scim/v2/Users", Some(huge), &[]).await, 413, "");
    let mut heavy = person("heavy");
    heavy["title"] = json!("x".repeat(200_000));
    refused(&boot.scim.post("/scim/v2/Users", heavy).await, 413, "");
    // Below the limit it is read.
    let mut padded = vec![b' '; 8 * 1024 * 1024];
    padded.extend_from_slice(person("ann").to_string().as_bytes());
    boot.scim.send("POST", "/scim/v2/Users", Some(padded), &[]).await.expect(201);
});
