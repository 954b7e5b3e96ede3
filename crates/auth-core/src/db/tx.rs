//! Transactions. They begin and end in [`AuthCore::write`](crate::AuthCore::write) and nowhere else.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, StreamTrait};

use super::{Backend, backend};
use crate::clock::{Chance, Timestamp};
use crate::core::Shared;
use crate::ctx::Ctx;
use crate::fault::Result;
use crate::ids::{EventId, Id};
use crate::outbox::{Event, Recorded};
use crate::settings::Settings;

/// Where a store reads: inside a transaction ([`Tx`]) or beside one ([`Rx`]).
pub trait Scope {
    /// The connection behind it.
    type Conn: ConnectionTrait + StreamTrait;
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
    conn: DatabaseConnection,
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
    type Conn = DatabaseConnection;
    fn conn(&self) -> &DatabaseConnection {
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
    conn: DatabaseTransaction,
    pub(crate) shared: Arc<Shared>,
    ctx: Ctx,
    now: Timestamp,
    events: Vec<Recorded>,
    pub(crate) mail_queued: bool,
}

impl Tx {
    pub(crate) async fn begin(shared: &Arc<Shared>, ctx: &Ctx) -> Result<Self> {
        Ok(Self {
            conn: shared.db.begin().await?,
            shared: Arc::clone(shared),
            ctx: ctx.clone(),
            now: shared.clock.now(),
            events: Vec::new(),
            mail_queued: false,
        })
    }

    /// Writes what was recorded and ends the transaction. Returns whether there were events.
    pub(crate) async fn commit(self) -> Result<bool> {
        let any = !self.events.is_empty();
        if any {
            backend::insert_events(&self.conn, self.shared.db.backend, &self.events).await?;
        }
        self.conn.commit().await?;
        Ok(any)
    }

    pub(crate) async fn rollback(self) -> Result<()> {
        Ok(self.conn.rollback().await?)
    }

    pub(crate) fn raw(&self) -> &DatabaseTransaction {
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
}

impl Scope for Tx {
    type Conn = DatabaseTransaction;
    fn conn(&self) -> &DatabaseTransaction {
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
