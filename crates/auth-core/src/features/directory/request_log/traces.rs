//! By what somebody who was erased is found in a directory's log, and what is taken out of a request that tells of them.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{Kept, Logged};
use crate::fault::Result;
use crate::features::directory::{Attributes, resource};

/// Words that are shorter are found by the columns alone: they would be found everywhere else.
const SHORTEST: usize = 3;

/// By what somebody is found in a directory's log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::features::directory) struct Traces {
    /// The resources that are or were theirs.
    targets: BTreeSet<String>,
    /// What only they are called there: user names, addresses, external ids, folded.
    words: BTreeSet<String>,
    /// What others may be called too, folded.
    names: BTreeSet<String>,
}

/// What a request says, folded: each text once, however many people are looked for in it.
pub(super) struct Texts {
    /// Path and query.
    path: String,
    body: String,
    others: Vec<String>,
}

impl Texts {
    pub(super) fn of(logged: &Logged) -> Self {
        let notes = logged.notes.to_string();
        let others =
            [logged.target.as_deref(), logged.user_name.as_deref(), logged.answer.text.as_deref(), Some(&notes)];
        Self {
            path: folded(&logged.path),
            body: folded(logged.body.text.as_deref().unwrap_or_default()),
            others: others.into_iter().flatten().map(folded).collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        [&self.path, &self.body].into_iter().chain(&self.others).map(String::as_str)
    }
}

impl Traces {
    /// What a resource of theirs says.
    ///
    /// # Errors
    /// Those of a resource that cannot be stored.
    pub(in crate::features::directory) fn add_resource(&mut self, id: &str, attributes: &Attributes) -> Result<()> {
        let columns = resource::user(attributes)?;
        self.add_target(id.to_owned());
        self.add_word(&columns.user_name_key);
        let addresses = columns.emails.iter().map(|(address, _)| address);
        for word in columns.external_id.iter().chain(addresses) {
            self.add_word(word);
        }
        let part = |name: &str| attributes.get("name").and_then(|whole| whole[name].as_str());
        let (given, family) = (part("givenName").unwrap_or_default(), part("familyName").unwrap_or_default());
        let both = [format!("{given} {family}"), format!("{family} {given}"), format!("{family}, {given}")];
        let single = [columns.display_name.as_deref(), part("formatted"), Some(given), Some(family)];
        for name in single.into_iter().flatten().chain(both.iter().map(String::as_str)) {
            let name = plain(name);
            if name.chars().count() >= SHORTEST {
                self.names.insert(name);
            }
        }
        Ok(())
    }

    /// A resource that is or was theirs.
    pub(in crate::features::directory) fn add_target(&mut self, id: String) {
        self.targets.insert(id);
    }

    /// What only they are called.
    pub(in crate::features::directory) fn add_word(&mut self, word: &str) {
        let word = word.trim().to_lowercase();
        if !word.is_empty() {
            self.words.insert(word);
        }
    }

    /// The resources that are or were theirs.
    pub(super) const fn targets(&self) -> &BTreeSet<String> {
        &self.targets
    }

    /// As they are kept until they are not needed any more: sealed, for they are what is to be forgotten.
    pub(super) fn stored(&self, user: &str) -> Json {
        json!({ "user": user, "targets": self.targets, "words": self.words, "names": self.names })
    }

    pub(super) fn read(stored: &Json) -> Self {
        let texts = |key: &str| -> BTreeSet<String> {
            stored[key].as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
        };
        Self { targets: texts("targets"), words: texts("words"), names: texts("names") }
    }

    /// Whether a folded text mentions the person by what only they have.
    fn mention(&self, text: &str) -> bool {
        let targets = self.targets.iter().any(|id| text.contains(&id.to_lowercase()));
        targets || self.words.iter().any(|word| word.chars().count() >= SHORTEST && stands_in(&plain(word), text))
    }

    /// Whether a folded text quotes a name of theirs.
    fn quoted(&self, text: &str) -> bool {
        self.names.iter().any(|name| text.contains(&format!("\"{name}\"")))
    }

    /// Takes out of a request what it says of the person; `texts` are those of the request as it was read. Whether it said
    /// anything.
    pub(super) fn forget(&self, logged: &mut Logged, texts: &Texts, user: &str) -> bool {
        let called = |name: &String| self.words.contains(&name.to_lowercase());
        let theirs = logged.user_id.as_ref().is_some_and(|id| crate::ids::Id::as_str(id) == user)
            || logged.target.as_ref().is_some_and(|id| self.targets.contains(id))
            || logged.user_name.as_ref().is_some_and(called);
        let mentioned = theirs || texts.all().any(|text| self.mention(text));
        let sought = logged.operation.ends_with("search") && self.quoted(&texts.body);
        if !mentioned && !sought && !self.quoted(&texts.path) {
            return false;
        }
        let path = logged.path.split('?').next().unwrap_or_default();
        let plain_path = folded(path);
        let named = self.words.iter().any(|word| stands_in(&plain(word), &plain_path));
        logged.path = if named { path.rsplit_once('/').map_or("", |(head, _)| head) } else { path }.to_owned();
        if sought || mentioned {
            empty(&mut logged.body);
        }
        if mentioned {
            empty(&mut logged.answer);
            logged.target.take_if(|id| !self.targets.contains(id) && self.mention(&folded(id)));
            logged.user_name.take_if(|name| theirs || self.mention(&folded(name)));
            for note in logged.notes.as_array_mut().into_iter().flatten() {
                (note["message"], note["details"]) = (Json::Null, json!({}));
            }
        }
        true
    }
}

/// Nothing of a text is kept any more.
fn empty(kept: &mut Kept) {
    if kept.text.take().is_some() {
        kept.whole = false;
    }
}

/// A word as it is compared with a folded text.
fn plain(word: &str) -> String {
    word.trim().replace('+', " ").to_lowercase()
}

/// A text as it is searched: in small letters, without the ways of writing of URLs and of JSON. A plus, which may be one or
/// stand for a space, is a space.
fn folded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let hex = |digits: &[u8]| std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok());
    while let Some((&first, others)) = rest.split_first() {
        let escaped = match (first, others) {
            (b'%', [a, b, ..]) => hex(&[*a, *b]).and_then(|byte| u8::try_from(byte).ok()).map(|byte| (vec![byte], 2)),
            (b'\\', [b'u', a, b, c, d, ..]) => {
                let letter = hex(&[*a, *b, *c, *d]).map(|code| char::from_u32(code).unwrap_or(' '));
                letter.map(|letter| (letter.to_string().into_bytes(), 5))
            }
            (b'\\', [escaped, ..]) => Some((vec![*escaped], 1)),
            _ => None,
        };
        let (written, length) = escaped.unwrap_or((vec![first], 0));
        bytes.extend(written.into_iter().map(|byte| if byte == b'+' { b' ' } else { byte }));
        rest = &others[length..];
    }
    String::from_utf8_lossy(&bytes).to_lowercase()
}

/// Whether a word stands in a text by itself, rather than within another one.
fn stands_in(word: &str, text: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let mut next = after.chars();
        let ends = match next.next() {
            Some('.') => !next.next().is_some_and(joins),
            Some(other) => !joins(other) && other != '@',
            None => true,
        };
        ends && !before.chars().next_back().is_some_and(|c| joins(c) || c == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_however_it_is_written_and_not_within_another() {
        let traces = Traces {
            targets: ["scimu_01".to_owned()].into(),
            words: ["ann@acme.example".to_owned(), "jörg".to_owned(), "a+b@acme.example".to_owned()].into(),
            names: ["ann anders".to_owned()].into(),
        };
        for text in [
            "ANN@acme.example",
            "/scim/v2/Users?filter=userName%20eq%20%22ann%40acme.example%22",
            r#"{"value":"ann\u0040acme.example"}"#,
            "mailto:ann@acme.example.",
            r#"{"$ref":"https://id.example/scim/v2/Users/scimu_01"}"#,
            r#"{"userName":"J\u00f6rg"}"#,
            "j%C3%B6rg",
            "a+b@acme.example",
            "a%2Bb%40acme.example",
        ] {
            assert!(traces.mention(&folded(text)), "{text}");
        }
        for text in
            ["joann@acme.example", "j.ann@acme.example", "ann@acme.example.org", "jörgen", "100% of it", "\\", "%"]
        {
            assert!(!traces.mention(&folded(text)), "{text}");
        }
        let quoted = |text: &str| traces.quoted(&folded(text));
        assert!(quoted("?filter=displayName+eq+%22Ann+Anders%22") && !quoted("Ann Anders"));
    }
}
