//! Changes, and `Idempotency-Key`: the one road that every POST takes that changes something.
//!
//! The key, the change and the answer are one transaction of the core, so that a repeated request
//! changes nothing however the first one ended.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use auth_core::Tx;
use auth_core::idempotency::{self, Answer, Repeatable};
use serde::Serialize;

use crate::error::ApiError;
use crate::extract::{Call, json};
use crate::gate::Gate;

/// The header by which a caller says that a request may be a repetition.
pub const HEADER: &str = "idempotency-key";
/// Longest key.
const MAX: usize = 255;
/// Tells a caller that it was one.
const REPLAYED: &str = "idempotency-replayed";

impl Call {
    /// A POST: makes the change if the caller may, or repeats the answer it had when it was made.
    pub async fn once<T: Serialize>(
        &self,
        gate: &Gate,
        body: &Bytes,
        status: StatusCode,
        change: impl AsyncFn(&mut Tx) -> Result<T, ApiError>,
    ) -> Result<HttpResponse, ApiError> {
        let request = self.repeatable(body)?;
        let (answer, replayed) = self
            .core
            .write(&self.ctx, async |tx| {
                // Also before an answer is repeated: the caller may have lost the right since.
                gate.check(tx).await?;
                if let Some(request) = &request
                    && let Some(answer) = idempotency::claim(tx, request).await?
                {
                    return Ok((answer, true));
                }
                let value = change(tx).await?;
                let answer = Answer { status: status.as_u16(), body: serde_json::to_string(&value)? };
                if let Some(request) = &request {
                    idempotency::settle(tx, request, &answer).await?;
                }
                Ok::<_, ApiError>((answer, false))
            })
            .await?;
        let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).unwrap_or(status));
        response.content_type("application/json").insert_header(("cache-control", "no-store"));
        if replayed {
            response.insert_header((REPLAYED, "true"));
        }
        Ok(response.body(answer.body))
    }

    /// A PATCH, which repeats itself without harm.
    pub async fn change<T: Serialize>(
        &self,
        gate: &Gate,
        change: impl AsyncFn(&mut Tx) -> Result<T, ApiError>,
    ) -> Result<HttpResponse, ApiError> {
        let value = self.gated(gate, change).await?;
        Ok(json(StatusCode::OK, &value))
    }

    /// A DELETE.
    pub async fn remove(
        &self,
        gate: &Gate,
        change: impl AsyncFn(&mut Tx) -> Result<(), ApiError>,
    ) -> Result<HttpResponse, ApiError> {
        self.gated(gate, change).await?;
        Ok(HttpResponse::NoContent().insert_header(("cache-control", "no-store")).finish())
    }

    async fn gated<T>(&self, gate: &Gate, change: impl AsyncFn(&mut Tx) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.core
            .write(&self.ctx, async |tx| {
                gate.check(tx).await?;
                change(tx).await
            })
            .await
    }

    fn repeatable(&self, body: &Bytes) -> Result<Option<Repeatable>, ApiError> {
        let Some(key) = self.header(HEADER) else { return Ok(None) };
        let key = std::str::from_utf8(key)
            .ok()
            .map(str::trim)
            .filter(|key| (1..=MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic() || b == b' '));
        let key = key.ok_or_else(|| {
            ApiError::field("Idempotency-Key", "invalid", format!("Must be 1 to {MAX} printable ASCII characters"))
        })?;
        // A body that is no UTF-8 was refused before anything is claimed for it.
        let request = format!("{}\n{}", self.line(), String::from_utf8_lossy(body));
        Ok(Some(Repeatable::new(&self.core.settings().secret, &self.ctx.actor, key, &request)))
    }
}
