//! The form for programs.

use serde_json::{Value, json};

use super::{CheckReport, Outcome, Report};

pub(super) fn render(report: &Report) -> String {
    let (passed, failed, skipped) = report.counts();
    let whole = json!({
        "base_url": report.base_url,
        "conforms": report.conforms(),
        "passed": passed,
        "failed": failed,
        "skipped": skipped,
        "requests": report.requests,
        "duration_ms": report.took.as_millis(),
        "leftovers": report.leftovers,
        "checks": report.checks.iter().map(check).collect::<Vec<_>>(),
    });
    format!("{whole:#}\n")
}

fn check(check: &CheckReport) -> Value {
    let (result, detail) = match &check.outcome {
        Outcome::Passed => ("passed", None),
        Outcome::Failed(why) => ("failed", Some(why)),
        Outcome::Skipped(why) => ("skipped", Some(why)),
    };
    let exchanges: Vec<Value> = check
        .exchanges
        .iter()
        .map(|one| json!({ "request": one.request, "body": one.body, "status": one.status, "answer": one.answer }))
        .collect();
    json!({
        "id": check.id,
        "title": check.title,
        "source": check.source,
        "severity": check.severity.as_str(),
        "result": result,
        "detail": detail,
        "duration_ms": check.took.as_millis(),
        "exchanges": exchanges,
    })
}
