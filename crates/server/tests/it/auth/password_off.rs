//! Passwords switched off: those that there are open nothing, none is set, and everybody comes in otherwise.

use auth_core::ids::{Id as _, UserId};
use auth_core::{Ctx, credentials, users};
use server::commands::bootstrap::{self, Wanted};

use super::*;
use crate::support::*;

fn off() -> Options {
    Options::default().every_method().settings(|settings| settings.password.enabled = false)
}

/// A browser that has followed a link which was mailed to the address.
async fn by_link(app: &App, email: &str) -> Client {
    let client = app.client();
    app.http().post("/api/auth/sign-in/magic-link", json!({ "email": email })).await.expect(200);
    let link = app.mail().wait(email, r"(http://\S+/api/auth/magic-link/verify\S+)").await;
    client.get(&path_of(app, &link)).await.expect(302);
    client
}

/// Somebody with a password from before, a user name and a telephone number.
async fn from_before(app: &App) -> UserId {
    let hash = credentials::hash_password(&app.core, PASSWORD).await.expect("a hash");
    let new = users::NewUser {
        name: "Ann".to_owned(),
        email: "ann@example.com".to_owned(),
        email_verified: true,
        ..users::NewUser::default()
    };
    let ctx = Ctx::system("test");
    let made = app.core.write(&ctx, async |tx| {
        let ann = users::create(tx, new.clone()).await?;
        credentials::set_password(tx, &ann.id, &hash).await?;
        let sql = "UPDATE users SET username = 'ann', phone_number = '+4915112345678', phone_number_verified = TRUE WHERE id = $1";
        auth_core::db::run(tx, sql, [ann.id.as_str().into()]).await?;
        Ok::<_, auth_core::Error>(ann.id)
    });
    made.await.expect("somebody")
}

db_test!(a_password_opens_nothing_and_none_is_set, off(), async |app| {
    let id = from_before(&app).await;
    let http = app.http();
    for (way, name, value) in [
        ("email", "email", "ann@example.com"),
        ("email", "email", "nobody@example.com"),
        ("username", "username", "ann"),
        ("phone-number", "phoneNumber", "+4915112345678"),
    ] {
        let mut body = json!({ "password": PASSWORD });
        body[name] = json!(value);
        http.post(&format!("/api/auth/sign-in/{way}"), body).await.refused(400, "EMAIL_PASSWORD_DISABLED");
    }
    let new = json!({ "name": "Bob", "email": "bob@example.com", "password": PASSWORD });
    http.post("/api/auth/sign-up/email", new).await.refused(400, "EMAIL_PASSWORD_SIGN_UP_DISABLED");
    let email = json!({ "email": "ann@example.com" });
    for (path, body) in [
        ("request-password-reset", email.clone()),
        ("email-otp/request-password-reset", email.clone()),
        ("email-otp/send-verification-otp", json!({ "email": "ann@example.com", "type": "forget-password" })),
        ("phone-number/request-password-reset", json!({ "phoneNumber": "+4915112345678" })),
    ] {
        http.post(&format!("/api/auth/{path}"), body).await.refused(400, "RESET_PASSWORD_DISABLED");
    }
    for (path, body) in [
        ("reset-password", json!({ "newPassword": PASSWORD, "token": "x".repeat(24) })),
        ("email-otp/reset-password", json!({ "email": "ann@example.com", "otp": "000000", "password": PASSWORD })),
        (
            "phone-number/reset-password",
            json!({ "phoneNumber": "+4915112345678", "otp": "000000", "newPassword": PASSWORD }),
        ),
    ] {
        http.post(&format!("/api/auth/{path}"), body).await.refused(400, "EMAIL_PASSWORD_DISABLED");
    }

    // She comes in by her mailbox, and there her password is none either.
    let ann = by_link(&app, "ann@example.com").await;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "another password" });
    ann.post("/api/auth/change-password", change).await.refused(400, "EMAIL_PASSWORD_DISABLED");
    ann.post("/api/auth/verify-password", json!({ "password": PASSWORD })).await.refused(400, "INVALID_PASSWORD");
    // What asks for the password of who has one takes a fresh session instead.
    ann.post("/api/auth/two-factor/enable", json!({})).await.expect(200);
    // It is kept for when they are switched on again.
    let kept =
        format!("SELECT COUNT(*) FROM accounts WHERE user_id = '{}' AND password_hash LIKE '$argon2id$%'", id.as_str());
    assert_eq!(app.count(&kept).await, 1);

    let methods = &http.get("/v1/instance").await.ok()["methods"];
    assert_eq!(methods["email_password"]["enabled"], json!(false));
    assert_eq!(methods["email_password"]["sign_up_enabled"], json!(false));
    assert_eq!(methods["username"]["enabled"], json!(false));
    assert_eq!(methods["magic_link"]["enabled"], json!(true));
});

db_test!(the_first_admin_has_none_and_gives_none, off(), async |app| {
    let wanted =
        Wanted { email: "admin@example.com".to_owned(), password: None, organization: "Acme".to_owned(), domain: None };
    let made = bootstrap::run(&app.core, &wanted).await.expect("bootstrap succeeds");
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 0);
    let admin = by_link(&app, "admin@example.com").await;
    let session = admin.get("/api/auth/get-session").await.ok();
    assert_eq!((&session["user"]["id"], &session["user"]["role"]), (&json!(made.user_id), &json!("admin")));
    let new = json!({ "name": "Bob", "email": "bob@example.com", "password": PASSWORD });
    admin.post("/api/auth/admin/create-user", new).await.refused(400, "EMAIL_PASSWORD_DISABLED");
    let given = json!({ "userId": made.user_id, "newPassword": PASSWORD });
    admin.post("/api/auth/admin/set-user-password", given).await.refused(400, "EMAIL_PASSWORD_DISABLED");
    let new = json!({ "email_address": "bob@example.com", "password": PASSWORD });
    app.key(&made.secret_key).post("/v1/users", new).await.refused(400, "email_password_disabled");
    // Without one, they are made as ever.
    app.key(&made.secret_key).post("/v1/users", json!({ "email_address": "bob@example.com" })).await.created();
});
