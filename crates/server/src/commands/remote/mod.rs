//! Commands that ask a running instance over `/v1`: `portico api`, and friendlier ones on top of the same client. They need
//! no configuration and no database; `PORTICO_URL` says where the instance is, `PORTICO_SECRET_KEY` opens it.
//!
//! * `table`: what there is, in data; `arguments`: as the parser sees it and as a request;
//! * `client`: requests and refusals; `show`: answers for people;
//! * here: what is done.

mod arguments;
mod client;
mod show;
mod table;

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::ArgMatches;
use reqwest::Method;
use serde_json::{Value, json};

use self::client::{Client, Failure, Target};
use self::table::{Does, Verb};
use super::terminal;

pub(super) use self::arguments::{AuditExport, AuditList, Remote};

/// How many entries are asked for at once where all are wanted.
const PAGE: u64 = 500;
/// How many seconds the instance waits for events before it answers without any.
const WAIT: u64 = 25;
/// How long to wait until the stream is asked for again after a failure, at first and at most.
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_AT_MOST: Duration = Duration::from_secs(30);

/// Runs a command. What was refused is told on the error output, and by the exit status: 4 for 4xx, 5 for 5xx.
pub(super) fn main(remote: &Remote) -> ExitCode {
    match actix_web::rt::System::new().block_on(run(remote.verb, &remote.matches)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("portico: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

/// How answers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// For people.
    Table,
    /// One line of JSON.
    Json,
}

async fn run(verb: &'static Verb, matches: &ArgMatches) -> Result<(), Failure> {
    let form = match (matches.get_flag("json"), matches.get_flag("table")) {
        (_, true) => Form::Table,
        (false, false) if std::io::stdout().is_terminal() && verb.does != Does::Any => Form::Table,
        _ => Form::Json,
    };
    let address = matches
        .get_one::<String>("url")
        .ok_or_else(|| Failure::local("PORTICO_URL or --url says where the instance is"))?;
    let client = Client::new(address, matches.get_one::<String>("key-file").map(String::as_str))?;
    let asked = arguments::read(verb, matches, &client).await?;
    match verb.does {
        Does::Call => {
            if let Some(answer) = client.json(&asked.method, &asked.target, asked.body.as_ref()).await? {
                print(&match form {
                    Form::Json => terminal::json(&answer),
                    Form::Table => show::lines(&answer),
                })?;
            }
            Ok(())
        }
        Does::Any if matches.get_flag("all-pages") => list(&client, &asked.target, true, &[], Form::Json).await,
        Does::Any => {
            if let Some(answer) = client.json(&asked.method, &asked.target, asked.body.as_ref()).await? {
                print(&terminal::json(&answer))?;
            }
            Ok(())
        }
        Does::List => list(&client, &asked.target, matches.get_flag("all-pages"), verb.columns, form).await,
        Does::Tail => {
            let count = matches.get_one::<u64>("count").copied();
            tail(&client, asked.target, count, verb.columns, form).await
        }
        Does::Download => {
            let mut answer = client.send(&asked.method, &asked.target, None).await?;
            let mut out = std::io::stdout().lock();
            while let Some(part) = answer.chunk().await.map_err(Failure::local)? {
                out.write_all(&part).map_err(Failure::local)?;
            }
            out.flush().map_err(Failure::local)
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::local)
}

/// A page, or all of them: by the cursor where the list gives one in this order, else by how many were passed over.
async fn list(client: &Client, target: &Target, all: bool, columns: &[&str], form: Form) -> Result<(), Failure> {
    let cursor = if target.path.ends_with("/events") { "after" } else { "cursor" };
    let given = target.query.iter().rfind(|(name, _)| name == "offset").and_then(|(_, n)| n.parse::<u64>().ok());
    let skipped = given.unwrap_or_default();
    let mut next = if all { target.with("limit", PAGE) } else { target.clone() };
    let mut by_cursor = false;
    let mut found = Vec::new();
    let mut total = None;
    let mut answer: Value;
    loop {
        let page = client.json(&Method::GET, &next, None).await?.unwrap_or_default();
        let Some(entries) = page["data"].as_array().cloned() else {
            return Err(Failure::local("the answer is no list: --all-pages is for lists"));
        };
        let last = entries.is_empty();
        found.extend(entries);
        // Who reads on by a cursor is not told again.
        total = total.or(page["total_count"].as_u64());
        let position = page["next_cursor"].as_str().map(str::to_owned);
        answer = page;
        if !all || last {
            break;
        }
        next = match position {
            // What was to be passed over is behind the cursor already.
            Some(position) => {
                by_cursor = true;
                target.without("offset").with("limit", PAGE).with(cursor, position)
            }
            None if by_cursor => break,
            None => {
                let passed = skipped + found.len() as u64;
                if total.is_none_or(|total| passed >= total) {
                    break;
                }
                target.with("limit", PAGE).with("offset", passed)
            }
        };
    }
    match form {
        Form::Table => {
            let mut text = show::table(columns, &found);
            if let Some(total) = total.filter(|total| *total > found.len() as u64) {
                let _ = writeln!(text, "\n{} of {total}; --limit, --offset or --all-pages show more", found.len());
            }
            print(&text)
        }
        Form::Json => {
            if all {
                answer = json!({ "total_count": total });
            }
            answer["data"] = found.into();
            print(&terminal::json(&answer))
        }
    }
}

/// Where the stream ends at present.
async fn newest(client: &Client, target: &Target) -> Result<String, Failure> {
    let one = target.with("limit", 1);
    let first = client.json(&Method::GET, &one, None).await?.unwrap_or_default();
    let passed = first["total_count"].as_u64().unwrap_or_default().saturating_sub(1);
    let last = client.json(&Method::GET, &one.with("offset", passed), None).await?.unwrap_or_default();
    Ok(last["next_cursor"].as_str().or(first["next_cursor"].as_str()).unwrap_or("0").to_owned())
}

/// Events as they come. What fails on the way is tried again; what the instance refuses ends it.
async fn tail(
    client: &Client,
    target: Target,
    count: Option<u64>,
    columns: &[&str],
    form: Form,
) -> Result<(), Failure> {
    let mut next = if target.query.iter().any(|(name, _)| name == "after") {
        target
    } else {
        let last = newest(client, &target).await?;
        target.with("after", last)
    };
    let (mut left, mut pause) = (count, AGAIN);
    while left != Some(0) {
        let asked = next.with("wait", WAIT).with("limit", PAGE.min(left.unwrap_or(PAGE)));
        let page = match client.json(&Method::GET, &asked, None).await {
            Ok(page) => page.unwrap_or_default(),
            Err(failure) => {
                let after = match &failure {
                    Failure::Refused { status: 429 | 502..=504, retry_after, .. } => {
                        retry_after.map(Duration::from_secs)
                    }
                    Failure::Local(_) => None,
                    Failure::Refused { .. } => return Err(failure),
                };
                eprintln!("portico: {failure}; trying again");
                tokio::time::sleep(after.unwrap_or(pause).clamp(AGAIN, AGAIN_AT_MOST)).await;
                pause = (pause * 2).min(AGAIN_AT_MOST);
                continue;
            }
        };
        pause = AGAIN;
        for event in page["data"].as_array().into_iter().flatten() {
            print(&match form {
                Form::Json => terminal::json(event),
                Form::Table => show::row(columns, event),
            })?;
            left = left.map(|left| left.saturating_sub(1));
        }
        if let Some(position) = page["next_cursor"].as_str() {
            next = next.with("after", position);
        }
    }
    Ok(())
}
