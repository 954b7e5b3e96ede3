//! Users and groups in one order. Each type is read in that order, piece by piece, and the two are merged.

use std::collections::VecDeque;

use auth_core::features::directory::groups::{LISTED, Members};
use auth_core::features::directory::{DirectoryFault, Page, Place, Query};
use scim_protocol::message::search::SearchRequest;
use scim_protocol::project::Projection;
use scim_protocol::{AttrPath, CompareOp, Filter, Literal, Resource, ScimError, ScimType, Sort, SortKey};
use serde_json::Value;

use super::both::Side;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::groups;
use crate::list::{self as lists, window};
use crate::resource::hides;

/// How far into the list a page may reach: what lies before it has to be read.
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
    let (mut first, mut second) = (Stream::open(caller, first, sort).await?, Stream::open(caller, second, sort).await?);
    let mut page = Page { resources: Vec::new(), total: first.total + second.total, next: None };
    let mut room = LISTED;
    for place in 0..end {
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
            page.resources.push(stream.shown(caller, resource, &mut room).await?);
        }
    }
    Ok(page)
}

/// The resources of one type in their order.
struct Stream<'a> {
    side: &'a Side<'a>,
    sort: &'a Sort,
    total: i64,
    read: u64,
    ready: VecDeque<(SortKey, Value)>,
    /// Everything, also what is shown only to who asks for it: the key may be of that.
    whole: Projection,
    /// Members are read with the groups only where they decide on the order.
    members: Members,
}

impl<'a> Stream<'a> {
    async fn open(caller: &Caller, side: &'a Side<'a>, sort: &'a Sort) -> Result<Self, ApiError> {
        let path = sort.path.to_string();
        let named = side.kind.schemas().map(|schema| &*schema.id).chain(["externalId", "meta", path.as_str()]);
        let whole = Projection::new(side.kind, named, []);
        let members = if sort.path.attr == "members" { Members::Include } else { Members::Omit };
        let mut this = Self { side, sort, total: 0, read: 0, ready: VecDeque::new(), whole, members };
        this.fill(caller).await?;
        Ok(this)
    }

    /// Reads the next piece.
    async fn fill(&mut self, caller: &Caller) -> Result<(), ApiError> {
        let place = Place::Index(self.read);
        let page = self.side.page_with(caller, place, lists::MAX_COUNT, self.members, &self.whole).await?;
        self.total = page.total;
        self.read += page.resources.len() as u64;
        for resource in page.resources {
            let nothing = Resource::new();
            let key = self.sort.key(self.side.kind, resource.as_object().unwrap_or(&nothing));
            self.ready.push_back((key, resource));
        }
        Ok(())
    }

    async fn take(&mut self, caller: &Caller) -> Result<Option<Value>, ApiError> {
        let taken = self.ready.pop_front();
        if self.ready.is_empty() && self.read < self.total.unsigned_abs() {
            self.fill(caller).await?;
        }
        Ok(taken.map(|(_, resource)| resource))
    }

    /// The resource as the client wants to see it. Groups have no more members together than `room`.
    async fn shown(&self, caller: &Caller, resource: Value, room: &mut u64) -> Result<Value, ApiError> {
        let (kind, projection) = (self.side.kind, &self.side.projection);
        if self.members == Members::Omit && self.side.wants_members() {
            let id = resource["id"].as_str().unwrap_or_default().to_owned();
            let filter = Filter::Compare(AttrPath::new("id"), CompareOp::Eq, Literal::String(id));
            let query =
                Query { filter: Some(&filter), kind, sort: None, place: Place::Index(0), limit: 1, base: &caller.base };
            let found = groups::list::page(caller, &query, Members::Include, projection).await?.resources.pop();
            let found = found.unwrap_or(resource);
            let members = found["members"].as_array().map_or(0, |members| members.len() as u64);
            *room = room.checked_sub(members).ok_or_else(|| auth_core::Error::from(DirectoryFault::TooManyMembers))?;
            return Ok(found);
        }
        Ok(match resource {
            Value::Object(resource) if !projection.is_default() || hides(kind) => {
                Value::Object(projection.apply(kind, resource))
            }
            other => other,
        })
    }
}
