//! Searching by POST: the same as a list, and over users and groups together.

use super::groups_large::people;
use super::*;
use crate::support::statements::cheapest;
use crate::support::*;

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

#[allow(clippy::needless_pass_by_value, reason = "reads as `search(json!({…}))`")]
fn search(mut query: Json) -> Json {
    query["schemas"] = json!([SEARCH]);
    query
}

/// The kinds and names of a list: `u:ann g:Staff`.
fn shown(list: &Json) -> String {
    let one = |resource: &Json| match resource["meta"]["resourceType"].as_str() {
        Some("User") => format!("u:{}", resource["displayName"].as_str().unwrap_or_default()),
        _ => format!("g:{}", resource["displayName"].as_str().unwrap_or_default()),
    };
    list["Resources"].as_array().expect("Resources").iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Three users and two groups.
async fn fill(scim: &Client) {
    for name in ["dora", "Anna", "carl"] {
        let body = json!({"schemas": [USER], "userName": format!("{name}@acme.example"), "displayName": name});
        scim.post("/scim/v2/Users", body).await.created();
    }
    for name in ["beta", "Edda"] {
        make_group(scim, name, &[]).await;
    }
}

db_test!(a_search_by_post_is_the_list_of_a_get, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    fill(scim).await;
    for base in ["/scim/v2", "/api/auth/scim/v2"] {
        for (kind, query, body) in [
            ("Users", "?", json!({})),
            ("Users", "?filter=displayName%20sw%20%22a%22", json!({"filter": "displayName sw \"a\""})),
            ("Users", "?count=1&startIndex=2", json!({"count": 1, "startIndex": 2})),
            ("Users", "?count=0", json!({"count": 0})),
            (
                "Users",
                "?sortBy=userName&sortOrder=descending&attributes=userName",
                json!({"sortBy": "userName", "sortOrder": "descending", "attributes": ["userName"]}),
            ),
            ("Groups", "?excludedAttributes=members,meta", json!({"excludedAttributes": ["members", "meta"]})),
            ("Groups", "?filter=displayName%20eq%20%22nobody%22", json!({"filter": "displayName eq \"nobody\""})),
        ] {
            let path = format!("{base}/{kind}");
            let answer = scim.post(&format!("{path}/.search"), search(body.clone())).await.expect(200);
            assert_eq!(answer.header("location"), None);
            assert_eq!(answer.json, scim.get(&format!("{path}{query}")).await.ok(), "{body}");
        }
    }
    let paged = scim.post("/scim/v2/Users/.search", search(json!({"cursor": "", "count": 2}))).await.ok();
    let rest = json!({"cursor": paged["nextCursor"], "count": 2});
    assert_eq!(shown(&scim.post("/scim/v2/Users/.search", search(rest)).await.ok()), "u:carl");
    for path in ["Users/.search", "Groups/.search", ".search"] {
        let path = format!("/scim/v2/{path}");
        refused(&scim.post(&path, search(json!({"filter": "nothing eq 1"}))).await, 400, "invalidFilter");
        refused(&scim.post(&path, search(json!({"filter": "password pr"}))).await, 400, "invalidFilter");
        refused(&scim.post(&path, search(json!({"sortBy": "nothing"}))).await, 400, "invalidPath");
        refused(&scim.post(&path, search(json!({"count": "x"}))).await, 400, "invalidValue");
        refused(&scim.post(&path, search(json!({"cursor": "nonsense"}))).await, 400, "invalidCursor");
        refused(&scim.post(&path, json!([])).await, 400, "invalidSyntax");
        refused(&app.http().send("POST", &path, Some(b"{ not json".to_vec()), &[]).await, 401, "");
        let answer = scim.get(&path).await;
        assert!([404, 405].contains(&answer.status), "{answer:?}");
    }
});

db_test!(both_kinds_are_one_list, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    fill(scim).await;
    let find = async |query: Json| scim.post("/scim/v2/.search", search(query)).await.ok();
    let all = find(json!({})).await;
    assert_eq!(shown(&all), "u:dora u:Anna u:carl g:beta g:Edda");
    assert_eq!(
        (&all["totalResults"], &all["itemsPerPage"], &all["startIndex"], &all["schemas"]),
        (&json!(5), &json!(5), &json!(1), &json!([LIST]))
    );
    // In pages of any size it is the same list.
    for count in 1..=6 {
        let (mut parts, mut start) = (Vec::new(), 1);
        while start <= 5 {
            let page = find(json!({"startIndex": start, "count": count})).await;
            assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(5), &json!(start)));
            parts.push(shown(&page));
            start += count;
        }
        assert_eq!(parts.join(" "), shown(&all), "{count} a page");
    }
    assert_eq!(shown(&find(json!({"startIndex": 9})).await), "");
    assert_eq!(find(json!({"count": 0})).await["totalResults"], 5);
    for (filter, wanted) in [
        ("displayName co \"d\"", "u:dora g:Edda"),
        ("userName pr", "u:dora u:Anna u:carl"),
        ("not (userName pr)", "g:beta g:Edda"),
        ("userName sw \"a\" or displayName eq \"beta\"", "u:Anna g:beta"),
        ("userName sw \"a\" and displayName eq \"beta\"", ""),
        ("userName ne \"anna@acme.example\"", "u:dora u:carl g:beta g:Edda"),
        ("meta.resourceType eq \"Group\"", "g:beta g:Edda"),
        ("members.value eq \"x\"", ""),
    ] {
        let found = find(json!({"filter": filter})).await;
        assert_eq!(shown(&found), wanted, "{filter}");
        assert_eq!(found["totalResults"], wanted.split_whitespace().count(), "{filter}");
    }
});

db_test!(both_kinds_have_one_order, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    fill(scim).await;
    let find = async |query: Json| scim.post("/scim/v2/.search", search(query)).await.ok();
    for (by, order, wanted) in [
        ("displayName", "ascending", "u:Anna g:beta u:carl u:dora g:Edda"),
        ("displayName", "descending", "g:Edda u:dora u:carl g:beta u:Anna"),
        // Groups have no userName: last in ascending order, first in descending order.
        ("userName", "ascending", "u:Anna u:carl u:dora g:beta g:Edda"),
        ("meta.created", "descending", "g:Edda g:beta u:carl u:Anna u:dora"),
    ] {
        let whole = find(json!({"sortBy": by, "sortOrder": order})).await;
        assert_eq!((shown(&whole).as_str(), &whole["totalResults"]), (wanted, &json!(5)), "{by} {order}");
        let mut parts = Vec::new();
        for start in [1, 3, 5] {
            let page = json!({"sortBy": by, "sortOrder": order, "startIndex": start, "count": 2});
            parts.push(shown(&find(page).await));
        }
        assert_eq!(parts.join(" "), wanted, "{by} {order} in pages");
    }
    let down = find(json!({"sortBy": "userName", "sortOrder": "descending"})).await;
    assert!(shown(&down).ends_with("u:dora u:carl u:Anna"), "{down}");
    // The order may be by what is not shown.
    let brief = find(json!({"sortBy": "displayName", "attributes": ["meta.resourceType"]})).await;
    assert_eq!(shown(&brief), "u: g: u: u: g:");
    assert_eq!(brief["Resources"][0].as_object().map(serde_json::Map::len), Some(3), "{brief}");
});

db_test!(a_cursor_leads_through_both_kinds, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    fill(scim).await;
    let find = async |query: Json| scim.post("/scim/v2/.search", search(query)).await;
    for (filter, wanted) in [
        ("id pr", "u:dora u:Anna u:carl g:beta g:Edda"),
        ("userName pr", "u:dora u:Anna u:carl"),
        ("not (userName pr)", "g:beta g:Edda"),
        ("displayName eq \"nobody\"", ""),
    ] {
        for count in 1..=6 {
            let (mut parts, mut cursor) = (Vec::new(), json!(""));
            loop {
                let page = find(json!({"filter": filter, "cursor": cursor, "count": count})).await.ok();
                assert_eq!(page["totalResults"], wanted.split_whitespace().count());
                parts.push(shown(&page));
                match page.get("nextCursor") {
                    Some(next) => cursor = next.clone(),
                    None => break,
                }
            }
            assert!(parts.iter().all(|part| !part.is_empty()) || wanted.is_empty(), "{parts:?}");
            assert_eq!(parts.join(" "), wanted, "{filter}, {count} a page");
        }
    }
    // A cursor of one kind is none of both.
    let users = scim.get("/scim/v2/Users?cursor=&count=1").await.ok();
    refused(&find(json!({"cursor": users["nextCursor"], "count": 1})).await, 400, "invalidCursor");
    refused(&find(json!({"cursor": "", "sortBy": "id"})).await, 400, "invalidValue");
});

db_test!(a_sorted_search_reads_everything_once, Options::default().alone().idle(), async |app| {
    let boot = app.boot("Acme", None).await;
    people(&app, &boot, 3_000).await;
    make_group(&boot.scim, "Staff", &[]).await;
    for (by, scanned) in [("title", 3_001), ("displayName", 3_001), ("userName", 3_001)] {
        let mut costs = Vec::new();
        for start in [1, 2_901] {
            let query = json!({"sortBy": by, "startIndex": start, "count": 100});
            let find = async |_| {
                let page = boot.scim.post("/scim/v2/.search", search(query.clone())).await.ok();
                assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(3_001), &json!(100)));
            };
            costs.push(cheapest(&app, 5, find).await);
        }
        // The order once, and what is on the page; never again what was passed over.
        assert!(costs.iter().all(|cost| cost.rows <= scanned + 100 + 20 && cost.statements < 25), "{by}: {costs:?}");
    }
});

db_test!(a_sorted_search_shows_its_members, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let (ann, bob) = (make(scim, "ann").await, make(scim, "bob").await);
    let staff = make_group(scim, "Staff", &[&ann, &bob]).await;
    let crew = make_group(scim, "Crew", &[&bob]).await;
    let find = async |query: Json| scim.post("/scim/v2/.search", search(query)).await.ok();
    let filter = json!("meta.resourceType eq \"Group\"");
    let sorted = find(json!({"sortBy": "displayName", "filter": filter})).await;
    let of = async |id: &str| scim.get(&format!("/scim/v2/Groups/{id}")).await.ok();
    assert_eq!(sorted["Resources"], json!([of(&crew).await, of(&staff).await]));
    let by_members = find(json!({"sortBy": "members.value", "filter": filter})).await;
    assert_eq!(by_members["Resources"], json!([of(&staff).await, of(&crew).await]));
    let without = find(json!({"sortBy": "displayName", "filter": filter, "excludedAttributes": ["members"]})).await;
    assert!(without["Resources"][0].get("members").is_none() && without["totalResults"] == 2, "{without}");
});
