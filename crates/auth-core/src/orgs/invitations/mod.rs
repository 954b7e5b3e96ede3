//! Invitations: an offer of membership to an email address.
//!
//! `pending → accepted | rejected | canceled`; an expired one is pending in the books and nowhere else.
//! At most one invitation is pending for an address in an organization. Whoever accepts needs the
//! unguessable id, which is mailed, and a session of that address.

mod answering;
mod arriving;
mod by_domain;
mod sending;
mod store;

use serde_json::{Map, Value as Json, json};

use crate::clock::Timestamp;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::fields::{self, Given};
use crate::ids::{DirectoryId, Id as _, InvitationId, OrgId, UserId};
use crate::outbox::{Event, EventKind};
use crate::roles;
use crate::settings::FieldSettings;
use crate::users::{self, User, email};

pub use answering::{Accepted, accept, cancel, cancel_for_email, forget, reject, was_accepted};
pub use arriving::{Arriving, take_over};
pub(super) use by_domain::{mark_departed, mark_of_departed, offer_by_domain};
pub use sending::{invite, invite_sparingly, sweep};

crate::faults! {
    /// What can go wrong with invitations.
    pub enum InvitationsFault {
        /// There is none that can be answered, or none that the caller may know of.
        NotFound => NotFound, "invitation_not_found", "Invitation not found";
        /// An address that is none.
        BadEmail => Invalid, "invalid_email", "Invalid email", field "email";
        /// An invitation is pending for the address.
        AlreadyInvited => Conflict, "user_is_already_invited_to_this_organization", "User is already invited to this organization";
        /// The organization has as many pending invitations as it may.
        LimitReached => Forbidden, "invitation_limit_reached", "Invitation limit reached";
        /// A member without the right to invite.
        MayNotInvite => Forbidden, "you_are_not_allowed_to_invite_users_to_this_organization", "You are not allowed to invite users to this organization";
        /// A role above the inviter's own.
        MayNotInviteWithRole => Forbidden, "you_are_not_allowed_to_invite_user_with_this_role", "You are not allowed to invite a user with this role";
        /// A member without the right to withdraw invitations.
        MayNotCancel => Forbidden, "you_are_not_allowed_to_cancel_this_invitation", "You are not allowed to cancel this invitation";
        /// A member without the right to see invitations.
        MayNotList => Forbidden, "you_are_not_allowed_to_list_invitations", "You are not allowed to list invitations for this organization";
        /// Whoever invited is gone, or may not give that role any more.
        InviterGone => Conflict, "inviter_is_no_longer_a_member_of_the_organization", "Inviter is no longer a member of the organization";
        /// The operator wants a proven mailbox first.
        UnverifiedToAnswer => Forbidden, "email_verification_required_before_accepting_or_rejecting_invitation", "Email verification required before accepting or rejecting invitation";
        /// The mailbox is not proven: others' invitations to it are not shown.
        UnverifiedToSee => Forbidden, "email_verification_required_for_invitation", "Email verification required to view or list invitations for the session email";
    }
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvitationStatus {
    /// Neither answered nor withdrawn. It may have expired.
    Pending,
    /// The invited became a member.
    Accepted,
    /// The invited declined.
    Rejected,
    /// It was withdrawn.
    Canceled,
}

impl InvitationStatus {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Canceled => "canceled",
        }
    }

    /// The status of a word.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Pending, Self::Accepted, Self::Rejected, Self::Canceled].into_iter().find(|s| s.as_str() == text)
    }
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id, which opens it for the invited.
    pub id: InvitationId,
    /// To which organization.
    pub organization_id: OrgId,
    /// Whom, in small letters.
    pub email: String,
    /// With which roles, highest first.
    pub roles: Vec<String>,
    /// What became of it.
    pub status: InvitationStatus,
    /// Who invited, if a person did.
    pub inviter_id: Option<UserId>,
    /// Which directory invited, if one did.
    pub directory_id: Option<DirectoryId>,
    /// What is in fields that the operator added.
    pub additional_fields: Map<String, Json>,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Invitation {
    /// Whether it can still be answered.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.status == InvitationStatus::Pending && self.expires_at > now
    }

    fn offers_ownership(&self) -> bool {
        self.roles.iter().any(|role| role == roles::OWNER)
    }
}

/// An invitation to be made.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// To which organization.
    pub organization_id: OrgId,
    /// Whom.
    pub email: String,
    /// With which roles.
    pub roles: Vec<String>,
    /// Who invites, if a person does.
    pub inviter_id: Option<UserId>,
    /// Which directory invites, if one does.
    pub directory_id: Option<DirectoryId>,
    /// Whether a pending invitation is prolonged and mailed again instead of being refused; then it stays as it is otherwise.
    pub resend: bool,
    /// Fields that the operator added. Whether they may be given is for whoever has read them.
    pub additional_fields: Given,
}

/// An invitation with what the invited is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The invitation.
    pub invitation: Invitation,
    /// The organization's name.
    pub organization_name: String,
    /// The organization's slug.
    pub organization_slug: String,
    /// The inviter's address, if a person invited who is still a member.
    pub inviter_email: Option<String>,
}

/// Which invitations of an organization.
#[derive(Clone, Debug)]
pub struct InvitationQuery {
    /// Those of this status only. Pending ones that expired are not pending here.
    pub status: Option<InvitationStatus>,
    /// Those whose address has this inside.
    pub search: Option<String>,
    /// Newest first.
    pub descending: bool,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

/// The invitations of an organization, and how many match whatever limit and offset are. Who may not
/// make owners does not see offers of ownership.
///
/// # Errors
/// [`OrgsFault::NotFound`](super::OrgsFault::NotFound) for strangers, [`InvitationsFault::MayNotList`].
pub async fn list(db: &impl Scope, organization: &OrgId, query: &InvitationQuery) -> Result<(Vec<Invitation>, i64)> {
    let authority = roles::demand(db, organization, "invitation:create", InvitationsFault::MayNotList).await?;
    store::list(db, organization, query, authority.is_owner()).await
}

/// An invitation of an organization, for those who may see its invitations.
///
/// # Errors
/// [`OrgsFault::NotFound`](super::OrgsFault::NotFound) for strangers, [`InvitationsFault::MayNotList`], [`InvitationsFault::NotFound`].
pub async fn find_in(db: &impl Scope, organization: &OrgId, id: &InvitationId) -> Result<Invitation> {
    let authority = roles::demand(db, organization, "invitation:create", InvitationsFault::MayNotList).await?;
    let invitation = store::find(db, id).await?.filter(|invitation| invitation.organization_id == *organization);
    invitation
        .filter(|invitation| authority.is_owner() || !invitation.offers_ownership())
        .ok_or_else(|| InvitationsFault::NotFound.into())
}

/// What the person who asks is offered by an invitation. For anybody but the invited there is none.
///
/// # Errors
/// [`InvitationsFault::NotFound`], [`InvitationsFault::UnverifiedToSee`], [`InvitationsFault::InviterGone`].
pub async fn get(db: &impl Scope, id: &InvitationId) -> Result<Offer> {
    let user = answerer(db).await?;
    let offer = store::offer(db, id).await?.ok_or(InvitationsFault::NotFound)?;
    let invitation = &offer.invitation;
    if !invitation.is_open(db.now()) || email::key(&invitation.email) != email::key(&user.email) {
        return Err(InvitationsFault::NotFound.into());
    }
    if db.settings().organization.require_email_verification_on_invitation && !user.email_verified {
        return Err(InvitationsFault::UnverifiedToSee.into());
    }
    if let Some(inviter) = &invitation.inviter_id
        && offer.inviter_email.is_none()
        && !users::find(db, inviter).await?.is_some_and(|user| user.is_platform_admin())
    {
        return Err(InvitationsFault::InviterGone.into());
    }
    Ok(offer)
}

/// What the person who asks can accept, newest first. The ids open the invitations, so that the
/// mailbox must be proven.
///
/// # Errors
/// [`InvitationsFault::UnverifiedToSee`].
pub async fn list_of_email(db: &impl Scope) -> Result<Vec<Offer>> {
    let user = answerer(db).await?;
    if !user.email_verified {
        return Err(InvitationsFault::UnverifiedToSee.into());
    }
    store::offers_to(db, &email::key(&user.email)).await
}

/// The person who asks. Only people answer invitations.
async fn answerer(db: &impl Scope) -> Result<User> {
    let id = db.ctx().actor.user_id().cloned().ok_or(roles::RolesFault::Unauthenticated)?;
    users::get(db, &id).await
}

fn record(tx: &mut Tx, kind: EventKind, invitation: &Invitation) {
    let facts = facts(invitation, &tx.settings().fields.invitation);
    record_with(tx, kind, invitation, &facts);
}

fn record_with(tx: &mut Tx, kind: EventKind, invitation: &Invitation, facts: &Json) {
    let event = Event::new(kind, &invitation.id, json!({"v": 1, "invitation": facts}));
    tx.record(event.within(Some(&invitation.organization_id)));
}

/// What an event says about an invitation. Readers of events may read the id: it opens nothing
/// without a session of the invited.
fn facts(invitation: &Invitation, declared: &[FieldSettings]) -> Json {
    json!({
        "id": invitation.id.as_str(),
        "organization_id": invitation.organization_id.as_str(),
        "email": invitation.email,
        "roles": invitation.roles,
        "status": invitation.status.as_str(),
        "inviter_id": invitation.inviter_id.as_ref().map(crate::ids::Id::as_str),
        "directory_id": invitation.directory_id.as_ref().map(crate::ids::Id::as_str),
        "expires_at": invitation.expires_at.millis(),
        "additional_fields": fields::told(declared, &invitation.additional_fields),
    })
}
