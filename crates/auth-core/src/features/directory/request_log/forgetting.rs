//! Forgetting somebody who was erased: the requests stay, and what they say of the person goes.
//!
//! The transaction that erases somebody notes by what they are found in the log of each directory that knew them
//! ([`Traces`], sealed: it is what is to be forgotten). Shortly after, when everything that was said before is written, the
//! log is gone through from its beginning, a part at a time, rows first and segments then.
//!
//! Of a request that is about the person or mentions them, time, credential, operation, status, duration, sizes, the ids and
//! the codes of decisions stay. Query, body, answer and the facts of decisions go as a whole, those about others in the same
//! request too: no text is left that might hold something of the person in a way that nobody thought of. A query that only
//! quotes their name is all that goes of a search by name, because others may have it.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::packing::Unpacker;
use super::{Kept, Logged, reading, segments};
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::resource;
use crate::features::directory::users::DirectoryUser;
use crate::ids::{DirectoryId, Id as _, UserId};
use crate::users::email;

/// How many rows are looked at in one go, and how many segments.
const ROWS: i64 = 100;
const SEGMENTS: i64 = 8;
/// How long after the erasure the log is gone through, in seconds: by then what came before is written.
const PAUSE: i64 = 10;
/// Words that are shorter are found by the columns alone: they would be found everywhere else.
const SHORTEST: usize = 3;
/// What is after every id.
const END: &str = "~";
/// What the traces are sealed for.
const PURPOSE: &str = "erasures";

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

impl Traces {
    /// What a resource of theirs says.
    ///
    /// # Errors
    /// Those of a resource that cannot be stored.
    pub(in crate::features::directory) fn add_resource(&mut self, user: &DirectoryUser) -> Result<()> {
        let columns = resource::user(&user.attributes)?;
        self.add_target(user.id.to_string());
        self.add_word(&columns.user_name_key);
        let addresses = columns.emails.iter().map(|(address, _)| address);
        for word in columns.external_id.iter().chain(addresses) {
            self.add_word(word);
        }
        let part = |name: &str| user.attributes.get("name").and_then(|whole| whole[name].as_str());
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

    /// Their addresses, folded.
    pub(in crate::features::directory) fn addresses(&self) -> Vec<String> {
        self.words.iter().filter(|word| email::is_plausible(word)).cloned().collect()
    }

    fn stored(&self, user: &UserId) -> Json {
        json!({ "user": user.as_str(), "targets": self.targets, "words": self.words, "names": self.names })
    }

    fn read(stored: &Json) -> Self {
        let texts = |key: &str| -> BTreeSet<String> {
            stored[key].as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
        };
        Self { targets: texts("targets"), words: texts("words"), names: texts("names") }
    }

    /// Whether a text mentions the person by what only they have.
    fn mention(&self, text: &str) -> bool {
        let text = folded(text);
        let targets = self.targets.iter().any(|id| text.contains(&id.to_lowercase()));
        targets || self.words.iter().any(|word| word.chars().count() >= SHORTEST && stands_in(&plain(word), &text))
    }

    /// Whether a text quotes a name of theirs.
    fn quoted(&self, text: &str) -> bool {
        let text = folded(text);
        self.names.iter().any(|name| text.contains(&format!("\"{name}\"")))
    }

    /// Takes out of a request what it says of the person. Whether it said anything.
    fn forget(&self, logged: &mut Logged, user: &str) -> bool {
        let notes = logged.notes.to_string();
        let texts = [
            Some(logged.path.as_str()),
            logged.target.as_deref(),
            logged.user_name.as_deref(),
            logged.body.text.as_deref(),
            logged.answer.text.as_deref(),
            Some(notes.as_str()),
        ];
        let called = |name: &String| self.words.contains(&name.to_lowercase());
        let theirs = logged.user_id.as_ref().is_some_and(|id| id.as_str() == user)
            || logged.target.as_ref().is_some_and(|id| self.targets.contains(id))
            || logged.user_name.as_ref().is_some_and(called);
        let mentioned = theirs || texts.into_iter().flatten().any(|text| self.mention(text));
        let sought =
            logged.operation.ends_with("search") && logged.body.text.as_deref().is_some_and(|text| self.quoted(text));
        if !mentioned && !sought && !self.quoted(&logged.path) {
            return false;
        }
        let path = logged.path.split('?').next().unwrap_or_default();
        let named = self.words.iter().any(|word| stands_in(&plain(word), &folded(path)));
        logged.path = if named { path.rsplit_once('/').map_or("", |(head, _)| head) } else { path }.to_owned();
        if sought || mentioned {
            empty(&mut logged.body);
        }
        if mentioned {
            empty(&mut logged.answer);
            logged.target.take_if(|id| !self.targets.contains(id) && self.mention(id));
            logged.user_name.take_if(|name| theirs || self.mention(name));
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

/// Notes that a directory's log is to forget somebody who is erased by this transaction.
///
/// # Errors
/// Those of the database.
pub(in crate::features::directory) async fn forget_later(
    tx: &Tx,
    directory: &DirectoryId,
    user: &UserId,
    traces: &Traces,
) -> Result<()> {
    let sealed = tx.settings().secret.seal(PURPOSE, traces.stored(user).to_string().as_bytes())?;
    let sql =
        "INSERT INTO directory_erasures (directory_id, user_id, sealed, rows_through, segments_through, created_at)
         VALUES ($1, $2, $3, '', '', $4)
         ON CONFLICT (directory_id, user_id) DO UPDATE SET sealed = excluded.sealed, rows_through = '',
             segments_through = '', created_at = excluded.created_at";
    let values = [directory.as_str().into(), user.as_str().into(), sealed.into(), tx.now().into()];
    db::run(tx, sql, values).await.map(drop)
}

/// A part of a directory's log, and what is to be forgotten in it.
struct Part {
    directory: DirectoryId,
    user: String,
    traces: Traces,
    rows: String,
    segments: String,
    /// Up to where each was looked at.
    through: (String, String),
    found: Vec<Logged>,
    packed: Vec<String>,
}

/// Goes through a part of a log for somebody who was erased. Returns whether there may be more to do: a worker calls it until
/// there is not.
///
/// # Errors
/// Those of the database.
pub async fn forget_step(core: &AuthCore) -> Result<bool> {
    let ctx = Ctx::system("erasures");
    let Some(part) = core.read(&ctx, async |rx| look(rx).await).await? else { return Ok(false) };
    // Records no event: the erasure has one.
    core.write(&ctx, async |tx| forget(tx, &part).await).await?;
    Ok(true)
}

async fn look(db: &impl Scope) -> Result<Option<Part>> {
    let sql = "SELECT directory_id, user_id, sealed, rows_through, segments_through FROM directory_erasures
         WHERE created_at <= $1 ORDER BY created_at, directory_id, user_id LIMIT 1";
    let Some(row) = db::one(db, sql, [db.now().plus_seconds(-PAUSE).into()]).await? else { return Ok(None) };
    let stored: Json = serde_json::from_slice(&db.settings().secret.open(PURPOSE, &row.get::<String>(2)?)?)?;
    let mut part = Part {
        directory: row.get(0)?,
        user: row.get(1)?,
        traces: Traces::read(&stored),
        rows: row.get(3)?,
        segments: row.get(4)?,
        through: (END.to_owned(), String::new()),
        found: Vec::new(),
        packed: Vec::new(),
    };
    if part.rows == END {
        part.look_at_segments(db).await?;
    } else {
        part.look_at_rows(db).await?;
    }
    Ok(Some(part))
}

impl Part {
    async fn look_at_rows(&mut self, db: &impl Scope) -> Result<()> {
        let rows = reading::after(db, &self.directory, &self.rows, ROWS).await?;
        if i64::try_from(rows.len()) == Ok(ROWS)
            && let Some(last) = rows.last()
        {
            self.through.0 = last.id.to_string();
        }
        for mut logged in rows {
            if self.traces.forget(&mut logged, &self.user) {
                self.found.push(logged);
            }
        }
        Ok(())
    }

    async fn look_at_segments(&mut self, db: &impl Scope) -> Result<()> {
        let sql =
            "SELECT last_id, heads, texts FROM directory_request_segments WHERE directory_id = $1 AND last_id > $2
             ORDER BY last_id LIMIT (0 + $3)";
        let values = [self.directory.as_str().into(), self.segments.as_str().into(), SEGMENTS.into()];
        let rows = db::all(db, sql, values).await?;
        END.clone_into(&mut self.through.1);
        for row in &rows {
            let (last, heads, texts): (String, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let mut heads = Unpacker::new(&heads)?;
            while let Some(head) = heads.next()? {
                if self.traces.forget(&mut head.logged(&self.directory, Some(&texts))?, &self.user) {
                    self.packed.push(last.clone());
                    break;
                }
            }
            if i64::try_from(rows.len()) == Ok(SEGMENTS) {
                self.through.1 = last;
            }
        }
        Ok(())
    }
}

async fn forget(tx: &Tx, part: &Part) -> Result<()> {
    let whose = [part.directory.as_str(), &part.user, &part.rows, &part.segments];
    let (sql, place) = if part.through.1 == END {
        ("DELETE FROM directory_erasures", Vec::new())
    } else {
        let (rows, segments) = &part.through;
        let set = "UPDATE directory_erasures SET rows_through = $5, segments_through = $6";
        (set, vec![rows.as_str(), segments.as_str()])
    };
    let sql = format!("{sql} WHERE directory_id = $1 AND user_id = $2 AND rows_through = $3 AND segments_through = $4");
    if db::run(tx, sql, whose.into_iter().chain(place).map(Into::into)).await? == 0 {
        // Another replica was here, or they were erased once more.
        return Ok(());
    }
    for logged in &part.found {
        let sql = "UPDATE directory_requests SET path = $3, target_id = $4, user_name_key = $5, notes = $6, body = $7,
                 body_whole = $8, answer = $9, answer_whole = $10 WHERE directory_id = $1 AND id = $2";
        let noted = logged.notes.as_array().is_some_and(|notes| !notes.is_empty());
        let values = [
            part.directory.as_str().into(),
            logged.id.as_str().into(),
            logged.path.as_str().into(),
            logged.target.clone().into(),
            logged.user_name.clone().into(),
            noted.then(|| logged.notes.to_string()).into(),
            logged.body.text.clone().into(),
            logged.body.whole.into(),
            logged.answer.text.clone().into(),
            logged.answer.whole.into(),
        ];
        db::run(tx, sql, values).await?;
    }
    for last in &part.packed {
        let change = |logged: &mut Logged| {
            part.traces.forget(logged, &part.user);
        };
        segments::rewrite(tx, &part.directory, last, change).await?;
    }
    Ok(())
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
            assert!(traces.mention(text), "{text}");
        }
        for text in
            ["joann@acme.example", "j.ann@acme.example", "ann@acme.example.org", "jörgen", "100% of it", "\\", "%"]
        {
            assert!(!traces.mention(text), "{text}");
        }
        assert!(traces.quoted("?filter=displayName+eq+%22Ann+Anders%22") && !traces.quoted("Ann Anders"));
    }
}
