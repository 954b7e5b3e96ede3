//! `portico serve`: from the configuration to the last answer.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::{CommandError, first_admin};
use crate::app::{self, Portico};
use crate::config::Config;
use crate::outbound::Outbound;
use crate::sms::Postman;
use crate::{compose, worker};

/// How long the log of SCIM requests may take at the end: a database that answers nobody must not hold it up for ever.
const RECORDING: Duration = Duration::from_secs(10);

pub(super) async fn run(config: &Config, ensure_admin: bool) -> Result<(), CommandError> {
    let core = compose::core(config, config.database.migrate).await?;
    if ensure_admin {
        first_admin::ensure(&core, config).await?;
    }
    let mailer = worker::mailer(&config.mail).map_err(|error| CommandError::Other(format!("mail: {error}")))?;
    let listener = TcpListener::bind(&config.server.listen)
        .map_err(|error| CommandError::Other(format!("{} cannot be listened on: {error}", config.server.listen)))?;
    let address = listener.local_addr()?;

    let outbound = Outbound::new(config.kit().reach)
        .map_err(|error| CommandError::Other(format!("the client for webhooks and providers: {error}")))?;
    let portico = Portico::new(core.clone(), config.kit(), config.server.http.clone());
    let portico = portico.asking(Arc::new(outbound.clone()));
    // Signals are waited for before anybody is told that the instance stands.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = app::serve(&portico, listener, config.server.workers)?;
    let handle = server.handle();
    let mut running = actix_web::rt::spawn(server);
    let postman = Arc::new(Postman::new(mailer, config.sms.clone(), outbound.clone()));
    let workers = worker::start(&core, postman, outbound);
    tracing::info!(%address, public_url = config.public_url(), database = %compose::shown(&config.database.url), "portico stands");
    if ensure_admin {
        println!("Portico stands at {} (documents: {0}/docs)", config.public_url());
    }

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        ended = &mut running => {
            workers.stop().await;
            portico.request_log().catch_up().await;
            return Err(CommandError::Other(format!("the server ended by itself: {ended:?}")));
        }
    }
    tracing::info!("ending: no new connections, the requests under way are answered");
    portico.drain().begin();
    core.end_waiting();
    handle.pause().await;
    let most = Duration::from_secs(config.server.http.shutdown_timeout);
    if !portico.drain().quiet(most).await {
        tracing::warn!(
            seconds = most.as_secs(),
            "some requests took longer than the shutdown may; they end without an answer"
        );
    }
    handle.stop(false).await;
    if let Ok(Err(error)) = running.await {
        tracing::warn!(%error, "the server did not end well");
    }
    workers.stop().await;
    if tokio::time::timeout(RECORDING, portico.request_log().flush()).await.is_err() {
        tracing::error!(seconds = RECORDING.as_secs(), "some SCIM requests are not in the log");
    }
    core.db().close().await?;
    tracing::info!("ended");
    Ok(())
}
