//! `portico audit verify`: whether the chains of the audit hold, in the database or, offline, in an export.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};

use auth_core::audit::{self, Checker, Head, Record, Seal, erased, head_claims};
use auth_core::clock::Timestamp;
use auth_core::ids::{Id as _, OrgId};
use auth_core::{Ctx, jwt};
use clap::Args;
use serde_json::{Value, json};

use super::audit_csv::Rows;
use super::{CommandError, keys};
use crate::compose;
use crate::config::Config;

/// What to verify, and by what.
#[derive(Args, Debug)]
pub struct Verify {
    /// An export (NDJSON or CSV) of /v1/audit/export, instead of the database. Needs --jwks, and nothing else of an instance.
    #[arg(long, value_name = "EXPORT", requires = "jwks")]
    file: Option<String>,
    /// The key set of the instance: a file, or the address of its /.well-known/jwks.json. Without it the keys of the
    /// database itself are believed.
    #[arg(long, value_name = "FILE|URL")]
    jwks: Option<String>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

impl Verify {
    /// Whether it looks at a file and needs no instance.
    pub(super) fn is_offline(&self) -> bool {
        self.file.is_some()
    }
}

/// What is wrong, as it is printed.
struct Problem {
    organization_id: Option<String>,
    position: Option<i64>,
    id: Option<String>,
    what: String,
}

/// What came of it.
#[derive(Default)]
struct Outcome {
    chains: u64,
    entries: u64,
    sealed_only: u64,
    erased: u64,
    waiting: i64,
    problems: Vec<Problem>,
    more: u64,
}

/// How many problems are printed.
const MOST: usize = 100;

impl Outcome {
    fn note(&mut self, organization: Option<&OrgId>, position: Option<i64>, id: Option<&str>, what: &dyn ToString) {
        if self.problems.len() >= MOST {
            self.more += 1;
            return;
        }
        self.problems.push(Problem {
            organization_id: organization.map(ToString::to_string),
            position,
            id: id.map(str::to_owned),
            what: what.to_string(),
        });
    }

    fn tell(&self, as_json: bool) -> Result<(), CommandError> {
        let holds = self.problems.is_empty();
        if as_json {
            let problems: Vec<Value> = self
                .problems
                .iter()
                .map(|p| json!({"organization_id": p.organization_id, "position": p.position, "id": p.id, "problem": p.what}))
                .collect();
            let told = json!({
                "holds": holds, "chains": self.chains, "entries": self.entries, "seals_alone": self.sealed_only,
                "erased": self.erased, "waiting": self.waiting, "problems": problems, "more_problems": self.more,
            });
            println!("{told}");
        } else {
            println!(
                "{} chains with {} places: {} seals alone, {} entries whose facts were erased; {} entries wait for their seal.",
                self.chains, self.entries, self.sealed_only, self.erased, self.waiting
            );
            for problem in &self.problems {
                let chain = problem.organization_id.as_deref().unwrap_or("the instance");
                let place = problem.position.map_or_else(String::new, |at| format!(", position {at}"));
                let id = problem.id.as_deref().map_or_else(String::new, |id| format!(" ({id})"));
                eprintln!("{chain}{place}{id}: {}.", problem.what);
            }
        }
        if holds {
            return Ok(());
        }
        let count = u64::try_from(self.problems.len()).unwrap_or(u64::MAX) + self.more;
        Err(CommandError::Other(format!("the audit does not hold: {count} problems")))
    }
}

/// Looks at the database of the configuration. Fails unless everything holds.
pub(super) async fn database(config: &Config, wanted: &Verify) -> Result<(), CommandError> {
    let core = compose::core(config, false).await?;
    let keys = match &wanted.jwks {
        Some(source) => keys::load(source).await?.set,
        None => core.read(&Ctx::system("audit-verify"), async |rx| jwt::public_jwks(rx).await).await?,
    };
    let report = audit::verify(&core, &keys).await?;
    core.db().close().await?;
    let mut outcome = Outcome {
        chains: report.chains,
        entries: report.entries,
        sealed_only: report.forgotten,
        erased: report.erased,
        waiting: report.waiting,
        more: report.more,
        ..Outcome::default()
    };
    for fault in &report.faults {
        outcome.note(fault.organization_id.as_ref(), fault.position, fault.event_id.as_deref(), &fault.wrong);
    }
    outcome.tell(wanted.json)
}

/// Looks at an export, with nothing but the key set. Fails unless everything holds.
pub(super) async fn file(wanted: &Verify) -> Result<(), CommandError> {
    let (Some(file), Some(source)) = (&wanted.file, &wanted.jwks) else {
        return Err(CommandError::Other("--file and --jwks are needed".to_owned()));
    };
    let keys = keys::load(source).await?;
    let failed = |error: &dyn ToString| CommandError::Other(format!("{file}: {}", error.to_string()));
    let mut input = BufReader::new(File::open(file).map_err(|error| failed(&error))?);
    let (mut outcome, mut open) = (Outcome::default(), BTreeMap::<Option<String>, Checker>::new());
    if input.fill_buf().map_err(|error| failed(&error))?.starts_with(b"\"") {
        let mut rows = Rows::new(input).map_err(|wrong| failed(&wrong))?;
        let mut number = 1;
        while let Some(line) = rows.next().map_err(|wrong| failed(&wrong))? {
            number += 1;
            if look(&line, &keys, &mut open, &mut outcome).is_none() {
                return Err(failed(&format!("record {number} is none of a CSV export")));
            }
        }
    } else {
        for (number, line) in (1..).zip(input.lines()) {
            let line = line.map_err(|error| failed(&error))?;
            let read: Option<Value> = serde_json::from_str(&line).ok();
            if read.and_then(|line| look(&line, &keys, &mut open, &mut outcome)).is_none() {
                return Err(failed(&format!("line {number} is none of an NDJSON export")));
            }
        }
    }
    for chain in open.into_keys() {
        let chain = chain.map(OrgId::from_text);
        outcome.note(chain.as_ref(), None, None, &"the export has no head of this chain: it broke off, or was cut");
    }
    if outcome.chains == 0 && outcome.problems.is_empty() {
        return Err(failed(&"there is no chain in it"));
    }
    outcome.tell(wanted.json)
}

/// Takes a line into account; `None` if it cannot be one.
fn look(
    line: &Value,
    keys: &keys::Keys,
    open: &mut BTreeMap<Option<String>, Checker>,
    outcome: &mut Outcome,
) -> Option<()> {
    let text = |name: &str| line[name].as_str();
    let chain = text("organization_id").map(str::to_owned);
    let organization = chain.clone().map(OrgId::from_text);
    let position = line["position"].as_i64()?;
    let hash = text("hash")?.to_owned();
    match text("object")? {
        "audit_head" => {
            let signature = text("signature")?.to_owned();
            let head = Head { organization_id: organization.clone(), position, hash, signature };
            let checker = open.remove(&chain).unwrap_or_default();
            outcome.chains += 1;
            let proven = head_claims(&head, &keys.set, keys.issuer.as_deref());
            for wrong in [checker.end(&head).err(), proven.err()].into_iter().flatten() {
                outcome.note(organization.as_ref(), Some(position), None, &wrong);
            }
        }
        kind @ ("audit_entry" | "audit_seal") => {
            let id = text("id")?;
            let occurred_at = line["occurred_at"].as_i64().map(Timestamp);
            let seal = Seal { position, digest: text("digest")?.to_owned(), hash, occurred_at };
            let digest = if kind == "audit_entry" { Some(digest(line, &seal.digest)?) } else { None };
            outcome.entries += 1;
            outcome.sealed_only += u64::from(digest.is_none());
            outcome.erased += u64::from(erased(&line["details"]).is_some());
            let checker = open.entry(chain).or_default();
            if let Err(wrong) = checker.place(organization.as_ref(), &seal, digest.as_deref()) {
                outcome.note(organization.as_ref(), Some(position), Some(id), &wrong);
            }
            let names = admin_api::event_type(text("kind").unwrap_or_default());
            if kind == "audit_entry" && text("type").is_some_and(|shown| names.is_some_and(|name| name != shown)) {
                outcome.note(
                    organization.as_ref(),
                    Some(position),
                    Some(id),
                    &"its type is not that of what was sealed",
                );
            }
        }
        _ => return None,
    }
    Some(())
}

/// The digest of an entry as the export says it. CSV does not tell a user agent that is empty from none: then it is the one
/// that was `sealed`, if either is.
fn digest(line: &Value, sealed: &str) -> Option<String> {
    let text = |name: &str| line[name].as_str();
    let who = line["actor"]["type"].as_str()?;
    let actor = line["actor"]["id"].as_str().map_or_else(|| who.to_owned(), |id| format!("{who}:{id}"));
    let record = Record {
        id: text("id")?,
        kind: text("kind")?,
        organization_id: text("organization_id"),
        target: text("target")?,
        actor: &actor,
        request_id: text("request_id")?,
        timestamp: Timestamp(line["timestamp"].as_i64()?),
        before: &line["before"],
        after: &line["after"],
        details: &line["details"],
        ip: text("ip"),
        user_agent: text("user_agent"),
    };
    let digest = record.digest();
    if digest != sealed && line["user_agent"].is_null() {
        let empty = Record { user_agent: Some(""), ..record }.digest();
        return Some(if empty == sealed { empty } else { digest });
    }
    Some(digest)
}
