//! The queue of letters: put in sealed, with the change that they tell of; taken out by lease, so that
//! several replicas may empty it; gone when they are delivered.

use futures_util::StreamExt as _;

use super::{Channel, Letter, LetterKind, Mailer, NOWHERE, Rendered, render};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, MailId};
use crate::secret::Secret;

/// For what the queue's keys are derived.
const PURPOSE: &str = "mail";
/// How many letters are taken at once, and how many are under way at the same time.
const BATCH: i64 = 16;
const AT_ONCE: usize = 4;
/// How long a letter is left to whoever took it, in seconds. Longer than a mail server may take.
const LEASE: i64 = 300;
/// How long a letter is tried, in seconds: three days.
const PATIENCE: i64 = 3 * 86_400;

/// Queues a letter. It is sent if and only if the transaction commits.
pub async fn queue(tx: &mut Tx, letter: &Letter) -> Result<()> {
    if letter.to.ends_with(NOWHERE) {
        return pretend(tx, letter).await;
    }
    insert(tx, letter).await?;
    tx.mail_queued = true;
    Ok(())
}

/// Does the work of queueing a letter that is not to be sent, so that not sending it takes as long.
pub(crate) async fn pretend(tx: &Tx, letter: &Letter) -> Result<()> {
    let id = insert(tx, letter).await?;
    db::run(tx, "DELETE FROM mail_queue WHERE id = $1", [id.as_str().into()]).await?;
    Ok(())
}

async fn insert(tx: &Tx, letter: &Letter) -> Result<MailId> {
    let id: MailId = tx.new_id();
    let sealed = tx.settings().secret.seal(PURPOSE, &serde_json::to_vec(letter)?)?;
    let sql = "INSERT INTO mail_queue (id, sealed, attempts, next_attempt_at, created_at) VALUES ($1, $2, 0, $3, $3)";
    db::run(tx, sql, [id.as_str().into(), sealed.into(), tx.now().into()]).await?;
    Ok(id)
}

struct Taken {
    id: MailId,
    sealed: String,
    attempts: i64,
    created_at: Timestamp,
}

/// Takes letters that are due. Nobody else takes them until the lease ends; if this process dies, they
/// come up again by themselves.
async fn take(core: &AuthCore, ctx: &Ctx) -> Result<Vec<Taken>> {
    core.write(ctx, async |tx| {
        // The outer condition is looked at again after waiting for somebody else's lock.
        let sql = "UPDATE mail_queue SET next_attempt_at = $2, attempts = attempts + 1
             WHERE id IN (SELECT id FROM mail_queue WHERE next_attempt_at <= $1 ORDER BY next_attempt_at, id LIMIT (0 + $3))
             AND next_attempt_at <= $1
             RETURNING id, sealed, attempts, created_at";
        let values = [tx.now().into(), tx.now().plus_seconds(LEASE).into(), BATCH.into()];
        let rows = db::all(tx, sql, values).await?;
        rows.iter()
            .map(|row| {
                Ok(Taken { id: row.get(0)?, sealed: row.get(1)?, attempts: row.get(2)?, created_at: row.get(3)? })
            })
            .collect()
    })
    .await
}

/// Sends all letters that are due. Returns how many left.
///
/// Records no event: that a letter was to be written is part of what happened before.
pub async fn deliver_due(core: &AuthCore, mailer: &dyn Mailer) -> Result<usize> {
    let ctx = Ctx::system("mail");
    let mut delivered = 0;
    loop {
        let taken = take(core, &ctx).await?;
        if taken.is_empty() {
            return Ok(delivered);
        }
        let mut results = futures_util::stream::iter(taken)
            .map(|letter| deliver(core, &ctx, mailer, letter))
            .buffer_unordered(AT_ONCE);
        while let Some(done) = results.next().await {
            delivered += usize::from(done?);
        }
    }
}

async fn deliver(core: &AuthCore, ctx: &Ctx, mailer: &dyn Mailer, taken: Taken) -> Result<bool> {
    let opened = open(core, &taken);
    let patience = match opened.as_ref().map(|letter| &letter.channel) {
        Ok(Channel::Telephone { expires_in, .. }) => *expires_in,
        _ => PATIENCE,
    };
    let expired = taken.created_at.plus_seconds(patience) <= core.clock().now();
    let failure = match opened {
        Ok(letter) if expired && matches!(letter.channel, Channel::Telephone { .. }) => {
            Some("its code is good no more".to_owned())
        }
        Ok(letter) => match mailer.send(&letter).await {
            Ok(()) => None,
            // Servers like to repeat the address. Whom we write to does not belong in a log.
            Err(error) => Some(format!("{error:?}").replace(&letter.to, "[recipient]")),
        },
        Err(error) => Some(format!("{error:?}")),
    };
    if let Some(failure) = &failure {
        let what = if expired { "is given up" } else { "is tried again" };
        tracing::warn!(mail = taken.id.as_str(), attempts = taken.attempts, failure, "a mail did not leave and {what}");
    }
    core.write(ctx, async |tx| {
        if failure.is_none() || expired {
            db::run(tx, "DELETE FROM mail_queue WHERE id = $1", [taken.id.as_str().into()]).await
        } else {
            let next = tx.now().plus_seconds(backoff(taken.attempts));
            let sql = "UPDATE mail_queue SET next_attempt_at = $2 WHERE id = $1";
            db::run(tx, sql, [taken.id.as_str().into(), next.into()]).await
        }
    })
    .await?;
    Ok(failure.is_none())
}

fn open(core: &AuthCore, taken: &Taken) -> Result<Rendered> {
    let plain = core.settings().secret.open(PURPOSE, &taken.sealed)?;
    let letter: Letter = serde_json::from_slice(&plain)?;
    let words = render::words(core.settings(), &letter)?;
    let channel = match &letter.kind {
        LetterKind::PhoneCode { code, expires_in } => {
            Channel::Telephone { code: Secret::new(code.clone()), expires_in: *expires_in }
        }
        _ => Channel::Mail,
    };
    Ok(Rendered {
        channel,
        id: taken.id.clone(),
        to: letter.to,
        subject: words.subject,
        text: words.text,
        html: words.html,
        date: core.clock().now(),
    })
}

/// How many seconds until the next attempt: half a minute, doubled each time, six hours at most.
fn backoff(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 11) - 1).unwrap_or_default();
    (30_i64 << doublings).min(6 * 3600)
}

/// When the next letter is due, if one waits: until then a worker may sleep.
pub async fn next_due(core: &AuthCore) -> Result<Option<Timestamp>> {
    core.read(&Ctx::system("mail"), async |rx| {
        let row = db::one(rx, "SELECT MIN(next_attempt_at) FROM mail_queue", []).await?;
        row.map_or(Ok(None), |row| row.get(0))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::backoff;

    #[test]
    fn attempts_become_rare_and_never_cease() {
        assert_eq!([1, 2, 3].map(backoff), [30, 60, 120]);
        assert_eq!([10, 11, 12, 1000].map(backoff), [15_360, 21_600, 21_600, 21_600]);
    }
}
