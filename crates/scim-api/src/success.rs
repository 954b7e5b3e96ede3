//! When a directory last succeeded, to the minute: written after a good answer, and only if the time that is known is
//! older than that.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, web};
use auth_core::AuthCore;
use auth_core::features::directory::{Directory, health};
use auth_core::ids::DirectoryId;

/// Kept with a request whose success would be news.
struct News(web::Data<AuthCore>, DirectoryId);

/// Remembers whose request it is, if its success would be news.
pub fn expect(req: &HttpRequest, core: &web::Data<AuthCore>, directory: &Directory) {
    if health::is_news(directory, core.clock().now()) {
        req.extensions_mut().insert(News(core.clone(), directory.id.clone()));
    }
}

/// Middleware, around everything that makes answers.
pub async fn note(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let response = next.call(request).await?;
    let status = response.status();
    if (status.is_success() || status == StatusCode::NOT_MODIFIED)
        && let Some(News(core, directory)) = response.request().extensions_mut().remove::<News>()
    {
        health::note_success(&core, directory);
    }
    Ok(response)
}
