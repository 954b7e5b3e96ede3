//! The tokens of accounts at rest: sealed, each under a key of its account, so that none opens in another's place.

use serde_json::{Value as Json, json};

use super::Tokens;
use crate::arrivals;
use crate::clock::Timestamp;
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::ids::{AccountId, Id as _};
use crate::secret::Secret;

fn purpose(id: &AccountId) -> String {
    format!("account-tokens:{}", id.as_str())
}

/// Keeps what is given, and what was kept before where nothing is.
pub(super) async fn put(tx: &Tx, id: &AccountId, tokens: &Tokens) -> Result<()> {
    let before = find(tx, id).await?.unwrap_or_default();
    if *tokens == Tokens::default() {
        return Ok(());
    }
    let secret = |new: &Option<Secret>, old: &Option<Secret>| {
        new.as_ref().or(old.as_ref()).map(|token| token.expose().to_owned())
    };
    let value = json!({
        "access": secret(&tokens.access_token, &before.access_token),
        "refresh": secret(&tokens.refresh_token, &before.refresh_token),
        "id": secret(&tokens.id_token, &before.id_token),
    });
    let sealed = tx.settings().secret.seal(&purpose(id), value.to_string().as_bytes())?;
    // Of another access token the old one's end says nothing.
    let access_ends = match tokens.access_token {
        Some(_) => tokens.access_token_expires_at,
        None => before.access_token_expires_at,
    };
    let refresh_ends = tokens.refresh_token_expires_at.or(match tokens.refresh_token {
        Some(_) => None,
        None => before.refresh_token_expires_at,
    });
    let sql = "INSERT INTO account_tokens
            (account_id, sealed, access_token_expires_at, refresh_token_expires_at, refreshing_until, updated_at)
         VALUES ($1, $2, $3, $4, NULL, $5)
         ON CONFLICT (account_id) DO UPDATE SET sealed = $2, access_token_expires_at = $3,
            refresh_token_expires_at = $4, refreshing_until = NULL, updated_at = $5";
    let millis = |at: Option<Timestamp>| at.map(Timestamp::millis);
    let values =
        [id.as_str().into(), sealed.into(), millis(access_ends).into(), millis(refresh_ends).into(), tx.now().into()];
    db::run(tx, sql, values).await?;
    Ok(())
}

/// Keeps the tokens of an account that has just come from another system.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over_tokens(tx: &Tx, account: &str, tokens: &Tokens) -> Result<()> {
    arrivals::demand(tx)?;
    match AccountId::parse(account) {
        Some(id) => put(tx, &id, tokens).await,
        None => Ok(()),
    }
}

/// What is kept of an account. Whose the account is has been seen before.
pub(super) async fn find(db: &impl Scope, id: &AccountId) -> Result<Option<Tokens>> {
    let sql = "SELECT sealed, access_token_expires_at, refresh_token_expires_at FROM account_tokens
        WHERE account_id = $1";
    let Some(row) = db::one(db, sql, [id.as_str().into()]).await? else { return Ok(None) };
    let value: Json = serde_json::from_slice(&db.settings().secret.open(&purpose(id), &row.get::<String>(0)?)?)?;
    let token = |name: &str| value[name].as_str().map(Secret::new);
    Ok(Some(Tokens {
        access_token: token("access"),
        refresh_token: token("refresh"),
        id_token: token("id"),
        access_token_expires_at: row.get::<Option<i64>>(1)?.map(Timestamp),
        refresh_token_expires_at: row.get::<Option<i64>>(2)?.map(Timestamp),
        scopes: Vec::new(),
    }))
}

/// Takes the turn to refresh an account's tokens for so many seconds. `false` if somebody else has it.
pub(super) async fn take_turn(tx: &Tx, id: &AccountId, seconds: i64) -> Result<bool> {
    let sql = "UPDATE account_tokens SET refreshing_until = $3
        WHERE account_id = $1 AND (refreshing_until IS NULL OR refreshing_until <= $2)";
    let values = [id.as_str().into(), tx.now().into(), tx.now().plus_seconds(seconds).into()];
    Ok(db::run(tx, sql, values).await? == 1)
}

/// Gives the turn back without new tokens.
pub(super) async fn end_turn(tx: &Tx, id: &AccountId) -> Result<()> {
    let sql = "UPDATE account_tokens SET refreshing_until = NULL WHERE account_id = $1";
    db::run(tx, sql, [id.as_str().into()]).await?;
    Ok(())
}
