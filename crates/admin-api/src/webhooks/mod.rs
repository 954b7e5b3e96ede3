//! `/v1/webhooks`: addresses to which events are sent, and how that went.
//!
//! Endpoints of the instance get everything and belong to the platform; those of an organization get its events and
//! belong to its administrators too. Whose an endpoint is stands in its row, not in the path.

pub mod deliveries;
pub mod endpoints;
mod wire;

use actix_web::ResponseError as _;
use actix_web::http::StatusCode;
use actix_web::web;
use auth_core::db::Scope as _;
use auth_core::features::webhooks::{self, WebhookFault};
use auth_core::ids::{DeliveryId, OrgId, WebhookId};

use crate::error::ApiError;
use crate::extract::Call;
use crate::gate::{Gate, READ};

pub fn routes(cfg: &mut web::ServiceConfig) {
    endpoints::routes(cfg);
    deliveries::routes(cfg);
}

/// Whose something is, and what a caller must hold for it.
struct Owner {
    gate: Gate,
    organization: Option<OrgId>,
}

impl Owner {
    /// The organization that the caller names, or the platform.
    fn named(organization: Option<OrgId>) -> Self {
        let gate = organization.clone().map_or(Gate::Platform, |id| Gate::Organization(id, READ));
        Self { gate, organization }
    }

    fn id(&self) -> Option<&OrgId> {
        self.organization.as_ref()
    }

    /// The owner of an endpoint. Strangers are told that there is none.
    async fn of(call: &Call, id: &WebhookId) -> Result<Self, ApiError> {
        let found = call.core.read(&call.ctx, async |rx| webhooks::owner_of(rx, id).await).await?;
        Self::hidden(call, found, WebhookFault::NotFound).await
    }

    /// The owner of a delivery's endpoint. Strangers are told that there is none.
    async fn of_delivery(call: &Call, id: &DeliveryId) -> Result<Self, ApiError> {
        let found = call.core.read(&call.ctx, async |rx| webhooks::owner_of_delivery(rx, id).await).await?;
        Self::hidden(call, found, WebhookFault::DeliveryNotFound).await
    }

    async fn hidden(call: &Call, organization: Option<OrgId>, none: WebhookFault) -> Result<Self, ApiError> {
        let owner = Self::named(organization);
        let allowed = call
            .core
            .read(&call.ctx, async |rx| {
                if owner.organization.is_none() && !rx.ctx().actor.is_platform() {
                    return Err(ApiError::not_found());
                }
                owner.gate.check(rx).await
            })
            .await;
        match allowed {
            Err(error) if error.status_code() == StatusCode::NOT_FOUND => Err(auth_core::Error::from(none).into()),
            allowed => allowed.map(|()| owner),
        }
    }
}
