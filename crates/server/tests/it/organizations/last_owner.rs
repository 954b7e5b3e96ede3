//! The last owner: kept by hand, lost to a directory, and what follows.

use super::*;

const LEAVING: &str = "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER";

db_test!(no_hand_takes_the_last_owner_away, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let own = member_id(&ann, &id, "ann@example.com").await;
    ann.post("/api/auth/organization/leave", json!({"organizationId": id})).await.refused(400, LEAVING);
    for named in [own.as_str(), "ann@example.com"] {
        ann.post("/api/auth/organization/remove-member", json!({"memberIdOrEmail": named})).await.refused(400, LEAVING);
    }
    for role in ["admin", "member"] {
        let body = json!({"memberId": own, "role": role});
        let refused = ann.post("/api/auth/organization/update-member-role", body).await;
        refused.refused(400, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_WITHOUT_AN_OWNER");
    }
    let kept = json!({"memberId": own, "role": ["owner", "admin"]});
    assert_eq!(ann.post("/api/auth/organization/update-member-role", kept).await.ok()["role"], "owner,admin");
    joined(&app, &ann, &id, "ben", "owner").await;
    ann.post("/api/auth/organization/leave", json!({"organizationId": id})).await.expect(200);
});

db_test!(a_suspended_owner_does_not_count, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "owner").await;
    suspend(&app, &id, &user_id(&ben).await).await;
    ann.post("/api/auth/organization/leave", json!({"organizationId": id})).await.refused(400, LEAVING);
});

db_test!(a_lost_last_owner_is_told_and_an_owner_who_comes_back_heals_it, async |app| {
    let boot = app.boot("Platform", None).await;
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    joined(&app, &ann, &id, "cat", "admin").await;
    joined(&app, &ann, &id, "dan", "member").await;
    let ann_id = user_id(&ann).await;
    assert!(suspend(&app, &id, &ann_id).await);
    assert_eq!(app.count("SELECT COUNT(*) FROM organizations WHERE ownerless_since IS NOT NULL").await, 1);
    assert_eq!(events(&app, "organization.ownerless").await, 1);
    for to in ["cat@example.com", boot.email.as_str()] {
        app.mail().wait(to, "(acme)").await;
    }
    let told = |to: &str| app.mail().to(to).iter().filter(|mail| mail.text.contains("owner")).count();
    assert_eq!((told("dan@example.com"), told("ann@example.com")), (0, 0));

    assert!(!suspend(&app, &id, &ann_id).await, "said twice, it happens once");
    assert_eq!(events(&app, "organization.ownerless").await, 1);
    restore(&app, &id, &ann_id).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM organizations WHERE ownerless_since IS NOT NULL").await, 0);
    assert_eq!(membership(&ann, &id, "ann@example.com").await["role"], "owner");
});

db_test!(a_platform_admin_gives_an_ownerless_organization_an_owner, async |app| {
    let boot = app.boot("Platform", None).await;
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let cat = joined(&app, &ann, &id, "cat", "admin").await;
    suspend(&app, &id, &user_id(&ann).await).await;
    let cat_id = member_id(&cat, &id, "cat@example.com").await;
    let body = json!({"memberId": cat_id, "role": "owner", "organizationId": id});
    cat.post("/api/auth/organization/update-member-role", body.clone()).await.expect(403);
    boot.admin.post("/api/auth/organization/update-member-role", body).await.expect(200);
    assert_eq!(app.count("SELECT COUNT(*) FROM organizations WHERE ownerless_since IS NOT NULL").await, 0);
});

db_test!(the_last_owner_of_others_does_not_erase_themselves, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let alone = organization(&ann, "alone").await;
    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let erase = json!({"password": PASSWORD});
    ann.post("/api/auth/delete-user", erase.clone()).await.refused(400, LEAVING);
    assert_eq!(members_of(&ben, &id).await.len(), 2, "nothing was changed");
    let body =
        json!({"memberId": member_id(&ann, &id, "ben@example.com").await, "role": "owner", "organizationId": id});
    ann.post("/api/auth/organization/update-member-role", body).await.expect(200);
    ann.post("/api/auth/delete-user", erase).await.expect(200);
    assert_eq!(members_of(&ben, &id).await.len(), 1);
    // Where they were alone the organization stays, for a platform admin to decide.
    let since = app
        .look(async |db| {
            let sql = "SELECT ownerless_since FROM organizations WHERE id = $1";
            auth_core::db::one(db, sql, [alone.as_str().into()]).await?.expect("a row").get::<Option<i64>>(0)
        })
        .await;
    assert!(since.is_some());
    assert_eq!(events(&app, "membership.deleted").await, 2);
});
