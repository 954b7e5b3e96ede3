//! The query of a request, and lists.

use actix_web::{HttpRequest, HttpResponse};
use scim_protocol::message::list::ListResponse;
use scim_protocol::message::search::SearchRequest;
use scim_protocol::project::Projection;
use scim_protocol::{ResourceType, ScimError};
use serde_json::Value;

use crate::error::ApiError;
use crate::json;

/// How many resources a page has if nothing was said.
pub const DEFAULT_COUNT: u64 = 100;
/// How many it has at most. Announced.
pub const MAX_COUNT: u64 = 1000;

/// What the query asks for. Both `+` and `%20` are spaces; what is not known is ignored.
pub fn search(req: &HttpRequest) -> Result<SearchRequest, ApiError> {
    let pairs = api_kit::percent::pairs(req.query_string())
        .ok_or_else(|| ScimError::invalid_value("the query has broken percent-encoding or is not UTF-8"))?;
    Ok(SearchRequest::from_query(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))?)
}

/// Which attributes the query wants to see of a single resource. Only what concerns that is read, so that
/// nothing else can be wrong.
pub fn projection(req: &HttpRequest, kind: &ResourceType) -> Result<Projection, ApiError> {
    if req.query_string().is_empty() {
        return Ok(Projection::default());
    }
    Ok(search(req)?.projection(kind))
}

/// How many resources to pass over, and how many to give.
pub fn window(search: &SearchRequest) -> (u64, u64) {
    (search.start_index - 1, search.count.unwrap_or(DEFAULT_COUNT).min(MAX_COUNT))
}

/// The page.
pub fn answer(search: &SearchRequest, total: i64, resources: Vec<Value>) -> HttpResponse {
    let list = ListResponse {
        total_results: usize::try_from(total).unwrap_or_default(),
        start_index: usize::try_from(search.start_index).unwrap_or(usize::MAX),
        resources,
    };
    json::ok(&list.into_json())
}
