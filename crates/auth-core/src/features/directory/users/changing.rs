//! `PUT` and `PATCH`: another state of a user resource, and what follows for the person.

use serde_json::Value as Json;

use super::creating::keep;
use super::{Changed, DirectoryUser, Happened, KeptPassword, Link, check_version, managers, record, store, stored};
use crate::db::{Scope as _, Tx};
use crate::fault::{Error, Result};
use crate::features::directory::breaker::Leaving;
use crate::features::directory::deactivation::{self, Cause, Ended};
use crate::features::directory::linking::{self, Linked};
use crate::features::directory::resource::{Profile, UserColumns};
use crate::features::directory::{
    Attributes, CredentialScope, Directory, DirectoryActor, DirectoryFault, authority, breaker, connections, mapping,
    resource, rules, schemas, standing, tombstones,
};
use crate::ids::{DirectoryUserId, Id as _, ReceiptId};
use crate::orgs::invitations;
use crate::orgs::members::{self, Status};
use crate::outbox::EventKind;
use crate::users::{self as people, User};

/// Gives a resource the attributes that `edit` makes of its present state. If they are the same,
/// nothing changes, neither version nor time. `groups` among the attributes are those that the identity provider
/// sent: the mapping sees them, the resource does not keep them.
///
/// `if_match`: the tags of which the present one must be one; `None` for any.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`], [`DirectoryFault::Stale`], [`DirectoryFault::UserNameTaken`],
/// [`DirectoryFault::UserNameRequired`], [`DirectoryFault::InvalidText`], [`DirectoryFault::MissingScope`],
/// [`DirectoryFault::Tripped`], and those of `edit`.
pub async fn change<E: From<Error>>(
    tx: &mut Tx,
    actor: &DirectoryActor,
    id: &DirectoryUserId,
    if_match: Option<&[String]>,
    password: Option<&KeptPassword>,
    edit: impl FnOnce(&DirectoryUser) -> Result<Attributes, E>,
) -> Result<Changed<DirectoryUser>, E> {
    actor.demand(tx, CredentialScope::UsersWrite)?;
    let directory = &actor.directory;
    schemas::hold(tx, directory).await?;
    let present = store::lock(tx, &directory.id, id).await?;
    let present = present.ok_or_else(|| Error::from(DirectoryFault::ResourceNotFound))?;
    check_version(if_match, &present.tag())?;
    let wanted = edit(&present)?;
    let groups = mapping::sent(&wanted);
    Ok(Box::pin(apply(tx, directory, present, stored(wanted), groups.as_deref(), password)).await?)
}

/// A resource before and after.
struct Step<'a> {
    /// The resource as it is stored.
    present: &'a DirectoryUser,
    /// Whether a request asks for it, which is told what is refused.
    asked: bool,
    directory: &'a Directory,
    id: &'a DirectoryUserId,
    before: (&'a UserColumns, &'a Profile),
    after: (&'a UserColumns, &'a Profile),
}

impl Step<'_> {
    fn is_off(&self) -> bool {
        self.before.0.active && !self.after.0.active
    }

    fn is_on(&self) -> bool {
        !self.before.0.active && self.after.0.active
    }

    /// The new address, if there is another one than before.
    fn new_address(&self) -> Option<&str> {
        let new = self.after.1.email.as_deref()?;
        (self.before.1.email.as_deref() != Some(new)).then_some(new)
    }
}

async fn apply(
    tx: &mut Tx,
    directory: &Directory,
    present: DirectoryUser,
    attributes: Attributes,
    groups: Option<&[Json]>,
    password: Option<&KeptPassword>,
) -> Result<Changed<DirectoryUser>> {
    let id = present.id.clone();
    let same = attributes == present.attributes;
    if same && password.is_none() && groups.is_none() && directory.mapping_version == 0 {
        tx.note("resource.unchanged", || "The resource is like that already".to_owned(), || Json::Null);
        return Ok(Changed { resource: present, changed: false, warnings: Vec::new() });
    }
    let opened = mapping::open(tx, directory, Some(&id), groups).await?;
    let (mapped_before, mapped) =
        (opened.before(directory, &present.attributes), opened.after(tx, directory, &attributes));
    let remapped = mapped_before != mapped || opened.is_behind();
    let mut columns_before = resource::user(&present.attributes)?;
    columns_before.active = present.active;
    let mut columns = resource::user(&attributes)?;
    if !attributes.contains_key("active") {
        // Invariant: only `true` brings a person back; taking the attribute away changes nobody's access.
        columns.active = present.active;
    }
    let before = (&columns_before, &mapped_before.profile);
    let step = Step { present: &present, asked: true, directory, id: &id, before, after: (&columns, &mapped.profile) };
    if step.is_on() {
        connections::hold_live(tx, &directory.id).await?;
    }
    if step.new_address().is_some() {
        breaker::wait(tx, directory).await?;
    }
    if step.is_off() && breaker::refuses(tx, directory, &Leaving::of(&present), true).await? {
        return Ok(Changed { resource: present, changed: false, warnings: Vec::new() });
    }
    let concerned = columns_before.active != columns.active || remapped || password.is_some();
    let (linked, receipt) = if concerned {
        let linked = load(tx, directory, &present).await?;
        if present.user_id.is_none() && linked.user.is_some() && columns.active {
            // Somebody signed up again with the address of an account that was erased.
            (relink(tx, &step).await?, None)
        } else if let Some(followed) = follow(tx, &step, linked).await? {
            followed
        } else {
            return Ok(Changed { resource: present, changed: false, warnings: Vec::new() });
        }
    } else {
        (look(tx, &present).await?, None)
    };
    let (is_off, is_on) = (step.is_off(), step.is_on());
    let is = linked.user.as_ref().map(|user| &user.id);
    if columns.active && (is_on || concerned && is != present.user_id.as_ref()) {
        breaker::came_back(tx, directory, &id, is);
    }
    keep(tx, directory, &linked, password).await?;
    if same && linked.user.as_ref().map(|user| &user.id) == present.user_id.as_ref() {
        if remapped || opened.has_news() {
            mapping::settle(tx, directory, &opened, &id, present.active, linked, &mapped).await?;
        }
        tx.note("resource.unchanged", || "The resource is like that already".to_owned(), || Json::Null);
        return Ok(Changed { resource: present, changed: false, warnings: Vec::new() });
    }
    let user_id = linked.user.as_ref().map(|user| user.id.clone());
    let person = present.user_id.clone();
    // Who is their own manager is called otherwise when they are.
    let manager = managers::of(&attributes);
    let remanaged = manager != managers::of(&present.attributes) || manager == Some(present.id.as_str());
    let mut user = DirectoryUser {
        version: present.version + 1,
        attributes,
        active: columns.active,
        user_id,
        link: linked.link,
        updated_at: tx.now().after(present.updated_at),
        ..present
    };
    store::update(tx, &directory.id, &user, person.as_ref(), &columns_before, &columns)?;
    let was = person.as_ref().filter(|_| columns_before.active);
    rules::resource_changed(tx, directory, &id, was, user.user_id.as_ref().filter(|_| user.active)).await?;
    let linked = if concerned || opened.has_news() {
        mapping::settle(tx, directory, &opened, &id, user.active, linked, &mapped).await?
    } else {
        linked
    };
    if is_off {
        let ended = Ended { resource: &user.id, before: &columns_before, after: &columns };
        deactivation::record(tx, directory, &ended, linked.accepted(), receipt.as_ref(), Cause::Deactivated);
    } else {
        let kind = if is_on { EventKind::DirectoryUserProvisioned } else { EventKind::DirectoryUserUpdated };
        let brief = |columns: &UserColumns| resource::brief(user.id.as_str(), columns);
        let (before, after) = (Some(brief(&columns_before)), brief(&columns));
        let happened = Happened { link: linked.link, user: linked.accepted(), before, after };
        record(tx, kind, directory, &user.id, &happened);
    }
    if remanaged {
        user.manager_name = None;
        managers::complete(tx, &directory.id, std::slice::from_mut(&mut user)).await?;
    }
    Ok(Changed { resource: user, changed: true, warnings: Vec::new() })
}

/// Maps the person of a resource again: the directory's mapping has changed, or the groups that it looks at.
pub(in crate::features::directory) async fn map_again(
    tx: &mut Tx,
    directory: &Directory,
    id: &DirectoryUserId,
) -> Result<()> {
    let Some(present) = store::lock(tx, &directory.id, id).await? else { return Ok(()) };
    let opened = mapping::open(tx, directory, Some(id), None).await?;
    let (before, after) =
        (opened.before(directory, &present.attributes), opened.after(tx, directory, &present.attributes));
    let mut columns = resource::user(&present.attributes)?;
    columns.active = present.active;
    if before.profile.email != after.profile.email {
        breaker::wait(tx, directory).await?;
    }
    let mut linked = load(tx, directory, &present).await?;
    if before.profile != after.profile {
        let (before, after) = ((&columns, &before.profile), (&columns, &after.profile));
        let step = Step { present: &present, asked: false, directory, id, before, after };
        let Some((followed, _)) = follow(tx, &step, linked).await? else {
            // It would end somebody's access, and the breaker says no: the resource stays whose it is.
            return Ok(());
        };
        linked = followed;
    } else if opened.follows_groups()
        && let (Some(user), Link::Linked) = (&linked.user, linked.link)
    {
        // What the groups were is not known any more.
        linked.user = Some(authority::push(tx, directory, user.clone(), None, &after.profile).await?);
    }
    let user_id = linked.user.as_ref().map(|user| user.id.clone());
    let moved = user_id != present.user_id && user_id.is_some();
    if moved {
        // The resource is about somebody else by now.
        let person = present.user_id.clone();
        let user = DirectoryUser {
            version: present.version + 1,
            user_id,
            link: linked.link,
            updated_at: tx.now().after(present.updated_at),
            ..present.clone()
        };
        store::update(tx, &directory.id, &user, person.as_ref(), &columns, &columns)?;
        let (was, is) = (person.as_ref().filter(|_| user.active), user.user_id.as_ref().filter(|_| user.active));
        rules::resource_changed(tx, directory, id, was, is).await?;
        if user.active {
            breaker::came_back(tx, directory, id, user.user_id.as_ref());
        }
    }
    let linked = mapping::settle(tx, directory, &opened, id, present.active, linked, &after).await?;
    if moved {
        let brief = resource::brief(id.as_str(), &columns);
        let happened =
            Happened { link: linked.link, user: linked.accepted(), before: Some(brief.clone()), after: brief };
        record(tx, EventKind::DirectoryUserUpdated, directory, id, &happened);
    }
    Ok(())
}

/// The person of a resource, locked, and whether they have accepted.
///
/// Whose account was erased is looked for by the address: who signed up again with it is not out of
/// the directory's reach.
pub(super) async fn load(tx: &mut Tx, directory: &Directory, present: &DirectoryUser) -> Result<Linked> {
    let Some(id) = &present.user_id else {
        if present.link == Link::NoAddress {
            return Ok(Linked { user: None, link: present.link });
        }
        let columns = resource::user(&present.attributes)?;
        let profile = mapping::profile_of(tx, directory, present).await?;
        let found = linking::find(tx, directory, &columns, &profile).await?;
        return Ok(found.unwrap_or(Linked { user: None, link: present.link }));
    };
    let user = people::lock(tx, id).await?;
    let accepted = present.link == Link::Pending && has_accepted(tx, directory, &user).await?;
    Ok(Linked { user: Some(user), link: if accepted { Link::Linked } else { present.link } })
}

/// Whether a pending link was accepted: the person is or was a member, or took the directory's
/// invitation, whatever became of the membership since.
async fn has_accepted(tx: &Tx, directory: &Directory, user: &User) -> Result<bool> {
    let Some(organization) = &directory.organization_id else { return Ok(false) };
    if let Some(member) = members::find(tx, organization, &user.id).await?
        && matches!(member.status, Status::Active | Status::Suspended)
    {
        return Ok(true);
    }
    invitations::was_accepted(tx, organization, &directory.id, &user.email).await
}

/// The same where nothing concerns the person: they are only looked at, for the event.
async fn look(tx: &Tx, present: &DirectoryUser) -> Result<Linked> {
    let user = match &present.user_id {
        Some(id) => people::find(tx, id).await?,
        None => None,
    };
    Ok(Linked { user, link: present.link })
}

/// What follows for the person. Returns whose resource it is now, and the receipt if access ended; `None` if the circuit
/// breaker refuses it, and nothing was changed.
async fn follow(tx: &mut Tx, step: &Step<'_>, linked: Linked) -> Result<Option<(Linked, Option<ReceiptId>)>> {
    Ok(Some(match (linked.user, linked.link) {
        (Some(user), Link::Linked) => return follow_linked(tx, step, user).await,
        (Some(user), _) => return Ok(follow_pending(tx, step, user).await?.map(|linked| (linked, None))),
        // Nobody: an address may have arrived, or the person was erased and is activated again.
        (None, link) => {
            let arrived = link == Link::NoAddress || step.new_address().is_some() || step.is_on();
            if !arrived {
                return Ok(Some((Linked { user: None, link }, None)));
            }
            if is_refused(tx, step).await? {
                return Ok(None);
            }
            (relink(tx, step).await?, None)
        }
    }))
}

async fn follow_linked(tx: &mut Tx, step: &Step<'_>, mut user: User) -> Result<Option<(Linked, Option<ReceiptId>)>> {
    let Step { directory, id, .. } = step;
    let address = step.after.1.email.as_deref();
    if let Some(new) = step.new_address().filter(|new| *new != user.email) {
        if people::find_by_email(tx, new).await?.is_some() {
            // It is somebody else's: the resource is about them now, and the one before loses their access like all others.
            if is_move_refused(tx, step, &user).await? {
                return Ok(None);
            }
            deactivation::end(tx, directory, id, &user, step.before.1.email.as_deref(), Cause::Moved).await?;
            tombstones::bury(tx, directory, (&step.before.0.external_id, &step.before.0.user_name_key), &user).await?;
            return Ok(Some((relink(tx, step).await?, None)));
        }
        user = authority::readdress(tx, directory, user, new).await?;
    }
    let mut receipt = None;
    if step.is_off() {
        receipt = Some(deactivation::end(tx, directory, id, &user, address, Cause::Deactivated).await?);
    } else if step.is_on() {
        let seen = standing::look(tx, directory, &user).await?;
        if let Some(address) = address.filter(|_| seen.left) {
            standing::await_acceptance(tx, directory, &user, address).await?;
            return Ok(Some((Linked { user: Some(user), link: Link::Pending }, None)));
        }
        standing::admit(tx, directory, &user, seen).await?;
    }
    let user = authority::push(tx, directory, user, Some(step.before.1), step.after.1).await?;
    Ok(Some((Linked { user: Some(user), link: Link::Linked }, receipt)))
}

/// Whether the circuit breaker keeps a resource from being about somebody else than `user`: it would end their access, or
/// that of the other one.
async fn is_move_refused(tx: &mut Tx, step: &Step<'_>, user: &User) -> Result<bool> {
    let Step { directory, id, .. } = step;
    if !directory.settings.breaker.enabled {
        return Ok(false);
    }
    // Who is deactivated at once was asked about already. Of one who was inactive the access has ended, unless somebody
    // gave them the membership back by hand.
    let loses = if step.before.0.active {
        !step.is_off()
    } else {
        directory.organization_id.is_some() && deactivation::costs(tx, directory, id, user).await?
    };
    let leaving = Leaving::displaced(id, &user.id);
    if loses && breaker::refuses(tx, directory, &leaving, step.asked).await? {
        return Ok(true);
    }
    let refused = is_refused(tx, step).await?;
    if refused && loses {
        breaker::stays(tx, directory, &leaving);
    }
    Ok(refused)
}

async fn follow_pending(tx: &mut Tx, step: &Step<'_>, user: User) -> Result<Option<Linked>> {
    let Step { directory, id, .. } = step;
    let before = step.before.1.email.as_deref();
    let address = step.after.1.email.as_deref();
    if before != address {
        if is_refused(tx, step).await? {
            return Ok(None);
        }
        standing::withdraw(tx, directory, id, &user.id, before).await?;
        return relink(tx, step).await.map(Some);
    }
    if step.is_off() {
        standing::withdraw(tx, directory, id, &user.id, address).await?;
    } else if let (true, Some(address)) = (step.is_on(), address) {
        standing::await_acceptance(tx, directory, &user, address).await?;
    }
    Ok(Some(Linked { user: Some(user), link: Link::Pending }))
}

/// Whether the circuit breaker keeps [`relink`] from ending the access of the person whom it would find.
async fn is_refused(tx: &mut Tx, step: &Step<'_>) -> Result<bool> {
    let (columns, profile) = step.after;
    if columns.active || !step.directory.settings.breaker.enabled {
        return Ok(false);
    }
    let facts = linking::facts(tx, step.directory, columns, profile.email.as_deref()).await?;
    let refused = linking::is_refused(tx, step.directory, step.id, profile, &facts, step.asked).await?;
    if refused && step.is_off() {
        // The one before might have gone.
        breaker::stays(tx, step.directory, &Leaving::of(step.present));
    }
    Ok(refused)
}

/// Asks anew whose account it is. If the resource is inactive, the circuit breaker was asked.
async fn relink(tx: &mut Tx, step: &Step<'_>) -> Result<Linked> {
    let (columns, profile) = step.after;
    let facts = linking::facts(tx, step.directory, columns, profile.email.as_deref()).await?;
    linking::link(tx, step.directory, step.id, profile, &facts, columns.active).await
}
