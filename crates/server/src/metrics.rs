//! What Prometheus reads: how many requests, how long they took, by route, method and status.

use std::time::Instant;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::AuthCore;
use auth_core::counters::Counters;
use auth_core::features::directory::request_log::RequestLog;
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use crate::app::page;

/// The counters of a process.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    unrecorded: IntCounter,
    redis: Option<Redis>,
}

/// What is known of Redis.
struct Redis {
    up: IntGauge,
    unanswered: IntCounter,
}

impl Metrics {
    /// All at zero.
    ///
    /// # Panics
    /// Never: the names are constants.
    #[must_use]
    #[expect(clippy::expect_used, reason = "names and labels are constants, and a test makes them")]
    pub fn new() -> Self {
        let requests = IntCounterVec::new(
            Opts::new("portico_http_requests_total", "Requests answered, by route, method and status."),
            &["route", "method", "status"],
        );
        let durations = HistogramVec::new(
            HistogramOpts::new("portico_http_request_duration_seconds", "How long requests took, by route.")
                .buckets(vec![0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]),
            &["route"],
        );
        let build = IntCounterVec::new(Opts::new("portico_build_info", "The version that runs."), &["version"]);
        let unrecorded = IntCounter::new(
            "portico_scim_requests_unrecorded_total",
            "Requests of directories that are missing in their log, because there was no room or the database refused them.",
        );
        let (requests, durations, build, unrecorded) = (
            requests.expect("a counter"),
            durations.expect("a histogram"),
            build.expect("a counter"),
            unrecorded.expect("a counter"),
        );
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).inc();
        let registry = Registry::new();
        let all: [Box<dyn prometheus::core::Collector>; 4] =
            [Box::new(requests.clone()), Box::new(durations.clone()), Box::new(build), Box::new(unrecorded.clone())];
        for collector in all {
            registry.register(collector).expect("names differ");
        }
        Self { registry, requests, durations, unrecorded, redis: None }
    }

    /// The same with what is known of Redis, for an instance that has one.
    ///
    /// # Panics
    /// Never: the names are constants.
    #[must_use]
    #[expect(clippy::expect_used, reason = "names are constants, and a test makes them")]
    pub fn with_redis(mut self) -> Self {
        let up = IntGauge::new("portico_redis_up", "Whether Redis answered the last question.");
        let unanswered = IntCounter::new(
            "portico_redis_unanswered_total",
            "Questions that Redis did not answer, or was not asked because it was away, those of /readyz included.",
        );
        let (up, unanswered) = (up.expect("a gauge"), unanswered.expect("a counter"));
        self.registry.register(Box::new(up.clone())).expect("names differ");
        self.registry.register(Box::new(unanswered.clone())).expect("names differ");
        self.redis = Some(Redis { up, unanswered });
        self
    }

    /// Takes over what Redis is known to be now.
    fn look_at(&self, counters: &dyn Counters) {
        let Some(redis) = &self.redis else { return };
        redis.up.set(i64::from(!counters.is_away()));
        redis.unanswered.inc_by(counters.unanswered().saturating_sub(redis.unanswered.get()));
    }

    /// When a request began.
    #[must_use]
    pub fn start(&self) -> Instant {
        Instant::now()
    }

    /// Counts an answer. Routes are patterns and methods a short list, so that callers cannot make labels up.
    pub fn finish(&self, method: &Method, route: Option<&str>, status: StatusCode, started: Instant) {
        let route = route.unwrap_or("other");
        let method = match *method {
            Method::GET
            | Method::HEAD
            | Method::POST
            | Method::PUT
            | Method::PATCH
            | Method::DELETE
            | Method::OPTIONS => method.as_str(),
            _ => "other",
        };
        self.requests.with_label_values(&[route, method, status.as_str()]).inc();
        self.durations.with_label_values(&[route]).observe(started.elapsed().as_secs_f64());
    }

    fn text(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Registers `/metrics`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(page("/metrics", metrics));
}

/// What this process counted.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "Instance",
    summary = "Metrics for Prometheus",
    responses(
        (status = 200, description = "Prometheus's text format", content_type = "text/plain; version=0.0.4", body = String),
        (status = 404, description = "Switched off by `server.metrics = false`"),
    ),
)]
pub(crate) async fn metrics(
    metrics: web::Data<Metrics>,
    log: web::Data<RequestLog>,
    core: web::Data<AuthCore>,
) -> HttpResponse {
    metrics.unrecorded.inc_by(log.dropped().saturating_sub(metrics.unrecorded.get()));
    if let Some(counters) = core.counters() {
        metrics.look_at(counters);
    }
    match metrics.text() {
        Ok(text) => HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text),
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
