//! Who the caller is: what a page asks first.

use crate::support::*;

db_test!(a_person_learns_who_they_are_and_what_they_may_do_where, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let me = boot.admin.get("/v1/me").await.ok();
    assert_eq!((&me["object"], &me["kind"]), (&json!("me"), &json!("user")));
    assert_eq!((&me["user"]["id"], &me["user"]["email_address"]), (&json!(boot.user_id), &json!(boot.email)));
    assert_eq!((&me["instance_admin"], &me["impersonated_by"], &me["setup"]), (&json!(true), &Json::Null, &Json::Null));
    let [acme] = me["memberships"].as_array().expect("memberships").as_slice() else { panic!("one: {me}") };
    assert_eq!(
        acme["organization"],
        json!({ "id": boot.organization_id, "name": "Acme", "slug": "acme", "image_url": null })
    );
    assert_eq!((&acme["role"], &acme["role_name"]), (&json!("org:owner"), &json!("Owner")));
    assert_eq!(acme["status"], "active");
    let permissions = acme["permissions"].as_array().expect("permissions");
    assert!(permissions.contains(&json!("org:sys_provisioning:manage")), "{acme}");

    // Somebody who belongs nowhere, with a bearer token.
    let ann = app.signed_up("ann").await;
    let me = ann.get("/v1/me").await.ok();
    assert_eq!(
        (&me["instance_admin"], &me["memberships"], &me["memberships_total"]),
        (&json!(false), &json!([]), &json!(0))
    );
    assert!(me["user"].get("private_metadata").is_none(), "{me}");
    let token = ann.get("/api/auth/get-session").await.ok()["session"]["token"].as_str().expect("a token").to_owned();
    assert_eq!(app.http().bearer(&token).get("/v1/me").await.ok()["user"]["email_address"], "ann@example.com");
});

db_test!(a_membership_that_is_not_active_permits_nothing, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.proven("ann@acme.example").await;
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example",
        "emails": [{ "value": "ann@acme.example", "primary": true }],
    });
    let made = boot.scim.post("/scim/v2/Users", user).await.created();
    let membership = ann.get("/v1/me").await.ok()["memberships"][0].clone();
    let shown = (&membership["status"], &membership["role"]);
    assert_eq!(shown, (&json!("active"), &json!("org:member")), "{membership}");
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "active", "value": false }],
    });
    let one = format!("/scim/v2/Users/{}", made["id"].as_str().expect("an id"));
    boot.scim.patch(&one, patch).await.expect(200);
    // Her sessions ended with that; the account is hers still.
    ann.get("/v1/me").await.refused(401, "unauthenticated");
});

db_test!(a_secret_key_is_the_instance_and_a_stranger_nobody, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let me = boot.key.get("/v1/me").await.ok();
    assert_eq!((&me["kind"], &me["user"], &me["instance_admin"]), (&json!("secret_key"), &Json::Null, &json!(true)));
    assert_eq!((&me["memberships"], &me["memberships_total"]), (&json!([]), &json!(0)));
    app.http().get("/v1/me").await.refused(401, "unauthenticated");
    app.key("sk_wrong").get("/v1/me").await.refused(401, "unauthenticated");
    // A directory's token is none of this API's.
    app.key(&boot.scim_token).get("/v1/me").await.refused(401, "unauthenticated");
    boot.key.post("/v1/me", json!({})).await.expect(405);
});

db_test!(at_most_a_hundred_memberships_are_told_of_by_name, async |app| {
    let boot = app.boot("Zeta", None).await;
    for n in 0..104 {
        let new = json!({ "name": format!("Org {n:03}"), "slug": format!("org-{n:03}"), "created_by": boot.user_id });
        boot.key.post("/v1/organizations", new).await.created();
    }
    let me = boot.admin.get("/v1/me").await.ok();
    assert_eq!(me["memberships_total"], 105);
    let names: Vec<&str> = me["memberships"]
        .as_array()
        .expect("memberships")
        .iter()
        .map(|one| one["organization"]["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names.len(), 100);
    assert!(names.is_sorted() && names[0] == "Org 000", "{names:?}");
});
