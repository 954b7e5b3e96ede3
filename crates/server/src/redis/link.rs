//! The connection to Redis: one for all requests of the process, made when it is needed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_core::counters::Away;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, ScriptInvocation};
use tokio::time::timeout;

use crate::config::Redis as Options;

/// For how long nobody asks a server that has not answered.
const PAUSE: Duration = Duration::from_secs(1);
/// How many questions may wait to be sent. More wait for their turn, within their time.
const BUFFER: usize = 1024;

pub(super) struct Link {
    client: Client,
    /// How long a question may take, with the connection that it may have to make.
    patience: Duration,
    open: tokio::sync::Mutex<Option<MultiplexedConnection>>,
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
    pub async fn ask<T: FromRedisValue>(&self, question: &ScriptInvocation<'_>) -> Result<T, Away> {
        if !self.may_ask() {
            self.unanswered.fetch_add(1, Ordering::Relaxed);
            return Err(Away);
        }
        match self.try_once(question).await {
            Ok(answer) => {
                if self.away.swap(false, Ordering::Relaxed) {
                    tracing::info!("Redis answers again: replicas count there");
                }
                Ok(answer)
            }
            Err(error) => {
                *self.open.lock().await = None;
                Err(self.gone(&error))
            }
        }
    }

    /// Asks whatever is known.
    ///
    /// # Errors
    /// What kept the server from answering. It holds no password: the URL is no part of it.
    pub async fn try_once<T: FromRedisValue>(&self, question: &ScriptInvocation<'_>) -> Result<T, String> {
        let asked = async {
            let mut connection = self.connection().await?;
            question.invoke_async(&mut connection).await
        };
        match timeout(self.patience, asked).await {
            Ok(answered) => answered.map_err(|error: redis::RedisError| error.to_string()),
            Err(_) => Err(format!("no answer within {} ms", self.patience.as_millis())),
        }
    }

    /// What to do with an answer that means nothing: whatever gave it is not the script.
    pub fn odd(&self) -> Away {
        self.gone("an answer that means nothing")
    }

    async fn connection(&self) -> redis::RedisResult<MultiplexedConnection> {
        let mut open = self.open.lock().await;
        if let Some(connection) = &*open {
            return Ok(connection.clone());
        }
        // Both are within our own patience.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.patience))
            .set_response_timeout(Some(self.patience))
            .set_pipeline_buffer_size(BUFFER);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        *open = Some(connection.clone());
        Ok(connection)
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
