//! Which resources to list, in which order, from where on.
//!
//! * `lower` turns what columns answer of a filter into SQL, by what they are said to know (`answers`);
//! * `listing` reads pages of what columns answer as a whole, by the statements of `rows`;
//! * `scan` reads the rest: a bounded stream, evaluated here;
//! * `cursor` writes places in a list as text.
//!
//! What is special to users or groups (their columns, what they look like to a filter) is said in their
//! folders, as [`Listed`].
//!
//! # Orders
//!
//! Without `sort` a list is in the order of the ids, which is that of creation. `id`, `meta.created`,
//! `userName` and `displayName` are read from an index, whatever the size of the directory; any other
//! order is made here, of at most [`SCAN`] resources. Equal keys are in the order of the ids, in a
//! descending order of the ids turned round.
//!
//! # Cursors
//!
//! A cursor names the last resource of a page, with its key in the order, and the next page begins after
//! it, whether it is still there or not. So others may be added and deleted meanwhile: whatever stays is
//! given once. In the order of an attribute this is true of resources that keep their value.

mod answers;
mod cursor;
mod listing;
mod lower;
mod rows;
mod scan;

use serde_json::{Value as Json, json};

use super::Attributes;
use crate::clock::Timestamp;
use crate::db::{Row, Scope};
use crate::fault::Result;
use crate::ids::DirectoryId;
use scim_protocol::{AttrPath, Filter, ResourceType, Sort, SortKey, fold};

pub(super) use answers::{Answer, Elements, Text};
pub use cursor::{CURSOR_LIFETIME, CursorFacts, next_cursor, open_cursor, seal_cursor};
pub(super) use listing::{order, page};

pub(super) use scan::{Bound, fetch};

/// Most resources that are read to evaluate what no column answers.
pub const SCAN: u64 = 50_000;
/// Longest text that columns hold to be looked up by, in bytes.
pub(super) const LONGEST_KEY: usize = 1024;

/// What to list.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// What must hold, with canonical names (see [`Filter::resolve`]).
    pub filter: Option<&'a Filter>,
    /// The resource type that the filter and the order were resolved with.
    pub kind: &'a ResourceType,
    /// The order; `None` is that of creation.
    pub sort: Option<&'a Sort>,
    /// Where the page begins.
    pub place: Place<'a>,
    /// At most so many; 0 only counts.
    pub limit: u64,
    /// The address of the service as it was called, without a final slash: `meta.location` and `$ref` begin with it.
    pub base: &'a str,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// After so many: SCIM's `startIndex` less one.
    Index(u64),
    /// After a place of an earlier page; `None` is the beginning.
    Cursor(Option<&'a Position>),
}

/// A place between two resources of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// The resource before it.
    id: String,
    /// What that one is sorted by, if it is not the id: the key of a column, or a resource with no more
    /// than the value that counts.
    key: Json,
}

impl Position {
    /// Before everybody in the order of creation.
    #[must_use]
    pub const fn beginning() -> Self {
        Self { id: String::new(), key: Json::Null }
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it, in order.
    pub resources: Vec<T>,
    /// How many match in all.
    pub total: i64,
    /// Where the next page begins, if this one was asked for by cursor and is not the last.
    pub next: Option<Position>,
}

impl<T> Page<T> {
    const fn empty(total: i64) -> Self {
        Self { resources: Vec::new(), total, next: None }
    }
}

/// A resource in an order, which is not read otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// By what it has its place; `None` if that is the id.
    pub key: Option<SortKey>,
    /// Which.
    pub id: String,
}

/// The names of a kind of resource.
pub(super) struct Names {
    /// Its table.
    pub table: &'static str,
    /// How the table is called in statements: the columns begin with it.
    pub alias: &'static str,
    /// How the counters call it.
    pub counted: &'static str,
}

/// What lists have to know of a kind of resource.
pub(super) trait Listed: Sized {
    /// Its names.
    const NAMES: Names;

    /// The columns that [`read`](Self::read) reads.
    fn columns() -> &'static str;
    /// A row of them.
    fn read(row: &Row) -> Result<Self>;
    fn id(&self) -> &str;

    /// Which column answers questions about an attribute. The path is canonical.
    fn answer(path: &AttrPath) -> Option<Answer>;
    /// What the resource has in a column that lists are ordered by.
    fn key(&self, column: &str) -> Option<String>;

    /// Reads resources as filters and orders see them, with their ids. `wants` tells whether an attribute
    /// matters: what is dear to compute is left out if it does not.
    async fn evaluated(
        db: &impl Scope,
        directory: &DirectoryId,
        select: Select,
        wants: impl Fn(&dyn Fn(&AttrPath) -> bool) -> bool,
        bound: &mut Bound,
    ) -> Result<Vec<(String, Attributes)>>;
}

/// A statement whose columns are still to be chosen.
pub(super) struct Select {
    head: &'static str,
    tail: String,
    values: Vec<sea_orm::Value>,
}

impl Select {
    /// The rows, with these columns.
    pub async fn rows(self, db: &impl Scope, columns: &str) -> Result<Vec<Row>> {
        crate::db::all(db, format!("{}{columns}{}", self.head, self.tail), self.values).await
    }
}

/// The text as a column holds it to be looked up by without regard to case. `None` if it is too long
/// for that, or cannot be in any column.
pub(super) fn key(text: &str) -> Option<String> {
    let key = fold(text);
    lookup(&key).map(str::to_owned)
}

/// The same, but of a text that is too long the beginning.
pub(super) fn beginning(text: &str) -> Option<String> {
    let mut key = fold(text);
    key.truncate(key.floor_char_boundary(LONGEST_KEY));
    lookup(&key).map(str::to_owned)
}

/// The same with regard to case.
pub(super) fn lookup(text: &str) -> Option<&str> {
    (text.len() <= LONGEST_KEY && !text.is_empty() && !text.contains('\0')).then_some(text)
}

/// Whether a filter looks at an attribute that satisfies `is`.
fn mentions(filter: &Filter, is: &dyn Fn(&AttrPath) -> bool) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| mentions(part, is)),
        Filter::Not(inner) => mentions(inner, is),
        Filter::Present(path) | Filter::Compare(path, ..) | Filter::ValuePath(path, _) => is(path),
    }
}

/// A resource with its common attributes, as filters see it.
pub(super) fn complete(
    mut attributes: Attributes,
    id: &str,
    kind: &str,
    tag: &str,
    created: Timestamp,
    changed: Timestamp,
) -> Attributes {
    attributes.insert("id".to_owned(), Json::from(id));
    attributes.insert(
        "meta".to_owned(),
        json!({
            "resourceType": kind,
            "created": created.rfc3339(),
            "lastModified": changed.rfc3339(),
            "version": format!("W/\"{tag}\""),
        }),
    );
    attributes
}
