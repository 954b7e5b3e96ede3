//! The commands that ask a running instance: the real binary against a real server.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::support::*;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An instance, and what opens it.
struct House {
    binary: Binary,
    boot: Json,
}

impl House {
    async fn open(database: Database) -> Option<Self> {
        let mut binary = Binary::new(database).await?;
        let out = binary.run(&[
            "bootstrap",
            "--email",
            "root@acme.example",
            "--password",
            PASSWORD,
            "--organization",
            "Acme",
            "--domain",
            "acme.example",
        ]);
        assert!(out.status.success(), "{}", text(&out.stderr));
        let boot = serde_json::from_slice(&out.stdout).expect("one JSON object");
        binary.serve().await;
        Some(Self { binary, boot })
    }

    fn said(&self, name: &str) -> &str {
        self.boot[name].as_str().expect("a text")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.binary.command(arguments);
        command.env("PORTICO_URL", &self.binary.base).env("PORTICO_SECRET_KEY", self.said("secret_key"));
        command.env("NO_PROXY", "*");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// The one line of JSON that a command prints.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Json {
        let out = self.run(arguments);
        assert!(out.status.success(), "{arguments:?}: {}", text(&out.stderr));
        assert_eq!(text(&out.stdout).lines().count(), 1, "{arguments:?}: {}", text(&out.stdout));
        serde_json::from_slice(&out.stdout).expect("JSON")
    }

    fn scim(&self) -> Client {
        Client::program(&self.binary.base).bearer(self.said("scim_token"))
    }
}

/// Runs a test of the commands on both databases.
macro_rules! house_test {
    ($name:ident, $body:expr) => {
        mod $name {
            use super::*;

            fn run<B: AsyncFnOnce(&House)>(database: Database, body: B) {
                actix_web::rt::System::new().block_on(async {
                    if let Some(house) = House::open(database).await {
                        body(&house).await;
                        house.binary.remove().await;
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

fn person(name: &str) -> Json {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("{name}@acme.example"), "active": true,
        "nickName": format!("Nick of {name}"),
        "emails": [{"value": format!("{name}@acme.example"), "type": "work", "primary": true}],
    })
}

house_test!(any_operation_is_asked_and_the_exit_status_tells_how_it_went, async |house: &House| {
    let made = house.json(&["api", "post", "/v1/organizations", "--data", r#"{"name": "Beta"}"#]);
    assert_eq!(made["object"], "organization");
    for n in 0..3 {
        house.json(&["api", "POST", "v1/organizations", "--data", &json!({"name": format!("More {n}")}).to_string()]);
    }
    let page = house.json(&["api", "GET", "/v1/organizations", "--query", "limit=2", "--query", "order_by=name"]);
    assert_eq!((page["data"].as_array().map(Vec::len), &page["total_count"]), (Some(2), &json!(5)));
    for turn in 0.. {
        // What the first page counts is less than what all of them have, while events are still being published.
        let all = house.json(&["api", "GET", "/v1/events", "--all-pages"]);
        if all["data"].as_array().map(Vec::len).map(|n| n as u64) == all["total_count"].as_u64() {
            break;
        }
        assert!(turn < 20, "{all}");
    }
    let all = house.json(&["api", "GET", "/v1/users", "--all-pages"]);
    assert_eq!((all["data"].as_array().map(Vec::len), &all["total_count"]), (Some(1), &json!(1)));

    // A body from a file, and from the input.
    std::fs::write(house.binary.folder().join("body.json"), r#"{"name": "From a file"}"#).expect("a file");
    assert_eq!(house.json(&["api", "POST", "/v1/organizations", "--data", "@body.json"])["name"], "From a file");
    let mut child = house
        .command(&["api", "POST", "/v1/organizations", "--data", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("an input").write_all(br#"{"name": "From the input"}"#).expect("written");
    assert!(text(&child.wait_with_output().expect("it ends").stdout).contains("From the input"));

    // What was asked wrongly is 4, readable, and leaves the output empty.
    let out = house.run(&["api", "POST", "/v1/organizations", "--data", r#"{"name": "", "slug": "NO"}"#]);
    let said = text(&out.stderr);
    assert_eq!((out.status.code(), out.stdout.is_empty()), (Some(4), true), "{said}");
    assert!(
        said.contains("(400 validation_failed)") && said.contains("\n  slug: ") && said.contains("trace_id: "),
        "{said}"
    );
    assert_eq!(house.run(&["api", "GET", "/v1/nothing"]).status.code(), Some(4));
    let out =
        house.command(&["api", "GET", "/v1/users"]).env("PORTICO_SECRET_KEY", "sk_nonsense").output().expect("runs");
    assert_eq!(out.status.code(), Some(4));
    assert!(!text(&out.stderr).contains("sk_nonsense"));
    // What was not asked at all is 1.
    for wrong in [
        &["api", "GET", "/v1/users?limit=1"][..],
        &["api", "GET", "/v1/../health"],
        &["api", "BREW", "/v1/users"],
        &["api", "POST", "/v1/users", "--data", "{"],
        &["api", "POST", "/v1/users", "--data", "@nowhere.json"],
        &["api", "GET", "/v1/users", "--query", "limit"],
        &["api", "GET", "/v1/users", "--url", "http://127.0.0.1:9"],
        &["api", "GET", "/v1/users", "--url", "ftp://127.0.0.1"],
        &["api", "GET", "/v1/users", "--key-file", "nowhere"],
    ] {
        let out = house.run(wrong);
        assert_eq!((out.status.code(), out.stdout.is_empty()), (Some(1), true), "{wrong:?}: {}", text(&out.stderr));
    }
    // The key comes from a file, or from the environment; there is no argument for it.
    std::fs::write(house.binary.folder().join("key"), format!("{}\n", house.said("secret_key"))).expect("a file");
    let with_file = ["api", "GET", "/v1/users", "--key-file", "key"];
    let out = house.command(&with_file).env_remove("PORTICO_SECRET_KEY").output().expect("it runs");
    assert!(out.status.success(), "{}", text(&out.stderr));
    let out = house.command(&with_file[..3]).env_remove("PORTICO_SECRET_KEY").output().expect("it runs");
    assert!(out.status.code() == Some(1) && text(&out.stderr).contains("PORTICO_SECRET_KEY"));
    let out = house.run(&["api", "GET", "/v1/users", "--key", "sk_x"]);
    assert_eq!(out.status.code(), Some(2));
});

house_test!(all_pages_are_all_of_them_in_any_order_and_from_any_place, async |house: &House| {
    // One more than a page, and who opened the house.
    let people: Vec<Json> = (0..500)
        .map(|n| json!({ "method": "POST", "path": "/Users", "bulkId": format!("p{n}"), "data": person(&format!("p{n:03}")) }))
        .collect();
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": people });
    house.scim().post("/scim/v2/Bulk", body).await.expect(200);
    for (order, passed) in
        [("email_address", 0), ("created_at", 0), ("-created_at", 0), ("email_address", 10), ("created_at", 10)]
    {
        let (order_by, offset) = (format!("order_by={order}"), format!("offset={passed}"));
        let asked = ["api", "GET", "/v1/users", "--query", &order_by, "--query", &offset, "--all-pages"];
        let all = house.json(&asked[..]);
        let ids: std::collections::BTreeSet<&str> =
            all["data"].as_array().expect("a list").iter().filter_map(|user| user["id"].as_str()).collect();
        assert_eq!((ids.len(), &all["total_count"]), (501 - passed, &json!(501)), "{order} from {passed}");
        assert_eq!(all["data"].as_array().map(Vec::len), Some(501 - passed), "{order} from {passed}: none twice");
    }
});

house_test!(a_server_is_checked_from_the_command_line, async |house: &House| {
    let url = format!("{}/scim/v2", house.binary.base);
    let check = |token: &str, more: &[&str]| {
        let mut arguments = vec!["conformance", "--url", &url];
        arguments.extend(more);
        house.command(&arguments).env("PORTICO_CONFORMANCE_TOKEN", token).output().expect("the binary runs")
    };
    let only = ["--only", "rfc7644.3.3.create"];
    let token = house.said("scim_token");
    // The report goes to a file, the counts to the output.
    let out = check(token, &[&only[..], &["--format", "junit", "--output", "report.xml"]].concat());
    let said = text(&out.stdout);
    assert!(out.status.success() && said.contains(" 0 failed"), "{said}{}", text(&out.stderr));
    let report = std::fs::read_to_string(house.binary.folder().join("report.xml")).expect("a report");
    assert!(report.contains("<testsuite ") && report.contains("\"rfc7644.3.3.create\" name=\"readable: "), "{report}");
    assert!(report.contains("failures=\"0\"") && !report.contains(token), "{report}");
    let out = check(token, &[&only[..], &["--format", "json"]].concat());
    assert!(
        serde_json::from_slice::<Json>(&out.stdout).is_ok_and(|report| report.is_object()),
        "{}",
        text(&out.stdout)
    );
    // What cannot be checked is no report: a credential that is refused, a check that there is not, a form that there is not.
    for (token, more, status) in [
        ("scim_nonsense", &only[..], 1),
        (token, &["--only", "rfc9999"], 1),
        (token, &["--format", "pdf"], 2),
        (token, &["--profile", "nobody"], 1),
    ] {
        let out = check(token, more);
        assert_eq!(out.status.code(), Some(status), "{more:?}: {}{}", text(&out.stdout), text(&out.stderr));
        assert!(!text(&out.stderr).contains("scim_nonsense"));
    }
    // A server that does otherwise than the standards demand is told by the exit status: this one may only be read.
    let (directory, scopes) = (house.said("directory_id"), ["--scope", "users:read", "--scope", "groups:read"]);
    let reader = house.json(&[&["credentials", "create", directory, "--name", "reader"][..], &scopes].concat());
    let out = check(reader["token"].as_str().expect("a token"), &only);
    assert_eq!(out.status.code(), Some(1), "{}{}", text(&out.stdout), text(&out.stderr));
    let listed = text(&house.run(&["conformance", "--list"]).stdout);
    assert!(listed.lines().count() >= 500 && listed.contains("rfc7644.3.3.create.readable\t"), "{listed}");
});

house_test!(what_there_is_is_made_changed_and_given_up_from_the_command_line, async |house: &House| {
    let organization = house.said("organization_id");
    let made = house.json(&["directories", "create", organization, "--name", "Second", "--provider", "entra"]);
    let directory = made["id"].as_str().expect("an id");
    assert_eq!((&made["provider"], &made["organization_id"]), (&json!("entra"), &json!(organization)));
    assert_eq!(house.json(&["directories", "update", directory, "--name", "Other"])["name"], "Other");
    let settings = r#"{"request_log_retention_days": 7}"#;
    let changed = house.json(&["directories", "settings", directory, "--settings", settings]);
    assert_eq!((&changed["settings"]["request_log_retention_days"], &changed["name"]), (&json!(7), &json!("Other")));
    assert_eq!(house.run(&["directories", "settings", directory]).status.code(), Some(2), "settings are needed");
    let credential = house.json(&["credentials", "create", directory, "--name", "one"]);
    let credential = credential["id"].as_str().expect("an id");
    house.json(&["credentials", "rotate", directory, credential]);
    house.json(&["credentials", "cancel-rotation", directory, credential]);
    assert_eq!(house.run(&["credentials", "cancel-rotation", directory, credential]).status.code(), Some(4));
    assert_eq!(house.json(&["jobs", "list", directory])["total_count"], 0);
    assert_eq!(house.run(&["jobs", "show", directory, "job_none"]).status.code(), Some(4));
    assert_eq!(house.run(&["jobs", "cancel", directory, "job_none"]).status.code(), Some(4));
    let tested = house.json(&["directories", "self-test", directory]);
    assert!(tested.is_object(), "{tested}");

    let domain = house.json(&["domains", "create", organization, "--name", "beta.example", "--verified"]);
    let domain_id = domain["id"].as_str().expect("an id");
    assert_eq!(domain["verified"], true);
    assert_eq!(house.json(&["domains", "list", organization])["total_count"], 2);
    assert_eq!(house.json(&["domains", "show", organization, domain_id])["name"], "beta.example");
    assert!(house.run(&["domains", "delete", organization, domain_id]).status.success());

    let url = "https://hooks.example/portico";
    let endpoint = house.json(&["webhooks", "create", "--endpoint-url", url, "--event", "organization.created"]);
    let endpoint_id = endpoint["id"].as_str().expect("an id");
    assert_eq!(endpoint["enabled_event_types"], json!(["organization.created"]));
    let rotated = house.json(&["webhooks", "rotate", endpoint_id, "--overlap", "0"]);
    assert_ne!(rotated["signing_secret"], endpoint["signing_secret"]);
    assert!(house.run(&["webhooks", "test", endpoint_id]).status.success());
    assert!(house.run(&["webhooks", "delete", endpoint_id]).status.success());

    let entries = house.json(&["audit", "list", "--type", "directory.created"]);
    assert_eq!((&entries["data"][0]["target"], entries["data"].as_array().map(Vec::len)), (&json!(directory), Some(2)));
    assert!(house.run(&["directories", "delete", directory]).status.success());
    assert_eq!(house.run(&["directories", "show", directory]).status.code(), Some(1));
});

house_test!(a_directory_is_looked_after_from_the_command_line, async |house: &House| {
    let (directory, organization) = (house.said("directory_id"), house.said("organization_id"));
    let listed = house.json(&["directories", "list"]);
    assert_eq!((&listed["data"][0]["id"], &listed["total_count"]), (&json!(directory), &json!(1)));
    let out = house.run(&["directories", "list", "--table"]);
    let table = text(&out.stdout);
    assert!(table.starts_with("ID ") && table.contains(directory) && table.lines().count() == 2, "{table}");
    for named in
        [&["directories", "show", directory][..], &["directories", "show", directory, "--organization", organization]]
    {
        assert_eq!(house.json(named)["id"], directory);
    }
    let out = house.run(&["directories", "show", "dir_none"]);
    assert!(out.status.code() == Some(1) && text(&out.stderr).contains("no directory dir_none"));
    assert_eq!(house.run(&["directories", "show", "a/../b"]).status.code(), Some(1));
    assert_eq!(house.json(&["directories", "health", directory])["object"], "directory_health");
    assert!(house.json(&["directories", "setup-guide", directory])["steps"].is_array());
    let shown = text(&house.run(&["directories", "setup-guide", directory, "--table"]).stdout);
    assert!(shown.contains("steps:\n  - title: "), "{shown}");
    assert!(house.json(&["directories", "drift", directory, "--all-pages"])["data"].is_array());

    let made = house.json(&["credentials", "create", directory, "--name", "Okta", "--scope", "users:read"]);
    assert_eq!((&made["scopes"], made["token"].is_string()), (&json!(["users:read"]), true));
    let id = made["id"].as_str().expect("an id");
    assert!(house.json(&["credentials", "rotate", directory, id])["token"].is_string());
    assert!(house.json(&["credentials", "revoke", directory, id])["revoked_at"].is_i64());
    assert_eq!(house.json(&["credentials", "list", directory])["total_count"], 2);

    let scim = house.scim();
    let ann = scim.post("/scim/v2/Users", person("ann")).await.created();
    let ann = ann["id"].as_str().expect("an id");
    let rules = r#"[{"group_name": "Admins", "roles": ["org:admin"]}]"#;
    assert_eq!(house.json(&["role-rules", "simulate", directory, "--rules", rules])["counts"]["gaining"], 0);
    assert_eq!(
        house.json(&["role-rules", "set", directory, "--rules", rules])["rules"][0]["roles"],
        json!(["org:admin"])
    );
    assert_eq!(house.json(&["role-rules", "show", directory])["rules"][0]["group_name"], "Admins");

    let requests = house.json(&["requests", "list", directory, "--operation", "user.create"]);
    let request = requests["data"][0]["id"].as_str().expect("an id");
    assert_eq!(house.json(&["requests", "show", directory, request])["operation"], "user.create");
    let replayed = house.json(&["requests", "replay", directory, request]);
    assert_eq!((&replayed["dry_run"], &replayed["status"]), (&json!(true), &json!(409)));
    assert_eq!(house.json(&["requests", "replay", directory, request, "--for-real"])["dry_run"], false);

    let mapping = r#"{"nickName": "name"}"#;
    let seen = house.json(&["mappings", "preview", directory, "--mapping", mapping, "--request", request]);
    assert_eq!(
        (&seen["people"][0]["after"]["name"], &seen["people"][0]["request_id"]),
        (&json!("Nick of ann"), &json!(request))
    );
    assert_eq!(house.json(&["mappings", "set", directory, "--mapping", mapping])["version"], 1);
    house.json(&["mappings", "set", directory, "--mapping", "{}"]);
    assert_eq!(house.json(&["mappings", "history", directory])["total_count"], 2);
    house.json(&["mappings", "restore", directory, "1"]);
    assert_eq!(house.json(&["mappings", "show", directory])["mapping"], json!({"nickName": "name"}));

    assert_eq!(house.json(&["directories", "pause", directory])["state"], "paused");
    scim.get("/scim/v2/Users").await.expect(503);
    assert_eq!(house.json(&["directories", "resume", directory])["state"], "active");
    let out = house.run(&["directories", "release", directory]);
    assert_eq!(out.status.code(), Some(4), "nothing waits: {}", text(&out.stderr));

    scim.delete(&format!("/scim/v2/Users/{ann}")).await.expect(204);
    let receipts = house.json(&["receipts", "list", "--directory-user", ann]);
    let receipt = receipts["data"][0]["id"].as_str().expect("an id");
    assert_eq!(house.json(&["receipts", "show", receipt]), receipts["data"][0]);
    for turn in 0.. {
        // What happened is sealed a moment later.
        let out = house.run(&["audit", "export", "--organization", organization]);
        assert!(out.status.success(), "{}", text(&out.stderr));
        let lines: Vec<Json> =
            text(&out.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        if lines.len() > 3 {
            break;
        }
        assert!(turn < 100, "nothing is ever sealed: {lines:?}");
        actix_web::rt::time::sleep(std::time::Duration::from_millis(200)).await;
    }
});

house_test!(an_import_is_begun_read_and_applied, async |house: &House| {
    let directory = house.said("directory_id");
    let begun = house.json(&["directories", "import-start", directory]);
    assert_eq!(begun["import"]["state"], "collecting");
    let scim = house.scim();
    scim.post("/scim/v2/Users", person("ann")).await.created();
    let report = house.json(&["directories", "import", directory]);
    assert_eq!(
        (&report["data"][0]["outcome"], &report["users"]["created"]),
        (&json!("created"), &json!(1)),
        "{report}"
    );
    let revision = report["import"]["revision"].to_string();
    assert_eq!(house.json(&["directories", "import", directory, "--outcome", "deleted"])["total_count"], 0);
    scim.post("/scim/v2/Users", person("bob")).await.created();
    let out = house.run(&["directories", "import-apply", directory, "--revision", &revision]);
    assert!(out.status.code() == Some(4) && text(&out.stderr).contains("said more"), "{}", text(&out.stderr));
    assert_eq!(house.run(&["directories", "import-apply", directory]).status.code(), Some(2), "it is needed");
    let revision = house.json(&["directories", "show", directory])["import"]["revision"].to_string();
    let job = house.json(&["directories", "import-apply", directory, "--revision", &revision]);
    assert_eq!((&job["kind"], &job["total"]), (&json!("import_applied"), &json!(2)), "{job}");
    let out = house.run(&["directories", "import-discard", directory]);
    assert_eq!(out.status.code(), Some(4), "it is being done, or is: {}", text(&out.stderr));
});

house_test!(events_are_followed_and_webhooks_listed, async |house: &House| {
    let out = house.run(&["events", "tail", "--after", "0", "--count", "2"]);
    let events: Vec<Json> = text(&out.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(events.len(), 2);
    assert!(events[0]["sequence"].as_i64() < events[1]["sequence"].as_i64());

    // Without a place it waits for what comes; the process of before is not told again.
    let child = house
        .command(&["events", "tail", "--type", "scimUser.provisioned", "--count", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // Whoever comes before it listens is not waited for: somebody comes until it has heard of one.
    let scim = house.scim();
    let heard = actix_web::rt::task::spawn_blocking(move || child.wait_with_output().expect("it ends"));
    let mut n = 0;
    while !heard.is_finished() && n < 200 {
        scim.post("/scim/v2/Users", person(&format!("p{n}"))).await.created();
        n += 1;
        actix_web::rt::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    let out = heard.await.expect("it is waited for");
    let event: Json = serde_json::from_slice(&out.stdout).expect("one event");
    assert_eq!(event["type"], "scimUser.provisioned", "{}", text(&out.stderr));
    let out = house.run(&["events", "tail", "--type", "nothing.happened"]);
    assert_eq!(out.status.code(), Some(4), "a refusal is not tried again");

    let body = r#"{"url": "https://hooks.example/x", "enabled_event_types": ["user.created"]}"#;
    let made = house.json(&["api", "POST", "/v1/webhooks/endpoints", "--data", body]);
    assert_eq!(house.json(&["webhooks", "list"])["data"][0]["id"], made["id"]);
    let endpoint = made["id"].as_str().expect("an id");
    assert!(house.json(&["webhooks", "deliveries", "--endpoint", endpoint])["data"].is_array());
    let replayed = house.json(&["webhooks", "replay-all", endpoint, "--since", "1"]);
    assert_eq!(replayed["object"], "webhook_replay");
    assert_eq!(house.run(&["webhooks", "replay", "whd_none"]).status.code(), Some(4));
});
