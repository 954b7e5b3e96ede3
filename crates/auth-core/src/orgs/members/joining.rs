//! How somebody becomes a member. Whatever brings them (a hand, an invitation, a directory, SSO) comes
//! through [`add`], which knows the limit, the uniqueness, and who must not be brought back.

use super::{Changes, Member, MembersFault, NewMember, Source, Status, owners, record, store};
use crate::db::{self, Scope as _, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::fields::{self, Given};
use crate::ids::{MemberId, OrgId, UserId};
use crate::orgs::{self, OrgsFault, texts};
use crate::outbox::EventKind;
use crate::roles::{self, RolesFault};
use crate::users;

/// Makes a person a member: THE one function that does.
///
/// * Somebody unknown to the organization gets a row with the given standing.
/// * Somebody who awaits acceptance becomes active, if that is the standing asked for.
/// * Somebody suspended comes back only by a directory's word (no resurrection).
///
/// By hand ([`Source::Manual`]) it needs `member:create` and a role not above one's own. The other
/// sources were authorized where they come from: an invitation when it was made, a directory by its
/// credential. None of them makes an owner, but an invitation by an owner.
///
/// # Errors
/// Those of [`MembersFault`] and of [`RolesFault`].
pub async fn add(tx: &mut Tx, new: NewMember) -> Result<Member> {
    if new.source == Source::Manual {
        let authority = roles::demand(tx, &new.organization_id, "member:create", MembersFault::MayNotAdd).await?;
        authority.may_give(tx, &new.organization_id, &new.role).await?;
    } else {
        may_give(tx, &new).await?;
    }
    admit(tx, new).await
}

/// The same, of a directory and for somebody whom this very transaction made: they are in nobody's books, so
/// nobody looks there, and the rows are written with the next statement. `own_limit` is how many members the
/// organization itself allows, as the caller has read it.
///
/// # Errors
/// Those of [`MembersFault`] and of [`RolesFault`].
pub async fn add_new(tx: &mut Tx, new: NewMember, own_limit: Option<i64>) -> Result<Member> {
    may_give(tx, &new).await?;
    if new.status == Status::Active && own_limit.or_else(|| general_limit(tx)).is_some() {
        check_limit(tx, &new.organization_id).await?;
    }
    let member = store::fresh(tx, &new)?;
    let conflict = MembersFault::AlreadyMember;
    db::later(tx, store::insertion(tx, &member)?.or_conflict(conflict).or_dangling(OrgsFault::NotFound));
    db::later(tx, store::grant_insertion(tx, &new.organization_id, &member.id, &new.role, &new.source));
    record(tx, EventKind::MembershipCreated, None, Some(&member));
    Ok(member)
}

/// What the sources may give that were authorized where they come from.
async fn may_give(tx: &Tx, new: &NewMember) -> Result<()> {
    roles::keep(tx, Some(&new.organization_id), &new.role).await?;
    if new.role == roles::OWNER && new.source != Source::Invitation {
        return Err(RolesFault::OwnerByHandOnly.into());
    }
    Ok(())
}

/// Makes the founder the first owner of an organization that was made in this transaction.
pub(in crate::orgs) async fn found(tx: &mut Tx, organization: &OrgId, owner: &UserId) -> Result<Member> {
    let new = NewMember {
        organization_id: organization.clone(),
        user_id: owner.clone(),
        status: Status::Active,
        role: roles::OWNER.to_owned(),
        source: Source::Manual,
        additional_fields: Given::default(),
    };
    admit(tx, new).await
}

async fn admit(tx: &mut Tx, new: NewMember) -> Result<Member> {
    if new.source == Source::Manual {
        // The other sources have the person at hand; here somebody named one.
        users::get(tx, &new.user_id).await?;
    }
    if new.status == Status::Active {
        check_limit(tx, &new.organization_id).await?;
    }
    let Some(before) = store::lock(tx, &new.organization_id, &new.user_id).await? else {
        return enter_anew(tx, &new).await;
    };
    readmit(tx, &before, &new)?;
    if !new.additional_fields.is_empty() {
        let additional_fields =
            fields::changed(&tx.settings().fields.member, &before.additional_fields, &new.additional_fields)?;
        store::set_notes(tx, &Member { additional_fields, ..before.clone() })?;
    }
    store::insert_grant(tx, &new.organization_id, &before.id, &new.role, &new.source).await?;
    finish(tx, &before.organization_id, &before.id, EventKind::MembershipUpdated, Some(&before)).await
}

/// Writes somebody who is not in the organization's books. What is written is known, so it is not read
/// again: a directory's first synchronization comes this way once for each person.
async fn enter_anew(tx: &mut Tx, new: &NewMember) -> Result<Member> {
    let member = store::fresh(tx, new)?;
    store::insert(tx, &member).await.or_conflict(MembersFault::AlreadyMember)?;
    store::insert_grant(tx, &new.organization_id, &member.id, &new.role, &new.source).await?;
    record(tx, EventKind::MembershipCreated, None, Some(&member));
    if member.is_active() && member.is_owner() {
        owners::note(tx, &new.organization_id).await?;
    }
    Ok(member)
}

/// Changes the standing of somebody who is in the organization's books already.
fn readmit(tx: &Tx, member: &Member, new: &NewMember) -> Result<()> {
    match (member.status, new.status) {
        (Status::Active, _) => Err(MembersFault::AlreadyMember.into()),
        (Status::Suspended, _) if member.is_suspended_by_hand() => Err(MembersFault::Suspended.into()),
        (Status::Suspended, Status::Active) if new.source.may_restore() => {
            store::set_status(tx, &member.id, Status::Active, None, true);
            Ok(())
        }
        (Status::Suspended, Status::Awaiting) if new.source.may_restore() => {
            // The directory wants them back, but they must consent first.
            store::set_status(tx, &member.id, Status::Awaiting, None, true);
            Ok(())
        }
        (Status::Suspended, _) => Err(MembersFault::Suspended.into()),
        (Status::Awaiting, Status::Awaiting) => Ok(()),
        (Status::Awaiting, status) => {
            let by = (status == Status::Suspended).then(|| tx.ctx().actor.label());
            store::set_status(tx, &member.id, status, by.as_deref(), status == Status::Suspended);
            Ok(())
        }
    }
}

/// Lets somebody in who awaited it. The caller has seen the acceptance, or the facts that stand for it.
///
/// # Errors
/// [`MembersFault::NotFound`], [`MembersFault::Suspended`], [`MembersFault::LimitReached`]. Who is
/// active stays so.
pub async fn activate(tx: &mut Tx, organization: &OrgId, user: &UserId) -> Result<Member> {
    check_limit(tx, organization).await?;
    let before = store::lock(tx, organization, user).await?.ok_or(MembersFault::NotFound)?;
    match before.status {
        Status::Active => return Ok(before),
        Status::Suspended => return Err(MembersFault::Suspended.into()),
        Status::Awaiting => store::set_status(tx, &before.id, Status::Active, None, false),
    }
    finish(tx, organization, &before.id, EventKind::MembershipUpdated, Some(&before)).await
}

/// Changes what is noted about a member.
///
/// # Errors
/// [`MembersFault::NotFound`], [`MembersFault::MayNotUpdate`].
pub async fn change(tx: &mut Tx, organization: &OrgId, user: &UserId, changes: Changes) -> Result<Member> {
    roles::demand(tx, organization, "member:update", MembersFault::MayNotUpdate).await?;
    texts::check_metadata(changes.public_metadata.as_ref())?;
    texts::check_metadata(changes.private_metadata.as_ref())?;
    let before = store::lock(tx, organization, user).await?.ok_or(MembersFault::NotFound)?;
    let mut after = before.clone();
    after.public_metadata = changes.public_metadata.unwrap_or(after.public_metadata);
    after.private_metadata = changes.private_metadata.unwrap_or(after.private_metadata);
    after.additional_fields =
        fields::changed(&tx.settings().fields.member, &before.additional_fields, &changes.additional_fields)?;
    if after == before {
        return Ok(after);
    }
    store::set_notes(tx, &after)?;
    finish(tx, organization, &before.id, EventKind::MembershipUpdated, Some(&before)).await
}

/// Refuses one active member more than the organization may have. Its row is locked for the count, so
/// that two who join at once do not pass together; without a limit nothing is locked.
pub(super) async fn check_limit(tx: &Tx, organization: &OrgId) -> Result<()> {
    let general = general_limit(tx);
    if store::own_limit(tx, organization).await?.or(general).is_none() {
        return Ok(());
    }
    let limit = orgs::lock(tx, organization).await?.max_allowed_memberships.or(general);
    if store::count_active(tx, organization, None).await? >= limit.unwrap_or(i64::MAX) {
        return Err(MembersFault::LimitReached.into());
    }
    Ok(())
}

/// How many active members any organization may have.
pub(super) fn general_limit(tx: &Tx) -> Option<i64> {
    tx.settings().organization.membership_limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX))
}

/// Reads the member as it is now, records what happened, and sees whether an owner came back.
pub(super) async fn finish(
    tx: &mut Tx,
    organization: &OrgId,
    id: &MemberId,
    kind: EventKind,
    before: Option<&Member>,
) -> Result<Member> {
    let after = store::find_by_id(tx, organization, id).await?.ok_or(MembersFault::NotFound)?;
    record(tx, kind, before, Some(&after));
    if after.is_active() && after.is_owner() {
        owners::note(tx, organization).await?;
    }
    Ok(after)
}
