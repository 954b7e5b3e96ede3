//! The query of a request, and lists: filtered, sorted, in pages by index or by cursor.

use actix_web::{HttpRequest, HttpResponse};
use auth_core::features::directory::query::{CursorFacts, next_cursor, open_cursor};
use auth_core::features::directory::{Page, Place, Position, Query};
use scim_protocol::message::list::ListResponse;
use scim_protocol::message::search::SearchRequest;
use scim_protocol::project::Projection;
use scim_protocol::{Filter, ResourceType, ScimError, Sort};
use serde_json::Value;

use crate::error::ApiError;
use crate::extract::Caller;
use crate::json;

/// How many resources a page has if nothing was said. Announced.
pub const DEFAULT_COUNT: u64 = 100;
/// How many it has at most. Announced.
pub const MAX_COUNT: u64 = 1000;

/// What the query asks for. Both `+` and `%20` are spaces; what is not known is ignored.
pub fn search(req: &HttpRequest) -> Result<SearchRequest, ApiError> {
    let pairs = api_kit::percent::pairs(req.query_string())
        .ok_or_else(|| ScimError::invalid_value("the query has broken percent-encoding or is not UTF-8"))?;
    Ok(SearchRequest::from_query(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))?)
}

/// Which attributes the query wants to see of a single resource. Only what concerns that is read, so that
/// nothing else can be wrong.
pub fn projection(req: &HttpRequest, kind: &ResourceType) -> Result<Projection, ApiError> {
    if req.query_string().is_empty() {
        return Ok(Projection::default());
    }
    let concerns =
        |name: &str| ["attributes", "excludedAttributes"].iter().any(|known| known.eq_ignore_ascii_case(name));
    let pairs: Vec<(String, String)> = req
        .query_string()
        .split('&')
        .filter_map(api_kit::percent::pairs)
        .flatten()
        .filter(|(name, _)| concerns(name))
        .collect();
    let wanted = SearchRequest::from_query(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))?;
    Ok(wanted.projection(kind))
}

/// How many resources to pass over, and how many to give.
pub fn window(search: &SearchRequest) -> (u64, u64) {
    (search.start_index - 1, search.count.unwrap_or(DEFAULT_COUNT).min(MAX_COUNT))
}

/// A list of one resource type, as a request wants it.
pub struct Wanted<'a> {
    search: &'a SearchRequest,
    kind: &'a ResourceType,
    base: &'a str,
    /// What is shown of each resource.
    pub projection: Projection,
    filter: Option<Filter>,
    sort: Option<Sort>,
    /// Where the page begins, if it was asked for by cursor.
    position: Option<Position>,
}

impl<'a> Wanted<'a> {
    /// Checks what was asked for against the resource type.
    pub fn of(caller: &'a Caller, search: &'a SearchRequest, kind: &'a ResourceType) -> Result<Self, ApiError> {
        let (projection, filter, sort) = (search.projection(kind), search.filter(kind)?, search.sort(kind)?);
        let mut this = Self { search, kind, base: &caller.base, projection, filter, sort, position: None };
        if let Some(cursor) = &search.cursor {
            this.position = open_cursor(&caller.core, cursor, &this.facts(caller))?;
        }
        Ok(this)
    }

    fn facts<'b>(&'b self, caller: &'b Caller) -> CursorFacts<'b> {
        CursorFacts {
            directory: &caller.actor.directory.id,
            kind: self.kind,
            filter: self.filter.as_ref(),
            sort: self.sort.as_ref(),
            count: self.search.count,
        }
    }

    /// The question to the core.
    pub fn query(&self) -> Query<'_> {
        let (offset, limit) = window(self.search);
        let place =
            if self.search.cursor.is_some() { Place::Cursor(self.position.as_ref()) } else { Place::Index(offset) };
        Query { filter: self.filter.as_ref(), kind: self.kind, sort: self.sort.as_ref(), place, limit, base: self.base }
    }

    /// The answer to the request.
    pub fn answer(&self, caller: &Caller, page: Page<Value>) -> Result<HttpResponse, ApiError> {
        let cursor = match self.search.cursor {
            Some(_) => next_cursor(&caller.core, &self.facts(caller), &page)?,
            None => None,
        };
        Ok(answer(self.search, page.total, cursor, page.resources))
    }
}

/// The page, which a cursor has no place in the list of.
pub fn answer(search: &SearchRequest, total: i64, next_cursor: Option<String>, resources: Vec<Value>) -> HttpResponse {
    let start_index = usize::try_from(search.start_index).unwrap_or(usize::MAX);
    let list = ListResponse {
        total_results: usize::try_from(total).unwrap_or_default(),
        start_index: search.cursor.is_none().then_some(start_index),
        next_cursor,
        previous_cursor: None,
        resources,
    };
    json::ok(&list.into_json())
}

/// The resources of a page as they are shown.
pub fn shown<T>(page: Page<T>, show: impl FnMut(T) -> Value) -> Page<Value> {
    Page { resources: page.resources.into_iter().map(show).collect(), total: page.total, next: page.next }
}
