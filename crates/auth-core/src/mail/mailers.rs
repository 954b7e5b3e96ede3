//! The ways in which mail leaves: to an SMTP server, into a folder, or into the log.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::{Mailbox, Message, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::Rendered;
use crate::fault::{Error, Result};
use crate::ids::Id as _;

/// How long a mail server may take for one command.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a mailer answers, later.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// A way in which mail leaves.
pub trait Mailer: Send + Sync {
    /// Sends one letter. `Ok` means that somebody else is responsible for it now.
    fn send<'a>(&'a self, letter: &'a Rendered) -> Sending<'a>;
}

fn mailbox(text: &str) -> Result<Mailbox> {
    text.parse().map_err(|error| Error::internal(format!("{error}")))
}

fn message(from: &Mailbox, letter: &Rendered) -> Result<Message> {
    let millis = u64::try_from(letter.date.millis()).unwrap_or_default();
    // The same letter has the same id in each attempt, so that a second delivery can be told.
    let id = format!("<{}@{}>", letter.id.as_str(), from.email.domain());
    Message::builder()
        .from(from.clone())
        .to(mailbox(&letter.to)?)
        .subject(letter.subject.clone())
        .date(UNIX_EPOCH + Duration::from_millis(millis))
        .message_id(Some(id))
        .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
        .map_err(Error::internal)
}

/// Sends to an SMTP server.
pub struct SmtpMailer {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

/// A mailer over SMTP: `smtp://[user:password@]host[:port]`, with `?tls=required` or
/// `?tls=opportunistic` for STARTTLS, or `smtps://…` for TLS from the first byte. `from` is an
/// address or `Name <address>`. To be made inside the runtime, where its connections live.
pub fn smtp(url: &str, from: &str) -> Result<SmtpMailer> {
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(Error::internal)?;
    Ok(SmtpMailer { from: mailbox(from)?, transport: builder.timeout(Some(PATIENCE)).build() })
}

impl SmtpMailer {
    /// Whether the server answers.
    pub async fn test(&self) -> Result<bool> {
        self.transport.test_connection().await.map_err(Error::internal)
    }
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, letter: &'a Rendered) -> Sending<'a> {
        Box::pin(async move {
            let message = message(&self.from, letter)?;
            self.transport.send(message).await.map(drop).map_err(Error::internal)
        })
    }
}

/// Writes into a folder, a file for each letter.
#[derive(Debug)]
pub struct FileMailer {
    from: Mailbox,
    folder: PathBuf,
}

/// A mailer that writes `.eml` files. The folder is made when it is missing.
pub fn file(folder: &Path, from: &str) -> Result<FileMailer> {
    Ok(FileMailer { from: mailbox(from)?, folder: folder.to_owned() })
}

impl Mailer for FileMailer {
    fn send<'a>(&'a self, letter: &'a Rendered) -> Sending<'a> {
        Box::pin(async move {
            let bytes = message(&self.from, letter)?.formatted();
            tokio::fs::create_dir_all(&self.folder).await.map_err(Error::internal)?;
            // Named when it is whole, so that nobody reads half a letter.
            let unfinished = self.folder.join(format!(".{}", letter.id.as_str()));
            let finished = self.folder.join(format!("{}-{}.eml", letter.date.millis(), letter.id.as_str()));
            tokio::fs::write(&unfinished, bytes).await.map_err(Error::internal)?;
            tokio::fs::rename(&unfinished, &finished).await.map_err(Error::internal)
        })
    }
}

/// Writes into the log, live links and all: for development.
#[derive(Debug)]
pub struct LogMailer {
    warned: AtomicBool,
}

/// A mailer that sends nothing and logs the text of each letter. The sender is checked all the same,
/// so that a configuration does not become wrong by another transport.
pub fn log(from: &str) -> Result<LogMailer> {
    mailbox(from)?;
    Ok(LogMailer { warned: AtomicBool::new(false) })
}

impl Mailer for LogMailer {
    fn send<'a>(&'a self, letter: &'a Rendered) -> Sending<'a> {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!("mail goes into the log, with links that open accounts: for development only");
        }
        tracing::info!(to = %letter.to, subject = %letter.subject, "mail:\n{}", letter.text);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Channel;
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::MailId;

    fn letter(to: &str) -> Rendered {
        Rendered {
            channel: Channel::Mail,
            id: MailId::from_text("mail_1".into()),
            to: to.into(),
            subject: "Grüße".into(),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
            date: Timestamp(1_700_000_000_000),
        }
    }

    #[test]
    fn a_message_has_both_parts_and_an_id_that_stays() {
        let from = mailbox("Portico <no-reply@id.example>").unwrap();
        let text = String::from_utf8(message(&from, &letter("ann@acme.example")).unwrap().formatted()).unwrap();
        assert!(text.contains("Message-ID: <mail_1@id.example>"), "{text}");
        assert!(text.contains("Date: Tue, 14 Nov 2023 22:13:20 +0000"), "{text}");
        assert!(text.contains("text/plain") && text.contains("text/html"));
        assert!(message(&from, &letter("no address")).is_err());
    }

    #[test]
    fn a_wrong_sender_or_server_is_refused_at_once() {
        assert!(log("nobody").is_err() && log("Portico <a@b.co>").is_ok());
        assert!(smtp("http://x", "a@b.co").is_err());
    }
}
