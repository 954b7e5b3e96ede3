//! Groups created, read, replaced and deleted, and what their members see.

use super::*;
use crate::support::*;

db_test!(a_group_shows_its_members_and_they_show_it, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let (ann, bob) = (make(scim, "ann").await, make(scim, "bob").await);
    let body = json!({"schemas": [GROUP], "displayName": "Staff", "externalId": "g1", "members": [{"value": ann, "display": "x"}, bob]});
    let made = scim.post("/scim/v2/Groups", body).await.expect(201);
    let location = format!("{}/scim/v2/Groups/{}", app.base, made["id"].as_str().unwrap());
    assert_eq!((made.header("location"), &made["meta"]["location"]), (Some(location.as_str()), &json!(location)));
    assert_eq!(
        (&made["displayName"], &made["externalId"], &made["meta"]["resourceType"]),
        (&json!("Staff"), &json!("g1"), &json!("Group"))
    );
    let listed = made["members"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let member = listed.iter().find(|member| member["value"] == ann.as_str()).unwrap();
    assert_eq!(member, &json!({"value": ann, "$ref": format!("{}/scim/v2/Users/{ann}", app.base), "type": "User"}));
    let named = scim.get(&format!("{location}?attributes=members.value,members.display")).await.ok();
    assert!(named["members"].as_array().unwrap().contains(&json!({"value": ann, "display": "ann Example"})), "{named}");
    assert_eq!(scim.get(&location).await.ok(), made.json);
    let groups = &scim.get(&format!("/scim/v2/Users/{ann}")).await.ok()["groups"];
    assert_eq!(groups, &json!([{"value": made["id"], "$ref": location, "display": "Staff", "type": "direct"}]));
});

db_test!(put_sets_exactly_the_members_that_are_sent, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let (ann, bob) = (make(scim, "ann").await, make(scim, "bob").await);
    let group = make_group(scim, "Staff", &[&ann]).await;
    let path = format!("/scim/v2/Groups/{group}");
    let put = |members: Json| json!({"schemas": [GROUP], "displayName": "Staff", "members": members});
    scim.put(&path, put(json!([{"value": bob}]))).await.expect(200);
    assert_eq!(members(scim, &group).await, [bob.as_str()]);
    // A body that does not name them leaves them.
    let renamed = scim.put(&path, json!({"schemas": [GROUP], "displayName": "Crew"})).await.ok();
    assert_eq!((&renamed["displayName"], renamed["members"].as_array().map(Vec::len)), (&json!("Crew"), Some(1)));
    scim.put(&path, put(json!([]))).await.expect(200);
    assert!(members(scim, &group).await.is_empty());
    scim.put(&path, put(json!([{"value": ann}, {"value": ann}]))).await.expect(200);
    assert_eq!(members(scim, &group).await, [ann]);
    scim.put(&path, put(json!(null))).await.expect(200);
    assert!(members(scim, &group).await.is_empty());
    refused(&scim.put(&path, json!({"schemas": [GROUP], "members": []})).await, 400, "invalidValue");
    refused(&scim.put("/scim/v2/Groups/scimg_none", put(json!([]))).await, 404, "");
});

db_test!(one_unknown_member_fails_nobody, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let group = make_group(scim, "Staff", &["scimu_nobody", &ann]).await;
    assert_eq!(members(scim, &group).await, [ann.as_str()]);
    let path = format!("/scim/v2/Groups/{group}");
    scim.patch(&path, op("add", "members", json!([{"value": "not an id"}, {"value": "scimu_x"}]))).await.expect(200);
    scim.patch(&path, op("remove", "members", json!([{"value": "scimu_x"}]))).await.expect(200);
    assert_eq!(members(scim, &group).await, [ann]);
    refused(&scim.patch(&path, op("add", "members", json!([{"display": "x"}]))).await, 400, "invalidValue");
});

db_test!(members_are_not_shown_where_they_are_excluded, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let body = json!({"schemas": [GROUP], "displayName": "Staff", "members": [{"value": ann}]});
    let made = scim.post("/scim/v2/Groups?excludedAttributes=members", body.clone()).await.created();
    let path = format!("/scim/v2/Groups/{}", id(&made));
    let list = scim.get("/scim/v2/Groups?excludedAttributes=members").await.ok();
    for group in [
        &made,
        &scim.get(&format!("{path}?excludedAttributes=members")).await.ok(),
        &scim.get(&format!("{path}?attributes=displayName")).await.ok(),
        &scim.put(&format!("{path}?excludedAttributes=Members"), body).await.ok(),
        &scim
            .patch(&format!("{path}?excludedAttributes=members"), op("replace", "displayName", json!("Crew")))
            .await
            .ok(),
        &list["Resources"][0],
    ] {
        assert!(group["members"].is_null() && group["displayName"].is_string(), "{group}");
    }
    assert_eq!(members(scim, &id(&made)).await, [ann.as_str()]);
    let values = scim.get(&format!("{path}?attributes=members.value")).await.ok();
    assert_eq!(values["members"], json!([{"value": ann}]));
});

db_test!(groups_of_the_same_name_may_be, async |app| {
    let boot = app.boot("Acme", None).await;
    let first = make_group(&boot.scim, "Staff", &[]).await;
    assert_ne!(make_group(&boot.scim, "Staff", &[]).await, first);
    let found = boot.scim.get(&filtered("/scim/v2/Groups", "displayName eq \"staff\"")).await.ok();
    assert_eq!(found["totalResults"], 2);
});

db_test!(a_deleted_group_is_gone_from_its_members, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let group = make_group(scim, "Staff", &[&ann]).await;
    let path = format!("/scim/v2/Groups/{group}");
    scim.delete(&path).await.expect(204);
    for answer in
        [scim.get(&path).await, scim.delete(&path).await, scim.patch(&path, op("add", "members", json!([ann]))).await]
    {
        refused(&answer, 404, "");
    }
    assert!(scim.get(&format!("/scim/v2/Users/{ann}")).await.ok()["groups"].is_null());
    assert_eq!(scim.get("/scim/v2/Groups").await.ok()["totalResults"], 0);
});

db_test!(parallel_member_changes_are_not_lost, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let mut people = Vec::new();
    for number in 0..12 {
        people.push(make(scim, &format!("p{number}")).await);
    }
    let group = make_group(scim, "Staff", &[]).await;
    let tasks: Vec<_> = people
        .iter()
        .map(|person| {
            let (scim, path) = (scim.clone(), format!("/scim/v2/Groups/{group}?excludedAttributes=members"));
            let body = op("add", "members", json!([{"value": person}]));
            actix_web::rt::spawn(async move { scim.patch(&path, body).await.expect(200) })
        })
        .collect();
    for task in tasks {
        task.await.expect("it is added");
    }
    people.sort();
    assert_eq!(members(scim, &group).await, people);
});
