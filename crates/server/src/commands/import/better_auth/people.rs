//! People and their ways in.

use std::collections::HashSet;

use auth_core::api_keys::{self, Permissions, RateLimit};
use auth_core::arrivals::{Came, Words};
use auth_core::credentials::{self, WayIn};
use auth_core::features::social;
use auth_core::secret::{InstanceSecret, Secret};
use auth_core::{Scope as _, Tx, passkeys, sessions, two_factor, users};
use tokio::sync::Mutex;

use super::{Import, tables, without};
use crate::commands::import::opening;
use crate::commands::import::report::{Administrator, Report};
use crate::commands::import::row::Row;

const UNREADABLE: Came = Came::Refused(std::borrow::Cow::Borrowed("a column of it cannot be read"));

impl Import<'_> {
    pub(super) async fn users(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        let administrators = Mutex::new(Vec::new());
        self.each(tx, report, ("users", &tables::USER), async |tx, row| {
            let (person, mut lost) = person(row);
            let (additional_fields, unread) = self.additional(&tables::USER, row);
            lost.extend(unread);
            let person = users::Person { additional_fields, ..person };
            let administrator = person.is_admin.then(|| Administrator::of(&person.id, &person.email));
            let came = users::take_over(tx, person).await?;
            if came.is_new() {
                administrators.lock().await.extend(administrator);
            }
            Ok(without(came, lost))
        })
        .await?;
        report.administrators = administrators.into_inner();
        Ok(())
    }

    pub(super) async fn accounts(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        // People of a directory of 1.6 are rows of this table too. They come with their directory.
        let directories: HashSet<String> =
            self.few(&tables::SCIM_PROVIDER).await?.iter().map(|row| row.texts("providerId")).collect();
        self.each(tx, report, ("accounts", &tables::ACCOUNT), async |tx, row| {
            if directories.contains(&row.texts("providerId")) {
                return Ok(None);
            }
            self.account(tx, row).await.map(Some)
        })
        .await
    }

    async fn account(&self, tx: &mut Tx, row: &Row) -> auth_core::Result<Came> {
        let way = WayIn {
            id: row.texts("id"),
            user_id: row.texts("userId"),
            provider_id: row.texts("providerId"),
            account_id: row.texts("accountId"),
            password_hash: row.text("password"),
            scope: row.text("scope"),
            created_at: row.at("createdAt"),
            updated_at: row.at("updatedAt"),
        };
        let came = credentials::take_over(tx, way).await?;
        if !came.is_new() {
            return Ok(came);
        }
        let sealed = ["accessToken", "refreshToken", "idToken"].map(|field| row.text(field));
        let [access_token, refresh_token, id_token] = sealed.clone().map(|token| self.token(token?));
        let lost =
            sealed.iter().flatten().count() > [&access_token, &refresh_token, &id_token].into_iter().flatten().count();
        let tokens = social::Tokens {
            access_token,
            refresh_token,
            id_token,
            access_token_expires_at: row.at("accessTokenExpiresAt"),
            refresh_token_expires_at: row.at("refreshTokenExpiresAt"),
            scopes: Vec::new(),
        };
        social::take_over_tokens(tx, &row.texts("id"), &tokens).await?;
        Ok(without(came, lost.then(|| Words::from("tokens of the provider, which cannot be opened"))))
    }

    /// A token of a provider, which may be encrypted.
    fn token(&self, text: String) -> Option<Secret> {
        if opening::looks_sealed(&text) { self.opened(&text) } else { Some(Secret::new(text)) }
    }

    pub(super) async fn two_factors(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        self.each(tx, report, ("two-factor", &tables::TWO_FACTOR), async |tx, row| {
            let there = two_factor::Arriving {
                id: row.texts("id"),
                user_id: row.texts("userId"),
                key: row.text("secret").and_then(|sealed| self.opened(&sealed)),
                verified: row.flag("verified").unwrap_or(row.text("verified").is_none()),
                backup_codes: self.backup_codes(row),
                locked_until: row.at("lockedUntil"),
            };
            let failed = row.number("failedVerificationCount").is_some_and(|failed| failed > 0);
            let lost = failed.then(|| Words::from("wrong codes so far, which are counted anew"));
            Ok(without(two_factor::take_over(tx, there).await?, lost))
        })
        .await
    }

    /// A list of texts in JSON, encrypted or plain.
    fn backup_codes(&self, row: &Row) -> Vec<Secret> {
        let Some(kept) = row.text("backupCodes") else { return Vec::new() };
        let plain = if opening::looks_sealed(&kept) { self.opened(&kept) } else { Some(Secret::new(kept)) };
        let codes: Vec<String> = plain.and_then(|codes| serde_json::from_str(codes.expose()).ok()).unwrap_or_default();
        codes.into_iter().map(Secret::new).collect()
    }

    pub(super) async fn passkeys(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        self.each(tx, report, ("passkeys", &tables::PASSKEY), async |tx, row| {
            let there = passkeys::Arriving {
                id: row.texts("id"),
                user_id: row.texts("userId"),
                name: row.text("name"),
                public_key: row.texts("publicKey"),
                credential_id: row.texts("credentialID"),
                sign_count: row.number("counter").unwrap_or_default(),
                backup_eligible: row.texts("deviceType") == "multiDevice",
                backed_up: row.flag("backedUp").unwrap_or_default(),
                transports: row.text("transports"),
                aaguid: row.text("aaguid"),
                created_at: row.at("createdAt"),
            };
            passkeys::take_over(tx, there).await
        })
        .await
    }

    pub(super) async fn api_keys(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        self.each(tx, report, ("api keys", &tables::API_KEY), async |tx, row| match api_key(row) {
            Some(there) => {
                let kind = row.text("configId").filter(|kind| kind != "default");
                let lost = kind.map(|kind| Words::from(format!("its configuration {kind:?}: there is one here")));
                let used = row.number("requestCount").is_some_and(|used| used > 0);
                let counted = used.then(|| Words::from("its uses within the present window, which are counted anew"));
                Ok(without(api_keys::take_over(tx, there).await?, lost.into_iter().chain(counted)))
            }
            None => Ok(UNREADABLE),
        })
        .await
    }

    /// Cookies are signed with the secret: sessions of another one could be opened by nobody.
    pub(super) async fn sessions(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        const PROBE: &str = "is it the same secret?";
        let signed = self.secret.as_ref().map(|secret| InstanceSecret::new(secret.expose()).sign(PROBE));
        let same = signed.is_some_and(|signature| tx.settings().secret.verify(PROBE, &signature));
        self.each(tx, report, ("sessions", &tables::SESSION), async |tx, row| {
            if !same {
                return Ok(Came::refused(
                    "auth.secret is not the secret that was given: their cookies mean nothing here",
                ));
            }
            let Some(expires_at) = row.at("expiresAt") else { return Ok(UNREADABLE) };
            let (additional_fields, mut lost) = self.additional(&tables::SESSION, row);
            let there = sessions::Arriving {
                id: row.texts("id"),
                token: Secret::new(row.texts("token")),
                user_id: row.texts("userId"),
                expires_at,
                ip_address: row.text("ipAddress"),
                user_agent: row.text("userAgent"),
                active_organization_id: row.text("activeOrganizationId"),
                impersonated: row.text("impersonatedBy").is_some(),
                created_at: row.at("createdAt"),
                updated_at: row.at("updatedAt"),
                additional_fields,
            };
            let team = row.text("activeTeamId");
            lost.extend(team.map(|_| Words::from("the team in which it works, which is chosen anew")));
            Ok(without(sessions::take_over(tx, there).await?, lost))
        })
        .await
    }
}

fn person(row: &Row) -> (users::Person, Vec<Words>) {
    let roles = row.list("role");
    let unknown = roles.iter().filter(|role| !matches!(role.as_str(), "user" | "admin"));
    let lost =
        unknown.map(|role| format!("the role {role:?} in the instance: there are admin and user").into()).collect();
    let person = users::Person {
        id: row.texts("id"),
        name: row.texts("name"),
        email: row.texts("email"),
        email_verified: row.flag("emailVerified").unwrap_or_default(),
        image: row.text("image"),
        is_admin: roles.iter().any(|role| role == "admin"),
        banned: row.bar("banned"),
        ban_reason: row.text("banReason"),
        ban_expires_at: row.at("banExpires"),
        username: row.text("username"),
        display_username: row.text("displayUsername"),
        phone_number: row.text("phoneNumber"),
        phone_number_verified: row.flag("phoneNumberVerified").unwrap_or_default(),
        is_anonymous: row.flag("isAnonymous").unwrap_or_default(),
        two_factor_enabled: row.bar("twoFactorEnabled"),
        created_at: row.at("createdAt"),
        updated_at: row.at("updatedAt"),
        ..users::Person::default()
    };
    (person, lost)
}

/// A key. What limits it must be readable.
fn api_key(row: &Row) -> Option<api_keys::Arriving> {
    let key = row.text("key")?;
    let permissions: Option<Permissions> = match row.text("permissions").filter(|text| text != "null") {
        Some(_) => Some(serde_json::from_value(row.json("permissions")?).ok()?),
        None => None,
    };
    let rate_limit = row.flag("rateLimitEnabled").map(|enabled| RateLimit {
        enabled,
        window: row.number("rateLimitTimeWindow").unwrap_or_default(),
        max: row.number("rateLimitMax").unwrap_or_default(),
    });
    let expires_at = row.at("expiresAt");
    if row.text("expiresAt").is_some() && expires_at.is_none() {
        return None;
    }
    Some(api_keys::Arriving {
        id: row.texts("id"),
        // Where keys are not hashed there, it is the key itself.
        digest: opening::digest(&key).unwrap_or_else(|| opening::sha256(&key)),
        owner: row.text("referenceId").or_else(|| row.text("userId"))?,
        name: row.text("name"),
        start: row.text("start"),
        prefix: row.text("prefix"),
        enabled: row.flag("enabled").unwrap_or(row.text("enabled").is_none()),
        remaining: row.number("remaining"),
        refill: (row.number("refillAmount"), row.number("refillInterval")),
        last_refill_at: row.at("lastRefillAt"),
        rate_limit,
        permissions,
        metadata: row.object("metadata"),
        expires_at,
        created_at: row.at("createdAt"),
    })
}
