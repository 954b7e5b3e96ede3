//! `portico simulate okta`: an identity provider to try things out with. It needs no configuration.
//!
//! People and groups are made up, the same ones for the same seed; what is sent, and in which order, is what Okta sends:
//! the test of the credentials, assignments, profile updates, group push, and then changes as they happen in a company.

mod client;
mod people;
mod world;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use self::client::{Failure, Okta};
use self::people::DEPARTMENTS;
use self::world::World;
use super::CommandError;

/// Which identity provider.
#[derive(Debug, Subcommand)]
pub enum Provider {
    /// Okta, with an app whose users are assigned and whose groups are pushed.
    Okta(Wanted),
}

/// What is wanted.
#[derive(Args, Clone, Debug)]
pub struct Wanted {
    /// The base URL of the directory, as in <https://id.example/scim/v2>.
    #[arg(long)]
    pub url: String,
    /// A bearer token of the directory.
    #[arg(long, env = "PORTICO_SCIM_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// A file that holds it instead.
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    pub token_file: Option<PathBuf>,
    /// How many people are assigned.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub people: u32,
    /// The groups that are pushed, by their names; those of the departments unless said otherwise.
    #[arg(long, value_delimiter = ',', value_name = "NAME,NAME")]
    pub groups: Vec<String>,
    /// The domain of everybody's address.
    #[arg(long, default_value = "example.com")]
    pub domain: String,
    /// How many changes follow: people join, move, leave and come back, groups change.
    #[arg(long, default_value_t = 0)]
    pub changes: u32,
    /// How many milliseconds lie between two changes.
    #[arg(long, default_value_t = 1000, value_name = "MS")]
    pub interval_ms: u64,
    /// Another number, other people and other changes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// What it came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many people the identity provider has.
    pub people: usize,
    /// How many of them are assigned.
    pub active: usize,
    /// How many groups it pushes.
    pub groups: usize,
    /// How many people and groups the server refused to take as they are.
    pub refused: u32,
    /// How many requests were made.
    pub requests: u64,
}

/// Runs the command and prints what happens.
///
/// # Errors
/// As [`run`], and if the server refused anything.
pub(super) async fn command(provider: Provider) -> Result<(), CommandError> {
    let Provider::Okta(wanted) = provider;
    let outcome = run(&wanted, &mut std::io::stdout()).await?;
    match outcome.refused {
        0 => Ok(()),
        some => Err(CommandError::Other(format!("the server refused {some} of the changes"))),
    }
}

/// Plays the identity provider and tells what happens.
///
/// # Errors
/// If there is no usable URL or token, if the server does not accept the token or cannot be reached: then nothing more is
/// tried.
pub async fn run(wanted: &Wanted, out: &mut impl Write) -> Result<Outcome, CommandError> {
    let token = token(wanted)?;
    let okta = Okta::new(&wanted.url, &token).map_err(CommandError::Other)?;
    let groups = match wanted.groups.as_slice() {
        [] => DEPARTMENTS.iter().map(|(name, _)| (*name).to_owned()).collect(),
        given => given.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect(),
    };
    let mut world = World::new(okta, wanted.seed, &wanted.domain, groups);
    let played = play(&mut world, wanted, out).await;
    let outcome = world.outcome();
    match played {
        Ok(()) => {
            writeln!(
                out,
                "\n{} people, {} of them assigned; {} groups; {} requests, {} refused",
                outcome.people, outcome.active, outcome.groups, outcome.requests, outcome.refused
            )?;
            Ok(outcome)
        }
        Err(Stop::Failure(failure)) => Err(CommandError::Other(failure.to_string())),
        Err(Stop::Output(error)) => Err(error.into()),
    }
}

/// Why the play ends before its end.
enum Stop {
    Failure(Failure),
    Output(std::io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

async fn play(world: &mut World, wanted: &Wanted, out: &mut impl Write) -> Result<(), Stop> {
    writeln!(out, "Test of the credentials")?;
    world.test_credentials().await?;
    writeln!(out, "  the directory answers\n\nPeople")?;
    for _ in 0..wanted.people {
        let told = world.assign_next().await?;
        writeln!(out, "  {told}")?;
    }
    writeln!(out, "\nGroups")?;
    for place in 0..world.groups() {
        let told = world.push_group(place).await?;
        writeln!(out, "  {told}")?;
    }
    if wanted.changes > 0 {
        writeln!(out, "\nChanges")?;
    }
    for number in 1..=wanted.changes {
        if number > 1 {
            tokio::time::sleep(Duration::from_millis(wanted.interval_ms)).await;
        }
        let told = world.change().await?;
        writeln!(out, "  {told}")?;
        out.flush()?;
    }
    Ok(())
}

fn token(wanted: &Wanted) -> Result<String, CommandError> {
    let given = match (&wanted.token, &wanted.token_file) {
        (Some(token), _) => token.clone(),
        (None, Some(file)) => std::fs::read_to_string(file)
            .map_err(|error| CommandError::Other(format!("{}: {error}", file.display())))?,
        (None, None) => String::new(),
    };
    match given.trim() {
        "" => Err(CommandError::Other(
            "--token, --token-file or PORTICO_SCIM_TOKEN says what opens the directory".to_owned(),
        )),
        token => Ok(token.to_owned()),
    }
}
