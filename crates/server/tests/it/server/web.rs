//! The pages: which path shows what, for how long it may be kept, and what a browser may do with it.

use std::path::PathBuf;
use std::sync::LazyLock;

use crate::support::*;

const SCRIPT: &str = "/assets/console/index-B3kd9_Xa.js";

const HINTS: &str = r#"{
    "links": [
        ["</assets/console/index-B3kd9_Xa.js>; rel=modulepreload", true],
        ["</v1/organizations/~1/x>; rel=preload", false],
        ["</v1/me>; rel=preload", true]
    ],
    "pages": [["/console/o/instance", [0]], ["/console/o/~1", [0, 1, 2, 7]]]
}"#;

/// What a build of the pages leaves, as far as the server cares.
static BUILT: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in [
        ("console/index.html", "<!doctype html><title>Console</title>"),
        ("console/hints.json", HINTS),
        ("console/assets/index-B3kd9_Xa.js", "console"),
        ("console/assets/index-B3kd9_Xa.js.br", "by brotli"),
        ("console/assets/index-B3kd9_Xa.js.gz", "by gzip"),
        ("console/assets/logo.svg", "<svg/>"),
        ("hosted/index.html", "<!doctype html><title>Hosted</title>"),
        ("hosted/index.html.gz", "hosted by gzip"),
        ("elements/portico.js", "elements"),
        ("elements/sign-in-Zk39_aaQ.js", "chunk"),
        ("secret.json", "not below any path"),
    ] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
});

fn built() -> Options {
    Options::default().pages(BUILT.path().to_owned())
}

fn policy(answer: &Answer, name: &str) -> String {
    answer.header(name).unwrap_or_else(|| panic!("no {name}: {answer:?}")).to_owned()
}

db_test!(an_application_is_one_page_on_all_of_its_paths, built(), async |app| {
    let http = app.http();
    for path in ["/console", "/console/", "/console/organizations/org_1/directories?tab=mapping", "/console/a.js"] {
        let page = http.get(path).await.expect(200);
        assert!(page.text.contains("<title>Console</title>"), "{path}: {page:?}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
    }
    for path in [
        "/sign-in",
        "/sign-up",
        "/account",
        "/account/sessions",
        "/invitation/inv_1",
        "/setup/token",
        "/forgot-password",
        "/reset-password?token=x",
        "/verify-email",
        "/organizations",
        "/device",
        "/embed/authorize?client_origin=https://app.example",
    ] {
        let page = http.get(path).await.expect(200);
        assert!(page.text.contains("<title>Hosted</title>"), "{path}: {page:?}");
    }
    for path in
        ["/sign-in/more", "/setup", "/embed", "/secret.json", "/consoles", "/assets/console/missing-B3kd9_Xa.js"]
    {
        http.get(path).await.expect(404);
    }
    assert_eq!(http.post("/console", json!({})).await.expect(405).header("allow"), Some("GET, HEAD"));
});

db_test!(a_page_names_what_it_asks_for_first, built(), async |app| {
    let http = app.http();
    let (code, me) = ("</assets/console/index-B3kd9_Xa.js>; rel=modulepreload", "</v1/me>; rel=preload");
    let all = format!("{code}, </v1/organizations/org_1/x>; rel=preload, {me}");
    for path in ["/console/o/org_1", "/console/o/org_1/"] {
        let page = http.get(path).await.expect(200);
        assert_eq!(page.header("link"), Some(&*all), "{path}");
        let tag = policy(&page, "etag");
        let same = http.send("GET", path, None, &[("if-none-match", &tag)]).await.expect(304);
        assert_eq!(same.header("link"), Some(&*all), "{path}");
    }
    // What a query asks for is the page's to say; and the first page that a path fits is its page.
    let page = http.get("/console/o/org_1?q=x").await.expect(200);
    assert_eq!(page.header("link"), Some(&*format!("{code}, {me}")));
    assert_eq!(http.get("/console/o/instance").await.expect(200).header("link"), Some(code));
    for path in ["/console", "/console/o/org_1/members", "/console/o/%3E;%20rel=preload", "/console/o/~1", "/sign-in"] {
        assert_eq!(http.get(path).await.expect(200).header("link"), None, "{path}");
    }
    http.get("/assets/console/hints.json").await.expect(404);
});

db_test!(a_page_is_asked_about_and_a_digested_file_is_kept_for_ever, built(), async |app| {
    let http = app.http();
    let page = http.get("/console").await.expect(200);
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let tag = policy(&page, "etag");
    for known in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
        let same = http.send("GET", "/console/users", None, &[("if-none-match", &known)]).await.expect(304);
        assert!(same.text.is_empty() && same.header("etag") == Some(&tag), "{same:?}");
        assert!(same.header("content-security-policy").is_some(), "{same:?}");
    }
    http.send("GET", "/console", None, &[("if-none-match", "W/\"0\"")]).await.expect(200);

    let forever = Some("public, max-age=31536000, immutable");
    let script = http.get(SCRIPT).await.expect(200);
    assert_eq!(script.header("cache-control"), forever);
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(http.get("/assets/console/logo.svg").await.expect(200).header("cache-control"), Some("no-cache"));
});

db_test!(the_best_coding_that_the_client_takes_is_sent, built(), async |app| {
    let http = app.http();
    let mut tags = Vec::new();
    for (accepted, coding, text) in [
        ("gzip, deflate, br, zstd", Some("br"), "by brotli"),
        ("gzip", Some("gzip"), "by gzip"),
        ("br;q=0, gzip;q=0.1", Some("gzip"), "by gzip"),
        ("identity", None, "console"),
    ] {
        let answer = http.send("GET", SCRIPT, None, &[("accept-encoding", accepted)]).await.expect(200);
        assert_eq!((answer.header("content-encoding"), &*answer.text), (coding, text), "{accepted}");
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"), "{accepted}");
        tags.push(policy(&answer, "etag"));
    }
    tags.dedup();
    assert_eq!(tags.len(), 3, "each coding has a tag of its own: {tags:?}");
    // There is no brotli of this one.
    let page = http.send("GET", "/account", None, &[("accept-encoding", "br, gzip")]).await.expect(200);
    assert_eq!(page.header("content-encoding"), Some("gzip"));
    // The codings are no files of their own.
    http.get(&format!("{SCRIPT}.br")).await.expect(404);

    let head = http.send("HEAD", SCRIPT, None, &[("accept-encoding", "gzip")]).await.expect(200);
    assert!(head.text.is_empty(), "{head:?}");
    assert_eq!((head.header("content-length"), head.header("content-encoding")), (Some("7"), Some("gzip")));
});

db_test!(a_browser_is_told_what_the_pages_may_do, built(), async |app| {
    let http = app.http();
    for path in ["/console", "/account", "/sign-in", SCRIPT, "/setup/token"] {
        let answer = http.get(path).await.expect(200);
        let csp = policy(&answer, "content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(csp.contains(rule), "{path}: {csp}");
        }
        assert!(!csp.contains("unsafe-eval") && !csp.contains("script-src 'self' 'unsafe"), "{path}: {csp}");
        assert_eq!(policy(&answer, "x-content-type-options"), "nosniff", "{path}");
        // The token of a setup link stands in its address.
        assert_eq!(policy(&answer, "referrer-policy"), "same-origin", "{path}");
        assert_eq!(policy(&answer, "x-frame-options"), "DENY", "{path}");
        assert!(policy(&answer, "permissions-policy").contains("camera=()"), "{path}");
        assert_eq!(policy(&answer, "cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
    for (path, opener) in [
        ("/console", Some("same-origin")),
        ("/account", Some("same-origin-allow-popups")),
        ("/setup/token", Some("same-origin-allow-popups")),
        // Opened by another site, these must still reach it.
        ("/embed/authorize", None),
        ("/sign-in", None),
    ] {
        assert_eq!(http.get(path).await.header("cross-origin-opener-policy"), opener, "{path}");
    }
    for (path, kept) in
        [("/elements/portico.js", "no-cache"), ("/elements/sign-in-Zk39_aaQ.js", "public, max-age=31536000, immutable")]
    {
        let element = http.get(path).await.expect(200);
        assert_eq!(policy(&element, "access-control-allow-origin"), "*", "{path}");
        assert_eq!(policy(&element, "cross-origin-resource-policy"), "cross-origin", "{path}");
        assert_eq!(policy(&element, "cache-control"), kept, "{path}");
    }
});

db_test!(nothing_beside_the_pages_is_served, built(), async |app| {
    for path in [
        "/assets/console/../../../secret.json",
        "/assets/console/%2e%2e/%2e%2e/secret.json",
        "/assets/console/..%2f..%2f..%2fsecret.json",
        "/assets/console/..%5c..%5csecret.json",
        "/assets/../secret.json",
        "/assets/console//etc/passwd",
        "/assets/console/%00.js",
        "/elements/",
        "/elements/../secret.json",
        "/elements/%2e%2e%2fsecret.json",
        "/assets/elements/portico.js",
    ] {
        // As it stands: a client would tidy the path up.
        let (answer, _) = crate::server::edge::spoken(
            &app,
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").into_bytes(),
        )
        .await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(matches!(status, "404" | "400"), "{path}: {answer}");
        assert!(!answer.contains("not below any path"), "{path}: {answer}");
    }
});

/// A folder in which nothing was built.
fn unbuilt() -> Options {
    static EMPTY: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
    let folder: PathBuf = EMPTY.path().join("dist");
    Options::default().pages(folder)
}

db_test!(pages_that_were_not_built_say_how_to_build_them, unbuilt(), async |app| {
    for path in ["/console", "/console/users", "/sign-in", "/account/security"] {
        let page = app.http().get(path).await.expect(503);
        assert!(page.text.contains("npm ci") && page.text.contains("npm run build"), "{page:?}");
        assert!(!page.text.contains("<script"), "{page:?}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
        assert!(policy(&page, "content-security-policy").starts_with("default-src 'none'; style-src"), "{path}");
    }
    app.http().get(SCRIPT).await.expect(404);
    app.http().get("/elements/portico.js").await.expect(404);
    // All else goes on.
    app.http().get("/healthz").await.expect(200);
    app.signed_up("ann").await;
});

db_test!(mailed_links_lead_to_hosted_pages_unless_the_caller_has_its_own, built(), async |app| {
    let ann = app.signed_up("ann").await;
    let http = app.http();
    let address = json!({ "email": "ann@example.com" });
    ann.post("/api/auth/send-verification-email", address.clone()).await.expect(200);
    let link = app.mail().wait("ann@example.com", r"(/api/auth/verify-email\?\S+)").await;
    let to = http.get(&link).await.expect(302);
    assert_eq!(to.header("location"), Some("/verify-email"));
    http.get("/verify-email").await.expect(200);
    let again = http.get("/api/auth/verify-email?token=nonsense&callbackURL=%2Fverify-email").await.expect(302);
    assert!(again.header("location").is_some_and(|to| to.ends_with("/verify-email?error=INVALID_TOKEN")), "{again:?}");

    http.post("/api/auth/request-password-reset", address).await.expect(200);
    let link = app.mail().wait("ann@example.com", r"(/api/auth/reset-password/\S+)").await;
    let to = http.get(&link).await.expect(302).header("location").expect("somewhere").to_owned();
    let page = to.strip_prefix(app.base.as_str()).unwrap_or(&to);
    assert!(page.starts_with("/reset-password?token="), "{to}");
    let token = page.split('=').nth(1).expect("a token");
    let new = json!({ "newPassword": "another-long-password", "token": token });
    http.post("/api/auth/reset-password", new).await.expect(200);
});
