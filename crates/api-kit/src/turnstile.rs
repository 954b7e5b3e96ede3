//! How many of something go on at once in this process, for each name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Lets so many in at once for each name. Clones are the same one; names that nobody holds cost nothing.
#[derive(Clone, Debug, Default)]
pub struct Turnstile(Arc<Mutex<HashMap<String, Inside>>>);

/// Those who are in under a name.
#[derive(Debug, Default)]
struct Inside {
    count: usize,
    knocks: Arc<Notify>,
    /// When they were last asked by [`Turnstile::knock_seldom`].
    asked: Option<Instant>,
}

/// Who is in. Dropping it lets the next one in.
#[derive(Debug)]
pub struct Pass {
    turnstile: Turnstile,
    name: String,
    knocks: Arc<Notify>,
}

impl Turnstile {
    /// Lets one more in under a name, unless `most` are in already.
    #[must_use]
    pub fn enter(&self, name: &str, most: usize) -> Option<Pass> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.get(name).map_or(0, |there| there.count) >= most {
            return None;
        }
        let there = inside.entry(name.to_owned()).or_default();
        there.count += 1;
        let knocks = there.knocks.clone();
        drop(inside);
        Some(Pass { turnstile: self.clone(), name: name.to_owned(), knocks })
    }

    /// Asks all who are in under a name whether they are still there ([`Pass::knocked`]).
    pub fn knock(&self, name: &str) {
        let inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = inside.get(name) {
            there.knocks.notify_waiters();
        }
    }

    /// The same where many are in, whom to ask is work: not if they were asked so less than `pause` ago, by whomever. Says
    /// whether they were asked now.
    pub fn knock_seldom(&self, name: &str, pause: Duration) -> bool {
        let now = Instant::now();
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(there) = inside.get_mut(name) else { return false };
        if there.asked.is_some_and(|last| now.saturating_duration_since(last) < pause) {
            return false;
        }
        there.asked = Some(now);
        let knocks = there.knocks.clone();
        drop(inside);
        knocks.notify_waiters();
        true
    }
}

impl Pass {
    /// Waits for something; true if it was knocked meanwhile, which ends the waiting.
    pub async fn knocked(&self, meanwhile: impl Future<Output = ()>) -> bool {
        tokio::select! {
            () = self.knocks.notified() => true,
            () = meanwhile => false,
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.turnstile.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(there) = inside.get_mut(&self.name) else { return };
        there.count = there.count.saturating_sub(1);
        if there.count == 0 {
            inside.remove(&self.name);
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

    #[actix_web::test]
    async fn a_knock_is_heard_by_those_of_the_name_alone() {
        let turnstile = Turnstile::default();
        let (mine, others) = (turnstile.enter("a", 2).unwrap(), turnstile.enter("b", 2).unwrap());
        let (heard, unheard) = tokio::join!(
            mine.knocked(std::future::pending()),
            others.knocked(async {
                turnstile.knock("a");
                turnstile.knock("nobody");
            }),
        );
        assert!(heard && !unheard);
    }

    #[actix_web::test]
    async fn many_are_asked_seldom_whoever_asks() {
        let turnstile = Turnstile::default();
        let day = Duration::from_hours(24);
        assert!(!turnstile.knock_seldom("a", day), "nobody is there");
        let pass = turnstile.enter("a", 1).unwrap();
        // Whether they were asked, and whether they heard it.
        let knock = async |pause: Duration| {
            let mut asked = false;
            let meanwhile = async {
                asked = turnstile.knock_seldom("a", pause);
                if asked {
                    std::future::pending::<()>().await;
                }
            };
            let heard = pass.knocked(meanwhile).await;
            (asked, heard)
        };
        assert_eq!(knock(day).await, (true, true));
        assert_eq!(knock(day).await, (false, false), "they have just been asked");
        assert_eq!(knock(Duration::ZERO).await, (true, true));
    }
}
