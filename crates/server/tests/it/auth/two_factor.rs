//! Second factors: setting one up, being asked on every way in, and what must not work.

use auth_core::clock::Clock as _;
use auth_core::outbox::EventKind;
use auth_core::sign_in::{self, Entry, Opening};
use auth_core::{Ctx, users};
use aws_lc_rs::hmac;

use super::*;
use crate::support::*;

pub(super) const SIGN_IN: &str = "/api/auth/sign-in/email";
pub(super) const WAITING: &str = "better-auth.two_factor";
const DEVICE: &str = "better-auth.trust_device";

/// What an authenticator app shows: the code of the address that it has read, so many periods from now.
pub(super) fn code(app: &App, uri: &str, periods: i64) -> String {
    let uri = url::Url::parse(uri).expect("an address");
    let secret = uri.query_pairs().find(|(key, _)| key == "secret").expect("a secret").1.into_owned();
    let mut bits = 0_u64;
    let (mut held, mut key) = (0, Vec::new());
    for letter in secret.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|one| *one == letter).expect("base32");
        (bits, held) = (bits << 5 | value as u64, held + 5);
        if held >= 8 {
            held -= 8;
            key.push((bits >> held & 0xff) as u8);
        }
    }
    let step = app.clock.now().millis() / 30_000 + periods;
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key), &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

pub(super) fn two_factor(name: &str) -> String {
    format!("/api/auth/two-factor/{name}")
}

/// Sets an app up; its address and the backup codes. The codes of then are spent: a minute passes.
pub(super) async fn enrolled(app: &App, client: &Client) -> (String, Vec<String>) {
    let begun = client.post(&two_factor("enable"), json!({ "password": PASSWORD })).await.expect(200);
    assert_eq!(begun["method"], json!("totp"));
    let uri = begun["totpURI"].as_str().expect("an address").to_owned();
    let done = client.post(&two_factor("verify-totp"), json!({ "code": code(app, &uri, 0) })).await.expect(200);
    assert_eq!(done["user"]["twoFactorEnabled"], json!(true));
    app.clock.advance(60);
    let codes = begun["backupCodes"].as_array().expect("codes");
    (uri, codes.iter().map(|code| code.as_str().expect("a code").to_owned()).collect())
}

/// A browser that gave the password and is asked for the second factor.
async fn asked(app: &App, email: &str) -> Client {
    let client = app.client();
    let answer = client.post(SIGN_IN, json!({ "email": email, "password": PASSWORD })).await.expect(200);
    assert_eq!(answer.json, json!({ "twoFactorRedirect": true, "twoFactorMethods": ["totp", "otp"] }));
    assert!(answer.header("set-auth-token").is_none() && client.cookie(WAITING).is_some());
    assert!(!is_signed_in(&client).await);
    client
}

db_test!(a_code_of_an_app_completes_a_sign_in, async |app| {
    let ann = app.signed_up("ann").await;
    let other = app.signed_in("ann@example.com").await;
    let before = ann.cookie(SESSION);
    assert_eq!(ann.get("/api/auth/get-session").await.ok()["user"]["twoFactorEnabled"], json!(false));
    ann.post(&two_factor("enable"), json!({ "password": "wrong password" })).await.refused(400, "INVALID_PASSWORD");
    ann.post(&two_factor("enable"), json!({})).await.refused(400, "INVALID_PASSWORD");
    let (uri, codes) = enrolled(&app, &ann).await;
    assert!(uri.starts_with("otpauth://totp/Portico:ann%40example.com?secret="), "{uri}");
    assert!(uri.ends_with("&issuer=Portico&digits=6&period=30"), "{uri}");
    assert_eq!((codes.len(), codes[0].len()), (10, 11));
    // The session was replaced, and the others go on.
    assert!(ann.cookie(SESSION) != before && is_signed_in(&ann).await && is_signed_in(&other).await);
    assert_eq!(app.events_of(EventKind::UserTwoFactorEnabled).await.len(), 1);
    ann.post(&two_factor("enable"), json!({ "password": PASSWORD })).await.refused(400, "TOTP_ALREADY_ENABLED");

    let client = asked(&app, "ann@example.com").await;
    client.post(&two_factor("verify-totp"), json!({ "code": "000000" })).await.refused(401, "INVALID_CODE");
    let waiting = client.cookie(WAITING).expect("a cookie");
    let entered = client.post(&two_factor("verify-totp"), json!({ "code": code(&app, &uri, 0) })).await.expect(200);
    assert_eq!(keys(&entered.json), ["token", "user"]);
    assert_eq!(client.get("/api/auth/get-session").await.ok()["session"]["token"], entered["token"]);
    // What stood for the password is spent.
    let thief = app.client();
    thief.set_cookie(WAITING, &waiting);
    let late = json!({ "code": code(&app, &uri, 1) });
    thief.post(&two_factor("verify-totp"), late).await.refused(401, "INVALID_TWO_FACTOR_COOKIE");
    // At rest: sealed, hashed.
    let secret = url::Url::parse(&uri).unwrap().query_pairs().find(|(key, _)| key == "secret").unwrap().1.into_owned();
    let sealed = app
        .look(async |db| {
            auth_core::db::one(db, "SELECT totp_secret FROM two_factors", []).await?.unwrap().get::<String>(0)
        })
        .await;
    assert!(!sealed.contains(&secret) && sealed.len() > 60, "{sealed}");
});

db_test!(a_code_of_an_app_is_accepted_once, async |app| {
    let ann = app.signed_up("ann").await;
    let begun = ann.post(&two_factor("enable"), json!({ "password": PASSWORD })).await.expect(200);
    let uri = begun["totpURI"].as_str().unwrap().to_owned();
    let first = code(&app, &uri, 0);
    ann.post(&two_factor("verify-totp"), json!({ "code": first })).await.expect(200);
    // The code by which it was set up opens nothing, nor does an older one.
    let client = asked(&app, "ann@example.com").await;
    client.post(&two_factor("verify-totp"), json!({ "code": first })).await.refused(401, "INVALID_CODE");
    let older = code(&app, &uri, -1);
    client.post(&two_factor("verify-totp"), json!({ "code": older })).await.refused(401, "INVALID_CODE");
    app.clock.advance(60);
    // Of two who bring the same code at the same time one gets in.
    let (one, two) = (asked(&app, "ann@example.com").await, asked(&app, "ann@example.com").await);
    let path = two_factor("verify-totp");
    let same = json!({ "code": code(&app, &uri, 0) });
    let (a, b) = futures_util::join!(one.post(&path, same.clone()), two.post(&path, same));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
});

db_test!(five_tries_end_a_challenge_and_ten_failures_lock_the_account, async |app| {
    let ann = app.signed_up("ann").await;
    let (uri, codes) = enrolled(&app, &ann).await;
    for _ in 0..2 {
        let client = asked(&app, "ann@example.com").await;
        for _ in 0..4 {
            client.post(&two_factor("verify-totp"), json!({ "code": "000000" })).await.refused(401, "INVALID_CODE");
        }
        let wrong = json!({ "code": "aaaaa-aaaaa" });
        client.post(&two_factor("verify-backup-code"), wrong).await.refused(401, "INVALID_BACKUP_CODE");
        if app.count("SELECT failures FROM two_factors").await < 10 {
            let good = json!({ "code": code(&app, &uri, 0) });
            client
                .post(&two_factor("verify-totp"), good.clone())
                .await
                .refused(400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE");
            client.post(&two_factor("verify-totp"), good).await.refused(401, "INVALID_TWO_FACTOR_COOKIE");
        }
    }
    // By whatever proof, from wherever, until it ends.
    let client = asked(&app, "ann@example.com").await;
    for (name, code) in [("verify-totp", code(&app, &uri, 0)), ("verify-backup-code", codes[0].clone())] {
        client.post(&two_factor(name), json!({ "code": code })).await.refused(429, "ACCOUNT_TEMPORARILY_LOCKED");
    }
    client.post(&two_factor("send-otp"), json!({})).await.refused(429, "ACCOUNT_TEMPORARILY_LOCKED");
    assert_eq!(app.events_of(EventKind::UserTwoFactorLocked).await.len(), 1);
    app.clock.advance(901);
    let client = asked(&app, "ann@example.com").await;
    client.post(&two_factor("verify-totp"), json!({ "code": "000000" })).await.refused(401, "INVALID_CODE");
    client.post(&two_factor("verify-totp"), json!({ "code": code(&app, &uri, 0) })).await.expect(200);
    assert_eq!(app.count("SELECT failures FROM two_factors").await, 0);
});

db_test!(backup_codes_are_good_once_and_can_be_replaced, async |app| {
    let ann = app.signed_up("ann").await;
    let (_, codes) = enrolled(&app, &ann).await;
    let path = two_factor("verify-backup-code");
    let client = asked(&app, "ann@example.com").await;
    client.post(&path, json!({ "code": codes[0] })).await.expect(200);
    let client = asked(&app, "ann@example.com").await;
    client.post(&path, json!({ "code": codes[0] })).await.refused(401, "INVALID_BACKUP_CODE");
    let again = ann.post(&two_factor("generate-backup-codes"), json!({ "password": PASSWORD })).await.expect(200);
    assert_eq!(again.header("cache-control"), Some("no-store"));
    assert_eq!((&again["status"], again["backupCodes"].as_array().map(Vec::len)), (&json!(true), Some(10)));
    client.post(&path, json!({ "code": codes[1] })).await.refused(401, "INVALID_BACKUP_CODE");
    let quiet = json!({ "code": again["backupCodes"][0], "disableSession": true });
    let shown = client.post(&path, quiet).await.expect(200);
    assert_eq!(keys(&shown.json), ["user"]);
    assert!(!is_signed_in(&client).await);
    let (one, two) = (asked(&app, "ann@example.com").await, asked(&app, "ann@example.com").await);
    let same = json!({ "code": again["backupCodes"][1] });
    let (a, b) = futures_util::join!(one.post(&path, same.clone()), two.post(&path, same));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    assert_eq!(app.count("SELECT COUNT(*) FROM two_factor_backup_codes WHERE LENGTH(code_hash) = 64").await, 8);
});

db_test!(codes_are_mailed, async |app| {
    let ann = app.signed_up("ann").await;
    let set_up = ann.post(&two_factor("enable"), json!({ "password": PASSWORD, "method": "otp" })).await.expect(200);
    assert_eq!(set_up.json, json!({ "method": "otp" }));
    let client = app.client();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let answer = client.post(SIGN_IN, body).await.expect(200);
    assert_eq!(answer["twoFactorMethods"], json!(["otp"]));
    let path = two_factor("verify-otp");
    client.post(&path, json!({ "code": "000000" })).await.refused(400, "OTP_HAS_EXPIRED");
    client.post(&two_factor("verify-totp"), json!({ "code": "000000" })).await.refused(400, "TOTP_NOT_ENABLED");
    client.post(&two_factor("send-otp"), json!({})).await.expect(200);
    let mailed = app.mail().wait("ann@example.com", r"Your code is (\d{6})").await;
    // It belongs to this sign-in.
    let other = app.client();
    other.post(SIGN_IN, json!({ "email": "ann@example.com", "password": PASSWORD })).await.expect(200);
    other.post(&path, json!({ "code": mailed })).await.refused(400, "OTP_HAS_EXPIRED");
    app.clock.advance(181);
    client.post(&path, json!({ "code": mailed })).await.refused(400, "OTP_HAS_EXPIRED");
    client.post(&two_factor("send-otp"), json!({})).await.expect(200);
    let expired = mailed;
    let mut mailed = expired.clone();
    while mailed == expired {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        mailed = app.mail().wait("ann@example.com", r"Your code is (\d{6})").await;
    }
    client.post(&path, json!({ "code": mailed })).await.expect(200);
    assert!(is_signed_in(&client).await);
    client.post(&path, json!({ "code": mailed })).await.refused(400, "OTP_HAS_EXPIRED");
});

db_test!(a_trusted_device_is_asked_no_more_and_only_its_owner_is_spared, async |app| {
    let ann = app.signed_up("ann").await;
    let (uri, _) = enrolled(&app, &ann).await;
    let bob = app.signed_up("bob").await;
    let (bobs, _) = enrolled(&app, &bob).await;
    let client = asked(&app, "ann@example.com").await;
    let trusting = json!({ "code": code(&app, &uri, 0), "trustDevice": true });
    client.post(&two_factor("verify-totp"), trusting).await.expect(200);
    let first = client.cookie(DEVICE).expect("a cookie");
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    assert!(client.post(SIGN_IN, body.clone()).await.expect(200)["token"].is_string());
    // It was replaced: what a thief copied before is worth nothing, and his device is not trusted.
    let second = client.cookie(DEVICE).expect("a cookie");
    assert_ne!(first, second);
    let thief = app.client();
    thief.set_cookie(DEVICE, &first);
    assert_eq!(thief.post(SIGN_IN, body.clone()).await.expect(200)["twoFactorRedirect"], json!(true));
    // Somebody else at the same device is asked.
    let shared = app.client();
    shared.set_cookie(DEVICE, &second);
    let as_bob = json!({ "email": "bob@example.com", "password": PASSWORD });
    assert_eq!(shared.post(SIGN_IN, as_bob).await.expect(200)["twoFactorRedirect"], json!(true));
    shared.post(&two_factor("verify-totp"), json!({ "code": code(&app, &bobs, 0) })).await.expect(200);
    // It ends with the epoch: a change of password raises it.
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "another good password" });
    client.post("/api/auth/change-password", change).await.expect(200);
    let body = json!({ "email": "ann@example.com", "password": "another good password" });
    assert_eq!(client.post(SIGN_IN, body).await.expect(200)["twoFactorRedirect"], json!(true));
});

db_test!(every_way_in_asks, async |app| {
    let ann = app.proven("ann@example.com").await;
    let before = app.signed_in("ann@example.com").await;
    enrolled(&app, &ann).await;
    // Whatever calls the door gets no session without a second factor.
    for method in ["password", "magic-link", "email-otp", "social", "handover", "email-verification"] {
        let entry = app
            .core
            .write(&Ctx::system("test"), async |tx| {
                let user = users::find_by_email(tx, "ann@example.com").await?.expect("Ann");
                let opening = Opening::of(&user, method);
                sign_in::open_session(tx, opening).await
            })
            .await
            .expect("an entry");
        assert!(matches!(entry, Entry::SecondFactor(_)), "{method}");
    }
    // A session from before shows nothing to a page elsewhere; one that has shown its second factor does.
    let wanted = json!({ "client_origin": app.base, "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" });
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    for (client, status) in [(&before, 403), (&ann, 200)] {
        let code = client.post("/api/auth/portico/authorize", wanted.clone()).await.expect(200)["code"].clone();
        let page = app.http().with("origin", &app.base);
        let body = json!({ "code": code, "code_verifier": verifier });
        page.post("/api/auth/portico/token", body).await.expect(status);
    }
    // A reset of the password does not take the second factor away.
    let body = json!({ "email": "ann@example.com", "redirectTo": "/reset" });
    app.client().post("/api/auth/request-password-reset", body).await.expect(200);
    let token = app.mail().wait("ann@example.com", r"reset-password/([A-Za-z0-9]+)").await;
    let body = json!({ "token": token, "newPassword": PASSWORD });
    app.client().post("/api/auth/reset-password", body).await.expect(200);
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    assert_eq!(app.client().post(SIGN_IN, body).await.expect(200)["twoFactorRedirect"], json!(true));
});

db_test!(disabling_asks_for_the_password_and_ends_all_of_it, async |app| {
    let ann = app.signed_up("ann").await;
    let (uri, _) = enrolled(&app, &ann).await;
    let client = asked(&app, "ann@example.com").await;
    let trusting = json!({ "code": code(&app, &uri, 0), "trustDevice": true });
    client.post(&two_factor("verify-totp"), trusting).await.expect(200);
    let waiting = asked(&app, "ann@example.com").await;
    client.post(&two_factor("disable"), json!({ "password": "wrong password" })).await.refused(400, "INVALID_PASSWORD");
    let before = client.cookie(SESSION);
    client.post(&two_factor("disable"), json!({ "password": PASSWORD })).await.expect(200);
    assert!(client.cookie(SESSION) != before && is_signed_in(&client).await);
    assert_eq!(client.get("/api/auth/get-session").await.ok()["user"]["twoFactorEnabled"], json!(false));
    let late = json!({ "code": code(&app, &uri, 1) });
    waiting.post(&two_factor("verify-totp"), late).await.refused(401, "INVALID_TWO_FACTOR_COOKIE");
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
    assert_eq!(app.count("SELECT COUNT(*) FROM trusted_devices").await, 0);
    assert_eq!(app.events_of(EventKind::UserTwoFactorDisabled).await.len(), 1);
});

db_test!(an_administrator_resets_it, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    enrolled(&app, &ann).await;
    let path = format!("/v1/users/{id}");
    assert_eq!(boot.key.get(&path).await.ok()["two_factor_enabled"], json!(true));
    boot.key.delete(&format!("{path}/mfa")).await.expect(204);
    boot.key.delete(&format!("{path}/mfa")).await.expect(204);
    assert_eq!(boot.key.get(&path).await.ok()["two_factor_enabled"], json!(false));
    assert!(!is_signed_in(&ann).await);
    assert!(app.signed_in("ann@example.com").await.cookie(SESSION).is_some());
    assert_eq!(app.events_of(EventKind::UserTwoFactorReset).await.len(), 1);
});

db_test!(an_organization_requires_it, async |app| {
    let boot = app.boot("Acme", None).await;
    let organization = format!("/v1/organizations/{}", boot.organization_id);
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let member = json!({ "user_id": id, "role": "org:admin" });
    boot.key.post(&format!("{organization}/memberships"), member).await.created();
    let enter = json!({ "organizationId": boot.organization_id });
    let set_active = "/api/auth/organization/set-active";
    ann.post(set_active, enter.clone()).await.expect(200);
    // Nobody shuts themselves out.
    ann.patch(&organization, json!({ "require_two_factor": true })).await.refused(403, "two_factor_required");
    boot.key.patch(&organization, json!({ "require_two_factor": true })).await.expect(200);
    // The session works in it no longer, and cannot enter.
    assert!(ann.get("/api/auth/get-session").await.ok()["session"]["activeOrganizationId"].is_null());
    ann.post(set_active, enter.clone()).await.refused(403, "TWO_FACTOR_REQUIRED");
    ann.get(&organization).await.refused(403, "two_factor_required");
    let other = app.signed_in("ann@example.com").await;
    let (uri, _) = enrolled(&app, &ann).await;
    ann.post(set_active, enter.clone()).await.expect(200);
    ann.get(&organization).await.expect(200);
    // A session from before shows it late.
    other.post(set_active, enter.clone()).await.refused(403, "SECOND_FACTOR_NOT_SHOWN");
    other.post(&two_factor("verify-totp"), json!({ "code": code(&app, &uri, 0) })).await.expect(200);
    other.post(set_active, enter.clone()).await.expect(200);
    // Without it, out again.
    ann.post(&two_factor("disable"), json!({ "password": PASSWORD })).await.expect(200);
    assert!(ann.get("/api/auth/get-session").await.ok()["session"]["activeOrganizationId"].is_null());
    ann.post(set_active, enter.clone()).await.refused(403, "TWO_FACTOR_REQUIRED");
    other.get(&organization).await.refused(403, "two_factor_required");
    // Strangers learn nothing of it.
    let bob = app.signed_up("bob").await;
    bob.post(set_active, enter).await.refused(403, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
});

db_test!(
    where_it_is_off_nobody_sets_it_up,
    Options::default().settings(|settings| settings.two_factor.enabled = false),
    async |app| {
        let ann = app.signed_up("ann").await;
        ann.post(&two_factor("enable"), json!({ "password": PASSWORD })).await.expect(404);
        assert_eq!(app.http().get("/v1/instance").await.ok()["methods"]["two_factor"], json!({ "enabled": false }));
    }
);
