//! Signing up with email and password.

use std::time::Duration;

use serde_json::Map;

use super::{Entry, Opening, PASSWORD, SignInFault, open_session};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::credentials;
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::fields::{self, Given};
use crate::ids::UserId;
use crate::mail::{self, Letter, LetterKind};
use crate::throttles::{self, Act};
use crate::users::username::{self, Naming};
use crate::users::{self, NewUser, User, UsersFault, email, mailbox};

/// Where existing addresses are kept to ourselves, no answer comes sooner than this.
const FLOOR: Duration = Duration::from_millis(150);

/// Somebody who signs up.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// The name that is shown.
    pub name: String,
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
    /// An image.
    pub image: Option<String>,
    /// Whether the session outlives the browser.
    pub remember: bool,
    /// Where a verification link leads in the end; already checked to be trusted.
    pub callback_url: Option<String>,
    /// The name to sign in with, where there are such names.
    pub naming: Naming,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// Somebody who signed up, or is told so.
#[derive(Clone, Debug)]
pub struct SignedUp {
    /// The person; invented, if the address has an owner and that is not to be told.
    pub user: User,
    /// What signing in comes to, if signing up signs in.
    pub entry: Option<Entry>,
}

/// Makes a person with a password, and opens a session if signing up signs in.
///
/// An address that somebody has is refused, unless no session would be opened anyway: then the
/// answer is that of a new address, and the owner of the mailbox is written to instead.
pub async fn sign_up(core: &AuthCore, ctx: &Ctx, new: SignUp) -> Result<SignedUp> {
    let settings = &core.settings().sign_up;
    if !settings.enabled || !core.settings().password.enabled {
        return Err(SignInFault::SignUpDisabled.into());
    }
    new.naming.check(&core.settings().methods.username)?;
    if !email::is_valid(&new.email) {
        return Err(UsersFault::InvalidEmail.into());
    }
    credentials::check_new(core.settings(), &new.password, &[&new.email, &new.name])?;
    let opens = settings.auto_sign_in && !settings.require_email_verification;
    let begun = tokio::time::Instant::now();
    count(core, ctx, &new.email, !opens).await?;
    let hash = credentials::hash_password(core, &new.password).await?;
    let result = match core.write(ctx, async |tx| make(tx, &new, &hash, opens).await).await {
        Err(error) if !opens && error.is(&UsersFault::AlreadyExists) => {
            core.write(ctx, async |tx| answer_the_owner(tx, &new).await).await
        }
        done => done,
    };
    if !opens {
        tokio::time::sleep_until(begun + FLOOR).await;
    }
    result
}

/// Counts the sign-up, and the letter that it sends: also where it sends none, so that whether an address has an owner is
/// not told by what is refused.
async fn count(core: &AuthCore, ctx: &Ctx, address: &str, alike: bool) -> Result<()> {
    let settings = &core.settings().sign_up;
    let writes = alike || settings.send_on_sign_up.unwrap_or(settings.require_email_verification);
    core.write(ctx, async |tx| {
        if writes {
            throttles::count(tx, Act::Message, Some(&email::key(address))).await?;
        }
        throttles::count(tx, Act::SignUp, None).await
    })
    .await
}

async fn make(tx: &mut Tx, new: &SignUp, hash: &str, opens: bool) -> Result<SignedUp> {
    // Before the address is looked at: the answer about a name must not depend on whether the address is known.
    if let Some(Some(username)) = &new.naming.username
        && !username::is_free(tx, username, None).await?
    {
        return Err(UsersFault::UsernameTaken.into());
    }
    let person = NewUser {
        name: new.name.clone(),
        email: new.email.clone(),
        image: new.image.clone(),
        additional_fields: new.additional_fields.clone(),
        ..NewUser::default()
    };
    let mut user = users::create(tx, person).await?;
    if !new.naming.is_empty() {
        user = username::set(tx, &user.id, &new.naming).await?;
    }
    credentials::set_password(tx, &user.id, hash).await?;
    let settings = &tx.settings().sign_up;
    if settings.send_on_sign_up.unwrap_or(settings.require_email_verification) {
        mailbox::send_link(tx, &user, new.callback_url.as_deref()).await?;
    }
    if !opens {
        return Ok(SignedUp { user, entry: None });
    }
    let opening = Opening::now(&user.id, user.access_epoch, PASSWORD, new.remember);
    let entry = open_session(tx, opening).await?;
    let user = match &entry {
        Entry::Opened(opened) => opened.user.clone(),
        Entry::SecondFactor(_) => user,
    };
    Ok(SignedUp { user, entry: Some(entry) })
}

/// Writes to the owner of the address that somebody tried to sign up with it, and invents the answer
/// that a new address would have got.
async fn answer_the_owner(tx: &mut Tx, new: &SignUp) -> Result<SignedUp> {
    let to = email::key(&new.email);
    mail::queue(tx, &Letter { to: to.clone(), kind: LetterKind::AlreadyRegistered }).await?;
    let fields = fields::made(&tx.settings().fields.user, &new.additional_fields)?;
    let user = User { additional_fields: fields, ..invented(tx.new_id(), new, to, tx.now()) };
    Ok(SignedUp { user, entry: None })
}

fn invented(id: UserId, new: &SignUp, email: String, now: Timestamp) -> User {
    User {
        id,
        name: new.name.clone(),
        first_name: None,
        last_name: None,
        email,
        email_verified: false,
        image: new.image.clone(),
        external_id: None,
        role: "user".to_owned(),
        banned: false,
        ban_reason: None,
        ban_expires_at: None,
        locked_at: None,
        two_factor_enabled: false,
        public_metadata: Map::new(),
        private_metadata: Map::new(),
        access_epoch: 0,
        created_by_directory_id: None,
        last_sign_in_at: None,
        created_at: now,
        updated_at: now,
        username: new.naming.username.clone().flatten().as_deref().map(username::key),
        display_username: new.naming.display_username.clone().flatten(),
        is_anonymous: false,
        phone_number: None,
        phone_number_verified: false,
        additional_fields: Map::new(),
    }
}
