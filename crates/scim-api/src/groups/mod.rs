//! `/Groups`: the groups of a directory. Members are read only where they are shown, and changed without
//! being read.

mod create;
mod delete;
mod get;
pub mod list;
pub mod ops;
mod patch;
mod replace;
mod text;
mod wire;

use actix_web::http::Method;
use actix_web::web;
use auth_core::ids::{DirectoryGroupId, Id as _};

pub use create::__path_create;
pub use delete::__path_delete;
pub use get::__path_get;
pub use list::__path_list;
pub use patch::__path_patch;
pub use replace::__path_replace;

use crate::error::ApiError;
use crate::{methods, reads};

pub fn routes(cfg: &mut web::ServiceConfig) {
    let list = reads(|| web::to(list::list)).into_iter().chain([(Method::POST, web::to(create::create))]);
    let one = reads(|| web::to(get::get)).into_iter().chain([
        (Method::PUT, web::to(replace::replace)),
        (Method::PATCH, web::to(patch::patch)),
        (Method::DELETE, web::to(delete::delete)),
    ]);
    cfg.service(methods("/Groups", list)).service(methods("/Groups/{id}", one));
}

/// The id in the path. What cannot be an id is the id of nothing.
fn id(path: &str) -> Result<DirectoryGroupId, ApiError> {
    DirectoryGroupId::parse(path).ok_or_else(ApiError::not_found)
}
