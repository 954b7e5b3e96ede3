//! Parameters of a query or of a form, each at most once (RFC 6749, 3.1 and 3.2).

use std::collections::HashSet;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::Payload;
use api_kit::body::{self, Unreadable};
use api_kit::percent;

use super::error::OAuthError;

/// The most bytes of a form: the longest assertion and address with room to spare.
const LIMIT: usize = 64 * 1024;

/// Parameters, in their order.
#[derive(Clone, Debug)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query or a form.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let pairs = percent::pairs(text)
            .ok_or_else(|| OAuthError::invalid_request("A parameter has broken percent-encoding or is not UTF-8"))?;
        Ok(Self(pairs))
    }

    /// The same, with every parameter at most once.
    pub fn strict(text: &str) -> Result<Self, OAuthError> {
        let params = Self::parse(text)?;
        match params.repeated() {
            Some(name) => Err(OAuthError::invalid_request(format!("The parameter {name} is given more than once"))),
            None => Ok(params),
        }
    }

    /// A parameter that is given more than once.
    pub fn repeated(&self) -> Option<&str> {
        let mut seen = HashSet::with_capacity(self.0.len());
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !seen.insert(*name))
    }

    /// A parameter's value. One without a value is one that was left out.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The same as one's own.
    pub fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A parameter that must be there.
    pub fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing")))
    }

    /// The parameters as a query.
    pub fn query(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{}={}", percent::encode(name), percent::encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

/// Reads the form of a request.
pub async fn read(req: &HttpRequest, payload: Payload) -> Result<Params, OAuthError> {
    let headers = req.headers();
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim();
    let coded = headers.get(CONTENT_ENCODING).is_some_and(|value| value.as_bytes() != b"identity");
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") || coded {
        return Err(OAuthError::invalid_request("The body must be application/x-www-form-urlencoded, not compressed"));
    }
    // Whoever asks is recognized when the form is there, so that it may take its time.
    let arrived = body::read(req, &mut payload.into_inner(), LIMIT).await.map_err(|unreadable| match unreadable {
        Unreadable::TooLarge => OAuthError::too_large(),
        Unreadable::Broken => OAuthError::invalid_request("The body broke off"),
    })?;
    let text = std::str::from_utf8(&arrived.bytes).map_err(|_| OAuthError::invalid_request("The body is not UTF-8"))?;
    Params::strict(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_given_once_and_an_empty_one_not_at_all() {
        let params = Params::strict("a=1&b=&c=x+y%26").unwrap();
        assert_eq!((params.get("a"), params.get("b"), params.get("c")), (Some("1"), None, Some("x y&")));
        assert!(params.required("b").is_err());
        assert_eq!(Params::parse(&params.query()).unwrap().0, params.0);
        for odd in ["a=1&a=2", "a=1&b=2&a=1", "a=&a=", "a=%00", "a=%"] {
            assert!(Params::strict(odd).is_err(), "{odd}");
        }
        assert_eq!(Params::parse("a=1&b=2&a=3").unwrap().repeated(), Some("a"));
    }
}
