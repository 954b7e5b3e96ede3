//! Events: what happened, recorded in the transaction that did it, read in order.
//!
//! A subject's events are in order because the sequence is drawn after its row was locked. A reader
//! with a cursor never passes over an event whose transaction committed late: on SQLite writers are
//! one after the other; on PostgreSQL events get their position when nothing open can precede them.

use serde_json::Value as Json;

use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id, OrgId};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What happened, in the core's own words. The edge gives the names of the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind { $($(#[$doc])* $variant,)* }

        impl EventKind {
            /// All kinds, for the snapshot that keeps them stable.
            pub const ALL: &'static [EventKind] = &[$(Self::$variant,)*];

            /// The stored name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The kind of a stored name.
            #[must_use]
            pub fn from_stored(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

kinds! {
    /// A person was made.
    UserCreated = "user.created",
    /// A person's profile, address or standing changed.
    UserUpdated = "user.updated",
    /// A person was erased.
    UserDeleted = "user.deleted",
    /// Somebody signed in.
    SessionCreated = "session.created",
    /// Somebody signed out.
    SessionEnded = "session.ended",
    /// Sessions were ended by somebody else or by a rule.
    SessionRevoked = "session.revoked",
    /// An administrator of the instance began to act as somebody.
    SessionImpersonated = "session.impersonated",
    /// They stopped.
    SessionImpersonationEnded = "session.impersonation_ended",
    /// An administrator tried to make, as somebody else, what would open a door for longer than they act as them.
    SessionImpersonationRefused = "session.impersonation_refused",
    /// An organization was made.
    OrganizationCreated = "organization.created",
    /// An organization changed.
    OrganizationUpdated = "organization.updated",
    /// An organization was deleted.
    OrganizationDeleted = "organization.deleted",
    /// An organization has no active owner left.
    OrganizationOwnerless = "organization.ownerless",
    /// Somebody became a member, or awaits acceptance.
    MembershipCreated = "membership.created",
    /// A member's status or roles changed.
    MembershipUpdated = "membership.updated",
    /// A membership ended.
    MembershipDeleted = "membership.deleted",
    /// Somebody was invited.
    InvitationCreated = "invitation.created",
    /// An invitation was accepted.
    InvitationAccepted = "invitation.accepted",
    /// An invitation was withdrawn or declined.
    InvitationRevoked = "invitation.revoked",
    /// A team was made.
    TeamCreated = "team.created",
    /// A team got another name.
    TeamUpdated = "team.updated",
    /// A team was deleted.
    TeamDeleted = "team.deleted",
    /// A member was put into a team.
    TeamMemberAdded = "team.member_added",
    /// A member was taken out of a team.
    TeamMemberRemoved = "team.member_removed",
    /// A domain was added.
    DomainCreated = "domain.created",
    /// A domain was proven or changed.
    DomainUpdated = "domain.updated",
    /// A domain was removed.
    DomainDeleted = "domain.deleted",
    /// A role was made.
    RoleCreated = "role.created",
    /// A role, or what it permits, changed.
    RoleUpdated = "role.updated",
    /// A role was deleted.
    RoleDeleted = "role.deleted",
    /// A directory was made.
    DirectoryCreated = "directory.created",
    /// A directory changed.
    DirectoryUpdated = "directory.updated",
    /// An admin stopped a directory.
    DirectoryPaused = "directory.paused",
    /// Too many people of a directory lost access at once.
    DirectoryTripped = "directory.tripped",
    /// An admin let those go whose end of access had been refused.
    DirectoryReleased = "directory.released",
    /// Somebody has a recorded request of a directory made again.
    DirectoryRequestReplayed = "directory_request.replayed",
    /// A credential of a directory was issued.
    CredentialIssued = "credential.issued",
    /// A credential of a directory was revoked.
    CredentialRevoked = "credential.revoked",
    /// The secret of a credential is being replaced, was replaced, or is not to be replaced after all.
    CredentialRotated = "credential.rotated",
    /// A credential of a directory expires soon.
    CredentialExpiring = "credential.expiring",
    /// A credential of a directory has not been used for long.
    CredentialUnused = "credential.unused",
    /// A directory created a person, or brought one back.
    DirectoryUserProvisioned = "directory_user.provisioned",
    /// A directory changed a person.
    DirectoryUserUpdated = "directory_user.updated",
    /// A directory deactivated or deleted a person.
    DirectoryUserDeprovisioned = "directory_user.deprovisioned",
    /// A directory made a group.
    DirectoryGroupCreated = "directory_group.created",
    /// A directory changed a group.
    DirectoryGroupUpdated = "directory_group.updated",
    /// A directory deleted a group.
    DirectoryGroupDeleted = "directory_group.deleted",
    /// A directory put somebody into a group.
    DirectoryGroupMemberAdded = "directory_group.member_added",
    /// A directory took somebody out of a group.
    DirectoryGroupMemberRemoved = "directory_group.member_removed",
    /// A link was made by which a directory is set up.
    SetupLinkCreated = "setup_link.created",
    /// Such a link was revoked, with the sessions made of it.
    SetupLinkRevoked = "setup_link.revoked",
    /// Somebody began to set up a directory, by a link or on a page of the product.
    SetupSessionCreated = "setup_session.created",
    /// Such a session was ended by hand.
    SetupSessionRevoked = "setup_session.revoked",
    /// An address was named to which events are sent.
    WebhookEndpointCreated = "webhook_endpoint.created",
    /// Such an address, what is sent to it, or whether anything is, changed.
    WebhookEndpointUpdated = "webhook_endpoint.updated",
    /// Such an address was removed.
    WebhookEndpointDeleted = "webhook_endpoint.deleted",
    /// Nothing is sent any more to an address that accepted nothing for days.
    WebhookEndpointDisabled = "webhook_endpoint.disabled",
    /// The secret of such an address was replaced.
    WebhookEndpointRotated = "webhook_endpoint.rotated",
    /// Events were sent to such an address once more.
    WebhookEndpointReplayed = "webhook_endpoint.replayed",
    /// Somebody tried an address.
    WebhookTest = "webhook.test",
    /// A secret key of the administration API was made.
    SecretKeyIssued = "secret_key.issued",
    /// A secret key of the administration API was revoked.
    SecretKeyRevoked = "secret_key.revoked",
    /// An API key of a person or of an organization was made.
    ApiKeyIssued = "api_key.issued",
    /// An API key was changed.
    ApiKeyUpdated = "api_key.updated",
    /// An API key was revoked or removed.
    ApiKeyRevoked = "api_key.revoked",
    /// Somebody got another way in: an account elsewhere.
    AccountLinked = "account.linked",
    /// A way in was taken away.
    AccountUnlinked = "account.unlinked",
    /// A person has a second factor from now on.
    UserTwoFactorEnabled = "user.two_factor_enabled",
    /// A person does without a second factor from now on.
    UserTwoFactorDisabled = "user.two_factor_disabled",
    /// An administrator took a person's second factors away.
    UserTwoFactorReset = "user.two_factor_reset",
    /// Too many wrong codes: a person's second factor is locked for a while.
    UserTwoFactorLocked = "user.two_factor_locked",
    /// Somebody got another way in: a passkey.
    PasskeyCreated = "passkey.created",
    /// A passkey was given another name.
    PasskeyUpdated = "passkey.updated",
    /// A passkey was taken away.
    PasskeyDeleted = "passkey.deleted",
    /// A passkey was refused that counts backwards: there may be a copy of it.
    PasskeyRefused = "passkey.refused",
    /// People, organizations and directories of another system were taken over.
    ImportApplied = "import.applied",
}

impl EventKind {
    /// Whether the event is an entry of the [audit](crate::audit): all are but the comings and goings of people, what
    /// a directory says again and again without anybody's access changing, and reminders. What a change of groups does
    /// to anybody's roles is an event of the membership, and that is an entry.
    #[must_use]
    pub const fn is_audited(self) -> bool {
        !matches!(
            self,
            Self::SessionCreated
                | Self::SessionEnded
                | Self::DirectoryUserUpdated
                | Self::DirectoryGroupCreated
                | Self::DirectoryGroupUpdated
                | Self::DirectoryGroupDeleted
                | Self::DirectoryGroupMemberAdded
                | Self::DirectoryGroupMemberRemoved
                | Self::CredentialExpiring
                | Self::CredentialUnused
                | Self::WebhookTest
        )
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// In which organization, if in one.
    pub organization_id: Option<OrgId>,
    /// Whose row it is about; that row was locked or written by the same transaction.
    pub subject: String,
    /// The facts: an object that begins with its version, `{"v": 1, …}`. Never a secret.
    pub payload: Json,
}

impl Event {
    /// Something that happened to the instance itself or to a person.
    #[must_use]
    pub fn new(kind: EventKind, subject: &impl Id, payload: Json) -> Self {
        Self { kind, organization_id: None, subject: subject.as_str().to_owned(), payload }
    }

    /// The same, in an organization.
    #[must_use]
    pub fn within(mut self, organization: Option<&OrgId>) -> Self {
        self.organization_id = organization.cloned();
        self
    }
}

/// An event on its way into the table.
pub(crate) struct Recorded {
    pub id: String,
    pub kind: &'static str,
    pub audited: bool,
    pub organization_id: Option<String>,
    pub subject: String,
    pub payload: String,
    pub actor: String,
    pub request_id: String,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Timestamp,
}

/// An event as it is read.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its id.
    pub id: String,
    /// Its place in the stream; ascending, with gaps.
    pub sequence: i64,
    /// What happened. `None` for a kind of a newer version.
    pub kind: Option<EventKind>,
    /// In which organization.
    pub organization_id: Option<OrgId>,
    /// Whose row it is about.
    pub subject: String,
    /// The facts.
    pub payload: Json,
    /// Who did it, as [`Actor::label`](crate::Actor::label) says it.
    pub actor: String,
    /// By which request.
    pub request_id: String,
    /// When.
    pub created_at: Timestamp,
}

/// Which events to read.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those after this place; `None` from the beginning.
    pub after: Option<i64>,
    /// Those of this organization only.
    pub organization_id: Option<OrgId>,
    /// Those of this kind only.
    pub kind: Option<EventKind>,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

/// The columns of an event, read by [`read`].
fn columns(order: &str) -> String {
    format!("id, COALESCE({order}, 0), kind, organization_id, subject, payload, actor, request_id, created_at")
}

fn read(row: &Row) -> Result<Published> {
    let kind: String = row.get(2)?;
    let payload: String = row.get(5)?;
    Ok(Published {
        id: row.get(0)?,
        sequence: row.get(1)?,
        kind: EventKind::from_stored(&kind),
        organization_id: row.get::<Option<String>>(3)?.map(OrgId::from_text),
        subject: row.get(4)?,
        payload: serde_json::from_str(&payload)?,
        actor: row.get(6)?,
        request_id: row.get(7)?,
        created_at: row.get(8)?,
    })
}

/// Reads events in ascending order.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &impl Scope, wanted: &Wanted) -> Result<Vec<Published>> {
    let order = db::event_order(db.backend());
    let sql = format!(
        "SELECT {} FROM events
         WHERE {order} > $1 AND ($2 = '' OR organization_id = $2) AND ($3 = '' OR kind = $3)
         ORDER BY {order} LIMIT (0 + $4) OFFSET (0 + $5)",
        columns(order)
    );
    let rows = db::all(
        db,
        sql,
        [
            wanted.after.unwrap_or(0).into(),
            wanted.organization_id.as_ref().map_or("", Id::as_str).into(),
            wanted.kind.map_or("", EventKind::as_str).into(),
            i64::try_from(wanted.limit).unwrap_or(i64::MAX).into(),
            i64::try_from(wanted.offset).unwrap_or(i64::MAX).into(),
        ],
    )
    .await?;
    rows.iter().map(read).collect()
}

/// The events of these ids, in no order; those that are not kept are left out.
///
/// # Errors
/// Those of the database.
pub async fn find_all(db: &impl Scope, ids: &[String]) -> Result<Vec<Published>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (columns, among) = (columns(db::event_order(db.backend())), db::among(db.backend(), 1));
    let sql = format!("SELECT {columns} FROM events WHERE id {among}");
    db::all(db, sql, [Json::from(ids).to_string().into()]).await?.iter().map(read).collect()
}

/// Forgets published events that were recorded before an instant and have a place up to `read`, those before the
/// instant `latest` whatever their place; at most so many. The newest stays, because the next gets its place by it.
///
/// # Errors
/// Those of the database.
pub async fn forget(tx: &Tx, before: Timestamp, read: i64, latest: Timestamp, most: i64) -> Result<u64> {
    let order = db::event_order(tx.backend());
    let sql = format!(
        "DELETE FROM events WHERE sequence IN (SELECT sequence FROM events
             WHERE audited = FALSE AND created_at < $1 AND ({order} <= $2 OR created_at < $3) AND {order} < (SELECT MAX({order}) FROM events)
             ORDER BY created_at LIMIT (0 + $4))"
    );
    db::run(tx, sql, [before.into(), read.into(), latest.into(), most.into()]).await
}

/// The place of the last event that can be read; 0 if there is none.
///
/// # Errors
/// Those of the database.
pub async fn last(db: &impl Scope) -> Result<i64> {
    let order = db::event_order(db.backend());
    let row = db::one(db, format!("SELECT COALESCE(MAX({order}), 0) FROM events"), []).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// How many events match, whatever the limit, offset and cursor.
///
/// # Errors
/// Those of the database.
pub async fn count(db: &impl Scope, wanted: &Wanted) -> Result<i64> {
    let order = db::event_order(db.backend());
    let sql = format!(
        "SELECT COUNT(*) FROM events WHERE {order} IS NOT NULL AND ($1 = '' OR organization_id = $1) AND ($2 = '' OR kind = $2)"
    );
    let row = db::one(
        db,
        sql,
        [
            wanted.organization_id.as_ref().map_or("", Id::as_str).into(),
            wanted.kind.map_or("", EventKind::as_str).into(),
        ],
    )
    .await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// When the newest event was recorded, published or not.
///
/// # Errors
/// Those of the database.
pub async fn newest(db: &impl Scope) -> Result<Option<Timestamp>> {
    let row = db::one(db, "SELECT MAX(created_at) FROM events", []).await?;
    row.map_or(Ok(None), |row| row.get(0))
}

impl AuthCore {
    /// Makes the events of finished transactions readable. Called by the worker after each commit
    /// and before the stream is read; nothing to do on SQLite. Whether some must still wait for others to finish.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn publish_events(&self) -> Result<bool> {
        if self.db().backend() == db::Backend::Sqlite {
            return Ok(false);
        }
        let ctx = Ctx::system("publish-events");
        self.write(&ctx, async |tx| db::publish_events(tx.raw(), tx.backend()).await).await?;
        self.read(&ctx, async |rx| {
            Ok(db::one(rx, "SELECT 1 FROM events WHERE position IS NULL LIMIT 1", []).await?.is_some())
        })
        .await
    }
}
