//! Fields that the operator added to what belongs to an organization: memberships.

use auth_core::arrivals::Came;
use auth_core::fields::{self, By, Given};
use auth_core::orgs::members::{Arriving, take_over};
use auth_core::outbox::EventKind;
use auth_core::settings::{FieldKind, FieldSettings};
use auth_core::{orgs, users};

use super::*;

fn org(path: &str) -> String {
    format!("/api/auth/organization/{path}")
}

/// The same of each kind: one with a default that people do not give, one that they are not shown, and two of theirs.
fn declared() -> Vec<FieldSettings> {
    let field = FieldSettings::new;
    vec![
        FieldSettings { input: false, default: Some(json!("free")), ..field("plan", FieldKind::Text) },
        FieldSettings { returned: false, ..field("note", FieldKind::Text) },
        field("desk", FieldKind::Number),
        FieldSettings { max_length: 5, ..field("tags", FieldKind::Texts) },
    ]
}

fn on() -> Options {
    Options::default().settings(|s| s.fields.member = declared())
}

/// Those of the four that are there, each with its value.
fn fields_of(thing: &Json) -> Json {
    let names = ["plan", "note", "desk", "tags"];
    Json::Object(names.iter().filter_map(|name| Some(((*name).to_owned(), thing.get(name)?.clone()))).collect())
}

fn given(declared: &[FieldSettings], sent: &Json) -> Given {
    fields::read(declared, sent.as_object().unwrap(), true, By::BackEnd).unwrap()
}

db_test!(members_have_the_defaults_and_what_a_back_end_gives_wherever_they_are_shown, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let made = ann.post(&org("create"), json!({ "name": "Acme", "slug": "acme", "desk": 1 })).await.ok();
    let id = made["id"].as_str().unwrap();
    let nothing = json!({ "plan": "free", "desk": null, "tags": null });
    assert_eq!(fields_of(&made["members"][0]), nothing, "nobody gives them who makes an organization");
    let bob = app.signed_up("bob").await;
    let invitation = invite(&ann, id, "bob@example.com", "member").await;
    let body = json!({ "invitationId": invitation, "desk": 2 });
    assert_eq!(fields_of(&bob.post(&org("accept-invitation"), body).await.ok()["member"]), nothing);

    let boot = app.boot("Operators", None).await;
    let bob_id = user_id(&bob).await;
    let path = format!("/v1/organizations/{id}/memberships/{bob_id}");
    let body = json!({ "additional_fields": { "plan": "gold", "note": "hush", "desk": 7 } });
    let whole = json!({ "plan": "gold", "note": "hush", "desk": 7, "tags": null });
    assert_eq!(boot.key.patch(&path, body).await.ok()["additional_fields"], whole);
    let shown = json!({ "plan": "gold", "desk": 7, "tags": null });
    assert_eq!(fields_of(&membership(&ann, id, "bob@example.com").await), shown);
    assert_eq!(fields_of(&bob.get(&org("get-active-member")).await.ok()), shown);
    let full = ann.get(&org("get-full-organization")).await.ok();
    assert_eq!(fields_of(&full["members"][1]), shown);
    let body = json!({ "memberId": full["members"][1]["id"], "role": "admin" });
    assert_eq!(fields_of(&ann.post(&org("update-member-role"), body).await.ok()), shown);
    let body = json!({ "memberIdOrEmail": "bob@example.com" });
    assert_eq!(fields_of(&ann.post(&org("remove-member"), body).await.ok()["member"]), shown);
    let told = app.events_of(EventKind::MembershipDeleted).await;
    assert_eq!(told[0].payload["membership"]["additional_fields"], shown);

    // Who is added again has what is given then.
    let body = json!({ "user_id": bob_id, "additional_fields": { "tags": ["a"] } });
    let again = boot.key.post(&format!("/v1/organizations/{id}/memberships"), body).await.created();
    assert_eq!(again["additional_fields"], json!({ "plan": "free", "note": null, "desk": null, "tags": ["a"] }));
});

db_test!(who_may_change_a_member_changes_what_people_give, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let bob = joined(&app, &ann, &id, "bob", "member").await;
    let path = format!("/v1/organizations/{id}/memberships/{}", user_id(&bob).await);
    let with = |fields: Json| json!({ "additional_fields": fields });
    let changed = ann.patch(&path, with(json!({ "desk": 3, "tags": ["a"] }))).await.ok();
    assert_eq!(changed["additional_fields"], json!({ "plan": "free", "desk": 3, "tags": ["a"] }));
    let told = app.events_of(EventKind::MembershipUpdated).await;
    assert_eq!(told.last().unwrap().payload["after"]["additional_fields"]["desk"], 3);
    ann.patch(&path, with(json!({ "desk": 4, "plan": "gold" }))).await.expect(403);
    bob.patch(&path, with(json!({ "desk": 4 }))).await.expect(403);
    for (fields, field, code) in [
        (json!({ "shoe": 1 }), "additional_fields.shoe", "unknown_field"),
        (json!({ "desk": "3" }), "additional_fields.desk", "wrong_type"),
        (json!({ "tags": ["longer"] }), "additional_fields.tags", "too_long"),
    ] {
        let answer = ann.patch(&path, with(fields)).await.expect(400).json;
        assert_eq!((&answer["errors"][0]["field"], &answer["errors"][0]["code"]), (&json!(field), &json!(code)));
    }
    assert_eq!(fields_of(&membership(&ann, &id, "bob@example.com").await)["desk"], 3);
    let emptied = ann.patch(&path, with(json!({ "desk": null }))).await.ok();
    assert_eq!(emptied["additional_fields"], json!({ "plan": "free", "desk": null, "tags": ["a"] }));
});

db_test!(what_arrives_from_another_system_brings_them_along, on(), async |app| {
    let ctx = Ctx::system("import");
    let person = users::Person {
        id: "ann".to_owned(),
        name: "Ann".to_owned(),
        email: "ann@example.com".to_owned(),
        ..users::Person::default()
    };
    let acme = orgs::Arriving {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        slug: "acme".to_owned(),
        ..orgs::Arriving::default()
    };
    let fields = &app.core.settings().fields;
    let member = Arriving {
        id: "m1".to_owned(),
        organization_id: "acme".to_owned(),
        user_id: "ann".to_owned(),
        additional_fields: given(&fields.member, &json!({ "plan": null, "note": "hush", "desk": 7 })),
        ..Arriving::default()
    };
    let came = app.core.write(&ctx, async |tx| {
        users::take_over(tx, person.clone()).await?;
        orgs::take_over(tx, acme.clone()).await?;
        take_over(tx, member.clone()).await
    });
    assert_eq!(came.await.unwrap(), Came::whole());
    let boot = app.boot("Operators", None).await;
    let there = boot.key.get("/v1/organizations/acme/memberships").await.ok();
    let whole = json!({ "plan": null, "note": "hush", "desk": 7, "tags": null });
    assert_eq!(there["data"][0]["additional_fields"], whole);
});
