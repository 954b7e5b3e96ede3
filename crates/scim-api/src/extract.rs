//! Who calls, and what a handler needs of the request. A handler that names [`Caller`] is
//! authenticated before any of the body is read; a caller cannot be made otherwise.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use api_kit::RequestMeta;
use api_kit::body::MOMENT;
use auth_core::features::directory::credentials::{self, Presented, Recognized as Recognition, Refused};
use auth_core::features::directory::import::{self, Kind};
use auth_core::features::directory::schemas::{self, Kinds};
use auth_core::features::directory::users::{KeptPassword, keep_password};
use auth_core::features::directory::{CredentialScope, DirectoryActor, DirectoryFault};
use auth_core::ids::CredentialId;
use auth_core::{Actor, AuthCore, Ctx, Rx};
use scim_protocol::ResourceType;

use crate::error::ApiError;
use crate::log::Recording;
use crate::rate::Meter;
use crate::success;
use crate::vendor::credential::{Given, credential};

/// How many resources may be looked at for what an operation costs: evaluating so many takes about as long as reading one
/// by its id.
const ROWS_OF_AN_OPERATION: u64 = 100;

/// Under which path a scope was registered.
#[derive(Clone, Copy)]
pub struct Prefix(pub &'static str);

/// The address of the service as it was called: the public address and the path, without a final slash.
pub fn base(req: &HttpRequest) -> String {
    let prefix = req.app_data::<Prefix>().map_or("/scim/v2", |prefix| prefix.0);
    let address = req.app_data::<web::Data<api_kit::Settings>>().map_or("", |settings| settings.public_url.as_str());
    format!("{address}{prefix}")
}

/// A directory that has authenticated, and the request it made.
pub struct Caller {
    /// The core.
    pub core: web::Data<AuthCore>,
    /// Who it is.
    pub actor: DirectoryActor,
    /// The request, by this directory.
    pub ctx: Ctx,
    /// The address of the service as it was called.
    pub base: String,
    kinds: Kinds,
    meter: Option<Meter>,
    recording: Option<Recording>,
    /// The directory itself, while it is in import mode: then `actor` and `ctx` are about what is staged.
    importing: Option<DirectoryActor>,
    /// The request, and since when it is known that its credential is good; none for a request that is made again.
    request: Option<(HttpRequest, Cell<Instant>)>,
}

impl Caller {
    /// A directory whose recorded request is made again, in the name of whoever `ctx` says.
    pub fn replaying(core: &AuthCore, actor: DirectoryActor, ctx: Ctx, kinds: Kinds) -> Self {
        let base = format!("{}/scim/v2", core.settings().public_url);
        Self {
            core: web::Data::new(core.clone()),
            actor,
            ctx,
            base,
            kinds,
            meter: None,
            recording: None,
            importing: None,
            request: None,
        }
    }

    /// The same caller, in a context of which this request is a part.
    pub fn within(&self, ctx: Ctx) -> Self {
        Self::replaying(&self.core, self.actor.clone(), ctx, self.kinds.clone())
    }

    /// Makes sure that the credential is still good, if it is longer than a moment since that was known. For what goes on
    /// for long: each part of a bulk request is refused when its credential has ended meanwhile.
    pub async fn still(&self) -> Result<(), ApiError> {
        let Some((request, known)) = &self.request else { return Ok(()) };
        if known.get().elapsed() > MOMENT {
            still(request).await?;
            known.set(Instant::now());
        }
        Ok(())
    }

    /// The resource types of the directory, with the extensions of its own.
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// Finds out, in import mode, what would come of a resource that was just changed. It never fails a request: what could
    /// not be found out is told to the operator.
    pub async fn changed(&self, kind: Kind, id: &str) {
        if let Some(actor) = &self.importing {
            // Rare, and large: in a box of its own, so that every other request does not carry the room for it.
            let followed = Box::pin(import::follow(&self.core, actor, &self.ctx, kind, id)).await;
            followed.unwrap_or_else(|error| tracing::error!(?error, "an import could not be followed"));
        }
    }

    /// Notes, in import mode, that these resources were asked for by name.
    pub async fn seen(&self, kind: Kind, ids: &[&str]) {
        if let Some(actor) = self.importing.as_ref().filter(|_| !ids.is_empty()) {
            let noted = import::seen(&self.core, actor, &self.ctx, kind, ids).await;
            noted.unwrap_or_else(|error| tracing::error!(?error, "an import could not be followed"));
        }
    }

    /// The recording of the request, if it is recorded.
    pub fn recording(&self) -> Option<&Recording> {
        self.recording.as_ref()
    }

    /// Refuses what the credential may not be used for, before anything else is looked at.
    pub fn needs(&self, scope: CredentialScope) -> Result<(), ApiError> {
        if self.actor.scopes.contains(&scope) {
            Ok(())
        } else {
            Err(ApiError::forbidden(format!("The credential lacks the scope {}", scope.as_str())))
        }
    }

    /// Says that this request asks for so many operations; one of them was counted when it came. 429 if the
    /// credential has asked for too much already, before any of them is done.
    pub async fn charge(&self, operations: usize) -> Result<(), ApiError> {
        let more = u32::try_from(operations.saturating_sub(1)).unwrap_or(u32::MAX);
        match &self.meter {
            Some(meter) => meter.charge(more).await,
            None => Ok(()),
        }
    }

    /// Reads. What no index led to, and had to be looked at, is counted as operations, also if it came to nothing.
    pub async fn read<T>(&self, f: impl AsyncFn(&Rx) -> auth_core::Result<T>) -> Result<T, ApiError> {
        let bill = Bill(self);
        let read = self.core.read(&self.ctx, f).await;
        bill.pay().await;
        Ok(read?)
    }

    /// The password in the form in which it may be kept, if this directory keeps passwords.
    pub async fn keep(&self, password: Option<String>) -> Result<Option<KeptPassword>, ApiError> {
        match password {
            Some(password) => Ok(keep_password(&self.core, &self.actor, &password).await?),
            None => Ok(None),
        }
    }
}

/// Counts what was looked at, also if whoever asked has gone away.
struct Bill<'a>(&'a Caller);

impl Bill<'_> {
    async fn pay(self) {
        if let Some((meter, operations)) = self.due() {
            meter.owe(operations).await;
        }
    }

    fn due(&self) -> Option<(&Meter, u32)> {
        let operations = self.0.ctx.work.take() / ROWS_OF_AN_OPERATION;
        let meter = self.0.meter.as_ref().filter(|_| operations > 0)?;
        Some((meter, u32::try_from(operations).unwrap_or(u32::MAX)))
    }
}

impl Drop for Bill<'_> {
    fn drop(&mut self) {
        if let Some((meter, operations)) = self.due() {
            meter.owe_later(operations);
        }
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(
            async move { authenticate(&req).await?.ok_or_else(|| ApiError::unauthenticated("Credentials are needed")) },
        )
    }
}

/// For what may be read without credentials. Those that are given must be good all the same: Okta tests
/// them by reading the configuration.
pub struct Visitor {
    /// The address of the service as it was called.
    pub base: String,
    /// Whether a password that the directory sends is kept.
    pub keeps_passwords: bool,
    kinds: Kinds,
}

impl Visitor {
    /// The resource types, with the extensions of the directory if it has said who it is.
    pub fn types(&self) -> [&ResourceType; 2] {
        [&self.kinds.user, &self.kinds.group]
    }
}

impl FromRequest for Visitor {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let caller = authenticate(&req).await?;
            Ok(Self {
                base: base(&req),
                keeps_passwords: caller.as_ref().is_some_and(|caller| caller.actor.directory.settings.keep_password),
                kinds: caller.map_or_else(Kinds::standard, |caller| caller.kinds),
            })
        })
    }
}

/// The caller, or `None` if there are no credentials at all.
async fn authenticate(req: &HttpRequest) -> Result<Option<Caller>, ApiError> {
    let Some(given) = given(req.headers())? else { return Ok(None) };
    let core = req
        .app_data::<web::Data<AuthCore>>()
        .cloned()
        .ok_or_else(|| auth_core::Error::internal("the server was composed without a core"))?;
    let meta = RequestMeta::of(req);
    let mut ctx = meta.ctx(Actor::Anonymous);
    let actor = match credentials::recognize(&core, &ctx, presented(&given)).await? {
        Recognition::Good(actor) => actor,
        Recognition::Refused(refused) => {
            let Refused { directory, credential_id, why, error } = *refused;
            Recording::refused(req, &directory, &credential_id, &mut ctx, why);
            return Err(error.into());
        }
    };
    ctx = meta.ctx(actor.actor());
    let meter = match Meter::admit(req, &core, &actor.credential_id).await {
        Ok(meter) => meter,
        Err(error) => {
            Recording::refused(req, &actor.directory, &actor.credential_id, &mut ctx, "rate_limited");
            return Err(error);
        }
    };
    success::expect(req, &core, &actor.directory);
    ctx.untold = actor.directory.is_sandbox();
    let recording =
        if ctx.untold { None } else { Recording::begin(req, &actor.directory, &actor.credential_id, &mut ctx, false) };
    let (actor, importing) = match actor.staged() {
        Some(staged) => {
            (ctx.staged, ctx.untold) = (true, true);
            ctx.actor = staged.actor();
            (staged, Some(actor))
        }
        None => (actor, None),
    };
    let kinds = if actor.directory.schemas_version > 0 {
        core.read(&ctx, async |rx| schemas::kinds(rx, &actor).await).await?
    } else {
        Kinds::standard()
    };
    if let Some(recording) = &recording {
        recording.hides([&kinds.user, &kinds.group]);
    }
    req.extensions_mut().insert(Recognized::from(importing.as_ref().unwrap_or(&actor)));
    let request = Some((req.clone(), Cell::new(Instant::now())));
    Ok(Some(Caller { core, actor, ctx, base: base(req), kinds, meter, recording, importing, request }))
}

/// As what a request was recognized.
#[derive(Clone, PartialEq, Eq)]
struct Recognized {
    credential: CredentialId,
    scopes: Vec<CredentialScope>,
    staged: bool,
}

impl From<&DirectoryActor> for Recognized {
    fn from(actor: &DirectoryActor) -> Self {
        let scopes = actor.scopes.clone();
        Self { credential: actor.credential_id.clone(), scopes, staged: actor.staged().is_some() }
    }
}

/// Makes sure that the credential of a request is still good, and for the same; for a body that took its time, and between
/// the parts of what goes on for long. Where nobody was recognized, nobody is asked for.
pub async fn still(req: &HttpRequest) -> Result<(), ApiError> {
    let Some(before) = req.extensions().get::<Recognized>().cloned() else { return Ok(()) };
    let ended = || ApiError::unauthenticated("The credentials are not valid any more");
    let Some(given) = given(req.headers())? else { return Err(ended()) };
    let Some(core) = req.app_data::<web::Data<AuthCore>>() else { return Err(ended()) };
    let ctx = RequestMeta::of(req).ctx(Actor::Anonymous);
    let now = Recognized::from(&credentials::authenticate(core, &ctx, presented(&given)).await?);
    if now == before {
        Ok(())
    } else if now.staged == before.staged {
        Err(ended())
    } else {
        // It was asked for while it would have acted, or the other way round: the identity provider asks again.
        Err(auth_core::Error::from(DirectoryFault::ImportChanged).into())
    }
}

fn given(headers: &HeaderMap) -> Result<Option<Given<'_>>, ApiError> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    credential(header.as_bytes()).map(Some).ok_or_else(|| ApiError::unauthenticated("The credentials are not valid"))
}

fn presented<'a>(given: &'a Given<'a>) -> Presented<'a> {
    match given {
        Given::Bearer(token) => Presented::Bearer(token),
        Given::Basic { id, secret } => Presented::Basic { id, secret },
    }
}
