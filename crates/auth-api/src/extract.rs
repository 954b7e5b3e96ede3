//! Who asks. An endpoint that names [`Caller`] is closed to strangers: it cannot be built otherwise.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use api_kit::{RequestMeta, Settings};
use auth_core::api_keys::{self, Entered};
use auth_core::ids::UserId;
use auth_core::secret::{InstanceSecret, Secret};
use auth_core::sessions::{self, Session};
use auth_core::settings::MethodsSettings;
use auth_core::users::User;
use auth_core::{Actor, AuthCore, Ctx};
use futures_util::future::LocalBoxFuture;

use crate::error::{ApiError, Result};
use crate::methods::api_key;

/// The instance at which a request arrived, and the request's circumstances. What endpoints without a
/// session take.
#[derive(Clone)]
pub struct Edge {
    /// The core.
    pub core: web::Data<AuthCore>,
    /// The edge's settings.
    pub settings: web::Data<Settings>,
    /// The request.
    pub meta: RequestMeta,
    req: HttpRequest,
}

impl Edge {
    /// Of a request.
    pub fn of(req: &HttpRequest) -> Result<Self> {
        let missing = || auth_core::Error::internal("the server gave the dialect no core or no settings");
        Ok(Self {
            core: req.app_data::<web::Data<AuthCore>>().cloned().ok_or_else(missing)?,
            settings: req.app_data::<web::Data<Settings>>().cloned().ok_or_else(missing)?,
            meta: RequestMeta::of(req),
            req: req.clone(),
        })
    }

    /// The request itself.
    #[must_use]
    pub fn request(&self) -> &HttpRequest {
        &self.req
    }

    /// The secret by which cookies are signed.
    #[must_use]
    pub fn secret(&self) -> &InstanceSecret {
        &self.core.settings().secret
    }

    /// What the operator decided.
    #[must_use]
    pub fn settings(&self) -> &auth_core::Settings {
        self.core.settings()
    }

    /// The ways in beside the password.
    #[must_use]
    pub fn methods(&self) -> &MethodsSettings {
        &self.core.settings().methods
    }

    /// The context of somebody we do not know.
    #[must_use]
    pub fn anonymous(&self) -> Ctx {
        let device = self.settings.cookies.trust_device(self.req.headers(), self.secret());
        Ctx { trusted_device: device.map(Secret::new), ..self.meta.ctx(Actor::Anonymous) }
    }

    /// The session token that the request presents, whether or not it opens anything.
    #[must_use]
    pub fn presented(&self) -> Option<String> {
        self.settings.cookies.presented(self.req.headers(), self.secret())
    }

    /// Whether the browser has the mark of a session that is not to be remembered.
    #[must_use]
    pub fn is_forgetful(&self) -> bool {
        self.settings.cookies.is_forgetful(self.req.headers(), self.secret())
    }

    /// The API key that the request presents in the place of a session, where keys stand for sessions.
    ///
    /// # Errors
    /// 403 `INVALID_API_KEY` for what cannot be a key.
    pub fn api_key(&self) -> Result<Option<String>> {
        let settings = &self.methods().api_key;
        if !settings.enabled || !settings.enable_session {
            return Ok(None);
        }
        let Some(header) = self.req.headers().get("x-api-key") else { return Ok(None) };
        let text = header.to_str().ok().filter(|text| (16..=256).contains(&text.len()));
        text.map(|text| Some(text.to_owned())).ok_or_else(api_key::malformed)
    }

    /// Who asks, if the request carries a session that counts, or a key that stands for one. A key that is no good is not
    /// made up for by a cookie.
    pub async fn caller(self) -> Result<Option<Caller>> {
        self.recognized(true).await
    }

    /// The same; `counts` says whether it is a use of the key, if it is one.
    async fn recognized(self, counts: bool) -> Result<Option<Caller>> {
        if let Some(text) = self.api_key()? {
            return self.by_key(text, counts).await.map(Some);
        }
        let Some(token) = self.presented() else { return Ok(None) };
        let found = self.core.read(&self.anonymous(), async |rx| sessions::resolve(rx, &token).await).await?;
        let caller = found.map(|found| Caller { session: found.session, user: found.user, token, edge: self });
        if let Some(caller) = &caller {
            caller.edge.req.extensions_mut().insert(Recognized(caller.ctx().actor));
        }
        Ok(caller)
    }

    /// Refuses what a key is not for: it reads, in a program, and nobody sits there who could show a password.
    fn refuse_beyond_reading(&self) -> Result<()> {
        let path = self.req.path().strip_prefix("/api/auth").unwrap_or_default();
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
        let reads = match *self.req.method() {
            Method::GET | Method::HEAD => READ_BY_KEY.contains(&path) || begins(&["/organization/", "/scim/"]),
            _ => ["/get-session", "/organization/has-permission", "/organization/check-slug"].contains(&path),
        };
        // Those refuse keys by themselves, in their own words.
        if reads || begins(&["/api-key/", "/admin/"]) {
            return Ok(());
        }
        Err(ApiError::forbidden("API_KEYS_ONLY_READ", "An API key only reads: sign in to change anything"))
    }

    async fn by_key(self, text: String, counts: bool) -> Result<Caller> {
        self.refuse_beyond_reading()?;
        let found = match api_keys::open(&self.core, &self.anonymous(), &text, counts).await? {
            Entered::In(found) => *found,
            Entered::Refused { why, try_again_in } => return Err(api_key::refused(why, try_again_in)),
        };
        let caller = Caller { session: found.session, user: found.user, token: text, edge: self };
        caller.edge.req.extensions_mut().insert(Recognized(caller.ctx().actor));
        Ok(caller)
    }
}

/// What a key may read besides organizations and connections.
const READ_BY_KEY: [&str; 5] = ["/get-session", "/list-accounts", "/list-sessions", "/account-info", "/token"];

/// As whom a request was recognized.
struct Recognized(Actor);

/// Makes sure that whoever a request was recognized as is still there, as they were: for a body that took its time.
/// Where nobody was recognized, nobody is asked for.
pub async fn still(req: &HttpRequest) -> Result<()> {
    let Some(before) = req.extensions().get::<Recognized>().map(|known| known.0.clone()) else { return Ok(()) };
    let now = Edge::of(req)?.recognized(false).await?;
    if now.is_some_and(|caller| caller.ctx().actor == before) { Ok(()) } else { Err(ApiError::unauthorized()) }
}

impl FromRequest for Edge {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req))
    }
}

/// A person with a session that counts. 401 `UNAUTHORIZED` otherwise.
pub struct Caller {
    /// Their session.
    pub session: Session,
    /// Who they are.
    pub user: User,
    /// The token by which they came, in plain.
    pub token: String,
    /// Where they came.
    pub edge: Edge,
}

impl Caller {
    /// Who they are, by id.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user.id
    }

    /// The context of what they do.
    #[must_use]
    pub fn ctx(&self) -> Ctx {
        self.edge.meta.ctx(Actor::User {
            user_id: self.user.id.clone(),
            session_id: self.session.id.clone(),
            platform_admin: self.user.is_platform_admin() && !self.session.is_key(),
            impersonated_by: self.session.impersonated_by.clone(),
        })
    }

    /// The core.
    #[must_use]
    pub fn core(&self) -> &AuthCore {
        &self.edge.core
    }

    /// Whether their session was opened recently enough for what asks for that.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.session.is_fresh(&self.core().settings().session, self.core().clock().now())
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let edge = Edge::of(req);
        Box::pin(async move { edge?.caller().await?.ok_or_else(ApiError::unauthorized) })
    }
}

/// A [`Caller`] who makes or changes an API key. Who is not signed in is refused in that plugin's own words: 401
/// `UNAUTHORIZED_SESSION`.
pub struct KeyMaker(pub Caller);

impl KeyMaker {
    /// That nobody is signed in, or somebody else than whoever is named.
    #[must_use]
    pub fn refusal() -> ApiError {
        ApiError::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED_SESSION", "Unauthorized or invalid session")
    }
}

impl FromRequest for KeyMaker {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let edge = Edge::of(req);
        Box::pin(async move { edge?.caller().await?.map(Self).ok_or_else(Self::refusal) })
    }
}

/// A [`Caller`] whose session is fresh. 403 `SESSION_NOT_FRESH` otherwise.
pub struct FreshCaller(pub Caller);

impl FromRequest for FreshCaller {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(req, payload);
        Box::pin(async move {
            let caller = caller.await?;
            if caller.is_fresh() {
                Ok(Self(caller))
            } else {
                Err(ApiError::new(StatusCode::FORBIDDEN, "SESSION_NOT_FRESH", "Session is not fresh"))
            }
        })
    }
}
