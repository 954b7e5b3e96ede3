//! `/v1/webhooks/deliveries`: what was sent, how it went, and once more.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::db::Place;
use auth_core::features::webhooks::{self, Delivery, State, Wanted};
use auth_core::ids::{DeliveryId, EventId, Id as _, WebhookId};
use utoipa::IntoParams;

use super::Owner;
use super::wire::{DeliveryOut, DeliveryPath};
use crate::error::ApiError;
use crate::events::names;
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated};
use crate::page::{CreatedOrder, CursorPage, CursorParam, PagingParams, Search};
use crate::params::Idempotent;
use crate::resource;

pub fn routes(cfg: &mut web::ServiceConfig) {
    let base = "/webhooks/deliveries/{delivery_id}";
    cfg.service(resource("/webhooks/deliveries", [(Method::GET, web::to(list))]))
        .service(resource(base, [(Method::GET, web::to(get))]))
        .service(resource(&format!("{base}/replay"), [(Method::POST, web::to(replay))]));
}

/// Which deliveries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Filter {
    /// Those to this endpoint.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "whe_01h455vb4pex5vsknk084sn02q")]
    endpoint_id: Option<String>,
    /// Those of this event.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "evt_01h455vb4pex5vsknk084sn02q")]
    event_id: Option<String>,
    /// Those that stand so: `pending`, `succeeded`, `failed` or `dead`.
    #[param(pattern = "^(pending|succeeded|failed|dead)$", example = "dead")]
    state: Option<String>,
    /// Those of events of this type.
    #[param(example = "scimUser.deprovisioned")]
    event_type: Option<String>,
    /// Those that the receiver took (`true`), or has not taken (yet).
    succeeded: Option<bool>,
    /// Those to endpoints of this organization. Its own administrators name it, or an endpoint.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: Option<String>,
}

/// List deliveries
///
/// Newest first unless `order_by` says otherwise. Those that are over are kept for 30 days, or what
/// `events.deliveries_retention_days` says.
#[utoipa::path(
    get, path = "/v1/webhooks/deliveries", tag = "Webhooks", operation_id = "listWebhookDeliveries",
    params(Filter, Search, CreatedOrder, CursorParam, PagingParams),
    responses(
        (status = 200, description = "A page of deliveries", body = CursorPage<DeliveryOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let part = query.part_with_cursor(&webhooks::LISTED_DELIVERIES);
    let (endpoint, event): (Option<WebhookId>, Option<EventId>) = (query.id("endpoint_id"), query.id("event_id"));
    let organization = query.id("organization_id");
    let state = query.choice("state", &State::NAMES);
    let succeeded = query.choice("succeeded", &["true", "false"]).map(|word| word == "true");
    let kind = query.text("event_type");
    let event_kind = kind.as_deref().and_then(names::kind);
    if kind.is_some() && event_kind.is_none() {
        query.fault("event_type", "unknown_value", "There are no events of this type");
    }
    query.finish()?;
    let owner = match (&endpoint, organization) {
        (Some(id), None) => Owner::of(&call, id).await?,
        (_, organization) => Owner::named(organization),
    };
    let wanted = Wanted {
        organization_id: owner.organization.clone(),
        endpoint_id: endpoint,
        event_id: event.map(|id| id.as_str().to_owned()),
        event_kind,
        state,
        succeeded,
        part,
    };
    let page = call
        .read(&owner.gate, async |rx| {
            let found = webhooks::list_deliveries(rx, &wanted).await?;
            let place = |delivery: &Delivery| Place { at: delivery.created_at, id: delivery.id.to_string() };
            Ok(CursorPage::new(found, wanted.part.order, place, DeliveryOut::from))
        })
        .await?;
    Ok(ok(&page))
}

/// Read a delivery
///
/// With the beginning of the last answer.
#[utoipa::path(
    get, path = "/v1/webhooks/deliveries/{delivery_id}", tag = "Webhooks", operation_id = "getWebhookDelivery",
    params(DeliveryPath),
    responses((status = 200, description = "The delivery", body = DeliveryOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let id: DeliveryId = call.id("delivery_id")?;
    let owner = Owner::of_delivery(&call, &id).await?;
    let found = call
        .read(&owner.gate, async |rx| Ok(DeliveryOut::from(webhooks::delivery(rx, owner.id(), &id).await?)))
        .await?;
    Ok(ok(&found))
}

/// Send one event again
///
/// As a new delivery, with the id that the message had. Not while a delivery of that event to that endpoint is still to
/// be tried.
#[utoipa::path(
    post, path = "/v1/webhooks/deliveries/{delivery_id}/replay", tag = "Webhooks",
    operation_id = "replayWebhookDelivery", params(DeliveryPath, Idempotent),
    responses(
        (status = 201, description = "The new delivery", body = DeliveryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn replay(call: Call) -> Result<HttpResponse, ApiError> {
    let id: DeliveryId = call.id("delivery_id")?;
    let owner = Owner::of_delivery(&call, &id).await?;
    let bytes = call.bytes().await?;
    call.once(&owner.gate, &bytes, StatusCode::CREATED, async |tx| {
        Ok(DeliveryOut::from(webhooks::replay(tx, owner.id(), &id).await?))
    })
    .await
}
