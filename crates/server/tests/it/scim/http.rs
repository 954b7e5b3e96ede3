//! Media types, credentials, statuses and paths.

use super::*;
use crate::support::*;

db_test!(credentials_come_before_everything_else, async |app| {
    let boot = app.boot("Acme", None).await;
    let http = app.http().media("application/scim+json");
    for (method, path) in
        [("GET", "Users"), ("POST", "Users"), ("PUT", "Users/x"), ("PATCH", "Groups/x"), ("DELETE", "Users/x")]
    {
        let body = (method != "GET").then(|| b"{ not json".to_vec());
        let answer = http.send(method, &format!("/scim/v2/{path}"), body, &[]).await;
        refused(&answer, 401, "");
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Bearer realm=\"SCIM\", Basic realm=\"SCIM\""), "{challenge}");
    }
    let other = if boot.scim_token.ends_with('x') { 'y' } else { 'x' };
    let wrong_sum = format!("{}{other}", &boot.scim_token[..boot.scim_token.len() - 1]);
    for header in ["Bearer nonsense", "Bearer", "Basic YTpi", "Bearer a b", &format!("Bearer {wrong_sum}"), "Bearer ä"]
    {
        let answer = http.send("GET", "/scim/v2/Users", None, &[("authorization", header)]).await;
        refused(&answer, 401, "");
        assert!(answer.header("www-authenticate").is_some(), "{header}");
    }
    let token = &boot.scim_token;
    for header in [format!("Bearer {token}"), format!("bearer {token}"), format!("BEARER  {token}"), token.clone()] {
        http.send("GET", "/scim/v2/Users", None, &[("authorization", &header)]).await.expect(200);
    }
    refused(&http.get(&format!("/scim/v2/Users?access_token={token}")).await, 401, "");
});

db_test!(media_types_in_and_out, async |app| {
    let boot = app.boot("Acme", None).await;
    let media = [
        "application/scim+json",
        "application/json",
        "Application/SCIM+JSON; charset=utf-8",
        "application/json;charset=UTF-8",
        "",
    ];
    for (number, media) in media.into_iter().enumerate() {
        let body = Some(json!({"schemas": [USER], "userName": format!("u{number}")}).to_string().into_bytes());
        let answer = boot.scim.send("POST", "/scim/v2/Users", body, &[("content-type", media)]).await.expect(201);
        assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{media}");
    }
    for media in
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    {
        let answer = boot.scim.send("POST", "/scim/v2/Users", Some(b"{}".to_vec()), &[("content-type", media)]).await;
        refused(&answer, 415, "");
    }
    refused(
        &boot.scim.send("POST", "/scim/v2/Users", Some(b"{}".to_vec()), &[("content-encoding", "gzip")]).await,
        415,
        "",
    );
    for accept in ["", "*/*", "application/json", "application/scim+json", "text/html"] {
        let answer = boot.scim.send("GET", "/scim/v2/Users", None, &[("accept", accept)]).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{accept}");
    }
    // Okta sends a media type even without a body.
    boot.scim
        .send("GET", "/scim/v2/Users", None, &[("content-type", "application/scim+json; charset=utf-8")])
        .await
        .expect(200);
});

db_test!(unknown_paths_and_methods_answer_in_scim, async |app| {
    let boot = app.boot("Acme", None).await;
    for base in ["/scim/v2", "/api/auth/scim/v2"] {
        for path in ["", "/", "/Nothing", "/Users/", "/Users/a/b", "/users", "/Users%2Fx"] {
            refused(&boot.scim.get(&format!("{base}{path}")).await, 404, "");
        }
        for (method, path, allow) in [
            ("PUT", "Users", "GET, HEAD, POST"),
            ("DELETE", "Groups", "GET, HEAD, POST"),
            ("POST", "Users/x", "GET, HEAD, PUT, PATCH, DELETE"),
            ("OPTIONS", "Users", "GET, HEAD, POST"),
        ] {
            let answer = boot.scim.send(method, &format!("{base}/{path}"), None, &[]).await;
            refused(&answer, 405, "");
            assert_eq!(answer.header("allow"), Some(allow));
        }
    }
});

db_test!(one_doubled_slash_after_the_base_is_folded, async |app| {
    let boot = app.boot("Acme", None).await;
    for base in ["/scim/v2", "/api/auth/scim/v2"] {
        let made = boot
            .scim
            .post(&format!("{base}//Users"), json!({"schemas": [USER], "userName": format!("at {base}")}))
            .await;
        let made = made.expect(201);
        let location = format!("{}{base}/Users/{}", app.base, made["id"].as_str().unwrap());
        assert_eq!((made.header("location"), &made["meta"]["location"]), (Some(location.as_str()), &json!(location)));
        boot.scim.get(&format!("{base}//Users/{}?attributes=userName", made["id"].as_str().unwrap())).await.expect(200);
        refused(&boot.scim.get(&format!("{base}///Users")).await, 404, "");
        refused(&boot.scim.get(&format!("{base}/Users//x")).await, 404, "");
        refused(&app.http().get(&format!("{base}//Users")).await, 401, "");
    }
});

db_test!(both_bases_show_the_same_resources_at_their_own_address, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = make(&boot.scim, "ann").await;
    for base in ["/scim/v2", "/api/auth/scim/v2"] {
        let user = boot.scim.get(&format!("{base}/Users/{ann}")).await.ok();
        assert_eq!(user["meta"]["location"], format!("{}{base}/Users/{ann}", app.base));
    }
});

db_test!(a_query_may_be_odd_and_harmless, async |app| {
    let boot = app.boot("Acme", None).await;
    make(&boot.scim, "ann").await;
    for query in [
        "?filter=userName+eq+%22ann@acme.example%22&",
        "?filter=userName%20eq%20%22ann@acme.example%22",
        "?Filter=userName%20eq%20%22ann@acme.example%22&unknown=1&count=",
        "?",
        "?&",
        "?aadOptscim062020",
        "?sortBy=userName&sortOrder=descending",
    ] {
        assert_eq!(boot.scim.get(&format!("/scim/v2/Users{query}")).await.ok()["totalResults"], 1, "{query}");
    }
    let head = boot.scim.send("HEAD", "/scim/v2/Users", None, &[]).await.expect(200);
    assert!(head.text.is_empty());
});

db_test!(etags_guard_changes_and_spare_reads, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let made = scim.post("/scim/v2/Users", person("ann")).await.expect(201);
    let path = format!("/scim/v2/Users/{}", made["id"].as_str().unwrap());
    let etag = made.header("etag").expect("an ETag").to_owned();
    assert!(etag.starts_with("W/\"") && made["meta"]["version"] == etag.as_str());
    let read = scim.send("GET", &path, None, &[("if-none-match", &etag)]).await.expect(304);
    assert!(read.text.is_empty() && read.header("etag") == Some(&etag));
    scim.send("GET", &path, None, &[("if-none-match", "W/\"999\"")]).await.expect(200);

    let rename = |name: &str| Some(op("replace", "displayName", json!(name)).to_string().into_bytes());
    let changed = scim.send("PATCH", &path, rename("New"), &[("if-match", &etag)]).await.expect(200);
    assert_ne!(changed.header("etag"), Some(etag.as_str()));
    for (method, body) in
        [("PATCH", rename("Newer")), ("PUT", Some(person("ann").to_string().into_bytes())), ("DELETE", None)]
    {
        refused(&scim.send(method, &path, body.clone(), &[("if-match", &etag)]).await, 412, "");
        refused(&scim.send(method, &path, body, &[("if-match", "nonsense")]).await, 412, "");
    }
    scim.send("PATCH", &path, rename("Newer"), &[("if-match", "*")]).await.expect(200);
    let both = format!("{etag}, {}", scim.get(&path).await.header("etag").unwrap());
    scim.send("DELETE", &path, None, &[("if-match", &both)]).await.expect(204);
    refused(&scim.send("DELETE", &path, None, &[("if-match", "*")]).await, 404, "");
});

// OneLogin ends its addresses with a question mark, and its queries with an ampersand.
db_test!(an_empty_query_changes_nothing, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    for end in ["?", "?&", "?&&", "?unknown=1&", "?nobody+knows+this"] {
        let made = scim.post(&format!("/scim/v2/Users{end}"), person("ann")).await.created();
        let path = format!("/scim/v2/Users/{}{end}", id(&made));
        assert_eq!(scim.get(&path).await.ok(), made, "{end}");
        assert_eq!(scim.put(&path, person("ann")).await.ok(), made, "{end}");
        scim.patch(&path, op("replace", "title", json!("Dr"))).await.expect(200);
        assert_eq!(scim.get(&format!("/scim/v2/Users{end}")).await.ok()["totalResults"], 1, "{end}");
        assert_eq!(scim.post(&format!("/scim/v2/.search{end}"), json!({})).await.ok()["totalResults"], 1, "{end}");
        scim.get(&format!("/scim/v2/Schemas{end}")).await.expect(200);
        scim.delete(&path).await.expect(204);
    }
    let both =
        ["/scim/v2/Users?sortBy=name.familyName&attributes=id,+userName", "/scim/v2/Users?attributes=id,%20userName"];
    make(scim, "ann").await;
    for path in both {
        assert_eq!(names(&scim.get(path).await.ok()), ["ann@acme.example"], "{path}");
    }
});

db_test!(head_answers_as_get_without_a_body, async |app| {
    let boot = app.boot("Acme", None).await;
    let (ann, staff) = (make(&boot.scim, "ann").await, make_group(&boot.scim, "Staff", &[]).await);
    for path in [
        "Users",
        "Groups",
        "Schemas",
        "ResourceTypes",
        "ServiceProviderConfig",
        "ResourceTypes/User",
        &format!("Schemas/{USER}"),
        &format!("Users/{ann}"),
        &format!("Groups/{staff}"),
        "Users?filter=nothing",
        "Users/nobody",
        "nothing",
    ] {
        let path = format!("/scim/v2/{path}");
        let (get, head) = (boot.scim.get(&path).await, boot.scim.send("HEAD", &path, None, &[]).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        for name in ["content-type", "etag", "content-length"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
});
