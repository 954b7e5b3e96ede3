//! Pages of what columns answer as a whole, read in the order of an index.
//!
//! A page by index is read from the end that is nearer; a page by cursor begins after a key. Where lists are merged, their
//! order is read without the resources.

use sea_orm::Value;
use serde_json::{Value as Json, json};

use super::answers::Answer;
use super::lower::{Access, Lowered, lower};
use super::rows::{Order, Rows};
use super::{Listed, Names, Page, Place, Position, Query, Ranked, scan};
use crate::clock::Timestamp;
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::Attributes;
use crate::features::directory::connections::bounded;
use crate::ids::{DirectoryId, Id as _};
use scim_protocol::Sort;

/// From which offset on it is worth asking for the number of rows first.
const DEEP: u64 = 1000;

/// The order that an index has; `None` if it is made here.
fn order_of<T: Listed>(sort: Option<&Sort>) -> Option<Order> {
    let Some(sort) = sort else { return Some(Order { column: None, descending: false }) };
    let column = match T::answer(&sort.path)? {
        Answer::Text(text) if text.column == "id" => None,
        Answer::Text(text) => Some(text),
        // Ids begin with the instant at which they were made.
        Answer::Time("created_at") => None,
        _ => return None,
    };
    Some(Order { column, descending: sort.descending })
}

/// A page of the resources that match.
pub(in crate::features::directory) async fn page<T: Listed>(
    db: &impl Scope,
    directory: &DirectoryId,
    query: &Query<'_>,
) -> Result<Page<T>> {
    let lowered = lower(query.filter, directory, &T::NAMES, T::answer);
    if lowered.access == Access::Unique && lowered.remaining.is_empty() {
        return unique(db, query, &lowered).await;
    }
    let Some(order) = order_of::<T>(query.sort).filter(|_| lowered.remaining.is_empty()) else {
        return scan::page(db, directory, query, lowered).await;
    };
    let rows = match &lowered.access {
        Access::Inside(group) if order.column.is_none() => match members(db, directory, group).await? {
            Some(Members::Direct(total)) => Rows::of_group(directory, group, total, order),
            Some(Members::Nested) => Rows::new::<T>(&lowered, order),
            None => return Ok(Page::empty(0)),
        },
        _ => Rows::new::<T>(&lowered, order),
    };
    match query.place {
        Place::Index(offset) => by_index(db, &rows, offset, query.limit).await,
        Place::Cursor(position) => by_cursor(db, &rows, position, query.limit).await,
    }
}

/// The first `most` resources that match, in their order, and how many match in all. Where the page begins does not
/// matter.
pub(in crate::features::directory) async fn order<T: Listed>(
    db: &impl Scope,
    directory: &DirectoryId,
    query: &Query<'_>,
    most: u64,
) -> Result<(Vec<Ranked>, i64)> {
    let lowered = lower(query.filter, directory, &T::NAMES, T::answer);
    let Some(order) = order_of::<T>(query.sort).filter(|_| lowered.remaining.is_empty()) else {
        return scan::order::<T>(db, directory, query, &lowered, most).await;
    };
    let rows = Rows::new::<T>(&lowered, order);
    let (sql, values) = rows.keys(most);
    let mut ranked = Vec::new();
    for row in db::all(db, sql, values).await? {
        let (id, made, key): (String, Timestamp, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let key = query.sort.map(|sort| {
            // What the order may be by, and no more.
            let mut known = Attributes::new();
            known.insert("id".to_owned(), id.as_str().into());
            known.insert("meta".to_owned(), json!({ "created": made.rfc3339() }));
            if let Some(key) = key {
                known.insert(sort.path.attr.clone(), key.into());
            }
            sort.key(query.kind, &known)
        });
        ranked.push(Ranked { key, id });
    }
    let seen = ranked.len() as u64;
    db.ctx().work.add(seen);
    let total = rows.total(db, (seen < most).then_some(seen)).await?;
    Ok((ranked, total))
}

/// At most one resource: whatever the order, there is one page.
async fn unique<T: Listed>(db: &impl Scope, query: &Query<'_>, lowered: &Lowered<'_>) -> Result<Page<T>> {
    let Names { table, alias, .. } = T::NAMES;
    let sql = format!("SELECT {} FROM {table} {alias} WHERE {alias}.directory_id = $1{}", T::columns(), lowered.sql);
    let rows = db::all(db, sql, lowered.values.iter().cloned()).await?;
    let total = bounded(rows.len() as u64);
    if query.limit == 0 || !matches!(query.place, Place::Index(0) | Place::Cursor(None)) {
        return Ok(Page::empty(total));
    }
    Ok(Page { resources: rows.iter().map(T::read).collect::<Result<_>>()?, total, next: None })
}

/// Who is in a group, for the question of who is.
enum Members {
    /// So many, and none of them is a group.
    Direct(i64),
    /// Groups too.
    Nested,
}

/// `None` if the directory has no such group.
async fn members(db: &impl Scope, directory: &DirectoryId, group: &str) -> Result<Option<Members>> {
    let row = db::one(
        db,
        "SELECT (SELECT COUNT(*) FROM directory_group_members m WHERE m.group_id = $2),
             EXISTS (SELECT 1 FROM directory_group_members n WHERE n.group_id = $2 AND n.member_kind = 'group')
         FROM directory_groups g WHERE g.id = $2 AND g.directory_id = $1",
        [directory.as_str().into(), group.into()],
    )
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(if row.get(1)? { Members::Nested } else { Members::Direct(row.get(0)?) }))
}

async fn by_index<T: Listed>(db: &impl Scope, rows: &Rows, offset: u64, limit: u64) -> Result<Page<T>> {
    if limit == 0 {
        return Ok(Page::empty(rows.total(db, None).await?));
    }
    let (mut window, mut reversed) = ((limit, offset), false);
    if offset > DEEP && rows.counted() {
        let total = rows.total(db, None).await?;
        let all = total.unsigned_abs();
        if offset >= all {
            return Ok(Page::empty(total));
        }
        if offset > all / 2 {
            window = (limit.min(all - offset), all.saturating_sub(offset.saturating_add(limit)));
            reversed = true;
        }
    }
    let (sql, values) = rows.page::<T>("", Vec::new(), window, reversed);
    let found = db::all(db, sql, values).await?;
    let seen = found.len() as u64;
    let total = match rows.told::<T>(&found)? {
        Some(total) => total,
        None => rows.total(db, (seen < limit && (offset == 0 || seen > 0)).then_some(offset + seen)).await?,
    };
    Ok(Page { resources: found.iter().map(T::read).collect::<Result<_>>()?, total, next: None })
}

async fn by_cursor<T: Listed>(
    db: &impl Scope,
    rows: &Rows,
    position: Option<&Position>,
    limit: u64,
) -> Result<Page<T>> {
    if limit == 0 {
        return Ok(Page::empty(rows.total(db, None).await?));
    }
    let (mut found, mut total) = (Vec::new(), None);
    for part in parts(rows, position) {
        let missing = limit + 1 - found.len() as u64;
        if missing == 0 {
            break;
        }
        let (condition, more) = part.condition(rows);
        let (sql, values) = rows.page::<T>(&condition, more, (missing, 0), false);
        let some = db::all(db, sql, values).await?;
        total = total.or(rows.told::<T>(&some)?);
        found.extend(some);
    }
    let seen = found.len() as u64;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let resources = found.iter().map(T::read).collect::<Result<Vec<T>>>()?;
    let next = resources.last().filter(|_| seen > limit).map(|last| Position {
        id: last.id().to_owned(),
        key: rows.order.column.and_then(|column| last.key(column.column)).map_or(Json::Null, Json::from),
    });
    let total = match total {
        Some(total) => total,
        None => rows.total(db, (position.is_none() && seen <= limit).then_some(seen)).await?,
    };
    Ok(Page { resources, total, next })
}

/// A part of the order. Where keys may be missing, those that have one and those that have none are read one
/// after the other: no index knows the place of both.
struct Part<'a> {
    /// Whether its rows have keys; `None` if that is no question.
    keyed: Option<bool>,
    after: Option<&'a Position>,
}

/// The parts of the order from a position on.
fn parts<'a>(rows: &Rows, position: Option<&'a Position>) -> Vec<Part<'a>> {
    if !rows.order.column.is_some_and(|column| column.nullable) {
        return vec![Part { keyed: None, after: position }];
    }
    let mut parts = vec![Part { keyed: Some(true), after: None }, Part { keyed: Some(false), after: None }];
    if rows.order.descending {
        parts.reverse();
    }
    if let Some(position) = position {
        let here = Some(!position.key.is_null());
        parts = parts.into_iter().skip_while(|part| part.keyed != here).collect();
        if let Some(first) = parts.first_mut() {
            first.after = Some(position);
        }
    }
    parts
}

impl Part<'_> {
    fn condition(&self, rows: &Rows) -> (String, Vec<Value>) {
        let Rows { alias, id, order, .. } = rows;
        let (mut sql, mut values) = (String::new(), Vec::new());
        let mut bind = |value: &str| {
            values.push(value.into());
            format!("${}", rows.values.len() + values.len())
        };
        let column = order.column.map(|text| text.column);
        match (column, self.keyed) {
            (Some(column), Some(true)) => sql = format!(" AND {alias}.{column} IS NOT NULL"),
            (Some(column), Some(false)) => sql = format!(" AND {alias}.{column} IS NULL"),
            _ => {}
        }
        if let Some(Position { id: last, key }) = self.after {
            let way = if order.descending { '<' } else { '>' };
            let unique = order.column.is_some_and(|text| text.unique);
            let place = match (column, key.as_str()) {
                (Some(column), Some(key)) if unique => format!("{alias}.{column} {way} {}", bind(key)),
                (Some(column), Some(key)) => {
                    format!("({alias}.{column}, {alias}.{id}) {way} ({}, {})", bind(key), bind(last))
                }
                _ => format!("{alias}.{id} {way} {}", bind(last)),
            };
            sql = format!("{sql} AND {place}");
        }
        (sql, values)
    }
}
