//! How an invitation ends: accepted, declined, withdrawn. Each is one conditional change, so that of
//! two at once one finds nothing.

use super::sending::BETWEEN_MAILS;
use super::{Invitation, InvitationStatus, InvitationsFault, answerer, record, store};
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::fields::Given;
use crate::ids::{DirectoryId, InvitationId, OrgId, TeamId};
use crate::orgs::OrgsFault;
use crate::orgs::members::{self, Member, NewMember, Source, Status};
use crate::orgs::teams;
use crate::outbox::EventKind;
use crate::roles;
use crate::sign_in::impersonation;
use crate::users::{self, User, email};

/// An accepted invitation and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The invitation, accepted.
    pub invitation: Invitation,
    /// The membership.
    pub member: Member,
    /// The teams into which the invitation led.
    pub teams: Vec<TeamId>,
}

/// Makes the person who asks a member by an invitation to their address. An unknown invitation, one of
/// somebody else and one that was answered, withdrawn or has expired are the same to them. Who acts as the person
/// does not accept for them.
///
/// # Errors
/// [`InvitationsFault::NotFound`], [`InvitationsFault::UnverifiedToAnswer`],
/// [`InvitationsFault::InviterGone`], [`impersonation::ImpersonationFault::NotYours`], and those of
/// [`members::MembersFault`]; [`teams::TeamsFault::Full`].
pub async fn accept(tx: &mut Tx, id: &InvitationId) -> Result<Accepted> {
    impersonation::refuse(&tx.ctx().actor)?;
    let user = answerer(tx).await?;
    let seen = store::find(tx, id).await?.ok_or(InvitationsFault::NotFound)?;
    // The membership is locked before the invitation, as by a directory that ends both. A directory's
    // word may restore whom a directory suspended; that a person accepts its invitation is not its word.
    let before = members::lock(tx, &seen.organization_id, &user.id).await?;
    let invitation = answer(tx, id, &user, InvitationStatus::Accepted).await?;
    if before.is_some_and(|member| member.status == Status::Suspended) {
        return Err(members::MembersFault::Suspended.into());
    }
    check_inviter(tx, &invitation).await?;
    let mut offered = invitation.roles.iter();
    let first = offered.next().cloned().unwrap_or_else(|| roles::MEMBER.to_owned());
    let source = invitation.directory_id.clone().map_or(Source::Invitation, Source::Default);
    let organization = &invitation.organization_id;
    let mut member = members::add(
        tx,
        NewMember {
            organization_id: organization.clone(),
            user_id: user.id.clone(),
            status: Status::Active,
            role: first,
            source: source.clone(),
            additional_fields: Given::default(),
        },
    )
    .await?;
    let mut more = false;
    for role in offered {
        more |= members::grant(tx, organization, &member.id, role, source.clone()).await?;
    }
    if more {
        member = members::find(tx, organization, &user.id).await?.ok_or(members::MembersFault::NotFound)?;
    }
    let teams = teams::join_invited(tx, &invitation, &member).await?;
    record(tx, EventKind::InvitationAccepted, &invitation);
    Ok(Accepted { invitation, member, teams })
}

/// Declines an invitation to the address of the person who asks.
///
/// # Errors
/// [`InvitationsFault::NotFound`], [`InvitationsFault::UnverifiedToAnswer`].
pub async fn reject(tx: &mut Tx, id: &InvitationId) -> Result<Invitation> {
    let user = answerer(tx).await?;
    let invitation = answer(tx, id, &user, InvitationStatus::Rejected).await?;
    record(tx, EventKind::InvitationRevoked, &invitation);
    Ok(invitation)
}

async fn answer(tx: &Tx, id: &InvitationId, user: &User, status: InvitationStatus) -> Result<Invitation> {
    let answered = store::answer(tx, id, &email::key(&user.email), status).await?;
    let invitation = answered.ok_or(InvitationsFault::NotFound)?;
    if tx.settings().organization.require_email_verification_on_invitation && !user.email_verified {
        return Err(InvitationsFault::UnverifiedToAnswer.into());
    }
    Ok(invitation)
}

/// Refuses the offer of somebody who left, or who may not give these roles any more.
async fn check_inviter(tx: &Tx, invitation: &Invitation) -> Result<()> {
    let Some(inviter) = &invitation.inviter_id else { return Ok(()) };
    let may = match members::active(tx, &invitation.organization_id, inviter).await? {
        Some(member) => {
            let authority = roles::of_member(tx, member).await?;
            authority.holds("invitation:create")
                && authority.reaches(tx, &invitation.organization_id, &invitation.roles).await?
        }
        None => false,
    };
    if may || users::find(tx, inviter).await?.is_some_and(|user| user.is_platform_admin()) {
        return Ok(());
    }
    Err(InvitationsFault::InviterGone.into())
}

/// Withdraws an invitation. A stranger to the organization, and whoever may not make owners and asks
/// for an offer of ownership, is told that there is none.
///
/// # Errors
/// [`InvitationsFault::NotFound`], [`InvitationsFault::MayNotCancel`].
pub async fn cancel(tx: &mut Tx, id: &InvitationId) -> Result<Invitation> {
    let invitation = store::find(tx, id).await?.ok_or(InvitationsFault::NotFound)?;
    let authority =
        roles::demand(tx, &invitation.organization_id, "invitation:cancel", InvitationsFault::MayNotCancel).await;
    let authority = authority
        .map_err(|error| if error.is(&OrgsFault::NotFound) { InvitationsFault::NotFound.into() } else { error })?;
    if invitation.offers_ownership() && !authority.is_owner() {
        return Err(InvitationsFault::NotFound.into());
    }
    let invitation = store::settle(tx, id, InvitationStatus::Canceled).await?.ok_or(InvitationsFault::NotFound)?;
    record(tx, EventKind::InvitationRevoked, &invitation);
    Ok(invitation)
}

/// Withdraws whatever is pending for an address, and returns how many that were. The caller has
/// authorized it: a directory deactivated the person.
///
/// # Errors
/// Those of the database.
pub async fn cancel_for_email(tx: &mut Tx, organization: &OrgId, address: &str) -> Result<u64> {
    let canceled = store::cancel_pending(tx, organization, &email::key(address)).await?;
    for invitation in &canceled {
        record(tx, EventKind::InvitationRevoked, invitation);
    }
    Ok(canceled.len() as u64)
}

/// Forgets all invitations to an address, whose owner is erased: what is pending is withdrawn. A keyed hash of the address
/// says for a day that it was mailed, so that it is not mailed again because its owner was erased.
///
/// # Errors
/// Those of the database.
pub async fn forget(tx: &mut Tx, address: &str) -> Result<()> {
    let since = tx.now().plus_seconds(-BETWEEN_MAILS);
    let forgotten = store::forget(tx, &email::key(address), since).await?;
    for invitation in forgotten {
        if invitation.status == InvitationStatus::Pending {
            let canceled = Invitation { status: InvitationStatus::Canceled, ..invitation };
            record(tx, EventKind::InvitationRevoked, &canceled);
        }
    }
    Ok(())
}

/// Whether somebody with that address accepted an invitation that this directory had sent.
///
/// # Errors
/// Those of the database.
pub async fn was_accepted(
    db: &impl Scope,
    organization: &OrgId,
    directory: &DirectoryId,
    address: &str,
) -> Result<bool> {
    store::has_accepted(db, organization, directory, &email::key(address)).await
}
