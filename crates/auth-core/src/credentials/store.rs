//! The queries of `accounts`.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::{Column, Entity};
use super::{Account, CREDENTIAL};
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::ids::{AccountId, Id, UserId};

/// What a sign-in by password needs to know, in one statement.
pub(crate) struct PasswordHolder {
    pub user_id: UserId,
    pub access_epoch: i64,
    pub password: Option<(AccountId, String)>,
}

/// By what somebody says who they are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Claimed<'a> {
    /// The address, in the form in which addresses are compared.
    Email(&'a str),
    /// The user name, likewise.
    Username(&'a str),
}

pub(crate) async fn find_holder(db: &impl Scope, claimed: Claimed<'_>) -> Result<Option<PasswordHolder>> {
    let (column, key) = match claimed {
        Claimed::Email(key) => ("email_key", key),
        Claimed::Username(key) => ("username", key),
    };
    let sql = format!(
        "SELECT u.id, u.access_epoch, a.id, a.password_hash FROM users u
         LEFT JOIN accounts a ON a.user_id = u.id AND a.provider_id = 'credential' WHERE u.{column} = $1"
    );
    let Some(row) = db::one(db, sql, [key.into()]).await? else { return Ok(None) };
    let account: Option<AccountId> = row.get(2)?;
    Ok(Some(PasswordHolder { user_id: row.get(0)?, access_epoch: row.get(1)?, password: account.zip(row.get(3)?) }))
}

pub(super) async fn find_password(db: &impl Scope, user_id: &UserId) -> Result<Option<(AccountId, String)>> {
    let sql = "SELECT id, password_hash FROM accounts
         WHERE user_id = $1 AND provider_id = 'credential' AND password_hash IS NOT NULL";
    let row = db::one(db, sql, [user_id.as_str().into()]).await?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

pub(super) async fn put_password(tx: &Tx, user_id: &UserId, hash: &str) -> Result<()> {
    let id: AccountId = tx.new_id();
    let sql = "INSERT INTO accounts (id, user_id, provider_id, account_id, password_hash, created_at, updated_at)
         VALUES ($1, $2, $3, $2, $4, $5, $5)
         ON CONFLICT (provider_id, account_id) DO UPDATE SET password_hash = $4, updated_at = $5";
    let values = [id.as_str().into(), user_id.as_str().into(), CREDENTIAL.into(), hash.into(), tx.now().into()];
    db::run(tx, sql, values).await?;
    Ok(())
}

/// Replaces a hash by a better one of the same password, unless the password was changed meanwhile.
pub(crate) async fn replace_hash(tx: &Tx, id: &AccountId, old: &str, new: &str) -> Result<()> {
    let sql = "UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    db::run(tx, sql, [id.as_str().into(), old.into(), new.into()]).await?;
    Ok(())
}

pub(super) async fn list(db: &impl Scope, user_id: &UserId) -> Result<Vec<Account>> {
    let rows = Entity::find()
        .filter(Column::UserId.eq(user_id.clone()))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db.conn())
        .await?;
    Ok(rows.into_iter().map(Account::from).collect())
}

pub(super) async fn delete_all(tx: &Tx, user_id: &UserId) -> Result<u64> {
    db::run(tx, "DELETE FROM accounts WHERE user_id = $1", [user_id.as_str().into()]).await
}
