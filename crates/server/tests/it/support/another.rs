//! A second instance over the database of an [`App`]: another replica, or the same one after a restart.

use std::net::TcpListener;

use actix_web::dev::ServerHandle;
use actix_web::rt::task::JoinHandle;
use api_kit::bucket::Flow;
use auth_core::{AuthCore, Settings};
use server::app::{HttpOptions, Portico};

use super::{App, Client};

/// With connections, counters and a listener of its own. It ends by [`stop`](Self::stop).
pub struct Another {
    base: String,
    core: AuthCore,
    handle: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
}

impl Another {
    /// Starts one that believes whatever this machine says of its callers.
    pub async fn beside(app: &App) -> Self {
        Self::with(app, |_| {}).await
    }

    /// The same with other settings of the core.
    pub async fn with(app: &App, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start(app, change, |_| {}).await
    }

    /// The same with rate limits, those of directories as given.
    pub async fn limited(app: &App, flow: Flow) -> Self {
        let change = |kit: &mut api_kit::Settings| {
            kit.rate_limit_enabled = true;
            kit.directory_flow = flow;
        };
        Self::start(app, |_| {}, change).await
    }

    async fn start(
        app: &App,
        change: impl FnOnce(&mut Settings),
        change_kit: impl FnOnce(&mut api_kit::Settings),
    ) -> Self {
        let mut settings = app.core.settings().clone();
        change(&mut settings);
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let db = auth_core::db::connect(&app.url).await.expect("the database");
        let mut core = server::compose::builder(db, settings).clock(app.clock.clone());
        if let Some(redis) = app.redis() {
            core = core.counters(redis.counters());
        }
        let core = core.build();
        let mut kit = api_kit::Settings::new(&app.base);
        kit.rate_limit_enabled = false;
        kit.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a range")];
        change_kit(&mut kit);
        let portico = Portico::new(core.clone(), kit, HttpOptions::default());
        let server = server::app::serve(&portico, listener, 1).expect("the server starts");
        let handle = server.handle();
        Self { base, core, handle, running: actix_web::rt::spawn(server) }
    }

    /// A program without cookies.
    pub fn http(&self) -> Client {
        Client::program(&self.base)
    }

    /// Ends it, and closes its connections.
    pub async fn stop(self) {
        self.handle.stop(false).await;
        let _ = self.running.await;
        self.core.db().close().await.expect("the database closes");
    }
}
