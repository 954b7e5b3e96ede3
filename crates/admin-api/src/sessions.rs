//! `/v1/sessions`: where people are signed in. For the platform only.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::ids::UserId;
use auth_core::sessions::{self, Session};
use auth_core::users;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Forbidden, NotFound, Unauthenticated};
use crate::page::{Page, PagingParams};
use crate::resource;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/sessions", [(Method::GET, web::to(list))]));
}

/// A session. Its id names it and opens nothing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminSession, example = json!({
    "id": "sess_01h455vb4pex5vsknk084sn02q", "object": "session", "user_id": "user_01h455vb4pex5vsknk084sn02q", "status": "active",
    "method": "password", "ip_address": "203.0.113.7", "user_agent": "Mozilla/5.0", "active_organization_id": null,
    "impersonated_by": null, "expires_at": 1_715_327_800_000_i64, "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct SessionOut {
    id: String,
    /// Always `session`.
    object: &'static str,
    user_id: String,
    /// Always `active`: sessions that ended are gone.
    status: &'static str,
    /// How it was obtained.
    method: String,
    ip_address: Option<String>,
    user_agent: Option<String>,
    /// The organization in which the person works at present.
    active_organization_id: Option<String>,
    /// The administrator who acts as this person.
    impersonated_by: Option<String>,
    /// When it ends unless it is used.
    expires_at: i64,
    created_at: i64,
    updated_at: i64,
}

impl SessionOut {
    fn new(session: Session) -> Self {
        Self {
            id: session.id.into(),
            object: "session",
            user_id: session.user_id.into(),
            status: "active",
            method: session.method,
            ip_address: session.ip_address,
            user_agent: session.user_agent,
            active_organization_id: session.active_organization_id.map(String::from),
            impersonated_by: session.impersonated_by.map(String::from),
            expires_at: session.expires_at.millis(),
            created_at: session.created_at.millis(),
            updated_at: session.updated_at.millis(),
        }
    }
}

/// Whose.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Whose {
    /// The id of the person.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "user_01h455vb4pex5vsknk084sn02q")]
    user_id: String,
}

/// List sessions
///
/// Those of a person that have not expired, newest first. Platform only.
#[utoipa::path(
    get, path = "/v1/sessions", tag = "Sessions", operation_id = "listSessions", params(Whose, PagingParams),
    responses(
        (status = 200, description = "A page of sessions", body = Page<SessionOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let paging = query.paging();
    let user_id: Option<UserId> = query.id("user_id");
    query.finish()?;
    let page = call
        .read(&Gate::Platform, async |rx| {
            let user_id = user_id.as_ref().ok_or_else(|| ApiError::field("user_id", "required", "Is required"))?;
            let user = users::get(rx, user_id).await?;
            let all = sessions::list(rx, &user.id).await?;
            let total_count = i64::try_from(all.len()).unwrap_or(i64::MAX);
            let data = paging.cut(all).map(SessionOut::new).collect();
            Ok(Page { data, total_count })
        })
        .await?;
    Ok(ok(&page))
}
