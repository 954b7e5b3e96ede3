//! Whether the chains hold: what was changed, dropped, put in or moved is found, and where.

use serde_json::Value as Json;

use super::digest::{erased, link};
use super::reading::{self, Exported, Head, Seal, Wanted};
use super::{HEAD, chain_of, retention};
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::ids::{Id as _, OrgId};
use crate::jwt::verify::{Unproven, verify as proven};

/// How many places are read at once, and how many faults are told.
const PAGE: i64 = 500;
const FAULTS: usize = 100;

/// What is wrong with a place of a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// A place before it is not there.
    #[error("an entry before it is missing")]
    Gap,
    /// The entry is not what was sealed.
    #[error("the entry was changed")]
    Changed,
    /// The entry was sealed at another place of the stream.
    #[error("the entry was moved")]
    Moved,
    /// The entry is not kept any more, and should be.
    #[error("the entry was removed")]
    Removed,
    /// The hash does not follow from the one before.
    #[error("the hash does not follow from what is before it")]
    Broken,
    /// The chain does not end as its head says.
    #[error("the chain does not end as its head says")]
    Cut,
    /// The head is not signed by the instance, or the signature is about something else.
    #[error("the head is not proven: {0}")]
    Head(Unproven),
    /// The signature of the head says something else.
    #[error("the signed head is that of another chain or another state")]
    Foreign,
    /// An entry that should have been sealed long ago.
    #[error("the entry is not in its chain")]
    Unsealed,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which chain; `None` is that of entries in no organization.
    pub organization_id: Option<OrgId>,
    /// At which position, if at one.
    pub position: Option<i64>,
    /// At which entry, if it has a name.
    pub event_id: Option<String>,
    /// What.
    pub wrong: Wrong,
}

/// What came of looking at everything.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many chains there are.
    pub chains: u64,
    /// How many places they have.
    pub entries: u64,
    /// How many of these had their facts erased.
    pub erased: u64,
    /// How many are forgotten after their retention.
    pub forgotten: u64,
    /// How many entries wait for their seal.
    pub waiting: i64,
    /// What is wrong, as far as it is told.
    pub faults: Vec<Fault>,
    /// How much more is wrong.
    pub more: u64,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, head: &Head, position: Option<i64>, event_id: Option<String>, wrong: Wrong) {
        if self.faults.len() < FAULTS {
            self.faults.push(Fault { organization_id: head.organization_id.clone(), position, event_id, wrong });
        } else {
            self.more += 1;
        }
    }
}

/// Follows one chain from its beginning.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    position: i64,
    hash: String,
}

impl Checker {
    /// The next place; `digest` is that of the entry as it is now, if it is there. After a fault it goes on with what
    /// is said, so that one fault is told once.
    ///
    /// # Errors
    /// What is wrong.
    pub fn place(&mut self, chain: Option<&OrgId>, seal: &Seal, digest: Option<&str>) -> Result<(), Wrong> {
        let follows = link(chain_of(chain), seal.position, &self.hash, &seal.digest, seal.occurred_at) == seal.hash;
        let expected = self.position + 1;
        (self.position, self.hash) = (seal.position, seal.hash.clone());
        if seal.position != expected {
            return Err(Wrong::Gap);
        }
        if !follows {
            return Err(Wrong::Broken);
        }
        if digest.is_some_and(|digest| digest != seal.digest) {
            return Err(Wrong::Changed);
        }
        Ok(())
    }

    /// The end of the chain, as its head says.
    ///
    /// # Errors
    /// [`Wrong::Cut`].
    pub fn end(&self, head: &Head) -> Result<(), Wrong> {
        if self.position == head.position && self.hash == head.hash { Ok(()) } else { Err(Wrong::Cut) }
    }
}

/// Whether the signature of a head says what the head says, by a key of the set, and in the name of the issuer if one
/// is expected. Gives the issuer.
///
/// # Errors
/// [`Wrong::Head`], [`Wrong::Foreign`].
pub fn head_claims(head: &Head, keys: &Json, issuer: Option<&str>) -> Result<String, Wrong> {
    let said = proven(&head.signature, keys).map_err(Wrong::Head)?;
    let by = said["iss"].as_str().unwrap_or_default();
    let same = said["purpose"] == HEAD
        && said["position"] == head.position
        && said["hash"] == head.hash.as_str()
        && said["organization_id"].as_str() == head.organization_id.as_ref().map(OrgId::as_str)
        && issuer.is_none_or(|issuer| issuer == by);
    if same { Ok(by.to_owned()) } else { Err(Wrong::Foreign) }
}

/// Looks at every chain of the database, with the keys that are trusted.
///
/// # Errors
/// Those of the database. What is wrong with the chains is in the report.
pub async fn verify(core: &AuthCore, keys: &Json) -> Result<Report> {
    let ctx = Ctx::system("audit-verify");
    let (mut report, mut after) = (Report::default(), None::<String>);
    loop {
        let last = after.clone();
        let heads = core.read(&ctx, async |rx| reading::heads(rx, None, last.as_deref(), PAGE).await).await?;
        let Some(last) = heads.last() else { break };
        after = Some(chain_of(last.organization_id.as_ref()).to_owned());
        for head in &heads {
            report.chains += 1;
            one(core, &ctx, head, keys, &mut report).await?;
        }
    }
    core.read(&ctx, async |rx| loose(rx).await).await?.into_iter().for_each(|(head, position, event, wrong)| {
        report.fault(&head, position, event, wrong);
    });
    report.waiting = core.read(&ctx, async |rx| waiting(rx).await).await?;
    Ok(report)
}

async fn one(core: &AuthCore, ctx: &Ctx, head: &Head, keys: &Json, report: &mut Report) -> Result<()> {
    let (mut checker, all) = (Checker::default(), Wanted::default());
    let days = retention::days(core.settings());
    let forgotten = days.map(|days| core.clock().now().plus_seconds(-86_400 * days));
    loop {
        let after = checker.position;
        let places = core.read(ctx, async |rx| reading::export(rx, head, after, &all, PAGE).await).await?;
        if places.is_empty() {
            break;
        }
        for Exported { seal, event_id, sequence, occurred_at, entry } in places {
            report.entries += 1;
            let digest = entry.as_ref().map(reading::Entry::digest);
            let mut wrong = checker.place(head.organization_id.as_ref(), &seal, digest.as_deref()).err();
            match &entry {
                Some(entry) if entry.sequence != sequence => wrong = wrong.or(Some(Wrong::Moved)),
                Some(entry) => report.erased += u64::from(erased(&entry.details).is_some()),
                None if forgotten.is_some_and(|before| occurred_at < before) => report.forgotten += 1,
                None => wrong = wrong.or(Some(Wrong::Removed)),
            }
            if let Some(wrong) = wrong {
                report.fault(head, Some(seal.position), Some(event_id), wrong);
            }
        }
    }
    let ends = [checker.end(head).err(), head_claims(head, keys, Some(&core.settings().public_url)).err()];
    for wrong in ends.into_iter().flatten() {
        report.fault(head, Some(head.position), None, wrong);
    }
    Ok(())
}

/// What stands outside of the chains: seals beyond a head, and entries that the sealer has passed and not sealed.
async fn loose(db: &impl Scope) -> Result<Vec<(Head, Option<i64>, Option<String>, Wrong)>> {
    let order = db::event_order(db.backend());
    let sql = format!(
        "SELECT s.owner_key, s.position, s.event_id, TRUE FROM audit_seals s
         WHERE NOT EXISTS (SELECT 1 FROM audit_chains c WHERE c.owner_key = s.owner_key AND c.position >= s.position)
         UNION ALL
         SELECT COALESCE(e.organization_id, ''), NULL, e.id, FALSE FROM events e
         WHERE e.audited = TRUE AND e.{order} <= (SELECT through FROM audit_sealer WHERE id = 1)
           AND NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.sequence = e.{order} AND s.event_id = e.id)
         LIMIT (0 + $1)"
    );
    let rows = db::all(db, sql, [PAGE.into()]).await?;
    rows.iter()
        .map(|row| {
            let chain: String = row.get(0)?;
            let organization_id = (!chain.is_empty()).then(|| OrgId::from_text(chain));
            let head = Head { organization_id, position: 0, hash: String::new(), signature: String::new() };
            let wrong = if row.get::<bool>(3)? { Wrong::Cut } else { Wrong::Unsealed };
            Ok((head, row.get(1)?, row.get(2)?, wrong))
        })
        .collect()
}

async fn waiting(db: &impl Scope) -> Result<i64> {
    let order = db::event_order(db.backend());
    let sql = format!(
        "SELECT COUNT(*) FROM events WHERE audited = TRUE
           AND ({order} IS NULL OR {order} > (SELECT through FROM audit_sealer WHERE id = 1))"
    );
    db::one(db, sql, []).await?.map_or(Ok(0), |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    /// A chain of the instance over these digests.
    fn chain(digests: &[&str]) -> Vec<Seal> {
        let (mut hash, mut seals) = (String::new(), Vec::new());
        for (position, digest) in (1..).zip(digests) {
            let occurred_at = Some(Timestamp(position));
            hash = link("", position, &hash, digest, occurred_at);
            seals.push(Seal { position, digest: (*digest).to_owned(), hash: hash.clone(), occurred_at });
        }
        seals
    }

    fn wrong(seals: &[Seal]) -> Vec<(i64, Wrong)> {
        let mut checker = Checker::default();
        seals.iter().filter_map(|seal| Some((seal.position, checker.place(None, seal, None).err()?))).collect()
    }

    #[test]
    fn what_is_dropped_moved_changed_or_put_in_is_found_where_it_is() {
        let whole = chain(&["a", "b", "c", "d"]);
        assert_eq!(wrong(&whole), []);
        let dropped = [&whole[..1], &whole[2..]].concat();
        assert_eq!(wrong(&dropped), [(3, Wrong::Gap)]);
        let mut swapped = whole.clone();
        (swapped[1].digest, swapped[2].digest) = (whole[2].digest.clone(), whole[1].digest.clone());
        assert_eq!(wrong(&swapped), [(2, Wrong::Broken), (3, Wrong::Broken)]);
        let mut older = whole.clone();
        older[1].occurred_at = Some(Timestamp(0));
        assert_eq!(wrong(&older), [(2, Wrong::Broken)]);
        older[1].occurred_at = None;
        assert_eq!(wrong(&older), [(2, Wrong::Broken)], "nor does it pass for a seal of the first version");
        let mut checker = Checker::default();
        assert_eq!(checker.place(None, &whole[0], Some("x")), Err(Wrong::Changed));
        let of = OrgId::from_text("org_1".into());
        assert_eq!(Checker::default().place(Some(&of), &whole[0], None), Err(Wrong::Broken), "another's chain");
    }

    #[test]
    fn a_tail_that_was_cut_off_is_found_by_the_head() {
        let whole = chain(&["a", "b"]);
        let head = Head { organization_id: None, position: 2, hash: whole[1].hash.clone(), signature: String::new() };
        let mut checker = Checker::default();
        assert_eq!(checker.place(None, &whole[0], None), Ok(()));
        assert_eq!(checker.end(&head), Err(Wrong::Cut));
        assert_eq!(checker.place(None, &whole[1], None), Ok(()));
        assert_eq!(checker.end(&head), Ok(()));
    }
}
