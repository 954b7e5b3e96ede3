//! What directories hold of somebody who is erased: it goes with the account.
//!
//! * Their **resources** go, as if the directory had deleted them: an identity provider that still carries the person makes
//!   them anew, or does not. One that waits for the acceptance of somebody who never proved the address stays: nobody takes
//!   away what was said of an address that is not theirs.
//! * A **mark** of their address, and of the one by which the resource was theirs, stays where the directory has authority: a
//!   keyed hash, by which the [gate](super::gate) knows who signs up again. Erasing oneself leads past nobody; only the
//!   directory brings them back. Other addresses of a resource may be others' too, and are not marked.
//! * What an **import** has staged of them goes, and so does what it would have made of them, if the address is proven.
//! * The **request log** forgets them shortly after ([`request_log::forget_step`](super::request_log::forget_step)).
//!
//! Receipts stay, and so does everything that names the person or the resource by an id alone.

use std::collections::{BTreeMap, BTreeSet};

use super::connections::{self, COLUMNS};
use super::request_log::{self, Traces};
use super::users::{self, Link};
use super::{Directory, import, tombstones};
use crate::db::{self, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryId, DirectoryUserId, Id as _};
use crate::users::erasure::Erasing;
use crate::users::{Eraser, User, email};

/// Takes along what directories hold of somebody who is erased.
#[derive(Debug, Default)]
pub struct DirectoryEraser;

impl Eraser for DirectoryEraser {
    fn hold<'a>(&'a self, tx: &'a Tx, user: &'a User) -> Erasing<'a> {
        Box::pin(hold(tx, user))
    }

    fn erase<'a>(&'a self, tx: &'a mut Tx, user: &'a User) -> Erasing<'a> {
        Box::pin(erase(tx, user))
    }

    fn forget<'a>(&'a self, _: &'a Tx, _: &'a [String]) -> Erasing<'a> {
        Box::pin(std::future::ready(Ok(())))
    }
}

async fn erase(tx: &mut Tx, user: &User) -> Result<()> {
    let mut traces: BTreeMap<String, Traces> = BTreeMap::new();
    let own = email::key(&user.email);
    for (directory, id) in resources(tx, user).await? {
        let Some(directory) = find(tx, &directory).await? else { continue };
        let Some(gone) = users::erase(tx, &directory, &id, user).await? else { continue };
        let theirs = traces.entry(directory.id.to_string()).or_default();
        theirs.add_resource(gone.resource.id.as_str(), &gone.resource.attributes)?;
        if gone.resource.link == Link::Linked {
            for address in std::iter::once(own.clone()).chain(gone.address) {
                theirs.add_word(&address);
                tombstones::mark(tx, &directory.id, &address, user).await?;
            }
        }
    }
    for staged in import::staged_of(tx, user).await? {
        import::forget(tx, &staged.directory_id, &staged.id).await?;
        let theirs = traces.entry(staged.directory_id.to_string()).or_default();
        match &staged.attributes {
            Some(attributes) => theirs.add_resource(staged.id.as_str(), attributes)?,
            None => theirs.add_target(staged.id.to_string()),
        }
    }
    for buried in tombstones::erase(tx, user).await? {
        let theirs = traces.entry(buried.directory_id).or_default();
        for word in &buried.words {
            theirs.add_word(word);
        }
    }
    let sql = "SELECT directory_id, directory_user_id FROM receipts WHERE user_id = $1";
    for row in db::all(tx, sql, [user.id.as_str().into()]).await? {
        traces.entry(row.get(0)?).or_default().add_target(row.get(1)?);
    }
    if user.email_verified {
        // Somebody may have looked for them where they were never provisioned.
        let sql = "SELECT d.id FROM directories d JOIN members m ON m.organization_id = d.organization_id WHERE m.user_id = $1";
        for row in db::all(tx, sql, [user.id.as_str().into()]).await? {
            traces.entry(row.get(0)?).or_default();
        }
        for theirs in traces.values_mut() {
            theirs.add_word(&own);
        }
    }
    for (directory, theirs) in traces {
        request_log::forget_later(tx, &DirectoryId::from_text(directory), &user.id, &theirs).await?;
    }
    Ok(())
}

/// Locks what requests of SCIM lock before the person: the directories that import, and the resources.
async fn hold(tx: &Tx, user: &User) -> Result<()> {
    if tx.lock().is_empty() {
        return Ok(());
    }
    let mut directories: BTreeSet<DirectoryId> =
        resources(tx, user).await?.into_iter().map(|(directory, _)| directory).collect();
    directories.extend(import::staged_of(tx, user).await?.into_iter().map(|staged| staged.directory_id));
    for directory in directories {
        let lock = tx.lock_for_change();
        let sql = format!("SELECT id FROM directories WHERE id = $1 AND import_state IS NOT NULL{lock}");
        db::one(tx, sql, [directory.as_str().into()]).await?;
    }
    // Those that stay too: they are nobody's afterwards.
    let sql = format!("SELECT id FROM directory_users WHERE user_id = $1 ORDER BY id{}", tx.lock());
    db::all(tx, sql, [user.id.as_str().into()]).await.map(drop)
}

/// The person's resources, in the order of their ids; those that wait for them only if the address is theirs.
async fn resources(tx: &Tx, user: &User) -> Result<Vec<(DirectoryId, DirectoryUserId)>> {
    let sql =
        "SELECT directory_id, id FROM directory_users WHERE user_id = $1 AND (link = 'linked' OR $2 = 1) ORDER BY id";
    let values = [user.id.as_str().into(), i64::from(user.email_verified).into()];
    db::all(tx, sql, values).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// A directory, also one that was disconnected.
async fn find(tx: &Tx, id: &DirectoryId) -> Result<Option<Directory>> {
    let sql = format!("SELECT {COLUMNS} FROM directories d WHERE d.id = $1");
    db::one(tx, sql, [id.as_str().into()]).await?.map(|row| connections::read(&row, 0)).transpose()
}
