//! Roles: who gives them to whom, and what they permit.

use super::*;

const REFUSED: &str = "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER";

async fn change(client: &Client, member: &str, role: Json) -> Answer {
    client.post("/api/auth/organization/update-member-role", json!({"memberId": member, "role": role})).await
}

db_test!(roles_are_changed_by_hand, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    joined(&app, &ann, &id, "ben", "member").await;
    let ben = member_id(&ann, &id, "ben@example.com").await;
    let changed = change(&ann, &ben, json!("admin")).await.ok();
    assert_eq!((&changed["role"], &changed["id"]), (&json!("admin"), &json!(ben)));
    assert_eq!(change(&ann, &ben, json!(["member", "admin"])).await.ok()["role"], "admin,member");
    assert_eq!(change(&ann, &ben, json!(" member , ")).await.ok()["role"], "member");
    let before = events(&app, "membership.updated").await;
    assert_eq!(change(&ann, &ben, json!("member")).await.ok()["role"], "member");
    assert_eq!(events(&app, "membership.updated").await, before, "nothing changed");
    let unknown = change(&ann, &ben, json!("king")).await.refused(400, "ROLE_NOT_FOUND");
    assert_eq!(unknown["message"], "ROLE_NOT_FOUND: king");
    for odd in [json!(""), json!([]), json!(null), json!([1]), json!({"a": 1})] {
        change(&ann, &ben, odd).await.refused(400, "VALIDATION_ERROR");
    }
    change(&ann, "mem_none", json!("admin")).await.refused(400, "MEMBER_NOT_FOUND");
    assert_eq!(membership(&ann, &id, "ben@example.com").await["role"], "member");
});

db_test!(nobody_gives_a_role_above_their_own, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "admin").await;
    let cat = joined(&app, &ann, &id, "cat", "member").await;
    let [ann_id, ben_id, cat_id] = [
        member_id(&ann, &id, "ann@example.com").await,
        member_id(&ann, &id, "ben@example.com").await,
        member_id(&ann, &id, "cat@example.com").await,
    ];
    change(&ben, &ben_id, json!("owner")).await.refused(403, REFUSED);
    change(&ben, &cat_id, json!(["owner", "member"])).await.refused(403, REFUSED);
    change(&ben, &ann_id, json!("member")).await.refused(403, REFUSED);
    change(&cat, &cat_id, json!("admin")).await.refused(403, REFUSED);
    change(&cat, &cat_id, json!("member")).await.refused(403, REFUSED);
    let refused =
        ben.post("/api/auth/organization/invite-member", json!({"email": "x@example.com", "role": "owner"})).await;
    refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USER_WITH_THIS_ROLE");
    change(&ben, &cat_id, json!("admin")).await.expect(200);
    change(&ann, &ben_id, json!("owner")).await.expect(200);
    change(&ben, &ann_id, json!("member")).await.expect(200);
    assert_eq!(membership(&ben, &id, "ann@example.com").await["role"], "member");
});

db_test!(permissions_are_asked_by_both_keys, async |app| {
    let ann = app.signed_up("ann").await;
    let ask = async |client: &Client, body: Json| client.post("/api/auth/organization/has-permission", body).await;
    ask(&ann, json!({"permissions": {"member": ["create"]}})).await.refused(400, "NO_ACTIVE_ORGANIZATION");
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let yes = json!({"error": null, "success": true});
    let no = json!({"error": null, "success": false});
    for key in ["permissions", "permission"] {
        assert_eq!(ask(&ann, json!({key: {"member": ["create", "delete"]}, "organizationId": id})).await.ok(), yes);
        assert_eq!(ask(&ben, json!({key: {"member": ["create"]}})).await.ok(), no);
        assert_eq!(ask(&ben, json!({key: {"ac": ["read"]}})).await.ok(), yes);
    }
    assert_eq!(ask(&ann, json!({"permissions": {"org:sys_provisioning": ["manage"]}})).await.ok(), yes);
    assert_eq!(ask(&ben, json!({"permissions": {"org:sys_provisioning": ["manage"]}})).await.ok(), no);
    for nothing in
        [json!({}), json!({"member": []}), json!({"spaceship": ["fly"]}), json!({"member": ["create", "fly"]})]
    {
        assert_eq!(ask(&ann, json!({"permissions": nothing})).await.ok(), no);
    }
    for odd in [
        json!({}),
        json!({"permissions": {"a": []}, "permission": {"a": []}}),
        json!({"permissions": []}),
        json!({"permissions": {"member": "create"}}),
    ] {
        let refused = ask(&ann, odd).await.refused(400, "VALIDATION_ERROR");
        assert_eq!(refused["message"], "[body] Invalid input");
    }
    let eve = app.signed_up("eve").await;
    for asked in [id.as_str(), "org_none", "no id"] {
        let refused = ask(&eve, json!({"permissions": {"ac": ["read"]}, "organizationId": asked})).await;
        refused.refused(401, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
    }
});
