//! `portico token create`: a SCIM token for the oldest directory of an organization.

use auth_core::features::directory::credentials::{self, NewCredential, Origin};
use auth_core::features::directory::{Directory, connections};
use auth_core::ids::{Id, OrgId};
use auth_core::secret::Secret;
use auth_core::{Ctx, Tx, orgs};
use serde_json::json;

use super::CommandError;
use crate::compose;
use crate::config::Config;

pub(super) async fn create(config: &Config, organization: &str) -> Result<(), CommandError> {
    let id = OrgId::parse(organization).ok_or_else(|| CommandError::Other(format!("{organization:?} is not an id")))?;
    let core = compose::core(config, true).await?;
    let (directory, token) = core
        .write(&Ctx::system("token"), async |tx| {
            orgs::get(tx, &id).await?;
            issue(tx, &id).await
        })
        .await?;
    core.db().close().await?;
    let printed = json!({
        "organization_id": id.as_str(),
        "directory_id": directory.id.as_str(),
        "scim_endpoint": scim_endpoint(config.public_url()),
        "scim_token": token.expose(),
    });
    println!("{printed}");
    Ok(())
}

/// A new token for the oldest live directory of the organization, which is made if there is none.
pub(super) async fn issue(tx: &mut Tx, organization: &OrgId) -> auth_core::Result<(Directory, Secret)> {
    let directory = connections::oldest_live(tx, organization).await?;
    let new = NewCredential::bearer(directory.id.clone(), "Command line", Origin::Bootstrap);
    let secret = credentials::issue(tx, new).await?.into_secret()?;
    Ok((directory, secret))
}

/// Where an identity provider sends its requests.
pub(super) fn scim_endpoint(public_url: &str) -> String {
    format!("{public_url}/scim/v2")
}
