//! Turns: what reads much does so one after the other for each name, so that nobody keeps all connections busy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many may wait behind the one whose turn it is. Others are sent away.
pub const WAITING: usize = 8;
/// How many names there may be before those that nobody uses any more are looked for.
const FEW: usize = 1024;

/// The turns of one process.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<HashMap<String, Weak<Semaphore>>>>);

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Turns {
    /// Waits for the turn of a name. `None` if too many wait already.
    pub async fn take(&self, name: &str) -> Option<Turn> {
        let line = self.line(name)?;
        // Invariant: the semaphore is never closed.
        line.acquire_owned().await.ok().map(|permit| Turn { _permit: permit })
    }

    /// Stands in line. As long as somebody does, or has their turn, the line is kept by them.
    fn line(&self, name: &str) -> Option<Arc<Semaphore>> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(name).and_then(Weak::upgrade) {
            // This one is in it too.
            return (Arc::strong_count(&line) <= 1 + WAITING).then_some(line);
        }
        if lines.len() >= FEW {
            lines.retain(|_, line| line.strong_count() > 0);
        }
        let line = Arc::new(Semaphore::new(1));
        lines.insert(name.to_owned(), Arc::downgrade(&line));
        Some(line)
    }

    /// How many have the turn of a name or wait for it.
    #[must_use]
    pub fn taken(&self, name: &str) -> usize {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.get(name).map_or(0, Weak::strong_count)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn one_goes_some_wait_and_the_next_is_sent_away() {
        let turns = Turns::default();
        let first = turns.take("acme").await.expect("nobody is before it");
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(turns.take("acme"))).collect();
        for wait in &mut waiting {
            assert!(wait.now_or_never().is_none(), "it waits");
        }
        assert_eq!(turns.taken("acme"), 1 + WAITING);
        assert!(turns.take("acme").now_or_never().is_some_and(|turn| turn.is_none()), "sent away at once");
        assert!(turns.take("beta").now_or_never().flatten().is_some(), "another name waits for nobody");
        drop(first);
        // In the order in which they came; who goes away makes room.
        drop(waiting.pop());
        let second = waiting.remove(0).await.expect("its turn");
        assert!(pin!(turns.take("acme")).now_or_never().is_none());
        drop((second, waiting));
        assert_eq!((turns.taken("acme"), turns.taken("beta")), (0, 0));
    }
}
