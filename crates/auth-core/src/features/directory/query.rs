//! Which resources to list: what a filter demands is answered by columns where they can, the rest is
//! evaluated over a bounded stream.

use std::fmt::Write as _;

use sea_orm::Value;
use serde_json::{Value as Json, json};

use super::connections::bounded;
use super::{Attributes, DirectoryFault};
use crate::clock::Timestamp;
use crate::fault::Result;
use scim_protocol::filter::{CompareOp, Filter, Literal};
use scim_protocol::{AttrPath, ResourceType, fold};

/// Most resources that are read to evaluate what no column answers.
pub const SCAN: u64 = 50_000;
/// How many are read at a time.
pub(super) const CHUNK: u64 = 500;
/// Longest text that columns hold to be looked up by, in bytes.
pub(super) const LONGEST_KEY: usize = 1024;

/// What to list.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// What must hold, with canonical names (see [`Filter::resolve`]).
    pub filter: Option<&'a Filter>,
    /// The resource type that the filter was resolved with.
    pub kind: &'a ResourceType,
    /// How many to pass over: SCIM's `startIndex` less one.
    pub offset: u64,
    /// At most so many; 0 only counts.
    pub limit: u64,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it, in the order of the ids, which is that of creation.
    pub resources: Vec<T>,
    /// How many match in all.
    pub total: i64,
}

/// The part of a filter that columns answer, as SQL to be joined by `AND`.
#[derive(Debug, Default)]
pub(super) struct Lowered<'a> {
    /// Each begins with ` AND `.
    pub sql: String,
    /// The parameters, in order; the first one's number was given to [`lower`].
    pub values: Vec<Value>,
    /// What remains to be evaluated.
    pub remaining: Vec<&'a Filter>,
}

/// The columns of a resource type.
pub(super) struct Columns {
    /// The alias of its table.
    pub table: &'static str,
    /// The column of an attribute and how it compares.
    pub of: fn(&AttrPath) -> Option<Column>,
    /// What answers an equality of an element of a list, with `{}` for the parameter.
    pub list: fn(&AttrPath) -> Option<&'static str>,
}

/// A column that answers an equality.
pub(super) struct Column {
    pub name: &'static str,
    pub compares: Compares,
}

/// How the column compares with a literal.
pub(super) enum Compares {
    Exactly,
    Folded,
    AsBoolean,
}

/// Splits a filter: what the columns answer goes to SQL, with parameters numbered from `first` on.
pub(super) fn lower<'a>(filter: Option<&'a Filter>, columns: &Columns, first: usize) -> Lowered<'a> {
    let mut lowered = Lowered::default();
    for part in filter.map_or(&[][..], Filter::conjuncts) {
        if !lower_part(part, columns, first, &mut lowered) {
            lowered.remaining.push(part);
        }
    }
    lowered
}

fn lower_part(part: &Filter, columns: &Columns, first: usize, into: &mut Lowered<'_>) -> bool {
    match part {
        Filter::Compare(path, CompareOp::Eq, literal) => {
            let number = first + into.values.len();
            if let Some(column) = (columns.of)(path) {
                let Some(value) = comparable(&column.compares, literal) else { return false };
                let _ = write!(into.sql, " AND {}.{} = ${number}", columns.table, column.name);
                into.values.push(value);
                return true;
            }
            // Addresses compare folded; the ids in other lists exactly.
            let text = literal
                .as_str()
                .and_then(|text| if path.attr == "emails" { key(text) } else { lookup(text).map(str::to_owned) });
            let (Some(sql), Some(text)) = ((columns.list)(path), text) else { return false };
            into.sql.push_str(" AND ");
            into.sql.push_str(&sql.replace("{}", &format!("${number}")));
            into.values.push(text.into());
            true
        }
        Filter::ValuePath(path, inner) if path.attr == "emails" && path.schema.is_none() => {
            lower_email(inner, columns, first, into)
        }
        _ => false,
    }
}

/// `emails[type eq "work" and value eq "x"]`: both of one element.
fn lower_email(inner: &Filter, columns: &Columns, first: usize, into: &mut Lowered<'_>) -> bool {
    let (mut kind, mut value) = (None, None);
    for part in inner.conjuncts() {
        let Filter::Compare(path, CompareOp::Eq, Literal::String(text)) = part else { return false };
        let Some(text) = key(text) else { return false };
        let place = match path.attr.as_str() {
            "type" => &mut kind,
            "value" => &mut value,
            _ => return false,
        };
        if place.replace(text).is_some() {
            return false;
        }
    }
    let Some(value) = value else { return false };
    let Some(sql) = (columns.list)(&AttrPath::new("emails").with_sub("value")) else { return false };
    let number = first + into.values.len();
    let mut sql = sql.replace("{}", &format!("${number}"));
    into.values.push(value.into());
    if let Some(kind) = kind {
        let open = sql.pop();
        let _ = write!(sql, " AND e.kind_key = ${}", number + 1);
        sql.extend(open);
        into.values.push(kind.into());
    }
    into.sql.push_str(" AND ");
    into.sql.push_str(&sql);
    true
}

fn comparable(compares: &Compares, literal: &Literal) -> Option<Value> {
    match (compares, literal) {
        (Compares::Exactly, Literal::String(text)) => lookup(text).map(Into::into),
        (Compares::Folded, Literal::String(text)) => key(text).map(Into::into),
        (Compares::AsBoolean, Literal::Boolean(flag)) => Some((*flag).into()),
        _ => None,
    }
}

/// The text as a column holds it to be looked up by without regard to case. `None` if it is too long
/// for that, or cannot be in any column.
pub(super) fn key(text: &str) -> Option<String> {
    let key = fold(text);
    lookup(&key).map(str::to_owned)
}

/// The same with regard to case.
pub(super) fn lookup(text: &str) -> Option<&str> {
    (text.len() <= LONGEST_KEY && !text.is_empty() && !text.contains('\0')).then_some(text)
}

/// Whether a filter looks at an attribute of the core schema.
pub(super) fn mentions(filter: &Filter, attribute: &str) -> bool {
    let is = |path: &AttrPath| path.schema.is_none() && path.attr == attribute;
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| mentions(part, attribute)),
        Filter::Not(inner) => mentions(inner, attribute),
        Filter::Present(path) | Filter::Compare(path, ..) | Filter::ValuePath(path, _) => is(path),
    }
}

impl Query<'_> {
    /// How many match in all, where the page that was read says so.
    pub(super) fn total_from(&self, seen: usize) -> Option<i64> {
        let seen = seen as u64;
        (self.limit > seen && (self.offset == 0 || seen > 0)).then(|| bounded(self.offset + seen))
    }
}

impl<T> Page<T> {
    /// Counts a resource that matches, and keeps it if it is on the page.
    pub(super) fn take(&mut self, query: &Query<'_>, resource: T) {
        if self.total.unsigned_abs() >= query.offset && (self.resources.len() as u64) < query.limit {
            self.resources.push(resource);
        }
        self.total += 1;
    }
}

/// A resource with its common attributes, as filters see it.
pub(super) fn complete(
    attributes: &Attributes,
    id: &str,
    kind: &str,
    version: i64,
    created: Timestamp,
    changed: Timestamp,
) -> Attributes {
    let mut whole = attributes.clone();
    whole.insert("id".to_owned(), Json::from(id));
    whole.insert(
        "meta".to_owned(),
        json!({
            "resourceType": kind,
            "created": created.rfc3339(),
            "lastModified": changed.rfc3339(),
            "version": format!("W/\"{version}\""),
        }),
    );
    whole
}

/// Keeps count while a stream is read that columns could not narrow down.
pub(super) struct Scan {
    read: u64,
}

impl Scan {
    pub(super) const fn new() -> Self {
        Self { read: 0 }
    }

    /// Counts resources that were read.
    ///
    /// # Errors
    /// [`DirectoryFault::TooMany`] beyond [`SCAN`].
    pub(super) fn count(&mut self, read: usize) -> Result<()> {
        self.read += u64::try_from(read).unwrap_or(u64::MAX);
        if self.read > SCAN { Err(DirectoryFault::TooMany.into()) } else { Ok(()) }
    }
}
