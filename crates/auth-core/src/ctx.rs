//! Who asks, and from where.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::db::Rehearsal;
use crate::ids::{CredentialId, DirectoryId, Id, OrgId, SecretKeyId, SessionId, SetupSessionId, UserId};
use crate::notes::Notes;
use crate::secret::Secret;

/// The principal of a request. Only ever derived from credentials, never from a body or a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody that we know.
    Anonymous,
    /// A person with a session.
    User {
        /// Who.
        user_id: UserId,
        /// By which session.
        session_id: SessionId,
        /// Whether their platform role is `admin`.
        platform_admin: bool,
        /// The administrator who acts as them in this session.
        impersonated_by: Option<UserId>,
    },
    /// A directory, by one of its credentials.
    Directory {
        /// Which.
        directory_id: DirectoryId,
        /// Whose; `None` for the instance directory.
        organization_id: Option<OrgId>,
        /// By which credential.
        credential_id: CredentialId,
    },
    /// A secret key of the administration API: the whole instance.
    SecretKey {
        /// Which.
        key_id: SecretKeyId,
    },
    /// Whoever sets up one directory of an organization, by a link or on a page of the product.
    Setup {
        /// By which session.
        session_id: SetupSessionId,
        /// Which directory, and no other.
        directory_id: DirectoryId,
        /// Whose.
        organization_id: OrgId,
    },
    /// The command line or a background job of this instance.
    System,
}

impl Actor {
    /// The person, if it is one.
    #[must_use]
    pub fn user_id(&self) -> Option<&UserId> {
        match self {
            Self::User { user_id, .. } => Some(user_id),
            _ => None,
        }
    }

    /// The administrator who acts as the person, if one does.
    #[must_use]
    pub fn impersonator(&self) -> Option<&UserId> {
        match self {
            Self::User { impersonated_by, .. } => impersonated_by.as_ref(),
            _ => None,
        }
    }

    /// Whether the actor stands above all organizations: a secret key, a platform admin, or this
    /// instance itself.
    #[must_use]
    pub fn is_platform(&self) -> bool {
        matches!(self, Self::System | Self::SecretKey { .. } | Self::User { platform_admin: true, .. })
    }

    /// A short text for events: `user:user_01…`, `directory:dir_01…`, `key:key_01…`, `setup:sets_01…`, `system`.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::User { user_id, .. } => format!("user:{}", user_id.as_str()),
            Self::Directory { directory_id, .. } => format!("directory:{}", directory_id.as_str()),
            Self::SecretKey { key_id } => format!("key:{}", key_id.as_str()),
            Self::Setup { session_id, .. } => format!("setup:{}", session_id.as_str()),
            Self::System => "system".to_owned(),
        }
    }
}

/// How many rows were looked at that no index leads to. The copies of a context count together.
#[derive(Clone, Debug, Default)]
pub struct Work(Arc<AtomicU64>);

impl Work {
    /// Counts rows.
    pub(crate) fn add(&self, rows: u64) {
        self.0.fetch_add(rows, Ordering::Relaxed);
    }

    /// What was counted since this was asked last.
    #[must_use]
    pub fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// One request, as far as the core cares.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The request's id, which the caller sees in errors and the log keeps.
    pub request_id: String,
    /// Who asks.
    pub actor: Actor,
    /// The caller's address, canonical, if it is known.
    pub ip: Option<String>,
    /// The caller's `User-Agent`, cut to 512 bytes.
    pub user_agent: Option<String>,
    /// Where decisions are noted, if anybody wants to know them.
    pub notes: Option<Notes>,
    /// Whether every change is taken back at its end, as if it had failed: the answer says what would be.
    pub dry_run: bool,
    /// What a dry run of several changes is part of: see [`AuthCore::rehearse`](crate::AuthCore::rehearse).
    pub rehearsal: Option<Rehearsal>,
    /// Whether nothing is told of it: what a self-test does in its sandbox is undone.
    pub untold: bool,
    /// Whether what is read and written of a directory's resources are its staged ones: see
    /// [`import`](crate::features::directory::import).
    pub staged: bool,
    /// How much had to be looked at for it.
    pub work: Work,
    /// What the caller's device presents to be trusted, if it presents anything: see
    /// [`two_factor`](crate::two_factor).
    pub trusted_device: Option<Secret>,
}

impl Ctx {
    /// The context of a background job or a command.
    #[must_use]
    pub fn system(job: &str) -> Self {
        Self {
            request_id: job.to_owned(),
            actor: Actor::System,
            ip: None,
            user_agent: None,
            notes: None,
            dry_run: false,
            rehearsal: None,
            untold: false,
            staged: false,
            work: Work::default(),
            trusted_device: None,
        }
    }

    /// The same request by another actor, once the credentials are known.
    #[must_use]
    pub fn with_actor(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The same request, whose decisions are noted there.
    #[must_use]
    pub fn with_notes(&self, notes: Notes) -> Self {
        Self { notes: Some(notes), ..self.clone() }
    }

    /// The same request as a dry run: it does everything, and nothing of it remains.
    #[must_use]
    pub fn as_dry_run(&self) -> Self {
        Self { dry_run: true, ..self.clone() }
    }
}
