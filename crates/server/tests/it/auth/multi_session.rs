//! Several people in one browser, and how somebody signed in last.

use super::*;
use crate::support::*;

const LIST: &str = "/api/auth/multi-session/list-device-sessions";
const SET_ACTIVE: &str = "/api/auth/multi-session/set-active";
const REVOKE: &str = "/api/auth/multi-session/revoke";

fn on() -> Options {
    Options::default().settings(|s| s.methods.multi_session.enabled = true)
}

async fn sign_in(browser: &Client, name: &str) -> Answer {
    let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
    browser.post("/api/auth/sign-in/email", body).await.expect(200)
}

/// The handles by which the browser's sessions are named, by address.
async fn handle(browser: &Client, name: &str) -> String {
    let all = browser.get(LIST).await.ok();
    let one = all.as_array().unwrap().iter().find(|one| one["user"]["email"] == format!("{name}@example.com")).cloned();
    one.expect("a session")["session"]["token"].as_str().unwrap().to_owned()
}

async fn at_work(browser: &Client) -> Json {
    browser.get("/api/auth/get-session").await.ok()["user"]["email"].clone()
}

db_test!(a_method_that_is_off_is_not_there, async |app| {
    let ann = app.signed_up("ann").await;
    assert_eq!(ann.get(LIST).await.expect(404).text, "");
    for path in [SET_ACTIVE, REVOKE] {
        assert_eq!(ann.post(path, json!({})).await.expect(404).text, "");
    }
    assert_eq!(sign_in(&app.client(), "ann").await.set_cookies().len(), 1);
});

db_test!(a_browser_keeps_sessions_and_chooses_one, on(), async |app| {
    app.signed_up("ann").await;
    app.signed_up("bob").await;
    let browser = app.client();
    let answer = sign_in(&browser, "ann").await;
    let token = answer["token"].as_str().unwrap().to_lowercase();
    let kept = answer.set_cookies()[1].to_owned();
    assert!(kept.starts_with(&format!("better-auth.session_token_multi-{token}=")), "{kept}");
    assert!(kept.ends_with("; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"), "{kept}");
    sign_in(&browser, "bob").await;
    let all = browser.get(LIST).await.ok();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(keys(&all[0]), ["session", "user"]);
    assert_eq!(at_work(&browser).await, "bob@example.com");
    // The other's token is not shown: what is opens nothing.
    let ann = handle(&browser, "ann").await;
    assert!(ann.starts_with("sess_"), "{ann}");
    assert!(app.http().bearer(&ann).get("/api/auth/get-session").await.ok().is_null());
    let answer = browser.post(SET_ACTIVE, json!({ "sessionToken": ann })).await.ok();
    assert_eq!((keys(&answer), &answer["user"]["email"]), (vec!["session", "user"], &json!("ann@example.com")));
    assert_eq!(at_work(&browser).await, "ann@example.com");
    // Tokens name sessions too.
    let bob = handle(&browser, "bob").await;
    browser.post(SET_ACTIVE, json!({ "sessionToken": bob })).await.expect(200);
    assert_eq!(at_work(&browser).await, "bob@example.com");
    // Once more the same person: the older session gives way.
    sign_in(&browser, "ann").await;
    assert_eq!(browser.get(LIST).await.ok().as_array().unwrap().len(), 2);
    assert_eq!(
        app.count("SELECT COUNT(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = 'ann@example.com'")
            .await,
        2
    );
});

db_test!(what_is_ended_gives_way_to_another, on(), async |app| {
    app.signed_up("ann").await;
    app.signed_up("bob").await;
    let browser = app.client();
    sign_in(&browser, "ann").await;
    sign_in(&browser, "bob").await;
    let bob = handle(&browser, "bob").await;
    assert_eq!(browser.post(REVOKE, json!({ "sessionToken": bob })).await.ok(), json!({ "status": true }));
    assert_eq!(at_work(&browser).await, "ann@example.com");
    browser.post(REVOKE, json!({ "sessionToken": bob })).await.refused(401, "INVALID_SESSION_TOKEN");
    let ann = handle(&browser, "ann").await;
    browser.post(REVOKE, json!({ "sessionToken": ann })).await.expect(200);
    assert!(!is_signed_in(&browser).await);
    assert_eq!(browser.get(LIST).await.ok(), json!([]));
    browser.post(REVOKE, json!({ "sessionToken": ann })).await.refused(401, "UNAUTHORIZED");
});

db_test!(signing_out_ends_all_that_the_browser_keeps, on(), async |app| {
    app.signed_up("ann").await;
    app.signed_up("bob").await;
    let browser = app.client();
    sign_in(&browser, "ann").await;
    sign_in(&browser, "bob").await;
    let stolen = browser.cookie_header();
    browser.post("/api/auth/sign-out", json!({})).await.expect(200);
    assert_eq!(browser.cookie_header(), "");
    let thief = app.http().with("cookie", &stolen);
    assert_eq!(thief.get(LIST).await.ok(), json!([]));
});

// The finding of 2025: a name is the caller's to choose, and only what we signed counts.
db_test!(cookies_that_we_did_not_sign_reach_nobodys_session, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let token = ann.get("/api/auth/get-session").await.ok()["session"]["token"].as_str().unwrap().to_owned();
    let signed = ann.cookie(SESSION).unwrap();
    let lower = token.to_lowercase();
    for cookie in [
        format!("better-auth.session_token_multi-{lower}={token}"),
        format!("better-auth.session_token_multi-{lower}={token}.c2lnbmF0dXJl"),
        format!("better-auth.session_token_multi-other={signed}"),
    ] {
        let eve = app.http().with("cookie", &cookie).with("origin", &app.base);
        assert_eq!(eve.get(LIST).await.ok(), json!([]), "{cookie}");
        eve.post(SET_ACTIVE, json!({ "sessionToken": token })).await.refused(401, "INVALID_SESSION_TOKEN");
        eve.post("/api/auth/sign-out", json!({})).await.expect(200);
        assert!(is_signed_in(&ann).await);
    }
});

db_test!(
    a_browser_keeps_so_many,
    Options::default().settings(|s| {
        s.methods.multi_session.enabled = true;
        s.methods.multi_session.maximum = 2;
    }),
    async |app| {
        let browser = app.client();
        for name in ["ann", "bob", "carol"] {
            app.signed_up(name).await;
            sign_in(&browser, name).await;
        }
        assert_eq!(browser.get(LIST).await.ok().as_array().unwrap().len(), 2);
        assert_eq!(at_work(&browser).await, "carol@example.com");
    }
);

db_test!(
    a_cookie_says_how_somebody_signed_in_last,
    Options::default().settings(|s| {
        s.methods.last_login_method = true;
        s.methods.magic_link.enabled = true;
    }),
    async |app| {
        const LAST: &str = "better-auth.last_used_login_method";
        let ann = app.signed_up("ann").await;
        assert_eq!(ann.cookie(LAST).as_deref(), Some("email"));
        let answer = sign_in(&ann, "ann").await;
        let line = answer.set_cookies()[1];
        assert_eq!(line, format!("{LAST}=email; Max-Age=2592000; Path=/; SameSite=Lax"));
        app.http().post("/api/auth/sign-in/magic-link", json!({ "email": "ann@example.com" })).await.expect(200);
        let url = app.mail().wait("ann@example.com", r"(http://\S+/api/auth/magic-link/verify\S+)").await;
        let browser = app.client();
        browser.get(&path_of(&app, &url)).await.expect(302);
        assert_eq!(browser.cookie(LAST).as_deref(), Some("magic-link"));
        // A sign-in that failed is none, and a session that goes on is no sign-in.
        let body = json!({ "email": "ann@example.com", "password": "wrong" });
        assert!(app.client().post("/api/auth/sign-in/email", body).await.expect(401).set_cookies().is_empty());
        let answer = browser.post("/api/auth/update-user", json!({ "name": "Ann E." })).await.expect(200);
        assert!(answer.set_cookies().iter().all(|line| !line.contains("last_used")));
    }
);
