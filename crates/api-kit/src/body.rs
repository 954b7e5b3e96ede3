//! Reading a request body with a limit of length and of time.

use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt as _;

/// How long a whole body may take to arrive. Whoever sends nothing more holds a connection no longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the answer to the question who asks is good. A caller is recognized before the body is read; whoever lets the
/// body wait longer than this is asked for again before anything is done, or a request that stalls could act after its
/// credentials have ended.
pub const MOMENT: Duration = Duration::from_secs(1);

/// A body that has arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// All of it.
    pub bytes: Bytes,
    /// Whether it took longer than a [`MOMENT`], so that who sent it must be recognized again.
    pub late: bool,
}

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is longer than allowed. Nothing beyond the limit was kept.
    TooLarge,
    /// It broke off, took too long, or its framing is wrong.
    Broken,
}

/// Reads the body. A declared length over the limit is refused before anything is read.
///
/// # Errors
/// If it is too long, takes too long, or breaks off.
pub async fn read(req: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Arrived, Unreadable> {
    let begun = Instant::now();
    let bytes = tokio::time::timeout(PATIENCE, arrive(req, payload, limit)).await.unwrap_or(Err(Unreadable::Broken))?;
    Ok(Arrived { bytes, late: begun.elapsed() > MOMENT })
}

async fn arrive(req: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, Unreadable> {
    let declared = req.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(Unreadable::TooLarge);
    }
    let Some(first) = payload.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|_| Unreadable::Broken)?;
    // Nearly every body is one chunk, which is taken as it is.
    if declared == Some(first.len()) && first.len() <= limit {
        return Ok(first);
    }
    let mut body = BytesMut::from(&first[..]);
    while body.len() <= limit {
        let Some(chunk) = payload.next().await else { return Ok(body.freeze()) };
        body.extend_from_slice(&chunk.map_err(|_| Unreadable::Broken)?);
    }
    Err(Unreadable::TooLarge)
}
