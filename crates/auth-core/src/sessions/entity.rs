//! The table `sessions`.

use sea_orm::entity::prelude::*;

use super::Session;
use crate::Error;
use crate::clock::Timestamp;
use crate::ids::{OrgId, SessionId, UserId};
use crate::users::stored_object;

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
    pub additional_fields: Option<String>,
}

crate::db::stored!(Model {
    id,
    token_hash,
    user_id,
    user_epoch,
    expires_at,
    remember,
    ip_address,
    user_agent,
    active_organization_id,
    impersonated_by,
    impersonator_epoch,
    impersonator_session_id,
    method,
    provider,
    second_factor,
    created_at,
    updated_at,
    additional_fields,
});

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Session {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        Ok(Self {
            additional_fields: row.additional_fields.as_deref().map(stored_object).transpose()?.unwrap_or_default(),
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
        })
    }
}
