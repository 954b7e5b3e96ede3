//! People who delete their own account; and what features take along of whoever is erased.

use std::future::Future;
use std::pin::Pin;

use serde_json::json;

use super::{User, UsersFault, delete_if, keep_caller};
use crate::AuthCore;
use crate::credentials::{self, CredentialsFault};
use crate::ctx::Ctx;
use crate::db::Tx;
use crate::fault::{Error, Result};
use crate::ids::UserId;
use crate::mail::{self, Letter, LetterKind, links};
use crate::sessions::Session;
use crate::sign_in::impersonation;
use crate::throttles::{self, Act};
use crate::two_factor;
use crate::verification::{self, NewToken, Purpose, VerificationFault};

/// What comes of an eraser, later.
pub type Erasing<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// A feature that holds something of people in tables of its own.
pub trait Eraser: Send + Sync {
    /// Locks what comes before the person and their organizations wherever else it is locked, and changes nothing.
    fn hold<'a>(&'a self, tx: &'a Tx, user: &'a User) -> Erasing<'a>;

    /// Takes along what there is of somebody who is erased by this transaction, before anything else of them goes. The person
    /// is locked, and so are their organizations.
    fn erase<'a>(&'a self, tx: &'a mut Tx, user: &'a User) -> Erasing<'a>;

    /// The facts of these events, by their ids, are forgotten by this transaction.
    fn forget<'a>(&'a self, tx: &'a Tx, events: &'a [String]) -> Erasing<'a>;
}

/// How long the link lives: a day.
const LINK: i64 = 86_400;

/// Somebody who wants to be erased.
#[derive(Clone, Copy, Debug)]
pub struct Erase<'a> {
    /// The session that asks, which says who.
    pub session: &'a Session,
    /// Their password, if they gave it.
    pub password: Option<&'a str>,
    /// The token of a link that was mailed, if they have one.
    pub token: Option<&'a str>,
    /// Where the link leads in the end; already checked to be trusted.
    pub callback_url: Option<&'a str>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// The account is gone.
    Done,
    /// A link was mailed, and a click on it is awaited.
    LinkMailed,
}

/// Deletes the account of the session, or mails the link that does, where a link is asked for.
/// Without password and link the session must be fresh.
pub async fn request(core: &AuthCore, ctx: &Ctx, erase: Erase<'_>) -> Result<Erased> {
    let user_id = &erase.session.user_id;
    impersonation::refuse(&ctx.actor)?;
    if !core.settings().delete_user {
        return Err(UsersFault::DeleteUserDisabled.into());
    }
    if let Some(token) = erase.token {
        confirm(core, ctx, user_id, token).await?;
        return Ok(Erased::Done);
    }
    if let Some(password) = erase.password {
        let hash = core.read(ctx, async |rx| credentials::find_password(rx, user_id).await).await?;
        let Some((_, hash)) = hash else { return Err(CredentialsFault::NotFound.into()) };
        if !credentials::guess_password(core, ctx, user_id, Some(&hash), password).await?.ok {
            return Err(CredentialsFault::InvalidPassword.into());
        }
    }
    if core.settings().delete_user_by_mail {
        core.write(ctx, async |tx| mail_link(tx, user_id, erase.callback_url).await).await?;
        return Ok(Erased::LinkMailed);
    }
    if erase.password.is_none() && !erase.session.is_fresh(&core.settings().session, core.clock().now()) {
        return Err(UsersFault::SessionExpired.into());
    }
    let session = &erase.session.id;
    core.write(ctx, async |tx| {
        delete_if(tx, user_id, async |tx, user| two_factor::demand_shown(tx, user, session).await).await
    })
    .await?;
    Ok(Erased::Done)
}

async fn mail_link(tx: &mut Tx, user_id: &UserId, callback_url: Option<&str>) -> Result<()> {
    let user = keep_caller(tx, user_id).await?;
    let new = NewToken { purpose: Purpose::DeleteAccount, user_id: Some(user_id), value: json!({}), expires_in: LINK };
    let token = verification::issue(tx, new).await?;
    let url = links::delete_account(crate::db::Scope::settings(tx), &token, callback_url);
    let letter = Letter { to: user.email, kind: LetterKind::DeleteAccount { url } };
    mail::queue(tx, &letter).await?;
    throttles::count(tx, Act::Message, Some(&letter.to)).await
}

/// Deletes the account whose owner brings the link that was mailed to them. It takes both: the link
/// and a session of the same person.
pub async fn confirm(core: &AuthCore, ctx: &Ctx, user_id: &UserId, token: &str) -> Result<()> {
    impersonation::refuse(&ctx.actor)?;
    if !core.settings().delete_user {
        return Err(UsersFault::DeleteUserDisabled.into());
    }
    let no_such_link = || Error::from(VerificationFault::NoSuchLink);
    let done = core.write(ctx, async |tx| {
        let found = verification::peek(tx, Purpose::DeleteAccount, token).await?;
        if found.and_then(|token| token.user_id).as_ref() != Some(user_id) {
            return Err(no_such_link());
        }
        // Spent when the person is locked: whoever ends their access voids their links after that.
        let spend = async |tx: &mut Tx, _: &User| {
            let spent = verification::consume(tx, Purpose::DeleteAccount, token).await?;
            spent.map(drop).ok_or_else(no_such_link)
        };
        delete_if(tx, user_id, spend).await
    });
    done.await.map_err(|error| if error.is(&UsersFault::NotFound) { no_such_link() } else { error })
}
