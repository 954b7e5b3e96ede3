//! People: who they are, and whether they may come in.
//!
//! Owns the table `users` and the access epoch. How a person proves themselves is the business of
//! `credentials` and `verification`; what opens for them, of `sessions` and `sign_in`; which
//! organizations they belong to, of `orgs`.

mod access;
pub mod administration;
mod arriving;
mod changing;
pub mod email;
mod entity;
pub mod erasure;
pub mod listing;
pub mod mailbox;
pub mod phone;
mod store;
mod texts;
pub mod username;

use serde_json::{Map, Value as Json};

use crate::clock::Timestamp;
use crate::db::{Place, Scope, Tx};
use crate::fault::Result;
use crate::faults;
use crate::fields::Given;
use crate::ids::{DirectoryId, UserId};
use crate::roles::RolesFault;

pub(crate) use access::end_access_but_keys;
pub use access::{
    ban, confirm_mailbox, end_access, let_in, lock_out, prove_mailbox, raise_epoch, set_email, unban, wipe_unproven,
};
pub(crate) use arriving::arrived;
pub use arriving::{Person, take_over};
pub(crate) use changing::snapshot;
pub use changing::{create, create_later, delete, delete_if, update};
pub(crate) use entity::object as stored_object;
pub use erasure::Eraser;
pub(crate) use texts::check_name;

/// A person.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// The name that is shown.
    pub name: String,
    /// The given name, if it is known apart.
    pub first_name: Option<String>,
    /// The family name, if it is known apart.
    pub last_name: Option<String>,
    /// The address, in small letters. Unique in the instance.
    pub email: String,
    /// Whether somebody has proven to read that mailbox.
    pub email_verified: bool,
    /// An http(s) address or a data image.
    pub image: Option<String>,
    /// What the integrator calls this person.
    pub external_id: Option<String>,
    /// The role in the instance: `admin` or `user`.
    pub role: String,
    /// Whether an admin has shut this person out; see [`is_banned`](Self::is_banned).
    pub banned: bool,
    /// Why.
    pub ban_reason: Option<String>,
    /// Until when; `None` for ever.
    pub ban_expires_at: Option<Timestamp>,
    /// Since when an admin has locked the account; a lock is no judgment, and is no ban.
    pub locked_at: Option<Timestamp>,
    /// Whether a sign-in asks for a second factor; see [`two_factor`](crate::two_factor).
    pub two_factor_enabled: bool,
    /// What the integrator keeps about the person and everybody may see.
    pub public_metadata: Map<String, Json>,
    /// What the integrator keeps about the person for itself.
    pub private_metadata: Map<String, Json>,
    /// Sessions remember the epoch that they were opened under; whatever ends access raises it.
    pub access_epoch: i64,
    /// The directory that made this account, if one did.
    pub created_by_directory_id: Option<DirectoryId>,
    /// The last time that a session was opened.
    pub last_sign_in_at: Option<Timestamp>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The name to sign in with, folded. Unique in the instance.
    pub username: Option<String>,
    /// The same as its owner writes it.
    pub display_username: Option<String>,
    /// Whether this is a visitor who has not said who they are.
    pub is_anonymous: bool,
    /// The telephone number (E.164). Unique in the instance.
    pub phone_number: Option<String>,
    /// Whether somebody has shown to read what is sent to it.
    pub phone_number_verified: bool,
    /// What is in the fields that the operator added: see [`fields`](crate::fields).
    pub additional_fields: Map<String, Json>,
}

impl User {
    /// Whether this person may administer the instance.
    #[must_use]
    pub fn is_platform_admin(&self) -> bool {
        self.role == "admin"
    }

    /// Whether an admin has locked the account.
    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.locked_at.is_some()
    }

    /// Whether a ban holds at this instant.
    #[must_use]
    pub fn is_banned(&self, now: Timestamp) -> bool {
        self.banned && self.ban_expires_at.is_none_or(|end| end > now)
    }
}

/// A person to be made.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// The name that is shown.
    pub name: String,
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// The address, in any case.
    pub email: String,
    /// Whether the mailbox is proven already.
    pub email_verified: bool,
    /// An http(s) address or a data image.
    pub image: Option<String>,
    /// What the integrator calls this person.
    pub external_id: Option<String>,
    /// `admin` or `user`; empty for `user`.
    pub role: String,
    /// Public metadata.
    pub public_metadata: Map<String, Json>,
    /// Private metadata.
    pub private_metadata: Map<String, Json>,
    /// The directory that makes this account.
    pub created_by_directory_id: Option<DirectoryId>,
    /// Whether this is a visitor who has not said who they are.
    pub is_anonymous: bool,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// What to change of a person: `None` leaves as it is, `Some(None)` empties.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The name that is shown.
    pub name: Option<String>,
    /// The given name.
    pub first_name: Option<Option<String>>,
    /// The family name.
    pub last_name: Option<Option<String>>,
    /// The image.
    pub image: Option<Option<String>>,
    /// The integrator's id.
    pub external_id: Option<Option<String>>,
    /// The role in the instance.
    pub role: Option<String>,
    /// All of the public metadata.
    pub public_metadata: Option<Map<String, Json>>,
    /// All of the private metadata.
    pub private_metadata: Option<Map<String, Json>>,
    /// Some of the fields that the operator added.
    pub additional_fields: Given,
}

/// In which order people are listed; equal ones by id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// Oldest first.
    CreatedAt,
    /// Newest first.
    #[default]
    CreatedAtDescending,
    /// Longest unchanged first.
    UpdatedAt,
    /// Last changed first.
    UpdatedAtDescending,
    /// By address.
    Email,
    /// By address, backwards.
    EmailDescending,
}

/// Which people to list.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// Somewhere in the name or the address, whatever the case; or the id itself.
    pub query: Option<String>,
    /// With exactly this address.
    pub email: Option<String>,
    /// With exactly this id of the integrator.
    pub external_id: Option<String>,
    /// In which order.
    pub order_by: OrderBy,
    /// Those beyond this place; only in the order of creation.
    pub beyond: Option<Place>,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

faults! {
    /// What can go wrong with people.
    pub enum UsersFault {
        /// Nobody has this id.
        NotFound => NotFound, "user_not_found", "User not found";
        /// Somebody has this address.
        AlreadyExists => Conflict, "user_already_exists_use_another_email", "User already exists. Use another email.", field "email";
        /// No address of a person.
        InvalidEmail => Invalid, "invalid_email", "Invalid email", field "email";
        /// Too long, or with control characters.
        InvalidName => Invalid, "invalid_name", "A name has at most 256 characters and no control characters", field "name";
        /// Neither a web address nor a data image.
        InvalidImage => Invalid, "invalid_image", "An image is an http(s) address of at most 4096 characters or a data image of at most 64 KiB", field "image";
        /// Too long, or with control characters.
        InvalidExternalId => Invalid, "invalid_external_id", "An external id has at most 256 characters and no control characters", field "external_id";
        /// Too long.
        InvalidReason => Invalid, "invalid_ban_reason", "A reason has at most 1024 characters", field "ban_reason";
        /// No role of the instance.
        UnknownRole => Invalid, "unknown_role", "The role is admin or user", field "role";
        /// Too much.
        MetadataTooLarge => Invalid, "metadata_too_large", "Metadata is at most 64 KiB of JSON", field "metadata";
        /// Changing one's own address is switched off.
        ChangeEmailDisabled => Invalid, "change_email_disabled", "Change email is disabled";
        /// The new address is the present one.
        EmailIsTheSame => Invalid, "email_is_the_same", "Email is the same", field "newEmail";
        /// Nothing to prove any more.
        EmailAlreadyVerified => Invalid, "email_already_verified", "Email is already verified";
        /// A signed-in person asked for a link to another address.
        EmailMismatch => Invalid, "email_mismatch", "Email mismatch", field "email";
        /// Fewer characters than are asked for.
        UsernameTooShort => Invalid, "username_too_short", "Username is too short", field "username";
        /// More than are allowed.
        UsernameTooLong => Invalid, "username_too_long", "Username is too long", field "username";
        /// Other characters than letters, digits, underscores and dots.
        InvalidUsername => Invalid, "invalid_username", "Username is invalid", field "username";
        /// Too long, or with control characters.
        InvalidDisplayUsername => Invalid, "invalid_display_username", "Display username is invalid", field "displayUsername";
        /// Somebody has it.
        UsernameTaken => Conflict, "username_is_already_taken", "Username is already taken. Please try another.", field "username";
        /// Not as E.164 writes numbers, or not where this instance sends to.
        InvalidPhoneNumber => Invalid, "invalid_phone_number", "Invalid phone number", field "phoneNumber";
        /// Somebody has it.
        PhoneNumberTaken => Conflict, "phone_number_exist", "Phone number already exists", field "phoneNumber";
        /// Nobody else could administer the instance.
        LastAdministrator => Invalid, "last_administrator", "This is the last administrator of the instance";
        /// Deleting oneself is switched off.
        DeleteUserDisabled => NotFound, "delete_user_disabled", "Not found";
        /// Deleting oneself asks for a recent sign-in or the password.
        SessionExpired => Invalid, "session_expired", "Session expired. Re-authenticate to perform this action.";
    }
}

/// The person, if there is one.
pub async fn find(db: &impl Scope, id: &UserId) -> Result<Option<User>> {
    store::find(db, id).await
}

/// The person.
pub async fn get(db: &impl Scope, id: &UserId) -> Result<User> {
    Ok(store::find(db, id).await?.ok_or(UsersFault::NotFound)?)
}

/// The person, locked until the transaction ends.
pub async fn lock(tx: &Tx, id: &UserId) -> Result<User> {
    Ok(store::lock(tx, id).await?.ok_or(UsersFault::NotFound)?)
}

/// The person, if there is one, locked until the transaction ends.
pub async fn find_locked(tx: &Tx, id: &UserId) -> Result<Option<User>> {
    store::lock(tx, id).await
}

/// The person with this address, in whatever case it is written.
pub async fn find_by_email(db: &impl Scope, address: &str) -> Result<Option<User>> {
    if address.contains('\0') {
        return Ok(None);
    }
    store::find_by_email(db, address).await
}

/// The person with this address, who is not erased until the transaction ends: for what is written that refers to them.
/// Whoever is being erased is waited for, and is nobody then.
pub async fn keep_by_email(tx: &Tx, address: &str) -> Result<Option<User>> {
    if address.contains('\0') {
        return Ok(None);
    }
    store::keep_by_email(tx, address).await
}

/// The person who asks, who is not erased until the transaction ends. They may have been since their session was looked up.
///
/// # Errors
/// [`RolesFault::Unauthenticated`] for whoever is gone: so is their session.
pub async fn keep_caller(tx: &Tx, id: &UserId) -> Result<User> {
    Ok(store::keep(tx, id).await?.ok_or(RolesFault::Unauthenticated)?)
}

/// Those of these people that exist, in no order.
pub async fn find_many(db: &impl Scope, ids: Vec<UserId>) -> Result<Vec<User>> {
    store::find_many(db, ids).await
}

/// How many people there are.
pub async fn count(db: &impl Scope) -> Result<i64> {
    store::count(db).await
}

/// Whether somebody is a platform admin, so that this instance is not without one.
pub async fn has_platform_admin(db: &impl Scope) -> Result<bool> {
    store::has_platform_admin(db).await
}

/// A page of people, and how many match in all.
pub async fn list(db: &impl Scope, wanted: &UserQuery) -> Result<(Vec<User>, i64)> {
    // A NUL is in no name and no address, and PostgreSQL would refuse the question.
    let asked = [&wanted.query, &wanted.email, &wanted.external_id];
    if asked.into_iter().flatten().any(|text| text.contains('\0')) {
        return Ok((Vec::new(), 0));
    }
    store::list(db, wanted).await
}
