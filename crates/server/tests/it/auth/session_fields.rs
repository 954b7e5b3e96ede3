//! Fields that the operator added to sessions.

use auth_core::Ctx;
use auth_core::arrivals::Came;
use auth_core::clock::Timestamp;
use auth_core::fields::{self, By};
use auth_core::ids::{Id as _, SessionId, UserId};
use auth_core::secret::Secret;
use auth_core::settings::{FieldKind, FieldSettings, Settings};
use auth_core::{sessions, users};

use crate::support::*;

const SESSION: &str = "/api/auth/get-session";
const UPDATE: &str = "/api/auth/update-session";
const LIST: &str = "/api/auth/list-sessions";
const NONE_STORED: &str = "SELECT COUNT(*) FROM sessions WHERE additional_fields IS NULL";

fn declare(s: &mut Settings) {
    let field = FieldSettings::new;
    s.fields.session = vec![
        FieldSettings { max_length: 5, ..field("theme", FieldKind::Text) },
        FieldSettings { input: false, default: Some(json!("base")), ..field("tier", FieldKind::Text) },
        FieldSettings { input: false, ..field("credit", FieldKind::Number) },
        FieldSettings { required: true, default: Some(json!(1)), ..field("step", FieldKind::Number) },
        FieldSettings { returned: false, default: Some(json!("hush")), ..field("note", FieldKind::Text) },
    ];
    s.methods.multi_session.enabled = true;
    s.methods.api_key.enabled = true;
    s.methods.api_key.enable_session = true;
}

fn on() -> Options {
    Options::default().settings(declare)
}

/// Those of the five that are there, each with its value.
fn fields_of(session: &Json) -> Json {
    let names = ["theme", "tier", "credit", "step", "note"];
    Json::Object(names.iter().filter_map(|name| Some(((*name).to_owned(), session.get(name)?.clone()))).collect())
}

fn begun() -> Json {
    json!({ "theme": null, "tier": "base", "credit": null, "step": 1 })
}

async fn own(client: &Client) -> Json {
    client.get(SESSION).await.ok()["session"].clone()
}

db_test!(a_session_begins_with_the_defaults_however_it_is_opened, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let again = app.signed_in("ann@example.com").await;
    for client in [&ann, &again] {
        assert_eq!(fields_of(&own(client).await), begun());
    }
    let listed = ann.get(LIST).await.ok();
    assert_eq!(listed.as_array().unwrap().iter().map(fields_of).collect::<Vec<_>>(), [begun(), begun()]);
    let kept = ann.get("/api/auth/multi-session/list-device-sessions").await.ok();
    assert_eq!(fields_of(&kept[0]["session"]), begun());

    ann.post(UPDATE, json!({ "theme": "dark" })).await.ok();
    let user = own(&ann).await["userId"].clone();
    let acting = boot.admin.post("/api/auth/admin/impersonate-user", json!({ "userId": user })).await.ok();
    assert_eq!(fields_of(&acting["session"]), begun(), "what acts as somebody has nothing of theirs");
    boot.admin.post("/api/auth/admin/stop-impersonating", json!({})).await.ok();
    let listed = boot.admin.post("/api/auth/admin/list-user-sessions", json!({ "userId": user })).await.ok();
    let themes = listed["sessions"].as_array().unwrap().iter().filter(|one| one["theme"] == "dark").count();
    assert_eq!(themes, 1);
    // One that takes the place of another is a new one.
    let body =
        json!({ "currentPassword": PASSWORD, "newPassword": "another long password", "revokeOtherSessions": true });
    ann.post("/api/auth/change-password", body).await.ok();
    assert_eq!(fields_of(&own(&ann).await), begun());
});

db_test!(who_has_a_session_changes_what_is_theirs_of_it_alone, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let other = app.signed_in("ann@example.com").await;
    app.clock.advance(60);
    let body = json!({ "theme": "dark", "step": 2, "odd": 1, "token": "t", "userId": "u", "expiresAt": "2100-01-01T00:00:00Z", "credit": 0 });
    let before = own(&ann).await;
    let answer = ann.post(UPDATE, body).await.expect(200);
    let cookies = answer.set_cookies();
    assert!(cookies.iter().any(|line| line.starts_with("better-auth.session_token=") && line.contains("Max-Age")));
    let changed = json!({ "theme": "dark", "tier": "base", "credit": null, "step": 2 });
    let session = &answer["session"];
    assert_eq!(fields_of(session), changed);
    for same in ["id", "token", "userId", "expiresAt", "createdAt"] {
        assert_eq!(session[same], before[same], "{same}");
    }
    assert_ne!(session["updatedAt"], before["updatedAt"]);
    assert_eq!(own(&ann).await, *session);
    assert_eq!(fields_of(&own(&other).await), begun(), "another session of theirs is another");

    ann.post(UPDATE, json!({ "theme": null })).await.ok();
    assert_eq!(own(&ann).await["theme"], Json::Null);
    assert_eq!(own(&ann).await["step"], 2);
});

db_test!(what_is_not_theirs_or_of_another_type_is_refused, on(), async |app| {
    let ann = app.signed_up("ann").await;
    for body in [json!({ "tier": "gold" }), json!({ "credit": 5, "theme": "dark" }), json!({ "impersonatedBy": "x" })] {
        ann.post(UPDATE, body).await.refused(400, "FIELD_NOT_ALLOWED");
    }
    let fixed =
        ann.post(UPDATE, json!({ "theme": "dark", "activeTeamId": "t" })).await.refused(400, "FIELD_NOT_ALLOWED");
    assert_eq!(fixed["message"], "activeTeamId is not allowed to be set");
    ann.post(UPDATE, json!({ "step": null })).await.refused(400, "MISSING_FIELD");
    let wrong = ann.post(UPDATE, json!({ "theme": 1 })).await.refused(400, "VALIDATION_ERROR");
    assert_eq!(wrong["message"], "[body.theme] Invalid input: expected string, received number");
    ann.post(UPDATE, json!({ "theme": "darker" })).await.refused(400, "VALIDATION_ERROR");
    for nothing in [json!({}), json!({ "odd": 1 }), json!({ "token": "t" }), json!({ "activeOrganizationId": null })] {
        assert_eq!(ann.post(UPDATE, nothing).await.expect(400).json, json!({ "message": "No fields to update" }));
    }
    assert_eq!(fields_of(&own(&ann).await), begun());
    app.client().post(UPDATE, json!({ "theme": "dark" })).await.refused(401, "UNAUTHORIZED");

    // A key stands for a session and has none.
    let key = ann.post("/api/auth/api-key/create", json!({ "name": "k" })).await.ok();
    let by_key = app.http().with("x-api-key", key["key"].as_str().unwrap());
    assert_eq!(fields_of(&own(&by_key).await), json!({ "theme": null, "tier": null, "credit": null, "step": null }));
    by_key.post(UPDATE, json!({ "theme": "dark" })).await.refused(403, "API_KEYS_ONLY_READ");
    assert_eq!(fields_of(&own(&ann).await), begun());
});

db_test!(what_has_ended_or_is_of_somebody_else_is_not_changed, on(), async |app| {
    let (ann, eve) = (app.signed_up("ann").await, app.signed_up("eve").await);
    let session = own(&ann).await;
    let person = |session: &Json| UserId::from_text(session["userId"].as_str().unwrap().to_owned());
    let (whose, other) = (person(&session), person(&own(&eve).await));
    let id = SessionId::from_text(session["id"].as_str().unwrap().to_owned());
    let ctx = Ctx::system("test");
    let sent = json!({ "theme": "dark" });
    let given =
        fields::read(&app.core.settings().fields.session, sent.as_object().unwrap(), false, By::Person).unwrap();
    let change = async |user_id: &UserId, id: &SessionId| {
        app.core.write(&ctx, async |tx| sessions::change_fields(tx, user_id, id, &given).await).await.unwrap()
    };
    assert_eq!(change(&other, &id).await, None, "it is not theirs");
    assert_eq!(fields_of(&own(&ann).await), begun());
    assert_eq!(change(&whose, &id).await.unwrap()["theme"], "dark");
    assert_eq!(change(&whose, &SessionId::from_text("sess_none".to_owned())).await, None);
    app.clock.advance(8 * 86_400);
    assert_eq!(change(&whose, &id).await, None, "it has expired");
});

db_test!(the_platform_sees_all_of_them_and_an_organization_what_people_are_shown, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let made = ann.post("/api/auth/organization/create", json!({ "name": "Ann's", "slug": "anns" })).await.ok();
    let session = own(&ann).await;
    let path = format!("/v1/sessions/{}", session["id"].as_str().unwrap());
    let whole = json!({ "theme": null, "tier": "base", "credit": null, "step": 1, "note": "hush" });
    assert_eq!(boot.key.get(&path).await.ok()["additional_fields"], whole);
    let of_ann = format!("/v1/sessions?user_id={}", session["userId"].as_str().unwrap());
    assert_eq!(boot.key.get(&of_ann).await.ok()["data"][0]["additional_fields"], whole);
    assert_eq!(ann.get(&path).await.ok()["additional_fields"], begun());
    let here = format!("/v1/sessions?organization_id={}", made["id"].as_str().unwrap());
    assert_eq!(ann.get(&here).await.ok()["data"][0]["additional_fields"], begun());
    let ended = boot.key.post(&format!("{path}/revoke"), json!({})).await.ok();
    assert_eq!(ended["additional_fields"], whole);
});

db_test!(where_none_are_declared_nothing_is_stored_and_none_can_be_changed, async |app| {
    let ann = app.signed_up("ann").await;
    assert_eq!(app.count(NONE_STORED).await, 1);
    let answer = ann.post(UPDATE, json!({ "theme": "dark" })).await.expect(400);
    assert_eq!(answer.json, json!({ "message": "No fields to update" }));
    assert!(own(&ann).await.get("theme").is_none());
    let boot = app.boot("Acme", None).await;
    let path = format!("/v1/sessions/{}", own(&ann).await["id"].as_str().unwrap());
    assert_eq!(boot.key.get(&path).await.ok()["additional_fields"], json!({}));
});

db_test!(a_session_from_another_system_brings_them_along, on(), async |app| {
    let ctx = Ctx::system("import");
    let sent = json!({ "theme": "dark", "tier": "gold" });
    let declared = app.core.settings().fields.session.clone();
    let additional_fields = fields::read(&declared, sent.as_object().unwrap(), true, By::BackEnd).unwrap();
    let person = users::Person {
        id: "ann".to_owned(),
        name: "Ann".to_owned(),
        email: "ann@example.com".to_owned(),
        ..users::Person::default()
    };
    let there = sessions::Arriving {
        id: "s1".to_owned(),
        token: Secret::new("a-token-of-another-system"),
        user_id: "ann".to_owned(),
        expires_at: Timestamp(app.core.clock().now().millis() + 3_600_000),
        ip_address: None,
        user_agent: None,
        active_organization_id: None,
        impersonated: false,
        created_at: None,
        updated_at: None,
        additional_fields,
    };
    let came = app.core.write(&ctx, async |tx| {
        users::take_over(tx, person.clone()).await?;
        sessions::take_over(tx, there.clone()).await
    });
    assert_eq!(came.await.unwrap(), Came::whole());
    let kept = app.core.read(&ctx, async |rx| sessions::resolve(rx, "a-token-of-another-system").await).await.unwrap();
    let whole = json!({ "theme": "dark", "tier": "gold", "step": 1, "note": "hush" });
    assert_eq!(json!(kept.unwrap().session.additional_fields), whole);
});
