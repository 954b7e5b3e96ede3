//! Who is invited because their proven address is of a domain that an organization holds, and who is not.

use auth_core::features::directory::DirectoryFault;
use auth_core::outbox::EventKind;
use auth_core::users;

use super::*;

const DAY: i64 = 86_400;

/// An organization that holds `acme.example`, whose people are invited.
async fn inviting(app: &App) -> (Boot, String) {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let domains = format!("/v1/organizations/{}/domains", boot.organization_id);
    let id = boot.key.get(&domains).await.ok()["data"][0]["id"].as_str().expect("an id").to_owned();
    let domain = format!("{domains}/{id}");
    let body = json!({ "enrollment_mode": "automatic_invitation" });
    assert_eq!(boot.key.patch(&domain, body).await.ok()["enrollment_mode"], "automatic_invitation");
    (boot, domain)
}

/// The ids of what the person can accept.
async fn offers(client: &Client) -> Vec<String> {
    let found = client.get("/api/auth/organization/list-user-invitations").await.ok();
    found.as_array().expect("a list").iter().map(|offer| offer["id"].as_str().expect("an id").to_owned()).collect()
}

async fn offers_to(app: &App, email: &str) -> i64 {
    let sql = "SELECT COUNT(*) FROM invitations WHERE email_key = $1 AND status = 'pending'";
    app.look(async |db| auth_core::db::one(db, sql, [email.into()]).await?.expect("a row").get(0)).await
}

async fn answer(client: &Client, what: &str, invitation: &str) -> Answer {
    client.post(&format!("/api/auth/organization/{what}-invitation"), json!({ "invitationId": invitation })).await
}

/// Proves an address, or takes the proof back, as an operator does.
async fn prove(app: &App, user: &str, email: &str, proven: bool) {
    let (ctx, id) = (Ctx::system("test"), UserId::from_text(user.to_owned()));
    app.core.write(&ctx, async |tx| users::set_email(tx, &id, email, proven).await).await.expect("a person");
}

db_test!(whoever_proves_an_address_of_the_domain_is_invited, async |app| {
    let (boot, domain) = inviting(&app).await;
    let unproven = app.signed_up_as("ann@acme.example").await;
    assert_eq!(offers_to(&app, "ann@acme.example").await, 0, "an address that was only typed is nobody's");
    drop(unproven);
    let ann = app.proven("ben@acme.example").await;
    let invitations = offers(&ann).await;
    assert_eq!(invitations.len(), 1);
    assert_eq!(boot.key.get(&domain).await.ok()["total_pending_invitations"], 1);
    for stranger in ["cat@mail.acme.example", "dan@notacme.example"] {
        assert!(offers(&app.proven(stranger).await).await.is_empty(), "{stranger}");
    }
    // Coming in again makes no other, and nothing was mailed of the first.
    assert_eq!(offers(&app.signed_in("ben@acme.example").await).await, invitations);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE last_mailed_at IS NOT NULL").await, 0);
    let told = app.events_of(EventKind::InvitationCreated).await;
    let [event] = told.as_slice() else { panic!("{told:?}") };
    let facts = &event.payload["invitation"];
    assert!(domain.ends_with(facts["domain_id"].as_str().expect("the domain")));
    assert_eq!((&facts["email"], &facts["roles"]), (&json!("ben@acme.example"), &json!(["member"])));

    answer(&ann, "accept", &invitations[0]).await.expect(200);
    let members = format!("/v1/organizations/{}/memberships?query=ben", boot.organization_id);
    let page = boot.key.get(&members).await.ok();
    assert_eq!((&page["total_count"], &page["data"][0]["role"]), (&json!(1), &json!("org:member")));
    assert_eq!(boot.key.get(&domain).await.ok()["total_pending_invitations"], 0);
    assert!(offers(&app.signed_in("ben@acme.example").await).await.is_empty());
});

db_test!(whoever_was_there_before_is_invited_when_they_come_in, async |app| {
    let boot = app.boot("Acme", None).await;
    app.proven("ann@acme.example").await;
    let domains = format!("/v1/organizations/{}/domains", boot.organization_id);
    let body = json!({ "name": "acme.example", "enrollment_mode": "automatic_invitation" });
    let claimed = boot.key.post(&domains, body.clone()).await.created();
    let path = format!("{domains}/{}", claimed["id"].as_str().unwrap());
    assert!(offers(&app.signed_in("ann@acme.example").await).await.is_empty(), "to claim a domain is not to hold it");
    let proof = &claimed["verification"];
    app.dns().publish(proof["name"].as_str().unwrap(), &[proof["value"].as_str().unwrap()]);
    boot.key.post(&format!("{path}/verify"), json!({})).await.ok();
    for mode in ["manual_invitation", "automatic_suggestion"] {
        boot.key.patch(&path, json!({ "enrollment_mode": mode })).await.ok();
        assert!(offers(&app.signed_in("ann@acme.example").await).await.is_empty(), "{mode}");
    }
    boot.key.patch(&path, body_of("automatic_invitation")).await.ok();
    assert_eq!(offers(&app.signed_in("ann@acme.example").await).await.len(), 1);
});

fn body_of(mode: &str) -> Json {
    json!({ "enrollment_mode": mode })
}

db_test!(who_declined_left_was_removed_or_suspended_is_not_invited_again, async |app| {
    let (boot, _) = inviting(&app).await;
    let organization = boot.organization_id.clone();
    let people = ["declined", "withdrawn", "left", "removed", "added", "suspended"];
    for name in people {
        let email = format!("{name}@acme.example");
        let client = app.proven(&email).await;
        let user = user_id(&client).await;
        let offered = offers(&client).await.pop().expect("an invitation");
        let membership = format!("/v1/organizations/{organization}/memberships/{user}");
        match name {
            "declined" => drop(answer(&client, "reject", &offered).await.expect(200)),
            "withdrawn" => {
                let path = format!("/v1/organizations/{organization}/invitations/{offered}/revoke");
                drop(boot.key.post(&path, json!({})).await.ok());
            }
            "left" => {
                answer(&client, "accept", &offered).await.expect(200);
                let body = json!({ "organizationId": organization });
                client.post("/api/auth/organization/leave", body).await.expect(200);
            }
            "added" => {
                // By hand, past the invitation; and that is forgotten, as old ones may be.
                let body = json!({ "user_id": user, "role": "org:member" });
                boot.key.post(&format!("/v1/organizations/{organization}/memberships"), body).await.created();
                boot.key.delete(&membership).await.expect(204);
                let (ctx, sql) = (Ctx::system("test"), "DELETE FROM invitations WHERE id = $1");
                let gone =
                    app.core.write(&ctx, async |tx| auth_core::db::run(tx, sql, [offered.as_str().into()]).await);
                assert_eq!(gone.await.unwrap(), 1);
            }
            _ => {
                answer(&client, "accept", &offered).await.expect(200);
                if name == "removed" {
                    boot.key.delete(&membership).await.expect(204);
                } else {
                    assert!(suspend(&app, &organization, &user).await);
                }
            }
        }
    }
    // Not the next day either, when the marks of letters are swept.
    app.clock.advance(2 * DAY);
    auth_core::orgs::invitations::sweep(&app.core).await.unwrap();
    for name in people {
        let email = format!("{name}@acme.example");
        let again = app.signed_in(&email).await;
        assert!(offers(&again).await.is_empty(), "{name}");
        prove(&app, &user_id(&again).await, &email, false).await;
        prove(&app, &user_id(&app.signed_in(&email).await).await, &email, true).await;
        assert_eq!(offers_to(&app, &email).await, 0, "{name}");
    }
});

db_test!(whom_a_directory_deleted_or_an_admin_banned_is_not_invited, async |app| {
    let (boot, _) = inviting(&app).await;
    let made = boot.scim.post("/scim/v2/Users", json!({ "userName": "ann@acme.example", "active": true })).await;
    let made = made.created();
    let users = boot.key.get("/v1/users?query=ann").await.ok();
    let user = users["data"][0]["id"].as_str().expect("an id").to_owned();
    boot.scim.delete(&format!("/scim/v2/Users/{}", made["id"].as_str().unwrap())).await.expect(204);
    // An owner's hand takes away the membership that was suspended: only the tombstone is left.
    let membership = format!("/v1/organizations/{}/memberships/{user}", boot.organization_id);
    boot.key.delete(&membership).await.expect(204);
    let (ctx, sql) = (Ctx::system("test"), "DELETE FROM invitation_marks");
    app.core.write(&ctx, async |tx| auth_core::db::run(tx, sql, []).await).await.unwrap();
    prove(&app, &user, "ann@acme.example", false).await;
    prove(&app, &user, "ann@acme.example", true).await;
    assert_eq!(offers_to(&app, "ann@acme.example").await, 0);
    let (ctx, id) = (Ctx::system("test"), UserId::from_text(user));
    let refused = app.core.write(&ctx, async |tx| {
        let user = users::get(tx, &id).await?;
        auth_core::sign_in::open_session(tx, auth_core::sign_in::Opening::of(&user, "password")).await
    });
    assert!(refused.await.unwrap_err().is(&DirectoryFault::AccessSuspended), "it is the tombstone that is asked");

    let ben = user_id(&app.signed_up_as("ben@acme.example").await).await;
    boot.key.post(&format!("/v1/users/{ben}/ban"), json!({})).await.ok();
    prove(&app, &ben, "ben@acme.example", true).await;
    assert_eq!(offers_to(&app, "ben@acme.example").await, 0);
    boot.key.post(&format!("/v1/users/{ben}/unban"), json!({})).await.ok();
    assert_eq!(offers(&app.signed_in("ben@acme.example").await).await.len(), 1, "they may be there again");
});

db_test!(one_invitation_is_pending_whatever_comes_together, async |app| {
    inviting(&app).await;
    let ann = app.proven("ann@acme.example").await;
    let first = offers(&ann).await;
    app.clock.advance(30 * DAY);
    let (one, two) = tokio::join!(app.signed_in("ann@acme.example"), app.signed_in("ann@acme.example"));
    let second = offers(&one).await;
    assert_eq!(second.len(), 1);
    assert_ne!(second, first, "one that ran out is followed by another");
    assert_eq!(offers(&two).await, second);
    app.clock.advance(30 * DAY);
    assert_eq!(offers(&app.signed_in("ann@acme.example").await).await.len(), 1, "and that by the next");
    assert_eq!(offers_to(&app, "ann@acme.example").await, 1);
});

db_test!(
    an_organization_with_as_many_invitations_as_it_may_have_invites_nobody,
    Options::default().settings(|settings| settings.organization.invitation_limit = 1),
    async |app| {
        inviting(&app).await;
        let ann = app.proven("ann@acme.example").await;
        let offered = offers(&ann).await.pop().expect("an invitation");
        let ben = app.proven("ben@acme.example").await;
        assert!(offers(&ben).await.is_empty());
        answer(&ann, "accept", &offered).await.expect(200);
        assert_eq!(offers(&app.signed_in("ben@acme.example").await).await.len(), 1);
    }
);

db_test!(who_may_not_invite_does_not_have_people_invited, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let role = json!({ "role": "clerk", "permission": { "organization": ["update"] } });
    ann.post("/api/auth/organization/create-role", role).await.ok();
    let ben = joined(&app, &ann, &id, "ben", "clerk").await;
    let domains = format!("/v1/organizations/{id}/domains");
    let made = ben.post(&domains, json!({ "name": "acme.example" })).await.created();
    let path = format!("{domains}/{}", made["id"].as_str().unwrap());
    ben.patch(&path, body_of("automatic_suggestion")).await.ok();
    ben.patch(&path, body_of("automatic_invitation")).await.refused(403, "forbidden");
    ann.patch(&path, body_of("automatic_invitation")).await.ok();
});
