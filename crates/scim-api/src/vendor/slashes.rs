//! A base address that was entered with a final slash gives `/scim/v2//Users`: exactly one doubled slash
//! right after the base is folded, and none anywhere else.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::middleware::Next;

use crate::extract::Prefix;

/// Middleware, outside of routing.
pub async fn fold(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let prefix = request.app_data::<Prefix>().map_or("", |prefix| prefix.0);
    if let Some(uri) = folded(request.uri(), prefix) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    next.call(request).await
}

fn folded(uri: &Uri, prefix: &str) -> Option<Uri> {
    let rest = uri.path().strip_prefix(prefix)?.strip_prefix("//")?;
    if rest.starts_with('/') {
        return None;
    }
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    format!("{prefix}/{rest}{query}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_doubled_slash_right_after_the_base() {
        let fold = |uri: &str| folded(&uri.parse().unwrap(), "/scim/v2").map(|uri| uri.to_string());
        assert_eq!(fold("/scim/v2//Users?a=//b").as_deref(), Some("/scim/v2/Users?a=//b"));
        assert_eq!(fold("/scim/v2//").as_deref(), Some("/scim/v2/"));
        for other in ["/scim/v2/Users", "/scim/v2///Users", "/scim/v2/Users//x", "/other//Users"] {
            assert_eq!(fold(other), None, "{other}");
        }
    }
}
