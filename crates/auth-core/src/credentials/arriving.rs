//! Ways in that come from another system: passwords as the hashes that they are there, and accounts elsewhere.

use super::{CREDENTIAL, hashing, store};
use crate::arrivals::{self, BAD_ID, Came};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{AccountId, Id as _};
use crate::users;

const KIND: &str = "account";
/// Longest name of a provider, and longest name that it gives somebody.
const LONGEST: usize = 255;

/// A way in as it is there.
#[derive(Clone, Default)]
pub struct WayIn {
    /// Its id.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// `credential`, or who vouches for the person.
    pub provider_id: String,
    /// What that provider calls the person.
    pub account_id: String,
    /// The hash of the password, for `credential`.
    pub password_hash: Option<String>,
    /// What the provider lets us do, separated by commas.
    pub scope: Option<String>,
    /// Since when.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}

/// Takes a way in over. A hash is kept as it is and replaced by one of today's kind at the next sign-in; one that nothing here
/// can verify is not taken.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, way: WayIn) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = AccountId::parse(&way.id) else { return Ok(BAD_ID) };
    if arrivals::has_row(tx, "accounts", id.as_str()).await? {
        arrivals::note(tx, KIND, id.as_str());
        return Ok(Came::Present(Vec::new()));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    let user = match users::arrived(tx, &way.user_id).await? {
        Ok(user) => user,
        Err(refused) => return Ok(refused),
    };
    let is_password = way.provider_id == CREDENTIAL;
    let account_id = if is_password { user.id.as_str().to_owned() } else { way.account_id };
    let fits = |text: &str| (1..=LONGEST).contains(&text.len()) && !text.chars().any(char::is_control);
    if !fits(&way.provider_id) || !fits(&account_id) {
        return Ok(Came::refused("its provider, or what that calls the person, is no text that can be kept"));
    }
    let hash = way.password_hash.filter(|_| is_password);
    if hash.as_deref().is_some_and(|hash| !hashing::is_known(hash)) {
        return Ok(Came::refused("its password is hashed in a way that is not known here: it is set anew by mail"));
    }
    if is_password && hash.is_none() {
        return Ok(Came::refused("it is a password account without a password"));
    }
    if store::find_account(tx, &way.provider_id, &account_id).await?.is_some() {
        return Ok(Came::refused("another account here has the same provider and the same name there"));
    }
    let created_at = way.created_at.unwrap_or(tx.now());
    let sql =
        "INSERT INTO accounts (id, user_id, provider_id, account_id, password_hash, scope, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        id.as_str().into(),
        user.id.as_str().into(),
        way.provider_id.into(),
        account_id.into(),
        hash.into(),
        way.scope.filter(|scope| !scope.contains('\0')).into(),
        created_at.into(),
        way.updated_at.unwrap_or(created_at).into(),
    ];
    let done = db::run(tx, sql, values).await;
    done.map_err(|error| if error.is_unique_violation() { error.lost_race() } else { error })?;
    arrivals::note(tx, KIND, id.as_str());
    Ok(Came::whole())
}
