//! `/v1/instance`: what a page must know before anybody has signed in: names, colors, and the ways in.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use api_kit::{RequestMeta, Settings};
use auth_core::Settings as CoreSettings;
use auth_core::ids::{Id as _, OrgId};
use auth_core::orgs::{self, Organization};
use auth_core::{Actor, AuthCore, Rx, passkeys};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::ok;
use crate::openapi::BadRequest;
use crate::page::Query;
use crate::resource;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/instance", [(Method::GET, web::to(read))]));
}

/// The instance, as strangers may know it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Instance, example = json!({
    "object": "instance", "name": "Portico", "version": "0.1.0", "base_url": "https://id.example", "logo_url": null,
    "accent_color": "#3355cc", "methods": {"email_password": {"enabled": true, "sign_up_enabled": true,
        "require_email_verification": false, "min_length": 8, "max_length": 128},
        "magic_link": {"enabled": true, "sign_up_enabled": true}, "email_otp": {"enabled": false, "sign_up_enabled": false},
        "username": {"enabled": false, "min_length": 3, "max_length": 30}, "phone_number": {"enabled": false, "sign_up_enabled": false}, "anonymous": {"enabled": false},
        "passkey": {"enabled": true, "origins": ["https://id.example"]}, "device": {"enabled": false}, "multi_session": {"enabled": false},
        "last_login_method": {"enabled": false}, "api_key": {"enabled": false}, "jwt": {"enabled": false},
        "social": [{"id": "google", "name": "Google", "sign_up_enabled": true}], "two_factor": {"enabled": true}},
    "organization": {"name": "Acme", "logo_url": "https://acme.example/logo.png", "accent_color": "#aa2200"}
}))]
pub struct InstanceOut<'a> {
    /// Always `instance`.
    object: &'static str,
    /// What it is called.
    name: &'a str,
    /// The version of Portico.
    version: &'static str,
    /// The address under which people reach it.
    base_url: &'a str,
    /// Its logo, an https address.
    logo_url: Option<&'a str>,
    /// Its color.
    #[schema(pattern = "^#[0-9a-f]{6}$")]
    accent_color: Option<&'a str>,
    methods: MethodsOut,
    /// How the organization presents itself that was asked for; null if there is none of that slug or id.
    organization: Option<BrandingOut>,
}

/// The ways to sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstanceMethods)]
pub struct MethodsOut {
    email_password: EmailPasswordOut,
    /// Signing in by a link that is mailed.
    magic_link: ByMailOut,
    /// Signing in by a code that is mailed.
    email_otp: ByMailOut,
    /// Signing in with a user name and the password.
    username: UsernameOut,
    /// Signing in with a telephone number, by a code or the password.
    phone_number: ByMailOut,
    /// Coming in without saying who one is.
    anonymous: SwitchOut,
    /// Signing in with a passkey.
    passkey: PasskeyOut,
    /// Letting devices in that wait elsewhere.
    device: SwitchOut,
    /// Several people in one browser.
    multi_session: SwitchOut,
    /// Whether the cookie `last_used_login_method` tells pages how somebody signed in last.
    last_login_method: SwitchOut,
    /// API keys that people make for themselves and for organizations.
    api_key: SwitchOut,
    /// Session tokens, by which other services know who somebody is.
    jwt: SwitchOut,
    /// The services through which people sign in, in the order in which they are shown.
    social: Vec<SocialProviderOut>,
    /// Second factors.
    two_factor: TwoFactorOut,
}

/// Something that is there or is not.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstanceSwitch)]
pub struct SwitchOut {
    enabled: bool,
}

/// Passkeys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstancePasskey)]
pub struct PasskeyOut {
    enabled: bool,
    /// The origins whose pages may ask for one; on others browsers refuse, or the server does.
    origins: Vec<String>,
}

/// User names.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstanceUsername)]
pub struct UsernameOut {
    enabled: bool,
    /// Fewest characters, in UTF-16 code units.
    #[schema(minimum = 1)]
    min_length: usize,
    /// Most characters.
    #[schema(minimum = 1)]
    max_length: usize,
}

/// Signing in by what is mailed or sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstanceByMail)]
pub struct ByMailOut {
    enabled: bool,
    /// Whether it makes an account for an address or a number that nobody has.
    sign_up_enabled: bool,
}

/// A service through which people sign in: `POST /api/auth/sign-in/social` leads there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstanceSocialProvider)]
pub struct SocialProviderOut {
    /// Its id, the `provider` of that request.
    id: String,
    /// What people call it.
    name: String,
    /// Whether it makes an account for who has none.
    sign_up_enabled: bool,
}

/// Signing in with email and password.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstanceEmailPassword)]
pub struct EmailPasswordOut {
    enabled: bool,
    /// Whether strangers may sign up.
    sign_up_enabled: bool,
    /// Whether a password opens a session only after the mailbox was proven.
    require_email_verification: bool,
    /// Fewest characters of a password, in UTF-16 code units.
    #[schema(minimum = 1)]
    min_length: usize,
    /// Most characters.
    #[schema(minimum = 1)]
    max_length: usize,
}

/// Second factors.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstanceTwoFactor)]
pub struct TwoFactorOut {
    /// Whether people may set one up: an app, or codes by mail. Who has one is asked for it in any case.
    enabled: bool,
}

impl MethodsOut {
    fn new(settings: &CoreSettings) -> Self {
        let (sign_up, password, methods) = (&settings.sign_up, &settings.password, &settings.methods);
        let by_mail =
            |enabled: bool, makes: bool| ByMailOut { enabled, sign_up_enabled: enabled && makes && sign_up.enabled };
        Self {
            two_factor: TwoFactorOut { enabled: settings.two_factor.enabled },
            email_password: EmailPasswordOut {
                enabled: password.enabled,
                sign_up_enabled: password.enabled && sign_up.enabled,
                require_email_verification: sign_up.require_email_verification,
                min_length: password.min_length,
                max_length: password.max_length,
            },
            magic_link: by_mail(methods.magic_link.enabled, methods.magic_link.sign_up),
            email_otp: by_mail(methods.email_otp.enabled, methods.email_otp.sign_up),
            username: UsernameOut {
                // It takes the password.
                enabled: methods.username.enabled && password.enabled,
                min_length: methods.username.min_length,
                max_length: methods.username.max_length,
            },
            phone_number: ByMailOut {
                enabled: methods.phone_number.enabled,
                sign_up_enabled: methods.phone_number.enabled
                    && methods.phone_number.sign_up
                    && sign_up.enabled
                    && !sign_up.require_email_verification,
            },
            // A visitor's account is a new one.
            anonymous: SwitchOut { enabled: methods.anonymous.enabled && sign_up.enabled },
            passkey: PasskeyOut { enabled: methods.passkey.enabled, origins: passkeys::origins(settings) },
            device: SwitchOut { enabled: methods.device.enabled },
            multi_session: SwitchOut { enabled: methods.multi_session.enabled },
            last_login_method: SwitchOut { enabled: methods.last_login_method },
            api_key: SwitchOut { enabled: methods.api_key.enabled },
            jwt: SwitchOut { enabled: methods.jwt.enabled },
            social: settings
                .social
                .providers
                .iter()
                .map(|one| SocialProviderOut {
                    id: one.id.clone(),
                    name: one.name.clone(),
                    sign_up_enabled: sign_up.enabled && one.sign_up != auth_core::settings::SocialSignUp::Closed,
                })
                .collect(),
        }
    }
}

/// How an organization presents itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationBranding)]
pub struct BrandingOut {
    name: String,
    /// Its logo: an http(s) address or a data image.
    logo_url: Option<String>,
    /// `branding.accent_color` of its public metadata, if that is a color.
    #[schema(pattern = "^#[0-9a-f]{6}$")]
    accent_color: Option<String>,
}

impl From<Organization> for BrandingOut {
    fn from(organization: Organization) -> Self {
        let metadata = organization.public_metadata.as_ref();
        let color = metadata.and_then(|all| all.get("branding")?.get("accent_color")?.as_str());
        Self {
            name: organization.name,
            logo_url: organization.logo,
            accent_color: color.and_then(api_kit::branding::color),
        }
    }
}

/// Which organization.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Wanted {
    /// The slug or the id of the organization whose colors are wanted too.
    #[param(max_length = 64, example = "acme")]
    organization: Option<String>,
}

/// Read what everybody may know
///
/// The instance's name and colors, the ways to sign in, and how an organization presents itself. For pages that show a
/// form to people who have not signed in: it is public, and says nothing about people.
#[utoipa::path(
    get, path = "/v1/instance", tag = "Instance", operation_id = "getInstance", params(Wanted),
    responses((status = 200, description = "The instance", body = InstanceOut<'static>), BadRequest),
    security(())
)]
pub async fn read(
    request: HttpRequest,
    core: web::Data<AuthCore>,
    settings: web::Data<Settings>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::parse(request.query_string())?;
    let wanted = query.text("organization");
    query.finish()?;
    let ctx = RequestMeta::of(&request).ctx(Actor::Anonymous);
    let organization = match &wanted {
        Some(wanted) => core.read(&ctx, async |rx| find(rx, wanted).await).await?,
        None => None,
    };
    let ours = core.settings();
    Ok(ok(&InstanceOut {
        object: "instance",
        name: &ours.application_name,
        version: env!("CARGO_PKG_VERSION"),
        base_url: &ours.public_url,
        logo_url: settings.branding.logo_url.as_deref(),
        accent_color: settings.branding.accent_color.as_deref(),
        methods: MethodsOut::new(ours),
        organization: organization.map(BrandingOut::from),
    }))
}

/// The organization of that id or, there being none, of that slug.
async fn find(rx: &Rx, wanted: &str) -> Result<Option<Organization>, ApiError> {
    let by_id = match OrgId::parse(wanted) {
        Some(id) => orgs::find(rx, &id).await?,
        None => None,
    };
    Ok(match by_id {
        Some(found) => Some(found),
        None => orgs::find_by_slug(rx, wanted).await?,
    })
}
