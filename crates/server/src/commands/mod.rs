//! The commands of the binary. Answers go to the output, everything else to the error output.

mod audit;
mod audit_csv;
pub mod bootstrap;
mod conformance;
pub mod doctor;
mod first_admin;
mod health;
mod import;
mod keys;
mod migrate;
mod openapi;
mod receipt;
mod remote;
mod serve;
pub mod simulate;
mod terminal;
mod token;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::telemetry;

/// Portico: sign-in, organizations and SCIM provisioning in one binary.
#[derive(Debug, Parser)]
#[command(name = "portico", version)]
pub struct Cli {
    /// A configuration file; what it may say is in the default file, which `portico config` prints.
    #[arg(long, global = true, env = "PORTICO_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers requests until it is told to end.
    Serve(ServeArgs),
    /// Brings the database's schema up to date.
    Migrate,
    /// Prints the OpenAPI document, or writes those of the dialects into the source tree.
    Openapi {
        /// Writes crates/*/openapi.json instead.
        #[arg(long)]
        write: bool,
    },
    /// Makes (or finds) the first admin, an organization and its first directory, and prints what opens them as JSON.
    Bootstrap(bootstrap::Wanted),
    /// Checks configuration, database, migrations, mail and clock, and says what to do about each fault.
    Doctor,
    /// Asks the running instance whether it is ready; for health checks.
    Health,
    /// Takes people, organizations and directories over from another system.
    #[command(subcommand)]
    Import(import::From),
    /// SCIM tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Receipts: what proves that access ended.
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// The audit: who did what.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Runs black-box checks against a SCIM server, this one or any other, and reports. The exit status is 1 if something
    /// failed that the standards demand.
    Conformance(conformance::Wanted),
    /// Plays an identity provider to try a directory out with: people, groups, and changes over time.
    #[command(subcommand)]
    Simulate(simulate::Provider),
    /// Prints the default configuration, which explains every setting.
    Config,
    #[command(flatten)]
    Remote(remote::Remote),
}

#[derive(Args, Debug)]
struct ServeArgs {
    /// Makes a platform admin with a generated password, and prints it, if the database has none.
    #[arg(long)]
    ensure_admin: bool,
}

#[derive(Debug, Subcommand)]
enum ReceiptCommand {
    /// Proves a receipt by the published keys of the instance, offline. The exit status is 0 if it is proven.
    Verify(receipt::Verify),
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Checks that the chains of the audit are whole, in the database or in an export. The exit status is 0 if they are.
    Verify(audit::Verify),
    /// Writes the audit of a running instance to the output, for keeping and for `audit verify --file`.
    Export(remote::AuditExport),
    /// Lists the entries of the audit of a running instance, newest first.
    List(remote::AuditList),
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Makes a token for the oldest directory of an organization and prints it as JSON.
    Create {
        /// The organization's id.
        #[arg(long, value_name = "ID")]
        organization: String,
    },
}

/// Runs a command.
#[must_use]
pub fn main(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Openapi { write } => return end(openapi::run(write)),
        Command::Receipt(ReceiptCommand::Verify(wanted)) => {
            return end(actix_web::rt::System::new().block_on(receipt::command(&wanted)));
        }
        Command::Audit(AuditCommand::Verify(wanted)) if wanted.is_offline() => {
            return end(actix_web::rt::System::new().block_on(audit::file(&wanted)));
        }
        Command::Remote(wanted)
        | Command::Audit(
            AuditCommand::Export(remote::AuditExport(wanted)) | AuditCommand::List(remote::AuditList(wanted)),
        ) => {
            return remote::main(&wanted);
        }
        Command::Conformance(wanted) => {
            return match actix_web::rt::System::new().block_on(conformance::run(wanted)) {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::FAILURE,
                Err(error) => end(Err(error)),
            };
        }
        Command::Simulate(provider) => {
            return end(actix_web::rt::System::new().block_on(simulate::command(provider)));
        }
        Command::Config => {
            print!("{}", crate::config::DEFAULT);
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let config = match Config::load(cli.config.as_deref()) {
        Ok(config) => config,
        Err(faults) => {
            eprintln!("portico: {faults}");
            return ExitCode::FAILURE;
        }
    };
    if matches!(cli.command, Command::Health) {
        return end(health::run(&config));
    }
    telemetry::start(&config.log);
    actix_web::rt::System::new().block_on(async {
        match cli.command {
            Command::Serve(args) => end(serve::run(&config, args.ensure_admin).await),
            Command::Migrate => end(migrate::run(&config).await),
            Command::Bootstrap(wanted) => end(bootstrap::command(&config, &wanted).await),
            Command::Import(from) => end(import::command(&config, &from).await),
            Command::Doctor => doctor::command(&config).await,
            Command::Token(TokenCommand::Create { organization }) => end(token::create(&config, &organization).await),
            Command::Audit(AuditCommand::Verify(wanted)) => end(audit::database(&config, &wanted).await),
            Command::Conformance(_)
            | Command::Remote(_)
            | Command::Audit(AuditCommand::Export(_) | AuditCommand::List(_))
            | Command::Openapi { .. }
            | Command::Receipt(_)
            | Command::Simulate(_)
            | Command::Config
            | Command::Health => ExitCode::SUCCESS,
        }
    })
}

fn end<E: Display>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("portico: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What went wrong in a command, for the person at the terminal.
#[derive(Debug)]
pub enum CommandError {
    /// The instance could not be put together.
    Compose(crate::compose::Fault),
    /// The core refused.
    Core(auth_core::Error),
    /// Something else.
    Other(String),
}

impl Display for CommandError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Compose(fault) => fault.fmt(f),
            // Here, unlike over HTTP, the reader is the operator.
            Self::Core(error) => match std::error::Error::source(error) {
                Some(source) => write!(f, "{}: {source}", error.public_message()),
                None => f.write_str(error.public_message()),
            },
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for CommandError {}

impl From<crate::compose::Fault> for CommandError {
    fn from(fault: crate::compose::Fault) -> Self {
        Self::Compose(fault)
    }
}

impl From<auth_core::Error> for CommandError {
    fn from(error: auth_core::Error) -> Self {
        Self::Core(error)
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.to_string())
    }
}
