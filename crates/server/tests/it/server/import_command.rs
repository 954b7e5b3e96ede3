//! `portico import better-auth` on a source that somebody has tampered with.

use sea_orm::ConnectionTrait as _;

use crate::support::*;

/// Two administrators, one of them with an id that clears the screen, and values that are no text.
const SOURCE: &str = "
CREATE TABLE user (id TEXT PRIMARY KEY, name TEXT, email TEXT, role TEXT, banned INTEGER);
CREATE TABLE account (id TEXT PRIMARY KEY, userId TEXT, providerId TEXT, accountId TEXT, password TEXT);
CREATE TABLE jwks (id TEXT PRIMARY KEY);
ALTER TABLE user ADD COLUMN \"shoe\u{1b}[2J\" TEXT;
INSERT INTO user (id, name, email, role) VALUES ('ann', 'Ann', 'ann@acme.example', 'admin'), ('eve', 'Eve', 'eve@acme.example', 'user');
INSERT INTO user (id, name, email, role) VALUES ('bob', 'Bob', 'bob@acme.example', CAST(X'61646d696eff' AS TEXT));
INSERT INTO user (id, name, email, role) VALUES ('kim\u{1b}[2J', 'Kim', 'kim@acme.example', 'admin');
INSERT INTO account VALUES ('a1', 'ann', 'acme', CAST(X'ff' AS TEXT), NULL), ('a2', 'eve', 'acme', 'eve-1', NULL)";

fn run(database: Database) {
    actix_web::rt::System::new().block_on(async {
        let Some(binary) = Binary::new(database).await else { return };
        let from = format!("sqlite://{}?mode=rwc", binary.folder().join("source.db").display());
        let source = sea_orm::Database::connect(&from).await.expect("a source");
        source.execute_unprepared(SOURCE).await.expect("it is filled");
        source.close().await.expect("it is closed");
        assert!(binary.run(&["migrate"]).status.success());
        let import = |more: &[&str]| {
            let out = binary.run(&[&["import", "better-auth", "--from", &from], more].concat());
            let text = String::from_utf8(out.stdout).expect("text");
            assert!(out.status.success(), "{text}{}", String::from_utf8_lossy(&out.stderr));
            text
        };

        let plan = import(&[]);
        assert!(plan.contains("\nThey administer this instance from then on, 1:\n  ann ann@acme.example\n"), "{plan}");
        assert!(!plan.contains(|c: char| c.is_control() && c != '\n'), "{plan:?}");

        let report: Json = serde_json::from_str(&import(&["--json", "--apply"])).expect("JSON");
        assert_eq!(report["administrators"], json!([{ "id": "ann", "email": "ann@acme.example" }]));
        let of =
            |kind: &str| report["kinds"].as_array().unwrap().iter().find(|one| one["kind"] == kind).unwrap().clone();
        let (users, accounts) = (of("users"), of("accounts"));
        assert_eq!((&users["new"], &users["refused"]), (&json!(2), &json!(2)));
        let reason =
            |why: &str, example: &str| json!({ "what": "refused", "why": why, "count": 1, "examples": [example] });
        let garbled = |place: &str| format!("its {place} is no text: it is not UTF-8, or has a NUL in it");
        let reasons = users["reasons"].as_array().expect("reasons");
        assert!(reasons.contains(&reason(&garbled("user.role"), "bob")), "{reasons:?}");
        assert!(reasons.iter().any(|one| one["examples"] == json!(["kim\u{1b}[2J"])), "{reasons:?}");
        assert_eq!(
            (&accounts["new"], &accounts["reasons"]),
            (&json!(1), &json!([reason(&garbled("account.accountId"), "a1")]))
        );
        assert_eq!(report["other_columns"], json!({ "user": ["shoe\u{1b}[2J"] }));
        // Who is here already does not become one.
        let again: Json = serde_json::from_str(&import(&["--json"])).expect("JSON");
        assert_eq!(again["administrators"], json!([]));
        binary.remove().await;
    });
}

#[test]
fn what_the_source_says_is_told_and_steers_nothing_sqlite() {
    run(Database::Sqlite);
}

#[test]
fn what_the_source_says_is_told_and_steers_nothing_postgres() {
    run(Database::Postgres);
}
