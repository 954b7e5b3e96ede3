//! `/scim/oauth2/authorize` (RFC 6749, 4.1.1): the page on which an administrator consents, and their answer.
//!
//! What is wrong before it is certain who the client is, is shown; after that it is told to the client, with its
//! `state` and our name (RFC 9207).

#![expect(unused_qualifications, reason = "utoipa's macros write whole paths")]

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpResponse, web};
use api_kit::percent;
use auth_core::Error;
use auth_core::features::directory::oauth::{
    self, AuthorizationRequest, OAuthFault, begin_authorization, grant_authorization, may_redirect,
};
use auth_core::ids::Id as _;
use auth_core::orgs::requirements;
use auth_core::sessions::Resolved;
use utoipa::{IntoParams, ToSchema};

use super::edge::Edge;
use super::error::OAuthError;
use super::form::{self, Params};
use super::page::{self, Carried};
use super::proof::Page;

/// The longest request that is carried through the forms.
const LONGEST: usize = 8 * 1024;

/// What a client asks for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: parameters are read by name")]
struct AuthorizeIn {
    /// `code`.
    #[param(required = true, example = "code")]
    response_type: Option<String>,
    /// The client.
    #[param(required = true, example = "scimt_01h455vb4pex5vsknk084sn02q")]
    client_id: Option<String>,
    /// One of the client's addresses, letter by letter.
    #[param(required = true, example = "https://system-admin.okta.com/admin/app/cpc/acme/oauth/callback")]
    redirect_uri: Option<String>,
    /// Fewer scopes than the client has; separated by spaces.
    scope: Option<String>,
    /// Comes back as it is.
    state: Option<String>,
    /// SHA-256 of a verifier (RFC 7636). Needed by clients without a secret.
    code_challenge: Option<String>,
    /// `S256`.
    code_challenge_method: Option<String>,
}

/// An administrator's answer.
#[derive(ToSchema)]
#[schema(as = OAuthDecision, example = json!({"request": "response_type=code", "csrf": "…", "decision": "allow"}))]
#[expect(dead_code, reason = "documentation: parameters are read by name")]
struct DecideIn {
    /// The request, as the page has it.
    request: String,
    /// What shows that the form is ours, as the page has it.
    csrf: String,
    /// `allow` or `deny`.
    decision: String,
}

/// A request, and how its answers find back.
pub struct Asked {
    /// The request as a query, which the forms carry.
    pub text: String,
    request: AuthorizationRequest,
    state: Option<String>,
    repeated: bool,
}

impl Asked {
    /// Reads a query.
    pub fn read(query: &str) -> Result<Self, OAuthError> {
        let params = Params::parse(query)?;
        let text = params.query();
        if text.len() > LONGEST {
            return Err(OAuthError::invalid_request("The request is too long"));
        }
        let repeated = params.repeated();
        if repeated.is_some_and(|name| matches!(name, "client_id" | "redirect_uri")) {
            return Err(OAuthError::invalid_request("client_id or redirect_uri is given more than once"));
        }
        Ok(Self {
            request: AuthorizationRequest {
                response_type: params.owned("response_type"),
                client_id: params.owned("client_id"),
                redirect_uri: params.owned("redirect_uri"),
                scope: params.owned("scope"),
                code_challenge: params.owned("code_challenge"),
                code_challenge_method: params.owned("code_challenge_method"),
            },
            state: params.owned("state"),
            repeated: repeated.is_some(),
            text,
        })
    }

    /// Back to the client.
    fn back(&self, edge: &Edge, answer: &[(&str, &str)]) -> HttpResponse {
        let uri = self.request.redirect_uri.as_deref().unwrap_or_default();
        let issuer = edge.issuer();
        let state = self.state.as_deref().map(|state| ("state", state));
        let pairs = answer.iter().copied().chain(state).chain([("iss", issuer.as_str())]);
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", percent::encode(value))).collect();
        let to = format!("{uri}{}{}", if uri.contains('?') { '&' } else { '?' }, pairs.join("&"));
        // After a form 303, so that no browser sends the form on.
        let status =
            if edge.req.method() == actix_web::http::Method::POST { StatusCode::SEE_OTHER } else { StatusCode::FOUND };
        HttpResponse::build(status).insert_header((LOCATION, to)).insert_header((CACHE_CONTROL, "no-store")).finish()
    }

    /// A failure: to the client, if it may be told, else to the person.
    fn failed(&self, edge: &Edge, error: Error) -> HttpResponse {
        if may_redirect(&error) {
            let error = OAuthError::from(error);
            return self.back(edge, &[("error", error.word()), ("error_description", error.description())]);
        }
        let message = if error.is(&OAuthFault::InvalidClient) {
            "This client is not known here.".to_owned()
        } else {
            error.public_message().to_owned()
        };
        let error = OAuthError::from(error);
        let status = if error.status() == StatusCode::UNAUTHORIZED { StatusCode::BAD_REQUEST } else { error.status() };
        page::problem(status, &message)
    }
}

/// A failure of the form itself, as a page.
pub fn shown(error: &OAuthError) -> HttpResponse {
    page::problem(error.status(), error.description())
}

/// The page to sign in on, once more with what is wrong.
pub fn sign_in_page(
    edge: &Edge,
    text: &str,
    status: StatusCode,
    wrong: Option<&str>,
) -> Result<HttpResponse, OAuthError> {
    let proof = Page::SignIn.seal(edge.secret(), text, edge.core.clock().now())?;
    Ok(page::sign_in(status, &Carried { request: text, proof: &proof }, wrong))
}

/// Ask an administrator for consent
///
/// Shows a page: to sign in, if nobody is, then to consent. Who may manage the directory may consent. The answer is a
/// redirect to `redirect_uri` with `code`, `state` and `iss`, or with `error`.
#[utoipa::path(
    get, path = "/scim/oauth2/authorize", tag = "OAuth", operation_id = "oauthAuthorize", params(AuthorizeIn),
    responses(
        (status = 200, description = "A page to sign in or to consent", body = String, content_type = "text/html"),
        (status = 302, description = "Back to the client, with what is wrong with its request"),
        (status = 400, description = "A page: the client or its address is not known", body = String, content_type = "text/html"),
        (status = 403, description = "A page: whoever is signed in may not consent", body = String, content_type = "text/html"),
        (status = 429, description = "A page: too many requests from this address", body = String, content_type = "text/html"),
    ),
    security((), ("oauth_session" = []))
)]
pub async fn ask(edge: Edge) -> Result<HttpResponse, OAuthError> {
    if edge.count("/scim/oauth2/authorize", None).is_err() {
        return Ok(page::problem(StatusCode::TOO_MANY_REQUESTS, "Too many requests. Try again in a while."));
    }
    let asked = match Asked::read(edge.req.query_string()) {
        Ok(asked) => asked,
        Err(error) => return Ok(shown(&error)),
    };
    let session = edge.session().await?;
    match begin(&edge, &asked, session.as_ref()).await {
        Ok(consent) => {
            let Some(session) = session else { return Err(Error::internal("a consent without a session").into()) };
            let page = Page::Consent(session.session.id.as_str());
            let proof = page.seal(edge.secret(), &asked.text, edge.core.clock().now())?;
            Ok(page::consent(&consent, &session.user.email, &Carried { request: &asked.text, proof: &proof }))
        }
        Err(error) if error.is(&OAuthFault::LoginRequired) => sign_in_page(&edge, &asked.text, StatusCode::OK, None),
        Err(error) if error.is(&OAuthFault::AccessDenied) => {
            // Not yet to the client: it may be the wrong one of somebody's accounts.
            let email = session.map(|found| found.user.email).unwrap_or_default();
            let wrong = format!("You are signed in as {email}, who may not connect this directory.");
            sign_in_page(&edge, &asked.text, StatusCode::FORBIDDEN, Some(&wrong))
        }
        Err(error) if requirements::is_demand(&error) => {
            Ok(page::problem(StatusCode::FORBIDDEN, error.public_message()))
        }
        Err(error) => Ok(asked.failed(&edge, error)),
    }
}

async fn begin(edge: &Edge, asked: &Asked, session: Option<&Resolved>) -> Result<oauth::Consent, Error> {
    let begun = edge.core.read(&edge.ctx(session), async |rx| begin_authorization(rx, &asked.request).await).await;
    let trusted =
        begun.as_ref().map_or_else(|error| may_redirect(error) || error.is(&OAuthFault::LoginRequired), |_| true);
    if trusted && asked.repeated {
        return Err(OAuthFault::InvalidRequest("a parameter is given more than once").into());
    }
    begun
}

/// Consent, or refuse
///
/// Sent by the page. The answer leads back to the client.
#[utoipa::path(
    post, path = "/scim/oauth2/authorize", tag = "OAuth", operation_id = "oauthDecide",
    request_body(content = DecideIn, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Back to the client, with a code or with what is wrong"),
        (status = 400, description = "A page: the form cannot be read", body = String, content_type = "text/html"),
        (status = 403, description = "A page: the form is not ours, too old, or of another session", body = String, content_type = "text/html"),
        (status = 413, description = "A page: the body is larger than 64 kB", body = String, content_type = "text/html"),
        (status = 429, description = "A page: too many requests from this address", body = String, content_type = "text/html"),
    ),
    security((), ("oauth_session" = []))
)]
pub async fn decide(edge: Edge, payload: web::Payload) -> Result<HttpResponse, OAuthError> {
    if edge.count("/scim/oauth2/authorize", None).is_err() {
        return Ok(page::problem(StatusCode::TOO_MANY_REQUESTS, "Too many requests. Try again in a while."));
    }
    let read = form::read(&edge.req, payload).await;
    let (params, asked) = match read.and_then(|params| {
        let asked = Asked::read(params.get("request").unwrap_or_default())?;
        Ok((params, asked))
    }) {
        Ok(read) => read,
        Err(error) => return Ok(shown(&error)),
    };
    let session = edge.session().await?;
    let expired = || {
        page::problem(StatusCode::FORBIDDEN, "This page has expired. Go back to where you came from and begin again.")
    };
    let Some(found) = &session else { return Ok(expired()) };
    let ours = Page::Consent(found.session.id.as_str()).is_sealed(
        edge.secret(),
        &asked.text,
        edge.core.clock().now(),
        params.get("csrf").unwrap_or_default(),
    );
    if !ours || !edge.is_own_page() {
        return Ok(expired());
    }
    if let Err(error) = begin(&edge, &asked, session.as_ref()).await {
        return Ok(asked.failed(&edge, error));
    }
    match params.get("decision") {
        Some("allow") => {}
        Some("deny") => return Ok(asked.failed(&edge, OAuthFault::AccessDenied.into())),
        _ => return Ok(page::problem(StatusCode::BAD_REQUEST, "Neither allowed nor denied.")),
    }
    let ctx = edge.ctx(session.as_ref());
    match edge.core.write(&ctx, async |tx| grant_authorization(tx, &asked.request).await).await {
        Ok(code) => Ok(asked.back(&edge, &[("code", code.expose())])),
        Err(error) => Ok(asked.failed(&edge, error)),
    }
}
