//! Transactions. They begin and end in [`AuthCore::write`](crate::AuthCore::write) and nowhere else.

use std::sync::Arc;

use sea_orm::ConnectionTrait;

use super::{Backend, InTransaction, Reading, backend};
use crate::clock::{Chance, Timestamp};
use crate::core::Shared;
use crate::ctx::Ctx;
use crate::fault::{Error, Result};
use crate::ids::{EventId, Id};
use crate::outbox::{Event, Recorded};
use crate::settings::Settings;

/// Where a store reads: inside a transaction ([`Tx`]) or beside one ([`Rx`]).
pub trait Scope {
    /// The connection behind it.
    type Conn: ConnectionTrait;
    /// The connection, for the queries of a store.
    fn conn(&self) -> &Self::Conn;
    /// Which database it is.
    fn backend(&self) -> Backend;
    /// The one present instant of this request.
    fn now(&self) -> Timestamp;
    /// The operator's decisions.
    fn settings(&self) -> &Settings;
    /// Who asks.
    fn ctx(&self) -> &Ctx;
}

/// A look at the database without a transaction: each statement sees what was committed before it.
pub struct Rx {
    conn: Reading,
    shared: Arc<Shared>,
    ctx: Ctx,
    now: Timestamp,
}

impl Rx {
    pub(crate) fn new(shared: &Arc<Shared>, ctx: &Ctx) -> Self {
        Self { conn: shared.db.reader.clone(), shared: Arc::clone(shared), ctx: ctx.clone(), now: shared.clock.now() }
    }
}

impl Scope for Rx {
    type Conn = Reading;
    fn conn(&self) -> &Reading {
        &self.conn
    }
    fn backend(&self) -> Backend {
        self.shared.db.backend
    }
    fn now(&self) -> Timestamp {
        self.now
    }
    fn settings(&self) -> &Settings {
        &self.shared.settings
    }
    fn ctx(&self) -> &Ctx {
        &self.ctx
    }
}

/// A change in progress. Whatever is recorded is written with the rest or not at all.
pub struct Tx {
    conn: InTransaction,
    pub(crate) shared: Arc<Shared>,
    ctx: Ctx,
    now: Timestamp,
    events: Vec<Recorded>,
    pub(crate) mail_queued: bool,
}

impl Tx {
    pub(crate) async fn begin(shared: &Arc<Shared>, ctx: &Ctx) -> Result<Self> {
        Ok(Self {
            conn: shared.db.writer.begin().await?,
            shared: Arc::clone(shared),
            ctx: ctx.clone(),
            now: shared.clock.now(),
            events: Vec::new(),
            mail_queued: false,
        })
    }

    /// Writes what was recorded and ends the transaction. Returns whether there were events.
    pub(crate) async fn commit(&mut self) -> Result<bool> {
        let events = std::mem::take(&mut self.events);
        let any = !events.is_empty();
        self.conn.commit(backend::insert_events(self.shared.db.backend, events)).await?;
        Ok(any)
    }

    pub(crate) async fn rollback(&self) -> Result<()> {
        self.conn.rollback().await
    }

    /// Why a change that was put off came to nothing, if one did.
    pub(crate) fn refusal(&self) -> Option<Error> {
        self.conn.refusal()
    }

    pub(crate) fn raw(&self) -> &InTransaction {
        &self.conn
    }

    /// A new id, of the present instant.
    #[must_use]
    pub fn new_id<T: Id>(&self) -> T {
        T::generate(self.now, self.chance())
    }

    /// Where this transaction's random bytes come from.
    #[must_use]
    pub fn chance(&self) -> &dyn Chance {
        &*self.shared.chance
    }

    /// Notes that something happened. It becomes an event if and only if the transaction commits.
    pub fn record(&mut self, event: Event) {
        let id: EventId = self.new_id();
        self.events.push(Recorded {
            id: id.into(),
            kind: event.kind.as_str(),
            organization_id: event.organization_id.map(String::from),
            subject: event.subject,
            payload: event.payload.to_string(),
            actor: self.ctx.actor.label(),
            request_id: self.ctx.request_id.clone(),
            created_at: self.now,
        });
    }

    /// What locks the rows found by a `SELECT` until this transaction ends; append it to the
    /// statement.
    #[must_use]
    pub fn lock(&self) -> &'static str {
        backend::lock_clause(self.shared.db.backend)
    }

    /// The same for rows that will be changed but not deleted: who only needs them to stay need not wait.
    #[must_use]
    pub fn lock_for_change(&self) -> &'static str {
        backend::change_clause(self.shared.db.backend)
    }

    /// What keeps the rows found by a `SELECT` from being deleted until this transaction ends; append it to the
    /// statement.
    #[must_use]
    pub fn keep(&self) -> &'static str {
        backend::keep_clause(self.shared.db.backend)
    }

    /// The same, but others may hold the rows too: nobody changes them until this transaction ends.
    #[must_use]
    pub fn share(&self) -> &'static str {
        backend::share_clause(self.shared.db.backend)
    }
}

impl Scope for Tx {
    type Conn = InTransaction;
    fn conn(&self) -> &InTransaction {
        &self.conn
    }
    fn backend(&self) -> Backend {
        self.shared.db.backend
    }
    fn now(&self) -> Timestamp {
        self.now
    }
    fn settings(&self) -> &Settings {
        &self.shared.settings
    }
    fn ctx(&self) -> &Ctx {
        &self.ctx
    }
}
