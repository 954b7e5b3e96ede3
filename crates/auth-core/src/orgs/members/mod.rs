//! Members: who belongs to an organization, with which standing and which roles.
//!
//! One function adds members, [`add`]; whatever ends a membership is in [`leaving`]. Only active
//! members are members for any other purpose: lists, permissions, counts.

mod arriving;
pub mod derived;
pub mod grants;
pub mod joining;
pub mod leaving;
pub mod listing;
mod owners;
pub mod presence;
mod store;

use serde_json::{Map, Value as Json, json};

use crate::clock::Timestamp;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::fields::{self, Given};
use crate::ids::{DirectoryId, Id as _, MemberId, OrgId, UserId};
use crate::outbox::{Event, EventKind};
use crate::roles;
use crate::settings::FieldSettings;

pub(crate) use arriving::take_over_provisioned;
pub use arriving::{Arriving, take_over};
pub use grants::{Grant, Withdrawn, change_roles, grant, grants_of, revoke_grants};
pub(super) use joining::found;
pub use joining::{activate, add, add_new, change};
pub(crate) use leaving::want_back;
pub use leaving::{before_user_deletion, hold_organizations, remove, restore, restore_seen, suspend, suspend_by_hand};
pub use listing::{Filter, MemberField, MemberQuery, Operator, Person, count_active, list};
pub use presence::{enter, fellow, present};

/// What stands before the name of whoever suspended a member by hand.
const BY_HAND: &str = "hand:";
/// Behind it, of whom a directory has shut out besides.
const AND_DIRECTORY: &str = "directory+";

crate::faults! {
    /// What can go wrong with members.
    pub enum MembersFault {
        /// There is none, or none that the caller may know of.
        NotFound => NotFound, "member_not_found", "Member not found";
        /// The person belongs to the organization already.
        AlreadyMember => Conflict, "user_is_already_a_member_of_this_organization", "User is already a member of this organization";
        /// No resurrection: a directory suspended the person, and nothing but a directory or an
        /// owner's explicit act brings them back.
        Suspended => Conflict, "membership_suspended", "The membership of this person is suspended";
        /// The organization is full.
        LimitReached => Forbidden, "organization_membership_limit_reached", "Organization membership limit reached";
        /// The last owner wants to leave, or is to be removed.
        OnlyOwner => Conflict, "you_cannot_leave_the_organization_as_the_only_owner", "You cannot leave the organization as the only owner";
        /// The last owner would be no owner any more.
        WithoutOwner => Conflict, "you_cannot_leave_the_organization_without_an_owner", "You cannot leave the organization without an owner";
        /// A member without the right to add others.
        MayNotAdd => Forbidden, "you_are_not_allowed_to_add_members", "You are not allowed to add members to this organization";
        /// A member without the right to change this one.
        MayNotUpdate => Forbidden, "you_are_not_allowed_to_update_this_member", "You are not allowed to update this member";
        /// Nobody suspends themselves: they would not come back.
        NotYourself => Forbidden, "you_cannot_suspend_yourself", "You cannot suspend yourself";
        /// A member without the right to remove this one.
        MayNotDelete => Forbidden, "you_are_not_allowed_to_delete_this_member", "You are not allowed to delete this member";
    }
}

/// To how many administrators something is told by mail.
const RECIPIENTS: i64 = 50;

/// Where the administrators of an organization and of the platform get their mail, not too many of them. The
/// administrators of the instance itself are those of the platform.
///
/// # Errors
/// Those of the database.
pub async fn addresses_of_admins(db: &impl Scope, organization: Option<&OrgId>) -> Result<Vec<String>> {
    let nobodys = OrgId::from_text(String::new());
    store::addresses_of_admins(db, organization.unwrap_or(&nobodys), RECIPIENTS).await
}

/// The standing of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Belongs to the organization.
    Active,
    /// A directory pushed them; they have not accepted yet.
    Awaiting,
    /// A directory withdrew them.
    Suspended,
}

impl Status {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Awaiting => "awaiting",
            Self::Suspended => "suspended",
        }
    }

    /// The standing of a stored word. What is not known is no access.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        match text {
            "active" => Self::Active,
            "awaiting" => Self::Awaiting,
            _ => Self::Suspended,
        }
    }
}

/// Where a role came from. Removing a source removes only what it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Somebody gave it by hand.
    Manual,
    /// An invitation that was accepted.
    Invitation,
    /// The default role of a directory.
    Default(DirectoryId),
    /// The attribute mapping of a directory.
    Mapping(DirectoryId),
    /// Sign-in through an enterprise connection, by its provider id.
    Sso(String),
}

impl Source {
    /// The stored kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Invitation => "invitation",
            Self::Default(_) => "default",
            Self::Mapping(_) => "mapping",
            Self::Sso(_) => "sso",
        }
    }

    /// Which of its kind; empty where there is only one.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Manual | Self::Invitation => "",
            Self::Default(directory) | Self::Mapping(directory) => directory.as_str(),
            Self::Sso(provider) => provider,
        }
    }

    /// Whether it may bring back a person whom a directory suspended.
    const fn may_restore(&self) -> bool {
        matches!(self, Self::Default(_) | Self::Mapping(_))
    }
}

/// A person in an organization.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The membership's id.
    pub id: MemberId,
    /// In which organization.
    pub organization_id: OrgId,
    /// Who.
    pub user_id: UserId,
    /// With which standing.
    pub status: Status,
    /// Who suspended them, as [`Actor::label`](crate::Actor::label) says it.
    pub suspended_by: Option<String>,
    /// Raised by whatever ends access; a session or key of an older epoch is none.
    pub access_epoch: i64,
    /// What members may see besides.
    pub public_metadata: Map<String, Json>,
    /// What only the administration API sees.
    pub private_metadata: Map<String, Json>,
    /// What is in fields that the operator added.
    pub additional_fields: Map<String, Json>,
    /// The union of the grants, highest first. A role that is only a directory's default and that
    /// another grant includes is left out. Never empty: who has no grant is a `member`.
    pub roles: Vec<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Member {
    /// Whether somebody suspended them who may change members, and no directory.
    #[must_use]
    pub fn is_suspended_by_hand(&self) -> bool {
        self.status == Status::Suspended && self.suspended_by.as_ref().is_some_and(|by| by.starts_with(BY_HAND))
    }

    /// Whether a directory has shut out somebody who is suspended by hand: then an owner brings them back.
    #[must_use]
    pub fn is_shut_out_besides(&self) -> bool {
        let hand = self.suspended_by.as_deref().and_then(|by| by.strip_prefix(BY_HAND));
        self.status == Status::Suspended && hand.is_some_and(|hand| hand.starts_with(AND_DIRECTORY))
    }

    /// Whether they are a member for any purpose.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// Whether owner is among their roles.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.roles.iter().any(|role| role == roles::OWNER)
    }

    /// The highest role, for shapes that want one.
    #[must_use]
    pub fn highest_role(&self) -> &str {
        roles::highest(&self.roles).unwrap_or(roles::MEMBER)
    }
}

/// A member to be added.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// To which organization.
    pub organization_id: OrgId,
    /// Who.
    pub user_id: UserId,
    /// With which standing.
    pub status: Status,
    /// With which role.
    pub role: String,
    /// By whose decision.
    pub source: Source,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// What to change about a membership. `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What members may see besides.
    pub public_metadata: Option<Map<String, Json>>,
    /// What only the administration API sees.
    pub private_metadata: Option<Map<String, Json>>,
    /// Some of the fields that the operator added. Whether they may be given is for whoever has read them.
    pub additional_fields: Given,
}

impl Changes {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.public_metadata.is_none() && self.private_metadata.is_none() && self.additional_fields.is_empty()
    }
}

/// The person's membership, whatever its standing.
///
/// # Errors
/// Those of the database.
pub async fn find(db: &impl Scope, organization: &OrgId, user: &UserId) -> Result<Option<Member>> {
    store::find(db, organization, user).await
}

/// The membership of that id in that organization, whatever its standing.
///
/// # Errors
/// Those of the database.
pub async fn find_by_id(db: &impl Scope, organization: &OrgId, id: &MemberId) -> Result<Option<Member>> {
    store::find_by_id(db, organization, id).await
}

/// The person's membership, if it is active.
///
/// # Errors
/// Those of the database.
pub async fn active(db: &impl Scope, organization: &OrgId, user: &UserId) -> Result<Option<Member>> {
    Ok(store::find(db, organization, user).await?.filter(Member::is_active))
}

/// The person's membership, which nobody else changes until the transaction ends.
pub(super) async fn lock(tx: &Tx, organization: &OrgId, user: &UserId) -> Result<Option<Member>> {
    store::lock(tx, organization, user).await
}

/// All memberships of a person, whatever their standing.
///
/// # Errors
/// Those of the database.
pub async fn of_user(db: &impl Scope, user: &UserId) -> Result<Vec<Member>> {
    store::of_user(db, user).await
}

/// Memberships of a person, whatever their standing, with their organizations by name: the first so many, and how many
/// there are.
///
/// # Errors
/// Those of the database.
pub async fn page_of_user(
    db: &impl Scope,
    user: &UserId,
    limit: u64,
) -> Result<(Vec<(Member, super::Organization)>, i64)> {
    store::page_of_user(db, user, limit).await
}

/// Records what happened to a membership: the facts before and after, as far as there were any.
fn record(tx: &mut Tx, kind: EventKind, before: Option<&Member>, after: Option<&Member>) {
    let Some(subject) = after.or(before) else { return };
    let declared = &tx.settings().fields.member;
    let payload = match (before, after) {
        (Some(before), Some(after)) => {
            json!({"v": 1, "before": facts(before, declared), "after": facts(after, declared)})
        }
        _ => json!({"v": 1, "membership": facts(subject, declared)}),
    };
    let event = Event::new(kind, &subject.id, payload).within(Some(&subject.organization_id));
    tx.record(event);
}

fn facts(member: &Member, declared: &[FieldSettings]) -> Json {
    json!({
        "id": member.id.as_str(),
        "organization_id": member.organization_id.as_str(),
        "user_id": member.user_id.as_str(),
        "status": member.status.as_str(),
        "suspended_by": member.suspended_by,
        "roles": member.roles,
        "public_metadata": member.public_metadata,
        "additional_fields": fields::told(declared, &member.additional_fields),
    })
}
