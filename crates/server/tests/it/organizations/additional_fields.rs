//! Fields that the operator added to organizations.

use auth_core::outbox::EventKind;
use auth_core::settings::{FieldKind, FieldSettings};

use super::*;

const CREATE: &str = "/api/auth/organization/create";
const UPDATE: &str = "/api/auth/organization/update";

fn on() -> Options {
    Options::default().settings(|s| {
        let field = FieldSettings::new;
        s.fields.organization = vec![
            FieldSettings { required: true, ..field("vat", FieldKind::Text) },
            FieldSettings { input: false, default: Some(json!("free")), ..field("plan", FieldKind::Text) },
            FieldSettings { returned: false, ..field("seats", FieldKind::Number) },
            field("tags", FieldKind::Texts),
        ];
    })
}

db_test!(they_are_given_when_it_is_made_and_shown_wherever_it_is, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let body = json!({ "name": "Acme", "slug": "acme" });
    let answer = ann.post(CREATE, body).await.refused(400, "VALIDATION_ERROR");
    assert_eq!(answer["message"], "[body.vat] Invalid input: expected string, received undefined");
    // What is no input is passed over; metadata is something else.
    let body = json!({
        "name": "Acme", "slug": "acme", "vat": "DE1", "plan": "gold", "seats": 5, "odd": 1, "metadata": {"vat": "x"}
    });
    let made = ann.post(CREATE, body).await.ok();
    let id = made["id"].as_str().unwrap();
    let shown = |organization: &Json| {
        let fields = ["vat", "plan", "tags", "seats", "odd"].map(|field| organization.get(field).cloned());
        assert_eq!(fields, [Some(json!("DE1")), Some(json!("free")), Some(Json::Null), None, None], "{organization}");
    };
    shown(&made);
    shown(&ann.get("/api/auth/organization/list").await.ok()[0]);
    shown(&ann.get("/api/auth/organization/get-organization").await.ok());
    shown(&ann.get("/api/auth/organization/get-full-organization").await.ok());
    shown(&ann.post("/api/auth/organization/set-active", json!({ "organizationId": id })).await.ok());
    let told = app.events_of(EventKind::OrganizationCreated).await;
    let told = &told[0].payload["organization"]["additional_fields"];
    assert_eq!((&told["vat"], told.get("seats")), (&json!("DE1"), None));
});

db_test!(members_change_them_who_may_change_it, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let made = ann.post(CREATE, json!({ "name": "Acme", "slug": "acme", "vat": "DE1" })).await.ok();
    let id = made["id"].as_str().unwrap();
    let changed = ann.post(UPDATE, json!({ "data": { "tags": ["a"], "plan": "gold" } })).await.ok();
    assert_eq!((&changed["tags"], &changed["plan"], &changed["vat"]), (&json!(["a"]), &json!("free"), &json!("DE1")));
    for (data, said) in [
        (json!({ "tags": [1] }), "[body.data.tags.0] Invalid input: expected string, received number"),
        (json!({ "vat": null }), "[body.data.vat] Invalid input: expected string, received null"),
    ] {
        let answer = ann.post(UPDATE, json!({ "data": data })).await.refused(400, "VALIDATION_ERROR");
        assert_eq!(answer["message"], said);
    }
    let bob = joined(&app, &ann, id, "bob", "member").await;
    let body = json!({ "organizationId": id, "data": { "vat": "X" } });
    bob.post(UPDATE, body).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_ORGANIZATION");
    let eve = app.signed_up("eve").await;
    let body = json!({ "organizationId": id, "data": { "vat": "X" } });
    eve.post(UPDATE, body).await.refused(400, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
    assert_eq!(ann.get("/api/auth/organization/get-organization").await.ok()["vat"], "DE1");
});

db_test!(back_ends_see_and_give_all_and_its_administrators_what_people_do, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({ "name": "B", "additional_fields": { "seats": 7, "plan": "gold" } });
    let made = boot.key.post("/v1/organizations", body).await.created();
    assert_eq!(made["additional_fields"], json!({ "vat": null, "plan": "gold", "seats": 7, "tags": null }));
    let path = format!("/v1/organizations/{}", made["id"].as_str().unwrap());
    let changed = boot.key.patch(&path, json!({ "additional_fields": { "seats": null, "vat": "1" } })).await.ok();
    assert_eq!(changed["additional_fields"], json!({ "vat": "1", "plan": "gold", "seats": null, "tags": null }));

    let ann = app.signed_up("ann").await;
    let own = ann.post(CREATE, json!({ "name": "Own", "slug": "own", "vat": "DE1" })).await.ok();
    let path = format!("/v1/organizations/{}", own["id"].as_str().unwrap());
    let seen = ann.get(&path).await.ok();
    assert_eq!(seen["additional_fields"], json!({ "vat": "DE1", "plan": "free", "tags": null }));
    ann.patch(&path, json!({ "additional_fields": { "tags": ["a"] } })).await.ok();
    ann.patch(&path, json!({ "additional_fields": { "plan": "gold" } })).await.expect(403);
    assert_eq!(boot.key.get(&path).await.ok()["additional_fields"]["plan"], "free");
});
