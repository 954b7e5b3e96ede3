//! Versions and instants of a resource over its life (RFC 7643 section 3.1, RFC 7644 section 3.14).

use serde_json::json;

use super::Book;
use crate::announced::Feature;
use crate::answer::{Stop, Verdict, ensure};
use crate::run::{Call, Run};

pub(super) fn checks(book: &mut Book) {
    book.area("rfc7644.3.14.versions", "RFC 7644 section 3.14", &[Feature::Etag]);
    book.must("header-is-meta", "The ETag of an answer is meta.version", header);
    book.must("moves", "A change gives another version", moves);
    book.must("if-none-match-list", "If-None-Match with several tags, or *, is 304", several);
    book.must("stale", "A stale If-Match is 412, and nothing is done", stale);
    book.area("rfc7643.3.1.meta", "RFC 7643 section 3.1", &[]);
    book.must("last-modified-moves", "lastModified rises by a change, and created stays", modified);
    book.should("ids-are-not-reused", "An id is never given again", ids);
}

async fn header(run: &mut Run) -> Verdict {
    let made = run.user(json!({})).await?;
    let read = run.get(&format!("/Users/{}", made.id()?)).await?;
    for answer in [&made, &read] {
        let (header, meta) = (answer.header("etag"), answer.json["meta"]["version"].as_str().unwrap_or_default());
        ensure(!header.is_empty() && header == meta, || {
            format!("{answer} with ETag {header:?}, meta.version {meta:?}")
        })?;
    }
    ensure(made.header("etag") == read.header("etag"), || "reading gives another ETag than the creation".to_owned())
}

async fn moves(run: &mut Run) -> Verdict {
    let made = run.user(json!({ "title": "before" })).await?;
    let (path, mut body) = (format!("/Users/{}", made.id()?), made.json.clone());
    body["title"] = json!("after");
    let changed = run.send(Call::new(reqwest::Method::PUT, &*path).text(body.to_string())).await?;
    changed.is("200")?;
    let read = run.get(&path).await?;
    ensure(read.header("etag") != made.header("etag"), || "the ETag is the same after a change".to_owned())?;
    ensure(read.header("etag") == changed.header("etag"), || "the change and reading give different ETags".to_owned())
}

async fn several(run: &mut Run) -> Verdict {
    let made = run.user(json!({})).await?;
    let (path, tag) = (format!("/Users/{}", made.id()?), made.header("etag").to_owned());
    for tags in [format!("W/\"other\", {tag}"), "*".to_owned()] {
        let answer = run.send(Call::get(&*path).with("If-None-Match", &tags)).await?;
        ensure(answer.status == 304, || format!("{answer} with If-None-Match: {tags}"))?;
        ensure(answer.text.is_empty(), || "a 304 has a body".to_owned())?;
    }
    run.send(Call::get(&*path).with("If-None-Match", "W/\"other\"")).await?.is("200").map(drop)
}

async fn stale(run: &mut Run) -> Verdict {
    let made = run.user(json!({ "title": "before" })).await?;
    let path = format!("/Users/{}", made.id()?);
    let mut body = made.json.clone();
    body["title"] = json!("after");
    let mut calls = vec![
        Call::new(reqwest::Method::PUT, &*path).text(body.to_string()),
        Call::new(reqwest::Method::DELETE, &*path),
    ];
    if run.announced.has(Feature::Patch) {
        calls.push(Call::patch(&*path, &json!([{ "op": "replace", "path": "title", "value": "after" }])));
    }
    for call in calls {
        let answer = run.send(call.with("If-Match", "W/\"of-another-time\"")).await?;
        answer.is("412")?.is_error("error|invalidVers")?;
    }
    let read = run.get(&path).await?;
    read.is("200")?.like(&json!({ "title": "before" }))?;
    Ok(())
}

async fn modified(run: &mut Run) -> Verdict {
    let made = run.user(json!({ "title": "0" })).await?;
    let path = format!("/Users/{}", made.id()?);
    let created = made.json["meta"]["created"].clone();
    let mut before = instant(&made.json["meta"]["lastModified"])?;
    for title in ["1", "2"] {
        // A clock may count whole seconds; what is looked for is that it does not stand still or go back.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        let mut body = made.json.clone();
        body["title"] = json!(title);
        let changed = run.send(Call::new(reqwest::Method::PUT, &*path).text(body.to_string())).await?;
        changed.is("200")?.like(&json!({ "meta": { "created": created } }))?;
        let after = instant(&changed.json["meta"]["lastModified"])?;
        ensure(after > before, || format!("lastModified is {after} after a change, and was {before}"))?;
        before = after;
    }
    Ok(())
}

/// An instant as text that can be compared with others of the same server, which all have one zone.
fn instant(value: &serde_json::Value) -> Verdict<String> {
    let text = value.as_str().filter(|text| crate::pattern::is_instant(text));
    text.map(str::to_owned).ok_or_else(|| Stop::Failed(format!("lastModified is {value}")))
}

async fn ids(run: &mut Run) -> Verdict {
    let name = run.name();
    let first = run.user(json!({ "userName": name })).await?.id()?.to_owned();
    run.send(Call::new(reqwest::Method::DELETE, format!("/Users/{first}"))).await?.is("204")?;
    let again = run.user(json!({ "userName": name })).await?;
    ensure(again.id()? != first, || "the same userName got the id of the one that was deleted".to_owned())
}
