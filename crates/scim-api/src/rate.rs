//! How many operations a credential may ask for: a bucket for each, so that no directory waits for another one.
//! What is left is told with every answer to an authenticated request (`RateLimit-*`).
//!
//! Where replicas count together in a server beside the database the buckets are there, for one question a request. Else,
//! and while it is away, each process has its own.

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
use auth_core::counters::Pour;
use auth_core::ids::{CredentialId, Id as _};

use crate::error::ApiError;

/// The bucket of the credential that asks, and what its answer tells of it.
pub struct Meter {
    bucket: Bucket,
    told: Told,
}

/// What the answer will tell, kept with the request.
#[derive(Clone)]
struct Told(Rc<Cell<(Flow, Level)>>);

impl Meter {
    /// Counts a request. `None` if nothing is limited here.
    pub async fn admit(
        req: &HttpRequest,
        core: &AuthCore,
        credential: &CredentialId,
    ) -> Result<Option<Self>, ApiError> {
        let Some(settings) = req.app_data::<web::Data<Settings>>().filter(|settings| settings.rate_limit_enabled)
        else {
            return Ok(None);
        };
        let bucket = Bucket { settings: settings.clone(), core: core.clone(), credential: credential.clone() };
        let (flow, level) = (settings.directory_flow, bucket.spend(Some(1), 1).await);
        let told = Told(Rc::new(Cell::new((flow, level))));
        req.extensions_mut().insert(told.clone());
        refuse(flow, level)?;
        Ok(Some(Self { bucket, told }))
    }

    /// Counts what a request asks for beyond its first operation. It is done as a whole or not at all: a bucket
    /// that does not hold as much owes the rest, and the next request waits for that.
    pub async fn charge(&self, more: u32) -> Result<(), ApiError> {
        let (flow, level) = (self.bucket.settings.directory_flow, self.bucket.spend(Some(0), more).await);
        self.told.0.set((flow, level));
        refuse(flow, level)
    }

    /// Counts what a request turned out to be, beside its first operation, after it was done.
    pub async fn owe(&self, more: u32) {
        let level = self.bucket.spend(None, more).await;
        self.told.0.set((self.bucket.settings.directory_flow, level));
    }

    /// The same for a request that nobody waits for any more, and which is paid for all the same.
    pub fn owe_later(&self, more: u32) {
        let bucket = self.bucket.clone();
        if bucket.core.counters().is_none() {
            bucket.spend_here(None, more);
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { bucket.spend(None, more).await });
        }
    }
}

/// The bucket of a credential: in the server in which replicas count together, or else in this process.
#[derive(Clone)]
struct Bucket {
    settings: web::Data<Settings>,
    core: AuthCore,
    credential: CredentialId,
}

impl Bucket {
    /// Takes tokens, if at least `floor` are there; without one however many are.
    async fn spend(&self, floor: Option<u32>, cost: u32) -> Level {
        let flow = self.settings.directory_flow;
        if let Some(counters) = self.core.counters() {
            let pour = Pour { name: self.credential.as_str(), rate: flow.rate, burst: flow.burst, floor, cost };
            if let Ok(poured) = counters.pour(pour, self.core.clock().now()).await {
                return Level::of(flow, poured.given, poured.thousandths);
            }
        }
        self.spend_here(floor, cost)
    }

    fn spend_here(&self, floor: Option<u32>, cost: u32) -> Level {
        let (buckets, flow, now) = (&self.settings.buckets, self.settings.directory_flow, self.core.clock().now());
        match floor {
            Some(floor) => buckets.take(self.credential.as_str(), flow, floor, cost, now),
            None => buckets.owe(self.credential.as_str(), flow, cost, now),
        }
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
