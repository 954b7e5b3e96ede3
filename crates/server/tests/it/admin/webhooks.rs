//! Webhook endpoints and deliveries as their owners see them.

use super::{faults, problem, published, within};
use crate::support::*;

const ENDPOINTS: &str = "/v1/webhooks/endpoints";

db_test!(an_endpoint_is_made_read_changed_and_deleted, async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({
        "url": "https://hooks.example/portico?x=1", "enabled_event_types": ["scimUser.provisioned", "user.created", "user.created"]
    });
    let made = boot.key.post(ENDPOINTS, body).await.created();
    assert_eq!(made["object"], "webhook_endpoint");
    assert!(made["id"].as_str().unwrap().starts_with("whe_"), "{made}");
    assert_eq!(made["enabled_event_types"], json!(["scimUser.provisioned", "user.created"]));
    assert_eq!(
        (&made["enabled"], &made["disabled_at"], &made["organization_id"]),
        (&json!(true), &Json::Null, &Json::Null)
    );
    let secret = made["signing_secret"].as_str().unwrap();
    let prefix = made["signing_secret_prefix"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.starts_with(prefix) && prefix.len() < 12, "{made}");

    let path = format!("{ENDPOINTS}/{}", made["id"].as_str().unwrap());
    let mut shown = made.clone();
    shown.as_object_mut().unwrap().remove("signing_secret");
    assert_eq!(boot.key.get(&path).await.ok(), shown);
    let list = boot.key.get(ENDPOINTS).await.ok();
    assert_eq!((&list["total_count"], &list["data"][0]), (&json!(1), &shown));

    let changed = boot.key.patch(&path, json!({"enabled": false, "enabled_event_types": []})).await.ok();
    assert_eq!((&changed["enabled"], &changed["disabled_reason"]), (&json!(false), &json!("by_hand")));
    assert_eq!((&changed["enabled_event_types"], &changed["url"]), (&json!([]), &made["url"]));
    assert!(changed["disabled_at"].is_i64() && changed.get("signing_secret").is_none(), "{changed}");
    problem(boot.key.post(&format!("{path}/test"), json!({})).await, 409, "webhook_endpoint_disabled");
    let again = boot.key.patch(&path, json!({"enabled": true})).await.ok();
    assert_eq!((&again["enabled"], &again["disabled_at"]), (&json!(true), &Json::Null));

    boot.key.delete(&path).await.expect(204);
    problem(boot.key.get(&path).await, 404, "webhook_endpoint_not_found");
    published(&app).await;
    let events = boot.key.get("/v1/events?limit=500").await.ok();
    let of = |kind: &str| {
        events["data"]
            .as_array()
            .unwrap()
            .iter()
            .find(|event| event["type"] == kind)
            .unwrap_or_else(|| panic!("{kind}"))["data"]
            .clone()
    };
    assert_eq!(of("webhookEndpoint.created")["webhook_endpoint"]["object"], "webhook_endpoint");
    let updated = of("webhookEndpoint.updated");
    assert_eq!(updated["previous"]["enabled_event_types"], json!(["scimUser.provisioned", "user.created"]));
    assert_eq!(updated["webhook_endpoint"]["enabled"], false);
    assert_eq!(of("webhookEndpoint.deleted")["webhook_endpoint"]["id"], made["id"]);
    assert!(!events.to_string().contains(secret), "the secret is in an event");
});

db_test!(a_repeated_request_makes_one_endpoint_and_shows_the_same_secret, async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({"url": "https://hooks.example/"}).to_string().into_bytes();
    let key = [("idempotency-key", "once")];
    let one = boot.key.send("POST", ENDPOINTS, Some(body.clone()), &key).await.created();
    let two = boot.key.send("POST", ENDPOINTS, Some(body), &key).await.created();
    assert_eq!(one, two);
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_endpoints").await, 1);
    let sealed: String = app
        .look(async |db| {
            auth_core::db::one(db, "SELECT sealed_secret FROM webhook_endpoints", []).await?.unwrap().get(0)
        })
        .await;
    let secret = one["signing_secret"].as_str().unwrap().strip_prefix("whsec_").unwrap().to_owned();
    assert!(!sealed.contains(&secret), "the secret is stored as it is");
});

db_test!(a_rotated_secret_is_shown_once_and_the_window_is_bounded, async |app| {
    let boot = app.boot("Acme", None).await;
    let made = boot.key.post(ENDPOINTS, json!({"url": "https://hooks.example/"})).await.created();
    let path = format!("{ENDPOINTS}/{}", made["id"].as_str().unwrap());
    let rotated = boot.key.post(&format!("{path}/rotate-secret"), json!({"overlap_seconds": 60})).await.ok();
    assert_ne!(rotated["signing_secret"], made["signing_secret"]);
    assert!(
        rotated["signing_secret"].as_str().unwrap().starts_with(rotated["signing_secret_prefix"].as_str().unwrap())
    );
    let now = auth_core::clock::Clock::now(&*app.clock).millis();
    assert!((now..now + 60_000).contains(&rotated["rotation_window_expires_at"].as_i64().unwrap()), "{rotated}");
    assert!(boot.key.get(&path).await.ok().get("signing_secret").is_none());
    // Without a body: a day.
    let day = boot.key.send("POST", &format!("{path}/rotate-secret"), None, &[]).await.ok();
    assert!(day["rotation_window_expires_at"].as_i64().unwrap() > now + 86_000_000, "{day}");
    let long = boot.key.post(&format!("{path}/rotate-secret"), json!({"overlap_seconds": 604_801})).await;
    assert_eq!(faults(&problem(long, 400, "validation_failed")), [("overlap_seconds".into(), "out_of_range".into())]);
});

db_test!(what_cannot_be_an_endpoint_is_told_by_field, async |app| {
    let boot = app.boot("Acme", None).await;
    for (body, expected) in [
        (json!({}), vec![("url", "required")]),
        (json!({"url": 7}), vec![("url", "wrong_type")]),
        (json!({"url": "hooks.example"}), vec![("url", "invalid")]),
        (json!({"url": "ftp://hooks.example/"}), vec![("url", "invalid")]),
        (json!({"url": "https://ann:pw@hooks.example/"}), vec![("url", "credentials_in_url")]),
        (json!({"url": "https://10.0.0.1/"}), vec![("url", "address_not_allowed")]),
        (json!({"url": "https://0xa9fea9fe/latest/meta-data"}), vec![("url", "address_not_allowed")]),
        (json!({"url": "https://[::ffff:169.254.169.254]/"}), vec![("url", "address_not_allowed")]),
        (json!({"url": "https://2852039166/"}), vec![("url", "address_not_allowed")]),
        (json!({"url": "https://012.1.2.3/"}), vec![("url", "address_not_allowed")]),
        (
            json!({"url": "https://hooks.example/", "enabled_event_types": ["user.created", "no.such"]}),
            vec![("enabled_event_types[1]", "unknown_value")],
        ),
        (
            json!({"url": "https://hooks.example/", "enabled_event_types": "user.created"}),
            vec![("enabled_event_types", "wrong_type")],
        ),
        (
            json!({"url": "https://hooks.example/", "enabled_event_types": ["webhook.test"]}),
            vec![("enabled_event_types[0]", "unknown_value")],
        ),
        (
            json!({"url": "https://hooks.example/", "enabled": "yes", "organization_id": "a b"}),
            vec![("enabled", "wrong_type"), ("organization_id", "not_an_id")],
        ),
    ] {
        let answer = problem(boot.key.post(ENDPOINTS, body.clone()).await, 400, "validation_failed");
        let expected: Vec<(String, String)> = expected.into_iter().map(|(f, c)| (f.into(), c.into())).collect();
        assert_eq!(faults(&answer), expected, "{body}");
    }
    let made = boot.key.post(ENDPOINTS, json!({"url": "https://hooks.example/"})).await.created();
    let path = format!("{ENDPOINTS}/{}", made["id"].as_str().unwrap());
    let answer = boot.key.patch(&path, json!({"url": "https://169.254.169.254/"})).await;
    assert_eq!(faults(&problem(answer, 400, "validation_failed")), [("url".into(), "address_not_allowed".into())]);
    for (since, code) in [(json!(-1), "out_of_range"), (json!("yesterday"), "invalid"), (json!(true), "wrong_type")] {
        let answer = boot.key.post(&format!("{path}/replay"), json!({"since": since})).await;
        assert_eq!(faults(&problem(answer, 400, "validation_failed")), [("since".into(), code.into())]);
    }
    let answer = boot.key.get("/v1/webhooks/deliveries?state=lost").await;
    assert_eq!(faults(&problem(answer, 400, "validation_failed")), [("state".into(), "unknown_value".into())]);
});

db_test!(an_owner_has_a_bounded_number_of_endpoints, async |app| {
    let boot = app.boot("Acme", None).await;
    let within = json!({"url": "https://hooks.example/", "organization_id": boot.organization_id});
    for _ in 0..auth_core::features::webhooks::MOST_ENDPOINTS {
        boot.key.post(ENDPOINTS, within.clone()).await.created();
    }
    problem(boot.key.post(ENDPOINTS, within).await, 409, "webhook_endpoint_limit");
    boot.key.post(ENDPOINTS, json!({"url": "https://hooks.example/"})).await.created();
});

db_test!(an_organization_has_endpoints_of_its_own_which_strangers_do_not_see, async |app| {
    let boot = app.boot("Acme", None).await;
    let receiver = Receiver::open();
    let ann = app.signed_up("ann").await;
    let other = ann.post("/api/auth/organization/create", json!({"name": "Ann", "slug": "ann"})).await.ok();
    let own = json!({"url": format!("{}/own", receiver.base), "organization_id": other["id"]});
    let made = ann.post(ENDPOINTS, own.clone()).await.created();
    let whole = boot.key.post(ENDPOINTS, json!({"url": format!("{}/whole", receiver.base)})).await.created();
    let theirs = boot
        .key
        .post(ENDPOINTS, json!({"url": "https://hooks.example/", "organization_id": boot.organization_id}))
        .await
        .created();

    // Her own, and nobody else's; not those of the instance either.
    let path = |endpoint: &Json| format!("{ENDPOINTS}/{}", endpoint["id"].as_str().unwrap());
    assert_eq!(ann.get(&path(&made)).await.ok()["organization_id"], other["id"]);
    for hidden in [&whole, &theirs] {
        problem(ann.get(&path(hidden)).await, 404, "webhook_endpoint_not_found");
        problem(ann.patch(&path(hidden), json!({"enabled": false})).await, 404, "webhook_endpoint_not_found");
        problem(ann.delete(&path(hidden)).await, 404, "webhook_endpoint_not_found");
        for rest in ["rotate-secret", "test", "replay"] {
            let answer = ann.post(&format!("{}/{rest}", path(hidden)), json!({"since": 0})).await;
            problem(answer, 404, "webhook_endpoint_not_found");
        }
        let listed = format!("/v1/webhooks/deliveries?endpoint_id={}", hidden["id"].as_str().unwrap());
        problem(ann.get(&listed).await, 404, "webhook_endpoint_not_found");
    }
    problem(ann.get(ENDPOINTS).await, 403, "forbidden");
    problem(ann.get("/v1/webhooks/deliveries").await, 403, "forbidden");
    problem(ann.post(ENDPOINTS, json!({"url": "https://hooks.example/"})).await, 403, "forbidden");
    assert_eq!(ann.get(&within(&boot, "")).await.status, 404);
    assert_eq!(ann.get(&format!("{ENDPOINTS}?organization_id={}", boot.organization_id)).await.status, 404);
    let listed = ann.get(&format!("{ENDPOINTS}?organization_id={}", other["id"].as_str().unwrap())).await.ok();
    assert_eq!((&listed["total_count"], &listed["data"][0]["id"]), (&json!(1), &made["id"]));
    assert_eq!(boot.key.get(ENDPOINTS).await.ok()["total_count"], 3);

    // What happens elsewhere does not come to her endpoint.
    boot.key.patch(&within(&boot, ""), json!({"name": "Renamed"})).await.ok();
    let renamed = json!({"organizationId": other["id"], "data": {"name": "Ann's"}});
    ann.post("/api/auth/organization/update", renamed).await.expect(200);
    published(&app).await;
    auth_core::features::webhooks::fan_out(&app.core).await.unwrap();
    let of = async |endpoint: &Json| {
        let id = endpoint["id"].as_str().unwrap();
        let page = boot.key.get(&format!("/v1/webhooks/deliveries?limit=500&endpoint_id={id}")).await.ok();
        page["data"].as_array().unwrap().iter().map(|delivery| delivery["subject"].clone()).collect::<Vec<_>>()
    };
    assert!(of(&whole).await.contains(&json!(boot.organization_id)));
    let hers = of(&made).await;
    assert!(hers.contains(&other["id"]) && !hers.contains(&json!(boot.organization_id)), "{hers:?}");
    let delivery = boot.key.get("/v1/webhooks/deliveries?limit=1").await.ok();
    let whole = format!("/v1/webhooks/deliveries?endpoint_id={}", whole["id"].as_str().unwrap());
    let foreign = boot.key.get(&whole).await.ok()["data"][0]["id"].as_str().unwrap().to_owned();
    problem(ann.get(&format!("/v1/webhooks/deliveries/{foreign}")).await, 404, "webhook_delivery_not_found");
    problem(
        ann.post(&format!("/v1/webhooks/deliveries/{foreign}/replay"), json!({})).await,
        404,
        "webhook_delivery_not_found",
    );
    assert_eq!(delivery["data"][0]["object"], "webhook_delivery");
});
