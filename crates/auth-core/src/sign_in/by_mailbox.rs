//! Signing in by the mailbox: what every method does that has just shown that somebody reads it.

use super::{Entry, Opening, SignInFault, open_session};
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::fields::Given;
use crate::throttles::{self, Act};
use crate::users::{self, NewUser, User};

/// Somebody who showed that they read a mailbox.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The mailbox.
    pub email: &'a str,
    /// The name, if an account is made.
    pub name: Option<&'a str>,
    /// The image, if an account is made.
    pub image: Option<&'a str>,
    /// Fields that the operator added, if an account is made.
    pub additional_fields: Option<&'a Given>,
    /// How they showed it.
    pub method: &'static str,
    /// Whether this method makes accounts. None is made where strangers may not sign up.
    pub sign_up: bool,
}

/// Somebody who has shown that it is their mailbox.
#[derive(Clone, Debug)]
pub struct Entered {
    /// Their session, or that a second factor is wanted.
    pub entry: Entry,
    /// Whether their account was made just now.
    pub is_new: bool,
}

/// Whether an account is made for an address that nobody has.
#[must_use]
pub fn makes_accounts(tx: &Tx, sign_up: bool) -> bool {
    sign_up && tx.settings().sign_up.enabled
}

/// The person whose mailbox it is, locked. Looked up before what they bring is spent: the row of a person is always
/// locked before those that belong to it.
pub async fn find_reader(tx: &Tx, email: &str) -> Result<Option<User>> {
    match users::find_by_email(tx, email).await? {
        Some(user) => Ok(users::find_locked(tx, &user.id).await?.filter(|locked| locked.email == user.email)),
        None => Ok(None),
    }
}

/// Signs in who reads a mailbox. The first proof of an address wipes what was set on the account without
/// one; an account is made if nobody has the address, and counted as a sign-up.
pub async fn enter(tx: &mut Tx, found: Option<User>, reader: Reader<'_>) -> Result<Entered> {
    let is_new = found.is_none();
    let user = match found {
        Some(user) => users::prove_mailbox(tx, &user.id).await?,
        None if makes_accounts(tx, reader.sign_up) => {
            let person = NewUser {
                name: reader.name.unwrap_or_default().to_owned(),
                email: reader.email.to_owned(),
                email_verified: true,
                image: reader.image.map(str::to_owned),
                additional_fields: reader.additional_fields.cloned().unwrap_or_default(),
                ..NewUser::default()
            };
            let user = users::create(tx, person).await?;
            throttles::count(tx, Act::SignUp, None).await?;
            user
        }
        None => return Err(SignInFault::NewUserSignUpDisabled.into()),
    };
    // What wipes an account raises its epoch; the row is locked, so that nothing else can have.
    let user = users::get(tx, &user.id).await?;
    Ok(Entered { entry: open_session(tx, Opening::of(&user, reader.method)).await?, is_new })
}
