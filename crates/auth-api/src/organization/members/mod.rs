//! The endpoints of members: listing, one's own membership, roles, removing and leaving.

mod list;
mod own;
mod remove;
mod role;

use actix_web::web;
use utoipa::OpenApi as _;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    list::configure(cfg);
    own::configure(cfg);
    remove::configure(cfg);
    role::configure(cfg);
}

/// Describes the endpoints.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = list::Docs::openapi();
    for part in [own::Docs::openapi(), remove::Docs::openapi(), role::Docs::openapi()] {
        document.merge(part);
    }
    document
}

/// Roles as they are sent: a text with commas, or a list of such texts. Blanks and empty places do not
/// count.
pub fn split_roles(sent: &[String]) -> Vec<String> {
    sent.iter()
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .filter(|role| !role.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_empty_places_do_not_count() {
        let split = |sent: &[&str]| split_roles(&sent.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(split(&["admin, member ,,"]), ["admin", "member"]);
        assert_eq!(split(&["owner", " admin"]), ["owner", "admin"]);
        assert!(split(&[" , "]).is_empty());
    }
}
