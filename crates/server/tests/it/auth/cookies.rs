//! The session's cookie, however it comes back.

use api_kit::Cookies;

use super::*;
use crate::support::*;

db_test!(the_whole_set_cookie_text_sent_back_is_a_session, async |app| {
    app.signed_up("ann").await;
    for remember in [true, false] {
        let body = json!({ "email": "ann@example.com", "password": PASSWORD, "rememberMe": remember });
        let answer = app.http().post("/api/auth/sign-in/email", body).await.expect(200);
        for joint in ["; ", ", "] {
            let text = answer.set_cookies().join(joint);
            let client = app.http().with("cookie", &text).with("origin", &app.base);
            assert!(is_signed_in(&client).await, "{text}");
            client.post("/api/auth/update-user", json!({ "name": "Ann" })).await.expect(200);
        }
    }
});

db_test!(one_changed_letter_is_no_session, async |app| {
    let ann = app.signed_up("ann").await;
    let good = ann.cookie(SESSION).unwrap();
    let other = |at: usize| {
        let mut text = good.clone().into_bytes();
        text[at] = if text[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(text).unwrap()
    };
    for bad in [
        other(0),
        other(31),
        other(33),
        other(50),
        good[..good.len() - 3].to_owned(),
        format!("{good}x"),
        good.replace('.', "%2E%2E"),
    ] {
        let client = app.http().with("cookie", &format!("{SESSION}={bad}"));
        assert!(!is_signed_in(&client).await, "{bad}");
    }
    let encoded = good.replacen('.', "%2E", 1);
    assert!(is_signed_in(&app.http().with("cookie", &format!("a=b; {SESSION}={encoded}; c=d"))).await);
});

db_test!(
    over_https_cookies_are_secure_by_name_and_attribute,
    Options::default().kit(|kit| {
        kit.cookies = Cookies::new("better-auth", true, Some("example.com"));
        kit.https = true;
    }),
    async |app| {
        let body = json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD });
        let answer = app.client().post("/api/auth/sign-up/email", body).await.expect(200);
        let line = answer.set_cookies()[0].to_owned();
        assert!(line.starts_with("__Secure-better-auth.session_token="), "{line}");
        assert!(
            line.ends_with("; Max-Age=604800; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax"),
            "{line}"
        );
        assert!(answer.header("strict-transport-security").is_some());
        let pair = line.split(';').next().unwrap();
        assert!(is_signed_in(&app.http().with("cookie", pair)).await);
        let plain = pair.replace("__Secure-", "");
        assert!(!is_signed_in(&app.http().with("cookie", &plain)).await);
    }
);

db_test!(what_changes_the_account_sets_the_cookie_anew, async |app| {
    let ann = app.signed_up("ann").await;
    let before = ann.cookie(SESSION);
    let answer = ann.post("/api/auth/update-user", json!({ "name": "Ann B" })).await.expect(200);
    assert_eq!(answer.set_cookies().len(), 1);
    assert!(answer.set_cookies()[0].contains("; Max-Age=604800; "));
    assert!(answer.header("set-auth-token").is_some());
    assert_eq!(ann.cookie(SESSION), before);
});
