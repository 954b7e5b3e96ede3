//! The forms of a report.

use super::*;

fn report(outcomes: &[(Severity, Outcome)]) -> Report {
    let check = |(severity, outcome): &(Severity, Outcome)| CheckReport {
        id: "rfc7644.x".to_owned(),
        title: "A <title>".to_owned(),
        source: "RFC 7644".to_owned(),
        severity: *severity,
        outcome: outcome.clone(),
        took: Duration::from_millis(1500),
        exchanges: vec![Exchange {
            request: "GET /Users".to_owned(),
            body: None,
            status: Some(500),
            answer: "a \u{1} & b".to_owned(),
        }],
    };
    Report {
        base_url: "https://host/scim".to_owned(),
        took: Duration::from_secs(2),
        requests: 3,
        leftovers: Vec::new(),
        checks: outcomes.iter().map(check).collect(),
    }
}

#[test]
fn only_what_must_be_decides() {
    let failed = || Outcome::Failed("no".to_owned());
    assert!(report(&[(Severity::Must, Outcome::Passed), (Severity::Should, failed())]).conforms());
    assert!(report(&[(Severity::Must, Outcome::Skipped("why".to_owned())), (Severity::Vendor, failed())]).conforms());
    assert!(!report(&[(Severity::Must, failed())]).conforms());
}

#[test]
fn the_text_ends_with_the_counts() {
    let text = report(&[(Severity::Must, Outcome::Passed), (Severity::Must, Outcome::Failed("no".to_owned()))])
        .render(Format::Text);
    assert!(text.ends_with("conformance: 1 passed, 1 failed, 0 skipped\n"), "{text}");
    assert!(text.contains("GET /Users"));
}

#[test]
fn the_other_forms_can_be_parsed() {
    let report = report(&[(Severity::Must, Outcome::Failed("a \"b\" <c>".to_owned()))]);
    let json: serde_json::Value = serde_json::from_str(&report.render(Format::Json)).unwrap();
    assert_eq!(json["failed"], 1);
    assert_eq!(json["checks"][0]["exchanges"][0]["status"], 500);
    let xml = report.render(Format::Junit);
    assert!(xml.contains("failures=\"1\"") && xml.contains("&quot;b&quot; &lt;c&gt;"), "{xml}");
    assert!(!xml.contains('\u{1}'), "{xml}");
}
