//! How many of something go on at once in this process, for each name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Lets so many in at once for each name. Clones are the same one; names that nobody holds cost nothing.
#[derive(Clone, Debug, Default)]
pub struct Turnstile(Arc<Mutex<HashMap<String, usize>>>);

/// Who is in. Dropping it lets the next one in.
#[derive(Debug)]
pub struct Pass {
    turnstile: Turnstile,
    name: String,
}

impl Turnstile {
    /// Lets one more in under a name, unless `most` are in already.
    #[must_use]
    pub fn enter(&self, name: &str, most: usize) -> Option<Pass> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = inside.get(name).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        inside.insert(name.to_owned(), count + 1);
        drop(inside);
        Some(Pass { turnstile: self.clone(), name: name.to_owned() })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.turnstile.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = inside.get(&self.name).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            inside.remove(&self.name);
        } else {
            inside.insert(self.name.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_in_for_each_name_and_the_next_when_one_leaves() {
        let turnstile = Turnstile::default();
        let first = turnstile.enter("a", 2);
        let second = turnstile.enter("a", 2);
        assert!(first.is_some() && second.is_some() && turnstile.enter("a", 2).is_none());
        assert!(turnstile.enter("b", 2).is_some());
        drop(first);
        let third = turnstile.enter("a", 2);
        assert!(third.is_some() && turnstile.enter("a", 2).is_none());
        drop((second, third));
        assert!(turnstile.0.lock().unwrap().is_empty(), "names are forgotten");
    }
}
