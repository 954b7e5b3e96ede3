//! The house itself: transactions, documents, doors, commands, starting and dying.

mod audit_verify;
mod bad_input;
mod closed_doors;
mod commands;
mod commands_remote;
mod contracts;
mod dying;
mod edge;
mod import;
mod import_command;
mod migrations;
mod openapi;
mod outbound;
mod replicas;
mod shared_commits;
mod simulate;
mod storage;
mod transactions;
mod web;
mod webhooks;
mod webhooks_many;
