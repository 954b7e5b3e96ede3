//! How a client proves itself at the token endpoint: `client_secret_basic`, `client_secret_post` or
//! `private_key_jwt`, one of them (RFC 6749, 2.3; RFC 7523).

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use auth_core::features::directory::oauth::ClientProof;

use super::error::OAuthError;
use super::form::Params;
use crate::vendor::credential::{Given, credential};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a client sent to prove itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Client {
    /// Its secret.
    Secret { id: String, secret: String },
    /// A signed assertion.
    Assertion(String),
    /// Only its name.
    Named(String),
}

impl Client {
    /// Of a request.
    pub fn of(headers: &HeaderMap, params: &Params) -> Result<Self, OAuthError> {
        let refused = || OAuthError::invalid_client("Client authentication failed");
        let header = match headers.get(AUTHORIZATION) {
            Some(value) => match credential(value.as_bytes()) {
                Some(Given::Basic { id, secret }) => Some((id, secret)),
                _ => return Err(refused()),
            },
            None => None,
        };
        let (secret, assertion) = (params.get("client_secret"), params.get("client_assertion"));
        let ways = usize::from(header.is_some()) + usize::from(secret.is_some()) + usize::from(assertion.is_some());
        if ways > 1 {
            return Err(OAuthError::invalid_request("The client must prove itself in one way only"));
        }
        let named = params.get("client_id");
        if let Some((id, secret)) = header {
            // RFC 6749 lets it be repeated, but not be somebody else.
            return if named.is_none_or(|named| named == id) {
                Ok(Self::Secret { id, secret })
            } else {
                Err(refused())
            };
        }
        if let Some(jwt) = assertion {
            return match params.get("client_assertion_type") {
                Some(ASSERTION) => Ok(Self::Assertion(jwt.to_owned())),
                _ => Err(OAuthError::invalid_request(format!("client_assertion_type must be {ASSERTION}"))),
            };
        }
        let id = named.ok_or_else(refused)?.to_owned();
        Ok(match secret {
            Some(secret) => Self::Secret { id, secret: secret.to_owned() },
            None => Self::Named(id),
        })
    }

    /// As the core wants it. An assertion must be for one of the audience.
    pub fn proof<'a>(&'a self, audience: &'a [String]) -> ClientProof<'a> {
        match self {
            Self::Secret { id, secret } => ClientProof::Secret { id, secret },
            Self::Assertion(jwt) => ClientProof::Assertion { jwt, audience },
            Self::Named(id) => ClientProof::None { id },
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn of(header: Option<&'static str>, form: &str) -> Result<Client, &'static str> {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(AUTHORIZATION, HeaderValue::from_static(header));
        }
        Client::of(&headers, &Params::strict(form).unwrap()).map_err(|error| error.word())
    }

    #[test]
    fn in_one_way_and_no_more() {
        let secret = Client::Secret { id: "a".into(), secret: "b".into() };
        let basic = Some("Basic YTpi");
        assert_eq!(of(basic, "x=1"), Ok(Client::Secret { id: "a".into(), secret: "b".into() }));
        assert_eq!(of(basic, "client_id=a").as_ref(), Ok(&secret));
        assert_eq!(of(None, "client_id=a&client_secret=b").as_ref(), Ok(&secret));
        assert_eq!(of(None, "client_id=a&client_secret="), Ok(Client::Named("a".into())));
        let assertion = format!("client_assertion=j.w.t&client_assertion_type={ASSERTION}");
        assert_eq!(of(None, &assertion), Ok(Client::Assertion("j.w.t".into())));
        assert_eq!(of(None, "client_assertion=j.w.t"), Err("invalid_request"));
        assert_eq!(of(basic, "client_secret=b"), Err("invalid_request"));
        assert_eq!(of(basic, &assertion), Err("invalid_request"));
        for (header, form) in
            [(None, ""), (basic, "client_id=c"), (Some("Bearer x"), "client_id=a"), (Some("Basic ?"), "")]
        {
            assert_eq!(of(header, form), Err("invalid_client"), "{header:?} {form}");
        }
    }
}
