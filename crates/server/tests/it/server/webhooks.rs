//! Webhooks as their receivers see them: signed, in order, again until they are accepted, and again when asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use auth_core::features::webhooks::{self, SCHEDULE};
use server::outbound::Outbound;
use tokio::sync::Notify;

use crate::support::*;

const ENDPOINTS: &str = "/v1/webhooks/endpoints";

/// Publishes, makes deliveries and sends all that is due, beside the workers that do so anyway.
pub(super) async fn deliver(app: &App) {
    app.events().await;
    webhooks::fan_out(&app.core).await.expect("deliveries are made");
    let reach = api_kit::Reach { private: vec!["127.0.0.0/8".parse().expect("a range")], http: true };
    let courier = server::worker::courier(Outbound::new(reach).expect("a client"));
    webhooks::deliver_due(&app.core, &courier, &Notify::new(), || false).await.expect("what is due is sent");
}

/// An endpoint of the instance at a path of the receiver.
pub(super) async fn endpoint(boot: &Boot, receiver: &Receiver, types: &[&str]) -> Json {
    let body = json!({"url": format!("{}/hook", receiver.base), "enabled_event_types": types});
    boot.key.post(ENDPOINTS, body).await.created()
}

fn path(endpoint: &Json) -> String {
    format!("{ENDPOINTS}/{}", endpoint["id"].as_str().expect("an id"))
}

async fn deliveries(boot: &Boot, query: &str) -> Vec<Json> {
    let page = boot.key.get(&format!("/v1/webhooks/deliveries?order_by=created_at&limit=500&{query}")).await.ok();
    page["data"].as_array().expect("a page").clone()
}

/// Waits until the deliveries of a query are as they should be.
pub(super) async fn until(boot: &Boot, query: &str, good: impl Fn(&[Json]) -> bool) -> Vec<Json> {
    let mut found = Vec::new();
    for _ in 0..600 {
        found = deliveries(boot, query).await;
        if good(&found) {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the deliveries never came to that: {found:#?}");
}

async fn rename(boot: &Boot, organization: &str, name: &str) {
    boot.key.patch(&format!("/v1/organizations/{organization}"), json!({"name": name})).await.ok();
}

/// The names that an organization was given, as far as the receiver was told.
fn names(got: &[Got]) -> Vec<String> {
    let name = |got: &Got| got.json["data"]["organization"]["name"].as_str().unwrap_or_default().to_owned();
    got.iter().map(name).collect()
}

db_test!(what_a_mapping_puts_into_public_metadata_is_in_the_event_and_in_the_message, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let receiver = Receiver::open();
    endpoint(&boot, &receiver, &["scimUser.provisioned"]).await;
    let path = format!("/v1/organizations/{}/directories/{}", boot.organization_id, boot.directory_id);
    let mapping = json!({"mapping": {"title": "public_metadata.position"}});
    boot.key.put(&format!("{path}/attribute-mappings"), mapping).await.ok();
    let person = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "dave@acme.example", "active": true,
        "title": "Head of Sales", "emails": [{"value": "dave@acme.example", "type": "work", "primary": true}],
    });
    boot.scim.post("/scim/v2/Users", person).await.created();
    let got = receiver.wait(1).await.remove(0);
    let metadata = json!({"position": "Head of Sales"});
    assert_eq!(got.json["data"]["user"]["public_metadata"], metadata, "{}", got.text);
    let listed = boot.key.get("/v1/events?type=scimUser.provisioned").await.ok();
    assert_eq!(listed["data"][0]["data"]["user"]["public_metadata"], metadata);
});

db_test!(an_event_arrives_signed_and_is_the_one_that_the_stream_shows, async |app| {
    let boot = app.boot("Acme", None).await;
    let receiver = Receiver::open();
    endpoint(&boot, &receiver, &["organization.updated"]).await;
    rename(&boot, &boot.organization_id, "Renamed").await;
    let got = receiver.wait(1).await.remove(0);
    let listed = boot.key.get("/v1/events?type=organization.updated").await.ok();
    let event = &listed["data"][0];
    assert_eq!((got.path.as_str(), got.id()), ("/hook", event["id"].as_str().unwrap()));
    for same in ["type", "data", "id", "sequence", "organization_id"] {
        assert_eq!(got.json[same], event[same], "{same}");
    }
    let timestamp = got.json["timestamp"].as_str().unwrap();
    let millis = auth_core::clock::Timestamp::parse(timestamp).unwrap().millis();
    assert_eq!(event["timestamp"], millis, "{timestamp}");
    assert_eq!(got.headers["content-type"], "application/json");
    assert!(got.headers["user-agent"].starts_with("Portico-Webhooks/"), "{got:?}");
    assert!(got.headers["webhook-timestamp"].parse::<i64>().unwrap() >= millis / 1000);
    assert!(got.signatures().len() == 1 && got.signatures()[0].starts_with("v1,"), "{got:?}");
    let found = until(&boot, "state=succeeded", |found| found.len() == 1).await;
    assert_eq!((&found[0]["attempt"], &found[0]["response_status"]), (&json!(1), &json!(200)));
    assert_eq!((&found[0]["event_id"], &found[0]["event_type"]), (&event["id"], &event["type"]));
    assert_eq!((&found[0]["succeeded"], &found[0]["next_retry_at"]), (&json!(true), &Json::Null));
});

db_test!(a_receiver_that_is_too_busy_says_when_to_come_back, async |app| {
    let boot = app.boot("Acme", None).await;
    for (status, asked, least, most) in [
        // As long as it asks for.
        (503, "3600", 3_600_000, 3_602_000),
        // Never sooner than the schedule says.
        (429, "1", SCHEDULE[0] * 900, SCHEDULE[0] * 1100 + 2000),
        // A day at most.
        (429, "99999999", 86_400_000, 86_402_000),
        // Of other answers it means nothing.
        (500, "3600", SCHEDULE[0] * 900, SCHEDULE[0] * 1100 + 2000),
    ] {
        let receiver = Receiver::open();
        receiver.answer_with(move |_| {
            let status = actix_web::http::StatusCode::from_u16(status).expect("a status");
            HttpResponse::build(status).insert_header(("retry-after", asked)).finish()
        });
        let made = endpoint(&boot, &receiver, &["organization.updated"]).await;
        rename(&boot, &boot.organization_id, &format!("{status} {asked}")).await;
        deliver(&app).await;
        let query = format!("endpoint_id={}&state=failed", made["id"].as_str().unwrap());
        let failed = until(&boot, &query, |found| found.len() == 1).await.remove(0);
        let wait = failed["next_retry_at"].as_i64().unwrap() - failed["attempted_at"].as_i64().unwrap();
        assert!((least..=most).contains(&wait), "{status} {asked}: {wait}");
        boot.key.delete(&path(&made)).await.expect(204);
    }
});

db_test!(a_receiver_that_is_too_busy_is_left_in_peace_altogether_but_not_for_ever, async |app| {
    let boot = app.boot("Acme", None).await;
    let other = boot.key.post("/v1/organizations", json!({"name": "Other"})).await.created();
    let receiver = Receiver::open();
    let busy = AtomicBool::new(true);
    receiver.answer_with(move |_| {
        if busy.swap(false, Ordering::SeqCst) {
            return HttpResponse::ServiceUnavailable().insert_header(("retry-after", "7200")).finish();
        }
        HttpResponse::NoContent().finish()
    });
    endpoint(&boot, &receiver, &["organization.updated"]).await;
    rename(&boot, &boot.organization_id, "one").await;
    deliver(&app).await;
    until(&boot, "state=failed", |found| found.len() == 1).await;
    // Nothing else is sent meanwhile, whatever it is about.
    rename(&boot, other["id"].as_str().unwrap(), "two").await;
    deliver(&app).await;
    app.clock.advance(3_500);
    deliver(&app).await;
    assert_eq!(receiver.got().len(), 1);
    // After an hour what waits is sent; the one that was refused waits for as long as was asked.
    app.clock.advance(120);
    deliver(&app).await;
    until(&boot, "state=succeeded", |found| found.len() == 1).await;
    assert_eq!(names(&receiver.got()), ["one", "two"]);
    app.clock.advance(3_600);
    deliver(&app).await;
    until(&boot, "state=succeeded", |found| found.len() == 2).await;
    assert_eq!(names(&receiver.got()), ["one", "two", "one"]);
});

db_test!(what_is_not_accepted_comes_again_and_later_events_of_the_subject_wait_for_it, async |app| {
    let boot = app.boot("Acme", None).await;
    let other = boot.key.post("/v1/organizations", json!({"name": "Other"})).await.created();
    let receiver = Receiver::open();
    let accepts = Arc::new(AtomicBool::new(false));
    let (open, stubborn) = (Arc::clone(&accepts), boot.organization_id.clone());
    receiver.answer_with(move |got| {
        let refused = !open.load(Ordering::SeqCst) && got.json["organization_id"] == *stubborn;
        if refused { HttpResponse::ServiceUnavailable().body("la\0ter") } else { HttpResponse::NoContent().finish() }
    });
    endpoint(&boot, &receiver, &["organization.updated"]).await;
    for name in ["one", "two", "three"] {
        rename(&boot, &boot.organization_id, name).await;
        rename(&boot, other["id"].as_str().unwrap(), &format!("other {name}")).await;
    }
    deliver(&app).await;
    let found = until(&boot, "state=succeeded", |found| found.len() == 3).await;
    assert!(found.iter().all(|delivery| delivery["subject"] == other["id"]), "{found:#?}");
    let waiting = deliveries(&boot, "state=pending").await;
    assert_eq!(waiting.len(), 2, "those after the one that was refused were not tried: {waiting:#?}");
    let failed = deliveries(&boot, "state=failed").await.remove(0);
    assert_eq!((&failed["attempt"], &failed["response_status"]), (&json!(1), &json!(503)));
    assert_eq!((&failed["error"], &failed["response_body"]), (&json!("answered 503"), &json!("la\u{fffd}ter")));
    let wait = failed["next_retry_at"].as_i64().unwrap() - failed["attempted_at"].as_i64().unwrap();
    assert!((SCHEDULE[0] * 900..=SCHEDULE[0] * 1100 + 2000).contains(&wait), "{wait}");

    accepts.store(true, Ordering::SeqCst);
    app.clock.advance(SCHEDULE[0] * 2);
    deliver(&app).await;
    until(&boot, "state=succeeded", |found| found.len() == 6).await;
    let got = receiver.got();
    let stubborn: Vec<Got> =
        got.iter().filter(|got| got.json["organization_id"] == *boot.organization_id).cloned().collect();
    assert_eq!(names(&stubborn), ["one", "one", "two", "three"]);
    assert_eq!(stubborn[0].id(), stubborn[1].id(), "each attempt has the same id");
    let others: Vec<Got> = got.into_iter().filter(|got| got.json["organization_id"] == other["id"]).collect();
    assert_eq!(names(&others), ["other one", "other two", "other three"]);
});

db_test!(an_endpoint_that_accepts_nothing_is_given_up_and_switched_off_and_goes_on_later, async |app| {
    let boot = app.boot("Acme", None).await;
    let receiver = Receiver::open();
    receiver.answer(500);
    let made = endpoint(&boot, &receiver, &["organization.updated"]).await;
    rename(&boot, &boot.organization_id, "one").await;
    deliver(&app).await;
    for (place, wait) in SCHEDULE.iter().enumerate() {
        until(&boot, "", |found| found[0]["attempt"] == json!(place + 1)).await;
        // Longer than the jitter and the longest rest of an endpoint.
        app.clock.advance(wait * 11 / 10 + 301);
        deliver(&app).await;
    }
    let dead = until(&boot, "state=dead", |found| found.len() == 1).await.remove(0);
    assert_eq!((&dead["attempt"], &dead["next_retry_at"]), (&json!(SCHEDULE.len() + 1), &Json::Null));
    let off = boot.key.get(&path(&made)).await.ok();
    assert_eq!((&off["enabled"], &off["disabled_reason"]), (&json!(false), &json!("failing")));
    let told = app.mail().wait(&boot.email, r"longer sent to (\S+)").await;
    assert_eq!(told, receiver.base);
    let events = app.events().await;
    let disabled =
        events.iter().filter(|event| event.kind.is_some_and(|kind| kind.as_str() == "webhook_endpoint.disabled"));
    assert_eq!(disabled.count(), 1);

    // Nothing is sent meanwhile, and nothing is lost.
    let before = receiver.got().len();
    rename(&boot, &boot.organization_id, "two").await;
    deliver(&app).await;
    assert_eq!(receiver.got().len(), before);
    receiver.answer(200);
    boot.key.patch(&path(&made), json!({"enabled": true})).await.ok();
    deliver(&app).await;
    let got = receiver.wait(before + 1).await;
    assert_eq!(names(&got[before..]), ["two"]);

    // The dead one comes again when it is asked for, once at a time.
    let again = format!("/v1/webhooks/deliveries/{}/replay", dead["id"].as_str().unwrap());
    let replayed = boot.key.post(&again, json!({})).await.created();
    assert_eq!((&replayed["event_id"], &replayed["state"]), (&dead["event_id"], &json!("pending")));
    deliver(&app).await;
    let got = receiver.wait(before + 2).await;
    assert_eq!(
        (names(&got[before + 1..]), got[before + 1].id()),
        (vec!["one".to_owned()], dead["event_id"].as_str().unwrap())
    );
});

db_test!(a_receiver_that_is_gone_is_taken_at_its_word, async |app| {
    let boot = app.boot("Acme", None).await;
    let receiver = Receiver::open();
    receiver.answer(410);
    let made = endpoint(&boot, &receiver, &["organization.updated"]).await;
    rename(&boot, &boot.organization_id, "one").await;
    receiver.wait(1).await;
    deliver(&app).await;
    until(&boot, "state=failed", |found| found.len() == 1).await;
    let off = boot.key.get(&path(&made)).await.ok();
    assert_eq!((&off["enabled"], &off["disabled_reason"]), (&json!(false), &json!("gone")));
});

db_test!(two_secrets_sign_while_a_rotation_lasts, async |app| {
    let boot = app.boot("Acme", None).await;
    let receiver = Receiver::open();
    let made = endpoint(&boot, &receiver, &["organization.updated"]).await;
    rename(&boot, &boot.organization_id, "one").await;
    receiver.wait(1).await;
    boot.key.post(&format!("{}/rotate-secret", path(&made)), json!({"overlap_seconds": 600})).await.ok();
    rename(&boot, &boot.organization_id, "two").await;
    let got = receiver.wait(2).await;
    assert_eq!((got[0].signatures().len(), got[1].signatures().len()), (1, 2));
    assert_ne!(got[1].signatures()[0], got[1].signatures()[1]);
    until(&boot, "state=succeeded", |found| found.len() == 2).await;
    app.clock.advance(601);
    rename(&boot, &boot.organization_id, "three").await;
    assert_eq!(receiver.wait(3).await[2].signatures().len(), 1);
});

db_test!(a_test_event_comes_to_its_endpoint_alone, async |app| {
    let boot = app.boot("Acme", None).await;
    // An endpoint is sent what is published from then on; on PostgreSQL that may be what happened before.
    app.events().await;
    let (one, two) = (Receiver::open(), Receiver::open());
    let made = endpoint(&boot, &one, &["user.created"]).await;
    endpoint(&boot, &two, &[]).await;
    let sent = boot.key.post(&format!("{}/test", path(&made)), json!({})).await.expect(202).json;
    assert_eq!((&sent["object"], &sent["endpoint_id"]), (&json!("webhook_test"), &made["id"]));
    let got = one.wait(1).await.remove(0);
    assert_eq!((&got.json["type"], got.id()), (&json!("webhook.test"), sent["event_id"].as_str().unwrap()));
    deliver(&app).await;
    let query = format!("event_id={}", sent["event_id"].as_str().unwrap());
    let found = until(&boot, &query, |found| found.iter().all(|delivery| delivery["succeeded"] == true)).await;
    assert_eq!((found.len(), &found[0]["endpoint_id"]), (1, &made["id"]), "{found:#?}");
    assert!(two.got().iter().all(|got| got.json["type"] != "webhook.test"));
});

db_test!(everything_since_a_place_or_an_instant_comes_again, async |app| {
    let boot = app.boot("Acme", None).await;
    let receiver = Receiver::open();
    let made = endpoint(&boot, &receiver, &["organization.updated"]).await;
    for name in ["one", "two"] {
        rename(&boot, &boot.organization_id, name).await;
    }
    // Whoever is at it would lose the endpoint by a leap of the clock.
    until(&boot, "state=succeeded", |found| found.len() == 2).await;
    app.clock.advance(3600);
    let hour = auth_core::clock::Clock::now(&*app.clock);
    rename(&boot, &boot.organization_id, "three").await;
    deliver(&app).await;
    let got = receiver.wait(3).await;
    assert_eq!(names(&got), ["one", "two", "three"]);
    let replay = async |since: Json| {
        let answer = boot.key.post(&format!("{}/replay", path(&made)), json!({"since": since})).await.expect(202).json;
        deliver(&app).await;
        answer["events"].as_i64().unwrap()
    };
    assert_eq!(replay(got[1].json["sequence"].clone()).await, 2);
    assert_eq!(names(&receiver.wait(5).await[3..]), ["two", "three"]);
    assert_eq!(replay(json!(hour.rfc3339())).await, 1);
    assert_eq!(names(&receiver.wait(6).await[5..]), ["three"]);
    assert_eq!(replay(json!(0)).await, 3);
    assert_eq!(names(&receiver.wait(9).await[6..]), ["one", "two", "three"]);
    app.clock.advance(10);
    assert_eq!(replay(json!(auth_core::clock::Clock::now(&*app.clock).rfc3339())).await, 0);
    assert_eq!(receiver.got().len(), 9);
});
