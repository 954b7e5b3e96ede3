//! Whatever is wrong below `/v1` is a problem, never a 500, and changes nothing.

use super::{faults, problem, within};
use crate::support::*;

db_test!(unknown_paths_and_methods_are_problems, async |app| {
    let boot = app.boot("Acme", None).await;
    for path in [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/users/",
        "/v1/users/x/y/z",
        "/v1/oauth-applications",
        "/v1/organizations/x/enterprise-connections",
    ] {
        problem(boot.key.get(path).await, 404, "not_found");
        problem(app.http().get(path).await, 404, "not_found");
    }
    for (method, path, allow) in [
        ("PUT", "/v1/users", "GET, POST"),
        ("DELETE", "/v1/users/count", "GET"),
        ("POST", "/v1/users/user_x", "GET, PATCH, DELETE"),
        ("GET", "/v1/users/user_x/ban", "POST"),
        ("OPTIONS", "/v1/events", "GET"),
        ("PATCH", "/v1/organizations/org_x/scim/tokens", "GET, POST"),
    ] {
        let answer = problem(boot.key.send(method, path, None, &[]).await, 405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
});

db_test!(bodies_that_cannot_be_read_are_told_apart, async |app| {
    let boot = app.boot("Acme", None).await;
    let post = async |body: &[u8], headers: &[(&str, &str)]| {
        boot.key.send("POST", "/v1/users", Some(body.to_vec()), headers).await
    };
    let deep = [b"{\"email_address\":".to_vec(), vec![b'['; 100_000]].concat();
    for bad in [
        &b""[..],
        b"{",
        b"[]",
        b"null",
        b"7",
        b"\"x\"",
        b"{\"a\":1}}",
        b"\xff\xfe",
        b"{\"email_address\": \"\xc3\x28\"}",
        &deep,
    ] {
        problem(post(bad, &[]).await, 400, "malformed_json");
    }
    let good = br#"{"email_address": "a@x.example"}"#;
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        problem(post(good, &[("content-type", media)]).await, 415, "unsupported_media_type");
    }
    problem(post(good, &[("content-encoding", "gzip")]).await, 415, "unsupported_media_type");
    let huge = [b"{\"name\": \"".to_vec(), vec![b'x'; 1024 * 1024], b"\"}".to_vec()].concat();
    problem(post(&huge, &[]).await, 413, "payload_too_large");
    let chunked = boot.key.send("POST", "/v1/users", Some(huge), &[("transfer-encoding", "chunked")]).await;
    problem(chunked, 413, "payload_too_large");
    assert_eq!(boot.key.get("/v1/users/count").await.ok()["total_count"], 1);
    let media = [("content-type", "Application/JSON; charset=utf-8")];
    post(good, &media).await.expect(201);
});

db_test!(zero_bytes_and_odd_ids_are_refused_everywhere, async |app| {
    let boot = app.boot("Acme", None).await;
    for (method, path, body) in [
        ("POST", "/v1/users".to_owned(), json!({"email_address": "a\0@x.example"})),
        ("POST", "/v1/users".to_owned(), json!({"email_address": "a@x.example", "public_metadata": {"a": {"b\0": 1}}})),
        ("PATCH", format!("/v1/users/{}", boot.user_id), json!({"name": "a\0b"})),
        ("POST", "/v1/organizations".to_owned(), json!({"name": "a\0b"})),
        ("POST", within(&boot, "/scim/tokens"), json!({"name": "a\0b"})),
        ("POST", within(&boot, "/invitations"), json!({"email_address": "a\0b@x.example"})),
        ("POST", "/v1/secret-keys".to_owned(), json!({"name": "a\0b"})),
    ] {
        let answer = boot.key.send(method, &path, Some(body.to_string().into_bytes()), &[]).await;
        let answer = problem(answer, 400, "validation_failed");
        assert!(faults(&answer).iter().any(|(_, code)| code == "invalid_character"), "{answer:?}");
    }
    for query in ["query=%00", "query=%ff", "query=%", "external_id=a%00b"] {
        problem(boot.key.get(&format!("/v1/users?{query}")).await, 400, "malformed_query");
    }
    let long = "x".repeat(65);
    for id in ["a%20b", "a'b", "%00", "%ff", "..%2f", "ä", long.as_str(), "user_none"] {
        assert_eq!(boot.key.get(&format!("/v1/users/{id}")).await.status, 404, "{id}");
        assert_eq!(boot.key.get(&format!("/v1/organizations/{id}")).await.status, 404, "{id}");
        assert_eq!(boot.key.get(&format!("/v1/organizations/{id}/memberships")).await.status, 404, "{id}");
        assert_eq!(boot.key.delete(&within(&boot, &format!("/memberships/{id}"))).await.status, 404, "{id}");
    }
});

db_test!(query_values_out_of_range_are_told_by_field, async |app| {
    let boot = app.boot("Acme", None).await;
    let lists =
        ["/v1/users".to_owned(), "/v1/organizations".to_owned(), "/v1/secret-keys".to_owned(), "/v1/events".to_owned()];
    let within = ["/memberships", "/invitations", "/scim/tokens", "/domains"].map(|rest| within(&boot, rest));
    for path in lists.iter().chain(&within) {
        for (query, field, code) in [
            ("limit=abc", "limit", "not_a_number"),
            ("limit=0", "limit", "out_of_range"),
            ("limit=501", "limit", "out_of_range"),
            ("limit=-1", "limit", "not_a_number"),
            ("limit=1e2", "limit", "not_a_number"),
            ("limit=1&limit=2", "limit", "duplicate"),
            ("offset=-1", "offset", "not_a_number"),
            ("offset=99999999999999999999", "offset", "out_of_range"),
        ] {
            let answer = problem(boot.key.get(&format!("{path}?{query}")).await, 400, "validation_failed");
            assert_eq!(faults(&answer), [(field.to_owned(), code.to_owned())], "{path}?{query}");
        }
        let both = problem(boot.key.get(&format!("{path}?limit=0&offset=x")).await, 400, "validation_failed");
        assert_eq!(faults(&both).len(), 2, "everything at once: {both:?}");
        let last = boot.key.get(&format!("{path}?limit=500&offset=9223372036854775807")).await.ok();
        assert_eq!(last["data"], json!([]), "{path}");
    }
    for (path, field) in [
        ("/v1/users?order_by=password".to_owned(), "order_by"),
        ("/v1/events?type=membership.created".to_owned(), "type"),
        ("/v1/events?after=x".to_owned(), "after"),
        ("/v1/events?organization_id=a%20b".to_owned(), "organization_id"),
        (format!("{}?status=gone", within[0]), "status"),
        (format!("{}?role=admin", within[0]), "role"),
        (format!("{}?status=expired", within[1]), "status"),
    ] {
        let answer = problem(boot.key.get(&path).await, 400, "validation_failed");
        assert_eq!(faults(&answer)[0].0, field, "{path}");
    }
});

db_test!(a_problem_names_the_request, async |app| {
    let boot = app.boot("Acme", None).await;
    let key = boot.key.clone().with("x-request-id", "my-request-0001");
    let answer = problem(key.get("/v1/users/user_none").await, 404, "user_not_found");
    assert_eq!(answer["trace_id"], "my-request-0001");
    assert_eq!(answer["title"], "Not Found");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
});
