//! How a directory is doing.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::clock::Timestamp;
use auth_core::features::directory::health::{self, Counts, Health, Rate};
use auth_core::features::directory::{Directory, Trip};
use serde::Serialize;
use utoipa::ToSchema;

use super::Owner;
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::{Forbidden, NotFound, Unauthenticated};
use crate::params::{DirectoryPath, OrganizationPath};
use crate::resource;

/// Registers the operation below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/health"), [(Method::GET, web::to(read))]));
}

/// How a directory is doing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryHealth, example = json!({
    "object": "directory_health", "directory_id": "dir_01h455vb4pex5vsknk084sn02q", "state": "tripped",
    "last_request_at": 1_714_723_000_000_i64, "last_success_at": 1_714_723_000_000_i64,
    "counts": {"users": 120, "active": 104, "pending": 2, "no_address": 1, "never_seen": 9, "groups": 7},
    "requests": {"last_hour": {"total": 40, "failed": 1, "error_rate": 0.025}, "last_day": {"total": 900, "failed": 9, "error_rate": 0.01}},
    "credentials": {"valid": 2, "next_expiry": {"id": "scimt_01h455vb4pex5vsknk084sn02q", "name": "Okta",
        "expires_at": 1_717_315_000_000_i64}},
    "tripped": {"tripped_at": 1_714_723_000_000_i64, "request_id": "req_4fZq0Xv8ZkT2mN6pLr1S", "departed": 25, "active": 120,
        "waiting": 14, "rejected_at": null}
}))]
pub struct HealthOut {
    /// Always `directory_health`.
    object: &'static str,
    directory_id: String,
    /// `setting_up`, `active`, `paused` or `tripped`.
    state: &'static str,
    /// The last request that authenticated, to the minute.
    last_request_at: Option<i64>,
    /// The last request that succeeded, to the minute.
    last_success_at: Option<i64>,
    counts: CountsOut,
    requests: RequestsOut,
    credentials: CredentialsOut,
    /// What the circuit breaker holds back; null unless it has tripped.
    tripped: Option<TrippedOut>,
}

/// What a directory holds, counted now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryHealthCounts)]
pub struct CountsOut {
    /// User resources, active or not.
    users: i64,
    /// Those that are active.
    active: i64,
    /// Those whose person has not accepted.
    pending: i64,
    /// Those without an address by which anybody could be found.
    no_address: i64,
    /// Active ones whose person has not signed in since the directory was made.
    never_seen: i64,
    groups: i64,
}

/// What the requests of the directory came to, as far as its log knows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryHealthRequests)]
pub struct RequestsOut {
    last_hour: RateOut,
    last_day: RateOut,
}

/// Requests of some time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryHealthRate)]
pub struct RateOut {
    /// How many, the last 10,000 at most.
    total: i64,
    /// How many of them were refused or failed: a status of 400 or above.
    failed: i64,
    /// The part of them that failed, from 0 to 1; null without requests.
    error_rate: Option<f64>,
}

impl From<Rate> for RateOut {
    fn from(rate: Rate) -> Self {
        let parts = |n: i64| u32::try_from(n).map_or(f64::from(u32::MAX), f64::from);
        let error_rate = (rate.requests > 0).then(|| parts(rate.failed) / parts(rate.requests));
        Self { total: rate.requests, failed: rate.failed, error_rate }
    }
}

/// What the directory authenticates with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryHealthCredentials)]
pub struct CredentialsOut {
    /// How many are neither revoked nor expired.
    valid: i64,
    /// The one of them that expires first; null if none of them ever does.
    next_expiry: Option<ExpiryOut>,
}

/// A credential that will expire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryHealthExpiry)]
pub struct ExpiryOut {
    id: String,
    name: String,
    expires_at: i64,
}

/// A circuit breaker that has tripped.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryTripped)]
pub struct TrippedOut {
    tripped_at: i64,
    /// The request that tripped it.
    request_id: String,
    /// How many people would have lost access within the window, with the one who was refused first.
    departed: i64,
    /// Of how many who were active.
    active: i64,
    /// How many have been refused so far.
    waiting: i64,
    /// When an admin rejected what waited.
    rejected_at: Option<i64>,
}

impl From<Trip> for TrippedOut {
    fn from(trip: Trip) -> Self {
        Self {
            tripped_at: trip.at.millis(),
            request_id: trip.request_id,
            departed: trip.departed,
            active: trip.active,
            waiting: trip.waiting,
            rejected_at: trip.rejected_at.map(Timestamp::millis),
        }
    }
}

impl From<Health> for HealthOut {
    fn from(health: Health) -> Self {
        let Directory { id, state, last_request_at, last_success_at, .. } = health.directory;
        let Counts { users, active, pending, no_address, never_seen, groups } = health.counts;
        Self {
            object: "directory_health",
            directory_id: id.into(),
            state: state.as_str(),
            last_request_at: last_request_at.map(Timestamp::millis),
            last_success_at: last_success_at.map(Timestamp::millis),
            counts: CountsOut { users, active, pending, no_address, never_seen, groups },
            requests: RequestsOut { last_hour: health.last_hour.into(), last_day: health.last_day.into() },
            credentials: CredentialsOut {
                valid: health.credentials,
                next_expiry: health.expiring.map(|next| ExpiryOut {
                    id: next.id.into(),
                    name: next.name,
                    expires_at: next.at.millis(),
                }),
            },
            tripped: health.trip.map(TrippedOut::from),
        }
    }
}

/// Read the health of a directory
///
/// When it was last heard of, how many of its requests failed, what it holds, which credential expires next, who of its people never signed in, and what its
/// circuit breaker holds back. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/health", tag = "Directories",
    operation_id = "getDirectoryHealth", params(OrganizationPath, DirectoryPath),
    responses((status = 200, description = "How it is doing", body = HealthOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn read(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?.with_log(&call).await?;
    let health =
        call.read(&owner.gate, async |rx| Ok(health::read(rx, owner.id(), &call.id("directory_id")?).await?)).await?;
    Ok(ok(&HealthOut::from(health)))
}

/// Read the health of a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/health", tag = "Directories", operation_id = "getInstanceDirectoryHealth",
    params(DirectoryPath),
    responses((status = 200, description = "How it is doing", body = HealthOut), Unauthenticated, Forbidden, NotFound)
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn read_of_instance() {}
