//! An issuer of OpenID Connect for tests: it does what it should, until a test tells it otherwise.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard};

use actix_web::dev::ServerHandle;
use actix_web::web::{Data, Form};
use actix_web::{App as Web, HttpRequest, HttpResponse, HttpServer, web};
use auth_core::clock::Clock as _;
use auth_core::secret::Secret;
use auth_core::settings::{ClientProof, SocialProvider};
use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use url::Url;

use super::{App, Json, Options, TestClock, json};

/// Our id at the issuer, and our secret there.
pub const CLIENT: &str = "portico at acme";
const SECRET: &str = "a secret: of ours";

thread_local! {
    /// The port of the issuer of the test that runs on this thread: its settings are made before it is.
    static PORT: RefCell<Option<TcpListener>> = const { RefCell::new(None) };
}

/// Options with the provider `acme`, which is the issuer that [`Issuer::open`] opens. It is trusted.
pub fn with_issuer() -> Options {
    with_provider(|provider| provider.trusted = true)
}

/// The same with another provider. Of those that know no discovery, the paths are `/token`, `/userinfo` and so on.
pub fn with_provider(change: impl Fn(&mut SocialProvider) + 'static) -> Options {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    PORT.with_borrow_mut(|port| *port = Some(listener));
    Options::default()
        .settings(move |settings| {
            let mut provider =
                SocialProvider::openid("acme", "Acme", &base, CLIENT, ClientProof::Auto(Secret::new(SECRET)));
            change(&mut provider);
            settings.social.providers.push(provider);
        })
        .kit(|kit| kit.trusted_origins = vec!["https://app.example".to_owned()])
}

/// How ID tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signing {
    /// As they should be.
    #[default]
    Good,
    /// Not at all: `alg` is `none`.
    None,
    /// With the public key as a shared secret: `alg` is `HS256`.
    Shared,
    /// By somebody else under the issuer's name of the key.
    Stranger,
    /// By a key that is not published.
    Unpublished,
}

struct Key {
    kid: String,
    pkcs8: Vec<u8>,
    public: Json,
}

impl Key {
    fn new(kid: &str) -> Self {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).expect("a key");
        let pkcs8 = pkcs8.as_ref().to_vec();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).expect("its key");
        let point = pair.public_key().as_ref();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let public = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
            "x": text(&point[1..33]), "y": text(&point[33..65]),
        });
        Self { kid: kid.to_owned(), pkcs8, public }
    }
}

/// What was granted for a code or a token.
#[derive(Clone)]
struct Granted {
    challenge: String,
    redirect_uri: String,
    nonce: String,
    person: Json,
}

type Tamper = Box<dyn Fn(&mut Json) + Send>;

/// The state of an issuer.
struct State {
    keys: Vec<Key>,
    signing: Signing,
    codes: BTreeMap<String, Granted>,
    refresh: BTreeMap<String, Granted>,
    access: BTreeMap<String, Json>,
    made: u64,
    tamper: Tamper,
    document: Tamper,
    asked: BTreeMap<String, usize>,
    forms: Vec<BTreeMap<String, String>>,
}

/// The issuer.
pub struct Issuer {
    /// Its name and address.
    pub base: String,
    shared: Arc<Shared>,
    handle: ServerHandle,
}

struct Shared {
    base: String,
    clock: Arc<TestClock>,
    state: Mutex<State>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }
}

/// A person of the issuer, with claims.
pub fn subject(id: &str, email: &str, verified: bool) -> Json {
    json!({ "sub": id, "email": email, "email_verified": verified, "name": "Ann Lee", "picture": "https://i.example/a.png" })
}

impl Issuer {
    /// Opens the issuer that the options of this test named.
    pub fn open(app: &App) -> Self {
        let listener = PORT.with_borrow_mut(Option::take).expect("options of `with_issuer`");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let state = State {
            keys: vec![Key::new("key-1")],
            signing: Signing::Good,
            codes: BTreeMap::new(),
            refresh: BTreeMap::new(),
            access: BTreeMap::new(),
            made: 0,
            tamper: Box::new(|_| ()),
            document: Box::new(|_| ()),
            asked: BTreeMap::new(),
            forms: Vec::new(),
        };
        let shared = Arc::new(Shared { base: base.clone(), clock: Arc::clone(&app.clock), state: Mutex::new(state) });
        let data = Data::from(Arc::clone(&shared));
        let server = HttpServer::new(move || {
            Web::new()
                .app_data(data.clone())
                .route("/.well-known/openid-configuration", web::get().to(document))
                .route("/jwks", web::get().to(jwks))
                .route("/token", web::post().to(token))
                .route("/userinfo", web::get().to(userinfo))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .expect("the issuer starts")
        .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { base, shared, handle }
    }

    /// What a person's browser gets for an authorization request that its owner agrees to: the query of the way back.
    pub fn agree(&self, url: &str, person: &Json) -> String {
        let asked = query(url);
        assert!(url.starts_with(&format!("{}/authorize", self.base)), "{url}");
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", CLIENT));
        let text = |name: &str| asked.get(name).cloned().unwrap_or_default();
        let mut state = self.shared.state();
        state.made += 1;
        let code = format!("code-{}", state.made);
        let granted = Granted {
            challenge: text("code_challenge"),
            redirect_uri: text("redirect_uri"),
            nonce: text("nonce"),
            person: person.clone(),
        };
        state.codes.insert(code.clone(), granted);
        let back = Url::parse_with_params(
            "http://x/",
            [("code", code.as_str()), ("state", &text("state")), ("iss", &self.base)],
        );
        back.expect("a query").query().expect("a query").to_owned()
    }

    /// An ID token that an app got for itself.
    pub fn id_token(&self, person: &Json, nonce: &str) -> String {
        self.shared.id_token(person, nonce)
    }

    /// Signs otherwise from now on.
    pub fn sign(&self, signing: Signing) {
        self.shared.state().signing = signing;
    }

    /// Changes the claims of ID tokens from now on.
    pub fn tamper(&self, tamper: impl Fn(&mut Json) + Send + 'static) {
        self.shared.state().tamper = Box::new(tamper);
    }

    /// Changes the discovery document from now on.
    pub fn document(&self, change: impl Fn(&mut Json) + Send + 'static) {
        self.shared.state().document = Box::new(change);
    }

    /// Signs with a new key from now on, and publishes it alone.
    pub fn rotate(&self, kid: &str) {
        self.shared.state().keys = vec![Key::new(kid)];
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.shared.state().asked.get(path).copied().unwrap_or_default()
    }

    /// The forms that came to the token endpoint.
    pub fn forms(&self) -> Vec<BTreeMap<String, String>> {
        self.shared.state().forms.clone()
    }

    /// Forgets every refresh token.
    pub fn forget(&self) {
        self.shared.state().refresh.clear();
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// The query of an address.
pub fn query(url: &str) -> BTreeMap<String, String> {
    let base = Url::parse("http://x/").expect("an address");
    base.join(url).expect("an address").query_pairs().into_owned().collect()
}

impl Shared {
    fn id_token(&self, person: &Json, nonce: &str) -> String {
        let now = self.clock.now().millis() / 1000;
        let mut claims = person.clone();
        for (name, value) in [
            ("iss", json!(self.base)),
            ("aud", json!(CLIENT)),
            ("iat", json!(now)),
            ("exp", json!(now + 600)),
            ("nonce", json!(nonce)),
        ] {
            claims[name] = value;
        }
        let state = self.state();
        (state.tamper)(&mut claims);
        let key = &state.keys[0];
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(key.kid.clone());
        let good = EncodingKey::from_ec_der(&key.pkcs8);
        match state.signing {
            Signing::Good => jsonwebtoken::encode(&header, &claims, &good),
            Signing::None => {
                let part = |value: &Json| URL_SAFE_NO_PAD.encode(value.to_string());
                return format!("{}.{}.", part(&json!({ "alg": "none", "kid": key.kid })), part(&claims));
            }
            Signing::Shared => {
                header.alg = Algorithm::HS256;
                jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key.public.to_string().as_bytes()))
            }
            Signing::Stranger => {
                jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_der(&Key::new("key-1").pkcs8))
            }
            Signing::Unpublished => {
                header.kid = Some(format!("unknown-{}", state.made));
                jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_der(&Key::new("x").pkcs8))
            }
        }
        .expect("a token")
    }

    fn answer(&self, granted: &Granted, by_code: bool) -> HttpResponse {
        let id_token = self.id_token(&granted.person, if by_code { &granted.nonce } else { "" });
        let mut state = self.state();
        state.made += 1;
        let (access, refresh) = (format!("access-{}", state.made), format!("refresh-{}", state.made));
        state.access.insert(access.clone(), granted.person.clone());
        state.refresh.insert(refresh.clone(), granted.clone());
        HttpResponse::Ok().json(json!({
            "access_token": access, "refresh_token": refresh, "id_token": id_token, "token_type": "Bearer",
            "expires_in": 3600, "scope": "openid email profile",
        }))
    }
}

fn count(shared: &Shared, path: &str) {
    *shared.state().asked.entry(path.to_owned()).or_default() += 1;
}

async fn document(shared: Data<Shared>) -> HttpResponse {
    count(&shared, "document");
    let base = &shared.base;
    let mut document = json!({
        "issuer": base, "authorization_endpoint": format!("{base}/authorize"), "token_endpoint": format!("{base}/token"),
        "userinfo_endpoint": format!("{base}/userinfo"), "jwks_uri": format!("{base}/jwks"),
        "authorization_response_iss_parameter_supported": true,
    });
    (shared.state().document)(&mut document);
    HttpResponse::Ok().json(document)
}

async fn jwks(shared: Data<Shared>) -> HttpResponse {
    count(&shared, "jwks");
    let keys: Vec<Json> = shared.state().keys.iter().map(|key| key.public.clone()).collect();
    HttpResponse::Ok().json(json!({ "keys": keys }))
}

async fn token(shared: Data<Shared>, request: HttpRequest, form: Form<BTreeMap<String, String>>) -> HttpResponse {
    count(&shared, "token");
    shared.state().forms.push(form.clone());
    let refused = || HttpResponse::BadRequest().json(json!({ "error": "invalid_grant" }));
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let expected = format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(SECRET))));
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let posted = form.get("client_secret").map(String::as_str) == Some(SECRET);
    if header != Some(&expected) && !posted {
        return HttpResponse::Unauthorized().json(json!({ "error": "invalid_client" }));
    }
    let text = |name: &str| form.get(name).cloned().unwrap_or_default();
    if text("grant_type") == "refresh_token" {
        let Some(granted) = shared.state().refresh.remove(&text("refresh_token")) else { return refused() };
        return shared.answer(&granted, false);
    }
    let Some(granted) = shared.state().codes.remove(&text("code")) else { return refused() };
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text("code_verifier").as_bytes()));
    let proven = granted.challenge.is_empty() || granted.challenge == challenge;
    if !proven || granted.redirect_uri != text("redirect_uri") {
        return refused();
    }
    shared.answer(&granted, true)
}

async fn userinfo(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    count(&shared, "userinfo");
    let token = request.headers().get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let state = shared.state();
    match token.and_then(|token| state.access.get(token)) {
        Some(person) => HttpResponse::Ok().json(person),
        None => HttpResponse::Unauthorized().finish(),
    }
}
