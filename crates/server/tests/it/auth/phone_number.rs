//! Telephone numbers: codes, accounts, passwords, and the gateway.

use auth_core::ids::Id as _;
use auth_core::outbox::EventKind;

use super::*;
use crate::support::*;

const SEND: &str = "/api/auth/phone-number/send-otp";
const VERIFY: &str = "/api/auth/phone-number/verify";
const SIGN_IN: &str = "/api/auth/sign-in/phone-number";
const ASK_RESET: &str = "/api/auth/phone-number/request-password-reset";
const RESET: &str = "/api/auth/phone-number/reset-password";
pub const NUMBER: &str = "+4915112345678";

fn on() -> Options {
    Options::default().settings(|s| s.methods.phone_number.enabled = true)
}

fn open() -> Options {
    on().settings(|s| s.methods.phone_number.sign_up = true)
}

/// The code of the message that comes of whatever asks for it.
async fn sent(app: &App, asking: impl Future<Output = Answer>) -> String {
    let before = app.telephones().count();
    asking.await.expect(200);
    let message = app.telephones().wait(before + 1).await.pop().expect("a message");
    assert_eq!(message.json["to"], NUMBER);
    message.json["code"].as_str().expect("a code").to_owned()
}

/// Asks for a code as somebody.
async fn code(app: &App, client: &Client) -> String {
    sent(app, client.post(SEND, json!({ "phoneNumber": NUMBER }))).await
}

/// Somebody with the number.
pub async fn with_number(app: &App, name: &str) -> Client {
    let client = app.signed_up(name).await;
    let code = code(app, &client).await;
    let body = json!({ "phoneNumber": NUMBER, "code": code, "updatePhoneNumber": true });
    let answer = client.post(VERIFY, body).await.expect(200);
    assert_eq!((&answer["status"], &answer["user"]["phoneNumber"]), (&json!(true), &json!(NUMBER)));
    client
}

db_test!(a_method_that_is_off_is_not_there, async |app| {
    for path in [SEND, VERIFY, SIGN_IN, ASK_RESET, RESET] {
        assert_eq!(app.http().post(path, json!({})).await.expect(404).text, "", "{path}");
    }
    let ann = app.signed_up("ann").await;
    assert!(ann.get("/api/auth/get-session").await.ok()["user"].get("phoneNumber").is_none());
});

db_test!(a_message_goes_to_the_gateway_as_it_is_configured, open(), async |app| {
    app.http().post(SEND, json!({ "phoneNumber": NUMBER })).await.expect(200);
    let message = app.telephones().wait(1).await.pop().expect("a message");
    assert_eq!(message.path, "/messages");
    assert_eq!(message.headers["authorization"], "Bearer of the gateway");
    assert_eq!(message.headers["content-type"], "application/json");
    let code = message.json["code"].as_str().expect("a code");
    assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    let text = format!("{code} is your code for Portico. It is good for 5 min. Give it to nobody.");
    assert_eq!(message.json["text"], json!(text));
    // Kept nowhere: the queue is empty, and the code is hashed.
    while app.count("SELECT COUNT(*) FROM mail_queue").await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let rows = app.count(&format!("SELECT COUNT(*) FROM verification_codes WHERE code_hash LIKE '%{code}%'")).await;
    assert_eq!(rows, 0);
});

db_test!(a_message_that_did_not_leave_is_tried_again_until_its_code_has_expired, open(), async |app| {
    app.telephones().answer(503);
    app.http().post(SEND, json!({ "phoneNumber": NUMBER })).await.expect(200);
    // Given back to the queue: by then the next attempt is nearer than the end of the lease.
    let given_back = async |attempts: usize| {
        app.telephones().wait(attempts).await;
        let sql = format!(
            "SELECT COUNT(*) FROM mail_queue WHERE attempts = {attempts} AND next_attempt_at < created_at + 250000"
        );
        while app.count(&sql).await == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    given_back(1).await;
    app.clock.advance(31);
    given_back(2).await;
    app.telephones().answer(200);
    app.clock.advance(301);
    while app.count("SELECT COUNT(*) FROM mail_queue").await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(app.telephones().count(), 2);
});

db_test!(a_code_makes_an_account_where_strangers_may_sign_up, open(), async |app| {
    let browser = app.client();
    let code = code(&app, &app.http()).await;
    let body = json!({ "phoneNumber": NUMBER, "code": code });
    let answer = browser.post(VERIFY, body.clone()).await.expect(200);
    assert_eq!(keys(&answer.json), ["status", "token", "user"]);
    let user = &answer["user"];
    assert_eq!((&user["name"], &user["phoneNumber"]), (&json!(NUMBER), &json!(NUMBER)));
    assert_eq!((&user["phoneNumberVerified"], &user["emailVerified"]), (&json!(true), &json!(false)));
    assert!(user["email"].as_str().expect("an address").ends_with("@phone.placeholder.invalid"));
    assert!(is_signed_in(&browser).await);
    app.http().post(VERIFY, body).await.refused(400, "INVALID_OTP");
    // The next one signs in to the same account.
    let again = self::code(&app, &app.http()).await;
    let answer = app.client().post(VERIFY, json!({ "phoneNumber": NUMBER, "code": again })).await.expect(200);
    assert_eq!(answer["user"]["id"], user["id"]);
    assert_eq!(app.events_of(EventKind::UserCreated).await.len(), 1);
});

db_test!(strangers_get_neither_a_message_nor_an_account_otherwise, on(), async |app| {
    assert_eq!(app.http().post(SEND, json!({ "phoneNumber": NUMBER })).await.ok(), json!({ "message": "code sent" }));
    assert_eq!(app.http().post(ASK_RESET, json!({ "phoneNumber": NUMBER })).await.ok(), json!({ "status": true }));
    assert_eq!(app.count("SELECT COUNT(*) FROM mail_queue").await, 0);
    for _ in 0..2 {
        let body = json!({ "phoneNumber": NUMBER, "code": "no code" });
        app.http().post(VERIFY, body).await.refused(400, "INVALID_OTP");
    }
    assert_eq!(app.telephones().count(), 0);
});

db_test!(
    where_a_mailbox_must_be_proven_a_number_makes_no_account,
    open().settings(|s| s.sign_up.require_email_verification = true),
    async |app| {
        app.http().post(SEND, json!({ "phoneNumber": NUMBER })).await.expect(200);
        assert_eq!(app.count("SELECT COUNT(*) FROM mail_queue").await, 0);
    }
);

db_test!(
    a_number_is_written_as_in_e_164_and_served,
    on().settings(|s| {
        s.methods.phone_number.prefixes = vec!["+49".to_owned()];
    }),
    async |app| {
        for odd in ["", "4915112345678", "+49 151 12345678", "+0123456789", "+1202555\u{661}123"] {
            for path in [SEND, ASK_RESET] {
                app.http().post(path, json!({ "phoneNumber": odd })).await.refused(400, "INVALID_PHONE_NUMBER");
            }
            let body = json!({ "phoneNumber": odd, "code": "123456" });
            app.http().post(VERIFY, body).await.refused(400, "INVALID_PHONE_NUMBER");
            let body = json!({ "phoneNumber": odd, "password": PASSWORD });
            app.http().post(SIGN_IN, body).await.refused(400, "INVALID_PHONE_NUMBER");
            let body = json!({ "phoneNumber": odd, "otp": "123456", "newPassword": PASSWORD });
            app.http().post(RESET, body).await.refused(400, "INVALID_PHONE_NUMBER");
        }
        app.http().post(SEND, json!({ "phoneNumber": "+12025550123" })).await.refused(400, "INVALID_PHONE_NUMBER");
        app.http().post(SEND, json!({ "phoneNumber": 4_915_112_345_678_u64 })).await.refused(400, "VALIDATION_ERROR");
    }
);

db_test!(a_number_of_ones_own_is_given_by_a_code_and_signs_in, on(), async |app| {
    let ann = with_number(&app, "ann").await;
    let session = ann.get("/api/auth/get-session").await.ok();
    assert_eq!(
        (&session["user"]["phoneNumber"], &session["user"]["phoneNumberVerified"]),
        (&json!(NUMBER), &json!(true))
    );
    let browser = app.client();
    let body = json!({ "phoneNumber": NUMBER, "password": PASSWORD, "rememberMe": false });
    let answer = browser.post(SIGN_IN, body).await.expect(200);
    assert_eq!(keys(&answer.json), ["token", "user"]);
    assert!(is_signed_in(&browser).await);
    let wrong = json!({ "phoneNumber": NUMBER, "password": "wrong password" });
    app.http().post(SIGN_IN, wrong).await.refused(401, "INVALID_PHONE_NUMBER_OR_PASSWORD");
    let nobody = json!({ "phoneNumber": "+4915100000000", "password": PASSWORD });
    app.http().post(SIGN_IN, nobody).await.refused(401, "INVALID_PHONE_NUMBER_OR_PASSWORD");
    // By a code too; without a session only the person is told.
    let code = code(&app, &app.http()).await;
    let body = json!({ "phoneNumber": NUMBER, "code": code, "disableSession": true });
    let answer = app.http().post(VERIFY, body).await.expect(200);
    assert_eq!((&answer["token"], &answer["user"]["email"]), (&json!(null), &json!("ann@example.com")));
    assert!(answer.set_cookies().is_empty());
});

db_test!(a_number_has_one_owner_and_is_set_by_a_code_alone, on(), async |app| {
    let ann = with_number(&app, "ann").await;
    let bob = app.signed_up("bob").await;
    let code = code(&app, &bob).await;
    let body = json!({ "phoneNumber": NUMBER, "code": code, "updatePhoneNumber": true });
    app.http().post(VERIFY, body.clone()).await.refused(401, "USER_NOT_FOUND");
    bob.post(VERIFY, body).await.refused(400, "PHONE_NUMBER_EXIST");
    let update = json!({ "phoneNumber": "+4915100000000" });
    bob.post("/api/auth/update-user", update).await.refused(400, "PHONE_NUMBER_CANNOT_BE_UPDATED");
    let sign_up =
        json!({ "name": "X", "email": "x@example.com", "password": PASSWORD, "phoneNumber": "+4915100000000" });
    app.http().post("/api/auth/sign-up/email", sign_up).await.refused(400, "PHONE_NUMBER_CANNOT_BE_SET");
    // Its owner may do without it, and then it signs nobody in.
    ann.post("/api/auth/update-user", json!({ "phoneNumber": null })).await.expect(200);
    assert_eq!(ann.get("/api/auth/get-session").await.ok()["user"]["phoneNumber"], json!(null));
    let body = json!({ "phoneNumber": NUMBER, "password": PASSWORD });
    app.http().post(SIGN_IN, body).await.refused(401, "INVALID_PHONE_NUMBER_OR_PASSWORD");
});

db_test!(a_number_is_given_in_a_fresh_session_alone, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let late = code(&app, &ann).await;
    app.clock.advance(86_401);
    let body = json!({ "phoneNumber": NUMBER, "code": late, "updatePhoneNumber": true });
    ann.post(VERIFY, body).await.refused(403, "SESSION_NOT_FRESH");
});

db_test!(codes_die_of_guesses_and_of_age, on(), async |app| {
    let ann = with_number(&app, "ann").await;
    let right = code(&app, &ann).await;
    for _ in 0..3 {
        let body = json!({ "phoneNumber": NUMBER, "code": "no code" });
        app.http().post(VERIFY, body).await.refused(400, "INVALID_OTP");
    }
    let body = json!({ "phoneNumber": NUMBER, "code": right });
    app.http().post(VERIFY, body).await.refused(403, "TOO_MANY_ATTEMPTS");
    let old = code(&app, &ann).await;
    app.clock.advance(301);
    let body = json!({ "phoneNumber": NUMBER, "code": old });
    app.http().post(VERIFY, body).await.refused(400, "OTP_EXPIRED");
    // A newer one ends the one before.
    let (first, second) = (code(&app, &ann).await, code(&app, &ann).await);
    let of = |code: &str| json!({ "phoneNumber": NUMBER, "code": code });
    app.http().post(VERIFY, of(&first)).await.refused(400, "INVALID_OTP");
    let all = futures_util::future::join_all((0..8).map(|_| {
        let (http, body) = (app.http(), of(&second));
        async move { http.post(VERIFY, body).await.status }
    }))
    .await;
    assert_eq!(all.iter().filter(|status| **status == 200).count(), 1, "{all:?}");
});

db_test!(a_code_sets_a_new_password_and_ends_sessions, on(), async |app| {
    let ann = with_number(&app, "ann").await;
    let ask = async || sent(&app, app.http().post(ASK_RESET, json!({ "phoneNumber": NUMBER }))).await;
    let code = ask().await;
    let with = |code: &str, password: &str| json!({ "phoneNumber": NUMBER, "otp": code, "newPassword": password });
    // A code of one purpose is nothing for another.
    app.http().post(VERIFY, json!({ "phoneNumber": NUMBER, "code": code })).await.refused(400, "INVALID_OTP");
    app.http().post(RESET, with(&code, "short")).await.refused(400, "PASSWORD_TOO_SHORT");
    assert_eq!(app.http().post(RESET, with(&code, "another password")).await.ok(), json!({ "status": true }));
    app.http().post(RESET, with(&code, "yet another password")).await.refused(400, "INVALID_OTP");
    assert!(!is_signed_in(&ann).await);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
    let body = json!({ "phoneNumber": NUMBER, "password": "another password" });
    app.http().post(SIGN_IN, body).await.expect(200);
});

db_test!(bans_and_second_factors_hold_on_this_way_too, on(), async |app| {
    let ann = with_number(&app, "ann").await;
    two_factor::enrolled(&app, &ann).await;
    for opens in [true, false] {
        let code = code(&app, &app.http()).await;
        let browser = app.client();
        let body = json!({ "phoneNumber": NUMBER, "code": code, "disableSession": !opens });
        let answer = browser.post(VERIFY, body).await.expect(200);
        assert_eq!(answer["twoFactorRedirect"], json!(true));
        assert!(answer.json.get("user").is_none() && !is_signed_in(&browser).await);
    }
    let body = json!({ "phoneNumber": NUMBER, "password": PASSWORD });
    assert_eq!(app.http().post(SIGN_IN, body).await.ok()["twoFactorRedirect"], json!(true));

    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned();
    let ban = async |tx: &mut auth_core::Tx| {
        let id = auth_core::ids::Id::parse(&id).expect("an id");
        auth_core::users::ban(tx, &id, None, None).await
    };
    app.core.write(&auth_core::Ctx::system("test"), ban).await.expect("banned");
    let code = code(&app, &app.http()).await;
    let body = json!({ "phoneNumber": NUMBER, "code": code });
    app.http().post(VERIFY, body).await.refused(403, "BANNED_USER");
});

db_test!(who_proves_the_mailbox_gets_rid_of_a_strangers_number, on().every_method(), async |app| {
    // Somebody signs up with an address that is not theirs, and keeps a way in: their own telephone.
    let stranger = with_number(&app, "ann").await;
    let owner = app.client();
    owner.post("/api/auth/sign-in/magic-link", json!({ "email": "ann@example.com" })).await.expect(200);
    let token = app.mail().wait("ann@example.com", r"magic-link/verify\?token=([A-Za-z0-9]+)").await;
    owner.get(&format!("/api/auth/magic-link/verify?token={token}")).await;
    let user = owner.get("/api/auth/get-session").await.ok()["user"].clone();
    assert_eq!((&user["email"], &user["phoneNumber"]), (&json!("ann@example.com"), &json!(null)));
    assert!(!is_signed_in(&stranger).await);
});

db_test!(a_number_that_was_never_proven_opens_nothing, open(), async |app| {
    let ann = app.signed_up("ann").await;
    let sql = format!("UPDATE users SET phone_number = '{NUMBER}' WHERE email = 'ann@example.com'");
    let import = async |tx: &mut auth_core::Tx| auth_core::db::run(tx, sql.clone(), []).await;
    app.core.write(&auth_core::Ctx::system("test"), import).await.expect("as an import has it");
    let code = code(&app, &app.http()).await;
    let body = json!({ "phoneNumber": NUMBER, "code": code });
    app.http().post(VERIFY, body).await.refused(403, "PHONE_NUMBER_PENDING_VERIFICATION");
    let password = json!({ "phoneNumber": NUMBER, "password": PASSWORD });
    app.http().post(SIGN_IN, password.clone()).await.refused(401, "INVALID_PHONE_NUMBER_OR_PASSWORD");
    // In a session of the account it is proven.
    let body = json!({ "phoneNumber": NUMBER, "code": code, "updatePhoneNumber": true });
    ann.post(VERIFY, body).await.expect(200);
    app.http().post(SIGN_IN, password).await.expect(200);
});

db_test!(a_number_that_was_only_asked_about_goes_with_who_asked, on(), async |app| {
    let (ann, bob) = (app.signed_up("ann").await, app.signed_up("bob").await);
    code(&app, &ann).await;
    let body = json!({ "phoneNumber": "+4915100000000" });
    bob.post(SEND, body).await.expect(200);
    let erase = async |client: &Client| {
        let id = client.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned();
        let id = auth_core::ids::UserId::from_text(id);
        let ctx = auth_core::Ctx::system("test");
        app.core.write(&ctx, async |tx| auth_core::users::delete(tx, &id).await).await.expect("erased");
    };
    let of = |number: &str| format!("SELECT COUNT(*) FROM verification_codes WHERE subject = '{number}'");
    assert_eq!(app.count(&of(NUMBER)).await, 1);
    erase(&ann).await;
    assert_eq!((app.count(&of(NUMBER)).await, app.count(&of("+4915100000000")).await), (0, 1));
    // Who asks after somebody else has it for themselves.
    app.http().post(SEND, json!({ "phoneNumber": "+4915100000000" })).await.expect(200);
    erase(&bob).await;
    assert_eq!(app.count(&of("+4915100000000")).await, 1);
});
