//! How many operations a credential may ask for: a bucket for each, so that no directory waits for another one.
//! What is left is told with every answer to an authenticated request (`RateLimit-*`).

use std::cell::Cell;
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, web};
use api_kit::Settings;
use api_kit::bucket::{Flow, Level};
use auth_core::AuthCore;
use auth_core::ids::{CredentialId, Id as _};

use crate::error::ApiError;

/// The bucket of the credential that asks.
pub struct Meter {
    settings: web::Data<Settings>,
    credential: CredentialId,
    told: Told,
}

/// What the answer will tell, kept with the request.
#[derive(Clone)]
struct Told(Rc<Cell<(Flow, Level)>>);

impl Meter {
    /// Counts a request. `None` if nothing is limited here.
    pub fn admit(req: &HttpRequest, core: &AuthCore, credential: &CredentialId) -> Result<Option<Self>, ApiError> {
        let Some(settings) = req.app_data::<web::Data<Settings>>().filter(|settings| settings.rate_limit_enabled)
        else {
            return Ok(None);
        };
        let flow = settings.directory_flow;
        let level = settings.buckets.take(credential.as_str(), flow, 1, 1, core.clock().now());
        let told = Told(Rc::new(Cell::new((flow, level))));
        req.extensions_mut().insert(told.clone());
        refuse(flow, level)?;
        Ok(Some(Self { settings: settings.clone(), credential: credential.clone(), told }))
    }

    /// Counts what a request asks for beyond its first operation. It is done as a whole or not at all: a bucket
    /// that does not hold as much owes the rest, and the next request waits for that.
    pub fn charge(&self, core: &AuthCore, more: u32) -> Result<(), ApiError> {
        let flow = self.settings.directory_flow;
        let level = self.settings.buckets.take(self.credential.as_str(), flow, 0, more, core.clock().now());
        self.told.0.set((flow, level));
        refuse(flow, level)
    }

    /// Counts what a request turned out to be, beside its first operation, after it was done.
    pub fn owe(&self, core: &AuthCore, more: u32) {
        let flow = self.settings.directory_flow;
        let level = self.settings.buckets.owe(self.credential.as_str(), flow, more, core.clock().now());
        self.told.0.set((flow, level));
    }
}

fn refuse(flow: Flow, level: Level) -> Result<(), ApiError> {
    if level.given { Ok(()) } else { Err(ApiError::too_many_requests(flow.rate, level.next_in.max(1))) }
}

/// Middleware, around everything that makes answers.
pub async fn tell(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let told = response.request().extensions().get::<Told>().map(|told| told.0.get());
    if let Some((flow, level)) = told {
        let window = flow.burst.div_ceil(flow.rate.max(1)).max(1);
        let headers = response.headers_mut();
        for (name, value) in [
            ("ratelimit-limit", flow.burst.to_string()),
            ("ratelimit-remaining", level.remaining.to_string()),
            ("ratelimit-reset", level.full_in.to_string()),
            ("ratelimit-policy", format!("{};w={window}", flow.burst)),
        ] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
    Ok(response)
}
