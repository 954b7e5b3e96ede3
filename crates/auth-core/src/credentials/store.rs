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
    /// The telephone number.
    PhoneNumber(&'a str),
}

impl<'a> Claimed<'a> {
    /// What they said, in that form. Addresses have an @, numbers begin with a plus, and names have neither.
    pub const fn text(self) -> &'a str {
        match self {
            Self::Email(key) | Self::Username(key) | Self::PhoneNumber(key) => key,
        }
    }
}

pub(crate) async fn find_holder(db: &impl Scope, claimed: Claimed<'_>) -> Result<Option<PasswordHolder>> {
    let (column, key) = match claimed {
        Claimed::Email(key) => ("email_key", key),
        Claimed::Username(key) => ("username", key),
        Claimed::PhoneNumber(key) => ("phone_number_verified AND u.phone_number", key),
    };
    let sql = format!(
        "SELECT u.id, u.access_epoch, a.id, a.password_hash FROM users u
         LEFT JOIN accounts a ON a.user_id = u.id AND a.provider_id = 'credential' WHERE u.{column} = $1"
    );
    let Some(row) = db::one(db, sql, [key.into()]).await? else { return Ok(None) };
    let account: Option<AccountId> = row.get(2)?;
    Ok(Some(PasswordHolder { user_id: row.get(0)?, access_epoch: row.get(1)?, password: account.zip(row.get(3)?) }))
}

/// Whether there are hashes of another kind than ours: those of Better Auth, until their owners sign in. An index holds these alone;
/// the order is its own, so that no planner takes another way.
pub(crate) async fn foreign_in_use(db: &impl Scope) -> Result<bool> {
    let sql = "SELECT 1 FROM accounts WHERE substr(password_hash, 1, 1) <> '$'
         ORDER BY password_hash LIMIT 1";
    Ok(db::one(db, sql, []).await?.is_some())
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

/// The account by which a provider calls somebody.
pub(crate) async fn find_account(db: &impl Scope, provider_id: &str, account_id: &str) -> Result<Option<Account>> {
    let rows = Entity::find().filter(Column::ProviderId.eq(provider_id)).filter(Column::AccountId.eq(account_id));
    Ok(rows.one(db.conn()).await?.map(Account::from))
}

/// Adds a way in through a provider. Who else did at the same moment is seen by the next attempt.
pub(crate) async fn add_account(tx: &Tx, account: &Account) -> Result<()> {
    let sql = "INSERT INTO accounts (id, user_id, provider_id, account_id, scope, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        account.id.as_str().into(),
        account.user_id.as_str().into(),
        account.provider_id.as_str().into(),
        account.account_id.as_str().into(),
        account.scope.clone().into(),
        account.created_at.into(),
        account.updated_at.into(),
    ];
    let added = db::run(tx, sql, values).await;
    added.map(drop).map_err(|error| if error.is_unique_violation() { error.lost_race() } else { error })
}

/// Notes that a person's account was used, and with `scope` what the provider lets us do. `false` if it is theirs no more.
pub(crate) async fn touch_account(tx: &Tx, account: &Account, scope: Option<&str>) -> Result<bool> {
    let sql = "UPDATE accounts SET updated_at = $3, scope = COALESCE($4, scope) WHERE id = $1 AND user_id = $2";
    let values =
        [account.id.as_str().into(), account.user_id.as_str().into(), tx.now().into(), scope.map(str::to_owned).into()];
    Ok(db::run(tx, sql, values).await? == 1)
}

/// Removes a person's account. `false` if there is none of that id.
pub(crate) async fn remove_account(tx: &Tx, user_id: &UserId, id: &AccountId) -> Result<bool> {
    let sql = "DELETE FROM accounts WHERE id = $1 AND user_id = $2";
    Ok(db::run(tx, sql, [id.as_str().into(), user_id.as_str().into()]).await? == 1)
}
