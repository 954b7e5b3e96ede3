//! The log as it is read: searched, looked at, counted.
//!
//! Who manages the organization's directories sees all of it. Who may see what the organization is like, but not
//! manage its directories, sees it without personal data ([`masking`](super::masking)), and finds people by the ids of
//! their resources only: otherwise a search would tell whether somebody is known here.

use std::collections::VecDeque;

use serde_json::Value as Json;

use super::entry::read_notes;
use super::filter::{Filter, Person};
use super::packing::Field;
use super::segments::{self, Seen, Walk, Within};
use super::{Kept, Logged, RequestLogFault, masking};
use crate::Actor;
use crate::clock::{Chance, Timestamp};
use crate::db::{self, Row, Scope};
use crate::fault::{Error, Result};
use crate::features::directory::DirectoryFault;
use crate::features::directory::connections::{authorize_one, owner_key};
use crate::features::directory::query::key;
use crate::ids::{CredentialId, DirectoryId, Id, OrgId, RequestLogId};
use crate::orgs;
use crate::roles;

/// What who may see an organization holds, if they may not manage its directories.
const SEE: &str = "organization:update";
/// Of how many requests at the most an error rate is.
const RATED: i64 = 10_000;
/// For how many seconds the newest requests are held back from who reads upwards: ids are drawn from when a request comes, and
/// it is in the log a moment after it was answered. What takes longer than this can be passed over.
const SETTLING: i64 = 5;
/// How many resources of one person are searched for.
const MOST: i64 = 50;
const MOST_TARGETS: usize = 50;

/// How much of the log somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everything.
    Whole,
    /// Everything but personal data.
    Masked,
}

/// Which status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// This one.
    Is(u16),
    /// Any that refuses: 400 and above.
    Error,
}

/// Which requests are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those about a person: the id of a user resource, of a user, or a `userName`.
    pub person: Option<String>,
    /// Those with this status.
    pub status: Option<Status>,
    /// Those that do this.
    pub operation: Option<String>,
    /// Those by this credential.
    pub credential: Option<CredentialId>,
    /// Those from then on.
    pub since: Option<Timestamp>,
    /// Those before then.
    pub until: Option<Timestamp>,
    /// Which part. A search looks through paths and names only for who sees them.
    pub part: db::Part,
}

/// What requests can be ordered and searched by.
pub const LISTED: db::Columns = db::Columns {
    orders: &[("created_at", "r.id")],
    unless_said: ("created_at", false),
    searched: &["r.id", "r.request_id", "r.operation", "r.target_id", "r.user_agent"],
    id: "r.id",
};
/// What is personal of that.
const PERSONAL: &[&str] = &["r.path", "r.user_name_key"];

/// How much the one who asks sees of the log of that directory.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::PlatformAdminOnly`], and those of the authorization.
pub async fn sight<'a>(db: &impl Scope, owner: impl Into<Option<&'a OrgId>>, directory: &DirectoryId) -> Result<Sight> {
    let owner = owner.into();
    let sight = match owner {
        None if db.ctx().actor.is_platform() => Sight::Whole,
        None => return Err(DirectoryFault::PlatformAdminOnly.into()),
        // Whoever sets up the directory sees what it is asked, and nothing else of the organization.
        Some(_) if matches!(db.ctx().actor, Actor::Setup { .. }) => {
            authorize_one(db, owner, directory).await?;
            Sight::Whole
        }
        Some(organization) => {
            let authority = roles::demand(db, organization, SEE, roles::RolesFault::Forbidden).await?;
            if db.ctx().actor.is_platform() {
                orgs::get(db, organization).await?;
            }
            if authority.holds(roles::MANAGE_DIRECTORIES) { Sight::Whole } else { Sight::Masked }
        }
    };
    let live = db::one(
        db,
        "SELECT 1 FROM directories WHERE owner_key = $1 AND id = $2 AND deleted_at IS NULL",
        [owner_key(owner).into(), directory.as_str().into()],
    )
    .await?;
    live.map(|_| sight).ok_or_else(|| DirectoryFault::NotFound.into())
}

/// The requests that match, without the texts of their bodies and answers; and how many match. Oldest first, those of the last
/// seconds are held back until all of them are there.
///
/// # Errors
/// Those of [`sight`].
pub async fn list<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    wanted: &Wanted,
) -> Result<db::Listed<Logged>> {
    let owner = owner.into();
    let sight = sight(db, owner, directory).await?;
    let wanted = &settled(db.now(), wanted);
    let mut filter = Filter {
        status: wanted.status,
        operation: wanted.operation.clone(),
        credential: wanted.credential.as_ref().map(|id| id.as_str().to_owned()),
        ..Filter::default()
    };
    if let Some(person) = &wanted.person {
        filter.person = Some(resources(db, owner, directory, person, sight).await?);
    }
    let mut list = rows(owner, directory, wanted, filter.person.as_ref());
    if let Some(text) = &wanted.part.search {
        filter.search(text, sight);
        let personal = if sight == Sight::Whole { PERSONAL } else { &[] };
        list.search(text, &[LISTED.searched, personal].concat());
    }
    let part = db::Part { search: None, ..wanted.part.clone() };
    let within = Within::new(directory, owner, wanted.since, wanted.until);
    let packed = segments::total(db, &within, &filter).await?;
    if packed == 0 {
        return list.part(db, &heads(), &LISTED, &part, |row| read(row, sight)).await;
    }
    let total = list.total(db).await? + packed;
    let within = match &part.beyond {
        Some(place) => within.beyond(&place.id, part.ascending),
        None => within,
    };
    let mut page = merged(db, list, Walk::new(db, within, &filter, part.ascending), &part).await?;
    if sight == Sight::Masked {
        page.iter_mut().for_each(hide);
    }
    Ok(db::Listed::of_one_more(page, total, part.limit))
}

/// What is wanted, but for the newest of what ascends: ids begin with the time at which a request came, and some of those who
/// came at the same time are written later. A reader who has gone on to an id has then passed over nobody.
fn settled(now: Timestamp, wanted: &Wanted) -> Wanted {
    let mut settled = wanted.clone();
    if wanted.part.ascending {
        let before = now.plus_seconds(-SETTLING);
        settled.until = Some(wanted.until.map_or(before, |until| until.min(before)));
    }
    settled
}

/// The rows that are wanted.
fn rows(owner: Option<&OrgId>, directory: &DirectoryId, wanted: &Wanted, person: Option<&Person>) -> db::List {
    let values = [directory.as_str().into(), owner_key(owner).into()];
    let mut list = db::List::new("directory_requests r", "r.directory_id = $1 AND r.owner_key = $2", values);
    if let Some(person) = person {
        let name = person.name.as_deref().unwrap_or_default();
        let values = std::iter::once(name).chain(person.targets.iter().map(String::as_str));
        list.and_each(values, |places| {
            let targets = places[1..].join(", ");
            format!("(r.target_id IN ({targets}) OR r.user_name_key = {} AND r.operation <> 'user.get')", places[0])
        });
    }
    match wanted.status {
        Some(Status::Is(status)) => list.and("r.status = {}", i64::from(status)),
        Some(Status::Error) => list.and("r.status >= {}", 400_i64),
        None => {}
    }
    list.and_if("r.operation = {}", wanted.operation.as_deref());
    list.and_if("r.credential_id = {}", wanted.credential.as_ref().map(Id::as_str));
    list.and_if("r.id >= {}", wanted.since.map(first_at));
    list.and_if("r.id < {}", wanted.until.map(first_at));
    list
}

/// Refuses to pass over too many, which is done one by one.
///
/// # Errors
/// [`RequestLogFault::TooFar`].
pub(in crate::features::directory) fn refuse_far(offset: u64) -> Result<()> {
    const FAR: u64 = 10_000;
    if offset > FAR { Err(RequestLogFault::TooFar.into()) } else { Ok(()) }
}

/// The part that is wanted of rows and segments together, and one more. What is before it is passed over one by one.
async fn merged<S: Scope>(db: &S, list: db::List, mut packed: Walk<'_, S>, part: &db::Part) -> Result<Vec<Logged>> {
    /// How many rows are read at once.
    const ROWS: u64 = 500;
    refuse_far(part.offset)?;
    let wanted = usize::try_from(part.limit.saturating_add(1)).unwrap_or(usize::MAX);
    let at_once = part.limit.saturating_add(part.offset).clamp(1, ROWS);
    let mut from = db::Part { limit: at_once, offset: 0, ..part.clone() };
    let (mut rows, mut ended) = (VecDeque::new(), false);
    let (mut page, mut passed) = (Vec::new(), 0);
    let mut next = packed.next().await?;
    while page.len() < wanted {
        if rows.is_empty() && !ended {
            let some = list.clone().page(db, &heads(), &LISTED, &from, 0, |row| read(row, Sight::Whole)).await?;
            ended = !some.more;
            from.beyond = some.entries.last().map(|last| db::Place { at: last.at, id: last.id.to_string() });
            rows.extend(some.entries);
        }
        let row_first = match (rows.front(), &next) {
            (None, None) => break,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(row), Some(packed)) => (row.id < packed.id) == part.ascending,
        };
        let first = if row_first { rows.pop_front() } else { std::mem::replace(&mut next, packed.next().await?) };
        if passed < part.offset {
            passed += 1;
        } else {
            page.extend(first);
        }
    }
    Ok(page)
}

/// One request, with its body and answer.
///
/// # Errors
/// [`RequestLogFault::NotFound`], and those of [`sight`].
pub async fn get<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    id: &RequestLogId,
) -> Result<Logged> {
    let owner = owner.into();
    let sight = sight(db, owner, directory).await?;
    let sql = format!(
        "SELECT {COLUMNS}, body, answer FROM directory_requests r
         WHERE r.directory_id = $1 AND r.owner_key = $2 AND r.id = $3"
    );
    let values = [directory.as_str().into(), owner_key(owner).into(), id.as_str().into()];
    if let Some(row) = db::one(db, sql, values).await? {
        return read(&row, sight);
    }
    let mut logged = segments::find(db, directory, owner, id.as_str()).await?.ok_or(RequestLogFault::NotFound)?;
    if sight == Sight::Masked {
        hide(&mut logged);
    }
    Ok(logged)
}

/// Some requests that have rows, in no order and without the texts of their bodies and answers; others are left out.
pub(in crate::features::directory) async fn some(
    db: &impl Scope,
    owner: Option<&OrgId>,
    directory: &DirectoryId,
    ids: &[RequestLogId],
    sight: Sight,
) -> Result<Vec<Logged>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT {COLUMNS}, CAST(NULL AS TEXT), CAST(NULL AS TEXT) FROM directory_requests r
         WHERE r.directory_id = $1 AND r.owner_key = $2 AND r.id {}",
        db::among(db.backend(), 3)
    );
    let ids: Vec<&str> = ids.iter().map(Id::as_str).collect();
    let values = [directory.as_str().into(), owner_key(owner).into(), Json::from(ids).to_string().into()];
    db::all(db, sql, values).await?.iter().map(|row| read(row, sight)).collect()
}

/// The requests that have rows, beyond an id and before another one, with everything that is kept of them: for what goes
/// through all of them.
///
/// # Errors
/// Those of the database.
pub(super) async fn between(
    db: &impl Scope,
    directory: &DirectoryId,
    (after, before): (&str, &str),
    limit: i64,
) -> Result<Vec<Logged>> {
    let sql = format!(
        "SELECT {COLUMNS}, body, answer FROM directory_requests r WHERE r.directory_id = $1 AND r.id > $2 AND r.id < $3
         ORDER BY r.id LIMIT (0 + $4)"
    );
    let rows = db::all(db, sql, [directory.as_str().into(), after.into(), before.into(), limit.into()]).await?;
    rows.iter().map(|row| read(row, Sight::Whole)).collect()
}

/// How many requests a directory has made since then, and how many of them were refused or failed: of the last 10,000,
/// or a few more, so that it costs the same however busy it is.
///
/// # Errors
/// Those of the database.
pub async fn rates(
    db: &impl Scope,
    owner: Option<&OrgId>,
    directory: &DirectoryId,
    since: Timestamp,
) -> Result<(i64, i64)> {
    let mut within = Within::new(directory, owner, Some(since), None);
    if let Some(cut) = segments::newest(db, &within, RATED).await? {
        within.low = cut;
    }
    let row = db::one(
        db,
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN status >= 400 THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM directory_requests WHERE directory_id = $1 AND owner_key = $2 AND id >= $3",
        [directory.as_str().into(), owner_key(owner).into(), within.low.as_str().into()],
    )
    .await?;
    let (mut all, mut failed): (i64, i64) = row.map_or(Ok((0, 0)), |row| Ok::<_, Error>((row.get(0)?, row.get(1)?)))?;
    segments::visit(db, &within, &Filter::default(), |seen| {
        let mut add = |status: u16, requests: i64| {
            all += requests;
            failed += if Status::Error.holds(status) { requests } else { 0 };
        };
        match seen {
            Seen::Whole(segment) => segment.summary.groups.iter().for_each(|group| add(group.status, group.requests)),
            Seen::One(head) => add(head.status, 1),
        }
        true
    })
    .await?;
    Ok((all, failed))
}

/// The first id that there can be of an instant: ids begin with their time.
pub(super) fn first_at(at: Timestamp) -> String {
    struct Lowest;
    impl Chance for Lowest {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }
    RequestLogId::generate(at, &Lowest).into()
}

/// The resources that are or were somebody's, and their `userName` if that may be looked for. Names are not looked for among
/// the readings of one person, which are found by the resource and have no place in the index of names.
async fn resources(
    db: &impl Scope,
    owner: Option<&OrgId>,
    directory: &DirectoryId,
    person: &str,
    sight: Sight,
) -> Result<Person> {
    let name = key(person).filter(|_| sight == Sight::Whole);
    let mut targets = vec![person.to_owned()];
    let rows = db::all(
        db,
        "SELECT id FROM directory_users WHERE directory_id = $1 AND (user_id = $2 OR user_name_key = $3)
         UNION SELECT directory_user_id FROM receipts WHERE directory_id = $1 AND user_id = $2
         UNION SELECT target_id FROM directory_requests
               WHERE directory_id = $1 AND user_name_key = $3 AND operation <> 'user.get' AND target_id IS NOT NULL
         LIMIT (0 + $4)",
        [directory.as_str().into(), person.into(), name.as_deref().unwrap_or_default().into(), MOST.into()],
    )
    .await?;
    for row in rows {
        targets.push(row.get(0)?);
    }
    // The same of those in segments.
    let person = Person { targets: Vec::new(), name };
    let named = Filter::of(person.clone());
    segments::visit(db, &Within::new(directory, owner, None, None), &named, |seen| {
        let Seen::One(head) = seen else { return false };
        if let Some(target) = head.text(Field::Target)
            && targets.len() <= MOST_TARGETS
            && !targets.iter().any(|known| known == target)
        {
            targets.push(target.to_owned());
        }
        true
    })
    .await?;
    Ok(Person { targets, ..person })
}

/// The columns of a list.
fn heads() -> String {
    format!("{COLUMNS}, CAST(NULL AS TEXT), CAST(NULL AS TEXT)")
}

/// The columns that [`read`] reads; body and answer follow.
const COLUMNS: &str = "r.id, r.directory_id, r.credential_id, r.request_id, r.created_at, r.status, r.duration_us, r.method,
    r.operation, r.path, r.target_id, r.user_id, r.user_name_key, r.ip, r.user_agent, r.replay_of, r.actor, r.body_bytes,
    r.body_whole, r.answer_bytes, r.answer_whole, r.notes";

fn read(row: &Row, sight: Sight) -> Result<Logged> {
    let length = |value: i64| u64::try_from(value).unwrap_or_default();
    let status: i64 = row.get(5)?;
    let notes: Option<String> = row.get(21)?;
    let notes = read_notes(notes.as_deref());
    let mut logged = Logged {
        id: row.get(0)?,
        directory_id: row.get(1)?,
        credential_id: row.get(2)?,
        request_id: row.get(3)?,
        at: Timestamp(row.get(4)?),
        status: u16::try_from(status).map_err(Error::internal)?,
        duration: length(row.get(6)?),
        method: row.get(7)?,
        operation: row.get(8)?,
        path: row.get(9)?,
        target: row.get(10)?,
        user_id: row.get(11)?,
        user_name: row.get(12)?,
        ip: row.get(13)?,
        user_agent: row.get(14)?,
        replay_of: row.get(15)?,
        actor: row.get(16)?,
        body: Kept { length: Some(length(row.get(17)?)), whole: row.get(18)?, text: row.get(22)? },
        answer: Kept { length: row.get::<Option<i64>>(19)?.map(length), whole: row.get(20)?, text: row.get(23)? },
        notes,
        masked: sight == Sight::Masked,
    };
    if logged.masked {
        hide(&mut logged);
    }
    Ok(logged)
}

/// Hides what is personal. A text that is not a whole JSON value is hidden as a whole.
pub(in crate::features::directory) fn hide(logged: &mut Logged) {
    logged.masked = true;
    logged.path = masking::request_path(&logged.path);
    logged.target =
        logged.target.take().map(|id| if masking::is_own_id(&id) { id } else { masking::HIDDEN.to_owned() });
    logged.user_name = logged.user_name.as_ref().map(|_| masking::HIDDEN.to_owned());
    for kept in [&mut logged.body, &mut logged.answer] {
        kept.text = kept.text.take().map(|text| match serde_json::from_str::<Json>(&text) {
            Ok(mut value) => {
                masking::mask(&mut value);
                value.to_string()
            }
            Err(_) => masking::HIDDEN.to_owned(),
        });
    }
    for note in logged.notes.as_array_mut().into_iter().flatten() {
        note["message"] = Json::Null;
        masking::mask(&mut note["details"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemChance;

    #[test]
    fn ids_of_an_instant_lie_between_its_bounds() {
        let at = Timestamp(1_714_723_000_000);
        let id: RequestLogId = RequestLogId::generate(at, &SystemChance);
        assert!(first_at(at).as_str() <= id.as_str());
        assert!(id.as_str() < first_at(Timestamp(at.millis() + 1)).as_str());
    }
}
