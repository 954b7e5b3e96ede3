//! An administrator of the instance acts as somebody: what they see, what they may not, and how it ends.

use auth_core::features::directory::users as resources;
use auth_core::ids::{DirectoryUserId, Id};
use auth_core::outbox::EventKind;
use auth_core::{Actor, Ctx};

use crate::support::*;

const IMPERSONATE: &str = "/api/auth/admin/impersonate-user";
const STOP: &str = "/api/auth/admin/stop-impersonating";

/// An administrator, and Ann with her id.
async fn both(app: &App) -> (Boot, Client, String) {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned();
    (boot, ann, id)
}

async fn meddle(app: &App, sql: &'static str, value: &str) {
    let change = async |tx: &mut auth_core::Tx| auth_core::db::run(tx, sql, [value.into()]).await;
    let changed = app.core.write(&Ctx::system("test"), change).await.expect("it is written");
    assert!(changed > 0, "{sql}");
}

db_test!(an_admin_sees_what_a_person_sees_and_comes_back, async |app| {
    let (boot, _, ann) = both(&app).await;
    let own = boot.admin.get("/api/auth/get-session").await.ok();
    let acting = boot.admin.post(IMPERSONATE, json!({ "userId": ann })).await.expect(200);
    assert_eq!((&acting["user"]["id"], &acting["session"]["userId"]), (&json!(ann), &json!(ann)));
    assert_eq!(acting["session"]["impersonatedBy"], json!(boot.user_id));
    let cookies = acting.set_cookies();
    let kept = cookies.iter().find(|line| line.starts_with("better-auth.admin_session=")).expect("the admin's session");
    assert!(kept.contains("HttpOnly") && kept.contains("SameSite=Lax"), "{kept}");
    // The browser forgets it when it closes.
    let session = cookies.iter().rfind(|line| line.starts_with("better-auth.session_token=")).expect("a session");
    assert!(!session.contains("Max-Age") && cookies.iter().any(|line| line.starts_with("better-auth.dont_remember=")));

    let seen = boot.admin.get("/api/auth/get-session").await.ok();
    assert_eq!((&seen["user"]["id"], &seen["session"]["impersonatedBy"]), (&json!(ann), &json!(boot.user_id)));
    let me = boot.admin.get("/v1/me").await.ok();
    assert_eq!(
        (&me["user"]["id"], &me["impersonated_by"], &me["instance_admin"]),
        (&json!(ann), &json!(boot.user_id), &json!(false))
    );
    // What the person may not, who acts as them may not.
    boot.admin.get("/v1/users").await.refused(403, "forbidden");

    let back = boot.admin.post(STOP, json!({})).await.ok();
    assert_eq!((&back["user"]["id"], &back["session"]["id"]), (&json!(boot.user_id), &own["session"]["id"]));
    assert!(boot.admin.cookie("better-auth.admin_session").is_none());
    assert_eq!(boot.admin.get("/api/auth/get-session").await.ok()["session"]["id"], own["session"]["id"]);
    boot.admin.post(STOP, json!({})).await.refused(400, "YOU_ARE_NOT_IMPERSONATING_ANYONE");
});

db_test!(nobody_else_may_and_nobody_acts_as_another_admin, async |app| {
    let (boot, ann, id) = both(&app).await;
    app.client().post(IMPERSONATE, json!({ "userId": id })).await.expect(401);
    let forbidden = "YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS";
    ann.post(IMPERSONATE, json!({ "userId": boot.user_id })).await.refused(403, forbidden);
    // Who may not is not told who is there.
    ann.post(IMPERSONATE, json!({ "userId": "user_nobody" })).await.refused(403, forbidden);
    let other = app.boot("Other", Some("other.example")).await;
    boot.admin
        .post(IMPERSONATE, json!({ "userId": other.user_id }))
        .await
        .refused(403, "YOU_CANNOT_IMPERSONATE_ADMINS");
    boot.admin
        .post(IMPERSONATE, json!({ "userId": boot.user_id }))
        .await
        .refused(400, "YOU_CANNOT_IMPERSONATE_YOURSELF");
    for nobody in ["user_nobody", "", "x'; --"] {
        boot.admin.post(IMPERSONATE, json!({ "userId": nobody })).await.refused(404, "USER_NOT_FOUND");
    }
    for wrong in [json!({}), json!({ "userId": 7 }), json!({ "userId": "\u{0}" })] {
        boot.admin.post(IMPERSONATE, wrong).await.refused(400, "VALIDATION_ERROR");
    }
    boot.key.post(&format!("/v1/users/{id}/ban"), json!({})).await.expect(200);
    boot.admin.post(IMPERSONATE, json!({ "userId": id })).await.refused(403, "BANNED_USER");
    // Not out of a session in which one acts as somebody already, though the person became an admin meanwhile.
    let bob = app.signed_up("bob").await.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let carol = app.signed_up("carol").await.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    boot.admin.post(IMPERSONATE, json!({ "userId": bob })).await.expect(200);
    boot.admin.post(IMPERSONATE, json!({ "userId": carol })).await.refused(403, forbidden);
});

db_test!(what_belongs_to_the_person_alone_is_refused, Options::default().every_method(), async |app| {
    let (boot, ann, id) = both(&app).await;
    boot.admin.post(IMPERSONATE, json!({ "userId": id })).await.expect(200);
    let refused = "NOT_WHILE_IMPERSONATING";
    for (path, body) in [
        ("change-password", json!({ "currentPassword": PASSWORD, "newPassword": "another long password" })),
        ("change-email", json!({ "newEmail": "eve@example.com" })),
        ("delete-user", json!({ "password": PASSWORD })),
        ("delete-user", json!({ "token": "x" })),
        ("verify-password", json!({ "password": PASSWORD })),
        ("update-user", json!({ "username": "eve" })),
    ] {
        boot.admin.post(&format!("/api/auth/{path}"), body).await.refused(403, refused);
    }
    boot.admin.get("/api/auth/delete-user/callback?token=x").await.refused(403, refused);
    // All as before, and hers to change.
    app.signed_in("ann@example.com").await;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "another long password" });
    ann.post("/api/auth/change-password", change).await.expect(200);
});

db_test!(what_outlives_the_hour_is_refused, async |app| {
    let (boot, ann, id) = both(&app).await;
    // Ann may set up directories, is invited elsewhere, and somebody's directory of the instance awaits her.
    let membership = json!({ "user_id": id, "role": "org:admin" });
    boot.key.post(&format!("/v1/organizations/{}/memberships", boot.organization_id), membership).await.created();
    let other = app.boot("Other", None).await;
    let invitation = json!({ "email_address": "ann@example.com", "role": "org:member" });
    let path = format!("/v1/organizations/{}/invitations", other.organization_id);
    let invitation = boot.key.post(&path, invitation).await.created();
    let directory = format!("/v1/organizations/{}/directories/{}", boot.organization_id, boot.directory_id);
    let back = "https://okta.example/back";
    let client = json!({ "name": "Okta", "type": "oauth2", "redirect_uris": [back] });
    let client = boot.key.post(&format!("{directory}/credentials"), client).await.created();
    let text = |value: &Json| value.as_str().expect("a text").to_owned();
    let (invitation, client) = (text(&invitation["id"]), text(&client["client_id"]));
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let consent = format!(
        "/scim/oauth2/authorize?response_type=code&client_id={client}&redirect_uri={back}&code_challenge={challenge}\
         &code_challenge_method=S256"
    );
    let steps = [
        ("/api/auth/organization/accept-invitation".to_owned(), json!({ "invitationId": invitation })),
        (format!("{directory}/setup-links"), json!({})),
        (format!("{directory}/setup-sessions"), json!({ "allowed_origins": ["https://app.example"] })),
    ];

    let admin = app.signed_in(&boot.email).await;
    admin.post(IMPERSONATE, json!({ "userId": id })).await.expect(200);
    for (path, body) in &steps {
        let refused = admin.post(path, body.clone()).await;
        let code = refused["code"].as_str().map(str::to_lowercase);
        assert_eq!((refused.status, code.as_deref()), (403, Some("not_while_impersonating")), "{path}: {refused:?}");
    }
    let page = admin.get(&consent).await.expect(403);
    assert!(page.text.contains("may not connect this directory"), "{}", page.text);
    // What the core alone can be asked.
    let acting = Actor::User {
        user_id: Id::parse(&id).expect("an id"),
        session_id: Id::parse("sess_1").expect("an id"),
        platform_admin: false,
        impersonated_by: Some(Id::parse(&boot.user_id).expect("an id")),
    };
    let ctx = Ctx::system("test").with_actor(acting);
    let resource: DirectoryUserId = Id::parse("scimu_1").expect("an id");
    let accepted = app.core.write(&ctx, async |tx| resources::accept_link(tx, &resource).await).await;
    assert_eq!(accepted.expect_err("it is refused").code(), "not_while_impersonating");

    // All of it is still there, and hers.
    for (path, body) in &steps {
        let done = ann.post(path, body.clone()).await;
        assert!(done.status < 300, "{path}: {done:?}");
    }
    let page = ann.get(&consent).await.expect(200);
    assert!(page.text.contains("decision"), "{}", page.text);
});

db_test!(it_ends_after_an_hour_whatever_is_done, async |app| {
    let (boot, ann, id) = both(&app).await;
    boot.admin.post(IMPERSONATE, json!({ "userId": id })).await.expect(200);
    app.clock.advance(3_540);
    assert_eq!(boot.admin.get("/api/auth/get-session").await.ok()["user"]["id"], id);
    app.clock.advance(120);
    assert_eq!(boot.admin.get("/api/auth/get-session").await.ok(), Json::Null);
    assert_eq!(ann.get("/api/auth/get-session").await.ok()["user"]["id"], id, "her own goes on");
});

db_test!(it_ends_with_the_admins_own_access, async |app| {
    let (boot, _, ann) = both(&app).await;
    let chief = app.boot("Chief", Some("chief.example")).await;
    for (path, body, back) in [("/ban", json!({}), "/unban"), ("/lock", json!({}), "/unlock")] {
        let admin = app.signed_in(&boot.email).await;
        admin.post(IMPERSONATE, json!({ "userId": ann })).await.expect(200);
        chief.key.post(&format!("/v1/users/{}{path}", boot.user_id), body).await.expect(200);
        assert_eq!(admin.get("/api/auth/get-session").await.ok(), Json::Null, "{path}");
        chief.key.post(&format!("/v1/users/{}{back}", boot.user_id), json!({})).await.expect(200);
    }
    let admin = app.signed_in(&boot.email).await;
    admin.post(IMPERSONATE, json!({ "userId": ann })).await.expect(200);
    chief.key.patch(&format!("/v1/users/{}", boot.user_id), json!({ "role": "user" })).await.expect(200);
    assert_eq!(admin.get("/api/auth/get-session").await.ok(), Json::Null, "no admin any more");
});

db_test!(a_person_who_becomes_an_admin_is_nobodys_mask, async |app| {
    let (boot, _, ann) = both(&app).await;
    boot.admin.post(IMPERSONATE, json!({ "userId": ann })).await.expect(200);
    boot.key.patch(&format!("/v1/users/{ann}"), json!({ "role": "admin" })).await.expect(200);
    assert_eq!(boot.admin.get("/api/auth/get-session").await.ok(), Json::Null);
    boot.admin.get("/v1/me").await.expect(401);
});

db_test!(without_a_session_to_go_back_to_it_is_over_all_the_same, async |app| {
    let (boot, _, ann) = both(&app).await;
    // A program keeps no cookies.
    let token =
        boot.admin.get("/api/auth/get-session").await.ok()["session"]["token"].as_str().expect("a token").to_owned();
    let acting = app.http().bearer(&token).post(IMPERSONATE, json!({ "userId": ann })).await.ok();
    let mask = app.http().bearer(acting["session"]["token"].as_str().expect("a token"));
    assert_eq!(mask.get("/api/auth/get-session").await.ok()["user"]["id"], ann);
    mask.post(STOP, json!({})).await.refused(400, "FAILED_TO_FIND_ADMIN_SESSION");
    assert_eq!(mask.get("/api/auth/get-session").await.ok(), Json::Null);
    // Somebody else's session in that cookie is not handed out.
    let bob = app.signed_up("bob").await;
    boot.admin.post(IMPERSONATE, json!({ "userId": ann })).await.expect(200);
    let stolen = bob.cookie("better-auth.session_token").expect("a cookie");
    boot.admin.set_cookie("better-auth.admin_session", &stolen);
    boot.admin.post(STOP, json!({})).await.refused(400, "FAILED_TO_FIND_ADMIN_SESSION");
});

db_test!(the_audit_says_whose_hand_it_was, async |app| {
    let (boot, _, ann) = both(&app).await;
    boot.admin.post(IMPERSONATE, json!({ "userId": ann })).await.expect(200);
    boot.admin.post("/api/auth/update-user", json!({ "name": "Ann Other" })).await.expect(200);
    boot.admin.post(STOP, json!({})).await.expect(200);
    let begun = app.events_of(EventKind::SessionImpersonated).await;
    let [begun] = begun.as_slice() else { panic!("one beginning: {begun:?}") };
    assert_eq!((&begun.payload["user_id"], &begun.payload["impersonated_by"]), (&json!(ann), &json!(boot.user_id)));
    assert_eq!(begun.actor, format!("user:{}", boot.user_id));
    assert!(EventKind::SessionImpersonated.is_audited() && EventKind::SessionImpersonationEnded.is_audited());
    let changed = app.events_of(EventKind::UserUpdated).await.into_iter().rfind(|event| event.subject == ann);
    let changed = changed.expect("the change of the name");
    assert_eq!(changed.payload["impersonated_by"], json!(boot.user_id), "{changed:?}");
    assert_eq!(app.events_of(EventKind::SessionImpersonationEnded).await.len(), 1);
    // And nothing of the kind where nobody does.
    app.signed_in("ann@example.com").await.post("/api/auth/update-user", json!({ "name": "Ann" })).await.expect(200);
    let own = app.events_of(EventKind::UserUpdated).await.pop().expect("her own change");
    assert!(own.payload.get("impersonated_by").is_none(), "{own:?}");
    // A person is not made to look as if they had signed in.
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE impersonated_by IS NOT NULL").await, 0);
});

db_test!(it_ends_with_the_admins_own_session, async |app| {
    let (boot, _, ann) = both(&app).await;
    let mine = async |client: &Client| client.get("/api/auth/get-session").await.ok();
    // However the own session ends: signed out of with its token elsewhere, revoked by hand, expired.
    for end in ["sign-out", "revoke", "platform", "expiry"] {
        let admin = app.signed_in(&boot.email).await;
        let own = mine(&admin).await["session"].clone();
        let (id, token) = (own["id"].as_str().expect("an id"), own["token"].as_str().expect("a token"));
        admin.post(IMPERSONATE, json!({ "userId": ann })).await.expect(200);
        assert_eq!(mine(&admin).await["user"]["id"], ann, "{end}");
        let listed = format!("/v1/sessions?user_id={ann}");
        let before = boot.key.get(&listed).await.ok()["total_count"].as_i64().expect("a count");
        match end {
            "sign-out" => drop(app.http().bearer(token).post("/api/auth/sign-out", json!({})).await.expect(200)),
            "revoke" => {
                let elsewhere = app.signed_in(&boot.email).await;
                elsewhere.post("/api/auth/revoke-session", json!({ "token": token })).await.expect(200);
            }
            "platform" => drop(boot.key.post(&format!("/v1/sessions/{id}/revoke"), json!({})).await.expect(200)),
            _ => {
                let sql = "UPDATE sessions SET expires_at = 0 WHERE id = $1";
                meddle(&app, sql, id).await;
            }
        }
        assert_eq!(mine(&admin).await, Json::Null, "{end}");
        admin.get("/v1/me").await.expect(401);
        let after = boot.key.get(&listed).await.ok()["total_count"].as_i64().expect("a count");
        assert_eq!(after, before - 1, "{end}: what is over is not counted");
    }
    // Another session of the same administrator holds nothing up, and one of another's neither.
    let admin = app.signed_in(&boot.email).await;
    admin.post(IMPERSONATE, json!({ "userId": ann })).await.expect(200);
    let other = app.signed_in(&boot.email).await;
    let sql = "UPDATE sessions SET impersonator_session_id = NULL WHERE impersonated_by = $1";
    meddle(&app, sql, &boot.user_id).await;
    assert_eq!(mine(&admin).await, Json::Null, "one of before the upgrade");
    assert_eq!(mine(&other).await["user"]["id"], json!(boot.user_id));
    let admin = app.signed_in(&boot.email).await;
    admin.post(IMPERSONATE, json!({ "userId": ann })).await.expect(200);
    let bob = app.signed_up("bob").await;
    let foreign = mine(&bob).await["session"]["id"].as_str().expect("an id").to_owned();
    let sql = "UPDATE sessions SET impersonator_session_id = $1 WHERE impersonated_by IS NOT NULL";
    meddle(&app, sql, &foreign).await;
    assert_eq!(mine(&admin).await, Json::Null, "somebody else's session");
});

db_test!(nobody_makes_a_door_for_later_in_somebody_elses_name, async |app| {
    let (boot, ann, id) = both(&app).await;
    let organization = format!("/v1/organizations/{}", boot.organization_id);
    let membership = json!({ "user_id": id, "role": "org:admin" });
    boot.key.post(&format!("{organization}/memberships"), membership).await.created();
    let directory = format!("{organization}/directories/{}", boot.directory_id);
    let credentials = format!("{directory}/credentials");
    let old = boot.key.post(&credentials, json!({ "name": "Old" })).await.created()["id"].as_str().unwrap().to_owned();
    let hook = json!({ "url": "https://hooks.example/a", "organization_id": boot.organization_id });
    let hook = boot.key.post("/v1/webhooks/endpoints", hook).await.created()["id"].as_str().unwrap().to_owned();
    let bearer = json!({ "name": "Mine" });
    let key = json!({ "name": "jwks", "type": "oauth2", "redirect_uris": ["https://okta.example/back"] });
    let steps = [
        (credentials.clone(), bearer, "directory_credential"),
        (credentials.clone(), key, "directory_credential"),
        (format!("{credentials}/{old}/rotate"), json!({}), "directory_credential"),
        (format!("{directory}/setup-links"), json!({}), "setup_link"),
        (format!("{directory}/setup-sessions"), json!({ "allowed_origins": ["https://app.example"] }), "setup_session"),
        (
            "/v1/webhooks/endpoints".to_owned(),
            json!({ "url": "https://hooks.example/b", "organization_id": boot.organization_id }),
            "webhook_endpoint",
        ),
        (format!("/v1/webhooks/endpoints/{hook}/rotate-secret"), json!({}), "webhook_endpoint"),
        (
            format!("{organization}/invitations"),
            json!({ "email_address": "eve@example.com", "role": "org:admin" }),
            "invitation",
        ),
    ];
    let admin = app.signed_in(&boot.email).await;
    admin.post(IMPERSONATE, json!({ "userId": id })).await.expect(200);
    for (path, body, _) in &steps {
        let refused = admin.post(path, body.clone()).await;
        assert_eq!((refused.status, &refused["code"]), (403, &json!("not_while_impersonating")), "{path}: {refused:?}");
    }
    let generated = json!({ "providerId": "okta", "organizationId": boot.organization_id });
    let generated = admin.post("/api/auth/scim/generate-token", generated).await;
    let words = "This cannot be done while you act as somebody else";
    assert_eq!((generated.status, &generated["message"]), (403, &json!(words)), "{generated:?}");
    let moved = admin.patch(&format!("/v1/webhooks/endpoints/{hook}"), json!({ "url": "https://evil.example" })).await;
    assert_eq!((moved.status, &moved["code"]), (403, &json!("not_while_impersonating")), "{moved:?}");
    // Ann cannot make secret keys, whoever acts as her; should that change, this holds.
    admin.post("/v1/secret-keys", json!({ "name": "Mine" })).await.expect(403);
    let acting = Actor::User {
        user_id: Id::parse(&id).expect("an id"),
        session_id: Id::parse("sess_1").expect("an id"),
        platform_admin: true,
        impersonated_by: Some(Id::parse(&boot.user_id).expect("an id")),
    };
    let ctx = Ctx::system("test").with_actor(acting);
    let made = app.core.write(&ctx, async |tx| auth_core::secret_keys::issue(tx, "Mine").await).await;
    assert_eq!(made.expect_err("it is refused").code(), "not_while_impersonating");

    // Each attempt is an entry of the organization's audit, by whose hand it was, and nothing else remains of it.
    let told = app.events_of(EventKind::SessionImpersonationRefused).await;
    let what: Vec<_> =
        told.iter().filter(|event| event.organization_id.is_some()).map(|e| e.payload["refused"].clone()).collect();
    let mut expected: Vec<_> = steps.iter().map(|step| json!(step.2)).collect();
    expected.extend([json!("directory_credential"), json!("webhook_endpoint")]);
    assert_eq!(what, expected);
    for event in &told {
        assert_eq!(event.payload["impersonated_by"], json!(boot.user_id), "{event:?}");
        assert_eq!(event.actor, format!("user:{id}"));
    }
    assert_eq!(told.iter().filter(|event| event.payload["refused"] == "secret_key").count(), 1);
    assert_eq!(app.events_of(EventKind::CredentialIssued).await.len(), 2, "the first of all, and the old one");
    assert_eq!(app.events_of(EventKind::WebhookEndpointCreated).await.len(), 1);

    // All of it is hers to do.
    for (path, body, _) in &steps {
        let done = ann.post(path, body.clone()).await;
        assert!(done.status < 300, "{path}: {done:?}");
    }
});
