//! The protocol from outside: statement by statement, as providers really speak it, and beside a grammar that
//! others wrote.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod breakages;
mod oracle;
mod patching;
mod projecting;
mod properties;
mod providers;
mod seeds;
mod support;
