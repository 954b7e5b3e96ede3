//! Roles of organizations' own that come from another system.

use super::{CustomRole, check_key, in_order, store};
use crate::arrivals::{self, BAD_ID, Came, Words};
use crate::clock::Timestamp;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::fields::Given;
use crate::ids::{Id as _, OrgId, RoleId};
use crate::orgs::arriving::arrived;
use crate::roles::{is_key, is_known};

const KIND: &str = "role";

/// A role as it is there.
#[derive(Clone, Debug, Default)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// Of which organization.
    pub organization_id: String,
    /// What is stored with whoever has it.
    pub key: String,
    /// What it permits, `resource:action` each.
    pub permissions: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// Takes a role over, without what there is not to be permitted here, or not to such a role.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = RoleId::parse(&there.id) else { return Ok(BAD_ID) };
    if arrivals::has_row(tx, "roles", id.as_str()).await? {
        arrivals::note(tx, KIND, id.as_str());
        return Ok(Came::Present(Vec::new()));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    let organization = match arrived(tx, &there.organization_id).await? {
        Ok(organization) => organization,
        Err(refused) => return Ok(refused),
    };
    if check_key(tx, Some(&organization), &there.key).await.is_err() || is_here(tx, &organization, &there.key).await? {
        return Ok(Came::refused(format!("{:?} is no name that a role can have here", there.key)));
    }
    let (permissions, left): (Vec<String>, Vec<String>) =
        there.permissions.into_iter().partition(|one| in_order(std::slice::from_ref(one)).is_ok());
    let mut without: Vec<Words> =
        left.iter().map(|one| Words::from(format!("the permission {one:?}, which no such role has here"))).collect();
    let created_at = there.created_at.unwrap_or(tx.now());
    let declared = &tx.settings().fields.role;
    let additional_fields = arrivals::additional_fields(declared, &there.additional_fields, &mut without)?;
    let role = CustomRole {
        id,
        organization_id: Some(organization),
        name: there.key.clone(),
        key: there.key,
        description: String::new(),
        permissions: in_order(&permissions)?,
        additional_fields,
        created_at,
        updated_at: created_at,
    };
    store::insert(tx, &role).await?;
    arrivals::note(tx, KIND, role.id.as_str());
    Ok(Came::New(without))
}

/// Whether there is such a role for the organization, which then is not deleted until the transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn is_here(tx: &Tx, organization: &OrgId, key: &str) -> Result<bool> {
    Ok(is_known(key) || (is_key(key) && store::keep(tx, Some(organization), key).await?))
}
