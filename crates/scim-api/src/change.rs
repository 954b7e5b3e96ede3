//! A change of a resource: what it needs of a request, and what it comes to. The changes themselves are
//! the `ops` of users and groups; a handler and an item of a bulk request call the same ones.

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use scim_protocol::ResourceType;
use scim_protocol::project::Projection;
use serde_json::Value;

use crate::error::ApiError;
use crate::precondition::{etag, if_match};
use crate::{json, list};

/// What a request with a body says, besides its path.
pub struct Incoming {
    /// The body.
    pub body: Value,
    /// The versions of which the present one must be one; `None` for any.
    pub versions: Option<Vec<String>>,
    /// What the client wants to see.
    pub projection: Projection,
}

impl Incoming {
    /// Reads it. The caller has been authorized.
    pub async fn read(req: &HttpRequest, payload: web::Payload, kind: &ResourceType) -> Result<Self, ApiError> {
        let projection = list::projection(req, kind)?;
        Ok(Self { body: json::read(req, payload).await?, versions: if_match(req), projection })
    }
}

/// What a change came to.
#[derive(Debug)]
pub struct Outcome {
    /// 200, 201 or 204.
    pub status: StatusCode,
    /// The address of the resource, also of one that is gone.
    pub location: String,
    /// What the quotes of its entity tag hold; `None` if it is gone.
    pub tag: Option<String>,
    /// The resource as the client wants to see it.
    pub body: Option<Value>,
}

impl Outcome {
    /// The answer to a single request.
    pub fn answer(self) -> HttpResponse {
        let body = self.body.as_ref().map(Value::to_string);
        answer(self.status, &self.location, self.tag.as_deref(), body)
    }
}

/// An answer about one resource.
pub fn answer(status: StatusCode, location: &str, tag: Option<&str>, body: Option<String>) -> HttpResponse {
    let mut answer = if body.is_some() { json::answer(status) } else { HttpResponse::build(status) };
    if let Some(tag) = tag {
        answer.insert_header((ETAG, etag(tag)));
    }
    if body.is_some() {
        answer.insert_header((LOCATION, location));
    }
    match body {
        Some(body) => answer.body(body),
        None => answer.finish(),
    }
}
