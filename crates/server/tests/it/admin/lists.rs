//! Lists: ordered, searched, and read on from where they end. What is the same for all of them is tried on each.

use auth_core::outbox::EventKind;

use super::{faults, problem, within};
use crate::support::*;

fn person(name: &str) -> Json {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("{name}@acme.example"), "active": true,
        "emails": [{"value": format!("{name}@acme.example"), "type": "work", "primary": true}],
    })
}

/// A field of all entries.
fn each(list: &Json, field: &str) -> Vec<String> {
    let all = list["data"].as_array().unwrap_or_else(|| panic!("a list: {list}"));
    all.iter().map(|one| one[field].as_str().unwrap_or_else(|| panic!("{field}: {one}")).to_owned()).collect()
}

/// All pages of a list, two entries each, by their cursors.
async fn walked(client: &Client, path: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    for _ in 0..50 {
        let page = client.get(&format!("{path}limit=2{cursor}")).await.ok();
        let found = each(&page, "id");
        assert!(found.len() <= 2);
        all.extend(found);
        let Some(next) = page["next_cursor"].as_str() else {
            assert_eq!(page["total_count"].as_u64(), Some(all.len() as u64), "{path}: all that are counted were seen");
            return all;
        };
        cursor = format!("&cursor={next}");
    }
    panic!("{path} never ends");
}

db_test!(every_list_knows_its_orders_and_refuses_others, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let below = |rest: &str| within(&boot, &format!("/directories/{}/{rest}", boot.directory_id));
    for (path, orders) in [
        (below("credentials"), &["created_at", "name"][..]),
        (within(&boot, "/scim/tokens"), &["created_at", "name"]),
        (within(&boot, "/domains"), &["created_at", "name"]),
        (within(&boot, "/directories"), &["created_at", "name"]),
        ("/v1/directories".to_owned(), &["created_at", "name"]),
        ("/v1/roles".to_owned(), &["key", "name"]),
        ("/v1/permissions".to_owned(), &["key", "name"]),
        (below("jobs"), &["created_at", "updated_at"]),
        ("/v1/sessions".to_owned(), &["created_at", "updated_at", "expires_at"]),
        (below("requests"), &["created_at"]),
        (below("receipts"), &["created_at"]),
        ("/v1/receipts".to_owned(), &["created_at"]),
        ("/v1/webhooks/endpoints".to_owned(), &["created_at", "url"]),
        ("/v1/webhooks/deliveries".to_owned(), &["created_at"]),
    ] {
        let whole = boot.key.get(&path).await.ok()["total_count"].as_u64().unwrap();
        for order in orders {
            for way in ["", "-", "%2B"] {
                let list = boot.key.get(&format!("{path}?order_by={way}{order}&limit=500")).await.ok();
                assert_eq!(list["total_count"].as_u64(), Some(whole), "{path} by {way}{order}");
            }
        }
        let answer = problem(boot.key.get(&format!("{path}?order_by=secret")).await, 400, "validation_failed");
        assert_eq!(faults(&answer), [("order_by".to_owned(), "unknown_value".to_owned())], "{path}");
        let none = boot.key.get(&format!("{path}?query=%25_nobody's%20!")).await.ok();
        assert_eq!((&none["total_count"], &none["data"]), (&json!(0), &json!([])), "{path}: a text and no pattern");
    }
});

db_test!(lists_are_searched_and_ordered_by_name, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let path = within(&boot, &format!("/directories/{}/credentials", boot.directory_id));
    for name in ["Zeta", "alpha", "Mid_way"] {
        boot.key.post(&path, json!({ "name": name })).await.created();
    }
    let ordered = each(&boot.key.get(&format!("{path}?order_by=name&limit=500")).await.ok(), "name");
    let mut sorted = ordered.clone();
    sorted.sort_unstable();
    assert_eq!(ordered, sorted, "by bytes, on both databases");
    let found = boot.key.get(&format!("{path}?query=D_W")).await.ok();
    assert_eq!((each(&found, "name"), &found["total_count"]), (vec!["Mid_way".to_owned()], &json!(1)));

    let domains = within(&boot, "/domains");
    for name in ["zoo.example", "bar.example"] {
        boot.key.post(&domains, json!({ "name": name })).await.created();
    }
    let names = |list: Json| each(&list, "name");
    assert_eq!(names(boot.key.get(&domains).await.ok()), ["acme.example", "bar.example", "zoo.example"]);
    assert_eq!(names(boot.key.get(&format!("{domains}?order_by=-name&limit=1")).await.ok()), ["zoo.example"]);
    assert_eq!(names(boot.key.get(&format!("{domains}?query=BAR")).await.ok()), ["bar.example"]);

    let keys = each(&boot.key.get("/v1/permissions?order_by=-key&limit=500").await.ok(), "key");
    assert!(keys.is_sorted_by(|a, b| a > b), "{keys:?}");
    let one = boot.key.get(&format!("/v1/permissions?query={}", keys[0])).await.ok();
    assert_eq!((&one["data"][0]["id"], &one["data"][0]["object"]), (&json!(keys[0]), &json!("permission")));
    assert_eq!(each(&boot.key.get("/v1/roles?query=org:owner").await.ok(), "key"), ["org:owner"]);
});

db_test!(lists_are_read_on_by_cursor_while_they_grow, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    for n in 0..5 {
        boot.scim.post("/scim/v2/Users", person(&format!("p{n}"))).await.created();
        if n % 2 == 0 {
            // Several have the same instant: the id tells them apart.
            app.clock.advance(1);
        }
    }
    // The newest requests are not read upwards before all that came with them are there.
    app.clock.advance(6);
    let below = within(&boot, &format!("/directories/{}/requests?", boot.directory_id));
    for path in ["/v1/users?".to_owned(), format!("{}?", within(&boot, "/memberships")), below.clone()] {
        let newest = walked(&boot.key, &path).await;
        let whole = each(&boot.key.get(&format!("{path}limit=500")).await.ok(), "id");
        assert_eq!(newest, whole, "{path}");
        let mut oldest = walked(&boot.key, &format!("{path}order_by=created_at&")).await;
        oldest.reverse();
        assert_eq!(oldest, whole, "{path}");
        let page = boot.key.get(&format!("{path}limit=500")).await.ok();
        assert_eq!(page["next_cursor"], Json::Null, "{path}: at the end");
        for bad in ["5", "x.user_a", "5.a%27b"] {
            let answer = problem(boot.key.get(&format!("{path}cursor={bad}")).await, 400, "validation_failed");
            assert_eq!(faults(&answer), [("cursor".to_owned(), "invalid_cursor".to_owned())]);
        }
    }
    // Who comes while somebody reads is not between what is read.
    let first = boot.key.get("/v1/users?limit=3").await.ok();
    boot.scim.post("/scim/v2/Users", person("late")).await.created();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = boot.key.get(&format!("/v1/users?limit=500&cursor={cursor}")).await.ok();
    let (first, rest) = (each(&first, "id"), each(&rest, "id"));
    assert!(rest.iter().all(|id| !first.contains(id)));
    assert_eq!(first.len() + rest.len() + 1, each(&boot.key.get("/v1/users?limit=500").await.ok(), "id").len());
    let answer =
        problem(boot.key.get("/v1/users?order_by=email_address&cursor=5.user_a").await, 400, "validation_failed");
    assert_eq!(faults(&answer), [("cursor".to_owned(), "contradiction".to_owned())]);
});

db_test!(the_platform_reads_everybodys_receipts, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let other = app.boot("Beta", Some("beta.example")).await;
    for (whose, name) in [(&boot, "ann"), (&other, "bob")] {
        let made = whose.scim.post("/scim/v2/Users", person(name)).await.created();
        whose.scim.delete(&format!("/scim/v2/Users/{}", made["id"].as_str().unwrap())).await.expect(204);
        app.clock.advance(1);
    }
    let all = boot.key.get("/v1/receipts").await.ok();
    assert_eq!(all["total_count"], 2);
    let organizations = each(&all, "organization_id");
    assert_eq!(organizations, [other.organization_id.clone(), boot.organization_id.clone()], "newest first");
    let oldest = boot.key.get("/v1/receipts?order_by=created_at&limit=1").await.ok();
    assert_eq!(each(&oldest, "organization_id"), [boot.organization_id.as_str()]);
    for filter in [
        format!("organization_id={}", other.organization_id),
        format!("directory_id={}", other.directory_id),
        format!("query={}", all["data"][0]["id"].as_str().unwrap()),
        format!("since={}", all["data"][0]["created_at"]),
    ] {
        let found = boot.key.get(&format!("/v1/receipts?{filter}")).await.ok();
        assert_eq!(
            (each(&found, "id"), &found["total_count"]),
            (vec![each(&all, "id")[0].clone()], &json!(1)),
            "{filter}"
        );
    }
    let id = all["data"][1]["id"].as_str().unwrap();
    assert_eq!(boot.key.get(&format!("/v1/receipts/{id}")).await.ok(), all["data"][1]);
    problem(boot.key.get("/v1/receipts/rcpt_none").await, 404, "receipt_not_found");
    // An organization's own admin is no platform: neither for the list nor for one, not even one of theirs.
    let owner = app.signed_up("otto").await;
    problem(owner.get("/v1/receipts").await, 403, "forbidden");
    problem(owner.get(&format!("/v1/receipts/{id}")).await, 403, "forbidden");
});

db_test!(deliveries_are_found_by_type_and_outcome, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", None).await;
    let refused = problem(boot.key.get("/v1/webhooks/deliveries?event_type=nothing").await, 400, "validation_failed");
    assert_eq!(faults(&refused), [("event_type".to_owned(), "unknown_value".to_owned())]);
    let refused = problem(boot.key.get("/v1/webhooks/deliveries?succeeded=maybe").await, 400, "validation_failed");
    assert_eq!(faults(&refused), [("succeeded".to_owned(), "unknown_value".to_owned())]);
    // Nobody is called: the rows are what a courier would have left.
    let endpoint = json!({"url": "https://hooks.example/x", "enabled_event_types": ["user.created"]});
    let endpoint = boot.key.post("/v1/webhooks/endpoints", endpoint).await.created();
    let whe = endpoint["id"].as_str().unwrap();
    let left = async |tx: &mut auth_core::Tx| {
        for n in 0..4_i64 {
            let (kind, state) =
                if n % 2 == 0 { (EventKind::UserCreated, "succeeded") } else { (EventKind::UserDeleted, "dead") };
            let sql = "INSERT INTO webhook_deliveries (id, endpoint_id, owner_key, event_id, event_type, event_position, subject,
                state, attempt, created_at) VALUES ($1, $2, 'instance', $3, $4, $5, 'user_x', $6, 1, $7)";
            let values = [
                format!("whd_{n}").into(),
                whe.into(),
                format!("evt_{n}").into(),
                kind.as_str().into(),
                n.into(),
                state.into(),
                (1000 + n / 3).into(),
            ];
            auth_core::db::run(tx, sql, values).await?;
        }
        Ok::<_, auth_core::Error>(())
    };
    app.core.write(&auth_core::Ctx::system("test"), left).await.unwrap();
    let ids = async |query: &str| each(&boot.key.get(&format!("/v1/webhooks/deliveries?{query}")).await.ok(), "id");
    assert_eq!(ids("event_type=user.created").await, ["whd_2", "whd_0"]);
    assert_eq!(ids("succeeded=false").await, ["whd_3", "whd_1"]);
    assert_eq!(ids(&format!("succeeded=true&endpoint_id={whe}&order_by=created_at")).await, ["whd_0", "whd_2"]);
    assert_eq!(ids("query=EVT_3").await, ["whd_3"]);
    assert_eq!(walked(&boot.key, "/v1/webhooks/deliveries?").await, ["whd_3", "whd_2", "whd_1", "whd_0"]);
});
