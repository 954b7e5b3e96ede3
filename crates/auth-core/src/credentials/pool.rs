//! Where passwords are hashed: off the async threads, so many at a time and no more.
//!
//! A hash takes tens of milliseconds and some 19 MiB on purpose. Without a bound, a wave of sign-ins
//! would take all memory; with one, they queue, and those beyond the queue are told to come again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::CredentialsFault;
use crate::fault::{Error, Result};

/// How long somebody waits for their turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many may wait for each hash that is under way: what is done within the patience, about.
const QUEUE: usize = 256;

pub(crate) struct HashingPool {
    turns: Arc<Semaphore>,
    places: Semaphore,
}

impl HashingPool {
    pub(crate) fn new(threads: usize) -> Self {
        let threads = threads.clamp(1, 1024);
        Self { turns: Arc::new(Semaphore::new(threads)), places: Semaphore::new(threads * QUEUE) }
    }

    /// Runs the work in its turn. Whoever stops waiting leaves the queue; work that has begun is
    /// finished and keeps its turn until then.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let _place = self.places.try_acquire().map_err(|_| CredentialsFault::Busy)?;
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| CredentialsFault::Busy)?
            .map_err(Error::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn no_more_run_at_once_than_threads() {
        let pool = Arc::new(HashingPool::new(2));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (pool, now, most) = (Arc::clone(&pool), Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    pool.run(move || {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(5));
                        now.fetch_sub(1, Ordering::SeqCst);
                    })
                    .await
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn beyond_the_queue_one_is_told_to_come_again() {
        let pool = Arc::new(HashingPool { turns: Arc::new(Semaphore::new(1)), places: Semaphore::new(1) });
        let (begun, release) = (Arc::new(tokio::sync::Notify::new()), std::sync::mpsc::channel::<()>());
        let first = tokio::spawn({
            let (pool, begun) = (Arc::clone(&pool), Arc::clone(&begun));
            async move {
                pool.run(move || {
                    begun.notify_one();
                    let _ = release.1.recv();
                })
                .await
            }
        });
        begun.notified().await;
        let refused = pool.run(|| ()).await.unwrap_err();
        assert!(refused.is(&CredentialsFault::Busy));
        release.0.send(()).unwrap();
        first.await.unwrap().unwrap();
        pool.run(|| ()).await.unwrap();
    }
}
