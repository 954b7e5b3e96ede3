//! Ending without losing a request that was accepted.
//!
//! actix's own graceful stop ends a thread as soon as it has no connections, which takes the database connections
//! that were opened there away from the others, and waits for idle connections as long as it may. So the requests
//! are counted here: new connections are no longer accepted, every answer closes its connection, and when nothing
//! has been under way for a moment, the process may end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long nothing must have been under way: time enough for answers to reach the socket, and for a request
/// that was on its way to be seen.
const QUIET: Duration = Duration::from_millis(250);

/// The requests under way.
#[derive(Debug, Default)]
pub struct Drain {
    under_way: AtomicUsize,
    begun: AtomicBool,
}

impl Drain {
    /// Counts a request until the returned value is dropped.
    #[must_use]
    pub fn enter(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        UnderWay(Arc::clone(self))
    }

    /// Whether the process is to end.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// From now on every answer closes its connection, and the instance is not ready.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::SeqCst);
    }

    /// Waits until nothing has been under way for a moment, at most as long as given. Whether that was reached.
    pub async fn quiet(&self, most: Duration) -> bool {
        let end = Instant::now() + most.max(QUIET);
        let mut since = Instant::now();
        while Instant::now() < end {
            if self.under_way.load(Ordering::SeqCst) > 0 {
                since = Instant::now();
            } else if since.elapsed() >= QUIET {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

/// A request under way.
#[derive(Debug)]
pub struct UnderWay(Arc<Drain>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}
