//! The table `sessions`.

use sea_orm::entity::prelude::*;

use super::Session;
use crate::clock::Timestamp;
use crate::ids::{OrgId, SessionId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub token_hash: String,
    pub user_id: UserId,
    pub user_epoch: i64,
    pub expires_at: Timestamp,
    pub remember: bool,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub active_organization_id: Option<OrgId>,
    pub impersonated_by: Option<UserId>,
    pub impersonator_epoch: Option<i64>,
    pub impersonator_session_id: Option<SessionId>,
    pub method: String,
    pub provider: Option<String>,
    pub second_factor: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Session {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            expires_at: row.expires_at,
            remember: row.remember,
            ip_address: row.ip_address,
            user_agent: row.user_agent,
            active_organization_id: row.active_organization_id,
            active_team_id: None,
            impersonated_by: row.impersonated_by,
            method: row.method,
            second_factor: row.second_factor,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
