//! Directories with what they hold: pages of them, and a single one.

use super::{COLUMNS, Directory, WIDTH, authorize, authorize_one, owner_key, read};
use crate::db::{self, Row, Scope};
use crate::fault::Result;
use crate::features::directory::DirectoryFault;
use crate::ids::{DirectoryId, Id as _, OrgId};

/// A directory with what it holds.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The directory.
    pub directory: Directory,
    /// How many user resources, active or not.
    pub users: i64,
    /// How many group resources.
    pub groups: i64,
}

/// Whose directories.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    /// Everybody's, the instance's included: for the platform.
    Everybody,
    /// Those of one owner; the instance's is `None`.
    Owner(Option<&'a OrgId>),
}

/// What directories can be ordered and searched by.
pub const LISTED: db::Columns = db::Columns {
    orders: &[("created_at", "d.created_at"), ("name", "d.name")],
    unless_said: ("created_at", false),
    searched: &["d.name", "d.provider", "d.provider_id", "d.id"],
    id: "d.id",
};

/// What a directory holds, after the columns of [`COLUMNS`]: kept by the database, so that it costs the same however
/// much that is.
pub(super) const COUNTS: &str = "(SELECT CAST(COALESCE(SUM(c.n), 0) AS BIGINT) FROM directory_counts c
        WHERE c.directory_id = d.id AND c.kind = 'user'),
    (SELECT CAST(COALESCE(SUM(c.n), 0) AS BIGINT) FROM directory_counts c
        WHERE c.directory_id = d.id AND c.kind = 'group')";

pub(super) fn listed(row: &Row) -> Result<Listed> {
    Ok(Listed { directory: read(row, 0)?, users: row.get(WIDTH)?, groups: row.get(WIDTH + 1)? })
}

/// A page of live directories with what they hold, and how many there are in all.
///
/// # Errors
/// [`DirectoryFault::PlatformAdminOnly`], and those of the authorization.
pub async fn page(db: &impl Scope, of: Of<'_>, part: &db::Part) -> Result<(Vec<Listed>, i64)> {
    // An owner's key is never empty, so that the empty text can stand for everybody.
    let (whose, key) = match of {
        Of::Everybody if db.ctx().actor.is_platform() => ("$1 = '' AND d.provider <> 'sandbox'", ""),
        Of::Everybody => return Err(DirectoryFault::PlatformAdminOnly.into()),
        Of::Owner(owner) => {
            authorize(db, owner).await?;
            ("d.owner_key = $1", owner_key(owner))
        }
    };
    let list = db::List::new("directories d", &format!("{whose} AND d.deleted_at IS NULL"), [key.into()]);
    let found = list.part(db, &format!("{COLUMNS}, {COUNTS}"), &LISTED, part, listed).await?;
    Ok((found.entries, found.total))
}

/// The owner's live directories, oldest first, with what they hold, and how many there are.
///
/// # Errors
/// Those of the authorization.
pub async fn list<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    limit: u64,
    offset: u64,
) -> Result<(Vec<Listed>, i64)> {
    let part = db::Part { ascending: true, limit, offset, ..db::Part::default() };
    page(db, Of::Owner(owner.into()), &part).await
}

/// The live directory of that id, with what it holds.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn look<'a>(db: &impl Scope, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Listed> {
    let owner = owner.into();
    authorize_one(db, owner, id).await?;
    let sql = format!(
        "SELECT {COLUMNS}, {COUNTS} FROM directories d WHERE d.owner_key = $1 AND d.id = $2 AND d.deleted_at IS NULL"
    );
    let row = db::one(db, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    row.map_or(Err(DirectoryFault::NotFound.into()), |row| listed(&row))
}
