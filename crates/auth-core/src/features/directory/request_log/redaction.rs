//! What never gets into the log: passwords, tokens, credentials, wherever a body has them.
//!
//! Nearly every text holds no word that could name a secret, and is kept as it came. One that does is taken
//! apart: the value of every attribute of such a name goes, that of an operation whose path names one, a text that
//! quotes one, and what has the shape of our own credentials. What cannot be taken apart is not kept at all.

use std::collections::BTreeSet;
use std::str::Utf8Error;
use std::sync::LazyLock;

use aho_corasick::packed::Searcher;
use memchr::memmem;
use serde_json::{Map, Value as Json};

use super::Kept;
use crate::features::directory::credentials::PREFIX;
use crate::features::directory::oauth::{ACCESS_PREFIX, CODE_PREFIX, REFRESH_PREFIX};
use crate::secret::{credential_length, looks_like_credential};
use crate::secret_keys;

/// What stands for a value that was left out.
pub const LEFT_OUT: &str = "[redacted]";

/// What names of secrets have in them.
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
/// What may begin a secret. No word has fewer than three letters: the more each has, the fewer look alike to what finds them.
const SIGNS: &[&str] = &["scim_", "scimat_", "scimrt_", "scimac_", "sk_"];
/// What may hide one.
const ESCAPE: &[u8] = b"\\u";

static NAMING: LazyLock<Words> = LazyLock::new(|| Words::new(NAMES.iter()));
static PASSWORD: LazyLock<Words> = LazyLock::new(|| Words::new(PASSWORDS.iter()));
static SUSPECT: LazyLock<Words> = LazyLock::new(|| Words::new(NAMES.iter().chain(SIGNS)));

/// Finds words, which are in small letters, in either letter case.
struct Words {
    words: Vec<&'static str>,
    /// What compares many bytes of a text with all of them at once, where the processor can.
    together: Option<Searcher>,
}

impl Words {
    fn new(words: impl IntoIterator<Item = &'static &'static str>) -> Self {
        let words: Vec<&str> = words.into_iter().copied().collect();
        Self { together: Searcher::new(&words), words }
    }

    /// Whether a text has one of them in it.
    fn are_in(&self, text: impl AsRef<[u8]>) -> bool {
        let text = text.as_ref().to_ascii_lowercase();
        let has = |word: &&str| text.windows(word.len()).any(|part| part == word.as_bytes());
        self.together.as_ref().map_or_else(|| self.words.iter().any(has), |words| words.find(&text).is_some())
    }
}

/// The text of a body as it may be kept, cut to a limit. `parsed` is its JSON, if somebody has read it already.
#[must_use]
pub fn kept(bytes: &[u8], parsed: Option<&Json>, limit: usize) -> Kept {
    kept_without(bytes, parsed, limit, &[])
}

/// The same, also without the values of some attributes: those of a directory's own schemas that are never returned, by
/// their names in small letters.
#[must_use]
pub fn kept_without(bytes: &[u8], parsed: Option<&Json>, limit: usize, never: &[String]) -> Kept {
    let length = bytes.len() as u64;
    if !is_veiled(bytes) && !is_suspect(bytes) && !mentions(bytes, never) {
        let whole = bytes.len() <= limit;
        return Kept { text: Some(text(bytes, limit)), length: Some(length), whole };
    }
    let parsed = parsed.cloned().or_else(|| serde_json::from_slice(bytes).ok());
    let Some(mut value) = parsed else { return Kept { text: None, length: Some(length), whole: false } };
    redact(&mut value);
    without(&mut value, never);
    let clean = value.to_string();
    let whole = clean.len() <= limit;
    Kept { text: Some(text(clean.as_bytes(), limit)), length: Some(length), whole }
}

/// Whether a text is written so that no word is found in it: in UTF-16, say, where every other byte of one is nothing. JSON is
/// UTF-8, with no control character in it, and a text may be cut within its last character.
fn is_veiled(bytes: &[u8]) -> bool {
    bytes.contains(&0) || std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some())
}

/// The beginning of a text, cut between characters.
fn text(bytes: &[u8], limit: usize) -> String {
    let head = &bytes[..bytes.len().min(limit)];
    let whole = |error: Utf8Error| std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default();
    std::str::from_utf8(head).unwrap_or_else(whole).to_owned()
}

/// Whether a text has a word in it that may name a secret, or begin one, or an escape that may hide one. A cheap look that
/// errs on the side of yes.
#[must_use]
pub fn is_suspect(bytes: &[u8]) -> bool {
    has_escape(bytes) || SUSPECT.are_in(bytes)
}

/// Whether a text has a `\u` in it, as JSON writes any letter.
fn has_escape(bytes: &[u8]) -> bool {
    memmem::find(bytes, ESCAPE).is_some()
}

/// Takes the secrets out of a body.
pub fn redact(value: &mut Json) {
    match value {
        Json::Object(map) => {
            let by_path = paths_of(map).any(|path| NAMING.are_in(path.to_string()));
            for (key, inner) in map.iter_mut() {
                let is_path = by_path && key.eq_ignore_ascii_case("path");
                if NAMING.are_in(key) || (by_path && key.eq_ignore_ascii_case("value")) || (is_path && !is_plain(inner))
                {
                    *inner = LEFT_OUT.into();
                } else {
                    redact(inner);
                }
            }
        }
        Json::Array(elements) => elements.iter_mut().for_each(redact),
        Json::String(text) => {
            let quotes = text.contains(['"', '\'']) && NAMING.are_in(&*text);
            if quotes || holds_credential(text) {
                *value = LEFT_OUT.into();
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Whether a text has the name of such an attribute in it, or an escape that may hide one.
#[must_use]
pub fn mentions(bytes: &[u8], never: &[String]) -> bool {
    let has = |name: &str| bytes.windows(name.len().max(1)).any(|found| found.eq_ignore_ascii_case(name.as_bytes()));
    !never.is_empty() && (has_escape(bytes) || never.iter().any(|name| has(name)))
}

/// Takes out the values of attributes that are never returned, wherever a body has them.
fn without(value: &mut Json, never: &[String]) {
    if never.is_empty() {
        return;
    }
    match value {
        Json::Object(map) => {
            let by_path = paths_of(map).any(|path| is_named(&path.to_string(), never));
            for (key, inner) in map.iter_mut() {
                if is_named(key, never) || (by_path && key.eq_ignore_ascii_case("value")) {
                    *inner = LEFT_OUT.into();
                } else {
                    without(inner, never);
                }
            }
        }
        Json::Array(elements) => elements.iter_mut().for_each(|element| without(element, never)),
        // A filter compares the attribute with its value; a text of JSON holds both.
        Json::String(text) if text.contains(['"', '\'']) && is_named(text, never) => *value = LEFT_OUT.into(),
        Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Whether a name, a path or a filter has one of the names in it, as a word of its own.
fn is_named(text: &str, never: &[String]) -> bool {
    let text = text.to_ascii_lowercase();
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '$'));
    words.any(|word| never.iter().any(|name| name == word))
}

fn path_of(map: &Map<String, Json>) -> Option<&str> {
    paths_of(map).next().and_then(Json::as_str)
}

/// All that may be the path of an operation: names of members are read in either letter case.
fn paths_of(map: &Map<String, Json>) -> impl Iterator<Item = &Json> {
    map.iter().filter(|(key, _)| key.eq_ignore_ascii_case("path")).map(|(_, path)| path)
}

/// Whether a path names attributes, filters and quotes included, and says nothing else that could be what is to be kept back.
fn is_plain(path: &Json) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$' | '.' | ':');
    path.as_str().is_some_and(|path| path.chars().all(plain))
}

/// Whether a text can be the id of a resource: what else stands in its place is somebody's words, and no resource's.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let shaped = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(shaped) && !holds_credential(text)
}

/// The kinds of our credentials that may stand in a text. What each begins with is among [`SIGNS`].
pub(super) const KINDS: [&str; 5] = [PREFIX, ACCESS_PREFIX, REFRESH_PREFIX, CODE_PREFIX, secret_keys::KIND];

/// Whether a text has something in it that has the shape of a credential of ours.
#[must_use]
pub fn holds_credential(text: &str) -> bool {
    let is_one = |at: usize, kind: &str| {
        let begin = text[..at].ends_with(kind).then(|| at - kind.len());
        let whole = begin.and_then(|begin| text.get(begin..begin + credential_length(kind)));
        whole.is_some_and(|whole| looks_like_credential(kind, whole))
    };
    text.match_indices('_').any(|(at, _)| KINDS.iter().any(|kind| is_one(at, kind)))
}

/// Takes what was left out of a body that is to be replayed: passwords are not set again. `false` if something else
/// was left out too, so that the body is not what was sent.
pub(super) fn without_passwords(value: &mut Json) -> bool {
    match value {
        Json::Object(map) => {
            map.retain(|key, inner| inner != LEFT_OUT || !PASSWORD.are_in(key));
            map.values_mut().all(|inner| inner != LEFT_OUT && without_passwords(inner))
        }
        Json::Array(elements) => {
            elements.retain(|element| !sets_password(element));
            elements.iter_mut().all(|inner| inner != LEFT_OUT && without_passwords(inner))
        }
        _ => true,
    }
}

/// Takes what was left out of a body that somebody wants to look at; gives the names of it, in lower case. Operations of
/// a PATCH whose value was left out go as a whole.
pub(in crate::features::directory) fn left_out(body: &mut Json) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    take_out(body, "", &mut names);
    names
}

fn take_out(value: &mut Json, name: &str, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(map) => {
            map.retain(|key, inner| {
                let gone = inner == LEFT_OUT;
                if gone {
                    // The value of an attribute bears the attribute's name.
                    let called = if key.eq_ignore_ascii_case("value") { name } else { key.as_str() };
                    found.insert(called.to_ascii_lowercase());
                }
                !gone
            });
            for (key, inner) in map {
                let deeper = if key.eq_ignore_ascii_case("value") { name } else { key.as_str() };
                take_out(inner, deeper, found);
            }
        }
        Json::Array(elements) => {
            elements.retain(|element| {
                let gone = element == LEFT_OUT || lost_value(element);
                if gone {
                    found.extend(element.as_object().and_then(path_of).map_or_else(|| vec![name.to_owned()], segments));
                }
                !gone
            });
            for element in elements {
                let path = element.as_object().and_then(path_of).map(segments);
                let name = path.as_ref().and_then(|path| path.first()).map_or(name, String::as_str).to_owned();
                take_out(element, &name, found);
            }
        }
        _ => {}
    }
}

/// Whether it is an operation whose value was left out.
fn lost_value(element: &Json) -> bool {
    let Json::Object(map) = element else { return false };
    path_of(map).is_some() && map.iter().any(|(key, value)| key.eq_ignore_ascii_case("value") && value == LEFT_OUT)
}

/// The attributes that a path names, in lower case: those that may be secret, else all of them.
fn segments(path: &str) -> Vec<String> {
    let plain: String =
        path.split('[').enumerate().map(|(n, part)| if n == 0 { part } else { after_filter(part) }).collect();
    let last = plain.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
    let all: Vec<String> = last.split('.').filter(|part| !matches!(*part, "" | "value")).map(str::to_owned).collect();
    let secret: Vec<String> = all.iter().filter(|part| NAMING.are_in(part)).cloned().collect();
    if secret.is_empty() { all } else { secret }
}

fn after_filter(part: &str) -> &str {
    part.split_once(']').map_or("", |(_, rest)| rest)
}

/// Whether it is an operation whose value was left out because its path names a password.
fn sets_password(element: &Json) -> bool {
    let Json::Object(map) = element else { return false };
    let left_out = map.iter().any(|(key, value)| key.eq_ignore_ascii_case("value") && value == LEFT_OUT);
    left_out && path_of(map).is_some_and(|path| PASSWORD.are_in(path))
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
            json!({"Operations": [{"op": "add", "PATH": "title", "path": "password", "value": "S3cret!"}]}),
            json!({"Operations": [{"op": "add", "path": ["password"], "value": "S3cret!"}]}),
            json!({"Operations": [{"op": "remove", "path": "password=S3cret!"}]}),
            json!({"Operations": [{"op": "remove", "path": "emails[password eq S3cret!]"}]}),
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
    fn what_is_written_so_that_no_word_is_found_is_not_kept() {
        let body = r#"{"userName":"ann","password":"S3cret!"}"#;
        let wide: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [&wide[..], b"{\"pass\0word\":\"S3cret!\"}", b"{\"pass\xffword\":\"S3cret!\"}", b"a\0b"] {
            let kept = kept(bytes, None, 64 * 1024);
            assert_eq!((kept.text, kept.length, kept.whole), (None, Some(bytes.len() as u64), false));
        }
    }

    #[test]
    fn credentials_are_seen_wherever_they_begin() {
        for kind in KINDS {
            let (credential, _) = secret::credential(&SystemChance, kind);
            let credential = credential.expose();
            assert!(is_suspect(credential.as_bytes()), "{kind}");
            for text in [
                credential.to_owned(),
                format!("x_{credential}"),
                format!("Bearer{credential}9"),
                format!("ä={credential}ä"),
            ] {
                assert!(holds_credential(&text), "{text}");
            }
            assert!(!holds_credential(&credential[..credential.len() - 1]) && !holds_credential(&credential[1..]));
        }
    }

    #[test]
    fn words_are_found_one_by_one_as_they_are_together() {
        let alone = Words { together: None, ..Words::new(NAMES.iter().chain(SIGNS)) };
        for text in
            ["", "s", "SecreT", "a secre t", "xxsk_", "sk", "\\u0041", "passphras", "ApI_kEy and more", "tok\u{e9}n"]
        {
            assert_eq!(alone.are_in(text), SUSPECT.are_in(text), "{text}");
        }
        assert!(SUSPECT.are_in("SecreT") && !SUSPECT.are_in("a secre t"));
    }

    #[test]
    fn an_escape_may_hide_a_word() {
        for (text, hides) in
            [("\\u0070assword", true), ("a\\\"b\\u", true), ("W/\\\"1\\\" u", false), ("\\", false), ("", false)]
        {
            assert_eq!(is_suspect(text.as_bytes()), hides, "{text}");
        }
    }

    #[test]
    fn each_name_of_a_secret_is_enough() {
        for name in NAMES {
            for key in [(*name).to_owned(), name.to_uppercase(), format!("my{name}2")] {
                let text = stored(&json!({ "userName": "ann", &key: "S3cret!" }).to_string());
                assert!(!text.contains("S3cret"), "{key} became {text}");
                let text =
                    stored(&json!({ "Operations": [{"op": "add", "path": key, "value": "S3cret!"}] }).to_string());
                assert!(!text.contains("S3cret"), "{key} became {text}");
            }
        }
    }

    #[test]
    fn what_a_schema_never_returns_is_not_kept() {
        let never = ["pin".to_owned()];
        for body in [
            json!({"userName": "ann", "urn:acme:User": {"PIN": "S3cret!", "badge": "7"}}),
            json!({"userName": "ann", "urn:acme:User:pin": "S3cret!"}),
            json!({"Operations": [{"op": "add", "path": "urn:acme:User:pin", "value": "S3cret!"}]}),
            json!({"Operations": [{"op": "add", "path": "pin", "value": {"a": ["S3cret!"]}}]}),
            json!({"Operations": [{"op": "add", "value": {"urn:acme:User": {"pin": ["S3cret!"]}}}]}),
            json!({"Operations": [{"method": "POST", "data": {"urn:acme:User": {"pin": 4711}}}]}),
            json!({"filter": "urn:acme:User:pin eq \"S3cret!\""}),
        ] {
            let text = kept_without(body.to_string().as_bytes(), None, 64 * 1024, &never).text.unwrap_or_default();
            assert!(
                !text.contains("S3cret") && !text.contains("4711") && text.contains(LEFT_OUT),
                "{body} became {text}"
            );
        }
        let escaped = br#"{"p\u0069n": "S3cret!"}"#;
        assert!(!kept_without(escaped, None, 1024, &never).text.unwrap_or_default().contains("S3cret"));
        // A word that only holds the name is another word.
        let body = br#"{"spinning": "yes", "title": "a pin"}"#;
        assert_eq!(
            kept_without(body, None, 1024, &never).text.as_deref(),
            Some(r#"{"spinning":"yes","title":"a pin"}"#)
        );
        let mut body = json!({"urn:acme:User": {"pin": LEFT_OUT}});
        assert!(!without_passwords(&mut body), "it cannot be replayed as it was");
    }

    #[test]
    fn everything_else_is_kept_as_it_came() {
        for body in [r#"{ "userName":"ann",  "x":1.50 }"#, "{ not json", "", r#"{"title":"scimu_01h455"}"#] {
            let kept = kept(body.as_bytes(), None, 64 * 1024);
            assert_eq!((kept.text.as_deref(), kept.whole), (Some(body), true));
        }
        let cut = kept("{\"a\":\"äää\"}".as_bytes(), None, 7);
        assert_eq!((cut.text.as_deref(), cut.length, cut.whole), (Some("{\"a\":\""), Some(14), false));
        // A part of an answer, cut within a character.
        assert_eq!(kept("{\"a\":\"ä".as_bytes().split_last().unwrap().1, None, 9).text.as_deref(), Some("{\"a\":\""));
    }

    #[test]
    fn what_was_left_out_is_told_by_its_name() {
        let mut body = json!({
            "userName": "ann", "title": LEFT_OUT, "urn:x:User": {"badgeToken": LEFT_OUT, "desk": 5},
            "emails": [{"value": LEFT_OUT, "type": "work"}, {"value": "ann@x"}],
            "Operations": [
                {"op": "replace", "path": "urn:x:2.0:User.apiToken", "value": LEFT_OUT},
                {"op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": LEFT_OUT},
                {"op": "replace", "path": "nickName", "value": "a"},
                {"op": "add", "path": "urn:x:User:ims", "value": [{"value": LEFT_OUT}]},
                {"op": "add", "value": {"locale": LEFT_OUT}}]
        });
        let names = left_out(&mut body);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(names, ["apitoken", "badgetoken", "emails", "ims", "locale", "phonenumbers", "title"]);
        assert_eq!(
            body,
            json!({
                "userName": "ann", "urn:x:User": {"desk": 5}, "emails": [{"type": "work"}, {"value": "ann@x"}],
                "Operations": [
                    {"op": "replace", "path": "nickName", "value": "a"},
                    {"op": "add", "path": "urn:x:User:ims", "value": [{}]},
                    {"op": "add", "value": {}}]
            })
        );
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

    #[test]
    fn a_credential_of_each_kind_is_suspect_and_left_out() {
        for kind in KINDS {
            assert!(is_suspect(format!("{kind}_").as_bytes()), "by its beginning, whatever follows: {kind}");
            let (credential, _) = secret::credential(&SystemChance, kind);
            let said = format!("my {} here", credential.expose());
            assert!(is_suspect(said.as_bytes()) && holds_credential(&said), "{kind}");
            let text = stored(&json!({ "title": said }).to_string());
            assert_eq!(text, json!({ "title": LEFT_OUT }).to_string(), "{kind}");
        }
    }
}
