//! The table `users`.

use sea_orm::entity::prelude::*;
use serde_json::Map;

use super::User;
use crate::clock::Timestamp;
use crate::fault::Result;
use crate::ids::{DirectoryId, UserId};

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    pub name: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: String,
    pub email_key: String,
    pub email_verified: bool,
    pub image: Option<String>,
    pub external_id: Option<String>,
    pub role: String,
    pub banned: bool,
    pub ban_reason: Option<String>,
    pub ban_expires_at: Option<Timestamp>,
    pub locked_at: Option<Timestamp>,
    pub two_factor_enabled: bool,
    pub public_metadata: String,
    pub private_metadata: String,
    pub access_epoch: i64,
    pub created_by_directory_id: Option<DirectoryId>,
    pub last_sign_in_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub username: Option<String>,
    pub display_username: Option<String>,
    pub is_anonymous: bool,
    pub phone_number: Option<String>,
    pub phone_number_verified: bool,
    pub additional_fields: String,
}

crate::db::stored!(Model {
    id,
    name,
    first_name,
    last_name,
    email,
    email_key,
    email_verified,
    image,
    external_id,
    role,
    banned,
    ban_reason,
    ban_expires_at,
    locked_at,
    two_factor_enabled,
    public_metadata,
    private_metadata,
    access_epoch,
    created_by_directory_id,
    last_sign_in_at,
    created_at,
    updated_at,
    username,
    display_username,
    is_anonymous,
    phone_number,
    phone_number_verified,
    additional_fields,
});

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Reads a stored object. Nearly all are empty.
pub fn object(text: &str) -> Result<Map<String, serde_json::Value>> {
    if text == "{}" { Ok(Map::new()) } else { Ok(serde_json::from_str(text)?) }
}

impl Model {
    pub fn into_user(self) -> Result<User> {
        Ok(User {
            public_metadata: object(&self.public_metadata)?,
            private_metadata: object(&self.private_metadata)?,
            id: self.id,
            name: self.name,
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            email_verified: self.email_verified,
            image: self.image,
            external_id: self.external_id,
            role: self.role,
            banned: self.banned,
            ban_reason: self.ban_reason,
            ban_expires_at: self.ban_expires_at,
            locked_at: self.locked_at,
            two_factor_enabled: self.two_factor_enabled,
            access_epoch: self.access_epoch,
            created_by_directory_id: self.created_by_directory_id,
            last_sign_in_at: self.last_sign_in_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
            username: self.username,
            display_username: self.display_username,
            is_anonymous: self.is_anonymous,
            phone_number: self.phone_number,
            phone_number_verified: self.phone_number_verified,
            additional_fields: object(&self.additional_fields)?,
        })
    }
}
