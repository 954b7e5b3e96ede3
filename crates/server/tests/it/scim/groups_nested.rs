//! Groups in groups: what members see of it, circles, and races between the two.

use auth_core::features::directory::groups::effective_groups_of;
use auth_core::ids::{DirectoryId, DirectoryUserId, Id as _};

use super::*;
use crate::support::*;

/// The names of a person's groups by `type`, sorted.
async fn groups_of(scim: &Client, user: &str) -> (Vec<String>, Vec<String>) {
    let user = scim.get(&format!("/scim/v2/Users/{user}")).await.ok();
    let of = |kind: &str| {
        let groups = user["groups"].as_array().into_iter().flatten();
        let mut names: Vec<String> = groups
            .filter(|group| group["type"] == kind)
            .map(|group| group["display"].as_str().expect("a name").to_owned())
            .collect();
        names.sort();
        names
    };
    (of("direct"), of("indirect"))
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

async fn alter(scim: &Client, group: &str, verb: &str, member: &str) -> Answer {
    scim.patch(&format!("/scim/v2/Groups/{group}"), op(verb, "members", json!([{ "value": member }]))).await
}

/// What nobody is: a member that is no resource.
const DANGLING: &str = "SELECT COUNT(*) FROM directory_group_members m
    WHERE NOT EXISTS (SELECT 1 FROM directory_users u WHERE u.id = m.member_id)
      AND NOT EXISTS (SELECT 1 FROM directory_groups g WHERE g.id = m.member_id)";

db_test!(members_of_a_group_in_a_group_are_in_both, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let (ann, bob) = (make(scim, "ann").await, make(scim, "bob").await);
    let inner = make_group(scim, "Inner", &[&ann]).await;
    let middle = make_group(scim, "Middle", &[&inner]).await;
    let outer = make_group(scim, "Outer", &[&middle, &bob]).await;
    assert_eq!(groups_of(scim, &ann).await, (strings(&["Inner"]), strings(&["Middle", "Outer"])));
    assert_eq!(groups_of(scim, &bob).await, (strings(&["Outer"]), vec![]));
    // Lists show the same.
    let one = scim.get(&format!("/scim/v2/Users/{ann}")).await.ok();
    let listed = scim.get("/scim/v2/Users").await.ok();
    assert_eq!(listed["Resources"].as_array().unwrap().iter().find(|user| user["id"] == ann.as_str()), Some(&one));
    let indirect = one["groups"].as_array().unwrap().iter().find(|group| group["value"] == outer.as_str()).unwrap();
    let there = format!("{}/scim/v2/Groups/{outer}", app.base);
    assert_eq!(indirect, &json!({"value": outer, "$ref": there, "display": "Outer", "type": "indirect"}));
    // The group says what its members are, and only of its own.
    let shown = scim.get(&format!("/scim/v2/Groups/{outer}?attributes=members,members.display")).await.ok();
    let shown = shown["members"].as_array().unwrap();
    assert_eq!(shown.len(), 2);
    let there = format!("{}/scim/v2/Groups/{middle}", app.base);
    assert!(
        shown.contains(&json!({"value": middle, "$ref": there, "type": "Group", "display": "Middle"})),
        "{shown:?}"
    );
    assert!(shown.iter().any(|member| member["value"] == bob.as_str() && member["type"] == "User"));
    // Both direct and through another: direct.
    alter(scim, &outer, "add", &ann).await.expect(200);
    assert_eq!(groups_of(scim, &ann).await, (strings(&["Inner", "Outer"]), strings(&["Middle"])));
    let effective = app
        .look(async |rx| {
            let (directory, user) =
                (DirectoryId::from_text(boot.directory_id.clone()), DirectoryUserId::from_text(ann.clone()));
            effective_groups_of(rx, &directory, &user).await
        })
        .await;
    let mut wanted = vec![inner, middle, outer];
    wanted.sort();
    assert_eq!(effective.into_iter().map(String::from).collect::<Vec<_>>(), wanted);
});

db_test!(circles_are_legal_and_never_loop, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let (a, b, c) =
        (make_group(scim, "A", &[&ann]).await, make_group(scim, "B", &[]).await, make_group(scim, "C", &[]).await);
    for (group, member) in [(&b, &a), (&c, &b), (&a, &c), (&b, &b)] {
        alter(scim, group, "add", member).await.expect(200);
    }
    assert_eq!(groups_of(scim, &ann).await, (strings(&["A"]), strings(&["B", "C"])));
    assert_eq!(scim.get("/scim/v2/Users").await.ok()["Resources"][0]["groups"].as_array().unwrap().len(), 3);
    assert_eq!(members(scim, &b).await, {
        let mut both = vec![a.clone(), b.clone()];
        both.sort();
        both
    });
    // Out of the circle again.
    alter(scim, &a, "remove", &c).await.expect(200);
    scim.delete(&format!("/scim/v2/Groups/{b}")).await.expect(204);
    assert_eq!(groups_of(scim, &ann).await, (strings(&["A"]), vec![]));
    assert!(members(scim, &c).await.is_empty());
});

db_test!(a_long_chain_is_followed_to_its_end, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let mut inner = ann.clone();
    for number in 0..40 {
        inner = make_group(scim, &format!("G{number:02}"), &[&inner]).await;
    }
    let (direct, indirect) = groups_of(scim, &ann).await;
    assert_eq!((direct, indirect.len(), indirect.last().unwrap().as_str()), (strings(&["G00"]), 39, "G39"));
});

db_test!(a_deleted_group_is_in_no_group, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let inner = make_group(scim, "Inner", &[&ann]).await;
    let (one, two) = (make_group(scim, "One", &[&inner, &ann]).await, make_group(scim, "Two", &[]).await);
    let version = async |group: &str| scim.get(&format!("/scim/v2/Groups/{group}")).await.ok()["meta"].clone();
    let before = (version(&one).await, version(&two).await);
    scim.delete(&format!("/scim/v2/Groups/{inner}")).await.expect(204);
    assert_eq!(members(scim, &one).await, [ann.as_str()]);
    let after = (version(&one).await, version(&two).await);
    assert!(after.0["version"] != before.0["version"] && after.0["lastModified"] != before.0["lastModified"]);
    assert_eq!(after.1, before.1);
    assert_eq!(groups_of(scim, &ann).await, (strings(&["One"]), vec![]));
    let removed = app.events_of(auth_core::outbox::EventKind::DirectoryGroupMemberRemoved).await;
    assert_eq!(removed.last().unwrap().payload["member"], json!({"id": inner, "type": "Group"}));
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_group_members").await, 1);
});

db_test!(groups_are_members_like_people, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let other = app.boot("Globex", None).await;
    let foreign = make_group(&other.scim, "Foreign", &[]).await;
    let (ann, bob) = (make(scim, "ann").await, make(scim, "bob").await);
    let (one, two) = (make_group(scim, "One", &[]).await, make_group(scim, "Two", &[]).await);
    let sorted = |ids: &[&String]| {
        let mut ids: Vec<String> = ids.iter().map(|&id| id.clone()).collect();
        ids.sort();
        ids
    };
    // Of another directory: as unknown as what never was. What is said of the type changes nothing.
    let given = json!([{"value": one, "type": "Group"}, {"value": two, "type": "User"}, {"value": ann}, {"value": foreign}, {"value": "scimg_none"}]);
    let body = json!({"schemas": [GROUP], "displayName": "Outer", "members": given});
    let outer = id(&scim.post("/scim/v2/Groups", body).await.created());
    assert_eq!(members(scim, &outer).await, sorted(&[&one, &two, &ann]));
    // Again: nothing changes.
    let path = format!("/scim/v2/Groups/{outer}");
    let before = scim.get(&path).await.ok();
    assert_eq!(scim.patch(&path, op("add", "members", given)).await.ok(), before);
    // PUT compares sets of both.
    let put = json!({"schemas": [GROUP], "displayName": "Outer", "members": [{"value": two}, {"value": bob}]});
    scim.put(&path, put).await.expect(200);
    assert_eq!(members(scim, &outer).await, sorted(&[&two, &bob]));
    // Filters: by member (direct), by kind, by group (all of it, or direct).
    let found = async |path: &str, filter: String| {
        let list = scim.get(&filtered(path, &filter)).await.ok();
        let mut ids: Vec<String> = list["Resources"].as_array().unwrap().iter().map(id).collect();
        ids.sort();
        ids
    };
    alter(scim, &two, "add", &ann).await.expect(200);
    assert_eq!(found("/scim/v2/Groups", format!("members.value eq \"{two}\"")).await, [outer.as_str()]);
    assert_eq!(found("/scim/v2/Groups", "members[type eq \"Group\"]".to_owned()).await, [outer.as_str()]);
    assert_eq!(found("/scim/v2/Groups", "members.display eq \"two\"".to_owned()).await, [outer.as_str()]);
    for filter in [format!("groups.value eq \"{outer}\""), format!("groups[value eq \"{outer}\"]")] {
        assert_eq!(found("/scim/v2/Users", filter).await, sorted(&[&ann, &bob]));
    }
    let direct = format!("groups[value eq \"{outer}\" and type eq \"direct\"]");
    assert_eq!(found("/scim/v2/Users", direct).await, [bob.as_str()]);
    assert_eq!(groups_of(scim, &ann).await, (strings(&["Two"]), strings(&["Outer"])));
    scim.patch(&path, operations(json!([{"op": "remove", "path": "members[type eq \"Group\"]"}]))).await.expect(200);
    assert_eq!(members(scim, &outer).await, [bob.as_str()]);
});

db_test!(groups_that_become_members_of_each_other_at_once_do, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    for round in 0..5 {
        let (a, b) =
            (make_group(scim, &format!("A{round}"), &[]).await, make_group(scim, &format!("B{round}"), &[]).await);
        let tasks = [(&a, &b), (&b, &a)].map(|(group, member)| {
            let (scim, group, member) = (scim.clone(), group.clone(), member.clone());
            actix_web::rt::spawn(async move { alter(&scim, &group, "add", &member).await.status })
        });
        for task in tasks {
            assert_eq!(task.await.expect("a status"), 200);
        }
        assert_eq!((members(scim, &a).await, members(scim, &b).await), (vec![b], vec![a]));
    }
});

db_test!(what_is_deleted_while_it_is_added_is_no_member, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    for round in 0..8 {
        let (list, member) = if round % 2 == 0 {
            ("Users", make(scim, &format!("p{round}")).await)
        } else {
            ("Groups", make_group(scim, &format!("M{round}"), &[]).await)
        };
        let first = make_group(scim, "First", &[&member]).await;
        let second = make_group(scim, "Second", &[]).await;
        let mut tasks: Vec<_> = [&first, &second, &first, &second]
            .into_iter()
            .map(|group| {
                let (scim, group, member) = (scim.clone(), group.clone(), member.clone());
                actix_web::rt::spawn(async move { alter(&scim, &group, "add", &member).await.status })
            })
            .collect();
        let (gone, path) = (scim.clone(), format!("/scim/v2/{list}/{member}"));
        tasks.insert(2, actix_web::rt::spawn(async move { gone.delete(&path).await.status }));
        for task in tasks {
            let status = task.await.expect("a status");
            assert!(matches!(status, 200 | 204), "{status}");
        }
        assert!(members(scim, &first).await.is_empty() && members(scim, &second).await.is_empty());
    }
    assert_eq!(app.count(DANGLING).await, 0);
});

db_test!(groups_in_groups_are_bounded_and_cost_what_they_are, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let first = make_group(scim, "G000", &[&ann]).await;
    for n in 1..100 {
        make_group(scim, &format!("G{n:03}"), &[]).await;
    }
    // Each is in each.
    let fill = async |tx: &mut auth_core::Tx| {
        let sql = "INSERT INTO directory_group_members (group_id, member_id, member_kind, directory_id, created_at)
                   SELECT a.id, b.id, 'group', a.directory_id, 1 FROM directory_groups a
                   JOIN directory_groups b ON b.directory_id = a.directory_id WHERE a.directory_id = $1";
        auth_core::db::run(tx, sql, [boot.directory_id.as_str().into()]).await
    };
    app.core.write(&auth_core::Ctx::system("test"), fill).await.expect("groups in groups");
    let (direct, indirect) = groups_of(scim, &ann).await;
    assert_eq!((direct, indirect.len()), (strings(&["G000"]), 99));
    let listed = scim.get("/scim/v2/Users?filter=userName%20sw%20%22ann%22").await.ok();
    assert_eq!(listed["Resources"][0], scim.get(&format!("/scim/v2/Users/{ann}")).await.ok());
    // A rule for one holds inside all of them.
    let last = scim.get("/scim/v2/Groups?filter=displayName%20eq%20%22G099%22").await.ok();
    let rule = json!({"rules": [{"group_id": last["Resources"][0]["id"], "roles": ["org:admin"]}]});
    let rules = format!("/v1/organizations/{}/directories/{}/role-rules", boot.organization_id, boot.directory_id);
    boot.admin.put(&rules, rule).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_rule_groups WHERE role = 'admin'").await, 100);
    // More than are allowed are refused, and nothing of them stays.
    let fill = async |tx: &mut auth_core::Tx| {
        let sql = "INSERT INTO directory_group_members (group_id, member_id, member_kind, directory_id, created_at)
                   WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
                   SELECT $1, 'scimg_' || (5000000 + i), 'group', $2, 1 FROM n";
        auth_core::db::run(tx, sql, [first.as_str().into(), boot.directory_id.as_str().into()]).await
    };
    let new = make_group(scim, "New", &[]).await;
    app.core.write(&auth_core::Ctx::system("test"), fill).await.expect("groups in groups");
    let refused = alter(scim, &new, "add", &first).await;
    assert!(refused.expect(413)["detail"].as_str().unwrap().contains("50,000"));
    assert_eq!(members(scim, &new).await, Vec::<String>::new());
});
