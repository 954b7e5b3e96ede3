//! Directories themselves: made, found, listed, disconnected. Several for each owner, which is an
//! organization or (`None`) the instance.

mod arriving;
mod changing;
mod listing;
mod making;
mod states;

use super::import::Import;
use super::{DirectoryFault, Settings};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope};
use crate::fault::Result;
use crate::ids::{DirectoryId, Id, OrgId};
use crate::roles::{self, RolesFault};
use crate::{Actor, orgs};

pub use arriving::{Arriving, take_over};
pub use changing::{BreakerChanges, Changes, update};
pub use listing::{LISTED, Listed, Of, list, look, page};
pub use making::PROVIDERS;
pub use making::{create, disconnect, make_or_find, oldest_live};
pub(super) use making::{hold_live, is_text};
pub use states::{pause, reject, release, resume};

/// What stands for the instance where rows name their owner.
const INSTANCE: &str = "instance";

/// An outside system that may push people and groups.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Its id.
    pub id: DirectoryId,
    /// Into which organization; `None` for a directory of the instance.
    pub organization_id: Option<OrgId>,
    /// What admins call it.
    pub name: String,
    /// Which product it is (`okta`, `entra`, …); `generic` if that is not known.
    pub provider: String,
    /// Unique among the live directories of its owner.
    pub provider_id: String,
    /// Whether it takes requests.
    pub state: State,
    /// What an admin decided about it.
    pub settings: Settings,
    /// Told apart by it are the states of its own schemas: above zero if it has some. See [`schemas`](super::schemas).
    pub schemas_version: i64,
    /// Above zero if it has a mapping of its own, and another after each change of it.
    pub mapping_version: i64,
    /// Above zero if groups of it give roles, and another after each change of that.
    pub rules_version: i64,
    /// Whether its identity provider is only listened to, since when.
    pub import: Option<Import>,
    /// Whether these are its staged resources, which provision nobody: see [`import`](super::import).
    pub staging: bool,
    /// The last request that authenticated, to the minute.
    pub last_request_at: Option<Timestamp>,
    /// The last request that succeeded, to the minute.
    pub last_success_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed.
    pub updated_at: Timestamp,
}

/// Whether a directory takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does; none has come yet. Derived: what is stored is that it is active.
    SettingUp,
    /// It does.
    Active,
    /// An admin stopped it.
    Paused,
    /// Too many people lost access at once: it takes requests, but none that ends somebody's access.
    Tripped,
}

impl State {
    /// Its name, which `/v1` shows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SettingUp => "setting_up",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Tripped => "tripped",
        }
    }

    /// What is stored of it.
    pub(super) const fn stored(self) -> &'static str {
        match self {
            Self::SettingUp => Self::Active.as_str(),
            other => other.as_str(),
        }
    }

    /// The state of a directory, by what is stored and by whether a request of it ever authenticated.
    fn read(stored: &str, seen: bool) -> Self {
        match stored {
            "paused" => Self::Paused,
            "tripped" => Self::Tripped,
            _ if seen => Self::Active,
            _ => Self::SettingUp,
        }
    }
}

/// The columns that [`read`] reads, in its order, of a table named `d`.
pub(super) const COLUMNS: &str = "d.id, d.organization_id, d.name, d.provider, d.provider_id, d.state, d.settings,
    d.last_request_at, d.last_success_at, d.created_at, d.updated_at, d.schemas_version, d.mapping_version, d.rules_version,
    d.import_state, d.import_started_at, d.import_revision";
/// How many there are.
pub(super) const WIDTH: usize = 17;

/// Reads the columns of [`COLUMNS`] from a place of a row on.
pub(super) fn read(row: &Row, at: usize) -> Result<Directory> {
    let state: String = row.get(at + 5)?;
    let settings: String = row.get(at + 6)?;
    let last_request_at = row.get::<Option<i64>>(at + 7)?.map(Timestamp);
    Ok(Directory {
        id: DirectoryId::from_text(row.get(at)?),
        organization_id: row.get::<Option<String>>(at + 1)?.map(OrgId::from_text),
        name: row.get(at + 2)?,
        provider: row.get(at + 3)?,
        provider_id: row.get(at + 4)?,
        state: State::read(&state, last_request_at.is_some()),
        settings: Settings::from_stored(&settings)?,
        schemas_version: row.get(at + 11)?,
        mapping_version: row.get(at + 12)?,
        rules_version: row.get(at + 13)?,
        import: Import::read(row.get(at + 14)?, row.get(at + 15)?, row.get(at + 16)?),
        staging: false,
        last_request_at,
        last_success_at: row.get::<Option<i64>>(at + 8)?.map(Timestamp),
        created_at: Timestamp(row.get(at + 9)?),
        updated_at: Timestamp(row.get(at + 10)?),
    })
}

/// What stands for an owner in a row.
pub(super) fn owner_key(owner: Option<&OrgId>) -> &str {
    owner.map_or(INSTANCE, Id::as_str)
}

/// Refuses whoever may not manage the owner's directories, all of them.
pub(super) async fn authorize(db: &impl Scope, owner: Option<&OrgId>) -> Result<()> {
    if matches!(db.ctx().actor, Actor::Setup { .. }) {
        return Err(RolesFault::Forbidden.into());
    }
    authorize_any(db, owner).await
}

/// Refuses whoever may not manage that directory of the owner's. Whether the owner has it is another question.
pub(super) async fn authorize_one(db: &impl Scope, owner: Option<&OrgId>, id: &DirectoryId) -> Result<()> {
    if let Actor::Setup { directory_id, .. } = &db.ctx().actor
        && directory_id != id
    {
        return Err(DirectoryFault::NotFound.into());
    }
    authorize_any(db, owner).await
}

async fn authorize_any(db: &impl Scope, owner: Option<&OrgId>) -> Result<()> {
    match owner {
        Some(organization) => {
            roles::authorize(db, organization, roles::MANAGE_DIRECTORIES).await?;
            // The platform may manage everybody's, but not nobody's.
            if db.ctx().actor.is_platform() { orgs::get(db, organization).await.map(drop) } else { Ok(()) }
        }
        None if db.ctx().actor.is_platform() => Ok(()),
        None => Err(DirectoryFault::PlatformAdminOnly.into()),
    }
}

/// The live directory of that id.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn get<'a>(db: &impl Scope, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Directory> {
    let owner = owner.into();
    authorize_one(db, owner, id).await?;
    let sql =
        format!("SELECT {COLUMNS} FROM directories d WHERE d.owner_key = $1 AND d.id = $2 AND d.deleted_at IS NULL");
    let row = db::one(db, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    row.map_or(Err(DirectoryFault::NotFound.into()), |row| read(&row, 0))
}

/// The live directory of that provider id, if the owner has one.
///
/// # Errors
/// Those of the authorization.
pub async fn find_by_provider<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    provider_id: &str,
) -> Result<Option<Directory>> {
    let owner = owner.into();
    authorize(db, owner).await?;
    by_provider(db, owner, provider_id).await
}

async fn by_provider(db: &impl Scope, owner: Option<&OrgId>, provider_id: &str) -> Result<Option<Directory>> {
    if provider_id.contains('\0') {
        return Ok(None);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM directories d WHERE d.owner_key = $1 AND d.provider_id = $2 AND d.deleted_at IS NULL"
    );
    let row = db::one(db, sql, [owner_key(owner).into(), provider_id.into()]).await?;
    row.map(|row| read(&row, 0)).transpose()
}

/// A count or an offset as the databases take it.
pub(super) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
