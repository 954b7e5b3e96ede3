//! One integration binary: every test runs against a real server, on SQLite and on PostgreSQL, from one text.
//!
//! What tests stand on is in `support`; each area has a folder of its own.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says so")]

#[allow(dead_code, reason = "the harness offers what the next test will want")]
mod support;

mod admin;
mod auth;
mod directory;
mod organizations;
mod scim;
mod server;
