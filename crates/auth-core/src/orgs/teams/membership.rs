//! Who is in a team, and in which one a session works.

use std::collections::{BTreeSet, HashMap};

use aws_lc_rs::digest;
use serde_json::json;

use super::{Team, TeamsFault, record, store};
use crate::clock::Timestamp;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, InvitationId, OrgId, SessionId, TeamId, TeamMemberId, UserId};
use crate::orgs::OrgsFault;
use crate::orgs::invitations::{Invitation, InvitationsFault};
use crate::orgs::members::{self, Member};
use crate::outbox::EventKind;
use crate::roles;

/// Somebody's place in a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamMember {
    /// The place.
    pub id: TeamMemberId,
    /// In which team.
    pub team_id: TeamId,
    /// Who.
    pub user_id: UserId,
    /// Whether a group of a directory gives it, and nobody gave it by hand.
    pub by_group: bool,
    /// Since when; of a place by a group since when they are a member of the organization.
    pub created_at: Timestamp,
}

impl TeamMember {
    /// The id of a place that a group gives: it is no row, and always the same for the same person in the same team.
    pub(super) fn id_by_group(team: &TeamId, user: &UserId) -> TeamMemberId {
        let hash = digest::digest(&digest::SHA256, format!("{team}\0{user}").as_bytes());
        TeamMemberId::from_text(format!("{}_0{}", TeamMemberId::PREFIX, &hex::encode(hash)[..25]))
    }
}

/// Where a place in a team came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamSource {
    /// Somebody gave it by hand.
    Manual,
    /// An invitation that was accepted.
    Invitation,
    /// A group of a directory, as long as the person is in it. Such a place is no row.
    Group,
}

impl TeamSource {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Invitation => "invitation",
            Self::Group => "group",
        }
    }
}

/// Who is in a team, longest first, and in which organization it is. For those in it and for who may change teams or members.
///
/// # Errors
/// [`TeamsFault::NotFound`], also for strangers to the organization; [`TeamsFault::NotInTeam`].
pub async fn list_members(db: &impl Scope, id: &TeamId, limit: u64, offset: u64) -> Result<Vec<TeamMember>> {
    let team = store::find(db, id).await?.ok_or(TeamsFault::NotFound)?;
    let authority = roles::authority(db, &team.organization_id).await;
    let authority = authority.map_err(|error| unknown(error, &OrgsFault::NotFound))?;
    if !authority.holds("team:update") && !authority.holds("member:update") {
        let inside = match db.ctx().actor.user_id() {
            Some(user) => store::place(db, &team.organization_id, id, user).await?.is_some(),
            None => false,
        };
        if !inside {
            return Err(TeamsFault::NotInTeam.into());
        }
    }
    store::members(db, id, limit, offset).await
}

/// What strangers are told about teams: that there is none.
fn unknown(error: crate::Error, stranger: &OrgsFault) -> crate::Error {
    if error.is(stranger) { TeamsFault::NotFound.into() } else { error }
}

/// Puts an active member into a team. Who is in it stays in it.
///
/// # Errors
/// [`OrgsFault::NotFound`] for strangers; [`TeamsFault`].
pub async fn add(tx: &mut Tx, organization: &OrgId, id: &TeamId, user: &UserId) -> Result<TeamMember> {
    roles::demand(tx, organization, "member:update", TeamsFault::MayNotAddMember).await?;
    let member = members::lock(tx, organization, user).await?.filter(Member::is_active);
    let member = member.ok_or(TeamsFault::NotInOrganization)?;
    let team = store::lock(tx, organization, id).await?.ok_or(TeamsFault::NotFound)?;
    put(tx, &team, &member, TeamSource::Manual).await
}

/// The rows of member and team are locked.
async fn put(tx: &mut Tx, team: &Team, member: &Member, source: TeamSource) -> Result<TeamMember> {
    let present = store::place(tx, &team.organization_id, &team.id, &member.user_id).await?;
    let by_group = match present {
        Some(place) if !place.by_group => return Ok(place),
        place => place.is_some(),
    };
    // Who is in it by a group is counted already.
    if let Some(limit) = tx.settings().organization.teams.member_limit.filter(|_| !by_group)
        && store::count_members(tx, &team.id).await?.unsigned_abs() >= limit
    {
        return Err(TeamsFault::Full.into());
    }
    let place = TeamMember {
        id: tx.new_id(),
        team_id: team.id.clone(),
        user_id: member.user_id.clone(),
        by_group: false,
        created_at: tx.now(),
    };
    store::put(tx, &place, &member.id, source).await?;
    // Whoever was in it by a group did not come into it now.
    if !by_group {
        let payload = json!({
            "v": 1, "team": super::facts(tx, team), "user_id": member.user_id.as_str(), "source": source.as_str(),
        });
        record(tx, EventKind::TeamMemberAdded, team, payload);
    }
    Ok(place)
}

/// Takes a member out of a team.
///
/// # Errors
/// [`OrgsFault::NotFound`] for strangers; [`TeamsFault`].
pub async fn remove(tx: &mut Tx, organization: &OrgId, id: &TeamId, user: &UserId) -> Result<()> {
    roles::demand(tx, organization, "member:delete", TeamsFault::MayNotRemoveMember).await?;
    if members::active(tx, organization, user).await?.is_none() {
        return Err(TeamsFault::NotInOrganization.into());
    }
    let team = store::lock(tx, organization, id).await?.ok_or(TeamsFault::NotFound)?;
    let place = store::place(tx, organization, id, user).await?.ok_or(TeamsFault::NotInTeam)?;
    if place.by_group {
        return Err(TeamsFault::ByGroup.into());
    }
    if !store::take(tx, &place).await? {
        return Err(TeamsFault::NotInTeam.into());
    }
    // Whoever is in it by a group as well stays.
    if store::place(tx, organization, id, user).await?.is_none() {
        let payload = json!({ "v": 1, "team": super::facts(tx, &team), "user_id": user.as_str() });
        record(tx, EventKind::TeamMemberRemoved, &team, payload);
    }
    Ok(())
}

/// Those of some teams that the organization has. None where there are no teams.
///
/// # Errors
/// Those of the database.
pub async fn existing<'a>(
    db: &impl Scope,
    organization: &OrgId,
    wanted: impl Iterator<Item = &'a TeamId>,
) -> Result<BTreeSet<TeamId>> {
    let ids: BTreeSet<&str> = wanted.map(TeamId::as_str).collect();
    if ids.is_empty() || !db.settings().organization.teams.enabled {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<&str> = ids.into_iter().collect();
    Ok(store::existing(db, organization, &ids, "").await?.into_iter().map(|team| team.id).collect())
}

/// Makes sure that some teams of the organization are not deleted before the transaction ends.
///
/// # Errors
/// [`TeamsFault::NotFound`], if one is gone.
pub async fn keep<'a>(tx: &Tx, organization: &OrgId, wanted: impl Iterator<Item = &'a TeamId>) -> Result<()> {
    let wanted: BTreeSet<&TeamId> = wanted.collect();
    let kept = kept(tx, organization, wanted.iter().copied()).await?;
    if kept.len() == wanted.len() { Ok(()) } else { Err(TeamsFault::NotFound.into()) }
}

/// Those of some teams that the organization has; they are not deleted before the transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn kept<'a>(
    tx: &Tx,
    organization: &OrgId,
    wanted: impl Iterator<Item = &'a TeamId>,
) -> Result<BTreeSet<TeamId>> {
    let ids: BTreeSet<&str> = wanted.map(TeamId::as_str).collect();
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<&str> = ids.into_iter().collect();
    Ok(store::existing(tx, organization, &ids, tx.keep()).await?.into_iter().map(|team| team.id).collect())
}

/// Records that a person came into teams, and left others, by the groups of a directory.
///
/// # Errors
/// Those of the database.
pub async fn record_by_group(
    tx: &mut Tx,
    organization: &OrgId,
    user: &UserId,
    joined: &BTreeSet<TeamId>,
    left: &BTreeSet<TeamId>,
) -> Result<()> {
    let ids: Vec<&str> = joined.iter().chain(left).map(TeamId::as_str).collect();
    // Of a team that is gone there was an event when it went.
    for team in store::existing(tx, organization, &ids, "").await? {
        let payload = json!({
            "v": 1, "team": super::facts(tx, &team), "user_id": user.as_str(), "source": TeamSource::Group.as_str(),
        });
        let came = joined.contains(&team.id);
        record(tx, if came { EventKind::TeamMemberAdded } else { EventKind::TeamMemberRemoved }, &team, payload);
    }
    Ok(())
}

/// Lets a session work in a team of the organization in which it works. Records no event: it is a choice of view.
///
/// # Errors
/// [`TeamsFault::NotFound`], [`TeamsFault::NotInTeam`].
pub async fn choose(tx: &Tx, session: &SessionId, user: &UserId, organization: &OrgId, id: &TeamId) -> Result<Team> {
    members::active(tx, organization, user).await?.ok_or(TeamsFault::NotFound)?;
    let team = store::lock(tx, organization, id).await?.ok_or(TeamsFault::NotFound)?;
    let place = store::place(tx, organization, id, user).await?.ok_or(TeamsFault::NotInTeam)?;
    store::choose(tx, session, Some(&place)).await?;
    Ok(team)
}

/// Lets a session work in no team.
///
/// # Errors
/// Those of the database.
pub async fn choose_none(tx: &Tx, session: &SessionId) -> Result<()> {
    store::choose(tx, session, None).await
}

/// Names the teams that an invitation, which was just made or sent again, is into. Whoever invites into a team must be
/// allowed to put members into it.
///
/// # Errors
/// [`TeamsFault::NotFound`], [`TeamsFault::MayNotAddMember`], [`TeamsFault::Full`].
pub async fn invite_into(tx: &mut Tx, invitation: &Invitation, teams: &[TeamId]) -> Result<()> {
    let organization = &invitation.organization_id;
    roles::demand(tx, organization, "member:update", TeamsFault::MayNotAddMember).await?;
    let mut each: Vec<TeamId> = teams.to_vec();
    each.sort();
    each.dedup();
    for id in &each {
        store::lock(tx, organization, id).await?.ok_or(TeamsFault::NotFound)?;
        if let Some(limit) = tx.settings().organization.teams.member_limit
            && store::count_members(tx, id).await?.unsigned_abs() >= limit
        {
            return Err(TeamsFault::Full.into());
        }
    }
    store::invite_into(tx, &invitation.id, &each).await
}

/// Puts who has just accepted an invitation into its teams, as far as they still exist, and returns these.
///
/// # Errors
/// [`TeamsFault::Full`].
pub async fn join_invited(tx: &mut Tx, invitation: &Invitation, member: &Member) -> Result<Vec<TeamId>> {
    let mut joined = Vec::new();
    let named = of_invitations(tx, std::slice::from_ref(invitation)).await?;
    for id in named.into_values().flatten() {
        let locked = members::lock(tx, &member.organization_id, &member.user_id).await?.filter(Member::is_active);
        let locked = locked.ok_or(InvitationsFault::NotFound)?;
        let Some(team) = store::lock(tx, &member.organization_id, &id).await? else { continue };
        put(tx, &team, &locked, TeamSource::Invitation).await?;
        joined.push(id);
    }
    Ok(joined)
}

/// The teams that some invitations are into.
///
/// # Errors
/// Those of the database.
pub async fn of_invitations(db: &impl Scope, invitations: &[Invitation]) -> Result<HashMap<InvitationId, Vec<TeamId>>> {
    let mut all: HashMap<InvitationId, Vec<TeamId>> = HashMap::new();
    if invitations.is_empty() || !db.settings().organization.teams.enabled {
        return Ok(all);
    }
    let ids: Vec<&str> = invitations.iter().map(|invitation| invitation.id.as_str()).collect();
    for (invitation, team) in store::of_invitations(db, &ids).await? {
        all.entry(invitation).or_default().push(team);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_place_by_a_group_tells_that_it_is_one() {
        // The console reads it so (`isByGroup` of its api/teams.ts): on the wire of Better Auth a place says nothing else of it.
        let id = TeamMember::id_by_group(&TeamId::from_text("team_1".into()), &UserId::from_text("user_1".into()));
        let (prefix, rest) = id.as_str().split_once("_0").expect("a nought first");
        assert!(prefix.bytes().all(|byte| byte.is_ascii_lowercase()), "{id}");
        assert!(rest.len() == 25 && rest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
    }
}
