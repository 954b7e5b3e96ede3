//! Errors in the language of whoever asks, by the header or a cookie.

use api_kit::Translations;
use api_kit::translations::Detection;

use crate::support::*;

fn speaking() -> Options {
    let catalog = |name: &str| (name.to_owned(), Translations::catalog(name, None).expect("a catalog"));
    let translations = Translations::new(
        ["en", "de", "fr"].map(catalog).into(),
        None,
        vec![Detection::Cookie, Detection::Header],
        "locale".to_owned(),
    );
    Options::default().kit(move |kit| kit.translations = translations.clone())
}

db_test!(an_error_speaks_the_language_of_whoever_asks, speaking(), async |app| {
    app.signed_up("ann").await;
    let wrong = json!({"email": "ann@example.com", "password": "not the password"});
    let english = app.http().post("/api/auth/sign-in/email", wrong.clone()).await.expect(401);
    assert_eq!(english.json, json!({"message": "Invalid email or password", "code": "INVALID_EMAIL_OR_PASSWORD"}));

    let asking = |name: &'static str, value: &str| app.http().with(name, value);
    let german =
        asking("accept-language", "de-CH, en;q=0.5").post("/api/auth/sign-in/email", wrong.clone()).await.expect(401);
    assert_eq!(
        german.json,
        json!({
            "message": "E-Mail-Adresse oder Passwort ist falsch.", "code": "INVALID_EMAIL_OR_PASSWORD",
            "originalMessage": "Invalid email or password",
        })
    );
    assert_eq!(german.header("content-language"), Some("de"));
    let french = asking("cookie", "locale=fr")
        .with("origin", &app.base)
        .post("/api/auth/sign-in/email", wrong.clone())
        .await
        .expect(401);
    assert!(french.json["message"].as_str().is_some_and(|text| text.contains("mot de passe")), "{}", french.json);
    // A refusal of the gate, before any endpoint; and one without a translation.
    let refused = asking("accept-language", "de").with("origin", "https://evil.example");
    let refused = refused.with("cookie", "a=b").post("/api/auth/sign-in/email", wrong).await.expect(403);
    assert_eq!(refused.json["originalMessage"], "Invalid origin", "{}", refused.json);
    let odd = asking("accept-language", "de").post("/api/auth/sign-in/email", json!({"email": 1})).await.expect(400);
    assert!(odd.json.get("originalMessage").is_none(), "{}", odd.json);
});

db_test!(without_languages_everything_stays_english, async |app| {
    let wrong = json!({"email": "ann@example.com", "password": "not the password"});
    let answer = app.http().with("accept-language", "de").post("/api/auth/sign-in/email", wrong).await.expect(401);
    assert_eq!(answer.json["message"], "Invalid email or password");
    assert_eq!(answer.header("content-language"), None);
});
