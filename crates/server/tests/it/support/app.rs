//! A server in this process, as production composes it, for one test.

use std::net::TcpListener;
use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use api_kit::Reach;
use auth_core::outbox::{self, EventKind, Published, Wanted};
use auth_core::secret::InstanceSecret;
use auth_core::secret::Secret;
use auth_core::settings::{PasswordSettings, Settings};
use auth_core::{AuthCore, Ctx, Rx};
use futures_util::FutureExt as _;
use server::app::{HttpOptions, Portico};
use server::config::{BodyForm, Gateway, Mail, MailTransport, Sms};
use server::outbound::Outbound;
use server::sms::Postman;
use server::web::Site;

use super::clock::SeededChance;
use super::database::Fresh;
use super::{Client, Database, FakeDns, Mailbox, PASSWORD, Receiver, TestClock, TestRedis, after, json};

/// What a test wants otherwise.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone)]
pub struct Options {
    /// Whether rate limits are on.
    pub rate_limits: bool,
    /// Changes the core's settings.
    pub settings: Arc<dyn Fn(&mut Settings)>,
    /// Changes the dialects' settings.
    pub kit: Arc<dyn Fn(&mut api_kit::Settings)>,
    /// Whether the harness looks at the database at the end at all. A test that closes it says no.
    pub check: bool,
    /// Whether no other test of this process may run meanwhile.
    pub alone: bool,
    /// Whether nothing goes on beside the requests: a test that does the work of the workers itself.
    pub idle: bool,
    /// Whether replicas count in Redis, and how long it may take to answer.
    pub redis: Option<Duration>,
    /// The folder of the web pages, if not what was built.
    pub pages: Option<PathBuf>,
}

/// Held by every test: by one that must be alone as its writer.
static RUNNING: RwLock<()> = RwLock::new(());

impl Default for Options {
    fn default() -> Self {
        Self {
            rate_limits: false,
            settings: Arc::new(|_| ()),
            kit: Arc::new(|_| ()),
            check: true,
            alone: false,
            idle: false,
            redis: None,
            pages: None,
        }
    }
}

impl Options {
    /// With rate limits.
    #[must_use]
    pub fn limited(mut self) -> Self {
        self.rate_limits = true;
        self
    }

    /// With every way in beside the password.
    #[must_use]
    pub fn every_method(self) -> Self {
        self.settings(|settings| {
            let methods = &mut settings.methods;
            methods.magic_link.enabled = true;
            methods.email_otp.enabled = true;
            methods.username.enabled = true;
            methods.phone_number.enabled = true;
            methods.phone_number.sign_up = true;
            methods.anonymous.enabled = true;
            methods.one_time_token.enabled = true;
            methods.passkey.enabled = true;
            methods.passkey.rp_id = Some("example.com".to_owned());
            methods.passkey.origins = vec!["https://id.example.com".to_owned()];
            methods.device.enabled = true;
            methods.device.client_ids = vec!["cli".to_owned()];
            methods.multi_session.enabled = true;
            methods.last_login_method = true;
            methods.api_key.enabled = true;
            methods.jwt.enabled = true;
        })
    }

    /// With other settings of the core, besides those that were given already.
    #[must_use]
    pub fn settings(mut self, change: impl Fn(&mut Settings) + 'static) -> Self {
        let before = self.settings;
        self.settings = Arc::new(move |settings| {
            before(settings);
            change(settings);
        });
        self
    }

    /// With other settings of the dialects.
    #[must_use]
    pub fn kit(mut self, change: impl Fn(&mut api_kit::Settings) + 'static) -> Self {
        self.kit = Arc::new(change);
        self
    }

    /// Without any other test of this process beside it: it counts what they would be counted with.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// With the web pages of a folder.
    #[must_use]
    pub fn pages(mut self, folder: PathBuf) -> Self {
        self.pages = Some(folder);
        self
    }

    /// With Redis. It may take as long as it likes, so that a busy machine is not taken for one without.
    #[must_use]
    pub fn with_redis(self) -> Self {
        self.with_redis_within(Duration::from_mins(1))
    }

    /// With Redis, which is taken to be away if it does not answer in time.
    #[must_use]
    pub fn with_redis_within(mut self, patience: Duration) -> Self {
        self.redis = Some(patience);
        self
    }

    /// Without workers.
    #[must_use]
    pub fn idle(mut self) -> Self {
        self.idle = true;
        self
    }

    /// Without any look at the end: the test leaves no database to look at.
    #[must_use]
    pub fn broken(mut self) -> Self {
        self.check = false;
        self
    }
}

/// A running instance. A clone is the same one.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

/// What an [`App`] holds.
pub struct Inner {
    /// `http://127.0.0.1:port`.
    pub base: String,
    /// The core behind it, for what no endpoint shows.
    pub core: AuthCore,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// Which database it runs on.
    pub database: Database,
    /// Its URL.
    pub url: String,
    mailbox: Mailbox,
    telephones: Option<Receiver>,
    dns: FakeDns,
    redis: Option<TestRedis>,
    portico: Portico,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl App {
    /// A program without cookies.
    pub fn http(&self) -> Client {
        Client::program(&self.base)
    }

    /// A browser that nobody has signed in with.
    pub fn client(&self) -> Client {
        Client::browser(&self.base)
    }

    /// A SCIM client.
    pub fn scim(&self, token: &str) -> Client {
        self.http().bearer(token).media("application/scim+json")
    }

    /// A caller of `/v1`.
    pub fn key(&self, secret_key: &str) -> Client {
        self.http().bearer(secret_key)
    }

    /// Everybody's mailbox.
    pub fn mail(&self) -> &Mailbox {
        &self.mailbox
    }

    /// The gateway of short messages, where people sign in by telephone numbers.
    pub fn telephones(&self) -> &Receiver {
        self.telephones.as_ref().expect("methods.phone_number is on")
    }

    /// The Redis in which replicas count, if there is one.
    pub fn redis(&self) -> Option<&TestRedis> {
        self.redis.as_ref()
    }

    /// The DNS of this instance, which says what a test tells it to.
    pub fn dns(&self) -> &FakeDns {
        &self.dns
    }

    /// Signs somebody up as `<name>@example.com` with [`PASSWORD`]; the browser they are signed in with.
    pub async fn signed_up(&self, name: &str) -> Client {
        self.signed_up_as(&format!("{name}@example.com")).await
    }

    /// The same for a whole address.
    pub async fn signed_up_as(&self, email: &str) -> Client {
        let client = self.client();
        let local = email.split('@').next().unwrap_or(email);
        let name = local[..1].to_uppercase() + &local[1..];
        let body = json!({ "name": name, "email": email, "password": PASSWORD });
        client.post("/api/auth/sign-up/email", body).await.expect(200);
        client
    }

    /// Signs in with [`PASSWORD`].
    pub async fn signed_in(&self, email: &str) -> Client {
        let client = self.client();
        client.post("/api/auth/sign-in/email", json!({ "email": email, "password": PASSWORD })).await.expect(200);
        client
    }

    /// Signs somebody up and proves their mailbox through the mail that they get.
    pub async fn proven(&self, email: &str) -> Client {
        let client = self.signed_up_as(email).await;
        client.post("/api/auth/send-verification-email", json!({ "email": email })).await.expect(200);
        let token = self.mail().wait(email, r"verify-email\?token=([A-Za-z0-9._~%-]+)").await;
        let answer = client.get(&format!("/api/auth/verify-email?token={token}")).await;
        assert!(answer.status < 400, "{answer:?}");
        client
    }

    /// Waits until the requests that were answered are in the log.
    pub async fn logged(&self) {
        self.portico.request_log().flush().await;
    }

    /// Looks into the database, in which what was answered is.
    pub async fn look<T>(&self, f: impl AsyncFn(&Rx) -> auth_core::Result<T>) -> T {
        self.logged().await;
        self.core.read(&Ctx::system("test"), f).await.expect("the look succeeds")
    }

    /// All events, in order. On PostgreSQL an event is published once no open transaction can precede it, and those of
    /// the other tests' databases count: so it may take a moment.
    pub async fn events(&self) -> Vec<Published> {
        for _ in 0..400 {
            self.core.publish_events().await.expect("events are published");
            let all = Wanted { limit: 100_000, ..Wanted::default() };
            let events = self.look(async |db| outbox::list(db, &all).await).await;
            if i64::try_from(events.len()).ok() == Some(self.count("SELECT COUNT(*) FROM events").await) {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("some events were not published");
    }

    /// All events of a kind, in order.
    pub async fn events_of(&self, kind: EventKind) -> Vec<Published> {
        self.events().await.into_iter().filter(|event| event.kind == Some(kind)).collect()
    }

    /// Waits until somebody waits for what another one has locked, on PostgreSQL. On SQLite there is one writer, and nobody
    /// else is in the midst of something.
    pub async fn somebody_waits(&self) {
        if self.database == Database::Sqlite {
            return;
        }
        let waiting =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        for _ in 0..400 {
            if self.count(waiting).await > 0 {
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody waits");
    }

    /// One number from the database: `app.count("SELECT COUNT(*) FROM sessions").await`.
    pub async fn count(&self, sql: &str) -> i64 {
        self.look(async |db| auth_core::db::one(db, sql, []).await?.expect("a row").get(0)).await
    }
}

/// Runs a test: makes its database, starts the server, runs the body, looks at what it left, ends the server.
pub fn run<B: AsyncFnOnce(App)>(name: &str, database: Database, options: &Options, body: B) {
    let _alone = options.alone.then(|| RUNNING.write().unwrap_or_else(PoisonError::into_inner));
    let _with_others = (!options.alone).then(|| RUNNING.read().unwrap_or_else(PoisonError::into_inner));
    actix_web::rt::System::new().block_on(async {
        let redis = match options.redis {
            Some(patience) => match TestRedis::open(patience).await {
                Some(redis) => Some(redis),
                None => return,
            },
            None => None,
        };
        let Some(fresh) = Fresh::make(database).await else { return };
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let mailbox = Mailbox::open();
        let clock = Arc::new(TestClock::new());
        let settings = settings(&base, options);
        let mut kit = api_kit::Settings::new(&base);
        kit.rate_limit_enabled = options.rate_limits;
        kit.reach = Reach { private: vec!["127.0.0.0/8".parse().expect("a range")], http: true };
        (options.kit)(&mut kit);
        let reach = kit.reach.clone();

        let db = auth_core::db::connect(&fresh.url).await.expect("the database");
        let core = server::compose::builder(db, settings).clock(clock.clone()).chance(Arc::new(SeededChance::of(name)));
        let dns = FakeDns::default();
        let mut core = core.resolver(Arc::new(dns.clone()));
        if let Some(redis) = &redis {
            core = core.counters(redis.counters());
        }
        let core = core.build();
        let outbound = Outbound::new(reach).expect("a client");
        let portico = Portico::new(core.clone(), kit, HttpOptions::default()).asking(Arc::new(outbound.clone()));
        let portico = options.pages.clone().map_or(portico.clone(), |folder| portico.with_site(Site::folder(folder)));
        let mail = Mail {
            transport: MailTransport::Smtp { url: mailbox.url() },
            from: "Portico <portico@localhost>".to_owned(),
        };
        let telephones = core.settings().methods.phone_number.enabled.then(Receiver::open);
        let sms = telephones.as_ref().map_or(Sms::Log, |gateway| Sms::Gateway(gateway_of(gateway)));
        let mailer = server::worker::mailer(&mail).expect("a mailer");
        let postman = Arc::new(Postman::new(mailer, sms, outbound.clone()));
        let workers = (!options.idle).then(|| server::worker::start(&core, postman, outbound));
        let server = server::app::serve(&portico, listener, 2).expect("the server starts");
        let handle = server.handle();
        let running = actix_web::rt::spawn(server);

        let inner =
            Inner { base, core, clock, database, url: fresh.url.clone(), mailbox, telephones, dns, redis, portico };
        let app = App { inner: Arc::new(inner) };
        // Inside of the runtime, so that what a failed test leaves is ended as orderly as after any other.
        let test = AssertUnwindSafe(async {
            body(app.clone()).await;
            if options.check {
                after::check(&app).await;
            }
        });
        let outcome = test.catch_unwind().await;

        handle.stop(false).await;
        let _ = running.await;
        if let Some(workers) = workers {
            workers.stop().await;
        }
        app.logged().await;
        app.core.db().close().await.expect("the database closes");
        fresh.remove().await;
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
}

/// How short messages get to a receiver.
fn gateway_of(receiver: &Receiver) -> Gateway {
    Gateway {
        url: format!("{}/messages", receiver.base),
        method: reqwest::Method::POST,
        form: BodyForm::Json,
        headers: vec![(reqwest::header::AUTHORIZATION, Secret::new("Bearer of the gateway"))],
        body: r#"{"to":"{phone_number}","code":"{code}","text":"{text}"}"#.to_owned(),
        timeout: 10,
    }
}

/// Production's settings with cheap passwords: what is tested is not how slow argon2 is.
fn settings(base: &str, options: &Options) -> Settings {
    let mut settings = Settings::new(base, InstanceSecret::new("a secret of the tests, long enough to be one"));
    settings.password = PasswordSettings {
        argon2_memory_kib: 8,
        argon2_iterations: 1,
        argon2_parallelism: 1,
        hashing_threads: 2,
        ..settings.password
    };
    settings.throttle.enabled = options.rate_limits;
    (options.settings)(&mut settings);
    settings
}
