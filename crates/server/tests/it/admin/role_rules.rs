//! Role rules, and what was synchronized, as an administrator sees them.

use super::{faults, problem, within};
use crate::support::*;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The path of something of the organization's first directory.
fn first(boot: &Boot, rest: &str) -> String {
    within(boot, &format!("/directories/{}{rest}", boot.directory_id))
}

fn text(value: &Json, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("{field} of {value}")).to_owned()
}

async fn pushed(scim: &Client, email: &str) -> String {
    let local = email.split('@').next().unwrap();
    let body = json!({
        "schemas": [USER], "userName": email, "externalId": format!("ext-{local}"), "displayName": format!("{local} Ex"),
        "active": true, "emails": [{"value": email, "type": "work", "primary": true}],
    });
    text(&scim.post("/scim/v2/Users", body).await.created(), "id")
}

async fn pushed_group(scim: &Client, name: &str, members: &[&str]) -> String {
    let members: Vec<Json> = members.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"schemas": [GROUP], "displayName": name, "members": members});
    text(&scim.post("/scim/v2/Groups", body).await.created(), "id")
}

/// The roles of a person's membership and where they come from.
async fn roles(boot: &Boot, query: &str) -> (Json, Vec<(String, String)>) {
    let page = boot.key.get(&within(boot, &format!("/memberships?query={query}&status=all"))).await.ok();
    assert_eq!(page["total_count"], 1, "{page}");
    let found = &page["data"][0];
    let grants = found["grants"].as_array().unwrap().iter().map(|grant| (text(grant, "role"), text(grant, "source")));
    (found["roles"].clone(), grants.collect())
}

db_test!(a_customers_admin_maps_pushed_groups_to_roles_and_verifies_it, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    // The endpoint and a token that is shown once.
    let made =
        boot.admin.post(&within(&boot, "/directories"), json!({"name": "Okta", "provider_id": "okta"})).await.created();
    let path = within(&boot, &format!("/directories/{}", text(&made, "id")));
    let credential = boot.admin.post(&format!("{path}/credentials"), json!({"name": "Okta"})).await.created();
    let scim = app.scim(&text(&credential, "token"));
    scim.get("/scim/v2/ServiceProviderConfig").await.expect(200);
    // Groups are mapped to roles, before there are any.
    let body = json!({"rules": [
        {"group_name": "Platform admins", "roles": ["org:admin", "org:member"], "teams": []},
        {"group_name": "Everybody", "roles": ["org:member"]}
    ]});
    let saved = boot.admin.put(&format!("{path}/role-rules"), body.clone()).await.ok();
    assert_eq!((&saved["object"], &saved["directory_id"]), (&json!("directory_role_rules"), &made["id"]));
    let rule = &saved["rules"][0];
    assert!(text(rule, "id").starts_with("rule_") && rule["created_at"].is_i64(), "{rule}");
    let expected = json!({
        "object": "directory_role_rule", "group_id": null, "group_name": "Platform admins", "bound": false,
        "group_exists": false, "roles": ["org:admin", "org:member"], "teams": [],
        "created_by": format!("user:{}", boot.user_id),
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&rule[field], value, "{field}");
    }
    // People are assigned and groups pushed by name.
    let (ann, bob) = (pushed(&scim, "ann@acme.example").await, pushed(&scim, "bob@acme.example").await);
    let group = pushed_group(&scim, "Platform admins", &[&ann]).await;
    let read = boot.admin.get(&format!("{path}/role-rules")).await.ok();
    assert_eq!((&read["rules"][0]["group_id"], &read["rules"][0]["bound"]), (&json!(group), &json!(true)));
    assert_eq!((&read["rules"][0]["id"], &read["rules"][1]["bound"]), (&rule["id"], &json!(false)));
    let (roles_of_ann, grants) = roles(&boot, "ann").await;
    assert_eq!(roles_of_ann, json!(["org:admin", "org:member"]));
    assert_eq!(grants.len(), 3);
    assert_eq!(roles(&boot, "bob").await.0, json!(["org:member"]));
    let listed = boot.key.get(&within(&boot, "/memberships?role=org:admin&query=ann")).await.ok();
    let grants = listed["data"][0]["grants"].as_array().unwrap();
    let by_group = grants.iter().find(|grant| grant["source"] == "group" && grant["role"] == "org:admin").unwrap();
    let expected =
        json!({"source_id": group, "directory_id": made["id"], "group_id": group, "group_name": "Platform admins"});
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&by_group[field], value, "{field}");
    }
    let by_default = grants.iter().find(|grant| grant["source"] == "default").unwrap();
    assert_eq!((&by_default["directory_id"], &by_default["group_id"]), (&made["id"], &Json::Null));

    // The tabs show what was synchronized.
    let page = boot.admin.get(&format!("{path}/users?order_by=created_at")).await.ok();
    assert_eq!((&page["total_count"], page["data"].as_array().unwrap().len()), (&json!(2), 2));
    let expected = json!({
        "id": ann, "object": "directory_user", "directory_id": made["id"], "user_name": "ann@acme.example",
        "external_id": "ext-ann", "display_name": "ann Ex", "active": true, "link": "linked",
        "emails": [{"value": "ann@acme.example", "type": "work", "primary": true}], "groups_count": 1,
        "membership_status": "active", "roles": ["org:admin", "org:member"],
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&page["data"][0][field], value, "{field}");
    }
    assert_eq!(page["data"][0]["grants"].as_array().unwrap().len(), 3);
    assert_eq!(boot.admin.get(&format!("{path}/users/{ann}")).await.ok(), page["data"][0]);
    let groups = boot.admin.get(&format!("{path}/groups")).await.ok();
    assert_eq!(groups["total_count"], 1);
    let expected = json!({
        "id": group, "object": "directory_group", "directory_id": made["id"], "display_name": "Platform admins",
        "external_id": null, "members_count": 1, "role_rules": [{
            "rule_id": rule["id"], "group_id": group, "group_name": "Platform admins", "inherited": false,
            "roles": ["org:admin", "org:member"], "teams": []
        }],
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&groups["data"][0][field], value, "{field}");
    }
    assert_eq!(boot.admin.get(&format!("{path}/groups/{group}")).await.ok(), groups["data"][0]);

    // Members of the group get the role, and lose it with the group.
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
        {"op": "add", "path": "members", "value": [{"value": bob}]},
        {"op": "remove", "path": format!("members[value eq \"{ann}\"]")}
    ]});
    let done = scim.patch(&format!("/scim/v2/Groups/{group}"), body).await;
    assert!(done.status < 300, "{done:?}");
    assert_eq!(roles(&boot, "bob").await.0, json!(["org:admin", "org:member"]));
    assert_eq!(roles(&boot, "ann").await, (json!(["org:member"]), vec![("org:member".into(), "default".into())]));
    scim.delete(&format!("/scim/v2/Groups/{group}")).await.expect(204);
    assert_eq!(roles(&boot, "bob").await.0, json!(["org:member"]));
    let read = boot.admin.get(&format!("{path}/role-rules")).await.ok();
    let rule = &read["rules"][0];
    assert_eq!(
        (&rule["group_id"], &rule["bound"], &rule["group_exists"]),
        (&json!(group), &json!(true), &json!(false))
    );
    // What was read may be sent again as it is.
    assert_eq!(boot.admin.put(&format!("{path}/role-rules"), read.clone()).await.ok(), read);
});

db_test!(rules_are_tried_out_before_they_are_saved, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let (ann, bob) = (pushed(&boot.scim, "ann@acme.example").await, pushed(&boot.scim, "bob@acme.example").await);
    let outer = pushed_group(&boot.scim, "Outer", &[&ann]).await;
    let inner = pushed_group(&boot.scim, "Inner", &[&bob]).await;
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
        {"op": "add", "path": "members", "value": [{"value": inner}]}
    ]});
    boot.scim.patch(&format!("/scim/v2/Groups/{outer}"), body).await;
    let path = first(&boot, "/role-rules");
    let wanted = json!({"rules": [{"group_id": outer, "roles": ["org:admin"]}]});
    let before = app.count("SELECT COUNT(*) FROM events").await;
    let tried = boot.admin.post(&format!("{path}/simulate"), wanted.clone()).await.ok();
    assert_eq!(tried["counts"], json!({"gaining": 2, "losing": 2, "examined": 2}));
    assert_eq!((&tried["complete"], &tried["object"]), (&json!(true), &json!("directory_role_rules_simulation")));
    let mut people = tried["people"].as_array().unwrap().clone();
    people.sort_by_key(|one| text(one, "user_name"));
    assert_eq!((&people[0]["directory_user_id"], &people[1]["directory_user_id"]), (&json!(ann), &json!(bob)));
    assert_eq!((&people[1]["before"], &people[1]["after"]), (&json!(["org:member"]), &json!(["org:admin"])));
    assert_eq!(boot.admin.get(&path).await.ok()["rules"], json!([]));
    assert_eq!(app.count("SELECT COUNT(*) FROM events").await, before);
    // The rule of the outer group is shown at the inner one.
    let saved = boot.admin.put(&path, wanted).await.ok();
    let shown = boot.admin.get(&first(&boot, &format!("/groups/{inner}"))).await.ok();
    assert_eq!(shown["role_rules"][0]["inherited"], true);
    assert_eq!(shown["role_rules"][0]["rule_id"], saved["rules"][0]["id"]);
    // The way back: who would lose what.
    let tried = boot.admin.post(&format!("{path}/simulate"), json!({"rules": []})).await.ok();
    assert_eq!(tried["people"][0]["before"], json!(["org:admin"]));
    assert_eq!(tried["people"][0]["after"], json!(["org:member"]));
    problem(
        boot.admin
            .post(&format!("{path}/simulate"), json!({"rules": [{"group_id": "none", "roles": ["org:admin"]}]}))
            .await,
        400,
        "unknown_group",
    );
});

db_test!(rules_put_people_into_teams, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let path = first(&boot, "/role-rules");
    let sales = json!({"organizationId": boot.organization_id, "name": "Sales"});
    let sales = text(&boot.admin.post("/api/auth/organization/create-team", sales).await.ok(), "id");
    let ann = pushed(&boot.scim, "ann@acme.example").await;
    let bob = pushed(&boot.scim, "bob@acme.example").await;
    let group = pushed_group(&boot.scim, "Sellers", &[&ann]).await;
    let wanted = json!({"rules": [{"group_id": group, "teams": [sales]}]});
    let tried = boot.admin.post(&format!("{path}/simulate"), wanted.clone()).await.ok();
    assert_eq!(tried["counts"], json!({"gaining": 1, "losing": 0, "examined": 1}));
    let one = &tried["people"][0];
    assert_eq!((&one["directory_user_id"], &one["before"]), (&json!(ann), &one["after"]));
    assert_eq!((&one["teams_before"], &one["teams_after"]), (&json!([]), &json!([sales])));
    let saved = boot.admin.put(&path, wanted).await.ok();
    assert_eq!((&saved["rules"][0]["teams"], &saved["rules"][0]["roles"]), (&json!([sales]), &json!([])));
    assert_eq!(boot.admin.get(&path).await.ok()["rules"], saved["rules"]);
    let shown = boot.admin.get(&first(&boot, &format!("/groups/{group}"))).await.ok();
    assert_eq!((&shown["role_rules"][0]["teams"], &shown["role_rules"][0]["roles"]), (&json!([sales]), &json!([])));
    let tried = boot.admin.post(&format!("{path}/simulate"), json!({"rules": []})).await.ok();
    assert_eq!(tried["counts"], json!({"gaining": 0, "losing": 1, "examined": 1}));

    // On the wire of Better Auth they are members of the team; who was put into it by hand differs from the directory.
    let person = async |one: &str| boot.admin.get(&first(&boot, &format!("/users/{one}"))).await.ok();
    let (ann, bob) = (text(&person(&ann).await, "user_id"), text(&person(&bob).await, "user_id"));
    let list = format!("/api/auth/organization/list-team-members?teamId={sales}");
    let members = boot.admin.get(&list).await.ok();
    assert_eq!((members.as_array().map(Vec::len), &members[0]["userId"]), (Some(1), &json!(ann)));
    let add = json!({"teamId": sales, "userId": bob, "organizationId": boot.organization_id});
    boot.admin.post("/api/auth/organization/add-team-member", add).await.ok();
    let drift = boot.admin.get(&first(&boot, "/drift?kind=teams")).await.ok();
    assert_eq!((&drift["total_count"], &drift["counts"]["teams"]), (&json!(1), &json!(1)));
    assert_eq!(drift["data"][0]["user_id"], json!(bob));
    let take = json!({"teamId": sales, "userId": ann, "organizationId": boot.organization_id});
    let refused = boot.admin.post("/api/auth/organization/remove-team-member", take).await;
    refused.refused(403, "TEAM_MEMBER_BY_GROUP");
});

db_test!(what_is_wrong_with_rules_is_told_by_place, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = first(&boot, "/role-rules");
    for (body, field, code) in [
        (json!({}), "rules", "required"),
        (json!({"rules": 7}), "rules", "wrong_type"),
        (json!({"rules": ["x"]}), "rules[0]", "wrong_type"),
        (json!({"rules": [{"roles": ["org:admin"]}]}), "rules[0].group_id", "required"),
        (json!({"rules": [{"group_name": " ", "roles": ["org:admin"]}]}), "rules[0].group_id", "required"),
        (
            json!({"rules": [{"group_id": "a b", "group_name": "x", "roles": ["org:admin"]}]}),
            "rules[0].group_id",
            "not_an_id",
        ),
        (json!({"rules": [{"group_name": "x"}]}), "rules[0].roles", "required"),
        (json!({"rules": [{"group_name": "x", "roles": []}]}), "rules[0].roles", "required"),
        (
            json!({"rules": [{"group_name": "x", "roles": ["org:admin", "admin"]}]}),
            "rules[0].roles[1]",
            "unknown_value",
        ),
        (
            json!({"rules": [{"group_name": "x", "roles": ["org:admin"], "teams": ["a team"]}]}),
            "rules[0].teams",
            "not_an_id",
        ),
        (json!({"rules": vec![json!({"group_name": "x", "roles": ["org:admin"]}); 501]}), "rules", "too_long"),
    ] {
        for (method, path) in [("PUT", path.clone()), ("POST", format!("{path}/simulate"))] {
            let answer = boot.key.send(method, &path, Some(body.to_string().into_bytes()), &[]).await;
            let answer = problem(answer, 400, "validation_failed");
            assert_eq!(faults(&answer)[0], (field.to_owned(), code.to_owned()), "{method} {body}");
        }
    }
    let twice = [pushed_group(&boot.scim, "Twice", &[]).await, pushed_group(&boot.scim, "twice", &[]).await];
    for (rule, status, code, field) in [
        (json!({"group_id": "scimg_none", "roles": ["org:admin"]}), 400, "unknown_group", "rules[1].group_id"),
        (json!({"group_name": "TWICE", "roles": ["org:admin"]}), 400, "ambiguous_group", "rules[1].group_name"),
        (json!({"group_name": "Bosses", "teams": ["team_none"]}), 400, "unknown_team", "rules[1].teams"),
        (json!({"group_name": "Bosses", "roles": ["org:owner"]}), 403, "owner_by_hand_only", "rules[1].role"),
    ] {
        let body = json!({"rules": [{"group_id": twice[0], "roles": ["org:member"]}, rule]});
        for client in [&boot.key, &boot.admin] {
            let answer = problem(client.put(&path, body.clone()).await, status, code);
            assert_eq!(faults(&answer)[0].0, field);
        }
    }
    assert_eq!(boot.key.get(&path).await.ok()["rules"], json!([]));
});

db_test!(rules_and_people_of_others_are_nobodys_business, async |app| {
    let (acme, globex) = (app.boot("Acme", None).await, app.boot("Globex", None).await);
    let group = pushed_group(&globex.scim, "Staff", &[]).await;
    let person = pushed(&globex.scim, "gil@globex.example").await;
    let theirs = |rest: &str| within(&acme, &format!("/directories/{}{rest}", globex.directory_id));
    for rest in ["/role-rules", "/users", "/groups"] {
        problem(acme.key.get(&theirs(rest)).await, 404, "directory_not_found");
    }
    problem(acme.key.put(&theirs("/role-rules"), json!({"rules": []})).await, 404, "directory_not_found");
    problem(acme.key.post(&theirs("/role-rules/simulate"), json!({"rules": []})).await, 404, "directory_not_found");
    problem(acme.key.get(&first(&acme, &format!("/users/{person}"))).await, 404, "resource_not_found");
    problem(acme.key.get(&first(&acme, &format!("/groups/{group}"))).await, 404, "resource_not_found");
    let body = json!({"rules": [{"group_id": group, "roles": ["org:admin"]}]});
    problem(acme.key.put(&first(&acme, "/role-rules"), body).await, 400, "unknown_group");
    // A member without the right, and a stranger.
    let eve = app.signed_up("eve").await;
    let id = eve.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    problem(eve.get(&first(&acme, "/role-rules")).await, 404, "organization_not_found");
    acme.key.post(&within(&acme, "/memberships"), json!({"user_id": id, "role": "org:member"})).await.created();
    for rest in ["/role-rules", "/users", "/groups"] {
        problem(eve.get(&first(&acme, rest)).await, 403, "forbidden");
    }
    // A directory of the instance gives no roles.
    let made = acme.key.post("/v1/directories", json!({"name": "Everybody"})).await.created();
    let path = format!("/v1/directories/{}", text(&made, "id"));
    assert_eq!(acme.key.get(&format!("{path}/role-rules")).await.ok()["rules"], json!([]));
    assert_eq!(acme.key.put(&format!("{path}/role-rules"), json!({"rules": []})).await.ok()["rules"], json!([]));
    let body = json!({"rules": [{"group_name": "Staff", "roles": ["org:admin"]}]});
    problem(acme.key.put(&format!("{path}/role-rules"), body).await, 400, "no_organization");
    let credential = acme.key.post(&format!("{path}/credentials"), json!({"name": "x"})).await.created();
    pushed(&app.scim(&text(&credential, "token")), "ina@inst.example").await;
    let page = acme.key.get(&format!("{path}/users")).await.ok();
    assert_eq!((&page["total_count"], &page["data"][0]["roles"]), (&json!(1), &json!([])));
    assert_eq!(acme.key.get(&format!("{path}/groups")).await.ok()["total_count"], 0);
});

db_test!(people_and_groups_are_searched_and_paged, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    app.proven("sam@elsewhere.example").await;
    for email in ["ann@acme.example", "bob@acme.example", "sam@elsewhere.example"] {
        pushed(scim, email).await;
    }
    let off = pushed(scim, "off@acme.example").await;
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "active", "value": false}]});
    scim.patch(&format!("/scim/v2/Users/{off}"), body).await.expect(200);
    scim.post("/scim/v2/Users", json!({"schemas": [USER], "userName": "robot_100%", "externalId": "X9"}))
        .await
        .created();
    let found = async |query: &str| -> (Json, Vec<String>) {
        let page = boot.key.get(&first(&boot, &format!("/users{query}"))).await.ok();
        (
            page["total_count"].clone(),
            page["data"].as_array().unwrap().iter().map(|one| text(one, "user_name")).collect(),
        )
    };
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(found("?limit=2").await, (json!(5), names(&["robot_100%", "off@acme.example"])));
    assert_eq!(
        found("?limit=2&offset=1&order_by=created_at").await,
        (json!(5), names(&["bob@acme.example", "sam@elsewhere.example"]))
    );
    assert_eq!(found("?query=ELSEWHERE").await, (json!(1), names(&["sam@elsewhere.example"])));
    assert_eq!(found("?query=x9").await.0, json!(1));
    assert_eq!(found("?query=ot_1").await.0, json!(1));
    assert_eq!(found("?query=o%25").await.0, json!(0));
    assert_eq!(found("?active=false").await, (json!(1), names(&["off@acme.example"])));
    assert_eq!(found("?active=true&limit=1").await.0, json!(4));
    assert_eq!(found("?link=linked").await.0, json!(3));
    assert_eq!(found("?link=awaiting_acceptance").await, (json!(1), names(&["sam@elsewhere.example"])));
    assert_eq!(found("?link=no_address&query=robot").await, (json!(1), names(&["robot_100%"])));
    for query in ["?active=yes", "?link=pending", "?limit=0", "?order_by=user_name"] {
        problem(boot.key.get(&first(&boot, &format!("/users{query}"))).await, 400, "validation_failed");
    }
    pushed_group(scim, "Alpha", &[]).await;
    pushed_group(scim, "Beta", &[&off]).await;
    let groups = boot.key.get(&first(&boot, "/groups?query=bET")).await.ok();
    assert_eq!((&groups["total_count"], &groups["data"][0]["members_count"]), (&json!(1), &json!(1)));
    let groups = boot.key.get(&first(&boot, "/groups?limit=1&order_by=created_at")).await.ok();
    assert_eq!((&groups["total_count"], &groups["data"][0]["display_name"]), (&json!(2), &json!("Alpha")));
    problem(boot.key.get(&first(&boot, "/users/scimu_none")).await, 404, "resource_not_found");
    problem(boot.key.get(&first(&boot, "/groups/a%20b")).await, 404, "not_found");
});
