//! `portico conformance`: black-box checks of a SCIM server, ours or any other. It needs no configuration.

use std::path::PathBuf;

use auth_core::clock::SystemChance;
use auth_core::secret::random_text;
use clap::{ArgGroup, Args};
use scim_conformance::{Credential, Format, Options, Profile, Target};

use super::CommandError;

/// What is wanted.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("credential").args(["token", "basic"]))]
pub(super) struct Wanted {
    /// The base URL, below which /Users is.
    #[arg(long, required_unless_present = "list")]
    url: Option<String>,
    /// A bearer token of the server.
    #[arg(long, env = "PORTICO_CONFORMANCE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// A user and a password instead.
    #[arg(long, value_name = "USER:PASSWORD")]
    basic: Option<String>,
    /// Whose habits: rfc, an identity provider, or all. Can be repeated.
    #[arg(long, default_value = "all")]
    profile: Vec<String>,
    /// The form of the report: text, json or junit.
    #[arg(long, default_value = "text")]
    format: Format,
    /// Writes the report there, and only the counts to the output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only checks whose id begins so. Can be repeated.
    #[arg(long, value_name = "ID-PREFIX")]
    only: Vec<String>,
    /// Lists the checks instead of running them.
    #[arg(long)]
    list: bool,
}

/// Runs or lists the checks; whether nothing failed that the standards demand.
pub(super) async fn run(wanted: Wanted) -> Result<bool, CommandError> {
    let other = |error: &dyn std::fmt::Display| CommandError::Other(error.to_string());
    let mut options = Options::new(random_text(&SystemChance, 8).to_lowercase());
    options.only.clone_from(&wanted.only);
    if !wanted.profile.iter().any(|name| name == "all") {
        let read = wanted.profile.iter().map(|name| name.parse()).collect::<Result<Vec<Profile>, _>>();
        options.profiles = read.map_err(|error| other(&error))?;
    }
    if wanted.list {
        for check in scim_conformance::listed(&options) {
            println!("{}\t{}\t{}\t{}", check.id, check.severity, check.title, check.source);
        }
        return Ok(true);
    }
    let credential = match (wanted.token, wanted.basic) {
        (Some(token), None) => Credential::Bearer(token),
        (None, Some(basic)) => match basic.split_once(':') {
            Some((user, password)) => Credential::Basic { user: user.to_owned(), password: password.to_owned() },
            None => return Err(CommandError::Other("--basic is USER:PASSWORD".to_owned())),
        },
        _ => return Err(CommandError::Other("--token or --basic says what opens the server".to_owned())),
    };
    let target = Target::new(&wanted.url.unwrap_or_default(), credential).map_err(|error| other(&error))?;
    let report = scim_conformance::run(target, options).await.map_err(CommandError::Other)?;
    if report.checks.is_empty() {
        return Err(CommandError::Other("no check is so called; --list shows them".to_owned()));
    }
    let rendered = report.render(wanted.format);
    if let Some(file) = wanted.output {
        std::fs::write(&file, rendered)?;
        let (passed, failed, skipped) = report.counts();
        println!("conformance: {passed} passed, {failed} failed, {skipped} skipped");
    } else {
        print!("{rendered}");
    }
    Ok(report.conforms())
}
