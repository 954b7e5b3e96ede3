//! A real SMTP server in a thread of its own, which keeps what it is given (RFC 5321, as little as a client needs).

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use regex::Regex;

/// A mail that arrived.
#[derive(Clone, Debug)]
pub struct Message {
    /// The addresses of the envelope, in small letters.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The text of all parts, decoded.
    pub text: String,
    /// The message as it was sent.
    pub raw: String,
}

/// Everybody's mailbox. A clone is the same one.
#[derive(Clone)]
pub struct Mailbox {
    port: u16,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Mailbox {
    /// Opens one on a free port.
    pub fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port for mail");
        let this = Self { port: listener.local_addr().expect("an address").port(), messages: Arc::default() };
        let messages = Arc::clone(&this.messages);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let messages = Arc::clone(&messages);
                std::thread::spawn(move || {
                    let _ = converse(&stream, &messages);
                });
            }
        });
        this
    }

    /// `smtp://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// All that came so far.
    pub fn all(&self) -> Vec<Message> {
        self.messages.lock().expect("messages").clone()
    }

    /// All that came so far for an address.
    pub fn to(&self, address: &str) -> Vec<Message> {
        self.all().into_iter().filter(|mail| mail.to.contains(&address.to_lowercase())).collect()
    }

    /// Waits for a mail to the address whose text matches, newest first, and gives the first group of the pattern
    /// (the whole match, if it has none).
    #[track_caller]
    pub fn wait(&self, address: &str, pattern: &str) -> impl Future<Output = String> + use<> {
        let (this, address, pattern) = (self.clone(), address.to_owned(), Regex::new(pattern).expect("a pattern"));
        let caller = std::panic::Location::caller();
        async move {
            let end = Instant::now() + Duration::from_secs(20);
            while Instant::now() < end {
                for mail in this.to(&address).iter().rev() {
                    if let Some(found) = pattern.captures(&mail.text) {
                        return found.get(1).or(found.get(0)).map(|m| m.as_str().to_owned()).unwrap_or_default();
                    }
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            panic!("{caller}: no mail to {address} matches {pattern}; there are {:#?}", this.all());
        }
    }
}

fn converse(stream: &TcpStream, messages: &Mutex<Vec<Message>>) -> std::io::Result<()> {
    let (mut lines, mut out) = (BufReader::new(stream), stream);
    let mut to = Vec::new();
    out.write_all(b"220 test\r\n")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => b"250-test\r\n250 8BITMIME\r\n",
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                to.push(address.to_lowercase());
                b"250 ok\r\n"
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let raw = data(&mut lines)?;
                let (subject, text) = super::mime::read(&raw);
                messages.lock().expect("messages").push(Message { to: std::mem::take(&mut to), subject, text, raw });
                b"250 kept\r\n"
            }
            "QUIT" => {
                out.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        out.write_all(answer)?;
    }
}

fn data(lines: &mut impl BufRead) -> std::io::Result<String> {
    let mut raw = Vec::new();
    loop {
        let start = raw.len();
        if lines.read_until(b'\n', &mut raw)? == 0 || &raw[start..] == b".\r\n" {
            raw.truncate(start);
            return Ok(String::from_utf8_lossy(&raw).into_owned());
        }
        if raw[start] == b'.' {
            raw.remove(start);
        }
    }
}
