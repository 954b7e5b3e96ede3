//! The errors that operations name.

use std::collections::BTreeMap;

use scim_protocol::ScimError;
#[cfg(test)]
use scim_protocol::ScimType;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Header, Ref, RefOr, Response, ResponseBuilder};

use crate::json::MEDIA_TYPE;

fn response(error: &ScimError, description: &str, header: Option<(&str, &str)>) -> Response {
    let content =
        ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).example(Some(error.to_json())).build();
    let mut response = ResponseBuilder::new().description(description).content(MEDIA_TYPE, content);
    if let Some((name, description)) = header {
        let mut value = Header::default();
        value.description = Some(description.to_owned());
        response = response.header(name, value);
    }
    response.build()
}

macro_rules! errors {
    ($($(#[doc = $doc:literal])* $name:ident = $status:literal, $error:expr $(, $header:literal: $about:literal)?;)*) => {$(
        $(#[doc = $doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let description = concat!($($doc),*).trim();
                let header: &[(&str, &str)] = &[$(($header, $about))?];
                [($status.to_owned(), RefOr::T(response(&$error, description, header.first().copied())))].into()
            }
        }
    )*};
}

errors! {
    /// The request cannot be accepted: `invalidSyntax`, `invalidValue`, `invalidFilter`, `invalidPath`, `noTarget`, `mutability`, `tooMany`, `invalidCursor`, `expiredCursor` or `invalidCount`
    BadRequest = "400", ScimError::invalid_value("userName is required");
    /// No credentials, or none that are good
    Unauthenticated = "401", ScimError::new(401, "The credentials are not valid"), "WWW-Authenticate": "`Bearer realm=\"SCIM\", Basic realm=\"SCIM\"`";
    /// The credential may not be used for this
    Forbidden = "403", ScimError::new(403, "The credential lacks the scope users:write");
    /// There is no such resource in this directory
    NotFound = "404", ScimError::new(404, "Resource not found");
    /// `uniqueness`: another resource of this directory has the value
    Conflict = "409", ScimError::uniqueness("A user with this userName exists already");
    /// The resource has changed since the version in `If-Match`
    Stale = "412", ScimError::new(412, "The resource has changed since it was read");
    /// The body is larger than 16 MB
    TooLarge = "413", ScimError::new(413, "The body is larger than 16 MB");
    /// The body is neither `application/scim+json` nor `application/json`
    UnsupportedMedia = "415", ScimError::new(415, "The body must be application/scim+json or application/json, not compressed");
    /// This part of the protocol is not supported
    NotImplemented = "501", ScimError::new(501, "The credential of a directory has no resource of its own");
    /// The directory is paused, or the service is busy
    Unavailable = "503", ScimError::new(503, "This directory is paused; try again later"), "Retry-After": "Whole seconds";
}

/// The keywords that a 400 may carry; kept here so that the description above is checked.
#[cfg(test)]
const KEYWORDS: [ScimType; 10] = [
    ScimType::InvalidSyntax,
    ScimType::InvalidValue,
    ScimType::InvalidFilter,
    ScimType::InvalidPath,
    ScimType::NoTarget,
    ScimType::Mutability,
    ScimType::TooMany,
    ScimType::InvalidCursor,
    ScimType::ExpiredCursor,
    ScimType::InvalidCount,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_of_400_names_every_keyword() {
        let Some(RefOr::T(response)) = BadRequest::responses().remove("400") else { panic!("400 is described") };
        for keyword in KEYWORDS {
            assert!(response.description.contains(keyword.as_str()), "{}", keyword.as_str());
        }
    }
}
