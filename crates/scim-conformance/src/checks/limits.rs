//! What is too much, too deep or too clever (section 4 of what breaks servers): refused quickly, and never with 5xx.

use std::time::{Duration, Instant};

use serde_json::json;

use super::Book;
use crate::announced::Feature;
use crate::answer::{Answer, Verdict, ensure};
use crate::run::{BULK, Call, Run, USER};
use crate::script::percent;

/// What an attack may take. An honest answer takes a small part of it.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn checks(book: &mut Book) {
    book.area("security.filters", "Servers have stopped answering over one filter", &[Feature::Filter]);
    book.should("deep", "A filter of a thousand brackets is answered soon, and not with 5xx", async |run| {
        let filter = format!("{}userName pr{}", "(".repeat(1000), ")".repeat(1000));
        quick(run, Call::get(format!("/Users?count=1&filter={}", percent(&filter)))).await.map(drop)
    });
    book.should("explosive", "A filter that grows when it is multiplied out is answered soon", async |run| {
        let term = "(title eq \"a\" or title eq \"b\")";
        let filter = vec![term; 40].join(" and ");
        quick(run, Call::get(format!("/Users?count=1&filter={}", percent(&filter)))).await.map(drop)
    });
    book.should("long", "A very long text in a filter is answered soon", async |run| {
        let filter = format!("userName eq \"{}\"", "a".repeat(6000));
        quick(run, Call::get(format!("/Users?count=1&filter={}", percent(&filter)))).await.map(drop)
    });
    book.area("security.bodies", "Input that nobody honest sends", &[]);
    book.must("deep", "JSON of a thousand levels is refused with 4xx", async |run| {
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        let body = format!("{{\"schemas\":[\"{USER}\"],\"userName\":\"{}\",\"x\":{deep}}}", run.name());
        let answer = quick(run, Call::post("/Users", &json!(null)).text(body)).await?;
        answer.is("201|400|413|422").map(drop)
    });
    book.must("nul", "U+0000 in a value is accepted or refused with 400, never 5xx", async |run| {
        let body = json!({ "schemas": [USER], "userName": run.name(), "title": "a\u{0}b" });
        quick(run, Call::post("/Users", &body)).await?.is("201|400").map(drop)
    });
    book.must("lone-surrogate", "Half of a surrogate pair is refused with 400, or replaced", async |run| {
        let body = format!("{{\"schemas\":[\"{USER}\"],\"userName\":\"{}\",\"title\":\"\\ud800\"}}", run.name());
        quick(run, Call::post("/Users", &json!(null)).text(body)).await?.is("201|400").map(drop)
    });
    book.must("long-name", "A userName of ten thousand letters is accepted or refused with 4xx", async |run| {
        let body = json!({ "schemas": [USER], "userName": format!("{}{}", run.name(), "a".repeat(10_000)) });
        quick(run, Call::post("/Users", &body)).await?.is("201|4xx").map(drop)
    });
    book.area("rfc7644.3.7.bulk", "RFC 7644 section 3.7.4", &[Feature::Bulk]);
    book.must("too-many-operations", "More operations than announced: 413, and nothing is done", too_many);
    book.must("too-large", "A larger body than announced: 413", too_large);
}

/// Sends what should cost the server little; anything but 5xx, and soon.
async fn quick(run: &mut Run, call: Call) -> Verdict<Answer> {
    let begun = Instant::now();
    let answer = run.send(call).await?;
    ensure(answer.status < 500, || format!("the request was answered {}", answer.status))?;
    ensure(begun.elapsed() < PATIENCE, || format!("the answer took {:.1} s", begun.elapsed().as_secs_f64()))?;
    Ok(answer)
}

async fn too_many(run: &mut Run) -> Verdict {
    let Some(most) = run.announced.number("/bulk/maxOperations").filter(|most| *most <= 20_000) else {
        return crate::answer::Stop::skipped("the server takes more operations than can be tried");
    };
    let name = run.name();
    let mut operations =
        vec![json!({ "method": "DELETE", "path": "/Users/nobody-has-this-id" }); usize::try_from(most).unwrap_or(0)];
    let first =
        json!({ "method": "POST", "path": "/Users", "bulkId": "a", "data": { "schemas": [USER], "userName": name } });
    operations.insert(0, first);
    let body = json!({ "schemas": [BULK], "Operations": operations });
    run.send(Call::post("/Bulk", &body)).await?.is("413")?.is_error("error|tooMany")?;
    let answer = run.get(&format!("/Users?filter={}", percent(&format!("userName eq \"{name}\"")))).await?;
    answer.is("200")?.like(&json!({ "totalResults": 0 }))?;
    Ok(())
}

async fn too_large(run: &mut Run) -> Verdict {
    let Some(most) = run.announced.number("/bulk/maxPayloadSize").filter(|most| *most <= 64 << 20) else {
        return crate::answer::Stop::skipped("the server takes more than can be tried");
    };
    let filling = "a".repeat(usize::try_from(most).unwrap_or(0));
    let body = json!({ "schemas": [BULK], "Operations": [], "x": filling });
    let answer = run.send(Call::post("/Bulk", &body)).await;
    // A server may hang up on what it does not want to read to the end.
    match answer {
        Ok(answer) => answer.is("413").map(drop),
        Err(crate::answer::Stop::Failed(why)) if why.contains("got no answer") => {
            crate::answer::Stop::skipped("the server ended the connection")
        }
        Err(stop) => Err(stop),
    }
}
