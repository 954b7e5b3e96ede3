//! Invitations that a domain makes, in the name of nobody: see [`enrollment`](crate::orgs::domains::enrollment), which says
//! whom. Nothing is mailed, for whoever is invited is there, or finds it when they come in.

use super::{Invitation, InvitationStatus, facts, record_with, store};
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::fields::{self, Given};
use crate::ids::{DomainId, Id as _, OrgId, UserId};
use crate::outbox::EventKind;

/// Invites the person of an address of the domain. An organization with as many pending invitations as it may have invites nobody,
/// and where one is pending already it stays the only one: neither is an error, for nobody asked.
///
/// The person's row is locked here, and an organization's comes before that: it is not waited for. Where somebody changes it, or
/// deletes it, the person is invited when they come in the next time. Those who come at the same instant may be as many above
/// the limit.
///
/// # Errors
/// Those of the database.
pub(in crate::orgs) async fn offer_by_domain(
    tx: &mut Tx,
    organization: &OrgId,
    domain: &DomainId,
    address: &str,
    role: String,
) -> Result<()> {
    let settings = &tx.settings().organization;
    let (limit, lifetime) = (settings.invitation_limit, settings.invitation_expires_in);
    let sql = format!("SELECT 1 FROM organizations WHERE id = $1{}", tx.keep_if_free());
    if db::one(tx, sql, [organization.as_str().into()]).await?.is_none() {
        return Ok(());
    }
    if store::count_open(tx, organization).await?.unsigned_abs() >= limit {
        return Ok(());
    }
    let invitation = Invitation {
        id: tx.new_id(),
        organization_id: organization.clone(),
        email: address.to_owned(),
        roles: vec![role],
        status: InvitationStatus::Pending,
        inviter_id: None,
        directory_id: None,
        additional_fields: fields::made(&tx.settings().fields.invitation, &Given::default())?,
        expires_at: tx.now().plus_seconds(lifetime),
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::settle_expired(tx, organization, address).await?;
    if !store::insert_if_none(tx, &invitation, address).await? {
        return Ok(());
    }
    let mut facts = facts(&invitation, &tx.settings().fields.invitation);
    facts["domain_id"] = domain.as_str().into();
    record_with(tx, EventKind::InvitationCreated, &invitation, &facts);
    Ok(())
}

/// What stands for somebody who left an organization or was removed from it. Their id says nothing about them once they are erased.
pub(in crate::orgs) fn mark_of_departed(user: &UserId) -> String {
    format!("departed:{}", user.as_str())
}

/// Notes that somebody left or was removed. It is kept.
///
/// # Errors
/// Those of the database.
pub(in crate::orgs) async fn mark_departed(tx: &Tx, organization: &OrgId, user: &UserId) -> Result<()> {
    store::mark_for_good(tx, organization, &mark_of_departed(user)).await
}
