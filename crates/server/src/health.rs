//! `/healthz`: the process runs. `/readyz`: it can do its work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use auth_core::AuthCore;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::page;
use crate::compose;
use crate::drain::Drain;

/// What readiness depends on.
pub struct Readiness {
    core: AuthCore,
    drain: Arc<Drain>,
    migrated: AtomicBool,
}

impl Readiness {
    pub(crate) fn new(core: AuthCore, drain: Arc<Drain>) -> Self {
        Self { core, drain, migrated: AtomicBool::new(false) }
    }

    /// Asks the database, Redis if there is one, and, until it once was so, whether the schema is up to date.
    async fn look(&self) -> Health {
        if self.drain.begun() {
            return Health { status: Status::Ending, database: None, migrations: None, redis: None };
        }
        let database = self.core.ready().await;
        if database.is_ok() && !self.migrated.load(Ordering::Relaxed) {
            let done = compose::pending(self.core.db()).await.is_ok_and(|pending| pending.is_empty());
            self.migrated.store(done, Ordering::Relaxed);
        }
        let (database, migrations) = (database.is_ok(), self.migrated.load(Ordering::Relaxed));
        let status = if database && migrations { Status::Ready } else { Status::Unready };
        // Whatever it does the database does in its place: without it requests are served all the same.
        let redis = match self.core.counters() {
            Some(counters) => Some(counters.ping().await),
            None => None,
        };
        Health { status, database: Some(database), migrations: Some(migrations), redis }
    }
}

/// What an instance says of itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok` (the process runs), `ready`, `unready`, or `ending` (it was told to stop).
    status: Status,
    /// Whether the database answers, and has not refused to store something within the last ten seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<bool>,
    /// Whether the schema is up to date.
    #[serde(skip_serializing_if = "Option::is_none")]
    migrations: Option<bool>,
    /// Whether Redis answers, where one is configured. While it does not, the database does its work: the instance is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<bool>,
}

#[derive(PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Ready,
    Unready,
    Ending,
}

/// Registers both.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(page("/healthz", healthz)).service(page("/readyz", readyz));
}

/// Answers as long as the process does.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "getHealth",
    tag = "Instance",
    summary = "Whether the process runs",
    responses((status = 200, description = "It does", body = Health, example = json!({ "status": "ok" }))),
)]
pub(crate) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: Status::Ok, database: None, migrations: None, redis: None })
}

/// Answers 200 when requests can be served.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "getReadiness",
    tag = "Instance",
    summary = "Whether requests can be served: the database answers and its schema is up to date",
    responses(
        (status = 200, description = "They can", body = Health, example = json!({ "status": "ready", "database": true, "migrations": true })),
        (status = 503, description = "They cannot, or the process is about to end", body = Health,
            example = json!({ "status": "unready", "database": false, "migrations": false })),
    ),
)]
pub(crate) async fn readyz(readiness: web::Data<Readiness>) -> HttpResponse {
    let health = readiness.look().await;
    let mut answer =
        if health.status == Status::Ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store"))).json(health)
}
