//! `sortBy` and `sortOrder`.

use super::*;
use crate::support::*;

/// The `userName`s, or else the `displayName`s, in the order of a list.
async fn order(scim: &Client, path: &str) -> Vec<String> {
    let list = scim.get(path).await.ok();
    let name = |one: &Json| one["userName"].as_str().or(one["displayName"].as_str()).unwrap_or_default().to_owned();
    list["Resources"].as_array().expect("Resources").iter().map(name).collect()
}

async fn people(scim: &Client) {
    for (name, title, emails, department, active) in [
        (
            "carl",
            json!("b"),
            json!([{"value": "z@x.example"}, {"value": "a@x.example", "primary": true}]),
            json!("Sales"),
            true,
        ),
        ("Ann", json!("A"), json!([{"value": "c@x.example"}]), json!(null), false),
        ("bert", json!(null), json!([{"value": "b@x.example"}, {"value": "0@x.example"}]), json!("engineering"), true),
    ] {
        let body = json!({
            "schemas": [USER, ENTERPRISE], "userName": name, "title": title, "emails": emails, "active": active,
            "name": {"formatted": format!("{name} X"), "familyName": "X"}, ENTERPRISE: {"department": department},
        });
        scim.post("/scim/v2/Users", body).await.created();
    }
}

db_test!(by_any_attribute_up_and_down, async |app| {
    let boot = app.boot("Acme", None).await;
    people(&boot.scim).await;
    let department = format!("{ENTERPRISE}:department");
    for (by, up) in [
        ("userName", ["Ann", "bert", "carl"]),
        ("USERNAME", ["Ann", "bert", "carl"]),
        (&format!("{USER}:userName"), ["Ann", "bert", "carl"]),
        // Without a value: last in ascending order.
        ("title", ["Ann", "carl", "bert"]),
        // The primary value, else the first one.
        ("emails", ["carl", "bert", "Ann"]),
        ("emails.value", ["carl", "bert", "Ann"]),
        (&department, ["bert", "carl", "Ann"]),
        ("active", ["Ann", "carl", "bert"]),
        ("name", ["Ann", "bert", "carl"]),
        ("meta.created", ["carl", "Ann", "bert"]),
        ("id", ["carl", "Ann", "bert"]),
        // All equal: in the order of creation.
        ("name.familyName", ["carl", "Ann", "bert"]),
        ("nickName", ["carl", "Ann", "bert"]),
    ] {
        let path = format!("/scim/v2/Users?sortBy={}", url_encode(by));
        assert_eq!(order(&boot.scim, &path).await, up, "{by}");
        assert_eq!(order(&boot.scim, &format!("{path}&sortOrder=Ascending")).await, up, "{by}");
        let down = order(&boot.scim, &format!("{path}&sortOrder=descending")).await;
        if !["name.familyName", "nickName", "active"].contains(&by) {
            let mut turned = up.to_vec();
            turned.reverse();
            assert_eq!(down, turned, "{by} the other way round");
        }
        // In pages it is the same order.
        for order_word in ["ascending", "descending"] {
            let whole = order(&boot.scim, &format!("{path}&sortOrder={order_word}")).await;
            let mut paged = Vec::new();
            for start in 1..=3 {
                let page = format!("{path}&sortOrder={order_word}&startIndex={start}&count=1");
                paged.extend(order(&boot.scim, &page).await);
            }
            assert_eq!(paged, whole, "{by} {order_word}");
        }
    }
});

db_test!(groups_and_filters_are_sorted_too, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    people(scim).await;
    for name in ["beta", "Alpha", "gamma"] {
        make_group(scim, name, &[]).await;
    }
    assert_eq!(order(scim, "/scim/v2/Groups?sortBy=displayName").await, ["Alpha", "beta", "gamma"]);
    assert_eq!(order(scim, "/scim/v2/Groups?sortBy=displayName&sortOrder=descending&count=2").await, ["gamma", "beta"]);
    let filter = url_encode("active eq true and userName pr");
    let list = scim.get(&format!("/scim/v2/Users?filter={filter}&sortBy=userName&sortOrder=descending")).await.ok();
    assert_eq!((names(&list), &list["totalResults"]), (vec!["carl".to_owned(), "bert".to_owned()], &json!(2)));
});

db_test!(what_has_no_order_is_refused, async |app| {
    let boot = app.boot("Acme", None).await;
    people(&boot.scim).await;
    for by in ["nothing", "password", "name.nothing", "a%20b", "emails%5Btype%20eq%20%22work%22%5D"] {
        refused(&boot.scim.get(&format!("/scim/v2/Users?sortBy={by}")).await, 400, "invalidPath");
    }
    // Without `sortBy` there is nothing to order.
    boot.scim.get("/scim/v2/Users?sortBy=&sortOrder=descending").await.expect(200);
    boot.scim.get("/scim/v2/Users?sortBy=userName&sortOrder=").await.expect(200);
});

db_test!(an_order_is_one_of_two, async |app| {
    let boot = app.boot("Acme", None).await;
    for path in ["/scim/v2/Users", "/scim/v2/Groups"] {
        for query in ["sortOrder=sideways", "sortBy=id&sortOrder=desc"] {
            refused(&boot.scim.get(&format!("{path}?{query}")).await, 400, "invalidValue");
        }
        let search =
            json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortOrder": "sideways" });
        refused(&boot.scim.post(&format!("{path}/.search"), search).await, 400, "invalidValue");
    }
});
