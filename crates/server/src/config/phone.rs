//! Telephone numbers, and the gateway by which they are written to.

use auth_core::secret::Secret;
use auth_core::settings::PhoneNumberSettings;
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use super::read::Reader;
use super::{BodyForm, Gateway, Sms};

/// Telephone numbers to sign in with.
pub(super) fn numbers(r: &mut Reader<'_>, numbers: &mut PhoneNumberSettings) {
    numbers.enabled = r.flag("methods.phone_number.enabled");
    numbers.sign_up = r.flag("methods.phone_number.sign_up");
    // Fewer digits are guessed too soon, whatever else is limited.
    numbers.length = r.number("methods.phone_number.length", 6, 12);
    numbers.expires_in = r.number("methods.phone_number.expires_in", 60, 3600);
    numbers.attempts = r.number("methods.phone_number.attempts", 1, 10);
    numbers.prefixes = r.list("methods.phone_number.prefixes");
    let is_prefix = |text: &String| {
        text.strip_prefix('+').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    if let Some(odd) = numbers.prefixes.iter().find(|prefix| !is_prefix(prefix)) {
        r.fault(
            "methods.phone_number.prefixes",
            format!("{odd:?} begins no number"),
            "write what numbers begin with, such as [\"+49\", \"+43\"]",
        );
    }
}

/// How short messages leave.
pub(super) fn sms(r: &mut Reader<'_>) -> Sms {
    let gateway = Gateway {
        url: r.text("sms.url"),
        method: r.choice("sms.method", &[("POST", Method::POST), ("PUT", Method::PUT)]),
        form: r.choice(
            "sms.content_type",
            &[("application/json", BodyForm::Json), ("application/x-www-form-urlencoded", BodyForm::Form)],
        ),
        headers: headers(r),
        body: r.text("sms.body"),
        timeout: r.number("sms.timeout", 1, 15),
    };
    if !r.choice("sms.transport", &[("log", false), ("http", true)]) {
        return Sms::Log;
    }
    // The URL may hold a password: it is not repeated.
    if !Url::parse(&gateway.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        r.fault("sms.url", "it is not the address of a gateway".to_owned(), "write https://host/path");
    }
    let holds = |place: &str| gateway.body.contains(place);
    if !holds("{phone_number}") || !(holds("{code}") || holds("{text}")) {
        r.fault(
            "sms.body",
            "it does not say to whom, or not what".to_owned(),
            "put {phone_number} in it, and {text} or {code}",
        );
    } else if gateway.form == BodyForm::Json && serde_json::from_str::<serde_json::Value>(&gateway.body).is_err() {
        r.fault(
            "sms.body",
            "it is not JSON".to_owned(),
            "write the places inside of strings, such as {\"to\": \"{phone_number}\"}",
        );
    }
    Sms::Gateway(gateway)
}

/// The headers, none of which is repeated if it is wrong: they hold secrets.
fn headers(r: &mut Reader<'_>) -> Vec<(HeaderName, Secret)> {
    let mut found = Vec::new();
    let authorization = r.optional("sms.authorization").map(|value| format!("authorization: {value}"));
    for line in r.list("sms.headers").into_iter().chain(authorization) {
        let parts = line.split_once(':').map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()));
        let read = parts.and_then(|(name, value)| {
            HeaderValue::from_str(value).ok()?;
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, Secret::new(value)))
        });
        match read {
            Some(header) => found.push(header),
            None => r.fault("sms.headers", "one of them is no header".to_owned(), "write name: value"),
        }
    }
    found
}
