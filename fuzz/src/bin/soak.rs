//! Fuzzing without a fuzzer: mutates the seeds with a seeded generator and puts the result through the
//! same checks. For machines without a nightly compiler; it does not learn from coverage.
//!
//! `cargo run --release --no-default-features --features steps --bin soak -- patch 10 1`: target, minutes, seed.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const WORDS: &[&str] = &[
    "userName",
    "emails",
    "members",
    "name.givenName",
    "active",
    "meta.lastModified",
    "manager",
    "value",
    "type",
    "primary",
    "$ref",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:acme:hr:1.0",
    "[",
    "]",
    "(",
    ")",
    ".",
    ":",
    "\"",
    "\\",
    " and ",
    " or ",
    "not (",
    " eq ",
    " ne ",
    " co ",
    " sw ",
    " gt ",
    " pr",
    "true",
    "null",
    "\"True\"",
    "1e9",
    "-0",
    "emails[type eq \"work\"].value",
    "2026-11-21T12:00:00Z",
    "ß",
    "\u{0}",
    "\u{212a}",
    "desks",
    "tags",
    "badge",
    "add",
    "Replace",
    "REMOVE",
    "path",
    "op",
    "Operations",
    "schemas",
    "password",
    "id",
    "roles",
    "{\"id\":\"1\",\"value\":\"x\"}",
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { usize::try_from(self.next() % end as u64).unwrap_or(0) }
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize| arguments.get(index).and_then(|text| text.parse().ok()).unwrap_or(1);
    let targets: BTreeMap<&str, fn(&[u8])> = BTreeMap::from([
        ("filter", fuzz::checks::filter as fn(&[u8])),
        ("path", fuzz::checks::path),
        ("patch", fuzz::checks::patch),
        ("request", fuzz::checks::request),
    ]);
    let Some((name, check)) = arguments.first().and_then(|name| targets.get_key_value(name.as_str())) else {
        eprintln!("usage: soak filter|path|patch|request [MINUTES] [SEED]");
        return ExitCode::FAILURE;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seeds = read(&folder.join("seeds").join(name));
    let (end, mut random) = (Instant::now() + Duration::from_secs(60 * number(1)), Random(number(2)));
    let (mut runs, mut failures, mut slowest) = (0_u64, 0, Duration::ZERO);
    std::panic::set_hook(Box::new(|_| {}));
    for seed in &seeds {
        assert!(catch_unwind(AssertUnwindSafe(|| check(seed))).is_ok(), "{}", String::from_utf8_lossy(seed));
    }
    while Instant::now() < end && failures < 10 {
        let input = mutated(&seeds, &mut random);
        let begun = Instant::now();
        runs += 1;
        if catch_unwind(AssertUnwindSafe(|| check(&input))).is_err() {
            failures += 1;
            let file = folder.join("artifacts").join(format!("{name}-{runs}"));
            let kept = std::fs::create_dir_all(folder.join("artifacts")).and_then(|()| std::fs::write(&file, &input));
            eprintln!("{}: {kept:?}: {}", file.display(), String::from_utf8_lossy(&input));
        }
        slowest = slowest.max(begun.elapsed());
    }
    println!("{name}: {} seeds, {runs} runs, {failures} failures, slowest {slowest:?}", seeds.len());
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter_map(|file| std::fs::read(file).ok()).collect()
}

fn mutated(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = seeds.get(random.below(seeds.len())).cloned().unwrap_or_default();
    // Most changes of the bytes of a JSON text only break it: change its values instead.
    if random.below(4) > 0
        && let Ok(mut json) = serde_json::from_slice::<Value>(&input)
    {
        let other =
            seeds.get(random.below(seeds.len())).and_then(|seed| serde_json::from_slice(seed).ok()).unwrap_or(json!(1));
        for _ in 0..=random.below(4) {
            let depth = random.below(6);
            change_value(&mut json, &other, depth, random);
        }
        return json.to_string().into_bytes();
    }
    for _ in 0..=random.below(6) {
        let (at, other) = (random.below(input.len() + 1), random.below(input.len() + 1));
        let (from, to) = (at.min(other), at.max(other));
        match random.below(6) {
            0 => drop(input.drain(from..to.min(from + 8))),
            1 => drop(input.splice(at..at, random.word().bytes())),
            2 => drop(input.splice(from..to.min(from + 8), random.word().bytes())),
            3 => {
                let part = input[from..to].to_vec();
                drop(input.splice(at..at, part));
            }
            4 if at < input.len() => input[at] ^= 1 << random.below(8),
            _ => {
                let seed = seeds.get(random.below(seeds.len())).map_or(&[][..], Vec::as_slice);
                let start = random.below(seed.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&seed[start..]);
            }
        }
        input.truncate(1 << 16);
    }
    input
}

/// Goes down at random and changes what is there.
fn change_value(value: &mut Value, other: &Value, depth: usize, random: &mut Random) {
    match value {
        Value::Object(object) if depth > 0 && !object.is_empty() => {
            let at = random.below(object.len());
            if let Some((_, value)) = object.iter_mut().nth(at) {
                change_value(value, other, depth - 1, random);
            }
        }
        Value::Array(list) if depth > 0 && !list.is_empty() => {
            let at = random.below(list.len());
            change_value(&mut list[at], other, depth - 1, random);
        }
        Value::Object(object) if random.below(2) == 0 => {
            let key = object.keys().nth(random.below(object.len().max(1))).cloned().unwrap_or_default();
            let old = object.shift_remove(&key).unwrap_or_default();
            let key = match random.below(3) {
                0 => key.to_uppercase(),
                1 => random.word().to_owned(),
                _ => format!("{key}{}", random.word()),
            };
            object.insert(key, old);
        }
        Value::Array(list) if random.below(2) == 0 => {
            let copy = list.get(random.below(list.len())).cloned().unwrap_or_else(|| other.clone());
            list.push(copy);
        }
        Value::String(text) if random.below(2) == 0 => {
            let mut at = random.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            text.insert_str(at, random.word());
        }
        place => {
            *place = match random.below(8) {
                0 => Value::Null,
                1 => json!(true),
                2 => json!("False"),
                3 => json!(random.next()),
                4 => json!({ random.word(): random.word() }),
                5 => json!([random.word()]),
                6 => other.clone(),
                _ => json!(random.word()),
            }
        }
    }
}
