//! What the tests stand on: a real server in this process, its database, its mailbox, its clock.
//!
//! ```ignore
//! use crate::support::*;
//!
//! db_test!(a_person_signs_in, async |app| {
//!     let ann = app.signed_up("ann").await;
//!     let session = ann.get("/api/auth/get-session").await.ok();
//!     assert_eq!(session["user"]["email"], "ann@example.com");
//! });
//! ```
//!
//! Each test runs twice, as `…::a_person_signs_in::sqlite` and `…::postgres`, each on a fresh copy of a migrated
//! template. PostgreSQL is reached through `PORTICO_TEST_POSTGRES_URL`, the URL of a server where databases may be
//! made: `just test` starts a throwaway one, and so does `eval "$(tests/postgres.sh start)"`. Without it a test
//! fails, unless `ALLOW_NO_PG=1`. The few tests with Redis reach it through `PORTICO_TEST_REDIS_URL` in the same way
//! (`tests/redis.sh`, `ALLOW_NO_REDIS=1`).
//!
//! Time stands still but for a millisecond a look, so that what is made later sorts later; `app.clock.advance`
//! moves it. Chance is seeded by the test's name. Rate limits are off unless `Options::limited()` asks for them.
//! When a test has passed, the harness looks at what it left: see `after`.

mod after;
mod another;
mod app;
mod authenticator;
mod binary;
mod boot;
mod client;
mod clock;
mod database;
mod dns;
mod issuer;
mod mailbox;
mod mime;
mod receiver;
mod redis;
pub mod statements;

pub use another::Another;
pub use app::{App, Options, run};
pub use authenticator::Authenticator;
pub use binary::Binary;
pub use boot::Boot;
pub use client::{Answer, Client};
pub use clock::TestClock;
pub use database::Database;
pub use dns::FakeDns;
pub use issuer::{CLIENT, Issuer, Signing, query, subject, with_issuer, with_provider};
pub use mailbox::Mailbox;
pub use receiver::{Got, Receiver};
pub use redis::TestRedis;
pub use serde_json::{Value as Json, json};

/// The password of everybody who signs up in a test.
pub const PASSWORD: &str = "correct horse battery staple";

/// Declares a test that runs on both databases: `db_test!(name, async |app| { … })`, or with options in between:
/// `db_test!(name, Options::default().limited(), async |app| { … })`.
macro_rules! db_test {
    ($(#[$meta:meta])* $name:ident, $body:expr) => {
        db_test!($(#[$meta])* $name, $crate::support::Options::default(), $body);
    };
    ($(#[$meta:meta])* $name:ident, $options:expr, $body:expr) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "not every test needs what its file does")]
            use super::*;

            #[test]
            fn sqlite() {
                $crate::support::run(module_path!(), $crate::support::Database::Sqlite, &$options, $body);
            }

            #[test]
            fn postgres() {
                $crate::support::run(module_path!(), $crate::support::Database::Postgres, &$options, $body);
            }
        }
    };
}
pub(crate) use db_test;

/// Declares a test of what is counted for all replicas: on both databases, and with Redis beside PostgreSQL.
macro_rules! counted_test {
    ($name:ident, $options:expr, $body:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "not every test needs what its file does")]
            use super::*;

            #[test]
            fn sqlite() {
                $crate::support::run(module_path!(), $crate::support::Database::Sqlite, &$options, $body);
            }

            #[test]
            fn postgres() {
                $crate::support::run(module_path!(), $crate::support::Database::Postgres, &$options, $body);
            }

            #[test]
            fn redis() {
                $crate::support::run(
                    module_path!(),
                    $crate::support::Database::Postgres,
                    &$options.with_redis(),
                    $body,
                );
            }
        }
    };
}
pub(crate) use counted_test;
