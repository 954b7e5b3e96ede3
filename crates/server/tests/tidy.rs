//! The rules of the house that a compiler does not know: who may import whom, and what must stay where it is.
//! ARCHITECTURE.md says why; here they fail with the file that offends.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

/// What each crate may depend on among ours.
const ARROWS: &[(&str, &[&str])] = &[
    ("scim-protocol", &[]),
    ("migrations", &[]),
    ("auth-core", &["scim-protocol"]),
    ("api-kit", &["auth-core"]),
    ("auth-api", &["api-kit", "auth-core"]),
    ("scim-api", &["api-kit", "auth-core", "scim-protocol"]),
    ("admin-api", &["api-kit", "auth-core"]),
    ("scim-conformance", &[]),
    ("server", &["auth-core", "api-kit", "auth-api", "scim-api", "admin-api", "scim-conformance", "migrations"]),
];

/// Parts of the core on which the rest stands.
const GROUND: &[&str] =
    &["clock", "core", "counters", "ctx", "db", "fault", "ids", "lib", "notes", "secret", "settings"];

/// Types of the core that are serialized, and why that is no wire shape.
const SERIALIZED: &[(&str, &str)] = &[
    ("mail/mod.rs", "letters wait in the queue, sealed"),
    ("audit/digest.rs", "entries are hashed as canonical JSON"),
    ("notes.rs", "notes are stored with their request"),
];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder(name: &str) -> PathBuf {
    if name == "migrations" { top().join(name) } else { top().join("crates").join(name) }
}

/// The Rust files below a folder: the path from there, and the text.
fn files(root: &Path) -> Vec<(String, String)> {
    let (mut open, mut found) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let name = path.strip_prefix(root).expect("below the root").display().to_string();
                found.push((name, std::fs::read_to_string(&path).expect("a source")));
            }
        }
    }
    found.sort();
    found
}

fn sources(name: &str) -> Vec<(String, String)> {
    let all = files(&folder(name).join("src"));
    // What only tests see may reach further.
    all.into_iter().filter(|(file, _)| !file.contains("tests/") && !file.ends_with("tests.rs")).collect()
}

/// The lines that count: neither comments nor what only tests see.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn none(faults: &[String], rule: &str) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

#[test]
fn crates_depend_only_downwards() {
    let ours: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let mut faults = Vec::new();
    let words: Vec<(&str, Regex)> = ours
        .iter()
        .map(|name| (*name, Regex::new(&format!(r"\b{}::", name.replace('-', "_"))).expect("a pattern")))
        .collect();
    let named = Regex::new(r"(?m)^([a-z0-9-]+)(?:\.workspace)?\s*=").expect("a pattern");
    for (name, allowed) in ARROWS {
        let manifest = std::fs::read_to_string(folder(name).join("Cargo.toml")).expect("a manifest");
        // Tests may use more; the arrows are those of what is shipped.
        let shipped = manifest.split("[dev-dependencies]").next().unwrap_or(&manifest);
        for found in named.captures_iter(shipped) {
            let dependency = &found[1];
            if ours.contains(dependency) && !allowed.contains(&dependency) {
                faults.push(format!("{name} -> {dependency}"));
            }
        }
        for (file, text) in sources(name) {
            let text = code(&text);
            for (other, word) in &words {
                if other != name && !allowed.contains(other) && word.is_match(&text) {
                    faults.push(format!("{name}/src/{file} -> {other}"));
                }
            }
        }
    }
    let present: BTreeSet<String> = std::fs::read_dir(top().join("crates"))
        .expect("the crates")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    faults.extend(
        present.iter().filter(|name| !ours.contains(name.as_str())).map(|name| format!("{name} has no arrows")),
    );
    none(&faults, "crates depend only downwards (ARCHITECTURE.md, Crates)");
}

#[test]
fn the_core_knows_no_http_and_the_protocol_knows_nothing() {
    let banned: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("auth-core", &["actix", "utoipa", "axum", "http", "hyper", "reqwest", "config", "clap"][..]),
        ("scim-protocol", &["actix", "utoipa", "tokio", "sea-orm", "sqlx", "reqwest", "http", "async-trait"]),
    ]);
    let mut faults = Vec::new();
    for (name, crates) in banned {
        let manifest = std::fs::read_to_string(folder(name).join("Cargo.toml")).expect("a manifest");
        for line in manifest.lines() {
            let dependency = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if crates.iter().any(|banned| dependency == *banned || dependency.starts_with(&format!("{banned}-"))) {
                faults.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    none(&faults, "invariant 1: the core knows no HTTP, the protocol no input and output");
}

#[test]
fn the_kernel_knows_no_feature_and_features_not_each_other() {
    let mut faults = Vec::new();
    let sources = sources("auth-core");
    let word = Regex::new(r"\bfeatures::").expect("a pattern");
    let features: BTreeSet<&str> = sources
        .iter()
        .filter_map(|(file, _)| file.strip_prefix("features/")?.split(['/', '.']).next())
        .filter(|name| *name != "mod")
        .collect();
    for (file, text) in &sources {
        let text = code(text);
        match file.strip_prefix("features/") {
            None if file != "lib.rs" && word.is_match(&text) => {
                faults.push(format!("auth-core/src/{file} -> features"));
            }
            Some(rest) => {
                let own = rest.split(['/', '.']).next().unwrap_or_default();
                for other in features.iter().filter(|other| **other != own) {
                    if text.contains(&format!("features::{other}")) {
                        faults.push(format!("auth-core/src/{file} -> features/{other}"));
                    }
                }
            }
            None => {}
        }
    }
    none(&faults, "invariant 3: the kernel does not import features, nor features each other");
}

#[test]
fn the_ground_stands_on_nothing_but_itself() {
    let kernel = ["users", "sessions", "orgs", "roles", "mail", "verification", "secret_keys", "idempotency", "jwt"];
    let mut faults = Vec::new();
    for (file, text) in sources("auth-core") {
        let part = file.split(['/', '.']).next().unwrap_or_default().to_owned();
        // `core` holds the registry of gates and the pool that hashes; `lib` names everything.
        if !GROUND.contains(&part.as_str()) || part == "core" || part == "lib" {
            continue;
        }
        for above in kernel {
            if code(&text).contains(&format!("crate::{above}")) {
                faults.push(format!("auth-core/src/{file} -> {above}"));
            }
        }
    }
    none(&faults, "the ground of the core imports nothing that stands on it");
}

#[test]
fn transactions_begin_and_end_in_one_place() {
    let pattern = r"\.begin\(|begin_with_|\bTransactionTrait\b|\.commit\(\)|\.rollback\(\)|\b(BEGIN|COMMIT|ROLLBACK)\b";
    let pattern = Regex::new(pattern).expect("a pattern");
    let mut faults = Vec::new();
    for name in ["auth-core", "api-kit", "auth-api", "scim-api", "admin-api"] {
        for (file, text) in sources(name) {
            let allowed = name == "auth-core" && (file.starts_with("db/") || file == "core.rs");
            if !allowed && pattern.is_match(&code(&text)) {
                faults.push(format!("{name}/src/{file}"));
            }
        }
    }
    none(&faults, "invariant 4: only AuthCore::write begins and ends transactions");
}

#[test]
fn dialects_touch_no_tables() {
    let pattern = r#"\bdb::(one|all|run)\b|\bsea_orm\b|\bsqlx\b|"\s*(SELECT|INSERT|UPDATE|DELETE) "#;
    let pattern = Regex::new(pattern).expect("a pattern");
    let mut faults = Vec::new();
    for name in ["api-kit", "auth-api", "scim-api", "admin-api", "server"] {
        for (file, text) in sources(name) {
            // The database of another system, which is read.
            let allowed = name == "server" && file == "commands/import/source.rs";
            if !allowed && pattern.is_match(&code(&text)) {
                faults.push(format!("{name}/src/{file}"));
            }
        }
    }
    none(&faults, "only the core speaks to the database");
}

#[test]
fn one_folder_tells_the_databases_apart() {
    let pattern = Regex::new(r"Backend::(Sqlite|Postgres)\b").expect("a pattern");
    let mut faults = Vec::new();
    for name in ["auth-core", "api-kit", "auth-api", "scim-api", "admin-api", "server"] {
        for (file, text) in sources(name) {
            // Where there is nothing to publish, nothing is begun.
            let allowed = name == "auth-core" && (file.starts_with("db/") || file == "outbox/mod.rs");
            if !allowed && pattern.is_match(&code(&text)) {
                faults.push(format!("{name}/src/{file}"));
            }
        }
    }
    none(&faults, "only db/ tells SQLite from PostgreSQL");
}

#[test]
fn domain_types_are_not_serialized_and_entities_stay_inside() {
    let mut faults = Vec::new();
    let serialize = Regex::new(r"\bSerialize\b").expect("a pattern");
    let entity = Regex::new(r"(?m)^\s*pub mod entity").expect("a pattern");
    for (file, text) in sources("auth-core") {
        let text = code(&text);
        if serialize.is_match(&text) && !SERIALIZED.iter().any(|(known, _)| *known == file) {
            faults.push(format!("auth-core/src/{file} derives Serialize"));
        }
        if entity.is_match(&text) {
            faults.push(format!("auth-core/src/{file} shows its entity"));
        }
    }
    none(&faults, "invariant 7: dialects own wire types, modules their rows");
}

#[test]
fn files_are_short_explained_and_finished() {
    let unfinished =
        Regex::new(r"\bTODO\b|\bFIXME\b|\bXXX\b|\btodo!\(|\bunimplemented!\(|#\[ignore").expect("a pattern");
    let mut faults = Vec::new();
    for (name, _) in ARROWS {
        for (file, text) in files(&folder(name)) {
            let lines = text.lines().count();
            if lines > 500 {
                faults.push(format!("{name}/{file} has {lines} lines: it is two things"));
            }
            if !text.starts_with("//!") {
                faults.push(format!("{name}/{file} does not begin with what it owns (//!)"));
            }
            if file != "tests/tidy.rs" && unfinished.is_match(&text) {
                faults.push(format!("{name}/{file} is unfinished"));
            }
        }
    }
    none(&faults, "files have at most 500 lines, begin with //!, and leave nothing for later");
}

#[test]
fn time_and_chance_are_asked_for_in_one_place() {
    let pattern = Regex::new(r"SystemTime::now|Utc::now|Local::now|Uuid::(new_v4|now_v7)|\brand::(rng|random)")
        .expect("a pattern");
    let mut faults = Vec::new();
    for (name, _) in ARROWS {
        for (file, text) in sources(name) {
            if !(*name == "auth-core" && file == "clock.rs") && pattern.is_match(&code(&text)) {
                faults.push(format!("{name}/src/{file}"));
            }
        }
    }
    none(&faults, "invariant 6: time and chance come from the transaction or from clock.rs");
}

#[test]
fn every_module_without_a_word_of_its_own_is_refused() {
    let banned = ["util", "utils", "common", "helpers", "helper", "manager", "service", "services"];
    let mut faults = Vec::new();
    for (name, _) in ARROWS {
        for (file, _) in sources(name) {
            // RFC 7643 section 3.1 calls them so: common attributes.
            if file != "schema/common.rs" && file.split(['/', '.']).any(|part| banned.contains(&part)) {
                faults.push(format!("{name}/src/{file}"));
            }
        }
    }
    none(&faults, "a module is named after what it owns");
}

#[test]
fn tests_that_the_audit_of_security_names_exist() {
    let document = std::fs::read_to_string(top().join("docs/security.md")).expect("the document");
    let (_, table) = document.split_once("## OWASP ASVS").expect("the table");
    // The last column of each row holds names of tests, and of files of tests.
    let pattern = Regex::new(r"`([a-z][a-z0-9_]{5,})`").expect("an expression");
    let rows: Vec<&str> = table.lines().filter_map(|row| row.strip_prefix("| ")?.rsplit('|').nth(1)).collect();
    let names: BTreeSet<&str> = rows
        .iter()
        .flat_map(|cell| pattern.captures_iter(cell))
        .filter_map(|found| Some(found.get(1)?.as_str()))
        .collect();
    assert!(rows.len() > 40 && names.len() > 40, "{} names in {} rows", names.len(), rows.len());
    let mut known = files(&top().join("crates"));
    known.retain(|(file, _)| !file.ends_with("tidy.rs"));
    let faults: Vec<String> = names
        .into_iter()
        .filter(|name| {
            let marks = [format!("_test!({name},"), format!("_test!(\n    {name},"), format!("fn {name}(")];
            let module = format!("/{name}.rs");
            !known.iter().any(|(file, text)| marks.iter().any(|mark| text.contains(mark)) || file.ends_with(&module))
        })
        .map(|name| format!("docs/security.md: no test is called {name}"))
        .collect();
    none(&faults, "an auditor can look up what is said");
}

#[test]
fn each_lesson_from_elsewhere_names_a_test_or_says_why_not() {
    let document = std::fs::read_to_string(top().join("docs/security.md")).expect("the document");
    let (_, table) = document.split_once("## Lessons from elsewhere").expect("the table");
    let table = table.split("\n## ").next().unwrap_or(table);
    // Behind the names of the columns and the line below them. That the tests exist is asked above.
    let rows: Vec<&str> = table.lines().filter(|row| row.starts_with("| ")).skip(2).collect();
    assert!(rows.len() > 40, "{} rows", rows.len());
    let faults: Vec<String> = rows
        .iter()
        .filter(|row| {
            let shown_by = row.rsplit('|').nth(1).unwrap_or_default().trim();
            !shown_by.starts_with('`') && !shown_by.starts_with("n/a: ")
        })
        .map(|row| format!("docs/security.md: {row}"))
        .collect();
    none(&faults, "a lesson is a test, or concerns nothing here");
    let missing: Vec<String> =
        (1..=13).map(|rule| format!("rule {rule}")).filter(|rule| !table.contains(&format!("| {rule} |"))).collect();
    none(&missing, "each distilled rule has its row");
}

#[test]
fn errors_say_the_same_on_the_wire_and_on_the_pages() {
    let read = |path: String| -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(top().join(&path)).expect("a catalog");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let mut faults = Vec::new();
    for language in ["de", "es", "fr"] {
        let pages = read(format!("web/apps/hosted/src/locales/{language}.json"));
        let wire = read(format!("crates/api-kit/locales/{language}.json"));
        assert!(wire.len() > 50, "{language}: {}", wire.len());
        for (code, sentence) in wire {
            if pages.get(&format!("error.{code}")) != Some(&sentence) {
                faults.push(format!("crates/api-kit/locales/{language}.json: {code}"));
            }
        }
    }
    none(&faults, "whoever reads both reads the same");
}
