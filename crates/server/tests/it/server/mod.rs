//! The house itself: transactions, documents, doors, commands, starting and dying.

mod bad_input;
mod closed_doors;
mod commands;
mod contracts;
mod dying;
mod edge;
mod migrations;
mod openapi;
mod shared_commits;
mod transactions;
