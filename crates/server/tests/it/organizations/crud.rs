//! Making, showing, changing and deleting organizations.

use super::*;

db_test!(an_organization_is_made_as_clients_know_it, async |app| {
    let ann = app.signed_up("ann").await;
    let body = json!({"name": "Acme", "slug": "acme", "metadata": {"plan": "pro", "seats": 3}, "logo": "https://a.example/l.png"});
    let made = ann.post("/api/auth/organization/create", body).await.ok();
    assert_eq!(
        (&made["name"], &made["slug"], &made["logo"]),
        (&json!("Acme"), &json!("acme"), &json!("https://a.example/l.png"))
    );
    assert_eq!(made["metadata"], json!({"plan": "pro", "seats": 3}));
    assert_eq!(made["members"][0]["role"], "owner");
    assert_eq!(made["members"][0]["organizationId"], made["id"]);
    assert!(made["members"][0].get("user").is_none());
    assert!(made["createdAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(active(&ann).await, made["id"]);

    // Everywhere else metadata is a text.
    let text = json!("{\"plan\":\"pro\",\"seats\":3}");
    let listed = ann.get("/api/auth/organization/list").await.ok();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["metadata"]), (1, &text));
    assert_eq!(ann.get("/api/auth/organization/get-organization").await.ok()["metadata"], text);
    assert_eq!(events(&app, "organization.created").await, 1);
});

db_test!(metadata_that_was_never_given_is_missing_or_null, async |app| {
    let ann = app.signed_up("ann").await;
    let made = ann.post("/api/auth/organization/create", json!({"name": "Acme", "slug": "acme"})).await.ok();
    assert!(made.get("metadata").is_none() && made["logo"].is_null());
    let listed = ann.get("/api/auth/organization/list").await.ok();
    assert!(listed[0].get("metadata").is_some_and(Json::is_null));
});

db_test!(the_session_may_stay_where_it_works, async |app| {
    let ann = app.signed_up("ann").await;
    let first = organization(&ann, "first").await;
    let body = json!({"name": "Second", "slug": "second", "keepCurrentActiveOrganization": true});
    ann.post("/api/auth/organization/create", body).await.ok();
    assert_eq!(active(&ann).await, json!(first));
});

db_test!(a_slug_is_unique_and_can_be_asked_for, async |app| {
    let ann = app.signed_up("ann").await;
    organization(&ann, "acme").await;
    let again = ann.post("/api/auth/organization/create", json!({"name": "Other", "slug": "acme"})).await;
    again.refused(400, "ORGANIZATION_ALREADY_EXISTS");
    let taken = ann.post("/api/auth/organization/check-slug", json!({"slug": "acme"})).await;
    taken.refused(400, "ORGANIZATION_SLUG_ALREADY_TAKEN");
    assert_eq!(
        ann.post("/api/auth/organization/check-slug", json!({"slug": "free"})).await.ok(),
        json!({"status": true})
    );
    let other = organization(&ann, "other").await;
    let body = json!({"organizationId": other, "data": {"slug": "acme"}});
    ann.post("/api/auth/organization/update", body).await.refused(400, "ORGANIZATION_SLUG_ALREADY_TAKEN");
});

db_test!(an_organization_is_changed_by_those_who_may, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let body = json!({"data": {"name": "Acme Inc.", "logo": "https://a.example/l.png", "metadata": {"a": [1]}}});
    let changed = ann.post("/api/auth/organization/update", body).await.ok();
    assert_eq!(
        (&changed["name"], &changed["slug"], &changed["metadata"]),
        (&json!("Acme Inc."), &json!("acme"), &json!({"a": [1]}))
    );
    let cleared = ann.post("/api/auth/organization/update", json!({"data": {"logo": null}})).await.ok();
    assert!(cleared["logo"].is_null());
    assert_eq!(cleared["metadata"], json!({"a": [1]}));
    assert_eq!(events(&app, "organization.updated").await, 2);
    ann.post("/api/auth/organization/update", json!({"data": {}})).await.expect(200);
    assert_eq!(events(&app, "organization.updated").await, 2, "nothing changed");

    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let refused = ben.post("/api/auth/organization/update", json!({"data": {"name": "Mine"}})).await;
    refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_ORGANIZATION");
    let eve = app.signed_up("eve").await;
    let refused = eve.post("/api/auth/organization/update", json!({"data": {"name": "Mine"}})).await;
    refused.refused(400, "ORGANIZATION_NOT_FOUND");
});

db_test!(an_owner_deletes_an_organization_and_sessions_go_on_without_it, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "admin").await;
    assert_eq!(active(&ben).await, json!(id));
    let refused = ben.post("/api/auth/organization/delete", json!({"organizationId": id})).await;
    refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_ORGANIZATION");
    let gone = ann.post("/api/auth/organization/delete", json!({"organizationId": id})).await.ok();
    assert_eq!((&gone["id"], &gone["slug"]), (&json!(id), &json!("acme")));
    for client in [&ann, &ben] {
        assert!(active(client).await.is_null());
        assert_eq!(client.get("/api/auth/organization/list").await.ok(), json!([]));
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM members").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM member_grants").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations").await, 0);
    assert_eq!(events(&app, "organization.deleted").await, 1);
    // The slug is free again.
    organization(&ann, "acme").await;
});

db_test!(the_active_organization_is_chosen, async |app| {
    let ann = app.signed_up("ann").await;
    assert!(ann.post("/api/auth/organization/set-active", json!({})).await.ok().is_null());
    let (first, second) = (organization(&ann, "first").await, organization(&ann, "second").await);
    assert_eq!(active(&ann).await, json!(second));
    let chosen = ann.post("/api/auth/organization/set-active", json!({"organizationId": first})).await;
    assert!(!chosen.set_cookies().is_empty());
    assert_eq!(chosen.ok()["id"], json!(first));
    assert_eq!(active(&ann).await, json!(first));
    let chosen = ann.post("/api/auth/organization/set-active", json!({"organizationSlug": "second"})).await.ok();
    assert_eq!(chosen["id"], json!(second));
    assert_eq!(ann.post("/api/auth/organization/set-active", json!({})).await.ok()["id"], json!(second));
    assert!(ann.post("/api/auth/organization/set-active", json!({"organizationId": null})).await.ok().is_null());
    assert!(active(&ann).await.is_null());
    assert!(ann.get("/api/auth/organization/get-full-organization").await.ok().is_null());
    assert!(ann.get("/api/auth/organization/get-organization").await.ok().is_null());
});

db_test!(asking_for_a_foreign_organization_is_refused_and_clears_the_active_one, async |app| {
    let ann = app.signed_up("ann").await;
    let foreign = organization(&ann, "acme").await;
    let eve = app.signed_up("eve").await;
    let own = organization(&eve, "evil").await;
    for asked in
        [json!({"organizationId": foreign}), json!({"organizationSlug": "acme"}), json!({"organizationId": "org_none"})]
    {
        eve.post("/api/auth/organization/set-active", json!({"organizationId": own})).await.expect(200);
        let refused = eve.post("/api/auth/organization/set-active", asked).await;
        refused.refused(403, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
        assert!(active(&eve).await.is_null());
    }
    for path in ["get-organization", "get-full-organization"] {
        eve.post("/api/auth/organization/set-active", json!({"organizationId": own})).await.expect(200);
        let refused = eve.get(&format!("/api/auth/organization/{path}?organizationId={foreign}")).await;
        refused.refused(403, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
        assert!(active(&eve).await.is_null());
    }
});

db_test!(the_full_organization_shows_members_and_to_some_invitations, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let cat = joined(&app, &ann, &id, "cat", "admin").await;
    invite(&ann, &id, "new@example.com", "member").await;
    invite(&ann, &id, "boss@example.com", "owner").await;

    let full = ann.get("/api/auth/organization/get-full-organization").await.ok();
    let members = full["members"].as_array().unwrap();
    assert_eq!(members.len(), 3);
    assert_eq!(members[0]["user"]["email"], "ann@example.com");
    assert!(members[0]["user"].get("image").is_some_and(Json::is_null));
    let emails = |full: &Json| -> Vec<String> {
        let all = full["invitations"].as_array().unwrap();
        all.iter().filter(|i| i["status"] == "pending").map(|i| i["email"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(emails(&full), ["new@example.com", "boss@example.com"]);
    let path = format!(
        "/api/auth/organization/get-full-organization?organizationSlug=acme&membersLimit=1&organizationId={id}"
    );
    assert_eq!(cat.get(&path).await.ok()["members"].as_array().unwrap().len(), 1);
    assert_eq!(emails(&cat.get(&path).await.ok()), ["new@example.com"], "an admin does not see offers of ownership");
    assert_eq!(ben.get(&path).await.ok()["invitations"], json!([]), "a member sees none");
});

db_test!(odd_input_is_refused_and_changes_nothing, async |app| {
    let ann = app.signed_up("ann").await;
    let long = "x".repeat(65);
    for (body, code) in [
        (json!([]), "VALIDATION_ERROR"),
        (json!({}), "VALIDATION_ERROR"),
        (json!({"name": "", "slug": "a"}), "VALIDATION_ERROR"),
        (json!({"name": "A", "slug": 1}), "VALIDATION_ERROR"),
        (json!({"name": "A", "slug": "a", "metadata": "x"}), "VALIDATION_ERROR"),
        (json!({"name": "A", "slug": "a\u{0}"}), "VALIDATION_ERROR"),
        (json!({"name": "A", "slug": "a b"}), "INVALID_SLUG"),
        (json!({"name": "A", "slug": long}), "INVALID_SLUG"),
        (json!({"name": "  ", "slug": "a"}), "INVALID_ORGANIZATION_NAME"),
        (json!({"name": "A", "slug": "a", "logo": "javascript:alert(1)"}), "INVALID_LOGO"),
        (json!({"name": "A", "slug": "a", "metadata": {"x": "y".repeat(20_000)}}), "METADATA_TOO_LARGE"),
    ] {
        ann.post("/api/auth/organization/create", body).await.refused(400, code);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM organizations").await, 0);
    // Better Auth takes any slug; what no address could hold is all that is refused.
    organization(&ann, "Acme.Größe_1").await;
});

db_test!(who_has_no_session_learns_nothing, async |app| {
    let ann = app.signed_up("ann").await;
    organization(&ann, "acme").await;
    let stranger = app.client();
    for path in [
        "list",
        "get-organization",
        "get-full-organization?organizationSlug=acme",
        "list-members",
        "get-active-member",
        "list-invitations",
        "list-user-invitations",
        "get-invitation?id=x",
        "get-active-member-role",
    ] {
        stranger.get(&format!("/api/auth/organization/{path}")).await.refused(401, "UNAUTHORIZED");
    }
    for path in [
        "create",
        "update",
        "delete",
        "check-slug",
        "set-active",
        "remove-member",
        "update-member-role",
        "leave",
        "invite-member",
        "accept-invitation",
        "reject-invitation",
        "cancel-invitation",
        "has-permission",
    ] {
        stranger.post(&format!("/api/auth/organization/{path}"), json!({})).await.refused(401, "UNAUTHORIZED");
    }
});

db_test!(what_is_no_endpoint_is_not_there, async |app| {
    let ann = app.signed_up("ann").await;
    organization(&ann, "acme").await;
    assert_eq!(ann.post("/api/auth/organization/add-member", json!({})).await.expect(404).text, "");
    for path in ["create", "create-role", "list/"] {
        assert_eq!(ann.get(&format!("/api/auth/organization/{path}")).await.expect(404).text, "");
    }
});

db_test!(
    an_operator_limits_how_many_organizations_a_person_makes,
    Options::default().settings(|settings| settings.organization.limit = Some(1)),
    async |app| {
        let ann = app.signed_up("ann").await;
        organization(&ann, "first").await;
        let refused = ann.post("/api/auth/organization/create", json!({"name": "B", "slug": "b"})).await;
        refused.refused(403, "YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_ORGANIZATIONS");
    }
);

db_test!(
    an_operator_keeps_organizations_to_platform_admins,
    Options::default().settings(|settings| settings.organization.allow_user_to_create = false),
    async |app| {
        let ann = app.signed_up("ann").await;
        let refused = ann.post("/api/auth/organization/create", json!({"name": "B", "slug": "b"})).await;
        refused.refused(403, "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_ORGANIZATION");
        let boot = app.boot("Acme", None).await;
        organization(&boot.admin, "second").await;
    }
);
