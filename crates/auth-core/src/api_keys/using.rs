//! Using keys: each time is counted, by one statement.

use super::{ApiKey, ApiKeysFault, METHOD, Owner, Permissions, store};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, OrgId, SessionId};
use crate::orgs::members::{self, Member};
use crate::roles;
use crate::secret;
use crate::sessions::{Resolved, Session};
use crate::sign_in;
use crate::throttles::{self, Act};
use crate::users::{self, User};

/// The lengths that a key can have. Those of imported databases may be shorter than ours.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=256;

/// What a key that was presented is.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Good, and used once more.
    Good(Box<ApiKey>, Option<Box<User>>),
    /// No good. It was not used.
    Refused {
        /// Why.
        why: ApiKeysFault,
        /// In how many milliseconds it may be good again, where time is what it lacks.
        try_again_in: Option<i64>,
    },
}

impl Outcome {
    fn refused(why: ApiKeysFault) -> Self {
        Self::Refused { why, try_again_in: None }
    }
}

/// What comes of a key in the place of a session.
#[derive(Clone, Debug)]
pub enum Entered {
    /// The session that it stands for.
    In(Box<Resolved>),
    /// It is no good.
    Refused {
        /// Why.
        why: ApiKeysFault,
        /// In how many milliseconds it may be good again, where time is what it lacks.
        try_again_in: Option<i64>,
    },
}

/// Looks at a key that somebody presented, and uses it once if it is good for all of `wanted`. Who asks is the dialect's
/// business: this is for back ends, and for [`open`].
///
/// # Errors
/// Those of the database only: that a key is no good is an answer.
pub async fn verify(tx: &mut Tx, text: &str, wanted: &Permissions) -> Result<Outcome> {
    look(tx, text, wanted, true).await
}

/// Whether there is such a key, good or not. To be asked by a read before anything else, so that who guesses keeps no writer
/// from work.
///
/// # Errors
/// Those of the database.
pub async fn is_known(db: &impl Scope, text: &str) -> Result<bool> {
    Ok(is_shaped(text) && store::find_by_hash(db, &secret::hash(text)).await?.is_some())
}

fn is_shaped(text: &str) -> bool {
    LENGTHS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

async fn look(tx: &mut Tx, text: &str, wanted: &Permissions, counts: bool) -> Result<Outcome> {
    if !is_shaped(text) {
        return Ok(Outcome::refused(ApiKeysFault::Refused));
    }
    let Some(key) = store::find_by_hash(tx, &secret::hash(text)).await? else {
        return Ok(Outcome::refused(ApiKeysFault::Refused));
    };
    if let Some(why) = fault_of(&key, tx.now()) {
        return Ok(Outcome::refused(why));
    }
    if !covers(&key, wanted) {
        return Ok(Outcome::refused(ApiKeysFault::NotPermitted));
    }
    let user = match &key.owner {
        Owner::Organization(organization) => {
            if let Some(why) = fault_of_maker(tx, &key, organization, wanted).await? {
                return Ok(Outcome::refused(why));
            }
            None
        }
        Owner::User(id) => {
            let Some(user) = users::find(tx, id).await? else {
                return Ok(Outcome::refused(ApiKeysFault::Disabled));
            };
            // Whoever may not sign in does not come in by a key: what directories say is derived from present facts.
            match sign_in::admit(tx, &user, false).await {
                Ok(()) => Some(Box::new(user)),
                Err(error) if error.is_ours() => return Err(error),
                Err(_) => return Ok(Outcome::refused(ApiKeysFault::Disabled)),
            }
        }
    };
    if !counts {
        return Ok(Outcome::Good(Box::new(key), user));
    }
    if let Some(used) = store::spend(tx, &key.id).await? {
        return Ok(Outcome::Good(Box::new(used), user));
    }
    // Why the statement refused it, as it is now.
    let Some(key) = store::find(tx, &key.id).await? else { return Ok(Outcome::refused(ApiKeysFault::Refused)) };
    if let Some(why) = fault_of(&key, tx.now()) {
        return Ok(Outcome::refused(why));
    }
    if key.remaining.is_some_and(|remaining| remaining <= 0) {
        let next = key.refill.map(|refill| key.last_refill_at.unwrap_or(key.created_at).millis() + refill.interval);
        let try_again_in = next.map(|next| (next - tx.now().millis()).max(0));
        return Ok(Outcome::Refused { why: ApiKeysFault::UsageExceeded, try_again_in });
    }
    let end = key.window_started_at.unwrap_or(tx.now()).millis() + key.rate_limit.window;
    let try_again_in = Some((end - tx.now().millis()).max(0));
    Ok(Outcome::Refused { why: ApiKeysFault::RateLimited, try_again_in })
}

fn fault_of(key: &ApiKey, now: Timestamp) -> Option<ApiKeysFault> {
    if !key.live || !key.enabled {
        Some(ApiKeysFault::Disabled)
    } else if key.expires_at.is_some_and(|end| end <= now) {
        Some(ApiKeysFault::Expired)
    } else {
        None
    }
}

/// What is wrong with a key that a member made for their organization, as they are there now. That they are there, the
/// query that found the key has asked.
async fn fault_of_maker(
    tx: &Tx,
    key: &ApiKey,
    organization: &OrgId,
    wanted: &Permissions,
) -> Result<Option<ApiKeysFault>> {
    let Some(id) = &key.member_id else { return Ok(None) };
    let Some(member) = members::find_by_id(tx, organization, id).await?.filter(Member::is_active) else {
        return Ok(Some(ApiKeysFault::Disabled));
    };
    let maker = roles::of_member(tx, member).await?;
    if !maker.holds("apiKey:create") {
        return Ok(Some(ApiKeysFault::Disabled));
    }
    // The other words of a key's permissions are the application's, and none of roles'.
    let lacks = |resource: &str, action: &str| {
        let meant = format!("{resource}:{action}");
        roles::PERMISSIONS.iter().any(|known| known.key == meant) && !maker.holds(&meant)
    };
    let beyond = wanted.iter().any(|(resource, actions)| actions.iter().any(|action| lacks(resource, action)));
    Ok(beyond.then_some(ApiKeysFault::NotPermitted))
}

/// Whether the key is for all of that.
fn covers(key: &ApiKey, wanted: &Permissions) -> bool {
    wanted.iter().all(|(resource, actions)| {
        let held = key.permissions.as_ref().and_then(|all| all.get(resource));
        held.is_some_and(|held| actions.iter().all(|action| held.contains(action)))
    })
}

/// The session that a person's key stands for, where keys open sessions at all; it is used once, if that `counts`. Such a
/// session is in no table, is never fresh, and administers nothing.
///
/// # Errors
/// [`throttles::ThrottlesFault::TooMany`] where too many keys were guessed; that a key is no good is an answer.
pub async fn open(core: &AuthCore, ctx: &Ctx, text: &str, counts: bool) -> Result<Entered> {
    let nothing = Permissions::new();
    // Good ones are never refused because of what others guess from the same network.
    if !core.read(ctx, async |rx| is_known(rx, text).await).await? {
        core.read(ctx, async |rx| throttles::look(rx, Act::ApiKey, None).await).await?;
        throttles::count_first(core, ctx, Act::ApiKey, None).await?;
        return Ok(Entered::Refused { why: ApiKeysFault::Refused, try_again_in: None });
    }
    let (outcome, now) =
        core.write(ctx, async |tx| Ok::<_, crate::Error>((look(tx, text, &nothing, counts).await?, tx.now()))).await?;
    let (key, user) = match outcome {
        Outcome::Good(key, Some(user)) => (key, user),
        Outcome::Good(..) => return Ok(Entered::Refused { why: ApiKeysFault::NotAPersons, try_again_in: None }),
        Outcome::Refused { why, try_again_in } => return Ok(Entered::Refused { why, try_again_in }),
    };
    let session = Session {
        id: SessionId::from_text(key.id.as_str().to_owned()),
        user_id: user.id.clone(),
        expires_at: key.expires_at.unwrap_or(now.plus_seconds(core.settings().session.expires_in)),
        remember: false,
        ip_address: ctx.ip.clone(),
        user_agent: ctx.user_agent.clone(),
        active_organization_id: None,
        active_team_id: None,
        // A key shows none.
        second_factor: None,
        impersonated_by: None,
        method: METHOD.to_owned(),
        created_at: key.created_at,
        updated_at: key.updated_at,
        additional_fields: serde_json::Map::new(),
    };
    Ok(Entered::In(Box::new(Resolved { session, user: *user })))
}
