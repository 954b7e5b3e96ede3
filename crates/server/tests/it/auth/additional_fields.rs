//! Fields that the operator added to people.

use auth_core::Ctx;
use auth_core::fields::{self, By};
use auth_core::outbox::EventKind;
use auth_core::settings::{FieldKind, FieldSettings, Settings};
use auth_core::users::{self, Person};

use super::*;
use crate::support::*;

const SIGN_UP: &str = "/api/auth/sign-up/email";
const SESSION: &str = "/api/auth/get-session";
const UPDATE: &str = "/api/auth/update-user";

fn declare(s: &mut Settings) {
    let field = FieldSettings::new;
    s.fields.user = vec![
        FieldSettings { required: true, max_length: 20, ..field("company", FieldKind::Text) },
        FieldSettings { input: false, default: Some(json!("free")), ..field("tier", FieldKind::Text) },
        FieldSettings { input: false, ..field("credit", FieldKind::Number) },
        FieldSettings { returned: false, ..field("note", FieldKind::Text) },
        field("age", FieldKind::Number),
        field("newsletter", FieldKind::Boolean),
        field("bornAt", FieldKind::Date),
        field("tags", FieldKind::Texts),
    ];
}

fn on() -> Options {
    Options::default().settings(declare)
}

fn new(name: &str, more: &Json) -> Json {
    let mut body = json!({ "name": name, "email": format!("{name}@example.com"), "password": PASSWORD });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn ann(app: &App) -> (Client, Json) {
    let ann = app.client();
    let answer = ann.post(SIGN_UP, new("ann", &json!({ "company": "Acme" }))).await.ok();
    (ann, answer["user"].clone())
}

db_test!(where_none_are_declared_they_are_unknown_names, async |app| {
    let ann = app.client();
    let answer = ann.post(SIGN_UP, new("ann", &json!({ "company": "Acme" }))).await.ok();
    assert!(answer["user"].get("company").is_none());
    let answer = ann.post(UPDATE, json!({ "company": "Acme" })).await.expect(400);
    assert_eq!(answer["message"], "No fields to update");
});

db_test!(they_are_given_at_sign_up_and_shown_in_every_answer, on(), async |app| {
    let browser = app.client();
    let given = json!({
        "company": "Acme", "age": 41.5, "newsletter": true, "bornAt": "1985-02-03T01:00:00+01:00", "tags": ["a", "b"],
        "note": "hush", "nobody": "knows", "tier": "gold", "credit": 0
    });
    let shown = json!({
        "company": "Acme", "tier": "free", "credit": null, "age": 41.5, "newsletter": true,
        "bornAt": "1985-02-03T00:00:00.000Z", "tags": ["a", "b"]
    });
    let of = |user: &Json| -> Json {
        assert!(user.get("note").is_none() && user.get("nobody").is_none(), "{user}");
        shown.as_object().unwrap().keys().map(|key| (key.clone(), user[key].clone())).collect()
    };
    let signed_up = browser.post(SIGN_UP, new("ann", &given)).await.ok();
    assert_eq!(of(&signed_up["user"]), shown);
    assert_eq!(of(&browser.get(SESSION).await.ok()["user"]), shown);
    let sign_in = json!({ "email": "ann@example.com", "password": PASSWORD });
    let signed_in = app.client().post("/api/auth/sign-in/email", sign_in).await.ok();
    assert_eq!(of(&signed_in["user"]), shown);
    // What nobody gave is null, not missing.
    let (_, user) = {
        let bob = app.client();
        let answer = bob.post(SIGN_UP, new("bob", &json!({ "company": "B" }))).await.ok();
        (bob, answer["user"].clone())
    };
    assert_eq!((user.get("age"), user.get("tags")), (Some(&Json::Null), Some(&Json::Null)));
    let told = app.events_of(EventKind::UserCreated).await;
    let told = &told[0].payload["user"]["additional_fields"];
    assert_eq!((&told["company"], told.get("note")), (&json!("Acme"), None), "what is not returned stays here");
});

db_test!(what_is_required_is_missing_before_the_address_is_looked_at, on(), async |app| {
    app.client().post(SIGN_UP, new("ann", &json!({}))).await.refused(400, "MISSING_FIELD");
    let (_, _) = ann(&app).await;
    let answer = app.client().post(SIGN_UP, new("ann", &json!({}))).await.refused(400, "MISSING_FIELD");
    assert_eq!(answer["message"], "company is required");
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 1);
});

db_test!(people_change_what_is_theirs_to_give, on(), async |app| {
    let (ann, _) = ann(&app).await;
    ann.post(UPDATE, json!({ "company": "Other", "age": 7, "note": "n" })).await.ok();
    let user = ann.get(SESSION).await.ok()["user"].clone();
    assert_eq!((&user["company"], &user["age"], &user["tier"]), (&json!("Other"), &json!(7), &json!("free")));
    ann.post(UPDATE, json!({ "age": null })).await.ok();
    assert_eq!(ann.get(SESSION).await.ok()["user"]["age"], Json::Null);
    ann.post(UPDATE, json!({ "company": null })).await.refused(400, "MISSING_FIELD");
    for fixed in [json!({ "tier": "gold" }), json!({ "credit": 5 })] {
        let answer = ann.post(UPDATE, fixed).await.refused(400, "FIELD_NOT_ALLOWED");
        assert!(answer["message"].as_str().unwrap().ends_with("is not allowed to be set"));
    }
    let nothing = ann.post(UPDATE, json!({ "credit": 0, "nobody": 1 })).await.expect(400);
    assert_eq!(nothing["message"], "No fields to update");
    let user = ann.get(SESSION).await.ok()["user"].clone();
    assert_eq!((&user["tier"], &user["credit"]), (&json!("free"), &Json::Null));
});

db_test!(values_of_another_type_are_refused_in_the_words_of_the_wire, on(), async |app| {
    let (ann, _) = ann(&app).await;
    for (body, said) in [
        (json!({ "age": "7" }), "[body.age] Invalid input: expected number, received string"),
        (json!({ "company": {} }), "[body.company] Invalid input: expected string, received object"),
        (json!({ "newsletter": 1 }), "[body.newsletter] Invalid input: expected boolean, received number"),
        (json!({ "bornAt": "soon" }), "[body.bornAt] Invalid input: expected date, received string"),
        (json!({ "tags": "a" }), "[body.tags] Invalid input: expected array, received string"),
        (json!({ "tags": ["a", 1] }), "[body.tags.1] Invalid input: expected string, received number"),
        (json!({ "company": "x".repeat(21) }), "[body.company] Too big: expected string to have <=20 characters"),
    ] {
        let answer = ann.post(UPDATE, body).await.refused(400, "VALIDATION_ERROR");
        assert_eq!(answer["message"], said);
    }
    // Each list fits, all of them together do not.
    let tags: Vec<String> = (0..20).map(|n| format!("{n}{}", "x".repeat(4000))).collect();
    ann.post(UPDATE, json!({ "tags": tags })).await.refused(400, "ADDITIONAL_FIELDS_TOO_LARGE");
    assert_eq!(ann.get(SESSION).await.ok()["user"]["tags"], Json::Null);
});

db_test!(
    an_answer_about_a_known_address_has_them_too,
    on().settings(|s| s.sign_up.require_email_verification = true),
    async |app| {
        let body = new("ann", &json!({ "company": "Acme", "age": 7 }));
        let first = app.client().post(SIGN_UP, body.clone()).await.ok();
        let second = app.client().post(SIGN_UP, body).await.ok();
        assert_eq!(keys(&first["user"]), keys(&second["user"]));
        for field in ["company", "tier", "age", "tags"] {
            assert_eq!(first["user"][field], second["user"][field], "{field}");
        }
    }
);

db_test!(a_code_asks_for_them_only_of_who_is_new, on().settings(|s| s.methods.email_otp.enabled = true), async |app| {
    let (_, _) = ann(&app).await;
    let code = async |address: &str| {
        let body = json!({ "email": address, "type": "sign-in" });
        app.http().post("/api/auth/email-otp/send-verification-otp", body).await.ok();
        app.mail().wait(address, r"(?m)^(\d{6})\s*$").await
    };
    let enter = async |address: &str, otp: &str, company: Option<&str>| {
        let mut body = json!({ "email": address, "otp": otp });
        if let Some(company) = company {
            body["company"] = json!(company);
        }
        app.client().post("/api/auth/sign-in/email-otp", body).await
    };
    let otp = code("ann@example.com").await;
    assert_eq!(enter("ann@example.com", &otp, None).await.ok()["user"]["company"], "Acme");
    let otp = code("eve@example.com").await;
    enter("eve@example.com", &otp, None).await.refused(400, "MISSING_FIELD");
    // The code was not spent on that.
    assert_eq!(enter("eve@example.com", &otp, Some("E")).await.ok()["user"]["company"], "E");
});

db_test!(back_ends_and_administrators_give_all_of_them, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let made = boot.key.post("/v1/users", json!({ "email_address": "eve@example.com" })).await.created();
    let expected = json!({
        "company": null, "tier": "free", "credit": null, "note": null, "age": null, "newsletter": null, "bornAt": null,
        "tags": null
    });
    assert_eq!(made["additional_fields"], expected, "nothing is required of a back end");
    let path = format!("/v1/users/{}", made["id"].as_str().unwrap());
    let body = json!({ "additional_fields": { "credit": 9, "note": "hush", "tier": "gold" } });
    let changed = boot.key.patch(&path, body).await.ok();
    let of = &changed["additional_fields"];
    assert_eq!((&of["credit"], &of["note"], &of["tier"]), (&json!(9), &json!("hush"), &json!("gold")));
    let emptied = boot.key.patch(&path, json!({ "additional_fields": { "credit": null } })).await.ok();
    assert_eq!(emptied["additional_fields"]["credit"], Json::Null);
    for (fields, field, code) in [
        (json!({ "shoe": 1 }), "additional_fields.shoe", "unknown_field"),
        (json!({ "credit": "9" }), "additional_fields.credit", "wrong_type"),
        (json!({ "company": "x".repeat(21) }), "additional_fields.company", "too_long"),
        (json!({ "company": null }), "additional_fields.company", "wrong_type"),
    ] {
        let answer = boot.key.patch(&path, json!({ "additional_fields": fields })).await.expect(400);
        assert_eq!((&answer["errors"][0]["field"], &answer["errors"][0]["code"]), (&json!(field), &json!(code)));
    }
    boot.key.patch(&path, json!({ "additional_fields": [] })).await.expect(400);

    let (admin, user) = ann(&app).await;
    let id = user["id"].as_str().unwrap();
    boot.key.patch(&format!("/v1/users/{id}"), json!({ "role": "admin" })).await.ok();
    let body = json!({ "userId": made["id"], "data": { "tier": "silver", "company": "E" } });
    let changed = admin.post("/api/auth/admin/update-user", body).await.ok();
    assert_eq!((&changed["tier"], &changed["company"], changed.get("note")), (&json!("silver"), &json!("E"), None));
    let body = json!({ "email": "kim@example.com", "name": "Kim", "data": { "credit": 3 } });
    let kim = admin.post("/api/auth/admin/create-user", body).await.ok();
    assert_eq!((&kim["user"]["credit"], &kim["user"]["tier"]), (&json!(3), &json!("free")));
});

db_test!(what_is_declared_no_longer_is_kept_and_not_shown, on(), async |app| {
    let answer = app.client().post(SIGN_UP, new("ann", &json!({ "company": "Acme", "age": 7 }))).await.ok();
    let token = answer["token"].as_str().unwrap();
    let again = Another::with(&app, |s| s.fields.user = vec![FieldSettings::new("city", FieldKind::Text)]).await;
    let elsewhere = again.http().bearer(token);
    elsewhere.post(UPDATE, json!({ "city": "Bonn" })).await.ok();
    let user = elsewhere.get(SESSION).await.ok()["user"].clone();
    assert_eq!((user.get("age"), user.get("city")), (None, Some(&json!("Bonn"))));
    again.stop().await;
    let user = app.http().bearer(token).get(SESSION).await.ok()["user"].clone();
    assert_eq!((&user["age"], user.get("city")), (&json!(7), None));
});

db_test!(people_who_arrive_bring_them_along, on(), async |app| {
    let sent = json!({ "company": "Acme", "credit": 4, "tier": null });
    let declared = &app.core.settings().fields.user;
    let additional_fields = fields::read(declared, sent.as_object().unwrap(), true, By::BackEnd).unwrap();
    let (name, email) = ("Ann".to_owned(), "ann@example.com".to_owned());
    let person = Person { id: "ann".to_owned(), name, email, additional_fields, ..Person::default() };
    let ctx = Ctx::system("import");
    app.core.write(&ctx, async |tx| users::take_over(tx, person.clone()).await).await.unwrap();
    let boot = app.boot("Acme", None).await;
    let there = &boot.key.get("/v1/users/ann").await.ok()["additional_fields"];
    // What was empty there is empty here, whatever the default is.
    assert_eq!((&there["company"], &there["credit"], &there["tier"]), (&json!("Acme"), &json!(4), &Json::Null));
});
