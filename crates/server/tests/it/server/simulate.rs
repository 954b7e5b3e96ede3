//! `portico simulate okta` against the real server: what it says happened is what the database holds.

use server::commands::simulate::{Outcome, Wanted, run};

use crate::support::*;

fn wanted(app: &App, boot: &Boot) -> Wanted {
    Wanted {
        url: format!("{}/scim/v2", app.base),
        token: Some(boot.scim_token.clone()),
        token_file: None,
        people: 25,
        groups: Vec::new(),
        domain: "acme.example".to_owned(),
        changes: 0,
        interval_ms: 0,
        seed: 7,
    }
}

async fn played(wanted: &Wanted) -> (Outcome, String) {
    let mut out = Vec::new();
    let outcome = run(wanted, &mut out).await.expect("it plays to its end");
    (outcome, String::from_utf8(out).expect("text"))
}

fn number(count: usize) -> i64 {
    i64::try_from(count).expect("a small number")
}

const ACTIVE: &str = "SELECT COUNT(*) FROM directory_users WHERE active";
const PEOPLE: &str = "SELECT COUNT(*) FROM directory_users";
const GROUPS: &str = "SELECT COUNT(*) FROM directory_groups";
const MEMBERS: &str = "SELECT COUNT(*) FROM directory_group_members";
/// Members of the organization besides its owner, whom nobody pushed.
const STAFF: &str = "SELECT COUNT(*) FROM members WHERE status = 'active'";

db_test!(people_and_groups_arrive_and_a_second_run_finds_them, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let wanted = wanted(&app, &boot);
    let (outcome, told) = played(&wanted).await;
    assert_eq!((outcome.people, outcome.active, outcome.groups, outcome.refused), (25, 25, 7, 0), "{told}");
    assert_eq!((app.count(PEOPLE).await, app.count(ACTIVE).await), (25, 25), "{told}");
    assert_eq!((app.count(GROUPS).await, app.count(STAFF).await), (7, 26), "{told}");
    let members = app.count(MEMBERS).await;
    assert!((25..=50).contains(&members), "everybody is in a group, some in two: {members}");
    assert_eq!(told.matches(": created").count(), 32, "{told}");
    // As Okta does it: it is asked for each of them, and named as Okta.
    let agent = "SELECT COUNT(*) FROM directory_credentials WHERE last_used_user_agent = 'Okta SCIM Client 1.0.0'";
    assert_eq!(app.count(agent).await, 1);
    let departments = "SELECT COUNT(DISTINCT resource) FROM directory_users WHERE resource LIKE '%department%'";
    assert_eq!(app.count(departments).await, 25);
    assert!(!told.contains(&boot.scim_token) && !told.contains("REFUSED"), "{told}");

    let (again, told) = played(&wanted).await;
    assert_eq!((again.people, again.refused), (25, 0), "{told}");
    assert_eq!(told.matches(": there already").count(), 25, "{told}");
    assert_eq!(told.matches(": linked").count(), 7, "{told}");
    assert_eq!((app.count(PEOPLE).await, app.count(GROUPS).await, app.count(MEMBERS).await), (25, 7, members));
});

db_test!(changes_over_time_are_what_the_database_holds, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let wanted = Wanted { changes: 60, ..wanted(&app, &boot) };
    let (outcome, told) = played(&wanted).await;
    assert_eq!(outcome.refused, 0, "{told}");
    for kind in ["joins   ", "moves   ", "leaves  ", "returns ", "group   "] {
        assert!(told.contains(kind), "nobody {kind}: {told}");
    }
    let count = |word: &str| told.matches(word).count();
    assert_eq!(outcome.people, 25 + count("joins   "), "{told}");
    assert_eq!(outcome.people - outcome.active, count(": deactivated") - count(": reactivated"), "{told}");
    assert!(outcome.active < outcome.people, "{told}");
    assert_eq!(app.count(PEOPLE).await, number(outcome.people), "{told}");
    assert_eq!(app.count(ACTIVE).await, number(outcome.active), "{told}");
    assert_eq!(app.count(STAFF).await, number(outcome.active) + 1, "{told}");
    assert_eq!(app.count(GROUPS).await, 7, "{told}");
    let receipts = app.count("SELECT COUNT(*) FROM receipts").await;
    assert_eq!(receipts, number(count(": deactivated")), "{told}");
    // Its own requests, each recorded or counted: none of them failed.
    assert!(outcome.requests > 200, "{outcome:?}");
    // The same seed tells the same story.
    let other = app.boot("Other", Some("other.example")).await;
    let wanted = Wanted { token: Some(other.scim_token.clone()), domain: "other.example".to_owned(), ..wanted };
    let (same, again) = played(&wanted).await;
    assert_eq!((same.people, same.active), (outcome.people, outcome.active));
    assert_eq!(again.replace("other.example", "acme.example"), told);
});

db_test!(named_groups_are_pushed_and_refusals_are_told, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let groups = vec!["Staff".to_owned(), " \"Quoted\" ".to_owned()];
    let wanted = Wanted { people: 6, groups, ..wanted(&app, &boot) };
    let (outcome, told) = played(&wanted).await;
    assert_eq!((outcome.people, outcome.groups, outcome.refused), (6, 2, 0), "{told}");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_groups WHERE display_name = '\"Quoted\"'").await, 1, "{told}");
    // A token that may only read: what is refused is told, and does not end the play.
    let path = format!("/v1/organizations/{}/directories/{}/credentials", boot.organization_id, boot.directory_id);
    let reading = json!({ "name": "Reading", "scopes": ["users:read", "groups:read"] });
    let token = boot.key.post(&path, reading).await.created()["token"].as_str().expect("a token").to_owned();
    let (outcome, told) = played(&Wanted { token: Some(token), seed: 8, people: 3, ..wanted.clone() }).await;
    assert_eq!((outcome.people, outcome.refused), (3, 5), "{told}");
    assert_eq!(told.matches("REFUSED, 403").count(), 5, "{told}");
    assert_eq!(app.count(PEOPLE).await, 6);
});

db_test!(a_wrong_token_ends_it_at_once, async |app| {
    let boot = app.boot("Acme", None).await;
    let wanted = wanted(&app, &boot);
    for token in ["scim_wrong", "", "  "] {
        let mut out = Vec::new();
        let refused = run(&Wanted { token: Some(token.to_owned()), ..wanted.clone() }, &mut out).await.unwrap_err();
        let said = refused.to_string();
        assert!(said.contains("PORTICO_SCIM_TOKEN"), "{said}");
        assert_eq!(said.contains("401"), token.starts_with("scim"), "{said}");
        assert!(
            !said.contains("scim_wrong") && !String::from_utf8(out).expect("text").contains("scim_wrong"),
            "{said}"
        );
    }
    assert_eq!(app.count(PEOPLE).await, 0);
    for url in ["nowhere", "ftp://localhost/", "http://127.0.0.1:9/scim/v2"] {
        let refused = run(&Wanted { url: url.to_owned(), ..wanted.clone() }, &mut Vec::new()).await;
        assert!(refused.is_err(), "{url}");
    }
});

#[test]
fn the_command_takes_its_token_from_the_environment_and_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, "scim_from_a_file\n").expect("the file is written");
    let portico = |more: &[&str], env: Option<&str>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portico"));
        command.args(["simulate", "okta", "--url", "http://127.0.0.1:9/scim/v2"]).args(more);
        command.env_remove("PORTICO_SCIM_TOKEN");
        if let Some(token) = env {
            command.env("PORTICO_SCIM_TOKEN", token);
        }
        let out = command.output().expect("the binary runs");
        assert!(!out.status.success());
        String::from_utf8(out.stderr).expect("text")
    };
    assert!(portico(&[], None).contains("--token-file"));
    assert!(portico(&[], Some("scim_x")).contains("cannot be reached"));
    assert!(portico(&["--token-file", &file.display().to_string()], None).contains("cannot be reached"));
    assert!(portico(&["--token-file", "/nowhere/token"], None).contains("/nowhere/token"));
}
