//! Parameters that several operations have.

use utoipa::IntoParams;

/// The resource.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "documentation: the path is read by name")]
pub struct IdParam {
    /// The id that the service gave.
    #[param(example = "scimu_01h455vb4pex5vsknk084sn02q")]
    id: String,
}

/// Which attributes are shown. Names match whatever their letter case; unknown ones are ignored; `id` and
/// `schemas` are always shown.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the query is read by name")]
pub struct ProjectionParams {
    /// Only these, separated by commas.
    #[param(example = "userName,name.givenName")]
    attributes: Option<String>,
    /// Not these, separated by commas.
    #[param(rename = "excludedAttributes", example = "meta")]
    excluded_attributes: Option<String>,
}

/// Which resources are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the query is read by name")]
pub struct ListParams {
    /// A filter (RFC 7644 section 3.4.2.2).
    #[param(example = "id pr")]
    filter: Option<String>,
    /// The attribute that orders the list. Resources without a value come last; of several values the primary one counts, else
    /// the first.
    #[param(rename = "sortBy", example = "id")]
    sort_by: Option<String>,
    /// `ascending` or `descending`.
    #[param(rename = "sortOrder", example = "ascending")]
    sort_order: Option<String>,
    /// The place of the first resource, counted from 1.
    #[param(rename = "startIndex", example = 1)]
    start_index: Option<i64>,
    /// How many at most: 100 if not said, never more than 1000; 0 only counts.
    #[param(example = 100)]
    count: Option<i64>,
    /// A page by cursor (RFC 9865): empty for the first one, then the `nextCursor` of the page before. Good for an hour, and for
    /// the same filter, order and count only.
    #[param(example = "")]
    cursor: Option<String>,
}

/// Before a change.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documentation: the header is read by name")]
pub struct IfMatchParam {
    /// The versions of which the present one must be one, else 412.
    #[param(rename = "If-Match", example = "*")]
    if_match: Option<String>,
}
