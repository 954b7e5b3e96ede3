//! Names that others build on: error codes and event kinds. A change shows here, and is a decision.
//!
//! `UPDATE_SNAPSHOTS=1` writes the files anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use auth_core::outbox::EventKind;
use regex::Regex;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(std::fs::read_to_string(path).expect("a source"));
        }
    }
}

fn compare(name: &str, now: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/server").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&file, now).expect("the snapshot is written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    let (kept, now): (BTreeSet<_>, BTreeSet<_>) = (kept.lines().collect(), now.lines().collect());
    let (gone, new): (Vec<_>, Vec<_>) = (kept.difference(&now).collect(), now.difference(&kept).collect());
    assert!(
        gone.is_empty() && new.is_empty(),
        "{name} is a contract. Gone: {gone:#?}. New: {new:#?}. If that is meant: UPDATE_SNAPSHOTS=1, and the changelog"
    );
}

#[test]
fn codes_of_failures_are_a_contract() {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(top().join("crates")).expect("the crates") {
        let source = entry.expect("a crate").path().join("src");
        sources(&source, &mut texts);
    }
    // The lines of `faults!`: Variant => Kind, "code", "message".
    let line =
        Regex::new(r#"(?m)^\s*[A-Z]\w*(?:\([^)]*\))?\s*=>\s*([A-Z]\w+),\s*"([a-z0-9_]+)",\s*""#).expect("a pattern");
    let mut codes = BTreeSet::new();
    for text in &texts {
        for block in text.split("faults!").skip(1) {
            codes.extend(line.captures_iter(block).map(|found| format!("{} {}", &found[2], &found[1])));
        }
    }
    assert!(codes.len() > 50, "the pattern finds the codes no more: {codes:?}");
    compare("codes.txt", &codes.into_iter().fold(String::new(), |all, code| all + &code + "\n"));
}

#[test]
fn kinds_of_events_are_a_contract() {
    let mut kinds = String::new();
    for kind in EventKind::ALL {
        let _ = writeln!(kinds, "{}", kind.as_str());
    }
    compare("events.txt", &kinds);
}
