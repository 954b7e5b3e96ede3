//! Errors in the language of whoever asks, as Better Auth's plugin i18n gives them: `message` is translated by the code,
//! `originalMessage` is what it was.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_LENGTH, HeaderValue, VARY};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use api_kit::Settings;

use crate::error::ApiError;

/// Middleware around everything of the scope.
///
/// # Errors
/// None of its own.
pub async fn translate<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(req).await?.map_into_boxed_body();
    let told = told(&response);
    let Some((language, body)) = told else { return Ok(response) };
    let mut response = response.map_body(|_, _| BoxBody::new(body));
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.append(VARY, HeaderValue::from(ACCEPT_LANGUAGE));
    headers.insert(CONTENT_LANGUAGE, language);
    Ok(response)
}

/// The language, and the body in it, if the answer is an error that has a sentence there.
fn told(response: &ServiceResponse) -> Option<(HeaderValue, Vec<u8>)> {
    let error = response.response().error()?.as_error::<ApiError>()?;
    let translations = &response.request().app_data::<web::Data<Settings>>()?.translations;
    let (language, sentence) = translations.find(response.request().headers(), error.code()?)?;
    Some((HeaderValue::from_str(language).ok()?, error.told_as(sentence)?))
}
