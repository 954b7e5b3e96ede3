//! A Redis for each test: a prefix of its own on the server that `PORTICO_TEST_REDIS_URL` names, behind a line that a test
//! can cut.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::task::JoinHandle;
use auth_core::counters::Counters;
use auth_core::secret::Secret;
use server::config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It gets there.
    Open,
    /// Connections break, and new ones too.
    Cut,
    /// It is swallowed: nobody answers.
    Silent,
}

/// The server as one test sees it.
pub struct TestRedis {
    options: config::Redis,
    server: redis::Client,
    /// And how often connections were closed that stand.
    state: watch::Sender<(State, u32)>,
    line: JoinHandle<()>,
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        self.line.abort();
    }
}

/// The server's URL. `None`: there is none, and `ALLOW_NO_REDIS` says to go on without.
fn server_url() -> Option<url::Url> {
    let url = std::env::var("PORTICO_TEST_REDIS_URL").ok();
    if url.is_none() && std::env::var("ALLOW_NO_REDIS").as_deref() == Ok("1") {
        eprintln!("SKIPPED: there is no Redis, and ALLOW_NO_REDIS=1");
        return None;
    }
    let url = url.expect(
        "PORTICO_TEST_REDIS_URL names no Redis: run `just test`, or start a throwaway one with \
         eval \"$(tests/redis.sh start)\", or set ALLOW_NO_REDIS=1 to test without",
    );
    Some(url::Url::parse(&url).expect("a redis:// URL"))
}

impl TestRedis {
    /// Opens the line. A question may take `patience`.
    pub async fn open(patience: Duration) -> Option<Self> {
        let mut url = server_url()?;
        let address = (url.host_str().expect("a host").to_owned(), url.port().unwrap_or(6379));
        let server = redis::Client::open(url.as_str()).expect("a Redis");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let here = listener.local_addr().expect("an address");
        url.set_ip_host(here.ip()).and_then(|()| url.set_port(Some(here.port()))).expect("another address");
        let prefix = format!("test{:016x}:", RandomState::new().hash_one(here));
        let options = config::Redis { url: Secret::new(url), prefix, timeout: patience };
        let (state, watched) = watch::channel((State::Open, 0));
        let line = actix_web::rt::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                actix_web::rt::spawn(carry(client, address.clone(), watched.clone()));
            }
        });
        Some(Self { options, server, state, line })
    }

    /// What a replica that counts there is given.
    pub fn counters(&self) -> Arc<dyn Counters> {
        Arc::new(server::redis::Redis::new(&self.options).expect("a Redis"))
    }

    /// How it is configured.
    pub fn options(&self) -> &config::Redis {
        &self.options
    }

    /// It goes away.
    pub fn cut(&self) {
        self.is(State::Cut);
    }

    /// It does not answer any more, and does not say so.
    pub fn hush(&self) {
        self.is(State::Silent);
    }

    /// It comes back, with what it knew.
    pub fn mend(&self) {
        self.is(State::Open);
    }

    /// The connections that stand are closed, as those are that are quiet for long. New ones can be made.
    pub async fn hang_up(&self) {
        self.state.send_modify(|(_, closed)| *closed += 1);
        // Whoever listens watches too.
        while self.state.receiver_count() > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn is(&self, state: State) {
        self.state.send_modify(|(known, _)| *known = state);
    }

    /// The keys of this test without their prefix, and for how many milliseconds each is kept.
    pub async fn keys(&self) -> BTreeMap<String, i64> {
        let mut connection = self.server.get_multiplexed_async_connection().await.expect("a connection");
        let ask = redis::cmd("KEYS").arg(format!("{}*", self.options.prefix)).to_owned();
        let names: Vec<String> = ask.query_async(&mut connection).await.expect("keys");
        let mut keys = BTreeMap::new();
        for name in names {
            let kept: i64 = redis::cmd("PTTL").arg(&name).query_async(&mut connection).await.expect("how long");
            keys.insert(name.trim_start_matches(&self.options.prefix).to_owned(), kept);
        }
        keys
    }

    /// Makes it forget everything, as a restart of one does that keeps nothing.
    pub async fn forget(&self) {
        let mut connection = self.server.get_multiplexed_async_connection().await.expect("a connection");
        for name in self.keys().await.keys() {
            let gone = redis::cmd("DEL").arg(format!("{}{name}", self.options.prefix)).to_owned();
            gone.exec_async(&mut connection).await.expect("it is deleted");
        }
    }
}

/// Carries one connection as long as the line is open.
async fn carry(mut client: TcpStream, server: (String, u16), mut state: watch::Receiver<(State, u32)>) {
    let (begun, closed) = *state.borrow();
    if begun == State::Cut {
        return;
    }
    let mut server = TcpStream::connect(server).await.expect("the Redis of the tests");
    let (mut to, mut back) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    loop {
        let (now, _) = *state.borrow_and_update();
        let open = now == State::Open;
        tokio::select! {
            _ = state.changed() => {
                let (now, times) = *state.borrow();
                if now == State::Cut || times != closed { return; }
            }
            read = client.read(&mut to) => match read {
                Ok(some @ 1..) if open => if server.write_all(&to[..some]).await.is_err() { return },
                Ok(1..) => {}
                _ => return,
            },
            read = server.read(&mut back), if open => match read {
                Ok(some @ 1..) => if client.write_all(&back[..some]).await.is_err() { return },
                _ => return,
            },
        }
    }
}
