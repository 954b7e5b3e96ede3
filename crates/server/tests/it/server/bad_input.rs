//! Broken requests, in every dialect: a clear refusal in the dialect of the path, never a 500, no change.

use std::collections::BTreeMap;

use crate::support::*;

/// Which form an error has under a path.
#[track_caller]
fn is_dialects_error(path: &str, answer: &Answer) {
    let kind = answer.header("content-type").unwrap_or_default();
    if path.contains("/scim/v2") {
        assert!(kind.starts_with("application/scim+json"), "{path}: {answer:?}");
        assert_eq!(answer["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error", "{path}: {answer:?}");
        assert_eq!(answer["status"], answer.status.to_string(), "{path}: {answer:?}");
    } else if path.starts_with("/v1") {
        assert!(kind.starts_with("application/problem+json"), "{path}: {answer:?}");
        assert!(answer["code"].is_string(), "{path}: {answer:?}");
    } else if answer.status != 404 && answer.status != 405 && answer.status != 415 {
        assert!(answer["message"].is_string(), "{path}: {answer:?}");
    }
}

/// The callers who may do something in each dialect, and one changing path of each.
fn doors(boot: &Boot) -> [(&'static str, Client); 4] {
    [
        ("/api/auth/organization/create", boot.admin.clone()),
        ("/scim/v2/Users", boot.scim.clone()),
        ("/api/auth/scim/v2/Groups", boot.scim.clone()),
        ("/v1/organizations", boot.key.clone()),
    ]
}

/// How many rows each table has.
async fn rows(app: &App) -> BTreeMap<&'static str, i64> {
    let mut counts = BTreeMap::new();
    for (table, sql) in [
        ("users", "SELECT COUNT(*) FROM users"),
        ("organizations", "SELECT COUNT(*) FROM organizations"),
        ("members", "SELECT COUNT(*) FROM members"),
        ("directory_users", "SELECT COUNT(*) FROM directory_users"),
        ("directory_groups", "SELECT COUNT(*) FROM directory_groups"),
        ("events", "SELECT COUNT(*) FROM events"),
    ] {
        counts.insert(table, app.count(sql).await);
    }
    counts
}

db_test!(bodies_that_are_no_json_are_refused_and_change_nothing, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let before = rows(&app).await;
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let deep_object = format!("{}1{}", r#"{"a":"#.repeat(5000), "}".repeat(5000));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("no JSON", b"{\"name\": ".to_vec()),
        ("a text", b"\"text\"".to_vec()),
        ("a number", b"7".to_vec()),
        ("null", b"null".to_vec()),
        ("a list", b"[]".to_vec()),
        (
            "broken UTF-8",
            b"{\"name\": \"\xff\xfe\", \"slug\": \"x\", \"userName\": \"\xff\", \"displayName\": \"\xff\"}".to_vec(),
        ),
        (
            "half a surrogate",
            br#"{"name": "\ud800", "slug": "x", "userName": "\ud800", "displayName": "\ud800"}"#.to_vec(),
        ),
        ("deep", deep.into_bytes()),
        ("deep object", deep_object.into_bytes()),
        ("wrong types", br#"{"name": {}, "slug": [], "userName": 7, "displayName": {}, "schemas": "x"}"#.to_vec()),
        (
            "NUL",
            br#"{"name": "a\u0000b", "slug": "a\u0000b", "userName": "a\u0000b", "displayName": "a\u0000b",
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}"#
                .to_vec(),
        ),
    ];
    for (path, caller) in doors(&boot) {
        for (what, body) in &bodies {
            let answer = caller.send("POST", path, Some(body.clone()), &[]).await;
            assert!((400..500).contains(&answer.status), "{path}, {what}: {answer:?}");
            is_dialects_error(path, &answer);
        }
    }
    assert_eq!(rows(&app).await, before);
});

db_test!(oversized_bodies_are_refused_and_change_nothing, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let before = rows(&app).await;
    for (path, caller) in doors(&boot) {
        let body = json!({ "name": "x".repeat(20 << 20), "slug": "big", "userName": "big", "displayName": "big" });
        // A server may close the connection on a body that it will not read.
        let answer = caller.send("POST", path, Some(body.to_string().into_bytes()), &[]).await;
        assert!(matches!(answer.status, 400 | 413), "{path}: {} {}", answer.status, answer.text);
        is_dialects_error(path, &answer);
    }
    assert_eq!(rows(&app).await, before);
});

db_test!(wrong_media_types_and_methods_are_refused, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let before = rows(&app).await;
    for (path, caller) in doors(&boot) {
        for media in
            ["text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense", "multipart/form-data"]
        {
            let answer = caller.send("POST", path, Some(b"name=x".to_vec()), &[("content-type", media)]).await;
            assert!((400..500).contains(&answer.status), "{path}, {media}: {answer:?}");
            is_dialects_error(path, &answer);
        }
        for method in ["TRACE", "BREW", "PATCH", "DELETE"] {
            let answer = caller.send(method, path, None, &[]).await;
            assert!((400..=501).contains(&answer.status) && answer.status != 500, "{method} {path}: {answer:?}");
        }
    }
    assert_eq!(rows(&app).await, before);
});

db_test!(odd_ids_paths_and_queries_are_never_a_fault_of_ours, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let before = rows(&app).await;
    let odd = ["%00", "%FF%FE", "..%2f..", "'%20OR%201=1--", "a%20b", "%F0%9F%92%A9", "x".repeat(3000).leak()];
    for id in odd {
        for (path, caller) in [
            (format!("/scim/v2/Users/{id}"), &boot.scim),
            (format!("/scim/v2/Groups/{id}"), &boot.scim),
            (format!("/scim/v2/Users?filter=userName%20eq%20%22{id}%22"), &boot.scim),
            (format!("/scim/v2/Users?filter={id}&startIndex={id}&count={id}&attributes={id}"), &boot.scim),
            (format!("/v1/users/{id}"), &boot.key),
            (format!("/v1/organizations/{id}/scim/tokens"), &boot.key),
            (format!("/v1/users?query={id}&email_address={id}&external_id={id}"), &boot.key),
            (format!("/v1/users?limit={id}&offset={id}&order_by={id}"), &boot.key),
            (format!("/v1/events?limit={id}&after={id}&type={id}&organization_id={id}"), &boot.key),
            (
                format!("/api/auth/organization/get-full-organization?organizationId={id}&organizationSlug={id}"),
                &boot.admin,
            ),
            (
                format!("/api/auth/organization/list-members?limit={id}&offset={id}&filterValue={id}&filterField={id}"),
                &boot.admin,
            ),
            (format!("/api/auth/organization/get-invitation?id={id}"), &boot.admin),
            (format!("/api/auth/verify-email?token={id}&callbackURL={id}"), &boot.admin),
            (format!("/api/auth/reset-password/{id}?callbackURL={id}"), &boot.admin),
            (format!("/api/auth/{id}"), &boot.admin),
            (format!("/{id}"), &boot.admin),
        ] {
            let answer = caller.get(&path).await;
            assert!(answer.status < 500, "{path}: {answer:?}");
        }
        for (path, caller) in [(format!("/scim/v2/Users/{id}"), &boot.scim), (format!("/v1/users/{id}"), &boot.key)] {
            let answer = caller.delete(&path).await;
            assert!((400..500).contains(&answer.status), "DELETE {path}: {answer:?}");
            is_dialects_error(&path, &answer);
        }
    }
    assert_eq!(rows(&app).await, before);
});

db_test!(odd_credentials_are_refused, async |app| {
    app.boot("Acme", Some("acme.example")).await;
    let odd = [
        "Bearer",
        "Bearer ",
        "Bearer  x",
        "Basic x",
        "Basic Og==",
        "Negotiate",
        "Bearer \u{e9}",
        "scim_",
        "sk_",
        "Bearer a b c",
    ];
    for credential in odd.iter().map(|text| (*text).to_owned()).chain([format!("Bearer {}", "x".repeat(8000))]) {
        for path in ["/scim/v2/Users", "/v1/users"] {
            let answer = app.http().send("GET", path, None, &[("authorization", &credential)]).await;
            assert_eq!(answer.status, 401, "{path} with {credential:?}: {answer:?}");
            is_dialects_error(path, &answer);
        }
        let answer = app.http().send("GET", "/api/auth/get-session", None, &[("authorization", &credential)]).await;
        assert_eq!(answer.ok(), Json::Null, "{credential:?}");
    }
});
