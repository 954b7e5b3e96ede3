//! What a directory's suspension ends, and who does not undo it.

use super::*;

db_test!(a_suspended_member_is_none_for_any_purpose, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "admin").await;
    let ben_id = user_id(&ben).await;
    let member = member_id(&ann, &id, "ben@example.com").await;
    assert!(suspend(&app, &id, &ben_id).await);

    assert!(active(&ben).await.is_null(), "the session goes on without the organization");
    assert_eq!(ben.get("/api/auth/organization/list").await.ok(), json!([]));
    for path in ["get-full-organization", "list-members", "get-active-member-role", "list-invitations"] {
        ben.get(&format!("/api/auth/organization/{path}?organizationId={id}")).await.expect(403);
    }
    ben.post("/api/auth/organization/set-active", json!({"organizationId": id})).await.expect(403);
    ben.post("/api/auth/organization/leave", json!({"organizationId": id})).await.refused(400, "MEMBER_NOT_FOUND");
    let page = ann.get("/api/auth/organization/list-members").await.ok();
    assert_eq!((page["members"].as_array().unwrap().len(), &page["total"]), (1, &json!(1)));
    for body in [json!({"memberId": member, "role": "member"})] {
        ann.post("/api/auth/organization/update-member-role", body).await.refused(400, "MEMBER_NOT_FOUND");
    }
    for named in ["ben@example.com", member.as_str()] {
        let refused = ann.post("/api/auth/organization/remove-member", json!({"memberIdOrEmail": named})).await;
        refused.refused(400, "MEMBER_NOT_FOUND");
    }
    restore(&app, &id, &ben_id).await;
    assert_eq!(membership(&ann, &id, "ben@example.com").await["role"], "admin", "with the grants they had");
    assert!(active(&ben).await.is_null(), "not with their sessions");
});

db_test!(an_invitation_does_not_resurrect, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = app.signed_up("ben").await;
    let early = invite(&ann, &id, "ben@example.com", "member").await;
    ben.post("/api/auth/organization/accept-invitation", json!({"invitationId": early})).await.expect(200);
    suspend(&app, &id, &user_id(&ben).await).await;
    let body = json!({"email": "ben@example.com", "role": "member", "organizationId": id});
    ann.post("/api/auth/organization/invite-member", body).await.refused(400, "MEMBERSHIP_SUSPENDED");

    // Not even one that was sent before: the row is put back as it was.
    let sql = "UPDATE invitations SET status = 'pending' WHERE id = $1";
    let ctx = Ctx::system("test");
    let reopened = app.core.write(&ctx, async |tx| auth_core::db::run(tx, sql, [early.as_str().into()]).await).await;
    assert_eq!(reopened.unwrap(), 1);
    let refused = ben.post("/api/auth/organization/accept-invitation", json!({"invitationId": early})).await;
    refused.refused(400, "MEMBERSHIP_SUSPENDED");
    assert_eq!(app.count("SELECT COUNT(*) FROM members WHERE status = 'suspended'").await, 1);
});

db_test!(suspension_raises_the_epoch_of_the_membership, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let before = app.count("SELECT CAST(SUM(access_epoch) AS BIGINT) FROM members").await;
    suspend(&app, &id, &user_id(&ben).await).await;
    let suspended = app.count("SELECT CAST(SUM(access_epoch) AS BIGINT) FROM members").await;
    restore(&app, &id, &user_id(&ben).await).await;
    let restored = app.count("SELECT CAST(SUM(access_epoch) AS BIGINT) FROM members").await;
    assert!(before < suspended && suspended < restored);
});
