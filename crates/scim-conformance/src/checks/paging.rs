//! Walks through lists, by index and by cursor (RFC 7644 section 3.4.2.4, RFC 9865).

use std::collections::BTreeSet;

use serde_json::json;

use super::Book;
use crate::announced::Feature;
use crate::answer::{Answer, Stop, Verdict, ensure};
use crate::run::Run;
use crate::script::{Cast, percent};

/// More pages than the cast can fill.
const ENOUGH: usize = 30;

pub(super) fn checks(book: &mut Book) {
    book.area("rfc7644.3.4.2.4.paging", "RFC 7644 section 3.4.2.4", &[Feature::Filter]);
    book.must("pages-are-the-whole", "All pages together give every resource once", pages_are_the_whole);
    book.must("order-does-not-depend-on-count", "The order is the same whatever count is", order);
    book.must("total-on-each-page", "totalResults is the same number on every page", totals);
    book.area("rfc9865.cursor", "RFC 9865 section 2", &[Feature::Cursor, Feature::Filter]);
    book.must("walk", "Following nextCursor gives every resource once, and then ends", walk);
    book.must("opaque", "A cursor that was changed is refused with invalidCursor", changed);
    book.must("bound-to-query", "A cursor of one query is refused by another", bound);
    book.must("count-zero", "A page of none has the total", none);
}

fn ours(run: &Run) -> String {
    percent(&format!("userName sw \"{}\"", run.prefix()))
}

async fn page(run: &mut Run, rest: &str) -> Verdict<Answer> {
    let filter = ours(run);
    let answer = run.get(&format!("/Users?filter={filter}&{rest}")).await?;
    answer.is("200")?;
    Ok(answer)
}

/// The ids of the cast's people in the order of a list.
async fn by_index(run: &mut Run, count: usize) -> Verdict<Vec<String>> {
    let mut ids = Vec::new();
    for _ in 0..ENOUGH {
        let answer = page(run, &format!("startIndex={}&count={count}", ids.len() + 1)).await?;
        let found = answer.ids();
        if found.is_empty() {
            return Ok(ids);
        }
        ids.extend(found.into_iter().map(str::to_owned));
    }
    Stop::failed("the pages do not end")
}

async fn pages_are_the_whole(run: &mut Run) -> Verdict {
    let cast = Cast::call(run).await?;
    let walked = by_index(run, 2).await?;
    once(&cast, &walked)
}

/// Whether the cast's people are all there, and nobody twice.
fn once(cast: &Cast, walked: &[String]) -> Verdict {
    let different: BTreeSet<&String> = walked.iter().collect();
    ensure(different.len() == walked.len(), || "a resource was on two pages".to_owned())?;
    let missing = cast.ids.iter().take(5).find(|(_, id)| !different.contains(id));
    ensure(missing.is_none(), || format!("{} was on no page", missing.map_or("", |(name, _)| name)))
}

async fn order(run: &mut Run) -> Verdict {
    Cast::call(run).await?;
    let (one, two, many) = (by_index(run, 1).await?, by_index(run, 2).await?, by_index(run, 100).await?);
    ensure(one == many && two == many, || "the order depends on count".to_owned())
}

async fn totals(run: &mut Run) -> Verdict {
    Cast::call(run).await?;
    let first = page(run, "startIndex=1&count=2").await?;
    let second = page(run, "startIndex=3&count=2").await?;
    let beyond = page(run, "startIndex=1000000&count=2").await?;
    let total = first.json["totalResults"].as_u64();
    ensure(total.is_some_and(|total| total >= 5), || format!("totalResults is {}", first.json["totalResults"]))?;
    for (answer, start, items) in [(&first, 1, 2), (&second, 3, 2)] {
        answer.like(&json!({ "totalResults": total, "startIndex": start, "itemsPerPage": items }))?;
        ensure(answer.ids().len() == items, || format!("{answer} with {} resources", answer.ids().len()))?;
    }
    beyond.like(&json!({ "totalResults": total, "Resources": null }))?;
    Ok(())
}

async fn walk(run: &mut Run) -> Verdict {
    let cast = Cast::call(run).await?;
    let (mut walked, mut cursor) = (Vec::new(), String::new());
    for _ in 0..ENOUGH {
        let answer = page(run, &format!("cursor={}&count=2", percent(&cursor))).await?;
        walked.extend(answer.ids().into_iter().map(str::to_owned));
        match answer.json["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return once(&cast, &walked),
        }
    }
    Stop::failed("the cursors do not end")
}

async fn first_cursor(run: &mut Run) -> Verdict<String> {
    Cast::call(run).await?;
    let answer = page(run, "cursor=&count=2").await?;
    let cursor = answer.json["nextCursor"].as_str();
    cursor.map(str::to_owned).ok_or_else(|| Stop::Failed(format!("{answer} without nextCursor")))
}

async fn changed(run: &mut Run) -> Verdict {
    let cursor = first_cursor(run).await?;
    let (filter, middle) = (ours(run), cursor.len() / 2);
    let other: String = cursor
        .char_indices()
        .map(|(at, char)| {
            if at == middle && char != 'x' {
                'x'
            } else if at == middle {
                'y'
            } else {
                char
            }
        })
        .collect();
    for broken in [other, "nonsense".to_owned()] {
        let answer = run.get(&format!("/Users?filter={filter}&count=2&cursor={}", percent(&broken))).await?;
        answer.is("400")?.is_error("invalidCursor")?;
    }
    Ok(())
}

async fn bound(run: &mut Run) -> Verdict {
    let cursor = percent(&first_cursor(run).await?);
    let answer = run.get(&format!("/Users?filter=title%20pr&count=2&cursor={cursor}")).await?;
    answer.is("400")?.is_error("invalidCursor")?;
    Ok(())
}

async fn none(run: &mut Run) -> Verdict {
    Cast::call(run).await?;
    page(run, "cursor=&count=0").await?.like(&json!({ "totalResults": "#number", "Resources": null }))?;
    Ok(())
}
