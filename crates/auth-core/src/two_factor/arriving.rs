//! Second factors that come from another system.

use super::{hash_backup_code, store};
use crate::arrivals::{self, BAD_ID, Came, Words};
use crate::clock::Timestamp;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, UserId};
use crate::secret::Secret;
use crate::users;

const KIND: &str = "two_factor";
/// Longest key of an app, in bytes, and most backup codes.
const KEY: usize = 256;
const CODES: usize = 100;

/// A second factor as it is there.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// The key of the app, if there is one and it could be opened.
    pub key: Option<Secret>,
    /// Whether a code of it was shown.
    pub verified: bool,
    /// The codes that are left for who has lost the app, if they could be opened.
    pub backup_codes: Vec<Secret>,
    /// Until when no code is tried.
    pub locked_until: Option<Timestamp>,
}

/// Takes a second factor over. If its app's key could not be opened, its person is asked for codes by mail until they set up an
/// app anew: a second factor never vanishes.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    if UserId::parse(&there.id).is_none() {
        return Ok(BAD_ID);
    }
    let user = match users::arrived(tx, &there.user_id).await? {
        Ok(user) => user,
        Err(refused) => return Ok(refused),
    };
    if store::find(tx, &user.id).await?.is_some_and(|standing| standing.secret.is_some()) {
        arrivals::note(tx, KIND, &there.id);
        return Ok(Came::Present(Vec::new()));
    }
    if arrivals::was_taken(tx, KIND, &there.id).await? {
        return Ok(Came::Gone);
    }
    let key = there.key.as_ref().map(Secret::expose).filter(|key| (1..=KEY).contains(&key.len()));
    let mut without: Vec<Words> = Vec::new();
    if let Some(key) = key {
        let sealed = tx.settings().secret.seal(&super::seal(&user.id), key.as_bytes())?;
        store::arrive(tx, &user.id, sealed, there.verified && user.two_factor_enabled, there.locked_until).await?;
    } else if user.two_factor_enabled {
        // It can come with the next import, once it can be opened.
        store::ensure(tx, &user.id).await?;
        return Ok(Came::refused(
            "the key of its app cannot be opened: its person is asked for codes by mail (--secret-env, --secret-file)",
        ));
    } else {
        return Ok(Came::refused("the key of its app cannot be opened"));
    }
    let mut hashes = Vec::new();
    for code in there.backup_codes.iter().take(CODES) {
        let hash = hash_backup_code(tx.settings(), &user.id, code.expose())?;
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    if hashes.is_empty() {
        without.push("backup codes".into());
    }
    store::set_backup_codes(tx, &user.id, &hashes).await?;
    arrivals::note(tx, KIND, &there.id);
    Ok(Came::New(without))
}
