//! Members who come from another system: the door beside [`add`](super::add), for the instance's own command line alone.
//!
//! They are members there already, so neither limit nor right is asked; what roles there are here is. Who left here, or was
//! removed, is not brought back.

use serde_json::Map;

use super::{Member, NewMember, Source, Status, store};
use crate::arrivals::{self, BAD_ID, Came, Words};
use crate::clock::Timestamp;
use crate::db::{Scope as _, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::fields::Given;
use crate::ids::{DirectoryId, Id as _, MemberId, OrgId, UserId};
use crate::orgs::arriving::arrived;
use crate::orgs::members::MembersFault;
use crate::{roles, users};

const KIND: &str = "member";

/// A membership as it is there.
#[derive(Clone, Debug, Default)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// In which organization.
    pub organization_id: String,
    /// Whose.
    pub user_id: String,
    /// With which roles.
    pub roles: Vec<String>,
    /// Since when.
    pub created_at: Option<Timestamp>,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// Takes a membership over. Roles that there are not here are left out; who has none of those that there are is a member.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = MemberId::parse(&there.id) else { return Ok(BAD_ID) };
    let organization = match arrived(tx, &there.organization_id).await? {
        Ok(organization) => organization,
        Err(refused) => return Ok(refused),
    };
    let user = match users::arrived(tx, &there.user_id).await? {
        Ok(user) => user,
        Err(refused) => return Ok(refused),
    };
    let (known, mut without) = known(tx, &organization, there.roles).await?;
    if let Some(here) = store::find(tx, &organization, &user.id).await? {
        arrivals::note(tx, KIND, id.as_str());
        let same = known.len() == here.roles.len() && known.iter().all(|role| here.roles.contains(role));
        let differing = [("roles", !same), ("status", !here.is_active())];
        return Ok(Came::Present(differing.into_iter().filter_map(|(field, yes)| yes.then_some(field)).collect()));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    if arrivals::has_row(tx, "members", id.as_str()).await? {
        return Ok(Came::refused("another membership here has its id"));
    }
    let declared = &tx.settings().fields.member;
    let additional_fields = arrivals::additional_fields(declared, &there.additional_fields, &mut without)?;
    let member = Member {
        id,
        organization_id: organization,
        user_id: user.id,
        status: Status::Active,
        suspended_by: None,
        access_epoch: 0,
        public_metadata: Map::new(),
        private_metadata: Map::new(),
        additional_fields,
        roles: known,
        created_at: there.created_at.unwrap_or(tx.now()),
        updated_at: tx.now(),
    };
    put(tx, &member, &Source::Manual).await?;
    arrivals::note(tx, KIND, member.id.as_str());
    Ok(Came::New(without))
}

/// Makes somebody a member whom a directory there carries as active, with the role that the directory gives here, unless
/// they are in the organization's books. Returns whether they came.
pub(crate) async fn take_over_provisioned(
    tx: &mut Tx,
    organization: &OrgId,
    user: &UserId,
    directory: &DirectoryId,
    role: &str,
) -> Result<bool> {
    arrivals::demand(tx)?;
    if store::find(tx, organization, user).await?.is_some() {
        return Ok(false);
    }
    let source = Source::Default(directory.clone());
    let new = NewMember {
        organization_id: organization.clone(),
        user_id: user.clone(),
        status: Status::Active,
        role: role.to_owned(),
        source: source.clone(),
        additional_fields: Given::default(),
    };
    let member = store::fresh(tx, &new)?;
    put(tx, &member, &source).await?;
    arrivals::note(tx, KIND, member.id.as_str());
    Ok(true)
}

async fn put(tx: &Tx, member: &Member, source: &Source) -> Result<()> {
    store::insert(tx, member).await.or_conflict(MembersFault::AlreadyMember).map_err(crate::Error::lost_race)?;
    for role in &member.roles {
        store::insert_grant(tx, &member.organization_id, &member.id, role, source).await?;
    }
    Ok(())
}

/// Those of some roles that there are here, each once and at least one, and the others in words.
async fn known(tx: &Tx, organization: &OrgId, roles: Vec<String>) -> Result<(Vec<String>, Vec<Words>)> {
    let (mut known, mut without): (Vec<String>, Vec<Words>) = (Vec::new(), Vec::new());
    for role in roles {
        if !roles::is_here(tx, organization, &role).await? {
            without.push(format!("the role {role:?}, which there is not here").into());
        } else if !known.contains(&role) {
            known.push(role);
        }
    }
    if known.is_empty() {
        known.push(roles::MEMBER.to_owned());
    }
    Ok((known, without))
}
