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

async fn by_hand(client: &Client, organization: &str, user: &str, what: &str) -> Answer {
    client.post(&format!("/v1/organizations/{organization}/memberships/{user}/{what}"), json!({})).await
}

db_test!(who_may_change_members_suspends_and_restores_them_by_hand, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "admin").await;
    let cat = joined(&app, &ann, &id, "cat", "member").await;
    let (ann_id, ben_id, cat_id) = (user_id(&ann).await, user_id(&ben).await, user_id(&cat).await);
    by_hand(&cat, &id, &ben_id, "suspend").await.refused(403, "forbidden");
    by_hand(&ben, &id, &ann_id, "suspend").await.refused(403, "you_are_not_allowed_to_update_this_member");
    by_hand(&ann, &id, &ann_id, "suspend").await.refused(403, "you_cannot_suspend_yourself");
    by_hand(&ann, &id, "user_none", "suspend").await.refused(404, "member_not_found");

    let done = by_hand(&ben, &id, &cat_id, "suspend").await.ok();
    assert_eq!((&done["status"], &done["permissions"]), (&json!("suspended"), &json!([])));
    assert!(active(&cat).await.is_null(), "the session goes on without the organization");
    let before = events(&app, "membership.updated").await;
    by_hand(&ben, &id, &cat_id, "suspend").await.ok();
    assert_eq!(events(&app, "membership.updated").await, before, "nothing changed");
    let back = by_hand(&ben, &id, &cat_id, "restore").await.ok();
    assert_eq!((&back["status"], &back["role"]), (&json!("active"), &json!("org:member")));
    assert_eq!(by_hand(&ben, &id, &cat_id, "restore").await.status, 403, "who is active is nobody to restore for them");

    // Whom a directory suspended, an owner brings back, and nobody below.
    assert!(suspend(&app, &id, &cat_id).await);
    by_hand(&ben, &id, &cat_id, "restore").await.refused(403, "you_are_not_allowed_to_update_this_member");
    by_hand(&ann, &id, &cat_id, "restore").await.ok();
    assert_eq!(membership(&ann, &id, "cat@example.com").await["role"], "member");
});

db_test!(the_last_owner_is_not_suspended_by_hand, async |app| {
    let boot = app.boot("Acme", None).await;
    let refused = by_hand(&boot.key, &boot.organization_id, &boot.user_id, "suspend").await;
    refused.refused(409, "you_cannot_leave_the_organization_without_an_owner");
});

db_test!(no_directory_brings_back_whom_somebody_suspended_by_hand, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let person = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "dan@acme.example"});
    let dan = boot.scim.post("/scim/v2/Users", person).await.created()["id"].as_str().unwrap().to_owned();
    let listed = boot.key.get("/v1/users?query=dan@acme.example").await.ok();
    let user = listed["data"][0]["id"].as_str().unwrap().to_owned();
    by_hand(&boot.key, &boot.organization_id, &user, "suspend").await.ok();
    for active in [false, true] {
        let operation = json!({"op": "replace", "path": "active", "value": active});
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
        boot.scim.patch(&format!("/scim/v2/Users/{dan}"), body).await.ok();
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM members WHERE status = 'suspended'").await, 1);
    by_hand(&boot.key, &boot.organization_id, &user, "restore").await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM members WHERE status = 'suspended'").await, 0);
});

db_test!(nobody_below_an_owner_brings_back_whom_a_directory_shut_out_besides, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let id = &boot.organization_id;
    let ben = joined(&app, &boot.admin, id, "ben", "admin").await;
    let person = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "dan@acme.example"});
    let dan = boot.scim.post("/scim/v2/Users", person).await.created()["id"].as_str().unwrap().to_owned();
    let listed = boot.key.get("/v1/users?query=dan@acme.example").await.ok();
    let user = listed["data"][0]["id"].as_str().unwrap().to_owned();
    let says = async |active: bool| {
        let operation = json!({"op": "replace", "path": "active", "value": active});
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
        boot.scim.patch(&format!("/scim/v2/Users/{dan}"), body).await.ok();
    };
    let active = async || app.count("SELECT COUNT(*) FROM members WHERE status = 'active'").await == 3;

    // First the directory, then by hand: that would make them somebody whom an admin may bring back.
    says(false).await;
    by_hand(&ben, id, &user, "suspend").await.ok();
    by_hand(&ben, id, &user, "restore").await.refused(403, "you_are_not_allowed_to_update_this_member");
    says(true).await;
    assert!(active().await, "an admin has not kept the directory from it");

    // First by hand, then the directory.
    by_hand(&ben, id, &user, "suspend").await.ok();
    says(false).await;
    by_hand(&ben, id, &user, "restore").await.refused(403, "you_are_not_allowed_to_update_this_member");
    says(true).await;
    assert!(!active().await, "the directory has undone what somebody did by hand");
    by_hand(&ben, id, &user, "restore").await.ok();
    assert!(active().await);

    // Both, and an owner.
    by_hand(&ben, id, &user, "suspend").await.ok();
    says(false).await;
    by_hand(&boot.admin, id, &user, "restore").await.ok();
    assert!(active().await);
});

db_test!(no_invitation_of_a_directory_undoes_a_suspension_by_hand, async |app| {
    let boot = app.boot("Acme", None).await;
    let id = &boot.organization_id;
    let eve = joined(&app, &boot.admin, id, "eve", "member").await;
    by_hand(&boot.admin, id, &user_id(&eve).await, "suspend").await.ok();
    // The organization does not hold the domain: the directory would ask the person.
    let person = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "eve@example.com",
        "emails": [{"value": "eve@example.com", "primary": true}]});
    let resource = boot.scim.post("/scim/v2/Users", person).await.created()["id"].as_str().unwrap().to_owned();
    assert_eq!(app.count("SELECT COUNT(*) FROM members WHERE status = 'suspended'").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'").await, 0);
    boot.scim.delete(&format!("/scim/v2/Users/{resource}")).await.expect(204);
    assert_eq!(app.count("SELECT COUNT(*) FROM members WHERE status = 'suspended'").await, 1);
});
