//! The form for people: failures with what was said, then what was skipped and why, then the counts.

use std::fmt::Write as _;

use super::{CheckReport, Outcome, Report};

/// How much of a body is worth a terminal's space, in characters.
const WIDTH: usize = 600;

pub(super) fn render(report: &Report) -> String {
    let mut text = format!("SCIM conformance of {}\n", report.base_url);
    for check in &report.checks {
        if let Outcome::Failed(why) = &check.outcome {
            failed(&mut text, check, why);
        }
    }
    for check in &report.checks {
        if let Outcome::Skipped(why) = &check.outcome {
            let _ = writeln!(text, "skipped  {}: {why}", check.id);
        }
    }
    if !report.leftovers.is_empty() {
        let _ = writeln!(text, "\nThese could not be deleted again: {}", report.leftovers.join(", "));
    }
    let (passed, failed, skipped) = report.counts();
    let _ = writeln!(text, "\n{} requests in {:.1} s", report.requests, report.took.as_secs_f64());
    let _ = writeln!(text, "conformance: {passed} passed, {failed} failed, {skipped} skipped");
    text
}

fn failed(text: &mut String, check: &CheckReport, why: &str) {
    let _ = writeln!(text, "\nFAILED   {} ({}, {})", check.id, check.severity, check.source);
    let _ = writeln!(text, "         {}\n         {why}", check.title);
    for exchange in &check.exchanges {
        let _ = writeln!(text, "         > {}", exchange.request);
        if let Some(body) = &exchange.body {
            let _ = writeln!(text, "         > {}", line(body));
        }
        match exchange.status {
            Some(status) => {
                let _ = writeln!(text, "         < {status} {}", line(&exchange.answer));
            }
            None => {
                let _ = writeln!(text, "         < {}", line(&exchange.answer));
            }
        }
    }
}

fn line(body: &str) -> String {
    let line: String = body.chars().map(|char| if char.is_control() { ' ' } else { char }).take(WIDTH + 1).collect();
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
