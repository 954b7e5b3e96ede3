//! User resources that come from another system, with the ids by which the identity provider knows them.
//!
//! Whose account they are about was decided there, and the identity provider has been told so: they come linked. Who is
//! carried as active belongs to the directory's organization, as if the directory had said so here.

use super::{DirectoryUser, Link, store, stored};
use crate::arrivals::{self, BAD_ID, Came};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::{Attributes, Directory, resource};
use crate::ids::{DirectoryUserId, Id as _};
use crate::orgs::members;
use crate::users as people;

const KIND: &str = "directory_user";

/// A user resource as it is there.
#[derive(Clone, Debug, Default)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// Whose account it is about.
    pub user_id: String,
    /// Its SCIM attributes, in canonical names.
    pub attributes: Attributes,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// Takes a user resource over, of a directory that is here.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, directory: &Directory, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = DirectoryUserId::parse(&there.id) else { return Ok(BAD_ID) };
    // One person may be carried by two directories, in 1.6 under one id: it is kept by the first of them.
    let key = format!("{}/{id}", directory.id);
    if let Some(here) = store::find(tx, &directory.id, &id).await? {
        arrivals::note(tx, KIND, &key);
        let wanted = resource::is_active(&there.attributes);
        return Ok(Came::Present((here.active != wanted).then_some("active").into_iter().collect()));
    }
    if arrivals::was_taken(tx, KIND, &key).await? {
        return Ok(Came::Gone);
    }
    if arrivals::has_row(tx, "directory_users", id.as_str()).await? {
        return Ok(Came::refused("another directory here has a resource of its id"));
    }
    let person = match people::arrived(tx, &there.user_id).await? {
        Ok(person) => person,
        Err(refused) => return Ok(refused),
    };
    let attributes = stored(there.attributes);
    let Ok(columns) = resource::user(&attributes) else {
        return Ok(Came::refused("its userName or externalId is none that can be kept"));
    };
    let sql = "SELECT 1 FROM directory_users WHERE directory_id = $1 AND user_name_key = $2";
    if db::one(tx, sql, [directory.id.as_str().into(), columns.user_name_key.as_str().into()]).await?.is_some() {
        return Ok(Came::refused("another resource of its directory here has its userName"));
    }
    if let Some(organization) = directory.organization_id.as_ref().filter(|_| columns.active) {
        let role = &directory.settings.default_role;
        members::take_over_provisioned(tx, organization, &person.id, &directory.id, role).await?;
    }
    let created_at = there.created_at.unwrap_or(tx.now());
    let user = DirectoryUser {
        id,
        version: 1,
        active: columns.active,
        attributes,
        groups: Vec::new(),
        nesting: false,
        manager_name: None,
        user_id: Some(person.id),
        link: Link::Linked,
        created_at,
        updated_at: created_at,
    };
    store::insert(tx, &directory.id, &user, &columns)?;
    arrivals::note(tx, KIND, &key);
    Ok(Came::whole())
}
