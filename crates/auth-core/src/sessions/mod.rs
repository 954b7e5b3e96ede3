//! Sessions: what an opened door is kept by.
//!
//! Sessions are made in `sign_in` and nowhere else. A session counts while it is in the table, has
//! not expired, carries the person's present epoch, and the person is not banned; nothing is cached,
//! so that what is revoked is refused by the next request.

mod arriving;
pub(crate) mod entity;
mod store;

pub use arriving::{Opened as Arriving, take_over};
pub use store::LISTED;
pub(crate) use store::insert;

use serde_json::{Map, Value as Json, json};

use crate::AuthCore;
use crate::api_keys;
use crate::clock::Timestamp;
use crate::ctx::{Actor, Ctx};
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::fields::{self, Given};
use crate::ids::{Id, OrgId, SessionId, TeamId, UserId};
use crate::outbox::{Event, EventKind};
use crate::secret;
use crate::settings::SessionSettings;
use crate::users::User;

crate::faults! {
    /// What can go wrong with sessions.
    pub enum SessionsFault {
        /// There is none, or none that the caller may know of.
        NotFound => NotFound, "session_not_found", "Session not found";
    }
}

/// How long a session lives that the person asked not to be remembered by.
const SHORT: i64 = 86_400;

/// A session. Its id names it; only its token opens it, and that is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The handle by which it is shown and revoked.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    /// Whether use prolongs it. Otherwise it ends with the browser, after a day at most.
    pub remember: bool,
    /// From where it was opened.
    pub ip_address: Option<String>,
    /// By which program.
    pub user_agent: Option<String>,
    /// The organization in which the person works at present.
    pub active_organization_id: Option<OrgId>,
    /// The team in which they work there; known where the session was resolved or listed.
    pub active_team_id: Option<TeamId>,
    /// The admin who acts as this person.
    pub impersonated_by: Option<UserId>,
    /// How it was obtained: `password`, …
    pub method: String,
    /// By what a second factor was shown: `totp`, `otp`, `backup-code`, `trusted-device`. `None` if none was.
    pub second_factor: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last prolonged or changed.
    pub updated_at: Timestamp,
    /// Fields that the operator added.
    pub additional_fields: Map<String, Json>,
}

impl Session {
    /// Whether it was opened recently enough for what asks for a fresh session.
    #[must_use]
    pub fn is_fresh(&self, settings: &SessionSettings, now: Timestamp) -> bool {
        !self.is_key() && (settings.fresh_age <= 0 || now < self.created_at.plus_seconds(settings.fresh_age))
    }

    /// Whether it is nothing but an API key that was presented: nobody has proven themselves for it.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.method == api_keys::METHOD
    }
}

/// What one session hands on to another that comes from it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The person's epoch that it was issued under.
    pub user_epoch: i64,
    /// Whether it outlives the browser.
    pub remember: bool,
    /// When the person proved themselves for it.
    pub proven_at: Timestamp,
    /// By what they showed a second factor in it, if they did.
    pub second_factor: Option<String>,
    /// Through which service they came in, if they did.
    pub provider: Option<String>,
}

/// A session that counts, and whose it is.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The session.
    pub session: Session,
    /// The person.
    pub user: User,
}

impl Resolved {
    /// Who asks with this session.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::User {
            user_id: self.user.id.clone(),
            session_id: self.session.id.clone(),
            platform_admin: self.user.is_platform_admin() && !self.session.is_key(),
            impersonated_by: self.session.impersonated_by.clone(),
        }
    }
}

/// The session that a token opens. `None` if it opens none: unknown, expired, of an epoch that has
/// passed, or of a person who is banned; or somebody acts as the person who may not any more.
pub async fn resolve(db: &impl Scope, token: &str) -> Result<Option<Resolved>> {
    // Longer texts than any token of ours or of an imported database need no hash.
    if token.is_empty() || token.len() > 256 {
        return Ok(None);
    }
    store::resolve(db, &secret::hash(token)).await
}

/// When a session ends that is issued or renewed now, and that comes from a proof of then.
pub(crate) fn end(settings: &SessionSettings, remember: bool, proven_at: Timestamp, now: Timestamp) -> Timestamp {
    let unused = now.plus_seconds(if remember { settings.expires_in } else { settings.expires_in.min(SHORT) });
    last_end(settings, proven_at).map_or(unused, |last| unused.min(last))
}

/// The end that no use puts off.
fn last_end(settings: &SessionSettings, proven_at: Timestamp) -> Option<Timestamp> {
    settings.max_age.map(|age| proven_at.plus_seconds(age))
}

/// Whether using the session now prolongs it: the last time was longer ago than the update age.
#[must_use]
pub fn is_renewal_due(settings: &SessionSettings, session: &Session, now: Timestamp) -> bool {
    session.remember
        && session.expires_at.plus_seconds(settings.update_age - settings.expires_in) <= now
        && last_end(settings, session.created_at).is_none_or(|last| session.expires_at < last)
}

/// Prolongs the session if that is due. Returns the prolonged one.
///
/// Records no event: it is the same session, and uses are too many to be news.
pub async fn renew_if_due(core: &AuthCore, ctx: &Ctx, resolved: &Resolved) -> Result<Option<Session>> {
    let settings = &core.settings().session;
    if !is_renewal_due(settings, &resolved.session, core.clock().now()) {
        return Ok(None);
    }
    core.write(ctx, async |tx| {
        let now = tx.now();
        let expires_at = end(settings, resolved.session.remember, resolved.session.created_at, now);
        // A session that was revoked meanwhile is no longer there to be prolonged.
        let renewed = store::renew(tx, &resolved.session.user_id, &resolved.session.id, expires_at).await?;
        Ok(renewed.then(|| Session { expires_at, updated_at: now, ..resolved.session.clone() }))
    })
    .await
}

/// The person's sessions that count, newest first.
pub async fn list(db: &impl Scope, user_id: &UserId) -> Result<Vec<Session>> {
    store::list(db, user_id).await
}

/// Sessions that count, of a person and at work in an organization, as far as these are named; and how many
/// there are whatever limit and offset are.
pub async fn page(
    db: &impl Scope,
    user_id: Option<&UserId>,
    organization: Option<&OrgId>,
    part: &db::Part,
) -> Result<(Vec<Session>, i64)> {
    store::page(db, user_id, organization, part).await
}

/// The session of a person from which another may come. `None` if it has ended, or somebody else acts in it.
pub(crate) async fn source(db: &impl Scope, user_id: &UserId, id: &SessionId) -> Result<Option<Source>> {
    store::source(db, user_id, id).await
}

/// A session, whosever it is, if it has not expired.
pub async fn find_any(db: &impl Scope, id: &SessionId) -> Result<Option<Session>> {
    store::find_any(db, id).await
}

/// A session by its handle or by its token, whosever it is, if it has not expired.
pub(crate) async fn find_named(db: &impl Scope, handle_or_token: &str) -> Result<Option<Session>> {
    if handle_or_token.is_empty() || handle_or_token.len() > 256 || handle_or_token.contains('\0') {
        return Ok(None);
    }
    store::find_named(db, handle_or_token, &secret::hash(handle_or_token)).await
}

/// One of the person's sessions, if it has not expired.
pub async fn find(db: &impl Scope, user_id: &UserId, id: &SessionId) -> Result<Option<Session>> {
    store::find(db, user_id, id).await
}

/// Ends one of the person's sessions. `false` if there is no such session of theirs.
pub async fn revoke(tx: &mut Tx, user_id: &UserId, id: &SessionId) -> Result<bool> {
    let ended = store::delete(tx, user_id, id).await?;
    if ended {
        ended_one(tx, user_id, id);
    }
    Ok(ended)
}

/// Ends one of the person's sessions by its token or by its handle. `false` if there is no such
/// session of theirs.
pub async fn revoke_by_token(tx: &mut Tx, user_id: &UserId, token: &str) -> Result<bool> {
    if token.len() > 256 || token.contains('\0') {
        return Ok(false);
    }
    let ended = store::delete_by_token(tx, user_id, &secret::hash(token), token).await?;
    if let Some(id) = &ended {
        ended_one(tx, user_id, id);
    }
    Ok(ended.is_some())
}

/// Ends all sessions of the person but one, if one is to go on. Returns how many.
pub async fn revoke_all(tx: &mut Tx, user_id: &UserId, except: Option<&SessionId>) -> Result<u64> {
    let count = store::delete_all(tx, user_id, except).await?;
    if count > 0 {
        let payload = json!({ "v": 1, "user_id": user_id.as_str(), "sessions": count });
        tx.record(Event::new(EventKind::SessionRevoked, user_id, payload));
    }
    Ok(count)
}

fn ended_one(tx: &mut Tx, user_id: &UserId, id: &SessionId) {
    // Whoever ends the session that they ask with signs out; anything else is a revocation.
    let own = matches!(&tx.ctx().actor, Actor::User { session_id, .. } if session_id == id);
    let kind = if own { EventKind::SessionEnded } else { EventKind::SessionRevoked };
    tx.record(Event::new(kind, id, json!({ "v": 1, "user_id": user_id.as_str(), "session_id": id.as_str() })));
}

/// Takes the sessions that count over into a new epoch of their person, whose row is locked.
pub async fn carry_over(tx: &Tx, user_id: &UserId, from_epoch: i64, to_epoch: i64) -> Result<u64> {
    store::carry_over(tx, user_id, from_epoch, to_epoch).await
}

/// Chooses the organization in which the person's session works. Whether they are a member is asked
/// before. Records no event: it is a choice of view.
pub async fn set_active_organization(
    tx: &Tx,
    user_id: &UserId,
    id: &SessionId,
    organization: Option<&OrgId>,
) -> Result<()> {
    store::set_active_organization(tx, user_id, id, organization).await
}

/// The operator's fields of a new session, as they are stored: the defaults, for nobody is asked.
pub(crate) fn default_fields(tx: &Tx) -> Result<Option<String>> {
    stored(&fields::made(&tx.settings().fields.session, &Given::default())?)
}

/// None of them is nothing to be read.
fn stored(values: &Map<String, Json>) -> Result<Option<String>> {
    if values.is_empty() { Ok(None) } else { Ok(Some(serde_json::to_string(values)?)) }
}

/// Changes the operator's fields of one of the person's sessions. Returns all that it has now, or `None` if there is no such
/// session of theirs, or it has ended. Records no event, as choosing an organization does not.
///
/// # Errors
/// [`fields::FieldsFault::TooLarge`].
pub async fn change_fields(
    tx: &Tx,
    user_id: &UserId,
    id: &SessionId,
    given: &Given,
) -> Result<Option<Map<String, Json>>> {
    let Some(before) = store::fields_locked(tx, user_id, id).await? else { return Ok(None) };
    let after = fields::changed(&tx.settings().fields.session, &before, given)?;
    store::set_fields(tx, user_id, id, stored(&after)?).await?;
    Ok(Some(after))
}

/// Lets all sessions of the person go on without this organization. Returns how many worked in it.
pub async fn leave_organization(tx: &Tx, user_id: &UserId, organization: &OrgId) -> Result<u64> {
    store::leave_organization(tx, user_id, organization).await
}

/// The same, where nobody waits for the count.
pub fn leave_organization_later(tx: &Tx, user_id: &UserId, organization: &OrgId) {
    store::leave_organization_later(tx, user_id, organization);
}

/// Lets the sessions of an organization's members go on without it. Called before it is deleted,
/// while it is known who its members are.
pub async fn abandon_organization(tx: &Tx, organization: &OrgId) -> Result<u64> {
    store::abandon_organization(tx, organization).await
}

/// Removes what expired. Records no event: those sessions ended when they expired.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    core.forget_expired("sessions", "id", "expires_at", 0).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::InstanceSecret;
    use crate::settings::Settings;

    fn session(expires_at: i64, remember: bool) -> Session {
        Session {
            id: SessionId::from_text("sess_1".into()),
            user_id: UserId::from_text("user_1".into()),
            expires_at: Timestamp(expires_at * 1000),
            remember,
            ip_address: None,
            user_agent: None,
            active_organization_id: None,
            active_team_id: None,
            impersonated_by: None,
            method: "password".into(),
            second_factor: None,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            additional_fields: Map::new(),
        }
    }

    #[test]
    fn a_session_is_prolonged_once_its_last_renewal_is_a_day_old() {
        let settings = Settings::new("http://localhost", InstanceSecret::new("s")).session;
        let (week, day) = (7 * 86_400, 86_400);
        assert!(!is_renewal_due(&settings, &session(week, true), Timestamp((day - 1) * 1000)));
        assert!(is_renewal_due(&settings, &session(week, true), Timestamp(day * 1000)));
        assert!(!is_renewal_due(&settings, &session(week, false), Timestamp(day * 1000)));
    }

    #[test]
    fn no_use_prolongs_a_session_beyond_its_longest_life() {
        let mut settings = Settings::new("http://localhost", InstanceSecret::new("s")).session;
        let (begun, day) = (Timestamp(0), |n: i64| Timestamp(n * 86_400_000));
        assert_eq!(end(&settings, true, begun, day(29)), day(36));
        settings.max_age = Some(30 * 86_400);
        assert_eq!(end(&settings, true, begun, day(20)), day(27));
        assert_eq!(end(&settings, true, begun, day(29)), day(30));
        assert_eq!(end(&settings, false, begun, day(0)), day(1));
        // Then it is left alone: each use would renew it otherwise, and come to nothing.
        assert!(is_renewal_due(&settings, &session(29 * 86_400, true), day(28)));
        assert!(!is_renewal_due(&settings, &session(30 * 86_400, true), day(29)));
    }

    #[test]
    fn a_session_is_fresh_for_a_day_and_always_where_that_is_off() {
        let mut settings = Settings::new("http://localhost", InstanceSecret::new("s")).session;
        assert!(session(1, true).is_fresh(&settings, Timestamp(86_399_999)));
        assert!(!session(1, true).is_fresh(&settings, Timestamp(86_400_000)));
        settings.fresh_age = 0;
        assert!(session(1, true).is_fresh(&settings, Timestamp(i64::MAX)));
    }
}
