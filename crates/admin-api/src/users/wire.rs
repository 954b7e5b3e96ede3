//! People as `/v1` writes them.

#![expect(clippy::option_option, reason = "absent, null, a value: the core's changes say it the same way")]

use auth_core::Scope;
use auth_core::clock::Timestamp;
use auth_core::fields::{self, Given};
use auth_core::settings::FieldSettings;
use auth_core::users::{Changes, NewUser, User};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::body::{Fields, IMAGE, NAME};

/// The roles of the instance.
const ROLES: &[&str] = &["user", "admin"];

/// A person.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminUser, example = json!({
    "id": "user_01h455vb4pex5vsknk084sn02q", "object": "user", "email_address": "ann@acme.example", "email_verified": true,
    "first_name": "Ann", "last_name": "Ex", "name": "Ann Ex", "username": null, "image_url": null, "external_id": "00u1",
    "role": "user", "public_metadata": {"department": "R&D"}, "private_metadata": {}, "banned": false, "ban_reason": null,
    "ban_expires_at": null, "locked": false, "two_factor_enabled": false, "additional_fields": {}, "last_sign_in_at": null, "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct UserOut {
    id: String,
    /// Always `user`.
    object: &'static str,
    email_address: String,
    /// Whether somebody has proven to read that mailbox.
    email_verified: bool,
    first_name: Option<String>,
    last_name: Option<String>,
    name: String,
    /// Reserved; there are no user names yet.
    username: Option<String>,
    image_url: Option<String>,
    /// What the integrator calls this person.
    external_id: Option<String>,
    /// The role in the instance: `user` or `admin`.
    role: String,
    #[schema(value_type = Object)]
    public_metadata: Map<String, Value>,
    #[schema(value_type = Object)]
    private_metadata: Map<String, Value>,
    /// Whether the person is shut out at present.
    banned: bool,
    ban_reason: Option<String>,
    /// Until when, in Unix milliseconds; null for ever.
    ban_expires_at: Option<i64>,
    /// Whether the account is locked until it is unlocked.
    locked: bool,
    /// Whether a sign-in asks for a second factor.
    two_factor_enabled: bool,
    /// What is in the fields that the operator added.
    #[schema(value_type = Object)]
    additional_fields: Map<String, Value>,
    last_sign_in_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl UserOut {
    /// A person as they are at this instant.
    pub fn new(user: User, db: &impl Scope) -> Self {
        let banned = user.is_banned(db.now());
        let additional = fields::all(&db.settings().fields.user, &user.additional_fields);
        Self {
            additional_fields: additional.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            id: user.id.into(),
            object: "user",
            email_address: user.email,
            email_verified: user.email_verified,
            first_name: user.first_name,
            last_name: user.last_name,
            name: user.name,
            username: None,
            image_url: user.image,
            external_id: user.external_id,
            role: user.role,
            public_metadata: user.public_metadata,
            private_metadata: user.private_metadata,
            banned,
            ban_reason: user.ban_reason.filter(|_| banned),
            ban_expires_at: user.ban_expires_at.filter(|_| banned).map(Timestamp::millis),
            locked: user.locked_at.is_some(),
            two_factor_enabled: user.two_factor_enabled,
            last_sign_in_at: user.last_sign_in_at.map(Timestamp::millis),
            created_at: user.created_at.millis(),
            updated_at: user.updated_at.millis(),
        }
    }
}

/// What others see of a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "user_id": "user_01h455vb4pex5vsknk084sn02q", "identifier": "ann@acme.example", "first_name": "Ann", "last_name": "Ex",
    "image_url": null, "has_image": false
}))]
pub struct PublicUserData {
    user_id: String,
    /// The email address.
    identifier: String,
    first_name: Option<String>,
    last_name: Option<String>,
    image_url: Option<String>,
    has_image: bool,
}

impl PublicUserData {
    /// Of a person in parts.
    pub fn new(
        user_id: String,
        identifier: String,
        first_name: Option<String>,
        last_name: Option<String>,
        image_url: Option<String>,
    ) -> Self {
        Self { user_id, identifier, first_name, last_name, has_image: image_url.is_some(), image_url }
    }
}

/// A person to be made.
#[derive(Debug, ToSchema)]
#[schema(as = AdminUserCreate, example = json!({
    "email_address": "ann@acme.example", "email_verified": true, "first_name": "Ann", "last_name": "Ex", "external_id": "00u1",
    "public_metadata": {"department": "R&D"}
}))]
pub struct CreateUser {
    /// Unique in the instance, whatever the case.
    #[schema(format = "email", max_length = 254)]
    email_address: String,
    /// Whether the mailbox counts as proven.
    #[schema(default = false)]
    email_verified: Option<bool>,
    #[schema(max_length = 255)]
    first_name: Option<String>,
    #[schema(max_length = 255)]
    last_name: Option<String>,
    /// The first and last name, or the address, if it is left out.
    #[schema(max_length = 255, pattern = r"\S", nullable = false)]
    name: Option<String>,
    /// An http(s) address or a data image.
    image_url: Option<String>,
    #[schema(max_length = 255)]
    external_id: Option<String>,
    /// The role in the instance: `user` or `admin`.
    #[schema(pattern = "^(user|admin)$", default = "user")]
    role: Option<String>,
    /// Without one the person gets in through their mailbox.
    #[schema(min_length = 8, max_length = 128, format = "password")]
    pub password: Option<String>,
    /// At most 16 KiB of JSON.
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<Map<String, Value>>,
    /// At most 16 KiB of JSON; nobody but this API sees it.
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<Map<String, Value>>,
    /// Fields that the operator added.
    #[schema(value_type = Option<Object>, nullable = false)]
    additional_fields: Given,
}

impl CreateUser {
    /// Reads a body.
    pub fn read(fields: &mut Fields, declared: &[FieldSettings]) -> Self {
        Self {
            email_address: fields.text("email_address", 254),
            email_verified: fields.optional_bool("email_verified"),
            first_name: fields.optional_text("first_name", NAME),
            last_name: fields.optional_text("last_name", NAME),
            name: fields.present_text("name", NAME),
            image_url: fields.optional_text("image_url", IMAGE),
            external_id: fields.optional_text("external_id", NAME),
            role: fields.optional_choice("role", ROLES).map(str::to_owned),
            password: fields.optional_password("password"),
            public_metadata: fields.patch_object("public_metadata"),
            private_metadata: fields.patch_object("private_metadata"),
            additional_fields: fields.additional(declared, true),
        }
    }

    /// The command.
    pub fn command(&self) -> NewUser {
        let both = [&self.first_name, &self.last_name].map(|name| name.as_deref().unwrap_or_default()).join(" ");
        let both = Some(both.trim().to_owned()).filter(|name| !name.is_empty());
        NewUser {
            name: self.name.clone().or(both).unwrap_or_else(|| self.email_address.clone()),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email_address.clone(),
            email_verified: self.email_verified.unwrap_or(false),
            image: self.image_url.clone(),
            external_id: self.external_id.clone(),
            role: self.role.clone().unwrap_or_default(),
            public_metadata: self.public_metadata.clone().unwrap_or_default(),
            private_metadata: self.private_metadata.clone().unwrap_or_default(),
            created_by_directory_id: None,
            is_anonymous: false,
            additional_fields: self.additional_fields.clone(),
        }
    }
}

/// What to change of a person: what is absent stays, what is null is cleared.
#[derive(Debug, ToSchema)]
#[schema(as = AdminUserUpdate, example = json!({"first_name": "Anna", "external_id": null}))]
pub struct UpdateUser {
    /// A new address voids mailed links, ends all sessions, and is mailed to both addresses.
    #[schema(format = "email", max_length = 254, nullable = false)]
    pub email_address: Option<String>,
    /// Whether the new mailbox counts as proven; only together with `email_address`.
    #[schema(default = false)]
    pub email_verified: Option<bool>,
    #[schema(value_type = Option<String>, max_length = 255)]
    first_name: Option<Option<String>>,
    #[schema(value_type = Option<String>, max_length = 255)]
    last_name: Option<Option<String>>,
    #[schema(max_length = 255, pattern = r"\S", nullable = false)]
    name: Option<String>,
    /// An http(s) address or a data image.
    #[schema(value_type = Option<String>)]
    image_url: Option<Option<String>>,
    #[schema(value_type = Option<String>, max_length = 255)]
    external_id: Option<Option<String>>,
    /// The role in the instance: `user` or `admin`.
    #[schema(pattern = "^(user|admin)$")]
    role: Option<String>,
    /// All of it; `/metadata` changes a part.
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<Map<String, Value>>,
    /// All of it; `/metadata` changes a part.
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<Map<String, Value>>,
    /// Some of the fields that the operator added; null empties one.
    #[schema(value_type = Option<Object>, nullable = false)]
    additional_fields: Given,
}

impl UpdateUser {
    /// Reads a body.
    pub fn read(fields: &mut Fields, declared: &[FieldSettings]) -> Self {
        let this = Self {
            email_address: fields.present_text("email_address", 254),
            email_verified: fields.optional_bool("email_verified"),
            first_name: fields.patch_text("first_name", NAME),
            last_name: fields.patch_text("last_name", NAME),
            name: fields.present_text("name", NAME),
            image_url: fields.patch_text("image_url", IMAGE),
            external_id: fields.patch_text("external_id", NAME),
            role: fields.optional_choice("role", ROLES).map(str::to_owned),
            public_metadata: fields.patch_object("public_metadata"),
            private_metadata: fields.patch_object("private_metadata"),
            additional_fields: fields.additional(declared, false),
        };
        if this.email_verified.is_some() && this.email_address.is_none() {
            fields.fault("email_verified", "needs_email_address", "Can be given only together with email_address");
        }
        this
    }

    /// The command, but for the address, which has one of its own.
    pub fn changes(&self) -> Changes {
        Changes {
            name: self.name.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            image: self.image_url.clone(),
            external_id: self.external_id.clone(),
            role: self.role.clone(),
            public_metadata: self.public_metadata.clone(),
            private_metadata: self.private_metadata.clone(),
            additional_fields: self.additional_fields.clone(),
        }
    }
}

/// Why and until when somebody is shut out.
#[derive(Debug, ToSchema)]
#[schema(as = AdminUserBan, example = json!({"reason": "Left the company", "expires_at": null}))]
pub struct BanUser {
    #[schema(max_length = 1024)]
    pub reason: Option<String>,
    /// Until when, in Unix milliseconds; for ever if it is left out.
    #[schema(value_type = Option<i64>)]
    pub expires_at: Option<Timestamp>,
}

impl BanUser {
    /// Reads a body.
    pub fn read(fields: &mut Fields, now: Timestamp) -> Self {
        Self { reason: fields.optional_text("reason", 1024), expires_at: fields.optional_future("expires_at", now) }
    }
}

/// A password to compare.
#[derive(Debug, ToSchema)]
#[schema(as = AdminPasswordCheck, example = json!({"password": "correct horse battery staple"}))]
pub struct VerifyPassword {
    #[schema(max_length = 4096, format = "password")]
    pub password: String,
}

impl VerifyPassword {
    /// Reads a body.
    pub fn read(fields: &mut Fields) -> Self {
        Self { password: fields.password("password") }
    }
}

/// Whether it is the password.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminPasswordVerdict, example = json!({"object": "password_verification", "verified": true}))]
pub struct PasswordVerdict {
    /// Always `password_verification`.
    pub object: &'static str,
    pub verified: bool,
}

/// How many there are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"object": "total_count", "total_count": 42}))]
pub struct TotalCount {
    /// Always `total_count`.
    pub object: &'static str,
    #[schema(minimum = 0)]
    pub total_count: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_what_there_is() {
        let name = |json: &str| CreateUser::read(&mut Fields::parse(json.as_bytes()).unwrap(), &[]).command().name;
        assert_eq!(name(r#"{"email_address": "a@b.c", "first_name": "Ann", "last_name": "Ex"}"#), "Ann Ex");
        assert_eq!(name(r#"{"email_address": "a@b.c", "last_name": "Ex"}"#), "Ex");
        assert_eq!(name(r#"{"email_address": "a@b.c"}"#), "a@b.c");
        assert_eq!(name(r#"{"email_address": "a@b.c", "first_name": "Ann", "name": "Z"}"#), "Z");
    }
}
