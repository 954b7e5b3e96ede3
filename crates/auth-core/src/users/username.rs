//! Names to sign in with: letters, digits, underscores and dots, compared without regard to case.

use sea_orm::ActiveValue;

use super::changing::{save, unchanged};
use super::{User, UsersFault, lock, texts};
use crate::db::{self, Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{Id as _, UserId};
use crate::settings::UsernameSettings;
use crate::sign_in::impersonation;

/// The form in which names are kept and compared.
#[must_use]
pub fn key(username: &str) -> String {
    username.to_ascii_lowercase()
}

/// Whether a name is one: long enough, not too long, nothing odd in it. Lengths are in UTF-16 code units.
pub fn check(settings: &UsernameSettings, username: &str) -> Result<()> {
    let length = username.encode_utf16().count();
    if length < settings.min_length {
        return Err(UsersFault::UsernameTooShort.into());
    }
    if length > settings.max_length {
        return Err(UsersFault::UsernameTooLong.into());
    }
    if username.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')) {
        Ok(())
    } else {
        Err(UsersFault::InvalidUsername.into())
    }
}

/// Whether what is shown in a name's place may be shown.
pub fn check_display(shown: &str) -> Result<()> {
    texts::check_name(shown).map_err(|_| UsersFault::InvalidDisplayUsername.into())
}

/// Whether nobody but this person, if one is named, has the name.
pub async fn is_free(db: &impl Scope, username: &str, but: Option<&UserId>) -> Result<bool> {
    let sql = "SELECT 1 FROM users WHERE username = $1 AND id <> $2";
    let but = but.map_or("", |id| id.as_str());
    Ok(db::one(db, sql, [key(username).into(), but.into()]).await?.is_none())
}

/// What to change: `None` leaves as it is, `Some(None)` empties.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// The name to sign in with.
    pub username: Option<Option<String>>,
    /// The same as its owner writes it.
    pub display_username: Option<Option<String>>,
}

impl Naming {
    /// Whether it changes nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.username.is_none() && self.display_username.is_none()
    }

    /// Whether the texts may be taken.
    pub fn check(&self, settings: &UsernameSettings) -> Result<()> {
        if let Some(Some(username)) = &self.username {
            check(settings, username)?;
        }
        match &self.display_username {
            Some(Some(shown)) => check_display(shown),
            _ => Ok(()),
        }
    }
}

/// Gives the person another name.
///
/// # Errors
/// [`UsersFault`]; who acts as the person changes nothing by which the person signs in.
pub async fn set(tx: &mut Tx, id: &UserId, naming: &Naming) -> Result<User> {
    impersonation::refuse(&tx.ctx().actor)?;
    naming.check(&tx.settings().methods.username)?;
    let before = lock(tx, id).await?;
    let mut row = unchanged(id);
    if let Some(username) = &naming.username {
        if let Some(username) = username
            && !is_free(tx, username, Some(id)).await?
        {
            return Err(UsersFault::UsernameTaken.into());
        }
        row.username = ActiveValue::Set(username.as_deref().map(key));
    }
    if let Some(shown) = &naming.display_username {
        row.display_username = ActiveValue::Set(shown.clone());
    }
    // The address is not touched: what is taken is the name, by somebody who was a moment faster.
    let taken =
        |error: Error| if error.is(&UsersFault::AlreadyExists) { UsersFault::UsernameTaken.into() } else { error };
    save(tx, &before, row).await.map_err(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_length_and_nothing_odd() {
        let settings = UsernameSettings::default();
        for good in ["ann", "Ann_Example.1", "...", &"a".repeat(30)] {
            assert!(check(&settings, good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", UsersFault::UsernameTooShort),
            ("an", UsersFault::UsernameTooShort),
            (&"a".repeat(31), UsersFault::UsernameTooLong),
            ("ann example", UsersFault::InvalidUsername),
            ("\u{430}nn", UsersFault::InvalidUsername),
            ("ann\0", UsersFault::InvalidUsername),
        ] {
            assert!(check(&settings, bad).unwrap_err().is(&why), "{bad:?}");
        }
        assert_eq!(key("Ann_E.1"), "ann_e.1");
    }
}
