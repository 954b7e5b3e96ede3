//! What may a directory change of a person? Read from present facts each time: whoever holds the
//! domain of the person's address today. And the changes themselves, as far as they are allowed.

use serde_json::json;

use super::Directory;
use super::resource::Profile;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::ids::OrgId;
use crate::orgs::{domains, members};
use crate::users::{self, User, UsersFault, email};

/// What a directory may change of a person that it is linked to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Authority {
    /// Name and image.
    pub profile: bool,
    /// The address, to one of a domain that it may give.
    pub address: bool,
    /// Whether the person may sign in at all.
    pub access: bool,
}

/// What the directory may change of this person. It is linked to them, and they have accepted that.
pub(super) async fn over(db: &impl Scope, directory: &Directory, user: &User) -> Result<Authority> {
    Ok(given(directory, user, holder_of(db, &user.email).await?.as_ref()))
}

/// The same, for who knows the organization that holds the domain.
pub(super) fn given(directory: &Directory, user: &User, holder: Option<&OrgId>) -> Authority {
    let admin = user.is_platform_admin();
    match &directory.organization_id {
        Some(organization) if holder == Some(organization) => {
            // Never the address of a platform admin, never their access.
            Authority { profile: true, address: !admin, access: !admin }
        }
        Some(_) => Authority::default(),
        None => {
            let made = user.created_by_directory_id.as_ref() == Some(&directory.id);
            let all = made || (holder.is_none() && !admin);
            Authority { profile: all, address: all, access: all }
        }
    }
}

/// Whether the directory may give people addresses of that domain: its organization holds it, or, for
/// the instance directory, none does.
async fn may_give(db: &impl Scope, directory: &Directory, address: &str) -> Result<bool> {
    Ok(holder_of(db, address).await? == directory.organization_id)
}

/// The organization that holds the domain of an address.
pub(super) async fn holder_of(db: &impl Scope, address: &str) -> Result<Option<OrgId>> {
    match email::domain(address) {
        Some(domain) => domains::holder(db, &domain).await,
        None => Ok(None),
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
    if before == Some(profile) {
        return Ok(user);
    }
    let may = over(tx, directory, &user).await?.profile;
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
    if !may {
        note_withheld(tx, &changes);
        return Ok(user);
    }
    let nothing = changes.name.is_none()
        && changes.first_name.is_none()
        && changes.last_name.is_none()
        && changes.external_id.is_none()
        && changes.image.is_none();
    if nothing { Ok(user) } else { users::update(tx, &user.id, changes).await }
}

/// Says what the resource has and the account does not get.
fn note_withheld(tx: &Tx, changes: &users::Changes) {
    const WHY: &str = "the directory has no authority over the account: it is kept with the resource alone";
    let facts = || json!({ "reason": "no_authority" });
    if changes.name.is_some() || changes.first_name.is_some() || changes.last_name.is_some() {
        tx.note("withheld.name", || format!("The name was not given to the account; {WHY}"), facts);
    }
    if changes.image.is_some() {
        tx.note("withheld.image", || format!("The photo was not given to the account; {WHY}"), facts);
    }
    if changes.external_id.is_some() {
        tx.note("withheld.external_id", || format!("The external id was not given to the account; {WHY}"), facts);
    }
}

/// Whether the person owns an organization. Admins who manage a directory must not get to an owner's
/// account by giving it the address of a mailbox of theirs: owners change their own.
pub(super) async fn is_owner_somewhere(db: &impl Scope, user: &User) -> Result<bool> {
    Ok(members::of_user(db, &user.id).await?.iter().any(members::Member::is_owner))
}

/// Gives a linked person the address that the resource has now, if the directory may and nobody has
/// it. The caller has seen that the address is another one.
pub(super) async fn readdress(tx: &mut Tx, directory: &Directory, user: User, address: &str) -> Result<User> {
    let withheld = if !over(tx, directory, &user).await?.address {
        Some(("no_authority", "the directory has no authority over the account's address"))
    } else if !may_give(tx, directory, address).await? {
        Some(("domain_not_held", "the directory's owner does not hold the new domain"))
    } else if is_owner_somewhere(tx, &user).await? {
        Some(("owner", "who owns an organization changes their address themselves"))
    } else {
        None
    };
    if let Some((reason, why)) = withheld {
        let words = || format!("The account keeps its address: {why}");
        tx.note("withheld.email", words, || json!({ "reason": reason }));
        return Ok(user);
    }
    let proven = directory.organization_id.is_some();
    users::set_email(tx, &user.id, address, proven)
        .await
        .map_err(|error| if error.is(&UsersFault::AlreadyExists) { error.lost_race() } else { error })
}
