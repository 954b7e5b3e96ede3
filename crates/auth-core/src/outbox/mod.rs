//! Events: what happened, recorded in the transaction that did it, read in order.
//!
//! A subject's events are in order because the sequence is drawn after its row was locked. A reader
//! with a cursor never passes over an event whose transaction committed late: on SQLite writers are
//! one after the other; on PostgreSQL events get their position when nothing open can precede them.

use serde_json::Value as Json;

use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Scope};
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
    /// A domain was added.
    DomainCreated = "domain.created",
    /// A domain was proven or changed.
    DomainUpdated = "domain.updated",
    /// A domain was removed.
    DomainDeleted = "domain.deleted",
    /// A directory was made.
    DirectoryCreated = "directory.created",
    /// A directory changed.
    DirectoryUpdated = "directory.updated",
    /// A credential of a directory was issued.
    CredentialIssued = "credential.issued",
    /// A credential of a directory was revoked.
    CredentialRevoked = "credential.revoked",
    /// The secret of a credential is being replaced, was replaced, or is not to be replaced after all.
    CredentialRotated = "credential.rotated",
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
    /// A secret key of the administration API was made.
    SecretKeyIssued = "secret_key.issued",
    /// A secret key of the administration API was revoked.
    SecretKeyRevoked = "secret_key.revoked",
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
    pub organization_id: Option<String>,
    pub subject: String,
    pub payload: String,
    pub actor: String,
    pub request_id: String,
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

/// Reads events in ascending order.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &impl Scope, wanted: &Wanted) -> Result<Vec<Published>> {
    let order = db::event_order(db.backend());
    let sql = format!(
        "SELECT id, {order}, kind, organization_id, subject, payload, actor, request_id, created_at FROM events
         WHERE {order} > $1 AND ($2 = '' OR organization_id = $2) AND ($3 = '' OR kind = $3)
         ORDER BY {order} LIMIT (0 + $4) OFFSET (0 + $5)"
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
    rows.iter()
        .map(|row| {
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
        })
        .collect()
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
    /// and before the stream is read; nothing to do on SQLite.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn publish_events(&self) -> Result<()> {
        if self.db().backend() == db::Backend::Sqlite {
            return Ok(());
        }
        self.write(&Ctx::system("publish-events"), async |tx| db::publish_events(tx.raw(), tx.backend()).await).await
    }
}
