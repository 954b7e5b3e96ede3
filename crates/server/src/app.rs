//! The HTTP application: every dialect, the instance's own pages, and what surrounds them.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, CONNECTION, ContentType, HeaderValue};
use actix_web::middleware::{Compress, Condition, Next, from_fn};
use actix_web::{App, Error, HttpResponse, HttpServer, guard, web};
use api_kit::self_test::SelfTests;
use auth_core::AuthCore;
use auth_core::features::directory::request_log::RequestLog;
use auth_core::features::social::{Fetch, Nobody, Social};

use crate::drain::Drain;
use crate::health::Readiness;
use crate::metrics::Metrics;
use crate::self_test::Loopback;
use crate::web::Site;
use crate::{docs, health, metrics, well_known};

/// What the listener allows. Times are in seconds, sizes in bytes.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The most bytes of a request's line and headers.
    pub header_limit: usize,
    /// How long a client may take to send them.
    pub header_timeout: u64,
    /// How long an idle connection is kept; 0: not at all.
    pub keep_alive: u64,
    /// How long requests may still run after the signal to end.
    pub shutdown_timeout: u64,
    /// Whether answers are compressed.
    pub compress: bool,
    /// Whether `/metrics` answers.
    pub metrics: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            header_limit: 32 * 1024,
            header_timeout: 10,
            keep_alive: 75,
            shutdown_timeout: 30,
            compress: false,
            metrics: true,
        }
    }
}

/// A composed instance, ready to be served. A clone is the same one.
#[derive(Clone)]
pub struct Portico {
    core: web::Data<AuthCore>,
    kit: web::Data<api_kit::Settings>,
    log: web::Data<RequestLog>,
    metrics: web::Data<Metrics>,
    readiness: web::Data<Readiness>,
    site: web::Data<Site>,
    social: web::Data<Social>,
    drain: Arc<Drain>,
    options: HttpOptions,
}

impl Portico {
    /// From a core and the dialects' settings.
    ///
    /// # Panics
    /// Outside of a runtime of tokio: it has the log of SCIM requests written there.
    #[must_use]
    pub fn new(core: AuthCore, kit: api_kit::Settings, options: HttpOptions) -> Self {
        let drain = Arc::new(Drain::default());
        let metrics = if core.counters().is_some() { Metrics::new().with_redis() } else { Metrics::new() };
        Self {
            readiness: web::Data::new(Readiness::new(core.clone(), Arc::clone(&drain))),
            log: web::Data::new(RequestLog::new(core.clone(), Arc::new(scim_api::Replays))),
            social: web::Data::new(Social::new(core.clone(), Arc::new(Nobody))),
            core: web::Data::new(core),
            kit: web::Data::new(kit),
            metrics: web::Data::new(metrics),
            site: web::Data::new(Site::built()),
            drain,
            options,
        }
    }

    /// The same with other pages than those that were built in.
    #[must_use]
    pub fn with_site(self, site: Site) -> Self {
        Self { site: web::Data::new(site), ..self }
    }

    /// The same, asking the providers through which people sign in by that way. Without one none can be asked.
    #[must_use]
    pub fn asking(self, fetch: Arc<dyn Fetch>) -> Self {
        Self { social: web::Data::new(Social::new((**self.core).clone(), fetch)), ..self }
    }

    /// What counts the requests under way, for the shutdown.
    #[must_use]
    pub fn drain(&self) -> &Arc<Drain> {
        &self.drain
    }

    /// The log of the requests of directories.
    #[must_use]
    pub fn request_log(&self) -> &RequestLog {
        &self.log
    }

    /// Registers everything that answers.
    fn routes(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(self.core.clone())
            .app_data(self.kit.clone())
            .app_data(self.log.clone())
            .app_data(self.readiness.clone())
            .app_data(self.site.clone())
            .app_data(self.social.clone())
            .configure(scim_api::configure)
            .configure(scim_api::configure_oauth)
            .configure(auth_api::configure)
            .configure(admin_api::configure)
            .configure(health::configure)
            .configure(well_known::configure)
            .configure(docs::configure)
            .configure(crate::web::configure);
        if self.options.metrics {
            cfg.app_data(self.metrics.clone()).configure(metrics::configure);
        }
        cfg.default_service(web::to(not_found));
    }
}

/// Serves an instance on a listener. The future must be awaited for anything to happen; signals are the caller's.
///
/// # Errors
/// If the listener cannot be used.
pub fn serve(portico: &Portico, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let portico = portico.clone();
    let options = portico.options.clone();
    let loopback = Loopback::new(listener.local_addr()?, &portico.kit.public_url);
    let self_tests = web::Data::new(SelfTests(Box::new(loopback)));
    let server = HttpServer::new(move || {
        let (edge, routes) = (portico.clone(), portico.clone());
        App::new()
            .app_data(self_tests.clone())
            .wrap(Condition::new(portico.options.compress, Compress::default()))
            .wrap(from_fn(api_kit::trace))
            .wrap(from_fn(move |req, next| surround(edge.clone(), req, next)))
            .configure(move |cfg| routes.routes(cfg))
    })
    .workers(workers)
    .client_request_timeout(Duration::from_secs(options.header_timeout))
    .keep_alive(Duration::from_secs(options.keep_alive))
    .shutdown_timeout(options.shutdown_timeout)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

/// Around everything: counts and times each request, refuses headers without end, and closes connections once the
/// process is to end.
async fn surround(
    portico: Portico,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let under_way = portico.drain.enter();
    let started = portico.metrics.start();
    if header_bytes(&req) > portico.options.header_limit {
        let refused = HttpResponse::RequestHeaderFieldsTooLarge()
            .content_type(ContentType::plaintext())
            .body("headers too large");
        return Ok(req.into_response(refused).map_into_right_body());
    }
    let method = req.method().clone();
    let answered = next.call(req).await;
    match answered {
        Ok(mut response) => {
            portico.metrics.finish(&method, response.request().match_pattern().as_deref(), response.status(), started);
            if portico.drain.begun() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                response.response_mut().head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
            }
            drop(under_way);
            Ok(response.map_into_left_body())
        }
        Err(error) => {
            portico.metrics.finish(&method, None, error.as_response_error().status_code(), started);
            Err(error)
        }
    }
}

fn header_bytes(req: &ServiceRequest) -> usize {
    let line = req.uri().path().len() + req.uri().query().map_or(0, str::len);
    req.headers().iter().fold(line, |sum, (name, value)| sum + name.as_str().len() + value.len() + 4)
}

/// A resource of the instance itself: GET and HEAD, and a clear answer to everything else.
pub(crate) fn page<F, Args>(path: &str, handler: F) -> actix_web::Resource
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    let reads = guard::Any(guard::Get()).or(guard::Head());
    web::resource(path).route(web::route().guard(reads).to(handler)).default_service(web::to(method_not_allowed))
}

async fn method_not_allowed() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "GET, HEAD"))
        .json(serde_json::json!({ "code": "method_not_allowed", "message": "Method not allowed" }))
}

async fn not_found() -> HttpResponse {
    HttpResponse::NotFound().json(serde_json::json!({ "code": "not_found", "message": "Not found" }))
}
