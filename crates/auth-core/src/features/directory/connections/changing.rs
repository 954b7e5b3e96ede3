//! What an admin changes of a directory: its name, whether it takes requests, its settings.

use serde_json::{Map, Value as Json, json};

use super::{COLUMNS, Directory, PROVIDERS, State, authorize_one, get, is_text, owner_key, read, states};
use crate::Actor;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::{BreakerSettings, DirectoryFault, LinkPolicy, OnDeletion, Settings, breaker, mapping};
use crate::ids::{DirectoryId, Id as _, OrgId};
use crate::outbox::{Event, EventKind};
use crate::roles::{self, OWNER, RolesFault};

/// What to change. What is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What admins call it.
    pub name: Option<String>,
    /// Which product it is, one of [`PROVIDERS`].
    pub provider: Option<String>,
    /// Whether it takes requests: active or paused.
    pub state: Option<State>,
    /// The role of everybody whom it makes a member.
    pub default_role: Option<String>,
    /// Whether roles given by hand return with a reactivation.
    pub restore_roles_on_reactivation: Option<bool>,
    /// Whether roles given by hand return with a person who was deleted and is created again.
    pub restore_roles_after_delete: Option<bool>,
    /// Whether passwords that it sends are kept where it is authoritative.
    pub keep_password: Option<bool>,
    /// What becomes of somebody who must accept first.
    pub link_policy: Option<LinkPolicy>,
    /// What a deletion leaves of the membership.
    pub on_deletion: Option<OnDeletion>,
    /// Whether people whom it makes are mailed a link by which they set a password.
    pub welcome_mail: Option<bool>,
    /// The circuit breaker.
    pub breaker: BreakerChanges,
    /// For how many days its requests are kept.
    pub request_log_retention_days: Option<i64>,
    /// Which roles its mapping may give. For owners to decide.
    pub mapping_roles: Option<Vec<String>>,
    /// Which attributes are the address and the name.
    pub user_schema: Option<Map<String, Json>>,
}

/// What to change of a circuit breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreakerChanges {
    /// Whether there is one. Turning off one that has tripped lets everybody go.
    pub enabled: Option<bool>,
    /// More people than this trip it.
    pub people: Option<i64>,
    /// More than this many of a hundred.
    pub percent: Option<i64>,
    /// Within so many seconds.
    pub window_seconds: Option<i64>,
}

impl Changes {
    /// Whether it is what a directory is called and which product it is, and nothing else: what whoever sets it up may
    /// change.
    fn is_description(&self) -> bool {
        *self == Self { name: self.name.clone(), provider: self.provider.clone(), ..Self::default() }
    }
}

impl BreakerChanges {
    fn apply(self, breaker: BreakerSettings) -> Result<BreakerSettings> {
        let new = BreakerSettings {
            enabled: self.enabled.unwrap_or(breaker.enabled),
            people: self.people.unwrap_or(breaker.people),
            percent: self.percent.unwrap_or(breaker.percent),
            window_seconds: self.window_seconds.unwrap_or(breaker.window_seconds),
        };
        let wrong = if !(1..=1_000_000).contains(&new.people) {
            "people is between 1 and 1000000"
        } else if !(1..=100).contains(&new.percent) {
            "percent is between 1 and 100"
        } else if !(60..=86_400).contains(&new.window_seconds) {
            "window_seconds is between 60 and 86400"
        } else {
            return Ok(new);
        };
        Err(DirectoryFault::InvalidBreaker(wrong).into())
    }
}

/// Changes a directory. The role that it gives is never above that of whoever decides so, and never that of
/// owners. A directory that is paused refuses its requests from the commit on.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::InvalidName`], [`DirectoryFault::UnknownProvider`],
/// [`DirectoryFault::InvalidBreaker`], [`DirectoryFault::InvalidRetention`], [`DirectoryFault::Undecided`],
/// [`RolesFault::OwnerByHandOnly`], [`RolesFault::AboveOwn`], [`RolesFault::NotFound`], and those of the authorization.
pub async fn update<'a>(
    tx: &mut Tx,
    owner: impl Into<Option<&'a OrgId>>,
    id: &DirectoryId,
    changes: &Changes,
) -> Result<Directory> {
    let owner = owner.into();
    authorize_one(tx, owner, id).await?;
    if matches!(tx.ctx().actor, Actor::Setup { .. }) && !changes.is_description() {
        return Err(RolesFault::Forbidden.into());
    }
    if changes.state.is_some() || changes.breaker != BreakerChanges::default() {
        // The breaker before its directory, as where it trips.
        get(tx, owner, id).await?;
        breaker::lock(tx, id).await?;
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM directories d WHERE d.owner_key = $1 AND d.id = $2 AND d.deleted_at IS NULL{}",
        tx.lock()
    );
    let row = db::one(tx, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    let before = row.map_or(Err(DirectoryFault::NotFound.into()), |row| read(&row, 0))?;
    let mut after = before.clone();
    if let Some(name) = &changes.name {
        if !is_text(name) {
            return Err(DirectoryFault::InvalidName.into());
        }
        after.name.clone_from(name);
    }
    if let Some(provider) = &changes.provider {
        if !PROVIDERS.contains(&provider.as_str()) {
            return Err(DirectoryFault::UnknownProvider.into());
        }
        after.provider.clone_from(provider);
    }
    if let Some(role) = &changes.default_role {
        check_role(tx, owner, role).await?;
        after.settings.default_role.clone_from(role);
    }
    set(&mut after.settings, changes)?;
    mapping::decide(tx, &mut after, changes.mapping_roles.as_deref(), changes.user_schema.as_ref()).await?;
    match (before.settings.breaker.enabled, after.settings.breaker.enabled) {
        (false, true) => breaker::make(tx, id).await?,
        (true, false) => {
            breaker::remove(tx, id).await?;
            if after.state == State::Tripped {
                after.state = State::Active;
            }
        }
        _ => {}
    }
    if let Some(state) = changes.state {
        states::turn(tx, &mut after, state).await?;
    }
    if facts(&before) == facts(&after) {
        return Ok(before);
    }
    after.updated_at = tx.now();
    db::run(
        tx,
        "UPDATE directories SET name = $1, state = $2, settings = $3, updated_at = $4, provider = $7
         WHERE id = $5 AND owner_key = $6",
        [
            after.name.clone().into(),
            after.state.stored().into(),
            after.settings.to_json().to_string().into(),
            after.updated_at.into(),
            id.as_str().into(),
            owner_key(owner).into(),
            after.provider.clone().into(),
        ],
    )
    .await?;
    mapping::settings_changed(tx, &before, &after).await?;
    let paused = after.state == State::Paused && before.state != State::Paused;
    let kind = if paused { EventKind::DirectoryPaused } else { EventKind::DirectoryUpdated };
    let payload = json!({
        "v": 1, "name": after.name, "provider_id": after.provider_id, "before": facts(&before), "after": facts(&after),
    });
    tx.record(Event::new(kind, id, payload).within(owner));
    Ok(after)
}

/// Changes what needs nobody's leave.
fn set(settings: &mut Settings, changes: &Changes) -> Result<()> {
    for (setting, change) in [
        (&mut settings.restore_roles_on_reactivation, changes.restore_roles_on_reactivation),
        (&mut settings.restore_roles_after_delete, changes.restore_roles_after_delete),
        (&mut settings.keep_password, changes.keep_password),
        (&mut settings.welcome_mail, changes.welcome_mail),
    ] {
        *setting = change.unwrap_or(*setting);
    }
    settings.link_policy = changes.link_policy.unwrap_or(settings.link_policy);
    settings.on_deletion = changes.on_deletion.unwrap_or(settings.on_deletion);
    settings.breaker = changes.breaker.apply(settings.breaker)?;
    let days = changes.request_log_retention_days.unwrap_or(settings.request_log_retention_days);
    if !(1..=365).contains(&days) {
        return Err(DirectoryFault::InvalidRetention.into());
    }
    settings.request_log_retention_days = days;
    Ok(())
}

/// Refuses a role that this caller may not let a directory give.
async fn check_role(tx: &Tx, owner: Option<&OrgId>, role: &str) -> Result<()> {
    if role == OWNER {
        return Err(RolesFault::OwnerByHandOnly.into());
    }
    match owner {
        Some(organization) => {
            roles::authority(tx, organization).await?.may_give(tx, organization, role).await?;
            roles::keep(tx, owner, role).await
        }
        None => roles::keep(tx, None, role).await,
    }
}

fn facts(directory: &Directory) -> Json {
    json!({
        "name": directory.name, "provider": directory.provider, "state": directory.state.as_str(),
        "settings": directory.settings.to_json(),
    })
}
