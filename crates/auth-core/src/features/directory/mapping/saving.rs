//! The versions of a directory's mapping: read, saved, restored. Every one is kept, with who saved it and when.

use serde_json::{Value as Json, json};

use super::compiled::{Compiled, Mapping, Problem, user_schema};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::connections::{self, COLUMNS, authorize_one, bounded, owner_key, read};
use crate::features::directory::jobs::{self, JobKind};
use crate::features::directory::{Directory, DirectoryFault, schemas};
use crate::ids::{DirectoryId, Id as _, JobId, OrgId};
use crate::outbox::{Event, EventKind};
use crate::roles::{self, RolesFault};

/// A mapping as it was saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Which; 0 before any was saved.
    pub version: i64,
    /// Paths and targets, as they were given.
    pub mapping: Mapping,
    /// Who saved it, as [`Actor::label`](crate::Actor::label) says it.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Option<Timestamp>,
}

/// What saving came to.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The version that is in force now.
    pub version: Version,
    /// The job that applies it to the people who are there. `None` if there are none, or if nothing is different.
    pub job: Option<JobId>,
}

fn version(row: &Row) -> Result<Version> {
    let mapping: String = row.get(1)?;
    Ok(Version {
        version: row.get(0)?,
        mapping: serde_json::from_str(&mapping)?,
        created_by: Some(row.get(2)?),
        created_at: Some(row.get(3)?),
    })
}

/// The version of that number of a directory that the caller may see.
async fn find(db: &impl Scope, directory: &Directory, number: i64) -> Result<Option<Version>> {
    let sql = "SELECT version, mapping, created_by, created_at FROM directory_mappings
         WHERE owner_key = $1 AND directory_id = $2 AND version = $3";
    let owner = owner_key(directory.organization_id.as_ref());
    db::one(db, sql, [owner.into(), directory.id.as_str().into(), number.into()])
        .await?
        .as_ref()
        .map(version)
        .transpose()
}

async fn in_force(db: &impl Scope, directory: &Directory) -> Result<Version> {
    let found = find(db, directory, directory.mapping_version).await?;
    Ok(found.unwrap_or(Version { version: 0, mapping: Mapping::new(), created_by: None, created_at: None }))
}

/// The mapping that is in force.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn get(db: &impl Scope, owner: Option<&OrgId>, id: &DirectoryId) -> Result<Version> {
    let directory = connections::get(db, owner, id).await?;
    in_force(db, &directory).await
}

/// A page of the versions of a directory, the newest first, and how many there are.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn versions(
    db: &impl Scope,
    owner: Option<&OrgId>,
    id: &DirectoryId,
    limit: u64,
    offset: u64,
) -> Result<(Vec<Version>, i64)> {
    connections::get(db, owner, id).await?;
    let whose = [owner_key(owner).into(), id.as_str().into()];
    let sql = "SELECT COUNT(*) FROM directory_mappings WHERE owner_key = $1 AND directory_id = $2";
    let total = db::one(db, sql, whose.clone()).await?.map_or(Ok(0), |row| row.get(0))?;
    let sql = "SELECT version, mapping, created_by, created_at FROM directory_mappings
         WHERE owner_key = $1 AND directory_id = $2 ORDER BY version DESC LIMIT (0 + $3) OFFSET (0 + $4)";
    let rows = db::all(db, sql, whose.into_iter().chain([bounded(limit).into(), bounded(offset).into()])).await?;
    Ok((rows.iter().map(version).collect::<Result<_>>()?, total))
}

/// Puts a mapping in force from the commit on, and begins to apply it to the people who are there. The one that is in
/// force already stays as it is. What is wrong with a mapping is told, and nothing is saved.
///
/// A mapping that gives roles may give those of [`Settings::mapping_roles`](crate::features::directory::Settings): who
/// saves it must be allowed to give each of them.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`RolesFault::AboveOwn`], and those of the authorization.
pub async fn save(
    tx: &mut Tx,
    owner: Option<&OrgId>,
    id: &DirectoryId,
    mapping: &Mapping,
) -> Result<Result<Saved, Vec<Problem>>> {
    let directory = lock(tx, owner, id).await?;
    let before = in_force(tx, &directory).await?;
    let problems = check(tx, &directory, mapping).await?;
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    // Also the order is what a mapping says.
    let same = before.version > 0 && mapping.iter().eq(before.mapping.iter());
    if same || (before.version == 0 && mapping.is_empty()) {
        return Ok(Ok(Saved { version: before, job: None }));
    }
    let saved = put(tx, &directory, mapping).await?;
    let payload = json!({
        "v": 1,
        "name": directory.name,
        "provider_id": directory.provider_id,
        "before": { "mapping": before.mapping, "mapping_version": before.version },
        "after": { "mapping": mapping, "mapping_version": saved.version.version },
    });
    tx.record(Event::new(EventKind::DirectoryUpdated, id, payload).within(owner));
    Ok(Ok(saved))
}

/// Puts an earlier version in force again, as a new one.
///
/// # Errors
/// [`DirectoryFault::MappingNotFound`], and those of [`save`].
pub async fn restore(
    tx: &mut Tx,
    owner: Option<&OrgId>,
    id: &DirectoryId,
    number: i64,
) -> Result<Result<Saved, Vec<Problem>>> {
    let directory = lock(tx, owner, id).await?;
    let earlier = find(tx, &directory, number).await?.ok_or(DirectoryFault::MappingNotFound)?;
    save(tx, owner, id, &earlier.mapping).await
}

/// What is wrong with a mapping of this directory.
pub(super) async fn check(db: &impl Scope, directory: &Directory, mapping: &Mapping) -> Result<Vec<Problem>> {
    let kinds = schemas::of(db, directory).await?;
    let compiled = Compiled::new(&kinds.user, mapping, &Mapping::new());
    let mut problems = compiled.problems.clone();
    if compiled.has_roles() {
        match &directory.organization_id {
            Some(organization) => {
                let authority = roles::authority(db, organization).await?;
                for role in &directory.settings.mapping_roles {
                    authority.may_give(db, organization, role).await?;
                }
            }
            None => problems.push(Problem {
                path: String::new(),
                code: "invalid_target",
                message: "A directory of the instance gives no roles in an organization".to_owned(),
            }),
        }
    }
    Ok(problems)
}

/// The directory, which nobody else changes until the transaction ends.
async fn lock(tx: &Tx, owner: Option<&OrgId>, id: &DirectoryId) -> Result<Directory> {
    authorize_one(tx, owner, id).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM directories d WHERE d.owner_key = $1 AND d.id = $2 AND d.deleted_at IS NULL{}",
        tx.lock()
    );
    let row = db::one(tx, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    row.map_or(Err(DirectoryFault::NotFound.into()), |row| read(&row, 0))
}

/// Writes the next version. The directory is locked, and `directory.settings` are those that it has from now on.
async fn put(tx: &mut Tx, directory: &Directory, mapping: &Mapping) -> Result<Saved> {
    let owner = owner_key(directory.organization_id.as_ref());
    let next = Version {
        version: directory.mapping_version + 1,
        mapping: mapping.clone(),
        created_by: Some(tx.ctx().actor.label()),
        created_at: Some(tx.now()),
    };
    db::run(
        tx,
        "INSERT INTO directory_mappings (directory_id, version, owner_key, mapping, user_schema, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            directory.id.as_str().into(),
            next.version.into(),
            owner.into(),
            Json::from(mapping.clone()).to_string().into(),
            Json::from(user_schema(&directory.settings.user_schema)).to_string().into(),
            tx.ctx().actor.label().into(),
            tx.now().into(),
        ],
    )
    .await?;
    db::run(
        tx,
        "UPDATE directories SET mapping_version = $1, updated_at = $2 WHERE id = $3 AND owner_key = $4",
        [next.version.into(), tx.now().into(), directory.id.as_str().into(), owner.into()],
    )
    .await?;
    // Work that is under way for an earlier version comes to an end here: this one does all of it.
    jobs::supersede(tx, directory, JobKind::MappingApplied).await?;
    let job = apply_later(tx, directory, json!({ "version": next.version, "reason": "mapping" })).await?;
    Ok(Saved { version: next, job })
}

/// Begins to apply the mapping to the people of a directory, if there are any.
pub(super) async fn apply_later(tx: &mut Tx, directory: &Directory, detail: Json) -> Result<Option<JobId>> {
    let sql = "SELECT CAST(COALESCE(SUM(c.n), 0) AS BIGINT) FROM directory_counts c WHERE c.directory_id = $1 AND c.kind = 'user'";
    let people: i64 = db::one(tx, sql, [directory.id.as_str().into()]).await?.map_or(Ok(0), |row| row.get(0))?;
    if people == 0 {
        return Ok(None);
    }
    jobs::enqueue(tx, directory, JobKind::MappingApplied, detail, people).await.map(Some)
}

/// Decides in the settings of a directory on what its mapping stands.
///
/// # Errors
/// [`DirectoryFault::OwnersDecide`], [`DirectoryFault::InvalidUserSchema`], [`RolesFault::OwnerByHandOnly`],
/// [`RolesFault::NotFound`].
pub(in crate::features::directory) async fn decide(
    tx: &Tx,
    directory: &mut Directory,
    mapping_roles: Option<&[String]>,
    schema: Option<&Mapping>,
) -> Result<()> {
    if let Some(wanted) = mapping_roles.filter(|wanted| **wanted != *directory.settings.mapping_roles) {
        if let Some(organization) = &directory.organization_id
            && !roles::authority(tx, organization).await?.is_owner()
        {
            return Err(DirectoryFault::OwnersDecide.into());
        }
        for role in wanted {
            if role == roles::OWNER {
                return Err(RolesFault::OwnerByHandOnly.into());
            }
            roles::keep(tx, directory.organization_id.as_ref(), role).await?;
        }
        directory.settings.mapping_roles = wanted.to_vec();
    }
    if let Some(wanted) = schema {
        let kinds = schemas::of(tx, directory).await?;
        let compiled = Compiled::new(&kinds.user, &user_schema(wanted), &Mapping::new());
        if let Some(problem) = compiled.problems.first() {
            let told = format!("{}: {}", problem.path, problem.message);
            return Err(DirectoryFault::InvalidUserSchema(told).into());
        }
        if compiled.entries.iter().any(|entry| !entry.target.is_profile()) {
            let fields = "The fields of an account are email, name, firstName, lastName, image and externalId";
            return Err(DirectoryFault::InvalidUserSchema(fields.to_owned()).into());
        }
        directory.settings.user_schema.clone_from(wanted);
    }
    Ok(())
}

/// What follows when an admin has changed the settings of a directory on which its mapping stands: another version of
/// the same mapping. The directory is locked; the event is that of its settings.
pub(in crate::features::directory) async fn settings_changed(
    tx: &mut Tx,
    before: &Directory,
    after: &Directory,
) -> Result<()> {
    let schema = before.settings.user_schema != after.settings.user_schema;
    let roles = before.settings.mapping_roles != after.settings.mapping_roles && after.mapping_version > 0;
    if schema || roles {
        let mapping = in_force(tx, after).await?.mapping;
        put(tx, after, &mapping).await?;
    }
    Ok(())
}
