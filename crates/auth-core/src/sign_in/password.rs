//! Signing in with a password, and an email address, a user name or a telephone number.

use super::{Entry, Opening, PASSWORD, SignInFault, open_session};
use crate::AuthCore;
use crate::credentials::{self, Claimed};
use crate::ctx::Ctx;
use crate::db::Rx;
use crate::fault::{Error, Result};
use crate::throttles::{self, Act};
use crate::users::{UsersFault, email, phone, username};

/// Signs in whoever knows the password. Unknown addresses take as long as known ones, and
/// the answer is the same.
pub async fn by_password(core: &AuthCore, ctx: &Ctx, address: &str, password: &str, remember: bool) -> Result<Entry> {
    credentials::demand_enabled(core.settings())?;
    // Whom a directory made may have an address that people could not enter at sign-up.
    if !email::is_plausible(address) {
        return Err(UsersFault::InvalidEmail.into());
    }
    let key = email::key(address);
    let entry = enter(core, ctx, Claimed::Email(&key), password, remember).await?;
    entry.ok_or_else(|| SignInFault::InvalidEmailOrPassword.into())
}

/// The same with a user name.
pub async fn by_username(core: &AuthCore, ctx: &Ctx, name: &str, password: &str, remember: bool) -> Result<Entry> {
    credentials::demand_enabled(core.settings())?;
    username::check(&core.settings().methods.username, name)?;
    let key = username::key(name);
    let entry = enter(core, ctx, Claimed::Username(&key), password, remember).await?;
    entry.ok_or_else(|| SignInFault::InvalidUsernameOrPassword.into())
}

/// The same with a telephone number that is proven.
pub async fn by_phone_number(
    core: &AuthCore,
    ctx: &Ctx,
    number: &str,
    password: &str,
    remember: bool,
) -> Result<Entry> {
    credentials::demand_enabled(core.settings())?;
    if !phone::is_valid(number) {
        return Err(UsersFault::InvalidPhoneNumber.into());
    }
    let entry = enter(core, ctx, Claimed::PhoneNumber(number), password, remember).await?;
    entry.ok_or_else(|| SignInFault::InvalidPhoneNumberOrPassword.into())
}

/// Signs in, or says that it is not the password: which part of it is wrong, nobody learns.
///
/// The hash is compared before the transaction, under the epoch that was read together with it: if
/// access is ended or the password changed in between, the transaction opens nothing. The guess is counted before.
async fn enter(
    core: &AuthCore,
    ctx: &Ctx,
    claimed: Claimed<'_>,
    password: &str,
    remember: bool,
) -> Result<Option<Entry>> {
    let subject = claimed.text();
    // Longer ones are no guesses: they were never set.
    credentials::check_not_too_long(&core.settings().password, password)?;
    throttles::count_first(core, ctx, Act::Password, Some(subject)).await?;
    let read = async |rx: &Rx| {
        Ok::<_, Error>((credentials::find_holder(rx, claimed).await?, credentials::foreign_in_use(rx).await?))
    };
    let (holder, foreign_in_use) = core.read(ctx, read).await?;
    let hash = holder.as_ref().and_then(|holder| holder.password.as_ref()).map(|(_, hash)| hash.as_str());
    let verdict = match credentials::try_sign_in(core, hash, foreign_in_use, password).await {
        Ok(verdict) => verdict,
        Err(error) => {
            // Nothing was compared.
            throttles::take_back_now(core, ctx, Act::Password, Some(subject)).await?;
            return Err(error);
        }
    };
    let Some((holder, (account, old))) =
        holder.and_then(|mut holder| holder.password.take().map(|password| (holder, password)))
    else {
        return Ok(None);
    };
    if !verdict.ok {
        return Ok(None);
    }
    let better = if verdict.upgrade { Some(credentials::hash_password(core, password).await?) } else { None };
    core.write(ctx, async |tx| {
        let opening = Opening::now(&holder.user_id, holder.access_epoch, PASSWORD, remember);
        let entry = open_session(tx, opening).await?;
        if let Some(new) = &better {
            credentials::replace_hash(tx, &account, &old, new).await?;
        }
        throttles::succeeded(tx, Act::Password, subject)?;
        Ok(Some(entry))
    })
    .await
}
