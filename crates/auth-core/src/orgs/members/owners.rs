//! The last owner: nobody takes their role away by hand, and an organization that loses them
//! nevertheless (a directory ends access whatever it costs) is marked, so that somebody looks after it.

use serde_json::json;

use super::{Member, store};
use crate::clock::Timestamp;
use crate::db::{Scope as _, Tx};
use crate::fault::{Fault, Result};
use crate::ids::{Id as _, OrgId};
use crate::mail::{self, Letter, LetterKind};
use crate::orgs;
use crate::outbox::{Event, EventKind};

/// To how many the loss of the last owner is told.
const RECIPIENTS: i64 = 50;

/// Refuses to go on if the member is the last active owner. The organization's row is locked, so that
/// two owners who leave at once do not both find the other still there.
pub(super) async fn keep_one(tx: &Tx, member: &Member, refusal: impl Fault) -> Result<()> {
    orgs::lock(tx, &member.organization_id).await?;
    if !member.is_active()
        || !member.is_owner()
        || store::has_owner(tx, &member.organization_id, Some(&member.id)).await?
    {
        return Ok(());
    }
    Err(refusal.into())
}

/// Notes whether the organization has an active owner, after something changed that. Losing the last
/// one is an event and mail to its admins and the platform's; an organization that never had one
/// is not reported.
pub(super) async fn note(tx: &mut Tx, id: &OrgId) -> Result<()> {
    let organization = orgs::lock(tx, id).await?;
    let owned = store::has_owner(tx, id, None).await?;
    if owned == organization.ownerless_since.is_none() {
        return Ok(());
    }
    let since: Option<Timestamp> = (!owned).then(|| tx.now());
    orgs::store::set_ownerless(tx, id, since).await?;
    if owned {
        tx.record(
            Event::new(
                EventKind::OrganizationUpdated,
                id,
                json!({
                    "v": 1,
                    "before": {"id": id.as_str(), "ownerless": true},
                    "after": {"id": id.as_str(), "ownerless": false},
                }),
            )
            .within(Some(id)),
        );
        return Ok(());
    }
    tx.record(
        Event::new(
            EventKind::OrganizationOwnerless,
            id,
            json!({"v": 1, "organization": {"id": id.as_str(), "name": organization.name}}),
        )
        .within(Some(id)),
    );
    for to in store::addresses_of_admins(tx, id, RECIPIENTS).await? {
        let kind = LetterKind::Ownerless { organization: organization.name.clone() };
        mail::queue(tx, &Letter { to, kind }).await?;
    }
    Ok(())
}
