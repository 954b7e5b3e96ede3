//! What columns do not answer: a bounded stream of rows, evaluated and put in order here.

use std::cmp::Ordering;
use std::collections::HashMap;

use sea_orm::Value;
use serde_json::{Value as Json, json};

use super::lower::{Access, Lowered};
use super::rows::count;
use super::{Listed, Names, Page, Place, Position, Query, Ranked, SCAN, Select, mentions};
use crate::ctx::Work;
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::connections::bounded;
use crate::features::directory::{Attributes, DirectoryFault};
use crate::ids::{DirectoryId, Id as _};
use scim_protocol::{AttrPath, Sort, SortKey};

/// How many rows are read at a time: between two pieces others get their turn.
const PIECE: u64 = 500;
/// The same where each piece has to be sorted out of all that share a key.
const LARGE_PIECE: u64 = 2000;
/// How many ids a statement takes: lists are filled up to the next of these numbers, so that there are few
/// different statements to prepare.
const LENGTHS: [usize; 4] = [1, 10, 100, 1000];

/// Keeps count while a stream is read that columns could not narrow down.
pub(in crate::features::directory) struct Bound {
    read: u64,
    work: Work,
}

impl Bound {
    /// Counts what was read.
    ///
    /// # Errors
    /// [`DirectoryFault::TooMany`] beyond [`SCAN`].
    pub fn count(&mut self, read: usize) -> Result<()> {
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        self.work.add(read);
        self.read = self.read.saturating_add(read);
        if self.read > SCAN { Err(DirectoryFault::TooMany.into()) } else { Ok(()) }
    }
}

/// A resource that matches, by what decides on its place.
struct Match {
    key: Option<SortKey>,
    id: String,
    /// What a position says about its key.
    value: Json,
}

/// A page of the resources that match.
pub(super) async fn page<T: Listed>(
    db: &impl Scope,
    directory: &DirectoryId,
    query: &Query<'_>,
    lowered: Lowered<'_>,
) -> Result<Page<T>> {
    let mut matches = ordered::<T>(db, directory, query, &lowered).await?;
    let descending = query.sort.is_some_and(|sort| sort.descending);
    let total = bounded(matches.len() as u64);
    let first = match query.place {
        Place::Index(offset) => usize::try_from(offset).unwrap_or(usize::MAX).min(matches.len()),
        Place::Cursor(None) => 0,
        Place::Cursor(Some(Position { id, key })) => {
            let empty = Attributes::new();
            let key = query.sort.map(|sort| sort.key(query.kind, key.as_object().unwrap_or(&empty)));
            matches.partition_point(|other| compare((&other.key, &other.id), (&key, id), descending).is_le())
        }
    };
    let end = first.saturating_add(usize::try_from(query.limit).unwrap_or(usize::MAX)).min(matches.len());
    let by_cursor = matches!(query.place, Place::Cursor(_));
    let next = (by_cursor && first < end && end < matches.len())
        .then(|| Position { id: matches[end - 1].id.clone(), key: matches[end - 1].value.take() });
    let ids: Vec<&str> = matches[first..end].iter().map(|found| found.id.as_str()).collect();
    Ok(Page { resources: fetch(db, directory, &ids).await?, total, next })
}

/// The first `most` of the resources that match, in their order, and how many match in all.
pub(super) async fn order<T: Listed>(
    db: &impl Scope,
    directory: &DirectoryId,
    query: &Query<'_>,
    lowered: &Lowered<'_>,
    most: u64,
) -> Result<(Vec<Ranked>, i64)> {
    let mut matches = ordered::<T>(db, directory, query, lowered).await?;
    let total = bounded(matches.len() as u64);
    matches.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok((matches.into_iter().map(|Match { key, id, .. }| Ranked { key, id }).collect(), total))
}

/// All that match, in their order.
async fn ordered<T: Listed>(
    db: &impl Scope,
    directory: &DirectoryId,
    query: &Query<'_>,
    lowered: &Lowered<'_>,
) -> Result<Vec<Match>> {
    refuse_large::<T>(db, directory, lowered).await?;
    let mut matches = matches::<T>(db, directory, query, lowered).await?;
    if let Some(sort) = query.sort {
        matches.sort_unstable_by(|one, two| compare((&one.key, &one.id), (&two.key, &two.id), sort.descending));
    }
    Ok(matches)
}

/// Which of two places comes first.
fn compare(one: (&Option<SortKey>, &str), two: (&Option<SortKey>, &str), descending: bool) -> Ordering {
    let ids = one.1.cmp(two.1);
    one.0.cmp(two.0).then(if descending { ids.reverse() } else { ids })
}

/// Refuses before anything is read what would be refused in the end.
async fn refuse_large<T: Listed>(db: &impl Scope, directory: &DirectoryId, lowered: &Lowered<'_>) -> Result<()> {
    if lowered.access != Access::Walk || count::<T>(db, directory).await? <= bounded(SCAN) {
        return Ok(());
    }
    if !lowered.sql.is_empty() {
        let Names { table, alias, .. } = T::NAMES;
        let n = lowered.values.len() + 1;
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM {table} {alias} WHERE {alias}.directory_id = $1{} LIMIT (0 + ${n})) few",
            lowered.sql
        );
        let values = lowered.values.iter().cloned().chain([bounded(SCAN + 1).into()]);
        let some: i64 = db::one(db, sql, values).await?.map_or(Ok(0), |row| row.get(0))?;
        if some <= bounded(SCAN) {
            return Ok(());
        }
    }
    Err(DirectoryFault::TooMany.into())
}

/// All that match, in the order of the ids.
async fn matches<T: Listed>(
    db: &impl Scope,
    directory: &DirectoryId,
    query: &Query<'_>,
    lowered: &Lowered<'_>,
) -> Result<Vec<Match>> {
    let Names { table, alias, .. } = T::NAMES;
    let few = lowered.access != Access::Walk;
    let (piece, hidden) = if few { (LARGE_PIECE, " || ''") } else { (PIECE, "") };
    let n = lowered.values.len() + 1;
    let tail = format!(
        " FROM {table} {alias} WHERE {alias}.directory_id = $1{} AND {alias}.id > ${n}
          ORDER BY {alias}.id{hidden} LIMIT (0 + ${})",
        lowered.sql,
        n + 1
    );
    let wants = |is: &dyn Fn(&AttrPath) -> bool| {
        lowered.remaining.iter().any(|part| mentions(part, is)) || query.sort.is_some_and(|sort| is(&sort.path))
    };
    let addressed = wants(&has_address);
    let mut turn = None;
    let (mut found, mut bound, mut after) = (Vec::new(), Bound { read: 0, work: db.ctx().work.clone() }, String::new());
    loop {
        let place: [Value; 2] = [after.as_str().into(), bounded(piece).into()];
        let values = lowered.values.iter().cloned().chain(place).collect();
        let select = Select { head: "SELECT ", tail: tail.clone(), values };
        let some = T::evaluated(db, directory, select, &wants, &mut bound).await?;
        bound.count(some.len())?;
        let last = (some.len() as u64) < piece;
        if let Some((id, _)) = some.last() {
            after.clone_from(id);
        }
        for (id, mut whole) in some {
            if addressed {
                address(&mut whole, query, &id);
            }
            if lowered.remaining.iter().all(|part| part.matches(query.kind, &whole)) {
                let key = query.sort.map(|sort| sort.key(query.kind, &whole));
                let by_cursor = matches!(query.place, Place::Cursor(_));
                let value = query.sort.filter(|_| by_cursor).map_or(Json::Null, |sort| only(sort, whole));
                found.push(Match { key, id, value });
            }
        }
        if last {
            return Ok(found);
        }
        // It is a long one. A directory has one of these at a time: it may keep itself waiting, but nobody else.
        if let (None, Some(turns)) = (&turn, db.turns()) {
            turn = Some(turns.take(directory.as_str()).await.ok_or(DirectoryFault::TooManyScans)?);
        }
        tokio::task::yield_now().await;
    }
}

/// Whether an attribute is, or may hold, an address of a resource.
fn has_address(path: &AttrPath) -> bool {
    path.schema.is_none() && matches!(path.attr.as_str(), "meta" | "groups" | "members")
}

/// Adds the addresses, which are stored nowhere: they say how the service was called.
fn address(whole: &mut Attributes, query: &Query<'_>, id: &str) {
    let (base, endpoint) = (query.base, &query.kind.endpoint);
    if let Some(meta) = whole.get_mut("meta").and_then(Json::as_object_mut) {
        meta.insert("location".to_owned(), format!("{base}{endpoint}/{id}").into());
    }
    for list in ["groups", "members"] {
        for element in whole.get_mut(list).and_then(Json::as_array_mut).into_iter().flatten() {
            let text = |name: &str| element.get(name).and_then(Json::as_str);
            let kind = if list == "groups" { Some("Group") } else { text("type") };
            if let (Some(kind), Some(value)) = (kind, text("value")) {
                element["$ref"] = format!("{base}/{kind}s/{value}").into();
            }
        }
    }
}

/// A resource with nothing but the value that counts in an order, which has the same key there.
fn only(sort: &Sort, mut whole: Attributes) -> Json {
    let AttrPath { schema, attr, sub } = &sort.path;
    let take = |object: &mut Attributes| object.swap_remove(attr);
    let value = match schema {
        Some(urn) => whole.get_mut(urn).and_then(Json::as_object_mut).and_then(take),
        None => take(&mut whole),
    };
    let value = match value {
        Some(Json::Array(mut elements)) => {
            let primary = elements.iter().position(|element| element.get("primary") == Some(&Json::Bool(true)));
            if elements.is_empty() { None } else { Some(elements.swap_remove(primary.unwrap_or(0))) }
        }
        value => value,
    };
    let value = match (value, sub) {
        (Some(mut object), Some(sub)) => object.get_mut(sub).map(|value| json!({ sub: value.take() })),
        (value, _) => value,
    };
    match (value, schema) {
        (None, _) => json!({}),
        (Some(value), None) => json!({ attr: value }),
        (Some(value), Some(urn)) => json!({ urn: { attr: value } }),
    }
}

/// The resources that are there, in the order of the ids that are given.
pub(in crate::features::directory) async fn fetch<T: Listed>(
    db: &impl Scope,
    directory: &DirectoryId,
    ids: &[&str],
) -> Result<Vec<T>> {
    let Names { table, alias, .. } = T::NAMES;
    let mut resources = Vec::with_capacity(ids.len());
    for some in ids.chunks(LENGTHS[3]) {
        let length = LENGTHS.into_iter().find(|length| some.len() <= *length).unwrap_or(some.len());
        let places: Vec<String> = (2..length + 2).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT {} FROM {table} {alias} WHERE {alias}.directory_id = $1 AND {alias}.id IN ({})",
            T::columns(),
            places.join(", ")
        );
        // What fills the list up is the last id once more.
        let values = (0..length).filter_map(|n| some.get(n).or(some.last())).map(|id| Value::from(*id));
        let values = std::iter::once(directory.as_str().into()).chain(values);
        let rows = db::all(db, sql, values).await?;
        let mut read: Vec<T> = rows.iter().map(T::read).collect::<Result<_>>()?;
        let places: HashMap<&str, usize> = some.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        read.sort_by_key(|resource| places.get(resource.id()).copied());
        resources.extend(read);
    }
    Ok(resources)
}
