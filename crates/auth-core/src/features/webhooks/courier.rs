//! Delivering: endpoints with something due are taken, served beside one another, and given back.

use std::cell::Cell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::leasing::{self, Due, Taken};
use super::settling::{self, Attempt};
use super::signing::Keys;
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::fault::{Error, Result};
use crate::outbox::Published;

/// How many endpoints one process serves at once, and how many of them may be ones that are failing.
const ENDPOINTS: usize = 64;
const FAILING: usize = 16;
/// How many deliveries of an endpoint are under way at once.
const AT_ONCE: usize = 8;
/// How long new attempts are begun, so that the last of them is over before the lease is.
const BEGINS: Duration = Duration::from_secs(15);
/// After how many failures without a success the rest of what was taken is left for later.
const ENOUGH: usize = 3;
/// How often it is looked for more while endpoints are being served.
const LOOK: Duration = Duration::from_secs(1);

/// A signed message on its way.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The address.
    pub url: String,
    /// The event's id, the same in each attempt: `webhook-id`.
    pub id: String,
    /// When it is sent, in seconds since the Unix epoch: `webhook-timestamp`.
    pub timestamp: i64,
    /// `webhook-signature`.
    pub signature: String,
    /// The body, a JSON object.
    pub body: String,
}

/// What became of a message.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The status of the answer, if one came.
    pub status: Option<u16>,
    /// The beginning of the answer.
    pub body: String,
    /// When the receiver wants to be asked again, in the words of `Retry-After` (RFC 9110 10.2.3).
    pub retry_after: Option<String>,
    /// Why no answer came, in a few words.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub duration: i64,
}

/// What a sender answers, later.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Outcome> + 'a>>;

/// A way for messages to leave.
pub trait Sender: Send + Sync {
    /// Sends one message. It takes less than half a minute, whatever the other side does.
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a>;
}

/// How messages look, and by which way they leave.
#[derive(Clone)]
pub struct Courier {
    /// The way.
    pub sender: Arc<dyn Sender>,
    /// The body of the message for an event.
    pub render: fn(Published) -> String,
}

/// Delivers until nothing is due, or until `ending` says so and what is under way is over. How many attempts that took.
/// Each endpoint is served by a task of its own on this thread, so it runs where `spawn_local` does.
///
/// # Errors
/// Those of the database, after what was under way has ended.
pub async fn deliver_due(
    core: &AuthCore,
    courier: &Courier,
    wake: &Notify,
    ending: impl Fn() -> bool,
) -> Result<usize> {
    // Tasks of their own: one that holds a connection goes on while this one waits for another.
    let mut running = JoinSet::new();
    let (mut attempts, mut failing, mut broken) = (0, 0, None);
    loop {
        if broken.is_none() && !ending() {
            match leasing::take_all(core, ENDPOINTS.saturating_sub(running.len()), FAILING.saturating_sub(failing))
                .await
            {
                Ok(taken) => {
                    for endpoint in taken {
                        failing += usize::from(endpoint.failing);
                        running.spawn_local(serve(core.clone(), courier.clone(), endpoint));
                    }
                }
                Err(error) => broken = Some(error),
            }
        }
        if running.is_empty() {
            return broken.map_or(Ok(attempts), Err);
        }
        // A slow endpoint holds up nobody who gets something to do meanwhile.
        tokio::select! {
            Some(ended) = running.join_next() => match ended {
                Ok((was_failing, served)) => {
                    failing -= usize::from(was_failing);
                    match served {
                        Ok(count) => attempts += count,
                        // What else is under way is brought to its end.
                        Err(error) => broken = Some(error),
                    }
                }
                Err(panicked) => broken = Some(Error::internal(panicked)),
            },
            () = wake.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Serves an endpoint: what is due, as far as the time and the endpoint's patience reach. How many attempts that took.
async fn serve(core: AuthCore, courier: Courier, endpoint: Taken) -> (bool, Result<usize>) {
    let served = async {
        let due = core.write(&Ctx::system("webhooks"), async |tx| leasing::due(tx, &endpoint).await).await?;
        let keys = Keys::open(&core.settings().secret, endpoint.sealed.iter().map(String::as_str))?;
        let attempts = send_all(&core, &courier, &endpoint, &keys, due).await;
        let count = attempts.len();
        settling::settle(&core, &endpoint, &attempts).await?;
        Ok(count)
    }
    .await;
    (endpoint.failing, served)
}

/// Sends what is due: subjects beside one another, the events of one after the other until one is not accepted.
async fn send_all(core: &AuthCore, courier: &Courier, endpoint: &Taken, keys: &Keys, due: Vec<Due>) -> Vec<Attempt> {
    let begun = Instant::now();
    let (good, bad) = (Cell::new(0_usize), Cell::new(0_usize));
    let mut subjects: Vec<Vec<Due>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for delivery in due {
        let place = *places.entry(delivery.subject.clone()).or_insert_with(|| {
            subjects.push(Vec::new());
            subjects.len() - 1
        });
        subjects[place].push(delivery);
    }
    let (good, bad) = (&good, &bad);
    let sent = stream::iter(subjects).map(|subject| async move {
        let mut attempts = Vec::new();
        for delivery in subject {
            if begun.elapsed() > BEGINS || (good.get() == 0 && bad.get() >= ENOUGH) {
                break;
            }
            let attempt = send(core, courier, endpoint, keys, delivery).await;
            let accepted = attempt.is_accepted();
            let count = if accepted { good } else { bad };
            count.set(count.get() + 1);
            attempts.push(attempt);
            if !accepted {
                break;
            }
        }
        attempts
    });
    sent.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.into_iter().flatten().collect()
}

async fn send(core: &AuthCore, courier: &Courier, endpoint: &Taken, keys: &Keys, due: Due) -> Attempt {
    let Due { id, before, created_at, event, .. } = due;
    let Some(event) = event else {
        return Attempt { id, before, created_at, outcome: None, at: core.clock().now() };
    };
    let at = core.clock().now();
    let (message, timestamp) = (event.id.clone(), at.millis() / 1000);
    let body = (courier.render)(event);
    let signature = keys.sign(&message, timestamp, &body);
    let parcel = Parcel { url: endpoint.url.clone(), id: message, timestamp, signature, body };
    let outcome = courier.sender.send(&parcel).await;
    Attempt { id, before, created_at, outcome: Some(outcome), at }
}
