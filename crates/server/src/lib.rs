//! The binary `portico`: configuration, composition, background workers, commands.
//!
//! The only crate that knows all the others. It contains no rule and no wire type of a dialect. It is a library so
//! that the tests run what production runs, in their own process.

pub mod app;
pub mod commands;
pub mod compose;
pub mod config;
pub mod dns;
pub mod docs;
pub mod drain;
pub mod health;
pub mod metrics;
pub mod openapi;
pub mod outbound;
pub mod redis;
pub mod secrets;
pub mod self_test;
pub mod sms;
pub mod telemetry;
pub mod web;
pub mod well_known;
pub mod worker;
