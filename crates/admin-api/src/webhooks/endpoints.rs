//! `/v1/webhooks/endpoints`: made, read, changed, deleted, tried, and made to read the past anew.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::features::webhooks::{self, LONGEST_OVERLAP, OVERLAP, Replayed};
use auth_core::ids::WebhookId;
use utoipa::IntoParams;

use super::Owner;
use super::wire::{CreateEndpoint, EndpointOut, EndpointPath, Replay, ReplayedOut, Rotate, TestOut, UpdateEndpoint};
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{Page, PagingParams, Search};
use crate::params::Idempotent;
use crate::resource;

pub fn routes(cfg: &mut web::ServiceConfig) {
    let base = "/webhooks/endpoints/{endpoint_id}";
    cfg.service(resource("/webhooks/endpoints", [(Method::GET, web::to(list)), (Method::POST, web::to(create))]))
        .service(resource(
            base,
            [(Method::GET, web::to(get)), (Method::PATCH, web::to(update)), (Method::DELETE, web::to(delete))],
        ))
        .service(resource(&format!("{base}/rotate-secret"), [(Method::POST, web::to(rotate))]))
        .service(resource(&format!("{base}/test"), [(Method::POST, web::to(test))]))
        .service(resource(&format!("{base}/replay"), [(Method::POST, web::to(replay))]));
}

/// Whose.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Whose {
    /// Those of this organization. Its own administrators must name it.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: Option<String>,
}

/// The order of the list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Order {
    /// `created_at` or `url`, with `-` in front for descending. `-created_at` if it is left out.
    #[param(pattern = "^[-+]?(created_at|url)$", example = "-created_at")]
    order_by: Option<String>,
}

/// List webhook endpoints
///
/// Without their secrets, newest first unless `order_by` says otherwise. All there are for the platform; those of one
/// organization for its own administrators.
#[utoipa::path(
    get, path = "/v1/webhooks/endpoints", tag = "Webhooks", operation_id = "listWebhookEndpoints",
    params(Whose, Search, Order, PagingParams),
    responses(
        (status = 200, description = "A page of endpoints", body = Page<EndpointOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let part = query.part(&webhooks::LISTED);
    let organization = query.id("organization_id");
    query.finish()?;
    let owner = Owner::named(organization);
    let page = call
        .read(&owner.gate, async |rx| {
            let (found, total_count) = webhooks::list(rx, owner.id(), &part).await?;
            Ok(Page::<EndpointOut> { data: found.into_iter().map(EndpointOut::from).collect(), total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Make a webhook endpoint
///
/// It gets what happens from now on. The signing secret is shown in this answer and never again. Without
/// `organization_id` it gets the events of the whole instance, which is for the platform only.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints", tag = "Webhooks", operation_id = "createWebhookEndpoint", params(Idempotent),
    request_body = CreateEndpoint,
    responses(
        (status = 201, description = "The endpoint, with its secret", body = EndpointOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let (organization, new) = CreateEndpoint::read(&mut fields, call.settings()?);
    fields.finish()?;
    let owner = Owner::named(organization);
    call.once(&owner.gate, &bytes, StatusCode::CREATED, async |tx| {
        Ok(EndpointOut::from(webhooks::create(tx, owner.id(), new.clone()).await?))
    })
    .await
}

/// Read a webhook endpoint
///
/// Without its secret.
#[utoipa::path(
    get, path = "/v1/webhooks/endpoints/{endpoint_id}", tag = "Webhooks", operation_id = "getWebhookEndpoint",
    params(EndpointPath),
    responses((status = 200, description = "The endpoint", body = EndpointOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let id: WebhookId = call.id("endpoint_id")?;
    let owner = Owner::of(&call, &id).await?;
    let found =
        call.read(&owner.gate, async |rx| Ok(EndpointOut::from(webhooks::get(rx, owner.id(), &id).await?))).await?;
    Ok(ok(&found))
}

/// Change a webhook endpoint
///
/// What is left out stays as it is. An endpoint that is enabled again goes on where it stopped; so does one with
/// another address.
#[utoipa::path(
    patch, path = "/v1/webhooks/endpoints/{endpoint_id}", tag = "Webhooks", operation_id = "updateWebhookEndpoint",
    params(EndpointPath), request_body = UpdateEndpoint,
    responses(
        (status = 200, description = "The endpoint", body = EndpointOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
pub async fn update(call: Call) -> Result<HttpResponse, ApiError> {
    let id: WebhookId = call.id("endpoint_id")?;
    let owner = Owner::of(&call, &id).await?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let change = UpdateEndpoint::read(&mut fields, call.settings()?);
    fields.finish()?;
    call.change(&owner.gate, async |tx| {
        Ok(EndpointOut::from(webhooks::update(tx, owner.id(), &id, change.clone()).await?))
    })
    .await
}

/// Delete a webhook endpoint
///
/// With the record of what was sent to it. What is under way may still arrive.
#[utoipa::path(
    delete, path = "/v1/webhooks/endpoints/{endpoint_id}", tag = "Webhooks", operation_id = "deleteWebhookEndpoint",
    params(EndpointPath),
    responses((status = 204, description = "Deleted"), Unauthenticated, Forbidden, NotFound)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    let id: WebhookId = call.id("endpoint_id")?;
    let owner = Owner::of(&call, &id).await?;
    call.remove(&owner.gate, async |tx| {
        webhooks::delete(tx, owner.id(), &id).await?;
        Ok(())
    })
    .await
}

/// Rotate the signing secret
///
/// The new one is shown in this answer and never again. The old one signs too until the window ends, so that every
/// message can be verified by either.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{endpoint_id}/rotate-secret", tag = "Webhooks",
    operation_id = "rotateWebhookSecret", params(EndpointPath, Idempotent),
    request_body(content = Rotate, description = "May be left out"),
    responses(
        (status = 200, description = "The endpoint, with its new secret", body = EndpointOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn rotate(call: Call) -> Result<HttpResponse, ApiError> {
    let id: WebhookId = call.id("endpoint_id")?;
    let owner = Owner::of(&call, &id).await?;
    let bytes = call.bytes().await?;
    let mut fields = call.optional_fields(&bytes)?;
    let overlap = fields.patch_number("overlap_seconds", 0, LONGEST_OVERLAP).flatten().unwrap_or(OVERLAP);
    fields.finish()?;
    call.once(&owner.gate, &bytes, StatusCode::OK, async |tx| {
        Ok(EndpointOut::from(webhooks::rotate(tx, owner.id(), &id, overlap).await?))
    })
    .await
}

/// Send a test event
///
/// An event of type `webhook.test` to this endpoint alone, whatever it is set to get. How it goes is in the deliveries
/// of that event.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{endpoint_id}/test", tag = "Webhooks", operation_id = "testWebhookEndpoint",
    params(EndpointPath, Idempotent),
    responses(
        (status = 202, description = "The event that is sent", body = TestOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn test(call: Call) -> Result<HttpResponse, ApiError> {
    let id: WebhookId = call.id("endpoint_id")?;
    let owner = Owner::of(&call, &id).await?;
    let bytes = call.bytes().await?;
    call.once(&owner.gate, &bytes, StatusCode::ACCEPTED, async |tx| {
        let event_id = webhooks::send_test(tx, owner.id(), &id).await?.into();
        Ok(TestOut { object: "webhook_test", endpoint_id: id.to_string(), event_id })
    })
    .await
}

/// Send the past again
///
/// Everything that the endpoint is set to get, from a place of the stream or an instant on. Messages have the ids that
/// they had. Deliveries of those events that are still to be tried are replaced. At most 1,000 events a call, the oldest first:
/// `next` is from where to go on.
#[utoipa::path(
    post, path = "/v1/webhooks/endpoints/{endpoint_id}/replay", tag = "Webhooks", operation_id = "replayWebhookEndpoint",
    params(EndpointPath, Idempotent), request_body = Replay,
    responses(
        (status = 202, description = "How many events are sent again", body = ReplayedOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn replay(call: Call) -> Result<HttpResponse, ApiError> {
    let id: WebhookId = call.id("endpoint_id")?;
    let owner = Owner::of(&call, &id).await?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let since = Replay::read(&mut fields);
    fields.finish()?;
    call.once(&owner.gate, &bytes, StatusCode::ACCEPTED, async |tx| {
        let Replayed { events, next } = webhooks::replay_since(tx, owner.id(), &id, since).await?;
        Ok(ReplayedOut { object: "webhook_replay", endpoint_id: id.to_string(), events, next })
    })
    .await
}
