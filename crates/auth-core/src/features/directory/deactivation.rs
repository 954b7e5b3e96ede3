//! How access ends: all of it in the transaction that answers, and a receipt that says what it was.

use serde_json::{Value as Json, json};

use super::authority;
use super::connections::owner_key;
use super::gate;
use super::oauth;
use super::receipts::{self, Revoked};
use super::resource::{self, UserColumns};
use super::{Directory, OnDeletion};
use crate::db::{self, Tx};
use crate::fault::{Error, Result};
use crate::fields::Given;
use crate::ids::{DirectoryUserId, Id, OrgId, ReceiptId, UserId};
use crate::orgs::members::{self, NewMember, Source, Status, Withdrawn};
use crate::orgs::{domains, invitations};
use crate::outbox::{Event, EventKind};
use crate::users::{self, User, email};
use crate::{api_keys, secret_keys, sessions};

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
    /// The person was erased, and the resource with them.
    Erased,
}

impl Cause {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::Deleted => "deleted",
            Self::Disconnected => "disconnected",
            Self::Moved => "moved",
            Self::Erased => "erased",
        }
    }
}

/// Ends the access of a person who is linked to the resource and has accepted that; their row is
/// locked. Returns the receipt.
///
/// The membership is suspended unless another resource carries the person as active. Sessions end: all
/// of them if the directory has authority over the person, or if it or another one of its owner made the account and
/// nothing else refers to it; otherwise they go on without the organization. What the person consented to ends likewise, and with all
/// access the secret keys that they made and their API keys, or those that they made for the organization.
pub(super) async fn end(
    tx: &mut Tx,
    directory: &Directory,
    resource: &DirectoryUserId,
    user: &User,
    address: Option<&str>,
    cause: Cause,
) -> Result<ReceiptId> {
    let Ties { carried, holder, made, others, consents, keys } = ties(tx, directory, resource, user).await?;
    // Whom another directory of the owner carries as active, that one refers to.
    let theirs_alone = made && !user.is_platform_admin() && !others && !carried;
    let everywhere = authority::given(directory, user, holder.as_ref()).access || theirs_alone;
    let mut revoked = Revoked { everywhere, ..Revoked::default() };
    if everywhere {
        revoked.sessions = users::end_access_but_keys(tx, &user.id).await?;
        if keys {
            revoked.keys = secret_keys::end_of(tx, &user.id).await? + api_keys::end_of(tx, &user.id).await?;
        }
    }
    if consents {
        revoked.grants = oauth::end_of(tx, directory, &user.id, everywhere).await?;
    }
    if let Some(organization) = &directory.organization_id {
        if !everywhere {
            revoked.sessions = sessions::leave_organization(tx, &user.id, organization).await?;
        }
        if carried {
            // What this directory gave ends with its word; a reactivation gives it anew.
            withdraw_roles(tx, directory, organization, &user.id).await?;
        } else {
            revoked.membership = suspend(tx, directory, organization, &user.id).await?;
            if keys && !everywhere {
                revoked.keys = api_keys::end_within(tx, &user.id, organization).await?;
            }
            if cause == Cause::Deleted && directory.settings.on_deletion == OnDeletion::RemoveMembership {
                strip(tx, directory, organization, &user.id).await?;
            }
        }
        revoked.invitations = invitations::cancel_for_email(tx, organization, &user.email).await?;
        if let Some(address) = address.filter(|address| *address != user.email) {
            revoked.invitations += invitations::cancel_for_email(tx, organization, address).await?;
        }
    }
    tx.note(
        "access.ended",
        || {
            format!(
                "Access ended {}",
                if revoked.everywhere { "everywhere" } else { "in the directory's organization" }
            )
        },
        || {
            json!({
                "user_id": user.id.as_str(), "cause": cause.as_str(), "membership_suspended": revoked.membership,
                "kept_by_another_directory": carried, "sessions": revoked.sessions, "invitations": revoked.invitations,
            })
        },
    );
    receipts::store(tx, directory, resource, Some(&user.id), cause.as_str(), revoked).await
}

/// Whether the end of access by this resource takes anything from the person that nobody has taken yet: the membership, or,
/// where the directory has authority over them, the right to sign in.
pub(super) async fn costs(tx: &Tx, directory: &Directory, resource: &DirectoryUserId, user: &User) -> Result<bool> {
    let Ties { carried, holder, .. } = ties(tx, directory, resource, user).await?;
    if carried {
        return Ok(false);
    }
    if let Some(organization) = &directory.organization_id
        && let Some(member) = members::find(tx, organization, &user.id).await?
        && member.status == Status::Active
    {
        return Ok(true);
    }
    Ok(authority::given(directory, user, holder.as_ref()).access && !gate::is_blocked(tx, user).await?)
}

/// Suspends the membership. Who left or was removed before is noted as suspended all the same: nobody
/// is brought back behind the directory's back. (Nor by it: see [`standing::look`](super::standing::look).)
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
        additional_fields: Given::default(),
    };
    members::add(tx, new).await?;
    Ok(false)
}

/// Takes away all roles that the person held by hand or by this directory, for good.
async fn strip(tx: &mut Tx, directory: &Directory, organization: &OrgId, user: &UserId) -> Result<()> {
    let Some(member) = members::find(tx, organization, user).await? else { return Ok(()) };
    for which in [Withdrawn::ByHand, Withdrawn::Directory(directory.id.clone())] {
        members::revoke_grants(tx, organization, &member.id, &which).await?;
    }
    Ok(())
}

/// Takes away what this directory gave to a member whom another one keeps.
async fn withdraw_roles(tx: &mut Tx, directory: &Directory, organization: &OrgId, user: &UserId) -> Result<()> {
    if let Some(member) = members::find(tx, organization, user).await? {
        members::revoke_grants(tx, organization, &member.id, &Withdrawn::Directory(directory.id.clone())).await?;
    }
    Ok(())
}

/// What a person's access hangs on besides the resource that ends it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Ties {
    /// Another resource of the owner's live directories carries the person as active.
    carried: bool,
    /// The organization that holds the domain of their address.
    holder: Option<OrgId>,
    /// The directory, or another one of its owner, made the account.
    made: bool,
    /// Something else refers to them: another organization, another owner's directory. Who left the directory's
    /// organization is nobody's but their own.
    others: bool,
    /// They have consented to something that an OAuth 2.0 client may hold tokens by.
    consents: bool,
    /// They have API keys, or have made some or secret keys, that are not revoked.
    keys: bool,
}

/// One look at all of it.
async fn ties(tx: &Tx, directory: &Directory, resource: &DirectoryUserId, user: &User) -> Result<Ties> {
    let domain = email::domain(&user.email).and_then(|domain| domains::normalize(&domain)).unwrap_or_default();
    let row = db::one(
        tx,
        "SELECT
            EXISTS (SELECT 1 FROM directory_users u JOIN directories d ON d.id = u.directory_id
                    WHERE u.user_id = $1 AND u.id <> $2 AND u.active AND d.owner_key = $3 AND d.deleted_at IS NULL),
            (SELECT d.organization_id FROM organization_domains d WHERE d.name = $4 AND d.verified_at IS NOT NULL),
            EXISTS (SELECT 1 FROM directories d WHERE d.id = $6 AND d.owner_key = $3),
            EXISTS (SELECT 1 FROM members m WHERE m.user_id = $1 AND m.organization_id <> $5)
            OR ($5 <> '' AND NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = $1 AND m.organization_id = $5))
            OR EXISTS (SELECT 1 FROM directory_users u JOIN directories d ON d.id = u.directory_id
                       WHERE u.user_id = $1 AND u.link = 'linked' AND d.owner_key <> $3),
            EXISTS (SELECT 1 FROM directory_oauth_grants g WHERE g.user_id = $1)
            OR EXISTS (SELECT 1 FROM directory_oauth_codes c WHERE c.user_id = $1),
            EXISTS (SELECT 1 FROM secret_keys k WHERE k.created_by = $1 AND k.revoked_at IS NULL)
            OR EXISTS (SELECT 1 FROM api_keys k WHERE (k.user_id = $1 OR k.created_by = $1) AND k.revoked_at IS NULL)",
        [
            user.id.as_str().into(),
            resource.as_str().into(),
            owner_key(directory.organization_id.as_ref()).into(),
            domain.into(),
            directory.organization_id.as_ref().map_or("", Id::as_str).into(),
            user.created_by_directory_id.as_ref().map_or("", Id::as_str).into(),
        ],
    )
    .await?;
    let Some(row) = row else { return Err(Error::internal("a query without a table gave no row")) };
    Ok(Ties {
        carried: row.get(0)?,
        holder: row.get(1)?,
        made: row.get(2)?,
        others: row.get(3)?,
        consents: row.get(4)?,
        keys: row.get(5)?,
    })
}

/// A resource by which access has ended: as it was, and as it is. One that was deleted is as inactive as one that says so.
pub(super) struct Ended<'a> {
    /// Its id.
    pub resource: &'a DirectoryUserId,
    /// What it was.
    pub before: &'a UserColumns,
    /// What it is, or was when it was deleted.
    pub after: &'a UserColumns,
}

/// Records that a directory deactivated or deleted a person.
pub(super) fn record(
    tx: &mut Tx,
    directory: &Directory,
    ended: &Ended<'_>,
    user: Option<&User>,
    receipt: Option<&ReceiptId>,
    cause: Cause,
) {
    let id = ended.resource;
    let mut after = resource::brief(id.as_str(), ended.after);
    after["active"] = false.into();
    tell(tx, directory, id, (resource::brief(id.as_str(), ended.before), after), user, receipt, cause);
}

/// Records that the resource of somebody who was erased is gone, of which nothing is told but its id.
pub(super) fn record_erased(
    tx: &mut Tx,
    directory: &Directory,
    id: &DirectoryUserId,
    was_active: bool,
    user: Option<&User>,
) {
    let brief = |active: bool| json!({ "id": id.as_str(), "active": active });
    tell(tx, directory, id, (brief(was_active), brief(false)), user, None, Cause::Erased);
}

fn tell(
    tx: &mut Tx,
    directory: &Directory,
    id: &DirectoryUserId,
    (before, after): (Json, Json),
    user: Option<&User>,
    receipt: Option<&ReceiptId>,
    cause: Cause,
) {
    let payload = json!({
        "v": 1,
        "directory_id": directory.id.as_str(),
        "cause": cause.as_str(),
        "before": before,
        "after": after,
        "user": user.map(|user| users::snapshot(tx, user)),
        "receipt_id": receipt.map(Id::as_str),
    });
    let event = Event::new(EventKind::DirectoryUserDeprovisioned, id, payload);
    tx.record(event.within(directory.organization_id.as_ref()));
}
