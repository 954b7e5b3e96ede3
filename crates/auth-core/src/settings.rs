//! What an operator decides, as plain values. The server reads them from its configuration.

mod fields;
mod phone;
mod social;
mod throttles;
mod tokens;

use crate::secret::{InstanceSecret, Secret};

pub use fields::{FieldKind, FieldOwner, FieldSettings, FieldsSettings};
pub use phone::PhoneNumberSettings;
pub use social::{ClientProof, Issuer, KNOWN, ProfileShape, SocialProvider, SocialSettings, SocialSignUp};
pub use throttles::{Limit, ThrottleSettings};
pub use tokens::{ApiKeySettings, ClaimSource, JwtSettings, SigningAlgorithm};

/// The core's settings. Durations are in seconds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address under which people reach this instance, without a final slash.
    pub public_url: String,
    /// The name of this instance in mails.
    pub application_name: String,
    /// The secret that signs cookies and from which the keys at rest are derived.
    pub secret: InstanceSecret,
    /// Passwords.
    pub password: PasswordSettings,
    /// Sessions.
    pub session: SessionSettings,
    /// Sign-up.
    pub sign_up: SignUpSettings,
    /// Whether people may delete their own account.
    pub delete_user: bool,
    /// Whether deleting one's own account takes a click on a link that is mailed.
    pub delete_user_by_mail: bool,
    /// Whether people may change their own email address.
    pub change_email: bool,
    /// Organizations.
    pub organization: OrganizationSettings,
    /// Directories.
    pub directory: DirectorySettings,
    /// Events.
    pub events: EventSettings,
    /// The audit.
    pub audit: AuditSettings,
    /// Ways in beside the password.
    pub methods: MethodsSettings,
    /// Sign-in by other services.
    pub social: SocialSettings,
    /// Second factors.
    pub two_factor: TwoFactorSettings,
    /// Guesses and messages that are counted in the database.
    pub throttle: ThrottleSettings,
    /// Fields of the operator's.
    pub fields: FieldsSettings,
}

/// Passwords and how they are hashed.
#[derive(Clone, Debug)]
pub struct PasswordSettings {
    /// Whether passwords open anything, and may be set. Those that there are are kept.
    pub enabled: bool,
    /// Fewest UTF-16 code units.
    pub min_length: usize,
    /// Most UTF-16 code units; checked before anything is hashed.
    pub max_length: usize,
    /// How hard a new password must be to guess: a score of zxcvbn, 0 (anything will do) to 4.
    pub min_strength: u8,
    /// Words that make a new password easy to guess here, beside the names of this instance.
    pub easy_words: Vec<String>,
    /// Argon2id memory in KiB.
    pub argon2_memory_kib: u32,
    /// Argon2id passes.
    pub argon2_iterations: u32,
    /// Argon2id lanes.
    pub argon2_parallelism: u32,
    /// How many hashes may be computed at once.
    pub hashing_threads: usize,
    /// How long a reset link lives.
    pub reset_expires_in: i64,
}

/// Sessions.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// How long a session lives without being used.
    pub expires_in: i64,
    /// How long a session lives at the longest, however much it is used, counted from when the person proved themselves.
    pub max_age: Option<i64>,
    /// How old the last renewal must be before a use renews it.
    pub update_age: i64,
    /// How young a session must be for the endpoints that ask for a fresh one; 0 switches that off.
    pub fresh_age: i64,
    /// Whether a person's public metadata is shown with their session.
    pub public_metadata: bool,
}

/// Sign-up with email and password.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone, Debug)]
pub struct SignUpSettings {
    /// Whether strangers may sign up.
    pub enabled: bool,
    /// Whether signing up signs in.
    pub auto_sign_in: bool,
    /// Whether a password opens a session only after the mailbox was proven.
    pub require_email_verification: bool,
    /// Whether signing up mails a verification link; `None`: when verification is required.
    pub send_on_sign_up: Option<bool>,
    /// Whether a verification link signs in.
    pub auto_sign_in_after_verification: bool,
    /// How long a verification link lives.
    pub verification_expires_in: i64,
}

/// Organizations.
#[derive(Clone, Debug)]
pub struct OrganizationSettings {
    /// Whether everybody may create organizations; otherwise platform admins only.
    pub allow_user_to_create: bool,
    /// How many organizations one person may create.
    pub limit: Option<u64>,
    /// The role of who is invited or added without one.
    pub member_role: String,
    /// How many members an organization may have.
    pub membership_limit: Option<u64>,
    /// How many invitations of an organization may be pending.
    pub invitation_limit: u64,
    /// How long an invitation lives.
    pub invitation_expires_in: i64,
    /// Whether inviting somebody again takes back the invitation that is pending, in whose place it is refused otherwise.
    pub cancel_pending_invitations_on_re_invite: bool,
    /// Whether accepting an invitation needs a proven mailbox.
    pub require_email_verification_on_invitation: bool,
    /// Teams.
    pub teams: TeamSettings,
    /// Roles of organizations' own.
    pub dynamic_roles: DynamicRoleSettings,
}

/// Roles that organizations make for themselves.
#[derive(Clone, Debug)]
pub struct DynamicRoleSettings {
    /// Whether they may make any. Those that there are stay in force.
    pub enabled: bool,
    /// How many an organization may have.
    pub limit: Option<u64>,
}

/// Teams of organizations.
#[derive(Clone, Debug)]
pub struct TeamSettings {
    /// Whether there are teams at all.
    pub enabled: bool,
    /// How many teams an organization may have.
    pub limit: Option<u64>,
    /// How many members a team may have.
    pub member_limit: Option<u64>,
    /// Whether the last team of an organization may be deleted.
    pub allow_removing_all: bool,
}

/// Directories.
#[derive(Clone, Debug)]
pub struct DirectorySettings {
    /// Whether every directory must belong to an organization (no instance directory).
    pub require_organization: bool,
    /// How long an access token of an OAuth 2.0 client lives.
    pub access_token_expires_in: i64,
    /// How long a refresh token lives without being used.
    pub refresh_token_expires_in: i64,
    /// After how many days without a use the admins are told of a credential; 0: never.
    pub unused_credential_days: i64,
    /// By what Better Auth 1.7 keeps the credentials of its managed connections, if some were taken over.
    pub better_auth_credential_secret: Option<Secret>,
}

/// The audit.
#[derive(Clone, Debug)]
pub struct AuditSettings {
    /// How many days an entry is kept; 0: for ever. Seals are kept for ever.
    pub retention_days: i64,
}

/// Second factors.
#[derive(Clone, Debug)]
pub struct TwoFactorSettings {
    /// Whether people may set one up. Who has one is asked for it in any case.
    pub enabled: bool,
    /// What the app calls this instance; empty: the application's name.
    pub issuer: String,
}

/// Events.
#[derive(Clone, Debug)]
pub struct EventSettings {
    /// How many days an event is kept.
    pub retention_days: i64,
    /// How many days a delivery to a webhook is kept that is not tried any more.
    pub deliveries_retention_days: i64,
}

/// Ways in beside the password, each off unless it is switched on: a door that nobody asked for stays shut.
#[derive(Clone, Debug, Default)]
pub struct MethodsSettings {
    /// A link that is mailed.
    pub magic_link: MagicLinkSettings,
    /// A code that is mailed.
    pub email_otp: EmailOtpSettings,
    /// Names to sign in with.
    pub username: UsernameSettings,
    /// Telephone numbers to sign in with.
    pub phone_number: PhoneNumberSettings,
    /// Visitors who have not said who they are.
    pub anonymous: AnonymousSettings,
    /// Tokens by which a session goes on elsewhere.
    pub one_time_token: OneTimeTokenSettings,
    /// Keys that never leave people's devices.
    pub passkey: PasskeySettings,
    /// Devices that wait for somebody to let them in elsewhere.
    pub device: DeviceSettings,
    /// Several people in one browser.
    pub multi_session: MultiSessionSettings,
    /// Whether a browser is told by a cookie how somebody signed in last.
    pub last_login_method: bool,
    /// Keys of programs.
    pub api_key: ApiKeySettings,
    /// Session tokens.
    pub jwt: JwtSettings,
}

/// Signing in by a link that is mailed.
#[derive(Clone, Debug)]
pub struct MagicLinkSettings {
    /// Whether it is there.
    pub enabled: bool,
    /// Whether it makes accounts, where strangers may sign up.
    pub sign_up: bool,
    /// How long a link lives.
    pub expires_in: i64,
}

impl Default for MagicLinkSettings {
    fn default() -> Self {
        Self { enabled: false, sign_up: true, expires_in: 300 }
    }
}

/// Codes that are mailed.
#[derive(Clone, Debug)]
pub struct EmailOtpSettings {
    /// Whether they are there.
    pub enabled: bool,
    /// Whether one makes an account, where strangers may sign up.
    pub sign_up: bool,
    /// How many digits they have.
    pub length: usize,
    /// How long a code lives.
    pub expires_in: i64,
    /// How often one may err before there is no code any more.
    pub attempts: i64,
    /// Whether the owner of a proven mailbox is asked before the address is changed.
    pub verify_current_email: bool,
}

impl Default for EmailOtpSettings {
    fn default() -> Self {
        Self { enabled: false, sign_up: true, length: 6, expires_in: 300, attempts: 3, verify_current_email: true }
    }
}

/// Names to sign in with, beside the address.
#[derive(Clone, Debug)]
pub struct UsernameSettings {
    /// Whether there are such names.
    pub enabled: bool,
    /// Fewest characters, in UTF-16 code units.
    pub min_length: usize,
    /// Most characters.
    pub max_length: usize,
}

impl Default for UsernameSettings {
    fn default() -> Self {
        Self { enabled: false, min_length: 3, max_length: 30 }
    }
}

/// Visitors who have not said who they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnonymousSettings {
    /// Whether they get a session.
    pub enabled: bool,
}

/// Tokens by which a session goes on elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct OneTimeTokenSettings {
    /// Whether there are such tokens.
    pub enabled: bool,
    /// How long one lives.
    pub expires_in: i64,
}

impl Default for OneTimeTokenSettings {
    fn default() -> Self {
        Self { enabled: false, expires_in: 180 }
    }
}

/// Passkeys (W3C Web Authentication).
#[derive(Clone, Debug, Default)]
pub struct PasskeySettings {
    /// Whether there are such keys.
    pub enabled: bool,
    /// The domain that passkeys are bound to; `None`: the host of the public address. Another one makes all of them useless.
    pub rp_id: Option<String>,
    /// What authenticators call the instance; `None`: its name.
    pub rp_name: Option<String>,
    /// The origins of the pages that may ask for one; empty: that of the public address.
    pub origins: Vec<String>,
}

/// Device authorization (RFC 8628).
#[derive(Clone, Debug)]
pub struct DeviceSettings {
    /// Whether devices may ask.
    pub enabled: bool,
    /// The clients that may.
    pub client_ids: Vec<String>,
    /// The page on which people type the code in; `None`: `/device` at the public address.
    pub verification_uri: Option<String>,
    /// How long a code lives.
    pub expires_in: i64,
    /// How many seconds a device waits between two polls.
    pub interval: i64,
}

impl Default for DeviceSettings {
    fn default() -> Self {
        Self { enabled: false, client_ids: Vec::new(), verification_uri: None, expires_in: 1800, interval: 5 }
    }
}

/// Several people in one browser.
#[derive(Clone, Copy, Debug)]
pub struct MultiSessionSettings {
    /// Whether a browser keeps more than one session.
    pub enabled: bool,
    /// How many.
    pub maximum: usize,
}

impl Default for MultiSessionSettings {
    fn default() -> Self {
        Self { enabled: false, maximum: 5 }
    }
}

impl Settings {
    /// The defaults, for the given address and secret.
    #[must_use]
    pub fn new(public_url: &str, secret: InstanceSecret) -> Self {
        Self {
            public_url: public_url.trim_end_matches('/').to_owned(),
            application_name: "Portico".to_owned(),
            secret,
            password: PasswordSettings {
                enabled: true,
                min_length: 8,
                max_length: 128,
                min_strength: 0,
                easy_words: Vec::new(),
                argon2_memory_kib: 19 * 1024,
                argon2_iterations: 2,
                argon2_parallelism: 1,
                hashing_threads: std::thread::available_parallelism().map_or(1, usize::from),
                reset_expires_in: 3600,
            },
            session: SessionSettings {
                expires_in: 7 * 86_400,
                max_age: None,
                update_age: 86_400,
                fresh_age: 86_400,
                public_metadata: false,
            },
            sign_up: SignUpSettings {
                enabled: true,
                auto_sign_in: true,
                require_email_verification: false,
                send_on_sign_up: None,
                auto_sign_in_after_verification: false,
                verification_expires_in: 3600,
            },
            delete_user: true,
            delete_user_by_mail: false,
            change_email: true,
            organization: OrganizationSettings {
                allow_user_to_create: true,
                limit: None,
                member_role: "member".to_owned(),
                membership_limit: None,
                invitation_limit: 100,
                invitation_expires_in: 48 * 3600,
                cancel_pending_invitations_on_re_invite: false,
                require_email_verification_on_invitation: false,
                teams: TeamSettings { enabled: true, limit: None, member_limit: None, allow_removing_all: false },
                dynamic_roles: DynamicRoleSettings { enabled: true, limit: Some(100) },
            },
            directory: DirectorySettings {
                require_organization: false,
                access_token_expires_in: 3600,
                refresh_token_expires_in: 30 * 86_400,
                unused_credential_days: 90,
                better_auth_credential_secret: None,
            },
            events: EventSettings { retention_days: 90, deliveries_retention_days: 30 },
            audit: AuditSettings { retention_days: 0 },
            methods: MethodsSettings::default(),
            social: SocialSettings::default(),
            two_factor: TwoFactorSettings { enabled: true, issuer: String::new() },
            throttle: ThrottleSettings::default(),
            fields: FieldsSettings::default(),
        }
    }
}
