//! The person's standing in the directory's organization: brought in, awaited, or awaited no longer. How
//! it ends is in `deactivation`.

use serde_json::json;

use super::{Directory, authority};
use crate::db::{self, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryUserId, Id as _, MemberId, OrgId, UserId};
use crate::orgs::invitations::{self, InvitationsFault, NewInvitation};
use crate::orgs::members::{self, NewMember, Source, Status, Withdrawn};
use crate::outbox::{Event, EventKind};
use crate::users::User;

/// Makes sure that the person is an active member with the directory's default role.
pub(super) async fn admit(tx: &mut Tx, directory: &Directory, user: &User) -> Result<()> {
    let Some(organization) = &directory.organization_id else { return Ok(()) };
    match members::find(tx, organization, &user.id).await? {
        Some(member) if member.status == Status::Active => grant(tx, directory, organization, &member.id).await,
        Some(member) if member.status == Status::Suspended => {
            if !keeps_roles(tx, directory, organization, &user.id).await? {
                members::revoke_grants(tx, organization, &member.id, &Withdrawn::ByHand).await?;
            }
            members::restore(tx, organization, &user.id).await?;
            grant(tx, directory, organization, &member.id).await
        }
        _ => add(tx, directory, organization, user, Status::Active).await,
    }
}

/// Whether the person left the organization, or was removed from it by hand, and the directory is not
/// the authority over them: then only their own consent brings them back.
pub(super) async fn has_left(tx: &Tx, directory: &Directory, user: &User) -> Result<bool> {
    let Some(organization) = &directory.organization_id else { return Ok(false) };
    let gone = match members::find(tx, organization, &user.id).await? {
        None => true,
        // Suspended without ever having been active since it was noted: they were gone when it was.
        Some(member) if member.status == Status::Suspended && member.access_epoch == 0 => {
            // Or the directory made the account as an inactive one, and nobody has used it yet.
            user.created_by_directory_id.as_ref() != Some(&directory.id) || user.last_sign_in_at.is_some()
        }
        Some(_) => false,
    };
    Ok(gone && !authority::over(tx, directory, user).await?.profile)
}

/// Makes the person a member with that status and the directory's default role.
pub(super) async fn add(
    tx: &mut Tx,
    directory: &Directory,
    organization: &OrgId,
    user: &User,
    status: Status,
) -> Result<()> {
    members::add(tx, new_member(directory, organization, user, status)).await.map(drop)
}

/// The same for somebody whom this very transaction made.
pub(super) async fn add_new(
    tx: &mut Tx,
    directory: &Directory,
    organization: &OrgId,
    user: &User,
    status: Status,
    member_limit: Option<i64>,
) -> Result<()> {
    members::add_new(tx, new_member(directory, organization, user, status), member_limit).await.map(drop)
}

fn new_member(directory: &Directory, organization: &OrgId, user: &User, status: Status) -> NewMember {
    NewMember {
        organization_id: organization.clone(),
        user_id: user.id.clone(),
        status,
        role: directory.settings.default_role.clone(),
        source: Source::Default(directory.id.clone()),
    }
}

async fn grant(tx: &mut Tx, directory: &Directory, organization: &OrgId, member: &MemberId) -> Result<()> {
    let source = Source::Default(directory.id.clone());
    members::grant(tx, organization, member, &directory.settings.default_role, source).await.map(drop)
}

/// Whether roles given by hand return with the person: by one setting after a deletion, by another
/// after a deactivation.
async fn keeps_roles(tx: &Tx, directory: &Directory, organization: &OrgId, user: &UserId) -> Result<bool> {
    let deleted = db::one(
        tx,
        "SELECT 1 FROM directory_tombstones t JOIN directories d ON d.id = t.directory_id
         WHERE t.user_id = $1 AND d.owner_key = $2 LIMIT 1",
        [user.as_str().into(), organization.as_str().into()],
    )
    .await?
    .is_some();
    let settings = &directory.settings;
    Ok(if deleted { settings.restore_roles_after_delete } else { settings.restore_roles_on_reactivation })
}

/// Case 4: an invitation goes out, and nothing of the person is touched until they accept. Persons of
/// the instance directory are not invited anywhere.
pub(super) async fn await_acceptance(tx: &mut Tx, directory: &Directory, user: &User, address: &str) -> Result<()> {
    let Some(organization) = &directory.organization_id else { return Ok(()) };
    add(tx, directory, organization, user, Status::Awaiting).await?;
    let new = NewInvitation {
        organization_id: organization.clone(),
        email: address.to_owned(),
        roles: vec![directory.settings.default_role.clone()],
        inviter_id: None,
        directory_id: Some(directory.id.clone()),
        resend: true,
    };
    match invitations::invite(tx, new).await {
        // An offer of ownership is pending for the address: it stays as it is, and will do.
        Err(error) if error.is(&InvitationsFault::MayNotInviteWithRole) => Ok(()),
        done => done.map(drop),
    }
}

/// Takes back what [`await_acceptance`] did: the person was never touched, and is not now.
pub(super) async fn withdraw(
    tx: &mut Tx,
    directory: &Directory,
    resource: &DirectoryUserId,
    user: &UserId,
    address: Option<&str>,
) -> Result<u64> {
    let Some(organization) = &directory.organization_id else { return Ok(0) };
    let elsewhere = db::one(
        tx,
        "SELECT 1 FROM directory_users u JOIN directories d ON d.id = u.directory_id
         WHERE u.user_id = $1 AND u.id <> $2 AND u.active AND d.owner_key = $3 AND d.deleted_at IS NULL LIMIT 1",
        [user.as_str().into(), resource.as_str().into(), organization.as_str().into()],
    )
    .await?;
    if elsewhere.is_some() {
        return Ok(0);
    }
    let ended = db::one(
        tx,
        "DELETE FROM members WHERE organization_id = $1 AND user_id = $2 AND status = 'awaiting' RETURNING id",
        [organization.as_str().into(), user.as_str().into()],
    )
    .await?;
    if let Some(row) = ended {
        let id: MemberId = row.get(0)?;
        let facts = json!({ "id": id.as_str(), "organization_id": organization.as_str(), "user_id": user.as_str(), "status": "awaiting" });
        let payload = json!({ "v": 1, "membership": facts });
        tx.record(Event::new(EventKind::MembershipDeleted, &id, payload).within(Some(organization)));
    }
    match address {
        Some(address) => invitations::cancel_for_email(tx, organization, address).await,
        None => Ok(0),
    }
}
