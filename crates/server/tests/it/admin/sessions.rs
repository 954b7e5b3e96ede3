//! Sessions of people, seen by the platform.

use super::problem;
use crate::support::*;

db_test!(the_sessions_of_a_person_are_listed_without_what_opens_them, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    app.signed_in("ann@example.com").await;
    let session = ann.get("/api/auth/get-session").await.ok();
    let id = session["user"]["id"].as_str().unwrap();
    let page = boot.key.get(&format!("/v1/sessions?user_id={id}&limit=1&offset=1")).await;
    assert_eq!((&page["total_count"], page["data"].as_array().unwrap().len()), (&json!(2), 1));
    let first = &page["data"][0];
    assert_eq!(
        (&first["object"], &first["user_id"], &first["status"]),
        (&json!("session"), &json!(id), &json!("active"))
    );
    assert!(first["id"].as_str().unwrap().starts_with("sess_") && first["expires_at"].is_i64());
    assert!(!page.text.contains(session["session"]["token"].as_str().unwrap()), "{}", page.text);

    let all = boot.key.get("/v1/sessions").await.ok();
    assert!(all["total_count"].as_i64() >= Some(2), "the platform sees everybody's: {all}");
    problem(ann.get("/v1/sessions").await, 403, "forbidden");
    problem(boot.key.get("/v1/sessions?user_id=user_none").await, 404, "user_not_found");
    problem(ann.get(&format!("/v1/sessions?user_id={id}")).await, 403, "forbidden");
});
