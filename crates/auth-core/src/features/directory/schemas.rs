//! Extension schemas of a directory's own: managed by admins, used by every request of the directory.
//!
//! What is stored stays valid whatever an admin does to a schema: attributes and values may be added at any time;
//! what would refuse or lose a value of a resource that stands is refused.
//!
//! [`Directory::schemas_version`] tells the states apart. It is above zero while there are schemas, so that a
//! directory without any costs no query; it comes with the query that authenticates.

use std::sync::{Arc, LazyLock};

use scim_protocol::ResourceType;
use scim_protocol::normalize::normalize;
use scim_protocol::schema::{Attribute, Extension, Schema};
use serde_json::{Value as Json, json};

use super::connections::{self, owner_key};
use super::{Attributes, Directory, DirectoryActor, DirectoryFault};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{DirectoryId, Id as _, OrgId};
use crate::outbox::{Event, EventKind};

/// How many schemas of its own a directory may have.
pub const MAX_SCHEMAS: usize = 20;
/// How many resources are read at a time when a schema is narrowed.
const CHUNK: i64 = 500;

/// Which resource type a schema extends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extends {
    /// Users.
    User,
    /// Groups.
    Group,
}

impl Extends {
    /// The name of the resource type, stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The resource type of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::User, Self::Group].into_iter().find(|kind| kind.as_str() == name)
    }

    const fn table(self) -> &'static str {
        match self {
            Self::User => "directory_users",
            Self::Group => "directory_groups",
        }
    }
}

/// A schema of a directory.
#[derive(Clone, Debug)]
pub struct DirectorySchema {
    /// What it extends.
    pub extends: Extends,
    /// The schema; its id is the URN.
    pub schema: Arc<Schema>,
    /// Whether every resource must have it.
    pub required: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed.
    pub updated_at: Timestamp,
}

impl DirectorySchema {
    /// The definitions of its attributes, as RFC 7643 section 7 writes them.
    #[must_use]
    pub fn attributes(&self) -> Json {
        self.schema.attributes.iter().map(Attribute::to_json).collect()
    }
}

/// A schema as an admin wants it.
#[derive(Clone, Debug)]
pub struct NewSchema {
    /// What it extends.
    pub extends: Extends,
    /// Its URN.
    pub urn: String,
    /// Its name, for people.
    pub name: String,
    /// What it describes.
    pub description: String,
    /// The definitions of its attributes, as RFC 7643 section 7 writes them.
    pub attributes: Json,
    /// Whether every resource must have it.
    pub required: bool,
}

impl NewSchema {
    fn read(&self) -> Result<Schema> {
        let definition = json!({
            "id": self.urn, "name": self.name, "description": self.description, "attributes": self.attributes,
        });
        Schema::from_json(&definition).map_err(|error| DirectoryFault::InvalidSchema(error.detail.into_owned()).into())
    }
}

/// The resource types of a directory, with its own extensions.
#[derive(Clone, Debug)]
pub struct Kinds {
    /// Users.
    pub user: Arc<ResourceType>,
    /// Groups.
    pub group: Arc<ResourceType>,
}

static STANDARD: LazyLock<Kinds> = LazyLock::new(|| Kinds {
    user: Arc::new(ResourceType::user().clone()),
    group: Arc::new(ResourceType::group().clone()),
});

impl Kinds {
    /// Those of a directory without schemas of its own.
    #[must_use]
    pub fn standard() -> Self {
        STANDARD.clone()
    }
}

/// The resource types of the directory that asks.
///
/// # Errors
/// Those of the database.
pub async fn kinds(db: &impl Scope, actor: &DirectoryActor) -> Result<Kinds> {
    of(db, &actor.directory).await
}

/// The resource types of a directory.
pub(super) async fn of(db: &impl Scope, directory: &Directory) -> Result<Kinds> {
    let mut kinds = Kinds::standard();
    if directory.schemas_version > 0 {
        for DirectorySchema { extends, schema, required, .. } in all(db, &directory.id).await? {
            let kind = match extends {
                Extends::User => &mut kinds.user,
                Extends::Group => &mut kinds.group,
            };
            Arc::make_mut(kind).extensions.push(Extension { schema, required });
        }
    }
    Ok(kinds)
}

/// Makes sure that what was read and checked by [`kinds`] still holds when the transaction ends.
pub(super) async fn hold(tx: &Tx, directory: &Directory) -> Result<()> {
    if directory.schemas_version <= 0 {
        return Ok(());
    }
    // A staged change locks the directory anyway, more than that.
    let lock = if tx.ctx().staged { tx.lock_for_change() } else { tx.share() };
    let sql = format!("SELECT schemas_version FROM directories WHERE id = $1{lock}");
    let version: Option<i64> = match db::one(tx, sql, [directory.id.as_str().into()]).await? {
        Some(row) => Some(row.get(0)?),
        None => None,
    };
    if version == Some(directory.schemas_version) { Ok(()) } else { Err(DirectoryFault::SchemasChanged.into()) }
}

/// The schemas of a directory, oldest first.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn list<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
) -> Result<Vec<DirectorySchema>> {
    let directory = connections::get(db, owner, directory).await?;
    all(db, &directory.id).await
}

/// Makes a schema, or replaces the one of that URN, whatever its letter case.
///
/// # Errors
/// [`DirectoryFault::InvalidSchema`], [`DirectoryFault::SchemaInUse`] if a resource would not be valid any more,
/// [`DirectoryFault::SchemaExtendsOther`], [`DirectoryFault::TooManySchemas`], [`DirectoryFault::NotFound`], and those of
/// the authorization.
pub async fn put<'a>(
    tx: &mut Tx,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    new: &NewSchema,
) -> Result<DirectorySchema> {
    let owner = owner.into();
    let directory = begin(tx, owner, directory).await?;
    let mut schema = new.read()?;
    let present = all(tx, &directory.id).await?;
    let before = present.iter().find(|one| one.schema.id.eq_ignore_ascii_case(&schema.id));
    if before.is_none() && present.len() >= MAX_SCHEMAS {
        return Err(DirectoryFault::TooManySchemas.into());
    }
    if before.is_some_and(|before| before.extends != new.extends) {
        return Err(DirectoryFault::SchemaExtendsOther.into());
    }
    if let Some(before) = before {
        // Resources hold it in this spelling.
        schema.id = before.schema.id.clone();
    }
    let grows = before.is_some_and(|before| is_within(&before.schema.attributes, &schema.attributes));
    let demands = new.required && !before.is_some_and(|before| before.required);
    if demands || (before.is_some() && !grows) {
        check_resources(tx, &directory.id, new.extends, &schema, new.required).await?;
    }
    let created_at = before.map_or_else(|| tx.now(), |before| before.created_at);
    let saved = DirectorySchema {
        extends: new.extends,
        schema: Arc::new(schema),
        required: new.required,
        created_at,
        updated_at: tx.now(),
    };
    db::run(
        tx,
        "INSERT INTO directory_schemas (directory_id, urn_key, urn, kind, definition, required, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (directory_id, urn_key) DO UPDATE SET
             definition = excluded.definition, required = excluded.required, updated_at = excluded.updated_at",
        [
            directory.id.as_str().into(),
            saved.schema.id.to_ascii_lowercase().into(),
            saved.schema.id.to_string().into(),
            saved.extends.as_str().into(),
            saved.schema.to_json("").to_string().into(),
            saved.required.into(),
            saved.created_at.into(),
            saved.updated_at.into(),
        ],
    )
    .await?;
    record(tx, owner, &directory, &json!({ "urn": saved.schema.id, "extends": saved.extends.as_str() }));
    Ok(saved)
}

/// Removes a schema that no resource has values of.
///
/// # Errors
/// [`DirectoryFault::SchemaNotFound`], [`DirectoryFault::SchemaInUse`], [`DirectoryFault::NotFound`], and those of the
/// authorization.
pub async fn remove<'a>(
    tx: &mut Tx,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    urn: &str,
) -> Result<()> {
    let owner = owner.into();
    let directory = begin(tx, owner, directory).await?;
    let present = all(tx, &directory.id).await?;
    let gone = present.iter().find(|one| one.schema.id.eq_ignore_ascii_case(urn));
    let gone = gone.ok_or_else(|| Error::from(DirectoryFault::SchemaNotFound))?;
    let without = Schema { attributes: Vec::new(), ..(*gone.schema).clone() };
    check_resources(tx, &directory.id, gone.extends, &without, false).await?;
    let values = [directory.id.as_str().into(), urn.to_ascii_lowercase().into()];
    db::run(tx, "DELETE FROM directory_schemas WHERE directory_id = $1 AND urn_key = $2", values).await?;
    if present.len() == 1 {
        let sql = "UPDATE directories SET schemas_version = -schemas_version WHERE id = $1";
        db::run(tx, sql, [directory.id.as_str().into()]).await?;
    }
    record(tx, owner, &directory, &json!({ "urn": gone.schema.id, "removed": true }));
    Ok(())
}

/// Authorizes, and keeps every writer of the directory's resources out until the transaction ends.
async fn begin(tx: &mut Tx, owner: Option<&OrgId>, directory: &DirectoryId) -> Result<Directory> {
    let directory = connections::get(tx, owner, directory).await?;
    let held = db::run(
        tx,
        "UPDATE directories SET schemas_version = ABS(schemas_version) + 1, updated_at = $1
         WHERE id = $2 AND owner_key = $3 AND deleted_at IS NULL",
        [tx.now().into(), directory.id.as_str().into(), owner_key(owner).into()],
    )
    .await?;
    if held == 0 { Err(DirectoryFault::NotFound.into()) } else { Ok(directory) }
}

fn record(tx: &mut Tx, owner: Option<&OrgId>, directory: &Directory, schema: &Json) {
    let payload = json!({ "v": 1, "name": directory.name, "provider_id": directory.provider_id, "schema": schema });
    tx.record(Event::new(EventKind::DirectoryUpdated, &directory.id, payload).within(owner));
}

async fn all(db: &impl Scope, directory: &DirectoryId) -> Result<Vec<DirectorySchema>> {
    let sql = "SELECT kind, definition, required, created_at, updated_at FROM directory_schemas
               WHERE directory_id = $1 ORDER BY created_at, urn_key";
    db::all(db, sql, [directory.as_str().into()]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<DirectorySchema> {
    let kind: String = row.get(0)?;
    let definition: String = row.get(1)?;
    Ok(DirectorySchema {
        extends: Extends::parse(&kind).ok_or_else(|| Error::internal("a schema of an unknown resource type"))?,
        schema: Arc::new(Schema::from_json(&serde_json::from_str(&definition)?).map_err(Error::internal)?),
        required: row.get(2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
    })
}

/// Whether every stored resource can be read again under a schema without losing or changing a value. Without
/// `required` only those are looked at that mention the schema.
async fn check_resources(
    tx: &Tx,
    directory: &DirectoryId,
    extends: Extends,
    schema: &Schema,
    required: bool,
) -> Result<()> {
    let alone = alone(schema, required);
    let mentions = if required { "%".to_owned() } else { like(&schema.id) };
    let sql = format!(
        "SELECT id, resource FROM {} WHERE directory_id = $1 AND id > $2 AND resource LIKE $3 ESCAPE '!' ORDER BY id LIMIT {CHUNK}",
        extends.table()
    );
    let mut after = String::new();
    loop {
        let values = [directory.as_str().into(), after.as_str().into(), mentions.as_str().into()];
        let rows = db::all(tx, sql.as_str(), values).await?;
        for row in &rows {
            after = row.get(0)?;
            let stored: Attributes = serde_json::from_str(&row.get::<String>(1)?)?;
            if !holds(&alone, schema, stored) {
                return Err(DirectoryFault::SchemaInUse.into());
            }
        }
        if rows.len() < usize::try_from(CHUNK).unwrap_or(usize::MAX) {
            return Ok(());
        }
    }
}

/// Whether every value under the definitions of before is one under those of now, so that nobody has to look.
fn is_within(before: &[Attribute], now: &[Attribute]) -> bool {
    let is_new = |attribute: &Attribute| before.iter().all(|old| old.name != attribute.name);
    let kept = before.iter().all(|old| {
        now.iter().find(|new| new.name == old.name).is_some_and(|new| {
            let chosen = |value| new.canonical_values.contains(value);
            let values = new.canonical_values.is_empty()
                || (!old.canonical_values.is_empty() && old.canonical_values.iter().all(chosen));
            (new.kind, new.multi_valued, new.mutability) == (old.kind, old.multi_valued, old.mutability)
                && (old.required || !new.required)
                && values
                && is_within(&old.sub_attributes, &new.sub_attributes)
        })
    });
    kept && now.iter().filter(|attribute| is_new(attribute)).all(|attribute| !attribute.required)
}

/// A resource type of nothing but this extension.
fn alone(schema: &Schema, required: bool) -> ResourceType {
    let nothing = Schema {
        id: "urn:nothing".into(),
        name: "Nothing".into(),
        description: "Nothing".into(),
        attributes: Vec::<Attribute>::new(),
    };
    ResourceType {
        name: "Nothing".into(),
        endpoint: "/Nothing".into(),
        description: "Nothing".into(),
        schema: Arc::new(nothing),
        extensions: vec![Extension { schema: Arc::new(schema.clone()), required }],
    }
}

fn holds(alone: &ResourceType, schema: &Schema, mut stored: Attributes) -> bool {
    let part = stored.shift_remove(&*schema.id);
    let mut body = Attributes::new();
    if let Some(part) = &part {
        body.insert(schema.id.to_string(), part.clone());
    }
    normalize(alone, Json::Object(body)).is_ok_and(|read| read.resource.get(&*schema.id) == part.as_ref())
}

/// A pattern for texts that hold this one in quotes.
fn like(text: &str) -> String {
    let mut pattern = String::from("%\"");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push_str("\"%");
    pattern
}

#[cfg(test)]
mod tests {
    use scim_protocol::schema::AttrType;

    use super::*;

    #[test]
    fn what_only_grows_needs_no_look_at_the_resources() {
        let attribute = |name: &'static str| Attribute::new(name, AttrType::String, "");
        let before = [attribute("badge").canonical(&["a"]), attribute("floor")];
        let grown = [attribute("floor"), attribute("badge").canonical(&["b", "a"]), attribute("room")];
        assert!(is_within(&before, &before) && is_within(&before, &grown));
        for narrowed in [
            vec![attribute("floor")],
            vec![attribute("badge"), attribute("floor").required()],
            vec![attribute("badge").canonical(&["b"]), attribute("floor")],
            vec![attribute("badge"), attribute("floor").canonical(&["1"])],
            vec![attribute("badge"), attribute("floor").multi()],
            vec![attribute("badge"), Attribute::new("floor", AttrType::Integer, "")],
            vec![attribute("badge"), attribute("floor"), attribute("room").required()],
        ] {
            assert!(!is_within(&before, &narrowed), "{narrowed:?}");
        }
    }

    #[test]
    fn patterns_hold_nothing_but_their_text() {
        assert_eq!(like("urn:a_b%c!"), "%\"urn:a!_b!%c!!\"%");
    }
}
