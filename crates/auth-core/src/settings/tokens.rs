//! API keys and session tokens.

/// Session tokens (JWT).
#[derive(Clone, Debug)]
pub struct JwtSettings {
    /// Whether there are such tokens.
    pub enabled: bool,
    /// Whether whoever looks at their session gets one in the header `set-auth-jwt`.
    pub set_header: bool,
    /// How they are signed.
    pub algorithm: SigningAlgorithm,
    /// Who says so; otherwise the origin of this instance.
    pub issuer: Option<String>,
    /// To whom; otherwise the origin of this instance.
    pub audience: Option<String>,
    /// For how many seconds a token is good.
    pub expires_in: i64,
    /// After how many days another key takes over; 0: never.
    pub rotation_days: i64,
    /// For how many days the key before stays published.
    pub grace_days: i64,
    /// Whether they say all that the session's user says.
    pub user_claims: bool,
    /// What they say besides.
    pub claims: Vec<(String, ClaimSource)>,
}

impl Default for JwtSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            set_header: true,
            algorithm: SigningAlgorithm::EdDsa,
            issuer: None,
            audience: None,
            expires_in: 900,
            rotation_days: 0,
            grace_days: 30,
            user_claims: true,
            claims: Vec::new(),
        }
    }
}

/// How session tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// RSA PKCS #1 v1.5 with SHA-256 and 2048 bits.
    Rs256,
}

impl SigningAlgorithm {
    /// Its name (RFC 7518, section 3.1; RFC 8037).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// Where a claim comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimSource {
    /// A field of the person, as the wire shows it.
    User(String),
    /// A field of the session, as the wire shows it.
    Session(String),
    /// Always the same text.
    Constant(String),
}

/// API keys of people and of organizations.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone, Debug)]
pub struct ApiKeySettings {
    /// Whether there are such keys.
    pub enabled: bool,
    /// Whether a person's key in the header `x-api-key` stands for a session of theirs.
    pub enable_session: bool,
    /// Whether people may note something about a key.
    pub metadata: bool,
    /// Whether a key must have a name.
    pub require_name: bool,
    /// How many days a key is good if nobody says; 0: for ever.
    pub default_expires_in_days: i64,
    /// The fewest days that somebody may say.
    pub min_expires_in_days: i64,
    /// The most.
    pub max_expires_in_days: i64,
    /// Whether a new key has a rate limit.
    pub rate_limit_enabled: bool,
    /// Within how many seconds uses are counted.
    pub rate_limit_window: i64,
    /// How many are allowed.
    pub rate_limit_max: i64,
}

impl Default for ApiKeySettings {
    fn default() -> Self {
        Self {
            enabled: false,
            enable_session: false,
            metadata: false,
            require_name: false,
            default_expires_in_days: 0,
            min_expires_in_days: 1,
            max_expires_in_days: 365,
            rate_limit_enabled: false,
            rate_limit_window: 86_400,
            rate_limit_max: 10,
        }
    }
}
