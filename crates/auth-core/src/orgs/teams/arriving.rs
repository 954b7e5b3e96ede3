//! Teams that come from another system, and who is in them.

use super::{Team, TeamMember, TeamSource, check_name, store};
use crate::arrivals::{self, BAD_ID, Came, Words};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::fields::Given;
use crate::ids::{Id as _, InvitationId, OrgId, TeamId, TeamMemberId, UserId};
use crate::orgs::arriving::arrived;
use crate::orgs::members::{self, Member};

const TEAM: &str = "team";
const PLACE: &str = "team_member";

/// A team as it is there.
#[derive(Clone, Debug, Default)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// Of which organization.
    pub organization_id: String,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// Somebody's place in a team as it is there.
#[derive(Clone, Debug, Default)]
pub struct ArrivingPlace {
    /// The place.
    pub id: String,
    /// In which team.
    pub team_id: String,
    /// Whose.
    pub user_id: String,
    /// Since when.
    pub created_at: Option<Timestamp>,
}

/// Takes a team over.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = TeamId::parse(&there.id) else { return Ok(BAD_ID) };
    if let Some(here) = store::find(tx, &id).await? {
        arrivals::note(tx, TEAM, id.as_str());
        return Ok(Came::Present((here.name != there.name).then_some("name").into_iter().collect()));
    }
    if arrivals::was_taken(tx, TEAM, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    let organization = match arrived(tx, &there.organization_id).await? {
        Ok(organization) => organization,
        Err(refused) => return Ok(refused),
    };
    if check_name(&there.name).is_err() {
        return Ok(Came::refused("its name is too long or cannot be seen"));
    }
    let created_at = there.created_at.unwrap_or(tx.now());
    let mut without: Vec<Words> = Vec::new();
    let declared = &tx.settings().fields.team;
    let additional_fields = arrivals::additional_fields(declared, &there.additional_fields, &mut without)?;
    let team = Team {
        id,
        organization_id: organization,
        name: there.name,
        created_at,
        additional_fields,
        updated_at: created_at,
    };
    store::insert(tx, &team).await?;
    arrivals::note(tx, TEAM, team.id.as_str());
    Ok(Came::New(without))
}

/// Takes a place in a team over, of somebody who is an active member of the team's organization.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over_place(tx: &mut Tx, there: ArrivingPlace) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = TeamMemberId::parse(&there.id) else { return Ok(BAD_ID) };
    if arrivals::has_row(tx, "team_members", id.as_str()).await? {
        arrivals::note(tx, PLACE, id.as_str());
        return Ok(Came::Present(Vec::new()));
    }
    if arrivals::was_taken(tx, PLACE, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    let team = match TeamId::parse(&there.team_id) {
        Some(team) => store::find(tx, &team).await?,
        None => None,
    };
    let Some(team) = team else { return Ok(Came::refused("its team is not here")) };
    let member = match UserId::parse(&there.user_id) {
        Some(user) => members::lock(tx, &team.organization_id, &user).await?.filter(Member::is_active),
        None => None,
    };
    let Some(member) = member else { return Ok(Came::refused("its person is no active member of the organization")) };
    if store::place(tx, &team.organization_id, &team.id, &member.user_id).await?.is_some() {
        return Ok(Came::refused("its person is in the team here already"));
    }
    let created_at = there.created_at.unwrap_or(tx.now());
    let place = TeamMember { id, team_id: team.id, user_id: member.user_id, by_group: false, created_at };
    store::put(tx, &place, &member.id, TeamSource::Manual).await?;
    arrivals::note(tx, PLACE, place.id.as_str());
    Ok(Came::whole())
}

/// Whether a team is the organization's.
pub(in crate::orgs) async fn is_of(tx: &Tx, team: &TeamId, organization: &OrgId) -> Result<bool> {
    let sql = "SELECT 1 FROM teams WHERE id = $1 AND organization_id = $2";
    Ok(db::one(tx, sql, [team.as_str().into(), organization.as_str().into()]).await?.is_some())
}

/// Writes into which teams an invitation is that came from another system.
pub(in crate::orgs) async fn take_over_invited(tx: &Tx, invitation: &InvitationId, teams: &[TeamId]) -> Result<()> {
    store::invite_into(tx, invitation, teams).await
}
