//! The database: connecting, reading, and the one place where transactions begin and end.

mod backend;
mod query;
mod tx;

use sea_orm::{ConnectionTrait, DatabaseConnection};

pub use backend::{Backend, connect};
pub(crate) use backend::{event_order, is_transient, publish_events};
pub use query::{Row, all, one, run};
pub use tx::{Rx, Scope, Tx};

/// The connections of an instance. SQLite has one writer and several readers; PostgreSQL one pool
/// for both.
#[derive(Clone, Debug)]
pub struct Db {
    pub(crate) backend: Backend,
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
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
        &self.writer
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Whatever keeps it from answering.
    pub async fn ping(&self) -> crate::Result<()> {
        self.reader.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Closes all connections, so that SQLite leaves one whole file behind.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn close(&self) -> crate::Result<()> {
        self.reader.clone().close().await?;
        self.writer.clone().close().await?;
        Ok(())
    }
}
