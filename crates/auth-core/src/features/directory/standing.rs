//! The person's standing in the directory's organization: brought in, awaited, or awaited no longer. How
//! it ends is in `deactivation`.

use serde_json::json;

use super::{Directory, LinkPolicy, authority};
use crate::db::{self, Tx};
use crate::fault::{Error, Result};
use crate::fields::Given;
use crate::ids::{DirectoryUserId, Id as _, MemberId, OrgId, UserId};
use crate::orgs::invitations::{self, InvitationsFault, NewInvitation};
use crate::orgs::members::{self, Member, NewMember, Source, Status, Withdrawn};
use crate::outbox::{Event, EventKind};
use crate::users::User;

/// What the organization's books say about a person.
pub(super) struct Seen {
    member: Option<Member>,
    /// The person left the organization, or was removed from it by hand, and the directory is not the
    /// authority over them: then only their own consent brings them back.
    pub left: bool,
}

/// Looks at a person's standing before they are brought in.
pub(super) async fn look(tx: &Tx, directory: &Directory, user: &User) -> Result<Seen> {
    let Some(organization) = &directory.organization_id else { return Ok(Seen { member: None, left: false }) };
    let member = members::find(tx, organization, &user.id).await?;
    let gone = match &member {
        None => true,
        // Suspended without ever having been active since it was noted: they were gone when it was.
        Some(member) if member.status == Status::Suspended && member.access_epoch == 0 => {
            // Or the directory made the account as an inactive one, and nobody has used it yet.
            user.created_by_directory_id.as_ref() != Some(&directory.id) || user.last_sign_in_at.is_some()
        }
        Some(_) => false,
    };
    let left = gone && !authority::over(tx, directory, user).await?.profile;
    Ok(Seen { member, left })
}

/// Makes sure that the person is an active member with the directory's default role.
pub(super) async fn admit(tx: &mut Tx, directory: &Directory, user: &User, seen: Seen) -> Result<()> {
    let Some(organization) = &directory.organization_id else { return Ok(()) };
    let Some(member) = seen.member.filter(|member| member.status != Status::Awaiting) else {
        return add(tx, directory, organization, user, Status::Active).await;
    };
    if member.is_suspended_by_hand() {
        note_suspended_by_hand(tx);
        return members::want_back(tx, organization, &user.id).await;
    }
    let source = Source::Default(directory.id.clone());
    let role = &directory.settings.default_role;
    let facts = facts(tx, organization, &member, role, &source).await?;
    if member.status == Status::Suspended {
        // By one setting after a deletion, by another after a deactivation.
        let settings = &directory.settings;
        let keeps =
            if facts.deleted { settings.restore_roles_after_delete } else { settings.restore_roles_on_reactivation };
        if keeps {
            members::restore_seen(tx, member.clone(), facts.limit).await?;
        } else {
            members::revoke_grants(tx, organization, &member.id, &Withdrawn::ByHand).await?;
            members::restore(tx, organization, &user.id).await?;
        }
        note_restored(tx, user, &facts, keeps);
    }
    if facts.granted {
        return Ok(());
    }
    note_role(tx, role);
    members::grant(tx, organization, &member.id, role, source).await.map(drop)
}

/// Says that the person gets the directory's default role.
fn note_role(tx: &Tx, role: &str) {
    tx.note("role.default", || format!("They get the directory's default role, {role}"), || json!({ "role": role }));
}

/// Says that the membership is back, and what became of the roles that were given by hand.
fn note_restored(tx: &Tx, user: &User, facts: &Facts, keeps: bool) {
    let words = || match (facts.by_hand.is_empty(), keeps) {
        (true, _) => "Access to the organization is back; sessions and keys are not".to_owned(),
        (false, true) => {
            format!("Access to the organization is back, with the roles given by hand: {}", facts.by_hand.join(", "))
        }
        (false, false) => {
            format!("Access to the organization is back, without the roles given by hand: {}", facts.by_hand.join(", "))
        }
    };
    let (back, gone): (&[String], &[String]) = if keeps { (&facts.by_hand, &[]) } else { (&[], &facts.by_hand) };
    tx.note("access.restored", words, || {
        json!({
            "user_id": user.id.as_str(), "after": if facts.deleted { "deletion" } else { "deactivation" },
            "roles_by_hand": back, "roles_withdrawn": gone,
        })
    });
}

/// What decides how a member comes back.
struct Facts {
    /// A directory of the organization deleted a resource of theirs.
    deleted: bool,
    /// The directory's default role is theirs already.
    granted: bool,
    /// How many members the organization itself allows.
    limit: Option<i64>,
    /// The roles that they were given by hand, or by an invitation.
    by_hand: Vec<String>,
}

async fn facts(tx: &Tx, organization: &OrgId, member: &Member, role: &str, source: &Source) -> Result<Facts> {
    let row = db::one(
        tx,
        "SELECT
            EXISTS (SELECT 1 FROM directory_tombstones t JOIN directories d ON d.id = t.directory_id
                    WHERE t.user_id = $1 AND d.owner_key = $2),
            EXISTS (SELECT 1 FROM member_grants g WHERE g.member_id = $3 AND g.role = $4 AND g.source = $5 AND g.source_id = $6),
            (SELECT o.max_allowed_memberships FROM organizations o WHERE o.id = $2),
            (SELECT string_agg(g.role, ',' ORDER BY g.role) FROM member_grants g
             WHERE g.member_id = $3 AND g.source IN ('manual', 'invitation'))",
        [
            member.user_id.as_str().into(),
            organization.as_str().into(),
            member.id.as_str().into(),
            role.into(),
            source.kind().into(),
            source.id().into(),
        ],
    )
    .await?;
    let Some(row) = row else { return Err(Error::internal("a query without a table gave no row")) };
    let by_hand = row.get::<Option<String>>(3)?.unwrap_or_default();
    let mut by_hand: Vec<String> = by_hand.split(',').filter(|role| !role.is_empty()).map(str::to_owned).collect();
    by_hand.dedup();
    Ok(Facts { deleted: row.get(0)?, granted: row.get(1)?, limit: row.get(2)?, by_hand })
}

/// Makes the person a member with that status and the directory's default role.
pub(super) async fn add(
    tx: &mut Tx,
    directory: &Directory,
    organization: &OrgId,
    user: &User,
    status: Status,
) -> Result<()> {
    note_role(tx, &directory.settings.default_role);
    members::add(tx, new_member(directory, organization, user, status)).await.map(drop)
}

/// The same for somebody whom this very transaction made.
pub(super) async fn add_new(
    tx: &mut Tx,
    directory: &Directory,
    organization: &OrgId,
    user: &User,
    status: Status,
    member_limit: Option<i64>,
) -> Result<()> {
    note_role(tx, &directory.settings.default_role);
    members::add_new(tx, new_member(directory, organization, user, status), member_limit).await.map(drop)
}

fn new_member(directory: &Directory, organization: &OrgId, user: &User, status: Status) -> NewMember {
    NewMember {
        organization_id: organization.clone(),
        user_id: user.id.clone(),
        status,
        role: directory.settings.default_role.clone(),
        source: Source::Default(directory.id.clone()),
        additional_fields: Given::default(),
    }
}

fn note_suspended_by_hand(tx: &Tx) {
    tx.note(
        "membership.suspended_by_hand",
        || "Somebody in the organization suspended them: it is for people there to bring them back".to_owned(),
        || json!({}),
    );
}

/// Case 4: an invitation goes out, and nothing of the person is touched until they accept. Persons of
/// the instance directory are not invited anywhere.
pub(super) async fn await_acceptance(tx: &mut Tx, directory: &Directory, user: &User, address: &str) -> Result<()> {
    let Some(organization) = &directory.organization_id else { return Ok(()) };
    let before = members::find(tx, organization, &user.id).await?;
    if before.is_some_and(|member| member.is_suspended_by_hand()) {
        note_suspended_by_hand(tx);
        return Ok(());
    }
    add(tx, directory, organization, user, Status::Awaiting).await?;
    if directory.settings.link_policy == LinkPolicy::Strict {
        tx.note("pending.strict", || "The link is pending, and nobody is invited".to_owned(), || json!({}));
        return Ok(());
    }
    let new = NewInvitation {
        organization_id: organization.clone(),
        email: address.to_owned(),
        roles: vec![directory.settings.default_role.clone()],
        inviter_id: None,
        directory_id: Some(directory.id.clone()),
        resend: true,
        additional_fields: Given::default(),
    };
    match invitations::invite(tx, new).await {
        // An offer of ownership is pending for the address: it stays as it is, and will do.
        Err(error) if error.is(&InvitationsFault::MayNotInviteWithRole) => Ok(()),
        done => done.map(drop),
    }
}

/// Takes back what [`await_acceptance`] did: the person was never touched, and is not now.
pub(super) async fn withdraw(
    tx: &mut Tx,
    directory: &Directory,
    resource: &DirectoryUserId,
    user: &UserId,
    address: Option<&str>,
) -> Result<u64> {
    let Some(organization) = &directory.organization_id else { return Ok(0) };
    let elsewhere = db::one(
        tx,
        "SELECT 1 FROM directory_users u JOIN directories d ON d.id = u.directory_id
         WHERE u.user_id = $1 AND u.id <> $2 AND u.active AND d.owner_key = $3 AND d.deleted_at IS NULL LIMIT 1",
        [user.as_str().into(), resource.as_str().into(), organization.as_str().into()],
    )
    .await?;
    if elsewhere.is_some() {
        return Ok(0);
    }
    let ended = db::one(
        tx,
        "DELETE FROM members WHERE organization_id = $1 AND user_id = $2 AND status = 'awaiting' RETURNING id",
        [organization.as_str().into(), user.as_str().into()],
    )
    .await?;
    if let Some(row) = ended {
        let id: MemberId = row.get(0)?;
        let facts = json!({ "id": id.as_str(), "organization_id": organization.as_str(), "user_id": user.as_str(), "status": "awaiting" });
        let payload = json!({ "v": 1, "membership": facts });
        tx.record(Event::new(EventKind::MembershipDeleted, &id, payload).within(Some(organization)));
    }
    match address {
        Some(address) => invitations::cancel_for_email(tx, organization, address).await,
        None => Ok(0),
    }
}
