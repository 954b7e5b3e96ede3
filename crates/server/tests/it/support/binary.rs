//! The real `portico` in a process of its own, for what cannot be seen from inside: starting, stopping, dying.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::database::Fresh;
use super::{Client, Database, Mailbox};

/// How the binary is called: a folder, a database, an environment.
pub struct Binary {
    /// `http://127.0.0.1:port`, once it serves.
    pub base: String,
    /// What is mailed.
    pub mailbox: Mailbox,
    fresh: Option<Fresh>,
    env: Vec<(String, String)>,
    child: Option<Child>,
}

impl Binary {
    /// On an empty database. `None`: see [`Fresh::make`].
    pub async fn new(database: Database) -> Option<Self> {
        let fresh = Fresh::bare(database).await?;
        let port =
            std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address").port();
        let (base, mailbox) = (format!("http://127.0.0.1:{port}"), Mailbox::open());
        let env = [
            ("PORTICO__SERVER__LISTEN", format!("127.0.0.1:{port}")),
            ("PORTICO__SERVER__PUBLIC_URL", base.clone()),
            ("PORTICO__DATABASE__URL", fresh.url.clone()),
            ("PORTICO__AUTH__SECRET", "a secret of the tests, long enough to be one".to_owned()),
            ("PORTICO__RATE_LIMIT__ENABLED", "false".to_owned()),
            ("PORTICO__MAIL__TRANSPORT", "smtp".to_owned()),
            ("PORTICO__MAIL__SMTP_URL", mailbox.url()),
            ("PORTICO__PASSWORD__ARGON2_MEMORY_KIB", "8".to_owned()),
            ("PORTICO__PASSWORD__ARGON2_ITERATIONS", "1".to_owned()),
        ];
        let env = env.map(|(key, value)| (key.to_owned(), value)).to_vec();
        Some(Self { base, mailbox, fresh: Some(fresh), env, child: None })
    }

    /// Sets a variable, or takes it away if the value is empty.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.env.retain(|(known, _)| known != key);
        if !value.is_empty() {
            self.env.push((key.to_owned(), value.to_owned()));
        }
        self
    }

    /// The folder that it runs in.
    pub fn folder(&self) -> &std::path::Path {
        self.fresh.as_ref().expect("it has a folder").folder.path()
    }

    /// The URL of its database.
    pub fn database_url(&self) -> String {
        self.fresh.as_ref().expect("it has a database").url.clone()
    }

    /// A command, ready to be run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("PORTICO")) {
            command.env_remove(key);
        }
        command.args(arguments).envs(self.env.iter().cloned()).current_dir(self.folder()).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// Starts `portico serve` and waits until it is ready.
    pub async fn serve(&mut self) -> Client {
        self.serve_with(&[]).await
    }

    /// The same with more arguments.
    pub async fn serve_with(&mut self, more: &[&str]) -> Client {
        let log =
            |name| std::fs::File::options().append(true).create(true).open(self.folder().join(name)).expect("a log");
        let mut command = self.command(&[&["serve"], more].concat());
        self.child = Some(command.stdout(log("stdout")).stderr(log("stderr")).spawn().expect("the binary starts"));
        let end = Instant::now() + Duration::from_mins(1);
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        while Instant::now() < end {
            let exited = self.child.as_mut().and_then(|child| child.try_wait().expect("its state"));
            assert!(exited.is_none(), "portico serve ended: {}", self.log());
            if http.get(format!("{}/readyz", self.base)).send().await.is_ok_and(|answer| answer.status() == 200) {
                return Client::browser(&self.base);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("portico serve is not ready: {}", self.log());
    }

    /// What it wrote to its error output.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("stderr")).unwrap_or_default()
    }

    /// What it wrote to its output.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(self.folder().join("stdout")).unwrap_or_default()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it is killed");
            child.wait().expect("it is gone");
        }
    }

    /// Sends a signal by its name.
    pub fn signal(&self, signal: &str) {
        let id = self.child.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
    }

    /// Asks it to end, waits until it has, and gives its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        self.signal("-TERM");
        self.wait()
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.take().expect("it runs").wait().expect("it ends").code()
    }

    /// Removes the database.
    pub async fn remove(mut self) {
        self.kill();
        if let Some(fresh) = self.fresh.take() {
            fresh.remove().await;
        }
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        self.kill();
    }
}
