//! Our own black-box checks (`crates/scim-conformance`): Portico passes all of them, and a server with a flaw does not.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Mutex;

use actix_web::{App as Site, HttpRequest, HttpResponse, HttpServer, web};
use scim_conformance::{Credential, Options as Wanted, Outcome, Report, Target};

use crate::support::*;

/// What may be skipped: a server may hang up on a body that it does not want to read to the end.
const MAY_BE_SKIPPED: &[&str] = &["rfc7644.3.7.bulk.too-large"];

fn failures(report: &Report) -> Vec<String> {
    let failed = |check: &scim_conformance::CheckReport| match &check.outcome {
        Outcome::Failed(why) => Some(format!("{}: {why}", check.id)),
        _ => None,
    };
    report.checks.iter().filter_map(failed).collect()
}

db_test!(portico_passes_every_check_of_every_profile, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let target = Target::new(&format!("{}/scim/v2", app.base), Credential::Bearer(boot.scim_token.clone())).unwrap();
    let report = scim_conformance::run(target, Wanted::new("it")).await.unwrap();
    let failed = failures(&report);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let skipped = report.checks.iter().filter(|check| matches!(check.outcome, Outcome::Skipped(_)));
    let unforeseen: Vec<_> = skipped.filter(|check| !MAY_BE_SKIPPED.contains(&check.id.as_str())).collect();
    assert!(unforeseen.is_empty(), "{unforeseen:?}");
    assert!(report.checks.len() >= 500, "{} checks", report.checks.len());
    // Nothing remains of it.
    assert!(report.leftovers.is_empty(), "{:?}", report.leftovers);
    for table in ["SELECT COUNT(*) FROM directory_users", "SELECT COUNT(*) FROM directory_groups"] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
});

/// How the little server of these tests is broken.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    Nothing,
    Answers200,
    HasNoEtag,
    RegardsCase,
    IgnoresPatch,
}

/// A SCIM server that can do just enough for the checks below.
struct Little {
    flaw: Flaw,
    people: Mutex<Vec<Option<Json>>>,
}

impl Little {
    fn answer(&self, method: &str, path: &str, body: &Json) -> (u16, Json) {
        let mut people = self.people.lock().unwrap();
        let at = path.strip_prefix("/Users/").and_then(|id| id.parse::<usize>().ok());
        match (method, path, at) {
            ("GET", "/ServiceProviderConfig", _) => {
                (200, json!({"patch": {"supported": true}, "etag": {"supported": true}}))
            }
            ("POST", "/Users", _) => {
                let name = |user: &Json| {
                    let name = user["userName"].as_str().unwrap_or_default();
                    if self.flaw == Flaw::RegardsCase { name.to_owned() } else { name.to_lowercase() }
                };
                if people.iter().flatten().any(|one| name(one) == name(body)) {
                    let error = "urn:ietf:params:scim:api:messages:2.0:Error";
                    return (409, json!({"schemas": [error], "status": "409", "scimType": "uniqueness"}));
                }
                let mut made = body.clone();
                made["id"] = people.len().to_string().into();
                made["meta"] = json!({
                    "resourceType": "User", "created": "2026-01-01T00:00:00Z", "lastModified": "2026-01-01T00:00:00Z",
                    "location": format!("/Users/{}", people.len()), "version": "W/\"1\"",
                });
                people.push(Some(made.clone()));
                (if self.flaw == Flaw::Answers200 { 200 } else { 201 }, made)
            }
            ("DELETE", _, Some(at)) if at < people.len() => {
                people[at] = None;
                (204, Json::Null)
            }
            ("GET" | "PATCH", _, Some(at)) => match people.get_mut(at).and_then(Option::as_mut) {
                Some(user) => {
                    if method == "PATCH" && self.flaw != Flaw::IgnoresPatch {
                        let operation = &body["Operations"][0];
                        user[operation["path"].as_str().unwrap_or_default()] = operation["value"].clone();
                    }
                    (200, user.clone())
                }
                None => (404, Json::Null),
            },
            _ => (404, Json::Null),
        }
    }
}

async fn little(request: HttpRequest, body: web::Bytes, state: web::Data<Little>) -> HttpResponse {
    let sent = serde_json::from_slice(&body).unwrap_or_default();
    let (status, json) = state.answer(request.method().as_str(), request.path(), &sent);
    let mut answer = HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap());
    if let Some(place) = json["meta"]["location"].as_str() {
        answer.insert_header(("location", place));
        if state.flaw != Flaw::HasNoEtag {
            answer.insert_header(("etag", "W/\"1\""));
        }
    }
    if json.is_null() { answer.finish() } else { answer.content_type("application/scim+json").body(json.to_string()) }
}

/// The checks that each flaw is seen by.
const SEEN_BY: &[(Flaw, &str)] = &[
    (Flaw::Answers200, "rfc7644.3.3.create.readable"),
    (Flaw::HasNoEtag, "rfc7644.3.14.etags.header"),
    (Flaw::RegardsCase, "rfc7644.3.3.create.duplicate-case"),
    (Flaw::IgnoresPatch, "rfc7644.3.5.2.3.replace.single"),
];

async fn judged(flaw: Flaw, only: &[&str]) -> Report {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let state = web::Data::new(Little { flaw, people: Mutex::default() });
    let site = move || Site::new().app_data(state.clone()).default_service(web::to(little));
    let server = HttpServer::new(site).workers(1).disable_signals().listen(listener).unwrap().run();
    let (handle, running) = (server.handle(), actix_web::rt::spawn(server));
    let mut wanted = Wanted::new("little");
    wanted.only = only.iter().map(|id| (*id).to_owned()).collect();
    let target = Target::new(&base, Credential::Bearer("token".to_owned())).unwrap();
    let report = scim_conformance::run(target, wanted).await.unwrap();
    handle.stop(false).await;
    running.await.unwrap().unwrap();
    report
}

#[test]
fn a_server_with_a_flaw_fails_the_check_that_looks_for_it() {
    actix_web::rt::System::new().block_on(async {
        let all: Vec<&str> = SEEN_BY.iter().map(|(_, id)| *id).collect();
        let sound = judged(Flaw::Nothing, &all).await;
        assert_eq!(sound.counts(), (all.len(), 0, 0), "{:?}", sound.checks);
        assert!(sound.conforms() && sound.leftovers.is_empty());
        for (flaw, id) in SEEN_BY {
            let report = judged(*flaw, &[id]).await;
            let failed: BTreeSet<&str> = report.checks.iter().map(|check| check.id.as_str()).collect();
            assert_eq!((report.counts(), failed), ((0, 1, 0), BTreeSet::from([*id])), "{:?}", report.checks);
            assert!(!report.conforms());
            assert!(!report.checks[0].exchanges.is_empty(), "it shows what was said");
        }
    });
}

#[test]
fn a_server_that_is_not_there_is_no_report() {
    actix_web::rt::System::new().block_on(async {
        let place = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let target = Target::new(&format!("http://{place}"), Credential::Bearer("token".to_owned())).unwrap();
        let refused = scim_conformance::run(target, Wanted::new("gone")).await.unwrap_err();
        assert!(refused.contains("got no answer"), "{refused}");
    });
}

db_test!(a_credential_that_is_refused_is_no_report, async |app| {
    let bad = Credential::Bearer("not-a-token".to_owned());
    let target = Target::new(&format!("{}/scim/v2", app.base), bad).unwrap();
    let refused = scim_conformance::run(target, Wanted::new("refused")).await.unwrap_err();
    assert!(refused.contains("refuses the credential"), "{refused}");
});
