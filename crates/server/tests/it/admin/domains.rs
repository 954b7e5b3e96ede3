//! Domains: claimed, proven by a record, looked at again, lost.

use auth_core::orgs::domains;
use auth_core::outbox::EventKind;

use super::{faults, problem, within};
use crate::support::*;

/// A day, in seconds, and a moment.
const DAY: i64 = 86_460;

/// Adds a domain; its path and the name and value of its record.
async fn added(boot: &Boot, client: &Client, name: &str) -> (String, String, String) {
    let made = client.post(&within(boot, "/domains"), json!({ "name": name })).await.created();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let path = within(boot, &format!("/domains/{}", text(&made["id"])));
    (path, text(&made["verification"]["name"]), text(&made["verification"]["value"]))
}

async fn verify(client: &Client, path: &str) -> Answer {
    client.send("POST", &format!("{path}/verify"), None, &[]).await
}

async fn holder(app: &App, name: &'static str) -> Option<String> {
    app.look(async |db| domains::holder(db, name).await).await.map(String::from)
}

db_test!(a_domain_is_held_once_its_record_is_seen, async |app| {
    let boot = app.boot("Acme", None).await;
    let made = boot.admin.post(&within(&boot, "/domains"), json!({"name": "Acme.Example."})).await.created();
    assert_eq!((&made["name"], &made["verified"]), (&json!("acme.example"), &json!(false)));
    assert_eq!(made["verification"]["type"], "dns_txt");
    assert_eq!(made["verification"]["name"], "_portico-challenge.acme.example");
    assert!(made["verification"]["value"].as_str().unwrap().starts_with("portico-domain-verification="));
    assert_eq!(
        (&made["enrollment_mode"], &made["total_pending_invitations"]),
        (&json!("manual_invitation"), &json!(0))
    );
    let path = within(&boot, &format!("/domains/{}", made["id"].as_str().unwrap()));
    assert_eq!(boot.admin.get(&path).await.ok(), made);

    problem(verify(&boot.admin, &path).await, 409, "domain_not_verified");
    app.dns().publish("acme.example", &["v=spf1 -all", "portico-domain-verification=somebody-elses"]);
    problem(verify(&boot.admin, &path).await, 409, "domain_not_verified");
    assert_eq!(holder(&app, "acme.example").await, None);
    assert_eq!(app.dns().asked()[..2], ["_portico-challenge.acme.example", "acme.example"]);

    let value = made["verification"]["value"].as_str().unwrap();
    app.dns().publish("_portico-challenge.acme.example", &[&format!(" {value} ")]);
    let proven = verify(&boot.admin, &path).await.ok();
    assert_eq!((&proven["verified"], proven["verified_at"].is_i64()), (&json!(true), true));
    assert_eq!(holder(&app, "acme.example").await.as_deref(), Some(boot.organization_id.as_str()));
    let asked = app.dns().asked().len();
    assert_eq!(verify(&boot.admin, &path).await.ok(), proven, "verifying again changes nothing");
    assert_eq!(app.dns().asked().len(), asked, "and asks nobody");
    let updated = app.events_of(EventKind::DomainUpdated).await;
    assert_eq!(updated.len(), 1);
    assert_eq!(
        (&updated[0].payload["before"]["verified"], &updated[0].payload["after"]["how"]),
        (&json!(false), &json!("dns_txt"))
    );

    boot.admin.delete(&path).await.expect(204);
    assert_eq!(holder(&app, "acme.example").await, None, "what trusted it stops at once");
    problem(boot.admin.get(&path).await, 404, "domain_not_found");
    problem(verify(&boot.admin, &path).await, 404, "domain_not_found");
});

db_test!(the_record_may_be_at_the_domain_itself, async |app| {
    let boot = app.boot("Acme", None).await;
    let (path, _, value) = added(&boot, &boot.key, "b\u{fc}cher.example").await;
    app.dns().publish("xn--bcher-kva.example", &["other", &value]);
    assert_eq!(verify(&boot.key, &path).await.ok()["name"], "xn--bcher-kva.example");
});

db_test!(of_two_claims_one_is_the_holder, async |app| {
    let (acme, evil) = (app.boot("Acme", None).await, app.boot("Evil", None).await);
    let (own, name, value) = added(&acme, &acme.key, "acme.example").await;
    let (claim, _, other) = added(&evil, &evil.key, "acme.example").await;
    assert_ne!(value, other, "each claim has a record of its own");
    app.dns().publish(&name, &[&value]);
    problem(verify(&evil.key, &claim).await, 409, "domain_not_verified");
    verify(&acme.key, &own).await.ok();
    // Who cannot publish a record is not told that somebody holds it.
    problem(verify(&evil.key, &claim).await, 409, "domain_not_verified");
    app.dns().publish(&name, &[&value, &other]);
    problem(verify(&evil.key, &claim).await, 409, "domain_already_held");
    acme.key.delete(&own).await.expect(204);
    verify(&evil.key, &claim).await.ok();
    assert_eq!(holder(&app, "acme.example").await, Some(evil.organization_id.clone()));
});

db_test!(two_who_verify_at_once_do_not_both_win, async |app| {
    let (acme, evil) = (app.boot("Acme", None).await, app.boot("Evil", None).await);
    let (own, name, value) = added(&acme, &acme.key, "acme.example").await;
    let (claim, _, other) = added(&evil, &evil.key, "acme.example").await;
    app.dns().publish(&name, &[&value, &other]);
    let (one, two) = tokio::join!(verify(&acme.key, &own), verify(&evil.key, &claim));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{one:?} {two:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_domains WHERE verified_at IS NOT NULL").await, 1);
});

db_test!(a_dead_name_server_is_no_proof_and_no_refusal, async |app| {
    let boot = app.boot("Acme", None).await;
    let (path, name, value) = added(&boot, &boot.key, "acme.example").await;
    app.dns().fail(&name);
    problem(verify(&boot.key, &path).await, 503, "dns_unavailable");
    app.dns().hang(&name);
    problem(verify(&boot.key, &path).await, 503, "dns_unavailable");
    // Thousands of records: only so many are looked through.
    let mut many: Vec<String> = (0..50_000).map(|n| format!("{n}{}", "x".repeat(200))).collect();
    many.push(value.clone());
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    app.dns().publish(&name, &many);
    problem(verify(&boot.key, &path).await, 409, "domain_not_verified");
    app.dns().fail("acme.example");
    app.dns().publish(&name, &[&value]);
    verify(&boot.key, &path).await.ok();
});

db_test!(a_repeated_verification_gets_its_old_answer, async |app| {
    let boot = app.boot("Acme", None).await;
    let (path, name, value) = added(&boot, &boot.key, "acme.example").await;
    app.dns().publish(&name, &[&value]);
    let said = format!("{path}/verify");
    let again = async || boot.key.send("POST", &said, None, &[("idempotency-key", "once")]).await.ok();
    let first = again().await;
    boot.key.delete(&path).await.expect(204);
    app.dns().fail(&name);
    assert_eq!(again().await, first);
});

db_test!(what_is_no_domain_or_everybodys_is_refused, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let path = within(&boot, "/domains");
    for bad in ["acme", "*.acme.example", "127.0.0.1", "a b.example", &format!("{}.example", "x".repeat(64))] {
        let answer = problem(boot.admin.post(&path, json!({ "name": bad })).await, 400, "invalid_domain");
        assert_eq!(answer["errors"][0]["field"], "name", "{bad}");
    }
    problem(boot.admin.post(&path, json!({"name": "gmail.com"})).await, 400, "public_mail_domain");
    problem(boot.admin.post(&path, json!({"name": "ACME.example"})).await, 409, "domain_already_added");
    let missing = problem(boot.admin.post(&path, json!({})).await, 400, "validation_failed");
    assert_eq!(faults(&missing), [("name".to_owned(), "required".to_owned())]);
    assert_eq!(boot.key.get(&path).await.ok()["total_count"], 1);
});

db_test!(an_asserted_domain_needs_no_record_and_the_platform, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, "/domains");
    let ann = app.signed_up("ann").await;
    let user = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let body = json!({"user_id": user, "role": "org:admin"});
    boot.key.post(&within(&boot, "/memberships"), body).await.created();
    let body = json!({"name": "acme.example", "verified": true, "enrollment_mode": "automatic_suggestion"});
    problem(ann.post(&path, body.clone()).await, 403, "forbidden");
    let made = boot.key.post(&path, body).await.created();
    assert_eq!((&made["verified"], &made["verification"]), (&json!(true), &Json::Null));
    assert_eq!(made["enrollment_mode"], "automatic_suggestion");
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let changed = ann.patch(&one, json!({"enrollment_mode": "automatic_invitation"})).await.ok();
    assert_eq!(changed["enrollment_mode"], "automatic_invitation");
    let odd = problem(ann.patch(&one, json!({"enrollment_mode": "always"})).await, 400, "validation_failed");
    assert_eq!(faults(&odd), [("enrollment_mode".to_owned(), "unknown_value".to_owned())]);
    for address in ["a@acme.example", "b@mail.acme.example", "c@notacme.example"] {
        boot.key.post(&within(&boot, "/invitations"), json!({"email_address": address})).await.created();
    }
    assert_eq!(boot.key.get(&one).await.ok()["total_pending_invitations"], 1);
    let member = app.signed_up("bob").await;
    problem(member.get(&path).await, 404, "organization_not_found");
    problem(member.send("POST", &format!("{one}/verify"), None, &[]).await, 404, "organization_not_found");
});

db_test!(a_record_that_vanishes_costs_the_domain_after_a_fortnight, async |app| {
    let boot = app.boot("Acme", None).await;
    let (path, name, value) = added(&boot, &boot.key, "acme.example").await;
    app.dns().publish(&name, &[&value]);
    verify(&boot.key, &path).await.ok();
    let look = async |days: usize| {
        for _ in 0..days {
            app.clock.advance(DAY);
            while domains::recheck_step(&app.core).await.unwrap() {}
        }
    };
    look(2).await;
    // Servers that do not answer say nothing.
    app.dns().fail(&name);
    app.dns().fail("acme.example");
    look(30).await;
    assert_eq!(boot.key.get(&path).await.ok()["verification"]["missing_since"], Json::Null);

    app.dns().withdraw(&name);
    app.dns().withdraw("acme.example");
    look(3).await;
    let failing = boot.key.get(&path).await.ok();
    assert_eq!((&failing["verified"], failing["verification"]["missing_since"].is_i64()), (&json!(true), true));
    app.mail().wait(&boot.email, "portico-domain-verification=").await;
    app.dns().publish(&name, &[&value]);
    look(1).await;
    assert_eq!(boot.key.get(&path).await.ok()["verification"]["missing_since"], Json::Null, "all is forgiven");

    app.dns().withdraw(&name);
    look(14).await;
    assert!(holder(&app, "acme.example").await.is_some(), "the grace is not over");
    look(1).await;
    assert_eq!(holder(&app, "acme.example").await, None);
    app.mail().wait(&boot.email, "was missing for two weeks").await;
    assert_eq!(boot.key.get(&path).await.ok()["verified"], false);
    app.dns().publish(&name, &[&value]);
    verify(&boot.key, &path).await.ok();
});
