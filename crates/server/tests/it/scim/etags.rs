//! Versions: an entity tag is `meta.version`, it moves with everything that is shown, and it guards changes
//! (RFC 7644 section 3.14).

use auth_core::clock::Clock as _;

use super::*;
use crate::support::*;

/// The entity tag of a resource as it is now, the same in the header and in the body.
async fn tag(scim: &Client, path: &str) -> String {
    let answer = scim.get(path).await.expect(200);
    let tag = answer.header("etag").expect("an ETag").to_owned();
    assert_eq!(answer["meta"]["version"], tag.as_str());
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
    tag
}

async fn knows(scim: &Client, path: &str, tag: &str) -> bool {
    let answer = scim.send("GET", path, None, &[("if-none-match", tag)]).await;
    match answer.status {
        304 => assert!(answer.text.is_empty()),
        _ => assert_eq!(answer.status, 200),
    }
    answer.status == 304
}

async fn join(scim: &Client, group: &str, verb: &str, member: &str) {
    let path = format!("/scim/v2/Groups/{group}");
    scim.patch(&path, op(verb, "members", json!([{ "value": member }]))).await.expect(200);
}

db_test!(the_version_is_the_entity_tag_everywhere, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let group = json!({"schemas": [GROUP], "displayName": "Staff", "members": [{"value": ann}]});
    for (list, body) in [("/scim/v2/Users", person("bob")), ("/scim/v2/Groups", group)] {
        let made = scim.post(list, body.clone()).await.expect(201);
        let path = format!("{list}/{}", made["id"].as_str().unwrap());
        assert_eq!(made["meta"]["version"], made.header("etag").unwrap());
        assert_eq!(made.header("etag"), Some(tag(scim, &path).await.as_str()));
        let patched = scim.patch(&path, op("replace", "displayName", json!("Other"))).await.expect(200);
        assert_eq!(patched["meta"]["version"], patched.header("etag").unwrap());
        assert_eq!(patched.header("etag"), Some(tag(scim, &path).await.as_str()));
        let put = scim.put(&path, body).await.expect(200);
        assert_eq!(put["meta"]["version"], put.header("etag").unwrap());
        assert_eq!(put.header("etag"), Some(tag(scim, &path).await.as_str()));
    }
    let (user, listed) = (tag(scim, &format!("/scim/v2/Users/{ann}")).await, scim.get("/scim/v2/Users").await.ok());
    let of_ann = listed["Resources"].as_array().unwrap().iter().find(|user| user["id"] == ann.as_str()).unwrap();
    assert_eq!(of_ann["meta"]["version"], user.as_str(), "a person in a group");
    let found = filtered("/scim/v2/Users", &format!("meta.version eq {}", json!(user)));
    assert_eq!(scim.get(&found).await.ok()["totalResults"], 1);
});

db_test!(the_tag_of_a_person_moves_with_their_groups, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let (staff, all) = (make_group(scim, "Staff", &[]).await, make_group(scim, "All", &[]).await);
    let path = format!("/scim/v2/Users/{ann}");
    let alone = tag(scim, &path).await;
    let mut seen = vec![alone.clone()];
    let mut moves = async |what: &str| {
        let now = tag(scim, &path).await;
        assert!(!seen.contains(&now), "{what}");
        assert!(!knows(scim, &path, seen.last().unwrap()).await && knows(scim, &path, &now).await, "{what}");
        seen.push(now);
    };
    join(scim, &staff, "add", &ann).await;
    moves("joined").await;
    let staff_path = format!("/scim/v2/Groups/{staff}");
    scim.patch(&staff_path, op("replace", "displayName", json!("Crew"))).await.expect(200);
    moves("the group has another name").await;
    join(scim, &all, "add", &staff).await;
    moves("the group is in another").await;
    join(scim, &all, "add", &ann).await;
    moves("a member of that one too").await;
    scim.delete(&staff_path).await.expect(204);
    moves("the group is gone").await;
    join(scim, &all, "remove", &ann).await;
    assert_eq!(tag(scim, &path).await, alone);
    assert!(knows(scim, &path, &alone).await);
});

db_test!(a_stale_tag_changes_nothing, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let group = make_group(scim, "Staff", &[]).await;
    let (user_path, group_path) = (format!("/scim/v2/Users/{ann}"), format!("/scim/v2/Groups/{group}"));
    let (user, staff) = (tag(scim, &user_path).await, tag(scim, &group_path).await);
    join(scim, &group, "add", &ann).await;
    let bytes = |body: Json| Some(body.to_string().into_bytes());
    let rename = || bytes(op("replace", "displayName", json!("New")));
    let whole = bytes(json!({"schemas": [GROUP], "displayName": "New", "members": []}));
    for (path, old, put) in [(&user_path, &user, bytes(person("ann"))), (&group_path, &staff, whole)] {
        let now = tag(scim, path).await;
        for (method, body) in [("PATCH", rename()), ("PUT", put), ("DELETE", None)] {
            for stale in [old.as_str(), "W/\"99\", \"98\"", "no tag", "\"\""] {
                refused(&scim.send(method, path, body.clone(), &[("if-match", stale)]).await, 412, "");
            }
        }
        assert_eq!(&tag(scim, path).await, &now);
        // Weak and strong, one and many, a star.
        let strong = now.strip_prefix("W/").unwrap();
        for good in [now.as_str(), strong, &format!("{old}, {now}"), "*"] {
            scim.send("PATCH", path, bytes(op("add", "externalId", json!("ext-x"))), &[("if-match", good)])
                .await
                .expect(200);
            scim.send("PATCH", path, bytes(op("remove", "nickName", json!(null))), &[("if-match", "*")]).await;
            let present = tag(scim, path).await;
            if present != now {
                refused(&scim.send("PATCH", path, rename(), &[("if-match", &now)]).await, 412, "");
                break;
            }
        }
        assert!(knows(scim, path, "*").await && knows(scim, path, &format!("\"0\", {}", tag(scim, path).await)).await);
    }
    assert_eq!(members(scim, &group).await, [ann.as_str()]);
    let both = format!("{user}, {}", tag(scim, &user_path).await);
    scim.send("DELETE", &user_path, None, &[("if-match", &both)]).await.expect(204);
});

db_test!(what_changes_nothing_keeps_the_tag, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let group = make_group(scim, "Staff", &[&ann]).await;
    let (user_path, group_path) = (format!("/scim/v2/Users/{ann}"), format!("/scim/v2/Groups/{group}"));
    let before = (scim.get(&user_path).await.ok(), scim.get(&group_path).await.ok());
    app.clock.advance(5);
    scim.put(&user_path, person("ann")).await.expect(200);
    scim.patch(&user_path, op("replace", "active", json!("True"))).await.expect(200);
    join(scim, &group, "add", &ann).await;
    join(scim, &group, "remove", "scimu_nobody").await;
    let both = json!([{"op": "remove", "path": "members", "value": [{"value": ann}]}, {"op": "add", "path": "members", "value": [{"value": ann}]}]);
    scim.patch(&group_path, operations(both)).await.expect(200);
    scim.put(&group_path, json!({"schemas": [GROUP], "displayName": "Staff", "members": [{"value": ann}]}))
        .await
        .expect(200);
    assert_eq!((scim.get(&user_path).await.ok(), scim.get(&group_path).await.ok()), before);
});

db_test!(what_a_group_says_of_its_last_change_moves_with_its_version, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let (ann, bob) = (make(scim, "ann").await, make(scim, "bob").await);
    let inner = make_group(scim, "Inner", &[]).await;
    let group = make_group(scim, "Staff", &[&ann, &bob, &inner]).await;
    let path = format!("/scim/v2/Groups/{group}");
    // The clock of the server steps back.
    let later = app.clock.now().millis() + 3_600_000;
    let ahead = async |tx: &mut auth_core::Tx| {
        let sql = "UPDATE directory_groups SET updated_at = $1 WHERE id = $2";
        auth_core::db::run(tx, sql, [later.into(), group.as_str().into()]).await
    };
    app.core.write(&auth_core::Ctx::system("test"), ahead).await.expect("changed");
    let mut before = scim.get(&path).await.ok();
    let mut moves = async |what: &str| {
        let after = scim.get(&path).await.ok();
        let at = |group: &Json| group["meta"]["lastModified"].as_str().unwrap().to_owned();
        assert!(at(&after) > at(&before), "{what}: {after}");
        assert_ne!(after["meta"]["version"], before["meta"]["version"], "{what}");
        before = after;
    };
    scim.delete(&format!("/scim/v2/Users/{ann}")).await.expect(204);
    moves("a member was deleted").await;
    scim.delete(&format!("/scim/v2/Groups/{inner}")).await.expect(204);
    moves("a group in it was deleted").await;
    join(scim, &group, "remove", &bob).await;
    moves("somebody left").await;
    scim.patch(&path, op("replace", "displayName", json!("Crew"))).await.expect(200);
    moves("it has another name").await;
});

db_test!(of_changes_under_one_tag_one_wins, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let path = format!("/scim/v2/Users/{}", make(scim, "ann").await);
    let tag = tag(scim, &path).await;
    let tasks: Vec<_> = (0..10)
        .map(|number| {
            let (scim, path, tag) = (scim.clone(), path.clone(), tag.clone());
            let body = op("replace", "title", json!(format!("T{number}"))).to_string().into_bytes();
            actix_web::rt::spawn(
                async move { scim.send("PATCH", &path, Some(body), &[("if-match", &tag)]).await.status },
            )
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.expect("a status"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412, 412, 412]);
});
