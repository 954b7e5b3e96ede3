//! A list of users and groups together, with exact totals: users first and then groups, or both in the order of an
//! attribute. A cursor leads through the users and then through the groups.

use std::collections::VecDeque;

use actix_web::HttpResponse;
use auth_core::features::directory::groups::Members;
use auth_core::features::directory::query::{CursorFacts, open_cursor, seal_cursor};
use auth_core::features::directory::{DirectoryFault, Page, Place, Position, Query};
use scim_protocol::message::search::SearchRequest;
use scim_protocol::project::Projection;
use scim_protocol::{Filter, ResourceType, ScimError, ScimType, Sort, SortKey};
use serde_json::Value;

use super::meaning::{Meaning, meaning};
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::{self as lists, window};
use crate::resource::hides;
use crate::{groups, users};

/// How far into a list that is sorted across both types a page may reach: what lies before has to be read.
const DEEPEST: u64 = 50_000;

/// One of the two resource types, as the request means it.
struct Side<'a> {
    kind: &'a ResourceType,
    meaning: Meaning,
    sort: Option<Sort>,
    projection: Projection,
    /// What marks the cursors within this type.
    marked: ResourceType,
}

impl<'a> Side<'a> {
    fn of(
        search: &SearchRequest,
        filter: Option<&Filter>,
        kind: &'a ResourceType,
        other: &ResourceType,
    ) -> Result<Self, ApiError> {
        let meaning = filter.map_or(Ok(Meaning::Always), |filter| meaning(filter, kind, other))?;
        // Which one does not have it is in the error of the one that does not either.
        let sort = search.sort(kind).or_else(|error| search.sort(other).map(|_| None).map_err(|_| error))?;
        let marked = ResourceType { name: format!("All/{}", kind.name).into(), ..kind.clone() };
        Ok(Self { kind, meaning, sort, projection: search.projection(kind), marked })
    }

    /// The list that a cursor within this type belongs to.
    fn facts<'b>(&'b self, caller: &'b Caller, search: &SearchRequest, filter: Option<&'b Filter>) -> CursorFacts<'b> {
        CursorFacts {
            directory: &caller.actor.directory.id,
            kind: &self.marked,
            filter,
            sort: None,
            count: search.count,
        }
    }

    fn is_users(&self) -> bool {
        self.kind.endpoint == "/Users"
    }

    /// Some of this type, as they are shown.
    async fn page(&self, caller: &Caller, place: Place<'_>, limit: u64) -> Result<Page<Value>, ApiError> {
        self.page_of(caller, place, limit, &self.projection).await
    }

    async fn page_of(
        &self,
        caller: &Caller,
        place: Place<'_>,
        limit: u64,
        shown: &Projection,
    ) -> Result<Page<Value>, ApiError> {
        let filter = match &self.meaning {
            Meaning::Never => return Ok(Page { resources: Vec::new(), total: 0, next: None }),
            Meaning::Always => None,
            Meaning::When(filter) => Some(filter),
        };
        let query = Query { filter, kind: self.kind, sort: self.sort.as_ref(), place, limit };
        if self.is_users() {
            return users::list::page(caller, &query, shown).await;
        }
        let sorts_members = self.sort.as_ref().is_some_and(|sort| sort.path.attr == "members");
        let members =
            if self.projection.wants(self.kind, "members") || sorts_members { Members::Include } else { Members::Omit };
        groups::list::page(caller, &query, members, shown).await
    }
}

/// The page that a search over both types asks for.
pub async fn answer(caller: &Caller, search: &SearchRequest) -> Result<HttpResponse, ApiError> {
    let filter = search.filter.as_deref().map(Filter::parse).transpose()?;
    let (user, group) = (&caller.kinds().user, &caller.kinds().group);
    let first = Side::of(search, filter.as_ref(), user, group)?;
    let second = Side::of(search, filter.as_ref(), group, user)?;
    if let Some(cursor) = &search.cursor {
        if search.sort_by.is_some() {
            let detail = "users and groups together are sorted in pages by startIndex only";
            return Err(ScimError::invalid_value(detail).into());
        }
        return by_cursor(caller, search, cursor, filter.as_ref(), [&first, &second]).await;
    }
    let page = match first.sort.as_ref().or(second.sort.as_ref()) {
        Some(sort) => sorted(caller, search, sort, [&first, &second]).await?,
        None => by_index(caller, search, [&first, &second]).await?,
    };
    Ok(lists::answer(search, page.total, None, page.resources))
}

/// Users, then groups.
async fn by_index(
    caller: &Caller,
    search: &SearchRequest,
    [first, second]: [&Side<'_>; 2],
) -> Result<Page<Value>, ApiError> {
    let (offset, limit) = window(search);
    let mut page = first.page(caller, Place::Index(offset), limit).await?;
    let passed = offset.saturating_sub(page.total.unsigned_abs());
    let rest = second.page(caller, Place::Index(passed), limit - page.resources.len() as u64).await?;
    page.total += rest.total;
    page.resources.extend(rest.resources);
    Ok(page)
}

/// Users, then groups, from a place on that a cursor names.
async fn by_cursor(
    caller: &Caller,
    search: &SearchRequest,
    cursor: &str,
    filter: Option<&Filter>,
    [first, second]: [&Side<'_>; 2],
) -> Result<HttpResponse, ApiError> {
    // A cursor is of the list of one of them.
    let (within_first, position) = match open_cursor(&caller.core, cursor, &first.facts(caller, search, filter)) {
        Ok(position) => (true, position),
        Err(error) if error.is(&DirectoryFault::InvalidCursor) => {
            (false, open_cursor(&caller.core, cursor, &second.facts(caller, search, filter))?)
        }
        Err(error) => return Err(error.into()),
    };
    let position = position.filter(|position| *position != Position::beginning());
    let (_, limit) = window(search);
    let (mut page, rest);
    if within_first {
        page = first.page(caller, Place::Cursor(position.as_ref()), limit).await?;
        let room = if page.next.is_some() { 0 } else { limit - page.resources.len() as u64 };
        rest = second.page(caller, Place::Cursor(None), room).await?;
    } else {
        page = first.page(caller, Place::Index(0), 0).await?;
        rest = second.page(caller, Place::Cursor(position.as_ref()), limit).await?;
    }
    let at_groups = || Some(Position::beginning()).filter(|_| within_first && limit > 0 && rest.total > 0);
    let next = match (&page.next, &rest.next) {
        (Some(position), _) => Some((first, position.clone())),
        (None, Some(position)) => Some((second, position.clone())),
        (None, None) if rest.resources.is_empty() => at_groups().map(|position| (second, position)),
        (None, None) => None,
    };
    let next = match next {
        Some((side, position)) => Some(seal_cursor(&caller.core, &side.facts(caller, search, filter), &position)?),
        None => None,
    };
    page.resources.extend(rest.resources);
    Ok(lists::answer(search, page.total + rest.total, next, page.resources))
}

/// Both in one order; where they are equal, users come first.
async fn sorted(
    caller: &Caller,
    search: &SearchRequest,
    sort: &Sort,
    [first, second]: [&Side<'_>; 2],
) -> Result<Page<Value>, ApiError> {
    let (offset, limit) = window(search);
    if limit > 0 && offset + limit > DEEPEST {
        let detail = format!("a sorted search over users and groups reaches no further than {DEEPEST} resources");
        return Err(ScimError::typed(ScimType::TooMany, detail).into());
    }
    let (mut first, mut second) = (Stream::open(caller, first, sort).await?, Stream::open(caller, second, sort).await?);
    let mut page = Page { resources: Vec::new(), total: first.total + second.total, next: None };
    for place in 0..if limit > 0 { offset + limit } else { 0 } {
        let from_second = match (first.ready.front(), second.ready.front()) {
            (Some((one, _)), Some((two, _))) => two < one,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (None, None) => break,
        };
        let stream = if from_second { &mut second } else { &mut first };
        if let Some(resource) = stream.take(caller).await?
            && place >= offset
        {
            page.resources.push(stream.side.project(resource));
        }
    }
    Ok(page)
}

/// The sorted resources of one type, read piece by piece.
struct Stream<'a> {
    side: &'a Side<'a>,
    sort: &'a Sort,
    total: i64,
    read: u64,
    ready: VecDeque<(SortKey, Value)>,
    /// Everything, also what is shown only to who asks for it: the key may be of that.
    whole: Projection,
}

impl<'a> Stream<'a> {
    async fn open(caller: &Caller, side: &'a Side<'a>, sort: &'a Sort) -> Result<Self, ApiError> {
        let path = sort.path.to_string();
        let named = side.kind.schemas().map(|schema| &*schema.id).chain(["externalId", "meta", path.as_str()]);
        let whole = Projection::new(side.kind, named, []);
        let mut this = Self { side, sort, total: 0, read: 0, ready: VecDeque::new(), whole };
        this.fill(caller).await?;
        Ok(this)
    }

    /// Reads the next piece.
    async fn fill(&mut self, caller: &Caller) -> Result<(), ApiError> {
        let page = self.side.page_of(caller, Place::Index(self.read), lists::MAX_COUNT, &self.whole).await?;
        self.total = page.total;
        self.read += page.resources.len() as u64;
        self.ready.extend(page.resources.into_iter().map(|resource| {
            let key = match &resource {
                Value::Object(object) => self.sort.key(self.side.kind, object),
                _ => self.sort.key(self.side.kind, &scim_protocol::Resource::new()),
            };
            (key, resource)
        }));
        Ok(())
    }

    async fn take(&mut self, caller: &Caller) -> Result<Option<Value>, ApiError> {
        let taken = self.ready.pop_front();
        if self.ready.is_empty() && self.read < self.total.unsigned_abs() {
            self.fill(caller).await?;
        }
        Ok(taken.map(|(_, resource)| resource))
    }
}

impl Side<'_> {
    fn project(&self, resource: Value) -> Value {
        match resource {
            Value::Object(resource) if !self.projection.is_default() || hides(self.kind) => {
                Value::Object(self.projection.apply(self.kind, resource))
            }
            other => other,
        }
    }
}
