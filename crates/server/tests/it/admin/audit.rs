//! The audit: who did what, before and after, from where; chained, and nothing of it changed unseen.

use auth_core::audit::{self, Fault, Report, Wrong};
use auth_core::{Ctx, Tx, db, jwt};

use super::{problem, published, within};
use crate::support::*;

/// Seals everything that there is.
async fn seal(app: &App) {
    published(app).await;
    for _ in 0..1000 {
        if audit::seal(&app.core).await.expect("sealed") == audit::Sealed::default() {
            return;
        }
    }
    panic!("there is no end to it");
}

async fn verified(app: &App) -> Report {
    let keys = app.look(async |rx| jwt::public_jwks(rx).await).await;
    audit::verify(&app.core, &keys).await.expect("a report")
}

/// Somebody with the password of the database.
async fn meddle(app: &App, sql: &'static str, values: &[&str]) -> u64 {
    let values: Vec<sea_orm::Value> = values.iter().map(|value| (*value).into()).collect();
    app.core.write(&Ctx::system("test"), async |tx: &mut Tx| db::run(tx, sql, values.clone()).await).await.unwrap()
}

fn wrongs(report: &Report) -> Vec<(Option<i64>, Wrong)> {
    report.faults.iter().map(|Fault { position, wrong, .. }| (*position, wrong.clone())).collect()
}

fn entries(page: &Json) -> Vec<Json> {
    page["data"].as_array().expect("entries").clone()
}

db_test!(an_entry_says_who_did_what_before_and_after_and_from_where, async |app| {
    let boot = app.boot("Acme", None).await;
    let browser = boot.admin.clone().with("user-agent", "Netscape/4");
    let changed = browser.patch(&within(&boot, ""), json!({"name": "Acme Inc"})).await.expect(200);
    published(&app).await;
    let path = format!("/v1/audit?organization_id={}&type=organization.updated", boot.organization_id);
    let page = boot.key.get(&path).await.ok();
    assert_eq!((&page["total_count"], page["data"].as_array().map(Vec::len)), (&json!(1), Some(1)), "{page}");
    let entry = &page["data"][0];
    assert_eq!(
        (&entry["object"], &entry["type"], &entry["kind"]),
        (&json!("audit_entry"), &json!("organization.updated"), &json!("organization.updated"))
    );
    assert_eq!(entry["actor"], json!({"type": "user", "id": boot.user_id}));
    assert_eq!(
        (&entry["target"], &entry["organization_id"]),
        (&json!(boot.organization_id), &json!(boot.organization_id))
    );
    assert_eq!((&entry["before"]["name"], &entry["after"]["name"]), (&json!("Acme"), &json!("Acme Inc")));
    assert_eq!((&entry["ip"], &entry["user_agent"]), (&json!("127.0.0.1"), &json!("Netscape/4")));
    assert_eq!(entry["request_id"].as_str(), changed.header("x-request-id"));
    seal(&app).await;
    let sealed = boot.key.get(&path).await.ok()["data"][0].clone();
    assert!(sealed["position"].as_i64().unwrap() > 0 && sealed["hash"].as_str().unwrap().len() == 64, "{sealed}");
    let report = verified(&app).await;
    assert!(report.holds() && report.waiting == 0 && report.entries > 5, "{report:?}");
});

db_test!(filters_and_pages_give_every_entry_once, async |app| {
    let boot = app.boot("Acme", None).await;
    for n in 0..7 {
        boot.key.patch(&within(&boot, ""), json!({"name": format!("Acme {n}")})).await.ok();
    }
    published(&app).await;
    let all = entries(&boot.key.get("/v1/audit?limit=500").await.ok());
    let sequences: Vec<i64> = all.iter().map(|entry| entry["sequence"].as_i64().unwrap()).collect();
    assert!(sequences.is_sorted_by(|a, b| a > b), "newest first: {sequences:?}");
    assert!(all.iter().all(|entry| entry["type"] != "session.created"), "comings and goings are no entries");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = boot.key.get(&format!("/v1/audit?limit=4{cursor}")).await.ok();
        assert_eq!(page["total_count"], all.len());
        if entries(&page).is_empty() {
            break;
        }
        cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap());
        seen.extend(entries(&page));
    }
    assert_eq!(seen, all);
    let ascending = entries(&boot.key.get("/v1/audit?limit=500&order_by=sequence").await.ok());
    assert!(ascending.iter().eq(all.iter().rev()));

    let key_id = all[0]["actor"]["id"].as_str().unwrap().to_owned();
    let by = async |query: &str| entries(&boot.key.get(&format!("/v1/audit?limit=500&{query}")).await.ok());
    assert!(by(&format!("actor={key_id}")).await.iter().all(|entry| entry["actor"]["type"] == "key"));
    assert_eq!(by(&format!("actor={key_id}")).await.len(), 7);
    assert_eq!(by(&format!("actor=key:{key_id}")).await.len(), 7);
    assert!(by("actor=system").await.iter().all(|entry| entry["actor"] == json!({"type": "system", "id": null})));
    assert_eq!(by(&format!("target={}", boot.directory_id)).await[0]["type"], "directory.created");
    let (from, to) = (all[4]["timestamp"].as_i64().unwrap(), all[1]["timestamp"].as_i64().unwrap());
    assert_eq!(by(&format!("since={from}&until={to}&type=organization.updated")).await.len(), 3);
    problem(boot.key.get("/v1/audit?type=session.created").await, 400, "validation_failed");
    problem(boot.key.get("/v1/audit?order_by=name").await, 400, "validation_failed");
});

db_test!(an_organization_reads_its_own_audit_and_no_other, async |app| {
    let (acme, globex) = (app.boot("Acme", None).await, app.boot("Globex", None).await);
    let owner = app.signed_up("olga").await;
    let olga = owner.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let path = within(&acme, "/memberships");
    acme.key.post(&path, json!({"user_id": olga, "role": "org:admin"})).await.created();
    published(&app).await;
    let own = owner.get(&format!("/v1/audit?limit=500&organization_id={}", acme.organization_id)).await.ok();
    assert!(
        entries(&own).iter().all(|entry| entry["organization_id"] == acme.organization_id)
            && own["total_count"].as_i64() > Some(2)
    );
    for path in ["/v1/audit", "/v1/audit/export"] {
        let foreign = format!("{path}?organization_id={}", globex.organization_id);
        assert_eq!(owner.get(&foreign).await.status, 404);
        assert_eq!(owner.get(path).await.status, 403);
    }
});

db_test!(what_is_changed_dropped_or_moved_in_the_database_is_found, Options::default().broken(), async |app| {
    let boot = app.boot("Acme", None).await;
    for n in 0..4 {
        boot.key.patch(&within(&boot, ""), json!({"name": format!("Acme {n}")})).await.ok();
    }
    seal(&app).await;
    assert!(verified(&app).await.holds());
    let path = format!("/v1/audit?organization_id={}&type=organization.updated", boot.organization_id);
    let found = entries(&boot.key.get(&path).await.ok());
    let (newest, other) = (&found[0], &found[1]);
    let id = |entry: &Json| entry["id"].as_str().unwrap().to_owned();
    let at = |entry: &Json| entry["position"].as_i64();
    let column = async |sql: &str, id: &str| -> String {
        app.look(async |rx| db::one(rx, sql, [id.into()]).await?.expect("a row").get(0)).await
    };

    // An entry says something else.
    let payload = column("SELECT payload FROM events WHERE id = $1", &id(newest)).await;
    let lie = payload.replace("Acme 3", "Acme 4");
    assert_ne!(lie, payload);
    meddle(&app, "UPDATE events SET payload = $1 WHERE id = $2", &[&lie, &id(newest)]).await;
    assert_eq!(wrongs(&verified(&app).await), [(at(newest), Wrong::Changed)]);
    meddle(&app, "UPDATE events SET payload = $1 WHERE id = $2", &[&payload, &id(newest)]).await;
    // It was somebody else.
    let actor = column("SELECT actor FROM events WHERE id = $1", &id(other)).await;
    meddle(&app, "UPDATE events SET actor = 'system' WHERE id = $1", &[&id(other)]).await;
    assert_eq!(wrongs(&verified(&app).await), [(at(other), Wrong::Changed)]);
    meddle(&app, "UPDATE events SET actor = $1 WHERE id = $2", &[&actor, &id(other)]).await;
    assert!(verified(&app).await.holds());
    // Two change places, seals and all.
    let swap =
        "UPDATE audit_seals SET event_id = CASE WHEN event_id = $1 THEN $2 ELSE $1 END WHERE event_id IN ($1, $2)";
    meddle(&app, swap, &[&id(newest), &id(other)]).await;
    let wrong = wrongs(&verified(&app).await);
    assert!(wrong.contains(&(at(newest), Wrong::Changed)) && wrong.contains(&(at(other), Wrong::Changed)), "{wrong:?}");
    meddle(&app, swap, &[&id(newest), &id(other)]).await;
    assert!(verified(&app).await.holds());
    // The head is taken back to an earlier state, which nobody signed.
    let hash = column("SELECT hash FROM audit_chains WHERE owner_key = $1", &boot.organization_id).await;
    meddle(&app, "UPDATE audit_chains SET hash = digest_of.hash FROM (SELECT hash FROM audit_seals WHERE event_id = $1) AS digest_of WHERE owner_key = $2", &[&id(other), &boot.organization_id]).await;
    let wrong = wrongs(&verified(&app).await);
    assert!(
        wrong.iter().any(|(_, wrong)| *wrong == Wrong::Cut) && wrong.iter().any(|(_, wrong)| *wrong == Wrong::Foreign),
        "{wrong:?}"
    );
    meddle(&app, "UPDATE audit_chains SET hash = $1 WHERE owner_key = $2", &[&hash, &boot.organization_id]).await;
    assert!(verified(&app).await.holds());
    // A seal is dropped, and with it its entry's place.
    meddle(&app, "DELETE FROM audit_seals WHERE event_id = $1", &[&id(other)]).await;
    let wrong = wrongs(&verified(&app).await);
    assert!(wrong.contains(&(at(newest), Wrong::Gap)) && wrong.contains(&(None, Wrong::Unsealed)), "{wrong:?}");
});

db_test!(an_entry_that_is_gone_is_missed, Options::default().broken(), async |app| {
    let boot = app.boot("Acme", None).await;
    seal(&app).await;
    let path = format!("/v1/audit?organization_id={}&type=directory.created", boot.organization_id);
    let entry = entries(&boot.key.get(&path).await.ok())[0].clone();
    meddle(&app, "DELETE FROM events WHERE id = $1", &[entry["id"].as_str().unwrap()]).await;
    assert_eq!(wrongs(&verified(&app).await), [(entry["position"].as_i64(), Wrong::Removed)]);
    let keys = json!({ "keys": [] });
    let report = audit::verify(&app.core, &keys).await.expect("a report");
    assert!(
        report.faults.iter().any(|fault| matches!(fault.wrong, Wrong::Head(_))),
        "without the keys no head is proven"
    );
});

db_test!(
    entries_are_forgotten_after_their_retention_and_their_seals_stay,
    Options::default().settings(|settings| settings.audit.retention_days = 100).broken().idle(),
    async |app| {
        let boot = app.boot("Acme", None).await;
        seal(&app).await;
        let before = verified(&app).await;
        app.clock.advance(101 * 86_400);
        boot.key.post("/v1/organizations", json!({"name": "Later"})).await.created();
        seal(&app).await;
        let gone = audit::sweep(&app.core, i64::MAX).await.expect("swept");
        assert_eq!(gone, before.entries);
        let report = verified(&app).await;
        assert!(report.holds() && report.forgotten == gone && report.entries > gone, "{report:?}");
        let page = boot.key.get("/v1/audit?limit=500").await.ok();
        assert_eq!(page["total_count"].as_u64(), Some(report.entries - gone));
    }
);

db_test!(
    entries_are_kept_as_long_as_events_are_and_longer_for_who_has_not_read_them,
    // Not what a server would start with: the core keeps to it by itself.
    Options::default().settings(|settings| settings.audit.retention_days = 1).broken().idle(),
    async |app| {
        app.boot("Acme", None).await;
        seal(&app).await;
        let entries = i64::try_from(verified(&app).await.entries).expect("a number");
        assert!(entries > 1);
        let left = async |read: i64| {
            audit::sweep(&app.core, read).await.expect("swept");
            app.count("SELECT COUNT(*) FROM events WHERE audited = TRUE").await
        };
        app.clock.advance(89 * 86_400);
        assert_eq!(left(i64::MAX).await, entries, "90 days, whatever the setting");
        // What is verified knows the same rule: it is missed before.
        assert_eq!(verified(&app).await.forgotten, 0);
        app.clock.advance(2 * 86_400);
        assert_eq!(left(0).await, entries, "an endpoint is still to be told");
        app.clock.advance(2 * 86_400);
        let rest = left(0).await;
        assert!(rest <= 1, "but not for ever: {rest}");
        let report = verified(&app).await;
        assert!(report.holds() && report.forgotten > 0, "{report:?}");
    }
);

db_test!(sealers_of_several_replicas_make_one_chain, async |app| {
    let boot = app.boot("Acme", None).await;
    for n in 0..20 {
        boot.key.patch(&within(&boot, ""), json!({"name": format!("Acme {n}")})).await.ok();
    }
    published(&app).await;
    let many: Vec<_> = (0..6)
        .map(|_| {
            let core = app.core.clone();
            actix_web::rt::spawn(async move { audit::seal(&core).await.expect("sealed") })
        })
        .collect();
    for one in many {
        // The worker of the instance seals too.
        one.await.expect("it ends");
    }
    seal(&app).await;
    let report = verified(&app).await;
    assert!(report.holds() && report.entries > 20 && report.waiting == 0, "{report:?}");
    let twice = "SELECT COUNT(*) FROM (SELECT event_id FROM audit_seals GROUP BY event_id HAVING COUNT(*) > 1) AS t";
    assert_eq!(app.count(twice).await, 0);
});

db_test!(a_csv_has_no_formula, async |app| {
    let boot = app.boot("Acme", None).await;
    let caller = boot.key.clone().with("user-agent", "=HYPERLINK(\"https://evil.example\")");
    caller.patch(&within(&boot, ""), json!({"name": "Acme, \"Inc\""})).await.ok();
    seal(&app).await;
    let answer = boot
        .key
        .get(&format!("/v1/audit/export?format=csv&organization_id={}", boot.organization_id))
        .await
        .expect(200);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let lines: Vec<&str> = answer.text.split_terminator("\r\n").collect();
    assert!(lines[0].starts_with("\"object\",\"id\",\"type\"") && lines.last().unwrap().starts_with("\"audit_head\""));
    assert!(answer.text.contains("\"'=HYPERLINK(\"\"https://evil.example\"\")\""), "{}", answer.text);
    assert!(!answer.text.contains(&boot.secret_key) && !answer.text.contains(&boot.scim_token));
});

db_test!(a_forged_erasure_is_found, Options::default().broken(), async |app| {
    let boot = app.boot("Acme", None).await;
    boot.key.patch(&within(&boot, ""), json!({"name": "Acme Inc"})).await.ok();
    seal(&app).await;
    let path = format!("/v1/audit?organization_id={}&type=organization.updated", boot.organization_id);
    let found = entries(&boot.key.get(&path).await.ok())[0].clone();
    let (id, at) = (found["id"].as_str().unwrap().to_owned(), found["position"].as_i64());
    let entry = app
        .look(async |rx| {
            let wanted = audit::Wanted { limit: 500, ..audit::Wanted::default() };
            Ok(audit::list(rx, &wanted).await?.into_iter().find(|entry| entry.id == id).expect("the entry"))
        })
        .await;
    let erased = entry.record().erase();
    // What the facts were erased to, properly: nothing is wrong with it.
    let whole = "UPDATE events SET payload = $1, ip = NULL, user_agent = NULL WHERE id = $2";
    meddle(&app, whole, &[&erased.to_string(), &id]).await;
    let report = verified(&app).await;
    assert!(report.holds() && report.erased == 1, "{report:?}");
    // Beside the hash of the true facts stand others, which nobody sealed.
    for (forged, from) in [("after", None), ("before", None), ("name", None), ("v", Some("10.0.0.1"))] {
        let mut lie = erased.clone();
        lie[forged] = json!({"name": "Acme Ltd"});
        if from.is_some() {
            lie = erased.clone();
        }
        meddle(&app, whole, &[&lie.to_string(), &id]).await;
        if let Some(ip) = from {
            meddle(&app, "UPDATE events SET ip = $1 WHERE id = $2", &[ip, &id]).await;
        }
        assert_eq!(wrongs(&verified(&app).await), [(at, Wrong::Changed)], "{forged}");
    }
    // Nor does the hash of other facts pass.
    let lie = json!({"v": 1, "erased": "0".repeat(64)}).to_string();
    meddle(&app, whole, &[&lie, &id]).await;
    assert_eq!(wrongs(&verified(&app).await), [(at, Wrong::Changed)]);
});

db_test!(
    nothing_is_passed_off_as_forgotten,
    Options::default().settings(|settings| settings.audit.retention_days = 100).broken(),
    async |app| {
        let boot = app.boot("Acme", None).await;
        boot.key.patch(&within(&boot, ""), json!({"name": "Acme Inc"})).await.ok();
        seal(&app).await;
        let path = format!("/v1/audit?organization_id={}&type=organization.updated", boot.organization_id);
        let entry = entries(&boot.key.get(&path).await.ok())[0].clone();
        let (id, at) = (entry["id"].as_str().unwrap(), entry["position"].as_i64());
        assert_eq!(entry["occurred_at"], entry["timestamp"]);
        // It is removed, and its seal says that it is older than entries are kept.
        meddle(&app, "DELETE FROM events WHERE id = $1", &[id]).await;
        assert_eq!(wrongs(&verified(&app).await), [(at, Wrong::Removed)]);
        meddle(&app, "UPDATE audit_seals SET occurred_at = 1 WHERE event_id = $1", &[id]).await;
        assert_eq!(wrongs(&verified(&app).await), [(at, Wrong::Broken)]);
        // Nor does it help to call it a seal of the version that covered less.
        meddle(&app, "UPDATE audit_seals SET version = 1 WHERE event_id = $1", &[id]).await;
        assert_eq!(wrongs(&verified(&app).await), [(at, Wrong::Broken)]);
    }
);

db_test!(what_was_told_of_who_was_erased_is_forgotten_and_the_chain_holds, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.proven("ann@acme.example").await;
    // Somebody who was invited, joined, was provisioned, changed, and did something to others.
    boot.key
        .post(&within(&boot, "/invitations"), json!({"email_address": "ann@acme.example", "role": "org:member"}))
        .await;
    let person = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example", "active": true,
        "displayName": "Ann Anders", "emails": [{"value": "ann@acme.example", "primary": true}],
    });
    boot.scim.post("/scim/v2/Users", person).await.created();
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned();
    ann.post("/api/auth/update-user", json!({"name": "Ann Anders-Berg"})).await.expect(200);
    let made = ann.post("/api/auth/organization/create", json!({"name": "Hers", "slug": "hers"})).await.ok();
    boot.key.patch(&format!("/v1/users/{id}"), json!({"private_metadata": {"x": 1}})).await.ok();
    // Somebody who has taken an address that is not theirs makes nothing of others disappear.
    let path = within(&boot, "/invitations");
    boot.key.post(&path, json!({"email_address": "carol@elsewhere.example", "role": "org:member"})).await.created();
    let mallory = app.signed_up_as("carol@elsewhere.example").await;
    let mallory = mallory.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned();
    seal(&app).await;
    let before = verified(&app).await;
    assert!(before.holds() && before.erased == 0, "{before:?}");

    let holding = async |text: &str| -> i64 {
        let (sql, text) = ("SELECT COUNT(*) FROM events WHERE payload LIKE $1", format!("%{text}%"));
        app.look(async |rx| db::one(rx, sql, [text.as_str().into()]).await?.expect("a row").get(0)).await
    };
    assert!(holding("ann@acme.example").await > 3 && holding("Anders").await > 3);
    for one in [&id, &mallory] {
        boot.key.delete(&format!("/v1/users/{one}")).await.expect(204);
    }
    published(&app).await;
    while audit::forget_step(&app.core).await.expect("a part") {}
    assert_eq!(app.count("SELECT COUNT(*) FROM user_erasures").await, 0, "it is done");
    assert_eq!((holding("ann@acme.example").await, holding("Anders").await), (0, 0));
    assert_eq!(holding("carol@elsewhere.example").await, 1, "the invitation alone");
    // Sealed before or after, every chain holds.
    seal(&app).await;
    let report = verified(&app).await;
    assert!(report.holds() && report.erased >= 6 && report.entries > before.entries, "{report:?}");
    // The entries are there, who did it and what kind; what she did to others is whole.
    let told = entries(&boot.key.get(&format!("/v1/audit?target={id}&limit=500")).await.ok());
    assert!(told.len() >= 3, "{told:#?}");
    for entry in &told {
        let whole = entry["type"] == "user.deleted";
        assert_eq!(entry["details"].get("erased").is_none(), whole, "{entry}");
        assert!(whole || (entry["before"].is_null() && entry["after"].is_null() && entry["ip"].is_null()), "{entry}");
    }
    let hers = entries(&boot.key.get(&format!("/v1/audit?target={}", made["id"].as_str().unwrap())).await.ok());
    assert!(hers.iter().any(|entry| entry["details"]["organization"]["name"] == "Hers"), "{hers:#?}");
    // The stream and the export go on.
    let last = boot.key.get("/v1/events?type=user.deleted&limit=500").await.ok()["data"].as_array().unwrap().len();
    assert_eq!(last, 2);
    assert_eq!(boot.key.get("/v1/events?limit=500").await.status, 200);
    let export = boot.key.get("/v1/audit/export").await.expect(200);
    assert!(!export.text.contains("Anders") && export.text.contains("erased"));
});
