//! Short messages: to a gateway, by the one client that calls out, or into the log.

use std::sync::Arc;
use std::time::Duration;

use auth_core::Error;
use auth_core::mail::{Channel, Mailer, Rendered, Sending};
use auth_core::secret::Secret;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::config::{BodyForm, Gateway, Sms};
use crate::outbound::Outbound;

/// Sends letters as mail and short messages by the gateway.
pub struct Postman {
    mailer: Arc<dyn Mailer>,
    sms: Sms,
    outbound: Outbound,
}

impl Postman {
    /// With both ways.
    #[must_use]
    pub fn new(mailer: Arc<dyn Mailer>, sms: Sms, outbound: Outbound) -> Self {
        Self { mailer, sms, outbound }
    }

    async fn text(&self, message: &Rendered, code: &Secret) -> auth_core::Result<()> {
        let gateway = match &self.sms {
            Sms::Gateway(gateway) => gateway,
            Sms::Log => {
                tracing::info!(to = %message.to, "short message, for development only:\n{}", message.text);
                return Ok(());
            }
        };
        let body = body(gateway, &message.to, code.expose(), &message.text);
        let call = self.outbound.call(gateway.method.clone(), &gateway.url, headers(gateway)?, body);
        let answer = tokio::time::timeout(Duration::from_secs(gateway.timeout), call).await;
        match answer {
            Ok(Ok(answer)) if (200..300).contains(&answer.status) => Ok(()),
            // What it says beside the status may repeat the number and the code.
            Ok(Ok(answer)) => Err(Error::internal(format!("the gateway answered {}", answer.status))),
            Ok(Err(failed)) => Err(Error::internal(format!("the gateway: {failed}"))),
            Err(_) => Err(Error::internal("the gateway did not answer in time")),
        }
    }
}

impl Mailer for Postman {
    fn send<'a>(&'a self, letter: &'a Rendered) -> Sending<'a> {
        match &letter.channel {
            Channel::Mail => self.mailer.send(letter),
            Channel::Telephone { code, .. } => Box::pin(self.text(letter, code)),
        }
    }
}

fn headers(gateway: &Gateway) -> auth_core::Result<HeaderMap> {
    let media = match gateway.form {
        BodyForm::Json => "application/json",
        BodyForm::Form => "application/x-www-form-urlencoded",
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    for (name, value) in &gateway.headers {
        let mut value =
            HeaderValue::from_str(value.expose()).map_err(|_| Error::internal("a header of the gateway"))?;
        value.set_sensitive(true);
        headers.insert(name.clone(), value);
    }
    Ok(headers)
}

/// The body with what it says, escaped as its form has it. Places are looked for once, so that what is put in is none.
fn body(gateway: &Gateway, number: &str, code: &str, text: &str) -> String {
    let escaped = |text: &str| match gateway.form {
        // A string of JSON without its quotation marks.
        BodyForm::Json => {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        BodyForm::Form => url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
    };
    let (mut out, mut rest) = (String::new(), gateway.body.as_str());
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let place = [("{phone_number}", number), ("{code}", code), ("{text}", text)]
            .into_iter()
            .find(|(place, _)| rest.starts_with(place));
        let taken = if let Some((place, value)) = place {
            out.push_str(&escaped(value));
            place.len()
        } else {
            out.push('{');
            1
        };
        rest = &rest[taken..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use reqwest::Method;

    use super::*;

    fn gateway(form: BodyForm, body: &str) -> Gateway {
        let url = "https://sms.example".to_owned();
        Gateway { url, method: Method::POST, form, headers: Vec::new(), body: body.to_owned(), timeout: 10 }
    }

    #[test]
    fn what_is_put_in_stays_a_value() {
        let json = gateway(BodyForm::Json, r#"{"to":"{phone_number}","m":{"text":"{text}","x":"{other}"}}"#);
        let text = "12 \"quoted\" {code} \\ \n";
        let made: serde_json::Value = serde_json::from_str(&body(&json, "+491", "123456", text)).unwrap();
        assert_eq!(made, serde_json::json!({ "to": "+491", "m": { "text": text, "x": "{other}" } }));
        let form = gateway(BodyForm::Form, "To={phone_number}&Body={text}&From=%2B1");
        assert_eq!(body(&form, "+491", "123456", "a&b=c"), "To=%2B491&Body=a%26b%3Dc&From=%2B1");
    }
}
