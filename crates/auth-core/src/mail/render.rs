//! From what a letter says to its words. The words are in `templates/`: a `.txt` that begins with the
//! subject, and an `.html` that loads nothing from anywhere.

use std::sync::LazyLock;

use minijinja::{Environment, Value, context};

use super::{Letter, LetterKind};
use crate::fault::{Error, Result};
use crate::settings::Settings;

/// A name that somebody chose is cut to this before it comes into a stranger's letter.
const NAME: usize = 80;

pub(super) struct Words {
    pub subject: String,
    pub text: String,
    pub html: String,
}

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        &[("layout.html", include_str!("templates/layout.html")), $(
            (concat!($name, ".txt"), include_str!(concat!("templates/", $name, ".txt"))),
            (concat!($name, ".html"), include_str!(concat!("templates/", $name, ".html"))),
        )*]
    };
}

const TEMPLATES: &[(&str, &str)] = templates![
    "verify_email",
    "reset_password",
    "invitation",
    "email_changed",
    "confirm_email_change",
    "change_email",
    "delete_account",
    "already_registered",
    "ownerless",
    "webhook_disabled",
    "welcome",
    "directory_tripped",
    "credential_expiring",
    "credential_unused",
    "domain_record_missing",
    "domain_lost",
    "magic_link",
    "code",
    "second_factor_changed",
    "second_factor_code",
    "second_factor_locked",
];

static ENVIRONMENT: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.add_filter("link", link);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
});

/// Escapes an address of ours for HTML and leaves its slashes readable.
fn link(url: &str) -> Value {
    let mut escaped = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    Value::from_safe_string(escaped)
}

/// One line of bounded length.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(NAME).collect()
}

pub(super) fn words(settings: &Settings, letter: &Letter) -> Result<Words> {
    if let LetterKind::PhoneCode { code, expires_in } = &letter.kind {
        return Ok(short_message(settings, code, *expires_in));
    }
    let (name, own) = match &letter.kind {
        LetterKind::VerifyEmail { url } => ("verify_email", context! { url }),
        LetterKind::ResetPassword { url } => ("reset_password", context! { url }),
        LetterKind::Invitation { url, organization, inviter } => {
            ("invitation", context! { url, organization => line(organization), inviter => line(inviter) })
        }
        LetterKind::EmailChanged { old, new } => ("email_changed", context! { old, new }),
        LetterKind::ConfirmEmailChange { url, new } => ("confirm_email_change", context! { url, new }),
        LetterKind::ChangeEmail { url } => ("change_email", context! { url }),
        LetterKind::DeleteAccount { url } => ("delete_account", context! { url }),
        LetterKind::AlreadyRegistered => ("already_registered", context! {}),
        LetterKind::Welcome { url, organization } => ("welcome", context! { url, organization => line(organization) }),
        LetterKind::DirectoryTripped { directory, organization, departed, active } => (
            "directory_tripped",
            context! { directory => line(directory), organization => line(organization), departed, active },
        ),
        LetterKind::WebhookDisabled { receiver } => ("webhook_disabled", context! { receiver => line(receiver) }),
        LetterKind::DomainRecordMissing { domain, organization, value, until } => {
            ("domain_record_missing", context! { domain, organization => line(organization), value, until })
        }
        LetterKind::DomainLost { domain, organization } => {
            ("domain_lost", context! { domain, organization => line(organization) })
        }
        LetterKind::CredentialExpiring { directory, organization, credential, prefix, days } => (
            "credential_expiring",
            context! {
                directory => line(directory), organization => line(organization), credential => line(credential), prefix, days,
            },
        ),
        LetterKind::CredentialUnused { directory, organization, credential, prefix, days } => (
            "credential_unused",
            context! {
                directory => line(directory), organization => line(organization), credential => line(credential), prefix, days,
            },
        ),
        LetterKind::Ownerless { organization } => ("ownerless", context! { organization => line(organization) }),
        LetterKind::Code { code, purpose, minutes } => ("code", context! { code, purpose, minutes }),
        LetterKind::MagicLink { url, minutes } => ("magic_link", context! { url, minutes }),
        LetterKind::SecondFactorChanged { what } => ("second_factor_changed", context! { what }),
        LetterKind::SecondFactorLocked { minutes } => ("second_factor_locked", context! { minutes }),
        LetterKind::SecondFactorCode { code } | LetterKind::PhoneCode { code, .. } => {
            ("second_factor_code", context! { code })
        }
    };
    let common =
        context! { application => &settings.application_name, address => &settings.public_url, to => &letter.to };
    let values = context! { ..own, ..common };
    let environment = ENVIRONMENT.as_ref().map_err(|error| Error::internal(format!("a letter's template: {error}")))?;
    let render = |name: &str| -> Result<String> {
        environment.get_template(name).and_then(|template| template.render(&values)).map_err(Error::internal)
    };
    let text = render(&format!("{name}.txt"))?;
    let (subject, text) = text.split_once('\n').unwrap_or((&text, ""));
    let subject = subject.strip_prefix("Subject: ").unwrap_or(subject).trim().to_owned();
    Ok(Words { subject, text: text.to_owned(), html: render(&format!("{name}.html"))? })
}

/// A short message. The code comes first, where telephones show it.
fn short_message(settings: &Settings, code: &str, expires_in: i64) -> Words {
    let (name, minutes) = (line(&settings.application_name), (expires_in + 59) / 60);
    let text = format!("{code} is your code for {name}. It is good for {minutes} min. Give it to nobody.");
    Words { subject: String::new(), text, html: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::InstanceSecret;

    fn settings() -> Settings {
        Settings::new("https://id.example", InstanceSecret::new("s"))
    }

    fn all() -> Vec<LetterKind> {
        let url = "https://id.example/x?token=abc&callbackURL=%2F".to_owned();
        vec![
            LetterKind::VerifyEmail { url: url.clone() },
            LetterKind::ResetPassword { url: url.clone() },
            LetterKind::Invitation { url: url.clone(), organization: "Acme".into(), inviter: "Ann".into() },
            LetterKind::Invitation { url: url.clone(), organization: "Acme".into(), inviter: String::new() },
            LetterKind::EmailChanged { old: "a@b.co".into(), new: "c@d.co".into() },
            LetterKind::ConfirmEmailChange { url: url.clone(), new: "c@d.co".into() },
            LetterKind::ChangeEmail { url: url.clone() },
            LetterKind::MagicLink { url: url.clone(), minutes: 5 },
            LetterKind::Code { code: "012345".into(), purpose: "sign-in".into(), minutes: 5 },
            LetterKind::Code { code: "012345".into(), purpose: "verify-email".into(), minutes: 5 },
            LetterKind::Welcome { url: url.clone(), organization: "Acme".into() },
            LetterKind::DirectoryTripped {
                directory: "Okta".into(),
                organization: "Acme".into(),
                departed: 13,
                active: 60,
            },
            LetterKind::CredentialExpiring {
                directory: "Okta".into(),
                organization: "Acme".into(),
                credential: "Production".into(),
                prefix: "scim_01HKX9SY".into(),
                days: 14,
            },
            LetterKind::CredentialUnused {
                directory: "Okta".into(),
                organization: "Acme".into(),
                credential: "Production".into(),
                prefix: "scim_01HKX9SY".into(),
                days: 90,
            },
            LetterKind::DeleteAccount { url },
            LetterKind::AlreadyRegistered,
            LetterKind::Ownerless { organization: "Acme".into() },
            LetterKind::DomainRecordMissing {
                domain: "acme.example".into(),
                organization: "Acme".into(),
                value: "portico-domain-verification=x".into(),
                until: "2026-01-15".into(),
            },
            LetterKind::DomainLost { domain: "acme.example".into(), organization: "Acme".into() },
            LetterKind::WebhookDisabled { receiver: "https://hooks.example".into() },
            LetterKind::SecondFactorCode { code: "012345".into() },
            LetterKind::SecondFactorChanged { what: "set_up".into() },
            LetterKind::SecondFactorChanged { what: "removed".into() },
            LetterKind::SecondFactorChanged { what: "reset".into() },
            LetterKind::SecondFactorLocked { minutes: 15 },
        ]
    }

    #[test]
    fn every_letter_has_a_subject_and_its_link_in_both_parts() {
        for kind in all() {
            let words = words(&settings(), &Letter { to: "ann@acme.example".into(), kind: kind.clone() }).unwrap();
            assert!(!words.subject.is_empty() && !words.subject.contains('{'), "{kind:?}");
            assert!(!words.text.contains("{{") && !words.html.contains("{{"), "{kind:?}");
            assert!(!words.html.contains("<script") && !words.html.contains("src="), "{kind:?}");
            if format!("{kind:?}").contains("url") {
                assert!(words.text.contains("https://id.example/x?token=abc&callbackURL=%2F\n"), "{}", words.text);
                assert!(
                    words.html.contains("\"https://id.example/x?token=abc&amp;callbackURL=%2F\""),
                    "{}",
                    words.html
                );
            }
        }
    }

    #[test]
    fn a_name_brings_no_markup_and_no_second_header() {
        let evil = "<a href=http://evil>x</a>\r\nBcc: all@x.example";
        let kind = LetterKind::Invitation {
            url: "https://id.example/i".into(),
            organization: evil.into(),
            inviter: String::new(),
        };
        let words = words(&settings(), &Letter { to: "ann@acme.example".into(), kind }).unwrap();
        assert!(!words.html.contains("<a href=http://evil>"), "{}", words.html);
        assert!(!words.subject.contains('\n') && !words.subject.contains('\r'));
    }
}
