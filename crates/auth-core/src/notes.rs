//! Notes: what was decided on the way of a request, in codes and words, for whoever asks later why.
//!
//! They are not events: a note is about the request, an event about the world. A transaction that is tried
//! again begins its notes anew; one that fails keeps them, because a refusal is what people ask about.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

/// A decision: `linked.domain`, `role.from_group`, `refused.user_name_taken`, …
#[derive(Clone, Debug, PartialEq)]
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
pub struct Notes(Arc<Mutex<Vec<Note>>>);

/// How many are kept: a bulk request or a large group must not gather without end.
const MOST: usize = 200;

impl Notes {
    /// Adds one, if there are not too many already.
    pub fn add(&self, note: Note) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() < MOST {
            notes.push(note);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether one after the first so many has a code that begins so.
    #[must_use]
    pub fn tell(&self, since: usize, prefix: &str) -> bool {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.iter().skip(since).any(|note| note.code.starts_with(prefix))
    }

    /// Forgets those after the first so many: the transaction that made them is tried again.
    pub(crate) fn cut(&self, length: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).truncate(length);
    }

    /// Takes them all.
    #[must_use]
    pub fn take(&self) -> Vec<Note> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
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
}
