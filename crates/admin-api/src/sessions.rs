//! `/v1/sessions`: where people are signed in.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::db::Scope;
use auth_core::fields;
use auth_core::ids::{OrgId, SessionId, UserId};
use auth_core::sessions::{self, Session, SessionsFault};
use auth_core::users;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::{Gate, READ};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated};
use crate::page::{Page, PagingParams, Search};
use crate::params::{Idempotent, SessionPath};
use crate::resource;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/sessions", [(Method::GET, web::to(list))]))
        .service(resource("/sessions/{session_id}", [(Method::GET, web::to(get))]))
        .service(resource("/sessions/{session_id}/revoke", [(Method::POST, web::to(revoke))]));
}

/// A session. Its id names it and opens nothing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminSession, example = json!({
    "id": "sess_01h455vb4pex5vsknk084sn02q", "object": "session", "user_id": "user_01h455vb4pex5vsknk084sn02q", "status": "active",
    "method": "password", "ip_address": "203.0.113.7", "user_agent": "Mozilla/5.0", "active_organization_id": null,
    "impersonated_by": null, "additional_fields": {}, "expires_at": 1_715_327_800_000_i64, "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct SessionOut {
    id: String,
    /// Always `session`.
    object: &'static str,
    user_id: String,
    /// `active`, or `revoked` in the answer to its revocation: sessions that ended are gone.
    status: &'static str,
    /// How it was obtained.
    method: String,
    ip_address: Option<String>,
    user_agent: Option<String>,
    /// The organization in which the person works at present.
    active_organization_id: Option<String>,
    /// The administrator who acts as this person.
    impersonated_by: Option<String>,
    /// Fields that the operator added: those that people are shown, and all for the platform.
    additional_fields: Map<String, Value>,
    /// When it ends unless it is used.
    expires_at: i64,
    created_at: i64,
    updated_at: i64,
}

impl SessionOut {
    fn new(session: Session, db: &impl Scope) -> Self {
        let whole = db.ctx().actor.is_platform();
        Self {
            additional_fields: fields::visible(&db.settings().fields.session, &session.additional_fields, whole),
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

/// Whose, and where.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Whose {
    /// Those of this person.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "user_01h455vb4pex5vsknk084sn02q")]
    user_id: Option<String>,
    /// Those at work in this organization at present. Its own administrators must name it.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: Option<String>,
}

/// The order of the list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Order {
    /// `created_at`, `updated_at` or `expires_at`, with `-` in front for descending. `-created_at` if it is left out.
    #[param(pattern = "^[-+]?(created_at|updated_at|expires_at)$", example = "-created_at")]
    order_by: Option<String>,
}

/// List sessions
///
/// Those that have not ended, newest first: of a person, at work in an organization, or both; one of the two must be named.
/// Everything for the platform; for an organization's own administrators the sessions at work there.
#[utoipa::path(
    get, path = "/v1/sessions", tag = "Sessions", operation_id = "listSessions", params(Whose, Search, Order, PagingParams),
    responses(
        (status = 200, description = "A page of sessions", body = Page<SessionOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let part = query.part(&sessions::LISTED);
    let user_id: Option<UserId> = query.id("user_id");
    let organization_id: Option<OrgId> = query.id("organization_id");
    query.finish()?;
    let gate = organization_id.clone().map_or(Gate::Platform, |id| Gate::Organization(id, READ));
    let page = call
        .read(&gate, async |rx| {
            if let Some(user_id) = user_id.as_ref().filter(|_| organization_id.is_none()) {
                users::get(rx, user_id).await?;
            }
            let (found, total_count) = sessions::page(rx, user_id.as_ref(), organization_id.as_ref(), &part).await?;
            Ok(Page { data: found.into_iter().map(|one| SessionOut::new(one, rx)).collect(), total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Read a session
///
/// Everything for the platform. The administrators of an organization see the sessions that are at work there at present;
/// for everybody else there is none.
#[utoipa::path(
    get, path = "/v1/sessions/{session_id}", tag = "Sessions", operation_id = "getSession", params(SessionPath),
    responses((status = 200, description = "The session", body = SessionOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let id: SessionId = call.id("session_id")?;
    let session = call
        .core
        .read(&call.ctx, async |rx| {
            let found = sessions::find_any(rx, &id).await?.ok_or_else(unknown)?;
            if rx.ctx().actor.is_platform() {
                return Ok(SessionOut::new(found, rx));
            }
            let organization = found.active_organization_id.clone().ok_or_else(unknown)?;
            Gate::Organization(organization, READ).check(rx).await.map_err(|_| unknown())?;
            Ok::<_, ApiError>(SessionOut::new(found, rx))
        })
        .await?;
    Ok(ok(&session))
}

fn unknown() -> ApiError {
    auth_core::Error::from(SessionsFault::NotFound).into()
}

/// Revoke a session
///
/// The next request with it is refused, on every replica. The answer shows it as it was. A session is a person's and not an
/// organization's: its administrators end the access to the organization by ending the membership. Platform only.
#[utoipa::path(
    post, path = "/v1/sessions/{session_id}/revoke", tag = "Sessions", operation_id = "revokeSession",
    params(SessionPath, Idempotent),
    responses(
        (status = 200, description = "The session that is no more", body = SessionOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn revoke(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    call.once(&Gate::Platform, &bytes, StatusCode::OK, async |tx| {
        let id: SessionId = call.id("session_id")?;
        let session = sessions::find_any(tx, &id).await?.ok_or_else(unknown)?;
        if !sessions::revoke(tx, &session.user_id, &id).await? {
            return Err(unknown());
        }
        Ok(SessionOut { status: "revoked", ..SessionOut::new(session, tx) })
    })
    .await
}
