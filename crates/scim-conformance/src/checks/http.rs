//! What is said of HTTP itself: authentication, media types, and answers to what nobody can read.

use serde_json::json;

use super::Book;
use crate::answer::{Answer, Verdict, ensure};
use crate::run::{Call, Run, USER};

pub(super) fn checks(book: &mut Book) {
    book.area("rfc7644.2.authentication", "RFC 7644 section 2; RFC 9110 section 11.6.1", &[]);
    book.must("none", "Without a credential: 401 with a SCIM error and WWW-Authenticate", async |run| {
        refused(&run.send(Call::get("/Users").with("Authorization", "")).await?)
    });
    book.must("wrong", "With a wrong credential: 401 with a SCIM error", async |run| {
        refused(&run.send(Call::get("/Users").with("Authorization", "Bearer not-a-token-of-anybody")).await?)
    });
    book.must("wrong-scheme", "With an unknown scheme: 401", async |run| {
        refused(&run.send(Call::get("/Users").with("Authorization", "Riddle c29tZXRoaW5n")).await?)
    });
    book.should("before-the-body", "Without a credential a body is not looked at", async |run| {
        let call = Call::post("/Users", &json!(null)).text("{broken").with("Authorization", "");
        refused(&run.send(call).await?)
    });
    book.must("not-in-the-query", "A token in the query opens nothing", async |run| {
        refused(&run.send(Call::get("/Users?access_token=anything").with("Authorization", "")).await?)
    });
    book.area("rfc7644.3.1.media-type", "RFC 7644 sections 3.1 and 8.1", &[]);
    book.must("of-answers", "Answers are application/scim+json: resources, lists and errors", media_types);
    book.must("of-bodies", "Bodies may be application/scim+json or application/json, however it is written", bodies);
    book.area("rfc7644.3.3.create", "RFC 7644 section 3.3", &[]);
    book.must("location", "Location, meta.location and the place of the resource are one", location);
    book.must("as-read", "The answer to a creation is what reading gives", as_read);
}

fn refused(answer: &Answer) -> Verdict {
    answer.is("401")?.is_error("error")?;
    ensure(!answer.header("www-authenticate").is_empty(), || format!("{answer} without WWW-Authenticate"))
}

async fn media_types(run: &mut Run) -> Verdict {
    let made = run.user(json!({})).await?;
    made.is_scim()?;
    run.get(&format!("/Users/{}", made.id()?)).await?.is("200")?.is_scim()?;
    run.get("/Users?count=1").await?.is("200")?.is_scim()?;
    run.get("/ServiceProviderConfig").await?.is("200")?.is_scim()?;
    run.get("/Users/nobody-has-this-id").await?.is("404")?.is_scim()?;
    run.send(Call::get("/Users").with("Authorization", "")).await?.is("401")?.is_scim()?;
    Ok(())
}

async fn bodies(run: &mut Run) -> Verdict {
    for kind in [
        "application/scim+json",
        "application/scim+json; charset=utf-8",
        "application/json",
        "Application/JSON;charset=UTF-8",
    ] {
        let body = json!({ "schemas": [USER], "userName": run.name() });
        let answer = run.send(Call::post("/Users", &body).with("Content-Type", kind)).await?;
        ensure(answer.status == 201, || format!("{answer} with Content-Type: {kind}"))?;
    }
    Ok(())
}

async fn location(run: &mut Run) -> Verdict {
    let made = run.user(json!({})).await?;
    let (header, meta) = (made.header("location"), made.json["meta"]["location"].as_str().unwrap_or_default());
    ensure(!header.is_empty() && header == meta, || format!("Location is {header:?}, meta.location {meta:?}"))?;
    let place = format!("{}/Users/{}", run.base_url(), made.id()?);
    // A proxy may give another name to the host; the path must be the same.
    let path =
        |url: &str| url.split_once("://").map_or(url, |(_, rest)| rest).split_once('/').map(|two| two.1.to_owned());
    ensure(header == place || path(header) == path(&place), || format!("Location is {header:?}, not {place:?}"))
}

async fn as_read(run: &mut Run) -> Verdict {
    let attributes = json!({ "title": "x", "name": { "givenName": "A", "familyName": "B" }, "active": true });
    let made = run.user(attributes).await?;
    let read = run.get(&format!("/Users/{}", made.id()?)).await?;
    ensure(read.is("200")?.json == made.json, || {
        format!("the creation was answered {}, and reading gives {}", made.json, read.json)
    })
}
