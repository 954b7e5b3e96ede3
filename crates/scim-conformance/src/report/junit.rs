//! The form for continuous integration: `JUnit` XML, a suite for each group of ids.

use std::fmt::Write as _;

use super::{CheckReport, Outcome, Report};

pub(super) fn render(report: &Report) -> String {
    let (_, failed, skipped) = report.counts();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites><testsuite name=\"scim-conformance\" tests=\"{}\" failures=\"{failed}\" skipped=\"{skipped}\" time=\"{:.3}\">",
        report.checks.len(),
        report.took.as_secs_f64()
    );
    for check in &report.checks {
        case(&mut xml, check);
    }
    xml.push_str("</testsuite></testsuites>\n");
    xml
}

fn case(xml: &mut String, check: &CheckReport) {
    let (class, name) = check.id.rsplit_once('.').unwrap_or(("scim", &check.id));
    let _ = write!(
        xml,
        "<testcase classname=\"{}\" name=\"{}: {}\" time=\"{:.3}\"",
        escaped(class),
        escaped(name),
        escaped(&check.title),
        check.took.as_secs_f64()
    );
    match &check.outcome {
        Outcome::Passed => xml.push_str("/>\n"),
        Outcome::Skipped(why) => {
            let _ = writeln!(xml, "><skipped message=\"{}\"/></testcase>", escaped(why));
        }
        Outcome::Failed(why) => {
            let _ = write!(xml, "><failure type=\"{}\" message=\"{}\">", check.severity, escaped(why));
            for one in &check.exchanges {
                let status = one.status.map(|status| status.to_string()).unwrap_or_default();
                let body = one.body.as_deref().unwrap_or_default();
                let said = format!("> {}\n> {body}\n< {status} {}\n", one.request, one.answer);
                xml.push_str(&escaped(&said));
            }
            xml.push_str("</failure></testcase>\n");
        }
    }
}

/// A text that is legal in XML 1.0, in an attribute too.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(char),
            char if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            char => safe.push(char),
        }
    }
    safe
}
