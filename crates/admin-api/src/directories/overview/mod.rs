//! What a directory synchronized: its people and its groups, as an admin looks at them.

pub mod groups;
pub mod people;

use actix_web::http::Method;
use actix_web::web;

use crate::resource;

/// Registers the operations below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/users"), [(Method::GET, web::to(people::list))]))
        .service(resource(&format!("{base}/users/{{directory_user_id}}"), [(Method::GET, web::to(people::get))]))
        .service(resource(&format!("{base}/groups"), [(Method::GET, web::to(groups::list))]))
        .service(resource(&format!("{base}/groups/{{directory_group_id}}"), [(Method::GET, web::to(groups::get))]));
}
