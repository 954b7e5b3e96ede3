//! Paging by index.

use super::*;
use crate::support::*;

db_test!(all_pages_together_give_everybody_once_in_one_order, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    for number in 0..7 {
        make(scim, &format!("p{number}")).await;
    }
    let whole = names(&scim.get("/scim/v2/Users").await.ok());
    assert_eq!(whole.len(), 7);
    for count in [1, 2, 3, 100] {
        let mut found = Vec::new();
        let mut start = 1;
        while start <= 7 {
            let page = scim.get(&format!("/scim/v2/Users?startIndex={start}&count={count}")).await.ok();
            assert_eq!(
                (&page["schemas"], &page["totalResults"], &page["startIndex"]),
                (&json!([LIST]), &json!(7), &json!(start))
            );
            assert_eq!(page["itemsPerPage"], names(&page).len());
            found.extend(names(&page));
            start += count;
        }
        assert_eq!(found, whole, "in pages of {count}");
    }
});

db_test!(odd_indexes_and_counts, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    for number in 0..3 {
        make(scim, &format!("p{number}")).await;
    }
    for (query, start, items) in [
        ("startIndex=0", 1, 3),
        ("startIndex=-5&count=2", 1, 2),
        ("startIndex=3", 3, 1),
        ("startIndex=4", 4, 0),
        ("startIndex=99999999999999999999", u32::MAX, 0),
        ("count=0", 1, 0),
        ("count=-1", 1, 0),
        ("count=99999999999999999999", 1, 3),
        ("startIndex=&count=", 1, 3),
    ] {
        let page = scim.get(&format!("/scim/v2/Users?{query}")).await.ok();
        assert_eq!(
            (&page["totalResults"], &page["startIndex"], &page["itemsPerPage"], names(&page).len()),
            (&json!(3), &json!(start), &json!(items), items),
            "{query}"
        );
    }
    for query in ["count=x", "startIndex=1.5", "count=1e2", "count=%F0%9F"] {
        refused(&scim.get(&format!("/scim/v2/Users?{query}")).await, 400, "invalidValue");
    }
});

db_test!(an_empty_directory_has_an_empty_page, async |app| {
    let boot = app.boot("Acme", None).await;
    for kind in ["Users", "Groups"] {
        let page = boot.scim.get(&format!("/scim/v2/{kind}?startIndex=1&count=2")).await.ok();
        assert_eq!(
            page,
            json!({"schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})
        );
    }
});
