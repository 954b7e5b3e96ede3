//! How directories come to be, and how they end.

use serde_json::json;

use super::{COLUMNS, Directory, State, authorize, by_provider, get, owner_key, read};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::features::directory::{DirectoryFault, Settings, breaker, import};
use crate::ids::{DirectoryId, Id as _, OrgId};
use crate::outbox::{Event, EventKind};

/// The provider id of the directory that is made on first use.
const DEFAULT_PROVIDER: &str = "default";
/// Longest provider id and longest name, in bytes.
const LONGEST: usize = 255;

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
    let directory = insert(tx, tx.new_id(), owner, provider_id, name, tx.now()).await?;
    let payload = json!({ "v": 1, "name": name, "provider": directory.provider, "provider_id": provider_id });
    tx.record(Event::new(EventKind::DirectoryCreated, &directory.id, payload).within(owner));
    Ok(directory)
}

/// Writes a directory whose texts were looked at.
pub(super) async fn insert(
    tx: &Tx,
    id: DirectoryId,
    owner: Option<&OrgId>,
    provider_id: &str,
    name: &str,
    created_at: Timestamp,
) -> Result<Directory> {
    let directory = Directory {
        id,
        organization_id: owner.cloned(),
        name: name.to_owned(),
        provider: provider(provider_id).to_owned(),
        provider_id: provider_id.to_owned(),
        state: State::SettingUp,
        settings: Settings::default(),
        schemas_version: 0,
        mapping_version: 0,
        rules_version: 0,
        import: None,
        staging: false,
        last_request_at: None,
        last_success_at: None,
        created_at,
        updated_at: created_at,
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
            directory.state.stored().into(),
            directory.settings.to_json().to_string().into(),
            directory.created_at.into(),
        ],
    )
    .await
    .or_conflict(DirectoryFault::ProviderTaken)?;
    Ok(directory)
}

/// Refuses the directory's credentials from the commit on. Its people are suspended afterwards, one
/// transaction each: see [`disconnect_step`](super::disconnect_step).
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn disconnect<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Directory> {
    let owner = owner.into();
    authorize(tx, owner).await?;
    let directory = get(tx, owner, id).await?;
    // What was paused or tripped is not now: the sweep goes on, and the breaker counts it from the beginning.
    breaker::reset(tx, id).await?;
    let gone = db::run(
        tx,
        "UPDATE directories SET deleted_at = $1, updated_at = $1, state = 'active'
         WHERE id = $2 AND owner_key = $3 AND deleted_at IS NULL",
        [tx.now().into(), id.as_str().into(), owner_key(owner).into()],
    )
    .await?;
    if gone == 0 {
        return Err(DirectoryFault::NotFound.into());
    }
    // The rules stay to be read; what groups gave by them ends at once.
    for given in ["directory_rule_groups", "directory_rule_teams"] {
        let sql = format!("DELETE FROM {given} WHERE directory_id = $1");
        db::run(tx, sql, [id.as_str().into()]).await?;
    }
    import::clear(tx, id).await?;
    let payload = json!({ "v": 1, "name": directory.name, "provider_id": directory.provider_id, "disconnected": true });
    tx.record(Event::new(EventKind::DirectoryUpdated, id, payload).within(owner));
    Ok(directory)
}

/// Makes sure that the directory is live until the transaction ends. Who brings a person back asks:
/// the sweep of a disconnected directory does not look twice. A dry run only looks, and holds nobody up: nothing of it stays.
pub(in crate::features::directory) async fn hold_live(tx: &Tx, id: &DirectoryId) -> Result<()> {
    let lock = if tx.ctx().dry_run { "" } else { tx.lock() };
    let sql = format!("SELECT id FROM directories WHERE id = $1 AND deleted_at IS NULL{lock}");
    match db::one(tx, sql, [id.as_str().into()]).await? {
        Some(_) => Ok(()),
        None => Err(DirectoryFault::InvalidToken.into()),
    }
}

/// Whether a text may be a provider id or a name.
pub(in crate::features::directory) fn is_text(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// The products that are told apart; what is none of them is the last.
pub const PROVIDERS: &[&str] =
    &["okta", "entra", "onelogin", "jumpcloud", "ping", "google", "rippling", "cyberark", "generic"];

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
