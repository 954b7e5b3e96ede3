//! What the administrator of an identity provider has to do there, step by step, with the values of this directory
//! filled in. The texts of each product are in a file of its own; a console renders them.

mod cyberark;
mod entra;
mod generic;
mod google;
mod jumpcloud;
mod okta;
mod onelogin;
mod ping;
mod rippling;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::db::{Part, Scope as _};
use auth_core::features::directory::credentials::{self, Kind};
use auth_core::features::directory::{Directory, connections};
use serde::Serialize;
use utoipa::ToSchema;

use super::Owner;
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::{Forbidden, NotFound, Unauthenticated};
use crate::params::{DirectoryPath, OrganizationPath};
use crate::resource;

/// Among how many credentials the directory's OAuth 2.0 client is looked for: the newest.
const LOOKED_AT: u64 = 100;

/// Registers the operation below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/setup-guide"), [(Method::GET, web::to(read))]));
}

/// What is to be done in a product.
struct Guide {
    /// What the product is called.
    name: &'static str,
    /// How it authenticates, the best way first: `http_header`, `basic`, `oauth2`.
    modes: &'static [&'static str],
    /// By which attribute it recognizes people.
    unique: &'static str,
    /// What it can be told to do.
    actions: &'static [&'static str],
    steps: &'static [Step],
    hints: &'static [Hint],
    /// What it does not do, or otherwise than others.
    remarks: &'static [&'static str],
}

/// A step.
struct Step {
    title: &'static str,
    text: &'static str,
    /// What is typed where.
    fields: &'static [(&'static str, Value)],
}

/// What is typed.
enum Value {
    /// The address of the service, without a final slash.
    BaseUrl,
    /// A bearer token, which only its maker has seen.
    Token,
    /// The same behind the word `Bearer`.
    Bearer,
    /// The id of a credential.
    ClientId,
    /// The secret of a credential.
    ClientSecret,
    /// Where an OAuth 2.0 client fetches tokens.
    TokenUrl,
    /// Where it sends the administrator to be asked.
    AuthorizationUrl,
    /// As it stands.
    Text(&'static str),
}

impl Value {
    fn filled(&self, public_url: &str, client: Option<&str>) -> String {
        match self {
            Self::BaseUrl => format!("{public_url}/scim/v2"),
            Self::Token => "<bearer token>".to_owned(),
            Self::Bearer => "Bearer <bearer token>".to_owned(),
            Self::ClientId => client.unwrap_or("<client id>").to_owned(),
            Self::ClientSecret => "<client secret>".to_owned(),
            Self::TokenUrl => format!("{public_url}/scim/oauth2/token"),
            Self::AuthorizationUrl => format!("{public_url}/scim/oauth2/authorize"),
            Self::Text(text) => (*text).to_owned(),
        }
    }
}

/// What an attribute becomes here.
struct Hint {
    attribute: &'static str,
    text: &'static str,
}

/// What is the same everywhere.
const HINTS: &[Hint] = &[
    Hint {
        attribute: "userName",
        text: "Unique in the directory, whatever its letter case. If it is an address and there are no emails, it is the person's address.",
    },
    Hint {
        attribute: "emails[type eq \"work\"].value",
        text: "The primary address, else the first, says whose account it is. Without any address nobody is linked.",
    },
    Hint { attribute: "name.givenName, name.familyName", text: "First and last name." },
    Hint {
        attribute: "externalId",
        text: "The identity provider's own id of the person. By it somebody who was deleted is recognized again.",
    },
    Hint { attribute: "active", text: "false ends all access before it is answered; true brings the person back." },
];

fn guide(provider: &str) -> &'static Guide {
    match provider {
        "okta" => &okta::GUIDE,
        "entra" => &entra::GUIDE,
        "onelogin" => &onelogin::GUIDE,
        "jumpcloud" => &jumpcloud::GUIDE,
        "ping" => &ping::GUIDE,
        "google" => &google::GUIDE,
        "rippling" => &rippling::GUIDE,
        "cyberark" => &cyberark::GUIDE,
        _ => &generic::GUIDE,
    }
}

/// How to set up the identity provider of a directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectorySetupGuide, example = json!({
    "object": "directory_setup_guide", "directory_id": "dir_01h455vb4pex5vsknk084sn02q", "provider": "okta", "provider_name": "Okta",
    "base_url": "https://id.example/scim/v2", "authentication_modes": ["http_header", "oauth2", "basic"],
    "unique_identifier": "userName", "supported_actions": ["Push new users"],
    "steps": [{"title": "Connect", "text": "Paste both values.", "fields": [
        {"label": "SCIM connector base URL", "value": "https://id.example/scim/v2"}, {"label": "Authorization", "value": "<bearer token>"}
    ]}],
    "mapping_hints": [{"attribute": "userName", "text": "Unique in the directory."}], "remarks": ["Okta never deletes users."]
}))]
pub struct GuideOut {
    /// Always `directory_setup_guide`.
    object: &'static str,
    directory_id: String,
    /// Which product the guide is for: the directory's `provider`.
    provider: String,
    /// What people call it.
    provider_name: &'static str,
    /// Where the identity provider sends requests. A final slash does no harm.
    base_url: String,
    /// How it can authenticate, the best way first: `http_header` (a bearer token), `oauth2`, `basic`.
    authentication_modes: &'static [&'static str],
    /// The attribute by which it recognizes people.
    unique_identifier: &'static str,
    /// What it can be told to do; all of it is served.
    supported_actions: &'static [&'static str],
    steps: Vec<StepOut>,
    mapping_hints: Vec<HintOut>,
    /// What this product does not do, or otherwise than others.
    remarks: &'static [&'static str],
}

/// A step of a guide.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectorySetupStep)]
pub struct StepOut {
    title: &'static str,
    text: &'static str,
    /// What to type or to choose where.
    fields: Vec<FieldOut>,
}

/// A value for a field of the identity provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectorySetupField)]
pub struct FieldOut {
    /// What the identity provider calls it.
    label: &'static str,
    /// What to copy; the client id is that of the newest OAuth 2.0 credential. In angle brackets stands what was shown once when the credential was made.
    value: String,
}

/// What becomes of an attribute.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectorySetupHint)]
pub struct HintOut {
    attribute: &'static str,
    text: &'static str,
}

impl GuideOut {
    /// For a directory, and the OAuth 2.0 client that it has, if it has one.
    fn new(directory: Directory, public_url: &str, client: Option<&str>) -> Self {
        let guide = guide(&directory.provider);
        let step = |step: &Step| StepOut {
            title: step.title,
            text: step.text,
            fields: step
                .fields
                .iter()
                .map(|(label, value)| FieldOut { label, value: value.filled(public_url, client) })
                .collect(),
        };
        let hints = HINTS.iter().chain(guide.hints);
        Self {
            object: "directory_setup_guide",
            directory_id: directory.id.into(),
            provider: directory.provider,
            provider_name: guide.name,
            base_url: Value::BaseUrl.filled(public_url, client),
            authentication_modes: guide.modes,
            unique_identifier: guide.unique,
            supported_actions: guide.actions,
            steps: guide.steps.iter().map(step).collect(),
            mapping_hints: hints.map(|hint| HintOut { attribute: hint.attribute, text: hint.text }).collect(),
            remarks: guide.remarks,
        }
    }
}

/// Read the setup guide of a directory
///
/// What the administrator of the identity provider has to do there, for the directory's product, with the values filled in.
/// Never a secret: what was shown once has a placeholder. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/setup-guide", tag = "Directories",
    operation_id = "getDirectorySetupGuide", params(OrganizationPath, DirectoryPath),
    responses((status = 200, description = "The guide", body = GuideOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn read(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let guide = call
        .read(&owner.gate, async |rx| {
            let directory = connections::get(rx, owner.id(), &call.id("directory_id")?).await?;
            let newest = Part { limit: LOOKED_AT, ..Part::default() };
            let (credentials, _) = credentials::list_of(rx, owner.id(), &directory.id, &newest).await?;
            let client = credentials.iter().find(|found| found.kind == Kind::OAuth2 && found.is_live(rx.now()));
            let client = client.and_then(|found| found.client_id());
            Ok(GuideOut::new(directory, &rx.settings().public_url, client))
        })
        .await?;
    Ok(ok(&guide))
}

/// Read the setup guide of a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/setup-guide", tag = "Directories",
    operation_id = "getInstanceDirectorySetupGuide", params(DirectoryPath),
    responses((status = 200, description = "The guide", body = GuideOut), Unauthenticated, Forbidden, NotFound)
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn read_of_instance() {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use auth_core::features::directory::connections::PROVIDERS;

    use super::*;

    #[test]
    fn every_product_has_a_guide_of_its_own_that_says_where_to_connect() {
        let mut names = BTreeSet::new();
        for provider in PROVIDERS {
            let guide = guide(provider);
            assert!(names.insert(guide.name), "{provider}");
            assert!(guide.steps.len() >= 3 && !guide.modes.is_empty() && !guide.actions.is_empty(), "{provider}");
            let values: Vec<String> = guide
                .steps
                .iter()
                .flat_map(|step| step.fields)
                .map(|(_, value)| value.filled("https://id.example", None))
                .collect();
            assert!(values.iter().any(|value| value == "https://id.example/scim/v2"), "{provider}: {values:?}");
            assert!(values.iter().any(|value| value.contains("<bearer token>")), "{provider}: {values:?}");
        }
    }
}
