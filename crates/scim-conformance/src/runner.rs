//! Runs checks one after another and reports what they came to.

use std::time::Instant;

use crate::announced::Announced;
use crate::answer::{Stop, Verdict};
use crate::checks::{Check, all};
use crate::options::Options;
use crate::report::{CheckReport, Outcome, Report};
use crate::run::{Call, Run, SEARCH};
use crate::target::Target;

/// The checks that the options ask for, in their order.
pub fn listed(options: &Options) -> Vec<Check> {
    let of_profile = |check: &Check| {
        options.profiles.is_empty() || check.profiles.iter().any(|profile| options.profiles.contains(profile))
    };
    let asked = |check: &Check| options.only.is_empty() || options.only.iter().any(|start| check.id.starts_with(start));
    all().into_iter().filter(|check| of_profile(check) && asked(check)).collect()
}

/// Runs the checks against a server. What they made is deleted again before this returns.
///
/// # Errors
/// If the server cannot be reached, or refuses the credential: then no check would say anything.
pub async fn run(target: Target, options: Options) -> Result<Report, String> {
    let checks = listed(&options);
    let base_url = target.base_url().to_owned();
    let mut run = Run::begin(target, options)?;
    enter(&mut run).await?;
    run.announced = announced(&mut run).await;
    let mut reports = Vec::with_capacity(checks.len());
    for check in &checks {
        reports.push(one(&mut run, check).await);
    }
    if let Some(cast) = run.cast.take() {
        run.release(cast.kept);
    }
    // Twice: what could not be deleted while something else referred to it can be now.
    run.clean().await;
    run.clean().await;
    Ok(Report {
        base_url,
        took: run.elapsed(),
        requests: run.requests(),
        leftovers: run.leftovers().to_vec(),
        checks: reports,
    })
}

/// Whether the server is there and lets us in.
async fn enter(run: &mut Run) -> Result<(), String> {
    match run.get("/Users?count=1").await {
        Ok(answer) if matches!(answer.status, 401 | 403) => Err(format!("the server refuses the credential: {answer}")),
        Ok(_) => Ok(()),
        Err(Stop::Failed(why) | Stop::Skipped(why)) => Err(why),
    }
}

async fn one(run: &mut Run, check: &Check) -> CheckReport {
    let begun = Instant::now();
    let missing = check.needs.iter().find(|feature| !run.announced.has(**feature));
    let verdict: Verdict = match (run.spent(), missing) {
        (Some(why), _) => Stop::skipped(why),
        (None, Some(feature)) => Stop::skipped(feature.absent()),
        (None, None) => check.perform(run).await,
    };
    let exchanges = run.exchanges();
    run.clean().await;
    let (outcome, exchanges) = match verdict {
        Ok(()) => (Outcome::Passed, Vec::new()),
        Err(Stop::Failed(why)) => (Outcome::Failed(why), exchanges),
        Err(Stop::Skipped(why)) => (Outcome::Skipped(why), Vec::new()),
    };
    CheckReport {
        id: check.id.clone(),
        title: check.title.clone(),
        source: check.source.clone(),
        severity: check.severity,
        outcome,
        took: begun.elapsed(),
        exchanges,
    }
}

/// Asks the server what it can do. What cannot be read is left open; checks of discovery say so.
async fn announced(run: &mut Run) -> Announced {
    let mut known = Announced::default();
    if let Ok(answer) = run.get("/ServiceProviderConfig").await
        && answer.status == 200
    {
        known.config = answer.json;
    }
    if let Ok(answer) = run.get("/ResourceTypes").await
        && answer.status == 200
    {
        known.types = answer.resources().to_vec();
    }
    let nothing = serde_json::json!({ "schemas": [SEARCH], "count": 0 });
    if let Ok(answer) = run.send(Call::post("/Users/.search", &nothing)).await {
        known.search = !matches!(answer.status, 404 | 405 | 501);
    }
    run.exchanges();
    known
}
