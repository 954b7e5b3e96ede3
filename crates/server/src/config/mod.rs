//! The configuration: read once at the start, checked as a whole, handed on as plain settings.
//!
//! `load` knows the layers and the names, `read` turns values into types and says what is wrong with them. What the
//! settings mean is written in `config.default.toml` and, for the core and the dialects, in their own `Settings`.

mod fields;
mod i18n;
mod load;
mod organization;
mod phone;
mod read;
mod redis;
mod social;
mod throttle;
mod tokens;

use std::fmt;
use std::path::{Path, PathBuf};

use auth_core::secret::{InstanceSecret, Secret};

pub use load::{DEFAULT, variable};

/// Everything that was configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// The process and its listener.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// The Redis in which replicas count together, if there is one.
    pub redis: Option<Redis>,
    /// The instance's secret, if it was given.
    pub secret: Option<InstanceSecret>,
    /// The address of the first platform admin.
    pub first_admin: String,
    /// How mail leaves.
    pub mail: Mail,
    /// How short messages leave.
    pub sms: Sms,
    /// The name servers that are asked; those of the system if there are none.
    pub name_servers: Vec<std::net::SocketAddr>,
    /// The log.
    pub log: Log,
    core: auth_core::Settings,
    edge: Edge,
}

/// The process and its listener.
#[derive(Clone, Debug)]
pub struct Server {
    /// `host:port`.
    pub listen: String,
    /// The folder of generated secrets.
    pub data: PathBuf,
    /// Threads that serve requests.
    pub workers: usize,
    /// What the listener allows.
    pub http: crate::app::HttpOptions,
}

/// The database.
#[derive(Clone, Debug)]
pub struct Database {
    /// `sqlite://…` or `postgres://…`.
    pub url: String,
    /// Whether `serve` migrates.
    pub migrate: bool,
}

/// A Redis.
#[derive(Clone, Debug)]
pub struct Redis {
    /// `redis://…` or `rediss://…`. It may hold a password.
    pub url: Secret,
    /// What all keys begin with.
    pub prefix: String,
    /// How long it may take to answer, a connection included, before the database does what it was asked for.
    pub timeout: std::time::Duration,
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct Mail {
    /// By which way.
    pub transport: MailTransport,
    /// The sender.
    pub from: String,
}

/// A way for mail to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailTransport {
    /// To an SMTP server.
    Smtp {
        /// `smtp://` or `smtps://`.
        url: String,
    },
    /// Into files.
    File {
        /// Their folder.
        folder: PathBuf,
    },
    /// Into the log.
    Log,
}

/// How short messages leave.
#[derive(Clone, Debug)]
pub enum Sms {
    /// By a request to a gateway.
    Gateway(Gateway),
    /// Into the log.
    Log,
}

/// A gateway that sends short messages.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Its address.
    pub url: String,
    /// The method.
    pub method: reqwest::Method,
    /// The form of the body.
    pub form: BodyForm,
    /// Headers, of which some are secrets.
    pub headers: Vec<(reqwest::header::HeaderName, Secret)>,
    /// The body, with `{phone_number}`, `{code}` and `{text}` in it.
    pub body: String,
    /// How many seconds it may take.
    pub timeout: u64,
}

/// The form of a body, which says how what comes into it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyForm {
    /// JSON: the places are inside of strings.
    Json,
    /// A form of the web: the places are values.
    Form,
}

/// The log.
#[derive(Clone, Debug)]
pub struct Log {
    /// Whether lines are JSON.
    pub format: LogFormat,
    /// What is logged, in the words of `RUST_LOG`.
    pub filter: String,
    /// Whether each request is a line.
    pub requests: bool,
}

/// The form of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// JSON.
    Json,
    /// For people.
    Pretty,
    /// For people on a terminal, JSON elsewhere.
    Auto,
}

/// What the dialects are told.
#[derive(Clone, Debug)]
struct Edge {
    trusted_origins: Vec<String>,
    trusted_proxies: Vec<api_kit::Cidr>,
    cookie_prefix: String,
    cookie_domain: Option<String>,
    body_limit: usize,
    error_url: Option<String>,
    rate_limit_enabled: bool,
    rate_limit_window: u32,
    rate_limit_max: u32,
    directory_flow: api_kit::bucket::Flow,
    branding: api_kit::branding::Branding,
    translations: api_kit::Translations,
    reach: api_kit::Reach,
    request_log: bool,
    request_log_body_limit: usize,
}

impl Config {
    /// Reads the default file, the operator's if there is one, and the environment of this process.
    ///
    /// # Errors
    /// All faults at once.
    pub fn load(file: Option<&Path>) -> Result<Self, Faults> {
        Self::from_layers(
            file,
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
        )
    }

    /// The same with another environment.
    ///
    /// # Errors
    /// All faults at once.
    pub fn from_layers(file: Option<&Path>, env: impl Iterator<Item = (String, String)>) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let values = load::layers(file, env, &mut faults);
        match read::config(&values, &mut faults) {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(Faults(faults)),
        }
    }

    /// The core's settings, under the secret that was configured or generated.
    #[must_use]
    pub fn settings(&self, secret: InstanceSecret) -> auth_core::Settings {
        auth_core::Settings { secret, ..self.core.clone() }
    }

    /// The address under which people reach this instance.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.core.public_url
    }

    /// The dialects' settings.
    #[must_use]
    pub fn kit(&self) -> api_kit::Settings {
        let defaults = api_kit::Settings::new(self.public_url());
        api_kit::Settings {
            trusted_origins: self.edge.trusted_origins.clone(),
            trusted_proxies: self.edge.trusted_proxies.clone(),
            cookies: api_kit::Cookies::new(
                &self.edge.cookie_prefix,
                defaults.https,
                self.edge.cookie_domain.as_deref(),
            ),
            body_limit: self.edge.body_limit,
            error_url: self.edge.error_url.clone(),
            rate_limit_enabled: self.edge.rate_limit_enabled,
            rate_limit_window: self.edge.rate_limit_window,
            rate_limit_max: self.edge.rate_limit_max,
            directory_flow: self.edge.directory_flow,
            branding: self.edge.branding.clone(),
            translations: self.edge.translations.clone(),
            reach: self.edge.reach.clone(),
            request_log: self.edge.request_log,
            request_log_body_limit: self.edge.request_log_body_limit,
            ..defaults
        }
    }
}

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting, as it was written.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl Fault {
    fn new(key: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { key: key.to_owned(), problem: problem.into(), remedy: remedy.into() }
    }
}

/// All that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} fault{}:", self.0.len(), if self.0.len() == 1 { "" } else { "s" })?;
        for Fault { key, problem, remedy } in &self.0 {
            write!(f, "\n  {key}: {problem}; {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

#[cfg(test)]
mod tests;
