//! Taking things over from another system, with the ids that they have there.
//!
//! Each module that owns a table has a door for it, `take_over`, which keeps its rules: what may not be here is not taken.
//! Only the command line of the instance goes through ([`demand`]). The doors record no events: who reads them knows these
//! people already, and an application would be told of everybody that it has. What there is to tell of a whole import is one
//! event, [`applied`], which is an entry of the audit.
//!
//! What was taken is noted ([`note`]), so that taking over again brings nothing back that has ended here since: neither a
//! person who was erased, nor a session that was ended, nor a second factor that was switched off.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use crate::ctx::Actor;
use crate::db::{self, Change, Scope as _, Tx};
use crate::fault::Result;
use crate::fields::{self, Given};
use crate::outbox::{Event, EventKind};
use crate::roles::RolesFault;
use crate::settings::FieldSettings;

/// Why something is not taken, or what of it is not, in words for the operator.
pub type Words = Cow<'static, str>;

/// What became of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It is here from now on, but for these parts of it.
    New(Vec<Words>),
    /// It is here already, and stays as it is. These parts are others here.
    Present(Vec<&'static str>),
    /// It was taken before, and has ended here since.
    Gone,
    /// It cannot be taken.
    Refused(Words),
}

impl Came {
    /// All of it is here from now on.
    #[must_use]
    pub const fn whole() -> Self {
        Self::New(Vec::new())
    }

    /// It cannot be taken.
    #[must_use]
    pub fn refused(why: impl Into<Words>) -> Self {
        Self::Refused(why.into())
    }

    /// Whether it is here now.
    #[must_use]
    pub const fn is_here(&self) -> bool {
        matches!(self, Self::New(_) | Self::Present(_))
    }

    /// Whether it came with this very call.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        matches!(self, Self::New(_))
    }
}

/// Why an id is not taken.
pub const BAD_ID: Came = Came::Refused(Cow::Borrowed("its id is none that can be kept: [A-Za-z0-9_-]{1,64}"));
/// Why something of a person is not taken.
pub const NO_USER: Came = Came::Refused(Cow::Borrowed("its person is not here"));
/// Why something of an organization is not taken.
pub const NO_ORGANIZATION: Came = Came::Refused(Cow::Borrowed("its organization is not here"));

/// The fields that the operator added, as they are kept here. Too much of them is none but the defaults.
pub(crate) fn additional_fields(
    declared: &[FieldSettings],
    there: &Given,
    without: &mut Vec<Words>,
) -> Result<Map<String, Json>> {
    if let Ok(fields) = fields::made(declared, there) {
        return Ok(fields);
    }
    without.push("additional fields of more than 64 KiB".into());
    fields::made(declared, &Given::default())
}

/// Refuses everybody but this instance itself.
///
/// # Errors
/// [`RolesFault::Forbidden`].
pub fn demand(tx: &Tx) -> Result<()> {
    if matches!(tx.ctx().actor, Actor::System) { Ok(()) } else { Err(RolesFault::Forbidden.into()) }
}

/// Whether a thing of that kind was taken before.
pub(crate) async fn was_taken(tx: &Tx, kind: &'static str, id: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM arrivals WHERE kind = $1 AND source_id = $2";
    Ok(db::one(tx, sql, [kind.into(), id.into()]).await?.is_some())
}

/// Notes that a thing is here.
pub(crate) fn note(tx: &Tx, kind: &'static str, id: &str) {
    let sql = "INSERT INTO arrivals (kind, source_id, arrived_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    db::later(tx, Change::new(sql, [kind.into(), id.into(), tx.now().into()]));
}

/// Whether a row of that id is in a table.
pub(crate) async fn has_row(tx: &Tx, table: &'static str, id: &str) -> Result<bool> {
    Ok(db::one(tx, format!("SELECT 1 FROM {table} WHERE id = $1"), [id.into()]).await?.is_some())
}

/// Tells that an import was applied: from where, and how many of each kind it took. Never what.
///
/// # Errors
/// [`RolesFault::Forbidden`] for all but the instance itself.
pub fn applied(tx: &mut Tx, from: &str, counts: &Json) -> Result<()> {
    demand(tx)?;
    let payload = serde_json::json!({ "v": 1, "source": from, "taken": counts });
    let (kind, subject) = (EventKind::ImportApplied, from.to_owned());
    tx.record(Event { kind, organization_id: None, subject, payload });
    Ok(())
}
