//! How a membership ends: for a time (suspended by a directory or by hand) or for good. Access ends in the same
//! transaction: the member's epoch is raised and their sessions leave the organization.

use super::joining::{check_limit, general_limit};
use super::{AND_DIRECTORY, BY_HAND, Member, MembersFault, Status, owners, record, store};
use crate::ctx::Actor;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{OrgId, UserId};
use crate::orgs::domains::enrollment;
use crate::outbox::EventKind;
use crate::roles::{self, Authority};
use crate::{api_keys, orgs, sessions};

/// Suspends a member; `by` is remembered. `false` if they are suspended already, `None` if there is nobody to
/// suspend.
///
/// It never refuses for the last owner: deprovisioning ends access whatever it costs. The organization
/// is then marked ownerless.
///
/// # Errors
/// [`MembersFault::MayNotUpdate`]; those of the database.
pub async fn suspend(tx: &mut Tx, organization: &OrgId, user: &UserId, by: &str) -> Result<Option<bool>> {
    roles::demand(tx, organization, "member:update", MembersFault::MayNotUpdate).await?;
    let Some(seen) = store::find(tx, organization, user).await? else { return Ok(None) };
    // The organization before its members, as everywhere, if ownership is at stake.
    let owner = seen.is_active() && seen.is_owner();
    if owner {
        orgs::lock(tx, organization).await?;
    }
    let before = if owner || !tx.lock().is_empty() {
        let Some(locked) = store::lock(tx, organization, user).await? else { return Ok(None) };
        locked
    } else {
        seen
    };
    if before.status == Status::Suspended {
        note_directory(tx, &before, true);
        return Ok(Some(false));
    }
    turn(tx, &before, Status::Suspended, Some(by));
    if before.is_active() && before.is_owner() {
        owners::note(tx, organization).await?;
    }
    Ok(Some(true))
}

/// Notes of somebody who is suspended by hand that a directory has shut them out besides, or wants them back: while it has, whoever
/// may change members does not bring them back alone.
fn note_directory(tx: &Tx, member: &Member, shut_out: bool) {
    let Some(hand) = member.suspended_by.as_deref().and_then(|by| by.strip_prefix(BY_HAND)) else { return };
    let by = match (hand.strip_prefix(AND_DIRECTORY), shut_out) {
        (None, true) if matches!(tx.ctx().actor, Actor::Directory { .. }) => format!("{BY_HAND}{AND_DIRECTORY}{hand}"),
        (Some(hand), false) => format!("{BY_HAND}{hand}"),
        _ => return,
    };
    store::set_status(tx, &member.id, Status::Suspended, Some(&by), false);
}

/// Suspends a member because somebody says so who may change them. Whom a directory suspended is suspended by hand from then
/// on, if an owner or the platform says so: no directory brings them back. `false` if they were suspended already.
///
/// Nobody reaches above themselves, nobody suspends themselves, and the last owner stays.
///
/// # Errors
/// [`MembersFault::NotFound`], [`MembersFault::MayNotUpdate`], [`MembersFault::NotYourself`],
/// [`MembersFault::WithoutOwner`].
pub async fn suspend_by_hand(tx: &mut Tx, organization: &OrgId, user: &UserId) -> Result<bool> {
    let authority = roles::demand(tx, organization, "member:update", MembersFault::MayNotUpdate).await?;
    if tx.ctx().actor.user_id() == Some(user) {
        return Err(MembersFault::NotYourself.into());
    }
    orgs::lock(tx, organization).await?;
    let before = store::lock(tx, organization, user).await?.ok_or(MembersFault::NotFound)?;
    // Whoever lost the right while this waited has none.
    let authority = match authority {
        Authority::Member { .. } => {
            roles::demand(tx, organization, "member:update", MembersFault::MayNotUpdate).await?
        }
        other => other,
    };
    refuse_above(tx, &authority, &before).await?;
    if before.status == Status::Awaiting {
        return Err(MembersFault::NotFound.into());
    }
    // Otherwise who may not bring back whom a directory shut out would suspend them first.
    let by_directory = before.status == Status::Suspended && !before.is_suspended_by_hand();
    let alone = matches!(authority, Authority::Member { .. }) && !authority.is_owner();
    if before.is_suspended_by_hand() || (by_directory && alone) {
        return Ok(false);
    }
    owners::keep_one(tx, &before, MembersFault::WithoutOwner).await?;
    let and = if by_directory { AND_DIRECTORY } else { "" };
    let by = format!("{BY_HAND}{and}{}", tx.ctx().actor.label());
    turn(tx, &before, Status::Suspended, Some(&by));
    api_keys::end_within(tx, user, organization).await?;
    Ok(true)
}

/// Refuses who would change somebody above themselves.
async fn refuse_above(tx: &Tx, authority: &Authority, member: &Member) -> Result<()> {
    let above = (member.is_owner() && !authority.is_owner())
        || !authority.reaches(tx, &member.organization_id, &member.roles).await?;
    if above { Err(MembersFault::MayNotUpdate.into()) } else { Ok(()) }
}

/// Brings back a suspended member with the grants they had, not with their sessions. Who was suspended by hand is brought
/// back by who may change them, and by no directory; who was by a directory, by that or by an owner's explicit act; who was by
/// both, by an owner. Who is not suspended stays as they are.
///
/// # Errors
/// [`MembersFault::NotFound`], [`MembersFault::MayNotUpdate`], [`MembersFault::LimitReached`].
pub async fn restore(tx: &mut Tx, organization: &OrgId, user: &UserId) -> Result<()> {
    let authority = roles::demand(tx, organization, "member:update", MembersFault::MayNotUpdate).await?;
    orgs::lock(tx, organization).await?;
    check_limit(tx, organization).await?;
    let before = store::lock(tx, organization, user).await?;
    if matches!(authority, Authority::Member { .. }) && !authority.is_owner() {
        // Whether a stranger was suspended, and by whom, is told to nobody else.
        let by_hand_alone = |before: &&Member| before.is_suspended_by_hand() && !before.is_shut_out_besides();
        let Some(before) = before.as_ref().filter(by_hand_alone) else {
            return Err(MembersFault::MayNotUpdate.into());
        };
        refuse_above(tx, &authority, before).await?;
    }
    let before = before.ok_or(MembersFault::NotFound)?;
    if matches!(authority, Authority::Directory(_)) && before.is_suspended_by_hand() {
        note_directory(tx, &before, false);
        return Ok(());
    }
    come_back(tx, &before).await
}

/// The same, by a directory that has just read the member in this transaction, and how many members the
/// organization itself allows.
///
/// # Errors
/// [`MembersFault::NotFound`], [`MembersFault::MayNotUpdate`], [`MembersFault::LimitReached`].
pub async fn restore_seen(tx: &mut Tx, seen: Member, own_limit: Option<i64>) -> Result<()> {
    roles::demand(tx, &seen.organization_id, "member:update", MembersFault::MayNotUpdate).await?;
    if own_limit.or_else(|| general_limit(tx)).is_some() {
        check_limit(tx, &seen.organization_id).await?;
    }
    let before = if tx.lock().is_empty() {
        seen
    } else {
        store::lock(tx, &seen.organization_id, &seen.user_id).await?.ok_or(MembersFault::NotFound)?
    };
    if before.is_suspended_by_hand() {
        note_directory(tx, &before, false);
        return Ok(());
    }
    come_back(tx, &before).await
}

/// Notes that a directory wants somebody back who is suspended by hand: whoever may change members then brings them back.
pub(crate) async fn want_back(tx: &Tx, organization: &OrgId, user: &UserId) -> Result<()> {
    if let Some(member) = store::lock(tx, organization, user).await? {
        note_directory(tx, &member, false);
    }
    Ok(())
}

async fn come_back(tx: &mut Tx, before: &Member) -> Result<()> {
    if before.status != Status::Suspended {
        return Ok(());
    }
    turn(tx, before, Status::Active, None);
    if before.is_owner() {
        owners::note(tx, &before.organization_id).await?;
    }
    Ok(())
}

/// Gives a member whose row is locked another standing: what was open in the organization is not any more.
fn turn(tx: &mut Tx, before: &Member, status: Status, by: Option<&str>) {
    store::set_status(tx, &before.id, status, by, true);
    sessions::leave_organization_later(tx, &before.user_id, &before.organization_id);
    let after = Member {
        status,
        suspended_by: by.map(str::to_owned),
        access_epoch: before.access_epoch + 1,
        updated_at: tx.now(),
        ..before.clone()
    };
    record(tx, EventKind::MembershipUpdated, Some(before), Some(&after));
}

/// Ends a membership for good: the person leaves, or somebody with `member:delete` removes them.
/// Owners are removed by owners only, and so is whom a directory suspended: to remove and then invite
/// them would bring them back. No domain of the organization invites them again.
///
/// # Errors
/// [`MembersFault::NotFound`]; [`MembersFault::MayNotDelete`], which says nothing about whether the
/// other is an owner or the last one; [`MembersFault::OnlyOwner`].
pub async fn remove(tx: &mut Tx, organization: &OrgId, user: &UserId) -> Result<Member> {
    let leaving = matches!(&tx.ctx().actor, Actor::User { user_id, .. } if user_id == user);
    let authority = if leaving {
        roles::authority_to_leave(tx, organization).await?
    } else {
        roles::authority(tx, organization).await?
    };
    if !leaving && !authority.holds("member:delete") {
        return Err(MembersFault::MayNotDelete.into());
    }
    orgs::lock(tx, organization).await?;
    let member = store::lock(tx, organization, user).await?.ok_or(MembersFault::NotFound)?;
    if member.status == Status::Suspended && !authority.is_owner() {
        return Err(MembersFault::NotFound.into());
    }
    let above = (member.is_owner() && !authority.is_owner())
        || !authority.reaches(tx, &member.organization_id, &member.roles).await?;
    if !leaving && above {
        return Err(MembersFault::MayNotDelete.into());
    }
    owners::keep_one(tx, &member, MembersFault::OnlyOwner).await?;
    end(tx, &member).await?;
    enrollment::note_departure(tx, organization, user).await?;
    Ok(member)
}

async fn end(tx: &mut Tx, member: &Member) -> Result<()> {
    sessions::leave_organization(tx, &member.user_id, &member.organization_id).await?;
    api_keys::end_within(tx, &member.user_id, &member.organization_id).await?;
    store::delete(tx, &member.id).await?;
    record(tx, EventKind::MembershipDeleted, Some(member), None);
    Ok(())
}

/// Locks the organizations of a person who is about to be erased, in the order of their ids: they come before their members,
/// and before the person.
///
/// # Errors
/// Those of the database.
pub async fn hold_organizations(tx: &Tx, user: &UserId) -> Result<()> {
    store::lock_organizations_of(tx, user).await
}

/// Ends all memberships of a person who is about to be erased. To be called before their row is
/// deleted, in the same transaction.
///
/// The last owner of an organization with other active members is not erased: somebody must own it
/// first. An organization in which they were the only active member stays: it may hold directories, a
/// domain, suspended people who come back. It is marked ownerless, and a platform admin decides.
///
/// # Errors
/// [`MembersFault::OnlyOwner`].
pub async fn before_user_deletion(tx: &mut Tx, user: &UserId) -> Result<()> {
    // In the order of the organizations' ids, so that two at once do not wait for each other.
    for seen in store::of_user(tx, user).await? {
        orgs::lock(tx, &seen.organization_id).await?;
        let Some(member) = store::lock(tx, &seen.organization_id, user).await? else { continue };
        let owner = member.is_active() && member.is_owner();
        if owner && store::count_active(tx, &member.organization_id, Some(&member.id)).await? > 0 {
            owners::keep_one(tx, &member, MembersFault::OnlyOwner).await?;
        }
        end(tx, &member).await?;
        if owner {
            owners::note(tx, &member.organization_id).await?;
        }
    }
    Ok(())
}
