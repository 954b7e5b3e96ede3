//! Inviting somebody: by hand or by a directory that found a person it has no authority over.

use super::{Invitation, InvitationStatus, InvitationsFault, NewInvitation, record, store};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Actor;
use crate::db::{Scope as _, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::fields;
use crate::ids::OrgId;
use crate::mail::{self, Letter, LetterKind};
use crate::orgs;
use crate::orgs::members::{self, MembersFault, Status};
use crate::outbox::EventKind;
use crate::roles::{self, Authority, Definitions, RolesFault};
use crate::sign_in::impersonation;
use crate::throttles::{self, Act};
use crate::users::{self, User, email};

/// A directory mails an address at most so often, in seconds, whatever it does.
pub(super) const BETWEEN_MAILS: i64 = 86_400;

/// Invites an address, or prolongs and mails again what is pending for it.
///
/// By hand it needs `invitation:create` and roles not above one's own. A directory invites into its own
/// organization only; it may repeat itself, and is not counted against the limit: a limit would
/// turn into errors that an identity provider repeats for ever.
///
/// # Errors
/// [`orgs::OrgsFault::NotFound`] for strangers, those of [`InvitationsFault`], [`RolesFault::NotFound`],
/// [`MembersFault::AlreadyMember`], [`MembersFault::Suspended`] (no resurrection); by hand
/// [`ThrottlesFault::TooMany`](crate::throttles::ThrottlesFault::TooMany), if the address is written to too often.
pub async fn invite(tx: &mut Tx, new: NewInvitation) -> Result<Invitation> {
    let sparing = new.directory_id.is_some();
    send(tx, new, sparing).await
}

/// The same, and an address that was mailed within a day is not mailed again: for many at once.
///
/// # Errors
/// Those of [`invite`].
pub async fn invite_sparingly(tx: &mut Tx, new: NewInvitation) -> Result<Invitation> {
    send(tx, new, true).await
}

/// Removes the marks of addresses that may be mailed again. How many they were. Records no event: they are good for nothing.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    core.forget_expired("invitation_marks", "organization_id, mark", "mailed_at", BETWEEN_MAILS).await
}

async fn send(tx: &mut Tx, new: NewInvitation, sparing: bool) -> Result<Invitation> {
    impersonation::refuse_making(tx, Some(&new.organization_id), "invitation")?;
    let by_directory = new.directory_id.is_some();
    let address = email::key(new.email.trim());
    let ok = if by_directory { email::is_plausible(&address) } else { email::is_valid(&address) };
    if !ok {
        return Err(InvitationsFault::BadEmail.into());
    }
    let authority =
        roles::demand(tx, &new.organization_id, "invitation:create", InvitationsFault::MayNotInvite).await?;
    if matches!(&authority, Authority::Directory(own) if new.directory_id.as_ref() != Some(own)) {
        return Err(InvitationsFault::MayNotInvite.into());
    }
    let offered = offered(tx, &authority, &new).await?;
    // Counting, and telling one pending invitation from two, needs the organization for itself.
    let organization = orgs::lock(tx, &new.organization_id).await?;
    let invited = users::find_by_email(tx, &address).await?;
    refuse_members(tx, &new, invited.as_ref()).await?;
    let mail = !sparing || may_mail(tx, &new.organization_id, &address).await?;

    let settings = &tx.settings().organization;
    let until = tx.now().plus_seconds(settings.invitation_expires_in);
    // A directory that says the same again takes nobody's invitation back.
    let replaces = settings.cancel_pending_invitations_on_re_invite && !new.resend && !by_directory;
    let counted = mail && !by_directory;
    let invitation = match store::lock_pending(tx, &new.organization_id, &address).await? {
        // Taking back what somebody else offered is for whoever may do that alone.
        Some(pending) if pending.is_open(tx.now()) && replaces && !may_cancel(tx, &authority, &pending).await? => {
            let above = pending.offers_ownership() && !authority.is_owner();
            return Err(
                if above { InvitationsFault::MayNotInviteWithRole } else { InvitationsFault::AlreadyInvited }.into()
            );
        }
        Some(pending) if pending.is_open(tx.now()) && !replaces => {
            if !new.resend {
                return Err(InvitationsFault::AlreadyInvited.into());
            }
            if pending.offers_ownership() && !authority.is_owner() {
                return Err(InvitationsFault::MayNotInviteWithRole.into());
            }
            count_letter(tx, counted, &address).await?;
            store::prolong(tx, &pending.id, until, mail).await?;
            Invitation { expires_at: until, updated_at: tx.now(), ..pending }
        }
        stale => {
            let open = stale.as_ref().filter(|pending| pending.is_open(tx.now()));
            if open.is_some_and(|pending| pending.offers_ownership() && !authority.is_owner()) {
                return Err(InvitationsFault::MayNotInviteWithRole.into());
            }
            if !by_directory {
                // One that is replaced makes room, unless it is a directory's, which was not counted.
                let room = u64::from(open.is_some_and(|pending| pending.directory_id.is_none()));
                let others = store::count_open(tx, &new.organization_id).await?.unsigned_abs().saturating_sub(room);
                if others >= tx.settings().organization.invitation_limit {
                    return Err(InvitationsFault::LimitReached.into());
                }
            }
            count_letter(tx, counted, &address).await?;
            let told = open.is_some();
            if stale.is_some() {
                for canceled in store::cancel_pending(tx, &new.organization_id, &address).await? {
                    if told {
                        record(tx, EventKind::InvitationRevoked, &canceled);
                    }
                }
            }
            make(tx, &new, address, offered, until, mail).await?
        }
    };
    if mail {
        let name = inviter_name(tx, &new, &organization.name).await?;
        let url = format!("{}/invitation/{}", tx.settings().public_url, invitation.id);
        let kind = LetterKind::Invitation { url, organization: organization.name, inviter: name };
        mail::queue(tx, &Letter { to: invitation.email.clone(), kind }).await?;
    }
    Ok(invitation)
}

/// Counts the letter of somebody who invites by hand; a directory is bounded by the day. Nothing was written yet: of many at once
/// those go on that are not refused.
async fn count_letter(tx: &Tx, counted: bool, address: &str) -> Result<()> {
    if counted { throttles::count(tx, Act::Message, Some(address)).await } else { Ok(()) }
}

async fn make(
    tx: &mut Tx,
    new: &NewInvitation,
    address: String,
    roles: Vec<String>,
    until: Timestamp,
    mail: bool,
) -> Result<Invitation> {
    let invitation = Invitation {
        id: tx.new_id(),
        organization_id: new.organization_id.clone(),
        email: address.clone(),
        roles,
        status: InvitationStatus::Pending,
        inviter_id: new.inviter_id.clone(),
        directory_id: new.directory_id.clone(),
        additional_fields: fields::made(&tx.settings().fields.invitation, &new.additional_fields)?,
        expires_at: until,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let mailed = mail.then(|| tx.now());
    store::insert(tx, &invitation, &address, mailed).await.or_conflict(InvitationsFault::AlreadyInvited)?;
    record(tx, EventKind::InvitationCreated, &invitation);
    Ok(invitation)
}

/// The roles that are offered, each of which the inviter may give.
async fn offered(tx: &Tx, authority: &Authority, new: &NewInvitation) -> Result<Vec<String>> {
    let defined = Definitions::of(tx, &new.organization_id, new.roles.iter().map(String::as_str)).await?;
    let unknown: Vec<&str> = new.roles.iter().map(String::as_str).filter(|role| !defined.contain(role)).collect();
    if new.roles.is_empty() || !unknown.is_empty() {
        return Err(RolesFault::NotFound(unknown.join(", ")).into());
    }
    for role in &new.roles {
        let own = if new.directory_id.is_some() && role == roles::OWNER {
            Err(RolesFault::OwnerByHandOnly.into())
        } else {
            authority.may_give_defined(&defined, role)
        };
        own.map_err(|error| {
            if error.is(&RolesFault::AboveOwn) { InvitationsFault::MayNotInviteWithRole.into() } else { error }
        })?;
        roles::keep(tx, Some(&new.organization_id), role).await?;
    }
    let mut offered: Vec<String> = Vec::new();
    for role in &new.roles {
        if !offered.contains(role) {
            offered.push(role.clone());
        }
    }
    Ok(offered)
}

/// Refuses to invite who belongs to the organization, or must not be brought back into it.
async fn refuse_members(tx: &Tx, new: &NewInvitation, invited: Option<&User>) -> Result<()> {
    let Some(user) = invited else { return Ok(()) };
    match members::find(tx, &new.organization_id, &user.id).await?.map(|member| member.status) {
        Some(Status::Active) => Err(MembersFault::AlreadyMember.into()),
        Some(Status::Suspended) => Err(MembersFault::Suspended.into()),
        Some(Status::Awaiting) | None => Ok(()),
    }
}

/// Whether a directory may have this address mailed: at most once a day, counting what was mailed by
/// hand, and counting invitations that were withdrawn since.
async fn may_mail(tx: &Tx, organization: &OrgId, address: &str) -> Result<bool> {
    let last = store::last_mailed(tx, organization, address).await?;
    Ok(last.is_none_or(|last| last.plus_seconds(BETWEEN_MAILS) <= tx.now()))
}

/// Who invites, as the letter says it.
async fn inviter_name(tx: &Tx, new: &NewInvitation, organization: &str) -> Result<String> {
    let person = match (&new.inviter_id, &tx.ctx().actor) {
        (Some(id), _) => users::find(tx, id).await?,
        (None, Actor::User { user_id, .. }) => users::find(tx, user_id).await?,
        _ => None,
    };
    Ok(person.map_or_else(|| organization.to_owned(), |user| user.name))
}

async fn may_cancel(tx: &Tx, authority: &Authority, pending: &Invitation) -> Result<bool> {
    Ok(authority.holds("invitation:cancel") && authority.reaches(tx, &pending.organization_id, &pending.roles).await?)
}
