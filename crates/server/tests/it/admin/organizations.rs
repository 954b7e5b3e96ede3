//! Organizations: made, listed, changed, deleted.

use super::{faults, problem, within};
use crate::support::*;

db_test!(an_organization_is_made_read_changed_and_deleted, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let key = &boot.key;
    let body = json!({
        "name": "Söhne & Co", "created_by": boot.user_id, "max_allowed_memberships": 5, "public_metadata": {"tier": 1},
        "private_metadata": {"crm": 2}
    });
    let made = key.post("/v1/organizations", body).await.created();
    let path = format!("/v1/organizations/{}", made["id"].as_str().unwrap());
    let expected = json!({
        "object": "organization", "name": "Söhne & Co", "image_url": null, "has_image": false, "members_count": 1,
        "pending_invitations_count": 0, "max_allowed_memberships": 5, "require_two_factor": false, "require_sso": [], "public_metadata": {"tier": 1},
        "private_metadata": {"crm": 2}, "created_by": boot.user_id, "ownerless_since": null
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    let slug = made["slug"].as_str().unwrap();
    assert!(
        !slug.is_empty() && slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
        "{slug}"
    );
    assert_eq!(key.get(&path).await.ok(), made);

    let change = json!({"max_allowed_memberships": null, "image_url": "https://x.example/y.png", "slug": "soehne"});
    let changed = key.patch(&path, change).await.ok();
    assert_eq!((&changed["max_allowed_memberships"], &changed["has_image"]), (&Json::Null, &json!(true)));
    assert_eq!((&changed["slug"], &changed["name"]), (&json!("soehne"), &made["name"]));
    let taken = key.post("/v1/organizations", json!({"name": "x", "slug": "soehne"})).await;
    assert_eq!(problem(taken, 409, "organization_already_exists")["errors"][0]["field"], "slug");

    key.delete(&path).await.expect(204);
    problem(key.get(&path).await, 404, "organization_not_found");
    problem(key.patch(&path, json!({"name": "x"})).await, 404, "organization_not_found");
    problem(key.delete(&path).await, 404, "organization_not_found");
});

db_test!(two_of_one_name_have_slugs_of_their_own, async |app| {
    let boot = app.boot("Acme", None).await;
    let one = boot.key.post("/v1/organizations", json!({"name": "Twin"})).await.created();
    let two = boot.key.post("/v1/organizations", json!({"name": "Twin"})).await.created();
    assert_eq!(one["slug"], "twin");
    assert!(two["slug"].as_str().unwrap().starts_with("twin-"), "{two}");
    assert_eq!((&one["members_count"], &one["created_by"]), (&json!(0), &Json::Null));
});

db_test!(what_is_no_organization_is_refused_field_by_field, async |app| {
    let boot = app.boot("Acme", None).await;
    let refused = async |body: Json, field: &str, code: &str| {
        let answer = problem(boot.key.post("/v1/organizations", body).await, 400, "validation_failed");
        assert_eq!(faults(&answer), [(field.to_owned(), code.to_owned())]);
    };
    refused(json!({}), "name", "required").await;
    refused(json!({"name": "x", "slug": "Not A Slug"}), "slug", "invalid_slug").await;
    refused(json!({"name": "x", "max_allowed_memberships": 0}), "max_allowed_memberships", "out_of_range").await;
    refused(json!({"name": "x", "max_allowed_memberships": 1.5}), "max_allowed_memberships", "wrong_type").await;
    refused(json!({"name": "x", "created_by": "user_none"}), "created_by", "user_not_found").await;
    refused(json!({"name": "x", "created_by": "not an id"}), "created_by", "not_an_id").await;
    refused(json!({"name": "x", "private_metadata": {"big": "x".repeat(20_000)}}), "private_metadata", "too_long")
        .await;
    let null = boot.key.patch(&within(&boot, ""), json!({"name": null})).await;
    assert_eq!(faults(&problem(null, 400, "validation_failed")), [("name".to_owned(), "required".to_owned())]);
});

db_test!(organizations_are_searched_and_ordered, async |app| {
    let boot = app.boot("Acme", None).await;
    for name in ["Beta", "Gamma"] {
        boot.key.post("/v1/organizations", json!({"name": name})).await.created();
    }
    let names = async |query: &str| -> Vec<String> {
        let page = boot.key.get(&format!("/v1/organizations?{query}")).await.ok();
        page["data"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await, ["Gamma", "Beta", "Acme"]);
    assert_eq!(names("order_by=name").await, ["Acme", "Beta", "Gamma"]);
    assert_eq!(names("order_by=-members_count&limit=1").await, ["Acme"]);
    assert_eq!(names("query=BET").await, ["Beta"]);
    assert_eq!(names(&format!("user_id={}", boot.user_id)).await, ["Acme"]);
});

db_test!(the_domains_of_an_organization_are_listed, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let page = boot.key.get(&within(&boot, "/domains")).await.ok();
    assert_eq!(page["total_count"], 1);
    let domain = &page["data"][0];
    assert_eq!((&domain["object"], &domain["name"]), (&json!("organization_domain"), &json!("acme.example")));
    assert_eq!((&domain["verified"], &domain["organization_id"]), (&json!(true), &json!(boot.organization_id)));
});
