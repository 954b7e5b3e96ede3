//! Where passwords are hashed: off the async threads, so many at a time and no more.
//!
//! A hash takes tens of milliseconds and some 19 MiB on purpose. Without a bound, a wave of sign-ins
//! would take all memory; with one, they queue, and those beyond the queue are told to come again.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
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
    /// As many threads as there are turns, of all workers together. Each keeps the memory of its last hash: the fewer there
    /// are, the more of that is in the processor's caches still, which are a tenth of what a hash costs.
    threads: Option<Runtime>,
}

impl HashingPool {
    pub(crate) fn new(threads: usize) -> Self {
        let threads = threads.clamp(1, 1024);
        Self {
            turns: Arc::new(Semaphore::new(threads)),
            places: Semaphore::new(threads * QUEUE),
            // A process that cannot have them yet hashes where it is.
            threads: Builder::new_current_thread().thread_name("hashing").max_blocking_threads(threads).build().ok(),
        }
    }

    /// Runs the work in its turn. Whoever stops waiting leaves the queue; work that has begun is
    /// finished and keeps its turn until then.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let _place = self.places.try_acquire().map_err(|_| CredentialsFault::Busy)?;
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| CredentialsFault::Busy)?
            .map_err(Error::internal)?;
        let work = move || {
            let _turn = turn;
            work()
        };
        let done = match &self.threads {
            Some(threads) => threads.spawn_blocking(work),
            None => tokio::task::spawn_blocking(work),
        };
        done.await.map_err(Error::internal)
    }
}

/// Nobody waits for what is under way: an async thread may not.
impl Drop for HashingPool {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
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

    #[test]
    fn workers_share_the_threads() {
        let pool = Arc::new(HashingPool::new(1));
        let one = || {
            let pool = Arc::clone(&pool);
            let worker = std::thread::spawn(move || {
                let runtime = Builder::new_current_thread().enable_time().build().unwrap();
                runtime.block_on(pool.run(|| std::thread::current().id())).unwrap()
            });
            worker.join().unwrap()
        };
        assert_eq!(one(), one());
    }

    #[tokio::test]
    async fn beyond_the_queue_one_is_told_to_come_again() {
        let mut pool = HashingPool::new(1);
        pool.places = Semaphore::new(1);
        let pool = Arc::new(pool);
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
