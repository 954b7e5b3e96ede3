//! `POST`: a new user resource.

use super::{DirectoryUser, Happened, KeptPassword, NewDirectoryUser, record, store, stored};
use crate::credentials;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::linking::{self, Linked};
use crate::features::directory::{
    CredentialScope, Directory, DirectoryActor, DirectoryFault, authority, resource, schemas,
};
use crate::ids::Id as _;
use crate::outbox::EventKind;
use crate::users;

/// Stores a new resource, and finds, makes or invites the person whom it is about.
///
/// # Errors
/// [`DirectoryFault::UserNameTaken`], [`DirectoryFault::UserNameRequired`], [`DirectoryFault::InvalidText`],
/// [`DirectoryFault::MissingScope`], and those of memberships, if they are limited.
pub async fn create(tx: &mut Tx, actor: &DirectoryActor, new: &NewDirectoryUser) -> Result<DirectoryUser> {
    actor.demand(tx, CredentialScope::UsersWrite)?;
    let directory = &actor.directory;
    schemas::hold(tx, directory).await?;
    let attributes = stored(new.attributes.clone());
    let columns = resource::user(&attributes)?;
    let profile = resource::profile(&attributes);
    let facts = linking::facts(tx, directory, &columns, profile.email.as_deref()).await?;
    if facts.taken {
        return Err(DirectoryFault::UserNameTaken.into());
    }
    let id = tx.new_id();
    // The row comes last: of two equal requests at once the later finds the person that the earlier
    // made, and then the row.
    let linked = linking::link(tx, directory, &id, &profile, &facts, columns.active).await?;
    let user = DirectoryUser {
        id,
        version: 1,
        attributes,
        active: columns.active,
        groups: Vec::new(),
        nesting: false,
        user_id: linked.user.as_ref().map(|user| user.id.clone()),
        link: linked.link,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, &directory.id, &user, &columns)?;
    keep(tx, directory, &linked, new.password.as_ref()).await?;
    let after = resource::brief(user.id.as_str(), &columns);
    let happened = Happened { link: linked.link, user: linked.accepted(), before: None, after };
    record(tx, EventKind::DirectoryUserProvisioned, directory, &user.id, &happened);
    Ok(user)
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
    if authority.access && authority.address {
        // Another password ends what was opened with the one before.
        users::end_access(tx, &user.id).await?;
        credentials::set_password(tx, &user.id, hash).await?;
    }
    Ok(())
}
