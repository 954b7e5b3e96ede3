//! What goes on beside the requests: mail, events, sweeps. Each is woken or looks by itself now and then; none of
//! them is needed for access to end.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use auth_core::features::directory::{credentials, jobs, oauth, request_log, sandbox, setup};
use auth_core::features::webhooks::{self, Courier};
use auth_core::features::{anonymous, device, handover, social};
use auth_core::mail::{self, Mailer};
use auth_core::orgs::{domains, invitations};
use auth_core::{AuthCore, Ctx, audit, idempotency, jwt, sessions, throttles, two_factor, verification};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::config::{Mail, MailTransport};
use crate::outbound::Outbound;

/// How long the worker of events and that of mail wait for a wake that may have been lost.
const LOOK: Duration = Duration::from_secs(5);
/// How soon it is looked again if events wait for a transaction that is still open.
const SOON: Duration = Duration::from_millis(100);
/// How often it is looked for messages to webhook endpoints whose time has come.
const DUE: Duration = Duration::from_secs(1);
/// How often what was recorded is sealed, and how long the sealer lets others go first if there is more.
const SEAL: Duration = Duration::from_secs(2);
/// How often it is looked whether a table has outgrown what the database knows of it.
const COUNT: Duration = Duration::from_secs(2);
const COUNT_ON: Duration = Duration::from_millis(250);
const REST: Duration = Duration::from_millis(20);
/// How often what has expired is removed.
const SWEEP: Duration = Duration::from_mins(1);
/// How often a worker goes on at once because there was more to do.
const ROUNDS: usize = 100;
/// How long a worker may take to end what it is doing.
const PATIENCE: Duration = Duration::from_secs(10);

/// The running workers.
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Lets each end what it is doing.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for mut task in self.tasks {
            if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
                // What it had begun rolls back, and is done at the next start.
                task.abort();
            }
        }
    }
}

/// A mailer as configured.
///
/// # Errors
/// If the sender or the address of the mail server cannot be read.
pub fn mailer(mail: &Mail) -> auth_core::Result<Arc<dyn Mailer>> {
    Ok(match &mail.transport {
        MailTransport::Smtp { url } => Arc::new(mail::smtp(url, &mail.from)?),
        MailTransport::File { folder } => Arc::new(mail::file(folder, &mail.from)?),
        MailTransport::Log => Arc::new(mail::log(&mail.from)?),
    })
}

/// How messages to webhook endpoints look and leave.
#[must_use]
pub fn courier(outbound: Outbound) -> Courier {
    Courier { sender: Arc::new(outbound), render: admin_api::webhook_body }
}

/// Starts all of them on the present thread.
#[must_use]
pub fn start(core: &AuthCore, mailer: Arc<dyn Mailer>, outbound: Outbound) -> Workers {
    let (stop, stopped) = watch::channel(false);
    let (courier, due) = (courier(outbound), Arc::new(Notify::new()));
    let tasks = vec![
        actix_web::rt::spawn(deliver(core.clone(), mailer, stopped.clone())),
        actix_web::rt::spawn(publish(core.clone(), Arc::clone(&due), stopped.clone())),
        actix_web::rt::spawn(tell(core.clone(), courier, due, stopped.clone())),
        actix_web::rt::spawn(disconnect(core.clone(), stopped.clone())),
        actix_web::rt::spawn(work(core.clone(), stopped.clone())),
        actix_web::rt::spawn(recheck(core.clone(), stopped.clone())),
        actix_web::rt::spawn(seal(core.clone(), stopped.clone())),
        actix_web::rt::spawn(count(core.clone(), stopped.clone())),
        actix_web::rt::spawn(sweep(core.clone(), stopped)),
    ];
    Workers { stop, tasks }
}

/// Waits until the wake, the time or the end. Whether to go on.
async fn go_on(stopped: &mut watch::Receiver<bool>, period: Duration, wake: impl Future<Output = ()>) -> bool {
    let wake: Pin<&mut dyn Future<Output = ()>> = std::pin::pin!(wake);
    tokio::select! {
        () = wake => {}
        () = tokio::time::sleep(period) => {}
        _ = stopped.changed() => {}
    }
    !*stopped.borrow()
}

fn note(what: &str, error: &auth_core::Error) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "{what} failed; it is tried again later");
}

async fn deliver(core: AuthCore, mailer: Arc<dyn Mailer>, mut stopped: watch::Receiver<bool>) {
    loop {
        for _ in 0..ROUNDS {
            match mail::deliver_due(&core, &*mailer).await {
                Ok(0) => break,
                Ok(_) if *stopped.borrow() => return,
                Ok(_) => {}
                Err(error) => {
                    note("delivering mail", &error);
                    break;
                }
            }
        }
        if !go_on(&mut stopped, LOOK, core.mail_queued()).await {
            return;
        }
    }
}

/// Publishes events, wakes whoever reads them, and makes the messages to webhook endpoints that they are to become.
async fn publish(core: AuthCore, due: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    loop {
        let wait = match core.publish_events().await {
            Ok(true) => SOON,
            Ok(false) => LOOK,
            Err(error) => {
                note("publishing events", &error);
                LOOK
            }
        };
        core.announce_events();
        match webhooks::fan_out(&core).await {
            Ok(0) => {}
            Ok(_) => due.notify_one(),
            Err(error) => note("making messages to webhook endpoints", &error),
        }
        if !go_on(&mut stopped, wait, core.events_recorded()).await {
            return;
        }
    }
}

/// Sends the messages to webhook endpoints that are due.
async fn tell(core: AuthCore, courier: Courier, due: Arc<Notify>, mut stopped: watch::Receiver<bool>) {
    loop {
        let ending = || *stopped.borrow();
        if let Err(error) = webhooks::deliver_due(&core, &courier, &due, ending).await {
            note("sending to webhook endpoints", &error);
        }
        if !go_on(&mut stopped, DUE, due.notified()).await {
            return;
        }
    }
}

/// Suspends the people of directories that were disconnected, one transaction each.
async fn disconnect(core: AuthCore, mut stopped: watch::Receiver<bool>) {
    loop {
        loop {
            match auth_core::features::directory::disconnect_step(&core).await {
                Ok(true) if *stopped.borrow() => return,
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    note("disconnecting a directory", &error);
                    break;
                }
            }
        }
        if !go_on(&mut stopped, LOOK, std::future::pending()).await {
            return;
        }
    }
}

/// Looks again at the records that proved domains.
async fn recheck(core: AuthCore, mut stopped: watch::Receiver<bool>) {
    loop {
        for _ in 0..ROUNDS {
            match domains::recheck_step(&core).await {
                Ok(true) if *stopped.borrow() => return,
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    note("looking again at a domain", &error);
                    break;
                }
            }
        }
        if !go_on(&mut stopped, SWEEP, std::future::pending()).await {
            return;
        }
    }
}

/// Does the work on many people that changes left, a batch at a time.
async fn work(core: AuthCore, mut stopped: watch::Receiver<bool>) {
    loop {
        loop {
            match jobs::step(&core).await {
                Ok(true) if *stopped.borrow() => return,
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    note("a job", &error);
                    break;
                }
            }
        }
        if !go_on(&mut stopped, LOOK, core.jobs_queued()).await {
            return;
        }
    }
}

/// Chains the entries of the audit shortly after they were committed, and forgets what was told of who was erased.
async fn seal(core: AuthCore, mut stopped: watch::Receiver<bool>) {
    let mut period = SEAL;
    while go_on(&mut stopped, period, std::future::pending()).await {
        period = match audit::seal(&core).await {
            Ok(sealed) if sealed.more => REST,
            Ok(_) => SEAL,
            Err(error) => {
                note("sealing the audit", &error);
                LOOK
            }
        };
        for step in [audit::forget_step(&core).await, request_log::forget_step(&core).await] {
            match step {
                Ok(true) => period = REST,
                Ok(false) => {}
                Err(error) => note("forgetting who was erased", &error),
            }
        }
    }
}

/// Keeps what the database knows of its tables near to what they are while they are small and grow fast.
async fn count(core: AuthCore, mut stopped: watch::Receiver<bool>) {
    loop {
        let period = match core.refresh_statistics().await {
            // One table at a time; one that is locked is passed over, and would come again at once.
            Ok(true) => COUNT_ON,
            Ok(false) => COUNT,
            Err(error) => {
                note("counting a table", &error);
                LOOK
            }
        };
        if !go_on(&mut stopped, period, std::future::pending()).await {
            return;
        }
    }
}

async fn sweep(core: AuthCore, mut stopped: watch::Receiver<bool>) {
    loop {
        let forgotten = core.write(&Ctx::system("sweep"), async |tx| idempotency::forget_expired(tx).await).await;
        let swept = [
            sessions::sweep(&core).await,
            verification::sweep(&core).await,
            device::sweep(&core).await,
            oauth::sweep(&core).await,
            jobs::sweep(&core).await,
            sandbox::sweep(&core).await,
            webhooks::sweep(&core).await,
            request_log::sweep(&core).await,
            sweep_audit(&core).await,
            credentials::notify(&core).await,
            setup::sweep(&core).await,
            handover::sweep(&core).await,
            social::sweep(&core).await,
            anonymous::sweep(&core).await,
            two_factor::sweep(&core).await,
            jwt::sessions::retire(&core).await,
            throttles::sweep(&core).await,
            invitations::sweep(&core).await,
            forgotten,
        ];
        for error in swept.iter().filter_map(|result| result.as_ref().err()) {
            note("sweeping", error);
        }
        if !go_on(&mut stopped, SWEEP, std::future::pending()).await {
            return;
        }
    }
}

/// Forgets entries of the audit, but none that an endpoint is still to be told of.
async fn sweep_audit(core: &AuthCore) -> auth_core::Result<u64> {
    let read = core.read(&Ctx::system("sweep"), async |rx| webhooks::read_by_all(rx).await).await?;
    audit::sweep(core, read).await
}
