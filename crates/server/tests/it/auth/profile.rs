//! Changing one's own profile.

use crate::support::*;

const PATH: &str = "/api/auth/update-user";

db_test!(name_and_image_are_changed, async |app| {
    let ann = app.signed_up("ann").await;
    let user = async || ann.get("/api/auth/get-session").await.ok()["user"].clone();
    let body = json!({ "name": "Ann Exämple", "image": "https://img.example/a.png", "unknown": 1 });
    assert_eq!(ann.post(PATH, body).await.ok(), json!({ "status": true }));
    assert_eq!(
        (&user().await["name"], &user().await["image"]),
        (&json!("Ann Exämple"), &json!("https://img.example/a.png"))
    );
    ann.post(PATH, json!({ "image": null })).await.expect(200);
    assert_eq!((&user().await["name"], &user().await["image"]), (&json!("Ann Exämple"), &Json::Null));
});

db_test!(what_is_not_ones_own_to_change_stays, async |app| {
    let ann = app.signed_up("ann").await;
    ann.post(PATH, json!({ "email": "other@example.com" })).await.refused(400, "EMAIL_CAN_NOT_BE_UPDATED");
    ann.post(PATH, json!({ "name": "X", "role": "admin" })).await.refused(400, "FIELD_NOT_ALLOWED");
    for nothing in [json!({}), json!({ "emailVerified": true }), json!({ "id": "x" })] {
        assert_eq!(ann.post(PATH, nothing).await.expect(400).json, json!({ "message": "No fields to update" }));
    }
    for odd in [json!([]), json!("x"), json!(1), Json::Null] {
        ann.post(PATH, odd).await.refused(400, "BODY_MUST_BE_AN_OBJECT");
    }
    ann.post(PATH, json!({ "name": 1 })).await.refused(400, "VALIDATION_ERROR");
    ann.post(PATH, json!({ "name": "x".repeat(300) })).await.refused(400, "INVALID_NAME");
    ann.post(PATH, json!({ "image": "javascript:alert(1)" })).await.refused(400, "INVALID_IMAGE");
    app.client().post(PATH, json!({ "name": "X" })).await.refused(401, "UNAUTHORIZED");
    let user = ann.get("/api/auth/get-session").await.ok()["user"].clone();
    assert_eq!((&user["name"], &user["role"], &user["emailVerified"]), (&json!("Ann"), &json!("user"), &json!(false)));
    // `updateUser({})` of the client goes out as GET.
    assert_eq!(ann.get(PATH).await.expect(404).text, "");
});
