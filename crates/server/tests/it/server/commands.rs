//! The commands of the real binary: what they print, what they make, how they refuse.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use crate::support::*;

/// Runs a test of the binary on both databases.
macro_rules! binary_test {
    ($name:ident, $body:expr) => {
        mod $name {
            use super::*;

            fn run<B: AsyncFnOnce(Binary)>(database: Database, body: B) {
                actix_web::rt::System::new().block_on(async {
                    if let Some(binary) = Binary::new(database).await {
                        body(binary).await;
                    }
                });
            }

            #[test]
            fn sqlite() {
                run(Database::Sqlite, $body);
            }

            #[test]
            fn postgres() {
                run(Database::Postgres, $body);
            }
        }
    };
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn printed(out: &Output) -> Json {
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert_eq!(text(&out.stdout).lines().count(), 1, "more than one line: {}", text(&out.stdout));
    serde_json::from_slice(&out.stdout).expect("one JSON object")
}

const BOOTSTRAP: [&str; 9] = [
    "bootstrap",
    "--email",
    "root@acme.example",
    "--password",
    PASSWORD,
    "--organization",
    "Acme",
    "--domain",
    "acme.example",
];

binary_test!(bootstrap_makes_everything_once_and_new_secrets_each_time, async |mut binary: Binary| {
    let first = printed(&binary.run(&BOOTSTRAP));
    let names: Vec<_> = first.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(names, ["user_id", "organization_id", "directory_id", "secret_key", "scim_endpoint", "scim_token"]);
    assert_eq!(first["scim_endpoint"], format!("{}/scim/v2", binary.base));

    let second = printed(&binary.run(&BOOTSTRAP));
    for same in ["user_id", "organization_id", "directory_id", "scim_endpoint"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    for new in ["secret_key", "scim_token"] {
        assert_ne!(first[new], second[new], "{new}");
    }

    let browser = binary.serve().await;
    let sign_in = json!({ "email": "root@acme.example", "password": PASSWORD });
    browser.post("/api/auth/sign-in/email", sign_in).await.expect(200);
    let organization = first["organization_id"].as_str().expect("an id");
    let members = browser.get(&format!("/api/auth/organization/list-members?organizationId={organization}")).await.ok();
    assert_eq!(members["members"][0]["role"], "owner");
    assert_eq!(members["members"].as_array().map(Vec::len), Some(1));
    for made in [&first, &second] {
        let program = Client::program(&binary.base);
        program.clone().bearer(made["secret_key"].as_str().expect("a key")).get("/v1/users").await.expect(200);
        program.bearer(made["scim_token"].as_str().expect("a token")).get("/scim/v2/Users").await.expect(200);
    }
    assert_eq!(binary.stop(), Some(0));
    binary.remove().await;
});

binary_test!(bootstrap_does_not_adopt_what_a_stranger_set_on_the_admins_address, async |mut binary: Binary| {
    let stranger = binary.serve().await;
    let body = json!({ "name": "Evil", "email": "root@acme.example", "password": "a strangers password" });
    stranger.post("/api/auth/sign-up/email", body).await.expect(200);
    binary.stop();
    printed(&binary.run(&BOOTSTRAP));
    binary.serve().await;
    assert_eq!(stranger.get("/api/auth/get-session").await.ok(), Json::Null, "the stranger's session stands");
    let sign_in = |password: &str| json!({ "email": "root@acme.example", "password": password });
    let browser = Client::browser(&binary.base);
    browser.post("/api/auth/sign-in/email", sign_in("a strangers password")).await.expect(401);
    browser.post("/api/auth/sign-in/email", sign_in(PASSWORD)).await.expect(200);
    binary.remove().await;
});

binary_test!(bootstrap_takes_no_organization_of_somebody_else_for_its_own, async |mut binary: Binary| {
    let stranger = binary.serve().await;
    let body = json!({ "name": "Evil", "email": "evil@elsewhere.example", "password": "a strangers password" });
    stranger.post("/api/auth/sign-up/email", body).await.expect(200);
    let body = json!({ "name": "Acme", "slug": "acme" });
    let theirs = stranger.post("/api/auth/organization/create", body).await.ok()["id"].clone();
    binary.stop();
    let made = printed(&binary.run(&BOOTSTRAP));
    assert_ne!(made["organization_id"], theirs);
    let again = printed(&binary.run(&BOOTSTRAP));
    assert_eq!(again["organization_id"], made["organization_id"], "one's own is found again");
    binary.remove().await;
});

binary_test!(bootstrap_refuses_what_is_no_admin_and_makes_nothing, async |binary: Binary| {
    for (email, password) in [("nobody", PASSWORD), ("root@acme.example", "short")] {
        let out = binary.run(&["bootstrap", "--email", email, "--password", password, "--organization", "Acme"]);
        assert!(!out.status.success() && out.stdout.is_empty(), "{}", text(&out.stdout));
        assert!(text(&out.stderr).contains("portico: "), "{}", text(&out.stderr));
    }
    let made = printed(&binary.run(&BOOTSTRAP));
    assert!(made["user_id"].as_str().is_some_and(|id| id.starts_with("user_")));
    binary.remove().await;
});

binary_test!(a_token_is_made_for_an_organization_that_there_is, async |mut binary: Binary| {
    let boot = printed(&binary.run(&BOOTSTRAP));
    let organization = boot["organization_id"].as_str().expect("an id");
    let made = printed(&binary.run(&["token", "create", "--organization", organization]));
    assert_eq!(made["directory_id"], boot["directory_id"]);
    let out = binary.run(&["token", "create", "--organization", "org_nobody"]);
    assert!(!out.status.success() && text(&out.stderr).contains("Organization not found"), "{}", text(&out.stderr));
    binary.serve().await;
    for token in [&made["scim_token"], &boot["scim_token"]] {
        let scim = Client::program(&binary.base).bearer(token.as_str().expect("a token"));
        scim.get("/scim/v2/Users").await.expect(200);
    }
    binary.remove().await;
});

binary_test!(doctor_names_each_fault_with_its_remedy, async |binary: Binary| {
    let out = binary.run(&["doctor"]);
    let said = text(&out.stdout);
    assert!(!out.status.success(), "the schema is missing: {said}");
    assert!(said.contains("FAIL  migrations:") && said.contains("run `portico migrate`"), "{said}");
    for good in ["ok    configuration:", "ok    secret:", "ok    database:", "ok    clock:", "ok    mail:"] {
        assert!(said.contains(good), "{good} in {said}");
    }
    assert!(binary.run(&["migrate"]).status.success());
    let out = binary.run(&["doctor"]);
    assert!(out.status.success(), "{}{}", text(&out.stdout), text(&out.stderr));

    let binary = binary.env("PORTICO__MAIL__SMTP_URL", "smtp://127.0.0.1:9");
    let said = text(&binary.run(&["doctor"]).stdout);
    assert!(said.contains("FAIL  mail:") && said.contains("PORTICO__MAIL__SMTP_URL"), "{said}");
    let binary = binary.env("PORTICO__REDIS__URL", "redis://somebody:hunter2@127.0.0.1:9");
    let binary = binary.env("PORTICO__DATABASE__URL", "postgres://somebody:hunter2@127.0.0.1:9/nothing");
    let said = text(&binary.run(&["doctor"]).stdout);
    assert!(said.contains("FAIL  database:") && said.contains("PORTICO__DATABASE__URL"), "{said}");
    assert!(said.contains("FAIL  redis:") && said.contains("PORTICO__REDIS__URL"), "{said}");
    assert!(!said.contains("hunter2"), "a password is shown: {said}");
});

binary_test!(an_instance_that_does_not_migrate_is_not_ready_until_somebody_does, async |binary: Binary| {
    let binary = binary.env("PORTICO__DATABASE__MIGRATE", "false");
    let child = binary.command(&["serve"]).stderr(std::process::Stdio::null()).spawn();
    let mut child = child.expect("it starts");
    let client = Client::program(&binary.base);
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    for _ in 0..500 {
        if http.get(format!("{}/healthz", binary.base)).send().await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(client.get("/readyz").await.expect(503).json["migrations"], false);
    assert!(!binary.run(&["health"]).status.success(), "it is not ready");
    assert!(binary.run(&["migrate"]).status.success());
    client.get("/readyz").await.expect(200);
    assert!(binary.run(&["health"]).status.success());
    child.kill().expect("killed");
    child.wait().expect("gone");
    let out = binary.run(&["health"]);
    assert!(!out.status.success() && text(&out.stderr).contains("is not ready"), "{}", text(&out.stderr));
    binary.remove().await;
});

/// The first start of a stranger: nothing configured but where to listen.
#[test]
fn a_first_start_makes_its_secret_its_database_and_its_admin() {
    actix_web::rt::System::new().block_on(async {
        let mut binary = Binary::new(Database::Sqlite)
            .await
            .expect("SQLite is there")
            .env("PORTICO__AUTH__SECRET", "")
            .env("PORTICO__DATABASE__URL", "")
            .env("PORTICO__MAIL__TRANSPORT", "")
            .env("PORTICO__MAIL__SMTP_URL", "");
        binary.serve_with(&["--ensure-admin"]).await;
        let said = binary.printed();
        let found = regex::Regex::new(r"email\s+(\S+)\n\s+password\s+(\S+)").expect("a pattern");
        let found = found.captures(&said).unwrap_or_else(|| panic!("no admin is printed: {said}"));
        assert!(said.contains(&binary.base), "the address is printed: {said}");
        let sign_in = json!({ "email": &found[1], "password": &found[2] });
        let admin = Client::browser(&binary.base);
        admin.post("/api/auth/sign-in/email", sign_in).await.expect(200);
        let log = binary.log();
        assert!(!log.contains(&found[2]), "the password is in the log");

        let data = binary.folder().join("data");
        let mode = |name: &str| data.join(name).metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode("secret"), mode("")), (0o600, 0o700));
        assert!(data.join("portico.db").exists());

        // The second start keeps the secret, the session, and the one admin.
        binary.stop();
        binary.serve_with(&["--ensure-admin"]).await;
        assert_eq!(binary.printed().matches("password").count(), said.matches("password").count());
        assert_ne!(admin.get("/api/auth/get-session").await.ok(), Json::Null);
    });
}

#[test]
fn a_wrong_configuration_is_refused_with_all_its_faults() {
    actix_web::rt::System::new().block_on(async {
        let binary = Binary::new(Database::Sqlite)
            .await
            .expect("SQLite is there")
            .env("PORTICO__AUTH__SECRET", "short")
            .env("PORTICO__SERVER__LISTEN", "nowhere")
            .env("PORTICO__SERVER__PORT", "3000");
        for command in [&["serve"][..], &["migrate"], &["doctor"], &BOOTSTRAP] {
            let out = binary.run(command);
            let said = text(&out.stderr);
            assert_eq!(out.status.code(), Some(1), "{said}");
            assert!(said.contains("3 faults"), "{said}");
            for key in ["PORTICO__AUTH__SECRET", "PORTICO__SERVER__LISTEN", "PORTICO__SERVER__PORT"] {
                assert!(said.contains(key), "{key}: {said}");
            }
            assert!(out.stdout.is_empty());
        }
    });
}

#[test]
fn documents_need_no_database_and_the_default_configuration_is_printed() {
    actix_web::rt::System::new().block_on(async {
        let binary =
            Binary::new(Database::Sqlite).await.expect("SQLite is there").env("PORTICO__DATABASE__URL", "nonsense");
        let out = binary.run(&["openapi"]);
        let document: Json = serde_json::from_slice(&out.stdout).expect("a document");
        assert_eq!(document, server::openapi::joined());
        let out = binary.run(&["config"]);
        assert_eq!(text(&out.stdout), server::config::DEFAULT);
        let out = binary.run(&["openapi", "--write"]);
        assert!(!out.status.success() && text(&out.stderr).contains("source tree"), "{}", text(&out.stderr));
    });
}
