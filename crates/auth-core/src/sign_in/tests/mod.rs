//! The flows of people, end to end on a database of their own, as far as they go without HTTP.

mod entering;
mod links;
mod passwords;
mod upkeep;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use migrations::MigratorTrait as _;

use super::{Opened, SignInGate, SignUp, SignedUp, by_password, sign_up};
use crate::clock::{Clock, Timestamp};
use crate::core::Builder;
use crate::ctx::{Actor, Ctx};
use crate::db;
use crate::fault::{Fault, Result};
use crate::fields::Given;
use crate::mail::{self, Mailer, Rendered, Sending};
use crate::secret::InstanceSecret;
use crate::settings::Settings;
use crate::users::username::Naming;
use crate::users::{self, User};
use crate::{AuthCore, sessions};

const GOOD: &str = "correct horse battery";

#[derive(Default)]
struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
struct Letterbox(Mutex<Vec<Rendered>>);

impl Mailer for Letterbox {
    fn send<'a>(&'a self, letter: &'a Rendered) -> Sending<'a> {
        self.0.lock().unwrap().push(letter.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}

struct House {
    core: AuthCore,
    clock: Arc<Still>,
    letters: Letterbox,
    _folder: tempfile::TempDir,
}

async fn house_with(change: impl FnOnce(&mut Settings), gates: Vec<Arc<dyn SignInGate>>) -> House {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
    let db = db::connect(&url).await.unwrap();
    migrations::Migrator::up(db.for_migrations(), None).await.unwrap();
    let mut settings = Settings::new("https://id.example", InstanceSecret::new("a secret of the tests, long enough"));
    (settings.password.argon2_memory_kib, settings.password.argon2_iterations) = (64, 1);
    change(&mut settings);
    let clock = Arc::new(Still(AtomicI64::new(1_700_000_000_000)));
    let builder = gates.into_iter().fold(Builder::new(db, settings), Builder::gate);
    House {
        core: builder.clock(Arc::clone(&clock) as _).build(),
        clock,
        letters: Letterbox::default(),
        _folder: folder,
    }
}

async fn house() -> House {
    house_with(|_| (), Vec::new()).await
}

fn stranger() -> Ctx {
    Ctx { actor: Actor::Anonymous, ip: Some("192.0.2.1".into()), ..Ctx::system("test") }
}

fn as_owner(opened: &Opened) -> Ctx {
    let user_id = opened.user.id.clone();
    stranger().with_actor(Actor::User {
        user_id,
        session_id: opened.session.id.clone(),
        platform_admin: false,
        impersonated_by: None,
    })
}

impl House {
    async fn sign_up(&self, email: &str) -> Result<SignedUp> {
        let new = SignUp {
            name: "Ann".into(),
            email: email.into(),
            password: GOOD.into(),
            image: None,
            remember: true,
            callback_url: None,
            naming: Naming::default(),
            additional_fields: Given::default(),
        };
        sign_up(&self.core, &stranger(), new).await
    }

    async fn signed_up(&self, email: &str) -> Opened {
        self.sign_up(email).await.unwrap().entry.unwrap().opened().unwrap()
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<Opened> {
        by_password(&self.core, &stranger(), email, password, true).await?.opened()
    }

    async fn is_open(&self, opened: &Opened) -> bool {
        let token = opened.token.expose();
        self.core.read(&stranger(), async |rx| sessions::resolve(rx, token).await).await.unwrap().is_some()
    }

    /// The last letter to the address: its subject, and the last path segment or token of its link.
    async fn letter(&self, to: &str) -> (String, String) {
        mail::deliver_due(&self.core, &self.letters).await.unwrap();
        let letters = self.letters.0.lock().unwrap();
        let letter = letters.iter().rev().find(|letter| letter.to == to).unwrap_or_else(|| panic!("no mail to {to}"));
        let link = letter.text.lines().find(|line| line.starts_with("https://id.example/api")).unwrap_or_default();
        let link = url::Url::parse(link).ok();
        let token = link.as_ref().and_then(|url| {
            let asked = url.query_pairs().find(|(key, _)| key == "token").map(|(_, value)| value.into_owned());
            asked.or_else(|| url.path_segments()?.next_back().map(str::to_owned))
        });
        (letter.subject.clone(), token.unwrap_or_default())
    }

    async fn letters_to(&self, to: &str) -> usize {
        mail::deliver_due(&self.core, &self.letters).await.unwrap();
        self.letters.0.lock().unwrap().iter().filter(|letter| letter.to == to).count()
    }

    async fn user(&self, email: &str) -> User {
        self.core.read(&stranger(), async |rx| users::find_by_email(rx, email).await).await.unwrap().unwrap()
    }

    fn wait(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

#[track_caller]
fn refused<T>(result: Result<T>, fault: &impl Fault) {
    match result {
        Ok(_) => panic!("{} was expected", fault.code()),
        Err(error) => assert!(error.is(fault), "{error:?} instead of {}", fault.code()),
    }
}
