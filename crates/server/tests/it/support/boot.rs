//! `portico bootstrap` in the process of a test: an admin, an organization, its first directory.

use server::commands::bootstrap::{self, Wanted};

use super::{App, Client, PASSWORD};

/// An organization that stands, and who may do what with it.
pub struct Boot {
    /// The admin's address.
    pub email: String,
    /// The admin.
    pub user_id: String,
    /// The organization.
    pub organization_id: String,
    /// Its first directory.
    pub directory_id: String,
    /// A secret key of `/v1`.
    pub secret_key: String,
    /// A token of the directory.
    pub scim_token: String,
    /// The admin's browser, signed in.
    pub admin: Client,
    /// A SCIM client with the token.
    pub scim: Client,
    /// A caller of `/v1` with the key.
    pub key: Client,
}

impl App {
    /// Makes a platform admin `admin@<domain or organization>.example` who owns a new organization, with the
    /// domain as its own.
    pub async fn boot(&self, organization: &str, domain: Option<&str>) -> Boot {
        let host = organization.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let email = format!("admin@{}", domain.map_or_else(|| format!("{host}.example"), str::to_owned));
        let wanted = Wanted {
            email: email.clone(),
            password: Some(PASSWORD.to_owned()),
            organization: organization.to_owned(),
            domain: domain.map(str::to_owned),
        };
        let made = bootstrap::run(&self.core, &wanted).await.expect("bootstrap succeeds");
        Boot {
            user_id: made.user_id,
            organization_id: made.organization_id,
            directory_id: made.directory_id,
            admin: self.signed_in(&email).await,
            scim: self.scim(&made.scim_token),
            key: self.key(&made.secret_key),
            secret_key: made.secret_key,
            scim_token: made.scim_token,
            email,
        }
    }
}
