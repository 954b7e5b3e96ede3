//! What is about nobody: health, errors, documents, the headers of every answer.

use crate::support::*;

db_test!(it_answers, async |app| {
    let answer = app.http().get("/api/auth/ok").await.expect(200);
    assert_eq!(answer.json, json!({ "ok": true }));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert!(answer.header("referrer-policy").is_some());
    assert!(answer.header("strict-transport-security").is_none());
    let id = answer.header("x-request-id").unwrap();
    assert!(id.starts_with("req_"), "{id}");
    let mine = app.http().with("x-request-id", "trace-0123456789").get("/api/auth/nothing").await.expect(404);
    assert_eq!(mine.header("x-request-id"), Some("trace-0123456789"));
});

db_test!(the_page_for_errors_shows_text_as_text, async |app| {
    let page = app
        .http()
        .get("/api/auth/error?error=INVALID_TOKEN&error_description=%3Cscript%3Ealert(1)%3C/script%3E")
        .await
        .expect(200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(
        page.text.contains("INVALID_TOKEN") && page.text.contains("&lt;script&gt;") && !page.text.contains("<script")
    );
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    for odd in ["%3Cb%3E", "a%20b", "", "%ff", &"x".repeat(100)] {
        let page = app.http().get(&format!("/api/auth/error?error={odd}")).await.expect(200);
        assert!(page.text.contains("UNKNOWN"), "{odd}");
    }
});

db_test!(
    an_instance_may_have_a_page_of_its_own_for_errors,
    Options::default().kit(|kit| kit.error_url = Some("https://app.example/oops?from=id".to_owned())),
    async |app| {
        let answer = app.http().get("/api/auth/error?error=X&error_description=y").await.expect(302);
        assert_eq!(answer.header("location"), Some("https://app.example/oops?from=id&error=X"));
    }
);

db_test!(the_document_is_served, async |app| {
    let document = app.http().get("/api/auth/open-api/generate-schema").await.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/api/auth/sign-in/email"]["post"]["responses"]["401"].is_object());
    assert_eq!(app.http().get("/api/auth/reference").await.expect(302).header("location"), Some("/docs"));
});

db_test!(
    every_documented_operation_exists_and_is_closed_to_strangers,
    Options::default().every_method(),
    async |app| {
        let document = app.http().get("/api/auth/open-api/generate-schema").await.ok();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let open = operation["security"].as_array().unwrap().iter().any(|one| one == &json!({}));
                let concrete = path.replace("{token}", "abc");
                let body = (method != "get").then(|| b"{}".to_vec());
                let answer = app.client().send(&method.to_uppercase(), &concrete, body, &[]).await;
                assert!(answer.status != 404 || !answer.text.is_empty(), "{method} {path} does not exist");
                assert!(
                    operation["responses"][answer.status.to_string()].is_object(),
                    "{method} {path} answered {}, which is not documented",
                    answer.status
                );
                if !open {
                    assert!(
                        matches!(answer.status, 400 | 401),
                        "{method} {path} answered {}: {}",
                        answer.status,
                        answer.text
                    );
                }
            }
        }
    }
);
