//! Paging by cursor (RFC 9865).

use super::*;
use crate::support::*;

/// All that a walk by cursor gives, and how many pages it had.
async fn walk(scim: &Client, path: &str) -> (Vec<Json>, usize) {
    let (mut all, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = scim.get(&format!("{path}&cursor={cursor}")).await.ok();
        assert!(page.get("startIndex").is_none() && page["totalResults"].is_u64(), "{page}");
        let resources = page["Resources"].as_array().expect("Resources");
        assert_eq!(page["itemsPerPage"], resources.len());
        all.extend(resources.clone());
        pages += 1;
        match page["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return (all, pages),
        }
    }
}

fn ids(resources: &[Json]) -> Vec<String> {
    resources.iter().map(id).collect()
}

db_test!(a_walk_gives_everybody_once, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let mut made = Vec::new();
    for number in 0..7 {
        made.push(make(scim, &format!("p{number}")).await);
        make_group(scim, &format!("g{number}"), &[]).await;
    }
    for (count, pages) in [(1, 7), (2, 4), (3, 3), (7, 1), (8, 1), (5000, 1)] {
        let (all, took) = walk(scim, &format!("/scim/v2/Users?count={count}")).await;
        assert_eq!((ids(&all), took), (made.clone(), pages), "{count} a page");
    }
    assert_eq!(walk(scim, "/scim/v2/Users?attributes=id").await.0.len(), 7);
    assert_eq!(walk(scim, "/scim/v2/Groups?count=2").await.0.len(), 7);
    let down = walk(scim, "/scim/v2/Users?count=2&sortBy=userName&sortOrder=descending").await.0;
    made.reverse();
    assert_eq!(ids(&down), made);
    let filter = url_encode("displayName sw \"p\" and not (userName co \"p3\")");
    assert_eq!(walk(scim, &format!("/scim/v2/Users?count=2&filter={filter}")).await.0.len(), 6);
    let counted = scim.get("/scim/v2/Users?cursor=&count=0").await.ok();
    assert_eq!((&counted["totalResults"], counted["Resources"].as_array().map(Vec::len)), (&json!(7), Some(0)));
    assert!(counted.get("nextCursor").is_none());
});

db_test!(who_comes_and_goes_meanwhile_disturbs_nobody, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let mut made = Vec::new();
    for number in 0..6 {
        made.push(make(scim, &format!("p{number}")).await);
    }
    let first = scim.get("/scim/v2/Users?cursor=&count=3").await.ok();
    for gone in [&made[0], &made[2], &made[4]] {
        scim.delete(&format!("/scim/v2/Users/{gone}")).await.expect(204);
    }
    let late = make(scim, "late").await;
    let next = first["nextCursor"].as_str().expect("a cursor");
    let second = scim.get(&format!("/scim/v2/Users?cursor={next}&count=3")).await.ok();
    assert_eq!(ids(second["Resources"].as_array().unwrap()), [made[3].clone(), made[5].clone(), late]);
    assert_eq!((&second["totalResults"], second.get("nextCursor")), (&json!(4), None));
});

db_test!(a_cursor_is_good_for_its_list_alone, async |app| {
    let boot = app.boot("Acme", None).await;
    let other = app.boot("Other", None).await;
    let scim = &boot.scim;
    for number in 0..3 {
        make(scim, &format!("p{number}")).await;
        make_group(scim, &format!("g{number}"), &[]).await;
    }
    let of = async |query: &str| {
        let page = scim.get(&format!("/scim/v2/{query}")).await.ok();
        page["nextCursor"].as_str().expect("a cursor").to_owned()
    };
    let cursor = of("Users?cursor=&count=1").await;
    // The next page is the next page, however often it is asked for.
    for _ in 0..2 {
        scim.get(&format!("/scim/v2/Users?cursor={cursor}&count=1")).await.expect(200);
    }
    for (client, query) in [
        (scim, format!("Users?count=1&cursor={cursor}x")),
        (scim, "Users?count=1&cursor=nonsense".to_owned()),
        (scim, format!("Users?count=1&cursor={cursor}&sortBy=userName")),
        (scim, format!("Users?count=1&cursor={cursor}&filter=active%20eq%20true")),
        (scim, format!("Groups?count=1&cursor={cursor}")),
        (&other.scim, format!("Users?count=1&cursor={cursor}")),
    ] {
        refused(&client.get(&format!("/scim/v2/{query}")).await, 400, "invalidCursor");
    }
    refused(&scim.get(&format!("/scim/v2/Users?count=2&cursor={cursor}")).await, 400, "invalidCount");
    // What is shown of each may differ.
    scim.get(&format!("/scim/v2/Users?count=1&cursor={cursor}&attributes=id")).await.expect(200);
    app.clock.advance(3590);
    scim.get(&format!("/scim/v2/Users?count=1&cursor={cursor}")).await.expect(200);
    app.clock.advance(11);
    refused(&scim.get(&format!("/scim/v2/Users?count=1&cursor={cursor}")).await, 400, "expiredCursor");
});
