//! The token endpoint and the revocation endpoint, without their HTTP.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::proof::{self, Client, ClientProof, Held};
use super::{ACCESS, ACCESS_PREFIX, OAuthFault, REFRESH, REFRESH_PREFIX, TokenAnswer, narrowed};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::credentials::{CredentialScope, scopes, scopes_text};
use crate::ids::{Id as _, OAuthGrantId};
use crate::secret::{self, Secret};

/// An access token for the client itself (RFC 6749, section 4.4).
///
/// # Errors
/// [`OAuthFault::InvalidClient`], [`OAuthFault::InvalidScope`], `DirectoryFault::Paused`.
pub async fn client_credentials(
    core: &AuthCore,
    ctx: &Ctx,
    proof: ClientProof<'_>,
    scope: Option<&str>,
) -> Result<TokenAnswer> {
    let client = proof::prove(core, ctx, proof).await?;
    core.write(ctx, async |tx| {
        let held = client.hold(tx).await?;
        let scopes = narrowed(scope, &held.scopes)?;
        let (access_token, expires_in) = access(tx, &client, &held, None, &scopes).await?;
        Ok(TokenAnswer { access_token, expires_in, refresh_token: None, scopes })
    })
    .await
}

/// Tokens for a code (RFC 6749, section 4.1.3).
///
/// # Errors
/// [`OAuthFault::InvalidClient`], [`OAuthFault::InvalidGrant`], [`OAuthFault::UnauthorizedClient`],
/// `DirectoryFault::Paused`.
pub async fn exchange_code(
    core: &AuthCore,
    ctx: &Ctx,
    proof: ClientProof<'_>,
    authorization_code: &str,
    redirect_uri: &str,
    code_verifier: Option<&str>,
) -> Result<TokenAnswer> {
    let client = proof::prove(core, ctx, proof).await?;
    let spent_code = secret::hash(authorization_code);
    // A verifier must answer a challenge, and the other way round.
    let challenge = code_verifier.map_or_else(String::new, challenge);
    let made = core
        .write(ctx, async |tx| {
            let held = client.hold(tx).await?;
            if !held.redirects {
                return Err(OAuthFault::UnauthorizedClient.into());
            }
            let grant: OAuthGrantId = tx.new_id();
            let spent = db::one(
                tx,
                "UPDATE directory_oauth_codes SET used_at = $1, grant_id = $2
                 WHERE code_hash = $3 AND credential_id = $4 AND owner_key = $5 AND redirect_uri = $6
                   AND COALESCE(code_challenge, '') = $7 AND used_at IS NULL AND expires_at > $1
                 RETURNING user_id, scopes",
                [
                    tx.now().into(),
                    grant.as_str().into(),
                    spent_code.as_str().into(),
                    client.id.as_str().into(),
                    client.owner_key().into(),
                    redirect_uri.into(),
                    challenge.as_str().into(),
                ],
            )
            .await?;
            let Some(spent) = spent else {
                end_of_code(tx, &client, &spent_code).await?;
                return Ok(None);
            };
            let granted: String = spent.get(1)?;
            let expires_at = tx.now().plus_seconds(tx.settings().directory.refresh_token_expires_in);
            db::run(
                tx,
                "INSERT INTO directory_oauth_grants (id, credential_id, owner_key, user_id, scopes, expires_at, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                [
                    grant.as_str().into(),
                    client.id.as_str().into(),
                    client.owner_key().into(),
                    spent.get::<String>(0)?.into(),
                    granted.as_str().into(),
                    expires_at.into(),
                    tx.now().into(),
                ],
            )
            .await?;
            pair(tx, &client, &held, &grant, &scopes(&granted), None).await.map(Some)
        })
        .await?;
    made.ok_or_else(|| OAuthFault::InvalidGrant.into())
}

/// The challenge that a verifier answers (RFC 7636, section 4.6). What cannot be a verifier answers none.
fn challenge(verifier: &str) -> String {
    let possible = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    if possible {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
    } else {
        "no verifier".to_owned()
    }
}

/// A code of the client that came again: who has the tokens is uncertain, so nobody has.
async fn end_of_code(tx: &Tx, client: &Client, code: &str) -> Result<()> {
    let sql = "SELECT grant_id FROM directory_oauth_codes
         WHERE code_hash = $1 AND credential_id = $2 AND owner_key = $3 AND used_at IS NOT NULL";
    let row = db::one(tx, sql, [code.into(), client.id.as_str().into(), client.owner_key().into()]).await?;
    match row.map(|row| row.get::<Option<String>>(0)).transpose()?.flatten() {
        Some(grant) => end(tx, client, &OAuthGrantId::from_text(grant)).await,
        None => Ok(()),
    }
}

/// The next pair of tokens for a refresh token (RFC 6749, section 6), which is spent.
///
/// # Errors
/// [`OAuthFault::InvalidClient`], [`OAuthFault::InvalidGrant`], [`OAuthFault::InvalidScope`],
/// `DirectoryFault::Paused`.
pub async fn refresh(
    core: &AuthCore,
    ctx: &Ctx,
    proof: ClientProof<'_>,
    refresh_token: &str,
    scope: Option<&str>,
) -> Result<TokenAnswer> {
    let client = proof::prove(core, ctx, proof).await?;
    let token = secret::hash(refresh_token);
    let made = core
        .write(ctx, async |tx| {
            let held = client.hold(tx).await?;
            let spent = db::one(
                tx,
                "UPDATE directory_oauth_tokens SET used_at = $1
                 WHERE token_hash = $2 AND kind = $3 AND credential_id = $4 AND owner_key = $5
                   AND used_at IS NULL AND expires_at > $1
                 RETURNING grant_id, scopes",
                [
                    tx.now().into(),
                    token.as_str().into(),
                    REFRESH.into(),
                    client.id.as_str().into(),
                    client.owner_key().into(),
                ],
            )
            .await?;
            let Some(spent) = spent else {
                if let Some(found) = find(tx, &client, &token).await?
                    && found.kind == REFRESH
                    && found.used
                    && let Some(grant) = found.grant
                {
                    end(tx, &client, &grant).await?;
                }
                return Ok(None);
            };
            let grant = OAuthGrantId::from_text(spent.get(0)?);
            let expires_at = tx.now().plus_seconds(tx.settings().directory.refresh_token_expires_in);
            let sql = "UPDATE directory_oauth_grants SET expires_at = $1 WHERE id = $2 AND owner_key = $3";
            db::run(tx, sql, [expires_at.into(), grant.as_str().into(), client.owner_key().into()]).await?;
            // What is asked for too much rolls back: the token is as good as before.
            pair(tx, &client, &held, &grant, &scopes(&spent.get::<String>(1)?), scope).await.map(Some)
        })
        .await?;
    made.ok_or_else(|| OAuthFault::InvalidGrant.into())
}

/// Ends a token of the client (RFC 7009). There need not be one.
///
/// # Errors
/// [`OAuthFault::InvalidClient`].
pub async fn revoke_token(core: &AuthCore, ctx: &Ctx, proof: ClientProof<'_>, token: &str) -> Result<()> {
    let client = proof::prove(core, ctx, proof).await?;
    let token = secret::hash(token);
    core.write(ctx, async |tx| match find(tx, &client, &token).await? {
        None => Ok(()),
        Some(Found { kind, grant: Some(grant), .. }) if kind == REFRESH => end(tx, &client, &grant).await,
        Some(_) => {
            let sql =
                "DELETE FROM directory_oauth_tokens WHERE token_hash = $1 AND credential_id = $2 AND owner_key = $3";
            let values = [token.as_str().into(), client.id.as_str().into(), client.owner_key().into()];
            db::run(tx, sql, values).await.map(drop)
        }
    })
    .await
}

/// A token of the client, whatever became of it.
struct Found {
    kind: String,
    grant: Option<OAuthGrantId>,
    used: bool,
}

async fn find(tx: &Tx, client: &Client, token: &str) -> Result<Option<Found>> {
    let sql = "SELECT kind, grant_id, used_at FROM directory_oauth_tokens
         WHERE token_hash = $1 AND credential_id = $2 AND owner_key = $3";
    let row = db::one(tx, sql, [token.into(), client.id.as_str().into(), client.owner_key().into()]).await?;
    row.map(|row| {
        Ok(Found {
            kind: row.get(0)?,
            grant: row.get::<Option<String>>(1)?.map(OAuthGrantId::from_text),
            used: row.get::<Option<i64>>(2)?.is_some(),
        })
    })
    .transpose()
}

/// Ends a grant with all its tokens, which the foreign key takes along.
async fn end(tx: &Tx, client: &Client, grant: &OAuthGrantId) -> Result<()> {
    let sql = "DELETE FROM directory_oauth_grants WHERE id = $1 AND credential_id = $2 AND owner_key = $3";
    db::run(tx, sql, [grant.as_str().into(), client.id.as_str().into(), client.owner_key().into()]).await.map(drop)
}

/// An access token with the scopes that were asked for, and a refresh token with those that were granted.
async fn pair(
    tx: &Tx,
    client: &Client,
    held: &Held,
    grant: &OAuthGrantId,
    granted: &[CredentialScope],
    asked: Option<&str>,
) -> Result<TokenAnswer> {
    let may: Vec<CredentialScope> = granted.iter().copied().filter(|scope| held.scopes.contains(scope)).collect();
    let scopes = narrowed(asked, &may)?;
    let (access_token, expires_in) = access(tx, client, held, Some(grant), &scopes).await?;
    let (refresh_token, _) = secret::credential(tx.chance(), REFRESH_PREFIX);
    let expires_at = tx.now().plus_seconds(tx.settings().directory.refresh_token_expires_in);
    insert(tx, client, REFRESH, &refresh_token, Some(grant), granted, expires_at).await?;
    Ok(TokenAnswer { access_token, expires_in, refresh_token: Some(refresh_token), scopes })
}

/// A new access token, and for how many seconds it is good: no longer than its client is.
async fn access(
    tx: &Tx,
    client: &Client,
    held: &Held,
    grant: Option<&OAuthGrantId>,
    scopes: &[CredentialScope],
) -> Result<(Secret, i64)> {
    let (token, _) = secret::credential(tx.chance(), ACCESS_PREFIX);
    let mut expires_at = tx.now().plus_seconds(tx.settings().directory.access_token_expires_in);
    if let Some(end) = held.expires_at {
        expires_at = expires_at.min(end);
    }
    insert(tx, client, ACCESS, &token, grant, scopes, expires_at).await?;
    Ok((token, (expires_at.millis() - tx.now().millis()) / 1000))
}

async fn insert(
    tx: &Tx,
    client: &Client,
    kind: &str,
    token: &Secret,
    grant: Option<&OAuthGrantId>,
    scopes: &[CredentialScope],
    expires_at: Timestamp,
) -> Result<()> {
    db::run(
        tx,
        "INSERT INTO directory_oauth_tokens
             (token_hash, kind, credential_id, owner_key, grant_id, scopes, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            secret::hash(token.expose()).into(),
            kind.into(),
            client.id.as_str().into(),
            client.owner_key().into(),
            grant.map(|id| id.as_str().to_owned()).into(),
            scopes_text(scopes).into(),
            expires_at.into(),
            tx.now().into(),
        ],
    )
    .await
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_of_a_verifier_answers_its_challenge() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(challenge(&verifier[1..]), "no verifier");
        assert_eq!(challenge(&format!("{verifier} ")), "no verifier");
    }
}
