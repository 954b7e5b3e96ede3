//! The table `accounts`.

use sea_orm::entity::prelude::*;

use super::Account;
use crate::clock::Timestamp;
use crate::ids::{AccountId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    pub user_id: UserId,
    pub provider_id: String,
    pub account_id: String,
    pub password_hash: Option<String>,
    pub scope: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

crate::db::stored!(Model { id, user_id, provider_id, account_id, password_hash, scope, created_at, updated_at });

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Account {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            provider_id: row.provider_id,
            account_id: row.account_id,
            user_id: row.user_id,
            scope: row.scope,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
