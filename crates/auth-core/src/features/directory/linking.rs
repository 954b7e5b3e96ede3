//! Whose account is it? The five cases, in their order, on create and again for a new address.

use serde_json::{Value as Json, json};

use super::authority;
use super::breaker::{self, Leaving};
use super::deactivation::{self, Cause};
use super::resource::{Profile, UserColumns};
use super::users::Link;
use super::{Directory, DirectoryFault, standing, tombstones, welcome};
use crate::db::{self, Scope as _, Tx};
use crate::fault::{Error, Result};
use crate::ids::{DirectoryUserId, Id as _, OrgId, UserId};
use crate::notes::Note;
use crate::orgs::domains;
use crate::orgs::members::{self, Status};
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
    /// How many members the organization itself allows.
    pub member_limit: Option<i64>,
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
            (SELECT t.user_id FROM directory_tombstones t WHERE t.directory_id = $1 AND t.user_id IS NOT NULL
               AND (t.external_id = $3 OR (t.user_name_key = $2 AND (t.external_id IS NULL OR $3 = '')))
             ORDER BY CASE WHEN t.external_id = $3 THEN 0 ELSE 1 END, t.deleted_at DESC, t.id DESC LIMIT 1),
            (SELECT d.organization_id FROM organization_domains d WHERE d.name = $4 AND d.verified_at IS NOT NULL),
            (SELECT u.id FROM users u WHERE u.email_key = $5),
            (SELECT o.max_allowed_memberships FROM organizations o WHERE o.id = $6)",
        [
            directory.id.as_str().into(),
            columns.user_name_key.as_str().into(),
            columns.external_id.as_deref().unwrap_or_default().into(),
            domain.into(),
            address.unwrap_or_default().into(),
            directory.organization_id.as_ref().map(|id| id.as_str().to_owned()).into(),
        ],
    )
    .await?;
    let Some(row) = row else { return Err(Error::internal("a query without a table gave no row")) };
    Ok(Facts {
        taken: row.get::<Option<String>>(0)?.is_some(),
        tombstone: row.get(1)?,
        holder: row.get(2)?,
        present: row.get(3)?,
        member_limit: row.get(4)?,
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

impl Owner {
    /// Says which case it is, and why.
    fn note(&self, tx: &Tx) {
        let (code, words, user) = match self {
            Self::Restored(user) => (
                "linked.restored",
                "The directory deleted this person before, and is still told apart by them",
                Some(user),
            ),
            Self::Member(user) => ("linked.member", "Somebody with the address belongs here already", Some(user)),
            Self::OfDomain(user) => (
                "linked.domain",
                "Somebody has the address, and the directory's owner has authority over its domain",
                Some(user),
            ),
            // Who that is, is none of the directory's business before.
            Self::Stranger(_) => (
                "linked.pending",
                "Somebody beyond the directory's authority has the address: they must accept first",
                None,
            ),
            Self::Nobody => ("linked.created", "Nobody has the address: a new account is made", None),
        };
        tx.note(code, || words.to_owned(), || user.map_or(Json::Null, |user| json!({ "user_id": user.id.as_str() })));
    }
}

/// The decision of a rehearsal that does not say whether somebody has an address. What is done for real is a letter to
/// them, if they are there; a rehearsal is silent, and would tell anybody who may make a directory which addresses have
/// accounts here.
pub(super) const NOT_TOLD: &str = "linked.not_told";

/// The events and the decisions of a rehearsal. Where it does not say whether somebody has an address, neither do what
/// came before nor after: that would be another for a new account than for one that is asked.
pub(super) fn told(notes: Vec<Note>) -> (Vec<Note>, Vec<Note>) {
    if let Some(one) = notes.iter().find(|note| note.code == NOT_TOLD) {
        return (Vec::new(), vec![one.clone()]);
    }
    notes.into_iter().partition(|note| note.code == "event")
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
/// the resource says. The caller of an inactive one has asked the circuit breaker: see [`is_refused`].
pub(super) async fn link(
    tx: &mut Tx,
    directory: &Directory,
    resource: &DirectoryUserId,
    profile: &Profile,
    facts: &Facts,
    active: bool,
) -> Result<Linked> {
    // Nor does a sandbox, or what is staged.
    let Some(address) = profile.email.as_deref().filter(|_| !directory.provisions_nobody()) else {
        tx.note(
            "linked.no_address",
            || "There is no address by which anybody could be found".to_owned(),
            || Json::Null,
        );
        return Ok(Linked::NONE);
    };
    let owner = decide(tx, directory, address, facts).await?;
    let held = directory.organization_id.is_none() || facts.holder == directory.organization_id;
    if tx.ctx().dry_run && !held && matches!(owner, Owner::Stranger(_) | Owner::Nobody) {
        tx.note(
            NOT_TOLD,
            || {
                "Its domain is not the organization's: whether somebody has the address is told when it is done"
                    .to_owned()
            },
            || Json::Null,
        );
    } else {
        owner.note(tx);
    }
    let user = match owner {
        Owner::Stranger(user) => {
            if active {
                standing::await_acceptance(tx, directory, &user, address).await?;
            }
            return Ok(Linked { user: Some(user), link: Link::Pending });
        }
        Owner::Nobody => {
            let user = make(tx, directory, profile, address, facts)?;
            if let Some(organization) = &directory.organization_id {
                let status = if active { Status::Active } else { Status::Suspended };
                standing::add_new(tx, directory, organization, &user, status, facts.member_limit).await?;
            }
            if active {
                welcome::welcome(tx, directory, &user).await?;
            }
            return Ok(Linked { user: Some(user), link: Link::Linked });
        }
        Owner::Restored(user) if active && standing::look(tx, directory, &user).await?.left => {
            let words = || "They left the organization: only their own consent brings them back".to_owned();
            tx.note("linked.consent_needed", words, || json!({ "user_id": user.id.as_str() }));
            standing::await_acceptance(tx, directory, &user, address).await?;
            return Ok(Linked { user: Some(user), link: Link::Pending });
        }
        Owner::Restored(user) | Owner::OfDomain(user) => wipe(tx, directory, user).await?,
        Owner::Member(user) => user,
    };
    if active {
        let seen = standing::look(tx, directory, &user).await?;
        standing::admit(tx, directory, &user, seen).await?;
    } else {
        deactivation::end(tx, directory, resource, &user, Some(address), Cause::Deactivated).await?;
    }
    tombstones::forget(tx, directory, &user)?;
    let user = if email::key(&user.email) == address {
        user
    } else {
        authority::readdress(tx, directory, user, address).await?
    };
    let user = authority::push(tx, directory, user, None, profile).await?;
    Ok(Linked { user: Some(user), link: Link::Linked })
}

/// Whether the circuit breaker keeps an inactive resource from being about whom [`link`] would find: it would end the
/// access that they have. `asked`: whether a request is to be told. If so, its caller changes nothing and returns.
pub(super) async fn is_refused(
    tx: &mut Tx,
    directory: &Directory,
    resource: &DirectoryUserId,
    profile: &Profile,
    facts: &Facts,
    asked: bool,
) -> Result<bool> {
    let Some(address) = profile.email.as_deref().filter(|_| !directory.provisions_nobody()) else { return Ok(false) };
    if !directory.settings.breaker.enabled {
        return Ok(false);
    }
    // The breaker before the person, as everywhere.
    breaker::wait(tx, directory).await?;
    let user = match decide(tx, directory, address, facts).await? {
        Owner::Restored(user) | Owner::OfDomain(user) | Owner::Member(user) => user,
        Owner::Stranger(_) | Owner::Nobody => return Ok(false),
    };
    if !deactivation::costs(tx, directory, resource, &user).await? {
        return Ok(false);
    }
    breaker::refuses(tx, directory, &Leaving::displaced(resource, &user.id), asked).await
}

/// Whose account it is, without making one or bringing anybody in: for a resource whose account was
/// erased. `None` if nobody has the address.
pub(super) async fn find(
    tx: &mut Tx,
    directory: &Directory,
    columns: &UserColumns,
    profile: &Profile,
) -> Result<Option<Linked>> {
    let Some(address) = profile.email.as_deref().filter(|_| !directory.provisions_nobody()) else { return Ok(None) };
    let facts = facts(tx, directory, columns, Some(address)).await?;
    Ok(match decide(tx, directory, address, &facts).await? {
        Owner::Nobody => None,
        Owner::Stranger(user) => Some(Linked { user: Some(user), link: Link::Pending }),
        Owner::Restored(user) | Owner::OfDomain(user) => {
            Some(Linked { user: Some(wipe(tx, directory, user).await?), link: Link::Linked })
        }
        Owner::Member(user) => Some(Linked { user: Some(user), link: Link::Linked }),
    })
}

async fn decide(tx: &Tx, directory: &Directory, address: &str, facts: &Facts) -> Result<Owner> {
    if let Some(id) = &facts.tombstone
        // An address that somebody else has by now is theirs: the resource is about them.
        && facts.present.as_ref().is_none_or(|present| present == id)
    {
        let user = users::lock(tx, id).await?;
        if may_restore(tx, directory, &user, address).await? {
            return Ok(Owner::Restored(user));
        }
    }
    let Some(id) = &facts.present else { return Ok(Owner::Nobody) };
    let user = users::lock(tx, id).await?;
    if email::key(&user.email) != address {
        // Changed between the look and the lock: look again.
        return Err(Error::from(UsersFault::AlreadyExists).lost_race());
    }
    Ok(match &directory.organization_id {
        Some(organization) => match members::find(tx, organization, id).await?.map(|member| member.status) {
            Some(Status::Active) => Owner::Member(user),
            _ if facts.holder.as_ref() == Some(organization) => Owner::OfDomain(user),
            _ => Owner::Stranger(user),
        },
        None if user.created_by_directory_id.as_ref() == Some(&directory.id) => Owner::Member(user),
        None if facts.holder.is_none() && !user.email_verified && !user.is_platform_admin() => Owner::OfDomain(user),
        None => Owner::Stranger(user),
    })
}

/// Whether the account of a tombstone still passes, by the address that it has now: its domain is held
/// (and the account may get the resource's new address), or it has the address of the resource and
/// belongs here (suspended, usually: the deletion did that).
async fn may_restore(tx: &Tx, directory: &Directory, user: &User, address: &str) -> Result<bool> {
    let holder = authority::holder_of(tx, &user.email).await?;
    Ok(match &directory.organization_id {
        Some(organization) if holder.as_ref() == Some(organization) => true,
        Some(organization) if email::key(&user.email) == address => members::find(tx, organization, &user.id)
            .await?
            .is_some_and(|member| matches!(member.status, Status::Active | Status::Suspended)),
        Some(_) => false,
        None => email::key(&user.email) == address && authority::given(directory, user, holder.as_ref()).access,
    })
}

/// Wipes what was set on an account without proof of its mailbox, if its domain is held. Platform admins
/// are not wiped.
async fn wipe(tx: &mut Tx, directory: &Directory, user: User) -> Result<User> {
    if user.email_verified || user.is_platform_admin() {
        return Ok(user);
    }
    if authority::holder_of(tx, &user.email).await? != directory.organization_id {
        return Ok(user);
    }
    users::wipe_unproven(tx, &user.id).await?;
    users::lock(tx, &user.id).await
}

/// Case 5: a new account. The mailbox counts as proven only where the organization holds the domain.
fn make(tx: &mut Tx, directory: &Directory, profile: &Profile, address: &str, facts: &Facts) -> Result<User> {
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
    // If somebody else made the account meanwhile, the next attempt finds it.
    users::create_later(tx, new, Error::from(UsersFault::AlreadyExists).lost_race())
}

/// A person accepts what the instance directory says about them. In an organization the invitation is
/// accepted instead.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`] for everybody but the person, and for who acts as them
/// [`NotYours`](crate::sign_in::impersonation::ImpersonationFault::NotYours).
pub(super) async fn accept(tx: &mut Tx, id: &DirectoryUserId) -> Result<()> {
    crate::sign_in::impersonation::refuse(&tx.ctx().actor)?;
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
