//! Codes that are mailed and typed in.

use super::*;
use crate::support::*;

const SEND: &str = "/api/auth/email-otp/send-verification-otp";
const CHECK: &str = "/api/auth/email-otp/check-verification-otp";
const SIGN_IN: &str = "/api/auth/sign-in/email-otp";
const VERIFY: &str = "/api/auth/email-otp/verify-email";
const RESET: &str = "/api/auth/email-otp/reset-password";
const REQUEST_CHANGE: &str = "/api/auth/email-otp/request-email-change";
const CHANGE: &str = "/api/auth/email-otp/change-email";

fn on() -> Options {
    Options::default().settings(|s| s.methods.email_otp.enabled = true)
}

/// The newest code for an address, after whatever asks for it.
async fn mailed(app: &App, email: &str, asking: impl Future<Output = Answer>) -> String {
    let before = app.mail().to(email).len();
    assert_eq!(asking.await.ok(), json!({ "success": true }));
    while app.mail().to(email).len() == before {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    app.mail().wait(email, r"(?m)^(\d{6})\s*$").await
}

/// Asks for a code.
async fn code(app: &App, email: &str, purpose: &str) -> String {
    let http = app.http();
    mailed(app, email, http.post(SEND, json!({ "email": email, "type": purpose }))).await
}

/// Another code than this one.
fn wrong(code: &str) -> String {
    code.chars().map(|c| if c == '9' { '0' } else { '9' }).collect()
}

db_test!(a_method_that_is_off_is_not_there, async |app| {
    for path in [SEND, CHECK, SIGN_IN, VERIFY, RESET, REQUEST_CHANGE, CHANGE, "/api/auth/forget-password/email-otp"] {
        assert_eq!(app.http().post(path, json!({})).await.expect(404).text, "", "{path}");
    }
});

db_test!(a_code_signs_in_and_is_good_once, on(), async |app| {
    app.signed_up("ann").await;
    let code = code(&app, "ann@example.com", "sign-in").await;
    let browser = app.client();
    let body = json!({ "email": "Ann@Example.com", "otp": code });
    let answer = browser.post(SIGN_IN, body.clone()).await;
    assert_eq!(keys(&answer.json), ["token", "user"]);
    assert_eq!(answer["user"]["emailVerified"], true);
    assert!(is_signed_in(&browser).await);
    app.http().post(SIGN_IN, body).await.refused(400, "INVALID_OTP");
});

db_test!(a_code_makes_an_account_where_strangers_may_sign_up, on(), async |app| {
    let code = code(&app, "new@example.com", "sign-in").await;
    let browser = app.client();
    let body = json!({ "email": "new@example.com", "otp": code, "name": "New", "image": "https://x.example/a.png" });
    let answer = browser.post(SIGN_IN, body).await.ok();
    assert_eq!((&answer["user"]["name"], &answer["user"]["emailVerified"]), (&json!("New"), &json!(true)));
});

db_test!(
    where_strangers_may_not_they_get_no_letter,
    Options::default().settings(|s| {
        s.methods.email_otp.enabled = true;
        s.methods.email_otp.sign_up = false;
    }),
    async |app| {
        for purpose in ["sign-in", "email-verification", "forget-password"] {
            let body = json!({ "email": "nobody@example.com", "type": purpose });
            assert_eq!(app.http().post(SEND, body).await.ok(), json!({ "success": true }));
        }
        app.signed_up("ann").await;
        code(&app, "ann@example.com", "sign-in").await;
        assert!(app.mail().to("nobody@example.com").is_empty());
        // Guesses are answered alike, to the last.
        for email in ["nobody@example.com", "ann@example.com"] {
            for _ in 0..3 {
                app.http().post(SIGN_IN, json!({ "email": email, "otp": "x" })).await.refused(400, "INVALID_OTP");
            }
            app.http().post(SIGN_IN, json!({ "email": email, "otp": "x" })).await.refused(403, "TOO_MANY_ATTEMPTS");
            app.http().post(SIGN_IN, json!({ "email": email, "otp": "x" })).await.refused(400, "INVALID_OTP");
        }
    }
);

db_test!(three_errors_use_a_code_up, on(), async |app| {
    app.signed_up("ann").await;
    let good = code(&app, "ann@example.com", "sign-in").await;
    let bad = wrong(&good);
    for path in [CHECK, SIGN_IN, CHECK] {
        let body = json!({ "email": "ann@example.com", "type": "sign-in", "otp": bad });
        app.http().post(path, body).await.refused(400, "INVALID_OTP");
    }
    let body = json!({ "email": "ann@example.com", "type": "sign-in", "otp": good });
    app.http().post(CHECK, body.clone()).await.refused(403, "TOO_MANY_ATTEMPTS");
    app.http().post(SIGN_IN, body).await.refused(400, "INVALID_OTP");
});

// PR #8067: attempts that come at once.
db_test!(of_many_guesses_at_once_each_is_counted, on(), async |app| {
    app.signed_up("ann").await;
    let good = code(&app, "ann@example.com", "sign-in").await;
    let bad = wrong(&good);
    let guesses = futures_util::future::join_all((0..12).map(|_| {
        let (client, bad) = (app.http(), bad.clone());
        async move { client.post(SIGN_IN, json!({ "email": "ann@example.com", "otp": bad })).await }
    }))
    .await;
    let told = |code: &str| guesses.iter().filter(|answer| answer["code"] == code).count();
    assert_eq!(told("TOO_MANY_ATTEMPTS"), 1, "{guesses:?}");
    assert_eq!(told("INVALID_OTP"), 11);
    app.http().post(SIGN_IN, json!({ "email": "ann@example.com", "otp": good })).await.refused(400, "INVALID_OTP");
});

db_test!(of_many_who_bring_a_code_at_once_one_gets_in, on(), async |app| {
    app.signed_up("ann").await;
    let good = code(&app, "ann@example.com", "sign-in").await;
    let all = futures_util::future::join_all((0..6).map(|_| {
        let (client, good) = (app.http(), good.clone());
        async move { client.post(SIGN_IN, json!({ "email": "ann@example.com", "otp": good })).await.status }
    }))
    .await;
    assert_eq!(all.iter().filter(|status| **status == 200).count(), 1, "{all:?}");
});

db_test!(checking_uses_nothing_up_and_purposes_are_apart, on(), async |app| {
    app.signed_up("ann").await;
    let good = code(&app, "ann@example.com", "sign-in").await;
    let body = json!({ "email": "ann@example.com", "type": "sign-in", "otp": good });
    for _ in 0..5 {
        assert_eq!(app.http().post(CHECK, body.clone()).await.ok(), json!({ "success": true }));
    }
    app.http().post(VERIFY, body.clone()).await.refused(400, "INVALID_OTP");
    let reset = json!({ "email": "ann@example.com", "otp": good, "password": "a better staple 42" });
    app.http().post(RESET, reset).await.refused(400, "INVALID_OTP");
    app.http().post(SIGN_IN, body).await.expect(200);
    // A new code takes the place of the one before.
    let first = code(&app, "ann@example.com", "sign-in").await;
    let second = code(&app, "ann@example.com", "sign-in").await;
    assert_ne!(first, second);
    app.http().post(SIGN_IN, json!({ "email": "ann@example.com", "otp": first })).await.refused(400, "INVALID_OTP");
    app.http().post(SIGN_IN, json!({ "email": "ann@example.com", "otp": second })).await.expect(200);
    // Whoever has the code of an address may know that it has no account.
    let new = code(&app, "new@example.com", "sign-in").await;
    let body = json!({ "email": "new@example.com", "type": "sign-in", "otp": new });
    app.http().post(CHECK, body).await.refused(400, "USER_NOT_FOUND");
});

db_test!(a_code_expires, on(), async |app| {
    app.signed_up("ann").await;
    let good = code(&app, "ann@example.com", "sign-in").await;
    app.clock.advance(301);
    app.http().post(SIGN_IN, json!({ "email": "ann@example.com", "otp": good })).await.refused(400, "OTP_EXPIRED");
    app.http().post(SIGN_IN, json!({ "email": "ann@example.com", "otp": good })).await.refused(400, "INVALID_OTP");
});

db_test!(a_code_is_stored_as_a_keyed_hash, on(), async |app| {
    let good = code(&app, "ann@example.com", "sign-in").await;
    let stored = app
        .look(async |rx| {
            let row = auth_core::db::one(rx, "SELECT code_hash FROM verification_codes", []).await?.unwrap();
            row.get::<String>(0)
        })
        .await;
    assert!(!stored.contains(&good) && stored.len() == 64 && stored != auth_core::secret::hash(&good));
});

// GHSA-qq9h-g4jm-xgf3.
db_test!(the_first_code_to_sign_in_wipes_what_a_stranger_set, on(), async |app| {
    let stranger = app.signed_up("ann").await;
    let good = code(&app, "ann@example.com", "sign-in").await;
    let owner = app.client();
    owner.post(SIGN_IN, json!({ "email": "ann@example.com", "otp": good })).await.expect(200);
    assert!(is_signed_in(&owner).await && !is_signed_in(&stranger).await);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
});

db_test!(a_code_proves_a_mailbox_and_keeps_the_password, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let good = code(&app, "ann@example.com", "email-verification").await;
    let answer = ann.post(VERIFY, json!({ "email": "ann@example.com", "otp": good })).await.ok();
    assert_eq!((&answer["status"], &answer["token"]), (&json!(true), &Json::Null));
    assert_eq!(answer["user"]["emailVerified"], true);
    assert!(is_signed_in(&ann).await);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
});

db_test!(
    proving_a_mailbox_may_sign_in,
    Options::default().settings(|s| {
        s.methods.email_otp.enabled = true;
        s.sign_up.auto_sign_in_after_verification = true;
        s.sign_up.require_email_verification = true;
    }),
    async |app| {
        let body = json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD });
        app.http().post("/api/auth/sign-up/email", body).await.expect(200);
        let good = code(&app, "ann@example.com", "email-verification").await;
        let browser = app.client();
        let answer = browser.post(VERIFY, json!({ "email": "ann@example.com", "otp": good })).await.ok();
        assert!(answer["token"].is_string() && is_signed_in(&browser).await);
    }
);

db_test!(a_code_sets_a_new_password, on(), async |app| {
    let ann = app.signed_up("ann").await;
    for path in ["/api/auth/email-otp/request-password-reset", "/api/auth/forget-password/email-otp"] {
        let http = app.http();
        let good = mailed(&app, "ann@example.com", http.post(path, json!({ "email": "ann@example.com" }))).await;
        let body =
            |code: &str, password: &str| json!({ "email": "ann@example.com", "otp": code, "password": password });
        app.http().post(RESET, body(&wrong(&good), "a better staple 42")).await.refused(400, "INVALID_OTP");
        app.http().post(RESET, body(&good, "short")).await.refused(400, "PASSWORD_TOO_SHORT");
        assert_eq!(app.http().post(RESET, body(&good, "a better staple 42")).await.ok(), json!({ "success": true }));
        app.http().post(RESET, body(&good, "a better staple 43")).await.refused(400, "INVALID_OTP");
    }
    assert!(!is_signed_in(&ann).await);
    assert_eq!(try_sign_in(&app, "ann@example.com", "a better staple 42").await, 200);
    let nobody = json!({ "email": "nobody@example.com" });
    assert_eq!(
        app.http().post("/api/auth/email-otp/request-password-reset", nobody).await.ok(),
        json!({ "success": true })
    );
});

db_test!(an_address_is_changed_by_codes_of_both_mailboxes, on(), async |app| {
    let ann = app.proven("ann@example.com").await;
    let new = json!({ "newEmail": "ann@other.example" });
    let refused = ann.post(REQUEST_CHANGE, new.clone()).await.expect(400);
    assert_eq!(refused.json, json!({ "message": "OTP is required to verify current email" }));
    let own = code(&app, "ann@example.com", "email-verification").await;
    let body = json!({ "newEmail": "Ann@Other.example", "otp": own });
    let there = mailed(&app, "ann@other.example", ann.post(REQUEST_CHANGE, body)).await;
    let body = |code: &str| json!({ "newEmail": "ann@other.example", "otp": code });
    ann.post(CHANGE, body(&wrong(&there))).await.refused(400, "INVALID_OTP");
    // The code is the person's: nobody else brings it.
    let eve = app.signed_up("eve").await;
    eve.post(CHANGE, body(&there)).await.refused(400, "INVALID_OTP");
    let elsewhere = app.client();
    elsewhere.post("/api/auth/sign-in/email", json!({ "email": "ann@example.com", "password": PASSWORD })).await.ok();
    assert_eq!(ann.post(CHANGE, body(&there)).await.ok(), json!({ "success": true }));
    let session = ann.get("/api/auth/get-session").await.ok();
    assert_eq!(
        (&session["user"]["email"], &session["user"]["emailVerified"]),
        (&json!("ann@other.example"), &json!(true))
    );
    assert!(!is_signed_in(&elsewhere).await);
});

db_test!(an_unproven_address_is_changed_by_one_code_and_owners_are_not_told, on(), async |app| {
    let ann = app.signed_up("ann").await;
    app.proven("bob@example.com").await;
    let before = app.mail().to("bob@example.com").len();
    let taken = json!({ "newEmail": "bob@example.com" });
    assert_eq!(ann.post(REQUEST_CHANGE, taken).await.ok(), json!({ "success": true }));
    let same = ann.post(REQUEST_CHANGE, json!({ "newEmail": "ann@example.com" })).await.expect(400);
    assert_eq!(same.json, json!({ "message": "Email is the same" }));
    let asking = ann.post(REQUEST_CHANGE, json!({ "newEmail": "ann@other.example" }));
    let there = mailed(&app, "ann@other.example", asking).await;
    assert_eq!(app.mail().to("bob@example.com").len(), before);
    ann.post(CHANGE, json!({ "newEmail": "ann@other.example", "otp": there })).await.expect(200);
    app.http().post(CHANGE, json!({ "newEmail": "a@b.co", "otp": "1" })).await.refused(401, "UNAUTHORIZED");
});

db_test!(
    changing_is_off_where_addresses_are_not_changed,
    Options::default().settings(|s| {
        s.methods.email_otp.enabled = true;
        s.change_email = false;
    }),
    async |app| {
        let ann = app.signed_up("ann").await;
        let refused = ann.post(REQUEST_CHANGE, json!({ "newEmail": "ann@other.example" })).await.expect(400);
        assert_eq!(refused.json, json!({ "message": "Change email with OTP is disabled" }));
    }
);

db_test!(what_ends_access_voids_codes, on(), async |app| {
    app.signed_up("ann").await;
    let reset = code(&app, "ann@example.com", "forget-password").await;
    let sign_in = code(&app, "ann@example.com", "sign-in").await;
    app.http().post(SIGN_IN, json!({ "email": "ann@example.com", "otp": sign_in })).await.expect(200);
    // The first proof of the mailbox ended all that was before.
    let body = json!({ "email": "ann@example.com", "otp": reset, "password": "a better staple 42" });
    app.http().post(RESET, body).await.refused(400, "INVALID_OTP");
});

db_test!(bad_input_is_told_so, on(), async |app| {
    for (path, body, code) in [
        (SEND, json!({}), "VALIDATION_ERROR"),
        (SEND, json!({ "email": "a@b.co", "type": "other" }), "VALIDATION_ERROR"),
        (SEND, json!({ "email": "no", "type": "sign-in" }), "INVALID_EMAIL"),
        (CHECK, json!({ "email": "a@b.co", "type": "sign-in", "otp": 1 }), "VALIDATION_ERROR"),
        (SIGN_IN, json!({ "email": "a@b.co" }), "VALIDATION_ERROR"),
        (SIGN_IN, json!({ "email": "a@b.co", "otp": "x".repeat(4000) }), "INVALID_OTP"),
        (VERIFY, json!({ "email": "a@b.co", "otp": "\u{1f600}" }), "INVALID_OTP"),
        (RESET, json!({ "email": "a@b.co", "otp": "1", "password": "x".repeat(129) }), "PASSWORD_TOO_LONG"),
    ] {
        app.http().post(path, body).await.refused(400, code);
    }
    let told = app.http().post(SEND, json!({ "email": "a@b.co", "type": "change-email" })).await.expect(400);
    assert_eq!(told.json, json!({ "message": "Invalid OTP type" }));
    let foreign = app.http().with("origin", "https://evil.example");
    foreign.post(SEND, json!({ "email": "a@b.co", "type": "sign-in" })).await.refused(403, "INVALID_ORIGIN");
});

db_test!(codes_are_asked_for_three_times_a_minute, on().limited(), async |app| {
    let body = json!({ "email": "ann@example.com", "type": "sign-in" });
    for _ in 0..3 {
        app.http().post(SEND, body.clone()).await.expect(200);
    }
    app.http().post(SEND, body).await.expect(429);
});

db_test!(a_code_from_before_the_account_is_nobodys_then, on(), async |app| {
    let code = code(&app, "ann@example.com", "sign-in").await;
    app.signed_up("ann").await;
    let body = json!({ "email": "ann@example.com", "otp": code });
    app.http().post(CHECK, json!({ "email": "ann@example.com", "otp": code, "type": "sign-in" })).await.expect(400);
    app.http().post(SIGN_IN, body).await.refused(400, "INVALID_OTP");
});

db_test!(a_session_that_was_revoked_meanwhile_changes_no_address, on(), async |app| {
    use auth_core::features::email_otp;
    let ann = app.signed_up("ann").await;
    let asking = ann.post(REQUEST_CHANGE, json!({ "newEmail": "new@example.com" }));
    let code = mailed(&app, "new@example.com", asking).await;
    // The request has been recognized, and the session ends before its transaction begins.
    let token = ann.get("/api/auth/get-session").await.ok()["session"]["id"].as_str().unwrap().to_owned();
    let session = app
        .look(async |rx| auth_core::sessions::find_any(rx, &auth_core::ids::Id::parse(&token).unwrap()).await)
        .await
        .expect("her session");
    let ctx = auth_core::Ctx::system("test");
    app.core
        .write(&ctx, async |tx| auth_core::sessions::revoke(tx, &session.user_id, &session.id).await)
        .await
        .unwrap();
    let refused = email_otp::change(&app.core, &ctx, &session, "new@example.com", &code).await.unwrap_err();
    assert!(refused.is(&auth_core::sign_in::SignInFault::AccessEnded), "{refused:?}");
    let refused = email_otp::request_change(&app.core, &ctx, &session, "other@example.com", None).await.unwrap_err();
    assert!(refused.is(&auth_core::sign_in::SignInFault::AccessEnded), "{refused:?}");
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
});
