//! What never gets into the log: passwords, tokens, credentials, wherever a body has them.
//!
//! Nearly every text holds no word that could name a secret, and is kept as it came. One that does is taken
//! apart: the value of every attribute of such a name goes, that of an operation whose path names one, a text that
//! quotes one, and what has the shape of our own credentials. What cannot be taken apart is not kept at all.

use serde_json::Value as Json;

use super::Kept;
use crate::features::directory::credentials::PREFIX;
use crate::features::directory::oauth::{ACCESS_PREFIX, CODE_PREFIX, REFRESH_PREFIX};
use crate::secret::looks_like_credential;
use crate::secret_keys;

/// What stands for a value that was left out.
pub const LEFT_OUT: &str = "[redacted]";

/// What names of secrets have in them, in lower case.
const NAMES: &[&str] = &[
    "passw",
    "passphrase",
    "secret",
    "token",
    "credential",
    "authorization",
    "bearer",
    "pwd",
    "apikey",
    "api_key",
    "privatekey",
    "private_key",
];
/// What passwords are called: these alone are left out of a replay without harm.
const PASSWORDS: &[&str] = &["passw", "passphrase"];

/// The text of a body as it may be kept, cut to a limit. `parsed` is its JSON, if somebody has read it already.
#[must_use]
pub fn kept(bytes: &[u8], parsed: Option<&Json>, limit: usize) -> Kept {
    let length = bytes.len() as u64;
    if !is_suspect(bytes) {
        let whole = bytes.len() <= limit;
        return Kept { text: Some(text(bytes, limit)), length: Some(length), whole };
    }
    let parsed = parsed.cloned().or_else(|| serde_json::from_slice(bytes).ok());
    let Some(mut value) = parsed else { return Kept { text: None, length: Some(length), whole: false } };
    redact(&mut value);
    let clean = value.to_string();
    let whole = clean.len() <= limit;
    Kept { text: Some(text(clean.as_bytes(), limit)), length: Some(length), whole }
}

/// The beginning of a text, cut between characters, without what databases refuse.
fn text(bytes: &[u8], limit: usize) -> String {
    let head = &bytes[..bytes.len().min(limit)];
    let text = String::from_utf8_lossy(head);
    let text = if head.len() < bytes.len() { text.trim_end_matches(char::REPLACEMENT_CHARACTER) } else { &*text };
    text.replace('\0', "")
}

/// Whether a text has a word in it that may name a secret, or an escape that may hide one. A cheap look that errs on
/// the side of yes.
#[must_use]
pub fn is_suspect(bytes: &[u8]) -> bool {
    let begins = |at: usize, word: &str| {
        bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    };
    bytes.iter().enumerate().any(|(at, byte)| match byte | 0x20 {
        b'p' => begins(at, "passw") || begins(at, "passphrase"),
        b's' => ["secret", "scim_", "sk_", "scimat_", "scimrt_", "scimac_"].iter().any(|word| begins(at, word)),
        b't' => begins(at, "token"),
        b'c' => begins(at, "credential"),
        b'a' => begins(at, "authorization"),
        b'b' => begins(at, "bearer"),
        // A backslash.
        b'|' => *byte == b'\\' && begins(at, "\\u"),
        _ => false,
    })
}

fn names(text: &str, words: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// Takes the secrets out of a body.
pub fn redact(value: &mut Json) {
    match value {
        Json::Object(map) => {
            let by_path = path_of(map).is_some_and(|path| names(path, NAMES));
            for (key, inner) in map.iter_mut() {
                if names(key, NAMES) || (by_path && key.eq_ignore_ascii_case("value")) {
                    *inner = LEFT_OUT.into();
                } else {
                    redact(inner);
                }
            }
        }
        Json::Array(elements) => elements.iter_mut().for_each(redact),
        Json::String(text) => {
            let quotes = text.contains(['"', '\'']) && names(text, NAMES);
            if quotes || holds_credential(text) {
                *value = LEFT_OUT.into();
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn path_of(map: &serde_json::Map<String, Json>) -> Option<&str> {
    map.iter().find(|(key, _)| key.eq_ignore_ascii_case("path")).and_then(|(_, path)| path.as_str())
}

fn holds_credential(text: &str) -> bool {
    let kinds = [PREFIX, ACCESS_PREFIX, REFRESH_PREFIX, CODE_PREFIX, secret_keys::KIND];
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| kinds.iter().any(|kind| looks_like_credential(kind, word)))
}

/// Takes what was left out of a body that is to be replayed: passwords are not set again. `false` if something else
/// was left out too, so that the body is not what was sent.
pub(super) fn without_passwords(value: &mut Json) -> bool {
    match value {
        Json::Object(map) => {
            map.retain(|key, inner| inner != LEFT_OUT || !names(key, PASSWORDS));
            map.values_mut().all(|inner| inner != LEFT_OUT && without_passwords(inner))
        }
        Json::Array(elements) => {
            elements.retain(|element| !sets_password(element));
            elements.iter_mut().all(|inner| inner != LEFT_OUT && without_passwords(inner))
        }
        _ => true,
    }
}

/// Whether it is an operation whose value was left out because its path names a password.
fn sets_password(element: &Json) -> bool {
    let Json::Object(map) = element else { return false };
    let left_out = map.iter().any(|(key, value)| key.eq_ignore_ascii_case("value") && value == LEFT_OUT);
    left_out && path_of(map).is_some_and(|path| names(path, PASSWORDS))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::SystemChance;
    use crate::secret;

    fn stored(body: &str) -> String {
        kept(body.as_bytes(), None, 64 * 1024).text.unwrap_or_default()
    }

    #[test]
    fn secrets_go_wherever_they_are() {
        let (credential, _) = secret::credential(&SystemChance, PREFIX);
        for body in [
            json!({"userName": "ann", "password": "S3cret!"}),
            json!({"userName": "ann", "PassWord": {"value": "S3cret!"}}),
            json!({"Operations": [{"op": "Replace", "path": "password", "value": "S3cret!"}]}),
            json!({"Operations": [{"op": "add", "Path": "urn:x:User:passWORD", "Value": ["S3cret!"]}]}),
            json!({"Operations": [{"op": "add", "value": {"urn:x:User:password": "S3cret!"}}]}),
            json!({"Operations": [{"method": "POST", "data": {"Operations": [{"path": "password", "value": "S3cret!"}]}}]}),
            json!({"filter": "password eq \"S3cret!\""}),
            json!({"Operations": [{"op": "remove", "path": "password[value eq \"S3cret!\"]"}]}),
            json!({"clientSecret": "S3cret!", "apiToken": "S3cret!", "authorization": "Bearer S3cret!"}),
            json!({"title": format!("my {} here S3cret!", credential.expose())}),
            json!({"title": "{\"password\":\"S3cret!\"}"}),
        ] {
            let text = stored(&body.to_string());
            assert!(!text.contains("S3cret") && text.contains(LEFT_OUT), "{body} became {text}");
        }
        let escaped = r#"{"p\u0061ssword": "S3cret!"}"#;
        assert!(!stored(escaped).contains("S3cret"));
        // What cannot be read is not kept if it may hold one.
        assert_eq!(stored(r#"{"password": "S3cret!""#), "");
    }

    #[test]
    fn everything_else_is_kept_as_it_came() {
        for body in [r#"{ "userName":"ann",  "x":1.50 }"#, "{ not json", "", r#"{"title":"scimu_01h455"}"#] {
            let kept = kept(body.as_bytes(), None, 64 * 1024);
            assert_eq!((kept.text.as_deref(), kept.whole), (Some(body), true));
        }
        let cut = kept("{\"a\":\"äää\"}".as_bytes(), None, 7);
        assert_eq!((cut.text.as_deref(), cut.length, cut.whole), (Some("{\"a\":\""), Some(14), false));
        assert_eq!(kept(b"a\0b", None, 9).text.as_deref(), Some("ab"));
    }

    #[test]
    fn a_replay_leaves_passwords_alone_and_stops_at_other_secrets() {
        let mut body = json!({"userName": "ann", "password": LEFT_OUT, "Operations": [
            {"op": "replace", "path": "password", "value": LEFT_OUT}, {"op": "replace", "path": "title", "value": "x"}]});
        assert!(without_passwords(&mut body));
        assert_eq!(body, json!({"userName": "ann", "Operations": [{"op": "replace", "path": "title", "value": "x"}]}));
        for other in
            [json!({"apiToken": LEFT_OUT}), json!({"a": [LEFT_OUT]}), json!([{"path": "apiToken", "value": LEFT_OUT}])]
        {
            assert!(!without_passwords(&mut other.clone()), "{other}");
        }
    }
}
