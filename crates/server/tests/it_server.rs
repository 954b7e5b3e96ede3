//! The binary and what all dialects share: contracts, commands, edges, webhooks, replicas. Every test runs against a real server, on SQLite and on PostgreSQL, from one text.
//!
//! What tests stand on is in `it/support`. Each area is a binary of its own, so that a change builds one of them.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says so")]

#[path = "it/server/mod.rs"]
mod server;
#[allow(dead_code, unused_imports, unused_macros, reason = "the harness offers what the next test will want")]
#[path = "it/support/mod.rs"]
mod support;
