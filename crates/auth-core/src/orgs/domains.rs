//! Email domains of organizations. Who holds a domain is the base of trust in linking, so the answer
//! is exact: one holder at most, no implied subdomains, no public mail providers.

use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _};
use serde_json::json;

use super::entity::domain::{Entity, Model};
use super::public_domains;
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::ids::{DomainId, OrgId};
use crate::outbox::{Event, EventKind};
use crate::roles::{self, RolesFault};
use crate::users::email;

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
    }
}

/// How a domain was proven.
const ASSERTED: &str = "asserted";
/// What happens to people who sign up with an address of the domain: nothing of itself.
const MANUAL_INVITATION: &str = "manual_invitation";

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
    /// `asserted` by a platform admin.
    pub verified_how: Option<String>,
    /// `manual_invitation`, `automatic_invitation`, `automatic_suggestion`.
    pub enrollment_mode: String,
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

/// Gives a domain to an organization by the word of somebody above all organizations. Said twice, it
/// changes nothing.
///
/// # Errors
/// [`OrgsFault::NotFound`], [`RolesFault::Forbidden`], and those of [`DomainsFault`].
pub async fn assert_domain(tx: &mut Tx, organization: &OrgId, name: &str) -> Result<Domain> {
    if !tx.ctx().actor.is_platform() {
        roles::authority(tx, organization).await?;
        return Err(RolesFault::Forbidden.into());
    }
    let name = normalize(name).ok_or(DomainsFault::BadName)?;
    if public_domains::is_public(&name) {
        return Err(DomainsFault::Public.into());
    }
    super::lock(tx, organization).await?;
    let (kind, domain) = match find_by_name(tx, organization, &name).await? {
        Some(domain) if domain.verified_at.is_some() => return Ok(domain),
        Some(domain) => (EventKind::DomainUpdated, verify(tx, domain).await?),
        None => (EventKind::DomainCreated, insert(tx, organization, name).await?),
    };
    let facts = json!({"id": domain.id.to_string(), "name": domain.name, "verified": true, "how": ASSERTED});
    tx.record(Event::new(kind, &domain.id, json!({"v": 1, "domain": facts})).within(Some(organization)));
    Ok(domain)
}

async fn insert(tx: &Tx, organization: &OrgId, name: String) -> Result<Domain> {
    let row = Model {
        id: tx.new_id(),
        organization_id: organization.clone(),
        name,
        verified_at: Some(tx.now().millis()),
        verified_how: Some(ASSERTED.to_owned()),
        enrollment_mode: MANUAL_INVITATION.to_owned(),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let insert = Entity::insert(row.clone().into_active_model().reset_all());
    insert.exec_without_returning(tx.conn()).await.or_conflict(DomainsFault::Taken)?;
    Ok(row.into())
}

async fn verify(tx: &Tx, domain: Domain) -> Result<Domain> {
    db::run(
        tx,
        "UPDATE organization_domains SET verified_at = $2, verified_how = $3, updated_at = $2 WHERE id = $1",
        [domain.id.clone().into(), tx.now().into(), ASSERTED.into()],
    )
    .await
    .or_conflict(DomainsFault::Taken)?;
    Ok(Domain { verified_at: Some(tx.now()), verified_how: Some(ASSERTED.to_owned()), updated_at: tx.now(), ..domain })
}

/// Takes a domain away from an organization. What trusted it asks again each time, and stops at once.
///
/// # Errors
/// [`OrgsFault::NotFound`] for strangers, [`RolesFault::Forbidden`], [`DomainsFault::NotFound`].
pub async fn remove(tx: &mut Tx, organization: &OrgId, id: &DomainId) -> Result<()> {
    roles::demand(tx, organization, "organization:update", RolesFault::Forbidden).await?;
    let sql = "DELETE FROM organization_domains WHERE organization_id = $1 AND id = $2 RETURNING name";
    let row = db::one(tx, sql, [organization.clone().into(), id.clone().into()]).await?;
    let name: String = row.ok_or(DomainsFault::NotFound)?.get(0)?;
    let facts = json!({"id": id.to_string(), "name": name});
    tx.record(Event::new(EventKind::DomainDeleted, id, json!({"v": 1, "domain": facts})).within(Some(organization)));
    Ok(())
}

const COLUMNS: &str = "id, organization_id, name, verified_at, verified_how, enrollment_mode, created_at, updated_at";

async fn find_by_name(db: &impl Scope, organization: &OrgId, name: &str) -> Result<Option<Domain>> {
    let sql = format!("SELECT {COLUMNS} FROM organization_domains WHERE organization_id = $1 AND name = $2");
    db::one(db, sql, [organization.clone().into(), name.into()]).await?.as_ref().map(read).transpose()
}

/// The domains of an organization, by name.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &impl Scope, organization: &OrgId) -> Result<Vec<Domain>> {
    let sql = format!("SELECT {COLUMNS} FROM organization_domains WHERE organization_id = $1 ORDER BY name");
    db::all(db, sql, [organization.clone().into()]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Domain> {
    Ok(Domain {
        id: row.get(0)?,
        organization_id: row.get(1)?,
        name: row.get(2)?,
        verified_at: row.get::<Option<i64>>(3)?.map(Timestamp),
        verified_how: row.get(4)?,
        enrollment_mode: row.get(5)?,
        created_at: row.get(6)?,
        updated_at: row.get(7)?,
    })
}

impl From<Model> for Domain {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            organization_id: row.organization_id,
            name: row.name,
            verified_at: row.verified_at.map(Timestamp),
            verified_how: row.verified_how,
            enrollment_mode: row.enrollment_mode,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
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
