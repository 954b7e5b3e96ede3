//! Invitations, from the letter to the membership.

use super::*;

const UNVERIFIED: &str = "EMAIL_VERIFICATION_REQUIRED_BEFORE_ACCEPTING_OR_REJECTING_INVITATION";

async fn accept(client: &Client, id: &str) -> Answer {
    client.post("/api/auth/organization/accept-invitation", json!({"invitationId": id})).await
}

async fn again(client: &Client, body: Json) -> Answer {
    client.post("/api/auth/organization/invite-member", body).await
}

db_test!(an_invitation_is_mailed_shown_and_accepted, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let sent =
        again(&ann, json!({"email": "Ben@Example.com", "role": ["member", "admin"], "organizationId": id})).await.ok();
    assert_eq!(
        (&sent["email"], &sent["role"], &sent["status"]),
        (&json!("ben@example.com"), &json!("member,admin"), &json!("pending"))
    );
    assert_eq!(sent["inviterId"], json!(user_id(&ann).await));
    let invitation = sent["id"].as_str().unwrap();
    let mailed = app.mail().wait("ben@example.com", r"/invitation/([A-Za-z0-9_-]+)").await;
    assert_eq!(mailed, invitation);

    let ben = app.signed_up("ben").await;
    let offer = ben.get(&format!("/api/auth/organization/get-invitation?id={invitation}")).await.ok();
    assert_eq!(
        (&offer["organizationName"], &offer["organizationSlug"], &offer["inviterEmail"]),
        (&json!("acme"), &json!("acme"), &json!("ann@example.com"))
    );
    let accepted = accept(&ben, invitation).await.ok();
    assert_eq!(
        (&accepted["invitation"]["status"], &accepted["member"]["role"]),
        (&json!("accepted"), &json!("admin,member"))
    );
    assert_eq!(active(&ben).await, json!(id));
    accept(&ben, invitation).await.refused(400, "INVITATION_NOT_FOUND");
    ben.get(&format!("/api/auth/organization/get-invitation?id={invitation}"))
        .await
        .refused(400, "INVITATION_NOT_FOUND");
    again(&ann, json!({"email": "ben@example.com", "role": "member"}))
        .await
        .refused(400, "USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION");
    assert_eq!((events(&app, "invitation.created").await, events(&app, "invitation.accepted").await), (1, 1));
});

db_test!(one_invitation_is_pending_and_can_be_sent_again, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let first = invite(&ann, &id, "ben@example.com", "member").await;
    let body = json!({"email": "BEN@example.com", "role": "member"});
    again(&ann, body.clone()).await.refused(400, "USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION");
    app.clock.advance(3600);
    let mut resend = body;
    resend["resend"] = json!(true);
    let sent_again = again(&ann, resend).await.ok();
    assert_eq!(sent_again["id"], json!(first));
    app.clock.advance(47 * 3600 + 1800);
    let ben = app.signed_up("ben").await;
    accept(&ben, &first).await.expect(200);
});

db_test!(an_expired_invitation_is_none, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let first = invite(&ann, &id, "ben@example.com", "member").await;
    let ben = app.signed_up("ben").await;
    app.clock.advance(48 * 3600 + 1);
    accept(&ben, &first).await.refused(400, "INVITATION_NOT_FOUND");
    ben.get(&format!("/api/auth/organization/get-invitation?id={first}")).await.refused(400, "INVITATION_NOT_FOUND");
    let second = invite(&ann, &id, "ben@example.com", "member").await;
    assert_ne!(first, second);
    accept(&ben, &first).await.refused(400, "INVITATION_NOT_FOUND");
    accept(&ben, &second).await.expect(200);
});

db_test!(an_invitation_is_declined_or_withdrawn, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = app.signed_up("ben").await;
    let first = invite(&ann, &id, "ben@example.com", "member").await;
    let rejected = ben.post("/api/auth/organization/reject-invitation", json!({"invitationId": first})).await.ok();
    assert_eq!((&rejected["invitation"]["status"], &rejected["member"]), (&json!("rejected"), &Json::Null));
    accept(&ben, &first).await.refused(400, "INVITATION_NOT_FOUND");
    let second = invite(&ann, &id, "ben@example.com", "member").await;
    let member = joined(&app, &ann, &id, "cat", "member").await;
    let refused = member.post("/api/auth/organization/cancel-invitation", json!({"invitationId": second})).await;
    refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_CANCEL_THIS_INVITATION");
    let canceled = ann.post("/api/auth/organization/cancel-invitation", json!({"invitationId": second})).await.ok();
    assert_eq!(canceled["status"], "canceled");
    ann.post("/api/auth/organization/cancel-invitation", json!({"invitationId": second}))
        .await
        .refused(400, "INVITATION_NOT_FOUND");
    accept(&ben, &second).await.refused(400, "INVITATION_NOT_FOUND");
    assert_eq!(events(&app, "invitation.revoked").await, 2);
});

db_test!(an_invitation_is_for_its_address_alone, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let invitation = invite(&ann, &id, "ben@example.com", "admin").await;
    let eve = app.signed_up("eve").await;
    for asked in [invitation.as_str(), "inv_none", "no id"] {
        accept(&eve, asked).await.refused(400, "INVITATION_NOT_FOUND");
        let path = format!("/api/auth/organization/get-invitation?id={}", asked.replace(' ', "%20"));
        eve.get(&path).await.refused(400, "INVITATION_NOT_FOUND");
        for verb in ["reject-invitation", "cancel-invitation"] {
            let refused = eve.post(&format!("/api/auth/organization/{verb}"), json!({"invitationId": asked})).await;
            refused.refused(400, "INVITATION_NOT_FOUND");
        }
    }
    let ben = app.signed_up("ben").await;
    accept(&ben, &invitation).await.expect(200);
});

db_test!(invitations_are_seen_by_those_who_may_invite, async |app| {
    let ann = app.signed_up("ann").await;
    let refused = ann.get("/api/auth/organization/list-invitations").await.expect(400);
    assert_eq!(refused.json, json!({"message": "Organization ID is required"}));
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let cat = joined(&app, &ann, &id, "cat", "admin").await;
    let ownership = invite(&ann, &id, "boss@example.com", "owner").await;
    let path = format!("/api/auth/organization/list-invitations?organizationId={id}");
    assert_eq!(ann.get(&path).await.ok().as_array().unwrap().len(), 3);
    assert_eq!(cat.get(&path).await.ok().as_array().unwrap().len(), 2, "offers of ownership are the owners'");
    ben.get(&path).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_LIST_INVITATIONS");
    let refused = cat.post("/api/auth/organization/cancel-invitation", json!({"invitationId": ownership})).await;
    refused.refused(400, "INVITATION_NOT_FOUND");
    let resend = json!({"email": "boss@example.com", "role": "admin", "resend": true});
    again(&cat, resend).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USER_WITH_THIS_ROLE");
    let refused = again(&ben, json!({"email": "x@example.com", "role": "member"})).await;
    refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION");
});

db_test!(ones_own_invitations_are_listed_to_a_proven_mailbox, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let invitation = invite(&ann, &id, "ben@example.com", "member").await;
    let eve = app.signed_up("ben").await;
    eve.get("/api/auth/organization/list-user-invitations")
        .await
        .refused(403, "EMAIL_VERIFICATION_REQUIRED_FOR_INVITATION");
    let asked = eve.get("/api/auth/organization/list-user-invitations?email=ann@example.com").await.expect(400);
    assert!(asked["code"].is_null());
    invite(&ann, &id, "cat@example.com", "member").await;
    let cat = app.proven("cat@example.com").await;
    let own = cat.get("/api/auth/organization/list-user-invitations").await.ok();
    assert_eq!((own.as_array().unwrap().len(), &own[0]["organizationName"]), (1, &json!("acme")));
    assert_ne!(own[0]["id"], json!(invitation));
});

db_test!(
    an_operator_wants_the_mailbox_proven_first,
    Options::default().settings(|settings| settings.organization.require_email_verification_on_invitation = true),
    async |app| {
        let ann = app.signed_up("ann").await;
        let id = organization(&ann, "acme").await;
        let invitation = invite(&ann, &id, "ben@example.com", "member").await;
        let eve = app.signed_up("ben").await;
        accept(&eve, &invitation).await.refused(403, UNVERIFIED);
        eve.post("/api/auth/organization/reject-invitation", json!({"invitationId": invitation}))
            .await
            .refused(403, UNVERIFIED);
        let path = format!("/api/auth/organization/get-invitation?id={invitation}");
        eve.get(&path).await.refused(403, "EMAIL_VERIFICATION_REQUIRED_FOR_INVITATION");
        assert_eq!(
            app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'").await,
            1,
            "it was not used up"
        );
    }
);

db_test!(an_offer_dies_with_the_right_to_make_it, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let cat = joined(&app, &ann, &id, "cat", "admin").await;
    let first = invite(&cat, &id, "ben@example.com", "admin").await;
    let ben = app.signed_up("ben").await;
    let body = json!({"memberId": member_id(&ann, &id, "cat@example.com").await, "role": "member"});
    ann.post("/api/auth/organization/update-member-role", body).await.expect(200);
    accept(&ben, &first).await.refused(400, "INVITER_IS_NO_LONGER_A_MEMBER_OF_THE_ORGANIZATION");
    ann.post("/api/auth/organization/remove-member", json!({"memberIdOrEmail": "cat@example.com"})).await.expect(200);
    accept(&ben, &first).await.refused(400, "INVITER_IS_NO_LONGER_A_MEMBER_OF_THE_ORGANIZATION");
    let path = format!("/api/auth/organization/get-invitation?id={first}");
    ben.get(&path).await.refused(400, "INVITER_IS_NO_LONGER_A_MEMBER_OF_THE_ORGANIZATION");
});

db_test!(
    an_organization_has_no_more_pending_invitations_than_it_may,
    Options::default().settings(|settings| settings.organization.invitation_limit = 1),
    async |app| {
        let ann = app.signed_up("ann").await;
        let id = organization(&ann, "acme").await;
        let first = invite(&ann, &id, "ben@example.com", "member").await;
        again(&ann, json!({"email": "cat@example.com", "role": "member"}))
            .await
            .refused(403, "INVITATION_LIMIT_REACHED");
        ann.post("/api/auth/organization/cancel-invitation", json!({"invitationId": first})).await.expect(200);
        invite(&ann, &id, "cat@example.com", "member").await;
    }
);

db_test!(odd_invitations_are_refused, async |app| {
    let ann = app.signed_up("ann").await;
    organization(&ann, "acme").await;
    for email in ["nobody", "a b@example.com", "a@b", "", "@example.com"] {
        again(&ann, json!({"email": email, "role": "member"})).await.refused(400, "INVALID_EMAIL");
    }
    let unknown = again(&ann, json!({"email": "a@example.com", "role": "king,queen"})).await.expect(400);
    assert_eq!(unknown.json, json!({"message": "ROLE_NOT_FOUND: king, queen"}));
    for odd in [
        json!({"role": "member"}),
        json!({"email": 1, "role": "member"}),
        json!({"email": "a@example.com"}),
        json!({"email": "a@example.com", "role": {"a": 1}}),
        json!({"email": "a@example.com", "role": "member", "resend": "yes"}),
    ] {
        again(&ann, odd).await.refused(400, "VALIDATION_ERROR");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations").await, 0);
});

fn replacing() -> Options {
    Options::default().settings(|s| s.organization.cancel_pending_invitations_on_re_invite = true)
}

db_test!(inviting_again_takes_the_invitation_back_where_that_is_wished, replacing(), async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let first = invite(&ann, &id, "ben@example.com", "member").await;
    let second = invite(&ann, &id, "ben@example.com", "admin").await;
    assert_ne!(first, second);
    assert_eq!(events(&app, "invitation.revoked").await, 1);
    let ben = app.signed_up("ben").await;
    let accept =
        async |id: &str| ben.post("/api/auth/organization/accept-invitation", json!({ "invitationId": id })).await;
    accept(&first).await.refused(400, "INVITATION_NOT_FOUND");
    assert_eq!(accept(&second).await.ok()["member"]["role"], "admin");
    // Nobody takes the offer of ownership back who is no owner.
    invite(&ann, &id, "cat@example.com", "owner").await;
    let body = json!({ "email": "cat@example.com", "role": "member", "organizationId": id });
    let refused = ben.post("/api/auth/organization/invite-member", body).await;
    refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USER_WITH_THIS_ROLE");
});
