//! Bodies in and out.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use api_kit::body::{self, Unreadable};
use scim_protocol::ScimError;
use serde_json::Value;

use crate::error::ApiError;
use crate::{extract, log};

/// The media type of everything that is answered.
pub const MEDIA_TYPE: &str = "application/scim+json";
/// The longest body, in bytes.
pub const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Reads a JSON body: media type, length, syntax, in this order.
pub async fn read(req: &HttpRequest, payload: web::Payload) -> Result<Value, ApiError> {
    let bytes = match arrived(req, payload).await {
        Ok(bytes) => bytes,
        Err(error) => {
            log::unread(req);
            return Err(error);
        }
    };
    // The parser refuses what is no UTF-8, lone surrogates, numbers beyond a double, and nesting beyond
    // 128 levels. Its message shows places and no content.
    let parsed = serde_json::from_slice(&bytes);
    log::body(req, &bytes, parsed.as_ref().ok());
    parsed.map_err(|error| ScimError::invalid_syntax(format!("the body is not JSON that can be read: {error}")).into())
}

async fn arrived(req: &HttpRequest, payload: web::Payload) -> Result<web::Bytes, ApiError> {
    check_media(req)?;
    let arrived = body::read(req, &mut payload.into_inner(), BODY_LIMIT).await.map_err(|why| match why {
        Unreadable::TooLarge => ApiError::too_large(),
        Unreadable::Broken => ScimError::invalid_syntax("the body broke off").into(),
    })?;
    if arrived.late {
        extract::still(req).await?;
    }
    Ok(arrived.bytes)
}

/// A body may be of either media type, with parameters or without, in any letter case. None at all is
/// taken for JSON.
fn check_media(req: &HttpRequest) -> Result<(), ApiError> {
    let text = |name| req.headers().get(name).map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase());
    let media = text(CONTENT_TYPE).is_none_or(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence == MEDIA_TYPE || essence == "application/json"
    });
    let plain = text(CONTENT_ENCODING).is_none_or(|coding| coding.is_empty() || coding == "identity");
    if media && plain { Ok(()) } else { Err(ApiError::unsupported_media()) }
}

/// The beginning of an answer with a body.
pub fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponseBuilder::new(status);
    answer.content_type(MEDIA_TYPE).insert_header((CACHE_CONTROL, "no-store"));
    answer
}

/// 200 with a body.
pub fn ok(body: &Value) -> HttpResponse {
    answer(StatusCode::OK).body(body.to_string())
}
