//! SCIM 2.0 (RFC 7643, RFC 7644) as pure code: schemas, attribute paths, the filter language, PATCH,
//! projection, messages and errors.
//!
//! Everything is driven by [`schema`] definitions, so that a directory may add extensions of its own.
//! There is no HTTP here, no storage and no clock: a resource is a JSON object with canonical
//! attribute names, and whoever stores it adds `id` and `meta`.

pub mod filter;
pub mod message;
pub mod normalize;
pub mod patch;
pub mod path;
pub mod project;
pub mod schema;
pub mod sort;

#[doc(hidden)]
pub mod steps;
mod value;

pub use filter::{CompareOp, Filter, Literal};
pub use message::error::{ScimError, ScimType};
pub use path::AttrPath;
pub use schema::ResourceType;
pub use sort::{Sort, SortKey};
pub use value::{fold, parse_date_time};

/// A SCIM resource: a JSON object. What this crate hands out has canonical attribute names, checked
/// types and no unassigned attributes.
pub type Resource = serde_json::Map<String, serde_json::Value>;

/// The result of everything here.
pub type Result<T, E = ScimError> = std::result::Result<T, E>;
