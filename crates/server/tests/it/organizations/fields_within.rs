//! Fields that the operator added to what belongs to an organization: memberships, invitations, teams and roles.

use auth_core::arrivals::Came;
use auth_core::fields::{self, By, Given};
use auth_core::orgs::invitations;
use auth_core::orgs::members::{Arriving, take_over};
use auth_core::orgs::teams;
use auth_core::outbox::EventKind;
use auth_core::settings::{FieldKind, FieldSettings};
use auth_core::{orgs, roles, users};

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
    Options::default().settings(|s| {
        s.fields.member = declared();
        s.fields.invitation = declared();
        s.fields.invitation[2].required = true;
        s.fields.team = declared();
        s.fields.team[2].required = true;
        s.fields.role = declared();
        s.fields.role[2].required = true;
    })
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
    let body = json!({ "email": "bob@example.com", "role": "member", "desk": 2 });
    let invitation = ann.post(&org("invite-member"), body).await.ok()["id"].clone();
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
    let bob = app.signed_up("bob").await;
    let invited = json!({ "email": "bob@example.com", "role": "member", "desk": 1 });
    let invitation = ann.post(&org("invite-member"), invited).await.ok();
    bob.post(&org("accept-invitation"), json!({ "invitationId": invitation["id"] })).await.ok();
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
    let invitation = invitations::Arriving {
        id: "i1".to_owned(),
        organization_id: "acme".to_owned(),
        email: "bob@example.com".to_owned(),
        roles: vec![],
        status: "pending".to_owned(),
        inviter_id: None,
        team_ids: vec![],
        expires_at: app.core.clock().now().plus_seconds(3600),
        created_at: None,
        additional_fields: given(&fields.invitation, &json!({ "note": "hush", "desk": 8 })),
    };
    let team = teams::Arriving {
        id: "t1".to_owned(),
        organization_id: "acme".to_owned(),
        name: "Sales".to_owned(),
        additional_fields: given(&fields.team, &json!({ "plan": "gold", "desk": 9 })),
        ..teams::Arriving::default()
    };
    let role = roles::Arriving {
        id: "r1".to_owned(),
        organization_id: "acme".to_owned(),
        key: "billing".to_owned(),
        additional_fields: given(&fields.role, &json!({ "tags": ["a"], "desk": 10 })),
        ..roles::Arriving::default()
    };
    let came = app.core.write(&ctx, async |tx| {
        users::take_over(tx, person.clone()).await?;
        orgs::take_over(tx, acme.clone()).await?;
        Ok::<_, auth_core::Error>((
            take_over(tx, member.clone()).await?,
            invitations::take_over(tx, invitation.clone()).await?,
            teams::take_over(tx, team.clone()).await?,
            roles::take_over(tx, role.clone()).await?,
        ))
    });
    assert_eq!(came.await.unwrap(), (Came::whole(), Came::whole(), Came::whole(), Came::whole()));
    let team = app.core.read(&ctx, async |rx| teams::list(rx, &OrgId::from_text("acme".into()), 9, 0).await);
    let kept = &team.await.unwrap()[0].additional_fields;
    assert_eq!(json!(kept), json!({ "plan": "gold", "desk": 9 }));
    let role = app.core.read(&ctx, async |rx| roles::list_own(rx, &OrgId::from_text("acme".into())).await);
    let kept = &role.await.unwrap()[0].additional_fields;
    assert_eq!(json!(kept), json!({ "plan": "free", "tags": ["a"], "desk": 10 }));
    let boot = app.boot("Operators", None).await;
    let there = boot.key.get("/v1/organizations/acme/memberships").await.ok();
    let whole = json!({ "plan": null, "note": "hush", "desk": 7, "tags": null });
    assert_eq!(there["data"][0]["additional_fields"], whole);
    let there = boot.key.get("/v1/organizations/acme/invitations").await.ok();
    let whole = json!({ "plan": "free", "note": "hush", "desk": 8, "tags": null });
    assert_eq!(there["data"][0]["additional_fields"], whole);
});

db_test!(who_invites_gives_them_and_the_invited_sees_them, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let with = |more: Json| {
        let mut body = json!({ "email": "bob@example.com", "role": "member" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (more, said) in [
        (json!({}), "[body.desk] Invalid input: expected number, received undefined"),
        (json!({ "desk": "3" }), "[body.desk] Invalid input: expected number, received string"),
        (json!({ "desk": 3, "tags": [1] }), "[body.tags.0] Invalid input: expected string, received number"),
    ] {
        let answer = ann.post(&org("invite-member"), with(more)).await.refused(400, "VALIDATION_ERROR");
        assert_eq!(answer.json["message"], said);
    }
    // What is no input, or not declared, is passed over.
    let more = json!({ "desk": 3, "plan": "gold", "note": "hush", "odd": 1 });
    let made = ann.post(&org("invite-member"), with(more)).await.ok();
    let shown = json!({ "plan": "free", "desk": 3, "tags": null });
    assert_eq!((fields_of(&made), made.get("odd")), (shown.clone(), None));
    // Mailed again it stays as it is.
    let again = ann.post(&org("invite-member"), with(json!({ "desk": 4, "resend": true }))).await.ok();
    assert_eq!(fields_of(&again), shown);
    assert_eq!(fields_of(&ann.get(&org("list-invitations")).await.ok()[0]), shown);
    assert_eq!(fields_of(&ann.get(&org("get-full-organization")).await.ok()["invitations"][0]), shown);
    let bob = app.proven("bob@example.com").await;
    let invitation = made["id"].as_str().unwrap();
    assert_eq!(fields_of(&bob.get(&org(&format!("get-invitation?id={invitation}"))).await.ok()), shown);
    assert_eq!(fields_of(&bob.get(&org("list-user-invitations")).await.ok()[0]), shown);
    let answered = bob.post(&org("reject-invitation"), json!({ "invitationId": invitation })).await.ok();
    assert_eq!(fields_of(&answered["invitation"]), shown);
    let told = app.events_of(EventKind::InvitationCreated).await;
    assert_eq!(told[0].payload["invitation"]["additional_fields"], shown);

    let more = ann.post(&org("invite-member"), with(json!({ "desk": 5 }))).await.ok();
    let canceled = ann.post(&org("cancel-invitation"), json!({ "invitationId": more["id"] })).await.ok();
    assert_eq!(fields_of(&canceled)["desk"], 5);
    let more = ann.post(&org("invite-member"), with(json!({ "desk": 6 }))).await.ok();
    let accepted = bob.post(&org("accept-invitation"), json!({ "invitationId": more["id"] })).await.ok();
    assert_eq!(fields_of(&accepted["invitation"])["desk"], 6);

    let boot = app.boot("Operators", None).await;
    let path = format!("/v1/organizations/{id}/invitations");
    let body = |fields: Json| json!({ "email_address": "eve@example.com", "additional_fields": fields });
    ann.post(&path, body(json!({ "plan": "gold" }))).await.expect(403);
    let bulk = json!({ "invitations": [body(json!({})), body(json!({ "plan": "gold" }))] });
    ann.post(&format!("{path}/bulk"), bulk).await.expect(403);
    let answer = ann.post(&path, body(json!({ "shoe": 1 }))).await.expect(400).json;
    assert_eq!(answer["errors"][0]["field"], "additional_fields.shoe");
    let made = boot.key.post(&path, body(json!({ "plan": "gold", "note": "hush" }))).await.created();
    let whole = json!({ "plan": "gold", "note": "hush", "desk": null, "tags": null });
    assert_eq!(made["additional_fields"], whole);
    let seen = ann.get(&path).await.ok();
    assert_eq!(seen["data"][0]["additional_fields"], json!({ "plan": "gold", "desk": null, "tags": null }));
});

db_test!(who_makes_or_changes_a_team_gives_them_and_members_see_them, on(), async |app| {
    let ann = app.signed_up("ann").await;
    organization(&ann, "acme").await;
    let nothing = json!({ "plan": "free", "desk": null, "tags": null });
    assert_eq!(fields_of(&ann.get(&org("list-teams")).await.ok()[0]), nothing, "nobody is asked for the first one");
    for (body, said) in [
        (json!({ "name": "Sales" }), "[body.desk] Invalid input: expected number, received undefined"),
        (json!({ "name": "Sales", "desk": "3" }), "[body.desk] Invalid input: expected number, received string"),
    ] {
        let answer = ann.post(&org("create-team"), body).await.refused(400, "VALIDATION_ERROR");
        assert_eq!(answer.json["message"], said);
    }
    // What is no input, or not declared, is passed over.
    let body = json!({ "name": "Sales", "desk": 3, "plan": "gold", "note": "hush", "odd": 1 });
    let made = ann.post(&org("create-team"), body).await.ok();
    let shown = json!({ "plan": "free", "desk": 3, "tags": null });
    assert_eq!((fields_of(&made), made.get("odd")), (shown.clone(), None));
    let told = app.events_of(EventKind::TeamCreated).await;
    assert_eq!(told[1].payload["team"]["additional_fields"], shown);

    let update = |data: Json| json!({ "teamId": made["id"], "data": data });
    for (data, said) in [
        (json!({ "desk": null }), "[body.data.desk] Invalid input: expected number, received null"),
        (json!({ "tags": [1] }), "[body.data.tags.0] Invalid input: expected string, received number"),
    ] {
        let answer = ann.post(&org("update-team"), update(data)).await.refused(400, "VALIDATION_ERROR");
        assert_eq!(answer.json["message"], said);
    }
    let data = json!({ "desk": 4, "tags": ["a"], "plan": "gold" });
    let changed = ann.post(&org("update-team"), update(data)).await.ok();
    let shown = json!({ "plan": "free", "desk": 4, "tags": ["a"] });
    assert_eq!((fields_of(&changed), &changed["name"]), (shown.clone(), &json!("Sales")));
    assert_eq!(fields_of(&ann.post(&org("update-team"), update(json!({ "name": "Sellers" }))).await.ok()), shown);
    let told = app.events_of(EventKind::TeamUpdated).await;
    assert_eq!((told.len(), &told[0].payload["after"]["additional_fields"]), (2, &shown));

    assert_eq!(fields_of(&ann.get(&org("list-teams")).await.ok()[1]), shown);
    assert_eq!(fields_of(&ann.get(&org("get-full-organization")).await.ok()["teams"][1]), shown);
    ann.post(&org("add-team-member"), json!({ "teamId": made["id"], "userId": user_id(&ann).await })).await.ok();
    assert_eq!(fields_of(&ann.get(&org("list-user-teams")).await.ok()[1]), shown);
    assert_eq!(fields_of(&ann.post(&org("set-active-team"), json!({ "teamId": made["id"] })).await.ok()), shown);
});

db_test!(who_makes_or_changes_a_role_gives_them, on(), async |app| {
    let ann = app.signed_up("ann").await;
    organization(&ann, "acme").await;
    let with =
        |fields: Json| json!({ "role": "billing", "permission": { "ac": ["read"] }, "additionalFields": fields });
    for (fields, said) in [
        (json!(null), "[body.additionalFields] Invalid input: expected object, received null"),
        (json!({}), "[body.additionalFields.desk] Invalid input: expected number, received undefined"),
        (json!({ "desk": "3" }), "[body.additionalFields.desk] Invalid input: expected number, received string"),
    ] {
        let answer = ann.post(&org("create-role"), with(fields)).await.refused(400, "VALIDATION_ERROR");
        assert_eq!(answer.json["message"], said);
    }
    // What is no input, or not declared, or stands beside them, is passed over.
    let mut body = with(json!({ "desk": 3, "plan": "gold", "note": "hush", "odd": 1 }));
    body["tags"] = json!(["a"]);
    let made = ann.post(&org("create-role"), body).await.ok();
    let shown = json!({ "plan": "free", "desk": 3, "tags": null });
    assert_eq!((fields_of(&made["roleData"]), made["roleData"].get("odd")), (shown.clone(), None));
    let told = app.events_of(EventKind::RoleCreated).await;
    assert_eq!(told[0].payload["role"]["additional_fields"], shown);

    let update = |data: Json| json!({ "roleName": "billing", "data": data });
    let answer = ann.post(&org("update-role"), update(json!({ "desk": "x" }))).await.refused(400, "VALIDATION_ERROR");
    assert_eq!(answer.json["message"], "[body.data.desk] Invalid input: expected number, received string");
    let changed = ann.post(&org("update-role"), update(json!({ "desk": 4, "tags": ["a"], "plan": "gold" }))).await.ok();
    let shown = json!({ "plan": "free", "desk": 4, "tags": ["a"] });
    assert_eq!(fields_of(&changed["roleData"]), shown);
    let changed = ann.post(&org("update-role"), update(json!({ "permission": { "team": ["create"] } }))).await.ok();
    assert_eq!(fields_of(&changed["roleData"]), shown);
    assert_eq!(fields_of(&ann.get(&org("list-roles")).await.ok()[0]), shown);
    assert_eq!(fields_of(&ann.get(&org("get-role?roleName=billing")).await.ok()), shown);

    // The instance's roles have none.
    let boot = app.boot("Operators", None).await;
    let made = boot.key.post("/v1/roles", json!({ "key": "org:audit", "name": "Audit" })).await.created();
    assert_eq!((&made["key"], &made["additional_fields"]), (&json!("org:audit"), &json!({})));
    let other = json!({ "key": "org:other", "name": "Other", "additional_fields": { "desk": 1 } });
    let answer = boot.key.post("/v1/roles", other).await.expect(400).json;
    assert_eq!(answer["errors"][0]["field"], "additional_fields.desk");
    let told = app.events_of(EventKind::RoleCreated).await;
    assert_eq!(told[1].payload["role"]["additional_fields"], json!({}));
});

db_test!(roles_have_them_on_v1_too, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let path = format!("/v1/organizations/{}/roles", organization(&ann, "acme").await);
    let boot = app.boot("Operators", None).await;
    let new = |fields: Json| json!({ "key": "org:billing", "name": "Billing", "additional_fields": fields });
    ann.post(&path, new(json!({ "plan": "gold" }))).await.expect(403);
    let made = boot.key.post(&path, new(json!({ "plan": "gold", "note": "hush" }))).await.created();
    let whole = json!({ "plan": "gold", "note": "hush", "desk": null, "tags": null });
    assert_eq!(made["additional_fields"], whole);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let with = |fields: Json| json!({ "additional_fields": fields });
    ann.patch(&one, with(json!({ "plan": "free" }))).await.expect(403);
    let answer = ann.patch(&one, with(json!({ "shoe": 1 }))).await.expect(400).json;
    assert_eq!(answer["errors"][0]["field"], "additional_fields.shoe");
    let changed = ann.patch(&one, with(json!({ "desk": 3 }))).await.ok();
    let shown = json!({ "plan": "gold", "desk": 3, "tags": null });
    assert_eq!(changed["additional_fields"], shown);
    assert_eq!(ann.get(&one).await.ok()["additional_fields"], shown);
    assert_eq!(ann.get(&path).await.ok()["data"][3]["additional_fields"], shown);
    let whole = json!({ "plan": "gold", "note": "hush", "desk": 3, "tags": null });
    assert_eq!(boot.key.get(&one).await.ok()["additional_fields"], whole);
    assert_eq!(boot.key.get(&format!("{path}/role_admin")).await.ok()["additional_fields"], json!({}));
});
