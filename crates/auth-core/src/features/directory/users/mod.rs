//! The user resources of a directory: created, read, listed, changed, deleted.
//!
//! What a resource means for a person (linking, authority, the end of access) is decided by the
//! neighbors of this folder; here is the order in which they are asked.

mod arriving;
mod changing;
mod creating;
mod deleting;
mod listing;
mod managers;
mod store;

use aws_lc_rs::digest;
use serde_json::{Value as Json, json};

use super::query::{self, Page, Query, Ranked};
use super::{Attributes, CredentialScope, Directory, DirectoryActor, DirectoryFault, groups, linking};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::credentials;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId, Id as _, UserId};
use crate::outbox::{Event, EventKind};
use crate::users::{self as people, User};

pub use arriving::{Arriving, take_over};
pub use changing::change;
pub(super) use changing::map_again;
pub use creating::create;
pub(super) use creating::create_as;
pub use deleting::delete;
pub(super) use deleting::{disconnect, erase};
pub(super) use store::find;

/// A user resource as it was last stored.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectoryUser {
    /// Its id.
    pub id: DirectoryUserId,
    /// Raised by each change.
    pub version: i64,
    /// Canonical SCIM attributes with `schemas`, without `id`, `meta`, `groups` and `password`.
    pub attributes: Attributes,
    /// What `attributes` says too.
    pub active: bool,
    /// The groups of this directory that the person is in, directly or through other groups, by id.
    pub groups: Vec<GroupRef>,
    /// What their manager is called, if it is a resource of this directory that says so.
    pub manager_name: Option<String>,
    /// Whether groups of this directory are in others, so that there may be more groups than were read.
    pub(super) nesting: bool,
    /// The person that it is linked to, or will be when they accept.
    pub user_id: Option<UserId>,
    /// How.
    pub link: Link,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed.
    pub updated_at: Timestamp,
}

impl DirectoryUser {
    /// What the version is called outside: another text whenever anything that is shown of the resource
    /// is different. The groups and the manager's name are no part of the row, so a hash of them stands beside its version.
    #[must_use]
    pub fn tag(&self) -> String {
        if self.groups.is_empty() && self.manager_name.is_none() {
            return self.version.to_string();
        }
        let mut hash = digest::Context::new(&digest::SHA256);
        for group in &self.groups {
            hash.update(group.id.as_str().as_bytes());
            hash.update(if group.direct { b"\0d" } else { b"\0i" });
            hash.update(group.display_name.as_bytes());
            hash.update(b"\0");
        }
        if let Some(name) = &self.manager_name {
            hash.update(b"\0m");
            hash.update(name.as_bytes());
        }
        format!("{}-{}", self.version, hex::encode(&hash.finish().as_ref()[..4]))
    }

    /// The attributes as they are shown: with what the manager is called.
    #[must_use]
    pub fn shown(self) -> Attributes {
        let mut attributes = self.attributes;
        if let Some(name) = &self.manager_name {
            managers::show(&mut attributes, name);
        }
        attributes
    }
}

/// A group that a person is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRef {
    /// Which.
    pub id: DirectoryGroupId,
    /// What it is called.
    pub display_name: String,
    /// Whether the person is a member of it, not only of a group in it.
    pub direct: bool,
}

/// How a user resource and a person belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// They do.
    Linked,
    /// The person has not accepted: nothing of theirs is touched.
    Pending,
    /// The resource has no address by which anybody could be found.
    NoAddress,
}

impl Link {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Pending => "pending",
            Self::NoAddress => "no_address",
        }
    }

    pub(super) fn from_stored(text: &str) -> Self {
        match text {
            "linked" => Self::Linked,
            "pending" => Self::Pending,
            _ => Self::NoAddress,
        }
    }
}

/// A user resource to be made.
#[derive(Clone, Debug)]
pub struct NewDirectoryUser {
    /// Canonical SCIM attributes with `schemas`, without `id`, `meta` and `password`. `groups` are those that the
    /// identity provider sent: the mapping sees them, the resource does not keep them.
    pub attributes: Attributes,
    /// The hash of the password that was sent, if the directory keeps passwords: see [`keep_password`].
    pub password: Option<KeptPassword>,
}

/// The hash of a password that a directory sent.
#[derive(Clone)]
pub struct KeptPassword(String);

impl std::fmt::Debug for KeptPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a change came to.
#[derive(Clone, Debug)]
pub struct Changed<T> {
    /// The resource as it is now.
    pub resource: T,
    /// Whether anything is different: if not, version and time stayed.
    pub changed: bool,
    /// What was passed over.
    pub warnings: Vec<Warning>,
}

/// Something of a request that had no effect and refused nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A member that this directory does not know.
    UnknownMember(String),
}

/// Hashes a password that a directory sent, if its settings keep passwords; otherwise it is dropped
/// here. Never inside a transaction. A password that is too short or too long for people is dropped
/// too: identity providers send random ones and repeat for ever what is refused.
///
/// # Errors
/// Those of the hashing.
pub async fn keep_password(core: &AuthCore, actor: &DirectoryActor, password: &str) -> Result<Option<KeptPassword>> {
    let settings = &core.settings().password;
    if !settings.enabled
        || !actor.directory.settings.keep_password
        || credentials::check_length(settings, password).is_err()
    {
        return Ok(None);
    }
    Ok(Some(KeptPassword(credentials::hash_password(core, password).await?)))
}

/// The resource.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`], [`DirectoryFault::MissingScope`].
pub async fn get(db: &impl Scope, actor: &DirectoryActor, id: &DirectoryUserId) -> Result<DirectoryUser> {
    actor.demand(db, CredentialScope::UsersRead)?;
    find(db, &actor.directory.id, id).await?.ok_or_else(|| DirectoryFault::ResourceNotFound.into())
}

/// A page of the resources that match, and how many do.
///
/// # Errors
/// [`DirectoryFault::TooMany`], [`DirectoryFault::TooManyGroups`], [`DirectoryFault::MissingScope`].
pub async fn list(db: &impl Scope, actor: &DirectoryActor, query: &Query<'_>) -> Result<Page<DirectoryUser>> {
    actor.demand(db, CredentialScope::UsersRead)?;
    let mut page = query::page(db, &actor.directory.id, query).await?;
    complete(db, &actor.directory.id, &mut page.resources).await?;
    Ok(page)
}

/// The first `most` resources that match, in their order, and how many match in all.
///
/// # Errors
/// [`DirectoryFault::TooMany`], [`DirectoryFault::MissingScope`].
pub async fn order(
    db: &impl Scope,
    actor: &DirectoryActor,
    query: &Query<'_>,
    most: u64,
) -> Result<(Vec<Ranked>, i64)> {
    actor.demand(db, CredentialScope::UsersRead)?;
    query::order::<DirectoryUser>(db, &actor.directory.id, query, most).await
}

/// Those of some resources that are there, in the order of the ids.
///
/// # Errors
/// [`DirectoryFault::TooManyGroups`], [`DirectoryFault::MissingScope`].
pub async fn pick(db: &impl Scope, actor: &DirectoryActor, ids: &[&str]) -> Result<Vec<DirectoryUser>> {
    actor.demand(db, CredentialScope::UsersRead)?;
    let mut users = query::fetch(db, &actor.directory.id, ids).await?;
    complete(db, &actor.directory.id, &mut users).await?;
    Ok(users)
}

/// Adds what is shown of people and stands in no row of theirs.
async fn complete(db: &impl Scope, directory: &DirectoryId, people: &mut [DirectoryUser]) -> Result<()> {
    groups::complete(db, directory, people).await?;
    managers::complete(db, directory, people).await
}

/// The person accepts a pending link with the instance directory. Links with directories of
/// organizations are accepted with the invitation.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`] for everybody but the person.
pub async fn accept_link(tx: &mut Tx, id: &DirectoryUserId) -> Result<()> {
    linking::accept(tx, id).await
}

/// Refuses a resource whose tag is not among those that the caller accepts.
pub(super) fn check_version(if_match: Option<&[String]>, tag: &str) -> Result<()> {
    let accepted = if_match.is_none_or(|versions| versions.iter().any(|version| version == tag));
    if accepted { Ok(()) } else { Err(DirectoryFault::Stale.into()) }
}

/// The attributes as they are stored: without what is stored elsewhere or nowhere.
fn stored(mut attributes: Attributes) -> Attributes {
    for elsewhere in ["id", "meta", "groups", "password"] {
        attributes.shift_remove(elsewhere);
    }
    attributes
}

/// Records what happened to a resource.
fn record(tx: &mut Tx, kind: EventKind, directory: &Directory, id: &DirectoryUserId, happened: &Happened<'_>) {
    let payload = json!({
        "v": 1,
        "directory_id": directory.id.as_str(),
        "link": happened.link.as_str(),
        "user": happened.user.map(|user| people::snapshot(tx, user)),
        "before": happened.before,
        "after": happened.after,
    });
    tx.record(Event::new(kind, id, payload).within(directory.organization_id.as_ref()));
}

/// The facts of an event about a resource.
struct Happened<'a> {
    link: Link,
    /// The person, if they have accepted the link: others are none of the organization's business.
    user: Option<&'a User>,
    before: Option<Json>,
    after: Json,
}
