//! Memberships: added by the platform, changed by administrators, never above one's own role.

use super::{faults, problem, within};
use crate::support::*;

/// Makes a person and a member of the organization, and signs them in.
async fn member(app: &App, boot: &Boot, name: &str, role: &str) -> (String, Client) {
    let email = format!("{name}@x.example");
    let body = json!({"email_address": email, "password": PASSWORD, "first_name": name});
    let made = boot.key.post("/v1/users", body).await.created();
    let body = json!({"user_id": made["id"], "role": role});
    boot.key.post(&within(boot, "/memberships"), body).await.created();
    (made["id"].as_str().unwrap().to_owned(), app.signed_in(&email).await)
}

db_test!(a_membership_shows_roles_permissions_grants_and_the_person, async |app| {
    let boot = app.boot("Acme", None).await;
    let (id, _) = member(&app, &boot, "ann", "org:admin").await;
    let page = boot.key.get(&within(&boot, "/memberships?query=ann")).await.ok();
    assert_eq!(page["total_count"], 1);
    let ann = &page["data"][0];
    let expected = json!({
        "object": "organization_membership", "role": "org:admin", "role_name": "Admin", "roles": ["org:admin"], "status": "active",
        "public_metadata": {}, "private_metadata": {},
        "public_user_data": {"user_id": id, "identifier": "ann@x.example", "first_name": "ann", "last_name": null,
                             "image_url": null, "has_image": false}
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&ann[field], value, "{field}");
    }
    assert!(ann["id"].as_str().unwrap().starts_with("mem_"));
    assert!(ann["permissions"].as_array().unwrap().contains(&json!("org:sys_provisioning:manage")), "{ann}");
    assert_eq!((&ann["grants"][0]["source"], &ann["grants"][0]["source_id"]), (&json!("manual"), &Json::Null));
    assert_eq!(
        (&ann["organization"]["id"], &ann["organization"]["members_count"]),
        (&json!(boot.organization_id), &json!(2))
    );

    let count = async |query: &str| boot.key.get(&within(&boot, query)).await.ok()["total_count"].as_i64().unwrap();
    assert_eq!(count("/memberships").await, 2);
    assert_eq!(count("/memberships?role=org:owner").await, 1);
    assert_eq!(count("/memberships?status=suspended").await, 0);
    assert_eq!(count("/memberships?status=all").await, 2);
    assert_eq!(count(&format!("/memberships?user_id={id}")).await, 1);
});

db_test!(roles_and_metadata_are_changed_and_members_removed, async |app| {
    let boot = app.boot("Acme", None).await;
    let (id, ann) = member(&app, &boot, "ann", "org:member").await;
    let path = within(&boot, &format!("/memberships/{id}"));
    let changed = boot.key.patch(&path, json!({"role": "org:admin", "public_metadata": {"desk": 4}})).await.ok();
    assert_eq!((&changed["role"], &changed["public_metadata"]), (&json!("org:admin"), &json!({"desk": 4})));
    let kept = boot.key.patch(&path, json!({})).await.ok();
    assert_eq!((&kept["role"], &kept["public_metadata"]), (&json!("org:admin"), &json!({"desk": 4})));
    let unknown = boot.key.patch(&path, json!({"role": "admin"})).await;
    assert_eq!(faults(&problem(unknown, 400, "validation_failed")), [("role".to_owned(), "unknown_value".to_owned())]);

    ann.get(&within(&boot, "/memberships")).await.ok();
    boot.key.delete(&path).await.expect(204);
    problem(boot.key.delete(&path).await, 404, "member_not_found");
    problem(ann.get(&within(&boot, "/memberships")).await, 404, "organization_not_found");
});

db_test!(adding_is_for_the_platform_and_once, async |app| {
    let boot = app.boot("Acme", None).await;
    let (id, admin) = member(&app, &boot, "ann", "org:admin").await;
    let twice = boot.key.post(&within(&boot, "/memberships"), json!({"user_id": id, "role": "org:member"})).await;
    problem(twice, 409, "user_is_already_a_member_of_this_organization");
    let none =
        boot.key.post(&within(&boot, "/memberships"), json!({"user_id": "user_none", "role": "org:member"})).await;
    assert_eq!(faults(&problem(none, 400, "validation_failed")), [("user_id".to_owned(), "user_not_found".to_owned())]);
    let stranger = boot.key.post("/v1/users", json!({"email_address": "bob@x.example"})).await.created();
    let body = json!({"user_id": stranger["id"], "role": "org:member"});
    problem(admin.post(&within(&boot, "/memberships"), body).await, 403, "forbidden");
});

db_test!(
    who_is_given_no_role_gets_the_one_of_the_configuration,
    Options::default().settings(|settings| settings.organization.member_role = "admin".to_owned()),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let ann = boot.key.post("/v1/users", json!({"email_address": "ann@x.example"})).await.created();
        let added = boot.key.post(&within(&boot, "/memberships"), json!({"user_id": ann["id"]})).await.created();
        assert_eq!(added["role"], "org:admin");
        let invited = json!({"email_address": "bob@x.example"});
        assert_eq!(boot.key.post(&within(&boot, "/invitations"), invited).await.created()["role"], "org:admin");
        // By leaving it out nobody gives what they may not.
        let (_, eve) = member(&app, &boot, "eve", "org:member").await;
        let refused = eve.post(&within(&boot, "/invitations"), json!({"email_address": "c@x.example"})).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
);

db_test!(nobody_gives_a_role_above_their_own_and_the_last_owner_stays, async |app| {
    let boot = app.boot("Acme", None).await;
    let (_, admin) = member(&app, &boot, "ann", "org:admin").await;
    let (bob, member) = member(&app, &boot, "bob", "org:member").await;
    let path = within(&boot, &format!("/memberships/{bob}"));
    let up = admin.patch(&path, json!({"role": "org:owner"})).await;
    assert_eq!(up.status, 403, "{up:?}");
    admin.patch(&path, json!({"role": "org:admin"})).await.ok();
    admin.patch(&path, json!({"role": "org:member"})).await.ok();
    let private = admin.patch(&path, json!({"private_metadata": {"a": 1}})).await;
    problem(private, 403, "forbidden");
    problem(member.patch(&path, json!({"role": "org:admin"})).await, 403, "forbidden");
    problem(member.get(&within(&boot, "/memberships")).await, 403, "forbidden");

    let owner = within(&boot, &format!("/memberships/{}", boot.user_id));
    let down = boot.key.patch(&owner, json!({"role": "org:member"})).await;
    problem(down, 409, "you_cannot_leave_the_organization_without_an_owner");
    let gone = boot.key.delete(&owner).await;
    problem(gone, 409, "you_cannot_leave_the_organization_as_the_only_owner");
    let touched = admin.delete(&owner).await;
    assert_eq!(touched.status, 403, "{touched:?}");
});
