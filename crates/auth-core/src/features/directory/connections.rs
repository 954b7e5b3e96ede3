//! Directories themselves: made, found, listed, disconnected. Several for each owner, which is an
//! organization or (`None`) the instance.

use serde_json::json;

use super::{DirectoryFault, Settings};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::{OrConflict, Result};
use crate::ids::{DirectoryId, Id, OrgId};
use crate::outbox::{Event, EventKind};
use crate::roles;

/// The provider id of the directory that is made on first use.
const DEFAULT_PROVIDER: &str = "default";
/// Longest provider id and longest name, in bytes.
const LONGEST: usize = 255;
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
    /// It does.
    Active,
    /// An admin stopped it.
    Paused,
}

impl State {
    /// The stored name, which `/v1` shows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
        }
    }
}

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

/// The columns that [`read`] reads, in its order, of a table named `d`.
pub(super) const COLUMNS: &str = "d.id, d.organization_id, d.name, d.provider, d.provider_id, d.state, d.settings,
    d.last_request_at, d.last_success_at, d.created_at, d.updated_at";

/// Reads the columns of [`COLUMNS`] from a place of a row on.
pub(super) fn read(row: &Row, at: usize) -> Result<Directory> {
    let state: String = row.get(at + 5)?;
    let settings: String = row.get(at + 6)?;
    Ok(Directory {
        id: DirectoryId::from_text(row.get(at)?),
        organization_id: row.get::<Option<String>>(at + 1)?.map(OrgId::from_text),
        name: row.get(at + 2)?,
        provider: row.get(at + 3)?,
        provider_id: row.get(at + 4)?,
        state: if state == State::Paused.as_str() { State::Paused } else { State::Active },
        settings: Settings::from_stored(&settings)?,
        last_request_at: row.get::<Option<i64>>(at + 7)?.map(Timestamp),
        last_success_at: row.get::<Option<i64>>(at + 8)?.map(Timestamp),
        created_at: Timestamp(row.get(at + 9)?),
        updated_at: Timestamp(row.get(at + 10)?),
    })
}

/// What stands for an owner in a row.
pub(super) fn owner_key(owner: Option<&OrgId>) -> &str {
    owner.map_or(INSTANCE, Id::as_str)
}

/// Refuses whoever may not manage the owner's directories.
pub(super) async fn authorize(db: &impl Scope, owner: Option<&OrgId>) -> Result<()> {
    match owner {
        Some(organization) => roles::authorize(db, organization, roles::MANAGE_DIRECTORIES).await,
        None if db.ctx().actor.is_platform() => Ok(()),
        None => Err(DirectoryFault::PlatformAdminOnly.into()),
    }
}

/// The live directory of that provider id, made if there is none. The instance's owner is `None`.
///
/// # Errors
/// [`DirectoryFault::InvalidProvider`], [`DirectoryFault::OrganizationRequired`], and those of the
/// authorization.
pub async fn make_or_find<'a>(
    tx: &mut Tx,
    owner: impl Into<Option<&'a OrgId>>,
    provider_id: &str,
) -> Result<Directory> {
    let owner = owner.into();
    authorize(tx, owner).await?;
    match by_provider(tx, owner, provider_id).await? {
        Some(directory) => Ok(directory),
        None => make(tx, owner, provider_id, provider_id).await,
    }
}

/// The owner's oldest live directory, made on first use.
///
/// # Errors
/// Those of the authorization.
pub async fn oldest_live<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>) -> Result<Directory> {
    let owner = owner.into();
    authorize(tx, owner).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM directories d WHERE d.owner_key = $1 AND d.deleted_at IS NULL ORDER BY d.created_at, d.id LIMIT 1"
    );
    match db::one(tx, sql, [owner_key(owner).into()]).await? {
        Some(row) => read(&row, 0),
        None => make(tx, owner, DEFAULT_PROVIDER, "Directory").await,
    }
}

/// The live directory of that id.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn get<'a>(db: &impl Scope, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Directory> {
    let owner = owner.into();
    authorize(db, owner).await?;
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
    let owner = owner.into();
    authorize(db, owner).await?;
    let total = db::one(
        db,
        "SELECT COUNT(*) FROM directories WHERE owner_key = $1 AND deleted_at IS NULL",
        [owner_key(owner).into()],
    )
    .await?
    .map_or(Ok(0), |row| row.get(0))?;
    let sql = format!(
        "SELECT {COLUMNS}, (SELECT COUNT(*) FROM directory_users u WHERE u.directory_id = d.id),
             (SELECT COUNT(*) FROM directory_groups g WHERE g.directory_id = d.id)
         FROM directories d WHERE d.owner_key = $1 AND d.deleted_at IS NULL
         ORDER BY d.created_at, d.id LIMIT $2 OFFSET $3"
    );
    let rows = db::all(db, sql, [owner_key(owner).into(), bounded(limit).into(), bounded(offset).into()]).await?;
    let listed = rows
        .iter()
        .map(|row| Ok(Listed { directory: read(row, 0)?, users: row.get(11)?, groups: row.get(12)? }))
        .collect::<Result<_>>()?;
    Ok((listed, total))
}

/// A count or an offset as the databases take it.
pub(super) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Makes a directory.
///
/// # Errors
/// [`DirectoryFault::InvalidProvider`], [`DirectoryFault::InvalidName`], [`DirectoryFault::ProviderTaken`],
/// [`DirectoryFault::OrganizationRequired`], and those of the authorization.
pub async fn create<'a>(
    tx: &mut Tx,
    owner: impl Into<Option<&'a OrgId>>,
    provider_id: &str,
    name: &str,
) -> Result<Directory> {
    let owner = owner.into();
    authorize(tx, owner).await?;
    make(tx, owner, provider_id, name).await
}

async fn make(tx: &mut Tx, owner: Option<&OrgId>, provider_id: &str, name: &str) -> Result<Directory> {
    if owner.is_none() && tx.settings().directory.require_organization {
        return Err(DirectoryFault::OrganizationRequired.into());
    }
    if !is_text(provider_id) || provider_id.contains(':') {
        return Err(DirectoryFault::InvalidProvider.into());
    }
    if !is_text(name) {
        return Err(DirectoryFault::InvalidName.into());
    }
    let directory = Directory {
        id: tx.new_id(),
        organization_id: owner.cloned(),
        name: name.to_owned(),
        provider: provider(provider_id).to_owned(),
        provider_id: provider_id.to_owned(),
        state: State::Active,
        settings: Settings::default(),
        last_request_at: None,
        last_success_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    db::run(
        tx,
        "INSERT INTO directories (id, organization_id, owner_key, name, provider, provider_id, state, settings, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        [
            directory.id.as_str().into(),
            owner.map(|id| id.as_str().to_owned()).into(),
            owner_key(owner).into(),
            name.into(),
            directory.provider.clone().into(),
            provider_id.into(),
            directory.state.as_str().into(),
            directory.settings.to_json().to_string().into(),
            directory.created_at.into(),
        ],
    )
    .await
    .or_conflict(DirectoryFault::ProviderTaken)?;
    let payload = json!({ "v": 1, "name": name, "provider": directory.provider, "provider_id": provider_id });
    tx.record(Event::new(EventKind::DirectoryCreated, &directory.id, payload).within(owner));
    Ok(directory)
}

/// Refuses the directory's credentials from the commit on. Its people are suspended afterwards, one
/// transaction each: see [`disconnect_step`](super::disconnect_step).
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn disconnect<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Directory> {
    let owner = owner.into();
    let directory = get(tx, owner, id).await?;
    let gone = db::run(
        tx,
        "UPDATE directories SET deleted_at = $1, updated_at = $1 WHERE id = $2 AND owner_key = $3 AND deleted_at IS NULL",
        [tx.now().into(), id.as_str().into(), owner_key(owner).into()],
    )
    .await?;
    if gone == 0 {
        return Err(DirectoryFault::NotFound.into());
    }
    let payload = json!({ "v": 1, "name": directory.name, "provider_id": directory.provider_id, "disconnected": true });
    tx.record(Event::new(EventKind::DirectoryUpdated, id, payload).within(owner));
    Ok(directory)
}

/// Makes sure that the directory is live until the transaction ends. Who brings a person back asks:
/// the sweep of a disconnected directory does not look twice.
pub(super) async fn hold_live(tx: &Tx, id: &DirectoryId) -> Result<()> {
    let sql = format!("SELECT id FROM directories WHERE id = $1 AND deleted_at IS NULL{}", tx.lock());
    match db::one(tx, sql, [id.as_str().into()]).await? {
        Some(_) => Ok(()),
        None => Err(DirectoryFault::InvalidToken.into()),
    }
}

/// Whether a text may be a provider id or a name.
pub(super) fn is_text(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// The product that a provider id names, as people write them.
fn provider(provider_id: &str) -> &'static str {
    const KNOWN: &[(&str, &str)] = &[
        ("okta", "okta"),
        ("entra", "entra"),
        ("azure", "entra"),
        ("microsoft", "entra"),
        ("onelogin", "onelogin"),
        ("jumpcloud", "jumpcloud"),
        ("ping", "ping"),
        ("google", "google"),
        ("rippling", "rippling"),
        ("cyberark", "cyberark"),
    ];
    let id = provider_id.to_ascii_lowercase();
    KNOWN.iter().find(|(word, _)| id.starts_with(word)).map_or("generic", |(_, provider)| provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_is_told_from_the_provider_id() {
        assert_eq!(provider("Okta-prod"), "okta");
        assert_eq!(provider("azure-ad"), "entra");
        assert_eq!(provider("acme"), "generic");
    }

    #[test]
    fn names_are_short_and_visible() {
        assert!(is_text("Okta — Production") && is_text("okta"));
        assert!(!is_text("") && !is_text("  ") && !is_text("a\0b") && !is_text(&"x".repeat(256)));
    }
}
