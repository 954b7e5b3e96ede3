//! What no client of ours sends: a clear answer, never a 500, nothing changed.

use super::*;
use crate::support::*;

/// Every endpoint with a body, and one body that it would take.
const POSTS: &[&str] = &[
    "sign-up/email",
    "sign-in/email",
    "sign-out",
    "revoke-session",
    "revoke-sessions",
    "revoke-other-sessions",
    "update-session",
    "update-user",
    "change-password",
    "verify-password",
    "change-email",
    "delete-user",
    "send-verification-email",
    "request-password-reset",
    "reset-password",
];
const GETS: &[&str] = &[
    "get-session",
    "list-sessions",
    "list-accounts",
    "verify-email",
    "delete-user/callback",
    "reset-password/abc",
    "ok",
    "error",
    "open-api/generate-schema",
    "reference",
];

fn is_empty(answer: &Answer) -> bool {
    answer.text.is_empty() && answer.header("content-type").is_none()
}

db_test!(what_is_not_there_is_answered_with_nothing, async |app| {
    for path in [
        "",
        "/",
        "/nothing",
        "/ok/",
        "//ok",
        "/sign-in//email",
        "/get-session/x",
        "/set-password",
        "/organization/add-member",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = app.client().send(method, &format!("/api/auth{path}"), None, &[]).await;
            assert!(answer.status == 404 && is_empty(&answer), "{method} {path}: {answer:?}");
        }
    }
    for (known, wrong) in
        [(POSTS, ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]), (GETS, ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])]
    {
        for path in known {
            for method in wrong {
                let answer = app.client().send(method, &format!("/api/auth/{path}"), None, &[]).await;
                assert!(answer.status == 404 && is_empty(&answer), "{method} {path}: {answer:?}");
            }
        }
    }
    // A stranger's cookie changes nothing about that.
    let answer = app.http().with("cookie", "a=b").post("/api/auth/nothing", json!({})).await;
    assert!(answer.status == 404 && is_empty(&answer), "{answer:?}");
});

db_test!(bodies_that_are_no_json_object_are_refused, async |app| {
    let ann = app.signed_up("ann").await;
    let deep = "[".repeat(50_000);
    let nested = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    let odd: Vec<(&str, Vec<u8>)> = vec![
        ("broken", b"{bad".to_vec()),
        ("cut off", br#"{"email":"a"#.to_vec()),
        ("not UTF-8", b"{\"name\":\"\xff\xfe\"}".to_vec()),
        ("lone surrogate", br#"{"name":"\ud800"}"#.to_vec()),
        ("deep", deep.into_bytes()),
        ("nested", nested.into_bytes()),
        ("two values", b"{} {}".to_vec()),
        ("NUL byte", b"{\"name\":\"a\0b\"}".to_vec()),
        (
            "escaped NUL",
            br#"{"name":"a\u0000b","email":"a\u0000@example.com","token":"\u0000","password":"\u0000"}"#.to_vec(),
        ),
        ("NUL in a key", br#"{"a\u0000":1}"#.to_vec()),
        ("NaN", br#"{"name":NaN}"#.to_vec()),
    ];
    for path in POSTS {
        for (what, body) in &odd {
            let answer = ann.send("POST", &format!("/api/auth/{path}"), Some(body.clone()), &[]).await;
            assert_eq!(answer.status, 400, "{path}, {what}: {answer:?}");
            assert!(answer["message"].is_string() && answer["code"].is_string(), "{path}, {what}: {answer:?}");
        }
    }
    let answer =
        ann.send("POST", "/api/auth/sign-in/email", Some(b"{bad".to_vec()), &[]).await.refused(400, "BAD_REQUEST");
    assert_eq!(answer["message"], "Invalid JSON in request body");
    assert!(is_signed_in(&ann).await);
});

db_test!(values_of_the_wrong_type_are_refused, async |app| {
    let ann = app.signed_up("ann").await;
    let fields = [
        "name",
        "email",
        "password",
        "image",
        "token",
        "newPassword",
        "currentPassword",
        "newEmail",
        "callbackURL",
        "redirectTo",
        "rememberMe",
    ];
    for path in POSTS.iter().filter(|path| !matches!(**path, "sign-out" | "revoke-sessions" | "revoke-other-sessions"))
    {
        for value in
            [json!(1), json!(f64::MAX), json!([]), json!({}), json!({ "$gt": "" }), json!([[["x"]]]), json!(-0.0)]
        {
            let body: serde_json::Map<_, _> = fields.iter().map(|field| ((*field).to_owned(), value.clone())).collect();
            let answer = ann.post(&format!("/api/auth/{path}"), Json::Object(body)).await;
            assert_eq!(answer.status, 400, "{path} {value}: {answer:?}");
        }
        for whole in [json!([]), json!("x"), json!(7), json!(true), Json::Null] {
            let answer = ann.post(&format!("/api/auth/{path}"), whole.clone()).await;
            assert_eq!(answer.status, 400, "{path} {whole}: {answer:?}");
        }
    }
    assert!(is_signed_in(&ann).await);
});

db_test!(a_missing_body_is_a_400_or_nothing_to_worry_about, async |app| {
    for path in POSTS {
        let ann = app.signed_in_or_up("ann").await;
        let answer = ann.send("POST", &format!("/api/auth/{path}"), None, &[]).await;
        let may = ["sign-out", "revoke-sessions", "revoke-other-sessions", "delete-user"].contains(path);
        assert_eq!(answer.status, if may { 200 } else { 400 }, "{path}: {answer:?}");
    }
});

db_test!(other_media_types_are_refused, async |app| {
    let ann = app.signed_up("ann").await;
    for path in POSTS {
        let form = path.starts_with("sign-in") || path.starts_with("sign-up");
        let allowed = if form { "application/x-www-form-urlencoded, application/json" } else { "application/json" };
        let path = format!("/api/auth/{path}");
        let send = async |media: &str| ann.send("POST", &path, Some(b"{}".to_vec()), &[("content-type", media)]).await;
        let answer = send("text/plain").await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
        assert_eq!(answer["message"], format!("Content-Type \"text/plain\" is not allowed. Allowed types: {allowed}"));
        for media in ["multipart/form-data; boundary=x", "application/xml", "application/jsonx", ""] {
            send(media).await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
        }
        if !form {
            send("application/x-www-form-urlencoded").await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
        }
    }
    let body = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string().into_bytes();
    let headers = [("content-type", "Application/JSON; charset=UTF-8")];
    app.http().send("POST", "/api/auth/sign-in/email", Some(body), &headers).await.expect(200);
});

db_test!(what_is_too_large_is_refused, async |app| {
    let ann = app.signed_up("ann").await;
    for path in POSTS {
        let body = json!({ "name": "x".repeat(300 * 1024) });
        ann.post(&format!("/api/auth/{path}"), body).await.refused(413, "PAYLOAD_TOO_LARGE");
    }
    let long = "x".repeat(5000);
    let body = json!({ "name": long, "email": "b@example.com", "password": PASSWORD });
    let answer = app.client().post("/api/auth/sign-up/email", body).await.refused(400, "VALIDATION_ERROR");
    assert_eq!(answer["message"], "[body.name] Too big: expected string to have <=4096 characters");
    let body = json!({ "name": "x".repeat(300), "email": "b@example.com", "password": PASSWORD });
    app.client().post("/api/auth/sign-up/email", body).await.refused(400, "INVALID_NAME");
});

db_test!(queries_and_headers_of_any_kind_are_survived, async |app| {
    let ann = app.signed_up("ann").await;
    for path in GETS {
        for query in [
            "%",
            "%zz",
            "a=%ff",
            "token=%00",
            "token=a&token=b",
            "token[]=a",
            "callbackURL=%ff",
            "disableRefresh=maybe",
            "&&==&",
            "token=%F0%9F%98%80",
        ] {
            let answer = ann.get(&format!("/api/auth/{path}?{query}")).await;
            assert!(answer.status < 500, "{path}?{query}: {answer:?}");
        }
    }
    for (name, value) in [
        ("cookie", "\u{fc}=\u{fc}; ;;=;,"),
        ("authorization", "Bearer \u{fc}"),
        ("origin", "http://[::1"),
        ("x-forwarded-for", ",,\u{fc}"),
        ("user-agent", "\u{fc}"),
    ] {
        let headers = [(name, value)];
        assert!(app.http().send("GET", "/api/auth/get-session", None, &headers).await.status < 500, "{name}");
        let body = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string().into_bytes();
        assert!(app.http().send("POST", "/api/auth/sign-in/email", Some(body), &headers).await.status < 500, "{name}");
    }
});

impl App {
    /// Signs in, after signing up if need be.
    async fn signed_in_or_up(&self, name: &str) -> Client {
        let client = self.client();
        let email = format!("{name}@example.com");
        let body = json!({ "email": email, "password": PASSWORD });
        if client.post("/api/auth/sign-in/email", body).await.status == 200 {
            client
        } else {
            self.signed_up(name).await
        }
    }
}
