//! Import mode: an identity provider walks through its people and groups, is answered as ever, and nothing happens.
//!
//! While a directory is in import mode, requests of SCIM run on its *staged* resources: a copy of them that was made
//! when the mode began, in tables of the same shape (`Ctx::staged` says so, and `db` names the other tables). All of
//! SCIM holds there, so that an id that was answered for a creation is good for whatever comes next, and filters find
//! what was written before; but nobody is linked, made, invited or suspended, and no event tells of it.
//!
//! After each change the real code is rehearsed once (`following`): what would the directory do about this resource, if it
//! were told what is staged? That is the [`report`]. In the end the import is discarded, or applied: a job brings the real
//! resources to where the staged ones are, under the ids that were answered, one transaction each (`applying`).

mod applying;
mod following;
mod report;
mod staging;

use crate::clock::Timestamp;
use crate::fault::{Error, Result};
use crate::features::directory::users::DirectoryUser;
use crate::features::directory::{Attributes, DirectoryActor};

pub(super) use applying::batch;
pub use following::{follow, seen};
pub use report::{Counts, Entry, Outcome, Report, Wanted, report};
pub use staging::{apply, discard, start};
pub(super) use staging::{clear, forget, take_back, touch};

/// An import that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    /// How far it is.
    pub state: ImportState,
    /// Since when the identity provider is only listened to.
    pub started_at: Timestamp,
    /// Which revision of the report there is: every change of what is staged, and of what it would come to, raises it. It
    /// goes on from one import of a directory to the next.
    pub revision: i64,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// The identity provider is listened to.
    Collecting,
    /// What it said is being done; until then its requests wait.
    Applying,
}

impl ImportState {
    /// Its name, stored and in `/v1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collecting => "collecting",
            Self::Applying => "applying",
        }
    }
}

impl Import {
    pub(super) fn read(state: Option<String>, started_at: Option<i64>, revision: i64) -> Option<Self> {
        let state = match state?.as_str() {
            "applying" => ImportState::Applying,
            _ => ImportState::Collecting,
        };
        Some(Self { state, started_at: Timestamp(started_at.unwrap_or_default()), revision })
    }
}

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person.
    User,
    /// A group.
    Group,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// Its name, stored and in `/v1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }

    /// The kind of that name.
    ///
    /// # Errors
    /// Internal: what is stored is one of them.
    fn from_stored(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Error::internal(format!("an import entry of the unknown kind {text}")))
    }

    /// The column of what such a resource is called.
    const fn name(self) -> &'static str {
        match self {
            Self::User => "user_name",
            Self::Group => "display_name",
        }
    }

    /// The table of such resources.
    const fn table(self) -> &'static str {
        match self {
            Self::User => "directory_users",
            Self::Group => "directory_groups",
        }
    }
}

/// What the real resource is to become of a staged one. Whether the person is active is said in any case: a resource that
/// says nothing stays what it was, and that is the staged one here, not the real one.
fn wanted(staged: &DirectoryUser) -> Attributes {
    let mut attributes = staged.attributes.clone();
    attributes.entry("active".to_owned()).or_insert(staged.active.into());
    attributes
}

impl DirectoryActor {
    /// The same directory on its staged resources, if it is in import mode: for a context that is [`Ctx::staged`].
    ///
    /// [`Ctx::staged`]: crate::Ctx::staged
    #[must_use]
    pub fn staged(&self) -> Option<Self> {
        self.directory.import?;
        let mut staged = self.clone();
        let directory = &mut staged.directory;
        directory.staging = true;
        // Nobody's membership, mapping, rule or breaker has a part in what is staged.
        directory.organization_id = None;
        (directory.mapping_version, directory.rules_version) = (0, 0);
        directory.settings.breaker.enabled = false;
        Some(staged)
    }
}
