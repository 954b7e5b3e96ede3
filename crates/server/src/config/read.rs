//! Values into types. Every fault is noted and reading goes on, so that all are told at once.

use std::path::PathBuf;
use std::str::FromStr;

use api_kit::branding::Branding;
use api_kit::bucket::Flow;
use auth_core::secret::{InstanceSecret, Secret};
use auth_core::settings::MethodsSettings;
use config::ValueKind;
use url::Url;

use super::load::{Values, variable};
use super::{
    Config, Database, Edge, Fault, Log, LogFormat, Mail, MailTransport, Server, i18n, organization, phone, redis,
    tokens,
};
use crate::app::HttpOptions;

/// Fewest characters of a configured secret: 32 random letters cannot be guessed, a word can.
const SECRET_MIN: usize = 32;

/// Reads everything. `None` only where no value could stand in for a wrong one; the faults then say why.
pub(super) fn config(values: &Values, faults: &mut Vec<Fault>) -> Option<Config> {
    let mut r = Reader { values, faults };
    let server = server(&mut r);
    let database = Database { url: database_url(&mut r), migrate: r.flag("database.migrate") };
    let redis = redis::options(&mut r);
    let public_url = public_url(&mut r);
    let secret = secret(&mut r);
    let edge = edge(&mut r);
    let mail = Mail { transport: transport(&mut r), from: sender(&mut r) };
    let sms = phone::sms(&mut r);
    let log = Log {
        format: r.choice(
            "log.format",
            &[("auto", LogFormat::Auto), ("json", LogFormat::Json), ("pretty", LogFormat::Pretty)],
        ),
        filter: filter(&mut r),
        requests: r.flag("log.requests"),
    };
    let name_servers = name_servers(&mut r);
    let core = core(&mut r, &public_url);
    let first_admin = r.text("auth.first_admin");
    if !auth_core::users::email::is_valid(&first_admin) {
        r.fault(
            "auth.first_admin",
            format!("{first_admin:?} is not an email address"),
            "write one, such as admin@portico.localhost",
        );
    }
    r.faults.is_empty().then_some(Config {
        server,
        database,
        redis,
        secret,
        first_admin,
        mail,
        sms,
        name_servers,
        log,
        core,
        edge,
    })
}

fn server(r: &mut Reader<'_>) -> Server {
    let listen = r.text("server.listen");
    let port =
        listen.rsplit_once(':').filter(|(host, _)| !host.is_empty()).and_then(|(_, port)| port.parse::<u16>().ok());
    if port.is_none() {
        r.fault(
            "server.listen",
            format!("{listen:?} is not an address and a port"),
            "write host:port, such as 0.0.0.0:3000",
        );
    }
    let workers: usize = r.number("server.workers", 0, 1024);
    Server {
        listen,
        data: PathBuf::from(r.text("server.data")),
        workers: if workers == 0 { cores() } else { workers },
        http: HttpOptions {
            header_limit: r.number("server.header_limit", 1024, 100_000),
            header_timeout: r.number("server.header_timeout", 1, 3600),
            keep_alive: r.number("server.keep_alive", 0, 3600),
            shutdown_timeout: r.number("server.shutdown_timeout", 0, 3600),
            compress: r.flag("server.compress"),
            metrics: r.flag("server.metrics"),
        },
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn database_url(r: &mut Reader<'_>) -> String {
    let url = r.text("database.url");
    if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
        r.fault(
            "database.url",
            "it is neither SQLite nor PostgreSQL".to_owned(),
            "write sqlite://path?mode=rwc or postgres://user:password@host/database",
        );
    }
    url
}

fn public_url(r: &mut Reader<'_>) -> String {
    let text = r.text("server.public_url");
    let sound = Url::parse(&text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() && url.fragment().is_none()
    });
    if !sound {
        r.fault(
            "server.public_url",
            format!("{text:?} is not a web address"),
            "write https://host or http://host:port",
        );
    }
    text
}

fn secret(r: &mut Reader<'_>) -> Option<InstanceSecret> {
    let text = r.text("auth.secret");
    if text.is_empty() {
        return None;
    }
    if text.chars().count() < SECRET_MIN {
        r.fault(
            "auth.secret",
            format!("it has fewer than {SECRET_MIN} characters"),
            "write a longer one, such as `openssl rand -base64 32` makes, or leave it empty to have one generated",
        );
    }
    Some(InstanceSecret::new(text))
}

fn edge(r: &mut Reader<'_>) -> Edge {
    let trusted_proxies = r.list("server.trusted_proxies");
    let trusted_proxies = trusted_proxies
        .iter()
        .filter_map(|text| match api_kit::Cidr::from_str(text) {
            Ok(range) => Some(range),
            Err(problem) => {
                r.fault("server.trusted_proxies", problem, "write addresses or ranges, such as 10.0.0.0/8");
                None
            }
        })
        .collect();
    let trusted_origins = r.list("auth.trusted_origins");
    for origin in &trusted_origins {
        if origin.contains(char::is_whitespace) || origin == "*" {
            r.fault(
                "auth.trusted_origins",
                format!("{origin:?} is not an origin"),
                "write https://app.example, https://*.example or myapp://",
            );
        }
    }
    let cookie_prefix = r.text("auth.cookie_prefix");
    if cookie_prefix.is_empty() || !cookie_prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        r.fault(
            "auth.cookie_prefix",
            format!("{cookie_prefix:?} cannot begin a cookie's name"),
            "use letters, digits, - _ .",
        );
    }
    let cookie_domain = r.optional("auth.cookie_domain");
    if cookie_domain.as_ref().is_some_and(|d| !d.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))) {
        r.fault("auth.cookie_domain", "it is not a domain".to_owned(), "write a domain, such as example.com");
    }
    let directory_flow = Flow {
        rate: r.number("scim.rate_limit", 1, 1_000_000),
        burst: r.number("scim.rate_limit_burst", 1, 1_000_000),
    };
    Edge {
        trusted_origins,
        trusted_proxies,
        cookie_prefix,
        cookie_domain,
        body_limit: r.number("server.body_limit", 1024, 1 << 30),
        error_url: r.optional("auth.error_url"),
        rate_limit_enabled: r.flag("rate_limit.enabled"),
        rate_limit_window: r.number("rate_limit.window", 1, 86_400),
        rate_limit_max: r.number("rate_limit.max", 1, 1_000_000),
        directory_flow,
        branding: branding(r),
        translations: i18n::translations(r),
        reach: reach(r),
        request_log: r.flag("scim.request_log"),
        request_log_body_limit: r.number("scim.request_log_body_limit", 0, 16 << 20),
    }
}

fn branding(r: &mut Reader<'_>) -> Branding {
    let logo_url = r.optional("branding.logo_url");
    if logo_url.as_ref().is_some_and(|text| !Url::parse(text).is_ok_and(|url| url.scheme() == "https")) {
        // The pages load images of https only.
        r.fault("branding.logo_url", "it is not an https address".to_owned(), "write https://host/logo.svg");
    }
    let accent_color = r.optional("branding.accent_color").and_then(|text| {
        let color = api_kit::branding::color(&text);
        if color.is_none() {
            r.fault("branding.accent_color", format!("{text:?} is not a color"), "write #rrggbb, such as #3355cc");
        }
        color
    });
    Branding { logo_url, accent_color }
}

fn reach(r: &mut Reader<'_>) -> api_kit::Reach {
    let private = r.list("outbound.allow_private");
    let private = private
        .iter()
        .filter_map(|text| match api_kit::Cidr::from_str(text) {
            Ok(range) => Some(range),
            Err(problem) => {
                r.fault("outbound.allow_private", problem, "write addresses or ranges, such as 10.0.0.0/8");
                None
            }
        })
        .collect();
    api_kit::Reach { private, http: r.flag("outbound.allow_http") }
}

fn name_servers(r: &mut Reader<'_>) -> Vec<std::net::SocketAddr> {
    let texts = r.list("dns.servers");
    let servers = texts.iter().filter_map(|text| {
        let address = crate::dns::server_address(text);
        if address.is_none() {
            let problem = format!("{text:?} is not an address");
            r.fault("dns.servers", problem, "write addresses, such as 192.0.2.53 or 192.0.2.53:5353");
        }
        address
    });
    servers.collect()
}

fn transport(r: &mut Reader<'_>) -> MailTransport {
    let url = r.text("mail.smtp_url");
    let folder = PathBuf::from(r.text("mail.folder"));
    let transport = r.choice(
        "mail.transport",
        &[
            ("log", MailTransport::Log),
            ("file", MailTransport::File { folder }),
            ("smtp", MailTransport::Smtp { url: url.clone() }),
        ],
    );
    let is_smtp = Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "smtp" | "smtps") && url.has_host());
    if matches!(transport, MailTransport::Smtp { .. }) && !is_smtp {
        // The URL may hold a password: it is not repeated.
        r.fault(
            "mail.smtp_url",
            "it is not the address of a mail server, which the transport smtp needs".to_owned(),
            "write smtp://host:25, smtp://user:password@host:587?tls=required or smtps://user:password@host",
        );
    }
    transport
}

fn sender(r: &mut Reader<'_>) -> String {
    let from = r.text("mail.from");
    if let Err(error) = auth_core::mail::log(&from) {
        let problem = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        r.fault("mail.from", format!("{from:?} is not a sender: {problem}"), "write Name <address@host>");
    }
    from
}

fn filter(r: &mut Reader<'_>) -> String {
    let filter = r.text("log.filter");
    if let Err(error) = tracing_subscriber::EnvFilter::builder().parse(&filter) {
        r.fault("log.filter", error.to_string(), "write error, warn, info, debug or trace, or module=level pairs");
    }
    filter
}

fn methods(r: &mut Reader<'_>, methods: &mut MethodsSettings) {
    let link = &mut methods.magic_link;
    link.enabled = r.flag("methods.magic_link.enabled");
    link.sign_up = r.flag("methods.magic_link.sign_up");
    link.expires_in = r.number("methods.magic_link.expires_in", 60, 86_400);
    let otp = &mut methods.email_otp;
    otp.enabled = r.flag("methods.email_otp.enabled");
    otp.sign_up = r.flag("methods.email_otp.sign_up");
    // Fewer digits are guessed too soon, whatever else is limited.
    otp.length = r.number("methods.email_otp.length", 6, 12);
    otp.expires_in = r.number("methods.email_otp.expires_in", 60, 3600);
    otp.attempts = r.number("methods.email_otp.attempts", 1, 10);
    otp.verify_current_email = r.flag("methods.email_otp.verify_current_email");
    let username = &mut methods.username;
    username.enabled = r.flag("methods.username.enabled");
    username.min_length = r.number("methods.username.min_length", 1, 64);
    username.max_length = r.number("methods.username.max_length", 1, 64);
    phone::numbers(r, &mut methods.phone_number);
    methods.anonymous.enabled = r.flag("methods.anonymous.enabled");
    methods.one_time_token.enabled = r.flag("methods.one_time_token.enabled");
    methods.one_time_token.expires_in = r.number("methods.one_time_token.expires_in", 10, 3600);
    let passkey = &mut methods.passkey;
    passkey.enabled = r.flag("methods.passkey.enabled");
    passkey.rp_id = r.optional("methods.passkey.rp_id");
    passkey.rp_name = r.optional("methods.passkey.rp_name");
    passkey.origins = r.list("methods.passkey.origins");
    let device = &mut methods.device;
    device.enabled = r.flag("methods.device.enabled");
    device.client_ids = r.list("methods.device.client_ids");
    device.verification_uri = r.optional("methods.device.verification_uri");
    device.expires_in = r.number("methods.device.expires_in", 60, 3600);
    device.interval = r.number("methods.device.interval", 1, 60);
    if device.enabled && device.client_ids.is_empty() {
        r.fault(
            "methods.device.client_ids",
            "no client could ask for a code".to_owned(),
            "name the clients, for instance [\"my-cli\"]",
        );
    }
    let is_page = |text: &String| text.starts_with("https://") || text.starts_with("http://");
    if methods.device.verification_uri.as_ref().is_some_and(|text| !is_page(text)) {
        r.fault("methods.device.verification_uri", "it is no web address".to_owned(), "write https://…");
    }
    methods.multi_session.enabled = r.flag("methods.multi_session.enabled");
    methods.multi_session.maximum = r.number("methods.multi_session.maximum", 1, 20);
    methods.last_login_method = r.flag("methods.last_login_method.enabled");
    tokens::api_keys(r, &mut methods.api_key);
    tokens::session_tokens(r, &mut methods.jwt);
}

fn core(r: &mut Reader<'_>, public_url: &str) -> auth_core::Settings {
    // The secret comes later: configured, or generated in the data folder.
    let mut core = auth_core::Settings::new(public_url, InstanceSecret::new(String::new()));
    core.application_name = r.text("auth.application_name");
    core.delete_user = r.flag("auth.delete_user");
    core.delete_user_by_mail = r.flag("auth.delete_user_by_mail");
    core.change_email = r.flag("auth.change_email");

    let password = &mut core.password;
    password.enabled = r.flag("password.enabled");
    password.min_length = r.number("password.min_length", 1, 1024);
    password.max_length = r.number("password.max_length", 1, 4096);
    if password.min_length > password.max_length {
        r.fault(
            "password.min_length",
            "it is more than password.max_length".to_owned(),
            "lower it, or raise the other",
        );
    }
    password.min_strength = r.number("password.min_strength", 0, 4);
    password.easy_words = r.list("password.easy_words");
    password.argon2_parallelism = r.number("password.argon2_parallelism", 1, 64);
    // RFC 9106, 3.1: at least eight blocks a lane.
    password.argon2_memory_kib =
        r.number("password.argon2_memory_kib", 8 * i64::from(password.argon2_parallelism), 4 << 20);
    password.argon2_iterations = r.number("password.argon2_iterations", 1, 1000);
    let threads: usize = r.number("password.hashing_threads", 0, 1024);
    password.hashing_threads = if threads == 0 { cores() } else { threads };
    password.reset_expires_in = r.number("password.reset_expires_in", 60, 30 * 86_400);

    let session = &mut core.session;
    session.expires_in = r.number("session.expires_in", 60, 10 * 365 * 86_400);
    session.max_age = Some(r.number("session.max_age", 0, 10 * 365 * 86_400)).filter(|age| *age > 0);
    session.update_age = r.number("session.update_age", 0, 10 * 365 * 86_400);
    session.fresh_age = r.number("session.fresh_age", 0, 10 * 365 * 86_400);
    session.public_metadata = r.flag("session.public_metadata");

    methods(r, &mut core.methods);
    if core.methods.passkey.enabled
        && let Err(problem) = auth_core::passkeys::check_settings(&core)
    {
        r.fault(
            "methods.passkey.rp_id",
            problem,
            "write a domain of yours, and below methods.passkey.origins https origins in it",
        );
    }

    let sign_up = &mut core.sign_up;
    sign_up.enabled = r.flag("sign_up.enabled");
    sign_up.auto_sign_in = r.flag("sign_up.auto_sign_in");
    sign_up.require_email_verification = r.flag("sign_up.require_email_verification");
    sign_up.send_on_sign_up =
        r.choice("sign_up.send_verification", &[("auto", None), ("yes", Some(true)), ("no", Some(false))]);
    sign_up.auto_sign_in_after_verification = r.flag("sign_up.auto_sign_in_after_verification");
    sign_up.verification_expires_in = r.number("sign_up.verification_expires_in", 60, 30 * 86_400);

    organization::settings(r, &mut core.organization);

    let directory = &mut core.directory;
    directory.require_organization = r.flag("directory.require_organization");
    directory.access_token_expires_in = r.number("directory.access_token_expires_in", 60, 86_400);
    directory.refresh_token_expires_in = r.number("directory.refresh_token_expires_in", 60, 365 * 86_400);
    directory.unused_credential_days = r.number("directory.unused_credential_days", 0, 3650);
    directory.better_auth_credential_secret = r.optional("directory.better_auth_credential_secret").map(Secret::new);
    core.audit.retention_days = r.number("audit.retention_days", 0, 36_500);
    if (1..90).contains(&core.audit.retention_days) {
        // An entry is an event, and who reads the stream may count on 90 days.
        let days = core.audit.retention_days;
        r.fault(
            "audit.retention_days",
            format!("{days} days are too few: entries of the audit are events, which are kept for 90 days at least"),
            "write 0 (for ever), or a number from 90 to 36500",
        );
    }
    core.events.retention_days = r.number("events.retention_days", 90, 36_500);
    core.events.deliveries_retention_days = r.number("events.deliveries_retention_days", 1, 36_500);
    core.social = super::social::settings(r);
    if !core.password.enabled && !has_another_way_in(&core) {
        r.fault(
            "password.enabled",
            "nobody could sign in any more: there is no other way in".to_owned(),
            "switch on methods.magic_link, methods.email_otp or methods.phone_number, or configure a service below social or oidc",
        );
    }
    core.two_factor.enabled = r.flag("two_factor.enabled");
    core.two_factor.issuer = r.text("two_factor.issuer");
    core.throttle = super::throttle::settings(r);
    core.fields = super::fields::settings(r);
    core
}

/// Whether somebody gets in without a password who has nothing here but an account. Passkeys and devices are let in by
/// those who are in already; visitors have no account.
fn has_another_way_in(core: &auth_core::Settings) -> bool {
    let methods = &core.methods;
    methods.magic_link.enabled
        || methods.email_otp.enabled
        || methods.phone_number.enabled
        || !core.social.providers.is_empty()
}

/// Reads single values. What is missing or of another type was a fault of its layer already, so that a default is
/// enough here.
pub(super) struct Reader<'a> {
    pub(super) values: &'a Values,
    faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, key: &str, problem: String, remedy: &str) {
        self.faults.push(Fault::new(&format!("{key} ({})", variable(key)), problem, remedy));
    }

    pub(super) fn text(&self, key: &str) -> String {
        match self.values.get(key) {
            Some(ValueKind::String(text)) => text.trim().to_owned(),
            _ => String::new(),
        }
    }

    pub(super) fn optional(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        matches!(self.values.get(key), Some(ValueKind::Boolean(true)))
    }

    pub(super) fn list(&self, key: &str) -> Vec<String> {
        match self.values.get(key) {
            Some(ValueKind::Array(items)) => items.iter().map(|item| item.kind.to_string()).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn number<T: TryFrom<i64> + Default>(&mut self, key: &str, least: i64, most: i64) -> T {
        let Some(ValueKind::I64(number)) = self.values.get(key) else { return T::default() };
        if !(least..=most).contains(number) {
            self.fault(key, format!("{number} is out of range"), &format!("write a number from {least} to {most}"));
        }
        T::try_from(*number).unwrap_or_default()
    }

    pub(super) fn limit(&mut self, key: &str) -> Option<u64> {
        Some(self.number(key, 0, i64::MAX)).filter(|limit| *limit > 0)
    }

    pub(super) fn choice<T: Clone>(&mut self, key: &str, choices: &[(&str, T)]) -> T {
        let text = self.text(key);
        if let Some((_, found)) = choices.iter().find(|(name, _)| *name == text) {
            return found.clone();
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.fault(key, format!("{text:?} is not one of them"), &format!("write one of {}", names.join(", ")));
        choices[0].1.clone()
    }
}
