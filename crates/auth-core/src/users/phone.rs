//! Telephone numbers: how they are written, and whose they are.

use sea_orm::ActiveValue;

use super::changing::{save, unchanged};
use super::{User, UsersFault, lock, store};
use crate::db::{Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::UserId;
use crate::sign_in::impersonation;

/// Whether this is a number as E.164 writes it: a plus and 7 to 15 digits, of which the first is no zero. There is one way
/// to write it, so that numbers are compared as they are.
#[must_use]
pub fn is_valid(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Who has a number, whether it is proven or not.
pub async fn find(db: &impl Scope, number: &str) -> Result<Option<User>> {
    if is_valid(number) { store::find_by_phone_number(db, number).await } else { Ok(None) }
}

/// The same, who is not erased until the transaction ends: for what is written that refers to them.
pub async fn keep(tx: &Tx, number: &str) -> Result<Option<User>> {
    if is_valid(number) { store::keep_by_phone_number(tx, number).await } else { Ok(None) }
}

/// The same, locked until the transaction ends.
pub async fn find_locked(tx: &Tx, number: &str) -> Result<Option<User>> {
    match find(tx, number).await? {
        Some(user) => Ok(store::lock(tx, &user.id).await?.filter(|locked| locked.phone_number == user.phone_number)),
        None => Ok(None),
    }
}

/// Gives the person a number that they have just shown to be theirs, or takes it from them.
///
/// # Errors
/// [`UsersFault::InvalidPhoneNumber`], [`UsersFault::PhoneNumberTaken`]; who acts as the person changes nothing by which the
/// person signs in.
pub async fn set(tx: &mut Tx, id: &UserId, number: Option<&str>) -> Result<User> {
    impersonation::refuse(&tx.ctx().actor)?;
    if number.is_some_and(|number| !is_valid(number)) {
        return Err(UsersFault::InvalidPhoneNumber.into());
    }
    let before = lock(tx, id).await?;
    let mut row = unchanged(id);
    row.phone_number = ActiveValue::Set(number.map(str::to_owned));
    row.phone_number_verified = ActiveValue::Set(number.is_some());
    if number.is_some() {
        // A visitor who gives a number is none any more.
        row.is_anonymous = ActiveValue::Set(false);
    }
    let taken =
        |error: Error| if error.is(&UsersFault::AlreadyExists) { UsersFault::PhoneNumberTaken.into() } else { error };
    save(tx, &before, row).await.map_err(taken)
}

/// Takes the number from an account that somebody else may have set up. Returns whether there was one.
pub(super) async fn wipe(tx: &mut Tx, id: &UserId) -> Result<bool> {
    let before = lock(tx, id).await?;
    if before.phone_number.is_none() {
        return Ok(false);
    }
    let mut row = unchanged(id);
    row.phone_number = ActiveValue::Set(None);
    row.phone_number_verified = ActiveValue::Set(false);
    save(tx, &before, row).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn numbers_are_written_as_in_e_164() {
        for good in ["+4915112345678", "+12025550123", "+1234567", "+123456789012345"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in [
            "",
            "+",
            "4915112345678",
            "+0123456789",
            "+123456",
            "+1234567890123456",
            "+49 151 1234567",
            "+49-151-123",
            // The zero that is dialed within the country only.
            "+49 (0)30 1234567",
            "+49(0)301234567",
            "+4915112345\u{0665}",
            "++4915112345",
            "+49151\u{0}123",
        ] {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }
}
