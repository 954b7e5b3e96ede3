//! Devices on which a person is not asked for a second factor.
//!
//! A device presents a token, which is good once: each sign-in gives it another. It belongs to one person and to the
//! epoch under which it was trusted, so that whatever ends the person's access ends the trust.

use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, TrustedDeviceId, UserId};
use crate::secret::{self, Secret};
use crate::sign_in::printable;
use crate::users::{self, User};

/// For how many seconds of not being used a device is trusted: 30 days.
pub const LIFETIME: i64 = 30 * 86_400;
/// How many characters of `[0-9A-Za-z]` a token has: 190 random bits.
const TOKEN: usize = 32;

fn new_token(tx: &Tx) -> Secret {
    Secret::new(format!("trust-device-{}", secret::random_text(tx.chance(), TOKEN)))
}

/// Whether the caller's device is one that this person, whose row is locked, trusts: if so, what it presents the next
/// time.
///
/// # Errors
/// Those of the database.
pub(crate) async fn recognize(tx: &Tx, user: &User) -> Result<Option<Secret>> {
    let Some(presented) = tx.ctx().trusted_device.as_ref().map(Secret::expose).filter(|text| text.len() <= 128) else {
        return Ok(None);
    };
    let renewed = new_token(tx);
    let sql = "UPDATE trusted_devices SET token_hash = $1, last_used_at = $2, expires_at = $3
         WHERE token_hash = $4 AND user_id = $5 AND user_epoch = $6 AND expires_at > $2
         RETURNING id";
    let values = [
        secret::hash(renewed.expose()).into(),
        tx.now().into(),
        tx.now().plus_seconds(LIFETIME).into(),
        secret::hash(presented).into(),
        user.id.as_str().into(),
        user.access_epoch.into(),
    ];
    Ok(db::one(tx, sql, values).await?.map(|_| renewed))
}

/// Trusts none of a person's devices any more, and ends their sign-ins that wait for a second factor.
///
/// # Errors
/// Those of the database.
pub async fn forget(tx: &Tx, user: &UserId) -> Result<()> {
    users::lock(tx, user).await?;
    for sql in
        ["DELETE FROM trusted_devices WHERE user_id = $1", "DELETE FROM two_factor_challenges WHERE user_id = $1"]
    {
        db::run(tx, sql, [user.as_str().into()]).await?;
    }
    Ok(())
}

/// Trusts the caller's device: what it presents the next time.
///
/// # Errors
/// Those of the database.
pub(super) async fn trust(tx: &Tx, user: &User) -> Result<Secret> {
    let token = new_token(tx);
    let id: TrustedDeviceId = tx.new_id();
    let sql = "INSERT INTO trusted_devices
             (id, token_hash, user_id, user_epoch, ip_address, user_agent, created_at, last_used_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)";
    let values = [
        id.as_str().into(),
        secret::hash(token.expose()).into(),
        user.id.as_str().into(),
        user.access_epoch.into(),
        tx.ctx().ip.clone().into(),
        tx.ctx().user_agent.as_deref().map(printable).into(),
        tx.now().into(),
        tx.now().plus_seconds(LIFETIME).into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(token)
}
