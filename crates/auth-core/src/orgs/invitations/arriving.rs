//! Invitations that come from another system: their ids are in letters that people may still open.

use super::{Invitation, InvitationStatus, store};
use crate::arrivals::{self, BAD_ID, Came, Words};
use crate::clock::Timestamp;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::fields::Given;
use crate::ids::{Id as _, InvitationId, TeamId, UserId};
use crate::orgs::arriving::arrived;
use crate::orgs::teams;
use crate::roles;
use crate::users::email;

const KIND: &str = "invitation";

/// An invitation as it is there.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// To which organization.
    pub organization_id: String,
    /// Whom.
    pub email: String,
    /// With which roles.
    pub roles: Vec<String>,
    /// What became of it.
    pub status: String,
    /// Who invited.
    pub inviter_id: Option<String>,
    /// Into which teams.
    pub team_ids: Vec<String>,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// Takes an invitation over. One with a role that there is not here is not: it would be to something else.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = InvitationId::parse(&there.id) else { return Ok(BAD_ID) };
    if let Some(here) = store::find(tx, &id).await? {
        arrivals::note(tx, KIND, id.as_str());
        let differs = here.status.as_str() != there.status;
        return Ok(Came::Present(differs.then_some("status").into_iter().collect()));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    let organization = match arrived(tx, &there.organization_id).await? {
        Ok(organization) => organization,
        Err(refused) => return Ok(refused),
    };
    let Some(status) = InvitationStatus::from_stored(&there.status) else {
        return Ok(Came::refused("its status is not known"));
    };
    let key = email::key(&there.email);
    if !email::is_plausible(&key) {
        return Ok(Came::refused("its address is none"));
    }
    let mut wanted = there.roles;
    if wanted.is_empty() {
        wanted.push(roles::MEMBER.to_owned());
    }
    for role in &wanted {
        if !roles::is_here(tx, &organization, role).await? {
            return Ok(Came::refused(format!("it is to the role {role:?}, which there is not here")));
        }
    }
    let pending = status == InvitationStatus::Pending;
    if pending && store::lock_pending(tx, &organization, &key).await?.is_some() {
        return Ok(Came::refused("another invitation to the address is pending here"));
    }
    roles::sort(&mut wanted);
    let created_at = there.created_at.unwrap_or(tx.now());
    let mut without: Vec<Words> = Vec::new();
    let declared = &tx.settings().fields.invitation;
    let additional_fields = arrivals::additional_fields(declared, &there.additional_fields, &mut without)?;
    let invitation = Invitation {
        id,
        organization_id: organization,
        email: key.clone(),
        roles: wanted,
        status,
        inviter_id: there.inviter_id.as_deref().and_then(UserId::parse),
        directory_id: None,
        additional_fields,
        expires_at: there.expires_at,
        created_at,
        updated_at: created_at,
    };
    store::insert(tx, &invitation, &key, None).await?;
    let mut into = Vec::new();
    for team in there.team_ids.iter().filter_map(|id| TeamId::parse(id)) {
        if teams::is_of(tx, &team, &invitation.organization_id).await? {
            into.push(team);
        }
    }
    teams::take_over_invited(tx, &invitation.id, &into).await?;
    arrivals::note(tx, KIND, invitation.id.as_str());
    Ok(Came::New(without))
}
