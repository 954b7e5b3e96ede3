//! Several requests at once (RFC 7644 leaves it open; identity providers work in parallel).

use serde_json::json;

use super::Book;
use crate::announced::Feature;
use crate::answer::{Verdict, ensure};
use crate::run::{Call, Run, USER};

/// How many at once.
const MANY: usize = 8;

pub(super) fn checks(book: &mut Book) {
    book.area("rfc7644.3.3.create", "RFC 7644 section 3.3", &[]);
    book.must("race", "Of equal creations at once exactly one succeeds, the others are 409", one_of_many);
    book.area("breakage.12", "Lost updates of members", &[Feature::Patch, Feature::Groups]);
    book.should("members-at-once", "Members added by requests at once are all there", members_at_once);
    book.should("members-off-at-once", "Members removed by requests at once are all gone", members_off_at_once);
}

async fn one_of_many(run: &mut Run) -> Verdict {
    let body = json!({ "schemas": [USER], "userName": run.name() });
    let answers = run.send_at_once(&vec![Call::post("/Users", &body); MANY]).await?;
    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    ensure(of(201) == 1 && of(201) + of(409) + of(429) == MANY, || {
        let statuses: Vec<String> = answers.iter().map(|answer| answer.status.to_string()).collect();
        format!("{MANY} equal creations at once were answered {}", statuses.join(", "))
    })
}

async fn people(run: &mut Run) -> Verdict<Vec<String>> {
    let mut ids = Vec::new();
    for _ in 0..MANY {
        ids.push(run.user(json!({})).await?.id()?.to_owned());
    }
    Ok(ids)
}

/// How many members a group has after each person was added or removed at once with the others.
async fn after(
    run: &mut Run,
    group: &str,
    ids: &[String],
    operation: impl Fn(&str) -> serde_json::Value,
) -> Verdict<usize> {
    let path = format!("/Groups/{group}");
    let calls: Vec<Call> = ids.iter().map(|id| Call::patch(&*path, &json!([operation(id)]))).collect();
    for answer in run.send_at_once(&calls).await? {
        // Who is told to come again is not lost.
        answer.is("200|204|409|412|429|503")?;
        if answer.status > 299 {
            return crate::answer::Stop::skipped("the server asked to try again");
        }
    }
    let group = run.get(&path).await?;
    Ok(group.is("200")?.json["members"].as_array().map_or(0, Vec::len))
}

async fn members_at_once(run: &mut Run) -> Verdict {
    let ids = people(run).await?;
    let group = run.group(&[]).await?.id()?.to_owned();
    let add = |id: &str| json!({ "op": "add", "path": "members", "value": [{ "value": id }] });
    let count = after(run, &group, &ids, add).await?;
    ensure(count == MANY, || format!("{MANY} members were added at once, and the group has {count}"))
}

async fn members_off_at_once(run: &mut Run) -> Verdict {
    let ids = people(run).await?;
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let group = run.group(&all).await?.id()?.to_owned();
    let remove = |id: &str| json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") });
    let count = after(run, &group, &ids, remove).await?;
    ensure(count == 0, || format!("all members were removed at once, and the group has {count}"))
}
