//! Signatures of Standard Webhooks: HMAC-SHA-256 over id, time and body, under a secret `whsec_` and base 64.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::PURPOSE;
use crate::clock::Chance;
use crate::fault::{Error, Result};
use crate::secret::{InstanceSecret, Secret};

const KIND: &str = "whsec_";
/// How many random bytes a secret has: the specification asks for 24 to 64.
const BYTES: usize = 32;
/// How many characters after `whsec_` may be shown.
const SHOWN: usize = 4;

/// A new secret: the whole, the part that may be shown, and its key sealed.
pub(super) struct Made {
    pub secret: Secret,
    pub prefix: String,
    pub sealed: String,
}

pub(super) fn make(chance: &dyn Chance, instance: &InstanceSecret) -> Result<Made> {
    let mut key = [0; BYTES];
    chance.fill(&mut key);
    let text = format!("{KIND}{}", STANDARD.encode(key));
    let prefix = text[..KIND.len() + SHOWN].to_owned();
    Ok(Made { secret: Secret::new(text), prefix, sealed: instance.seal(PURPOSE, &key)? })
}

/// The keys by which messages of an endpoint are signed at present.
pub(super) struct Keys(Vec<hmac::Key>);

impl Keys {
    pub(super) fn open<'a>(instance: &InstanceSecret, sealed: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let open = |sealed: &str| {
            let key = instance.open(PURPOSE, sealed)?;
            Ok::<_, Error>(hmac::Key::new(hmac::HMAC_SHA256, &key))
        };
        sealed.into_iter().map(open).collect::<Result<_>>().map(Self)
    }

    /// The header `webhook-signature`: a signature by each key, told apart by spaces.
    pub(super) fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let message = format!("{id}.{timestamp}.{body}");
        let signed =
            self.0.iter().map(|key| format!("v1,{}", STANDARD.encode(hmac::sign(key, message.as_bytes()).as_ref())));
        signed.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemChance;

    #[test]
    fn the_published_example_is_signed_alike() {
        // https://github.com/standard-webhooks/standard-webhooks, tests of the reference libraries.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let instance = InstanceSecret::new("s");
        let sealed = instance.seal(PURPOSE, &key).unwrap();
        let keys = Keys::open(&instance, [sealed.as_str()]).unwrap();
        assert_eq!(
            keys.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_secret_has_the_form_of_the_specification_and_two_keys_sign_twice() {
        let instance = InstanceSecret::new("s");
        let (one, two) = (make(&SystemChance, &instance).unwrap(), make(&SystemChance, &instance).unwrap());
        let text = one.secret.expose();
        let bytes = STANDARD.decode(text.strip_prefix(KIND).unwrap()).unwrap();
        assert!((24..=64).contains(&bytes.len()) && text.starts_with(&one.prefix) && one.prefix.len() == 10);
        assert!(!one.sealed.contains(&text[KIND.len()..]));
        let keys = Keys::open(&instance, [one.sealed.as_str(), two.sealed.as_str()]).unwrap();
        let signatures = keys.sign("a", 1, "{}");
        assert_eq!(signatures.split(' ').filter(|signature| signature.starts_with("v1,")).count(), 2);
    }
}
