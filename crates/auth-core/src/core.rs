//! [`AuthCore`]: the door through which every dialect enters.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::{Chance, Clock, SystemChance, SystemClock};
use crate::counters::Counters;
use crate::credentials::HashingPool;
use crate::ctx::Ctx;
use crate::db::{self, Db, Rx, Scope as _, Tx};
use crate::fault::{Error, Failure, Result};
use crate::jwt::{self, Signing};
use crate::notes::Notes;
use crate::orgs::domains::{NoResolver, TxtResolver};
use crate::outbox::Recorded;
use crate::settings::Settings;
use crate::sign_in::SignInGate;
use crate::throttles::{self, Store};
use crate::users::Eraser;

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
    pub erasers: Vec<Arc<dyn Eraser>>,
    pub hashing: HashingPool,
    pub resolver: Arc<dyn TxtResolver>,
    pub signing: Signing,
    pub session_signing: jwt::sessions::Signing,
    pub counters: Option<Arc<dyn Counters>>,
    pub throttles: Box<dyn Store>,
    pub events_recorded: Notify,
    pub events_announced: Notify,
    pub ending: AtomicBool,
    /// When a change was last refused because nothing can be stored, in milliseconds since 1970; 0 if none was since readiness
    /// was last affirmed.
    pub refused: AtomicI64,
    pub mail_queued: Notify,
    pub jobs_queued: Notify,
}

/// Puts a core together. Tests give it a still clock and seeded chance.
pub struct Builder {
    db: Db,
    settings: Settings,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    gates: Vec<Arc<dyn SignInGate>>,
    erasers: Vec<Arc<dyn Eraser>>,
    resolver: Arc<dyn TxtResolver>,
    counters: Option<Arc<dyn Counters>>,
}

impl Builder {
    /// Over a database that has been migrated.
    #[must_use]
    pub fn new(db: Db, settings: Settings) -> Self {
        Self {
            db,
            settings,
            clock: Arc::new(SystemClock),
            chance: Arc::new(SystemChance),
            gates: Vec::new(),
            erasers: Vec::new(),
            resolver: Arc::new(NoResolver),
            counters: None,
        }
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

    /// One more that takes along what a feature holds of somebody who is erased.
    #[must_use]
    pub fn eraser(mut self, eraser: Arc<dyn Eraser>) -> Self {
        self.erasers.push(eraser);
        self
    }

    /// What looks up the records that prove domains; without one, none is ever proven.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn TxtResolver>) -> Self {
        self.resolver = resolver;
        self
    }

    /// A server beside the database in which replicas count together. Without one they do in the database.
    #[must_use]
    pub fn counters(mut self, counters: Arc<dyn Counters>) -> Self {
        self.counters = Some(counters);
        self
    }

    /// The core.
    #[must_use]
    pub fn build(self) -> AuthCore {
        AuthCore {
            shared: Arc::new(Shared {
                hashing: HashingPool::new(self.settings.password.hashing_threads),
                gates: self.gates,
                erasers: self.erasers,
                resolver: self.resolver,
                throttles: throttles::store(self.counters.clone()),
                counters: self.counters,
                db: self.db,
                settings: self.settings,
                clock: self.clock,
                chance: self.chance,
                signing: Signing::default(),
                session_signing: jwt::sessions::Signing::default(),
                events_recorded: Notify::new(),
                events_announced: Notify::new(),
                ending: AtomicBool::new(false),
                refused: AtomicI64::new(0),
                mail_queued: Notify::new(),
                jobs_queued: Notify::new(),
            }),
        }
    }
}

/// For how long an instance is not ready that could not store something, in milliseconds.
const UNREADY_MS: i64 = 10_000;
/// How often a transaction that lost a race is tried again.
const ATTEMPTS: u32 = 5;

impl AuthCore {
    /// Runs a change: begin, the closure, events, commit. Anything but `Ok` rolls back, and so does
    /// dropping the future in mid-flight.
    ///
    /// The closure may run more than once: a deadlock, a serialization failure or a busy database is
    /// tried again a few times. It makes no network call and hashes no password. A change may also commit and fail
    /// all the same, if what it wrote is the reason: see `Tx::conclude_with`. In a dry run
    /// ([`Ctx::dry_run`]) everything is done and then undone.
    ///
    /// # Errors
    /// Those of the closure, and internal ones of the database.
    pub async fn write<T, E: Failure>(&self, ctx: &Ctx, f: impl AsyncFn(&mut Tx) -> Result<T, E>) -> Result<T, E> {
        let mut attempt = 1;
        let noted = ctx.notes.as_ref().map_or(0, Notes::len);
        loop {
            match self.attempt(ctx, &f, attempt == 1).await {
                Err(error) if attempt < ATTEMPTS && error.core().is_some_and(Error::is_transient) => {
                    if let Some(notes) = &ctx.notes {
                        notes.cut(noted);
                    }
                    tracing::debug!(attempt, "a transaction lost a race and is tried again");
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt * attempt) * 2)).await;
                    attempt += 1;
                }
                done => {
                    let core = done.as_ref().err().and_then(Failure::core);
                    if core.is_some_and(Error::is_refused_storage) {
                        self.shared.refused.store(self.shared.clock.now().0, Ordering::Relaxed);
                    }
                    return done;
                }
            }
        }
    }

    /// Whether requests can be served: the database answers, and has not refused to store something within the last ten seconds. After
    /// these, and after a probe that a database which may only be read refuses, requests come again, and show whether there is room.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn ready(&self) -> Result<()> {
        let db = self.db();
        db.ping().await?;
        let refused = self.shared.refused.load(Ordering::Relaxed);
        if refused != 0 {
            if self.shared.clock.now().0 < refused.saturating_add(UNREADY_MS) {
                return Err(Error::internal("something could not be stored"));
            }
            let ctx = Ctx::system("readiness");
            if let Err(error) = self.write(&ctx, async |tx| db::run(tx, db::probe(tx.backend()), []).await).await {
                // Who asks does not make it last.
                self.shared.refused.store(refused, Ordering::Relaxed);
                return Err(error);
            }
            // Unless another one was refused meanwhile.
            let _ = self.shared.refused.compare_exchange(refused, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn attempt<T, E: Failure>(
        &self,
        ctx: &Ctx,
        f: &impl AsyncFn(&mut Tx) -> Result<T, E>,
        joins: bool,
    ) -> Result<T, E> {
        let mut tx = Tx::begin(&self.shared, ctx, joins).await?;
        let done = f(&mut tx).await;
        let ended = self.end(ctx, &mut tx, done).await;
        self.settle(&tx).await;
        ended
    }

    /// Ends a transaction as its closure has decided.
    async fn end<T, E: Failure>(&self, ctx: &Ctx, tx: &mut Tx, done: Result<T, E>) -> Result<T, E> {
        if let Some(refused) = tx.refusal() {
            // Whatever the closure made of it: a change before has failed, and with it the transaction.
            return match tx.rollback().await {
                // What the refusal may rest on has come to nothing: it is asked again.
                Err(rollback) if rollback.is_transient() => Err(rollback.into()),
                Err(rollback) => {
                    tracing::warn!(%rollback, "a rollback failed");
                    Err(refused.into())
                }
                Ok(()) => Err(refused.into()),
            };
        }
        match done {
            Ok(value) if ctx.dry_run => {
                tx.rehearsed().await?;
                tx.verdict().map_or(Ok(value), |failure| Err(failure.into()))
            }
            Ok(value) => {
                let (mail, jobs) = (tx.mail_queued, tx.job_queued);
                let events = tx.commit().await?;
                // The wakes may be lost; the rows may not: workers look by themselves now and then.
                if events {
                    self.shared.events_recorded.notify_one();
                }
                if mail {
                    self.shared.mail_queued.notify_one();
                }
                if jobs {
                    self.shared.jobs_queued.notify_one();
                }
                tx.verdict().map_or(Ok(value), |failure| Err(failure.into()))
            }
            Err(error) => {
                let refusals = tx.refusals();
                match tx.rollback().await {
                    Ok(()) => {
                        self.tell_refusals(ctx, refusals).await;
                        Err(error)
                    }
                    // What the refusal may rest on has come to nothing: it is asked again.
                    Err(rollback) if rollback.is_transient() => Err(rollback.into()),
                    Err(rollback) => {
                        tracing::warn!(%rollback, "a rollback failed");
                        Err(error)
                    }
                }
            }
        }
    }

    /// Tells the counters beside the database what came of a transaction in which something was counted there. If they are
    /// away it stays counted.
    async fn settle(&self, tx: &Tx) {
        let Some(counters) = &self.shared.counters else { return };
        let what = tx.to_take_out();
        if !what.is_empty() && counters.take_out(&what).await.is_err() {
            tracing::debug!("what was counted is not taken back");
        }
    }

    /// Begins a dry run of several changes: within `f` each of them sees what those before it did, and in the end all is
    /// undone. Nobody else may be waited for meanwhile, for on SQLite nobody else writes.
    ///
    /// # Errors
    /// Those of the database. A rehearsal that takes longer than two seconds refuses further changes with
    /// [`RehearsalFault::TooLong`](crate::db::RehearsalFault).
    pub async fn rehearse<T>(&self, ctx: &Ctx, f: impl AsyncFnOnce(Ctx) -> T) -> Result<T> {
        let rehearsal = self.shared.db.rehearse().await?;
        let done = f(Ctx { dry_run: true, rehearsal: Some(rehearsal.clone()), ..ctx.clone() }).await;
        rehearsal.end().await?;
        Ok(done)
    }

    /// Records what was refused, in a transaction of its own. The refusal stands whether or not it can be told.
    async fn tell_refusals(&self, ctx: &Ctx, refusals: Vec<Recorded>) {
        if refusals.is_empty() {
            return;
        }
        let told = async {
            let mut tx = Tx::begin(&self.shared, ctx, true).await?;
            tx.retell(refusals);
            tx.commit().await
        };
        match told.await {
            Ok(_) => self.shared.events_recorded.notify_one(),
            Err(error) => tracing::error!(%error, "a refusal could not be told to the audit"),
        }
    }

    /// Looks without changing anything.
    ///
    /// # Errors
    /// Those of the closure.
    pub async fn read<T, E: Failure>(&self, ctx: &Ctx, f: impl AsyncFn(&Rx) -> Result<T, E>) -> Result<T, E> {
        f(&Rx::new(&self.shared, ctx)).await
    }

    /// Deletes the rows of a table that expired so many seconds ago, a few in each transaction, so that nobody waits
    /// long behind it. `key` is the primary key, as a list of columns if it has several.
    pub(crate) async fn forget_expired(
        &self,
        table: &'static str,
        key: &'static str,
        expiry: &'static str,
        seconds: i64,
    ) -> Result<u64> {
        const FEW: u64 = 500;
        let sql = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {expiry} <= $1 LIMIT (0 + {FEW}))"
        );
        let (ctx, mut gone) = (Ctx::system("sweep"), 0);
        loop {
            let some = self
                .write(&ctx, async |tx| db::run(tx, sql.clone(), [tx.now().plus_seconds(-seconds).into()]).await)
                .await?;
            gone += some;
            if some < FEW {
                return Ok(gone);
            }
        }
    }

    /// Lets the database count anew one table that has outgrown what it knows of it; nothing to do on SQLite. Whether there
    /// may be more.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn refresh_statistics(&self) -> Result<bool> {
        if !self.db().backend().plans_by_statistics() {
            return Ok(false);
        }
        self.write(&Ctx::system("statistics"), async |tx| db::refresh_statistics(tx).await).await
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

    /// The server beside the database in which replicas count together, if there is one.
    #[must_use]
    pub fn counters(&self) -> Option<&dyn Counters> {
        self.shared.counters.as_deref()
    }

    /// What looks up the records that prove domains.
    pub(crate) fn resolver(&self) -> &dyn TxtResolver {
        &*self.shared.resolver
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

    /// Wakes everybody in this process who waits for events that can be read. Called by the worker that publishes.
    pub fn announce_events(&self) {
        self.shared.events_announced.notify_waiters();
    }

    /// Waits until events are announced after this call; it need not have been waited on before. Spurious wakes happen.
    pub fn events_announced(&self) -> impl Future<Output = ()> {
        self.shared.events_announced.notified()
    }

    /// Ends all waiting for events, because the process is to end.
    pub fn end_waiting(&self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        self.announce_events();
    }

    /// Whether nobody may wait for events any more.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.shared.ending.load(Ordering::SeqCst)
    }

    /// Waits until mail was queued by this process. Spurious wakes happen.
    pub async fn mail_queued(&self) {
        self.shared.mail_queued.notified().await;
    }

    /// Waits until a job was queued by this process. Spurious wakes happen.
    pub async fn jobs_queued(&self) {
        self.shared.jobs_queued.notified().await;
    }
}
