//! The connection to Redis: one for all requests of the process, made when it is needed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_core::counters::Away;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisError, RedisResult, ScriptInvocation};
use tokio::time::timeout;

use crate::config::Redis as Options;

/// For how long nobody asks a server that has not answered.
const PAUSE: Duration = Duration::from_secs(1);
/// How many questions may wait to be sent. More wait for their turn, within their time.
const BUFFER: usize = 1024;

/// Whether a question is asked once more if the connection turns out to be closed. It may then be answered twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeats {
    Yes,
    No,
}

/// The connection in use, and the how manieth it is.
#[derive(Default)]
struct Open {
    number: u64,
    connection: Option<MultiplexedConnection>,
}

/// The connection for one question.
struct Lent {
    connection: MultiplexedConnection,
    number: u64,
    /// Whether it was made for this question.
    new: bool,
}

pub(super) struct Link {
    client: Client,
    /// How long a question may take, with the connection that it may have to make.
    patience: Duration,
    open: tokio::sync::Mutex<Open>,
    away: AtomicBool,
    /// When one may ask again, while it is away.
    again: Mutex<Instant>,
    unanswered: AtomicU64,
}

impl Link {
    pub fn new(options: &Options) -> Result<Self, String> {
        let client = Client::open(options.url.expose()).map_err(|error| error.to_string())?;
        Ok(Self {
            client,
            patience: options.timeout,
            open: tokio::sync::Mutex::default(),
            away: AtomicBool::new(false),
            again: Mutex::new(Instant::now()),
            unanswered: AtomicU64::new(0),
        })
    }

    pub fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    pub fn unanswered(&self) -> u64 {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// Asks, unless the server is known to be away.
    pub async fn ask<T: FromRedisValue>(&self, question: &ScriptInvocation<'_>, repeats: Repeats) -> Result<T, Away> {
        if !self.may_ask() {
            self.unanswered.fetch_add(1, Ordering::Relaxed);
            return Err(Away);
        }
        match self.try_once(question, repeats).await {
            Ok(answer) => {
                if self.away.swap(false, Ordering::Relaxed) {
                    tracing::info!("Redis answers again: replicas count there");
                }
                Ok(answer)
            }
            Err(error) => Err(self.gone(&error)),
        }
    }

    /// Asks whatever is known.
    ///
    /// # Errors
    /// What kept the server from answering. It holds no password: the URL is no part of it.
    pub async fn try_once<T: FromRedisValue>(
        &self,
        question: &ScriptInvocation<'_>,
        repeats: Repeats,
    ) -> Result<T, String> {
        let mut used = None;
        let asked = async {
            let mut lent = self.connection().await?;
            used = Some(lent.number);
            match question.invoke_async(&mut lent.connection).await {
                // Servers, and what stands before them, close what is quiet for long.
                Err(error) if repeats == Repeats::Yes && !lent.new && error.is_connection_dropped() => {
                    self.give_up(lent.number).await;
                    let mut lent = self.connection().await?;
                    used = Some(lent.number);
                    question.invoke_async(&mut lent.connection).await
                }
                answered => answered,
            }
        };
        let answered: Result<T, String> = match timeout(self.patience, asked).await {
            Ok(answered) => answered.map_err(|error: RedisError| error.to_string()),
            Err(_) => Err(format!("no answer within {} ms", self.patience.as_millis())),
        };
        if let (Err(_), Some(number)) = (&answered, used) {
            self.give_up(number).await;
        }
        answered
    }

    /// What to do with an answer that means nothing: whatever gave it is not the script.
    pub fn odd(&self) -> Away {
        self.gone("an answer that means nothing")
    }

    async fn connection(&self) -> RedisResult<Lent> {
        let mut open = self.open.lock().await;
        if let Some(connection) = &open.connection {
            return Ok(Lent { connection: connection.clone(), number: open.number, new: false });
        }
        // Both are within our own patience.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.patience))
            .set_response_timeout(Some(self.patience))
            .set_pipeline_buffer_size(BUFFER);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        open.connection = Some(connection.clone());
        open.number += 1;
        Ok(Lent { connection, number: open.number, new: true })
    }

    /// Lets nobody use this connection any more, if it is still the one in use.
    async fn give_up(&self, number: u64) {
        let mut open = self.open.lock().await;
        if open.number == number {
            open.connection = None;
        }
    }

    /// Whether this question is to be asked: all, or while the server is away one after each pause.
    fn may_ask(&self) -> bool {
        if !self.is_away() {
            return true;
        }
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        if Instant::now() < *again {
            return false;
        }
        *again = Instant::now() + PAUSE;
        true
    }

    fn gone(&self, error: &str) -> Away {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        *self.again.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + PAUSE;
        if !self.away.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                error,
                "Redis does not answer: guesses and messages are counted in the database until it does"
            );
        }
        Away
    }
}
