//! What waits to be written into the log: bounded by number and memory.

use std::collections::VecDeque;

use serde_json::Value as Json;

use super::Entry;

/// How many requests may wait to be written, and with about how many bytes. There is no room for reads then; changes find as
/// much room once more, and wait until it is less.
const ROOM: usize = 8192;
const BYTES: usize = 24 * 1024 * 1024;
/// How many are written in one transaction, for which others who write wait, and with how many bytes. So many are not gathered
/// any longer.
const AT_ONCE: usize = 2048;
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;

/// The requests that wait, in the order in which they came.
#[derive(Default)]
pub(super) struct Waiting {
    /// Each with its weight.
    pub(super) entries: VecDeque<(usize, Box<Entry>)>,
    pub(super) bytes: usize,
    /// How many were ever added, and how many of those wait no longer.
    pub(super) added: u64,
    pub(super) done: u64,
    /// Whether somebody writes them.
    pub(super) writing: bool,
}

impl Waiting {
    /// Another one.
    pub(super) fn add(&mut self, entry: Box<Entry>) {
        let weight = weight(&entry);
        self.bytes += weight;
        self.added += 1;
        self.entries.push_back((weight, entry));
    }

    /// Whether there is room no more `times` over.
    pub(super) fn is_full(&self, times: usize) -> bool {
        self.entries.len() >= times * ROOM || self.bytes >= times * BYTES
    }

    /// Whether so many wait that they are not gathered any longer.
    pub(super) fn is_enough(&self) -> bool {
        self.entries.len() >= AT_ONCE || self.bytes >= BYTES_AT_ONCE
    }

    /// Takes as many as are written at once.
    pub(super) fn some(&mut self) -> VecDeque<Box<Entry>> {
        let (mut count, mut bytes) = (0, 0);
        for (weight, _) in self.entries.iter().take(AT_ONCE) {
            if count > 0 && bytes + weight > BYTES_AT_ONCE {
                break;
            }
            (count, bytes) = (count + 1, bytes + weight);
        }
        self.bytes -= bytes;
        self.entries.drain(..count).map(|(_, entry)| entry).collect()
    }
}

/// About how many bytes a request takes until it is written. Each person whom it is about besides is a row with two places in
/// indexes.
fn weight(entry: &Entry) -> usize {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let notes = entry.notes.iter().map(|note| 128 + note.message.len() + size_of_json(&note.details)).sum::<usize>();
    let texts = entry.path.len() + length(&entry.user_name) + length(&entry.user_agent);
    1024 + entry.size() + texts + notes + entry.people.len() * 1024
}

fn size_of_json(value: &Json) -> usize {
    match value {
        Json::Object(map) => map.iter().map(|(key, inner)| 64 + key.len() + size_of_json(inner)).sum(),
        Json::Array(elements) => elements.iter().map(|inner| 32 + size_of_json(inner)).sum(),
        Json::String(text) => text.len(),
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kept;
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::{CredentialId, DirectoryId, Id as _};

    /// A request of which so many bytes are kept.
    fn entry(size: usize) -> Box<Entry> {
        let (directory, credential) =
            (DirectoryId::from_text("dir".to_owned()), CredentialId::from_text("scimt".to_owned()));
        let answer = Kept { text: Some("x".repeat(size)), length: Some(size as u64), whole: true };
        Entry { answer, ..Entry::begun(directory, "", credential, "req", Timestamp(0)) }.into()
    }

    /// How many are taken at a time when so many of that size wait, in order.
    fn taken(count: usize, size: usize) -> Vec<usize> {
        let mut waiting = Waiting::default();
        (0..count).for_each(|_| waiting.add(entry(size)));
        let taken = std::iter::from_fn(|| Some(waiting.some().len()).filter(|count| *count > 0)).collect();
        assert_eq!((waiting.entries.len(), waiting.bytes), (0, 0));
        taken
    }

    #[test]
    fn what_is_written_at_once_is_bounded() {
        assert_eq!(taken(0, 10), [0; 0]);
        assert_eq!(taken(AT_ONCE + 1, 0), [AT_ONCE, 1]);
        assert_eq!(taken(5, BYTES_AT_ONCE / 2 - 1024), [2, 2, 1]);
        assert_eq!(taken(2, BYTES_AT_ONCE + 1), [1, 1], "one that is too large goes alone");
    }

    #[test]
    fn what_waits_is_bounded() {
        let crowded = |count: usize, size: usize| {
            let mut waiting = Waiting::default();
            (0..count).for_each(|_| waiting.add(entry(size)));
            (waiting.is_enough(), waiting.is_full(1))
        };
        assert_eq!(crowded(AT_ONCE - 1, 0), (false, false));
        assert_eq!(crowded(AT_ONCE, 0), (true, false));
        assert_eq!(crowded(ROOM, 0), (true, true));
        assert_eq!(crowded(4, BYTES / 4), (true, true));
    }
}
