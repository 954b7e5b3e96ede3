//! Answers that go on: how many of them somebody may have open at once, in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many one caller may have open. A browser opens six connections to a server at most, over HTTP/1.1.
const EACH: usize = 10;
/// How many all callers together may have open.
const ALL: usize = 5_000;

/// The open streams of this process. A clone counts the same ones.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    open: Arc<Mutex<HashMap<String, usize>>>,
}

impl Streams {
    /// A place for one more of the caller's; `None` if they have too many, or all together have. It is given back when it
    /// is dropped.
    #[must_use]
    pub fn enter(&self, who: &str) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(who).copied().unwrap_or_default();
        if own >= EACH || open.values().sum::<usize>() >= ALL {
            return None;
        }
        open.insert(who.to_owned(), own + 1);
        Some(Place { streams: self.clone(), who: who.to_owned() })
    }

    fn leave(&self, who: &str) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(who) {
            *own -= 1;
            if *own == 0 {
                open.remove(who);
            }
        }
    }
}

/// The place of an open stream.
#[derive(Debug)]
pub struct Place {
    streams: Streams,
    who: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.streams.leave(&self.who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_many_places_and_gives_them_back() {
        let streams = Streams::default();
        let mut ann: Vec<Place> = (0..EACH).filter_map(|_| streams.enter("ann")).collect();
        assert_eq!(ann.len(), EACH);
        assert!(streams.enter("ann").is_none() && streams.enter("bob").is_some());
        ann.pop();
        assert!(streams.enter("ann").is_some());
        drop(ann);
        assert!(streams.open.lock().unwrap().is_empty());
    }
}
