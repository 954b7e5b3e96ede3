//! Users and groups in one order. The order of each type is read once, without the resources, and the two are merged; only
//! what is on the page is read then.

use std::collections::HashMap;
use std::iter::Peekable;

use auth_core::features::directory::Page;
use auth_core::features::directory::query::Ranked;
use scim_protocol::message::search::SearchRequest;
use scim_protocol::{Resource, ResourceType, ScimError, ScimType, Sort, SortKey};
use serde_json::Value;

use super::both::Side;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::window;

/// How far into the list a page may reach: the order of what lies before it has to be read.
const DEEPEST: u64 = 50_000;

/// The page that a search asks for; where the order knows no difference, users come first.
pub async fn sorted(
    caller: &Caller,
    search: &SearchRequest,
    sort: &Sort,
    [first, second]: [&Side<'_>; 2],
) -> Result<Page<Value>, ApiError> {
    let (offset, limit) = window(search);
    let end = if limit > 0 { offset + limit } else { 0 };
    if end > DEEPEST {
        let detail = format!("a sorted search over users and groups reaches no further than {DEEPEST} resources");
        return Err(ScimError::typed(ScimType::TooMany, detail).into());
    }
    let ((one, of_first), (two, of_second)) = (first.order(caller, end).await?, second.order(caller, end).await?);
    let merged = merge(keyed(one, sort, first.kind), keyed(two, sort, second.kind));
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let page: Vec<(bool, String)> = merged.into_iter().take(count(end)).skip(count(offset)).collect();
    let of = |is_second: bool| -> Vec<&str> {
        page.iter().filter(|(second, _)| *second == is_second).map(|(_, id)| id.as_str()).collect()
    };
    let mut found: HashMap<String, Value> = HashMap::new();
    for resource in first.picked(caller, &of(false)).await?.into_iter().chain(second.picked(caller, &of(true)).await?) {
        found.insert(resource["id"].as_str().unwrap_or_default().to_owned(), resource);
    }
    let resources = page.iter().filter_map(|(_, id)| found.remove(id)).collect();
    Ok(Page { resources, total: of_first + of_second, next: None })
}

/// A type that does not have the attribute is in the order of its ids, and has no value in the common order.
fn keyed(ranked: Vec<Ranked>, sort: &Sort, kind: &ResourceType) -> impl Iterator<Item = (SortKey, String)> {
    let none = sort.key(kind, &Resource::new());
    ranked.into_iter().map(move |Ranked { key, id }| (key.unwrap_or_else(|| none.clone()), id))
}

/// Both in one order; whether each is of the second.
fn merge(
    one: impl Iterator<Item = (SortKey, String)>,
    two: impl Iterator<Item = (SortKey, String)>,
) -> Vec<(bool, String)> {
    let (mut one, mut two): (Peekable<_>, Peekable<_>) = (one.peekable(), two.peekable());
    let mut merged = Vec::new();
    loop {
        let from_second = match (one.peek(), two.peek()) {
            (Some((one, _)), Some((two, _))) => two < one,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (None, None) => return merged,
        };
        let next = if from_second { two.next() } else { one.next() };
        merged.extend(next.map(|(_, id)| (from_second, id)));
    }
}
