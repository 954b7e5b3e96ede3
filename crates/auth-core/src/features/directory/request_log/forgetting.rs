//! Forgetting somebody who was erased: the requests stay, and what they say of the person goes.
//!
//! The transaction that erases somebody notes by what they are found in the log of each directory that knew them
//! ([`Traces`], sealed: it is what is to be forgotten). Shortly after, when what was said before is written, the log is gone
//! through from its beginning, a part at a time, rows first and segments then; for all at once who wait for it in one
//! directory. A request that had begun and was not answered by then is written at a place that was passed already, so the end
//! of the log is gone through once more, an hour after the erasure. What comes later is about somebody else, or about who
//! came back.
//!
//! Of a request that is about the person or mentions them, time, credential, operation, status, duration, sizes, the ids and
//! the codes of decisions stay. Query, body, answer and the facts of decisions go as a whole, those about others in the same
//! request too: no text is left that might hold something of the person in a way that nobody thought of. A query that only
//! quotes their name is all that goes of a search by name, because others may have it.
//!
//! What fails is tried again each hour. A segment that cannot be read would be for ever, and what is behind it never be reached:
//! after [`TRIES`] it is set aside ([`salvage`]).

use super::people::forget as forget_people;
use super::reading::{self, first_at};
use super::salvage::{self, Torn};
use super::traces::{Texts, Traces};
use super::{Logged, packing, segments};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{DirectoryId, Id as _, UserId};

/// How many rows are looked at in one go, and how many segments.
const ROWS: i64 = 100;
const SEGMENTS: i64 = 8;
/// For how many people at once.
const PEOPLE: i64 = 50;
/// How long after the erasure the log is gone through, in seconds: by then what came before is written, if it was answered.
const PAUSE: i64 = 10;
/// How long a request may take at the most, in seconds: after that the end of the log is gone through once more. Nothing ends
/// a request that goes on for long; an hour is far beyond what the largest takes.
const LONGEST: i64 = 3_600;
/// After how many seconds it is tried again where it failed.
const LATER: i64 = 3_600;
/// For how many such times a segment that cannot be read holds up the walk: a process of another version may read it yet.
const TRIES: i64 = 3;
/// What is after every id.
const END: &str = "~";
/// What the traces are sealed for.
const PURPOSE: &str = "erasures";

/// Notes that a directory's log is to forget somebody who is erased by this transaction.
///
/// # Errors
/// Those of the database.
pub(in crate::features::directory) async fn forget_later(
    tx: &Tx,
    directory: &DirectoryId,
    user: &UserId,
    traces: &Traces,
) -> Result<()> {
    let sealed = tx.settings().secret.seal(PURPOSE, traces.stored(user.as_str()).to_string().as_bytes())?;
    let sql = "INSERT INTO directory_erasures
             (directory_id, user_id, sealed, again, rows_through, segments_through, created_at, due_at)
         VALUES ($1, $2, $3, FALSE, '', '', $4, $5)
         ON CONFLICT (directory_id, user_id) DO UPDATE SET sealed = excluded.sealed, again = FALSE, rows_through = '',
             segments_through = '', created_at = excluded.created_at, due_at = excluded.due_at";
    let due = tx.now().plus_seconds(PAUSE);
    let values = [directory.as_str().into(), user.as_str().into(), sealed.into(), tx.now().into(), due.into()];
    db::run(tx, sql, values).await.map(drop)
}

/// Goes through a part of a log for some who were erased. Returns whether there may be more to do: a worker calls it until
/// there is not. Where it fails it is put off, so that others are forgotten meanwhile.
///
/// # Errors
/// Those of the database, if it is not there.
pub async fn forget_step(core: &AuthCore) -> Result<bool> {
    let ctx = Ctx::system("erasures");
    let Some(mut turn) = core.read(&ctx, async |rx| Turn::next(rx).await).await? else { return Ok(false) };
    let mut people = Vec::new();
    for one in std::mem::take(&mut turn.waiting) {
        match unsealed(core, &one.sealed) {
            Ok(traces) => people.push(Person::new(one, traces)),
            Err(_) => put_off(core, &ctx, &turn.directory, &one.user, "opening what was noted").await?,
        }
    }
    if people.is_empty() {
        return Ok(true);
    }
    let failed = match core.read(&ctx, async |rx| turn.look(rx, &people).await).await {
        // Records no event: the erasure has one.
        Ok(part) => match core.write(&ctx, async |tx| turn.forget(tx, &people, &part).await).await {
            Err(error) if is_of_it(&error) => "writing it anew",
            done => return done.map(|aside| tell(&turn.directory, &aside)).map(|()| true),
        },
        Err(error) if is_of_it(&error) => "reading it",
        Err(error) => return Err(error),
    };
    for person in &people {
        put_off(core, &ctx, &turn.directory, &person.user, failed).await?;
    }
    Ok(true)
}

fn unsealed(core: &AuthCore, sealed: &str) -> Result<Traces> {
    let plain = core.settings().secret.open(PURPOSE, sealed)?;
    Ok(Traces::read(&serde_json::from_slice(&plain)?))
}

/// Tries again later to forget somebody, and tells the operator in which of its steps it failed: the cause might quote what
/// is to be forgotten.
async fn put_off(core: &AuthCore, ctx: &Ctx, directory: &DirectoryId, user: &str, failed: &str) -> Result<()> {
    let sql = "UPDATE directory_erasures SET due_at = $3 WHERE directory_id = $1 AND user_id = $2";
    core.write(ctx, async |tx| {
        let later = tx.now().plus_seconds(LATER);
        db::run(tx, sql, [directory.as_str().into(), user.into(), later.into()]).await
    })
    .await?;
    let directory = directory.as_str();
    tracing::error!(
        directory,
        user,
        "{failed} failed when a request log was to forget somebody who was erased; it is tried again in an hour"
    );
    Ok(())
}

/// Tells the operator of segments that were set aside.
fn tell(directory: &DirectoryId, aside: &[Torn]) {
    for Torn { ids: (first, last), requests: (requests, kept) } in aside {
        let (directory, lost) = (directory.as_str(), requests.saturating_sub(*kept));
        tracing::error!(
            directory,
            first,
            last,
            requests,
            lost,
            "a part of a request log could not be read and was set aside, so that somebody who was erased is forgotten"
        );
    }
}

/// Whether a failure is of what is read or written, and not of the database, which will be there again.
pub(super) fn is_of_it(error: &Error) -> bool {
    !error.is_transient() && error.kind() == crate::Kind::Internal
}

/// Somebody who waits to be forgotten.
struct Waiting {
    user: String,
    sealed: String,
    erased_at: Timestamp,
    due_at: Timestamp,
}

/// The same, unsealed.
struct Person {
    user: String,
    erased_at: Timestamp,
    traces: Traces,
    /// The id before which those of the requests are that had begun.
    until: String,
    /// Whether it failed before.
    put_off: bool,
}

impl Person {
    fn new(waiting: Waiting, traces: Traces) -> Self {
        let until = first_at(waiting.erased_at.plus_seconds(PAUSE));
        let begins = [PAUSE, LONGEST].map(|after| waiting.erased_at.plus_seconds(after));
        let put_off = !begins.contains(&waiting.due_at);
        Self { user: waiting.user, erased_at: waiting.erased_at, traces, until, put_off }
    }

    /// Whether it has failed for so long that what fails is not waited for any more.
    fn has_waited(&self, now: Timestamp) -> bool {
        self.put_off && self.erased_at.plus_seconds(TRIES * LATER) <= now
    }

    fn forget(&self, logged: &mut Logged, texts: &Texts) -> bool {
        logged.id.as_str() < self.until.as_str() && self.traces.forget(logged, texts, &self.user)
    }
}

/// Takes out of a request what it says of these people. Whether it said anything.
fn forget_all(people: &[Person], logged: &mut Logged) -> bool {
    let texts = Texts::of(logged);
    let mut any = false;
    for person in people {
        any |= person.forget(logged, &texts);
    }
    any
}

/// Whose turn it is: the one of all directories who has waited longest, and those who are as far in the same log. Whoever
/// comes while a log is gone through has the next turn, so nobody waits for those who come after them.
struct Turn {
    directory: DirectoryId,
    /// Whether it is the end of the log only, once more.
    again: bool,
    rows: String,
    segments: String,
    waiting: Vec<Waiting>,
}

/// What was found in a part of a log.
struct Part {
    /// Up to where rows and segments were looked at.
    through: (String, String),
    found: Vec<Logged>,
    packed: Vec<String>,
    torn: Vec<String>,
}

impl Turn {
    async fn next(db: &impl Scope) -> Result<Option<Self>> {
        let sql = "SELECT directory_id, again, rows_through, segments_through FROM directory_erasures
             WHERE due_at <= $1 ORDER BY due_at, directory_id, user_id LIMIT 1";
        let Some(row) = db::one(db, sql, [db.now().into()]).await? else { return Ok(None) };
        let mut turn = Self {
            directory: row.get(0)?,
            again: row.get(1)?,
            rows: row.get(2)?,
            segments: row.get(3)?,
            waiting: Vec::new(),
        };
        let sql = "SELECT user_id, sealed, created_at, due_at FROM directory_erasures
             WHERE directory_id = $2 AND due_at <= $1 AND again = $3 AND rows_through = $4 AND segments_through = $5
             ORDER BY due_at, user_id LIMIT (0 + $6)";
        let [directory, rows, segments] = [turn.directory.as_str(), &turn.rows, &turn.segments];
        let values =
            [db.now().into(), directory.into(), turn.again.into(), rows.into(), segments.into(), PEOPLE.into()];
        for row in db::all(db, sql, values).await? {
            let (user, sealed, erased_at, due_at) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            turn.waiting.push(Waiting { user, sealed, erased_at, due_at });
        }
        Ok(Some(turn))
    }

    async fn look(&self, db: &impl Scope, people: &[Person]) -> Result<Part> {
        let until = people.iter().map(|person| person.until.as_str()).max().unwrap_or(END);
        let erased_at = people.iter().map(|person| person.erased_at).min().filter(|_| self.again);
        let from = erased_at.map_or_else(String::new, |at| first_at(at.plus_seconds(-LONGEST)));
        let through = (END.to_owned(), String::new());
        let mut part = Part { through, found: Vec::new(), packed: Vec::new(), torn: Vec::new() };
        if self.rows == END {
            self.look_at_segments(db, people, (from.max(self.segments.clone()), until), &mut part).await?;
        } else {
            self.look_at_rows(db, people, (from.max(self.rows.clone()), until), &mut part).await?;
        }
        Ok(part)
    }

    async fn look_at_rows(
        &self,
        db: &impl Scope,
        people: &[Person],
        (from, until): (String, &str),
        part: &mut Part,
    ) -> Result<()> {
        let rows = reading::between(db, &self.directory, (&from, until), ROWS).await?;
        if i64::try_from(rows.len()) == Ok(ROWS)
            && let Some(last) = rows.last()
        {
            part.through.0 = last.id.to_string();
        }
        for mut logged in rows {
            if forget_all(people, &mut logged) {
                part.found.push(logged);
            }
        }
        Ok(())
    }

    async fn look_at_segments(
        &self,
        db: &impl Scope,
        people: &[Person],
        (from, until): (String, &str),
        part: &mut Part,
    ) -> Result<()> {
        let sql = "SELECT last_id, heads, texts FROM directory_request_segments
             WHERE directory_id = $1 AND last_id > $2 AND first_id < $3 ORDER BY last_id LIMIT (0 + $4)";
        let values = [self.directory.as_str().into(), from.into(), until.into(), SEGMENTS.into()];
        let rows = db::all(db, sql, values).await?;
        END.clone_into(&mut part.through.1);
        for row in &rows {
            let (last, heads, texts): (String, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            // All of it is read, or else it would be torn when it is written anew.
            match packing::all(&self.directory, &heads, texts) {
                Ok(mut all) => {
                    if all.iter_mut().any(|logged| forget_all(people, logged)) {
                        part.packed.push(last.clone());
                    }
                }
                Err(_) if people.iter().any(|person| person.has_waited(db.now())) => part.torn.push(last.clone()),
                Err(error) => return Err(error),
            }
            if i64::try_from(rows.len()) == Ok(SEGMENTS) {
                part.through.1 = last;
            }
        }
        Ok(())
    }

    async fn forget(&self, tx: &Tx, people: &[Person], part: &Part) -> Result<Vec<Torn>> {
        for (place, person) in people.iter().enumerate() {
            if !self.go_on(tx, person, &part.through).await? && place == 0 {
                // Another replica was here, or they were erased once more.
                return Ok(Vec::new());
            }
        }
        if part.through.1 == END {
            for person in people {
                forget_people(tx, &self.directory, person.traces.targets()).await?;
            }
        }
        for logged in &part.found {
            rewrite(tx, &self.directory, logged).await?;
        }
        let change = |logged: &mut Logged| {
            forget_all(people, logged);
        };
        for last in &part.packed {
            segments::rewrite(tx, &self.directory, last, change).await?;
        }
        let mut aside = Vec::new();
        for last in &part.torn {
            aside.extend(salvage::set_aside(tx, &self.directory, last, change).await?);
        }
        Ok(aside)
    }

    /// Notes how far the log was gone through for somebody. Whether they were as far as was known.
    async fn go_on(&self, tx: &Tx, person: &Person, (rows, segments): &(String, String)) -> Result<bool> {
        let set = match (segments == END, self.again) {
            (true, true) => None,
            (true, false) => Some((true, "", "", person.erased_at.plus_seconds(LONGEST))),
            (false, again) => Some((again, rows.as_str(), segments.as_str(), Timestamp(0))),
        };
        let whose = [self.directory.as_str(), &person.user, &self.rows, &self.segments].map(Into::into);
        let seen = [self.again.into(), person.erased_at.into()];
        let (sql, place) = match set {
            None => ("DELETE FROM directory_erasures", Vec::new()),
            Some((again, rows, segments, due)) => (
                // Who is in the midst of it keeps their turn.
                "UPDATE directory_erasures SET again = $7, rows_through = $8, segments_through = $9,
                     due_at = CASE WHEN $10 > 0 THEN $10 ELSE due_at END",
                vec![again.into(), rows.into(), segments.into(), due.into()],
            ),
        };
        let sql = format!(
            "{sql} WHERE directory_id = $1 AND user_id = $2 AND rows_through = $3 AND segments_through = $4
             AND again = $5 AND created_at = $6"
        );
        Ok(db::run(tx, sql, whose.into_iter().chain(seen).chain(place)).await? > 0)
    }
}

/// Writes a request anew from which something was taken.
async fn rewrite(tx: &Tx, directory: &DirectoryId, logged: &Logged) -> Result<()> {
    let sql = "UPDATE directory_requests SET path = $3, target_id = $4, user_name_key = $5, notes = $6, body = $7,
             body_whole = $8, answer = $9, answer_whole = $10 WHERE directory_id = $1 AND id = $2";
    let noted = logged.notes.as_array().is_some_and(|notes| !notes.is_empty());
    let values = [
        directory.as_str().into(),
        logged.id.as_str().into(),
        logged.path.as_str().into(),
        logged.target.clone().into(),
        logged.user_name.clone().into(),
        noted.then(|| logged.notes.to_string()).into(),
        logged.body.text.clone().into(),
        logged.body.whole.into(),
        logged.answer.text.clone().into(),
        logged.answer.whole.into(),
    ];
    db::run(tx, sql, values).await.map(drop)
}
