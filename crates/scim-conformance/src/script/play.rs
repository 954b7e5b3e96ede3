//! Plays the steps of a check.

use std::collections::HashMap;
use std::fmt::Write as _;

use reqwest::Method;
use serde_json::Value;

use super::{Body, Cast, Listed, Request, Step};
use crate::answer::{Answer, Stop, Verdict, ensure};
use crate::run::{BULK, Call, DOMAIN, ENTERPRISE, GROUP, PATCH, Run, SEARCH, USER};

/// Plays the steps, until one of them fails.
pub(crate) async fn play(run: &mut Run, steps: &[Step]) -> Verdict {
    let name = run.name();
    let mut names: HashMap<String, String> = HashMap::from([
        ("p".to_owned(), run.prefix()),
        ("base".to_owned(), run.base_url().to_owned()),
        ("domain".to_owned(), DOMAIN.to_owned()),
        ("N".to_owned(), name.to_uppercase()),
        ("n".to_owned(), name),
    ]);
    let (mut made, mut last) = (0, Value::Null);
    for step in steps {
        match step {
            Step::Cast => {
                let cast = Cast::call(run).await?;
                names.extend(cast.ids.iter().cloned());
            }
            Step::Let { name, pointer } => {
                let Some(found) = last.pointer(pointer).and_then(Value::as_str) else {
                    return Stop::failed(format!("the answer has no text at {pointer}"));
                };
                names.insert(name.clone(), found.to_owned());
            }
            Step::Request(request) => {
                let answer = run.send(call(request, &names)?).await?;
                let plain = answer.request.split('?').next().unwrap_or_default();
                if let ("POST /Users" | "POST /Groups", 200..=299) = (plain, answer.status)
                    && let Some(id) = answer.json["id"].as_str()
                {
                    made += 1;
                    names.insert(made.to_string(), id.to_owned());
                }
                names.insert("etag".to_owned(), answer.header("etag").to_owned());
                judge(&answer, request, &names)?;
                last = answer.json;
            }
        }
    }
    Ok(())
}

fn judge(answer: &Answer, request: &Request, names: &HashMap<String, String>) -> Verdict {
    answer.is(&request.statuses)?;
    if let Some(types) = &request.error {
        answer.is_error(types)?;
    }
    for (name, wanted) in &request.answer_headers {
        answer.has_header(name, &filled(wanted, names))?;
    }
    if let Some(pattern) = &request.pattern {
        answer.like(&json(pattern, names)?)?;
    }
    match &request.listed {
        Some(listed) => cast_in(answer, listed, names),
        None => Ok(()),
    }
}

/// Wants certain ones of the cast in a list, and no others of the cast.
fn cast_in(answer: &Answer, listed: &Listed, names: &HashMap<String, String>) -> Verdict {
    let name_of = |id: &str| Cast::NAMES.iter().copied().find(|name| names.get(*name).is_some_and(|own| own == id));
    let who: Vec<&str> = answer.ids().into_iter().filter_map(name_of).collect();
    let same = if listed.ordered {
        who == listed.names
    } else {
        who.len() == listed.names.len() && listed.names.iter().all(|name| who.contains(&name.as_str()))
    };
    ensure(same, || format!("{answer} with [{}], not [{}]", who.join(", "), listed.names.join(", ")))
}

fn call(request: &Request, names: &HashMap<String, String>) -> Verdict<Call> {
    let Ok(method) = Method::from_bytes(request.method.as_bytes()) else { return Stop::failed("no such method") };
    let mut call = Call::new(method, encoded(&filled(&request.path, names)));
    for (name, value) in &request.headers {
        call = call.with(name, &filled(value, names));
    }
    Ok(match &request.body {
        Body::None => call,
        Body::Raw(text) => call.text(filled(text, names)),
        Body::Json(text) => {
            let body = completed(request, json(text, names)?);
            call.text(body.to_string())
        }
    })
}

/// A text of JSON with the names filled in, as they are written within texts of JSON.
fn json(text: &str, names: &HashMap<String, String>) -> Verdict<Value> {
    let escaped = |value: &String| {
        let quoted = Value::from(value.as_str()).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let escaped = names.iter().map(|(name, value)| (name.clone(), escaped(value))).collect();
    let text = filled(text, &escaped);
    serde_json::from_str(&text).map_err(|error| Stop::Failed(format!("the check is broken: {error}: {text}")))
}

/// The body with what every body of its kind has.
fn completed(request: &Request, body: Value) -> Value {
    let mut body = match body {
        Value::Array(operations) if request.path.starts_with("/Bulk") => {
            serde_json::json!({ "Operations": operations })
        }
        Value::Array(operations) => serde_json::json!({ "schemas": [PATCH], "Operations": operations }),
        other => other,
    };
    let path = request.path.split('?').next().unwrap_or_default();
    if let Some(members) = body.as_object_mut()
        && !members.contains_key("schemas")
    {
        let mut schemas = match (request.method.as_str(), path) {
            (_, path) if path.ends_with("/.search") => vec![SEARCH],
            (_, path) if path.starts_with("/Bulk") => vec![BULK],
            ("PATCH", _) => vec![PATCH],
            (_, path) if path.starts_with("/Groups") => vec![GROUP],
            _ => vec![USER],
        };
        if members.contains_key(ENTERPRISE) {
            schemas.push(ENTERPRISE);
        }
        members.insert("schemas".to_owned(), serde_json::json!(schemas));
    }
    body
}

/// The text with the names in `<>` filled in. What is no name stays.
fn filled(text: &str, names: &HashMap<String, String>) -> String {
    let mut full = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        full.push_str(&rest[..start]);
        rest = &rest[start..];
        if let Some((value, end)) = rest.find('>').and_then(|end| Some((names.get(&rest[1..end])?, end))) {
            full.push_str(value);
            rest = &rest[end + 1..];
        } else {
            full.push('<');
            rest = &rest[1..];
        }
    }
    full.push_str(rest);
    full
}

/// The path with the values of its query encoded, unless they are already.
fn encoded(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, value)) if !value.contains(['%', '+']) => format!("{key}={}", percent(value)),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

/// A text as it can stand in a query.
pub(crate) fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~,:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Whether every name in `<>` is one, and every JSON can be read.
#[cfg(test)]
pub(super) fn known(steps: &[Step]) -> Result<(), String> {
    let mut names: HashMap<String, String> =
        ["p", "base", "domain", "N", "n", "etag"].map(|name| (name.to_owned(), "x".to_owned())).into();
    let mut made = 0;
    for step in steps {
        match step {
            Step::Cast => names.extend(Cast::NAMES.iter().map(|name| ((*name).to_owned(), "x".to_owned()))),
            Step::Let { name, .. } => {
                names.insert(name.clone(), "x".to_owned());
            }
            Step::Request(request) => {
                let sent = call(request, &names).map_err(|stop| format!("{stop:?}"))?;
                let mut texts = vec![sent.path, sent.body.unwrap_or_default()];
                if request.method == "POST" {
                    made += 1;
                    names.insert(made.to_string(), "x".to_owned());
                }
                if let Some(pattern) = &request.pattern {
                    texts.push(filled(pattern, &names));
                    json(pattern, &names).map_err(|stop| format!("{stop:?}"))?;
                }
                let raw = matches!(request.body, Body::Raw(_));
                if let Some(open) = texts.iter().find(|text| text.contains('<') && !raw) {
                    return Err(format!("an unknown name: {open}"));
                }
                let listed = request.listed.iter().flat_map(|listed| &listed.names);
                if let Some(stranger) = listed.into_iter().find(|name| !names.contains_key(*name)) {
                    return Err(format!("{stranger} is not of the cast"));
                }
            }
        }
    }
    Ok(())
}
