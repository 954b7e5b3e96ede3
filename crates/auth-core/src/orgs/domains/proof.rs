//! The proof of a domain: a TXT record that only those can publish who rule the domain.
//!
//! The record is looked for first and outside of any transaction, what was seen is written then: a name server that
//! answers slowly, or never, keeps nobody waiting but who asked.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::{DNS_TXT, Domain, DomainsFault, changed, store};
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::ids::{DomainId, OrgId};
use crate::orgs;
use crate::roles::{self, RolesFault};

/// The label below which the record is looked for, before it is looked for at the domain itself.
const LABEL: &str = "_portico-challenge";
/// What the record says before the text that was drawn.
const KEY: &str = "portico-domain-verification=";
/// How long the look at both names may take together.
const PATIENCE: Duration = Duration::from_secs(6);
/// How many records of a name are compared.
const MOST: usize = 100;

/// What a look into the DNS answers, later.
pub type Looking<'a> = Pin<Box<dyn Future<Output = std::result::Result<Vec<String>, Unanswered>> + Send + 'a>>;

/// That the DNS did not answer: not that there is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered;

/// What looks up TXT records.
pub trait TxtResolver: Send + Sync {
    /// The TXT records of a name, each with its parts joined; none if there is no such name.
    fn txt<'a>(&'a self, name: &'a str) -> Looking<'a>;
}

/// Looks up nothing: for who never verifies a domain.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoResolver;

impl TxtResolver for NoResolver {
    fn txt<'a>(&'a self, _: &'a str) -> Looking<'a> {
        Box::pin(async { Err(Unanswered) })
    }
}

/// What there is to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The name of the record; the domain itself will do too.
    pub name: String,
    /// What it says.
    pub value: String,
}

impl Domain {
    /// The record that proves it, unless somebody above all organizations asserted it.
    #[must_use]
    pub fn record(&self) -> Option<Record> {
        let challenge = self.challenge.as_ref()?;
        Some(Record { name: format!("{LABEL}.{}", self.name), value: format!("{KEY}{challenge}") })
    }
}

/// What a look into the DNS has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// There was nothing to look for: no such domain, or one that needs no record.
    Nothing,
    /// The record with this text is there.
    Record(String),
    /// It is not there.
    Missing,
    /// Nobody answered.
    Unanswered,
}

/// Looks for the record of a domain of an organization. Who may not change the organization is refused before.
///
/// # Errors
/// [`orgs::OrgsFault::NotFound`] for strangers, [`RolesFault::Forbidden`].
pub async fn look_for(core: &AuthCore, ctx: &Ctx, organization: &OrgId, id: &DomainId) -> Result<Seen> {
    let domain = core
        .read(ctx, async |rx| {
            roles::demand(rx, organization, "organization:update", RolesFault::Forbidden).await?;
            store::find(rx, organization, id).await
        })
        .await?;
    match domain {
        Some(domain) if domain.verified_at.is_none() => Ok(look(core, &domain).await),
        _ => Ok(Seen::Nothing),
    }
}

/// Looks for the record of a domain below its label, then at the domain itself.
pub(super) async fn look(core: &AuthCore, domain: &Domain) -> Seen {
    let Some(record) = domain.record() else { return Seen::Nothing };
    let resolver = core.resolver();
    let both = async {
        let mut answered = true;
        for name in [record.name.as_str(), domain.name.as_str()] {
            match resolver.txt(name).await {
                Ok(found) if found.iter().take(MOST).any(|text| text.trim() == record.value) => {
                    return Seen::Record(record.value.clone());
                }
                Ok(_) => {}
                Err(Unanswered) => answered = false,
            }
        }
        if answered { Seen::Missing } else { Seen::Unanswered }
    };
    tokio::time::timeout(PATIENCE, both).await.unwrap_or(Seen::Unanswered)
}

/// Gives an organization the domain whose record was seen, unless another organization holds it: whose claim is proven
/// first is the holder, and the other is told only after its own record was seen.
///
/// # Errors
/// [`DomainsFault::NotFound`], [`DomainsFault::NotVerified`], [`DomainsFault::Unavailable`], [`DomainsFault::Taken`], and
/// those of the authorization.
pub async fn prove(tx: &mut Tx, organization: &OrgId, id: &DomainId, seen: &Seen) -> Result<Domain> {
    roles::demand(tx, organization, "organization:update", RolesFault::Forbidden).await?;
    orgs::lock(tx, organization).await?;
    let before = store::lock(tx, organization, id).await?.ok_or(DomainsFault::NotFound)?;
    if before.verified_at.is_some() {
        return Ok(before);
    }
    match seen {
        Seen::Record(value) if before.record().is_some_and(|record| record.value == *value) => {}
        Seen::Unanswered => return Err(DomainsFault::Unavailable.into()),
        _ => return Err(DomainsFault::NotVerified.into()),
    }
    let now = tx.now();
    let after = Domain {
        verified_at: Some(now),
        verified_how: Some(DNS_TXT.to_owned()),
        checked_at: Some(now),
        missing_since: None,
        misses: 0,
        updated_at: now,
        ..before.clone()
    };
    store::update(tx, &after).await.or_conflict(DomainsFault::Taken)?;
    changed(tx, &before, &after);
    Ok(after)
}
