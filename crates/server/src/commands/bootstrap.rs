//! `portico bootstrap`: the first admin, an organization, its first directory, and what opens them.
//!
//! It can be run again: what is there is found, and only the secret key and the token are new each time.

use auth_core::ids::{Id, OrgId, UserId};
use auth_core::orgs::texts::slug_of;
use auth_core::orgs::{self, NewOrganization, domains, members};
use auth_core::users::{self, Changes, NewUser};
use auth_core::{AuthCore, Ctx, Scope as _, Tx, credentials, secret, secret_keys};
use clap::Args;
use serde::Serialize;

use super::{CommandError, token};
use crate::compose;
use crate::config::Config;

/// What is wanted.
#[derive(Args, Clone, Debug)]
pub struct Wanted {
    /// The admin's email address.
    #[arg(long)]
    pub email: String,
    /// The admin's password, if the account is new. An account that stands keeps its own. Needed unless `password.enabled` is
    /// switched off.
    #[arg(long, env = "PORTICO_BOOTSTRAP_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// The organization's name.
    #[arg(long, value_name = "NAME")]
    pub organization: String,
    /// An email domain that the organization holds from now on.
    #[arg(long)]
    pub domain: Option<String>,
}

/// What there is now. The names are a contract.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// The admin.
    pub user_id: String,
    /// The organization.
    pub organization_id: String,
    /// Its oldest directory.
    pub directory_id: String,
    /// A new secret key of `/v1`.
    pub secret_key: String,
    /// Where an identity provider sends its requests.
    pub scim_endpoint: String,
    /// A new token of the directory.
    pub scim_token: String,
}

pub(super) async fn command(config: &Config, wanted: &Wanted) -> Result<(), CommandError> {
    let core = compose::core(config, true).await?;
    if core.settings().password.enabled && wanted.password.is_none() {
        let missing = "the admin needs a password: --password, or PORTICO_BOOTSTRAP_PASSWORD";
        return Err(CommandError::Other(missing.to_owned()));
    }
    let made = run(&core, wanted).await?;
    core.db().close().await?;
    let printed = serde_json::to_string(&made).map_err(|error| CommandError::Other(error.to_string()))?;
    println!("{printed}");
    Ok(())
}

/// Makes or finds everything, in one transaction.
///
/// # Errors
/// What the core refuses: an address or a password that is none, a domain that another organization holds.
pub async fn run(core: &AuthCore, wanted: &Wanted) -> auth_core::Result<Made> {
    // Outside of the transaction, and for nothing if the account stands. Where there are no passwords the admin comes in as
    // everybody does.
    let hash = match wanted.password.as_deref().filter(|_| core.settings().password.enabled) {
        Some(password) => {
            credentials::check_new(core.settings(), password, &[&wanted.email])?;
            Some(credentials::hash_password(core, password).await?)
        }
        None => None,
    };
    let made = core
        .write(&Ctx::system("bootstrap"), async |tx| {
            let user = admin(tx, &wanted.email, hash.as_deref()).await?;
            let organization = organization(tx, &wanted.organization, &user).await?;
            if let Some(domain) = &wanted.domain {
                domains::assert_domain(tx, &organization, domain).await?;
            }
            let (directory, scim_token) = token::issue(tx, &organization).await?;
            let key = secret_keys::issue(tx, "Bootstrap").await?;
            Ok::<_, auth_core::Error>(Made {
                user_id: user.into(),
                organization_id: organization.into(),
                directory_id: directory.id.into(),
                secret_key: key.secret.expose().to_owned(),
                scim_endpoint: token::scim_endpoint(&tx.settings().public_url),
                scim_token: scim_token.expose().to_owned(),
            })
        })
        .await?;
    Ok(made)
}

/// The platform admin with that address. Whoever runs this vouches for the address; what a stranger may have set
/// on an account that never proved it is wiped. Without a hash they come in by another way that the instance has.
pub(super) async fn admin(tx: &mut Tx, email: &str, hash: Option<&str>) -> auth_core::Result<UserId> {
    let user = if let Some(user) = users::find_by_email(tx, email).await? {
        let user = users::lock(tx, &user.id).await?;
        if user.email_verified { user } else { users::prove_mailbox(tx, &user.id).await? }
    } else {
        let name = email.split('@').next().unwrap_or(email).to_owned();
        let new = NewUser {
            name,
            email: email.to_owned(),
            email_verified: true,
            role: "admin".to_owned(),
            ..NewUser::default()
        };
        users::create(tx, new).await?
    };
    if !user.is_platform_admin() {
        users::update(tx, &user.id, Changes { role: Some("admin".to_owned()), ..Changes::default() }).await?;
    }
    let Some(hash) = hash else { return Ok(user.id) };
    if credentials::find_password(tx, &user.id).await?.is_some() {
        tracing::info!(user = user.id.as_str(), "the account stands; its password was left as it is");
    } else {
        credentials::set_password(tx, &user.id, hash).await?;
    }
    Ok(user.id)
}

/// The organization of exactly that name that the admin owns, or a new one. Somebody else's is never taken for it,
/// whatever it calls itself: what is made next trusts it with a domain.
async fn organization(tx: &mut Tx, name: &str, owner: &UserId) -> auth_core::Result<OrgId> {
    for member in members::of_user(tx, owner).await? {
        let found = orgs::get(tx, &member.organization_id).await?;
        if found.name != name || !member.is_owner() {
            continue;
        }
        if !member.is_active() {
            // The operator's explicit override: nothing else brings back whom a directory suspended.
            members::restore(tx, &found.id, owner).await?;
        }
        return Ok(found.id);
    }
    let mut slug = slug_of(name, "");
    if orgs::find_by_slug(tx, &slug).await?.is_some() {
        slug = slug_of(name, &secret::random_text(tx.chance(), 8).to_lowercase());
    }
    let new = NewOrganization { name: name.to_owned(), slug, owner: Some(owner.clone()), ..NewOrganization::default() };
    Ok(orgs::create(tx, new).await?.id)
}
