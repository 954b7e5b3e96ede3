//! A letter to somebody whom a directory made: where they choose a password. Off unless an admin wants it, since
//! most people of a directory sign in through their identity provider.

use serde_json::json;

use super::Directory;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::mail::{self, Letter, LetterKind, links};
use crate::orgs;
use crate::users::{User, email};
use crate::verification::{self, NewToken, Purpose};

/// For how long the link is good, in seconds: a week, because nobody waits for this letter.
const GOOD_FOR: i64 = 7 * 86_400;

/// Welcomes the person, if the directory's settings say so. The link proves the mailbox like any other.
pub(super) async fn welcome(tx: &mut Tx, directory: &Directory, user: &User) -> Result<()> {
    if !directory.settings.welcome_mail {
        return Ok(());
    }
    let token = NewToken {
        purpose: Purpose::ResetPassword,
        user_id: Some(&user.id),
        value: json!({ "email": email::key(&user.email) }),
        expires_in: GOOD_FOR,
    };
    let token = verification::issue(tx, token).await?;
    let url = links::reset_password(tx.settings(), &token, None);
    let organization = match &directory.organization_id {
        Some(id) => orgs::get(tx, id).await?.name,
        None => tx.settings().application_name.clone(),
    };
    mail::queue(tx, &Letter { to: user.email.clone(), kind: LetterKind::Welcome { url, organization } }).await
}
