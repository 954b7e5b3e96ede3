//! The rules and the data of people, sessions, organizations, roles and directories.
//!
//! Everything that changes something happens inside [`AuthCore::write`]; everything that only looks
//! happens inside [`AuthCore::read`]. The crate knows no HTTP, no wire shape of any dialect and no
//! configuration file: those are the business of the crates that call it.

pub mod clock;
pub mod counters;
pub mod ctx;
pub mod db;
pub mod fault;
pub mod ids;
pub mod notes;
pub mod secret;
pub mod settings;

pub mod api_keys;
pub mod arrivals;
pub mod audit;
pub mod credentials;
pub mod fields;
pub mod idempotency;
pub mod jwt;
pub mod mail;
pub mod orgs;
pub mod outbox;
pub mod passkeys;
pub mod roles;
pub mod secret_keys;
pub mod sessions;
pub mod sign_in;
pub mod throttles;
pub mod two_factor;
pub mod users;
pub mod verification;

pub mod features;

mod core;

pub use self::core::{AuthCore, Builder};
pub use ctx::{Actor, Ctx, Work};
pub use db::{Rx, Scope, Tx};
pub use fault::{Error, Failure, Kind, Result};
pub use settings::Settings;
