//! Notes: what was decided on the way of a request, in codes and words, for whoever asks later why.
//!
//! They are not events: a note is about the request, an event about the world. A transaction that is tried
//! again begins its notes anew; one that fails keeps them, because a refusal is what people ask about.
//! To whom something happened is noted beside, by transactions that were committed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value as Json;

/// A decision: `linked.domain`, `role.from_group`, `refused.user_name_taken`, … Serialized as the log keeps it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// Stable, in the form `topic.decision`.
    pub code: Cow<'static, str>,
    /// A sentence without secrets.
    pub message: String,
    /// The facts it stands on: an object, or null.
    pub details: Json,
}

/// The notes of a request. Clones are the same notes.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Gathered>>);

#[derive(Debug, Default)]
struct Gathered {
    notes: Vec<Note>,
    people: BTreeSet<String>,
}

/// How many are kept: a bulk request or a large group must not gather without end.
const MOST: usize = 200;
/// To how many people at the most something is noted to have happened by one request.
pub const PEOPLE: usize = 1000;

impl Notes {
    /// Adds one, if there are not too many already.
    pub fn add(&self, note: Note) {
        let mut gathered = self.gathered();
        if gathered.notes.len() < MOST {
            gathered.notes.push(note);
        }
    }

    /// Notes that something happened to people, by the ids of their resources; of more than [`PEOPLE`] only of the first.
    pub fn concern(&self, people: impl IntoIterator<Item = String>) {
        let mut gathered = self.gathered();
        for one in people {
            if gathered.people.len() >= PEOPLE {
                return;
            }
            gathered.people.insert(one);
        }
    }

    /// How many notes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.gathered().notes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gathered().notes.is_empty()
    }

    /// Whether one after the first so many has a code that begins so.
    #[must_use]
    pub fn tell(&self, since: usize, prefix: &str) -> bool {
        self.gathered().notes.iter().skip(since).any(|note| note.code.starts_with(prefix))
    }

    /// Forgets those after the first so many: the transaction that made them is tried again.
    pub(crate) fn cut(&self, length: usize) {
        self.gathered().notes.truncate(length);
    }

    /// Takes them all.
    #[must_use]
    pub fn take(&self) -> Vec<Note> {
        std::mem::take(&mut self.gathered().notes)
    }

    /// Takes all people to whom something happened, in the order of the ids.
    #[must_use]
    pub fn take_people(&self) -> Vec<String> {
        std::mem::take(&mut self.gathered().people).into_iter().collect()
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_them_and_there_is_an_end_to_them() {
        let notes = Notes::default();
        let other = notes.clone();
        for n in 0..MOST + 5 {
            other.add(Note { code: "a.b".into(), message: n.to_string(), details: Json::Null });
        }
        assert_eq!(notes.len(), MOST);
        notes.cut(1);
        assert_eq!(other.take().len(), 1);
        assert!(notes.is_empty());
    }

    #[test]
    fn people_are_noted_once_and_there_is_an_end_to_them() {
        let notes = Notes::default();
        for _ in 0..2 {
            notes.concern((0..PEOPLE - 1).map(|n| n.to_string()));
        }
        notes.concern(["a", "b", "c"].map(str::to_owned));
        notes.cut(0);
        let people = notes.take_people();
        assert_eq!((people.len(), people.last().map(String::as_str)), (PEOPLE, Some("a")));
        assert_eq!(notes.take_people(), Vec::<String>::new());
    }
}
