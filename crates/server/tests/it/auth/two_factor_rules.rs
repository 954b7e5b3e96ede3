//! Second factors: what a session may do that has not shown one, where the mailbox would be both factors, and what an
//! organization that requires one leaves as it is.

use auth_core::outbox::EventKind;

use super::two_factor::{SIGN_IN, WAITING, code, enrolled, two_factor};
use super::*;
use crate::support::*;

/// The ways to go on after the password.
async fn asked(client: &Client, email: &str) -> Json {
    let body = json!({ "email": email, "password": PASSWORD });
    client.post(SIGN_IN, body).await.expect(200)["twoFactorMethods"].clone()
}

/// Has a code mailed, and reads it.
async fn mailed(app: &App, email: &str, client: &Client) -> String {
    // Letters about the account itself may come in between.
    let codes = || app.mail().to(email).iter().filter(|mail| mail.text.contains("Your code is")).count();
    let before = codes();
    client.post(&two_factor("send-otp"), json!({})).await.expect(200);
    while codes() == before {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    app.mail().wait(email, r"Your code is (\d{6})").await
}

async fn reset_password(app: &App, email: &str) {
    let body = json!({ "email": email, "redirectTo": "/reset" });
    app.client().post("/api/auth/request-password-reset", body).await.expect(200);
    let token = app.mail().wait(email, r"reset-password/([A-Za-z0-9]+)").await;
    let body = json!({ "token": token, "newPassword": PASSWORD });
    app.client().post("/api/auth/reset-password", body).await.expect(200);
}

// A password that was stolen, and a session from before: one factor.
db_test!(a_session_that_has_not_shown_it_changes_nothing_of_it, async |app| {
    let ann = app.signed_up("ann").await;
    let before = app.signed_in("ann@example.com").await;
    let (uri, _) = enrolled(&app, &ann).await;
    let body = json!({ "password": PASSWORD });
    for name in ["get-totp-uri", "generate-backup-codes", "enable", "disable"] {
        before.post(&two_factor(name), body.clone()).await.refused(403, "SECOND_FACTOR_NOT_SHOWN");
    }
    before.post(&two_factor("verify-totp"), json!({ "code": code(&app, &uri, 0) })).await.expect(200);
    before.post(&two_factor("generate-backup-codes"), body.clone()).await.expect(200);
    before.post(&two_factor("disable"), body).await.expect(200);
});

db_test!(an_app_is_not_added_to_mailed_codes_without_showing_one, async |app| {
    let ann = app.signed_up("ann").await;
    let before = app.signed_in("ann@example.com").await;
    let body = json!({ "password": PASSWORD });
    ann.post(&two_factor("enable"), json!({ "password": PASSWORD, "method": "otp" })).await.expect(200);
    before.post(&two_factor("enable"), body.clone()).await.refused(403, "SECOND_FACTOR_NOT_SHOWN");
    // The session in which codes were set up may go on to set up an app; that is a factor of its own, and told.
    let device = app.client();
    asked(&device, "ann@example.com").await;
    let begun = ann.post(&two_factor("enable"), body).await.expect(200);
    let uri = begun["totpURI"].as_str().expect("an address");
    ann.post(&two_factor("verify-totp"), json!({ "code": code(&app, uri, 0) })).await.expect(200);
    let told = app.events_of(EventKind::UserTwoFactorEnabled).await;
    assert_eq!(told.iter().map(|event| event.payload["method"].clone()).collect::<Vec<_>>(), ["otp", "totp"]);
    // What waited for the weaker one waits in vain.
    device.post(&two_factor("send-otp"), json!({})).await.refused(401, "INVALID_TWO_FACTOR_COOKIE");
});

db_test!(who_reset_the_password_by_mail_shows_the_app, async |app| {
    let ann = app.proven("ann@example.com").await;
    let (uri, _) = enrolled(&app, &ann).await;
    let client = app.client();
    assert_eq!(asked(&client, "ann@example.com").await, json!(["totp", "otp"]));
    reset_password(&app, "ann@example.com").await;
    assert_eq!(asked(&client, "ann@example.com").await, json!(["totp"]));
    client.post(&two_factor("send-otp"), json!({})).await.refused(400, "OTP_NOT_ENABLED");
    client.post(&two_factor("verify-totp"), json!({ "code": code(&app, &uri, 0) })).await.expect(200);
    // Whoever shows the app is the person, and the mailbox is a second factor again.
    assert_eq!(asked(&app.client(), "ann@example.com").await, json!(["totp", "otp"]));
});

db_test!(a_session_that_came_by_mail_is_not_completed_by_mail, Options::default().every_method(), async |app| {
    let ann = app.proven("ann@example.com").await;
    let reader = app.client();
    app.http().post("/api/auth/sign-in/magic-link", json!({ "email": "ann@example.com" })).await.expect(200);
    let link = app.mail().wait("ann@example.com", r"(http://\S+/api/auth/magic-link/verify\S+)").await;
    reader.get(&path_of(&app, &link)).await.expect(302);
    let (uri, _) = enrolled(&app, &ann).await;
    reader.post(&two_factor("send-otp"), json!({})).await.refused(400, "OTP_NOT_ENABLED");
    let token = reader.get("/api/auth/one-time-token/generate").await.ok()["token"].clone();
    let elsewhere = app.client();
    let answer = elsewhere.post("/api/auth/one-time-token/verify", json!({ "token": token })).await.expect(200);
    assert_eq!(answer["twoFactorMethods"], json!(["totp"]));
    reader.post(&two_factor("verify-totp"), json!({ "code": code(&app, &uri, 0) })).await.expect(200);
});

db_test!(a_lock_says_when_it_ends, async |app| {
    let ann = app.signed_up("ann").await;
    enrolled(&app, &ann).await;
    let wrong = json!({ "code": "000000" });
    for _ in 0..2 {
        let client = app.client();
        asked(&client, "ann@example.com").await;
        for _ in 0..5 {
            client.post(&two_factor("verify-totp"), wrong.clone()).await.refused(401, "INVALID_CODE");
        }
    }
    let client = app.client();
    asked(&client, "ann@example.com").await;
    let locked = client.post(&two_factor("verify-totp"), wrong).await.expect(429);
    assert_eq!((locked.header("retry-after"), locked.header("x-retry-after")), (Some("900"), Some("900")));
});

// Otherwise a session that was stolen would shut its owner out.
db_test!(guesses_in_a_session_are_counted_against_the_session, async |app| {
    let ann = app.signed_up("ann").await;
    let stolen = app.signed_in("ann@example.com").await;
    let (uri, _) = enrolled(&app, &ann).await;
    let wrong = json!({ "code": "000000" });
    for _ in 0..10 {
        stolen.post(&two_factor("verify-totp"), wrong.clone()).await.refused(401, "INVALID_CODE");
    }
    let good = json!({ "code": code(&app, &uri, 0) });
    let path = two_factor("verify-totp");
    stolen.post(&path, good.clone()).await.refused(400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE");
    let client = app.client();
    asked(&client, "ann@example.com").await;
    client.post(&path, good).await.expect(200);
});

db_test!(who_signs_out_everywhere_trusts_no_device_and_ends_sign_ins_under_way, async |app| {
    for path in ["/api/auth/revoke-sessions", "/api/auth/revoke-other-sessions"] {
        let email = format!("{}@example.com", path.len());
        let ann = app.signed_up_as(&email).await;
        let (uri, codes) = enrolled(&app, &ann).await;
        let (device, waiting) = (app.client(), app.client());
        asked(&device, &email).await;
        let trusting = json!({ "code": code(&app, &uri, 0), "trustDevice": true });
        device.post(&two_factor("verify-totp"), trusting).await.expect(200);
        asked(&waiting, &email).await;
        ann.post(path, json!({})).await.expect(200);
        let late = json!({ "code": codes[0] });
        waiting.post(&two_factor("verify-backup-code"), late).await.refused(401, "INVALID_TWO_FACTOR_COOKIE");
        assert_eq!(asked(&device, &email).await, json!(["totp", "otp"]), "{path}");
    }
});

db_test!(an_account_is_not_deleted_without_showing_it, async |app| {
    let ann = app.signed_up("ann").await;
    let before = app.signed_in("ann@example.com").await;
    enrolled(&app, &ann).await;
    let body = json!({ "password": PASSWORD });
    before.post("/api/auth/delete-user", body.clone()).await.refused(403, "SECOND_FACTOR_NOT_SHOWN");
    let change = json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD, "revokeOtherSessions": true });
    before.post("/api/auth/change-password", change).await.refused(403, "SECOND_FACTOR_NOT_SHOWN");
    ann.post("/api/auth/delete-user", body).await.expect(200);
});

db_test!(ten_codes_are_mailed_to_a_person, async |app| {
    let ann = app.signed_up("ann").await;
    for _ in 0..2 {
        let session = app.signed_in("ann@example.com").await;
        for _ in 0..5 {
            session.post(&two_factor("send-otp"), json!({})).await.expect(200);
        }
    }
    let path = two_factor("send-otp");
    ann.post(&path, json!({})).await.refused(400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE");
    app.clock.advance(601);
    ann.post(&path, json!({})).await.expect(200);
});

db_test!(
    where_it_is_off_no_session_sets_it_up,
    Options::default().settings(|settings| settings.two_factor.enabled = false),
    async |app| {
        let ann = app.signed_up("ann").await;
        ann.post(&two_factor("send-otp"), json!({})).await.expect(404);
        ann.post(&two_factor("verify-otp"), json!({ "code": "000000" })).await.refused(400, "OTP_HAS_EXPIRED");
        assert_eq!(app.count("SELECT COUNT(*) FROM two_factor_codes").await, 0);
    }
);

db_test!(codes_by_mail_are_set_up_in_a_session, async |app| {
    let ann = app.signed_up("ann").await;
    let otp = mailed(&app, "ann@example.com", &ann).await;
    let done = ann.post(&two_factor("verify-otp"), json!({ "code": otp })).await.expect(200);
    assert_eq!(done["user"]["twoFactorEnabled"], json!(true));
});

db_test!(who_may_not_act_in_an_organization_may_leave_it, async |app| {
    let boot = app.boot("Acme", None).await;
    let organization = format!("/v1/organizations/{}", boot.organization_id);
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let member = json!({ "user_id": id, "role": "org:admin" });
    boot.key.post(&format!("{organization}/memberships"), member).await.created();
    let other = ann.post("/api/auth/organization/create", json!({ "name": "Own", "slug": "own" })).await.expect(200);
    ann.post(
        &format!("/v1/organizations/{}/directories", other["id"].as_str().unwrap()),
        json!({
            "name": "Okta", "provider": "okta", "provider_id": "okta-own"
        }),
    )
    .await
    .created();
    boot.key.patch(&organization, json!({ "require_two_factor": true })).await.expect(200);
    // It is no reason to hide the connections of the others.
    let listed = ann.get("/api/auth/scim/list-provider-connections").await.ok();
    assert_eq!(listed["providers"].as_array().map(Vec::len), Some(1), "{listed:?}");
    let body = json!({ "organizationId": boot.organization_id });
    let named = format!("/api/auth/scim/get-provider-connection?providerId=x&organizationId={}", boot.organization_id);
    ann.get(&named).await.refused(403, "TWO_FACTOR_REQUIRED");
    ann.get("/api/auth/organization/get-active-member").await.expect(200);
    ann.post("/api/auth/organization/leave", body).await.expect(200);
});

db_test!(letters_tell_of_a_second_factor_that_comes_and_goes, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    enrolled(&app, &ann).await;
    app.mail().wait("ann@example.com", "A second factor was set up for your account").await;
    ann.post(&two_factor("disable"), json!({ "password": PASSWORD })).await.expect(200);
    app.mail().wait("ann@example.com", "The second factor of your account was removed").await;
    enrolled(&app, &ann).await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned();
    boot.key.delete(&format!("/v1/users/{id}/mfa")).await.expect(204);
    app.mail().wait("ann@example.com", "An administrator took your second factors away").await;
});

db_test!(each_lock_in_a_row_takes_twice_as_long_and_is_told_of, async |app| {
    let ann = app.signed_up("ann").await;
    let (uri, _) = enrolled(&app, &ann).await;
    // Ten wrong codes, five for each sign-in.
    let lock = async || {
        for _ in 0..2 {
            let client = app.client();
            asked(&client, "ann@example.com").await;
            for _ in 0..5 {
                client.post(&two_factor("verify-totp"), json!({ "code": "000000" })).await.refused(401, "INVALID_CODE");
            }
        }
    };
    let is_locked = async || {
        let client = app.client();
        asked(&client, "ann@example.com").await;
        client.post(&two_factor("verify-totp"), json!({ "code": "000000" })).await.status == 429
    };
    lock().await;
    app.mail().wait("ann@example.com", "For 15 minutes no code is accepted").await;
    app.clock.advance(890);
    assert!(is_locked().await);
    app.clock.advance(20);
    lock().await;
    app.mail().wait("ann@example.com", "For 30 minutes no code is accepted").await;
    app.clock.advance(1790);
    assert!(is_locked().await);
    app.clock.advance(20);
    // Who shows a good one begins anew.
    let client = app.client();
    asked(&client, "ann@example.com").await;
    client.post(&two_factor("verify-totp"), json!({ "code": code(&app, &uri, 0) })).await.expect(200);
    app.clock.advance(60);
    lock().await;
    app.clock.advance(910);
    assert!(!is_locked().await);
});

db_test!(who_signs_out_leaves_no_half_of_a_sign_in_behind, async |app| {
    let ann = app.signed_up("ann").await;
    let (uri, _) = enrolled(&app, &ann).await;
    let client = app.client();
    asked(&client, "ann@example.com").await;
    let waiting = client.cookie(WAITING).expect("a cookie");
    client.post("/api/auth/sign-out", json!({})).await.expect(200);
    assert_eq!(client.cookie(WAITING), None);
    client.set_cookie(WAITING, &waiting);
    let late = client.post(&two_factor("verify-totp"), json!({ "code": code(&app, &uri, 0) })).await;
    late.refused(401, "INVALID_TWO_FACTOR_COOKIE");
    assert_eq!(app.count("SELECT COUNT(*) FROM two_factor_challenges").await, 0);
});

db_test!(which_factors_somebody_has_is_for_them_and_the_platform_to_see, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/users/{id}/mfa");
    let seen = ann.get(&path).await.ok();
    assert_eq!((&seen["enabled"], &seen["methods"]), (&json!(false), &json!([])));
    let (_, backup) = enrolled(&app, &ann).await;
    let client = app.client();
    asked(&client, "ann@example.com").await;
    client.post(&two_factor("verify-backup-code"), json!({ "code": backup[0] })).await.expect(200);
    let seen = ann.get(&path).await.ok();
    assert_eq!(seen, boot.key.get(&path).await.ok());
    assert_eq!(
        seen,
        json!({
            "object": "user_second_factors", "user_id": id, "enabled": true, "methods": ["totp", "otp"],
            "backup_codes_remaining": backup.len() - 1, "passkeys_count": 0, "trusted_devices_count": 0, "locked_until": null,
        })
    );
    app.signed_up("bob").await.get(&path).await.refused(403, "forbidden");
    boot.key.get("/v1/users/user_none/mfa").await.expect(404);
});
