//! `portico import better-auth`: people, their ways in, organizations and directories of a Better Auth database.
//!
//! What is there is read here and put into the words of the core; whether it may be here is the core's decision, at the door of
//! the module that owns it (`take_over`). All of it is one transaction, which for a plan is undone.

mod directories;
mod organizations;
mod people;
mod tables;

use std::collections::HashMap;
use std::path::PathBuf;

use auth_core::arrivals::{self, Came};
use auth_core::fields::{self, By, Given};
use auth_core::secret::Secret;
use auth_core::settings::{FieldSettings, FieldsSettings};
use auth_core::{AuthCore, Ctx, Tx};
use clap::Args;
use futures_util::StreamExt as _;
use tokio::sync::Mutex;

use super::opening;
use super::report::{Report, Untaken};
use super::row::Row;
use super::source::{self, Found, Query, Source, Table};
use crate::commands::{CommandError, terminal};
use crate::compose;
use crate::config::Config;

/// How many names of rows are listed that are not taken.
const NAMES: usize = 50;

/// What is wanted.
#[derive(Args, Clone, Debug)]
pub struct Wanted {
    /// The database that is read, <sqlite:///path/to/file> or <postgres://user:password@host/name>. It is not written to.
    #[arg(long, value_name = "URL", env = "PORTICO_IMPORT_FROM", hide_env_values = true)]
    pub from: String,
    /// The environment variable that holds `BETTER_AUTH_SECRET`, without which second factors and sessions stay behind.
    #[arg(long, value_name = "NAME", conflicts_with = "secret_file")]
    pub secret_env: Option<String>,
    /// A file that holds it instead.
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Whose a directory is, where the source does not say: PROVIDER=ORGANIZATION, or PROVIDER=instance. May be repeated.
    #[arg(long, value_name = "PROVIDER=ID", value_parser = pair)]
    pub directory: Vec<(String, String)>,
    /// What a table is called, if it has another name there: user=people. May be repeated.
    #[arg(long, value_name = "MODEL=NAME", value_parser = pair)]
    pub table: Vec<(String, String)>,
    /// Does it. Otherwise it is said what would be done.
    #[arg(long)]
    pub apply: bool,
    /// Prints the report as JSON.
    #[arg(long)]
    pub json: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it has the form NAME=VALUE".to_owned()),
    }
}

pub(super) async fn command(config: &Config, wanted: &Wanted) -> Result<(), CommandError> {
    let secret = secret(wanted)?;
    let source = Source::open(&wanted.from).await?;
    let core = compose::core(config, wanted.apply).await?;
    if !compose::pending(core.db()).await?.is_empty() {
        let text = "the schema of this instance is not up to date, and a plan changes nothing: portico migrate does it";
        return Err(CommandError::Other(text.to_owned()));
    }
    let report = run(&core, source, wanted, secret).await;
    core.db().close().await?;
    let report = report.map_err(|error| CommandError::Other(terminal::line(&error.to_string())))?;
    if wanted.json {
        let answer = serde_json::to_value(&report).map_err(|error| CommandError::Other(error.to_string()))?;
        print!("{}", terminal::json(&answer));
    } else {
        print!("{report}");
    }
    Ok(())
}

fn secret(wanted: &Wanted) -> Result<Option<Secret>, CommandError> {
    let text = match (&wanted.secret_env, &wanted.secret_file) {
        (Some(name), _) => std::env::var(name)
            .map_err(|_| CommandError::Other(format!("the environment variable {name} is not set, or is no text")))?,
        (None, Some(file)) => std::fs::read_to_string(file)
            .map_err(|error| CommandError::Other(format!("{}: {error}", file.display())))?,
        (None, None) => return Ok(None),
    };
    let text = text.trim();
    if text.is_empty() {
        Err(CommandError::Other("the secret is empty".to_owned()))
    } else {
        Ok(Some(Secret::new(text)))
    }
}

/// Takes everything over, in one transaction.
async fn run(
    core: &AuthCore,
    mut source: Source,
    wanted: &Wanted,
    secret: Option<Secret>,
) -> Result<Report, CommandError> {
    let mut tables = source.tables().await.map_err(unreadable)?;
    for (model, name) in &wanted.table {
        let found = tables.remove(&source::fold(name));
        let found = found.ok_or_else(|| CommandError::Other(format!("the source has no table {name}")))?;
        tables.insert(source::fold(model), found);
    }
    if ["user", "account"].iter().any(|name| source::find(&tables, name).is_none()) {
        let text = "the source has no tables user and account: is it a database of Better Auth? (--table user=NAME)";
        return Err(CommandError::Other(text.to_owned()));
    }
    let ctx = Ctx::system("import");
    let ctx = if wanted.apply { ctx } else { ctx.as_dry_run() };
    let kind = source.kind();
    let fields = core.settings().fields.clone();
    let import = Import { source: Mutex::new(source), tables, wanted, secret, fields };
    let done = core
        .write(&ctx, async |tx| {
            let mut report = Report { applied: wanted.apply, source: kind, ..Report::default() };
            import.take(tx, &mut report).await?;
            let taken = report.taken();
            if taken.as_object().is_some_and(|kinds| !kinds.is_empty()) {
                arrivals::applied(tx, "better-auth", &taken)?;
            }
            Ok::<_, auth_core::Error>(report)
        })
        .await;
    import.source.into_inner().close().await;
    Ok(done?)
}

/// What there is to import from.
struct Import<'a> {
    source: Mutex<Source>,
    tables: HashMap<String, Found>,
    wanted: &'a Wanted,
    secret: Option<Secret>,
    fields: FieldsSettings,
}

impl Import<'_> {
    /// Everything, in an order in which what something belongs to comes before it.
    async fn take(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        self.users(tx, report).await?;
        self.accounts(tx, report).await?;
        self.two_factors(tx, report).await?;
        self.passkeys(tx, report).await?;
        self.organizations(tx, report).await?;
        self.members(tx, report).await?;
        self.teams(tx, report).await?;
        self.invitations(tx, report).await?;
        self.api_keys(tx, report).await?;
        self.directories_of_1_6(tx, report).await?;
        self.directories_of_1_7(tx, report).await?;
        self.sessions(tx, report).await?;
        self.rest(report).await
    }

    fn found(&self, table: &Table) -> Option<&Found> {
        source::find(&self.tables, table.name)
    }

    /// Takes each row of a table, by id. What is none of the kind is not counted.
    async fn each<C: Into<Option<Came>>>(
        &self,
        tx: &mut Tx,
        report: &mut Report,
        (kind, table): (&'static str, &Table),
        take: impl AsyncFn(&mut Tx, &Row) -> auth_core::Result<C>,
    ) -> auth_core::Result<()> {
        let Some(found) = self.found(table) else { return Ok(()) };
        report.begin(kind);
        let declared = self.declared(table).iter().map(|field| field.name.as_str());
        let columns: Vec<&str> = table.fields.iter().copied().chain(declared).collect();
        self.each_of(tx, report, kind, &Query::all(found, &columns), take).await
    }

    /// The fields that the operator added to what a table holds.
    fn declared(&self, table: &Table) -> &[FieldSettings] {
        match table.name {
            "user" => &self.fields.user,
            "organization" => &self.fields.organization,
            "member" => &self.fields.member,
            "invitation" => &self.fields.invitation,
            "team" => &self.fields.team,
            "organizationRole" => &self.fields.role,
            "session" => &self.fields.session,
            _ => &[],
        }
    }

    /// What a row has in them, and what cannot be read.
    fn additional(&self, table: &Table, row: &Row) -> (Given, Vec<arrivals::Words>) {
        let (mut values, mut lost) = (serde_json::Map::new(), Vec::new());
        let there = |field: &&FieldSettings| self.found(table).is_some_and(|found| found.has(&field.name));
        for field in self.declared(table).iter().filter(there) {
            match row.declared(field) {
                Some(value) if value.is_null() && field.required => {}
                Some(value) => {
                    values.insert(field.name.clone(), value);
                }
                None => lost.push(format!("its {}, which is not as it is declared here", field.name).into()),
            }
        }
        (fields::read(self.declared(table), &values, true, By::BackEnd).unwrap_or_default(), lost)
    }

    /// Takes each row of a query.
    async fn each_of<C: Into<Option<Came>>>(
        &self,
        tx: &mut Tx,
        report: &mut Report,
        kind: &'static str,
        query: &Query,
        take: impl AsyncFn(&mut Tx, &Row) -> auth_core::Result<C>,
    ) -> auth_core::Result<()> {
        let mut source = self.source.lock().await;
        let mut rows = source.rows(query);
        while let Some(row) = rows.next().await {
            let row = row.map_err(auth_core::Error::internal)?;
            let came = match row.unreadable() {
                Some(refused) => Some(refused),
                None => take(tx, &row).await?.into(),
            };
            if let Some(came) = came {
                report.count(kind, &row.texts("id"), &came);
            }
        }
        Ok(())
    }

    /// All rows of a table of which there are few.
    async fn few(&self, table: &Table) -> auth_core::Result<Vec<Row>> {
        let Some(found) = self.found(table) else { return Ok(Vec::new()) };
        let query = Query::all(found, table.fields);
        let mut source = self.source.lock().await;
        let rows: Vec<_> = source.rows(&query).collect().await;
        rows.into_iter().map(|row| row.map_err(auth_core::Error::internal)).collect()
    }

    /// What Better Auth has encrypted.
    fn opened(&self, sealed: &str) -> Option<Secret> {
        opening::open(self.secret.as_ref()?, sealed)
    }

    /// What is not taken: tables, and columns of those that are.
    async fn rest(&self, report: &mut Report) -> auth_core::Result<()> {
        for table in tables::TAKEN {
            let others = self.found(table).map(|found| found.others(table, self.declared(table))).unwrap_or_default();
            if !others.is_empty() {
                report.other_columns.insert(table.name.to_owned(), others);
            }
        }
        for (table, why, names) in tables::UNTAKEN {
            let Some(found) = source::find(&self.tables, table) else { continue };
            let mut source = self.source.lock().await;
            let rows = source.count(found).await.map_err(auth_core::Error::internal)?;
            if rows == 0 {
                continue;
            }
            let mut listed = Vec::new();
            if let Some(column) = names.filter(|column| found.has(column)) {
                let query = Query::all(found, &[column]);
                let mut all = source.rows(&query);
                while let Some(row) = all.next().await {
                    listed.extend(row.map_err(auth_core::Error::internal)?.text(column));
                    if listed.len() >= NAMES {
                        break;
                    }
                }
            }
            report.not_taken.push(Untaken { table: (*table).to_owned(), rows, why, names: listed });
        }
        Ok(())
    }
}

/// The same thing, with more that could not be taken of it.
fn without(came: Came, more: impl IntoIterator<Item = arrivals::Words>) -> Came {
    match came {
        Came::New(mut without) => {
            without.extend(more);
            Came::New(without)
        }
        other => other,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "handed to `map_err`")]
fn unreadable(error: source::Failure) -> CommandError {
    CommandError::Other(format!("the source cannot be read: {error}"))
}
