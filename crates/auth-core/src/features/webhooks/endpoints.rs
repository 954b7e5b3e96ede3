//! Endpoints: made, read, changed, deleted; their secrets; and an event to try them with.

use serde_json::json;

use super::{Endpoint, Issued, Kinds, MOST_ENDPOINTS, Reason, WebhookFault, signing, store};
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::ids::{EventId, Id as _, OrgId, WebhookId};
use crate::orgs;
use crate::outbox::{Event, EventKind};
use crate::roles;
use crate::sign_in::impersonation;

/// What an admin of an organization must be permitted.
const PERMISSION: &str = "organization:update";

/// What the audit says that somebody tried to make who acts as somebody else.
const WHAT: &str = "webhook_endpoint";

/// An endpoint to be made.
#[derive(Clone, Debug)]
pub struct New {
    /// The address. Whether it may be called is asked by whoever sends.
    pub url: String,
    /// Which events it wants.
    pub kinds: Kinds,
    /// Whether anything is sent to it.
    pub enabled: bool,
}

/// What is to change; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The address.
    pub url: Option<String>,
    /// Which events it wants.
    pub kinds: Option<Kinds>,
    /// Whether anything is sent to it.
    pub enabled: Option<bool>,
}

/// Refuses whoever may not manage the endpoints of that owner; the instance's are hidden from all but the platform.
pub(super) async fn authorize(db: &impl Scope, owner: Option<&OrgId>) -> Result<()> {
    match owner {
        Some(organization) => roles::authorize(db, organization, PERMISSION).await,
        None if db.ctx().actor.is_platform() => Ok(()),
        None => Err(WebhookFault::NotFound.into()),
    }
}

/// Whose an endpoint is; the instance's owner is `None`. Says nothing about who may see it.
///
/// # Errors
/// [`WebhookFault::NotFound`].
pub async fn owner_of(db: &impl Scope, id: &WebhookId) -> Result<Option<OrgId>> {
    Ok(store::owner_of(db, id).await?.ok_or(WebhookFault::NotFound)?)
}

/// Makes an endpoint. It gets what happens from now on.
///
/// # Errors
/// [`WebhookFault::TooMany`], those of the authorization, and for who acts as somebody
/// [`impersonation::ImpersonationFault::NotYours`].
pub async fn create(tx: &mut Tx, owner: Option<&OrgId>, new: New) -> Result<Issued> {
    authorize(tx, owner).await?;
    impersonation::refuse_making(tx, owner, WHAT)?;
    if let Some(organization) = owner {
        // Two at once do not both find room.
        orgs::lock(tx, organization).await?;
    }
    if store::count_of(tx, owner).await? >= MOST_ENDPOINTS {
        return Err(WebhookFault::TooMany.into());
    }
    let made = signing::make(tx.chance(), &tx.settings().secret)?;
    let endpoint = Endpoint {
        id: tx.new_id(),
        organization_id: owner.cloned(),
        url: new.url,
        secret_prefix: made.prefix,
        rotation_window_expires_at: None,
        kinds: new.kinds,
        enabled: new.enabled,
        disabled_at: (!new.enabled).then(|| tx.now()),
        disabled_reason: (!new.enabled).then_some(Reason::ByHand),
        failures: 0,
        failing_since: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, &endpoint, &made.sealed).await?;
    let payload = json!({"v": 1, "webhook_endpoint": endpoint.facts()});
    tx.record(Event::new(EventKind::WebhookEndpointCreated, &endpoint.id, payload).within(owner));
    Ok(Issued { endpoint, secret: made.secret })
}

/// One endpoint.
///
/// # Errors
/// [`WebhookFault::NotFound`], and those of the authorization.
pub async fn get(db: &impl Scope, owner: Option<&OrgId>, id: &WebhookId) -> Result<Endpoint> {
    authorize(db, owner).await?;
    Ok(store::find(db, owner, id).await?.ok_or(WebhookFault::NotFound)?)
}

/// The endpoints of an organization, or for the platform all there are (`None`), and how many.
///
/// # Errors
/// Those of the authorization.
pub async fn list(db: &impl Scope, organization: Option<&OrgId>, part: &db::Part) -> Result<(Vec<Endpoint>, i64)> {
    authorize(db, organization).await?;
    store::list(db, organization, part).await
}

/// Changes an endpoint. One that is switched on goes on where it stopped, and so does one with another address.
///
/// # Errors
/// [`WebhookFault::NotFound`], those of the authorization, and for who acts as somebody
/// [`impersonation::ImpersonationFault::NotYours`].
pub async fn update(tx: &mut Tx, owner: Option<&OrgId>, id: &WebhookId, change: Change) -> Result<Endpoint> {
    authorize(tx, owner).await?;
    let before = store::lock(tx, owner, id).await?.ok_or(WebhookFault::NotFound)?;
    let mut after = before.clone();
    after.url = change.url.unwrap_or(after.url);
    if after.url != before.url {
        impersonation::refuse_making(tx, owner, WHAT)?;
    }
    after.kinds = change.kinds.unwrap_or(after.kinds);
    if let Some(enabled) = change.enabled.filter(|enabled| *enabled != after.enabled) {
        after.enabled = enabled;
        after.disabled_at = (!enabled).then(|| tx.now());
        after.disabled_reason = (!enabled).then_some(Reason::ByHand);
    }
    if after == before {
        return Ok(before);
    }
    after.updated_at = tx.now();
    (after.failures, after.failing_since) = (0, None);
    store::update(tx, &after).await?;
    let payload = json!({"v": 1, "before": before.facts(), "after": after.facts()});
    tx.record(Event::new(EventKind::WebhookEndpointUpdated, id, payload).within(owner));
    Ok(after)
}

/// Gives an endpoint a new secret. The old one signs too for `overlap` more seconds, so that receivers can change over.
///
/// # Errors
/// [`WebhookFault::NotFound`], those of the authorization, and for who acts as somebody
/// [`impersonation::ImpersonationFault::NotYours`].
pub async fn rotate(tx: &mut Tx, owner: Option<&OrgId>, id: &WebhookId, overlap: i64) -> Result<Issued> {
    authorize(tx, owner).await?;
    store::lock(tx, owner, id).await?.ok_or(WebhookFault::NotFound)?;
    impersonation::refuse_making(tx, owner, WHAT)?;
    let made = signing::make(tx.chance(), &tx.settings().secret)?;
    store::rotate(tx, owner, id, (&made.sealed, &made.prefix), tx.now().plus_seconds(overlap)).await?;
    let endpoint = get(tx, owner, id).await?;
    let payload = json!({
        "v": 1, "webhook_endpoint": endpoint.facts(),
        "rotation_window_expires_at": endpoint.rotation_window_expires_at.map(crate::clock::Timestamp::millis),
    });
    tx.record(Event::new(EventKind::WebhookEndpointRotated, id, payload).within(owner));
    Ok(Issued { endpoint, secret: made.secret })
}

/// Deletes an endpoint with all that was sent to it. What is under way may still arrive.
///
/// # Errors
/// [`WebhookFault::NotFound`], and those of the authorization.
pub async fn delete(tx: &mut Tx, owner: Option<&OrgId>, id: &WebhookId) -> Result<()> {
    authorize(tx, owner).await?;
    let endpoint = store::lock(tx, owner, id).await?.ok_or(WebhookFault::NotFound)?;
    store::delete(tx, owner, id).await?;
    let payload = json!({"v": 1, "webhook_endpoint": endpoint.facts()});
    tx.record(Event::new(EventKind::WebhookEndpointDeleted, id, payload).within(owner));
    Ok(())
}

/// Records an event that is sent to this endpoint alone, whatever it wants. The event's id.
///
/// # Errors
/// [`WebhookFault::NotFound`], [`WebhookFault::Disabled`], and those of the authorization.
pub async fn send_test(tx: &mut Tx, owner: Option<&OrgId>, id: &WebhookId) -> Result<EventId> {
    let endpoint = get(tx, owner, id).await?;
    if !endpoint.enabled {
        return Err(WebhookFault::Disabled.into());
    }
    let event_id: EventId = tx.new_id();
    let payload = json!({"v": 1, "webhook_endpoint_id": id.as_str()});
    tx.record_as(event_id.clone(), Event::new(EventKind::WebhookTest, id, payload).within(owner));
    Ok(event_id)
}
