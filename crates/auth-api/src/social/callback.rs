//! Where a provider sends the browser back to.
//!
//! Whatever happens, a browser gets a redirect: to where the flow said, or with `?error=` to where it said for that. Until
//! the flow is found nothing that came is believed, and the instance's own page tells of the failure.

use actix_web::{HttpRequest, HttpResponse, web};
use api_kit::percent;
use auth_core::features::social::{Brought, Finished, Flow, Social};
use auth_core::secret;
use auth_core::{Error, Kind};
use serde_json::Value;
use utoipa::OpenApi;

use crate::BASE;
use crate::error::Result;
use crate::extract::Edge;
use crate::input::JsonOrForm;
use crate::origin::with_query;
use crate::reply;

/// What a provider may bring.
const PARAMETERS: [&str; 7] = ["code", "error", "error_description", "state", "device_id", "user", "iss"];
/// Longest of them.
const LONGEST: usize = 4096;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(come_back, posted_back, come_back_oauth2))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/callback/{provider}", web::get().to(come_back))
        .route("/callback/{provider}", web::post().to(posted_back))
        .route("/oauth2/callback/{provider}", web::get().to(come_back_oauth2));
}

/// By which of the two addresses a provider answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `/callback/{provider}`.
    Social,
    /// `/oauth2/callback/{provider}`, of the older generation.
    OAuth2,
}

impl Way {
    /// The address, as the provider knows it.
    pub fn redirect_uri(self, edge: &Edge, provider: &str) -> String {
        let path = match self {
            Self::Social => "/callback/",
            Self::OAuth2 => "/oauth2/callback/",
        };
        format!("{}{BASE}{path}{}", edge.core.settings().public_url, percent::encode(provider))
    }

    /// What a failure is called on the page to which it leads.
    fn name(self, code: &str) -> &str {
        match (self, code) {
            (_, "banned_user") => "banned",
            (Self::OAuth2, "no_code") => "oAuth_code_missing",
            (Self::OAuth2, "invalid_code") => "oauth_code_verification_failed",
            (Self::OAuth2, "unable_to_get_user_info") => "user_info_is_missing",
            (Self::OAuth2, "email_not_found") => "email_is_missing",
            (Self::OAuth2, "email_does_not_match") => "email_doesn't_match",
            (_, code) => code,
        }
    }
}

/// Come back from a provider
///
/// Ends the flow that the state names, if the browser has its cookie, and leads on: to `callbackURL` or
/// `newUserCallbackURL`, or with `?error=` to `errorCallbackURL` or the instance's own page.
#[utoipa::path(
    get, path = "/api/auth/callback/{provider}", tag = "Social sign-in", operation_id = "socialCallback",
    params(
        ("provider" = String, Path, description = "The provider's id", example = "google"),
        ("code" = Option<String>, Query, description = "The code"),
        ("state" = Option<String>, Query, description = "The state"),
        ("iss" = Option<String>, Query, description = "The issuer (RFC 9207)"),
        ("error" = Option<String>, Query, description = "Why there is no code"),
        ("error_description" = Option<String>, Query, description = "The same in words"),
    ),
    responses((status = 302, description = "On, with the session's cookie, with `?twoFactorRedirect=true&twoFactorMethods=` or with `?error=`")),
    security(())
)]
async fn come_back(
    edge: Edge,
    social: web::Data<Social>,
    provider: web::Path<String>,
    req: HttpRequest,
) -> HttpResponse {
    Box::pin(end(&edge, &social, &provider, Way::Social, req.query_string())).await
}

/// Come back from a provider, in the words of version 1.6
#[utoipa::path(
    get, path = "/api/auth/oauth2/callback/{provider}", tag = "Social sign-in", operation_id = "oauth2Callback",
    params(
        ("provider" = String, Path, description = "The provider's id", example = "acme"),
        ("code" = Option<String>, Query, description = "The code"),
        ("state" = Option<String>, Query, description = "The state"),
        ("iss" = Option<String>, Query, description = "The issuer (RFC 9207)"),
        ("error" = Option<String>, Query, description = "Why there is no code"),
        ("error_description" = Option<String>, Query, description = "The same in words"),
    ),
    responses((status = 302, description = "On, with the session's cookie, with `?twoFactorRedirect=true&twoFactorMethods=` or with `?error=`")),
    security(())
)]
async fn come_back_oauth2(
    edge: Edge,
    social: web::Data<Social>,
    provider: web::Path<String>,
    req: HttpRequest,
) -> HttpResponse {
    Box::pin(end(&edge, &social, &provider, Way::OAuth2, req.query_string())).await
}

/// Come back from a provider that posts a form
///
/// Leads to the same with GET: a form of another site comes without our cookies.
#[utoipa::path(
    post, path = "/api/auth/callback/{provider}", tag = "Social sign-in", operation_id = "socialCallbackPosted",
    params(("provider" = String, Path, description = "The provider's id", example = "apple")),
    request_body(content(
        (serde_json::Value = "application/x-www-form-urlencoded"),
        (serde_json::Value = "application/json", example = json!({"code": "4/0AX4XfWh", "state": "m5Yk3B"})),
    )),
    responses((status = 302, description = "To the same address with GET")),
    security(())
)]
async fn posted_back(
    edge: Edge,
    provider: web::Path<String>,
    req: HttpRequest,
    body: JsonOrForm,
) -> Result<HttpResponse> {
    let input = body.object_if_any()?;
    let asked = percent::pairs(req.query_string()).unwrap_or_default();
    let mut to = Way::Social.redirect_uri(&edge, &provider);
    for name in PARAMETERS {
        let asked = asked.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if let Some(value) =
            asked.or_else(|| input.rest().get(name).and_then(Value::as_str)).filter(|v| v.len() <= LONGEST)
        {
            to = with_query(&to, name, value);
        }
    }
    Ok(reply::unkept(reply::redirect(&to)))
}

/// Why there is no success, for the page to which it leads.
struct Failed {
    code: String,
    description: Option<String>,
}

impl Failed {
    fn new(code: &str) -> Self {
        Self { code: code.to_owned(), description: None }
    }

    fn of(error: &Error, way: Way) -> Self {
        if error.kind() == Kind::Internal {
            tracing::error!(?error, "a flow through another service failed");
            return Self::new("internal_server_error");
        }
        let description = (error.kind() == Kind::Forbidden).then(|| error.public_message().to_owned());
        Self { code: way.name(error.code()).to_owned(), description }
    }

    /// The redirect. `to`: where the flow said; the instance's own page if it did not.
    fn answer(self, edge: &Edge, to: Option<&str>) -> HttpResponse {
        let own = || format!("{}{BASE}/error", edge.core.settings().public_url);
        let page = to.map_or_else(|| edge.settings.error_url.clone().unwrap_or_else(own), str::to_owned);
        let mut to = with_query(&page, "error", &self.code);
        if let Some(description) = &self.description {
            to = with_query(&to, "error_description", description);
        }
        reply::unkept(reply::redirect(&to))
    }
}

async fn end(edge: &Edge, social: &Social, provider: &str, way: Way, query: &str) -> HttpResponse {
    let Some(brought) = percent::pairs(query).filter(|all| all.iter().all(|(_, value)| value.len() <= LONGEST)) else {
        return Failed::new("invalid_callback_request").answer(edge, None);
    };
    let given = |name: &str| brought.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let flow = match find(edge, social, given("state"), (provider, way)).await {
        Ok(flow) => flow,
        Err(failed) => return failed.answer(edge, None),
    };
    let mut answer = match run(edge, social, &flow, way, given).await {
        Ok(Finished::Linked) => reply::redirect(&flow.callback_url),
        Ok(Finished::SignedIn { entry, new }) => {
            let to = flow.new_user_url.as_ref().filter(|_| new).unwrap_or(&flow.callback_url);
            reply::entered_redirect(edge, &entry, to).await
        }
        Err(failed) => failed.answer(edge, flow.error_url.as_deref()),
    };
    edge.settings.cookies.expire_state(answer.headers_mut());
    reply::unkept(answer)
}

/// The flow of a state, if the browser is the one that began it and it comes from where it was sent to.
async fn find(edge: &Edge, social: &Social, state: Option<&str>, (provider, way): (&str, Way)) -> Result<Flow, Failed> {
    let Some(state) = state.filter(|state| !state.is_empty()) else { return Err(Failed::new("state_not_found")) };
    let bound = edge.settings.cookies.state(edge.request().headers(), edge.secret());
    // Somebody else's browser uses nothing up.
    if !bound.is_some_and(|bound| secret::same(&bound, state)) {
        return Err(Failed::new("state_mismatch"));
    }
    let flow = social.take(&edge.anonymous(), state).await.map_err(|error| Failed::of(&error, way))?;
    let here = way.redirect_uri(edge, provider);
    flow.filter(|flow| flow.provider_id == provider && flow.redirect_uri() == here)
        .ok_or_else(|| Failed::new("state_mismatch"))
}

async fn run<'a>(
    edge: &Edge,
    social: &Social,
    flow: &Flow,
    way: Way,
    given: impl Fn(&str) -> Option<&'a str>,
) -> Result<Finished, Failed> {
    if let Some(error) = given("error") {
        // RFC 6749, 4.1.2.1, and no more than a page of ours would show.
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.'".contains(&b));
        let code = if (1..=64).contains(&error.len()) && plain(error) { error } else { "UNKNOWN" };
        let words = given("error_description").map(|text| text.chars().filter(|c| !c.is_control()).take(512).collect());
        return Err(Failed { code: code.to_owned(), description: words });
    }
    let Some(code) = given("code").filter(|code| !code.is_empty()) else {
        return Err(Failed::new(way.name("no_code")));
    };
    let brought = Brought { code, issuer: given("iss"), user: given("user") };
    Box::pin(social.finish(&edge.anonymous(), flow, brought)).await.map_err(|error| Failed::of(&error, way))
}
