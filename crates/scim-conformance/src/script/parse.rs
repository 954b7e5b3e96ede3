//! Reads files of checks.

use super::{Body, Head, Listed, Request, Step};
use crate::announced::Feature;
use crate::checks::Severity;
use crate::profile::Profile;

/// The checks of a file, or the line that cannot be read.
pub(super) fn file(text: &str) -> Result<Vec<(Head, Vec<Step>)>, String> {
    let (mut area, mut source) = (String::new(), String::new());
    let (mut profiles, mut needs): (Vec<Profile>, Vec<Feature>) = (Vec::new(), Vec::new());
    let mut checks: Vec<(Head, Vec<Step>)> = Vec::new();
    for (number, line) in logical(text) {
        let wrong = |what: &str| format!("line {number}: {what}: {line}");
        if let Some(step) = line.strip_prefix("  ") {
            let (_, steps) = checks.last_mut().ok_or_else(|| wrong("a step before any check"))?;
            steps.push(self::step(step).map_err(|what| wrong(&what))?);
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match word {
            "area" => rest.clone_into(&mut area),
            "source" => rest.clone_into(&mut source),
            "profiles" if rest == "idps" => {
                profiles = Profile::ALL.iter().copied().filter(|profile| *profile != Profile::Rfc).collect();
            }
            "profiles" => {
                let read = rest.split(' ').map(str::parse).collect::<Result<_, _>>();
                profiles = read.map_err(|_| wrong("an unknown profile"))?;
            }
            "needs" => {
                let read = rest.split_whitespace().map(Feature::named).collect::<Option<_>>();
                needs = read.ok_or_else(|| wrong("an unknown feature"))?;
            }
            _ => {
                let severity = Severity::named(word).ok_or_else(|| wrong("an unknown word"))?;
                let (name, title) = rest.split_once(": ").ok_or_else(|| wrong("a check without a title"))?;
                let head = Head {
                    id: format!("{area}.{name}"),
                    title: title.to_owned(),
                    source: source.clone(),
                    severity,
                    profiles: profiles.clone(),
                    needs: needs.clone(),
                };
                checks.push((head, Vec::new()));
            }
        }
    }
    Ok(checks)
}

/// The lines with those that continue them, less comments and empty ones.
fn logical(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        match lines.last_mut() {
            Some((_, last)) if line.starts_with("    ") => {
                last.push(' ');
                last.push_str(trimmed);
            }
            _ => lines.push((index + 1, line.trim_end().to_owned())),
        }
    }
    lines
}

fn step(text: &str) -> Result<Step, String> {
    if text == "cast" {
        return Ok(Step::Cast);
    }
    if let Some(rest) = text.strip_prefix("let ") {
        let (name, pointer) = rest.split_once(" = ").ok_or("`let` without a value")?;
        return Ok(Step::Let { name: name.to_owned(), pointer: pointer.to_owned() });
    }
    let (sent, answered) = text.split_once(" => ").ok_or("a step without an answer")?;
    let (method, rest) = sent.split_once(' ').ok_or("a step without a path")?;
    if !matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") {
        return Err("an unknown method".to_owned());
    }
    let end = [" {", " [", " raw "].iter().filter_map(|start| rest.find(start)).min().unwrap_or(rest.len());
    let (path, rest) = rest.split_at(end);
    let (headers, rest) = headers(rest.trim_start());
    let body = match rest.strip_prefix("raw ") {
        Some(raw) => Body::Raw(raw.to_owned()),
        None if rest.is_empty() => Body::None,
        None => Body::Json(rest.to_owned()),
    };
    let mut request = Request { method: method.to_owned(), path: path.to_owned(), headers, body, ..Request::default() };
    answer(&mut request, answered)?;
    Ok(Step::Request(Box::new(request)))
}

fn answer(request: &mut Request, text: &str) -> Result<(), String> {
    let (statuses, mut rest) = text.split_once(' ').unwrap_or((text, ""));
    let legal = |status: &str| status.len() == 3 && status.starts_with(|first: char| first.is_ascii_digit());
    if !statuses.split('|').all(legal) {
        return Err("the answer has no status".to_owned());
    }
    statuses.clone_into(&mut request.statuses);
    rest = rest.trim();
    while !rest.is_empty() {
        if let (found, after) = headers(rest)
            && !found.is_empty()
        {
            request.answer_headers = found;
            rest = after;
        } else if rest.starts_with(['{', '[']) {
            // What is listed comes after the pattern; nothing comes after that.
            let end = [" only", " order"].iter().filter_map(|word| rest.rfind(word)).min();
            let (pattern, after) = rest.split_at(end.unwrap_or(rest.len()));
            request.pattern = Some(pattern.to_owned());
            rest = after.trim();
        } else if let Some(names) = rest.strip_prefix("only") {
            request.listed = Some(Listed { names: words(names), ordered: false });
            rest = "";
        } else if let Some(names) = rest.strip_prefix("order ") {
            request.listed = Some(Listed { names: words(names), ordered: true });
            rest = "";
        } else {
            let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
            request.error = Some(word.to_owned());
            rest = after.trim();
        }
    }
    Ok(())
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The `[Name: value]` at the beginning, and what is behind them.
fn headers(mut text: &str) -> (Vec<(String, String)>, &str) {
    let mut headers = Vec::new();
    while let Some(inner) = text.strip_prefix('[') {
        let Some((name, rest)) = inner.split_once(':') else { break };
        if !name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-') || name.is_empty() {
            break;
        }
        let Some((value, rest)) = rest.split_once(']') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
        text = rest.trim_start();
    }
    (headers, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_divided() {
        let text = r#"PATCH /Users/<1>?attributes=title [If-Match: <etag>] [{"op": "add"}] => 200|204 [ETag: W/*] {"a": [1]} only ann bob"#;
        let Step::Request(request) = step(text).unwrap() else { panic!("a request") };
        assert_eq!((request.method.as_str(), request.path.as_str()), ("PATCH", "/Users/<1>?attributes=title"));
        assert_eq!(request.headers, [("If-Match".to_owned(), "<etag>".to_owned())]);
        assert_eq!(request.body, Body::Json(r#"[{"op": "add"}]"#.to_owned()));
        assert_eq!(request.statuses, "200|204");
        assert_eq!(request.answer_headers, [("ETag".to_owned(), "W/*".to_owned())]);
        assert_eq!(request.pattern.as_deref(), Some(r#"{"a": [1]}"#));
        assert_eq!(request.listed, Some(Listed { names: words("ann bob"), ordered: false }));
    }

    #[test]
    fn brackets_of_filters_belong_to_the_path() {
        let step = step(r#"GET /Users?filter=emails[type eq "work"] => 400 invalidFilter"#).unwrap();
        let Step::Request(request) = step else { panic!("a request") };
        assert_eq!(request.path, r#"/Users?filter=emails[type eq "work"]"#);
        assert_eq!((request.error.as_deref(), request.body), (Some("invalidFilter"), Body::None));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for bad in [
            "nonsense x: y",
            "  GET /Users => 200",
            "must a: b\n  GET /Users",
            "must a: b\n  TAKE /Users => 200",
            "must a: b\n  GET /Users => fine",
            "profiles nobody",
            "needs luck",
            "must a",
        ] {
            assert!(file(bad).is_err(), "{bad}");
        }
    }
}
