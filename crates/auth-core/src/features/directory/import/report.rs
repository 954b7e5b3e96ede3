//! What an import would come to: a page of it, and how much there is of each kind.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::{Import, Kind};
use crate::clock::Timestamp;
use crate::db::{self, Scope};
use crate::fault::{Error, Result};
use crate::features::directory::connections::{self, bounded};
use crate::ids::{DirectoryId, Id as _, OrgId, UserId};

/// What would become of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is made: a new account for a person, or a new group.
    Created,
    /// It is made and linked with an account that exists.
    Linked,
    /// It is of a domain that the organization does not hold: the person is made, or asked first if they have an account.
    /// Which of the two is not told before it is done.
    Invited,
    /// It is made and linked to nobody: it has no address.
    Unlinked,
    /// It becomes other than it is.
    Changed,
    /// The person's access ends.
    Deactivated,
    /// The person gets their access back.
    Reactivated,
    /// It is deleted, and with it the person's access.
    Deleted,
    /// The directory would refuse it.
    Refused,
    /// It stays as it is.
    Unchanged,
    /// The identity provider never spoke of it.
    Unseen,
}

impl Outcome {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 11] = [
        Self::Created,
        Self::Linked,
        Self::Invited,
        Self::Unlinked,
        Self::Changed,
        Self::Deactivated,
        Self::Reactivated,
        Self::Deleted,
        Self::Refused,
        Self::Unchanged,
        Self::Unseen,
    ];

    /// Its name, stored and in `/v1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Linked => "linked",
            Self::Invited => "invited",
            Self::Unlinked => "unlinked",
            Self::Changed => "changed",
            Self::Deactivated => "deactivated",
            Self::Reactivated => "reactivated",
            Self::Deleted => "deleted",
            Self::Refused => "refused",
            Self::Unchanged => "unchanged",
            Self::Unseen => "unseen",
        }
    }

    /// The outcome of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// How many resources there are of each outcome, in the order of [`Outcome::ALL`].
pub type Counts = [i64; Outcome::ALL.len()];

/// What is wanted of a report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Resources of this kind only.
    pub kind: Option<Kind>,
    /// Those of this outcome only.
    pub outcome: Option<Outcome>,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

/// What would become of one resource.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its id, as the identity provider was answered.
    pub id: String,
    /// Its `userName` or `displayName`.
    pub name: String,
    /// What would become of it.
    pub outcome: Outcome,
    /// The person whom it is or would be linked with, if there is an account.
    pub user_id: Option<UserId>,
    /// `decisions` and `events` of the rehearsal, and `refused` with a code and a message; empty for groups.
    pub detail: Json,
    /// How many members a group would gain and lose; `None` for people.
    pub members: Option<(i64, i64)>,
    /// When the identity provider spoke of it last; `None` if it never did.
    pub seen_at: Option<Timestamp>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The import, if one is under way. What could not be applied is told until the next one begins.
    pub import: Option<Import>,
    /// A page of it: people before groups, by id.
    pub entries: Vec<Entry>,
    /// How many people there are of each outcome, whatever was asked for.
    pub users: Counts,
    /// How many groups.
    pub groups: Counts,
}

/// What the import of a directory would come to.
///
/// # Errors
/// [`DirectoryFault::NotFound`](super::super::DirectoryFault::NotFound), and those of the authorization.
pub async fn report<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    id: &DirectoryId,
    wanted: Wanted,
) -> Result<Report> {
    let directory = connections::get(db, owner, id).await?;
    let (mut users, mut groups) = (Counts::default(), Counts::default());
    // Kept by the database: an import of any size costs the same here.
    let sql = "SELECT c.kind, c.outcome, c.n FROM directory_import_counts c WHERE c.directory_id = $1";
    for row in db::all(db, sql, [id.as_str().into()]).await? {
        let kind = Kind::from_stored(&row.get::<String>(0)?)?;
        let outcome = stored(&row.get::<String>(1)?)?;
        let counts = if kind == Kind::User { &mut users } else { &mut groups };
        if let Some(place) = Outcome::ALL.iter().position(|one| *one == outcome) {
            counts[place] = row.get(2)?;
        }
    }
    // Each condition only where it is asked for, so that an index has what is wanted in its order.
    let mut values = vec![id.as_str().into(), bounded(wanted.limit).into(), bounded(wanted.offset).into()];
    let mut conditions = String::new();
    let asked = [("kind", wanted.kind.map(Kind::as_str)), ("outcome", wanted.outcome.map(Outcome::as_str))];
    for (column, value) in asked {
        if let Some(value) = value {
            values.push(value.into());
            let _ = write!(conditions, " AND f.{column} = ${}", values.len());
        }
    }
    let sql = format!(
        "SELECT f.kind, f.id, f.outcome, f.name, f.user_id, f.detail, f.seen_at,
             (SELECT COUNT(*) FROM staged_directory_group_members s WHERE s.group_id = f.id AND f.kind = 'group' AND NOT EXISTS
                 (SELECT 1 FROM directory_group_members r WHERE r.group_id = f.id AND r.member_id = s.member_id)),
             (SELECT COUNT(*) FROM directory_group_members r WHERE r.group_id = f.id AND f.kind = 'group'
                 AND f.outcome <> 'unseen' AND NOT EXISTS
                 (SELECT 1 FROM staged_directory_group_members s WHERE s.group_id = f.id AND s.member_id = r.member_id))
         FROM (SELECT kind, id, outcome, name, user_id, detail, seen_at FROM directory_import_entries f
               WHERE f.directory_id = $1{conditions} ORDER BY f.kind DESC, f.id LIMIT (0 + $2) OFFSET (0 + $3)) f
         ORDER BY f.kind DESC, f.id"
    );
    let rows = db::all(db, sql, values).await?;
    let entries = rows
        .iter()
        .map(|row| {
            let kind = Kind::from_stored(&row.get::<String>(0)?)?;
            let outcome = stored(&row.get::<String>(2)?)?;
            let seen = Some(row.get(6)?).filter(|_| outcome != Outcome::Unseen);
            Ok(Entry {
                kind,
                id: row.get(1)?,
                outcome,
                name: row.get(3)?,
                user_id: row.get::<Option<String>>(4)?.map(UserId::from_text),
                detail: serde_json::from_str(&row.get::<String>(5)?)?,
                members: (kind == Kind::Group).then_some((row.get(7)?, row.get(8)?)),
                seen_at: seen.map(Timestamp),
            })
        })
        .collect::<Result<_>>()?;
    Ok(Report { import: directory.import, entries, users, groups })
}

fn stored(text: &str) -> Result<Outcome> {
    Outcome::parse(text).ok_or_else(|| Error::internal(format!("an import entry of the unknown outcome {text}")))
}
