//! `/v1/audit`: who did what, before and after, from where; and exports that can be verified without asking anybody.

mod export;
mod wire;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::audit::{self, Wanted};
use auth_core::ids::OrgId;
use auth_core::outbox::EventKind;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::events::names::kind;
use crate::extract::{Call, ok};
use crate::gate::{Gate, READ};
use crate::openapi::{BadRequest, Forbidden, NotFound, Unauthenticated};
use crate::page::{PagingParams, Query};
use crate::resource;
use export::{Export, Format};
use wire::EntryOut;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/audit", [(Method::GET, web::to(list))]))
        .service(resource("/audit/export", [(Method::GET, web::to(export))]));
}

/// Part of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditPage {
    /// The entries, newest first unless `order_by` says otherwise.
    data: Vec<EntryOut>,
    /// How many match in all, whatever the cursor.
    #[schema(minimum = 0, example = 1)]
    total_count: i64,
    /// What to give as `cursor` to read on; null if nothing was read.
    #[schema(example = "42")]
    next_cursor: Option<String>,
}

/// Which entries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Filter {
    /// Those in this organization. Its own administrators must name it.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: Option<String>,
    /// Those by this actor: its id, or `system`, or `anonymous`.
    #[param(example = "user_01h455vb4pex5vsknk084sn02q")]
    actor: Option<String>,
    /// Those of this type.
    #[param(example = "scimToken.issued")]
    r#type: Option<String>,
    /// Those about this: an id.
    #[param(example = "dir_01h455vb4pex5vsknk084sn02q")]
    target: Option<String>,
    /// Those from this instant on, in Unix milliseconds.
    #[param(minimum = 0)]
    since: Option<i64>,
    /// Those before this instant, in Unix milliseconds.
    #[param(minimum = 0)]
    until: Option<i64>,
}

/// The order of the entries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Order {
    /// `sequence`, or `-sequence` for descending, which it is if it is left out.
    #[param(pattern = "^[-+]?sequence$", example = "-sequence")]
    order_by: Option<String>,
    /// Those beyond this cursor, which is the `next_cursor` of an earlier answer in the same order.
    #[param(pattern = "^[0-9]{1,18}$", example = "42")]
    cursor: Option<String>,
}

/// In which form.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Form {
    /// `ndjson`, which it is if it is left out, or `csv`.
    #[param(pattern = "^(ndjson|csv)$", example = "ndjson")]
    format: Option<String>,
}

fn filter(query: &mut Query) -> Wanted {
    let text = query.text("type");
    let of: Option<EventKind> = text.as_deref().and_then(kind);
    if text.is_some() && !of.is_some_and(EventKind::is_audited) {
        query.fault("type", "unknown_value", "There are no entries of this type");
    }
    Wanted {
        organization_id: query.id("organization_id"),
        actor: query.text("actor"),
        kind: of,
        target: query.text("target"),
        since: query.instant("since"),
        until: query.instant("until"),
        ..Wanted::default()
    }
}

/// The platform reads everything, also what is left of organizations that are gone.
fn gate(call: &Call, organization: Option<&OrgId>) -> Gate {
    match organization {
        Some(id) if !call.ctx.actor.is_platform() => Gate::Organization(id.clone(), READ),
        _ => Gate::Platform,
    }
}

/// List the audit
///
/// Who did what, before and after, from where. Everything for the platform; what happened in one organization for its
/// own administrators (`organization:update`). An entry has its place in the chain a few seconds after it happened.
#[utoipa::path(
    get, path = "/v1/audit", tag = "Audit", operation_id = "listAudit", params(Filter, Order, PagingParams),
    responses(
        (status = 200, description = "Part of the audit", body = AuditPage),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let paging = query.paging();
    let (_, ascending) = query.order(&["sequence"]);
    let cursor = query.number("cursor", 0, i64::MAX.unsigned_abs()).and_then(|at| i64::try_from(at).ok());
    let wanted = Wanted { ascending, cursor, limit: paging.limit, offset: paging.offset, ..filter(&mut query) };
    query.finish()?;
    let gate = gate(&call, wanted.organization_id.as_ref());
    call.read(&gate, async |_| Ok(())).await?;
    call.core.publish_events().await?;
    let page = call
        .read(&gate, async |rx| {
            let entries = audit::list(rx, &wanted).await?;
            let next_cursor = entries.last().map(|entry| entry.sequence).or(wanted.cursor).map(|at| at.to_string());
            let data = entries.into_iter().map(EntryOut::from).collect();
            Ok(AuditPage { data, total_count: audit::count(rx, &wanted).await?, next_cursor })
        })
        .await?;
    Ok(ok(&page))
}

/// Export the audit
///
/// The chain of an organization, or all chains, from their beginnings: an `audit_entry` a line, or an `audit_seal` for what
/// the filters leave out and what is not kept any more, and at the end of each chain an `audit_head` with a JWS of the
/// instance over it. `portico audit verify --file` proves the NDJSON without asking anybody. The answer is sent while it
/// is made; one that broke off lacks its last head. As in the list, everything for the platform, one organization for its
/// own administrators.
#[utoipa::path(
    get, path = "/v1/audit/export", tag = "Audit", operation_id = "exportAudit", params(Form, Filter),
    responses(
        (status = 200, description = "The export", content(
            (String = "application/x-ndjson", example = "{\"object\":\"audit_head\",\"organization_id\":null,\"position\":1}"),
            (String = "text/csv")
        )),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn export(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let csv = query.choice("format", &["ndjson", "csv"]) == Some("csv");
    let wanted = filter(&mut query);
    query.finish()?;
    let gate = gate(&call, wanted.organization_id.as_ref());
    call.read(&gate, async |_| Ok(())).await?;
    let (format, media, name) = if csv {
        (Format::Csv, "text/csv; charset=utf-8; header=present", "audit.csv")
    } else {
        (Format::Ndjson, "application/x-ndjson", "audit.ndjson")
    };
    let body = Export::new(call.core.clone(), call.ctx.clone(), wanted, format);
    Ok(HttpResponse::Ok()
        .insert_header(("content-type", media))
        .insert_header(("content-disposition", format!("attachment; filename=\"{name}\"")))
        .insert_header(("cache-control", "no-store"))
        .body(body))
}
