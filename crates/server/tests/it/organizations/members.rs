//! Lists of members, one's own membership, removing and leaving.

use super::*;

async fn listed(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("/api/auth/organization/list-members?{query}")).await.ok();
    let members = answer["members"].as_array().expect("members");
    members.iter().map(|member| member["user"]["name"].as_str().expect("a name").to_owned()).collect()
}

db_test!(members_are_paged_sorted_and_filtered_in_the_database, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    for (name, role) in [("ben", "member"), ("cat", "admin"), ("dan", "member")] {
        joined(&app, &ann, &id, name, role).await;
    }
    assert_eq!(listed(&ann, "").await, ["Ann", "Ben", "Cat", "Dan"]);
    assert_eq!(listed(&ann, "limit=2&offset=1").await, ["Ben", "Cat"]);
    assert_eq!(listed(&ann, "sortBy=createdAt&sortDirection=desc").await, ["Dan", "Cat", "Ben", "Ann"]);
    assert_eq!(listed(&ann, "sortBy=role&sortDirection=desc&limit=2").await, ["Ann", "Cat"]);
    assert_eq!(listed(&ann, "filterField=role&filterValue=member").await, ["Ben", "Dan"]);
    assert_eq!(listed(&ann, "filterField=role&filterOperator=ne&filterValue=member").await, ["Ann", "Cat"]);
    assert_eq!(
        listed(&ann, "filterField=role&filterOperator=in&filterValue=admin&filterValue=owner").await,
        ["Ann", "Cat"]
    );
    assert_eq!(listed(&ann, "filterField=role&filterOperator=starts_with&filterValue=ad").await, ["Cat"]);
    assert_eq!(listed(&ann, "filterField=role&filterOperator=contains&filterValue=%25").await, Vec::<String>::new());
    let cat = membership(&ann, &id, "cat@example.com").await;
    let (user, since) = (cat["userId"].as_str().unwrap(), cat["createdAt"].as_str().unwrap());
    assert_eq!(listed(&ann, &format!("filterField=userId&filterValue={user}")).await, ["Cat"]);
    assert_eq!(
        listed(&ann, &format!("filterField=createdAt&filterOperator=gte&filterValue={since}")).await,
        ["Cat", "Dan"]
    );

    let page = ann.get("/api/auth/organization/list-members?limit=1&filterField=role&filterValue=member").await.ok();
    assert_eq!(
        (page["members"].as_array().unwrap().len(), &page["total"]),
        (1, &json!(2)),
        "the total is of all that match"
    );
    for bad in [
        "sortBy=password",
        "filterField=email&filterValue=x",
        "filterField=role&filterOperator=regex",
        "limit=x",
        "offset=-1",
        "sortDirection=up",
    ] {
        ann.get(&format!("/api/auth/organization/list-members?{bad}")).await.refused(400, "VALIDATION_ERROR");
    }
});

db_test!(a_member_sees_their_own_membership_and_roles, async |app| {
    let ann = app.signed_up("ann").await;
    ann.get("/api/auth/organization/get-active-member").await.refused(400, "NO_ACTIVE_ORGANIZATION");
    ann.get("/api/auth/organization/get-active-member-role").await.refused(400, "NO_ACTIVE_ORGANIZATION");
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "admin").await;
    let own = ben.get("/api/auth/organization/get-active-member").await.ok();
    assert_eq!(
        (&own["role"], &own["user"]["email"], &own["organizationId"]),
        (&json!("admin"), &json!("ben@example.com"), &json!(id))
    );
    assert_eq!(ben.get("/api/auth/organization/get-active-member-role").await.ok(), json!({"role": "admin"}));
    let ann_id = user_id(&ann).await;
    let path = format!("/api/auth/organization/get-active-member-role?userId={ann_id}&organizationSlug=acme");
    assert_eq!(ben.get(&path).await.ok(), json!({"role": "owner"}));
    let eve = app.signed_up("eve").await;
    eve.get(&path).await.refused(403, "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION");
    let eve_id = user_id(&eve).await;
    let path = format!("/api/auth/organization/get-active-member-role?userId={eve_id}");
    ben.get(&path).await.refused(403, "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION");
});

db_test!(a_removed_member_is_out_at_once, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let cat = joined(&app, &ann, &id, "cat", "admin").await;
    let elsewhere = app.signed_in("ben@example.com").await;
    elsewhere.post("/api/auth/organization/set-active", json!({"organizationId": id})).await.expect(200);

    let removed =
        cat.post("/api/auth/organization/remove-member", json!({"memberIdOrEmail": "ben@example.com"})).await.ok();
    assert_eq!((&removed["member"]["role"], &removed["member"]["user"]["name"]), (&json!("member"), &json!("Ben")));
    for client in [&ben, &elsewhere] {
        assert!(active(client).await.is_null(), "every session left");
        client.get(&format!("/api/auth/organization/list-members?organizationId={id}")).await.expect(403);
    }
    assert_eq!(members_of(&ann, &id).await.len(), 2);
    assert_eq!(events(&app, "membership.deleted").await, 1);

    let member = member_id(&ann, &id, "cat@example.com").await;
    let removed = ann.post("/api/auth/organization/remove-member", json!({"memberIdOrEmail": member})).await.ok();
    assert!(removed["member"].get("user").is_none());
    for gone in [member.as_str(), "ben@example.com", "nobody@example.com", "x y"] {
        let again = ann.post("/api/auth/organization/remove-member", json!({"memberIdOrEmail": gone})).await;
        again.refused(400, "MEMBER_NOT_FOUND");
    }
});

db_test!(who_may_not_remove_learns_nothing_about_owners, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let cat = joined(&app, &ann, &id, "cat", "admin").await;
    // The owner, another member, nobody at all: the same for a plain member.
    for named in ["ann@example.com", "cat@example.com", "nobody@example.com", "mem_none"] {
        let refused = ben.post("/api/auth/organization/remove-member", json!({"memberIdOrEmail": named})).await;
        refused.refused(401, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_MEMBER");
    }
    // The only owner, and one of two: the same for an admin.
    let refused = cat.post("/api/auth/organization/remove-member", json!({"memberIdOrEmail": "ann@example.com"})).await;
    refused.refused(401, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_MEMBER");
    joined(&app, &ann, &id, "dan", "owner").await;
    let refused = cat.post("/api/auth/organization/remove-member", json!({"memberIdOrEmail": "ann@example.com"})).await;
    refused.refused(401, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_MEMBER");
    assert_eq!(members_of(&ann, &id).await.len(), 4);
});

db_test!(a_member_leaves, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let left = ben.post("/api/auth/organization/leave", json!({"organizationId": id})).await.ok();
    assert_eq!((&left["role"], &left["user"]["email"]), (&json!("member"), &json!("ben@example.com")));
    assert!(active(&ben).await.is_null());
    ben.post("/api/auth/organization/leave", json!({"organizationId": id})).await.refused(400, "MEMBER_NOT_FOUND");
    // And may come back by an invitation: leaving is not being suspended.
    let invitation = invite(&ann, &id, "ben@example.com", "admin").await;
    let back = ben.post("/api/auth/organization/accept-invitation", json!({"invitationId": invitation})).await.ok();
    assert_eq!(back["member"]["role"], "admin");
});

db_test!(
    an_organization_has_no_more_members_than_it_may,
    Options::default().settings(|settings| settings.organization.membership_limit = Some(2)),
    async |app| {
        let ann = app.signed_up("ann").await;
        let id = organization(&ann, "acme").await;
        let ben = joined(&app, &ann, &id, "ben", "member").await;
        let cat = app.signed_up("cat").await;
        let invitation = invite(&ann, &id, "cat@example.com", "member").await;
        let accept = json!({"invitationId": invitation});
        let full = cat.post("/api/auth/organization/accept-invitation", accept.clone()).await;
        full.refused(403, "ORGANIZATION_MEMBERSHIP_LIMIT_REACHED");
        // The invitation is not used up, and there is room when somebody leaves.
        ben.post("/api/auth/organization/leave", json!({"organizationId": id})).await.expect(200);
        cat.post("/api/auth/organization/accept-invitation", accept).await.expect(200);
    }
);
