//! Whose account is it? The five cases, in their order, on create and again for a new address.

use serde_json::json;

use super::authority;
use super::deactivation::{self, Cause};
use super::resource::{Profile, UserColumns};
use super::users::Link;
use super::{Directory, DirectoryFault};
use crate::db::{self, Scope as _, Tx};
use crate::fault::{Error, Result};
use crate::ids::{DirectoryUserId, Id as _, MemberId, OrgId, UserId};
use crate::orgs::domains;
use crate::orgs::invitations::{self, InvitationsFault, NewInvitation};
use crate::orgs::members::{self, NewMember, Source, Status, Withdrawn};
use crate::outbox::{Event, EventKind};
use crate::users::{self, NewUser, User, UsersFault, email};

/// What is known before it is decided whose account it is; one query.
#[derive(Debug)]
pub(super) struct Facts {
    /// Whether a resource of this directory has the `userName`.
    pub taken: bool,
    /// The person of a tombstone of this directory for the same resource.
    pub tombstone: Option<UserId>,
    /// The organization that holds the domain of the address.
    pub holder: Option<OrgId>,
    /// Who has the address.
    pub present: Option<UserId>,
}

/// Reads the facts about a resource with these columns and this address.
pub(super) async fn facts(
    tx: &Tx,
    directory: &Directory,
    columns: &UserColumns,
    address: Option<&str>,
) -> Result<Facts> {
    let domain = address.and_then(email::domain).and_then(|domain| domains::normalize(&domain)).unwrap_or_default();
    let row = db::one(
        tx,
        "SELECT
            (SELECT x.id FROM directory_users x WHERE x.directory_id = $1 AND x.user_name_key = $2),
            (SELECT t.user_id FROM directory_tombstones t WHERE t.directory_id = $1
               AND (t.external_id = $3 OR (t.user_name_key = $2 AND (t.external_id IS NULL OR $3 = '')))
             ORDER BY CASE WHEN t.external_id = $3 THEN 0 ELSE 1 END, t.deleted_at DESC, t.id DESC LIMIT 1),
            (SELECT d.organization_id FROM organization_domains d WHERE d.name = $4 AND d.verified_at IS NOT NULL),
            (SELECT u.id FROM users u WHERE u.email_key = $5)",
        [
            directory.id.as_str().into(),
            columns.user_name_key.as_str().into(),
            columns.external_id.as_deref().unwrap_or_default().into(),
            domain.into(),
            address.unwrap_or_default().into(),
        ],
    )
    .await?;
    let Some(row) = row else { return Err(Error::internal("a query without a table gave no row")) };
    Ok(Facts {
        taken: row.get::<Option<String>>(0)?.is_some(),
        tombstone: row.get(1)?,
        holder: row.get(2)?,
        present: row.get(3)?,
    })
}

/// Whose account it is.
#[derive(Debug)]
enum Owner {
    /// Case 1: the person of the tombstone.
    Restored(User),
    /// Case 2: somebody who belongs here already.
    Member(User),
    /// Case 3: somebody of a domain that is held.
    OfDomain(User),
    /// Case 4: somebody who must accept first.
    Stranger(User),
    /// Case 5: nobody yet.
    Nobody,
}

/// What linking came to.
#[derive(Debug)]
pub(super) struct Linked {
    /// The person, locked.
    pub user: Option<User>,
    /// How the resource belongs to them.
    pub link: Link,
}

impl Linked {
    /// Linked to nobody: there is no address.
    pub(super) const NONE: Self = Self { user: None, link: Link::NoAddress };

    /// The person, if they have accepted.
    pub(super) fn accepted(&self) -> Option<&User> {
        self.user.as_ref().filter(|_| self.link == Link::Linked)
    }
}

/// Finds or makes the person whom the resource is about, and brings them in or ends their access as
/// the resource says.
pub(super) async fn link(
    tx: &mut Tx,
    directory: &Directory,
    resource: &DirectoryUserId,
    profile: &Profile,
    facts: &Facts,
    active: bool,
) -> Result<Linked> {
    let Some(address) = profile.email.as_deref() else { return Ok(Linked::NONE) };
    let user = match decide(tx, directory, address, facts).await? {
        Owner::Stranger(user) => {
            if active {
                await_acceptance(tx, directory, &user, address).await?;
            }
            return Ok(Linked { user: Some(user), link: Link::Pending });
        }
        Owner::Nobody => {
            let user = make(tx, directory, profile, address, facts).await?;
            if let Some(organization) = &directory.organization_id {
                let status = if active { Status::Active } else { Status::Suspended };
                add(tx, directory, organization, &user, status).await?;
            }
            return Ok(Linked { user: Some(user), link: Link::Linked });
        }
        Owner::Restored(user) | Owner::OfDomain(user) => wipe(tx, directory, user, facts.holder.as_ref()).await?,
        Owner::Member(user) => user,
    };
    if active {
        admit(tx, directory, &user).await?;
    } else {
        deactivation::end(tx, directory, resource, &user, Some(address), Cause::Deactivated).await?;
    }
    forget_tombstones(tx, directory, &user.id).await?;
    let user = push(tx, directory, user, None, profile).await?;
    Ok(Linked { user: Some(user), link: Link::Linked })
}

async fn decide(tx: &Tx, directory: &Directory, address: &str, facts: &Facts) -> Result<Owner> {
    if let Some(id) = &facts.tombstone {
        let user = users::lock(tx, id).await?;
        if user.email == address && may_restore(tx, directory, &user, facts).await? {
            return Ok(Owner::Restored(user));
        }
    }
    let Some(id) = &facts.present else { return Ok(Owner::Nobody) };
    let user = users::lock(tx, id).await?;
    if user.email != address {
        // Changed between the look and the lock: look again.
        return Err(Error::from(UsersFault::AlreadyExists).lost_race());
    }
    Ok(match &directory.organization_id {
        Some(organization) => match members::find(tx, organization, id).await?.map(|member| member.status) {
            // Whom a directory suspended had belonged here, and a directory may bring them back.
            Some(Status::Active | Status::Suspended) => Owner::Member(user),
            _ if facts.holder.as_ref() == Some(organization) => Owner::OfDomain(user),
            _ => Owner::Stranger(user),
        },
        None if user.created_by_directory_id.as_ref() == Some(&directory.id) => Owner::Member(user),
        None if facts.holder.is_none() && !user.email_verified && !user.is_platform_admin() => Owner::OfDomain(user),
        None => Owner::Stranger(user),
    })
}

/// Whether the account of a tombstone, which has the address of the resource, still passes.
async fn may_restore(tx: &Tx, directory: &Directory, user: &User, facts: &Facts) -> Result<bool> {
    Ok(match &directory.organization_id {
        Some(organization) if facts.holder.as_ref() == Some(organization) => true,
        Some(organization) => members::find(tx, organization, &user.id)
            .await?
            .is_some_and(|member| matches!(member.status, Status::Active | Status::Suspended)),
        None => authority::given(directory, user, facts.holder.as_ref()).access,
    })
}

/// Wipes what was set on an account without proof of its mailbox. Platform admins are not wiped.
async fn wipe(tx: &mut Tx, directory: &Directory, user: User, holder: Option<&OrgId>) -> Result<User> {
    let trusted = holder == directory.organization_id.as_ref();
    if user.email_verified || user.is_platform_admin() || !trusted {
        return Ok(user);
    }
    users::wipe_unproven(tx, &user.id).await?;
    users::lock(tx, &user.id).await
}

/// Case 5: a new account. The mailbox counts as proven only where the organization holds the domain.
async fn make(tx: &mut Tx, directory: &Directory, profile: &Profile, address: &str, facts: &Facts) -> Result<User> {
    let held = facts.holder.is_some() && facts.holder == directory.organization_id;
    let new = NewUser {
        name: profile.name.clone(),
        first_name: profile.first_name.clone(),
        last_name: profile.last_name.clone(),
        email: address.to_owned(),
        email_verified: held,
        image: profile.image.clone(),
        external_id: profile.external_id.clone(),
        created_by_directory_id: Some(directory.id.clone()),
        ..NewUser::default()
    };
    // Somebody else made the account meanwhile: the next attempt finds it.
    users::create(tx, new)
        .await
        .map_err(|error| if error.is(&UsersFault::AlreadyExists) { error.lost_race() } else { error })
}

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

async fn add(tx: &mut Tx, directory: &Directory, organization: &OrgId, user: &User, status: Status) -> Result<()> {
    let new = NewMember {
        organization_id: organization.clone(),
        user_id: user.id.clone(),
        status,
        role: directory.settings.default_role.clone(),
        source: Source::Default(directory.id.clone()),
    };
    members::add(tx, new).await.map(drop)
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

/// Gives the person what the resource says about them, as far as the directory may: what is different
/// from `before`, or everything.
pub(super) async fn push(
    tx: &mut Tx,
    directory: &Directory,
    user: User,
    before: Option<&Profile>,
    profile: &Profile,
) -> Result<User> {
    if !authority::over(tx, directory, &user).await?.profile {
        return Ok(user);
    }
    let same = |get: fn(&Profile) -> Option<&String>| before.is_some_and(|before| get(before) == get(profile));
    let optional = |now: &Option<String>, get: fn(&Profile) -> Option<&String>| {
        (!same(get) && get(profile) != now.as_ref()).then(|| get(profile).cloned())
    };
    let changes = users::Changes {
        name: (!same(|p| Some(&p.name)) && !profile.name.is_empty() && profile.name != user.name)
            .then(|| profile.name.clone()),
        first_name: optional(&user.first_name, |p| p.first_name.as_ref()),
        last_name: optional(&user.last_name, |p| p.last_name.as_ref()),
        external_id: optional(&user.external_id, |p| p.external_id.as_ref()),
        // A directory that never sent a photo does not take away the one that the person chose.
        image: optional(&user.image, |p| p.image.as_ref()).filter(|image| image.is_some() || before.is_some()),
        ..users::Changes::default()
    };
    let nothing = changes.name.is_none()
        && changes.first_name.is_none()
        && changes.last_name.is_none()
        && changes.external_id.is_none()
        && changes.image.is_none();
    if nothing { Ok(user) } else { users::update(tx, &user.id, changes).await }
}

/// Gives a linked person the address that the resource has now, if the directory may and nobody has
/// it. The caller has seen that the address is another one.
pub(super) async fn readdress(tx: &mut Tx, directory: &Directory, user: User, address: &str) -> Result<User> {
    let may =
        authority::over(tx, directory, &user).await?.address && authority::may_give(tx, directory, address).await?;
    if !may {
        return Ok(user);
    }
    let proven = directory.organization_id.is_some();
    users::set_email(tx, &user.id, address, proven)
        .await
        .map_err(|error| if error.is(&UsersFault::AlreadyExists) { error.lost_race() } else { error })
}

/// Leaves a tombstone: what a deleted resource was linked to.
pub(super) async fn bury(
    tx: &Tx,
    directory: &Directory,
    columns: (&Option<String>, &str),
    user: &UserId,
) -> Result<()> {
    let id: crate::ids::TombstoneId = tx.new_id();
    let (external_id, user_name_key) = columns;
    db::run(
        tx,
        "INSERT INTO directory_tombstones (id, directory_id, external_id, user_name_key, user_id, link, deleted_at)
         VALUES ($1, $2, $3, $4, $5, 'linked', $6)",
        [
            id.as_str().into(),
            directory.id.as_str().into(),
            external_id.clone().into(),
            user_name_key.into(),
            user.as_str().into(),
            tx.now().into(),
        ],
    )
    .await?;
    Ok(())
}

async fn forget_tombstones(tx: &Tx, directory: &Directory, user: &UserId) -> Result<()> {
    db::run(
        tx,
        "DELETE FROM directory_tombstones WHERE directory_id = $1 AND user_id = $2",
        [directory.id.as_str().into(), user.as_str().into()],
    )
    .await?;
    Ok(())
}

/// A person accepts what the instance directory says about them. In an organization the invitation is
/// accepted instead.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`] for everybody but the person.
pub(super) async fn accept(tx: &mut Tx, id: &DirectoryUserId) -> Result<()> {
    let Some(user) = tx.ctx().actor.user_id().cloned() else { return Err(DirectoryFault::ResourceNotFound.into()) };
    let row = db::one(
        tx,
        "UPDATE directory_users SET link = 'linked' WHERE id = $1 AND user_id = $2 AND link = 'pending'
         AND directory_id IN (SELECT id FROM directories WHERE owner_key = 'instance' AND deleted_at IS NULL)
         RETURNING directory_id",
        [id.as_str().into(), user.as_str().into()],
    )
    .await?;
    let Some(row) = row else { return Err(DirectoryFault::ResourceNotFound.into()) };
    let directory: String = row.get(0)?;
    let payload = json!({ "v": 1, "directory_id": directory, "user_id": user.as_str(), "accepted": true });
    tx.record(Event::new(EventKind::DirectoryUserUpdated, id, payload));
    Ok(())
}
