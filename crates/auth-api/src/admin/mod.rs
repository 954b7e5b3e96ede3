//! The endpoints of Better Auth's admin plugin: what the administrators of the instance do with people. They are always on.
//!
//! Stricter than the model, where a compatible client does not notice: only roles that exist are given; of sessions a
//! handle is shown, which ends them and opens nothing; a password that is set ends the sessions; the last administrator
//! stays one.

mod impersonation;
mod list;
mod people;
mod permission;
mod sessions;
mod standing;

use actix_web::web;
use auth_core::Settings;
use auth_core::ids::{Id as _, UserId};
use auth_core::users::User;
use serde::Serialize;
use utoipa::{OpenApi as _, ToSchema};

use crate::wire::UserOut;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    impersonation::configure(cfg);
    list::configure(cfg);
    people::configure(cfg);
    permission::configure(cfg);
    sessions::configure(cfg);
    standing::configure(cfg);
}

/// Describes the endpoints.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = impersonation::Docs::openapi();
    for part in [
        list::Docs::openapi(),
        people::Docs::openapi(),
        permission::Docs::openapi(),
        sessions::Docs::openapi(),
        standing::Docs::openapi(),
    ] {
        document.merge(part);
    }
    document
}

/// Whom an act is about.
#[derive(ToSchema)]
#[schema(as = WhichUser, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct WhichUserIn {
    /// The id of the person.
    user_id: String,
}

/// A person.
#[derive(Serialize, ToSchema)]
#[schema(as = UserAnswer)]
struct UserAnswerOut<'a> {
    /// As they are now.
    user: UserOut<'a>,
}

impl<'a> UserAnswerOut<'a> {
    fn of(user: &'a User, settings: &'a Settings) -> Self {
        Self { user: UserOut::of(user, settings) }
    }
}

/// Done.
#[derive(Serialize, ToSchema)]
#[schema(as = Success)]
struct SuccessOut {
    /// Always true.
    success: bool,
}

/// Who has this id. What can be nobody's id is nobody's.
fn id_of(text: &str) -> UserId {
    UserId::parse(text).unwrap_or_else(|| UserId::from_text(String::new()))
}
