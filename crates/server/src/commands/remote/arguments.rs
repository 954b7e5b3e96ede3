//! The table of commands as the parser of the command line sees it, and what was given as a request.

use std::io::Read as _;

use auth_core::ids::{DirectoryId, Id as _};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Subcommand, value_parser};
use reqwest::Method;
use serde_json::{Map, Value};

use super::client::{Client, Failure, Target};
use super::table::{API, AUDIT_EXPORT, AUDIT_LIST, Does, Form, Goes, NOUNS, Param, Verb, verbs};

/// The longest body that is read from a file or from the input, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;
/// How many directories are looked through at once for the one that was named.
const PAGE: u64 = 500;
/// What a command is below whose organization is not named.
const PLACE: &str = "{directory}";

/// A command of the table, with what was given.
#[derive(Clone, Debug)]
pub struct Remote {
    pub(super) verb: &'static Verb,
    pub(super) matches: ArgMatches,
}

/// `portico audit export`.
#[derive(Clone, Debug)]
pub struct AuditExport(pub(in super::super) Remote);

impl Subcommand for Remote {
    fn augment_subcommands(command: Command) -> Command {
        let nouns = NOUNS.iter().map(|(noun, about)| {
            let verbs = verbs()
                .filter(|verb| verb.noun == *noun)
                .map(|verb| takes(Command::new(verb.name).about(verb.about), verb));
            Command::new(*noun).about(*about).subcommand_required(true).arg_required_else_help(true).subcommands(verbs)
        });
        command.subcommand(takes(Command::new(API.name).about(API.about), &API)).subcommands(nouns)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        name == API.name || NOUNS.iter().any(|(noun, _)| *noun == name)
    }
}

impl FromArgMatches for Remote {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(ErrorKind::MissingSubcommand);
        let (noun, inner) = matches.subcommand().ok_or_else(missing)?;
        if noun == API.name {
            return Ok(Self { verb: &API, matches: inner.clone() });
        }
        let (name, inner) = inner.subcommand().ok_or_else(missing)?;
        let verb = verbs().find(|verb| verb.noun == noun && verb.name == name).ok_or_else(missing)?;
        Ok(Self { verb, matches: inner.clone() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// `portico audit list`.
#[derive(Clone, Debug)]
pub struct AuditList(pub(in super::super) Remote);

/// Makes a command of the table one below another noun than those of [`NOUNS`].
macro_rules! elsewhere {
    ($command:ident, $verb:ident) => {
        impl Args for $command {
            fn augment_args(command: Command) -> Command {
                takes(command, &$verb)
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }

        impl FromArgMatches for $command {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(Remote { verb: &$verb, matches: matches.clone() }))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }
    };
}

elsewhere!(AuditExport, AUDIT_EXPORT);
elsewhere!(AuditList, AUDIT_LIST);

/// What a command takes: its own, and what all of them take.
fn takes(command: Command, verb: &Verb) -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).help_heading("The instance")
    };
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let mut command = command.args(verb.params.iter().enumerate().map(|(n, param)| arg(n, param)));
    if verb.path.starts_with(PLACE) {
        let help = "The directory's organization; without this it is looked for";
        command = command.arg(Arg::new("organization").long("organization").value_name("ID").help(help));
    }
    if verb.does == Does::List {
        for (name, help) in [("limit", "At most so many entries"), ("offset", "Passing over so many first")] {
            let number = Arg::new(name).long(name).value_name("N").value_parser(value_parser!(u64));
            command = command.arg(number.help(help).conflicts_with("all-pages"));
        }
    }
    if matches!(verb.does, Does::List | Does::Any) {
        command = command.arg(flag("all-pages", "All of a list instead of a page"));
    }
    command
        .arg(option("url", "URL", "Its address").env("PORTICO_URL"))
        .arg(option("key-file", "FILE", "A file with a secret key; without this, PORTICO_SECRET_KEY is the key"))
        .arg(flag("json", "Prints JSON, as it does where the output is no terminal"))
        .arg(flag("table", "Prints what people read, as it does on a terminal").conflicts_with("json"))
}

fn arg(position: usize, param: &Param) -> Arg {
    let arg = Arg::new(param.name).help(param.help).required(param.needed);
    let positional = param.goes == Goes::Path || (param.goes == Goes::Nowhere && param.needed);
    let arg = if positional { arg.index(position + 1) } else { arg.long(param.name) };
    match param.form {
        Form::Text | Form::Place => arg,
        Form::Json => arg.value_name("JSON|@FILE|-").allow_hyphen_values(true),
        Form::Number => arg.value_name("N").value_parser(value_parser!(u64)),
        Form::List => arg.action(ArgAction::Append),
        Form::Flag(_) => arg.action(ArgAction::SetTrue),
    }
}

/// A request, as the command line says it.
pub(super) struct Asked {
    pub method: Method,
    pub target: Target,
    pub body: Option<Value>,
}

/// Makes a request of what was given.
pub(super) async fn read(verb: &Verb, matches: &ArgMatches, client: &Client) -> Result<Asked, Failure> {
    if verb.does == Does::Any {
        return any(matches);
    }
    let method = Method::from_bytes(verb.method.as_bytes()).map_err(Failure::local)?;
    let (mut target, mut body) = (Target { path: verb.path.to_owned(), query: Vec::new() }, Map::new());
    for param in verb.params {
        let text = || matches.get_one::<String>(param.name);
        match param.goes {
            Goes::Path => {
                let id = text().filter(|id| is_id(id));
                let id = id.ok_or_else(|| Failure::local(format!("<{}> cannot be an id", param.name)))?;
                let value = if param.name == "directory" { place(client, matches, id).await? } else { id.clone() };
                target.path = target.path.replace(&format!("{{{}}}", param.name), &value);
            }
            Goes::Query(name) => {
                if let Some(text) = text() {
                    target.query.push((name.to_owned(), text.clone()));
                }
            }
            Goes::Field(name) => {
                if let Some(value) = value(param, matches)? {
                    body.insert(name.to_owned(), value);
                }
            }
            Goes::Nowhere => {}
        }
    }
    if verb.does == Does::List {
        for name in ["limit", "offset"] {
            target.query.extend(matches.get_one::<u64>(name).map(|number| (name.to_owned(), number.to_string())));
        }
    }
    let body = (!body.is_empty()).then_some(Value::Object(body));
    Ok(Asked { method, target, body })
}

/// `portico api`.
fn any(matches: &ArgMatches) -> Result<Asked, Failure> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let method = text("method").unwrap_or_default().to_ascii_uppercase();
    if !matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE") {
        return Err(Failure::local(format!("{method:?} is none of GET, POST, PUT, PATCH and DELETE")));
    }
    let all = matches.get_flag("all-pages");
    let body = text("data").map(json).transpose()?;
    if all && (method != "GET" || body.is_some()) {
        return Err(Failure::local("--all-pages is for lists: GET without --data"));
    }
    let path = text("path").unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let mut query = Vec::new();
    for pair in matches.get_many::<String>("query").into_iter().flatten() {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| Failure::local(format!("--query {pair:?} is not NAME=VALUE")))?;
        query.push((name.to_owned(), value.to_owned()));
    }
    let method = Method::from_bytes(method.as_bytes()).map_err(Failure::local)?;
    Ok(Asked { method, target: Target { path, query }, body })
}

fn value(param: &Param, matches: &ArgMatches) -> Result<Option<Value>, Failure> {
    Ok(match param.form {
        Form::Text => matches.get_one::<String>(param.name).map(|text| text.as_str().into()),
        Form::Place => matches
            .get_one::<String>(param.name)
            .map(|text| text.parse::<u64>().map_or_else(|_| text.as_str().into(), Value::from)),
        Form::Number => matches.get_one::<u64>(param.name).map(|number| (*number).into()),
        Form::List => matches.get_many::<String>(param.name).map(|all| all.cloned().collect()),
        Form::Json => matches.get_one::<String>(param.name).map(|text| json(text)).transpose()?,
        Form::Flag(says) => matches.get_flag(param.name).then_some(says.into()),
    })
}

/// JSON, from the argument itself, a file or the input.
fn json(given: &str) -> Result<Value, Failure> {
    let failed = |problem: &dyn std::fmt::Display| Failure::local(format!("{given}: {problem}"));
    let text = if given == "-" {
        bounded(std::io::stdin().lock()).map_err(|error| failed(&error))?
    } else if let Some(file) = given.strip_prefix('@') {
        std::fs::File::open(file).and_then(bounded).map_err(|error| failed(&error))?
    } else {
        given.to_owned()
    };
    serde_json::from_str(&text).map_err(|error| failed(&format!("not JSON: {error}")))
}

fn bounded(source: impl std::io::Read) -> std::io::Result<String> {
    let mut text = String::new();
    source.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST { Err(std::io::Error::other("it is too large")) } else { Ok(text) }
}

fn is_id(text: &str) -> bool {
    DirectoryId::parse(text).is_some()
}

/// The path of a directory: below its organization, or the instance.
async fn place(client: &Client, matches: &ArgMatches, id: &str) -> Result<String, Failure> {
    let below = |organization: Option<&str>| match organization {
        Some(organization) => format!("/v1/organizations/{organization}/directories/{id}"),
        None => format!("/v1/directories/{id}"),
    };
    if let Some(organization) = matches.get_one::<String>("organization") {
        if !is_id(organization) {
            return Err(Failure::local("--organization cannot be an id"));
        }
        return Ok(below(Some(organization)));
    }
    let (mut passed, all) = (0_u64, Target { path: "/v1/directories".to_owned(), query: Vec::new() });
    loop {
        let page = all.with("limit", PAGE).with("offset", passed);
        let page = client.json(&Method::GET, &page, None).await?.unwrap_or_default();
        let Some(entries) = page["data"].as_array().filter(|entries| !entries.is_empty()) else {
            return Err(Failure::local(format!("there is no directory {id}")));
        };
        if let Some(found) = entries.iter().find(|entry| entry["id"] == id) {
            return Ok(below(found["organization_id"].as_str()));
        }
        passed += entries.len() as u64;
    }
}
