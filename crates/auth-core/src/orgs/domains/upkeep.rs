//! Looking again at domains that a record proved.
//!
//! Once a day. A name server that does not answer says nothing about the domain and is passed over. A record that is
//! missing is noted; after three days' looks the administrators are told, and after fourteen days the organization
//! holds the domain no more. Whoever publishes the record again meanwhile is where they were.

use super::proof::{self, Seen};
use super::{Domain, changed, store};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::mail::{self, Letter, LetterKind};
use crate::orgs::{self, members};

/// How often a proof is looked at, in seconds.
const EVERY: i64 = 86_400;
/// After how many looks without the record the administrators are told.
const TELL_AFTER: i64 = 3;
/// How long the organization goes on holding a domain whose record is missing, in seconds.
const GRACE: i64 = 14 * 86_400;
/// How many looks must have missed it by then: days on which this instance was down are not held against anybody.
const LOSE_AFTER: i64 = 7;

/// Looks at one domain whose proof was not looked at for a day. `false` if there is none.
///
/// # Errors
/// Those of the database.
pub async fn recheck_step(core: &AuthCore) -> Result<bool> {
    let ctx = Ctx::system("recheck-domains");
    let due = core.read(&ctx, async |rx| store::unchecked_since(rx, rx.now().plus_seconds(-EVERY)).await).await?;
    let Some(domain) = due else { return Ok(false) };
    // Records no event: that a proof is looked at changes nothing.
    if !core.write(&ctx, async |tx| store::claim(tx, &domain).await).await? {
        return Ok(true);
    }
    let seen = proof::look(core, &domain).await;
    let found = match seen {
        Seen::Record(_) => true,
        Seen::Missing => false,
        Seen::Nothing | Seen::Unanswered => return Ok(true),
    };
    if found && domain.misses == 0 {
        return Ok(true);
    }
    core.write(&ctx, async |tx| note(tx, &domain, found).await).await?;
    Ok(true)
}

/// Notes what was seen of a domain that is still held.
async fn note(tx: &mut Tx, seen: &Domain, found: bool) -> Result<()> {
    let organization = orgs::lock(tx, &seen.organization_id).await?;
    let Some(before) = store::lock(tx, &seen.organization_id, &seen.id).await? else { return Ok(()) };
    if before.verified_at.is_none() {
        return Ok(());
    }
    let (after, letter) = outcome(&before, found, tx.now());
    store::update(tx, &after).await?;
    if before.is_failing() != after.is_failing() || before.verified_at != after.verified_at {
        changed(tx, &before, &after);
    }
    let kind = match letter {
        Some(Told::Missing { until }) => LetterKind::DomainRecordMissing {
            domain: after.name.clone(),
            organization: organization.name,
            value: before.record().map(|record| record.value).unwrap_or_default(),
            until: until.rfc3339().chars().take(10).collect(),
        },
        Some(Told::Lost) => LetterKind::DomainLost { domain: after.name.clone(), organization: organization.name },
        None => return Ok(()),
    };
    for to in members::addresses_of_admins(tx, Some(&seen.organization_id)).await? {
        mail::queue(tx, &Letter { to, kind: kind.clone() }).await?;
    }
    Ok(())
}

/// What administrators are told.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Missing { until: Timestamp },
    Lost,
}

/// What becomes of a domain that is held after one more look.
fn outcome(before: &Domain, found: bool, now: Timestamp) -> (Domain, Option<Told>) {
    if found {
        return (Domain { missing_since: None, misses: 0, updated_at: now, ..before.clone() }, None);
    }
    let since = before.missing_since.unwrap_or(now);
    let misses = before.misses + 1;
    let after = Domain { missing_since: Some(since), misses, updated_at: now, ..before.clone() };
    if misses >= LOSE_AFTER && since.plus_seconds(GRACE) <= now {
        let lost = Domain { verified_at: None, verified_how: None, missing_since: None, misses: 0, ..after };
        return (lost, Some(Told::Lost));
    }
    let told = (misses == TELL_AFTER).then(|| Told::Missing { until: since.plus_seconds(GRACE) });
    (after, told)
}

impl Domain {
    /// Whether the record that proved it has been missing for so long that the administrators were told.
    #[must_use]
    pub const fn is_failing(&self) -> bool {
        self.misses >= TELL_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{DomainId, Id as _, OrgId};

    fn held() -> Domain {
        Domain {
            id: DomainId::from_text("dom_1".into()),
            organization_id: OrgId::from_text("org_1".into()),
            name: "acme.example".into(),
            verified_at: Some(Timestamp(0)),
            verified_how: Some("dns_txt".into()),
            enrollment_mode: "manual_invitation".into(),
            challenge: Some("x".into()),
            checked_at: Some(Timestamp(0)),
            missing_since: None,
            misses: 0,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        }
    }

    #[test]
    fn a_missing_record_is_told_on_the_third_day_and_ends_the_holding_after_a_fortnight() {
        let mut domain = held();
        for day in 0..14 {
            let (after, told) = outcome(&domain, false, Timestamp(0).plus_seconds(day * 86_400));
            let until = Timestamp(0).plus_seconds(GRACE);
            assert_eq!(told, (day == 2).then_some(Told::Missing { until }), "day {day}");
            assert!(after.verified_at.is_some(), "day {day}");
            domain = after;
        }
        let (after, told) = outcome(&domain, false, Timestamp(0).plus_seconds(14 * 86_400));
        assert_eq!((after.verified_at, told), (None, Some(Told::Lost)));
    }

    #[test]
    fn a_record_that_is_there_again_forgives_everything_and_few_looks_end_nothing() {
        let missing = Domain { misses: 6, missing_since: Some(Timestamp(0)), ..held() };
        let (after, told) = outcome(&missing, true, Timestamp(9));
        assert_eq!((after.misses, after.missing_since, told), (0, None, None));
        let seldom = Domain { misses: 1, missing_since: Some(Timestamp(0)), ..held() };
        let (after, told) = outcome(&seldom, false, Timestamp(0).plus_seconds(90 * 86_400));
        assert!(after.verified_at.is_some() && told.is_none(), "the instance was down for a quarter of a year");
    }
}
