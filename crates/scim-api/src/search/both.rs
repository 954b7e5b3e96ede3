//! A list of users and groups together, with exact totals: users first and then groups, or both in the order of an
//! attribute. A cursor leads through the users and then through the groups.

use actix_web::HttpResponse;
use auth_core::features::directory::query::{CursorFacts, Ranked, open_cursor, seal_cursor};
use auth_core::features::directory::{self, DirectoryFault, Page, Place, Position, Query, import};
use scim_protocol::message::search::SearchRequest;
use scim_protocol::project::Projection;
use scim_protocol::{Filter, ResourceType, ScimError, Sort};
use serde_json::Value;

use super::meaning::{Meaning, meaning};
use super::sorted::sorted;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::{self as lists, window};
use crate::{groups, users};

/// One of the two resource types, as the request means it.
pub struct Side<'a> {
    /// The type.
    pub kind: &'a ResourceType,
    /// What is shown of each resource.
    projection: Projection,
    meaning: Meaning,
    sort: Option<Sort>,
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

    /// Whether it is that of users.
    fn is_users(&self) -> bool {
        self.kind.endpoint == "/Users"
    }

    /// The question to the core; `None` if the answer is nothing.
    fn query<'b>(&'b self, caller: &'b Caller, place: Place<'b>, limit: u64) -> Option<Query<'b>> {
        let filter = match &self.meaning {
            Meaning::Never => return None,
            Meaning::Always => None,
            Meaning::When(filter) => Some(filter),
        };
        Some(Query { filter, kind: self.kind, sort: self.sort.as_ref(), place, limit, base: &caller.base })
    }

    /// Some of this type, as they are shown.
    async fn page(&self, caller: &Caller, place: Place<'_>, limit: u64) -> Result<Page<Value>, ApiError> {
        let Some(query) = self.query(caller, place, limit) else {
            return Ok(Page { resources: Vec::new(), total: 0, next: None });
        };
        if self.is_users() {
            return users::list::page(caller, &query, &self.projection).await;
        }
        groups::list::page(caller, &query, &self.projection).await
    }

    /// The first `most` of this type, in their order, and how many there are.
    pub async fn order(&self, caller: &Caller, most: u64) -> Result<(Vec<Ranked>, i64), ApiError> {
        let Some(query) = self.query(caller, Place::Index(0), most) else { return Ok((Vec::new(), 0)) };
        let (actor, is_users) = (&caller.actor, self.is_users());
        let read = async |rx: &auth_core::Rx| {
            if is_users {
                directory::users::order(rx, actor, &query, most).await
            } else {
                directory::groups::order(rx, actor, &query, most).await
            }
        };
        caller.read(read).await
    }

    /// Some of this type, as they are shown, in the order of the ids; without those that have gone meanwhile.
    pub async fn picked(&self, caller: &Caller, ids: &[&str]) -> Result<Vec<Value>, ApiError> {
        if matches!(self.meaning, Meaning::When(_)) {
            let kind = if self.is_users() { import::Kind::User } else { import::Kind::Group };
            caller.seen(kind, ids).await;
        }
        if self.is_users() {
            return users::list::picked(caller, self.kind, ids, &self.projection).await;
        }
        groups::list::picked(caller, self.kind, ids, &self.projection).await
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
