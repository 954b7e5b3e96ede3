//! Rules: the members of a directory's group have roles in the organization and places in its teams, as long as they are
//! in the group.
//!
//! What a rule gives is derived (see [`members::derived`](crate::orgs::members::derived)): no row says that somebody has a
//! role, or is in a team, by a group. What is stored is which groups give what, with groups in groups followed (`expansion`), so its
//! size depends on rules and nesting and never on people. It is written when rules change, when a group that a rule waits
//! for by name appears (`binding`), and when a group comes into another or leaves it (`touched`), under a lock on the
//! directory. The events about people follow from what was written (`touched`), of many by a job (`batch`).
//!
//! A rule that names its group is bound to the group as soon as one has that name, and for good: later the name matters no
//! more, neither that of the group nor that of another. A rule whose group was deleted stays and gives nothing.

mod batch;
mod binding;
mod effects;
mod expansion;
mod resolving;
mod simulation;
mod store;
mod touched;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::connections::{self, COLUMNS, owner_key};
use super::{Directory, DirectoryFault};
use crate::clock::Timestamp;
use crate::db::{self, Scope, Tx};
use crate::fault::{Error, Failure, Result};
use crate::ids::{DirectoryGroupId, DirectoryId, Id as _, OrgId, RoleRuleId, TeamId};
use crate::orgs::teams;
use crate::outbox::{Event, EventKind};
use crate::roles::{self, OWNER, RolesFault};
use effects::Touch;

pub(super) use batch::batch;
pub(super) use binding::appeared;
pub use simulation::{Outcome, Simulation, simulate};
pub(super) use touched::{deleted, deleting, members_changed, resource_changed};

/// How many rules a directory has at most.
pub const MAX_RULES: usize = 500;

crate::faults! {
    /// What can go wrong with rules.
    pub enum RulesFault {
        /// No group of the directory has that id.
        UnknownGroup => Invalid, "unknown_group", "This directory has no such group", field "group_id";
        /// The name could mean any of them.
        AmbiguousGroup => Invalid, "ambiguous_group", "Several groups of this directory have this name; name one by its id", field "group_name";
        /// A text that no group can be called.
        InvalidGroupName => Invalid, "invalid_value", "No group can have this name", field "group_name";
        /// No team of the organization has that id, or there are no teams here.
        UnknownTeam => Invalid, "unknown_team", "The organization has no such team", field "teams";
        /// Too many.
        TooMany => Invalid, "too_many_rules", "A directory has at most 500 role rules", field "rules";
        /// Where there is no organization there are no roles.
        NoOrganization => Invalid, "no_organization", "A directory of the instance has no organization, so it gives no roles", field "rules";
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RoleRuleId,
    /// The group, once there is one; for good.
    pub group_id: Option<DirectoryGroupId>,
    /// What the group is called now; where there is none, what it is awaited or was remembered as.
    pub group_name: String,
    /// Whether the group is there.
    pub present: bool,
    /// The roles of the group's members, highest first.
    pub roles: Vec<String>,
    /// The teams that the group's members are in, in the order of their ids.
    pub teams: Vec<TeamId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom, as [`Actor::label`](crate::Actor::label) says it.
    pub created_by: String,
    /// The name that it was given by, folded, if it was.
    name_key: Option<String>,
}

/// A rule as an admin wants it.
#[derive(Clone, Debug)]
pub struct NewRule {
    /// For which group.
    pub group: Named,
    /// The roles of its members.
    pub roles: Vec<String>,
    /// The teams that its members are in.
    pub teams: Vec<TeamId>,
}

/// How a group is named.
#[derive(Clone, Debug)]
pub enum Named {
    /// By its id.
    Id(DirectoryGroupId),
    /// By what it is called, or will be.
    Name(String),
}

/// Why rules were not taken, and which of them it was.
#[derive(Debug)]
pub struct Refused {
    /// The place of the rule among those given, counted from 0; `None` if it is about all of them.
    pub place: Option<usize>,
    /// Why.
    pub error: Error,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { place: None, error }
    }
}

impl Failure for Refused {
    fn core(&self) -> Option<&Error> {
        Some(&self.error)
    }
}

impl Refused {
    fn at(place: usize, error: impl Into<Error>) -> Self {
        Self { place: Some(place), error: error.into() }
    }
}

/// The rules of a directory, in their order.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn list<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
) -> Result<Vec<Rule>> {
    let owner = owner.into();
    let directory = connections::get(db, owner, directory).await?;
    store::rules(db, owner, &directory.id).await
}

/// Replaces the rules of a directory. What they give is in force with the commit. A rule for a group that had one keeps
/// its id; one that is given by the name by which it was given before keeps its group.
///
/// # Errors
/// Those of [`RulesFault`]; [`RolesFault::OwnerByHandOnly`], [`RolesFault::AboveOwn`], [`RolesFault::NotFound`], of roles
/// that were not in the rule before; [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn put<'a>(
    tx: &mut Tx,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    wanted: &[NewRule],
) -> Result<Vec<Rule>, Refused> {
    let owner = owner.into();
    let directory = lock(tx, owner, directory).await?;
    let before = store::rules(tx, owner, &directory.id).await?;
    let after = resolve(tx, owner, &directory, &before, wanted, || tx.new_id()).await?;
    if after == before {
        return Ok(before);
    }
    for role in after.iter().flat_map(|rule| &rule.roles).collect::<BTreeSet<_>>() {
        roles::keep(tx, owner, role).await?;
    }
    if let Some(organization) = owner {
        teams::keep(tx, organization, after.iter().flat_map(|rule| &rule.teams)).await?;
    }
    store::replace(tx, &directory, &after).await?;
    let delta = expansion::write(tx, &directory, &after).await?;
    let sign = if after.is_empty() { -1_i64 } else { 1 };
    let sql = "UPDATE directories SET rules_version = (ABS(rules_version) + 1) * $1, updated_at = $2
               WHERE id = $3 AND owner_key = $4";
    let values = [sign.into(), tx.now().into(), directory.id.as_str().into(), owner_key(owner).into()];
    db::run(tx, sql, values).await.map_err(Refused::from)?;
    record(tx, &directory, &before, &after);
    touched::settle(tx, &directory, Touch { groups: delta, moved: None }).await?;
    Ok(after)
}

/// The directory, whose groups and rules nobody else connects with each other until the transaction ends.
async fn lock(tx: &Tx, owner: Option<&OrgId>, id: &DirectoryId) -> Result<Directory> {
    connections::authorize_one(tx, owner, id).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM directories d WHERE d.owner_key = $1 AND d.id = $2 AND d.deleted_at IS NULL{}",
        tx.lock()
    );
    let row = db::one(tx, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    row.map_or(Err(DirectoryFault::NotFound.into()), |row| connections::read(&row, 0))
}

/// What the wanted rules come to beside those that there are.
async fn resolve(
    db: &impl Scope,
    owner: Option<&OrgId>,
    directory: &Directory,
    before: &[Rule],
    wanted: &[NewRule],
    new_id: impl Fn() -> RoleRuleId,
) -> Result<Vec<Rule>, Refused> {
    if wanted.len() > MAX_RULES {
        return Err(Error::from(RulesFault::TooMany).into());
    }
    let after = resolving::resolve(db, directory, before, wanted, new_id).await?;
    let organization = match owner {
        Some(organization) => organization,
        None if after.is_empty() => return Ok(after),
        None => return Err(Error::from(RulesFault::NoOrganization).into()),
    };
    let teams = teams::existing(db, organization, after.iter().flat_map(|rule| &rule.teams)).await?;
    let authority = roles::authority(db, organization).await?;
    for (place, rule) in after.iter().enumerate() {
        let known: BTreeSet<&String> =
            before.iter().filter(|one| one.id == rule.id).flat_map(|one| &one.roles).collect();
        for role in rule.roles.iter().filter(|role| !known.contains(role)) {
            if role == OWNER {
                return Err(Refused::at(place, RolesFault::OwnerByHandOnly));
            }
            authority.may_give(db, organization, role).await.map_err(|error| Refused::at(place, error))?;
        }
        if rule.teams.iter().any(|team| !teams.contains(team)) {
            return Err(Refused::at(place, RulesFault::UnknownTeam));
        }
    }
    Ok(after)
}

/// Records that the rules are others than before.
fn record(tx: &mut Tx, directory: &Directory, before: &[Rule], after: &[Rule]) {
    let payload = json!({
        "v": 1, "name": directory.name, "provider_id": directory.provider_id,
        "before": { "rules": facts(before) }, "after": { "rules": facts(after) },
    });
    let event = Event::new(EventKind::DirectoryUpdated, &directory.id, payload);
    tx.record(event.within(directory.organization_id.as_ref()));
}

fn facts(rules: &[Rule]) -> Json {
    rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id.as_str(),
                "group_id": rule.group_id.as_ref().map(DirectoryGroupId::as_str),
                "group_name": rule.group_name,
                "roles": rule.roles,
                "teams": rule.teams.iter().map(TeamId::as_str).collect::<Vec<_>>(),
            })
        })
        .collect()
}
