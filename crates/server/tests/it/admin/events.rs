//! The stream of events: ascending, complete, in the words of the wire.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use api_kit::Turnstile;
use auth_core::Ctx;
use auth_core::features::webhooks;
use auth_core::ids::{Id as _, OrgId};
use auth_core::outbox::{Event, EventKind};

use super::{faults, problem, published, within};
use crate::support::*;

async fn provision(boot: &Boot, name: &str) -> String {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("{name}@acme.example"),
        "externalId": format!("00u{name}"), "active": true, "name": {"givenName": name, "familyName": "Ex"},
        "emails": [{"primary": true, "value": format!("{name}@acme.example"), "type": "work"}]
    });
    boot.scim.post("/scim/v2/Users", body).await.created()["id"].as_str().unwrap().to_owned()
}

db_test!(provisioning_and_deprovisioning_are_events_with_the_whole_person, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let id = provision(&boot, "dave").await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}]
    });
    let answer = boot.scim.patch(&format!("/scim/v2/Users/{id}"), body).await;
    assert!(matches!(answer.status, 200 | 204), "{answer:?}");
    published(&app).await;
    for (kind, active) in [("scimUser.provisioned", true), ("scimUser.deprovisioned", false)] {
        let page = boot.key.get(&format!("/v1/events?type={kind}")).await.ok();
        assert_eq!(page["total_count"], 1, "{kind}");
        let event = &page["data"][0];
        assert_eq!((&event["object"], &event["type"], &event["subject"]), (&json!("event"), &json!(kind), &json!(id)));
        assert!(event["id"].as_str().unwrap().starts_with("evt_") && event["timestamp"].is_i64());
        let data = &event["data"];
        assert_eq!(data["organization_id"], boot.organization_id);
        assert_eq!(data["directory_id"], boot.directory_id);
        assert!(
            data.as_object().unwrap().contains_key("enterprise_connection_id")
                && data["enterprise_connection_id"].is_null()
        );
        let user = &data["user"];
        assert_eq!((&user["object"], &user["email_address"]), (&json!("user"), &json!("dave@acme.example")));
        assert!(user["id"].as_str().unwrap().starts_with("user_") && user["public_metadata"].is_object(), "{user}");
        assert!(user.get("private_metadata").is_none() && data.get("v").is_none(), "{data}");
        assert_eq!(data["scim_user"]["active"], active, "{data}");
        assert_eq!(data["previous"]["active"], if active { Json::Null } else { json!(true) }, "{data}");
    }
});

db_test!(whatever_ends_access_tells_what_was_before_and_that_nobody_is_active_after, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let gone = provision(&boot, "dave").await;
    let left = provision(&boot, "eve").await;
    boot.scim.delete(&format!("/scim/v2/Users/{gone}")).await.expect(204);
    let path = format!("/v1/organizations/{}/directories/{}", boot.organization_id, boot.directory_id);
    let disconnected = boot.key.delete(&path).await;
    assert!(disconnected.status < 300, "{disconnected:?}");
    let told = async || {
        published(&app).await;
        boot.key.get("/v1/events?type=scimUser.deprovisioned").await.ok()["data"].as_array().expect("events").clone()
    };
    while told().await.len() < 2 {
        auth_core::features::directory::finish_disconnections(&app.core).await.expect("its people go");
    }
    for (event, (id, cause)) in told().await.iter().zip([(&gone, "deleted"), (&left, "disconnected")]) {
        let data = &event["data"];
        assert_eq!((&data["scim_user"]["id"], &data["cause"]), (&json!(id), &json!(cause)), "{data}");
        assert_eq!(
            (&data["scim_user"]["active"], &data["previous"]["active"]),
            (&json!(false), &json!(true)),
            "{data}"
        );
        assert_eq!(data["previous"]["user_name"], data["scim_user"]["user_name"]);
        // And so does the entry of the audit.
        let entries = boot.key.get(&format!("/v1/audit?target={id}&type=scimUser.deprovisioned")).await.ok();
        let entry = &entries["data"][0];
        assert_eq!((&entry["before"]["active"], &entry["after"]["active"]), (&json!(true), &json!(false)), "{entry}");
    }
});

db_test!(a_reader_with_a_cursor_sees_every_event_once, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    for name in ["ann", "bob", "cat", "dan"] {
        provision(&boot, name).await;
    }
    published(&app).await;
    let whole = boot.key.get("/v1/events?limit=500").await.ok();
    let all: Vec<Json> = whole["data"].as_array().unwrap().clone();
    assert_eq!(whole["total_count"], all.len());
    // Who reads on does not have everything counted each time.
    let on = boot.key.get("/v1/events?limit=2&after=0").await.ok();
    assert!(on.get("total_count").is_none() && on["data"].as_array().is_some_and(|data| data.len() == 2), "{on:?}");
    assert!(all.windows(2).all(|two| two[0]["sequence"].as_i64() < two[1]["sequence"].as_i64()), "ascending");

    let (mut seen, mut cursor) = (Vec::new(), String::from("0"));
    loop {
        let page = boot.key.get(&format!("/v1/events?limit=3&after={cursor}")).await.ok();
        let data = page["data"].as_array().unwrap().clone();
        cursor = page["next_cursor"].as_str().unwrap().to_owned();
        if data.is_empty() {
            break;
        }
        seen.extend(data);
    }
    assert_eq!(seen, all);
    boot.key.post("/v1/organizations", json!({"name": "Later"})).await.created();
    published(&app).await;
    let more = boot.key.get(&format!("/v1/events?after={cursor}")).await.ok();
    assert_eq!((more["data"].as_array().unwrap().len(), &more["data"][0]["type"]), (1, &json!("organization.created")));
    let offset = boot.key.get("/v1/events?limit=1&offset=2").await.ok();
    assert_eq!(offset["data"][0], all[2]);
});

db_test!(an_organization_has_its_own_events_in_the_words_of_this_api, async |app| {
    let boot = app.boot("Acme", None).await;
    let other = boot.key.post("/v1/organizations", json!({"name": "Other"})).await.created();
    boot.key.patch(&within(&boot, ""), json!({"name": "Renamed"})).await.ok();
    published(&app).await;
    let path = format!("/v1/events?organization_id={}&limit=500", boot.organization_id);
    let page = boot.key.get(&path).await;
    assert!(!page.text.contains(other["id"].as_str().unwrap()), "{}", page.text);
    let all = page["data"].as_array().unwrap();
    let one =
        |kind: &str| all.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("{kind} in {all:?}"));
    let membership = &one("organizationMembership.created")["data"]["membership"];
    assert_eq!((&membership["object"], &membership["role"]), (&json!("organization_membership"), &json!("org:owner")));
    let updated = &one("organization.updated")["data"];
    assert_eq!((&updated["organization"]["name"], &updated["previous"]["name"]), (&json!("Renamed"), &json!("Acme")));
    let issued = one("scimToken.issued");
    assert!(issued["data"]["prefix"].as_str().unwrap().starts_with("scim_"));
    assert!(!page.text.contains(&boot.scim_token) && !page.text.contains(&boot.secret_key), "no secrets");
});

db_test!(a_waiting_reader_is_answered_as_soon_as_something_happens, async |app| {
    let boot = app.boot("Acme", None).await;
    published(&app).await;
    let last = boot.key.get("/v1/events?limit=500").await.ok()["next_cursor"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    let nothing = boot.key.get(&format!("/v1/events?after={last}&wait=1")).await.ok();
    assert_eq!((&nothing["data"], &nothing["next_cursor"]), (&json!([]), &json!(last)));
    assert!(begun.elapsed() >= Duration::from_secs(1), "it did not wait");

    let begun = Instant::now();
    let path = format!("/v1/events?after={last}&wait=30");
    let waiting = boot.key.get(&path);
    let happening = async {
        // Once the reader waits; were it answered before, it would be with nothing.
        tokio::time::sleep(Duration::from_millis(300)).await;
        boot.key.post("/v1/organizations", json!({"name": "Later"})).await.created()
    };
    let (answer, made) = tokio::join!(waiting, happening);
    let answer = answer.ok();
    assert_eq!(answer["data"][0]["data"]["organization"]["id"], made["id"], "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(25), "it waited to the end");
    let answer = boot.key.get("/v1/events?wait=31").await;
    assert_eq!(faults(&problem(answer, 400, "validation_failed")), [("wait".into(), "out_of_range".into())]);
});

db_test!(writers_at_once_are_never_passed_over_by_a_cursor, async |app| {
    const WRITERS: usize = 8;
    const EACH: usize = 25;
    let boot = app.boot("Acme", None).await;
    published(&app).await;
    let start = boot.key.get("/v1/events?limit=500").await.ok()["next_cursor"].as_str().unwrap().to_owned();
    let done = AtomicUsize::new(0);
    // Each transaction draws the place of its first event early and commits later than others that began after it.
    let writer = async |number: usize| {
        for turn in 0..EACH {
            let ctx = Ctx::system("test");
            let written = app.core.write(&ctx, async |tx| {
                let subject = OrgId::from_text(format!("w{number}-{turn}"));
                tx.record(Event::new(EventKind::OrganizationUpdated, &subject, json!({"v": 1})));
                if matches!(app.database, Database::Postgres) && number.is_multiple_of(2) {
                    auth_core::db::one(tx, "SELECT pg_current_xact_id()::text", []).await?;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Ok::<_, auth_core::Error>(())
            });
            written.await.unwrap();
        }
        done.fetch_add(1, Ordering::SeqCst);
    };
    let reader = async {
        let (mut seen, mut cursor) = (Vec::new(), start);
        loop {
            let over = done.load(Ordering::SeqCst) == WRITERS;
            if over {
                published(&app).await;
            }
            let page = boot.key.get(&format!("/v1/events?limit=500&after={cursor}")).await.ok();
            page["next_cursor"].as_str().unwrap().clone_into(&mut cursor);
            let data = page["data"].as_array().unwrap();
            seen.extend(data.iter().map(|event| event["subject"].as_str().unwrap().to_owned()));
            if over && data.is_empty() {
                return seen;
            }
        }
    };
    let writers = futures_util::future::join_all((0..WRITERS).map(writer));
    let (_, seen) = tokio::join!(writers, reader);
    let ours: Vec<&String> = seen.iter().filter(|subject| subject.starts_with('w')).collect();
    let once: BTreeSet<&&String> = ours.iter().collect();
    assert_eq!((ours.len(), once.len()), (WRITERS * EACH, WRITERS * EACH), "an event was passed over or came twice");
});

db_test!(
    events_are_kept_for_their_time_and_longer_for_an_endpoint_that_has_not_read_them,
    Options::default().broken().idle(),
    async |app| {
        // Entries of the audit have a retention of their own.
        const PASSING: &str = "SELECT COUNT(*) FROM events WHERE audited = FALSE";
        let boot = app.boot("Acme", None).await;
        published(&app).await;
        let kept = async || {
            webhooks::sweep(&app.core).await.unwrap();
            app.count(PASSING).await
        };
        let before = kept().await;
        assert!(before > 0);
        app.clock.advance(89 * 86_400);
        assert_eq!(kept().await, before);
        boot.key.post("/v1/webhooks/endpoints", json!({"url": "https://hooks.invalid/"})).await.created();
        app.signed_in(&boot.email).await;
        published(&app).await;
        // As if it had not read anything yet.
        let ctx = Ctx::system("test");
        let unread = async |enabled: bool| {
            let sql = "UPDATE webhook_endpoints SET last_position = 0, enabled = $1";
            app.core.write(&ctx, async |tx| auth_core::db::run(tx, sql, [enabled.into()]).await).await.unwrap();
        };
        app.clock.advance(2 * 86_400);
        unread(true).await;
        assert_eq!(kept().await, before + 1, "what an endpoint has not read is kept longer");
        app.clock.advance(2 * 86_400);
        unread(true).await;
        assert_eq!(kept().await, 1, "but not for ever");
        unread(false).await;
        // The newest stays: the next gets its place by it.
        app.clock.advance(1000 * 86_400);
        assert_eq!(kept().await, 1);
        let last = boot.key.get("/v1/events?limit=500").await.ok()["next_cursor"].as_str().unwrap().to_owned();
        boot.key.post("/v1/organizations", json!({"name": "Last"})).await.created();
        published(&app).await;
        let next = boot.key.get(&format!("/v1/events?after={last}")).await.ok();
        assert_eq!(next["data"][0]["type"], "organization.created");
    }
);

thread_local! {
    /// Who is let in by the instance of this test.
    static AT_ONCE: RefCell<Turnstile> = RefCell::default();
}

db_test!(
    so_many_wait_for_one_actor_and_no_more,
    Options::default().kit(|kit| AT_ONCE.with_borrow_mut(|ours| *ours = kit.at_once.clone())),
    async |app| {
        let (boot, other) = (app.boot("Acme", None).await, app.boot("Beta", None).await);
        let key = app
            .look(async |rx| {
                let sql = "SELECT id FROM secret_keys ORDER BY id LIMIT 1";
                auth_core::db::one(rx, sql, []).await?.expect("a key").get::<String>(0)
            })
            .await;
        let name = format!("events:key:{key}");
        let at_once = AT_ONCE.with_borrow(Turnstile::clone);
        let wait = |seconds: u32| format!("/v1/events?wait={seconds}&after={}", i64::MAX / 4);
        // Fifteen wait already, and one more comes.
        let others: Vec<_> = (0..15).filter_map(|_| at_once.enter(&name, 16)).collect();
        assert_eq!(others.len(), 15);
        let waiting = actix_web::rt::spawn({
            let (key, path) = (boot.key.clone(), wait(30));
            async move { key.get(&path).await }
        });
        for _ in 0..1000 {
            if at_once.enter(&name, 16).is_none() {
                break;
            }
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
        let refused = problem(boot.key.get(&wait(1)).await, 429, "too_many_at_once");
        assert_eq!(refused.header("retry-after"), Some("1"));
        // Others wait all the same, and who does not wait is answered.
        other.key.get(&wait(1)).await.ok();
        boot.key.get("/v1/events").await.ok();
        // Who has gone away leaves their place, and so does who was answered.
        waiting.abort();
        drop(others);
        boot.key.get(&wait(1)).await.ok();
        boot.key.get(&wait(1)).await.ok();
    }
);

db_test!(the_person_in_an_event_is_as_they_are_then, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/users/{id}");
    let shown = boot.key.get(&path).await.ok();
    ann.post("/api/auth/update-user", json!({"name": "Ann Other"})).await.expect(200);
    let until = app.core.clock().now().plus_seconds(3600).millis();
    boot.key.post(&format!("{path}/ban"), json!({"expires_at": until})).await.ok();
    app.clock.advance(3601);
    boot.key.patch(&path, json!({"first_name": "Ann"})).await.ok();
    published(&app).await;
    let page = boot.key.get("/v1/events?type=user.updated&limit=500").await.ok();
    let people: Vec<&Json> =
        page["data"].as_array().expect("events").iter().map(|event| &event["data"]["user"]).collect();
    let of = |what: &dyn Fn(&Json) -> bool| {
        (*people.iter().find(|user| user["id"] == *id && what(user)).expect("one")).clone()
    };
    let renamed = of(&|user| user["name"] == "Ann Other");
    assert!(renamed["last_sign_in_at"].is_i64(), "{renamed}");
    assert_eq!(renamed["last_sign_in_at"], shown["last_sign_in_at"]);
    assert_eq!((&renamed["banned"], &of(&|user| user["banned"] == true)["banned"]), (&json!(false), &json!(true)));
    // The ban has run out, as everywhere else.
    let later = of(&|user| user["first_name"] == "Ann");
    assert_eq!(
        (&later["banned"], &boot.key.get(&path).await.ok()["banned"]),
        (&json!(false), &json!(false)),
        "{later}"
    );
});
