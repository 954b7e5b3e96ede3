//! Two at once: of what may happen once, one happens.

use super::*;

/// How many of some answers were 200; all others were refusals, none a failure of ours.
fn successes(answers: &[Answer]) -> usize {
    for answer in answers {
        assert!(answer.status == 200 || (400..500).contains(&answer.status), "{answer:?}");
    }
    answers.iter().filter(|answer| answer.status == 200).count()
}

db_test!(an_invitation_accepted_twice_at_once_gives_one_membership, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = app.signed_up("ben").await;
    let body = json!({"invitationId": invite(&ann, &id, "ben@example.com", "member").await});
    let path = "/api/auth/organization/accept-invitation";
    let (a, b, c, d) = tokio::join!(
        ben.post(path, body.clone()),
        ben.post(path, body.clone()),
        ben.post(path, body.clone()),
        ben.post(path, body.clone())
    );
    assert_eq!(successes(&[a, b, c, d]), 1);
    assert_eq!(members_of(&ann, &id).await.len(), 2);
    assert_eq!(app.count("SELECT COUNT(*) FROM members").await, 2);
    assert_eq!(events(&app, "invitation.accepted").await, 1);
});

db_test!(an_invitation_accepted_and_withdrawn_at_once_is_one_of_both, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = app.signed_up("ben").await;
    let body = json!({"invitationId": invite(&ann, &id, "ben@example.com", "member").await});
    let (accepted, canceled) = tokio::join!(
        ben.post("/api/auth/organization/accept-invitation", body.clone()),
        ann.post("/api/auth/organization/cancel-invitation", body.clone())
    );
    let joined = accepted.status == 200;
    assert_eq!(successes(&[accepted, canceled]), 1);
    assert_eq!(members_of(&ann, &id).await.len(), if joined { 2 } else { 1 });
});

db_test!(two_invitations_at_once_for_one_address_are_one, async |app| {
    let ann = app.signed_up("ann").await;
    organization(&ann, "acme").await;
    let body = json!({"email": "ben@example.com", "role": "member"});
    let path = "/api/auth/organization/invite-member";
    let (a, b, c) =
        tokio::join!(ann.post(path, body.clone()), ann.post(path, body.clone()), ann.post(path, body.clone()));
    assert_eq!(successes(&[a, b, c]), 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations").await, 1);
});

db_test!(two_owners_who_leave_at_once_do_not_both_leave, async |app| {
    for round in 0..4 {
        let (one, two) = (format!("ann{round}"), format!("ben{round}"));
        let ann = app.signed_up(&one).await;
        let id = organization(&ann, &format!("acme-{round}")).await;
        let ben = joined(&app, &ann, &id, &two, "owner").await;
        let body = json!({"organizationId": id});
        let demote = json!({"memberId": member_id(&ann, &id, &format!("{two}@example.com")).await, "role": "member", "organizationId": id});
        let path = "/api/auth/organization/leave";
        let answers = if round % 2 == 0 {
            tokio::join!(ann.post(path, body.clone()), ben.post(path, body.clone()))
        } else {
            tokio::join!(ann.post(path, body.clone()), ben.post("/api/auth/organization/update-member-role", demote))
        };
        assert_eq!(successes(&[answers.0, answers.1]), 1, "round {round}");
        let owners = app
            .look(async |db| {
                let sql = "SELECT COUNT(*) FROM member_grants WHERE organization_id = $1 AND role = 'owner'";
                auth_core::db::one(db, sql, [id.as_str().into()]).await?.expect("a row").get::<i64>(0)
            })
            .await;
        assert_eq!(owners, 1, "round {round}");
    }
});

db_test!(
    two_who_join_at_once_do_not_pass_the_limit_together,
    Options::default().settings(|settings| settings.organization.membership_limit = Some(2)),
    async |app| {
        let ann = app.signed_up("ann").await;
        let id = organization(&ann, "acme").await;
        let (ben, cat) = (app.signed_up("ben").await, app.signed_up("cat").await);
        let first = json!({"invitationId": invite(&ann, &id, "ben@example.com", "member").await});
        let second = json!({"invitationId": invite(&ann, &id, "cat@example.com", "member").await});
        let path = "/api/auth/organization/accept-invitation";
        let (a, b) = tokio::join!(ben.post(path, first), cat.post(path, second));
        assert_eq!(successes(&[a, b]), 1);
        assert_eq!(members_of(&ann, &id).await.len(), 2);
    }
);

db_test!(two_organizations_at_once_do_not_share_a_slug, async |app| {
    let ann = app.signed_up("ann").await;
    let body = json!({"name": "Acme", "slug": "acme"});
    let path = "/api/auth/organization/create";
    let (a, b, c) =
        tokio::join!(ann.post(path, body.clone()), ann.post(path, body.clone()), ann.post(path, body.clone()));
    assert_eq!(successes(&[a, b, c]), 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM organizations").await, 1);
});

db_test!(a_removal_that_races_with_a_choice_leaves_no_session_inside, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    for round in 0..4 {
        let name = format!("ben{round}");
        let ben = joined(&app, &ann, &id, &name, "member").await;
        let (_, removed) = tokio::join!(
            ben.post("/api/auth/organization/set-active", json!({"organizationId": id})),
            ann.post("/api/auth/organization/remove-member", json!({"memberIdOrEmail": format!("{name}@example.com")}))
        );
        removed.expect(200);
        assert!(active(&ben).await.is_null(), "round {round}");
    }
});
