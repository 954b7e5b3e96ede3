//! `DELETE`, and the end of a whole directory: access ends, and a tombstone remembers the link. And what becomes of a
//! resource whose person is erased.

use super::Link;
use super::changing::load;
use super::{DirectoryUser, check_version, store};
use crate::db::Tx;
use crate::fault::{Error, Result};
use crate::features::directory::breaker::Leaving;
use crate::features::directory::deactivation::{self, Cause, Ended};
use crate::features::directory::groups::MemberKind;
use crate::features::directory::{
    CredentialScope, Directory, DirectoryActor, DirectoryFault, breaker, groups, import, mapping, resource, rules,
    standing, tombstones,
};
use crate::ids::{DirectoryUserId, Id as _, ReceiptId};
use crate::users::User;

/// Deletes a resource. Every access of the person through it ends; the person stays.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`], [`DirectoryFault::Stale`], [`DirectoryFault::MissingScope`],
/// [`DirectoryFault::Tripped`].
pub async fn delete(
    tx: &mut Tx,
    actor: &DirectoryActor,
    id: &DirectoryUserId,
    if_match: Option<&[String]>,
) -> Result<()> {
    actor.demand(tx, CredentialScope::UsersWrite)?;
    let directory = &actor.directory;
    let present = store::lock(tx, &directory.id, id).await?;
    let present = present.ok_or_else(|| Error::from(DirectoryFault::ResourceNotFound))?;
    check_version(if_match, &present.tag())?;
    if breaker::refuses(tx, directory, &Leaving::of(&present), true).await? {
        return Ok(());
    }
    let columns = resource::user(&present.attributes)?;
    let (user, receipt) = end(tx, directory, &present, Cause::Deleted).await?;
    if let Some(user) = &user {
        tombstones::bury(tx, directory, (&columns.external_id, &columns.user_name_key), user).await?;
    }
    store::delete(tx, &directory.id, id).await?;
    let was = present.user_id.as_ref().filter(|_| present.active);
    rules::resource_changed(tx, directory, id, was, None).await?;
    groups::leave_all(tx, directory, id.as_str(), MemberKind::User).await?;
    let ended = Ended { resource: id, before: &columns, after: &columns };
    deactivation::record(tx, directory, &ended, user.as_ref(), receipt.as_ref(), Cause::Deleted);
    Ok(())
}

/// Takes away the resource of somebody who is erased, with what an import has of it; what it said. Their access ends with the
/// account. `None`: it is not theirs any more.
pub(in crate::features::directory) async fn erase(
    tx: &mut Tx,
    directory: &Directory,
    id: &DirectoryUserId,
    user: &User,
) -> Result<Option<DirectoryUser>> {
    let present = store::lock(tx, &directory.id, id).await?;
    let Some(present) = present.filter(|present| present.user_id.as_ref() == Some(&user.id)) else { return Ok(None) };
    store::delete(tx, &directory.id, id).await?;
    let was = Some(&user.id).filter(|_| present.active);
    rules::resource_changed(tx, directory, id, was, None).await?;
    groups::leave_all(tx, directory, id.as_str(), MemberKind::User).await?;
    import::forget(tx, &directory.id, id).await?;
    // Who it was is told of whom the directory knew, and is forgotten with the rest.
    let known = Some(user).filter(|_| present.link == Link::Linked);
    deactivation::record_erased(tx, directory, id, present.active, known);
    Ok(Some(present))
}

/// Suspends the person of a resource whose directory was disconnected. The resource stays as it was
/// last stored, but for being inactive. `false`: the directory's breaker has tripped, and nothing happened.
pub(in crate::features::directory) async fn disconnect(
    tx: &mut Tx,
    directory: &Directory,
    id: &DirectoryUserId,
) -> Result<bool> {
    let Some(mut present) = store::lock(tx, &directory.id, id).await?.filter(|present| present.active) else {
        return Ok(true);
    };
    if breaker::stops(tx, directory, &Leaving::of(&present)).await? {
        return Ok(false);
    }
    let (user, receipt) = end(tx, directory, &present, Cause::Disconnected).await?;
    let before = resource::user(&present.attributes)?;
    present.attributes.insert("active".to_owned(), serde_json::Value::Bool(false));
    present.version += 1;
    let after = resource::user(&present.attributes)?;
    if user.is_some() {
        present.link = Link::Linked;
    }
    store::update(tx, &directory.id, &present, present.user_id.as_ref(), &before, &after)?;
    let ended = Ended { resource: id, before: &before, after: &after };
    deactivation::record(tx, directory, &ended, user.as_ref(), receipt.as_ref(), Cause::Disconnected);
    Ok(true)
}

/// Ends the access of the person, if they had accepted the link; otherwise only takes the invitation
/// back. Returns the person if they had.
async fn end(
    tx: &mut Tx,
    directory: &Directory,
    present: &DirectoryUser,
    cause: Cause,
) -> Result<(Option<User>, Option<ReceiptId>)> {
    let address = mapping::profile_of(tx, directory, present).await?.email;
    let linked = load(tx, directory, present).await?;
    let Some(user) = linked.user else { return Ok((None, None)) };
    if linked.link != Link::Linked {
        standing::withdraw(tx, directory, &present.id, &user.id, address.as_deref()).await?;
        return Ok((None, None));
    }
    let receipt = deactivation::end(tx, directory, &present.id, &user, address.as_deref(), cause).await?;
    Ok((Some(user), Some(receipt)))
}
