//! Sessions of pages on other sites: a code for whoever is signed in here, and a session for the code.
//!
//! Ours, not Better Auth's: hence the names in snake case and below `/portico`.

use actix_web::http::header::ORIGIN;
use actix_web::{HttpResponse, web};
use api_kit::origins::is_trusted_origin;
use auth_core::Ctx;
use auth_core::features::handover::{self, Presented, Wanted};
use serde::Serialize;
use url::Url;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::input::JsonBody;
use crate::reply;
use crate::wire::UserOut;

/// Longest origin and longest address.
const LONGEST: usize = 2048;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(authorize, token))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/portico/authorize", web::post().to(authorize)).route("/portico/token", web::post().to(token));
}

/// For which page.
#[derive(ToSchema)]
#[schema(as = HandoverAuthorize)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct AuthorizeIn {
    /// The origin of the page that will exchange the code: ours, or a trusted one.
    client_origin: String,
    /// Where the browser goes with the code: an address of that origin. Left out or empty where it goes by a message.
    redirect_uri: Option<String>,
    /// The SHA-256 of the verifier, in base64url (RFC 7636).
    code_challenge: String,
    /// `S256`, the only one there is.
    code_challenge_method: Option<String>,
}

/// A code.
#[derive(Serialize, ToSchema)]
#[schema(as = HandoverCode)]
struct CodeOut<'a> {
    /// The code, good once.
    code: &'a str,
    /// Until when, in Unix milliseconds: a minute from now.
    expires_at: i64,
}

/// What a page exchanges.
#[derive(ToSchema)]
#[schema(as = HandoverToken)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct TokenIn {
    /// The code.
    code: String,
    /// The verifier of its challenge.
    code_verifier: String,
    /// Where the browser was sent with the code; compared if it is given.
    redirect_uri: Option<String>,
}

/// A session of the page's own.
#[derive(Serialize, ToSchema)]
#[schema(as = HandoverSession)]
struct SessionOut<'a> {
    /// What opens it, as `Authorization: Bearer` under `/api/auth` and `/v1`.
    token: &'a str,
    /// Who.
    user: UserOut<'a>,
    /// When it ends unless it is used, in Unix milliseconds.
    expires_at: i64,
}

/// Ask for a code for a page on another site
///
/// In the name of the caller. The page exchanges it for a session of its own, with the verifier that it kept. A session in
/// which an admin acts as somebody else is not handed over.
#[utoipa::path(
    post, path = "/api/auth/portico/authorize", tag = "Sign-in", operation_id = "porticoAuthorize",
    request_body(content = AuthorizeIn, example = json!({
        "client_origin": "https://app.example", "redirect_uri": "https://app.example/signed-in",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    })),
    responses(
        (status = 200, description = "A code", body = CodeOut,
            example = json!({"code": "8K2a1BIIYJfQ4qCyFOsQe4ys1fMTXj5xGdLw0PzRt3b", "expires_at": 1_714_723_060_000_i64})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_REDIRECT_URI`, `INVALID_CODE_CHALLENGE`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`INVALID_CLIENT_ORIGIN`: it is not trusted; `IMPERSONATED_SESSION`, `INVALID_ORIGIN`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn authorize(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let origin = input.string("client_origin");
    let redirect = input.optional("redirect_uri").unwrap_or_default();
    let challenge = input.string("code_challenge");
    let method = input.optional("code_challenge_method");
    input.finish()?;
    if method.is_some_and(|method| method != "S256") {
        return Err(ApiError::bad_request("INVALID_CODE_CHALLENGE", "code_challenge_method must be S256"));
    }
    if origin.len() > LONGEST || !is_trusted_origin(&caller.edge.settings, &origin) {
        return Err(ApiError::forbidden("INVALID_CLIENT_ORIGIN", "client_origin is not a trusted origin"));
    }
    if !redirect.is_empty() && !leads_to(&redirect, &origin) {
        return Err(ApiError::bad_request(
            "INVALID_REDIRECT_URI",
            "redirect_uri must be an address of client_origin, without a fragment",
        ));
    }
    let wanted = Wanted { client_origin: &origin, redirect_uri: &redirect, code_challenge: &challenge };
    let granted = caller.core().write(&caller.ctx(), async |tx| handover::grant(tx, wanted).await).await?;
    Ok(reply::unkept(reply::ok(&CodeOut { code: granted.code.expose(), expires_at: granted.expires_at.millis() })))
}

/// Whether an address is one of that origin, as everybody reads it.
fn leads_to(address: &str, origin: &str) -> bool {
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '#');
    let plain = address.len() <= LONGEST && !address.contains(odd);
    let rest = address.strip_prefix(origin).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    plain && rest.is_some() && Url::parse(address).is_ok_and(|url| url.origin().ascii_serialization() == origin)
}

/// Exchange a code for a session
///
/// By the page for which the code was made: `Origin` is compared. A code is good once; one that comes again ends the
/// session that it opened. The answer sets no cookie.
#[utoipa::path(
    post, path = "/api/auth/portico/token", tag = "Sign-in", operation_id = "porticoToken",
    request_body(content = TokenIn, example = json!({
        "code": "8K2a1BIIYJfQ4qCyFOsQe4ys1fMTXj5xGdLw0PzRt3b", "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    })),
    responses(
        (status = 200, description = "A session of the page's own", body = SessionOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_CODE`", body = ErrorOut,
            example = json!({"message": "The code is not valid", "code": "INVALID_CODE"})),
        (status = 401, description = "`ACCESS_ENDED`: access was ended meanwhile", body = ErrorOut),
        (status = 403, description = "`INVALID_CLIENT_ORIGIN`: no `Origin`, or one that is not trusted; `BANNED_USER`, `USER_LOCKED`", body = ErrorOut),
    ),
    security(())
)]
async fn token(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let origin = edge.request().headers().get(ORIGIN).and_then(|value| value.to_str().ok());
    let Some(origin) = origin.filter(|origin| is_trusted_origin(&edge.settings, origin)) else {
        return Err(ApiError::forbidden("INVALID_CLIENT_ORIGIN", "The page's origin is not a trusted one"));
    };
    let mut input = body.object()?;
    let code = input.string("code");
    let verifier = input.string("code_verifier");
    let redirect = input.optional("redirect_uri");
    input.finish()?;
    let presented =
        Presented { code: &code, code_verifier: &verifier, client_origin: origin, redirect_uri: redirect.as_deref() };
    // The browser's own device is not meant: its cookie could not be renewed here.
    let ctx = Ctx { trusted_device: None, ..edge.anonymous() };
    let opened = handover::redeem(&edge.core, &ctx, presented).await?;
    Ok(reply::unkept(reply::ok(&SessionOut {
        token: opened.token.expose(),
        user: UserOut::of(&opened.user, edge.settings()),
        expires_at: opened.session.expires_at.millis(),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_its_origin() {
        let origin = "https://app.example";
        for good in
            ["https://app.example", "https://app.example/", "https://app.example/a/b?c=d", "https://app.example?x"]
        {
            assert!(leads_to(good, origin), "{good}");
        }
        for bad in [
            "https://app.example.evil.example/",
            "https://app.example@evil.example/",
            "https://app.example:444/",
            "https://app.example/#token",
            "https://app.example/\\evil",
            "http://app.example/",
            "//app.example/",
            "/path",
            "javascript:alert(1)",
        ] {
            assert!(!leads_to(bad, origin), "{bad}");
        }
    }
}
