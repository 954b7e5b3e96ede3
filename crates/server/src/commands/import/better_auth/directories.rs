//! Directories, their tokens, and the people and groups that they have pushed: of 1.6, where people are rows of `account`, and of
//! 1.7, which has tables of its own.

use std::collections::HashMap;

use auth_core::arrivals::Came;
use auth_core::clock::Timestamp;
use auth_core::features::directory::credentials::{self, Known};
use auth_core::features::directory::{Attributes, CredentialScope, Directory, connections, groups, users};
use auth_core::ids::{Id as _, OrgId};
use auth_core::{Scope as _, Tx, orgs};
use serde_json::{Value as Json, json};

use super::{Import, tables, without};
use crate::commands::import::opening;
use crate::commands::import::report::Report;
use crate::commands::import::row::Row;
use crate::commands::import::source::Query;

const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// How many random characters the secret part of a token of 1.6 has.
const TOKEN: usize = 24;
/// How much of the id of a credential is shown, which is no secret.
const PREFIX: usize = 27;
/// What stands for the instance in `--directory`.
const INSTANCE: &str = "instance";

impl Import<'_> {
    /// Whose a directory is. `Err`: nobody says.
    fn owner(&self, provider: &str, said: Option<String>) -> Result<Option<String>, Came> {
        let told = self.wanted.directory.iter().find(|(name, _)| name == provider).map(|(_, owner)| owner.clone());
        match told.or(said) {
            Some(owner) if owner == INSTANCE => Ok(None),
            Some(owner) => Ok(Some(owner)),
            None => Err(Came::refused(format!(
                "it does not say whose it is: --directory {provider}=ORGANIZATION, or {provider}={INSTANCE}"
            ))),
        }
    }

    pub(super) async fn directories_of_1_6(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        let mut here: HashMap<String, Directory> = HashMap::new();
        for row in self.few(&tables::SCIM_PROVIDER).await? {
            let (id, provider, organization) = (row.texts("id"), row.texts("providerId"), row.text("organizationId"));
            if let Some(refused) = row.unreadable() {
                report.count("directories", &id, &refused);
                continue;
            }
            let made = match self.owner(&provider, organization.clone()) {
                Ok(owner) => directory(tx, id.clone(), owner, provider.clone(), None).await?,
                Err(refused) => (refused, None),
            };
            report.count("directories", &id, &made.0);
            let Some(directory) = made.1 else { continue };
            let came = match self.token_of_1_6(&row) {
                Some(digest) => {
                    let known = Known::OfProvider { digest, provider: provider.clone(), organization };
                    let there = credentials::Arriving {
                        id: id.clone(),
                        name: provider.clone(),
                        prefix: String::new(),
                        known,
                        scopes: CredentialScope::ALL.to_vec(),
                        expires_at: None,
                        created_at: None,
                    };
                    credentials::take_over(tx, &directory, there).await?
                }
                None => Came::refused(
                    "its token is kept in a way that cannot be read (--secret-env, --secret-file): issue another",
                ),
            };
            report.count("directory tokens", &id, &came);
            here.insert(provider, directory);
        }
        self.people_of_1_6(tx, report, &here).await
    }

    /// SHA-256 of the secret part of a token, which is kept plain, hashed or encrypted.
    fn token_of_1_6(&self, row: &Row) -> Option<[u8; 32]> {
        let kept = row.text("scimToken")?;
        if opening::looks_sealed(&kept) {
            return Some(opening::sha256(self.opened(&kept)?.expose()));
        }
        let plain = kept.len() == TOKEN && kept.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if plain { Some(opening::sha256(&kept)) } else { opening::digest(&kept) }
    }

    async fn people_of_1_6(
        &self,
        tx: &mut Tx,
        report: &mut Report,
        here: &HashMap<String, Directory>,
    ) -> auth_core::Result<()> {
        let (Some(accounts), Some(people)) = (self.found(&tables::ACCOUNT), self.found(&tables::USER)) else {
            return Ok(());
        };
        if self.found(&tables::SCIM_PROVIDER).is_none() {
            return Ok(());
        }
        report.begin("directory users");
        let query = Query::joined(
            (accounts, &["id", "providerId", "accountId", "userId", "createdAt"]),
            (people, &["name", "email", "banned"]),
            ("userId", "id"),
        );
        self.each_of(tx, report, "directory users", &query, async |tx, row| {
            let Some(directory) = here.get(&row.texts("providerId")) else { return Ok(None) };
            let there = users::Arriving {
                // What the identity provider was told is the person's id.
                id: row.texts("userId"),
                user_id: row.texts("userId"),
                attributes: attributes_of_1_6(row),
                created_at: row.at("createdAt"),
            };
            users::take_over(tx, directory, there).await.map(Some)
        })
        .await
    }

    pub(super) async fn directories_of_1_7(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        // By the id of the connection, which is what resources name; and by that of its record, which is what credentials do.
        let (mut here, mut records): (HashMap<String, Directory>, HashMap<String, String>) = Default::default();
        for row in self.few(&tables::SCIM_MANAGED).await? {
            records.insert(row.texts("id"), row.texts("connectionId"));
            self.connection(tx, report, &row, "status", &mut here).await?;
        }
        for row in self.few(&tables::SCIM_BINDING).await? {
            if records.values().any(|connection| *connection == row.texts("connectionId")) {
                continue;
            }
            self.connection(tx, report, &row, "decommissionStatus", &mut here).await?;
            let text = "the tokens of the connection {} are in the configuration of the application: issue one here, and give it \
                        to the identity provider";
            report.note(text.replace("{}", &row.texts("connectionId")));
        }
        let (here, records) = (&here, &records);
        let knows = tx.settings().directory.better_auth_credential_secret.is_some();
        self.each(tx, report, ("directory tokens", &tables::SCIM_CREDENTIAL), async |tx, row| {
            let directory = records.get(&row.texts("connectionRecordId")).and_then(|id| here.get(id));
            let Some(directory) = directory else { return Ok(Came::refused("its directory is not here")) };
            let Some(there) = credential_of_1_7(row) else {
                return Ok(Came::refused("it is not active, or cannot be read"));
            };
            let came = credentials::take_over(tx, directory, there).await?;
            let lost = "its use, until directory.better_auth_credential_secret is set to managedConnections.credentialHashSecret";
            Ok(without(came, (!knows).then(|| lost.into())))
        })
        .await?;
        self.each(tx, report, ("directory users", &tables::SCIM_USER), async |tx, row| {
            let Some(directory) = here.get(&row.texts("connectionId")) else {
                return Ok(Came::refused("its directory is not here"));
            };
            let there = users::Arriving {
                id: row.texts("id"),
                user_id: row.texts("userId"),
                attributes: attributes_of_1_7(row),
                created_at: row.at("createdAt"),
            };
            users::take_over(tx, directory, there).await
        })
        .await?;
        self.each(tx, report, ("directory groups", &tables::SCIM_GROUP), async |tx, row| {
            let Some(directory) = here.get(&row.texts("connectionId")) else {
                return Ok(Came::refused("its directory is not here"));
            };
            let mut attributes = Attributes::new();
            attributes.insert("schemas".to_owned(), json!([CORE_GROUP]));
            attributes.insert("displayName".to_owned(), row.texts("displayName").into());
            attributes.extend(row.text("externalId").map(|id| ("externalId".to_owned(), id.into())));
            let there = groups::Arriving { id: row.texts("id"), attributes, created_at: row.at("createdAt") };
            groups::take_over(tx, directory, there).await
        })
        .await?;
        self.each(tx, report, ("directory group members", &tables::SCIM_GROUP_MEMBER), async |tx, row| {
            groups::take_over_member(tx, &row.texts("id"), &row.texts("groupId"), &row.texts("scimUserId")).await
        })
        .await
    }

    async fn connection(
        &self,
        tx: &mut Tx,
        report: &mut Report,
        row: &Row,
        status: &str,
        here: &mut HashMap<String, Directory>,
    ) -> auth_core::Result<()> {
        let (id, connection) = (row.texts("id"), row.texts("connectionId"));
        if let Some(refused) = row.unreadable() {
            report.count("directories", &id, &refused);
            return Ok(());
        }
        // A connection belongs to no organization there. Applications often take the organization's id as the domain's.
        let domain = match row.text("provisioningDomainId").as_deref().and_then(OrgId::parse) {
            Some(id) => orgs::find(tx, &id).await?.map(|organization| organization.id.as_str().to_owned()),
            None => None,
        };
        let made = if row.text(status).is_some_and(|status| status != "active") {
            (Came::refused("it was decommissioned"), None)
        } else {
            match self.owner(&connection, domain) {
                Ok(owner) => directory(tx, id.clone(), owner, connection.clone(), row.at("createdAt")).await?,
                Err(refused) => (refused, None),
            }
        };
        report.count("directories", &id, &made.0);
        here.extend(made.1.map(|directory| (connection, directory)));
        Ok(())
    }
}

async fn directory(
    tx: &mut Tx,
    id: String,
    organization_id: Option<String>,
    provider_id: String,
    created_at: Option<Timestamp>,
) -> auth_core::Result<(Came, Option<Directory>)> {
    connections::take_over(tx, connections::Arriving { id, organization_id, provider_id, created_at }).await
}

/// What 1.6 says of a person to the identity provider.
fn attributes_of_1_6(row: &Row) -> Attributes {
    let (email, name, external) = (row.texts("email"), row.texts("name"), row.texts("accountId"));
    let mut attributes = Attributes::new();
    attributes.insert("schemas".to_owned(), json!([CORE_USER]));
    if external != email {
        attributes.insert("externalId".to_owned(), external.into());
    }
    attributes.insert("userName".to_owned(), email.clone().into());
    attributes.insert("name".to_owned(), json!({ "formatted": name }));
    attributes.insert("displayName".to_owned(), name.into());
    attributes.insert("active".to_owned(), (!row.bar("banned")).into());
    attributes.insert("emails".to_owned(), json!([{ "value": email, "primary": true }]));
    attributes
}

/// What 1.7 says of a person to the identity provider.
fn attributes_of_1_7(row: &Row) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert("schemas".to_owned(), json!([CORE_USER]));
    if let Some(kept) = row.object("serializedAttributes") {
        attributes.extend(kept);
        if let Some(enterprise) = attributes.remove("enterprise") {
            attributes.insert(ENTERPRISE.to_owned(), enterprise);
        }
    } else {
        let parts = [("formatted", "formattedName"), ("givenName", "givenName"), ("familyName", "familyName")];
        let name = parts.into_iter().filter_map(|(part, field)| Some((part.to_owned(), Json::from(row.text(field)?))));
        attributes.insert("name".to_owned(), Json::Object(name.collect()));
        attributes.extend(row.json("serializedEmails").map(|emails| ("emails".to_owned(), emails)));
    }
    for field in ["userName", "displayName", "externalId"] {
        attributes.extend(row.text(field).map(|text| (field.to_owned(), text.into())));
    }
    attributes.insert("active".to_owned(), row.flag("active").unwrap_or_default().into());
    attributes
}

fn credential_of_1_7(row: &Row) -> Option<credentials::Arriving> {
    if row.texts("status") != "active" {
        return None;
    }
    let scopes: Vec<String> = serde_json::from_value(row.json("serializedScopes")?).ok()?;
    let scope = |text: &String| match text.as_str() {
        "scim.users.read" => Some(CredentialScope::UsersRead),
        "scim.users.write" => Some(CredentialScope::UsersWrite),
        "scim.groups.read" => Some(CredentialScope::GroupsRead),
        "scim.groups.write" => Some(CredentialScope::GroupsWrite),
        _ => None,
    };
    Some(credentials::Arriving {
        id: row.texts("id"),
        name: "Imported".to_owned(),
        prefix: row.texts("credentialId").chars().take(PREFIX).collect(),
        known: Known::OfManaged { digest: opening::digest(&row.texts("tokenDigest"))? },
        scopes: scopes.iter().filter_map(scope).collect(),
        // Without an end that can be read it is none.
        expires_at: Some(row.at("expiresAt")?),
        created_at: row.at("createdAt"),
    })
}
