//! The queries of `users`.

use std::sync::LazyLock;

use sea_orm::sea_query::{Expr, LockType, Query};
use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic as _, Iterable as _, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Value,
};

use super::entity::{ActiveModel, Column, Entity, Model};
use super::{OrderBy, User, UserQuery, UsersFault, email};
use crate::db::{self, Change, Scope, Stored as _, Tx};
use crate::fault::Result;
use crate::ids::{Id, UserId};

/// The one row of an id. Written once: it is read so often that to build it each time would be felt.
static BY_ID: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<&str> = Column::iter().map(|column| column.as_str()).collect();
    format!("SELECT {} FROM users WHERE id = $1", columns.join(", "))
});

pub(super) async fn find(db: &impl Scope, id: &UserId) -> Result<Option<User>> {
    by_id(db, id, "").await
}

async fn by_id(db: &impl Scope, id: &UserId, lock: &str) -> Result<Option<User>> {
    let row = db::one(db, format!("{}{lock}", *BY_ID), [id.as_str().into()]).await?;
    row.map(|row| Model::read(&row)?.into_user()).transpose()
}

pub(super) async fn lock(tx: &Tx, id: &UserId) -> Result<Option<User>> {
    by_id(tx, id, tx.lock()).await
}

pub(super) async fn keep(tx: &Tx, id: &UserId) -> Result<Option<User>> {
    by_id(tx, id, tx.keep()).await
}

pub(super) async fn keep_by_email(tx: &Tx, address: &str) -> Result<Option<User>> {
    let found = Entity::find().filter(Column::EmailKey.eq(email::key(address))).lock(LockType::KeyShare);
    let model: Option<Model> = db::find(tx, found).await?;
    model.map(Model::into_user).transpose()
}

pub(super) async fn keep_by_phone_number(tx: &Tx, number: &str) -> Result<Option<User>> {
    let found = Entity::find().filter(Column::PhoneNumber.eq(number)).lock(LockType::KeyShare);
    let model: Option<Model> = db::find(tx, found).await?;
    model.map(Model::into_user).transpose()
}

pub(super) async fn find_by_email(db: &impl Scope, address: &str) -> Result<Option<User>> {
    let model: Option<Model> = db::find(db, Entity::find().filter(Column::EmailKey.eq(email::key(address)))).await?;
    model.map(Model::into_user).transpose()
}

pub(super) async fn find_by_phone_number(db: &impl Scope, number: &str) -> Result<Option<User>> {
    let model: Option<Model> = db::find(db, Entity::find().filter(Column::PhoneNumber.eq(number))).await?;
    model.map(Model::into_user).transpose()
}

pub(super) async fn insert(tx: &Tx, row: ActiveModel) -> Result<()> {
    db::execute(tx, Entity::insert(row)).await?;
    Ok(())
}

/// A new row, for [`db::later`].
pub(super) fn insertion(row: Model) -> Change {
    Change::new(
        "INSERT INTO users (id, name, first_name, last_name, email, email_key, email_verified, image, external_id, role,
             banned, ban_reason, ban_expires_at, public_metadata, private_metadata, access_epoch,
             created_by_directory_id, last_sign_in_at, created_at, updated_at, additional_fields)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        [
            row.id.into(),
            row.name.into(),
            row.first_name.into(),
            row.last_name.into(),
            row.email.into(),
            row.email_key.into(),
            row.email_verified.into(),
            row.image.into(),
            row.external_id.into(),
            row.role.into(),
            row.banned.into(),
            row.ban_reason.into(),
            row.ban_expires_at.into(),
            row.public_metadata.into(),
            row.private_metadata.into(),
            row.access_epoch.into(),
            row.created_by_directory_id.into(),
            row.last_sign_in_at.into(),
            row.created_at.into(),
            row.updated_at.into(),
            row.additional_fields.into(),
        ],
    )
}

/// Writes what is set of a row that is there, and returns all of it.
pub(super) async fn update(tx: &Tx, id: &UserId, row: ActiveModel) -> Result<User> {
    let mut query = Entity::update_many().set(row).filter(Column::Id.eq(id.clone()));
    QueryTrait::query(&mut query).returning(Query::returning().columns(Column::iter()));
    let model: Option<Model> = db::find(tx, query).await?;
    model.ok_or(UsersFault::NotFound)?.into_user()
}

/// Raises the epoch of a row that is locked. Returns the new one.
pub(super) async fn raise_epoch(tx: &Tx, id: &UserId) -> Result<i64> {
    let row = db::one(
        tx,
        "UPDATE users SET access_epoch = access_epoch + 1, updated_at = $2 WHERE id = $1 RETURNING access_epoch",
        [id.as_str().into(), tx.now().into()],
    )
    .await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// The same, where nobody asks which one it is: the row is locked by the change itself.
pub(super) fn raise_epoch_later(tx: &Tx, id: &UserId) {
    let sql = "UPDATE users SET access_epoch = access_epoch + 1, updated_at = $2 WHERE id = $1";
    db::later(tx, Change::new(sql, [id.as_str().into(), tx.now().into()]));
}

pub(super) async fn delete(tx: &Tx, id: &UserId) -> Result<u64> {
    db::run(tx, "DELETE FROM users WHERE id = $1", [id.as_str().into()]).await
}

pub(super) async fn count(db: &impl Scope) -> Result<i64> {
    let row = db::one(db, "SELECT COUNT(*) FROM users", []).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// A filter that every listing shares: each condition is off while its parameter is empty.
/// The databases fold ASCII only, so a name is also looked for as it was written.
const MATCHING: &str = "($1 = '' OR email_key LIKE $1 ESCAPE '!' OR LOWER(name) LIKE $1 ESCAPE '!'
         OR name LIKE $5 ESCAPE '!' OR id = $4)
     AND ($2 = '' OR email_key = $2) AND ($3 = '' OR external_id = $3)";

pub(super) async fn list(db: &impl Scope, wanted: &UserQuery) -> Result<(Vec<User>, i64)> {
    let values = || -> Vec<Value> {
        vec![
            wanted.query.as_deref().map_or_else(String::new, |text| contains(&email::key(text))).into(),
            wanted.email.as_deref().map_or_else(String::new, email::key).into(),
            wanted.external_id.as_deref().unwrap_or("").into(),
            wanted.query.as_deref().unwrap_or("").into(),
            wanted.query.as_deref().map_or_else(String::new, contains).into(),
        ]
    };
    let row = db::one(db, format!("SELECT COUNT(*) FROM users WHERE {MATCHING}"), values()).await?;
    let total = row.map_or(Ok(0), |row| row.get(0))?;
    let (column, descending) = match wanted.order_by {
        OrderBy::CreatedAt => ("created_at", false),
        OrderBy::CreatedAtDescending => ("created_at", true),
        OrderBy::UpdatedAt => ("updated_at", false),
        OrderBy::UpdatedAtDescending => ("updated_at", true),
        OrderBy::Email => ("email_key", false),
        OrderBy::EmailDescending => ("email_key", true),
    };
    let direction = if descending { "DESC" } else { "ASC" };
    let beyond = match &wanted.beyond {
        Some(_) if descending => "AND (created_at, id) < ($8, $9)",
        Some(_) => "AND (created_at, id) > ($8, $9)",
        None => "",
    };
    let sql = format!(
        "SELECT id FROM users WHERE {MATCHING} {beyond}
         ORDER BY {column} {direction}, id {direction} LIMIT (0 + $6) OFFSET (0 + $7)"
    );
    let mut page = values();
    page.push(i64::try_from(wanted.limit).unwrap_or(i64::MAX).into());
    page.push(i64::try_from(wanted.offset).unwrap_or(i64::MAX).into());
    if let Some(place) = &wanted.beyond {
        page.extend([place.at.into(), place.id.as_str().into()]);
    }
    let ids: Vec<UserId> = db::all(db, sql, page).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    Ok((in_this_order(db, ids).await?, total))
}

/// Those of these people that exist, in this order.
pub(super) async fn in_this_order(db: &impl Scope, ids: Vec<UserId>) -> Result<Vec<User>> {
    let found = find_many(db, ids.clone()).await?;
    let mut by_id: std::collections::HashMap<_, _> = found.into_iter().map(|user| (user.id.clone(), user)).collect();
    Ok(ids.into_iter().filter_map(|id| by_id.remove(&id)).collect())
}

pub(super) async fn has_platform_admin(db: &impl Scope) -> Result<bool> {
    Ok(db::one(db, "SELECT 1 FROM users WHERE role = 'admin' LIMIT 1", []).await?.is_some())
}

/// The administrators of the instance, locked in the order of their ids.
pub(super) async fn lock_administrators(tx: &Tx) -> Result<Vec<User>> {
    // The role is written out, so that the index of the administrators is found.
    let query = Entity::find().filter(Expr::cust("role = 'admin'")).order_by_asc(Column::Id).lock_exclusive();
    let models: Vec<Model> = db::list(tx, query).await?;
    models.into_iter().map(Model::into_user).collect()
}

pub(super) async fn find_many(db: &impl Scope, ids: Vec<UserId>) -> Result<Vec<User>> {
    let mut users = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let models: Vec<Model> = db::list(db, Entity::find().filter(Column::Id.is_in(chunk.to_vec()))).await?;
        for model in models {
            users.push(model.into_user()?);
        }
    }
    Ok(users)
}

/// A pattern for `LIKE … ESCAPE '!'` that finds the text anywhere.
fn contains(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn what_is_searched_for_is_no_pattern() {
        assert_eq!(contains("50%_Off!"), "%50!%!_Off!!%");
    }
}
