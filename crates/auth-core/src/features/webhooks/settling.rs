//! What attempts come to: what is written of them, when the next follows, and when an endpoint is switched off.

use serde_json::json;

use super::courier::Outcome;
use super::leasing::Taken;
use super::{Reason, schedule, store};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Change, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{DeliveryId, Id as _};
use crate::mail::{self, Letter, LetterKind};
use crate::orgs::members;
use crate::outbox::{Event, EventKind};

/// How many bytes of an answer are kept, and how many of the words about a failure.
const ANSWER: usize = 4096;
const WORDS: usize = 200;
/// The status by which a receiver says that it is gone for good.
const GONE: u16 = 410;

/// An attempt at a delivery.
pub(super) struct Attempt {
    pub id: DeliveryId,
    /// How many there were before.
    pub before: i64,
    pub created_at: Timestamp,
    /// `None`: the event is no longer kept.
    pub outcome: Option<Outcome>,
    pub at: Timestamp,
}

impl Attempt {
    pub fn is_accepted(&self) -> bool {
        self.status().is_some_and(|status| (200..300).contains(&status))
    }

    fn status(&self) -> Option<u16> {
        self.outcome.as_ref().and_then(|outcome| outcome.status)
    }
}

/// Writes down what became of the attempts and gives the endpoint back.
pub(super) async fn settle(core: &AuthCore, taken: &Taken, attempts: &[Attempt]) -> Result<()> {
    core.write(&Ctx::system("webhooks"), async |tx| {
        for attempt in attempts {
            write(tx, attempt);
        }
        give_back(tx, taken, attempts).await
    })
    .await
}

/// One attempt. Somebody else who wrote meanwhile, or a replay, wins.
fn write(tx: &Tx, attempt: &Attempt) {
    let (state, next) = if attempt.is_accepted() { ("succeeded", None) } else { after_failure(tx, attempt) };
    let outcome = attempt.outcome.clone().unwrap_or_default();
    let error = match (&attempt.outcome, &outcome.error, outcome.status) {
        (None, _, _) => Some("the event is no longer kept".to_owned()),
        (_, Some(error), _) => Some(cut(error, WORDS)),
        (_, None, Some(status)) if state != "succeeded" => Some(format!("answered {status}")),
        _ => None,
    };
    let sql =
        "UPDATE webhook_deliveries SET attempt = attempt + 1, state = $3, next_retry_at = $4, response_status = $5,
            response_body = $6, error = $7, duration = $8, attempted_at = $9
         WHERE id = $1 AND attempt = $2 AND next_retry_at IS NOT NULL";
    let values = [
        attempt.id.as_str().into(),
        attempt.before.into(),
        state.into(),
        next.into(),
        outcome.status.map(i64::from).into(),
        outcome.status.map(|_| cut(&outcome.body, ANSWER)).into(),
        error.into(),
        outcome.duration.into(),
        attempt.at.into(),
    ];
    db::later(tx, Change::new(sql, values));
}

/// How a delivery stands that was not accepted, and when it is tried next.
fn after_failure(tx: &Tx, attempt: &Attempt) -> (&'static str, Option<Timestamp>) {
    let expired = attempt.created_at.plus_seconds(schedule::PATIENCE) <= tx.now();
    let wait = schedule::next(attempt.before + 1, tx.chance()).map(|wait| wait.max(asked(attempt, tx.now())));
    match wait.filter(|_| !expired && attempt.outcome.is_some()) {
        Some(wait) => ("failed", Some(Timestamp(tx.now().millis() + wait))),
        None => ("dead", None),
    }
}

/// For how many milliseconds a receiver that is too busy wants to be left in peace; 0 if it says nothing of it.
fn asked(attempt: &Attempt, now: Timestamp) -> i64 {
    let outcome = attempt.outcome.as_ref().filter(|outcome| matches!(outcome.status, Some(429 | 503)));
    let text = outcome.and_then(|outcome| outcome.retry_after.as_deref());
    text.and_then(|text| schedule::retry_after(text, now)).unwrap_or_default()
}

/// A text as both databases take it, cut at a character.
fn cut(text: &str, most: usize) -> String {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].replace('\0', "\u{fffd}")
}

/// Ends the lease and counts failures in a row. An endpoint that has accepted nothing for as long as a delivery is
/// tried is switched off.
async fn give_back(tx: &mut Tx, taken: &Taken, attempts: &[Attempt]) -> Result<()> {
    let owner = taken.organization.as_ref();
    let Some(endpoint) = store::lock(tx, owner, &taken.id).await? else { return Ok(()) };
    let tried: Vec<&Attempt> = attempts.iter().filter(|attempt| attempt.outcome.is_some()).collect();
    let accepted = tried.iter().any(|attempt| attempt.is_accepted());
    let failed = i64::try_from(tried.len()).unwrap_or(i64::MAX);
    let (failures, since) = match failed {
        0 => (endpoint.failures, endpoint.failing_since),
        _ if accepted => (0, None),
        _ => (endpoint.failures + failed, Some(endpoint.failing_since.unwrap_or_else(|| tx.now()))),
    };
    let rest = if failed == 0 || accepted { 0 } else { schedule::rest(failures) * 1000 };
    // A receiver that is too busy is so for everything: nothing else is sent to it either until the time that it named.
    let paused = tried.iter().map(|attempt| asked(attempt, tx.now())).max().unwrap_or_default();
    let rest = rest.max(paused.min(schedule::LONGEST_PAUSE * 1000));
    let sql = "UPDATE webhook_endpoints SET failures = $4, failing_since = $5, rests_until = $6,
            leased_until = CASE WHEN leased_until = $2 THEN $3 ELSE leased_until END
         WHERE id = $1";
    let values = [
        taken.id.as_str().into(),
        taken.until.into(),
        tx.now().into(),
        failures.into(),
        since.into(),
        Timestamp(tx.now().millis() + rest).into(),
    ];
    db::run(tx, sql, values).await?;
    let gone = tried.iter().any(|attempt| attempt.status() == Some(GONE));
    let exhausted = since.is_some_and(|since| since.plus_seconds(schedule::ENDURANCE) <= tx.now());
    if endpoint.enabled && (gone || (failed > 0 && !accepted && exhausted)) {
        switch_off(tx, taken, if gone { Reason::Gone } else { Reason::Failing }).await?;
    }
    Ok(())
}

/// Switches an endpoint off and tells those whose it is, by mail and by an event.
async fn switch_off(tx: &mut Tx, taken: &Taken, reason: Reason) -> Result<()> {
    let owner = taken.organization.as_ref();
    let sql = "UPDATE webhook_endpoints SET enabled = FALSE, disabled_at = $2, disabled_reason = $3 WHERE id = $1";
    db::run(tx, sql, [taken.id.as_str().into(), tx.now().into(), reason.as_str().into()]).await?;
    let Some(endpoint) = store::find(tx, owner, &taken.id).await? else { return Ok(()) };
    let payload = json!({
        "v": 1, "webhook_endpoint": endpoint.facts(),
        "failing_since": endpoint.failing_since.map(Timestamp::millis),
    });
    tx.record(Event::new(EventKind::WebhookEndpointDisabled, &taken.id, payload).within(owner));
    for to in members::addresses_of_admins(tx, owner).await? {
        let kind = LetterKind::WebhookDisabled { receiver: origin(&taken.url).to_owned() };
        mail::queue(tx, &Letter { to, kind }).await?;
    }
    tracing::warn!(endpoint = taken.id.as_str(), reason = reason.as_str(), "a webhook endpoint was switched off");
    Ok(())
}

/// Scheme and host of an address: what comes after may hold a secret of the receiver's.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_answer_is_bounded_and_fit_for_both_databases() {
        assert_eq!(cut("äöü", 3), "ä");
        assert_eq!(cut("a\0b", 9), "a\u{fffd}b");
        assert_eq!(cut(&"x".repeat(5000), ANSWER).len(), ANSWER);
    }

    #[test]
    fn a_letter_names_the_receiver_without_what_may_be_secret() {
        assert_eq!(origin("https://hooks.example:8443/T0/secret?x=1"), "https://hooks.example:8443");
        assert_eq!(origin("https://hooks.example"), "https://hooks.example");
    }
}
