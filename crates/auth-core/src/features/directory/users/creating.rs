//! `POST`: a new user resource.

use serde_json::Value as Json;

use super::{DirectoryUser, Happened, KeptPassword, NewDirectoryUser, managers, record, store, stored};
use crate::credentials;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::linking::{self, Linked};
use crate::features::directory::{
    Attributes, CredentialScope, Directory, DirectoryActor, DirectoryFault, authority, breaker, import, mapping,
    resource, schemas,
};
use crate::ids::{DirectoryUserId, Id as _};
use crate::outbox::EventKind;
use crate::users;

/// Stores a new resource, and finds, makes or invites the person whom it is about.
///
/// # Errors
/// [`DirectoryFault::UserNameTaken`], [`DirectoryFault::UserNameRequired`], [`DirectoryFault::InvalidText`],
/// [`DirectoryFault::MissingScope`], [`DirectoryFault::Tripped`] where an inactive resource would end the access of somebody who
/// is there, and those of memberships, if they are limited.
pub async fn create(tx: &mut Tx, actor: &DirectoryActor, new: &NewDirectoryUser) -> Result<DirectoryUser> {
    let id = tx.new_id();
    create_as(tx, actor, new, id).await
}

/// The same under an id that was answered before.
pub(in crate::features::directory) async fn create_as(
    tx: &mut Tx,
    actor: &DirectoryActor,
    new: &NewDirectoryUser,
    id: DirectoryUserId,
) -> Result<DirectoryUser> {
    actor.demand(tx, CredentialScope::UsersWrite)?;
    let directory = &actor.directory;
    let name = new.attributes.get("userName").and_then(Json::as_str).unwrap_or_default();
    import::touch(tx, &directory.id, import::Kind::User, id.as_str(), Some(name)).await?;
    schemas::hold(tx, directory).await?;
    let groups = mapping::sent(&new.attributes);
    let attributes = stored(new.attributes.clone());
    let columns = resource::user(&attributes)?;
    let opened = mapping::open(tx, directory, None, groups.as_deref()).await?;
    let mapped = opened.after(tx, directory, &attributes);
    let profile = &mapped.profile;
    let facts = linking::facts(tx, directory, &columns, profile.email.as_deref()).await?;
    if facts.taken {
        let words = || "A resource of this directory has the userName already".to_owned();
        tx.note("refused.user_name_taken", words, || Json::Null);
        return Err(DirectoryFault::UserNameTaken.into());
    }
    if !columns.active && linking::is_refused(tx, directory, &id, profile, &facts, true).await? {
        return Ok(unsaved(tx, id, attributes, false, &Linked::NONE));
    }
    // The row comes last: of two equal requests at once the later finds the person that the earlier
    // made, and then the row.
    let linked = linking::link(tx, directory, &id, profile, &facts, columns.active).await?;
    let mut user = unsaved(tx, id, attributes, columns.active, &linked);
    store::insert(tx, &directory.id, &user, &columns)?;
    if user.active {
        breaker::came_back(tx, directory, &user.id, user.user_id.as_ref());
    }
    keep(tx, directory, &linked, new.password.as_ref()).await?;
    let linked = mapping::settle(tx, directory, &opened, &user.id, user.active, linked, &mapped).await?;
    let after = resource::brief(user.id.as_str(), &columns);
    let happened = Happened { link: linked.link, user: linked.accepted(), before: None, after };
    record(tx, EventKind::DirectoryUserProvisioned, directory, &user.id, &happened);
    managers::complete(tx, &directory.id, std::slice::from_mut(&mut user)).await?;
    Ok(user)
}

fn unsaved(tx: &Tx, id: DirectoryUserId, attributes: Attributes, active: bool, linked: &Linked) -> DirectoryUser {
    DirectoryUser {
        id,
        version: 1,
        attributes,
        active,
        groups: Vec::new(),
        nesting: false,
        manager_name: None,
        user_id: linked.user.as_ref().map(|user| user.id.clone()),
        link: linked.link,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// Sets the password that was kept, if the directory has authority over the person.
pub(super) async fn keep(
    tx: &mut Tx,
    directory: &Directory,
    linked: &Linked,
    password: Option<&KeptPassword>,
) -> Result<()> {
    let (Some(user), Some(KeptPassword(hash))) = (linked.accepted(), password) else { return Ok(()) };
    let authority = authority::over(tx, directory, user).await?;
    // Admins manage directories: none of them gets to an owner's account by giving it a password.
    if authority.access && authority.address && !authority::is_owner_somewhere(tx, user).await? {
        // Another password ends what was opened with the one before.
        users::end_access(tx, &user.id).await?;
        credentials::set_password(tx, &user.id, hash).await?;
    }
    Ok(())
}
