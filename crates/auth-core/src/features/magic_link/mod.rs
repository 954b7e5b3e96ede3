//! Signing in by a link that is mailed.
//!
//! A link is good once, for a few minutes, and its token is stored hashed. To whom it is mailed is neither told nor seen
//! by the time that passes. It proves the mailbox, so that the first one wipes what was set on the account without proof.
//! A changed address, a ban and whatever else ends access voids links.

use serde_json::json;

use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::mail::links::{self, Destinations};
use crate::mail::{self, Letter, LetterKind};
use crate::sign_in::by_mailbox::{self, Entered, Reader};
use crate::throttles::{self, Act};
use crate::users::{self, UsersFault, email};
use crate::verification::{self, NewToken, Purpose, VerificationFault};

/// How a session is said to have been obtained.
pub const METHOD: &str = "magic-link";

/// Mails a link. `name` is for an account that the link makes.
///
/// # Errors
/// [`UsersFault::InvalidEmail`], [`UsersFault::InvalidName`].
pub async fn send(core: &AuthCore, ctx: &Ctx, address: &str, name: Option<&str>, to: Destinations<'_>) -> Result<()> {
    if !email::is_valid(address) {
        return Err(UsersFault::InvalidEmail.into());
    }
    users::check_name(name.unwrap_or_default())?;
    let begun = tokio::time::Instant::now();
    let done = core.write(ctx, async |tx| issue(tx, address, name, to).await).await;
    tokio::time::sleep_until(begun + mail::FLOOR).await;
    done
}

async fn issue(tx: &mut Tx, address: &str, name: Option<&str>, to: Destinations<'_>) -> Result<()> {
    let settings = tx.settings().methods.magic_link.clone();
    let user = users::keep_by_email(tx, address).await?;
    let key = email::key(address);
    let new = NewToken {
        purpose: Purpose::MagicLink,
        user_id: user.as_ref().map(|user| &user.id),
        value: json!({ "email": key, "name": name }),
        expires_in: settings.expires_in,
    };
    let token = verification::issue(tx, new).await?;
    let url = links::magic_link(tx.settings(), &token, to);
    let letter = Letter { to: key, kind: LetterKind::MagicLink { url, minutes: (settings.expires_in + 59) / 60 } };
    if user.is_some() || by_mailbox::makes_accounts(tx, settings.sign_up) {
        mail::queue(tx, &letter).await?;
    } else {
        mail::pretend(tx, &letter).await?;
    }
    throttles::count(tx, Act::Message, Some(&letter.to)).await
}

/// Spends a link and signs in.
///
/// # Errors
/// [`VerificationFault::InvalidToken`] for every link that is no good, and those of opening a session; then the link is
/// not spent.
pub async fn follow(core: &AuthCore, ctx: &Ctx, token: &str) -> Result<Entered> {
    core.write(ctx, async |tx| {
        let Some(found) = verification::peek(tx, Purpose::MagicLink, token).await? else {
            return Err(VerificationFault::InvalidToken.into());
        };
        let text = |key: &str| found.value.get(key).and_then(serde_json::Value::as_str);
        let email = text("email").unwrap_or_default();
        let user = by_mailbox::find_reader(tx, email).await?;
        if verification::consume(tx, Purpose::MagicLink, token).await?.is_none() {
            return Err(VerificationFault::InvalidToken.into());
        }
        // A link of a person who has another address by now was voided with the change; this is the second lock. One that
        // was issued before anybody had the address is nobody's now: what ends their access would not have voided it.
        if found.user_id != user.as_ref().map(|user| user.id.clone()) {
            return Err(VerificationFault::InvalidToken.into());
        }
        let sign_up = tx.settings().methods.magic_link.sign_up;
        let reader =
            Reader { email, name: text("name"), image: None, additional_fields: None, method: METHOD, sign_up };
        by_mailbox::enter(tx, user, reader).await
    })
    .await
}
