//! Setting up one directory without an account: links that are used once, the sessions that they are exchanged for, and
//! sessions for the product's own pages.
//!
//! Whoever has such a session reaches that directory and nothing else: [`connections`](super::connections) refuses them
//! wherever it is not about their directory, [`roles`](crate::roles) lets them give no role above admin, and the dialect
//! lets them through to a list of operations only. It stands on the right of whoever made it, which is looked at again
//! on every use: when they lose it, or the link is revoked, or the directory or the organization goes, the next request
//! is refused. A person's access epochs of then are kept, so that what ended their access has ended it for good, though
//! they come back.
//!
//! Tokens are `setup_…`, shown once and stored hashed. Nothing is cached.

mod links;
mod sessions;

use sea_orm::Value;

use crate::clock::Timestamp;
use crate::ctx::Actor;
use crate::db::{Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryId, Id as _, MemberId, OrgId, SecretKeyId, SetupLinkId, SetupSessionId, UserId};
use crate::orgs::members;
use crate::roles::{self, MANAGE_DIRECTORIES};
use crate::secret::Secret;
use crate::{secret_keys, users};

pub use links::{create, exchange, list, revoke};
pub use sessions::{
    Recognized, allows, authenticate, embed, organization_of, present, revoke_session, sessions, sweep,
};

/// What stands before the underscore of a token.
pub const KIND: &str = "setup";
/// How many hours a link can be good for at most: thirty days.
pub const MAX_HOURS: i64 = 720;
/// How many hours a link is good for unless somebody says otherwise: a week.
pub const DEFAULT_HOURS: i64 = 168;
/// The most pages that a session for the product's own pages may be used from.
pub const MAX_ORIGINS: usize = 10;
/// How many links of a directory can be good at once.
const MAX_OPEN: i64 = 50;
/// How many seconds a session lives that a link was exchanged for.
const SESSION: i64 = 24 * 3600;
/// How many seconds a session for the product's own pages lives.
const EMBEDDED: i64 = 3600;
/// How many seconds what has expired is kept to be looked at.
const KEPT: i64 = 90 * 24 * 3600;

crate::faults! {
    /// What can go wrong with setting up.
    pub enum SetupFault {
        /// No such link of this directory.
        LinkNotFound => NotFound, "setup_link_not_found", "Setup link not found";
        /// No such session of this directory.
        SessionNotFound => NotFound, "setup_session_not_found", "Setup session not found";
        /// Unknown, used, expired, revoked, or made by somebody who may not any more: one answer for all.
        LinkEnded => NotFound, "setup_link_ended", "This link is not valid any more: it was used, has expired or was revoked. Ask for a new one", field "token";
        /// The token of a session that is none, or has ended.
        Refused => Unauthenticated, "unauthenticated", "The setup token is not valid";
        /// More links than can be good at once.
        TooMany => Conflict, "setup_link_limit_reached", "There can be 50 links of a directory that are good at once; revoke some first";
        /// How long a link is good for.
        InvalidExpiry => Invalid, "invalid_expires_in_hours", "A link is good for 1 to 720 hours", field "expires_in_hours";
        /// The pages of the product are named by their whole origins.
        InvalidOrigins => Invalid, "invalid_allowed_origins", "1 to 10 origins such as https://app.example, without a path and without wildcards", field "allowed_origins";
    }
}

/// A link by which somebody without an account sets up a directory. Its token is known to whoever has it, and to nobody else.
#[derive(Clone, Debug)]
pub struct SetupLink {
    /// Names the link without opening anything.
    pub id: SetupLinkId,
    /// Of which directory.
    pub directory_id: DirectoryId,
    /// Of which organization.
    pub organization_id: OrgId,
    /// Who made it: the id of a person or of a secret key; `None` for the instance itself.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// When it was.
    pub used_at: Option<Timestamp>,
    /// Since when neither it nor what was made of it is any good.
    pub revoked_at: Option<Timestamp>,
}

/// A session in which a directory is set up, as those who manage the directory see it.
#[derive(Clone, Debug)]
pub struct SetupSession {
    /// Names the session without opening anything.
    pub id: SetupSessionId,
    /// Of which directory.
    pub directory_id: DirectoryId,
    /// Of which organization.
    pub organization_id: OrgId,
    /// The link that it was exchanged for; `None` if it was opened for pages of the product.
    pub link_id: Option<SetupLinkId>,
    /// On whose right it stands: the id of a person or of a secret key; `None` for the instance itself.
    pub created_by: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Until when it lives.
    pub expires_at: Timestamp,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
    /// From which origins' pages it may be used alone; empty if it is none of those.
    pub allowed_origins: Vec<String>,
}

/// A new link, with the one copy of its token.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// The link.
    pub link: SetupLink,
    /// What opens it. It is not stored and cannot be shown again.
    pub token: Secret,
}

/// A new session, with the one copy of its token.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Names the session without opening anything.
    pub id: SetupSessionId,
    /// What it reaches.
    pub present: Present,
    /// From which origins' pages it may be used alone; empty if it is none of those.
    pub allowed_origins: Vec<String>,
    /// What opens it.
    pub token: Secret,
}

/// What whoever sets up a directory is told of where they are.
#[derive(Clone, Debug)]
pub struct Present {
    /// The directory.
    pub directory_id: DirectoryId,
    /// Which product it is (`okta`, `entra`, …).
    pub provider: String,
    /// The organization.
    pub organization_id: OrgId,
    /// What people call that.
    pub organization_name: String,
    /// The address of its logo.
    pub organization_logo: Option<String>,
    /// Until when the session lives.
    pub expires_at: Timestamp,
}

/// On whose right a link or a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Creator {
    User {
        id: UserId,
        /// The person's access epoch of then.
        epoch: i64,
        /// Their membership of the organization and its access epoch, if they were a member then.
        membership: Option<(MemberId, i64)>,
    },
    Key(SecretKeyId),
    System,
}

impl Creator {
    /// The columns of whoever made it, in the order of [`Self::values`] and [`Self::stored`].
    const COLUMNS: &str = "creator_kind, creator_id, creator_epoch, creator_member_id, creator_member_epoch";

    /// The one who asks, if they may; a person's row is locked, so that whatever ends their access comes before or after.
    /// Neither strangers nor directories get here: they may manage no directory.
    async fn of(tx: &Tx, organization: &OrgId) -> Result<Option<Self>> {
        let creator = match &tx.ctx().actor {
            Actor::User { user_id, .. } => {
                let Some(user) = users::find_locked(tx, user_id).await? else { return Ok(None) };
                let member = members::active(tx, organization, user_id).await?;
                let membership = member.map(|member| (member.id, member.access_epoch));
                Self::User { id: user.id, epoch: user.access_epoch, membership }
            }
            Actor::SecretKey { key_id } => Self::Key(key_id.clone()),
            Actor::System => Self::System,
            Actor::Anonymous | Actor::Directory { .. } | Actor::Setup { .. } => return Ok(None),
        };
        Ok(creator.stands(tx, organization).await?.then_some(creator))
    }

    fn id(&self) -> Option<String> {
        match self {
            Self::User { id, .. } => Some(id.as_str().to_owned()),
            Self::Key(id) => Some(id.as_str().to_owned()),
            Self::System => None,
        }
    }

    /// What is stored of them.
    fn values(&self) -> [Value; 5] {
        let (kind, epoch, membership) = match self {
            Self::User { epoch, membership, .. } => ("user", Some(*epoch), membership.as_ref()),
            Self::Key(_) => ("key", None, None),
            Self::System => ("system", None, None),
        };
        [
            kind.into(),
            self.id().into(),
            epoch.into(),
            membership.map(|(id, _)| id.as_str().to_owned()).into(),
            membership.map(|(_, epoch)| *epoch).into(),
        ]
    }

    /// From what is stored, from that column on. `None` for what says nothing.
    fn stored(row: &Row, first: usize) -> Result<Option<Self>> {
        let (kind, id): (String, Option<String>) = (row.get(first)?, row.get(first + 1)?);
        let epoch: Option<i64> = row.get(first + 2)?;
        let (member, member_epoch): (Option<MemberId>, Option<i64>) = (row.get(first + 3)?, row.get(first + 4)?);
        Ok(match (kind.as_str(), id, epoch) {
            ("user", Some(id), Some(epoch)) => {
                Some(Self::User { id: UserId::from_text(id), epoch, membership: member.zip(member_epoch) })
            }
            ("key", Some(id), _) => Some(Self::Key(SecretKeyId::from_text(id))),
            ("system", None, _) => Some(Self::System),
            _ => None,
        })
    }

    /// Whether they may manage the organization's directories now, and could ever since.
    async fn stands(&self, db: &impl Scope, organization: &OrgId) -> Result<bool> {
        match self {
            Self::System => Ok(true),
            Self::Key(id) => secret_keys::is_live(db, id).await,
            Self::User { id, epoch, membership } => {
                let Some(user) = users::find(db, id).await? else { return Ok(false) };
                if user.access_epoch != *epoch || user.is_banned(db.now()) || user.is_locked() {
                    return Ok(false);
                }
                let member = members::active(db, organization, id).await?;
                let same = |(id, epoch): &(MemberId, i64)| {
                    member.as_ref().is_some_and(|member| member.id == *id && member.access_epoch == *epoch)
                };
                if !membership.as_ref().is_none_or(same) {
                    return Ok(false);
                }
                match member {
                    _ if user.is_platform_admin() => Ok(true),
                    Some(member) => Ok(may_set_up(&roles::of_member(db, member).await?)),
                    None => Ok(false),
                }
            }
        }
    }
}

/// Whether somebody may let others set up a directory: they give roles up to admin, so whoever lets them must, too.
fn may_set_up(authority: &roles::Authority) -> bool {
    authority.holds(MANAGE_DIRECTORIES)
        && authority.may_give_defined(&roles::Definitions::default(), roles::ADMIN).is_ok()
}

/// Refuses who may manage directories but not make admins.
async fn refuse_below_admins(tx: &Tx, owner: &OrgId) -> Result<()> {
    let authority = roles::authority(tx, owner).await?;
    let below = matches!(authority, roles::Authority::Member { .. }) && !may_set_up(&authority);
    if below { Err(roles::RolesFault::AboveOwn.into()) } else { Ok(()) }
}

/// Whether a text names an origin as browsers do: scheme and host in small letters, a port only if it is not the
/// scheme's own, and nothing after it. Without TLS only on the machine itself.
fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (host, port) = match rest.rsplit_once(':') {
        // The colons of an address in brackets are its own.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let own = if scheme == "https" { "443" } else { "80" };
    let number = |port: &str| port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port);
    let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    let named = (1..=253).contains(&host.len())
        && host.split('.').all(|label| (1..=63).contains(&label.len()) && label.bytes().all(letter));
    let secure = scheme == "https" || (scheme == "http" && local);
    secure && (named || local) && port.is_none_or(|port| port != own && number(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for good in [
            "https://app.example",
            "https://app.example:8443",
            "http://localhost:3000",
            "http://127.0.0.1",
            "https://[::1]:1",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "null",
            "*",
            "https://",
            "https://*.example",
            "https://app.example/",
            "https://app.example:443",
            "https://App.example",
            "http://app.example",
            "https://app.example:0",
            "https://app.example:080",
            "https://a@b.example",
            "https://app..example",
            "https://app.example?x",
            "ftp://localhost",
            "https://app.example\n",
        ] {
            assert!(!is_origin(bad), "{bad:?}");
        }
    }
}
