//! [`AuthCore`]: the door through which every dialect enters.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::{Chance, Clock, SystemChance, SystemClock};
use crate::credentials::HashingPool;
use crate::ctx::Ctx;
use crate::db::{Db, Rx, Tx};
use crate::fault::{Error, Failure, Result};
use crate::settings::Settings;
use crate::sign_in::SignInGate;

/// The core of an instance. Cheap to clone.
#[derive(Clone)]
pub struct AuthCore {
    shared: Arc<Shared>,
}

/// What all requests of an instance share.
pub(crate) struct Shared {
    pub db: Db,
    pub settings: Settings,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
    pub gates: Vec<Arc<dyn SignInGate>>,
    pub hashing: HashingPool,
    pub events_recorded: Notify,
    pub mail_queued: Notify,
}

/// Puts a core together. Tests give it a still clock and seeded chance.
pub struct Builder {
    db: Db,
    settings: Settings,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    gates: Vec<Arc<dyn SignInGate>>,
}

impl Builder {
    /// Over a database that has been migrated.
    #[must_use]
    pub fn new(db: Db, settings: Settings) -> Self {
        Self { db, settings, clock: Arc::new(SystemClock), chance: Arc::new(SystemChance), gates: Vec::new() }
    }

    /// Another clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Another source of random bytes.
    #[must_use]
    pub fn chance(mut self, chance: Arc<dyn Chance>) -> Self {
        self.chance = chance;
        self
    }

    /// One more gate that everybody passes before a session is opened; they are asked in the order
    /// in which they were added.
    #[must_use]
    pub fn gate(mut self, gate: Arc<dyn SignInGate>) -> Self {
        self.gates.push(gate);
        self
    }

    /// The core.
    #[must_use]
    pub fn build(self) -> AuthCore {
        AuthCore {
            shared: Arc::new(Shared {
                hashing: HashingPool::new(self.settings.password.hashing_threads),
                gates: self.gates,
                db: self.db,
                settings: self.settings,
                clock: self.clock,
                chance: self.chance,
                events_recorded: Notify::new(),
                mail_queued: Notify::new(),
            }),
        }
    }
}

/// How often a transaction that lost a race is tried again.
const ATTEMPTS: u32 = 5;

impl AuthCore {
    /// Runs a change: begin, the closure, events, commit. Anything but `Ok` rolls back, and so does
    /// dropping the future in mid-flight.
    ///
    /// The closure may run more than once: a deadlock, a serialization failure or a busy database is
    /// tried again a few times. It makes no network call and hashes no password.
    ///
    /// # Errors
    /// Those of the closure, and internal ones of the database.
    pub async fn write<T, E: Failure>(&self, ctx: &Ctx, f: impl AsyncFn(&mut Tx) -> Result<T, E>) -> Result<T, E> {
        let mut attempt = 1;
        loop {
            match self.attempt(ctx, &f).await {
                Err(error) if attempt < ATTEMPTS && error.core().is_some_and(Error::is_transient) => {
                    tracing::debug!(attempt, "a transaction lost a race and is tried again");
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt * attempt) * 2)).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    async fn attempt<T, E: Failure>(&self, ctx: &Ctx, f: &impl AsyncFn(&mut Tx) -> Result<T, E>) -> Result<T, E> {
        let mut tx = Tx::begin(&self.shared, ctx).await?;
        let done = f(&mut tx).await;
        if let Some(refused) = tx.refusal() {
            // Whatever the closure made of it: a change before has failed, and with it the transaction.
            tx.rollback().await.unwrap_or_else(|rollback| tracing::warn!(%rollback, "a rollback failed"));
            return Err(refused.into());
        }
        match done {
            Ok(value) => {
                let mail = tx.mail_queued;
                let events = tx.commit().await?;
                // The wakes may be lost; the rows may not: workers look by themselves now and then.
                if events {
                    self.shared.events_recorded.notify_one();
                }
                if mail {
                    self.shared.mail_queued.notify_one();
                }
                Ok(value)
            }
            Err(error) => {
                if let Err(rollback) = tx.rollback().await {
                    tracing::warn!(%rollback, "a rollback failed");
                }
                Err(error)
            }
        }
    }

    /// Looks without changing anything.
    ///
    /// # Errors
    /// Those of the closure.
    pub async fn read<T, E: Failure>(&self, ctx: &Ctx, f: impl AsyncFn(&Rx) -> Result<T, E>) -> Result<T, E> {
        f(&Rx::new(&self.shared, ctx)).await
    }

    /// What all requests share, for the modules of this crate.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The operator's decisions.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The database, for health checks.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.shared.db
    }

    /// The clock of this instance.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    /// Waits until events were recorded by this process. Spurious wakes happen.
    pub async fn events_recorded(&self) {
        self.shared.events_recorded.notified().await;
    }

    /// Waits until mail was queued by this process. Spurious wakes happen.
    pub async fn mail_queued(&self) {
        self.shared.mail_queued.notified().await;
    }
}
