//! Requests for somebody who is erased while they are under way: the person is nobody then, and nothing refers to them.
//! The erasing transaction is held open until the request waits for it. SQLite has one writer, and there the one follows the other.

use auth_core::Ctx;
use auth_core::ids::{Id as _, UserId};
use auth_core::users;
use futures_util::future::join;
use tokio::sync::Notify;

use super::phone_number::{NUMBER, with_number};
use crate::support::*;

const ORIGIN: &str = "https://app.example";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn on() -> Options {
    let options = Options::default().settings(|settings| {
        let methods = &mut settings.methods;
        methods.magic_link.enabled = true;
        // Strangers get a link too, otherwise.
        methods.magic_link.sign_up = false;
        methods.email_otp.enabled = true;
        methods.phone_number.enabled = true;
        methods.one_time_token.enabled = true;
        methods.passkey.enabled = true;
        settings.delete_user_by_mail = true;
    });
    options.kit(|kit| kit.trusted_origins = vec![ORIGIN.into()])
}

async fn id_of(client: &Client) -> UserId {
    let session = client.get("/api/auth/get-session").await.ok();
    UserId::parse(session["user"]["id"].as_str().expect("an id")).expect("an id")
}

/// Erases somebody, and commits when the request waits for that.
async fn erased_beside(app: &App, id: &UserId, request: impl Future<Output = Answer>) -> Answer {
    let begun = Notify::new();
    let ctx = Ctx::system("test");
    if app.database == Database::Sqlite {
        app.core.write(&ctx, async |tx| users::delete(tx, id).await).await.expect("erased");
        return request.await;
    }
    let erased = app.core.write(&ctx, async |tx| {
        users::delete(tx, id).await?;
        begun.notify_one();
        app.somebody_waits().await;
        Ok::<_, auth_core::Error>(())
    });
    let asked = async {
        begun.notified().await;
        request.await
    };
    let (erased, answer) = Box::pin(join(erased, asked)).await;
    erased.expect("erased");
    answer
}

/// Nothing of the person is left, and nothing was mailed to them but what they had before.
async fn nothing_left(app: &App, id: &UserId, what: &str) {
    for table in ["users WHERE id", "verifications WHERE user_id", "verification_codes WHERE user_id"] {
        let sql = format!("SELECT COUNT(*) FROM {table} = '{}'", id.as_str());
        assert_eq!(app.count(&sql).await, 0, "{what}: {table}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM mail_queue").await, 0, "{what}: a letter");
}

db_test!(who_asks_by_an_address_is_answered_as_if_nobody_had_it, on().idle(), async |app| {
    let to = |email: &str| json!({ "email": email });
    let otp = |email: &str, kind: &str| json!({ "email": email, "type": kind });
    for (n, (path, body)) in [
        ("sign-in/magic-link", to("person0@example.com")),
        ("request-password-reset", to("person1@example.com")),
        ("send-verification-email", to("person2@example.com")),
        ("email-otp/send-verification-otp", otp("person3@example.com", "forget-password")),
        ("email-otp/send-verification-otp", otp("person4@example.com", "email-verification")),
    ]
    .into_iter()
    .enumerate()
    {
        let id = id_of(&app.signed_up(&format!("person{n}")).await).await;
        emptied(&app).await;
        let (http, path) = (app.http(), format!("/api/auth/{path}"));
        let unknown = http.post(&path, replaced(&body, "nobody@example.com")).await.expect(200);
        emptied(&app).await;
        let answer = erased_beside(&app, &id, http.post(&path, body)).await.expect(200);
        assert_eq!(answer.json, unknown.json, "{path}");
        nothing_left(&app, &id, &path).await;
    }
});

/// Forgets letters that nobody delivers here.
async fn emptied(app: &App) {
    let sql = "DELETE FROM mail_queue";
    app.core.write(&Ctx::system("test"), async |tx| auth_core::db::run(tx, sql, []).await).await.expect("empty");
}

fn replaced(body: &Json, email: &str) -> Json {
    let mut body = body.clone();
    body["email"] = email.into();
    body
}

db_test!(a_code_to_sign_in_is_that_of_who_may_sign_up, on().idle(), async |app| {
    let id = id_of(&app.signed_up("ann").await).await;
    let body = json!({ "email": "ann@example.com", "type": "sign-in" });
    let send = app.http();
    let asked = send.post("/api/auth/email-otp/send-verification-otp", body);
    erased_beside(&app, &id, asked).await.expect(200);
    // Whoever has the address now may sign up with it.
    let codes = "SELECT COUNT(*) FROM verification_codes WHERE subject = 'ann@example.com' AND user_id IS NULL";
    assert_eq!(app.count(codes).await, 1);
});

db_test!(who_asks_by_a_number_is_answered_as_if_nobody_had_it, on(), async |app| {
    for path in ["send-otp", "request-password-reset"] {
        let id = id_of(&with_number(&app, &format!("p{}", path.len())).await).await;
        let http = app.http();
        let asked = http.post(&format!("/api/auth/phone-number/{path}"), json!({ "phoneNumber": NUMBER })).await;
        asked.expect(200);
        let again =
            async { http.post(&format!("/api/auth/phone-number/{path}"), json!({ "phoneNumber": NUMBER })).await };
        erased_beside(&app, &id, again).await.expect(200);
        let codes = format!("SELECT COUNT(*) FROM verification_codes WHERE user_id = '{}'", id.as_str());
        assert_eq!(app.count(&codes).await, 0, "{path}");
    }
});

db_test!(who_asks_in_a_session_has_none_any_more, on().idle(), async |app| {
    if app.database == Database::Sqlite {
        // There is one writer: who comes after it is a stranger at the door already.
        return;
    }
    let handover = json!({ "client_origin": ORIGIN, "redirect_uri": ORIGIN, "code_challenge": CHALLENGE });
    for (n, (path, body)) in [
        ("change-email", Some(json!({ "newEmail": "new@example.com" }))),
        ("send-verification-email", Some(json!({ "email": "person1@example.com" }))),
        ("portico/authorize", Some(handover)),
        ("phone-number/send-otp", Some(json!({ "phoneNumber": NUMBER }))),
        ("delete-user", Some(json!({ "password": PASSWORD }))),
        ("email-otp/request-email-change", Some(json!({ "newEmail": "new@example.com" }))),
        ("one-time-token/generate", None),
        ("passkey/generate-register-options", None),
        ("passkey/generate-authenticate-options", None),
    ]
    .into_iter()
    .enumerate()
    {
        let her = app.signed_up(&format!("person{n}")).await;
        let id = id_of(&her).await;
        emptied(&app).await;
        let path = format!("/api/auth/{path}");
        let asked = async {
            match body {
                Some(body) => her.post(&path, body).await,
                None => her.get(&path).await,
            }
        };
        erased_beside(&app, &id, asked).await.expect(401);
        nothing_left(&app, &id, &path).await;
        assert_eq!(app.count("SELECT COUNT(*) FROM verification_codes").await, 0, "{path}");
        assert_eq!(app.count("SELECT COUNT(*) FROM handover_codes").await, 0, "{path}");
    }
});
