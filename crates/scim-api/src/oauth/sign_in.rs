//! `POST /scim/oauth2/sign-in`: the form of the page that asks who it is. Signing in is the core's one way of doing
//! so, and the cookie is the one of every other way.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpResponse, web};
use api_kit::limit::Rule;
use auth_core::sign_in as entrance;
use auth_core::sign_in::Entry;
use utoipa::ToSchema;

use super::authorize::{Asked, shown, sign_in_page};
use super::edge::Edge;
use super::error::OAuthError;
use super::form::{self, Params};
use super::page;
use super::proof::Page;

/// As often as one may try elsewhere; the tries there and here are counted together.
const FEW: Rule = Rule { window: 10, max: 3 };
const ROUTE: &str = "/sign-in/email";

/// Who signs in.
#[derive(ToSchema)]
#[schema(as = OAuthSignIn, example = json!({"request": "response_type=code", "csrf": "…", "email": "ann@acme.example",
    "password": "correct horse battery"}))]
#[expect(dead_code, reason = "documentation: parameters are read by name")]
struct SignInIn {
    /// The request, as the page has it.
    request: String,
    /// What shows that the form is ours, as the page has it.
    csrf: String,
    /// The address.
    email: String,
    /// The password.
    password: String,
}

/// Sign in to consent
///
/// Sent by the page. Opens a session and leads back to the request.
#[utoipa::path(
    post, path = "/scim/oauth2/sign-in", tag = "OAuth", operation_id = "oauthSignIn",
    request_body(content = SignInIn, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Back to the request, with the cookie of a session",
            headers(("set-cookie" = String, description = "The session"))),
        (status = 400, description = "A page: the form cannot be read", body = String, content_type = "text/html"),
        (status = 401, description = "The page once more: the address or the password is wrong", body = String, content_type = "text/html"),
        (status = 403, description = "A page: the form is not ours or too old, or the person may not sign in", body = String, content_type = "text/html"),
        (status = 413, description = "A page: the body is larger than 64 kB", body = String, content_type = "text/html"),
        (status = 429, description = "A page: too many attempts from this address", body = String, content_type = "text/html"),
        (status = 503, description = "A page: too many passwords are being checked at once", body = String, content_type = "text/html"),
    ),
    security(())
)]
pub async fn sign_in(edge: Edge, payload: web::Payload) -> Result<HttpResponse, OAuthError> {
    if edge.count(ROUTE, Some(FEW)).is_err() {
        return Ok(page::problem(StatusCode::TOO_MANY_REQUESTS, "Too many attempts. Try again in a while."));
    }
    let params = match form::read(&edge.req, payload).await {
        Ok(params) => params,
        Err(error) => return Ok(shown(&error)),
    };
    let asked = match Asked::read(params.get("request").unwrap_or_default()) {
        Ok(asked) => asked,
        Err(error) => return Ok(shown(&error)),
    };
    if !is_ours(&edge, &params, &asked) {
        let expired = "This page has expired. Go back to where you came from and begin again.";
        return Ok(page::problem(StatusCode::FORBIDDEN, expired));
    }
    let (email, password) = (params.get("email").unwrap_or_default(), params.get("password").unwrap_or_default());
    let opened = match entrance::by_password(&edge.core, &edge.anonymous(), email, password, true).await {
        Ok(Entry::Opened(opened)) => opened,
        Ok(Entry::SecondFactor(_)) => {
            let elsewhere = "Your account asks for a second factor, which this page cannot. Sign in where you otherwise do, \
                in this browser, and come back.";
            return sign_in_page(&edge, &asked.text, StatusCode::FORBIDDEN, Some(elsewhere));
        }
        Err(error) if error.is_ours() => return Err(error.into()),
        Err(error) => {
            let wrong = error.public_message().to_owned();
            return sign_in_page(&edge, &asked.text, api_kit::status_of(error.kind()), Some(&wrong));
        }
    };
    let to = format!("{}?{}", edge.address("/authorize"), asked.text);
    let mut answer =
        HttpResponse::SeeOther().insert_header((LOCATION, to)).insert_header((CACHE_CONTROL, "no-store")).finish();
    let (cookies, lifetime) = (&edge.settings.cookies, edge.core.settings().session.expires_in);
    cookies.set_session(answer.headers_mut(), edge.secret(), opened.token.expose(), Some(lifetime));
    // Who keeps the token by themselves is no browser, and has no business here.
    answer.headers_mut().remove("set-auth-token");
    Ok(answer)
}

fn is_ours(edge: &Edge, params: &Params, asked: &Asked) -> bool {
    let proof = params.get("csrf").unwrap_or_default();
    edge.is_own_page() && Page::SignIn.is_sealed(edge.secret(), &asked.text, edge.core.clock().now(), proof)
}
