//! How access ends: all of it in the transaction that answers, and a receipt that says what it was.

use serde_json::{Value as Json, json};

use super::Directory;
use super::authority;
use super::connections::owner_key;
use super::receipts::{self, Revoked};
use crate::db::{self, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryUserId, Id, OrgId, ReceiptId, UserId};
use crate::orgs::invitations;
use crate::orgs::members::{self, NewMember, Source, Status, Withdrawn};
use crate::outbox::{Event, EventKind};
use crate::sessions;
use crate::users::{self, User};

/// Why access ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The resource says that the person is not active.
    Deactivated,
    /// The resource was deleted.
    Deleted,
    /// The directory was disconnected.
    Disconnected,
    /// The resource has another person's address now.
    Moved,
}

impl Cause {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::Deleted => "deleted",
            Self::Disconnected => "disconnected",
            Self::Moved => "moved",
        }
    }
}

/// Ends the access of a person who is linked to the resource and has accepted that; their row is
/// locked. Returns the receipt.
///
/// The membership is suspended unless another resource carries the person as active. Sessions end: all
/// of them if the directory has authority over the person, or if it made the account and nothing else
/// refers to it; otherwise they go on without the organization.
pub(super) async fn end(
    tx: &mut Tx,
    directory: &Directory,
    resource: &DirectoryUserId,
    user: &User,
    address: Option<&str>,
    cause: Cause,
) -> Result<ReceiptId> {
    let carried = is_carried(tx, directory, resource, &user.id).await?;
    let everywhere =
        authority::over(tx, directory, user).await?.access || is_sole_referrer(tx, directory, user).await?;
    let mut revoked = Revoked { everywhere, ..Revoked::default() };
    if everywhere {
        revoked.sessions = users::end_access(tx, &user.id).await?;
    }
    if let Some(organization) = &directory.organization_id {
        if !everywhere {
            revoked.sessions = sessions::leave_organization(tx, &user.id, organization).await?;
        }
        if !carried {
            revoked.membership = suspend(tx, directory, organization, &user.id).await?;
        } else if cause != Cause::Deactivated {
            withdraw_roles(tx, directory, organization, &user.id).await?;
        }
        revoked.invitations = invitations::cancel_for_email(tx, organization, &user.email).await?;
        if let Some(address) = address.filter(|address| *address != user.email) {
            revoked.invitations += invitations::cancel_for_email(tx, organization, address).await?;
        }
    }
    receipts::store(tx, directory, resource, Some(&user.id), cause.as_str(), revoked).await
}

/// Suspends the membership. Who left or was removed before is noted as suspended all the same: nobody
/// is brought back behind the directory's back. (Nor by it: see [`standing::has_left`](super::standing::has_left).)
async fn suspend(tx: &mut Tx, directory: &Directory, organization: &OrgId, user: &UserId) -> Result<bool> {
    if let Some(suspended) = members::suspend(tx, organization, user, &format!("directory:{}", directory.id)).await? {
        return Ok(suspended);
    }
    let new = NewMember {
        organization_id: organization.clone(),
        user_id: user.clone(),
        status: Status::Suspended,
        role: directory.settings.default_role.clone(),
        source: Source::Default(directory.id.clone()),
    };
    members::add(tx, new).await?;
    Ok(false)
}

/// Takes away what this directory gave to a member whom another one keeps.
async fn withdraw_roles(tx: &mut Tx, directory: &Directory, organization: &OrgId, user: &UserId) -> Result<()> {
    if let Some(member) = members::find(tx, organization, user).await? {
        members::revoke_grants(tx, organization, &member.id, &Withdrawn::Directory(directory.id.clone())).await?;
    }
    Ok(())
}

/// Whether another resource of the owner's live directories carries the person as active.
async fn is_carried(tx: &Tx, directory: &Directory, resource: &DirectoryUserId, user: &UserId) -> Result<bool> {
    let other = db::one(
        tx,
        "SELECT 1 FROM directory_users u JOIN directories d ON d.id = u.directory_id
         WHERE u.user_id = $1 AND u.id <> $2 AND u.active AND d.owner_key = $3 AND d.deleted_at IS NULL LIMIT 1",
        [user.as_str().into(), resource.as_str().into(), owner_key(directory.organization_id.as_ref()).into()],
    )
    .await?;
    Ok(other.is_some())
}

/// Whether the directory made the account and nothing else refers to it: no other organization, no
/// other owner's directory. Who left the directory's organization is nobody's but their own.
async fn is_sole_referrer(tx: &Tx, directory: &Directory, user: &User) -> Result<bool> {
    if user.created_by_directory_id.as_ref() != Some(&directory.id) || user.is_platform_admin() {
        return Ok(false);
    }
    let other = db::one(
        tx,
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM members m WHERE m.user_id = $1 AND m.organization_id <> $2)
            OR ($2 <> '' AND NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = $1 AND m.organization_id = $2))
            OR EXISTS (SELECT 1 FROM directory_users u JOIN directories d ON d.id = u.directory_id
                       WHERE u.user_id = $1 AND u.link = 'linked' AND d.owner_key <> $3)",
        [
            user.id.as_str().into(),
            directory.organization_id.as_ref().map_or("", Id::as_str).into(),
            owner_key(directory.organization_id.as_ref()).into(),
        ],
    )
    .await?;
    Ok(other.is_none())
}

/// Records that a directory deactivated or deleted a person.
pub(super) fn record(
    tx: &mut Tx,
    directory: &Directory,
    resource: &DirectoryUserId,
    brief: &Json,
    user: Option<&User>,
    receipt: Option<&ReceiptId>,
    cause: Cause,
) {
    let payload = json!({
        "v": 1,
        "directory_id": directory.id.as_str(),
        "cause": cause.as_str(),
        "resource": brief,
        "user": user.map(users::snapshot),
        "receipt_id": receipt.map(Id::as_str),
    });
    let event = Event::new(EventKind::DirectoryUserDeprovisioned, resource, payload);
    tx.record(event.within(directory.organization_id.as_ref()));
}
