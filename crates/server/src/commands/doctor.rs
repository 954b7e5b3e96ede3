//! `portico doctor`: what keeps an instance from working, and what to do about it.

use std::process::ExitCode;

use auth_core::clock::{Clock as _, SystemClock, Timestamp};
use auth_core::db::Db;
use auth_core::outbox;
use auth_core::{AuthCore, Ctx};

use crate::config::{Config, Mail, MailTransport, Redis as Options};
use crate::redis::Redis;
use crate::{compose, secrets};

/// 2026-01-01: a clock before that is not set.
const RELEASED: Timestamp = Timestamp(1_767_225_600_000);
/// How far the newest row may lie in the future.
const SKEW: i64 = 60;

/// The result of one check.
enum Finding {
    Good(String),
    Bad { problem: String, remedy: String },
}

use Finding::{Bad, Good};

fn bad(problem: &impl ToString, remedy: &str) -> Finding {
    Bad { problem: problem.to_string(), remedy: remedy.to_owned() }
}

/// Checks everything and prints a line each; fails if one of them does. That the configuration can be read is known
/// when this is reached.
pub async fn command(config: &Config) -> ExitCode {
    let mut findings = vec![("configuration", Good(format!("public address {}", config.public_url())))];
    findings.push(("secret", secret(config)));
    match compose::connect(config).await {
        Ok(db) => {
            findings.push(("database", database(&db, config).await));
            let migrations = migrations(&db).await;
            let readable = matches!(migrations, Good(_));
            findings.push(("migrations", migrations));
            findings.push(("clock", clock(config, db, readable).await));
        }
        Err(fault) => {
            let remedy = "start the database, or correct database.url (PORTICO__DATABASE__URL)";
            findings.push(("database", bad(&fault, remedy)));
            findings.push(("clock", instant(SystemClock.now())));
        }
    }
    if let Some(options) = &config.redis {
        findings.push(("redis", redis(options).await));
    }
    findings.push(("mail", mail(&config.mail).await));

    let mut code = ExitCode::SUCCESS;
    for (name, finding) in findings {
        match finding {
            Good(what) => println!("ok    {name}: {what}"),
            Bad { problem, remedy } => {
                println!("FAIL  {name}: {problem}\n      remedy: {remedy}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

fn secret(config: &Config) -> Finding {
    if config.secret.is_some() {
        return Good("as configured".to_owned());
    }
    match secrets::instance(config) {
        Ok(_) => Good(format!("generated, in {}", config.server.data.display())),
        Err(fault) => bad(&fault, "make the folder writable, or set auth.secret (PORTICO__AUTH__SECRET)"),
    }
}

async fn database(db: &Db, config: &Config) -> Finding {
    match db.ping().await {
        Ok(()) => Good(compose::shown(&config.database.url)),
        Err(error) => bad(&error, "start the database, or correct database.url (PORTICO__DATABASE__URL)"),
    }
}

async fn migrations(db: &Db) -> Finding {
    match compose::pending(db).await {
        Ok(pending) if pending.is_empty() => Good("all have run".to_owned()),
        Ok(pending) => bad(&format!("{} have not run: {}", pending.len(), pending.join(", ")), "run `portico migrate`"),
        Err(fault) => bad(&fault, "run the newest Portico that ever used this database"),
    }
}

fn instant(now: Timestamp) -> Finding {
    if now < RELEASED {
        return bad(&format!("it is {now}, which is long past"), "set the clock of this machine (NTP)");
    }
    Good(now.to_string())
}

/// The clock must not be behind what was recorded, here or by another replica: sessions would live too long.
async fn clock(config: &Config, db: Db, readable: bool) -> Finding {
    let now = SystemClock.now();
    if readable
        && let Ok(Some(newest)) = newest(config, db).await
        && newest > now.plus_seconds(SKEW)
    {
        let problem = format!("it is {now}, but something was recorded at {newest}");
        return bad(&problem, "set the clocks of all machines that share this database (NTP)");
    }
    instant(now)
}

async fn newest(config: &Config, db: Db) -> auth_core::Result<Option<Timestamp>> {
    let secret = auth_core::secret::InstanceSecret::new(String::new());
    let core: AuthCore = compose::builder(db, config.settings(secret)).build();
    core.read(&Ctx::system("doctor"), async |rx| outbox::newest(rx).await).await
}

async fn redis(options: &Options) -> Finding {
    let asked = match Redis::new(options) {
        Ok(redis) => redis.check().await,
        Err(problem) => Err(problem),
    };
    match asked {
        Ok(()) => Good(compose::shown(options.url.expose())),
        Err(problem) => bad(&problem, "start Redis, or correct redis.url (PORTICO__REDIS__URL)"),
    }
}

async fn mail(mail: &Mail) -> Finding {
    match &mail.transport {
        MailTransport::Log => {
            Good("shown in the log, not sent; set mail.transport (PORTICO__MAIL__TRANSPORT) to send it".to_owned())
        }
        MailTransport::File { folder } => match secrets::private_folder(folder) {
            Ok(()) => Good(format!("written into {}, not sent", folder.display())),
            Err(error) => {
                bad(&error, "make the folder writable, or name another one in mail.folder (PORTICO__MAIL__FOLDER)")
            }
        },
        MailTransport::Smtp { url } => smtp(url, &mail.from).await,
    }
}

/// Whether the mail server lets us in.
async fn smtp(url: &str, from: &str) -> Finding {
    const REMEDY: &str = "start the mail server, or correct mail.smtp_url (PORTICO__MAIL__SMTP_URL)";
    let mailer = match auth_core::mail::smtp(url, from) {
        Ok(mailer) => mailer,
        Err(error) => return bad(&cause(&error), REMEDY),
    };
    match mailer.test().await {
        Ok(true) => Good(format!("{} lets us in", compose::shown(url))),
        Ok(false) => bad(&format!("{} does not let us in", compose::shown(url)), REMEDY),
        Err(error) => bad(&format!("{}: {}", compose::shown(url), cause(&error)), REMEDY),
    }
}

fn cause(error: &auth_core::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
