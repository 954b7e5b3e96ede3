//! Mail: letters that are queued with the change they tell of, and sent afterwards.
//!
//! Letters hold live links. So they wait sealed with the instance's key, are deleted on delivery, and
//! are never events. This module owns the table `mail_queue`; when the queue is looked at is the
//! business of the worker that calls [`deliver_due`].

pub mod links;
mod mailers;
mod queue;
mod render;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::MailId;
use crate::secret::Secret;

pub use mailers::{FileMailer, LogMailer, Mailer, Sending, SmtpMailer, file, log, smtp};
pub(crate) use queue::pretend;
pub use queue::{deliver_due, next_due, queue};

/// Where an answer must not tell whether a letter was written, it comes no sooner than this.
pub(crate) const FLOOR: Duration = Duration::from_millis(150);

/// What the addresses of people end in who gave none: a domain that cannot exist (RFC 6761, 6.4).
pub(crate) const NOWHERE: &str = ".placeholder.invalid";

/// A letter to be written, or a short message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The address; the number of a short message.
    pub to: String,
    /// What it says.
    pub kind: LetterKind,
}

/// What a letter says. This is also the form in which it waits, sealed, in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum LetterKind {
    /// Confirm that this mailbox and the account with its address are yours.
    VerifyEmail {
        /// The link.
        url: String,
    },
    /// Choose a new password.
    ResetPassword {
        /// The link.
        url: String,
    },
    /// You are invited to an organization.
    Invitation {
        /// The link.
        url: String,
        /// The organization's name.
        organization: String,
        /// The name of whoever invites; empty if there is none to tell.
        inviter: String,
    },
    /// Your address was changed; to the old one and to the new one.
    EmailChanged {
        /// The address before.
        old: String,
        /// The address now.
        new: String,
    },
    /// Do you agree to change your address? To the present one.
    ConfirmEmailChange {
        /// The link.
        url: String,
        /// The address to be.
        new: String,
    },
    /// Confirm that this is your new address; to the new one.
    ChangeEmail {
        /// The link.
        url: String,
    },
    /// Do you want to delete your account?
    DeleteAccount {
        /// The link.
        url: String,
    },
    /// Somebody tried to sign up with your address.
    AlreadyRegistered,
    /// A directory made an account for you: choose a password.
    Welcome {
        /// The link.
        url: String,
        /// The organization's name.
        organization: String,
    },
    /// Too many people of a directory lost access at once; to those who administer it.
    DirectoryTripped {
        /// What the directory is called.
        directory: String,
        /// The organization's name.
        organization: String,
        /// How many people lost access, with the first who was refused.
        departed: i64,
        /// Of how many.
        active: i64,
    },
    /// Nothing is sent any more to a webhook endpoint that accepted nothing for days.
    WebhookDisabled {
        /// Its scheme and host.
        receiver: String,
    },
    /// The record that proved a domain is missing; to those who administer the organization.
    DomainRecordMissing {
        /// The domain.
        domain: String,
        /// The organization's name.
        organization: String,
        /// What the record says.
        value: String,
        /// Until when the organization holds the domain without it: a date.
        until: String,
    },
    /// An organization holds a domain no more, because the record that proved it is missing.
    DomainLost {
        /// The domain.
        domain: String,
        /// The organization's name.
        organization: String,
    },
    /// A credential of a directory expires soon; to those who administer it.
    CredentialExpiring {
        /// What the directory is called.
        directory: String,
        /// The organization's name.
        organization: String,
        /// What the credential is called.
        credential: String,
        /// The part of it that may be shown.
        prefix: String,
        /// In how many days.
        days: i64,
    },
    /// A credential of a directory is not used; to those who administer it.
    CredentialUnused {
        /// What the directory is called.
        directory: String,
        /// The organization's name.
        organization: String,
        /// What the credential is called.
        credential: String,
        /// The part of it that may be shown.
        prefix: String,
        /// For how many days.
        days: i64,
    },
    /// An organization lost its last owner.
    Ownerless {
        /// The organization's name.
        organization: String,
    },
    /// A code to type in.
    Code {
        /// The code.
        code: String,
        /// For what, as `CodePurpose` says it.
        purpose: String,
        /// How long it lives, in minutes.
        minutes: i64,
    },
    /// Sign in by this link.
    MagicLink {
        /// The link.
        url: String,
        /// How long it lives, in minutes.
        minutes: i64,
    },
    /// The second factor of an account was set up or taken away.
    SecondFactorChanged {
        /// `set_up`, `removed` by its owner, or `reset` by an administrator.
        what: String,
    },
    /// So many wrong codes were tried that none is tried for a while.
    SecondFactorLocked {
        /// For how long, in minutes.
        minutes: i64,
    },
    /// The code that somebody shows as their second factor.
    SecondFactorCode {
        /// Six digits.
        code: String,
    },
    /// A code to type in, as a short message.
    PhoneCode {
        /// The code.
        code: String,
        /// How long it lives, in seconds: it is not sent any more then.
        expires_in: i64,
    },
}

/// By which way a letter leaves.
#[derive(Clone, Debug)]
pub enum Channel {
    /// As a mail.
    Mail,
    /// As a short message to a telephone. It has neither subject nor HTML.
    Telephone {
        /// The code in it, for gateways that write the text themselves.
        code: Secret,
        /// For how many seconds after it was queued it is worth sending.
        expires_in: i64,
    },
}

/// A letter as it is sent.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// By which way.
    pub channel: Channel,
    /// Its place in the queue; the same in each attempt.
    pub id: MailId,
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// When it is sent.
    pub date: Timestamp,
}
