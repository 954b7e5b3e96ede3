//! Teams: parts of an organization. Who is in one is an active member, by hand, by an invitation, or by a group of a
//! directory; being in a team permits nothing by itself.
//!
//! When a membership ends, so do its places in teams, and no session works in them any more: the rows hang on one another.

mod arriving;
mod membership;
mod store;

use serde_json::{Map, Value as Json, json};

use crate::clock::Timestamp;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::fields::{self, Given};
use crate::ids::{Id as _, OrgId, TeamId, UserId};
use crate::outbox::{Event, EventKind};
use crate::{orgs, roles};

pub use arriving::{Arriving, ArrivingPlace, take_over, take_over_place};
pub(super) use arriving::{is_of, take_over_invited};
pub use membership::{
    TeamMember, TeamSource, add, choose, choose_none, existing, invite_into, join_invited, keep, kept, list_members,
    of_invitations, record_by_group, remove,
};

crate::faults! {
    /// What can go wrong with teams.
    pub enum TeamsFault {
        /// There is none in the organization.
        NotFound => NotFound, "team_not_found", "Team not found";
        /// A name that is none.
        BadName => Invalid, "invalid_team_name", "The name must have 1 to 256 characters, none of them control characters", field "name";
        /// The organization has as many as it may.
        TooMany => Invalid, "you_have_reached_the_maximum_number_of_teams", "You have reached the maximum number of teams";
        /// The operator wants one to be left.
        Last => Invalid, "unable_to_remove_last_team", "Unable to remove last team";
        /// A member without the right to make teams.
        MayNotCreate => Forbidden, "you_are_not_allowed_to_create_teams_in_this_organization", "You are not allowed to create teams in this organization";
        /// A member without the right to change teams.
        MayNotUpdate => Forbidden, "you_are_not_allowed_to_update_this_team", "You are not allowed to update this team";
        /// A member without the right to delete teams.
        MayNotDelete => Forbidden, "you_are_not_allowed_to_delete_teams_in_this_organization", "You are not allowed to delete teams in this organization";
        /// It is the one in which the session works.
        InUse => Forbidden, "you_are_not_allowed_to_delete_this_team", "You are not allowed to delete this team";
        /// A member without the right to put others into teams.
        MayNotAddMember => Forbidden, "you_are_not_allowed_to_create_a_new_team_member", "You are not allowed to create a new member";
        /// A member without the right to take others out of teams.
        MayNotRemoveMember => Forbidden, "you_are_not_allowed_to_remove_a_team_member", "You are not allowed to remove a team member";
        /// A member without the right to see in which teams others are.
        MayNotSee => Forbidden, "you_are_not_allowed_to_update_this_member", "You are not allowed to update this member";
        /// The team has as many members as it may.
        Full => Forbidden, "team_member_limit_reached", "Team member limit reached";
        /// A group of a directory gives the place: it is for the directory to take away.
        ByGroup => Forbidden, "team_member_by_group", "A group of a directory puts the user into the team; it ends with the group or with the rule";
        /// The person is not in the team.
        NotInTeam => Invalid, "user_is_not_a_member_of_the_team", "User is not a member of the team";
        /// The person is no active member of the organization.
        NotInOrganization => Invalid, "user_is_not_a_member_of_the_organization", "User is not a member of the organization";
    }
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Of which organization.
    pub organization_id: OrgId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What is in fields that the operator added.
    pub additional_fields: Map<String, Json>,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What to change about a team. `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What people call it.
    pub name: Option<String>,
    /// Some of the fields that the operator added. Whether they may be given is for whoever has read them.
    pub additional_fields: Given,
}

/// Makes a team, with `given` of the fields that the operator added; whether they may be given is for whoever has read them.
/// Whoever makes it is not in it by that.
///
/// # Errors
/// [`orgs::OrgsFault::NotFound`] for strangers; [`TeamsFault`]; [`FieldsFault`](fields::FieldsFault).
pub async fn create(tx: &mut Tx, organization: &OrgId, name: &str, given: &Given) -> Result<Team> {
    roles::demand(tx, organization, "team:create", TeamsFault::MayNotCreate).await?;
    check_name(name)?;
    // Counting needs the organization for itself.
    orgs::lock(tx, organization).await?;
    if let Some(limit) = tx.settings().organization.teams.limit
        && store::count(tx, organization).await?.unsigned_abs() >= limit
    {
        return Err(TeamsFault::TooMany.into());
    }
    let team = Team {
        id: tx.new_id(),
        organization_id: organization.clone(),
        name: name.to_owned(),
        created_at: tx.now(),
        additional_fields: fields::made(&tx.settings().fields.team, given)?,
        updated_at: tx.now(),
    };
    store::insert(tx, &team).await?;
    let told = facts(tx, &team);
    record(tx, EventKind::TeamCreated, &team, json!({ "v": 1, "team": told }));
    Ok(team)
}

/// Makes the first team of an organization that was just made, named like it, with whoever made it in it. `None` where
/// there are no teams.
///
/// # Errors
/// Those of [`create`] and [`add`].
pub async fn found(tx: &mut Tx, organization: &orgs::Organization, founder: &UserId) -> Result<Option<Team>> {
    if !tx.settings().organization.teams.enabled {
        return Ok(None);
    }
    let team = create(tx, &organization.id, &organization.name, &Given::default()).await?;
    add(tx, &organization.id, &team.id, founder).await?;
    Ok(Some(team))
}

/// Changes a team.
///
/// # Errors
/// [`orgs::OrgsFault::NotFound`] for strangers; [`TeamsFault`]; [`FieldsFault`](fields::FieldsFault).
pub async fn update(tx: &mut Tx, organization: &OrgId, id: &TeamId, changes: &Changes) -> Result<Team> {
    roles::demand(tx, organization, "team:update", TeamsFault::MayNotUpdate).await?;
    let before = store::lock(tx, organization, id).await?.ok_or(TeamsFault::NotFound)?;
    let mut after = before.clone();
    if let Some(name) = changes.name.as_ref().filter(|name| **name != before.name) {
        check_name(name)?;
        after.name.clone_from(name);
    }
    after.additional_fields =
        fields::changed(&tx.settings().fields.team, &before.additional_fields, &changes.additional_fields)?;
    if after == before {
        return Ok(after);
    }
    after.updated_at = tx.now();
    store::update(tx, &after).await?;
    let payload = json!({ "v": 1, "before": facts(tx, &before), "after": facts(tx, &after) });
    record(tx, EventKind::TeamUpdated, &after, payload);
    Ok(after)
}

/// Deletes a team. Its members stay members of the organization; invitations go on without it. `active` is the team in which
/// the session works that asks.
///
/// # Errors
/// [`orgs::OrgsFault::NotFound`] for strangers; [`TeamsFault`].
pub async fn delete(tx: &mut Tx, organization: &OrgId, id: &TeamId, active: Option<&TeamId>) -> Result<()> {
    roles::demand(tx, organization, "team:delete", TeamsFault::MayNotDelete).await?;
    orgs::lock(tx, organization).await?;
    let team = store::lock(tx, organization, id).await?.ok_or(TeamsFault::NotFound)?;
    if active == Some(id) {
        return Err(TeamsFault::InUse.into());
    }
    if !tx.settings().organization.teams.allow_removing_all && store::count(tx, organization).await? <= 1 {
        return Err(TeamsFault::Last.into());
    }
    store::delete(tx, organization, id).await?;
    let told = facts(tx, &team);
    record(tx, EventKind::TeamDeleted, &team, json!({ "v": 1, "team": told }));
    Ok(())
}

/// The teams of an organization in the order in which they were made, for its members.
///
/// # Errors
/// [`orgs::OrgsFault::NotFound`] for strangers.
pub async fn list(db: &impl Scope, organization: &OrgId, limit: u64, offset: u64) -> Result<Vec<Team>> {
    roles::authority(db, organization).await?;
    store::list(db, organization, limit, offset).await
}

/// The teams in which a person is as an active member, of one organization if it is named. Those of others are for who may
/// change members there.
///
/// # Errors
/// [`orgs::OrgsFault::NotFound`] for strangers; [`TeamsFault::MayNotSee`], [`TeamsFault::NotInOrganization`].
pub async fn of_user(db: &impl Scope, user: &UserId, organization: Option<&OrgId>, limit: u64) -> Result<Vec<Team>> {
    if let Some(organization) = organization {
        let authority = roles::authority(db, organization).await?;
        if db.ctx().actor.user_id() != Some(user) {
            if !authority.holds("member:update") {
                return Err(TeamsFault::MayNotSee.into());
            }
            if orgs::members::active(db, organization, user).await?.is_none() {
                return Err(TeamsFault::NotInOrganization.into());
            }
        }
    }
    store::of_user(db, user, organization, limit).await
}

fn check_name(name: &str) -> Result<()> {
    orgs::texts::check_name(name).map_err(|_| TeamsFault::BadName.into())
}

fn record(tx: &mut Tx, kind: EventKind, team: &Team, payload: Json) {
    tx.record(Event::new(kind, &team.id, payload).within(Some(&team.organization_id)));
}

fn facts(tx: &Tx, team: &Team) -> Json {
    json!({
        "id": team.id.as_str(),
        "organization_id": team.organization_id.as_str(),
        "name": team.name,
        "additional_fields": fields::told(&tx.settings().fields.team, &team.additional_fields),
    })
}
