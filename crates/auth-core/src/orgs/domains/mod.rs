//! Email domains of organizations. Who holds a domain is the base of trust in linking, so the answer
//! is exact: one holder at most, no implied subdomains, no public mail providers.
//!
//! Any organization may claim a domain; who holds it proved it by a DNS record ([`proof`]), or somebody above
//! all organizations asserted it. Proofs are looked at again from time to time ([`upkeep`]). Whose address is of a domain may
//! be invited for that alone ([`enrollment`]).

pub(crate) mod enrollment;
pub mod proof;
mod store;
pub mod upkeep;

use serde_json::{Value as Json, json};

use super::public_domains;
use crate::clock::Timestamp;
use crate::db::{self, Scope, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::ids::{DomainId, OrgId};
use crate::outbox::{Event, EventKind};
use crate::roles::{self, RolesFault};
use crate::secret;
use crate::users::email;

pub use proof::{Looking, NoResolver, Record, Seen, TxtResolver, Unanswered, look_for, prove};
pub use store::LISTED;
pub use upkeep::recheck_step;

crate::faults! {
    /// What can go wrong with domains.
    pub enum DomainsFault {
        /// There is none, or none that the caller may know of.
        NotFound => NotFound, "domain_not_found", "Domain not found";
        /// A name that is none.
        BadName => Invalid, "invalid_domain", "This is not the name of a domain", field "name";
        /// A mail provider's domain: everybody has addresses there.
        Public => Invalid, "public_mail_domain", "Addresses of this domain are given to everybody; no organization can hold it", field "name";
        /// Another organization holds it.
        Taken => Conflict, "domain_already_held", "Another organization holds this domain", field "name";
        /// The organization has added it already.
        AlreadyAdded => Conflict, "domain_already_added", "The organization has this domain already", field "name";
        /// More domains than an organization may have.
        TooMany => Conflict, "domain_limit_reached", "An organization can have 100 domains";
        /// Not one of the ways to enroll people.
        BadMode => Invalid, "invalid_enrollment_mode", "The enrollment mode is manual_invitation, automatic_invitation or automatic_suggestion", field "enrollment_mode";
        /// The record that would prove it is not there.
        NotVerified => Conflict, "domain_not_verified", "The TXT record that proves the domain was not found; it can take a while until everybody sees a new one";
        /// Nobody answered whether the record is there.
        Unavailable => Unavailable, "dns_unavailable", "The name servers of the domain could not be asked; try again later";
    }
}

/// Proven by the word of somebody above all organizations.
const ASSERTED: &str = "asserted";
/// Proven by a DNS record.
const DNS_TXT: &str = "dns_txt";
/// What happens to people whose proven address is of the domain: nothing of itself.
const MANUAL_INVITATION: &str = "manual_invitation";
/// They are invited, once the organization holds the domain.
const AUTOMATIC_INVITATION: &str = "automatic_invitation";
/// What may happen to people whose proven address is of the domain, once the organization holds it.
pub const ENROLLMENT_MODES: &[&str] = &[MANUAL_INVITATION, AUTOMATIC_INVITATION, "automatic_suggestion"];
/// How many domains an organization may have, claims counted.
const MOST: usize = 100;
/// How many characters of `[0-9A-Za-z]` a challenge has: 190 random bits.
const CHALLENGE: usize = 32;

/// An email domain of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Its id.
    pub id: DomainId,
    /// Whose.
    pub organization_id: OrgId,
    /// The name: lower case, ASCII.
    pub name: String,
    /// Since when the organization holds it.
    pub verified_at: Option<Timestamp>,
    /// `dns_txt`, or `asserted` by somebody above all organizations.
    pub verified_how: Option<String>,
    /// One of [`ENROLLMENT_MODES`].
    pub enrollment_mode: String,
    /// The text that was drawn for the record; none if it never had to be proven.
    pub challenge: Option<String>,
    /// When the record was looked for last, if it proved the domain.
    pub checked_at: Option<Timestamp>,
    /// Since when the record is missing.
    pub missing_since: Option<Timestamp>,
    /// How often it was found missing since.
    pub misses: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The name of a domain as it is stored and compared: ASCII (IDNA), lower case, two labels or more,
/// without the final dot. `None` if it is no such name.
#[must_use]
pub fn normalize(name: &str) -> Option<String> {
    let name = name.trim();
    let name = name.strip_suffix('.').unwrap_or(name);
    // What an address parser would decode or skip has no place in a name.
    if name.is_empty() || name.contains(['%', '\t', '\n', '\r']) {
        return None;
    }
    let Ok(url::Host::Domain(ascii)) = url::Host::parse(name) else { return None };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let ok = ascii.len() <= 253 && ascii.contains('.') && ascii.split('.').all(label);
    ok.then_some(ascii)
}

/// The organization that holds a domain.
///
/// # Errors
/// Those of the database.
pub async fn holder(db: &impl Scope, domain: &str) -> Result<Option<OrgId>> {
    let Some(name) = normalize(domain) else { return Ok(None) };
    let sql = "SELECT organization_id FROM organization_domains WHERE name = $1 AND verified_at IS NOT NULL";
    db::one(db, sql, [name.into()]).await?.map(|row| row.get(0)).transpose()
}

/// Whether the organization holds the domain of an address.
///
/// # Errors
/// Those of the database.
pub async fn holds(db: &impl Scope, organization: &OrgId, address: &str) -> Result<bool> {
    let Some(domain) = email::domain(address) else { return Ok(false) };
    Ok(holder(db, &domain).await?.is_some_and(|holder| holder == *organization))
}

/// Adds a domain that the organization claims. It holds it once it is proven; that another holds it is not told here.
///
/// # Errors
/// [`OrgsFault::NotFound`](super::OrgsFault::NotFound) for strangers, [`RolesFault::Forbidden`], and those of [`DomainsFault`].
pub async fn add(tx: &mut Tx, organization: &OrgId, name: &str) -> Result<Domain> {
    roles::demand(tx, organization, "organization:update", RolesFault::Forbidden).await?;
    let name = checked(name)?;
    super::lock(tx, organization).await?;
    if store::find_by_name(tx, organization, &name).await?.is_some() {
        return Err(DomainsFault::AlreadyAdded.into());
    }
    if store::list(tx, organization).await?.len() >= MOST {
        return Err(DomainsFault::TooMany.into());
    }
    let challenge = secret::random_text(tx.chance(), CHALLENGE);
    let domain = Domain { challenge: Some(challenge), ..fresh(tx, organization, name) };
    store::insert(tx, &domain).await.or_conflict(DomainsFault::AlreadyAdded)?;
    created(tx, &domain);
    Ok(domain)
}

/// Gives a domain to an organization by the word of somebody above all organizations. Said twice, it
/// changes nothing.
///
/// # Errors
/// [`OrgsFault::NotFound`](super::OrgsFault::NotFound), [`RolesFault::Forbidden`], and those of [`DomainsFault`].
pub async fn assert_domain(tx: &mut Tx, organization: &OrgId, name: &str) -> Result<Domain> {
    if !tx.ctx().actor.is_platform() {
        roles::authority(tx, organization).await?;
        return Err(RolesFault::Forbidden.into());
    }
    let name = checked(name)?;
    super::lock(tx, organization).await?;
    let (verified_at, verified_how) = (Some(tx.now()), Some(ASSERTED.to_owned()));
    let Some(before) = store::find_by_name(tx, organization, &name).await? else {
        let domain = Domain { verified_at, verified_how, ..fresh(tx, organization, name) };
        store::insert(tx, &domain).await.or_conflict(DomainsFault::Taken)?;
        created(tx, &domain);
        return Ok(domain);
    };
    if before.verified_at.is_some() {
        return Ok(before);
    }
    let after = Domain { verified_at, verified_how, updated_at: tx.now(), ..before.clone() };
    store::update(tx, &after).await.or_conflict(DomainsFault::Taken)?;
    changed(tx, &before, &after);
    Ok(after)
}

/// The name as it is stored, if an organization may have it.
fn checked(name: &str) -> Result<String> {
    let name = normalize(name).ok_or(DomainsFault::BadName)?;
    if public_domains::is_public(&name) { Err(DomainsFault::Public.into()) } else { Ok(name) }
}

fn fresh(tx: &Tx, organization: &OrgId, name: String) -> Domain {
    Domain {
        id: tx.new_id(),
        organization_id: organization.clone(),
        name,
        verified_at: None,
        verified_how: None,
        enrollment_mode: MANUAL_INVITATION.to_owned(),
        challenge: None,
        checked_at: None,
        missing_since: None,
        misses: 0,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// Says what happens to people whose proven address is of the domain. Who has them invited must be allowed to invite them.
///
/// # Errors
/// [`OrgsFault::NotFound`](super::OrgsFault::NotFound) for strangers, [`RolesFault::Forbidden`], [`RolesFault::AboveOwn`],
/// [`DomainsFault::NotFound`], [`DomainsFault::BadMode`].
pub async fn set_enrollment_mode(tx: &mut Tx, organization: &OrgId, id: &DomainId, mode: &str) -> Result<Domain> {
    let authority = roles::demand(tx, organization, "organization:update", RolesFault::Forbidden).await?;
    if !ENROLLMENT_MODES.contains(&mode) {
        return Err(DomainsFault::BadMode.into());
    }
    if mode == AUTOMATIC_INVITATION {
        if !authority.holds("invitation:create") {
            return Err(RolesFault::Forbidden.into());
        }
        let role = enrollment::role(tx, organization).await?;
        authority.may_give(tx, organization, &role).await?;
    }
    super::lock(tx, organization).await?;
    let before = store::lock(tx, organization, id).await?.ok_or(DomainsFault::NotFound)?;
    if before.enrollment_mode == mode {
        return Ok(before);
    }
    let after = Domain { enrollment_mode: mode.to_owned(), updated_at: tx.now(), ..before.clone() };
    store::update(tx, &after).await?;
    changed(tx, &before, &after);
    Ok(after)
}

/// Takes a domain away from an organization. What trusted it asks again each time, and stops at once.
///
/// # Errors
/// [`OrgsFault::NotFound`](super::OrgsFault::NotFound) for strangers, [`RolesFault::Forbidden`], [`DomainsFault::NotFound`].
pub async fn remove(tx: &mut Tx, organization: &OrgId, id: &DomainId) -> Result<()> {
    roles::demand(tx, organization, "organization:update", RolesFault::Forbidden).await?;
    super::lock(tx, organization).await?;
    let domain = store::lock(tx, organization, id).await?.ok_or(DomainsFault::NotFound)?;
    store::delete(tx, &domain).await?;
    let payload = json!({"v": 1, "domain": facts(&domain)});
    tx.record(Event::new(EventKind::DomainDeleted, id, payload).within(Some(organization)));
    Ok(())
}

/// A domain of an organization. The caller has seen that it may be read.
///
/// # Errors
/// [`DomainsFault::NotFound`].
pub async fn get(db: &impl Scope, organization: &OrgId, id: &DomainId) -> Result<Domain> {
    store::find(db, organization, id).await?.ok_or_else(|| DomainsFault::NotFound.into())
}

/// The domains of an organization, by name.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &impl Scope, organization: &OrgId) -> Result<Vec<Domain>> {
    store::list(db, organization).await
}

/// A page of the domains of an organization, and how many there are.
///
/// # Errors
/// Those of the database.
pub async fn page(db: &impl Scope, organization: &OrgId, part: &db::Part) -> Result<(Vec<Domain>, i64)> {
    store::page(db, organization, part).await
}

/// How many invitations to addresses of each of these domains can still be accepted, in their order.
///
/// # Errors
/// Those of the database.
pub async fn pending_invitations(db: &impl Scope, organization: &OrgId, domains: &[Domain]) -> Result<Vec<i64>> {
    let names: Vec<&str> = domains.iter().map(|domain| domain.name.as_str()).collect();
    store::pending_invitations(db, organization, &names).await
}

fn created(tx: &mut Tx, domain: &Domain) {
    let payload = json!({"v": 1, "domain": facts(domain)});
    tx.record(Event::new(EventKind::DomainCreated, &domain.id, payload).within(Some(&domain.organization_id)));
}

fn changed(tx: &mut Tx, before: &Domain, after: &Domain) {
    let payload = json!({"v": 1, "before": facts(before), "after": facts(after)});
    tx.record(Event::new(EventKind::DomainUpdated, &after.id, payload).within(Some(&after.organization_id)));
}

/// What an event says about a domain. The text of the record is none of its readers' business.
fn facts(domain: &Domain) -> Json {
    json!({
        "id": domain.id.to_string(),
        "name": domain.name,
        "verified": domain.verified_at.is_some(),
        "how": domain.verified_how,
        "enrollment_mode": domain.enrollment_mode,
        "failing": domain.is_failing(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_in_one_form() {
        assert_eq!(normalize("Acme.Example").as_deref(), Some("acme.example"));
        assert_eq!(normalize(" acme.example. ").as_deref(), Some("acme.example"));
        assert_eq!(normalize("Bücher.example").as_deref(), Some("xn--bcher-kva.example"));
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for bad in [
            "",
            ".",
            "example",
            "a..b",
            "a b.example",
            "*.example.com",
            "-a.example",
            "127.0.0.1",
            "[::1]",
            "a/b.example",
            "a@b.example",
            "exa%6dple.com",
            "0x7f.1",
            "a_b.example",
        ] {
            assert_eq!(normalize(bad), None, "{bad:?}");
        }
    }
}
