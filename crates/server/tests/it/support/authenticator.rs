//! A device with passkeys, as far as a server can tell (W3C Web Authentication, 6): ES256, no attestation.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HOLDS_KEY: u8 = 0x40;

/// A device that holds one passkey, and lies where a test tells it to.
pub struct Authenticator {
    key: EcdsaKeyPair,
    /// The id that it gives its passkey.
    pub credential_id: Vec<u8>,
    /// What the server called the person.
    pub handle: Option<Vec<u8>>,
    /// The page that asks, as the browser sees it.
    pub origin: String,
    /// The domain that it signs for; `None`: the one that the options name.
    pub rp_id: Option<String>,
    /// How often it has signed; `None`: it does not count.
    pub counter: Option<u32>,
    /// Whether it looks who holds it.
    pub verifies: bool,
    /// Whether its passkey is on several devices.
    pub backed_up: bool,
}

impl Authenticator {
    /// A new device, in a browser that shows a page of that origin.
    pub fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let credential_id = digest(&SHA256, key.public_key().as_ref()).as_ref().to_vec();
        Self {
            key,
            credential_id,
            handle: None,
            origin: origin.to_owned(),
            rp_id: None,
            counter: Some(0),
            verifies: true,
            backed_up: false,
        }
    }

    /// Makes a passkey: what `navigator.credentials.create` answers.
    pub fn make(&mut self, options: &Json) -> Json {
        self.handle = Some(bytes(&options["user"]["id"]));
        let rp_id = options["rp"]["id"].as_str().expect("a domain").to_owned();
        let mut data = self.data(&rp_id, HOLDS_KEY);
        data.extend([9; 16]);
        data.extend(u16::try_from(self.credential_id.len()).expect("a length").to_be_bytes());
        data.extend(&self.credential_id);
        let point = self.key.public_key().as_ref();
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9053, 7.1.1)
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..]);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.extend([0xa0, 0x68]);
        object.extend(b"authData");
        object.push(0x59);
        object.extend(u16::try_from(data.len()).expect("a length").to_be_bytes());
        object.extend(data);
        self.answer(&json!({
            "clientDataJSON": text(&self.client_data("webauthn.create", options)), "attestationObject": text(&object),
            "transports": ["internal", "hybrid", "carrier-pigeon", "Not One"],
        }))
    }

    /// Shows it: what `navigator.credentials.get` answers.
    pub fn show(&mut self, options: &Json) -> Json {
        self.counter = self.counter.map(|count| count + 1);
        let rp_id = options["rpId"].as_str().expect("a domain").to_owned();
        let data = self.data(&rp_id, 0);
        let client = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        let mut answer = json!({
            "clientDataJSON": text(&client), "authenticatorData": text(&data), "signature": text(signature.as_ref()),
        });
        if let Some(handle) = &self.handle {
            answer["userHandle"] = text(handle).into();
        }
        self.answer(&answer)
    }

    fn answer(&self, response: &Json) -> Json {
        let id = text(&self.credential_id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {}, "response": response,
        })
    }

    fn data(&self, rp_id: &str, more: u8) -> Vec<u8> {
        let mut flags = PRESENT | more;
        if self.verifies {
            flags |= VERIFIED;
        }
        if self.backed_up {
            flags |= BACKUP_ELIGIBLE | BACKED_UP;
        }
        let rp_id = self.rp_id.as_deref().unwrap_or(rp_id);
        let mut data = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.unwrap_or(0).to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Json) -> Vec<u8> {
        let data =
            json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false });
        data.to_string().into_bytes()
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &Json) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().expect("a text")).expect("base64url")
}
