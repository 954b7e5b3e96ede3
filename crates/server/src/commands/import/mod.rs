//! `portico import`: taking people, organizations and directories over from another system.
//!
//! A plan is the import itself in a transaction that is undone, so that what it says is what will be. Nothing is ever written
//! where it comes from.

mod better_auth;
mod opening;
mod report;
mod row;
mod source;

use clap::Subcommand;

use super::CommandError;
use crate::config::Config;

/// From where.
#[derive(Debug, Subcommand)]
pub enum From {
    /// A database of Better Auth, 1.4 to 1.7. Without --apply it says what would come, and changes nothing.
    BetterAuth(better_auth::Wanted),
}

pub(super) async fn command(config: &Config, from: &From) -> Result<(), CommandError> {
    match from {
        From::BetterAuth(wanted) => better_auth::command(config, wanted).await,
    }
}
