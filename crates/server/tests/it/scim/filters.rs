//! Filters over HTTP. What the language means in detail is tested where it is evaluated, in `scim-protocol`.

use super::*;
use crate::support::*;

db_test!(what_identity_providers_match_by, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    make(scim, "bob").await;
    for filter in [
        "userName eq \"ann@acme.example\"".to_owned(),
        "USERNAME Eq \"ANN@acme.example\"".to_owned(),
        "externalId eq \"ext-ann\"".to_owned(),
        "emails.value eq \"Ann@acme.example\"".to_owned(),
        "emails eq \"ann@acme.example\"".to_owned(),
        "emails[type eq \"work\"].value eq \"ann@acme.example\"".to_owned(),
        "emails[type eq \"work\" and value eq \"ann@acme.example\"]".to_owned(),
        format!("id eq \"{ann}\""),
        "displayName eq \"Ann example\"".to_owned(),
        "userName eq \"ann@acme.example\" and externalId eq \"ext-ann\"".to_owned(),
        format!("id eq \"{ann}\" and emails.value eq \"ann@acme.example\""),
        format!("{USER}:userName eq \"ann@acme.example\""),
        "name.givenName eq \"ANN\"".to_owned(),
        "userName sw \"ann\" or displayName co \"nobody\"".to_owned(),
        "not (userName sw \"bob\")".to_owned(),
        "emails[value ew \"example\" and not (value sw \"bob\")]".to_owned(),
    ] {
        let list = scim.get(&filtered("/scim/v2/Users", &filter)).await.ok();
        assert_eq!(
            (&list["totalResults"], &list["itemsPerPage"], names(&list)),
            (&json!(1), &json!(1), vec!["ann@acme.example".to_owned()]),
            "{filter}"
        );
    }
    for filter in [
        "userName eq \"nobody\"",
        "externalId eq \"EXT-ann\"",
        "emails[type eq \"home\"].value eq \"ann@acme.example\"",
        "userName eq \"ann@acme.example\" and externalId eq \"ext-bob\"",
        "id eq \"\"",
        "id eq \"' OR 1=1 --\"",
        "userName eq \"%\"",
        "userName co \"_nn\"",
    ] {
        let list = scim.get(&filtered("/scim/v2/Users", filter)).await.ok();
        assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(0), &json!([])), "{filter}");
    }
    for (filter, total) in [
        ("userName pr", 2),
        ("active eq true", 2),
        ("meta.created gt \"2000-01-01T00:00:00Z\"", 2),
        ("meta.lastModified lt \"2000-01-01T00:00:00Z\"", 0),
        ("meta.resourceType eq \"User\"", 2),
        (&format!("{ENTERPRISE}:department eq \"engineering\""), 2),
        (&format!("schemas eq \"{ENTERPRISE}\""), 2),
        ("title pr", 0),
    ] {
        assert_eq!(scim.get(&filtered("/scim/v2/Users", filter)).await.ok()["totalResults"], total, "{filter}");
    }
});

db_test!(references_are_checked_as_entra_does, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let boss = make(scim, "boss").await;
    let mut ann = person("ann");
    ann[ENTERPRISE]["manager"] = json!({"value": boss});
    let ann = id(&scim.post("/scim/v2/Users", ann).await.created());
    let filter = |who: &str| {
        format!(
            "{}&attributes=id",
            filtered("/scim/v2/Users", &format!("id eq \"{ann}\" and {ENTERPRISE}:manager eq \"{who}\""))
        )
    };
    let found = scim.get(&filter(&boss)).await.ok();
    assert_eq!(found["Resources"], json!([{"schemas": [USER, ENTERPRISE], "id": ann}]));
    assert_eq!(scim.get(&filter("scimu_other")).await.ok()["totalResults"], 0);

    let group = make_group(scim, "Staff", &[&ann]).await;
    make_group(scim, "Empty", &[]).await;
    for filter in [
        "displayName eq \"STAFF\"".to_owned(),
        format!("id eq \"{group}\""),
        format!("members.value eq \"{ann}\""),
        format!("members eq \"{ann}\""),
        format!("id eq \"{group}\" and members eq \"{ann}\""),
        format!("members[value eq \"{ann}\"]"),
    ] {
        let list = scim.get(&filtered("/scim/v2/Groups", &filter)).await.ok();
        assert_eq!((&list["totalResults"], &list["Resources"][0]["id"]), (&json!(1), &json!(group)), "{filter}");
    }
    let of_group = scim.get(&filtered("/scim/v2/Users", &format!("groups.value eq \"{group}\""))).await.ok();
    assert_eq!(of_group["Resources"][0]["id"], json!(ann));
});

db_test!(broken_filters_are_refused, async |app| {
    let boot = app.boot("Acme", None).await;
    for filter in [
        "",
        "userName",
        "userName eq",
        "userName eq ann",
        "userName is \"x\"",
        "userName eq \"x",
        "(userName pr",
        "userName pr)",
        "emails[type eq \"work\"",
        "userName pr and",
        "or userName pr",
        "userName pr extra",
        "not userName pr",
        "()",
        "password eq \"x\"",
        "password pr",
        "active gt true",
        "nothing eq \"x\"",
        "userName eq 5",
        "userName eq \"\\ud800\"",
        &"(".repeat(60),
        &vec!["active eq true"; 600].join(" or "),
    ] {
        for kind in ["Users", "Groups"] {
            refused(&boot.scim.get(&filtered(&format!("/scim/v2/{kind}"), filter)).await, 400, "invalidFilter");
        }
    }
});

db_test!(a_filter_pages_over_what_it_finds, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    for number in 0..5 {
        make(scim, &format!("ann{number}")).await;
        make(scim, &format!("bob{number}")).await;
    }
    let mut found = Vec::new();
    for start in [1, 3, 5, 7] {
        let path = format!("{}&startIndex={start}&count=2", filtered("/scim/v2/Users", "userName sw \"bob\""));
        let page = scim.get(&path).await.ok();
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(5), &json!(start)));
        found.extend(names(&page));
    }
    assert_eq!(found, (0..5).map(|number| format!("bob{number}@acme.example")).collect::<Vec<_>>());
});

db_test!(addresses_are_what_the_client_sees, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    make(scim, "bob").await;
    let group = json!({"schemas": [GROUP], "displayName": "Crew", "members": [{"value": ann}]});
    let crew = id(&scim.post("/scim/v2/Groups", group).await.created());
    for prefix in ["/scim/v2", "/api/auth/scim/v2"] {
        let location = scim.get(&format!("{prefix}/Users/{ann}")).await.ok()["meta"]["location"].clone();
        let location = location.as_str().expect("an address");
        let base = location.strip_suffix(&format!("/Users/{ann}")).expect("the address of the user");
        for (path, filter, total) in [
            ("Users", format!("meta.location eq \"{location}\""), 1),
            ("Users", format!("meta.location sw \"{base}/Users/\""), 2),
            ("Users", "meta.location pr".to_owned(), 2),
            ("Users", format!("groups.$ref eq \"{base}/Groups/{crew}\""), 1),
            ("Groups", format!("members.$ref eq \"{location}\""), 1),
            ("Groups", format!("meta.location eq \"{location}\""), 0),
        ] {
            let list = scim.get(&filtered(&format!("{prefix}/{path}"), &filter)).await.ok();
            assert_eq!(list["totalResults"], total, "{prefix} {filter}");
        }
    }
    let sorted = scim.get("/scim/v2/Users?sortBy=meta.location&sortOrder=descending").await.ok();
    let ids: Vec<&str> =
        sorted["Resources"].as_array().unwrap().iter().filter_map(|user| user["id"].as_str()).collect();
    assert!(ids.is_sorted_by(|one, two| one > two) && ids.len() == 2, "{ids:?}");
    let reference = scim.get(&format!("/scim/v2/Groups/{crew}")).await.ok()["members"][0]["$ref"].clone();
    let path = format!("members[$ref eq {reference}]");
    let remove = operations(json!([{"op": "remove", "path": path}]));
    let left = scim.patch(&format!("/scim/v2/Groups/{crew}"), remove).await.expect(200);
    assert!(left["members"].as_array().is_none_or(Vec::is_empty), "{left:?}");
});

db_test!(a_search_knows_the_names_that_a_list_knows, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    make(scim, "ann").await;
    for path in ["/scim/v2/.search", "/scim/v2/Users/.search"] {
        let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "department eq \"engineering\""});
        assert_eq!(scim.post(path, search).await.ok()["totalResults"], 1, "{path}");
    }
});
