//! Groups with very many members: what a change costs is the change, and what is answered is whole.

use super::*;
use crate::support::statements::{Cost, cheapest};
use crate::support::*;

/// People and their events, made by one statement each: what a test of groups needs of them.
pub(super) async fn people(app: &App, boot: &Boot, number: usize) -> Vec<String> {
    let directory = boot.directory_id.as_str();
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)";
    let make = async |tx: &mut auth_core::Tx| {
        let values = || [directory.into(), i64::try_from(number).expect("a number").into()];
        let sql = format!(
            "{numbers} INSERT INTO directory_users (id, directory_id, user_name, user_name_key, active, resource, version,
                 link, created_at, updated_at)
             SELECT 'scimu_' || (1000000 + i), $1, 'u' || i, 'u' || i, TRUE,
                 '{{\"schemas\":[\"{USER}\"],\"userName\":\"u' || i || '\"}}', 1, 'no_address', 1, 1 FROM n"
        );
        // SQLite has it the other way round: `INSERT … WITH …`.
        let (head, tail) = sql.split_once(" INSERT INTO ").expect("both");
        let (into, select) = tail.split_once("SELECT ").expect("both");
        auth_core::db::run(tx, format!("INSERT INTO {into} {head} SELECT {select}"), values()).await?;
        let sql = format!(
            "INSERT INTO events (id, kind, subject, payload, actor, request_id, created_at, transaction_id)
             {numbers} SELECT 'evt_seed' || i, 'directory_user.provisioned', 'scimu_' || (1000000 + i), '{{\"v\":1}}',
                 'test', 'test', 1, 0 FROM n WHERE $1 <> ''"
        );
        auth_core::db::run(tx, sql, values()).await
    };
    app.core.write(&auth_core::Ctx::system("test"), make).await.expect("people");
    (1..=number).map(|i| format!("scimu_{}", 1_000_000 + i)).collect()
}

/// Members without a word about who they are, as many as no client could send at once.
pub(super) async fn fill(app: &App, boot: &Boot, group: &str, number: i64) {
    let make = async |tx: &mut auth_core::Tx| {
        let sql = "INSERT INTO directory_group_members (group_id, member_id, member_kind, directory_id, created_at)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $3)
             SELECT $1, 'scimu_' || (5000000 + i), 'user', $2, 1 FROM n";
        auth_core::db::run(tx, sql, [group.into(), boot.directory_id.as_str().into(), number.into()]).await
    };
    app.core.write(&auth_core::Ctx::system("test"), make).await.expect("members");
}

fn group_of(ids: &[String]) -> Json {
    let members: Vec<Json> = ids.iter().map(|id| json!({ "value": id })).collect();
    json!({ "schemas": [GROUP], "displayName": "All", "members": members })
}

fn ids_in(group: &Json) -> Vec<String> {
    let members = group["members"].as_array().expect("members");
    members.iter().map(|member| member["value"].as_str().expect("an id").to_owned()).collect()
}

fn one(op: &str, id: &str) -> Json {
    json!({ "op": op, "path": "members", "value": [{ "value": id }] })
}

db_test!(twenty_thousand_members_come_and_go, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let people = people(&app, &boot, 20_000).await;
    let made = scim.post("/scim/v2/Groups", group_of(&people)).await.created();
    assert_eq!(ids_in(&made), people);
    let path = format!("/scim/v2/Groups/{}", id(&made));
    // What is sent again is nothing new.
    let again = scim.put(&path, group_of(&people)).await.ok();
    assert_eq!((&again["meta"], again["members"].as_array().unwrap().len()), (&made["meta"], 20_000));
    let fewer = scim.put(&path, group_of(&people[10..])).await.ok();
    assert_eq!(ids_in(&fewer), people[10..]);
    assert_ne!(fewer["meta"]["version"], made["meta"]["version"]);
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE kind = 'directory_group.member_removed'").await, 10);
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE kind = 'directory_group.member_added'").await, 20_000);
    // Read by id it is whole, with all that a member has.
    let read = scim.get(&path).await.ok();
    assert_eq!(read, fewer);
    let there = format!("{}/scim/v2/Users/{}", app.base, people[10]);
    assert_eq!(read["members"][0], json!({"value": people[10], "$ref": there, "type": "User"}));
    let named = scim.get(&format!("{path}?attributes=members.value,members.display")).await.ok();
    assert_eq!(named["members"][0], json!({"value": people[10], "display": "u11"}));
    assert_eq!(named["members"].as_array().unwrap().len(), 19_990);
    // A PATCH of so large a group says nothing of its members unless they are asked for by name.
    let answer = scim.patch(&path, operations(json!([one("add", &people[0])]))).await.expect(204);
    assert!(answer.text.is_empty() && answer.header("etag").is_some());
    let known = answer.header("etag").unwrap();
    scim.send("GET", &path, None, &[("if-none-match", known)]).await.expect(304);
    let whole = format!("{path}?attributes=members");
    let answer = scim.patch(&whole, operations(json!([one("remove", &people[0])]))).await.ok();
    assert_eq!(ids_in(&answer).len(), 19_990);
    let without = format!("{path}?excludedAttributes=members");
    let answer = scim.patch(&without, operations(json!([one("add", &people[0])]))).await.ok();
    assert!(answer["members"].is_null() && answer["displayName"] == "All", "{answer}");
});

db_test!(no_list_shows_a_part_of_the_members, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let people = people(&app, &boot, 10_001).await;
    let small = make_group(scim, "Small", &[&people[0]]).await;
    let all = id(&scim.post("/scim/v2/Groups?excludedAttributes=members", group_of(&people[..9_999])).await.created());
    let listed = scim.get("/scim/v2/Groups").await.ok();
    let mut numbers: Vec<usize> =
        listed["Resources"].as_array().unwrap().iter().map(|group| ids_in(group).len()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 9_999]);
    scim.patch(&format!("/scim/v2/Groups/{all}"), operations(json!([one("add", &people[10_000])]))).await.expect(204);
    // Who asks for them by name is told; everybody else sees none of them, not even those of the small group.
    refused(&scim.get("/scim/v2/Groups?attributes=members").await, 400, "tooMany");
    for query in ["startIndex=1", "excludedAttributes=members", "attributes=displayName"] {
        let listed = scim.get(&format!("/scim/v2/Groups?{query}")).await.ok();
        assert_eq!(listed["totalResults"], 2);
        assert!(listed["Resources"].as_array().unwrap().iter().all(|group| group["members"].is_null()), "{listed}");
    }
    assert_eq!(ids_in(&scim.get("/scim/v2/Groups?count=1").await.ok()["Resources"][0]), [people[0].as_str()]);
    assert_eq!(members(scim, &small).await.len(), 1);
    // The members of one group, page by page.
    let filter = filtered("/scim/v2/Users", &format!("groups.value eq \"{all}\""));
    let page = scim.get(&format!("{filter}&startIndex=9001&count=1000")).await.ok();
    assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(10_000), &json!(1000)));
    assert_eq!(page["Resources"][999]["id"], people[10_000].as_str());
    let direct = filtered("/scim/v2/Users", &format!("groups[type eq \"direct\" and value eq \"{all}\"]"));
    let (mut seen, mut cursor) = (0, String::new());
    loop {
        let page = scim.get(&format!("{direct}&attributes=id&count=1000&cursor={}", url_encode(&cursor))).await.ok();
        seen += page["Resources"].as_array().unwrap().len();
        match page["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(seen, 10_000);
});

db_test!(who_lists_large_groups_gets_them_and_empties_none, Options::default().broken(), async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let groups = [make_group(scim, "All", &[]).await, make_group(scim, "all", &[]).await];
    for group in &groups {
        fill(&app, &boot, group, 6_000).await;
    }
    let of = |number: usize| {
        let (app, group) = (&app, &groups[number]);
        async move { app.count(&format!("SELECT COUNT(*) FROM directory_group_members WHERE group_id = '{group}'")).await }
    };
    let by_name = filtered("/scim/v2/Groups", "displayName eq \"All\"");
    let everything = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]});
    let mut sorted = everything.clone();
    sorted["sortBy"] = json!("displayName");
    let mut by_cursor = everything.clone();
    by_cursor["cursor"] = json!("");
    for answer in [
        // Okta's import, and how it looks for a group that may be there.
        scim.get("/scim/v2/Groups?startIndex=1&count=100").await,
        scim.get(&format!("{by_name}&startIndex=1&count=100")).await,
        // OneLogin and authentik, to offer them and to find what they know.
        scim.get("/scim/v2/Groups").await,
        scim.get("/scim/v2/Groups?startIndex=1").await,
        scim.get("/scim/v2/Groups?sortBy=displayName").await,
        scim.get("/scim/v2/Groups?cursor=").await,
        scim.post("/scim/v2/.search", everything).await,
        scim.post("/scim/v2/.search", sorted.clone()).await,
        scim.post("/scim/v2/.search", by_cursor).await,
    ] {
        let list = answer.expect(200).json;
        let listed: Vec<&Json> = list["Resources"].as_array().unwrap().iter().collect();
        assert_eq!((&list["totalResults"], listed.len()), (&json!(2), 2));
        for group in listed {
            assert!(group.get("members").is_none() && group["meta"]["version"].is_string(), "{group}");
        }
    }
    sorted["attributes"] = json!(["members"]);
    refused(&scim.post("/scim/v2/.search", sorted).await, 400, "tooMany");
    // What was read from a list and is written back, without members, takes nobody out.
    let mut listed = scim.get(&by_name).await.ok()["Resources"][0].clone();
    let path = format!("/scim/v2/Groups/{}", id(&listed));
    listed["displayName"] = json!("Everybody");
    scim.put(&format!("{path}?excludedAttributes=members"), listed.clone()).await.expect(200);
    scim.patch(&path, operations(json!([{"op": "replace", "value": listed}]))).await.expect(204);
    assert_eq!((of(0).await, of(1).await), (6_000, 6_000));
    // Who says that there are none means it.
    listed["members"] = json!([]);
    scim.put(&path, listed).await.expect(200);
    assert_eq!((of(0).await, of(1).await), (0, 6_000));
});

db_test!(ten_thousand_operations_are_done_in_order, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let people = people(&app, &boot, 5_000).await;
    let group = make_group(scim, "All", &[]).await;
    let path = format!("/scim/v2/Groups/{group}?excludedAttributes=members");
    let by_filter = |id: &str| json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") });
    // Each comes and every second goes again, one word after the other; nobody who was never in is missed.
    let words: Vec<Json> = people
        .iter()
        .enumerate()
        .flat_map(|(number, id)| {
            [one("add", id), if number % 2 == 0 { by_filter(id) } else { one("remove", "scimu_x") }]
        })
        .collect();
    assert_eq!(words.len(), 10_000);
    scim.patch(&path, operations(Json::Array(words))).await.expect(200);
    let odd: Vec<String> = people.iter().skip(1).step_by(2).cloned().collect();
    assert_eq!(members(scim, &group).await, odd);
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE kind = 'directory_group.member_added'").await, 2_500);
    // With a name in between, and an end that turns everything round.
    let words: Vec<Json> = people
        .iter()
        .map(|id| one("remove", id))
        .chain([json!({ "op": "replace", "value": { "displayName": "Half" } })])
        .chain(people.iter().take(4_999).map(|id| one("add", id)))
        .collect();
    let renamed = scim.patch(&path, operations(Json::Array(words))).await.ok();
    assert_eq!(renamed["displayName"], "Half");
    assert_eq!(members(scim, &group).await, people[..4_999]);
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE kind = 'directory_group.member_removed'").await, 1);
    // One that is wrong undoes all before it.
    let before = scim.get(&path).await.ok();
    let mut words: Vec<Json> = people.iter().map(|id| one("remove", id)).collect();
    words.push(json!({ "op": "remove", "path": "displayName" }));
    assert_eq!(scim.patch(&path, operations(Json::Array(words))).await.status, 400);
    assert_eq!(scim.get(&path).await.ok(), before);
});

db_test!(a_member_more_costs_the_same_in_any_group, Options::default().alone().idle(), async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let people = people(&app, &boot, 20).await;
    let mut costs: Vec<[Cost; 2]> = Vec::new();
    for size in [200, 50_000] {
        let group = make_group(scim, "Group", &[]).await;
        fill(&app, &boot, &group, size).await;
        let path = format!("/scim/v2/Groups/{group}");
        let change = async |verb: &str, number: usize| {
            scim.patch(&path, operations(json!([one(verb, &people[number])]))).await.expect(204);
        };
        let add = cheapest(&app, 20, async |number| change("add", number).await).await;
        let remove = cheapest(&app, 20, async |number| change("remove", number).await).await;
        costs.push([add, remove]);
    }
    for (small, large) in costs[0].iter().zip(&costs[1]) {
        // A connection that has rested may be asked first whether it still lives.
        assert!(large.statements <= small.statements + 1 && large.rows <= small.rows + 1, "{costs:?}");
    }
    // The first look for the answer reads one member more than it would show, nothing reads them all.
    assert!(costs[1].iter().all(|cost| cost.statements < 16 && cost.rows < 120), "{costs:?}");
});

db_test!(
    a_person_costs_no_statement_more_where_no_group_is_in_another,
    Options::default().alone().idle(),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let scim = &boot.scim;
        let ann = make(scim, "ann").await;
        let path = format!("/scim/v2/Users/{ann}");
        let read = async || cheapest(&app, 10, async |_| drop(scim.get(&path).await.ok())).await;
        let alone = read().await;
        let group = make_group(scim, "Group", &[&ann]).await;
        assert_eq!(read().await, alone);
        make_group(scim, "Outer", &[&group]).await;
        assert_eq!(read().await.statements, alone.statements + 1);
    }
);

// The members are rows without people and events, so there is nothing to look at in the end.
db_test!(a_group_of_two_hundred_thousand_answers, Options::default().broken(), async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let group = make_group(scim, "All", &[]).await;
    fill(&app, &boot, &group, 200_000).await;
    let path = format!("/scim/v2/Groups/{group}");
    let answer = scim.get(&path).await.expect(200);
    let members = answer["members"].as_array().expect("members");
    assert_eq!(members.len(), 200_000);
    assert!(members.iter().map(|member| member["value"].as_str()).is_sorted());
    assert_eq!(
        (answer["meta"]["version"].as_str(), answer["id"].as_str()),
        (answer.header("etag"), Some(group.as_str()))
    );
    scim.send("GET", &path, None, &[("if-none-match", answer.header("etag").unwrap())]).await.expect(304);
    assert!(scim.get(&format!("{path}?excludedAttributes=members")).await.ok()["members"].is_null());
    // Okta looks for a group by its name, and takes a refusal for good.
    let found = scim.get("/scim/v2/Groups?filter=displayName%20sw%20%22%22&startIndex=1&count=100").await.ok();
    assert_eq!(found["Resources"][0]["members"].as_array().map(Vec::len), Some(200_000));
    scim.put(&format!("{path}?attributes=displayName"), json!({"schemas": [GROUP], "displayName": "New"}))
        .await
        .expect(200);
    scim.delete(&path).await.expect(204);
});

db_test!(parallel_changes_of_a_large_group_lose_nobody, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let people = people(&app, &boot, 2_020).await;
    let group = id(&scim.post("/scim/v2/Groups", group_of(&people[..2_000])).await.created());
    let version = async || {
        let answer = scim.get(&format!("/scim/v2/Groups/{group}?attributes=meta")).await.ok();
        answer["meta"]["version"].as_str().unwrap().trim_matches(['W', '/', '"']).parse::<i64>().unwrap()
    };
    let before = version().await;
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let (scim, path) = (scim.clone(), format!("/scim/v2/Groups/{group}"));
            let words = json!([one("add", &people[2_000 + number]), one("remove", &people[number])]);
            actix_web::rt::spawn(async move { scim.patch(&path, operations(words)).await.status })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("a status"), 204);
    }
    assert_eq!(members(scim, &group).await, people[20..]);
    assert_eq!(version().await, before + 20);
});

db_test!(
    conditions_are_asked_of_everybody_at_once_and_not_without_end,
    Options::default().alone().idle(),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let people = people(&app, &boot, 1000).await;
        let path = format!(
            "/scim/v2/Groups/{}",
            boot.scim.post("/scim/v2/Groups", group_of(&people)).await.expect(201)["id"].as_str().unwrap()
        );
        let gone = |from: usize, until: usize| -> Json {
            let operations: Vec<Json> = (from..until)
                .map(|n| json!({"op": "remove", "path": format!("members[display ew \"u{n}\"]")}))
                .collect();
            json!({ "schemas": [PATCH], "Operations": operations })
        };
        boot.scim.patch(&path, gone(1, 6)).await.expect(204);
        boot.scim.patch(&path, gone(100, 600)).await.expect(204);
        let left = |group: &Json| group["members"].as_array().map_or(0, Vec::len);
        assert_eq!(left(&boot.scim.get(&path).await.ok()), 1000 - 5 - 500);
        // Hundreds of them look at the members once.
        let cost = async |number: usize| {
            cheapest(&app, 3, async |_| drop(boot.scim.patch(&path, gone(5000, 5000 + number)).await.expect(204))).await
        };
        let (few, many) = (cost(5).await, cost(500).await);
        assert!(many.statements <= few.statements + 1 && many.rows <= few.rows + 1, "{few:?} {many:?}");
        // Too many are refused as a whole, next to each other or between other operations.
        let refused = boot.scim.patch(&path, gone(0, 4000)).await;
        assert!(refused.expect(413)["detail"].as_str().unwrap().contains("too many members"));
        let between: Vec<Json> = (0..3000)
            .flat_map(|n| {
                [one("add", &people[n % 1000]), json!({"op": "remove", "path": "members[display co \"zz\"]"})]
            })
            .collect();
        let between = json!({ "schemas": [PATCH], "Operations": between });
        boot.scim.patch(&path, between).await.expect(413);
        assert_eq!(left(&boot.scim.get(&path).await.ok()), 1000 - 5 - 500);
    }
);
