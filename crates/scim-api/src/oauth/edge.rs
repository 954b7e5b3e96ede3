//! The instance at which a request arrived, and who sits in front of the browser.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName, ORIGIN};
use actix_web::{FromRequest, HttpRequest, web};
use api_kit::limit::Rule;
use api_kit::{RequestMeta, Settings, ip};
use auth_core::secret::InstanceSecret;
use auth_core::sessions::{self, Resolved};
use auth_core::{Actor, AuthCore, Ctx};

use super::BASE;
use super::error::OAuthError;

/// What every endpoint takes.
pub struct Edge {
    /// The core.
    pub core: web::Data<AuthCore>,
    /// The edge's settings.
    pub settings: web::Data<Settings>,
    /// The request.
    pub req: HttpRequest,
    meta: RequestMeta,
}

impl FromRequest for Edge {
    type Error = OAuthError;
    type Future = Ready<Result<Self, OAuthError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let missing = || auth_core::Error::internal("the server gave the dialect no core or no settings");
        let edge = || {
            Ok::<_, auth_core::Error>(Self {
                core: req.app_data::<web::Data<AuthCore>>().cloned().ok_or_else(missing)?,
                settings: req.app_data::<web::Data<Settings>>().cloned().ok_or_else(missing)?,
                meta: RequestMeta::of(req),
                req: req.clone(),
            })
        };
        ready(edge().map_err(OAuthError::from))
    }
}

impl Edge {
    /// Who gives the tokens, by name (RFC 8414).
    pub fn issuer(&self) -> String {
        self.address("")
    }

    /// The address of an endpoint.
    pub fn address(&self, rest: &str) -> String {
        format!("{}{BASE}{rest}", self.settings.public_url)
    }

    /// For whom an assertion of a client may be.
    pub fn audience(&self) -> [String; 2] {
        [self.address("/token"), self.issuer()]
    }

    /// The secret of the instance.
    pub fn secret(&self) -> &InstanceSecret {
        &self.core.settings().secret
    }

    /// The context of somebody we do not know.
    pub fn anonymous(&self) -> Ctx {
        self.meta.ctx(Actor::Anonymous)
    }

    /// The context of a person with a session, or of nobody.
    pub fn ctx(&self, found: Option<&Resolved>) -> Ctx {
        self.meta.ctx(found.map_or(Actor::Anonymous, Resolved::actor))
    }

    /// The session of the cookie, if it counts.
    pub async fn session(&self) -> Result<Option<Resolved>, OAuthError> {
        let Some(token) = self.settings.cookies.presented(self.req.headers(), self.secret()) else { return Ok(None) };
        Ok(self.core.read(&self.anonymous(), async |rx| sessions::resolve(rx, &token).await).await?)
    }

    /// Counts a request of this address. The seconds to wait, if it has asked too often.
    pub fn count(&self, route: &str, rule: Option<Rule>) -> Result<(), i64> {
        let settings = &self.settings;
        if !settings.rate_limit_enabled {
            return Ok(());
        }
        let rule = rule.unwrap_or(Rule { window: settings.rate_limit_window, max: settings.rate_limit_max });
        settings.windows.count(ip::limiter_key(self.meta.ip()), route, rule, self.core.clock().now())
    }

    /// Whether a form was sent by a page of ours, as far as the browser says. Whoever is no browser says nothing.
    pub fn is_own_page(&self) -> bool {
        is_own(self.req.headers(), self.settings.origin())
    }
}

fn is_own(headers: &HeaderMap, own: &str) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
    let site = text(&HeaderName::from_static("sec-fetch-site"));
    match text(&ORIGIN) {
        Some("null") => site == Some("same-origin"),
        Some(origin) => origin == own,
        None => site.is_none_or(|site| site == "same-origin"),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn forms_of_foreign_pages_are_told_from_ours() {
        let own = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            is_own(&headers, "https://id.example")
        };
        assert!(own(&[]) && own(&[("origin", "https://id.example")]) && own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("origin", "null"), ("sec-fetch-site", "same-origin")]));
        for foreign in ["https://evil.example", "null", "", "https://id.example.evil", "http://id.example"] {
            assert!(!own(&[("origin", foreign)]), "{foreign}");
        }
        assert!(!own(&[("sec-fetch-site", "cross-site")]) && !own(&[("sec-fetch-site", "same-site")]));
    }
}
