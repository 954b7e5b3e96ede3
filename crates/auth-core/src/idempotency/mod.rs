//! Requests that are sent again: a change made under a key is made once, and whoever repeats the
//! request within a day gets the answer of the first.
//!
//! The key is taken, the change made and the answer stored in one transaction. So a crash leaves all
//! or nothing, a failed request uses nothing up, and of two at once the second waits for the first
//! and then reads its answer.

mod store;

use crate::ctx::Actor;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::faults;
use crate::secret::{self, InstanceSecret};

/// How long an answer is kept, in seconds.
const LIFETIME: i64 = 86_400;
/// What answers are sealed for: they may hold a secret that is shown once.
const PURPOSE: &str = "idempotency";

faults! {
    /// What can go wrong with a repeated request.
    pub enum IdempotencyFault {
        /// The key was used for something else.
        Reused => Conflict, "idempotency_key_reused", "This idempotency key was used for another request";
    }
}

/// A request that says it may be a repetition.
#[derive(Clone, Debug)]
pub struct Repeatable {
    key_hash: String,
    request_hash: String,
}

/// What was answered, in the dialect's own terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The dialect's number for it.
    pub status: u16,
    /// What was said.
    pub body: String,
}

impl Repeatable {
    /// One actor's key belongs to that actor alone; `request` is everything that makes two requests
    /// the same. It may hold a password, so that its digest is keyed with the secret of the instance.
    #[must_use]
    pub fn new(secret: &InstanceSecret, actor: &Actor, key: &str, request: &str) -> Self {
        // Invariant: a label holds no space, so no two pairs of actor and key read alike.
        Self {
            key_hash: secret::hash(&format!("{} {key}", actor.label())),
            request_hash: hex::encode(secret.sign(&format!("{PURPOSE}\n{request}"))),
        }
    }
}

/// Takes the key for this transaction (`None`), or gives the answer of the request that had it.
pub async fn claim(tx: &Tx, request: &Repeatable) -> Result<Option<Answer>> {
    let expired = tx.now().plus_seconds(-LIFETIME);
    if store::take(tx, &request.key_hash, &request.request_hash, expired).await? {
        return Ok(None);
    }
    let stored = store::find(tx, &request.key_hash).await?;
    if stored.request_hash != request.request_hash {
        return Err(IdempotencyFault::Reused.into());
    }
    let body = tx.settings().secret.open(PURPOSE, &stored.sealed_answer)?;
    let body = String::from_utf8(body).map_err(crate::Error::internal)?;
    Ok(Some(Answer { status: u16::try_from(stored.status).map_err(crate::Error::internal)?, body }))
}

/// Stores the answer for those who ask again. Follows a [`claim`] that took the key, in the same
/// transaction.
pub async fn settle(tx: &Tx, request: &Repeatable, answer: &Answer) -> Result<()> {
    let sealed = tx.settings().secret.seal(PURPOSE, answer.body.as_bytes())?;
    store::answer(tx, &request.key_hash, i64::from(answer.status), &sealed).await
}

/// Forgets the answers that are older than a day; how many they were. For a background job.
pub async fn forget_expired(tx: &Tx) -> Result<u64> {
    store::delete(tx, tx.now().plus_seconds(-LIFETIME)).await
}
