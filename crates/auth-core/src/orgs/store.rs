//! The queries on organizations.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
};
use serde_json::{Map, Value as Json};

use super::entity::organization::{Column, Entity, Model};
use super::{Organization, OrgsFault, requirements};
use crate::clock::Timestamp;
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, OrgId, UserId};
use crate::users::stored_object;

pub(super) fn object(text: &str) -> Result<Map<String, Json>> {
    Ok(serde_json::from_str(text)?)
}

impl TryFrom<Model> for Organization {
    type Error = crate::Error;

    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            name: row.name,
            slug: row.slug,
            logo: row.logo,
            public_metadata: row.public_metadata.as_deref().map(object).transpose()?,
            private_metadata: object(&row.private_metadata)?,
            max_allowed_memberships: row.max_allowed_memberships,
            require_two_factor: row.require_two_factor,
            require_sso: requirements::read(row.require_sso.as_deref())?,
            created_by: row.created_by.map(UserId::from_text),
            ownerless_since: row.ownerless_since.map(Timestamp),
            created_at: row.created_at,
            updated_at: row.updated_at,
            additional_fields: stored_object(&row.additional_fields)?,
        })
    }
}

fn row(organization: &Organization) -> Result<Model> {
    Ok(Model {
        id: organization.id.clone(),
        name: organization.name.clone(),
        slug: organization.slug.clone(),
        logo: organization.logo.clone(),
        public_metadata: organization.public_metadata.as_ref().map(serde_json::to_string).transpose()?,
        private_metadata: serde_json::to_string(&organization.private_metadata)?,
        max_allowed_memberships: organization.max_allowed_memberships,
        require_two_factor: organization.require_two_factor,
        require_sso: requirements::stored(&organization.require_sso)?,
        created_by: organization.created_by.clone().map(String::from),
        ownerless_since: organization.ownerless_since.map(Timestamp::millis),
        created_at: organization.created_at,
        updated_at: organization.updated_at,
        additional_fields: serde_json::to_string(&organization.additional_fields)?,
    })
}

pub(super) async fn find(db: &impl Scope, id: &OrgId) -> Result<Option<Organization>> {
    let row: Option<Model> = db::find(db, Entity::find_by_id(id.clone())).await?;
    row.map(Organization::try_from).transpose()
}

pub(super) async fn find_by_slug(db: &impl Scope, slug: &str) -> Result<Option<Organization>> {
    let row: Option<Model> = db::find(db, Entity::find().filter(Column::Slug.eq(slug))).await?;
    row.map(Organization::try_from).transpose()
}

pub(super) async fn lock(tx: &Tx, id: &OrgId) -> Result<Option<Organization>> {
    let row: Option<Model> = db::find(tx, Entity::find_by_id(id.clone()).lock_exclusive()).await?;
    row.map(Organization::try_from).transpose()
}

pub(super) async fn insert(tx: &Tx, organization: &Organization) -> Result<()> {
    db::execute(tx, Entity::insert(row(organization)?.into_active_model().reset_all())).await?;
    Ok(())
}

pub(super) async fn update(tx: &Tx, organization: &Organization) -> Result<()> {
    let row = row(organization)?;
    db::run(
        tx,
        "UPDATE organizations SET name = $2, slug = $3, logo = $4, public_metadata = $5, private_metadata = $6,
             max_allowed_memberships = $7, updated_at = $8, require_two_factor = $9, require_sso = $10,
             additional_fields = $11
         WHERE id = $1",
        [
            row.id.into(),
            row.name.into(),
            row.slug.into(),
            row.logo.into(),
            row.public_metadata.into(),
            row.private_metadata.into(),
            row.max_allowed_memberships.into(),
            row.updated_at.into(),
            row.require_two_factor.into(),
            row.require_sso.into(),
            row.additional_fields.into(),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn set_ownerless(tx: &Tx, id: &OrgId, since: Option<Timestamp>) -> Result<()> {
    let since: Option<i64> = since.map(Timestamp::millis);
    db::run(
        tx,
        "UPDATE organizations SET ownerless_since = $2, updated_at = $3 WHERE id = $1",
        [id.clone().into(), since.into(), tx.now().into()],
    )
    .await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tx, id: &OrgId) -> Result<()> {
    let gone = db::run(tx, "DELETE FROM organizations WHERE id = $1", [id.clone().into()]).await?;
    if gone == 0 { Err(OrgsFault::NotFound.into()) } else { Ok(()) }
}

pub(super) async fn count_created_by(db: &impl Scope, user: &UserId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM organizations WHERE created_by = $1";
    db::one(db, sql, [user.clone().into()]).await?.map_or(Ok(0), |row| row.get(0))
}
