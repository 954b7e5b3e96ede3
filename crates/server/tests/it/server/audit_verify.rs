//! `portico receipt verify` and `portico audit verify`, with the real binary: what they prove, and what they refuse.

use std::io::Write as _;
use std::process::{Output, Stdio};
use std::time::Duration;

use auth_core::{Ctx, db};

use crate::support::*;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An instance in which somebody was deactivated, its keys in `jwks.json` and a client of `/v1`.
struct House {
    binary: Binary,
    admin: Client,
    organization: String,
}

impl House {
    async fn new(database: Database) -> Option<Self> {
        let mut binary = Binary::new(database).await?;
        let arguments =
            ["bootstrap", "--email", "root@other.example", "--password", PASSWORD, "--organization", "Acme"];
        let out = binary.run(&[&arguments[..], &["--domain", "acme.example"]].concat());
        assert!(out.status.success(), "{}", text(&out.stderr));
        let boot: Json = serde_json::from_slice(&out.stdout).expect("one JSON object");
        let said = |name: &str| boot[name].as_str().expect("a text").to_owned();
        binary.serve().await;
        let scim = Client::program(&binary.base).bearer(&said("scim_token")).media("application/scim+json");
        let person = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example", "active": true,
            "emails": [{ "value": "ann@acme.example", "primary": true }],
        });
        let id = scim.post("/scim/v2/Users", person).await.created()["id"].as_str().expect("an id").to_owned();
        scim.delete(&format!("/scim/v2/Users/{id}")).await.expect(204);
        let admin = Client::program(&binary.base).bearer(&said("secret_key"));
        let this = Self { organization: said("organization_id"), binary, admin };
        this.write("jwks.json", &this.admin.get("/.well-known/jwks.json").await.expect(200).text);
        Some(this)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.binary.folder().join(name), content).expect("a file");
    }

    /// Runs a command with nothing of the instance's configuration.
    fn offline(&self, arguments: &[&str], input: Option<&str>) -> Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portico"));
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("PORTICO")) {
            command.env_remove(key);
        }
        command.args(arguments).current_dir(self.binary.folder());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let mut pipe = child.stdin.take().expect("an input");
        pipe.write_all(input.unwrap_or_default().as_bytes()).expect("it reads");
        drop(pipe);
        child.wait_with_output().expect("it ends")
    }

    /// Waits until the worker has sealed everything.
    async fn sealed(&self) {
        for _ in 0..300 {
            let out = self.binary.run(&["audit", "verify", "--json"]);
            let report: Json = serde_json::from_slice(&out.stdout).unwrap_or_default();
            if report["waiting"] == 0 && report["entries"].as_u64() > Some(0) {
                assert!(out.status.success(), "{report}");
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("nothing is sealed: {}", self.binary.log());
    }
}

async fn receipts(database: Database) {
    let Some(house) = House::new(database).await else { return };
    let page = house.admin.get(&format!("/v1/organizations/{}/receipts", house.organization)).await.ok();
    let receipt = page["data"][0].clone();
    house.write("receipt.json", &receipt.to_string());
    house.write("page.json", &page.to_string());
    let proven = house.offline(&["receipt", "verify", "receipt.json", "--jwks", "jwks.json"], None);
    assert!(proven.status.success(), "{}", text(&proven.stderr));
    let said = text(&proven.stdout);
    assert!(said.starts_with("Proven: ") && said.contains(receipt["user_id"].as_str().unwrap_or("?")), "{said}");
    let jws = receipt["signature"].as_str().expect("a signature");
    let proven = house.offline(&["receipt", "verify", "-", "--jwks", "jwks.json", "--json"], Some(jws));
    let told: Json = serde_json::from_slice(&proven.stdout).expect("JSON");
    assert!(proven.status.success() && told["proven"] == true && told["says"] == receipt["payload"], "{told}");
    let address = format!("{}/.well-known/jwks.json", house.binary.base);
    let whole = house.offline(&["receipt", "verify", "page.json", "--jwks", &address], None);
    assert!(whole.status.success(), "{}", text(&whole.stderr));

    let refused = |file: &str, more: &[&str], why: &str| {
        let out = house.offline(&[&["receipt", "verify", file, "--jwks", "jwks.json"], more].concat(), None);
        assert!(
            !out.status.success() && text(&out.stderr).contains(why),
            "{why}: {} {}",
            text(&out.stdout),
            text(&out.stderr)
        );
    };
    refused("receipt.json", &["--issuer", "https://elsewhere.example"], "was issued by");
    let mut lie = receipt.clone();
    lie["payload"]["revoked"]["sessions"] = json!(7);
    house.write("lie.json", &lie.to_string());
    refused("lie.json", &[], "its payload is not what was signed");
    let mut lie = receipt.clone();
    lie["user_id"] = json!("user_somebody_else");
    house.write("lie.json", &lie.to_string());
    refused("lie.json", &[], "its user_id is not what was signed");
    house.write("lie.json", &jws.replace('.', ".e30"));
    refused("lie.json", &[], "Not proven");
    house.write("lie.json", "{\"id\": \"rcpt_1\"}");
    refused("lie.json", &[], "it has no signature");
    // The head of a chain is signed by the same key, and is no receipt.
    house.sealed().await;
    let export = house.admin.get("/v1/audit/export").await.expect(200).text;
    let head: Json = serde_json::from_str(export.lines().last().expect("a line")).expect("JSON");
    house.write("lie.json", head["signature"].as_str().expect("a signature"));
    refused("lie.json", &[], "is no receipt");
    // Another instance's key of the same name.
    let mut keys: Json =
        serde_json::from_str(&std::fs::read_to_string(house.binary.folder().join("jwks.json")).expect("keys"))
            .expect("JSON");
    keys["keys"][0]["x"] = json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    house.write("jwks.json", &keys.to_string());
    refused("receipt.json", &[], "the signature does not match");
    house.binary.remove().await;
}

async fn exports(database: Database) {
    let Some(house) = House::new(database).await else { return };
    house.sealed().await;
    let export = house.admin.get("/v1/audit/export").await.expect(200);
    assert_eq!(export.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<&str> = export.text.lines().collect();
    let verify = |lines: &[&str], more: &[&str]| {
        house.write("audit.ndjson", &(lines.join("\n") + "\n"));
        house.offline(
            &[&["audit", "verify", "--file", "audit.ndjson", "--jwks", "jwks.json", "--json"], more].concat(),
            None,
        )
    };
    let out = verify(&lines, &[]);
    let told: Json = serde_json::from_slice(&out.stdout).unwrap_or_default();
    assert!(out.status.success() && told["holds"] == true && told["chains"] == 2, "{told} {}", text(&out.stderr));
    // A part of it is as good: what the filter leaves out is there as its seal.
    let query = format!("?organization_id={}&type=scimUser.deprovisioned", house.organization);
    let part = house.admin.get(&format!("/v1/audit/export{query}")).await.expect(200).text;
    assert_eq!(part.matches("\"audit_entry\"").count(), 1, "{part}");
    let out = verify(&part.lines().collect::<Vec<_>>(), &[]);
    assert!(out.status.success(), "{} {}", text(&out.stdout), text(&out.stderr));

    // In CSV it is as good: whole, in part, and if somebody has changed it.
    let table = |text: &str| {
        house.write("audit.csv", text);
        house.offline(&["audit", "verify", "--file", "audit.csv", "--jwks", "jwks.json", "--json"], None)
    };
    let strange = house.admin.clone().with("user-agent", "'=\"x\", 1");
    strange.patch(&format!("/v1/organizations/{}", house.organization), json!({"name": "=Acme, \"Inc\""})).await.ok();
    house.sealed().await;
    let csv = house.admin.get("/v1/audit/export?format=csv").await.expect(200).text;
    assert!(csv.contains("\"''=\"\"x\"\", 1\""), "{csv}");
    let out = table(&csv);
    let told: Json = serde_json::from_slice(&out.stdout).unwrap_or_default();
    assert!(out.status.success() && told["holds"] == true && told["chains"] == 2, "{told} {}", text(&out.stderr));
    let part = house.admin.get(&format!("/v1/audit/export{query}&format=csv")).await.expect(200).text;
    let out = table(&part);
    assert!(out.status.success(), "{} {}", text(&out.stdout), text(&out.stderr));
    for (from, to, why) in [
        ("=Acme", "=Acne", "the entry was changed"),
        ("\"audit_head\"", "\"audit_tail\"", "is none of a CSV export"),
        ("\"kind\"", "\"sort\"", "it has no column kind"),
    ] {
        let lie = csv.replace(from, to);
        assert_ne!(lie, csv);
        let out = table(&lie);
        let told = text(&out.stdout) + &text(&out.stderr);
        assert!(!out.status.success() && told.contains(why), "{why}: {told}");
    }

    let refused = |lines: &[&str], why: &str| {
        let out = verify(lines, &[]);
        assert!(
            !out.status.success() && text(&out.stdout).contains(why),
            "{why}: {} {}",
            text(&out.stdout),
            text(&out.stderr)
        );
    };
    let of = |line: &str, name: &str| serde_json::from_str::<Json>(line).expect("JSON")[name].clone();
    let last = lines.len() - 1;
    assert_eq!(of(lines[last], "object"), "audit_head");
    let changed = lines[1].replacen("\"timestamp\":1", "\"timestamp\":2", 1);
    assert_ne!(changed, lines[1]);
    refused(&[&lines[..1], &[changed.as_str()], &lines[2..]].concat(), "the entry was changed");
    let disguised = lines[1].replacen(&format!("\"type\":{}", of(lines[1], "type")), "\"type\":\"user.deleted\"", 1);
    refused(&[&lines[..1], &[disguised.as_str()], &lines[2..]].concat(), "its type is not that of what was sealed");
    refused(&[&lines[..1], &lines[2..]].concat(), "an entry before it is missing");
    refused(&[&lines[..last - 1], &lines[last..]].concat(), "does not end as its head says");
    refused(&lines[..last], "has no head");
    let mut swapped = lines.clone();
    swapped.swap(last - 1, last - 2);
    refused(&swapped, "an entry before it is missing");
    let other = of(lines[last], "signature");
    let first_head = lines.iter().position(|line| of(line, "object") == "audit_head").expect("a head");
    let foreign = lines[first_head]
        .replace(of(lines[first_head], "signature").as_str().expect("a text"), other.as_str().expect("a text"));
    refused(
        &[&lines[..first_head], &[foreign.as_str()], &lines[first_head + 1..]].concat(),
        "another chain or another state",
    );
    house.write("none.json", "{\"keys\": []}");
    house.write("audit.ndjson", &export.text);
    let out = house.offline(&["audit", "verify", "--file", "audit.ndjson", "--jwks", "none.json"], None);
    assert!(!out.status.success() && text(&out.stderr).contains("is not in the key set"), "{}", text(&out.stderr));

    // In the database.
    let url = house.binary.database_url();
    let settings = auth_core::Settings::new("http://localhost", auth_core::secret::InstanceSecret::new("x"));
    let core = server::compose::builder(db::connect(&url).await.expect("the database"), settings).build();
    let sql = "UPDATE events SET ip = '203.0.113.9' WHERE id = $1";
    let id = of(lines[0], "id").as_str().expect("an id").to_owned();
    let changed = core.write(&Ctx::system("test"), async |tx| db::run(tx, sql, [id.as_str().into()]).await).await;
    assert_eq!(changed.expect("changed"), 1);
    core.db().close().await.expect("closed");
    let out = house.binary.run(&["audit", "verify"]);
    assert!(
        !out.status.success() && text(&out.stderr).contains(&id) && text(&out.stderr).contains("was changed"),
        "{}",
        text(&out.stderr)
    );
    house.binary.remove().await;
}

/// The worker forgets what was told of who was erased, and the command finds nothing wrong with the chains.
async fn erasures(database: Database) {
    let Some(house) = House::new(database).await else { return };
    let found = house.admin.get("/v1/users?query=ann@acme.example").await.ok();
    let id = found["data"][0]["id"].as_str().expect("somebody").to_owned();
    house.sealed().await;
    house.admin.delete(&format!("/v1/users/{id}")).await.expect(204);
    for turn in 0.. {
        let export = house.admin.get("/v1/audit/export").await.expect(200);
        house.write("audit.ndjson", &export.text);
        let out = house.offline(&["audit", "verify", "--file", "audit.ndjson", "--jwks", "jwks.json"], None);
        assert!(out.status.success(), "at no time is anything wrong: {} {}", text(&out.stdout), text(&out.stderr));
        if !export.text.contains("ann@acme.example") {
            break;
        }
        assert!(turn < 200, "nothing is forgotten: {}", house.binary.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    house.sealed().await;
    let out = house.binary.run(&["audit", "verify", "--json"]);
    let report: Json = serde_json::from_slice(&out.stdout).expect("JSON");
    assert!(out.status.success() && report["erased"].as_u64() > Some(0), "{report}");
    house.binary.remove().await;
}

#[test]
fn who_is_erased_is_forgotten_and_the_audit_holds_on_sqlite() {
    actix_web::rt::System::new().block_on(erasures(Database::Sqlite));
}

#[test]
fn who_is_erased_is_forgotten_and_the_audit_holds_on_postgres() {
    actix_web::rt::System::new().block_on(erasures(Database::Postgres));
}

#[test]
fn a_receipt_is_proven_offline_on_sqlite() {
    actix_web::rt::System::new().block_on(receipts(Database::Sqlite));
}

#[test]
fn a_receipt_is_proven_offline_on_postgres() {
    actix_web::rt::System::new().block_on(receipts(Database::Postgres));
}

#[test]
fn an_export_is_proven_offline_and_a_change_of_it_is_found_on_sqlite() {
    actix_web::rt::System::new().block_on(exports(Database::Sqlite));
}

#[test]
fn an_export_is_proven_offline_and_a_change_of_it_is_found_on_postgres() {
    actix_web::rt::System::new().block_on(exports(Database::Postgres));
}
