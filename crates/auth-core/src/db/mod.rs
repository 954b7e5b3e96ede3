//! The database: connecting, reading, and the one place where transactions begin and end.

mod backend;
mod compare;
mod conn;
mod deferred;
mod engine;
mod hand;
mod link;
mod listing;
mod near;
mod parameters;
mod pool;
mod postgres;
mod query;
mod rehearsal;
mod sqlite;
mod turns;
mod tx;

use std::sync::Arc;

use sea_orm::{DatabaseConnection, Statement};
use tokio::sync::Semaphore;

pub use backend::{Backend, connect};
pub(crate) use backend::{
    among, event_order, is_busy, is_transient, probe, publish_events, refresh_statistics, refuses,
};
pub use compare::{Holds, Operator, comparison, pattern};
pub use conn::{Ask, InTransaction, Reading, Writing};
pub use deferred::Change;

pub(crate) use link::{is_conflict, is_dangling};
pub use listing::{Columns, List, Listed, Part, Place};
pub use query::{Column, Row, all, carry_out, later, one, run};
pub(crate) use query::{Stored, execute, find, list, stored};
pub(crate) use rehearsal::LONGEST as LONGEST_REHEARSAL;
pub use rehearsal::{Rehearsal, RehearsalFault};
pub use turns::{Turn, Turns, WAITING};
pub use tx::{Rx, Scope, Tx};

/// The connections of an instance. SQLite has one writer and several readers; PostgreSQL one pool
/// for both.
#[derive(Clone, Debug)]
pub struct Db {
    pub(crate) backend: Backend,
    pub(crate) writer: Writing,
    pub(crate) reader: Reading,
    rehearsals: Arc<Semaphore>,
    turns: Turns,
    migrations: DatabaseConnection,
}

impl Db {
    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The connection for migrations, which run before anything else does.
    #[must_use]
    pub fn for_migrations(&self) -> &DatabaseConnection {
        &self.migrations
    }

    /// Begins a rehearsal.
    pub(crate) async fn rehearse(&self) -> crate::Result<Rehearsal> {
        Rehearsal::begin(&self.writer, &self.rehearsals).await
    }

    /// The turns of those who read much.
    #[must_use]
    pub fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Whatever keeps it from answering.
    pub async fn ping(&self) -> crate::Result<()> {
        self.reader.run(Statement::from_string(self.backend.dialect(), "SELECT 1")).await?;
        Ok(())
    }

    /// Closes all connections, so that SQLite leaves one whole file behind.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn close(&self) -> crate::Result<()> {
        self.migrations.clone().close().await?;
        match &self.reader {
            Reading::Sqlite(reading) => {
                reading.near.close();
                reading.pool.close().await?;
            }
            Reading::Postgres(pool) => pool.0.close().await?,
            Reading::Rehearsed(_) => {}
        }
        if let conn::Source::Sqlite(writer) = &self.writer.from {
            writer.close().await?;
        }
        Ok(())
    }
}
