//! Which operations are open to whoever sets up a directory. Everything else is closed to them, whatever it is: what is
//! not in this list was never thought of for them.

use actix_web::http::header::ORIGIN;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage as _, HttpRequest};
use auth_core::Actor;
use auth_core::features::directory::setup::Recognized;
use auth_core::ids::Id as _;

use crate::cors::Allowed;
use crate::error::ApiError;

/// The paths of directories; what follows is in [`OPEN`].
const BASES: [&str; 2] =
    ["/v1/organizations/{organization_id}/directories/{directory_id}", "/v1/directories/{directory_id}"];

/// What is below the path of their directory, and by which methods.
const OPEN: &[(&str, &[Method])] = &[
    ("", &[Method::GET, Method::PATCH]),
    ("/setup-guide", &[Method::GET]),
    ("/credentials", &[Method::GET, Method::POST]),
    ("/credentials/{credential_id}", &[Method::GET, Method::DELETE]),
    ("/credentials/{credential_id}/revoke", &[Method::POST]),
    ("/credentials/{credential_id}/rotate", &[Method::POST]),
    ("/credentials/{credential_id}/rotate/complete", &[Method::POST]),
    ("/credentials/{credential_id}/rotate/cancel", &[Method::POST]),
    ("/role-rules", &[Method::GET, Method::PUT]),
    ("/role-rules/simulate", &[Method::POST]),
    ("/groups", &[Method::GET]),
    ("/groups/{directory_group_id}", &[Method::GET]),
    ("/users", &[Method::GET]),
    ("/requests", &[Method::GET]),
    ("/requests/{request_id}", &[Method::GET]),
    ("/health", &[Method::GET]),
    ("/activity", &[Method::GET]),
    ("/attribute-paths", &[Method::GET]),
    ("/attribute-mappings", &[Method::GET, Method::PUT]),
    ("/attribute-mappings/preview", &[Method::POST]),
    ("/self-test", &[Method::POST]),
];

/// What tells them where they are.
const ME: &str = "/v1/me";

/// Lets the request of a setup session through, if it comes from where it may and is about their directory. Which
/// organization has the directory is looked at by the core; another one's path names nothing.
pub fn admit(request: &HttpRequest, recognized: Recognized) -> Result<Actor, ApiError> {
    let Recognized { actor, allowed_origins } = recognized;
    if let Some(allowed) = allowed_origins {
        let origin = request.headers().get(ORIGIN).and_then(|value| value.to_str().ok());
        if !origin.is_some_and(|origin| allowed.iter().any(|one| one == origin)) {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "invalid_origin",
                "This token is good on the pages for which it was made only",
            ));
        }
        request.extensions_mut().insert(Allowed);
    }
    let Actor::Setup { directory_id, organization_id, .. } = &actor else { return Err(ApiError::not_found()) };
    let pattern = request.match_pattern().unwrap_or_default();
    if !is_open(request.method(), &pattern) {
        return Err(ApiError::forbidden("A setup session is for setting up its directory only"));
    }
    let named = |name: &str| request.match_info().get(name);
    let theirs = named("directory_id").is_none_or(|id| id == directory_id.as_str())
        && named("organization_id").is_none_or(|id| id == organization_id.as_str());
    if theirs { Ok(actor) } else { Err(ApiError::not_found()) }
}

/// Whether the operation of a path, as it is written in the documents, is open to them.
pub fn is_open(method: &Method, pattern: &str) -> bool {
    if pattern == ME {
        return method == Method::GET;
    }
    BASES
        .iter()
        .filter_map(|base| pattern.strip_prefix(base))
        .any(|rest| OPEN.iter().any(|(open, methods)| *open == rest && methods.contains(method)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_list_is_closed() {
        let base = BASES[0];
        assert!(is_open(&Method::GET, base) && is_open(&Method::PATCH, base) && is_open(&Method::GET, ME));
        assert!(is_open(&Method::PUT, "/v1/directories/{directory_id}/role-rules"));
        for (method, path) in [
            (Method::DELETE, base.to_owned()),
            (Method::POST, format!("{base}/pause")),
            (Method::POST, format!("{base}/requests/{{request_id}}/replay")),
            (Method::POST, format!("{base}/setup-links")),
            (Method::PUT, format!("{base}/schemas/{{urn}}")),
            (Method::GET, "/v1/directories".to_owned()),
            (Method::GET, "/v1/events".to_owned()),
            (Method::PATCH, ME.to_owned()),
            (Method::GET, String::new()),
        ] {
            assert!(!is_open(&method, &path), "{method} {path}");
        }
    }
}
