//! Pages of strangers: what they cannot do with somebody's cookies, and what they cannot read.

use crate::support::*;

const SIGN_IN: &str = "/api/auth/sign-in/email";
const EVIL: &str = "https://evil.example";

fn trusting() -> Options {
    Options::default().kit(|kit| {
        kit.trusted_origins = ["https://app.example", "https://*.pages.example", "myapp://"].map(str::to_owned).into();
    })
}

db_test!(a_change_with_cookies_needs_a_trusted_origin, trusting(), async |app| {
    let ann = app.signed_up("ann").await;
    let rename = async |headers: &[(&str, &str)]| {
        let mut all = vec![("origin", "")];
        all.extend_from_slice(headers);
        ann.send("POST", "/api/auth/update-user", Some(br#"{"name":"X"}"#.to_vec()), &all).await
    };
    let missing = rename(&[]).await.refused(403, "MISSING_OR_NULL_ORIGIN");
    assert_eq!(missing["message"], "Missing or null Origin");
    rename(&[("origin", "null")]).await.refused(403, "MISSING_OR_NULL_ORIGIN");
    for origin in [EVIL, "https://app.example.evil.example", "http://app.example", "https://pages.example", "rubbish"] {
        rename(&[("origin", origin)]).await.refused(403, "INVALID_ORIGIN");
    }
    rename(&[("referer", &format!("{EVIL}/page"))]).await.refused(403, "INVALID_ORIGIN");
    assert_eq!(ann.get("/api/auth/get-session").await.ok()["user"]["name"], "Ann");
    for origin in [app.base.as_str(), "https://app.example", "https://a.pages.example", "myapp://"] {
        rename(&[("origin", origin)]).await.expect(200);
    }
    rename(&[("referer", &format!("{}/settings", app.base))]).await.expect(200);
    rename(&[("expo-origin", "myapp://")]).await.expect(200);
    rename(&[("origin", "null"), ("sec-fetch-site", "same-origin")]).await.expect(200);
    // The same endpoint by another spelling of its path.
    let spelled =
        ann.send("POST", "/api/auth/update%2Duser", Some(br#"{"name":"X"}"#.to_vec()), &[("origin", EVIL)]).await;
    spelled.refused(403, "INVALID_ORIGIN");
    // Any cookie at all makes it a browser.
    app.http()
        .with("cookie", "theme=dark")
        .post("/api/auth/sign-out", json!({}))
        .await
        .refused(403, "MISSING_OR_NULL_ORIGIN");
});

db_test!(a_foreign_form_does_not_sign_anybody_in, async |app| {
    app.signed_up("ann").await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let sign_in = async |headers: &[(&str, &str)]| {
        app.http().send("POST", SIGN_IN, Some(body.to_string().into_bytes()), headers).await
    };
    sign_in(&[]).await.expect(200);
    let base = app.base.clone();
    sign_in(&[("origin", &base), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")]).await.expect(200);
    sign_in(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("origin", &base)])
        .await
        .refused(403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED");
    sign_in(&[("origin", EVIL)]).await.refused(403, "INVALID_ORIGIN");
    sign_in(&[("referer", "https://evil.example/x")]).await.refused(403, "INVALID_ORIGIN");
    sign_in(&[("sec-fetch-site", "same-origin")]).await.refused(403, "MISSING_OR_NULL_ORIGIN");
});

db_test!(a_foreign_page_gives_nobody_a_session, Options::default().every_method(), async |app| {
    for path in [
        "sign-up/email",
        "sign-in/anonymous",
        "sign-in/username",
        "sign-in/email-otp",
        "sign-in/phone-number",
        "phone-number/verify",
        "sign-in/magic-link",
        "sign-in/social",
        "one-time-token/verify",
        "email-otp/verify-email",
        "passkey/verify-authentication",
    ] {
        let path = format!("/api/auth/{path}");
        let answer = app.http().send("POST", &path, None, &[("origin", EVIL)]).await;
        answer.refused(403, "INVALID_ORIGIN");
        let form = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("origin", EVIL)];
        let answer = app.http().send("POST", &path, None, &form).await;
        answer.refused(403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED");
    }
});

db_test!(nobody_is_sent_to_strangers, trusting(), async |app| {
    let ann = app.signed_up("ann").await;
    for bad in [
        EVIL,
        "//evil.example",
        "/\\evil.example",
        "/%2f/evil.example",
        "javascript:alert(1)",
        "https://app.example@evil.example",
        "evil",
        "/a b",
    ] {
        let body = json!({ "email": "ann@example.com", "password": PASSWORD, "callbackURL": bad });
        app.client().post(SIGN_IN, body).await.refused(403, "INVALID_CALLBACK_URL");
        let body = json!({ "email": "ann@example.com", "redirectTo": bad });
        app.client().post("/api/auth/request-password-reset", body).await.refused(403, "INVALID_REDIRECT_URL");
        let encoded = api_kit::percent::encode(bad);
        for path in ["verify-email?token=x", "reset-password/abc?x=y", "delete-user/callback?token=x"] {
            ann.get(&format!("/api/auth/{path}&callbackURL={encoded}")).await.refused(403, "INVALID_CALLBACK_URL");
        }
    }
    let body = json!({ "email": "ann@example.com", "password": PASSWORD, "errorCallbackURL": EVIL });
    app.client().post(SIGN_IN, body).await.refused(403, "INVALID_ERROR_CALLBACK_URL");
    let body = json!({ "email": "ann@example.com", "password": PASSWORD, "newUserCallbackURL": EVIL });
    app.client().post(SIGN_IN, body).await.refused(403, "INVALID_NEW_USER_CALLBACK_URL");
    for good in ["/", "/dashboard?tab=a&x=%20", "https://app.example/x", "https://a.pages.example", "myapp://home"] {
        let body = json!({ "email": "ann@example.com", "password": PASSWORD, "callbackURL": good });
        app.client().post(SIGN_IN, body).await.expect(200);
    }
});

db_test!(only_trusted_origins_may_read_answers, trusting(), async |app| {
    let ask = async |method: &str, origin: &str, headers: &[(&str, &str)]| {
        let mut all = vec![("origin", origin)];
        all.extend_from_slice(headers);
        app.http().send(method, "/api/auth/get-session", None, &all).await
    };
    let answer = ask("GET", "https://app.example", &[]).await.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("set-auth-token"));
    assert!(answer.header("vary").unwrap().eq_ignore_ascii_case("origin"));
    assert!(ask("GET", EVIL, &[]).await.expect(200).header("access-control-allow-origin").is_none());

    let preflight = [("access-control-request-method", "POST"), ("access-control-request-headers", "content-type")];
    let answer = ask("OPTIONS", "https://a.pages.example", &preflight).await.expect(204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://a.pages.example"));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("POST"));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("content-type"));
    let answer = ask("OPTIONS", EVIL, &preflight).await.expect(404);
    assert!(answer.header("access-control-allow-origin").is_none());
    // Errors are read by pages too.
    let refused = app.http().send("GET", "/api/auth/list-sessions", None, &[("origin", "https://app.example")]).await;
    assert_eq!(refused.expect(401).header("access-control-allow-origin"), Some("https://app.example"));
});
