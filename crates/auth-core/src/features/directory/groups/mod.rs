//! The group resources of a directory: created, read, listed, changed, deleted.
//!
//! Members are rows of their own and are changed by [`MemberOp`]s, each a set operation whose cost is
//! that of the change and not of the group. Groups may be members of groups (`nesting`).

mod arriving;
mod listing;
mod lists;
mod membership;
mod nesting;
mod plan;
mod reading;
mod store;

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::query::{self, Page, Query, Ranked};
use super::resource::{self, GroupColumns};
use super::users::{Changed, check_version};
use super::{Attributes, CredentialScope, Directory, DirectoryActor, DirectoryFault, import, mapping, rules, schemas};
use crate::clock::Timestamp;
use crate::db::{Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{DirectoryGroupId, DirectoryId, Id as _};
use crate::outbox::{Event, EventKind};

pub use arriving::{Arriving, take_over, take_over_member};
pub(super) use membership::{Moves, leave_all};
pub(super) use nesting::complete;
pub use nesting::effective_groups_of;
pub(super) use store::find;

/// How many members the groups of a page may have together, to be listed with them.
const LISTED: u64 = 10_000;
/// The same for a group that is alone on its page: who looks for a group by its name gets what a GET gives.
const ALONE: u64 = 1_000_000;

/// A group resource as it was last stored.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectoryGroup {
    /// Its id.
    pub id: DirectoryGroupId,
    /// Raised by each change of attributes or members.
    pub version: i64,
    /// Canonical SCIM attributes with `schemas`, without `id`, `meta` and `members`.
    pub attributes: Attributes,
    /// The members, if they were asked for.
    pub members: Option<Vec<Member>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed.
    pub updated_at: Timestamp,
}

impl DirectoryGroup {
    /// What the version is called outside.
    #[must_use]
    pub fn tag(&self) -> String {
        self.version.to_string()
    }
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The resource that is a member.
    pub id: String,
    /// What it is.
    pub kind: MemberKind,
    /// Its `displayName`, else its `userName`; empty where names were not asked for.
    pub display: String,
}

/// What sort of resource a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A user resource.
    User,
    /// A group resource.
    Group,
}

impl MemberKind {
    /// The resource type, as SCIM calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    const fn as_stored(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }

    fn from_stored(text: &str) -> Self {
        if text == "group" { Self::Group } else { Self::User }
    }
}

/// Whether a group is read with its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members {
    /// Without.
    Omit,
    /// With all of them, and what they are called.
    Include,
    /// With all of them, without what they are called, which costs less.
    Unnamed,
    /// The same, unless they are more than this: then without them, whose number is not looked at further.
    AtMost(u64),
}

/// What becomes of a page whose groups have more members together than a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// It shows the members of none of its groups.
    Omit,
    /// There is none.
    Refuse,
}

/// What is asked of each member of a group.
#[derive(Clone)]
pub struct Condition {
    holds: Arc<dyn Fn(&Member) -> bool + Send + Sync>,
    /// How much there is to be looked at of a member, in parts of a filter.
    size: usize,
}

impl Condition {
    /// A condition of so many parts.
    pub fn new(size: usize, holds: impl Fn(&Member) -> bool + Send + Sync + 'static) -> Self {
        Self { holds: Arc::new(holds), size }
    }
}

/// A change of the members of a group. Several are carried out in order.
#[derive(Clone)]
pub enum MemberOp {
    /// These become members; those who are already stay.
    Add(Vec<String>),
    /// These are members no longer; those who were not stay out.
    Remove(Vec<String>),
    /// Whoever satisfies this is a member no longer.
    RemoveWhere(Condition),
    /// These are the members, and nobody else.
    Replace(Vec<String>),
}

/// What to change of a group.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// The new attributes, all of them; `None` leaves them.
    pub attributes: Option<Attributes>,
    /// The changes of the members.
    pub members: Vec<MemberOp>,
}

/// A group resource to be made.
#[derive(Clone, Debug)]
pub struct NewDirectoryGroup {
    /// Canonical SCIM attributes with `schemas`, without `id`, `meta` and `members`.
    pub attributes: Attributes,
    /// The ids of its members.
    pub members: Vec<String>,
}

impl std::fmt::Debug for MemberOp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Add(ids) => f.debug_tuple("Add").field(&ids.len()).finish(),
            Self::Remove(ids) => f.debug_tuple("Remove").field(&ids.len()).finish(),
            Self::RemoveWhere(_) => f.write_str("RemoveWhere"),
            Self::Replace(ids) => f.debug_tuple("Replace").field(&ids.len()).finish(),
        }
    }
}

/// Stores a new group with its members.
///
/// # Errors
/// [`DirectoryFault::DisplayNameRequired`], [`DirectoryFault::InvalidText`], [`DirectoryFault::MissingScope`].
pub async fn create(
    tx: &mut Tx,
    actor: &DirectoryActor,
    new: &NewDirectoryGroup,
    members: Members,
) -> Result<Changed<DirectoryGroup>> {
    let id = tx.new_id();
    create_as(tx, actor, new, members, id).await
}

/// The same under an id that was answered before.
pub(super) async fn create_as(
    tx: &mut Tx,
    actor: &DirectoryActor,
    new: &NewDirectoryGroup,
    members: Members,
    id: DirectoryGroupId,
) -> Result<Changed<DirectoryGroup>> {
    actor.demand(tx, CredentialScope::GroupsWrite)?;
    let directory = &actor.directory;
    let name = new.attributes.get("displayName").and_then(Json::as_str).unwrap_or_default();
    import::touch(tx, &directory.id, import::Kind::Group, id.as_str(), Some(name)).await?;
    schemas::hold(tx, directory).await?;
    let attributes = stored(new.attributes.clone());
    let columns = resource::group(&attributes)?;
    let mut group =
        DirectoryGroup { id, version: 1, attributes, members: None, created_at: tx.now(), updated_at: tx.now() };
    store::insert(tx, &directory.id, &group, &columns).await?;
    let payload = json!({ "v": 1, "directory_id": directory.id.as_str(), "group": brief(&group.id, &columns) });
    let event = Event::new(EventKind::DirectoryGroupCreated, &group.id, payload);
    tx.record(event.within(directory.organization_id.as_ref()));
    rules::appeared(tx, directory, &group.id, &columns).await?;
    let done = membership::apply(tx, directory, &group.id, &[MemberOp::Add(new.members.clone())]).await?;
    group.members = shown(tx, &directory.id, &group.id, members).await?;
    Ok(Changed { resource: group, changed: true, warnings: done.warnings() })
}

/// The group.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`], [`DirectoryFault::MissingScope`].
pub async fn get(
    db: &impl Scope,
    actor: &DirectoryActor,
    id: &DirectoryGroupId,
    members: Members,
) -> Result<DirectoryGroup> {
    actor.demand(db, CredentialScope::GroupsRead)?;
    let directory = &actor.directory.id;
    let group = find(db, directory, id).await?;
    let mut group = group.ok_or_else(|| Error::from(DirectoryFault::ResourceNotFound))?;
    group.members = shown(db, directory, id, members).await?;
    Ok(group)
}

/// The members of a group as far as the answer holds them, in the order of their ids.
async fn shown(
    db: &impl Scope,
    directory: &DirectoryId,
    group: &DirectoryGroupId,
    members: Members,
) -> Result<Option<Vec<Member>>> {
    Ok(match members {
        Members::Omit => None,
        Members::Include => Some(reading::page(db, directory, group, "", u64::MAX, true).await?),
        Members::Unnamed => Some(reading::page(db, directory, group, "", u64::MAX, false).await?),
        Members::AtMost(most) => {
            let some = reading::page(db, directory, group, "", most.saturating_add(1), false).await?;
            (some.len() as u64 <= most).then_some(some)
        }
    })
}

/// A page of the groups that match, and how many do. With members it has those of all its groups, or of none: see
/// [`Beyond`].
///
/// # Errors
/// [`DirectoryFault::TooMany`], [`DirectoryFault::TooManyMembers`], [`DirectoryFault::MissingScope`].
pub async fn list(
    db: &impl Scope,
    actor: &DirectoryActor,
    query: &Query<'_>,
    members: Members,
    beyond: Beyond,
) -> Result<Page<DirectoryGroup>> {
    actor.demand(db, CredentialScope::GroupsRead)?;
    let directory = &actor.directory.id;
    let mut page: Page<DirectoryGroup> = query::page(db, directory, query).await?;
    fill(db, directory, &mut page.resources, members, beyond).await?;
    Ok(page)
}

/// The first `most` groups that match, in their order, and how many match in all.
///
/// # Errors
/// [`DirectoryFault::TooMany`], [`DirectoryFault::MissingScope`].
pub async fn order(
    db: &impl Scope,
    actor: &DirectoryActor,
    query: &Query<'_>,
    most: u64,
) -> Result<(Vec<Ranked>, i64)> {
    actor.demand(db, CredentialScope::GroupsRead)?;
    query::order::<DirectoryGroup>(db, &actor.directory.id, query, most).await
}

/// Those of some groups that are there, in the order of the ids, as a list has them.
///
/// # Errors
/// [`DirectoryFault::TooManyMembers`], [`DirectoryFault::MissingScope`].
pub async fn pick(
    db: &impl Scope,
    actor: &DirectoryActor,
    ids: &[&str],
    members: Members,
    beyond: Beyond,
) -> Result<Vec<DirectoryGroup>> {
    actor.demand(db, CredentialScope::GroupsRead)?;
    let mut groups = query::fetch(db, &actor.directory.id, ids).await?;
    fill(db, &actor.directory.id, &mut groups, members, beyond).await?;
    Ok(groups)
}

/// Reads the members of the groups of a page.
async fn fill(
    db: &impl Scope,
    directory: &DirectoryId,
    groups: &mut [DirectoryGroup],
    members: Members,
    beyond: Beyond,
) -> Result<()> {
    if members == Members::Omit || groups.is_empty() {
        return Ok(());
    }
    let ids: Vec<&DirectoryGroupId> = groups.iter().map(|group| &group.id).collect();
    let most = if ids.len() == 1 { ALONE } else { LISTED };
    let of = reading::of_many(db, directory, &ids, members == Members::Include, most).await?;
    // Some of the members would be worse than none: a client would take the others out.
    let Some(mut of) = of else {
        return if beyond == Beyond::Omit { Ok(()) } else { Err(DirectoryFault::TooManyMembers.into()) };
    };
    for group in groups {
        group.members = Some(of.remove(group.id.as_str()).unwrap_or_default());
    }
    Ok(())
}

/// Some members of a group in the order of their ids, from the one after a place on; `named`: with what
/// they are called.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`], [`DirectoryFault::MissingScope`].
pub async fn members(
    db: &impl Scope,
    actor: &DirectoryActor,
    id: &DirectoryGroupId,
    after: Option<&str>,
    limit: u64,
    named: bool,
) -> Result<Vec<Member>> {
    actor.demand(db, CredentialScope::GroupsRead)?;
    let directory = &actor.directory.id;
    if find(db, directory, id).await?.is_none() {
        return Err(DirectoryFault::ResourceNotFound.into());
    }
    reading::page(db, directory, id, after.unwrap_or_default(), limit, named).await
}

/// Changes attributes and members as `edit` says, which is given the present group without its
/// members. What has no effect changes neither version nor time.
///
/// `if_match`: the tags of which the present one must be one; `None` for any. `members`: whether
/// the answer holds them.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`], [`DirectoryFault::Stale`], [`DirectoryFault::DisplayNameRequired`],
/// [`DirectoryFault::InvalidText`], [`DirectoryFault::MissingScope`], and those of `edit`.
pub async fn change<E: From<Error>>(
    tx: &mut Tx,
    actor: &DirectoryActor,
    id: &DirectoryGroupId,
    if_match: Option<&[String]>,
    members: Members,
    edit: impl FnOnce(&DirectoryGroup) -> Result<Edit, E>,
) -> Result<Changed<DirectoryGroup>, E> {
    actor.demand(tx, CredentialScope::GroupsWrite)?;
    schemas::hold(tx, &actor.directory).await?;
    let present = store::lock(tx, &actor.directory.id, id).await?;
    let present = present.ok_or_else(|| Error::from(DirectoryFault::ResourceNotFound))?;
    check_version(if_match, &present.tag())?;
    let edit = edit(&present)?;
    Ok(apply(tx, &actor.directory, present, edit, members).await?)
}

async fn apply(
    tx: &mut Tx,
    directory: &Directory,
    mut group: DirectoryGroup,
    edit: Edit,
    members: Members,
) -> Result<Changed<DirectoryGroup>> {
    let before = resource::group(&group.attributes)?;
    let attributes = edit.attributes.map(stored).filter(|attributes| *attributes != group.attributes);
    let done = membership::apply(tx, directory, &group.id, &edit.members).await?;
    let changed = attributes.is_some() || done.changed;
    if !changed {
        tx.note("resource.unchanged", || "The resource is like that already".to_owned(), || Json::Null);
    }
    if changed {
        group.version += 1;
        group.updated_at = tx.now().after(group.updated_at);
    }
    if let Some(attributes) = attributes {
        group.attributes = attributes;
        let columns = resource::group(&group.attributes)?;
        store::update(tx, &directory.id, &group, &columns).await?;
        let renamed = before.display_name_key != columns.display_name_key;
        if before.display_name != columns.display_name {
            let people = mapping::people_of(tx, directory, &group.id).await?;
            mapping::people_changed(tx, directory, people).await?;
        }
        let (before, after) = (brief(&group.id, &before), brief(&group.id, &columns));
        let payload = json!({ "v": 1, "directory_id": directory.id.as_str(), "before": before, "group": after });
        let event = Event::new(EventKind::DirectoryGroupUpdated, &group.id, payload);
        tx.record(event.within(directory.organization_id.as_ref()));
        if renamed {
            rules::appeared(tx, directory, &group.id, &columns).await?;
        }
    } else if changed {
        store::touch(tx, &directory.id, &group).await?;
    }
    group.members = shown(tx, &directory.id, &group.id, members).await?;
    Ok(Changed { resource: group, changed, warnings: done.warnings() })
}

/// Deletes a group. Its members stay what else they are, and it is in no other group any more.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`], [`DirectoryFault::Stale`], [`DirectoryFault::MissingScope`].
pub async fn delete(
    tx: &mut Tx,
    actor: &DirectoryActor,
    id: &DirectoryGroupId,
    if_match: Option<&[String]>,
) -> Result<()> {
    actor.demand(tx, CredentialScope::GroupsWrite)?;
    let directory = &actor.directory;
    let present = store::lock(tx, &directory.id, id).await?;
    let present = present.ok_or_else(|| Error::from(DirectoryFault::ResourceNotFound))?;
    check_version(if_match, &present.tag())?;
    let columns = resource::group(&present.attributes)?;
    let giving = rules::deleting(tx, directory, id).await?;
    let people = mapping::people_of(tx, directory, id).await?;
    membership::leaving(tx, directory, id).await?;
    store::delete(tx, &directory.id, id).await?;
    leave_all(tx, directory, id.as_str(), MemberKind::Group).await?;
    rules::deleted(tx, directory, id, giving).await?;
    mapping::people_changed(tx, directory, people).await?;
    let payload = json!({ "v": 1, "directory_id": directory.id.as_str(), "group": brief(id, &columns) });
    let event = Event::new(EventKind::DirectoryGroupDeleted, id, payload);
    tx.record(event.within(directory.organization_id.as_ref()));
    Ok(())
}

/// The attributes as they are stored: without what is stored elsewhere.
fn stored(mut attributes: Attributes) -> Attributes {
    for elsewhere in ["id", "meta", "members"] {
        attributes.shift_remove(elsewhere);
    }
    attributes
}

/// What an event says about a group: what it is called, not who is in it.
fn brief(id: &DirectoryGroupId, columns: &GroupColumns) -> Json {
    json!({ "id": id.as_str(), "display_name": columns.display_name, "external_id": columns.external_id })
}
