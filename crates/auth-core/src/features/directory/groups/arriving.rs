//! Group resources that come from another system, and who is in them.

use super::{DirectoryGroup, MemberKind, store};
use crate::arrivals::{self, BAD_ID, Came};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::{Attributes, Directory, resource};
use crate::ids::{DirectoryGroupId, DirectoryUserId, Id as _};

const GROUP: &str = "directory_group";
const MEMBER: &str = "directory_group_member";

/// A group resource as it is there.
#[derive(Clone, Debug, Default)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// Its SCIM attributes, in canonical names.
    pub attributes: Attributes,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// Takes a group over, of a directory that is here. It gives no role before somebody makes a rule.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, directory: &Directory, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = DirectoryGroupId::parse(&there.id) else { return Ok(BAD_ID) };
    if store::find(tx, &directory.id, &id).await?.is_some() {
        arrivals::note(tx, GROUP, id.as_str());
        return Ok(Came::Present(Vec::new()));
    }
    if arrivals::was_taken(tx, GROUP, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    if arrivals::has_row(tx, "directory_groups", id.as_str()).await? {
        return Ok(Came::refused("another directory here has a group of its id"));
    }
    let Ok(columns) = resource::group(&there.attributes) else {
        return Ok(Came::refused("its displayName or externalId is none that can be kept"));
    };
    let created_at = there.created_at.unwrap_or(tx.now());
    let group = DirectoryGroup {
        id,
        version: 1,
        attributes: there.attributes,
        members: None,
        created_at,
        updated_at: created_at,
    };
    store::insert(tx, &directory.id, &group, &columns).await?;
    arrivals::note(tx, GROUP, group.id.as_str());
    Ok(Came::whole())
}

/// Puts a user resource into a group that came in this very import: afterwards the identity provider says who is in it.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over_member(tx: &mut Tx, id: &str, group: &str, member: &str) -> Result<Came> {
    arrivals::demand(tx)?;
    let (Some(group), Some(member)) = (DirectoryGroupId::parse(group), DirectoryUserId::parse(member)) else {
        return Ok(BAD_ID);
    };
    let sql = "SELECT 1 FROM directory_group_members WHERE group_id = $1 AND member_id = $2";
    if db::one(tx, sql, [group.as_str().into(), member.as_str().into()]).await?.is_some() {
        arrivals::note(tx, MEMBER, id);
        return Ok(Came::Present(Vec::new()));
    }
    if arrivals::was_taken(tx, MEMBER, id).await? {
        return Ok(Came::Gone);
    }
    let sql = "INSERT INTO directory_group_members (group_id, member_id, member_kind, directory_id, created_at)
         SELECT g.id, u.id, $3, g.directory_id, $4 FROM directory_groups g JOIN directory_users u
           ON u.directory_id = g.directory_id WHERE g.id = $1 AND u.id = $2";
    let kind = MemberKind::User.as_stored();
    let values = [group.as_str().into(), member.as_str().into(), kind.into(), tx.now().into()];
    if db::run(tx, sql, values).await? == 0 {
        return Ok(Came::refused("its group or its member is not here"));
    }
    arrivals::note(tx, MEMBER, id);
    Ok(Came::whole())
}
