//! Passkeys: registering them, signing in with them, and what must not be possible with them.

use auth_core::Ctx;
use auth_core::ids::{Id as _, UserId};
use auth_core::outbox::EventKind;
use auth_core::users;

use super::*;
use crate::support::*;

const ORIGIN: &str = "https://id.example.com";
const COOKIE: &str = "better-auth.better-auth-passkey";
const MAKE: &str = "/api/auth/passkey/generate-register-options";
const MADE: &str = "/api/auth/passkey/verify-registration";
const ASK: &str = "/api/auth/passkey/generate-authenticate-options";
const SHOW: &str = "/api/auth/passkey/verify-authentication";
const LIST: &str = "/api/auth/passkey/list-user-passkeys";
const DELETE: &str = "/api/auth/passkey/delete-passkey";
const UPDATE: &str = "/api/auth/passkey/update-passkey";

fn on() -> Options {
    Options::default().settings(|s| {
        s.methods.passkey.enabled = true;
        s.methods.passkey.rp_id = Some("example.com".to_owned());
        s.methods.passkey.origins = vec![ORIGIN.to_owned(), "https://app.example.com".to_owned()];
        s.methods.magic_link.enabled = true;
    })
}

/// Registers a passkey; what the server shows of it.
async fn register(client: &Client, device: &mut Authenticator) -> Json {
    let options = client.get(MAKE).await.ok();
    client.post(MADE, json!({ "response": device.make(&options), "name": "Phone" })).await.ok()
}

/// A device with a passkey of that browser's person.
async fn device(client: &Client) -> Authenticator {
    let mut device = Authenticator::new(ORIGIN);
    register(client, &mut device).await;
    device
}

/// Signs in with a device in a browser.
async fn show(client: &Client, device: &mut Authenticator) -> Answer {
    let options = client.get(ASK).await.ok();
    client.post(SHOW, json!({ "response": device.show(&options) })).await
}

async fn id_of(client: &Client) -> String {
    client.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned()
}

// A passkey is two factors at once: by it a stolen password and a session from before would be all of them.
db_test!(a_session_that_has_not_shown_its_second_factor_makes_and_removes_none, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let before = app.signed_in("ann@example.com").await;
    let (uri, _) = two_factor::enrolled(&app, &ann).await;
    before.get(MAKE).await.refused(403, "SECOND_FACTOR_NOT_SHOWN");
    let mut device = Authenticator::new(ORIGIN);
    let made = register(&ann, &mut device).await;
    let body = json!({ "id": made["id"] });
    before.post("/api/auth/passkey/delete-passkey", body.clone()).await.refused(403, "SECOND_FACTOR_NOT_SHOWN");
    let shown = json!({ "code": two_factor::code(&app, &uri, 0) });
    before.post("/api/auth/two-factor/verify-totp", shown).await.expect(200);
    before.post("/api/auth/passkey/delete-passkey", body).await.expect(200);
});

db_test!(a_method_that_is_off_is_not_there, async |app| {
    let ann = app.signed_up("ann").await;
    for path in [MAKE, ASK, LIST] {
        assert_eq!(ann.get(path).await.expect(404).text, "");
    }
    for path in [MADE, SHOW, DELETE, UPDATE] {
        assert_eq!(ann.post(path, json!({})).await.expect(404).text, "");
    }
    assert_eq!(
        app.http().get("/v1/instance").await.ok()["methods"]["passkey"],
        json!({ "enabled": false, "origins": [] })
    );
});

db_test!(options_are_what_authenticators_expect, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let answer = ann.get(&format!("{MAKE}?authenticatorAttachment=platform&name=Ann%20at%20work")).await.expect(200);
    let cookies = answer.set_cookies();
    let line = cookies.iter().find(|line| line.starts_with(COOKIE)).expect("the cookie of the challenge");
    assert!(line.contains("Max-Age=300") && line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
    let options = answer.json;
    assert_eq!(options["challenge"].as_str().unwrap().len(), 43);
    assert_eq!(options["rp"], json!({ "name": "Portico", "id": "example.com" }));
    assert_eq!(options["user"]["name"], "Ann at work");
    assert_eq!(options["user"]["displayName"], "Ann");
    assert_eq!((&options["timeout"], &options["attestation"]), (&json!(60_000), &json!("none")));
    let algorithms: Vec<i64> =
        options["pubKeyCredParams"].as_array().unwrap().iter().map(|one| one["alg"].as_i64().unwrap()).collect();
    assert!(algorithms.contains(&-7) && algorithms.contains(&-257), "{algorithms:?}");
    assert_eq!(
        options["authenticatorSelection"],
        json!({
            "residentKey": "preferred", "requireResidentKey": false, "userVerification": "required",
            "authenticatorAttachment": "platform"
        })
    );
    // The handle says nothing about the person.
    assert!(!options["user"]["id"].as_str().unwrap().contains("user"));
    ann.get(&format!("{MAKE}?authenticatorAttachment=elsewhere")).await.refused(400, "VALIDATION_ERROR");
    app.http().get(MAKE).await.refused(401, "UNAUTHORIZED");

    let asked = app.client().get(ASK).await.ok();
    assert_eq!(keys(&asked), ["challenge", "rpId", "timeout", "userVerification"]);
    assert_eq!((&asked["rpId"], &asked["userVerification"]), (&json!("example.com"), &json!("required")));
});

db_test!(a_passkey_is_registered_and_signs_in_without_a_name, on(), async |app| {
    let told = json!({ "enabled": true, "origins": [ORIGIN, "https://app.example.com"] });
    assert_eq!(app.http().get("/v1/instance").await.ok()["methods"]["passkey"], told);
    let ann = app.signed_up("ann").await;
    let mut phone = Authenticator::new(ORIGIN);
    phone.backed_up = true;
    let made = register(&ann, &mut phone).await;
    let shown = [
        "aaguid",
        "backedUp",
        "counter",
        "createdAt",
        "credentialID",
        "deviceType",
        "id",
        "name",
        "publicKey",
        "transports",
        "userId",
    ];
    assert_eq!(keys(&made), shown);
    assert_eq!(
        (&made["name"], &made["deviceType"], &made["backedUp"]),
        (&json!("Phone"), &json!("multiDevice"), &json!(true))
    );
    assert_eq!(made["transports"], "internal,hybrid,carrier-pigeon");
    assert_eq!(made["aaguid"], "09090909-0909-0909-0909-090909090909");
    assert_eq!(made["userId"], id_of(&ann).await);
    assert!(ann.cookie(COOKIE).is_none());

    let browser = app.client();
    let answer = show(&browser, &mut phone).await.expect(200);
    assert_eq!(keys(&answer.json), ["session", "user"]);
    assert_eq!(answer["user"]["email"], "ann@example.com");
    assert!(answer.header("set-auth-token").is_some() && is_signed_in(&browser).await);
    let listed = ann.get(LIST).await.ok();
    assert_eq!((&listed[0]["counter"], &listed[0]["id"]), (&json!(1), &made["id"]));

    let sessions = app.events_of(EventKind::SessionCreated).await;
    assert_eq!(sessions.last().unwrap().payload["method"], "passkey");
    let created = app.events_of(EventKind::PasskeyCreated).await;
    assert_eq!((created.len(), &created[0].payload["passkey_id"]), (1, &made["id"]));
    // The second of the same account is found by the same name, and the first is not made twice.
    let options = ann.get(MAKE).await.ok();
    assert_eq!(options["excludeCredentials"][0]["id"], made["credentialID"]);
});

db_test!(whoever_is_signed_in_is_asked_for_their_own, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let mut key = device(&ann).await;
    // A key that keeps nothing does not know whose it is: the server does.
    key.handle = None;
    let options = ann.get(ASK).await.ok();
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    assert_eq!(options["allowCredentials"][0]["transports"], json!(["internal", "hybrid", "carrier-pigeon"]));
    ann.post(SHOW, json!({ "response": key.show(&options) })).await.expect(200);
    // Strangers have to be named.
    show(&app.client(), &mut key).await.refused(401, "AUTHENTICATION_FAILED");
    // Somebody else's passkey is no answer to it.
    let mut bobs = device(&app.signed_up("bob").await).await;
    let options = ann.get(ASK).await.ok();
    ann.post(SHOW, json!({ "response": bobs.show(&options) })).await.refused(401, "AUTHENTICATION_FAILED");
});

db_test!(a_challenge_is_good_once_for_five_minutes_in_one_browser, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let mut phone = device(&ann).await;
    let browser = app.client();
    let options = browser.get(ASK).await.ok();
    let cookie = browser.cookie(COOKIE).expect("the cookie");
    let answer = phone.show(&options);
    // Another browser, without the cookie or with one that we did not sign.
    let thief = app.client();
    thief.post(SHOW, json!({ "response": answer })).await.refused(400, "CHALLENGE_NOT_FOUND");
    thief.set_cookie(COOKIE, cookie.split('.').next().unwrap());
    thief.post(SHOW, json!({ "response": answer })).await.refused(400, "CHALLENGE_NOT_FOUND");
    browser.post(SHOW, json!({ "response": answer })).await.expect(200);
    // The same once more, with the same cookie.
    browser.set_cookie(COOKIE, &cookie);
    browser.post(SHOW, json!({ "response": answer })).await.refused(400, "CHALLENGE_NOT_FOUND");
    // What failed has used it up.
    let browser = app.client();
    let options = browser.get(ASK).await.ok();
    let good = phone.show(&options);
    let mut bad = good.clone();
    bad["response"]["signature"] = "MEUCIQ".into();
    browser.post(SHOW, json!({ "response": bad })).await.refused(401, "AUTHENTICATION_FAILED");
    browser.post(SHOW, json!({ "response": good })).await.refused(400, "CHALLENGE_NOT_FOUND");
    let options = browser.get(ASK).await.ok();
    app.clock.advance(301);
    browser.post(SHOW, json!({ "response": phone.show(&options) })).await.refused(400, "CHALLENGE_NOT_FOUND");
    // A challenge of one ceremony is none of the other.
    let options = ann.get(ASK).await.ok();
    let mut forged = options.clone();
    forged["rp"] = json!({ "id": "example.com" });
    forged["user"] = json!({ "id": "AAAA" });
    let answer = Authenticator::new(ORIGIN).make(&forged);
    ann.post(MADE, json!({ "response": answer })).await.refused(400, "CHALLENGE_NOT_FOUND");
});

db_test!(of_many_who_answer_a_challenge_at_once_one_gets_in, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let mut phone = device(&ann).await;
    let browser = app.client();
    let options = browser.get(ASK).await.ok();
    let answer = phone.show(&options);
    let all = futures_util::future::join_all((0..6).map(|_| {
        let (client, answer) = (app.client(), answer.clone());
        client.set_cookie(COOKIE, &browser.cookie(COOKIE).unwrap());
        async move { client.post(SHOW, json!({ "response": answer })).await.status }
    }))
    .await;
    assert_eq!(all.iter().filter(|status| **status == 200).count(), 1, "{all:?}");
});

db_test!(pages_of_other_origins_and_domains_get_nothing, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let mut phone = device(&ann).await;
    // Another origin that is configured is as good.
    phone.origin = "https://app.example.com".to_owned();
    show(&app.client(), &mut phone).await.expect(200);
    for origin in
        ["https://evil.example", "http://id.example.com", "https://id.example.com:8443", "https://x.example.com"]
    {
        phone.origin = origin.to_owned();
        show(&app.client(), &mut phone).await.refused(401, "AUTHENTICATION_FAILED");
        let options = ann.get(MAKE).await.ok();
        let answer = Authenticator::new(origin).make(&options);
        ann.post(MADE, json!({ "response": answer })).await.refused(400, "FAILED_TO_VERIFY_REGISTRATION");
    }
    phone.origin = ORIGIN.to_owned();
    phone.rp_id = Some("evil.example".to_owned());
    show(&app.client(), &mut phone).await.refused(401, "AUTHENTICATION_FAILED");
    phone.rp_id = None;
    // Nothing of a request decides who we are.
    let asked = app.client().with("x-forwarded-host", "evil.example").with("host", "evil.example").get(ASK).await.ok();
    assert_eq!(asked["rpId"], "example.com");
    show(&app.client(), &mut phone).await.expect(200);
});

db_test!(whoever_holds_a_device_has_to_unlock_it, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let mut phone = device(&ann).await;
    phone.verifies = false;
    show(&app.client(), &mut phone).await.refused(401, "AUTHENTICATION_FAILED");
    let options = ann.get(MAKE).await.ok();
    let mut other = Authenticator::new(ORIGIN);
    other.verifies = false;
    ann.post(MADE, json!({ "response": other.make(&options) })).await.refused(400, "FAILED_TO_VERIFY_REGISTRATION");
});

db_test!(a_key_that_counts_backwards_is_refused_and_told_of, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let mut phone = device(&ann).await;
    phone.counter = Some(7);
    show(&app.client(), &mut phone).await.expect(200);
    for stale in [7, 0, 3] {
        phone.counter = Some(stale);
        show(&app.client(), &mut phone).await.refused(401, "AUTHENTICATION_FAILED");
    }
    let refused = app.events_of(EventKind::PasskeyRefused).await;
    assert_eq!(refused.len(), 3);
    assert_eq!(refused[0].payload["user_id"], id_of(&ann).await);
    assert_eq!(ann.get(LIST).await.ok()[0]["counter"], 8);
    phone.counter = Some(8);
    show(&app.client(), &mut phone).await.expect(200);
    // One that never counts is taken as it is.
    let mut token = Authenticator::new(ORIGIN);
    token.counter = None;
    register(&ann, &mut token).await;
    for _ in 0..2 {
        show(&app.client(), &mut token).await.expect(200);
    }
});

db_test!(whether_it_is_on_several_devices_is_kept_up_to_date, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let mut phone = Authenticator::new(ORIGIN);
    phone.backed_up = true;
    register(&ann, &mut phone).await;
    // What may be on several devices does not become what may not (W3C Web Authentication, 6.1.3).
    phone.backed_up = false;
    show(&app.client(), &mut phone).await.refused(401, "AUTHENTICATION_FAILED");
    phone.backed_up = true;
    show(&app.client(), &mut phone).await.expect(200);
    assert_eq!(ann.get(LIST).await.ok()[0]["backedUp"], true);
});

db_test!(every_passkey_is_its_owners_alone, on(), async |app| {
    let (ann, bob) = (app.signed_up("ann").await, app.signed_up("bob").await);
    let mut phone = Authenticator::new(ORIGIN);
    let made = register(&ann, &mut phone).await;
    let id = &made["id"];
    bob.post(DELETE, json!({ "id": id })).await.refused(404, "PASSKEY_NOT_FOUND");
    bob.post(UPDATE, json!({ "id": id, "name": "Mine" })).await.refused(404, "PASSKEY_NOT_FOUND");
    assert_eq!(bob.get(LIST).await.ok(), json!([]));
    app.http().post(DELETE, json!({ "id": id })).await.refused(401, "UNAUTHORIZED");
    // The same key again, for somebody else.
    let options = bob.get(MAKE).await.ok();
    bob.post(MADE, json!({ "response": phone.make(&options) })).await.refused(400, "PREVIOUSLY_REGISTERED");
    // A challenge of Ann's is none for Bob.
    let options = ann.get(MAKE).await.ok();
    bob.set_cookie(COOKIE, &ann.cookie(COOKIE).unwrap());
    let answer = Authenticator::new(ORIGIN).make(&options);
    bob.post(MADE, json!({ "response": answer })).await.refused(401, "YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY");
    // An id of Bob's authenticator with Ann's handle.
    let mut bobs = device(&bob).await;
    bobs.handle.clone_from(&Authenticator::new(ORIGIN).handle);
    let other = ann.get(MAKE).await.ok()["user"]["id"].clone();
    bobs.make(&json!({ "user": { "id": other }, "rp": { "id": "example.com" }, "challenge": "x" }));
    show(&app.client(), &mut bobs).await.refused(401, "AUTHENTICATION_FAILED");

    let renamed = ann.post(UPDATE, json!({ "id": id, "name": "Tablet" })).await.ok();
    assert_eq!(renamed["passkey"]["name"], "Tablet");
    ann.post(UPDATE, json!({ "id": id, "name": "" })).await.refused(400, "VALIDATION_ERROR");
    for odd in [" ", "a\nb", &"x".repeat(257)] {
        ann.post(UPDATE, json!({ "id": id, "name": odd })).await.refused(400, "INVALID_PASSKEY_NAME");
    }
    assert_eq!(ann.post(DELETE, json!({ "id": id })).await.ok(), json!({ "status": true }));
    ann.post(DELETE, json!({ "id": id })).await.refused(404, "PASSKEY_NOT_FOUND");
    assert!(is_signed_in(&ann).await);
    show(&app.client(), &mut phone).await.refused(401, "PASSKEY_NOT_FOUND");
    let deleted = app.events_of(EventKind::PasskeyDeleted).await;
    assert_eq!(deleted.len(), 1);
});

db_test!(registering_takes_a_fresh_session_that_still_counts, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let options = ann.get(MAKE).await.ok();
    app.clock.advance(24 * 3600 + 1);
    ann.get(MAKE).await.refused(403, "SESSION_NOT_FRESH");
    let answer = Authenticator::new(ORIGIN).make(&options);
    ann.post(MADE, json!({ "response": answer })).await.refused(403, "SESSION_NOT_FRESH");
    let bob = app.signed_up("bob").await;
    let options = bob.get(MAKE).await.ok();
    bob.post("/api/auth/sign-out", json!({})).await.expect(200);
    let answer = Authenticator::new(ORIGIN).make(&options);
    bob.post(MADE, json!({ "response": answer })).await.refused(401, "UNAUTHORIZED");
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys").await, 0);
});

db_test!(nobody_registers_one_for_whom_they_act_as, on(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let options = ann.get(MAKE).await.ok();
    let made = register(&ann, &mut Authenticator::new(ORIGIN)).await;
    let acting = json!({ "userId": id_of(&ann).await });
    boot.admin.post("/api/auth/admin/impersonate-user", acting).await.expect(200);
    let refused = "NOT_WHILE_IMPERSONATING";
    boot.admin.get(MAKE).await.refused(403, refused);
    let answer = Authenticator::new(ORIGIN).make(&options);
    boot.admin.post(MADE, json!({ "response": answer })).await.refused(403, refused);
    boot.admin.get(LIST).await.refused(403, refused);
    boot.admin.post(DELETE, json!({ "id": made["id"] })).await.refused(403, refused);
    boot.admin.post(UPDATE, json!({ "id": made["id"], "name": "x" })).await.refused(403, refused);
    assert_eq!(keys(&boot.admin.get(ASK).await.ok()), ["challenge", "rpId", "timeout", "userVerification"]);
    assert_eq!(app.events_of(EventKind::SessionImpersonationRefused).await.len(), 2);
});

db_test!(the_first_proof_of_a_mailbox_removes_the_passkeys_before_it, on(), async |app| {
    // The attacker signs up with the victim's address and adds a passkey.
    let attacker = app.signed_up_as("victim@example.com").await;
    let mut key = device(&attacker).await;
    let options = attacker.get(MAKE).await.ok();
    // The victim comes in by a link.
    app.http().post("/api/auth/sign-in/magic-link", json!({ "email": "victim@example.com" })).await.expect(200);
    let link = app.mail().wait("victim@example.com", r"(http://\S+/api/auth/magic-link/verify\S+)").await;
    let victim = app.client();
    assert!(victim.get(&path_of(&app, &link)).await.status < 400);
    show(&app.client(), &mut key).await.refused(401, "PASSKEY_NOT_FOUND");
    let answer = Authenticator::new(ORIGIN).make(&options);
    attacker.post(MADE, json!({ "response": answer })).await.refused(401, "UNAUTHORIZED");
    assert_eq!(victim.get(LIST).await.ok(), json!([]));
    assert_eq!(app.events_of(EventKind::PasskeyDeleted).await.len(), 1);
});

db_test!(a_ban_and_a_lock_hold_for_passkeys_too, on(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let id = id_of(&ann).await;
    let mut phone = device(&ann).await;
    boot.key.post(&format!("/v1/users/{id}/ban"), json!({})).await.expect(200);
    let browser = app.client();
    let options = browser.get(ASK).await.ok();
    let answer = phone.show(&options);
    browser.post(SHOW, json!({ "response": answer })).await.refused(403, "BANNED_USER");
    // The refusal has used the challenge up.
    boot.key.post(&format!("/v1/users/{id}/unban"), json!({})).await.expect(200);
    browser.post(SHOW, json!({ "response": answer })).await.refused(400, "CHALLENGE_NOT_FOUND");
    show(&app.client(), &mut phone).await.expect(200);
    boot.key.post(&format!("/v1/users/{id}/lock"), json!({})).await.expect(200);
    show(&app.client(), &mut phone).await.refused(403, "USER_LOCKED");
});

/// The same where mailboxes must be proven.
fn proving() -> Options {
    on().settings(|s| s.sign_up.require_email_verification = true)
}

db_test!(who_must_prove_a_mailbox_must_do_so_with_a_passkey_too, proving(), async |app| {
    app.client()
        .post("/api/auth/sign-up/email", json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD }))
        .await
        .expect(200);
    let link = app.mail().wait("ann@example.com", r"(http://\S+/verify-email\S+)").await;
    assert!(app.client().get(&path_of(&app, &link)).await.status < 400);
    let ann = app.signed_in("ann@example.com").await;
    let mut phone = device(&ann).await;
    show(&app.client(), &mut phone).await.expect(200);
    let id = UserId::parse(&id_of(&ann).await).unwrap();
    let unproven = async |tx: &mut auth_core::Tx| users::set_email(tx, &id, "ann@example.com", false).await;
    app.core.write(&Ctx::system("test"), unproven).await.unwrap();
    show(&app.client(), &mut phone).await.refused(403, "EMAIL_NOT_VERIFIED");
});

db_test!(who_is_deleted_takes_their_passkeys_along, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let mut phone = device(&ann).await;
    let id = UserId::parse(&id_of(&ann).await).unwrap();
    app.core.write(&Ctx::system("test"), async |tx| users::delete(tx, &id).await).await.unwrap();
    show(&app.client(), &mut phone).await.refused(401, "PASSKEY_NOT_FOUND");
    assert_eq!(app.count("SELECT COUNT(*) FROM passkeys").await, 0);
});

db_test!(an_administrator_lists_and_takes_away_somebodys_passkeys, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let mut phone = device(&ann).await;
    let bob = app.signed_up("bob").await;
    device(&bob).await;
    let path = format!("/v1/users/{}/passkeys", id_of(&ann).await);
    let listed = boot.key.get(&path).await.expect(200);
    assert_eq!((&listed["total_count"], &listed["data"][0]["object"]), (&json!(1), &json!("passkey")));
    assert!(!listed.text.contains("public_key") && !listed.text.contains("credential"), "{}", listed.text);
    let one = listed["data"][0]["id"].as_str().unwrap().to_owned();
    ann.get(&path).await.refused(403, "forbidden");
    ann.delete(&format!("{path}/{one}")).await.refused(403, "forbidden");
    boot.key.delete(&format!("/v1/users/{}/passkeys/{one}", id_of(&bob).await)).await.refused(404, "passkey_not_found");
    boot.key.get("/v1/users/user_none/passkeys").await.expect(404);
    boot.key.delete(&format!("{path}/{one}")).await.expect(204);
    show(&app.client(), &mut phone).await.refused(401, "PASSKEY_NOT_FOUND");
    assert!(ann.get("/api/auth/get-session").await.ok().is_null(), "whoever has the device is out");
    assert_eq!(boot.key.get(&path).await.ok()["total_count"], 0);
    boot.key.delete(&format!("{path}/{one}")).await.refused(404, "passkey_not_found");
});

db_test!(odd_answers_are_refused_and_never_ours_to_break_on, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let mut phone = device(&ann).await;
    for odd in [json!({}), json!({ "response": 7 }), json!({ "response": null }), json!([]), json!({ "response": [] })]
    {
        ann.post(MADE, odd.clone()).await.refused(400, "VALIDATION_ERROR");
        app.client().post(SHOW, odd).await.refused(400, "VALIDATION_ERROR");
    }
    let good = phone.show(&app.client().get(ASK).await.ok());
    for (place, odd) in [
        ("clientDataJSON", json!("e30")),
        ("clientDataJSON", json!("****")),
        ("clientDataJSON", json!(7)),
        ("authenticatorData", json!("")),
        ("authenticatorData", json!("AAAA")),
        ("signature", json!("")),
        ("userHandle", json!("AAAA")),
    ] {
        let browser = app.client();
        browser.get(ASK).await.expect(200);
        let mut bad = good.clone();
        bad["response"][place] = odd;
        browser.post(SHOW, json!({ "response": bad })).await.refused(401, "AUTHENTICATION_FAILED");
    }
    let options = ann.get(MAKE).await.ok();
    let good = Authenticator::new(ORIGIN).make(&options);
    for (place, odd) in [
        ("clientDataJSON", json!("e30")),
        ("attestationObject", json!("")),
        ("attestationObject", json!("oWFhYWI")),
        ("attestationObject", json!(null)),
    ] {
        ann.get(MAKE).await.expect(200);
        let mut bad = good.clone();
        bad["response"][place] = odd;
        ann.post(MADE, json!({ "response": bad })).await.refused(400, "FAILED_TO_VERIFY_REGISTRATION");
    }
    ann.post(DELETE, json!({ "id": "x'; --" })).await.refused(404, "PASSKEY_NOT_FOUND");
});
